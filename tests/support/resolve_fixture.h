/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names through the whole host: against two name servers, 10.0.0.2 and 10.0.0.254, of which each
 * may answer, be silent or not be there.
 */
#pragma once

#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "tests/support/dns_server.h"
#include "tests/support/frames.h"
#include "wire/dns.h"

#define N_ADDRS 4

enum server { ANSWERS, SILENT, REFUSES, FAILS };

static struct host h;
static struct frame f;
static enum server servers[2];
static int n_asked[2];
static struct sk_addr addrs[N_ADDRS];

static const struct dns_record RECORDS[] = {
    { .name = "www.example.org", .kind = DNS_RECORD_ADDR, .ttl = 60 },
    { .name = "two.example.org", .kind = DNS_RECORD_ADDR, .ttl = 60 },
    { .name = "two.example.org", .kind = DNS_RECORD_ADDR, .ttl = 60 },
    { .name = "alias.example.org",
      .kind = DNS_RECORD_ALIAS,
      .alias_of = "www.example.org",
      .ttl = 60 },
    { .name = "empty.example.org", .kind = DNS_RECORD_EMPTY },
    { .name = "now.example.org", .kind = DNS_RECORD_ADDR },
    { .name = "fails.example.org", .kind = DNS_RECORD_FAILS, .rcode = DNS_SERVFAIL },
    { .name = "silent.example.org", .kind = DNS_RECORD_SILENT },
    { .name = "zone.example.org", .kind = DNS_RECORD_ZONE, .ttl = 30 },
    { .name = "empty.zone.example.org", .kind = DNS_RECORD_EMPTY },
    { .name = "100.10.168.192.in-addr.arpa",
      .kind = DNS_RECORD_POINTER,
      .alias_of = "printer.example.org",
      .ttl = 60 },
    { .name = "101.10.168.192.in-addr.arpa",
      .kind = DNS_RECORD_ALIAS,
      .alias_of = "101.0-25.10.168.192.in-addr.arpa",
      .ttl = 60 },
    { .name = "101.0-25.10.168.192.in-addr.arpa",
      .kind = DNS_RECORD_POINTER,
      .alias_of = "scanner.example.org",
      .ttl = 60 },
    { .name = "102.10.168.192.in-addr.arpa", .kind = DNS_RECORD_EMPTY },
    { .name = "104.10.168.192.in-addr.arpa",
      .kind = DNS_RECORD_POINTER,
      .alias_of = "a name; of\nno host.org",
      .ttl = 60 },
};
#define N_RECORDS (sizeof(RECORDS) / sizeof(RECORDS[0]))

static inline void begin(void)
{
    struct host_setup setup = { 0 };

    setup.config.dns[0].addr = PEER_IP;
    setup.config.dns[1].addr = GATE_IP;
    host_begin(&h, &setup);
    host_meet(&h);
    memset(n_asked, 0, sizeof(n_asked));
    servers[0] = servers[1] = ANSWERS;
}

static inline struct ip_addr address_of(size_t record)
{
    return ip4(0xc0000201 + (uint32_t)record);
}

/* What the server `i` makes of the query `s`. */
static inline void serve(int i, const struct sent *s)
{
    struct dns_record records[N_RECORDS];
    uint8_t answer[DNS_MAX_UDP_LEN];
    uint8_t query[DNS_MAX_UDP_LEN];
    size_t len = 0;

    n_asked[i]++;
    memcpy(records, RECORDS, sizeof(records));
    for (size_t r = 0; r < N_RECORDS; r++) {
        records[r].addr = address_of(r);
    }
    memcpy(query, s->payload, s->payload_len);
    if (servers[i] == ANSWERS) {
        len = dns_server_answer(records, N_RECORDS, query, s->payload_len, answer, sizeof(answer));
    } else if (servers[i] == FAILS) {
        struct dns_record failing = { .name = "www.example.org",
                                      .kind = DNS_RECORD_FAILS,
                                      .rcode = DNS_REFUSED };

        len = dns_server_answer(&failing, 1, query, s->payload_len, answer, sizeof(answer));
    } else if (servers[i] == REFUSES) {
        frame_icmp_error(&f, s->ip.dst, ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, s->ip_at,
                         IPV4_HDR_LEN + 8);
        host_hear(&h, &f);
    }
    if (len > 0) {
        frame_udp(&f, (struct sk_addr){ s->ip.dst, DNS_PORT },
                  (struct sk_addr){ HOST_IP, s->udp.src_port }, answer, len);
        host_hear(&h, &f);
    }
}

static inline void serve_all(void)
{
    struct arp_hdr arp = { .op = ARP_REPLY, .tha = HOST_MAC, .tpa = HOST_IP };

    host_poll(&h);
    for (const struct sent *s; (s = host_sent(&h)) != NULL;) {
        if (s->eth.type != ETH_TYPE_ARP) {
            EXPECT(s->ip.proto == IP_PROTO_UDP && s->udp.dst_port == DNS_PORT);
            serve(ip_equal(s->ip.dst, PEER_IP) ? 0 : 1, s);
        } else if (s->arp.op == ARP_REQUEST) {
            arp.spa = s->arp.tpa;
            arp.sha = ip_equal(arp.spa, PEER_IP) ? PEER_MAC : GATE_MAC;
            frame_arp(&f, &arp);
            host_hear(&h, &f);
        }
    }
}

static inline enum sk_err finish(struct sk_op *op)
{
    instant until = h.now + seconds(120);
    enum sk_err err = host_try(&h, op);

    while (err == SK_PENDING && h.now < until) {
        instant at;

        serve_all();
        err = host_try(&h, op);
        at = sk_iface_poll_at(h.iface, h.now);
        if (err == SK_PENDING && at > h.now) {
            host_run(&h, at < until ? at : until);
        }
    }
    return err;
}

static inline enum sk_err resolve(const char *name, size_t *n)
{
    struct sk_op op;
    enum sk_err err;

    memset(addrs, 0xee, sizeof(addrs));
    sk_resolve(&op, name, 80, addrs, N_ADDRS);
    err = finish(&op);
    *n = op.done;
    return err;
}

static inline void expect(const char *name, enum sk_err expected, size_t n_expected)
{
    size_t n;
    enum sk_err err = resolve(name, &n);

    ck_assert_msg(err == expected && (err != SK_OK || n == n_expected), "%s: %s, %zu addresses",
                  name, sk_err_name(err), n);
}
