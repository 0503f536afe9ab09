/* SPDX-License-Identifier: BSD-3-Clause */
/* What other processes ask of a socket that they have through a relay, and cannot ask the pair: its
 * options, and that it be relayed at all. */
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/foreign.h"
#include "compat/option.h"
#include "compat/preload/real.h"
#include "compat/preload/relay.h"
#include "compat/state.h"
#include "link/own_fds.h"

struct connection {
    struct source source;  /* first */
    struct list_link link; /* in connections; the listener's is in none */
    int fd;
};

static struct connection listener;
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

static int grant(struct relay *r, struct relay_message *m)
{
    switch (m->request) {
    case RELAY_USE:
        relay_use(r);
        return 0;
    case RELAY_LISTEN:
        return errno_of(sk_listen(libsock_iface(), r->s.fd, (uint32_t)m->name, state_now()));
    default:
        return with_option(r, m);
    }
}

static bool is_valid(const struct relay_message *m, ssize_t len)
{
    return len == (ssize_t)sizeof *m && m->len <= RELAY_VALUE_LEN && m->request <= RELAY_LISTEN &&
           m->name >= 0;
}

static void answer(int fd, struct relay_message *m)
{
    struct relay *r = relay_find(m->handle);

    m->error = !relay_may_ask(fd, m) ? EPERM : r == NULL ? EBADF : grant(r, m);
    if (m->request != RELAY_USE) {
        foreign_sendto(fd, m, sizeof *m, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
    }
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
    list_remove(&c->link);
    sk_own_fd_remove(c->fd);
    __real_close(c->fd);
    free(c);
}

static void connection_ready(struct source *source, uint32_t events)
{
    struct connection *c = malloc(sizeof *c);
    int fd = sk_own_fd_take(foreign_accept4(listener.fd, NULL, NULL, SOCK_CLOEXEC));

    (void)source;
    (void)events;
    if (c != NULL) {
        *c = (struct connection){ .source.ready = request_ready, .fd = fd };
    }
    if (c == NULL || fd < 0 || pump_add(fd, EPOLLIN, &c->source) != 0) {
        sk_own_fd_remove(fd);
        __real_close(fd);
        free(c);
        return;
    }
    list_append(&connections, &c->link);
}

static int make_listener(void)
{
    struct sockaddr_un addr;
    socklen_t len = relay_owner_address(relay_owner(), &addr);
    int fd =
        sk_own_fd_take(foreign_socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));

    if (fd >= 0 && (__real_bind(fd, (const struct sockaddr *)&addr, len) != 0 ||
                    foreign_listen(fd, SOMAXCONN) != 0)) {
        sk_own_fd_remove(fd);
        __real_close(fd);
        return -1;
    }
    return fd;
}

/* One for each owner: a child of fork may be the next. */
bool control_start(void)
{
    static uint64_t for_owner;

    if (for_owner == relay_owner()) {
        return true;
    }
    list_init(&connections);
    listener = (struct connection){ .source.ready = connection_ready, .fd = make_listener() };
    if (listener.fd < 0 || pump_add(listener.fd, EPOLLIN, &listener.source) != 0) {
        return false;
    }
    for_owner = relay_owner();
    return true;
}

void control_resume(void)
{
    pump_add(listener.fd, EPOLLIN, &listener.source);
    for (struct list_link *l = connections.head.next; l != &connections.head; l = l->next) {
        struct connection *c =
            (struct connection *)(void *)((char *)l - offsetof(struct connection, link));
        pump_add(c->fd, EPOLLIN, &c->source);
    }
}
