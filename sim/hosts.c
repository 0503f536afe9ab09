/* SPDX-License-Identifier: BSD-3-Clause */
/* Hosts: their names and addresses, and their stacks, which live from a boot to a crash. */
#define _GNU_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE */
#include "sim/lab.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

#define MAX_NAME 63 /* RFC 1035 2.3.4 */
#define DEFAULT_PREFIX 24
#define BUFFER 131072 /* octets, of each direction: Linux's tcp_rmem */
#define N_TCP 256
#define N_UDP 64
#define N_QUERIES 8

/* ---- Names and addresses ---- */

static bool is_name(const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
    size_t len = strlen(name);

    return len > 0 && len <= MAX_NAME && strspn(name, allowed) == len;
}

static bool read_len(const char *text, uint8_t *len)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end != '\0' || value < 1 || value > 32) {
        return false;
    }
    *len = (uint8_t)value;
    return true;
}

/* Of the addresses of a network, the first is its own and the last means everybody. */
static bool is_a_hosts(uint32_t bits, uint8_t prefix_len)
{
    uint32_t mask = prefix_len < 31 ? UINT32_MAX >> prefix_len : 0;

    return mask == 0 || ((bits & mask) != 0 && (bits & mask) != mask);
}

bool lab_address_parse(const char *text, struct ip_addr *addr, uint8_t *prefix_len)
{
    char copy[SK_ADDR_TEXT_LEN];
    size_t len = text ? strcspn(text, "/") : 0;
    struct sk_addr parsed;

    *prefix_len = DEFAULT_PREFIX;
    if (len == 0 || len >= sizeof copy || memchr(text, ':', len) ||
        (text[len] == '/' && !read_len(text + len + 1, prefix_len))) {
        return false;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (!sk_addr_parse(copy, &parsed) || !ip_is_host(parsed.addr) ||
        !is_a_hosts(ip4_bits(parsed.addr), *prefix_len)) {
        return false;
    }
    *addr = parsed.addr;
    return true;
}

static struct sk_sim_host *find(const struct sk_sim *sim, const char *name)
{
    struct sk_sim_host *host = sim->hosts;
    size_t len = strlen(name);

    len -= len > 1 && name[len - 1] == '.'; /* a name that is complete, RFC 1034 3.1 */
    while (host && (strlen(host->name) != len || strncasecmp(host->name, name, len) != 0)) {
        host = host->next;
    }
    return host;
}

/* Whether a host at the one end can reach the other. */
static bool is_near(const struct lab_end *end, const struct sk_sim_host *host)
{
    const struct sk_sim_link *own;

    for (own = end->of->sim->links; own; own = own->next) {
        for (int i = 0; i < 2; i++) {
            if (own->ends[i].host == host &&
                (own == end->of || (own->lan && own->lan == end->of->lan))) {
                return true;
            }
        }
    }
    return false;
}

static void put(struct sk_addr *out, size_t room, size_t *n, struct ip_addr addr)
{
    for (size_t i = 0; i < *n; i++) {
        if (ip_equal(out[i].addr, addr)) {
            return;
        }
    }
    if (*n < room) {
        out[(*n)++] = (struct sk_addr){ .addr = addr };
    }
}

/* Those that the asking host can reach come first. */
size_t lab_names(const char *name, struct sk_addr *out, size_t n)
{
    const struct sk_sim_program *p = lab_current();
    const struct sk_sim_host *host = p ? find(p->host->sim, name) : NULL;
    const struct sk_sim_link *link;
    size_t found = 0;

    for (int near = 1; host && near >= 0; near--) {
        for (link = host->sim->links; link; link = link->next) {
            for (int i = 0; i < 2; i++) {
                const struct lab_end *end = &link->ends[i];

                if (end->host == host && is_near(end, p->host) == near) {
                    put(out, n, &found, end->addr);
                }
            }
        }
    }
    if (host) {
        put(out, n, &found, host->addr);
    }
    return found;
}

static bool has_addr(const struct sk_sim_host *host, struct ip_addr addr)
{
    const struct sk_sim_link *link;

    for (link = host->sim->links; link; link = link->next) {
        for (int i = 0; i < 2; i++) {
            if (link->ends[i].host == host && ip_equal(link->ends[i].addr, addr)) {
                return true;
            }
        }
    }
    return ip_equal(host->addr, addr);
}

bool lab_name_of(struct ip_addr addr, char *name, size_t size)
{
    const struct sk_sim_program *p = lab_current();
    const struct sk_sim_host *host = p ? p->host->sim->hosts : NULL;

    while (host && !has_addr(host, addr)) {
        host = host->next;
    }
    if (!host || strlen(host->name) >= size) {
        return false;
    }
    memcpy(name, host->name, strlen(host->name) + 1);
    return true;
}

struct sk_sim_host *sk_sim_host(struct sk_sim *sim, const char *name, const char *address)
{
    struct ip_addr addr;
    uint8_t prefix_len;

    if (!sim) {
        return NULL;
    }
    if (!name || !is_name(name)) {
        lab_problem(sim, "sk_sim_host: \"%s\" is no name of a host", name ? name : "NULL");
        return NULL;
    }
    if (find(sim, name)) {
        lab_problem(sim, "sk_sim_host: there is a host called \"%s\" already", name);
        return NULL;
    }
    if (!lab_address_parse(address, &addr, &prefix_len)) {
        lab_problem(sim, "sk_sim_host: \"%s\" is no address of a host", address ? address : "NULL");
        return NULL;
    }
    struct sk_sim_host *host = lab_alloc(sizeof *host);
    struct sk_sim_host **at = &sim->hosts;
    *host = (struct sk_sim_host){ .sim = sim,
                                  .name = lab_copy(name),
                                  .addr = addr,
                                  .prefix_len = prefix_len,
                                  .number = sim->n_hosts++ };
    while (*at) {
        at = &(*at)->next;
    }
    *at = host;
    return host;
}

bool sk_sim_configure(struct sk_sim_host *host, void (*edit)(struct sk_config *config, void *arg),
                      void *arg)
{
    if (!host) {
        return false;
    }
    if (host->iface) {
        return lab_problem(host->sim, "sk_sim_configure: %s is on", host->name);
    }
    host->edit = edit;
    host->edit_arg = arg;
    return true;
}

/* ---- Stacks ---- */

static void configure(const struct sk_sim_host *host, struct sk_config *config)
{
    uint64_t seed = host->sim->sim.seed;

    *config = (struct sk_config){
        .size = sizeof *config,
        .n_tcp = N_TCP,
        .n_udp = N_UDP,
        .n_listeners = 64,
        .n_syn_cache = 256,
        .n_time_wait = 1024,
        .n_netifs = 1 + LAB_MAX_LINKS,
        .n_packets = 256,
        .n_neighbours = 64,
        .n_queries = N_QUERIES,
        .n_memberships = 16,
        .buffers = { { BUFFER, 2 * (N_TCP + N_UDP + N_QUERIES) } },
        .rcvbuf = BUFFER,
        .sndbuf = BUFFER,
        .tcp = &sk_tcp_full,
        .fragments = &sk_ip_fragments,
        .multicast = &sk_multicast,
    };
    memcpy(config->seed, &seed, sizeof seed);
    memcpy(config->seed + 8, &host->number, sizeof host->number);
    memcpy(config->seed + 12, &host->n_boots, sizeof host->n_boots);
    if (host->edit) {
        host->edit(config, host->edit_arg);
    }
}

bool lab_host_connect(struct sk_sim_host *host, struct lab_end *end)
{
    struct sk_netif_config netif = { .name = end->of->name,
                                     .addr = end->addr,
                                     .prefix_len = end->prefix_len };
    enum sk_err err =
        sk_netif_add(host->iface, &end->link, &netif, sk_sim_now(&host->sim->sim), NULL);

    if (err != SK_OK) {
        return lab_problem(host->sim, "the link %s at %s: %s", end->of->name, host->name,
                           sk_err_text(err));
    }
    return true;
}

static void connect_all(struct sk_sim_host *host)
{
    struct sk_sim_link *link;

    for (link = host->sim->links; link; link = link->next) {
        for (int i = 0; i < 2; i++) {
            if (link->ends[i].host == host) {
                lab_host_connect(host, &link->ends[i]);
            }
        }
    }
}

static void *take_memory(size_t len)
{
    void *memory =
        mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (memory == MAP_FAILED) {
        fprintf(stderr, "sim: there is no memory\n");
        abort();
    }
    return memory;
}

static bool turn_on(struct sk_sim_host *host)
{
    struct sim *sim = &host->sim->sim;
    struct sk_config config;
    size_t len;

    configure(host, &config);
    len = sk_iface_size(&config);
    if (len == 0) {
        return lab_problem(host->sim, "sk_sim_configure: %s cannot have such a stack", host->name);
    }
    host->n_boots++;
    host->crashed = false;
    host->memory_len = len;
    host->memory = take_memory(len);
    host->iface = sk_iface_init(&config, host->memory, len, sk_sim_now(sim));
    host->place = sk_sim_host_add(sim, host->name, host->iface, NULL, NULL);
    connect_all(host);
    lab_programs_start(host);
    return true;
}

void lab_hosts_start(struct sk_sim *sim)
{
    struct sk_sim_host *host;

    for (host = sim->hosts; host; host = host->next) {
        if (!host->iface && !host->crashed && !turn_on(host)) {
            return;
        }
    }
}

static void drain_links(const struct sk_sim_host *host)
{
    struct sk_sim_link *link;

    for (link = host->sim->links; link; link = link->next) {
        for (int i = 0; i < 2; i++) {
            if (link->ends[i].host == host) {
                lab_end_drain(&link->ends[i]);
            }
        }
    }
}

static void turn_off(struct sk_sim_host *host)
{
    lab_programs_crash(host);
    sk_sim_host_remove(host->place);
    munmap(host->memory, host->memory_len);
    host->place = NULL;
    host->iface = NULL;
    host->memory = NULL;
    drain_links(host);
}

static void crash_now(void *host)
{
    sk_sim_crash(host);
}

/* A program cannot stop itself, or others, where they are: the scheduler does, next. */
static bool crash_from(const struct sk_sim_program *p, struct sk_sim_host *host)
{
    struct sim *sim = &host->sim->sim;

    lab_event_add(host->sim, sk_sim_now(sim), crash_now, host);
    while (p->host == host) {
        sk_sim_sleep(sim, NEVER);
    }
    return true;
}

bool sk_sim_crash(struct sk_sim_host *host)
{
    const struct sk_sim_program *p = lab_current();

    if (!host) {
        return false;
    }
    if (host->crashed) {
        return lab_problem(host->sim, "sk_sim_crash: %s has crashed already", host->name);
    }
    if (p) {
        return crash_from(p, host);
    }
    if (host->iface) {
        turn_off(host);
    }
    host->crashed = true;
    return true;
}

static void boot_now(void *host)
{
    sk_sim_boot(host);
}

bool sk_sim_boot(struct sk_sim_host *host)
{
    if (!host) {
        return false;
    }
    if (!host->crashed) {
        return lab_problem(host->sim, "sk_sim_boot: %s is on", host->name);
    }
    if (lab_current()) {
        lab_event_add(host->sim, sk_sim_now(&host->sim->sim), boot_now, host);
        return true;
    }
    return turn_on(host);
}

void lab_hosts_free(struct sk_sim *sim)
{
    while (sim->hosts) {
        struct sk_sim_host *host = sim->hosts;

        sim->hosts = host->next;
        if (host->memory) {
            munmap(host->memory, host->memory_len);
        }
        free(host->name);
        free(host);
    }
}
