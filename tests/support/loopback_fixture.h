/* SPDX-License-Identifier: BSD-3-Clause */
/* A host with no netif but its loopback, on the port of real hosts: the process's own, for POSIX
 * calls. */
#pragma once

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compat/compat.h"
#include "compat/state.h"
#include "port/posix.h"
#include "tests/support/suite.h"

#define N_CLIENTS 4
#define PORT 5000

static struct port_posix port;
static void *memory;

/* A name server is asked at 127.0.0.1. */
static inline void begin(void)
{
    struct sk_config config = { .size = sizeof config,
                                .n_tcp = 4 * N_CLIENTS,
                                .n_packets = 64,
                                .rcvbuf = 4096,
                                .sndbuf = 4096,
                                .n_queries = 2,
                                .dns = { { ip4(INADDR_LOOPBACK), 53 } },
                                .seed = { 1 } };

    memory = aligned_alloc(16, (sk_iface_size(&config) + 15) & ~(size_t)15);
    ck_assert_int_eq(sk_port_posix_init(&port), SK_OK);
    struct sk_iface *iface =
        sk_iface_init(&config, memory, sk_iface_size(&config), port.port.now(&port.port));
    ck_assert_ptr_nonnull(iface);
    libsock_state_set(NULL);
    ck_assert_int_eq(libsock_start(iface, &port.port), SK_OK);
}

static inline void end(void)
{
    libsock_state_set(NULL);
    sk_port_posix_destroy(&port);
    free(memory);
}

static inline struct sockaddr_in loopback(void)
{
    return (struct sockaddr_in){ .sin_family = AF_INET,
                                 .sin_port = htons(PORT),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static inline int bound(int type)
{
    struct sockaddr_in in = loopback();
    int fd = socket(AF_INET, type, 0);
    int yes = 1; /* beside connections from before */

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes), 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
    return fd;
}

static inline int listening(void)
{
    int fd = bound(SOCK_STREAM);

    ck_assert_int_eq(listen(fd, N_CLIENTS), 0);
    return fd;
}

/* Both ends of a connection. */
static inline void connect_self(int *client, int *server)
{
    struct sockaddr_in to = loopback();
    int listener = listening();

    *client = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(*client, (struct sockaddr *)&to, sizeof to), 0);
    *server = accept(listener, NULL, NULL);
    ck_assert_int_ge(*server, 0);
    ck_assert_int_eq(close(listener), 0);
}

#define fails_with(call, number)                                                                   \
    do {                                                                                           \
        errno = 0;                                                                                 \
        ck_assert_int_eq((call), -1);                                                              \
        ck_assert_msg(errno == (number), "%s: %s, not %s", #call, strerror(errno),                 \
                      strerror(number));                                                           \
    } while (0)
