/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What libslirp does with TCP connections that it should not, and what the link makes of it. The
 * guest's segments are made by hand; its clock stands still where libslirp's timers must not help.
 */
#define _GNU_SOURCE /* accept4 */
#include "tests/support/slirp_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>

#include "link/own_fds.h"

#define WINDOW 65535
#define BLOCK 1000 /* octets */

/* The guest's end of a connection. */
struct guest {
    uint16_t port;
    uint16_t host_port;
    uint32_t nxt;
    uint32_t ack;
    uint32_t una;  /* what libslirp has */
    uint16_t wnd;  /* libslirp's */
    uint8_t flags; /* of the last segment that arrived */
    uint32_t n_segments;
};

static instant frozen; /* 0: time goes on */

static instant moment(void)
{
    return frozen != 0 ? frozen : now();
}

static int listener;
static struct sockaddr_in server;

static void introduce(void)
{
    struct arp_hdr arp = { .op = ARP_REQUEST, .spa = ip4(SLIRP_GUEST), .tpa = ip4(SLIRP_HOST) };
    struct pkt *p = sk_pkt_alloc(&pool, HEADROOM);
    struct cursor c;

    arp.sha = link_->mac;
    arp_emit(sk_pkt_put(p, ARP_LEN), &arp);
    transmit(p, ETH_TYPE_ARP);
    sk_pkt_free(receive(ETH_TYPE_ARP, &c));
}

static void begin(uint16_t mtu)
{
    struct slirp_link_config config = { .mtu = mtu };

    frozen = 0;
    start(&config);
    introduce();
    listener = host_socket(SOCK_STREAM, &server);
    ck_assert_int_eq(listen(listener, 100), 0);
}

static void finish(void)
{
    close(listener);
    end();
    ck_assert_int_eq(sk_own_fd_next(0), -1);
}

static size_t n_own(void)
{
    size_t n = 0;

    for (int fd = sk_own_fd_next(0); fd >= 0; fd = sk_own_fd_next(fd + 1)) {
        n++;
    }
    return n;
}

/* ---- Segments ---- */

static struct pkt *segment(const struct guest *g, uint8_t flags, const void *text, uint32_t len)
{
    struct ip_hdr ip = { .src = ip4(SLIRP_GUEST), .dst = ip4(SLIRP_HOST), .proto = IP_PROTO_TCP };
    struct tcp_hdr tcp = { .src_port = g->port,
                           .dst_port = g->host_port,
                           .seq = g->nxt,
                           .ack = flags & TCP_ACK ? g->ack : 0,
                           .wnd = WINDOW,
                           .len = len,
                           .wscale = TCP_NO_WSCALE,
                           .flags = flags };
    struct pkt *p = payload(text, len);

    uint16_t sum = sum_add(0, sk_pkt_data(p), len);

    ip.payload_len = (uint16_t)(TCP_HDR_LEN + len);
    tcp_emit(sk_pkt_push(p, TCP_HDR_LEN), &ip, &tcp, sum);
    return p;
}

static void say(struct guest *g, uint8_t flags, const void *text, uint32_t len)
{
    transmit_ip(segment(g, flags, text, len), SLIRP_GUEST, SLIRP_HOST, IP_PROTO_TCP);
    g->nxt += len + (flags & TCP_SYN ? 1 : 0) + (flags & TCP_FIN ? 1 : 0);
}

static void flush(void)
{
    link_->ops->flush(link_, moment());
}

/* Takes in what is there for this connection, in order as libslirp sends it; true: anything. */
static bool hear(struct guest *g)
{
    struct pkt *p;
    bool any = false;

    while ((p = link_->ops->rx(link_, &pool, moment())) != NULL) {
        struct cursor c = cursor_over(sk_pkt_data(p), p->len);
        struct eth_hdr eth;
        struct ip_hdr ip;
        struct tcp_hdr tcp;

        if (eth_parse(&c, &eth) == DROP_NONE && eth.type == ETH_TYPE_IPV4 &&
            ipv4_parse(&c, &ip) == DROP_NONE && ip.proto == IP_PROTO_TCP &&
            tcp_parse(&c, &tcp) == DROP_NONE && tcp.dst_port == g->port) {
            g->ack = tcp.seq + tcp_seg_len(&tcp);
            g->una = tcp.ack;
            g->wnd = tcp.wnd;
            g->flags = tcp.flags;
            g->n_segments++;
            any = true;
        }
        sk_pkt_free(p);
    }
    return any;
}

static void await(struct guest *g, uint8_t flag)
{
    instant give_up = now() + PATIENCE;

    g->flags = 0;
    while (now() < give_up && !(g->flags & flag)) {
        if (!hear(g)) {
            wait_for_host();
        }
    }
    ck_assert_msg(g->flags & flag, "no segment with flag %#x", flag);
}

/* The host's end. */
static int connect_as(struct guest *g, uint16_t port)
{
    *g = (struct guest){ .port = port, .host_port = ntohs(server.sin_port), .nxt = 1000u * port };
    say(g, TCP_SYN, NULL, 0);
    await(g, TCP_SYN);
    say(g, TCP_ACK, NULL, 0);
    return accept4(listener, NULL, NULL, SOCK_NONBLOCK);
}

/* ---- TIME-WAIT ---- */

/* The host closes first; libslirp would keep the connection for 10 s. */
static void close_host_first(struct guest *g, int fd)
{
    close(fd);
    await(g, TCP_FIN);
    say(g, TCP_ACK | TCP_FIN, NULL, 0);
    hear(g);
    ck_assert_uint_eq(g->una, g->nxt);
}

START_TEST(a_connection_that_the_host_closed_first_is_gone_at_once)
{
    begin(0);
    for (uint16_t i = 0; i < 50; i++) {
        struct guest g;
        int fd = connect_as(&g, (uint16_t)(GUEST_PORT + i));

        ck_assert_uint_eq(n_own(), 1);
        close_host_first(&g, fd);
        link_->ops->wait_fds(link_, NULL, 0);
        ck_assert_uint_eq(n_own(), 0);
    }
    finish();
}
END_TEST

START_TEST(a_connection_that_the_guest_closed_first_is_gone_when_the_host_closes)
{
    struct guest g;

    begin(0);
    int fd = connect_as(&g, GUEST_PORT);
    say(&g, TCP_ACK | TCP_FIN, NULL, 0);
    hear(&g);
    link_->ops->wait_fds(link_, NULL, 0);
    ck_assert_uint_eq(n_own(), 1); /* the host may still send */
    ck_assert_int_eq(send(fd, "x", 1, 0), 1);
    close(fd);
    await(&g, TCP_FIN);
    say(&g, TCP_ACK, NULL, 0);
    ck_assert_uint_eq(n_own(), 0);
    finish();
}
END_TEST

START_TEST(ports_can_be_used_again_and_again)
{
    struct guest g;

    begin(0);
    for (int i = 0; i < 20; i++) {
        int fd = connect_as(&g, GUEST_PORT);

        ck_assert_int_ge(fd, 0);
        close_host_first(&g, fd);
    }
    finish();
}
END_TEST

/* As much as libslirp takes while nobody reads; the host has ended its half before. */
static size_t fill(struct guest *g)
{
    uint8_t text[BLOCK];
    size_t n = 0;

    memset(text, 'x', sizeof(text));
    while (g->wnd >= BLOCK) {
        say(g, TCP_ACK, text, BLOCK);
        flush();
        hear(g);
        n += BLOCK;
    }
    return n;
}

static int connect_slow_reader(struct guest *g)
{
    int small = 4096;

    ck_assert_int_eq(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
    return connect_as(g, GUEST_PORT);
}

static size_t read_all(struct guest *g, int fd, size_t n)
{
    char text[5000];
    size_t got = 0;
    instant give_up = now() + PATIENCE;

    while (got < n && now() < give_up) {
        ssize_t k = read(fd, text, sizeof(text));

        ck_assert(k != 0);
        got += k > 0 ? (size_t)k : 0;
        hear(g);
        link_->ops->wait_fds(link_, NULL, 0);
    }
    return got;
}

START_TEST(what_libslirp_still_has_to_hand_on_is_not_lost_to_that)
{
    struct guest g;
    char octet;

    begin(0);
    int fd = connect_slow_reader(&g);
    shutdown(fd, SHUT_WR);
    await(&g, TCP_FIN);
    size_t n = fill(&g);
    say(&g, TCP_ACK | TCP_FIN, NULL, 0);
    hear(&g);
    ck_assert_uint_eq(g.una, g.nxt); /* both sides have acknowledged all */
    for (int i = 0; i < 10; i++) {
        hear(&g);
        link_->ops->wait_fds(link_, NULL, 0);
        ck_assert_uint_eq(n_own(), 1);
    }
    ck_assert_uint_eq(read_all(&g, fd, n), n);
    for (int i = 0; i < 100 && n_own() > 0; i++) {
        hear(&g);
        link_->ops->wait_fds(link_, NULL, 0);
    }
    ck_assert_uint_eq(n_own(), 0);
    ck_assert_int_eq(read(fd, &octet, 1), 0); /* an end, and no reset */
    close(fd);
    finish();
}
END_TEST

/* ---- Windows ---- */

/* Where two segments are more than the largest window libslirp tells of none that opens. */
START_TEST(a_window_that_opens_is_told_of)
{
    struct guest g;

    begin(SLIRP_MAX_MTU);
    int fd = connect_slow_reader(&g);
    size_t n = fill(&g);
    frozen = now(); /* none of its timers */
    ck_assert_uint_eq(read_all(&g, fd, n), n);
    for (int i = 0; i < 100 && g.wnd < WINDOW; i++) {
        hear(&g);
    }
    ck_assert_uint_eq(g.wnd, WINDOW);
    close(fd);
    finish();
}
END_TEST

/* ---- Bursts ---- */

static void expect_text(int fd, const char *text, size_t len)
{
    char got[3 * BLOCK];

    ck_assert_int_eq(recv(fd, got, sizeof(got), 0), (ssize_t)len);
    ck_assert_mem_eq(got, text, len);
}

START_TEST(segments_of_one_burst_are_one_frame_to_libslirp)
{
    struct guest g;
    char text[2503];

    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (char)('a' + i % 23);
    }
    begin(0);
    int fd = connect_as(&g, GUEST_PORT);
    g.n_segments = 0;
    say(&g, TCP_ACK, text, 1001); /* odd: sums are swapped */
    say(&g, TCP_ACK, text + 1001, 1);
    say(&g, TCP_ACK | TCP_PSH, text + 1002, 1501 - 1002);
    say(&g, TCP_ACK, text + 1501, 1002);
    ck_assert_int_eq(link_->ops->poll_at(link_), 0); /* there is something to flush */
    ck_assert_int_eq(recv(fd, text, 1, 0), -1);
    flush();
    expect_text(fd, text, sizeof(text));
    hear(&g);
    ck_assert_uint_eq(g.una, g.nxt);
    ck_assert_uint_eq(g.n_segments, 1); /* one acknowledgment */
    close(fd);
    finish();
}
END_TEST

START_TEST(what_does_not_follow_is_not_joined)
{
    struct guest g;
    struct guest other;
    char got[8];

    begin(0);
    int fd = connect_as(&g, GUEST_PORT);
    int other_fd = connect_as(&other, GUEST_PORT + 1);
    say(&g, TCP_ACK, "ab", 2);
    say(&other, TCP_ACK, "12", 2);
    say(&g, TCP_ACK, "cd", 2);
    g.nxt -= 2; /* again */
    say(&g, TCP_ACK, "cd", 2);
    say(&g, TCP_ACK | TCP_FIN, "e", 1); /* sent at once, behind what waits */
    ck_assert_int_eq(recv(fd, got, sizeof(got), 0), 5);
    ck_assert_mem_eq(got, "abcde", 5);
    ck_assert_int_eq(recv(other_fd, got, sizeof(got), 0), 2);
    ck_assert_int_eq(recv(fd, got, sizeof(got), 0), 0);
    ck_assert_uint_eq(pool.n_free, N_PKTS);
    close(fd);
    close(other_fd);
    finish();
}
END_TEST

START_TEST(a_burst_that_nobody_flushes_goes_with_the_next_look)
{
    struct guest g;

    begin(0);
    int fd = connect_as(&g, GUEST_PORT);
    say(&g, TCP_ACK, "ab", 2);
    hear(&g);
    expect_text(fd, "ab", 2);
    say(&g, TCP_ACK, "cd", 2);
    link_->ops->wait_fds(link_, NULL, 0);
    expect_text(fd, "cd", 2);
    say(&g, TCP_ACK, "ef", 2); /* and one that is never flushed is freed */
    close(fd);
    sk_slirp_link_free(slirp);
    ck_assert_uint_eq(pool.n_free, N_PKTS);
    close(listener);
}
END_TEST

START_TEST(a_burst_ends_where_an_ip_packet_does)
{
    enum { N = 100 };
    static char got[N * BLOCK];
    uint8_t text[BLOCK] = { 7 };
    struct guest g;
    size_t n = 0;

    begin(0);
    int fd = connect_as(&g, GUEST_PORT);
    g.n_segments = 0;
    for (int i = 0; i < 65; i++) { /* 65,000 of 65,495 octets */
        say(&g, TCP_ACK, text, BLOCK);
    }
    ck_assert_int_eq(recv(fd, got, sizeof(got), 0), -1);
    say(&g, TCP_ACK, text, 500);
    flush();
    hear(&g);
    ck_assert_uint_eq(g.una, g.nxt);
    ck_assert_uint_eq(g.n_segments, 2);
    while (n < 65500) {
        ssize_t k = recv(fd, got, sizeof(got), 0);

        ck_assert_int_gt(k, 0);
        n += (size_t)k;
    }
    close(fd);
    finish();
}
END_TEST

/* ---- Descriptors ---- */

enum { N_MANY = 40 };

static void open_many(int *fds)
{
    for (int i = 0; i < N_MANY; i++) {
        struct guest g;

        fds[i] = connect_as(&g, (uint16_t)(GUEST_PORT + i));
        ck_assert_int_ge(fds[i], 0);
    }
}

START_TEST(many_sockets_are_one_descriptor_to_wait_for)
{
    struct pollfd fds[MAX_FDS];
    int many[N_MANY];
    struct guest g = { .port = GUEST_PORT + 17 };

    begin(0);
    open_many(many);
    while (hear(&g)) {
    }
    ck_assert_uint_eq(link_->ops->wait_fds(link_, fds, MAX_FDS), 1);
    ck_assert_int_eq(poll(fds, 1, 0), 0);
    ck_assert_int_eq(send(many[17], "x", 1, 0), 1);
    ck_assert_int_eq(poll(fds, 1, 1000), 1);
    ck_assert(hear(&g));
    ck_assert(g.flags & TCP_PSH);
    ck_assert_uint_eq(link_->ops->wait_fds(link_, fds, MAX_FDS), 1);
    ck_assert_int_eq(poll(fds, 1, 0), 0); /* it is not told again */
    for (int i = 0; i < N_MANY; i++) {
        close(many[i]);
    }
    finish();
}
END_TEST

/* libslirp wants nothing of a connection whose text the guest does not acknowledge, and a hang-up
 * is none of its business. */
START_TEST(what_libslirp_does_not_wait_for_wakes_nobody)
{
    struct pollfd fds[MAX_FDS];
    int many[N_MANY];
    static char text[100000];
    struct guest g = { .port = 1 };

    begin(0);
    open_many(many);
    ck_assert_int_gt(send(many[3], text, sizeof(text), 0), (ssize_t)sizeof(text) / 2);
    for (int i = 0; i < 100; i++) {
        hear(&g);
    }
    close(many[3]);
    ck_assert_uint_eq(link_->ops->wait_fds(link_, fds, MAX_FDS), 1);
    ck_assert_int_eq(poll(fds, 1, 0), 0);
    for (int i = 0; i < N_MANY; i++) {
        if (i != 3) {
            close(many[i]);
        }
    }
    finish();
}
END_TEST

START_TEST(when_few_are_left_each_is_waited_for_again)
{
    struct pollfd fds[MAX_FDS];
    int many[N_MANY];

    begin(0);
    open_many(many);
    ck_assert_uint_eq(link_->ops->wait_fds(link_, fds, MAX_FDS), 1);
    for (int i = 0; i < N_MANY - 2; i++) {
        struct guest g = { .port = (uint16_t)(GUEST_PORT + i) };

        g.host_port = ntohs(server.sin_port);
        g.nxt = 1000u * g.port + 1;
        close(many[i]);
        await(&g, TCP_FIN);
        say(&g, TCP_ACK | TCP_FIN, NULL, 0);
    }
    for (int i = 0; i < 10 && link_->ops->wait_fds(link_, fds, MAX_FDS) != 2; i++) {
        struct guest none = { .port = 1 };

        hear(&none);
    }
    ck_assert_uint_eq(link_->ops->wait_fds(link_, fds, MAX_FDS), 2);
    close(many[N_MANY - 1]);
    close(many[N_MANY - 2]);
    finish();
}
END_TEST

/* ---- Memory ---- */

static long n_faults(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return used.ru_minflt;
}

static void connect_and_close(uint16_t port)
{
    struct guest g;
    int fd = connect_as(&g, port);

    close_host_first(&g, fd);
    link_->ops->wait_fds(link_, NULL, 0);
}

/* Two buffers of 128 KB would be 64 pages. */
START_TEST(connections_one_after_another_share_their_memory)
{
    enum { N = 100 };
    long before;

    begin(0);
    for (uint16_t i = 0; i < N; i++) {
        connect_and_close((uint16_t)(GUEST_PORT + i));
    }
    before = n_faults();
    for (uint16_t i = 0; i < N; i++) {
        connect_and_close((uint16_t)(GUEST_PORT + i));
    }
#ifndef __SANITIZE_ADDRESS__
    ck_assert_int_lt(n_faults() - before, 10 * N);
#endif
    finish();
}
END_TEST

/* ---- Readiness ---- */

/* libslirp takes a socket of datagrams that is said to be ready and has none for one with an error,
 * and tells the guest that its port is unreachable. */
START_TEST(a_socket_of_datagrams_that_has_none_is_not_read)
{
    struct sockaddr_in addr;
    int fd = host_socket(SOCK_DGRAM, &addr);
    struct pkt *p;

    begin(0);
    transmit_udp(payload("hello", 5), SLIRP_GUEST, SLIRP_HOST, GUEST_PORT, ntohs(addr.sin_port));
    for (int i = 0; i < 100; i++) {
        p = link_->ops->rx(link_, &pool, now());
        ck_assert_ptr_null(p);
        link_->ops->wait_fds(link_, NULL, 0);
        if (i % 10 == 0) { /* it has reasons to look again */
            transmit_udp(payload("hello", 5), SLIRP_GUEST, SLIRP_HOST, GUEST_PORT,
                         ntohs(addr.sin_port));
        }
    }
    close(fd);
    finish();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_connection_that_the_host_closed_first_is_gone_at_once,
        a_connection_that_the_guest_closed_first_is_gone_when_the_host_closes,
        ports_can_be_used_again_and_again,
        what_libslirp_still_has_to_hand_on_is_not_lost_to_that,
        a_window_that_opens_is_told_of,
        segments_of_one_burst_are_one_frame_to_libslirp,
        what_does_not_follow_is_not_joined,
        a_burst_that_nobody_flushes_goes_with_the_next_look,
        a_burst_ends_where_an_ip_packet_does,
        many_sockets_are_one_descriptor_to_wait_for,
        what_libslirp_does_not_wait_for_wakes_nobody,
        when_few_are_left_each_is_waited_for_again,
        connections_one_after_another_share_their_memory,
        a_socket_of_datagrams_that_has_none_is_not_read,
        NULL,
    };

    return suite_run("slirp_tcp", tests);
}
