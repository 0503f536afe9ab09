/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the kernel's end of a relay is called (relay.h), and what is asked of the process that owns
 * the socket behind it. The name is the end's own address, of the abstract ones of unix(7): any
 * process that has the end, by fork, exec or SCM_RIGHTS, finds there what the socket is.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "libsock.h"

enum relay_kind {
    RELAY_STREAM = 's',
    RELAY_LISTENER = 'l',  /* a message for each connection: its peer, and an end of a relay */
    RELAY_DATAGRAMS = 'd', /* a message for each datagram: who it is from or to, and what it says */
};

struct relay_name {
    uint64_t owner; /* a random number of the process */
    sk_fd handle;
    enum relay_kind kind;
    bool inet6; /* of AF_INET6 */
    struct sk_addr local;
    struct sk_addr peer;
};

/** The length of the address. */
socklen_t relay_name_write(const struct relay_name *name, struct sockaddr_un *out);

/** False: it is no such name. */
bool relay_name_read(const struct sockaddr_un *addr, socklen_t len, struct relay_name *out);

/** Where the owner listens, SOCK_SEQPACKET: the length of the address. */
socklen_t relay_owner_address(uint64_t owner, struct sockaddr_un *out);

enum relay_request {
    RELAY_USE, /* from now on the end is what is used, when the answer comes */
    RELAY_GET,
    RELAY_SET,
    RELAY_LISTEN, /* `name` is the backlog */
    RELAY_DIAL,   /* of a door (door.h): a new connection to the port `name`, the end of which is in
                     the answer */
};

#define RELAY_SECRET_LEN 16
#define RELAY_VALUE_LEN 256 /* the longest value of an option: struct tcp_info */

struct relay_message {
    uint8_t secret[RELAY_SECRET_LEN]; /* a request's: of those that a fork made of the owner */
    enum relay_request request;
    sk_fd handle;
    int level;
    int name;
    int error; /* an answer's: 0, or an errno */
    socklen_t len;
    char value[RELAY_VALUE_LEN];
};

/** Sends octets with an end of a pair (SCM_RIGHTS), -1 for none, without waiting. */
bool relay_pass(int to, const void *octets, size_t len, int end);

/** Receives the same, as recvmsg does: how many octets, and in `*end` what came with them, or -1.
 */
ssize_t relay_take(int from, void *octets, size_t len, int *end, int flags);
