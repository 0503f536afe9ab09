/* SPDX-License-Identifier: BSD-3-Clause */
/* DHCP messages of a client (RFC 2131, options RFC 2132). The rules of wire/ are in wire/eth.h. */
#pragma once

#include "base/addr.h"
#include "base/cursor.h"
#include "wire/drop.h"
#include "wire/eth.h"

#define DHCP_SERVER_PORT 67
#define DHCP_CLIENT_PORT 68
#define DHCP_MAX_LEN                                                                               \
    576 /* what a client must take, RFC 2131 2; also the room that dhcp_emit needs */
#define DHCP_MAX_ROUTERS 2
#define DHCP_MAX_SERVERS 2 /* name servers */

enum dhcp_type {
    DHCP_DISCOVER = 1,
    DHCP_OFFER = 2,
    DHCP_REQUEST = 3,
    DHCP_DECLINE = 4,
    DHCP_ACK = 5,
    DHCP_NAK = 6,
    DHCP_RELEASE = 7,
};

struct dhcp_msg {
    uint8_t type; /* enum dhcp_type */
    uint32_t xid;
    uint16_t secs;
    bool broadcast; /* the client asks for a broadcast answer */
    struct mac_addr chaddr;
    struct ip_addr ciaddr;                    /* the client's address, when it has one */
    struct ip_addr yiaddr;                    /* the address that is offered */
    struct ip_addr requested;                 /* option 50; unspecified: absent */
    struct ip_addr server_id;                 /* option 54; unspecified: absent */
    struct ip_addr netmask;                   /* option 1; unspecified: absent */
    struct ip_addr routers[DHCP_MAX_ROUTERS]; /* option 3, the first ones */
    struct ip_addr dns[DHCP_MAX_SERVERS];     /* option 6, the first ones */
    uint8_t n_routers;
    uint8_t n_dns;
    uint16_t mtu;          /* option 26; 0: absent */
    uint32_t lease;        /* option 51, seconds; 0: absent */
    uint32_t renewal;      /* option 58, seconds; 0: absent */
    uint32_t rebinding;    /* option 59, seconds; 0: absent */
    const char *host_name; /* option 12, at most 255 octets; NULL: none. Not read */
    bool foreign_id;       /* option 61 of a reply, whose client identifier is not that of chaddr */
};

/**
 * Reads a BOOTREPLY for Ethernet; options are read in `options` and, by option 52, in `file` and
 * `sname`. An option that overruns its area, a wrong magic cookie, or no message type:
 * DROP_DHCP_MALFORMED. Not a BOOTREPLY, or not for Ethernet: DROP_DHCP_UNEXPECTED.
 */
enum drop_reason dhcp_parse(struct cursor *c, struct dhcp_msg *msg);

/**
 * Writes a BOOTREQUEST: type, and of requested, lease, server_id and host_name those that are not
 * zero; DISCOVER and REQUEST ask for the parameters above. The rest of `msg` is a server's to say
 * and is not written. False when it does not fit.
 */
bool dhcp_emit(struct writer *w, const struct dhcp_msg *msg);
