/* SPDX-License-Identifier: BSD-3-Clause */
/* getnameinfo: its flags, errors and buffers. Names come from host b. */
#include "tests/support/names_fixture.h"

#include <sys/un.h>

#include "compat/call.h"
#include "tests/support/no_board.h"

#ifndef NI_NUMERICSCOPE
#define NI_NUMERICSCOPE 0x100
#endif

#define HOST_SIZES 65 /* 0 to 64 */
#define SERVICE_SIZES 17

static struct sockaddr_in6 address6(const char *text, uint16_t port, uint32_t scope)
{
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
                                .sin6_port = htons(port),
                                .sin6_scope_id = scope };

    ck_assert_int_eq(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
    return in6;
}

static char host[NI_MAXHOST];
static char service[NI_MAXSERV];

static int ask_of(const void *addr, size_t len, int flags)
{
    memset(host, '?', sizeof host);
    memset(service, '?', sizeof service);
    return getnameinfo(addr, (socklen_t)len, host, sizeof host, service, sizeof service, flags);
}

static int error_of(uint32_t addr, int flags)
{
    struct sockaddr_in in = address(addr, 80);

    return ask_of(&in, sizeof in, flags);
}

static void expect(uint32_t addr, uint16_t port, int flags, const char *name, const char *port_name)
{
    struct sockaddr_in in = address(addr, port);

    ck_assert_int_eq(ask_of(&in, sizeof in, flags), 0);
    ck_assert_str_eq(host, name);
    ck_assert_str_eq(service, port_name);
}

static void expect6(struct sockaddr_in6 in6, int flags, const char *name)
{
    ck_assert_int_eq(ask_of(&in6, sizeof in6, flags), 0);
    ck_assert_str_eq(host, name);
    ck_assert_str_eq(service, "80");
}

/* ---- Without a network: none of these starts one ---- */

START_TEST(numbers_are_told_as_numbers)
{
    int numeric = NI_NUMERICHOST | NI_NUMERICSERV;

    expect(0xc0000207, 80, numeric, "192.0.2.7", "80");
    expect(0xffffffff, 65535, numeric, "255.255.255.255", "65535");
    expect(INADDR_LOOPBACK, 0, numeric | NI_NOFQDN | NI_DGRAM, "127.0.0.1", "0");
    expect(INADDR_ANY, 80, numeric, "0.0.0.0", "80");
    expect6(address6("2001:db8::7", 80, 0), numeric, "2001:db8::7");
    expect6(address6("::", 80, 0), numeric, "::");
    expect6(address6("::ffff:192.0.2.7", 80, 0), numeric, "::ffff:192.0.2.7");
    expect6(address6("fe80::1", 80, 3), numeric, "fe80::1%3");
    expect6(address6("1111:2222:3333:4444:5555:6666:7777:8888", 80, UINT32_MAX),
            numeric | NI_NUMERICSCOPE, "1111:2222:3333:4444:5555:6666:7777:8888%4294967295");
}
END_TEST

START_TEST(services_are_told_by_name)
{
    expect(0xc0000207, 80, NI_NUMERICHOST, "192.0.2.7", "http");
    expect(0xc0000207, 80, NI_NUMERICHOST | NI_DGRAM, "192.0.2.7", "80");
    expect(0xc0000207, 123, NI_NUMERICHOST | NI_DGRAM, "192.0.2.7", "ntp");
    expect(0xc0000207, 123, NI_NUMERICHOST, "192.0.2.7", "123");
    expect(0xc0000207, 53, NI_NUMERICHOST | NI_DGRAM, "192.0.2.7", "domain");
    expect(0xc0000207, 53, NI_NUMERICHOST, "192.0.2.7", "domain");
    expect(0xc0000207, 1, NI_NUMERICHOST, "192.0.2.7", "1");
}
END_TEST

START_TEST(loopback_addresses_are_localhost)
{
    struct sockaddr_in6 six = address6("::1", 80, 0);
    struct sockaddr_in6 mapped = address6("::ffff:127.1.2.3", 80, 0);

    expect(0x7f010203, 80, 0, "localhost", "http");
    expect(0x7f010203, 80, NI_NAMEREQD | NI_NOFQDN, "localhost", "http");
    expect6(six, NI_NUMERICSERV | NI_NAMEREQD, "localhost");
    expect6(mapped, NI_NUMERICSERV, "localhost");
}
END_TEST

START_TEST(what_has_no_name_is_a_number)
{
    struct sockaddr_in6 six = address6("2001:db8::7", 80, 0);

    expect(INADDR_ANY, 80, 0, "0.0.0.0", "http");
    ck_assert_int_eq(error_of(INADDR_ANY, NI_NAMEREQD), EAI_NONAME);
    expect6(six, NI_NUMERICSERV, "2001:db8::7");
    ck_assert_int_eq(ask_of(&six, sizeof six, NI_NAMEREQD), EAI_NONAME);
    ck_assert_int_eq(error_of(INADDR_LOOPBACK, NI_NAMEREQD | NI_NUMERICHOST), EAI_NONAME);
}
END_TEST

START_TEST(arguments_are_checked)
{
    struct sockaddr_in in = address(INADDR_LOOPBACK, 80);
    struct sockaddr_in6 in6 = address6("::1", 80, 0);
    struct sockaddr_in other = in;
    char text[64];

    other.sin_family = 9999;
    ck_assert_int_eq(ask_of(&in, sizeof in, 0x8000), EAI_BADFLAGS);
    ck_assert_int_eq(ask_of(NULL, sizeof in, 0x8000), EAI_BADFLAGS);
    ck_assert_int_eq(ask_of(NULL, sizeof in, 0), EAI_FAMILY);
    ck_assert_int_eq(ask_of(&in, 0, 0), EAI_FAMILY);
    ck_assert_int_eq(ask_of(&in, 1, 0), EAI_FAMILY);
    ck_assert_int_eq(ask_of(&in, sizeof in - 1, 0), EAI_FAMILY);
    ck_assert_int_eq(ask_of(&in6, sizeof in6 - 1, 0), EAI_FAMILY);
    ck_assert_int_eq(ask_of(&other, sizeof other, 0), EAI_FAMILY);
    ck_assert_int_eq(getnameinfo(generic(&in), sizeof in, NULL, 0, NULL, 0, 0), 0);
    ck_assert_int_eq(getnameinfo(generic(&in), sizeof in, NULL, 64, NULL, 64, 0), 0);
    ck_assert_int_eq(getnameinfo(generic(&in), sizeof in, NULL, 0, NULL, 0, NI_NAMEREQD),
                     EAI_NONAME);
    ck_assert_int_eq(getnameinfo(generic(&in), sizeof in, NULL, 0, text, sizeof text, NI_NAMEREQD),
                     0);
    ck_assert_str_eq(text, "http");
    ck_assert_int_eq(getnameinfo(generic(&in), sizeof in, text, sizeof text, NULL, 0, 0), 0);
}
END_TEST

/* The path is the service, and the host the system's own; no name is looked for. */
START_TEST(a_local_address_is_the_systems)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "/run/x" };

    ck_assert_int_eq(ask_of(&un, sizeof un, 0), 0);
    ck_assert_str_eq(service, "/run/x");
}
END_TEST

/* Buffers of exactly as many octets, for the sanitizers; a size of 0 says that nothing is wanted.
 */
static void try_sizes(const struct sockaddr *addr, size_t len, int flags, const char *name,
                      const char *port)
{
    for (size_t h = 0; h < HOST_SIZES; h++) {
        for (size_t s = 0; s < SERVICE_SIZES; s++) {
            char *host_text = malloc(h > 0 ? h : 1);
            char *service_text = malloc(s > 0 ? s : 1);
            bool fits = (h == 0 || h > strlen(name)) && (s == 0 || s > strlen(port));
            int error = getnameinfo(addr, (socklen_t)len, host_text, (socklen_t)h, service_text,
                                    (socklen_t)s, flags);

            ck_assert_int_eq(error, fits ? 0 : EAI_OVERFLOW);
            ck_assert(!fits || h == 0 || strcmp(host_text, name) == 0);
            ck_assert(!fits || s == 0 || strcmp(service_text, port) == 0);
            free(host_text);
            free(service_text);
        }
    }
}

START_TEST(no_buffer_is_overrun)
{
    struct sockaddr_in in = address(0xc0000207, 12345);
    struct sockaddr_in loopback = address(0x7f010203, 443);
    struct sockaddr_in6 six =
        address6("1111:2222:3333:4444:5555:6666:7777:8888", 65535, UINT32_MAX);

    try_sizes(generic(&in), sizeof in, NI_NUMERICHOST, "192.0.2.7", "12345");
    try_sizes(generic(&loopback), sizeof loopback, 0, "localhost", "https");
    try_sizes((const struct sockaddr *)(const void *)&six, sizeof six, 0,
              "1111:2222:3333:4444:5555:6666:7777:8888%4294967295", "65535");
}
END_TEST

START_TEST(a_name_needs_a_network)
{
    struct no_board b;

    no_board_begin(&b);
    errno = 0;
    int error = error_of(ONE_TEST, 0);
    int number = errno;
    no_board_end(&b);
    ck_assert_int_eq(error, EAI_SYSTEM);
    ck_assert_int_eq(number, ENETDOWN);
}
END_TEST

/* ---- With a server ---- */

static int asks(void *arg)
{
    struct sockaddr_in6 mapped = address6("::ffff:192.0.2.1", 80, 0);
    struct sockaddr_in in = address(0xc0000209, 80);

    (void)arg;
    expect(ONE_TEST, 80, 0, "one.test", "http");
    expect(ONE_TEST, 80, NI_NAMEREQD | NI_NOFQDN, "one.test", "http");
    expect6(mapped, NI_NUMERICSERV | NI_NAMEREQD, "one.test");
    expect(0xc0000204, 80, 0, "four.dept.example", "http");
    expect(0xc0000202, 80, 0, "192.0.2.2", "http"); /* NXDOMAIN */
    expect(0xc0000205, 80, 0, "192.0.2.5", "http"); /* no record */
    ck_assert_int_eq(error_of(0xc0000202, NI_NAMEREQD), EAI_NONAME);
    ck_assert_int_eq(error_of(0xc0000205, NI_NAMEREQD), EAI_NONAME);
    ck_assert_int_eq(error_of(0xc0000206, 0), EAI_FAIL);
    ck_assert_int_eq(error_of(0xc0000207, 0), EAI_AGAIN);
    try_sizes(generic(&in), sizeof in, NI_NAMEREQD, LONG_NAME, "http");
    expect(0xc0000209, 80, 0, LONG_NAME, "http");
    return 0;
}

START_TEST(addresses_have_names)
{
    ask(asks, HOST_A);
}
END_TEST

static int asks_within_a_domain(void *arg)
{
    (void)arg;
    expect(0xc0000204, 80, NI_NOFQDN, "four", "http");
    expect(0xc0000204, 80, 0, "four.dept.example", "http");
    expect(0xc0000208, 80, NI_NOFQDN, "dept.example", "http");
    expect(ONE_TEST, 80, NI_NOFQDN, "one.test", "http");
    return 0;
}

START_TEST(the_domain_of_a_neighbour_may_be_left_out)
{
    ask_in(asks_within_a_domain, HOST_A, "dept.example");
    ask_in(asks_within_a_domain, HOST_A, "Dept.Example.");
}
END_TEST

static int asks_nobody(void *arg)
{
    (void)arg;
    expect(ONE_TEST, 80, 0, "192.0.2.1", "http");
    ck_assert_int_eq(error_of(ONE_TEST, NI_NAMEREQD), EAI_AGAIN);
    return 0;
}

START_TEST(without_a_server_there_are_numbers)
{
    compat_alone(asks_nobody);
}
END_TEST

static int asks_without_address(void *arg)
{
    (void)arg;
    expect(ONE_TEST, 80, NI_NUMERICHOST, "192.0.2.1", "http");
    ck_assert_int_eq(clock_now(), SIM_START);
    ck_assert_int_eq(error_of(ONE_TEST, 0), EAI_AGAIN);
    ck_assert_int_eq(clock_now() - SIM_START, CONFIG_WAIT);
    return 0;
}

START_TEST(it_waits_for_an_address_of_our_own)
{
    ask(asks_without_address, 0);
}
END_TEST

static int n_asked;

static void ask_from_hook(const struct port *port)
{
    (void)port;
    errno = 0;
    ck_assert_int_eq(error_of(ONE_TEST, 0), EAI_SYSTEM);
    ck_assert_int_eq(errno, EDEADLK);
    ck_assert_int_eq(error_of(ONE_TEST, NI_NUMERICHOST), 0);
    n_asked++;
}

static int asks_from_hook(void *arg)
{
    (void)arg;
    world->places[0]->port.background = ask_from_hook;
    ck_assert_int_eq(poll(NULL, 0, 1), 0);
    ck_assert_int_gt(n_asked, 0);
    world->places[0]->port.background = NULL;
    sk_sim_sleep(&world->sim, 120 * (duration)SECOND); /* until the query is forgotten */
    return 0;
}

START_TEST(a_name_cannot_be_asked_for_from_the_hook)
{
    ask(asks_from_hook, HOST_A);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        numbers_are_told_as_numbers,
        services_are_told_by_name,
        loopback_addresses_are_localhost,
        what_has_no_name_is_a_number,
        arguments_are_checked,
        a_local_address_is_the_systems,
        no_buffer_is_overrun,
        a_name_needs_a_network,
        addresses_have_names,
        the_domain_of_a_neighbour_may_be_left_out,
        without_a_server_there_are_numbers,
        it_waits_for_an_address_of_our_own,
        a_name_cannot_be_asked_for_from_the_hook,
        NULL,
    };

    return suite_run("compat_getnameinfo", tests);
}
