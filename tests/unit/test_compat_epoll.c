/* SPDX-License-Identifier: BSD-3-Clause */
/* epoll over sockets of ours and descriptors of the kernel's: levels, edges, what is told once, and
 * how a member ends. */
#define _GNU_SOURCE /* epoll_pwait2, dup3 */
#include "tests/support/compat_fixture.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "compat/epoll_instance.h"

static int make_instance(void)
{
    int epfd = epoll_create1(EPOLL_CLOEXEC);

    ck_assert_int_ge(epfd, 0);
    return epfd;
}

static int control(int epfd, int operation, int fd, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.fd = fd };

    return epoll_ctl(epfd, operation, fd, &event);
}

static void add(int epfd, int fd, uint32_t events)
{
    ck_assert_int_eq(control(epfd, EPOLL_CTL_ADD, fd, events), 0);
}

/* The events of `fd`, which alone has any; 0: nobody has. */
static uint32_t told(int epfd, int fd)
{
    struct epoll_event events[4];
    int n = epoll_wait(epfd, events, 4, 0);

    ck_assert_int_ge(n, 0);
    ck_assert_int_le(n, 1);
    if (n == 0) {
        return 0;
    }
    ck_assert_int_eq(events[0].data.fd, fd);
    return events[0].events;
}

static void says(int fd)
{
    ck_assert_int_eq(write(fd, "x", 1), 1);
}

static void hears(int fd)
{
    char octet;

    ck_assert_int_eq(read(fd, &octet, 1), 1);
}

/* ---- How events are told ---- */

static int levels(void *arg)
{
    int client;
    int server;
    int epfd = make_instance();

    (void)arg;
    connect_self(&client, &server);
    add(epfd, server, EPOLLIN | EPOLLRDHUP);
    ck_assert_uint_eq(told(epfd, server), 0);
    says(client);
    ck_assert_uint_eq(told(epfd, server), EPOLLIN);
    ck_assert_uint_eq(told(epfd, server), EPOLLIN);
    hears(server);
    ck_assert_uint_eq(told(epfd, server), 0);
    ck_assert_int_eq(shutdown(client, SHUT_WR), 0);
    ck_assert_uint_eq(told(epfd, server), EPOLLIN | EPOLLRDHUP);
    ck_assert_int_eq(control(epfd, EPOLL_CTL_MOD, server, EPOLLOUT), 0);
    ck_assert_uint_eq(told(epfd, server), EPOLLOUT);
    ck_assert_int_eq(control(epfd, EPOLL_CTL_MOD, server, 0), 0);
    ck_assert_uint_eq(told(epfd, server), 0);
    ck_assert_int_eq(shutdown(server, SHUT_WR), 0);
    ck_assert_uint_eq(told(epfd, server), EPOLLHUP); /* unasked, as on Linux */
    close_both(client, server);
    return close(epfd);
}

START_TEST(a_level_is_told_as_long_as_it_is_there)
{
    compat_alone(levels);
}
END_TEST

static int edges(void *arg)
{
    int client;
    int server;
    int epfd = make_instance();

    (void)arg;
    connect_self(&client, &server);
    ck_assert_int_eq(setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int)), 0);
    says(client);
    add(epfd, server, EPOLLIN | EPOLLET); /* what it has by now is an edge, too */
    ck_assert_uint_eq(told(epfd, server), EPOLLIN);
    ck_assert_uint_eq(told(epfd, server), 0);
    says(client);
    ck_assert_uint_eq(told(epfd, server), EPOLLIN); /* there was some, and there is more */
    ck_assert_uint_eq(told(epfd, server), 0);
    ck_assert_int_eq(control(epfd, EPOLL_CTL_MOD, server, EPOLLIN | EPOLLET), 0);
    ck_assert_uint_eq(told(epfd, server), EPOLLIN);
    hears(server);
    hears(server);
    ck_assert_uint_eq(told(epfd, server), 0);
    close_both(client, server);
    return close(epfd);
}

START_TEST(an_edge_is_told_once_for_each_thing_that_happens)
{
    compat_alone(edges);
}
END_TEST

/* What a program does itself, as another thread that was told, is no news. */
static int acts(void *arg)
{
    int client;
    int server;
    int epfd = make_instance();

    (void)arg;
    connect_self(&client, &server);
    says(client);
    ck_assert_int_eq(write(client, "yz", 2), 2);
    add(epfd, server, EPOLLIN | EPOLLOUT | EPOLLET);
    ck_assert_uint_eq(told(epfd, server), EPOLLIN | EPOLLOUT);
    hears(server);
    ck_assert_uint_eq(told(epfd, server), 0);
    close_both(client, server);

    struct sockaddr_in self = address(INADDR_LOOPBACK, 4000);
    server = make(SOCK_DGRAM);
    ck_assert_int_eq(bind(server, generic(&self), sizeof self), 0);
    ck_assert_int_eq(connect(server, generic(&self), sizeof self), 0);
    says(server);
    says(server);
    add(epfd, server, EPOLLIN | EPOLLET);
    ck_assert_uint_eq(told(epfd, server), EPOLLIN);
    hears(server);
    ck_assert_uint_eq(told(epfd, server), 0);
    ck_assert_int_eq(close(server), 0);
    return close(epfd);
}

START_TEST(what_a_program_reads_is_no_edge)
{
    compat_alone(acts);
}
END_TEST

/* Two connections wait; who takes one is not told of the other once more. */
static int takes(void *arg)
{
    int epfd = make_instance();
    int listener = listen_on(80);

    (void)arg;
    add(epfd, listener, EPOLLIN | EPOLLET);
    int first = dial(INADDR_LOOPBACK, 80);
    int second = dial(INADDR_LOOPBACK, 80);
    ck_assert_uint_eq(told(epfd, listener), EPOLLIN);
    int taken = accept(listener, NULL, NULL);
    ck_assert_int_ge(taken, 0);
    ck_assert_uint_eq(told(epfd, listener), 0);
    close_both(first, second);
    close_both(taken, listener);
    return close(epfd);
}

START_TEST(what_a_program_accepts_is_no_edge)
{
    compat_alone(takes);
}
END_TEST

static int once(void *arg)
{
    int client;
    int server;
    int epfd = make_instance();

    (void)arg;
    connect_self(&client, &server);
    add(epfd, server, EPOLLIN | EPOLLONESHOT);
    says(client);
    ck_assert_uint_eq(told(epfd, server), EPOLLIN);
    says(client);
    ck_assert_uint_eq(told(epfd, server), 0);
    ck_assert_int_eq(close(client), 0);
    ck_assert_uint_eq(told(epfd, server), 0); /* a hang-up is nothing that it waits for, either */
    ck_assert_int_eq(control(epfd, EPOLL_CTL_MOD, server, EPOLLIN | EPOLLONESHOT), 0);
    ck_assert_uint_eq(told(epfd, server), EPOLLIN);
    ck_assert_uint_eq(told(epfd, server), 0);
    ck_assert_int_eq(close(server), 0);
    return close(epfd);
}

START_TEST(what_is_told_once_waits_to_be_asked_for_again)
{
    compat_alone(once);
}
END_TEST

#define MANY 200

/* More than there are places in a first table, each with something; each is told in its turn. */
static int many(void *arg)
{
    int fds[MANY];
    int n_told[MANY] = { 0 };
    struct epoll_event events[7];
    int epfd = make_instance();

    (void)arg;
    for (int i = 0; i < MANY; i++) {
        struct epoll_event event = { .events = EPOLLOUT, .data.u32 = (uint32_t)i };
        fds[i] = make(SOCK_DGRAM);
        ck_assert_int_eq(epoll_ctl(epfd, EPOLL_CTL_ADD, fds[i], &event), 0);
    }
    for (int told_now = 0; told_now < MANY;) {
        int n = epoll_wait(epfd, events, 7, 0);
        ck_assert_int_gt(n, 0);
        ck_assert_int_le(n, 7);
        for (int i = 0; i < n; i++) {
            n_told[events[i].data.u32]++;
        }
        told_now += n;
    }
    for (int i = 0; i < MANY; i++) {
        ck_assert_int_ge(n_told[i], i < MANY - 7 ? 1 : 0);
        ck_assert_int_eq(control(epfd, i % 2 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD, fds[i], 0), 0);
    }
    ck_assert_int_eq(epoll_wait(epfd, events, 7, 0), 0);
    for (int i = 0; i < MANY; i++) {
        ck_assert_int_eq(close(fds[i]), 0);
    }
    return close(epfd);
}

#define APART 64 /* places in a first table: the two are in the same one */

static int neighbours(void *arg)
{
    int fds[APART + 1];
    struct epoll_event events[2];
    int epfd = make_instance();

    (void)arg;
    for (int i = 0; i <= APART; i++) {
        fds[i] = make(SOCK_DGRAM);
    }
    add(epfd, fds[0], EPOLLOUT | EPOLLET);
    add(epfd, fds[APART], EPOLLOUT | EPOLLET);
    ck_assert_int_eq(epoll_wait(epfd, events, 2, 0), 2);
    ck_assert_int_eq(control(epfd, EPOLL_CTL_MOD, fds[0], EPOLLOUT | EPOLLET), 0);
    ck_assert_uint_eq(told(epfd, fds[0]), EPOLLOUT);
    for (int i = 0; i <= APART; i++) {
        ck_assert_int_eq(close(fds[i]), 0);
    }
    return close(epfd);
}

static const struct sk_config many_sockets = { .size = sizeof many_sockets, .n_udp = MANY };

START_TEST(all_members_have_their_turn)
{
    struct compat c;

    compat_begin_with(&c, &many_sockets, HOST_A);
    compat_run(&c, many, NULL);
    compat_end(&c);
}
END_TEST

START_TEST(an_edge_is_one_sockets_alone)
{
    struct compat c;

    compat_begin_with(&c, &many_sockets, HOST_A);
    compat_run(&c, neighbours, NULL);
    compat_end(&c);
}
END_TEST

/* ---- Waits ---- */

static int says_after_a_while(void *arg)
{
    (void)arg;
    int fd = dial(HOST_B, 80);
    sk_sim_sleep(&world->sim, 500 * MS);
    says(fd);
    return close(fd);
}

static int waits(void *arg)
{
    struct epoll_event event;
    struct timespec exactly = { .tv_nsec = 1500 * 1000 };
    int epfd = make_instance();

    (void)arg;
    int fd = accept_one(80);
    add(epfd, fd, EPOLLIN);
    instant before = clock_now();
    ck_assert_int_eq(epoll_wait(epfd, &event, 1, 100), 0);
    ck_assert_int_eq(clock_now() - before, 100 * MS);
    ck_assert_int_eq(epoll_pwait2(epfd, &event, 1, &exactly, NULL), 0);
    ck_assert_int_eq(clock_now() - before, 101500);
    ck_assert_int_eq(epoll_wait(epfd, &event, 1, -1), 1);
    ck_assert_uint_eq(event.events, EPOLLIN);
    ck_assert_int_ge(clock_now() - before, 490 * MS);
    ck_assert_int_le(clock_now() - before, 510 * MS);
    ck_assert_int_eq(close(fd), 0);
    return close(epfd);
}

START_TEST(a_wait_ends_for_what_arrives_and_times_out_exactly)
{
    compat_both(says_after_a_while, waits);
}
END_TEST

/* A pipe that always has something, and a socket: with room for one event each has its turn. */
static int mixed(void *arg)
{
    int pipe_[2];
    int n_told[2] = { 0, 0 };
    struct epoll_event event;
    int epfd = make_instance();
    int fd = make(SOCK_DGRAM);

    (void)arg;
    ck_assert_int_eq(pipe(pipe_), 0);
    add(epfd, fd, EPOLLOUT);
    add(epfd, pipe_[0], EPOLLIN);
    ck_assert_uint_eq(told(epfd, fd), EPOLLOUT);
    says(pipe_[1]);
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(epoll_wait(epfd, &event, 1, 0), 1);
        n_told[event.data.fd == fd]++;
    }
    ck_assert_int_eq(n_told[0], 5);
    ck_assert_int_eq(control(epfd, EPOLL_CTL_DEL, fd, 0), 0);
    ck_assert_uint_eq(told(epfd, pipe_[0]), EPOLLIN);
    close_both(pipe_[0], pipe_[1]);
    ck_assert_uint_eq(told(epfd, fd), 0);
    ck_assert_int_eq(close(fd), 0);
    return close(epfd);
}

START_TEST(the_kernels_descriptors_have_their_turn)
{
    compat_alone(mixed);
}
END_TEST

/* An instance among the descriptors of a poll: what it has is not taken from it. */
static int polled(void *arg)
{
    int client;
    int server;
    int epfd = make_instance();
    struct pollfd p = { .fd = epfd, .events = POLLIN };

    (void)arg;
    connect_self(&client, &server);
    add(epfd, server, EPOLLIN | EPOLLET);
    ck_assert_int_eq(poll(&p, 1, 0), 0);
    says(client);
    ck_assert_int_eq(poll(&p, 1, 1000), 1);
    ck_assert_int_eq(p.revents, POLLIN);
    ck_assert_int_eq(poll(&p, 1, 0), 1);
    ck_assert_uint_eq(told(epfd, server), EPOLLIN);
    ck_assert_int_eq(poll(&p, 1, 0), 0);
    close_both(client, server);
    return close(epfd);
}

START_TEST(an_instance_can_be_polled)
{
    compat_alone(polled);
}
END_TEST

/* ---- How a member ends ---- */

static int ends(void *arg)
{
    int client;
    int server;
    int epfd = make_instance();

    (void)arg;
    connect_self(&client, &server);
    says(client);
    add(epfd, server, EPOLLIN);
    int copy = dup(server);
    add(epfd, copy, EPOLLIN);
    ck_assert_int_eq(control(epfd, EPOLL_CTL_DEL, server, 0), 0);
    ck_assert_uint_eq(told(epfd, copy), EPOLLIN);
    ck_assert_int_eq(close(copy), 0);
    ck_assert_uint_eq(told(epfd, copy),
                      EPOLLIN); /* epoll(7), question 6: until the last is closed */
    ck_assert_int_eq(close(server), 0);
    ck_assert_uint_eq(told(epfd, copy), 0);
    server = make(SOCK_DGRAM); /* most likely of the same number: it is none of the members */
    ck_assert_uint_eq(told(epfd, server), 0);
    fails_with(control(epfd, EPOLL_CTL_MOD, server, EPOLLOUT), ENOENT);
    add(epfd, server, EPOLLOUT);
    ck_assert_uint_eq(told(epfd, server), EPOLLOUT);
    close_both(client, server);
    return close(epfd);
}

START_TEST(a_member_ends_with_its_socket)
{
    compat_alone(ends);
}
END_TEST

/* What a wait has no room for waits for the next one, the kernel's and ours. */
static int rooms(void *arg)
{
    int a[2];
    int b[2];
    struct epoll_event events[4];
    int epfd = make_instance();
    int fd = make(SOCK_DGRAM);

    (void)arg;
    ck_assert_int_eq(pipe(a), 0);
    ck_assert_int_eq(pipe(b), 0);
    add(epfd, a[0], EPOLLIN);
    add(epfd, b[0], EPOLLIN);
    add(epfd, fd, EPOLLOUT);
    says(a[1]);
    says(b[1]);
    for (int room = 1; room <= 3; room++) {
        for (int i = 0; i < 6; i++) {
            events[room].events = 0;
            errno = 0;
            ck_assert_int_eq(epoll_wait(epfd, events, room, 0), room);
            ck_assert_int_eq(errno, 0);
            ck_assert_uint_eq(events[room].events, 0);
        }
    }
    close_both(a[0], a[1]);
    close_both(b[0], b[1]);
    ck_assert_int_eq(close(fd), 0);
    return close(epfd);
}

START_TEST(a_wait_tells_no_more_than_there_is_room_for)
{
    compat_alone(rooms);
}
END_TEST

/* All numbers of an instance are one, and it ends with the last. */
static int copies(void *arg)
{
    int epfd = make_instance();
    int fd = make(SOCK_DGRAM);

    (void)arg;
    add(epfd, fd, EPOLLOUT);
    int copy = dup(epfd);
    int third = fcntl(epfd, F_DUPFD, 0);
    ck_assert_int_eq(close(epfd), 0);
    ck_assert_uint_eq(told(copy, fd), EPOLLOUT);
    ck_assert_int_eq(dup2(copy, third), third);
    ck_assert_uint_eq(told(third, fd), EPOLLOUT);
    ck_assert_int_eq(close(copy), 0);
    ck_assert_int_eq(control(third, EPOLL_CTL_DEL, fd, 0), 0);
    ck_assert_int_eq(close(third), 0);
    epfd = make_instance(); /* most likely of the number that one of them had */
    ck_assert_uint_eq(told(epfd, fd), 0);
    fails_with(control(epfd, EPOLL_CTL_DEL, fd, 0), ENOENT);
    ck_assert_int_eq(close(fd), 0);
    return close(epfd);
}

START_TEST(an_instance_ends_with_its_last_number)
{
    compat_alone(copies);
}
END_TEST

/* ---- Arguments ---- */

static int arguments(void *arg)
{
    struct epoll_event event;
    struct epoll_event *volatile nowhere = NULL;
    struct timespec wrong = { .tv_nsec = 1000000000 };
    int epfd = make_instance();
    int fd = make(SOCK_DGRAM);

    (void)arg;
    add(epfd, fd, EPOLLIN);
    fails_with(control(epfd, EPOLL_CTL_ADD, fd, EPOLLIN), EEXIST);
    fails_with(control(epfd, 99, fd, EPOLLIN), EINVAL);
    fails_with(control(fd, EPOLL_CTL_ADD, fd, EPOLLIN), EINVAL);
    fails_with(control(-1, EPOLL_CTL_ADD, fd, EPOLLIN), EBADF);
    fails_with(control(STDIN_FILENO, EPOLL_CTL_DEL, fd, EPOLLIN), EINVAL);
    fails_with(epoll_ctl(epfd, EPOLL_CTL_MOD, fd, NULL), EFAULT);
    fails_with(epoll_wait(epfd, &event, 0, 0), EINVAL);
    fails_with(epoll_wait(epfd, nowhere, 1, 0), EFAULT);
    fails_with(epoll_pwait2(epfd, &event, 1, &wrong, NULL), EINVAL);
    fails_with(epoll_wait(fd, &event, 1, 0), EINVAL);
    ck_assert_int_eq(epoll_ctl(epfd, EPOLL_CTL_DEL, fd, NULL), 0);
    fails_with(control(epfd, EPOLL_CTL_DEL, fd, 0), ENOENT);
    fails_with(control(epfd, EPOLL_CTL_ADD, fd, EPOLLEXCLUSIVE | EPOLLONESHOT), EINVAL);
    fails_with(control(epfd, EPOLL_CTL_ADD, fd, EPOLLEXCLUSIVE | EPOLLRDHUP), EINVAL);
    add(epfd, fd, EPOLLEXCLUSIVE | EPOLLOUT);
    fails_with(control(epfd, EPOLL_CTL_MOD, fd, EPOLLOUT), EINVAL);
    ck_assert_uint_eq(told(epfd, fd), EPOLLOUT);
    ck_assert_int_eq(close(fd), 0);
    return close(epfd);
}

/* Its memory is another's then. */
static int forgets(void *arg)
{
    enum { N = 8 };
    void *others[N];
    int client;
    int server;
    int epfd = make_instance();

    (void)arg;
    connect_self(&client, &server);
    add(epfd, server, EPOLLIN);
    ck_assert_int_eq(close(epfd), 0);
    for (int i = 0; i < N; i++) {
        others[i] = malloc(sizeof(struct instance));
        ck_assert_ptr_nonnull(others[i]);
        memset(others[i], 0xff, sizeof(struct instance));
    }
    says(client);
    hears(server);
    for (int i = 0; i < N; i++) {
        free(others[i]);
    }
    close_both(client, server);
    return 0;
}

START_TEST(an_instance_that_ended_hears_of_no_socket)
{
    compat_alone(forgets);
}
END_TEST

START_TEST(wrong_arguments_are_told)
{
    compat_alone(arguments);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_level_is_told_as_long_as_it_is_there,
        an_edge_is_told_once_for_each_thing_that_happens,
        what_a_program_reads_is_no_edge,
        what_a_program_accepts_is_no_edge,
        what_is_told_once_waits_to_be_asked_for_again,
        all_members_have_their_turn,
        an_edge_is_one_sockets_alone,
        a_wait_ends_for_what_arrives_and_times_out_exactly,
        the_kernels_descriptors_have_their_turn,
        an_instance_can_be_polled,
        a_member_ends_with_its_socket,
        a_wait_tells_no_more_than_there_is_room_for,
        an_instance_ends_with_its_last_number,
        an_instance_that_ended_hears_of_no_socket,
        wrong_arguments_are_told,
        NULL,
    };

    return suite_run("compat_epoll", tests);
}
