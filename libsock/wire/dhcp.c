/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DHCP messages (RFC 2131) and their options (RFC 2132), as a client needs them. An option may be
 * split over several, and over three areas (RFC 3396); one of a length that is not its own is
 * ignored, and lists take the whole addresses that are there. Whether values make sense (addresses,
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
#define LONGEST_OPTION 8 /* octets of any that we read: two addresses */
/* What is looked at of a message, so that one frame costs little: octets, of which a long option
 * counts for a few only. A client has to take 312 (RFC 2131 2). */
#define MOST_EFFORT 320
#define OPTION_EFFORT 5  /* of the longest */
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

/* The options that are read, and where their values are gathered. */
enum value_index {
    VALUE_NONE, /* of all others */
    VALUE_NETMASK,
    VALUE_ROUTERS,
    VALUE_DNS,
    VALUE_MTU,
    VALUE_REQUESTED,
    VALUE_LEASE,
    VALUE_OVERLOAD,
    VALUE_TYPE,
    VALUE_SERVER_ID,
    VALUE_RENEWAL,
    VALUE_REBINDING,
    VALUE_CLIENT_ID,
    N_VALUES,
};

static const uint8_t value_of[] = {
    [OPTION_NETMASK] = VALUE_NETMASK,
    [OPTION_ROUTERS] = VALUE_ROUTERS,
    [OPTION_DNS] = VALUE_DNS,
    [OPTION_MTU] = VALUE_MTU,
    [OPTION_REQUESTED] = VALUE_REQUESTED,
    [OPTION_LEASE] = VALUE_LEASE,
    [OPTION_OVERLOAD] = VALUE_OVERLOAD,
    [OPTION_TYPE] = VALUE_TYPE,
    [OPTION_SERVER_ID] = VALUE_SERVER_ID,
    [OPTION_RENEWAL] = VALUE_RENEWAL,
    [OPTION_REBINDING] = VALUE_REBINDING,
    [OPTION_CLIENT_ID] = VALUE_CLIENT_ID,
};

/* All that the instances of an option say together (RFC 3396 5), as much of it as is of use. */
struct value {
    uint8_t octets[LONGEST_OPTION];
    uint32_t len; /* of all of it; 0: it is absent, or empty */
};

struct options {
    struct value values[N_VALUES];
    uint32_t effort; /* that a message is still worth */
};

static void join(struct value *value, const uint8_t *at, uint32_t len)
{
    for (uint32_t i = 0; i < len && value->len + i < LONGEST_OPTION; i++) {
        value->octets[value->len + i] = at[i];
    }
    value->len += len;
}

static size_t lesser(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* One walk over an area. False where an option overruns it, or there is more than is worth it. */
static bool gather(struct options *o, struct cursor area)
{
    size_t most = o->effort;
    size_t end = lesser(most, area.left);
    size_t n = 0;

    while (n < end && area.at[n] != OPTION_END) {
        const uint8_t *at = area.at + n++;
        size_t len;

        if (*at == OPTION_PAD) {
            continue;
        }
        if (n == area.left || at[1] >= area.left - n) {
            return false;
        }
        len = at[1];
        n += 1 + len;
        if (len + 2 > OPTION_EFFORT) {
            most += len + 2 - OPTION_EFFORT;
            end = lesser(most, area.left);
        }
        if (len > 0 && *at < sizeof value_of && value_of[*at] != VALUE_NONE) {
            join(&o->values[value_of[*at]], at + 2, (uint32_t)len);
        }
    }
    o->effort = most > n ? (uint32_t)(most - n) : 0;
    return n == area.left || area.at[n] == OPTION_END;
}

/* Each area once, in the order of RFC 2131 4.1: option 52 counts in the first area only. */
static bool gather_all(struct options *o, struct cursor area, const uint8_t *fixed)
{
    const struct value *overload = &o->values[VALUE_OVERLOAD];
    uint8_t other;

    *o = (struct options){ .effort = MOST_EFFORT };
    if (!gather(o, area)) {
        return false;
    }
    other = overload->len == 1 ? overload->octets[0] : 0;
    if ((other == OVERLOAD_FILE || other == OVERLOAD_BOTH) &&
        !gather(o, cursor_over(fixed + FILE_AT, FILE_LEN))) {
        return false;
    }
    return !(other == OVERLOAD_SNAME || other == OVERLOAD_BOTH) ||
           gather(o, cursor_over(fixed + SNAME_AT, SNAME_LEN));
}

static uint32_t read_u32(const struct options *o, enum value_index i)
{
    return o->values[i].len == 4 ? be32(o->values[i].octets) : 0;
}

static uint8_t read_addrs(const struct options *o, enum value_index i, struct ip_addr *out,
                          uint8_t max)
{
    uint8_t n = 0;

    for (; n < max && (n + 1u) * 4 <= o->values[i].len; n++) {
        out[n] = ip4(be32(o->values[i].octets + 4 * n));
    }
    return n;
}

/* RFC 2132 9.14: hardware type and address, since we send none of our own. */
static bool is_id_of(const struct value *id, struct mac_addr chaddr)
{
    return id->len == 1 + MAC_ADDR_LEN && id->octets[0] == HTYPE_ETHERNET &&
           memcmp(id->octets + 1, chaddr.b, MAC_ADDR_LEN) == 0;
}

_Static_assert(4 * DHCP_MAX_ROUTERS <= LONGEST_OPTION && 4 * DHCP_MAX_SERVERS <= LONGEST_OPTION,
               "LONGEST_OPTION");

static void read_options(const struct options *o, struct dhcp_msg *msg)
{
    const struct value *type = &o->values[VALUE_TYPE];
    const struct value *mtu = &o->values[VALUE_MTU];
    const struct value *id = &o->values[VALUE_CLIENT_ID];

    msg->type = type->len == 1 ? type->octets[0] : 0;
    msg->mtu = mtu->len == 2 ? be16(mtu->octets) : 0;
    msg->foreign_id = id->len > 0 && !is_id_of(id, msg->chaddr);
    msg->netmask = ip4(read_u32(o, VALUE_NETMASK));
    msg->requested = ip4(read_u32(o, VALUE_REQUESTED));
    msg->server_id = ip4(read_u32(o, VALUE_SERVER_ID));
    msg->lease = read_u32(o, VALUE_LEASE);
    msg->renewal = read_u32(o, VALUE_RENEWAL);
    msg->rebinding = read_u32(o, VALUE_REBINDING);
    msg->n_routers = read_addrs(o, VALUE_ROUTERS, msg->routers, DHCP_MAX_ROUTERS);
    msg->n_dns = read_addrs(o, VALUE_DNS, msg->dns, DHCP_MAX_SERVERS);
}

enum drop_reason dhcp_parse(struct cursor *c, struct dhcp_msg *msg)
{
    const uint8_t *at = cursor_take(c, FIXED_LEN);
    const uint8_t *magic = cursor_take(c, 4);
    struct cursor options = *c;
    struct options all;

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
    if (!gather_all(&all, options, at)) {
        return DROP_DHCP_MALFORMED;
    }
    read_options(&all, msg);
    if (msg->type == 0) {
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
