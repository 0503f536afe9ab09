/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From the small number of a program to the handle of a socket. On hosts the number is a kernel
 * descriptor (fd_host.c), so it never collides with a file; on firmware it counts from
 * LIBSOCK_FD_BASE on (fd_firmware.c).
 *
 * A blocked call copies what it needs out of the entry first: another thread may close the
 * descriptor meanwhile. Descriptions are never unmapped, so what is read of one that is used again
 * is at worst another socket's timeout.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "compat/state.h"
#include "libsock.h"

enum fd_connect {
    FD_CONNECT_NONE,
    FD_CONNECT_DEFERRED, /* O_NONBLOCK, and the host has no address yet */
    FD_CONNECT_STARTED,  /* the core is at it, or has an end to tell */
};

/* What recvmsg tells with a datagram. */
enum fd_tells {
    FD_TELLS_PACKET_INFO = 1, /* IP_PKTINFO */
    FD_TELLS_TTL = 2,         /* IP_RECVTTL */
    FD_TELLS_TOS = 4,         /* IP_RECVTOS */
    FD_TELLS_OPTIONS = 8,     /* IP_RECVOPTS */
    FD_TELLS_TIME = 16,       /* SO_TIMESTAMP */
};

#define FD_NO_LINGER (-1)

struct relay;

/* What POSIX calls an open file description: all numbers that dup made of one share it. */
struct open_description {
    uint32_t n_numbers;  /* and holds; under the port's lock */
    int first_number;    /* -1: none; under the lock, as the next */
    struct relay *relay; /* its numbers are, to the kernel, an end of it (compat/preload/relay.h) */
    atomic_bool inet6;   /* of AF_INET6: IPv4 addresses are mapped */
    atomic_bool v6only;  /* and there are none: IPV6_V6ONLY */
    atomic_bool nonblock;            /* O_NONBLOCK */
    _Atomic uint32_t rcv_timeout;    /* SO_RCVTIMEO, ms; 0: none */
    _Atomic uint32_t snd_timeout;    /* SO_SNDTIMEO */
    _Atomic uint32_t tells;          /* enum fd_tells */
    _Atomic int32_t linger;          /* SO_LINGER, seconds, or FD_NO_LINGER */
    _Atomic enum fd_connect connect; /* set under the port's lock, read anywhere */
    enum sk_err failed;              /* under the lock, like all that follows; a deferred connect
                                        that came to nothing: SO_ERROR */
    struct sk_addr to;               /* of a connect under way, or whose end was not told */
    instant give_up_at;
    struct open_description *next_unused; /* fd.c's, while it is nobody's */
};

/* A number. The handle is its own: what a call reads here is a socket that the number had, also
 * while another thread closes it and the description is used again. */
struct sock_fd {
    _Atomic sk_fd fd;
    _Atomic enum sk_type type;
    struct open_description *_Atomic open;
};

/** The entry of a descriptor, NULL when it is not a socket of this host. Any thread; starts
 * nothing. Of an inherited one (fd_inherit_all) this is the first use: it is the kernel's then. */
struct sock_fd *fd_find(int fd);

/** As fd_find, where it is no use: by who closes a number, or does not mean its socket. */
struct sock_fd *fd_peek(int fd);

/**
 * Takes a number, which fd_find does not know yet. -1 and errno: EMFILE, ENFILE. `close_on_exec`
 * where there is an exec.
 */
int fd_reserve(bool close_on_exec);

/** 0 when another number than `fd` is left, which a link may need for a connection: libslirp does.
 * Else -1 and errno: EMFILE. */
int fd_check_spare(int fd);

/** Takes another number for what `fd` is, from `from` on; -1 and errno. */
int fd_reserve_copy(int fd, int from, bool close_on_exec);

/** Takes the number `to` for what `fd` is, which on a host closes what it was; -1 and errno. */
int fd_reserve_at(int fd, int to, bool close_on_exec);

/** Makes it known. Under the port's lock: a call that waits on what had the number before looks at
 * the entry there. */
struct sock_fd *fd_publish(int fd, struct libsock_state *state, sk_fd handle, enum sk_type type);

/** Makes it known as one more number of the socket `of`. Under the port's lock. */
void fd_publish_copy(int fd, struct libsock_state *state, const struct sock_fd *of);

/** One more number for the socket of `fd`, from `from` on: what dup and F_DUPFD return. In dup.c.
 */
int fd_duplicate(int fd, int from, bool close_on_exec);

/** Gives the number up, which is nobody's from then on: who polls it is told so. Under the port's
 * lock when it was published, at the close of its socket. */
void fd_release(int fd);

/** As fd_release, of a number that somebody else is about to close, or to take. */
void fd_forget(int fd);

/** In a child of fork: no number is ours any more. Those with a relay are inherited: the first
 * fd_find tells foreign_use_inherited. Hosts only. */
void fd_inherit_all(void);

/** Before an exec: inherited numbers that stay open are used. Hosts only. */
void fd_use_inherited(void);

/** A number that is no socket of ours is closed or taken: it is not inherited any more, either. */
void fd_disown(int fd);

/** As fd_disown, of all numbers from `first` to `last`. Hosts only. */
void fd_disown_range(unsigned first, unsigned last);

/** Keeps the socket without a number, in `*out`. Under the port's lock, as the following. */
void fd_hold(struct sock_fd *out, const struct sock_fd *s);

/** As fd_hold, of a socket that has no number at all: its options are those of `of`, which may be
 * NULL. */
void fd_adopt(struct sock_fd *out, sk_fd handle, enum sk_type type, const struct sock_fd *of);

/** Ends a hold, and the socket with the last. */
void fd_let_go(struct sk_iface *iface, const struct sock_fd *s);

/** The lowest descriptor of ours from `fd` on, -1 when there is none. */
int fd_next(int fd);

/** The next number of the socket of `fd`, after `first_number`, in no order; -1: there is none.
 * Under the port's lock. */
int fd_next_of_same(int fd);
