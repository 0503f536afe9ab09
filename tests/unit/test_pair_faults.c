/* SPDX-License-Identifier: BSD-3-Clause */
/* What the virtual wire does to frames on purpose, and that a seed repeats it. */
#include "base/sum.h"
#include "tests/support/pair_fixture.h"

START_TEST(loss_is_as_frequent_as_asked)
{
    struct pair_config config = {
        .medium = LINK_ETHERNET, .n_frames = 2, .seed = 1, .settings[0] = { .loss = 200000 }
    };
    uint32_t arrived = 0;
    int i;

    start(&config);
    for (i = 0; i < MANY; i++) {
        ck_assert_int_eq(transmit(a, 1, i), SK_OK);
        arrived += count(b, i);
    }
    ck_assert_uint_eq(arrived + a->drops[DROP_LINK_LOST], MANY);
    ck_assert_uint_ge(a->drops[DROP_LINK_LOST], MANY / 5 - MANY / 20);
    ck_assert_uint_le(a->drops[DROP_LINK_LOST], MANY / 5 + MANY / 20);
    ck_assert_uint_eq(b->drops[DROP_LINK_LOST], 0);
}
END_TEST

static bool lose_the_second(void *context, uint64_t n, const struct pkt *p)
{
    ck_assert_uint_eq(p->len, FRAME_LEN);
    ck_assert_ptr_eq(context, &wire);
    return n == 1;
}

START_TEST(a_chosen_frame_is_lost)
{
    struct pair_config config = { .medium = LINK_ETHERNET,
                                  .n_frames = 4,
                                  .settings[0] = { .lose = lose_the_second, .context = &wire } };

    start(&config);
    ck_assert_int_eq(transmit(a, 1, 0), SK_OK);
    ck_assert_int_eq(transmit(a, 2, 0), SK_OK);
    ck_assert_int_eq(transmit(a, 3, 0), SK_OK);
    ck_assert_int_eq(receive(b, 0), 1);
    ck_assert_int_eq(receive(b, 0), 3);
    ck_assert_uint_eq(a->drops[DROP_LINK_LOST], 1);
}
END_TEST

START_TEST(a_duplicate_arrives_twice)
{
    struct pair_config config = { .medium = LINK_ETHERNET,
                                  .n_frames = 2,
                                  .settings[0] = { .duplicate = PAIR_CERTAIN } };

    start(&config);
    ck_assert_int_eq(transmit(a, 1, 0), SK_OK);
    ck_assert_int_eq(receive(b, 0), 1);
    ck_assert_int_eq(receive(b, 0), 1);
    ck_assert_int_eq(receive(b, 0), -1);
}
END_TEST

START_TEST(a_duplicate_without_room_is_none)
{
    struct pair_config config = { .medium = LINK_ETHERNET,
                                  .n_frames = 1,
                                  .settings[0] = { .duplicate = PAIR_CERTAIN } };

    start(&config);
    ck_assert_int_eq(transmit(a, 1, 0), SK_OK);
    ck_assert_uint_eq(count(b, 0), 1);
}
END_TEST

/* From the first bit in which they differ to the last; 0: they do not. */
static int burst_len(const uint8_t *x, const uint8_t *y, int len)
{
    int first = -1;
    int last = -2;

    for (int bit = 0; bit < 8 * len; bit++) {
        if ((x[bit / 8] ^ y[bit / 8]) >> (7 - bit % 8) & 1) {
            first = first < 0 ? bit : first;
            last = bit;
        }
    }
    return last - first + 1;
}

START_TEST(corruption_is_a_burst_behind_the_ethernet_header)
{
    bool seen[PAIR_BURST + 1] = { false };
    bool seen_at_end = false;
    struct pair_config config = { .medium = LINK_ETHERNET,
                                  .n_frames = 2,
                                  .settings[0] = { .corrupt = PAIR_CERTAIN } };
    struct pkt *model = frame(0x55, FRAME_LEN);
    int i;

    start(&config);
    for (i = 0; i < 10000; i++) {
        struct pkt *got;
        int len;

        ck_assert_int_eq(transmit(a, 0x55, 0), SK_OK);
        got = b->ops->rx(b, &pool, 0);
        ck_assert_mem_eq(sk_pkt_data(got), sk_pkt_data(model), ETH_HDR_LEN);
        len = burst_len(sk_pkt_data(got), sk_pkt_data(model), FRAME_LEN);
        ck_assert_int_ge(len, 1);
        ck_assert_int_le(len, PAIR_BURST);
        ck_assert_uint_ne(sum_add(0, sk_pkt_data(got) + ETH_HDR_LEN, FRAME_LEN - ETH_HDR_LEN),
                          sum_add(0, sk_pkt_data(model) + ETH_HDR_LEN, FRAME_LEN - ETH_HDR_LEN));
        seen[len] = true;
        seen_at_end |= sk_pkt_data(got)[FRAME_LEN - 1] != sk_pkt_data(model)[FRAME_LEN - 1];
        sk_pkt_free(got);
    }
    for (i = 1; i <= PAIR_BURST; i++) {
        ck_assert_msg(seen[i], "no burst of %d bits", i);
    }
    ck_assert(seen_at_end);
    sk_pkt_free(model);
}
END_TEST

START_TEST(corruption_spares_what_only_an_fcs_protects)
{
    struct pair_config config = { .medium = LINK_ETHERNET,
                                  .n_frames = 2,
                                  .settings[0] = { .corrupt = PAIR_CERTAIN } };
    struct pkt *p = frame(0x55, 42);
    struct eth_hdr eth = { MAC_BROADCAST, { { 2, 0, 0, 0, 0, 9 } }, ETH_TYPE_ARP };
    uint8_t before[42];

    start(&config);
    eth_emit(sk_pkt_data(p), &eth);
    memcpy(before, sk_pkt_data(p), sizeof(before));
    ck_assert_int_eq(a->ops->tx(a, p, 0), SK_OK);
    p = b->ops->rx(b, &pool, 0);
    ck_assert_mem_eq(sk_pkt_data(p), before, sizeof(before));
    sk_pkt_free(p);
}
END_TEST

START_TEST(a_held_back_frame_is_passed_by_others)
{
    struct pair_config config = { .medium = LINK_ETHERNET,
                                  .n_frames = 8,
                                  .settings[0] = { .delay = 10, .reorder_delay = 1000 } };
    instant at;

    start(&config);
    wire.wires[0].settings.reorder = PAIR_CERTAIN;
    ck_assert_int_eq(transmit(a, 1, 0), SK_OK);
    ck_assert_int_eq(transmit(a, 2, 0), SK_OK);
    wire.wires[0].settings.reorder = 0;
    ck_assert_int_eq(transmit(a, 3, 0), SK_OK);
    ck_assert_int_eq(next_at(b), 10);
    ck_assert_int_eq(receive(b, 10), 3);
    ck_assert_int_eq(receive(b, 10), -1);
    at = next_at(b);
    ck_assert_int_gt(at, 10);
    ck_assert_int_le(at, 1010);
    ck_assert_uint_eq(count(b, at - 1), 0);
    ck_assert_uint_ge(count(b, at) + count(b, 1010), 2);
}
END_TEST

/* A mixture of everything; the order of arrival becomes one number. */
static uint64_t story(uint64_t seed)
{
    struct pair_config config = { .medium = LINK_IP,
                                  .n_frames = 64,
                                  .seed = seed,
                                  .settings[0] = { .delay = 5000,
                                                   .rate = 10000000,
                                                   .queue_len = 20000,
                                                   .loss = 50000,
                                                   .duplicate = 50000,
                                                   .corrupt = 50000,
                                                   .reorder = 100000,
                                                   .reorder_delay = 8000 } };
    uint64_t hash = 1;
    instant now;

    start(&config);
    for (now = 0; now < 2000000; now += 700) {
        int mark;

        ck_assert_int_eq(transmit(a, (uint8_t)(now / 700), now), SK_OK);
        while ((mark = receive(b, now)) >= 0) {
            hash = hash * 0x100000001b3u ^ ((uint64_t)now << 8 | (uint64_t)mark);
        }
    }
    while (receive(b, now + 100000) >= 0) {
    }
    ck_assert_uint_gt(a->drops[DROP_LINK_LOST], 0);
    ck_assert_uint_gt(a->drops[DROP_TX_QUEUE_FULL], 0);
    free(memory);
    memory = NULL;
    return hash;
}

START_TEST(the_same_seed_gives_the_same_run)
{
    ck_assert_uint_eq(story(42), story(42));
    ck_assert_uint_ne(story(42), story(43));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        loss_is_as_frequent_as_asked,
        a_chosen_frame_is_lost,
        a_duplicate_arrives_twice,
        a_duplicate_without_room_is_none,
        corruption_is_a_burst_behind_the_ethernet_header,
        corruption_spares_what_only_an_fcs_protects,
        a_held_back_frame_is_passed_by_others,
        the_same_seed_gives_the_same_run,
        NULL,
    };

    return pair_run("pair_faults", tests);
}
