/* SPDX-License-Identifier: BSD-3-Clause */
/* A cell of the loss table: see cell.h. */
#include "bench/cell.h"

#include <math.h>
#include <stdlib.h>

#include "bench/bulk.h"

#define MEGA 1000000
#define N_FRAMES 8192
#define MAX_RTT 1000 /* ms: CELL_DURATION sees more than the beginning */

const struct cell cell_grid[CELL_GRID] = {
    { 20000, 0, 100 },  { 20000, 0.1, 100 }, { 20000, 1, 100 },    { 20000, 3, 100 },
    { 20000, 5, 100 },  { 100000, 0, 100 },  { 100000, 0.1, 100 }, { 100000, 1, 100 },
    { 100000, 3, 100 }, { 100000, 5, 100 },
};

/* NAN: not a number, or not only one. */
static double number(const char *text)
{
    char *end;
    double value = strtod(text, &end);

    return end != text && *end == '\0' ? value : NAN;
}

bool cell_parse(struct cell *cell, const char *rtt, const char *loss)
{
    double ms = number(rtt);
    double percent = number(loss);

    if (!(ms > 0 && ms <= MAX_RTT && percent >= 0 && percent < 100)) {
        return false;
    }
    *cell = (struct cell){ (duration)lround(ms * 1000), percent, 100 };
    return true;
}

bool cell_parse_seeds(unsigned *seeds, const char *text)
{
    double n = text ? number(text) : CELL_SEEDS;

    *seeds = n >= 1 && n <= CELL_MAX_SEEDS ? (unsigned)n : 0;
    return *seeds > 0 && *seeds == n;
}

struct pair_config cell_wire(const struct cell *cell, uint64_t seed)
{
    uint64_t rate = (uint64_t)cell->rate * MEGA;
    struct pair_settings way = { .delay = cell->rtt / 2,
                                 .rate = rate,
                                 .queue_len = bulk_queue_len(rate, cell->rtt) };
    struct pair_config config = { .medium = LINK_ETHERNET, .seed = seed, .n_frames = N_FRAMES };

    config.settings[1] = way;
    way.loss = (uint32_t)lround(cell->loss / 100 * PAIR_CERTAIN);
    config.settings[0] = way;
    return config;
}

/* ---- What arrives ---------------------------------------------------------------------------- */

static void fell_silent(struct cell_meter *meter, instant until)
{
    duration silence = until - meter->last;

    meter->silence = silence > meter->silence ? silence : meter->silence;
}

struct cell_meter cell_meter_start(instant now)
{
    return (struct cell_meter){ .end = now + CELL_DURATION };
}

void cell_meter_count(struct cell_meter *meter, size_t octets, instant now)
{
    if (octets == 0 || now >= meter->end) {
        return;
    }
    if (meter->octets > 0) {
        fell_silent(meter, now);
    }
    meter->octets += octets;
    meter->last = now;
}

struct cell_result cell_meter_stop(struct cell_meter *meter)
{
    fell_silent(meter, meter->end);
    return (struct cell_result){ (double)meter->octets * 8 / CELL_DURATION,
                                 (double)meter->silence / 1000 };
}

/* ---- Medians --------------------------------------------------------------------------------- */

static int by_mbits(const void *a, const void *b)
{
    double x = ((const struct cell_result *)a)->mbits;
    double y = ((const struct cell_result *)b)->mbits;

    return (x > y) - (x < y);
}

static int by_silence(const void *a, const void *b)
{
    double x = ((const struct cell_result *)a)->silence;
    double y = ((const struct cell_result *)b)->silence;

    return (x > y) - (x < y);
}

struct cell_medians cell_medians(struct cell_result *results, unsigned seeds)
{
    struct cell_medians medians;

    qsort(results, seeds, sizeof(results[0]), by_mbits);
    medians.mbits = results[seeds / 2].mbits;
    qsort(results, seeds, sizeof(results[0]), by_silence);
    medians.silence = results[seeds / 2].silence;
    medians.silence_95 = results[seeds * 95 / 100].silence;
    return medians;
}
