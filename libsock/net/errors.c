/* SPDX-License-Identifier: BSD-3-Clause */
/* What ICMP and our own links said of datagrams, for sockets that want to know of which
 * (SK_RECVERR, ip(7) IP_RECVERR). One table for all: few are kept, and read soon. */
#include "net/iface.h"

#include <string.h>

void errors_keep(struct sk_iface *iface, struct udp_entry *udp,
                 const struct sk_datagram_error *what)
{
    if (udp->recverr && iface->n_errors < iface->max_errors) {
        iface->errors[iface->n_errors++] = (struct kept_error){ udp->node.item, *what };
        udp->n_errors++;
    }
}

/* The first one of the socket, from `i` on; iface->n_errors: there is none. */
static uint32_t find(const struct sk_iface *iface, const struct udp_entry *udp, uint32_t i)
{
    while (i < iface->n_errors && iface->errors[i].socket != udp->node.item) {
        i++;
    }
    return i;
}

static void take_out(struct sk_iface *iface, struct udp_entry *udp, uint32_t i)
{
    iface->n_errors--;
    udp->n_errors--;
    memmove(&iface->errors[i], &iface->errors[i + 1],
            (iface->n_errors - i) * sizeof(struct kept_error));
}

void errors_forget(struct sk_iface *iface, struct udp_entry *udp)
{
    while (udp->n_errors > 0) {
        take_out(iface, udp, find(iface, udp, 0));
    }
}

/* As Linux: what is still to be read is the error that calls end with, or there is none. */
enum sk_err sk_recv_error(struct sk_iface *iface, sk_fd fd, struct sk_datagram_error *what)
{
    struct tagged_socket *slot = slot_of(iface, fd);
    struct udp_entry *udp;
    uint32_t i;

    if (!slot) {
        return SK_INVALID_SOCKET;
    }
    if (slot_tag(slot) != SOCK_UDP) {
        return SK_NO_OPTION;
    }
    udp = slot->u.udp;
    if (udp->n_errors == 0) {
        return SK_AGAIN;
    }
    i = find(iface, udp, 0);
    *what = iface->errors[i].what;
    take_out(iface, udp, i);
    i = find(iface, udp, i);
    udp->udp.err = (uint8_t)(i < iface->n_errors ? iface->errors[i].what.err : SK_OK);
    node_changed(iface, &udp->node);
    return SK_OK;
}
