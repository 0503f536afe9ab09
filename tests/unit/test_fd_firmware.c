/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of numbers that firmware has, in a program of the host's: it takes fd_host.c's place.
 */
#include "compat/fd_firmware.c" // NOLINT: the file under test
#include "tests/support/compat_fixture.h"

#include <fcntl.h>

#define LAST (LIBSOCK_FD_BASE + LIBSOCK_N_FDS - 1)

static int all_numbers(void *arg)
{
    (void)arg;
    for (int round = 0; round < 2; round++) {
        int fd = make(SOCK_DGRAM);
        ck_assert_int_eq(fd, LIBSOCK_FD_BASE);
        for (int i = 1; i < LIBSOCK_N_FDS; i++) {
            ck_assert_int_eq(dup(fd), LIBSOCK_FD_BASE + i);
        }
        fails_with(dup(fd), EMFILE);
        fails_with(socket(AF_INET, SOCK_STREAM, 0), EMFILE);
        for (int i = 0; i < LIBSOCK_N_FDS; i++) {
            ck_assert_int_eq(close(LIBSOCK_FD_BASE + i), 0);
        }
        fails_with(close(LAST), EBADF);
    }
    return 0;
}

START_TEST(numbers_are_given_out_and_given_back)
{
    compat_alone(all_numbers);
}
END_TEST

static int chosen_numbers(void *arg)
{
    int fd = make(SOCK_DGRAM);
    int other = make(SOCK_DGRAM);

    (void)arg;
    ck_assert_int_eq(fcntl(fd, F_DUPFD, LAST), LAST);
    fails_with(fcntl(fd, F_DUPFD, LAST), EMFILE);
    fails_with(fcntl(fd, F_DUPFD, LAST + 1), EINVAL);
    fails_with(fcntl(fd, F_DUPFD, -1), EINVAL);
    ck_assert_int_eq(fcntl(fd, F_DUPFD, 0), LIBSOCK_FD_BASE + 2);
    ck_assert_int_eq(dup2(fd, other), other);
    bind_to(other, INADDR_LOOPBACK, 9000);
    fails_with(dup2(fd, LIBSOCK_FD_BASE - 1), EBADF);
    fails_with(dup2(fd, LAST + 1), EBADF);
    ck_assert_int_eq(close(fd), 0);
    ck_assert_int_eq(close(other), 0);
    ck_assert_int_eq(close(LIBSOCK_FD_BASE + 2), 0);
    return close(LAST);
}

START_TEST(a_number_may_be_chosen_within_the_table)
{
    compat_alone(chosen_numbers);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        numbers_are_given_out_and_given_back,
        a_number_may_be_chosen_within_the_table,
        NULL,
    };

    return suite_run("fd_firmware", tests);
}
