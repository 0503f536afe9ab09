/* SPDX-License-Identifier: BSD-3-Clause */
/* What a simulator of several processes needs of the calls: descriptors by state, a table of names
 * and broken pipes of its own. */
#include <netdb.h>

#include "tests/support/compat_fixture.h"

static int n_pipes;

static size_t names(const char *name, struct sk_addr *out, size_t n)
{
    ck_assert_uint_gt(n, 0);
    if (strcmp(name, "known") != 0) {
        return 0;
    }
    out[0] = (struct sk_addr){ .addr = ip4(HOST_B) };
    return 1;
}

static bool name_of(struct ip_addr addr, char *name, size_t size)
{
    if (!ip_equal(addr, ip4(HOST_B)) || size < sizeof "known") {
        return false;
    }
    memcpy(name, "known", sizeof "known");
    return true;
}

static void broken_pipe(void)
{
    n_pipes++;
}

static const struct libsock_process process = { .hosts = names,
                                                .host_name = name_of,
                                                .broken_pipe = broken_pipe };

static int look_up(const char *name)
{
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
    struct addrinfo *list;
    int error = getaddrinfo(name, NULL, &hints, &list);

    if (error == 0) {
        ck_assert_uint_eq(((struct sockaddr_in *)(void *)list->ai_addr)->sin_addr.s_addr,
                          htonl(HOST_B));
        freeaddrinfo(list);
    }
    return error;
}

static int look_back(char *name, socklen_t len)
{
    struct sockaddr_in in = address(HOST_B, 80);

    return getnameinfo(generic(&in), sizeof in, name, len, NULL, 0, NI_NAMEREQD);
}

static int use_own_names(void *arg)
{
    char name[8];

    (void)arg;
    libsock_set_process(&process);
    ck_assert_int_eq(look_up("known"), 0);
    ck_assert_int_eq(look_back(name, sizeof name), 0);
    ck_assert_str_eq(name, "known");
    ck_assert_int_eq(look_up("unknown"), EAI_AGAIN); /* and there is no server */
    libsock_set_process(NULL);
    ck_assert_int_eq(look_up("known"), EAI_AGAIN);
    return 0;
}

START_TEST(names_come_from_the_processs_table)
{
    compat_alone(use_own_names);
}
END_TEST

static int break_a_pipe(void *arg)
{
    int client;
    int server;

    (void)arg;
    n_pipes = 0;
    libsock_set_process(&process);
    connect_self(&client, &server);
    ck_assert_int_eq(shutdown(client, SHUT_WR), 0);
    fails_with(send(client, "x", 1, MSG_NOSIGNAL), EPIPE);
    ck_assert_int_eq(n_pipes, 0);
    fails_with(send(client, "x", 1, 0), EPIPE);
    ck_assert_int_eq(n_pipes, 1);
    libsock_set_process(NULL);
    ck_assert_int_eq(close(client), 0);
    ck_assert_int_eq(close(server), 0);
    return 0;
}

START_TEST(a_broken_pipe_is_the_processs)
{
    compat_alone(break_a_pipe);
}
END_TEST

static int list_descriptors(void *arg)
{
    struct libsock_state other = world->states[0];
    struct libsock_state *own = libsock_state_current();
    int first = make(SOCK_DGRAM);
    int second = make(SOCK_DGRAM);
    sk_fd socket;

    (void)arg;
    libsock_state_set(&other);
    int foreign = make(SOCK_DGRAM);
    ck_assert_int_eq(libsock_state_next(&other, 0, NULL), foreign);
    ck_assert_int_eq(libsock_state_next(&other, foreign + 1, NULL), -1);
    libsock_state_set(own);
    ck_assert_int_eq(libsock_state_next(own, 0, &socket), first);
    ck_assert_int_ne(socket, SK_FD_NONE);
    ck_assert_int_eq(libsock_state_next(own, first + 1, NULL), second);
    ck_assert_int_eq(libsock_state_next(own, second + 1, NULL), -1);
    ck_assert_int_eq(libsock_state_next(own, -1, NULL), -1);
    fails_with(recv(foreign, &socket, 1, 0), ENOTCONN); /* the kernel's, to this one */

    libsock_state_set(&other);
    ck_assert_int_eq(close(foreign), 0);
    libsock_state_set(own);
    ck_assert_int_eq(close(first), 0);
    ck_assert_int_eq(close(second), 0);
    return 0;
}

START_TEST(descriptors_are_listed_by_their_state)
{
    compat_alone(list_descriptors);
}
END_TEST

static int forget_descriptors(void *arg)
{
    struct libsock_state *own = libsock_state_current();
    int fd = make(SOCK_DGRAM);
    int next = make(SOCK_DGRAM);
    sk_fd sockets[2];

    (void)arg;
    libsock_state_next(own, fd, &sockets[0]);
    libsock_state_next(own, next, &sockets[1]);
    libsock_state_forget(own);
    ck_assert_int_eq(libsock_state_next(own, 0, NULL), -1);
    fails_with(close(fd), EBADF); /* the kernel has none, either */
    for (int i = 0; i < 2; i++) { /* and the host still has both */
        ck_assert_int_eq(sk_close(world->hosts[0], sockets[i], clock_now()), SK_OK);
    }
    return 0;
}

START_TEST(descriptors_of_a_host_that_is_no_more_are_forgotten)
{
    compat_alone(forget_descriptors);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { names_come_from_the_processs_table,
                                   a_broken_pipe_is_the_processs,
                                   descriptors_are_listed_by_their_state,
                                   descriptors_of_a_host_that_is_no_more_are_forgotten, NULL };

    return suite_run("compat_process", tests);
}
