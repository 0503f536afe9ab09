/* SPDX-License-Identifier: BSD-3-Clause */
/* One relay, and where all of a process are: see relay.h. */
#define _GNU_SOURCE /* EPOLLRDHUP */
#include "compat/preload/relay.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
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

#define N_BUCKETS 4096 /* a power of two; a handle's lowest bits are its slot */

static struct list relays = { .head = { &relays.head, &relays.head } };
static struct list ended = { .head = { &ended.head, &ended.head } };
static struct relay *buckets[N_BUCKETS]; /* by the socket's handle */
static uint64_t owner;                   /* 0: there never was a relay */

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

/* To the kernel, too, it is not writable, whoever polls it: what fills it is never read. */
static void refuse_writes(int end)
{
    int least = 0;

    __real_setsockopt(end, SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
    while (relay_pass(end, "", 1, -1)) {
    }
    foreign_shutdown(end, SHUT_WR);
}

static int make_pair(struct sk_iface *iface, const struct sock_fd *s, enum relay_kind kind,
                     int ends[2])
{
    int type = (kind == RELAY_STREAM ? SOCK_STREAM : SOCK_SEQPACKET) | SOCK_CLOEXEC |
               (s->open->nonblock ? SOCK_NONBLOCK : 0);

    if (socketpair(AF_UNIX, type, 0, ends) != 0) {
        return -1;
    }
    ends[1] = sk_own_fd_take(ends[1]);
    if (kind == RELAY_LISTENER) {
        refuse_writes(ends[0]);
    }
    return name_end(iface, s, kind, ends[0]);
}

/* ---- All of them ---- */

static struct relay **bucket_of(sk_fd handle)
{
    return &buckets[handle & (N_BUCKETS - 1)];
}

static void enter_it(struct relay *r)
{
    struct relay **bucket = bucket_of(r->s.fd);

    list_append(&relays, &r->all);
    r->next = *bucket;
    *bucket = r;
    r->s.open->relay = r;
}

static void strike_it(struct relay *r)
{
    struct relay **at = bucket_of(r->s.fd);

    while (*at != r) {
        at = &(*at)->next;
    }
    *at = r->next;
    list_remove(&r->all);
    r->s.open->relay = NULL;
}

static struct relay *relay_of(struct list_link *link)
{
    return (struct relay *)(void *)((char *)link - offsetof(struct relay, all));
}

struct relay *relay_find(sk_fd handle)
{
    struct relay *r = *bucket_of(handle);

    while (r != NULL && r->s.fd != handle) {
        r = r->next;
    }
    return r;
}

bool relay_any(void)
{
    return !list_empty(&relays);
}

void relay_each(void (*act)(struct relay *r))
{
    struct list_link *next;

    for (struct list_link *l = relays.head.next; l != &relays.head; l = next) {
        next = l->next;
        act(relay_of(l));
    }
}

void relay_forget_all(void)
{
    list_init(&relays);
    list_init(&ended);
    memset(buckets, 0, sizeof buckets);
    owner = 0;
    pump_forget();
}

/* ---- One ---- */

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
    r->end = ends[1];
    enter_it(r);
    *other = ends[0];
    return r;
}

/* The owner's numbers are the pair's end by now: they are the kernel's. */
static void give_numbers(const struct relay *r)
{
    for (int fd = r->s.open->first_number; fd >= 0; fd = r->s.open->first_number) {
        epoll_handed_over(fd);
        fd_forget(fd);
        preload_number_changes(fd);
    }
}

void relay_use(struct relay *r)
{
    if (r->used || !pump_add_socket(r)) {
        return;
    }
    r->used = true;
    pump_change(r->end, USED, &r->of_end);
    give_numbers(r);
}

void relay_watch_again(struct relay *r)
{
    pump_add(r->end, r->used ? USED : 0, &r->of_end);
    if (r->used) {
        pump_add_socket(r);
    }
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
    strike_it(r);
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
