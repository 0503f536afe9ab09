/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a program calls that concerns its process: its end, the name of its host, random numbers,
 * which come from the seed; and what cannot be done in a simulation and fails: another process, a
 * thread.
 */
#define _GNU_SOURCE
#include "sim/lab.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define MAX_ENTROPY 256 /* getentropy(3) */

extern __typeof(exit) __real_exit;
extern __typeof(_exit) __real__exit;
extern __typeof(_Exit) __real__Exit;
extern __typeof(atexit) __real_atexit;
extern __typeof(gethostname) __real_gethostname;
extern __typeof(getrandom) __real_getrandom;
extern __typeof(getentropy) __real_getentropy;
extern __typeof(fork) __real_fork;
extern __typeof(pthread_create) __real_pthread_create;

__typeof(exit) __wrap_exit;
__typeof(_exit) __wrap__exit;
__typeof(_Exit) __wrap__Exit;
__typeof(atexit) __wrap_atexit;
__typeof(gethostname) __wrap_gethostname;
__typeof(getrandom) __wrap_getrandom;
__typeof(getentropy) __wrap_getentropy;
__typeof(fork) __wrap_fork;
__typeof(pthread_create) __wrap_pthread_create;

/* ---- The end ---- */

void __wrap_exit(int status)
{
    struct sk_sim_program *p = lab_current();

    if (p) {
        lab_program_run_atexit(p);
        lab_program_end(p, status);
    }
    __real_exit(status);
}

void __wrap__exit(int status)
{
    struct sk_sim_program *p = lab_current();

    if (p) {
        lab_program_end(p, status);
    }
    __real__exit(status);
}

void __wrap__Exit(int status)
{
    __wrap__exit(status);
}

int __wrap_atexit(void (*call)(void))
{
    struct sk_sim_program *p = lab_current();

    if (!p) {
        return __real_atexit(call);
    }
    struct lab_atexit *first = lab_alloc(sizeof *first);
    *first = (struct lab_atexit){ p->atexit, call };
    p->atexit = first;
    return 0;
}

/* ---- The host ---- */

int __wrap_gethostname(char *name, size_t len)
{
    const struct sk_sim_program *p = lab_current();

    if (!p) {
        return __real_gethostname(name, len);
    }
    size_t needed = strlen(p->host->name) + 1;
    memcpy(name, p->host->name, needed < len ? needed : len);
    if (needed > len) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return 0;
}

static void fill(const struct sk_sim_program *p, void *out, size_t len)
{
    p->state.port->entropy(p->state.port, out, len);
}

ssize_t __wrap_getrandom(void *out, size_t len, unsigned flags)
{
    const struct sk_sim_program *p = lab_current();

    if (!p) {
        return __real_getrandom(out, len, flags);
    }
    fill(p, out, len);
    return (ssize_t)len;
}

int __wrap_getentropy(void *out, size_t len)
{
    const struct sk_sim_program *p = lab_current();

    if (!p) {
        return __real_getentropy(out, len);
    }
    if (len > MAX_ENTROPY) {
        errno = EIO;
        return -1;
    }
    fill(p, out, len);
    return 0;
}

/* ---- What there is not ---- */

pid_t __wrap_fork(void)
{
    if (!lab_running()) {
        return __real_fork();
    }
    errno = ENOSYS;
    return -1;
}

int __wrap_pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes,
                          void *(*start)(void *), void *restrict arg)
{
    return lab_current() ? ENOSYS : __real_pthread_create(thread, attributes, start, arg);
}
