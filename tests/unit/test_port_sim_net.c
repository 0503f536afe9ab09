/* SPDX-License-Identifier: BSD-3-Clause */
/* The simulator: programs that block and talk to each other, and repeatable entropy. */
#include "tests/support/sim_fixture.h"

/* ---- Packets ---- */

static struct sk_iov iov_of(void *base, size_t len)
{
    return (struct sk_iov){ base, len };
}

static int echo_server(void *arg)
{
    struct sim_host *host = *(struct sim_host **)arg;
    uint8_t buffer[64];
    sk_fd fd;
    int i;

    ck_assert_int_eq(sk_socket(host->iface, SK_DGRAM, &fd), SK_OK);
    ck_assert_int_eq(sk_bind(host->iface, fd, (struct sk_addr){ ip4(0), PORT }), SK_OK);
    for (i = 0; i < N_ECHOES; i++) {
        struct sk_iov iov = iov_of(buffer, sizeof(buffer));
        struct sk_op op;

        sk_op_recv(&op, fd, &iov, 1, 0);
        ck_assert_int_eq(block_on(host, &op), SK_OK);
        iov.len = op.done;
        sk_op_send(&op, fd, &iov, 1, op.addr, 0);
        ck_assert_int_eq(block_on(host, &op), SK_OK);
    }
    ck_assert_int_eq(sk_close(host->iface, fd, sk_sim_now(&sim)), SK_OK);
    return 0;
}

static struct sk_addr server;

static int echo_client(void *arg)
{
    struct sim_host *host = *(struct sim_host **)arg;
    uint8_t buffer[64];
    sk_fd fd;
    uint8_t i;

    ck_assert_int_eq(sk_socket(host->iface, SK_DGRAM, &fd), SK_OK);
    for (i = 0; i < N_ECHOES; i++) {
        struct sk_iov iov = iov_of(buffer, 10);
        struct sk_op op;

        memset(buffer, i, sizeof(buffer));
        sk_op_send(&op, fd, &iov, 1, server, 0);
        ck_assert_int_eq(block_on(host, &op), SK_OK);
        memset(buffer, 0xff, sizeof(buffer));
        iov.len = sizeof(buffer);
        sk_op_recv(&op, fd, &iov, 1, 0);
        ck_assert_int_eq(block_on(host, &op), SK_OK);
        ck_assert_uint_eq(op.done, 10);
        ck_assert_uint_eq(buffer[9], i);
    }
    ck_assert_int_eq(sk_close(host->iface, fd, sk_sim_now(&sim)), SK_OK);
    return 0;
}

START_TEST(blocking_programs_talk_over_a_wire)
{
    start(1);
    server = (struct sk_addr){ ADDR(2), PORT };
    hosts[1] = sk_sim_host_add(&sim, "server", ifaces[1], echo_server, &hosts[1]);
    hosts[0] = sk_sim_host_add(&sim, "client", ifaces[0], echo_client, &hosts[0]);
    ck_assert_int_eq(sk_sim_run(&sim, HOUR), SIM_DONE);
    ck_assert_int_eq(sk_sim_now(&sim), SIM_START + N_ECHOES * 2 * DELAY);
    ck_assert(sk_iface_idle(ifaces[0]));
    ck_assert(sk_iface_idle(ifaces[1]));
    end();
}
END_TEST

START_TEST(two_programs_of_one_host_talk_over_loopback)
{
    start(1);
    server = (struct sk_addr){ ip4(0x7f000001), PORT };
    hosts[0] = sk_sim_host_add(&sim, "both", ifaces[0], echo_server, &hosts[0]);
    sk_sim_spawn(hosts[0], echo_client, &hosts[0]);
    ck_assert_int_eq(sk_sim_run(&sim, HOUR), SIM_DONE);
    ck_assert_int_eq(sk_sim_now(&sim), SIM_START);
    end();
}
END_TEST

START_TEST(a_lost_answer_is_a_deadlock)
{
    start(1);
    server = (struct sk_addr){ ADDR(2), PORT };
    wire.wires[1].settings.loss = PAIR_CERTAIN;
    hosts[1] = sk_sim_host_add(&sim, "server", ifaces[1], echo_server, &hosts[1]);
    hosts[0] = sk_sim_host_add(&sim, "client", ifaces[0], echo_client, &hosts[0]);
    ck_assert_int_eq(sk_sim_run(&sim, HOUR), SIM_DEADLOCK);
    ck_assert_int_eq(sk_sim_now(&sim), SIM_START + DELAY);
    end();
}
END_TEST

/* ---- Entropy ---- */

START_TEST(entropy_comes_from_the_seed)
{
    uint8_t a[16];
    uint8_t b[16];
    uint8_t again[16];
    uint8_t other[16];

    start(1);
    hosts[0] = sk_sim_host_add(&sim, "a", ifaces[0], NULL, NULL);
    hosts[1] = sk_sim_host_add(&sim, "b", ifaces[1], NULL, NULL);
    ck_assert(hosts[0]->port.entropy(&hosts[0]->port, a, 16));
    ck_assert(hosts[1]->port.entropy(&hosts[1]->port, b, 16));
    ck_assert_int_eq(hosts[0]->port.realtime(&hosts[0]->port), -1);
    end();
    start(1);
    hosts[0] = sk_sim_host_add(&sim, "a", ifaces[0], NULL, NULL);
    ck_assert(hosts[0]->port.entropy(&hosts[0]->port, again, 16));
    end();
    start(2);
    hosts[0] = sk_sim_host_add(&sim, "a", ifaces[0], NULL, NULL);
    ck_assert(hosts[0]->port.entropy(&hosts[0]->port, other, 16));
    end();
    ck_assert_mem_eq(a, again, 16);
    ck_assert_mem_ne(a, b, 16);
    ck_assert_mem_ne(a, other, 16);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        blocking_programs_talk_over_a_wire,
        two_programs_of_one_host_talk_over_loopback,
        a_lost_answer_is_a_deadlock,
        entropy_comes_from_the_seed,
        NULL,
    };

    return suite_run("port_sim_net", tests);
}
