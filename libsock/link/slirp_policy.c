/* SPDX-License-Identifier: BSD-3-Clause */
/* The outbound policy "host loopback only". Whatever is not known to be harmless does not pass. */
#include "link/slirp_policy.h"

#include "wire/arp.h"
#include "wire/dhcp.h"
#include "wire/eth.h"
#include "wire/icmp4.h"
#include "wire/ipv4.h"
#include "wire/udp.h"

#define BROADCAST 0xffffffffu

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
