/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gethostbyname, gethostbyname2, gethostbyaddr: what POSIX had until 2004, with h_errno. Their
 * result lies in storage of the thread, one for the three.
 */
#include "compat/compat.h"
#include "compat/face.h"
#include "compat/hostent.h"

static _Thread_local struct hostent_storage storage;

struct hostent *libsock_gethostbyname2(const char *name, int family)
{
    struct hostent *result;
    int error;

    libsock_gethostbyname2_r(name, family, &storage.host, storage.buffer.text,
                             sizeof storage.buffer.text, &result, &error);
    if (result == NULL) {
        h_errno = error;
    }
    return result;
}

struct hostent *libsock_gethostbyname(const char *name)
{
    return libsock_gethostbyname2(name, AF_INET);
}

struct hostent *libsock_gethostbyaddr(const void *addr, socklen_t len, int family)
{
    struct hostent *result;
    int error;

    libsock_gethostbyaddr_r(addr, len, family, &storage.host, storage.buffer.text,
                            sizeof storage.buffer.text, &result, &error);
    if (result == NULL) {
        h_errno = error;
    }
    return result;
}

FACE(gethostbyname2);
FACE(gethostbyname);
FACE(gethostbyaddr);
