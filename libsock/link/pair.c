/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The virtual wire. Frames that keep their order go to a plain queue; the few that are held back go
 * to a second one that is kept sorted, and rx takes the earlier of the two heads.
 */
#include "link/pair.h"

#include "base/arena.h"

#define DEFAULT_MTU 1500 /* octets, RFC 894 */
#define ETH_PAD 2 /* octets in front of an Ethernet header, so that the IP header is aligned */
#define NS_PER_US 1000
#define BIT_NS_PER_OCTET 8000000000ull /* 8 bits, in nanoseconds at 1 bit/s */

/* A packet of the wire's own; `pkt` is first, so that one is found from the other. */
struct pair_frame {
    struct pkt pkt;
    instant due_at;
};

static uint32_t link_header_len(enum link_medium medium)
{
    return medium == LINK_ETHERNET ? ETH_HDR_LEN : 0;
}

static uint32_t headroom(const struct link *link)
{
    return link->medium == LINK_ETHERNET ? ETH_PAD : 0;
}

static instant due_at(const struct pair_wire *w, const struct pkt *pkt)
{
    return w->copies ? ((const struct pair_frame *)pkt)->due_at : 0;
}

static bool chance(struct pair_wire *w, uint32_t parts_per_million)
{
    return parts_per_million > 0 && rng_below(&w->rng, PAIR_CERTAIN) < parts_per_million;
}

static enum sk_err drop(struct link *link, struct pkt *pkt, enum drop_reason reason)
{
    link_dropped(link, 1, reason, pkt);
    sk_pkt_free(pkt);
    return SK_OK;
}

static enum sk_err refuse(struct pair_wire *w)
{
    w->refused = true;
    return SK_AGAIN;
}

/* ---- The wire without memory ---- */

static enum sk_err hand_over(struct pair_wire *w, struct pkt *pkt)
{
    if (w->n_queued > 0 && w->n_queued >= pkt->pool->n_total / 2) {
        return refuse(w);
    }
    sk_pkt_list_push(&w->in_order, pkt);
    w->n_queued++;
    w->n_sent++;
    return SK_OK;
}

/* ---- The wire that copies ---- */

/* Nothing but a full wire, which the other end empties at its next poll, stands in a frame's way.
 */
static bool is_instant(const struct pair_settings *s)
{
    return s->delay == 0 && s->rate == 0 && s->reorder == 0;
}

/* Drop-tail queue and serialisation: false when the queue is full. */
static bool serialise(struct pair_wire *w, uint32_t len, instant now, instant *left_at)
{
    const struct pair_settings *s = &w->settings;
    int64_t start = now * NS_PER_US;

    *left_at = now;
    if (s->rate == 0) {
        return true;
    }
    if (w->free_at > start) {
        uint64_t waiting = (uint64_t)(w->free_at - start) * (s->rate / 8) / 1000000000u;

        if (s->queue_len > 0 && waiting + len > s->queue_len) {
            return false;
        }
        start = w->free_at;
    }
    w->free_at = start + (int64_t)(len * BIT_NS_PER_OCTET / s->rate);
    *left_at = (w->free_at + NS_PER_US - 1) / NS_PER_US;
    return true;
}

static void insert_late(struct pair_wire *w, struct pair_frame *frame)
{
    struct pkt **at = &w->late.first;

    while (*at && due_at(w, *at) <= frame->due_at) {
        at = &(*at)->next;
    }
    frame->pkt.next = *at;
    *at = &frame->pkt;
    if (!frame->pkt.next) {
        w->late.last = &frame->pkt;
    }
}

static void enqueue(struct pair_wire *w, struct pkt *pkt, instant due, bool held_back)
{
    struct pair_frame *frame = (struct pair_frame *)pkt;

    frame->due_at = due;
    if (held_back || (w->in_order.first && due < due_at(w, w->in_order.last))) {
        insert_late(w, frame);
    } else {
        sk_pkt_list_push(&w->in_order, pkt);
    }
}

static void flip(uint8_t *octets, uint32_t bit)
{
    octets[bit / 8] ^= (uint8_t)(0x80u >> bit % 8);
}

/* The first and the last bit of the burst, and half of those between. */
static void damage(struct rng *rng, uint8_t *octets, uint32_t len)
{
    uint32_t n = 1 + rng_below(rng, PAIR_BURST);
    uint32_t first = rng_below(rng, len * 8 - n + 1);
    uint32_t between = rng_u32(rng);

    flip(octets, first);
    for (uint32_t i = 1; i < n; i++) {
        if (i == n - 1 || between >> i & 1) {
            flip(octets, first + i);
        }
    }
}

static void corrupt(struct pair_wire *w, const struct link *link, struct pkt *pkt)
{
    struct cursor c = cursor_over(sk_pkt_data(pkt), pkt->len);
    uint32_t skip = link_header_len(link->medium);
    struct eth_hdr eth;

    if (link->medium == LINK_ETHERNET &&
        (eth_parse(&c, &eth) != DROP_NONE || eth.type != ETH_TYPE_IPV4)) {
        return;
    }
    if (pkt->len > skip + PAIR_BURST / 8) {
        damage(&w->rng, sk_pkt_data(pkt) + skip, pkt->len - skip);
    }
}

static struct pkt *copy_of(struct pair_wire *w, const struct link *link, const struct pkt *pkt)
{
    struct pkt *copy = sk_pkt_alloc(&w->pool, headroom(link));

    if (copy) {
        memcpy(sk_pkt_put(copy, pkt->len), sk_pkt_data(pkt), pkt->len);
    }
    return copy;
}

static void deliver(struct pair_wire *w, const struct link *link, struct pkt *frame, instant due)
{
    const struct pair_settings *s = &w->settings;
    struct pkt *twin = chance(w, s->duplicate) ? copy_of(w, link, frame) : NULL;
    bool held_back = s->reorder_delay > 0 && chance(w, s->reorder);

    if (chance(w, s->corrupt)) {
        corrupt(w, link, frame);
    }
    if (twin) {
        enqueue(w, twin, due, false);
    }
    if (held_back) {
        uint32_t most = s->reorder_delay < UINT32_MAX ? (uint32_t)s->reorder_delay : UINT32_MAX;

        due += 1 + (duration)rng_below(&w->rng, most);
    }
    enqueue(w, frame, due, held_back);
}

static enum sk_err pair_tx(struct link *link, struct pkt *pkt, instant now)
{
    struct pair_wire *w = ((struct pair_end *)link)->out;
    const struct pair_settings *s = &w->settings;
    struct pkt *frame;
    instant left_at;

    if (pkt->len > w->max_len) {
        return drop(link, pkt, DROP_RX_OVERSIZE);
    }
    if (!w->copies) {
        return hand_over(w, pkt);
    }
    if (w->pool.n_free == 0) {
        return is_instant(s) ? refuse(w) : drop(link, pkt, DROP_TX_QUEUE_FULL);
    }
    if (!serialise(w, pkt->len, now, &left_at)) {
        return drop(link, pkt, DROP_TX_QUEUE_FULL);
    }
    w->n_sent++;
    if (chance(w, s->loss) || (s->lose && s->lose(s->context, w->n_sent - 1, pkt))) {
        return drop(link, pkt, DROP_LINK_LOST);
    }
    frame = copy_of(w, link, pkt);
    sk_pkt_free(pkt);
    deliver(w, link, frame, left_at + s->delay);
    return SK_OK;
}

/* ---- Both ---- */

/* The list whose head is due first; NULL when nothing travels. */
static struct pkt_list *earliest(struct pair_wire *w)
{
    if (!w->late.first) {
        return w->in_order.first ? &w->in_order : NULL;
    }
    if (!w->in_order.first) {
        return &w->late;
    }
    return due_at(w, w->late.first) < due_at(w, w->in_order.first) ? &w->late : &w->in_order;
}

static struct pkt *pair_rx(struct link *link, struct pkt_pool *pool, instant now)
{
    struct pair_end *end = (struct pair_end *)link;
    struct pair_wire *w = end->in;
    struct pkt_list *list = earliest(w);

    (void)pool;
    end->out->has_room = false;
    if (!list || due_at(w, list->first) > now) {
        return NULL;
    }
    if (!w->copies) {
        w->n_queued--;
    }
    if (w->refused) {
        w->refused = false;
        w->has_room = true;
    }
    return sk_pkt_list_pop(list);
}

static instant pair_poll_at(const struct link *link)
{
    const struct pair_end *end = (const struct pair_end *)link;
    struct pair_wire *w = end->in;
    const struct pkt_list *list = earliest(w);

    if (end->out->has_room) {
        return 0;
    }
    return list ? due_at(w, list->first) : NEVER;
}

static const struct link_ops pair_ops = {
    .rx = pair_rx,
    .tx = pair_tx,
    .poll_at = pair_poll_at,
};

/* ---- Laying it out ---- */

static uint16_t mtu_of(const struct pair_config *config, int from)
{
    return config->mtu[from] ? config->mtu[from] : DEFAULT_MTU;
}

static bool impaired(const struct pair_settings *s)
{
    return !is_instant(s) || s->loss || s->duplicate || s->corrupt || s->lose;
}

static bool are_valid(const struct pair_settings *s)
{
    return s->delay >= 0 && s->reorder_delay >= 0 && s->loss <= PAIR_CERTAIN &&
           s->duplicate <= PAIR_CERTAIN && s->corrupt <= PAIR_CERTAIN && s->reorder <= PAIR_CERTAIN;
}

/* How long a frame can be on its way: travelling, held back, and waiting for the wire. */
static duration lifetime(const struct pair_config *config, int from)
{
    const struct pair_settings *s = &config->settings[from];
    uint64_t octets = s->queue_len;
    duration waiting = 0;

    if (s->rate) {
        if (octets == 0) {
            octets = (uint64_t)config->n_frames * mtu_of(config, from);
        }
        waiting = (duration)(octets * 8 * 1000000 / s->rate);
    }
    return s->delay + (s->reorder ? s->reorder_delay : 0) + waiting;
}

static void wire_lay_out(struct pair *pair, const struct pair_config *config, int from,
                         struct arena *arena)
{
    uint32_t max_len = link_header_len(config->medium) + mtu_of(config, from);
    uint32_t cap = (max_len + ETH_PAD + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    struct pair_frame *frames = arena_take(arena, config->n_frames, sizeof(*frames));
    uint8_t *octets = arena_reserve(arena, config->n_frames, cap);
    struct pair_wire *w;
    uint32_t i;

    if (!pair) {
        return;
    }
    w = &pair->wires[from];
    w->max_len = max_len;
    w->settings = config->settings[from];
    w->copies = config->n_frames > 0;
    sk_pkt_pool_init(&w->pool);
    for (i = 0; frames && octets && i < config->n_frames; i++) {
        sk_pkt_pool_add(&w->pool, &frames[i].pkt, octets + (size_t)i * cap, cap);
    }
}

static void wire_seed(struct pair_wire *w, uint64_t seed, int from)
{
    uint8_t octets[16] = { 0 };
    int i;

    for (i = 0; i < 8; i++) {
        octets[i] = (uint8_t)(seed >> (8 * i));
    }
    octets[15] = (uint8_t)from;
    rng_init(&w->rng, octets);
}

size_t sk_pair_size(const struct pair_config *config)
{
    struct arena arena = { NULL, 0, 0 };

    wire_lay_out(NULL, config, 0, &arena);
    wire_lay_out(NULL, config, 1, &arena);
    return arena.used;
}

enum sk_err sk_pair_init(struct pair *pair, const struct pair_config *config, void *memory,
                         size_t len)
{
    struct arena arena = { memory, len, 0 };
    duration there = lifetime(config, 0);
    duration back = lifetime(config, 1);
    duration msl = there > back ? there : back;
    int i;

    if (!are_valid(&config->settings[0]) || !are_valid(&config->settings[1]) ||
        config->medium > LINK_IP || len < sk_pair_size(config) ||
        (config->n_frames == 0 &&
         (impaired(&config->settings[0]) || impaired(&config->settings[1])))) {
        return SK_INVALID;
    }
    memset(pair, 0, sizeof(*pair));
    for (i = 0; i < 2; i++) {
        wire_lay_out(pair, config, i, &arena);
        wire_seed(&pair->wires[i], config->seed, i);
        pair->ends[i] = (struct pair_end){
            .link = {
                .ops = &pair_ops,
                .medium = config->medium,
                .mac = { { 2, 0, 0, 0, 0, (uint8_t)(i + 1) } },
                .mtu = mtu_of(config, i),
                .msl = msl > PAIR_MIN_MSL ? msl : PAIR_MIN_MSL,
            },
            .out = &pair->wires[i],
            .in = &pair->wires[1 - i],
        };
    }
    return SK_OK;
}
