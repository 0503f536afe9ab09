/* SPDX-License-Identifier: BSD-3-Clause */
/* For the tests of libsock-sim: a client and a server on a link, and what their programs call. */
#pragma once

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/libsock-sim.h"

#define MS SK_SIM_MS
#define SECOND SK_SIM_S
#define MINUTE (60 * SK_SIM_S)
#define PORT 7000

static struct sk_sim *sim;
static struct sk_sim_host *client;
static struct sk_sim_host *server;
static struct sk_sim_link *link_between;

static inline void make_hosts(uint64_t seed)
{
    sim = sk_sim_new(seed);
    client = sk_sim_host(sim, "client", "10.0.0.1");
    server = sk_sim_host(sim, "server", "10.0.0.2");
}

static inline void make_world(const struct sk_sim_wire *wire)
{
    make_hosts(1);
    link_between = sk_sim_link(client, server, wire);
}

static inline void end_world(void)
{
    sk_sim_free(sim);
    sim = NULL;
}

static inline struct sockaddr_in at(const char *addr, int port)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

    ck_assert_int_eq(inet_pton(AF_INET, addr, &in.sin_addr), 1);
    return in;
}

static inline const struct sockaddr *generic(const struct sockaddr_in *in)
{
    return (const struct sockaddr *)(const void *)in;
}

static inline int udp_on(int port)
{
    struct sockaddr_in here = at("0.0.0.0", port);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, generic(&here), sizeof here), 0);
    return fd;
}

static inline int listen_on(int port)
{
    struct sockaddr_in here = at("0.0.0.0", port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, generic(&here), sizeof here), 0);
    ck_assert_int_eq(listen(fd, 4), 0);
    return fd;
}

/* -1 and errno when it cannot. */
static inline int dial(const char *addr, int port)
{
    struct sockaddr_in there = at(addr, port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_ge(fd, 0);
    if (connect(fd, generic(&there), sizeof there) != 0) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/* Sends back what each connection brings, for ever. */
static inline int echo_server(void *arg)
{
    int listener = listen_on(PORT);

    (void)arg;
    for (;;) {
        char octets[2000];
        ssize_t n;
        int fd = accept(listener, NULL, NULL);

        ck_assert_int_ge(fd, 0);
        while ((n = recv(fd, octets, sizeof octets, 0)) > 0) {
            if (send(fd, octets, (size_t)n, MSG_NOSIGNAL) != n) {
                break;
            }
        }
        close(fd);
    }
}

/* One octet there and back; 0 when it came. */
static inline int ping(void *arg)
{
    int fd = dial("10.0.0.2", PORT);
    char octet = 'x';

    (void)arg;
    if (fd < 0 || send(fd, &octet, 1, 0) != 1 || recv(fd, &octet, 1, 0) != 1) {
        return errno;
    }
    close(fd);
    return 0;
}

static inline bool report_has(const char *text)
{
    return strstr(sk_sim_report(sim), text) != NULL;
}

#define assert_reported(text)                                                                      \
    ck_assert_msg(report_has(text), "not reported: %s\n%s", text, sk_sim_report(sim))

static inline void assert_runs(int64_t within)
{
    sk_sim_ck_run(sim, within);
}

/* As suite_run, with something that is called before each test. */
static inline int suite_run_with(const char *name, const TTest *const *tests, SFun set_up)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, NULL);
    for (; *tests; tests++) {
        tcase_add_test(tcase, *tests);
    }
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed > 0;
}
