/* SPDX-License-Identifier: BSD-3-Clause */
/* The other end of a relay (relay.h), in whatever process: see relayed.c. */
#pragma once

#include "compat/preload/relay_name.h"

/** Whether a number that is the kernel's is an end of a relay, and of which. */
bool relayed_find(int fd, struct relay_name *out);

/** Before a fork: makes the secret by which its children are known, if there is none yet. */
void relayed_keep_secret(void);

bool relayed_has_secret(const struct relay_message *m);
void relayed_put_secret(struct relay_message *m);

/** Sends a request, and receives the answer to it, with an end in `*end` or -1. False: there is
 * none. */
bool relayed_exchange(int fd, struct relay_message *m, int *end);

/** A connection to where requests are heard; -1 and errno. */
int relayed_reach(const struct sockaddr_un *addr, socklen_t len);

/** accept4 and listen, of any number. */
int relayed_accept(int fd, struct sockaddr *addr, socklen_t *len, int flags);
int relayed_listen(int fd, int backlog);

/** Datagrams, of a number that is an end of a relay of them: as sendmsg and recvmsg. */
ssize_t relayed_send_datagram(const struct relay_name *name, int fd, const struct msghdr *msg,
                              int flags);
ssize_t relayed_receive_datagram(const struct relay_name *name, int fd, struct msghdr *msg,
                                 int flags);

/** How long the next one is; 0: there is none. */
int relayed_next_datagram(int fd);
