/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sockets that other processes have, too. The stack is in one process, its owner. When it forks,
 * the numbers of each socket become an end of a pair of sockets of the kernel's (unix(7)), and the
 * owner keeps the other one: so the kernel counts who has the socket, whatever they do with the
 * number: exec, dup, SCM_RIGHTS. Nothing else changes until a process other than the owner uses it.
 * From then on the pair is what all of them use, and a thread of the owner moves octets between its
 * end and the stack (relay_pump.c). A listener's pair carries, instead, an end of a relay for each
 * connection, for whoever accepts first.
 *
 * When the owner ends before the others a process stays behind, its heir, that has nothing but the
 * network, until they do not need it any more.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "compat/fd.h"
#include "compat/preload/relay_name.h"

/*
 * The states of a relay, as its flags have them, and what moves it on:
 *
 *   unused    the owner's numbers are the stack's; of the end only its hanging up is waited for
 *     somebody uses it (relay_use: a request, a number that is given, a connection that is handed
 *       on or dialled)                                            used
 *     nobody has the other end; there are octets in the pair      used, hung_up
 *     nobody has the other end; there are none                    over (relay_end)
 *   used      the numbers are the kernel's; octets, datagrams and connections move both ways
 *     of a stream, no more comes from the other end               sent_all: a FIN has left
 *     of a stream, no more comes from the stack                   told_all: the end is shut down
 *                                                                 for writing, once
 *     a stream failed                                             sent_all: the end is shut down
 *                                                                 for both, and so hangs up
 *     nobody has the other end                                    hung_up
 *   hung_up   what is in the pair still moves
 *     it is a stream, and sent_all                                over
 *     it is none                                                  over
 */

/** What the pump waits for. */
struct source {
    void (*ready)(struct source *source, uint32_t events); /* of epoll; under the port's lock */
};

struct relay {
    struct source of_end;    /* first */
    struct source of_socket; /* second */
    struct list_link all;
    struct relay *next; /* in its bucket */
    struct sock_fd s;   /* held */
    enum relay_kind kind;
    int end; /* the owner's */
    bool used;
    bool hung_up;
    bool sent_all;
    bool told_all;
};

/** The random number of this process, which has relays or is about to. */
uint64_t relay_owner(void);

/** A relay for the socket that is held in `*s`, which it takes over; its other end in `*other`.
 * NULL and errno: no descriptor or memory is left; then the hold is the caller's. Under the lock,
 * as all of these. */
struct relay *relay_make(const struct sock_fd *s, int *other);

/** The pair is what everybody uses from now on. */
void relay_use(struct relay *r);

/** NULL: there is none. */
struct relay *relay_find(sk_fd handle);

/** Whether there are any. */
bool relay_any(void);

/** Of each one, which may end meanwhile. */
void relay_each(void (*act)(struct relay *r));

/** In a process that has the stack no more. */
void relay_forget_all(void);

/* ---- relay_fork.c: which sockets get one ---- */

/** A number is about to be given to somebody who calls the kernel, such as the C library's stdio:
 * if it is a connection of ours, a listener or a datagram socket, it is relayed from now on. Not
 * under the lock. */
void relay_give(int fd);

/** The same, of all numbers that an exec leaves open. */
void relay_give_open(void);

/* ---- relay_heir.c ---- */

/** Whether this process forks its heir, is it, or has one. */
bool relay_is_leaving(void);

/** Sockets that an exec leaves open are relayed, and this process has no network from now on. Not
 * under the lock. */
void relay_before_exec(void);

/** To a new instance that the pump waits in (pump_renew). */
void relay_watch_again(struct relay *r);

/** It is over: the socket is closed. The relay is there until relay_free_ended. */
void relay_end(struct relay *r);
void relay_free_ended(void);

/* ---- relay_pump.c ---- */

/** Starts what waits for sources, when it does not yet. False: it cannot. */
bool pump_start(void);

/** What it waits in is another one from now on, in which there is nothing yet. False: no descriptor
 * is left. */
bool pump_renew(void);

/** -1 and errno. */
int pump_add(int fd, uint32_t events, struct source *source);
void pump_change(int fd, uint32_t events, struct source *source);

/** Before `fd` is closed: a child that a fork is just making may have it, too, and then the kernel
 * would go on telling of it. */
void pump_remove(int fd);

/** Its socket's own events, too. False: no memory is left. */
bool pump_add_socket(struct relay *r);

/** Waits for sources until there is no relay any more, in the calling thread. */
void pump_until_done(void);

/** In a child of fork: there is no pump. */
void pump_forget(void);

/* ---- relay_move.c: what events let move, or end ---- */

/** Moves what there is, of one that is used; then it may be over. */
void relay_move(struct relay *r);

void relay_end_ready(struct source *of_end, uint32_t events);
void relay_socket_ready(struct source *of_socket, uint32_t events);

/* ---- relay_control.c ---- */

/** Requests by other processes are heard from now on. False: they cannot be. */
bool control_start(void);

/** At one more address. */
bool control_listen(const struct sockaddr_un *addr, socklen_t len);

/** The same, after pump_renew. */
void control_resume(void);
