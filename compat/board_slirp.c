/* SPDX-License-Identifier: BSD-3-Clause */
// clang-format off
/*
 * The board that a host program has by default: libslirp's network, as the environment says.
 *
 *   LIBSOCK_MTU=1500            octets of an IP packet, 576 to 65521
 *   LIBSOCK_DNS=10.0.2.2:5353   the name server, in place of DHCP's; port 53 if none is given
 *   LIBSOCK_FORWARD=tcp:127.0.0.1:8080:80,udp:127.0.0.1:0:7
 *                               ports of the host, to ports of ours; 0 takes a free one and says
 *                               which
 *   LIBSOCK_OUTBOUND=loopback   reach the host's 127.0.0.1 only, as 10.0.2.2; `any`: the real network
 *   LIBSOCK_PCAP=file.pcap      write every frame to a file
 *   LIBSOCK_SEED=0123abcd       up to 32 hexadecimal digits instead of entropy: to repeat a run
 *
 * A value that cannot be understood or done is never ignored, nor is a LIBSOCK_ that is none of
 * these: one line says so, and the call that needed the network fails with ENETDOWN, as does every
 * later one.
 */
// clang-format on
#define _GNU_SOURCE /* environ */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compat/compat.h"
#include "link/pcap.h"
#include "link/slirp.h"
#include "port/posix.h"

/* A host has memory: pages of it that are never touched cost nothing. */
#define N_TCP 1024
#define N_UDP 256
#define N_LISTENERS 64
#define N_SYN_CACHE 1024
#define N_TIME_WAIT 4096
#define N_PACKETS 1024
#define N_ERRORS 64
#define N_QUERIES 32
#define N_REASSEMBLIES 16
#define MAX_DATAGRAM 65515        /* octets behind an IP header */
#define BUFFER_SIZE (256u * 1024) /* octets: four of libslirp's largest windows */
#define HEADROOM 16               /* octets in front of an IP packet: Ethernet, aligned */
#define PACKET_ALIGN 8u

#define MIN_MTU 576 /* RFC 1122 3.3.2: what every host takes; below, DHCP would need fragments */

#define MAX_PORT 65535
#define PREFIX "LIBSOCK_" /* of variables that are ours */

#define LITERAL(x) #x
#define TEXT(x) LITERAL(x)

struct settings {
    struct slirp_link_config link;
    struct sk_addr dns;
    const char *forward;
    const char *pcap;
    const char *seed;
};

static struct port_posix port;
static struct slirp_link *slirp; /* until the process ends */
static struct pcap_link capture;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    va_list arguments;

    fputs("libsock: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

/* A variable, or the first `len` octets of its value here, is wrong. */
static bool refuse(const char *name, const char *value, size_t len, const char *why)
{
    say("%s=%.*s: %s", name, (int)len, value, why);
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
    { "LIBSOCK_DNS", take_dns, "not a host's address, or address:port" },
    { "LIBSOCK_OUTBOUND", take_outbound, "neither loopback nor any" },
    { "LIBSOCK_SEED", take_seed, "not 1 to 32 hexadecimal digits" },
};
// clang-format on

/* `text` is NAME=VALUE. */
static bool take_variable(struct settings *s, const char *text)
{
    size_t len = strcspn(text, "=");

    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const struct variable *v = &variables[i];
        if (strlen(v->name) == len && memcmp(v->name, text, len) == 0 && text[len] == '=') {
            const char *value = text + len + 1;
            return v->take(s, value) || refuse(v->name, value, strlen(value), v->wrong);
        }
    }
    say("%s: no variable that libsock knows", text);
    return false;
}

static bool read_settings(struct settings *s)
{
    for (char **at = environ; at != NULL && *at != NULL; at++) {
        if (strncmp(*at, PREFIX, strlen(PREFIX)) == 0 && !take_variable(s, *at)) {
            return false;
        }
    }
    return true;
}

/* ---- Forwards: protocol:address:port:guest-port,... ---- */

struct forward {
    bool udp;
    struct sk_addr host;
    uint16_t guest_port;
};

static bool parse_forward(const char *text, size_t len, struct forward *out)
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

static bool add_forward(struct slirp_link *link, const char *text, size_t len)
{
    static const char name[] = "LIBSOCK_FORWARD";
    struct forward f;
    struct sk_addr bound;
    char listens[SK_ADDR_TEXT_LEN];

    if (!parse_forward(text, len, &f)) {
        return refuse(name, text, len, "not tcp:ADDRESS:PORT:GUEST-PORT or udp:...");
    }
    if (sk_slirp_link_forward(link, f.udp, f.host, f.guest_port, &bound) != SK_OK) {
        return refuse(
            name, text, len,
            "cannot listen there: another program does, or it is no address of this host");
    }
    if (f.host.port == 0) {
        sk_addr_format(bound, listens);
        say("%s %s leads to port %u", f.udp ? "udp" : "tcp", listens, f.guest_port);
    }
    return true;
}

static bool add_forwards(struct slirp_link *link, const char *whole)
{
    const char *list = whole;

    while (list != NULL) {
        size_t len = strcspn(list, ",");
        if (len == 0) {
            return refuse("LIBSOCK_FORWARD", whole, strlen(whole), "empty, or a comma too many");
        }
        if (!add_forward(link, list, len)) {
            return false;
        }
        list = list[len] == ',' ? list + len + 1 : NULL;
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

static struct sk_iface *make_iface(const struct settings *s)
{
    uint32_t mtu = s->link.mtu != 0 ? s->link.mtu : SLIRP_MTU;
    struct sk_config config = {
        .size = sizeof config,
        .n_tcp = N_TCP,
        .n_udp = N_UDP,
        .n_listeners = N_LISTENERS,
        .n_syn_cache = N_SYN_CACHE,
        .n_time_wait = N_TIME_WAIT,
        .n_packets = N_PACKETS,
        .packet_size = (mtu + HEADROOM + PACKET_ALIGN - 1) & ~(PACKET_ALIGN - 1),
        .n_errors = N_ERRORS,
        .n_queries = N_QUERIES,
        .fragments = &sk_ip_fragments,
        .n_reassemblies = N_REASSEMBLIES,
        .reassembly_size = MAX_DATAGRAM,
        .buffers = { { BUFFER_SIZE, 2 * (N_TCP + N_UDP) } },
        .rcvbuf = BUFFER_SIZE,
        .sndbuf = BUFFER_SIZE,
        .dns = { s->dns, s->dns }, /* every place is taken: DHCP adds none */
    };

    if (!make_seed(s->seed, config.seed)) {
        say("this system has no entropy");
        return NULL;
    }
    size_t len = sk_iface_size(&config);
    if (len == 0) {
        say("the network's configuration is not valid");
        return NULL;
    }
    void *memory =
        mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        say("no memory for the network");
        return NULL;
    }
    return sk_iface_init(&config, memory, len, port.port.now(&port.port));
}

/* The link, or one around it that keeps a capture. NULL: the file cannot be opened, which was said.
 */
static struct link *with_capture(struct link *link, const char *path)
{
    if (path == NULL) {
        return link;
    }
    int64_t epoch = port.port.realtime(&port.port) - port.port.now(&port.port);
    if (!sk_pcap_link_open(&capture, link, path, epoch)) {
        refuse("LIBSOCK_PCAP", path, strlen(path), strerror(errno));
        return NULL;
    }
    return &capture.link;
}

static struct link *make_link(const struct settings *s)
{
    slirp = sk_slirp_link_new(&s->link);
    if (slirp == NULL) {
        say("libslirp does not start");
        return NULL;
    }
    if (!add_forwards(slirp, s->forward)) {
        return NULL;
    }
    return with_capture(sk_slirp_link_link(slirp), s->pcap);
}

struct sk_iface *libsock_board(void)
{
    static const struct sk_netif_config eth0 = { .name = "eth0" };
    struct settings s = { .forward = NULL };

    if (!read_settings(&s)) {
        return NULL;
    }
    if (sk_port_posix_init(&port) != SK_OK) {
        say("no descriptor is left");
        return NULL;
    }
    struct link *link = make_link(&s);
    struct sk_iface *iface = link != NULL ? make_iface(&s) : NULL;
    if (iface == NULL) {
        return NULL;
    }
    if (sk_netif_add(iface, link, &eth0, port.port.now(&port.port), NULL) != SK_OK ||
        libsock_start(iface, &port.port) != SK_OK) {
        say("the network does not start");
        return NULL;
    }
    return iface;
}
