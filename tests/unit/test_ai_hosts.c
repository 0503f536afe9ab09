/* SPDX-License-Identifier: BSD-3-Clause */
/* /etc/hosts (hosts(5)), its lines given by the test. */
#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "compat/ai.h"
#include "compat/lookup.h"
#include "tests/support/suite.h"

static const char *const *lines; /* NULL at the end */

/* In place of the C library's, for the table that is opened; Check reads nothing meanwhile. */
char *fgets(char *out, int size, FILE *file)
{
    (void)file;
    if (lines == NULL || *lines == NULL) {
        return NULL;
    }
    ck_assert_int_lt((int)strlen(*lines), size);
    return strcpy(out, *lines++);
}

static const char *const table[] = {
    "# 10.0.0.9 comment\n",
    "127.0.0.1\tlocalhost\n",
    "\n",
    "   \t\n",
    "10.0.0.1\n",
    "10.0.0.1 \n",
    " \t10.0.0.2  Two.example\ttwo # deux zwei\n",
    "10.0.0.3 three#drei\n",
    "::1 six two\n",
    "10.0.0.4:80 port\n",
    "10.0.0 short\n",
    "# a comment that is longer than what is read at once, and ends with: ",
    "10.0.0.6 hidden\n",
    "10.0.0.5 two five",
    NULL,
};

static const char *canonical;

static size_t look_up(const char *name, struct sk_addr found[LOOKUP_MAX_ADDRS])
{
    lines = table;
    size_t n = ai_hosts(name, found, LOOKUP_MAX_ADDRS, &canonical);
    lines = NULL;
    return n;
}

START_TEST(the_rest_of_a_long_line_is_no_line)
{
    struct sk_addr found[LOOKUP_MAX_ADDRS];

    ck_assert_uint_eq(look_up("hidden", found), 0);
}
END_TEST

START_TEST(a_name_has_the_address_of_its_line)
{
    static const struct {
        const char *name;
        uint32_t addr;
    } known[] = {
        { "localhost", 0x7f000001 }, { "two.example", 0x0a000002 }, { "TWO.EXAMPLE", 0x0a000002 },
        { "three", 0x0a000003 },     { "five", 0x0a000005 },
    };
    struct sk_addr found[LOOKUP_MAX_ADDRS];

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        ck_assert_uint_eq(look_up(known[i].name, found), 1);
        ck_assert_uint_eq(ip4_bits(found[0].addr), known[i].addr);
        ck_assert_uint_eq(found[0].port, 0);
    }
}
END_TEST

START_TEST(a_name_in_several_lines_has_all_their_addresses)
{
    struct sk_addr found[LOOKUP_MAX_ADDRS];

    ck_assert_uint_eq(look_up("two", found), 2);
    ck_assert_uint_eq(ip4_bits(found[0].addr), 0x0a000002);
    ck_assert_uint_eq(ip4_bits(found[1].addr), 0x0a000005);
    lines = table;
    ck_assert_uint_eq(ai_hosts("two", found, 1, &canonical), 1);
    lines = NULL;
}
END_TEST

START_TEST(the_first_name_of_the_first_line_is_the_canonical_one)
{
    struct sk_addr found[LOOKUP_MAX_ADDRS];

    ck_assert_uint_eq(look_up("two", found), 2);
    ck_assert_str_eq(canonical, "Two.example");
    ck_assert_uint_eq(look_up("five", found), 1);
    ck_assert_str_eq(canonical, "two");
    canonical = "asked";
    ck_assert_uint_eq(look_up("nobody", found), 0);
    ck_assert_str_eq(canonical, "asked");
}
END_TEST

static bool look_back(uint32_t addr, char *name, size_t size)
{
    lines = table;
    bool found = ai_hosts_name(ip4(addr), name, size);
    lines = NULL;
    return found;
}

START_TEST(an_address_has_the_first_name_of_its_line)
{
    char name[16];

    ck_assert(look_back(0x0a000002, name, sizeof name));
    ck_assert_str_eq(name, "Two.example");
    ck_assert(look_back(0x0a000002, name, sizeof "Two.example"));
    ck_assert(!look_back(0x0a000002, name, sizeof "Two.example" - 1));
    ck_assert(!look_back(0x0a000002, name, 0));
    ck_assert(look_back(0x0a000005, name, sizeof name));
    ck_assert_str_eq(name, "two");
    ck_assert(!look_back(0x0a000001, name, sizeof name)); /* its line has no name */
    ck_assert(!look_back(0x0a000006, name, sizeof name)); /* the rest of a long line */
    ck_assert(!look_back(0x0a000009, name, sizeof name));
}
END_TEST

/* A table for each call that looks into it. */
START_TEST(the_calls_look_into_the_table_first)
{
    struct addrinfo hints = { .ai_flags = AI_CANONNAME, .ai_socktype = SOCK_STREAM };
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000003) };
    struct addrinfo *list;
    char host[NI_MAXHOST];

    lines = table;
    ck_assert_int_eq(getaddrinfo("TWO", NULL, &hints, &list), 0);
    ck_assert_str_eq(list->ai_canonname, "Two.example");
    ck_assert_ptr_nonnull(list->ai_next);
    ck_assert_ptr_null(list->ai_next->ai_next);
    freeaddrinfo(list);
    lines = table;
    const struct hostent *found = gethostbyname("TWO");
    ck_assert_str_eq(found->h_name, "Two.example");
    ck_assert_ptr_nonnull(found->h_addr_list[1]);
    ck_assert_ptr_null(found->h_addr_list[2]);
    lines = table;
    ck_assert_str_eq(gethostbyaddr(&in.sin_addr, 4, AF_INET)->h_name, "three");
    lines = table;
    ck_assert_int_eq(getnameinfo((struct sockaddr *)&in, sizeof in, host, sizeof host, NULL, 0, 0),
                     0);
    ck_assert_str_eq(host, "three");
    lines = NULL;
}
END_TEST

START_TEST(comments_and_other_lines_have_none)
{
    static const char *const unknown[] = { "comment", "deux", "zwei",  "drei",    "three#drei",
                                           "six",     "port", "short", "10.0.0.1" };
    struct sk_addr found[LOOKUP_MAX_ADDRS];

    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        ck_assert_msg(look_up(unknown[i], found) == 0, "%s", unknown[i]);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_rest_of_a_long_line_is_no_line,
        a_name_has_the_address_of_its_line,
        a_name_in_several_lines_has_all_their_addresses,
        the_first_name_of_the_first_line_is_the_canonical_one,
        an_address_has_the_first_name_of_its_line,
        the_calls_look_into_the_table_first,
        comments_and_other_lines_have_none,
        NULL,
    };

    return suite_run("ai_hosts", tests);
}
