/* SPDX-License-Identifier: BSD-3-Clause */
/* The host of frames.h and its link. */
#include "tests/support/frames.h"

#include <stdlib.h>
#include <string.h>

#include "base/sum.h"
#include "base/tick.h"
#include "tests/support/books.h"
#include "tests/support/exact.h"

#define START 5000000    /* microseconds */
#define MAX_POLLS 100000 /* at one instant: more is a livelock */

struct fake_frame {
    struct pkt pkt;
    struct pkt_pool pool; /* of this packet alone: back in it, it may be freed */
    struct fake_frame *next;
};

/* ---- The link -------------------------------------------------------------------------------- */

static void free_given(struct fake_link *l)
{
    struct fake_frame **at = &l->given;

    while (*at) {
        struct fake_frame *f = *at;

        if (f->pool.n_free == 1) {
            *at = f->next;
            free(f->pkt.buf);
            free(f);
        } else {
            at = &f->next;
        }
    }
}

static struct pkt *fake_rx(struct link *link, struct pkt_pool *pool, instant now)
{
    struct fake_link *l = (struct fake_link *)link;
    struct fake_frame *f = l->in;

    (void)pool;
    (void)now;
    free_given(l);
    if (!f) {
        return NULL;
    }
    l->in = f->next;
    if (!l->in) {
        l->in_end = &l->in;
    }
    f->next = l->given;
    l->given = f;
    return &f->pkt;
}

static void check_padding(const struct sent *s, size_t used)
{
    EXPECT(s->len >= ETH_MIN_LEN);
    for (size_t i = ETH_HDR_LEN + used; i < s->len; i++) {
        EXPECT_MSG(s->octets[i] == 0, "octet %zu of the padding is not zero", i);
    }
}

/* What it carries is a piece of something. */
static void check_fragment(const struct sent *s)
{
    EXPECT(!s->ip.dont_frag && s->ip.payload_len > 0);
    EXPECT(!s->ip.more_frags || s->ip.payload_len % 8 == 0);
}

static void take_ip(struct sent *s, struct cursor c)
{
    struct cursor transport;

    EXPECT(ipv4_parse(&c, &s->ip) == DROP_NONE);
    EXPECT(s->ip.ttl > 1 || ip_is_multicast(s->ip.dst)); /* RFC 1112 6.1, RFC 2236 2 */
    EXPECT(s->ip.ttl > 0);
    s->payload = c.at;
    s->payload_len = c.left;
    if (s->ip.frag_offset != 0 || s->ip.more_frags) {
        check_fragment(s);
        return;
    }
    transport = c;
    switch (s->ip.proto) {
    case IP_PROTO_TCP:
        EXPECT(tcp_parse(&c, &s->tcp) == DROP_NONE);
        EXPECT(sum_add(ip_pseudo_sum(&s->ip, s->ip.payload_len), transport.at, transport.left) ==
               SUM_GOOD);
        break;
    case IP_PROTO_UDP:
        EXPECT(udp_parse(&c, &s->ip, &s->udp) == DROP_NONE);
        EXPECT(be16(transport.at + 6) != 0); /* RFC 1122 4.1.3.4: there is a checksum */
        EXPECT(s->udp.payload_len + UDP_HDR_LEN == s->ip.payload_len);
        break;
    case IP_PROTO_IGMP:
        EXPECT(igmp_parse(&c, &s->igmp) == DROP_NONE);
        break;
    default:
        EXPECT(s->ip.proto == IP_PROTO_ICMP);
        EXPECT(icmp4_parse(&c, &s->icmp) == DROP_NONE);
    }
    s->payload = c.at;
    s->payload_len = c.left;
}

static struct sent *take_apart(const struct fake_link *l, const struct pkt *pkt, instant now)
{
    struct sent *s = calloc(1, sizeof(*s) + pkt->len);
    struct cursor c;

    EXPECT(s);
    memcpy(s->octets, sk_pkt_data(pkt), pkt->len);
    s->len = pkt->len;
    s->at = now;
    c = cursor_over(s->octets, s->len);
    s->eth.type = ETH_TYPE_IPV4;
    if (l->link.medium == LINK_ETHERNET) {
        EXPECT(s->len <= (size_t)ETH_HDR_LEN + l->link.mtu);
        EXPECT(eth_parse(&c, &s->eth) == DROP_NONE);
        EXPECT(mac_equal(s->eth.src, l->link.mac));
    } else {
        EXPECT(s->len <= l->link.mtu);
    }
    s->ip_at = c.at;
    if (s->eth.type == ETH_TYPE_ARP) {
        EXPECT(arp_parse(&c, &s->arp) == DROP_NONE);
        check_padding(s, ARP_LEN);
    } else {
        take_ip(s, c);
        if (l->link.medium == LINK_ETHERNET) {
            check_padding(s, (size_t)ipv4_hdr_len(&s->ip) + s->ip.payload_len);
        }
    }
    return s;
}

static bool is_arp(const struct fake_link *l, const struct pkt *pkt)
{
    struct cursor c = cursor_over(sk_pkt_data(pkt), pkt->len);
    struct eth_hdr eth;

    return l->link.medium == LINK_ETHERNET && eth_parse(&c, &eth) == DROP_NONE &&
           eth.type == ETH_TYPE_ARP;
}

static enum sk_err fake_tx(struct link *link, struct pkt *pkt, instant now)
{
    struct fake_link *l = (struct fake_link *)link;

    if (l->refuse || (l->refuse_ip && !is_arp(l, pkt))) {
        l->n_refused++;
        return SK_AGAIN;
    }
    if (l->drops_for != DROP_NONE) {
        link_dropped(link, 1, l->drops_for, pkt);
        sk_pkt_free(pkt);
        return SK_OK;
    }
    l->n_out++;
    if (!l->count_only) {
        *l->out_end = take_apart(l, pkt, now);
        l->out_end = &(*l->out_end)->next;
    }
    if (l->on_tx) {
        l->on_tx(l->context);
    }
    if (l->keep) {
        sk_pkt_list_push(&l->kept, pkt);
    } else {
        memset(pkt->buf, 0xdb, pkt->cap); /* it is the link's now: nobody may count on it */
        sk_pkt_free(pkt);
    }
    return SK_OK;
}

static const struct link_ops fake_ops = { .rx = fake_rx, .tx = fake_tx };

void fake_link_init(struct fake_link *link, enum link_medium medium, uint16_t mtu)
{
    *link = (struct fake_link){ .link = { .ops = &fake_ops,
                                          .medium = medium,
                                          .mac = HOST_MAC,
                                          .mtu = mtu ? mtu : 1500,
                                          .msl = FAKE_MSL } };
    link->in_end = &link->in;
    link->out_end = &link->out;
}

void fake_link_put(struct fake_link *link, const void *octets, size_t len)
{
    struct fake_frame *f = calloc(1, sizeof(*f));

    EXPECT(f);
    f->pool.n_total = 1;
    f->pkt = (struct pkt){
        .pool = &f->pool, .buf = exact_copy(octets, len), .cap = (uint32_t)len, .len = (uint32_t)len
    };
    *link->in_end = f;
    link->in_end = &f->next;
}

static void forget_taken(struct fake_link *link)
{
    free(link->taken);
    link->taken = NULL;
}

const struct sent *fake_link_sent(struct fake_link *link)
{
    forget_taken(link);
    if (link->out) {
        link->taken = link->out;
        link->out = link->taken->next;
        link->out_end = link->out ? link->out_end : &link->out;
    }
    return link->taken;
}

void fake_link_free(struct fake_link *link)
{
    struct pkt *pkt;

    while ((pkt = sk_pkt_list_pop(&link->kept)) != NULL) {
        sk_pkt_free(pkt);
    }
    while (fake_link_sent(link)) {
    }
    while (link->in) { /* never heard: the host takes it and gives it back */
        sk_pkt_free(fake_rx(&link->link, NULL, 0));
    }
    free_given(link);
}

/* ---- The host -------------------------------------------------------------------------------- */

static void trace(void *context, enum sk_trace_event event, sk_fd fd, const struct pkt *pkt,
                  enum drop_reason reason)
{
    struct host *h = context;

    if (event != SK_TRACE_RX) {
        h->traced_fd = fd;
    }
    switch (event) {
    case SK_TRACE_DROP:
        EXPECT_MSG(reason > DROP_NONE && reason < N_DROP_REASONS, "drop reason %d", reason);
        h->traced[reason]++;
        break;
    case SK_TRACE_RX:
        EXPECT(pkt && fd == SK_FD_NONE);
        h->traced_rx++;
        break;
    case SK_TRACE_TX:
        EXPECT(pkt);
        h->traced_tx++;
        break;
    }
}

static void add_netif(struct host *h, const struct host_setup *setup)
{
    struct sk_netif_config netif = setup->netif;

    netif.name = "eth0";
    if (ip_is_unspecified(netif.addr) && !setup->dhcp) {
        netif.addr = HOST_IP;
        netif.prefix_len = 24;
        if (!setup->no_gateway && ip_is_unspecified(netif.gateway)) {
            netif.gateway = GATE_IP;
        }
    }
    EXPECT(sk_netif_add(h->iface, &h->link.link, &netif, h->now, NULL) == SK_OK);
}

void host_begin(struct host *h, const struct host_setup *setup)
{
    static const struct host_setup defaults;
    struct sk_config config;
    size_t len;

    setup = setup ? setup : &defaults;
    config = setup->config;
    memset(h, 0, sizeof(*h));
    h->now = START;
    fake_link_init(&h->link, setup->medium, setup->mtu);
    h->link.link.absorb = setup->absorb;
    config.size = sizeof(config);
    if (config.seed[0] == 0) {
        memcpy(config.seed, "0123456789abcdef", sizeof(config.seed));
    }
    config.trace = trace;
    config.trace_context = h;
    len = sk_iface_size(&config);
    EXPECT(len > 0);
    h->memory = aligned_alloc(16, (len + 15) & ~(size_t)15);
    EXPECT(h->memory);
    h->iface = sk_iface_init(&config, h->memory, len, h->now);
    EXPECT(h->iface);
    if (!setup->no_netif) {
        add_netif(h, setup);
    }
}

void host_free(struct host *h)
{
    fake_link_free(&h->link);
    free(h->memory);
}

void host_end(struct host *h)
{
    struct pkt *pkt;

    while ((pkt = sk_pkt_list_pop(&h->link.kept)) != NULL) {
        sk_pkt_free(pkt);
    }
    host_poll(h);
    host_run(h, h->now + seconds(1500));
    EXPECT_MSG(sk_iface_idle(h->iface), "the host still holds something");
    host_free(h);
}

void host_poll(struct host *h)
{
    const char *fault = NULL;
    int n = 0;

    while (sk_iface_poll(h->iface, h->now) && !fault) {
        EXPECT(n++ < MAX_POLLS);
        fault = books_fault_of_any(h->iface, h->now);
    }
    EXPECT_MSG(!fault, "does not hold: %s", fault);
}

void host_run(struct host *h, instant until)
{
    for (;;) {
        instant at;

        host_poll(h);
        at = sk_iface_poll_at(h->iface, h->now);
        if (at > until) {
            break;
        }
        EXPECT_MSG(at > h->now, "a deadline at %lld is still there at %lld", (long long)at,
                   (long long)h->now);
        h->now = at;
    }
    h->now = until;
    host_poll(h);
}

void host_hear(struct host *h, const struct frame *f)
{
    bool ip = h->link.link.medium == LINK_IP;

    fake_link_put(&h->link, f->at + (ip ? ETH_HDR_LEN : 0), f->len - (ip ? ETH_HDR_LEN : 0));
    host_poll(h);
}

const struct sent *host_sent(struct host *h)
{
    return fake_link_sent(&h->link);
}

void host_forget(struct host *h)
{
    while (host_sent(h)) {
    }
}

void host_silent(struct host *h)
{
    EXPECT(!host_sent(h));
}
