/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the options of one kind are read and set. A row of the table in sockopt.c names a kind, and
 * `what` it is of that kind. All return 0, or -1 and errno.
 */
#pragma once

#include <stddef.h>
#include <sys/socket.h>

#include "compat/fd.h"
#include "libsock.h"

struct option_kind {
    /* Writes up to `*len` octets at `value` and says in `*len` how many; neither is NULL. */
    int (*get)(struct sock_fd *s, int what, void *value, socklen_t *len);
    /* NULL: to be read only. `value` is NULL only if `len` is 0. */
    int (*set)(struct sock_fd *s, int what, const void *value, socklen_t len);
};

/** getsockopt and setsockopt of a socket of ours. 0, or -1 and errno. */
int option_get(struct sock_fd *s, int level, int option, void *value, socklen_t *len);
int option_set(struct sock_fd *s, int level, int option, const void *value, socklen_t len);

/* ---- The core's: option_core.c. `what` is an enum sk_option ---- */

extern const struct option_kind option_number;
extern const struct option_kind option_switch;
extern const struct option_kind option_error;      /* SO_ERROR */
extern const struct option_kind option_congestion; /* TCP_CONGESTION: a name */

/** As option_number; as on Linux 0 means 1, and a negative one all there is room for. */
extern const struct option_kind option_lowat;

/** As option_number, of IP: an octet will do, too, as BSD has it (ip(7), IP_MULTICAST_TTL). */
extern const struct option_kind option_ip_number;

/* ---- The shim's own: option_shim.c ---- */

enum option_fact { OPTION_TYPE, OPTION_DOMAIN, OPTION_PROTOCOL, OPTION_SNDLOWAT };
enum option_timeout { OPTION_RECEIVE, OPTION_SEND };

extern const struct option_kind option_fact;    /* enum option_fact */
extern const struct option_kind option_timeout; /* enum option_timeout: struct timeval */
extern const struct option_kind option_linger;  /* SO_LINGER: struct linger */
extern const struct option_kind option_tells;   /* enum fd_tells */
extern const struct option_kind option_debug;   /* SO_DEBUG: off, and EACCES to turn it on */

/* ---- Of AF_INET6: option_inet6.c ---- */

extern const struct option_kind option_v6only; /* IPV6_V6ONLY: before bind */
extern const struct option_kind
    option_inet6_number; /* numbers of the core's by their names in IPv6 */

/* ---- option_device.c ---- */

extern const struct option_kind option_device; /* SO_BINDTODEVICE: a name */

/* ---- option_tcp_info.c ---- */

extern const struct option_kind option_tcp_info; /* TCP_INFO: struct tcp_info */

/* ---- Structures of IP: option_ip.c ---- */

extern const struct option_kind option_options;      /* IP_OPTIONS: octets */
extern const struct option_kind option_membership;   /* struct ip_mreq or ip_mreqn; 1: joins */
extern const struct option_kind option_multicast_if; /* struct in_addr, ip_mreq or ip_mreqn */

/* ---- What they are made of: sockopt.c ---- */

/** Writes `size` octets, or as many as `*len` has room for. */
int option_give(const void *value, size_t size, void *out, socklen_t *len);

/** Writes an int, unless there was an error. */
int option_give_number(enum sk_err err, int value, void *out, socklen_t *len);

/** Reads an int. EINVAL: it is shorter than one. */
int option_take_number(const void *value, socklen_t len, int *out);
