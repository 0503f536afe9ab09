/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's sockets that libslirp has, and what it waits for at each. It names all of them again
 * and again; with few of them poll(2) costs least, with many an epoll set that is told what
 * changed (epoll(7)). No call here waits.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLIRP_FDS_READY 256 /* that one look tells at most */

struct pollfd;
struct slirp_fd;

/* All zero but `epoll`: slirp_fds_init. */
struct slirp_fds {
    struct slirp_fd *at; /* by number */
    size_t cap;
    struct pollfd *list; /* those that are wanted, in libslirp's order */
    size_t n;
    size_t cap_list;
    struct pollfd *before; /* those that were, the round before */
    size_t n_before;
    size_t cap_before;
    int epoll; /* the set; -1: poll(2) is asked */
    bool no_epoll;
    uint32_t round;
    int ready[SLIRP_FDS_READY]; /* in the last look, until they are cleared */
    size_t n_ready;
};

#ifdef __cplusplus
extern "C" {
#endif

void slirp_fds_init(struct slirp_fds *f);
void slirp_fds_free(struct slirp_fds *f);

/** A round: begin, an add for each socket, end. `events` are poll(2)'s. -1: no memory; else what to
 * ask slirp_fds_got for. */
void slirp_fds_begin(struct slirp_fds *f);
int slirp_fds_add(struct slirp_fds *f, int fd, short events);
void slirp_fds_end(struct slirp_fds *f);

/** libslirp closes it. */
void slirp_fds_forget(struct slirp_fds *f, int fd);

/** Whether it was named in the last round. */
bool slirp_fds_wanted(const struct slirp_fds *f, int fd);

/** How many have something, which slirp_fds_got tells until slirp_fds_clear; -1: the system
 * does not say. */
int slirp_fds_look(struct slirp_fds *f);
short slirp_fds_got(const struct slirp_fds *f, int fd);
void slirp_fds_clear(struct slirp_fds *f);

/** As link_ops.wait_fds. */
size_t slirp_fds_wait(const struct slirp_fds *f, struct pollfd *fds, size_t n);

#ifdef __cplusplus
}
#endif
