/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The DHCP client (RFC 2131 4.4, figure 5). What a server says about the lease is checked in
 * lease_from; who said it, in ours and the three answers. The first DISCOVER goes out at once: the
 * 1 to 10 seconds that RFC 2131 4.4.1 lets a client wait first would be added to every boot. A
 * request that renews or rebinds is a transaction of its own, so that an answer tells which request
 * it answers, and the lease counts from that one.
 */
#include "proto/dhcp.h"

#define SECOND_IN_64TH 15625 /* 10^6 / 64: seconds from microseconds with one 32-bit division */
#define LEASE_INFINITE UINT32_MAX /* RFC 2131 3.3 */
#define SHORTEST_MTU 576       /* RFC 791 3.1; an RFC 2132 MTU may be 68, which no server means */
#define LINK_LOCAL 0xa9fe0000u /* RFC 3927: never handed out by a server */
#define PREFIX_LONGEST 30      /* room for the network, its broadcast address, a router and us */

void dhcp_init(struct dhcp_client *client, struct mac_addr mac, struct rng *rng)
{
    *client = (struct dhcp_client){ .state = DHCP_OFF, .mac = mac, .rng = rng };
}

/* 4, 8, 16, 32, 64, 64 ... seconds, each plus or minus a random second (RFC 2131 4.1). */
static duration backoff(struct dhcp_client *client, unsigned tries)
{
    duration wait = DHCP_FIRST_RETRY;

    while (tries-- > 0 && wait < DHCP_LONGEST_RETRY) {
        wait *= 2;
    }
    return wait - seconds(1) + (duration)rng_below(client->rng, (uint32_t)seconds(2) + 1);
}

static void enter(struct dhcp_client *client, enum dhcp_state state)
{
    client->state = (uint8_t)state;
    client->tries = 0;
    client->send_due = true;
}

static void discover(struct dhcp_client *client, instant now)
{
    enter(client, DHCP_SELECTING);
    client->xid = rng_u32(client->rng);
    client->started_at = now;
}

void dhcp_start(struct dhcp_client *client, instant now)
{
    client->n_naks = 0;
    discover(client, now);
}

/* Who is asking already has a lease that may still be good. */
void dhcp_reboot(struct dhcp_client *client, instant now)
{
    if (!dhcp_has_lease(client) && client->state != DHCP_REBOOTING) {
        dhcp_start(client, now);
        return;
    }
    enter(client, DHCP_REBOOTING);
    client->xid = rng_u32(client->rng);
    client->started_at = now;
}

/* A server that refuses what it offered, or offers what others have, would be asked for ever: each
 * time in a row waits longer. */
static void refused(struct dhcp_client *client, duration least, instant now)
{
    duration wait = least + backoff(client, client->n_naks);

    client->n_naks = (uint8_t)(client->n_naks < UINT8_MAX ? client->n_naks + 1 : UINT8_MAX);
    discover(client, now);
    client->send_due = false;
    client->retry_at = now + wait;
}

void dhcp_decline(struct dhcp_client *client, instant now)
{
    enter(client, DHCP_DECLINING);
    client->xid = rng_u32(client->rng);
    client->started_at = now; /* table 5 of RFC 2131: `secs` is 0 */
}

/* A mask that is none, or leaves no room, is replaced by the address's class (RFC 791 3.2). */
static uint8_t prefix_from(struct ip_addr netmask, struct ip_addr addr)
{
    uint32_t mask = ip4_bits(netmask);
    uint8_t len = 0;

    while (len < 32 && mask << len >> 31) {
        len++;
    }
    if (len >= 1 && len <= PREFIX_LONGEST && mask << len == 0) {
        return len;
    }
    mask = ip4_bits(addr);
    return mask >> 31 == 0 ? 8 : mask >> 30 == 2 ? 16 : 24;
}

static bool on_link(const struct dhcp_lease *lease, struct ip_addr addr)
{
    uint32_t host = UINT32_MAX >> lease->prefix_len;
    uint32_t bits = ip4_bits(addr);

    return (bits & ~host) == (ip4_bits(lease->addr) & ~host) && (bits & host) != 0 &&
           (bits & host) != host;
}

static void lease_servers(struct dhcp_lease *lease, const struct dhcp_msg *msg)
{
    unsigned n_gateways = 0;

    for (unsigned i = 0; i < msg->n_routers; i++) {
        struct ip_addr router = msg->routers[i];

        if (on_link(lease, router) && !ip_equal(router, lease->addr)) {
            lease->gateways[n_gateways++] = router;
        }
    }
    for (unsigned i = 0; i < msg->n_dns; i++) {
        if (ip_is_host(msg->dns[i])) {
            lease->dns[lease->n_dns++] = msg->dns[i];
        }
    }
}

/* The lease that an OFFER or ACK describes; false when it is not one that can be used. */
static bool lease_from(const struct dhcp_msg *msg, struct dhcp_lease *lease)
{
    *lease = (struct dhcp_lease){ .addr = msg->yiaddr, .mtu = msg->mtu, .server = msg->server_id };
    lease->prefix_len = prefix_from(msg->netmask, msg->yiaddr);
    if (lease->mtu < SHORTEST_MTU) {
        lease->mtu = 0;
    }
    lease_servers(lease, msg);
    return ip_is_host(msg->yiaddr) && (ip4_bits(msg->yiaddr) & 0xffff0000u) != LINK_LOCAL &&
           msg->lease > 0 && on_link(lease, lease->addr) && ip_is_host(msg->server_id) &&
           !ip_equal(msg->server_id, msg->yiaddr);
}

static bool lease_equal(const struct dhcp_lease *a, const struct dhcp_lease *b)
{
    for (unsigned i = 0; i < DHCP_MAX_ROUTERS; i++) {
        if (!ip_equal(a->gateways[i], b->gateways[i])) {
            return false;
        }
    }
    for (unsigned i = 0; i < a->n_dns && i < b->n_dns; i++) {
        if (!ip_equal(a->dns[i], b->dns[i])) {
            return false;
        }
    }
    return ip_equal(a->addr, b->addr) && a->prefix_len == b->prefix_len && a->n_dns == b->n_dns &&
           a->mtu == b->mtu && ip_equal(a->server, b->server);
}

/*
 * T1 and T2 as the server says, where they are in order, else a half and seven eighths of the
 * lease; each a random sixteenth at most earlier, so that hosts that booted together do not renew
 * together (RFC 2131 4.4.5).
 */
static void set_times(struct dhcp_client *client, const struct dhcp_msg *msg)
{
    uint32_t t1 = msg->renewal;
    uint32_t t2 = msg->rebinding;

    if (msg->lease == LEASE_INFINITE) {
        client->renew_at = client->rebind_at = client->expire_at = NEVER;
        return;
    }
    if (t2 == 0 || t2 >= msg->lease) {
        t2 = msg->lease - msg->lease / 8;
    }
    if (t1 == 0 || t1 >= t2) {
        t1 = msg->lease / 2;
        t2 = t2 > t1 ? t2 : msg->lease - msg->lease / 8;
    }
    t1 = t1 > 0 ? t1 : 1; /* of a lease of a second: or it would be renewed at once, for ever */
    t2 = t2 > t1 ? t2 : t1;
    t2 -= rng_below(client->rng, (t2 - t1) / 16 + 1);
    t1 -= rng_below(client->rng, t1 / 16 + 1);
    client->renew_at = client->request_at + seconds(t1);
    client->rebind_at = client->request_at + seconds(t2);
    client->expire_at = client->request_at + seconds(msg->lease);
}

static enum drop_reason offer_arrives(struct dhcp_client *client, const struct dhcp_msg *msg)
{
    struct dhcp_lease lease;

    if (client->state != DHCP_SELECTING || !lease_from(msg, &lease)) {
        return DROP_DHCP_UNEXPECTED;
    }
    client->lease = lease;
    enter(client, DHCP_REQUESTING);
    return DROP_NONE;
}

/* Until the lease is rebound, only the server that gave it has a say. */
static bool has_a_say(const struct dhcp_client *client, const struct dhcp_msg *msg)
{
    switch (client->state) {
    case DHCP_REQUESTING:
    case DHCP_RENEWING:
        return ip_equal(msg->server_id, client->lease.server);
    case DHCP_REBINDING:
    case DHCP_REBOOTING:
        return ip_is_host(msg->server_id);
    default:
        return false;
    }
}

static enum drop_reason ack_arrives(struct dhcp_client *client, const struct dhcp_msg *msg,
                                    bool *changed)
{
    struct dhcp_lease lease;
    bool begins = !dhcp_has_lease(client);

    if (!has_a_say(client, msg) || !lease_from(msg, &lease) ||
        (begins && !ip_equal(lease.addr, client->lease.addr))) {
        return DROP_DHCP_UNEXPECTED;
    }
    *changed = begins || !lease_equal(&lease, &client->lease);
    client->lease = lease;
    client->state = DHCP_BOUND;
    client->send_due = false;
    client->n_naks = 0;
    set_times(client, msg);
    return DROP_NONE;
}

static enum drop_reason nak_arrives(struct dhcp_client *client, const struct dhcp_msg *msg,
                                    instant now, bool *changed)
{
    if (!has_a_say(client, msg)) {
        return DROP_DHCP_UNEXPECTED;
    }
    *changed = dhcp_has_lease(client);
    if (client->state == DHCP_REBOOTING) { /* it is another network, and no fault of anybody */
        dhcp_start(client, now);
    } else {
        refused(client, 0, now);
    }
    return DROP_NONE;
}

/* An answer to what has been sent, and not only to be sent; and not to another client behind the
 * same address (RFC 6842 3). */
static bool ours(const struct dhcp_client *client, const struct dhcp_msg *msg)
{
    return client->tries > 0 && msg->xid == client->xid && mac_equal(msg->chaddr, client->mac) &&
           !msg->foreign_id;
}

enum drop_reason dhcp_arrives(struct dhcp_client *client, const struct dhcp_msg *msg, instant now,
                              bool *changed)
{
    *changed = false;
    if (!ours(client, msg)) {
        return DROP_DHCP_UNEXPECTED;
    }
    switch (msg->type) {
    case DHCP_OFFER:
        return offer_arrives(client, msg);
    case DHCP_ACK:
        return ack_arrives(client, msg, changed);
    case DHCP_NAK:
        return nak_arrives(client, msg, now, changed);
    default:
        return DROP_DHCP_UNEXPECTED;
    }
}

static uint16_t secs_since(instant started_at, instant now)
{
    duration d = now - started_at;

    return d >= seconds(UINT16_MAX) ? UINT16_MAX : (uint16_t)((uint32_t)(d >> 6) / SECOND_IN_64TH);
}

static uint8_t type_of(const struct dhcp_client *client)
{
    switch (client->state) {
    case DHCP_SELECTING:
        return DHCP_DISCOVER;
    case DHCP_DECLINING:
        return DHCP_DECLINE;
    default:
        return DHCP_REQUEST;
    }
}

/* RFC 2131 4.4.1, table 5. */
bool dhcp_next(struct dhcp_client *client, instant now, struct dhcp_msg *msg, struct ip_addr *dst)
{
    if (!client->send_due) {
        return false;
    }
    /* The request that follows an offer repeats the `secs` of the discovery. */
    if (client->state != DHCP_REQUESTING) {
        client->secs = secs_since(client->started_at, now);
    }
    *msg = (struct dhcp_msg){ .type = type_of(client),
                              .xid = client->xid,
                              .secs = client->secs,
                              .broadcast = client->state < DHCP_DECLINING,
                              .chaddr = client->mac,
                              .ciaddr = dhcp_has_lease(client) ? client->lease.addr : ip4(0) };
    if (client->state != DHCP_DECLINING) { /* RFC 2131 4.4.1, table 5 */
        msg->host_name = client->host_name;
    }
    if (client->state != DHCP_SELECTING && !dhcp_has_lease(client)) {
        msg->requested = client->lease.addr;
    }
    if (client->state == DHCP_REQUESTING || client->state == DHCP_DECLINING) {
        msg->server_id = client->lease.server;
    }
    *dst = client->state == DHCP_RENEWING ? client->lease.server : ip4(UINT32_MAX);
    return true;
}

/* Half of the time that is left, and not below a minute (RFC 2131 4.4.5). */
static instant halfway(instant now, instant end)
{
    duration half = (end - now) / 2;

    return now + (half > DHCP_SHORTEST_RENEW ? half : DHCP_SHORTEST_RENEW);
}

void dhcp_sent(struct dhcp_client *client, instant now)
{
    bool first = client->tries == 0;

    if (client->state == DHCP_DECLINING) {
        refused(client, DHCP_DECLINE_WAIT, now);
        return;
    }
    client->send_due = false;
    if (client->state == DHCP_RENEWING || client->state == DHCP_REBINDING) {
        client->request_at = now;
        client->retry_at =
            halfway(now, client->state == DHCP_RENEWING ? client->rebind_at : client->expire_at);
    } else {
        client->request_at = first ? now : client->request_at;
        client->retry_at = now + backoff(client, client->tries);
    }
    client->tries = (uint8_t)(client->tries < UINT8_MAX ? client->tries + 1 : UINT8_MAX);
}

/* Begins, or begins again, to ask for more time. */
static void ask_for_more(struct dhcp_client *client, enum dhcp_state state, instant now)
{
    if (client->state == DHCP_BOUND) {
        client->started_at = now;
    }
    enter(client, state);
    client->xid = rng_u32(client->rng);
}

static void retry(struct dhcp_client *client, instant now)
{
    if (client->state == DHCP_REQUESTING && client->tries >= DHCP_REQUEST_TRIES) {
        discover(client, now);
    } else if (dhcp_has_lease(client)) {
        ask_for_more(client, (enum dhcp_state)client->state, now);
    } else {
        client->send_due = true;
    }
}

/* RFC 2131 3.2: who gets no answer may use what is left of the lease. True: there is some. */
static bool hold_on(struct dhcp_client *client, instant now)
{
    if (now >= client->expire_at) {
        discover(client, now);
        return false;
    }
    client->state = DHCP_BOUND;
    return true;
}

bool dhcp_poll(struct dhcp_client *client, instant now)
{
    if (client->state == DHCP_OFF) {
        return false;
    }
    if (dhcp_has_lease(client) && now >= client->expire_at) {
        discover(client, now);
        return true;
    }
    if (client->state == DHCP_REBOOTING && !client->send_due && now >= client->retry_at &&
        client->tries >= DHCP_REBOOT_TRIES) {
        return hold_on(client, now);
    }
    if ((client->state == DHCP_BOUND || client->state == DHCP_RENEWING) &&
        now >= client->rebind_at) {
        ask_for_more(client, DHCP_REBINDING, now);
    } else if (client->state == DHCP_BOUND && now >= client->renew_at) {
        ask_for_more(client, DHCP_RENEWING, now);
    } else if (client->state != DHCP_BOUND && !client->send_due && now >= client->retry_at) {
        retry(client, now);
    }
    return false;
}

instant dhcp_poll_at(const struct dhcp_client *client)
{
    instant retry_at = client->send_due ? NEVER : client->retry_at;
    instant until;

    switch (client->state) {
    case DHCP_OFF:
        return NEVER;
    case DHCP_BOUND:
        return client->renew_at;
    case DHCP_RENEWING:
        until = client->rebind_at;
        break;
    case DHCP_REBINDING:
        until = client->expire_at;
        break;
    default:
        return retry_at;
    }
    return retry_at < until ? retry_at : until;
}
