/* SPDX-License-Identifier: BSD-3-Clause */
/* Blocking POSIX calls from many threads at once, over the loopback of one host, with the port of
 * real hosts. */
#include "tests/support/loopback_fixture.h"

#include <fcntl.h>
#include <sys/time.h>

#define N_ROUNDS 30

static int listener;

static void *echo(void *arg)
{
    char octets[1000];
    ssize_t n;
    int fd = *(int *)arg;

    free(arg);
    while ((n = read(fd, octets, sizeof octets)) > 0) {
        if (send(fd, octets, (size_t)n, MSG_NOSIGNAL) != n) {
            break;
        }
    }
    close(fd);
    return NULL;
}

/* Accepts as many connections as there will be, each served by a thread of its own. */
static void *serve(void *arg)
{
    pthread_t threads[N_CLIENTS];

    (void)arg;
    for (int i = 0; i < N_CLIENTS; i++) {
        int *fd = malloc(sizeof *fd);
        *fd = accept(listener, NULL, NULL);
        if (*fd < 0) {
            abort();
        }
        pthread_create(&threads[i], NULL, echo, fd);
    }
    for (int i = 0; i < N_CLIENTS; i++) {
        pthread_join(threads[i], NULL);
    }
    return NULL;
}

/* What it sends comes back, or it returns a non-NULL pointer. */
static void *converse(void *arg)
{
    struct sockaddr_in to = loopback();
    char out[700];
    char in[700];
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    void *failed = arg;

    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        return failed;
    }
    for (int i = 0; i < N_ROUNDS; i++) {
        memset(out, i + *(char *)arg, sizeof out);
        if (write(fd, out, sizeof out) != sizeof out ||
            recv(fd, in, sizeof in, MSG_WAITALL) != sizeof in || memcmp(in, out, sizeof in) != 0) {
            return failed;
        }
    }
    return close(fd) == 0 ? NULL : failed;
}

START_TEST(threads_block_side_by_side)
{
    pthread_t server;
    pthread_t clients[N_CLIENTS];
    char names[N_CLIENTS];
    void *failed;

    begin();
    listener = listening();
    pthread_create(&server, NULL, serve, NULL);
    for (int i = 0; i < N_CLIENTS; i++) {
        names[i] = (char)i;
        pthread_create(&clients[i], NULL, converse, &names[i]);
    }
    for (int i = 0; i < N_CLIENTS; i++) {
        pthread_join(clients[i], &failed);
        ck_assert_ptr_null(failed);
    }
    pthread_join(server, NULL);
    ck_assert_int_eq(close(listener), 0);
    end();
}
END_TEST

static void *waits_for_nothing(void *arg)
{
    char octet;
    static int error;

    error = recv(*(int *)arg, &octet, 1, 0) < 0 ? errno : 0;
    return &error;
}

START_TEST(closing_a_socket_ends_the_calls_that_wait_on_it)
{
    pthread_t waiter;
    void *error;

    begin();
    int fd = bound(SOCK_DGRAM);
    pthread_create(&waiter, NULL, waits_for_nothing, &fd);
    usleep(50000);
    ck_assert_int_eq(close(fd), 0);
    pthread_join(waiter, &error);
    ck_assert_int_eq(*(int *)error, EBADF);
    end();
}
END_TEST

static void *first_call(void *arg)
{
    (void)arg;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0 ? &port : NULL;
}

static int n_boards;

struct sk_iface *libsock_board(void)
{
    n_boards++;
    usleep(20000); /* the others arrive meanwhile */
    begin();
    return libsock_iface();
}

START_TEST(one_of_many_first_calls_starts_the_board)
{
    pthread_t threads[N_CLIENTS];
    void *worked;

    libsock_state_set(NULL);
    n_boards = 0;
    for (int i = 0; i < N_CLIENTS; i++) {
        pthread_create(&threads[i], NULL, first_call, NULL);
    }
    for (int i = 0; i < N_CLIENTS; i++) {
        pthread_join(threads[i], &worked);
        ck_assert_ptr_nonnull(worked);
    }
    ck_assert_int_eq(n_boards, 1);
    end();
}
END_TEST

static void *receives_all(void *arg)
{
    char octets[100];

    while (recv(*(int *)arg, octets, sizeof octets, 0) > 0) {
    }
    return NULL;
}

/* What another thread sets is for the next call. */
START_TEST(options_may_change_beside_calls)
{
    struct timeval t = { .tv_sec = 100 };
    pthread_t thread;
    int client;
    int server;

    begin();
    connect_self(&client, &server);
    pthread_create(&thread, NULL, receives_all, &server);
    for (int i = 0; i < N_ROUNDS; i++) {
        ck_assert_int_eq(fcntl(server, F_SETFL, 0), 0);
        ck_assert_int_eq(setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t), 0);
        ck_assert_int_eq(send(client, "x", 1, MSG_NOSIGNAL), 1);
    }
    ck_assert_int_eq(close(client), 0);
    pthread_join(thread, NULL);
    ck_assert_int_eq(close(server), 0);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        threads_block_side_by_side,
        closing_a_socket_ends_the_calls_that_wait_on_it,
        one_of_many_first_calls_starts_the_board,
        options_may_change_beside_calls,
        NULL,
    };

    return suite_run("compat_threads", tests);
}
