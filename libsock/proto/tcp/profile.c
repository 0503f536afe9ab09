/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the state of a profile's tables lies: behind struct tcp_sock, in the order recovery,
 * extensions, path MTU, ECN, user timeout, congestion control, and then ranges and records.
 */
#include "proto/tcp/tcp.h"

const struct tcp_congestion *tcp_congestion_at(const struct tcp_profile *profile, uint32_t i)
{
    const struct tcp_congestion *const *other = profile->other_congestion;

    if (i == 0) {
        return profile->congestion;
    }
    while (other && *other && --i > 0) {
        other++;
    }
    return other ? *other : NULL;
}

static size_t size_of_recovery(const struct tcp_profile *profile)
{
    size_t size = profile->recovery->state_size;
    size_t other = profile->recovery_without_sack ? profile->recovery_without_sack->state_size : 0;

    return size > other ? size : other;
}

static size_t size_of_congestion(const struct tcp_profile *profile)
{
    const struct tcp_congestion *congestion;
    size_t size = 0;

    for (uint32_t i = 0; (congestion = tcp_congestion_at(profile, i)) != NULL; i++) {
        size = size > congestion->state_size ? size : congestion->state_size;
    }
    return size;
}

static struct tcp_layout layout_of(const struct tcp_profile *p)
{
    struct tcp_layout at;

    at.extensions = (uint16_t)size_of_recovery(p);
    at.path_mtu = (uint16_t)(at.extensions + (p->extensions ? p->extensions->state_size : 0));
    at.ecn = (uint16_t)(at.path_mtu + (p->path_mtu ? p->path_mtu->state_size : 0));
    at.user_timeout = (uint16_t)(at.ecn + (p->ecn ? p->ecn->state_size : 0));
    at.congestion =
        (uint16_t)(at.user_timeout + (p->user_timeout ? p->user_timeout->state_size : 0));
    at.ranges = (uint16_t)(at.congestion + size_of_congestion(p));
    return at;
}

size_t tcp_state_size(const struct tcp_profile *profile, uint16_t n_ranges, uint16_t n_inflight)
{
    return layout_of(profile).ranges + n_ranges * sizeof(struct interval) +
           n_inflight * profile->recovery->record_size;
}

void tcp_run_profile(struct tcp_sock *tcp, const struct tcp_profile *profile)
{
    tcp->profile = profile;
    tcp->layout = layout_of(profile);
}
