/* SPDX-License-Identifier: BSD-3-Clause */
/* sendfile to a socket of ours: what is sent, and where the file stands afterwards. */
#define _GNU_SOURCE
#include "tests/support/compat_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/sendfile.h>

#define N_OCTETS 100000

static char octet_at(off_t i)
{
    return (char)(i * 31 % 251);
}

static int make_file(off_t len)
{
    int file = fileno(tmpfile());

    for (off_t i = 0; i < len; i++) {
        char octet = octet_at(i);
        ck_assert_int_eq(write(file, &octet, 1), 1);
    }
    ck_assert_int_eq(lseek(file, 0, SEEK_SET), 0);
    return file;
}

static int sends_a_file(void *arg)
{
    int file = make_file(N_OCTETS);
    int fd = dial(HOST_B, 80);
    off_t offset = 10;

    (void)arg;
    ck_assert_int_eq(sendfile(fd, file, &offset, 20), 20);
    ck_assert_int_eq(offset, 30);
    ck_assert_int_eq(lseek(file, 0, SEEK_CUR), 0); /* the file's own stays */
    ck_assert_int_eq(lseek(file, 30, SEEK_SET), 30);
    ck_assert_int_eq(sendfile(fd, file, NULL, SIZE_MAX), N_OCTETS - 30);
    ck_assert_int_eq(lseek(file, 0, SEEK_CUR), N_OCTETS);
    ck_assert_int_eq(sendfile(fd, file, NULL, 10), 0); /* the end of the file */
    ck_assert_int_eq(close(file), 0);
    return close(fd);
}

static int receives_it(void *arg)
{
    char octets[1000];
    off_t got = 10;
    ssize_t n;
    int fd = accept_one(80);

    (void)arg;
    while ((n = recv(fd, octets, sizeof octets, 0)) > 0) {
        for (ssize_t i = 0; i < n; i++, got++) {
            ck_assert_int_eq(octets[i], octet_at(got));
        }
    }
    ck_assert_int_eq(got, N_OCTETS);
    return close(fd);
}

START_TEST(a_file_is_sent_from_where_it_stands)
{
    compat_both(sends_a_file, receives_it);
}
END_TEST

/* The file stands where the socket stopped taking. */
static int sends_a_part(void *arg)
{
    static char octets[N_OCTETS];
    int file = make_file(N_OCTETS);
    ssize_t sent = 0;
    int client;
    int server;

    (void)arg;
    connect_self(&client, &server);
    ck_assert_int_eq(fcntl(client, F_SETFL, O_NONBLOCK), 0);
    for (ssize_t part; (part = sendfile(client, file, NULL, N_OCTETS)) > 0; sent += part) {
        ck_assert_int_eq(lseek(file, 0, SEEK_CUR), sent + part);
        sk_sim_sleep(&world->sim, SECOND);
    }
    ck_assert_int_eq(errno, EAGAIN);
    ck_assert_int_eq(lseek(file, 0, SEEK_CUR), sent);
    ck_assert_int_gt(sent, 0);
    ck_assert_int_lt(sent, N_OCTETS);
    ck_assert_int_eq(recv(server, octets, (size_t)sent, MSG_WAITALL), sent);
    for (ssize_t i = 0; i < sent; i++) {
        ck_assert_int_eq(octets[i], octet_at(i));
    }
    close_both(client, server);
    return close(file);
}

START_TEST(what_the_socket_does_not_take_is_not_lost)
{
    compat_alone(sends_a_part);
}
END_TEST

static int wrong(void *arg)
{
    int file = make_file(10);
    int ends[2];
    int client;
    int server;
    off_t before_the_beginning = -1;

    (void)arg;
    connect_self(&client, &server);
    ck_assert_int_eq(pipe(ends), 0);
    fails_with(sendfile(client, server, NULL, 1), EINVAL);
    fails_with(sendfile(client, file, &before_the_beginning, 1), EINVAL);
    fails_with(sendfile(client, ends[0], NULL, 1), ESPIPE);
    fails_with(sendfile(client, -1, NULL, 1), EBADF);
    fails_with(sendfile(-1, file, NULL, 1), EBADF);
    ck_assert_int_eq(sendfile(ends[1], file, NULL, 10), 10); /* the kernel's own */
    ck_assert_int_eq(shutdown(client, SHUT_WR), 0);
    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(lseek(file, 0, SEEK_SET), 0);
    fails_with(sendfile(client, file, NULL, 10), EPIPE);
    ck_assert_int_eq(lseek(file, 0, SEEK_CUR), 0);
    signal(SIGPIPE, SIG_DFL);
    close_both(ends[0], ends[1]);
    close_both(client, server);
    return close(file);
}

START_TEST(what_cannot_be_sent_is_refused)
{
    compat_alone(wrong);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_file_is_sent_from_where_it_stands,
        what_the_socket_does_not_take_is_not_lost,
        what_cannot_be_sent_is_refused,
        NULL,
    };

    return suite_run("compat_sendfile", tests);
}
