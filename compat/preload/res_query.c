/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * res_query, res_search, res_querydomain and the same with a state of the program's: resolver(3) of
 * glibc, on our servers (res_send.c). Messages are the C library's to make, and res_init reads its
 * settings; the domains that names are looked for in are the network's, as those of getaddrinfo.
 */
#include <arpa/nameser.h>
#include <errno.h>
#include <netdb.h>
#include <resolv.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "compat/compat.h"
#include "compat/state.h"
#include "net/iface.h"

#ifndef NETDB_INTERNAL
#define NETDB_INTERNAL (-1)
#endif

static int fail(res_state settings, int error)
{
    settings->res_h_errno = error;
    h_errno = error;
    return -1;
}

static bool is_ready(res_state settings)
{
    return (settings->options & RES_INIT) != 0 || res_ninit(settings) == 0;
}

/* What an answer without records means. */
static int error_of(const unsigned char *answer)
{
    switch (answer[3] & 0x0f) {
    case ns_r_nxdomain:
        return HOST_NOT_FOUND;
    case ns_r_servfail:
        return TRY_AGAIN;
    case ns_r_noerror:
        return NO_DATA;
    default:
        return NO_RECOVERY;
    }
}

static bool has_records(const unsigned char *answer)
{
    return (answer[3] & 0x0f) == ns_r_noerror && (answer[6] != 0 || answer[7] != 0);
}

int res_nquery(res_state settings, const char *name, int class, int type, unsigned char *answer,
               int size)
{
    unsigned char query[NS_PACKETSZ];

    if (!is_ready(settings)) {
        return fail(settings, NETDB_INTERNAL);
    }
    int len =
        res_nmkquery(settings, ns_o_query, name, class, type, NULL, 0, NULL, query, sizeof query);
    if (len <= 0) {
        return fail(settings, NO_RECOVERY);
    }
    int n = res_nsend(settings, query, len, answer, size);
    if (n < 0) {
        return fail(settings, TRY_AGAIN);
    }
    return has_records(answer) ? n : fail(settings, error_of(answer));
}

int res_nquerydomain(res_state settings, const char *name, const char *domain, int class, int type,
                     unsigned char *answer, int size)
{
    char whole[NS_MAXDNAME];
    int n = domain == NULL ? snprintf(whole, sizeof whole, "%s", name)
                           : snprintf(whole, sizeof whole, "%s.%s", name, domain);

    if (n < 0 || (size_t)n >= sizeof whole) {
        return fail(settings, NO_RECOVERY);
    }
    return res_nquery(settings, whole, class, type, answer, size);
}

/* ---- Search ---- */

struct search {
    res_state settings;
    const char *name;
    int class;
    int type;
    unsigned char *answer;
    int size;
    bool has_no_data; /* a name was there, without such records */
    bool failed;      /* a server did: another name may do */
};

/* The length of an answer; 0: another name may have one; -1: none will. */
static int try(struct search *s, const char *domain)
{
    int n = res_nquerydomain(s->settings, s->name, domain, s->class, s->type, s->answer, s->size);

    if (n > 0) {
        return n;
    }
    switch (h_errno) {
    case NO_DATA:
        s->has_no_data = true;
        return 0;
    case HOST_NOT_FOUND:
        return 0;
    case TRY_AGAIN:
        s->failed = true;
        return errno == ECONNREFUSED ? -1 : 0;
    default:
        return -1;
    }
}

static const char *domain_at(size_t i)
{
    const struct sk_iface *iface = libsock_iface();

    return iface != NULL && i < iface->n_search ? iface->search[i] : NULL;
}

static int try_domains(struct search *s)
{
    const char *domain;
    int n = 0;

    for (size_t i = 0; n == 0 && (domain = domain_at(i)) != NULL; i++) {
        n = try(s, domain);
    }
    return n;
}

static size_t n_dots(const char *name)
{
    size_t n = 0;

    for (; *name != '\0'; name++) {
        n += *name == '.';
    }
    return n;
}

static int give_up(const struct search *s)
{
    if (s->has_no_data) {
        return fail(s->settings, NO_DATA);
    }
    return s->failed ? fail(s->settings, TRY_AGAIN) : -1;
}

int res_nsearch(res_state settings, const char *name, int class, int type, unsigned char *answer,
                int size)
{
    struct search s = { .settings = settings,
                        .name = name,
                        .class = class,
                        .type = type,
                        .answer = answer,
                        .size = size };
    size_t len = strlen(name);
    size_t dots = n_dots(name);
    bool absolute = len > 0 && name[len - 1] == '.';

    if (!is_ready(settings)) {
        return fail(settings, NETDB_INTERNAL);
    }
    bool first = absolute || dots >= settings->ndots;
    bool below = !absolute && (settings->options & (dots > 0 ? RES_DNSRCH : RES_DEFNAMES)) != 0;
    int n = first ? try(&s, NULL) : 0;
    if (n == 0 && below) {
        n = try_domains(&s);
    }
    if (n == 0 && !first) {
        n = try(&s, NULL);
    }
    return n > 0 ? n : give_up(&s);
}

/* ---- With the thread's own state ---- */

int res_query(const char *name, int class, int type, unsigned char *answer, int size)
{
    return res_nquery(&_res, name, class, type, answer, size);
}

int res_querydomain(const char *name, const char *domain, int class, int type,
                    unsigned char *answer, int size)
{
    return res_nquerydomain(&_res, name, domain, class, type, answer, size);
}

int res_search(const char *name, int class, int type, unsigned char *answer, int size)
{
    return res_nsearch(&_res, name, class, type, answer, size);
}
