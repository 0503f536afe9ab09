/* SPDX-License-Identifier: BSD-3-Clause */
/* Address conflict detection: see acd.h. */
#include "proto/acd.h"

void acd_init(struct acd *acd, struct mac_addr mac, struct rng *rng)
{
    *acd = (struct acd){ .mac = mac, .at = NEVER, .rng = rng };
}

static duration between(struct acd *acd, duration least, duration most)
{
    return least + (duration)rng_below(acd->rng, (uint32_t)(most - least) + 1);
}

/* RFC 5227 2.1.1: after many conflicts an address a minute. Where none was for so long, nothing has
 * to wait. */
static instant not_before(const struct acd *acd, instant now)
{
    instant at = acd->conflict_at + ACD_RATE_LIMIT_INTERVAL;

    return acd->n_conflicts >= ACD_MAX_CONFLICTS && at > now ? at : now;
}

void acd_start(struct acd *acd, struct ip_addr addr, bool keeps, instant now)
{
    acd->state = ACD_PROBING;
    acd->n_sent = 0;
    acd->send_due = false;
    acd->keeps = keeps;
    acd->defended = false;
    acd->addr = addr;
    acd->at = not_before(acd, now) + between(acd, 0, ACD_PROBE_WAIT);
}

void acd_stop(struct acd *acd)
{
    acd->state = ACD_OFF;
    acd->send_due = false;
    acd->at = NEVER;
}

/* RFC 5227 2.1.1, 2.4: the address as a sender's, or, while we probe, another's probe for it. */
static bool is_conflict(const struct acd *acd, const struct arp_hdr *hdr)
{
    static const struct mac_addr none;

    if (acd->state == ACD_OFF || mac_equal(hdr->sha, acd->mac) || mac_is_group(hdr->sha) ||
        mac_equal(hdr->sha, none)) {
        return false;
    }
    return ip_equal(hdr->spa, acd->addr) ||
           (acd->state == ACD_PROBING && hdr->op == ARP_REQUEST && ip_is_unspecified(hdr->spa) &&
            ip_equal(hdr->tpa, acd->addr));
}

/* RFC 5227 2.4: once in a while it is defended; more often it is given up, or shared in silence. */
static enum acd_verdict defend(struct acd *acd, instant now)
{
    if (!acd->defended || now - acd->conflict_at >= ACD_DEFEND_INTERVAL) {
        acd->defended = true;
        acd->conflict_at = now;
        acd->send_due = true;
        return ACD_CONFLICT;
    }
    if (acd->keeps) {
        return ACD_CONFLICT;
    }
    acd_stop(acd);
    return ACD_LOST;
}

enum acd_verdict acd_arrives(struct acd *acd, const struct arp_hdr *hdr, instant now)
{
    if (!is_conflict(acd, hdr)) {
        return ACD_NO_CONFLICT;
    }
    acd->n_conflicts = (uint8_t)(acd->n_conflicts < UINT8_MAX ? acd->n_conflicts + 1 : UINT8_MAX);
    if (acd->state != ACD_PROBING) {
        return defend(acd, now);
    }
    acd->conflict_at = now;
    acd_stop(acd);
    return ACD_LOST;
}

bool acd_poll(struct acd *acd, instant now)
{
    if (now < acd->at) {
        return false;
    }
    acd->send_due = true;
    if (acd->state != ACD_PROBING || acd->n_sent < ACD_PROBE_NUM) {
        return false;
    }
    acd->state = ACD_ANNOUNCING;
    acd->n_sent = 0;
    return true;
}

bool acd_next(const struct acd *acd, struct arp_hdr *hdr)
{
    if (!acd->send_due) {
        return false;
    }
    *hdr = (struct arp_hdr){ .op = ARP_REQUEST,
                             .sha = acd->mac,
                             .spa = acd->state == ACD_PROBING ? ip4(0) : acd->addr,
                             .tpa = acd->addr };
    return true;
}

void acd_sent(struct acd *acd, instant now)
{
    acd->send_due = false;
    switch (acd->state) {
    case ACD_PROBING:
        acd->n_sent++;
        acd->at = now + (acd->n_sent < ACD_PROBE_NUM ? between(acd, ACD_PROBE_MIN, ACD_PROBE_MAX)
                                                     : ACD_ANNOUNCE_WAIT);
        break;
    case ACD_ANNOUNCING:
        if (++acd->n_sent < ACD_ANNOUNCE_NUM) {
            acd->at = now + ACD_ANNOUNCE_INTERVAL;
        } else {
            acd->state = ACD_DEFENDING;
            acd->at = NEVER; /* a defence may have come before its time */
        }
        break;
    default:
        acd->at = NEVER;
        break;
    }
}

void acd_unsent(struct acd *acd, instant now)
{
    acd->send_due = false;
    acd->at = now + ACD_PROBE_MIN;
}

instant acd_poll_at(const struct acd *acd, instant now)
{
    return acd->send_due ? now : acd->at;
}
