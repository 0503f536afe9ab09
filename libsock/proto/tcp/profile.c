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

/* The state belongs to the caller, who may change it. */
static uint8_t *behind(const struct tcp_sock *tcp)
{
    return (uint8_t *)(uintptr_t)(tcp + 1);
}

static size_t end_of_recovery(const struct tcp_profile *profile)
{
    size_t size = profile->recovery->state_size;
    size_t other = profile->recovery_without_sack ? profile->recovery_without_sack->state_size : 0;

    return size > other ? size : other;
}

static size_t end_of_extensions(const struct tcp_profile *profile)
{
    return end_of_recovery(profile) + (profile->extensions ? profile->extensions->state_size : 0);
}

static size_t end_of_path_mtu(const struct tcp_profile *profile)
{
    return end_of_extensions(profile) + (profile->path_mtu ? profile->path_mtu->state_size : 0);
}

static size_t end_of_ecn(const struct tcp_profile *profile)
{
    return end_of_path_mtu(profile) + (profile->ecn ? profile->ecn->state_size : 0);
}

static size_t end_of_user_timeout(const struct tcp_profile *profile)
{
    return end_of_ecn(profile) + (profile->user_timeout ? profile->user_timeout->state_size : 0);
}

static size_t end_of_congestion(const struct tcp_profile *profile)
{
    const struct tcp_congestion *congestion;
    size_t size = 0;

    for (uint32_t i = 0; (congestion = tcp_congestion_at(profile, i)) != NULL; i++) {
        size = size > congestion->state_size ? size : congestion->state_size;
    }
    return end_of_user_timeout(profile) + size;
}

size_t tcp_state_size(const struct tcp_profile *profile, uint16_t n_ranges, uint16_t n_inflight)
{
    return end_of_congestion(profile) + n_ranges * sizeof(struct interval) +
           n_inflight * profile->recovery->record_size;
}

void *tcp_recovery_state(const struct tcp_sock *tcp)
{
    return behind(tcp);
}

void *tcp_extensions_state(const struct tcp_sock *tcp)
{
    return behind(tcp) + end_of_recovery(tcp->profile);
}

void *tcp_path_mtu_state(const struct tcp_sock *tcp)
{
    return behind(tcp) + end_of_extensions(tcp->profile);
}

void *tcp_ecn_state(const struct tcp_sock *tcp)
{
    return behind(tcp) + end_of_path_mtu(tcp->profile);
}

void *tcp_user_timeout_state(const struct tcp_sock *tcp)
{
    return behind(tcp) + end_of_ecn(tcp->profile);
}

void *tcp_congestion_state(const struct tcp_sock *tcp)
{
    return behind(tcp) + end_of_user_timeout(tcp->profile);
}

struct interval *tcp_ranges_memory(const struct tcp_sock *tcp)
{
    return (struct interval *)(void *)(behind(tcp) + end_of_congestion(tcp->profile));
}

void *tcp_inflight_memory(const struct tcp_sock *tcp)
{
    return tcp_ranges_memory(tcp) + tcp->ooo.cap;
}
