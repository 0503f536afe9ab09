/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One long connection: its sequence space wraps, twice for OCTETS=9000000000 in the environment,
 * and its timestamps with it go on. Every octet is looked at.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/support/world.h"

#define PERIOD 65521 /* octets: a prime, so that no wrap of anything goes unseen */
#define CHUNK 32768

static uint8_t pattern[PERIOD + CHUNK];

static size_t transfer(struct sk_iface *host, struct sk_op *op, instant now)
{
    enum sk_err err = op->poll(op, host, now);

    ck_assert_msg(err == SK_OK || err == SK_PENDING, "%s", sk_err_name(err));
    return err == SK_OK || op->done > 0 ? op->done : 0;
}

START_TEST(a_connection_outlives_its_sequence_numbers)
{
    struct world_setup setup = { .seed = 1, .config = { .tcp = &sk_tcp_full } };
    uint64_t n = getenv("OCTETS") ? strtoull(getenv("OCTETS"), NULL, 0) : 100000000;
    static uint8_t got[CHUNK];
    uint64_t sent = 0;
    uint64_t heard = 0;
    struct world w;
    sk_fd client;
    sk_fd server;

    for (uint32_t i = 0; i < sizeof(pattern); i++) {
        pattern[i] = (uint8_t)((i % PERIOD) * 2654435761u >> 24);
    }
    setup.config.rcvbuf = setup.config.sndbuf = 131072;
    setup.config.buffers[0] = (struct sk_buffer_class){ 131072, 8 };
    setup.settings.delay = 1000;
    world_begin(&w, &setup);
    world_connect(&w, 80, &client, &server);
    while (heard < n) {
        uint64_t before = sent + heard;
        size_t len = n - sent < CHUNK ? (size_t)(n - sent) : CHUNK;
        struct sk_iov out = { pattern + sent % PERIOD, len };
        struct sk_iov in = { got, sizeof(got) };
        struct sk_op op;

        sk_op_send(&op, client, &out, 1, (struct sk_addr){ ip4(0), 0 }, 0);
        sent += len > 0 ? transfer(w.hosts[0], &op, w.now) : 0;
        world_settle(&w);
        sk_op_recv(&op, server, &in, 1, 0);
        len = transfer(w.hosts[1], &op, w.now);
        ck_assert_msg(memcmp(got, pattern + heard % PERIOD, len) == 0, "after %llu octets",
                      (unsigned long long)heard);
        heard += len;
        world_settle(&w);
        ck_assert(sent + heard > before || world_step(&w, NEVER));
    }
    ck_assert_uint_eq(heard, sent);
    ck_assert_uint_eq(sk_iface_stats(w.hosts[0])->tcp_retransmitted, 0);
    sk_close(w.hosts[0], client, w.now);
    sk_close(w.hosts[1], server, w.now);
    world_end(&w);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { a_connection_outlives_its_sequence_numbers, NULL };

    return suite_run("wrap", tests);
}
