/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtual wire and the loopback: order, time, room, and whose packet is whose. */
#include "tests/support/pair_fixture.h"

START_TEST(without_memory_the_packet_itself_travels)
{
    struct pair_config config = { .medium = LINK_ETHERNET };
    struct pkt *p = frame(7, 100);

    start(&config);
    ck_assert_uint_eq(sk_pair_size(&config), 0);
    ck_assert_int_eq(next_at(b), NEVER);
    ck_assert_int_eq(a->ops->tx(a, p, 5), SK_OK);
    ck_assert_int_le(next_at(b), 5);
    ck_assert_ptr_null(a->ops->rx(a, &pool, 5));
    ck_assert_ptr_eq(b->ops->rx(b, &pool, 5), p);
    ck_assert_int_eq(next_at(b), NEVER);
    sk_pkt_free(p);
}
END_TEST

START_TEST(without_memory_half_of_the_pool_stays_free)
{
    struct pair_config config = { .medium = LINK_ETHERNET };
    int i;

    start(&config);
    for (i = 0; i < N_PKTS / 2; i++) {
        ck_assert_int_eq(transmit(a, 1, 0), SK_OK);
    }
    ck_assert_int_eq(transmit(a, 1, 0), SK_AGAIN);
    ck_assert_int_eq(receive(b, 0), 1);
    ck_assert_int_eq(transmit(a, 2, 0), SK_OK);
    ck_assert_uint_eq(count(b, 0), N_PKTS / 2);
}
END_TEST

START_TEST(a_fault_needs_memory)
{
    struct pair_config config = { .settings[1] = { .loss = 1 } };

    ck_assert_int_eq(sk_pair_init(&wire, &config, NULL, 0), SK_INVALID);
    config.n_frames = 4;
    memory = aligned_alloc(16, 65536);
    ck_assert_int_eq(sk_pair_init(&wire, &config, memory, sk_pair_size(&config) - 1), SK_INVALID);
    ck_assert_int_eq(sk_pair_init(&wire, &config, memory, sk_pair_size(&config)), SK_OK);
}
END_TEST

START_TEST(what_no_wire_can_do_is_invalid)
{
    static const struct pair_config cases[] = {
        { .n_frames = 4, .medium = (enum link_medium)2 },
        { .n_frames = 4, .settings[0] = { .delay = -1 } },
        { .n_frames = 4, .settings[1] = { .reorder_delay = -1 } },
        { .n_frames = 4, .settings[1] = { .loss = PAIR_CERTAIN + 1 } },
        { .n_frames = 4, .settings[0] = { .duplicate = PAIR_CERTAIN + 1 } },
        { .n_frames = 4, .settings[0] = { .corrupt = PAIR_CERTAIN + 1 } },
        { .n_frames = 4, .settings[0] = { .reorder = PAIR_CERTAIN + 1 } },
    };

    memory = aligned_alloc(16, 65536);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_int_eq(sk_pair_init(&wire, &cases[i], memory, 65536), SK_INVALID);
    }
}
END_TEST

START_TEST(a_copying_wire_gives_the_packet_back_at_once)
{
    struct pair_config config = { .medium = LINK_ETHERNET, .n_frames = 4 };

    start(&config);
    ck_assert_int_eq(transmit(a, 3, 0), SK_OK);
    ck_assert_uint_eq(pool.n_free, N_PKTS);
    ck_assert_int_eq(receive(b, 0), 3);
}
END_TEST

START_TEST(an_instant_wire_that_is_full_says_again)
{
    struct pair_config config = { .medium = LINK_ETHERNET, .n_frames = 2 };

    start(&config);
    ck_assert_int_eq(transmit(a, 1, 0), SK_OK);
    ck_assert_int_eq(transmit(a, 2, 0), SK_OK);
    ck_assert_int_eq(transmit(a, 3, 0), SK_AGAIN);
    ck_assert_int_eq(transmit(b, 4, 0), SK_OK);
    ck_assert_int_eq(receive(b, 0), 1);
    ck_assert_int_eq(receive(b, 0), 2);
    ck_assert_int_eq(receive(a, 0), 4);
    ck_assert_uint_eq(a->drops[DROP_TX_QUEUE_FULL], 0);
}
END_TEST

START_TEST(a_sender_that_was_refused_is_due_when_there_is_room)
{
    struct pair_config config = { .medium = LINK_ETHERNET, .n_frames = 1 };

    start(&config);
    ck_assert_int_eq(transmit(a, 1, 0), SK_OK);
    ck_assert_int_eq(transmit(a, 2, 0), SK_AGAIN);
    ck_assert_int_eq(next_at(a), NEVER);
    ck_assert_int_eq(receive(b, 0), 1);
    ck_assert_int_eq(next_at(a), 0);
    ck_assert_int_eq(receive(a, 0), -1); /* it polls, and sends */
    ck_assert_int_eq(next_at(a), NEVER);
    ck_assert_int_eq(transmit(a, 2, 0), SK_OK);
    ck_assert_int_eq(receive(b, 0), 2);
    ck_assert_int_eq(next_at(a), NEVER);
}
END_TEST

START_TEST(a_delayed_wire_that_is_full_drops)
{
    struct pair_config config = { .medium = LINK_ETHERNET,
                                  .n_frames = 2,
                                  .settings[0] = { .delay = 100 } };

    start(&config);
    ck_assert_int_eq(transmit(a, 1, 0), SK_OK);
    ck_assert_int_eq(transmit(a, 2, 0), SK_OK);
    ck_assert_int_eq(transmit(a, 3, 0), SK_OK);
    ck_assert_uint_eq(a->drops[DROP_TX_QUEUE_FULL], 1);
    ck_assert_uint_eq(count(b, 100), 2);
}
END_TEST

START_TEST(delay_is_exact_and_differs_by_direction)
{
    struct pair_config config = { .medium = LINK_ETHERNET,
                                  .n_frames = 4,
                                  .settings = { { .delay = 30000 }, { .delay = 70000 } } };

    start(&config);
    ck_assert_int_eq(a->msl, 70000);
    ck_assert_int_eq(b->msl, 70000);
    ck_assert_int_eq(transmit(a, 1, 1000), SK_OK);
    ck_assert_int_eq(transmit(b, 2, 1000), SK_OK);
    ck_assert_int_eq(next_at(b), 31000);
    ck_assert_int_eq(next_at(a), 71000);
    ck_assert_int_eq(receive(b, 30999), -1);
    ck_assert_int_eq(receive(b, 31000), 1);
    ck_assert_int_eq(receive(a, 70999), -1);
    ck_assert_int_eq(receive(a, 71000), 2);
}
END_TEST

START_TEST(rate_spaces_frames)
{
    struct pair_config config = { .medium = LINK_ETHERNET,
                                  .n_frames = 8,
                                  .settings[0] = { .rate = 8000000, .delay = 500 } };

    start(&config);
    ck_assert_int_eq(transmit(a, 1, 0), SK_OK); /* 1000 octets at 8 Mbit/s: 1 ms each */
    ck_assert_int_eq(transmit(a, 2, 0), SK_OK);
    ck_assert_int_eq(transmit(a, 3, 1700), SK_OK);
    ck_assert_int_eq(receive(b, 1499), -1);
    ck_assert_int_eq(receive(b, 1500), 1);
    ck_assert_int_eq(next_at(b), 2500);
    ck_assert_int_eq(receive(b, 2500), 2);
    ck_assert_int_eq(next_at(b), 3500);
    ck_assert_int_eq(receive(b, 3500), 3);
}
END_TEST

START_TEST(the_queue_drops_its_tail)
{
    struct pair_config config = { .medium = LINK_ETHERNET,
                                  .n_frames = 16,
                                  .settings[0] = { .rate = 8000000, .queue_len = 3000 } };
    int i;

    start(&config);
    ck_assert_int_eq(a->msl, 3000);
    for (i = 0; i < 8; i++) {
        ck_assert_int_eq(transmit(a, (uint8_t)i, 0), SK_OK);
    }
    ck_assert_uint_eq(a->drops[DROP_TX_QUEUE_FULL], 5);
    ck_assert_int_eq(receive(b, 3000), 0);
    ck_assert_int_eq(receive(b, 3000), 1);
    ck_assert_int_eq(receive(b, 3000), 2);
    ck_assert_int_eq(receive(b, NEVER - 1), -1);
}
END_TEST

START_TEST(a_delay_that_shrinks_lets_later_frames_pass)
{
    struct pair_config config = { .medium = LINK_ETHERNET,
                                  .n_frames = 8,
                                  .settings[0] = { .delay = 1000 } };

    start(&config);
    ck_assert_int_eq(transmit(a, 1, 0), SK_OK);
    wire.wires[0].settings.delay = 500;
    ck_assert_int_eq(transmit(a, 2, 0), SK_OK);
    wire.wires[0].settings.delay = 100;
    ck_assert_int_eq(transmit(a, 3, 0), SK_OK);
    wire.wires[0].settings.delay = 500;
    ck_assert_int_eq(transmit(a, 4, 0), SK_OK);
    ck_assert_int_eq(receive(b, 2000), 3);
    ck_assert_int_eq(receive(b, 2000), 2);
    ck_assert_int_eq(receive(b, 2000), 4);
    ck_assert_int_eq(receive(b, 2000), 1);
}
END_TEST

START_TEST(a_frame_above_the_mtu_is_dropped)
{
    struct pair_config config = { .medium = LINK_ETHERNET, .n_frames = 4, .mtu = { 600, 0 } };

    start(&config);
    ck_assert_uint_eq(a->mtu, 600);
    ck_assert_uint_eq(b->mtu, 1500);
    ck_assert_int_eq(a->ops->tx(a, frame(1, 615), 0), SK_OK);
    ck_assert_uint_eq(a->drops[DROP_RX_OVERSIZE], 1);
    ck_assert_int_eq(a->ops->tx(a, frame(1, 614), 0), SK_OK);
    ck_assert_int_eq(b->ops->tx(b, frame(1, 1514), 0), SK_OK);
    sk_pkt_free(a->ops->rx(a, &pool, 0));
    sk_pkt_free(b->ops->rx(b, &pool, 0));
    ck_assert_int_eq(next_at(a), NEVER);
    ck_assert_int_eq(next_at(b), NEVER);
}
END_TEST

START_TEST(loopback_returns_the_same_packet_later)
{
    struct loopback lo;
    struct pkt *p = frame(1, 100);

    loopback_init(&lo, 1500);
    ck_assert_int_eq(lo.link.medium, LINK_IP);
    ck_assert_uint_eq(lo.link.mtu, 1500);
    ck_assert(lo.link.checksums_rx);
    ck_assert_int_eq(next_at(&lo.link), NEVER);
    ck_assert_int_eq(lo.link.ops->tx(&lo.link, p, 9), SK_OK);
    ck_assert_int_le(next_at(&lo.link), 9);
    ck_assert_ptr_eq(lo.link.ops->rx(&lo.link, &pool, 9), p);
    ck_assert_ptr_null(lo.link.ops->rx(&lo.link, &pool, 9));
    ck_assert_int_eq(next_at(&lo.link), NEVER);
    sk_pkt_free(p);
}
END_TEST

START_TEST(loopback_leaves_half_of_the_pool)
{
    struct loopback lo;
    int i;

    loopback_init(&lo, 1500);
    for (i = 0; i < N_PKTS / 2; i++) {
        ck_assert_int_eq(transmit(&lo.link, (uint8_t)i, 0), SK_OK);
    }
    ck_assert_int_eq(transmit(&lo.link, 0, 0), SK_AGAIN);
    for (i = 0; i < N_PKTS / 2; i++) {
        ck_assert_int_eq(receive(&lo.link, 0), i);
    }
    ck_assert_int_eq(receive(&lo.link, 0), -1);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        without_memory_the_packet_itself_travels,
        without_memory_half_of_the_pool_stays_free,
        a_fault_needs_memory,
        what_no_wire_can_do_is_invalid,
        a_copying_wire_gives_the_packet_back_at_once,
        an_instant_wire_that_is_full_says_again,
        a_sender_that_was_refused_is_due_when_there_is_room,
        a_delayed_wire_that_is_full_drops,
        delay_is_exact_and_differs_by_direction,
        rate_spaces_frames,
        the_queue_drops_its_tail,
        a_delay_that_shrinks_lets_later_frames_pass,
        a_frame_above_the_mtu_is_dropped,
        loopback_returns_the_same_packet_later,
        loopback_leaves_half_of_the_pool,
        NULL,
    };

    return pair_run("pair", tests);
}
