/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host that was not polled for days, since the machine slept: deadlines in 32-bit ticks that
 * passed meanwhile would seem to lie weeks ahead. Before anything compares them with the new time,
 * each that has passed is moved to it, so that it is due once, however long ago it was: neither is
 * a peer given up that was never asked, nor does the length of the sleep cost anything.
 */
#include "net/iface.h"

static void carry(struct sk_iface *iface, instant now)
{
    instant then = iface->now;

    for (uint32_t i = 0; i < iface->tcp.n_touched; i++) {
        struct tcp_entry *tcp = tcp_at(iface, i);

        if (tcp->node.tag == SOCK_TCP && tcp->opened) {
            tcp_carry(&tcp->tcp, then, now);
        }
    }
    heap_carry(&iface->deadlines, then, now);
    tuples_carry(&iface->half_opens, then, now);
    tuples_carry(&iface->time_waits, then, now);
    for (uint32_t i = 0; i < iface->n_netifs; i++) {
        neigh_carry(&iface->netifs[i].neigh, then, now);
    }
}

void iface_wake(struct sk_iface *iface, instant now)
{
    if (tick_far(iface->now, now)) {
        carry(iface, now);
        iface->now = now;
    }
}
