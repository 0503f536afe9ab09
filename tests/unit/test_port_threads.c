/* SPDX-License-Identifier: BSD-3-Clause */
/* The POSIX port with several threads, of which one sleeps for all. No test measures time. */
#include "tests/support/posix_fixture.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>

START_TEST(the_lead_passes_among_those_that_wait_for_everything)
{
    struct sleeper s[3];
    int i;

    start();
    for (i = 0; i < 3; i++) {
        sleeper_start(&s[i], NEVER);
    }
    await_leader();
    await_followers(2);
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

static sk_fd make_socket(void)
{
    struct sk_addr peer = { ip4(0x0a090902), 9 };
    sk_fd fd;

    port->lock(port);
    ck_assert_int_eq(sk_socket(iface, SK_DGRAM, &fd), SK_OK);
    ck_assert_int_eq(sk_set_peer(iface, fd, peer), SK_OK);
    port->unlock(port);
    return fd;
}

/* Somebody who waits in a receive would have to be told. */
static void change(sk_fd fd)
{
    port->lock(port);
    ck_assert_int_eq(sk_shutdown(iface, fd, SK_SHUT_RD, port->now(port)), SK_OK);
    port->unlock(port);
}

static void stop_all(struct sleeper *s, const sk_fd *fds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sleeper_stop(&s[i]);
    }
    for (size_t i = 0; i < n; i++) {
        change(fds[i]);
    }
    make_readable();
    for (size_t i = 0; i < n; i++) {
        pthread_join(s[i].thread, NULL);
    }
}

START_TEST(a_change_wakes_who_waits_for_that_socket_alone)
{
    struct sleeper leader;
    struct sleeper s[3];
    sk_fd fds[3];

    start();
    sleeper_start_once_for(&leader, make_socket());
    await_leader();
    for (int i = 0; i < 3; i++) {
        fds[i] = make_socket();
        sleeper_start_for(&s[i], fds[i]);
    }
    await_followers(3);
    for (int n = 2; n < 100; n++) {
        change(fds[1]);
        while (sleeper_count(&s[1]) != n) {
        }
        await_followers(3);
    }
    ck_assert_int_eq(sleeper_count(&s[0]), 1);
    ck_assert_int_eq(sleeper_count(&s[2]), 1);
    ck_assert(!has_returned(&leader));

    sleeper_stop(&s[2]);
    port->lock(port);
    ck_assert_int_eq(sk_close(iface, fds[2], port->now(port)), SK_OK);
    port->unlock(port);
    pthread_join(s[2].thread, NULL); /* it hears of the end of its socket, too */
    ck_assert_int_eq(sleeper_count(&s[0]), 1);
    stop_all(s, fds, 2);
    pthread_join(leader.thread, NULL);
    end();
}
END_TEST

static void hand_over_once(void)
{
    struct sleeper leader;
    struct sleeper s[3];
    sk_fd fds[3];
    int n_sleeps = 0;

    start();
    sleeper_start_once_for(&leader, make_socket());
    await_leader();
    for (int i = 0; i < 3; i++) {
        fds[i] = make_socket();
        sleeper_start_for(&s[i], fds[i]);
    }
    await_followers(3);
    port->wake(port);
    pthread_join(leader.thread, NULL);
    await_followers(2);
    await_leader();
    for (int i = 0; i < 3; i++) {
        n_sleeps += sleeper_count(&s[i]);
    }
    ck_assert_int_eq(n_sleeps, 3 + 1);
    stop_all(s, fds, 3);
    end();
}

START_TEST(a_leader_that_goes_is_followed_by_one)
{
    for (int i = 0; i < 50; i++) {
        hand_over_once();
    }
}
END_TEST

START_TEST(a_poll_in_which_anything_happened_wakes_who_waits_for_everything)
{
    struct sleeper leader;
    struct sleeper follower;
    sk_fd fd;

    start();
    fd = make_socket();
    sleeper_start_for(&leader, fd);
    await_leader();
    sleeper_start(&follower, NEVER);
    await_followers(1);
    port->lock(port);
    ck_assert(!sk_iface_poll(iface, port->now(port)));
    port->unlock(port);
    usleep(5000);
    ck_assert(!has_returned(&follower));
    port->lock(port);
    quiet.has_packet = true; /* as an answer to a query: no socket changes */
    ck_assert(sk_iface_poll(iface, port->now(port)));
    port->unlock(port);
    pthread_join(follower.thread, NULL);
    stop_all(&leader, &fd, 1);
    end();
}
END_TEST

/* Three threads of which each takes the lead when the one before it goes: nobody is forgotten. */
START_TEST(the_lead_passes_until_nobody_is_left)
{
    struct sleeper s[3];
    sk_fd fd;

    start();
    fd = make_socket();
    for (int i = 0; i < 3; i++) {
        s[i] = (struct sleeper){ .wait.until = NEVER, .until = NEVER, .fd = fd };
        sleeper_run(&s[i]);
    }
    await_leader();
    await_followers(2);
    make_readable();
    for (int i = 0; i < 3; i++) {
        pthread_join(s[i].thread, NULL);
    }
    end();
}
END_TEST

START_TEST(what_the_host_has_to_do_is_the_leaders)
{
    struct sleeper leader;
    struct sleeper follower = { .wait.until = NEVER, .until = 0, .persists = true };

    start();
    follower.fd = make_socket();
    sleeper_start_once_for(&leader, make_socket());
    await_leader();
    sleeper_run(&follower);
    await_followers(1);
    change(follower.fd);
    while (sleeper_count(&follower) != 2) {
    }
    await_followers(1);
    ck_assert_int_eq(sleeper_count(&follower), 2);
    stop_all(&follower, &follower.fd, 1);
    pthread_join(leader.thread, NULL);
    end();
}
END_TEST

/* The thread that works is neither: what it does is the leader's news, too. */
START_TEST(a_change_wakes_the_leader_that_waits_for_that_socket)
{
    struct sleeper leader;
    sk_fd fds[2];

    start();
    fds[0] = make_socket();
    fds[1] = make_socket();
    sleeper_start_for(&leader, fds[0]);
    await_leader();
    change(fds[1]);
    usleep(5000);
    ck_assert_int_eq(sleeper_count(&leader), 1);
    change(fds[0]);
    while (sleeper_count(&leader) != 2) {
    }
    stop_all(&leader, fds, 1);
    end();
}
END_TEST

static void *follow_blindly(void *returned)
{
    idle(NEVER);
    *(bool *)returned = true;
    return NULL;
}

START_TEST(a_follower_that_does_not_say_what_it_waits_for_hears_of_everything)
{
    struct sleeper leader;
    pthread_t follower;
    bool returned = false;
    sk_fd fd;

    start();
    fd = make_socket();
    sleeper_start_once_for(&leader, make_socket());
    await_leader();
    ck_assert_int_eq(pthread_create(&follower, NULL, follow_blindly, &returned), 0);
    await_followers(1);
    change(fd);
    pthread_join(follower, NULL);
    ck_assert(returned);
    ck_assert(!has_returned(&leader));
    port->wake(port);
    pthread_join(leader.thread, NULL);
    end();
}
END_TEST

/* It is told as its time runs out, or before, or after: whether it was must not be miscounted, or
 * the lead would not pass. */
START_TEST(a_follower_may_be_told_as_its_time_runs_out)
{
    struct sleeper leader;
    struct sleeper s;

    start();
    sk_fd fd = make_socket();
    sleeper_start_once_for(&leader, make_socket());
    await_leader();
    for (int i = 0; i < 500; i++) {
        instant until = port->now(port) + i % 50;
        s = (struct sleeper){ .wait.until = until, .until = until, .fd = fd };
        sleeper_run(&s);
        while (sleeper_count(&s) == 0) {
        }
        change(fd);
        pthread_join(s.thread, NULL);
        ck_assert_uint_eq(posix.n_told, 0);
    }
    port->wake(port);
    pthread_join(leader.thread, NULL);
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

START_TEST(a_new_event_of_a_descriptor_wakes_the_leader)
{
    struct sleeper leader;

    start();
    quiet.fds[0] = pipe_[1];
    sleeper_start(&leader, NEVER);
    await_leader();
    port->lock(port);
    quiet.events = POLLOUT;
    port->unlock(port);
    pthread_join(leader.thread, NULL);
    end();
}
END_TEST

/* It cannot be told, and looks itself. */
START_TEST(a_follower_for_which_no_descriptor_is_left_does_not_sleep_for_long)
{
    struct rlimit limit;
    struct rlimit none;
    struct sleeper leader;

    start();
    sk_fd fd = make_socket();
    sleeper_start_once_for(&leader, fd);
    await_leader();
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 0;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    idle(NEVER);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_ptr_null(posix.followers);
    ck_assert(!has_returned(&leader));
    change(fd);
    pthread_join(leader.thread, NULL);
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

START_TEST(a_port_that_is_gone_hears_nothing)
{
    start();
    sk_fd fd = make_socket();
    idle(port->now(port) + 1000);
    sk_port_posix_destroy(&posix);
    memset(&posix, 0xa5, sizeof(posix));
    ck_assert_int_eq(sk_close(iface, fd, 0), SK_OK);
    ck_assert_int_eq(sk_port_posix_init(&posix), SK_OK);
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
            port->idle(port, iface, 0, NULL);
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

/* It waits for the link itself, though others slept when it said so; and nobody else is let in. */
static int ends_program(void)
{
    struct sleeper leads;
    struct sleeper follows;
    struct sleeper comes;

    start();
    sleeper_start(&leads, NEVER);
    await_leader();
    sleeper_start(&follows, NEVER);
    await_followers(1);
    port->halt_others(port);
    sleeper_start(&comes, NEVER);
    make_readable();
    idle(NEVER);
    idle(port->now(port));
    for (int i = 0; i < N_ROUNDS; i++) {
        sched_yield();
        if (has_returned(&leads) || has_returned(&follows) || sleeper_count(&comes) > 0) {
            return 1;
        }
    }
    return 0;
}

static int programs[2]; /* a pipe */

/* More than fit before room is made for them. */
static size_t programs_fds(const struct port_wait *wait, struct pollfd *fds, size_t n)
{
    (void)wait;
    for (size_t i = 0; i < MAX_FDS && i < n; i++) {
        fds[i] = (struct pollfd){ .fd = programs[0], .events = POLLIN };
    }
    return MAX_FDS;
}

/* A leader and a follower both sleep on a descriptor of the program's. */
START_TEST(a_descriptor_of_the_programs_wakes_who_waits_for_it)
{
    struct sleeper s[2];

    start();
    ck_assert_int_eq(pipe(programs), 0);
    for (int i = 0; i < 2; i++) {
        s[i] = (struct sleeper){ .wait = { .until = NEVER, .wait_fds = programs_fds },
                                 .until = NEVER,
                                 .fd = make_socket() };
        sleeper_run(&s[i]);
    }
    await_leader();
    await_followers(1);
    ck_assert_int_eq(write(programs[1], "x", 1), 1);
    pthread_join(s[0].thread, NULL);
    pthread_join(s[1].thread, NULL);
    close(programs[0]);
    close(programs[1]);
    end();
}
END_TEST

START_TEST(who_ends_the_program_is_alone)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        alarm(20);
        _exit(ends_program());
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

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
        the_lead_passes_among_those_that_wait_for_everything,
        a_change_wakes_who_waits_for_that_socket_alone,
        a_leader_that_goes_is_followed_by_one,
        a_poll_in_which_anything_happened_wakes_who_waits_for_everything,
        the_lead_passes_until_nobody_is_left,
        what_the_host_has_to_do_is_the_leaders,
        a_change_wakes_the_leader_that_waits_for_that_socket,
        a_follower_that_does_not_say_what_it_waits_for_hears_of_everything,
        a_follower_may_be_told_as_its_time_runs_out,
        a_follower_has_its_own_deadline,
        a_new_descriptor_wakes_the_leader,
        a_new_event_of_a_descriptor_wakes_the_leader,
        a_follower_for_which_no_descriptor_is_left_does_not_sleep_for_long,
        an_earlier_deadline_wakes_the_leader,
        a_follower_tells_the_leader_what_is_new,
        a_port_that_is_gone_hears_nothing,
        a_descriptor_of_the_programs_wakes_who_waits_for_it,
        one_thread_at_a_time,
        who_ends_the_program_is_alone,
        the_background_hook_is_what_was_set,
        NULL,
    };

    return suite_run("port_threads", tests);
}
