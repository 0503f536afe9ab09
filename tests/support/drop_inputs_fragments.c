/* SPDX-License-Identifier: BSD-3-Clause */
/* Inputs for the drop reasons of fragments: see drop_inputs.h. */
#include "base/tick.h"
#include "proto/reassembly.h"
#include "tests/support/drop_inputs.h"
#include "tests/support/fragments.h"

static struct whole w;

static void hear(struct host *h, size_t start, size_t len)
{
    host_hear(h, piece(&w, start, len));
}

static void fragment_len(struct host *h)
{
    whole_udp(&w, 1, 100);
    hear(h, 8, 12);
}

static void fragment_size(struct host *h)
{
    whole_udp(&w, 1, 5000);
    hear(h, 4096, 8);
}

static void fragment_overlap(struct host *h)
{
    whole_udp(&w, 1, 100);
    hear(h, 0, 16);
    hear(h, 8, 16);
}

static void fragment_duplicate(struct host *h)
{
    whole_udp(&w, 1, 100);
    hear(h, 0, 16);
    hear(h, 8, 8);
}

static void fragment_holes(struct host *h)
{
    whole_udp(&w, 1, 1000);
    for (size_t i = 0; i <= REASSEMBLY_RANGES; i++) {
        hear(h, i * 16, 8);
    }
}

static void fragment_ecn(struct host *h)
{
    host_bound(h, SK_DGRAM, FRAGMENTS_PORT);
    whole_udp(&w, 1, 100);
    w.ip.tos = IP_ECN_CE;
    hear(h, 0, 8);
    w.ip.tos = 0;
    hear(h, 8, 100);
}

static void fragment_evicted(struct host *h)
{
    for (uint16_t id = 0; id <= CONFIG_N_REASSEMBLIES; id++) {
        whole_udp(&w, id, 100);
        hear(h, 0, 8);
    }
}

static void fragment_timeout(struct host *h)
{
    whole_udp(&w, 1, 100);
    hear(h, 8, 8);
    host_run(h, h->now + REASSEMBLY_TIMEOUT);
}

const struct drop_input drop_inputs_fragments[N_DROP_INPUTS_FRAGMENTS] = {
    { .reason = DROP_IP_FRAGMENT_LEN, .raise = fragment_len },
    { .reason = DROP_IP_FRAGMENT_SIZE, .raise = fragment_size },
    { .reason = DROP_IP_FRAGMENT_OVERLAP, .raise = fragment_overlap },
    { .reason = DROP_IP_FRAGMENT_DUPLICATE, .raise = fragment_duplicate },
    { .reason = DROP_IP_FRAGMENT_HOLES, .raise = fragment_holes },
    { .reason = DROP_IP_FRAGMENT_ECN, .raise = fragment_ecn },
    { .reason = DROP_IP_FRAGMENT_EVICTED, .raise = fragment_evicted },
    { .reason = DROP_IP_FRAGMENT_TIMEOUT, .raise = fragment_timeout },
};
