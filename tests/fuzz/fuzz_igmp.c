/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IGMP messages as they come; and a host that joins, leaves, hears and waits, a command of two
 * octets each: it never says more than it may, and nothing of a group is left that nobody is in.
 */
#include "proto/igmp.h"

#include "fuzz.h"

#define N_GROUPS 3
#define N_ADDRS 5u /* of groups, the first of which is every system's */
#define MOST_MEMBERS 3

static struct igmp_group groups[N_GROUPS];
static uint32_t n_members[N_ADDRS];
static struct igmp igmp;
static instant now;

static struct ip_addr group_of(uint32_t i)
{
    return ip4(IGMP_ALL_SYSTEMS + i % N_ADDRS);
}

static void parse(const uint8_t *octets, size_t len)
{
    struct cursor c = cursor_over(octets, len);
    struct igmp_hdr hdr;
    uint8_t out[IGMP_LEN];

    if (igmp_parse(&c, &hdr) == DROP_NONE) {
        bool is_v3_at_once = octets[1] == 0 && len >= IGMP_V3_QUERY_LEN;

        igmp_emit(out, &hdr);
        REQUIRE(out[0] == octets[0] && out[1] == (is_v3_at_once ? 1 : octets[1]));
        REQUIRE(memcmp(out + 4, octets + 4, 4) == 0);
        c = cursor_over(out, IGMP_LEN); /* its sum may be the other zero, RFC 1071 */
        REQUIRE(igmp_parse(&c, &hdr) == DROP_NONE);
        return;
    }
    REQUIRE(inside(c, octets, len));
}

/* All that is due; of no group more than one message at a time. */
static void say(void)
{
    struct igmp_hdr hdr;
    struct ip_addr dst;
    uint32_t said = 0;

    while (igmp_next(&igmp, now, &hdr, &dst)) {
        uint32_t i = ip4_bits(hdr.group) - IGMP_ALL_SYSTEMS;

        REQUIRE(i > 0 && i < N_ADDRS && !(said & 1u << i));
        said |= 1u << i;
        REQUIRE((hdr.type == IGMP_LEAVE) == (n_members[i] == 0));
        REQUIRE(ip_equal(dst, hdr.type == IGMP_LEAVE ? ip4(IGMP_ALL_ROUTERS) : hdr.group));
        igmp_sent(&igmp, hdr.group, now);
    }
    REQUIRE(igmp_poll_at(&igmp) > now);
}

static void wait_for(duration d)
{
    instant until = now + d;

    for (instant at; (at = igmp_poll_at(&igmp)) <= until;) {
        now = at > now ? at : now;
        say();
    }
    now = until;
}

static void obey(uint8_t command, uint8_t value)
{
    struct igmp_hdr hdr = { .type = value & 1 ? IGMP_QUERY : IGMP_REPORT };
    uint32_t i = value / 2 % N_ADDRS;

    switch (command % 6) {
    case 0:
        if (n_members[i] < MOST_MEMBERS && igmp_join(&igmp, group_of(i), now)) {
            n_members[i]++;
        }
        break;
    case 1:
        if (n_members[i] > 0) {
            igmp_leave(&igmp, group_of(i), now);
            n_members[i]--;
        }
        break;
    case 2:
        igmp_restart(&igmp, now);
        break;
    case 3:
        wait_for((duration)value * value * 10000);
        break;
    default:
        hdr.max_resp = command / 6;
        hdr.group = value & 0x80 ? ip4(0) : group_of(i);
        igmp_arrives(&igmp, &hdr, now);
        break;
    }
}

static void check(void)
{
    uint32_t n_joined = 0;

    for (uint32_t i = 0; i < N_ADDRS; i++) {
        n_joined += n_members[i] > 0;
        REQUIRE(igmp_is_member(&igmp, group_of(i)) == (i == 0 || n_members[i] > 0));
    }
    REQUIRE(igmp.n_joined == n_joined && n_joined <= N_GROUPS);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    struct rng rng;

    parse(octets, len);
    rng_init(&rng, (const uint8_t[16]){ 1 });
    igmp_init(&igmp, groups, N_GROUPS, &rng);
    memset(n_members, 0, sizeof(n_members));
    now = seconds(1);
    for (size_t i = 0; i + 1 < len; i += 2) {
        obey(octets[i], octets[i + 1]);
        check();
    }
    wait_for(seconds(3600));
    REQUIRE(igmp_poll_at(&igmp) == NEVER);
    return 0;
}
