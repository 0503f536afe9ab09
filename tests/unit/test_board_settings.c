/* SPDX-License-Identifier: BSD-3-Clause */
/* What the LIBSOCK_ variables may say, word by word; tests/e2e/test_environment.sh holds what comes
 * of a wrong one. */
#include <stdio.h>
#include <string.h>

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

int main(void)
{
    const TTest *const tests[] = {
        a_time_has_a_unit,
        a_percentage_has_its_sign_or_none,
        a_rate_is_in_bits,
        variables_are_taken_one_by_one,
        each_congestion_control_may_be_the_first_and_the_others_stay,
        NULL,
    };

    return suite_run("board_settings", tests);
}
