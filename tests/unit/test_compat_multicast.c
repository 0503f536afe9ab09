/* SPDX-License-Identifier: BSD-3-Clause */
/* Options of IP that are structures: multicast groups, their interface, options of headers. */
#define _GNU_SOURCE /* struct ip_mreqn */
#include "tests/support/compat_fixture.h"

#include <net/if.h>

#define GROUP 0xef010203u
#define PORT 5000

static void both(sim_main *a, sim_main *b)
{
    struct sk_config config = {
        .size = sizeof config, .multicast = &sk_multicast, .n_memberships = 2, .n_ip_options = 2
    };
    struct compat c;

    compat_begin_with(&c, &config, HOST_A);
    compat_run(&c, a, b);
    compat_end(&c);
}

static int member(int fd, int option, uint32_t group, uint32_t netif)
{
    struct ip_mreq request = { .imr_multiaddr.s_addr = htonl(group),
                               .imr_interface.s_addr = htonl(netif) };

    return setsockopt(fd, IPPROTO_IP, option, &request, sizeof request);
}

static int member_by_number(int fd, int option, uint32_t group, int ifindex)
{
    struct ip_mreqn request = { .imr_multiaddr.s_addr = htonl(group),
                                .imr_address.s_addr = htonl(0x01020304),
                                .imr_ifindex = ifindex };

    return setsockopt(fd, IPPROTO_IP, option, &request, sizeof request);
}

/* ---- Groups ---- */

static int hears_the_group(void *arg)
{
    struct timeval patience = { .tv_sec = 10 };
    char octet;
    int fd = make(SOCK_DGRAM);

    (void)arg;
    bind_to(fd, INADDR_ANY, PORT);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    ck_assert_int_eq(member(fd, IP_ADD_MEMBERSHIP, GROUP, HOST_B), 0);
    ck_assert_int_eq(recv(fd, &octet, 1, 0), 1);
    ck_assert_int_eq(octet, 'a');
    ck_assert_int_eq(member(fd, IP_DROP_MEMBERSHIP, GROUP, INADDR_ANY), 0);
    fails_with(recv(fd, &octet, 1, 0), EAGAIN);
    ck_assert_int_eq(member_by_number(fd, IP_ADD_MEMBERSHIP, GROUP, 2), 0);
    ck_assert_int_eq(recv(fd, &octet, 1, 0), 1);
    ck_assert_int_eq(octet, 'c');
    return close(fd);
}

static int sends_to_the_group(void *arg)
{
    int fd = make(SOCK_DGRAM);

    (void)arg;
    ck_assert_int_eq(connect_to(fd, GROUP, PORT), 0);
    for (int i = 0; i < 3; i++) {
        sk_sim_sleep(&world->sim, (i < 2 ? 5 : 15) * SECOND);
        ck_assert_int_eq(send(fd, &"abc"[i], 1, 0), 1);
    }
    return close(fd);
}

START_TEST(a_member_hears_its_group)
{
    both(sends_to_the_group, hears_the_group);
}
END_TEST

static int wrong_memberships(void *arg)
{
    int fd = make(SOCK_DGRAM);
    int stream = make(SOCK_STREAM);

    (void)arg;
    fails_with(member(fd, IP_ADD_MEMBERSHIP, HOST_B, INADDR_ANY), EINVAL);
    fails_with(member(fd, IP_ADD_MEMBERSHIP, GROUP, HOST_B), ENODEV);
    fails_with(member_by_number(fd, IP_ADD_MEMBERSHIP, GROUP, 3), ENODEV);
    fails_with(member_by_number(fd, IP_ADD_MEMBERSHIP, GROUP, -1), ENODEV);
    fails_with(member_by_number(fd, IP_ADD_MEMBERSHIP, GROUP, 258), ENODEV);
    fails_with(member(fd, IP_DROP_MEMBERSHIP, GROUP, INADDR_ANY), EADDRNOTAVAIL);
    ck_assert_int_eq(member(fd, IP_ADD_MEMBERSHIP, GROUP, INADDR_ANY), 0);
    fails_with(member(fd, IP_ADD_MEMBERSHIP, GROUP, INADDR_ANY), EADDRINUSE);
    ck_assert_int_eq(member(fd, IP_ADD_MEMBERSHIP, GROUP + 1, INADDR_ANY), 0);
    fails_with(member(fd, IP_ADD_MEMBERSHIP, GROUP + 2, INADDR_ANY), ENOBUFS);
    fails_with(member(stream, IP_ADD_MEMBERSHIP, GROUP, INADDR_ANY), ENOPROTOOPT);
    fails_with(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, "seven!!", 7), EINVAL);
    fails_with(getsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &(int){ 0 }, &(socklen_t){ 4 }),
               ENOPROTOOPT);
    ck_assert_int_eq(close(stream), 0);
    return close(fd);
}

START_TEST(groups_that_cannot_be_joined_are_refused)
{
    both(wrong_memberships, NULL);
}
END_TEST

/* ---- How it is sent ---- */

static int loops_by_ipv6(void *arg)
{
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    int loop = -1;

    (void)arg;
    ck_assert_int_eq(getsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &loop, &(socklen_t){ 4 }),
                     0);
    ck_assert_int_eq(loop, 1);
    ck_assert_int_eq(setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &(int){ 0 }, 4), 0);
    ck_assert_int_eq(getsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &loop, &(socklen_t){ 4 }), 0);
    ck_assert_int_eq(loop, 0);
    return close(fd);
}

START_TEST(a_socket_of_ipv6_has_the_same_options_by_their_names_there)
{
    both(loops_by_ipv6, NULL);
}
END_TEST

static int octets_and_ints(void *arg)
{
    uint8_t octets[4] = { 0xee, 0xee, 0xee, 0xee };
    socklen_t len = 1;
    int fd = make(SOCK_DGRAM);

    (void)arg;
    ck_assert_int_eq(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &(uint8_t){ 7 }, 1), 0);
    ck_assert_int_eq(getsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, octets, &len), 0);
    ck_assert_uint_eq(len, 1);
    ck_assert_uint_eq(octets[0], 7);
    ck_assert_uint_eq(octets[1], 0xee);
    ck_assert_int_eq(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &(int){ 255 }, sizeof(int)), 0);
    len = sizeof(int);
    int value = 0;
    ck_assert_int_eq(getsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &value, &len), 0);
    ck_assert_int_eq(value, 255);
    fails_with(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &(int){ 256 }, sizeof(int)), EINVAL);
    fails_with(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, NULL, 0), EINVAL);
    ck_assert_int_eq(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &(uint8_t){ 0 }, 1), 0);
    ck_assert_int_eq(getsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &value, &len), 0);
    ck_assert_int_eq(value, 0);
    len = 0;
    ck_assert_int_eq(getsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, octets, &len), 0);
    ck_assert_uint_eq(len, 0);
    return close(fd);
}

START_TEST(an_octet_will_do_for_a_number_of_ip)
{
    both(octets_and_ints, NULL);
}
END_TEST

/* Its own members hear it, or not. */
static int loops(void *arg)
{
    char octet;
    int fd = make(SOCK_DGRAM);

    (void)arg;
    bind_to(fd, INADDR_ANY, PORT);
    ck_assert_int_eq(member(fd, IP_ADD_MEMBERSHIP, GROUP, INADDR_ANY), 0);
    struct sockaddr_in to = address(GROUP, PORT);
    ck_assert_int_eq(sendto(fd, "x", 1, 0, generic(&to), sizeof to), 1);
    ck_assert_int_eq(recv(fd, &octet, 1, 0), 1);
    ck_assert_int_eq(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &(int){ 0 }, sizeof(int)), 0);
    ck_assert_int_eq(sendto(fd, "x", 1, 0, generic(&to), sizeof to), 1);
    sk_sim_sleep(&world->sim, SECOND);
    fails_with(recv(fd, &octet, 1, MSG_DONTWAIT), EAGAIN);
    return close(fd);
}

START_TEST(a_sender_hears_itself_unless_told_not_to)
{
    both(loops, NULL);
}
END_TEST

static uint32_t multicast_if(int fd)
{
    struct in_addr addr;
    socklen_t len = sizeof addr;

    ck_assert_int_eq(getsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &addr, &len), 0);
    ck_assert_uint_eq(len, sizeof addr);
    return ntohl(addr.s_addr);
}

static int interfaces(void *arg)
{
    struct in_addr addr = { .s_addr = htonl(HOST_A) };
    struct ip_mreqn request = { .imr_ifindex = 1 };
    struct ip_mreq old = { .imr_interface.s_addr = htonl(HOST_A) };
    int fd = make(SOCK_DGRAM);

    (void)arg;
    ck_assert_uint_eq(multicast_if(fd), INADDR_ANY);
    ck_assert_int_eq(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &addr, sizeof addr), 0);
    ck_assert_uint_eq(multicast_if(fd), HOST_A);
    ck_assert_int_eq(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request), 0);
    ck_assert_uint_eq(multicast_if(fd), INADDR_LOOPBACK);
    ck_assert_int_eq(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &old, sizeof old), 0);
    ck_assert_uint_eq(multicast_if(fd), HOST_A);
    addr.s_addr = htonl(HOST_B);
    fails_with(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &addr, sizeof addr), EADDRNOTAVAIL);
    request.imr_ifindex = 3;
    fails_with(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request), ENODEV);
    fails_with(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &addr, 3), EINVAL);
    addr.s_addr = htonl(INADDR_ANY);
    ck_assert_int_eq(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &addr, sizeof addr), 0);
    ck_assert_uint_eq(multicast_if(fd), INADDR_ANY);
    return close(fd);
}

START_TEST(the_interface_of_groups_is_named_by_address_or_number)
{
    both(interfaces, NULL);
}
END_TEST

/* ---- Options of headers ---- */

static int ip_options(void *arg)
{
    static const uint8_t ALERT[4] = { 0x94, 4, 0, 0 };
    static const uint8_t SOURCE_ROUTE[7] = { 0x83, 7, 4, 10, 0, 0, 2 };
    uint8_t got[41];
    socklen_t len = sizeof got;
    int fd = make(SOCK_DGRAM);

    (void)arg;
    ck_assert_int_eq(getsockopt(fd, IPPROTO_IP, IP_OPTIONS, got, &len), 0);
    ck_assert_uint_eq(len, 0);
    ck_assert_int_eq(setsockopt(fd, IPPROTO_IP, IP_OPTIONS, ALERT, sizeof ALERT), 0);
    len = sizeof got;
    ck_assert_int_eq(getsockopt(fd, IPPROTO_IP, IP_OPTIONS, got, &len), 0);
    ck_assert_uint_eq(len, 4);
    ck_assert_mem_eq(got, ALERT, 4);
    fails_with(setsockopt(fd, IPPROTO_IP, IP_OPTIONS, SOURCE_ROUTE, sizeof SOURCE_ROUTE), EINVAL);
    fails_with(setsockopt(fd, IPPROTO_IP, IP_OPTIONS, got, 41), EINVAL);
    fails_with(setsockopt(fd, IPPROTO_IP, IP_OPTIONS, ALERT, 3), EINVAL);
    fails_with(setsockopt(fd, IPPROTO_IP, IP_OPTIONS, NULL, 4), EFAULT);
    ck_assert_int_eq(setsockopt(fd, IPPROTO_IP, IP_OPTIONS, NULL, 0), 0);
    len = sizeof got;
    ck_assert_int_eq(getsockopt(fd, IPPROTO_IP, IP_OPTIONS, got, &len), 0);
    ck_assert_uint_eq(len, 0);
    return close(fd);
}

START_TEST(options_of_headers_are_octets)
{
    both(ip_options, NULL);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_member_hears_its_group,
        groups_that_cannot_be_joined_are_refused,
        a_socket_of_ipv6_has_the_same_options_by_their_names_there,
        an_octet_will_do_for_a_number_of_ip,
        a_sender_hears_itself_unless_told_not_to,
        the_interface_of_groups_is_named_by_address_or_number,
        options_of_headers_are_octets,
        NULL,
    };

    return suite_run("compat_multicast", tests);
}
