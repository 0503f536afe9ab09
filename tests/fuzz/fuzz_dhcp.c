/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DHCP replies, as they come, and with the fixed part and the magic cookie of a reply in front:
 * then the input is the two areas that may be overloaded, and the options.
 */
#include "fuzz.h"
#include "wire/dhcp.h"

#define SNAME_AT 44 /* RFC 2131 2 */
#define COOKIE_AT 236
#define COOKIE_LEN 4

static void parse(const uint8_t *octets, size_t len)
{
    struct cursor c = cursor_over(octets, len);
    struct dhcp_msg msg;
    uint8_t out[DHCP_MAX_LEN];
    struct writer w = writer_over(out, sizeof out);
    enum drop_reason reason = dhcp_parse(&c, &msg);

    REQUIRE(inside(c, octets, len));
    if (reason == DROP_NONE) {
        REQUIRE(msg.type != 0 && msg.n_routers <= DHCP_MAX_ROUTERS &&
                msg.n_dns <= DHCP_MAX_SERVERS);
        REQUIRE(dhcp_emit(&w, &msg) && w.len <= sizeof out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    static const uint8_t reply[] = { 2, 1, 6, 0 };
    static const uint8_t cookie[COOKIE_LEN] = { 99, 130, 83, 99 };
    size_t areas_len = len < COOKIE_AT - SNAME_AT ? len : COOKIE_AT - SNAME_AT;
    size_t whole_len = COOKIE_AT + COOKIE_LEN + (len - areas_len);
    uint8_t *whole = calloc(1, whole_len);

    REQUIRE(whole);
    parse(octets, len);
    memcpy(whole, reply, sizeof reply);
    if (len > 0) {
        memcpy(whole + SNAME_AT, octets, areas_len);
        memcpy(whole + COOKIE_AT + COOKIE_LEN, octets + areas_len, len - areas_len);
    }
    memcpy(whole + COOKIE_AT, cookie, COOKIE_LEN);
    parse(whole, whole_len);
    free(whole);
    return 0;
}
