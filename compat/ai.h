/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of getaddrinfo: where its results lie, the names of services, and names that need no
 * server. */
#pragma once

#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "libsock.h"

struct ai_node {
    struct addrinfo ai; /* first: what the program holds points here */
    union {
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } addr;
};

/** A zeroed node with room for a name of `name_len` characters, at ai.ai_canonname when that is not
 * 0. Or NULL. */
struct ai_node *ai_alloc(size_t name_len);

/** Gives a node back. */
void ai_free(struct ai_node *node);

enum ai_literal {
    AI_NAME,    /* may be a name */
    AI_ADDRESS, /* an IPv4 address */
    AI_NOTHING, /* neither: what has a colon, or a number that is too large */
};

/** What a node's text is; the address of AI_ADDRESS. */
enum ai_literal ai_literal(const char *text, struct ip_addr *out);

/** Reads an IPv6 address in text, with a number behind it for its scope or none, into the address
 * and the scope of `*out`. False, and no other fields written, when it is none. */
bool ai_literal6(const char *text, struct sockaddr_in6 *out);

/** An IPv4 address mapped into an IPv6 one (RFC 4291 2.5.5.2), and back; false when it is another
 * one. */
struct in6_addr ai_mapped(struct ip_addr addr);
bool ai_unmapped(const struct in6_addr *addr, struct ip_addr *out);

enum { AI_ON_STREAM = 1, AI_ON_DGRAM = 2 };

struct ai_service {
    char name[8];
    uint16_t port;
    uint8_t on; /* AI_ON_ */
};

/** Number `i` of the services that are known, in ascending order of ports; NULL after the last. */
const struct ai_service *ai_service_at(size_t i);

/** The port of a service on `type` (SOCK_STREAM, SOCK_DGRAM), -1 when it has none there. */
int ai_service(const char *name, int type);

/** The name of the service that a port is for on `type`, NULL when none is known. */
const char *ai_service_name(uint16_t port, int type);

/** The addresses of a name in the system's own table, such as /etc/hosts: how many, at most `n`.
 * `*canonical` is then the first name there, the calling thread's until its next call. */
size_t ai_hosts(const char *name, struct sk_addr *out, size_t n, const char **canonical);

/** The first name of an address in that table, with a NUL; false when it has none of less than
 * `size` characters. */
bool ai_hosts_name(struct ip_addr addr, char *name, size_t size);
