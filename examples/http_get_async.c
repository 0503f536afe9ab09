/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fetches a page over the asynchronous core: one main loop, one step function, no call that waits
 * for the network. The loop could serve any number of these, and other work of the program beside
 * them. The body is written straight out of the receive buffer, to stdout, which may wait: with
 * more than one to serve it would have to be a descriptor that does not.
 */
#include "compat/compat.h"
#include "http.h"
#include "libsock.h"
#include "port/port.h"

#define SECOND ((duration)1000000) /* us */

enum stage {
    WAITING, /* for an address of our own */
    RESOLVING,
    CONNECTING,
    SENDING,
    RECEIVING,
    FINISHED,
};

struct get {
    enum stage stage;
    int code; /* when FINISHED: what main returns */
    struct http_options options;
    struct http_response response;
    instant give_up_at;
    sk_fd fd;
    struct sk_op op; /* of the stage */
    struct sk_addr server;
    struct sk_iov iov;
    char request[2048];
};

static bool finish(struct get *g, int code)
{
    g->stage = FINISHED;
    g->code = code;
    return true;
}

static bool fail(struct get *g, int code, const char *doing, enum sk_err err)
{
    return finish(g, http_fail(code, "%s: %s", doing, sk_err_text(err)));
}

static bool enter(struct get *g, enum stage stage)
{
    g->stage = stage;
    return true;
}

/* Each of these does what can be done now; true when that was something. */

static bool step_waiting(struct get *g, struct sk_iface *host)
{
    if (!sk_iface_configured(host)) {
        return false;
    }
    sk_resolve(&g->op, g->options.url.host, (uint16_t)atoi(g->options.url.port), &g->server, 1);
    return enter(g, RESOLVING);
}

static bool step_resolving(struct get *g, struct sk_iface *host, instant now)
{
    enum sk_err err = g->op.poll(&g->op, host, now);

    if (err == SK_PENDING) {
        return false;
    }
    if (err == SK_OK) {
        err = sk_socket(host, SK_STREAM, &g->fd);
    }
    if (err != SK_OK) {
        return fail(g, EXIT_NAME, "resolving", err == SK_INVALID ? SK_NAME_UNKNOWN : err);
    }
    sk_op_connect(&g->op, g->fd, g->server);
    return enter(g, CONNECTING);
}

static bool step_connecting(struct get *g, struct sk_iface *host, instant now)
{
    enum sk_err err = g->op.poll(&g->op, host, now);

    if (err == SK_PENDING) {
        return false;
    }
    if (err != SK_OK) {
        return fail(g, err == SK_TIMED_OUT ? EXIT_SILENT : EXIT_CONNECT, "connecting", err);
    }
    g->iov.base = g->request;
    g->iov.len = http_format_request(&g->options.url, g->request, sizeof g->request);
    if (g->iov.len == 0) {
        return finish(g, http_fail(EXIT_USAGE, "too long"));
    }
    sk_op_send(&g->op, g->fd, &g->iov, 1, (struct sk_addr){ .port = 0 }, 0);
    return enter(g, SENDING);
}

static bool step_sending(struct get *g, struct sk_iface *host, instant now)
{
    enum sk_err err = g->op.poll(&g->op, host, now);

    if (err == SK_PENDING) {
        return false;
    }
    if (err != SK_OK) {
        return fail(g, EXIT_CUT, "sending the request", err);
    }
    return enter(g, RECEIVING);
}

static bool step_receiving(struct get *g, struct sk_iface *host, instant now)
{
    struct sk_iov run[2];
    enum sk_err err = sk_recv_peek(host, g->fd, run);

    if (err == SK_PENDING) {
        return false;
    }
    if (err != SK_OK) {
        return fail(g, EXIT_CUT, "receiving", err);
    }
    if (run[0].len == 0) {
        return finish(g, http_end(&g->response));
    }
    int code = http_feed(&g->response, run[0].base, run[0].len);
    if (code == 0 && run[1].len > 0) {
        code = http_feed(&g->response, run[1].base, run[1].len);
    }
    sk_recv_consume(host, g->fd, run[0].len + run[1].len, now);
    if (code != 0) {
        return finish(g, code);
    }
    return !http_complete(&g->response) || finish(g, http_end(&g->response));
}

static void give_up(struct get *g)
{
    bool naming = g->stage == RESOLVING;

    finish(g, http_fail(naming ? EXIT_NAME : EXIT_SILENT, "%sno progress for %d s",
                        naming ? "resolving: " : "", g->options.timeout));
}

static bool step(struct get *g, struct sk_iface *host, instant now)
{
    switch (g->stage) {
    case WAITING:
        return step_waiting(g, host);
    case RESOLVING:
        return step_resolving(g, host, now);
    case CONNECTING:
        return step_connecting(g, host, now);
    case SENDING:
        return step_sending(g, host, now);
    case RECEIVING:
        return step_receiving(g, host, now);
    default:
        return false;
    }
}

/* Drives the host, does what can be done, and sleeps until something is due or arrives. */
static void run_once(struct get *g, struct sk_iface *host, const struct port *port)
{
    instant now = port->now(port);

    sk_iface_poll(host, now);
    if (step(g, host, now)) {
        g->give_up_at = now + g->options.timeout * SECOND;
    } else if (now >= g->give_up_at) {
        give_up(g);
    } else {
        instant until = sk_iface_poll_at(host, now);
        port->idle(port, host, until < g->give_up_at ? until : g->give_up_at, NULL);
    }
}

/* The main loop. After it has slept, signals wait until it unlocks (port/port.h). */
static void run(struct get *g, struct sk_iface *host, const struct port *port)
{
    g->give_up_at = port->now(port) + g->options.timeout * SECOND;
    while (g->stage != FINISHED) {
        port->lock(port);
        run_once(g, host, port);
        port->unlock(port);
    }
}

static void hang_up(struct get *g, struct sk_iface *host, const struct port *port)
{
    port->lock(port);
    sk_close(host, g->fd, port->now(port));
    sk_iface_poll(host, port->now(port));
    port->unlock(port);
}

int main(int argc, char **argv)
{
    static struct get get = { .fd = SK_FD_NONE };

    http_program = "http_get_async";
    int code = http_parse_arguments(argc, argv, &get.options);
    if (code != 0) {
        return code;
    }
    struct sk_iface *host = libsock_board();
    const struct port *port = libsock_port();
    if (host == NULL || port == NULL) {
        return http_fail(EXIT_CONNECT, "there is no network");
    }
    run(&get, host, port);
    if (get.fd != SK_FD_NONE) {
        hang_up(&get, host, port);
    }
    return get.code;
}
