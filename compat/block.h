/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting. block_on is the only loop in the library that waits; blocking, O_NONBLOCK and timeouts
 * are the same path with three deadlines.
 */
#pragma once

#include "libsock.h"
#include "port/port.h"

#define AT_ONCE ((instant)0) /* a deadline that has always passed: the operation may not wait */

#define BACKGROUND_EVERY                                                                           \
    ((duration)10000) /* us: how often a blocked call lets other work of the program run */

/**
 * Drives the host until the operation is done, and what it queued has left, or until the deadline:
 * then SK_AGAIN. SK_DEADLOCK when it would wait inside the background hook. Takes the port's lock.
 */
enum sk_err block_on(const struct port *port, struct sk_iface *iface, struct sk_op *op,
                     instant deadline);

/** As block_on, and polls the operation at least every `step`, for what the port cannot wait for.
 */
enum sk_err block_on_stepping(const struct port *port, struct sk_iface *iface, struct sk_op *op,
                              instant deadline, duration step);

/** Microseconds from now as a deadline; 0 is no deadline. */
instant block_deadline(const struct port *port, duration timeout);
