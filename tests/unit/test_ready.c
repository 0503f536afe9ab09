/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Readiness: what each state says, and that sk_iface_ready names the sockets that changed, each
 * change once, none lost, and no other socket.
 */
#include <check.h>
#include <string.h>

#include "base/tick.h"
#include "tests/support/peer.h"
#include "tests/support/suite.h"

#define NOT_OPEN (SK_WRITABLE | SK_HANGUP)
#define ENDED (SK_READABLE | SK_WRITABLE | SK_PEER_CLOSED | SK_HANGUP)

static struct host h;
static struct frame f;
static struct peer p;

static void begin(void)
{
    host_begin(&h, NULL);
    host_meet(&h);
    peer_begin(&p, &h, 4000, 80);
}

static void is(sk_fd fd, uint32_t readiness)
{
    EXPECT_MSG(sk_readiness(h.iface, fd) == readiness, "readiness %#x instead of %#x",
               sk_readiness(h.iface, fd), readiness);
}

/* One event, for this socket and as its readiness is. */
#define told(fd, readiness) told_at(fd, readiness, __LINE__)
static void told_at(sk_fd fd, uint32_t readiness, int line)
{
    struct sk_event events[4];
    size_t n = sk_iface_ready(h.iface, events, 4);

    EXPECT_MSG(n == 1 && events[0].fd == fd && events[0].readiness == readiness,
               "line %d: %zu events, readiness %#x", line, n, n ? events[0].readiness : 0u);
    is(fd, readiness);
}

static void told_nothing(void)
{
    struct sk_event event;

    EXPECT(sk_iface_ready(h.iface, &event, 1) == 0);
}

START_TEST(a_stream_from_its_beginning_to_its_end)
{
    struct sk_op op;
    uint8_t octets[8];
    size_t len = sizeof(octets);
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_STREAM, 5000);
    p.host.port = 5000;
    is(fd, NOT_OPEN);
    told_nothing();
    sk_op_connect(&op, fd, p.addr);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    told(fd, 0); /* SYN-SENT */
    host_poll(&h);
    peer_expect(&p, TCP_SYN);
    told_nothing();
    peer_send(&p, TCP_SYN | TCP_ACK, NULL, 0);
    peer_expect(&p, TCP_ACK);
    told(fd, SK_WRITABLE);
    peer_send(&p, TCP_ACK, "text", 4);
    told(fd, SK_WRITABLE | SK_READABLE);
    peer_send(&p, TCP_ACK, "text", 4);
    told_nothing(); /* still readable */
    ck_assert_int_eq(host_recv(&h, fd, octets, &len, NULL), SK_OK);
    ck_assert_uint_eq(len, 8);
    told(fd, SK_WRITABLE);
    peer_send(&p, TCP_FIN | TCP_ACK, NULL, 0);
    while (peer_hear(&p)) {
    }
    told(fd, SK_WRITABLE | SK_READABLE | SK_PEER_CLOSED);
    ck_assert_int_eq(host_recv(&h, fd, octets, &len, NULL), SK_OK);
    ck_assert_uint_eq(len, 0);
    told_nothing();
    ck_assert_int_eq(sk_shutdown(h.iface, fd, SK_SHUT_WR, h.now), SK_OK);
    told(fd, ENDED);
    host_poll(&h);
    peer_expect(&p, TCP_ACK | TCP_FIN);
    peer_send(&p, TCP_ACK, NULL, 0);
    is(fd, ENDED); /* closed */
    told_nothing();
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    told_nothing();
    host_end(&h);
}
END_TEST

START_TEST(a_full_send_buffer)
{
    static uint8_t text[CONFIG_BUFFER_SIZE];
    sk_fd fd;

    begin();
    p.wnd = 0;
    fd = peer_accepted(&p, host_listener(&h, 80, 1));
    while (sk_iface_ready(h.iface, &(struct sk_event){ 0 }, 1)) {
    }
    ck_assert_int_eq(host_send(&h, fd, text, sizeof(text), NOBODY), SK_OK);
    told(fd, 0);
    host_poll(&h);
    p.wnd = 100;
    peer_send(&p, TCP_ACK, NULL, 0);
    is(fd, 0);
    while (peer_hear(&p)) {
    }
    peer_send(&p, TCP_ACK, NULL, 0);
    told(fd, SK_WRITABLE);
    host_free(&h);
}
END_TEST

/* RFC 9293 3.8.3 (d): after R1, and long before R2. */
START_TEST(a_peer_that_fell_silent_is_told_of)
{
    instant began;
    sk_fd fd;

    begin();
    fd = peer_accepted(&p, host_listener(&h, 80, 1));
    while (sk_iface_ready(h.iface, &(struct sk_event){ 0 }, 1)) {
    }
    began = h.now;
    ck_assert_int_eq(host_send(&h, fd, "text", 4, NOBODY), SK_OK);
    host_run(&h, began + millis(200 + 400));
    told_nothing();
    host_run(&h, began + millis(200 + 400 + 800 + 10));
    told(fd, SK_WRITABLE | SK_UNANSWERED);
    host_run(&h, began + seconds(10));
    told_nothing();
    while (peer_hear(&p)) {
    }
    peer_send(&p, TCP_ACK, NULL, 0);
    told(fd, SK_WRITABLE);
    ck_assert_int_eq(host_send(&h, fd, "text", 4, NOBODY), SK_OK);
    host_run(&h, h.now + seconds(1000));
    told(fd, ENDED | SK_ERROR);
    host_free(&h);
}
END_TEST

/* A window that stays closed is no silence. */
START_TEST(a_peer_that_takes_nothing_answers)
{
    sk_fd fd;

    begin();
    p.wnd = 0;
    fd = peer_accepted(&p, host_listener(&h, 80, 1));
    while (sk_iface_ready(h.iface, &(struct sk_event){ 0 }, 1)) {
    }
    ck_assert_int_eq(host_send(&h, fd, "text", 4, NOBODY), SK_OK);
    host_run(&h, h.now + seconds(10));
    told_nothing();
    host_free(&h);
}
END_TEST

START_TEST(a_reset_is_an_error_until_it_is_told)
{
    uint8_t octet;
    size_t len = 1;
    sk_fd fd;

    begin();
    fd = peer_accepted(&p, host_listener(&h, 80, 2));
    while (sk_iface_ready(h.iface, &(struct sk_event){ 0 }, 1)) {
    }
    peer_send(&p, TCP_RST, NULL, 0);
    told(fd, ENDED | SK_ERROR);
    ck_assert_int_eq(host_recv(&h, fd, &octet, &len, NULL), SK_RESET);
    told(fd, ENDED);
    ck_assert_int_eq(host_recv(&h, fd, &octet, &len, NULL), SK_OK);
    ck_assert_uint_eq(len, 0);
    ck_assert_int_eq(host_send(&h, fd, "x", 1, NOBODY), SK_PIPE);
    host_free(&h);
}
END_TEST

START_TEST(a_refused_connection_is_an_error)
{
    struct sk_op op;
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_STREAM, 80);
    sk_op_connect(&op, fd, p.addr);
    ck_assert_int_eq(host_try(&h, &op), SK_PENDING);
    host_poll(&h);
    peer_expect(&p, TCP_SYN);
    peer_send(&p, TCP_RST | TCP_ACK, NULL, 0);
    told(fd, ENDED | SK_ERROR);
    ck_assert_int_eq(host_option(&h, fd, SK_SO_ERROR), SK_REFUSED);
    told(fd, ENDED);
    ck_assert_int_eq(host_option(&h, fd, SK_SO_ERROR), SK_OK);
    host_free(&h);
}
END_TEST

/* True when one of the events since the last call is this. */
static bool was_told(sk_fd fd, uint32_t readiness)
{
    struct sk_event events[8];
    size_t n = sk_iface_ready(h.iface, events, 8);
    bool seen = false;

    for (size_t i = 0; i < n; i++) {
        seen |= events[i].fd == fd && events[i].readiness == readiness;
    }
    return seen;
}

static void accept_one(sk_fd listener)
{
    struct sk_op op;

    sk_op_accept(&op, listener);
    EXPECT(host_try(&h, &op) == SK_OK);
}

/* No event is lost between two connections of which the first was accepted at once, whether the
 * program looks in between or not. */
START_TEST(a_listener_tells_of_every_connection)
{
    sk_fd listener;

    begin();
    listener = host_listener(&h, 80, 4);
    is(listener, 0);
    for (int i = 0; i < 4; i++) {
        p.addr.port++;
        peer_opens(&p);
        ck_assert(was_told(listener, SK_READABLE));
        accept_one(listener);
        is(listener, 0);
        if (i == 2) {
            ck_assert(was_told(listener, 0));
        }
    }
    host_free(&h);
}
END_TEST

START_TEST(a_datagram_socket)
{
    static uint8_t text[1400];
    struct sk_addr to = { PEER_IP, 4000 };
    struct sk_addr nobody = { ip4(0x0a00004d), 9 };
    size_t len = sizeof(text);
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_DGRAM, 5000);
    is(fd, SK_WRITABLE);
    told_nothing();
    frame_udp(&f, to, (struct sk_addr){ HOST_IP, 5000 }, "x", 1);
    host_hear(&h, &f);
    told(fd, SK_WRITABLE | SK_READABLE);
    ck_assert_int_eq(host_recv(&h, fd, text, &len, NULL), SK_OK);
    told(fd, SK_WRITABLE);
    /* Full, and then room again: the event comes also if nobody looked while it was full. */
    for (int look = 0; look < 2; look++) {
        while (host_send(&h, fd, text, sizeof(text), to) == SK_OK) {
        }
        is(fd, 0);
        if (look) {
            told(fd, 0);
        }
        host_poll(&h);
        told(fd, SK_WRITABLE);
    }
    /* An error, told once, and the next one is an event again. */
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(host_send(&h, fd, "x", 1, nobody), SK_OK);
        host_run(&h, h.now + seconds(4));
        told(fd, SK_WRITABLE | SK_READABLE | SK_ERROR);
        len = sizeof(text);
        ck_assert_int_eq(host_recv(&h, fd, text, &len, NULL), SK_HOST_UNREACHABLE);
        is(fd, SK_WRITABLE);
        if (i > 0) {
            told(fd, SK_WRITABLE);
        }
    }
    host_free(&h);
}
END_TEST

/* Three of many changed: those three, whatever room the program gives, and then nothing. */
START_TEST(exactly_those_that_changed)
{
    enum { N = 300 };
    struct host_setup setup = { .config = { .n_udp = N } };
    static const uint16_t changed[] = { 7, 77, 277 };
    struct sk_event events[N];
    sk_fd fds[N];

    host_begin(&h, &setup);
    host_meet(&h);
    for (uint16_t i = 0; i < N; i++) {
        fds[i] = host_bound(&h, SK_DGRAM, (uint16_t)(5000 + i));
    }
    told_nothing();
    for (size_t room = 1; room <= 4; room++) {
        size_t n = 0;
        size_t got;

        for (size_t i = 0; i < 3; i++) {
            frame_udp(&f, (struct sk_addr){ PEER_IP, 4000 },
                      (struct sk_addr){ HOST_IP, (uint16_t)(5000 + changed[i]) }, "x", 1);
            host_hear(&h, &f);
            host_hear(&h, &f); /* twice the same change */
        }
        do {
            got = sk_iface_ready(h.iface, events + n, room);
            n += got;
        } while (got > 0);
        ck_assert_uint_eq(n, 3);
        for (size_t i = 0; i < 3; i++) {
            char octet;
            size_t len = 1;

            ck_assert(events[i].fd == fds[changed[i]] && events[i].readiness & SK_READABLE);
            ck_assert_int_eq(host_recv(&h, events[i].fd, &octet, &len, NULL), SK_OK);
            ck_assert_int_eq(host_recv(&h, events[i].fd, &octet, &len, NULL), SK_OK);
        }
        ck_assert_uint_eq(sk_iface_ready(h.iface, events, N), 3);
        told_nothing();
    }
    host_free(&h);
}
END_TEST

/* Whoever found no room is not told of less. */
START_TEST(a_datagram_that_needs_more_than_half_of_the_queue)
{
    static uint8_t text[1400];
    struct host_setup setup = { .config = { .sndbuf = 2048 } };
    struct sk_addr to = { PEER_IP, 9 };
    sk_fd fd;

    setup.config.buffers[0] = (struct sk_buffer_class){ 2048, 8 };
    setup.config.buffers[1] = (struct sk_buffer_class){ 4096, 8 };
    host_begin(&h, &setup);
    host_meet(&h);
    fd = host_bound(&h, SK_DGRAM, 5000);
    while (sk_iface_ready(h.iface, &(struct sk_event){ 0 }, 1)) {
    }
    ck_assert_int_eq(host_send(&h, fd, text, 600, to), SK_OK);
    is(fd, SK_WRITABLE);
    told_nothing(); /* half of the queue is free */
    ck_assert_int_eq(host_send(&h, fd, text, sizeof(text), to), SK_PENDING);
    told(fd, 0);
    host_poll(&h);
    told(fd, SK_WRITABLE);
    ck_assert_int_eq(host_send(&h, fd, text, sizeof(text), to), SK_OK);
    told(fd, 0);
    host_poll(&h);
    told(fd, SK_WRITABLE);
    ck_assert_int_eq(host_send(&h, fd, text, 600, to), SK_OK);
    told_nothing(); /* what was wanted is forgotten */
    host_free(&h);
}
END_TEST

static void peer_sends_urgent(uint16_t up)
{
    peer_frame(&p, &f, TCP_ACK | TCP_URG, "text", 4);
    put_be16(frame_transport_at(&f) + 18, up);
    frame_fix_transport(&f);
    host_hear(&h, &f);
    p.seq += 4;
    host_forget(&h);
}

/* RFC 9293 MUST-32, MUST-33: when it appears, and when more becomes urgent. */
START_TEST(urgent_data)
{
    uint8_t octets[8];
    size_t len = 3;
    sk_fd fd;

    begin();
    fd = peer_accepted(&p, host_listener(&h, 80, 1));
    while (sk_iface_ready(h.iface, &(struct sk_event){ 0 }, 1)) {
    }
    ck_assert_uint_eq(sk_urgent(h.iface, fd), 0);
    peer_sends_urgent(4);
    told(fd, SK_WRITABLE | SK_READABLE | SK_URGENT);
    ck_assert_uint_eq(sk_urgent(h.iface, fd), 4);
    peer_sends_urgent(0);
    told_nothing();
    peer_sends_urgent(4);
    told(fd, SK_WRITABLE | SK_READABLE | SK_URGENT);
    ck_assert_uint_eq(sk_urgent(h.iface, fd), 12);
    ck_assert_int_eq(host_recv(&h, fd, octets, &len, NULL), SK_OK);
    ck_assert_uint_eq(sk_urgent(h.iface, fd), 9);
    for (int i = 0; i < 3; i++) {
        len = 3;
        ck_assert_int_eq(host_recv(&h, fd, octets, &len, NULL), SK_OK);
    }
    ck_assert_uint_eq(sk_urgent(h.iface, fd), 0);
    told(fd, SK_WRITABLE);
    ck_assert_uint_eq(sk_urgent(h.iface, 12345), 0);
    host_free(&h);
}
END_TEST

START_TEST(how_much_of_a_stream_is_unread)
{
    uint8_t octets[8];
    size_t len = 3;
    sk_fd listener;
    sk_fd fd;

    begin();
    listener = host_listener(&h, 80, 1);
    ck_assert_uint_eq(sk_unread(h.iface, listener), 0);
    fd = peer_accepted(&p, listener);
    ck_assert_uint_eq(sk_unread(h.iface, fd), 0);
    peer_send(&p, TCP_ACK, "abcd", 4);
    peer_send(&p, TCP_ACK, "efg", 3);
    ck_assert_uint_eq(sk_unread(h.iface, fd), 7);
    ck_assert_int_eq(host_recv(&h, fd, octets, &len, NULL), SK_OK);
    ck_assert_uint_eq(sk_unread(h.iface, fd), 4);
    peer_send(&p, TCP_ACK | TCP_FIN, NULL, 0);
    ck_assert_uint_eq(sk_unread(h.iface, fd), 4);
    ck_assert_uint_eq(sk_unread(h.iface, 12345), 0);
    host_free(&h);
}
END_TEST

START_TEST(how_much_of_a_datagram_is_unread)
{
    const struct sk_addr to = { ip4(0x7f000001), 5000 };
    uint8_t octets[8];
    size_t len = sizeof(octets);
    sk_fd fd;
    sk_fd fresh;

    begin();
    ck_assert_int_eq(sk_socket(h.iface, SK_DGRAM, &fresh), SK_OK);
    ck_assert_uint_eq(sk_unread(h.iface, fresh), 0);
    fd = host_bound(&h, SK_DGRAM, 5000);
    ck_assert_int_eq(host_send(&h, fd, "text", 4, to), SK_OK);
    ck_assert_int_eq(host_send(&h, fd, "more of it", 10, to), SK_OK);
    host_poll(&h);
    ck_assert_uint_eq(sk_unread(h.iface, fd), 4);
    ck_assert_int_eq(host_recv(&h, fd, octets, &len, NULL), SK_OK);
    ck_assert_uint_eq(sk_unread(h.iface, fd), 10);
    host_free(&h);
}
END_TEST

START_TEST(what_is_sent_urgent_is_marked)
{
    struct sk_iov iov = { (void *)(uintptr_t) "text", 4 };
    const struct sent *s;
    struct sk_op op;
    sk_fd fd;

    begin();
    fd = peer_accepted(&p, host_listener(&h, 80, 1));
    sk_op_send(&op, fd, &iov, 1, NOBODY, SK_OP_URGENT);
    ck_assert_int_eq(host_try(&h, &op), SK_OK);
    host_poll(&h);
    s = peer_hear(&p);
    ck_assert(s && s->tcp.flags & TCP_URG && s->tcp.up == 4);
    peer_send(&p, TCP_ACK, NULL, 0);
    ck_assert_int_eq(host_send(&h, fd, "text", 4, NOBODY), SK_OK);
    host_poll(&h);
    s = peer_hear(&p);
    ck_assert(s && !(s->tcp.flags & TCP_URG) && s->tcp.up == 0);
    host_free(&h);
}
END_TEST

/* A socket that is closed is not told of, though it changed before. */
START_TEST(nothing_of_a_closed_socket)
{
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_DGRAM, 5000);
    frame_udp(&f, (struct sk_addr){ PEER_IP, 4000 }, (struct sk_addr){ HOST_IP, 5000 }, "x", 1);
    host_hear(&h, &f);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    told_nothing();
    host_end(&h);
}
END_TEST

/* ---- The watcher of a port with threads ---- */

static sk_fd watched[4];
static size_t n_watched;

static void watch(void *context, sk_fd fd)
{
    EXPECT(context == &h);
    EXPECT(n_watched < 4);
    watched[n_watched++] = fd;
}

static struct sk_watch watcher = { .changed = watch, .context = &h };

static void watched_is(size_t n, sk_fd first, sk_fd last)
{
    ck_assert_uint_eq(n_watched, n);
    ck_assert(watched[0] == first && watched[n - 1] == last);
    n_watched = 0;
}

START_TEST(the_watcher_hears_of_sockets_and_of_polls)
{
    sk_fd fd;

    begin();
    fd = host_bound(&h, SK_DGRAM, 5000);
    sk_iface_watch(h.iface, &watcher);
    n_watched = 0;
    host_poll(&h);
    ck_assert_uint_eq(n_watched, 0); /* nothing happened */
    frame_udp(&f, (struct sk_addr){ PEER_IP, 4000 }, (struct sk_addr){ HOST_IP, 5000 }, "x", 1);
    host_hear(&h, &f);
    watched_is(2, fd, SK_FD_NONE);
    frame_icmp(&f, PEER_IP, HOST_IP, (struct icmp4_hdr){ .type = ICMP4_ECHO_REQUEST }, "x", 1);
    host_hear(&h, &f);
    watched_is(1, SK_FD_NONE, SK_FD_NONE);
    ck_assert_int_eq(sk_close(h.iface, fd, h.now), SK_OK);
    watched_is(1, fd, fd);
    sk_iface_unwatch(h.iface, &watcher);
    frame_icmp(&f, PEER_IP, HOST_IP, (struct icmp4_hdr){ .type = ICMP4_ECHO_REQUEST }, "x", 1);
    host_hear(&h, &f);
    ck_assert_uint_eq(n_watched, 0);
    host_free(&h);
}
END_TEST

/* Who looks at an option changes nothing; but an error that was told is none any more. */
START_TEST(the_watcher_hears_of_no_question)
{
    const struct sent *s;
    int32_t value;
    sk_fd fd;

    begin();
    fd = host_socket(&h, SK_DGRAM);
    ck_assert_int_eq(sk_set_peer(h.iface, fd, (struct sk_addr){ PEER_IP, 4000 }), SK_OK);
    sk_iface_watch(h.iface, &watcher);
    n_watched = 0;
    for (int i = 0; i < SK_N_OPTIONS; i++) {
        sk_get(h.iface, fd, (enum sk_option)i, &value);
    }
    ck_assert_uint_eq(n_watched, 0);
    sk_iface_unwatch(h.iface, &watcher);
    ck_assert_int_eq(host_send(&h, fd, "x", 1, (struct sk_addr){ .port = 0 }), SK_OK);
    host_poll(&h);
    s = host_sent(&h);
    frame_icmp_error(&f, PEER_IP, ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, s->ip_at, 28);
    host_hear(&h, &f);
    sk_iface_watch(h.iface, &watcher);
    ck_assert_int_eq(sk_get(h.iface, fd, SK_SO_ERROR, &value), SK_OK);
    ck_assert_int_eq(value, SK_REFUSED);
    watched_is(1, fd, fd);
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { a_stream_from_its_beginning_to_its_end,
                                   a_full_send_buffer,
                                   a_peer_that_fell_silent_is_told_of,
                                   a_peer_that_takes_nothing_answers,
                                   a_reset_is_an_error_until_it_is_told,
                                   a_refused_connection_is_an_error,
                                   a_listener_tells_of_every_connection,
                                   a_datagram_socket,
                                   exactly_those_that_changed,
                                   nothing_of_a_closed_socket,
                                   a_datagram_that_needs_more_than_half_of_the_queue,
                                   urgent_data,
                                   how_much_of_a_stream_is_unread,
                                   how_much_of_a_datagram_is_unread,
                                   what_is_sent_urgent_is_marked,
                                   the_watcher_hears_of_sockets_and_of_polls,
                                   the_watcher_hears_of_no_question,
                                   NULL };

    return suite_run("ready", tests);
}
