/* SPDX-License-Identifier: BSD-3-Clause */
/* Instances of epoll and their members, epoll_ctl: see epoll_instance.h. */
#include "compat/epoll_instance.h"

#include <pthread.h>
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

/* A number of members that no program has: others may have added some. */
#define SHARED (1 << 30)

extern __typeof(epoll_ctl) __real_epoll_ctl;

__typeof(epoll_ctl) __wrap_epoll_ctl;

/* ---- Numbers of instances ---- */

struct name {
    struct name *next;
    int number;
    struct instance *instance;
};

#define N_NUMBERS (1 << 20) /* Linux's default for fs.nr_open */
#define BITS 32

static pthread_mutex_t names_lock = PTHREAD_MUTEX_INITIALIZER;
static struct name *names;

/* A bit for each number that has a name, so that whoever closes another one takes no lock: signal
 * handlers do. */
static uint32_t named[N_NUMBERS / BITS];

static bool is_named(int number)
{
    return number >= 0 && number < N_NUMBERS &&
           (__atomic_load_n(&named[number / BITS], __ATOMIC_ACQUIRE) >> number % BITS & 1) != 0;
}

static void note_name(int number)
{
    __atomic_fetch_or(&named[number / BITS], UINT32_C(1) << number % BITS, __ATOMIC_RELEASE);
}

static void unnote_name(int number)
{
    __atomic_fetch_and(&named[number / BITS], ~(UINT32_C(1) << number % BITS), __ATOMIC_RELEASE);
}

/* An instance may have members of the kernel's that we know nothing of. */
static bool unseen;

static pid_t forked; /* this process, when it is a child of fork */

static struct instance *find(int number)
{
    const struct name *n = names;

    while (n != NULL && n->number != number) {
        n = n->next;
    }
    return n != NULL ? n->instance : NULL;
}

static struct instance *add_name(int number, struct instance *instance)
{
    struct name *n = instance != NULL && number < N_NUMBERS ? malloc(sizeof *n) : NULL;

    if (n == NULL) {
        return NULL;
    }
    *n = (struct name){ .next = names, .number = number, .instance = instance };
    instance->n_names++;
    names = n;
    note_name(number);
    return instance;
}

static struct instance *make_instance(int number)
{
    struct instance *made = calloc(1, sizeof *made);

    if (add_name(number, made) == NULL) {
        free(made);
        return NULL;
    }
    list_init(&made->queue);
    made->n_foreign = __atomic_load_n(&unseen, __ATOMIC_RELAXED) ? 1 : 0;
    return made;
}

static void remove_member(struct instance *in, struct member **at)
{
    struct member *m = *at;

    *at = m->next;
    list_remove(&m->queue);
    in->n_members--;
    free(m);
}

static void empty(struct instance *in)
{
    for (size_t i = 0; i < in->n_buckets; i++) {
        while (in->buckets[i] != NULL) {
            remove_member(in, &in->buckets[i]);
        }
    }
}

/* Its last number was closed, and nobody waits in it. Members without a host are inherited. */
static void destroy(struct instance *in)
{
    if (in->state != NULL) {
        in->state->port->lock(in->state->port);
        sk_iface_unwatch(in->state->iface, &in->watch);
        empty(in);
        in->state->port->unlock(in->state->port);
    }
    empty(in);
    free(in->buckets);
    free(in);
}

struct instance *instance_get(int number, bool make)
{
    if (!make && !is_named(number)) {
        return NULL;
    }
    pthread_mutex_lock(&names_lock);
    struct instance *in = find(number);
    if (in == NULL && make) {
        in = make_instance(number);
    }
    if (in != NULL) {
        in->n_waits++;
    }
    pthread_mutex_unlock(&names_lock);
    return in;
}

void instance_put(struct instance *in)
{
    pthread_mutex_lock(&names_lock);
    bool over = --in->n_waits == 0 && in->n_names == 0;
    pthread_mutex_unlock(&names_lock);
    if (over) {
        destroy(in);
    }
}

static struct name *take_name(int number)
{
    struct name **at = &names;

    while (*at != NULL && (*at)->number != number) {
        at = &(*at)->next;
    }
    struct name *n = *at;
    if (n != NULL) {
        *at = n->next;
        unnote_name(number);
    }
    return n;
}

/* A child of vfork has the parent's memory, and numbers of its own. */
static bool is_borrowed(void)
{
    return start_is_child() && getpid() != forked;
}

void epoll_forget(int fd)
{
    struct instance *in = instance_get(fd, false);

    if (in == NULL) {
        return;
    }
    if (is_borrowed()) {
        instance_put(in);
        return;
    }
    pthread_mutex_lock(&names_lock);
    struct name *n = take_name(fd);
    in->n_names -= n != NULL;
    pthread_mutex_unlock(&names_lock);
    free(n);
    instance_put(in);
}

void epoll_copied(int fd, int copy)
{
    if (!is_named(fd) || copy < 0 || is_borrowed()) {
        return;
    }
    pthread_mutex_lock(&names_lock);
    add_name(copy, find(fd));
    pthread_mutex_unlock(&names_lock);
}

int epoll_next(int after)
{
    int next = -1;

    pthread_mutex_lock(&names_lock);
    for (const struct name *n = names; n != NULL; n = n->next) {
        if (n->number > after && (next < 0 || n->number < next)) {
            next = n->number;
        }
    }
    pthread_mutex_unlock(&names_lock);
    return next;
}

bool epoll_has_members(int fd)
{
    if (!is_named(fd)) {
        return false;
    }
    epoll_use_inherited(fd);
    pthread_mutex_lock(&names_lock);
    const struct instance *in = find(fd);
    bool has = in != NULL && in->n_members > 0;
    pthread_mutex_unlock(&names_lock);
    return has;
}

bool epoll_is_ready(int fd, struct sk_iface *iface, instant now)
{
    pthread_mutex_lock(&names_lock);
    const struct instance *in = find(fd);
    bool ready = in != NULL && instance_is_ready(in, iface, now);
    pthread_mutex_unlock(&names_lock);
    return ready;
}

/* ---- Members ---- */

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
    empty(in);
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
    in->alarm = sk_own_fd_take(eventfd(1, EFD_CLOEXEC));
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

static int control_foreign(struct instance *in, int epfd, int operation, int fd,
                           struct epoll_event *event)
{
    int result = __real_epoll_ctl(epfd, operation, fd, event);

    if (result == 0) {
        int change = operation == EPOLL_CTL_ADD ? 1 : operation == EPOLL_CTL_DEL ? -1 : 0;
        __atomic_fetch_add(&in->n_foreign, change, __ATOMIC_RELAXED);
    }
    return result;
}

int __wrap_epoll_ctl(int epfd, int operation, int fd, struct epoll_event *event)
{
    bool ours = fd_find(fd) != NULL;

    epoll_use_inherited(epfd);
    if (start_is_child()) {
        __atomic_store_n(&unseen, true, __ATOMIC_RELAXED);
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
    struct instance *in = instance_get(epfd, true);
    if (in == NULL) {
        return errno_fail(ENOMEM);
    }
    int result = ours ? control_ours(in, epfd, operation, fd, event)
                      : control_foreign(in, epfd, operation, fd, event);
    instance_put(in);
    return result;
}

/* ---- From us to the kernel ---- */

/* Who waits in it sleeps on no descriptor of the kernel's, if this is the first one: it is told.
 * One that was told once, and waits to be asked for again, cannot be had from the kernel: there it
 * waits for an error or a hang-up all the same. */
static void hand_over(int epfd, struct instance *in, int fd, sk_fd handle)
{
    struct member **at = find_member(in, fd, handle);

    if (*at == NULL) {
        return;
    }
    struct epoll_event event = (*at)->event;
    sk_iface_tell(in->state->iface, handle);
    remove_member(in, at);
    control_foreign(in, epfd, EPOLL_CTL_ADD, fd, &event);
}

void epoll_handed_over(int fd)
{
    const struct sock_fd *s = fd_peek(fd);

    pthread_mutex_lock(&names_lock);
    for (const struct name *n = names; n != NULL; n = n->next) {
        hand_over(n->number, n->instance, fd, s->fd);
    }
    pthread_mutex_unlock(&names_lock);
}

/* ---- Over a fork ---- */

/*
 * Parent and child have one instance of the kernel's, and each what it keeps beside it. What the
 * parent has there, the child has not: on its first use of the instance it has the owner of the
 * sockets hand them over, and so they are the kernel's for both.
 */

static pthread_mutex_t asking = PTHREAD_MUTEX_INITIALIZER; /* taken before all others */

static bool inherited_any;

void epoll_forking(void)
{
    pthread_mutex_lock(&names_lock);
    for (const struct name *n = names; n != NULL; n = n->next) {
        __atomic_store_n(&n->instance->n_foreign, SHARED, __ATOMIC_RELAXED);
    }
    pthread_mutex_unlock(&names_lock);
}

void epoll_forked(void)
{
    pthread_mutex_init(&names_lock, NULL);
    pthread_mutex_init(&asking, NULL);
}

/* Whoever waited in it is not in this process. */
static void inherit(struct instance *in)
{
    in->state = NULL;
    in->n_waits = 0;
    in->n_asleep = 0;
    in->alarm = 0;
    in->inherited = in->n_members > 0;
}

static void forget_names(void)
{
    for (const struct name *n = names; n != NULL; n = n->next) {
        unnote_name(n->number);
    }
    names = NULL;
}

void epoll_forget_all(bool inherits)
{
    forked = getpid();
    unseen = true;
    inherited_any = inherits;
    if (!inherits) {
        forget_names();
    }
    for (const struct name *n = names; n != NULL; n = n->next) {
        inherit(n->instance);
    }
}

static void ask_for_members(struct instance *in)
{
    for (size_t i = 0; i < in->n_buckets; i++) {
        for (const struct member *m = in->buckets[i]; m != NULL; m = m->next) {
            foreign_use_inherited(m->number);
        }
    }
    empty(in);
    in->inherited = false;
}

void epoll_use_inherited(int epfd)
{
    if (!inherited_any || !is_named(epfd) || is_borrowed()) {
        return;
    }
    int before = foreign_forbid_cancel();
    pthread_mutex_lock(&asking);
    struct instance *in = instance_get(epfd, false);
    if (in != NULL && in->inherited) {
        ask_for_members(in);
    }
    pthread_mutex_unlock(&asking);
    if (in != NULL) {
        instance_put(in);
    }
    foreign_allow_cancel(before);
}
