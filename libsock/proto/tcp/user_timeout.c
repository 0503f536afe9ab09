/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The user timeout option (RFC 5482): each side says how long what it sends may go unacknowledged,
 * and the longer of the two counts for both. Only for a connection whose program asks for it
 * (ENABLED), and followed only where the program has no user timeout of its own (CHANGEABLE).
 */
#include "proto/tcp/tcp.h"

#define U_LIMIT 3600 /* seconds: for a peer that would have us keep its connection for ever */

#define IN_MINUTES 0x8000 /* G, RFC 5482 2 */
#define MAX_VALUE 0x7fffu

struct user_timeout {
    uint32_t remote; /* REMOTE_UTO, seconds; 0: the peer has not said */
    uint32_t told;   /* what the peer heard last, as on the wire; 0: nothing */
};

static struct user_timeout *state_of(const struct tcp_sock *tcp)
{
    return tcp_user_timeout_state(tcp);
}

/* ADV_UTO, in seconds. */
static uint32_t ours(const struct tcp_sock *tcp)
{
    uint32_t ms = tcp->options.user_timeout;

    return ms > 0 ? ms / 1000 + (ms % 1000 > 0 ? 1 : 0) : (uint32_t)(TCP_R2 / seconds(1));
}

static uint16_t on_the_wire(uint32_t s)
{
    uint32_t minutes = s / 60 + (s % 60 > 0 ? 1 : 0);

    if (s <= MAX_VALUE) {
        return (uint16_t)s;
    }
    return (uint16_t)(IN_MINUTES | (minutes < MAX_VALUE ? minutes : MAX_VALUE));
}

static bool is_due(const struct tcp_sock *tcp)
{
    return tcp->options.uto && state_of(tcp)->told != on_the_wire(ours(tcp));
}

static void user_timeout_init(struct tcp_sock *tcp)
{
    *state_of(tcp) = (struct user_timeout){ .told = 0 };
}

static void user_timeout_arrives(struct tcp_sock *tcp, const struct tcp_hdr *hdr)
{
    uint32_t value = hdr->uto & MAX_VALUE;

    if (value > 0) { /* RFC 5482 2: a timeout of 0 is discarded */
        state_of(tcp)->remote = hdr->uto & IN_MINUTES ? value * 60 : value;
    }
}

static uint32_t user_timeout_len(const struct tcp_sock *tcp)
{
    return is_due(tcp) ? TCP_UTO_LEN : 0;
}

/* Blocks of SACK, and probes of the path, leave no room. */
static void user_timeout_fill(const struct tcp_sock *tcp, struct tcp_hdr *hdr)
{
    if (is_due(tcp) && hdr->n_sack == 0 && hdr->len + TCP_UTO_LEN <= tcp->mss) {
        hdr->uto = on_the_wire(ours(tcp));
    }
}

/* A SYN may go to somebody who keeps no options of it (RFC 5482 3.1): said again after it. */
static void user_timeout_sent(struct tcp_sock *tcp, const struct tcp_hdr *hdr)
{
    if (hdr->uto > 0 && !(hdr->flags & TCP_SYN)) {
        state_of(tcp)->told = hdr->uto;
    }
}

/* RFC 5482 3.1; L_LIMIT is our own, since it is only followed where the program has none. */
static uint32_t user_timeout_agreed(const struct tcp_sock *tcp)
{
    uint32_t remote = state_of(tcp)->remote;
    uint32_t agreed = ours(tcp) > remote ? ours(tcp) : remote;

    if (!tcp->options.uto || remote == 0) {
        return 0;
    }
    return agreed < U_LIMIT ? agreed : U_LIMIT;
}

const struct tcp_user_timeout tcp_user_timeout = {
    .name = "user timeout option",
    .state_size = sizeof(struct user_timeout),
    .init = user_timeout_init,
    .arrives = user_timeout_arrives,
    .len = user_timeout_len,
    .fill = user_timeout_fill,
    .sent = user_timeout_sent,
    .agreed = user_timeout_agreed,
};
