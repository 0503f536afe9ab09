/* SPDX-License-Identifier: BSD-3-Clause */
/* What the LIBSOCK_ variables may say, word by word; tests/e2e/test_environment.sh holds what comes
 * of a wrong one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compat/ai.h"
#include "compat/board_hosts.h"
#include "compat/board_settings.h"
#include "compat/board_tcp.h"
#include "compat/board_units.h"
#include "tests/support/suite.h"

static void takes(bool (*parse)(const char *, uint64_t *), const char *text, uint64_t wanted)
{
    uint64_t got = ~wanted;

    ck_assert_msg(parse(text, &got), "%s is refused", text);
    ck_assert_msg(got == wanted, "%s is %llu", text, (unsigned long long)got);
}

static void refuses(bool (*parse)(const char *, uint64_t *), const char *const *texts)
{
    uint64_t ignored;

    for (; *texts; texts++) {
        ck_assert_msg(!parse(*texts, &ignored), "%s is accepted", *texts);
    }
}

START_TEST(a_time_has_a_unit)
{
    static const char *const wrong[] = {
        "",        "20",         "ms",     "-1ms",     "+1ms", " 1ms",    "1 ms",
        "1ms ",    "1m",         "0x10ms", "1e3ms",    "1.ms", ".5ms",    "1.2.3ms",
        "60001ms", "60.000001s", "1.5us",  "0.0001ms", "1h",   "20msec,", "99999999999999999999s",
        "inf",     NULL
    };

    takes(units_time, "20ms", 20000);
    takes(units_time, "20MS", 20000);
    takes(units_time, "0ms", 0);
    takes(units_time, "1.5ms", 1500);
    takes(units_time, "0.001ms", 1);
    takes(units_time, "250us", 250);
    takes(units_time, "60s", 60000000);
    takes(units_time, "0.25s", 250000);
    refuses(units_time, wrong);
}
END_TEST

START_TEST(a_percentage_has_its_sign_or_none)
{
    static const char *const wrong[] = { "",    "%",    "1%%",      "-1%",  "100.1%", "101",
                                         "1 %", "1e1%", "0.00001%", "1ppm", "one",    NULL };

    takes(units_percent, "1%", 10000);
    takes(units_percent, "1", 10000);
    takes(units_percent, "0", 0);
    takes(units_percent, "0.0001%", 1);
    takes(units_percent, "12.5%", 125000);
    takes(units_percent, "100.0%", 1000000);
    refuses(units_percent, wrong);
}
END_TEST

/* tc's bps are octets, which people do not mean by them. */
START_TEST(a_rate_is_in_bits)
{
    static const char *const wrong[] = {
        "",       "0",       "999",    "mbit",      "10mbps",    "10m",     "10kbps",
        "10Mb/s", "10 mbit", "-1mbit", "1000.5bit", "100.1gbit", "101gbit", "18446744073709551616",
        NULL
    };

    takes(units_rate, "1000", 1000);
    takes(units_rate, "56000bit", 56000);
    takes(units_rate, "1kbit", 1000);
    takes(units_rate, "10mbit", 10000000);
    takes(units_rate, "10Mbit", 10000000);
    takes(units_rate, "1.5mbit", 1500000);
    takes(units_rate, "100gbit", 100000000000);
    refuses(units_rate, wrong);
}
END_TEST

START_TEST(variables_are_taken_one_by_one)
{
    struct settings s = { .forward = NULL };

    ck_assert_ptr_null(settings_take(&s, "LIBSOCK_DELAY", "20ms"));
    ck_assert_ptr_null(settings_take(&s, "LIBSOCK_LOSS", "5%"));
    ck_assert_ptr_null(settings_take(&s, "LIBSOCK_RATE", "10mbit"));
    ck_assert_uint_eq(s.delay, 20000);
    ck_assert_uint_eq(s.loss, 50000);
    ck_assert_uint_eq(s.rate, 10000000);
    ck_assert_ptr_nonnull(settings_take(&s, "LIBSOCK_DELAY", "20"));
    ck_assert_ptr_nonnull(settings_take(&s, "LIBSOCK_LOSS", "some"));
    ck_assert_ptr_nonnull(settings_take(&s, "LIBSOCK_RATE", "fast"));
    ck_assert_ptr_nonnull(settings_take(&s, "LIBSOCK_DELAYS", "20ms"));
}
END_TEST

START_TEST(each_congestion_control_may_be_the_first_and_the_others_stay)
{
    static const char *const names[] = { "reno", "cubic", "bbr" };
    struct settings s = { .forward = NULL };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct tcp_profile *profile = board_tcp(names[i]);

        ck_assert_ptr_null(settings_take(&s, "LIBSOCK_CONGESTION", names[i]));
        ck_assert_str_eq(s.congestion, names[i]);
        ck_assert_str_eq(tcp_congestion_at(profile, 0)->name, names[i]);
        for (uint32_t at = 0; at < 3; at++) {
            const char *name = tcp_congestion_at(profile, at)->name;
            ck_assert_ptr_null(settings_take(&s, "LIBSOCK_CONGESTION", name));
            ck_assert(at == 0 || strcmp(name, names[i]) != 0);
        }
        ck_assert_str_ne(tcp_congestion_at(profile, 1)->name, tcp_congestion_at(profile, 2)->name);
        ck_assert_ptr_null(tcp_congestion_at(profile, 3));
        ck_assert_ptr_eq(profile->recovery, &tcp_rack);
    }
    ck_assert_ptr_nonnull(settings_take(&s, "LIBSOCK_CONGESTION", "vegas"));
    ck_assert_str_eq(board_tcp(BOARD_CONGESTION)->congestion->name, "reno");
}
END_TEST

START_TEST(a_host_is_a_name_and_an_address)
{
    static const char *const wrong[] = { "",
                                         "name",
                                         "name=",
                                         "=10.0.0.1",
                                         "name=10.0.0",
                                         "name=10.0.0.1:80",
                                         "name=::1",
                                         "name=0.0.0.0",
                                         "name=224.0.0.1",
                                         "name=10.0.0.1 ",
                                         " name=10.0.0.1",
                                         "na me=10.0.0.1",
                                         "na..me=10.0.0.1",
                                         "name.=10.0.0.1",
                                         ".name=10.0.0.1",
                                         "name=x=10.0.0.1",
                                         "10.0.0.2=10.0.0.1",
                                         "7=10.0.0.1",
                                         "0x7f=10.0.0.1",
                                         "localhost=10.0.0.1",
                                         "some.LocalHost=10.0.0.1",
                                         "some.invalid=10.0.0.1",
                                         NULL };
    struct board_host host;
    char text[512] = "";

    for (size_t i = 0; wrong[i]; i++) {
        ck_assert_msg(!board_host_parse(wrong[i], strlen(wrong[i]), &host), "%s", wrong[i]);
        ck_assert_msg(!board_hosts_valid(wrong[i]), "%s", wrong[i]);
    }
    ck_assert(board_host_parse("3com_X-1.Test=127.0.0.1,", 23, &host));
    ck_assert_str_eq(host.name, "3com_X-1.Test");
    ck_assert_uint_eq(ip4_bits(host.addr), 0x7f000001);
    ck_assert(board_hosts_valid("a=10.0.0.1,b=10.0.0.2"));
    ck_assert(!board_hosts_valid("a=10.0.0.1,"));
    ck_assert(!board_hosts_valid(",a=10.0.0.1"));
    memset(text, 'a', sizeof text - 1);
    memcpy(text + 300, "=10.0.0.1", sizeof "=10.0.0.1");
    ck_assert(!board_hosts_valid(text));
    memcpy(text + 63, ".test=10.0.0.1", sizeof ".test=10.0.0.1");
    ck_assert(board_hosts_valid(text));
}
END_TEST

START_TEST(hosts_come_before_the_table_of_the_system)
{
    struct sk_addr found[3];
    const char *canonical = NULL;
    char name[BOARD_HOST_NAME_SIZE];

    setenv("LIBSOCK_HOSTS", "One.test=10.0.0.1,two.test=10.0.0.2,one.TEST=10.0.0.3", 1);
    ck_assert_uint_eq(ai_hosts("ONE.test", found, 3, &canonical), 2);
    ck_assert_uint_eq(ip4_bits(found[0].addr), 0x0a000001);
    ck_assert_uint_eq(ip4_bits(found[1].addr), 0x0a000003);
    ck_assert_str_eq(canonical, "One.test");
    ck_assert_uint_eq(ai_hosts("one.test", found, 1, &canonical), 1);
    ck_assert_uint_eq(ai_hosts("three.test", found, 3, &canonical), 0);
    ck_assert(ai_hosts_name(ip4(0x0a000002), name, sizeof name));
    ck_assert_str_eq(name, "two.test");
    ck_assert(!ai_hosts_name(ip4(0x0a000004), name, sizeof name));
    unsetenv("LIBSOCK_HOSTS");
    ck_assert_uint_eq(ai_hosts("one.test", found, 3, &canonical), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_time_has_a_unit,
        a_percentage_has_its_sign_or_none,
        a_rate_is_in_bits,
        variables_are_taken_one_by_one,
        each_congestion_control_may_be_the_first_and_the_others_stay,
        a_host_is_a_name_and_an_address,
        hosts_come_before_the_table_of_the_system,
        NULL,
    };

    return suite_run("board_settings", tests);
}
