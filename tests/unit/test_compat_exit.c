/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of a process, as its own handlers, its threads and its parent see it. Each child makes
 * its own host: the parent makes none. */
#include "tests/support/loopback_fixture.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define N_YIELDS 10000
#define STATUS 7 /* of a child that ends as it should */

/* What a child tells. */
static struct told {
    int handled;    /* octets that its handler moved */
    int n_returned; /* calls of its threads */
} * told;

static int client;
static int server;

static void in_child(void (*program)(void))
{
    int status;

    told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(told, MAP_FAILED);
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        program();
        exit(STATUS);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == STATUS, "status %x",
                  (unsigned)status);
}

/* ---- Handlers ---- */

static void handle(void)
{
    char octets[4];

    if (send(client, "bye", 3, 0) == 3) {
        told->handled = (int)recv(server, octets, sizeof octets, 0);
    }
}

static void installs_a_handler(void)
{
    atexit(handle); /* before there is anything to send with */
    begin();
    connect_self(&client, &server);
}

START_TEST(a_handler_that_was_there_first_may_send)
{
    in_child(installs_a_handler);
    ck_assert_int_eq(told->handled, 3);
}
END_TEST

/* ---- Threads ---- */

static int n_waiting;

static void *waits(void *fd)
{
    char octet;

    __atomic_add_fetch(&n_waiting, 1, __ATOMIC_RELAXED);
    recv(*(int *)fd, &octet, 1, 0);
    __atomic_add_fetch(&told->n_returned, 1, __ATOMIC_RELAXED);
    return NULL;
}

static void *polls(void *fd)
{
    struct pollfd p = { .fd = *(int *)fd, .events = POLLIN };

    __atomic_add_fetch(&n_waiting, 1, __ATOMIC_RELAXED);
    while (poll(&p, 1, 0) == 0) {
    }
    __atomic_add_fetch(&told->n_returned, 1, __ATOMIC_RELAXED);
    return NULL;
}

static bool all_sleep(int n_followers)
{
    int n = 0;

    pthread_mutex_lock(&port.mutex);
    for (const struct port_posix_follower *f = port.followers; f != NULL; f = f->next) {
        n += f->waiting;
    }
    bool all = port.leading && n == n_followers;
    pthread_mutex_unlock(&port.mutex);
    return all;
}

static void leaves_threads(void)
{
    pthread_t threads[4];

    begin();
    connect_self(&client, &server);
    for (int i = 0; i < 3; i++) {
        pthread_create(&threads[i], NULL, waits, &client);
    }
    while (!all_sleep(2)) {
    }
    pthread_create(&threads[3], NULL, polls, &client);
    while (__atomic_load_n(&n_waiting, __ATOMIC_RELAXED) < 4) {
    }
    ck_assert_int_eq(send(client, "x", 1, 0), 1);
    exit_drain(); /* as the end does, and then they get time to return */
    ck_assert(sk_iface_drained(libsock_iface()));
    for (int i = 0; i < N_YIELDS; i++) {
        sched_yield();
    }
}

/* As with the kernel's sockets: they may use what they have as long as the process lives. */
START_TEST(calls_of_other_threads_do_not_return_when_the_process_ends)
{
    in_child(leaves_threads);
    ck_assert_int_eq(told->n_returned, 0);
}
END_TEST

/* ---- Faults ---- */

static void handle_fault(int number)
{
    (void)number;
    _exit(STATUS);
}

static void *sends_late(void *fd)
{
    pthread_mutex_lock(&port.mutex);
    while (!port.leading) {
        pthread_mutex_unlock(&port.mutex);
        sched_yield();
        pthread_mutex_lock(&port.mutex);
    }
    pthread_mutex_unlock(&port.mutex);
    send(*(int *)fd, "x", 1, 0);
    return NULL;
}

/* Receives, after it slept, into memory that may not be written. */
static void receives_into_nothing(void)
{
    pthread_t thread;
    void *nothing = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    signal(SIGSEGV, handle_fault);
    signal(SIGBUS, handle_fault);
    begin();
    connect_self(&client, &server);
    pthread_create(&thread, NULL, sends_late, &client);
    recv(server, nothing, 1, 0);
    _exit(1);
}

/* A handler that says where a program crashed hears of it in our calls, too. */
START_TEST(a_fault_in_a_call_reaches_its_handler)
{
    in_child(receives_into_nothing);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_handler_that_was_there_first_may_send,
        calls_of_other_threads_do_not_return_when_the_process_ends,
        a_fault_in_a_call_reaches_its_handler,
        NULL,
    };

    return suite_run("compat_exit", tests);
}
