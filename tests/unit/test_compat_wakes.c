/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A call that waits, and what another thread does that ends the wait. The work is done in the other
 * thread's own call, so nothing but the port's word wakes the one that waits. A wake that is lost
 * is a test that hangs.
 */
#include "tests/support/waiter.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>

#include "link/link.h"

#define N_EXCHANGES 500
#define N_ROUNDS 200
#define ROOM 4096 /* octets of a send or receive buffer */

static long polls(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return poll(&p, 1, -1) == 1 ? p.revents : -1;
}

static long sends(int fd)
{
    static const char octets[4 * ROOM];

    return send(fd, octets, sizeof octets, MSG_NOSIGNAL);
}

/* ---- Datagrams ---- */

WAKE_TEST(a_datagram_ends_a_receive)
{
    struct waiter w;
    int to = bound(SOCK_DGRAM);
    int from = connected_dgram();

    waiter_start(&w, receives, to);
    send_one(from);
    waiter_returns(&w, 1, 0);
    close(to);
    close(from);
}

static int second; /* of two descriptors */

static long polls_two(int fd)
{
    struct pollfd p[2] = { { .fd = fd, .events = POLLIN }, { .fd = second, .events = POLLIN } };

    return poll(p, 2, -1) == 1 ? p[1].revents : -1;
}

WAKE_TEST(a_datagram_ends_a_poll_of_several)
{
    struct waiter w;
    int quiet = connected_dgram();
    int from = connected_dgram();

    second = bound(SOCK_DGRAM);
    waiter_start(&w, polls_two, quiet);
    send_one(from);
    waiter_returns(&w, POLLIN, 0);
    close(quiet);
    close(second);
    close(from);
}

WAKE_TEST(two_datagrams_end_two_receives_on_one_socket)
{
    struct waiter w[2];
    int to = bound(SOCK_DGRAM);
    int from = connected_dgram();

    waiter_start(&w[0], receives, to);
    waiter_start(&w[1], receives, to);
    send_one(from);
    send_one(from);
    waiter_returns(&w[0], 1, 0);
    waiter_returns(&w[1], 1, 0);
    close(to);
    close(from);
}

WAKE_TEST(a_refused_datagram_ends_a_receive)
{
    struct waiter w;
    int fd = connected_dgram();

    waiter_start(&w, receives, fd);
    send_one(fd);
    waiter_returns(&w, -1, ECONNREFUSED);
    close(fd);
}

/* ---- Connections ---- */

WAKE_TEST(a_connection_ends_an_accept)
{
    struct waiter w;
    int listener = listening();
    int client = socket(AF_INET, SOCK_STREAM, 0);

    waiter_start(&w, accepts, listener);
    ck_assert_int_eq(connects(client), 0);
    pthread_join(w.thread, NULL);
    ck_assert_int_ge((int)w.result, 0);
    close((int)w.result);
    close(client);
    close(listener);
}

WAKE_TEST(text_and_its_end_end_receives)
{
    struct waiter w;
    int client;
    int server;

    connect_self(&client, &server);
    waiter_start(&w, receives, server);
    send_one(client);
    waiter_returns(&w, 1, 0);
    waiter_start(&w, polls, server);
    send_one(client);
    waiter_returns(&w, POLLIN, 0);
    ck_assert_int_eq(receives(server), 1);
    waiter_start(&w, receives, server);
    ck_assert_int_eq(shutdown(client, SHUT_WR), 0);
    waiter_returns(&w, 0, 0);
    close(client);
    close(server);
}

WAKE_TEST(room_ends_a_send)
{
    static char octets[4 * ROOM];
    struct waiter w;
    int client;
    int server;

    connect_self(&client, &server);
    waiter_start(&w, sends, client);
    ck_assert_int_eq(recv(server, octets, sizeof octets, MSG_WAITALL), sizeof octets);
    waiter_returns(&w, sizeof octets, 0);
    close(client);
    close(server);
}

/* ---- The end of a socket ---- */

WAKE_TEST(a_shutdown_ends_a_receive)
{
    struct waiter w;
    int fd = connected_dgram();

    waiter_start(&w, receives, fd);
    ck_assert_int_eq(shutdown(fd, SHUT_RD), 0);
    waiter_returns(&w, 0, 0);
    close(fd);
}

WAKE_TEST(a_shutdown_ends_an_accept)
{
    struct waiter w;
    int listener = listening();

    waiter_start(&w, accepts, listener);
    ck_assert_int_eq(shutdown(listener, SHUT_RD), 0);
    waiter_returns(&w, -1, EINVAL);
    close(listener);
}

WAKE_TEST(a_close_ends_a_receive)
{
    struct waiter w;
    int fd = bound(SOCK_DGRAM);

    waiter_start(&w, receives, fd);
    ck_assert_int_eq(close(fd), 0);
    waiter_returns(&w, -1, EBADF);
}

WAKE_TEST(a_close_ends_a_poll)
{
    struct waiter w;
    int fd = bound(SOCK_DGRAM);

    waiter_start(&w, polls, fd);
    ck_assert_int_eq(close(fd), 0);
    waiter_returns(&w, POLLNVAL, 0);
}

static int filled_listener(int *client)
{
    int listener = bound(SOCK_STREAM);

    ck_assert_int_eq(listen(listener, 1), 0);
    *client = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connects(*client), 0);
    return listener;
}

static int under_way(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    fails_with((int)connects(fd), EINPROGRESS);
    ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
    return fd;
}

static void a_close_ends(long (*call)(int fd))
{
    struct waiter w;
    int first;
    int listener = filled_listener(&first);
    int fd = under_way();

    waiter_start(&w, call, fd);
    ck_assert_int_eq(close(fd), 0);
    waiter_returns(&w, -1, EBADF);
    close(first);
    close(listener);
}

WAKE_TEST(a_close_ends_what_waits_for_a_connection)
{
    a_close_ends(receives);
    a_close_ends(sends);
    a_close_ends(connects);
}

/* ---- An address ---- */

static struct pkt *quiet_rx(struct link *link, struct pkt_pool *pool, instant now)
{
    (void)link;
    (void)pool;
    (void)now;
    return NULL;
}

static enum sk_err quiet_tx(struct link *link, struct pkt *pkt, instant now)
{
    (void)link;
    (void)now;
    sk_pkt_free(pkt);
    return SK_OK;
}

static const struct link_ops quiet_ops = { .rx = quiet_rx, .tx = quiet_tx };
static struct link quiet = { .ops = &quiet_ops, .medium = LINK_IP, .mtu = 1500 };

#define OURS 0x0a090901u
#define PEERS 0x0a090902u

static void add_address(void)
{
    struct sk_netif_config config = { .name = "q", .addr = ip4(OURS), .prefix_len = 24 };
    struct sk_iface *iface = state_enter();

    ck_assert_int_eq(sk_netif_add(iface, &quiet, &config, state_now(), NULL), SK_OK);
    state_leave();
}

static struct sockaddr_in there(void)
{
    struct sockaddr_in to = loopback();

    to.sin_addr.s_addr = htonl(PEERS);
    return to;
}

static long sends_there(int fd)
{
    struct sockaddr_in to = there();

    return sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof to);
}

WAKE_TEST(an_address_ends_a_send_that_had_no_route)
{
    struct waiter w;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    waiter_start(&w, sends_there, fd);
    add_address();
    waiter_returns(&w, 1, 0);
    close(fd);
}

static long writes(int fd)
{
    return write(fd, "x", 1);
}

/* To an own address, where nobody listens. */
WAKE_TEST(an_address_starts_a_connect_that_others_wait_for)
{
    struct waiter w;
    struct sockaddr_in to = loopback();
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    to.sin_addr.s_addr = htonl(OURS);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    fails_with(connect(fd, (struct sockaddr *)&to, sizeof to), EINPROGRESS);
    ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
    waiter_start(&w, writes, fd);
    add_address();
    waiter_returns(&w, -1, ECONNREFUSED);
    close(fd);
}

static long resolves(int fd)
{
    struct addrinfo *list = NULL;

    (void)fd;
    int error = getaddrinfo("host.example", NULL, NULL, &list);
    if (error == 0) {
        freeaddrinfo(list);
    }
    return error;
}

static int name_server(void)
{
    struct sockaddr_in in = loopback();
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    in.sin_port = htons(53);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
    return fd;
}

/* RFC 1035 4.1: the question back, with one A record for it. */
static void answer_one(int fd)
{
    static const char record[] = "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x0a\x09\x09\x02";
    char message[512];
    struct sockaddr_in from;
    socklen_t from_len = sizeof from;
    ssize_t len = recvfrom(fd, message, sizeof message, 0, (struct sockaddr *)&from, &from_len);

    ck_assert_int_gt(len, 12);
    message[2] = (char)0x81;
    message[3] = (char)0x80;
    message[7] = 1;  /* ANCOUNT */
    message[11] = 0; /* what followed the question is not repeated */
    len = 12 + (ssize_t)strlen(message + 12) + 5;
    memcpy(message + len, record, sizeof record - 1);
    len += (ssize_t)sizeof record - 1;
    ck_assert_int_eq(sendto(fd, message, (size_t)len, 0, (struct sockaddr *)&from, from_len), len);
}

WAKE_TEST(an_address_and_an_answer_end_a_getaddrinfo)
{
    struct waiter w;
    int server = name_server();

    waiter_start(&w, resolves, -1);
    add_address();
    answer_one(server);
    waiter_returns(&w, 0, 0);
    close(server);
}

/* ---- Signals, and the end of the program ---- */

static long receives_after_all(int fd)
{
    long n;

    do {
        n = receives(fd);
    } while (n < 0 && errno == EINTR);
    return n;
}

static void nothing(int number)
{
    (void)number;
}

/* Told and interrupted at once, in any order. */
WAKE_TEST(a_signal_beside_a_datagram_loses_no_wake)
{
    struct sigaction action = { .sa_handler = nothing, .sa_flags = SA_RESTART };
    struct waiter w;
    int to = bound(SOCK_DGRAM);
    int from = connected_dgram();

    sigaction(SIGUSR1, &action, NULL);
    for (int i = 0; i < N_ROUNDS; i++) {
        waiter_start(&w, receives_after_all, to);
        if (i % 2 == 0) {
            pthread_kill(w.thread, SIGUSR1);
        }
        send_one(from);
        if (i % 2 == 1) {
            pthread_kill(w.thread, SIGUSR1);
        }
        waiter_returns(&w, 1, 0);
    }
    close(to);
    close(from);
}

/* What ends later may close its own, and libslirp must not have been given it. */
START_TEST(the_end_of_the_program_gives_no_number_away)
{
    begin();
    int fd = bound(SOCK_DGRAM);
    exit_drain();
    fails_with((int)receives(fd), EBADF);
    int next = dup(0);
    ck_assert_int_ne(next, fd);
    fails_with(close(fd), EBADF);
    ck_assert_int_eq(dup(0), fd);
    close(next);
    close(fd);
    end();
}
END_TEST

/* ---- Who is not woken ---- */

static void *echo(void *arg)
{
    char octet;
    int fd = *(int *)arg;

    while (read(fd, &octet, 1) == 1 && send(fd, &octet, 1, MSG_NOSIGNAL) == 1) {
    }
    close(fd);
    return NULL;
}

static int listening_elsewhere(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(listen(fd, 1), 0);
    return fd;
}

/* The first to wait sleeps for all of them, and so may look now and then; the others may not. */
START_TEST(a_conversation_wakes_nobody_else)
{
    struct waiter others[5];
    pthread_t server;
    char octet = 'x';
    int client;
    int served;
    int first;

    begin_in(FOLLOWS);
    connect_self(&client, &served);
    int listener = filled_listener(&first);
    waiter_start(&others[0], receives, connected_dgram());
    waiter_start(&others[1], polls, connected_dgram());
    waiter_start(&others[2], accepts, listening_elsewhere());
    waiter_start(&others[3], connects, socket(AF_INET, SOCK_STREAM, 0));
    waiter_start(&others[4], receives, under_way());
    pthread_create(&server, NULL, echo, &served);
    for (int i = 0; i < N_EXCHANGES; i++) {
        ck_assert_int_eq(write(client, &octet, 1), 1);
        ck_assert_int_eq(read(client, &octet, 1), 1);
    }
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(count_sleeps(&others[i]), 1);
    }
    for (int i = 3; i < 5; i++) { /* hears of its own SYN when that leaves */
        ck_assert_int_lt(count_sleeps(&others[i]), N_EXCHANGES / 10);
    }
    close(client);
    pthread_join(server, NULL);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        close(others[i].fd);
        pthread_join(others[i].thread, NULL);
    }
    close(first);
    close(listener);
    end_in(FOLLOWS);
}
END_TEST

/* The leader is woken for what it waits for, and nothing else. */
START_TEST(the_end_of_a_socket_wakes_nobody_else)
{
    begin_in(FOLLOWS);
    int n_before = count_sleeps(&other);
    for (int i = 0; i < N_EXCHANGES; i++) {
        int fd = connected_dgram();
        ck_assert_int_eq(shutdown(fd, SHUT_RDWR), 0);
        ck_assert_int_eq(close(fd), 0);
    }
    ck_assert_int_lt(count_sleeps(&other) - n_before, N_EXCHANGES / 10);
    end_in(FOLLOWS);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_datagram_ends_a_receive,
        a_datagram_ends_a_poll_of_several,
        two_datagrams_end_two_receives_on_one_socket,
        a_refused_datagram_ends_a_receive,
        a_connection_ends_an_accept,
        text_and_its_end_end_receives,
        room_ends_a_send,
        a_shutdown_ends_a_receive,
        a_shutdown_ends_an_accept,
        a_close_ends_a_receive,
        a_close_ends_a_poll,
        a_close_ends_what_waits_for_a_connection,
        an_address_ends_a_send_that_had_no_route,
        an_address_starts_a_connect_that_others_wait_for,
        an_address_and_an_answer_end_a_getaddrinfo,
        a_signal_beside_a_datagram_loses_no_wake,
        the_end_of_the_program_gives_no_number_away,
        a_conversation_wakes_nobody_else,
        the_end_of_a_socket_wakes_nobody_else,
        NULL,
    };

    return suite_run("compat_wakes", tests);
}
