/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A switch: each host is at the other end of a wire (link/pair.h), and what comes out of one goes,
 * at once, into that of the host that it is for, or into all others. It knows who is where from the
 * start.
 */
#include "sim/lab.h"

#include <stdlib.h>
#include <string.h>

#define ETH_PAD 2

static struct link *port_of(struct sk_sim_link *link)
{
    return &link->pair.ends[1].link;
}

static struct sk_sim_link *next_port(const struct sk_sim_lan *lan, struct sk_sim_link *link)
{
    while (link && link->lan != lan) {
        link = link->next;
    }
    return link;
}

static bool is_for(const struct sk_sim_link *link, const uint8_t *frame)
{
    return memcmp(link->ends[0].link.mac.b, frame, sizeof link->ends[0].link.mac.b) == 0;
}

/* The wire copies it, or drops it and says so in its own counts. */
static void copy_to(struct sk_sim_lan *lan, struct sk_sim_link *link, const struct pkt *frame,
                    instant now)
{
    struct pkt *copy = sk_pkt_alloc(&lan->pool, ETH_PAD);

    memcpy(sk_pkt_put(copy, frame->len), sk_pkt_data(frame), frame->len);
    if (port_of(link)->ops->tx(port_of(link), copy, now) != SK_OK) {
        sk_pkt_free(copy);
    }
}

static void forward(struct sk_sim_lan *lan, const struct sk_sim_link *from, const struct pkt *frame,
                    instant now)
{
    struct sk_sim_link *first = next_port(lan, lan->sim->links);
    struct sk_sim_link *to;

    for (to = first; to; to = next_port(lan, to->next)) {
        if (is_for(to, sk_pkt_data(frame))) {
            if (to != from) {
                copy_to(lan, to, frame, now);
            }
            return;
        }
    }
    for (to = first; to; to = next_port(lan, to->next)) {
        if (to != from) {
            copy_to(lan, to, frame, now);
        }
    }
}

static struct sk_sim_lan *lan_of(struct sim_device *device)
{
    return (struct sk_sim_lan *)device;
}

static void lan_poll(struct sim_device *device, instant now)
{
    struct sk_sim_lan *lan = lan_of(device);
    struct sk_sim_link *from;
    struct pkt *frame;

    for (from = next_port(lan, lan->sim->links); from; from = next_port(lan, from->next)) {
        while ((frame = port_of(from)->ops->rx(port_of(from), NULL, now)) != NULL) {
            forward(lan, from, frame, now);
            sk_pkt_free(frame);
        }
    }
}

static instant lan_poll_at(const struct sim_device *device)
{
    const struct sk_sim_lan *lan = (const struct sk_sim_lan *)device;
    struct sk_sim_link *link;
    instant next = NEVER;

    for (link = next_port(lan, lan->sim->links); link; link = next_port(lan, link->next)) {
        instant at = port_of(link)->ops->poll_at(port_of(link));

        next = at < next ? at : next;
    }
    return next;
}

struct sk_sim_lan *sk_sim_lan(struct sk_sim *sim, const char *name)
{
    if (!sim) {
        return NULL;
    }
    if (!name || *name == '\0' || strchr(name, '/')) {
        lab_problem(sim, "sk_sim_lan: \"%s\" is no name", name ? name : "NULL");
        return NULL;
    }
    struct sk_sim_lan *lan = lab_alloc(sizeof *lan);
    lan->sim = sim;
    lan->name = lab_copy(name);
    lan->device.poll = lan_poll;
    lan->device.poll_at = lan_poll_at;
    sk_pkt_pool_init(&lan->pool);
    sk_pkt_pool_add(&lan->pool, &lan->pkt, lan->octets, sizeof lan->octets);
    lan->next = sim->lans;
    sim->lans = lan;
    sk_sim_device_add(&sim->sim, &lan->device);
    return lan;
}

void lab_lans_free(struct sk_sim *sim)
{
    while (sim->lans) {
        struct sk_sim_lan *lan = sim->lans;

        sim->lans = lan->next;
        free(lan->name);
        free(lan);
    }
}
