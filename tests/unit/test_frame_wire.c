/* SPDX-License-Identifier: BSD-3-Clause */
/* Ethernet and ARP: the octets of a frame against its values, both ways. */
#include <check.h>

#include "tests/support/exact.h"
#include "tests/support/suite.h"
#include "wire/arp.h"
#include "wire/eth.h"

static const struct mac_addr ours = { { 0x52, 0x55, 0x0a, 0x00, 0x02, 0x0f } };
static const struct mac_addr theirs = { { 0x52, 0x55, 0x0a, 0x00, 0x02, 0x02 } };

/* An ARP request in a frame, as it was captured. */
static const uint8_t frame[] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x55, 0x0a, 0x00, 0x02, 0x0f, 0x08, 0x06,
    0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01, 0x52, 0x55, 0x0a, 0x00, 0x02, 0x0f,
    0x0a, 0x00, 0x02, 0x0f, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0a, 0x00, 0x02, 0x02,
};

START_TEST(a_frame_is_read)
{
    struct eth_hdr hdr;

    WITH_EXACT(c, frame, sizeof frame, {
        ck_assert_int_eq(eth_parse(&c, &hdr), DROP_NONE);
        ck_assert_uint_eq(c.left, ARP_LEN);
    });
    ck_assert(mac_equal(hdr.dst, MAC_BROADCAST));
    ck_assert(mac_equal(hdr.src, ours));
    ck_assert_uint_eq(hdr.type, ETH_TYPE_ARP);
}
END_TEST

START_TEST(a_frame_is_written)
{
    struct eth_hdr eth = { MAC_BROADCAST, ours, ETH_TYPE_ARP };
    struct arp_hdr arp = {
        .op = ARP_REQUEST, .sha = ours, .spa = ip4(0x0a00020f), .tpa = ip4(0x0a000202)
    };
    uint8_t out[sizeof frame];

    memset(out, 0xee, sizeof out);
    eth_emit(out, &eth);
    arp_emit(out + ETH_HDR_LEN, &arp);
    ck_assert_mem_eq(out, frame, sizeof frame);
}
END_TEST

START_TEST(an_arp_request_is_read)
{
    struct arp_hdr hdr;

    WITH_EXACT(c, frame + ETH_HDR_LEN, ARP_LEN, ck_assert_int_eq(arp_parse(&c, &hdr), DROP_NONE));
    ck_assert_uint_eq(hdr.op, ARP_REQUEST);
    ck_assert(mac_equal(hdr.sha, ours));
    ck_assert_uint_eq(ip4_bits(hdr.spa), 0x0a00020f);
    ck_assert(!mac_equal(hdr.tha, theirs));
    ck_assert_uint_eq(ip4_bits(hdr.tpa), 0x0a000202);
}
END_TEST

START_TEST(padding_behind_an_arp_packet_is_left_alone)
{
    uint8_t padded[ARP_LEN + 18] = { 0 };
    struct arp_hdr hdr;

    memcpy(padded, frame + ETH_HDR_LEN, ARP_LEN);
    WITH_EXACT(c, padded, sizeof padded, {
        ck_assert_int_eq(arp_parse(&c, &hdr), DROP_NONE);
        ck_assert_uint_eq(c.left, 18);
    });
}
END_TEST

START_TEST(arp_of_another_hardware_or_protocol_is_refused)
{
    struct arp_hdr hdr;

    for (size_t at = 0; at < 6; at++) {
        uint8_t other[ARP_LEN];

        memcpy(other, frame + ETH_HDR_LEN, ARP_LEN);
        other[at] ^= 0x40;
        WITH_EXACT(c, other, ARP_LEN, ck_assert_int_eq(arp_parse(&c, &hdr), DROP_ARP_MALFORMED));
    }
}
END_TEST

START_TEST(group_addresses_have_the_low_bit)
{
    ck_assert(mac_is_group(MAC_BROADCAST));
    ck_assert(mac_is_group((struct mac_addr){ { 0x01, 0x00, 0x5e, 0, 0, 1 } }));
    ck_assert(!mac_is_group(ours));
    ck_assert(!mac_equal(ours, theirs));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_frame_is_read,
        a_frame_is_written,
        an_arp_request_is_read,
        padding_behind_an_arp_packet_is_left_alone,
        arp_of_another_hardware_or_protocol_is_refused,
        group_addresses_have_the_low_bit,
        NULL,
    };

    return suite_run("frame_wire", tests);
}
