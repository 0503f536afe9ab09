/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rows IP of tests/hostile-inputs.tsv against a whole host: a packet that is wrong reaches no
 * socket, is answered by nobody and is counted once. The test is named by the row.
 */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"

static struct host h;
static struct frame f;
static sk_fd fd;

static void begin(void)
{
    host_begin(&h, NULL);
    host_meet(&h);
    fd = host_bound(&h, SK_DGRAM, 5000);
    host_listener(&h, 80, 4);
}

/* Nothing came through, and what is right still does. */
static void end(void)
{
    uint32_t before = sk_iface_stats(h.iface)->udp_rx;

    ck_assert_uint_eq(before, 0);
    ck_assert_uint_eq(sk_readiness(h.iface, fd) & SK_READABLE, 0);
    frame_udp(&f, (struct sk_addr){ PEER_IP, 4000 }, (struct sk_addr){ HOST_IP, 5000 }, "text", 4);
    host_hear_silent_drop(&h, &f, DROP_NONE);
    ck_assert_uint_eq(sk_iface_stats(h.iface)->udp_rx, 1);
    host_free(&h);
}

enum { UDP, SYN, ECHO_REQUEST, N_KINDS };

/* Something that the host would take or answer. */
static void good(int kind)
{
    struct sk_addr from = { PEER_IP, 4000 };

    switch (kind) {
    case UDP:
        frame_udp(&f, from, (struct sk_addr){ HOST_IP, 5000 }, "text", 4);
        break;
    case SYN:
        frame_tcp(&f, from, (struct sk_addr){ HOST_IP, 80 }, (struct tcp_hdr){ .flags = TCP_SYN },
                  NULL, 0);
        break;
    default:
        frame_icmp(&f, PEER_IP, HOST_IP, (struct icmp4_hdr){ .type = ICMP4_ECHO_REQUEST }, "echo",
                   4);
    }
}

/* The same with one octet of the IP header replaced. */
static void expect_octet(int kind, size_t at, unsigned value, enum drop_reason reason)
{
    good(kind);
    frame_ip_at(&f)[at] = (uint8_t)value;
    if (at != 10 && at != 11 && (frame_ip_at(&f)[0] & 0xf) >= 5 &&
        f.len >= ETH_HDR_LEN + (size_t)(frame_ip_at(&f)[0] & 0xf) * 4) {
        frame_fix_ip(&f);
        frame_fix_transport(&f);
    }
    host_hear_silent_drop(&h, &f, reason);
}

START_TEST(hostile_IP_01_version)
{
    begin();
    for (int kind = 0; kind < N_KINDS; kind++) {
        for (unsigned version = 0; version < 16; version++) {
            good(kind);
            frame_ip_at(&f)[0] = (uint8_t)(version << 4 | 5);
            frame_fix_ip(&f);
            if (version != 4) {
                host_hear_silent_drop(&h, &f, DROP_IP_VERSION);
            }
        }
    }
    end();
}
END_TEST

START_TEST(hostile_IP_02_header_length_below_five)
{
    begin();
    for (int kind = 0; kind < N_KINDS; kind++) {
        for (unsigned ihl = 0; ihl < 5; ihl++) {
            expect_octet(kind, 0, 0x40 | ihl, DROP_IP_HEADER_LEN);
        }
    }
    end();
}
END_TEST

START_TEST(hostile_IP_03_header_length_beyond_the_packet)
{
    begin();
    for (unsigned ihl = 6; ihl < 16; ihl++) {
        good(UDP);
        f.len = ETH_HDR_LEN + IPV4_HDR_LEN; /* nothing but the header */
        put_be16(frame_ip_at(&f) + 2, IPV4_HDR_LEN);
        frame_ip_at(&f)[0] = (uint8_t)(0x40 | ihl);
        host_hear_silent_drop(&h, &f, DROP_IP_HEADER_LEN);
    }
    end();
}
END_TEST

static void expect_total_len(int kind, unsigned len)
{
    good(kind);
    put_be16(frame_ip_at(&f) + 2, (uint16_t)len);
    frame_fix_ip(&f);
    host_hear_silent_drop(&h, &f, DROP_IP_TOTAL_LEN);
}

START_TEST(hostile_IP_04_total_length_below_the_header)
{
    begin();
    for (int kind = 0; kind < N_KINDS; kind++) {
        for (unsigned len = 0; len < IPV4_HDR_LEN; len++) {
            expect_total_len(kind, len);
        }
    }
    for (size_t n = 4; n <= 40; n += 4) {
        for (unsigned len = 0; len < IPV4_HDR_LEN + n; len++) {
            good(UDP);
            frame_open_options(&f, n);
            put_be16(frame_ip_at(&f) + 2, (uint16_t)len);
            frame_fix_ip(&f);
            host_hear_silent_drop(&h, &f, DROP_IP_TOTAL_LEN);
        }
    }
    end();
}
END_TEST

START_TEST(hostile_IP_05_total_length_beyond_what_came)
{
    begin();
    for (int kind = 0; kind < N_KINDS; kind++) {
        good(kind);
        for (unsigned len = (unsigned)(f.len - ETH_HDR_LEN) + 1; len <= 65535;
             len += len < 2000 ? 1 : 61) {
            expect_total_len(kind, len);
        }
        expect_total_len(kind, 65535);
    }
    end();
}
END_TEST

START_TEST(hostile_IP_06_header_checksum)
{
    begin();
    for (int kind = 0; kind < N_KINDS; kind++) {
        uint8_t sum[2];

        good(kind);
        memcpy(sum, frame_ip_at(&f) + 10, 2);
        for (unsigned bit = 0; bit < 16; bit++) {
            expect_octet(kind, 10 + bit / 8, sum[bit / 8] ^ 1u << bit % 8, DROP_IP_CHECKSUM);
        }
        good(kind);
        put_be16(frame_ip_at(&f) + 10, 0);
        host_hear_silent_drop(&h, &f, DROP_IP_CHECKSUM);
        put_be16(frame_ip_at(&f) + 10, 0xffff);
        host_hear_silent_drop(&h, &f, DROP_IP_CHECKSUM);
    }
    end();
}
END_TEST

/* All lengths and several pointers of the options that anybody ever acted on, and of one that
 * nobody did. */
START_TEST(hostile_IP_07_option_lengths_and_pointers)
{
    static const uint8_t kinds[] = { 7, 68, 130, 136, 148, 222 };
    static const uint8_t pointers[] = { 0, 3, 4, 5, 39, 40, 41, 255 };

    begin();
    for (size_t n = 4; n <= 40; n += 12) {
        for (size_t i = 0; i < sizeof(kinds) * 256 * sizeof(pointers); i++) {
            unsigned len = i / sizeof(kinds) % 256;
            uint8_t *options;
            bool fits = len >= 2 && len <= n;

            good(ECHO_REQUEST);
            options = frame_open_options(&f, n);
            options[0] = kinds[i % sizeof(kinds)];
            options[1] = (uint8_t)len;
            options[2] = pointers[i / sizeof(kinds) / 256];
            if (len == 2) {
                options[2] = 1; /* the next option */
            }
            frame_fix_ip(&f);
            host_hear_drop(&h, &f, fits ? DROP_NONE : DROP_IP_OPTION);
            ck_assert_int_eq(host_sent(&h) != NULL, fits);
            host_silent(&h);
        }
    }
    end();
}
END_TEST

START_TEST(hostile_IP_08_source_routes)
{
    static const uint8_t kinds[] = { 131, 137 };

    begin();
    for (int kind = 0; kind < N_KINDS; kind++) {
        for (size_t i = 0; i < 2; i++) {
            for (uint8_t pointer = 4; pointer <= 12; pointer += 4) { /* to go, and arrived */
                uint8_t *options;

                good(kind);
                options = frame_open_options(&f, 12);
                memcpy(options + 1,
                       (const uint8_t[]){ kinds[i], 11, pointer, 10, 0, 0, 9, 8, 8, 8, 8 }, 11);
                frame_fix_ip(&f);
                host_hear_silent_drop(&h, &f, DROP_IP_SOURCE_ROUTE);
            }
        }
    }
    end();
}
END_TEST

/* Record route and timestamp are not filled in and not sent back: the answer has no option. */
START_TEST(hostile_IP_09_recording_options)
{
    static const uint8_t kinds[] = { 7, 68 };
    static const uint8_t pointers[] = { 0, 3, 4, 39, 255 };

    begin();
    for (size_t i = 0; i < 2 * sizeof(pointers); i++) {
        uint8_t *options;
        const struct sent *s;

        good(ECHO_REQUEST);
        options = frame_open_options(&f, 40);
        options[0] = kinds[i % 2];
        options[1] = 39;
        options[2] = pointers[i / 2];
        memset(options + 3, 0xaa, 36);
        frame_fix_ip(&f);
        host_hear_drop(&h, &f, DROP_NONE);
        s = host_sent(&h);
        ck_assert(s && s->icmp.type == ICMP4_ECHO_REPLY);
        ck_assert_uint_eq(s->ip_at[0], 0x45);
        ck_assert_uint_eq(s->payload_len, 4);
        ck_assert_mem_eq(s->payload, "echo", 4);
        host_silent(&h);
    }
    end();
}
END_TEST

static void expect_addresses(int kind, uint32_t src, uint32_t dst, enum drop_reason reason)
{
    good(kind);
    put_be32(frame_ip_at(&f) + 12, src);
    put_be32(frame_ip_at(&f) + 16, dst);
    frame_fix_ip(&f);
    frame_fix_transport(&f);
    host_hear_silent_drop(&h, &f, reason);
}

START_TEST(hostile_IP_10_martians)
{
    static const uint32_t sources[] = { 0,          1,          0x00ffffff, 0x7f000001,
                                        0x7fffffff, 0xe0000001, 0xefffffff, 0xf0000001,
                                        0xffffffff, 0x0a0000ff, 0x0a000001, 0x0affffff };
    static const uint32_t destinations[] = { 0,          1,          0x00ffffff, 0x7f000001,
                                             0x7fffffff, 0xf0000001, 0xfffffffe };
    static const uint32_t others[] = { 0xe0000001, 0xefffffff, 0x0a000002, 0x08080808, 0x0a0000fe };

    begin();
    for (int kind = 0; kind < N_KINDS; kind++) {
        for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
            expect_addresses(kind, sources[i], 0x0a000001, DROP_IP_MARTIAN_SOURCE);
        }
        for (size_t i = 0; i < sizeof(destinations) / sizeof(destinations[0]); i++) {
            expect_addresses(kind, 0x0a000003, destinations[i], DROP_IP_MARTIAN_DESTINATION);
        }
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
            expect_addresses(kind, 0x0a000003, others[i], DROP_IP_NOT_FOR_US);
        }
    }
    end();
}
END_TEST

/* RFC 1122 3.2.1.7. That nothing leaves with less than 2 is looked at in every test
 * (frames_host.c). */
START_TEST(hostile_IP_11_time_to_live)
{
    begin();
    for (uint8_t ttl = 0; ttl < 3; ttl++) {
        const struct sent *s;

        good(ECHO_REQUEST);
        frame_ip_at(&f)[8] = ttl;
        frame_fix_ip(&f);
        host_hear_drop(&h, &f, DROP_NONE);
        s = host_sent(&h);
        ck_assert(s && s->ip.ttl == IP_DEFAULT_TTL);
    }
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { hostile_IP_01_version,
                                   hostile_IP_02_header_length_below_five,
                                   hostile_IP_03_header_length_beyond_the_packet,
                                   hostile_IP_04_total_length_below_the_header,
                                   hostile_IP_05_total_length_beyond_what_came,
                                   hostile_IP_06_header_checksum,
                                   hostile_IP_07_option_lengths_and_pointers,
                                   hostile_IP_08_source_routes,
                                   hostile_IP_09_recording_options,
                                   hostile_IP_10_martians,
                                   hostile_IP_11_time_to_live,
                                   NULL };

    return suite_run("hostile_ip_host", tests);
}
