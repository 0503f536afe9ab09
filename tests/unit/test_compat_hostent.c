/* SPDX-License-Identifier: BSD-3-Clause */
/* gethostbyname, gethostbyaddr, and their forms with a buffer of the caller's. Names come from host
 * b. */
#include "tests/support/names_fixture.h"

#include "tests/support/no_board.h"

#define ROOM 1024 /* octets: enough for any host */

static struct hostent host;
static struct hostent *result;
static int h_error;
static char room[ROOM];

static int by_name(const char *name, int family)
{
    h_error = 99;
    result = &host;
    return gethostbyname2_r(name, family, &host, room, sizeof room, &result, &h_error);
}

static int by_addr(uint32_t addr)
{
    struct in_addr in = { .s_addr = htonl(addr) };

    h_error = 99;
    result = &host;
    return gethostbyaddr_r(&in, sizeof in, AF_INET, &host, room, sizeof room, &result, &h_error);
}

static uint32_t addr_of(const struct hostent *h, size_t i)
{
    struct in_addr in;

    memcpy(&in, h->h_addr_list[i], sizeof in);
    return ntohl(in.s_addr);
}

/* A host with one address, or with two that follow each other. */
static void expect_host(const struct hostent *h, const char *name, uint32_t addr, size_t n)
{
    ck_assert_ptr_nonnull(h);
    ck_assert_str_eq(h->h_name, name);
    ck_assert_ptr_null(h->h_aliases[0]);
    ck_assert_int_eq(h->h_addrtype, AF_INET);
    ck_assert_int_eq(h->h_length, 4);
    for (size_t i = 0; i < n; i++) {
        ck_assert_uint_eq(addr_of(h, i), addr + i);
    }
    ck_assert_ptr_null(h->h_addr_list[n]);
}

static void expect_none(int returned, int expected, int expected_h_error)
{
    ck_assert_int_eq(returned, expected);
    ck_assert_ptr_null(result);
    ck_assert_int_eq(h_error, expected_h_error);
}

/* ---- Without a network: none of these starts one ---- */

START_TEST(an_address_in_text_is_its_own_name)
{
    struct in6_addr six;
    char text[INET6_ADDRSTRLEN];

    expect_host(gethostbyname("192.0.2.7"), "192.0.2.7", 0xc0000207, 1);
    expect_host(gethostbyname("1.2.3"), "1.2.3", 0x01020003, 1);
    expect_host(gethostbyname2("0", AF_INET), "0", 0, 1);
    ck_assert_int_eq(by_name("192.0.2.7", AF_INET), 0);
    ck_assert_int_eq(h_error, 0);
    ck_assert_ptr_eq(result, &host);
    expect_host(&host, "192.0.2.7", 0xc0000207, 1);

    ck_assert_int_eq(by_name("2001:db8::7", AF_INET6), 0);
    ck_assert_str_eq(host.h_name, "2001:db8::7");
    ck_assert_int_eq(host.h_addrtype, AF_INET6);
    ck_assert_int_eq(host.h_length, sizeof six);
    memcpy(&six, host.h_addr, sizeof six);
    ck_assert_str_eq(inet_ntop(AF_INET6, &six, text, sizeof text), "2001:db8::7");
    ck_assert_ptr_null(host.h_addr_list[1]);
}
END_TEST

START_TEST(an_address_of_the_other_family_is_no_host)
{
    expect_none(by_name("192.0.2.7", AF_INET6), 0, HOST_NOT_FOUND);
    expect_none(by_name("::1", AF_INET), 0, HOST_NOT_FOUND);
    expect_none(by_name("::1%2", AF_INET6), 0, HOST_NOT_FOUND);
    expect_none(by_name("256.1.1.1", AF_INET), 0, HOST_NOT_FOUND);
    expect_none(by_name("one.test", AF_INET6), 0, HOST_NOT_FOUND); /* nobody is asked */
}
END_TEST

START_TEST(localhost_is_this_host)
{
    struct in6_addr six = IN6ADDR_LOOPBACK_INIT;

    expect_host(gethostbyname("localhost"), "localhost", INADDR_LOOPBACK, 1);
    expect_host(gethostbyname("a.localhost."), "a.localhost.", INADDR_LOOPBACK, 1);
    ck_assert_int_eq(by_addr(0x7f010203), 0);
    expect_host(result, "localhost", 0x7f010203, 1);
    const struct hostent *found = gethostbyaddr(&six, sizeof six, AF_INET6);
    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found->h_name, "localhost");
    ck_assert_int_eq(found->h_addrtype, AF_INET6);
    ck_assert_mem_eq(found->h_addr_list[0], &six, sizeof six);
}
END_TEST

START_TEST(some_names_and_addresses_are_nobodys)
{
    struct in6_addr six = IN6ADDR_ANY_INIT;

    expect_none(by_name("", AF_INET), 0, HOST_NOT_FOUND);
    expect_none(by_name("a..b", AF_INET), 0, HOST_NOT_FOUND);
    expect_none(by_name("a.invalid", AF_INET), 0, HOST_NOT_FOUND);
    expect_none(by_addr(INADDR_ANY), 0, HOST_NOT_FOUND);
    h_errno = 0;
    ck_assert_ptr_null(gethostbyaddr(&six, sizeof six, AF_INET6));
    ck_assert_int_eq(h_errno, HOST_NOT_FOUND);
}
END_TEST

START_TEST(arguments_are_checked)
{
    struct in_addr in = { .s_addr = htonl(INADDR_LOOPBACK) };

    expect_none(by_name("localhost", 9999), EAFNOSUPPORT, NETDB_INTERNAL);
    expect_none(by_name(NULL, AF_INET), EINVAL, NETDB_INTERNAL);
    errno = h_errno = 0;
    ck_assert_ptr_null(gethostbyname(NULL));
    ck_assert_int_eq(h_errno, NETDB_INTERNAL);
    ck_assert_int_eq(errno, EINVAL);
    errno = h_errno = 0;
    ck_assert_ptr_null(gethostbyaddr(&in, sizeof in - 1, AF_INET));
    ck_assert_int_eq(h_errno, NETDB_INTERNAL);
    ck_assert_int_eq(errno, EINVAL);
    ck_assert_ptr_null(gethostbyaddr(&in, sizeof in, AF_INET6));
    ck_assert_int_eq(errno, EINVAL);
    ck_assert_ptr_null(gethostbyaddr(NULL, sizeof in, AF_INET));
    ck_assert_int_eq(errno, EINVAL);
    ck_assert_ptr_null(gethostbyaddr(&in, sizeof in, 9999));
    ck_assert_int_eq(errno, EAFNOSUPPORT);
}
END_TEST

/* What lies before the size and the place are looked at: a pointer for each end of a list, four
 * octets, and the name. */
#define LOCALHOST_SIZE (2 * sizeof(char *) + 4 + sizeof "localhost")

START_TEST(a_buffer_that_is_too_small_is_told)
{
    for (size_t size = 0; size < LOCALHOST_SIZE; size++) {
        char *exact = malloc(size > 0 ? size : 1);

        result = &host;
        errno = 0;
        ck_assert_int_eq(gethostbyname_r("localhost", &host, exact, size, &result, &h_error),
                         ERANGE);
        ck_assert_int_eq(errno, ERANGE);
        ck_assert_int_eq(h_error, NETDB_INTERNAL);
        ck_assert_ptr_null(result);
        struct in_addr in = { .s_addr = htonl(0x7f010203) };
        ck_assert_int_eq(
            gethostbyaddr_r(&in, sizeof in, AF_INET, &host, exact, size, &result, &h_error),
            ERANGE);
        ck_assert_ptr_null(result);
        free(exact);
    }
}
END_TEST

START_TEST(a_buffer_may_begin_anywhere)
{
    for (size_t skip = 0; skip < 2 * sizeof(char *); skip++) {
        size_t rest = skip % sizeof(char *);
        size_t pad = rest == 0 ? 0 : sizeof(char *) - rest;
        char *exact = malloc(skip + pad + LOCALHOST_SIZE);

        ck_assert_int_eq(gethostbyname_r("localhost", &host, exact + skip, pad + LOCALHOST_SIZE,
                                         &result, &h_error),
                         0);
        ck_assert_uint_eq((uintptr_t)host.h_addr_list % sizeof(char *), 0);
        expect_host(result, "localhost", INADDR_LOOPBACK, 1);
        for (size_t size = 0; size < pad + LOCALHOST_SIZE; size++) {
            ck_assert_int_eq(
                gethostbyname_r("localhost", &host, exact + skip, size, &result, &h_error), ERANGE);
        }
        free(exact);
    }
}
END_TEST

START_TEST(a_name_needs_a_network)
{
    struct no_board b;

    no_board_begin(&b);
    int named = by_name("one.test", AF_INET);
    int named_h_error = h_error;
    h_errno = errno = 0;
    const struct hostent *found = gethostbyname("one.test");
    int number = errno;
    no_board_end(&b);
    ck_assert_int_eq(named, ENETDOWN);
    ck_assert_int_eq(named_h_error, NETDB_INTERNAL);
    ck_assert_ptr_null(found);
    ck_assert_int_eq(h_errno, NETDB_INTERNAL);
    ck_assert_int_eq(number, ENETDOWN);
}
END_TEST

/* ---- With a server ---- */

static int asks(void *arg)
{
    struct in_addr in = { .s_addr = htonl(ONE_TEST) };

    (void)arg;
    expect_host(gethostbyname("one.test"), "one.test", ONE_TEST, 1);
    expect_host(gethostbyname("two.test"), "two.test", ONE_TEST + 1, 2);
    ck_assert_int_eq(by_name("two.test", AF_INET), 0);
    expect_host(result, "two.test", ONE_TEST + 1, 2);
    ck_assert_int_eq(gethostbyname_r("one.test", &host, room, sizeof room, &result, &h_error), 0);
    expect_host(result, "one.test", ONE_TEST, 1);
    expect_host(gethostbyaddr(&in, sizeof in, AF_INET), "one.test", ONE_TEST, 1);
    ck_assert_int_eq(by_addr(0xc0000209), 0);
    expect_host(result, LONG_NAME, 0xc0000209, 1);
    in.s_addr = htonl(0xc0000209);
    expect_host(gethostbyaddr(&in, sizeof in, AF_INET), LONG_NAME, 0xc0000209, 1);
    return 0;
}

START_TEST(names_and_addresses_are_resolved)
{
    ask(asks, HOST_A);
}
END_TEST

static int fails(void *arg)
{
    struct in_addr in = { .s_addr = htonl(0xc0000206) };

    (void)arg;
    expect_none(by_name("nobody.test", AF_INET), 0, HOST_NOT_FOUND);
    expect_none(by_name("empty.test", AF_INET), 0, NO_DATA);
    expect_none(by_name("fails.test", AF_INET), EIO, NO_RECOVERY);
    expect_none(by_name("silent.test", AF_INET), EAGAIN, TRY_AGAIN);
    expect_none(by_addr(0xc0000202), 0, HOST_NOT_FOUND);
    expect_none(by_addr(0xc0000205), 0, NO_DATA);
    expect_none(by_addr(0xc0000207), EAGAIN, TRY_AGAIN);
    h_errno = 0;
    ck_assert_ptr_null(gethostbyname("nobody.test"));
    ck_assert_int_eq(h_errno, HOST_NOT_FOUND);
    ck_assert_ptr_null(gethostbyname("empty.test"));
    ck_assert_int_eq(h_errno, NO_DATA);
    ck_assert_ptr_null(gethostbyaddr(&in, sizeof in, AF_INET));
    ck_assert_int_eq(h_errno, NO_RECOVERY);
    return 0;
}

START_TEST(failures_are_told_apart)
{
    ask(fails, HOST_A);
}
END_TEST

static int asks_nobody(void *arg)
{
    (void)arg;
    expect_none(by_name("one.test", AF_INET), EAGAIN, TRY_AGAIN);
    expect_none(by_addr(ONE_TEST), EAGAIN, TRY_AGAIN);
    return 0;
}

START_TEST(without_a_server_it_may_be_tried_again)
{
    compat_alone(asks_nobody);
}
END_TEST

static int exhausts_queries(void *arg)
{
    struct sk_op ops[CONFIG_N_QUERIES];
    struct sk_addr addr;
    char name[] = "0.silent.test";

    (void)arg;
    for (int i = 0; i < CONFIG_N_QUERIES; i++) {
        name[0] = (char)('0' + i);
        sk_resolve(&ops[i], name, 0, &addr, 1);
        ck_assert_int_eq(ops[i].poll(&ops[i], libsock_iface(), clock_now()), SK_PENDING);
    }
    expect_none(by_name("one.test", AF_INET), ENOMEM, NETDB_INTERNAL);
    sk_sim_sleep(&world->sim, 120 * (duration)SECOND);
    return 0;
}

START_TEST(too_many_questions_are_told)
{
    ask(exhausts_queries, HOST_A);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_address_in_text_is_its_own_name,
        an_address_of_the_other_family_is_no_host,
        localhost_is_this_host,
        some_names_and_addresses_are_nobodys,
        arguments_are_checked,
        a_buffer_that_is_too_small_is_told,
        a_buffer_may_begin_anywhere,
        a_name_needs_a_network,
        names_and_addresses_are_resolved,
        failures_are_told_apart,
        without_a_server_it_may_be_tried_again,
        too_many_questions_are_told,
        NULL,
    };

    return suite_run("compat_hostent", tests);
}
