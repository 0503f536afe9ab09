/* SPDX-License-Identifier: BSD-3-Clause */
/* Control data of sendmsg and recvmsg: how a datagram came, and how one is to go. */
#define _GNU_SOURCE /* struct in_pktinfo */
#include "compat/fd.h"
#include "tests/support/compat_fixture.h"

#include <poll.h>
#include <stdbool.h>
#include <sys/time.h>

static void set_on(int fd, int level, int option)
{
    int on = 1;

    ck_assert_int_eq(setsockopt(fd, level, option, &on, sizeof on), 0);
    on = 0;
    ck_assert_int_eq(getsockopt(fd, level, option, &on, &(socklen_t){ sizeof on }), 0);
    ck_assert_int_eq(on, 1);
}

/* Aligned, and larger than all there is to tell. */
union control {
    struct cmsghdr header;
    char octets[256];
};

static const struct cmsghdr *find(struct msghdr *msg, int level, int type)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level == level && c->cmsg_type == type) {
            return c;
        }
    }
    return NULL;
}

static int int_of(const struct cmsghdr *c)
{
    int value = -1;

    ck_assert_ptr_nonnull(c);
    ck_assert_uint_eq(c->cmsg_len, CMSG_LEN(sizeof value));
    memcpy(&value, CMSG_DATA(c), sizeof value);
    return value;
}

static ssize_t receive(int fd, union control *control, struct msghdr *msg, size_t room)
{
    static char octets[8];
    static struct iovec in = { octets, sizeof octets };

    memset(control, 0x5a, sizeof *control);
    *msg = (struct msghdr){
        .msg_iov = &in, .msg_iovlen = 1, .msg_control = control, .msg_controllen = room
    };
    return recvmsg(fd, msg, 0);
}

static int64_t no_clock(const struct port *port)
{
    (void)port;
    return -1;
}

#define EPOCH 1700000000000000 /* microseconds */

static int64_t clock_of_sim(const struct port *port)
{
    return EPOCH + port->now(port);
}

static int ttl_and_tos_client(void *arg)
{
    int fd = make(SOCK_DGRAM);

    (void)arg;
    ck_assert_int_eq(setsockopt(fd, IPPROTO_IP, IP_TTL, &(int){ 33 }, sizeof(int)), 0);
    ck_assert_int_eq(setsockopt(fd, IPPROTO_IP, IP_TOS, &(int){ 0xb8 }, sizeof(int)), 0);
    ck_assert_int_eq(connect_to(fd, HOST_B, 9000), 0);
    sk_sim_sleep(&world->sim, SECOND);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(send(fd, "x", 1, 0), 1);
    }
    return close(fd);
}

static int ttl_and_tos_server(void *arg)
{
    union control control;
    struct in_pktinfo info;
    struct timeval time;
    struct msghdr msg;
    int fd = make(SOCK_DGRAM);

    (void)arg;
    bind_to(fd, INADDR_ANY, 9000);
    set_on(fd, IPPROTO_IP, IP_PKTINFO);
    set_on(fd, IPPROTO_IP, IP_RECVTTL);
    set_on(fd, IPPROTO_IP, IP_RECVTOS);
    set_on(fd, IPPROTO_IP, IP_RECVOPTS);
    world->places[1]->port.realtime = no_clock;
    fails_with(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMP, &(int){ 1 }, sizeof(int)), ENOPROTOOPT);
    world->places[1]->port.realtime = clock_of_sim;
    set_on(fd, SOL_SOCKET, SO_TIMESTAMP);
    struct pollfd ready = { .fd = fd, .events = POLLIN };
    ck_assert_int_eq(poll(&ready, 1, -1), 1);
    instant came_at = clock_now();
    sk_sim_sleep(&world->sim, 5 * SECOND);
    ck_assert_int_eq(receive(fd, &control, &msg, sizeof control), 1);
    ck_assert_int_eq(msg.msg_flags, 0);
    ck_assert_int_eq(int_of(find(&msg, IPPROTO_IP, IP_TTL)), 33);
    const struct cmsghdr *tos = find(&msg, IPPROTO_IP, IP_TOS);
    ck_assert_uint_eq(tos->cmsg_len, CMSG_LEN(1));
    ck_assert_uint_eq(CMSG_DATA(tos)[0], 0xb8);
    ck_assert_ptr_null(find(&msg, IPPROTO_IP, IP_RECVOPTS)); /* it had none */
    memcpy(&info, CMSG_DATA(find(&msg, IPPROTO_IP, IP_PKTINFO)), sizeof info);
    ck_assert_uint_eq(info.ipi_addr.s_addr, htonl(HOST_B));
    ck_assert_uint_eq(info.ipi_spec_dst.s_addr, htonl(HOST_B));
    ck_assert_int_eq(info.ipi_ifindex, 2);
    memcpy(&time, CMSG_DATA(find(&msg, SOL_SOCKET, SCM_TIMESTAMP)), sizeof time);
    ck_assert_int_eq(time.tv_sec * SECOND + time.tv_usec, EPOCH + came_at);

    int off = 0; /* what is not asked for any more is not told */
    ck_assert_int_eq(setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &off, sizeof off), 0);
    ck_assert_int_eq(receive(fd, &control, &msg, sizeof control), 1);
    ck_assert_ptr_null(find(&msg, IPPROTO_IP, IP_TTL));
    ck_assert_ptr_nonnull(find(&msg, IPPROTO_IP, IP_TOS));
    return close(fd);
}

START_TEST(control_data_tell_how_a_datagram_came)
{
    compat_both(ttl_and_tos_client, ttl_and_tos_server);
}
END_TEST

/* API-12: an octet more and an octet less of room than each part takes. */
static int small_control(void *arg)
{
    union control control;
    struct msghdr msg;
    int client;
    int server;
    size_t whole = CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_SPACE(sizeof(int));

    (void)arg;
    datagram_pair(&client, &server);
    set_on(server, IPPROTO_IP, IP_PKTINFO);
    set_on(server, IPPROTO_IP, IP_RECVTTL);
    for (size_t room = 0; room <= whole + 1; room++) {
        ck_assert_int_eq(send(client, "x", 1, 0), 1);
        ck_assert_int_eq(receive(server, &control, &msg, room), 1);
        ck_assert_uint_le(msg.msg_controllen, room);
        for (size_t i = room; i < sizeof control; i++) {
            ck_assert_int_eq(control.octets[i], 0x5a);
        }
        bool fits = room >= whole - CMSG_SPACE(sizeof(int)) + CMSG_LEN(sizeof(int));
        ck_assert_int_eq(msg.msg_flags, fits ? 0 : MSG_CTRUNC);
    }
    close_both(client, server);
    return 0;
}

START_TEST(control_data_that_do_not_fit_are_cut_off_and_said_to_be)
{
    compat_alone(small_control);
}
END_TEST

static struct cmsghdr *add(struct msghdr *msg, int level, int type, const void *data, size_t len)
{
    struct cmsghdr *c = (struct cmsghdr *)(void *)((char *)msg->msg_control + msg->msg_controllen);

    *c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(len), .cmsg_level = level, .cmsg_type = type };
    memcpy(CMSG_DATA(c), data, len);
    msg->msg_controllen += CMSG_SPACE(len);
    return c;
}

static int sent_control(void *arg)
{
    static const uint8_t ALERT[4] = { 0x94, 4, 0, 0 };
    struct in_pktinfo info = { .ipi_ifindex = 1, .ipi_spec_dst.s_addr = htonl(0x7f000002) };
    struct iovec out = { "x", 1 };
    union control control;
    struct msghdr msg = { .msg_iov = &out, .msg_iovlen = 1, .msg_control = &control };
    struct sockaddr_in from;
    socklen_t len = sizeof from;
    struct sk_ancillary got;
    struct sk_op op;
    char octet;
    struct sk_iov in = { &octet, 1 };
    int client = make(SOCK_DGRAM);
    int server = make(SOCK_DGRAM);

    (void)arg;
    bind_to(server, INADDR_LOOPBACK, 9000);
    ck_assert_int_eq(connect_to(client, INADDR_LOOPBACK, 9000), 0);
    add(&msg, IPPROTO_IP, IP_TTL, &(int){ 7 }, sizeof(int));
    add(&msg, IPPROTO_IP, IP_TOS, &(uint8_t){ 0x20 }, 1);
    add(&msg, IPPROTO_IP, IP_RETOPTS, ALERT, sizeof ALERT);
    ck_assert_int_eq(sendmsg(client, &msg, 0), 1);
    sk_sim_sleep(&world->sim, SECOND);
    sk_op_recv(&op, fd_find(server)->fd, &in, 1, 0);
    op.ancillary = &got;
    ck_assert_int_eq(op.poll(&op, state_enter(), state_now()), SK_OK);
    state_leave();
    ck_assert_uint_eq(got.ttl, 7);
    ck_assert_int_eq(got.tos, 0x20);
    ck_assert_uint_eq(got.options.len, 4);
    ck_assert_mem_eq(got.options.octets, ALERT, 4);
    ck_assert_int_eq(close(client), 0);

    client = make(SOCK_DGRAM); /* from an address of choice */
    msg.msg_controllen = 0;
    msg.msg_name = &(struct sockaddr_in){ 0 };
    msg.msg_namelen = sizeof(struct sockaddr_in);
    *(struct sockaddr_in *)msg.msg_name = address(INADDR_LOOPBACK, 9000);
    add(&msg, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    ck_assert_int_eq(sendmsg(client, &msg, 0), 1);
    ck_assert_int_eq(recvfrom(server, &octet, 1, 0, (struct sockaddr *)&from, &len), 1);
    ck_assert_uint_eq(from.sin_addr.s_addr, htonl(0x7f000002));
    close_both(client, server);
    return 0;
}

START_TEST(control_data_say_how_a_datagram_goes)
{
    compat_alone(sent_control);
}
END_TEST

static int wrong_control(void *arg)
{
    static const struct {
        int level;
        int type;
        int value;
        size_t len;
        int error;
    } wrong[] = {
        { SOL_SOCKET, SCM_RIGHTS, 0, 4, EINVAL },    { IPPROTO_IP, 0x1234, 0, 4, EINVAL },
        { IPPROTO_IP, IP_TTL, 0, 4, EINVAL },        { IPPROTO_IP, IP_TTL, 256, 4, EINVAL },
        { IPPROTO_IP, IP_TTL, 1, 3, EINVAL },        { IPPROTO_IP, IP_TOS, 256, 4, EINVAL },
        { IPPROTO_IP, IP_TOS, -1, 4, EINVAL },       { IPPROTO_IP, IP_TOS, 0, 2, EINVAL },
        { IPPROTO_IP, IP_PKTINFO, 1, 4, EINVAL },    { IPPROTO_IP, IP_PKTINFO, 77, 12, EINVAL },
        { IPPROTO_IP, IP_PKTINFO, 300, 12, ENODEV }, { IPPROTO_IP, IP_PKTINFO, -1, 12, ENODEV },
        { IPPROTO_IP, IP_RETOPTS, 0, 41, EINVAL },
    };
    struct iovec out = { "x", 1 };
    union control control;
    struct msghdr msg = { .msg_iov = &out, .msg_iovlen = 1, .msg_control = &control };
    char data[48] = "";
    int client;
    int server;

    (void)arg;
    datagram_pair(&client, &server);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        memcpy(data, &wrong[i].value, sizeof(int));
        msg.msg_controllen = 0;
        add(&msg, wrong[i].level, wrong[i].type, data, wrong[i].len);
        fails_with(sendmsg(client, &msg, 0), wrong[i].error);
    }
    for (size_t len = 0; len < CMSG_LEN(sizeof(int)); len++) { /* a header that lies */
        msg.msg_controllen = 0;
        add(&msg, IPPROTO_IP, IP_TTL, &(int){ 7 }, sizeof(int))->cmsg_len = len;
        fails_with(sendmsg(client, &msg, 0), EINVAL);
    }
    msg.msg_controllen = 0;
    add(&msg, IPPROTO_IP, IP_TTL, &(int){ 7 }, sizeof(int))->cmsg_len = SIZE_MAX;
    fails_with(sendmsg(client, &msg, 0), EINVAL);
    fails_with(recv(server, data, 1, MSG_DONTWAIT), EAGAIN); /* none of these went */
    msg.msg_controllen = sizeof(struct cmsghdr) - 1;         /* no header at all */
    ck_assert_int_eq(sendmsg(client, &msg, 0), 1);
    close_both(client, server);

    connect_self(&client, &server);
    msg.msg_controllen = 0;
    add(&msg, IPPROTO_IP, IP_TTL, &(int){ 7 }, sizeof(int));
    fails_with(sendmsg(client, &msg, 0), EINVAL);
    fails_with(setsockopt(client, IPPROTO_IP, IP_RECVTTL, &(int){ 1 }, sizeof(int)), ENOPROTOOPT);
    fails_with(getsockopt(client, IPPROTO_IP, IP_RECVTTL, data, &(socklen_t){ 4 }), ENOPROTOOPT);
    close_both(client, server);
    return 0;
}

START_TEST(control_data_that_cannot_be_heeded_are_refused)
{
    compat_alone(wrong_control);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        control_data_tell_how_a_datagram_came,
        control_data_that_do_not_fit_are_cut_off_and_said_to_be,
        control_data_say_how_a_datagram_goes,
        control_data_that_cannot_be_heeded_are_refused,
        NULL,
    };

    return suite_run("compat_control", tests);
}
