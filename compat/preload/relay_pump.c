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

static void wait_once(void)
{
    struct epoll_event events[N_EVENTS];
    int n = epoll_has_members(epfd) ? __wrap_epoll_wait(epfd, events, N_EVENTS, -1)
                                    : __real_epoll_wait(epfd, events, N_EVENTS, -1);

    struct sk_iface *iface = state_enter();
    for (int i = 0; i < n; i++) {
        struct source *source = events[i].data.ptr;
        source->ready(source, events[i].events);
    }
    relay_free_ended();
    sk_iface_poll(iface, state_now());
    state_leave();
}

static void *pump(void *unused)
{
    (void)unused;
    for (;;) {
        wait_once();
    }
    return NULL;
}

void pump_until_done(void)
{
    while (relay_any()) {
        wait_once();
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
    bool started = pthread_create(&thread, &attr, pump, NULL) == 0;
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
}
