/* SPDX-License-Identifier: BSD-3-Clause */
/* Options as Linux has them, by what they do: SO_REUSEPORT, TCP_INFO, IP_MTU, IP_MTU_DISCOVER,
 * SO_BINDTODEVICE, TCP_DEFER_ACCEPT. */
#include "tests/support/compat_fixture.h"

#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>

static int set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value);
}

static int number(int fd, int level, int option)
{
    int value = -1;
    socklen_t len = sizeof value;

    ck_assert_int_eq(getsockopt(fd, level, option, &value, &len), 0);
    ck_assert_uint_eq(len, sizeof value);
    return value;
}

/* ---- SO_REUSEPORT ---- */

static int shared(int type)
{
    struct sockaddr_in in = address(INADDR_ANY, 80);
    int fd = make(type);

    ck_assert_int_eq(number(fd, SOL_SOCKET, SO_REUSEPORT), 0);
    ck_assert_int_eq(set(fd, SOL_SOCKET, SO_REUSEPORT, 1), 0);
    ck_assert_int_eq(number(fd, SOL_SOCKET, SO_REUSEPORT), 1);
    ck_assert_int_eq(bind(fd, generic(&in), sizeof in), 0);
    return fd;
}

static int two_listeners(void *arg)
{
    struct sockaddr_in in = address(INADDR_ANY, 80);
    int n[2] = { 0, 0 };
    struct pollfd fds[2];

    (void)arg;
    for (int i = 0; i < 2; i++) {
        fds[i] = (struct pollfd){ .fd = shared(SOCK_STREAM), .events = POLLIN };
        ck_assert_int_eq(listen(fds[i].fd, 4), 0);
    }
    int other = make(SOCK_STREAM);
    fails_with(bind(other, generic(&in), sizeof in), EADDRINUSE);
    ck_assert_int_eq(close(other), 0);
    for (int i = 0; i < 24; i++) {
        int client = dial(INADDR_LOOPBACK, 80);
        ck_assert_int_eq(poll(fds, 2, -1), 1);
        int who = fds[0].revents != 0 ? 0 : 1;
        int server = accept(fds[who].fd, NULL, NULL);
        ck_assert_int_ge(server, 0);
        n[who]++;
        close_both(server, client);
    }
    ck_assert_int_gt(n[0], 0);
    ck_assert_int_gt(n[1], 0);
    close_both(fds[0].fd, fds[1].fd);
    return 0;
}

START_TEST(listeners_share_a_port)
{
    compat_alone(two_listeners);
}
END_TEST

/* ---- TCP_INFO ---- */

static struct tcp_info info_of(int fd)
{
    struct tcp_info info;
    socklen_t len = sizeof info;

    memset(&info, 0xa5, sizeof info);
    ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
    ck_assert_uint_eq(len, sizeof info);
    return info;
}

static int tells_of_a_connection(void *arg)
{
    static const char text[3000];
    uint8_t octets[6] = { 0, 0, 0, 0, 0, 0xa5 };
    socklen_t len = 5;
    struct tcp_info info;

    (void)arg;
    int fd = make(SOCK_STREAM);
    ck_assert_uint_eq(info_of(fd).tcpi_state, TCP_CLOSE);
    ck_assert_uint_eq(info_of(fd).tcpi_rto, 0);
    ck_assert_int_eq(connect_to(fd, HOST_B, 80), 0);
    info = info_of(fd);
    ck_assert_uint_eq(info.tcpi_state, TCP_ESTABLISHED);
    ck_assert_uint_ge(info.tcpi_rtt, 2 * MS);
    ck_assert_uint_lt(info.tcpi_rtt, 4 * MS);
    ck_assert_uint_gt(info.tcpi_rttvar, 0);
    ck_assert_uint_ge(info.tcpi_rto, 200 * MS);
    ck_assert_uint_eq(info.tcpi_pmtu, 1500);
    ck_assert_uint_eq(info.tcpi_advmss, 1460);
    ck_assert_uint_le(info.tcpi_snd_mss, 1460);
    ck_assert_uint_ge(info.tcpi_snd_mss, 1400);
    ck_assert_uint_ge(info.tcpi_snd_cwnd, 2);
    ck_assert_uint_eq(info.tcpi_snd_ssthresh, 0x7fffffff);
    ck_assert_uint_eq(info.tcpi_unacked, 0);
    ck_assert_uint_eq(info.tcpi_total_retrans, 0);
    ck_assert_uint_gt(info.tcpi_rcv_space, 0);
    ck_assert_int_eq(send(fd, text, sizeof text, 0), sizeof text);
    ck_assert_int_eq(usleep(0), 0);
    ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_INFO, octets, &len), 0);
    ck_assert_uint_eq(len, 5);
    ck_assert_uint_eq(octets[0], TCP_ESTABLISHED);
    ck_assert_uint_eq(octets[5], 0xa5);
    fails_with(setsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, sizeof info), ENOPROTOOPT);
    return close(fd);
}

static int takes_three_thousand(void *arg)
{
    static char text[3000];

    (void)arg;
    int fd = accept_one(80);
    ck_assert_int_eq(recv(fd, text, sizeof text, MSG_WAITALL), sizeof text);
    return close(fd);
}

START_TEST(what_is_known_of_a_connection)
{
    compat_both(tells_of_a_connection, takes_three_thousand);
}
END_TEST

static int tells_of_others(void *arg)
{
    struct tcp_info info;
    socklen_t len = sizeof info;

    (void)arg;
    int dgram = make(SOCK_DGRAM);
    fails_with(getsockopt(dgram, IPPROTO_TCP, TCP_INFO, &info, &len), ENOPROTOOPT);
    int listener = listen_on(80);
    int client = dial(INADDR_LOOPBACK, 80);
    info = info_of(listener);
    ck_assert_uint_eq(info.tcpi_state, TCP_LISTEN);
    ck_assert_uint_eq(info.tcpi_unacked, 1);
    ck_assert_uint_eq(info.tcpi_sacked, 2);
    int server = accept(listener, NULL, NULL);
    ck_assert_uint_eq(info_of(listener).tcpi_unacked, 0);
    ck_assert_int_eq(shutdown(server, SHUT_WR), 0);
    char octet;
    ck_assert_int_eq(recv(client, &octet, 1, 0), 0);
    ck_assert_uint_eq(info_of(client).tcpi_state, TCP_CLOSE_WAIT);
    close_both(client, server);
    close_both(listener, dgram);
    return 0;
}

START_TEST(what_is_known_of_a_listener_and_of_no_stream)
{
    compat_alone(tells_of_others);
}
END_TEST

/* ---- IP_MTU, IP_MTU_DISCOVER ---- */

static int discovers(void *arg)
{
    static const char text[1473];
    uint8_t octet = IP_PMTUDISC_DO;
    socklen_t len = sizeof(int);
    int value;

    (void)arg;
    int dgram = make(SOCK_DGRAM);
    int stream = make(SOCK_STREAM);
    ck_assert_int_eq(number(dgram, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_WANT);
    ck_assert_int_eq(setsockopt(dgram, IPPROTO_IP, IP_MTU_DISCOVER, &octet, 1), 0);
    ck_assert_int_eq(number(dgram, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_DO);
    ck_assert_int_eq(set(dgram, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE), 0);
    ck_assert_int_eq(set(dgram, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT), 0);
    fails_with(set(dgram, IPPROTO_IP, IP_MTU_DISCOVER, 4), EINVAL);
    fails_with(set(stream, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO), ENOPROTOOPT);
    fails_with(getsockopt(dgram, IPPROTO_IP, IP_MTU, &value, &len), ENOTCONN);
    fails_with(getsockopt(stream, IPPROTO_IP, IP_MTU, &value, &len), ENOTCONN);
    fails_with(set(dgram, IPPROTO_IP, IP_MTU, 1000), ENOPROTOOPT);
    ck_assert_int_eq(connect_to(dgram, HOST_B, 9), 0);
    ck_assert_int_eq(number(dgram, IPPROTO_IP, IP_MTU), 1500);
    ck_assert_int_eq(send(dgram, text, 1472, 0), 1472);
    fails_with(send(dgram, text, 1473, 0), EMSGSIZE);
    close_both(dgram, stream);
    return 0;
}

START_TEST(paths_and_their_mtu)
{
    compat_alone(discovers);
}
END_TEST

/* ---- SO_BINDTODEVICE ---- */

static int devices(void *arg)
{
    char name[IF_NAMESIZE];
    socklen_t len = sizeof name;
    char octet;

    (void)arg;
    int fds[2] = { make(SOCK_DGRAM), make(SOCK_DGRAM) };
    ck_assert_int_eq(getsockopt(fds[0], SOL_SOCKET, SO_BINDTODEVICE, name, &len), 0);
    ck_assert_uint_eq(len, 0);
    fails_with(setsockopt(fds[0], SOL_SOCKET, SO_BINDTODEVICE, "eth7", 5), ENODEV);
    ck_assert_int_eq(setsockopt(fds[0], SOL_SOCKET, SO_BINDTODEVICE, "lo", 2), 0);
    ck_assert_int_eq(setsockopt(fds[1], SOL_SOCKET, SO_BINDTODEVICE, "eth0", 5), 0);
    len = sizeof name;
    ck_assert_int_eq(getsockopt(fds[1], SOL_SOCKET, SO_BINDTODEVICE, name, &len), 0);
    ck_assert_uint_eq(len, 5);
    ck_assert_str_eq(name, "eth0");
    len = IF_NAMESIZE - 1;
    fails_with(getsockopt(fds[1], SOL_SOCKET, SO_BINDTODEVICE, name, &len), EINVAL);
    bind_to(fds[0], INADDR_ANY, 9000);
    bind_to(fds[1], INADDR_ANY, 9000);
    int from = make(SOCK_DGRAM);
    ck_assert_int_eq(connect_to(from, INADDR_LOOPBACK, 9000), 0);
    ck_assert_int_eq(send(from, "x", 1, 0), 1);
    ck_assert_int_eq(recv(fds[0], &octet, 1, 0), 1);
    fails_with(recv(fds[1], &octet, 1, MSG_DONTWAIT), EAGAIN);
    ck_assert_int_eq(setsockopt(fds[1], SOL_SOCKET, SO_BINDTODEVICE, "", 0), 0);
    len = sizeof name;
    ck_assert_int_eq(getsockopt(fds[1], SOL_SOCKET, SO_BINDTODEVICE, name, &len), 0);
    ck_assert_uint_eq(len, 0);
    close_both(fds[0], fds[1]);
    return close(from);
}

START_TEST(a_socket_of_one_interface)
{
    compat_alone(devices);
}
END_TEST

/* ---- TCP_DEFER_ACCEPT ---- */

static int accepts_late(void *arg)
{
    char octet;

    (void)arg;
    int listener = listen_on(80);
    ck_assert_int_eq(number(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
    ck_assert_int_eq(set(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, 5), 0);
    ck_assert_int_eq(number(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT), 7);
    struct pollfd fd = { .fd = listener, .events = POLLIN };
    ck_assert_int_eq(poll(&fd, 1, 1500), 0);
    ck_assert_int_eq(poll(&fd, 1, -1), 1);
    int server = accept(listener, NULL, NULL);
    ck_assert_int_ge(server, 0);
    ck_assert_int_ge(clock_now(), SIM_START + 2LL * SECOND);
    ck_assert_int_eq(recv(server, &octet, 1, MSG_DONTWAIT), 1);
    fails_with(set(server, IPPROTO_TCP, TCP_DEFER_ACCEPT, 5), EISCONN);
    close_both(listener, server);
    return 0;
}

static int sends_late(void *arg)
{
    (void)arg;
    int fd = dial(HOST_A, 80);
    struct pollfd wait = { .fd = fd, .events = POLLIN };
    ck_assert_int_eq(poll(&wait, 1, 2000), 0);
    ck_assert_int_eq(send(fd, "x", 1, 0), 1);
    return close(fd);
}

START_TEST(a_connection_that_says_nothing_is_not_accepted)
{
    compat_both(accepts_late, sends_late);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { listeners_share_a_port,
                                   what_is_known_of_a_connection,
                                   what_is_known_of_a_listener_and_of_no_stream,
                                   paths_and_their_mtu,
                                   a_socket_of_one_interface,
                                   a_connection_that_says_nothing_is_not_accepted,
                                   NULL };

    return suite_run("compat options", tests);
}
