/* SPDX-License-Identifier: BSD-3-Clause */
/* Several numbers for one socket: dup, dup2, dup3, F_DUPFD. */
#define _GNU_SOURCE
#include "tests/support/compat_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/time.h>

static void is_one_connection(int a, int b)
{
    char octet = 'x';

    ck_assert_int_eq(send(a, &octet, 1, 0), 1);
    ck_assert_int_eq(recv(b, &octet, 1, 0), 1);
}

static int numbers(void *arg)
{
    char octet;
    int client;
    int server;

    (void)arg;
    connect_self(&client, &server);
    int copy = dup(client);
    ck_assert_int_ne(copy, client);
    is_one_connection(copy, server);
    is_one_connection(server, client);
    ck_assert_int_eq(close(client), 0);
    fails_with(send(client, "x", 1, 0), EBADF);
    is_one_connection(copy, server);
    is_one_connection(server, copy);
    fails_with(recv(server, &octet, 1, MSG_DONTWAIT), EAGAIN);
    int other = dup(copy);
    ck_assert_int_eq(close(copy), 0);
    is_one_connection(other, server);
    ck_assert_int_eq(close(other), 0);
    ck_assert_int_eq(recv(server, &octet, 1, 0), 0);
    return close(server);
}

START_TEST(a_socket_lives_until_its_last_number_is_closed)
{
    compat_alone(numbers);
}
END_TEST

static int flags(void *arg)
{
    struct timeval timeout = { .tv_sec = 3 };
    char octet;
    int client;
    int server;

    (void)arg;
    connect_self(&client, &server);
    int copy = dup(client);
    ck_assert_int_eq(fcntl(client, F_SETFL, O_NONBLOCK), 0);
    ck_assert_int_eq(fcntl(copy, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    fails_with(recv(copy, &octet, 1, 0), EAGAIN);
    ck_assert_int_eq(fcntl(copy, F_SETFL, 0), 0);
    ck_assert_int_eq(setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout), 0);
    instant before = clock_now();
    fails_with(recv(copy, &octet, 1, 0), EAGAIN);
    ck_assert_int_eq(clock_now() - before, 3 * SECOND);

    ck_assert_int_eq(fcntl(client, F_SETFD, FD_CLOEXEC), 0); /* of a number alone */
    ck_assert_int_eq(fcntl(copy, F_GETFD), 0);
    ck_assert_int_eq(fcntl(copy, F_SETFL, O_NONBLOCK), 0);
    ck_assert_int_eq(close(client), 0);
    ck_assert_int_eq(close(copy), 0);
    ck_assert_int_eq(close(server), 0);

    int fresh = make(SOCK_STREAM); /* nothing of it is left */
    ck_assert_int_eq(fcntl(fresh, F_GETFL) & O_NONBLOCK, 0);
    return close(fresh);
}

START_TEST(flags_and_timeouts_are_the_sockets_close_on_exec_is_the_numbers)
{
    compat_alone(flags);
}
END_TEST

static int from_a_number_on(void *arg)
{
    int fd = make(SOCK_DGRAM);

    (void)arg;
    int copy = fcntl(fd, F_DUPFD, 100);
    ck_assert_int_ge(copy, 100);
    ck_assert_int_eq(fcntl(copy, F_GETFD), 0);
    int other = fcntl(fd, F_DUPFD_CLOEXEC, copy);
    ck_assert_int_gt(other, copy);
    ck_assert_int_eq(fcntl(other, F_GETFD), FD_CLOEXEC);
    fails_with(fcntl(fd, F_DUPFD, -1), EINVAL);
    bind_to(other, INADDR_LOOPBACK, 9000);
    ck_assert_int_eq(close(other), 0);
    struct sockaddr_in name;
    ck_assert_int_eq(getsockname(copy, (struct sockaddr *)&name, &(socklen_t){ sizeof name }), 0);
    ck_assert_uint_eq(name.sin_port, htons(9000));
    ck_assert_int_eq(close(copy), 0);
    ck_assert_int_eq(close(fd), 0);
    fails_with(fcntl(fd, F_DUPFD, 0), EBADF);
    fails_with(dup(fd), EBADF);
    return 0;
}

START_TEST(f_dupfd_counts_from_a_number_on)
{
    compat_alone(from_a_number_on);
}
END_TEST

static int taken_numbers(void *arg)
{
    char octet;
    int client;
    int server;

    (void)arg;
    connect_self(&client, &server);
    int fd = make(SOCK_DGRAM);
    int file = fileno(tmpfile());

    ck_assert_int_eq(dup2(client, client), client);
    is_one_connection(client, server);
    fails_with(dup3(client, client, 0), EINVAL);
    fails_with(dup3(client, fd, O_NONBLOCK), EINVAL);
    fails_with(dup2(-1, fd), EBADF);
    fails_with(dup2(-1, -1), EBADF);
    fails_with(dup2(client, -1), EBADF);
    bind_to(fd, INADDR_LOOPBACK, 9000); /* it is still there */

    ck_assert_int_eq(dup2(client, fd), fd); /* onto a socket, which closes it */
    is_one_connection(fd, server);
    int second = make(SOCK_DGRAM);
    bind_to(second, INADDR_LOOPBACK, 9000);
    ck_assert_int_eq(close(second), 0);

    ck_assert_int_eq(dup3(client, file, O_CLOEXEC), file); /* onto a file */
    is_one_connection(file, server);
    ck_assert_int_eq(fcntl(file, F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(close(client), 0);
    ck_assert_int_eq(dup2(0, fd), fd); /* a file onto a socket */
    is_one_connection(file, server);
    ck_assert_int_eq(dup2(0, file), file);
    ck_assert_int_eq(recv(server, &octet, 1, 0), 0); /* it was the last one */
    ck_assert_int_eq(close(fd), 0);
    ck_assert_int_eq(close(file), 0);
    return close(server);
}

START_TEST(dup2_closes_what_the_number_was)
{
    compat_alone(taken_numbers);
}
END_TEST

static int waits_on_a_copy(void *arg)
{
    int listener = listen_on(80);
    int copy = dup(listener);
    struct pollfd ready = { .fd = copy, .events = POLLIN };

    (void)arg;
    ck_assert_int_eq(close(listener), 0);
    ck_assert_int_eq(poll(&ready, 1, -1), 1);
    int fd = accept(copy, NULL, NULL);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(close(copy), 0);
    return close(fd);
}

static int dials(void *arg)
{
    (void)arg;
    sk_sim_sleep(&world->sim, SECOND);
    return close(dial(HOST_A, 80));
}

START_TEST(poll_and_accept_take_any_number_of_a_listener)
{
    compat_both(waits_on_a_copy, dials);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_socket_lives_until_its_last_number_is_closed,
        flags_and_timeouts_are_the_sockets_close_on_exec_is_the_numbers,
        f_dupfd_counts_from_a_number_on,
        dup2_closes_what_the_number_was,
        poll_and_accept_take_any_number_of_a_listener,
        NULL,
    };

    return suite_run("compat_dup", tests);
}
