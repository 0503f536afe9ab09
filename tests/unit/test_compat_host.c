/* SPDX-License-Identifier: BSD-3-Clause */
/* What only hosts have: the names that glibc's headers put in the place of read, recv, poll and
 * fcntl, the calls that are not ours, and /etc/hosts. */
#include "tests/support/compat_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "compat/ai.h"

ssize_t __wrap___read_chk(int fd, void *buffer, size_t len, size_t room);
ssize_t __wrap___recv_chk(int fd, void *buffer, size_t len, size_t room, int flags);
ssize_t __wrap___recvfrom_chk(int fd, void *buffer, size_t len, size_t room, int flags,
                              struct sockaddr *from, socklen_t *from_len);
int __wrap___poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t room);
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
    struct iovec iov = { .iov_base = &octet, .iov_len = 1 };
    struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
    int file = fileno(tmpfile());

    ck_assert_int_eq(write(file, &octet, 1), 1);
    fails_with(writev(fd, &iov, 1), ENOTCONN);
    fails_with(readv(fd, &iov, 1), ENOTCONN);
    fails_with(sendmsg(fd, &message, 0), ENOTCONN);
    fails_with(recvmsg(fd, &message, 0), ENOTCONN);
    fails_with(sendfile(fd, file, &(off_t){ 0 }, 1), ENOTCONN);
    ck_assert_int_lt(dprintf(fd, "x"), 0);
    int duplicate = dup(fd);
    fails_with(write(duplicate, &octet, 1), ENOTCONN);
    fails_with(read(duplicate, &octet, 1), ENOTCONN);
    ck_assert_int_eq(close(duplicate), 0);
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
    struct sk_addr found[AI_MAX_ADDRS];
    char name[256];

    ck_assert_uint_eq(ai_hosts("nobody.test", found, AI_MAX_ADDRS), 0);
    ck_assert_uint_eq(ai_hosts("#", found, AI_MAX_ADDRS), 0);
    if (!first_host(&expected, name)) {
        return; /* this system has no such table */
    }
    ck_assert_uint_ge(ai_hosts(name, found, AI_MAX_ADDRS), 1);
    ck_assert(ip_equal(found[0].addr, expected.addr));
    name[0] = (char)(name[0] ^ 0x20); /* case does not count */
    if (name[0] >= 'A' && name[0] <= 'Z') {
        ck_assert_uint_ge(ai_hosts(name, found, AI_MAX_ADDRS), 1);
    }
    ck_assert_uint_eq(ai_hosts(name, found, 0), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        fortified_calls_are_ours_too,
        an_overflow_ends_the_program_before_it_happens,
        calls_that_are_not_ours_fail,
        the_systems_table_of_hosts_is_read,
        NULL,
    };

    return suite_run("compat_host", tests);
}
