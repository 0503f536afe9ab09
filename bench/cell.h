/* SPDX-License-Identifier: BSD-3-Clause */
/* A cell of the loss table: a wire that loses frames of the data at random, what a bulk transfer
 * delivers over it in the first 15 s after the handshake, and the medians over the seeds. */
#pragma once

#include "link/pair.h"

#define CELL_DURATION 15000000 /* us */
#define CELL_SEEDS 15
#define CELL_MAX_SEEDS 1000
#define CELL_GRID 10 /* cells */

struct cell {
    duration rtt;
    double loss;   /* percent */
    uint32_t rate; /* Mbit/s */
};

struct cell_result {
    double mbits;   /* of payload */
    double silence; /* ms, the longest one after the first octet */
};

struct cell_medians {
    double mbits;
    double silence;
    double silence_95; /* the 95th percentile */
};

/** How much the receiver got, and when it got nothing. */
struct cell_meter {
    instant end;
    instant last; /* 0: nothing came so far */
    duration silence;
    uint64_t octets;
};

/** 20 and 100 ms; 0, 0.1, 1, 3 and 5 %; at 100 Mbit/s. */
extern const struct cell cell_grid[CELL_GRID];

/** Of the command line: RTT in ms and LOSS in percent, at 100 Mbit/s. False: there is no such wire.
 */
bool cell_parse(struct cell *cell, const char *rtt, const char *loss);

/** SEEDS of the command line; NULL: CELL_SEEDS. False: it is no number, or not one of 1 to
 * CELL_MAX_SEEDS. */
bool cell_parse_seeds(unsigned *seeds, const char *text);

/** Data leaves end 0 and is lost, ACKs leave end 1 and are not. Either way has a drop-tail queue of
 * the larger of one BDP and 64 KiB. */
struct pair_config cell_wire(const struct cell *cell, uint64_t seed);

struct cell_meter cell_meter_start(instant now);
void cell_meter_count(struct cell_meter *meter, size_t octets, instant now);
struct cell_result cell_meter_stop(struct cell_meter *meter);

/** Sorts the results, of which there is one for each seed. */
struct cell_medians cell_medians(struct cell_result *results, unsigned seeds);
