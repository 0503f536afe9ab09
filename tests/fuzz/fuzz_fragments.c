/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fragments of a few datagrams in any order, four octets each. All agree on what is where, so that
 * what is delivered has to be that, whatever came twice, overlapped or was never there.
 */
#include "fuzz_host.h"

#define N_DATAGRAMS 4
#define LEN 3000 /* octets behind the IP header */

/* A UDP datagram that says how long it is, and no checksum. */
static void content(uint8_t out[LEN])
{
    for (size_t i = 0; i < LEN; i++) {
        out[i] = (uint8_t)(i * 31 + i / 256);
    }
    put_be16(out, 9);
    put_be16(out + 2, PORT);
    put_be16(out + 4, LEN);
    put_be16(out + 6, 0);
}

static void check_delivered(const uint8_t *whole)
{
    static uint8_t got[LEN + 1];
    struct sk_iov iov = { got, sizeof(got) };
    struct sk_op op;

    for (;;) {
        sk_op_recv(&op, datagrams, &iov, 1, 0);
        if (op.poll(&op, iface, fuzz_now) != SK_OK) {
            return;
        }
        REQUIRE(op.done == LEN - UDP_HDR_LEN);
        REQUIRE(memcmp(got, whole + UDP_HDR_LEN, op.done) == 0);
    }
}

static void hear_fragment(const uint8_t *whole, struct cursor *c)
{
    uint8_t packet[MTU];
    uint8_t which = next_octet(c);
    size_t start = (size_t)next_octet(c) * 8 * 2;
    size_t len = (size_t)next_octet(c) * 8;
    uint8_t more = next_octet(c);
    struct ip_hdr ip = {
        .src = PEER_IP, .dst = HOST_IP, .proto = IP_PROTO_UDP, .ttl = 64, .id = which % N_DATAGRAMS
    };

    start = start < LEN ? start : LEN - 8;
    len = len < LEN - start ? len : LEN - start;
    len = len < MTU - IPV4_HDR_LEN ? len : MTU - IPV4_HDR_LEN - 4;
    ip.payload_len = (uint16_t)len;
    ip.frag_offset = (uint16_t)start;
    ip.more_frags = start + len < LEN || more > 250; /* a lie, now and then */
    ipv4_emit(packet, &ip);
    memcpy(packet + IPV4_HDR_LEN, whole + start, len);
    pass((which >> 2) * millis(500));
    hear(packet, IPV4_HDR_LEN + len);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    struct cursor c = cursor_over(octets, len);
    static uint8_t whole[LEN];

    content(whole);
    host_begin(LINK_IP);
    while (c.left > 0) {
        hear_fragment(whole, &c);
        check_delivered(whole);
    }
    host_end();
    return 0;
}
