/* SPDX-License-Identifier: BSD-3-Clause */
/* What the board asks of libsock-preload.so, and of nothing else: it looks whether this is there.
 */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

struct settings;

/** Once, before the first socket is there. */
void preload_configure(const struct settings *s);

/** At the end of the process, after its network's, or in the handler of a signal that ends it. */
void preload_ended(void);

/* ---- Sockets of several processes: relay.h ---- */

/** Before a fork. */
void preload_forking(void);

/** After it, in the parent. */
void preload_forked(void);

/** After it, in the child: true when it has the network from now on, and not the parent. */
bool preload_is_heir(void);

/** An inherited number is used (foreign_use_inherited). */
void preload_use(int fd);

/** At the end, before anything is closed: whether the network has an heir, and this process is to
 * leave it alone. */
bool preload_leave(void);

/** Whether a number of the kernel's is an end of a relay whose messages are not what the program
 * reads and writes: a listener's, or of datagrams. Then these are sendmsg and recvmsg. */
bool preload_has_messages(int fd);
ssize_t preload_send_message(int fd, const struct msghdr *msg, int flags);
ssize_t preload_receive_message(int fd, struct msghdr *msg, int flags);

/** A number, which may be -1, may be something else from now on: an end of a relay, too. */
void preload_number_changes(int fd);

/** A message of the kernel's arrived: numbers in it may be ends. */
void preload_received(const struct msghdr *msg);
