/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The groups of which a host is a member on one netif, and what it says of them (RFC 2236, the
 * host's part; of a router that knows version 1 alone, RFC 1112). Messages are values; the netif
 * puts them into packets.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/rng.h"
#include "base/tick.h"
#include "base/time.h"
#include "wire/drop.h"
#include "wire/igmp.h"

#define IGMP_ALL_SYSTEMS 0xe0000001u /* everybody is a member of it, and nobody says so */
#define IGMP_ALL_ROUTERS 0xe0000002u

/* RFC 2236 8 */
#define IGMP_ROBUSTNESS 2                     /* a new member says so that often */
#define IGMP_UNSOLICITED_INTERVAL seconds(10) /* within this time of each other */
#define IGMP_RETRY seconds(1)                 /* of what could not leave */
#define IGMP_V1_MAX_RESP 100                  /* tenths of a second, RFC 2236 4 */
#define IGMP_V1_PRESENT seconds(400)

struct igmp_group {
    struct ip_addr addr;   /* unspecified: the place is free */
    instant at;            /* when the next message about it is due; NEVER */
    uint16_t n_members;    /* sockets; 0: it is left, and that is due to be said */
    uint8_t n_unsolicited; /* reports that are still to be sent unasked, one of them at `at` */
    bool last;             /* the last report of it on this network was ours */
};

struct igmp {
    struct igmp_group *groups;
    struct rng *rng;
    uint32_t n;
    uint32_t n_joined; /* groups that have members */
    instant v1_until;  /* until then a router may be there that knows version 1 alone */
};

void igmp_init(struct igmp *igmp, struct igmp_group *groups, uint32_t n, struct rng *rng);

/** One member more; false: every place is taken. */
bool igmp_join(struct igmp *igmp, struct ip_addr group, instant now);

/** One member less of a group that has one. */
void igmp_leave(struct igmp *igmp, struct ip_addr group, instant now);

bool igmp_is_member(const struct igmp *igmp, struct ip_addr group);

/** The network is another, or may be: it is told of every group, as of a new one. */
void igmp_restart(struct igmp *igmp, instant now);

/** A message came in. DROP_IGMP_TYPE: not one for hosts. DROP_IGMP_GROUP: about none of ours. */
enum drop_reason igmp_arrives(struct igmp *igmp, const struct igmp_hdr *hdr, instant now);

/** The message that is due and its destination, or false. */
bool igmp_next(const struct igmp *igmp, instant now, struct igmp_hdr *hdr, struct ip_addr *dst);

/** The message about `group` that was due went out. */
void igmp_sent(struct igmp *igmp, struct ip_addr group, instant now);

/** It did not: it is tried again in a second, so that a link without room is not asked all the
 * time.
 */
void igmp_unsent(struct igmp *igmp, struct ip_addr group, instant now);

/** When igmp_next has something to say. */
instant igmp_poll_at(const struct igmp *igmp);
