/* SPDX-License-Identifier: BSD-3-Clause */
/* The numbers of instances of epoll, and what becomes of both over a fork: see epoll_instance.h. */
#include "compat/epoll_instance.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "compat/epoll_host.h"
#include "compat/foreign.h"

/* A number of members that no program has: others may have added some. */
#define SHARED (1 << 30)

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

static bool unseen; /* an instance may have members of the kernel's that we know nothing of */

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

/* Its last number was closed, and nobody waits in it. Members without a host are inherited. */
static void destroy(struct instance *in)
{
    if (in->state != NULL) {
        in->state->port->lock(in->state->port);
        sk_iface_unwatch(in->state->iface, &in->watch);
        instance_empty(in);
        in->state->port->unlock(in->state->port);
    }
    instance_empty(in);
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

void instance_each(void (*each)(int number, struct instance *in, void *context), void *context)
{
    pthread_mutex_lock(&names_lock);
    for (const struct name *n = names; n != NULL; n = n->next) {
        each(n->number, n->instance, context);
    }
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

void epoll_note_unseen(void)
{
    __atomic_store_n(&unseen, true, __ATOMIC_RELAXED);
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
    instance_empty(in);
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
