/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames under construction: see frames.h. */
#include "tests/support/frames.h"

#include <string.h>

#include "base/sum.h"

void frame_set_macs(struct frame *f, struct mac_addr dst, struct mac_addr src)
{
    struct eth_hdr eth = { .dst = dst, .src = src, .type = be16(f->at + 12) };

    eth_emit(f->at, &eth);
}

void frame_raw(struct frame *f, uint16_t type, const void *payload, size_t len)
{
    put_be16(f->at + 12, type);
    frame_set_macs(f, HOST_MAC, PEER_MAC);
    if (len > 0) {
        memcpy(f->at + ETH_HDR_LEN, payload, len);
    }
    f->len = ETH_HDR_LEN + len;
}

void frame_arp(struct frame *f, const struct arp_hdr *arp)
{
    uint8_t octets[ARP_LEN];

    arp_emit(octets, arp);
    frame_raw(f, ETH_TYPE_ARP, octets, sizeof(octets));
    frame_set_macs(f, arp->op == ARP_REQUEST ? MAC_BROADCAST : HOST_MAC, arp->sha);
}

uint8_t *frame_ip_at(struct frame *f)
{
    return f->at + ETH_HDR_LEN;
}

uint8_t *frame_transport_at(struct frame *f)
{
    return frame_ip_at(f) + (size_t)(*frame_ip_at(f) & 0xf) * 4;
}

/* The payload may lie where it belongs already. */
void frame_ip(struct frame *f, struct ip_hdr ip, const void *payload, size_t len)
{
    EXPECT(len <= 65535 - IPV4_HDR_LEN);
    ip.payload_len = (uint16_t)len;
    ip.ttl = ip.ttl ? ip.ttl : 64;
    memmove(f->at + ETH_HDR_LEN + IPV4_HDR_LEN, payload, len);
    ipv4_emit(f->at + ETH_HDR_LEN, &ip);
    put_be16(f->at + 12, ETH_TYPE_IPV4);
    frame_set_macs(f, HOST_MAC, PEER_MAC);
    f->len = ETH_HDR_LEN + IPV4_HDR_LEN + len;
}

void frame_udp(struct frame *f, struct sk_addr from, struct sk_addr to, const void *payload,
               size_t len)
{
    struct ip_hdr ip = { .src = from.addr, .dst = to.addr, .proto = IP_PROTO_UDP };
    struct udp_hdr hdr = { from.port, to.port, (uint16_t)len };
    uint8_t *at = f->at + ETH_HDR_LEN + IPV4_HDR_LEN;

    if (len > 0) {
        memcpy(at + UDP_HDR_LEN, payload, len);
    }
    udp_emit(at, &ip, &hdr, sum_add(0, at + UDP_HDR_LEN, len));
    frame_ip(f, ip, at, UDP_HDR_LEN + len);
}

void frame_tcp(struct frame *f, struct sk_addr from, struct sk_addr to, struct tcp_hdr hdr,
               const void *text, size_t len)
{
    struct ip_hdr ip = { .src = from.addr, .dst = to.addr, .proto = IP_PROTO_TCP };
    uint8_t *at = f->at + ETH_HDR_LEN + IPV4_HDR_LEN;
    size_t hdr_len;

    hdr.src_port = from.port;
    hdr.dst_port = to.port;
    hdr.len = (uint32_t)len;
    hdr_len = tcp_hdr_len(&hdr);
    if (len > 0) {
        memcpy(at + hdr_len, text, len);
    }
    tcp_emit(at, &ip, &hdr, sum_add(0, at + hdr_len, len));
    frame_ip(f, ip, at, hdr_len + len);
}

void frame_icmp(struct frame *f, struct ip_addr from, struct ip_addr to, struct icmp4_hdr hdr,
                const void *payload, size_t len)
{
    struct ip_hdr ip = { .src = from, .dst = to, .proto = IP_PROTO_ICMP };
    uint8_t *at = f->at + ETH_HDR_LEN + IPV4_HDR_LEN;

    if (len > 0) {
        memcpy(at + ICMP4_HDR_LEN, payload, len);
    }
    icmp4_emit(at, &hdr, sum_add(0, at + ICMP4_HDR_LEN, len));
    frame_ip(f, ip, at, ICMP4_HDR_LEN + len);
}

void frame_to_group(struct frame *f, struct ip_addr group)
{
    uint32_t bits = ip4_bits(group);

    memcpy(f->at, (const uint8_t[]){ 1, 0, 0x5e, bits >> 16 & 0x7f, bits >> 8 & 0xff, bits & 0xff },
           MAC_ADDR_LEN);
}

void frame_igmp(struct frame *f, struct ip_addr from, struct ip_addr to, struct igmp_hdr hdr)
{
    struct ip_hdr ip = { .src = from, .dst = to, .proto = IP_PROTO_IGMP, .ttl = 1 };
    uint8_t message[IGMP_LEN];

    igmp_emit(message, &hdr);
    frame_ip(f, ip, message, sizeof(message));
    frame_to_group(f, to);
}

void frame_icmp_error(struct frame *f, struct ip_addr from, uint8_t type, uint8_t code,
                      const uint8_t *quoted, size_t len)
{
    frame_icmp(f, from, HOST_IP, (struct icmp4_hdr){ .type = type, .code = code }, quoted, len);
}

void frame_fix_ip(struct frame *f)
{
    uint8_t *at = frame_ip_at(f);
    size_t hdr_len = (size_t)(at[0] & 0xf) * 4;

    put_be16(at + 10, 0);
    put_be16(at + 10, sum_finish(sum_add(0, at, hdr_len)));
}

uint8_t *frame_open_options(struct frame *f, size_t n)
{
    uint8_t *at = frame_ip_at(f);
    uint8_t *options = frame_transport_at(f);

    memmove(options + n, options, f->len - (size_t)(options - f->at));
    memset(options, 1, n);
    f->len += n;
    at[0] = (uint8_t)(0x40 | ((size_t)(options - at) + n) / 4);
    put_be16(at + 2, (uint16_t)(f->len - ETH_HDR_LEN));
    frame_fix_ip(f);
    return options;
}

void frame_fix_transport(struct frame *f)
{
    uint8_t *at = frame_transport_at(f);
    uint8_t proto = frame_ip_at(f)[9];
    size_t len = be16(frame_ip_at(f) + 2) - (size_t)(at - frame_ip_at(f));
    size_t place = proto == IP_PROTO_TCP ? 16 : proto == IP_PROTO_UDP ? 6 : 2;
    struct ip_hdr ip = { .src = ip4(be32(frame_ip_at(f) + 12)),
                         .dst = ip4(be32(frame_ip_at(f) + 16)),
                         .proto = proto };
    uint16_t sum = proto == IP_PROTO_ICMP ? 0 : ip_pseudo_sum(&ip, (uint16_t)len);

    put_be16(at + place, 0);
    put_be16(at + place, sum_finish(sum_add(sum, at, len)));
}

void frame_tcp_options(struct frame *f, const uint8_t *options, size_t n)
{
    uint8_t *tcp = frame_transport_at(f);
    size_t hdr_len = (size_t)(tcp[12] >> 4) * 4;

    EXPECT(hdr_len + n <= TCP_MAX_HDR_LEN);
    memmove(tcp + hdr_len + n, tcp + hdr_len, f->len - (size_t)(tcp + hdr_len - f->at));
    memcpy(tcp + hdr_len, options, n);
    tcp[12] = (uint8_t)((hdr_len + n) / 4 << 4);
    f->len += n;
    put_be16(frame_ip_at(f) + 2, (uint16_t)(f->len - ETH_HDR_LEN));
    frame_fix_ip(f);
    frame_fix_transport(f);
}
