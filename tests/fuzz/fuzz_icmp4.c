/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP messages, as they come and with their checksum put right, and the packets that errors quote.
 */
#include "base/sum.h"
#include "fuzz.h"
#include "wire/icmp4.h"
#include "wire/ipv4.h"

static void parse(const uint8_t *octets, size_t len)
{
    struct cursor c = cursor_over(octets, len);
    struct icmp4_hdr hdr;
    uint8_t out[ICMP4_HDR_LEN];

    if (icmp4_parse(&c, &hdr)) {
        REQUIRE(inside(c, octets, len));
        return;
    }
    REQUIRE(c.left == len - ICMP4_HDR_LEN);
    icmp4_emit(out, &hdr, sum_add(0, c.at, c.left));
    REQUIRE(memcmp(out, octets, 2) == 0 && memcmp(out + 4, octets + 4, 4) == 0);
}

static void parse_quote(const uint8_t *octets, size_t len)
{
    struct cursor c = cursor_over(octets, len);
    struct icmp4_quote quote;
    enum drop_reason reason = icmp4_parse_quote(&c, &quote);

    REQUIRE(inside(c, octets, len));
    if (reason == DROP_NONE) {
        REQUIRE(c.left <= len - IPV4_HDR_LEN - 8);
        REQUIRE(quote.ip.frag_offset == 0);
        REQUIRE(quote.seq == be32(c.at - 4));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    uint8_t *copy = exact(octets, len);

    parse(octets, len);
    parse_quote(octets, len);
    if (len >= ICMP4_HDR_LEN) {
        put_be16(copy + 2, 0);
        put_be16(copy + 2, sum_finish(sum_add(0, copy, len)));
        parse(copy, len);
        parse_quote(octets + ICMP4_HDR_LEN, len - ICMP4_HDR_LEN);
    }
    free(copy);
    return 0;
}
