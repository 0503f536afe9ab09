/* SPDX-License-Identifier: BSD-3-Clause */
// clang-format off
/*
 * The board that a host program has by default: libslirp's network, as the environment says.
 *
 *   LIBSOCK_MTU=8232            octets of an IP packet, 576 to 65521
 *   LIBSOCK_DNS=10.0.2.2:5353   the name server, in place of DHCP's; port 53 if none is given
 *   LIBSOCK_HOSTS=db.example=10.0.2.2,web.example=10.0.2.2
 *                               names that have these addresses, whatever a server says
 *   LIBSOCK_FORWARD=tcp:127.0.0.1:8080:80,udp:127.0.0.1:0:7
 *                               ports of the host, to ports of ours; 0 takes a free one and says
 *                               which. Under sockrun, where several processes may have a network,
 *                               the one that waits on the port gets it
 *   LIBSOCK_LOOPBACK=stack      127.0.0.1 is ours, the host's being 10.0.2.2; `host`, of sockrun's
 *                               programs, which have it by default: it is the host's
 *   LIBSOCK_OUTBOUND=loopback   reach the host's 127.0.0.1 only, as 10.0.2.2; `any`: the real network
 *   LIBSOCK_CONGESTION=cubic    the congestion control of a new socket: reno, cubic or bbr
 *   LIBSOCK_DELAY=20ms          each frame takes so long, one way: with a unit, us, ms or s
 *   LIBSOCK_LOSS=1%             so many frames are lost, each way
 *   LIBSOCK_RATE=10mbit         so many bits per second leave, each way; bit, kbit, mbit or gbit
 *   LIBSOCK_PCAP=file.pcap      write every frame to a file
 *   LIBSOCK_STATS=1             of sockrun's programs: what they did is told on stderr at the end;
 *                               `json`: in a line of JSON
 *   LIBSOCK_SEED=0123abcd       up to 32 hexadecimal digits instead of entropy: to repeat a run,
 *                               what it loses included
 *
 * A value that cannot be understood or done is never ignored, nor is a LIBSOCK_ that is none of
 * these: one line says so, and the call that needed the network fails with ENETDOWN, as does every
 * later one.
 */
// clang-format on
#include "compat/board_slirp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "compat/board_settings.h"
#include "compat/board_tcp.h"
#include "compat/compat.h"
#include "compat/preload/preload.h"
#include "link/impaired.h"
#include "link/pcap.h"
#include "link/slirp.h"
#include "port/posix.h"

/* A host has memory: pages of it that are never touched cost nothing, but where address space is
 * limited (ulimit -v) it is tried with less. */
#define MOST_TCP 32768
#define LEAST_TCP 1024
#define N_UDP 256
#define N_LISTENERS 256
#define N_SYN_CACHE 4096
#define N_TIME_WAIT 32768
#define N_PACKETS 1024
#define N_ERRORS 64
#define N_QUERIES 32
#define N_REASSEMBLIES 16
#define N_MEMBERSHIPS 255
#define MAX_DATAGRAM 65515 /* octets behind an IP header */
/* The segments of 8 KB that this leaves fill libslirp's buffers of 128 KB without a rest, for any
 * others it makes them anew when a connection is there, and so has the system commit all of their
 * memory; and seven of them its window of 64 KB, of which 16 KB would waste a quarter. */
#define MTU 8232
#define CONFIG_WAIT ((duration)30000000) /* us: how long the start waits for DHCP, at most */
#define BUFFER_SIZE (256u * 1024)        /* octets: four of libslirp's largest windows */
#define HEADROOM 16                      /* octets in front of an IP packet: Ethernet, aligned */
#define PACKET_ALIGN 8u
#define ON_THE_WAY (8u << 20) /* octets of frames that a bad wire carries, each way */
#define MIN_ON_THE_WAY 256    /* frames */
#define MAX_FORWARD_NAME 96   /* octets: a variable's name, and one of its elements */
#define RATE_QUEUE 150000     /* octets that wait for a rate, as sim/libsock-sim.h */

/* There is in libsock-preload.so, and nowhere else. */
extern __typeof(preload_configure) preload_configure __attribute__((weak));

static struct port_posix port;
static struct slirp_link *slirp; /* until the process ends */
static struct pcap_link capture;

/* ---- Forwards ---- */

/* One of LIBSOCK_FORWARD, which points to its `len` octets there. */
struct wanted {
    const char *text;
    size_t len;
    struct forward forward;
    bool added;
};

static struct wanted *wanted; /* until the process ends */
static size_t n_wanted;

static const char forward_name[] = "LIBSOCK_FORWARD";

/* Of sockrun's programs it was an option. */
static void name_option(const struct wanted *w, char *out, size_t size)
{
    static const char unless_said[] = "127.0.0.1:";
    const char *rest = w->text + strlen("tcp:");
    int len = (int)(w->len - strlen("tcp:"));

    if (strncmp(rest, unless_said, strlen(unless_said)) == 0) {
        rest += strlen(unless_said);
        len -= (int)strlen(unless_said);
    }
    snprintf(out, size, "-p %.*s%s", len, rest, w->forward.udp ? "/udp" : "");
}

static void tell_unavailable(const struct wanted *w, int error)
{
    char name[MAX_FORWARD_NAME];
    char where[SK_ADDR_TEXT_LEN];

    if (preload_configure != NULL) {
        name_option(w, name, sizeof name);
    } else {
        snprintf(name, sizeof name, "%s=%.*s", forward_name, (int)w->len, w->text);
    }
    sk_addr_format(w->forward.host, where);
    settings_say(FORWARD_UNAVAILABLE, name, where, strerror(error));
}

static bool add_forward(struct wanted *w)
{
    const struct forward *f = &w->forward;
    struct sk_addr bound;
    char listens[SK_ADDR_TEXT_LEN];

    if (sk_slirp_link_forward(slirp, f->udp, f->host, f->guest_port, &bound) != SK_OK) {
        tell_unavailable(w, errno);
        return false;
    }
    w->added = true;
    if (f->host.port == 0) {
        sk_addr_format(bound, listens);
        settings_say("%s %s leads to port %u", f->udp ? "udp" : "tcp", listens, f->guest_port);
    }
    return true;
}

static bool parse_forward(const char *text, size_t len)
{
    struct wanted *w = &wanted[n_wanted++];

    *w = (struct wanted){ .text = text, .len = len };
    return settings_forward(text, len, &w->forward) ||
           settings_refuse(forward_name, text, len, SETTINGS_NO_FORWARD);
}

static bool make_wanted(const char *list)
{
    size_t n = 1;

    for (const char *at = list; *at != '\0'; at++) {
        n += *at == ',';
    }
    wanted = calloc(n, sizeof *wanted);
    if (wanted == NULL) {
        settings_say("no memory");
    }
    return wanted != NULL;
}

/* Each is added as soon as it is read, or when the program waits there: board_forward. */
static bool take_forwards(const char *whole, bool later)
{
    const char *list = whole;

    n_wanted = 0; /* a child of fork has its parent's */
    if (whole == NULL) {
        return true;
    }
    if (!make_wanted(whole)) {
        return false;
    }
    while (list != NULL) {
        size_t len = strcspn(list, ",");
        if (len == 0) {
            return settings_refuse(forward_name, whole, strlen(whole),
                                   "empty, or a comma too many");
        }
        if (!parse_forward(list, len) || (!later && !add_forward(&wanted[n_wanted - 1]))) {
            return false;
        }
        list = list[len] == ',' ? list + len + 1 : NULL;
    }
    return true;
}

bool board_forward(bool udp, uint16_t guest_port)
{
    for (size_t i = 0; i < n_wanted; i++) {
        struct wanted *w = &wanted[i];
        if (w->forward.udp == udp && w->forward.guest_port == guest_port && !w->added &&
            !add_forward(w)) {
            return false;
        }
    }
    return true;
}

/* ---- The host ---- */

static uint8_t hex_digit(char c)
{
    return (uint8_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

static bool make_seed(const char *text, uint8_t seed[16])
{
    if (text == NULL) {
        return port.port.entropy(&port.port, seed, 16);
    }
    for (size_t i = 0; text[i] != '\0'; i++) {
        seed[i / 2] |= (uint8_t)(hex_digit(text[i]) << (i % 2 == 0 ? 4 : 0));
    }
    return true;
}

static struct sk_config configuration(const struct settings *s, uint32_t n_tcp)
{
    return (struct sk_config){
        .size = sizeof(struct sk_config),
        .n_tcp = n_tcp,
        .n_udp = N_UDP,
        .n_listeners = N_LISTENERS,
        .n_syn_cache = N_SYN_CACHE,
        .n_time_wait = N_TIME_WAIT,
        .n_packets = N_PACKETS,
        .packet_size = (s->link.mtu + HEADROOM + PACKET_ALIGN - 1) & ~(PACKET_ALIGN - 1),
        .n_errors = N_ERRORS,
        .n_queries = N_QUERIES,
        .tcp = board_tcp(s->congestion != NULL ? s->congestion : BOARD_CONGESTION),
        .fragments = &sk_ip_fragments,
        .multicast = &sk_multicast,
        .n_memberships = N_MEMBERSHIPS,
        .n_reassemblies = N_REASSEMBLIES,
        .reassembly_size = MAX_DATAGRAM,
        .buffers = { { BUFFER_SIZE, 2 * (n_tcp + N_UDP) } },
        .rcvbuf = BUFFER_SIZE,
        .sndbuf = BUFFER_SIZE,
        .dns = { s->dns, s->dns }, /* every place is taken: DHCP adds none */
    };
}

static void *map(size_t len)
{
    void *memory =
        mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return memory != MAP_FAILED ? memory : NULL;
}

static struct sk_iface *make_iface(const struct settings *s)
{
    uint8_t seed[16] = { 0 };

    if (!make_seed(s->seed, seed)) {
        settings_say("this system has no entropy");
        return NULL;
    }
    for (uint32_t n_tcp = MOST_TCP; n_tcp >= LEAST_TCP; n_tcp /= 2) {
        struct sk_config config = configuration(s, n_tcp);
        size_t len = sk_iface_size(&config);
        void *memory = len > 0 ? map(len) : NULL;

        if (memory != NULL) {
            memcpy(config.seed, seed, sizeof seed);
            return sk_iface_init(&config, memory, len, port.port.now(&port.port));
        }
    }
    settings_say("no memory for the network");
    return NULL;
}

/* The link, or one around it that keeps a capture. NULL: the file cannot be opened, which was said.
 */
static struct link *with_capture(struct link *link, const char *path)
{
    if (path == NULL) {
        return link;
    }
    int64_t epoch = port.port.realtime(&port.port) - port.port.now(&port.port);
    bool opened = preload_configure != NULL ? sk_pcap_link_append(&capture, link, path, epoch)
                                            : sk_pcap_link_open(&capture, link, path, epoch);
    if (!opened) {
        settings_refuse("LIBSOCK_PCAP", path, strlen(path), strerror(errno));
        return NULL;
    }
    return &capture.link;
}

/* Of its own: what is lost tells nothing of the ports. */
static uint64_t loss_seed(const struct settings *s)
{
    uint8_t seed[16] = { 0 };
    uint64_t folded[2];

    make_seed(s->seed, seed);
    memcpy(folded, seed, sizeof folded);
    return folded[0] ^ folded[1];
}

/* The link, or one around it that is as bad as was asked for. NULL: no memory, which was said. */
static struct link *with_impairment(struct link *link, const struct settings *s)
{
    uint32_t n = ON_THE_WAY / (ETH_HDR_LEN + (uint32_t)link->mtu);
    struct pair_settings wire = { .delay = (duration)s->delay,
                                  .rate = s->rate,
                                  .queue_len = RATE_QUEUE,
                                  .loss = (uint32_t)s->loss };
    struct impaired_config config = { .seed = loss_seed(s),
                                      .n_frames = n > MIN_ON_THE_WAY ? n : MIN_ON_THE_WAY,
                                      .settings = { wire, wire } };

    if (s->delay == 0 && s->rate == 0 && s->loss == 0) {
        return link;
    }
    struct impaired_link *bad = sk_impaired_link_new(link, &config);
    if (bad == NULL) {
        settings_say("no memory for the network");
        return NULL;
    }
    return sk_impaired_link_link(bad);
}

static struct link *make_link(const struct settings *s)
{
    slirp = sk_slirp_link_new(&s->link);
    if (slirp == NULL) {
        settings_say("libslirp does not start");
        return NULL;
    }
    if (!take_forwards(s->forward, preload_configure != NULL)) {
        return NULL;
    }
    struct link *link = with_impairment(sk_slirp_link_link(slirp), s);
    return link != NULL ? with_capture(link, s->pcap) : NULL;
}

static bool refuse_preloads(const char *name, const char *value)
{
    return settings_refuse(name, value, strlen(value), "only sockrun can do that");
}

static bool refuse_sockrun(void)
{
    settings_say(
        "this program is linked with libsock: it needs no sockrun, and does not run under it");
    return false;
}

/* Hands on what only a program under sockrun has. */
static bool configure_preload(const struct settings *s)
{
    if (preload_configure != NULL) {
        preload_configure(s);
        return true;
    }
    return (!s->host_loopback || refuse_preloads("LIBSOCK_LOOPBACK", "host")) &&
           (s->tree == 0 || refuse_sockrun()) &&
           (s->stats == STATS_NONE ||
            refuse_preloads("LIBSOCK_STATS", s->stats == STATS_TEXT ? "1" : "json"));
}

/* libslirp's DHCP answers at once. Who may not wait for that, and sends a datagram first, would be
 * told that there is no network. */
static void await_address(struct sk_iface *iface)
{
    const struct port *p = &port.port;
    instant give_up_at = p->now(p) + CONFIG_WAIT;

    p->lock(p);
    for (;;) {
        instant now = p->now(p);
        sk_iface_poll(iface, now);
        if (sk_iface_configured(iface) || now >= give_up_at) {
            break;
        }
        instant next = sk_iface_poll_at(iface, now);
        p->idle(p, iface, next < give_up_at ? next : give_up_at, NULL);
    }
    p->unlock(p);
}

struct sk_iface *libsock_board(void)
{
    static const struct sk_netif_config eth0 = { .name = "eth0" };
    struct settings s = { .forward = NULL };

    if (!settings_read(&s) || !configure_preload(&s)) {
        return NULL;
    }
    if (s.link.mtu == 0) {
        s.link.mtu = MTU;
    }
    if (sk_port_posix_init(&port) != SK_OK) {
        settings_say("no descriptor is left");
        return NULL;
    }
    struct link *link = make_link(&s);
    struct sk_iface *iface = link != NULL ? make_iface(&s) : NULL;
    if (iface == NULL) {
        return NULL;
    }
    if (sk_netif_add(iface, link, &eth0, port.port.now(&port.port), NULL) != SK_OK ||
        libsock_start(iface, &port.port) != SK_OK) {
        settings_say("the network does not start");
        return NULL;
    }
    await_address(iface);
    return iface;
}
