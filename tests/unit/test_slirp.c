/* SPDX-License-Identifier: BSD-3-Clause */
/* libslirp as a link: it answers by rx, stays on this machine, and its queue has an end. */
#include "tests/support/slirp_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/resource.h>

#include "link/own_fds.h"

#define LONG_SILENCE 600000000 /* microseconds */

START_TEST(arp_is_answered_by_rx_and_not_inside_tx)
{
    struct slirp_link_config config = { 0 };
    struct arp_hdr arp = { .op = ARP_REQUEST, .spa = ip4(SLIRP_GUEST), .tpa = ip4(SLIRP_HOST) };
    struct pkt *p;
    struct cursor c;

    start(&config);
    ck_assert_uint_eq(link_->mtu, 1500);
    ck_assert_int_eq(link_->medium, LINK_ETHERNET);
    arp.sha = link_->mac;
    p = sk_pkt_alloc(&pool, HEADROOM);
    arp_emit(sk_pkt_put(p, ARP_LEN), &arp);
    transmit(p, ETH_TYPE_ARP);
    ck_assert_int_le(link_->ops->poll_at(link_), now());
    p = receive(ETH_TYPE_ARP, &c);
    ck_assert_ptr_nonnull(p);
    ck_assert_int_eq(arp_parse(&c, &arp), DROP_NONE);
    ck_assert_uint_eq(arp.op, ARP_REPLY);
    ck_assert_uint_eq(ip4_bits(arp.spa), SLIRP_HOST);
    sk_pkt_free(p);
    ck_assert_ptr_null(link_->ops->rx(link_, &pool, now()));
    end();
}
END_TEST

START_TEST(dhcp_offers_the_guest_address)
{
    struct slirp_link_config config = { 0 };
    struct dhcp_msg msg = { .type = DHCP_DISCOVER, .xid = 0x12345678, .broadcast = true };
    uint8_t octets_[DHCP_MAX_LEN];
    struct writer w = writer_over(octets_, sizeof(octets_));
    struct ip_hdr ip;
    struct udp_hdr udp;
    struct cursor c;
    struct pkt *p;

    start(&config);
    msg.chaddr = link_->mac;
    ck_assert(dhcp_emit(&w, &msg));
    transmit_udp(payload(octets_, (uint32_t)w.len), 0, 0xffffffff, 68, 67);
    p = receive_ip(IP_PROTO_UDP, &c, &ip);
    ck_assert_int_eq(udp_parse(&c, &ip, &udp), DROP_NONE);
    ck_assert_int_eq(dhcp_parse(&c, &msg), DROP_NONE);
    ck_assert_uint_eq(msg.type, DHCP_OFFER);
    ck_assert_uint_eq(msg.xid, 0x12345678);
    ck_assert_uint_eq(ip4_bits(msg.yiaddr), SLIRP_GUEST);
    sk_pkt_free(p);
    end();
}
END_TEST

START_TEST(the_host_answers_echo)
{
    struct slirp_link_config config = { 0 };
    struct icmp4_hdr icmp = { .type = ICMP4_ECHO_REQUEST, .id = 7, .seq = 9 };
    struct ip_hdr ip;
    struct cursor c;
    struct pkt *p;

    start(&config);
    p = payload("ping", 4);
    icmp4_emit(sk_pkt_push(p, ICMP4_HDR_LEN), &icmp, sum_add(0, (const uint8_t *)"ping", 4));
    transmit_ip(p, SLIRP_GUEST, SLIRP_HOST, IP_PROTO_ICMP);
    p = receive(ETH_TYPE_ARP, &c); /* it does not know us yet, and asks */
    if (p) {
        struct arp_hdr arp;

        ck_assert_int_eq(arp_parse(&c, &arp), DROP_NONE);
        sk_pkt_free(p);
        arp = (struct arp_hdr){ .op = ARP_REPLY,
                                .sha = link_->mac,
                                .spa = ip4(SLIRP_GUEST),
                                .tha = arp.sha,
                                .tpa = arp.spa };
        p = sk_pkt_alloc(&pool, HEADROOM);
        arp_emit(sk_pkt_put(p, ARP_LEN), &arp);
        transmit(p, ETH_TYPE_ARP);
    }
    p = receive_ip(IP_PROTO_ICMP, &c, &ip);
    ck_assert_uint_eq(ip4_bits(ip.src), SLIRP_HOST);
    ck_assert_int_eq(icmp4_parse(&c, &icmp), DROP_NONE);
    ck_assert_uint_eq(icmp.type, ICMP4_ECHO_REPLY);
    ck_assert_uint_eq(icmp.id, 7);
    ck_assert_uint_eq(icmp.seq, 9);
    ck_assert_mem_eq(c.at, "ping", 4);
    sk_pkt_free(p);
    end();
}
END_TEST

static void ask_for_host(void)
{
    struct arp_hdr arp = { .op = ARP_REQUEST, .spa = ip4(SLIRP_GUEST), .tpa = ip4(SLIRP_HOST) };
    struct pkt *p = sk_pkt_alloc(&pool, HEADROOM);

    arp.sha = link_->mac;
    arp_emit(sk_pkt_put(p, ARP_LEN), &arp);
    transmit(p, ETH_TYPE_ARP);
}

/* libslirp learns our hardware address from this, and then answers at once. */
static void introduce(void)
{
    struct cursor c;
    struct pkt *p;

    ask_for_host();
    p = receive(ETH_TYPE_ARP, &c);
    ck_assert_ptr_nonnull(p);
    sk_pkt_free(p);
}

/* A socket of the host's that the guest's first datagram has reached, and that answers it. */
static int greet(struct sockaddr_in *server)
{
    struct sockaddr_in client;
    socklen_t len = sizeof(client);
    int fd = host_socket(SOCK_DGRAM, server);
    char text[16];

    transmit_udp(payload("hello", 5), SLIRP_GUEST, SLIRP_HOST, GUEST_PORT, ntohs(server->sin_port));
    ck_assert_int_eq(recvfrom(fd, text, sizeof(text), 0, (struct sockaddr *)&client, &len), 5);
    ck_assert_mem_eq(text, "hello", 5);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&client, len), 0);
    return fd;
}

START_TEST(a_datagram_reaches_a_socket_of_the_host_and_its_answer_comes_back)
{
    struct slirp_link_config config = { 0 };
    struct sockaddr_in server;
    int fd;
    struct ip_hdr ip;
    struct udp_hdr udp;
    struct cursor c;
    struct pkt *p;

    start(&config);
    introduce();
    fd = greet(&server);
    ck_assert_int_eq(send(fd, "HELLO!", 6, 0), 6);
    p = receive_ip(IP_PROTO_UDP, &c, &ip);
    ck_assert_int_eq(udp_parse(&c, &ip, &udp), DROP_NONE);
    ck_assert_uint_eq(ip4_bits(ip.src), SLIRP_HOST);
    ck_assert_uint_eq(udp.src_port, ntohs(server.sin_port));
    ck_assert_uint_eq(udp.dst_port, GUEST_PORT);
    ck_assert_mem_eq(c.at, "HELLO!", 6);
    sk_pkt_free(p);
    close(fd);
    end();
}
END_TEST

/* One frame at `at`, which is of that Ethernet type; 0: there is none. */
static void receives_at(instant at, uint16_t type)
{
    struct pkt *p = link_->ops->rx(link_, &pool, at);
    struct eth_hdr eth;
    struct cursor c;

    ck_assert_int_eq(p != NULL, type != 0);
    if (p) {
        c = cursor_over(sk_pkt_data(p), p->len);
        ck_assert_int_eq(eth_parse(&c, &eth), DROP_NONE);
        ck_assert_uint_eq(eth.type, type);
        sk_pkt_free(p);
    }
}

START_TEST(an_answer_puts_off_the_look_at_the_host_but_not_for_long)
{
    struct slirp_link_config config = { 0 };
    struct sockaddr_in server;
    int fd;
    instant t;

    start(&config);
    introduce();
    receives_at(now(), 0);
    fd = greet(&server);
    t = now();
    receives_at(t, 0);

    ck_assert_int_eq(send(fd, "first", 5, 0), 5);
    wait_for_host();
    ask_for_host();
    receives_at(t + 50, ETH_TYPE_ARP);
    receives_at(t + 50, 0);
    receives_at(t + 50, ETH_TYPE_IPV4);
    receives_at(t + 50, 0);

    ck_assert_int_eq(send(fd, "second", 6, 0), 6);
    wait_for_host();
    ask_for_host();
    receives_at(t + 1000, ETH_TYPE_ARP);
    receives_at(t + 1000, ETH_TYPE_IPV4);
    receives_at(t + 1000, 0);
    end();
    close(fd);
}
END_TEST

/* libslirp lets a socket of datagrams go that was not used for four minutes. */
START_TEST(a_datagram_after_a_long_silence_is_answered)
{
    struct slirp_link_config config = { 0 };
    struct sockaddr_in server;
    int fd;
    struct ip_hdr ip;
    struct cursor c;

    start(&config);
    introduce();
    receives_at(now(), 0);
    skipped = LONG_SILENCE;
    fd = greet(&server);
    receives_at(now(), 0);
    ck_assert_int_eq(send(fd, "HELLO", 5, 0), 5);
    sk_pkt_free(receive_ip(IP_PROTO_UDP, &c, &ip));
    end();
    close(fd);
}
END_TEST

START_TEST(what_would_leave_the_machine_is_dropped_and_counted)
{
    struct slirp_link_config config = { 0 };

    start(&config);
    introduce();
    transmit_udp(payload("x", 1), SLIRP_GUEST, 0x0a0002fe, GUEST_PORT, 9);
    transmit_udp(payload("x", 1), SLIRP_GUEST, SLIRP_DNS, GUEST_PORT, 53);
    transmit_udp(payload("x", 1), SLIRP_GUEST, 0xffffffff, GUEST_PORT, 9);
    ck_assert_uint_eq(link_->drops[DROP_TX_POLICY], 3);
    ck_assert_uint_eq(link_->ops->wait_fds(link_, NULL, 0), 0); /* no socket was made */
    end();
}
END_TEST

START_TEST(what_may_not_leave_is_answered_by_rx)
{
    struct slirp_link_config config = { 0 };
    struct eth_hdr eth = { .dst = { { 0x52, 0x55, 10, 0, 2, 2 } }, .type = ETH_TYPE_IPV4 };
    struct ip_hdr ip = { .src = ip4(SLIRP_GUEST),
                         .dst = ip4(0x01020304),
                         .payload_len = 8,
                         .proto = IP_PROTO_TCP,
                         .ttl = IP_DEFAULT_TTL };
    struct icmp4_hdr icmp;
    struct cursor c;
    struct pkt *p;

    start(&config);
    eth.src = link_->mac;
    p = payload("portsseq", 8);
    ipv4_emit(sk_pkt_push(p, IPV4_HDR_LEN), &ip);
    eth_emit(sk_pkt_push(p, ETH_HDR_LEN), &eth);
    ck_assert_int_eq(link_->ops->tx(link_, p, now()), SK_OK);
    ck_assert_uint_eq(link_->drops[DROP_TX_POLICY], 1);
    ck_assert_int_le(link_->ops->poll_at(link_), now());
    p = receive_ip(IP_PROTO_ICMP, &c, &ip);
    ck_assert_int_eq(icmp4_parse(&c, &icmp), DROP_NONE);
    ck_assert_uint_eq(icmp.code, ICMP4_PROHIBITED);
    sk_pkt_free(p);
    ck_assert_ptr_null(link_->ops->rx(link_, &pool, now()));
    end();
}
END_TEST

START_TEST(any_lifts_the_policy)
{
    struct slirp_link_config config = { .any = true, .disable_dns = true };
    struct sockaddr_in server;
    int fd = host_socket(SOCK_DGRAM, &server);
    char text[4];

    start(&config);
    introduce();
    /* The broadcast address is one that the policy refuses and that stays on the machine: it is
     * 127.0.0.1, too. */
    transmit_udp(payload("x", 1), SLIRP_GUEST, 0xffffffff, GUEST_PORT, ntohs(server.sin_port));
    ck_assert_uint_eq(link_->drops[DROP_TX_POLICY], 0);
    ck_assert_int_eq(recv(fd, text, sizeof(text), 0), 1);
    close(fd);
    end();
}
END_TEST

START_TEST(a_connection_to_a_forwarded_port_arrives_as_a_syn)
{
    struct slirp_link_config config = { 0 };
    struct sk_addr wanted = { ip4(0x7f000001), 0 };
    struct sk_addr first;
    struct sk_addr second;
    struct sk_addr datagrams;
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct ip_hdr ip;
    struct tcp_hdr tcp;
    struct cursor c;
    struct pkt *p;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    start(&config);
    introduce();
    ck_assert_int_eq(sk_slirp_link_forward(slirp, false, wanted, 80, &first), SK_OK);
    ck_assert_int_eq(sk_slirp_link_forward(slirp, false, wanted, 80, &second), SK_OK);
    ck_assert_int_eq(sk_slirp_link_forward(slirp, true, wanted, 80, &datagrams), SK_OK);
    ck_assert_uint_ne(first.port, 0);
    ck_assert_uint_ne(second.port, 0);
    ck_assert_uint_ne(datagrams.port, 0);
    ck_assert_uint_ne(first.port, second.port);
    ck_assert(ip_equal(first.addr, wanted.addr));
    ck_assert_int_eq(sk_slirp_link_forward(slirp, false, first, 81, &second), SK_BINDING_IN_USE);

    to.sin_port = htons(second.port);
    connect(fd, (struct sockaddr *)&to, sizeof(to));
    p = receive_ip(IP_PROTO_TCP, &c, &ip);
    ck_assert_int_eq(tcp_parse(&c, &tcp), DROP_NONE);
    ck_assert_uint_eq(ip4_bits(ip.dst), SLIRP_GUEST);
    ck_assert_uint_eq(tcp.flags, TCP_SYN);
    ck_assert_uint_eq(tcp.dst_port, 80);
    sk_pkt_free(p);
    close(fd);
    end();
}
END_TEST

static bool connects(const struct sockaddr_in *to)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct pollfd p = { .fd = fd, .events = POLLOUT };

    connect(fd, (const struct sockaddr *)to, sizeof *to);
    bool connected = poll(&p, 1, 5000) == 1 && (p.revents & POLLERR) == 0;
    close(fd);
    return connected;
}

START_TEST(a_crowd_waits_until_it_is_accepted)
{
    struct slirp_link_config config = { 0 };
    struct sk_addr bound;

    start(&config);
    ck_assert_int_eq(
        sk_slirp_link_forward(slirp, false, (struct sk_addr){ ip4(0x7f000001), 0 }, 80, &bound),
        SK_OK);
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(bound.port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    for (int i = 0; i < 20; i++) {
        ck_assert(connects(&to));
    }
    end();
}
END_TEST

/* A listening socket of libslirp's, one that it accepted, and the client's end. */
static int accepted_client(struct sockaddr_in *to)
{
    struct sk_addr bound;
    struct cursor c;
    struct ip_hdr ip;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_eq(
        sk_slirp_link_forward(slirp, false, (struct sk_addr){ ip4(0x7f000001), 0 }, 80, &bound),
        SK_OK);
    *to = (struct sockaddr_in){ .sin_family = AF_INET,
                                .sin_port = htons(bound.port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    ck_assert_int_eq(connect(fd, (struct sockaddr *)to, sizeof(*to)), 0);
    sk_pkt_free(receive_ip(IP_PROTO_TCP, &c, &ip));
    return fd;
}

/* A listener for which no descriptor is left stays ready: it is looked at now and then. */
START_TEST(what_cannot_be_accepted_is_not_waited_for)
{
    struct slirp_link_config config = { 0 };
    struct pollfd fds[MAX_FDS];
    struct sockaddr_in to;
    struct rlimit limit;
    struct cursor c;
    struct ip_hdr ip;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    start(&config);
    introduce();
    int first = accepted_client(&to);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    struct rlimit none = { .rlim_cur = (rlim_t)client + 1, .rlim_max = limit.rlim_max };
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    ck_assert_int_eq(connect(client, (struct sockaddr *)&to, sizeof(to)), 0);
    for (int i = 0; i < 1000; i++) {
        ck_assert_ptr_null(link_->ops->rx(link_, &pool, now()));
    }
    instant at = now();
    ck_assert_ptr_null(link_->ops->rx(link_, &pool, at));
    ck_assert_uint_eq(link_->ops->wait_fds(link_, fds, MAX_FDS), 0);
    ck_assert_int_gt(link_->ops->poll_at(link_), at);
    ck_assert_int_le(link_->ops->poll_at(link_), at + 10000);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    sk_pkt_free(receive_ip(IP_PROTO_TCP, &c, &ip));
    ck_assert_uint_gt(link_->ops->wait_fds(link_, fds, MAX_FDS), 0);
    close(client);
    close(first);
    end();
}
END_TEST

START_TEST(no_socket_of_the_hosts_outlives_an_exec)
{
    enum { N_NUMBERS = 64 };
    struct slirp_link_config config = { 0 };
    struct sockaddr_in to;
    bool open[N_NUMBERS];
    int n_new = 0;

    for (int fd = 0; fd < N_NUMBERS; fd++) {
        open[fd] = fcntl(fd, F_GETFD) != -1;
    }
    start(&config);
    introduce();
    int client = accepted_client(&to);
    for (int fd = 0; fd < N_NUMBERS; fd++) {
        if (!open[fd] && fcntl(fd, F_GETFD) != -1) {
            ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
            ck_assert_int_eq(sk_own_fd_has(fd), fd != client); /* nor does a range close it */
            n_new++;
        }
    }
    ck_assert_int_eq(n_new, 3);
    close(client);
    end();
    ck_assert_int_eq(sk_own_fd_next(0), -1);
}
END_TEST

START_TEST(a_forwarded_datagram_arrives)
{
    struct slirp_link_config config = { 0 };
    struct sk_addr bound;
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct ip_hdr ip;
    struct udp_hdr udp;
    struct cursor c;
    struct pkt *p;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    start(&config);
    introduce();
    ck_assert_int_eq(
        sk_slirp_link_forward(slirp, true, (struct sk_addr){ ip4(0x7f000001), 0 }, 7, &bound),
        SK_OK);
    to.sin_port = htons(bound.port);
    ck_assert_int_eq(sendto(fd, "in", 2, 0, (struct sockaddr *)&to, sizeof(to)), 2);
    p = receive_ip(IP_PROTO_UDP, &c, &ip);
    ck_assert_int_eq(udp_parse(&c, &ip, &udp), DROP_NONE);
    ck_assert_uint_eq(udp.dst_port, 7);
    ck_assert_mem_eq(c.at, "in", 2);
    sk_pkt_free(p);
    close(fd);
    end();
}
END_TEST

START_TEST(more_than_the_queue_holds_is_dropped_and_counted)
{
    struct slirp_link_config config = { .mtu = SLIRP_MAX_MTU }; /* the smallest queue: 256 frames */
    struct arp_hdr arp = { .op = ARP_REQUEST, .spa = ip4(SLIRP_GUEST), .tpa = ip4(SLIRP_HOST) };
    struct pkt *p;
    int n = 0;
    int i;

    start(&config);
    arp.sha = link_->mac;
    for (i = 0; i < 300; i++) {
        p = sk_pkt_alloc(&pool, HEADROOM);
        arp_emit(sk_pkt_put(p, ARP_LEN), &arp);
        transmit(p, ETH_TYPE_ARP);
    }
    while ((p = link_->ops->rx(link_, &pool, now())) != NULL) {
        sk_pkt_free(p);
        n++;
    }
    ck_assert_int_eq(n, 256);
    ck_assert_uint_eq(link_->drops[DROP_TX_QUEUE_FULL], 44);
    introduce();
    end();
}
END_TEST

START_TEST(an_mtu_out_of_range_is_refused)
{
    struct slirp_link_config config = { .mtu = 67 };

    ck_assert_ptr_null(sk_slirp_link_new(&config));
    config.mtu = SLIRP_MAX_MTU + 1;
    ck_assert_ptr_null(sk_slirp_link_new(&config));
    config.mtu = 9000;
    start(&config);
    ck_assert_uint_eq(link_->mtu, 9000);
    introduce();
    end();
    sk_slirp_link_free(NULL);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        arp_is_answered_by_rx_and_not_inside_tx,
        dhcp_offers_the_guest_address,
        the_host_answers_echo,
        a_datagram_reaches_a_socket_of_the_host_and_its_answer_comes_back,
        an_answer_puts_off_the_look_at_the_host_but_not_for_long,
        a_datagram_after_a_long_silence_is_answered,
        what_would_leave_the_machine_is_dropped_and_counted,
        what_may_not_leave_is_answered_by_rx,
        any_lifts_the_policy,
        a_connection_to_a_forwarded_port_arrives_as_a_syn,
        a_crowd_waits_until_it_is_accepted,
        what_cannot_be_accepted_is_not_waited_for,
        no_socket_of_the_hosts_outlives_an_exec,
        a_forwarded_datagram_arrives,
        more_than_the_queue_holds_is_dropped_and_counted,
        an_mtu_out_of_range_is_refused,
        NULL,
    };

    return suite_run("slirp", tests);
}
