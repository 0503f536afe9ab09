/* SPDX-License-Identifier: BSD-3-Clause */
/* IP_RECVERR and MSG_ERRQUEUE, as ip(7) has them. */
#include "tests/support/compat_fixture.h"

#include <linux/errqueue.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdalign.h>

struct received {
    struct sockaddr_in name;
    alignas(struct cmsghdr) uint8_t control[128];
    struct msghdr msg;
};

static ssize_t receive(int fd, struct received *r, size_t room, int flags)
{
    memset(r, 0xa5, sizeof *r);
    r->msg = (struct msghdr){ .msg_name = &r->name,
                              .msg_namelen = sizeof r->name,
                              .msg_control = r->control,
                              .msg_controllen = room };
    return recvmsg(fd, &r->msg, flags);
}

static int asking(void)
{
    int on = 1;
    int fd = make(SOCK_DGRAM);

    ck_assert_int_eq(setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on), 0);
    return fd;
}

static short state_of(int fd, int patience)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    ck_assert_int_ge(poll(&p, 1, patience), 0);
    return p.revents;
}

/* Nobody has the port: the other host says so. */
static int is_refused(void *arg)
{
    struct sockaddr_in to = address(HOST_B, 9);
    struct sock_extended_err error;
    struct sockaddr_in offender;
    struct received r;
    char octet;

    (void)arg;
    int fd = asking();
    fails_with(receive(fd, &r, sizeof r.control, MSG_ERRQUEUE), EAGAIN);
    ck_assert_int_eq(sendto(fd, "x", 1, 0, generic(&to), sizeof to), 1);
    ck_assert_int_ne(state_of(fd, -1) & POLLERR, 0);
    fails_with(recv(fd, &octet, 1, 0), ECONNREFUSED);
    ck_assert_int_eq(state_of(fd, 0), POLLERR);
    fails_with(recv(fd, &octet, 1, MSG_DONTWAIT), EAGAIN);
    ck_assert_int_eq(receive(fd, &r, sizeof r.control, MSG_ERRQUEUE), 0);
    ck_assert_int_eq(r.msg.msg_flags, MSG_ERRQUEUE);
    ck_assert_uint_eq(r.msg.msg_namelen, sizeof r.name);
    ck_assert_uint_eq(r.name.sin_addr.s_addr, htonl(HOST_B));
    ck_assert_uint_eq(r.name.sin_port, htons(9));
    struct cmsghdr *c = CMSG_FIRSTHDR(&r.msg);
    ck_assert_ptr_nonnull(c);
    ck_assert_int_eq(c->cmsg_level, IPPROTO_IP);
    ck_assert_int_eq(c->cmsg_type, IP_RECVERR);
    ck_assert_uint_eq(c->cmsg_len, CMSG_LEN(sizeof error + sizeof offender));
    memcpy(&error, CMSG_DATA(c), sizeof error);
    memcpy(&offender, CMSG_DATA(c) + sizeof error, sizeof offender);
    ck_assert_ptr_eq(SO_EE_OFFENDER((struct sock_extended_err *)(void *)CMSG_DATA(c)),
                     CMSG_DATA(c) + sizeof error);
    ck_assert_uint_eq(error.ee_errno, ECONNREFUSED);
    ck_assert_uint_eq(error.ee_origin, SO_EE_ORIGIN_ICMP);
    ck_assert_uint_eq(error.ee_type, ICMP_UNREACH);
    ck_assert_uint_eq(error.ee_code, ICMP_UNREACH_PORT);
    ck_assert_uint_eq(error.ee_info, 0);
    ck_assert_uint_eq(offender.sin_family, AF_INET);
    ck_assert_uint_eq(offender.sin_addr.s_addr, htonl(HOST_B));
    ck_assert_ptr_null(CMSG_NXTHDR(&r.msg, c));
    ck_assert_int_eq(state_of(fd, 0), 0);
    return close(fd);
}

static void with_room(sim_main *program)
{
    static const struct sk_config config = { .size = sizeof config, .n_errors = 2 };
    struct compat c;

    compat_begin_with(&c, &config, 0x0a000001);
    compat_run(&c, program, NULL);
    compat_end(&c);
}

START_TEST(a_datagram_that_is_refused)
{
    with_room(is_refused);
}
END_TEST

static int is_lost(void *arg)
{
    struct sockaddr_in to = address(0x0a000063, 9);
    struct sock_extended_err error;
    struct received r;

    (void)arg;
    int fd = asking();
    ck_assert_int_eq(sendto(fd, "x", 1, 0, generic(&to), sizeof to), 1);
    ck_assert_int_ne(state_of(fd, -1) & POLLERR, 0);
    ck_assert_int_eq(receive(fd, &r, CMSG_LEN(8), MSG_ERRQUEUE | MSG_DONTWAIT), 0);
    ck_assert_int_eq(r.msg.msg_flags, MSG_ERRQUEUE | MSG_CTRUNC);
    memcpy(&error, CMSG_DATA(CMSG_FIRSTHDR(&r.msg)), 8);
    ck_assert_uint_eq(error.ee_errno, EHOSTUNREACH);
    ck_assert_uint_eq(error.ee_origin, SO_EE_ORIGIN_LOCAL);
    return close(fd);
}

START_TEST(a_datagram_that_finds_nobody)
{
    with_room(is_lost);
}
END_TEST

static int asks_wrongly(void *arg)
{
    struct received r;
    char octet;

    (void)arg;
    int fd = asking();
    int stream = make(SOCK_STREAM);
    int on = 1;
    fails_with(receive(stream, &r, 0, MSG_ERRQUEUE), EOPNOTSUPP);
    fails_with(receive(fd, &r, 0, MSG_ERRQUEUE | MSG_PEEK), EOPNOTSUPP);
    fails_with(recv(fd, &octet, 1, MSG_ERRQUEUE), EOPNOTSUPP);
    fails_with(recvmsg(fd, NULL, MSG_ERRQUEUE), EFAULT);
    fails_with(setsockopt(stream, IPPROTO_IP, IP_RECVERR, &on, sizeof on), ENOPROTOOPT);
    fails_with(setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, 1), EINVAL);
    close_both(fd, stream);
    return 0;
}

START_TEST(what_cannot_be_asked)
{
    with_room(asks_wrongly);
}
END_TEST

static int cannot_keep(void *arg)
{
    int on = 1;

    (void)arg;
    int fd = make(SOCK_DGRAM);
    fails_with(setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on), ENOPROTOOPT);
    return close(fd);
}

START_TEST(a_host_without_room)
{
    compat_alone(cannot_keep);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { a_datagram_that_is_refused, a_datagram_that_finds_nobody,
                                   what_cannot_be_asked, a_host_without_room, NULL };

    return suite_run("compat errqueue", tests);
}
