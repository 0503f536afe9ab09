/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * connect, bind and sends to 127.0.0.0/8 and ::1: the host's, so that what runs there is found,
 * such as a database; or with LIBSOCK_LOOPBACK=stack our own. To go to the host's a socket becomes
 * the kernel's under the number it has, and under all that dup made of it, with what was set by
 * then. It is bound to the loopback's address, so the kernel lets it go nowhere else.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "compat/call.h"
#include "compat/compat.h"
#include "compat/epoll_host.h"
#include "compat/errno.h"
#include "compat/fd.h"
#include "compat/foreign.h"
#include "compat/preload/door.h"
#include "compat/preload/forward.h"
#include "compat/preload/handed.h"
#include "compat/preload/loopback.h"
#include "compat/preload/preload.h"
#include "compat/preload/real.h"
#include "compat/preload/relayed.h"
#include "compat/state.h"

#define SIN6_LEN_RFC2133 24 /* without sin6_scope_id, as Linux takes it */
#define MAPPED_AT 12        /* RFC 4291 2.5.5.2 */
#define LOOPBACK_NET 127
#define MAX_OPTION 64 /* octets */

static bool stack_loopback;

void loopback_is_ours(bool ours)
{
    stack_loopback = ours;
}

/* ---- Addresses ---- */

/* What an address of the loopback is for, 0 when it is none. */
struct place {
    bool loopback;
    bool unspecified;
    bool inet6; /* ::1 */
    uint16_t port;
};

static struct place place_of_inet(const uint8_t octets[4], in_port_t port)
{
    return (struct place){ .loopback = octets[0] == LOOPBACK_NET,
                           .unspecified = memcmp(octets, "\0\0\0\0", 4) == 0,
                           .port = ntohs(port) };
}

static struct place place_of_inet6(const struct sockaddr_in6 *in6)
{
    if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
        return place_of_inet(in6->sin6_addr.s6_addr + MAPPED_AT, in6->sin6_port);
    }
    return (struct place){ .loopback = IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr),
                           .unspecified = IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr),
                           .inet6 = true,
                           .port = ntohs(in6->sin6_port) };
}

/* Octets are copied: programs cast freely between sockaddr types. */
static struct place place_of(const void *addr, socklen_t len)
{
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    sa_family_t family = AF_UNSPEC;

    if (addr != NULL && len >= offsetof(struct sockaddr, sa_data)) {
        memcpy(&family, (const char *)addr + offsetof(struct sockaddr, sa_family), sizeof family);
    }
    if (family == AF_INET && len >= sizeof in) {
        memcpy(&in, addr, sizeof in);
        return place_of_inet((const uint8_t *)&in.sin_addr, in.sin_port);
    }
    if (family == AF_INET6 && len >= SIN6_LEN_RFC2133) {
        memcpy(&in6, addr, SIN6_LEN_RFC2133);
        return place_of_inet6(&in6);
    }
    return (struct place){ .port = 0 };
}

/* ---- What the socket is by now ---- */

static uint16_t local_port(const struct sk_iface *iface, const struct sock_fd *s)
{
    struct sk_addr local;

    return sk_local(iface, s->fd, &local) == SK_OK ? local.port : 0;
}

static bool is_fresh_stream(struct sk_iface *iface, const struct sock_fd *s)
{
    int32_t state = SK_TCP_CLOSED;

    return s->open->connect == FD_CONNECT_NONE &&
           (sk_get(iface, s->fd, SK_TCP_STATE, &state) != SK_OK || state == SK_TCP_CLOSED);
}

static bool is_server(struct sk_iface *iface, const struct sock_fd *s)
{
    int32_t listens = 0;

    return s->type == SK_DGRAM ||
           (sk_get(iface, s->fd, SK_ACCEPTCONN, &listens) == SK_OK && listens != 0);
}

/* A socket of this process waits on the port: the program talks to itself. Under the lock. */
static bool is_ours(struct sk_iface *iface, const struct sock_fd *s, uint16_t port)
{
    for (int fd = fd_next(0); fd >= 0; fd = fd_next(fd + 1)) {
        const struct sock_fd *other = fd_find(fd);
        if (other != NULL && other->fd != s->fd && other->type == s->type &&
            local_port(iface, other) == port && is_server(iface, other)) {
            return true;
        }
    }
    return false;
}

enum way { STACK, HOST, NEITHER };

static bool has_address(const struct sk_iface *iface, const struct sock_fd *s)
{
    struct sk_addr local;

    return sk_local(iface, s->fd, &local) == SK_OK && !ip_is_unspecified(local.addr);
}

/* Under the lock. A socket that the network knows already cannot be of the host, too: a port alone,
 * such as dig binds, says nothing yet when the socket from now on has one peer. */
static enum way way_to(struct sk_iface *iface, const struct sock_fd *s, struct place place,
                       bool connects)
{
    if (place.port != 0 && is_ours(iface, s, place.port)) {
        return STACK;
    }
    if (s->type == SK_STREAM) {
        return is_fresh_stream(iface, s) ? HOST : STACK;
    }
    return local_port(iface, s) == 0 || (connects && !has_address(iface, s)) ? HOST : NEITHER;
}

/* ---- The kernel's socket ---- */

static const struct {
    int level;
    int name;
} carried[] = {
    { SOL_SOCKET, SO_REUSEADDR },  { SOL_SOCKET, SO_KEEPALIVE },
    { SOL_SOCKET, SO_OOBINLINE },  { SOL_SOCKET, SO_BROADCAST },
    { SOL_SOCKET, SO_LINGER },     { SOL_SOCKET, SO_RCVTIMEO },
    { SOL_SOCKET, SO_SNDTIMEO },   { SOL_SOCKET, SO_RCVLOWAT },
    { SOL_SOCKET, SO_RCVBUF },     { SOL_SOCKET, SO_SNDBUF },
    { SOL_SOCKET, SO_DONTROUTE },  { SOL_SOCKET, SO_TIMESTAMP },
    { IPPROTO_IP, IP_TTL },        { IPPROTO_IP, IP_TOS },
    { IPPROTO_IP, IP_PKTINFO },    { IPPROTO_IP, IP_RECVTTL },
    { IPPROTO_IP, IP_RECVTOS },    { IPPROTO_IP, IP_RECVOPTS },
    { IPPROTO_TCP, TCP_NODELAY },  { IPPROTO_TCP, TCP_CORK },
    { IPPROTO_TCP, TCP_QUICKACK }, { IPPROTO_TCP, TCP_MAXSEG },
    { IPPROTO_TCP, TCP_KEEPIDLE }, { IPPROTO_TCP, TCP_KEEPINTVL },
    { IPPROTO_TCP, TCP_KEEPCNT },  { IPPROTO_TCP, TCP_USER_TIMEOUT },
};

static void carry_option(int fd, int fresh, int kernel, int level, int name)
{
    char value[MAX_OPTION];
    char before[MAX_OPTION];
    socklen_t len = sizeof value;
    socklen_t before_len = sizeof before;

    if (libsock_getsockopt(fd, level, name, value, &len) == 0 &&
        libsock_getsockopt(fresh, level, name, before, &before_len) == 0 &&
        (len != before_len || memcmp(value, before, len) != 0)) {
        __real_setsockopt(kernel, level, name, value, len);
    }
}

/* What differs from a socket that was just made. */
static void carry_options(int fd, const struct sock_fd *s, int kernel)
{
    int fresh = libsock_socket(AF_INET, s->type == SK_STREAM ? SOCK_STREAM : SOCK_DGRAM, 0);

    for (size_t i = 0; fresh >= 0 && i < sizeof carried / sizeof carried[0]; i++) {
        carry_option(fd, fresh, kernel, carried[i].level, carried[i].name);
    }
    if (fresh >= 0) {
        libsock_close(fresh);
    }
}

static in_port_t port_of(const struct sock_fd *s)
{
    uint16_t port = local_port(state_enter(), s);

    state_leave();
    return htons(port);
}

/* A port that was bound stays the same; else it is the one that the connect chooses, which may have
 * it in common with others. */
static int bind_to_loopback(int kernel, const struct sock_fd *s, struct place place, bool connects)
{
    struct sockaddr_in in = { .sin_family = AF_INET,
                              .sin_port = port_of(s),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
                                .sin6_port = in.sin_port,
                                .sin6_addr = in6addr_loopback };
    int on = 1;

    if (connects) {
        __real_setsockopt(kernel, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    }
    if (!s->open->inet6) {
        return foreign_bind(kernel, (const struct sockaddr *)&in, sizeof in);
    }
    if (!place.inet6) {
        memset(&in6.sin6_addr, 0, sizeof in6.sin6_addr);
        memset(in6.sin6_addr.s6_addr + MAPPED_AT - 2, 0xff, 2);
        memcpy(in6.sin6_addr.s6_addr + MAPPED_AT, &in.sin_addr, sizeof in.sin_addr);
    }
    return foreign_bind(kernel, (const struct sockaddr *)&in6, sizeof in6);
}

static int make_kernels(int fd, const struct sock_fd *s)
{
    int type = s->type == SK_STREAM ? SOCK_STREAM : SOCK_DGRAM;
    int kernel = __real_socket(s->open->inet6 ? AF_INET6 : AF_INET,
                               type | SOCK_CLOEXEC | (s->open->nonblock ? SOCK_NONBLOCK : 0), 0);

    if (kernel >= 0) {
        carry_options(fd, s, kernel);
    }
    return kernel;
}

/* ---- The numbers ---- */

/* Under the lock: no other thread finds a number that is neither's. */
static void replace(struct sk_iface *iface, const struct open_description *open, int kernel)
{
    uint32_t left = open->n_numbers;

    for (int fd = fd_next(0); fd >= 0 && left > 0; fd = fd_next(fd + 1)) {
        const struct sock_fd *s = fd_find(fd);
        if (s == NULL || s->open != open) {
            continue;
        }
        int flags = __real_fcntl(fd, F_GETFD);
        __real_dup3(kernel, fd, (flags & FD_CLOEXEC) != 0 ? O_CLOEXEC : 0);
        epoll_handed_over(fd);
        if (--left == 0) {
            call_end(iface, s->fd, FD_NO_LINGER);
        }
        fd_forget(fd);
        preload_number_changes(fd);
    }
}

/* False: the socket was closed meanwhile, or is another one. */
static bool give_numbers(int fd, sk_fd handle, int kernel)
{
    struct sk_iface *iface = state_enter();
    const struct sock_fd *s = fd_find(fd);
    bool same = s != NULL && s->fd == handle;

    if (same) {
        replace(iface, s->open, kernel);
        sk_iface_poll(iface, state_now());
    }
    state_leave();
    return same;
}

/* -1 and errno; then the socket is what it was. */
static int hand_over(int fd, const struct sock_fd *s, const struct place *bound, bool connects)
{
    sk_fd handle = s->fd;
    int kernel = make_kernels(fd, s);

    if (kernel < 0) {
        return -1;
    }
    if (bound != NULL && bind_to_loopback(kernel, s, *bound, connects) != 0) {
        int error = errno;
        __real_close(kernel);
        return errno_fail(error);
    }
    bool given = give_numbers(fd, handle, kernel);
    __real_close(kernel);
    return given ? 0 : errno_fail(EBADF);
}

/* Whether an address may be the host's. A child of vfork leaves its parent's sockets alone. */
static bool concerns_host(const struct sock_fd *s, bool loopback)
{
    return s != NULL && loopback && !stack_loopback && !start_is_child();
}

/* Before `fd` goes to an address: 0 when the call may go on, else -1 and errno. */
static int prepare(int fd, const void *addr, socklen_t len, bool connects)
{
    const struct sock_fd *s = fd_find(fd);
    struct place place = place_of(addr, len);

    if (!concerns_host(s, place.loopback || place.unspecified)) {
        return 0;
    }
    enum way way = way_to(state_enter(), s, place, connects);
    state_leave();
    if (way == NEITHER) {
        return errno_fail(ENETUNREACH);
    }
    return way == HOST ? hand_over(fd, s, &place, connects) : 0;
}

/* ---- The calls ---- */

/* A port that another process of ours listens on, and this one does not. */
static bool is_behind_door(const struct sock_fd *s, struct place place)
{
    struct sk_iface *iface = state_enter();
    bool behind = s->type == SK_STREAM && (place.loopback || place.unspecified) &&
                  place.port != 0 && is_fresh_stream(iface, s) && !is_ours(iface, s, place.port);

    state_leave();
    return behind;
}

static bool enter(int fd, const struct sock_fd *s, struct place place)
{
    sk_fd handle = s->fd;
    int end = is_behind_door(s, place) ? door_enter(place.port) : -1;

    if (end < 0) {
        return false;
    }
    __real_fcntl(end, F_SETFL, s->open->nonblock ? O_NONBLOCK : 0);
    bool given = give_numbers(fd, handle, end);
    __real_close(end);
    return given;
}

int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
    const struct sock_fd *s = fd_find(fd);
    struct relay_name name;

    if (s == NULL && relayed_find(fd, &name) && name.kind != RELAY_DATAGRAMS) {
        return errno_fail(EISCONN);
    }
    if (s != NULL && !start_is_child() && enter(fd, s, place_of(addr, len))) {
        return 0;
    }
    return prepare(fd, addr, len, true) == 0 ? libsock_connect(fd, addr, len) : -1;
}

int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
    const struct sock_fd *s = fd_find(fd);

    if (concerns_host(s, place_of(addr, len).loopback)) {
        struct sk_iface *iface = state_enter();
        bool unbound = local_port(iface, s) == 0;
        state_leave();
        if (unbound && hand_over(fd, s, NULL, false) != 0) {
            return -1;
        }
    }
    return libsock_bind(fd, addr, len) == 0 ? forward_to(fd) : -1;
}

/* The address of a stream is ignored. */
int loopback_prepare_datagram(int fd, const void *to, socklen_t len)
{
    const struct sock_fd *s = fd_find(fd);

    return s != NULL && s->type == SK_DGRAM ? prepare(fd, to, len, false) : 0;
}

ssize_t sendto(int fd, const void *buffer, size_t len, int flags, const struct sockaddr *to,
               socklen_t to_len)
{
    return loopback_prepare_datagram(fd, to, to_len) == 0
               ? libsock_sendto(fd, buffer, len, flags, to, to_len)
               : -1;
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
    handed_in_message(fd, msg);
    if (msg != NULL && loopback_prepare_datagram(fd, msg->msg_name, msg->msg_namelen) != 0) {
        return -1;
    }
    return libsock_sendmsg(fd, msg, flags);
}
