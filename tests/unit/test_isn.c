/* SPDX-License-Identifier: BSD-3-Clause */
/* Initial sequence numbers (RFC 9293 3.4.1, RFC 6528): a clock of 4 us for each pair of addresses,
 * which begins where a secret says. */
#include "base/tick.h"
#include "tests/support/frames.h"
#include "tests/support/suite.h"

#define CLOCK 4 /* us, RFC 9293 3.4.1 */
#define N_PORTS 4000

static struct host h;

static void begin(void)
{
    host_begin(&h, NULL);
    host_meet(&h);
}

/* That of a connection from our port to port 80 of the peer, which is forgotten again. */
static struct tcp_hdr syn_from(uint16_t port)
{
    sk_fd fd = host_bound(&h, SK_STREAM, port);
    const struct sent *s;
    struct sk_op op;
    struct tcp_hdr syn;

    sk_op_connect(&op, fd, (struct sk_addr){ PEER_IP, 80 });
    EXPECT(host_try(&h, &op) == SK_PENDING);
    host_poll(&h);
    s = host_sent(&h);
    EXPECT(s && s->tcp.flags & TCP_SYN);
    syn = s->tcp;
    EXPECT(sk_close(h.iface, fd, h.now) == SK_OK);
    host_poll(&h);
    host_forget(&h);
    return syn;
}

static uint32_t isn(uint16_t port)
{
    return syn_from(port).seq;
}

START_TEST(hostile_ID_01_the_isn_is_a_clock_and_a_secret_of_the_pair)
{
    uint32_t first;

    begin();
    first = isn(5000);
    ck_assert_uint_eq(isn(5000), first); /* the same pair at the same time */
    h.now += seconds(1);
    ck_assert_uint_eq(isn(5000) - first, 1000000 / CLOCK);
    h.now += CLOCK;
    ck_assert_uint_eq(isn(5000) - first, 1000000 / CLOCK + 1);
    ck_assert_uint_ne(isn(5001) - first, 1000000 / CLOCK + 1);
    host_end(&h);
}
END_TEST

/* What one pair tells says nothing of the next: differences are spread over all numbers, as many in
 * each sixteenth as there should be, within six standard deviations. */
START_TEST(hostile_ID_01_pairs_have_nothing_in_common)
{
    uint32_t n[16] = { 0 };
    uint32_t last = 0;

    begin();
    for (uint16_t port = 0; port < N_PORTS; port++) {
        uint32_t now = isn((uint16_t)(5000 + port));

        n[(now - last) >> 28]++;
        last = now;
    }
    for (int i = 0; i < 16; i++) {
        ck_assert_uint_gt(n[i], N_PORTS / 16 - 6 * 16);
        ck_assert_uint_lt(n[i], N_PORTS / 16 + 6 * 16);
    }
    host_end(&h);
}
END_TEST

START_TEST(hosts_have_their_own_secrets)
{
    struct host_setup another = { .config.seed = "another secret" };
    uint32_t of_one;

    begin();
    of_one = isn(5000);
    host_end(&h);
    begin();
    ck_assert_uint_eq(isn(5000), of_one); /* the seed is all there is */
    host_end(&h);
    host_begin(&h, &another);
    host_meet(&h);
    ck_assert_uint_ne(isn(5000), of_one);
    host_end(&h);
}
END_TEST

/* RFC 7323 5.4, 7.1: what one connection's timestamps tell says nothing of another's, nor of for
 * how long the host has been up. */
START_TEST(timestamps_of_two_pairs_have_nothing_in_common)
{
    struct host_setup setup = { .config.tcp = &sk_tcp_full };
    uint32_t n[16] = { 0 };
    uint32_t last = 0;
    uint32_t first;

    host_begin(&h, &setup);
    host_meet(&h);
    for (uint16_t port = 0; port < N_PORTS; port++) {
        uint32_t now = syn_from((uint16_t)(5000 + port)).tsval;

        n[(now - last) >> 28]++;
        last = now;
    }
    for (int i = 0; i < 16; i++) {
        ck_assert_uint_gt(n[i], N_PORTS / 16 - 6 * 16);
        ck_assert_uint_lt(n[i], N_PORTS / 16 + 6 * 16);
    }
    first = syn_from(5000).tsval;
    h.now += 1 << TICK_SHIFT;
    ck_assert_uint_eq(syn_from(5000).tsval, first + 1);
    host_end(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        hostile_ID_01_the_isn_is_a_clock_and_a_secret_of_the_pair,
        hostile_ID_01_pairs_have_nothing_in_common,
        hosts_have_their_own_secrets,
        timestamps_of_two_pairs_have_nothing_in_common,
        NULL,
    };

    return suite_run("isn", tests);
}
