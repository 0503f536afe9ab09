/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the start differs on a host. libsock_board is weak here, so that a program that calls
 * libsock_start, or uses the asynchronous core alone, links without one; libsock-slirp.pc asks for
 * it with -u.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "compat/compat.h"
#include "compat/epoll_host.h"
#include "compat/fd.h"
#include "compat/foreign.h"
#include "compat/preload/preload.h"
#include "compat/state.h"
#include "link/own_fds.h"
#include "link/own_signals.h"

extern __typeof(libsock_board) libsock_board __attribute__((weak));
/* Of libsock-preload.so. */
extern __typeof(preload_configure) preload_configure __attribute__((weak));
extern __typeof(preload_ended) preload_ended __attribute__((weak));
extern __typeof(preload_forking) preload_forking __attribute__((weak));
extern __typeof(preload_forked) preload_forked __attribute__((weak));
extern __typeof(preload_is_heir) preload_is_heir __attribute__((weak));
extern __typeof(preload_leave) preload_leave __attribute__((weak));

static pthread_mutex_t lock;
static int lock_depth;
static int cancel_state; /* of the thread that has it, which may not be cancelled meanwhile */
static pthread_once_t prepared = PTHREAD_ONCE_INIT;
static bool drains; /* when the program ends */
static pid_t owner; /* of the host; 0: it was not started but set (libsock_state_set) */

struct sk_iface *start_board(void)
{
    if (libsock_board == NULL) {
        start_complain("this program has no host: link with libsock-slirp, or call "
                       "libsock_state_set, as the simulator has to (port/sim.h)");
        return NULL;
    }
    return libsock_board();
}

void start_complain(const char *problem)
{
    fprintf(stderr, "libsock: %s\n", problem);
}

/* Recursive: a board that makes a socket while it starts is answered, not hung. */
static void make_lock(void)
{
    pthread_mutexattr_t recursive;

    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&lock, &recursive);
    pthread_mutexattr_destroy(&recursive);
}

/* A child has no network, and keeps neither the parent's peers waiting nor its forwarded ports. */
static void close_own(void)
{
    for (int fd = sk_own_fd_next(0); fd >= 0; fd = sk_own_fd_next(fd + 1)) {
        sk_own_fd_remove(fd);
        foreign_close(fd);
    }
}

void start_lose_network(void)
{
    epoll_forget_all(preload_configure != NULL && start_is_child());
    close_own();
    fd_inherit_all();
    state_forked(preload_configure != NULL);
}

/* The fork was made with the lock held, which is not this process's any more. */
static void leave_stack(void)
{
    sigset_t deferred;

    sk_stack_leave();
    if (sk_signals_take_deferred(&deferred)) {
        pthread_sigmask(SIG_UNBLOCK, &deferred, NULL);
    }
}

/* A child of fork has a copy of the stack over the same descriptors of the kernel: what it sent
 * would reach the parent's peers. It has no stack, then, and its exit nothing to drain; under
 * sockrun, where programs do not know of us, its first socket starts one of its own, and its
 * parent's it reaches through relays. Another thread of the parent's may have had the lock. */
static void forked(void)
{
    make_lock();
    lock_depth = 0;
    leave_stack();
    epoll_forked();
    if (preload_is_heir != NULL && preload_is_heir()) {
        owner = getpid();
        return;
    }
    start_lose_network();
}

static void forking(void)
{
    if (preload_forking != NULL) {
        epoll_forking();
        preload_forking();
    }
}

static void prepare(void)
{
    make_lock();
    pthread_atfork(forking, preload_forked, forked);
}

void start_lock(void)
{
    int state;

    pthread_once(&prepared, prepare);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    pthread_mutex_lock(&lock);
    if (lock_depth++ == 0) {
        cancel_state = state;
    }
}

void start_unlock(void)
{
    int state = --lock_depth == 0 ? cancel_state : PTHREAD_CANCEL_DISABLE;

    pthread_mutex_unlock(&lock);
    pthread_setcancelstate(state, &state);
}

bool start_names_are_ours(void)
{
    return true;
}

bool start_is_child(void)
{
    return owner != 0 && getpid() != owner;
}

void start_done(void)
{
    pthread_once(&prepared, prepare);
    drains = true;
    owner = getpid();
}

/* After the program's own handlers of exit, and its destructors: they may have something to send.
 */
__attribute__((destructor(101))) void start_finish(void)
{
    static atomic_flag begun = ATOMIC_FLAG_INIT;

    if (atomic_flag_test_and_set(&begun) || start_is_child()) {
        return;
    }
    if (preload_leave != NULL && preload_leave()) {
        return;
    }
    if (drains) {
        exit_drain();
    }
    if (preload_ended != NULL) {
        preload_ended();
    }
}
