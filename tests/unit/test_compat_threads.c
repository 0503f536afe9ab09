/* SPDX-License-Identifier: BSD-3-Clause */
/* Blocking POSIX calls from many threads at once, over the loopback of one host, with the port of
 * real hosts. */
#include "tests/support/loopback_fixture.h"

#include <poll.h>

#define N_ROUNDS 30
#define N_EXCHANGES 500

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

/* ---- Who is woken ---- */

struct bystander {
    pthread_t thread;
    int fd;
    void (*wait)(int fd);
    int n_sleeps; /* under the port's lock */
};

static _Thread_local struct bystander *self;
static enum port_idle (*real_idle)(const struct port *p, struct sk_iface *iface, instant until,
                                   const struct port_wait *wait);

static enum port_idle counting_idle(const struct port *p, struct sk_iface *iface, instant until,
                                    const struct port_wait *wait)
{
    if (self != NULL) {
        self->n_sleeps++;
    }
    return real_idle(p, iface, until, wait);
}

static void receives(int fd)
{
    char octet;

    recv(fd, &octet, 1, 0);
}

static void accepts(int fd)
{
    accept(fd, NULL, NULL);
}

static void polls(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    poll(&p, 1, -1);
}

static void *stand_by(void *arg)
{
    self = arg;
    self->wait(self->fd);
    return NULL;
}

static int count_sleeps(const struct bystander *b)
{
    port.port.lock(&port.port);
    int n = b->n_sleeps;
    port.port.unlock(&port.port);
    return n;
}

static void bystander_start(struct bystander *b, int fd, void (*wait)(int fd))
{
    *b = (struct bystander){ .fd = fd, .wait = wait };
    pthread_create(&b->thread, NULL, stand_by, b);
    while (count_sleeps(b) == 0) {
    }
}

static void bystander_end(struct bystander *b)
{
    ck_assert_int_eq(shutdown(b->fd, SHUT_RD), 0);
    pthread_join(b->thread, NULL);
    close(b->fd);
}

static int connected_dgram(void)
{
    struct sockaddr_in to = loopback();
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* The first to wait sleeps for all of them, and so may look now and then; the others may not. */
START_TEST(a_conversation_wakes_nobody_else)
{
    struct bystander leader;
    struct bystander others[4];
    pthread_t server;
    char octet = 'x';
    int client;
    int *served = malloc(sizeof *served);

    begin();
    real_idle = port.port.idle;
    port.port.idle = counting_idle;
    bystander_start(&leader, connected_dgram(), receives);
    bystander_start(&others[0], connected_dgram(), receives);
    bystander_start(&others[1], connected_dgram(), polls);
    connect_self(&client, served);
    bystander_start(&others[2], listening(), accepts);
    bystander_start(&others[3], connected_dgram(), polls);
    pthread_create(&server, NULL, echo, served);
    for (int i = 0; i < N_EXCHANGES; i++) {
        ck_assert_int_eq(write(client, &octet, 1), 1);
        ck_assert_int_eq(read(client, &octet, 1), 1);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ck_assert_int_eq(count_sleeps(&others[i]), 1);
    }
    close(client);
    pthread_join(server, NULL);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        bystander_end(&others[i]);
    }
    bystander_end(&leader);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        threads_block_side_by_side,
        closing_a_socket_ends_the_calls_that_wait_on_it,
        one_of_many_first_calls_starts_the_board,
        a_conversation_wakes_nobody_else,
        NULL,
    };

    return suite_run("compat_threads", tests);
}
