/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Links: a virtual wire (link/pair.h), and at each end of it what a host's stack sees, which knows
 * whether there is somebody at the other end and captures what passes.
 */
#include "sim/lab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define N_FRAMES 4096        /* in each direction that travel at the same time */
#define DEFAULT_QUEUE 150000 /* octets: a hundred frames */
#define MSL (30 * SK_SIM_S)  /* TIME-WAIT takes as long as Linux's */
#define MIN_MTU 68           /* RFC 791 3.2 */
#define MIN_RATE 8

/* ---- An end ---- */

static struct pkt *end_rx(struct link *link, struct pkt_pool *pool, instant now)
{
    struct link *below = ((struct lab_end *)link)->below;

    return below->ops->rx(below, pool, now);
}

static enum sk_err end_tx(struct link *link, struct pkt *pkt, instant now)
{
    struct link *below = ((struct lab_end *)link)->below;

    return below->ops->tx(below, pkt, now);
}

static instant end_poll_at(const struct link *link)
{
    const struct link *below = ((const struct lab_end *)link)->below;

    return below->ops->poll_at(below);
}

static const struct link_ops end_ops = {
    .rx = end_rx,
    .tx = end_tx,
    .poll_at = end_poll_at,
};

static void below_dropped(void *context, uint32_t n, enum drop_reason reason, const struct pkt *pkt)
{
    struct lab_end *end = context;

    link_dropped(&end->link, n, reason, pkt);
}

static void put_over(struct lab_end *end, struct link *below)
{
    below->on_dropped = below_dropped;
    below->context = end;
    end->below = below;
}

static bool is_off(const struct lab_end *end)
{
    return end->host && !end->host->iface;
}

/* struct pair_settings.lose, of what leaves this end. */
static bool is_lost(void *context, uint64_t n, const struct pkt *frame)
{
    struct lab_end *end = context;
    struct sk_sim_link *link = end->of;
    const struct lab_end *other = &link->ends[end == &link->ends[0]];

    return link->cut || is_off(other) ||
           (end->loses && end->loses(end->loses_arg, n, sk_pkt_data(frame), frame->len));
}

void lab_end_drain(struct lab_end *end)
{
    struct link *wire = &end->of->pair.ends[end == &end->of->ends[1]].link; /* past a capture */
    struct pkt *pkt;

    while ((pkt = wire->ops->rx(wire, NULL, NEVER)) != NULL) {
        sk_pkt_free(pkt);
    }
    end->link.on_dropped = NULL; /* the stack that counted */
}

/* ---- A wire ---- */

static const char *wrong_with(const struct sk_sim_wire *w)
{
    if (w->delay < 0 || w->reorder_delay < 0 || w->delay > SK_SIM_S * 86400 ||
        w->reorder_delay > SK_SIM_S * 3600) {
        return "a delay is negative, or longer than a day, or its reorder_delay than an hour";
    }
    if (w->loss > PAIR_CERTAIN || w->duplicate > PAIR_CERTAIN || w->corrupt > PAIR_CERTAIN ||
        w->reorder > PAIR_CERTAIN) {
        return "more than a million of a million frames";
    }
    if (w->rate > 0 && w->rate < MIN_RATE) {
        return "a rate below 8 bit/s";
    }
    if (w->reorder > 0 && w->reorder_delay == 0) {
        return "frames are reordered, and reorder_delay is 0";
    }
    if (w->mtu > 0 && w->mtu < MIN_MTU) {
        return "an MTU below 68";
    }
    return NULL;
}

static struct pair_settings settings_of(const struct sk_sim_wire *w, struct lab_end *from)
{
    return (struct pair_settings){
        .delay = w->delay,
        .rate = w->rate,
        .queue_len = w->queue ? w->queue : DEFAULT_QUEUE,
        .loss = w->loss,
        .duplicate = w->duplicate,
        .corrupt = w->corrupt,
        .reorder = w->reorder,
        .reorder_delay = w->reorder_delay,
        .lose = is_lost,
        .context = from,
    };
}

static uint16_t mtu_of(const struct sk_sim_wire *w)
{
    return w->mtu ? w->mtu : LAB_DEFAULT_MTU;
}

/* Each end has an address of its own: two octets are the link's number. */
static struct mac_addr mac_of(uint32_t number, int end)
{
    return (struct mac_addr){ { 2, 0, 0, (uint8_t)(number >> 8), (uint8_t)number,
                                (uint8_t)(end + 1) } };
}

static void lay(struct sk_sim_link *link, const struct sk_sim_wire *w)
{
    uint32_t number = ++link->sim->n_links;
    struct pair_config config = {
        .medium = LINK_ETHERNET,
        .seed = link->sim->sim.seed ^ (uint64_t)number << 48,
        .n_frames = N_FRAMES,
        .mtu = { mtu_of(w), mtu_of(w) },
        .settings = { settings_of(w, &link->ends[0]), settings_of(w, &link->ends[1]) },
    };
    size_t len = sk_pair_size(&config);

    link->memory = aligned_alloc(16, (len + 15) & ~(size_t)15);
    if (!link->memory || sk_pair_init(&link->pair, &config, link->memory, len) != SK_OK) {
        fprintf(stderr, "sim: there is no memory\n");
        abort();
    }
    for (int i = 0; i < 2; i++) {
        struct lab_end *end = &link->ends[i];

        link->pair.ends[i].link.mac = mac_of(number, i);
        link->pair.ends[i].link.msl = MSL;
        end->link = link->pair.ends[i].link;
        end->link.ops = &end_ops;
        end->of = link;
        put_over(end, &link->pair.ends[i].link);
    }
}

/* ---- Making one ---- */

struct place {
    struct sk_sim_host *host;
    struct ip_addr addr;
    uint8_t prefix_len;
};

static uint32_t mask_of(uint8_t prefix_len)
{
    return UINT32_MAX << (32 - prefix_len);
}

static bool same_network(struct ip_addr a, struct ip_addr b, uint8_t prefix_len)
{
    return ((ip4_bits(a) ^ ip4_bits(b)) & mask_of(prefix_len)) == 0;
}

static bool place_of(struct sk_sim_host *host, const char *address, const char *call,
                     struct place *out)
{
    out->host = host;
    out->addr = host->addr;
    out->prefix_len = host->prefix_len;
    if (address && !lab_address_parse(address, &out->addr, &out->prefix_len)) {
        return lab_problem(host->sim, "%s: \"%s\" is no address of a host", call, address);
    }
    return true;
}

/* A host reaches each network by one link alone, and is one host there. */
static bool is_free(const struct place *place, const char *call)
{
    struct sk_sim *sim = place->host->sim;
    const struct sk_sim_link *link;
    int n_links = 0;

    for (link = sim->links; link; link = link->next) {
        for (int i = 0; i < 2; i++) {
            const struct lab_end *end = &link->ends[i];

            if (end->host != place->host) {
                continue;
            }
            uint8_t len = end->prefix_len < place->prefix_len ? end->prefix_len : place->prefix_len;
            if (same_network(end->addr, place->addr, len)) {
                return lab_problem(sim, "%s: %s is in that network by the link %s already", call,
                                   place->host->name, link->name);
            }
            n_links++;
        }
    }
    return n_links < LAB_MAX_LINKS || lab_problem(sim, "%s: %s has %d links, which is the most",
                                                  call, place->host->name, n_links);
}

static char *joined(const char *a, const char *b)
{
    size_t len = strlen(a) + strlen(b) + 2;
    char *name = lab_alloc(len);

    snprintf(name, len, "%s-%s", a, b);
    return name;
}

static void attach(struct lab_end *end, const struct place *place)
{
    end->host = place->host;
    end->addr = place->addr;
    end->prefix_len = place->prefix_len;
}

static void append(struct sk_sim *sim, struct sk_sim_link *link)
{
    struct sk_sim_link **at = &sim->links;

    while (*at) {
        at = &(*at)->next;
    }
    *at = link;
}

/* SIM_CAPTURE: a file for each, of the first host's end. */
static void capture_as_asked(struct sk_sim_link *link)
{
    char path[4096];
    int len;

    if (!link->sim->captures) {
        return;
    }
    len = snprintf(path, sizeof path, "%s/%s-seed%llu.pcap", link->sim->captures, link->name,
                   (unsigned long long)link->sim->sim.seed);
    if (len < 0 || (size_t)len >= sizeof path) {
        lab_problem(link->sim, "SIM_CAPTURE is too long");
        return;
    }
    sk_sim_capture(link, NULL, path);
}

static struct sk_sim_link *make(struct place *a, struct place *b, struct sk_sim_lan *lan,
                                const struct sk_sim_wire *wire, const char *call)
{
    static const struct sk_sim_wire perfect;
    struct sk_sim *sim = a->host->sim;
    const char *wrong = wire ? wrong_with(wire) : NULL;

    if (wrong) {
        lab_problem(sim, "%s: %s", call, wrong);
        return NULL;
    }
    if (!is_free(a, call) || (b && !is_free(b, call))) {
        return NULL;
    }
    struct sk_sim_link *link = lab_alloc(sizeof *link);
    link->sim = sim;
    link->lan = lan;
    link->name = joined(a->host->name, b ? b->host->name : lan->name);
    lay(link, wire ? wire : &perfect);
    attach(&link->ends[0], a);
    if (b) {
        attach(&link->ends[1], b);
    }
    append(sim, link);
    for (int i = 0; i < 2; i++) {
        struct sk_sim_host *host = link->ends[i].host;

        if (host && host->iface) {
            lab_host_connect(host, &link->ends[i]);
        }
    }
    capture_as_asked(link);
    return link;
}

static struct sk_sim_link *link_as(struct sk_sim_host *a, const char *a_address,
                                   struct sk_sim_host *b, const char *b_address,
                                   const struct sk_sim_wire *wire, const char *call)
{
    struct place places[2];

    if (!a || !b) {
        return NULL;
    }
    if (a == b || a->sim != b->sim) {
        lab_problem(a->sim, "%s: these are not two hosts of one simulation", call);
        return NULL;
    }
    if (!place_of(a, a_address, call, &places[0]) || !place_of(b, b_address, call, &places[1])) {
        return NULL;
    }
    if (ip_equal(places[0].addr, places[1].addr) ||
        !same_network(places[0].addr, places[1].addr, places[0].prefix_len) ||
        !same_network(places[0].addr, places[1].addr, places[1].prefix_len)) {
        lab_problem(a->sim, "%s: the addresses of %s and %s are not two of one network", call,
                    a->name, b->name);
        return NULL;
    }
    return make(&places[0], &places[1], NULL, wire, call);
}

struct sk_sim_link *sk_sim_link(struct sk_sim_host *a, struct sk_sim_host *b,
                                const struct sk_sim_wire *wire)
{
    return link_as(a, NULL, b, NULL, wire, "sk_sim_link");
}

struct sk_sim_link *sk_sim_link_as(struct sk_sim_host *a, const char *a_address,
                                   struct sk_sim_host *b, const char *b_address,
                                   const struct sk_sim_wire *wire)
{
    return link_as(a, a_address ? a_address : "NULL", b, b_address ? b_address : "NULL", wire,
                   "sk_sim_link_as");
}

static bool is_in(const struct sk_sim_lan *lan, struct ip_addr addr)
{
    const struct sk_sim_link *link;

    for (link = lan->sim->links; link; link = link->next) {
        if (link->lan == lan && ip_equal(link->ends[0].addr, addr)) {
            return true;
        }
    }
    return false;
}

static struct sk_sim_link *plug_as(struct sk_sim_host *host, const char *address,
                                   struct sk_sim_lan *lan, const struct sk_sim_wire *wire,
                                   const char *call)
{
    struct place place;

    if (!host || !lan) {
        return NULL;
    }
    if (host->sim != lan->sim) {
        lab_problem(host->sim, "%s: %s is of another simulation", call, lan->name);
        return NULL;
    }
    if (!place_of(host, address, call, &place)) {
        return NULL;
    }
    if (is_in(lan, place.addr)) {
        lab_problem(host->sim, "%s: the address of %s is another's on %s", call, host->name,
                    lan->name);
        return NULL;
    }
    return make(&place, NULL, lan, wire, call);
}

struct sk_sim_link *sk_sim_plug(struct sk_sim_host *host, struct sk_sim_lan *lan,
                                const struct sk_sim_wire *wire)
{
    return plug_as(host, NULL, lan, wire, "sk_sim_plug");
}

struct sk_sim_link *sk_sim_plug_as(struct sk_sim_host *host, const char *address,
                                   struct sk_sim_lan *lan, const struct sk_sim_wire *wire)
{
    return plug_as(host, address ? address : "NULL", lan, wire, "sk_sim_plug_as");
}

/* ---- Changing one ---- */

static struct lab_end *end_at(struct sk_sim_link *link, const struct sk_sim_host *host,
                              const char *call)
{
    for (int i = 0; i < 2; i++) {
        if (host && link->ends[i].host == host) {
            return &link->ends[i];
        }
    }
    lab_problem(link->sim, "%s: %s is not at the link %s", call, host ? host->name : "NULL",
                link->name);
    return NULL;
}

static int index_of(const struct lab_end *end)
{
    return end == &end->of->ends[1];
}

bool sk_sim_set_wire(struct sk_sim_link *link, const struct sk_sim_host *from,
                     const struct sk_sim_wire *wire)
{
    const char *wrong = wire ? wrong_with(wire) : "no wire";
    struct lab_end *end = NULL;

    if (!link) {
        return false;
    }
    if (wrong) {
        return lab_problem(link->sim, "sk_sim_set_wire: %s", wrong);
    }
    if (wire->mtu > 0 && wire->mtu != link->ends[0].link.mtu) {
        return lab_problem(link->sim, "sk_sim_set_wire: the MTU of a link is for good");
    }
    if (from && !(end = end_at(link, from, "sk_sim_set_wire"))) {
        return false;
    }
    for (int i = 0; i < 2; i++) {
        if (!end || end == &link->ends[i]) {
            link->pair.wires[i].settings = settings_of(wire, &link->ends[i]);
        }
    }
    return true;
}

bool sk_sim_cut(struct sk_sim_link *link)
{
    if (link) {
        link->cut = true;
    }
    return link != NULL;
}

bool sk_sim_heal(struct sk_sim_link *link)
{
    if (link) {
        link->cut = false;
    }
    return link != NULL;
}

bool sk_sim_lose(struct sk_sim_link *link, const struct sk_sim_host *from, sk_sim_loses *loses,
                 void *arg)
{
    struct lab_end *end = link ? end_at(link, from, "sk_sim_lose") : NULL;

    if (end) {
        end->loses = loses;
        end->loses_arg = arg;
    }
    return end != NULL;
}

uint64_t sk_sim_frames(const struct sk_sim_link *link, const struct sk_sim_host *from)
{
    struct lab_end *end =
        link ? end_at((struct sk_sim_link *)(uintptr_t)link, from, "sk_sim_frames") : NULL;

    return end ? link->pair.wires[index_of(end)].n_sent : 0;
}

bool sk_sim_capture(struct sk_sim_link *link, const struct sk_sim_host *at, const char *path)
{
    struct lab_end *end = NULL;

    if (!link) {
        return false;
    }
    end = at ? end_at(link, at, "sk_sim_capture") : &link->ends[0];
    if (!end) {
        return false;
    }
    if (!path || end->pcap) {
        return lab_problem(link->sim, "sk_sim_capture: %s",
                           path ? "it is captured there already" : "no path");
    }
    end->pcap = lab_alloc(sizeof *end->pcap);
    char *copy = lab_copy(path);
    if (!sk_pcap_link_open(end->pcap, end->below, copy, LAB_REALTIME - SIM_START)) {
        lab_problem(link->sim, "sk_sim_capture: %s: %s", path, strerror(errno));
    }
    put_over(end, &end->pcap->link);
    return end->pcap->file != NULL;
}

/* ---- All of them ---- */

static void close_capture(struct lab_end *end)
{
    if (!end->pcap) {
        return;
    }
    sk_pcap_link_close(end->pcap);
    free((char *)(uintptr_t)end->pcap->path);
    free(end->pcap);
}

void lab_links_free(struct sk_sim *sim)
{
    while (sim->links) {
        struct sk_sim_link *link = sim->links;

        sim->links = link->next;
        close_capture(&link->ends[0]);
        close_capture(&link->ends[1]);
        free(link->memory);
        free(link->name);
        free(link);
    }
}

void lab_link_report(const struct sk_sim_link *link, FILE *out)
{
    if (link->cut) {
        fprintf(out, "  the link %s is cut\n", link->name);
    }
    for (int i = 0; i < 2; i++) {
        const struct lab_end *end = &link->ends[i];

        if (end->pcap) {
            fprintf(out, "  the link %s is captured in %s\n", link->name, end->pcap->path);
        }
    }
}
