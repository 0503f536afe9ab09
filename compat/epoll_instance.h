/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An instance of epoll(7). Its number is the kernel's, and so are all members that are not ours:
 * edges, EPOLLONESHOT and nesting among them are its own. The members that are ours are kept here,
 * beside, with a queue of those to which something happened since they were last looked at
 * (sk_iface_watch), so that a wait costs what it returns. A wait looks at both, and sleeps on the
 * kernel's instance as on any descriptor.
 *
 * The names of instances have a lock of their own, which is taken last; what is in an instance is
 * under the port's.
 */
#pragma once

#include <stdbool.h>
#include <sys/epoll.h>

#include "base/list.h"
#include "compat/fd.h"
#include "compat/state.h"

/* What is no event but says how events are told. */
#define MODES ((uint32_t)(EPOLLET | EPOLLONESHOT | EPOLLEXCLUSIVE | EPOLLWAKEUP))

/* One number of ours in one instance. It ends with its socket, as the kernel's do, and not with the
 * number. */
struct member {
    struct list_link queue; /* first */
    struct member *next;    /* in its bucket */
    int number;
    struct sock_fd s;
    struct epoll_event event;
    bool changed; /* since its events were last told: an edge */
};

struct instance {
    unsigned n_names;  /* under names_lock, as the next */
    unsigned n_waits;  /* that go on */
    int n_foreign;     /* members of the kernel's, or more: one that was closed is not missed */
    struct list queue; /* of the members that may have something to tell */
    struct libsock_state *state; /* of the members; NULL: there never was one */
    struct sk_watch watch;       /* of its host */
    struct member **buckets;     /* by the socket's handle */
    size_t n_buckets;
    size_t n_members;
    bool inherited;    /* the members are an ancestor's, and were not asked for yet */
    bool kernel_first; /* in the next wait: neither starves the other */
    int n_asleep;      /* in the kernel alone, from before there was a host; atomic */
    int alarm;         /* in the kernel's instance, for those; 0: there is none */
};

/** The instance of a number, kept until instance_put; NULL: there is none, or (`make`) no memory.
 */
struct instance *instance_get(int number, bool make);

void instance_put(struct instance *in);

/** Calls `each` for each number of each instance, under the lock of the names. */
void instance_each(void (*each)(int number, struct instance *in, void *context), void *context);

/** One more member: a socket, which need not have the number. 0, or an errno: EEXIST, ENOMEM. Under
 * the port's lock; sk_iface_tell then makes its first events known. */
int instance_add(struct instance *in, int number, const struct sock_fd *s,
                 const struct epoll_event *event);

/** Takes all of its members out; under the port's lock, or before anybody knows it. */
void instance_empty(struct instance *in);

/** Takes out what became of a member whose socket is gone. Under the port's lock. */
void instance_remove(struct instance *in, const struct member *m);

/** Whether a member has an event that is to be told. Under the port's lock. */
bool instance_is_ready(const struct instance *in, struct sk_iface *iface, instant now);

/** Whether it is a member's socket. Under the port's lock. */
bool instance_has(const struct instance *in, sk_fd handle);

/** Of those that the kernel alone woke: takes the alarm out of the `n` events; how many are left.
 */
int instance_take_alarm(struct instance *in, struct epoll_event *events, int n);
