/* SPDX-License-Identifier: BSD-3-Clause */
/* in6addr_any, in6addr_loopback: POSIX.1-2017, XBD netinet/in.h. */
#include <netinet/in.h>

__attribute__((weak)) const struct in6_addr in6addr_any = IN6ADDR_ANY_INIT;
__attribute__((weak)) const struct in6_addr in6addr_loopback = IN6ADDR_LOOPBACK_INIT;
