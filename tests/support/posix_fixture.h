/* SPDX-License-Identifier: BSD-3-Clause */
/* A host over a link that is quiet, and threads that sleep on it through the POSIX port. */
#pragma once

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libsock.h"
#include "link/link.h"
#include "port/posix.h"
#include "tests/support/suite.h"

#define MAX_FDS 40
#define N_ROUNDS 20000

/* A link that is silent but for a packet that nobody wants, when it is told to; what it waits for
 * can be set. */
struct quiet_link {
    struct link link;
    int fds[MAX_FDS];
    size_t n_fds;
    short events;
    bool has_packet;
    instant at;
};

static struct port_posix posix;
static const struct port *port;
static struct quiet_link quiet;
static struct sk_iface *iface;
static void *memory;
static int pipe_[2];

static inline struct pkt *quiet_rx(struct link *link, struct pkt_pool *pool, instant now)
{
    struct quiet_link *q = (struct quiet_link *)link;
    struct pkt *pkt;

    (void)now;
    if (!q->has_packet) {
        return NULL;
    }
    q->has_packet = false;
    pkt = sk_pkt_alloc(pool, 0);
    *sk_pkt_put(pkt, 1) = 0xff;
    return pkt;
}

static inline enum sk_err quiet_tx(struct link *link, struct pkt *pkt, instant now)
{
    (void)link;
    (void)now;
    sk_pkt_free(pkt);
    return SK_OK;
}

static inline instant quiet_poll_at(const struct link *link)
{
    return ((const struct quiet_link *)link)->at;
}

static inline size_t quiet_wait_fds(struct link *link, struct pollfd *fds, size_t n)
{
    const struct quiet_link *q = (const struct quiet_link *)link;
    size_t i;

    for (i = 0; i < q->n_fds && i < n; i++) {
        fds[i] = (struct pollfd){ .fd = q->fds[i], .events = q->events };
    }
    return q->n_fds;
}

static const struct link_ops quiet_ops = {
    .rx = quiet_rx, .tx = quiet_tx, .poll_at = quiet_poll_at, .wait_fds = quiet_wait_fds
};

static inline void start(void)
{
    struct sk_config config = { .size = sizeof(config) };
    struct sk_netif_config netif = { .name = "q", .addr = ip4(0x0a090901), .prefix_len = 24 };
    size_t len = sk_iface_size(&config);

    ck_assert_int_eq(sk_port_posix_init(&posix), SK_OK);
    port = &posix.port;
    ck_assert_int_eq(pipe(pipe_), 0);
    quiet = (struct quiet_link){
        .link = { .ops = &quiet_ops, .medium = LINK_IP, .mtu = 1500 },
        .fds = { pipe_[0] },
        .n_fds = 1,
        .events = POLLIN,
        .at = NEVER,
    };
    memory = aligned_alloc(16, (len + 15) & ~(size_t)15);
    iface = sk_iface_init(&config, memory, len, port->now(port));
    ck_assert_ptr_nonnull(iface);
    ck_assert_int_eq(sk_netif_add(iface, &quiet.link, &netif, port->now(port), NULL), SK_OK);
}

static inline void end(void)
{
    sk_port_posix_destroy(&posix);
    close(pipe_[0]);
    close(pipe_[1]);
    free(memory);
}

static inline void idle(instant until)
{
    port->lock(port);
    port->idle(port, iface, until, NULL);
    port->unlock(port);
}

static inline void make_readable(void)
{
    ck_assert_int_eq(write(pipe_[1], "x", 1), 1);
}

/* Waits until a thread sleeps for all. */
static inline void await_leader(void)
{
    bool leading = false;

    while (!leading) {
        pthread_mutex_lock(&posix.mutex);
        leading = posix.leading;
        pthread_mutex_unlock(&posix.mutex);
    }
}

struct sleeper {
    struct port_wait wait; /* first */
    pthread_t thread;
    instant until; /* for whoever leads */
    sk_fd fd;      /* what it waits for; SK_FD_NONE: everything */
    bool returned; /* under the port's lock, like the following */
    bool persists; /* it sleeps again, as long as this is so */
    int n_sleeps;  /* that it began */
};

static inline bool sleeper_concerned(const struct port_wait *wait, sk_fd fd)
{
    const struct sleeper *s = (const struct sleeper *)(const void *)wait;

    return s->fd == SK_FD_NONE || s->fd == fd;
}

static inline void *sleeper_main(void *arg)
{
    struct sleeper *s = arg;

    port->lock(port);
    do {
        s->n_sleeps++;
        port->idle(port, iface, s->until, &s->wait);
    } while (s->persists);
    s->returned = true;
    port->unlock(port);
    port->lock(port); /* once more, most likely before whom the first woke is here */
    port->unlock(port);
    return NULL;
}

static inline void sleeper_run(struct sleeper *s)
{
    s->wait.concerns = sleeper_concerned;
    ck_assert_int_eq(pthread_create(&s->thread, NULL, sleeper_main, s), 0);
}

static inline void sleeper_start(struct sleeper *s, instant until)
{
    *s = (struct sleeper){ .wait.until = until, .until = until, .fd = SK_FD_NONE };
    sleeper_run(s);
}

static inline void sleeper_start_once_for(struct sleeper *s, sk_fd fd)
{
    *s = (struct sleeper){ .wait.until = NEVER, .until = NEVER, .fd = fd };
    sleeper_run(s);
}

/* Sleeps for one socket, again and again. */
static inline void sleeper_start_for(struct sleeper *s, sk_fd fd)
{
    *s = (struct sleeper){ .wait.until = NEVER, .until = NEVER, .fd = fd, .persists = true };
    sleeper_run(s);
}

static inline int sleeper_count(const struct sleeper *s)
{
    int n;

    pthread_mutex_lock(&posix.mutex);
    n = s->n_sleeps;
    pthread_mutex_unlock(&posix.mutex);
    return n;
}

static inline size_t count_waiting(void)
{
    size_t n = 0;

    pthread_mutex_lock(&posix.mutex);
    for (const struct port_posix_follower *f = posix.followers; f; f = f->next) {
        n += f->waiting;
    }
    pthread_mutex_unlock(&posix.mutex);
    return n;
}

static inline void await_followers(size_t n)
{
    while (count_waiting() != n) {
    }
}

static inline void sleeper_stop(struct sleeper *s)
{
    pthread_mutex_lock(&posix.mutex);
    s->persists = false;
    pthread_mutex_unlock(&posix.mutex);
}

static inline bool has_returned(const struct sleeper *s)
{
    bool returned;

    pthread_mutex_lock(&posix.mutex);
    returned = s->returned;
    pthread_mutex_unlock(&posix.mutex);
    return returned;
}
