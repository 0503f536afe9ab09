/* SPDX-License-Identifier: BSD-3-Clause */
/* The whole operating system, as the shim sees it. A port embeds this structure as its first
 * member. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"
#include "libsock.h"

struct pollfd;

/* What one thread waits for, where there may be several: one of them waits for the host and the
 * links, on behalf of all. */
struct port_wait {
    instant until;          /* its own deadline */
    const struct sk_op *op; /* what it waits for, where a port reports it; NULL: something else */

    /** Whether what happened to this socket may end the wait. SK_FD_NONE: anything happened, such
     * as an address that came or a name that was resolved. Under the port's lock. */
    bool (*concerns)(const struct port_wait *wait, sk_fd fd);

    /** A sigset_t, where there are signals: the thread holds these back while it waits. NULL: those
     * that it holds back anyway. */
    const void *mask;

    /** Descriptors of the program's that end the wait, too: as wait_fds of a link. NULL: none.
     * Under the port's lock. */
    size_t (*wait_fds)(const struct port_wait *wait, struct pollfd *fds, size_t n);
};

/** Whether an idle was ended by a signal handler that ran in this thread. */
enum port_idle {
    PORT_WOKEN,       /* it was not */
    PORT_INTERRUPTED, /* it was */
    PORT_RESTART,     /* it was, and its program wants calls to go on after it (SA_RESTART) */
};

struct port {
    /** The monotonic clock. Interrupt-safe. */
    instant (*now)(const struct port *port);

    /** Microseconds since 1970-01-01 UTC, or -1 when nobody knows. */
    int64_t (*realtime)(const struct port *port);

    /**
     * Waits until `until`, until a link of `iface` has something, or until wake: whatever comes
     * first. While another thread waits like that it waits for `wait` alone; NULL: for everything.
     * Called with the lock held; releases it while it waits and has it again when it returns. May
     * return early. From then until unlock, signals wait too, where there are any: a loop that
     * idles unlocks in each round.
     */
    enum port_idle (*idle)(const struct port *port, struct sk_iface *iface, instant until,
                           const struct port_wait *wait);

    /** Whether idle waits for `wait_fds`; where it does not, somebody has to look again. */
    bool waits_for_fds;

    /** Other work of the program, called without the lock at least every 10 ms of a blocked call,
     * by the thread that is blocked: with several threads, by several at once. May be NULL. */
    void (*background)(const struct port *port);

    /** Ends an idle, now or the next one. Interrupt-safe. */
    void (*wake)(const struct port *port);

    /** Fills `out` with `len` octets that nobody can guess; false when there is no such source. */
    bool (*entropy)(const struct port *port, void *out, size_t len);

    /** One thread at a time in the stack. Not recursive. */
    void (*lock)(const struct port *port);
    void (*unlock)(const struct port *port);

    /** The program ends: from now on the calling thread alone gets the lock, and those that want it
     * sleep until the process is gone. Called without the lock. NULL: there is one thread. */
    void (*halt_others)(const struct port *port);
};
