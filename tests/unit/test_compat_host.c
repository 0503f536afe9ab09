/* SPDX-License-Identifier: BSD-3-Clause */
/* What only hosts have: the names that glibc's headers put in the place of read, recv, poll and
 * fcntl, the calls that are not ours, and /etc/hosts. */
#define _GNU_SOURCE /* dup3, close_range */
#include "tests/support/compat_fixture.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

#include <sys/wait.h>

#include "compat/ai.h"
#include "compat/lookup.h"

ssize_t __wrap___read_chk(int fd, void *buffer, size_t len, size_t room);
ssize_t __wrap___recv_chk(int fd, void *buffer, size_t len, size_t room, int flags);
ssize_t __wrap___recvfrom_chk(int fd, void *buffer, size_t len, size_t room, int flags,
                              struct sockaddr *from, socklen_t *from_len);
int __wrap___poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t room);
int __wrap___ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
                       const sigset_t *mask, size_t room);
int __wrap_fcntl64(int fd, int command, ...);

static int fortified(void *arg)
{
    char octets[4];
    int client;
    int server;

    (void)arg;
    connect_self(&client, &server);
    struct pollfd p = { .fd = server, .events = POLLIN };
    ck_assert_int_eq(send(client, "abcdef", 6, 0), 6);
    ck_assert_int_eq(__wrap___poll_chk(&p, 1, -1, sizeof p), 1);
    ck_assert_int_eq(__wrap___ppoll_chk(&p, 1, NULL, NULL, sizeof p), 1);
    ck_assert_int_eq(__wrap___read_chk(server, octets, 2, sizeof octets), 2);
    ck_assert_int_eq(__wrap___recv_chk(server, octets, 2, sizeof octets, 0), 2);
    ck_assert_int_eq(__wrap___recvfrom_chk(server, octets, 4, 4, 0, NULL, NULL), 2);
    ck_assert_int_eq(memcmp(octets, "ef", 2), 0);
    ck_assert_int_eq(__wrap_fcntl64(server, F_SETFL, O_NONBLOCK), 0);
    ck_assert_int_eq(__wrap_fcntl64(server, F_GETFL), O_RDWR | O_NONBLOCK);
    ck_assert_int_eq(close(client), 0);
    ck_assert_int_eq(close(server), 0);
    return 0;
}

START_TEST(fortified_calls_are_ours_too)
{
    compat_alone(fortified);
}
END_TEST

START_TEST(an_overflow_ends_the_program_before_it_happens)
{
    char octets[4];
    int status;
    pid_t child = fork();

    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        _exit((int)__wrap___read_chk(0, octets, sizeof octets + 1, sizeof octets));
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGABRT);
}
END_TEST

/* Nothing is lost without a word, and nothing waits. SIGPIPE would end the test. */
static void refuses_other_calls(int fd)
{
    char octet = 'x';
    int file = fileno(tmpfile());

    ck_assert_int_eq(write(file, &octet, 1), 1);
    ck_assert_int_lt(dprintf(fd, "x"), 0);
}

static int makes_other_calls(void *arg)
{
    char octet;
    int client;
    int server;

    (void)arg;
    connect_self(&client, &server);
    int datagrams = make(SOCK_DGRAM);
    refuses_other_calls(client);
    refuses_other_calls(datagrams);
    ck_assert_int_eq(send(client, "x", 1, 0), 1);
    ck_assert_int_eq(recv(server, &octet, 1, 0), 1);
    ck_assert_int_eq(close(client), 0);
    ck_assert_int_eq(close(server), 0);
    ck_assert_int_eq(close(datagrams), 0);
    return 0;
}

START_TEST(calls_that_are_not_ours_fail)
{
    compat_alone(makes_other_calls);
}
END_TEST

/* ---- Other ways to close a number ---- */

static bool is_ours(int fd)
{
    int type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){ sizeof type }) == 0 &&
           type == SOCK_STREAM;
}

/* Of a number that `by` closes, the peer hears, and what has it next is a file. */
static void is_closed(void (*by)(int fd))
{
    char octet;
    int client;
    int server;

    connect_self(&client, &server);
    by(client);
    ck_assert(!is_ours(client));
    ck_assert_int_eq(recv(server, &octet, 1, 0), 0);
    int file = dup(0);
    ck_assert(!is_ours(file));
    ck_assert_int_eq(close(file), 0);
    if (fcntl(client, F_GETFD) != -1) {
        ck_assert_int_eq(close(client), 0);
    }
    ck_assert_int_eq(close(server), 0);
}

static void by_dup2(int fd)
{
    int file = fileno(tmpfile());

    fails_with(dup2(-1, fd), EBADF);
    ck_assert_int_eq(dup2(fd, fd), fd);
    ck_assert(is_ours(fd));
    ck_assert_int_eq(dup2(file, fd), fd);
    ck_assert_int_eq(write(fd, "x", 1), 1);
    ck_assert_int_eq(lseek(file, 0, SEEK_CUR), 1);
}

static void by_dup3(int fd)
{
    int file = fileno(tmpfile());

    fails_with(dup3(-1, fd, 0), EBADF);
    fails_with(dup3(fd, fd, 0), EINVAL);
    fails_with(dup3(file, fd, -1), EINVAL);
    ck_assert(is_ours(fd));
    ck_assert_int_eq(dup3(file, fd, O_CLOEXEC), fd);
    ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

static void by_fclose(int fd)
{
    FILE *stream = fdopen(fd, "r+");

    ck_assert_ptr_nonnull(stream);
    ck_assert_int_eq(fclose(stream), 0);
    fails_with(fcntl(fd, F_GETFD), EBADF);
}

static void by_close_range(int fd)
{
    fails_with(close_range((unsigned)fd + 1, (unsigned)fd, 0), EINVAL);
    ck_assert_int_eq(close_range((unsigned)fd, UINT_MAX, CLOSE_RANGE_CLOEXEC), 0);
    ck_assert(is_ours(fd));
    ck_assert_int_eq(close_range((unsigned)fd, (unsigned)fd, 0), 0);
    fails_with(fcntl(fd, F_GETFD), EBADF);
}

static int closes_otherwise(void *arg)
{
    (void)arg;
    is_closed(by_dup2);
    is_closed(by_dup3);
    is_closed(by_fclose);
    is_closed(by_close_range);
    return 0;
}

START_TEST(whatever_closes_the_number_closes_the_socket)
{
    compat_alone(closes_otherwise);
}
END_TEST

static int closes_from(void *arg)
{
    int client;
    int server;

    (void)arg;
    int above = dup2(0, 200);
    connect_self(&client, &server);
    closefrom(server);
    ck_assert(is_ours(client) && !is_ours(server));
    fails_with(fcntl(above, F_GETFD), EBADF);
    ck_assert_int_eq(recv(client, &above, 1, 0), 0);
    closefrom(client);
    ck_assert(!is_ours(client));
    fails_with(fcntl(client, F_GETFD), EBADF);
    return 0;
}

START_TEST(closefrom_closes_sockets_and_files)
{
    compat_alone(closes_from);
}
END_TEST

static int closes_a_stream_without_a_number(void *arg)
{
    char *octets;
    size_t len;

    (void)arg;
    FILE *stream = open_memstream(&octets, &len);
    errno = 0;
    ck_assert_int_eq(fclose(stream), 0);
    ck_assert_int_eq(errno, 0);
    free(octets);
    return 0;
}

START_TEST(a_stream_without_a_number_is_the_c_librarys)
{
    compat_alone(closes_a_stream_without_a_number);
}
END_TEST

/* The first line of /etc/hosts that has an IPv4 address and a name. */
static int first_host(struct sk_addr *addr, char name[256])
{
    char line[512];
    char text[256];
    int found = 0;
    FILE *file = fopen("/etc/hosts", "r");

    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
        found = sscanf(line, "%255s %255s", text, name) == 2 && sk_addr_parse(text, addr);
    }
    if (file != NULL) {
        fclose(file);
    }
    return found;
}

START_TEST(the_systems_table_of_hosts_is_read)
{
    struct sk_addr expected;
    struct sk_addr found[LOOKUP_MAX_ADDRS];
    const char *canonical;
    char name[256];

    ck_assert_uint_eq(ai_hosts("nobody.test", found, LOOKUP_MAX_ADDRS, &canonical), 0);
    ck_assert_uint_eq(ai_hosts("#", found, LOOKUP_MAX_ADDRS, &canonical), 0);
    if (!first_host(&expected, name)) {
        return; /* this system has no such table */
    }
    ck_assert_uint_ge(ai_hosts(name, found, LOOKUP_MAX_ADDRS, &canonical), 1);
    ck_assert(ip_equal(found[0].addr, expected.addr));
    name[0] = (char)(name[0] ^ 0x20); /* case does not count */
    if (name[0] >= 'A' && name[0] <= 'Z') {
        ck_assert_uint_ge(ai_hosts(name, found, LOOKUP_MAX_ADDRS, &canonical), 1);
    }
    ck_assert_uint_eq(ai_hosts(name, found, 0, &canonical), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        fortified_calls_are_ours_too,       an_overflow_ends_the_program_before_it_happens,
        calls_that_are_not_ours_fail,       whatever_closes_the_number_closes_the_socket,
        closefrom_closes_sockets_and_files, a_stream_without_a_number_is_the_c_librarys,
        the_systems_table_of_hosts_is_read, NULL,
    };

    return suite_run("compat_host", tests);
}
