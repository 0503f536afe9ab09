/* SPDX-License-Identifier: BSD-3-Clause */
/* ARP packets: what is read and written again is the same. */
#include "fuzz.h"
#include "wire/arp.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    struct cursor c = cursor_over(octets, len);
    struct arp_hdr hdr;

    if (arp_parse(&c, &hdr) == DROP_NONE) {
        uint8_t out[ARP_LEN];

        REQUIRE(c.left == len - ARP_LEN);
        arp_emit(out, &hdr);
        REQUIRE(memcmp(out, octets, ARP_LEN) == 0);
    }
    REQUIRE(inside(c, octets, len));
    return 0;
}
