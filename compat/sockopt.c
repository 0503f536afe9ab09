/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * getsockopt, setsockopt: POSIX.1-2017. One table says which options there are; every other one is
 * ENOPROTOOPT, never silently accepted. Timeouts are the shim's: the core does not wait.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/time.h>

#include "compat/compat.h"
#include "compat/connect.h"
#include "compat/errno.h"
#include "compat/face.h"
#include "compat/foreign.h"

#define SECOND 1000000   /* us */
#define MILLISECOND 1000 /* us */

#define NAME_LEN 16 /* octets of a congestion control's name, with its zero; as Linux */

enum kind { NUMBER, SWITCH, ERROR, TYPE, RCV_TIMEOUT, SND_TIMEOUT, CONGESTION, TELLS };

static const struct option {
    int level;
    int name;
    enum kind kind;
    int what; /* enum sk_option of NUMBER and SWITCH, enum fd_tells of TELLS */
} options[] = {
    // clang-format off
    { SOL_SOCKET,  SO_ERROR,     ERROR,       SK_SO_ERROR },
    { SOL_SOCKET,  SO_TYPE,      TYPE,        SK_SO_TYPE },
    { SOL_SOCKET,  SO_RCVTIMEO,  RCV_TIMEOUT, 0 },
    { SOL_SOCKET,  SO_SNDTIMEO,  SND_TIMEOUT, 0 },
    { SOL_SOCKET,  SO_REUSEADDR, SWITCH,      SK_REUSEADDR },
    { SOL_SOCKET,  SO_RCVBUF,    NUMBER,      SK_RCVBUF },
    { SOL_SOCKET,  SO_SNDBUF,    NUMBER,      SK_SNDBUF },
    { SOL_SOCKET,  SO_KEEPALIVE, SWITCH,      SK_KEEPALIVE },
    { IPPROTO_IP,  IP_TTL,       NUMBER,      SK_TTL },
    { IPPROTO_IP,  IP_TOS,       NUMBER,      SK_TOS },
    { SOL_SOCKET,  SO_TIMESTAMP, TELLS,       FD_TELLS_TIME },
    { IPPROTO_IP,  IP_PKTINFO,   TELLS,       FD_TELLS_PACKET_INFO },
    { IPPROTO_IP,  IP_RECVTTL,   TELLS,       FD_TELLS_TTL },
    { IPPROTO_IP,  IP_RECVTOS,   TELLS,       FD_TELLS_TOS },
    { IPPROTO_IP,  IP_RECVOPTS,  TELLS,       FD_TELLS_OPTIONS },
    { IPPROTO_TCP, TCP_NODELAY,  SWITCH,      SK_NODELAY },
    { IPPROTO_TCP, TCP_KEEPIDLE, NUMBER,      SK_KEEPIDLE },
    { IPPROTO_TCP, TCP_KEEPINTVL, NUMBER,     SK_KEEPINTVL },
    { IPPROTO_TCP, TCP_KEEPCNT,  NUMBER,      SK_KEEPCNT },
    { IPPROTO_TCP, TCP_USER_TIMEOUT, NUMBER,  SK_USER_TIMEOUT },
    { IPPROTO_TCP, TCP_CONGESTION, CONGESTION, SK_CONGESTION },
    // clang-format on
};

static const struct option *find(int level, int name)
{
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (options[i].level == level && options[i].name == name) {
            return &options[i];
        }
    }
    return NULL;
}

static struct timeval to_timeval(uint32_t ms)
{
    return (struct timeval){ .tv_sec = ms / 1000,
                             .tv_usec = (suseconds_t)(ms % 1000) * MILLISECOND };
}

/* In whole milliseconds, rounded up. A timeout of 0 is none; as on Linux, so is one that is too
 * long for us (49 days), and a negative one is the shortest there is. */
static int from_timeval(const void *value, socklen_t len, _Atomic uint32_t *out)
{
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

static int give(const void *value, size_t size, void *out, socklen_t *len)
{
    if (*len > (socklen_t)size) {
        *len = (socklen_t)size;
    }
    memcpy(out, value, *len);
    return 0;
}

static int give_number(enum sk_err err, int value, void *out, socklen_t *len)
{
    return err != SK_OK ? errno_result(err) : give(&value, sizeof value, out, len);
}

static int get_error(struct sock_fd *s, void *out, socklen_t *len)
{
    enum sk_err error;
    enum sk_err err = connect_take_error(s, state_enter(), state_now(), &error);

    state_leave();
    return give_number(err, errno_of(error), out, len);
}

static int get_number(struct sock_fd *s, enum sk_option option, void *out, socklen_t *len)
{
    int32_t value = 0;
    enum sk_err err = sk_get(state_enter(), s->fd, option, &value);

    state_leave();
    return give_number(err, value, out, len);
}

/* Of datagrams: a stream has nothing to tell them with. */
static int get_tells(const struct sock_fd *s, int what, void *out, socklen_t *len)
{
    return give_number(s->type == SK_DGRAM ? SK_OK : SK_NO_OPTION,
                       (s->open->tells & (unsigned)what) != 0, out, len);
}

static int get_congestion(struct sock_fd *s, void *out, socklen_t *len)
{
    struct sk_iface *iface = state_enter();
    char name[NAME_LEN] = "";
    int32_t value = 0;
    enum sk_err err = sk_get(iface, s->fd, SK_CONGESTION, &value);

    if (err == SK_OK) {
        strncpy(name, sk_congestion_name(iface, (uint32_t)value), sizeof name - 1);
    }
    state_leave();
    return err != SK_OK ? errno_result(err) : give(name, sizeof name, out, len);
}

int libsock_getsockopt(int fd, int level, int option, void *value, socklen_t *len)
{
    struct sock_fd *s = fd_find(fd);
    const struct option *o = find(level, option);
    struct timeval timeout;

    if (s == NULL) {
        return foreign_getsockopt(fd, level, option, value, len);
    }
    if (o == NULL) {
        return errno_fail(ENOPROTOOPT);
    }
    if (value == NULL || len == NULL) {
        return errno_fail(EFAULT);
    }
    switch (o->kind) {
    case ERROR:
        return get_error(s, value, len);
    case TYPE:
        return give_number(SK_OK, s->type == SK_STREAM ? SOCK_STREAM : SOCK_DGRAM, value, len);
    case RCV_TIMEOUT:
        timeout = to_timeval(s->open->rcv_timeout);
        return give(&timeout, sizeof timeout, value, len);
    case SND_TIMEOUT:
        timeout = to_timeval(s->open->snd_timeout);
        return give(&timeout, sizeof timeout, value, len);
    case CONGESTION:
        return get_congestion(s, value, len);
    case TELLS:
        return get_tells(s, o->what, value, len);
    default:
        return get_number(s, (enum sk_option)o->what, value, len);
    }
}

/* Nobody can tell the time where the port knows none. */
static int set_tells(struct sock_fd *s, unsigned what, bool on)
{
    const struct port *port = libsock_port();

    if (s->type != SK_DGRAM || (what == FD_TELLS_TIME && port->realtime(port) < 0)) {
        return errno_fail(ENOPROTOOPT);
    }
    if (on) {
        atomic_fetch_or(&s->open->tells, what);
    } else {
        atomic_fetch_and(&s->open->tells, ~what);
    }
    return 0;
}

static int set_number(struct sock_fd *s, const struct option *o, const void *value, socklen_t len)
{
    int number;

    if (len < (socklen_t)sizeof number) {
        return errno_fail(EINVAL);
    }
    memcpy(&number, value, sizeof number);
    if (o->kind == TELLS) {
        return set_tells(s, (unsigned)o->what, number != 0);
    }
    if (o->kind == SWITCH) {
        number = number != 0;
    }
    enum sk_err err = sk_set(state_enter(), s->fd, (enum sk_option)o->what, number);
    state_leave();
    return errno_result(err);
}

/* As Linux: a name that is not known is ENOENT. */
static int set_congestion(struct sock_fd *s, const void *value, socklen_t len)
{
    struct sk_iface *iface = state_enter();
    char name[NAME_LEN] = "";
    const char *known;
    uint32_t i = 0;

    memcpy(name, value, len < NAME_LEN - 1 ? len : NAME_LEN - 1);
    while ((known = sk_congestion_name(iface, i)) != NULL && strcmp(known, name) != 0) {
        i++;
    }
    enum sk_err err = sk_set(iface, s->fd, SK_CONGESTION, known != NULL ? (int32_t)i : -1);
    state_leave();
    return err == SK_INVALID ? errno_fail(ENOENT) : errno_result(err);
}

int libsock_setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
    struct sock_fd *s = fd_find(fd);
    const struct option *o = find(level, option);

    if (s == NULL) {
        return foreign_setsockopt(fd, level, option, value, len);
    }
    if (o == NULL || o->kind == ERROR || o->kind == TYPE) {
        return errno_fail(ENOPROTOOPT);
    }
    if (value == NULL) {
        return errno_fail(EFAULT);
    }
    switch (o->kind) {
    case RCV_TIMEOUT:
        return from_timeval(value, len, &s->open->rcv_timeout);
    case SND_TIMEOUT:
        return from_timeval(value, len, &s->open->snd_timeout);
    case CONGESTION:
        return set_congestion(s, value, len);
    default:
        return set_number(s, o, value, len);
    }
}

FACE(getsockopt);
FACE(setsockopt);
