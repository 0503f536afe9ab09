/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv4 headers, as they come and with their checksum put right. One is written again the same, but
 * for the bit that RFC 791 reserves; and the options that fragments have are some of those it has.
 */
#include "base/sum.h"
#include "fuzz.h"
#include "wire/ipv4.h"

static void parse(const uint8_t *octets, size_t len)
{
    struct cursor c = cursor_over(octets, len);
    struct ip_hdr hdr = { .ttl = 0 };
    struct ip_hdr again = { .ttl = 0 };
    uint8_t out[IPV4_HDR_LEN + IPV4_MAX_OPTIONS];
    uint8_t copied[IPV4_MAX_OPTIONS];
    uint8_t n_copied;
    enum drop_reason reason = ipv4_parse(&c, &hdr);

    REQUIRE(inside(c, octets, len));
    if (reason) {
        return;
    }
    REQUIRE(c.left == hdr.payload_len);
    ipv4_emit(out, &hdr);
    if (!(octets[6] & 0x80)) {
        REQUIRE(memcmp(out, octets, 10) == 0);
        REQUIRE(memcmp(out + 12, octets + 12, ipv4_hdr_len(&hdr) - 12) == 0);
    }
    n_copied = ipv4_copied_options(copied, hdr.options, hdr.n_options);
    REQUIRE(n_copied <= hdr.n_options && n_copied % 4 == 0);
    REQUIRE(ipv4_check_options(copied, n_copied) == DROP_NONE);
    c = cursor_over(out, ipv4_hdr_len(&hdr));
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
