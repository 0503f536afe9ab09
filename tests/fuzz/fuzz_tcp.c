/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP segments: the text lies in the segment, options are within their range, and a header that is
 * written again is read the same, with a checksum that is right.
 */
#include "base/sum.h"
#include "fuzz.h"
#include "wire/tcp.h"

static void write_again(const struct tcp_hdr *hdr, const uint8_t *text)
{
    struct ip_hdr ip = { .src = ip4(0x0a000202), .dst = ip4(0x0a00020f), .proto = IP_PROTO_TCP };
    uint32_t hdr_len = tcp_hdr_len(hdr);
    uint32_t len = hdr_len + hdr->len;
    uint8_t *out = malloc(len);
    struct cursor c = cursor_over(out, len);
    struct tcp_hdr again;

    REQUIRE(out && hdr_len <= TCP_MAX_HDR_LEN);
    if (hdr->len > 0) {
        memcpy(out + hdr_len, text, hdr->len);
    }
    tcp_emit(out, &ip, hdr, sum_add(0, text, hdr->len));
    REQUIRE(sum_add(ip_pseudo_sum(&ip, (uint16_t)len), out, len) == SUM_GOOD);
    REQUIRE(tcp_parse(&c, &again) == DROP_NONE);
    REQUIRE(again.seq == hdr->seq && again.ack == hdr->ack && again.flags == hdr->flags);
    REQUIRE(again.src_port == hdr->src_port && again.dst_port == hdr->dst_port);
    REQUIRE(again.wnd == hdr->wnd && again.up == hdr->up && again.len == hdr->len);
    REQUIRE(again.mss == hdr->mss && again.wscale == hdr->wscale);
    REQUIRE(again.sack_permitted == hdr->sack_permitted && again.n_sack == hdr->n_sack);
    REQUIRE(memcmp(again.sack, hdr->sack, hdr->n_sack * sizeof hdr->sack[0]) == 0);
    REQUIRE(again.uto == hdr->uto);
    REQUIRE(again.has_timestamps == hdr->has_timestamps);
    REQUIRE(!hdr->has_timestamps || (again.tsval == hdr->tsval && again.tsecr == hdr->tsecr));
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    struct cursor c = cursor_over(octets, len);
    struct tcp_hdr hdr;
    enum drop_reason reason = tcp_parse(&c, &hdr);

    REQUIRE(inside(c, octets, len));
    if (reason == DROP_NONE) {
        REQUIRE(hdr.len == c.left);
        REQUIRE(hdr.wscale <= TCP_MAX_WSCALE || hdr.wscale == TCP_NO_WSCALE);
        REQUIRE(hdr.flags & TCP_SYN || (hdr.mss == 0 && hdr.wscale == TCP_NO_WSCALE));
        REQUIRE(hdr.flags & TCP_SYN ? hdr.n_sack == 0 : !hdr.sack_permitted);
        REQUIRE(hdr.n_sack + hdr.has_timestamps <= TCP_MAX_SACK);
        if (hdr.len <= UINT16_MAX - TCP_MAX_HDR_LEN && tcp_hdr_len(&hdr) <= TCP_MAX_HDR_LEN) {
            write_again(&hdr, c.at);
        }
    }
    return 0;
}
