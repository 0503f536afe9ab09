/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses. An ip_addr holds 16 octets with IPv4 mapped into them (RFC 4291 2.5.5.2), or 4 where
 * the small configuration (-DSK_IP_ADDR_LEN=4) says so; nothing outside this file depends on which.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/be.h"

#ifndef SK_IP_ADDR_LEN
#define SK_IP_ADDR_LEN 16
#endif

struct ip_addr {
    uint8_t b[SK_IP_ADDR_LEN];
};

struct sk_addr {
    struct ip_addr addr;
    uint16_t port; /* host order */
};

#define SK_ADDR_TEXT_LEN 22 /* "255.255.255.255:65535" and its NUL */

#ifdef __cplusplus
extern "C" {
#endif

#define SK_IPV4_AT (SK_IP_ADDR_LEN - 4) /* the last four octets, RFC 4291 2.5.5.2 */

/**
 * An IPv4 address from its 32 bits in host order; ip4(0) is the unspecified address, all zero
 * octets in either configuration ("::", not "::ffff:0.0.0.0"), so that a structure of zeros is the
 * same address.
 */
static inline struct ip_addr ip4(uint32_t host_order)
{
    struct ip_addr addr;

    memset(&addr, 0, sizeof addr);
#if SK_IP_ADDR_LEN > 4
    if (host_order) {
        addr.b[SK_IPV4_AT - 2] = 0xff;
        addr.b[SK_IPV4_AT - 1] = 0xff;
    }
#endif
    put_be32(addr.b + SK_IPV4_AT, host_order);
    return addr;
}

/** The 32 bits, in host order, of an IPv4 address. */
static inline uint32_t ip4_bits(struct ip_addr addr)
{
    return be32(addr.b + SK_IPV4_AT);
}

static inline bool ip_equal(struct ip_addr a, struct ip_addr b)
{
    return memcmp(a.b, b.b, sizeof a.b) == 0;
}

/** True when the address is IPv4, in so far as the configuration can tell. */
static inline bool ip_is_ipv4(struct ip_addr addr)
{
    return ip_equal(addr, ip4(ip4_bits(addr)));
}

/** True for 0.0.0.0, mapped or not, and for a structure of zero octets. */
static inline bool ip_is_unspecified(struct ip_addr addr)
{
#if SK_IP_ADDR_LEN > 4
    static const struct ip_addr mapped = { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0,
                                             0 } };

    if (ip4_bits(addr) == 0 && ip_equal(addr, mapped)) {
        return true;
    }
#endif
    return ip_equal(addr, ip4(0));
}

/** True for 224.0.0.0/4 (RFC 1112). */
static inline bool ip_is_multicast(struct ip_addr addr)
{
    return ip4_bits(addr) >> 28 == 0xe && ip_is_ipv4(addr);
}

/** True for 127.0.0.0/8 (RFC 1122 3.2.1.3). */
static inline bool ip_is_loopback(struct ip_addr addr)
{
    return ip4_bits(addr) >> 24 == 127 && ip_is_ipv4(addr);
}

#define IP_LOOPBACK 0x7f000001u /* 127.0.0.1 */
/* RFC 1112 4: from here on, 255.255.255.255 included, none is a host's. */
#define IP_CLASS_E 0xf0000000u

/** True for an IPv4 address that a host on a network can have. */
static inline bool ip_is_host(struct ip_addr addr)
{
    return ip4_bits(addr) >> 24 != 0 && !ip_is_loopback(addr) && !ip_is_multicast(addr) &&
           ip4_bits(addr) < IP_CLASS_E;
}

/** Equal in address and port. */
static inline bool sk_addr_equal(struct sk_addr a, struct sk_addr b)
{
    return a.port == b.port && ip_equal(a.addr, b.addr);
}

/** An unkeyed 32-bit hash over address and port, for tables that only the program itself fills. */
uint32_t sk_addr_hash(struct sk_addr addr);

/** Writes "a.b.c.d:port" and a NUL into `out`, of SK_ADDR_TEXT_LEN octets. */
void sk_addr_format(struct sk_addr addr, char *out);

/**
 * Reads "a.b.c.d" or "a.b.c.d:port" (decimal, each part without sign, space or leading zero; the
 * whole string). Without a port, the port is 0. Returns false, `*out` untouched, for anything else.
 */
bool sk_addr_parse(const char *text, struct sk_addr *out);

#ifdef __cplusplus
}
#endif
