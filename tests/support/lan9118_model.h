/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A model of the LAN9118 that is stricter than the chip: to read a FIFO that is empty, to overfill
 * one or to touch an unknown register fails the test. A frame can be made to arrive before any
 * register access, so that each place where the interrupt and the poller meet is tried. Numbers
 * here are the data sheet's, written down a second time on purpose.
 */
#pragma once

#include <check.h>
#include <string.h>

#include "link/lan9118.h"

/** As ck_assert, for loops: Check's own writes a mark to a pipe each time. */
#define must(condition) ((condition) ? (void)0 : ck_abort_msg("%s", #condition))

#define RX_WORDS 2640
#define RX_FRAMES 176
#define TX_OCTETS 4608
#define TX_STATUSES 128
#define BASE 0x40200000u
#define RSFL 8u
#define ERROR 0x8000u

static struct chip {
    uint32_t rx[RX_WORDS];
    uint32_t rx_head, rx_used; /* words */
    uint32_t rx_status[RX_FRAMES];
    uint32_t n_rx_status;
    uint32_t rx_drop;

    uint32_t tx_used; /* octets */
    uint32_t tx_cmd_a;
    int tx_state;     /* words still to come: -2 command A, -1 command B */
    uint32_t tx_skip; /* octets before the frame */
    uint8_t tx_frame[2048];
    uint32_t tx_len;
    uint32_t n_tx_frames;
    uint32_t n_tx_status;
    uint32_t tx_error; /* or-ed into the status of what is sent */
    bool tx_stuck;     /* nothing leaves the FIFO */

    uint32_t int_sts, int_en, irq_cfg, rx_cfg, tx_cfg, hw_cfg;
    uint32_t mac[16];
    uint32_t mac_data;
    uint32_t byte_test;
    bool no_reset, not_ready, eeprom_busy, mac_busy;

    uint32_t n_accesses;
    uint32_t arrive_at; /* the access before which a frame arrives; 0: none */
    uint32_t n_interrupts;
} chip;

static struct sk_lan9118 nic; /* the driver under test, which the model interrupts */

static uint8_t pattern(uint32_t i)
{
    return (uint8_t)(i * 13 + 5);
}

static void chip_interrupt(void)
{
    if ((chip.int_sts & chip.int_en) && chip.irq_cfg == 0x111) {
        chip.n_interrupts++;
        sk_lan9118_interrupt(&nic);
        must((chip.int_sts & chip.int_en) == 0);
    }
}

static void rx_word(const uint8_t *octets)
{
    memcpy(&chip.rx[(chip.rx_head + chip.rx_used++) % RX_WORDS], octets, 4);
}

/* A frame of `len` octets, without FCS, of the test's pattern, arrives. */
static void arrive(uint32_t len, uint32_t status)
{
    uint8_t octets[4096] = { 0 };
    uint32_t offset = chip.rx_cfg >> 8 & 0x1f;
    uint32_t n_words = (offset + len + 4 + 3) / 4;

    if (chip.n_rx_status == RX_FRAMES || RX_WORDS - chip.rx_used < n_words) {
        chip.rx_drop++;
        return;
    }
    for (uint32_t i = 0; i < len; i++) {
        octets[offset + i] = pattern(i);
    }
    for (uint32_t i = 0; i < n_words; i++) {
        rx_word(octets + 4 * i);
    }
    chip.rx_status[chip.n_rx_status++] = (len + 4) << 16 | status;
    chip.int_sts |= RSFL;
    chip_interrupt();
}

static void count_access(void)
{
    if (++chip.n_accesses == chip.arrive_at) {
        arrive(60, 0);
    }
}

static uint32_t rx_pop(void)
{
    uint32_t word = chip.rx[chip.rx_head];

    must(chip.rx_used > 0);
    chip.rx_head = (chip.rx_head + 1) % RX_WORDS;
    chip.rx_used--;
    return word;
}

static uint32_t status_pop(uint32_t *statuses, uint32_t *n)
{
    uint32_t status = statuses[0];

    must(*n > 0);
    memmove(statuses, statuses + 1, --*n * sizeof *statuses);
    return status;
}

static uint32_t chip_read(uintptr_t base, uint32_t offset)
{
    must(base == BASE);
    count_access();
    switch (offset) {
    case 0x00:
        return rx_pop();
    case 0x40:
        return status_pop(chip.rx_status, &chip.n_rx_status);
    case 0x48:
        must(chip.n_tx_status > 0);
        chip.n_tx_status--;
        return chip.tx_error;
    case 0x64:
        return chip.byte_test;
    case 0x74:
        return chip.no_reset ? chip.hw_cfg : chip.hw_cfg & ~1u;
    case 0x7c:
        return chip.n_rx_status << 16 | chip.rx_used * 4;
    case 0x80:
        return chip.n_tx_status << 16 | (TX_OCTETS - chip.tx_used);
    case 0x84:
        return chip.not_ready ? 0 : 1;
    case 0xa0: {
        uint32_t n = chip.rx_drop;

        chip.rx_drop = 0;
        return n;
    }
    case 0xa4:
        return chip.mac_busy ? 0x80000000u : 0;
    case 0xa8:
        return chip.mac_data;
    case 0xb0:
        return chip.eeprom_busy ? 0x80000000u : 0;
    default:
        ck_abort_msg("read of register 0x%x", (unsigned)offset);
    }
}

static void tx_done(void)
{
    chip.n_tx_frames++;
    must(chip.n_tx_status < TX_STATUSES);
    if (!chip.tx_stuck) {
        chip.n_tx_status++;
        chip.tx_used = 0;
    }
    chip.tx_state = -2;
}

static void tx_word(uint32_t word)
{
    uint8_t octets[4];

    chip.tx_used += 4;
    must(chip.tx_used <= TX_OCTETS);
    if (chip.tx_state == -2) {
        must((word & 0x3000) == 0x3000); /* first and last segment */
        chip.tx_cmd_a = word;
        chip.tx_state = -1;
    } else if (chip.tx_state == -1) {
        must((word & 0x7ff) == (chip.tx_cmd_a & 0x7ff));
        chip.tx_skip = chip.tx_cmd_a >> 16 & 0x1f;
        chip.tx_len = 0;
        chip.tx_state = (int)((chip.tx_skip + (word & 0x7ff) + 3) / 4);
    } else {
        memcpy(octets, &word, 4);
        for (int i = 0; i < 4; i++) {
            if (chip.tx_skip > 0) {
                chip.tx_skip--;
            } else if (chip.tx_len < (chip.tx_cmd_a & 0x7ff)) {
                chip.tx_frame[chip.tx_len++] = octets[i];
            }
        }
        if (--chip.tx_state == 0) {
            tx_done();
        }
    }
}

static void mac_command(uint32_t command)
{
    must(command & 0x80000000u);
    must((command & 0xff) < 16);
    if (command & 0x40000000u) {
        chip.mac_data = chip.mac[command & 0xff];
    } else {
        chip.mac[command & 0xff] = chip.mac_data;
    }
}

static void chip_write(uintptr_t base, uint32_t offset, uint32_t value)
{
    must(base == BASE);
    count_access();
    switch (offset) {
    case 0x20:
        tx_word(value);
        break;
    case 0x54:
        chip.irq_cfg = value;
        break;
    case 0x58:
        chip.int_sts &= ~value;
        break;
    case 0x5c:
        chip.int_en = value;
        break;
    case 0x68:
    case 0xac:
        break;
    case 0x6c:
        chip.rx_cfg = value;
        break;
    case 0x70:
        chip.tx_cfg = value;
        break;
    case 0x74:
        chip.hw_cfg = value;
        break;
    case 0xa4:
        mac_command(value);
        break;
    case 0xa8:
        chip.mac_data = value;
        break;
    default:
        ck_abort_msg("write of register 0x%x", (unsigned)offset);
    }
    chip_interrupt();
}

static void chip_read_fifo(uintptr_t base, void *to, uint32_t n_words)
{
    uint8_t *at = to;

    must(((uintptr_t)to & 3) == 0);
    for (; n_words > 0; n_words--, at += 4) {
        uint32_t word = chip_read(base, 0x00);

        memcpy(at, &word, 4);
    }
}

static void chip_write_fifo(uintptr_t base, const void *from, uint32_t n_words)
{
    const uint8_t *at = from;

    must(((uintptr_t)from & 3) == 0);
    for (; n_words > 0; n_words--, at += 4) {
        uint32_t word;

        memcpy(&word, at, 4);
        chip_write(base, 0x20, word);
    }
}

static const struct sk_lan9118_io model = { chip_read, chip_write, chip_read_fifo,
                                            chip_write_fifo };

/* The chip after power-on: its address is 02:11:22:33:44:55. */
static void chip_power_on(void)
{
    memset(&chip, 0, sizeof chip);
    chip.byte_test = 0x87654321u;
    chip.tx_state = -2;
    chip.mac[2] = 0x5544;
    chip.mac[3] = 0x33221102;
}
