/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What firmware has beside sockets: clocks, sleeping, a host name, entropy, sigaction. Compiled for
 * this host, in virtual time.
 */
#define _DEFAULT_SOURCE /* usleep */
#include "tests/support/compat_fixture.h"

#include <poll.h>

#include "compat/clock_firmware.c"
#include "compat/gethostname_firmware.c"
#include "compat/getrandom_firmware.c"
#undef US_PER_SECOND
#undef NS_PER_US
#include "compat/sleep_firmware.c"
#undef SUPPORTED
#include "compat/sigaction_firmware.c"

#define BILLION_SECONDS ((int64_t)1000000000 * US_PER_SECOND)

static int64_t date_now = -1;

static int64_t date(const struct port *p)
{
    (void)p;
    return date_now;
}

static bool no_entropy(const struct port *p, void *out, size_t len)
{
    (void)p;
    (void)out;
    (void)len;
    return false;
}

static struct port *port_of_host(void)
{
    return &world->places[0]->port;
}

/* ---- Clocks ---- */

static int reads_clocks(void *arg)
{
    struct timespec t;
    struct timeval v;
    time_t seconds;

    (void)arg;
    port_of_host()->realtime = date;
    ck_assert_int_eq(libsock_clock_gettime(CLOCK_MONOTONIC, &t), 0);
    ck_assert_int_eq(t.tv_sec, clock_now() / SECOND);
    ck_assert_int_eq(t.tv_nsec, clock_now() % SECOND * 1000);

    date_now = BILLION_SECONDS + 123456;
    ck_assert_int_eq(libsock_clock_gettime(CLOCK_REALTIME, &t), 0);
    ck_assert_int_eq(t.tv_sec, 1000000000);
    ck_assert_int_eq(t.tv_nsec, 123456000);
    ck_assert_int_eq(libsock_gettimeofday(&v, NULL), 0);
    ck_assert_int_eq(v.tv_sec, 1000000000);
    ck_assert_int_eq(v.tv_usec, 123456);
    ck_assert_int_eq(libsock_time(&seconds), 1000000000);
    ck_assert_int_eq(seconds, 1000000000);
    ck_assert_int_eq(libsock_time(NULL), 1000000000);
    ck_assert_int_eq(libsock_clock_getres(CLOCK_MONOTONIC, &t), 0);
    ck_assert_int_eq(t.tv_nsec, 1000);
    ck_assert_int_eq(libsock_clock_getres(CLOCK_REALTIME, NULL), 0);
    return 0;
}

START_TEST(clocks_are_the_ports)
{
    compat_alone(reads_clocks);
}
END_TEST

static int reads_no_clock(void *arg)
{
    struct timespec t;
    struct timeval v;
    time_t seconds = 0;

    (void)arg;
    port_of_host()->realtime = date;
    date_now = -1;
    fails_with(libsock_clock_gettime(CLOCK_REALTIME, &t), ENOTSUP);
    fails_with(libsock_gettimeofday(&v, NULL), ENOTSUP);
    fails_with((int)libsock_time(&seconds), ENOTSUP);
    ck_assert_int_eq(seconds, -1);
    fails_with(libsock_clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t), EINVAL);
    fails_with(libsock_clock_getres(CLOCK_PROCESS_CPUTIME_ID, &t), EINVAL);
    fails_with(libsock_clock_gettime(CLOCK_MONOTONIC, NULL), EFAULT);
    fails_with(libsock_gettimeofday(NULL, NULL), EFAULT);
    fails_with(libsock_gettimeofday(&v, &t), EINVAL);
    return 0;
}

START_TEST(a_time_that_nobody_knows_is_an_error)
{
    compat_alone(reads_no_clock);
}
END_TEST

START_TEST(without_a_host_there_is_nothing_beside)
{
    struct timespec t = { 0, 0 };
    char name[8];

    libsock_state_set(NULL);
    fails_with(libsock_clock_gettime(CLOCK_MONOTONIC, &t), ENETDOWN);
    fails_with(libsock_gethostname(name, sizeof name), ENETDOWN);
    fails_with((int)libsock_getrandom(name, sizeof name, 0), ENETDOWN);
}
END_TEST

/* ---- Sleep ---- */

static int sleeps(void *arg)
{
    struct timespec t = { .tv_sec = 1, .tv_nsec = 500000001 };

    (void)arg;
    instant before = clock_now();
    ck_assert_int_eq(libsock_nanosleep(&t, NULL), 0);
    ck_assert_int_eq(clock_now() - before, 1500001);
    before = clock_now();
    ck_assert_int_eq(libsock_usleep(1234567), 0);
    ck_assert_int_eq(clock_now() - before, 1234567);
    before = clock_now();
    ck_assert_uint_eq(libsock_sleep(3), 0);
    ck_assert_int_eq(clock_now() - before, 3 * SECOND);

    t.tv_nsec = 1000000000;
    fails_with(libsock_nanosleep(&t, NULL), EINVAL);
    fails_with(libsock_nanosleep(NULL, NULL), EFAULT);
    return 0;
}

START_TEST(sleep_takes_as_long_as_it_says)
{
    compat_alone(sleeps);
}
END_TEST

/* Nobody else would take the connection in, nor acknowledge what it brings. */
static int serves_asleep(void *arg)
{
    char octets[3];

    (void)arg;
    int listener = listen_on(80);
    ck_assert_uint_eq(libsock_sleep(10), 0);
    struct pollfd p = { .fd = listener, .events = POLLIN };
    ck_assert_int_eq(poll(&p, 1, 0), 1);
    int fd = accept(listener, NULL, NULL);
    ck_assert_int_eq(recv(fd, octets, sizeof octets, MSG_DONTWAIT), 3);
    ck_assert_int_eq(close(fd), 0);
    ck_assert_int_eq(close(listener), 0);
    return 0;
}

static int speaks(void *arg)
{
    (void)arg;
    int fd = dial(HOST_A, 80);
    ck_assert_int_eq(send(fd, "abc", 3, 0), 3);
    ck_assert_int_eq(close(fd), 0);
    return 0;
}

START_TEST(the_stack_goes_on_while_its_program_sleeps)
{
    compat_both(serves_asleep, speaks);
}
END_TEST

static int slept_in_hook;

static void sleeps_in_the_hook(const struct port *p)
{
    (void)p;
    slept_in_hook = (int)libsock_sleep(2);
}

static int sleeps_with_a_hook(void *arg)
{
    (void)arg;
    port_of_host()->background = sleeps_in_the_hook;
    ck_assert_uint_eq(libsock_sleep(1), 0);
    ck_assert_int_eq(slept_in_hook, 2);
    return 0;
}

START_TEST(the_background_hook_does_not_sleep)
{
    compat_alone(sleeps_with_a_hook);
}
END_TEST

/* ---- Host name and entropy ---- */

static int has_no_name(void *arg)
{
    char name[16];

    (void)arg;
    ck_assert_int_eq(libsock_gethostname(name, sizeof name), 0);
    ck_assert_str_eq(name, "localhost");
    fails_with(libsock_gethostname(NULL, sizeof name), EFAULT);
    return 0;
}

START_TEST(a_host_without_a_name_is_localhost)
{
    compat_alone(has_no_name);
}
END_TEST

static int has_a_name(void *arg)
{
    struct sk_netif_config netif = { .name = "eth0", .host_name = "board-7" };
    char name[9] = "........";

    (void)arg;
    ck_assert_int_eq(
        sk_netif_add(world->hosts[0], &world->wire.ends[0].link, &netif, clock_now(), NULL), SK_OK);
    fails_with(libsock_gethostname(name, 3), ENAMETOOLONG);
    ck_assert_str_eq(name, "boa.....");
    fails_with(libsock_gethostname(name, 7), ENAMETOOLONG);
    ck_assert_int_eq(libsock_gethostname(name, 8), 0);
    ck_assert_str_eq(name, "board-7");
    return 0;
}

START_TEST(a_hosts_name_is_what_dhcp_servers_are_told)
{
    static const struct sk_config config = { .size = sizeof config };
    struct compat c;

    compat_begin_with(&c, &config, 0);
    compat_run(&c, has_a_name, NULL);
    compat_free(&c);
}
END_TEST

static int takes_entropy(void *arg)
{
    uint8_t octets[32] = { 0 };
    static const uint8_t zeroes[16];

    (void)arg;
    ck_assert_int_eq(libsock_getrandom(octets, 16, GRND_NONBLOCK), 16);
    ck_assert_mem_ne(octets, zeroes, 16);
    ck_assert_mem_eq(octets + 16, zeroes, 16);
    ck_assert_int_eq(libsock_getrandom(NULL, 0, 0), 0);
    fails_with((int)libsock_getrandom(octets, 16, 4), EINVAL);
    fails_with((int)libsock_getrandom(NULL, 1, 0), EFAULT);
    port_of_host()->entropy = no_entropy;
    fails_with((int)libsock_getrandom(octets, 16, 0), ENOSYS);
    return 0;
}

START_TEST(getrandom_is_the_ports_entropy)
{
    compat_alone(takes_entropy);
}
END_TEST

/* ---- Signals ---- */

START_TEST(sigaction_sets_what_signal_does)
{
    struct sigaction action = { .sa_handler = SIG_IGN };
    struct sigaction before;

    ck_assert_int_eq(libsock_sigaction(SIGPIPE, &action, &before), 0);
    ck_assert(before.sa_handler == SIG_DFL);
    raise(SIGPIPE);
    n_signals = 0;
    action = (struct sigaction){ .sa_handler = count_signal, .sa_flags = SA_RESTART };
    ck_assert_int_eq(libsock_sigaction(SIGPIPE, &action, NULL), 0);
    raise(SIGPIPE);
    ck_assert_int_eq(n_signals, 1);
    ck_assert_int_eq(libsock_sigaction(SIGPIPE, NULL, &before), 0);
    ck_assert(before.sa_handler == count_signal);
    raise(SIGPIPE); /* it was looked at, no more */
    ck_assert_int_eq(n_signals, 2);

    action.sa_flags = SA_SIGINFO;
    fails_with(libsock_sigaction(SIGPIPE, &action, NULL), EINVAL);
    action.sa_flags = 0;
    fails_with(libsock_sigaction(SIGKILL, &action, NULL), EINVAL);
    fails_with(libsock_sigaction(0, &action, NULL), EINVAL);
    fails_with(libsock_sigaction(1000, NULL, &before), EINVAL);
    signal(SIGPIPE, SIG_DFL);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        clocks_are_the_ports,
        a_time_that_nobody_knows_is_an_error,
        without_a_host_there_is_nothing_beside,
        sleep_takes_as_long_as_it_says,
        the_stack_goes_on_while_its_program_sleeps,
        the_background_hook_does_not_sleep,
        a_host_without_a_name_is_localhost,
        a_hosts_name_is_what_dhcp_servers_are_told,
        getrandom_is_the_ports_entropy,
        sigaction_sets_what_signal_does,
        NULL,
    };

    return suite_run("beside_firmware", tests);
}
