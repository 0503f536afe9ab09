/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A name is asked for while a name server says what the input says: datagrams and pieces of a
 * stream, most of them with the identifier and the question that the host is waiting for.
 */
#include "fuzz_host.h"
#include "wire/dns.h"

#define N_ADDRS 4
#define HDR_LEN 12
#define TYPE_AND_CLASS_LEN 4
#define MOST 1200 /* octets of a message, less than fit into a packet */

static struct sk_addr addrs[N_ADDRS];
static uint8_t question[DNS_MAX_UDP_LEN]; /* the header and the question that were sent last */
static size_t question_len;
static struct sk_addr asker;  /* of the datagram */
static struct tcp_hdr caller; /* the last segment */

static void note_question(const uint8_t *at, size_t len)
{
    size_t end = HDR_LEN;

    while (end < len && at[end] != 0) {
        end += 1u + at[end];
    }
    end += 1 + TYPE_AND_CLASS_LEN;
    if (len > HDR_LEN && end <= len && end <= sizeof(question)) {
        memcpy(question, at, end);
        question_len = end;
    }
}

static void note_sent(const struct pkt *pkt)
{
    struct cursor c = cursor_over(sk_pkt_data(pkt), pkt->len);
    struct ip_hdr ip = { .ttl = 0 };
    struct udp_hdr udp;

    REQUIRE(ipv4_parse(&c, &ip) == DROP_NONE);
    if (ip.proto == IP_PROTO_UDP && udp_parse(&c, &ip, &udp) == DROP_NONE &&
        udp.dst_port == DNS_PORT) {
        asker = (struct sk_addr){ ip.src, udp.src_port };
        note_question(c.at, udp.payload_len);
    } else if (ip.proto == IP_PROTO_TCP) {
        REQUIRE(tcp_parse(&c, &caller) == DROP_NONE);
        if (caller.len > 2) {
            note_question(c.at + 2, caller.len - 2u);
        }
    }
}

/* What is left of a packet is the payload's. */
static void hear_ip(uint8_t proto, uint8_t *packet, size_t len)
{
    struct ip_hdr ip = {
        .src = PEER_IP, .dst = HOST_IP, .proto = proto, .ttl = 64, .payload_len = (uint16_t)len
    };

    ipv4_emit(packet, &ip);
    hear(packet, IPV4_HDR_LEN + len);
}

/* An answer: our question, with flags and counts of the input, and its octets behind it. */
static size_t answer(struct cursor *c, uint8_t *out)
{
    size_t len = next_octet(c) * 4u;

    len = len < c->left ? len : c->left;
    memcpy(out, question, question_len);
    if (question_len > 0) {
        out[2] = (uint8_t)(0x80 | next_octet(c));
        out[3] = next_octet(c);
        out[7] = next_octet(c) % 8;
        out[9] = next_octet(c) % 4;
        len = len < c->left ? len : c->left;
    }
    memcpy(out + question_len, c->at, len);
    cursor_take(c, len);
    return question_len + len;
}

static void say_datagram(struct cursor *c)
{
    uint8_t packet[IPV4_HDR_LEN + UDP_HDR_LEN + MOST + DNS_MAX_UDP_LEN];
    size_t len = answer(c, packet + IPV4_HDR_LEN + UDP_HDR_LEN);
    struct ip_hdr ip = { .src = PEER_IP, .dst = HOST_IP };
    struct udp_hdr udp = { .src_port = DNS_PORT,
                           .dst_port = asker.port,
                           .payload_len = (uint16_t)len };

    udp_emit(packet + IPV4_HDR_LEN, &ip, &udp,
             sum_add(0, packet + IPV4_HDR_LEN + UDP_HDR_LEN, len));
    hear_ip(IP_PROTO_UDP, packet, UDP_HDR_LEN + len);
}

/* A segment where the host expects one: of what kind, the input says. */
static void say_segment(struct cursor *c)
{
    uint8_t packet[IPV4_HDR_LEN + TCP_MAX_HDR_LEN + 2 + MOST + DNS_MAX_UDP_LEN];
    uint8_t text[2 + MOST + DNS_MAX_UDP_LEN];
    uint8_t shape = next_octet(c);
    struct tcp_hdr hdr = { .src_port = DNS_PORT,
                           .dst_port = caller.src_port,
                           .seq = caller.flags & TCP_ACK ? caller.ack : 1000,
                           .ack = caller.seq + tcp_seg_len(&caller),
                           .flags = TCP_ACK,
                           .wnd = 8192,
                           .wscale = TCP_NO_WSCALE };
    struct ip_hdr ip = { .src = PEER_IP, .dst = HOST_IP, .proto = IP_PROTO_TCP };
    size_t len = 0;
    uint32_t hdr_len;

    if (caller.flags & TCP_SYN) {
        hdr.flags |= TCP_SYN;
    } else if (shape & 1) {
        len = answer(c, text + 2);
        put_be16(text, (uint16_t)(shape & 2 ? next_word(c) : len));
        len += 2;
    } else {
        while (len < 2 && c->left > 0) { /* a little, of a message in pieces */
            text[len++] = next_octet(c);
        }
    }
    hdr.flags |= shape & 4 ? TCP_FIN : 0;
    hdr.flags |= shape & 8 ? TCP_RST : 0;
    hdr.len = (uint16_t)len;
    hdr_len = tcp_hdr_len(&hdr);
    memcpy(packet + IPV4_HDR_LEN + hdr_len, text, len);
    ip.payload_len = (uint16_t)(hdr_len + len);
    tcp_emit(packet + IPV4_HDR_LEN, &ip, &hdr, sum_add(0, text, len));
    hear_ip(IP_PROTO_TCP, packet, hdr_len + len);
}

static void name_servers(struct sk_config *config, struct sk_netif_config *netif)
{
    (void)netif;
    config->dns[0].addr = PEER_IP;
    config->dns[1].addr = ip4(0x0a000003);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    struct cursor c = cursor_over(octets, len);
    enum sk_err err = SK_PENDING;
    struct sk_op op;

    question_len = 0;
    asker = (struct sk_addr){ .port = 0 };
    caller = (struct tcp_hdr){ .flags = 0 };
    host_begin_with(LINK_IP, name_servers);
    fuzz_link.sent = note_sent;
    sk_resolve(&op, "a.example", PORT, addrs, N_ADDRS);
    while (err == SK_PENDING && c.left > 0) {
        uint8_t what = next_octet(&c);

        err = op.poll(&op, iface, fuzz_now);
        fuzz_poll();
        if (what % 4 == 0) {
            pass((duration)next_octet(&c) * 20000);
        } else if (what % 4 == 1) {
            say_segment(&c);
        } else {
            say_datagram(&c);
        }
    }
    REQUIRE(err != SK_OK || (op.done > 0 && op.done <= N_ADDRS));
    host_end();
    return 0;
}
