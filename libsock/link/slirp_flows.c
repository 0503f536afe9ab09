/* SPDX-License-Identifier: BSD-3-Clause */
/* A table by descriptor and a hash: see slirp_flows.h. */
#include "link/slirp_flows.h"

#include <stdlib.h>
#include <string.h>

#define N_BUCKETS 16384 /* a power of two */
#define FIRST_CAP 16

static const struct mac_addr libslirps = { { 0x52, 0x55, 0x0a, 0x00, 0x02, 0x02 } };

/* One of the two sides. */
struct side {
    uint32_t nxt; /* behind the last octet that it sent, its FIN included */
    uint32_t ack; /* the last that it sent */
    uint16_t wnd; /* the same */
    bool spoke;   /* there was a segment */
    bool acked;   /* there was one with an acknowledgment */
    bool fin;     /* it has sent its FIN */
};

struct slirp_flow {
    struct ip_addr guest_addr;
    struct ip_addr host_addr;
    uint16_t guest_port;
    uint16_t host_port;
    int next; /* in its bucket: a descriptor + 1 */
    bool used;
    bool ended; /* it is in the list */
    struct side guest;
    struct side host;
};

bool slirp_flows_init(struct slirp_flows *f)
{
    *f = (struct slirp_flows){ .accepted = -1 };
    f->buckets = calloc(N_BUCKETS, sizeof(*f->buckets));
    return f->buckets != NULL;
}

void slirp_flows_free(struct slirp_flows *f)
{
    free(f->at);
    free(f->buckets);
    free(f->ended);
}

/* ---- The table ---- */

/* Who chooses the addresses and ports is the program itself. */
static int *bucket_of(const struct slirp_flows *f, struct ip_addr host, uint16_t host_port,
                      uint16_t guest_port)
{
    uint32_t h = ip4_bits(host) ^ ((uint32_t)host_port << 16 | guest_port);

    h *= 0x9e3779b1u; /* 2^32 over the golden ratio */
    return &f->buckets[(h >> 16) % N_BUCKETS];
}

static struct slirp_flow *find(const struct slirp_flows *f, struct ip_addr guest,
                               uint16_t guest_port, struct ip_addr host, uint16_t host_port)
{
    int fd = *bucket_of(f, host, host_port, guest_port) - 1;

    while (fd >= 0) {
        struct slirp_flow *flow = &f->at[fd];

        if (flow->guest_port == guest_port && flow->host_port == host_port &&
            ip_equal(flow->host_addr, host) && ip_equal(flow->guest_addr, guest)) {
            return flow;
        }
        fd = flow->next - 1;
    }
    return NULL;
}

static struct slirp_flow *at(const struct slirp_flows *f, int fd)
{
    return fd >= 0 && (size_t)fd < f->cap && f->at[fd].used ? &f->at[fd] : NULL;
}

static bool have_entry(struct slirp_flows *f, int fd)
{
    size_t cap = f->cap ? f->cap : FIRST_CAP;
    struct slirp_flow *moved;

    while (cap <= (size_t)fd) {
        cap *= 2;
    }
    if (cap == f->cap) {
        return true;
    }
    moved = realloc(f->at, cap * sizeof(*moved));
    if (!moved) {
        return false;
    }
    memset(moved + f->cap, 0, (cap - f->cap) * sizeof(*moved));
    f->at = moved;
    f->cap = cap;
    return true;
}

/* Without memory a connection is not known, and libslirp does all by itself. */
static void enter(struct slirp_flows *f, int fd, struct slirp_flow flow)
{
    int *bucket = bucket_of(f, flow.host_addr, flow.host_port, flow.guest_port);

    if (fd < 0 || !have_entry(f, fd)) {
        return;
    }
    slirp_flows_closes(f, fd);
    flow.used = true;
    flow.next = *bucket;
    f->at[fd] = flow;
    *bucket = fd + 1;
}

void slirp_flows_closes(struct slirp_flows *f, int fd)
{
    struct slirp_flow *flow = at(f, fd);
    int *link;

    if (fd >= 0 && fd == f->accepted) {
        f->n_accepted--;
        f->accepted = -1;
    }
    if (!flow) {
        return;
    }
    link = bucket_of(f, flow->host_addr, flow->host_port, flow->guest_port);
    while (*link != fd + 1) {
        link = &f->at[*link - 1].next;
    }
    *link = flow->next;
    *flow = (struct slirp_flow){ .used = false };
}

/* ---- Openings ---- */

void slirp_flows_connects(struct slirp_flows *f, int fd, const struct ip_hdr *ip,
                          const struct tcp_hdr *tcp)
{
    enter(f, fd,
          (struct slirp_flow){ .guest_addr = ip->src,
                               .guest_port = tcp->src_port,
                               .host_addr = ip->dst,
                               .host_port = tcp->dst_port });
}

void slirp_flows_accepts(struct slirp_flows *f, int fd)
{
    f->n_accepted++;
    f->accepted = fd;
}

/* It sends the SYN when it has accepted, unless it does not know our hardware address yet. Where
 * more than one is to come nobody knows which is whose. */
static void syn_received(struct slirp_flows *f, const struct ip_hdr *ip, const struct tcp_hdr *tcp)
{
    int fd = f->n_accepted == 1 ? f->accepted : -1;

    if (f->n_accepted > 0) {
        f->n_accepted--;
    }
    f->accepted = -1;
    if (fd >= 0) {
        enter(f, fd,
              (struct slirp_flow){ .guest_addr = ip->dst,
                                   .guest_port = tcp->dst_port,
                                   .host_addr = ip->src,
                                   .host_port = tcp->src_port });
    }
}

/* ---- Segments ---- */

static void note(struct side *side, const struct tcp_hdr *tcp)
{
    uint32_t end = tcp->seq + tcp_seg_len(tcp);

    if (!side->spoke || (int32_t)(end - side->nxt) > 0) {
        side->nxt = end;
    }
    if (tcp->flags & TCP_ACK) {
        side->ack = tcp->ack;
        side->acked = true;
    }
    side->wnd = tcp->wnd;
    side->spoke = true;
    side->fin |= (tcp->flags & TCP_FIN) != 0;
}

static void end_if_over(struct slirp_flows *f, struct slirp_flow *flow)
{
    const struct side *guest = &flow->guest;
    const struct side *host = &flow->host;

    if (flow->ended || !guest->fin || !host->fin || guest->ack != host->nxt ||
        host->ack != guest->nxt) {
        return;
    }
    if (f->n_ended == f->cap_ended) {
        size_t cap = f->cap_ended ? 2 * f->cap_ended : FIRST_CAP;
        int *moved = realloc(f->ended, cap * sizeof(*moved));

        if (!moved) {
            return;
        }
        f->ended = moved;
        f->cap_ended = cap;
    }
    flow->ended = true;
    f->ended[f->n_ended++] = (int)(flow - f->at);
}

void slirp_flows_sent(struct slirp_flows *f, const struct ip_hdr *ip, const struct tcp_hdr *tcp)
{
    struct slirp_flow *flow = find(f, ip->src, tcp->src_port, ip->dst, tcp->dst_port);

    if (flow) {
        note(&flow->guest, tcp);
        end_if_over(f, flow);
    }
}

void slirp_flows_received(struct slirp_flows *f, const struct ip_hdr *ip, const struct tcp_hdr *tcp)
{
    struct slirp_flow *flow = find(f, ip->dst, tcp->dst_port, ip->src, tcp->src_port);

    if (!flow && (tcp->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
        syn_received(f, ip, tcp);
        flow = find(f, ip->dst, tcp->dst_port, ip->src, tcp->src_port);
    }
    if (flow) {
        note(&flow->host, tcp);
        end_if_over(f, flow);
    }
}

int slirp_flows_next_ended(struct slirp_flows *f, size_t *i)
{
    while (*i < f->n_ended) {
        int fd = f->ended[*i];
        const struct slirp_flow *flow = at(f, fd);

        if (flow && flow->ended) {
            (*i)++;
            return fd;
        }
        f->ended[*i] = f->ended[--f->n_ended];
    }
    return -1;
}

/* ---- Frames ---- */

static void emit(const struct slirp_flow *flow, struct tcp_hdr tcp, struct mac_addr mac,
                 uint8_t *frame)
{
    struct eth_hdr eth = { .dst = libslirps, .src = mac, .type = ETH_TYPE_IPV4 };
    struct ip_hdr ip = { .src = flow->guest_addr,
                         .dst = flow->host_addr,
                         .payload_len = TCP_HDR_LEN,
                         .proto = IP_PROTO_TCP,
                         .ttl = IP_DEFAULT_TTL };

    tcp.src_port = flow->guest_port;
    tcp.dst_port = flow->host_port;
    tcp.ack = flow->guest.ack;
    tcp.wnd = flow->guest.wnd;
    tcp.wscale = TCP_NO_WSCALE;
    eth_emit(frame, &eth);
    ipv4_emit(frame + ETH_HDR_LEN, &ip);
    tcp_emit(frame + ETH_HDR_LEN + IPV4_HDR_LEN, &ip, &tcp, 0);
}

void slirp_flows_reset(const struct slirp_flows *f, int fd, struct mac_addr mac,
                       uint8_t frame[SLIRP_FLOW_FRAME_LEN])
{
    const struct slirp_flow *flow = &f->at[fd];

    emit(flow, (struct tcp_hdr){ .seq = flow->host.ack, .flags = TCP_RST | TCP_ACK }, mac, frame);
}

bool slirp_flows_probe(const struct slirp_flows *f, int fd, struct mac_addr mac,
                       uint8_t frame[SLIRP_FLOW_FRAME_LEN])
{
    const struct slirp_flow *flow = at(f, fd);

    if (!flow || !flow->host.acked || !flow->guest.acked || flow->guest.fin ||
        flow->host.wnd == UINT16_MAX) {
        return false;
    }
    emit(flow, (struct tcp_hdr){ .seq = flow->host.ack - 1, .flags = TCP_ACK }, mac, frame);
    return true;
}
