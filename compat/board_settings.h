/* SPDX-License-Identifier: BSD-3-Clause */
/* What the environment says about libslirp's network, and how the network is told to say what is
 * wrong: of the board (board_slirp.c has the list) and of sockrun, whose options are the same. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "link/slirp.h"

#define SETTINGS_NO_HOST "not NAME=ADDRESS with an IPv4 address"
#define SETTINGS_NO_FORWARD "not tcp:ADDRESS:PORT:GUEST-PORT or udp:..."

/* The forward as it was asked for, where the host would listen, and the error. */
#define FORWARD_UNAVAILABLE "%s: cannot listen on %s: %s"

enum settings_stats { STATS_NONE, STATS_TEXT, STATS_JSON };

struct settings {
    struct slirp_link_config link;
    struct sk_addr dns;
    const char *forward;
    const char *pcap;
    const char *seed;
    const char *congestion; /* NULL: what there is by default */
    uint64_t delay;         /* us, one way */
    uint64_t loss;          /* parts per million, each way */
    uint64_t rate;          /* bit/s, each way; 0: as fast as it can */
    bool host_loopback;     /* 127.0.0.1 is asked to be the host's */
    bool stack_loopback;
    uint64_t tree;             /* a random number of sockrun's; 0: none */
    enum settings_stats stats; /* told at the end */
};

struct forward {
    bool udp;
    struct sk_addr host;
    uint16_t guest_port;
};

/** One line on stderr. */
__attribute__((format(printf, 1, 2))) void settings_say(const char *format, ...);

/** Says that a variable, or the first `len` octets of its value here, is wrong; false. */
bool settings_refuse(const char *name, const char *value, size_t len, const char *why);

/** NULL when `value` is one that the variable `name` may have, which `s` has from then on;
 * else why it is none. A variable that there is not has a reason, too. */
const char *settings_take(struct settings *s, const char *name, const char *value);

/** Takes all of the environment. False after it said what is wrong. */
bool settings_read(struct settings *s);

/** The name server that the network has, port and all; unspecified: none that is reached. */
struct sk_addr settings_name_server(const struct settings *s);

/** protocol:address:port:guest-port, `len` octets; false for anything else. */
bool settings_forward(const char *text, size_t len, struct forward *out);
