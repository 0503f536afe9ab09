/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fairness [SEEDS]: how two bulk transfers share a wire, in virtual time. Two hosts send to a third
 * through a bottleneck of 10 Mbit/s with a drop-tail queue of the larger of one BDP (of the longer
 * round trip) and 64 KiB, for 60 s; the second begins SEED times 61 ms after the first. Medians
 * over the seeds, of the second half: Jain's index (1: equal shares, 0.5: one has it all) and
 * Mbit/s of payload. The same seeds give the same numbers.
 *
 *     host 0 --- access, delay ---+
 *                                 router --- bottleneck --- host 2
 *     host 1 --- access, delay ---+
 */
#include "bench/bulk.h"
#include "bench/cell.h"

#include "wire/ipv4.h"

#include <stdio.h>
#include <stdlib.h>

#define RATE 10000000u    /* bit/s */
#define DURATION 60000000 /* us */
#define APART 61000       /* us */
#define N_FRAMES 1024
#define MAX_SEEDS 100

struct rivals {
    const char *name;
    const struct tcp_profile *profile[2];
    duration rtt[2];
};

struct result {
    double jain;
    double mbits[2];
};

/* Three wires of bare IP packets, which go from one to the next as they are. */
struct router {
    struct pair access[2];
    struct pair bottleneck;
};

static bool pass_on(struct link *from, struct link *to, instant now)
{
    struct pkt *pkt = from->ops->rx(from, NULL, now);

    if (pkt) {
        bulk_require(to->ops->tx(to, pkt, now) == SK_OK, "the router");
    }
    return pkt != NULL;
}

static bool pass_back(struct router *r, instant now)
{
    struct link *from = &r->bottleneck.ends[0].link;
    struct pkt *pkt = from->ops->rx(from, NULL, now);
    struct cursor c;
    struct ip_hdr ip;
    struct link *to;

    if (!pkt) {
        return false;
    }
    c = cursor_over(sk_pkt_data(pkt), pkt->len);
    bulk_require(ipv4_parse(&c, &ip) == DROP_NONE, "ipv4_parse");
    to = &r->access[ip_equal(ip.dst, ip4(0x0a000002)) ? 1 : 0].ends[1].link;
    bulk_require(to->ops->tx(to, pkt, now) == SK_OK, "the router");
    return true;
}

static bool forward(void *context, instant now)
{
    struct router *r = context;
    bool any = pass_on(&r->access[0].ends[1].link, &r->bottleneck.ends[0].link, now);

    any |= pass_on(&r->access[1].ends[1].link, &r->bottleneck.ends[0].link, now);
    return pass_back(r, now) || any;
}

static instant forward_at(const void *context)
{
    const struct router *r = context;
    const struct link *links[] = { &r->access[0].ends[1].link, &r->access[1].ends[1].link,
                                   &r->bottleneck.ends[0].link };
    instant at = NEVER;

    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        instant mine = links[i]->ops->poll_at(links[i]);

        at = mine < at ? mine : at;
    }
    return at;
}

static void lay_wires(struct bulk *b, struct router *r, const struct rivals *rivals)
{
    duration longest = rivals->rtt[0] > rivals->rtt[1] ? rivals->rtt[0] : rivals->rtt[1];
    struct pair_settings narrow = { .rate = RATE, .queue_len = bulk_queue_len(RATE, longest) };
    struct pair_config config = { .medium = LINK_IP,
                                  .n_frames = N_FRAMES,
                                  .settings = { narrow, narrow } };

    bulk_wire(b, &r->bottleneck, &config);
    for (int i = 0; i < 2; i++) {
        config.settings[0] = config.settings[1] =
            (struct pair_settings){ .delay = rivals->rtt[i] / 2 };
        bulk_wire(b, &r->access[i], &config);
        bulk_host(b, &r->access[i].ends[0].link, rivals->profile[i]);
    }
    bulk_host(b, &r->bottleneck.ends[1].link, &sk_tcp_full);
    b->forward = forward;
    b->forward_at = forward_at;
    b->context = r;
}

/* Octets that each delivers in the second half. */
static void share(struct bulk *b, const struct bulk_flow flows[2], duration apart,
                  uint64_t octets[2])
{
    instant start = b->now;
    instant end = start + DURATION;

    octets[0] = octets[1] = 0;
    while (b->now < end) {
        bulk_fill(b, &flows[0]);
        if (b->now - start >= apart) {
            bulk_fill(b, &flows[1]);
        }
        bulk_advance(b, b->now - start < apart ? start + apart : end);
        for (int i = 0; i < 2; i++) {
            size_t len = bulk_empty(b, &flows[i]);

            octets[i] += b->now - start >= DURATION / 2 ? len : 0;
        }
    }
}

static struct result run(const struct rivals *rivals, unsigned seed)
{
    static struct router router;
    static struct bulk b;
    struct bulk_flow flows[2];
    uint64_t octets[2];
    double x;
    double y;

    bulk_begin(&b);
    lay_wires(&b, &router, rivals);
    for (int i = 0; i < 2; i++) {
        flows[i] = bulk_connect(&b, i, 2, (uint16_t)(80 + i));
    }
    share(&b, flows, (duration)seed * APART, octets);
    bulk_end(&b);
    x = (double)octets[0] * 8 / (DURATION / 2);
    y = (double)octets[1] * 8 / (DURATION / 2);
    return (struct result){ (x + y) * (x + y) / (2 * (x * x + y * y)), { x, y } };
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, unsigned n)
{
    qsort(values, n, sizeof(*values), by_value);
    return values[n / 2];
}

static void run_all(const struct rivals *rivals, unsigned seeds)
{
    static double jain[MAX_SEEDS];
    static double mbits[2][MAX_SEEDS];

    for (unsigned i = 0; i < seeds; i++) {
        struct result result = run(rivals, i + 1);

        jain[i] = result.jain;
        mbits[0][i] = result.mbits[0];
        mbits[1][i] = result.mbits[1];
    }
    printf("%s %s %s %lld %lld %u %.3f %.2f %.2f\n", rivals->name, rivals->profile[0]->name,
           rivals->profile[1]->name, (long long)(rivals->rtt[0] / 1000),
           (long long)(rivals->rtt[1] / 1000), seeds, median(jain, seeds), median(mbits[0], seeds),
           median(mbits[1], seeds));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static const struct rivals all[] = {
        { "reno_and_reno", { &bulk_rack_reno, &bulk_rack_reno }, { 20000, 20000 } },
        { "cubic_and_cubic", { &sk_tcp_full, &sk_tcp_full }, { 20000, 20000 } },
        { "reno_and_cubic", { &bulk_rack_reno, &sk_tcp_full }, { 20000, 20000 } },
        { "reno_near_and_far", { &bulk_rack_reno, &bulk_rack_reno }, { 20000, 100000 } },
        { "cubic_near_and_far", { &sk_tcp_full, &sk_tcp_full }, { 20000, 100000 } },
        { "bbr_and_bbr", { &sk_tcp_bbr, &sk_tcp_bbr }, { 20000, 20000 } },
        { "bbr_and_cubic", { &sk_tcp_bbr, &sk_tcp_full }, { 20000, 20000 } },
        { "bbr_near_and_far", { &sk_tcp_bbr, &sk_tcp_bbr }, { 20000, 100000 } },
    };
    unsigned seeds;

    if (argc > 2 || !cell_parse_seeds(&seeds, argc > 1 ? argv[1] : NULL) || seeds > MAX_SEEDS) {
        fputs("usage: fairness [SEEDS]\n  SEEDS 1 to 100\n", stderr);
        return 2;
    }
    puts("# name profile_a profile_b rtt_a_ms rtt_b_ms seeds jain a_mbits b_mbits");
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        run_all(&all[i], seeds);
    }
    return 0;
}
