/* SPDX-License-Identifier: BSD-3-Clause */
/* SK_MEMORY_SIZE, the constant that a board sizes its static memory with, against sk_iface_size. */
#include <check.h>

#include "libsock.h"
#include "proto/tcp/profile.h"
#include "tests/support/suite.h"

static size_t measured(uint32_t n, uint32_t buffer)
{
    struct sk_config config = {
        .size = sizeof(config),
        .n_tcp = n,
        .n_udp = n,
        .n_listeners = n,
        .n_syn_cache = n,
        .n_time_wait = n,
        .n_netifs = 2,
        .n_packets = n + 2,
        .packet_size = 1536,
        .n_neighbours = n,
        .n_queries = n,
        .buffers = { { buffer, n } },
    };

    return sk_iface_size(&config);
}

START_TEST(the_constant_is_enough_and_little_more)
{
    for (uint32_t n = 1; n <= 64; n++) {
        size_t constant = SK_MEMORY_SIZE(n, n, n, n, n, 2, n + 2, 1536, n, n, n * 1024);
        size_t exact = measured(n, 1024);

        ck_assert_uint_ge(constant, exact);
        ck_assert_uint_le(constant, exact + exact / 10 + 512);
    }
}
END_TEST

START_TEST(the_state_of_the_basic_profile_is_counted)
{
    ck_assert_uint_le(tcp_state_size(&sk_tcp_basic, 0, 0), TCP_BASIC_STATE_LEN);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { the_constant_is_enough_and_little_more,
                                   the_state_of_the_basic_profile_is_counted, NULL };

    return suite_run("memory_size", tests);
}
