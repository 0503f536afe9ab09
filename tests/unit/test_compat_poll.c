/* SPDX-License-Identifier: BSD-3-Clause */
/* poll and select: what is ready, among sockets of ours and the kernel's descriptors, and exact
 * timeouts. */
#define _GNU_SOURCE /* POLLRDHUP, ppoll */
#include "tests/support/compat_fixture.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/time.h>

static short ready(int fd, short events)
{
    struct pollfd p = { .fd = fd, .events = events, .revents = -1 };
    int n = poll(&p, 1, 0);

    ck_assert_int_eq(n, p.revents != 0);
    return p.revents;
}

/* ---- poll ---- */

static int states(void *arg)
{
    char octets[10];
    int client;
    int server;

    (void)arg;
    int fresh = make(SOCK_STREAM);
    ck_assert_int_eq(ready(fresh, POLLIN | POLLOUT), POLLOUT | POLLHUP);
    ck_assert_int_eq(close(fresh), 0);

    int listener = listen_on(90);
    ck_assert_int_eq(ready(listener, POLLIN | POLLOUT), 0);
    client = dial(INADDR_LOOPBACK, 90);
    ck_assert_int_eq(ready(listener, POLLIN | POLLOUT), POLLIN);
    ck_assert_int_eq(close(listener), 0);
    ck_assert_int_eq(close(client), 0);

    connect_self(&client, &server);
    ck_assert_int_eq(ready(server, POLLIN | POLLOUT), POLLOUT);
    ck_assert_int_eq(ready(server, 0), 0);
    ck_assert_int_eq(send(client, "ab", 2, 0), 2);
    ck_assert_int_eq(ready(server, POLLIN), POLLIN);
    ck_assert_int_eq(ready(server, POLLRDNORM | POLLWRNORM), POLLRDNORM | POLLWRNORM);
    ck_assert_int_eq(read(server, octets, 2), 2);
    ck_assert_int_eq(ready(server, POLLIN), 0);
    ck_assert_int_eq(shutdown(client, SHUT_WR), 0);
    ck_assert_int_eq(ready(server, POLLIN), POLLIN);
    ck_assert_int_eq(ready(server, POLLRDHUP), POLLRDHUP);
    ck_assert_int_eq(shutdown(server, SHUT_WR), 0);
    ck_assert_int_eq(ready(server, 0), POLLHUP);
    ck_assert_int_eq(close(client), 0);
    ck_assert_int_eq(close(server), 0);
    return 0;
}

/* As on Linux: whoever waits for nothing in particular hears of it at once. */
static int shuts_both_ways(void *arg)
{
    int client;
    int server;

    (void)arg;
    connect_self(&client, &server);
    ck_assert_int_eq(shutdown(client, SHUT_RD), 0);
    ck_assert_int_eq(ready(client, 0), 0);
    ck_assert_int_eq(shutdown(client, SHUT_WR), 0);
    ck_assert_int_eq(ready(client, 0), POLLHUP);
    ck_assert_int_eq(ready(server, 0), 0);
    ck_assert_int_eq(close(client), 0);
    ck_assert_int_eq(close(server), 0);
    return 0;
}

START_TEST(both_directions_shut_are_a_hang_up)
{
    compat_alone(shuts_both_ways);
}
END_TEST

START_TEST(poll_tells_the_state)
{
    compat_alone(states);
}
END_TEST

static int wakes_client(void *arg)
{
    (void)arg;
    int fd = dial(HOST_B, 80);
    sk_sim_sleep(&world->sim, 500 * MS);
    ck_assert_int_eq(write(fd, "x", 1), 1);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

static int wakes_server(void *arg)
{
    char octet;

    (void)arg;
    int fd = accept_one(80);
    struct pollfd fds[3] = {
        { .fd = -1, .events = POLLIN, .revents = -1 },
        { .fd = fd, .events = POLLIN },
        { .fd = make(SOCK_DGRAM), .events = POLLIN },
    };
    instant before = clock_now();
    ck_assert_int_eq(poll(fds, 3, 100), 0);
    ck_assert_int_eq(clock_now() - before, 100 * MS);
    ck_assert_int_eq(poll(fds, 3, 10000), 1);
    ck_assert_int_ge(clock_now() - before, 490 * MS);
    ck_assert_int_le(clock_now() - before, 510 * MS);
    ck_assert_int_eq(fds[0].revents, 0);
    ck_assert_int_eq(fds[1].revents, POLLIN);
    ck_assert_int_eq(fds[2].revents, 0);
    ck_assert_int_eq(read(fd, &octet, 1), 1);
    ck_assert_int_eq(read(fd, &octet, 1), 0);
    ck_assert_int_eq(close(fds[2].fd), 0);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(poll_wakes_for_what_arrives_and_times_out_exactly)
{
    compat_both(wakes_client, wakes_server);
}
END_TEST

static int just_sleeps(void *arg)
{
    struct timeval t = { .tv_usec = 1234 };

    (void)arg;
    instant before = clock_now();
    ck_assert_int_eq(poll(NULL, 0, 1234), 0);
    ck_assert_int_eq(clock_now() - before, 1234 * MS);
    before = clock_now();
    ck_assert_int_eq(select(0, NULL, NULL, NULL, &t), 0);
    ck_assert_int_eq(clock_now() - before, 1234);
    ck_assert_int_eq(t.tv_usec, 1234);
    return 0;
}

static int sleeps_in_nanoseconds(void *arg)
{
    static const struct timespec t = { .tv_sec = 2, .tv_nsec = 1234567 };
    static const struct timespec at_once = { 0, 0 };
    struct pollfd p = { .events = POLLIN };
    sigset_t mask;

    (void)arg;
    sigemptyset(&mask);
    p.fd = make(SOCK_DGRAM);
    bind_to(p.fd, INADDR_LOOPBACK, 5000);
    instant before = clock_now();
    ck_assert_int_eq(ppoll(NULL, 0, &t, NULL), 0);
    ck_assert_int_eq(clock_now() - before, 2 * SECOND + 1235); /* rounded up */
    before = clock_now();
    ck_assert_int_eq(ppoll(&p, 1, &t, &mask), 0);
    ck_assert_int_eq(clock_now() - before, 2 * SECOND + 1235);
    before = clock_now();
    ck_assert_int_eq(pselect(0, NULL, NULL, NULL, &t, &mask), 0);
    ck_assert_int_eq(clock_now() - before, 2 * SECOND + 1235);
    before = clock_now();
    ck_assert_int_eq(ppoll(&p, 1, &at_once, &mask), 0);
    ck_assert_int_eq(clock_now(), before);
    ck_assert_int_eq(close(p.fd), 0);
    return 0;
}

START_TEST(ppoll_and_pselect_time_out_exactly)
{
    compat_alone(sleeps_in_nanoseconds);
}
END_TEST

static int waits_wrongly(void *arg)
{
    static const struct timespec wrong[] = { { .tv_nsec = 1000000000 },
                                             { .tv_nsec = -1 },
                                             { .tv_sec = -1 } };
    struct pollfd p = { .events = POLLOUT };
    fd_set set;

    (void)arg;
    p.fd = make(SOCK_DGRAM);
    FD_ZERO(&set);
    FD_SET(p.fd, &set);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        fails_with(ppoll(&p, 1, &wrong[i], NULL), EINVAL);
        fails_with(pselect(p.fd + 1, NULL, &set, NULL, &wrong[i], NULL), EINVAL);
    }
    fails_with(libsock_ppoll(NULL, 1, NULL, NULL), EFAULT);
    fails_with(pselect(-1, NULL, &set, NULL, NULL, NULL), EINVAL);
    ck_assert_int_eq(pselect(p.fd + 1, NULL, &set, NULL, NULL, NULL), 1);
    ck_assert(FD_ISSET(p.fd, &set));
    ck_assert_int_eq(ppoll(&p, 1, NULL, NULL), 1);
    ck_assert_int_eq(p.revents, POLLOUT);
    ck_assert_int_eq(close(p.fd), 0);
    fails_with(pselect(p.fd + 1, NULL, &set, NULL, NULL, NULL), EBADF);
    return 0;
}

START_TEST(ppoll_and_pselect_check_their_arguments)
{
    compat_alone(waits_wrongly);
}
END_TEST

START_TEST(without_descriptors_it_is_a_sleep_in_the_stacks_time)
{
    compat_alone(just_sleeps);
}
END_TEST

static int pipe_ends[2];

static int writes_later(void *arg)
{
    (void)arg;
    sk_sim_sleep(&world->sim, 105 * MS);
    ck_assert_int_eq(write(pipe_ends[1], "x", 1), 1);
    return 0;
}

static int mixes(void *arg)
{
    (void)arg;
    ck_assert_int_eq(pipe(pipe_ends), 0);
    int dgram = make(SOCK_DGRAM);
    struct pollfd fds[4] = {
        { .fd = pipe_ends[0], .events = POLLIN },
        { .fd = -7, .events = POLLIN },
        { .fd = dgram, .events = POLLIN },
        { .fd = pipe_ends[1], .events = POLLIN },
    };
    instant before = clock_now();
    ck_assert_int_eq(poll(fds, 4, 33), 0);
    ck_assert_int_eq(clock_now() - before, 33 * MS);

    sk_sim_spawn(world->places[1], writes_later, NULL);
    before = clock_now();
    ck_assert_int_eq(poll(fds, 4, -1), 1);
    ck_assert_int_ge(clock_now() - before, 105 * MS);
    ck_assert_int_le(clock_now() - before, 115 * MS);
    ck_assert_int_eq(fds[0].revents, POLLIN);
    ck_assert_int_eq(fds[1].revents, 0);

    fds[2].events = POLLOUT;
    fds[3].events = POLLOUT;
    ck_assert_int_eq(poll(fds, 4, -1), 3);
    ck_assert_int_eq(fds[2].revents, POLLOUT);
    ck_assert_int_eq(fds[3].revents, POLLOUT);

    fds[3].fd = 1 << 29; /* no descriptor at all */
    ck_assert_int_eq(poll(fds, 4, -1), 3);
    ck_assert_int_eq(fds[3].revents, POLLNVAL);

    ck_assert_int_eq(poll(fds, 1, -1), 1); /* the kernel's alone */
    ck_assert_int_eq(close(dgram), 0);
    ck_assert_int_eq(close(pipe_ends[0]), 0);
    ck_assert_int_eq(close(pipe_ends[1]), 0);
    struct pollfd *volatile nowhere = NULL;
    fails_with(poll(nowhere, 1, 0), EFAULT);
    return 0;
}

START_TEST(the_kernels_descriptors_may_be_among_them)
{
    compat_alone(mixes);
}
END_TEST

static enum port_idle (*real_idle)(const struct port *port, struct sk_iface *iface, instant until,
                                   const struct port_wait *wait);
static int n_idle;

static enum port_idle counting_idle(const struct port *port, struct sk_iface *iface, instant until,
                                    const struct port_wait *wait)
{
    n_idle++;
    return real_idle(port, iface, until, wait);
}

static int ignores_some(void *arg)
{
    (void)arg;
    int dgram = make(SOCK_DGRAM);
    struct pollfd fds[3] = {
        { .fd = -1, .events = POLLIN, .revents = POLLIN },
        { .fd = dgram, .events = POLLIN },
        { .fd = -2, .events = POLLIN, .revents = POLLIN },
    };
    real_idle = world->places[0]->port.idle;
    world->places[0]->port.idle = counting_idle;
    n_idle = 0;
    instant before = clock_now();
    ck_assert_int_eq(poll(fds, 3, 1000), 0);
    ck_assert_int_eq(clock_now() - before, 1000 * MS);
    ck_assert_int_eq(n_idle, 1); /* nothing among them that would have to be looked at */
    ck_assert_int_eq(fds[0].revents, 0);
    ck_assert_int_eq(fds[2].revents, 0);
    ck_assert_int_eq(close(dgram), 0);
    return 0;
}

START_TEST(negative_numbers_are_ignored)
{
    compat_alone(ignores_some);
}
END_TEST

/* ---- select ---- */

static int selects(void *arg)
{
    fd_set in;
    fd_set out;
    fd_set except;
    struct timeval t = { 0, 0 };
    int client;
    int server;

    (void)arg;
    connect_self(&client, &server);
    int top = (client > server ? client : server) + 1;
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_ZERO(&except);
    FD_SET(client, &in);
    FD_SET(server, &in);
    FD_SET(client, &out);
    FD_SET(server, &except);
    ck_assert_int_eq(select(top, &in, &out, &except, &t), 1);
    ck_assert(!FD_ISSET(client, &in) && !FD_ISSET(server, &in) && FD_ISSET(client, &out));
    ck_assert(!FD_ISSET(server, &except));

    ck_assert_int_eq(send(client, "x", 1, 0), 1);
    FD_SET(server, &in);
    FD_SET(server, &out);
    ck_assert_int_eq(select(top, &in, &out, NULL, NULL), 3);
    ck_assert(FD_ISSET(server, &in) && FD_ISSET(server, &out) && FD_ISSET(client, &out));

    FD_ZERO(&in);
    FD_SET(client, &in);
    t.tv_usec = 70 * MS;
    instant before = clock_now();
    ck_assert_int_eq(select(top, &in, NULL, NULL, &t), 0);
    ck_assert_int_eq(clock_now() - before, 70 * MS);
    ck_assert(!FD_ISSET(client, &in));
    ck_assert_int_eq(close(client), 0);
    ck_assert_int_eq(close(server), 0);
    return 0;
}

START_TEST(select_tells_the_same)
{
    compat_alone(selects);
}
END_TEST

static int selects_wrongly(void *arg)
{
    fd_set in;
    struct timeval t = { .tv_sec = -1 };
    int ends[2];

    (void)arg;
    int dgram = make(SOCK_DGRAM);
    fails_with(select(-1, NULL, NULL, NULL, NULL), EINVAL);
    fails_with(select(0, NULL, NULL, NULL, &t), EINVAL);
    t = (struct timeval){ .tv_usec = -1 };
    fails_with(select(0, NULL, NULL, NULL, &t), EINVAL);

    FD_ZERO(&in);
    FD_SET(dgram, &in);
    FD_SET(FD_SETSIZE - 1, &in);
    fails_with(select(FD_SETSIZE, &in, NULL, NULL, NULL), EBADF);

    ck_assert_int_eq(pipe(ends), 0); /* the kernel's alone */
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    FD_ZERO(&in);
    FD_SET(ends[0], &in);
    t = (struct timeval){ .tv_sec = 0 };
    ck_assert_int_eq(select(ends[0] + 1, &in, NULL, NULL, &t), 1);
    ck_assert_int_eq(close(ends[0]), 0);
    ck_assert_int_eq(close(ends[1]), 0);
    ck_assert_int_eq(close(dgram), 0);
    return 0;
}

START_TEST(select_checks_its_arguments)
{
    compat_alone(selects_wrongly);
}
END_TEST

/* As on Linux: programs say getdtablesize(), and so many microseconds. */
static int selects_beyond(void *arg)
{
    struct timeval t = { .tv_sec = 1, .tv_usec = 2 * SECOND + 1 };
    fd_set in;
    int ends[2];

    (void)arg;
    int dgram = make(SOCK_DGRAM);
    FD_ZERO(&in);
    FD_SET(dgram, &in);
    instant before = clock_now();
    ck_assert_int_eq(select(FD_SETSIZE + 1, &in, NULL, NULL, &t), 0);
    ck_assert_int_eq(clock_now() - before, 3 * SECOND + 1);

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    FD_ZERO(&in);
    FD_SET(ends[0], &in);
    ck_assert_int_eq(select(getdtablesize(), &in, NULL, NULL, &t), 1); /* the kernel's alone */
    ck_assert_int_eq(close(ends[0]), 0);
    ck_assert_int_eq(close(ends[1]), 0);
    ck_assert_int_eq(close(dgram), 0);
    return 0;
}

START_TEST(select_takes_more_than_a_set_and_a_second)
{
    compat_alone(selects_beyond);
}
END_TEST

/* A program that made room for its numbers alone: nothing behind them is touched. */
static int selects_in_little_room(void *arg)
{
    struct {
        fd_mask bits[1];
        fd_mask behind[FD_SETSIZE / NFDBITS];
    } room;

    (void)arg;
    int dgram = make(SOCK_DGRAM);
    ck_assert_int_lt(dgram, NFDBITS);
    memset(&room, 0xa5, sizeof room);
    room.bits[0] = (fd_mask)1 << dgram;
    fd_set *set = (fd_set *)(void *)&room;
    ck_assert_int_eq(select(dgram + 1, NULL, set, NULL, NULL), 1);
    ck_assert_int_eq(room.bits[0], (fd_mask)1 << dgram);
    ck_assert_int_eq(select(dgram + 1, set, NULL, NULL, &(struct timeval){ .tv_sec = 0 }), 0);
    ck_assert_int_eq(room.bits[0], 0);
    for (size_t i = 0; i < sizeof room.behind; i++) {
        ck_assert_uint_eq(((unsigned char *)room.behind)[i], 0xa5);
    }
    ck_assert_int_eq(close(dgram), 0);
    return 0;
}

START_TEST(select_touches_no_more_than_it_is_given)
{
    compat_alone(selects_in_little_room);
}
END_TEST

/* POSIX.1-2017: nfds is at most FD_SETSIZE. A socket with such a number is refused, not forgotten.
 */
static int selects_a_high_number(void *arg)
{
    struct rlimit limit;
    fd_set in;

    (void)arg;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_max < FD_SETSIZE + 10) {
        return 0;
    }
    struct rlimit more = { .rlim_cur = FD_SETSIZE + 10, .rlim_max = limit.rlim_max };
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &more), 0);
    int low = make(SOCK_DGRAM);
    while (dup(0) < FD_SETSIZE) {
    }
    int high = make(SOCK_DGRAM);
    ck_assert_int_gt(high, FD_SETSIZE);
    FD_ZERO(&in);
    FD_SET(low, &in);
    fails_with(select(high + 1, &in, NULL, NULL, NULL), EINVAL);
    ck_assert_int_eq(close(high), 0);
    for (int fd = low + 1; fd <= high; fd++) {
        close(fd);
    }
    ck_assert_int_eq(close(low), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    return 0;
}

START_TEST(a_number_that_no_set_holds_is_refused)
{
    compat_alone(selects_a_high_number);
}
END_TEST

static int selects_for_ages(void *arg)
{
    struct timeval t = { .tv_sec = LONG_MAX / SECOND + 1 };
    fd_set in;

    (void)arg;
    int fd = accept_one(80);
    FD_ZERO(&in);
    FD_SET(fd, &in);
    ck_assert_int_eq(select(fd + 1, &in, NULL, NULL, &t), 1);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(the_longest_timeout_is_none)
{
    compat_both(wakes_client, selects_for_ages);
}
END_TEST

/* A pipe that is full, and that nobody reads any more, has POLLERR alone. */
static int selects_an_error(void *arg)
{
    static const char octets[4096];
    fd_set out;
    int ends[2];

    (void)arg;
    int dgram = make(SOCK_DGRAM);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    while (write(ends[1], octets, sizeof octets) > 0) {
    }
    close(ends[0]);
    FD_ZERO(&out);
    FD_SET(dgram, &out);
    FD_SET(ends[1], &out);
    ck_assert_int_eq(select(FD_SETSIZE, NULL, &out, NULL, NULL), 2);
    close(ends[1]);
    close(dgram);
    return 0;
}

START_TEST(what_fails_is_writable)
{
    compat_alone(selects_an_error);
}
END_TEST

/* The kernel takes no more descriptors than the process may have. */
static int polls_too_many(void *arg)
{
    struct rlimit limit;
    struct pollfd fds[12];
    int ends[2];

    (void)arg;
    int dgram = make(SOCK_DGRAM);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    struct rlimit few = { .rlim_cur = 10, .rlim_max = limit.rlim_max };
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    for (int i = 0; i < 12; i++) {
        fds[i] = (struct pollfd){ .fd = ends[1], .events = POLLOUT, .revents = POLLOUT };
    }
    fds[0].fd = dgram;
    ck_assert_int_eq(poll(fds, 12, 0), 1);
    ck_assert_int_eq(fds[1].revents, 0);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    close(ends[0]);
    close(ends[1]);
    close(dgram);
    return 0;
}

START_TEST(what_the_kernel_does_not_tell_is_not_ready)
{
    compat_alone(polls_too_many);
}
END_TEST

/* A socket that was never connected is POLLHUP, and none of its sets asks for that. */
static int selects_in_vain(void *arg)
{
    struct timeval t = { .tv_usec = 50 * MS };
    fd_set set;
    int ends[2];

    (void)arg;
    int fresh = make(SOCK_STREAM);
    ck_assert_int_eq(pipe(ends), 0);
    close(ends[1]); /* the kernel's POLLHUP */
    FD_ZERO(&set);
    FD_SET(fresh, &set);
    FD_SET(ends[0], &set);
    instant before = clock_now();
    ck_assert_int_eq(select(FD_SETSIZE, NULL, NULL, &set, &t), 0);
    ck_assert_int_eq(clock_now() - before, 50 * MS);
    ck_assert(!FD_ISSET(fresh, &set));
    FD_SET(fresh, &set);
    FD_SET(ends[0], &set);
    ck_assert_int_eq(select(FD_SETSIZE, &set, NULL, NULL, NULL), 2); /* a read would not wait */
    close(ends[0]);
    close(fresh);
    return 0;
}

START_TEST(select_waits_for_what_is_asked_for)
{
    compat_alone(selects_in_vain);
}
END_TEST

/* ---- From the hook ---- */

static int n_hooks;

static void hook(const struct port *port)
{
    struct pollfd none = { .fd = -1 };

    (void)port;
    n_hooks++;
    ck_assert_int_eq(poll(&none, 0, 0), 0);
    fails_with(poll(&none, 0, 5), EDEADLK);
    int fd = make(SOCK_DGRAM);
    char octet;
    fails_with(recv(fd, &octet, 1, 0), EDEADLK);
    fails_with(recv(fd, &octet, 1, MSG_DONTWAIT), EAGAIN);
    ck_assert_int_eq(close(fd), 0);
    fd = make(SOCK_STREAM);
    fails_with(connect_to(fd, HOST_B, 80), EDEADLK);
    ck_assert_int_eq(close(fd), 0);
}

static int waits_with_a_hook(void *arg)
{
    (void)arg;
    n_hooks = 0;
    ck_assert_int_eq(poll(NULL, 0, 100), 0);
    ck_assert_int_ge(n_hooks, 10);
    return 0;
}

START_TEST(the_background_hook_may_call_but_not_wait)
{
    struct compat c;

    compat_begin(&c);
    c.places[0]->port.background = hook;
    compat_run(&c, waits_with_a_hook, NULL);
    compat_end(&c);
}
END_TEST

static int from_hook;

static void connects_in_vain(const struct port *port)
{
    (void)port;
    if (from_hook < 0) {
        from_hook = make(SOCK_STREAM);
        fails_with(connect_to(from_hook, HOST_B, 80), EDEADLK);
    }
}

static int connects_from_the_hook(void *arg)
{
    (void)arg;
    from_hook = -1;
    world->places[0]->port.background = connects_in_vain;
    ck_assert_int_eq(poll(NULL, 0, 1), 0);
    ck_assert_int_eq(connect_to(from_hook, HOST_B, 80), 0);
    world->places[0]->port.background = NULL;
    ck_assert_int_eq(close(from_hook), 0);
    return 0;
}

static int accepts_and_closes(void *arg)
{
    (void)arg;
    return close(accept_one(80));
}

START_TEST(a_connect_from_the_background_hook_goes_on)
{
    compat_both(connects_from_the_hook, accepts_and_closes);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        both_directions_shut_are_a_hang_up,
        poll_tells_the_state,
        poll_wakes_for_what_arrives_and_times_out_exactly,
        without_descriptors_it_is_a_sleep_in_the_stacks_time,
        ppoll_and_pselect_time_out_exactly,
        ppoll_and_pselect_check_their_arguments,
        the_kernels_descriptors_may_be_among_them,
        negative_numbers_are_ignored,
        select_tells_the_same,
        select_checks_its_arguments,
        select_takes_more_than_a_set_and_a_second,
        select_touches_no_more_than_it_is_given,
        a_number_that_no_set_holds_is_refused,
        the_longest_timeout_is_none,
        what_fails_is_writable,
        what_the_kernel_does_not_tell_is_not_ready,
        select_waits_for_what_is_asked_for,
        the_background_hook_may_call_but_not_wait,
        a_connect_from_the_background_hook_goes_on,
        NULL,
    };

    return suite_run("compat_poll", tests);
}
