/* SPDX-License-Identifier: BSD-3-Clause */
/* epoll_wait, epoll_pwait, epoll_pwait2: see epoll_instance.h. */
#define _GNU_SOURCE /* epoll_pwait2 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "compat/block.h"
#include "compat/connect.h"
#include "compat/epoll_host.h"
#include "compat/epoll_instance.h"
#include "compat/errno.h"
#include "compat/foreign.h"
#include "compat/poll_wait.h"

#define LOOK_AGAIN ((duration)10000) /* us */
#define MILLISECONDS_PER_SECOND 1000
#define NS_PER_MILLISECOND 1000000
#define NS_PER_SECOND 1000000000

extern __typeof(epoll_wait) __real_epoll_wait;
extern __typeof(epoll_pwait) __real_epoll_pwait;
extern __typeof(epoll_pwait2) __real_epoll_pwait2;

__typeof(epoll_wait) __wrap_epoll_wait;
__typeof(epoll_pwait) __wrap_epoll_pwait;
__typeof(epoll_pwait2) __wrap_epoll_pwait2;

struct wait {
    struct sk_op op; /* first */
    struct instance *in;
    int epfd;
    struct epoll_event *events;
    size_t room;
    bool deferred; /* a connect waits for an address: nothing tells when it has one */
};

static bool is_gone(const struct sk_iface *iface, const struct member *m)
{
    struct sk_addr local;

    return sk_local(iface, m->s.fd, &local) == SK_INVALID_SOCKET;
}

static bool is_to_be_told(const struct member *m, uint32_t events)
{
    return events != 0 && ((m->event.events & EPOLLET) == 0 || m->changed);
}

static uint32_t events_of(struct member *m, struct sk_iface *iface, instant now)
{
    uint32_t wanted = m->event.events & ~MODES;

    return poll_events(connect_readiness(&m->s, iface, now), wanted) & wanted;
}

/* Once told, a level is looked at again in the next wait, an edge when something happens, and what
 * is told once when it is asked for again. */
static bool stays(struct member *m)
{
    if ((m->event.events & EPOLLONESHOT) != 0) {
        m->event.events &= MODES;
    }
    return (m->event.events & (EPOLLONESHOT | EPOLLET)) == 0;
}

static bool is_deferred(const struct member *m)
{
    return m->s.open->connect == FD_CONNECT_DEFERRED;
}

static size_t collect(struct wait *w, size_t n, struct sk_iface *iface, instant now)
{
    struct instance *in = w->in;
    struct list again;

    list_init(&again);
    w->deferred = false;
    while (n < w->room && !list_empty(&in->queue)) {
        struct member *m = (struct member *)(void *)list_first(&in->queue);
        list_remove(&m->queue);
        if (is_gone(iface, m)) {
            instance_remove(in, m);
            continue;
        }
        uint32_t events = events_of(m, iface, now);
        bool told = is_to_be_told(m, events);
        if (told) {
            m->changed = false;
            w->events[n++] = (struct epoll_event){ .events = events, .data = m->event.data };
        }
        w->deferred = w->deferred || is_deferred(m);
        if ((told && stays(m)) || is_deferred(m)) {
            list_append(&again, &m->queue);
        }
    }
    list_splice(&in->queue, &again);
    return n;
}

static size_t ask_kernel(const struct wait *w, size_t n)
{
    if (n == w->room || __atomic_load_n(&w->in->n_foreign, __ATOMIC_RELAXED) == 0) {
        return n;
    }
    int more = __real_epoll_wait(w->epfd, w->events + n, (int)(w->room - n), 0);
    return more > 0 ? n + (size_t)more : n;
}

static enum sk_err poll_instance(struct sk_op *op, struct sk_iface *iface, instant now)
{
    struct wait *w = (struct wait *)op;
    size_t n;

    if (w->in->kernel_first) {
        n = collect(w, ask_kernel(w, 0), iface, now);
    } else {
        n = ask_kernel(w, collect(w, 0, iface, now));
    }
    w->in->kernel_first = !w->in->kernel_first;
    op->done = n;
    return n > 0 ? SK_OK : SK_PENDING;
}

static struct instance *instance_of(const struct sk_op *op)
{
    return ((const struct wait *)(const void *)op)->in;
}

static bool is_among(const struct sk_op *op, sk_fd handle)
{
    return handle != SK_FD_NONE && instance_has(instance_of(op), handle);
}

static size_t wait_fds(const struct sk_op *op, struct pollfd *fds, size_t n)
{
    if (instance_of(op)->n_foreign == 0) {
        return 0;
    }
    if (n > 0) {
        fds[0] = (struct pollfd){ .fd = ((const struct wait *)(const void *)op)->epfd,
                                  .events = POLLIN };
    }
    return 1;
}

static duration look_again(const struct sk_op *op, bool port_waits)
{
    const struct wait *w = (const struct wait *)(const void *)op;

    return w->deferred || (w->in->n_foreign > 0 && !port_waits) ? LOOK_AGAIN : 0;
}

bool instance_is_ready(const struct instance *in, struct sk_iface *iface, instant now)
{
    const struct list_link *link;

    for (link = in->queue.head.next; link != &in->queue.head; link = link->next) {
        struct member *m = (struct member *)(uintptr_t)link;
        if (!is_gone(iface, m) && is_to_be_told(m, events_of(m, iface, now))) {
            return true;
        }
    }
    return false;
}

static int wait_in(struct instance *in, int epfd, struct epoll_event *events, size_t room,
                   const struct timespec *timeout, const sigset_t *mask)
{
    struct libsock_state *state = libsock_state_current();
    struct wait w = { .op = { .poll = poll_instance, .fd = SK_FD_NONE },
                      .in = in,
                      .epfd = epfd,
                      .events = events,
                      .room = room };
    struct block_how how = { .deadline = poll_deadline(state->port, timeout),
                             .step = look_again,
                             .wait_fds = wait_fds,
                             .signal = BLOCK_ENDS,
                             .mask = mask,
                             .concerns = is_among };

    return poll_block(state->port, state->iface, &w.op, how);
}

static int real_wait(int epfd, struct epoll_event *events, int n, const struct timespec *timeout,
                     const sigset_t *mask)
{
    if (timeout == NULL) {
        return __real_epoll_pwait(epfd, events, n, -1, mask);
    }
    if (timeout->tv_nsec % NS_PER_MILLISECOND == 0 && timeout->tv_sec >= 0 &&
        timeout->tv_sec < INT_MAX / MILLISECONDS_PER_SECOND) {
        int ms = (int)timeout->tv_sec * MILLISECONDS_PER_SECOND +
                 (int)(timeout->tv_nsec / NS_PER_MILLISECOND);
        return __real_epoll_pwait(epfd, events, n, ms, mask);
    }
    return __real_epoll_pwait2(epfd, events, n, timeout, mask);
}

static int64_t nanoseconds(struct timespec t)
{
    return (int64_t)t.tv_sec * NS_PER_SECOND + t.tv_nsec;
}

/* What is left of `timeout` since `began`; NULL: it has no end. */
static const struct timespec *left_of(const struct timespec *timeout, struct timespec began,
                                      struct timespec *out)
{
    struct timespec now;

    if (timeout == NULL) {
        return NULL;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t left = nanoseconds(*timeout) - (nanoseconds(now) - nanoseconds(began));
    left = left > 0 ? left : 0;
    *out = (struct timespec){ .tv_sec = left / NS_PER_SECOND, .tv_nsec = left % NS_PER_SECOND };
    return out;
}

static int wait_here(struct instance *in, int epfd, struct epoll_event *events, int n,
                     const struct timespec *timeout, const sigset_t *mask)
{
    foreign_test_cancel();
    if (n <= 0 || !poll_is_timeout(timeout)) {
        return errno_fail(EINVAL);
    }
    if (events == NULL) {
        return errno_fail(EFAULT);
    }
    return wait_in(in, epfd, events, (size_t)n, timeout, mask);
}

/* There is no host, so the kernel has all members. Another thread may start one and add its
 * sockets: then there is an alarm, and the wait goes on here. */
static int wait_there(struct instance *in, int epfd, struct epoll_event *events, int n,
                      const struct timespec *timeout, const sigset_t *mask)
{
    struct timespec began = { 0 };
    struct timespec rest;

    clock_gettime(CLOCK_MONOTONIC, &began);
    __atomic_fetch_add(&in->n_asleep, 1, __ATOMIC_SEQ_CST);
    int result = libsock_state_current() == NULL ? real_wait(epfd, events, n, timeout, mask) : 0;
    __atomic_fetch_sub(&in->n_asleep, 1, __ATOMIC_SEQ_CST);
    if (result < 0 || libsock_state_current() == NULL) {
        return result;
    }
    result = instance_take_alarm(in, events, result);
    return result > 0 ? result
                      : wait_here(in, epfd, events, n, left_of(timeout, began, &rest), mask);
}

/* An instance that has no socket of ours yet is looked at as one that has: another thread may add
 * one. */
/* Nothing may be in it yet, and another thread be about to add the first member. */
static bool is_instance(int fd)
{
    static const char wanted[] = "anon_inode:[eventpoll]";
    char path[32];
    char found[sizeof wanted] = "";

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return readlink(path, found, sizeof found - 1) > 0 && strcmp(found, wanted) == 0;
}

static struct instance *get_for_wait(int epfd)
{
    if (start_is_child()) {
        return NULL;
    }
    struct instance *in = instance_get(epfd, false);
    return in != NULL || !is_instance(epfd) ? in : instance_get(epfd, true);
}

static int wait_until(int epfd, struct epoll_event *events, int n, const struct timespec *timeout,
                      const sigset_t *mask)
{
    epoll_use_inherited(epfd);
    struct instance *in = get_for_wait(epfd);

    if (in == NULL) {
        return real_wait(epfd, events, n, timeout, mask);
    }
    int result = libsock_state_current() != NULL ? wait_here(in, epfd, events, n, timeout, mask)
                                                 : wait_there(in, epfd, events, n, timeout, mask);
    instance_put(in);
    return result;
}

int __wrap_epoll_pwait(int epfd, struct epoll_event *events, int n, int timeout,
                       const sigset_t *mask)
{
    struct timespec t = { .tv_sec = timeout / MILLISECONDS_PER_SECOND,
                          .tv_nsec =
                              (long)(timeout % MILLISECONDS_PER_SECOND) * NS_PER_MILLISECOND };

    return wait_until(epfd, events, n, timeout < 0 ? NULL : &t, mask);
}

int __wrap_epoll_wait(int epfd, struct epoll_event *events, int n, int timeout)
{
    return __wrap_epoll_pwait(epfd, events, n, timeout, NULL);
}

int __wrap_epoll_pwait2(int epfd, struct epoll_event *events, int n, const struct timespec *timeout,
                        const sigset_t *mask)
{
    return wait_until(epfd, events, n, timeout, mask);
}
