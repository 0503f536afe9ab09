/* SPDX-License-Identifier: BSD-3-Clause */
/* A DHCP client in virtual time, a server that is asked what to say, and the words to tell it with.
 */
#pragma once

#include <check.h>
#include <string.h>

#include "proto/dhcp.h"

#define MAX_SENT 2048
#define EPOCH (seconds(86400) + 777)
#define HOUR 3600

struct sent {
    instant at;
    struct dhcp_msg msg;
    struct ip_addr dst;
};

static struct rng rng;
static struct dhcp_client client;
static instant now;
static struct sent sent[MAX_SENT];
static size_t n_sent;
static size_t n_seen;
static unsigned n_expired;
static struct dhcp_msg offer; /* what the server offers; a test changes it */

static const struct mac_addr our_mac = { { 2, 0, 0, 0, 0, 1 } };

#define OUR_ADDR ip4(0x0a00020f)
#define SERVER ip4(0x0a000202)
#define OTHER_SERVER ip4(0x0a000204)
#define ROUTER ip4(0x0a000201)
#define DNS_1 ip4(0x0a000203)
#define DNS_2 ip4(0x08080808)
#define BROADCAST ip4(0xffffffff)

static inline void begin(void)
{
    static const uint8_t seed[16] = "dhcp";

    rng_init(&rng, seed);
    now = EPOCH;
    n_sent = n_seen = n_expired = 0;
    offer = (struct dhcp_msg){ .chaddr = our_mac,
                               .yiaddr = OUR_ADDR,
                               .server_id = SERVER,
                               .netmask = ip4(0xffffff00),
                               .routers = { ROUTER },
                               .n_routers = 1,
                               .dns = { DNS_1, DNS_2 },
                               .n_dns = 2,
                               .mtu = 1400,
                               .lease = 8 * HOUR };
    dhcp_init(&client, our_mac, &rng);
}

static inline void drain(void)
{
    struct sent s = { .at = now };

    while (dhcp_next(&client, now, &s.msg, &s.dst)) {
        ck_assert_uint_lt(n_sent, MAX_SENT);
        ck_assert(mac_equal(s.msg.chaddr, our_mac));
        sent[n_sent++] = s;
        dhcp_sent(&client, now);
    }
}

static inline void run_until(instant until)
{
    unsigned rounds = 0;

    drain();
    for (;;) {
        instant at = dhcp_poll_at(&client);

        if (at > until) {
            break;
        }
        now = at > now ? at : now;
        n_expired += dhcp_poll(&client, now);
        drain();
        ck_assert_uint_lt(++rounds, 10000);
    }
    now = until;
}

/* Lets time pass until `s` seconds after the beginning. */
static inline void run(int64_t s)
{
    run_until(EPOCH + seconds(s));
}

/* The next message that went out, `lo` to `hi` seconds after the beginning. */
static inline const struct sent *next_sent(int64_t lo, int64_t hi)
{
    ck_assert_uint_lt(n_seen, n_sent);
    ck_assert_int_ge(sent[n_seen].at, EPOCH + seconds(lo));
    ck_assert_int_le(sent[n_seen].at, EPOCH + seconds(hi));
    return &sent[n_seen++];
}

static inline void silence(void)
{
    ck_assert_uint_eq(n_seen, n_sent);
}

static inline enum drop_reason hear(uint8_t type, bool *changed)
{
    struct dhcp_msg msg = offer;

    msg.type = type;
    msg.xid = client.xid;
    return dhcp_arrives(&client, &msg, now, changed);
}

/* The server says it, and it counts; true when the lease changed. */
static inline bool says(uint8_t type)
{
    bool changed;

    ck_assert_int_eq(hear(type, &changed), DROP_NONE);
    drain();
    return changed;
}

/* Someone says it, and nothing comes of it. */
static inline void ignored(uint8_t type)
{
    struct dhcp_client before = client;
    bool changed = true;

    ck_assert_int_eq(hear(type, &changed), DROP_DHCP_UNEXPECTED);
    ck_assert(!changed);
    ck_assert_mem_eq(&before, &client, sizeof client);
}

static inline void bind_at_the_beginning(void)
{
    dhcp_start(&client, now);
    drain();
    ck_assert(!says(DHCP_OFFER));
    ck_assert(says(DHCP_ACK));
    ck_assert(dhcp_has_lease(&client));
    n_seen = n_sent;
}
