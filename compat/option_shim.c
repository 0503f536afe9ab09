/* SPDX-License-Identifier: BSD-3-Clause */
/* Socket options that are the shim's own: what the core never knew, and timeouts, since it does not
 * wait. */
#include <netinet/in.h>
#include <string.h>
#include <sys/time.h>

#include "compat/errno.h"
#include "compat/option.h"

#define SECOND 1000000   /* us */
#define MILLISECOND 1000 /* us */

static int get_fact(struct sock_fd *s, int what, void *out, socklen_t *len)
{
    bool stream = s->type == SK_STREAM;
    const int facts[] = {
        [OPTION_TYPE] = stream ? SOCK_STREAM : SOCK_DGRAM,
        [OPTION_DOMAIN] = s->open->inet6 ? AF_INET6 : AF_INET,
        [OPTION_PROTOCOL] = stream ? IPPROTO_TCP : IPPROTO_UDP,
        [OPTION_SNDLOWAT] = 1, /* as Linux: it cannot be set */
    };

    return option_give_number(SK_OK, facts[what], out, len);
}

/* ---- Timeouts ---- */

static _Atomic uint32_t *timeout_of(struct sock_fd *s, int what)
{
    return what == OPTION_RECEIVE ? &s->open->rcv_timeout : &s->open->snd_timeout;
}

static int get_timeout(struct sock_fd *s, int what, void *out, socklen_t *len)
{
    uint32_t ms = *timeout_of(s, what);
    struct timeval t = { .tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * MILLISECOND };

    return option_give(&t, sizeof t, out, len);
}

/* In whole milliseconds, rounded up. A timeout of 0 is none; as on Linux, so is one that is too
 * long for us (49 days), and a negative one is the shortest there is. */
static int set_timeout(struct sock_fd *s, int what, const void *value, socklen_t len)
{
    _Atomic uint32_t *out = timeout_of(s, what);
    struct timeval t;

    if (len < (socklen_t)sizeof t) {
        return errno_fail(EINVAL);
    }
    memcpy(&t, value, sizeof t);
    if (t.tv_usec < 0 || t.tv_usec >= SECOND) {
        return errno_fail(EDOM);
    }
    if (t.tv_sec < 0) {
        *out = 1;
    } else if (t.tv_sec >= UINT32_MAX / 1000) {
        *out = 0;
    } else {
        *out = (uint32_t)t.tv_sec * 1000 + (uint32_t)(t.tv_usec + MILLISECOND - 1) / MILLISECOND;
    }
    return 0;
}

/* ---- SO_LINGER ---- */

static int get_linger(struct sock_fd *s, int what, void *out, socklen_t *len)
{
    int32_t seconds = s->open->linger;
    struct linger linger = { .l_onoff = seconds != FD_NO_LINGER,
                             .l_linger = seconds != FD_NO_LINGER ? seconds : 0 };

    (void)what;
    return option_give(&linger, sizeof linger, out, len);
}

/* A datagram socket has nothing to wait for, and takes it all the same: POSIX.1-2017 XSH 2.10.16.
 * A negative time is for ever, as on Linux. */
static int set_linger(struct sock_fd *s, int what, const void *value, socklen_t len)
{
    struct linger linger;

    (void)what;
    if (len < (socklen_t)sizeof linger) {
        return errno_fail(EINVAL);
    }
    memcpy(&linger, value, sizeof linger);
    if (linger.l_onoff == 0) {
        s->open->linger = FD_NO_LINGER;
    } else {
        s->open->linger = linger.l_linger >= 0 ? linger.l_linger : INT32_MAX;
    }
    return 0;
}

/* ---- What recvmsg tells: of datagrams, since a stream has nothing to tell it with ---- */

static int get_tells(struct sock_fd *s, int what, void *out, socklen_t *len)
{
    bool on = (s->open->tells & (unsigned)what) != 0;

    return option_give_number(s->type == SK_DGRAM ? SK_OK : SK_NO_OPTION, on, out, len);
}

/* Nobody can tell the time where the port knows none. */
static bool can_tell(const struct sock_fd *s, int what)
{
    const struct port *port = libsock_port();

    return s->type == SK_DGRAM && (what != FD_TELLS_TIME || port->realtime(port) >= 0);
}

static int set_tells(struct sock_fd *s, int what, const void *value, socklen_t len)
{
    int on;

    if (option_take_number(value, len, &on) != 0) {
        return -1;
    }
    if (!can_tell(s, what)) {
        return errno_fail(ENOPROTOOPT);
    }
    if (on != 0) {
        atomic_fetch_or(&s->open->tells, (unsigned)what);
    } else {
        atomic_fetch_and(&s->open->tells, ~(unsigned)what);
    }
    return 0;
}

/* ---- SO_DEBUG: nothing is recorded, and nobody is privileged to have it so ---- */

static int get_debug(struct sock_fd *s, int what, void *out, socklen_t *len)
{
    (void)s;
    (void)what;
    return option_give_number(SK_OK, 0, out, len);
}

/* As Linux's of a process without CAP_NET_ADMIN. */
static int set_debug(struct sock_fd *s, int what, const void *value, socklen_t len)
{
    int on;

    (void)s;
    (void)what;
    if (option_take_number(value, len, &on) != 0) {
        return -1;
    }
    return on != 0 ? errno_fail(EACCES) : 0;
}

const struct option_kind option_fact = { get_fact, NULL };
const struct option_kind option_timeout = { get_timeout, set_timeout };
const struct option_kind option_linger = { get_linger, set_linger };
const struct option_kind option_debug = { get_debug, set_debug };
const struct option_kind option_tells = { get_tells, set_tells };
