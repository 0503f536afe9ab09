/* SPDX-License-Identifier: BSD-3-Clause */
/* The DHCP server for tests: reads requests with the client's parser, writes answers with an
 * emitter of its own. */
#include "tests/support/dhcp_server.h"

#define OP_REQUEST 1
#define OP_REPLY 2
#define FLAG_BROADCAST 0x8000
#define MAGIC_COOKIE 0x63825363u
#define MIN_LEN 300

#define OPTION_NETMASK 1
#define OPTION_ROUTERS 3
#define OPTION_DNS 6
#define OPTION_MTU 26
#define OPTION_LEASE 51
#define OPTION_TYPE 53
#define OPTION_SERVER_ID 54
#define OPTION_RENEWAL 58
#define OPTION_REBINDING 59
#define OPTION_END 255

void dhcp_server_init(struct dhcp_server *server)
{
    *server = (struct dhcp_server){ .addr = ip4(0x0a000002),
                                    .first = ip4(0x0a00000f),
                                    .n_addrs = DHCP_SERVER_MAX_CLIENTS,
                                    .netmask = ip4(0xffffff00),
                                    .router = ip4(0x0a000002),
                                    .dns = { ip4(0x0a000002) },
                                    .n_dns = 1,
                                    .lease = 3600 };
}

/* The parser takes what a client hears: a request is one of those but for its first octet. */
static bool take_request(const uint8_t *octets, size_t len, struct dhcp_msg *msg)
{
    uint8_t copy[DHCP_MAX_LEN];
    struct cursor c = cursor_over(copy, len);

    if (len == 0 || len > sizeof copy || octets[0] != OP_REQUEST) {
        return false;
    }
    memcpy(copy, octets, len);
    copy[0] = OP_REPLY;
    return dhcp_parse(&c, msg) == DROP_NONE;
}

static void write_u32_option(struct writer *w, uint8_t code, uint32_t value)
{
    if (value) {
        write_u8(w, code);
        write_u8(w, 4);
        write_u32(w, value);
    }
}

static void write_fixed(struct writer *w, const struct dhcp_msg *msg)
{
    write_u8(w, OP_REPLY);
    write_u8(w, 1); /* Ethernet */
    write_u8(w, MAC_ADDR_LEN);
    write_u8(w, 0);
    write_u32(w, msg->xid);
    write_u16(w, 0);
    write_u16(w, msg->broadcast ? FLAG_BROADCAST : 0);
    write_u32(w, ip4_bits(msg->ciaddr));
    write_u32(w, ip4_bits(msg->yiaddr));
    write_zeros(w, 8); /* siaddr, giaddr */
    write_octets(w, msg->chaddr.b, MAC_ADDR_LEN);
    write_zeros(w, 10 + 64 + 128); /* the rest of chaddr, sname, file */
    write_u32(w, MAGIC_COOKIE);
}

static void write_lease(struct writer *w, const struct dhcp_server *server)
{
    write_u32_option(w, OPTION_LEASE, server->lease);
    write_u32_option(w, OPTION_RENEWAL, server->renewal);
    write_u32_option(w, OPTION_REBINDING, server->rebinding);
    write_u32_option(w, OPTION_NETMASK, ip4_bits(server->netmask));
    write_u32_option(w, OPTION_ROUTERS, ip4_bits(server->router));
    if (server->n_dns > 0) {
        write_u8(w, OPTION_DNS);
        write_u8(w, (uint8_t)(4 * server->n_dns));
        for (unsigned i = 0; i < server->n_dns; i++) {
            write_u32(w, ip4_bits(server->dns[i]));
        }
    }
    if (server->mtu) {
        write_u8(w, OPTION_MTU);
        write_u8(w, 2);
        write_u16(w, server->mtu);
    }
}

static size_t emit(const struct dhcp_server *server, const struct dhcp_msg *msg, uint8_t *answer,
                   size_t cap)
{
    struct writer w = writer_over(answer, cap);

    write_fixed(&w, msg);
    write_u8(&w, OPTION_TYPE);
    write_u8(&w, 1);
    write_u8(&w, msg->type);
    write_u32_option(&w, OPTION_SERVER_ID, ip4_bits(server->addr));
    if (msg->type != DHCP_NAK) {
        write_lease(&w, server);
    }
    write_u8(&w, OPTION_END);
    if (w.len < MIN_LEN) {
        write_zeros(&w, MIN_LEN - w.len);
    }
    return w.failed ? 0 : w.len;
}

/* The station's address, old or new; unspecified: the pool is empty. */
static struct ip_addr addr_of(struct dhcp_server *server, struct mac_addr client, bool give)
{
    uint32_t i = 0;

    while (i < server->n_clients && !mac_equal(server->clients[i], client)) {
        i++;
    }
    if (i == server->n_clients) {
        if (!give || i >= server->n_addrs || i >= DHCP_SERVER_MAX_CLIENTS) {
            return ip4(0);
        }
        server->clients[server->n_clients++] = client;
    }
    return ip4(ip4_bits(server->first) + i);
}

/* RFC 2131 4.3.2: the address in question is the one asked for, or the one in use; another is
 * refused. */
static uint8_t verdict(struct dhcp_server *server, const struct dhcp_msg *request,
                       struct ip_addr *yiaddr)
{
    struct ip_addr wanted =
        ip_is_unspecified(request->ciaddr) ? request->requested : request->ciaddr;

    *yiaddr = addr_of(server, request->chaddr, false);
    if (server->refuses || ip_is_unspecified(*yiaddr) || !ip_equal(wanted, *yiaddr)) {
        *yiaddr = ip4(0);
        return DHCP_NAK;
    }
    return DHCP_ACK;
}

/* RFC 2131 4.3.3, and 4.4.1's table 5 of what the message says. */
static void take_back(struct dhcp_server *server, const struct dhcp_msg *decline)
{
    uint32_t i = ip4_bits(decline->requested) - ip4_bits(server->first);

    if (i < server->n_clients && mac_equal(server->clients[i], decline->chaddr) &&
        ip_equal(decline->server_id, server->addr) && ip_is_unspecified(decline->ciaddr) &&
        decline->secs == 0 && !decline->broadcast) {
        server->clients[i] = MAC_BROADCAST;
        server->n_declines++;
    }
}

static uint8_t decide(struct dhcp_server *server, const struct dhcp_msg *request,
                      struct ip_addr *yiaddr)
{
    if (request->type == DHCP_DISCOVER) {
        server->n_discovers++;
        *yiaddr = addr_of(server, request->chaddr, true);
        return ip_is_unspecified(*yiaddr) ? 0 : DHCP_OFFER;
    }
    if (request->type == DHCP_REQUEST) {
        server->n_requests++;
        if (!ip_is_unspecified(request->server_id) && !ip_equal(request->server_id, server->addr)) {
            return 0; /* the client chose another server */
        }
        return verdict(server, request, yiaddr);
    }
    if (request->type == DHCP_DECLINE) {
        take_back(server, request);
    }
    return 0;
}

size_t dhcp_server_answer(struct dhcp_server *server, const uint8_t *request, size_t len,
                          uint8_t *answer, size_t cap, struct ip_addr *dst)
{
    struct dhcp_msg msg;
    struct dhcp_msg reply = { 0 };

    if (!take_request(request, len, &msg)) {
        return 0;
    }
    reply.type = decide(server, &msg, &reply.yiaddr);
    if (reply.type == 0 || server->silent) {
        return 0;
    }
    reply.xid = msg.xid;
    reply.chaddr = msg.chaddr;
    reply.broadcast = msg.broadcast;
    reply.ciaddr = reply.type == DHCP_NAK ? ip4(0) : msg.ciaddr;
    /* RFC 2131 4.1: a NAK is for all to hear; who has an address is told there; who has none, as he
     * asked. */
    if (reply.type == DHCP_NAK || (ip_is_unspecified(msg.ciaddr) && msg.broadcast)) {
        *dst = ip4(UINT32_MAX);
    } else {
        *dst = ip_is_unspecified(msg.ciaddr) ? reply.yiaddr : msg.ciaddr;
    }
    return emit(server, &reply, answer, cap);
}
