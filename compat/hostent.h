/* SPDX-License-Identifier: BSD-3-Clause */
/* What gethostbyname and gethostbyaddr have in common: where the records of their results lie, and
 * their errors. */
#pragma once

#include <netdb.h>
#include <stddef.h>
#include <stdint.h>

#include "compat/lookup.h"

#define HOSTENT_MAX_ADDR_LEN 16

#ifndef NETDB_INTERNAL /* glibc's, where standards do not hide it */
#define NETDB_INTERNAL (-1)
#endif

/** A buffer of the caller's for a host, and where its result goes. */
struct hostent_room {
    struct hostent *out;
    char *buffer;
    size_t size;
    struct hostent **result;
    int *h_error;
};

/** A host to be told of. */
struct hostent_facts {
    const char *name;
    int family;
    size_t addr_len; /* octets */
    size_t n_addrs;
    uint8_t addrs[LOOKUP_MAX_ADDRS][HOSTENT_MAX_ADDR_LEN]; /* in network order */
};

/** What a call without _r has for its result. */
struct hostent_storage {
    struct hostent host;
    union {
        char text[LOOKUP_NAME_SIZE + LOOKUP_MAX_ADDRS * HOSTENT_MAX_ADDR_LEN +
                  (LOOKUP_MAX_ADDRS + 2) * sizeof(char *)];
        char *pointer; /* aligns it */
    } buffer;
};

/** The octets of an address in `family`; 0: there is no such family. */
size_t hostent_addr_len(int family);

/** Copies a host into the caller's buffer, and says that it is the result. 0, or ERANGE. */
int hostent_give(const struct hostent_facts *facts, const struct hostent_room *room);

/** What a lookup that failed comes to: `*h_error`, and what the call returns. */
int hostent_fail(enum lookup result, int *h_error);

/** Another error than those of lookups: sets errno; what the call returns. */
int hostent_internal(int number, int *h_error);
