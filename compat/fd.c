/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The entries of numbers, and the descriptions that they share. An entry is written under the
 * port's lock and read without: what it points to is there before its state says that it is ours.
 */
#include <stddef.h>

#include "compat/call.h"
#include "compat/fd_table.h"
#include "compat/foreign.h"

static struct open_description *unused; /* under the lock */
static struct libsock_state inherited;  /* whose a number is that a parent's socket had */
static int highest = -1;                /* of all numbers that were ever ours */

static struct libsock_state *state_of(int fd)
{
    struct fd_entry *e = fd_table_at(fd);

    return e != NULL ? __atomic_load_n(&e->state, __ATOMIC_ACQUIRE) : NULL;
}

struct sock_fd *fd_peek(int fd)
{
    const struct libsock_state *state = state_of(fd);

    return state != NULL && state == libsock_state_current() ? &fd_table_at(fd)->s : NULL;
}

struct sock_fd *fd_find(int fd)
{
    const struct libsock_state *state = state_of(fd);

    if (state == NULL) {
        return NULL;
    }
    if (state == &inherited) {
        foreign_use_inherited(fd);
        fd_disown(fd);
        return NULL;
    }
    return state == libsock_state_current() ? &fd_table_at(fd)->s : NULL;
}

void fd_disown(int fd)
{
    if (state_of(fd) == &inherited) {
        __atomic_store_n(&fd_table_at(fd)->state, NULL, __ATOMIC_RELEASE);
    }
}

static struct open_description *take_description(void)
{
    struct open_description *open = unused;

    if (open == NULL) {
        return fd_table_description();
    }
    unused = open->next_unused;
    return open;
}

/* Field by field: a call that looked up the socket before may still read them. */
static struct open_description *new_description(void)
{
    struct open_description *open = take_description();

    open->n_numbers = 0;
    open->first_number = -1;
    open->relay = NULL;
    open->inet6 = false;
    open->v6only = false;
    open->nonblock = false;
    open->rcv_timeout = 0;
    open->snd_timeout = 0;
    open->tells = 0;
    open->linger = FD_NO_LINGER;
    open->connect = FD_CONNECT_NONE;
    open->failed = SK_OK;
    return open;
}

static struct sock_fd *publish(int fd, struct libsock_state *state, sk_fd handle, enum sk_type type,
                               struct open_description *open)
{
    struct fd_entry *e = fd_table_at(fd);

    open->n_numbers++;
    e->next = open->first_number;
    open->first_number = fd;
    e->s.fd = handle;
    e->s.type = type;
    e->s.open = open;
    for (int seen = __atomic_load_n(&highest, __ATOMIC_RELAXED); seen < fd;) {
        __atomic_compare_exchange_n(&highest, &seen, fd, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    }
    __atomic_store_n(&e->state, state, __ATOMIC_RELEASE);
    return &e->s;
}

struct sock_fd *fd_publish(int fd, struct libsock_state *state, sk_fd handle, enum sk_type type)
{
    return publish(fd, state, handle, type, new_description());
}

void fd_publish_copy(int fd, struct libsock_state *state, const struct sock_fd *of)
{
    publish(fd, state, of->fd, of->type, of->open);
}

static void drop(struct open_description *open)
{
    if (--open->n_numbers == 0) {
        open->next_unused = unused;
        unused = open;
    }
}

static void unlink_number(struct open_description *open, int fd)
{
    int *at = &open->first_number;

    while (*at != fd) {
        at = &fd_table_at(*at)->next;
    }
    *at = fd_table_at(fd)->next;
}

/* The last use of the entry: from the close on, the number is another thread's. */
void fd_forget(int fd)
{
    struct fd_entry *e = fd_table_at(fd);
    struct open_description *open = e->s.open;

    if (e->state == NULL) { /* it was reserved, and never published */
        return;
    }
    unlink_number(open, fd);
    drop(open);
    __atomic_store_n(&e->state, NULL, __ATOMIC_RELEASE);
}

void fd_disown_range(unsigned first, unsigned last)
{
    for (int fd = (int)first; (unsigned)fd <= last && fd <= highest; fd++) {
        fd_disown(fd);
    }
}

void fd_inherit_all(void)
{
    for (int fd = 0; fd <= highest; fd++) {
        struct fd_entry *e = fd_table_at(fd);
        const struct open_description *open = e->state != NULL ? e->s.open : NULL;
        bool inherits = e->state == &inherited || (open != NULL && open->relay != NULL);
        __atomic_store_n(&e->state, inherits ? &inherited : NULL, __ATOMIC_RELEASE);
    }
}

void fd_use_inherited(void)
{
    for (int fd = 0; fd <= highest; fd++) {
        if (state_of(fd) == &inherited && !foreign_closes_on_exec(fd)) {
            fd_find(fd);
        }
    }
}

void fd_hold(struct sock_fd *out, const struct sock_fd *s)
{
    out->fd = s->fd;
    out->type = s->type;
    out->open = s->open;
    out->open->n_numbers++;
}

void fd_adopt(struct sock_fd *out, sk_fd handle, enum sk_type type, const struct sock_fd *of)
{
    out->fd = handle;
    out->type = type;
    out->open = new_description();
    out->open->n_numbers++;
    if (of != NULL) {
        out->open->inet6 = of->open->inet6;
        out->open->linger = of->open->linger;
    }
}

void fd_let_go(struct sk_iface *iface, const struct sock_fd *s)
{
    if (s->open->n_numbers == 1) {
        call_end(iface, s->fd, s->type == SK_STREAM ? s->open->linger : FD_NO_LINGER);
    }
    drop(s->open);
}

void fd_release(int fd)
{
    fd_forget(fd);
    fd_table_free(fd);
}

int fd_next(int fd)
{
    for (; fd <= __atomic_load_n(&highest, __ATOMIC_RELAXED); fd++) {
        if (fd_peek(fd) != NULL) {
            return fd;
        }
    }
    return -1;
}

int fd_next_of_same(int fd)
{
    return fd_table_at(fd)->next;
}

int libsock_state_next(const struct libsock_state *state, int fd, sk_fd *socket)
{
    for (; fd >= 0 && fd <= __atomic_load_n(&highest, __ATOMIC_RELAXED); fd++) {
        struct fd_entry *e = fd_table_at(fd);

        if (e != NULL && __atomic_load_n(&e->state, __ATOMIC_ACQUIRE) == state) {
            if (socket != NULL) {
                *socket = e->s.fd;
            }
            return fd;
        }
    }
    return -1;
}

void libsock_state_forget(const struct libsock_state *state)
{
    for (int fd = libsock_state_next(state, 0, NULL); fd >= 0;
         fd = libsock_state_next(state, fd + 1, NULL)) {
        fd_release(fd);
    }
}
