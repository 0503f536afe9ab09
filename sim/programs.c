/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Programs: each is a coroutine of the port's with a process's belongings, its descriptors among
 * them: a state of its own (compat/compat.h) over the stack of its host.
 */
#include "sim/lab.h"

#include <stdlib.h>
#include <string.h>

#define EXIT_MASK 0xff /* XSH exit() */
#define NOT_FOUND 127  /* XCU 2.8.2: a command that is not found */

/* ---- The arguments ---- */

static int count(const char *const *argv)
{
    int n = 0;

    while (argv[n]) {
        n++;
    }
    return n;
}

static char **copy_argv(const char *const *argv, int argc)
{
    char **copy = lab_alloc(((size_t)argc + 1) * sizeof *copy);

    for (int i = 0; i < argc; i++) {
        copy[i] = lab_copy(argv[i]);
    }
    return copy;
}

/* A program may have moved the pointers: the strings are those of the first, its own copy. */
static void free_argv(char **argv, int argc)
{
    for (int i = 0; argv && i < argc; i++) {
        free(argv[i]);
    }
    free(argv);
}

/* ---- Start and end ---- */

static void drop_atexit(struct sk_sim_program *p)
{
    while (p->atexit) {
        struct lab_atexit *first = p->atexit;

        p->atexit = first->next;
        free(first);
    }
}

void lab_program_run_atexit(struct sk_sim_program *p)
{
    while (p->atexit) {
        struct lab_atexit *first = p->atexit;
        void (*call)(void) = first->call;

        p->atexit = first->next;
        free(first);
        call();
    }
    lab_image_unload(p); /* its destructors */
}

static void cancel_alarm(struct sk_sim_program *p)
{
    if (p->alarm) {
        lab_event_cancel(p->host->sim, p->alarm);
        p->alarm = NULL;
    }
    p->alarm_interval = 0;
}

static void close_sockets(struct sk_sim_program *p)
{
    for (int fd = libsock_state_next(&p->state, 0, NULL); fd >= 0;
         fd = libsock_state_next(&p->state, fd + 1, NULL)) {
        libsock_close(fd);
    }
}

_Noreturn void lab_program_end(struct sk_sim_program *p, int status)
{
    drop_atexit(p);
    cancel_alarm(p);
    close_sockets(p);
    p->status = status & EXIT_MASK;
    sk_sim_exit(&p->host->sim->sim, p->status);
}

static int run(void *arg)
{
    struct sk_sim_program *p = arg;
    int status;

    lab_signals_deliver(p);
    if (p->path && !lab_image_load(p)) {
        lab_program_end(p, NOT_FOUND);
    }
    status = p->main ? p->main(p->argc, p->own_argv) : p->function(p->arg);
    lab_program_run_atexit(p);
    lab_program_end(p, status);
}

static void forget_argv(struct sk_sim_program *p)
{
    free(p->own_argv);
    p->own_argv = NULL;
}

/* The vector is the program's to change, and so are its strings. */
static char **vector_of(const struct sk_sim_program *p)
{
    size_t len = ((size_t)p->argc + 1) * sizeof(char *);
    size_t octets = len;
    char **vector;
    char *text;

    for (int i = 0; i < p->argc; i++) {
        octets += strlen(p->argv[i]) + 1;
    }
    vector = lab_alloc(octets);
    text = (char *)vector + len;
    for (int i = 0; i < p->argc; i++) {
        vector[i] = strcpy(text, p->argv[i]);
        text += strlen(text) + 1;
    }
    return vector;
}

static void begin(struct sk_sim_program *p)
{
    struct sk_sim_host *host = p->host;

    forget_argv(p);
    p->own_argv = vector_of(p);
    p->status = SK_SIM_RUNNING;
    p->state = (struct libsock_state){ .port = &host->place->port, .iface = host->iface };
    p->task = sk_sim_spawn(host->place, run, p);
    sk_sim_task_set(p->task, p, p->daemon);
}

void lab_programs_start(struct sk_sim_host *host)
{
    struct sk_sim_program *p;

    for (p = host->sim->programs; p; p = p->next) {
        if (p->host == host && !p->task) {
            begin(p);
        }
    }
}

void lab_programs_crash(struct sk_sim_host *host)
{
    struct sk_sim_program *p;

    for (p = host->sim->programs; p; p = p->next) {
        if (p->host != host || !p->task) {
            continue;
        }
        if (p->status == SK_SIM_RUNNING) {
            p->status = SK_SIM_CRASHED;
        }
        drop_atexit(p);
        cancel_alarm(p);
        libsock_state_forget(&p->state);
        lab_signals_reset(p);
        p->image = NULL; /* it stays, as the rest of its memory */
        p->task = NULL;
    }
}

void lab_programs_free(struct sk_sim *sim)
{
    while (sim->programs) {
        struct sk_sim_program *p = sim->programs;

        sim->programs = p->next;
        drop_atexit(p);
        libsock_state_forget(&p->state);
        forget_argv(p);
        free_argv(p->argv, p->argc);
        free(p->path);
        free(p->name);
        free(p);
    }
}

/* ---- For tests ---- */

static struct sk_sim_program *append(struct sk_sim_host *host, struct sk_sim_program what)
{
    struct sk_sim_program *p = lab_alloc(sizeof *p);
    struct sk_sim_program **at = &host->sim->programs;

    *p = what;
    p->host = host;
    p->status = SK_SIM_RUNNING;
    lab_signals_reset(p);
    while (*at) {
        at = &(*at)->next;
    }
    *at = p;
    if (host->iface) {
        begin(p);
    }
    return p;
}

struct sk_sim_program *lab_program_add(struct sk_sim_host *host, const char *path,
                                       sk_sim_main *main, const char *const *argv, const char *call)
{
    if (!argv || !argv[0]) {
        lab_problem(host->sim, "%s: argv[0] is missing", call);
        return NULL;
    }
    int argc = count(argv);
    return append(host, (struct sk_sim_program){ .name = lab_copy(argv[0]),
                                                 .path = path ? lab_copy(path) : NULL,
                                                 .main = main,
                                                 .argc = argc,
                                                 .argv = copy_argv(argv, argc) });
}

struct sk_sim_program *sk_sim_startv(struct sk_sim_host *host, sk_sim_main *main,
                                     const char *const *argv)
{
    if (!host) {
        return NULL;
    }
    if (!main) {
        lab_problem(host->sim, "sk_sim_start: no main");
        return NULL;
    }
    return lab_program_add(host, NULL, main, argv, "sk_sim_start");
}

const char **lab_vector(va_list arguments)
{
    va_list counted;
    size_t n = 0;

    va_copy(counted, arguments);
    while (va_arg(counted, const char *)) {
        n++;
    }
    va_end(counted);
    const char **argv = lab_alloc((n + 1) * sizeof *argv);
    for (size_t i = 0; i < n; i++) {
        argv[i] = va_arg(arguments, const char *);
    }
    return argv;
}

struct sk_sim_program *sk_sim_start(struct sk_sim_host *host, sk_sim_main *main, ...)
{
    struct sk_sim_program *p;
    va_list arguments;
    const char **argv;

    va_start(arguments, main);
    argv = lab_vector(arguments);
    va_end(arguments);
    p = sk_sim_startv(host, main, argv);
    free(argv);
    return p;
}

struct sk_sim_program *sk_sim_call(struct sk_sim_host *host, const char *name,
                                   sk_sim_function *function, void *arg)
{
    if (!host) {
        return NULL;
    }
    if (!function || !name) {
        lab_problem(host->sim, "sk_sim_call: no %s", name ? "function" : "name");
        return NULL;
    }
    return append(
        host, (struct sk_sim_program){ .name = lab_copy(name), .function = function, .arg = arg });
}

struct sk_sim_program *sk_sim_daemon(struct sk_sim_program *program)
{
    if (program) {
        program->daemon = true;
        if (program->task) {
            sk_sim_task_set(program->task, program, true);
        }
    }
    return program;
}

int sk_sim_status(const struct sk_sim_program *program)
{
    return program ? program->status : SK_SIM_NO_PROGRAM;
}
