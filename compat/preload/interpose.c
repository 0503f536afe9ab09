/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Calls that know whether the program makes them or libslirp, which the kernel serves. Those that
 * are about a number need not ask: what is no socket of the program's goes on to the C library
 * anyway. The other names are those of the shim (PRELOAD_LDFLAGS in configure.ac).
 */
#include <sys/socket.h>
#include <unistd.h>

#include "compat/compat.h"
#include "compat/foreign.h"
#include "compat/preload/real.h"
#include "compat/preload/relayed.h"
#include "link/own_calls.h"
#include "link/own_fds.h"

int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags);

int socket(int domain, int type, int protocol)
{
    return sk_own_calls() ? sk_own_fd_take(__real_socket(domain, type, protocol))
                          : libsock_socket(domain, type, protocol);
}

int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
    return sk_own_calls() ? sk_own_fd_take(__real_accept4(fd, addr, len, flags))
                          : relayed_accept(fd, addr, len, flags);
}

int accept(int fd, struct sockaddr *addr, socklen_t *len)
{
    return accept4(fd, addr, len, 0);
}

int close(int fd)
{
    if (!sk_own_calls()) {
        return libsock_close(fd);
    }
    sk_own_fd_remove(fd);
    return __real_close(fd);
}
