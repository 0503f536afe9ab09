/* SPDX-License-Identifier: BSD-3-Clause */
/* The outbound policy "host loopback only". Whatever is not known to be harmless does not pass. */
#include "link/slirp_policy.h"

#include "base/sum.h"
#include "wire/arp.h"
#include "wire/dhcp.h"
#include "wire/udp.h"

#define BROADCAST 0xffffffffu
#define QUOTED_LEN 8 /* octets of the payload, RFC 792 */

static bool is_fragment(const struct ip_hdr *ip)
{
    return ip->frag_offset > 0 || ip->more_frags;
}

/* RFC 2131 4.1: from the client's port to the server's, before there is an address. */
static bool dhcp_allowed(struct cursor *c, const struct ip_hdr *ip)
{
    struct udp_hdr udp;

    return ip->proto == IP_PROTO_UDP && !is_fragment(ip) && udp_parse(c, ip, &udp) == DROP_NONE &&
           udp.src_port == DHCP_CLIENT_PORT && udp.dst_port == DHCP_SERVER_PORT;
}

/* libslirp answers echo itself; the errors that a guest sends, it reads and forgets. */
static bool icmp_allowed(struct cursor *c, const struct ip_hdr *ip)
{
    struct icmp4_hdr icmp;

    if (is_fragment(ip)) {
        return true;
    }
    return icmp4_parse(c, &icmp) == DROP_NONE &&
           (icmp.type == ICMP4_ECHO_REQUEST || icmp.type == ICMP4_ECHO_REPLY ||
            icmp.type == ICMP4_UNREACHABLE);
}

static bool ipv4_allowed(struct cursor *c)
{
    struct ip_hdr ip;

    if (ipv4_parse(c, &ip) != DROP_NONE) {
        return false;
    }
    switch (ip4_bits(ip.dst)) {
    case SLIRP_HOST:
        if (ip.proto == IP_PROTO_ICMP) {
            return icmp_allowed(c, &ip);
        }
        return ip.proto == IP_PROTO_TCP || ip.proto == IP_PROTO_UDP;
    case BROADCAST:
        return dhcp_allowed(c, &ip);
    default:
        return false;
    }
}

static bool arp_allowed(struct cursor *c)
{
    struct arp_hdr arp;

    return arp_parse(c, &arp) == DROP_NONE;
}

bool slirp_policy_host_only(const uint8_t *frame, size_t len)
{
    struct cursor c = cursor_over(frame, len);
    struct eth_hdr eth;

    if (eth_parse(&c, &eth) != DROP_NONE) {
        return false;
    }
    switch (eth.type) {
    case ETH_TYPE_ARP:
        return arp_allowed(&c);
    case ETH_TYPE_IPV4:
        return ipv4_allowed(&c);
    default:
        return false;
    }
}

static bool is_one_host(struct ip_addr addr)
{
    uint32_t bits = ip4_bits(addr);
    bool directed_broadcast = bits == (SLIRP_NETWORK | ~SLIRP_NETMASK);

    return bits >> 24 != 0 && bits >> 28 < 0xe && !ip_is_loopback(addr) && !directed_broadcast;
}

/* RFC 1122 3.2.2: no error about one, nor about what was not from one host to one host. */
static bool may_answer(const struct eth_hdr *eth, const struct ip_hdr *ip, struct cursor payload)
{
    struct icmp4_hdr icmp;

    if (mac_is_group(eth->dst) || !is_one_host(ip->src) || !is_one_host(ip->dst) ||
        ip->frag_offset > 0) {
        return false;
    }
    return ip->proto != IP_PROTO_ICMP ||
           (icmp4_parse(&payload, &icmp) == DROP_NONE && icmp.type == ICMP4_ECHO_REQUEST);
}

static size_t emit_answer(uint8_t *at, const struct eth_hdr *eth, const struct ip_hdr *ip,
                          const uint8_t *quoted)
{
    size_t text = ip->payload_len < QUOTED_LEN ? ip->payload_len : QUOTED_LEN;
    size_t quoted_len = ipv4_hdr_len(ip) + text;
    struct eth_hdr back = { .dst = eth->src, .src = eth->dst, .type = ETH_TYPE_IPV4 };
    struct icmp4_hdr icmp = { .type = ICMP4_UNREACHABLE, .code = ICMP4_PROHIBITED };
    struct ip_hdr answer = { .src = ip4(SLIRP_HOST),
                             .dst = ip->src,
                             .payload_len = (uint16_t)(ICMP4_HDR_LEN + quoted_len),
                             .proto = IP_PROTO_ICMP,
                             .ttl = IP_DEFAULT_TTL };

    eth_emit(at, &back);
    ipv4_emit(at + ETH_HDR_LEN, &answer);
    at += ETH_HDR_LEN + IPV4_HDR_LEN;
    icmp4_emit(at, &icmp, sum_copy(0, at + ICMP4_HDR_LEN, quoted, quoted_len));
    return ETH_HDR_LEN + IPV4_HDR_LEN + ICMP4_HDR_LEN + quoted_len;
}

size_t slirp_policy_answer(const uint8_t *frame, size_t len, uint8_t answer[SLIRP_ANSWER_LEN])
{
    struct cursor c = cursor_over(frame, len);
    struct eth_hdr eth;
    struct ip_hdr ip;

    if (eth_parse(&c, &eth) != DROP_NONE || eth.type != ETH_TYPE_IPV4) {
        return 0;
    }
    const uint8_t *packet = c.at;
    if (ipv4_parse(&c, &ip) != DROP_NONE || !may_answer(&eth, &ip, c)) {
        return 0;
    }
    return emit_answer(answer, &eth, &ip, packet);
}
