/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the program's calls come to us by name, the C library's own are the next ones of that name:
 * here are the __real_ functions that -Wl,--wrap leaves to the C library elsewhere. They are looked
 * up before main, so that a signal handler finds them; what calls earlier looks up for itself.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "compat/preload/real.h"

#include <dlfcn.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "compat/preload/confine.h"

typedef void function(void);

// clang-format off
#define REALS(REAL)                                                                                \
    REAL(int, bind, (int fd, const struct sockaddr *addr, socklen_t len), (fd, addr, len))         \
    REAL(int, listen, (int fd, int backlog), (fd, backlog))                                        \
    REAL(int, accept4, (int fd, struct sockaddr *addr, socklen_t *len, int flags),                 \
         (fd, addr, len, flags))                                                                   \
    REAL(int, connect, (int fd, const struct sockaddr *addr, socklen_t len), (fd, addr, len))      \
    REAL(int, shutdown, (int fd, int how), (fd, how))                                              \
    REAL(int, getsockname, (int fd, struct sockaddr *addr, socklen_t *len), (fd, addr, len))       \
    REAL(int, getpeername, (int fd, struct sockaddr *addr, socklen_t *len), (fd, addr, len))       \
    REAL(int, getsockopt, (int fd, int level, int option, void *value, socklen_t *len),            \
         (fd, level, option, value, len))                                                          \
    REAL(int, setsockopt, (int fd, int level, int option, const void *value, socklen_t len),       \
         (fd, level, option, value, len))                                                          \
    REAL(ssize_t, sendto, (int fd, const void *buffer, size_t len, int flags,                      \
                           const struct sockaddr *to, socklen_t to_len),                           \
         (fd, buffer, len, flags, to, to_len))                                                     \
    REAL(ssize_t, recvfrom, (int fd, void *buffer, size_t len, int flags, struct sockaddr *from,   \
                             socklen_t *from_len),                                                 \
         (fd, buffer, len, flags, from, from_len))                                                 \
    REAL(ssize_t, sendmsg, (int fd, const struct msghdr *msg, int flags), (fd, msg, flags))        \
    REAL(ssize_t, recvmsg, (int fd, struct msghdr *msg, int flags), (fd, msg, flags))              \
    REAL(int, sendmmsg, (int fd, struct mmsghdr *messages, unsigned n, int flags),                 \
         (fd, messages, n, flags))                                                                 \
    REAL(int, recvmmsg, (int fd, struct mmsghdr *messages, unsigned n, int flags,                  \
                         struct timespec *timeout),                                                \
         (fd, messages, n, flags, timeout))                                                        \
    REAL(int, sockatmark, (int fd), (fd))                                                          \
    REAL(ssize_t, readv, (int fd, const struct iovec *iov, int n), (fd, iov, n))                   \
    REAL(ssize_t, writev, (int fd, const struct iovec *iov, int n), (fd, iov, n))                  \
    REAL(ssize_t, read, (int fd, void *buffer, size_t len), (fd, buffer, len))                     \
    REAL(ssize_t, write, (int fd, const void *buffer, size_t len), (fd, buffer, len))              \
    REAL(int, close, (int fd), (fd))                                                               \
    REAL(int, dup, (int fd), (fd))                                                                 \
    REAL(int, dup3, (int from, int to, int flags), (from, to, flags))                              \
    REAL(int, poll, (struct pollfd *fds, nfds_t n, int timeout), (fds, n, timeout))                \
    REAL(int, ppoll, (struct pollfd *fds, nfds_t n, const struct timespec *timeout,                \
                      const sigset_t *mask),                                                       \
         (fds, n, timeout, mask))                                                                  \
    REAL(int, select, (int n, fd_set *readable, fd_set *writable, fd_set *exceptional,             \
                       struct timeval *timeout),                                                   \
         (n, readable, writable, exceptional, timeout))                                            \
    REAL(int, pselect, (int n, fd_set *readable, fd_set *writable, fd_set *exceptional,            \
                        const struct timespec *timeout, const sigset_t *mask),                     \
         (n, readable, writable, exceptional, timeout, mask))                                      \
    REAL(int, inet_pton, (int family, const char *text, void *addr), (family, text, addr))         \
    REAL(const char *, inet_ntop, (int family, const void *addr, char *text, socklen_t len),       \
         (family, addr, text, len))                                                                \
    REAL(int, getnameinfo, (const struct sockaddr *sa, socklen_t len, char *host,                  \
                            socklen_t host_size, char *service, socklen_t service_size,            \
                            int flags),                                                            \
         (sa, len, host, host_size, service, service_size, flags))                                 \
    REAL(int, fclose, (FILE *stream), (stream))                                                    \
    REAL(FILE *, freopen, (const char *path, const char *mode, FILE *stream),                      \
         (path, mode, stream))                                                                     \
    REAL(FILE *, freopen64, (const char *path, const char *mode, FILE *stream),                    \
         (path, mode, stream))                                                                     \
    REAL(ssize_t, sendfile64, (int out, int in, off64_t *offset, size_t count),                    \
         (out, in, offset, count))                                                                 \
    REAL(int, epoll_ctl, (int epfd, int operation, int fd, struct epoll_event *event),             \
         (epfd, operation, fd, event))                                                             \
    REAL(int, epoll_wait, (int epfd, struct epoll_event *events, int n, int timeout),              \
         (epfd, events, n, timeout))                                                               \
    REAL(int, epoll_pwait, (int epfd, struct epoll_event *events, int n, int timeout,              \
                            const sigset_t *mask),                                                 \
         (epfd, events, n, timeout, mask))                                                         \
    REAL(int, epoll_pwait2, (int epfd, struct epoll_event *events, int n,                          \
                             const struct timespec *timeout, const sigset_t *mask),                \
         (epfd, events, n, timeout, mask))                                                         \
    REAL(FILE *, fdopen, (int fd, const char *mode), (fd, mode))                                   \
    REAL(ssize_t, splice, (int in, off64_t *in_at, int out, off64_t *out_at, size_t len,           \
                           unsigned flags),                                                        \
         (in, in_at, out, out_at, len, flags))                                                     \
    REAL(int, execve, (const char *path, char *const argv[], char *const envp[]),                  \
         (path, argv, envp))                                                                       \
    REAL(int, execvpe, (const char *file, char *const argv[], char *const envp[]),                 \
         (file, argv, envp))                                                                       \
    REAL(int, fexecve, (int fd, char *const argv[], char *const envp[]), (fd, argv, envp))         \
    REAL(int, posix_spawn,                                                                         \
         (pid_t * pid, const char *path, const posix_spawn_file_actions_t *actions,                \
          const posix_spawnattr_t *attributes, char *const argv[], char *const envp[]),            \
         (pid, path, actions, attributes, argv, envp))                                             \
    REAL(int, posix_spawnp,                                                                        \
         (pid_t * pid, const char *file, const posix_spawn_file_actions_t *actions,                \
          const posix_spawnattr_t *attributes, char *const argv[], char *const envp[]),            \
         (pid, file, actions, attributes, argv, envp))                                             \
    REAL(int, posix_spawn_file_actions_adddup2,                                                    \
         (posix_spawn_file_actions_t * actions, int fd, int to), (actions, fd, to))                \
    REAL(int, system, (const char *command), (command))                                            \
    REAL(FILE *, popen, (const char *command, const char *mode), (command, mode))                  \
    REAL(int, sigaction,                                                                           \
         (int number, const struct sigaction *action, struct sigaction *old),                      \
         (number, action, old))                                                                    \
    REAL(int, close_range, (unsigned first, unsigned last, int flags), (first, last, flags))
// clang-format on

/* A pointer to an object is none to a function in C; POSIX's dlsym says they are alike. */
static function *look_up(const char *name)
{
    union {
        void *object;
        function *code;
    } found = { .object = dlsym(RTLD_NEXT, name) };

    return found.code;
}

__attribute__((noreturn)) static void missing(const char *name)
{
    fprintf(stderr, "libsock: the C library has no %s\n", name);
    abort();
}

static function *next(function **known, const char *name)
{
    function *f = __atomic_load_n(known, __ATOMIC_RELAXED);

    if (f == NULL) {
        f = look_up(name);
        if (f == NULL) {
            missing(name);
        }
        __atomic_store_n(known, f, __ATOMIC_RELAXED);
    }
    return f;
}

#define REAL(type, name, parameters, arguments)                                                    \
    static function *next_##name;                                                                  \
    type __real_##name parameters;                                                                 \
    type __real_##name parameters                                                                  \
    {                                                                                              \
        return ((type(*) parameters)next(&next_##name, #name))arguments;                           \
    }
REALS(REAL)
#undef REAL

static function *next_syscall;

long __real_syscall(long number, ...)
{
    uintptr_t a[6]; /* syscall(2) */
    va_list arguments;

    va_start(arguments, number);
    for (size_t i = 0; i < sizeof a / sizeof a[0]; i++) {
        a[i] = va_arg(arguments, uintptr_t);
    }
    va_end(arguments);
    return ((long (*)(long, ...))next(&next_syscall, "syscall"))(number, a[0], a[1], a[2], a[3],
                                                                 a[4], a[5]);
}

/* sockrun lets the kernel make sockets of the internet for us alone. */
int __real_socket(int domain, int type, int protocol)
{
    return (int)syscall(SYS_socket, domain, type, protocol, (unsigned long)CONFINE_TOKEN);
}

/* A long holds every kind of argument that these take, on the ABIs there are. */

static function *next_fcntl;
static function *next_ioctl;

int __real_fcntl(int fd, int command, ...)
{
    va_list arguments;

    va_start(arguments, command);
    long argument = va_arg(arguments, long);
    va_end(arguments);
    return ((int (*)(int, int, ...))next(&next_fcntl, "fcntl"))(fd, command, argument);
}

int __real_ioctl(int fd, unsigned long request, ...);

int __real_ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;

    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return ((int (*)(int, unsigned long, ...))next(&next_ioctl, "ioctl"))(fd, request, argument);
}

/* One that is missing is missed when it is called. */
__attribute__((constructor(101))) static void look_up_all(void)
{
#define REAL(type, name, parameters, arguments) next_##name = look_up(#name);
    REALS(REAL)
#undef REAL
    next_fcntl = look_up("fcntl");
    next_ioctl = look_up("ioctl");
    next_syscall = look_up("syscall");
}
