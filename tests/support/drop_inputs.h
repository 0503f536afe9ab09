/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For each drop reason an input that raises it. Each is called with a fresh host that knows its
 * peer, has the full profile of TCP and groups, and raises its reason exactly once, and no other
 * but the one that comes with it.
 */
#pragma once

#include "tests/support/frames.h"

#define N_DROP_INPUTS_IP 42
#define N_DROP_INPUTS_TCP 30
#define N_DROP_INPUTS_FRAGMENTS 8

struct drop_input {
    enum drop_reason reason;
    enum drop_reason with; /* comes along, any number of times */
    void (*raise)(struct host *h);
    bool dhcp; /* the host has no address */
    bool no_gateway;
};

/* Links, ARP, IP, ICMP, UDP and above; TCP, and what is sent. */
extern const struct drop_input drop_inputs_ip[N_DROP_INPUTS_IP];
extern const struct drop_input drop_inputs_tcp[N_DROP_INPUTS_TCP];
/* Of a host that puts them together. */
extern const struct drop_input drop_inputs_fragments[N_DROP_INPUTS_FRAGMENTS];
