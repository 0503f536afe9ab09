/* SPDX-License-Identifier: BSD-3-Clause */
/* LIBSOCK_HOSTS is read whenever a name is looked up: see board_hosts.h. */
#include "compat/board_hosts.h"

#include <stdlib.h>
#include <string.h>

#include "wire/dns.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* What inet_aton takes ends with a decimal number, or a hexadecimal one. */
static bool reads_as_number(const char *name)
{
    const char *dot = strrchr(name, '.');
    const char *last = dot != NULL ? dot + 1 : name;

    return last[strspn(last, DIGITS)] == '\0' || strncmp(last, "0x", 2) == 0 ||
           strncmp(last, "0X", 2) == 0;
}

static bool can_be_looked_up(const char *name)
{
    return name[strspn(name, LETTERS DIGITS "-_.")] == '\0' && dns_name_valid(name) &&
           name[strlen(name) - 1] != '.' && !reads_as_number(name) &&
           !dns_name_is_in(name, "localhost") && !dns_name_is_in(name, "invalid");
}

static bool parse_addr(const char *text, struct ip_addr *out)
{
    struct sk_addr addr;

    if (strchr(text, ':') != NULL || !sk_addr_parse(text, &addr)) {
        return false;
    }
    *out = addr.addr;
    return ip_is_host(addr.addr) || ip_is_loopback(addr.addr);
}

bool board_host_parse(const char *text, size_t len, struct board_host *out)
{
    char copy[sizeof out->name + SK_ADDR_TEXT_LEN];

    if (len == 0 || len >= sizeof copy) {
        return false;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    char *equals = strchr(copy, '=');
    if (equals == NULL || (size_t)(equals - copy) >= sizeof out->name) {
        return false;
    }
    *equals = '\0';
    strcpy(out->name, copy);
    return can_be_looked_up(copy) && parse_addr(equals + 1, &out->addr);
}

/* The element after the one that `at` begins; NULL: that was the last. */
static const char *next(const char *at)
{
    at += strcspn(at, ",");
    return *at == ',' ? at + 1 : NULL;
}

bool board_hosts_valid(const char *list)
{
    struct board_host ignored;

    for (; list != NULL; list = next(list)) {
        if (!board_host_parse(list, strcspn(list, ","), &ignored)) {
            return false;
        }
    }
    return true;
}

bool libsock_board_host(size_t i, struct board_host *out)
{
    const char *at = getenv("LIBSOCK_HOSTS");

    for (; i > 0 && at != NULL; i--) {
        at = next(at);
    }
    return at != NULL && board_host_parse(at, strcspn(at, ","), out);
}
