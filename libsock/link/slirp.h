/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libslirp as the link: a network 10.0.2.0/24 inside this process, without privileges. A connection
 * to 10.0.2.2 is one to the host's 127.0.0.1; 10.0.2.15 comes from DHCP; ports of the host can be
 * forwarded in. Hosts only.
 *
 * By default nothing but the host's loopback is reached: other frames are dropped before libslirp
 * sees them, counted as DROP_TX_POLICY, and answered as by a firewall. `any` lifts that: then each
 * address is the real one, and 10.0.2.3 the host's resolver.
 *
 * libslirp sends segments of mtu - 60 octets, whatever MSS was offered, one datagram of each UDP
 * socket per round, and offers no window scale. What it would do late or never, the link sees to:
 * it joins the segments of a burst, since each frame is a call of the system; it asks for the
 * window after libslirp wrote to the host, since that tells of none that opens when segments are
 * large; and it resets, in libslirp alone, what would be in TIME-WAIT there with a descriptor and
 * 256 KB for 10 s.
 */
#pragma once

#include "base/addr.h"
#include "link/link.h"

#define SLIRP_MTU 1500      /* octets, the default */
#define SLIRP_MAX_MTU 65521 /* octets: libslirp 4.7 takes no more */

struct slirp_link;

struct slirp_link_config {
    uint16_t mtu;     /* 0: SLIRP_MTU */
    bool any;         /* reach every address that this machine reaches, and its name server */
    bool disable_dns; /* with `any`: 10.0.2.3 is nobody */
};

#ifdef __cplusplus
extern "C" {
#endif

/** A network of its own, to be freed with sk_slirp_link_free; NULL: no memory, or the MTU is out of
 * range. */
struct slirp_link *sk_slirp_link_new(const struct slirp_link_config *config);

/** Closes the host's sockets and frees the link, which no host uses any more. NULL is allowed. */
void sk_slirp_link_free(struct slirp_link *s);

/** The link for sk_netif_add. */
struct link *sk_slirp_link_link(struct slirp_link *s);

/**
 * Forwards TCP, or UDP, that arrives at `host` on the host to `guest_port` of the guest, which has
 * the address that DHCP gives it. Port 0 takes a free one. `*bound` is where the host listens.
 * SK_BINDING_IN_USE: somebody listens there; SK_ADDR_NOT_AVAIL: the host cannot listen there for
 * another reason, which errno says of both.
 */
enum sk_err sk_slirp_link_forward(struct slirp_link *s, bool udp, struct sk_addr host,
                                  uint16_t guest_port, struct sk_addr *bound);

#ifdef __cplusplus
}
#endif
