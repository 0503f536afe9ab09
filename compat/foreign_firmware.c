/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * There is no other descriptor than ours, except for files whose functions a program registered:
 * their numbers come from a C library whose read, write and close ours took the place of.
 */
#include "compat/foreign.h"

#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/inet6.h"

static const struct libsock_files *files;

void libsock_set_files(const struct libsock_files *f)
{
    files = f;
}

ssize_t foreign_read(int fd, void *buffer, size_t len)
{
    return files != NULL && files->read != NULL ? files->read(fd, buffer, len) : errno_fail(EBADF);
}

ssize_t foreign_write(int fd, const void *buffer, size_t len)
{
    return files != NULL && files->write != NULL ? files->write(fd, buffer, len)
                                                 : errno_fail(EBADF);
}

int foreign_close(int fd)
{
    return files != NULL && files->close != NULL ? files->close(fd) : errno_fail(EBADF);
}

int foreign_fcntl(int fd, int command, long argument)
{
    return files != NULL && files->fcntl != NULL ? files->fcntl(fd, command, argument)
                                                 : errno_fail(EBADF);
}

int foreign_dup(int fd)
{
    (void)fd;
    return errno_fail(EBADF);
}

int foreign_dup3(int from, int to, int flags)
{
    (void)from;
    (void)to;
    return errno_fail(flags != 0 ? EINVAL : EBADF);
}

/* Nobody can say; and nobody can duplicate it. */
bool foreign_is_open(int fd)
{
    (void)fd;
    return false;
}

void foreign_use_inherited(int fd)
{
    (void)fd;
}

bool foreign_closes_on_exec(int fd)
{
    (void)fd;
    return false;
}

bool foreign_is_own(int fd)
{
    (void)fd;
    return false;
}

int foreign_ioctl(int fd, unsigned long request, void *argument)
{
    (void)fd;
    (void)request;
    (void)argument;
    return errno_fail(EBADF);
}

int foreign_descriptor_flags(int fd, int command, long argument)
{
    (void)fd;
    (void)command;
    (void)argument;
    return 0;
}

int foreign_socket(int domain, int type, int protocol)
{
    (void)domain;
    (void)type;
    (void)protocol;
    return errno_fail(EAFNOSUPPORT);
}

int foreign_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
    (void)fd;
    (void)addr;
    (void)len;
    return errno_fail(EBADF);
}

int foreign_listen(int fd, int backlog)
{
    (void)fd;
    (void)backlog;
    return errno_fail(EBADF);
}

int foreign_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
    (void)fd;
    (void)addr;
    (void)len;
    (void)flags;
    return errno_fail(EBADF);
}

int foreign_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
    (void)fd;
    (void)addr;
    (void)len;
    return errno_fail(EBADF);
}

int foreign_shutdown(int fd, int how)
{
    (void)fd;
    (void)how;
    return errno_fail(EBADF);
}

int foreign_getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
    (void)fd;
    (void)addr;
    (void)len;
    return errno_fail(EBADF);
}

int foreign_getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
    (void)fd;
    (void)addr;
    (void)len;
    return errno_fail(EBADF);
}

int foreign_getsockopt(int fd, int level, int option, void *value, socklen_t *len)
{
    (void)fd;
    (void)level;
    (void)option;
    (void)value;
    (void)len;
    return errno_fail(EBADF);
}

int foreign_setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
    (void)fd;
    (void)level;
    (void)option;
    (void)value;
    (void)len;
    return errno_fail(EBADF);
}

ssize_t foreign_sendto(int fd, const void *buffer, size_t len, int flags, const struct sockaddr *to,
                       socklen_t to_len)
{
    (void)fd;
    (void)buffer;
    (void)len;
    (void)flags;
    (void)to;
    (void)to_len;
    return errno_fail(EBADF);
}

ssize_t foreign_recvfrom(int fd, void *buffer, size_t len, int flags, struct sockaddr *from,
                         socklen_t *from_len)
{
    (void)fd;
    (void)buffer;
    (void)len;
    (void)flags;
    (void)from;
    (void)from_len;
    return errno_fail(EBADF);
}

ssize_t foreign_sendmsg(int fd, const struct msghdr *msg, int flags)
{
    (void)fd;
    (void)msg;
    (void)flags;
    return errno_fail(EBADF);
}

ssize_t foreign_recvmsg(int fd, struct msghdr *msg, int flags)
{
    (void)fd;
    (void)msg;
    (void)flags;
    return errno_fail(EBADF);
}

int foreign_sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags)
{
    (void)fd;
    (void)messages;
    (void)n;
    (void)flags;
    return errno_fail(EBADF);
}

int foreign_recvmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags,
                     struct timespec *timeout)
{
    (void)fd;
    (void)messages;
    (void)n;
    (void)flags;
    (void)timeout;
    return errno_fail(EBADF);
}

int foreign_sockatmark(int fd)
{
    (void)fd;
    return errno_fail(EBADF);
}

/* Buffer by buffer: a file gives or takes each as a whole, or is at its end. */
static ssize_t move_all(int fd, const struct iovec *iov, int n, bool writes)
{
    ssize_t done = 0;

    for (int i = 0; i < n; i++) {
        ssize_t part = writes ? foreign_write(fd, iov[i].iov_base, iov[i].iov_len)
                              : foreign_read(fd, iov[i].iov_base, iov[i].iov_len);
        if (part < 0) {
            return done > 0 ? done : part;
        }
        done += part;
        if ((size_t)part < iov[i].iov_len) {
            break;
        }
    }
    return done;
}

ssize_t foreign_readv(int fd, const struct iovec *iov, int n)
{
    return move_all(fd, iov, n, false);
}

ssize_t foreign_writev(int fd, const struct iovec *iov, int n)
{
    return move_all(fd, iov, n, true);
}

void foreign_broken_pipe(void)
{
}

void foreign_test_cancel(void)
{
}

int foreign_forbid_cancel(void)
{
    return 0;
}

void foreign_allow_cancel(int before)
{
    (void)before;
}

bool foreign_can_poll(void)
{
    return false;
}

bool foreign_has_ours(int fd)
{
    (void)fd;
    return false;
}

bool foreign_ours_are_ready(int fd, struct sk_iface *iface, instant now)
{
    (void)fd;
    (void)iface;
    (void)now;
    return false;
}

int foreign_poll(struct pollfd *fds, nfds_t n, int timeout)
{
    (void)timeout;
    for (nfds_t i = 0; i < n; i++) {
        fds[i].revents = fds[i].fd < 0 ? 0 : POLLNVAL;
    }
    return (int)n;
}

int foreign_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
                  const sigset_t *mask)
{
    (void)timeout;
    (void)mask;
    return foreign_poll(fds, n, 0);
}

int foreign_pselect(int n, fd_set *readable, fd_set *writable, fd_set *exceptional,
                    const struct timespec *timeout, const sigset_t *mask)
{
    (void)timeout;
    (void)mask;
    return foreign_select(n, readable, writable, exceptional, NULL);
}

int foreign_select(int n, fd_set *readable, fd_set *writable, fd_set *exceptional,
                   struct timeval *timeout)
{
    (void)n;
    (void)readable;
    (void)writable;
    (void)exceptional;
    (void)timeout;
    return errno_fail(EBADF);
}

int foreign_inet_pton(int family, const char *text, void *addr)
{
    return family == AF_INET6 ? inet6_read(text, addr) : errno_fail(EAFNOSUPPORT);
}

const char *foreign_inet_ntop(int family, const void *addr, char *text, socklen_t len)
{
    if (family != AF_INET6) {
        errno_fail(EAFNOSUPPORT);
        return NULL;
    }
    const char *written = inet6_write(addr, text, len);
    if (written == NULL) {
        errno_fail(ENOSPC);
    }
    return written;
}

int foreign_getnameinfo(const struct sockaddr *sa, socklen_t len, char *host, socklen_t host_size,
                        char *service, socklen_t service_size, int flags)
{
    (void)sa;
    (void)len;
    (void)host;
    (void)host_size;
    (void)service;
    (void)service_size;
    (void)flags;
    return EAI_FAMILY;
}
