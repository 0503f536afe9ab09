/* SPDX-License-Identifier: BSD-3-Clause */
/* pthread_cancel of a thread that waits in a call, which is a cancellation point (POSIX.1-2017, XSH
 * 2.9.5.2). */
#include "tests/support/waiter.h"

#include <netdb.h>
#include <poll.h>
#include <sanitizer/asan_interface.h>
#include <signal.h>
#include <stdio.h>

#include "link/link.h"

#define FRAMES 4096 /* octets: of a thread's own functions; its calls take four times as much */

static bool lets_in_signals;
static pthread_key_t at_end;

/* AddressSanitizer does not see that cancellation leaves functions: what it marked of their frames
 * would be errors of whatever uses the stack next. */
static void forget_frames(void)
{
    char *here = __builtin_frame_address(0);

    ASAN_UNPOISON_MEMORY_REGION(here - 4 * FRAMES, 5 * FRAMES);
}

static void note_end(void *arg)
{
    static sigset_t mask; /* no frame of its own */

    (void)arg;
    forget_frames();
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    lets_in_signals = !sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGTERM);
}

static void begin_to_be_noted(void)
{
    pthread_setspecific(at_end, &lets_in_signals);
}

/* Nobody's call: looks past the port's lock, whose release would pass the lead on. */
static bool is_led(void)
{
    pthread_mutex_lock(&port.mutex);
    bool led = port.leading;
    pthread_mutex_unlock(&port.mutex);
    return led;
}

/* The stack of a thread that was cancelled is another thread's, and so is its lead. */
WAKE_TEST(a_thread_that_waits_may_be_cancelled)
{
    struct waiter gone;
    struct waiter w;
    int idle = connected_dgram();
    int to = bound(SOCK_DGRAM);
    int from = connected_dgram();

    waiter_start(&gone, receives, idle);
    waiter_start(&w, receives, to);
    waiter_cancel(&gone);
    while (!is_led()) {
    }
    send_one(from);
    waiter_returns(&w, 1, 0);
    ck_assert_int_eq(shutdown(idle, SHUT_RD), 0);
    close(idle);
    close(to);
    close(from);
}

WAKE_TEST(a_cancelled_accept_keeps_no_number)
{
    struct waiter w;
    int listener = listening();

    waiter_start(&w, accepts, listener); /* the port keeps what a follower needs */
    waiter_cancel(&w);
    int next = socket(AF_INET, SOCK_DGRAM, 0);
    close(next);
    waiter_start(&w, accepts, listener);
    waiter_cancel(&w);
    ck_assert_int_eq(socket(AF_INET, SOCK_DGRAM, 0), next);
    close(next);
    close(listener);
}

WAKE_TEST(a_thread_that_is_cancelled_ends_with_its_own_signal_mask)
{
    struct waiter w;
    int fd = connected_dgram();

    lets_in_signals = false;
    waiter_start(&w, receives, fd);
    waiter_cancel(&w);
    ck_assert(lets_in_signals);
    close(fd);
}

/* It comes when the call has begun and the sleep has not, whose signals are held until then. */
static enum port_idle cancelled_idle(const struct port *p, struct sk_iface *iface, instant until,
                                     const struct port_wait *wait)
{
    pthread_cancel(pthread_self());
    return counting_idle(p, iface, until, wait);
}

static void ends_cancelled(long (*call)(int fd), int fd)
{
    struct waiter w = { .fd = fd, .call = call };
    void *result;

    ck_assert_int_eq(pthread_create(&w.thread, NULL, wait_in_call, &w), 0);
    ck_assert_int_eq(pthread_join(w.thread, &result), 0);
    ck_assert_ptr_eq(result, PTHREAD_CANCELED);
}

WAKE_TEST(a_thread_that_is_cancelled_as_it_begins_to_wait_does_not_wait)
{
    int fd = connected_dgram();

    lets_in_signals = false;
    port.port.idle = cancelled_idle;
    ends_cancelled(receives, fd);
    port.port.idle = counting_idle;
    ck_assert(lets_in_signals);
    close(fd);
}

/* ---- What need not wait ---- */

static long (*needs_not_wait)(int fd);

static long is_cancelled_before(int fd)
{
    int state;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    pthread_cancel(pthread_self());
    pthread_setcancelstate(state, &state);
    return needs_not_wait(fd);
}

static void ends_when_cancelled_before(long (*call)(int fd), int fd)
{
    needs_not_wait = call;
    ends_cancelled(is_cancelled_before, fd);
}

static long sends(int fd)
{
    return send(fd, "x", 1, MSG_NOSIGNAL);
}

static long reads(int fd)
{
    char octet;

    return read(fd, &octet, 1);
}

static long writes(int fd)
{
    return write(fd, "x", 1);
}

static long polls(int fd)
{
    return poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, 0);
}

static long selects(int fd)
{
    fd_set set;

    FD_ZERO(&set);
    FD_SET(fd, &set);
    return select(fd + 1, NULL, &set, NULL, &(struct timeval){ .tv_sec = 0 });
}

static long closes(int fd)
{
    return close(fd);
}

static bool has_a_datagram(int fd)
{
    char octets[2];

    return recv(fd, octets, sizeof octets, MSG_DONTWAIT) == 1;
}

/* As everywhere, it has no other effect: nothing was taken, sent or closed. */
WAKE_TEST(a_call_that_need_not_wait_ends_a_cancelled_thread)
{
    int to = bound(SOCK_DGRAM);
    int from = connected_dgram();

    send_one(from);
    ends_when_cancelled_before(receives, to);
    ends_when_cancelled_before(reads, to);
    ck_assert(has_a_datagram(to));
    ends_when_cancelled_before(sends, from);
    ends_when_cancelled_before(writes, from);
    ck_assert(!has_a_datagram(to));
    ends_when_cancelled_before(connects, from);
    ends_when_cancelled_before(polls, from);
    ends_when_cancelled_before(selects, from);
    ends_when_cancelled_before(closes, from);
    ck_assert_int_eq(close(from), 0);
    ck_assert_int_eq(close(to), 0);
}

WAKE_TEST(an_accept_that_need_not_wait_ends_a_cancelled_thread)
{
    int listener = listening();
    int client = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(connects(client), 0);
    ends_when_cancelled_before(accepts, listener);
    int server = accept(listener, NULL, NULL);
    ck_assert_int_ge(server, 0);
    close(server);
    close(client);
    close(listener);
}

static long receives_uncancelled(int fd)
{
    int state;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    return receives(fd);
}

WAKE_TEST(a_thread_that_may_not_be_cancelled_goes_on_waiting)
{
    struct waiter w;
    int to = bound(SOCK_DGRAM);
    int from = connected_dgram();

    waiter_start(&w, receives_uncancelled, to);
    ck_assert_int_eq(pthread_cancel(w.thread), 0);
    send_one(from);
    waiter_returns(&w, 1, 0);
    close(to);
    close(from);
}

/* ---- What is no cancellation point ---- */

#define COMING 0x0a090909 /* the address that it gets */

static long binds(int fd)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(COMING) };

    return bind(fd, (struct sockaddr *)&in, sizeof in) == 0 ? 1 : -1;
}

static struct pkt *hears_nothing(struct link *link, struct pkt_pool *pool, instant now)
{
    (void)link;
    (void)pool;
    (void)now;
    return NULL;
}

static void configure(void)
{
    static const struct link_ops ops = { .rx = hears_nothing }; /* nor is anything sent */
    static struct link link;

    link = (struct link){ .ops = &ops, .medium = LINK_IP, .mtu = 1500 };
    struct sk_netif_config config = { .addr = ip4(COMING), .prefix_len = 24 };
    port.port.lock(&port.port);
    enum sk_err err =
        sk_netif_add(libsock_iface(), &link, &config, port.port.now(&port.port), NULL);
    port.port.unlock(&port.port);
    ck_assert_int_eq(err, SK_OK);
}

WAKE_TEST(a_bind_that_waits_for_an_address_is_not_cancelled)
{
    struct waiter w;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    waiter_start(&w, binds, fd);
    ck_assert_int_eq(pthread_cancel(w.thread), 0);
    configure();
    waiter_returns(&w, 1, 0);
    close(fd);
}

/* ---- Names ---- */

static long resolves(int fd)
{
    struct addrinfo *list;

    (void)fd;
    int error = getaddrinfo("host.example", NULL, NULL, &list);
    if (error == 0) {
        freeaddrinfo(list);
    }
    return error;
}

static _Thread_local bool is_cancelled_as_it_reads;

/* In place of the C library's: the file is open, and empty. */
char *fgets(char *out, int size, FILE *file)
{
    (void)out;
    (void)size;
    (void)file;
    if (is_cancelled_as_it_reads) {
        pthread_cancel(pthread_self());
        pthread_testcancel();
    }
    return NULL;
}

static long resolves_cancelled(int fd)
{
    is_cancelled_as_it_reads = true;
    return resolves(fd);
}

/* With a server that does not answer. */
WAKE_TEST(a_cancelled_getaddrinfo_leaves_no_file_open)
{
    struct waiter w;

    waiter_start(&w, resolves, -1); /* the port keeps what a follower needs */
    waiter_cancel(&w);
    int next = dup(0);
    close(next);
    ends_cancelled(resolves_cancelled, -1);
    ck_assert_int_eq(dup(0), next);
    close(next);
}

int main(void)
{
    const TTest *const tests[] = {
        a_thread_that_waits_may_be_cancelled,
        a_cancelled_accept_keeps_no_number,
        a_thread_that_is_cancelled_ends_with_its_own_signal_mask,
        a_thread_that_is_cancelled_as_it_begins_to_wait_does_not_wait,
        a_thread_that_may_not_be_cancelled_goes_on_waiting,
        a_call_that_need_not_wait_ends_a_cancelled_thread,
        an_accept_that_need_not_wait_ends_a_cancelled_thread,
        a_bind_that_waits_for_an_address_is_not_cancelled,
        a_cancelled_getaddrinfo_leaves_no_file_open,
        NULL,
    };

    if (pthread_key_create(&at_end, note_end) != 0) {
        return 1;
    }
    before_call = begin_to_be_noted;
    return suite_run("compat_cancel", tests);
}
