/* SPDX-License-Identifier: BSD-3-Clause */
/* Options as Linux has them, by what they do: SO_REUSEPORT. */
#include "tests/support/compat_fixture.h"

#include <netinet/tcp.h>
#include <poll.h>

static int set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value);
}

static int number(int fd, int level, int option)
{
    int value = -1;
    socklen_t len = sizeof value;

    ck_assert_int_eq(getsockopt(fd, level, option, &value, &len), 0);
    ck_assert_uint_eq(len, sizeof value);
    return value;
}

/* ---- SO_REUSEPORT ---- */

static int shared(int type)
{
    struct sockaddr_in in = address(INADDR_ANY, 80);
    int fd = make(type);

    ck_assert_int_eq(number(fd, SOL_SOCKET, SO_REUSEPORT), 0);
    ck_assert_int_eq(set(fd, SOL_SOCKET, SO_REUSEPORT, 1), 0);
    ck_assert_int_eq(number(fd, SOL_SOCKET, SO_REUSEPORT), 1);
    ck_assert_int_eq(bind(fd, generic(&in), sizeof in), 0);
    return fd;
}

static int two_listeners(void *arg)
{
    struct sockaddr_in in = address(INADDR_ANY, 80);
    int n[2] = { 0, 0 };
    struct pollfd fds[2];

    (void)arg;
    for (int i = 0; i < 2; i++) {
        fds[i] = (struct pollfd){ .fd = shared(SOCK_STREAM), .events = POLLIN };
        ck_assert_int_eq(listen(fds[i].fd, 4), 0);
    }
    int other = make(SOCK_STREAM);
    fails_with(bind(other, generic(&in), sizeof in), EADDRINUSE);
    ck_assert_int_eq(close(other), 0);
    for (int i = 0; i < 24; i++) {
        int client = dial(INADDR_LOOPBACK, 80);
        ck_assert_int_eq(poll(fds, 2, -1), 1);
        int who = fds[0].revents != 0 ? 0 : 1;
        int server = accept(fds[who].fd, NULL, NULL);
        ck_assert_int_ge(server, 0);
        n[who]++;
        close_both(server, client);
    }
    ck_assert_int_gt(n[0], 0);
    ck_assert_int_gt(n[1], 0);
    close_both(fds[0].fd, fds[1].fd);
    return 0;
}

START_TEST(listeners_share_a_port)
{
    compat_alone(two_listeners);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { listeners_share_a_port, NULL };

    return suite_run("compat options", tests);
}
