/* SPDX-License-Identifier: BSD-3-Clause */
/* getaddrinfo with its flags, errors and services, gai_strerror, inet_pton and inet_ntop. Names
 * come from host b. */
#define _GNU_SOURCE /* EAI_NODATA and its like */
#include "tests/support/names_fixture.h"

#include "compat/call.h"
#include "tests/support/no_board.h"

static struct addrinfo hints_for(int flags, int type)
{
    return (struct addrinfo){ .ai_flags = flags, .ai_socktype = type };
}

static int error_of(const char *node, const char *service, struct addrinfo hints)
{
    struct addrinfo *list;
    int error = getaddrinfo(node, service, &hints, &list);

    if (error == 0) {
        freeaddrinfo(list);
    }
    return error;
}

static void expect(const struct addrinfo *ai, int type, uint32_t addr, uint16_t port)
{
    struct sockaddr_in in;

    ck_assert_ptr_nonnull(ai);
    ck_assert_int_eq(ai->ai_family, AF_INET);
    ck_assert_int_eq(ai->ai_socktype, type);
    ck_assert_int_eq(ai->ai_protocol, type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP);
    ck_assert_uint_eq(ai->ai_addrlen, sizeof in);
    memcpy(&in, ai->ai_addr, sizeof in);
    ck_assert_int_eq(in.sin_family, AF_INET);
    ck_assert_uint_eq(ntohl(in.sin_addr.s_addr), addr);
    ck_assert_uint_eq(ntohs(in.sin_port), port);
}

/* The only address of a name. */
static void expect_one(const char *node, const char *service, struct addrinfo hints, uint32_t addr,
                       uint16_t port)
{
    struct addrinfo *list;

    ck_assert_int_eq(getaddrinfo(node, service, &hints, &list), 0);
    expect(list, hints.ai_socktype, addr, port);
    ck_assert_ptr_null(list->ai_next);
    freeaddrinfo(list);
}

/* ---- Without a network: none of these starts one ---- */

START_TEST(an_address_in_text_is_its_own_answer)
{
    struct addrinfo *list;

    expect_one("192.0.2.7", "80", hints_for(0, SOCK_STREAM), 0xc0000207, 80);
    expect_one("192.0.2.7", NULL, hints_for(AI_NUMERICHOST, SOCK_DGRAM), 0xc0000207, 0);
    expect_one(NULL, "80", hints_for(0, SOCK_STREAM), INADDR_LOOPBACK, 80);
    expect_one(NULL, "80", hints_for(AI_PASSIVE, SOCK_STREAM), INADDR_ANY, 80);
    expect_one("localhost", "1", hints_for(0, SOCK_STREAM), INADDR_LOOPBACK, 1);
    expect_one("a.localhost", "1", hints_for(0, SOCK_STREAM), INADDR_LOOPBACK, 1);
    expect_one("localhost.", "1", hints_for(0, SOCK_STREAM), INADDR_LOOPBACK, 1);
    expect_one("a.LocalHost.", "1", hints_for(0, SOCK_STREAM), INADDR_LOOPBACK, 1);
    ck_assert_int_eq(getaddrinfo("a.invalid", "7", NULL, &list), EAI_NONAME); /* RFC 6761 6.4 */

    ck_assert_int_eq(getaddrinfo("192.0.2.7", "7", NULL, &list), 0);
    expect(list, SOCK_STREAM, 0xc0000207, 7);
    expect(list->ai_next, SOCK_DGRAM, 0xc0000207, 7);
    ck_assert_ptr_null(list->ai_next->ai_next);
    freeaddrinfo(list->ai_next); /* a tail, by itself */
    list->ai_next = NULL;
    freeaddrinfo(list);
    freeaddrinfo(NULL);
}
END_TEST

/* POSIX inet_addr(): fewer numbers, each as in C. */
START_TEST(an_address_has_many_forms)
{
    static const struct {
        const char *text;
        uint32_t addr;
    } forms[] = {
        { "1.2.3", 0x01020003 },
        { "1.2.65535", 0x0102ffff },
        { "1.16777215", 0x01ffffff },
        { "0x7f.1", 0x7f000001 },
        { "0X7F.0xA.010.1", 0x7f0a0801 },
        { "2130706433", 0x7f000001 },
        { "0xffffffff", 0xffffffff },
        { "0", 0 },
        { "00.0", 0 },
    };

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        expect_one(forms[i].text, "80", hints_for(0, SOCK_STREAM), forms[i].addr, 80);
        expect_one(forms[i].text, "80", hints_for(AI_NUMERICHOST, SOCK_STREAM), forms[i].addr, 80);
    }
}
END_TEST

START_TEST(names_in_other_scripts_are_not_translated)
{
    struct addrinfo *list;
    struct addrinfo hints = hints_for(AI_IDN | AI_CANONIDN | AI_CANONNAME, SOCK_STREAM);

    ck_assert_int_eq(getaddrinfo("localhost", NULL, &hints, &list), 0);
    ck_assert_str_eq(list->ai_canonname, "localhost");
    freeaddrinfo(list);
    ck_assert_int_eq(error_of("b\xc3\xbc"
                              "cher.localhost",
                              "80", hints),
                     EAI_IDN_ENCODE);
    ck_assert_int_eq(error_of("www.XN--bcher-kva.localhost", "80", hints), EAI_IDN_ENCODE);
    ck_assert_int_eq(error_of("www.xn--bcher-kva.localhost", "80", hints_for(AI_IDN, SOCK_STREAM)),
                     0);
    ck_assert_int_eq(error_of("xn-.localhost.", "80", hints), 0);
}
END_TEST

/* Without a network these would be EAI_SYSTEM if anybody was asked. */
START_TEST(what_looks_like_an_address_and_is_none_is_no_name)
{
    static const char *const texts[] = {
        ":",          "fe80::1%",   "fe80::1%eth0", "::1%4294967296",
        "1.2.3.4:80", "256.1.1.1",  "1.256.1",      "1.2.65536",
        "1.16777216", "4294967296", "1.2.3.4.5",    "1.2.3.4.",
        "1..2",       ".1",         "a.1",          "1.2.3.0x.4",
        "08",         "1.2.3.09",   "1.",           "99999999999999999999",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        ck_assert_msg(error_of(texts[i], "80", hints_for(0, 0)) == EAI_NONAME, "%s", texts[i]);
    }
}
END_TEST

START_TEST(services_have_ports)
{
    static const struct {
        const char *name;
        int type;
        uint16_t port;
    } known[] = {
        { "http", SOCK_STREAM, 80 },   { "https", SOCK_STREAM, 443 },
        { "domain", SOCK_DGRAM, 53 },  { "ntp", SOCK_DGRAM, 123 },
        { "telnet", SOCK_STREAM, 23 }, { "ftp", SOCK_STREAM, 21 },
        { "ssh", SOCK_STREAM, 22 },    { "smtp", SOCK_STREAM, 25 },
        { "echo", SOCK_DGRAM, 7 },     { "65535", SOCK_STREAM, 65535 },
        { "0", SOCK_STREAM, 0 },
    };
    struct addrinfo *list;

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        expect_one(NULL, known[i].name, hints_for(0, known[i].type), INADDR_LOOPBACK,
                   known[i].port);
    }
    ck_assert_int_eq(getaddrinfo(NULL, "ntp", NULL, &list), 0);
    expect(list, SOCK_DGRAM, INADDR_LOOPBACK, 123);
    ck_assert_ptr_null(list->ai_next);
    freeaddrinfo(list);
    ck_assert_int_eq(error_of(NULL, "ntp", hints_for(0, SOCK_STREAM)), EAI_SERVICE);
    ck_assert_int_eq(error_of(NULL, "gopher++", hints_for(0, 0)), EAI_SERVICE);
    ck_assert_int_eq(error_of(NULL, "65536", hints_for(0, 0)), EAI_SERVICE);
    ck_assert_int_eq(error_of(NULL, "-1", hints_for(0, 0)), EAI_SERVICE);
    ck_assert_int_eq(error_of(NULL, "", hints_for(0, 0)), EAI_SERVICE);
    ck_assert_int_eq(error_of(NULL, "http", hints_for(AI_NUMERICSERV, 0)), EAI_NONAME);
    ck_assert_int_eq(error_of(NULL, "80", hints_for(AI_NUMERICSERV, 0)), 0);
}
END_TEST

START_TEST(hints_are_checked)
{
    struct addrinfo h = hints_for(0, 0);

    ck_assert_int_eq(error_of(NULL, NULL, h), EAI_NONAME);
    ck_assert_int_eq(error_of("192.0.2.7", "80", hints_for(0x8000, 0)), EAI_BADFLAGS);
    ck_assert_int_eq(error_of(NULL, "80", hints_for(AI_CANONNAME, 0)), EAI_BADFLAGS);
    ck_assert_int_eq(error_of("192.0.2.7", "80", hints_for(0, SOCK_SEQPACKET)), EAI_SOCKTYPE);
    ck_assert_int_eq(error_of("a.test", "80", hints_for(AI_NUMERICHOST, 0)), EAI_NONAME);
    ck_assert_int_eq(error_of("192.0.2.7:80", "80", hints_for(AI_NUMERICHOST, 0)), EAI_NONAME);
    h.ai_family = AF_UNIX;
    ck_assert_int_eq(error_of("192.0.2.7", "80", h), EAI_FAMILY);
    h.ai_family = AF_INET;
    h.ai_protocol = IPPROTO_UDP;
    h.ai_socktype = SOCK_STREAM;
    ck_assert_int_eq(error_of("192.0.2.7", "80", h), EAI_SOCKTYPE);
    h.ai_flags = AI_ADDRCONFIG | AI_V4MAPPED;
    h.ai_socktype = 0;
    ck_assert_int_eq(error_of("192.0.2.7", "80", h), 0);
}
END_TEST

START_TEST(every_error_has_a_text)
{
    static const int errors[] = {
        0,          EAI_ADDRFAMILY, EAI_AGAIN,       EAI_ALLDONE,    EAI_BADFLAGS, EAI_CANCELED,
        EAI_FAIL,   EAI_FAMILY,     EAI_IDN_ENCODE,  EAI_INPROGRESS, EAI_INTR,     EAI_MEMORY,
        EAI_NODATA, EAI_NONAME,     EAI_NOTCANCELED, EAI_OVERFLOW,   EAI_SERVICE,  EAI_SOCKTYPE,
        EAI_SYSTEM, 12345
    };

    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        for (size_t j = 0; j < i; j++) {
            ck_assert_str_ne(gai_strerror(errors[i]), gai_strerror(errors[j]));
        }
    }
}
END_TEST

START_TEST(addresses_are_read_and_written)
{
    static const char *const wrong[] = { "",          "1.2.3",     "1.2.3.4.5",
                                         "1.2.3.256", "1.2.3.04",  " 1.2.3.4",
                                         "1.2.3.4 ",  "1.2.3.4:5", "a.b.c.d" };
    struct in_addr in = { .s_addr = 1 };
    unsigned char six[16];
    char text[INET6_ADDRSTRLEN];

    ck_assert_int_eq(inet_pton(AF_INET, "192.0.2.255", &in), 1);
    ck_assert_uint_eq(ntohl(in.s_addr), 0xc00002ff);
    ck_assert_ptr_eq(inet_ntop(AF_INET, &in, text, sizeof text), text);
    ck_assert_str_eq(text, "192.0.2.255");
    ck_assert_ptr_eq(inet_ntop(AF_INET, &in, text, 12), text);
    errno = 0;
    ck_assert_ptr_null(inet_ntop(AF_INET, &in, text, 11));
    ck_assert_int_eq(errno, ENOSPC);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_msg(inet_pton(AF_INET, wrong[i], &in) == 0, "%s", wrong[i]);
    }
    ck_assert_int_eq(inet_pton(AF_INET6, "2001:db8::1", six), 1); /* the C library's */
    ck_assert_str_eq(inet_ntop(AF_INET6, six, text, sizeof text), "2001:db8::1");
    fails_with(inet_pton(9999, "1.2.3.4", &in), EAFNOSUPPORT);
}
END_TEST

/* ---- With a server ---- */

static int asks(void *arg)
{
    struct addrinfo h = hints_for(AI_CANONNAME, 0);
    struct addrinfo *list;

    (void)arg;
    expect_one("one.test", "http", hints_for(0, SOCK_STREAM), 0xc0000201, 80);
    expect_one("ONE.test.", "7", hints_for(0, SOCK_DGRAM), 0xc0000201, 7);
    ck_assert_int_eq(getaddrinfo("two.test", "80", &h, &list), 0);
    expect(list, SOCK_STREAM, 0xc0000202, 80);
    ck_assert_str_eq(list->ai_canonname, "two.test");
    expect(list->ai_next, SOCK_DGRAM, 0xc0000202, 80);
    ck_assert_ptr_null(list->ai_next->ai_canonname);
    expect(list->ai_next->ai_next, SOCK_STREAM, 0xc0000203, 80);
    expect(list->ai_next->ai_next->ai_next, SOCK_DGRAM, 0xc0000203, 80);
    ck_assert_ptr_null(list->ai_next->ai_next->ai_next->ai_next);
    freeaddrinfo(list);

    ck_assert_int_eq(error_of("nobody.test", "80", hints_for(0, 0)), EAI_NONAME);
    ck_assert_int_eq(error_of("empty.test", "80", hints_for(0, 0)), EAI_NONAME);
    ck_assert_int_eq(error_of("", "80", hints_for(0, 0)), EAI_NONAME);
    ck_assert_int_eq(error_of("fails.test", "80", hints_for(0, 0)), EAI_FAIL);
    ck_assert_int_eq(error_of("silent.test", "80", hints_for(0, 0)), EAI_AGAIN);
    return 0;
}

START_TEST(names_are_resolved)
{
    ask(asks, HOST_A);
}
END_TEST

/* Nobody listens where the server should be. */
static int asks_nobody(void *arg)
{
    instant begun = clock_now();

    (void)arg;
    ck_assert_int_eq(error_of("one.test", "80", hints_for(0, 0)), EAI_AGAIN);
    ck_assert_int_lt(clock_now() - begun, SECOND);
    return 0;
}

START_TEST(a_server_out_of_reach_is_told_at_once)
{
    struct compat c;
    struct sk_config config = { .size = sizeof config, .dns = { { ip4(HOST_B), 53 } } };

    compat_begin_with(&c, &config, HOST_A);
    compat_run(&c, asks_nobody, NULL);
    compat_end(&c);
}
END_TEST

static int asks_without_address(void *arg)
{
    (void)arg;
    ck_assert_int_eq(error_of("one.test", "80", hints_for(0, 0)), EAI_AGAIN);
    ck_assert_int_eq(clock_now() - SIM_START, CONFIG_WAIT);
    return 0;
}

START_TEST(without_an_address_there_are_no_names)
{
    ask(asks_without_address, 0);
}
END_TEST

static int n_asked;

static void ask_from_hook(const struct port *port)
{
    (void)port;
    errno = 0;
    ck_assert_int_eq(error_of("one.test", "80", hints_for(0, 0)), EAI_SYSTEM);
    ck_assert_int_eq(errno, EDEADLK);
    n_asked++;
}

static int asks_from_hook(void *arg)
{
    (void)arg;
    world->places[0]->port.background = ask_from_hook;
    n_asked = 0;
    ck_assert_int_eq(poll(NULL, 0, 1), 0);
    ck_assert_int_gt(n_asked, 0);
    world->places[0]->port.background = NULL;
    sk_sim_sleep(&world->sim,
                 120 * (duration)SECOND); /* until the forgotten queries are forgotten */
    return 0;
}

START_TEST(a_name_cannot_be_asked_for_from_the_hook)
{
    ask(asks_from_hook, HOST_A);
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
    ck_assert_int_eq(error_of("one.test", "80", hints_for(0, 0)), EAI_MEMORY);
    sk_sim_sleep(&world->sim, 120 * (duration)SECOND);
    return 0;
}

START_TEST(too_many_questions_are_told)
{
    ask(exhausts_queries, HOST_A);
}
END_TEST

START_TEST(a_name_needs_a_network)
{
    struct no_board b;

    no_board_begin(&b);
    errno = 0;
    int error = error_of("one.test", "80", hints_for(0, 0));
    int number = errno;
    no_board_end(&b);
    ck_assert_int_eq(error, EAI_SYSTEM);
    ck_assert_int_eq(number, ENETDOWN);
}
END_TEST

START_TEST(without_a_board_there_is_no_network)
{
    int standard_error = dup(2);
    char said[200];
    int ends[2];

    libsock_state_set(NULL);
    ck_assert_ptr_null(libsock_iface());
    ck_assert_ptr_null(libsock_port());
    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[1], 2);
    fails_with(socket(AF_INET, SOCK_STREAM, 0), ENETDOWN);
    fails_with(socket(AF_INET, SOCK_STREAM, 0), ENETDOWN);
    dup2(standard_error, 2);
    ck_assert_int_eq(close(standard_error), 0);
    ck_assert_int_eq(close(ends[1]), 0);
    ssize_t n = read(ends[0], said, sizeof said);
    ck_assert_int_gt(n, 0);
    ck_assert_ptr_eq(memchr(said, '\n', (size_t)n), said + n - 1); /* one line, once */
    ck_assert_int_eq(close(ends[0]), 0);
    ck_assert_ptr_nonnull(libsock_problem());
    libsock_state_set(NULL);
    ck_assert_ptr_null(libsock_problem());
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_address_in_text_is_its_own_answer,
        an_address_has_many_forms,
        what_looks_like_an_address_and_is_none_is_no_name,
        names_in_other_scripts_are_not_translated,
        services_have_ports,
        hints_are_checked,
        every_error_has_a_text,
        addresses_are_read_and_written,
        names_are_resolved,
        a_server_out_of_reach_is_told_at_once,
        without_an_address_there_are_no_names,
        a_name_cannot_be_asked_for_from_the_hook,
        too_many_questions_are_told,
        a_name_needs_a_network,
        without_a_board_there_is_no_network,
        NULL,
    };

    return suite_run("compat_names", tests);
}
