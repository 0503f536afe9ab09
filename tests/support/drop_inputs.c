/* SPDX-License-Identifier: BSD-3-Clause */
/* Inputs for the drop reasons of links, ARP, IP, ICMP, UDP, DHCP and DNS: see drop_inputs.h. */
#include "tests/support/drop_inputs.h"

#include <string.h>

#include "proto/igmp.h"
#include "wire/dhcp.h"
#include "wire/dns.h"

static struct frame f;

static struct sk_addr peer(uint16_t port)
{
    return (struct sk_addr){ PEER_IP, port };
}

static struct sk_addr us(uint16_t port)
{
    return (struct sk_addr){ HOST_IP, port };
}

/* A datagram to a bound port, which nobody would drop. */
static void good(struct host *h)
{
    host_bound(h, SK_DGRAM, 5000);
    frame_udp(&f, peer(4000), us(5000), "text", 4);
}

static void rx_short(struct host *h)
{
    good(h);
    f.len = ETH_HDR_LEN - 1;
    host_hear(h, &f);
}

static void rx_oversize(struct host *h)
{
    good(h);
    f.len = ETH_HDR_LEN + 1501;
    host_hear(h, &f);
}

static void eth_source(struct host *h)
{
    good(h);
    frame_set_macs(&f, HOST_MAC, HOST_MAC);
    host_hear(h, &f);
}

static void eth_not_for_us(struct host *h)
{
    good(h);
    frame_set_macs(&f, EVIL_MAC, PEER_MAC);
    host_hear(h, &f);
}

static void eth_type(struct host *h)
{
    frame_raw(&f, 0x86dd, "six", 3);
    host_hear(h, &f);
}

/* A request of the peer for our address. */
static void arp(struct host *h, uint16_t op, struct ip_addr spa, struct mac_addr sha)
{
    struct arp_hdr hdr = { .op = op, .sha = sha, .spa = spa, .tpa = HOST_IP };

    frame_arp(&f, &hdr);
    host_hear(h, &f);
}

static void arp_malformed(struct host *h)
{
    frame_raw(&f, ETH_TYPE_ARP, "arp", 3);
    host_hear(h, &f);
}

static void arp_opcode(struct host *h)
{
    arp(h, 3, PEER_IP, PEER_MAC);
}

static void arp_sender(struct host *h)
{
    arp(h, ARP_REQUEST, ip4(0xe0000001), PEER_MAC);
}

static void arp_conflict(struct host *h)
{
    arp(h, ARP_REQUEST, HOST_IP, EVIL_MAC);
}

static void arp_unsolicited(struct host *h)
{
    arp(h, ARP_REPLY, ip4(0x0a000003), EVIL_MAC);
}

/* One octet of the IP header replaced, and the checksum right. */
static void ip_octet(struct host *h, size_t at, uint8_t value)
{
    good(h);
    frame_ip_at(&f)[at] = value;
    frame_fix_ip(&f);
    host_hear(h, &f);
}

static void ip_version(struct host *h)
{
    ip_octet(h, 0, 0x65);
}

static void ip_header_len(struct host *h)
{
    ip_octet(h, 0, 0x44);
}

static void ip_total_len(struct host *h)
{
    ip_octet(h, 2, 4);
}

static void ip_checksum(struct host *h)
{
    good(h);
    frame_ip_at(&f)[10] ^= 1;
    host_hear(h, &f);
}

static void ip_options(struct host *h, uint8_t kind, uint8_t len)
{
    uint8_t *options;

    good(h);
    options = frame_open_options(&f, 8);
    options[0] = kind;
    options[1] = len;
    options[2] = 4;
    frame_fix_ip(&f);
    host_hear(h, &f);
}

static void ip_option(struct host *h)
{
    ip_options(h, 7, 9);
}

static void ip_source_route(struct host *h)
{
    ip_options(h, 131, 7);
}

static void ip_martian_source(struct host *h)
{
    ip_octet(h, 12, 224);
}

static void ip_martian_destination(struct host *h)
{
    ip_octet(h, 16, 127);
}

static void ip_not_for_us(struct host *h)
{
    ip_octet(h, 19, 77);
}

static void ip_link_broadcast(struct host *h)
{
    good(h);
    frame_set_macs(&f, MAC_BROADCAST, PEER_MAC);
    host_hear(h, &f);
}

static void ip_fragment(struct host *h)
{
    ip_octet(h, 6, 0x20);
}

static void ip_protocol(struct host *h)
{
    ip_octet(h, 9, 89);
}

static void icmp(struct host *h, uint8_t type, size_t cut)
{
    frame_icmp(&f, PEER_IP, HOST_IP, (struct icmp4_hdr){ .type = type }, "12345678", 8);
    f.len -= cut;
    put_be16(frame_ip_at(&f) + 2, (uint16_t)(f.len - ETH_HDR_LEN));
    frame_fix_ip(&f);
    host_hear(h, &f);
}

static void icmp_short(struct host *h)
{
    icmp(h, ICMP4_ECHO_REQUEST, 9);
}

static void icmp_checksum(struct host *h)
{
    icmp(h, ICMP4_ECHO_REQUEST, 2);
}

static void icmp_type(struct host *h)
{
    icmp(h, ICMP4_REDIRECT, 0);
}

static void icmp_quote(struct host *h)
{
    icmp(h, ICMP4_UNREACHABLE, 0);
}

static void igmp_of_ttl(struct host *h, uint8_t type, size_t len, uint8_t damage, uint8_t ttl)
{
    struct igmp_hdr hdr = { .type = type, .max_resp = 10, .group = ip4(0xef010203) };
    struct ip_hdr ip = {
        .src = PEER_IP, .dst = ip4(IGMP_ALL_SYSTEMS), .proto = IP_PROTO_IGMP, .ttl = ttl
    };
    uint8_t message[IGMP_LEN];

    igmp_emit(message, &hdr);
    message[7] ^= damage;
    frame_ip(&f, ip, message, len);
    frame_to_group(&f, ip.dst);
    host_hear(h, &f);
}

static void igmp(struct host *h, uint8_t type, size_t len, uint8_t damage)
{
    igmp_of_ttl(h, type, len, damage, 1);
}

static void igmp_far(struct host *h)
{
    igmp_of_ttl(h, IGMP_QUERY, IGMP_LEN, 0, 2);
}

static void igmp_short(struct host *h)
{
    igmp(h, IGMP_QUERY, IGMP_LEN - 1, 0);
}

static void igmp_checksum(struct host *h)
{
    igmp(h, IGMP_QUERY, IGMP_LEN, 1);
}

static void igmp_type(struct host *h)
{
    igmp(h, IGMP_LEAVE, IGMP_LEN, 0);
}

static void igmp_group(struct host *h)
{
    igmp(h, IGMP_QUERY, IGMP_LEN, 0);
}

static void icmp_broadcast(struct host *h)
{
    frame_icmp(&f, PEER_IP, ip4(0x0a0000ff), (struct icmp4_hdr){ .type = ICMP4_ECHO_REQUEST }, "?",
               1);
    host_hear(h, &f);
}

static void udp_short(struct host *h)
{
    frame_ip(&f, (struct ip_hdr){ .src = PEER_IP, .dst = HOST_IP, .proto = IP_PROTO_UDP },
             "7 only!", 7);
    host_hear(h, &f);
}

static void udp_length(struct host *h)
{
    good(h);
    frame_transport_at(&f)[5]++;
    host_hear(h, &f);
}

static void udp_checksum(struct host *h)
{
    good(h);
    frame_transport_at(&f)[8]++;
    host_hear(h, &f);
}

static void udp_port(struct host *h)
{
    frame_udp(&f, peer(4000), us(0), "text", 4);
    host_hear(h, &f);
}

static void udp_no_socket(struct host *h)
{
    frame_udp(&f, peer(4000), us(5001), "text", 4);
    host_hear(h, &f);
}

static void udp_queue_full(struct host *h)
{
    good(h);
    while (host_drops(h, DROP_UDP_QUEUE_FULL) == 0) {
        host_hear(h, &f);
    }
}

static void dhcp_payload(struct host *h, uint8_t op)
{
    uint8_t octets[300] = { op, 1, 6 };

    memcpy(octets + 236, "\x63\x82\x53\x63\x35\x01\x05\xff", 8); /* an ACK */
    frame_udp(&f, peer(DHCP_SERVER_PORT), us(DHCP_CLIENT_PORT), octets, sizeof(octets));
    host_hear(h, &f);
}

static void dhcp_malformed(struct host *h)
{
    frame_udp(&f, peer(DHCP_SERVER_PORT), us(DHCP_CLIENT_PORT), "?", 1);
    host_hear(h, &f);
}

static void dhcp_unexpected(struct host *h)
{
    dhcp_payload(h, 2);
}

/* The host asks a name server that is its peer; an answer of ours comes back. */
static void dns_answer(struct host *h, size_t len)
{
    static const char text[DNS_MAX_UDP_LEN];
    struct sk_addr addrs[1];
    struct sk_op op;
    const struct sent *query;

    sk_resolve(&op, "name.example", 80, addrs, 1);
    ck_assert_int_eq(host_try(h, &op), SK_PENDING);
    host_poll(h);
    query = host_sent(h);
    ck_assert(query && query->ip.proto == IP_PROTO_UDP);
    frame_udp(&f, peer(DNS_PORT), us(query->udp.src_port), text, len);
    host_hear(h, &f);
}

static void dns_malformed(struct host *h)
{
    dns_answer(h, 3);
}

static void dns_unexpected(struct host *h)
{
    dns_answer(h, 40);
}

const struct drop_input drop_inputs_ip[N_DROP_INPUTS_IP] = {
    { .reason = DROP_RX_SHORT, .raise = rx_short },
    { .reason = DROP_RX_OVERSIZE, .raise = rx_oversize },
    { .reason = DROP_ETH_SOURCE, .raise = eth_source },
    { .reason = DROP_ETH_NOT_FOR_US, .raise = eth_not_for_us },
    { .reason = DROP_ETH_TYPE, .raise = eth_type },
    { .reason = DROP_ARP_MALFORMED, .raise = arp_malformed },
    { .reason = DROP_ARP_OPCODE, .raise = arp_opcode },
    { .reason = DROP_ARP_SENDER, .raise = arp_sender },
    { .reason = DROP_ARP_CONFLICT, .raise = arp_conflict },
    { .reason = DROP_ARP_UNSOLICITED, .raise = arp_unsolicited },
    { .reason = DROP_IP_VERSION, .raise = ip_version },
    { .reason = DROP_IP_HEADER_LEN, .raise = ip_header_len },
    { .reason = DROP_IP_TOTAL_LEN, .raise = ip_total_len },
    { .reason = DROP_IP_CHECKSUM, .raise = ip_checksum },
    { .reason = DROP_IP_OPTION, .raise = ip_option },
    { .reason = DROP_IP_SOURCE_ROUTE, .raise = ip_source_route },
    { .reason = DROP_IP_MARTIAN_SOURCE, .raise = ip_martian_source },
    { .reason = DROP_IP_MARTIAN_DESTINATION, .raise = ip_martian_destination },
    { .reason = DROP_IP_NOT_FOR_US, .raise = ip_not_for_us },
    { .reason = DROP_IP_LINK_BROADCAST, .raise = ip_link_broadcast },
    { .reason = DROP_IP_FRAGMENT, .raise = ip_fragment },
    { .reason = DROP_IP_PROTOCOL, .raise = ip_protocol },
    { .reason = DROP_ICMP_SHORT, .raise = icmp_short },
    { .reason = DROP_ICMP_CHECKSUM, .raise = icmp_checksum },
    { .reason = DROP_ICMP_TYPE, .raise = icmp_type },
    { .reason = DROP_ICMP_BROADCAST, .raise = icmp_broadcast },
    { .reason = DROP_ICMP_QUOTE, .raise = icmp_quote },
    { .reason = DROP_IGMP_SHORT, .raise = igmp_short },
    { .reason = DROP_IGMP_CHECKSUM, .raise = igmp_checksum },
    { .reason = DROP_IGMP_FAR, .raise = igmp_far },
    { .reason = DROP_IGMP_TYPE, .raise = igmp_type },
    { .reason = DROP_IGMP_GROUP, .raise = igmp_group },
    { .reason = DROP_UDP_SHORT, .raise = udp_short },
    { .reason = DROP_UDP_LENGTH, .raise = udp_length },
    { .reason = DROP_UDP_CHECKSUM, .raise = udp_checksum },
    { .reason = DROP_UDP_PORT, .raise = udp_port },
    { .reason = DROP_UDP_NO_SOCKET, .raise = udp_no_socket },
    { .reason = DROP_UDP_QUEUE_FULL, .raise = udp_queue_full },
    { .reason = DROP_DHCP_MALFORMED, .raise = dhcp_malformed, .dhcp = true },
    { .reason = DROP_DHCP_UNEXPECTED, .raise = dhcp_unexpected, .dhcp = true },
    { .reason = DROP_DNS_MALFORMED, .raise = dns_malformed },
    { .reason = DROP_DNS_UNEXPECTED, .raise = dns_unexpected },
};
