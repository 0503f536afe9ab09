/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Calls that wait while a signal handler runs: EINTR, what was transferred by then, or, for
 * handlers with SA_RESTART, nothing. Signals are repeated until the call has returned, so that
 * nothing depends on time.
 */
#define _GNU_SOURCE /* ppoll */
#include "tests/support/loopback_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/select.h>
#include <sys/time.h>

#define LONG_WAIT                                                                                  \
    50000                /* ms: a call that is not interrupted makes the test fail by its timeout  \
                          */
#define EVERY 20000      /* us: between two signals */
#define N_OCTETS 100000u /* more than all buffers hold */

static atomic_int n_signals;

static void count_signal(int number)
{
    (void)number;
    n_signals++;
}

static void handle(int number, int flags)
{
    struct sigaction action = { .sa_handler = count_signal, .sa_flags = flags };

    ck_assert_int_eq(sigaction(number, &action, NULL), 0);
}

static void ring_every(int us)
{
    struct itimerval t = { .it_interval.tv_usec = us, .it_value.tv_usec = us };

    ck_assert_int_eq(setitimer(ITIMER_REAL, &t, NULL), 0);
}

/* A host, and SIGALRM again and again; its handler is the only one there is. */
static void begin_ringing(int flags)
{
    begin();
    n_signals = 0;
    signal(SIGINT, SIG_DFL); /* Check's */
    signal(SIGTERM, SIG_DFL);
    handle(SIGALRM, flags);
    ring_every(EVERY);
}

static bool is_held(int number)
{
    sigset_t held;

    pthread_sigmask(SIG_BLOCK, NULL, &held);
    return sigismember(&held, number);
}

static void end_ringing(void)
{
    ring_every(0);
    ck_assert(!is_held(SIGALRM)); /* the mask is as it was */
    signal(SIGALRM, SIG_DFL);
    end();
}

static int polls(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return poll(&p, 1, LONG_WAIT);
}

static int selects(int fd)
{
    fd_set in;
    struct timeval t = { .tv_sec = LONG_WAIT / 1000 };

    FD_ZERO(&in);
    FD_SET(fd, &in);
    return select(fd + 1, &in, NULL, NULL, &t);
}

static int polls_with(int fd, const struct timespec *timeout, const sigset_t *mask)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return ppoll(&p, 1, timeout, mask);
}

static int selects_with(int fd, const struct timespec *timeout, const sigset_t *mask)
{
    fd_set in;

    FD_ZERO(&in);
    FD_SET(fd, &in);
    return pselect(fd + 1, &in, NULL, NULL, timeout, mask);
}

static ssize_t receives(int fd)
{
    char octet;

    return recv(fd, &octet, 1, 0);
}

static void set_timeout(int fd, int option)
{
    struct timeval t = { .tv_sec = LONG_WAIT / 1000 };

    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, option, &t, sizeof t), 0);
}

static const char octets[N_OCTETS];

static int size_of(int fd, int option)
{
    int size;
    socklen_t len = sizeof size;

    ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, option, &size, &len), 0);
    return size;
}

/* Until both buffers are full to the last octet, which some take a while to reach. */
static void fill(int fd)
{
    ssize_t room = size_of(fd, SO_SNDBUF) + size_of(fd, SO_RCVBUF); /* the peer's is as large */

    while (room > 0) {
        ssize_t n = send(fd, octets, (size_t)room, MSG_DONTWAIT);
        if (n > 0) {
            room -= n;
        } else {
            ck_assert_int_eq(errno, EAGAIN);
            (void)poll(NULL, 0, 1);
        }
    }
    ck_assert_int_eq((int)send(fd, octets, 1, MSG_DONTWAIT), -1);
}

START_TEST(hostile_API_16_a_signal_ends_each_call_that_waits)
{
    struct sockaddr_in nowhere = { .sin_family = AF_INET,
                                   .sin_port = htons(80),
                                   .sin_addr.s_addr = htonl(0x0a000201) };
    int client;
    int server;

    begin_ringing(0);
    connect_self(&client, &server);
    int dgram = bound(SOCK_DGRAM);
    int listener = listening();
    int caller = socket(AF_INET, SOCK_STREAM, 0);
    fails_with(polls(server), EINTR);
    fails_with(selects(server), EINTR);
    fails_with(polls_with(server, NULL, NULL), EINTR);
    fails_with(selects_with(server, NULL, NULL), EINTR);
    fails_with(poll(NULL, 0, LONG_WAIT), EINTR);
    fails_with(receives(server), EINTR);
    fails_with(receives(dgram), EINTR);
    fails_with(accept(listener, NULL, NULL), EINTR);
    fails_with(connect(caller, (struct sockaddr *)&nowhere, sizeof nowhere), EINTR);
    fill(client);
    fails_with(send(client, octets, 1, 0), EINTR);
    end_ringing();
}
END_TEST

START_TEST(what_was_transferred_by_then_is_told)
{
    char in[10];
    int client;
    int server;

    begin_ringing(0);
    connect_self(&client, &server);
    ck_assert_int_eq(send(client, "abc", 3, 0), 3);
    ck_assert_int_eq(recv(server, in, sizeof in, MSG_WAITALL), 3);
    ssize_t part = send(client, octets, sizeof octets, 0);
    ck_assert_int_gt(part, 0);
    ck_assert_int_lt(part, (int)sizeof octets);
    end_ringing();
}
END_TEST

/* Sends an octet when three signals have come. */
static void *sends_later(void *arg)
{
    while (n_signals < 3) {
        usleep(1000);
    }
    return send(*(int *)arg, "x", 1, 0) == 1 ? NULL : arg;
}

static void start_without_signals(pthread_t *thread, void *(*run)(void *), void *arg)
{
    sigset_t alarm;

    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarm, NULL);
    ck_assert_int_eq(pthread_create(thread, NULL, run, arg), 0);
    pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
}

START_TEST(a_handler_with_sa_restart_lets_a_call_go_on)
{
    pthread_t sender;
    void *failed;
    int client;
    int server;

    begin_ringing(SA_RESTART);
    connect_self(&client, &server);
    start_without_signals(&sender, sends_later, &client);
    ck_assert_int_eq(receives(server), 1);
    ck_assert_int_ge(n_signals, 3);
    pthread_join(sender, &failed);
    ck_assert_ptr_null(failed);
    end_ringing();
}
END_TEST

/* What cannot have run does not disagree with what did. */
START_TEST(handlers_of_signals_that_are_held_or_ignored_do_not_count)
{
    struct sigaction ignored = { .sa_handler = SIG_IGN };
    pthread_t sender;
    sigset_t held;
    void *failed;
    int client;
    int server;

    begin_ringing(SA_RESTART);
    handle(SIGUSR1, 0);
    sigaction(SIGUSR2, &ignored, NULL);
    sigemptyset(&held);
    sigaddset(&held, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &held, NULL);
    connect_self(&client, &server);
    start_without_signals(&sender, sends_later, &client);
    ck_assert_int_eq(receives(server), 1);
    pthread_join(sender, &failed);
    ck_assert_ptr_null(failed);
    pthread_sigmask(SIG_UNBLOCK, &held, NULL);
    signal(SIGUSR1, SIG_DFL);
    signal(SIGUSR2, SIG_DFL);
    end_ringing();
}
END_TEST

START_TEST(sa_restart_does_not_count_where_there_is_a_timeout)
{
    int client;
    int server;

    begin_ringing(SA_RESTART);
    connect_self(&client, &server);
    fails_with(polls(server), EINTR);
    fails_with(selects(server), EINTR);
    set_timeout(server, SO_RCVTIMEO);
    fails_with(receives(server), EINTR);
    set_timeout(client, SO_SNDTIMEO);
    fill(client);
    fails_with(send(client, octets, 1, 0), EINTR);
    end_ringing();
}
END_TEST

START_TEST(where_handlers_disagree_the_call_ends)
{
    int client;
    int server;

    begin_ringing(SA_RESTART);
    handle(SIGUSR2, 0);
    connect_self(&client, &server);
    fails_with(receives(server), EINTR);
    signal(SIGUSR2, SIG_DFL);
    end_ringing();
}
END_TEST

START_TEST(a_handler_that_removed_itself_ends_the_call)
{
    int client;
    int server;

    begin_ringing((int)SA_RESETHAND);
    ring_every(0);
    connect_self(&client, &server);
    struct itimerval once = { .it_value.tv_usec = 200000 };
    setitimer(ITIMER_REAL, &once, NULL);
    fails_with(receives(server), EINTR);
    end_ringing();
}
END_TEST

/* ---- Threads ---- */

struct waiter {
    pthread_t thread;
    int fd;
    int error; /* of its recv, 0 for none */
    atomic_bool returned;
};

static void *waits(void *arg)
{
    struct waiter *w = arg;

    w->error = receives(w->fd) < 0 ? errno : 0;
    w->returned = true;
    return NULL;
}

static void start(struct waiter *w, int fd)
{
    w->fd = fd;
    w->returned = false;
    ck_assert_int_eq(pthread_create(&w->thread, NULL, waits, w), 0);
}

static void await_sleep(size_t n)
{
    size_t sleeping = 0;

    while (sleeping < n) {
        usleep(1000);
        pthread_mutex_lock(&port.mutex);
        sleeping = port.leading;
        for (const struct port_posix_follower *f = port.followers; f != NULL; f = f->next) {
            sleeping += f->taken;
        }
        pthread_mutex_unlock(&port.mutex);
    }
}

/* Two threads wait, one asleep before the other; which of them is interrupted. */
static void interrupt_one_of_two(int which)
{
    struct waiter w[2];
    int fds[2][2];

    begin();
    handle(SIGUSR1, 0);
    for (int i = 0; i < 2; i++) {
        connect_self(&fds[i][0], &fds[i][1]);
    }
    for (size_t i = 0; i < 2; i++) {
        start(&w[i], fds[i][1]);
        await_sleep(i + 1);
    }
    while (!w[which].returned) {
        pthread_kill(w[which].thread, SIGUSR1);
        usleep(1000);
    }
    pthread_join(w[which].thread, NULL);
    ck_assert_int_eq(w[which].error, EINTR);
    ck_assert(!w[1 - which].returned);
    ck_assert_int_eq(send(fds[1 - which][0], "x", 1, 0), 1);
    pthread_join(w[1 - which].thread, NULL);
    ck_assert_int_eq(w[1 - which].error, 0);
    signal(SIGUSR1, SIG_DFL);
    end();
}

START_TEST(the_thread_that_waits_for_all_is_interrupted_alone)
{
    interrupt_one_of_two(0);
}
END_TEST

START_TEST(a_thread_that_waits_for_it_is_interrupted_alone)
{
    interrupt_one_of_two(1);
}
END_TEST

/* ---- Masks ---- */

typedef int masked_wait(int fd, const struct timespec *timeout, const sigset_t *mask);

static sigset_t only(int number)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, number);
    return set;
}

/* A host, and one signal that waits to be let in. */
static void begin_holding(sigset_t *before)
{
    sigset_t held = only(SIGUSR1);

    begin();
    n_signals = 0;
    handle(SIGUSR1, SA_RESTART);
    ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, &held, before), 0);
    raise(SIGUSR1);
}

static void end_holding(const sigset_t *before)
{
    ck_assert(is_held(SIGUSR1)); /* the mask is as it was */
    pthread_sigmask(SIG_SETMASK, before, NULL);
    signal(SIGUSR1, SIG_DFL);
    end();
}

static void check_lets_in(masked_wait *waits_with)
{
    static const struct timespec at_once = { 0, 0 };
    sigset_t before;

    begin_holding(&before);
    int fd = bound(SOCK_DGRAM);
    fails_with(waits_with(fd, NULL, &before), EINTR);
    ck_assert_int_eq(n_signals, 1);
    raise(SIGUSR1);
    fails_with(waits_with(fd, &at_once, &before), EINTR);
    ck_assert_int_eq(n_signals, 2);
    ck_assert_int_eq(waits_with(fd, &at_once, &before), 0);
    raise(SIGUSR1);
    ck_assert_int_eq(waits_with(fd, &at_once, NULL), 0);
    ck_assert_int_eq(n_signals, 2);
    ck_assert_int_eq(close(fd), 0);
    end_holding(&before);
    ck_assert_int_eq(n_signals, 3);
}

START_TEST(ppoll_lets_in_what_its_mask_does)
{
    check_lets_in(polls_with);
}
END_TEST

START_TEST(pselect_lets_in_what_its_mask_does)
{
    check_lets_in(selects_with);
}
END_TEST

START_TEST(what_is_ready_wins_over_a_signal)
{
    struct sockaddr_in to = loopback();
    sigset_t before;

    begin_holding(&before);
    int fd = bound(SOCK_DGRAM);
    ck_assert_int_eq(sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof to), 1);
    ck_assert_int_eq(polls(fd), 1);
    ck_assert_int_eq(polls_with(fd, NULL, &before), 1);
    ck_assert_int_eq(selects_with(fd, NULL, &before), 1);
    ck_assert_int_eq(n_signals, 0);
    ck_assert_int_eq(close(fd), 0);
    end_holding(&before);
}
END_TEST

START_TEST(what_the_mask_holds_does_not_interrupt)
{
    static const struct timespec a_while = { .tv_nsec = 3 * EVERY * 1000L };
    sigset_t held = only(SIGALRM);

    begin_ringing(0);
    int fd = bound(SOCK_DGRAM);
    ck_assert_int_eq(polls_with(fd, &a_while, &held), 0);
    ck_assert_int_eq(selects_with(fd, &a_while, &held), 0);
    fails_with(polls(fd), EINTR);
    ck_assert_int_eq(close(fd), 0);
    end_ringing();
}
END_TEST

/* The mask is that of one call, and of a thread that others wait beside. */
START_TEST(a_mask_is_forgotten_after_its_call)
{
    static const struct timespec shortly = { .tv_nsec = 1000000 };
    sigset_t held = only(SIGALRM);

    begin_ringing(0);
    int fd = bound(SOCK_DGRAM);
    (void)polls_with(fd, &shortly, &held);
    fails_with(receives(fd), EINTR);
    ck_assert_int_eq(close(fd), 0);
    end_ringing();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        hostile_API_16_a_signal_ends_each_call_that_waits,
        what_was_transferred_by_then_is_told,
        a_handler_with_sa_restart_lets_a_call_go_on,
        handlers_of_signals_that_are_held_or_ignored_do_not_count,
        sa_restart_does_not_count_where_there_is_a_timeout,
        where_handlers_disagree_the_call_ends,
        a_handler_that_removed_itself_ends_the_call,
        the_thread_that_waits_for_all_is_interrupted_alone,
        a_thread_that_waits_for_it_is_interrupted_alone,
        ppoll_lets_in_what_its_mask_does,
        pselect_lets_in_what_its_mask_does,
        what_is_ready_wins_over_a_signal,
        what_the_mask_holds_does_not_interrupt,
        a_mask_is_forgotten_after_its_call,
        NULL,
    };

    return suite_run("compat_signal", tests);
}
