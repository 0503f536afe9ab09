/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a program gets for a name, and for an address: what is there, what is not, what no server is
 * asked for, and in which domains a name is looked for.
 */
#include <stdio.h>
#include <strings.h>

#include "tests/support/resolve_fixture.h"
#include "tests/support/suite.h"

START_TEST(names_of_every_kind)
{
    static const char *const no_names[] = { "", ".", "a..b" };
    size_t n;

    begin();
    expect("www.example.org", SK_OK, 1);
    ck_assert(ip_equal(addrs[0].addr, address_of(0)) && addrs[0].port == 80);
    expect("WWW.Example.ORG", SK_OK, 1);
    expect("www.example.org.", SK_OK, 1);
    expect("two.example.org", SK_OK, 2);
    expect("alias.example.org", SK_OK, 1);
    ck_assert(ip_equal(addrs[0].addr, address_of(0)));
    expect("empty.example.org", SK_NAME_NO_ADDRESS, 0);
    expect("none.example.org", SK_NAME_UNKNOWN, 0);
    expect("fails.example.org", SK_NAME_FAILED, 0);
    expect("silent.example.org", SK_TIMED_OUT, 0);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(resolve(no_names[i], &n), SK_INVALID);
    }
    ck_assert(sk_iface_idle(h.iface));
    host_end(&h);
}
END_TEST

START_TEST(an_address_is_its_own_answer)
{
    begin();
    expect("192.0.2.7", SK_OK, 1);
    ck_assert(ip_equal(addrs[0].addr, ip4(0xc0000207)) && addrs[0].port == 80);
    ck_assert_int_eq(n_asked[0] + n_asked[1], 0);
    host_end(&h);
}
END_TEST

/* The names that are asked for, in their order, until one has an address. */
static void asks_for(const char *name, const char *const *expected, size_t n, enum sk_err result)
{
    size_t n_questions = 0;
    struct sk_op op;
    enum sk_err err;

    sk_resolve(&op, name, 80, addrs, N_ADDRS);
    while ((err = host_try(&h, &op)) == SK_PENDING) {
        const struct sent *s;

        host_poll(&h);
        s = host_sent(&h);
        if (s && s->eth.type != ETH_TYPE_ARP) {
            char asked[256] = "";
            size_t len = 0;

            for (const uint8_t *at = s->payload + 12; *at != 0; at += 1 + *at) {
                len += (size_t)snprintf(asked + len, sizeof(asked) - len, "%s%.*s", len ? "." : "",
                                        (int)*at, (const char *)at + 1);
            }
            ck_assert_uint_lt(n_questions, n);
            ck_assert_msg(strcasecmp(asked, expected[n_questions]) == 0, "%s, not %s", asked,
                          expected[n_questions]);
            n_questions++;
            serve(0, s);
        }
    }
    ck_assert_uint_eq(n_questions, n);
    ck_assert_int_eq(err, result);
}

/* RFC 1123 6.1.4.3: a name without a dot in the domains first, another as it is first; one that
 * ends with a dot is as it is. */
START_TEST(names_in_the_domains_of_the_search_list)
{
    static const char *const short_name[] = { "www.lab.example", "www.example.org" };
    static const char *const nowhere[] = { "x.lab.example", "x.example.org", "x" };
    static const char *const dotted[] = { "a.b", "a.b.lab.example", "a.b.example.org" };
    static const char *const found[] = { "www.example.org" };
    static const char *const absolute[] = { "www" };
    static const char *const fails[] = { "fails.lab.example", "fails.example.org" };
    struct host_setup setup = { .config = { .search = { "lab.example", "example.org" },
                                            .n_queries = 8 } };
    char too_long[DNS_MAX_NAME_LEN + 1];
    const char *const only[] = { too_long };

    setup.config.dns[0].addr = PEER_IP;
    host_begin(&h, &setup);
    host_meet(&h);
    servers[0] = ANSWERS;
    asks_for("www", short_name, 2, SK_OK);
    ck_assert(ip_equal(addrs[0].addr, address_of(0)));
    asks_for("x", nowhere, 3, SK_NAME_UNKNOWN);
    asks_for("a.b", dotted, 3, SK_NAME_UNKNOWN);
    asks_for("www.example.org", found, 0, SK_OK); /* it was, above */
    asks_for("www.", absolute, 1, SK_NAME_UNKNOWN);
    asks_for("fails", fails, 2, SK_NAME_FAILED); /* nobody can say that it is not there */
    memset(too_long, 'a', sizeof(too_long));
    for (size_t i = 63; i < sizeof(too_long); i += 64) {
        too_long[i] = '.';
    }
    too_long[sizeof(too_long) - 1] = '\0';
    asks_for(too_long, only, 1, SK_NAME_UNKNOWN);
    host_end(&h);
    setup.config.search[1] = "no..domain";
    setup.config.size = sizeof(setup.config);
    ck_assert_uint_eq(sk_iface_size(&setup.config), 0);
}
END_TEST

/* RFC 6761 6.3, 6.4: no server hears of them. */
START_TEST(names_of_no_network)
{
    begin();
    expect("localhost", SK_OK, 1);
    ck_assert(ip_equal(addrs[0].addr, ip4(0x7f000001)) && addrs[0].port == 80);
    expect("Sensor.Localhost.", SK_OK, 1);
    expect("invalid", SK_NAME_UNKNOWN, 0);
    expect("sensor.invalid.", SK_NAME_UNKNOWN, 0);
    ck_assert_int_eq(n_asked[0] + n_asked[1], 0);
    host_end(&h);
}
END_TEST

START_TEST(hostile_DNS_15_more_addresses_than_asked_for)
{
    struct sk_op op;

    begin();
    memset(addrs, 0, sizeof(addrs));
    sk_resolve(&op, "two.example.org", 80, addrs, 1);
    ck_assert_int_eq(finish(&op), SK_OK);
    ck_assert_uint_eq(op.done, 1);
    ck_assert_uint_eq(addrs[1].port, 0);
    host_end(&h);
}
END_TEST

static enum sk_err name_of(struct ip_addr addr, char *name, size_t size, size_t *len)
{
    struct sk_op op;
    enum sk_err err;

    sk_resolve_addr(&op, addr, name, size);
    err = finish(&op);
    *len = op.done;
    return err;
}

/* RFC 1123 6.1.4.3: the other way round, and remembered like any other answer. */
START_TEST(the_name_of_an_address)
{
    char name[DNS_MAX_NAME_LEN + 1];
    size_t len;

    begin();
    for (int i = 0; i < 2; i++) {
        memset(name, 0xee, sizeof(name));
        ck_assert_int_eq(name_of(ip4(0xc0a80a64), name, sizeof(name), &len), SK_OK);
        ck_assert_str_eq(name, "printer.example.org");
        ck_assert_uint_eq(len, strlen(name));
        ck_assert_int_eq(n_asked[0], 1);
    }
    ck_assert_int_eq(resolve("printer.example.org", &len), SK_NAME_UNKNOWN); /* no answer to that */
    ck_assert_int_eq(n_asked[0], 2);
    ck_assert_int_eq(name_of(ip4(0xc0a80a65), name, sizeof(name), &len), SK_OK);
    ck_assert_str_eq(name, "scanner.example.org"); /* RFC 2317: by an alias */
    host_end(&h);
}
END_TEST

START_TEST(an_address_without_a_name)
{
    char name[DNS_MAX_NAME_LEN + 1] = "before";
    size_t len;

    begin();
    ck_assert_int_eq(name_of(ip4(0xc0a80a66), name, sizeof(name), &len), SK_NAME_NO_ADDRESS);
    ck_assert_int_eq(name_of(ip4(0xc0a80a67), name, sizeof(name), &len), SK_NAME_UNKNOWN);
    ck_assert_int_eq(name_of(ip4(0xc0a80a68), name, sizeof(name), &len), SK_NAME_NO_ADDRESS);
    ck_assert_str_eq(name, "before");
    host_end(&h);
}
END_TEST

START_TEST(a_name_that_does_not_fit)
{
    char name[32];
    size_t len;

    begin();
    memset(name, 'x', sizeof(name));
    ck_assert_int_eq(name_of(ip4(0xc0a80a64), name, 19, &len), SK_MSG_SIZE);
    ck_assert_uint_eq(len, 19);
    ck_assert_mem_eq(name, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", sizeof(name));
    ck_assert_int_eq(name_of(ip4(0xc0a80a64), name, 20, &len), SK_OK);
    ck_assert_mem_eq(name, "printer.example.org\0x", 21);
    host_end(&h);
}
END_TEST

/* RFC 6761 6.3: nobody is asked. */
START_TEST(the_name_of_the_loopback)
{
    char name[16];
    size_t len;

    begin();
    ck_assert_int_eq(name_of(ip4(0x7f000005), name, sizeof(name), &len), SK_OK);
    ck_assert_str_eq(name, "localhost");
    ck_assert_int_eq(n_asked[0] + n_asked[1], 0);
    host_end(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        names_of_every_kind,
        an_address_is_its_own_answer,
        names_in_the_domains_of_the_search_list,
        names_of_no_network,
        hostile_DNS_15_more_addresses_than_asked_for,
        the_name_of_an_address,
        an_address_without_a_name,
        a_name_that_does_not_fit,
        the_name_of_the_loopback,
        NULL,
    };

    return suite_run("resolve", tests);
}
