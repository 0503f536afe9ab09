/* SPDX-License-Identifier: BSD-3-Clause */
/* Programs on host a that ask a name server on host b, in virtual time: what calls of <netdb.h>
 * make of its answers. */
#pragma once

#include "tests/support/compat_fixture.h"

#include <netdb.h>
#include <stdbool.h>

#include "tests/support/dns_server.h"

/* As long as a name can be: 253 characters. */
#define LABEL_61 "an-octet-of-a-label-is-one-character-and-there-are-so-many-12"
#define LONG_NAME LABEL_61 "34." LABEL_61 "34." LABEL_61 "34." LABEL_61

#define ONE_TEST 0xc0000201u /* the address of one.test */

static inline int serve_names(void *arg)
{
    static const struct dns_record records[] = {
        { .name = "one.test", .kind = DNS_RECORD_ADDR, .addr = { { 0 } } },
        { .name = "two.test", .kind = DNS_RECORD_ADDR },
        { .name = "two.test", .kind = DNS_RECORD_ADDR },
        { .name = "empty.test", .kind = DNS_RECORD_EMPTY },
        { .name = "fails.test", .kind = DNS_RECORD_FAILS, .rcode = 2 },
        { .name = "silent.test", .kind = DNS_RECORD_SILENT },
        { .name = "1.2.0.192.in-addr.arpa", .kind = DNS_RECORD_POINTER, .alias_of = "one.test" },
        { .name = "4.2.0.192.in-addr.arpa",
          .kind = DNS_RECORD_POINTER,
          .alias_of = "four.dept.example" },
        { .name = "5.2.0.192.in-addr.arpa", .kind = DNS_RECORD_EMPTY },
        { .name = "6.2.0.192.in-addr.arpa", .kind = DNS_RECORD_FAILS, .rcode = 2 },
        { .name = "7.2.0.192.in-addr.arpa", .kind = DNS_RECORD_SILENT },
        { .name = "8.2.0.192.in-addr.arpa",
          .kind = DNS_RECORD_POINTER,
          .alias_of = "dept.example" },
        { .name = "9.2.0.192.in-addr.arpa", .kind = DNS_RECORD_POINTER, .alias_of = LONG_NAME },
    };
    struct dns_record table[sizeof records / sizeof records[0]];
    uint8_t query[512];
    uint8_t answer[512];
    struct sockaddr_in from;
    ssize_t n;

    (void)arg;
    memcpy(table, records, sizeof table);
    for (uint32_t i = 0; i < 3; i++) {
        table[i].addr = ip4(ONE_TEST + i);
    }
    int fd = make(SOCK_DGRAM);
    bind_to(fd, INADDR_ANY, 53);
    for (;;) {
        socklen_t len = sizeof from;
        n = recvfrom(fd, query, sizeof query, 0, (struct sockaddr *)&from, &len);
        ck_assert_int_gt(n, 0);
        size_t answer_len = dns_server_answer(table, sizeof table / sizeof table[0], query,
                                              (size_t)n, answer, sizeof answer);
        if (answer_len > 0) {
            sendto(fd, answer, answer_len, 0, generic(&from), len);
        }
    }
    return 0;
}

/* Runs a program on host a, which asks host b. NULL: without a search list. */
static inline void ask_in(sim_main *program, uint32_t addr, const char *domain)
{
    struct compat c;
    struct sk_config config = { .size = sizeof config,
                                .dns = { { ip4(HOST_B), 53 }, { ip4(HOST_B), 53 } },
                                .search = { domain } };

    compat_begin_with(&c, &config, addr);
    c.places[1]->daemon = true;
    sk_sim_spawn(c.places[1], serve_names, NULL);
    compat_run(&c, program, NULL);
    ck_assert(sk_iface_idle(c.hosts[0]));
    compat_free(&c);
}

static inline void ask(sim_main *program, uint32_t addr)
{
    ask_in(program, addr, NULL);
}
