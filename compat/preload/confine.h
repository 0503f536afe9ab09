/* SPDX-License-Identifier: BSD-3-Clause */
/* How sockrun keeps its programs from the real network, where LD_PRELOAD does not reach: what the C
 * library calls by itself, such as its resolver, static programs that others run, system calls
 * without the C library. */
#pragma once

/* The fourth argument of socket, which takes three, where it is libsock that asks for one of the
 * internet. It keeps no secret: who wants to get past libsock can. */
#define CONFINE_TOKEN 0x6c69627eu

/**
 * From here on, in this process and all that come of it, the kernel makes sockets of AF_INET,
 * AF_INET6 and AF_PACKET for libsock alone, and for others says EACCES; io_uring, which makes
 * sockets in a way of its own, is ENOSYS, and nobody gains privileges by an exec. -1 and errno: the
 * kernel cannot do it.
 */
int confine(void);
