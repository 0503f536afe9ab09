/* SPDX-License-Identifier: BSD-3-Clause */
/* The socketpair of boards, in a program of the host's, under its own name. */
#include "compat/socketpair_firmware.c" // NOLINT: the file under test
#include "tests/support/compat_fixture.h"

static int pairs(void *arg)
{
    static const int types[] = { SOCK_STREAM, SOCK_DGRAM };

    (void)arg;
    for (int i = 0; i < 4; i++) {
        char octets[4];
        int ends[2];
        int nonblock = i < 2 ? 0 : SOCK_NONBLOCK;

        ck_assert_int_eq(
            libsock_socketpair(AF_UNIX, types[i % 2] | nonblock | SOCK_CLOEXEC, 0, ends), 0);
        for (int from = 0; from < 2; from++) {
            ck_assert_int_eq(fcntl(ends[from], F_GETFL) & O_NONBLOCK, nonblock ? O_NONBLOCK : 0);
            ck_assert_int_eq(fcntl(ends[from], F_GETFD), FD_CLOEXEC);
            ck_assert_int_eq(send(ends[from], "ab", 2, 0), 2);
            ck_assert_int_eq(recv(ends[1 - from], octets, sizeof octets, 0), 2);
            ck_assert_mem_eq(octets, "ab", 2);
        }
        ck_assert_int_eq(close(ends[0]), 0);
        if (types[i % 2] == SOCK_STREAM) {
            ck_assert_int_eq(recv(ends[1], octets, sizeof octets, 0), 0);
        }
        ck_assert_int_eq(close(ends[1]), 0);
    }
    return 0;
}

START_TEST(two_ends_are_connected)
{
    compat_alone(pairs);
}
END_TEST

static int wrong(void *arg)
{
    int ends[2];

    (void)arg;
    fails_with(libsock_socketpair(AF_INET, SOCK_STREAM, 0, ends), EOPNOTSUPP);
    fails_with(libsock_socketpair(AF_INET6, SOCK_STREAM, 0, ends), EAFNOSUPPORT);
    fails_with(libsock_socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), ESOCKTNOSUPPORT);
    fails_with(libsock_socketpair(AF_UNIX, SOCK_STREAM, 1, ends), EPROTONOSUPPORT);
    fails_with(libsock_socketpair(AF_UNIX, SOCK_STREAM, 0, NULL), EFAULT);
    return 0;
}

START_TEST(what_cannot_be_paired_is_refused)
{
    compat_alone(wrong);
}
END_TEST

/* Wherever it fails, nothing is left behind: the fixture looks. */
static int tries_both(void *arg)
{
    (void)arg;
    for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
        int ends[2];

        if (libsock_socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, ends) == 0) {
            ck_assert_int_eq(close(ends[0]), 0);
            ck_assert_int_eq(close(ends[1]), 0);
        } else {
            ck_assert_int_eq(errno, ENFILE);
        }
    }
    return 0;
}

static void without(uint32_t n_tcp, uint32_t n_udp)
{
    struct sk_config config = {
        .size = sizeof config, .n_tcp = n_tcp, .n_udp = n_udp, .n_listeners = 1
    };
    struct compat c;

    compat_begin_with(&c, &config, HOST_A);
    compat_run(&c, tries_both, NULL);
    compat_end(&c);
}

START_TEST(what_runs_out_leaves_nothing_behind)
{
    without(1, 1);
    without(2, 2);
    without(3, 1);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        two_ends_are_connected,
        what_cannot_be_paired_is_refused,
        what_runs_out_leaves_nothing_behind,
        NULL,
    };

    return suite_run("socketpair_firmware", tests);
}
