/* SPDX-License-Identifier: BSD-3-Clause */
/* What the library has for itself: descriptors, and calls. */
#define _GNU_SOURCE
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <unistd.h>

#include "link/own_calls.h"
#include "link/own_fds.h"
#include "tests/support/suite.h"

static struct rlimit limit;

static void with_limit(rlim_t soft)
{
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    struct rlimit new = { .rlim_cur = soft, .rlim_max = limit.rlim_max };
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &new), 0);
}

static void restore_limit(void)
{
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

START_TEST(a_number_moves_out_of_the_way)
{
    with_limit(256);
    int low = dup(0);
    int own = sk_own_fd_take(low);
    ck_assert_int_ge(own, limit.rlim_max > 256 ? 256 : 128);
    struct rlimit after;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &after), 0);
    ck_assert_uint_eq(after.rlim_cur, 256);
    ck_assert(sk_own_fd_has(own));
    ck_assert(!sk_own_fd_has(low));
    ck_assert_int_eq(fcntl(low, F_GETFD), -1);
    ck_assert_int_eq(fcntl(own, F_GETFD), FD_CLOEXEC);
    sk_own_fd_remove(own);
    close(own);
    restore_limit();
}
END_TEST

START_TEST(a_number_stays_where_it_is_when_none_is_higher)
{
    struct rlimit few = { .rlim_cur = 64, .rlim_max = 64 };

    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0); /* for good: this is the last test */
    for (int fd = 32; fd < 64; fd++) {
        ck_assert_int_eq(dup2(0, fd), fd);
    }
    int low = dup(0);
    ck_assert_int_lt(low, 32);
    errno = 0;
    ck_assert_int_eq(sk_own_fd_take(low), low);
    ck_assert_int_eq(errno, 0);
    ck_assert(sk_own_fd_has(low));
    sk_own_fd_remove(low);
    close(low);
    for (int fd = 32; fd < 64; fd++) {
        close(fd);
    }
}
END_TEST

START_TEST(no_number_is_taken)
{
    errno = EMFILE;
    ck_assert_int_eq(sk_own_fd_take(-1), -1);
    ck_assert_int_eq(errno, EMFILE);
    ck_assert_int_eq(sk_own_fd_next(0), -1);
}
END_TEST

static void *ask(void *out)
{
    *(bool *)out = sk_own_calls();
    return NULL;
}

START_TEST(calls_are_ours_between_begin_and_end_in_one_thread)
{
    pthread_t thread;
    bool in_another = true;

    ck_assert(!sk_own_calls());
    sk_own_calls_begin();
    sk_own_calls_begin();
    sk_own_calls_end();
    ck_assert(sk_own_calls());
    ck_assert_int_eq(pthread_create(&thread, NULL, ask, &in_another), 0);
    pthread_join(thread, NULL);
    ck_assert(!in_another);
    sk_own_calls_end();
    ck_assert(!sk_own_calls());
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_number_moves_out_of_the_way,
        no_number_is_taken,
        calls_are_ours_between_begin_and_end_in_one_thread,
        a_number_stays_where_it_is_when_none_is_higher,
        NULL,
    };

    return suite_run("own", tests);
}
