/* SPDX-License-Identifier: BSD-3-Clause */
/* One function for each variable: see board_settings.h. */
#define HEXADECIMAL 16
#define _GNU_SOURCE /* environ */
#include "compat/board_settings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compat/board_hosts.h"
#include "compat/board_units.h"
#include "link/slirp_policy.h"
#include "wire/dns.h"

#define MIN_MTU 576 /* RFC 1122 3.3.2: what every host takes; below, DHCP would need fragments */

#define MAX_PORT 65535
#define PREFIX "LIBSOCK_" /* of variables that are ours */

#define LITERAL(x) #x
#define TEXT(x) LITERAL(x)

void settings_say(const char *format, ...)
{
    va_list arguments;

    fputs("libsock: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

bool settings_refuse(const char *name, const char *value, size_t len, const char *why)
{
    settings_say("%s=%.*s: %s", name, (int)len, value, why);
    return false;
}

/* Decimal digits up to `end`; false for anything else. */
static bool parse_number(const char *text, const char *end, unsigned long max, unsigned long *out)
{
    unsigned long value = 0;

    if (text == end) {
        return false;
    }
    for (; text < end; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        value = value * 10 + (unsigned long)(*text - '0');
        if (value > max) {
            return false;
        }
    }
    *out = value;
    return true;
}

/* ---- One variable each ---- */

static bool take_mtu(struct settings *s, const char *value)
{
    unsigned long mtu;

    if (!parse_number(value, value + strlen(value), SLIRP_MAX_MTU, &mtu) || mtu < MIN_MTU) {
        return false;
    }
    s->link.mtu = (uint16_t)mtu;
    return true;
}

static bool take_dns(struct settings *s, const char *value)
{
    return sk_addr_parse(value, &s->dns) &&
           (ip_is_host(s->dns.addr) || ip_is_loopback(s->dns.addr)) &&
           (s->dns.port != 0 || strchr(value, ':') == NULL);
}

static bool take_outbound(struct settings *s, const char *value)
{
    s->link.any = strcmp(value, "any") == 0;
    return s->link.any || strcmp(value, "loopback") == 0;
}

static bool take_seed(struct settings *s, const char *value)
{
    size_t len = strlen(value);

    s->seed = value;
    return len > 0 && len <= 32 && strspn(value, "0123456789abcdefABCDEF") == len;
}

static bool take_delay(struct settings *s, const char *value)
{
    return units_time(value, &s->delay);
}

static bool take_loss(struct settings *s, const char *value)
{
    return units_percent(value, &s->loss);
}

static bool take_rate(struct settings *s, const char *value)
{
    return units_rate(value, &s->rate);
}

static bool take_congestion(struct settings *s, const char *value)
{
    s->congestion = value;
    return strcmp(value, "reno") == 0 || strcmp(value, "cubic") == 0 || strcmp(value, "bbr") == 0;
}

static bool take_loopback(struct settings *s, const char *value)
{
    s->host_loopback = strcmp(value, "host") == 0;
    s->stack_loopback = strcmp(value, "stack") == 0;
    return s->host_loopback || s->stack_loopback;
}

static bool take_tree(struct settings *s, const char *value)
{
    char *end;

    s->tree = strtoull(value, &end, HEXADECIMAL);
    return *end == '\0' && s->tree != 0;
}

static bool take_stats(struct settings *s, const char *value)
{
    s->stats = strcmp(value, "1") == 0 ? STATS_TEXT : STATS_JSON;
    return s->stats == STATS_TEXT || strcmp(value, "json") == 0;
}

/* It is looked at when a name is. */
static bool take_hosts(struct settings *s, const char *value)
{
    (void)s;
    return board_hosts_valid(value);
}

/* What these say is found out when the network is made. */

static bool take_forward(struct settings *s, const char *value)
{
    s->forward = value;
    return true;
}

static bool take_pcap(struct settings *s, const char *value)
{
    s->pcap = value;
    return true;
}

// clang-format off
static const struct variable {
    const char *name;
    bool (*take)(struct settings *s, const char *value);
    const char *wrong;
} variables[] = {
    { "LIBSOCK_FORWARD", take_forward, NULL },
    { "LIBSOCK_PCAP", take_pcap, NULL },
    { "LIBSOCK_MTU", take_mtu, "not a number from " TEXT(MIN_MTU) " to " TEXT(SLIRP_MAX_MTU) },
    { "LIBSOCK_CONGESTION", take_congestion, "not reno, cubic or bbr" },
    { "LIBSOCK_DELAY", take_delay, "not a time from 0ms to 60s, such as 20ms" },
    { "LIBSOCK_LOSS", take_loss, "not a percentage, such as 1%" },
    { "LIBSOCK_RATE", take_rate, "not bits per second from 1kbit to 100gbit, such as 10mbit" },
    { "LIBSOCK_DNS", take_dns, "not a host's address, or address:port" },
    { "LIBSOCK_HOSTS", take_hosts, SETTINGS_NO_HOST },
    { "LIBSOCK_OUTBOUND", take_outbound, "neither loopback nor any" },
    { "LIBSOCK_LOOPBACK", take_loopback, "neither host nor stack" },
    { "LIBSOCK_STATS", take_stats, "not json, which is all that it can be" },
    { "LIBSOCK_TREE", take_tree, "not a number of sockrun's" },
    { "LIBSOCK_SEED", take_seed, "not 1 to 32 hexadecimal digits" },
};
// clang-format on

static const struct variable *find(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        if (strlen(variables[i].name) == len && memcmp(variables[i].name, name, len) == 0) {
            return &variables[i];
        }
    }
    return NULL;
}

const char *settings_take(struct settings *s, const char *name, const char *value)
{
    const struct variable *v = find(name, strlen(name));

    if (v == NULL) {
        return "no variable that libsock knows";
    }
    return v->take(s, value) ? NULL : v->wrong;
}

/* `text` is NAME=VALUE. */
static bool take_variable(struct settings *s, const char *text)
{
    size_t len = strcspn(text, "=");
    const struct variable *v = text[len] == '=' ? find(text, len) : NULL;

    if (v == NULL) {
        settings_say("%s: no variable that libsock knows", text);
        return false;
    }
    const char *value = text + len + 1;
    return v->take(s, value) || settings_refuse(v->name, value, strlen(value), v->wrong);
}

bool settings_read(struct settings *s)
{
    for (char **at = environ; at != NULL && *at != NULL; at++) {
        if (strncmp(*at, PREFIX, strlen(PREFIX)) == 0 && !take_variable(s, *at)) {
            return false;
        }
    }
    return true;
}

struct sk_addr settings_name_server(const struct settings *s)
{
    struct sk_addr server = s->dns;

    if (ip_is_unspecified(server.addr) && s->link.any) {
        server.addr = ip4(SLIRP_DNS);
    }
    if (server.port == 0) {
        server.port = DNS_PORT;
    }
    return server;
}

/* ---- Forwards: protocol:address:port:guest-port,... ---- */

bool settings_forward(const char *text, size_t len, struct forward *out)
{
    char copy[64];
    unsigned long guest_port;

    if (len < 4 || len >= sizeof copy ||
        (memcmp(text, "tcp:", 4) != 0 && memcmp(text, "udp:", 4) != 0)) {
        return false;
    }
    memcpy(copy, text + 4, len - 4);
    copy[len - 4] = '\0';
    char *last = strrchr(copy, ':');
    if (last == NULL || strchr(copy, ':') == last ||
        !parse_number(last + 1, last + strlen(last), MAX_PORT, &guest_port) || guest_port == 0) {
        return false;
    }
    *last = '\0';
    out->udp = memcmp(text, "udp:", 4) == 0;
    out->guest_port = (uint16_t)guest_port;
    return sk_addr_parse(copy, &out->host);
}
