/* SPDX-License-Identifier: BSD-3-Clause */
/* What holds of a connection's books whatever happens (RFC 9293 3.3.1; RFC 8985 5). Tests ask after
 * every poll of a host and every event of a script. */
#pragma once

#include "libsock.h"
#include "proto/tcp/tcp.h"

/** What does not hold of a connection, or NULL. */
const char *books_fault(const struct tcp_sock *tcp, instant now);

/** What does not hold of one of a host's connections, or NULL. */
const char *books_fault_of_any(const struct sk_iface *iface, instant now);
