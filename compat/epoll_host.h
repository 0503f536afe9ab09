/* SPDX-License-Identifier: BSD-3-Clause */
/* What others of the shim tell epoll of descriptors: see epoll_instance.h. */
#pragma once

#include <stdbool.h>

#include "libsock.h"

/** The number, which is no socket of ours and may be -1, is no instance any more. */
void epoll_forget(int fd);

/** `copy`, which may be -1, is a number more of what `fd` is, which is no socket of ours. */
void epoll_copied(int fd, int copy);

/** The lowest number of an instance above `after`; -1: there is none. */
int epoll_next(int after);

/** Whether `fd` is an instance that has sockets of ours. */
bool epoll_has_members(int fd);

/** Whether one of them has an event that is to be told. Under the port's lock. */
bool epoll_is_ready(int fd, struct sk_iface *iface, instant now);

/** A number of ours is a socket of the kernel's from now on: the kernel watches it, for whoever had
 * us do it. Under the port's lock, before the number is forgotten. */
void epoll_handed_over(int fd);

/** Before a fork: what the kernel has in an instance is known to none of the two from then on. */
void epoll_forking(void);

/** The kernel has members of which we know nothing: a child gave it some, or there was no memory.
 */
void epoll_note_unseen(void);

/** In a child of fork, first: another thread may have had the lock. */
void epoll_forked(void);

/** In a child of fork: what is watched is the parent's. If the child `inherits`, the first use of
 * an instance asks the parent to let the kernel watch it (foreign_use_inherited). */
void epoll_forget_all(bool inherits);

/** An instance is about to be used; nothing is done but for the first use of an inherited one. */
void epoll_use_inherited(int epfd);
