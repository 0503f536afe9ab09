/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The addresses of a name, and the name of an address, as getaddrinfo, getnameinfo, gethostbyname
 * and gethostbyaddr look for them: localhost (RFC 6761 6.3), the system's own table, then the
 * resolver, which waits for the network to come up. IPv4 only.
 */
#pragma once

#include <netinet/in.h>

#include "libsock.h"

#define LOOKUP_MAX_ADDRS 8   /* of one name; the rest is not told */
#define LOOKUP_NAME_SIZE 254 /* of a host's name with its NUL, RFC 1035 2.3.4 */
#define LOOKUP_LOCALHOST "localhost"

enum lookup {
    LOOKUP_OK,
    LOOKUP_UNKNOWN,    /* there is no such name, or the address has none */
    LOOKUP_NO_ADDRESS, /* the name exists and has none */
    LOOKUP_FAILED,     /* every server failed or refused */
    LOOKUP_NO_SERVER,  /* none is known, or none can be reached */
    LOOKUP_AGAIN,      /* nobody answers, or there is no network yet */
    LOOKUP_NO_MEMORY,  /* too many names are being asked for */
    LOOKUP_SYSTEM,     /* errno says why */
    LOOKUP_N,
};

/**
 * Up to LOOKUP_MAX_ADDRS addresses of a name that is no address in text, with port 0: `*n` of them.
 * `*canonical` is the name that the system's table has first for them, the calling thread's until
 * its next lookup, or else `name`.
 */
enum lookup lookup_name(const char *name, struct sk_addr out[LOOKUP_MAX_ADDRS], size_t *n,
                        const char **canonical);

/** The name of an address, with a NUL. Whoever owns the address may claim any name. */
enum lookup lookup_addr(struct ip_addr addr, char name[LOOKUP_NAME_SIZE]);

/** The same of an IPv6 address: only ::1, and what an IPv4 address is mapped into, may have one. */
enum lookup lookup_addr6(const struct in6_addr *addr, char name[LOOKUP_NAME_SIZE]);

/** Waits for an address of our own, and then for what the operation asks a server. */
enum lookup lookup_ask(struct sk_op *op);

/** The EAI_ error; 0 for LOOKUP_OK. */
int lookup_eai(enum lookup result);
