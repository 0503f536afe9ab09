/* SPDX-License-Identifier: BSD-3-Clause */
/* A wire between two ends, frames that carry a mark, and a check that every packet came home. */
#pragma once

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "link/loopback.h"
#include "link/pair.h"
#include "wire/eth.h"

#define N_PKTS 64
#define PKT_CAP 1600
#define FRAME_LEN 1000
#define MANY 2000

static struct pkt_pool pool;
static struct pkt pkts[N_PKTS];
static uint8_t octets[N_PKTS][PKT_CAP];

static struct pair wire;
static void *memory;
static struct link *a;
static struct link *b;

static inline void setup(void)
{
    int i;

    sk_pkt_pool_init(&pool);
    for (i = 0; i < N_PKTS; i++) {
        sk_pkt_pool_add(&pool, &pkts[i], octets[i], PKT_CAP);
    }
    memory = NULL;
    a = &wire.ends[0].link;
    b = &wire.ends[1].link;
}

static inline void teardown(void)
{
    ck_assert_uint_eq(pool.n_free, N_PKTS);
    if (memory) {
        ck_assert_uint_eq(wire.wires[0].pool.n_free, wire.wires[0].pool.n_total);
        ck_assert_uint_eq(wire.wires[1].pool.n_free, wire.wires[1].pool.n_total);
    }
    free(memory);
}

static inline void start(const struct pair_config *config)
{
    size_t len = sk_pair_size(config);

    memory = len ? aligned_alloc(16, (len + 15) & ~(size_t)15) : NULL;
    ck_assert_int_eq(sk_pair_init(&wire, config, memory, len), SK_OK);
}

/* An IPv4 frame of `len` octets whose payload all is `mark`. */
static inline struct pkt *frame(uint8_t mark, uint32_t len)
{
    struct pkt *p = sk_pkt_alloc(&pool, 2);
    struct eth_hdr eth = { MAC_BROADCAST, { { 2, 0, 0, 0, 0, 9 } }, ETH_TYPE_IPV4 };
    uint8_t *at = sk_pkt_put(p, len);

    memset(at, mark, len);
    eth_emit(at, &eth);
    return p;
}

static inline enum sk_err transmit(struct link *from, uint8_t mark, instant now)
{
    struct pkt *p = frame(mark, FRAME_LEN);
    enum sk_err err = from->ops->tx(from, p, now);

    if (err != SK_OK) {
        sk_pkt_free(p);
    }
    return err;
}

/* The mark of the next frame that is due, or -1. */
static inline int receive(struct link *at, instant now)
{
    struct pkt *p = at->ops->rx(at, &pool, now);
    int mark;

    if (!p) {
        return -1;
    }
    ck_assert_uint_eq(p->len, FRAME_LEN);
    mark = sk_pkt_data(p)[FRAME_LEN - 1];
    sk_pkt_free(p);
    return mark;
}

static inline instant next_at(const struct link *at)
{
    return at->ops->poll_at(at);
}

static inline uint32_t count(struct link *at, instant now)
{
    uint32_t n = 0;

    while (receive(at, now) >= 0) {
        n++;
    }
    return n;
}

/** As suite_run, each test between setup and teardown. */
static inline int pair_run(const char *name, const TTest *const *tests)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    SRunner *runner;
    int n_failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    for (; *tests; tests++) {
        tcase_add_test(tcase, *tests);
    }
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed > 0;
}
