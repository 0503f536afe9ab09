/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What one frame costs a busy host, in instructions. The input is a series of commands, most of
 * them a frame near what the host expects and with good checksums: so the deep code is reached, and
 * one frame may prepare what makes the next one dear. libFuzzer is led to what costs more by extra
 * counters; cost.c says what each input costs in code that is not instrumented.
 *
 *   cost_host.h   the host, and how a frame's cost is counted    cost_scene.h   what it is busy
 * with
 */
#include "cost_scene.h"

/* Fills `len` octets with the next ones of the input, over and over. */
static void fill(struct cursor *c, uint8_t *to, size_t len)
{
    size_t n = next_octet(c) % 32 + 1u;
    const uint8_t *pattern;

    n = n < c->left ? n : c->left;
    pattern = cursor_take(c, n);
    for (size_t i = 0; i < len; i++) {
        to[i] = n > 0 ? pattern[i % n] : 0;
    }
}

/* UINT16_MAX: as long as can be. */
static size_t next_len(struct cursor *c, size_t most)
{
    size_t len = next_word(c);

    return len == UINT16_MAX || most == 0 ? most : len % (most + 1);
}

static void take_blocks(struct cursor *c, struct tcp_hdr *hdr, uint32_t host_nxt)
{
    unsigned most = hdr->has_timestamps ? TCP_MAX_SACK - 1 : TCP_MAX_SACK;

    hdr->n_sack = (uint8_t)(next_octet(c) % (most + 1));
    for (uint8_t i = 0; i < hdr->n_sack; i++) {
        hdr->sack[i].start = host_nxt - next_word(c);
        hdr->sack[i].end = hdr->sack[i].start + next_word(c);
    }
}

static uint32_t next_signed(struct cursor *c)
{
    return (uint32_t)(int32_t)(int16_t)next_word(c);
}

static void say_segment(struct cursor *c)
{
    uint8_t which = next_octet(c);
    uint8_t shape = next_octet(c);
    uint8_t ecn = next_octet(c);
    struct tcp_hdr hdr = segment_of(which % N_STREAMS, TCP_ACK);

    hdr.flags = (uint8_t)(next_octet(c) ^ TCP_ACK);
    hdr.seq += next_signed(c);
    hdr.ack -= next_signed(c);
    hdr.wnd = shape & 1 ? next_word(c) : hdr.wnd;
    hdr.has_timestamps = !(shape & 2);
    hdr.tsval -= shape & 4 ? next_octet(c) : 0u;
    hdr.up = hdr.flags & TCP_URG ? next_word(c) : 0;
    if (which & 0x40) {
        hdr.src_port = (uint16_t)(hdr.src_port + 100 + next_octet(c));
    }
    if (which & 0x80) {
        hdr.dst_port = shape & 0x80 ? 1 : PORT;
    }
    if (hdr.flags & TCP_SYN) {
        hdr.mss = MTU - 40;
        hdr.wscale = 4;
        hdr.sack_permitted = true;
    } else if (shape & 8) {
        take_blocks(c, &hdr, streams[which % N_STREAMS].host_nxt);
    }
    if (shape & 16) {
        hdr.len = (uint32_t)next_len(c, shape & 32 ? LONGEST : most_octets() - tcp_hdr_len(&hdr));
    }
    hear_tcp(&hdr, ecn);
}

static void say_datagram(struct cursor *c)
{
    static const uint16_t ports[] = { GROUP_PORT, PORT, 1, DHCP_CLIENT_PORT };
    uint8_t shape = next_octet(c);
    size_t len = next_len(c, shape & 16 ? LONGEST : most_octets() - UDP_HDR_LEN);
    struct ip_addr to = host_ip;

    if (shape & 0x20) {
        to = group(next_octet(c) % N_MEMBERS);
    } else if (shape & 12) {
        to = ip4(shape & 8 ? UINT32_MAX : NET_BITS | 0xff);
    }
    fill(c, message + UDP_HDR_LEN, len);
    hear_datagram(PEER_IP, (uint16_t)(1000 + next_octet(c)), to, ports[shape & 3], len);
}

static void hear_icmp(struct icmp4_hdr *hdr, size_t len)
{
    struct ip_hdr ip = { .src = hdr->type == ICMP4_REDIRECT ? SERVER_IP : PEER_IP,
                         .dst = host_ip,
                         .proto = IP_PROTO_ICMP };

    icmp4_emit(message, hdr, sum_add(0, message + ICMP4_HDR_LEN, len));
    hear_message(&ip, ICMP4_HDR_LEN + len);
}

static void say_echo(struct cursor *c)
{
    struct icmp4_hdr hdr = { .type = ICMP4_ECHO_REQUEST, .id = 1 };
    uint8_t shape = next_octet(c);
    size_t len = next_len(c, shape & 1 ? LONGEST : most_octets() - ICMP4_HDR_LEN);

    fill(c, message + ICMP4_HDR_LEN, len);
    hear_icmp(&hdr, len);
}

/* An error about what the host sent. */
static void say_error(struct cursor *c)
{
    static const uint8_t types[] = { ICMP4_UNREACHABLE, ICMP4_UNREACHABLE, ICMP4_TIME_EXCEEDED,
                                     ICMP4_REDIRECT };
    uint8_t shape = next_octet(c);
    const struct stream *s = &streams[next_octet(c) % N_STREAMS];
    bool stream = shape & 4;
    struct icmp4_hdr hdr = { .type = types[shape & 3], .code = next_octet(c) % 16 };
    uint8_t *quote = message + ICMP4_HDR_LEN;
    struct ip_hdr ip = {
        .src = host_ip, .dst = PEER_IP, .proto = stream ? IP_PROTO_TCP : IP_PROTO_UDP, .ttl = 60
    };
    size_t len = next_len(c, most_octets() - ICMP4_HDR_LEN);

    hdr.seq = next_word(c);
    hdr.id = shape & 8 ? NET_BITS >> 16 : 0;
    ip.payload_len = next_word(c) % (MTU - IPV4_HDR_LEN);
    memset(quote, 0, len);
    ipv4_emit(quote, &ip);
    put_be16(quote + IPV4_HDR_LEN, stream ? s->host_port : resolver.port);
    put_be16(quote + IPV4_HDR_LEN + 2, stream ? (uint16_t)(CLIENT_PORT + (s - streams)) : DNS_PORT);
    put_be32(quote + IPV4_HDR_LEN + 4, s->host_nxt - next_word(c));
    hear_icmp(&hdr, len);
}

/* A record; `before` is where the name of the one before it begins. */
static void put_record(struct writer *w, uint8_t what, size_t *before)
{
    size_t at = w->len;
    uint16_t last = (uint16_t)(0xc000 | *before);
    uint8_t type = what >> 3 & 3;

    switch (what & 7) {
    case 0:
        write_u16(w, 0xc00c); /* what was asked for */
        break;
    case 1:
        write_u16(w, last);
        *before = at;
        break;
    case 2:
        write_u16(w, 1 << 8 | 'a');
        write_u16(w, last);
        *before = at;
        break;
    case 3:
        write_u8(w, 0);
        break;
    case 4:
        for (int i = 0; i < 100; i++) {
            write_u16(w, 1 << 8 | 'a');
        }
        write_u8(w, 0);
        *before = at;
        break;
    default:
        write_u16(w, last);
        break;
    }
    write_u16(w, type == 0 ? 1 : type == 1 ? 5 : type == 2 ? 6 : 16);
    write_u16(w, 1);
    write_u32(w, 60);
    write_u16(w, type == 0 ? 4 : type == 1 ? 2 : 0);
    if (type == 0) {
        write_u32(w, NET_BITS | 7);
    } else if (type == 1) {
        write_u16(w, what & 0x20 ? 0xc00c : last);
    }
}

static void say_name(struct cursor *c)
{
    uint8_t shape = next_octet(c);
    size_t len = next_len(c, shape & 1 ? LONGEST : most_octets() - UDP_HDR_LEN);
    uint8_t *text = message + UDP_HDR_LEN;
    struct writer w = writer_over(text, len);
    uint8_t what[16];
    size_t n = next_octet(c) % sizeof(what) + 1;
    size_t before = 12;

    memcpy(text, question, question_len);
    w.len = question_len;
    text[2] = 0x81;
    text[3] = (uint8_t)(0x80 | (next_octet(c) & 3));
    put_be16(text + 6, next_word(c));
    put_be16(text + 8, next_word(c));
    put_be16(text + 10, 0);
    for (size_t i = 0; i < n; i++) {
        what[i] = next_octet(c);
    }
    for (size_t i = 0, end = w.len; len > 300 && w.cap - end > 220; i++) {
        put_record(&w, what[i % n], &before);
        end = w.len;
    }
    len = w.len;
    if (shape & 2) { /* octets of the input instead */
        fill(c, text + question_len, len - question_len);
    }
    hear_datagram(PEER_IP, DNS_PORT, resolver.addr, resolver.port, len);
}

static void say_lease(struct cursor *c)
{
    uint8_t shape = next_octet(c);
    size_t len =
        put_dhcp(shape & 1 ? DHCP_NAK : DHCP_ACK, ip4_bits(host_ip) ^ (shape & 2 ? 0x10u : 0));
    size_t more = next_len(c, most_octets() - UDP_HDR_LEN - len);

    dhcp_xid += shape & 8 ? 1u : 0;
    fill(c, message + UDP_HDR_LEN + len, more);
    if (more >= 3 && shape & 16) {
        memcpy(message + UDP_HDR_LEN + len, "\x34\x01\x03", 3); /* overload, both */
        fill(c, message + UDP_HDR_LEN + 44, 192);
    }
    hear_dhcp(len + more, shape & 4);
}

static void say_arp(struct cursor *c)
{
    uint8_t op = next_octet(c);
    struct ip_addr from = ip4(NET_BITS | next_octet(c));

    hear_arp(op & 1 ? ARP_REPLY : ARP_REQUEST, from, op & 2 ? from : host_ip, next_octet(c));
}

/* Any protocol, in one packet or as a piece of one. */
static void say_packet(struct cursor *c)
{
    struct ip_hdr ip = { .src = PEER_IP, .dst = host_ip, .proto = next_octet(c) };
    uint8_t shape = next_octet(c);
    size_t len = next_len(c, most_octets());

    ip.id = 0x8000 | (shape & 3);
    ip.frag_offset = shape & 4 ? (uint16_t)(next_word(c) % LONGEST / 8 * 8) : 0;
    ip.more_frags = shape & 8;
    fill(c, message, len);
    hear_message(&ip, len);
}

/* Of the groups, to one of them or to all. */
static void say_group(struct cursor *c)
{
    static const uint8_t types[] = { IGMP_QUERY, IGMP_QUERY, IGMP_REPORT, IGMP_V1_REPORT };
    struct ip_hdr ip = { .src = PEER_IP, .dst = ip4(IGMP_ALL_SYSTEMS), .proto = IP_PROTO_IGMP };
    uint8_t shape = next_octet(c);
    struct igmp_hdr hdr = { .type = types[shape & 3], .max_resp = next_octet(c) };

    if (shape & 4) {
        hdr.group = ip.dst = group(shape >> 3 & 7);
    }
    igmp_emit(message, &hdr);
    hear_message(&ip, IGMP_LEN);
}

/* What comes after has these options in its IP headers, if they are well-formed. */
static void put_options(struct cursor *c)
{
    n_options = next_octet(c) % (IPV4_MAX_OPTIONS / 4 + 1) * 4;
    fill(c, options, n_options);
    if (ipv4_check_options(options, n_options) != DROP_NONE) {
        n_options = 0;
    }
}

/* The program's part. */
static void act(struct cursor *c)
{
    uint8_t what = next_octet(c);
    enum which which = next_octet(c) % WAITING;

    counts = false;
    switch (what % 4) {
    case 0:
        send_on(which, next_len(c, BUFFER));
        break;
    case 1:
        read_all(which);
        break;
    case 2:
        ask_name();
        break;
    default:
        break;
    }
    let_pass((duration)next_word(c) * 10);
    counts = true;
}

static void (*const commands[])(struct cursor *c) = {
    say_segment, say_segment, say_segment, say_segment, say_datagram, say_echo,  say_error,
    say_name,    say_lease,   say_arp,     say_packet,  act,          say_group, put_options,
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

struct cost fuzz_cost(const uint8_t *octets, size_t len)
{
    struct cursor c = cursor_over(octets, len);

    scene_begin();
    counts = true;
    for (int n = 0; n < 32 && c.left > 0; n++) {
        kind = next_octet(&c) % N_COMMANDS;
        commands[kind](&c);
    }
    counts = false;
    free(host_memory);
    return worst;
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    fuzz_cost(octets, len);
    return 0;
}
