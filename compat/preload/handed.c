/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbers that are handed to somebody who calls the kernel and not us: to stdio, to other programs,
 * to other processes in a message, to splice. What stands behind the number is relayed from then on
 * (relay.h).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/fd.h"
#include "compat/foreign.h"
#include "compat/preload/handed.h"
#include "compat/preload/preload.h"
#include "compat/preload/relay.h"

#define MAX_ARGUMENTS 4096 /* of execl and its like */

extern __typeof(fdopen) __real_fdopen;
extern __typeof(splice) __real_splice;
extern __typeof(execve) __real_execve;
extern __typeof(execvpe) __real_execvpe;
extern __typeof(fexecve) __real_fexecve;
extern __typeof(posix_spawn) __real_posix_spawn;
extern __typeof(posix_spawnp) __real_posix_spawnp;
extern __typeof(posix_spawn_file_actions_adddup2) __real_posix_spawn_file_actions_adddup2;
extern __typeof(system) __real_system;
extern __typeof(popen) __real_popen;

/* ---- To the kernel, and in messages ---- */

FILE *fdopen(int fd, const char *mode)
{
    relay_give(fd);
    return __real_fdopen(fd, mode);
}

/* What is a standard stream belongs to the C library's stdio. */
static int given_if_standard(int fd)
{
    if (fd >= STDIN_FILENO && fd <= STDERR_FILENO) {
        relay_give(fd);
    }
    return fd;
}

int dup2(int from, int to)
{
    return given_if_standard(libsock_dup2(from, to));
}

int dup3(int from, int to, int flags)
{
    return given_if_standard(libsock_dup3(from, to, flags));
}

ssize_t splice(int in, off64_t *in_at, int out, off64_t *out_at, size_t len, unsigned flags)
{
    relay_give(in);
    relay_give(out);
    return __real_splice(in, in_at, out, out_at, len, flags);
}

static void each_in_header(const struct cmsghdr *header, void (*act)(int fd))
{
    const unsigned char *at = CMSG_DATA((struct cmsghdr *)(uintptr_t)header);

    for (size_t left = header->cmsg_len - CMSG_LEN(0); left >= sizeof(int); left -= sizeof(int)) {
        int fd;
        memcpy(&fd, at, sizeof fd);
        at += sizeof fd;
        act(fd);
    }
}

static void each_number(const struct msghdr *msg, void (*act)(int fd))
{
    for (struct cmsghdr *h = CMSG_FIRSTHDR(msg); h != NULL;
         h = CMSG_NXTHDR((struct msghdr *)(uintptr_t)msg, h)) {
        if (h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS &&
            h->cmsg_len >= CMSG_LEN(0)) {
            each_in_header(h, act);
        }
    }
}

void handed_in_message(int fd, const struct msghdr *msg)
{
    if (msg != NULL && msg->msg_controllen > 0 && fd_find(fd) == NULL) {
        each_number(msg, relay_give);
    }
}

void preload_received(const struct msghdr *msg)
{
    each_number(msg, preload_number_changes);
}

/* ---- Whether an exec will succeed: one that fails is to leave everything as it is ---- */

#define MAX_HEAD 256 /* octets of a file that the kernel looks at (execve(2)) */

static bool is_program(const char *path)
{
    struct stat s;

    return stat(path, &s) == 0 && S_ISREG(s.st_mode) && access(path, X_OK) == 0;
}

/* After "#!". */
static bool has_interpreter(char *line)
{
    char *end;

    line += strspn(line, " \t");
    end = line + strcspn(line, " \t\n");
    *end = '\0';
    return is_program(line);
}

static bool will_execute(const char *path)
{
    char head[MAX_HEAD] = "";
    int fd = is_program(path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (fd < 0) {
        return false;
    }
    ssize_t n = foreign_read(fd, head, sizeof head - 1);
    foreign_close(fd);
    return n > 4 && (memcmp(head, "\177ELF", 4) == 0 ||
                     (memcmp(head, "#!", 2) == 0 && has_interpreter(head + 2)));
}

/* In a directory of PATH. */
static bool will_be_found(const char *file)
{
    const char *directory = getenv("PATH");
    char path[PATH_MAX];

    if (file == NULL || strchr(file, '/') != NULL || directory == NULL) {
        return file != NULL && will_execute(file);
    }
    for (;;) {
        int len = (int)strcspn(directory, ":");
        int n = snprintf(path, sizeof path, "%.*s/%s", len, directory, file);
        if (n > 0 && (size_t)n < sizeof path && will_execute(path)) {
            return true;
        }
        if (directory[len] == '\0') {
            return false;
        }
        directory += len + 1;
    }
}

/* ---- To other programs, in this process ---- */

int execve(const char *path, char *const argv[], char *const envp[])
{
    if (will_execute(path)) {
        relay_before_exec();
    }
    return __real_execve(path, argv, envp);
}

int execvpe(const char *file, char *const argv[], char *const envp[])
{
    if (will_be_found(file)) {
        relay_before_exec();
    }
    return __real_execvpe(file, argv, envp);
}

int fexecve(int fd, char *const argv[], char *const envp[])
{
    if (foreign_is_open(fd)) {
        relay_before_exec();
    }
    return __real_fexecve(fd, argv, envp);
}

int execv(const char *path, char *const argv[])
{
    return execve(path, argv, environ);
}

int execvp(const char *file, char *const argv[])
{
    return execvpe(file, argv, environ);
}

/* The arguments of execl from the second on, in `argv`; false: there are too many. */
static bool list(char *argv[MAX_ARGUMENTS], const char *first, va_list *rest)
{
    size_t n = 0;

    argv[n] = (char *)(uintptr_t)first;
    while (argv[n] != NULL && ++n < MAX_ARGUMENTS) {
        argv[n] = va_arg(*rest, char *);
    }
    return n < MAX_ARGUMENTS;
}

int execl(const char *path, const char *first, ...)
{
    char *argv[MAX_ARGUMENTS];
    va_list rest;

    va_start(rest, first);
    bool all = list(argv, first, &rest);
    va_end(rest);
    return all ? execv(path, argv) : errno_fail(E2BIG);
}

int execlp(const char *file, const char *first, ...)
{
    char *argv[MAX_ARGUMENTS];
    va_list rest;

    va_start(rest, first);
    bool all = list(argv, first, &rest);
    va_end(rest);
    return all ? execvp(file, argv) : errno_fail(E2BIG);
}

int execle(const char *path, const char *first, ...)
{
    char *argv[MAX_ARGUMENTS];
    va_list rest;

    va_start(rest, first);
    bool all = list(argv, first, &rest);
    char *const *envp = va_arg(rest, char *const *);
    va_end(rest);
    return all ? execve(path, argv, envp) : errno_fail(E2BIG);
}

/* ---- To other programs, in processes of their own: the C library makes these past our fork ----
 */

static void give_standard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        relay_give(fd);
    }
}

int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
    relay_give_open();
    return __real_posix_spawn(pid, path, actions, attributes, argv, envp);
}

int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
    relay_give_open();
    return __real_posix_spawnp(pid, file, actions, attributes, argv, envp);
}

int posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t *actions, int fd, int to)
{
    relay_give(fd);
    return __real_posix_spawn_file_actions_adddup2(actions, fd, to);
}

int system(const char *command)
{
    give_standard();
    return __real_system(command);
}

FILE *popen(const char *command, const char *mode)
{
    give_standard();
    return __real_popen(command, mode);
}
