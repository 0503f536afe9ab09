/* SPDX-License-Identifier: BSD-3-Clause */
/* Text that programs hand over: addresses and names. What is taken comes back as it was. */
#include "base/addr.h"
#include "fuzz.h"
#include "wire/dns.h"

static void name(const char *text)
{
    uint8_t message[DNS_MAX_UDP_LEN];
    struct writer w = writer_over(message, sizeof(message));
    struct cursor c;
    struct ip_addr addrs[1];
    struct dns_answer answer;

    dns_name_is_in(text, "localhost");
    if (!dns_name_valid(text)) {
        return;
    }
    REQUIRE(dns_emit_query(&w, 7, text, DNS_A));
    message[2] |= 0x80; /* the query becomes an answer to itself */
    c = cursor_over(message, w.len);
    REQUIRE(dns_parse_answer(&c, 7, text, addrs, 1, &answer) == DROP_NONE);
    REQUIRE(answer.exact && answer.n_addrs == 0 && c.left == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    char *text = malloc(len + 1);
    char again[SK_ADDR_TEXT_LEN];
    struct sk_addr addr;
    struct sk_addr same;

    REQUIRE(text);
    memcpy(text, octets, len);
    text[len] = '\0';
    if (sk_addr_parse(text, &addr)) {
        sk_addr_format(addr, again);
        REQUIRE(sk_addr_parse(again, &same) && sk_addr_equal(addr, same));
    }
    name(text);
    free(text);
    return 0;
}
