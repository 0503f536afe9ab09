/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ethernet headers: what is read and written again is the same, and the payload lies in the frame.
 */
#include "fuzz.h"
#include "wire/eth.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    struct cursor c = cursor_over(octets, len);
    struct eth_hdr hdr;
    enum drop_reason reason = eth_parse(&c, &hdr);

    REQUIRE(inside(c, octets, len));
    REQUIRE((reason == DROP_RX_SHORT) == (len < ETH_HDR_LEN));
    if (reason == DROP_NONE) {
        uint8_t out[ETH_HDR_LEN];

        REQUIRE(c.left == len - ETH_HDR_LEN);
        eth_emit(out, &hdr);
        REQUIRE(memcmp(out, octets, ETH_HDR_LEN) == 0);
    }
    return 0;
}
