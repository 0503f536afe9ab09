/* SPDX-License-Identifier: BSD-3-Clause */
/* A network of libslirp's without a stack above it, and frames made by hand. */
#pragma once

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/sum.h"
#include "link/slirp.h"
#include "link/slirp_policy.h"
#include "tests/support/suite.h"
#include "wire/arp.h"
#include "wire/dhcp.h"
#include "wire/icmp4.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define N_PKTS 8
#define PKT_CAP 2048
#define HEADROOM 64
#define MAX_FDS 16
#define PATIENCE 5000000 /* microseconds that a real socket may take */
#define GUEST_PORT 4000

static struct pkt_pool pool;
static struct pkt pkts[N_PKTS];
static uint8_t octets[N_PKTS][PKT_CAP];
static struct slirp_link *slirp;
static struct link *link_;
static instant skipped; /* for which nothing was called */

static inline instant now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return skipped + (instant)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static inline void start(const struct slirp_link_config *config)
{
    int i;

    sk_pkt_pool_init(&pool);
    for (i = 0; i < N_PKTS; i++) {
        sk_pkt_pool_add(&pool, &pkts[i], octets[i], PKT_CAP);
    }
    slirp = sk_slirp_link_new(config);
    ck_assert_ptr_nonnull(slirp);
    link_ = sk_slirp_link_link(slirp);
}

static inline void end(void)
{
    ck_assert_uint_eq(pool.n_free, N_PKTS);
    sk_slirp_link_free(slirp);
}

static inline struct pkt *payload(const void *from, uint32_t len)
{
    struct pkt *p = sk_pkt_alloc(&pool, HEADROOM);

    if (len > 0) {
        memcpy(sk_pkt_put(p, len), from, len);
    }
    return p;
}

static inline void transmit(struct pkt *p, uint16_t type)
{
    struct eth_hdr eth = { MAC_BROADCAST, link_->mac, type };

    eth_emit(sk_pkt_push(p, ETH_HDR_LEN), &eth);
    ck_assert_int_eq(link_->ops->tx(link_, p, now()), SK_OK);
}

static inline void transmit_ip(struct pkt *p, uint32_t src, uint32_t dst, uint8_t proto)
{
    struct ip_hdr ip = { .src = ip4(src),
                         .dst = ip4(dst),
                         .payload_len = (uint16_t)p->len,
                         .proto = proto,
                         .ttl = IP_DEFAULT_TTL };

    ipv4_emit(sk_pkt_push(p, IPV4_HDR_LEN), &ip);
    transmit(p, ETH_TYPE_IPV4);
}

static inline void transmit_udp(struct pkt *p, uint32_t src, uint32_t dst, uint16_t from,
                                uint16_t to)
{
    struct ip_hdr ip = { .src = ip4(src), .dst = ip4(dst), .proto = IP_PROTO_UDP };
    struct udp_hdr udp = { from, to, (uint16_t)p->len };
    uint16_t sum = sum_add(0, sk_pkt_data(p), p->len);

    udp_emit(sk_pkt_push(p, UDP_HDR_LEN), &ip, &udp, sum);
    transmit_ip(p, src, dst, IP_PROTO_UDP);
}

/* Waits for the host's sockets, as a port does. */
static inline void wait_for_host(void)
{
    struct pollfd fds[MAX_FDS];
    size_t n = link_->ops->wait_fds(link_, fds, MAX_FDS);

    ck_assert_uint_le(n, MAX_FDS);
    poll(fds, (nfds_t)n, 10);
}

/* The next frame of this Ethernet type, its header taken off; NULL when none comes in time. */
static inline struct pkt *receive(uint16_t type, struct cursor *c)
{
    instant give_up = now() + PATIENCE;

    while (now() < give_up) {
        struct pkt *p = link_->ops->rx(link_, &pool, now());
        struct eth_hdr eth;

        if (!p) {
            wait_for_host();
            continue;
        }
        *c = cursor_over(sk_pkt_data(p), p->len);
        ck_assert_int_eq(eth_parse(c, &eth), DROP_NONE);
        if (eth.type == type) {
            return p;
        }
        sk_pkt_free(p);
    }
    return NULL;
}

static inline struct pkt *receive_ip(uint8_t proto, struct cursor *c, struct ip_hdr *ip)
{
    struct pkt *p = receive(ETH_TYPE_IPV4, c);

    ck_assert_ptr_nonnull(p);
    ck_assert_int_eq(ipv4_parse(c, ip), DROP_NONE);
    ck_assert_uint_eq(ip->proto, proto);
    return p;
}

static inline int host_socket(int type, struct sockaddr_in *addr)
{
    socklen_t len = sizeof(*addr);
    int fd = socket(AF_INET, type, 0);

    *addr =
        (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    ck_assert_int_eq(bind(fd, (struct sockaddr *)addr, sizeof(*addr)), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)addr, &len), 0);
    return fd;
}
