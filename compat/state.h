/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which host the POSIX calls act on. A process has one; the simulator has one for each virtual
 * host, and changes it when it changes coroutines.
 */
#pragma once

#include <stdbool.h>

#include "compat/compat.h"

/** The state in use, NULL when there is none. Starts nothing. */
struct libsock_state *libsock_state_current(void);

/** The state in use; the first call starts the process's host. NULL (ENETDOWN) when that failed. */
struct libsock_state *state_started(void);

/** Takes the lock of the state in use; its host. Only after fd_find or state_started gave
 * something. */
struct sk_iface *state_enter(void);

/** Gives the lock back. */
void state_leave(void);

/** The clock of the state in use. */
instant state_now(void);

/** In a child of fork: it has no host, and starts none, or with `may_start` one of its own. */
void state_forked(bool may_start);

/* ---- What differs between hosts and firmware: start_host.c, start_firmware.c ---- */

/** Calls libsock_board, if there is one. NULL when it made no host. */
struct sk_iface *start_board(void);

/** Says that the start failed, where somebody can see it. */
void start_complain(const char *problem);

/** Keeps a second thread out while the first one starts the host. */
void start_lock(void);
void start_unlock(void);

/** False when another library's read, write, close or fcntl won the link: ours would never see our
 * sockets. */
bool start_names_are_ours(void);

/** True in a child of vfork: it shares the memory with its parent, and not the descriptors. */
bool start_is_child(void);

/** Called after the start: the end of the program will call exit_drain. */
void start_done(void);

/** What was sent leaves before the process does: RFC 9293 3.6, close is not abort. Bounded by
 * EXIT_DRAIN. */
void exit_drain(void);

/** On hosts: another process has the network from now on, and what numbers were ours are inherited
 * (fd_inherit_all). */
void start_lose_network(void);

/** On hosts, at the end of the process, once: everything that is to be done then. */
void start_finish(void);
