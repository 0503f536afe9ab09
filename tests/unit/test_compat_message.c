/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages: sendmsg, recvmsg and their mm forms, readv, writev, and accept4. */
#define _GNU_SOURCE
#include "compat/fd.h"
#include "tests/support/compat_fixture.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/time.h>
#include <sys/uio.h>

/* ---- Several buffers ---- */

static int vectors(void *arg)
{
    char a[3];
    char b[5];
    struct iovec out[4] = { { "ab", 2 }, { NULL, 0 }, { "cdef", 4 }, { "g", 1 } };
    struct iovec in[2] = { { a, sizeof a }, { b, sizeof b } };
    int client;
    int server;

    (void)arg;
    connect_self(&client, &server);
    ck_assert_int_eq(writev(client, out, 4), 7);
    ck_assert_int_eq(readv(server, in, 2), 7);
    ck_assert_mem_eq(a, "abc", 3);
    ck_assert_mem_eq(b, "defg", 4);
    ck_assert_int_eq(writev(client, out, 0), 0);
    ck_assert_int_eq(readv(server, in, 0), 0);
    ck_assert_int_eq(readv(server, (struct iovec[]){ { NULL, 0 } }, 1), 0);
    close_both(client, server);

    datagram_pair(&client, &server);
    ck_assert_int_eq(writev(client, out, 4), 7); /* one datagram */
    ck_assert_int_eq(writev(client, out, 0), 0); /* and one without octets */
    ck_assert_int_eq(readv(server, in, 2), 7);
    ck_assert_int_eq(recv(server, a, sizeof a, 0), 0);
    close_both(client, server);
    return 0;
}

START_TEST(buffers_are_gathered_and_scattered)
{
    compat_alone(vectors);
}
END_TEST

static int wrong_vectors(void *arg)
{
    static struct iovec many[1025];
    char octet;
    struct iovec long_ones[2] = { { &octet, SSIZE_MAX }, { &octet, 1 } };
    volatile int none = -1;
    struct iovec nowhere = { NULL, 1 };
    struct iovec *volatile no_vector = NULL; /* the compiler warns of what it knows */
    struct msghdr msg = { .msg_iov = many, .msg_iovlen = 1025 };
    int client;
    int server;

    (void)arg;
    connect_self(&client, &server);
    fails_with(writev(client, many, none), EINVAL);
    fails_with(readv(client, many, none), EINVAL);
    fails_with(writev(client, many, 1025), EINVAL);
    fails_with(readv(client, many, 1025), EINVAL);
    ck_assert_int_eq(writev(client, many, 1024), 0);
    fails_with(writev(client, long_ones, 2), EINVAL);
    fails_with(readv(client, long_ones, 2), EINVAL);
    fails_with(writev(client, &nowhere, 1), EFAULT);
    fails_with(readv(client, &nowhere, 1), EFAULT);
    fails_with(writev(client, no_vector, 1), EFAULT);
    fails_with(sendmsg(client, &msg, 0), EMSGSIZE);
    fails_with(recvmsg(client, &msg, 0), EMSGSIZE);
    msg = (struct msghdr){ .msg_iov = &nowhere, .msg_iovlen = 1 };
    fails_with(sendmsg(client, &msg, 0), EFAULT);
    fails_with(recvmsg(client, &msg, 0), EFAULT);
    fails_with(sendmsg(client, NULL, 0), EFAULT);
    fails_with(recvmsg(client, NULL, 0), EFAULT);
    fails_with(sendmmsg(client, NULL, 1, 0), EFAULT);
    fails_with(recvmmsg(client, NULL, 1, 0, NULL), EFAULT);
    fails_with(sendmsg(client, &(struct msghdr){ 0 }, 0x40000000), EOPNOTSUPP);
    fails_with(recvmsg(client, &(struct msghdr){ 0 }, 0x400000), EOPNOTSUPP);
    close_both(client, server);
    fails_with(writev(client, many, 1), EBADF);
    fails_with(readv(client, many, 1), EBADF);
    fails_with(sendmsg(client, &(struct msghdr){ 0 }, 0), EBADF);
    fails_with(recvmsg(client, &(struct msghdr){ 0 }, 0), EBADF);
    return 0;
}

START_TEST(buffers_that_cannot_be_are_refused)
{
    compat_alone(wrong_vectors);
}
END_TEST

static int kernels(void *arg)
{
    char octets[4];
    struct iovec out[2] = { { "ab", 2 }, { "c", 1 } };
    struct iovec in = { octets, sizeof octets };
    struct mmsghdr mm = { .msg_hdr = { .msg_iov = &in, .msg_iovlen = 1 } };
    struct msghdr msg = { .msg_iov = out, .msg_iovlen = 2 };
    int ends[2];

    (void)arg;
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
    ck_assert_int_eq(writev(ends[0], out, 2), 3);
    ck_assert_int_eq(readv(ends[1], &in, 1), 3);
    ck_assert_int_eq(sendmsg(ends[0], &msg, 0), 3);
    ck_assert_int_eq(recvmsg(ends[1], &mm.msg_hdr, 0), 3);
    ck_assert_int_eq(sendmmsg(ends[0], &mm, 1, 0), 1);
    ck_assert_int_eq(recvmmsg(ends[1], &mm, 1, 0, NULL), 1);
    fails_with(accept4(ends[0], NULL, NULL, 0), EOPNOTSUPP);
    close_both(ends[0], ends[1]);
    return 0;
}

START_TEST(the_kernels_descriptors_are_the_kernels)
{
    compat_alone(kernels);
}
END_TEST

/* ---- Names, flags and lengths ---- */

static int names(void *arg)
{
    struct sockaddr_in to = address(INADDR_LOOPBACK, 9000);
    struct sockaddr_in from;
    char octets[8];
    struct iovec out = { "hello", 5 };
    struct iovec in = { octets, 3 };
    struct msghdr send = {
        .msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &out, .msg_iovlen = 1
    };
    struct msghdr recv = { .msg_name = &from,
                           .msg_namelen = sizeof from,
                           .msg_iov = &in,
                           .msg_iovlen = 1,
                           .msg_control = octets,
                           .msg_controllen = sizeof octets,
                           .msg_flags = -1 };
    int client = make(SOCK_DGRAM);
    int server = make(SOCK_DGRAM);

    (void)arg;
    bind_to(server, INADDR_LOOPBACK, 9000);
    ck_assert_int_eq(sendmsg(client, &send, 0), 5);
    ck_assert_int_eq(recvmsg(server, &recv, MSG_PEEK), 3);
    ck_assert_int_eq(recv.msg_flags, MSG_TRUNC);
    ck_assert_int_eq(recvmsg(server, &recv, MSG_TRUNC | MSG_CMSG_CLOEXEC), 5);
    ck_assert_mem_eq(octets, "hel", 3);
    ck_assert_int_eq(recv.msg_flags, MSG_TRUNC);
    ck_assert_uint_eq(recv.msg_namelen, sizeof from);
    ck_assert_uint_eq(from.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    ck_assert_uint_eq(recv.msg_controllen, 0);

    in.iov_len = sizeof octets;
    recv.msg_name = NULL;
    ck_assert_int_eq(sendmsg(client, &send, 0), 5);
    ck_assert_int_eq(recvmsg(server, &recv, MSG_TRUNC), 5);
    ck_assert_int_eq(recv.msg_flags, 0);
    close_both(client, server);

    connect_self(&client, &server); /* the address of a stream is of no interest either way */
    recv.msg_name = &from;
    recv.msg_namelen = sizeof from;
    ck_assert_int_eq(sendmsg(client, &send, 0), 5);
    ck_assert_int_eq(recvmsg(server, &recv, 0), 5);
    ck_assert_uint_eq(recv.msg_namelen, 0);
    ck_assert_int_eq(recv.msg_flags, 0);
    close_both(client, server);
    return 0;
}

START_TEST(a_message_tells_its_sender_and_whether_it_was_cut)
{
    compat_alone(names);
}
END_TEST

static int discarded(void *arg)
{
    char octets[4] = "....";
    int client;
    int server;

    (void)arg;
    connect_self(&client, &server);
    ck_assert_int_eq(send(client, "abcdef", 6, 0), 6);
    ck_assert_int_eq(recv(server, NULL, 0, 0), 0);
    ck_assert_int_eq(recv(server, octets, 4, MSG_TRUNC), 4);
    ck_assert_mem_eq(octets, "....", 4);
    ck_assert_int_eq(recv(server, octets, 4, 0), 2);
    ck_assert_mem_eq(octets, "ef..", 4);
    close_both(client, server);
    return 0;
}

START_TEST(msg_trunc_drops_octets_of_a_stream_unseen)
{
    compat_alone(discarded);
}
END_TEST

static int urgent(void *arg)
{
    int client;
    int server;

    (void)arg;
    connect_self(&client, &server);
    ck_assert_int_eq(send(client, "abc", 3, MSG_OOB), 3);
    sk_sim_sleep(&world->sim, SECOND);
    ck_assert_uint_eq(sk_urgent(state_enter(), fd_find(server)->fd), 3);
    state_leave();
    close_both(client, server);
    datagram_pair(&client, &server);
    fails_with(send(client, "abc", 3, MSG_OOB), EOPNOTSUPP);
    close_both(client, server);
    return 0;
}

START_TEST(msg_oob_makes_a_stream_urgent)
{
    compat_alone(urgent);
}
END_TEST

/* ---- Several messages ---- */

#define N_MESSAGES 4

static struct mmsghdr messages[N_MESSAGES];
static struct iovec message_iovs[N_MESSAGES];
static char message_octets[N_MESSAGES][2];

static void prepare_messages(void)
{
    for (int i = 0; i < N_MESSAGES; i++) {
        message_octets[i][0] = (char)('a' + i);
        message_iovs[i] = (struct iovec){ message_octets[i], 1 };
        messages[i] =
            (struct mmsghdr){ .msg_hdr = { .msg_iov = &message_iovs[i], .msg_iovlen = 1 } };
    }
}

static int many(void *arg)
{
    struct timespec second = { .tv_sec = 1 };
    int client;
    int server;

    (void)arg;
    datagram_pair(&client, &server);
    prepare_messages();
    ck_assert_int_eq(sendmmsg(client, messages, 0, 0), 0);
    ck_assert_int_eq(sendmmsg(client, messages, N_MESSAGES, 0), N_MESSAGES);
    for (int i = 0; i < N_MESSAGES; i++) {
        ck_assert_uint_eq(messages[i].msg_len, 1);
        message_iovs[i].iov_len = 2;
    }
    ck_assert_int_eq(recvmmsg(server, messages, 2, 0, NULL), 2);
    ck_assert_mem_eq(message_octets[0], "a", 1);
    ck_assert_mem_eq(message_octets[1], "b", 1);
    ck_assert_int_eq(recvmmsg(server, messages, N_MESSAGES, MSG_WAITFORONE, NULL), 2);
    ck_assert_mem_eq(message_octets[1], "d", 1);
    fails_with(recvmmsg(server, messages, N_MESSAGES, MSG_DONTWAIT, NULL), EAGAIN);
    fails_with(recvmmsg(server, messages, 1, 0, &(struct timespec){ .tv_nsec = -1 }), EINVAL);

    ck_assert_int_eq(send(client, "e", 1, 0), 1);
    ck_assert_int_eq(setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ .tv_sec = 2 },
                                sizeof(struct timeval)),
                     0);
    instant before = clock_now();
    ck_assert_int_eq(recvmmsg(server, messages, N_MESSAGES, 0, &second), 1);
    ck_assert_int_eq(clock_now() - before, 2 * SECOND); /* it looks at it between messages */

    ck_assert_int_eq(send(client, "f", 1, 0), 1);
    second.tv_sec = 0;
    ck_assert_int_eq(recvmmsg(server, messages, N_MESSAGES, 0, &second), 1);
    close_both(client, server);
    return 0;
}

START_TEST(several_messages_go_and_come_in_one_call)
{
    compat_alone(many);
}
END_TEST

/* A datagram comes, and while the next one is waited for, word that nobody is at the peer's port.
 */
static int one_and_gone(void *arg)
{
    int fd = make(SOCK_DGRAM);

    (void)arg;
    bind_to(fd, INADDR_ANY, 9000);
    ck_assert_int_eq(connect_to(fd, HOST_A, 9001), 0);
    ck_assert_int_eq(send(fd, "x", 1, 0), 1);
    return close(fd);
}

static int error_after_one(void *arg)
{
    int fd = make(SOCK_DGRAM);
    struct pollfd ready = { .fd = fd, .events = POLLIN };

    (void)arg;
    prepare_messages();
    bind_to(fd, INADDR_ANY, 9001);
    ck_assert_int_eq(connect_to(fd, HOST_B, 9000), 0);
    ck_assert_int_eq(poll(&ready, 1, -1), 1);
    ck_assert_int_eq(send(fd, "y", 1, 0), 1);
    ck_assert_int_eq(recvmmsg(fd, messages, 2, 0, NULL), 1);
    fails_with(recvmmsg(fd, messages, 2, 0, NULL), ECONNREFUSED);
    fails_with(recvmmsg(fd, messages, 2, MSG_DONTWAIT, NULL), EAGAIN);
    return close(fd);
}

START_TEST(an_error_stops_several_messages_and_is_told_once)
{
    compat_both(error_after_one, one_and_gone);
}
END_TEST

/* ---- accept4 ---- */

static int accepted_flags(void *arg)
{
    char octet;
    int listener = listen_on(80);
    int client = dial(INADDR_LOOPBACK, 80);

    (void)arg;
    fails_with(accept4(listener, NULL, NULL, SOCK_STREAM), EINVAL);
    int server = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    ck_assert_int_ge(server, 0);
    fails_with(read(server, &octet, 1), EAGAIN);
    ck_assert_int_eq(fcntl(server, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    ck_assert_int_eq(fcntl(server, F_GETFD), FD_CLOEXEC);
    close_both(client, server);
    client = dial(INADDR_LOOPBACK, 80);
    server = accept4(listener, NULL, NULL, 0);
    ck_assert_int_eq(fcntl(server, F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_eq(fcntl(server, F_GETFD), 0);
    close_both(client, server);
    return close(listener);
}

START_TEST(accept4_makes_a_socket_with_flags)
{
    compat_alone(accepted_flags);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        buffers_are_gathered_and_scattered,
        buffers_that_cannot_be_are_refused,
        the_kernels_descriptors_are_the_kernels,
        a_message_tells_its_sender_and_whether_it_was_cut,
        msg_trunc_drops_octets_of_a_stream_unseen,
        msg_oob_makes_a_stream_urgent,
        several_messages_go_and_come_in_one_call,
        an_error_stops_several_messages_and_is_told_once,
        accept4_makes_a_socket_with_flags,
        NULL,
    };

    return suite_run("compat_message", tests);
}
