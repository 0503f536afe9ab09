/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rows TCPH of tests/hostile-inputs.tsv against a whole host; the flags (TCPH-12) are in
 * tests/script. Options that are for later (SACK, timestamps) and urgent data are ignored: a twin
 * that never hears them behaves the same. The test is named by the row.
 */
#include <check.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/support/twins.h"

#define MAX_OPTIONS 40

static struct host h;
static struct frame f;
static struct peer p;
static struct twins t;

static void begin(void)
{
    host_begin(&h, NULL);
    host_meet(&h);
    peer_begin(&p, &h, 4000, 80);
}

/* A SYN to a listener, with one octet of its header replaced. */
static void expect_offset(unsigned offset, size_t cut, enum drop_reason reason)
{
    peer_frame(&p, &f, TCP_SYN, NULL, 0); /* 24 octets */
    frame_transport_at(&f)[12] = (uint8_t)(offset << 4);
    f.len -= cut;
    put_be16(frame_ip_at(&f) + 2, (uint16_t)(f.len - ETH_HDR_LEN));
    frame_fix_ip(&f);
    frame_fix_transport(&f);
    host_hear_silent_drop(&h, &f, reason);
}

START_TEST(hostile_TCPH_01_data_offset_below_five)
{
    begin();
    host_listener(&h, 80, 1);
    for (unsigned offset = 0; offset < 5; offset++) {
        expect_offset(offset, 0, DROP_TCP_HEADER_LEN);
    }
    host_free(&h);
}
END_TEST

START_TEST(hostile_TCPH_02_data_offset_beyond_the_segment)
{
    begin();
    host_listener(&h, 80, 1);
    for (unsigned offset = 6; offset < 16; offset++) {
        expect_offset(offset, 4, DROP_TCP_HEADER_LEN);
    }
    for (size_t cut = 5; cut < 24; cut++) {
        expect_offset(6, cut, DROP_TCP_SHORT);
    }
    host_free(&h);
}
END_TEST

/* A SYN with these options is answered as one without, and reset again. */
static void syn_with(const uint8_t options[MAX_OPTIONS])
{
    p.mss = 0;
    peer_frame(&p, &f, TCP_SYN, NULL, 0);
    frame_tcp_options(&f, options, MAX_OPTIONS);
    host_hear(&h, &f);
    peer_expect(&p, TCP_SYN | TCP_ACK);
    peer_silent(&p);
    p.seq++;
    peer_send(&p, TCP_RST, NULL, 0);
    peer_silent(&p);
    p.seq--;
}

START_TEST(hostile_TCPH_03_option_lengths_zero_and_one)
{
    uint8_t options[MAX_OPTIONS];

    begin();
    host_listener(&h, 80, 1);
    for (size_t at = 0; at + 1 < MAX_OPTIONS; at++) {
        for (unsigned kind = 0; kind < 256; kind += kind < 36 ? 1 : 11) {
            for (uint8_t len = 0; len < 2; len++) {
                memset(options, 1, sizeof(options));
                options[at] = (uint8_t)kind;
                options[at + 1] = len;
                syn_with(options);
            }
        }
    }
    ck_assert_uint_eq(host_drops(&h, DROP_TCP_BACKLOG_FULL), 0);
    host_free(&h);
}
END_TEST

START_TEST(hostile_TCPH_04_option_cut_by_the_end)
{
    uint8_t options[MAX_OPTIONS];

    begin();
    host_listener(&h, 80, 1);
    for (unsigned kind = 0; kind < 256; kind++) {
        memset(options, 1, sizeof(options));
        options[MAX_OPTIONS - 1] = (uint8_t)kind;
        syn_with(options);
    }
    for (unsigned over = 1; over < 254; over++) {
        static const uint8_t kinds[] = { 2, 3, 4, 5, 8 };

        for (size_t i = 0; i < sizeof(kinds); i++) {
            memset(options, 1, sizeof(options));
            options[MAX_OPTIONS - 2] = kinds[i];
            options[MAX_OPTIONS - 1] = (uint8_t)(2 + over);
            syn_with(options);
        }
    }
    host_free(&h);
}
END_TEST

/* RFC 9293 has no floor: 88 octets is ours, and an MSS of 0 is none. */
START_TEST(hostile_TCPH_05_tiny_mss)
{
    static uint8_t text[3000];
    sk_fd listener;

    begin();
    listener = host_listener(&h, 80, 1);
    p.wnd = 60000;
    for (uint8_t mss = 0; mss <= 88; mss++) {
        uint32_t n = 0;
        uint32_t got = 0;
        struct sk_op op;

        p.mss = 0;
        peer_frame(&p, &f, TCP_SYN, NULL, 0);
        frame_tcp_options(&f, (const uint8_t[]){ 2, 4, 0, mss }, 4);
        p.seq++;
        host_hear(&h, &f);
        peer_expect(&p, TCP_SYN | TCP_ACK);
        peer_send(&p, TCP_ACK, NULL, 0);
        sk_op_accept(&op, listener);
        ck_assert_int_eq(host_try(&h, &op), SK_OK);
        ck_assert_int_eq(host_send(&h, op.u.accepted, text, sizeof(text), NOBODY), SK_OK);
        host_poll(&h);
        while (got < sizeof(text)) {
            for (const struct sent *s; (s = peer_hear(&p)) != NULL; n++) {
                EXPECT(s->payload_len > 0);
                got += (uint32_t)s->payload_len;
            }
            peer_send(&p, TCP_ACK, NULL, 0);
        }
        ck_assert_uint_eq(got, sizeof(text));
        ck_assert_uint_eq(n, mss ? (sizeof(text) + 87) / 88 : (sizeof(text) + 535) / 536);
        ck_assert_int_eq(sk_abort(h.iface, op.u.accepted, h.now), SK_OK);
        host_poll(&h);
        peer_expect(&p, TCP_RST | TCP_ACK);
    }
    host_free(&h);
}
END_TEST

/* How much of 4000 octets the host sends into a window. */
static uint32_t flight(sk_fd fd)
{
    static uint8_t text[4000];
    uint32_t n = 0;

    ck_assert_int_eq(host_send(&h, fd, text, sizeof(text), NOBODY), SK_OK);
    host_poll(&h);
    for (const struct sent *s; (s = peer_hear(&p)) != NULL;) {
        n += (uint32_t)s->payload_len;
    }
    return n;
}

/* The SYN's own window is never scaled; those after it are, by the shift, which is at most 14. */
START_TEST(hostile_TCPH_06_window_scale)
{
    static const uint8_t shifts[] = { 0, 1, 2, 7, 14, 15, 16, 128, 254 };

    for (size_t i = 0; i < sizeof(shifts); i++) {
        struct sk_op op;
        uint32_t scaled;
        sk_fd fd;

        begin();
        fd = host_bound(&h, SK_STREAM, 80);
        p.wscale = shifts[i];
        p.wnd = 1000;
        sk_op_connect(&op, fd, p.addr);
        ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
        host_poll(&h);
        ck_assert_uint_eq(peer_expect(&p, TCP_SYN)->tcp.wscale, 0);
        peer_send(&p, TCP_SYN | TCP_ACK, NULL, 0);
        ck_assert_int_eq(host_try(&h, &op), SK_OK);
        peer_expect(&p, TCP_ACK);
        ck_assert_uint_eq(flight(fd), 1000);
        p.wnd = 1; /* of the next octets: 1 << shift */
        peer_send(&p, TCP_ACK, NULL, 0);
        scaled = 1u << (shifts[i] < 14 ? shifts[i] : 14);
        for (uint32_t got = 0; got < 2 * 1460 && got < scaled;) { /* Nagle keeps the rest */
            const struct sent *s = peer_hear(&p);

            if (!s) { /* too little to be worth a segment now: RFC 9293 3.8.6.2.1 */
                ck_assert_uint_lt(scaled, 500);
                break;
            }
            got += (uint32_t)s->payload_len;
            ck_assert_uint_le(got, scaled);
        }
        host_free(&h);
    }
}
END_TEST

START_TEST(hostile_TCPH_06_window_scale_of_one_side_and_without_syn)
{
    static const uint8_t option[4] = { 1, 3, 3, 14 };
    struct sk_op op;
    sk_fd fd;

    begin();
    p.wnd = 500;
    fd = host_listener(&h, 80, 1);
    peer_send(&p, TCP_SYN, NULL, 0); /* names no scale: nor do we, and none is used */
    ck_assert_uint_eq(peer_expect(&p, TCP_SYN | TCP_ACK)->tcp.wscale, TCP_NO_WSCALE);
    peer_frame(&p, &f, TCP_ACK, NULL, 0);
    frame_tcp_options(&f, option, sizeof(option));
    host_hear(&h, &f);
    sk_op_accept(&op, fd);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    ck_assert_uint_eq(flight(op.u.accepted), 500);
    host_free(&h);
}
END_TEST

static void put_sack(uint8_t *options, uint8_t len, uint32_t left, uint32_t right)
{
    memset(options, 1, MAX_OPTIONS);
    options[0] = 5;
    options[1] = len;
    for (size_t at = 2; at + 8 <= MAX_OPTIONS; at += 8) {
        put_be32(options + at, left);
        put_be32(options + at + 4, right);
    }
}

/* SACK is for later: whatever blocks say, the host does what it does without them. */
START_TEST(hostile_TCPH_07_sack)
{
    static uint8_t text[2 * 1460];
    uint8_t options[MAX_OPTIONS];

    twins_begin(&t);
    twins_write(&t, text, sizeof(text));
    ck_assert_int_gt(twins_same(&t), 1);
    for (uint8_t len = 2; len <= 38; len++) {
        const uint32_t una = t.p[0].ack;
        const uint32_t blocks[][2] = { { una + 1460, una + 2920 }, { una + 2920, una + 1460 },
                                       { una + 9, una + 9 },       { una + 100000, una + 200000 },
                                       { 0xfffffff0, 16 },         { una - 5000, una - 10 } };

        for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
            put_sack(options, len, blocks[i][0], blocks[i][1]);
            twins_hear_options(&t, TCP_ACK, options, MAX_OPTIONS, NULL, 0);
            twins_same(&t);
            twins_ready(&t);
        }
    }
    t.p[0].ack += sizeof(text);
    t.p[1].ack += sizeof(text);
    twins_hear_options(&t, TCP_ACK, options, MAX_OPTIONS, NULL, 0);
    twins_same(&t);
    twins_write(&t, text, 10);
    ck_assert_int_eq(twins_same(&t), 1);
    twins_end(&t);
}
END_TEST

/* Timestamps are for later: not offered, and no segment is dropped for having or lacking one. */
START_TEST(hostile_TCPH_08_timestamps)
{
    uint8_t options[MAX_OPTIONS];
    const struct sent *s;

    begin();
    host_listener(&h, 80, 1);
    peer_frame(&p, &f, TCP_SYN, NULL, 0);
    frame_tcp_options(&f, (const uint8_t[]){ 1, 1, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0 }, 12);
    host_hear(&h, &f);
    s = peer_expect(&p, TCP_SYN | TCP_ACK);
    ck_assert_uint_eq(tcp_hdr_len(&s->tcp), s->ip.payload_len); /* MSS and no more */
    host_free(&h);

    twins_begin(&t);
    for (uint8_t len = 2; len <= 38; len++) {
        memset(options, 1, sizeof(options));
        options[0] = 8;
        options[1] = len;
        for (size_t n = 4; n <= MAX_OPTIONS; n += 36) {
            twins_hear_options(&t, TCP_ACK, options, n, "x", 1);
            t.p[0].seq++;
            t.p[1].seq++;
            twins_same(&t);
            twins_read(&t, "x", 1);
        }
    }
    twins_end(&t);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { hostile_TCPH_01_data_offset_below_five,
                                   hostile_TCPH_02_data_offset_beyond_the_segment,
                                   hostile_TCPH_03_option_lengths_zero_and_one,
                                   hostile_TCPH_04_option_cut_by_the_end,
                                   hostile_TCPH_05_tiny_mss,
                                   hostile_TCPH_06_window_scale,
                                   hostile_TCPH_06_window_scale_of_one_side_and_without_syn,
                                   hostile_TCPH_07_sack,
                                   hostile_TCPH_08_timestamps,
                                   NULL };

    return suite_run("hostile_tcp_host", tests);
}
