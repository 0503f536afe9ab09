/* SPDX-License-Identifier: BSD-3-Clause */
/* Putting fragments together: see proto/reassembly.h. */
#include "proto/reassembly.h"

#include <string.h>

#include "base/be.h"
#include "base/sum.h"
#include "wire/ipv4.h"

#define UNIT 8 /* octets: what the offset counts, RFC 791 3.1 */

#define SEEN(ecn) (1u << (ecn))
#define NOT_ECT 0 /* RFC 3168 5 */

void reassembly_init(struct reassembly *r, uint8_t *memory, uint32_t cap)
{
    *r = (struct reassembly){ .pkt = { .buf = memory, .cap = cap, .head = REASSEMBLY_HEADER } };
}

/* RFC 791 3.1; the end of the longest datagram is not passed (the "ping of death"). */
enum drop_reason reassembly_check(const struct ip_hdr *ip)
{
    uint32_t end = (uint32_t)ip->frag_offset + ip->payload_len;
    bool wrong = ip->payload_len == 0 || (ip->more_frags && ip->payload_len % UNIT != 0);

    return wrong || end > REASSEMBLY_MAX ? DROP_IP_FRAGMENT_LEN : DROP_NONE;
}

bool reassembly_is_of(const struct reassembly *r, const struct ip_hdr *ip)
{
    return r->used && r->ip.id == ip->id && r->ip.proto == ip->proto &&
           ip_equal(r->ip.src, ip->src) && ip_equal(r->ip.dst, ip->dst);
}

void reassembly_begin(struct reassembly *r, const struct ip_hdr *ip, instant now)
{
    uint8_t *memory = r->pkt.buf;

    reassembly_init(r, memory, r->pkt.cap);
    r->used = true;
    r->ip = *ip;
    r->give_up_at = now + REASSEMBLY_TIMEOUT;
}

static uint8_t *text_of(struct reassembly *r)
{
    return r->pkt.buf + REASSEMBLY_HEADER;
}

static enum drop_reason spoil(struct reassembly *r)
{
    r->spoiled = true;
    return DROP_IP_FRAGMENT_OVERLAP;
}

/* Past the end, or another end. */
static bool contradicts_end(const struct reassembly *r, const struct ip_hdr *ip, uint32_t end)
{
    if (ip->more_frags) {
        return r->total != 0 && end >= r->total;
    }
    return (r->total != 0 && end != r->total) ||
           (r->n_ranges > 0 && r->ranges[r->n_ranges - 1].end > end);
}

/* The first that ends at `start` or behind it. */
static uint32_t range_at(const struct reassembly *r, uint32_t start)
{
    uint32_t i = r->n_ranges;

    while (i > 0 && r->ranges[i - 1].end >= start) { /* most come in order */
        i--;
    }
    return i;
}

static bool overlaps(const struct reassembly_range *range, uint32_t start, uint32_t end)
{
    return range->start < end && start < range->end;
}

static bool has(const struct reassembly_range *range, uint32_t start, uint32_t end)
{
    return range->start <= start && end <= range->end;
}

static void insert_range(struct reassembly *r, uint32_t i, uint32_t start, uint32_t end)
{
    memmove(&r->ranges[i + 1], &r->ranges[i], (r->n_ranges - i) * sizeof(r->ranges[0]));
    r->ranges[i] = (struct reassembly_range){ (uint16_t)start, (uint16_t)end };
    r->n_ranges++;
}

static void remove_range(struct reassembly *r, uint32_t i)
{
    r->n_ranges--;
    memmove(&r->ranges[i], &r->ranges[i + 1], (r->n_ranges - i) * sizeof(r->ranges[0]));
}

/* Enters [start, end), which overlaps nothing; range `i` is the first that may touch it. False: too
 * many holes. */
static bool enter(struct reassembly *r, uint32_t i, uint32_t start, uint32_t end)
{
    bool joins_last = i < r->n_ranges && r->ranges[i].end == start;
    uint32_t next = joins_last ? i + 1 : i;
    bool joins_next = next < r->n_ranges && r->ranges[next].start == end;

    if (joins_last && joins_next) {
        r->ranges[i].end = r->ranges[next].end;
        remove_range(r, next);
    } else if (joins_last) {
        r->ranges[i].end = (uint16_t)end;
    } else if (joins_next) {
        r->ranges[next].start = (uint16_t)start;
    } else if (r->n_ranges == REASSEMBLY_RANGES) {
        return false;
    } else {
        insert_range(r, i, start, end);
    }
    return true;
}

static bool overlaps_any(const struct reassembly *r, uint32_t i, uint32_t start, uint32_t end)
{
    for (; i < r->n_ranges && r->ranges[i].start < end; i++) {
        if (overlaps(&r->ranges[i], start, end)) {
            return true;
        }
    }
    return false;
}

static bool is_duplicate(struct reassembly *r, uint32_t i, uint32_t start, uint32_t end,
                         const uint8_t *text)
{
    for (; i < r->n_ranges && r->ranges[i].start < end; i++) {
        if (has(&r->ranges[i], start, end)) {
            return memcmp(text_of(r) + start, text, end - start) == 0;
        }
    }
    return false;
}

static void keep_header(struct reassembly *r, const struct ip_hdr *ip, const uint8_t *header)
{
    r->hdr_len = (uint8_t)ipv4_hdr_len(ip);
    r->ip.tos = ip->tos;
    r->ip.ttl = ip->ttl;
    memcpy(text_of(r) - r->hdr_len, header, r->hdr_len);
}

enum drop_reason reassembly_add(struct reassembly *r, const struct ip_hdr *ip,
                                const uint8_t *header, const uint8_t *text)
{
    uint32_t start = ip->frag_offset;
    uint32_t end = start + ip->payload_len;
    uint32_t i = range_at(r, start);

    if (r->spoiled || contradicts_end(r, ip, end)) {
        return spoil(r);
    }
    if (REASSEMBLY_HEADER + end > r->pkt.cap) {
        return DROP_IP_FRAGMENT_SIZE;
    }
    if (overlaps_any(r, i, start, end)) {
        return is_duplicate(r, i, start, end, text) ? DROP_IP_FRAGMENT_DUPLICATE : spoil(r);
    }
    if (!enter(r, i, start, end)) {
        return DROP_IP_FRAGMENT_HOLES;
    }
    memcpy(text_of(r) + start, text, end - start);
    if (start == 0) {
        keep_header(r, ip, header);
    }
    if (!ip->more_frags) {
        r->total = (uint16_t)end;
    }
    r->ecn_seen |= (uint8_t)SEEN(ip->tos & IP_ECN_MASK);
    return DROP_NONE;
}

bool reassembly_is_whole(const struct reassembly *r)
{
    return r->total > 0 && r->n_ranges == 1 && r->ranges[0].start == 0 &&
           r->ranges[0].end == r->total;
}

/* RFC 3168 5.3: a mark on any fragment is a mark on the whole, unless its sender did not ask for
 * marks. */
static bool join_marks(struct reassembly *r)
{
    if (!(r->ecn_seen & SEEN(IP_ECN_CE))) {
        return true;
    }
    r->ip.tos |= IP_ECN_CE;
    return !(r->ecn_seen & SEEN(NOT_ECT));
}

static void show(struct reassembly *r, uint32_t text_len)
{
    r->pkt.head = REASSEMBLY_HEADER - (uint32_t)r->hdr_len;
    r->pkt.len = r->hdr_len + text_len;
    r->pkt.ifindex = r->ip.ifindex;
    r->ip.options = sk_pkt_data(&r->pkt) + IPV4_HDR_LEN;
    r->ip.n_options = (uint8_t)(r->hdr_len - IPV4_HDR_LEN);
    r->ip.payload_len = (uint16_t)text_len;
    r->ip.frag_offset = 0;
    r->ip.more_frags = false;
}

enum drop_reason reassembly_seal(struct reassembly *r)
{
    uint8_t *header;

    if (!join_marks(r)) {
        return DROP_IP_FRAGMENT_ECN;
    }
    show(r, r->total);
    header = sk_pkt_data(&r->pkt);
    header[1] = r->ip.tos;
    put_be16(header + 2, (uint16_t)r->pkt.len);
    put_be16(header + 6, 0);
    put_be16(header + 10, 0);
    put_be16(header + 10, sum_finish(sum_add(0, header, r->hdr_len)));
    return DROP_NONE;
}

bool reassembly_quote(struct reassembly *r)
{
    if (r->hdr_len == 0 || r->spoiled) {
        return false;
    }
    show(r, r->ranges[0].end);
    return true;
}

void reassembly_forget(struct reassembly *r)
{
    r->used = false;
}
