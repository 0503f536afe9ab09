/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames that are nearly right: of every protocol, a few octets changed, cut or lengthened, with
 * checksums put right again more often than not, so that they come deep into a host with sockets in
 * every state. It drops each once or takes it, leaks nothing and lives on. SEED=n replays.
 */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "tests/support/peer.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"
#include "wire/dns.h"

#define N_FRAMES 25000
#define N_SEEDS 6
#define N_PEERS 3

static struct host h;
static struct frame f;
static struct peer peers[N_PEERS];
static sk_fd fds[N_PEERS];
static sk_fd listener;
static sk_fd udp;
static uint16_t port;      /* of the last peer */
static uint16_t dns_port;  /* of the host's last question */
static uint8_t quote[128]; /* an IP packet that the host sent */
static size_t quote_len;
static uint64_t state;

static uint32_t dice(uint32_t n)
{
    return random_below(&state, n);
}

/* ---- The host's side ------------------------------------------------------------------------- */

/* Whoever the host took the neighbours for, and whatever it sends to them now. */
static void meet_again(void)
{
    struct arp_hdr arp = { .op = ARP_REQUEST, .tpa = HOST_IP };

    host_run(&h, h.now + seconds(4)); /* one that is in doubt is decided */
    for (int i = 0; i < 2; i++) {
        arp.sha = i ? GATE_MAC : PEER_MAC;
        arp.spa = i ? GATE_IP : PEER_IP;
        frame_arp(&f, &arp);
        host_hear(&h, &f);
    }
    host_forget(&h);
}

static void listen_again(void)
{
    sk_close(h.iface, listener, h.now); /* and what random SYNs left in its queues */
    while (sk_socket(h.iface, SK_STREAM, &listener) != SK_OK) {
        host_run(&h, h.now + seconds(1000)); /* connections that nobody reads any more give up */
    }
    seed_assert(sk_set(h.iface, listener, SK_REUSEADDR, 1) == SK_OK);
    seed_assert(sk_bind(h.iface, listener, (struct sk_addr){ ip4(0), 80 }) == SK_OK);
    seed_assert(sk_listen(h.iface, listener, N_PEERS, h.now) == SK_OK);
}

static void connect_again(int i)
{
    sk_abort(h.iface, fds[i], h.now);
    listen_again();
    host_poll(&h);
    meet_again();
    port = (uint16_t)(port < 60000 ? port + 1 : 10000); /* not that of one that still closes */
    peer_begin(&peers[i], &h, port, 80);
    peers[i].seq = random_u32(&state);
    fds[i] = peer_accepted(&peers[i], listener);
}

static void begin(uint64_t seed)
{
    struct host_setup setup = { .config = { .n_listeners = 2, .n_tcp = 32 } };

    state = seed;
    port = 10000;
    setup.config.dns[0].addr = PEER_IP;
    host_begin(&h, &setup);
    host_meet(&h);
    udp = host_bound(&h, SK_DGRAM, 5000);
    seed_assert(sk_set_peer(h.iface, udp, (struct sk_addr){ PEER_IP, 4000 }) == SK_OK);
    listener = SK_FD_NONE;
    for (int i = 0; i < N_PEERS; i++) {
        fds[i] = SK_FD_NONE;
        connect_again(i);
    }
}

static void program_acts(void)
{
    static uint8_t text[1200];
    struct sk_addr addrs[2];
    size_t len = dice(sizeof(text));
    int i = (int)dice(N_PEERS);
    struct sk_op op;

    switch (dice(40)) {
    case 0:
    case 1:
        connect_again(i);
        break;
    case 2:
        sk_shutdown(h.iface, fds[i], (enum sk_shutdown)dice(3), h.now);
        break;
    case 3:
        sk_close(h.iface, fds[i], h.now);
        break;
    case 4:
        h.now += dice(50000);
        break;
    case 5:
        sk_resolve(&op, "www.example.org", 80, addrs, 2);
        host_try(&h, &op);
        break;
    case 6:
        meet_again();
        break;
    case 7:
    case 8:
    case 9:
        host_send(&h, dice(2) ? fds[i] : udp, text, len, NOBODY);
        break;
    case 10:
    case 11:
    case 12:
    case 13:
        host_recv(&h, dice(2) ? fds[i] : udp, text, &len, NULL);
        break;
    default:
        break;
    }
    host_poll(&h);
}

static void look_at_what_was_sent(void)
{
    for (const struct sent *s; (s = host_sent(&h)) != NULL;) {
        if (s->eth.type == ETH_TYPE_ARP) {
            continue;
        }
        quote_len = (size_t)IPV4_HDR_LEN + s->ip.payload_len;
        quote_len = quote_len < sizeof(quote) ? quote_len : sizeof(quote);
        memcpy(quote, s->ip_at, quote_len);
        if (s->ip.proto == IP_PROTO_UDP && s->udp.dst_port == DNS_PORT) {
            dns_port = s->udp.src_port;
        }
        for (int i = 0; i < N_PEERS && s->ip.proto == IP_PROTO_TCP; i++) {
            if (s->tcp.dst_port == peers[i].addr.port && s->tcp.seq == peers[i].ack) {
                peers[i].ack += tcp_seg_len(&s->tcp);
            }
        }
    }
}

/* ---- The frames ------------------------------------------------------------------------------ */

/* Nearby, anywhere, or at the edge where sequence numbers turn over. */
static uint32_t far_away(void)
{
    static const uint32_t places[] = { 0, 0x80000000, 0x7fffffff, 0x40000000 };

    return dice(5) ? places[dice(4)] + dice(6000) - 3000 : random_u32(&state);
}

static void make_segment(void)
{
    static const uint8_t text[1000];
    static const uint8_t flags[] = { TCP_ACK, TCP_ACK, TCP_ACK | TCP_PSH, TCP_ACK | TCP_FIN,
                                     TCP_SYN, TCP_RST, TCP_SYN | TCP_ACK, TCP_RST | TCP_ACK };
    struct peer p = peers[dice(N_PEERS)];
    size_t len = dice(3) ? dice(sizeof(text)) : 0;

    if (dice(3) == 0) {
        p.seq += far_away();
    }
    if (dice(4) == 0) {
        p.ack += far_away();
    }
    p.wnd = (uint16_t)(dice(5) ? 8192 : dice(65536));
    peer_frame(&p, &f, dice(10) ? flags[dice(8)] : (uint8_t)dice(256), text, len);
}

static void make_arp(void)
{
    struct arp_hdr arp = { .op = (uint16_t)(1 + dice(2)),
                           .sha = dice(2) ? PEER_MAC : EVIL_MAC,
                           .spa = dice(2) ? PEER_IP : GATE_IP,
                           .tha = HOST_MAC,
                           .tpa = HOST_IP };

    frame_arp(&f, &arp);
}

static void make(void)
{
    static const uint8_t text[600];
    struct sk_addr from = { PEER_IP, 4000 };
    struct sk_addr us = { HOST_IP, 5000 };

    switch (dice(10)) {
    case 0:
        make_arp();
        break;
    case 1:
        frame_udp(&f, from, us, text, dice(sizeof(text)));
        break;
    case 2:
        frame_icmp(&f, PEER_IP, HOST_IP, (struct icmp4_hdr){ .type = ICMP4_ECHO_REQUEST }, text,
                   dice(sizeof(text)));
        break;
    case 3:
        frame_icmp_error(&f, GATE_IP, (uint8_t)(dice(2) ? 3 : 11), (uint8_t)dice(6), quote,
                         quote_len);
        break;
    case 4:
        from.port = DNS_PORT;
        us.port = dns_port;
        frame_udp(&f, from, us, text, dice(100));
        break;
    default:
        make_segment();
    }
}

static void put_right(void)
{
    size_t len = be16(frame_ip_at(&f) + 2);
    size_t hdr_len = (size_t)(frame_transport_at(&f) - frame_ip_at(&f));

    if (f.len < ETH_HDR_LEN + IPV4_HDR_LEN || be16(f.at + 12) != ETH_TYPE_IPV4) {
        return;
    }
    if (dice(4)) {
        frame_fix_ip(&f);
    }
    if (dice(4) && len <= f.len - ETH_HDR_LEN && hdr_len + TCP_HDR_LEN <= len) {
        frame_fix_transport(&f);
    }
}

static void damage(void)
{
    for (uint32_t n = dice(4); n > 0; n--) {
        f.at[dice((uint32_t)f.len)] = (uint8_t)(dice(2) ? random_u32(&state) : dice(3));
    }
    switch (dice(12)) {
    case 0:
        f.len = dice((uint32_t)f.len + 1);
        break;
    case 1:
        f.len += dice(40);
        break;
    case 2:
        put_be16(frame_ip_at(&f) + 2, (uint16_t)(be16(frame_ip_at(&f) + 2) + dice(9) - 4));
        break;
    default:
        break;
    }
    put_right();
}

/* What a frame that came in can be dropped for; what is sent has reasons of its own. */
static uint32_t n_dropped(void)
{
    uint32_t n = 0;

    for (int i = 1; i < DROP_TX_NO_PACKET; i++) {
        n += sk_iface_stats(h.iface)->drops[i];
        seed_assert(sk_iface_stats(h.iface)->drops[i] == h.traced[i]);
    }
    return n;
}

static void still_lives(void)
{
    const struct sent *s;

    meet_again();
    frame_icmp(&f, PEER_IP, HOST_IP, (struct icmp4_hdr){ .type = ICMP4_ECHO_REQUEST }, "?", 1);
    host_hear(&h, &f);
    do {
        s = host_sent(&h);
    } while (s && s->ip.proto != IP_PROTO_ICMP);
    seed_assert(s && s->icmp.type == ICMP4_ECHO_REPLY);
    host_forget(&h);
    for (int i = 0; i < N_PEERS; i++) {
        connect_again(i);
        sk_close(h.iface, fds[i], h.now);
    }
    seed_assert(sk_close(h.iface, udp, h.now) == SK_OK);
    seed_assert(sk_close(h.iface, listener, h.now) == SK_OK);
    host_end(&h);
}

START_TEST(frames_that_are_nearly_right)
{
    for (uint64_t seed = seed_start(); seed < seed_start() + N_SEEDS; seed++) {
        uint32_t n_taken = 0;

        begin(seed);
        for (int i = 0; i < N_FRAMES; i++) {
            uint32_t before = n_dropped();
            uint32_t dropped;

            memset(f.at, 0, 2048);
            make();
            if (dice(2)) {
                damage();
            }
            host_hear(&h, &f);
            dropped = n_dropped() - before;
            seed_assert(dropped <= 1);
            n_taken += dropped == 0;
            look_at_what_was_sent();
            program_acts();
            look_at_what_was_sent();
        }
        seed_assert(n_taken > N_FRAMES / 10 && n_taken < N_FRAMES / 10 * 9);
        still_lives();
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { frames_that_are_nearly_right, NULL };

    return suite_run("frames", tests);
}
