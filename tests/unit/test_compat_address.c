/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host that has no address yet: a call that may wait waits for one, a connect that may not gets
 * on with it later, and neither does so for ever.
 */
#include "tests/support/compat_fixture.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/time.h>

#include "compat/call.h"

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

static int accept_and_wait(void *arg)
{
    char octet;

    (void)arg;
    int fd = accept_one(80);
    ck_assert_int_eq(read(fd, &octet, 1), 0);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

#define NO_NETIF 0
#define CONFIGURED_AFTER ((duration)3 * SECOND)

static int configure_later(void *arg)
{
    struct sk_netif_config netif = { .name = "eth0", .addr = ip4(HOST_A), .prefix_len = 24 };

    (void)arg;
    sk_sim_sleep(&world->sim, CONFIGURED_AFTER);
    ck_assert_int_eq(
        sk_netif_add(world->hosts[0], &world->wire.ends[0].link, &netif, clock_now(), NULL), SK_OK);
    world->places[0]->port.wake(&world->places[0]->port);
    return 0;
}

static struct sockaddr_in own_address(uint32_t addr)
{
    return address(addr, 5000);
}

static int binds_early(void *arg)
{
    struct sockaddr_in ours = own_address(HOST_A);
    struct sockaddr_in others = own_address(HOST_B);
    instant before = clock_now();

    (void)arg;
    int fd = make(SOCK_DGRAM);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    fails_with(bind(fd, generic(&ours), sizeof ours), EADDRNOTAVAIL);
    ck_assert_int_eq(clock_now(), before);
    ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
    ck_assert_int_eq(bind(fd, generic(&ours), sizeof ours), 0);
    ck_assert_int_eq(clock_now() - before, CONFIGURED_AFTER);
    ck_assert_int_eq(close(fd), 0);
    fd = make(SOCK_DGRAM);
    fails_with(bind(fd, generic(&others), sizeof others), EADDRNOTAVAIL);
    ck_assert_int_eq(clock_now() - before, CONFIGURED_AFTER);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

/* Host a gets its netif after a while, when `later`. */
static void without_address(sim_main *client, sim_main *server, bool later)
{
    struct compat c;
    struct sk_config config = { .size = sizeof config };

    compat_begin_with(&c, &config, NO_NETIF);
    if (later) {
        sk_sim_spawn(c.places[0], configure_later, NULL);
    }
    compat_run(&c, client, server);
    compat_end(&c);
}

static int waits_for_address(void *arg)
{
    (void)arg;
    ck_assert(!sk_iface_configured(libsock_iface()));
    int fd = dial(HOST_B, 80);
    ck_assert_int_ge(clock_now() - SIM_START, CONFIGURED_AFTER);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(a_bind_waits_for_its_address)
{
    without_address(binds_early, NULL, true);
}
END_TEST

START_TEST(a_blocking_connect_waits_for_the_address)
{
    without_address(waits_for_address, accept_and_wait, true);
}
END_TEST

static int gives_up(void *arg)
{
    struct sockaddr_in to = address(HOST_B, 7);
    struct timeval t = { .tv_sec = 1 };

    (void)arg;
    int fd = make(SOCK_STREAM);
    fails_with(connect_to(fd, HOST_B, 80), ENETUNREACH);
    ck_assert_int_eq(clock_now() - SIM_START, CONFIG_WAIT);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t), 0);
    instant before = clock_now();
    fails_with(connect_to(fd, HOST_B, 80), ENETUNREACH);
    ck_assert_int_eq(clock_now() - before, SECOND);
    ck_assert_int_eq(close(fd), 0);

    fd = make(SOCK_DGRAM);
    before = clock_now();
    fails_with(sendto(fd, "x", 1, MSG_DONTWAIT, generic(&to), sizeof to), ENETUNREACH);
    ck_assert_int_eq(clock_now(), before);
    fails_with(sendto(fd, "x", 1, 0, generic(&to), sizeof to), ENETUNREACH);
    ck_assert_int_eq(clock_now() - before, CONFIG_WAIT);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    fails_with(connect_to(fd, HOST_B, 7), ENETUNREACH);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(nobody_waits_for_an_address_for_ever)
{
    without_address(gives_up, NULL, false);
}
END_TEST

static int datagram_waits(void *arg)
{
    struct sockaddr_in to = address(HOST_B, 7);

    (void)arg;
    int fd = make(SOCK_DGRAM);
    ck_assert_int_eq(sendto(fd, "x", 1, 0, generic(&to), sizeof to), 1);
    ck_assert_int_ge(clock_now() - SIM_START, CONFIGURED_AFTER);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

static int datagram_arrives(void *arg)
{
    char octet;

    (void)arg;
    int fd = make(SOCK_DGRAM);
    bind_to(fd, INADDR_ANY, 7);
    ck_assert_int_eq(read(fd, &octet, 1), 1);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(a_datagram_waits_for_the_address)
{
    without_address(datagram_waits, datagram_arrives, true);
}
END_TEST

static int loops_back_at_once(void *arg)
{
    int client;
    int server;

    (void)arg;
    connect_self(&client, &server);
    ck_assert_int_lt(clock_now() - SIM_START, SECOND);
    ck_assert_int_eq(close(client), 0);
    ck_assert_int_eq(close(server), 0);
    return 0;
}

START_TEST(the_loopback_needs_no_address)
{
    without_address(loops_back_at_once, NULL, false);
}
END_TEST

static int deferred(void *arg)
{
    char octet = 'x';

    (void)arg;
    int fd = make_nonblocking(SOCK_STREAM);
    fails_with(connect_to(fd, HOST_B, 80), EINPROGRESS);
    fails_with(connect_to(fd, HOST_B, 80), EALREADY);
    fails_with(send(fd, &octet, 1, 0), EAGAIN);
    fails_with(recv(fd, &octet, 1, 0), EAGAIN);
    ck_assert_int_eq(so_error(fd), 0);
    ck_assert_int_eq(clock_now(), SIM_START);
    ck_assert_int_eq(wait_for(fd, POLLOUT), POLLOUT);
    ck_assert_int_ge(clock_now() - SIM_START, CONFIGURED_AFTER);
    ck_assert_int_eq(so_error(fd), 0);
    ck_assert_int_eq(connect_to(fd, HOST_B, 80), 0);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(a_connect_that_may_not_wait_starts_when_there_is_an_address)
{
    without_address(deferred, accept_and_wait, true);
}
END_TEST

static int deferred_then_blocking(void *arg)
{
    (void)arg;
    int fd = make_nonblocking(SOCK_STREAM);
    fails_with(connect_to(fd, HOST_B, 80), EINPROGRESS);
    ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
    ck_assert_int_eq(send(fd, "", 0, 0), 0);
    ck_assert_int_ge(clock_now() - SIM_START, CONFIGURED_AFTER);
    fails_with(connect_to(fd, HOST_B, 80), EISCONN);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(a_send_that_may_wait_waits_for_the_deferred_connect)
{
    without_address(deferred_then_blocking, accept_and_wait, true);
}
END_TEST

static int deferred_for_ever(void *arg)
{
    char octet;

    (void)arg;
    int fd = make_nonblocking(SOCK_STREAM);
    fails_with(connect_to(fd, HOST_B, 80), EINPROGRESS);
    short events = wait_for(fd, POLLOUT);
    ck_assert_int_eq(events & (POLLOUT | POLLERR | POLLHUP), POLLOUT | POLLERR | POLLHUP);
    ck_assert_int_le(clock_now() - SIM_START, CONFIG_WAIT + 10 * MS);
    ck_assert_int_ge(clock_now() - SIM_START, CONFIG_WAIT);
    ck_assert_int_eq(so_error(fd), ENETUNREACH);
    ck_assert_int_eq(so_error(fd), 0);
    fails_with(recv(fd, &octet, 1, 0), ENOTCONN);

    fails_with(connect_to(fd, HOST_B, 80), EINPROGRESS);
    ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
    fails_with(connect_to(fd, HOST_B, 80), ENETUNREACH);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(a_deferred_connect_is_given_up_in_the_end)
{
    without_address(deferred_for_ever, NULL, false);
}
END_TEST

static int looks_late(void *arg)
{
    (void)arg;
    int fd = make_nonblocking(SOCK_STREAM);
    fails_with(connect_to(fd, HOST_B, 80), EINPROGRESS);
    sk_sim_sleep(&world->sim, CONFIG_WAIT + SECOND);
    ck_assert_int_eq(so_error(fd), ENETUNREACH);
    ck_assert_int_eq(so_error(fd), 0);

    fails_with(connect_to(fd, HOST_B, 80), EINPROGRESS);
    sk_sim_sleep(&world->sim, CONFIG_WAIT + SECOND);
    instant before = clock_now();
    ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
    fails_with(connect_to(fd, HOST_B, 80), ENETUNREACH);
    ck_assert_int_eq(clock_now(), before);
    ck_assert_int_eq(so_error(fd), 0); /* it was told */

    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    fails_with(connect_to(fd, HOST_B, 80), EINPROGRESS);
    sk_sim_sleep(&world->sim, CONFIG_WAIT + SECOND);
    fails_with(send(fd, "x", 1, 0), ENETUNREACH);
    fails_with(send(fd, "x", 1, MSG_NOSIGNAL), ENOTCONN);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(what_was_given_up_is_told_once_to_who_looks_later)
{
    without_address(looks_late, NULL, false);
}
END_TEST

static int deferred_with_timeout(void *arg)
{
    struct timeval t = { .tv_sec = 1 };

    (void)arg;
    int fd = make_nonblocking(SOCK_STREAM);
    fails_with(connect_to(fd, HOST_B, 80), EINPROGRESS);
    ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t), 0);
    fails_with(send(fd, "x", 1, 0), EAGAIN);
    ck_assert_int_eq(clock_now() - SIM_START, SECOND);
    fails_with(connect_to(fd, HOST_B, 80), EALREADY);
    ck_assert_int_eq(clock_now() - SIM_START, 2 * SECOND);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(a_timeout_ends_the_wait_for_a_deferred_connect)
{
    without_address(deferred_with_timeout, NULL, false);
}
END_TEST

static enum port_idle (*real_idle)(const struct port *port, struct sk_iface *iface, instant until,
                                   const struct port_wait *wait);

static enum port_idle interrupted_idle(const struct port *port, struct sk_iface *iface,
                                       instant until, const struct port_wait *wait)
{
    real_idle(port, iface, until, wait);
    return PORT_INTERRUPTED;
}

static int interrupted_early(void *arg)
{
    struct port *port = &world->places[0]->port;

    (void)arg;
    real_idle = port->idle;
    port->idle = interrupted_idle;
    int fd = make(SOCK_STREAM);
    fails_with(connect_to(fd, HOST_B, 80), EINTR);
    port->idle = real_idle;
    ck_assert_int_eq(connect_to(fd, HOST_B, 80), 0);
    ck_assert_int_ge(clock_now() - SIM_START, CONFIGURED_AFTER);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(a_connect_interrupted_without_an_address_goes_on)
{
    without_address(interrupted_early, accept_and_wait, true);
}
END_TEST

/* Among several threads: an address that came is nothing that happened to a socket. */
static enum port_idle attentive_idle(const struct port *port, struct sk_iface *iface, instant until,
                                     const struct port_wait *wait)
{
    ck_assert(sk_iface_configured(iface) || wait->concerns(wait, SK_FD_NONE));
    ck_assert(wait->concerns(wait, 0)); /* the only socket that there is */
    return real_idle(port, iface, until, wait);
}

static int (*attentive)(void *arg);

static int waits_attentively(void *arg)
{
    real_idle = world->places[0]->port.idle;
    world->places[0]->port.idle = attentive_idle;
    return attentive(arg);
}

static int connects_early(void *arg)
{
    (void)arg;
    int fd = make(SOCK_STREAM);
    ck_assert_int_eq(connect_to(fd, HOST_B, 80), 0);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(who_waits_for_an_address_is_told_of_more_than_its_socket)
{
    attentive = connects_early;
    without_address(waits_attentively, accept_and_wait, true);
    attentive = deferred_then_blocking;
    without_address(waits_attentively, accept_and_wait, true);
    attentive = deferred_with_timeout;
    without_address(waits_attentively, NULL, false);
}
END_TEST

static int resolves_through_signals(void *arg)
{
    struct addrinfo *list;

    (void)arg;
    real_idle = world->places[0]->port.idle;
    world->places[0]->port.idle = interrupted_idle;
    ck_assert_int_eq(getaddrinfo("nobody.test", NULL, NULL, &list), EAI_AGAIN);
    ck_assert_int_eq(clock_now() - SIM_START, CONFIG_WAIT);
    return 0;
}

START_TEST(no_signal_interrupts_getaddrinfo)
{
    without_address(resolves_through_signals, NULL, false);
}
END_TEST

static int loops_back_without_waiting(void *arg)
{
    (void)arg;
    int listener = listen_on(80);
    int fd = make_nonblocking(SOCK_STREAM);
    if (connect_to(fd, INADDR_LOOPBACK, 80) != 0) {
        ck_assert_int_eq(errno, EINPROGRESS);
        ck_assert_int_eq(wait_for(fd, POLLOUT), POLLOUT);
    }
    ck_assert_int_lt(clock_now() - SIM_START, SECOND);
    ck_assert_int_eq(close(fd), 0);
    ck_assert_int_eq(close(listener), 0);
    return 0;
}

START_TEST(a_connect_to_the_loopback_is_never_deferred)
{
    without_address(loops_back_without_waiting, NULL, false);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_bind_waits_for_its_address,
        a_blocking_connect_waits_for_the_address,
        nobody_waits_for_an_address_for_ever,
        a_datagram_waits_for_the_address,
        the_loopback_needs_no_address,
        a_connect_that_may_not_wait_starts_when_there_is_an_address,
        a_send_that_may_wait_waits_for_the_deferred_connect,
        a_deferred_connect_is_given_up_in_the_end,
        what_was_given_up_is_told_once_to_who_looks_later,
        a_timeout_ends_the_wait_for_a_deferred_connect,
        a_connect_interrupted_without_an_address_goes_on,
        who_waits_for_an_address_is_told_of_more_than_its_socket,
        no_signal_interrupts_getaddrinfo,
        a_connect_to_the_loopback_is_never_deferred,
        NULL,
    };

    return suite_run("compat_address", tests);
}
