/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Calls on the other end of a relay: a socket of the kernel's, which has all that moves octets and
 * waits for them. What it does not know it is asked of its name, or of the owner.
 */
#include "compat/preload/relayed.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "compat/addr.h"
#include "compat/compat.h"
#include "compat/errno.h"
#include "compat/fd.h"
#include "compat/foreign.h"
#include "compat/preload/preload.h"
#include "compat/preload/real.h"

static uint8_t secret[RELAY_SECRET_LEN];
static bool has_secret;

/* ---- Who it is ---- */

bool relayed_find(int fd, struct relay_name *out)
{
    struct sockaddr_un addr;
    socklen_t len = sizeof addr;
    int before = errno;
    bool found = fd_find(fd) == NULL && !foreign_is_own(fd) &&
                 foreign_getsockname(fd, (struct sockaddr *)&addr, &len) == 0 &&
                 relay_name_read(&addr, len, out);

    errno = before;
    return found;
}

void relayed_keep_secret(void)
{
    while (!has_secret) {
        has_secret = getrandom(secret, sizeof secret, 0) == sizeof secret;
    }
}

bool relayed_has_secret(const struct relay_message *m)
{
    return has_secret && memcmp(m->secret, secret, sizeof secret) == 0;
}

void relayed_put_secret(struct relay_message *m)
{
    memcpy(m->secret, secret, sizeof m->secret);
}

/* ---- Requests ---- */

int relayed_reach(const struct sockaddr_un *addr, socklen_t len)
{
    int fd = foreign_socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    int result = -1;

    do {
        result = fd >= 0 ? foreign_connect(fd, (const struct sockaddr *)addr, len) : -1;
    } while (fd >= 0 && result != 0 && errno == EINTR);
    if (fd >= 0 && result != 0) {
        __real_close(fd);
        return -1;
    }
    return fd;
}

/* The program knows of no call that a signal might interrupt. */
bool relayed_exchange(int fd, struct relay_message *m, int *end)
{
    ssize_t n;

    do {
        n = foreign_sendto(fd, m, sizeof *m, MSG_NOSIGNAL, NULL, 0);
    } while (n < 0 && errno == EINTR);
    if (n != (ssize_t)sizeof *m) {
        return false;
    }
    do {
        n = relay_take(fd, m, sizeof *m, end, MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof *m;
}

/* 0, or -1 and errno: ENOTCONN, the owner is gone. */
static int ask(const struct relay_name *name, struct relay_message *m)
{
    struct sockaddr_un addr;
    socklen_t len = relay_owner_address(name->owner, &addr);
    int fd = relayed_reach(&addr, len);

    m->handle = name->handle;
    relayed_put_secret(m);
    int none;
    bool answered = fd >= 0 && relayed_exchange(fd, m, &none);
    if (fd >= 0) {
        __real_close(fd);
    }
    if (!answered) {
        return errno_fail(ENOTCONN);
    }
    return m->error == 0 ? 0 : errno_fail(m->error);
}

void preload_use(int fd)
{
    struct relay_message m = { .request = RELAY_USE };
    struct relay_name name;
    struct sockaddr_un addr;
    socklen_t len = sizeof addr;
    int before = errno;

    preload_number_changes(fd);
    if (foreign_getsockname(fd, (struct sockaddr *)&addr, &len) == 0 &&
        relay_name_read(&addr, len, &name)) {
        ask(&name, &m);
    }
    errno = before;
}

/* ---- Calls ---- */

static int address(const struct relay_name *name, struct sk_addr found, struct sockaddr *addr,
                   socklen_t *len)
{
    int wrong = addr == NULL ? EFAULT : addr_to_sockaddr(name->inet6, found, addr, len);

    return wrong == 0 ? 0 : errno_fail(wrong);
}

int getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
    struct relay_name name;

    return relayed_find(fd, &name) ? address(&name, name.local, addr, len)
                                   : libsock_getsockname(fd, addr, len);
}

int getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
    struct relay_name name;

    if (!relayed_find(fd, &name)) {
        return libsock_getpeername(fd, addr, len);
    }
    return name.peer.port != 0 ? address(&name, name.peer, addr, len) : errno_fail(ENOTCONN);
}

/* What the pair itself does. */
static bool is_pairs(int level, int option)
{
    return level == SOL_SOCKET && (option == SO_ERROR || option == SO_RCVTIMEO ||
                                   option == SO_SNDTIMEO || option == SO_RCVLOWAT);
}

int getsockopt(int fd, int level, int option, void *value, socklen_t *len)
{
    struct relay_message m = { .request = RELAY_GET, .level = level, .name = option };
    struct relay_name name;

    if (is_pairs(level, option) || !relayed_find(fd, &name)) {
        return libsock_getsockopt(fd, level, option, value, len);
    }
    if (value == NULL || len == NULL) {
        return errno_fail(EFAULT);
    }
    m.len = *len < RELAY_VALUE_LEN ? *len : RELAY_VALUE_LEN;
    if (ask(&name, &m) != 0) {
        return -1;
    }
    memcpy(value, m.value, m.len);
    *len = m.len;
    return 0;
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
    struct relay_message m = { .request = RELAY_SET, .level = level, .name = option, .len = len };
    struct relay_name name;

    if (is_pairs(level, option) || !relayed_find(fd, &name)) {
        return libsock_setsockopt(fd, level, option, value, len);
    }
    if (value == NULL && len > 0) {
        return errno_fail(EFAULT);
    }
    if (len > RELAY_VALUE_LEN) {
        return errno_fail(EINVAL);
    }
    memcpy(m.value, value, len);
    return ask(&name, &m);
}

/* The next connection that the owner handed on. */
static int take_connection(int fd, const struct relay_name *name, struct sockaddr *addr,
                           socklen_t *len, int flags)
{
    struct sk_addr from;
    int taken;
    ssize_t n = relay_take(fd, &from, sizeof from, &taken,
                           (flags & SOCK_CLOEXEC) != 0 ? MSG_CMSG_CLOEXEC : 0);

    if (n < 0) {
        return -1;
    }
    if (n != (ssize_t)sizeof from || taken < 0) {
        return errno_fail(n == 0 ? EINVAL : EMFILE);
    }
    if ((flags & SOCK_NONBLOCK) != 0) {
        __real_fcntl(taken, F_SETFL, O_NONBLOCK);
    }
    preload_number_changes(taken);
    addr_to_sockaddr(name->inet6, from, addr, len);
    return taken;
}

int relayed_accept(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
    struct relay_name name;

    if (!relayed_find(fd, &name)) {
        return libsock_accept4(fd, addr, len, flags);
    }
    if ((flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != 0 || name.kind != RELAY_LISTENER) {
        return errno_fail(EINVAL);
    }
    if (addr != NULL && len == NULL) {
        return errno_fail(EFAULT);
    }
    return take_connection(fd, &name, addr, len, flags);
}

int relayed_listen(int fd, int backlog)
{
    struct relay_message m = { .request = RELAY_LISTEN, .name = backlog > 0 ? backlog : 1 };
    struct relay_name name;

    if (!relayed_find(fd, &name)) {
        return libsock_listen(fd, backlog);
    }
    return name.kind == RELAY_LISTENER ? ask(&name, &m) : errno_fail(EINVAL);
}
