/* SPDX-License-Identifier: BSD-3-Clause */
/* The members of instances of epoll, epoll_ctl: see epoll_instance.h. */
#include "compat/epoll_instance.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "compat/block.h"
#include "compat/epoll_host.h"
#include "compat/errno.h"
#include "compat/foreign.h"
#include "link/own_fds.h"

#define FIRST_BUCKETS 64 /* a power of two, as all numbers of them */

/* What is told unasked. */
#define ALWAYS ((uint32_t)(EPOLLERR | EPOLLHUP))

/* epoll_ctl(2): what may be with EPOLLEXCLUSIVE. */
#define EXCLUSIVE_MAY                                                                              \
    ((uint32_t)(EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE))

extern __typeof(epoll_ctl) __real_epoll_ctl;

__typeof(epoll_ctl) __wrap_epoll_ctl;

/* ---- Members ---- */

static void remove_member(struct instance *in, struct member **at)
{
    struct member *m = *at;

    *at = m->next;
    list_remove(&m->queue);
    in->n_members--;
    free(m);
}

void instance_empty(struct instance *in)
{
    for (size_t i = 0; i < in->n_buckets; i++) {
        while (in->buckets[i] != NULL) {
            remove_member(in, &in->buckets[i]);
        }
    }
}

static struct member **bucket_of(const struct instance *in, sk_fd handle)
{
    return &in->buckets[handle & (in->n_buckets - 1)];
}

static void queue_member(struct instance *in, struct member *m)
{
    if (!list_linked(&m->queue)) {
        list_append(&in->queue, &m->queue);
    }
}

/* sk_change_fn */
static void changed(void *instance, sk_fd handle)
{
    struct instance *in = instance;

    if (handle == SK_FD_NONE || in->n_members == 0 || block_acts_on(handle)) {
        return;
    }
    for (struct member *m = *bucket_of(in, handle); m != NULL; m = m->next) {
        if (m->s.fd == handle) {
            m->changed = true;
            queue_member(in, m);
        }
    }
}

static bool grow(struct instance *in)
{
    size_t n = in->n_buckets > 0 ? 2 * in->n_buckets : FIRST_BUCKETS;
    struct instance bigger = { .buckets = calloc(n, sizeof *in->buckets), .n_buckets = n };

    if (bigger.buckets == NULL) {
        return in->n_buckets > 0;
    }
    for (size_t i = 0; i < in->n_buckets; i++) {
        while (in->buckets[i] != NULL) {
            struct member *m = in->buckets[i];
            in->buckets[i] = m->next;
            m->next = *bucket_of(&bigger, m->s.fd);
            *bucket_of(&bigger, m->s.fd) = m;
        }
    }
    free(in->buckets);
    in->buckets = bigger.buckets;
    in->n_buckets = n;
    return true;
}

/* Where it is; where it points to NULL, there is none. */
static struct member **find_member(struct instance *in, int number, sk_fd handle)
{
    static struct member *none;

    if (in->n_members == 0) {
        return &none;
    }
    struct member **at = bucket_of(in, handle);
    while (*at != NULL && ((*at)->number != number || (*at)->s.fd != handle)) {
        at = &(*at)->next;
    }
    return at;
}

void instance_remove(struct instance *in, const struct member *m)
{
    remove_member(in, find_member(in, m->number, m->s.fd));
}

bool instance_has(const struct instance *in, sk_fd handle)
{
    const struct member *m = in->n_members > 0 ? *bucket_of(in, handle) : NULL;

    while (m != NULL && m->s.fd != handle) {
        m = m->next;
    }
    return m != NULL;
}

/* The first socket of a host in it: from here on it hears what happens there. What it had of
 * another host, which is gone, it has no more. */
static void settle_in(struct instance *in, struct libsock_state *state)
{
    if (in->state == state) {
        return;
    }
    instance_empty(in);
    in->state = state;
    in->watch = (struct sk_watch){ .changed = changed, .context = in };
    sk_iface_watch(state->iface, &in->watch);
}

int instance_add(struct instance *in, int number, const struct sock_fd *s,
                 const struct epoll_event *event)
{
    settle_in(in, libsock_state_current());
    if (*find_member(in, number, s->fd) != NULL) {
        return EEXIST;
    }
    if (in->n_members >= in->n_buckets && !grow(in)) {
        return ENOMEM;
    }
    struct member *m = malloc(sizeof *m);
    if (m == NULL) {
        return ENOMEM;
    }
    struct member **bucket = bucket_of(in, s->fd);
    *m = (struct member){ .next = *bucket, .number = number, .event = *event };
    m->event.events |= ALWAYS;
    m->s.fd = s->fd;
    m->s.type = s->type;
    m->s.open = s->open;
    *bucket = m;
    in->n_members++;
    return 0;
}

static int modify(struct member *m, const struct epoll_event *event)
{
    if (m == NULL) {
        return ENOENT;
    }
    if (((event->events | m->event.events) & EPOLLEXCLUSIVE) != 0) {
        return EINVAL;
    }
    m->event = *event;
    m->event.events |= ALWAYS;
    return 0;
}

static int take_out(struct instance *in, struct member **at)
{
    if (*at == NULL) {
        return ENOENT;
    }
    remove_member(in, at);
    return 0;
}

/* Under the lock. 0, or an errno. */
static int control(struct instance *in, int operation, int number, const struct sock_fd *s,
                   const struct epoll_event *event)
{
    switch (operation) {
    case EPOLL_CTL_ADD:
        return instance_add(in, number, s, event);
    case EPOLL_CTL_MOD:
        return modify(*find_member(in, number, s->fd), event);
    case EPOLL_CTL_DEL:
        return take_out(in, find_member(in, number, s->fd));
    default:
        return EINVAL;
    }
}

/* Whether the kernel has an instance under that number: asked to take out what it does not have,
 * it says so, and else what is wrong. */
static bool is_instance(int epfd, int number)
{
    return epfd != number && __real_epoll_ctl(epfd, EPOLL_CTL_DEL, number, NULL) < 0 &&
           errno == ENOENT;
}

static bool is_wrong_mode(int operation, const struct epoll_event *event)
{
    return operation == EPOLL_CTL_ADD && (event->events & EPOLLEXCLUSIVE) != 0 &&
           (event->events & ~EXCLUSIVE_MAY) != 0;
}

/* Whoever sleeps in the kernel alone does not hear of what is ours: it is to come back. */
static void ring(struct instance *in, int epfd)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = in };

    if (__atomic_load_n(&in->n_asleep, __ATOMIC_SEQ_CST) == 0 || in->alarm > 0) {
        return;
    }
    in->alarm = sk_own_fd_take((int)syscall(SYS_eventfd2, 1, EFD_CLOEXEC));
    __real_epoll_ctl(epfd, EPOLL_CTL_ADD, in->alarm, &event);
}

/* The last one out turns it off. */
int instance_take_alarm(struct instance *in, struct epoll_event *events, int n)
{
    int left = 0;

    for (int i = 0; i < n; i++) {
        if (events[i].data.ptr != in) {
            events[left++] = events[i];
        }
    }
    state_enter();
    if (in->alarm > 0 && __atomic_load_n(&in->n_asleep, __ATOMIC_SEQ_CST) == 0) {
        sk_own_fd_remove(in->alarm);
        syscall(SYS_close, in->alarm); /* close() may be ours */
        in->alarm = 0;
    }
    state_leave();
    return left;
}

/* Of a socket of ours. A member that is new, or wanted for something else, may have it already. */
static int control_ours(struct instance *in, int epfd, int operation, int number,
                        struct epoll_event *event)
{
    struct sk_iface *iface = state_enter();
    const struct sock_fd *s = fd_find(number);
    int wrong = s != NULL ? control(in, operation, number, s, event) : EBADF;

    if (wrong == 0 && operation != EPOLL_CTL_DEL) {
        sk_iface_tell(iface, s->fd);
        ring(in, epfd);
    }
    state_leave();
    return wrong == 0 ? 0 : errno_fail(wrong);
}

static void count_foreign(struct instance *in, int operation)
{
    int change = operation == EPOLL_CTL_ADD ? 1 : operation == EPOLL_CTL_DEL ? -1 : 0;

    __atomic_fetch_add(&in->n_foreign, change, __ATOMIC_RELEASE);
}

/* What the kernel refuses may be no instance at all. */
static int control_foreign(int epfd, int operation, int fd, struct epoll_event *event)
{
    int result = __real_epoll_ctl(epfd, operation, fd, event);
    struct instance *in = result == 0 ? instance_get(epfd, true) : NULL;

    if (in != NULL) {
        count_foreign(in, operation);
        instance_put(in);
    } else if (result == 0) {
        epoll_note_unseen();
    }
    return result;
}

int __wrap_epoll_ctl(int epfd, int operation, int fd, struct epoll_event *event)
{
    bool ours = fd_find(fd) != NULL;

    epoll_use_inherited(epfd);
    if (start_is_child()) {
        epoll_note_unseen();
        return __real_epoll_ctl(epfd, operation, fd, event);
    }
    if (ours && !is_instance(epfd, fd)) {
        return errno == ENOENT || epfd == fd ? errno_fail(EINVAL) : -1;
    }
    if (ours && operation != EPOLL_CTL_DEL && event == NULL) {
        return errno_fail(EFAULT);
    }
    if (ours && is_wrong_mode(operation, event)) {
        return errno_fail(EINVAL);
    }
    if (!ours) {
        return control_foreign(epfd, operation, fd, event);
    }
    struct instance *in = instance_get(epfd, true);
    if (in == NULL) {
        return errno_fail(ENOMEM);
    }
    int result = control_ours(in, epfd, operation, fd, event);
    instance_put(in);
    return result;
}

/* ---- From us to the kernel ---- */

struct handed {
    int number;
    sk_fd handle;
};

/* One that was told once, and waits to be asked for again, cannot be had from the kernel: there it
 * waits for an error or a hang-up all the same. */
static void hand_over(int epfd, struct instance *in, void *socket)
{
    const struct handed *h = socket;
    struct member **at = find_member(in, h->number, h->handle);

    if (*at == NULL) {
        return;
    }
    struct epoll_event event = (*at)->event;
    remove_member(in, at);
    if (__real_epoll_ctl(epfd, EPOLL_CTL_ADD, h->number, &event) == 0) {
        count_foreign(in, EPOLL_CTL_ADD);
    }
}

void epoll_handed_over(int fd)
{
    struct handed handed = { .number = fd, .handle = fd_peek(fd)->fd };

    instance_each(hand_over, &handed);
}
