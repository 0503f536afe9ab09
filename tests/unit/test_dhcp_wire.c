/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DHCP messages: what a client sends octet by octet, and servers' replies as they come, with their
 * options in every place where RFC 2131 and 2132 allow them, and in those where they do not.
 */
#include <check.h>

#include "tests/support/exact.h"
#include "tests/support/suite.h"
#include "wire/dhcp.h"

#define FIXED_LEN 236
#define SNAME_AT 44
#define SNAME_LEN 64
#define FILE_AT 108
#define FILE_LEN 128
#define OPTIONS_AT 240

static const struct mac_addr mac = { { 0x52, 0x55, 0x0a, 0x00, 0x02, 0x0f } };
static uint8_t reply[1024];

/* The fixed part of a reply, without options. */
static void start_reply(void)
{
    memset(reply, 0, sizeof reply);
    reply[0] = 2;
    reply[1] = 1;
    reply[2] = 6;
    put_be32(reply + 4, 0xcafebabe);
    put_be32(reply + 16, 0x0a00020f);
    memcpy(reply + 28, mac.b, MAC_ADDR_LEN);
    put_be32(reply + FIXED_LEN, 0x63825363);
}

static enum drop_reason parse(size_t len, struct dhcp_msg *msg)
{
    enum drop_reason reason;

    WITH_EXACT(c, reply, len, reason = dhcp_parse(&c, msg));
    return reason;
}

/* A reply with these options, and nothing behind them. */
static enum drop_reason parse_options(const uint8_t *options, size_t len, struct dhcp_msg *msg)
{
    start_reply();
    memcpy(reply + OPTIONS_AT, options, len);
    return parse(OPTIONS_AT + len, msg);
}

START_TEST(an_offer_is_read)
{
    static const uint8_t options[] = {
        53, 1, 2, 54,   4,    10, 0, 2, 2,  1,    4,    255, 255, 255, 0,    3, 4,    10,   0,
        2,  2, 6, 8,    10,   0,  2, 3, 10, 0,    2,    4,   51,  4,   0,    1, 0x51, 0x80, 58,
        4,  0, 0, 0xa8, 0xc0, 59, 4, 0, 1,  0x27, 0x50, 26,  2,   5,   0xdc, 0, 255,
    };
    struct dhcp_msg msg;

    ck_assert_int_eq(parse_options(options, sizeof options, &msg), DROP_NONE);
    ck_assert_uint_eq(msg.type, DHCP_OFFER);
    ck_assert_uint_eq(msg.xid, 0xcafebabe);
    ck_assert(mac_equal(msg.chaddr, mac));
    ck_assert(ip_is_unspecified(msg.ciaddr));
    ck_assert_uint_eq(ip4_bits(msg.yiaddr), 0x0a00020f);
    ck_assert_uint_eq(ip4_bits(msg.server_id), 0x0a000202);
    ck_assert_uint_eq(ip4_bits(msg.netmask), 0xffffff00);
    ck_assert_uint_eq(msg.n_routers, 1);
    ck_assert_uint_eq(ip4_bits(msg.routers[0]), 0x0a000202);
    ck_assert_uint_eq(msg.n_dns, 2);
    ck_assert_uint_eq(ip4_bits(msg.dns[0]), 0x0a000203);
    ck_assert_uint_eq(ip4_bits(msg.dns[1]), 0x0a000204);
    ck_assert_uint_eq(msg.lease, 86400);
    ck_assert_uint_eq(msg.renewal, 43200);
    ck_assert_uint_eq(msg.rebinding, 75600);
    ck_assert_uint_eq(msg.mtu, 1500);
}
END_TEST

/* RFC 3396 5: anywhere, with others between its parts, and into the other areas. */
START_TEST(an_option_may_be_split)
{
    for (uint8_t cut = 0; cut <= 4; cut++) {
        uint8_t options[64] = { 53, 1, 5, 52, 1, 1 };
        static const uint8_t value[] = { 10, 0, 2, 7 };
        struct dhcp_msg msg;
        size_t len = 6;

        options[len++] = 54;
        options[len++] = cut;
        memcpy(options + len, value, cut);
        len += cut;
        memcpy(options + len, (uint8_t[]){ 26, 1, 5 }, 3); /* half of an MTU */
        len += 3;
        start_reply();
        memcpy(reply + OPTIONS_AT, options, len);
        reply[108] = 26; /* its other half, and the rest of the server, in `file` */
        reply[109] = 1;
        reply[110] = 0xdc;
        reply[111] = 54;
        reply[112] = (uint8_t)(4 - cut);
        memcpy(reply + 113, value + cut, 4u - cut);
        ck_assert_int_eq(parse(OPTIONS_AT + len, &msg), DROP_NONE);
        ck_assert_uint_eq(ip4_bits(msg.server_id), 0x0a000207);
        ck_assert_uint_eq(msg.mtu, 1500);
        reply[112]++; /* five octets are none */
        ck_assert_int_eq(parse(OPTIONS_AT + len, &msg), DROP_NONE);
        ck_assert(ip_is_unspecified(msg.server_id));
    }
}
END_TEST

START_TEST(what_a_reply_does_not_say_is_absent)
{
    static const uint8_t options[] = { 53, 1, 6 };
    struct dhcp_msg msg;

    memset(&msg, 0xee, sizeof msg);
    ck_assert_int_eq(parse_options(options, sizeof options, &msg), DROP_NONE);
    ck_assert_uint_eq(msg.type, DHCP_NAK);
    ck_assert(ip_is_unspecified(msg.server_id));
    ck_assert(ip_is_unspecified(msg.netmask));
    ck_assert(ip_is_unspecified(msg.requested));
    ck_assert_uint_eq(msg.n_routers, 0);
    ck_assert_uint_eq(msg.n_dns, 0);
    ck_assert_uint_eq(msg.lease, 0);
    ck_assert_uint_eq(msg.mtu, 0);
    ck_assert(!msg.broadcast);
}
END_TEST

START_TEST(a_discover_is_written)
{
    struct dhcp_msg msg = {
        .type = DHCP_DISCOVER, .xid = 0x01020304, .secs = 5, .broadcast = true, .chaddr = mac
    };
    static const uint8_t options[] = { 53, 1, 1, 55, 7, 1, 3, 6, 26, 51, 58, 59, 255 };
    static const uint8_t start[34] = {
        1, 1, 6, 0, 1, 2, 3, 4, 0, 5, 0x80, 0, [28] = 0x52, 0x55, 0x0a, 0x00, 0x02, 0x0f,
    };
    uint8_t out[DHCP_MAX_LEN];
    struct writer w = writer_over(out, sizeof out);

    memset(out, 0xee, sizeof out);
    ck_assert(dhcp_emit(&w, &msg));
    ck_assert_uint_eq(w.len, 300);
    ck_assert_mem_eq(out, start, sizeof start);
    for (size_t i = sizeof start; i < FIXED_LEN; i++) {
        ck_assert_uint_eq(out[i], 0);
    }
    ck_assert_uint_eq(be32(out + FIXED_LEN), 0x63825363);
    ck_assert_mem_eq(out + OPTIONS_AT, options, sizeof options);
    for (size_t i = OPTIONS_AT + sizeof options; i < 300; i++) {
        ck_assert_uint_eq(out[i], 0);
    }
    ck_assert_uint_eq(out[300], 0xee);
}
END_TEST

START_TEST(a_request_names_address_and_server)
{
    struct dhcp_msg msg = {
        .type = DHCP_REQUEST,
        .chaddr = mac,
        .requested = ip4(0x0a00020f),
        .server_id = ip4(0x0a000202),
        .lease = 3600,
    };
    static const uint8_t options[] = {
        53, 1,  3, 50, 4, 10, 0, 2, 15, 51, 4,  0,  0,  0x0e, 0x10, 54,
        4,  10, 0, 2,  2, 55, 7, 1, 3,  6,  26, 51, 58, 59,   255,
    };
    uint8_t out[DHCP_MAX_LEN];
    struct writer w = writer_over(out, sizeof out);

    ck_assert(dhcp_emit(&w, &msg));
    ck_assert_mem_eq(out + OPTIONS_AT, options, sizeof options);
}
END_TEST

START_TEST(a_host_name_is_told)
{
    struct dhcp_msg msg = { .type = DHCP_DISCOVER, .chaddr = mac, .host_name = "sensor-7" };
    static const uint8_t options[] = {
        53, 1, 1, 12, 8, 's', 'e', 'n', 's', 'o', 'r', '-', '7', 55, 7, 1,
    };
    uint8_t out[DHCP_MAX_LEN];
    struct writer w = writer_over(out, sizeof out);

    ck_assert(dhcp_emit(&w, &msg));
    ck_assert_mem_eq(out + OPTIONS_AT, options, sizeof options);
}
END_TEST

/* RFC 6842 3: ours is the hardware address, since we send no other. */
START_TEST(a_client_identifier_is_ours_or_foreign)
{
    uint8_t options[16] = { 53, 1, 5, 61, 7, 1 };
    struct dhcp_msg msg;

    ck_assert_int_eq(parse_options(options, 3, &msg), DROP_NONE);
    ck_assert(!msg.foreign_id);
    memcpy(options + 6, mac.b, MAC_ADDR_LEN);
    ck_assert_int_eq(parse_options(options, 12, &msg), DROP_NONE);
    ck_assert(!msg.foreign_id);
    options[11] ^= 1;
    ck_assert_int_eq(parse_options(options, 12, &msg), DROP_NONE);
    ck_assert(msg.foreign_id);
    options[11] ^= 1;
    options[5] = 0; /* not a hardware address */
    ck_assert_int_eq(parse_options(options, 12, &msg), DROP_NONE);
    ck_assert(msg.foreign_id);
    options[5] = 1;
    options[4] = 6; /* cut short */
    ck_assert_int_eq(parse_options(options, 11, &msg), DROP_NONE);
    ck_assert(msg.foreign_id);
}
END_TEST

START_TEST(a_release_asks_for_nothing)
{
    struct dhcp_msg msg = { .type = DHCP_RELEASE,
                            .ciaddr = ip4(0x0a00020f),
                            .server_id = ip4(0x0a000202) };
    static const uint8_t options[] = { 53, 1, 7, 54, 4, 10, 0, 2, 2, 255 };
    uint8_t out[DHCP_MAX_LEN];
    struct writer w = writer_over(out, sizeof out);

    ck_assert(dhcp_emit(&w, &msg));
    ck_assert_uint_eq(be32(out + 12), 0x0a00020f);
    ck_assert_mem_eq(out + OPTIONS_AT, options, sizeof options);
}
END_TEST

/* RFC 2131 4.4.1, table 5 */
START_TEST(a_decline_names_address_and_server_and_asks_for_nothing)
{
    struct dhcp_msg msg = { .type = DHCP_DECLINE,
                            .requested = ip4(0x0a00020f),
                            .server_id = ip4(0x0a000202) };
    static const uint8_t options[] = {
        53, 1, 4, 50, 4, 10, 0, 2, 15, 54, 4, 10, 0, 2, 2, 255,
    };
    uint8_t out[DHCP_MAX_LEN];
    struct writer w = writer_over(out, sizeof out);

    ck_assert(dhcp_emit(&w, &msg));
    ck_assert_uint_eq(be32(out + 12), 0);
    ck_assert_mem_eq(out + OPTIONS_AT, options, sizeof options);
}
END_TEST

START_TEST(a_message_that_does_not_fit_is_not_sent)
{
    struct dhcp_msg msg = { .type = DHCP_DISCOVER };
    uint8_t out[300];

    for (size_t cap = 0; cap < sizeof out; cap++) {
        struct writer w = writer_over(out, cap);

        ck_assert(!dhcp_emit(&w, &msg));
    }
}
END_TEST

START_TEST(hostile_DHCP_01_a_reply_may_end_anywhere_behind_its_type)
{
    static const uint8_t options[] = { 53, 1, 5, 0, 0, 51, 4, 0, 0, 0, 9, 255, 53, 1, 6 };
    struct dhcp_msg msg;

    for (size_t len = 0; len <= sizeof options; len++) {
        bool cut = len == 1 || len == 2 || (len > 5 && len < 11);
        bool good = len >= 3 && !cut;

        ck_assert_int_eq(parse_options(options, len, &msg), good ? DROP_NONE : DROP_DHCP_MALFORMED);
        ck_assert(!good || msg.type == DHCP_ACK);
        ck_assert(!good || msg.lease == (len >= 11 ? 9 : 0));
    }
    start_reply();
    for (size_t len = 0; len < OPTIONS_AT; len++) {
        ck_assert_int_eq(parse(len, &msg), DROP_DHCP_MALFORMED);
    }
}
END_TEST

START_TEST(what_is_no_reply_for_ethernet_is_refused)
{
    static const uint8_t options[] = { 53, 1, 5, 255 };
    struct dhcp_msg msg;

    for (size_t at = 0; at < 3; at++) {
        start_reply();
        memcpy(reply + OPTIONS_AT, options, sizeof options);
        reply[at] ^= 3;
        ck_assert_int_eq(parse(OPTIONS_AT + sizeof options, &msg), DROP_DHCP_UNEXPECTED);
    }
    for (size_t at = FIXED_LEN; at < OPTIONS_AT; at++) {
        start_reply();
        memcpy(reply + OPTIONS_AT, options, sizeof options);
        reply[at] ^= 1;
        ck_assert_int_eq(parse(OPTIONS_AT + sizeof options, &msg), DROP_DHCP_MALFORMED);
    }
}
END_TEST

/* Row DHCP-01: every length at every place, with and without an end. */
START_TEST(hostile_DHCP_01_no_length_leads_past_the_end)
{
    struct dhcp_msg msg;

    for (unsigned code = 1; code < 255; code++) {
        for (unsigned len = 0; len < 256; len++) {
            uint8_t options[16] = { 53, 1, 2, (uint8_t)code, (uint8_t)len, 10, 0, 2, 2 };
            bool fits = len <= sizeof options - 5;
            enum drop_reason reason = parse_options(options, sizeof options, &msg);

            if (code != 53) {
                ck_assert_int_eq(reason, fits ? DROP_NONE : DROP_DHCP_MALFORMED);
            }
        }
    }
}
END_TEST

START_TEST(hostile_DHCP_02_options_of_another_size_are_ignored)
{
    static const uint8_t codes[] = { 1, 50, 51, 54, 58, 59, 26, 3, 6 };

    for (size_t i = 0; i < sizeof codes; i++) {
        for (uint8_t len = 0; len < 8; len++) {
            uint8_t options[16] = { 53, 1, 5, codes[i], len, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9 };
            struct dhcp_msg msg;

            options[5 + len] = 255;
            ck_assert_int_eq(parse_options(options, sizeof options, &msg), DROP_NONE);
            ck_assert((len == 4 && codes[i] == 1) == !ip_is_unspecified(msg.netmask));
            ck_assert((len == 4 && codes[i] == 50) == !ip_is_unspecified(msg.requested));
            ck_assert((len == 4 && codes[i] == 54) == !ip_is_unspecified(msg.server_id));
            ck_assert((len == 4 && codes[i] == 51) == (msg.lease != 0));
            ck_assert((len == 4 && codes[i] == 58) == (msg.renewal != 0));
            ck_assert((len == 4 && codes[i] == 59) == (msg.rebinding != 0));
            ck_assert((len == 2 && codes[i] == 26) == (msg.mtu != 0));
            ck_assert_uint_eq(msg.n_routers, len >= 4 && codes[i] == 3);
            ck_assert_uint_eq(msg.n_dns, len >= 4 && codes[i] == 6);
        }
    }
}
END_TEST

/* Row DHCP-02: more servers than there are places. */
START_TEST(hostile_DHCP_02_lists_are_capped)
{
    uint8_t options[3 + 2 * (2 + 252)] = { 53, 1, 5, 6, 252 };
    struct dhcp_msg msg;

    options[3 + 2 + 252] = 3;
    options[3 + 2 + 253] = 252;
    ck_assert_int_eq(parse_options(options, sizeof options, &msg), DROP_NONE);
    ck_assert_uint_eq(msg.n_dns, DHCP_MAX_SERVERS);
    ck_assert_uint_eq(msg.n_routers, DHCP_MAX_ROUTERS);
}
END_TEST

START_TEST(a_list_may_be_split_over_options)
{
    static const uint8_t options[] = { 53, 1, 5, 6, 4, 1, 1, 1, 1, 1, 4, 255, 0,
                                       0,  0, 6, 8, 2, 2, 2, 2, 3, 3, 3, 3 };
    struct dhcp_msg msg;

    ck_assert_int_eq(parse_options(options, sizeof options, &msg), DROP_NONE);
    ck_assert_uint_eq(msg.n_dns, 2);
    ck_assert_uint_eq(ip4_bits(msg.dns[0]), 0x01010101);
    ck_assert_uint_eq(ip4_bits(msg.dns[1]), 0x02020202);
}
END_TEST

/*
 * Row DHCP-04: option 52 names the areas that hold options, and counts in the first of them only.
 */
/* Names are none of ours: whatever they hold, they are stepped over, and what follows is read. */
START_TEST(hostile_DHCP_03_names_of_any_kind)
{
    static const uint8_t codes[] = { 12, 15, 17, 40, 64, 66, 119 };
    uint8_t options[3 + 2 + 255 + 6 + 1];

    for (size_t i = 0; i < sizeof(codes); i++) {
        for (unsigned fill = 0; fill < 256; fill += 51) {
            struct dhcp_msg msg;

            memcpy(options, (const uint8_t[]){ 53, 1, 2, codes[i], 255 }, 5);
            memset(options + 5, (int)fill, 255);
            memcpy(options + 260, (const uint8_t[]){ 51, 4, 0, 0, 1, 0, 255 }, 7);
            ck_assert_int_eq(parse_options(options, sizeof options, &msg), DROP_NONE);
            ck_assert_uint_eq(msg.lease, 256);
        }
    }
}
END_TEST

START_TEST(as_many_options_are_read_as_a_client_has_to_take)
{
    uint8_t options[312] = { 53, 1, 5 };
    struct dhcp_msg msg;

    for (size_t i = 3; i + 4 < sizeof options; i += 5) {
        options[i] = 224;
        options[i + 1] = 3;
    }
    options[308] = 255;
    ck_assert_int_eq(parse_options(options, sizeof options, &msg), DROP_NONE);
    ck_assert_int_eq(msg.type, DHCP_ACK);
    options[sizeof options - 1] = 255;
    memset(options + 3, 0, sizeof options - 4);
    ck_assert_int_eq(parse_options(options, sizeof options, &msg), DROP_NONE);
    ck_assert_int_eq(msg.type, DHCP_ACK);
}
END_TEST

/* RFC 2131 2: 312 octets of them, short or long, with padding or without. */
START_TEST(options_of_every_length_are_read)
{
    for (uint8_t len = 0; len < 16; len++) {
        for (size_t padding = 0; padding < 3; padding++) {
            uint8_t options[312] = { 53, 1, 5 };
            struct dhcp_msg msg;

            for (size_t i = 3; i + 2 + len < sizeof options - 7; i += 2 + len + padding) {
                options[i] = 19;
                options[i + 1] = len;
            }
            memcpy(options + sizeof options - 7, (const uint8_t[]){ 51, 4, 0, 0, 1, 0, 255 }, 7);
            ck_assert_int_eq(parse_options(options, sizeof options, &msg), DROP_NONE);
            ck_assert_uint_eq(msg.lease, 256);
        }
    }
}
END_TEST

START_TEST(more_options_than_any_server_sends_are_refused)
{
    uint8_t options[480] = { 53, 1, 5 };
    struct dhcp_msg msg;

    ck_assert_int_eq(parse_options(options, sizeof options, &msg), DROP_DHCP_MALFORMED);
    for (size_t i = 3; i + 1 < sizeof options; i += 2) {
        options[i] = 224;
    }
    ck_assert_int_eq(parse_options(options, sizeof options, &msg), DROP_DHCP_MALFORMED);
}
END_TEST

START_TEST(hostile_DHCP_04_overloaded_areas_are_read_once)
{
    static const uint8_t in_file[] = { 51, 4, 0, 0, 0, 1, 52, 1, 3, 6, 4, 1, 1, 1, 1, 255 };
    static const uint8_t in_sname[] = { 58, 4, 0, 0, 0, 2, 52, 1, 1, 6, 4, 2, 2, 2, 2, 255 };

    for (uint8_t overload = 0; overload < 6; overload++) {
        uint8_t options[] = { 52, 1, overload, 53, 1, 5, 255 };
        bool file = overload == 1 || overload == 3;
        bool sname = overload == 2 || overload == 3;
        struct dhcp_msg msg;

        start_reply();
        memcpy(reply + FILE_AT, in_file, sizeof in_file);
        memcpy(reply + SNAME_AT, in_sname, sizeof in_sname);
        memcpy(reply + OPTIONS_AT, options, sizeof options);
        ck_assert_int_eq(parse(OPTIONS_AT + sizeof options, &msg), DROP_NONE);
        ck_assert_uint_eq(msg.lease, file ? 1 : 0);
        ck_assert_uint_eq(msg.renewal, sname ? 2 : 0);
        ck_assert_int_eq(msg.n_dns, (file ? 1 : 0) + (sname ? 1 : 0));
        ck_assert(!file || ip4_bits(msg.dns[0]) == 0x01010101);
    }
}
END_TEST

START_TEST(an_option_that_overruns_an_overloaded_area_is_refused)
{
    struct dhcp_msg msg;

    for (uint8_t overload = 1; overload < 4; overload++) {
        uint8_t options[] = { 52, 1, overload, 53, 1, 5, 255 };

        start_reply();
        memcpy(reply + OPTIONS_AT, options, sizeof options);
        if (overload != 2) {
            reply[FILE_AT + FILE_LEN - 2] = 51;
            reply[FILE_AT + FILE_LEN - 1] = 4;
        } else {
            reply[SNAME_AT + SNAME_LEN - 1] = 51;
        }
        ck_assert_int_eq(parse(OPTIONS_AT + sizeof options, &msg), DROP_DHCP_MALFORMED);
    }
}
END_TEST

START_TEST(hostile_DHCP_01_a_reply_of_padding_has_no_type)
{
    static const uint8_t padding[200];
    struct dhcp_msg msg;

    ck_assert_int_eq(parse_options(padding, sizeof padding, &msg), DROP_DHCP_MALFORMED);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_offer_is_read,
        an_option_may_be_split,
        what_a_reply_does_not_say_is_absent,
        a_discover_is_written,
        a_request_names_address_and_server,
        a_host_name_is_told,
        a_client_identifier_is_ours_or_foreign,
        a_release_asks_for_nothing,
        a_decline_names_address_and_server_and_asks_for_nothing,
        a_message_that_does_not_fit_is_not_sent,
        hostile_DHCP_01_a_reply_may_end_anywhere_behind_its_type,
        what_is_no_reply_for_ethernet_is_refused,
        hostile_DHCP_01_no_length_leads_past_the_end,
        hostile_DHCP_02_options_of_another_size_are_ignored,
        hostile_DHCP_02_lists_are_capped,
        a_list_may_be_split_over_options,
        hostile_DHCP_03_names_of_any_kind,
        hostile_DHCP_04_overloaded_areas_are_read_once,
        an_option_that_overruns_an_overloaded_area_is_refused,
        hostile_DHCP_01_a_reply_of_padding_has_no_type,
        as_many_options_are_read_as_a_client_has_to_take,
        options_of_every_length_are_read,
        more_options_than_any_server_sends_are_refused,
        NULL,
    };

    return suite_run("dhcp_wire", tests);
}
