/* SPDX-License-Identifier: BSD-3-Clause */
/* Names that the environment gives addresses to: LIBSOCK_HOSTS, a list of NAME=ADDRESS with commas.
 * They come before /etc/hosts and every server. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"

#define BOARD_HOST_NAME_SIZE 254 /* with its NUL, RFC 1035 2.3.4 */

struct board_host {
    char name[BOARD_HOST_NAME_SIZE]; /* as it was written */
    struct ip_addr addr;
};

/** Reads NAME=ADDRESS, `len` octets. False: the address is no IPv4 one that a host can have, or the
 * name cannot be one that is looked up: it reads as a number, is below localhost or invalid (RFC
 * 6761), or has characters beside letters, digits, `-`, `_` and dots between them. */
bool board_host_parse(const char *text, size_t len, struct board_host *out);

/** Each element of a list is one, and there is one. */
bool board_hosts_valid(const char *list);

/** Number `i` of LIBSOCK_HOSTS; false past the last, or where that is not valid. Before there is a
 * network, too. */
bool libsock_board_host(size_t i, struct board_host *out);
