/* SPDX-License-Identifier: BSD-3-Clause */
/* Sizes and defaults of the core: numbers only. A struct sk_config overrides the defaults, field by
 * field. */
#pragma once

/* Tables: what a zero in struct sk_config means. */
#define CONFIG_N_TCP 8
#define CONFIG_N_UDP 4
#define CONFIG_N_LISTENERS 2
#define CONFIG_N_SYN_CACHE 16 /* connections that are half open */
#define CONFIG_N_TIME_WAIT 16
#define CONFIG_N_NETIFS 2 /* loopback and one link */
#define CONFIG_N_PACKETS 8
#define CONFIG_PACKET_SIZE 1536 /* octets: an Ethernet frame of MTU 1500, and alignment */
#define CONFIG_N_NEIGHBOURS 8   /* per netif */
#define CONFIG_N_MEMBERSHIPS 4  /* of sockets in multicast groups */
#define CONFIG_N_QUERIES 2      /* names being resolved at the same time */
#define CONFIG_BUFFER_SIZE 4096 /* octets of a receive or send buffer */

/* With sk_config.fragments. */
#define CONFIG_N_REASSEMBLIES 4
#define CONFIG_REASSEMBLY_SIZE 4096 /* octets */

#define CONFIG_N_BUFFER_CLASSES 4
#define CONFIG_N_DNS_SERVERS 2
#define CONFIG_N_SEARCH 3    /* domains */
#define CONFIG_N_PATHS 8     /* with an MTU of their own */
#define CONFIG_N_REDIRECTS 4 /* destinations with a gateway of their own */

/* TCP */
#define CONFIG_TCP_RANGES 8    /* of out-of-order text that a receiver keeps, of 8 octets */
#define CONFIG_TCP_INFLIGHT 32 /* records of what a sender has in flight, of 12 octets */
#define CONFIG_TCP_BURST 16    /* segments that a socket sends before the next one has its turn */

/* How many of each an interface answers in one second, at most; half of it at least (RFC 1812
 * 4.3.2.8). */
#define CONFIG_ICMP_ERRORS_PER_SECOND 100
#define CONFIG_RESETS_PER_SECOND 200

/* Frames that one poll takes from a link before it sends. */
#define CONFIG_RX_BATCH 64
