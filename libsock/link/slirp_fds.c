/* SPDX-License-Identifier: BSD-3-Clause */
/* A table by number, a list in order, and an epoll set beside them: see slirp_fds.h. epoll's names
 * may be a host program's own, as poll's: the kernel is called. */
#define _GNU_SOURCE /* syscall */
#include "link/slirp_fds.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "link/own_fds.h"
#include "link/own_poll.h"

#define FIRST_CAP 16
#define MANY 16             /* sockets: from here on epoll costs less than poll */
#define FEW 4               /* and below this the set goes */
#define KERNEL_SIGSET_LEN 8 /* octets */

struct slirp_fd {
    short watched; /* by the set, and for what; 0: not in it. The set is within `list`, `before` */
    short got;
    uint32_t round; /* the last that named it */
};

void slirp_fds_init(struct slirp_fds *f)
{
    *f = (struct slirp_fds){ .epoll = -1 };
}

static void note_unwatched(struct slirp_fds *f, const struct pollfd *list, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++) {
        f->at[list[i].fd].watched = 0;
    }
}

static void close_set(struct slirp_fds *f)
{
    if (f->epoll >= 0) {
        sk_own_fd_remove(f->epoll);
        syscall(SYS_close, f->epoll);
        f->epoll = -1;
        note_unwatched(f, f->before, f->n_before);
        note_unwatched(f, f->list, f->n);
    }
}

void slirp_fds_free(struct slirp_fds *f)
{
    close_set(f);
    free(f->at);
    free(f->list);
    free(f->before);
}

static bool make_room(void **memory, size_t *cap, size_t n, size_t size)
{
    size_t larger = *cap ? *cap : FIRST_CAP;
    void *moved;

    while (larger < n) {
        larger *= 2;
    }
    if (larger == *cap) {
        return true;
    }
    moved = realloc(*memory, larger * size);
    if (!moved) {
        return false;
    }
    memset((char *)moved + *cap * size, 0, (larger - *cap) * size);
    *memory = moved;
    *cap = larger;
    return true;
}

static bool have_entry(struct slirp_fds *f, int fd)
{
    void *at = f->at;
    bool made = make_room(&at, &f->cap, (size_t)fd + 1, sizeof(*f->at));

    f->at = at;
    return made;
}

/* ---- A round ---- */

void slirp_fds_begin(struct slirp_fds *f)
{
    struct pollfd *list = f->before;
    size_t cap = f->cap_before;

    f->before = f->list;
    f->n_before = f->n;
    f->cap_before = f->cap_list;
    f->list = list;
    f->n = 0;
    f->cap_list = cap;
    f->round++;
}

int slirp_fds_add(struct slirp_fds *f, int fd, short events)
{
    void *list = f->list;
    bool room = make_room(&list, &f->cap_list, f->n + 1, sizeof(*f->list));

    f->list = list;
    if (!room || !have_entry(f, fd)) {
        return -1;
    }
    f->list[f->n++] = (struct pollfd){ .fd = fd, .events = events };
    f->at[fd].round = f->round;
    return fd;
}

static bool control(struct slirp_fds *f, int operation, int fd, short events)
{
    struct epoll_event event = { .events = (uint32_t)events, .data.fd = fd };

    return syscall(SYS_epoll_ctl, f->epoll, operation, fd, &event) == 0;
}

static void open_set(struct slirp_fds *f)
{
    f->epoll = sk_own_fd_take((int)syscall(SYS_epoll_create1, EPOLL_CLOEXEC));
    f->no_epoll = f->epoll < 0;
}

static void choose(struct slirp_fds *f)
{
    if (f->epoll < 0 && f->n > MANY && !f->no_epoll) {
        open_set(f);
    } else if (f->epoll >= 0 && f->n < FEW) {
        close_set(f);
    }
}

static bool watch(struct slirp_fds *f, int fd, short events)
{
    struct slirp_fd *at = &f->at[fd];

    if (at->watched == events) {
        return true;
    }
    if (!control(f, at->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, events)) {
        return false;
    }
    at->watched = events;
    return true;
}

/* One that is in the set and not wanted would be told of a hang-up again and again. */
static void unwatch(struct slirp_fds *f, int fd)
{
    struct slirp_fd *at = &f->at[fd];

    if (at->watched) {
        at->watched = 0;
        control(f, EPOLL_CTL_DEL, fd, 0);
    }
}

void slirp_fds_end(struct slirp_fds *f)
{
    bool all = true;
    size_t i;

    choose(f);
    if (f->epoll < 0) {
        return;
    }
    for (i = 0; i < f->n_before; i++) {
        if (f->at[f->before[i].fd].round != f->round) {
            unwatch(f, f->before[i].fd);
        }
    }
    for (i = 0; i < f->n && all; i++) {
        all = watch(f, f->list[i].fd, f->list[i].events);
    }
    if (!all) { /* the system lets nobody watch more */
        f->no_epoll = true;
        close_set(f);
    }
}

void slirp_fds_forget(struct slirp_fds *f, int fd)
{
    if (fd >= 0 && (size_t)fd < f->cap) {
        if (f->epoll >= 0) {
            unwatch(f, fd);
        }
        f->at[fd] = (struct slirp_fd){ .round = f->round - 1 };
    }
}

bool slirp_fds_wanted(const struct slirp_fds *f, int fd)
{
    return fd >= 0 && (size_t)fd < f->cap && f->at[fd].round == f->round;
}

/* ---- A look ---- */

/* Those for which there is no room stay ready. */
static void note(struct slirp_fds *f, int fd, short events)
{
    if (f->n_ready < SLIRP_FDS_READY) {
        f->at[fd].got = events;
        f->ready[f->n_ready++] = fd;
    }
}

static int look_at_set(struct slirp_fds *f)
{
    struct epoll_event events[SLIRP_FDS_READY];
    long n =
        syscall(SYS_epoll_pwait, f->epoll, events, SLIRP_FDS_READY, 0, NULL, KERNEL_SIGSET_LEN);
    long i;

    for (i = 0; i < n; i++) {
        note(f, events[i].data.fd, (short)events[i].events);
    }
    return (int)n;
}

static int look_at_list(struct slirp_fds *f)
{
    int n = f->n > 0 ? sk_own_poll(f->list, f->n, (struct timespec){ 0, 0 }, NULL) : 0;
    size_t i;

    for (i = 0; n > 0 && i < f->n; i++) {
        if (f->list[i].revents) {
            note(f, f->list[i].fd, f->list[i].revents);
        }
    }
    return n;
}

int slirp_fds_look(struct slirp_fds *f)
{
    f->n_ready = 0;
    return f->epoll >= 0 ? look_at_set(f) : look_at_list(f);
}

short slirp_fds_got(const struct slirp_fds *f, int fd)
{
    return fd >= 0 && (size_t)fd < f->cap ? f->at[fd].got : 0;
}

void slirp_fds_clear(struct slirp_fds *f)
{
    while (f->n_ready > 0) {
        f->at[f->ready[--f->n_ready]].got = 0;
    }
}

size_t slirp_fds_wait(const struct slirp_fds *f, struct pollfd *fds, size_t n)
{
    if (f->epoll >= 0) {
        if (n > 0) {
            fds[0] = (struct pollfd){ .fd = f->epoll, .events = POLLIN };
        }
        return 1;
    }
    if (n > 0 && f->n > 0) {
        memcpy(fds, f->list, (n < f->n ? n : f->n) * sizeof(*fds));
    }
    return f->n;
}
