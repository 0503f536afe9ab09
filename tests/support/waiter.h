/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A thread that waits in a POSIX call, once as the leader that sleeps for all and once as a
 * follower, on a host with no netif but its loopback.
 */
#pragma once

#include "tests/support/loopback_fixture.h"

/* ---- A thread that waits ---- */

struct waiter {
    pthread_t thread;
    int fd;
    long (*call)(int fd);
    long result;
    int error;
    int n_sleeps; /* under the port's lock */
};

static _Thread_local struct waiter *self;
static void (*before_call)(void); /* in its thread; NULL: nothing */
static enum port_idle (*real_idle)(const struct port *p, struct sk_iface *iface, instant until,
                                   const struct port_wait *wait);

static inline enum port_idle counting_idle(const struct port *p, struct sk_iface *iface,
                                           instant until, const struct port_wait *wait)
{
    if (self != NULL) {
        self->n_sleeps++;
    }
    return real_idle(p, iface, until, wait);
}

static inline void *wait_in_call(void *waiter)
{
    self = waiter;
    if (before_call != NULL) {
        before_call();
    }
    errno = 0;
    self->result = self->call(self->fd);
    self->error = errno;
    return NULL;
}

static inline int count_sleeps(const struct waiter *w)
{
    port.port.lock(&port.port);
    int n = w->n_sleeps;
    port.port.unlock(&port.port);
    return n;
}

/* Returns when it sleeps. */
static inline void waiter_start(struct waiter *w, long (*call)(int fd), int fd)
{
    *w = (struct waiter){ .fd = fd, .call = call };
    ck_assert_int_eq(pthread_create(&w->thread, NULL, wait_in_call, w), 0);
    while (count_sleeps(w) == 0) {
    }
}

static inline void waiter_returns(struct waiter *w, long result, int error)
{
    ck_assert_int_eq(pthread_join(w->thread, NULL), 0);
    ck_assert_int_eq(w->result, result);
    if (result < 0) {
        ck_assert_int_eq(w->error, error);
    }
}

static inline void waiter_cancel(struct waiter *w)
{
    void *result;

    ck_assert_int_eq(pthread_cancel(w->thread), 0);
    ck_assert_int_eq(pthread_join(w->thread, &result), 0);
    ck_assert_ptr_eq(result, PTHREAD_CANCELED);
}

static inline long receives(int fd)
{
    char octets[100];

    return recv(fd, octets, sizeof octets, 0);
}

static inline long accepts(int fd)
{
    return accept(fd, NULL, NULL);
}

static inline long connects(int fd)
{
    struct sockaddr_in to = loopback();

    return connect(fd, (struct sockaddr *)&to, sizeof to);
}

/* ---- The leader and its followers ---- */

enum place { LEADS, FOLLOWS };

static struct waiter other; /* that leads, where who is tested follows */

static inline int connected_dgram(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    ck_assert_int_eq(connects(fd), 0);
    return fd;
}

static inline void begin_in(enum place place)
{
    begin();
    real_idle = port.port.idle;
    port.port.idle = counting_idle;
    if (place == FOLLOWS) {
        waiter_start(&other, receives, connected_dgram());
    }
}

static inline void end_awake(void)
{
    ck_assert(!port.leading);
    ck_assert_uint_eq(port.n_told, 0);
    for (const struct port_posix_follower *f = port.followers; f != NULL; f = f->next) {
        ck_assert(!f->taken);
    }
    end();
}

static inline void end_in(enum place place)
{
    if (place == FOLLOWS) {
        ck_assert_int_eq(shutdown(other.fd, SHUT_RD), 0);
        waiter_returns(&other, 0, 0);
        ck_assert_int_eq(close(other.fd), 0);
    }
    end_awake();
}

static inline void in_each_place(void (*test)(void))
{
    for (enum place place = LEADS; place <= FOLLOWS; place++) {
        begin_in(place);
        test();
        end_in(place);
    }
}

#define WAKE_TEST(name)                                                                            \
    static void name##_here(void);                                                                 \
    START_TEST(name)                                                                               \
    {                                                                                              \
        in_each_place(name##_here);                                                                \
    }                                                                                              \
    END_TEST                                                                                       \
    static void name##_here(void)

static inline void send_one(int fd)
{
    ck_assert_int_eq(send(fd, "x", 1, MSG_NOSIGNAL), 1);
}
