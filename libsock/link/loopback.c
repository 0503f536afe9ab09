/* SPDX-License-Identifier: BSD-3-Clause */
/* The loopback link: a queue of the host's own packets. */
#include "link/loopback.h"

static struct pkt *loopback_rx(struct link *link, struct pkt_pool *pool, instant now)
{
    struct loopback *lo = (struct loopback *)link;
    struct pkt *pkt = sk_pkt_list_pop(&lo->queue);

    (void)pool;
    (void)now;
    if (pkt) {
        lo->n_queued--;
    }
    return pkt;
}

static enum sk_err loopback_tx(struct link *link, struct pkt *pkt, instant now)
{
    struct loopback *lo = (struct loopback *)link;

    (void)now;
    if (lo->n_queued > 0 && lo->n_queued >= pkt->pool->n_total / 2) {
        return SK_AGAIN;
    }
    sk_pkt_list_push(&lo->queue, pkt);
    lo->n_queued++;
    return SK_OK;
}

static instant loopback_poll_at(const struct link *link)
{
    const struct loopback *lo = (const struct loopback *)link;

    return lo->queue.first ? 0 : NEVER;
}

static const struct link_ops loopback_ops = {
    .rx = loopback_rx,
    .tx = loopback_tx,
    .poll_at = loopback_poll_at,
};

void loopback_init(struct loopback *lo, uint16_t mtu)
{
    *lo = (struct loopback){
        .link = {
            .ops = &loopback_ops,
            .medium = LINK_IP,
            .mtu = mtu,
            .msl = LOOPBACK_MSL,
            .checksums_rx = true,
        },
    };
}
