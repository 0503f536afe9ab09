/* SPDX-License-Identifier: BSD-3-Clause */
/* A TAP device: see tap.h. Functions that a host program may wrap (-Wl,--wrap=read and so on) are
 * not called here: hence readv and writev, and close as a system call. */
#define _GNU_SOURCE /* O_CLOEXEC, syscall */
#include "link/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/tick.h"
#include "link/own_fds.h"
#include "wire/ipv4.h"

#define ETH_PAD 2 /* octets, so that the IP header is aligned */

/* Without a packet for it, a frame stays with the kernel, which drops those that come later. */
static struct pkt *tap_rx(struct link *link, struct pkt_pool *pool, instant now)
{
    struct pkt *pkt = sk_pkt_alloc(pool, ETH_PAD);
    struct iovec iov;
    ssize_t len;

    (void)now;
    if (!pkt) {
        return NULL;
    }
    iov = (struct iovec){ sk_pkt_data(pkt), sk_pkt_room(pkt) };
    len = readv(((struct tap_link *)link)->fd, &iov, 1);
    if (len <= 0) {
        sk_pkt_free(pkt);
        return NULL;
    }
    sk_pkt_put(pkt, (uint32_t)len);
    return pkt;
}

/* A device that is down loses what it is sent, as a cable that is out. */
static enum sk_err tap_tx(struct link *link, struct pkt *pkt, instant now)
{
    struct tap_link *t = (struct tap_link *)link;
    struct iovec iov = { sk_pkt_data(pkt), pkt->len };

    (void)now;
    if (writev(t->fd, &iov, 1) < 0) {
        if (errno == EAGAIN || errno == ENOBUFS) {
            return SK_AGAIN;
        }
        link_dropped(link, 1, DROP_TX_LINK, pkt);
    }
    sk_pkt_free(pkt);
    return SK_OK;
}

static size_t tap_wait_fds(struct link *link, struct pollfd *fds, size_t n)
{
    if (n > 0) {
        fds[0] = (struct pollfd){ .fd = ((struct tap_link *)link)->fd, .events = POLLIN };
    }
    return 1;
}

static const struct link_ops tap_ops = {
    .rx = tap_rx,
    .tx = tap_tx,
    .wait_fds = tap_wait_fds,
};

enum sk_err sk_tap_link_open(struct tap_link *t, const char *name, struct mac_addr mac,
                             uint16_t mtu)
{
    struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };

    if (strlen(name) >= sizeof(request.ifr_name) || mtu < IPV4_MIN_MTU) {
        return SK_INVALID;
    }
    strcpy(request.ifr_name, name);
    t->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (t->fd < 0) {
        return SK_NOT_SUPPORTED;
    }
    sk_own_fd_add(t->fd);
    if (ioctl(t->fd, TUNSETIFF, &request) != 0) {
        int error = errno;

        sk_tap_link_close(t);
        errno = error;
        return SK_NOT_SUPPORTED;
    }
    t->link = (struct link){
        .ops = &tap_ops,
        .medium = LINK_ETHERNET,
        .mac = mac,
        .mtu = mtu,
        .msl = seconds(120), /* RFC 9293 3.4.2 */
    };
    return SK_OK;
}

void sk_tap_link_close(struct tap_link *t)
{
    sk_own_fd_remove(t->fd);
    syscall(SYS_close, t->fd); /* close() may be ours */
}
