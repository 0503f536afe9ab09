/* SPDX-License-Identifier: BSD-3-Clause */
/* libsock-sim: what ends a run before its programs do, and what is told of it. */
#define _GNU_SOURCE
#include "libsock.h"
#include "tests/support/sim_product.h"

#include <sys/wait.h>
#include <time.h>

static void set_up(void)
{
    make_world(NULL);
}

/* ---- Deadlocks ---- */

static int accept_one(void *arg)
{
    int listener = listen_on(PORT);
    int fd = accept(listener, NULL, NULL);
    char octet;

    (void)arg;
    recv(fd, &octet, 1, 0);
    return 0;
}

static int dial_and_listen(void *arg)
{
    int fd = dial("10.0.0.2", PORT);
    char octet;

    (void)arg;
    recv(fd, &octet, 1, 0);
    return 0;
}

START_TEST(a_deadlock_is_told_with_what_each_waits_for)
{
    sk_sim_call(server, "one", accept_one, NULL);
    sk_sim_call(client, "two", dial_and_listen, NULL);
    ck_assert_int_eq(sk_sim_run_all(sim, 10 * MINUTE), SK_SIM_DEADLOCK);
    assert_reported("deadlock at ");
    assert_reported("; SEED=1 repeats it");
    assert_reported("server: one waits, for ever, in recv, on descriptor");
    assert_reported("(10.0.0.2:7000 to 10.0.0.1:");
    assert_reported("client: two waits, for ever, in recv, on descriptor");
    assert_reported(" to 10.0.0.2:7000)");
    end_world();
}
END_TEST

static int wait_to_accept(void *arg)
{
    return accept(listen_on(PORT), arg, NULL);
}

static int wait_in_poll(void *arg)
{
    struct pollfd fds[12];

    (void)arg;
    for (int i = 0; i < 12; i++) {
        fds[i] = (struct pollfd){ .fd = udp_on(PORT + i), .events = POLLIN };
    }
    return poll(fds, 12, -1);
}

static int wait_for_room(void *arg)
{
    static char octets[1000000];
    int fd = dial("10.0.0.2", PORT + 1);

    (void)arg;
    return send(fd, octets, sizeof octets, 0) > 0;
}

static int take_nothing(void *arg)
{
    int listener = listen_on(PORT + 1);

    (void)arg;
    accept(listener, NULL, NULL);
    pause();
    return 0;
}

START_TEST(each_kind_of_wait_has_its_name)
{
    sk_sim_call(server, "a", wait_to_accept, NULL);
    sk_sim_call(client, "p", wait_in_poll, NULL);
    sk_sim_call(server, "t", take_nothing, NULL);
    sk_sim_call(client, "s", wait_for_room, NULL);
    ck_assert_int_eq(sk_sim_run_all(sim, 10 * SECOND), SK_SIM_TIME_OVER); /* window probes */
    assert_reported("server: a waits, for ever, in accept, on descriptor");
    assert_reported("(0.0.0.0:7000)");
    assert_reported("client: p waits, for ever, in poll or select, on descriptor");
    assert_reported("(0.0.0.0:7007) and 4 more\n");
    assert_reported("server: t waits for a signal, for ever,\n");
    assert_reported("client: s waits, for ever, in send, on descriptor");
    end_world();
}
END_TEST

static int connect_slowly(void *arg)
{
    (void)arg;
    return dial("10.0.0.2", PORT);
}

static int receive_for_a_while(void *arg)
{
    int fd = udp_on(PORT);
    char octet;

    (void)arg;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ 50, 0 }, sizeof(struct timeval));
    return (int)recv(fd, &octet, 1, 0);
}

START_TEST(a_wait_that_ends_is_told_with_its_end)
{
    sk_sim_call(client, "c", connect_slowly, NULL);
    sk_sim_call(client, "r", receive_for_a_while, NULL);
    sk_sim_cut(link_between);
    ck_assert_int_eq(sk_sim_run_all(sim, 1 * SECOND), SK_SIM_TIME_OVER);
    assert_reported("client: c waits, until 30.000000 s, in connect, on descriptor");
    assert_reported("client: r waits, until 50.000000 s, in recv, on descriptor");
    end_world();
}
END_TEST

static void ask_a_silent_server(struct sk_config *config, void *arg)
{
    (void)arg;
    config->dns[0].addr = ip4(0x0a000002);
}

static int ask_for_a_name(void *arg)
{
    struct addrinfo *list;

    (void)arg;
    return getaddrinfo("www.example", "80", NULL, &list);
}

START_TEST(a_name_server_is_waited_for)
{
    sk_sim_call(server, "n", wait_to_accept, NULL); /* nobody answers at port 53 */
    sk_sim_configure(client, ask_a_silent_server, NULL);
    sk_sim_call(client, "g", ask_for_a_name, NULL);
    sk_sim_cut(link_between);
    ck_assert_int_eq(sk_sim_run_all(sim, SECOND), SK_SIM_TIME_OVER);
    assert_reported("client: g waits, for ever, in getaddrinfo\n");
    end_world();
}
END_TEST

START_TEST(a_daemon_is_no_deadlock)
{
    sk_sim_daemon(sk_sim_call(server, "a", wait_to_accept, NULL));
    ck_assert_int_eq(sk_sim_run_all(sim, MINUTE), SK_SIM_DONE);
    assert_reported("server: a, a daemon, waits, for ever, in accept");
    end_world();
}
END_TEST

/* What is scheduled may end it. */
static void nudge(void *program)
{
    sk_sim_signal(program, SIGTERM);
}

START_TEST(a_wait_is_no_deadlock_while_something_is_scheduled)
{
    struct sk_sim_program *p = sk_sim_call(server, "a", wait_to_accept, NULL);

    sk_sim_at(sim, 5 * SECOND, nudge, p);
    ck_assert_int_eq(sk_sim_run_all(sim, MINUTE), SK_SIM_DONE);
    ck_assert_int_eq(sk_sim_status(p), 128 + SIGTERM);
    end_world();
}
END_TEST

/* ---- Livelocks ---- */

static int ask_for_ever(void *arg)
{
    int fd = udp_on(PORT);
    char octet;

    (void)arg;
    while (recv(fd, &octet, 1, MSG_DONTWAIT) < 0) {
    }
    return 0;
}

static int look_at_the_clock(void *arg)
{
    time_t end = time(NULL) + 10;

    (void)arg;
    while (time(NULL) < end) {
    }
    return 0;
}

static int nap_for_ever(void *arg)
{
    (void)arg;
    while (usleep(0) == 0) {
    }
    return 1;
}

static void check_livelock(sk_sim_function *function, const char *said)
{
    sk_sim_call(client, "busy", function, NULL);
    ck_assert_int_eq(sk_sim_run_all(sim, MINUTE), SK_SIM_LIVELOCK);
    assert_reported("livelock at 0.000000 s; SEED=1 repeats it");
    assert_reported(said);
    ck_assert_int_eq(sk_sim_run_for(sim, SECOND), SK_SIM_LIVELOCK); /* for good */
    end_world();
}

START_TEST(a_program_that_asks_for_ever_is_told)
{
    check_livelock(ask_for_ever, "client: busy has made 1000000 calls and never waits");
}
END_TEST

START_TEST(a_program_that_looks_at_the_clock_for_ever_is_told)
{
    check_livelock(look_at_the_clock, "client: busy has made 1000000 calls and never waits");
}
END_TEST

START_TEST(a_program_that_waits_for_no_time_is_told)
{
    check_livelock(nap_for_ever, "client: busy sleeps until 0.000000 s");
}
END_TEST

static volatile int forever = 1;

static int compute_for_ever(void *arg)
{
    (void)arg;
    while (forever) {
    }
    return 0;
}

/* It cannot be stopped, but told. */
START_TEST(a_program_that_computes_for_ever_is_named)
{
    char said[256] = "";
    ssize_t n;
    int ends[2];
    int status;

    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        sk_sim_call(client, "loop", compute_for_ever, NULL);
        sk_sim_run_all(sim, MINUTE);
        _exit(0);
    }
    close(ends[1]);
    n = read(ends[0], said, sizeof said - 1);
    ck_assert_int_gt(n, 0);
    ck_assert_ptr_nonnull(strstr(said, "sim: client: loop has computed for 3 s"));
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    end_world();
}
END_TEST

/* ---- Check ---- */

static int fail_here(void *arg)
{
    (void)arg;
    usleep(1500000);
    ck_assert_int_eq(1 + 1, 3);
    return 0;
}

START_TEST(failing_in_a_program)
{
    make_world(NULL);
    sk_sim_capture(link_between, NULL, "/dev/null");
    sk_sim_call(client, "failing", fail_here, NULL);
    sk_sim_run_all(sim, MINUTE);
}
END_TEST

static int fail_later(void *arg)
{
    (void)arg;
    sleep(2);
    return 4;
}

START_TEST(failing_with_a_status)
{
    make_world(NULL);
    sk_sim_call(client, "failing", fail_later, NULL);
    sk_sim_ck_run(sim, MINUTE);
}
END_TEST

START_TEST(failing_outside)
{
    make_world(NULL);
    sk_sim_run_for(sim, 3 * SECOND);
    ck_assert(sk_sim_time(sim) == 0);
}
END_TEST

START_TEST(failing_without_a_simulation)
{
    ck_abort_msg("as %s as ever", "plain");
}
END_TEST

/* The message of the test that failed. */
static void expect_failure_with(const TTest *test, const char *const *said, enum fork_status forks)
{
    Suite *suite = suite_create("inner");
    TCase *tcase = tcase_create("inner");
    SRunner *runner = srunner_create(suite);
    TestResult **failures;

    tcase_add_test(tcase, test);
    suite_add_tcase(suite, tcase);
    srunner_set_fork_status(runner, forks);
    srunner_run_all(runner, CK_SILENT);
    ck_assert_int_eq(srunner_ntests_failed(runner), 1);
    failures = srunner_failures(runner);
    ck_assert(strstr(tr_msg(failures[0]), "SEED=") == NULL ||
              strstr(strstr(tr_msg(failures[0]), "SEED=") + 1, "SEED=") == NULL); /* once */
    for (; *said; said++) {
        ck_assert_msg(strstr(tr_msg(failures[0]), *said) != NULL, "not said: %s\n%s", *said,
                      tr_msg(failures[0]));
    }
    free(failures);
    srunner_free(runner);
}

static void expect_failure(const TTest *test, const char *const *said)
{
    expect_failure_with(test, said, CK_FORK);
}

/* Without a process for each test, the next one is here. */
START_TEST(a_failed_assertion_in_a_program_leaves_the_simulator_whole)
{
    static const char *const in_program[] = { " [client: failing, 1.500000 s, SEED=1, /dev/null]",
                                              NULL };
    time_t before = time(NULL);

    end_world();
    expect_failure_with(failing_in_a_program, in_program, CK_NOFORK);
    ck_assert_int_ge(time(NULL), before); /* the real one */
    ck_assert_int_lt(socket(AF_INET, SOCK_DGRAM, 0), 0);
    ck_assert_int_eq(errno, ENETDOWN);
    end_world();
    make_world(NULL);
    sk_sim_daemon(sk_sim_call(server, "echo", echo_server, NULL));
    sk_sim_call(client, "ping", ping, NULL);
    assert_runs(MINUTE);
    end_world();
}
END_TEST

START_TEST(a_failed_assertion_tells_how_to_repeat_it)
{
    static const char *const in_program[] = { "1 + 1 == 2, 3 == 3",
                                              " [client: failing, 1.500000 s, SEED=1, /dev/null]",
                                              NULL };
    static const char *const status[] = { "done at 2.000000 s; SEED=1 repeats it\n",
                                          "client: failing returned 4\n", NULL };
    static const char *const outside[] = { "sk_sim_time(sim) == 0", " [3.000000 s, SEED=1]", NULL };
    static const char *const plain[] = { "as plain as ever", NULL };

    end_world();
    expect_failure(failing_in_a_program, in_program);
    expect_failure(failing_with_a_status, status);
    expect_failure(failing_outside, outside);
    expect_failure(failing_without_a_simulation, plain);
}
END_TEST

START_TEST(results_have_names)
{
    ck_assert_str_eq(sk_sim_result_name(SK_SIM_DONE), "done");
    ck_assert_str_eq(sk_sim_result_name(SK_SIM_INVALID), "invalid");
    ck_assert_str_eq(sk_sim_result_name((enum sk_sim_result)5), "no result");
    assert_reported("not run yet at 0.000000 s; SEED=1 repeats it");
    end_world();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_deadlock_is_told_with_what_each_waits_for,
        each_kind_of_wait_has_its_name,
        a_wait_that_ends_is_told_with_its_end,
        a_name_server_is_waited_for,
        a_daemon_is_no_deadlock,
        a_wait_is_no_deadlock_while_something_is_scheduled,
        a_program_that_asks_for_ever_is_told,
        a_program_that_looks_at_the_clock_for_ever_is_told,
        a_program_that_waits_for_no_time_is_told,
        a_program_that_computes_for_ever_is_named,
        a_failed_assertion_tells_how_to_repeat_it,
        a_failed_assertion_in_a_program_leaves_the_simulator_whole,
        results_have_names,
        NULL,
    };

    return suite_run_with("sim_report", tests, set_up);
}
