/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv6 addresses as text, for programs that name both families: nothing else here knows any. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define INET6_LEN 16 /* octets */

/** inet_pton's AF_INET6 (RFC 4291 2.2): 1, or 0 and nothing at `out` when it is no address. */
int inet6_read(const char *text, uint8_t out[INET6_LEN]);

/** inet_ntop's (RFC 5952). NULL: `len` octets at `out` are too few. */
const char *inet6_write(const uint8_t addr[INET6_LEN], char *out, size_t len);
