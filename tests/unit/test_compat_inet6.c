/* SPDX-License-Identifier: BSD-3-Clause */
/* Sockets of AF_INET6: IPv4 in IPv6's addresses, and nothing of IPv6 itself. */
#include "tests/support/compat_fixture.h"

#include <poll.h>

static struct sockaddr_in6 address6(const char *text, uint16_t port)
{
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

    ck_assert_int_eq(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
    return in6;
}

static const struct sockaddr *generic6(const struct sockaddr_in6 *in6)
{
    return (const struct sockaddr *)(const void *)in6;
}

static int make6(int type)
{
    int fd = socket(AF_INET6, type, 0);

    ck_assert_int_ge(fd, 0);
    return fd;
}

static int bind6(int fd, const char *text, uint16_t port)
{
    struct sockaddr_in6 in6 = address6(text, port);

    return bind(fd, generic6(&in6), sizeof in6);
}

static int connect6(int fd, const char *text, uint16_t port)
{
    struct sockaddr_in6 in6 = address6(text, port);

    return connect(fd, generic6(&in6), sizeof in6);
}

typedef int name_call(int fd, struct sockaddr *addr, socklen_t *len);

static void is_named(name_call *call, int fd, const char *text, uint16_t port)
{
    struct sockaddr_in6 in6;
    socklen_t len = sizeof in6;
    char found[INET6_ADDRSTRLEN];

    ck_assert_int_eq(call(fd, (struct sockaddr *)(void *)&in6, &len), 0);
    ck_assert_uint_eq(len, sizeof in6);
    ck_assert_int_eq(in6.sin6_family, AF_INET6);
    ck_assert_str_eq(inet_ntop(AF_INET6, &in6.sin6_addr, found, sizeof found), text);
    if (port != 0) {
        ck_assert_uint_eq(ntohs(in6.sin6_port), port);
    }
}

static int plain_client(void *arg)
{
    int fd = dial(HOST_B, 80);

    (void)arg;
    ck_assert_int_eq(send(fd, "x", 1, 0), 1);
    return close(fd);
}

static int mapped_server(void *arg)
{
    struct sockaddr_in6 peer;
    socklen_t len = sizeof peer;
    char text[INET6_ADDRSTRLEN];
    char octet;
    int listener = make6(SOCK_STREAM);

    (void)arg;
    is_named(getsockname, listener, "::", 0);
    ck_assert_int_eq(bind6(listener, "::", 80), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    is_named(getsockname, listener, "::", 80);
    int other = make(SOCK_STREAM); /* the port is IPv4's */
    struct sockaddr_in any = address(INADDR_ANY, 80);
    fails_with(bind(other, generic(&any), sizeof any), EADDRINUSE);
    int fd = accept(listener, (struct sockaddr *)(void *)&peer, &len);
    ck_assert_uint_eq(len, sizeof peer);
    ck_assert_str_eq(inet_ntop(AF_INET6, &peer.sin6_addr, text, sizeof text), "::ffff:10.0.0.1");
    is_named(getpeername, fd, "::ffff:10.0.0.1", 0);
    is_named(getsockname, fd, "::ffff:10.0.0.2", 80);
    ck_assert_int_eq(recv(fd, &octet, 1, 0), 1);
    ck_assert_int_eq(close(other), 0);
    ck_assert_int_eq(close(listener), 0);
    return close(fd);
}

START_TEST(a_listener_of_every_address_hears_ipv4)
{
    compat_both(plain_client, mapped_server);
}
END_TEST

static int calls(void *arg)
{
    struct sockaddr_in plain = address(INADDR_LOOPBACK, 80);
    int listener = listen_on(80);

    (void)arg;
    for (int i = 0; i < 2; i++) { /* the unspecified address is this host */
        int fd = make6(SOCK_STREAM);
        ck_assert_int_eq(connect6(fd, i == 0 ? "::ffff:127.0.0.1" : "::", 80), 0);
        is_named(getpeername, fd, "::ffff:127.0.0.1", 80);
        int server = accept(listener, NULL, NULL);
        ck_assert_int_eq(close(server), 0);
        ck_assert_int_eq(close(fd), 0);
    }
    int fd = make6(SOCK_STREAM);
    fails_with(connect6(fd, "::1", 80), ENETUNREACH);
    fails_with(connect6(fd, "2001:db8::1", 80), ENETUNREACH);
    fails_with(bind6(fd, "::1", 80), EADDRNOTAVAIL);
    fails_with(bind6(fd, "2001:db8::1", 80), EADDRNOTAVAIL);
    fails_with(connect(fd, generic(&plain), sizeof plain), EINVAL); /* too short */
    struct sockaddr_storage longer = { .ss_family = AF_INET };
    fails_with(connect(fd, (struct sockaddr *)&longer, sizeof longer), EAFNOSUPPORT);
    fails_with(bind(fd, (struct sockaddr *)&longer, sizeof longer), EAFNOSUPPORT);
    struct sockaddr_in6 in6 = address6("::ffff:127.0.0.1", 80);
    fails_with(connect(fd, generic6(&in6), 23), EINVAL);
    ck_assert_int_eq(connect(fd, generic6(&in6), 24), 0); /* RFC 2133's */
    int plain_fd = make(SOCK_STREAM);
    fails_with(connect(plain_fd, generic6(&in6), sizeof in6), EAFNOSUPPORT);
    ck_assert_int_eq(close(plain_fd), 0);
    ck_assert_int_eq(close(fd), 0);
    return close(listener);
}

START_TEST(mapped_addresses_lead_somewhere_and_others_nowhere)
{
    compat_alone(calls);
}
END_TEST

static int datagrams(void *arg)
{
    struct sockaddr_in plain = address(INADDR_LOOPBACK, 9000);
    struct sockaddr_in6 mapped = address6("::ffff:127.0.0.1", 9000);
    struct sockaddr_in6 from;
    socklen_t len = sizeof from;
    char text[INET6_ADDRSTRLEN];
    char octet;
    int server = make6(SOCK_DGRAM);
    int client = make6(SOCK_DGRAM);

    (void)arg;
    ck_assert_int_eq(bind6(server, "::ffff:127.0.0.1", 9000), 0);
    ck_assert_int_eq(sendto(client, "a", 1, 0, generic6(&mapped), sizeof mapped), 1);
    ck_assert_int_eq(sendto(client, "b", 1, 0, generic(&plain), sizeof plain), 1);
    ck_assert_int_eq(recvfrom(server, &octet, 1, 0, (struct sockaddr *)(void *)&from, &len), 1);
    ck_assert_uint_eq(len, sizeof from);
    ck_assert_str_eq(inet_ntop(AF_INET6, &from.sin6_addr, text, sizeof text), "::ffff:127.0.0.1");
    ck_assert_int_eq(recv(server, &octet, 1, 0), 1);
    ck_assert_int_eq(octet, 'b');
    ck_assert_int_eq(connect(client, generic(&plain), sizeof plain), 0);
    is_named(getpeername, client, "::ffff:127.0.0.1", 9000);
    ck_assert_int_eq(connect(client, &(struct sockaddr){ .sa_family = AF_UNSPEC }, 2), 0);
    mapped = address6("2001:db8::1", 9000);
    fails_with(sendto(client, "x", 1, 0, generic6(&mapped), sizeof mapped), ENETUNREACH);
    ck_assert_int_eq(close(client), 0);
    return close(server);
}

START_TEST(datagrams_take_both_families)
{
    compat_alone(datagrams);
}
END_TEST

static int option(int fd, int level, int name)
{
    int value = -1;

    ck_assert_int_eq(getsockopt(fd, level, name, &value, &(socklen_t){ sizeof value }), 0);
    return value;
}

static int options(void *arg)
{
    int fd = make6(SOCK_DGRAM);
    int plain = make(SOCK_DGRAM);
    int on = 1;
    int off = 0;

    (void)arg;
    ck_assert_int_eq(option(fd, SOL_SOCKET, SO_DOMAIN), AF_INET6);
    ck_assert_int_eq(option(fd, IPPROTO_IPV6, IPV6_V6ONLY), 0);
    ck_assert_int_eq(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off), 0);
    fails_with(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, 3), EINVAL);
    fails_with(setsockopt(plain, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off), ENOPROTOOPT);
    ck_assert_int_eq(setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &(int){ 7 }, sizeof(int)), 0);
    ck_assert_int_eq(option(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 7);
    ck_assert_int_eq(option(fd, IPPROTO_IP, IP_TTL), 7);
    ck_assert_int_eq(option(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS), 1);
    ck_assert_int_eq(setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &(int){ 3 }, sizeof(int)),
                     0);
    ck_assert_int_eq(option(fd, IPPROTO_IP, IP_MULTICAST_TTL), 3);
    ck_assert_int_eq(option(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF), 0);
    fails_with(setsockopt(plain, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &on, sizeof on), ENOPROTOOPT);
    fails_with(getsockopt(plain, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &on, &(socklen_t){ 4 }),
               ENOPROTOOPT);
    fails_with(socket(AF_INET6, SOCK_RAW, 0), ESOCKTNOSUPPORT);
    ck_assert_int_eq(close(plain), 0);
    return close(fd);
}

START_TEST(options_of_ipv6_are_ipv4s)
{
    compat_alone(options);
}
END_TEST

/* A server that has a listener for each family: that of IPv6 is in no one's way. */
static int each_family(void *arg)
{
    int one = 1;
    int six = make6(SOCK_STREAM);
    int other = make6(SOCK_STREAM);
    int client = make6(SOCK_STREAM);

    (void)arg;
    ck_assert_int_eq(setsockopt(six, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one), 0);
    ck_assert_int_eq(option(six, IPPROTO_IPV6, IPV6_V6ONLY), 1);
    fails_with(bind6(six, "::ffff:10.0.0.1", 80), EINVAL);
    ck_assert_int_eq(bind6(six, "::", 80), 0);
    fails_with(setsockopt(six, IPPROTO_IPV6, IPV6_V6ONLY, &(int){ 0 }, sizeof(int)), EINVAL);
    ck_assert_int_eq(listen(six, 1), 0);
    ck_assert_int_eq(setsockopt(other, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one), 0);
    fails_with(bind6(other, "::", 80), EADDRINUSE);
    fails_with(connect6(other, "::ffff:10.0.0.1", 80), ENETUNREACH);
    fails_with(connect6(other, "::", 80), ENETUNREACH);
    fails_with(connect6(client, "::ffff:10.0.0.1", 80), ECONNREFUSED);
    int four = listen_on(80);
    ck_assert_int_eq(connect6(client, "::ffff:10.0.0.1", 80), 0);
    int server = accept(four, NULL, NULL);
    ck_assert_int_ge(server, 0);
    struct pollfd p = { .fd = six, .events = POLLIN };
    ck_assert_int_eq(poll(&p, 1, 10), 0);
    is_named(getsockname, six, "::", 80);
    close_both(client, server);
    close_both(six, other);
    return close(four);
}

START_TEST(a_listener_of_ipv6_alone_hears_nothing_and_leaves_the_port_to_others)
{
    compat_alone(each_family);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_listener_of_every_address_hears_ipv4,
        mapped_addresses_lead_somewhere_and_others_nowhere,
        datagrams_take_both_families,
        options_of_ipv6_are_ipv4s,
        a_listener_of_ipv6_alone_hears_nothing_and_leaves_the_port_to_others,
        NULL,
    };

    return suite_run("compat_inet6", tests);
}
