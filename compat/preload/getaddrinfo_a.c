/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * getaddrinfo_a, gai_suspend, gai_cancel: glibc's (getaddrinfo_a(3)), whose own threads would ask
 * its own resolver. Each request has a thread here, which cannot be stopped. gai_error is the C
 * library's: it reads what is written here.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "compat/compat.h"
#include "compat/errno.h"

#define NS_PER_S 1000000000

/* What one call asked for. The last request tells the program, and frees it. */
struct batch {
    unsigned n_left; /* requests, and the call itself */
    bool notifies;
    struct sigevent event;
};

struct request {
    struct batch *batch;
    struct gaicb *what;
};

static uint32_t n_done; /* requests so far: a futex */

static int error_of(const struct gaicb *what)
{
    return __atomic_load_n(&what->__return, __ATOMIC_ACQUIRE);
}

/* After the last word the program may free it. */
static void settle(struct gaicb *what, int error)
{
    __atomic_store_n(&what->__return, error, __ATOMIC_RELEASE);
    __atomic_fetch_add(&n_done, 1, __ATOMIC_RELEASE);
    syscall(SYS_futex, &n_done, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static void resolve(struct gaicb *what)
{
    struct addrinfo *list = NULL;
    int error = libsock_getaddrinfo(what->ar_name, what->ar_service, what->ar_request, &list);

    what->ar_result = list;
    settle(what, error);
}

/* ---- Telling the program ---- */

static void *call_back(void *arg)
{
    struct sigevent event = *(struct sigevent *)arg;

    free(arg);
    event.sigev_notify_function(event.sigev_value);
    return NULL;
}

static int start_detached(const pthread_attr_t *attributes, void *(*run)(void *), void *arg)
{
    pthread_t thread;
    int error = pthread_create(&thread, attributes, run, arg);

    if (error == 0) {
        pthread_detach(thread);
    }
    return error;
}

static void start_call_back(const struct sigevent *event)
{
    struct sigevent *copy = malloc(sizeof *copy);

    if (copy == NULL) {
        return;
    }
    *copy = *event;
    if (start_detached(event->sigev_notify_attributes, call_back, copy) != 0) {
        free(copy);
    }
}

static void raise_signal(const struct sigevent *event)
{
    siginfo_t info;

    memset(&info, 0, sizeof info);
    info.si_signo = event->sigev_signo;
    info.si_code = SI_ASYNCNL;
    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value = event->sigev_value;
    syscall(SYS_rt_sigqueueinfo, getpid(), event->sigev_signo, &info);
}

static void notify(const struct sigevent *event)
{
    if (event->sigev_notify == SIGEV_SIGNAL) {
        raise_signal(event);
    } else if (event->sigev_notify == SIGEV_THREAD) {
        start_call_back(event);
    }
}

static void leave(struct batch *batch)
{
    if (__atomic_sub_fetch(&batch->n_left, 1, __ATOMIC_ACQ_REL) > 0) {
        return;
    }
    if (batch->notifies) {
        notify(&batch->event);
    }
    free(batch);
}

/* ---- Threads ---- */

static void *run(void *arg)
{
    struct request request = *(struct request *)arg;

    free(arg);
    resolve(request.what);
    leave(request.batch);
    return NULL;
}

/* The program's handlers have no business in it. */
static int start(const struct request *request)
{
    struct request *copy = malloc(sizeof *copy);
    sigset_t all;
    sigset_t before;

    if (copy == NULL) {
        return EAI_MEMORY;
    }
    *copy = *request;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = start_detached(NULL, run, copy);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0) {
        free(copy);
    }
    return error != 0 ? EAI_AGAIN : 0;
}

static int start_all(struct gaicb *const list[], int n, struct batch *batch)
{
    int result = 0;

    for (int i = 0; i < n; i++) {
        if (list[i] == NULL) {
            continue;
        }
        struct request request = { batch, list[i] };
        list[i]->ar_result = NULL;
        __atomic_store_n(&list[i]->__return, EAI_INPROGRESS, __ATOMIC_RELEASE);
        __atomic_add_fetch(&batch->n_left, 1, __ATOMIC_ACQ_REL);
        int error = start(&request);
        if (error != 0) {
            settle(list[i], error);
            leave(batch);
            result = error;
        }
    }
    return result;
}

static void resolve_all(struct gaicb *const list[], int n)
{
    for (int i = 0; i < n; i++) {
        if (list[i] != NULL) {
            resolve(list[i]);
        }
    }
}

int getaddrinfo_a(int mode, struct gaicb *list[], int n, struct sigevent *event)
{
    if (mode != GAI_WAIT && mode != GAI_NOWAIT) {
        errno_fail(EINVAL);
        return EAI_SYSTEM;
    }
    if (mode == GAI_WAIT) {
        resolve_all(list, n);
        return 0;
    }
    struct batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL) {
        return EAI_MEMORY;
    }
    batch->n_left = 1;
    if (event != NULL) {
        batch->notifies = true;
        batch->event = *event;
    }
    int result = start_all(list, n, batch);
    leave(batch);
    return result;
}

/* ---- Waiting ---- */

enum progress { NONE_LEFT, ALL_RUN, ONE_DONE };

static enum progress look_at(const struct gaicb *const list[], int n)
{
    bool done = false;
    bool runs = false;

    for (int i = 0; i < n; i++) {
        if (list[i] != NULL) {
            bool now_runs = error_of(list[i]) == EAI_INPROGRESS;
            runs |= now_runs;
            done |= !now_runs;
        }
    }
    if (!runs) {
        return NONE_LEFT;
    }
    return done ? ONE_DONE : ALL_RUN;
}

static struct timespec time_after(const struct timespec *timeout)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += timeout->tv_sec;
    at.tv_nsec += timeout->tv_nsec;
    if (at.tv_nsec >= NS_PER_S) {
        at.tv_sec++;
        at.tv_nsec -= NS_PER_S;
    }
    return at;
}

/* 0 when more may be done than `seen`. */
static int wait_past(uint32_t seen, const struct timespec *deadline)
{
    long result = syscall(SYS_futex, &n_done, FUTEX_WAIT_BITSET_PRIVATE, seen, deadline, NULL,
                          FUTEX_BITSET_MATCH_ANY);

    if (result == 0 || errno == EAGAIN) {
        return 0;
    }
    return errno == ETIMEDOUT ? EAI_AGAIN : EAI_INTR;
}

int gai_suspend(const struct gaicb *const list[], int n, const struct timespec *timeout)
{
    struct timespec deadline = timeout != NULL ? time_after(timeout) : (struct timespec){ 0 };
    uint32_t seen = __atomic_load_n(&n_done, __ATOMIC_ACQUIRE);
    enum progress progress = look_at(list, n);
    int error = 0;

    if (progress == NONE_LEFT) {
        return EAI_ALLDONE;
    }
    while (error == 0 && progress == ALL_RUN) {
        error = wait_past(seen, timeout != NULL ? &deadline : NULL);
        seen = __atomic_load_n(&n_done, __ATOMIC_ACQUIRE);
        progress = look_at(list, n);
    }
    return progress != ALL_RUN ? 0 : error;
}

int gai_cancel(struct gaicb *what)
{
    return error_of(what) == EAI_INPROGRESS ? EAI_NOTCANCELED : EAI_ALLDONE;
}
