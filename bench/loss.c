/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * loss [SEEDS [PROFILE RTT LOSS] ...]: what a bulk transfer delivers over a wire that loses frames
 * of the data at random, in virtual time: the first 15 s after the handshake, a drop-tail queue of
 * the larger of one BDP and 64 KiB, buffers of 16 MiB, ACKs never lost. Medians over the seeds, of
 * Mbit/s of payload and of the longest silence after the first octet, and the 95th percentile of
 * that, beside what theory expects. The same seeds give the same numbers.
 *
 * Without cells (RTT in ms, LOSS in percent, at 100 Mbit/s) all of the grid. A wire that loses
 * nothing is the same for every seed and gets one. VERBOSE tells of each transfer on stderr.
 */
#include "bench/bulk.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEGA 1000000
#define DURATION 15000000 /* us */
#define N_FRAMES 8192
#define SEEDS 15
#define MAX_SEEDS 1000
#define FRAME_LEN 1514 /* octets that a full segment takes on the wire: Ethernet without FCS */

struct cell {
    const struct tcp_profile *profile;
    duration rtt;
    double loss;   /* percent */
    uint32_t rate; /* Mbit/s */
};

struct result {
    double mbits;
    double silence; /* ms */
};

static const struct tcp_profile *const profiles[] = { &sk_tcp_basic, &bulk_rack_reno, &sk_tcp_full,
                                                      &sk_tcp_bbr };

static void lay_wire(struct bulk *b, struct pair *wire, const struct cell *cell, uint64_t seed)
{
    uint64_t rate = (uint64_t)cell->rate * MEGA;
    struct pair_settings way = { .delay = cell->rtt / 2,
                                 .rate = rate,
                                 .queue_len = bulk_queue_len(rate, cell->rtt) };
    struct pair_config config = { .medium = LINK_ETHERNET, .seed = seed, .n_frames = N_FRAMES };

    config.settings[1] = way;
    way.loss = (uint32_t)lround(cell->loss / 100 * PAIR_CERTAIN);
    config.settings[0] = way;
    bulk_wire(b, wire, &config);
}

static void tell(const struct bulk *b, uint64_t seed, struct result result)
{
    const struct sk_stats *s = sk_iface_stats(b->host[0]);

    if (getenv("VERBOSE")) {
        fprintf(stderr, "    seed %u: %.2f Mbit/s, %u sent again, %u timeouts, silence %.0f ms\n",
                (unsigned)seed, result.mbits, (unsigned)s->tcp_retransmitted,
                (unsigned)s->tcp_timeouts, result.silence);
    }
}

static struct result measure(struct bulk *b, const struct bulk_flow *flow)
{
    instant end = b->now + DURATION;
    instant last = 0;
    duration silence = 0;
    uint64_t total = 0;

    while (b->now < end) {
        size_t len;

        bulk_fill(b, flow);
        bulk_advance(b, end);
        len = b->now < end ? bulk_empty(b, flow) : 0;
        if (len > 0) {
            silence = last > 0 && b->now - last > silence ? b->now - last : silence;
            last = b->now;
        }
        total += len;
    }
    silence = end - last > silence ? end - last : silence;
    return (struct result){ (double)total * 8 / DURATION, (double)silence / 1000 };
}

static struct result transfer(const struct cell *cell, uint64_t seed)
{
    static struct bulk b;
    static struct pair wire;
    struct bulk_flow flow;
    struct result result;

    bulk_begin(&b);
    lay_wire(&b, &wire, cell, seed);
    bulk_host(&b, &wire.ends[0].link, cell->profile);
    bulk_host(&b, &wire.ends[1].link, cell->profile);
    flow = bulk_connect(&b, 0, 1, 80);
    result = measure(&b, &flow);
    tell(&b, seed, result);
    bulk_end(&b);
    return result;
}

/* ---- What theory expects, in Mbit/s ---------------------------------------------------------- */

static double link_limit(const struct cell *cell)
{
    int payload = BULK_MSS - (cell->profile->extensions ? BULK_TIMESTAMPS_LEN : 0);

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

static int by_mbits(const void *a, const void *b)
{
    double x = ((const struct result *)a)->mbits;
    double y = ((const struct result *)b)->mbits;

    return (x > y) - (x < y);
}

static int by_silence(const void *a, const void *b)
{
    double x = ((const struct result *)a)->silence;
    double y = ((const struct result *)b)->silence;

    return (x > y) - (x < y);
}

static void print_limits(const struct cell *cell, double mbits)
{
    double of_link = link_limit(cell);

    if (cell->loss > 0) {
        printf(" - %.2f %.2f - %.2f %.2f\n", mathis_limit(cell), padhye_limit(cell),
               mbits / mathis_limit(cell), mbits / padhye_limit(cell));
    } else {
        printf(" %.2f - - %.2f - -\n", of_link, mbits / of_link);
    }
    fflush(stdout);
}

static void run_cell(const struct cell *cell, unsigned seeds)
{
    static struct result results[MAX_SEEDS];
    double mbits;

    seeds = cell->loss > 0 ? seeds : 1;
    for (unsigned seed = 1; seed <= seeds; seed++) {
        results[seed - 1] = transfer(cell, seed);
    }
    qsort(results, seeds, sizeof(results[0]), by_mbits);
    mbits = results[seeds / 2].mbits;
    qsort(results, seeds, sizeof(results[0]), by_silence);
    printf("%s %u %lld %g %u %.2f %.0f %.0f", cell->profile->name, cell->rate,
           (long long)(cell->rtt / 1000), cell->loss, seeds, mbits, results[seeds / 2].silence,
           results[seeds * 95 / 100].silence);
    print_limits(cell, mbits);
}

static void run_grid(unsigned seeds)
{
    static const duration rtts[] = { 20000, 100000 };
    static const double losses[] = { 0, 0.1, 1, 3, 5 };

    for (size_t p = 0; p < sizeof(profiles) / sizeof(profiles[0]); p++) {
        for (size_t i = 0; i < 2; i++) {
            for (size_t k = 0; k < sizeof(losses) / sizeof(losses[0]); k++) {
                run_cell(&(struct cell){ profiles[p], rtts[i], losses[k], 100 }, seeds);
            }
        }
        for (size_t i = 0; i < 2; i++) {
            run_cell(&(struct cell){ profiles[p], rtts[i], 0, 10 }, seeds);
        }
    }
}

static const struct tcp_profile *named(const char *name)
{
    for (size_t p = 0; p < sizeof(profiles) / sizeof(profiles[0]); p++) {
        if (strcmp(profiles[p]->name, name) == 0) {
            return profiles[p];
        }
    }
    bulk_require(false, "a profile of that name");
    return NULL;
}

int main(int argc, char **argv)
{
    unsigned seeds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : SEEDS;

    bulk_require(seeds > 0 && seeds <= MAX_SEEDS && (argc < 2 || (argc - 2) % 3 == 0),
                 "loss [SEEDS [PROFILE RTT LOSS] ...]");
    puts("# profile rate_mbits rtt_ms loss_percent seeds mbits silence_ms silence_95_ms link_mbits "
         "mathis_mbits padhye_mbits of_link of_mathis of_padhye");
    if (argc <= 2) {
        run_grid(seeds);
    }
    for (int i = 2; i + 2 < argc; i += 3) {
        struct cell cell = { named(argv[i]), strtol(argv[i + 1], NULL, 10) * 1000,
                             strtod(argv[i + 2], NULL), 100 };

        bulk_require(cell.rtt > 0 && cell.loss >= 0 && cell.loss < 100, "RTT and LOSS");
        run_cell(&cell, seeds);
    }
    return 0;
}
