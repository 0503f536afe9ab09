/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DHCP messages (RFC 2131) and their options (RFC 2132), as a client needs them. An option of a
 * length that is not its own is ignored; lists take the whole addresses that are there, over
 * several options where the server splits them (RFC 3396). Whether values make sense (addresses,
 * lease times, MTU) is decided in proto/dhcp.c.
 */
#include "wire/dhcp.h"

#define OP_REQUEST 1 /* RFC 2131 2 */
#define OP_REPLY 2
#define HTYPE_ETHERNET 1
#define FLAG_BROADCAST 0x8000
#define MAGIC_COOKIE 0x63825363u /* RFC 2131 3: 99, 130, 83, 99 */

#define CHADDR_LEN 16 /* the areas of the fixed part, octets, RFC 2131 2 */
#define SNAME_LEN 64
#define FILE_LEN 128
#define SNAME_AT 44
#define FILE_AT 108
#define FIXED_LEN 236
#define MIN_SENT_LEN 300 /* RFC 951 3: some relays and servers drop what is shorter */

enum option_code { /* RFC 2132 */
                   OPTION_PAD = 0,
                   OPTION_NETMASK = 1,
                   OPTION_ROUTERS = 3,
                   OPTION_DNS = 6,
                   OPTION_HOST_NAME = 12,
                   OPTION_MTU = 26,
                   OPTION_REQUESTED = 50,
                   OPTION_LEASE = 51,
                   OPTION_OVERLOAD = 52,
                   OPTION_TYPE = 53,
                   OPTION_SERVER_ID = 54,
                   OPTION_PARAMETERS = 55,
                   OPTION_RENEWAL = 58,
                   OPTION_REBINDING = 59,
                   OPTION_CLIENT_ID = 61,
                   OPTION_END = 255,
};

enum overload { /* RFC 2132 9.3 */
                OVERLOAD_FILE = 1,
                OVERLOAD_SNAME = 2,
                OVERLOAD_BOTH = 3,
};

static void read_u32(struct cursor value, uint32_t *out)
{
    if (value.left == 4) {
        *out = be32(value.at);
    }
}

static void read_addr(struct cursor value, struct ip_addr *out)
{
    if (value.left == 4) {
        *out = ip4(be32(value.at));
    }
}

static void read_addrs(struct cursor value, struct ip_addr *out, uint8_t *n, uint8_t max)
{
    const uint8_t *at;

    while (*n < max && (at = cursor_take(&value, 4))) {
        out[(*n)++] = ip4(be32(at));
    }
}

/* RFC 2132 9.14: hardware type and address, since we send none of our own. */
static bool is_id_of(struct cursor value, struct mac_addr chaddr)
{
    return value.left == 1 + MAC_ADDR_LEN && value.at[0] == HTYPE_ETHERNET &&
           memcmp(value.at + 1, chaddr.b, MAC_ADDR_LEN) == 0;
}

static void read_option(uint8_t code, struct cursor value, struct dhcp_msg *msg)
{
    switch (code) {
    case OPTION_NETMASK:
        read_addr(value, &msg->netmask);
        break;
    case OPTION_ROUTERS:
        read_addrs(value, msg->routers, &msg->n_routers, DHCP_MAX_ROUTERS);
        break;
    case OPTION_DNS:
        read_addrs(value, msg->dns, &msg->n_dns, DHCP_MAX_SERVERS);
        break;
    case OPTION_MTU:
        msg->mtu = value.left == 2 ? be16(value.at) : msg->mtu;
        break;
    case OPTION_REQUESTED:
        read_addr(value, &msg->requested);
        break;
    case OPTION_LEASE:
        read_u32(value, &msg->lease);
        break;
    case OPTION_TYPE:
        msg->type = value.left == 1 ? value.at[0] : msg->type;
        break;
    case OPTION_SERVER_ID:
        read_addr(value, &msg->server_id);
        break;
    case OPTION_RENEWAL:
        read_u32(value, &msg->renewal);
        break;
    case OPTION_REBINDING:
        read_u32(value, &msg->rebinding);
        break;
    case OPTION_CLIENT_ID:
        msg->foreign_id |= !is_id_of(value, msg->chaddr);
        break;
    default:
        break;
    }
}

/*
 * Reads one area of options; `*overload` gets the value of option 52. False when an option overruns
 * the area.
 */
static bool read_area(struct cursor area, struct dhcp_msg *msg, uint8_t *overload)
{
    const uint8_t *code;

    while ((code = cursor_take(&area, 1)) && *code != OPTION_END) {
        const uint8_t *len;
        const uint8_t *value;

        if (*code == OPTION_PAD) {
            continue;
        }
        len = cursor_take(&area, 1);
        value = len ? cursor_take(&area, *len) : NULL;
        if (!value) {
            return false;
        }
        if (*code == OPTION_OVERLOAD && *len == 1) {
            *overload = *value;
        }
        read_option(*code, cursor_over(value, *len), msg);
    }
    return true;
}

/*
 * Reads each area at most once, in the order of RFC 2131 4.1: option 52 counts in the first area
 * only.
 */
static bool read_options(struct cursor options, const uint8_t *fixed, struct dhcp_msg *msg)
{
    uint8_t overload = 0;
    uint8_t nested = 0;

    if (!read_area(options, msg, &overload)) {
        return false;
    }
    if ((overload == OVERLOAD_FILE || overload == OVERLOAD_BOTH) &&
        !read_area(cursor_over(fixed + FILE_AT, FILE_LEN), msg, &nested)) {
        return false;
    }
    if (overload == OVERLOAD_SNAME || overload == OVERLOAD_BOTH) {
        return read_area(cursor_over(fixed + SNAME_AT, SNAME_LEN), msg, &nested);
    }
    return true;
}

enum drop_reason dhcp_parse(struct cursor *c, struct dhcp_msg *msg)
{
    const uint8_t *at = cursor_take(c, FIXED_LEN);
    const uint8_t *magic = cursor_take(c, 4);
    struct cursor options = *c;

    if (!at || !magic || be32(magic) != MAGIC_COOKIE) {
        return DROP_DHCP_MALFORMED;
    }
    if (at[0] != OP_REPLY || at[1] != HTYPE_ETHERNET || at[2] != MAC_ADDR_LEN) {
        return DROP_DHCP_UNEXPECTED;
    }
    *msg = (struct dhcp_msg){ 0 };
    msg->xid = be32(at + 4);
    msg->secs = be16(at + 8);
    msg->broadcast = be16(at + 10) & FLAG_BROADCAST;
    msg->ciaddr = ip4(be32(at + 12));
    msg->yiaddr = ip4(be32(at + 16));
    memcpy(msg->chaddr.b, at + 28, MAC_ADDR_LEN);
    if (!read_options(options, at, msg) || msg->type == 0) {
        return DROP_DHCP_MALFORMED;
    }
    cursor_take(c, options.left);
    return DROP_NONE;
}

static void emit_fixed(struct writer *w, const struct dhcp_msg *msg)
{
    write_u8(w, OP_REQUEST);
    write_u8(w, HTYPE_ETHERNET);
    write_u8(w, MAC_ADDR_LEN);
    write_u8(w, 0); /* hops */
    write_u32(w, msg->xid);
    write_u16(w, msg->secs);
    write_u16(w, msg->broadcast ? FLAG_BROADCAST : 0);
    write_u32(w, ip4_bits(msg->ciaddr));
    write_zeros(w, 12); /* yiaddr, siaddr, giaddr: never a client's */
    write_octets(w, msg->chaddr.b, MAC_ADDR_LEN);
    write_zeros(w, CHADDR_LEN - MAC_ADDR_LEN + SNAME_LEN + FILE_LEN);
    write_u32(w, MAGIC_COOKIE);
}

static void emit_u32(struct writer *w, enum option_code code, uint32_t value)
{
    if (value) {
        write_u8(w, (uint8_t)code);
        write_u8(w, 4);
        write_u32(w, value);
    }
}

static void emit_host_name(struct writer *w, const char *name)
{
    uint8_t len = 0;

    while (name && name[len] != '\0') {
        len++;
    }
    if (len > 0) {
        write_u8(w, OPTION_HOST_NAME);
        write_u8(w, len);
        write_octets(w, name, len);
    }
}

bool dhcp_emit(struct writer *w, const struct dhcp_msg *msg)
{
    static const uint8_t parameters[] = { OPTION_NETMASK,  OPTION_ROUTERS, OPTION_DNS,
                                          OPTION_MTU,      OPTION_LEASE,   OPTION_RENEWAL,
                                          OPTION_REBINDING };
    size_t start = w->len;

    emit_fixed(w, msg);
    write_u8(w, OPTION_TYPE);
    write_u8(w, 1);
    write_u8(w, msg->type);
    emit_u32(w, OPTION_REQUESTED, ip4_bits(msg->requested));
    emit_u32(w, OPTION_LEASE, msg->lease);
    emit_u32(w, OPTION_SERVER_ID, ip4_bits(msg->server_id));
    emit_host_name(w, msg->host_name);
    if (msg->type == DHCP_DISCOVER || msg->type == DHCP_REQUEST) { /* RFC 2131 4.4.1, table 5 */
        write_u8(w, OPTION_PARAMETERS);
        write_u8(w, sizeof parameters);
        write_octets(w, parameters, sizeof parameters);
    }
    write_u8(w, OPTION_END);
    if (w->len - start < MIN_SENT_LEN) {
        write_zeros(w, MIN_SENT_LEN - (w->len - start));
    }
    return !w->failed;
}
