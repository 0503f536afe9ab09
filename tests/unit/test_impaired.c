/* SPDX-License-Identifier: BSD-3-Clause */
/* A link behind a bad wire, in virtual time: when frames arrive, which are lost, and who hears of
 * it. The link behind it is one end of a pair that does nothing to frames. */
#include "link/impaired.h"
#include "link/pcap.h"
#include "tests/support/pair_fixture.h"

#define DELAY 20000 /* us */

static struct impaired_link *bad;
static struct link *near;
static uint32_t told[N_DROP_REASONS];

static void on_dropped(void *context, uint32_t n, enum drop_reason reason, const struct pkt *p)
{
    (void)p;
    ck_assert_ptr_eq(context, told);
    told[reason] += n;
}

/* The wire behind the bad link has `n` frames in each direction; 0: it passes packets on, half of
 * the sender's at most. */
static void wrap(struct impaired_config config, uint32_t n)
{
    start(&(struct pair_config){ .medium = LINK_ETHERNET, .n_frames = n });
    config.n_frames = config.n_frames ? config.n_frames : 8;
    bad = sk_impaired_link_new(a, &config);
    ck_assert_ptr_nonnull(bad);
    near = sk_impaired_link_link(bad);
    memset(told, 0, sizeof(told));
    near->on_dropped = on_dropped;
    near->context = told;
}

static void end(void)
{
    sk_impaired_link_free(bad);
}

START_TEST(frames_are_delayed_one_way_each)
{
    wrap((struct impaired_config){ .settings = { { .delay = DELAY }, { .delay = DELAY } } }, 8);
    ck_assert_int_eq(next_at(near), NEVER);
    ck_assert_int_eq(transmit(near, 1, 0), SK_OK);
    ck_assert_int_eq(next_at(near), DELAY);
    ck_assert_int_eq(receive(near, DELAY - 1), -1);
    ck_assert_int_eq(receive(b, DELAY - 1), -1);
    ck_assert_int_eq(receive(near, DELAY), -1);
    ck_assert_int_eq(receive(b, DELAY), 1);

    ck_assert_int_eq(transmit(b, 2, DELAY), SK_OK);
    ck_assert_int_eq(receive(near, DELAY), -1);
    ck_assert_int_eq(next_at(near), 2 * DELAY);
    ck_assert_int_eq(receive(near, 2 * DELAY - 1), -1);
    ck_assert_int_eq(receive(near, 2 * DELAY), 2);
    ck_assert_int_eq(next_at(near), NEVER);
    end();
}
END_TEST

static void spared_at_once(const uint8_t *type_on, size_t len)
{
    struct link *from[] = { near, b };
    struct link *to[] = { b, near };

    for (int i = 0; i < 2; i++) {
        struct pkt *p = frame(7, 60);
        memcpy(sk_pkt_data(p) + 12, type_on, len);
        ck_assert_int_eq(from[i]->ops->tx(from[i], p, 0), SK_OK);
        p = to[i]->ops->rx(to[i], &pool, 0);
        ck_assert_ptr_nonnull(p);
        ck_assert_mem_eq(sk_pkt_data(p) + 12, type_on, len);
        sk_pkt_free(p);
        ck_assert_ptr_null(to[i]->ops->rx(to[i], &pool, 0));
    }
}

/* They are how the network is set up, which gives up after seconds. */
START_TEST(arp_and_dhcp_do_not_cross_the_wire)
{
    static const uint8_t arp[] = { 0x08, 0x06 };
    static const uint8_t dhcp[] = { 0x08, 0, 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0,
                                    0,    0, 0,    0, 0, 0, 0, 0, 0, 0, 68, 0,  67 };

    wrap((struct impaired_config){ .settings = { { .delay = DELAY, .loss = PAIR_CERTAIN },
                                                 { .delay = DELAY, .loss = PAIR_CERTAIN } } },
         8);
    spared_at_once(arp, sizeof arp);
    spared_at_once(dhcp, sizeof dhcp);
    ck_assert_uint_eq(told[DROP_LINK_LOST], 0);
    end();
}
END_TEST

START_TEST(each_direction_has_its_own_rate)
{
    /* 1 ms for a frame out, none for one in */
    wrap((struct impaired_config){ .settings[0] = { .rate = 8 * FRAME_LEN * 1000ull } }, 8);
    ck_assert_int_eq(transmit(near, 1, 0), SK_OK);
    ck_assert_int_eq(transmit(near, 2, 0), SK_OK);
    ck_assert_int_eq(transmit(b, 3, 0), SK_OK);
    ck_assert_int_eq(receive(near, 0), 3);
    ck_assert_int_eq(receive(near, 0), -1);
    ck_assert_int_eq(next_at(near), 1000);
    ck_assert_int_eq(receive(near, 1999), -1);
    ck_assert_int_eq(count(b, 1999), 1);
    ck_assert_int_eq(receive(near, 2000), -1);
    ck_assert_int_eq(count(b, 2000), 1);
    end();
}
END_TEST

START_TEST(losses_both_ways_are_told)
{
    wrap((struct impaired_config){ .settings = { { .loss = PAIR_CERTAIN },
                                                 { .loss = PAIR_CERTAIN } } },
         8);
    ck_assert_int_eq(transmit(near, 1, 0), SK_OK);
    ck_assert_uint_eq(told[DROP_LINK_LOST], 1);
    ck_assert_int_eq(transmit(b, 2, 0), SK_OK);
    ck_assert_int_eq(receive(near, 0), -1);
    ck_assert_int_eq(receive(b, 0), -1);
    ck_assert_uint_eq(told[DROP_LINK_LOST], 2);
    ck_assert_uint_eq(near->drops[DROP_LINK_LOST], 2);
    end();
}
END_TEST

START_TEST(what_the_link_behind_loses_is_told)
{
    struct pkt *p;

    wrap((struct impaired_config){ .n_frames = 8 }, 1);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(transmit(near, 1, 0), SK_OK);
    }
    p = frame(1, FRAME_LEN); /* with a rate the wire behind drops what it has no room for */
    wire.wires[0].settings.rate = 8;
    ck_assert_int_eq(a->ops->tx(a, p, 0), SK_OK);
    ck_assert_int_eq(receive(near, 0), -1);
    ck_assert_uint_eq(told[DROP_TX_QUEUE_FULL], 2);
    ck_assert_int_eq(receive(b, NEVER - 1), 1);
    end();
}
END_TEST

START_TEST(the_queue_has_a_bound)
{
    wrap((struct impaired_config){ .n_frames = 3,
                                   .settings = { { .delay = DELAY }, { .delay = DELAY } } },
         8);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(transmit(near, 1, 0), SK_OK);
        ck_assert_int_eq(transmit(b, 1, 0), SK_OK);
    }
    ck_assert_int_eq(receive(near, 0), -1);
    ck_assert_uint_eq(told[DROP_TX_QUEUE_FULL], 4);
    ck_assert_uint_eq(count(near, DELAY), 3);
    ck_assert_uint_eq(count(b, DELAY), 3);
    end();
}
END_TEST

/* Which of 64 frames arrive. */
static uint64_t survivors(uint64_t seed)
{
    uint64_t seen = 0;
    int mark;

    wrap((struct impaired_config){ .seed = seed, .settings[0] = { .loss = 500000 } }, 2);
    for (uint8_t i = 0; i < 64; i++) {
        ck_assert_int_eq(transmit(near, i, i), SK_OK);
        ck_assert_int_eq(receive(near, i), -1);
        while ((mark = receive(b, i)) >= 0) {
            seen |= 1ull << mark;
        }
    }
    end();
    free(memory);
    memory = NULL;
    return seen;
}

START_TEST(a_seed_repeats_the_losses)
{
    uint64_t first = survivors(7);

    ck_assert_uint_ne(first, 0);
    ck_assert_uint_ne(first, UINT64_MAX);
    ck_assert_uint_eq(survivors(7), first);
    ck_assert_uint_ne(survivors(8), first);
}
END_TEST

START_TEST(a_link_behind_that_is_full_is_asked_again)
{
    wrap((struct impaired_config){ .n_frames = 8, .settings[0] = { .delay = 1 } }, 2);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(transmit(near, (uint8_t)i, 0), SK_OK);
    }
    ck_assert_int_eq(receive(near, 1), -1);
    ck_assert_int_eq(receive(b, 1), 0);
    ck_assert(near->ops->holds(near));
    ck_assert_int_le(next_at(near), 1);
    ck_assert_int_eq(receive(near, 1), -1);
    ck_assert_uint_eq(count(b, 1), 2);
    ck_assert_int_eq(receive(near, 1), -1);
    ck_assert_uint_eq(count(b, 1), 1);
    end();
}
END_TEST

START_TEST(a_wire_that_only_loses_holds_frames_back_when_it_is_full)
{
    wrap((struct impaired_config){ .n_frames = 2 }, 8);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(transmit(b, (uint8_t)i, 0), SK_OK);
    }
    for (int i = 0; i < 5; i++) {
        int mark = receive(near, 0);
        if (mark < 0) { /* what it had; then it looks again, since there is more */
            ck_assert_int_le(next_at(near), 0);
            mark = receive(near, 0);
        }
        ck_assert_int_eq(mark, i);
    }
    ck_assert_int_eq(receive(near, 0), -1);
    ck_assert_uint_eq(told[DROP_TX_QUEUE_FULL], 0);
    end();
}
END_TEST

START_TEST(it_holds_what_has_not_left)
{
    static struct pcap_link capture;
    struct link *outside = &capture.link;

    wrap((struct impaired_config){ .settings = { { .delay = DELAY }, { .delay = DELAY } } }, 8);
    ck_assert(sk_pcap_link_open(&capture, near, "/dev/null", 0));
    ck_assert(!outside->ops->holds(outside));
    ck_assert_int_eq(transmit(outside, 1, 0), SK_OK);
    ck_assert(outside->ops->holds(outside));
    ck_assert_int_eq(receive(outside, DELAY), -1);
    ck_assert(!outside->ops->holds(outside));
    ck_assert_int_eq(transmit(b, 1, DELAY), SK_OK); /* what comes is nobody's to wait for */
    ck_assert_int_eq(receive(outside, DELAY), -1);
    ck_assert(!outside->ops->holds(outside));
    ck_assert_int_eq(receive(outside, 2 * DELAY), 1);
    ck_assert_uint_eq(count(b, DELAY), 1);
    ck_assert(sk_pcap_link_close(&capture));
    end();
}
END_TEST

START_TEST(it_is_a_link_like_the_one_behind)
{
    wrap((struct impaired_config){ .settings[1] = { .delay = DELAY } }, 8);
    ck_assert_int_eq(near->medium, LINK_ETHERNET);
    ck_assert_uint_eq(near->mtu, a->mtu);
    ck_assert_mem_eq(&near->mac, &a->mac, sizeof(near->mac));
    ck_assert_int_eq(near->msl, a->msl + DELAY);
    end();
}
END_TEST

START_TEST(no_msl_is_above_two_minutes)
{
    wrap((struct impaired_config){ .settings[1] = { .rate = 8, .queue_len = 150000 } }, 8);
    ck_assert_int_eq(near->msl, 120000000);
    end();
}
END_TEST

START_TEST(what_is_no_wire_is_refused)
{
    start(&(struct pair_config){ .medium = LINK_ETHERNET, .n_frames = 8 });
    ck_assert_ptr_null(sk_impaired_link_new(a, &(struct impaired_config){ .n_frames = 0 }));
    ck_assert_ptr_null(sk_impaired_link_new(
        a, &(struct impaired_config){ .n_frames = 8, .settings[0] = { .delay = -1 } }));
    ck_assert_ptr_null(sk_impaired_link_new(
        a,
        &(struct impaired_config){ .n_frames = 8, .settings[1] = { .loss = PAIR_CERTAIN + 1 } }));
    sk_impaired_link_free(NULL);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        frames_are_delayed_one_way_each,
        arp_and_dhcp_do_not_cross_the_wire,
        each_direction_has_its_own_rate,
        losses_both_ways_are_told,
        what_the_link_behind_loses_is_told,
        the_queue_has_a_bound,
        a_seed_repeats_the_losses,
        a_link_behind_that_is_full_is_asked_again,
        a_wire_that_only_loses_holds_frames_back_when_it_is_full,
        it_holds_what_has_not_left,
        it_is_a_link_like_the_one_behind,
        no_msl_is_above_two_minutes,
        what_is_no_wire_is_refused,
        NULL,
    };

    return pair_run("impaired", tests);
}
