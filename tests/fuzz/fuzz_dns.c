/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DNS answers, as they come, and behind the header and question that the resolver asked: then the
 * input is the count of answers, in its first octet, and the answer section. Those about a name are
 * names themselves.
 */
#include "fuzz.h"
#include "wire/dns.h"

#define ID 0x1234
#define NAME "a.example"
#define MAX_ADDRS 3

static void parse(const uint8_t *octets, size_t len)
{
    struct cursor c = cursor_over(octets, len);
    struct ip_addr addrs[MAX_ADDRS];
    struct dns_answer answer;
    enum drop_reason reason = dns_parse_answer(&c, ID, NAME, addrs, MAX_ADDRS, &answer);

    REQUIRE(inside(c, octets, len));
    if (reason == DROP_NONE) {
        REQUIRE(answer.n_addrs <= MAX_ADDRS && answer.rcode < 16 && answer.ttl <= INT32_MAX);
        REQUIRE(answer.n_addrs == 0 || (answer.rcode == DNS_NOERROR && !answer.truncated));
        for (size_t i = 0; i < answer.n_addrs; i++) {
            (void)*(volatile uint8_t *)&addrs[i].b[0];
        }
    } else {
        REQUIRE(reason == DROP_DNS_MALFORMED || reason == DROP_DNS_UNEXPECTED);
    }
}

static void parse_pointer(const uint8_t *octets, size_t len)
{
    struct cursor c = cursor_over(octets, len);
    char found[DNS_MAX_NAME_LEN + 1];
    struct dns_answer answer;

    if (dns_parse_pointer(&c, ID, NAME, found, &answer) == DROP_NONE && answer.n_addrs > 0) {
        REQUIRE(answer.n_addrs == 1 && answer.rcode == DNS_NOERROR);
        REQUIRE(dns_name_valid(found));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    uint8_t query[64];
    struct writer w = writer_over(query, sizeof query);
    uint8_t *whole;

    parse(octets, len);
    REQUIRE(dns_emit_query(&w, ID, NAME, DNS_A));
    if (len > 0) {
        whole = malloc(w.len + len - 1);
        REQUIRE(whole);
        memcpy(whole, query, w.len);
        memcpy(whole + w.len, octets + 1, len - 1);
        put_be16(whole + 2, 0x8180);
        put_be16(whole + 6, octets[0]);
        parse(whole, w.len + len - 1);
        put_be16(whole + w.len - 4, DNS_PTR);
        parse_pointer(whole, w.len + len - 1);
        free(whole);
    }
    return 0;
}
