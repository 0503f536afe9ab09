/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One connection after another: opened, used, closed, from either side first. Nothing grows: after
 * the first few, no record and no buffer is used that was not used before. CONNECTIONS=n in the
 * environment says how many (make check-long: a million).
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "net/iface.h"
#include "tests/support/suite.h"
#include "tests/support/world.h"

#define PORT 80
#define CONNECTIONS 20000
#define WARM_UP 1000
#define N_TIME_WAIT 64
#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            ck_abort_msg("'%s' does not hold", #condition);                                        \
        }                                                                                          \
    } while (0)

static struct world w;
static sk_fd listener;

struct touched {
    uint32_t tcp;
    uint32_t buffers;
    uint32_t half_opens;
    uint32_t time_waits;
};

static struct touched touched_on(int host)
{
    const struct sk_iface *iface = w.hosts[host];
    struct touched t = { .tcp = iface->tcp.n_touched,
                         .half_opens = iface->half_opens.n_touched,
                         .time_waits = iface->time_waits.n_touched };

    for (int i = 0; i < CONFIG_N_BUFFER_CLASSES; i++) {
        t.buffers += iface->buffers.classes[i].n_touched;
    }
    return t;
}

/* The wire takes no time. */
static void run(int host, struct sk_op *op)
{
    enum sk_err err = op->poll(op, w.hosts[host], w.now);

    if (err == SK_PENDING) {
        world_settle(&w);
        err = op->poll(op, w.hosts[host], w.now);
    }
    EXPECT(err == SK_OK);
}

static void transfer(int from, sk_fd sender, int to, sk_fd receiver, uint32_t number)
{
    uint32_t received = 0;
    struct sk_iov out = { &number, sizeof(number) };
    struct sk_iov in = { &received, sizeof(received) };
    struct sk_op op;

    sk_op_send(&op, sender, &out, 1, (struct sk_addr){ ip4(0), 0 }, 0);
    run(from, &op);
    sk_op_recv(&op, receiver, &in, 1, SK_OP_WAITALL);
    run(to, &op);
    EXPECT(received == number);
}

static void one_connection(uint32_t number)
{
    struct sk_op op;
    sk_fd fds[2];
    int first = (int)(number % 2);

    EXPECT(sk_socket(w.hosts[0], SK_STREAM, &fds[0]) == SK_OK);
    sk_op_connect(&op, fds[0], world_addr(1, PORT));
    run(0, &op);
    sk_op_accept(&op, listener);
    run(1, &op);
    fds[1] = op.u.accepted;
    transfer(0, fds[0], 1, fds[1], number);
    transfer(1, fds[1], 0, fds[0], ~number);
    EXPECT(sk_close(w.hosts[first], fds[first], w.now) == SK_OK);
    world_settle(&w);
    EXPECT(sk_close(w.hosts[!first], fds[!first], w.now) == SK_OK);
    world_settle(&w);
}

static uint32_t n_connections(void)
{
    const char *text = getenv("CONNECTIONS");

    return text ? (uint32_t)strtoul(text, NULL, 10) : CONNECTIONS;
}

START_TEST(connections_one_after_another)
{
    struct world_setup setup = { .seed = 1, .medium = LINK_IP };
    struct touched before[2];
    struct touched after[2];
    uint32_t n = n_connections();

    setup.config.n_tcp = 4;
    setup.config.n_time_wait = N_TIME_WAIT;
    setup.config.tcp = &sk_tcp_full;
    world_begin(&w, &setup);
    ck_assert_int_eq(sk_socket(w.hosts[1], SK_STREAM, &listener), SK_OK);
    ck_assert_int_eq(sk_bind(w.hosts[1], listener, (struct sk_addr){ ip4(0), PORT }), SK_OK);
    ck_assert_int_eq(sk_listen(w.hosts[1], listener, 1, w.now), SK_OK);
    memset(before, 0, sizeof(before));
    for (uint32_t i = 0; i < n; i++) {
        one_connection(i);
        w.now += 7;
        if (i == WARM_UP) {
            before[0] = touched_on(0);
            before[1] = touched_on(1);
        }
    }
    after[0] = touched_on(0);
    after[1] = touched_on(1);
    ck_assert(n <= WARM_UP || memcmp(before, after, sizeof(before)) == 0);
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_le(after[i].tcp, 2); /* a listener begins as one */
        ck_assert_uint_le(after[i].half_opens, 1);
        ck_assert_uint_le(after[i].time_waits, N_TIME_WAIT);
        ck_assert_uint_gt(sk_iface_stats(w.hosts[i])->tcp_time_wait_evicted, 0);
    }
    ck_assert_uint_eq(sk_iface_stats(w.hosts[0])->tcp_active_opens, n);
    ck_assert_uint_eq(sk_iface_stats(w.hosts[1])->tcp_passive_opens, n);
    ck_assert_int_eq(sk_close(w.hosts[1], listener, w.now), SK_OK);
    world_end(&w);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { connections_one_after_another, NULL };

    return suite_run("many", tests);
}
