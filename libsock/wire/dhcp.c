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

/* The areas that hold options, in the order in which they count (RFC 3396 5). */
struct areas {
    struct cursor area[3];
    unsigned n;
};

/* The next option, past padding: false at the end, or where one overruns the area, which then is
 * not `*sound`. */
static bool next_option(struct cursor *area, uint8_t *code, struct cursor *value, bool *sound)
{
    const uint8_t *at;
    const uint8_t *len;

    do {
        at = cursor_take(area, 1);
    } while (at && *at == OPTION_PAD);
    if (!at || *at == OPTION_END) {
        return false;
    }
    *code = *at;
    len = cursor_take(area, 1);
    at = len ? cursor_take(area, *len) : NULL;
    *sound = at != NULL;
    *value = cursor_over(at, at ? *len : 0);
    return *sound;
}

static bool is_sound(struct cursor area, uint8_t *overload)
{
    struct cursor value;
    uint8_t code;
    bool sound = true;

    while (next_option(&area, &code, &value, &sound)) {
        if (code == OPTION_OVERLOAD && value.left == 1) {
            *overload = *value.at;
        }
    }
    return sound;
}

/* Each area once, in the order of RFC 2131 4.1: option 52 counts in the first area only. */
static bool find_areas(struct cursor options, const uint8_t *fixed, struct areas *areas)
{
    uint8_t overload = 0;
    uint8_t nested = 0;
    bool sound = is_sound(options, &overload);

    areas->area[0] = options;
    areas->n = 1;
    if (overload == OVERLOAD_FILE || overload == OVERLOAD_BOTH) {
        areas->area[areas->n++] = cursor_over(fixed + FILE_AT, FILE_LEN);
    }
    if (overload == OVERLOAD_SNAME || overload == OVERLOAD_BOTH) {
        areas->area[areas->n++] = cursor_over(fixed + SNAME_AT, SNAME_LEN);
    }
    for (unsigned i = 1; i < areas->n; i++) {
        sound = sound && is_sound(areas->area[i], &nested);
    }
    return sound;
}

/* An option: all that its instances say together (RFC 3396 5), as much of it as is of use. */
struct option {
    uint8_t octets[LONGEST_OPTION];
    uint32_t len; /* of all of it; 0: it is absent, or empty */
};

static void join(const struct areas *areas, uint8_t wanted, struct option *option)
{
    option->len = 0;
    for (unsigned i = 0; i < areas->n; i++) {
        struct cursor area = areas->area[i];
        struct cursor value;
        uint8_t code;
        bool sound;

        while (next_option(&area, &code, &value, &sound)) {
            for (size_t j = 0; code == wanted && j < value.left; j++, option->len++) {
                if (option->len < LONGEST_OPTION) {
                    option->octets[option->len] = value.at[j];
                }
            }
        }
    }
}

static uint32_t read_u32(const struct areas *areas, enum option_code code)
{
    struct option option;

    join(areas, (uint8_t)code, &option);
    return option.len == 4 ? be32(option.octets) : 0;
}

static uint8_t read_addrs(const struct areas *areas, enum option_code code, struct ip_addr *out,
                          uint8_t max)
{
    struct option option;
    uint8_t n = 0;

    join(areas, (uint8_t)code, &option);
    for (; n < max && (n + 1u) * 4 <= option.len; n++) {
        out[n] = ip4(be32(option.octets + 4 * n));
    }
    return n;
}

/* RFC 2132 9.14: hardware type and address, since we send none of our own. */
static bool is_id_of(const struct option *option, struct mac_addr chaddr)
{
    return option->len == 1 + MAC_ADDR_LEN && option->octets[0] == HTYPE_ETHERNET &&
           memcmp(option->octets + 1, chaddr.b, MAC_ADDR_LEN) == 0;
}

_Static_assert(4 * DHCP_MAX_ROUTERS <= LONGEST_OPTION && 4 * DHCP_MAX_SERVERS <= LONGEST_OPTION,
               "LONGEST_OPTION");

static void read_options(const struct areas *areas, struct dhcp_msg *msg)
{
    struct option option;

    join(areas, OPTION_TYPE, &option);
    msg->type = option.len == 1 ? option.octets[0] : 0;
    join(areas, OPTION_MTU, &option);
    msg->mtu = option.len == 2 ? be16(option.octets) : 0;
    join(areas, OPTION_CLIENT_ID, &option);
    msg->foreign_id = option.len > 0 && !is_id_of(&option, msg->chaddr);
    msg->netmask = ip4(read_u32(areas, OPTION_NETMASK));
    msg->requested = ip4(read_u32(areas, OPTION_REQUESTED));
    msg->server_id = ip4(read_u32(areas, OPTION_SERVER_ID));
    msg->lease = read_u32(areas, OPTION_LEASE);
    msg->renewal = read_u32(areas, OPTION_RENEWAL);
    msg->rebinding = read_u32(areas, OPTION_REBINDING);
    msg->n_routers = read_addrs(areas, OPTION_ROUTERS, msg->routers, DHCP_MAX_ROUTERS);
    msg->n_dns = read_addrs(areas, OPTION_DNS, msg->dns, DHCP_MAX_SERVERS);
}

enum drop_reason dhcp_parse(struct cursor *c, struct dhcp_msg *msg)
{
    const uint8_t *at = cursor_take(c, FIXED_LEN);
    const uint8_t *magic = cursor_take(c, 4);
    struct cursor options = *c;
    struct areas areas;

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
    if (!find_areas(options, at, &areas)) {
        return DROP_DHCP_MALFORMED;
    }
    read_options(&areas, msg);
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
