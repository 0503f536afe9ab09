/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every drop reason has an input that raises it: the counter moves by one, no other does, and the
 * trace sees it.
 */
#include <check.h>
#include <string.h>

#include "tests/support/drop_inputs.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"

_Static_assert(N_DROP_INPUTS_IP + N_DROP_INPUTS_TCP + N_DROP_INPUTS_FRAGMENTS == N_DROP_REASONS - 1,
               "a drop reason has no input that raises it");

static bool is_of_fragments(int i)
{
    return i < N_DROP_INPUTS_FRAGMENTS;
}

static const struct drop_input *input(int i)
{
    if (is_of_fragments(i)) {
        return &drop_inputs_fragments[i];
    }
    i -= N_DROP_INPUTS_FRAGMENTS;
    return i < N_DROP_INPUTS_IP ? &drop_inputs_ip[i] : &drop_inputs_tcp[i - N_DROP_INPUTS_IP];
}

static void walk(const struct drop_input *in, bool fragments)
{
    struct host_setup setup = {
        .dhcp = in->dhcp,
        .no_gateway = in->no_gateway,
        .config = { .tcp = &sk_tcp_full, .multicast = &sk_multicast, .n_netifs = 3 }
    };
    struct host h;

    setup.config.dns[0].addr = PEER_IP;
    setup.config.fragments = fragments ? &sk_ip_fragments : NULL;
    host_begin(&h, &setup);
    if (!in->dhcp) {
        host_meet(&h);
    }
    host_poll(&h);
    host_forget(&h);
    in->raise(&h);
    for (int i = 1; i < N_DROP_REASONS; i++) {
        enum drop_reason reason = (enum drop_reason)i;
        uint32_t counted = host_drops(&h, reason);

        ck_assert_msg(h.traced[i] == counted, "%s: counted %u, traced %u",
                      sk_drop_reason_name(reason), counted, h.traced[i]);
        if (reason != in->with) {
            ck_assert_msg(counted == (reason == in->reason), "%s was counted %u times by %s",
                          sk_drop_reason_name(reason), counted, sk_drop_reason_name(in->reason));
        }
    }
    host_free(&h);
}

START_TEST(every_reason_is_raised_by_something)
{
    for (int i = 0; i < N_DROP_REASONS - 1; i++) {
        walk(input(i), is_of_fragments(i));
    }
}
END_TEST

START_TEST(every_reason_has_an_input_and_a_name)
{
    bool seen[N_DROP_REASONS] = { true };

    for (int i = 0; i < N_DROP_REASONS - 1; i++) {
        enum drop_reason reason = input(i)->reason;

        ck_assert_msg(!seen[reason], "%s twice, or an entry is empty", sk_drop_reason_name(reason));
        ck_assert(input(i)->raise != NULL);
        ck_assert_str_ne(sk_drop_reason_name(reason), "?");
        seen[reason] = true;
    }
}
END_TEST

/* A chip says how many it lost since it was asked last. */
START_TEST(a_link_may_lose_several_at_once)
{
    struct host h;

    host_begin(&h, NULL);
    link_dropped(&h.link.link, 0, DROP_LINK_LOST, NULL);
    ck_assert_uint_eq(h.traced[DROP_LINK_LOST], 0);
    link_dropped(&h.link.link, 3, DROP_LINK_LOST, NULL);
    link_dropped(&h.link.link, 2, DROP_LINK_LOST, NULL);
    ck_assert_uint_eq(h.link.link.drops[DROP_LINK_LOST], 5);
    ck_assert_uint_eq(host_drops(&h, DROP_LINK_LOST), 5);
    ck_assert_uint_eq(h.traced[DROP_LINK_LOST], 2);
    host_free(&h);
}
END_TEST

/* Whose a packet is: the socket that sent it, or that it was dropped at. */
START_TEST(the_trace_names_the_socket)
{
    static uint8_t text[1400];
    struct sk_addr to = { PEER_IP, 9 };
    struct host h;
    struct frame f;
    struct peer p;
    sk_fd datagram;
    sk_fd listener;
    sk_fd stream;

    host_begin(&h, NULL);
    host_meet(&h);
    ck_assert_uint_eq(h.traced_fd, SK_FD_NONE); /* ARP */
    peer_begin(&p, &h, 4000, 80);
    listener = host_listener(&h, 80, 1);
    peer_send(&p, TCP_RST, NULL, 0);
    ck_assert_uint_eq(h.traced_fd, listener);
    stream = peer_accepted(&p, listener);
    ck_assert_int_eq(host_send(&h, stream, "x", 1, NOBODY), SK_OK);
    host_poll(&h);
    ck_assert_uint_eq(h.traced_fd, stream);
    datagram = host_bound(&h, SK_DGRAM, 5000);
    ck_assert_int_eq(host_send(&h, datagram, "x", 1, to), SK_OK);
    host_poll(&h);
    ck_assert_uint_eq(h.traced_fd, datagram);
    peer_frame(&p, &f, TCP_ACK, "text", 4);
    f.at[f.len - 1] ^= 1;
    host_hear_drop(&h, &f, DROP_TCP_CHECKSUM);
    ck_assert_uint_eq(h.traced_fd, stream);
    frame_udp(&f, to, (struct sk_addr){ HOST_IP, 5000 }, text, sizeof(text));
    while (host_drops(&h, DROP_UDP_QUEUE_FULL) == 0) {
        host_hear(&h, &f);
    }
    ck_assert_uint_eq(h.traced_fd, datagram);
    peer_send(&p, 0, NULL, 0); /* no ACK */
    ck_assert_uint_eq(h.traced_fd, stream);
    frame_udp(&f, to, (struct sk_addr){ HOST_IP, 5001 }, text, 1);
    host_hear_drop(&h, &f, DROP_UDP_NO_SOCKET);
    ck_assert_uint_eq(h.traced_fd, SK_FD_NONE);
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { every_reason_has_an_input_and_a_name,
                                   every_reason_is_raised_by_something,
                                   a_link_may_lose_several_at_once, the_trace_names_the_socket,
                                   NULL };

    return suite_run("drops", tests);
}
