/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What moves octets and connections when the owner does not: a thread that waits, as any program
 * might, in an instance of epoll for the ends, the sockets behind them, and requests. While no
 * other process uses a socket of ours it waits for the kernel alone, and the stack is the owner's
 * calls' to drive, as ever.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>

#include "compat/epoll_host.h"
#include "compat/epoll_instance.h"
#include "compat/errno.h"
#include "compat/preload/relay.h"
#include "compat/state.h"
#include "link/own_fds.h"

#define STACK_SIZE ((size_t)256 << 10) /* octets */
#define N_EVENTS 64

extern __typeof(epoll_ctl) __wrap_epoll_ctl;
extern __typeof(epoll_wait) __wrap_epoll_wait;
extern __typeof(epoll_wait) __real_epoll_wait;

static int epfd = -1;
static unsigned generation;     /* of the network that it is for */
static const struct port *port; /* that network's */

/* False: that network is gone, as after an exec that fails. Until it is, who has lost it holds the
 * lock against everybody else (halt_others). */
static bool wait_once(unsigned mine)
{
    struct epoll_event events[N_EVENTS];
    int n = epoll_has_members(epfd) ? __wrap_epoll_wait(epfd, events, N_EVENTS, -1)
                                    : __real_epoll_wait(epfd, events, N_EVENTS, -1);

    port->lock(port);
    bool is_there = __atomic_load_n(&generation, __ATOMIC_RELAXED) == mine;
    for (int i = 0; is_there && i < n; i++) {
        struct source *source = events[i].data.ptr;
        source->ready(source, events[i].events);
    }
    if (is_there) {
        relay_free_ended();
        sk_iface_poll(libsock_iface(), port->now(port));
    }
    port->unlock(port);
    return is_there;
}

static void *pump(void *mine)
{
    while (wait_once((unsigned)(uintptr_t)mine)) {
    }
    return NULL;
}

void pump_until_done(void)
{
    while (relay_any()) {
        wait_once(generation);
    }
}

/* The program's signals are its own threads'. */
static bool start_thread(void)
{
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all;
    sigset_t before;

    sigfillset(&all);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&thread, &attr, pump, (void *)(uintptr_t)generation) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return started;
}

bool pump_start(void)
{
    return epfd >= 0 || (pump_renew() && start_thread());
}

bool pump_renew(void)
{
    port = libsock_port();
    epfd = sk_own_fd_take(epoll_create1(EPOLL_CLOEXEC));
    return epfd >= 0;
}

int pump_add(int fd, uint32_t events, struct source *source)
{
    struct epoll_event event = { .events = events, .data.ptr = source };

    return __wrap_epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event);
}

void pump_change(int fd, uint32_t events, struct source *source)
{
    struct epoll_event event = { .events = events, .data.ptr = source };

    __wrap_epoll_ctl(epfd, EPOLL_CTL_MOD, fd, &event);
}

void pump_remove(int fd)
{
    __wrap_epoll_ctl(epfd, EPOLL_CTL_DEL, fd, NULL);
}

bool pump_add_socket(struct relay *r)
{
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                 .data.ptr = &r->of_socket };
    struct instance *in = instance_get(epfd, true);
    bool added = in != NULL && instance_add(in, -1, &r->s, &event) == 0;

    if (in != NULL) {
        instance_put(in);
    }
    if (added) {
        sk_iface_tell(libsock_iface(), r->s.fd);
    }
    return added;
}

void pump_forget(void)
{
    epfd = -1;
    __atomic_fetch_add(&generation, 1, __ATOMIC_RELAXED);
}
