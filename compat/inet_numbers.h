/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses as getaddrinfo and inet_addr take them, wider than inet_pton: POSIX.1-2017, XSH
 * inet_addr(). */
#pragma once

#include <stdint.h>

/** What follows an address of one to four numbers, in host order at `*bits`; NULL: there is none,
 * or a number is too large for its octets. */
const char *inet_numbers(const char *text, uint32_t *bits);
