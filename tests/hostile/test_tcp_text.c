/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rows TCPH-09 to TCPH-11 of tests/hostile-inputs.tsv against a whole host: urgent pointers,
 * reserved bits and damage, none of which may change the stream. The test is named by the row.
 */
#include <check.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/support/twins.h"

static struct frame f;
static struct twins t;

/* The first twin hears the segment with this urgent pointer, the second without. */
static void hear_urgent(uint8_t flags, uint16_t pointer, uint32_t ahead, const void *text,
                        size_t len)
{
    for (int i = 0; i < 2; i++) {
        t.p[i].seq += ahead;
        peer_frame(&t.p[i], &f, flags, text, len);
        t.p[i].seq -= ahead;
        if (i == 0) {
            frame_transport_at(&f)[13] |= TCP_URG;
            put_be16(frame_transport_at(&f) + 18, pointer);
            frame_fix_transport(&f);
        }
        host_hear(&t.h[i], &f);
    }
}

static void move(uint32_t len)
{
    t.p[0].seq += len;
    t.p[1].seq += len;
}

/* Urgent data is for later: it is text like any other, wherever the pointer leads. */
START_TEST(hostile_TCPH_09_urgent_pointers)
{
    static const char text[] = "urgent or not";
    const uint16_t len = sizeof(text) - 1;
    const uint16_t pointers[] = { 0, 1, len, (uint16_t)(len + 1), 0x8000, 65535 };

    twins_begin(&t);
    for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
        hear_urgent(TCP_ACK | TCP_PSH, pointers[i], 0, text, len); /* in order */
        move(len);
        twins_same(&t);
        twins_read(&t, text, len);
        hear_urgent(TCP_ACK, pointers[i], 5, text + 5, len - 5u); /* the second half first */
        twins_read(&t, "", 0);
        hear_urgent(TCP_ACK, pointers[i], 0, text, 5);
        move(len);
        twins_same(&t);
        twins_read(&t, text, len);
        hear_urgent(TCP_ACK, pointers[i], 0, NULL, 0); /* without text */
        twins_same(&t);
        twins_ready(&t);
    }
    hear_urgent(TCP_ACK | TCP_FIN, 1, 0, "x", 1);
    twins_same(&t);
    twins_read(&t, "x", 1);
    twins_ready(&t);
    twins_end(&t);
}
END_TEST

static void hear_urgent_syn(struct peer *p, uint8_t flags)
{
    peer_frame(p, &f, flags, NULL, 0);
    frame_transport_at(&f)[13] |= TCP_URG;
    put_be16(frame_transport_at(&f) + 18, 65535);
    frame_fix_transport(&f);
    p->seq++;
    host_hear(p->h, &f);
}

/* On a connection that was built by SYNs that crossed, and urgent ones at that. */
START_TEST(hostile_TCPH_09_urgent_on_crossing_syns)
{
    struct host h;
    struct peer p;
    struct sk_op op;
    uint8_t octets[8];
    size_t len = 3;
    sk_fd fd;

    host_begin(&h, NULL);
    host_meet(&h);
    peer_begin(&p, &h, 4000, 5000);
    fd = host_bound(&h, SK_STREAM, 5000);
    sk_op_connect(&op, fd, p.addr);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_poll(&h);
    peer_expect(&p, TCP_SYN);
    hear_urgent_syn(&p, TCP_SYN);
    peer_expect(&p, TCP_SYN | TCP_ACK);
    peer_frame(&p, &f, TCP_ACK, "stream", 6);
    frame_transport_at(&f)[13] |= TCP_URG;
    put_be16(frame_transport_at(&f) + 18, 3);
    frame_fix_transport(&f);
    host_hear(&h, &f);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    ck_assert_int_eq(host_recv(&h, fd, octets, &len, NULL), SK_OK);
    ck_assert(len == 3 && memcmp(octets, "str", 3) == 0);
    len = sizeof(octets);
    ck_assert_int_eq(host_recv(&h, fd, octets, &len, NULL), SK_OK);
    ck_assert(len == 3 && memcmp(octets, "eam", 3) == 0);
    host_free(&h);
}
END_TEST

/* All values of the four reserved bits, on a SYN, on text, on a bare ACK, and on RST. */
START_TEST(hostile_TCPH_10_reserved_bits)
{
    static const uint8_t flags[] = { TCP_ACK, TCP_ACK | TCP_PSH, TCP_ACK | TCP_ECE,
                                     TCP_ACK | TCP_CWR, TCP_ACK | TCP_FIN };

    twins_begin(&t);
    for (uint8_t reserved = 0; reserved < 16; reserved++) {
        for (size_t i = 0; i < sizeof(flags); i++) {
            bool fin = flags[i] & TCP_FIN;

            for (int j = 0; j < 2; j++) {
                peer_frame(&t.p[j], &f, flags[i], "x", fin ? 0 : 1);
                if (fin) { /* out of reach: acceptable, and not taken */
                    put_be32(frame_transport_at(&f) + 4, t.p[j].seq - 1);
                }
                if (j == 0) {
                    frame_transport_at(&f)[12] |= reserved;
                }
                frame_fix_transport(&f);
                host_hear(&t.h[j], &f);
            }
            twins_same(&t);
            if (!fin) {
                move(1);
                twins_read(&t, "x", 1);
            }
        }
    }
    twins_ready(&t);
    twins_end(&t);
}
END_TEST

static void expect_damage(struct host *h, struct peer *p, const char *text, size_t len)
{
    static const enum drop_reason allowed[] = { DROP_TCP_CHECKSUM, DROP_TCP_HEADER_LEN };
    size_t n_bits = 8 * (TCP_HDR_LEN + len);
    uint32_t before = host_drops(h, allowed[0]) + host_drops(h, allowed[1]);

    for (size_t bit = 0; bit < n_bits; bit++) {
        peer_frame(p, &f, TCP_ACK | TCP_PSH, text, len);
        frame_transport_at(&f)[bit / 8] ^= (uint8_t)(1u << bit % 8);
        host_hear(h, &f);
        host_silent(h);
    }
    EXPECT(host_drops(h, allowed[0]) + host_drops(h, allowed[1]) - before == n_bits);
}

/* Every bit of the segment, at odd and even lengths; and a length that only the pseudo-header
 * knows. */
START_TEST(hostile_TCPH_11_damage)
{
    static const char text[] = "the text of a segment";
    struct host h;
    struct peer p;
    uint8_t octets[64];
    size_t len;
    sk_fd fd;

    host_begin(&h, NULL);
    host_meet(&h);
    peer_begin(&p, &h, 4000, 80);
    fd = peer_accepted(&p, host_listener(&h, 80, 1));
    for (size_t n = 0; n < sizeof(text) - 1; n++) {
        expect_damage(&h, &p, text, n);
        ck_assert_uint_eq(sk_readiness(h.iface, fd) & SK_READABLE, 0);
    }
    for (size_t cut = 1; cut <= 4; cut++) { /* an IP packet that ends early, and says so */
        peer_frame(&p, &f, TCP_ACK, text, 9);
        f.len -= cut;
        put_be16(frame_ip_at(&f) + 2, (uint16_t)(f.len - ETH_HDR_LEN));
        frame_fix_ip(&f);
        host_hear_silent_drop(&h, &f, DROP_TCP_CHECKSUM);
    }
    peer_send(&p, TCP_ACK, "right", 5); /* what was there from the damaged ones is gone */
    len = sizeof(octets);
    ck_assert_int_eq(host_recv(&h, fd, octets, &len, NULL), SK_OK);
    ck_assert(len == 5 && memcmp(octets, "right", 5) == 0);
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { hostile_TCPH_09_urgent_pointers,
                                   hostile_TCPH_09_urgent_on_crossing_syns,
                                   hostile_TCPH_10_reserved_bits, hostile_TCPH_11_damage, NULL };

    return suite_run("hostile_tcp_text", tests);
}
