/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads, clocks and sleep of a POSIX host. Functions that a host program may wrap
 * (-Wl,--wrap=poll and so on) are not called here: hence ppoll, and eventfd_read and eventfd_write.
 */
#define _GNU_SOURCE /* ppoll */
#include "port/posix.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "libsock.h"
#include "link/link.h"
#include "port/posix_signal.h"

#define US_PER_S 1000000
#define NS_PER_US 1000
#define FIRST_FDS 16
#define LOOK_AGAIN ((duration)10000) /* us: a follower that cannot be told */

/* The functions of a port take a pointer to const because they share one type; ours is an object of
 * our own. */
static struct port_posix *posix(const struct port *port)
{
    return (struct port_posix *)(uintptr_t)port;
}

static int64_t read_clock(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / NS_PER_US;
}

static instant posix_now(const struct port *port)
{
    (void)port;
    return read_clock(CLOCK_MONOTONIC);
}

static int64_t posix_realtime(const struct port *port)
{
    (void)port;
    return read_clock(CLOCK_REALTIME);
}

static bool posix_entropy(const struct port *port, void *out, size_t len)
{
    uint8_t *at = out;

    (void)port;
    while (len > 0) {
        ssize_t n = getrandom(at, len, 0);

        if (n < 0 && errno != EINTR) {
            return false;
        }
        if (n > 0) {
            at += n;
            len -= (size_t)n;
        }
    }
    return true;
}

static void posix_wake(const struct port *port)
{
    int saved = errno;

    eventfd_write(posix(port)->wake_fd, 1);
    errno = saved;
}

/* ---- What to wait for ---- */

static bool make_room(struct port_posix_wait *w, size_t n)
{
    size_t cap = w->cap_fds ? w->cap_fds : FIRST_FDS;
    struct pollfd *fds;

    while (cap < n) {
        cap *= 2;
    }
    if (cap == w->cap_fds) {
        return true;
    }
    fds = realloc(w->fds, cap * sizeof(*fds));
    if (!fds) {
        return false;
    }
    w->fds = fds;
    w->cap_fds = cap;
    return true;
}

static void add_link(struct port_posix_wait *w, struct link *link)
{
    size_t room = w->cap_fds - w->n_fds;
    size_t n = link->ops->wait_fds(link, w->fds + w->n_fds, room);

    if (n > room) {
        if (!make_room(w, w->n_fds + n)) {
            n = room;
        } else {
            n = link->ops->wait_fds(link, w->fds + w->n_fds, n);
        }
    }
    w->n_fds += n;
}

/* The descriptors of all links, and `until` or what a link wants earlier. */
static instant collect(struct port_posix *p, struct port_posix_wait *w, struct sk_iface *iface,
                       instant until)
{
    struct link *link;
    uint8_t ifindex;

    if (!make_room(w, 1)) {
        return 0;
    }
    w->fds[0] = (struct pollfd){ .fd = p->wake_fd, .events = POLLIN };
    w->n_fds = 1;
    for (ifindex = 1; (link = sk_netif_link(iface, ifindex)) != NULL; ifindex++) {
        if (link->ops->wait_fds) {
            add_link(w, link);
        }
        if (link->ops->poll_at && link->ops->poll_at(link) < until) {
            until = link->ops->poll_at(link);
        }
    }
    return until;
}

static bool waits_for_the_same(const struct port_posix_wait *a, const struct port_posix_wait *b)
{
    size_t i;

    if (a->n_fds != b->n_fds) {
        return false;
    }
    for (i = 0; i < a->n_fds; i++) {
        if (a->fds[i].fd != b->fds[i].fd || a->fds[i].events != b->fds[i].events) {
            return false;
        }
    }
    return true;
}

/* ---- Threads ---- */

static void posix_lock(const struct port *port)
{
    pthread_mutex_lock(&posix(port)->mutex);
}

/* Wakes the leader if it sleeps past something that is in the stack now. */
static void tell_leader(struct port_posix *p)
{
    instant due;

    if (!p->leading || p->called) {
        return;
    }
    due = collect(p, &p->scratch, p->iface, sk_iface_poll_at(p->iface, posix_now(&p->port)));
    if (due < p->until || !waits_for_the_same(&p->leader, &p->scratch)) {
        p->called = true;
        posix_wake(&p->port);
    }
}

static void tell(struct port_posix *p, struct port_posix_follower *f)
{
    f->waiting = false;
    p->n_told++;
    eventfd_write(f->fd, 1);
}

static void host_changed(void *context, sk_fd fd)
{
    struct port_posix *p = context;
    struct port_posix_follower *f;

    for (f = p->followers; f; f = f->next) {
        if (f->waiting && (!f->wait || f->wait->concerns(f->wait, fd))) {
            tell(p, f);
        }
    }
}

/* Somebody has to sleep for those that are left. One that was told will, or calls this again. */
static void hand_over(struct port_posix *p)
{
    struct port_posix_follower *f = p->followers;

    if (p->leading || p->n_told > 0) {
        return;
    }
    while (f && !f->waiting) {
        f = f->next;
    }
    if (f) {
        tell(p, f);
    }
}

static void posix_unlock(const struct port *port)
{
    struct port_posix *p = posix(port);

    tell_leader(p);
    hand_over(p);
    pthread_mutex_unlock(&p->mutex);
    signals_release();
}

static enum port_idle lead(struct port_posix *p, struct sk_iface *iface, instant until)
{
    enum port_idle ended;
    duration left;
    eventfd_t ignored;

    p->until = collect(p, &p->leader, iface, until);
    left = p->until - posix_now(&p->port);
    if (left <= 0) {
        pthread_mutex_unlock(&p->mutex); /* others want in, too */
        ended = signals_sleep(NULL, 0, 0);
        pthread_mutex_lock(&p->mutex);
        return ended;
    }
    p->iface = iface;
    sk_iface_watch(iface, host_changed, p);
    p->leading = true;
    p->called = false;
    pthread_mutex_unlock(&p->mutex);
    ended = signals_sleep(p->leader.fds, p->leader.n_fds, left);
    pthread_mutex_lock(&p->mutex);
    if (p->leader.fds[0].revents & POLLIN) {
        eventfd_read(p->wake_fd, &ignored);
    }
    p->leading = false;
    return ended;
}

static struct port_posix_follower *make_follower(struct port_posix *p)
{
    struct port_posix_follower *f = malloc(sizeof(*f));

    if (!f) {
        return NULL;
    }
    *f = (struct port_posix_follower){ .next = p->followers,
                                       .fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) };
    if (f->fd < 0) {
        free(f);
        return NULL;
    }
    p->followers = f;
    return f;
}

static struct port_posix_follower *take_follower(struct port_posix *p)
{
    struct port_posix_follower *f = p->followers;

    while (f && f->taken) {
        f = f->next;
    }
    return f ? f : make_follower(p);
}

static enum port_idle follow_blindly(struct port_posix *p, duration left)
{
    enum port_idle ended;

    pthread_mutex_unlock(&p->mutex);
    ended = signals_sleep(NULL, 0, left < LOOK_AGAIN ? left : LOOK_AGAIN);
    pthread_mutex_lock(&p->mutex);
    return ended;
}

static enum port_idle follow(struct port_posix *p, instant until, const struct port_wait *wait)
{
    duration left = (wait ? wait->until : until) - posix_now(&p->port);
    struct port_posix_follower *f = take_follower(p);
    struct pollfd back;
    enum port_idle ended;
    eventfd_t ignored;

    tell_leader(p);
    if (!f) {
        return follow_blindly(p, left);
    }
    f->wait = wait;
    f->taken = f->waiting = true;
    back = (struct pollfd){ .fd = f->fd, .events = POLLIN };
    pthread_mutex_unlock(&p->mutex);
    ended = signals_sleep(&back, 1, left);
    pthread_mutex_lock(&p->mutex);
    if (back.revents & POLLIN) {
        eventfd_read(f->fd, &ignored);
    }
    p->n_told -= f->waiting ? 0 : 1;
    f->taken = f->waiting = false;
    return ended;
}

static enum port_idle posix_idle(const struct port *port, struct sk_iface *iface, instant until,
                                 const struct port_wait *wait)
{
    struct port_posix *p = posix(port);

    signals_hold();
    return p->leading ? follow(p, until, wait) : lead(p, iface, until);
}

/* ---- Start and end ---- */

enum sk_err sk_port_posix_init(struct port_posix *p)
{
    memset(p, 0, sizeof(*p));
    p->port = (struct port){
        .now = posix_now,
        .realtime = posix_realtime,
        .idle = posix_idle,
        .wake = posix_wake,
        .entropy = posix_entropy,
        .lock = posix_lock,
        .unlock = posix_unlock,
    };
    p->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (p->wake_fd < 0) {
        return SK_NO_SOCKETS;
    }
    pthread_mutex_init(&p->mutex, NULL);
    return SK_OK;
}

void sk_port_posix_destroy(struct port_posix *p)
{
    syscall(SYS_close, p->wake_fd); /* close() may be ours */
    while (p->followers) {
        struct port_posix_follower *f = p->followers;

        p->followers = f->next;
        syscall(SYS_close, f->fd);
        free(f);
    }
    pthread_mutex_destroy(&p->mutex);
    free(p->leader.fds);
    free(p->scratch.fds);
}

void sk_port_posix_set_background(struct port_posix *p, void (*work)(const struct port *port))
{
    p->port.background = work;
}
