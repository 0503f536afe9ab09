/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How fast octets reach the peer (draft-ietf-ccwg-bbr-06 4.1, delivery rate samples). What the
 * draft keeps with each packet is kept here by the time at which packets left, for some times only:
 * what left between two of them is taken to have left at the first. Names in lower case are the
 * draft's; C is struct delivery, P a stamp, RS a sample.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define DELIVERY_STAMPS 64
#define DELIVERY_SPACING 32 /* stamps in a round trip, at most: all that is out has one */

struct delivery_stamp {
    uint32_t sent_time;
    uint32_t first_sent_time;
    uint32_t delivered_time;
    uint32_t delivered;
    uint32_t lost;
    uint32_t tx_in_flight; /* when the last that belongs to it had left */
    bool is_app_limited;
};

/* Times are microseconds, volumes octets; both wrap. */
struct delivery {
    uint32_t delivered;
    uint32_t delivered_time;
    uint32_t first_sent_time;
    uint32_t lost;
    uint32_t app_limited; /* `delivered` when what left without pressure has arrived, if
                             is_app_limited */
    bool is_app_limited;
    uint8_t first; /* index of the oldest stamp */
    uint8_t n;
    struct delivery_stamp stamps[DELIVERY_STAMPS];

    /* Of the acknowledgment that is being taken. */
    uint32_t newest; /* sent_time of the last that it told of, if acked > 0 */
    uint32_t acked;
    uint32_t losses;
    uint32_t rtt; /* of what was sent once; 0: none */
};

struct delivery_sample {
    uint32_t rate; /* octets per second, UINT32_MAX at most; 0: none */
    uint32_t delivered;
    uint32_t prior_delivered;
    uint32_t acked;
    uint32_t lost;
    uint32_t losses; /* of this acknowledgment alone */
    uint32_t tx_in_flight;
    uint32_t rtt;
    bool is_app_limited;
};

/** `len` octets leave; `in_flight` are out then, with them, and srtt is that of the connection. */
void delivery_on_sent(struct delivery *d, uint32_t len, uint32_t in_flight, uint32_t srtt,
                      uint32_t now);

/** Octets that left at `sent_at` have arrived; `again`: they were sent more than once. */
void delivery_on_delivered(struct delivery *d, uint32_t sent_at, bool again, uint32_t len,
                           uint32_t now);

/** Octets that left at `sent_at` are lost. The books of when they left. */
const struct delivery_stamp *delivery_on_lost(struct delivery *d, uint32_t sent_at, uint32_t len);

/** The program has nothing more to send, and `in_flight` octets are out. */
void delivery_app_limited(struct delivery *d, uint32_t in_flight);

/** The acknowledgment is taken. */
struct delivery_sample delivery_take(struct delivery *d, uint32_t min_rtt);
