/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A number that is closed while a call on it runs, and is another socket's before the call looks
 * again: the call ends with EBADF, and nothing happens to the other socket.
 */
#include "tests/support/loopback_fixture.h"

#include <fcntl.h>

static int fd; /* that is called */
static int type_of_the_other;
static int unlocks_until_reuse; /* of the caller's; 0: there is none */
static void (*real_unlock)(const struct port *port);

static void reuse(void)
{
    int number = fd;

    ck_assert_int_eq(close(fd), 0);
    fd = socket(AF_INET, type_of_the_other, 0);
    ck_assert_int_eq(fd, number);
}

/* In the place of another thread, which gets the lock when the caller gives it back. */
static void reusing_unlock(const struct port *p)
{
    real_unlock(p);
    if (unlocks_until_reuse > 0 && --unlocks_until_reuse == 0) {
        reuse();
    }
}

static void begin_reuse(int type)
{
    begin();
    real_unlock = port.port.unlock;
    port.port.unlock = reusing_unlock;
    type_of_the_other = type;
}

static void end_reuse(void)
{
    ck_assert_int_eq(unlocks_until_reuse, 0);
    ck_assert_int_eq(close(fd), 0);
    end();
}

static int connect_there(void)
{
    struct sockaddr_in to = loopback();

    return connect(fd, (struct sockaddr *)&to, sizeof to);
}

/* A connection whose end was not told yet: a call on it waits for that first. */
static void connect_later(void)
{
    fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    fails_with(connect_there(), EINPROGRESS);
    ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
}

#define AFTER_THE_CONNECT 2 /* unlocks: when it is given up, and the wait for it */

START_TEST(a_send_does_not_go_to_another_socket)
{
    begin_reuse(SOCK_DGRAM);
    int listener = listening();
    connect_later();
    unlocks_until_reuse = AFTER_THE_CONNECT;
    fails_with((int)send(fd, "x", 1, MSG_NOSIGNAL), EBADF);
    close(listener);
    end_reuse();
}
END_TEST

START_TEST(a_receive_does_not_take_from_another_socket)
{
    char octet;

    begin_reuse(SOCK_STREAM);
    int listener = listening();
    connect_later();
    unlocks_until_reuse = AFTER_THE_CONNECT;
    fails_with((int)recv(fd, &octet, 1, 0), EBADF);
    close(listener);
    end_reuse();
}
END_TEST

START_TEST(a_wait_for_a_connection_ends)
{
    begin_reuse(SOCK_STREAM);
    int listener = listening();
    connect_later();
    unlocks_until_reuse = AFTER_THE_CONNECT - 1;
    fails_with((int)send(fd, "x", 1, MSG_NOSIGNAL), EBADF);
    connect_later();
    unlocks_until_reuse = AFTER_THE_CONNECT - 1;
    fails_with(connect_there(), EBADF);
    close(listener);
    end_reuse();
}
END_TEST

#define BEFORE_IT_IS_LEFT_ALONE 1 /* unlocks: the attempt */

START_TEST(a_connect_that_goes_on_is_not_noted_of_another_socket)
{
    char octet;

    begin_reuse(SOCK_STREAM);
    int listener = listening();
    fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    unlocks_until_reuse = BEFORE_IT_IS_LEFT_ALONE;
    fails_with(connect_there(), EINPROGRESS);
    ck_assert_int_eq(listen(fd, 1), 0);
    fails_with((int)recv(fd, &octet, 1, MSG_DONTWAIT), ENOTCONN); /* waits for no connection */
    close(listener);
    end_reuse();
}
END_TEST

/* The last attempt failed, which was told: this is a new one. */
START_TEST(a_connect_does_not_connect_another_socket)
{
    int error;

    begin_reuse(SOCK_STREAM);
    connect_later();
    ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){ sizeof error }), 0);
    ck_assert_int_eq(error, ECONNREFUSED);
    int listener = listening();
    unlocks_until_reuse = 1;
    fails_with(connect_there(), EBADF);
    close(listener);
    end_reuse();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_send_does_not_go_to_another_socket,
        a_receive_does_not_take_from_another_socket,
        a_wait_for_a_connection_ends,
        a_connect_does_not_connect_another_socket,
        a_connect_that_goes_on_is_not_noted_of_another_socket,
        NULL,
    };

    return suite_run("compat_reuse", tests);
}
