/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The n-th time that a host wants a packet, a buffer or a record there is none, for every n that a
 * conversation comes to: it ends as it should or with an error, the next one is as good as ever,
 * and everything is back in its pool. The linker puts these functions before the real ones.
 */
#include <check.h>
#include <string.h>

#include "net/iface.h"
#include "tests/support/suite.h"
#include "tests/support/world.h"

#define N_OCTETS 60000
#define PATIENCE seconds(900)
#define DATAGRAM_PORT 9

static struct world w;
static uint32_t n_wanted; /* since the conversation began */
static uint32_t failing;  /* this one fails; 0: none does */

static bool fails(void)
{
    return ++n_wanted == failing;
}

struct pkt *__real_sk_pkt_alloc(struct pkt_pool *pool, uint32_t headroom);
struct pkt *__wrap_sk_pkt_alloc(struct pkt_pool *pool, uint32_t headroom);
uint8_t *__real_bufpool_take(struct bufpool *pool, uint32_t want, uint32_t *size);
uint8_t *__wrap_bufpool_take(struct bufpool *pool, uint32_t want, uint32_t *size);
bool __real_slot_take(struct sk_iface *iface, struct sock_node *node);
bool __wrap_slot_take(struct sk_iface *iface, struct sock_node *node);
struct udp_entry *__real_udp_take(struct sk_iface *iface);
struct udp_entry *__wrap_udp_take(struct sk_iface *iface);
struct tcp_entry *__real_tcp_take(struct sk_iface *iface);
struct tcp_entry *__wrap_tcp_take(struct sk_iface *iface);
struct listener_entry *__real_listener_take(struct sk_iface *iface);
struct listener_entry *__wrap_listener_take(struct sk_iface *iface);

/* Those of the wire are not a host's. */
struct pkt *__wrap_sk_pkt_alloc(struct pkt_pool *pool, uint32_t headroom)
{
    bool is_wire = pool == &w.wire.wires[0].pool || pool == &w.wire.wires[1].pool;

    return !is_wire && fails() ? NULL : __real_sk_pkt_alloc(pool, headroom);
}

uint8_t *__wrap_bufpool_take(struct bufpool *pool, uint32_t want, uint32_t *size)
{
    return fails() ? NULL : __real_bufpool_take(pool, want, size);
}

bool __wrap_slot_take(struct sk_iface *iface, struct sock_node *node)
{
    return !fails() && __real_slot_take(iface, node);
}

struct udp_entry *__wrap_udp_take(struct sk_iface *iface)
{
    return fails() ? NULL : __real_udp_take(iface);
}

struct tcp_entry *__wrap_tcp_take(struct sk_iface *iface)
{
    return fails() ? NULL : __real_tcp_take(iface);
}

struct listener_entry *__wrap_listener_take(struct sk_iface *iface)
{
    return fails() ? NULL : __real_listener_take(iface);
}

/* ---- A conversation ---------------------------------------------------------------------------
 */

static enum sk_err open_listener(sk_fd *fd)
{
    enum sk_err err = sk_socket(w.hosts[1], SK_STREAM, fd);

    if (err == SK_OK) {
        sk_set(w.hosts[1], *fd, SK_REUSEADDR, 1);
        err = sk_bind(w.hosts[1], *fd, (struct sk_addr){ ip4(0), 80 });
    }
    return err == SK_OK ? sk_listen(w.hosts[1], *fd, 1, w.now) : err;
}

static enum sk_err open_client(sk_fd *fd)
{
    enum sk_err err = sk_socket(w.hosts[0], SK_STREAM, fd);
    struct sk_op op;

    if (err != SK_OK) {
        return err;
    }
    sk_op_connect(&op, *fd, world_addr(1, 80));
    return world_do(&w, 0, &op, w.now + PATIENCE);
}

static enum sk_err accept_it(sk_fd listener, sk_fd *fd)
{
    struct sk_op op;
    enum sk_err err;

    sk_op_accept(&op, listener);
    err = world_do(&w, 1, &op, w.now + PATIENCE);
    *fd = err == SK_OK ? op.u.accepted : SK_FD_NONE;
    return err;
}

/* From one host to the other, and the end of it. */
static enum sk_err transfer(int from, sk_fd out, sk_fd in)
{
    static uint8_t octets[2000];
    uint32_t sent = 0;
    uint32_t heard = 0;

    for (;;) {
        struct sk_iov iov = { octets, sizeof(octets) };
        struct sk_op op;
        enum sk_err err;

        if (sent < N_OCTETS) {
            sk_op_send(&op, out, &iov, 1, (struct sk_addr){ ip4(0), 0 }, 0);
            err = op.poll(&op, w.hosts[from], w.now);
            sent += (uint32_t)op.done;
            if (err != SK_OK && err != SK_PENDING) {
                return err;
            }
            if (sent >= N_OCTETS) {
                sk_shutdown(w.hosts[from], out, SK_SHUT_WR, w.now);
            }
        }
        sk_op_recv(&op, in, &iov, 1, 0);
        err = sent < N_OCTETS ? op.poll(&op, w.hosts[1 - from], w.now)
                              : world_do(&w, 1 - from, &op, w.now + PATIENCE);
        if (err == SK_OK && op.done == 0) {
            ck_assert_uint_eq(heard, sent);
            return SK_OK;
        }
        heard += err == SK_OK ? (uint32_t)op.done : 0;
        if (err != SK_OK && (err != SK_PENDING || sent >= N_OCTETS)) {
            return err;
        }
        if (err == SK_PENDING && !world_step(&w, w.now + PATIENCE)) {
            return SK_TIMED_OUT;
        }
    }
}

/* A datagram there; nobody says that it comes. */
static void send_datagram(void)
{
    sk_fd fds[2] = { SK_FD_NONE, SK_FD_NONE };
    struct sk_iov iov = { "text", 4 };
    struct sk_op op;

    for (int i = 0; i < 2; i++) {
        if (sk_socket(w.hosts[i], SK_DGRAM, &fds[i]) == SK_OK) {
            sk_bind(w.hosts[i], fds[i], (struct sk_addr){ ip4(0), DATAGRAM_PORT });
        }
    }
    sk_op_send(&op, fds[0], &iov, 1, world_addr(1, DATAGRAM_PORT), 0);
    op.poll(&op, w.hosts[0], w.now);
    world_settle(&w);
    for (int i = 0; i < 2; i++) {
        sk_close(w.hosts[i], fds[i], w.now);
    }
}

static enum sk_err converse(void)
{
    sk_fd listener = SK_FD_NONE;
    sk_fd client = SK_FD_NONE;
    sk_fd server = SK_FD_NONE;
    enum sk_err err = open_listener(&listener);

    send_datagram();
    err = err == SK_OK ? open_client(&client) : err;
    err = err == SK_OK ? accept_it(listener, &server) : err;
    err = err == SK_OK ? transfer(0, client, server) : err;
    err = err == SK_OK ? transfer(1, server, client) : err;
    sk_close(w.hosts[1], listener, w.now);
    sk_close(w.hosts[1], server, w.now);
    sk_close(w.hosts[0], client, w.now);
    return err;
}

static void one_after_the_other(const struct tcp_profile *profile)
{
    uint32_t n_failed = 0;
    uint32_t n = 0;

    do {
        struct world_setup setup = { .seed = 1,
                                     .settings = { .delay = 1000 },
                                     .config = { .tcp = profile } };
        enum sk_err err;

        world_begin(&w, &setup);
        n_wanted = 0;
        failing = ++n;
        err = converse();
        n_failed += err != SK_OK;
        ck_assert_msg(err != SK_PENDING, "the %u. failure: it hangs", n);
        failing = n_wanted < n ? n : 0; /* with `n` beyond the last one nothing failed */
        if (failing == 0) {
            err = converse();
            ck_assert_msg(err == SK_OK, "after the %u. failure: %s", n, sk_err_name(err));
        }
        world_end(&w);
    } while (failing == 0);
    ck_assert_uint_gt(n, 100);
    ck_assert_uint_ge(n_failed, 6);     /* of sockets, listeners and buffers */
    ck_assert_uint_lt(n_failed, n / 4); /* for want of a packet nothing fails */
}

START_TEST(hostile_MEM_02_every_allocation_may_fail)
{
    one_after_the_other(&sk_tcp_basic);
    one_after_the_other(&sk_tcp_full);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { hostile_MEM_02_every_allocation_may_fail, NULL };

    return suite_run("allocations", tests);
}
