/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv4 headers, as they come and with their checksum put right. A header without options is written
 * again the same, but for the bit that RFC 791 reserves.
 */
#include "base/sum.h"
#include "fuzz.h"
#include "wire/ipv4.h"

static void parse(const uint8_t *octets, size_t len)
{
    struct cursor c = cursor_over(octets, len);
    struct ip_hdr hdr = { .ttl = 0 };
    struct ip_hdr again = { .ttl = 0 };
    uint8_t out[IPV4_HDR_LEN];
    enum drop_reason reason = ipv4_parse(&c, &hdr);

    REQUIRE(inside(c, octets, len));
    if (reason) {
        return;
    }
    REQUIRE(c.left == hdr.payload_len);
    if (hdr.payload_len > UINT16_MAX - IPV4_HDR_LEN) {
        return;
    }
    ipv4_emit(out, &hdr);
    if (octets[0] == 0x45 && !(octets[6] & 0x80)) {
        REQUIRE(memcmp(out, octets, 10) == 0);
        REQUIRE(memcmp(out + 12, octets + 12, 8) == 0);
    }
    c = cursor_over(out, sizeof out);
    REQUIRE(ipv4_parse(&c, &again) == (hdr.payload_len > 0 ? DROP_IP_TOTAL_LEN : DROP_NONE));
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    uint8_t *copy = exact(octets, len);

    parse(octets, len);
    if (len >= IPV4_HDR_LEN) {
        size_t hdr_len = (copy[0] & 0xfu) * 4;

        put_be16(copy + 10, 0);
        put_be16(copy + 10, sum_finish(sum_add(0, copy, hdr_len < len ? hdr_len : len)));
        parse(copy, len);
    }
    free(copy);
    return 0;
}
