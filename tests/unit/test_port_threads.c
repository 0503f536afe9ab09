/* SPDX-License-Identifier: BSD-3-Clause */
/* The POSIX port with several threads, of which one sleeps for all. No test measures time. */
#include "tests/support/posix_fixture.h"

START_TEST(when_the_leader_is_back_all_are)
{
    struct sleeper s[3];
    int i;

    start();
    for (i = 0; i < 3; i++) {
        sleeper_start(&s[i], NEVER);
    }
    await_leader();
    usleep(20000);
    for (i = 0; i < 3; i++) {
        ck_assert(!has_returned(&s[i])); /* they do not wake each other */
    }
    make_readable();
    for (i = 0; i < 3; i++) {
        pthread_join(s[i].thread, NULL);
    }
    end();
}
END_TEST

START_TEST(a_follower_has_its_own_deadline)
{
    struct sleeper leader;

    start();
    sleeper_start(&leader, NEVER);
    await_leader();
    idle(port->now(port) + 10000);
    idle(0);
    ck_assert(!has_returned(&leader));
    ck_assert_ptr_null(posix.followers->next); /* the second took the place of the first */
    port->wake(port);
    pthread_join(leader.thread, NULL);
    end();
}
END_TEST

START_TEST(a_new_descriptor_wakes_the_leader)
{
    struct sleeper leader;
    int other[2];

    start();
    ck_assert_int_eq(pipe(other), 0);
    sleeper_start(&leader, NEVER);
    await_leader();
    port->lock(port);
    port->unlock(port);
    usleep(5000);
    ck_assert(!has_returned(&leader)); /* nothing changed */
    port->lock(port);
    quiet.fds[1] = other[0];
    quiet.n_fds = 2;
    port->unlock(port);
    pthread_join(leader.thread, NULL);

    sleeper_start(&leader, NEVER);
    await_leader();
    port->lock(port);
    quiet.fds[0] = other[0];
    port->unlock(port);
    pthread_join(leader.thread, NULL);
    close(other[0]);
    close(other[1]);
    end();
}
END_TEST

START_TEST(an_earlier_deadline_wakes_the_leader)
{
    struct sleeper leader;

    start();
    sleeper_start(&leader, NEVER);
    await_leader();
    port->lock(port);
    quiet.at = port->now(port) + 3600 * (instant)1000000;
    port->unlock(port);
    pthread_join(leader.thread, NULL);
    end();
}
END_TEST

START_TEST(a_follower_tells_the_leader_what_is_new)
{
    struct sleeper leader;
    struct sleeper follower;

    start();
    sleeper_start(&leader, NEVER);
    await_leader();
    pthread_mutex_lock(&posix.mutex); /* not port->lock: its unlock would tell */
    quiet.at = port->now(port) + 3600 * (instant)1000000;
    pthread_mutex_unlock(&posix.mutex);
    sleeper_start(&follower, NEVER);
    pthread_join(leader.thread, NULL);
    port->wake(port); /* in case that the follower came late and leads now */
    pthread_join(follower.thread, NULL);
    end();
}
END_TEST

static uint64_t counter;

static void *count(void *arg)
{
    int i;

    (void)arg;
    for (i = 0; i < N_ROUNDS; i++) {
        port->lock(port);
        counter++;
        if (i % 64 == 0) {
            port->idle(port, iface, 0);
        }
        port->unlock(port);
    }
    return NULL;
}

START_TEST(one_thread_at_a_time)
{
    pthread_t threads[4];
    int i;

    start();
    counter = 0;
    for (i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, count, NULL), 0);
    }
    for (i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    ck_assert_uint_eq(counter, 4 * N_ROUNDS);
    end();
}
END_TEST

static void work(const struct port *p)
{
    (void)p;
}

START_TEST(the_background_hook_is_what_was_set)
{
    start();
    ck_assert(port->background == NULL);
    sk_port_posix_set_background(&posix, work);
    ck_assert(port->background == work);
    sk_port_posix_set_background(&posix, NULL);
    ck_assert(port->background == NULL);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        when_the_leader_is_back_all_are,         a_follower_has_its_own_deadline,
        a_new_descriptor_wakes_the_leader,       an_earlier_deadline_wakes_the_leader,
        a_follower_tells_the_leader_what_is_new, one_thread_at_a_time,
        the_background_hook_is_what_was_set,     NULL,
    };

    return suite_run("port_threads", tests);
}
