/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The C library's own calls. Whoever links this file links with -Wl,--wrap=... for each name
 * (WRAP_LDFLAGS in the Makefile, Libs in libsock.pc; libsock.so itself was linked so), which makes
 * __real_read the C library's read while every other mention of read becomes ours.
 */
#include "compat/foreign.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "compat/epoll_host.h"
#include "compat/errno.h"
#include "compat/preload/preload.h"
#include "compat/process_host.h"
#include "link/own_fds.h"

/* Those that the C library declares for _GNU_SOURCE alone, which changes what others take. */
int __real_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags);
int __real_dup3(int from, int to, int flags);

/* Of libsock-preload.so. */
extern __typeof(preload_use) preload_use __attribute__((weak));
extern __typeof(preload_number_changes) preload_number_changes __attribute__((weak));

extern __typeof(socket) __real_socket;
extern __typeof(bind) __real_bind;
extern __typeof(listen) __real_listen;
extern __typeof(connect) __real_connect;
extern __typeof(shutdown) __real_shutdown;
extern __typeof(getsockname) __real_getsockname;
extern __typeof(getpeername) __real_getpeername;
extern __typeof(getsockopt) __real_getsockopt;
extern __typeof(setsockopt) __real_setsockopt;
extern __typeof(sockatmark) __real_sockatmark;
extern __typeof(close) __real_close;
extern __typeof(dup) __real_dup;
extern __typeof(fcntl) __real_fcntl;
extern __typeof(ioctl) __real_ioctl;
extern __typeof(poll) __real_poll;
extern int __real_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
                        const sigset_t *mask);
extern __typeof(pselect) __real_pselect;
extern __typeof(select) __real_select;
extern __typeof(inet_pton) __real_inet_pton;
extern __typeof(inet_ntop) __real_inet_ntop;
extern __typeof(getnameinfo) __real_getnameinfo;

int foreign_socket(int domain, int type, int protocol)
{
    return __real_socket(domain, type, protocol);
}

int foreign_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
    return __real_bind(fd, addr, len);
}

int foreign_listen(int fd, int backlog)
{
    return __real_listen(fd, backlog);
}

int foreign_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
    return __real_accept4(fd, addr, len, flags);
}

int foreign_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
    return __real_connect(fd, addr, len);
}

int foreign_shutdown(int fd, int how)
{
    return __real_shutdown(fd, how);
}

int foreign_getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
    return __real_getsockname(fd, addr, len);
}

int foreign_getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
    return __real_getpeername(fd, addr, len);
}

int foreign_getsockopt(int fd, int level, int option, void *value, socklen_t *len)
{
    return __real_getsockopt(fd, level, option, value, len);
}

int foreign_setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
    return __real_setsockopt(fd, level, option, value, len);
}

int foreign_sockatmark(int fd)
{
    return __real_sockatmark(fd);
}

static void number_changes(int fd)
{
    if (preload_number_changes != NULL) {
        preload_number_changes(fd);
    }
}

/* A number of the library's is, to the program, one that is not open. */
int foreign_close(int fd)
{
    if (sk_own_fd_has(fd)) {
        return errno_fail(EBADF);
    }
    epoll_forget(fd);
    number_changes(fd);
    return __real_close(fd);
}

int foreign_dup(int fd)
{
    int copy = sk_own_fd_has(fd) ? errno_fail(EBADF) : __real_dup(fd);

    number_changes(copy);
    epoll_copied(fd, copy);
    return copy;
}

int foreign_dup3(int from, int to, int flags)
{
    int copy = sk_own_fd_has(from) ? errno_fail(EBADF) : __real_dup3(from, to, flags);

    epoll_forget(copy); /* what `to` was */
    number_changes(copy);
    epoll_copied(from, copy);
    return copy;
}

bool foreign_is_open(int fd)
{
    return __real_fcntl(fd, F_GETFD) != -1;
}

void foreign_use_inherited(int fd)
{
    if (preload_use != NULL) {
        preload_use(fd);
    }
}

bool foreign_closes_on_exec(int fd)
{
    return (__real_fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

bool foreign_is_own(int fd)
{
    return sk_own_fd_has(fd);
}

/* A long holds every kind of argument that fcntl takes, pointers included, on the ABIs there are.
 */
int foreign_fcntl(int fd, int command, long argument)
{
    int result = __real_fcntl(fd, command, argument);

    if (command == F_DUPFD || command == F_DUPFD_CLOEXEC) {
        number_changes(result);
        epoll_copied(fd, result);
    }
    return result;
}

int foreign_ioctl(int fd, unsigned long request, void *argument)
{
    return __real_ioctl(fd, request, argument);
}

int foreign_descriptor_flags(int fd, int command, long argument)
{
    return __real_fcntl(fd, command, argument);
}

void foreign_broken_pipe(void)
{
    const struct libsock_process *process = process_hooks();

    if (process != NULL) {
        process->broken_pipe();
    } else {
        raise(SIGPIPE);
    }
}

void foreign_test_cancel(void)
{
    pthread_testcancel();
}

int foreign_forbid_cancel(void)
{
    int before;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    return before;
}

void foreign_allow_cancel(int before)
{
    pthread_setcancelstate(before, &before);
}

bool foreign_can_poll(void)
{
    return true;
}

bool foreign_has_ours(int fd)
{
    return epoll_has_members(fd);
}

bool foreign_ours_are_ready(int fd, struct sk_iface *iface, instant now)
{
    return epoll_is_ready(fd, iface, now);
}

int foreign_poll(struct pollfd *fds, nfds_t n, int timeout)
{
    return __real_poll(fds, n, timeout);
}

int foreign_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
                  const sigset_t *mask)
{
    return __real_ppoll(fds, n, timeout, mask);
}

int foreign_pselect(int n, fd_set *readable, fd_set *writable, fd_set *exceptional,
                    const struct timespec *timeout, const sigset_t *mask)
{
    return __real_pselect(n, readable, writable, exceptional, timeout, mask);
}

int foreign_select(int n, fd_set *readable, fd_set *writable, fd_set *exceptional,
                   struct timeval *timeout)
{
    return __real_select(n, readable, writable, exceptional, timeout);
}

int foreign_inet_pton(int family, const char *text, void *addr)
{
    return __real_inet_pton(family, text, addr);
}

const char *foreign_inet_ntop(int family, const void *addr, char *text, socklen_t len)
{
    return __real_inet_ntop(family, addr, text, len);
}

int foreign_getnameinfo(const struct sockaddr *sa, socklen_t len, char *host, socklen_t host_size,
                        char *service, socklen_t service_size, int flags)
{
    return __real_getnameinfo(sa, len, host, host_size, service, service_size, flags);
}
