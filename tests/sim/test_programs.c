/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whole programs in the simulator, their sources as they are: the echo server of the examples on
 * one host, blocking clients on the other, over a wire that loses, delays and reorders.
 */
#include "tests/support/compat_fixture.h"

int tcp_echo_main(int argc, char **argv);

#define ECHO_PORT 7 /* RFC 862 */
#define N_OCTETS 100000
#define LOSS 30000 /* parts per million */

static int echo_server(void *arg)
{
    char name[] = "tcp_echo";
    char once[] = "--once";
    char *argv[] = { name, once, NULL };

    (void)arg;
    return tcp_echo_main(2, argv);
}

static int connect_to_echo(void)
{
    struct sockaddr_in server = address(HOST_B, ECHO_PORT);
    int fd = make(SOCK_STREAM);

    while (connect(fd, generic(&server), sizeof server) != 0) {
        ck_assert_int_eq(errno, ECONNREFUSED); /* it is not up yet */
        sk_sim_sleep(&world->sim, 10 * MS);
    }
    return fd;
}

static char octet_at(size_t i)
{
    return (char)(i * 2654435761u >> 11);
}

/* Writes a piece, reads it back, and so on, as a simple client would. */
static int echo_client(void *arg)
{
    char out[1000];
    char in[1000];
    int fd = connect_to_echo();

    (void)arg;
    for (size_t done = 0; done < N_OCTETS; done += sizeof out) {
        size_t got = 0;

        for (size_t i = 0; i < sizeof out; i++) {
            out[i] = octet_at(done + i);
        }
        ck_assert_int_eq(write(fd, out, sizeof out), sizeof out);
        while (got < sizeof in) {
            ssize_t n = read(fd, in + got, sizeof in - got);

            ck_assert_int_gt(n, 0);
            got += (size_t)n;
        }
        ck_assert_mem_eq(in, out, sizeof in);
    }
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

static void run_over(struct pair_settings settings)
{
    struct compat c;

    compat_begin(&c);
    c.wire.wires[0].settings = settings;
    c.wire.wires[1].settings = settings;
    compat_run(&c, echo_client, echo_server);
    compat_end(&c);
}

START_TEST(a_client_and_a_server_as_they_are)
{
    run_over((struct pair_settings){ .delay = 5 * MS });
}
END_TEST

START_TEST(a_client_and_a_server_on_a_bad_wire)
{
    run_over((struct pair_settings){ .delay = 5 * MS,
                                     .loss = LOSS,
                                     .duplicate = LOSS,
                                     .corrupt = LOSS,
                                     .reorder = LOSS,
                                     .reorder_delay = 20 * MS });
}
END_TEST

/* An hour of waiting takes no time: the clock of the simulator jumps. */
static int patient_client(void *arg)
{
    int fd = connect_to_echo();
    char octet = 'x';

    (void)arg;
    sk_sim_sleep(&world->sim, 3000LL * SECOND);
    ck_assert_int_eq(write(fd, &octet, 1), 1);
    ck_assert_int_eq(read(fd, &octet, 1), 1);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(an_idle_hour_costs_nothing)
{
    struct compat c;

    compat_begin(&c);
    compat_run(&c, patient_client, echo_server);
    ck_assert_int_ge(sk_sim_now(&c.sim), 3000LL * SECOND);
    ck_assert_uint_lt(sk_iface_stats(c.hosts[0])->tx_packets, 40);
    compat_end(&c);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { a_client_and_a_server_as_they_are,
                                   a_client_and_a_server_on_a_bad_wire, an_idle_hour_costs_nothing,
                                   NULL };

    return suite_run("programs", tests);
}
