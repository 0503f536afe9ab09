/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a process gets its host: from libsock_start, or from libsock_board when the first call needs
 * it; what is said when that fails; and what the exit still does.
 */
#include "tests/support/compat_fixture.h"

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>

static struct compat the_world;
static int cancel_state_in_board;
static int n_boards;
static bool has_entropy;
static enum { BOARD_STARTS, BOARD_FAILS, BOARD_FORGETS, BOARD_CALLS } board_does;

static bool entropy(const struct port *port, void *out, size_t len)
{
    (void)port;
    memset(out, 0x5a, len);
    return has_entropy;
}

static int cancel_state(void)
{
    int state;
    int ignored;

    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
    pthread_setcancelstate(state, &ignored);
    return state;
}

struct sk_iface *libsock_board(void)
{
    n_boards++;
    switch (board_does) {
    case BOARD_FAILS:
        return NULL;
    case BOARD_FORGETS:
        return the_world.hosts[0];
    case BOARD_CALLS:
        fails_with(socket(AF_INET, SOCK_DGRAM, 0), ENETDOWN);
        cancel_state_in_board = cancel_state();
        break;
    case BOARD_STARTS:
        break;
    }
    if (libsock_start(the_world.hosts[0], &the_world.places[0]->port) != SK_OK) {
        return NULL;
    }
    return the_world.hosts[0];
}

static void begin(void)
{
    compat_begin(&the_world);
    the_world.places[0]->port.entropy = entropy;
    libsock_state_set(NULL);
    n_boards = 0;
    has_entropy = true;
    board_does = BOARD_STARTS;
}

/* Calls socket until it was called twice, and returns what was said on stderr meanwhile. */
static const char *first_calls(bool work)
{
    static char said[400];
    int standard_error = dup(2);
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[1], 2);
    for (int i = 0; i < 2; i++) {
        int fd = socket(AF_INET, SOCK_DGRAM, 0);
        ck_assert_int_eq(fd >= 0, work);
        ck_assert(work || errno == ENETDOWN);
        if (fd >= 0) {
            close(fd);
        }
    }
    dup2(standard_error, 2);
    close(standard_error);
    close(ends[1]);
    ssize_t n = read(ends[0], said, sizeof said - 1);
    ck_assert_int_ge(n, 0);
    said[n] = '\0';
    close(ends[0]);
    return said;
}

/* One line that has these words in it. */
static void expect_line(const char *said, const char *words)
{
    ck_assert_msg(strstr(said, words) != NULL, "%s", said);
    ck_assert_ptr_eq(strchr(said, '\n'), said + strlen(said) - 1);
    ck_assert_msg(strstr(libsock_problem(), words) != NULL, "%s", libsock_problem());
}

START_TEST(the_first_call_starts_the_board_once)
{
    begin();
    ck_assert_str_eq(first_calls(true), "");
    ck_assert_int_eq(n_boards, 1);
    ck_assert_ptr_eq(libsock_iface(), the_world.hosts[0]);
    ck_assert_ptr_eq(libsock_port(), &the_world.places[0]->port);
    ck_assert_ptr_null(libsock_problem());
    compat_end(&the_world);
}
END_TEST

START_TEST(an_earlier_start_needs_no_board)
{
    begin();
    ck_assert_int_eq(libsock_start(the_world.hosts[0], &the_world.places[0]->port), SK_OK);
    ck_assert_int_eq(libsock_start(the_world.hosts[0], &the_world.places[0]->port), SK_ALREADY);
    ck_assert_str_eq(first_calls(true), "");
    ck_assert_int_eq(n_boards, 0);
    compat_end(&the_world);
}
END_TEST

START_TEST(a_start_needs_a_host_and_a_port)
{
    begin();
    ck_assert_int_eq(libsock_start(NULL, &the_world.places[0]->port), SK_INVALID);
    ck_assert_int_eq(libsock_start(the_world.hosts[0], NULL), SK_INVALID);
    ck_assert_ptr_null(libsock_iface());
    compat_end(&the_world);
}
END_TEST

START_TEST(what_needs_no_stack_starts_none)
{
    struct pollfd none = { .fd = -1 };
    char octet;
    int ends[2];

    begin();
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    ck_assert_int_eq(read(ends[0], &octet, 1), 1);
    ck_assert_int_eq(close(ends[0]), 0);
    ck_assert_int_eq(close(ends[1]), 0);
    ck_assert_int_eq(poll(&none, 1, 1), 0);
    ck_assert_int_eq(poll(NULL, 0, 1), 0);
    fails_with(socket(AF_INET6, SOCK_RAW, 0), ESOCKTNOSUPPORT);
    fails_with(socket(AF_INET, SOCK_RAW, 0), ESOCKTNOSUPPORT);
    ck_assert_int_eq(n_boards, 0);
    compat_end(&the_world);
}
END_TEST

START_TEST(a_board_that_fails_says_why_and_is_not_tried_again)
{
    begin();
    board_does = BOARD_FAILS;
    ck_assert_str_eq(first_calls(false), ""); /* the board said it, not we */
    ck_assert_ptr_nonnull(libsock_problem());
    ck_assert_int_eq(n_boards, 1);
    compat_end(&the_world);
}
END_TEST

START_TEST(a_board_that_does_not_start_its_host_is_told)
{
    begin();
    board_does = BOARD_FORGETS;
    expect_line(first_calls(false), "did not call libsock_start");
    ck_assert_int_eq(n_boards, 1);
    compat_end(&the_world);
}
END_TEST

START_TEST(a_board_may_not_make_sockets_while_it_starts)
{
    begin();
    board_does = BOARD_CALLS;
    ck_assert_str_eq(first_calls(true), "");
    ck_assert_int_eq(n_boards, 1);
    compat_end(&the_world);
}
END_TEST

/* A start that was left by cancellation would keep all others out for ever. */
START_TEST(a_thread_is_not_cancelled_while_it_starts_the_board)
{
    int ignored;

    begin();
    board_does = BOARD_CALLS;
    close(socket(AF_INET, SOCK_DGRAM, 0));
    ck_assert_int_eq(cancel_state_in_board, PTHREAD_CANCEL_DISABLE);
    ck_assert_int_eq(cancel_state(), PTHREAD_CANCEL_ENABLE);
    libsock_state_set(NULL);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &ignored);
    close(socket(AF_INET, SOCK_DGRAM, 0));
    ck_assert_int_eq(cancel_state(), PTHREAD_CANCEL_DISABLE);
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &ignored);
    compat_end(&the_world);
}
END_TEST

START_TEST(hostile_ID_04_no_entropy_is_no_network_unless_that_is_wanted)
{
    begin();
    has_entropy = false;
    expect_line(first_calls(false), "no entropy");
    ck_assert_ptr_null(libsock_iface());
    libsock_state_set(NULL);
    ck_assert_int_eq(libsock_start_without_entropy(the_world.hosts[0], &the_world.places[0]->port),
                     SK_OK);
    ck_assert_str_eq(first_calls(true), "");
    compat_end(&the_world);
}
END_TEST

/* ---- The exit ---- */

#define N_OCTETS 30000

static int leaves(void *arg)
{
    static char octets[N_OCTETS];
    struct sockaddr_in to = address(HOST_B, 9);

    (void)arg;
    int fd = dial(HOST_B, 80);
    int dgram = make(SOCK_DGRAM);
    ck_assert_int_ge(listen_on(90), 0);
    ck_assert_int_eq(sendto(dgram, "x", 1, 0, generic(&to), sizeof to), 1);
    ck_assert_int_eq(send(fd, octets, sizeof octets, 0), N_OCTETS);
    instant before = clock_now();
    exit_drain(); /* nothing was closed */
    ck_assert(sk_iface_drained(world->hosts[0]));
    ck_assert_int_lt(clock_now() - before, SECOND);
    libsock_state_set(NULL); /* and then nothing runs any more */
    ck_assert_ptr_null(libsock_iface());
    return 0;
}

static int gets_all(void *arg)
{
    static char octets[N_OCTETS];

    (void)arg;
    int fd = accept_one(80);
    ck_assert_int_eq(recv(fd, octets, sizeof octets, MSG_WAITALL), N_OCTETS);
    ck_assert_int_eq(read(fd, octets, 1), 0);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(what_was_sent_leaves_before_the_process)
{
    compat_both(leaves, gets_all);
}
END_TEST

static int talks_to_nobody(void *arg)
{
    (void)arg;
    int fd = dial(HOST_B, 80);
    world->wire.wires[0].settings.loss = PAIR_CERTAIN;
    ck_assert_int_eq(send(fd, "lost", 4, 0), 4);
    instant before = clock_now();
    exit_drain();
    ck_assert_int_eq(clock_now() - before, 2 * SECOND);
    return 0;
}

START_TEST(a_peer_that_is_gone_does_not_hold_the_exit_for_long)
{
    struct compat c;
    sk_fd listener;

    compat_begin(&c);
    ck_assert_int_eq(sk_socket(c.hosts[1], SK_STREAM, &listener), SK_OK);
    ck_assert_int_eq(sk_bind(c.hosts[1], listener, (struct sk_addr){ ip4(0), 80 }), SK_OK);
    ck_assert_int_eq(sk_listen(c.hosts[1], listener, 1, clock_now()), SK_OK);
    sk_sim_spawn(c.places[0], talks_to_nobody, NULL);
    ck_assert_int_eq(sk_sim_run(&c.sim, PATIENCE), SIM_DONE);
    compat_free(&c);
}
END_TEST

#define N_FROM_HOOK 4000 /* octets: it may not wait for more room */

static int connection;

static void exits(const struct port *port)
{
    static char octets[N_FROM_HOOK];
    static int n_calls;

    (void)port;
    ck_assert_int_eq(++n_calls, 1); /* the hook runs no more */
    ck_assert_int_eq(send(connection, octets, sizeof octets, 0), N_FROM_HOOK);
    exit_drain();
    ck_assert(sk_iface_drained(world->hosts[0]));
    libsock_state_set(NULL);
    sk_sim_sleep(&world->sim, SECOND); /* and never returns */
    world->places[0]->port.background = NULL;
}

static int leaves_from_the_hook(void *arg)
{
    (void)arg;
    connection = dial(HOST_B, 80);
    world->places[0]->port.background = exits;
    (void)poll(NULL, 0, 1);
    return 0;
}

static int gets_all_from_the_hook(void *arg)
{
    static char octets[N_FROM_HOOK + 1];

    (void)arg;
    int fd = accept_one(80);
    ck_assert_int_eq(recv(fd, octets, sizeof octets, MSG_WAITALL), N_FROM_HOOK);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(what_was_sent_leaves_though_the_hook_ends_the_process)
{
    compat_both(leaves_from_the_hook, gets_all_from_the_hook);
}
END_TEST

START_TEST(without_a_host_the_exit_has_nothing_to_do)
{
    libsock_state_set(NULL);
    exit_drain();
}
END_TEST

static uint32_t *n_locks; /* shared with a child */

static void count_lock(const struct port *port)
{
    (void)port;
    __atomic_fetch_add(n_locks, 1, __ATOMIC_RELAXED);
}

START_TEST(a_child_does_not_say_goodbye_for_its_parent)
{
    int status;

    begin();
    n_locks =
        mmap(NULL, sizeof *n_locks, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(n_locks, MAP_FAILED);
    ck_assert_int_eq(libsock_start(the_world.hosts[0], &the_world.places[0]->port), SK_OK);
    the_world.places[0]->port.lock = count_lock;
    pid_t child = fork();
    if (child == 0) {
        exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(*n_locks, 0);
    compat_free(&the_world);
    munmap(n_locks, sizeof *n_locks);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_first_call_starts_the_board_once,
        an_earlier_start_needs_no_board,
        a_start_needs_a_host_and_a_port,
        what_needs_no_stack_starts_none,
        a_board_that_fails_says_why_and_is_not_tried_again,
        a_board_that_does_not_start_its_host_is_told,
        a_board_may_not_make_sockets_while_it_starts,
        a_thread_is_not_cancelled_while_it_starts_the_board,
        hostile_ID_04_no_entropy_is_no_network_unless_that_is_wanted,
        what_was_sent_leaves_before_the_process,
        what_was_sent_leaves_though_the_hook_ends_the_process,
        a_peer_that_is_gone_does_not_hold_the_exit_for_long,
        without_a_host_the_exit_has_nothing_to_do,
        a_child_does_not_say_goodbye_for_its_parent,
        NULL,
    };

    return suite_run("compat_start", tests);
}
