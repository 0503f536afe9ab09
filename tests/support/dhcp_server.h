/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A DHCP server for tests as a function of its own state (RFC 2131 4.3): a request's octets in, an
 * answer's octets out. Each station has the same address every time: the first free one of the
 * pool, and the next when it declines that. It does not know what a socket is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "wire/dhcp.h"

#define DHCP_SERVER_MAX_CLIENTS 16

struct dhcp_server {
    struct ip_addr addr;  /* its own, the server identifier */
    struct ip_addr first; /* of the pool */
    uint32_t n_addrs;     /* in the pool; at most DHCP_SERVER_MAX_CLIENTS are used */
    struct ip_addr netmask;
    struct ip_addr router; /* unspecified: none */
    struct ip_addr dns[DHCP_MAX_SERVERS];
    uint8_t n_dns;
    uint16_t mtu;       /* 0: says none */
    uint32_t lease;     /* seconds */
    uint32_t renewal;   /* seconds; 0: says none */
    uint32_t rebinding; /* seconds; 0: says none */
    bool silent;        /* hears, and says nothing */
    bool refuses;       /* answers every REQUEST with a NAK */

    /* Who has which address of the pool; the broadcast address: nobody may have it. */
    struct mac_addr clients[DHCP_SERVER_MAX_CLIENTS];
    uint32_t n_clients;
    uint32_t n_discovers; /* heard */
    uint32_t n_requests;
    uint32_t n_declines; /* valid ones: the address is nobody's from then on */
};

/** A server at 10.0.0.2/24 with 10.0.0.15 and on, router and name server 10.0.0.2, and leases of an
 * hour. */
void dhcp_server_init(struct dhcp_server *server);

/**
 * The length of the answer that `answer` (at least DHCP_MAX_LEN octets) holds now, and the address
 * it goes to, port DHCP_CLIENT_PORT; 0: silence.
 */
size_t dhcp_server_answer(struct dhcp_server *server, const uint8_t *request, size_t len,
                          uint8_t *answer, size_t cap, struct ip_addr *dst);
