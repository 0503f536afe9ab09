/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The board's link and port alone, without a stack: asks who has 10.0.2.2, then sends it ICMP
 * echoes of every length and at every alignment, and compares what comes back. A datagram to a
 * closed port is answered later, by the host's kernel, while the core sleeps. Waits in idle only,
 * so an interrupt that is not delivered, and a frame that is overlooked, end in a timeout. Prints
 * one line, starting with "ok", and returns 0.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "mps2.h"

#include "base/sum.h"
#include "base/tick.h"
#include "wire/arp.h"
#include "wire/icmp4.h"
#include "wire/ipv4.h"
#include "wire/udp.h"

#define OUR_ADDR 0x0a00020fu
#define HOST_ADDR 0x0a000202u
#define TIMEOUT seconds(20)
#define N_PACKETS 2
#define PACKET_SIZE 1536
#define MAX_TEXT (1500 - IPV4_HDR_LEN - ICMP4_HDR_LEN)
#define HEADROOM (ETH_HDR_LEN + IPV4_HDR_LEN + ICMP4_HDR_LEN + 2) /* a multiple of 4 */
#define CLOSED_PORT 9                                             /* discard */
#define N_WAKES 50
#define AHEAD 4 /* echoes on their way: five full frames fit into the chip's FIFO */

static struct pkt_pool pool;
static struct pkt packets[N_PACKETS];
static _Alignas(4) uint8_t buffers[N_PACKETS][PACKET_SIZE];
static struct mac_addr host_mac;

static instant now(void)
{
    return mps2_port.port.now(&mps2_port.port);
}

static struct link *nic(void)
{
    return &mps2_nic.link;
}

/** Ends the test; `what` says how far it came. */
static _Noreturn void fail(const char *what, uint32_t n)
{
    printf("failed: %s %" PRIu32 ", %" PRIu32 " interrupts\n", what, n, mps2_nic_interrupts);
    exit(1);
}

/** The next frame; sleeps until it is there. NULL when there is none for `patience`. */
static struct pkt *receive(duration patience)
{
    instant deadline = now() + patience;

    for (;;) {
        struct pkt *p = nic()->ops->rx(nic(), &pool, now());
        instant until = nic()->ops->poll_at(nic());

        if (p || now() >= deadline) {
            return p;
        }
        mps2_port.port.idle(&mps2_port.port, NULL, until < deadline ? until : deadline, NULL);
    }
}

static void send(struct pkt *p, struct mac_addr to, uint16_t type)
{
    struct eth_hdr eth = { .dst = to, .src = nic()->mac, .type = type };

    eth_emit(sk_pkt_push(p, ETH_HDR_LEN), &eth);
    if (nic()->ops->tx(nic(), p, now()) != SK_OK) {
        fail("send", p->len);
    }
}

static void resolve(void)
{
    struct arp_hdr arp = {
        .op = ARP_REQUEST, .sha = nic()->mac, .spa = ip4(OUR_ADDR), .tpa = ip4(HOST_ADDR)
    };
    struct pkt *p = sk_pkt_alloc(&pool, ETH_HDR_LEN);
    struct cursor c;
    struct eth_hdr eth;

    arp_emit(sk_pkt_put(p, ARP_LEN), &arp);
    send(p, MAC_BROADCAST, ETH_TYPE_ARP);
    p = receive(TIMEOUT);
    if (!p) {
        fail("no ARP reply", 0);
    }
    c = cursor_over(sk_pkt_data(p), p->len);
    if (eth_parse(&c, &eth) != DROP_NONE || !mac_equal(eth.dst, nic()->mac) ||
        arp_parse(&c, &arp) != DROP_NONE || arp.op != ARP_REPLY ||
        !ip_equal(arp.spa, ip4(HOST_ADDR))) {
        fail("not the ARP reply", p->len);
    }
    host_mac = arp.sha;
    sk_pkt_free(p);
}

static uint8_t pattern(uint32_t n, uint32_t i)
{
    return (uint8_t)(n * 31 + i * 7 + (i >> 8));
}

/** Echo request `n`: `n` octets of text, and the frame at an address that takes every value
 * modulo 4. */
static void send_echo(uint32_t n)
{
    struct pkt *p = sk_pkt_alloc(&pool, HEADROOM + (n / 4 & 3));
    struct icmp4_hdr icmp = { .type = ICMP4_ECHO_REQUEST, .id = 1, .seq = (uint16_t)n };
    struct ip_hdr ip = { .src = ip4(OUR_ADDR),
                         .dst = ip4(HOST_ADDR),
                         .payload_len = (uint16_t)(ICMP4_HDR_LEN + n),
                         .proto = IP_PROTO_ICMP,
                         .ttl = IP_DEFAULT_TTL };
    uint8_t *text;

    if (!p) {
        fail("no packet for echo", n);
    }
    text = sk_pkt_put(p, n);
    for (uint32_t i = 0; i < n; i++) {
        text[i] = pattern(n, i);
    }
    icmp4_emit(sk_pkt_push(p, ICMP4_HDR_LEN), &icmp, sum_add(0, text, n));
    ipv4_emit(sk_pkt_push(p, IPV4_HDR_LEN), &ip);
    send(p, host_mac, ETH_TYPE_IPV4);
}

/** Reply `n`, whole: its IP header is aligned, its text is what was sent. Takes `p`. */
static void check_echo(struct pkt *p, uint32_t n)
{
    struct cursor c = cursor_over(sk_pkt_data(p), p->len);
    struct eth_hdr eth;
    struct ip_hdr ip;
    struct icmp4_hdr icmp;

    if (((uintptr_t)(sk_pkt_data(p) + ETH_HDR_LEN) & 3) != 0) {
        fail("IP header not aligned", n);
    }
    if (eth_parse(&c, &eth) != DROP_NONE || ipv4_parse(&c, &ip) != DROP_NONE ||
        icmp4_parse(&c, &icmp) != DROP_NONE || icmp.type != ICMP4_ECHO_REPLY || icmp.seq != n ||
        c.left != n) {
        fail("not the echo of", n);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (c.at[i] != pattern(n, i)) {
            fail("wrong octet in the echo of", n);
        }
    }
    sk_pkt_free(p);
}

static void echo_every_length(void)
{
    uint32_t sent = 0;

    for (uint32_t n = 0; n <= MAX_TEXT; n++) {
        struct pkt *p;

        for (; sent <= MAX_TEXT && sent < n + AHEAD; sent++) {
            send_echo(sent);
        }
        p = receive(TIMEOUT);
        if (!p) {
            fail("no echo of", n);
        }
        check_echo(p, n);
    }
}

/** With every packet in use a frame stays in the chip; it is there once one is free. */
static void starve(void)
{
    struct pkt *held[N_PACKETS];
    struct pkt *p;

    send_echo(100);
    for (int i = 0; i < N_PACKETS; i++) {
        held[i] = sk_pkt_alloc(&pool, 0);
    }
    if (receive(millis(200))) {
        fail("a packet out of nowhere", 0);
    }
    if (nic()->ops->poll_at(nic()) == NEVER) {
        fail("nobody would look again", 0);
    }
    for (int i = 0; i < N_PACKETS; i++) {
        sk_pkt_free(held[i]);
    }
    p = receive(TIMEOUT);
    if (!p) {
        fail("frame lost while starved", 0);
    }
    check_echo(p, 100);
}

/** Each answer ends a sleep by the chip's interrupt. */
static void wake_by_interrupt(void)
{
    uint32_t before = mps2_nic_interrupts;

    for (uint32_t n = 0; n < N_WAKES; n++) {
        struct ip_hdr ip = { .src = ip4(OUR_ADDR),
                             .dst = ip4(HOST_ADDR),
                             .payload_len = UDP_HDR_LEN,
                             .proto = IP_PROTO_UDP,
                             .ttl = IP_DEFAULT_TTL };
        struct udp_hdr udp = { .src_port = (uint16_t)(40000 + n), .dst_port = CLOSED_PORT };
        struct pkt *p = sk_pkt_alloc(&pool, HEADROOM);
        struct cursor c;
        struct eth_hdr eth;
        struct icmp4_hdr icmp;

        udp_emit(sk_pkt_put(p, UDP_HDR_LEN), &ip, &udp, 0);
        ipv4_emit(sk_pkt_push(p, IPV4_HDR_LEN), &ip);
        if (receive(0)) { /* finds nothing, and arms the interrupt */
            fail("a frame before datagram", n);
        }
        send(p, host_mac, ETH_TYPE_IPV4);
        p = receive(TIMEOUT);
        if (!p) {
            fail("no answer to datagram", n);
        }
        c = cursor_over(sk_pkt_data(p), p->len);
        if (eth_parse(&c, &eth) != DROP_NONE || ipv4_parse(&c, &ip) != DROP_NONE ||
            icmp4_parse(&c, &icmp) != DROP_NONE || icmp.code != ICMP4_PORT_UNREACHABLE) {
            fail("not the answer to datagram", n);
        }
        sk_pkt_free(p);
    }
    if (mps2_nic_interrupts - before < N_WAKES) {
        fail("answers without interrupt, in", N_WAKES);
    }
}

/** A sleep that nothing ends takes as long as it should, and the core does sleep. */
static void sleep_a_while(void)
{
    instant start = now();
    uint32_t waits = mps2_port.n_waits;

    if (receive(millis(1500))) {
        fail("a frame that nobody asked for", 0);
    }
    if (now() - start < millis(1500)) {
        fail("woke early", (uint32_t)(now() - start));
    }
    if (mps2_port.n_waits - waits > 50) {
        fail("did not sleep", mps2_port.n_waits - waits);
    }
}

int main(void)
{
    enum sk_err err = mps2_start();

    if (err != SK_OK) {
        fail("start of the chip, error", (uint32_t)err);
    }
    sk_pkt_pool_init(&pool);
    for (int i = 0; i < N_PACKETS; i++) {
        sk_pkt_pool_add(&pool, &packets[i], buffers[i], PACKET_SIZE);
    }
    resolve();
    echo_every_length();
    starve();
    wake_by_interrupt();
    sleep_a_while();
    for (int i = 0; i < N_DROP_REASONS; i++) {
        if (nic()->drops[i]) {
            fail("dropped for reason", (uint32_t)i);
        }
    }
    printf("ok, %d frames, %" PRIu32 " interrupts, %" PRIu32 " sleeps\n", MAX_TEXT + 3 + N_WAKES,
           mps2_nic_interrupts, mps2_port.n_waits);
    return pool.n_free == N_PACKETS ? 0 : 1;
}
