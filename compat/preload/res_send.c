/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * res_send, res_nsend: the C library's send a message of DNS (RFC 1035) to the servers of
 * /etc/resolv.conf, which are on the host's network. Here it goes to those of ours, over our own
 * stack: by UDP, and by TCP when the answer is cut short or RES_USEVC says so (RFC 7766).
 */
#include <arpa/nameser.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <resolv.h>
#include <string.h>
#include <strings.h>
#include <sys/time.h>

#include "compat/block.h"
#include "compat/call.h"
#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/state.h"
#include "net/iface.h"

#define SECOND ((duration)1000000) /* us */
#define MAX_WAIT 3600              /* seconds, of what a program may set */

struct exchange {
    const unsigned char *query;
    size_t query_len;
    unsigned char *answer;
    size_t size;
    int seconds; /* that a server has */
};

/* ---- Messages ---- */

static bool is_cut_short(const unsigned char *message)
{
    return (message[2] & 0x02) != 0;
}

/* Octets of the question behind the header; 0: there is not exactly one, or it is not whole. */
static size_t question_len(const unsigned char *message, size_t len)
{
    size_t at = NS_HFIXEDSZ;

    if (message[4] != 0 || message[5] != 1) {
        return 0;
    }
    while (at < len && message[at] != 0) {
        at += message[at] + 1u;
    }
    at += 1 + NS_QFIXEDSZ;
    return at <= len ? at - NS_HFIXEDSZ : 0;
}

/* Whatever case the server has the name in. */
static bool same_question(const struct exchange *e, size_t n)
{
    size_t len = question_len(e->query, e->query_len);

    return question_len(e->answer, n) == len &&
           strncasecmp((const char *)e->query + NS_HFIXEDSZ, (const char *)e->answer + NS_HFIXEDSZ,
                       len) == 0;
}

/* strncasecmp stops at the octet of the root, behind which are type and class. */
static bool same_type(const struct exchange *e)
{
    size_t len = question_len(e->query, e->query_len);

    return len == 0 || memcmp(e->query + NS_HFIXEDSZ + len - NS_QFIXEDSZ,
                              e->answer + NS_HFIXEDSZ + len - NS_QFIXEDSZ, NS_QFIXEDSZ) == 0;
}

static bool is_answer(const struct exchange *e, size_t n)
{
    return n >= NS_HFIXEDSZ && memcmp(e->query, e->answer, 2) == 0 && (e->answer[2] & 0x80) != 0 &&
           same_question(e, n) && same_type(e);
}

/* What another server may do better. */
static bool is_refusal(const unsigned char *answer)
{
    int code = answer[3] & 0x0f;

    return code == ns_r_servfail || code == ns_r_notimpl || code == ns_r_refused;
}

/* ---- One server ---- */

static void set_timeouts(int fd, int seconds)
{
    struct timeval t = { .tv_sec = seconds };

    libsock_setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
    libsock_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
}

/* -1: it cannot be reached. */
static int open_to(struct sk_addr server, int type, int seconds)
{
    struct sockaddr_in in = { .sin_family = AF_INET,
                              .sin_port = htons(server.port != 0 ? server.port : NS_DEFAULTPORT),
                              .sin_addr.s_addr = htonl(ip4_bits(server.addr)) };
    int fd = libsock_socket(AF_INET, type | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return -1;
    }
    set_timeouts(fd, seconds);
    if (libsock_connect(fd, (const struct sockaddr *)&in, sizeof in) == 0) {
        return fd;
    }
    libsock_close(fd);
    return -1;
}

static ssize_t await_datagram(int fd, const struct exchange *e)
{
    instant deadline = state_now() + e->seconds * SECOND;

    for (instant now = state_now(); now < deadline; now = state_now()) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        if (libsock_poll(&p, 1, (int)((deadline - now) / 1000) + 1) <= 0) {
            continue;
        }
        ssize_t n = libsock_recv(fd, e->answer, e->size, MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN) {
            return -1;
        }
        if (n >= 0 && is_answer(e, (size_t)n)) {
            return n;
        }
    }
    return errno_fail(ETIMEDOUT);
}

static ssize_t ask_by_datagram(struct sk_addr server, const struct exchange *e)
{
    int fd = open_to(server, SOCK_DGRAM, e->seconds);
    ssize_t n = -1;

    if (fd < 0) {
        return -1;
    }
    if (libsock_send(fd, e->query, e->query_len, MSG_NOSIGNAL) == (ssize_t)e->query_len) {
        n = await_datagram(fd, e);
    }
    libsock_close(fd);
    return n;
}

static bool take_all(int fd, unsigned char *out, size_t len)
{
    return libsock_recv(fd, out, len, MSG_WAITALL) == (ssize_t)len;
}

/* The length of the whole answer, of which the caller has what it has room for. */
static ssize_t take_message(int fd, const struct exchange *e)
{
    unsigned char prefix[NS_INT16SZ];

    if (!take_all(fd, prefix, sizeof prefix)) {
        return -1;
    }
    size_t len = (size_t)prefix[0] << 8 | prefix[1];
    size_t kept = len < e->size ? len : e->size;
    if (!take_all(fd, e->answer, kept) || !is_answer(e, kept)) {
        return -1;
    }
    if (kept < len) {
        e->answer[2] |= 0x02;
    }
    return (ssize_t)len;
}

static bool send_message(int fd, const struct exchange *e)
{
    unsigned char prefix[NS_INT16SZ] = { (unsigned char)(e->query_len >> 8),
                                         (unsigned char)e->query_len };
    struct iovec parts[] = { { prefix, sizeof prefix },
                             { (void *)(uintptr_t)e->query, e->query_len } };
    struct msghdr whole = { .msg_iov = parts, .msg_iovlen = 2 };

    return libsock_sendmsg(fd, &whole, MSG_NOSIGNAL) == (ssize_t)(sizeof prefix + e->query_len);
}

static ssize_t ask_by_stream(struct sk_addr server, const struct exchange *e)
{
    int fd = open_to(server, SOCK_STREAM, e->seconds);
    ssize_t n = -1;

    if (fd < 0) {
        return -1;
    }
    if (send_message(fd, e)) {
        n = take_message(fd, e);
    }
    libsock_close(fd);
    return n;
}

static ssize_t ask(struct sk_addr server, const struct exchange *e, unsigned long options)
{
    if ((options & RES_USEVC) != 0 || e->query_len > NS_PACKETSZ) {
        return ask_by_stream(server, e);
    }
    ssize_t n = ask_by_datagram(server, e);
    if (n < 0 || !is_cut_short(e->answer) || (options & RES_IGNTC) != 0) {
        return n;
    }
    return ask_by_stream(server, e);
}

/* ---- All servers ---- */

/* Different ones; 0: there are none, or there is no network. */
static size_t copy_servers(struct sk_addr out[CONFIG_N_DNS_SERVERS])
{
    size_t n = 0;

    if (state_started() == NULL || call_await_address(NEVER) != SK_OK) {
        return 0;
    }
    const struct sk_iface *iface = state_enter();
    for (size_t i = 0; i < iface->n_dns; i++) {
        if (n == 0 || !sk_addr_equal(out[n - 1], iface->dns[i])) {
            out[n++] = iface->dns[i];
        }
    }
    state_leave();
    return n;
}

static int ask_all(const struct sk_addr *servers, size_t n_servers, const struct exchange *e,
                   const struct __res_state *settings)
{
    int error = ECONNREFUSED;

    for (int i = 0; i < settings->retry; i++) {
        for (size_t at = 0; at < n_servers; at++) {
            ssize_t n = ask(servers[at], e, settings->options);
            if (n >= 0 && !is_refusal(e->answer)) {
                return (int)n;
            }
            if (n >= 0 || errno == ETIMEDOUT || errno == EAGAIN) {
                error = ETIMEDOUT;
            }
        }
    }
    return errno_fail(error);
}

static int seconds_of(const struct __res_state *settings)
{
    int seconds = settings->retrans;

    return seconds < 1 ? 1 : (seconds < MAX_WAIT ? seconds : MAX_WAIT);
}

/* No cancellation point: the C library's header says that it does not throw. */
int res_nsend(res_state settings, const unsigned char *query, int query_len, unsigned char *answer,
              int size)
{
    struct sk_addr servers[CONFIG_N_DNS_SERVERS];
    int cancel_state;

    if (query_len < NS_HFIXEDSZ || query_len > UINT16_MAX || size < NS_HFIXEDSZ) {
        return errno_fail(EINVAL);
    }
    struct exchange e = { .query = query,
                          .query_len = (size_t)query_len,
                          .answer = answer,
                          .size = (size_t)size,
                          .seconds = seconds_of(settings) };
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    int n = ask_all(servers, copy_servers(servers), &e, settings);
    pthread_setcancelstate(cancel_state, &cancel_state);
    return n;
}

int res_send(const unsigned char *query, int query_len, unsigned char *answer, int size)
{
    if ((_res.options & RES_INIT) == 0 && res_init() != 0) {
        return -1;
    }
    return res_nsend(&_res, query, query_len, answer, size);
}
