/* SPDX-License-Identifier: BSD-3-Clause */
/* struct hostent in a buffer of the caller's: the list of addresses and its NULL, which is the list
 * of aliases, too, then the addresses, then the name. */
#include "compat/hostent.h"

#include <string.h>

#include "compat/errno.h"

size_t hostent_addr_len(int family)
{
    return family == AF_INET ? sizeof(struct in_addr)
                             : (family == AF_INET6 ? sizeof(struct in6_addr) : 0);
}

int hostent_internal(int number, int *h_error)
{
    *h_error = NETDB_INTERNAL;
    errno_fail(number);
    return number;
}

int hostent_fail(enum lookup result, int *h_error)
{
    switch (result) {
    case LOOKUP_UNKNOWN:
        *h_error = HOST_NOT_FOUND;
        return 0;
    case LOOKUP_NO_ADDRESS:
        *h_error = NO_DATA;
        return 0;
    case LOOKUP_FAILED:
        *h_error = NO_RECOVERY;
        return errno_of(SK_NAME_FAILED);
    case LOOKUP_NO_SERVER:
    case LOOKUP_AGAIN:
        *h_error = TRY_AGAIN;
        return EAGAIN;
    case LOOKUP_NO_MEMORY:
        return hostent_internal(ENOMEM, h_error);
    default:
        *h_error = NETDB_INTERNAL;
        return errno;
    }
}

/* Octets in front of the first address in the buffer that has the alignment of a pointer. */
static size_t misalignment(const char *buffer)
{
    return -(uintptr_t)buffer % _Alignof(char *);
}

int hostent_give(const struct hostent_facts *facts, const struct hostent_room *room)
{
    size_t skip = misalignment(room->buffer);
    size_t lists = (facts->n_addrs + 1) * sizeof(char *);
    size_t addrs = facts->n_addrs * facts->addr_len;
    size_t name_size = strlen(facts->name) + 1;

    if (room->size < skip || room->size - skip < lists + addrs + name_size) {
        return hostent_internal(ERANGE, room->h_error);
    }
    char **list = (char **)(void *)(room->buffer + skip);
    char *at = room->buffer + skip + lists;
    for (size_t i = 0; i < facts->n_addrs; i++, at += facts->addr_len) {
        memcpy(at, facts->addrs[i], facts->addr_len);
        list[i] = at;
    }
    list[facts->n_addrs] = NULL;
    memcpy(at, facts->name, name_size);
    *room->out = (struct hostent){ .h_name = at,
                                   .h_aliases = list + facts->n_addrs,
                                   .h_addrtype = facts->family,
                                   .h_length = (int)facts->addr_len,
                                   .h_addr_list = list };
    *room->result = room->out;
    *room->h_error = 0;
    return 0;
}
