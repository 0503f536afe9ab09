/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of every length up to 4096 characters, and then some, in the calls that look for names: an
 * error, and nothing written past an end. Run with sanitizers, each is in a piece of its own. */
#include "tests/support/names_fixture.h"

#define MAX_LEN 4096
#define MAX_NAME_LEN 253 /* without a dot at its end */
#define MAX_ADDR_LEN 15  /* of the patterns: f:f:f:f:f:f:f:f */
#define MAX_PORT_LEN 5
#define BUFFER_SIZE 64 /* of a host: too small for many */

static const char *const patterns[] = {
    "a",  /* one label */
    "a.", /* many */
    "abcdefg.hij-klmnopqrs.tuvwxyz0.",
    ".",     /* labels that are empty */
    "1",     /* a number that is too large */
    "0",     /* one that is not */
    "0x",    /* none at all */
    "1.",    /* numbers */
    ":",     /* colons */
    "f:",    /* groups of an IPv6 address */
    "::1%1", /* scopes */
    "%",
    "\xff", /* octets that no host has in its name */
};

static char *make_name(const char *pattern, size_t len)
{
    char *name = malloc(len + 1);
    size_t pattern_len = strlen(pattern);

    for (size_t i = 0; i < len; i++) {
        name[i] = pattern[i % pattern_len];
    }
    name[len] = '\0';
    return name;
}

static bool is_host(const char *name, int family)
{
    struct hostent host;
    struct hostent *result = &host;
    char *buffer = malloc(BUFFER_SIZE);
    int h_error;
    int error = gethostbyname2_r(name, family, &host, buffer, BUFFER_SIZE, &result, &h_error);

    free(buffer);
    ck_assert((error == 0 && result == &host) || result == NULL);
    return error == 0 && result != NULL;
}

static bool is_node(const char *name, int family)
{
    struct addrinfo hints = { .ai_family = family,
                              .ai_flags = AI_CANONNAME,
                              .ai_socktype = SOCK_STREAM };
    struct addrinfo *list;

    if (getaddrinfo(name, NULL, &hints, &list) != 0) {
        return false;
    }
    ck_assert_str_eq(list->ai_canonname, name);
    freeaddrinfo(list);
    return true;
}

static bool is_service(const char *name)
{
    struct addrinfo *list;

    if (getaddrinfo(NULL, name, NULL, &list) != 0) {
        return false;
    }
    freeaddrinfo(list);
    return true;
}

static void try_name(const char *pattern, size_t len)
{
    char *name = make_name(pattern, len);
    bool zeros = strspn(name, "0") == len && len > 0; /* which is 0.0.0.0, at any length */
    bool addr = zeros || len <= MAX_ADDR_LEN;

    ck_assert_msg(!is_node(name, AF_INET) || addr, "%.80s, %zu", name, len);
    ck_assert_msg(!is_node(name, AF_INET6) || addr, "%.80s, %zu", name, len);
    ck_assert_msg(!is_node(name, AF_UNSPEC) || addr, "%.80s, %zu", name, len);
    ck_assert_msg(!is_host(name, AF_INET) || (addr && len < BUFFER_SIZE), "%.80s, %zu", name, len);
    ck_assert_msg(!is_host(name, AF_INET6) || addr, "%.80s, %zu", name, len);
    ck_assert_msg(!is_service(name) || zeros || len <= MAX_PORT_LEN, "%.80s, %zu", name, len);
    free(name);
}

/* No host of these names exists, and longer ones are not asked for. */
static int tries_every_length(void *arg)
{
    (void)arg;
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        for (size_t len = 0; len <= MAX_LEN; len++) {
            try_name(patterns[i], len);
        }
    }
    return 0;
}

START_TEST(long_names_are_nobodys)
{
    ask(tries_every_length, HOST_A);
}
END_TEST

static int asks_for_the_longest(void *arg)
{
    struct addrinfo *list;
    char name[] = LONG_NAME "x";

    (void)arg;
    ck_assert_uint_eq(strlen(LONG_NAME), MAX_NAME_LEN);
    instant begun = clock_now();
    ck_assert_int_eq(getaddrinfo(name, NULL, NULL, &list), EAI_NONAME);
    ck_assert_int_eq(clock_now(), begun); /* nobody was asked */
    name[MAX_NAME_LEN] = '\0';
    ck_assert_int_eq(getaddrinfo(name, NULL, NULL, &list), EAI_NONAME);
    ck_assert_int_gt(clock_now(), begun);
    return 0;
}

START_TEST(the_longest_name_is_asked_for)
{
    ask(asks_for_the_longest, HOST_A);
}
END_TEST

/* What lies below localhost is this host, and is not longer than other names. */
START_TEST(a_long_name_of_this_host_is_none)
{
    static const char localhost[] = ".localhost";

    for (size_t len = MAX_NAME_LEN - 1; len <= MAX_LEN; len += len < MAX_NAME_LEN + 2 ? 1 : 61) {
        char *name = make_name("ab.cde", len);
        memcpy(name + len - (sizeof localhost - 1), localhost, sizeof localhost - 1);
        name[len - sizeof localhost] = 'x';
        ck_assert_int_eq(is_node(name, AF_INET), len <= MAX_NAME_LEN);
        ck_assert(!is_host(name, AF_INET)); /* the buffer is too small for the name */
        free(name);
    }
}
END_TEST

/* The storage of calls without _r has room for a host's name, and for no more. */
START_TEST(an_address_of_too_many_digits_has_no_room)
{
    char *name = make_name("0", MAX_LEN);

    ck_assert_ptr_null(gethostbyname(name));
    ck_assert_int_eq(h_errno, NETDB_INTERNAL);
    ck_assert_int_eq(errno, ERANGE);
    name[MAX_NAME_LEN] = '\0';
    ck_assert_ptr_nonnull(gethostbyname(name));
    free(name);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        long_names_are_nobodys,
        the_longest_name_is_asked_for,
        a_long_name_of_this_host_is_none,
        an_address_of_too_many_digits_has_no_room,
        NULL,
    };

    return suite_run("compat_long_names", tests);
}
