/* SPDX-License-Identifier: BSD-3-Clause */
/* libsock-sim: hosts that crash and boot, and their stacks. */
#include "libsock.h"
#include "tests/support/sim_product.h"

#include <sys/time.h>

static void set_up(void)
{
    make_world(NULL);
}

/* ---- Crashes ---- */

static int count_starts(void *arg)
{
    (*(int *)arg)++;
    sleep(1);
    return 0;
}

START_TEST(each_program_starts_anew_at_a_boot)
{
    int n_starts = 0;
    struct sk_sim_program *p = sk_sim_call(server, "starts", count_starts, &n_starts);

    assert_runs(MINUTE);
    ck_assert_int_eq(n_starts, 1);
    ck_assert(sk_sim_crash(server));
    ck_assert_int_eq(sk_sim_status(p), 0); /* it had returned */
    ck_assert(sk_sim_boot(server));
    ck_assert_int_eq(sk_sim_status(p), SK_SIM_RUNNING);
    ck_assert_int_eq(sk_sim_run_for(sim, 500 * MS), SK_SIM_DONE);
    ck_assert(sk_sim_crash(server));
    ck_assert_int_eq(sk_sim_status(p), SK_SIM_CRASHED);
    assert_reported("server is off: it crashed");
    assert_reported("server: starts crashed with its host");
    ck_assert(sk_sim_boot(server));
    assert_runs(MINUTE);
    ck_assert_int_eq(n_starts, 3);
    end_world();
}
END_TEST

static int hold_a_connection(void *arg)
{
    int fd = dial("10.0.0.2", PORT);
    int seconds = 10;
    char octet;

    (void)arg;
    ck_assert_int_ge(fd, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ seconds, 0 },
               sizeof(struct timeval));
    ck_assert_int_eq(recv(fd, &octet, 1, 0), -1);
    ck_assert_int_eq(errno, EAGAIN); /* not a word */
    return 0;
}

START_TEST(a_crash_says_nothing_to_its_peers)
{
    uint64_t sent = 0;

    sk_sim_daemon(sk_sim_call(server, "echo", echo_server, NULL));
    sk_sim_call(client, "hold", hold_a_connection, NULL);
    ck_assert_int_eq(sk_sim_run_for(sim, SECOND), SK_SIM_DONE);
    sent = sk_sim_frames(link_between, server);
    ck_assert(sk_sim_crash(server));
    assert_runs(MINUTE);
    ck_assert_uint_eq(sk_sim_frames(link_between, server), sent);
    end_world();
}
END_TEST

static int write_after_boot(void *arg)
{
    int fd = dial("10.0.0.2", PORT);
    char octet = 'x';

    (void)arg;
    ck_assert_int_ge(fd, 0);
    sleep(10);
    ck_assert_int_eq(send(fd, &octet, 1, 0), 1);
    ck_assert_int_eq(recv(fd, &octet, 1, 0), -1);
    ck_assert_int_eq(errno, ECONNRESET); /* whoever answers knows nothing of it */
    close(fd);
    return ping(NULL);
}

START_TEST(a_host_that_booted_knows_nothing)
{
    sk_sim_daemon(sk_sim_call(server, "echo", echo_server, NULL));
    sk_sim_call(client, "write", write_after_boot, NULL);
    ck_assert(sk_sim_crash_at(server, 3 * SECOND));
    ck_assert(sk_sim_boot_at(server, 4 * SECOND));
    assert_runs(MINUTE);
    end_world();
}
END_TEST

static int sleep_ten(void *arg)
{
    (void)arg;
    sleep(10);
    return 0;
}

static int n_heard;

static int hear(void *arg)
{
    int fd = udp_on(PORT);
    char octet;

    (void)arg;
    n_heard = 0;
    while (recv(fd, &octet, 1, 0) == 1) {
        n_heard++;
    }
    return 1;
}

static int say_at_times(void *arg)
{
    static const useconds_t pauses[] = { 5000000, 0, 150000, 2000000 }; /* 0, 5, 5, 5.15 s */
    struct sockaddr_in there = at("10.0.0.2", PORT);
    int fd = udp_on(0);

    (void)arg;
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(sendto(fd, "x", 1, 0, generic(&there), sizeof there), 1);
        usleep(pauses[i]);
    }
    return 0;
}

START_TEST(what_travels_to_a_host_that_crashes_is_lost)
{
    struct sk_sim_wire far_away = { .delay = 500 * MS };

    sk_sim_set_wire(link_between, NULL, &far_away);
    sk_sim_daemon(sk_sim_call(server, "hear", hear, NULL));
    sk_sim_call(client, "say", say_at_times, NULL);
    ck_assert_int_eq(sk_sim_run_for(sim, 4 * SECOND), SK_SIM_DONE);
    ck_assert_int_eq(n_heard, 1);
    sk_sim_crash_at(server, 5100 * MS);
    sk_sim_boot_at(server, 5200 * MS);
    assert_runs(MINUTE);
    ck_assert_int_eq(n_heard, 0); /* neither what travelled nor what was sent then */
    end_world();
}
END_TEST

static int taken_port;
static int taken_fd;

static int take_a_port(void *arg)
{
    struct sockaddr_in here;
    socklen_t len = sizeof here;

    (void)arg;
    taken_fd = udp_on(0);
    ck_assert_int_eq(getsockname(taken_fd, (struct sockaddr *)&here, &len), 0);
    taken_port = ntohs(here.sin_port);
    sleep(5);
    return 0;
}

START_TEST(a_boot_is_a_new_start_of_everything)
{
    int port;
    int fd;

    sk_sim_call(client, "take", take_a_port, NULL);
    sk_sim_run_for(sim, SECOND);
    port = taken_port;
    fd = taken_fd;
    sk_sim_crash(client);
    sk_sim_boot(client);
    sk_sim_run_for(sim, SECOND);
    ck_assert_int_ne(taken_port, port); /* another secret */
    ck_assert_int_eq(taken_fd, fd);     /* and the number is free again */
    end_world();
    sim = sk_sim_new(2);
    sk_sim_call(sk_sim_host(sim, "client", "10.0.0.1"), "take", take_a_port, NULL);
    sk_sim_run_for(sim, SECOND);
    ck_assert_int_ne(taken_port, port); /* which depends on the seed */
    end_world();
}
END_TEST

static int tick(void *arg)
{
    struct itimerval every = { .it_interval = { 1, 0 }, .it_value = { 1, 0 } };

    (void)arg;
    signal(SIGALRM, SIG_IGN);
    setitimer(ITIMER_REAL, &every, NULL);
    pause();
    return 1;
}

START_TEST(what_boots_too_late_is_told)
{
    struct sk_sim_program *p = sk_sim_call(server, "ten", sleep_ten, NULL);

    sk_sim_daemon(sk_sim_call(client, "tick", tick, NULL)); /* whose alarms boot nobody */
    sk_sim_crash_at(server, 2 * SECOND);
    sk_sim_boot_at(server, 100 * SECOND);
    ck_assert_int_eq(sk_sim_run_all(sim, MINUTE), SK_SIM_TIME_OVER);
    ck_assert_int_eq(sk_sim_time(sim), MINUTE);
    ck_assert_int_eq(sk_sim_status(p), SK_SIM_CRASHED);
    assert_runs(MINUTE);
    ck_assert_int_eq(sk_sim_time(sim), 110 * SECOND);
    ck_assert(sk_sim_crash(server));
    ck_assert(sk_sim_boot(server));
    sk_sim_crash_at(server, 111 * SECOND);
    sk_sim_run_for(sim, 2 * SECOND);
    ck_assert_int_eq(sk_sim_run_all(sim, MINUTE), SK_SIM_DONE); /* it never will */
    ck_assert_int_eq(sk_sim_status(p), SK_SIM_CRASHED);
    end_world();
}
END_TEST

START_TEST(a_crashed_program_is_awaited_while_it_may_boot)
{
    struct sk_sim_program *p = sk_sim_call(server, "ten", sleep_ten, NULL);

    sk_sim_crash_at(server, 5 * SECOND);
    sk_sim_boot_at(server, 8 * SECOND);
    assert_runs(MINUTE);
    ck_assert_int_eq(sk_sim_time(sim), 18 * SECOND);
    ck_assert_int_eq(sk_sim_status(p), 0);
    sk_sim_crash_at(server, 20 * SECOND);
    ck_assert_int_eq(sk_sim_run_for(sim, 10 * SECOND), SK_SIM_DONE);
    ck_assert_int_eq(sk_sim_run_all(sim, MINUTE), SK_SIM_DONE); /* and not for good */
    ck_assert_int_eq(sk_sim_time(sim), 28 * SECOND);
    end_world();
}
END_TEST

static int crash_myself(void *arg)
{
    (void)arg;
    sleep(1);
    sk_sim_crash(server);
    ck_abort_msg("it went on");
    return 0;
}

static int crash_and_boot_another(void *arg)
{
    (void)arg;
    sleep(3);
    ck_assert(sk_sim_boot(server));
    usleep(500000);
    ck_assert(sk_sim_crash(server));
    return 0;
}

START_TEST(programs_may_turn_hosts_off_and_on)
{
    struct sk_sim_program *p = sk_sim_call(server, "own", crash_myself, NULL);

    sk_sim_call(client, "another", crash_and_boot_another, NULL);
    ck_assert_int_eq(sk_sim_run_for(sim, 2 * SECOND), SK_SIM_DONE);
    ck_assert_int_eq(sk_sim_status(p), SK_SIM_CRASHED);
    ck_assert_int_eq(sk_sim_run_for(sim, 1250 * MS), SK_SIM_DONE);
    ck_assert_int_eq(sk_sim_status(p), SK_SIM_RUNNING);
    ck_assert_int_eq(sk_sim_run_for(sim, 10 * SECOND), SK_SIM_DONE);
    ck_assert_int_eq(sk_sim_status(p), SK_SIM_CRASHED);
    end_world();
}
END_TEST

/* The memory of what was under way is nobody's any more. */
START_TEST(a_host_may_crash_in_the_middle_of_a_transfer)
{
    for (int i = 0; i < 20; i++) {
        end_world();
        make_world(&(struct sk_sim_wire){ .delay = 10 * MS, .rate = 10000000 });
        sk_sim_daemon(sk_sim_call(server, "echo", echo_server, NULL));
        sk_sim_daemon(sk_sim_call(client, "ping", ping, NULL));
        sk_sim_crash_at(i % 2 ? server : client, i * 3 * MS);
        sk_sim_boot_at(i % 2 ? server : client, 2 * SECOND);
        ck_assert_int_eq(sk_sim_run_for(sim, 5 * SECOND), SK_SIM_DONE);
    }
    end_world();
}
END_TEST

START_TEST(a_host_may_be_off_from_the_start)
{
    int n_starts = 0;

    sk_sim_call(server, "starts", count_starts, &n_starts);
    ck_assert(sk_sim_crash(server));
    ck_assert(sk_sim_boot_at(server, 3 * SECOND));
    ck_assert_int_eq(sk_sim_run_for(sim, SECOND), SK_SIM_DONE);
    ck_assert_int_eq(n_starts, 0);
    assert_reported("server: starts has not begun");
    ck_assert_int_eq(sk_sim_run_for(sim, 10 * SECOND), SK_SIM_DONE);
    ck_assert_int_eq(n_starts, 1);
    end_world();
}
END_TEST

/* ---- Stacks ---- */

static void make_small(struct sk_config *config, void *arg)
{
    (*(int *)arg)++;
    config->n_udp = 2;
}

static int use_up(void *arg)
{
    (void)arg;
    ck_assert_int_ge(socket(AF_INET, SOCK_DGRAM, 0), 0);
    ck_assert_int_ge(socket(AF_INET, SOCK_DGRAM, 0), 0);
    for (int i = 0; i < 20; i++) {
        if (socket(AF_INET, SOCK_DGRAM, 0) < 0) {
            ck_assert_int_eq(errno, ENFILE);
            return 0;
        }
    }
    return 1;
}

START_TEST(a_stack_is_configured_at_each_boot)
{
    int n_calls = 0;

    ck_assert(sk_sim_configure(server, make_small, &n_calls));
    sk_sim_call(server, "use", use_up, NULL);
    assert_runs(MINUTE);
    ck_assert_int_eq(n_calls, 1);
    sk_sim_crash(server);
    sk_sim_boot(server);
    ck_assert_int_eq(n_calls, 2);
    end_world();
}
END_TEST

static void make_impossible(struct sk_config *config, void *arg)
{
    (void)arg;
    config->n_packets = 1;
}

START_TEST(a_stack_that_cannot_be_is_told)
{
    ck_assert(sk_sim_configure(server, make_impossible, NULL));
    ck_assert_int_eq(sk_sim_run_for(sim, SECOND), SK_SIM_INVALID);
    assert_reported("sk_sim_configure: server cannot have such a stack");
    end_world();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        each_program_starts_anew_at_a_boot,
        a_crash_says_nothing_to_its_peers,
        a_host_that_booted_knows_nothing,
        a_crashed_program_is_awaited_while_it_may_boot,
        programs_may_turn_hosts_off_and_on,
        a_host_may_crash_in_the_middle_of_a_transfer,
        a_host_may_be_off_from_the_start,
        a_stack_is_configured_at_each_boot,
        a_stack_that_cannot_be_is_told,
        what_travels_to_a_host_that_crashes_is_lost,
        a_boot_is_a_new_start_of_everything,
        what_boots_too_late_is_told,
        NULL,
    };

    return suite_run_with("sim_hosts", tests, set_up);
}
