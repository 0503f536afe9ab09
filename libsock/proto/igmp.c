/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The states of RFC 2236 6 are in the fields of a group: a non-member has no place, a delaying
 * member has a report due `at` some time, an idle one NEVER.
 */
#include "proto/igmp.h"

#define TENTH (seconds(1) / 10)

void igmp_init(struct igmp *igmp, struct igmp_group *groups, uint32_t n, struct rng *rng)
{
    *igmp = (struct igmp){ .groups = groups, .n = n, .rng = rng };
    for (uint32_t i = 0; i < n; i++) {
        groups[i] = (struct igmp_group){ .at = NEVER };
    }
}

/* The place of `addr`; NULL: there is none. */
static struct igmp_group *place_of(const struct igmp *igmp, struct ip_addr addr)
{
    for (uint32_t i = 0; i < igmp->n; i++) {
        if (ip_equal(igmp->groups[i].addr, addr)) {
            return &igmp->groups[i];
        }
    }
    return NULL;
}

/* For a new group: a free one, or that of a group of which only the leave is still to be said. */
static struct igmp_group *new_place(const struct igmp *igmp)
{
    struct igmp_group *group = place_of(igmp, ip4(0));

    for (uint32_t i = 0; !group && i < igmp->n; i++) {
        if (igmp->groups[i].n_members == 0) {
            group = &igmp->groups[i];
        }
    }
    return group;
}

static bool is_all_systems(struct ip_addr group)
{
    return ip4_bits(group) == IGMP_ALL_SYSTEMS;
}

static void announce(struct igmp_group *group, instant now)
{
    if (!is_all_systems(group->addr)) {
        group->n_unsolicited = IGMP_ROBUSTNESS;
        group->at = now;
    }
}

bool igmp_join(struct igmp *igmp, struct ip_addr addr, instant now)
{
    struct igmp_group *group = place_of(igmp, addr);

    if (!group) {
        group = new_place(igmp);
    }
    if (!group) {
        return false;
    }
    if (group->n_members++ == 0) {
        group->last = group->last && ip_equal(group->addr, addr);
        group->addr = addr;
        group->at = NEVER;
        igmp->n_joined++;
        announce(group, now);
    }
    return true;
}

static void forget(struct igmp_group *group)
{
    *group = (struct igmp_group){ .at = NEVER };
}

/* RFC 2236 3: whoever was not the last to report leaves others behind, and no router of version 1
 * would understand. */
void igmp_leave(struct igmp *igmp, struct ip_addr addr, instant now)
{
    struct igmp_group *group = place_of(igmp, addr);

    if (--group->n_members > 0) {
        return;
    }
    igmp->n_joined--;
    if (group->last && now >= igmp->v1_until) {
        group->at = now;
    } else {
        forget(group);
    }
}

bool igmp_is_member(const struct igmp *igmp, struct ip_addr group)
{
    const struct igmp_group *found = place_of(igmp, group);

    return is_all_systems(group) || (found && found->n_members > 0);
}

void igmp_restart(struct igmp *igmp, instant now)
{
    igmp->v1_until = 0;
    for (uint32_t i = 0; i < igmp->n; i++) {
        struct igmp_group *group = &igmp->groups[i];

        group->last = false;
        if (group->n_members > 0) {
            announce(group, now);
        } else {
            forget(group);
        }
    }
}

/* All answer at some time within `max`, so that they do not at once, and one may do for all. */
static void asked(struct igmp *igmp, struct igmp_group *group, duration max, instant now)
{
    if (group->at - now > max) {
        group->at = now + rng_below(igmp->rng, (uint32_t)max) + 1;
    }
}

static enum drop_reason query_arrives(struct igmp *igmp, const struct igmp_hdr *hdr, instant now)
{
    duration max = (hdr->max_resp ? hdr->max_resp : IGMP_V1_MAX_RESP) * TENTH;
    bool any = ip_is_unspecified(hdr->group);

    if (hdr->max_resp == 0) {
        igmp->v1_until = now + IGMP_V1_PRESENT;
    }
    for (uint32_t i = 0; i < igmp->n; i++) {
        struct igmp_group *group = &igmp->groups[i];
        bool is_meant = ip_is_unspecified(hdr->group) || ip_equal(hdr->group, group->addr);

        if (group->n_members > 0 && is_meant && !is_all_systems(group->addr)) {
            asked(igmp, group, max, now);
            any = true;
        }
    }
    return any ? DROP_NONE : DROP_IGMP_GROUP;
}

/* Another member said it for all, where we were about to. */
static enum drop_reason report_arrives(struct igmp *igmp, const struct igmp_hdr *hdr)
{
    struct igmp_group *group = ip_is_unspecified(hdr->group) ? NULL : place_of(igmp, hdr->group);

    if (!group || group->n_members == 0) {
        return DROP_IGMP_GROUP;
    }
    if (group->at != NEVER) {
        group->last = false;
        group->n_unsolicited = 0;
        group->at = NEVER;
    }
    return DROP_NONE;
}

enum drop_reason igmp_arrives(struct igmp *igmp, const struct igmp_hdr *hdr, instant now)
{
    switch (hdr->type) {
    case IGMP_QUERY:
        return query_arrives(igmp, hdr, now);
    case IGMP_REPORT:
    case IGMP_V1_REPORT:
        return report_arrives(igmp, hdr);
    default:
        return DROP_IGMP_TYPE;
    }
}

static void reported(struct igmp *igmp, struct igmp_group *group, instant now)
{
    group->last = true;
    group->at = NEVER;
    if (group->n_unsolicited > 0 && --group->n_unsolicited > 0) {
        group->at = now + rng_below(igmp->rng, (uint32_t)IGMP_UNSOLICITED_INTERVAL) + 1;
    }
}

bool igmp_next(const struct igmp *igmp, instant now, struct igmp_hdr *hdr, struct ip_addr *dst)
{
    for (uint32_t i = 0; i < igmp->n; i++) {
        const struct igmp_group *group = &igmp->groups[i];

        if (now < group->at) {
            continue;
        }
        *hdr = (struct igmp_hdr){ .group = group->addr };
        if (group->n_members > 0) {
            hdr->type = now < igmp->v1_until ? IGMP_V1_REPORT : IGMP_REPORT;
            *dst = group->addr;
        } else {
            hdr->type = IGMP_LEAVE;
            *dst = ip4(IGMP_ALL_ROUTERS);
        }
        return true;
    }
    return false;
}

void igmp_sent(struct igmp *igmp, struct ip_addr addr, instant now)
{
    struct igmp_group *group = place_of(igmp, addr);

    if (group->n_members > 0) {
        reported(igmp, group, now);
    } else {
        forget(group);
    }
}

void igmp_unsent(struct igmp *igmp, struct ip_addr addr, instant now)
{
    place_of(igmp, addr)->at = now + IGMP_RETRY;
}

instant igmp_poll_at(const struct igmp *igmp)
{
    instant at = NEVER;

    for (uint32_t i = 0; i < igmp->n; i++) {
        at = igmp->groups[i].at < at ? igmp->groups[i].at : at;
    }
    return at;
}
