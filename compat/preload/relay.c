/* SPDX-License-Identifier: BSD-3-Clause */
/* Relays, and which of a process's sockets get one, at a fork and at its end: see relay.h. */
#define _GNU_SOURCE /* struct ucred */
#include "compat/preload/relay.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "compat/epoll_host.h"
#include "compat/errno.h"
#include "compat/foreign.h"
#include "compat/preload/preload.h"
#include "compat/preload/real.h"
#include "compat/preload/relayed.h"
#include "compat/state.h"
#include "link/own_fds.h"

/* What is waited for at an end that is used. */
#define USED ((uint32_t)(EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET))

static struct list relays = { .head = { &relays.head, &relays.head } };
static struct list ended = { .head = { &ended.head, &ended.head } };
static uint64_t owner; /* 0: there never was a relay */
static bool leaving;

/* ---- One relay ---- */

uint64_t relay_owner(void)
{
    while (owner == 0) {
        if (getrandom(&owner, sizeof owner, 0) != sizeof owner) {
            owner = 0;
        }
    }
    return owner;
}

static enum relay_kind kind_of(struct sk_iface *iface, const struct sock_fd *s)
{
    int32_t listens = 0;

    if (s->type == SK_DGRAM) {
        return RELAY_DATAGRAMS;
    }
    return sk_get(iface, s->fd, SK_ACCEPTCONN, &listens) == SK_OK && listens != 0 ? RELAY_LISTENER
                                                                                  : RELAY_STREAM;
}

static int name_end(struct sk_iface *iface, const struct sock_fd *s, enum relay_kind kind, int end)
{
    struct relay_name name = {
        .owner = relay_owner(), .handle = s->fd, .kind = kind, .inet6 = s->open->inet6
    };
    struct sockaddr_un addr;

    sk_local(iface, s->fd, &name.local);
    if (sk_remote(iface, s->fd, &name.peer) != SK_OK) {
        name.peer = (struct sk_addr){ .port = 0 };
    }
    socklen_t len = relay_name_write(&name, &addr);
    return __real_bind(end, (const struct sockaddr *)&addr, len);
}

static int make_pair(struct sk_iface *iface, const struct sock_fd *s, enum relay_kind kind,
                     int ends[2])
{
    int type = kind == RELAY_STREAM ? SOCK_STREAM : SOCK_SEQPACKET;

    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) != 0) {
        return -1;
    }
    ends[1] = sk_own_fd_take(ends[1]);
    __real_fcntl(ends[1], F_SETFL, O_NONBLOCK);
    __real_fcntl(ends[0], F_SETFL, s->open->nonblock ? O_NONBLOCK : 0);
    return name_end(iface, s, kind, ends[0]);
}

static void close_end(int end)
{
    sk_own_fd_remove(end);
    __real_close(end);
}

struct relay *relay_make(const struct sock_fd *s, int *other)
{
    struct sk_iface *iface = libsock_iface();
    struct relay *r = malloc(sizeof *r);
    int ends[2] = { -1, -1 };

    if (r == NULL) {
        errno_fail(ENOMEM);
        return NULL;
    }
    *r = (struct relay){ .of_end.ready = relay_end_ready,
                         .of_socket.ready = relay_socket_ready,
                         .kind = kind_of(iface, s) };
    if (make_pair(iface, s, r->kind, ends) != 0 || pump_add(ends[1], 0, &r->of_end) != 0) {
        int error = errno;
        close_end(ends[1]);
        __real_close(ends[0]);
        free(r);
        errno_fail(error);
        return NULL;
    }
    r->s.fd = s->fd;
    r->s.type = s->type;
    r->s.open = s->open;
    r->s.open->has_end = true;
    r->end = ends[1];
    list_append(&relays, &r->all);
    *other = ends[0];
    return r;
}

static struct relay *relay_of(struct list_link *link)
{
    return (struct relay *)(void *)((char *)link - offsetof(struct relay, all));
}

struct relay *relay_find(sk_fd handle)
{
    for (struct list_link *l = relays.head.next; l != &relays.head; l = l->next) {
        if (relay_of(l)->s.fd == handle) {
            return relay_of(l);
        }
    }
    return NULL;
}

bool relay_any(void)
{
    return !list_empty(&relays);
}

/* The owner's numbers are the pair's end by now: they are the kernel's. */
static void give_numbers(const struct relay *r)
{
    for (int fd = fd_next(0); fd >= 0; fd = fd_next(fd + 1)) {
        if (fd_peek(fd)->open == r->s.open) {
            epoll_handed_over(fd);
            fd_forget(fd);
        }
    }
}

void relay_use(struct relay *r)
{
    if (r->used || !pump_add_socket(r)) {
        return;
    }
    r->used = true;
    relayed_note(r->kind);
    pump_change(r->end, USED, &r->of_end);
    give_numbers(r);
}

/* The same events may tell of it once more. */
static void ignore(struct source *source, uint32_t events)
{
    (void)source;
    (void)events;
}

void relay_end(struct relay *r)
{
    r->of_end.ready = r->of_socket.ready = ignore;
    list_remove(&r->all);
    list_append(&ended, &r->all);
    pump_remove(r->end);
    close_end(r->end);
    fd_let_go(libsock_iface(), &r->s);
}

void relay_free_ended(void)
{
    while (!list_empty(&ended)) {
        struct relay *r = relay_of(list_first(&ended));
        list_remove(&r->all);
        free(r);
    }
}

/* ---- At a fork ---- */

static bool is_open(struct sk_iface *iface, const struct sock_fd *s)
{
    int32_t state = SK_TCP_CLOSED;
    int32_t listens = 0;

    return s->type == SK_DGRAM ||
           ((sk_get(iface, s->fd, SK_TCP_STATE, &state) == SK_OK && state != SK_TCP_CLOSED) ||
            (sk_get(iface, s->fd, SK_ACCEPTCONN, &listens) == SK_OK && listens != 0));
}

static void replace_numbers(int first, const struct sock_fd *held, int end)
{
    uint32_t left = held->open->n_numbers - 1;

    for (int fd = fd_next(first); fd >= 0 && left > 0; fd = fd_next(fd + 1)) {
        if (fd_peek(fd)->open == held->open) {
            __real_dup3(end, fd, foreign_closes_on_exec(fd) ? O_CLOEXEC : 0);
            left--;
        }
    }
}

/* No number of it is below `first`. False: no descriptor or memory is left. */
static bool prepare(int first, const struct sock_fd *s)
{
    struct sock_fd held;
    int other;

    fd_hold(&held, s);
    if (relay_make(&held, &other) == NULL) {
        fd_let_go(libsock_iface(), &held);
        return false;
    }
    replace_numbers(first, &held, other);
    __real_close(other);
    return true;
}

/* Under the lock. Streams that have no connection and wait for none stay the owner's. */
static void prepare_all(struct sk_iface *iface)
{
    for (int fd = fd_next(0); fd >= 0; fd = fd_next(fd + 1)) {
        const struct sock_fd *s = fd_peek(fd);
        if (!s->open->has_end && is_open(iface, s) &&
            (!pump_start() || !control_start() || !prepare(fd, s))) {
            return;
        }
    }
}

void relay_give(int fd)
{
    if (fd_find(fd) == NULL || start_is_child()) {
        return;
    }
    relayed_keep_secret();
    struct sk_iface *iface = state_enter();
    const struct sock_fd *s = fd_peek(fd);
    if (s != NULL && is_open(iface, s) &&
        (s->open->has_end || (pump_start() && control_start() && prepare(0, s)))) {
        relay_use(relay_find(s->fd));
    }
    state_leave();
}

/* The lock is held until after the fork: no socket comes in between. */
void preload_forking(void)
{
    if (libsock_state_current() != NULL && !leaving) {
        relayed_keep_secret();
        prepare_all(state_enter());
    }
}

void preload_forked(void)
{
    if (libsock_state_current() != NULL && !leaving) {
        state_leave();
    }
}

static void forget(void)
{
    list_init(&relays);
    list_init(&ended);
    owner = 0;
    pump_forget();
}

bool preload_is_heir(void)
{
    if (!leaving) {
        forget();
    }
    return leaving;
}

bool relay_may_ask(int connection, const struct relay_message *m)
{
    struct ucred peer;
    socklen_t len = sizeof peer;

    return relayed_has_secret(m) ||
           (__real_getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
            (peer.uid == geteuid() || peer.uid == 0));
}

/* ---- At the end ---- */

extern __typeof(closefrom) __wrap_closefrom;

/* The instance that the pump waited in is still its, until the process ends: it might take events
 * that are the heir's. */
static void resume(void)
{
    if (!pump_renew()) {
        return;
    }
    control_resume();
    for (struct list_link *l = relays.head.next; l != &relays.head; l = l->next) {
        struct relay *r = relay_of(l);
        pump_add(r->end, r->used ? USED : 0, &r->of_end);
        if (r->used) {
            pump_add_socket(r);
        }
    }
}

/* The program's descriptors are not the heir's to keep open, its sockets are closed. */
static _Noreturn void inherit(void)
{
    setsid();
    __wrap_closefrom(0);
    state_enter();
    resume();
    state_leave();
    pump_until_done();
    leaving = false;
    exit_drain();
    preload_ended();
    syscall(SYS_exit_group, 0);
    __builtin_unreachable();
}

/* Those that nobody has any more; what was written there still moves. */
static void end_unneeded(void)
{
    struct list_link *next;

    for (struct list_link *l = relays.head.next; l != &relays.head; l = next) {
        struct relay *r = relay_of(l);
        struct pollfd p = { .fd = r->end };
        next = l->next;
        if (foreign_poll(&p, 1, 0) == 1 && (p.revents & POLLHUP) != 0) {
            relay_end_ready(&r->of_end, EPOLLHUP);
        }
    }
}

static bool is_needed(struct sk_iface *iface)
{
    bool any = relay_any();

    for (int fd = any ? fd_next(0) : -1; fd >= 0; fd = fd_next(fd + 1)) {
        if (fd_peek(fd)->open->has_end) {
            __real_close(fd); /* what keeps an end open from now on is another process */
            fd_forget(fd);
        }
    }
    end_unneeded();
    sk_iface_poll(iface, state_now());
    return relay_any();
}

bool preload_leave(void)
{
    const struct libsock_state *state = libsock_state_current();

    if (state == NULL || !relay_any()) {
        return false;
    }
    state->port->halt_others(state->port);
    bool needed = is_needed(state_enter());
    state_leave();
    if (!needed) {
        return false;
    }
    leaving = true;
    pid_t heir = fork();
    if (heir == 0) {
        inherit();
    }
    return heir > 0;
}

void relay_give_open(void)
{
    for (int fd = fd_next(0); fd >= 0; fd = fd_next(fd + 1)) {
        if (!foreign_closes_on_exec(fd)) {
            relay_give(fd);
        }
    }
}

/* What is sent already still leaves; sockets that stay open are the heir's. */
void relay_before_exec(void)
{
    if (start_is_child()) {
        return;
    }
    if (libsock_state_current() == NULL) {
        fd_use_inherited();
        return;
    }
    relay_give_open();
    if (preload_leave()) {
        leaving = false;
        forget();
    } else {
        exit_drain();
    }
    start_lose_network();
}
