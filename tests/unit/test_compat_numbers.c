/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers that are closed by others than close, on the port of real hosts: the library's own stay
 * open, and a child that shares the memory closes nothing of its parent's. */
#define _GNU_SOURCE /* dup3, close_range, vfork */
#include "tests/support/loopback_fixture.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "compat/fd.h"
#include "link/own_fds.h"

static void is_open(int fd)
{
    ck_assert_int_ge(fcntl(fd, F_GETFD), 0);
}

static void echoes(int client, int server)
{
    char octet = 'x';

    ck_assert_int_eq(send(client, &octet, 1, MSG_NOSIGNAL), 1);
    ck_assert_int_eq(recv(server, &octet, 1, 0), 1);
}

START_TEST(the_librarys_numbers_are_not_the_programs)
{
    begin();
    int own = port.wake_fd;
    ck_assert(sk_own_fd_has(own));
    fails_with(close(own), EBADF);
    fails_with(dup2(0, own), EBUSY);
    fails_with(dup3(0, own, 0), EBUSY);
    ck_assert_int_eq(close_range((unsigned)own, (unsigned)own, 0), 0);
    is_open(own);
    end();
    ck_assert(!sk_own_fd_has(own));
}
END_TEST

/* In a child, which has nothing else to lose. */
static void closes_a_range(void)
{
    begin();
    int own = port.wake_fd;
    int below = own > 3 ? 3 : own + 1;
    int above = own + 10;
    ck_assert_int_eq(dup2(0, below), below);
    ck_assert_int_eq(dup2(0, above), above);
    ck_assert_int_eq(close_range(3, UINT_MAX, 0), 0);
    fails_with(fcntl(below, F_GETFD), EBADF);
    fails_with(fcntl(above, F_GETFD), EBADF);
    is_open(own);
    ck_assert_int_eq(dup2(0, above), above);
    closefrom(3);
    fails_with(fcntl(above, F_GETFD), EBADF);
    is_open(own);
    ck_assert_int_eq(dup2(0, above), above);
    for (int fd = 3; fd < above + 1; fd++) {
        close(fd);
    }
    fails_with(fcntl(above, F_GETFD), EBADF);
    is_open(own);
}

START_TEST(a_range_leaves_the_librarys_alone)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        closes_a_range();
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(a_child_of_fork_has_none_of_them)
{
    int status;

    begin();
    int own = port.wake_fd;
    pid_t child = fork();
    if (child == 0) {
        _exit(fcntl(own, F_GETFD) == -1 && !sk_own_fd_has(own) ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    is_open(own);
    end();
}
END_TEST

/* As programs do that start others. */
START_TEST(what_a_child_of_vfork_closes_is_its_own)
{
    int client;
    int server;
    int status;

    begin();
    connect_self(&client, &server);
    pid_t child = vfork();
    if (child == 0) {
        close(client);
        dup2(0, server);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    echoes(client, server);
    ck_assert_int_eq(close(client), 0);
    ck_assert_int_eq(close(server), 0);
    end();
}
END_TEST

START_TEST(a_stream_that_is_opened_anew_has_no_socket)
{
    int client;
    int server;
    char octet;

    begin();
    connect_self(&client, &server);
    FILE *stream = fdopen(client, "r+");
    ck_assert_ptr_nonnull(stream);
    ck_assert_ptr_eq(freopen("/dev/null", "r+", stream), stream);
    ck_assert_int_eq(write(fileno(stream), "secret", 6), 6);
    ck_assert_int_eq(recv(server, &octet, 1, 0), 0);
    ck_assert_int_eq(fclose(stream), 0);
    ck_assert_int_eq(close(server), 0);
    end();
}
END_TEST

/* A connection over libslirp takes one more than its socket: who has no more is told at once, and
 * who stays on the host needs none. */
START_TEST(a_connection_that_finds_no_number_is_told)
{
    struct sockaddr_in away = { .sin_family = AF_INET,
                                .sin_port = htons(80),
                                .sin_addr.s_addr = htonl(0x0a000202) };
    struct sockaddr_in here = loopback();
    struct rlimit limit;

    begin();
    int listener = listening();
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    struct rlimit few = { .rlim_cur = (rlim_t)fd + 1, .rlim_max = limit.rlim_max };
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    fails_with(connect(fd, (struct sockaddr *)&away, sizeof away), EMFILE);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&here, sizeof here), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    close(fd);
    close(listener);
    end();
}
END_TEST

/* ---- siglongjmp ------------------------------------------------------------------------------ */

static sigjmp_buf out;

static void jump(int number)
{
    (void)number;
    siglongjmp(out, 1);
}

/* The old way to have a timeout, in a program of one thread. */
static bool times_out(int fd, bool polls)
{
    char octet;
    struct pollfd p = { .fd = fd, .events = POLLIN };

    if (sigsetjmp(out, 1) != 0) {
        return true;
    }
    ualarm(20000, 0);
    if (polls) {
        poll(&p, 1, -1);
    } else {
        recv(fd, &octet, 1, 0);
    }
    return false;
}

START_TEST(a_handler_may_leave_a_call_that_waits)
{
    int client;
    int server;

    begin();
    signal(SIGALRM, jump);
    connect_self(&client, &server);
    for (int i = 0; i < 4; i++) {
        ck_assert(times_out(server, i % 2));
        ck_assert(i > 0 || port.leading); /* nobody knows yet */
        echoes(client, server);
        ck_assert(!port.leading);
    }
    signal(SIGALRM, SIG_DFL);
    ck_assert_int_eq(close(client), 0);
    ck_assert_int_eq(close(server), 0);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_range_leaves_the_librarys_alone,          the_librarys_numbers_are_not_the_programs,
        a_child_of_fork_has_none_of_them,           what_a_child_of_vfork_closes_is_its_own,
        a_stream_that_is_opened_anew_has_no_socket, a_connection_that_finds_no_number_is_told,
        a_handler_may_leave_a_call_that_waits,      NULL,
    };

    return suite_run("compat_numbers", tests);
}
