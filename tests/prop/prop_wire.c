/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For every wire format: what was written is read back the same, from a block of exactly its
 * length; and no prefix of it is read past its end. SEED=n replays a run.
 */
#include <check.h>
#include <string.h>

#include "base/sum.h"
#include "tests/support/dns_answer.h"
#include "tests/support/exact.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"
#include "wire/arp.h"
#include "wire/dhcp.h"
#include "wire/dns.h"
#include "wire/eth.h"
#include "wire/icmp4.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define N_ROUNDS 3000
#define MAX_TEXT 100

static uint64_t state;

static uint16_t random_u16(void)
{
    return (uint16_t)random_u64(&state);
}

static uint16_t random_port(void)
{
    return (uint16_t)(1 + random_below(&state, UINT16_MAX));
}

static bool coin(void)
{
    return random_below(&state, 2);
}

static struct mac_addr random_mac(void)
{
    struct mac_addr mac;

    random_octets(&state, mac.b, sizeof mac.b);
    return mac;
}

static struct ip_addr random_addr(void)
{
    return ip4(coin() ? random_u32(&state) : 0);
}

static struct ip_hdr random_ip(uint8_t proto, uint16_t payload_len)
{
    return (struct ip_hdr){
        .src = random_addr(),
        .dst = random_addr(),
        .payload_len = payload_len,
        .id = random_u16(),
        .frag_offset = (uint16_t)(random_below(&state, 8192) * 8),
        .more_frags = coin(),
        .dont_frag = coin(),
        .proto = proto,
        .ttl = (uint8_t)random_u16(),
        .tos = (uint8_t)random_u16(),
    };
}

static bool ip_same(const struct ip_hdr *a, const struct ip_hdr *b)
{
    return ip_equal(a->src, b->src) && ip_equal(a->dst, b->dst) &&
           a->payload_len == b->payload_len && a->id == b->id && a->frag_offset == b->frag_offset &&
           a->more_frags == b->more_frags && a->dont_frag == b->dont_frag && a->proto == b->proto &&
           a->ttl == b->ttl && a->tos == b->tos;
}

START_TEST(ethernet_and_arp)
{
    for (int i = 0; i < N_ROUNDS; i++) {
        struct eth_hdr eth = { random_mac(), random_mac(),
                               (uint16_t)(1536 + random_below(&state, 64000)) };
        struct arp_hdr arp = { coin() ? ARP_REQUEST : ARP_REPLY, random_mac(), random_addr(),
                               random_mac(), random_addr() };
        struct eth_hdr eth_read;
        struct arp_hdr arp_read;
        uint8_t out[ETH_HDR_LEN + ARP_LEN];

        eth_emit(out, &eth);
        arp_emit(out + ETH_HDR_LEN, &arp);
        WITH_EXACT(c, out, sizeof out, {
            seed_assert(eth_parse(&c, &eth_read) == DROP_NONE);
            seed_assert(arp_parse(&c, &arp_read) == DROP_NONE && c.left == 0);
        });
        seed_assert(mac_equal(eth.dst, eth_read.dst) && mac_equal(eth.src, eth_read.src));
        seed_assert(eth.type == eth_read.type && arp.op == arp_read.op);
        seed_assert(mac_equal(arp.sha, arp_read.sha) && mac_equal(arp.tha, arp_read.tha));
        seed_assert(ip_equal(arp.spa, arp_read.spa) && ip_equal(arp.tpa, arp_read.tpa));
    }
}
END_TEST

START_TEST(ipv4_and_icmp)
{
    for (int i = 0; i < N_ROUNDS; i++) {
        uint16_t len = (uint16_t)random_below(&state, MAX_TEXT);
        struct ip_hdr ip = random_ip(IP_PROTO_ICMP, (uint16_t)(ICMP4_HDR_LEN + len));
        struct icmp4_hdr icmp = { (uint8_t)random_u16(), (uint8_t)random_u16(), random_u16(),
                                  random_u16() };
        struct ip_hdr ip_read = { .ttl = 0 };
        struct icmp4_hdr icmp_read;
        uint8_t out[IPV4_HDR_LEN + ICMP4_HDR_LEN + MAX_TEXT];
        uint8_t *text = out + IPV4_HDR_LEN + ICMP4_HDR_LEN;

        random_octets(&state, text, len);
        ipv4_emit(out, &ip);
        icmp4_emit(out + IPV4_HDR_LEN, &icmp, sum_add(0, text, len));
        WITH_EXACT(c, out, (size_t)IPV4_HDR_LEN + ip.payload_len, {
            seed_assert(ipv4_parse(&c, &ip_read) == DROP_NONE);
            seed_assert(icmp4_parse(&c, &icmp_read) == DROP_NONE);
            seed_assert(c.left == len && memcmp(c.at, text, len) == 0);
        });
        seed_assert(ip_same(&ip, &ip_read));
        seed_assert(icmp.type == icmp_read.type && icmp.code == icmp_read.code);
        seed_assert(icmp.id == icmp_read.id && icmp.seq == icmp_read.seq);
    }
}
END_TEST

START_TEST(icmp_quotes)
{
    for (int i = 0; i < N_ROUNDS; i++) {
        struct ip_hdr ip = random_ip(IP_PROTO_TCP, (uint16_t)random_below(&state, 65515));
        struct icmp4_quote quote;
        uint8_t out[IPV4_HDR_LEN + 8];
        enum drop_reason reason;

        ip.frag_offset = coin() ? ip.frag_offset : 0;
        ipv4_emit(out, &ip);
        random_octets(&state, out + IPV4_HDR_LEN, 8);
        out[10] ^= (uint8_t)random_u16();
        WITH_EXACT(c, out, sizeof out, reason = icmp4_parse_quote(&c, &quote));
        seed_assert(reason == (ip.frag_offset > 0 ? DROP_ICMP_QUOTE : DROP_NONE));
        seed_assert(ip_same(&ip, &quote.ip));
        if (reason == DROP_NONE) {
            seed_assert(quote.src_port == be16(out + 20) && quote.dst_port == be16(out + 22));
            seed_assert(quote.seq == be32(out + 24));
        }
    }
}
END_TEST

START_TEST(udp_datagrams)
{
    for (int i = 0; i < N_ROUNDS; i++) {
        uint16_t len = (uint16_t)random_below(&state, MAX_TEXT);
        struct ip_hdr ip = random_ip(IP_PROTO_UDP, (uint16_t)(UDP_HDR_LEN + len));
        struct udp_hdr udp = { random_u16(), random_port(), len };
        struct udp_hdr read;
        uint8_t out[UDP_HDR_LEN + MAX_TEXT];

        random_octets(&state, out + UDP_HDR_LEN, len);
        udp_emit(out, &ip, &udp, sum_add(0, out + UDP_HDR_LEN, len));
        seed_assert(be16(out + 6) != 0);
        WITH_EXACT(c, out, (size_t)UDP_HDR_LEN + len,
                   { seed_assert(udp_parse(&c, &ip, &read) == DROP_NONE && c.left == len); });
        seed_assert(udp.src_port == read.src_port && udp.dst_port == read.dst_port &&
                    read.payload_len == len);
    }
}
END_TEST

static struct tcp_hdr random_tcp(uint32_t len)
{
    struct tcp_hdr hdr = {
        .seq = random_u32(&state),
        .ack = random_u32(&state),
        .src_port = random_port(),
        .dst_port = random_port(),
        .wnd = random_u16(),
        .up = random_u16(),
        .flags = (uint8_t)random_u16(),
        .mss = 0,
        .wscale = TCP_NO_WSCALE,
        .len = len,
    };

    if (hdr.flags & TCP_SYN) {
        hdr.mss = coin() ? random_u16() : 0;
        hdr.wscale = coin() ? (uint8_t)random_below(&state, TCP_MAX_WSCALE + 1) : TCP_NO_WSCALE;
        hdr.sack_permitted = coin();
    }
    hdr.has_timestamps = coin();
    hdr.tsval = hdr.has_timestamps ? random_u32(&state) : 0;
    hdr.tsecr = hdr.has_timestamps ? random_u32(&state) : 0;
    if (!(hdr.flags & TCP_SYN)) {
        hdr.n_sack = (uint8_t)random_below(&state, TCP_MAX_SACK + !hdr.has_timestamps);
    }
    hdr.uto = tcp_hdr_len(&hdr) + TCP_UTO_LEN <= TCP_MAX_HDR_LEN && coin() ? random_u16() : 0;
    for (uint8_t i = 0; i < hdr.n_sack; i++) {
        hdr.sack[i] = (struct tcp_sack){ random_u32(&state), random_u32(&state) };
    }
    return hdr;
}

START_TEST(tcp_segments)
{
    for (int i = 0; i < N_ROUNDS; i++) {
        struct tcp_hdr hdr = random_tcp(random_below(&state, MAX_TEXT));
        uint32_t hdr_len = tcp_hdr_len(&hdr);
        uint16_t len = (uint16_t)(hdr_len + hdr.len);
        struct ip_hdr ip = random_ip(IP_PROTO_TCP, len);
        struct tcp_hdr read;
        uint8_t out[TCP_MAX_HDR_LEN + MAX_TEXT];

        random_octets(&state, out + hdr_len, hdr.len);
        tcp_emit(out, &ip, &hdr, sum_add(0, out + hdr_len, hdr.len));
        seed_assert(sum_add(ip_pseudo_sum(&ip, len), out, len) == SUM_GOOD);
        WITH_EXACT(c, out, len, {
            seed_assert(tcp_parse(&c, &read) == DROP_NONE);
            seed_assert(c.left == hdr.len && memcmp(c.at, out + hdr_len, hdr.len) == 0);
        });
        seed_assert(hdr.seq == read.seq && hdr.ack == read.ack && hdr.flags == read.flags);
        seed_assert(hdr.src_port == read.src_port && hdr.dst_port == read.dst_port);
        seed_assert(hdr.wnd == read.wnd && hdr.up == read.up && hdr.len == read.len);
        seed_assert(hdr.uto == read.uto);
        seed_assert(hdr.mss == read.mss && hdr.wscale == read.wscale);
        seed_assert(hdr.sack_permitted == read.sack_permitted && hdr.n_sack == read.n_sack);
        seed_assert(memcmp(hdr.sack, read.sack, hdr.n_sack * sizeof hdr.sack[0]) == 0);
        seed_assert(hdr.has_timestamps == read.has_timestamps);
        seed_assert(!hdr.has_timestamps || (hdr.tsval == read.tsval && hdr.tsecr == read.tsecr));
    }
}
END_TEST

START_TEST(dhcp_messages)
{
    for (int i = 0; i < N_ROUNDS; i++) {
        struct dhcp_msg msg = {
            .type = (uint8_t)(1 + random_below(&state, 7)),
            .xid = random_u32(&state),
            .secs = random_u16(),
            .broadcast = coin(),
            .chaddr = random_mac(),
            .ciaddr = random_addr(),
            .requested = random_addr(),
            .server_id = random_addr(),
            .lease = coin() ? random_u32(&state) : 0,
        };
        struct dhcp_msg read;
        uint8_t out[DHCP_MAX_LEN];
        struct writer w = writer_over(out, sizeof out);

        seed_assert(dhcp_emit(&w, &msg));
        out[0] = 2; /* as if a server had said it */
        WITH_EXACT(c, out, w.len, seed_assert(dhcp_parse(&c, &read) == DROP_NONE));
        seed_assert(msg.type == read.type && msg.xid == read.xid && msg.secs == read.secs);
        seed_assert(msg.broadcast == read.broadcast && mac_equal(msg.chaddr, read.chaddr));
        seed_assert(ip_equal(msg.ciaddr, read.ciaddr) && ip_is_unspecified(read.yiaddr));
        seed_assert(ip_equal(msg.requested, read.requested) &&
                    ip_equal(msg.server_id, read.server_id));
        seed_assert(msg.lease == read.lease && read.n_routers == 0 && read.n_dns == 0);
    }
}
END_TEST

static void random_name(char *name)
{
    uint32_t n_labels = 1 + random_below(&state, 4);

    for (uint32_t i = 0; i < n_labels; i++) {
        uint32_t len = 1 + random_below(&state, 60);

        while (len-- > 0) {
            *name++ = "abcxyzABCXYZ0189-_"[random_below(&state, 18)];
        }
        *name++ = '.';
    }
    name[-1] = '\0';
}

/*
 * A query becomes its answer: the flag of a response, a count, and records with a pointer to the
 * name.
 */
START_TEST(dns_messages)
{
    for (int i = 0; i < N_ROUNDS; i++) {
        char name[256];
        struct ip_addr addrs[4];
        struct dns_answer answer;
        uint16_t id = random_u16();
        uint16_t n = (uint16_t)random_below(&state, 5);
        uint32_t seed = random_u32(&state);
        uint8_t out[DNS_MAX_UDP_LEN];
        struct writer w = writer_over(out, sizeof out);

        random_name(name);
        seed_assert(dns_name_valid(name) && dns_emit_query(&w, id, name, DNS_A));
        out[2] |= 0x80;
        put_be16(out + 6, n);
        for (uint32_t j = 0; j < n; j++) {
            dns_write_pointer(&w, DNS_QUESTION_AT);
            dns_write_record(&w, DNS_A, 100 + j, 4);
            write_u32(&w, seed + j);
        }
        seed_assert(!w.failed);
        WITH_EXACT(c, out, w.len,
                   seed_assert(dns_parse_answer(&c, id, name, addrs, 4, &answer) == DROP_NONE));
        seed_assert(answer.n_addrs == n && answer.rcode == 0 && !answer.truncated);
        for (uint32_t j = 0; j < n; j++) {
            seed_assert(ip_equal(addrs[j], ip4(seed + j)) && answer.ttl == 100);
        }
    }
}
END_TEST

/*
 * Random octets, and changed copies of what is right, end in an answer and not past the end of the
 * block.
 */
START_TEST(garbage)
{
    for (int i = 0; i < 10 * N_ROUNDS; i++) {
        uint8_t octets[80];
        size_t len = random_below(&state, sizeof octets);
        struct ip_hdr ip = random_ip(IP_PROTO_UDP, 0);
        struct eth_hdr eth;
        struct arp_hdr arp;
        struct icmp4_hdr icmp;
        struct icmp4_quote quote;
        struct udp_hdr udp_read;
        struct tcp_hdr tcp_read;

        random_octets(&state, octets, len);
        octets[0] = coin() ? (uint8_t)(0x45 + octets[0] % 11) : octets[0];
        WITH_EXACT(c, octets, len, seed_assert(eth_parse(&c, &eth) || c.left == len - ETH_HDR_LEN));
        WITH_EXACT(c, octets, len, seed_assert(arp_parse(&c, &arp) || c.left == len - ARP_LEN));
        WITH_EXACT(c, octets, len, seed_assert(ipv4_parse(&c, &ip) || c.left == ip.payload_len));
        WITH_EXACT(c, octets, len,
                   seed_assert(icmp4_parse(&c, &icmp) || c.left == len - ICMP4_HDR_LEN));
        WITH_EXACT(c, octets, len,
                   seed_assert(icmp4_parse_quote(&c, &quote) || c.left <= len - 28));
        WITH_EXACT(c, octets, len,
                   seed_assert(udp_parse(&c, &ip, &udp_read) || c.left == udp_read.payload_len));
        WITH_EXACT(c, octets, len, seed_assert(tcp_parse(&c, &tcp_read) || c.left == tcp_read.len));
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        ethernet_and_arp, ipv4_and_icmp, icmp_quotes, udp_datagrams, tcp_segments,
        dhcp_messages,    dns_messages,  garbage,     NULL,
    };

    state = seed_start();
    return suite_run("prop_wire", tests);
}
