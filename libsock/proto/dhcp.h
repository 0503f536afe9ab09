/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A DHCP client (RFC 2131 4.4): acquires a lease, renews it with its server, rebinds it with any,
 * gives the address up when it expires, and declines one that another host has. Messages are
 * values; the netif wraps them in UDP. Not here: INFORM, RELEASE.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/tick.h"
#include "base/time.h"
#include "wire/dhcp.h"

#define DHCP_FIRST_RETRY seconds(4) /* RFC 2131 4.1: 4, 8, 16, 32, 64 s, each plus or minus 1 s */
#define DHCP_LONGEST_RETRY seconds(64)
#define DHCP_REQUEST_TRIES 4            /* in REQUESTING, then discovery starts again */
#define DHCP_REBOOT_TRIES 3             /* before the lease is held without a word: 4, 8 and 16 s */
#define DHCP_DECLINE_WAIT seconds(10)   /* RFC 2131 3.1, step 5 */
#define DHCP_SHORTEST_RENEW seconds(60) /* RFC 2131 4.4.5 */

enum dhcp_state {
    DHCP_OFF,
    DHCP_SELECTING,
    DHCP_REQUESTING,
    DHCP_REBOOTING, /* is the lease that was held still good? */
    DHCP_DECLINING, /* the message has to leave */
    DHCP_BOUND,
    DHCP_RENEWING,
    DHCP_REBINDING,
};

struct dhcp_lease {
    struct ip_addr addr;
    uint8_t prefix_len;
    struct ip_addr gateways[DHCP_MAX_ROUTERS]; /* unspecified: none */
    struct ip_addr dns[DHCP_MAX_SERVERS];
    uint8_t n_dns;
    uint16_t mtu; /* 0: none named */
    struct ip_addr server;
};

struct dhcp_client {
    uint8_t state; /* enum dhcp_state */
    bool send_due;
    uint8_t tries;  /* messages sent in this state; renewing, in this transaction */
    uint8_t n_naks; /* in a row */
    uint16_t secs;  /* of the last DISCOVER, seconds; its REQUEST repeats it */
    uint32_t xid;
    struct mac_addr mac;
    const char *host_name;   /* the server is told; NULL: it is not */
    struct dhcp_lease lease; /* offered, then held */
    instant started_at;      /* of this acquisition or renewal, for `secs` */
    instant request_at; /* when the request that is answered was first sent: lease times count from
                           here */
    instant retry_at;
    instant renew_at;  /* T1 */
    instant rebind_at; /* T2 */
    instant expire_at;
    struct rng *rng;
};

void dhcp_init(struct dhcp_client *client, struct mac_addr mac, struct rng *rng);

/** Starts to discover. */
void dhcp_start(struct dhcp_client *client, instant now);

/** The network may be another: a lease is no lease until a server says that it is good here, or
 * none says anything (RFC 2131 3.2, 4.4.2). */
void dhcp_reboot(struct dhcp_client *client, instant now);

/** Another host uses the address that is leased: it is not ours any more, and the server hears of
 * that before anything is asked for again. */
void dhcp_decline(struct dhcp_client *client, instant now);

/**
 * A server's message came. `*changed`: the lease has begun, changed, or was taken away (look at
 * dhcp_has_lease). DROP_DHCP_UNEXPECTED: another transaction or station, or a message that this
 * state has no use for.
 */
enum drop_reason dhcp_arrives(struct dhcp_client *client, const struct dhcp_msg *msg, instant now,
                              bool *changed);

/** The message to send, and where to: the server's address, or broadcast. False: none. */
bool dhcp_next(struct dhcp_client *client, instant now, struct dhcp_msg *msg, struct ip_addr *dst);

/** The message went out (or was lost on the way: to the client it is the same). */
void dhcp_sent(struct dhcp_client *client, instant now);

/** Does what is due. True when there is a lease no more: it expired; or again: no server answered.
 */
bool dhcp_poll(struct dhcp_client *client, instant now);

/**
 * When dhcp_poll has something to do. A message that is due is no part of it: dhcp_next tells,
 * whenever it is asked.
 */
instant dhcp_poll_at(const struct dhcp_client *client);

/** True while there is an address to use. */
static inline bool dhcp_has_lease(const struct dhcp_client *client)
{
    return client->state >= DHCP_BOUND;
}
