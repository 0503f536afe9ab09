/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * epoll_wait, epoll_pwait, epoll_pwait2: see epoll_instance.h. There are three ways to wait:
 *
 * - In the kernel (wait_in_kernel): the number is no instance, or this is a child without a network
 *   of its own. What was ours in an inherited one is the kernel's before.
 * - In the kernel, as long as there is no host (wait_for_host): all members are the kernel's, but
 *   another thread may start a host and add a socket of ours. Then an alarm in the kernel's
 *   instance ends that wait, and the next one begins.
 * - Here (wait_here), as all calls that drive the stack wait (block.h): each look takes what our
 *   queue has, and asks the kernel for what it has, if it has any members; the sleep between two
 *   looks is one on the kernel's instance, too, then.
 */
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

/* What the program asks for. */
struct call {
    int epfd;
    struct epoll_event *events;
    int room;
    const struct timespec *timeout; /* NULL: none */
    const sigset_t *mask;
};

/* ---- Of one member ---- */

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

/* ---- Here: ours and the kernel's ---- */

struct wait {
    struct sk_op op; /* first */
    struct instance *in;
    const struct call *call;
    bool deferred; /* a connect waits for an address: nothing tells when it has one */
};

static size_t collect(struct wait *w, size_t n, struct sk_iface *iface, instant now)
{
    struct instance *in = w->in;
    struct list again;

    list_init(&again);
    w->deferred = false;
    while (n < (size_t)w->call->room && !list_empty(&in->queue)) {
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
            w->call->events[n++] = (struct epoll_event){ .events = events, .data = m->event.data };
        }
        w->deferred = w->deferred || is_deferred(m);
        if ((told && stays(m)) || is_deferred(m)) {
            list_append(&again, &m->queue);
        }
    }
    list_splice(&in->queue, &again);
    return n;
}

static bool has_foreign(const struct instance *in)
{
    return __atomic_load_n(&in->n_foreign, __ATOMIC_RELAXED) > 0;
}

static size_t ask_kernel(const struct wait *w, size_t n)
{
    int room = w->call->room - (int)n;

    if (room == 0 || !has_foreign(w->in)) {
        return n;
    }
    int more = __real_epoll_wait(w->call->epfd, w->call->events + n, room, 0);
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

static const struct wait *wait_of(const struct sk_op *op)
{
    return (const struct wait *)(const void *)op;
}

static bool is_among(const struct sk_op *op, sk_fd handle)
{
    return handle != SK_FD_NONE && instance_has(wait_of(op)->in, handle);
}

/* Also where nothing of the kernel's is in it: another thread may be about to add some. */
static size_t wait_fds(const struct sk_op *op, struct pollfd *fds, size_t n)
{
    if (n > 0) {
        fds[0] = (struct pollfd){ .fd = wait_of(op)->call->epfd, .events = POLLIN };
    }
    return 1;
}

static duration look_again(const struct sk_op *op, bool port_waits)
{
    const struct wait *w = wait_of(op);

    return w->deferred || (has_foreign(w->in) && !port_waits) ? LOOK_AGAIN : 0;
}

static int wait_here(struct instance *in, const struct call *c)
{
    foreign_test_cancel();
    if (c->room <= 0 || !poll_is_timeout(c->timeout)) {
        return errno_fail(EINVAL);
    }
    if (c->events == NULL) {
        return errno_fail(EFAULT);
    }
    struct libsock_state *state = libsock_state_current();
    struct wait w = { .op = { .poll = poll_instance, .fd = SK_FD_NONE }, .in = in, .call = c };
    struct block_how how = { .deadline = poll_deadline(state->port, c->timeout),
                             .step = look_again,
                             .wait_fds = wait_fds,
                             .signal = BLOCK_ENDS,
                             .mask = c->mask,
                             .concerns = is_among };

    return poll_block(state->port, state->iface, &w.op, how);
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

/* ---- In the kernel ---- */

/* In whole milliseconds where that is exact: a kernel may be too old for epoll_pwait2. */
static int wait_in_kernel(const struct call *c)
{
    const struct timespec *t = c->timeout;

    if (t == NULL) {
        return __real_epoll_pwait(c->epfd, c->events, c->room, -1, c->mask);
    }
    if (t->tv_nsec % NS_PER_MILLISECOND == 0 && t->tv_sec >= 0 &&
        t->tv_sec < INT_MAX / MILLISECONDS_PER_SECOND) {
        int ms = (int)t->tv_sec * MILLISECONDS_PER_SECOND + (int)(t->tv_nsec / NS_PER_MILLISECOND);
        return __real_epoll_pwait(c->epfd, c->events, c->room, ms, c->mask);
    }
    return __real_epoll_pwait2(c->epfd, c->events, c->room, t, c->mask);
}

/* ---- In the kernel, as long as there is no host ---- */

/* What is left of `timeout` since `began`, in `*out`; NULL: it has no end. */
static const struct timespec *left_of(const struct timespec *timeout, struct timespec began,
                                      struct timespec *out)
{
    struct timespec now;

    if (timeout == NULL) {
        return NULL;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    *out = (struct timespec){ .tv_sec = timeout->tv_sec - (now.tv_sec - began.tv_sec),
                              .tv_nsec = timeout->tv_nsec - (now.tv_nsec - began.tv_nsec) };
    if (out->tv_nsec < 0) {
        out->tv_sec--;
        out->tv_nsec += NS_PER_SECOND;
    } else if (out->tv_nsec >= NS_PER_SECOND) {
        out->tv_sec++;
        out->tv_nsec -= NS_PER_SECOND;
    }
    if (out->tv_sec < 0) {
        *out = (struct timespec){ .tv_sec = 0 };
    }
    return out;
}

static int wait_for_host(struct instance *in, struct call c)
{
    struct timespec began = { 0 };
    struct timespec rest;

    clock_gettime(CLOCK_MONOTONIC, &began);
    __atomic_fetch_add(&in->n_asleep, 1, __ATOMIC_SEQ_CST);
    int result = libsock_state_current() == NULL ? wait_in_kernel(&c) : 0;
    __atomic_fetch_sub(&in->n_asleep, 1, __ATOMIC_SEQ_CST);
    if (result < 0 || libsock_state_current() == NULL) {
        return result;
    }
    result = instance_take_alarm(in, c.events, result);
    if (result > 0) {
        return result;
    }
    c.timeout = left_of(c.timeout, began, &rest);
    return wait_here(in, &c);
}

/* ---- Which of them ---- */

static bool is_instance(int fd)
{
    static const char wanted[] = "anon_inode:[eventpoll]";
    char path[32];
    char found[sizeof wanted] = "";

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return readlink(path, found, sizeof found - 1) > 0 && strcmp(found, wanted) == 0;
}

/* One in which there is nothing yet is made ours: another thread may be about to add a socket. */
static struct instance *get_for_wait(int epfd)
{
    epoll_use_inherited(epfd);
    if (start_is_child()) {
        return NULL;
    }
    struct instance *in = instance_get(epfd, false);
    return in != NULL || !is_instance(epfd) ? in : instance_get(epfd, true);
}

static int wait_as_asked(struct call c)
{
    struct instance *in = get_for_wait(c.epfd);

    if (in == NULL) {
        return wait_in_kernel(&c);
    }
    int result = libsock_state_current() != NULL ? wait_here(in, &c) : wait_for_host(in, c);
    instance_put(in);
    return result;
}

int __wrap_epoll_pwait2(int epfd, struct epoll_event *events, int n, const struct timespec *timeout,
                        const sigset_t *mask)
{
    return wait_as_asked((struct call){ epfd, events, n, timeout, mask });
}

int __wrap_epoll_pwait(int epfd, struct epoll_event *events, int n, int timeout,
                       const sigset_t *mask)
{
    struct timespec t = { .tv_sec = timeout / MILLISECONDS_PER_SECOND,
                          .tv_nsec =
                              (long)(timeout % MILLISECONDS_PER_SECOND) * NS_PER_MILLISECOND };

    return __wrap_epoll_pwait2(epfd, events, n, timeout < 0 ? NULL : &t, mask);
}

int __wrap_epoll_wait(int epfd, struct epoll_event *events, int n, int timeout)
{
    return __wrap_epoll_pwait(epfd, events, n, timeout, NULL);
}
