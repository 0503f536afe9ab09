/* SPDX-License-Identifier: BSD-3-Clause */
/* sendmmsg: where the first message goes decides whose the socket is (loopback.c). */
#define _GNU_SOURCE
#include <sys/socket.h>

#include "compat/compat.h"
#include "compat/preload/handed.h"
#include "compat/preload/loopback.h"

int sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags)
{
    if (messages != NULL && n > 0 &&
        loopback_prepare_datagram(fd, messages->msg_hdr.msg_name, messages->msg_hdr.msg_namelen) !=
            0) {
        return -1;
    }
    for (unsigned i = 0; messages != NULL && i < n; i++) {
        handed_in_message(fd, &messages[i].msg_hdr);
    }
    return libsock_sendmmsg(fd, messages, n, flags);
}
