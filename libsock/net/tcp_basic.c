/* SPDX-License-Identifier: BSD-3-Clause */
/* The smallest TCP: what every peer understands. */
#include "libsock.h"
#include "proto/tcp/profile.h"

const struct tcp_profile sk_tcp_basic = {
    .name = "basic",
    .recovery = &tcp_newreno,
    .congestion = &tcp_reno,
};
