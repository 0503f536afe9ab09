/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * loss [SEEDS [PROFILE RTT LOSS] ...]: what a bulk transfer delivers over a wire that loses frames
 * of the data at random, in virtual time: the first 15 s after the handshake, a drop-tail queue of
 * the larger of one BDP and 64 KiB, buffers of 16 MiB, ACKs never lost. Medians over the seeds, of
 * Mbit/s of payload and of the longest silence after the first octet, and the 95th percentile of
 * that, beside what theory expects. The same seeds give the same numbers.
 *
 * Without cells (RTT in ms, LOSS in percent, at 100 Mbit/s) all of the grid. Where nothing is lost
 * and nothing is drawn, every seed gives the same, and there is one. VERBOSE tells of each transfer
 * on stderr.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bulk.h"
#include "bench/cell.h"

#define FRAME_LEN 1514 /* octets that a full segment takes on the wire: Ethernet without FCS */

static const struct tcp_profile *const profiles[] = { &sk_tcp_basic, &bulk_rack_reno, &sk_tcp_full,
                                                      &sk_tcp_bbr };

static void tell(const struct bulk *b, uint64_t seed, struct cell_result result)
{
    const struct sk_stats *s = sk_iface_stats(b->host[0]);

    if (getenv("VERBOSE")) {
        fprintf(stderr, "    seed %u: %.2f Mbit/s, %u sent again, %u timeouts, silence %.0f ms\n",
                (unsigned)seed, result.mbits, (unsigned)s->tcp_retransmitted,
                (unsigned)s->tcp_timeouts, result.silence);
    }
}

static struct cell_result measure(struct bulk *b, const struct bulk_flow *flow)
{
    struct cell_meter meter = cell_meter_start(b->now);

    while (b->now < meter.end) {
        bulk_fill(b, flow);
        bulk_advance(b, meter.end);
        cell_meter_count(&meter, bulk_empty(b, flow), b->now);
    }
    return cell_meter_stop(&meter);
}

static struct cell_result transfer(const struct tcp_profile *profile, const struct cell *cell,
                                   uint64_t seed)
{
    static struct bulk b;
    static struct pair wire;
    struct pair_config config = cell_wire(cell, seed);
    struct bulk_flow flow;
    struct cell_result result;

    bulk_begin(&b);
    b.seed = seed;
    bulk_wire(&b, &wire, &config);
    bulk_host(&b, &wire.ends[0].link, profile);
    bulk_host(&b, &wire.ends[1].link, profile);
    flow = bulk_connect(&b, 0, 1, 80);
    result = measure(&b, &flow);
    tell(&b, seed, result);
    bulk_end(&b);
    return result;
}

/* ---- What theory expects, in Mbit/s ---------------------------------------------------------- */

static double link_limit(const struct tcp_profile *profile, const struct cell *cell)
{
    int payload = BULK_MSS - (profile->extensions ? BULK_TIMESTAMPS_LEN : 0);

    return (double)cell->rate * payload / FRAME_LEN;
}

/* Mathis, Semke, Mahdavi, Ott: The Macroscopic Behavior of the TCP Congestion Avoidance Algorithm,
 * 1997, equation 3 */
static double mathis_limit(const struct cell *cell)
{
    return BULK_MSS * 8 / (double)cell->rtt * sqrt(1.5 / (cell->loss / 100));
}

/* Padhye, Firoiu, Towsley, Kurose: Modeling TCP Throughput, 1998, equation 30, where every second
 * segment is acknowledged and the timeout is our least one */
static double padhye_limit(const struct cell *cell)
{
    const double b = 2;
    const double timeout = 200000; /* us */
    double p = cell->loss / 100;
    double waits = fmin(1, 3 * sqrt(3 * b * p / 8)) * p * (1 + 32 * p * p);

    return BULK_MSS * 8 / ((double)cell->rtt * sqrt(2 * b * p / 3) + timeout * waits);
}

/* ---- The table ------------------------------------------------------------------------------- */

static void print_limits(const struct tcp_profile *profile, const struct cell *cell, double mbits)
{
    double of_link = link_limit(profile, cell);

    if (cell->loss > 0) {
        printf(" - %.2f %.2f - %.2f %.2f\n", mathis_limit(cell), padhye_limit(cell),
               mbits / mathis_limit(cell), mbits / padhye_limit(cell));
    } else {
        printf(" %.2f - - %.2f - -\n", of_link, mbits / of_link);
    }
    fflush(stdout);
}

/* Whether a seed makes a difference where nothing is lost: a model probes at random times. */
static bool draws(const struct tcp_profile *profile)
{
    return profile->congestion->model != NULL;
}

static void run_cell(const struct tcp_profile *profile, const struct cell *cell, unsigned seeds)
{
    static struct cell_result results[CELL_MAX_SEEDS];
    struct cell_medians medians;

    seeds = cell->loss > 0 || draws(profile) ? seeds : 1;
    for (unsigned seed = 1; seed <= seeds; seed++) {
        results[seed - 1] = transfer(profile, cell, seed);
    }
    medians = cell_medians(results, seeds);
    printf("%s %u %lld %g %u %.2f %.0f %.0f", profile->name, cell->rate,
           (long long)(cell->rtt / 1000), cell->loss, seeds, medians.mbits, medians.silence,
           medians.silence_95);
    print_limits(profile, cell, medians.mbits);
}

static void run_grid(const struct tcp_profile *profile, unsigned seeds)
{
    for (size_t i = 0; i < CELL_GRID; i++) {
        run_cell(profile, &cell_grid[i], seeds);
    }
    run_cell(profile, &(struct cell){ 20000, 0, 10 }, seeds);
    run_cell(profile, &(struct cell){ 100000, 0, 10 }, seeds);
}

static const struct tcp_profile *named(const char *name)
{
    for (size_t p = 0; p < sizeof(profiles) / sizeof(profiles[0]); p++) {
        if (strcmp(profiles[p]->name, name) == 0) {
            return profiles[p];
        }
    }
    return NULL;
}

static int usage(void)
{
    fputs("usage: loss [SEEDS [PROFILE RTT LOSS] ...]\n"
          "  SEEDS 1 to 1000; PROFILE basic, rack+reno, full or bbr; RTT in ms, at most 1000; LOSS "
          "in "
          "percent\n",
          stderr);
    return 2;
}

/* Every cell of the command line, or of the grid; with `seeds` 0 it only looks at them. */
static bool run(int argc, char **argv, unsigned seeds)
{
    for (int i = 2; i < argc; i += 3) {
        const struct tcp_profile *profile = named(argv[i]);
        struct cell cell;

        if (!profile || i + 2 >= argc || !cell_parse(&cell, argv[i + 1], argv[i + 2])) {
            return false;
        }
        if (seeds > 0) {
            run_cell(profile, &cell, seeds);
        }
    }
    for (size_t p = 0; argc <= 2 && seeds > 0 && p < sizeof(profiles) / sizeof(profiles[0]); p++) {
        run_grid(profiles[p], seeds);
    }
    return true;
}

int main(int argc, char **argv)
{
    unsigned seeds;

    if (!cell_parse_seeds(&seeds, argc > 1 ? argv[1] : NULL) || !run(argc, argv, 0)) {
        return usage();
    }
    puts("# profile rate_mbits rtt_ms loss_percent seeds mbits silence_ms silence_95_ms link_mbits "
         "mathis_mbits padhye_mbits of_link of_mathis of_padhye");
    run(argc, argv, seeds);
    return 0;
}
