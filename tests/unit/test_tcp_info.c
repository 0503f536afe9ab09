/* SPDX-License-Identifier: BSD-3-Clause */
/* sk_tcp_info: what is told of a connection in each phase, and of sockets that have none. */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"

static struct host h;
static struct peer p;

static void begin(const struct tcp_profile *profile)
{
    struct host_setup setup = { .config = { .tcp = profile, .rcvbuf = 8192, .sndbuf = 8192 } };

    setup.config.buffers[0] = (struct sk_buffer_class){ 8192, 8 };
    host_begin(&h, &setup);
    host_meet(&h);
    memset(&p, 0, sizeof(p));
    peer_begin(&p, &h, 4000, 80);
    p.wnd = 8000;
    p.mss = 1000;
}

static struct sk_tcp_info info_of(sk_fd fd)
{
    struct sk_tcp_info info;

    memset(&info, 0xa5, sizeof(info));
    ck_assert_int_eq(sk_tcp_info(h.iface, fd, &info), SK_OK);
    return info;
}

START_TEST(who_has_none)
{
    struct sk_tcp_info info;
    sk_fd fd;

    begin(&sk_tcp_basic);
    ck_assert_int_eq(sk_tcp_info(h.iface, SK_FD_NONE, &info), SK_INVALID_SOCKET);
    ck_assert_int_eq(sk_tcp_info(h.iface, host_socket(&h, SK_DGRAM), &info), SK_NO_OPTION);
    fd = host_socket(&h, SK_STREAM);
    ck_assert_int_eq(info_of(fd).state, SK_TCP_CLOSED);
    ck_assert_uint_eq(info_of(fd).snd_mss, 0);
    fd = host_listener(&h, 80, 3);
    ck_assert_int_eq(info_of(fd).state, SK_TCP_LISTEN);
    ck_assert_uint_eq(info_of(fd).backlog, 3);
    ck_assert_uint_eq(info_of(fd).n_waiting, 0);
    peer_opens(&p);
    ck_assert_uint_eq(info_of(fd).n_waiting, 1);
    ck_assert_int_eq(sk_shutdown(h.iface, fd, SK_SHUT_RD, h.now), SK_OK);
    ck_assert_int_eq(info_of(fd).state, SK_TCP_CLOSED);
    host_free(&h);
}
END_TEST

START_TEST(of_one_that_begins)
{
    struct sk_tcp_info info;
    struct sk_op op;
    sk_fd fd;

    begin(&sk_tcp_full);
    fd = host_socket(&h, SK_STREAM);
    sk_op_connect(&op, fd, p.addr);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_poll(&h);
    info = info_of(fd);
    ck_assert_int_eq(info.state, SK_TCP_SYN_SENT);
    ck_assert_uint_eq(info.rtt, 0);
    ck_assert_uint_eq(info.rto, seconds(1));
    ck_assert_uint_eq(info.in_flight, 1); /* the SYN */
    ck_assert_uint_eq(info.path_mtu, 1500);
    ck_assert_uint_eq(info.cwnd, 0);
    ck_assert(!info.sack && !info.timestamps && !info.ecn && !info.wscale);
    host_run(&h, h.now + millis(1500));
    info = info_of(fd);
    ck_assert_uint_eq(info.retransmitted, 1);
    ck_assert_uint_eq(info.backoff, 1);
    ck_assert_uint_eq(info.rto, seconds(2));
    host_free(&h);
}
END_TEST

START_TEST(of_one_that_sends)
{
    static const char text[5000];
    struct sk_tcp_info info;
    sk_fd fd;

    begin(&sk_tcp_basic);
    fd = peer_accepted(&p, host_listener(&h, 80, 1));
    info = info_of(fd);
    ck_assert_int_eq(info.state, SK_TCP_ESTABLISHED);
    ck_assert_uint_eq(info.snd_mss, 1000);
    ck_assert_uint_eq(info.rcv_mss, 1460);
    ck_assert_uint_eq(info.ssthresh, UINT32_MAX);
    ck_assert_uint_eq(info.snd_wnd, 8000);
    ck_assert_uint_eq(info.rcv_wnd, 8192);
    ck_assert_uint_eq(info.rcv_space, 8192);
    ck_assert(!info.sack && !info.timestamps && !info.ecn && !info.wscale);
    ck_assert_int_eq(host_send(&h, fd, text, sizeof(text), NOBODY), SK_OK);
    host_poll(&h);
    info = info_of(fd);
    ck_assert_uint_ge(info.cwnd, 2000);
    ck_assert_uint_eq(info.in_flight, info.cwnd < 5000 ? info.cwnd : 5000);
    ck_assert_uint_eq(info.unsent, 5000 - info.in_flight);
    ck_assert_uint_eq(info.sent_ago, 0);
    ck_assert_uint_eq(info.retransmitted, 0);
    host_run(&h, h.now + millis(100));
    ck_assert_uint_ge(info_of(fd).sent_ago, millis(98));
    ck_assert_uint_le(info_of(fd).sent_ago, millis(102));
    ck_assert_uint_ge(info_of(fd).heard_ago, millis(98));
    host_run(&h, h.now + seconds(1));
    info = info_of(fd);
    ck_assert_uint_ge(info.backoff, 1);
    ck_assert_uint_ge(info.retransmitted, 1);
    ck_assert_uint_lt(info.ssthresh, 8000);
    ck_assert_uint_eq(info.cwnd, 1000);
    ck_assert(info.recovering);
    host_forget(&h);
    p.ack += 5000;
    host_free(&h);
}
END_TEST

START_TEST(of_one_that_receives)
{
    static const char text[1000];
    struct sk_tcp_info info;
    char read[400];
    size_t len = sizeof(read);
    sk_fd fd;

    begin(&sk_tcp_basic);
    fd = peer_accepted(&p, host_listener(&h, 80, 1));
    peer_send(&p, TCP_ACK, text, sizeof(text));
    info = info_of(fd);
    ck_assert_uint_eq(info.rcv_space, 8192 - 1000);
    ck_assert_uint_eq(info.rcv_wnd, 8192 - 1000);
    ck_assert_int_eq(host_recv(&h, fd, read, &len, NULL), SK_OK);
    ck_assert_uint_eq(info_of(fd).rcv_space, 8192 - 600);
    peer_send(&p, TCP_FIN | TCP_ACK, NULL, 0);
    ck_assert_int_eq(info_of(fd).state, SK_TCP_CLOSE_WAIT);
    host_free(&h);
}
END_TEST

START_TEST(of_its_options)
{
    struct tcp_hdr syn = { .seq = 1000,
                           .flags = TCP_SYN | TCP_ECE | TCP_CWR,
                           .wnd = 8000,
                           .mss = 1000,
                           .wscale = 3,
                           .has_timestamps = true,
                           .tsval = 77,
                           .sack_permitted = true };
    struct tcp_hdr ack = { .seq = 1001,
                           .flags = TCP_ACK,
                           .wnd = 1000,
                           .wscale = TCP_NO_WSCALE,
                           .has_timestamps = true,
                           .tsval = 78 };
    static struct frame f;
    struct sk_tcp_info info;
    struct sk_op op;
    sk_fd listener;

    begin(&sk_tcp_full);
    listener = host_listener(&h, 80, 1);
    frame_tcp(&f, p.addr, (struct sk_addr){ HOST_IP, 80 }, syn, NULL, 0);
    host_hear(&h, &f);
    const struct sent *answer = host_sent(&h);
    ck_assert_ptr_nonnull(answer);
    ack.ack = answer->tcp.seq + 1;
    ack.tsecr = answer->tcp.tsval;
    frame_tcp(&f, p.addr, (struct sk_addr){ HOST_IP, 80 }, ack, NULL, 0);
    host_hear(&h, &f);
    sk_op_accept(&op, listener);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    info = info_of(op.u.accepted);
    ck_assert(info.sack && info.timestamps && info.ecn && info.wscale);
    ck_assert_uint_eq(info.snd_wscale, 3);
    ck_assert_uint_eq(info.rcv_wscale, 0);
    ck_assert_uint_eq(info.snd_mss, 988);
    ck_assert_uint_eq(info.snd_wnd, 8000);
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { who_has_none,         of_one_that_begins, of_one_that_sends,
                                   of_one_that_receives, of_its_options,     NULL };

    return suite_run("tcp_info", tests);
}
