/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When a host has to be polled, under random traffic over a wire with faults: sk_iface_poll_at is
 * exactly the earliest deadline of anything in the host. Before it a poll does nothing, and it lies
 * ahead whenever there is nothing more to do now. SEED=n replays.
 */
#include <check.h>
#include <string.h>

#include "net/iface.h"
#include "tests/support/seed.h"
#include "tests/support/suite.h"
#include "tests/support/world.h"

#define N_STEPS 6000
#define N_SEEDS 12
#define N_SOCKETS 5 /* of each host */

static struct world w;
static sk_fd fds[2][N_SOCKETS];
static sk_fd listeners[2];
static uint64_t state;

static instant earliest(instant a, instant b)
{
    return a < b ? a : b;
}

static instant of_small_records(const struct sk_iface *iface)
{
    instant at = NEVER;

    for (uint32_t i = 1; i <= iface->half_opens.n_touched; i++) {
        const struct tuple *t = tuples_at(&iface->half_opens, i);

        at = earliest(at, t->local_port && t->queue >= HALF_OPEN_SENT ? tick_instant(t->at, w.now)
                                                                      : NEVER);
    }
    for (uint32_t i = 1; i <= iface->time_waits.n_touched; i++) {
        const struct tuple *t = tuples_at(&iface->time_waits, i);

        at = earliest(at, t->local_port ? tick_instant(t->at, w.now) : NEVER);
    }
    return at;
}

/* The same by looking at everything. */
static instant by_hand(struct sk_iface *iface)
{
    instant at = earliest(queries_poll_at(iface), of_small_records(iface));

    for (uint32_t i = 0; i < iface->tcp.n_touched; i++) {
        const struct tcp_entry *tcp = tcp_at(iface, i);

        if (tcp->node.tag == SOCK_TCP && tcp->opened && tcp->tcp.state != TCP_CLOSED) {
            at = earliest(at, tcp_poll_at(&tcp->tcp, w.now));
        }
    }
    for (uint32_t i = 0; i < iface->n_netifs; i++) {
        struct netif *netif = &iface->netifs[i];

        at = earliest(at, netif->link->ops->poll_at(netif->link));
        at = earliest(at, i > 0 ? neigh_poll_at(&netif->neigh, w.now) : NEVER);
    }
    return at;
}

static void begin(uint64_t seed)
{
    struct world_setup setup = { .seed = seed };

    state = seed;
    setup.config.n_udp = N_SOCKETS;
    setup.config.n_tcp = 2 * N_SOCKETS;
    setup.config.dns[0] = world_addr(1, 0);
    setup.config.dns[1].addr = ip4(0x0a000077); /* nobody */
    setup.settings.loss = random_below(&state, 150000);
    setup.settings.duplicate = random_below(&state, 100000);
    setup.settings.reorder = random_below(&state, 100000);
    setup.settings.reorder_delay = 1 + random_below(&state, 20000);
    setup.settings.delay = random_below(&state, 2) ? random_below(&state, 40000) : 0;
    setup.settings.rate = random_below(&state, 2) ? 1000000 : 0;
    world_begin(&w, &setup);
    for (int i = 0; i < 2; i++) {
        seed_assert(sk_socket(w.hosts[i], SK_STREAM, &listeners[i]) == SK_OK);
        seed_assert(sk_bind(w.hosts[i], listeners[i], (struct sk_addr){ ip4(0), 80 }) == SK_OK);
        seed_assert(sk_listen(w.hosts[i], listeners[i], 2, w.now) == SK_OK);
        for (int j = 0; j < N_SOCKETS; j++) {
            fds[i][j] = SK_FD_NONE;
        }
    }
}

/* Whom a program talks to: the other host, itself, or nobody. */
static struct sk_addr somebody(void)
{
    switch (random_below(&state, 8)) {
    case 0:
        return (struct sk_addr){ ip4(0x7f000001), 80 };
    case 1:
        return (struct sk_addr){ ip4(0x0a000050 + random_below(&state, 3)), 80 };
    default:
        return world_addr((int)random_below(&state, 2), 80);
    }
}

static void start_something(struct sk_iface *iface, sk_fd *fd)
{
    struct sk_addr addrs[2];
    struct sk_op op;

    switch (random_below(&state, 5)) {
    case 0:
        sk_op_accept(&op, listeners[iface == w.hosts[1]]);
        if (op.poll(&op, iface, w.now) == SK_OK) {
            *fd = op.u.accepted;
        }
        break;
    case 1:
        sk_resolve(&op, "www.example.org", 80, addrs, 2);
        op.poll(&op, iface, w.now);
        break;
    case 2:
        if (sk_socket(iface, SK_DGRAM, fd) != SK_OK) {
            *fd = SK_FD_NONE;
        }
        break;
    default:
        if (sk_socket(iface, SK_STREAM, fd) == SK_OK) {
            sk_op_connect(&op, *fd, somebody());
            op.poll(&op, iface, w.now);
        } else {
            *fd = SK_FD_NONE;
        }
    }
}

static void go_on(struct sk_iface *iface, sk_fd *fd)
{
    static uint8_t text[4000];
    struct sk_iov iov = { text, 1 + random_below(&state, sizeof(text)) };
    struct sk_op op;

    switch (random_below(&state, 12)) {
    case 0:
        sk_close(iface, *fd, w.now);
        *fd = SK_FD_NONE;
        break;
    case 1:
        sk_shutdown(iface, *fd, (enum sk_shutdown)random_below(&state, 3), w.now);
        break;
    case 2:
        if (random_below(&state, 4) == 0) {
            sk_abort(iface, *fd, w.now);
            *fd = SK_FD_NONE;
        }
        break;
    case 3:
        sk_set(iface, *fd, SK_NODELAY, 1);
        break;
    case 4:
    case 5:
    case 6:
        iov.len = iov.len % 1400 + 1;
        sk_op_send(&op, *fd, &iov, 1, somebody(), 0);
        op.poll(&op, iface, w.now);
        break;
    default:
        sk_op_recv(&op, *fd, &iov, 1, 0);
        op.poll(&op, iface, w.now);
    }
}

static void act(void)
{
    int host = (int)random_below(&state, 2);
    sk_fd *fd = &fds[host][random_below(&state, N_SOCKETS)];

    if (*fd == SK_FD_NONE) {
        start_something(w.hosts[host], fd);
    } else {
        go_on(w.hosts[host], fd);
    }
}

static uint64_t n_sent(int host)
{
    return sk_iface_stats(w.hosts[host])->tx_packets;
}

/* Both hosts have nothing more to do now: until when? */
static instant next_deadline(instant at[2])
{
    for (int i = 0; i < 2; i++) {
        at[i] = sk_iface_poll_at(w.hosts[i], w.now);
        seed_assert(at[i] > w.now);
        seed_assert(at[i] == by_hand(w.hosts[i]));
    }
    return earliest(at[0], at[1]);
}

/* A poll too early does nothing, and changes nothing. */
static void poll_too_early(const instant at[2], instant next)
{
    uint64_t before[2] = { n_sent(0), n_sent(1) };
    duration room = next - w.now - 1;

    if (room < 1) {
        return;
    }
    w.now += 1 + (duration)random_below(&state, room < 1000000 ? (uint32_t)room : 1000000);
    for (int i = 0; i < 2; i++) {
        seed_assert(!sk_iface_poll(w.hosts[i], w.now));
        seed_assert(n_sent(i) == before[i]);
        seed_assert(sk_iface_poll_at(w.hosts[i], w.now) == at[i]);
    }
}

START_TEST(hostile_TIME_03_poll_at_is_the_earliest_deadline)
{
    for (uint64_t seed = seed_start(); seed < seed_start() + N_SEEDS; seed++) {
        int n_due = 0;
        int n_idle = 0; /* an entry of a table that ends: nothing to see, and seldom */

        begin(seed);
        for (int step = 0; step < N_STEPS; step++) {
            instant at[2];
            instant next;

            for (uint32_t n = random_below(&state, 3); n > 0; n--) {
                act();
            }
            world_settle(&w);
            next = next_deadline(at);
            if (next == NEVER) {
                continue;
            }
            if (random_below(&state, 2)) {
                poll_too_early(at, next);
                if (random_below(&state, 2)) {
                    continue; /* and something else happens in between */
                }
            }
            w.now = next;
            for (int i = 0; i < 2; i++) {
                n_due += at[i] == next;
                n_idle += at[i] == next && !sk_iface_poll(w.hosts[i], w.now);
            }
        }
        seed_assert(n_due > N_STEPS / 10);
        seed_assert(n_idle * 4 < n_due);
        world_free(&w);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { hostile_TIME_03_poll_at_is_the_earliest_deadline, NULL };

    return suite_run("deadlines", tests);
}
