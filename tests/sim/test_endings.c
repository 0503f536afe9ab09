/* SPDX-License-Identifier: BSD-3-Clause */
/* Connections that end, or half stop, in the middle of something: between two hosts, through the
 * asynchronous API. */
#include <check.h>
#include <string.h>

#include "net/iface.h"
#include "tests/support/suite.h"
#include "tests/support/world.h"

#define PORT 80
#define SECOND 1000000LL /* microseconds */

static const struct sk_addr nobody;
static uint8_t octets[16384];
static struct world w;
static sk_fd client;
static sk_fd server;

static void begin(void)
{
    struct world_setup setup = { .seed = 1, .settings = { .delay = 1000 } };

    world_begin(&w, &setup);
    world_connect(&w, PORT, &client, &server);
}

/* One attempt: how many octets went in. */
static size_t offer(int host, sk_fd fd, size_t len, enum sk_err *err)
{
    struct sk_iov iov = { octets, len };
    struct sk_op op;

    sk_op_send(&op, fd, &iov, 1, nobody, 0);
    *err = op.poll(&op, w.hosts[host], w.now);
    world_settle(&w);
    return op.done;
}

static enum sk_err take(int host, sk_fd fd, size_t *len)
{
    struct sk_iov iov = { octets, sizeof(octets) };
    struct sk_op op;
    enum sk_err err;

    sk_op_recv(&op, fd, &iov, 1, 0);
    err = op.poll(&op, w.hosts[host], w.now);
    *len = op.done;
    world_settle(&w);
    return err;
}

START_TEST(a_reader_that_stopped_does_not_slow_the_other_direction)
{
    size_t received = 0;
    instant until;
    enum sk_err err;
    size_t n;

    begin();
    until = w.now + 10 * SECOND;
    while (offer(1, server, sizeof(octets), &err) > 0 ||
           w.now < until) { /* until nothing goes in, and probes go out */
        if (!world_step(&w, until)) {
            break;
        }
    }
    until = w.now + 20 * SECOND;
    do {
        offer(0, client, sizeof(octets), &err);
        if (!world_step(&w, until)) {
            break;
        }
        if (take(1, server, &n) == SK_OK) {
            received += n;
        }
    } while (received < 200000);
    ck_assert_uint_ge(received, 200000);
    sk_abort(w.hosts[0], client, w.now);
    sk_abort(w.hosts[1], server, w.now);
    world_end(&w);
}
END_TEST

START_TEST(a_reset_in_the_middle_of_a_send_is_told_by_the_next_call)
{
    struct sk_iov iov = { octets, sizeof(octets) };
    struct sk_op op;
    size_t n;

    begin();
    sk_op_send(&op, client, &iov, 1, nobody, 0);
    ck_assert_int_eq(op.poll(&op, w.hosts[0], w.now), SK_PENDING);
    ck_assert_uint_gt(op.done, 0);
    sk_abort(w.hosts[1], server, w.now);
    ck_assert_int_eq(world_do(&w, 0, &op, w.now + SECOND), SK_OK);
    ck_assert_uint_lt(op.done, sizeof(octets));
    ck_assert_int_eq(take(0, client, &n), SK_RESET);
    ck_assert_int_eq(take(0, client, &n), SK_OK);
    ck_assert_uint_eq(n, 0);
    sk_close(w.hosts[0], client, w.now);
    world_end(&w);
}
END_TEST

START_TEST(a_reset_in_the_middle_of_a_receive_is_told_by_the_next_call)
{
    struct sk_iov iov = { octets, sizeof(octets) };
    struct sk_op op;
    enum sk_err err;
    size_t n;

    begin();
    ck_assert_uint_eq(offer(1, server, 100, &err), 100);
    sk_op_recv(&op, client, &iov, 1, SK_OP_WAITALL);
    ck_assert_int_eq(world_do(&w, 0, &op, w.now + SECOND), SK_PENDING);
    ck_assert_uint_eq(op.done, 100);
    sk_abort(w.hosts[1], server, w.now);
    ck_assert_int_eq(world_do(&w, 0, &op, w.now + SECOND), SK_OK);
    ck_assert_uint_eq(op.done, 100);
    ck_assert_int_eq(take(0, client, &n), SK_RESET);
    sk_close(w.hosts[0], client, w.now);
    world_end(&w);
}
END_TEST

START_TEST(an_abort_after_the_peers_fin_resets)
{
    size_t n;

    begin();
    ck_assert_int_eq(sk_shutdown(w.hosts[0], client, SK_SHUT_WR, w.now), SK_OK);
    while (world_step(&w, w.now + SECOND)) {
    }
    sk_abort(w.hosts[1], server, w.now);
    while (world_step(&w, w.now + SECOND)) {
    }
    ck_assert_int_eq(take(0, client, &n), SK_RESET);
    sk_close(w.hosts[0], client, w.now);
    world_end(&w);
}
END_TEST

/* What is left of the connection from port 5000 on a host in TIME-WAIT, or NULL. */
static const struct time_wait *waiting_on(int host)
{
    return time_wait_find(w.hosts[host], world_addr(1, PORT), world_addr(0, 5000));
}

/* The record of the connection that leads to port PORT on a host. */
static const struct tcp_entry *connection_of(int host)
{
    const struct sk_iface *iface = w.hosts[host];

    for (uint32_t i = 0; i < iface->tcp.n_touched; i++) {
        const struct tcp_entry *tcp = tcp_at(iface, i);

        if (tcp->node.tag == SOCK_TCP && tcp->opened && tcp->node.hashed) {
            return tcp;
        }
    }
    return NULL;
}

static sk_fd connect_from(uint16_t port)
{
    struct sk_op op;
    sk_fd fd;

    ck_assert_int_eq(sk_socket(w.hosts[0], SK_STREAM, &fd), SK_OK);
    ck_assert_int_eq(sk_set(w.hosts[0], fd, SK_REUSEADDR, 1), SK_OK);
    ck_assert_int_eq(sk_bind(w.hosts[0], fd, (struct sk_addr){ ip4(0), port }), SK_OK);
    sk_op_connect(&op, fd, world_addr(1, PORT));
    ck_assert_int_eq(world_do(&w, 0, &op, w.now + 60 * SECOND), SK_OK);
    return fd;
}

static sk_fd accept_on(sk_fd listener)
{
    struct sk_op op;

    sk_op_accept(&op, listener);
    ck_assert_int_eq(world_do(&w, 1, &op, w.now + SECOND), SK_OK);
    return op.u.accepted;
}

/* The server closes first and waits; the client's port is used again at once. */
START_TEST(a_connection_that_replaces_one_in_time_wait_begins_past_it)
{
    struct world_setup setup = { .seed = 1, .settings = { .delay = 100 } };
    uint32_t sent;
    sk_fd listener;
    size_t n;

    world_begin(&w, &setup);
    ck_assert_int_eq(sk_socket(w.hosts[1], SK_STREAM, &listener), SK_OK);
    ck_assert_int_eq(sk_bind(w.hosts[1], listener, (struct sk_addr){ ip4(0), PORT }), SK_OK);
    ck_assert_int_eq(sk_listen(w.hosts[1], listener, 1, w.now), SK_OK);
    client = connect_from(5000);
    server = accept_on(listener);
    for (size_t received = 0;
         received < 400000;) { /* faster than the clock of initial sequence numbers */
        enum sk_err err;

        offer(1, server, sizeof(octets), &err);
        world_step(&w, NEVER);
        if (take(0, client, &n) == SK_OK) {
            received += n;
        }
    }
    sk_close(w.hosts[1], server, w.now);
    while (connection_of(1)->tcp.state != TCP_FIN_WAIT_2) {
        world_step(&w, NEVER);
        take(0, client, &n);
    }
    sk_close(w.hosts[0], client, w.now);
    world_settle(&w);
    while (connection_of(0)) { /* and not on to the end of TIME-WAIT */
        world_step(&w, NEVER);
        world_settle(&w);
    }
    ck_assert_ptr_null(connection_of(1));
    ck_assert_ptr_nonnull(waiting_on(1));
    sent = waiting_on(1)->tcp.snd_nxt;

    client = connect_from(5000);
    world_settle(&w);
    world_step(&w, w.now + SECOND);
    world_settle(&w);
    ck_assert_ptr_null(waiting_on(1));
    ck_assert_int_gt((int32_t)(connection_of(1)->tcp.iss - sent), 0);
    server = accept_on(listener);
    sk_close(w.hosts[1], listener, w.now);
    sk_abort(w.hosts[0], client, w.now);
    world_settle(&w);
    sk_close(w.hosts[1], server, w.now);
    world_end(&w);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { a_reader_that_stopped_does_not_slow_the_other_direction,
                                   a_reset_in_the_middle_of_a_send_is_told_by_the_next_call,
                                   a_reset_in_the_middle_of_a_receive_is_told_by_the_next_call,
                                   an_abort_after_the_peers_fin_resets,
                                   a_connection_that_replaces_one_in_time_wait_begins_past_it,
                                   NULL };

    return suite_run("endings", tests);
}
