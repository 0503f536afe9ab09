/* SPDX-License-Identifier: BSD-3-Clause */
/* getaddrinfo asked for IPv6 addresses, of which there are those in text, those of no node, and
 * IPv4 addresses mapped into them; and for raw sockets. */
#define _GNU_SOURCE /* EAI_ADDRFAMILY */
#include "tests/support/names_fixture.h"

static struct addrinfo hints_for(int flags, int family)
{
    return (struct addrinfo){ .ai_flags = flags, .ai_family = family, .ai_socktype = SOCK_STREAM };
}

static int error_of(const char *node, struct addrinfo hints)
{
    struct addrinfo *list;
    int error = getaddrinfo(node, "80", &hints, &list);

    if (error == 0) {
        freeaddrinfo(list);
    }
    return error;
}

/* The only address of a node, as IPv6. */
static void expect_six(const char *node, struct addrinfo hints, const char *text, uint32_t scope)
{
    struct addrinfo *list;
    struct sockaddr_in6 in6;
    char found[INET6_ADDRSTRLEN];

    ck_assert_int_eq(getaddrinfo(node, "80", &hints, &list), 0);
    ck_assert_int_eq(list->ai_family, AF_INET6);
    ck_assert_int_eq(list->ai_socktype, SOCK_STREAM);
    ck_assert_int_eq(list->ai_protocol, IPPROTO_TCP);
    ck_assert_uint_eq(list->ai_addrlen, sizeof in6);
    memcpy(&in6, list->ai_addr, sizeof in6);
    ck_assert_int_eq(in6.sin6_family, AF_INET6);
    ck_assert_uint_eq(ntohs(in6.sin6_port), 80);
    ck_assert_uint_eq(in6.sin6_flowinfo, 0);
    ck_assert_uint_eq(in6.sin6_scope_id, scope);
    ck_assert_str_eq(inet_ntop(AF_INET6, &in6.sin6_addr, found, sizeof found), text);
    ck_assert_ptr_null(list->ai_next);
    freeaddrinfo(list);
}

static void expect_four(const char *node, struct addrinfo hints, uint32_t addr)
{
    struct addrinfo *list;
    struct sockaddr_in in;

    ck_assert_int_eq(getaddrinfo(node, "80", &hints, &list), 0);
    ck_assert_int_eq(list->ai_family, AF_INET);
    ck_assert_uint_eq(list->ai_addrlen, sizeof in);
    memcpy(&in, list->ai_addr, sizeof in);
    ck_assert_uint_eq(ntohl(in.sin_addr.s_addr), addr);
    ck_assert_ptr_null(list->ai_next);
    freeaddrinfo(list);
}

START_TEST(an_ipv6_address_in_text_is_its_own_answer)
{
    static const int flags[] = { 0, AI_NUMERICHOST, AI_V4MAPPED | AI_ALL, AI_PASSIVE };

    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        expect_six("::1", hints_for(flags[i], AF_INET6), "::1", 0);
        expect_six("::1", hints_for(flags[i], AF_UNSPEC), "::1", 0);
        expect_six("::", hints_for(flags[i], AF_UNSPEC), "::", 0);
        expect_six("2001:DB8:0::7", hints_for(flags[i], AF_INET6), "2001:db8::7", 0);
        expect_six("::ffff:192.0.2.7", hints_for(flags[i], AF_UNSPEC), "::ffff:192.0.2.7", 0);
    }
}
END_TEST

START_TEST(a_scope_is_a_number)
{
    expect_six("fe80::1%2", hints_for(0, AF_UNSPEC), "fe80::1", 2);
    expect_six("fe80::1%4294967295", hints_for(0, AF_INET6), "fe80::1", UINT32_MAX);
    expect_six("fe80::1%0", hints_for(0, AF_INET6), "fe80::1", 0);
    ck_assert_int_eq(error_of("fe80::1%4294967296", hints_for(0, AF_INET6)), EAI_NONAME);
    ck_assert_int_eq(error_of("fe80::1%eth0", hints_for(0, AF_INET6)), EAI_NONAME);
    ck_assert_int_eq(error_of("fe80::1%2x", hints_for(0, AF_INET6)), EAI_NONAME);
    ck_assert_int_eq(error_of("fe80::1%", hints_for(0, AF_INET6)), EAI_NONAME);
    ck_assert_int_eq(error_of("fe80::1%2%2", hints_for(0, AF_INET6)), EAI_NONAME);
}
END_TEST

START_TEST(ipv4_addresses_are_mapped_when_that_is_asked_for)
{
    expect_six("192.0.2.7", hints_for(AI_V4MAPPED, AF_INET6), "::ffff:192.0.2.7", 0);
    expect_six("192.0.2.7", hints_for(AI_V4MAPPED | AI_ALL | AI_NUMERICHOST, AF_INET6),
               "::ffff:192.0.2.7", 0);
    expect_six("192.0.2.7", hints_for(AI_V4MAPPED | AI_ADDRCONFIG, AF_INET6), "::ffff:192.0.2.7",
               0);
    expect_six("localhost", hints_for(AI_V4MAPPED, AF_INET6), "::ffff:127.0.0.1", 0);
    expect_six("0", hints_for(AI_V4MAPPED, AF_INET6), "::ffff:0.0.0.0", 0);
    expect_four("192.0.2.7", hints_for(AI_V4MAPPED, AF_UNSPEC), 0xc0000207);
    expect_four("192.0.2.7", hints_for(AI_V4MAPPED, AF_INET), 0xc0000207);
}
END_TEST

START_TEST(an_address_of_the_other_family_is_told)
{
    ck_assert_int_eq(error_of("192.0.2.7", hints_for(0, AF_INET6)), EAI_ADDRFAMILY);
    ck_assert_int_eq(error_of("192.0.2.7", hints_for(AI_ALL, AF_INET6)), EAI_ADDRFAMILY);
    ck_assert_int_eq(error_of("::1", hints_for(0, AF_INET)), EAI_ADDRFAMILY);
    ck_assert_int_eq(error_of("::1", hints_for(AI_V4MAPPED, AF_INET)), EAI_ADDRFAMILY);
    expect_four("::ffff:192.0.2.7", hints_for(0, AF_INET), 0xc0000207);
    /* Names have none, and nobody is asked: there is no network. */
    ck_assert_int_eq(error_of("one.test", hints_for(0, AF_INET6)), EAI_NONAME);
    ck_assert_int_eq(error_of("localhost", hints_for(0, AF_INET6)), EAI_NONAME);
}
END_TEST

START_TEST(no_ipv6_address_is_configured)
{
    ck_assert_int_eq(error_of("::1", hints_for(AI_ADDRCONFIG, AF_INET6)), EAI_NONAME);
    ck_assert_int_eq(error_of("::1", hints_for(AI_ADDRCONFIG, AF_UNSPEC)), EAI_ADDRFAMILY);
    ck_assert_int_eq(error_of(NULL, hints_for(AI_ADDRCONFIG, AF_INET6)), EAI_NONAME);
    ck_assert_int_eq(error_of("one.test", hints_for(AI_ADDRCONFIG, AF_INET6)), EAI_NONAME);
    expect_four("192.0.2.7", hints_for(AI_ADDRCONFIG, AF_UNSPEC), 0xc0000207);
}
END_TEST

START_TEST(without_a_node_the_address_is_of_the_family)
{
    expect_six(NULL, hints_for(0, AF_INET6), "::1", 0);
    expect_six(NULL, hints_for(AI_PASSIVE, AF_INET6), "::", 0);
    expect_four(NULL, hints_for(AI_PASSIVE, AF_UNSPEC), INADDR_ANY);
    expect_four(NULL, hints_for(0, AF_UNSPEC), INADDR_LOOPBACK);
}
END_TEST

/* The only kind of a node's sockets. */
static void expect_kind(struct addrinfo hints, const char *service, int type, int protocol)
{
    struct addrinfo *list;

    ck_assert_int_eq(getaddrinfo("192.0.2.7", service, &hints, &list), 0);
    ck_assert_int_eq(list->ai_socktype, type);
    ck_assert_int_eq(list->ai_protocol, protocol);
    ck_assert_ptr_null(list->ai_next);
    freeaddrinfo(list);
}

START_TEST(raw_sockets_have_any_protocol_and_no_services)
{
    struct addrinfo h = { .ai_socktype = SOCK_RAW };
    struct addrinfo *list;

    expect_kind(h, NULL, SOCK_RAW, 0);
    h.ai_protocol = IPPROTO_TCP;
    expect_kind(h, NULL, SOCK_RAW, IPPROTO_TCP);
    ck_assert_int_eq(getaddrinfo("192.0.2.7", "80", &h, &list), EAI_SERVICE);
    ck_assert_int_eq(getaddrinfo("192.0.2.7", "http", &h, &list), EAI_SERVICE);
    h.ai_socktype = 0;
    expect_kind(h, "80", SOCK_STREAM, IPPROTO_TCP);
    expect_kind(h, NULL, SOCK_STREAM, IPPROTO_TCP);
    h.ai_protocol = IPPROTO_ICMP;
    expect_kind(h, NULL, SOCK_RAW, IPPROTO_ICMP);
    ck_assert_int_eq(getaddrinfo("192.0.2.7", "80", &h, &list), EAI_SERVICE);
    h.ai_protocol = IPPROTO_UDP;
    expect_kind(h, NULL, SOCK_DGRAM, IPPROTO_UDP);
    h.ai_socktype = SOCK_STREAM;
    ck_assert_int_eq(getaddrinfo("192.0.2.7", NULL, &h, &list), EAI_SOCKTYPE);
}
END_TEST

static int asks(void *arg)
{
    struct addrinfo h = hints_for(AI_V4MAPPED | AI_CANONNAME, AF_INET6);
    struct addrinfo *list;

    (void)arg;
    expect_six("one.test", h, "::ffff:192.0.2.1", 0);
    ck_assert_int_eq(getaddrinfo("two.test", NULL, &h, &list), 0);
    ck_assert_str_eq(list->ai_canonname, "two.test");
    ck_assert_int_eq(list->ai_next->ai_family, AF_INET6);
    ck_assert_ptr_null(list->ai_next->ai_next);
    freeaddrinfo(list);
    ck_assert_int_eq(error_of("empty.test", h), EAI_NONAME);
    ck_assert_int_eq(error_of("one.test", hints_for(0, AF_INET6)), EAI_NONAME);
    return 0;
}

START_TEST(addresses_of_names_are_mapped)
{
    ask(asks, HOST_A);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_ipv6_address_in_text_is_its_own_answer,
        a_scope_is_a_number,
        ipv4_addresses_are_mapped_when_that_is_asked_for,
        an_address_of_the_other_family_is_told,
        no_ipv6_address_is_configured,
        without_a_node_the_address_is_of_the_family,
        raw_sockets_have_any_protocol_and_no_services,
        addresses_of_names_are_mapped,
        NULL,
    };

    return suite_run("compat_families", tests);
}
