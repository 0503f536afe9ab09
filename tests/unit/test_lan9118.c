/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The LAN9118 driver against a model of the chip: what it makes of frames of every length and kind,
 * how it hands over between interrupt and poller, what it does when there is no packet, no room, or
 * something wrong with the chip.
 */
#include <check.h>
#include <string.h>

#include "link/lan9118.h"
#include "support/lan9118_model.h"
#include "support/suite.h"

static struct pkt_pool pool;
static struct pkt packets[2];
static _Alignas(4) uint8_t buffers[2][1536];
static const struct mac_addr OUR_MAC = { { 2, 0x11, 0x22, 0x33, 0x44, 0x55 } };

static bool is_pattern(const uint8_t *octets, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        if (octets[i] != pattern(i)) {
            return false;
        }
    }
    return true;
}

static void power_on(void)
{
    chip_power_on();
    sk_pkt_pool_init(&pool);
    for (int i = 0; i < 2; i++) {
        sk_pkt_pool_add(&pool, &packets[i], buffers[i], sizeof buffers[i]);
    }
}

static void start(void)
{
    power_on();
    ck_assert_int_eq(sk_lan9118_init(&nic, &model, BASE, NULL), SK_OK);
}

/* Started, and polled once: the interrupt is armed. */
static void start_armed(void)
{
    start();
    ck_assert_ptr_null(nic.link.ops->rx(&nic.link, &pool, 0));
    ck_assert_uint_eq(chip.int_en, RSFL);
    ck_assert(nic.link.ops->poll_at(&nic.link) == NEVER);
}

static struct pkt *rx(void)
{
    return nic.link.ops->rx(&nic.link, &pool, 0);
}

/* The next frame is whole and has this length. */
static void expect_frame(uint32_t len)
{
    struct pkt *p = rx();

    ck_assert_ptr_nonnull(p);
    ck_assert_uint_eq(p->len, len);
    must(is_pattern(sk_pkt_data(p), len));
    sk_pkt_free(p);
}

/* All is read, all packets are back, and the next frame will interrupt. */
static void expect_quiet(void)
{
    ck_assert_ptr_null(rx());
    ck_assert_uint_eq(chip.rx_used, 0);
    ck_assert_uint_eq(chip.n_rx_status, 0);
    ck_assert_uint_eq(pool.n_free, 2);
    ck_assert_uint_eq(chip.int_en, RSFL);
    ck_assert(nic.link.ops->poll_at(&nic.link) == NEVER);
}

START_TEST(init_sets_the_chip_up_and_learns_its_address)
{
    start();
    ck_assert_mem_eq(nic.link.mac.b, OUR_MAC.b, MAC_ADDR_LEN);
    ck_assert_uint_eq(chip.mac[1], 1u << 20 | 8 | 4);
    ck_assert_uint_eq(chip.rx_cfg, 2u << 8);
    ck_assert_uint_eq(chip.tx_cfg, 2);
    ck_assert_uint_eq(chip.irq_cfg, 0x111);
    ck_assert_uint_eq(chip.int_en, 0);
    ck_assert_int_eq(nic.link.medium, LINK_ETHERNET);
    ck_assert_uint_eq(nic.link.mtu, 1500);
    ck_assert_uint_eq(nic.link.absorb, 5840);
    ck_assert(nic.link.ops->poll_at(&nic.link) == 0); /* the first poll arms the interrupt */
}
END_TEST

START_TEST(init_sets_an_address_that_is_given)
{
    const struct mac_addr other = { { 2, 1, 2, 3, 4, 5 } };

    power_on();
    ck_assert_int_eq(sk_lan9118_init(&nic, &model, BASE, &other), SK_OK);
    ck_assert_mem_eq(nic.link.mac.b, other.b, MAC_ADDR_LEN);
    ck_assert_uint_eq(chip.mac[2], 0x0504);
    ck_assert_uint_eq(chip.mac[3], 0x03020102);
}
END_TEST

START_TEST(init_says_what_is_wrong_with_the_chip)
{
    bool *const faults[] = { &chip.no_reset, &chip.not_ready, &chip.eeprom_busy, &chip.mac_busy };

    power_on();
    chip.byte_test = 0x43218765; /* a 16-bit bus that is not set up */
    ck_assert_int_eq(sk_lan9118_init(&nic, &model, BASE, NULL), SK_INVALID);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        power_on();
        *faults[i] = true;
        ck_assert_int_eq(sk_lan9118_init(&nic, &model, BASE, NULL), SK_TIMED_OUT);
        ck_assert_int_eq(sk_lan9118_init(&nic, &model, BASE, &OUR_MAC), SK_TIMED_OUT);
    }
}
END_TEST

START_TEST(frames_of_every_length_arrive_whole_and_aligned)
{
    start_armed();
    for (uint32_t len = 14; len <= 1514; len++) {
        struct pkt *p;

        arrive(len, 0);
        p = rx();
        ck_assert_ptr_nonnull(p);
        ck_assert_uint_eq((uintptr_t)(sk_pkt_data(p) + ETH_HDR_LEN) & 3, 0);
        ck_assert_uint_eq(p->len, len);
        must(is_pattern(sk_pkt_data(p), len));
        sk_pkt_free(p);
        expect_quiet();
    }
    ck_assert_uint_eq(chip.n_interrupts, 1514 - 14 + 1);
}
END_TEST

START_TEST(one_interrupt_serves_all_frames_that_are_queued)
{
    start_armed();
    for (uint32_t i = 0; i < 6; i++) {
        arrive(1514, 0);
    }
    ck_assert_uint_eq(chip.n_interrupts, 1);
    for (uint32_t i = 0; i < 6; i++) {
        ck_assert(nic.link.ops->poll_at(&nic.link) == 0);
        expect_frame(1514);
    }
    expect_quiet();
}
END_TEST

START_TEST(a_frame_that_comes_at_any_moment_of_a_poll_is_not_overlooked)
{
    uint32_t n_received;
    uint32_t at = 0;

    do {
        struct pkt *p;

        start_armed();
        arrive(60, 0);
        chip.n_accesses = 0;
        chip.arrive_at = ++at;
        n_received = 0;
        while ((p = rx()) != NULL || nic.link.ops->poll_at(&nic.link) != NEVER) {
            n_received += p != NULL;
            sk_pkt_free(p);
        }
        ck_assert_uint_eq(n_received, at > chip.n_accesses ? 1 : 2);
        ck_assert_uint_eq(chip.int_en, RSFL);
    } while (at <= chip.n_accesses);
    ck_assert_uint_gt(at, 20);
}
END_TEST

START_TEST(an_idle_chip_is_not_touched)
{
    start_armed();
    chip.n_accesses = 0;
    ck_assert_ptr_null(rx());
    ck_assert_uint_eq(chip.n_accesses, 0);
}
END_TEST

START_TEST(without_a_packet_the_frame_stays_in_the_chip)
{
    struct pkt *a;
    struct pkt *b;

    start_armed();
    a = sk_pkt_alloc(&pool, 0);
    b = sk_pkt_alloc(&pool, 0);
    arrive(100, 0);
    arrive(101, 0);
    ck_assert_ptr_null(nic.link.ops->rx(&nic.link, &pool, 5000));
    ck_assert_uint_eq(chip.n_rx_status, 2);
    ck_assert(nic.link.ops->poll_at(&nic.link) == 6000); /* nobody will interrupt: look again */
    sk_pkt_free(a);
    expect_frame(100);
    ck_assert_int_eq(nic.link.ops->poll_at(&nic.link), 0); /* the next one is there */
    expect_frame(101);
    sk_pkt_free(b);
    expect_quiet();
}
END_TEST

START_TEST(what_does_not_fit_into_the_fifo_is_counted)
{
    start_armed();
    for (uint32_t i = 0; i < 9; i++) {
        arrive(1514, 0);
    }
    for (uint32_t i = 0; i < 6; i++) {
        expect_frame(1514);
    }
    expect_quiet();
    ck_assert_uint_eq(nic.link.drops[DROP_LINK_LOST], 3);
    expect_quiet();
    ck_assert_uint_eq(nic.link.drops[DROP_LINK_LOST], 3);
}
END_TEST

START_TEST(bad_frames_are_read_out_and_counted)
{
    start_armed();
    arrive(60, ERROR | 2); /* FCS */
    arrive(61, 0);
    arrive(1515, 0);
    arrive(2040, 0);
    arrive(2040, ERROR | 0x80); /* too long */
    arrive(13, 0);
    arrive(0, 0);
    arrive(62, 0);
    expect_frame(61);
    expect_frame(62);
    expect_quiet();
    ck_assert_uint_eq(nic.link.drops[DROP_LINK_LOST], 2);
    ck_assert_uint_eq(nic.link.drops[DROP_RX_OVERSIZE], 2);
    ck_assert_uint_eq(nic.link.drops[DROP_RX_SHORT], 2);
}
END_TEST

START_TEST(a_frame_larger_than_the_packets_is_oversize)
{
    start_armed();
    for (int i = 0; i < 2; i++) {
        packets[i].cap = 600;
    }
    arrive(595, 0); /* 2 + 595 + 4 octets are 151 words */
    arrive(594, 0);
    expect_frame(594);
    expect_quiet();
    ck_assert_uint_eq(nic.link.drops[DROP_RX_OVERSIZE], 1);
}
END_TEST

/* Sends `len` octets of the pattern that begin `headroom` octets into the buffer. */
static enum sk_err send(uint32_t headroom, uint32_t len, instant now)
{
    struct pkt *p = sk_pkt_alloc(&pool, headroom);
    uint8_t *at = sk_pkt_put(p, len);
    enum sk_err err;

    for (uint32_t i = 0; i < len; i++) {
        at[i] = pattern(i);
    }
    err = nic.link.ops->tx(&nic.link, p, now);
    if (err != SK_OK) {
        sk_pkt_free(p); /* still the caller's */
    }
    ck_assert_uint_eq(pool.n_free, 2);
    return err;
}

START_TEST(frames_of_every_length_and_alignment_leave_whole)
{
    start_armed();
    for (uint32_t len = 14; len <= 1514; len++) {
        for (uint32_t headroom = 0; headroom < 4; headroom++) {
            ck_assert_int_eq(send(headroom, len, 0), SK_OK);
            ck_assert_uint_eq(chip.tx_len, len);
            must(is_pattern(chip.tx_frame, len));
            ck_assert_uint_le(chip.n_tx_status, 1);
        }
    }
    ck_assert_uint_eq(chip.n_tx_frames, 4 * (1514 - 14 + 1));
}
END_TEST

START_TEST(a_full_fifo_says_again_and_when)
{
    start_armed();
    chip.tx_stuck = true;
    ck_assert_int_eq(send(0, 1514, 7000), SK_OK);
    ck_assert_int_eq(send(0, 1514, 7000), SK_OK);
    ck_assert_int_eq(send(0, 1514, 7000), SK_OK);
    ck_assert_uint_eq(TX_OCTETS - chip.tx_used, 36);
    ck_assert_int_eq(send(0, 29, 7000), SK_AGAIN);
    ck_assert_int_eq(send(1, 28, 7000), SK_AGAIN); /* the octet before the frame takes a word too */
    ck_assert(nic.link.ops->poll_at(&nic.link) == 8000);
    ck_assert_int_eq(send(0, 28, 7000), SK_OK);
    ck_assert_uint_eq(TX_OCTETS - chip.tx_used, 0);

    chip.tx_used = 0;
    ck_assert_ptr_null(rx());
    ck_assert(nic.link.ops->poll_at(&nic.link) == NEVER);
    ck_assert_int_eq(send(0, 1514, 8000), SK_OK);
}
END_TEST

START_TEST(frames_that_the_mac_gave_up_are_counted)
{
    start_armed();
    chip.tx_error = ERROR | 0x800; /* no carrier */
    ck_assert_int_eq(send(0, 60, 0), SK_OK);
    ck_assert_int_eq(send(0, 60, 0), SK_OK);
    chip.tx_error = 0;
    ck_assert_int_eq(send(0, 60, 0), SK_OK);
    ck_assert_uint_eq(nic.link.drops[DROP_TX_LINK], 1);
}
END_TEST

START_TEST(registers_in_memory)
{
    uint32_t registers[64] = { [0] = 0x01020304, [25] = 0x87654321 };
    uint32_t words[3] = { 0 };
    uintptr_t base = (uintptr_t)registers;

    ck_assert_uint_eq(sk_lan9118_mmio.read(base, 0x64), 0x87654321);
    sk_lan9118_mmio.write(base, 0x5c, 8);
    ck_assert_uint_eq(registers[23], 8);
    sk_lan9118_mmio.read_fifo(base, words, 2);
    ck_assert_uint_eq(words[0], 0x01020304);
    ck_assert_uint_eq(words[1], 0x01020304);
    ck_assert_uint_eq(words[2], 0);
    words[1] = 77;
    sk_lan9118_mmio.write_fifo(base, words, 2);
    ck_assert_uint_eq(registers[8], 77);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        init_sets_the_chip_up_and_learns_its_address,
        init_sets_an_address_that_is_given,
        init_says_what_is_wrong_with_the_chip,
        frames_of_every_length_arrive_whole_and_aligned,
        one_interrupt_serves_all_frames_that_are_queued,
        a_frame_that_comes_at_any_moment_of_a_poll_is_not_overlooked,
        an_idle_chip_is_not_touched,
        without_a_packet_the_frame_stays_in_the_chip,
        what_does_not_fit_into_the_fifo_is_counted,
        bad_frames_are_read_out_and_counted,
        a_frame_larger_than_the_packets_is_oversize,
        frames_of_every_length_and_alignment_leave_whole,
        a_full_fifo_says_again_and_when,
        frames_that_the_mac_gave_up_are_counted,
        registers_in_memory,
        NULL,
    };

    return suite_run("lan9118", tests);
}
