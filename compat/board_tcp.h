/* SPDX-License-Identifier: BSD-3-Clause */
/* The TCP of libslirp's board: all that there is. */
#pragma once

#include "proto/tcp/profile.h"

#define BOARD_CONGESTION "reno" /* of a new socket, unless another one is asked for */

/** sk_tcp_bbr, of whose congestion controls a new socket has the one of this name, which there is.
 * Valid until the next call. */
const struct tcp_profile *board_tcp(const char *congestion);
