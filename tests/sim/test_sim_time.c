/* SPDX-License-Identifier: BSD-3-Clause */
/* libsock-sim: the C library's clocks and sleeps in virtual time. */
#define _GNU_SOURCE
#include "tests/support/sim_product.h"

#include <sys/time.h>
#include <time.h>

#define START 1000000000 /* of CLOCK_REALTIME, seconds */
#define NS_PER_MS 1000000

static void set_up(void)
{
    make_world(NULL);
}

static int64_t us_of(clockid_t clock)
{
    struct timespec t;

    ck_assert_int_eq(clock_gettime(clock, &t), 0);
    return t.tv_sec * SECOND + t.tv_nsec / 1000;
}

static int read_clocks(void *arg)
{
    struct timespec t;
    struct timeval tv;
    struct timezone zone = { 7, 7 };
    time_t seconds;

    (void)arg;
    usleep(1500000);
    ck_assert_int_eq(us_of(CLOCK_REALTIME), START * SECOND + 1500 * MS);
    ck_assert_int_eq(us_of(CLOCK_REALTIME_COARSE), START * SECOND + 1500 * MS);
    ck_assert_int_eq(gettimeofday(&tv, &zone), 0);
    ck_assert_int_eq(tv.tv_sec, START + 1);
    ck_assert_int_eq(tv.tv_usec, 500000);
    ck_assert_int_eq(zone.tz_minuteswest, 0);
    ck_assert_int_eq(time(NULL), START + 1);
    ck_assert_int_eq(time(&seconds), seconds);
    ck_assert_int_eq(timespec_get(&t, TIME_UTC), TIME_UTC);
    ck_assert_int_eq(t.tv_sec, START + 1);
    ck_assert_int_eq(t.tv_nsec, 500 * NS_PER_MS);
    ck_assert_int_eq(clock_gettime((clockid_t)1000, &t), -1);
    return 0;
}

START_TEST(every_clock_tells_the_virtual_time)
{
    sk_sim_call(client, "clocks", read_clocks, NULL);
    assert_runs(MINUTE);
    ck_assert_int_eq(sk_sim_time(sim), 1500 * MS);
    end_world();
}
END_TEST

static int sleep_in_all_ways(void *arg)
{
    struct timespec t = { 1, 500 * NS_PER_MS + 1 };
    struct timespec wrong = { 0, 1000 * NS_PER_MS };
    int64_t before = us_of(CLOCK_MONOTONIC);

    (void)arg;
    ck_assert_uint_eq(sleep(3), 0);
    ck_assert_int_eq(us_of(CLOCK_MONOTONIC), before + 3 * SECOND);
    ck_assert_int_eq(usleep(7), 0);
    ck_assert_int_eq(us_of(CLOCK_MONOTONIC), before + 3 * SECOND + 7);
    ck_assert_int_eq(nanosleep(&t, NULL), 0);
    ck_assert_int_eq(us_of(CLOCK_MONOTONIC), before + 4500 * MS + 8);
    t.tv_sec = (before + 10 * SECOND) / SECOND;
    t.tv_nsec = 0;
    ck_assert_int_eq(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL), 0);
    ck_assert_int_eq(us_of(CLOCK_MONOTONIC), t.tv_sec * SECOND);
    ck_assert_int_eq(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL), 0); /* passed */
    t.tv_sec = START + 20;
    ck_assert_int_eq(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL), 0);
    ck_assert_int_eq(us_of(CLOCK_REALTIME), (START + 20) * SECOND);
    t.tv_sec = 1;
    ck_assert_int_eq(clock_nanosleep(CLOCK_REALTIME, 0, &t, NULL), 0);
    ck_assert_int_eq(us_of(CLOCK_REALTIME), (START + 21) * SECOND);
    ck_assert_int_eq(nanosleep(&wrong, NULL), -1);
    ck_assert_int_eq(errno, EINVAL);
    ck_assert_int_eq(clock_nanosleep(CLOCK_REALTIME, 0, &wrong, NULL), EINVAL);
    ck_assert_int_eq(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &wrong, NULL), EINVAL);
    return 0;
}

START_TEST(every_sleep_takes_virtual_time)
{
    sk_sim_call(client, "sleeps", sleep_in_all_ways, NULL);
    assert_runs(MINUTE);
    ck_assert_int_eq(sk_sim_time(sim), 21 * SECOND);
    end_world();
}
END_TEST

static int wait_for_nothing(void *arg)
{
    struct timeval tv = { 2, 0 };
    struct timeval timeout = { 3, 0 };
    char octet;
    int fd = udp_on(PORT);

    (void)arg;
    ck_assert_int_eq(poll(NULL, 0, 1000), 0);
    ck_assert_int_eq(select(0, NULL, NULL, NULL, &tv), 0);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout), 0);
    ck_assert_int_eq(recv(fd, &octet, 1, 0), -1);
    ck_assert_int_eq(errno, EAGAIN);
    return 0;
}

START_TEST(timeouts_of_calls_take_virtual_time)
{
    sk_sim_call(client, "waits", wait_for_nothing, NULL);
    assert_runs(MINUTE);
    ck_assert_int_eq(sk_sim_time(sim), 6 * SECOND);
    end_world();
}
END_TEST

static int sleep_a_year(void *arg)
{
    (void)arg;
    return (int)sleep(365 * 86400);
}

START_TEST(a_year_takes_no_time)
{
    time_t before = time(NULL);

    sk_sim_call(client, "year", sleep_a_year, NULL);
    assert_runs(366 * 86400 * SECOND);
    ck_assert_int_lt(time(NULL), before + 86400);
    ck_assert_int_gt(before, START + 86400LL * 365); /* outside of a run it is the real one */
    end_world();
}
END_TEST

static int64_t seen[4];

static void look(void *arg)
{
    int *n = arg;

    ck_assert_int_eq(time(NULL), START + sk_sim_time(sim) / SECOND);
    seen[(*n)++] = sk_sim_time(sim);
}

START_TEST(what_is_scheduled_happens_when_it_is_due)
{
    int n = 0;

    ck_assert(sk_sim_at(sim, 2 * SECOND, look, &n));
    ck_assert(sk_sim_at(sim, 1 * SECOND, look, &n));
    ck_assert(sk_sim_at(sim, 2 * SECOND, look, &n));
    ck_assert(sk_sim_at(sim, 5 * SECOND, look, &n));
    ck_assert_int_eq(sk_sim_run_for(sim, 3 * SECOND), SK_SIM_DONE);
    ck_assert_int_eq(sk_sim_time(sim), 3 * SECOND);
    ck_assert_int_eq(n, 3);
    ck_assert_int_eq(seen[0], 1 * SECOND);
    ck_assert_int_eq(seen[1], 2 * SECOND);
    ck_assert_int_eq(seen[2], 2 * SECOND);
    end_world();
}
END_TEST

static char order[8];

static void note(void *letter)
{
    order[strlen(order)] = *(const char *)letter;
}

START_TEST(what_is_scheduled_for_one_moment_keeps_its_order)
{
    static char letters[] = "abc";

    memset(order, 0, sizeof order);
    for (int i = 0; i < 3; i++) {
        ck_assert(sk_sim_at(sim, SECOND, note, &letters[i]));
    }
    ck_assert_int_eq(sk_sim_run_for(sim, 3 * SECOND), SK_SIM_DONE);
    ck_assert_str_eq(order, "abc");
    end_world();
}
END_TEST

static void sleepy_event(void *arg)
{
    (void)arg;
    ck_assert_uint_eq(sleep(1), 1);
    ck_assert_int_eq(usleep(1), -1);
}

START_TEST(an_event_may_not_sleep)
{
    sk_sim_at(sim, SECOND, sleepy_event, NULL);
    ck_assert_int_eq(sk_sim_run_for(sim, 3 * SECOND), SK_SIM_INVALID);
    assert_reported("sleep: an event may not wait");
    end_world();
}
END_TEST

static int sleep_long(void *arg)
{
    (void)arg;
    sleep(100);
    return 0;
}

START_TEST(a_run_ends_when_its_time_is_over)
{
    struct sk_sim_program *p = sk_sim_call(client, "long", sleep_long, NULL);

    ck_assert_int_eq(sk_sim_run_all(sim, 30 * SECOND), SK_SIM_TIME_OVER);
    ck_assert_int_eq(sk_sim_time(sim), 30 * SECOND);
    ck_assert_int_eq(sk_sim_status(p), SK_SIM_RUNNING);
    assert_reported("time over at 30.000000 s; SEED=1 repeats it");
    assert_reported("client: long sleeps until 100.000000 s");
    ck_assert_int_eq(sk_sim_run_for(sim, 30 * SECOND), SK_SIM_DONE);
    ck_assert_int_eq(sk_sim_time(sim), 60 * SECOND);
    ck_assert_int_eq(sk_sim_run_all(sim, INT64_MAX), SK_SIM_DONE); /* it goes on where it was */
    ck_assert_int_eq(sk_sim_time(sim), 100 * SECOND);
    end_world();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        every_clock_tells_the_virtual_time,
        every_sleep_takes_virtual_time,
        timeouts_of_calls_take_virtual_time,
        a_year_takes_no_time,
        what_is_scheduled_happens_when_it_is_due,
        an_event_may_not_sleep,
        a_run_ends_when_its_time_is_over,
        what_is_scheduled_for_one_moment_keeps_its_order,
        NULL,
    };

    return suite_run_with("sim_time", tests, set_up);
}
