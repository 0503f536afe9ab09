/* SPDX-License-Identifier: BSD-3-Clause */
/* connect: blocking and not, refused and unanswered, on streams and on datagram sockets. */
#include "tests/support/compat_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/time.h>

static int so_error(int fd)
{
    int value = -1;
    socklen_t len = sizeof value;

    ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &len), 0);
    return value;
}

static int make_nonblocking(int type)
{
    int fd = make(type);

    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static short wait_for(int fd, short events)
{
    struct pollfd p = { .fd = fd, .events = events };

    ck_assert_int_eq(poll(&p, 1, -1), 1);
    return p.revents;
}

/* ---- With an address ---- */

static int accept_and_wait(void *arg)
{
    char octet;

    (void)arg;
    int fd = accept_one(80);
    ck_assert_int_eq(read(fd, &octet, 1), 0);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

static int connect_without_waiting(void *arg)
{
    (void)arg;
    int fd = make_nonblocking(SOCK_STREAM);
    sk_sim_sleep(&world->sim, 10 * MS);
    fails_with(connect_to(fd, HOST_B, 80), EINPROGRESS);
    fails_with(connect_to(fd, HOST_B, 80), EALREADY);
    ck_assert_int_eq(so_error(fd), 0);
    ck_assert_int_eq(wait_for(fd, POLLOUT), POLLOUT);
    ck_assert_int_eq(so_error(fd), 0);
    ck_assert_int_eq(connect_to(fd, HOST_B, 80), 0);
    fails_with(connect_to(fd, HOST_B, 80), EISCONN);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(a_connect_that_may_not_wait_goes_on_by_itself)
{
    compat_both(connect_without_waiting, accept_and_wait);
}
END_TEST

static int then_wait(void *arg)
{
    (void)arg;
    int fd = make_nonblocking(SOCK_STREAM);
    sk_sim_sleep(&world->sim, 10 * MS);
    fails_with(connect_to(fd, HOST_B, 80), EINPROGRESS);
    ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
    ck_assert_int_eq(connect_to(fd, HOST_B, 80), 0);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(a_second_connect_may_wait_for_the_first)
{
    compat_both(then_wait, accept_and_wait);
}
END_TEST

static int refused(void *arg)
{
    (void)arg;
    int fd = make(SOCK_STREAM);
    fails_with(connect_to(fd, HOST_B, 81), ECONNREFUSED);
    fails_with(connect_to(fd, HOST_B, 0), EINVAL);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    fails_with(connect_to(fd, HOST_B, 81), EINPROGRESS);
    ck_assert_int_eq(wait_for(fd, POLLOUT) & (POLLOUT | POLLERR | POLLHUP),
                     POLLOUT | POLLERR | POLLHUP);
    ck_assert_int_eq(so_error(fd), ECONNREFUSED);
    ck_assert_int_eq(so_error(fd), 0);
    ck_assert_int_eq(close(fd), 0);

    fd = make_nonblocking(SOCK_STREAM);
    fails_with(connect_to(fd, HOST_B, 81), EINPROGRESS);
    wait_for(fd, POLLOUT);
    fails_with(connect_to(fd, HOST_B, 81), ECONNREFUSED);
    fails_with(connect_to(fd, HOST_B, 81), EINPROGRESS);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(a_refusal_is_told_once_and_the_socket_may_try_again)
{
    struct compat c;

    compat_begin(&c);
    compat_run(&c, refused, NULL);
    compat_end(&c);
}
END_TEST

static int unanswered(void *arg)
{
    struct timeval t = { .tv_sec = 2 };

    (void)arg;
    int fd = make(SOCK_STREAM);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t), 0);
    instant before = clock_now();
    fails_with(connect_to(fd, 0x0a000063, 80), EINPROGRESS);
    ck_assert_int_eq(clock_now() - before, 2 * SECOND);
    ck_assert_int_eq(close(fd), 0);

    fd = make(SOCK_STREAM);
    ck_assert_int_eq(connect_to(fd, 0xc0000201, 80), -1); /* outside of the network, no gateway */
    ck_assert_int_eq(errno, ENETUNREACH);
    ck_assert_int_eq(close(fd), 0);

    fd = make(SOCK_STREAM | SOCK_NONBLOCK); /* nothing is in progress */
    fails_with(connect_to(fd, 0xc0000201, 80), ENETUNREACH);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(nobody_there_is_the_end_of_the_timeout)
{
    compat_alone(unanswered);
}
END_TEST

/* ---- Another address, after a failure or before the end ---- */

static void expect_peer(int fd, uint32_t addr, uint16_t port)
{
    struct sockaddr_in in;
    socklen_t len = sizeof in;

    ck_assert_int_eq(getpeername(fd, (struct sockaddr *)&in, &len), 0);
    ck_assert_uint_eq(ntohl(in.sin_addr.s_addr), addr);
    ck_assert_uint_eq(ntohs(in.sin_port), port);
}

static void by_so_error(int fd)
{
    ck_assert_int_eq(so_error(fd), ECONNREFUSED);
}

static void by_receiving(int fd)
{
    char octet;

    fails_with(recv(fd, &octet, 1, 0), ECONNREFUSED);
}

static void by_sending(int fd)
{
    fails_with(send(fd, "x", 1, 0), ECONNREFUSED);
}

static void by_connecting(int fd)
{
    fails_with(connect_to(fd, HOST_A, 90), ECONNREFUSED); /* it is the first one that failed */
}

static int tries_another(void *arg)
{
    static void (*const learns[])(int fd) = { by_so_error, by_receiving, by_sending,
                                              by_connecting };

    (void)arg;
    int listener = listen_on(90);
    for (size_t i = 0; i < sizeof learns / sizeof learns[0]; i++) {
        int fd = make_nonblocking(SOCK_STREAM);
        fails_with(connect_to(fd, HOST_B, 81), EINPROGRESS);
        wait_for(fd, POLLOUT);
        learns[i](fd);
        fails_with(connect_to(fd, HOST_A, 90), EINPROGRESS);
        ck_assert_int_eq(wait_for(fd, POLLOUT), POLLOUT);
        expect_peer(fd, HOST_A, 90);
        ck_assert_int_eq(connect_to(fd, HOST_A, 90), 0);
        int accepted = accept(listener, NULL, NULL);
        ck_assert_int_ge(accepted, 0);
        ck_assert_int_eq(close(fd), 0);
        ck_assert_int_eq(close(accepted), 0);
    }
    ck_assert_int_eq(close(listener), 0);
    return 0;
}

START_TEST(after_a_failure_that_was_told_another_address_is_tried)
{
    struct compat c;

    compat_begin(&c);
    compat_run(&c, tries_another, NULL);
    compat_end(&c);
}
END_TEST

static int changes_its_mind(void *arg)
{
    (void)arg;
    int fd = make_nonblocking(SOCK_STREAM);
    sk_sim_sleep(&world->sim, 10 * MS);
    fails_with(connect_to(fd, HOST_B, 80), EINPROGRESS);
    fails_with(connect_to(fd, HOST_B, 81), EALREADY);
    ck_assert_int_eq(wait_for(fd, POLLOUT), POLLOUT);
    fails_with(connect_to(fd, HOST_B, 81), EISCONN);
    expect_peer(fd, HOST_B, 80);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(a_connect_under_way_is_not_led_elsewhere)
{
    compat_both(changes_its_mind, accept_and_wait);
}
END_TEST

/* ---- Interrupted ---- */

static enum port_idle (*real_idle)(const struct port *port, struct sk_iface *iface, instant until,
                                   const struct port_wait *wait);
static bool interrupts;

static enum port_idle interrupted_idle(const struct port *port, struct sk_iface *iface,
                                       instant until, const struct port_wait *wait)
{
    enum port_idle ended = real_idle(port, iface, until, wait);

    return interrupts ? PORT_INTERRUPTED : ended;
}

static int interrupted(void *arg)
{
    (void)arg;
    real_idle = world->places[0]->port.idle;
    world->places[0]->port.idle = interrupted_idle;
    sk_sim_sleep(&world->sim, 10 * MS);
    int fd = make(SOCK_STREAM);
    interrupts = true;
    fails_with(connect_to(fd, HOST_B, 80), EINTR);
    interrupts = false;
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    fails_with(connect_to(fd, HOST_B, 80), EALREADY);
    ck_assert_int_eq(wait_for(fd, POLLOUT), POLLOUT);
    ck_assert_int_eq(connect_to(fd, HOST_B, 80), 0);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(an_interrupted_connect_goes_on)
{
    compat_both(interrupted, accept_and_wait);
}
END_TEST

/* ---- Slow ---- */

static int across_the_ocean(void *arg)
{
    (void)arg;
    close(dial(HOST_B, 80)); /* so that the neighbours know each other */
    world->wire.wires[0].settings.delay = 35 * SECOND;
    instant before = clock_now();
    int fd = dial(HOST_B, 80);
    ck_assert_int_ge(clock_now() - before, 35 * SECOND);
    world->wire.wires[0].settings.delay = MS;
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

static int accepts_two(void *arg)
{
    (void)arg;
    int listener = listen_on(80);
    for (int i = 0; i < 2; i++) {
        int fd = accept(listener, NULL, NULL);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(close(fd), 0);
    }
    ck_assert_int_eq(close(listener), 0);
    return 0;
}

START_TEST(a_connect_may_take_longer_than_the_wait_for_an_address)
{
    compat_both(across_the_ocean, accepts_two);
}
END_TEST

static int datagram_peers(void *arg)
{
    struct sockaddr_in none = { .sin_family = AF_UNSPEC };
    struct sockaddr_in in;
    socklen_t len = sizeof in;

    (void)arg;
    int fd = make(SOCK_DGRAM);
    ck_assert_int_eq(connect_to(fd, HOST_B, 7), 0);
    ck_assert_int_eq(getpeername(fd, (struct sockaddr *)&in, &len), 0);
    ck_assert_uint_eq(ntohs(in.sin_port), 7);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
    ck_assert_uint_eq(ntohl(in.sin_addr.s_addr), HOST_A);
    ck_assert_int_eq(connect_to(fd, HOST_B, 8), 0);
    ck_assert_int_eq(connect(fd, generic(&none), sizeof none), 0);
    fails_with(getpeername(fd, (struct sockaddr *)&in, &len), ENOTCONN);
    fails_with(send(fd, "x", 1, 0), EDESTADDRREQ);
    fails_with(connect_to(fd, 0xc0000201, 7), ENETUNREACH);
    fails_with(connect(fd, generic(&none), 1), EINVAL);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(a_datagram_socket_takes_a_peer_and_gives_it_up)
{
    compat_alone(datagram_peers);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_connect_that_may_not_wait_goes_on_by_itself,
        a_second_connect_may_wait_for_the_first,
        a_refusal_is_told_once_and_the_socket_may_try_again,
        nobody_there_is_the_end_of_the_timeout,
        after_a_failure_that_was_told_another_address_is_tried,
        a_connect_under_way_is_not_led_elsewhere,
        an_interrupted_connect_goes_on,
        a_connect_may_take_longer_than_the_wait_for_an_address,
        a_datagram_socket_takes_a_peer_and_gives_it_up,
        NULL,
    };

    return suite_run("compat_connect", tests);
}
