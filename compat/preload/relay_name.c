/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of relays in text: see relay_name.h. */
#include "compat/preload/relay_name.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "compat/preload/real.h"

#define OWNER "libsock/%016" PRIx64
#define REST "/%" PRIx32 "/%c%c/%" PRIx32 ":%" PRIx16 "/%" PRIx32 ":%" PRIx16
#define N_FIELDS 8

/* The first octet of an abstract address is 0. */
#define PATH_AT (offsetof(struct sockaddr_un, sun_path) + 1)

static struct sockaddr_un abstract(void)
{
    return (struct sockaddr_un){ .sun_family = AF_UNIX };
}

socklen_t relay_owner_address(uint64_t owner, struct sockaddr_un *out)
{
    *out = abstract();
    return (socklen_t)PATH_AT +
           (socklen_t)snprintf(out->sun_path + 1, sizeof out->sun_path - 1, OWNER, owner);
}

socklen_t relay_name_write(const struct relay_name *n, struct sockaddr_un *out)
{
    *out = abstract();
    return (socklen_t)PATH_AT + (socklen_t)snprintf(out->sun_path + 1, sizeof out->sun_path - 1,
                                                    OWNER REST, n->owner, n->handle, (char)n->kind,
                                                    n->inet6 ? '6' : '4', ip4_bits(n->local.addr),
                                                    n->local.port, ip4_bits(n->peer.addr),
                                                    n->peer.port);
}

bool relay_name_read(const struct sockaddr_un *addr, socklen_t len, struct relay_name *out)
{
    char text[sizeof addr->sun_path] = "";
    char kind;
    char family;
    uint32_t local;
    uint32_t peer;

    if (len <= PATH_AT || len > sizeof *addr || addr->sun_family != AF_UNIX ||
        addr->sun_path[0] != '\0') {
        return false;
    }
    memcpy(text, addr->sun_path + 1, len - PATH_AT);
    if (sscanf(text,
               "libsock/%16" SCNx64 "/%" SCNx32 "/%c%c/%" SCNx32 ":%" SCNx16 "/%" SCNx32
               ":%" SCNx16,
               &out->owner, &out->handle, &kind, &family, &local, &out->local.port, &peer,
               &out->peer.port) != N_FIELDS) {
        return false;
    }
    out->kind = (enum relay_kind)kind;
    out->inet6 = family == '6';
    out->local.addr = ip4(local);
    out->peer.addr = ip4(peer);
    return kind == RELAY_STREAM || kind == RELAY_LISTENER || kind == RELAY_DATAGRAMS;
}

union control {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
};

bool relay_pass(int to, const void *octets, size_t len, int end)
{
    union control control;
    struct iovec iov = { .iov_base = (void *)(uintptr_t)octets, .iov_len = len };
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

    memset(&control, 0, sizeof control);
    if (end >= 0) {
        control.header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
                                           .cmsg_type = SCM_RIGHTS,
                                           .cmsg_len = CMSG_LEN(sizeof end) };
        memcpy(CMSG_DATA(&control.header), &end, sizeof end);
        msg.msg_control = &control;
        msg.msg_controllen = sizeof control;
    }
    return __real_sendmsg(to, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

ssize_t relay_take(int from, void *octets, size_t len, int *end, int flags)
{
    union control control;
    struct iovec iov = { .iov_base = octets, .iov_len = len };
    struct msghdr msg = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
    };
    ssize_t n = __real_recvmsg(from, &msg, flags);
    struct cmsghdr *header = n >= 0 ? CMSG_FIRSTHDR(&msg) : NULL;

    *end = -1;
    if (header != NULL && header->cmsg_type == SCM_RIGHTS) {
        memcpy(end, CMSG_DATA(header), sizeof *end);
    }
    return n;
}
