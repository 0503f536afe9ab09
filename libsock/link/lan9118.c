/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * LAN9118 driver; register names and numbers are those of SMSC's data sheet (LAN9118,
 * revision 1.5).
 *
 * RX data offset 2 puts two octets before each frame, so that the words of the FIFO land with the
 * IP header aligned. A frame in trouble is read out like any other: fast forward (RX_DP_CTL) is not
 * to be relied on in emulation. The RX level interrupt does not come again for frames that stay
 * queued, hence the order in `rearm`.
 */
#include "link/lan9118.h"

#include <string.h>

#include "base/assert.h"
#include "base/atomic.h"
#include "base/tick.h"

enum {
    RX_DATA = 0x00,
    TX_DATA = 0x20,
    RX_STS = 0x40,
    TX_STS = 0x48,
    IRQ_CFG = 0x54,
    INT_STS = 0x58,
    INT_EN = 0x5c,
    BYTE_TEST = 0x64,
    FIFO_INT = 0x68,
    RX_CFG = 0x6c,
    TX_CFG = 0x70,
    HW_CFG = 0x74,
    RX_FIFO_INF = 0x7c,
    TX_FIFO_INF = 0x80,
    PMT_CTRL = 0x84,
    RX_DROP = 0xa0,
    MAC_CSR_CMD = 0xa4,
    MAC_CSR_DATA = 0xa8,
    E2P_CMD = 0xb0,
};

enum {
    MAC_CR = 1, /* registers of the MAC, behind MAC_CSR_CMD */
    MAC_ADDRH = 2,
    MAC_ADDRL = 3,
};

#define BYTE_TEST_VALUE 0x87654321u
#define HW_CFG_SRST 1u
/* TX FIFO of 5 KiB, and the mandatory "must be one". */
#define HW_CFG_SETUP ((5u << 16) | (1u << 20))
#define IRQ_CFG_SETUP 0x111u /* enabled, active high, push-pull */
#define INT_RSFL 8u          /* RX status FIFO above its level, which is 0 */
#define FIFO_INT_SETUP (0x48u << 24)
#define RX_CFG_SETUP (RX_OFFSET << 8)
#define TX_CFG_ON 2u
#define PMT_READY 1u
#define E2P_BUSY 0x80000000u
#define CSR_BUSY 0x80000000u
#define CSR_READ 0x40000000u
/* Full duplex, transmitter, receiver; frames to this station only. No flow control: what the chip
 * absorbs is in the windows that the core announces (struct link's absorb). */
#define MAC_CR_SETUP ((1u << 20) | (1u << 3) | (1u << 2))
#define MAC_CR_MULTICAST (1u << 19) /* frames to every multicast address, too */

#define STATUS_ERROR 0x8000u /* in RX_STS and TX_STS alike */
#define CMD_FIRST_LAST 0x3000u

#define RX_OFFSET 2u /* octets before the frame */
#define FCS_LEN 4u
#define TX_COMMAND_LEN 8u
#define SPINS 1000000   /* of a flag that the chip sets within milliseconds */
#define RETRY millis(1) /* a full TX FIFO sends eight frames in this time at 100 Mbit/s */

/* The window that the stack offers in total: four segments. The RX FIFO holds six frames, the rest
 * is for others. */
#define ABSORB (4u * 1460u)

/* ---- Registers in memory ---- */

static volatile uint32_t *reg(uintptr_t base, uint32_t offset)
{
    return (volatile uint32_t *)(base + offset);
}

static uint32_t mmio_read(uintptr_t base, uint32_t offset)
{
    return *reg(base, offset);
}

static void mmio_write(uintptr_t base, uint32_t offset, uint32_t value)
{
    *reg(base, offset) = value;
}

static void mmio_read_fifo(uintptr_t base, void *to, uint32_t n_words)
{
    uint8_t *at = to;

    for (; n_words > 0; n_words--, at += 4) {
        uint32_t word = *reg(base, RX_DATA);

        memcpy(__builtin_assume_aligned(at, 4), &word, 4);
    }
}

static void mmio_write_fifo(uintptr_t base, const void *from, uint32_t n_words)
{
    const uint8_t *at = from;

    for (; n_words > 0; n_words--, at += 4) {
        uint32_t word;

        memcpy(&word, __builtin_assume_aligned(at, 4), 4);
        *reg(base, TX_DATA) = word;
    }
}

const struct sk_lan9118_io sk_lan9118_mmio = { mmio_read, mmio_write, mmio_read_fifo,
                                               mmio_write_fifo };

static uint32_t get(const struct sk_lan9118 *nic, uint32_t offset)
{
    return nic->io->read(nic->base, offset);
}

static void put(const struct sk_lan9118 *nic, uint32_t offset, uint32_t value)
{
    nic->io->write(nic->base, offset, value);
}

static bool wait_for(const struct sk_lan9118 *nic, uint32_t offset, uint32_t mask, uint32_t value)
{
    for (int i = 0; i < SPINS; i++) {
        if ((get(nic, offset) & mask) == value) {
            return true;
        }
    }
    return false;
}

static bool mac_write(const struct sk_lan9118 *nic, uint32_t csr, uint32_t value)
{
    put(nic, MAC_CSR_DATA, value);
    put(nic, MAC_CSR_CMD, CSR_BUSY | csr);
    return wait_for(nic, MAC_CSR_CMD, CSR_BUSY, 0);
}

static bool mac_read(const struct sk_lan9118 *nic, uint32_t csr, uint32_t *value)
{
    put(nic, MAC_CSR_CMD, CSR_BUSY | CSR_READ | csr);
    if (!wait_for(nic, MAC_CSR_CMD, CSR_BUSY, 0)) {
        return false;
    }
    *value = get(nic, MAC_CSR_DATA);
    return true;
}

/* ---- Receiving ---- */

static uint32_t frames_waiting(const struct sk_lan9118 *nic)
{
    return get(nic, RX_FIFO_INF) >> 16 & 0xff;
}

void sk_lan9118_interrupt(struct sk_lan9118 *nic)
{
    put(nic, INT_EN, 0);
    store_release(&nic->pending, 1);
}

/*
 * The FIFO was seen empty: hands it back to the interrupt. A frame that came before the acknowledge
 * is seen by the last look, one that comes after it interrupts. False: a frame is there, poll on.
 */
static bool rearm(struct sk_lan9118 *nic)
{
    link_dropped(&nic->link, get(nic, RX_DROP), DROP_LINK_LOST, NULL); /* reading clears it */
    store_release(&nic->pending, 0);
    put(nic, INT_STS, INT_RSFL);
    put(nic, INT_EN, INT_RSFL);
    if (frames_waiting(nic) == 0) {
        return true;
    }
    sk_lan9118_interrupt(nic);
    return false;
}

static uint32_t rx_words(uint32_t len)
{
    return (len + RX_OFFSET + 3) / 4;
}

static void read_out(const struct sk_lan9118 *nic, uint32_t len)
{
    for (uint32_t n = rx_words(len); n > 0; n--) {
        (void)get(nic, RX_DATA);
    }
}

/** Why the stack shall not see a frame of this status and length; DROP_NONE: it shall. */
static enum drop_reason judge(const struct sk_lan9118 *nic, uint32_t status, uint32_t len,
                              const struct pkt *p)
{
    if (status & STATUS_ERROR) {
        return DROP_LINK_LOST;
    }
    if (len > ETH_HDR_LEN + nic->link.mtu + FCS_LEN || rx_words(len) * 4 > p->cap) {
        return DROP_RX_OVERSIZE;
    }
    return len < ETH_HDR_LEN + FCS_LEN ? DROP_RX_SHORT : DROP_NONE;
}

/** Reads the first frame of the FIFO into `p`; false when the frame is none that the stack shall
 * see. */
static bool fetch(struct sk_lan9118 *nic, struct pkt *p)
{
    uint32_t status = get(nic, RX_STS);
    uint32_t len = status >> 16 & 0x3fff;
    enum drop_reason reason = judge(nic, status, len, p);

    if (reason != DROP_NONE) {
        link_dropped(&nic->link, 1, reason, NULL);
        read_out(nic, len);
        return false;
    }
    nic->io->read_fifo(nic->base, p->buf, rx_words(len));
    (void)sk_pkt_put(p, len - FCS_LEN);
    return true;
}

static struct pkt *lan9118_rx(struct link *link, struct pkt_pool *pool, instant now)
{
    struct sk_lan9118 *nic = (struct sk_lan9118 *)link;
    struct pkt *p = NULL;

    nic->starved = false;
    nic->retry_at = NEVER;
    while (load_acquire(&nic->pending)) {
        if (frames_waiting(nic) == 0 && rearm(nic)) {
            break;
        }
        if (!p) {
            p = sk_pkt_alloc(pool, RX_OFFSET);
        }
        if (!p) {
            nic->starved = true;
            nic->retry_at = now + RETRY;
            return NULL;
        }
        SK_ASSERT(((uintptr_t)p->buf & 3) == 0);
        if (fetch(nic, p)) {
            return p;
        }
    }
    sk_pkt_free(p);
    return NULL;
}

/* ---- Sending ---- */

/** Takes the chip's reports on what it sent; returns the octets that are free in the TX FIFO. */
static uint32_t reap(struct sk_lan9118 *nic)
{
    uint32_t inf = get(nic, TX_FIFO_INF);

    for (uint32_t n = inf >> 16 & 0xff; n > 0; n--) {
        if (get(nic, TX_STS) & STATUS_ERROR) {
            link_dropped(&nic->link, 1, DROP_TX_LINK, NULL);
        }
    }
    return inf & 0xffff;
}

/* The chip skips the `offset` octets before the frame: the words are read from the aligned address
 * below it. */
static enum sk_err lan9118_tx(struct link *link, struct pkt *p, instant now)
{
    struct sk_lan9118 *nic = (struct sk_lan9118 *)link;
    uint32_t offset = (uint32_t)((uintptr_t)sk_pkt_data(p) & 3);
    uint32_t n_octets = offset + p->len;
    const uint8_t *from = sk_pkt_data(p) - offset;
    uint32_t tail[1] = { 0 };

    SK_ASSERT(p->len <= ETH_HDR_LEN + (uint32_t)link->mtu);
    if (reap(nic) < TX_COMMAND_LEN + (n_octets + 3) / 4 * 4) {
        nic->retry_at = now + RETRY;
        return SK_AGAIN;
    }
    put(nic, TX_DATA, offset << 16 | CMD_FIRST_LAST | p->len);
    put(nic, TX_DATA, p->len);
    nic->io->write_fifo(nic->base, from, n_octets / 4);
    if (n_octets % 4 != 0) {
        memcpy(tail, from + (n_octets & ~3u), n_octets % 4);
        nic->io->write_fifo(nic->base, tail, 1);
    }
    sk_pkt_free(p);
    return SK_OK;
}

/* ---- The link ---- */

static instant lan9118_poll_at(const struct link *link)
{
    const struct sk_lan9118 *nic = (const struct sk_lan9118 *)link;

    if (load_acquire(&nic->pending) && !nic->starved) {
        return 0;
    }
    return nic->retry_at;
}

/* Which of them are for us the stack decides. */
static void lan9118_take_groups(struct link *link, bool wanted)
{
    struct sk_lan9118 *nic = (struct sk_lan9118 *)link;

    mac_write(nic, MAC_CR, MAC_CR_SETUP | (wanted ? MAC_CR_MULTICAST : 0));
}

static const struct link_ops ops = {
    .rx = lan9118_rx,
    .tx = lan9118_tx,
    .poll_at = lan9118_poll_at,
    .take_groups = lan9118_take_groups,
};

static bool reset(const struct sk_lan9118 *nic)
{
    put(nic, HW_CFG, HW_CFG_SRST);
    return wait_for(nic, HW_CFG, HW_CFG_SRST, 0) && wait_for(nic, PMT_CTRL, PMT_READY, PMT_READY) &&
           wait_for(nic, E2P_CMD, E2P_BUSY, 0);
}

static bool set_address(struct sk_lan9118 *nic, const struct mac_addr *mac)
{
    const uint8_t *b = mac->b;

    nic->link.mac = *mac;
    return mac_write(nic, MAC_ADDRH, b[4] | (uint32_t)b[5] << 8) &&
           mac_write(nic, MAC_ADDRL,
                     b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24);
}

static bool get_address(struct sk_lan9118 *nic)
{
    uint32_t high, low;

    if (!mac_read(nic, MAC_ADDRH, &high) || !mac_read(nic, MAC_ADDRL, &low)) {
        return false;
    }
    nic->link.mac =
        (struct mac_addr){ { (uint8_t)low, (uint8_t)(low >> 8), (uint8_t)(low >> 16),
                             (uint8_t)(low >> 24), (uint8_t)high, (uint8_t)(high >> 8) } };
    return true;
}

static bool start(struct sk_lan9118 *nic)
{
    put(nic, HW_CFG, HW_CFG_SETUP);
    put(nic, INT_EN, 0);
    put(nic, INT_STS, UINT32_MAX);
    put(nic, FIFO_INT, FIFO_INT_SETUP);
    put(nic, RX_CFG, RX_CFG_SETUP);
    put(nic, TX_CFG, TX_CFG_ON);
    put(nic, IRQ_CFG, IRQ_CFG_SETUP);
    return mac_write(nic, MAC_CR, MAC_CR_SETUP);
}

enum sk_err sk_lan9118_init(struct sk_lan9118 *nic, const struct sk_lan9118_io *io, uintptr_t base,
                            const struct mac_addr *mac)
{
    memset(nic, 0, sizeof *nic);
    nic->io = io;
    nic->base = base;
    nic->pending = 1; /* the first poll looks, and arms the interrupt */
    nic->retry_at = NEVER;
    nic->link.ops = &ops;
    nic->link.medium = LINK_ETHERNET;
    nic->link.mtu = 1500;
    nic->link.msl = seconds(120); /* RFC 9293 3.4.2 */
    nic->link.absorb = ABSORB;

    if (get(nic, BYTE_TEST) != BYTE_TEST_VALUE) {
        return SK_INVALID;
    }
    if (!reset(nic) || !(mac ? set_address(nic, mac) : get_address(nic)) || !start(nic)) {
        return SK_TIMED_OUT;
    }
    return SK_OK;
}
