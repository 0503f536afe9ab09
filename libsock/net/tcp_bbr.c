/* SPDX-License-Identifier: BSD-3-Clause */
/* TCP with all that it has, and BBR; a program that does not name it does not link it. */
#include "libsock.h"
#include "proto/tcp/profile.h"

static const struct tcp_congestion *const others[] = { &tcp_cubic, &tcp_reno_iw10, NULL };

const struct tcp_profile sk_tcp_bbr = {
    .name = "bbr",
    .recovery = &tcp_rack,
    .recovery_without_sack = &tcp_newreno,
    .congestion = &tcp_bbr,
    .other_congestion = others,
    .extensions = &tcp_timestamps_and_sack,
    .path_mtu = &tcp_discover_path_mtu,
    .ecn = &tcp_ecn,
    .user_timeout = &tcp_user_timeout,
};
