/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host without an address, and what the input has servers and neighbours say: DHCP messages with
 * the transaction that the host is waiting for, and ARP. What it takes for its address is one.
 */
#include "fuzz_host.h"
#include "wire/arp.h"
#include "wire/dhcp.h"
#include "wire/eth.h"

#define FIXED_LEN 236
#define MAGIC 0x63825363u

static uint8_t transaction[4];

static void note_sent(const struct pkt *pkt)
{
    struct cursor c = cursor_over(sk_pkt_data(pkt), pkt->len);
    struct eth_hdr eth;
    struct ip_hdr ip = { .ttl = 0 };
    struct udp_hdr udp;

    REQUIRE(eth_parse(&c, &eth) == DROP_NONE);
    if (eth.type != ETH_TYPE_IPV4) {
        return;
    }
    REQUIRE(ipv4_parse(&c, &ip) == DROP_NONE);
    if (ip.proto == IP_PROTO_UDP && udp_parse(&c, &ip, &udp) == DROP_NONE &&
        udp.dst_port == DHCP_SERVER_PORT && udp.payload_len >= FIXED_LEN) {
        memcpy(transaction, c.at + 4, sizeof(transaction));
    }
}

static struct mac_addr our_mac(void)
{
    return fuzz_link.link.mac;
}

/* A BOOTREPLY whose address and options are the input's. */
static void say_dhcp(struct cursor *c)
{
    uint8_t frame[ETH_HDR_LEN + IPV4_HDR_LEN + UDP_HDR_LEN + FIXED_LEN + 4 + 256] = { 0 };
    uint8_t *message = frame + ETH_HDR_LEN + IPV4_HDR_LEN + UDP_HDR_LEN;
    size_t n = next_octet(c);
    size_t len = FIXED_LEN + 4;
    struct eth_hdr eth = { .dst = our_mac(),
                           .src = { { 2, 0, 0, 0, 0, 9 } },
                           .type = ETH_TYPE_IPV4 };
    struct ip_hdr ip = { .src = PEER_IP, .dst = ip4(UINT32_MAX), .proto = IP_PROTO_UDP, .ttl = 1 };
    struct udp_hdr udp = { .src_port = DHCP_SERVER_PORT, .dst_port = DHCP_CLIENT_PORT };

    message[0] = 2;
    message[1] = 1;
    message[2] = MAC_ADDR_LEN;
    memcpy(message + 4, transaction, sizeof(transaction));
    for (int i = 0; i < 4; i++) {
        message[16 + i] = next_octet(c);
    }
    memcpy(message + 28, our_mac().b, MAC_ADDR_LEN);
    put_be32(message + FIXED_LEN, MAGIC);
    for (n = n < c->left ? n : c->left; n > 0; n--) {
        message[len++] = next_octet(c);
    }
    udp.payload_len = (uint16_t)len;
    ip.payload_len = (uint16_t)(UDP_HDR_LEN + len);
    eth_emit(frame, &eth);
    ipv4_emit(frame + ETH_HDR_LEN, &ip);
    udp_emit(frame + ETH_HDR_LEN + IPV4_HDR_LEN, &ip, &udp, sum_add(0, message, len));
    hear(frame, ETH_HDR_LEN + IPV4_HDR_LEN + UDP_HDR_LEN + len);
}

static void say_arp(struct cursor *c)
{
    uint8_t frame[ETH_HDR_LEN + ARP_LEN];
    struct eth_hdr eth = { .dst = MAC_BROADCAST,
                           .src = { { 2, 0, 0, 0, 0, next_octet(c) } },
                           .type = ETH_TYPE_ARP };
    struct arp_hdr arp = { .op = next_octet(c) % 2 ? ARP_REQUEST : ARP_REPLY, .sha = eth.src };

    arp.spa = ip4((uint32_t)next_word(c) << 16 | next_word(c));
    arp.tpa = ip4((uint32_t)next_word(c) << 16 | next_word(c));
    eth_emit(frame, &eth);
    arp_emit(frame + ETH_HDR_LEN, &arp);
    hear(frame, sizeof(frame));
}

static void by_dhcp(struct sk_config *config, struct sk_netif_config *netif)
{
    config->acd = &sk_acd;
    config->redirects = true;
    netif->addr = ip4(0);
    netif->host_name = "fuzz";
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    struct cursor c = cursor_over(octets, len);
    struct ip_addr addr;

    memset(transaction, 0, sizeof(transaction));
    host_begin_with(LINK_ETHERNET, by_dhcp);
    fuzz_link.sent = note_sent;
    fuzz_poll();
    while (c.left > 0) {
        uint8_t what = next_octet(&c);

        if (what % 4 == 0) {
            pass((duration)next_word(&c) * 100000);
        } else if (what % 4 == 1) {
            say_arp(&c);
        } else {
            say_dhcp(&c);
        }
        REQUIRE(sk_netif_addr(iface, 2, &addr) == SK_OK);
        REQUIRE(ip_is_unspecified(addr) || ip_is_host(addr));
        REQUIRE(ip_is_unspecified(addr) != sk_iface_configured(iface));
    }
    host_end();
    return 0;
}
