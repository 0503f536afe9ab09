/* SPDX-License-Identifier: BSD-3-Clause */
/* libsock-sim: signals and alarms, which each program has for itself. */
#define _GNU_SOURCE
#include "tests/support/sim_product.h"

#include <setjmp.h>
#include <sys/time.h>
#include <time.h>

static volatile sig_atomic_t n_caught;
static volatile sig_atomic_t caught;

static void set_up(void)
{
    n_caught = 0;
    caught = 0;
    make_world(NULL);
}

static void take(int number)
{
    n_caught++;
    caught = number;
}

static void install(int number, int flags)
{
    struct sigaction action = { .sa_flags = flags };

    action.sa_handler = take;
    ck_assert_int_eq(sigaction(number, &action, NULL), 0);
}

static int64_t now(void)
{
    struct timespec t;

    ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &t), 0);
    return t.tv_sec * SECOND + t.tv_nsec / 1000;
}

/* ---- Alarms ---- */

static int be_interrupted(void *arg)
{
    int64_t before = now();
    int fd = udp_on(PORT);
    char octet;

    (void)arg;
    install(SIGALRM, 0);
    ck_assert_uint_eq(alarm(10), 0);
    ck_assert_uint_eq(alarm(2), 10);
    ck_assert_int_eq(recv(fd, &octet, 1, 0), -1);
    ck_assert_int_eq(errno, EINTR);
    ck_assert_int_eq(now(), before + 2 * SECOND);
    ck_assert_int_eq(n_caught, 1);

    alarm(1);
    ck_assert_uint_eq(sleep(5), 4);
    ck_assert_int_eq(n_caught, 2);

    alarm(1);
    ck_assert_int_eq(usleep(3000000), -1);
    ck_assert_int_eq(errno, EINTR);
    n_caught--;

    struct timespec t = { 3, 0 };
    alarm(1);
    ck_assert_int_eq(nanosleep(&t, &t), -1);
    ck_assert_int_eq(errno, EINTR);
    ck_assert_int_eq(t.tv_sec, 2);

    alarm(1);
    ck_assert_int_eq(poll(NULL, 0, -1), -1);
    ck_assert_int_eq(errno, EINTR);
    ck_assert_int_eq(n_caught, 4);

    alarm(1);
    ck_assert_uint_eq(alarm(0), 1); /* and none is left */
    ck_assert_uint_eq(sleep(5), 0);
    ck_assert_int_eq(n_caught, 4);
    return 0;
}

START_TEST(an_alarm_interrupts_what_waits)
{
    sk_sim_call(client, "alarm", be_interrupted, NULL);
    assert_runs(MINUTE);
    end_world();
}
END_TEST

static int restart(void *arg)
{
    int fd = udp_on(PORT);
    char octet;

    (void)arg;
    signal(SIGALRM, take); /* as glibc has it: SA_RESTART */
    alarm(1);
    ck_assert_int_eq(recv(fd, &octet, 1, 0), 1);
    ck_assert_int_eq(n_caught, 1);
    return 0;
}

static int send_later(void *arg)
{
    struct sockaddr_in there = at("10.0.0.1", PORT);
    int fd = udp_on(0);

    (void)arg;
    sleep(3);
    ck_assert_int_eq(sendto(fd, "x", 1, 0, generic(&there), sizeof there), 1);
    return 0;
}

START_TEST(a_call_goes_on_after_a_handler_that_restarts_it)
{
    sk_sim_call(client, "restart", restart, NULL);
    sk_sim_call(server, "later", send_later, NULL);
    assert_runs(MINUTE);
    end_world();
}
END_TEST

static sigjmp_buf back;

static void jump(int number)
{
    (void)number;
    siglongjmp(back, 1);
}

/* The timeout of old programs. */
static int time_out(void *arg)
{
    int fd = udp_on(PORT);
    volatile int n = 0;
    char octet;

    (void)arg;
    signal(SIGALRM, jump);
    while (n < 3) {
        if (sigsetjmp(back, 1) == 0) {
            alarm(1);
            recv(fd, &octet, 1, 0);
            ck_abort_msg("nothing was sent");
        }
        n++;
    }
    ck_assert_int_eq(close(fd), 0); /* and the stack still works */
    return 0;
}

START_TEST(a_handler_may_leave_by_a_jump)
{
    sk_sim_call(client, "jump", time_out, NULL);
    assert_runs(MINUTE);
    ck_assert_int_eq(sk_sim_time(sim), 3 * SECOND);
    end_world();
}
END_TEST

static int alarm_after(void *arg)
{
    unsigned seconds = *(unsigned *)arg;
    int64_t before = now();

    install(SIGALRM, 0);
    alarm(seconds);
    ck_assert_int_eq(pause(), -1);
    ck_assert_int_eq(errno, EINTR);
    ck_assert_int_eq(now(), before + seconds * SECOND);
    return 0;
}

START_TEST(each_program_has_its_alarm)
{
    unsigned one = 1;
    unsigned two = 2;

    sk_sim_call(client, "one", alarm_after, &one);
    sk_sim_call(client, "two", alarm_after, &two);
    sk_sim_call(server, "two", alarm_after, &two);
    assert_runs(MINUTE);
    ck_assert_int_eq(n_caught, 3);
    end_world();
}
END_TEST

static int set_alarm_and_wait(void *arg)
{
    (void)arg;
    alarm(1);
    sleep(10);
    return 0;
}

START_TEST(an_alarm_without_a_handler_ends_the_program)
{
    struct sk_sim_program *p = sk_sim_call(client, "alarm", set_alarm_and_wait, NULL);

    ck_assert_int_eq(sk_sim_run_all(sim, MINUTE), SK_SIM_DONE);
    ck_assert_int_eq(sk_sim_status(p), 128 + SIGALRM);
    ck_assert_int_eq(sk_sim_time(sim), SECOND);
    end_world();
}
END_TEST

static int be_interrupted_often(void *arg)
{
    struct itimerval timer = { .it_interval = { 0, 500000 }, .it_value = { 2, 0 } };
    struct itimerval wrong = { .it_value = { 0, 1000000 } };
    struct itimerval none = { .it_value = { 0, 0 } };
    struct itimerval before;

    (void)arg;
    install(SIGALRM, 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &timer, &before), 0);
    ck_assert_int_eq(before.it_value.tv_sec, 0);
    usleep(1500000);
    ck_assert_int_eq(getitimer(ITIMER_REAL, &before), 0);
    ck_assert_int_eq(before.it_value.tv_usec, 500000);
    ck_assert_int_eq(before.it_interval.tv_usec, 500000);
    for (int i = 0; i < 4; i++) {
        pause();
    }
    ck_assert_int_eq(now(), SECOND + 2 * SECOND + 3 * 500 * MS); /* the clock begins at 1 s */
    ck_assert_int_eq(setitimer(ITIMER_REAL, &wrong, NULL), -1);
    ck_assert_int_eq(errno, EINVAL);
    ck_assert_uint_eq(alarm(3), 1); /* there is one timer, and the half second is rounded up */
    pause();
    ck_assert_int_eq(setitimer(ITIMER_REAL, &none, &before), 0);
    ck_assert_int_eq(before.it_interval.tv_usec, 0);
    ck_assert_uint_eq(sleep(5), 0);
    ck_assert_int_eq(n_caught, 5);
    return 0;
}

START_TEST(a_timer_rings_again_and_again)
{
    sk_sim_call(client, "timer", be_interrupted_often, NULL);
    assert_runs(MINUTE);
    end_world();
}
END_TEST

static int return_with_alarm(void *arg)
{
    (void)arg;
    alarm(1);
    return 0;
}

START_TEST(an_alarm_ends_with_its_program)
{
    sk_sim_call(client, "alarm", return_with_alarm, NULL);
    assert_runs(MINUTE);
    ck_assert_int_eq(sk_sim_run_for(sim, 5 * SECOND), SK_SIM_DONE);
    end_world();
}
END_TEST

/* ---- Signals from outside ---- */

static int serve_until_told(void *arg)
{
    int listener = listen_on(PORT);

    (void)arg;
    install(SIGTERM, 0);
    while (caught == 0) {
        int fd = accept(listener, NULL, NULL);

        ck_assert(fd >= 0 || errno == EINTR);
        if (fd >= 0) {
            close(fd);
        }
    }
    return 7;
}

START_TEST(a_server_ends_when_it_is_told)
{
    struct sk_sim_program *p = sk_sim_call(server, "server", serve_until_told, NULL);

    ck_assert(sk_sim_signal_at(p, SIGTERM, 5 * SECOND));
    ck_assert_int_eq(sk_sim_run_all(sim, MINUTE), SK_SIM_DONE);
    ck_assert_int_eq(sk_sim_status(p), 7);
    ck_assert_int_eq(sk_sim_time(sim), 5 * SECOND);
    ck_assert(!sk_sim_signal(p, SIGTERM)); /* it has ended */
    end_world();
}
END_TEST

static int ignore_and_sleep(void *arg)
{
    (void)arg;
    signal(SIGHUP, SIG_IGN);
    ck_assert_uint_eq(sleep(4), 0);
    return 0;
}

START_TEST(an_ignored_signal_disturbs_nobody)
{
    struct sk_sim_program *p = sk_sim_call(server, "server", ignore_and_sleep, NULL);

    sk_sim_signal_at(p, SIGHUP, SECOND);
    sk_sim_signal_at(p, SIGCHLD, 2 * SECOND); /* by default */
    assert_runs(MINUTE);
    end_world();
}
END_TEST

static int block_and_sleep(void *arg)
{
    sigset_t set;
    sigset_t before;

    (void)arg;
    install(SIGUSR1, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, &before), 0);
    ck_assert_int_eq(sigismember(&before, SIGUSR1), 0);
    ck_assert_uint_eq(sleep(4), 0);
    ck_assert_int_eq(n_caught, 0);
    install(SIGUSR2, 0);
    raise(SIGUSR2);
    ck_assert_int_eq(caught, SIGUSR2);
    ck_assert_int_eq(n_caught, 1); /* and no other with it */
    n_caught = 0;
    ck_assert_int_eq(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
    ck_assert_int_eq(n_caught, 1);
    ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, NULL), 0);
    ck_assert_int_eq(sigsuspend(&before), -1);
    ck_assert_int_eq(errno, EINTR);
    ck_assert_int_eq(n_caught, 2);
    ck_assert_int_eq(sigprocmask(SIG_SETMASK, NULL, &before), 0);
    ck_assert_int_eq(sigismember(&before, SIGUSR1), 1); /* as before the wait */
    ck_assert_int_eq(sigprocmask(SIG_SETMASK, &before, NULL), 0);
    ck_assert_int_eq(sigprocmask(77, &set, NULL), -1);
    ck_assert_int_eq(errno, EINVAL);
    return 0;
}

START_TEST(a_blocked_signal_waits)
{
    struct sk_sim_program *p = sk_sim_call(server, "server", block_and_sleep, NULL);

    sk_sim_signal_at(p, SIGUSR1, SECOND);
    sk_sim_signal_at(p, SIGUSR1, 9 * SECOND);
    assert_runs(MINUTE);
    ck_assert_int_eq(sk_sim_time(sim), 9 * SECOND);
    end_world();
}
END_TEST

static void with_info(int number, siginfo_t *info, void *context)
{
    (void)context;
    ck_assert_int_eq(info->si_signo, number);
    n_caught++;
}

static int raise_some(void *arg)
{
    struct sigaction action = { .sa_flags = SA_SIGINFO };
    struct sigaction before;

    (void)arg;
    action.sa_sigaction = with_info;
    ck_assert_int_eq(sigaction(SIGUSR2, &action, NULL), 0);
    ck_assert_int_eq(raise(SIGUSR2), 0);
    ck_assert_int_eq(kill(getpid(), SIGUSR2), 0);
    ck_assert_int_eq(n_caught, 2);
    install(SIGUSR1, (int)SA_RESETHAND);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    ck_assert_int_eq(n_caught, 3);
    ck_assert_int_eq(sigaction(SIGUSR1, NULL, &before), 0);
    ck_assert(before.sa_handler == SIG_DFL);
    ck_assert(signal(SIGUSR1, SIG_IGN) == SIG_DFL);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    raise(SIGINT); /* which nobody handles */
    return 0;
}

START_TEST(a_program_raises_its_own_signals)
{
    struct sk_sim_program *p = sk_sim_call(client, "raise", raise_some, NULL);

    ck_assert_int_eq(sk_sim_run_all(sim, MINUTE), SK_SIM_DONE);
    ck_assert_int_eq(sk_sim_status(p), 128 + SIGINT);
    end_world();
}
END_TEST

START_TEST(a_signal_before_the_start_is_the_first_that_it_hears)
{
    struct sk_sim_program *p = sk_sim_call(client, "late", set_alarm_and_wait, NULL);

    ck_assert(sk_sim_signal(p, SIGTERM));
    ck_assert_int_eq(sk_sim_run_all(sim, MINUTE), SK_SIM_DONE);
    ck_assert_int_eq(sk_sim_status(p), 128 + SIGTERM);
    ck_assert_int_eq(sk_sim_time(sim), 0);
    end_world();
}
END_TEST

static int handle_here(void *arg)
{
    (void)arg;
    install(SIGALRM, 0);
    sleep(10);
    return 0;
}

/* The handlers of the process are another matter. */
START_TEST(handlers_are_the_programs_alone)
{
    struct sigaction before;
    struct sk_sim_program *p = sk_sim_call(server, "none", set_alarm_and_wait, NULL);

    sk_sim_call(client, "handler", handle_here, NULL);
    ck_assert_int_eq(sk_sim_run_all(sim, MINUTE), SK_SIM_DONE);
    ck_assert_int_eq(sk_sim_status(p), 128 + SIGALRM);
    ck_assert_int_eq(sigaction(SIGALRM, NULL, &before), 0);
    ck_assert(before.sa_handler != take);
    end_world();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_alarm_interrupts_what_waits,
        a_call_goes_on_after_a_handler_that_restarts_it,
        a_handler_may_leave_by_a_jump,
        each_program_has_its_alarm,
        an_alarm_without_a_handler_ends_the_program,
        a_timer_rings_again_and_again,
        an_alarm_ends_with_its_program,
        a_server_ends_when_it_is_told,
        an_ignored_signal_disturbs_nobody,
        a_blocked_signal_waits,
        a_program_raises_its_own_signals,
        a_signal_before_the_start_is_the_first_that_it_hears,
        handlers_are_the_programs_alone,
        NULL,
    };

    return suite_run_with("sim_signals", tests, set_up);
}
