/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host with everything switched on, on a link that is the fuzz target: what it says to the host
 * is heard, what the host sends is looked at by `sent`. 10.0.0.1/24; the link has no headers of its
 * own unless it is Ethernet.
 */
#pragma once

#include "base/sum.h"
#include "base/tick.h"
#include "fuzz.h"
#include "libsock.h"
#include "link/link.h"
#include "tests/support/books.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define HOST_IP ip4(0x0a000001)
#define PEER_IP ip4(0x0a000002)
#define PORT 80
#define MTU 1500

struct fuzz_link {
    struct link link;
    struct pkt pkt; /* what is heard next; len 0: nothing */
    void (*sent)(const struct pkt *pkt);
};

static struct fuzz_link fuzz_link;
static struct sk_iface *iface;
static void *host_memory;
static instant fuzz_now;
static sk_fd datagrams;
static sk_fd listener;

static inline struct pkt *fuzz_rx(struct link *link, struct pkt_pool *pool, instant now)
{
    struct fuzz_link *l = (struct fuzz_link *)link;
    struct pkt *pkt = l->pkt.len > 0 ? sk_pkt_alloc(pool, 2) : NULL;

    (void)now;
    if (pkt) {
        memcpy(sk_pkt_put(pkt, l->pkt.len), l->pkt.buf, l->pkt.len);
        l->pkt.len = 0;
    }
    return pkt;
}

static inline enum sk_err fuzz_tx(struct link *link, struct pkt *pkt, instant now)
{
    (void)now;
    if (((struct fuzz_link *)link)->sent) {
        ((struct fuzz_link *)link)->sent(pkt);
    }
    sk_pkt_free(pkt);
    return SK_OK;
}

static const struct link_ops fuzz_ops = { .rx = fuzz_rx, .tx = fuzz_tx };

static inline void fuzz_poll(void)
{
    for (int n = 0; sk_iface_poll(iface, fuzz_now); n++) {
        REQUIRE(n < 1000);
    }
    REQUIRE(!books_fault_of_any(iface, fuzz_now));
}

/* A packet of at most MTU octets, and the Ethernet header before it if there is one. */
static inline void hear(const uint8_t *octets, size_t len)
{
    uint8_t *copy = exact(octets, len);

    fuzz_link.pkt = (struct pkt){ .buf = copy, .len = (uint32_t)len };
    fuzz_poll();
    fuzz_link.pkt.len = 0;
    free(copy);
}

/* Moves the clock, through every deadline. */
static inline void pass(duration d)
{
    instant until = fuzz_now + d;
    instant at;

    while ((at = sk_iface_poll_at(iface, fuzz_now)) <= until) {
        fuzz_now = at > fuzz_now ? at : fuzz_now;
        fuzz_poll();
    }
    fuzz_now = until;
}

/* `set_up` may change what the host is made with; NULL: nothing does. */
static inline void host_begin_with(enum link_medium medium,
                                   void (*set_up)(struct sk_config *, struct sk_netif_config *))
{
    struct sk_config config = { .size = sizeof(config),
                                .n_packets = 16,
                                .n_tcp = 4,
                                .n_syn_cache = 2,
                                .n_time_wait = 2,
                                .tcp = &sk_tcp_full,
                                .fragments = &sk_ip_fragments,
                                .n_reassemblies = 2,
                                .seed = "fuzz" };
    struct sk_netif_config netif = { .name = "f", .addr = HOST_IP, .prefix_len = 24 };
    size_t len;

    if (set_up) {
        set_up(&config, &netif);
    }
    len = sk_iface_size(&config);
    fuzz_now = seconds(1);
    host_memory = aligned_alloc(16, (len + 15) & ~(size_t)15);
    iface = sk_iface_init(&config, host_memory, len, fuzz_now);
    fuzz_link = (struct fuzz_link){
        .link = { .ops = &fuzz_ops, .medium = medium, .mtu = MTU, .msl = seconds(1) }
    };
    fuzz_link.link.mac = (struct mac_addr){ { 2, 0, 0, 0, 0, 1 } };
    REQUIRE(iface && sk_netif_add(iface, &fuzz_link.link, &netif, fuzz_now, NULL) == SK_OK);
    REQUIRE(sk_socket(iface, SK_DGRAM, &datagrams) == SK_OK);
    REQUIRE(sk_bind(iface, datagrams, (struct sk_addr){ .port = PORT }) == SK_OK);
    REQUIRE(sk_socket(iface, SK_STREAM, &listener) == SK_OK);
    REQUIRE(sk_bind(iface, listener, (struct sk_addr){ .port = PORT }) == SK_OK);
    REQUIRE(sk_listen(iface, listener, 2, fuzz_now) == SK_OK);
}

static inline void host_begin(enum link_medium medium)
{
    host_begin_with(medium, NULL);
}

/* Whatever was heard, nothing is left when everything is closed and all timers have run. */
static inline void host_end(void)
{
    fuzz_link.sent = NULL;
    sk_close(iface, datagrams, fuzz_now);
    sk_close(iface, listener, fuzz_now);
    pass(seconds(3600));
    REQUIRE(sk_iface_idle(iface));
    free(host_memory);
}

/* ---- The input as a series of commands ------------------------------------------------------- */

static inline uint8_t next_octet(struct cursor *c)
{
    const uint8_t *at = cursor_take(c, 1);

    return at ? *at : 0;
}

static inline uint16_t next_word(struct cursor *c)
{
    uint16_t high = next_octet(c);

    return (uint16_t)(high << 8 | next_octet(c));
}
