/* SPDX-License-Identifier: BSD-3-Clause */
/* sys/un.h for firmware whose C library has none: the address alone, since socket refuses AF_UNIX.
 * See sys/socket.h. */
#ifndef LIBSOCK_SYS_UN_H
#define LIBSOCK_SYS_UN_H

#pragma GCC system_header

#include <sys/socket.h>

struct sockaddr_un {
    sa_family_t sun_family;
    char sun_path[108];
};

#endif
