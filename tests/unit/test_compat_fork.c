/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fork: the child has a copy of the stack, over descriptors of the kernel that it shares with its
 * parent. It must never enter it.
 */
#include "tests/support/loopback_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>

static unsigned *n_entered; /* the child's; shared with it */
static pid_t parent;
static void (*real_lock)(const struct port *port);

static void counting_lock(const struct port *p)
{
    if (getpid() != parent) {
        __atomic_fetch_add(n_entered, 1, __ATOMIC_RELAXED);
    }
    real_lock(p);
}

static void begin_shared(void)
{
    begin();
    parent = getpid();
    n_entered =
        mmap(NULL, sizeof *n_entered, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(n_entered, MAP_FAILED);
    real_lock = port.port.lock;
    port.port.lock = counting_lock;
}

static void end_shared(void)
{
    ck_assert_uint_eq(*n_entered, 0);
    munmap(n_entered, sizeof *n_entered);
    end();
}

/* The exit status of a child that runs `program` on `fd`. */
static int in_child(int (*program)(int fd), int fd)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        alarm(20);
        ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr)); /* it complains, as it should */
        exit(program(fd));
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status), "status %x", (unsigned)status);
    return WEXITSTATUS(status);
}

static int closes(int fd)
{
    return close(fd) == 0 && fcntl(fd, F_GETFD) == -1 && errno == EBADF ? 0 : 1;
}

static int just_exits(int fd)
{
    (void)fd;
    return 0;
}

START_TEST(hostile_API_16_a_connection_outlives_its_copy_in_a_child)
{
    char octet;
    int client;
    int server;

    begin_shared();
    connect_self(&client, &server);
    ck_assert_int_eq(in_child(closes, client), 0);
    ck_assert_int_eq(in_child(just_exits, client), 0);
    ck_assert_int_eq(send(client, "x", 1, 0), 1);
    ck_assert_int_eq(recv(server, &octet, 1, 0), 1);
    end_shared();
}
END_TEST

static bool fails(ssize_t result, int number)
{
    return result == -1 && errno == number;
}

/* Which call did not fail, 0 for none. */
static int calls(int fd)
{
    struct sockaddr_in to = loopback();
    struct sockaddr *addr = (struct sockaddr *)&to;
    struct pollfd p = { .fd = fd, .events = POLLIN };
    char octet = 'x';
    const bool failed[] = {
        fails(send(fd, &octet, 1, MSG_NOSIGNAL), ENOTCONN),
        fails(write(fd, &octet, 1), ENOTCONN),
        fails(recv(fd, &octet, 1, 0), ENOTCONN),
        fails(read(fd, &octet, 1), ENOTCONN),
        fails(sendto(fd, &octet, 1, MSG_NOSIGNAL, addr, sizeof to), ENOTCONN) || errno == EINVAL,
        connect(fd, addr, sizeof to) == -1,
        bind(fd, addr, sizeof to) == -1,
        accept(fd, NULL, NULL) == -1,
        fails(getpeername(fd, addr, &(socklen_t){ sizeof to }), ENOTCONN),
        poll(&p, 1, -1) == 1 && (p.revents & POLLHUP) != 0,
        fails(socket(AF_INET, SOCK_STREAM, 0), ENETDOWN),
        strstr(libsock_problem(), "fork") != NULL,
        libsock_start((struct sk_iface *)memory, &port.port) == SK_NOT_SUPPORTED,
    };

    for (size_t i = 0; i < sizeof failed; i++) {
        if (!failed[i]) {
            return (int)i + 1;
        }
    }
    return 0;
}

START_TEST(hostile_API_16_calls_on_a_copy_fail_at_once)
{
    int client;
    int server;

    begin_shared();
    connect_self(&client, &server);
    ck_assert_int_eq(in_child(calls, client), 0);
    ck_assert_int_eq(in_child(calls, server), 0);
    end_shared();
}
END_TEST

static bool in_board;
static bool may_go_on;

struct sk_iface *libsock_board(void)
{
    __atomic_store_n(&in_board, true, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&may_go_on, __ATOMIC_ACQUIRE)) {
    }
    begin();
    return libsock_iface();
}

static void *first_call(void *arg)
{
    (void)arg;
    close(socket(AF_INET, SOCK_DGRAM, 0));
    return NULL;
}

/* Nor is its thread one that may not be cancelled any more. */
static int has_no_network(int fd)
{
    int state;

    (void)fd;
    if (!fails(socket(AF_INET, SOCK_STREAM, 0), ENETDOWN) ||
        strstr(libsock_problem(), "fork") == NULL) {
        return 1;
    }
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
    return state == PTHREAD_CANCEL_ENABLE ? 0 : 2;
}

START_TEST(a_child_does_not_wait_for_a_start_that_it_has_no_part_in)
{
    pthread_t thread;

    libsock_state_set(NULL);
    pthread_create(&thread, NULL, first_call, NULL);
    while (!__atomic_load_n(&in_board, __ATOMIC_ACQUIRE)) {
    }
    ck_assert_int_eq(in_child(has_no_network, -1), 0);
    __atomic_store_n(&may_go_on, true, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        hostile_API_16_a_connection_outlives_its_copy_in_a_child,
        hostile_API_16_calls_on_a_copy_fail_at_once,
        a_child_does_not_wait_for_a_start_that_it_has_no_part_in,
        NULL,
    };

    return suite_run("compat_fork", tests);
}
