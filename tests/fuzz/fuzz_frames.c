/* SPDX-License-Identifier: BSD-3-Clause */
/* Ethernet frames in a row, as they come: each is its length in two octets, how long it comes after
 * the one before in one, and its octets. */
#include "fuzz_host.h"
#include "wire/eth.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    struct cursor c = cursor_over(octets, len);

    host_begin(LINK_ETHERNET);
    while (c.left > 3) {
        size_t frame_len = next_word(&c) % (MTU + ETH_HDR_LEN + 2u);
        uint8_t wait = next_octet(&c);

        frame_len = frame_len < c.left ? frame_len : c.left;
        pass((duration)wait * wait * 1000);
        if (frame_len > 0) {
            hear(c.at, frame_len);
        }
        cursor_take(&c, frame_len);
    }
    host_end();
    return 0;
}
