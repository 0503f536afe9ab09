/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting. block_on is the only loop in the library that waits; blocking, O_NONBLOCK and timeouts
 * are the same path with three deadlines.
 */
#pragma once

#include "libsock.h"
#include "port/port.h"

struct pollfd;

#define AT_ONCE ((instant)0) /* a deadline that has always passed: the operation may not wait */

#define BACKGROUND_EVERY                                                                           \
    ((duration)10000) /* us: how often a blocked call lets other work of the program run */

/* What a signal handler does to the wait of the thread that it runs in. */
enum block_signal {
    BLOCK_GOES_ON,
    BLOCK_RESTARTS, /* goes on if handlers were installed with SA_RESTART, else it ends */
    BLOCK_ENDS,
};

struct block_how {
    instant deadline;

    /** How soon the operation is polled again at the latest, for what the port cannot wait for; 0:
     * need not be. `port_waits`: the port waits for those of wait_fds. NULL: 0. */
    duration (*step)(const struct sk_op *op, bool port_waits);

    /** Descriptors that are not ours and may let the operation go on, as of a port_wait. NULL:
     * none. */
    size_t (*wait_fds)(const struct sk_op *op, struct pollfd *fds, size_t n);
    enum block_signal signal;
    const void *mask;  /* of port_wait */
    bool ends_program; /* the background hook runs no more, and may be where this is called */

    /** Whether something that happened to this socket, or (SK_FD_NONE) anywhere, may let the
     * operation go on. NULL: what happened to its own socket; for one without, everything. */
    bool (*concerns)(const struct sk_op *op, sk_fd fd);
};

/**
 * Drives the host until the operation is done, and what it queued has left, or until the deadline:
 * then SK_AGAIN. SK_DEADLOCK when it would wait inside the background hook, SK_INTERRUPTED when a
 * signal handler ran and the operation is not done all the same. Takes the port's lock.
 */
enum sk_err block_as(const struct port *port, struct sk_iface *iface, struct sk_op *op,
                     struct block_how how);

/** The same, and no signal ends it. */
enum sk_err block_on(const struct port *port, struct sk_iface *iface, struct sk_op *op,
                     instant deadline);

/** Whether what happens to this socket is done to it by an operation on it, a receive or a send: it
 * is ready for nothing more then, or is told of (sk_iface_tell) after it. Under the port's lock. */
bool block_acts_on(sk_fd fd);

/** Microseconds from now as a deadline; 0 is no deadline. */
instant block_deadline(const struct port *port, duration timeout);
