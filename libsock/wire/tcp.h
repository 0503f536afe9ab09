/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TCP header and its options (RFC 9293 3.1, 3.2; RFC 7323 2, 3; RFC 2018; RFC 5482 2). The
 * rules of wire/ are in wire/eth.h. Parsing verifies no checksum: the caller sums the text while it
 * copies it to its place.
 */
#pragma once

#include "base/cursor.h"
#include "wire/drop.h"
#include "wire/ip.h"

#define TCP_HDR_LEN 20
#define TCP_MAX_HDR_LEN 60

enum tcp_flag {
    TCP_FIN = 0x01,
    TCP_SYN = 0x02,
    TCP_RST = 0x04,
    TCP_PSH = 0x08,
    TCP_ACK = 0x10,
    TCP_URG = 0x20,
    TCP_ECE = 0x40, /* RFC 3168 */
    TCP_CWR = 0x80,
};

#define TCP_NO_WSCALE 0xff
#define TCP_MAX_WSCALE 14     /* RFC 7323 2.3: a larger shift is used as 14 */
#define TCP_TIMESTAMPS_LEN 12 /* octets of the option in a segment, two of padding with them */
#define TCP_SACK_LEN(blocks) (4u + 8u * (blocks)) /* the same of SACK */
#define TCP_UTO_LEN 4u                            /* octets of the user timeout option */
#define TCP_MAX_SACK 4 /* blocks, RFC 2018 3; one less beside timestamps */

/** Octets that arrived out of order: [start, end). */
struct tcp_sack {
    uint32_t start;
    uint32_t end;
};

struct tcp_hdr {
    uint32_t seq;
    uint32_t ack;
    uint16_t src_port;
    uint16_t dst_port;
    uint16_t wnd;   /* as on the wire, not scaled */
    uint16_t up;    /* urgent pointer */
    uint16_t mss;   /* option; 0: absent */
    uint8_t wscale; /* option, at most 14; TCP_NO_WSCALE: absent */
    uint8_t flags;  /* enum tcp_flag */
    bool ect;       /* the packet may be marked (RFC 3168 5); not on the wire */
    uint32_t len;   /* octets of text that follow; not on the wire */
    uint32_t tsval; /* option, when has_timestamps */
    uint32_t tsecr; /* 0 without ACK, RFC 7323 3.2 */
    uint16_t uto;   /* option, as on the wire; 0: absent, or of no meaning */
    bool has_timestamps;
    bool sack_permitted;                /* option of a SYN */
    uint8_t n_sack;                     /* option: blocks, of which only these are set */
    struct tcp_sack sack[TCP_MAX_SACK]; /* as they came: nothing is checked */
};

/**
 * Takes header and options off; the text is left in the cursor, and `hdr->len` is its length. An
 * option whose length is below 2 or leads past the header ends the walk, one of another size than
 * its own is stepped over; neither is a reason to drop the segment. MSS, window scale and
 * SACK-permitted are looked at on SYN only, SACK on all other segments only. DROP_TCP_SHORT,
 * DROP_TCP_HEADER_LEN, DROP_TCP_PORT (either port 0).
 */
enum drop_reason tcp_parse(struct cursor *c, struct tcp_hdr *hdr);

/** Octets that tcp_emit writes for this header: 20 and its options; a multiple of 4. */
uint32_t tcp_hdr_len(const struct tcp_hdr *hdr);

/**
 * Writes header, options (those of a SYN on a SYN only) and checksum; `text_sum` is the sum of the
 * `hdr->len` octets of text (base/sum.h).
 */
void tcp_emit(uint8_t *at, const struct ip_hdr *ip, const struct tcp_hdr *hdr, uint16_t text_sum);

/** The sequence space that the segment takes: text, SYN and FIN (RFC 9293 3.3.1, SEG.LEN). */
static inline uint32_t tcp_seg_len(const struct tcp_hdr *hdr)
{
    return hdr->len + (hdr->flags & TCP_SYN ? 1 : 0) + (hdr->flags & TCP_FIN ? 1 : 0);
}
