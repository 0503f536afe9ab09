/* SPDX-License-Identifier: BSD-3-Clause */
/* UDP datagrams, as they come, with their checksum put right, and with none. */
#include "base/sum.h"
#include "fuzz.h"
#include "wire/udp.h"

static struct ip_hdr ip(void)
{
    return (struct ip_hdr){ .src = ip4(0x0a000202), .dst = ip4(0x0a00020f), .proto = IP_PROTO_UDP };
}

static enum drop_reason parse(const uint8_t *octets, size_t len, struct udp_hdr *hdr)
{
    struct ip_hdr from = ip();
    struct cursor c = cursor_over(octets, len);
    enum drop_reason reason = udp_parse(&c, &from, hdr);

    REQUIRE(inside(c, octets, len));
    REQUIRE(reason || c.left == hdr->payload_len);
    return reason;
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    uint8_t *copy = exact(octets, len);
    struct udp_hdr hdr;
    struct udp_hdr again;

    parse(octets, len, &hdr);
    if (len >= UDP_HDR_LEN) {
        put_be16(copy + 6, 0);
        if (parse(copy, len, &hdr) == DROP_NONE) {
            struct ip_hdr from = ip();

            udp_emit(copy, &from, &hdr, sum_add(0, copy + UDP_HDR_LEN, hdr.payload_len));
            REQUIRE(be16(copy + 6) != 0);
            REQUIRE(parse(copy, len, &again) == DROP_NONE);
            REQUIRE(memcmp(copy, octets, 6) == 0);
        }
    }
    free(copy);
    return 0;
}
