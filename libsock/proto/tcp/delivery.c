/* SPDX-License-Identifier: BSD-3-Clause */
/* Delivery rate samples: see delivery.h. */
#include "proto/tcp/delivery.h"

#include "proto/tcp/seq.h"

#include <stddef.h>

#define US_PER_S 1000000u

static struct delivery_stamp *at(struct delivery *d, uint32_t i)
{
    return &d->stamps[(d->first + i) % DELIVERY_STAMPS];
}

/* The last that is not after `sent_at`, or the oldest there is; NULL: nothing was ever sent. */
static struct delivery_stamp *stamp_of(struct delivery *d, uint32_t sent_at)
{
    uint32_t low = 0;
    uint32_t high = d->n;

    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;

        if (seq_after(at(d, middle)->sent_time, sent_at)) {
            high = middle;
        } else {
            low = middle;
        }
    }
    return d->n > 0 ? at(d, low) : NULL;
}

static void add_stamp(struct delivery *d, uint32_t now)
{
    if (d->n == DELIVERY_STAMPS) {
        d->first = (uint8_t)((d->first + 1) % DELIVERY_STAMPS);
        d->n--;
    }
    *at(d, d->n++) = (struct delivery_stamp){
        .sent_time = now,
        .first_sent_time = d->first_sent_time,
        .delivered_time = d->delivered_time,
        .delivered = d->delivered,
        .lost = d->lost,
        .is_app_limited = d->is_app_limited,
    };
}

void delivery_on_sent(struct delivery *d, uint32_t len, uint32_t in_flight, uint32_t srtt,
                      uint32_t now)
{
    if (in_flight <= len) { /* after a pause */
        d->first_sent_time = d->delivered_time = now;
        d->n = 0;
    }
    if (d->n == 0 || now - at(d, d->n - 1u)->sent_time > srtt / DELIVERY_SPACING) {
        add_stamp(d, now);
    }
    at(d, d->n - 1u)->tx_in_flight = in_flight;
}

void delivery_on_delivered(struct delivery *d, uint32_t sent_at, bool again, uint32_t len,
                           uint32_t now)
{
    if (d->acked == 0 || seq_after(sent_at, d->newest)) {
        d->newest = sent_at;
    }
    if (!again && (d->rtt == 0 || now - sent_at < d->rtt)) {
        d->rtt = now - sent_at > 0 ? now - sent_at : 1;
    }
    d->acked += len;
    d->delivered += len;
    d->delivered_time = now;
}

const struct delivery_stamp *delivery_on_lost(struct delivery *d, uint32_t sent_at, uint32_t len)
{
    d->lost += len;
    d->losses += len;
    return stamp_of(d, sent_at);
}

void delivery_app_limited(struct delivery *d, uint32_t in_flight)
{
    d->is_app_limited = true;
    d->app_limited = d->delivered + in_flight;
}

static uint32_t rate_of(uint32_t octets, uint32_t interval)
{
    uint64_t rate = (uint64_t)octets * US_PER_S / interval;

    return rate < UINT32_MAX ? (uint32_t)rate : UINT32_MAX;
}

/* Sends and acknowledgments may come compressed: the longer of their intervals is right. One that
 * is shorter than any round trip was is no measurement. */
static void measure(struct delivery *d, struct delivery_sample *rs, uint32_t min_rtt)
{
    const struct delivery_stamp *p = stamp_of(d, d->newest);
    uint32_t send_elapsed = p->sent_time - p->first_sent_time;
    uint32_t ack_elapsed = d->delivered_time - p->delivered_time;
    uint32_t interval = send_elapsed > ack_elapsed ? send_elapsed : ack_elapsed;

    rs->prior_delivered = p->delivered;
    rs->delivered = d->delivered - p->delivered;
    rs->lost = d->lost - p->lost;
    rs->tx_in_flight = p->tx_in_flight;
    rs->is_app_limited = p->is_app_limited;
    d->first_sent_time = p->sent_time;
    if (interval > 0 && interval >= min_rtt) {
        rs->rate = rate_of(rs->delivered, interval);
    }
}

struct delivery_sample delivery_take(struct delivery *d, uint32_t min_rtt)
{
    struct delivery_sample rs = { .acked = d->acked, .losses = d->losses, .rtt = d->rtt };

    if (d->is_app_limited && seq_after(d->delivered, d->app_limited)) {
        d->is_app_limited = false;
    }
    if (d->acked > 0 && d->n > 0) {
        measure(d, &rs, min_rtt);
    }
    d->acked = 0;
    d->losses = 0;
    d->rtt = 0;
    return rs;
}
