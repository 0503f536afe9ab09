/* SPDX-License-Identifier: BSD-3-Clause */
/* The threads of a POSIX host: see port/posix_threads.h. */
#define _GNU_SOURCE /* syscall, sched_getaffinity */
#include "port/posix_threads.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "libsock.h"
#include "link/link.h"
#include "link/own_fds.h"
#include "link/own_signals.h"
#include "port/posix_signal.h"

#define FIRST_FDS 16
#define LOOK_AGAIN ((duration)10000) /* us: a follower that cannot be told */
#define SPIN_LOOKS 64                /* some 50 us, which is SPIN */
#define SPIN ((duration)50)          /* us */
#define TRUST 16                     /* waits */

/* The functions of a port take a pointer to const because they share one type; ours is an object of
 * our own. */
static struct port_posix *posix(const struct port *port)
{
    return (struct port_posix *)(uintptr_t)port;
}

static instant clock_of(struct port_posix *p)
{
    return p->port.now(&p->port);
}

void threads_wake(const struct port *port)
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

/* Puts those of the program behind the others; how many there are in all. */
static size_t add_programs(struct port_posix_wait *w, const struct port_wait *wait)
{
    size_t room = w->cap_fds - w->n_fds;
    size_t n = wait && wait->wait_fds ? wait->wait_fds(wait, w->fds + w->n_fds, room) : 0;

    if (n > room) {
        n = make_room(w, w->n_fds + n) ? wait->wait_fds(wait, w->fds + w->n_fds, n) : room;
    }
    return w->n_fds + n;
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

/* A thread may be cancelled while it sleeps, and nowhere else in the stack. */
static _Thread_local int cancel_state; /* the caller's */

enum role { LEADER, FOLLOWER, NOBODY };

struct sleeper {
    struct port_posix *p; /* NULL: nobody sleeps */
    enum role role;
    struct port_posix_follower *f; /* a follower's */
    uint32_t looks;                /* of a spin, before it sleeps */
};

/* This thread's, while it sleeps. If it is here again meanwhile, that is in a signal handler, or
 * after one left the call by siglongjmp: what it was to do for others is given up first. */
static _Thread_local struct sleeper asleep;

static void get_up(void);

static bool is_halted(const struct port_posix *p)
{
    return p->ending && !pthread_equal(p->last, pthread_self());
}

static void enter(struct port_posix *p)
{
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    sk_stack_enter();
    pthread_mutex_lock(&p->mutex);
    if (is_halted(p)) {
        pthread_mutex_unlock(&p->mutex);
        sk_stack_leave();
        for (;;) {
            pause();
        }
    }
    if (asleep.p) {
        get_up();
    }
}

static void leave(struct port_posix *p)
{
    int ignored;

    pthread_mutex_unlock(&p->mutex);
    sk_stack_leave();
    pthread_setcancelstate(cancel_state, &ignored);
}

void threads_lock(const struct port *port)
{
    enter(posix(port));
}

static void call_leader(struct port_posix *p)
{
    p->called = true;
    threads_wake(&p->port);
}

/* Wakes the leader if it sleeps past something that is in the stack now. */
static void tell_leader(struct port_posix *p)
{
    instant due;

    if (!p->leading || p->called) {
        return;
    }
    due = collect(p, &p->scratch, p->iface, sk_iface_poll_at(p->iface, clock_of(p)));
    if (due < p->until || !waits_for_the_same(&p->led_fds, &p->scratch)) {
        call_leader(p);
    }
}

static void tell(struct port_posix *p, struct port_posix_follower *f)
{
    f->waiting = false;
    p->n_told++;
    eventfd_write(f->fd, 1);
}

static bool concerns(const struct port_wait *wait, sk_fd fd)
{
    return !wait || wait->concerns(wait, fd);
}

static void host_changed(void *context, sk_fd fd)
{
    struct port_posix *p = context;
    struct port_posix_follower *f;

    if (p->leading && !p->called && concerns(p->leader, fd)) {
        call_leader(p);
    }
    for (f = p->followers; f; f = f->next) {
        if (f->waiting && concerns(f->wait, fd)) {
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

void threads_unlock(const struct port *port)
{
    struct port_posix *p = posix(port);

    tell_leader(p);
    hand_over(p);
    leave(p);
    signals_release();
}

/* Who sleeps now does not come back; to what a leader waits for the kernel may still write. */
void threads_halt_others(const struct port *port)
{
    struct port_posix *p = posix(port);

    enter(p);
    p->ending = true;
    p->last = pthread_self();
    if (p->leading) {
        p->leading = false;
        p->led_fds = (struct port_posix_wait){ .fds = NULL };
    }
    leave(p);
}

/* ---- Sleep ---- */

static void stop_sleeping(struct sleeper *s)
{
    eventfd_t ignored;

    if (s->role == LEADER) {
        s->p->leading = false;
    }
    if (s->role == FOLLOWER) {
        if (!s->f->waiting) {
            eventfd_read(s->f->fd, &ignored);
            s->p->n_told--;
        }
        s->f->taken = s->f->waiting = false;
    }
}

static void get_up(void)
{
    struct port_posix *p = asleep.p;

    asleep.p = NULL;
    stop_sleeping(&(struct sleeper){ .p = p, .role = asleep.role, .f = asleep.f });
    hand_over(p);
}

static void cancelled(void *sleeper)
{
    struct port_posix *p = ((struct sleeper *)sleeper)->p;

    pthread_mutex_lock(&p->mutex);
    if (asleep.p) {
        get_up();
    }
    pthread_mutex_unlock(&p->mutex);
    signals_abandon();
}

/*
 * A system that has nothing to do takes tens of microseconds to wake a thread, as long as a peer on
 * the same machine takes to answer. So a wait begins with a spin, where that pays: as long as some
 * wait of the last TRUST ended in one, else in every TRUSTth, to see. It is bounded: a thread that
 * waits for long sleeps.
 */
static uint32_t looks_of(struct port_posix *p, duration left)
{
    bool tries = p->trust > 0 || ++p->n_waits % TRUST == 0;

    return p->several_cores && left > SPIN && tries ? SPIN_LOOKS : 0;
}

static bool is_any_ready(const struct pollfd *fds, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (fds[i].revents) {
            return true;
        }
    }
    return false;
}

/* Whether something ended it. */
static bool spin(uint32_t looks, struct pollfd *fds, size_t n, enum port_idle *ended)
{
    for (; looks > 0; looks--) {
        *ended = signals_sleep(fds, n, 0);
        if (*ended != PORT_WOKEN || is_any_ready(fds, n)) {
            return true;
        }
    }
    return false;
}

static void judge_spin(struct port_posix *p, bool paid)
{
    if (paid) {
        p->trust = TRUST;
    } else if (p->trust > 0) {
        p->trust--;
    }
}

static enum port_idle sleep_as(struct sleeper s, struct pollfd *fds, size_t n, duration left)
{
    enum port_idle ended = PORT_WOKEN;
    instant began;
    bool spun_out;
    bool gave_up;

    asleep = s;
    pthread_cleanup_push(cancelled, &s);
    leave(s.p);
    began = clock_of(s.p);
    spun_out = !spin(s.looks, fds, n, &ended);
    if (spun_out) {
        ended = signals_sleep(fds, n, left - (clock_of(s.p) - began));
    }
    gave_up = asleep.p == NULL;
    asleep.p = NULL;
    enter(s.p);
    pthread_cleanup_pop(0);
    if (s.looks > 0) {
        judge_spin(s.p, !spun_out);
    }
    if (!gave_up) {
        stop_sleeping(&s);
    }
    return ended;
}

static void watch(struct port_posix *p, struct sk_iface *iface)
{
    if (p->iface == iface) {
        return;
    }
    if (p->iface) {
        sk_iface_unwatch(p->iface, &p->watch);
    }
    p->iface = iface;
    p->watch = (struct sk_watch){ .changed = host_changed, .context = p };
    sk_iface_watch(iface, &p->watch);
}

static enum port_idle lead(struct port_posix *p, struct sk_iface *iface, instant until,
                           const struct port_wait *wait)
{
    enum port_idle ended;
    duration left;
    eventfd_t ignored;
    size_t n;

    p->until = collect(p, &p->led_fds, iface, until);
    left = p->until - clock_of(p);
    if (left <= 0) { /* others want in, too */
        return sleep_as((struct sleeper){ .p = p, .role = NOBODY }, NULL, 0, 0);
    }
    watch(p, iface);
    n = add_programs(&p->led_fds, wait);
    p->leading = true;
    p->called = false;
    p->leader = wait;
    ended = sleep_as((struct sleeper){ .p = p, .role = LEADER, .looks = looks_of(p, left) },
                     p->led_fds.fds, n, left);
    if (p->led_fds.fds[0].revents & POLLIN) {
        eventfd_read(p->wake_fd, &ignored);
    }
    return ended;
}

/* An eventfd; -1: no descriptor is left. By number, as it is closed: a tool that follows one call
 * and not the other would take the next descriptor for this one. */
static int make_event(void)
{
    return sk_own_fd_take((int)syscall(SYS_eventfd2, 0, EFD_NONBLOCK | EFD_CLOEXEC));
}

static void close_event(int fd)
{
    sk_own_fd_remove(fd);
    syscall(SYS_close, fd); /* close() may be ours */
}

static struct port_posix_follower *make_follower(struct port_posix *p)
{
    struct port_posix_follower *f = malloc(sizeof(*f));

    if (!f) {
        return NULL;
    }
    *f = (struct port_posix_follower){ .next = p->followers, .fd = make_event() };
    if (f->fd < 0 || !make_room(&f->wait_fds, 1)) {
        close_event(f->fd);
        free(f);
        return NULL;
    }
    f->wait_fds.fds[0] = (struct pollfd){ .fd = f->fd, .events = POLLIN };
    f->wait_fds.n_fds = 1;
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

static enum port_idle follow(struct port_posix *p, instant until, const struct port_wait *wait)
{
    duration left = (wait ? wait->until : until) - clock_of(p);
    struct port_posix_follower *f = take_follower(p);

    tell_leader(p);
    if (!f) {
        return sleep_as((struct sleeper){ .p = p, .role = NOBODY }, NULL, 0,
                        left < LOOK_AGAIN ? left : LOOK_AGAIN);
    }
    f->wait = wait;
    f->taken = f->waiting = true;
    return sleep_as((struct sleeper){ .p = p, .role = FOLLOWER, .f = f }, f->wait_fds.fds,
                    add_programs(&f->wait_fds, wait), left);
}

enum port_idle threads_idle(const struct port *port, struct sk_iface *iface, instant until,
                            const struct port_wait *wait)
{
    struct port_posix *p = posix(port);

    signals_hold();
    signals_sleep_with(wait ? wait->mask : NULL);
    return p->leading ? follow(p, until, wait) : lead(p, iface, until, wait);
}

/* ---- Start and end ---- */

static bool has_several_cores(void)
{
    cpu_set_t cores;

    return sched_getaffinity(0, sizeof(cores), &cores) == 0 && CPU_COUNT(&cores) > 1;
}

enum sk_err threads_start(struct port_posix *p)
{
    p->several_cores = has_several_cores();
    p->wake_fd = make_event();
    if (p->wake_fd < 0) {
        return SK_NO_SOCKETS;
    }
    pthread_mutex_init(&p->mutex, NULL);
    return SK_OK;
}

void threads_end(struct port_posix *p)
{
    if (p->iface) {
        sk_iface_unwatch(p->iface, &p->watch);
    }
    close_event(p->wake_fd);
    while (p->followers) {
        struct port_posix_follower *f = p->followers;

        p->followers = f->next;
        close_event(f->fd);
        free(f->wait_fds.fds);
        free(f);
    }
    pthread_mutex_destroy(&p->mutex);
    free(p->led_fds.fds);
    free(p->scratch.fds);
}
