/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A connect that may not wait, on a host that has no address yet, is deferred: whoever looks at the
 * socket next starts it. All of this runs with the port's lock held, connect_await excepted.
 */
#pragma once

#include "compat/fd.h"
#include "libsock.h"

/** Starts a deferred connect when there is an address; gives it up after CONFIG_WAIT. */
void connect_advance(struct sock_fd *s, struct sk_iface *iface, instant now);

/** enum sk_readiness of a descriptor, a deferred connect included. */
uint32_t connect_readiness(struct sock_fd *s, struct sk_iface *iface, instant now);

/** SO_ERROR, reading clears it. SK_INVALID_SOCKET when the socket is gone. */
enum sk_err connect_take_error(struct sock_fd *s, struct sk_iface *iface, instant now,
                               enum sk_err *error);

/** Before data can move on `fd`, which was the entry's when the call began: SK_OK, or what became
 * of a deferred connect. Takes the lock itself. */
enum sk_err connect_await(struct sock_fd *s, sk_fd fd, instant deadline);
