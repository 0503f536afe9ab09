/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who sleeps, and who is woken: port/posix.h says how. Functions that a host program may wrap
 * (-Wl,--wrap=poll and so on) are not called here: hence
 * sk_own_poll, and eventfd_read and eventfd_write.
 */
#pragma once

#include "port/posix.h"

/* Members of struct port. */
void threads_lock(const struct port *port);
void threads_unlock(const struct port *port);
void threads_halt_others(const struct port *port);
void threads_wake(const struct port *port);
enum port_idle threads_idle(const struct port *port, struct sk_iface *iface, instant until,
                            const struct port_wait *wait);

/** SK_NO_SOCKETS: the process has no descriptor left. */
enum sk_err threads_start(struct port_posix *p);

/** Nobody sleeps any more. */
void threads_end(struct port_posix *p);
