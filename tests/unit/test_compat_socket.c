/* SPDX-License-Identifier: BSD-3-Clause */
/* Descriptors and addresses: socket, bind, listen, accept, getsockname, getpeername, fcntl, close,
 * and what is not ours. */
#include "tests/support/compat_fixture.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "compat/fd.h"

static void expect_name(int (*get)(int, struct sockaddr *, socklen_t *), int fd, uint32_t addr,
                        uint16_t port)
{
    struct sockaddr_in in;
    socklen_t len = sizeof in;

    ck_assert_int_eq(get(fd, (struct sockaddr *)&in, &len), 0);
    ck_assert_uint_eq(len, sizeof in);
    ck_assert_int_eq(in.sin_family, AF_INET);
    ck_assert_uint_eq(ntohl(in.sin_addr.s_addr), addr);
    ck_assert_uint_eq(ntohs(in.sin_port), port);
}

static int kinds(void *arg)
{
    (void)arg;
    int stream = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    int dgram = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    ck_assert_int_ge(stream, 0);
    ck_assert_int_ge(dgram, 0);
    fails_with(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT);
    fails_with(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP), EPROTONOSUPPORT);
    fails_with(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), ESOCKTNOSUPPORT);
    fails_with(socket(AF_INET, 77, 0), ESOCKTNOSUPPORT);
    fails_with(socket(AF_INET6, SOCK_RAW, IPPROTO_ICMP), ESOCKTNOSUPPORT);
    fails_with(socket(9999, SOCK_STREAM, 0), EAFNOSUPPORT);
    ck_assert_int_eq(close(stream), 0);
    ck_assert_int_eq(close(dgram), 0);
    fails_with(close(stream), EBADF);
    return 0;
}

START_TEST(a_socket_has_a_family_a_type_and_a_protocol)
{
    compat_alone(kinds);
}
END_TEST

static int real_numbers(void *arg)
{
    struct stat st;

    (void)arg;
    int lowest = dup(0);
    ck_assert_int_eq(close(lowest), 0);
    int fd = make(SOCK_STREAM);
    ck_assert_int_eq(fd, lowest);
    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert(S_ISSOCK(st.st_mode));
    int file = dup(0);
    ck_assert_int_gt(file, fd);
    ck_assert_int_eq(close(file), 0);
    ck_assert_int_eq(close(fd), 0);
    ck_assert_int_eq(fstat(fd, &st), -1);

    int dgram = make(SOCK_DGRAM);
    ck_assert_int_eq(dgram, lowest);
    ck_assert_int_eq(close(dgram), 0);
    return 0;
}

START_TEST(a_number_is_a_descriptor_of_the_kernel)
{
    compat_alone(real_numbers);
}
END_TEST

static int flags(void *arg)
{
    (void)arg;
    int fd = make(SOCK_STREAM);
    ck_assert_int_eq(fcntl(fd, F_GETFL), O_RDWR);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    ck_assert_int_eq(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_RDWR | O_APPEND), 0); /* others mean nothing */
    ck_assert_int_eq(fcntl(fd, F_GETFL), O_RDWR);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK | O_APPEND), 0);
    ck_assert_int_eq(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK);
    ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
    ck_assert_int_eq(fcntl(fd, F_GETFL), O_RDWR);
    ck_assert_int_eq(fcntl(fd, F_GETFD), 0);
    ck_assert_int_eq(fcntl(fd, F_SETFD, FD_CLOEXEC), 0);
    ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
    fails_with(fcntl(fd, F_GETLK, 0), EINVAL);
    ck_assert_int_eq(close(fd), 0);

    fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK);
    ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(fcntl_knows_the_flags)
{
    compat_alone(flags);
}
END_TEST

static int bad_addresses(void *arg)
{
    struct sockaddr_in in = address(INADDR_ANY, 1);

    (void)arg;
    int fd = make(SOCK_STREAM);
    fails_with(bind(fd, NULL, sizeof in), EFAULT);
    fails_with(bind(fd, generic(&in), sizeof in - 1), EINVAL);
    in.sin_family = AF_UNIX;
    fails_with(bind(fd, generic(&in), sizeof in), EAFNOSUPPORT);
    fails_with(connect(fd, generic(&in), sizeof in), EAFNOSUPPORT);
    fails_with(connect(fd, NULL, 0), EFAULT);
    in = address(0xc0000201, 1);
    fails_with(bind(fd, generic(&in), sizeof in), EADDRNOTAVAIL);
    bind_to(fd, HOST_A, 1);
    in = address(HOST_A, 2);
    fails_with(bind(fd, generic(&in), sizeof in), EINVAL);
    int other = make(SOCK_STREAM);
    in = address(INADDR_ANY, 1);
    fails_with(bind(other, generic(&in), sizeof in), EADDRINUSE);
    ck_assert_int_eq(close(fd), 0);
    ck_assert_int_eq(bind(other, generic(&in), sizeof in), 0);
    ck_assert_int_eq(close(other), 0);
    return 0;
}

START_TEST(bind_checks_its_address)
{
    compat_alone(bad_addresses);
}
END_TEST

static int names_server(void *arg)
{
    struct sockaddr_in peer;
    socklen_t len = sizeof peer;

    (void)arg;
    int listener = listen_on(80);
    expect_name(getsockname, listener, INADDR_ANY, 80);
    fails_with(accept(listener, (struct sockaddr *)&peer, NULL), EFAULT);
    int fd = accept(listener, (struct sockaddr *)&peer, &len);
    ck_assert_int_ge(fd, 0);
    ck_assert_uint_eq(len, sizeof peer);
    expect_name(getpeername, fd, HOST_A, ntohs(peer.sin_port));
    ck_assert_uint_eq(ntohl(peer.sin_addr.s_addr), HOST_A);
    expect_name(getsockname, fd, HOST_B, 80);
    ck_assert_int_eq(close(fd), 0);
    ck_assert_int_eq(close(listener), 0);
    return 0;
}

static int names_client(void *arg)
{
    struct sockaddr_in in;
    socklen_t len = sizeof in;
    unsigned char cut[4] = { 0, 0, 0xee, 0xee };

    (void)arg;
    int fd = make(SOCK_STREAM);
    expect_name(getsockname, fd, INADDR_ANY, 0);
    fails_with(getpeername(fd, (struct sockaddr *)&in, &len), ENOTCONN);
    ck_assert_int_eq(connect_to(fd, HOST_B, 80), 0);
    expect_name(getpeername, fd, HOST_B, 80);
    fails_with(getsockname(fd, NULL, &len), EFAULT);
    fails_with(getsockname(fd, (struct sockaddr *)&in, NULL), EFAULT);
    len = 2;
    ck_assert_int_eq(getpeername(fd, (struct sockaddr *)cut, &len), 0);
    ck_assert_uint_eq(len, sizeof in);
    ck_assert_uint_eq(cut[2], 0xee);
    ck_assert_int_eq(read(fd, cut, 1), 0);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(both_ends_know_both_names)
{
    compat_both(names_client, names_server);
}
END_TEST

/* Numbers are the lowest that are free: one that is kept shows. */
static int lowest_free(void)
{
    int fd = dup(0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(close(fd), 0);
    return fd;
}

static int not_a_listener(void *arg)
{
    (void)arg;
    int stream = make(SOCK_STREAM);
    int dgram = make(SOCK_DGRAM);
    fails_with(accept(stream, NULL, NULL), EINVAL);
    fails_with(accept(dgram, NULL, NULL), EOPNOTSUPP);
    fails_with(listen(dgram, 1), EOPNOTSUPP);
    ck_assert_int_eq(listen(stream, 1000000), 0);
    ck_assert_int_eq(listen(stream, -1), 0);
    ck_assert_int_eq(fcntl(stream, F_SETFL, O_NONBLOCK), 0);
    int lowest = lowest_free();
    fails_with(accept(stream, NULL, NULL), EAGAIN);
    ck_assert_int_eq(lowest_free(), lowest);
    ck_assert_int_eq(close(stream), 0);
    ck_assert_int_eq(close(dgram), 0);
    return 0;
}

START_TEST(accept_wants_a_listener)
{
    compat_alone(not_a_listener);
}
END_TEST

static int exhausted(void *arg)
{
    int fds[64];
    int n = 0;
    struct rlimit old;
    struct rlimit few;

    (void)arg;
    int lowest = lowest_free();
    while (n < 64 && (fds[n] = socket(AF_INET, SOCK_DGRAM, 0)) >= 0) {
        n++;
        lowest = lowest_free();
    }
    ck_assert_int_eq(errno, ENFILE);
    ck_assert_int_eq(lowest_free(), lowest);
    ck_assert_int_ge(n, CONFIG_N_UDP);
    while (n > 0) {
        ck_assert_int_eq(close(fds[--n]), 0);
    }

    int listener = listen_on(80);
    int client = dial(INADDR_LOOPBACK, 80);
    int next = lowest_free();
    getrlimit(RLIMIT_NOFILE, &old);
    few = (struct rlimit){ .rlim_cur = (rlim_t)next, .rlim_max = old.rlim_max };
    setrlimit(RLIMIT_NOFILE, &few);
    int took = socket(AF_INET, SOCK_DGRAM, 0);
    int error = errno;
    int accepted = accept(listener, NULL, NULL);
    int accept_error = errno;
    setrlimit(RLIMIT_NOFILE, &old);
    ck_assert_int_eq(took, -1);
    ck_assert_int_eq(error, EMFILE);
    ck_assert_int_eq(accepted, -1);
    ck_assert_int_eq(accept_error, EMFILE);

    accepted = accept(listener, NULL, NULL); /* it was not lost */
    ck_assert_int_ge(accepted, 0);
    ck_assert_int_eq(close(accepted), 0);
    ck_assert_int_eq(close(client), 0);
    ck_assert_int_eq(close(listener), 0);
    return 0;
}

START_TEST(running_out_is_told_and_costs_nothing)
{
    compat_alone(exhausted);
}
END_TEST

static int others(void *arg)
{
    int ends[2];
    char octet = 'x';
    struct sockaddr_in in = address(INADDR_LOOPBACK, 1);
    socklen_t len = sizeof in;
    int number = 0;
    socklen_t number_len = sizeof number;

    (void)arg;
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], &octet, 1), 1);
    octet = 0;
    ck_assert_int_eq(read(ends[0], &octet, 1), 1);
    ck_assert_int_eq(octet, 'x');
    ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    ck_assert_int_ne(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0);
    fails_with(read(ends[0], &octet, 1), EAGAIN);
    fails_with(bind(ends[0], generic(&in), sizeof in), ENOTSOCK);
    fails_with(connect(ends[0], generic(&in), sizeof in), ENOTSOCK);
    fails_with(listen(ends[0], 1), ENOTSOCK);
    fails_with(accept(ends[0], NULL, NULL), ENOTSOCK);
    fails_with(shutdown(ends[0], SHUT_WR), ENOTSOCK);
    fails_with(getsockname(ends[0], (struct sockaddr *)&in, &len), ENOTSOCK);
    fails_with(getpeername(ends[0], (struct sockaddr *)&in, &len), ENOTSOCK);
    fails_with(getsockopt(ends[0], SOL_SOCKET, SO_ERROR, &number, &number_len), ENOTSOCK);
    fails_with(setsockopt(ends[0], SOL_SOCKET, SO_REUSEADDR, &number, sizeof number), ENOTSOCK);
    fails_with(send(ends[0], &octet, 1, 0), ENOTSOCK);
    fails_with(sendto(ends[0], &octet, 1, 0, generic(&in), sizeof in), ENOTSOCK);
    fails_with(recv(ends[0], &octet, 1, 0), ENOTSOCK);
    fails_with(recvfrom(ends[0], &octet, 1, 0, NULL, NULL), ENOTSOCK);
    ck_assert_int_eq(close(ends[0]), 0);
    ck_assert_int_eq(close(ends[1]), 0);
    fails_with(close(-1), EBADF);
    fails_with(read(1 << 29, &octet, 1), EBADF);

    int local = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_ge(local, 0);
    ck_assert_ptr_null(fd_find(local));
    ck_assert_int_eq(close(local), 0);
    return 0;
}

START_TEST(what_is_not_ours_is_the_systems)
{
    compat_alone(others);
}
END_TEST

static int behind_our_back(void *arg)
{
    struct stat st;

    (void)arg;
    int fd = make(SOCK_STREAM);
    sk_fd handle = fd_find(fd)->fd;
    ck_assert_int_eq(syscall(SYS_close, fd), 0); /* as another library would */
    int again = make(SOCK_STREAM);
    ck_assert_int_eq(again, fd);
    ck_assert_int_eq(fstat(again, &st), 0);
    ck_assert_uint_ne(fd_find(again)->fd, handle);
    ck_assert_int_eq(close(again), 0);
    ck_assert_int_eq(sk_close(libsock_iface(), handle, clock_now()), SK_OK);
    return 0;
}

START_TEST(a_number_that_was_closed_elsewhere_can_be_ours_again)
{
    compat_alone(behind_our_back);
}
END_TEST

static int make_and_leave(void *arg)
{
    *(int *)arg = make(SOCK_DGRAM);
    return 0;
}

START_TEST(the_sockets_of_another_host_are_not_ours)
{
    struct compat c;
    int fd = -1;

    compat_begin(&c);
    sk_sim_spawn(c.places[0], make_and_leave, &fd);
    ck_assert_int_eq(sk_sim_run(&c.sim, PATIENCE), SIM_DONE);
    libsock_state_set(&c.states[1]);
    ck_assert_ptr_null(fd_find(fd));
    ck_assert_int_eq(fd_next(0), -1);
    libsock_state_set(&c.states[0]);
    ck_assert_ptr_nonnull(fd_find(fd));
    ck_assert_int_eq(fd_next(0), fd);
    ck_assert_int_eq(close(fd), 0);
    compat_end(&c);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_socket_has_a_family_a_type_and_a_protocol,
        a_number_is_a_descriptor_of_the_kernel,
        fcntl_knows_the_flags,
        bind_checks_its_address,
        both_ends_know_both_names,
        accept_wants_a_listener,
        running_out_is_told_and_costs_nothing,
        what_is_not_ours_is_the_systems,
        a_number_that_was_closed_elsewhere_can_be_ours_again,
        the_sockets_of_another_host_are_not_ours,
        NULL,
    };

    return suite_run("compat_socket", tests);
}
