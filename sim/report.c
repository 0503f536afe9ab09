/* SPDX-License-Identifier: BSD-3-Clause */
/* How a simulation stands, for whoever has to find out why a test failed. */
#define _GNU_SOURCE /* open_memstream */
#include "sim/lab.h"

#include <stdlib.h>

#define MOST_SOCKETS 8 /* of one wait that are told */

const char *sk_sim_result_name(enum sk_sim_result result)
{
    static const char *const names[] = { "done", "time over", "deadlock", "livelock", "invalid" };

    return (size_t)result < sizeof names / sizeof names[0] ? names[result] : "no result";
}

static void put_time(FILE *out, int64_t us)
{
    fprintf(out, "%lld.%06lld s", (long long)(us / SK_SIM_S), (long long)(us % SK_SIM_S));
}

/* ---- What a program waits for ---- */

static int32_t option(const struct sk_sim_program *p, sk_fd socket, enum sk_option which)
{
    int32_t value = -1;

    return sk_get(p->state.iface, socket, which, &value) == SK_OK ? value : -1;
}

static bool is_connecting(const struct sk_sim_program *p, sk_fd socket)
{
    return option(p, socket, SK_TCP_STATE) == SK_TCP_SYN_SENT;
}

/* The core's operations are known by their functions, the others by their sockets. */
static const char *call_of(const struct sk_sim_program *p, const struct sk_op *op, sk_fd socket)
{
    static char name[] = "x";
    struct sk_iov iov = { name, 1 };
    struct sk_op known;

    sk_resolve(&known, name, 0, NULL, 0);
    if (op->poll == known.poll) {
        return "getaddrinfo";
    }
    if (option(p, socket, SK_ACCEPTCONN) == 1 && op->fd == socket) {
        return "accept";
    }
    if (is_connecting(p, socket) && op->fd != SK_FD_NONE) {
        return "connect";
    }
    sk_op_recv(&known, socket, &iov, 1, 0);
    if (op->poll == known.poll) {
        return "recv";
    }
    sk_op_send(&known, socket, &iov, 1, (struct sk_addr){ .port = 0 }, 0);
    return op->poll == known.poll ? "send" : op->fd == SK_FD_NONE ? "poll or select" : "a call";
}

static void put_socket(FILE *out, const struct sk_sim_program *p, int fd, sk_fd socket)
{
    struct sk_addr addr = { .port = 0 };
    char text[SK_ADDR_TEXT_LEN];

    sk_local(p->state.iface, socket, &addr);
    sk_addr_format(addr, text);
    fprintf(out, " %d (%s", fd, text);
    if (sk_remote(p->state.iface, socket, &addr) == SK_OK) {
        sk_addr_format(addr, text);
        fprintf(out, " to %s", text);
    }
    fprintf(out, ")");
}

static void put_wait(FILE *out, struct sk_sim_program *p, const struct port_wait *wait)
{
    sk_fd socket = SK_FD_NONE;
    int n = 0;

    libsock_state_set(&p->state); /* what `concerns` may ask for */
    for (int fd = libsock_state_next(&p->state, 0, &socket); fd >= 0;
         fd = libsock_state_next(&p->state, fd + 1, &socket)) {
        if (!wait->concerns(wait, socket)) {
            continue;
        }
        if (n++ == 0) {
            fprintf(out, " in %s, on descriptor", call_of(p, wait->op, socket));
        }
        if (n <= MOST_SOCKETS) {
            put_socket(out, p, fd, socket);
        }
    }
    libsock_state_set(NULL);
    if (n == 0) {
        fprintf(out, " in %s", call_of(p, wait->op, SK_FD_NONE));
    }
    if (n > MOST_SOCKETS) {
        fprintf(out, " and %d more", n - MOST_SOCKETS);
    }
}

static void put_running(FILE *out, struct sk_sim_program *p)
{
    const struct port_wait *wait;
    instant until;

    if (p->task == p->host->sim->sim.stuck) {
        fprintf(out, "has made %u calls and never waits", p->host->sim->sim.max_calls);
        return;
    }
    wait = sk_sim_waits(p->task, &until);
    if (!wait && until != NEVER) {
        fprintf(out, "sleeps until ");
        put_time(out, until - SIM_START);
        return;
    }
    fprintf(out, wait ? "waits" : "waits for a signal");
    if (until == NEVER) {
        fprintf(out, ", for ever,");
    } else {
        fprintf(out, ", until ");
        put_time(out, until - SIM_START);
        fprintf(out, ",");
    }
    if (wait) {
        put_wait(out, p, wait);
    }
}

static void put_program(FILE *out, struct sk_sim_program *p)
{
    fprintf(out, "  %s: %s%s ", p->host->name, p->name, p->daemon ? ", a daemon," : "");
    if (p->status >= 0) {
        fprintf(out, "returned %d", p->status);
    } else if (p->status == SK_SIM_CRASHED) {
        fprintf(out, "crashed with its host");
    } else if (!p->task) {
        fprintf(out, "has not begun");
    } else {
        put_running(out, p);
    }
    fprintf(out, "\n");
}

/* ---- The whole ---- */

static void put_all(FILE *out, struct sk_sim *sim)
{
    const struct sk_sim_host *host;
    const struct sk_sim_link *link;
    struct sk_sim_program *p;

    fprintf(out, "%s at ", sim->ran ? sk_sim_result_name(sim->result) : "not run yet");
    put_time(out, sk_sim_time(sim));
    fprintf(out, "; SEED=%llu repeats it\n", (unsigned long long)sk_sim_seed(sim));
    if (sim->problem) {
        fprintf(out, "  %s\n", sim->problem);
    }
    for (p = sim->programs; p; p = p->next) {
        put_program(out, p);
    }
    for (host = sim->hosts; host; host = host->next) {
        if (host->crashed) {
            fprintf(out, "  %s is off: it crashed\n", host->name);
        }
    }
    for (link = sim->links; link; link = link->next) {
        lab_link_report(link, out);
    }
}

const char *sk_sim_report(struct sk_sim *sim)
{
    size_t len = 0;
    char *text = NULL;
    FILE *out;

    if (!sim) {
        return "there is no simulation\n";
    }
    if (lab_running() == sim) {
        return "it is running\n";
    }
    out = open_memstream(&text, &len);
    if (!out) {
        return "there is no memory\n";
    }
    put_all(out, sim);
    fclose(out);
    free(sim->report);
    sim->report = text;
    return text;
}
