/* SPDX-License-Identifier: BSD-3-Clause */
/* Urgent data as BSD's sockets have it: MSG_OOB, SO_OOBINLINE, sockatmark, POLLPRI; and
 * SO_RCVLOWAT, the other thing that tells receives where to end. */
#include "tests/support/compat_fixture.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/select.h>

static short events(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN | POLLPRI };

    ck_assert_int_ge(poll(&p, 1, 0), 0);
    return p.revents;
}

static void set_switch(int fd, int option, int value)
{
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, option, &value, sizeof value), 0);
}

#define receives(fd, flags, text)                                                                  \
    do {                                                                                           \
        char received[64];                                                                         \
        ck_assert_int_eq(recv(fd, received, sizeof received, flags), (ssize_t)strlen(text));       \
        ck_assert_mem_eq(received, text, strlen(text));                                            \
    } while (0)

/* "abc", the last one urgent, then "de", all there. */
static void with_urgent(int *client, int *server)
{
    connect_self(client, server);
    ck_assert_int_eq(send(*client, "abc", 3, MSG_OOB), 3);
    ck_assert_int_eq(send(*client, "de", 2, 0), 2);
    sk_sim_sleep(&world->sim, SECOND);
}

static void close_all(int client, int server)
{
    ck_assert_int_eq(close(client), 0);
    ck_assert_int_eq(close(server), 0);
}

static int apart(void *arg)
{
    char octet;
    int client;
    int server;

    (void)arg;
    with_urgent(&client, &server);
    ck_assert_int_eq(events(server), POLLIN | POLLPRI);
    ck_assert_int_eq(sockatmark(server), 0);
    receives(server, MSG_OOB | MSG_PEEK, "c");
    receives(server, MSG_OOB, "c"); /* before what is in front of it */
    fails_with(recv(server, &octet, 1, MSG_OOB), EINVAL);
    ck_assert_int_eq(events(server), POLLIN);
    int at = 7;
    ck_assert_int_eq(ioctl(server, SIOCATMARK, &at), 0);
    ck_assert_int_eq(at, 0);
    ck_assert_int_eq(ioctl(server, FIONREAD, &at), 0);
    ck_assert_int_eq(at, 2); /* up to the mark */
    receives(server, 0, "ab");
    ck_assert_int_eq(sockatmark(server), 1);
    ck_assert_int_eq(ioctl(server, SIOCATMARK, &at), 0);
    ck_assert_int_eq(at, 1);
    receives(server, MSG_PEEK, "de");
    ck_assert_int_eq(sockatmark(server), 1);
    receives(server, 0, "de");
    ck_assert_int_eq(sockatmark(server), 0);
    ck_assert_int_eq(events(server), 0);
    close_all(client, server);
    return 0;
}

START_TEST(the_urgent_octet_is_read_by_itself)
{
    compat_alone(apart);
}
END_TEST

/* It is gone once the stream was read past it. */
static int passed_over(void *arg)
{
    char octet;
    int client;
    int server;

    (void)arg;
    with_urgent(&client, &server);
    receives(server, 0, "ab");
    ck_assert_int_eq(events(server), POLLIN | POLLPRI);
    receives(server, 0, "de");
    fails_with(recv(server, &octet, 1, MSG_OOB), EINVAL);
    ck_assert_int_eq(events(server), 0);
    close_all(client, server);
    return 0;
}

START_TEST(what_reads_the_stream_passes_over_it)
{
    compat_alone(passed_over);
}
END_TEST

/* Nothing to read, but for the octet that is apart. */
static int alone(void *arg)
{
    char octet;
    int client;
    int server;

    (void)arg;
    connect_self(&client, &server);
    ck_assert_int_eq(send(client, "x", 1, MSG_OOB), 1);
    sk_sim_sleep(&world->sim, SECOND);
    ck_assert_int_eq(events(server), POLLPRI);
    fails_with(recv(server, &octet, 1, MSG_DONTWAIT | MSG_PEEK), EAGAIN);
    receives(server, MSG_OOB, "x");
    ck_assert_int_eq(events(server), 0);
    ck_assert_int_eq(send(client, "y", 1, MSG_OOB), 1); /* another one */
    sk_sim_sleep(&world->sim, SECOND);
    ck_assert_int_eq(events(server), POLLPRI | POLLIN); /* now the first is in line */
    receives(server, MSG_OOB, "y");
    receives(server, 0, "x");
    ck_assert_int_eq(shutdown(client, SHUT_WR), 0);
    ck_assert_int_eq(recv(server, &octet, 1, 0), 0);
    ck_assert_int_eq(close(client), 0);
    ck_assert_int_eq(close(server), 0);
    return 0;
}

START_TEST(a_stream_of_one_urgent_octet_has_nothing_to_read)
{
    compat_alone(alone);
}
END_TEST

static int in_line(void *arg)
{
    char octet;
    int client;
    int server;

    (void)arg;
    with_urgent(&client, &server);
    set_switch(server, SO_OOBINLINE, 1);
    fails_with(recv(server, &octet, 1, MSG_OOB), EINVAL);
    ck_assert_int_eq(events(server), POLLIN | POLLPRI);
    receives(server, MSG_WAITALL, "ab"); /* up to the mark, and no further */
    ck_assert_int_eq(sockatmark(server), 1);
    receives(server, 0, "cde");
    ck_assert_int_eq(sockatmark(server), 0);
    ck_assert_int_eq(events(server), 0);
    close_all(client, server);
    return 0;
}

START_TEST(in_line_a_receive_ends_before_the_mark)
{
    compat_alone(in_line);
}
END_TEST

static int inherited(void *arg)
{
    int value;
    int listener = listen_on(80);

    (void)arg;
    ck_assert_int_eq(
        getsockopt(listener, SOL_SOCKET, SO_OOBINLINE, &value, &(socklen_t){ sizeof value }), 0);
    ck_assert_int_eq(value, 0);
    set_switch(listener, SO_OOBINLINE, 1);
    int client = dial(INADDR_LOOPBACK, 80);
    int server = accept(listener, NULL, NULL);
    ck_assert_int_eq(
        getsockopt(server, SOL_SOCKET, SO_OOBINLINE, &value, &(socklen_t){ sizeof value }), 0);
    ck_assert_int_eq(value, 1);
    close_all(client, server);
    return close(listener);
}

START_TEST(a_connection_has_it_from_its_listener)
{
    compat_alone(inherited);
}
END_TEST

static int nothing_urgent(void *arg)
{
    char octet;
    int client;
    int server;
    int dgram = make(SOCK_DGRAM);
    fd_set exceptional;

    (void)arg;
    connect_self(&client, &server);
    fails_with(recv(server, &octet, 1, MSG_OOB), EINVAL);
    ck_assert_int_eq(sockatmark(server), 0);
    fails_with(recv(dgram, &octet, 1, MSG_OOB), EOPNOTSUPP);
    fails_with(sockatmark(dgram), ENOTTY);
    fails_with(ioctl(dgram, SIOCATMARK, &(int){ 0 }), ENOTTY);
    fails_with(setsockopt(dgram, SOL_SOCKET, SO_OOBINLINE, &(int){ 1 }, sizeof(int)), ENOPROTOOPT);
    fails_with(sockatmark(-1), EBADF);
    FD_ZERO(&exceptional);
    FD_SET(server, &exceptional);
    ck_assert_int_eq(select(server + 1, NULL, NULL, &exceptional, &(struct timeval){ 0 }), 0);
    ck_assert_int_eq(send(client, "x", 1, MSG_OOB), 1);
    FD_SET(server, &exceptional);
    ck_assert_int_eq(select(server + 1, NULL, NULL, &exceptional, NULL), 1);
    ck_assert(FD_ISSET(server, &exceptional));
    int fresh = make(SOCK_STREAM);
    fails_with(recv(fresh, &octet, 1, MSG_OOB), ENOTCONN);
    close_all(client, server);
    close_all(dgram, fresh);
    return 0;
}

START_TEST(where_nothing_is_urgent_there_is_nothing_to_read)
{
    compat_alone(nothing_urgent);
}
END_TEST

/* ---- SO_RCVLOWAT ---- */

static int sends_bit_by_bit(void *arg)
{
    int fd = dial(HOST_B, 80);

    (void)arg;
    for (int i = 0; i < 6; i++) {
        ck_assert_int_eq(send(fd, &"abcdef"[i], 1, 0), 1);
        sk_sim_sleep(&world->sim, SECOND);
    }
    return close(fd);
}

static int waits_for_enough(void *arg)
{
    char octets[8];
    int fd = accept_one(80);
    struct pollfd p = { .fd = fd, .events = POLLIN };

    (void)arg;
    fails_with(setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, octets, 3), EINVAL);
    set_switch(fd, SO_RCVLOWAT, 4);
    instant before = clock_now();
    ck_assert_int_eq(poll(&p, 1, -1), 1);
    ck_assert_int_ge(clock_now() - before, 2 * SECOND);
    receives(fd, MSG_PEEK, "abcd");
    ck_assert_int_eq(recv(fd, octets, 2, 0), 2); /* all there is room for */
    ck_assert_int_eq(recv(fd, octets, 1, MSG_DONTWAIT), 1);
    ck_assert_int_eq(recv(fd, octets, 8, MSG_DONTWAIT), 1); /* it may not wait for more */
    receives(fd, 0, "ef");                                  /* there will be no more */
    ck_assert_int_eq(recv(fd, octets, 8, 0), 0);
    set_switch(fd, SO_RCVLOWAT, -1);
    ck_assert_int_eq(poll(&p, 1, -1), 1); /* at its end */
    return close(fd);
}

START_TEST(a_low_water_mark_is_waited_for)
{
    compat_both(sends_bit_by_bit, waits_for_enough);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_urgent_octet_is_read_by_itself,
        what_reads_the_stream_passes_over_it,
        a_stream_of_one_urgent_octet_has_nothing_to_read,
        in_line_a_receive_ends_before_the_mark,
        a_connection_has_it_from_its_listener,
        where_nothing_is_urgent_there_is_nothing_to_read,
        a_low_water_mark_is_waited_for,
        NULL,
    };

    return suite_run("compat_urgent", tests);
}
