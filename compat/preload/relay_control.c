/* SPDX-License-Identifier: BSD-3-Clause */
/* What other processes ask of a socket that they have through a relay, and cannot ask the pair: its
 * options, and that it be relayed at all. */
#define _GNU_SOURCE /* struct ucred */
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/foreign.h"
#include "compat/option.h"
#include "compat/preload/door.h"
#include "compat/preload/real.h"
#include "compat/preload/relay.h"
#include "compat/preload/relayed.h"
#include "compat/state.h"
#include "link/own_fds.h"

struct connection {
    struct source source;  /* first */
    struct list_link link; /* in connections */
    int fd;
};

/* Listeners, too. */
static struct list connections = { .head = { &connections.head, &connections.head } };

/* Runs with the lock, which options take themselves. */
static int with_option(const struct relay *r, struct relay_message *m)
{
    struct sock_fd s;
    int result;

    fd_hold(&s, &r->s);
    state_leave();
    if (m->request == RELAY_GET) {
        result = option_get(&s, m->level, m->name, m->value, &m->len);
    } else {
        result = option_set(&s, m->level, m->name, m->value, m->len);
    }
    int error = result == 0 ? 0 : errno;
    fd_let_go(state_enter(), &s);
    return error;
}

/* What there is by now is there when the answer comes. */
static int use(struct relay *r)
{
    relay_use(r);
    if (!r->used) {
        return ENOMEM;
    }
    relay_move(r);
    return 0;
}

static int grant(struct relay *r, struct relay_message *m)
{
    switch (m->request) {
    case RELAY_USE:
        return use(r);
    case RELAY_LISTEN:
        return errno_of(sk_listen(libsock_iface(), r->s.fd, (uint32_t)m->name, state_now()));
    default:
        return with_option(r, m);
    }
}

/* Whether a request may be granted that came by this connection. */
static bool may_ask(int connection, const struct relay_message *m)
{
    struct ucred peer;
    socklen_t len = sizeof peer;

    return relayed_has_secret(m) ||
           (__real_getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
            (peer.uid == geteuid() || peer.uid == 0));
}

static bool is_valid(const struct relay_message *m, ssize_t len)
{
    return len == (ssize_t)sizeof *m && m->len <= RELAY_VALUE_LEN && m->request <= RELAY_DIAL &&
           m->name >= 0;
}

static int grant_of_relay(struct relay_message *m)
{
    struct relay *r = relay_find(m->handle);

    return r != NULL ? grant(r, m) : EBADF;
}

static void answer(int fd, struct relay_message *m)
{
    int end = -1;

    if (!may_ask(fd, m)) {
        m->error = EPERM;
    } else if (m->request == RELAY_DIAL) {
        m->error = door_dial((uint16_t)m->name, &end);
    } else {
        m->error = grant_of_relay(m);
    }
    relay_pass(fd, m, sizeof *m, end);
    if (end >= 0) {
        __real_close(end);
    }
}

static void end_connection(struct connection *c)
{
    list_remove(&c->link);
    pump_remove(c->fd);
    sk_own_fd_remove(c->fd);
    __real_close(c->fd);
    free(c);
}

/* False: there is no descriptor, or no memory. */
static bool add_connection(int fd, void (*ready)(struct source *source, uint32_t events))
{
    struct connection *c = fd >= 0 ? malloc(sizeof *c) : NULL;

    if (c == NULL) {
        sk_own_fd_remove(fd);
        __real_close(fd);
        return false;
    }
    *c = (struct connection){ .source.ready = ready, .fd = fd };
    list_append(&connections, &c->link);
    if (pump_add(fd, EPOLLIN, &c->source) != 0) {
        end_connection(c);
        return false;
    }
    return true;
}

static void request_ready(struct source *source, uint32_t events)
{
    struct connection *c = (struct connection *)(void *)source;
    struct relay_message m;
    ssize_t len = foreign_recvfrom(c->fd, &m, sizeof m, MSG_DONTWAIT | MSG_TRUNC, NULL, NULL);

    (void)events;
    if (len < 0 && errno == EAGAIN) {
        return;
    }
    if (is_valid(&m, len)) {
        answer(c->fd, &m);
    }
    end_connection(c);
}

static void listener_ready(struct source *source, uint32_t events)
{
    const struct connection *listener = (const struct connection *)(const void *)source;

    (void)events;
    add_connection(sk_own_fd_take(foreign_accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC)),
                   request_ready);
}

bool control_listen(const struct sockaddr_un *addr, socklen_t len)
{
    int fd =
        sk_own_fd_take(foreign_socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));

    if (fd >= 0 && (__real_bind(fd, (const struct sockaddr *)addr, len) != 0 ||
                    foreign_listen(fd, SOMAXCONN) != 0)) {
        sk_own_fd_remove(fd);
        __real_close(fd);
        return false;
    }
    return add_connection(fd, listener_ready);
}

/* One for each owner: a child of fork may be the next. */
bool control_start(void)
{
    static uint64_t for_owner;
    struct sockaddr_un addr;

    if (for_owner == relay_owner()) {
        return true;
    }
    list_init(&connections);
    socklen_t len = relay_owner_address(relay_owner(), &addr);
    if (!control_listen(&addr, len)) {
        return false;
    }
    for_owner = relay_owner();
    return true;
}

void control_resume(void)
{
    for (struct list_link *l = connections.head.next; l != &connections.head; l = l->next) {
        struct connection *c =
            (struct connection *)(void *)((char *)l - offsetof(struct connection, link));
        pump_add(c->fd, EPOLLIN, &c->source);
    }
}
