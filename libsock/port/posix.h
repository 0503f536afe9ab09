/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The port for hosts with POSIX threads and Linux's eventfd. Of the threads that wait, one, the
 * leader, sleeps (sk_own_poll) on the descriptors of the interface's links; the others, its
 * followers, sleep until something happens to what they wait for. A thread that leaves something
 * behind which the leader does not wait for, such as an earlier timer or a new host socket, wakes
 * it. A leader that goes away wakes one follower, which takes its place.
 *
 * Leader or follower, the thread whose signal handler ran is the one whose idle says so, and no
 * signal is missed that arrives after the wait began (port/posix_signal.h). One that is sent to the
 * process goes to a thread that does not hold it: while the usual one looks at the stack, that may
 * be another. A handler must not call into the stack, where it may have interrupted its own thread,
 * nor fork; it may leave by siglongjmp when no other thread is in the stack. While one runs that
 * interrupted a thread which was to wait for all, nobody does.
 *
 * A thread may be cancelled while it waits, and nowhere else in the stack (pthread_setcancelstate).
 */
#pragma once

#include <pthread.h>
#include <stddef.h>

#include "base/err.h"
#include "port/port.h"

struct pollfd;

/* What a thread would wait for. */
struct port_posix_wait {
    struct pollfd *fds; /* an eventfd, then those of the links; those of the program come after */
    size_t n_fds;
    size_t cap_fds;
};

struct port_posix_follower {
    struct port_posix_follower *next;
    const struct port_wait *wait;    /* NULL: for everything */
    int fd;                          /* an eventfd: told */
    struct port_posix_wait wait_fds; /* that, then the program's */
    bool taken;                      /* by a thread */
    bool waiting;                    /* it has not been told yet */
};

struct port_posix {
    struct port port;
    pthread_mutex_t mutex;
    bool ending; /* set once: the mutex is `last`'s alone */
    pthread_t last;
    struct port_posix_follower *followers; /* as many as there were at once, kept for the next */
    size_t n_told;                         /* of them, that are not back yet */
    int wake_fd;
    struct sk_iface *iface;         /* that was waited for last */
    struct sk_watch watch;          /* of it */
    bool leading;                   /* a thread sleeps in ppoll; the following are about it */
    bool called;                    /* and has been woken */
    const struct port_wait *leader; /* NULL: it waits for everything */
    instant until;
    struct port_posix_wait led_fds;
    bool several_cores; /* that the process may run on */
    uint32_t trust;   /* waits that begin with a spin, before one has to show again that it pays */
    uint32_t n_waits; /* without one */
    struct port_posix_wait scratch;
};

#ifdef __cplusplus
extern "C" {
#endif

/** SK_NO_SOCKETS: the process has no descriptor left. The structure must not move afterwards. */
enum sk_err sk_port_posix_init(struct port_posix *p);

/** Nobody waits any more; the interface that was waited for is still there. */
void sk_port_posix_destroy(struct port_posix *p);

/** Sets other work of the program, see struct port; NULL: none. A signal that comes while it runs
 * interrupts no call. */
void sk_port_posix_set_background(struct port_posix *p, void (*work)(const struct port *port));

#ifdef __cplusplus
}
#endif
