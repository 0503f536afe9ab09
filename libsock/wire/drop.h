/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Why a packet went no further. Each reason is counted in sk_stats, has a name, and has a test that
 * raises it. DROP_NONE is the answer of a parser that found nothing wrong.
 */
#pragma once

enum drop_reason {
    DROP_NONE,

    DROP_RX_SHORT,       /* shorter than the link's header */
    DROP_RX_OVERSIZE,    /* longer than the MTU and the link's header */
    DROP_ETH_SOURCE,     /* from a multicast address or our own */
    DROP_ETH_NOT_FOR_US, /* unicast to another station */
    DROP_ETH_TYPE,       /* neither IPv4 nor ARP: 802.3 lengths, VLAN tags, IPv6 ... */

    DROP_ARP_MALFORMED,   /* too short, or not Ethernet and IPv4 */
    DROP_ARP_OPCODE,      /* neither request nor reply */
    DROP_ARP_SENDER,      /* a sender that cannot be: multicast, broadcast, loopback */
    DROP_ARP_CONFLICT,    /* somebody else claims our address */
    DROP_ARP_UNSOLICITED, /* a reply that nobody asked for */

    DROP_IP_VERSION,
    DROP_IP_HEADER_LEN, /* below 20 octets, or past the end of the packet */
    DROP_IP_TOTAL_LEN,  /* below the header, or past the end of the packet */
    DROP_IP_CHECKSUM,
    DROP_IP_OPTION,         /* an option that overruns the header */
    DROP_IP_SOURCE_ROUTE,   /* RFC 7126 4.3, 4.4 */
    DROP_IP_MARTIAN_SOURCE, /* RFC 1122 3.2.1.3 */
    DROP_IP_MARTIAN_DESTINATION,
    DROP_IP_NOT_FOR_US,       /* we do not forward */
    DROP_IP_LINK_BROADCAST,   /* unicast IP inside a link broadcast, RFC 1122 3.3.6 */
    DROP_IP_FRAGMENT,         /* of a host that puts none together */
    DROP_IP_FRAGMENT_LEN,     /* empty, not a multiple of 8 octets, or past the longest datagram */
    DROP_IP_FRAGMENT_SIZE,    /* of a longer datagram than is put together */
    DROP_IP_FRAGMENT_OVERLAP, /* overlaps another, or contradicts the end; all that follow, too */
    DROP_IP_FRAGMENT_DUPLICATE,
    DROP_IP_FRAGMENT_HOLES,   /* too many in its datagram */
    DROP_IP_FRAGMENT_ECN,     /* a whole: some fragments marked, others not to be, RFC 3168 5.3 */
    DROP_IP_FRAGMENT_EVICTED, /* a datagram, incomplete: another took its place */
    DROP_IP_FRAGMENT_TIMEOUT, /* a datagram, incomplete */
    DROP_IP_PROTOCOL,         /* neither ICMP, UDP nor TCP */

    DROP_ICMP_SHORT,
    DROP_ICMP_CHECKSUM,
    DROP_ICMP_TYPE,      /* not one that we act on */
    DROP_ICMP_BROADCAST, /* echo request to a broadcast or multicast address */
    DROP_ICMP_QUOTE,     /* an error whose quoted packet is cut short or not ours */

    DROP_IGMP_SHORT,
    DROP_IGMP_CHECKSUM,
    DROP_IGMP_FAR,   /* not sent to a group of this network alone */
    DROP_IGMP_TYPE,  /* not for hosts */
    DROP_IGMP_GROUP, /* about a group that we are not in */

    DROP_UDP_SHORT,
    DROP_UDP_LENGTH, /* the length field is below 8 or past the IP payload */
    DROP_UDP_CHECKSUM,
    DROP_UDP_PORT, /* port 0 */
    DROP_UDP_NO_SOCKET,
    DROP_UDP_QUEUE_FULL,

    DROP_DHCP_MALFORMED,
    DROP_DHCP_UNEXPECTED, /* not ours, or not in this state */

    DROP_DNS_MALFORMED,
    DROP_DNS_UNEXPECTED, /* wrong id, question, server or port */

    DROP_TCP_SHORT,
    DROP_TCP_HEADER_LEN, /* data offset below 5 or past the segment */
    DROP_TCP_CHECKSUM,
    DROP_TCP_PORT,      /* port 0 */
    DROP_TCP_BROADCAST, /* RFC 9293 MUST-57 */
    DROP_TCP_FLAGS,     /* combinations that no TCP sends */
    DROP_TCP_NO_SOCKET,
    DROP_TCP_BACKLOG_FULL,
    DROP_TCP_NO_MEMORY,    /* no socket or no buffer for a new connection */
    DROP_TCP_LISTEN,       /* a listener has no use for it */
    DROP_TCP_SYN_SENT,     /* SYN-SENT has no use for it */
    DROP_TCP_UNACCEPTABLE, /* outside the window */
    DROP_TCP_PAWS,         /* an old timestamp, RFC 7323 5 */
    DROP_TCP_NO_TIMESTAMP, /* none, where both sides agreed on them, RFC 7323 3.2 */
    DROP_TCP_RST,          /* RST that is not at RCV.NXT, RFC 5961 3.2 */
    DROP_TCP_SYN,          /* SYN on a synchronized connection, RFC 5961 4.2 */
    DROP_TCP_NO_ACK,       /* no ACK bit where one is due */
    DROP_TCP_ACK_RANGE, /* acknowledges what was never sent, or what is long past, RFC 5961 5.2 */
    DROP_TCP_NO_ROOM,   /* out of order, and every interval is in use */
    DROP_TCP_CLOSED,    /* data for a socket that nobody reads any more */

    DROP_TX_NO_PACKET, /* no packet buffer for a reply */
    DROP_TX_NO_ROUTE,
    DROP_TX_UNRESOLVED, /* a reply to a neighbour whose link address is not known */
    DROP_TX_LINK,       /* the link refused a reply */
    DROP_TX_RATE,       /* above the rate limit of ICMP errors, resets or challenge ACKs */
    DROP_TX_HOST_DOWN,  /* a datagram whose neighbour does not answer */
    DROP_TX_OVERSIZE,   /* longer than what the netif takes: its MTU, or the route, changed */
    DROP_TX_POLICY,     /* the link may not reach that destination */
    DROP_TX_QUEUE_FULL, /* the link's queue, a lossy one */
    DROP_LINK_LOST,     /* damaged, or lost by the link: on purpose by an impaired one */

    N_DROP_REASONS
};

/** The name of a reason, such as "ip_checksum"; "?" for a number that is none. */
const char *sk_drop_reason_name(enum drop_reason reason);
