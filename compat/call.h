/* SPDX-License-Identifier: BSD-3-Clause */
/* What the calls that may wait have in common: their deadline, and a host that has no address yet.
 */
#pragma once

#include "compat/fd.h"
#include "libsock.h"

#define CONFIG_WAIT ((duration)30000000) /* us: how long a call waits for DHCP, at most */

/** When a call on `s` has to be done: AT_ONCE for O_NONBLOCK and MSG_DONTWAIT, else `timeout`
 * milliseconds from now; 0: NEVER. */
instant call_deadline(const struct sock_fd *s, int flags, uint32_t timeout);

/** Waits on the current host until the operation is done, until the deadline, or for a signal. */
enum sk_err call_block(struct sk_op *op, instant deadline);

/** A part of call_block, up to a time before its deadline. */
enum sk_err call_block_until(struct sk_op *op, instant until, instant deadline);

/** As call_block, and no signal ends it. */
enum sk_err call_block_through(struct sk_op *op, instant deadline);

/**
 * As call_block, for an operation that fails for want of an address of our own: it is tried again
 * until there is one, or until the deadline, CONFIG_WAIT at most. Then SK_NET_UNREACHABLE.
 */
enum sk_err call_block_for_route(struct sk_op *op, instant deadline);

/** Waits for an address of our own alone, through any signal. */
enum sk_err call_await_address(instant deadline);

/** Closes a socket as its SO_LINGER says, but without waiting. Under the lock. */
enum sk_err call_end(struct sk_iface *iface, sk_fd handle, int32_t linger);

/** Closes a number of ours, and its socket if it has no other, which SO_LINGER may make it wait
 * for; `give_up` makes the number nobody's, under the port's lock. SK_INVALID_SOCKET: it is ours no
 * more. */
enum sk_err call_close(int fd, void (*give_up)(int fd));

/** An address to send to: the unspecified one means this host, as on Linux. */
struct sk_addr call_destination(struct sk_addr to);
