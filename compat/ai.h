/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of getaddrinfo: where its results lie, the names of services, and names that need no
 * server. */
#pragma once

#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>

#include "libsock.h"

#define AI_MAX_ADDRS 8 /* of one name; the rest is not told */

struct ai_node {
    struct addrinfo ai; /* first: what the program holds points here */
    struct sockaddr_in addr;
};

/** A zeroed node with room for a name of `name_len` characters, at ai.ai_canonname when that is not
 * 0. Or NULL. */
struct ai_node *ai_alloc(size_t name_len);

/** Gives a node back. */
void ai_free(struct ai_node *node);

enum ai_literal {
    AI_NAME,    /* may be a name */
    AI_ADDRESS, /* an address */
    AI_NOTHING, /* neither: an IPv6 address, or one with a number too large */
};

/** What a node's text is; the address of AI_ADDRESS. */
enum ai_literal ai_literal(const char *text, struct ip_addr *out);

/** The port of a service on `type` (SOCK_STREAM, SOCK_DGRAM), -1 when it has none there. */
int ai_service(const char *name, int type);

/** The addresses of a name in the system's own table, such as /etc/hosts: how many, at most `n`. */
size_t ai_hosts(const char *name, struct sk_addr *out, size_t n);
