/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The far end of the pair is this link's own: it carries frames between there and the inner link.
 * Once for each time that rx found nothing, as the inner link may have more at every look. What
 * sets the network up, ARP and DHCP, is a matter of the inner link alone and does not cross the
 * wire: with a delay of seconds it would be given up.
 */
#include "link/impaired.h"

#include "base/arena.h"
#include "base/be.h"
#include "wire/eth.h"
#include "wire/ipv4.h"

#include <stdlib.h>

#define MAX_MSL ((duration)120000000) /* us: RFC 9293 3.4.2, whatever the wire does */

struct impaired_link {
    struct link link;
    struct link *inner;
    struct pair pair;
    struct pkt *leaving;  /* that the inner link had no room for */
    struct pkt *arriving; /* that the wire had no room for */
    struct pkt *spared;   /* that arrives without crossing it */
    bool carried;         /* since rx said NULL */
};

static struct link *near_end(struct impaired_link *l)
{
    return &l->pair.ends[0].link;
}

static struct link *far_end(struct impaired_link *l)
{
    return &l->pair.ends[1].link;
}

/* ---- What does not cross the wire ---- */

#define TYPE_AT 12 /* in an Ethernet frame */
#define PROTOCOL_AT (ETH_HDR_LEN + 9)
#define PROTOCOL_UDP 17
#define MIN_IHL 20 /* octets */
#define PORTS_AT (ETH_HDR_LEN + MIN_IHL)
#define DHCP_SERVER 67
#define DHCP_CLIENT 68

static bool is_dhcp_port(uint16_t port)
{
    return port == DHCP_SERVER || port == DHCP_CLIENT;
}

static bool is_setup(const struct impaired_link *l, const struct pkt *pkt)
{
    const uint8_t *frame = sk_pkt_data(pkt);

    if (l->link.medium != LINK_ETHERNET || pkt->len < ETH_HDR_LEN) {
        return false;
    }
    return be16(frame + TYPE_AT) == ETH_TYPE_ARP ||
           (be16(frame + TYPE_AT) == ETH_TYPE_IPV4 && pkt->len >= PORTS_AT + 4 &&
            frame[PROTOCOL_AT] == PROTOCOL_UDP && is_dhcp_port(be16(frame + PORTS_AT)) &&
            is_dhcp_port(be16(frame + PORTS_AT + 2)));
}

/* ---- Between the far end and the inner link ---- */

static void carry_out(struct impaired_link *l, instant now)
{
    struct link *far = far_end(l);

    for (;;) {
        if (!l->leaving) {
            l->leaving = far->ops->rx(far, NULL, now);
        }
        if (!l->leaving || l->inner->ops->tx(l->inner, l->leaving, now) != SK_OK) {
            return;
        }
        l->leaving = NULL;
    }
}

static void carry_in(struct impaired_link *l, struct pkt_pool *pool, instant now)
{
    struct link *far = far_end(l);

    for (;;) {
        if (!l->arriving) {
            l->arriving = l->inner->ops->rx(l->inner, pool, now);
        }
        if (l->arriving && is_setup(l, l->arriving)) {
            l->spared = l->arriving;
            l->arriving = NULL;
            return;
        }
        if (!l->arriving || far->ops->tx(far, l->arriving, now) != SK_OK) {
            return;
        }
        l->arriving = NULL;
    }
}

/* ---- The link ---- */

static struct pkt *impaired_rx(struct link *link, struct pkt_pool *pool, instant now)
{
    struct impaired_link *l = (struct impaired_link *)link;
    struct link *end = near_end(l);

    if (!l->carried) {
        carry_out(l, now);
        carry_in(l, pool, now);
    }
    struct pkt *pkt = l->spared;
    l->spared = NULL;
    if (!pkt) {
        pkt = end->ops->rx(end, pool, now);
    }
    l->carried = pkt != NULL;
    return pkt;
}

static enum sk_err impaired_tx(struct link *link, struct pkt *pkt, instant now)
{
    struct impaired_link *l = (struct impaired_link *)link;
    struct link *end = is_setup(l, pkt) ? l->inner : near_end(l);

    return end->ops->tx(end, pkt, now);
}

/* What has crossed by now is all that the inner link gets for now. */
static void impaired_flush(struct link *link, instant now)
{
    struct impaired_link *l = (struct impaired_link *)link;

    carry_out(l, now);
    if (l->inner->ops->flush) {
        l->inner->ops->flush(l->inner, now);
    }
}

static instant next_of(const struct link *link)
{
    return link->ops->poll_at ? link->ops->poll_at(link) : NEVER;
}

static instant earlier(instant a, instant b)
{
    return a < b ? a : b;
}

static instant impaired_poll_at(const struct link *link)
{
    const struct impaired_link *l = (const struct impaired_link *)link;

    return earlier(next_of(l->inner),
                   earlier(next_of(&l->pair.ends[0].link), next_of(&l->pair.ends[1].link)));
}

static void impaired_take_groups(struct link *link, bool wanted)
{
    struct link *inner = ((struct impaired_link *)link)->inner;

    if (inner->ops->take_groups) {
        inner->ops->take_groups(inner, wanted);
    }
}

static size_t impaired_wait_fds(struct link *link, struct pollfd *fds, size_t n)
{
    struct link *inner = ((struct impaired_link *)link)->inner;

    return inner->ops->wait_fds ? inner->ops->wait_fds(inner, fds, n) : 0;
}

static bool impaired_holds(const struct link *link)
{
    const struct impaired_link *l = (const struct impaired_link *)link;

    return l->leaving != NULL || next_of(&l->pair.ends[1].link) != NEVER ||
           (l->inner->ops->holds && l->inner->ops->holds(l->inner));
}

static const struct link_ops impaired_ops = {
    .rx = impaired_rx,
    .tx = impaired_tx,
    .flush = impaired_flush,
    .poll_at = impaired_poll_at,
    .take_groups = impaired_take_groups,
    .wait_fds = impaired_wait_fds,
    .holds = impaired_holds,
};

/* ---- Start and end ---- */

static void dropped(void *context, uint32_t n, enum drop_reason reason, const struct pkt *pkt)
{
    struct impaired_link *l = context;

    link_dropped(&l->link, n, reason, pkt);
}

static void count_drops_of(struct link *link, struct impaired_link *l)
{
    link->on_dropped = dropped;
    link->context = l;
}

/* The pair's memory lies behind the link. */
static struct impaired_link *allocate(const struct pair_config *config)
{
    size_t len = (sizeof(struct impaired_link) + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    struct impaired_link *l = calloc(1, len + sk_pair_size(config));

    if (l && sk_pair_init(&l->pair, config, (uint8_t *)l + len, sk_pair_size(config)) != SK_OK) {
        free(l);
        return NULL;
    }
    return l;
}

static duration msl_of(const struct link *inner, const struct pair *pair)
{
    duration msl = inner->msl + pair->ends[0].link.msl;

    return msl < MAX_MSL ? msl : MAX_MSL;
}

struct impaired_link *sk_impaired_link_new(struct link *inner, const struct impaired_config *config)
{
    struct pair_config between = {
        .medium = inner->medium,
        .seed = config->seed,
        .n_frames = config->n_frames,
        .mtu = { inner->mtu, inner->mtu },
        .settings = { config->settings[0], config->settings[1] },
    };
    struct impaired_link *l = config->n_frames > 0 ? allocate(&between) : NULL;

    if (!l) {
        return NULL;
    }
    l->inner = inner;
    l->link = *inner;
    l->link.ops = &impaired_ops;
    l->link.msl = msl_of(inner, &l->pair);
    count_drops_of(inner, l);
    count_drops_of(near_end(l), l);
    count_drops_of(far_end(l), l);
    return l;
}

void sk_impaired_link_free(struct impaired_link *l)
{
    free(l);
}

struct link *sk_impaired_link_link(struct impaired_link *l)
{
    return &l->link;
}
