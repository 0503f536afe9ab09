/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libslirp behind the link interface. It answers from inside slirp_input, so what it sends is
 * queued in packets of the link's own and given out by rx. Once for each time that rx found
 * nothing, the host's sockets are looked at, without waiting; where it found an answer first, as
 * with each burst of an upload, that look can wait for a while. Functions that a host program may
 * wrap (-Wl,--wrap=poll and so on) are not called here, but for ioctl, which is the kernel's for
 * descriptors that are not ours.
 */
#define _GNU_SOURCE /* syscall */
#include "link/slirp.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#if __has_include(<libslirp.h>)
#include <libslirp.h>
#else
#include <slirp/libslirp.h>
#endif

#include "link/own_calls.h"
#include "link/own_fds.h"
#include "link/slirp_burst.h"
#include "link/slirp_fds.h"
#include "link/slirp_flows.h"
#include "link/slirp_policy.h"
#include "wire/ipv4.h"

#define SLIRP_MSL 250000        /* microseconds: no segment outlives a round of the process */
#define QUEUE_OCTETS (8u << 20) /* of packets that libslirp may send between two polls */
#define MIN_QUEUED 256          /* frames */
#define KEPT (4u << 20)         /* octets that malloc keeps */
#define ETH_PAD 2               /* octets, so that the IP header is aligned */
#define MOST_PUT_OFF 100        /* microseconds: a look at the host's sockets */
#define TIME_STANDS 1000000     /* microseconds: for libslirp, which counts minutes */
#define MANY_FRUITLESS 64       /* looks */
#define FRUITLESS_WAIT 10000    /* microseconds */
#define NS_PER_US 1000
#define US_PER_MS 1000

struct slirp_link {
    struct link link;
    Slirp *slirp;
    bool any;
    struct pkt_pool pool;
    struct pkt *pkts;
    uint8_t *octets;       /* of the packets; pages are committed as they are used */
    struct pkt_list queue; /* libslirp to the stack */
    bool looked;           /* at the host's sockets, since rx said NULL, or that can wait */
    bool stirred;          /* libslirp may wait for something else than it said last */
    bool waiting;          /* frames of libslirp's may have waited for our hardware address */
    bool looking;          /* it does what its sockets are ready for */
    instant now;           /* of the last call */
    instant looked_at;     /* the host's sockets */
    instant told_at;       /* the time, to libslirp */
    instant due_at;        /* libslirp's timers */
    uint32_t n_fruitless;  /* looks in a row at something that was ready, of which nothing came */
    struct slirp_fds fds;
    struct slirp_flows flows;
    struct slirp_burst burst;          /* to libslirp, not given to it yet */
    const struct slirp_seen *entering; /* it is given this */
};

/* ---- What libslirp calls ---- */

static ssize_t on_packet(const void *octets, size_t len, void *opaque)
{
    struct slirp_link *s = opaque;
    struct slirp_seen seen;
    struct pkt *pkt;

    if (len > ETH_HDR_LEN + (size_t)s->link.mtu) {
        link_dropped(&s->link, 1, DROP_RX_OVERSIZE, NULL);
        return (ssize_t)len;
    }
    pkt = sk_pkt_alloc(&s->pool, ETH_PAD);
    if (!pkt) {
        link_dropped(&s->link, 1, DROP_TX_QUEUE_FULL, NULL);
        return (ssize_t)len;
    }
    memcpy(sk_pkt_put(pkt, (uint32_t)len), octets, len);
    sk_pkt_list_push(&s->queue, pkt);
    slirp_see(octets, len, &seen);
    if (seen.is_tcp) {
        slirp_flows_received(&s->flows, &seen.ip, &seen.tcp);
    }
    return (ssize_t)len;
}

static void on_guest_error(const char *message, void *opaque)
{
    (void)message;
    (void)opaque;
}

static int64_t on_clock(void *opaque)
{
    return ((const struct slirp_link *)opaque)->now * NS_PER_US;
}

/* libslirp has timers for IPv6 router advertisements only. */
static void *on_timer_new(SlirpTimerCb fire, void *fire_opaque, void *opaque)
{
    (void)fire;
    (void)fire_opaque;
    return opaque;
}

static void on_timer_free(void *timer, void *opaque)
{
    (void)timer;
    (void)opaque;
}

static void on_timer_mod(void *timer, int64_t expire_ms, void *opaque)
{
    (void)timer;
    (void)expire_ms;
    (void)opaque;
}

/* libslirp lets programs that are executed have what it accepts. */
static void on_opened(int fd, void *opaque)
{
    struct slirp_link *s = opaque;

    ioctl(fd, FIOCLEX);
    sk_own_fd_add(fd);
    if (s->looking) {
        slirp_flows_accepts(&s->flows, fd);
    } else if (s->entering && s->entering->is_tcp) {
        slirp_flows_connects(&s->flows, fd, &s->entering->ip, &s->entering->tcp);
    }
}

static void on_closing(int fd, void *opaque)
{
    struct slirp_link *s = opaque;

    sk_own_fd_remove(fd);
    slirp_fds_forget(&s->fds, fd);
    slirp_flows_closes(&s->flows, fd);
}

static void on_notify(void *opaque)
{
    (void)opaque;
}

static const SlirpCb callbacks = {
    .send_packet = on_packet,
    .guest_error = on_guest_error,
    .clock_get_ns = on_clock,
    .timer_new = on_timer_new,
    .timer_free = on_timer_free,
    .timer_mod = on_timer_mod,
    .register_poll_fd = on_opened,
    .unregister_poll_fd = on_closing,
    .notify = on_notify,
};

/* ---- The host's sockets ---- */

static const struct {
    int slirp;
    short poll;
} events[] = {
    { SLIRP_POLL_IN, POLLIN },   { SLIRP_POLL_OUT, POLLOUT }, { SLIRP_POLL_PRI, POLLPRI },
    { SLIRP_POLL_ERR, POLLERR }, { SLIRP_POLL_HUP, POLLHUP },
};

#define N_EVENTS (sizeof(events) / sizeof(events[0]))

static int on_add_poll(int fd, int wanted, void *opaque)
{
    struct slirp_link *s = opaque;
    short poll_events = 0;
    size_t i;

    for (i = 0; i < N_EVENTS; i++) {
        if (wanted & events[i].slirp) {
            poll_events |= events[i].poll;
        }
    }
    return slirp_fds_add(&s->fds, fd, poll_events);
}

static int on_get_revents(int fd, void *opaque)
{
    const struct slirp_link *s = opaque;
    short ready = slirp_fds_got(&s->fds, fd);
    int got = 0;
    size_t i;

    for (i = 0; ready && i < N_EVENTS; i++) {
        if (ready & events[i].poll) {
            got |= events[i].slirp;
        }
    }
    return got;
}

/* ---- To libslirp ---- */

/* libslirp knows the time of its last look, and would count from there: what it is given after
 * minutes without one would be too old at once. No socket is looked at. */
static void tell_time(struct slirp_link *s)
{
    if (s->now - s->told_at >= TIME_STANDS) {
        s->told_at = s->now;
        slirp_pollfds_poll(s->slirp, true, on_get_revents, s);
    }
}

static void enter(struct slirp_link *s, const uint8_t *frame, size_t len,
                  const struct slirp_seen *seen)
{
    s->stirred = true;
    s->entering = seen;
    sk_own_calls_begin();
    tell_time(s);
    slirp_input(s->slirp, frame, (int)len);
    sk_own_calls_end();
    s->entering = NULL;
    s->waiting |= seen && !seen->is_tcp;
    if (seen && seen->is_tcp) {
        slirp_flows_sent(&s->flows, &seen->ip, &seen->tcp);
    }
}

static void end_burst(struct slirp_link *s)
{
    size_t len;

    if (slirp_burst_any(&s->burst)) {
        const uint8_t *frame = slirp_burst_frame(&s->burst, &len);

        enter(s, frame, len, &s->burst.seen);
        slirp_burst_clear(&s->burst);
    }
}

/* ---- What libslirp waits for ---- */

static void ask_what_it_wants(struct slirp_link *s)
{
    uint32_t timeout = UINT32_MAX; /* ms */

    s->stirred = false;
    slirp_fds_begin(&s->fds);
    sk_own_calls_begin();
    slirp_pollfds_fill(s->slirp, &timeout, on_add_poll, s);
    sk_own_calls_end();
    slirp_fds_end(&s->fds);
    s->due_at = timeout == UINT32_MAX ? NEVER : s->now + (duration)timeout * US_PER_MS;
}

/* Connections that are over and for whose descriptors libslirp has no more use; true: some were. */
static bool end_connections(struct slirp_link *s)
{
    uint8_t frame[SLIRP_FLOW_FRAME_LEN];
    bool any = false;
    size_t i = 0;
    int fd;

    while ((fd = slirp_flows_next_ended(&s->flows, &i)) >= 0) {
        if (!slirp_fds_wanted(&s->fds, fd)) {
            slirp_flows_reset(&s->flows, fd, s->link.mac, frame);
            enter(s, frame, sizeof(frame), NULL);
            any = true;
        }
    }
    return any;
}

static void collect_fds(struct slirp_link *s)
{
    end_burst(s);
    if (s->stirred || s->now >= s->due_at) {
        do {
            ask_what_it_wants(s);
        } while (end_connections(s));
    }
}

/* What libslirp wrote to the host made room. */
static void ask_for_windows(struct slirp_link *s)
{
    uint8_t frame[SLIRP_FLOW_FRAME_LEN];
    size_t i;

    for (i = 0; i < s->fds.n_ready; i++) {
        int fd = s->fds.ready[i];

        if ((slirp_fds_got(&s->fds, fd) & POLLOUT) &&
            slirp_flows_probe(&s->flows, fd, s->link.mac, frame)) {
            enter(s, frame, sizeof(frame), NULL);
        }
    }
}

static void look_at_host(struct slirp_link *s)
{
    bool due = s->waiting || s->now >= s->due_at;
    int n;

    collect_fds(s);
    n = slirp_fds_look(&s->fds);
    if (n == 0 && !due) { /* it would go through all of its sockets for nothing */
        return;
    }
    s->waiting = false;
    s->stirred = true;
    s->looking = true;
    s->told_at = s->now;
    sk_own_calls_begin();
    slirp_pollfds_poll(s->slirp, n < 0, on_get_revents, s);
    sk_own_calls_end();
    s->looking = false;
    ask_for_windows(s);
    slirp_fds_clear(&s->fds);
    s->n_fruitless = n > 0 && !s->queue.first ? s->n_fruitless + 1 : 0;
}

/* ---- The link ---- */

/* What was answered is to be taken in first. With an upload there is an answer each time. */
static bool look_can_wait(const struct slirp_link *s)
{
    return s->queue.first && s->now - s->looked_at < MOST_PUT_OFF && s->flows.n_ended == 0;
}

static struct pkt *slirp_rx(struct link *link, struct pkt_pool *pool, instant now)
{
    struct slirp_link *s = (struct slirp_link *)link;

    (void)pool;
    s->now = now;
    end_burst(s);
    if (look_can_wait(s)) {
        s->looked = true;
    }
    if (!s->queue.first && !s->looked) {
        s->looked_at = now;
        look_at_host(s);
        s->looked = true;
    }
    if (!s->queue.first) {
        s->looked = false;
    }
    return sk_pkt_list_pop(&s->queue);
}

/* The answer waits in the queue, as libslirp's do. */
static void refuse(struct slirp_link *s, const struct pkt *pkt)
{
    uint8_t answer[SLIRP_ANSWER_LEN];
    size_t len = slirp_policy_answer(sk_pkt_data(pkt), pkt->len, answer);

    link_dropped(&s->link, 1, DROP_TX_POLICY, pkt);
    if (len > 0) {
        on_packet(answer, len, s);
    }
}

/* The policy lets all TCP to the host pass. */
static bool may_pass(const struct slirp_link *s, const struct pkt *pkt,
                     const struct slirp_seen *seen)
{
    return s->any || (seen->is_tcp && ip4_bits(seen->ip.dst) == SLIRP_HOST) ||
           slirp_policy_host_only(sk_pkt_data(pkt), pkt->len);
}

static enum sk_err slirp_tx(struct link *link, struct pkt *pkt, instant now)
{
    struct slirp_link *s = (struct slirp_link *)link;
    struct slirp_seen seen;

    s->now = now;
    slirp_see(sk_pkt_data(pkt), pkt->len, &seen);
    if (!may_pass(s, pkt, &seen)) {
        refuse(s, pkt);
        sk_pkt_free(pkt);
        return SK_OK;
    }
    if (slirp_burst_take(&s->burst, pkt, &seen)) {
        return SK_OK;
    }
    end_burst(s);
    if (!slirp_burst_take(&s->burst, pkt, &seen)) {
        enter(s, sk_pkt_data(pkt), pkt->len, &seen);
        sk_pkt_free(pkt);
    }
    return SK_OK;
}

static void slirp_flush(struct link *link, instant now)
{
    struct slirp_link *s = (struct slirp_link *)link;

    s->now = now;
    end_burst(s);
}

static instant slirp_poll_at(const struct link *link)
{
    const struct slirp_link *s = (const struct slirp_link *)link;

    return s->queue.first || slirp_burst_any(&s->burst) ? 0 : s->due_at;
}

static size_t slirp_wait_fds(struct link *link, struct pollfd *fds, size_t n)
{
    struct slirp_link *s = (struct slirp_link *)link;

    collect_fds(s);
    if (s->n_fruitless >= MANY_FRUITLESS) { /* nothing to accept with: it stays ready */
        s->due_at = s->now + FRUITLESS_WAIT;
        return 0;
    }
    return slirp_fds_wait(&s->fds, fds, n);
}

static const struct link_ops slirp_ops = {
    .rx = slirp_rx,
    .tx = slirp_tx,
    .flush = slirp_flush,
    .poll_at = slirp_poll_at,
    .wait_fds = slirp_wait_fds,
};

/* ---- Start and end ---- */

static struct in_addr in_addr_of(uint32_t host_order)
{
    return (struct in_addr){ .s_addr = htonl(host_order) };
}

static bool make_packets(struct slirp_link *s)
{
    uint32_t cap = ETH_PAD + ETH_HDR_LEN + (uint32_t)s->link.mtu;
    uint32_t n = QUEUE_OCTETS / cap > MIN_QUEUED ? QUEUE_OCTETS / cap : MIN_QUEUED;
    uint32_t i;

    s->pkts = calloc(n, sizeof(*s->pkts));
    s->octets = malloc((size_t)n * cap);
    sk_pkt_pool_init(&s->pool);
    for (i = 0; s->pkts && s->octets && i < n; i++) {
        sk_pkt_pool_add(&s->pool, &s->pkts[i], s->octets + (size_t)i * cap, cap);
    }
    return s->pkts && s->octets;
}

/*
 * libslirp allocates 256 KB for each connection and frees them at its end. glibc gives that back to
 * the system each time, and page faults then are most of what a connection costs, until the program
 * has once freed something larger (mallopt(3), M_MMAP_THRESHOLD: from then on twice as much is
 * kept). This does nothing else than that, and nothing at all where the program or its user has
 * chosen otherwise, or has another allocator.
 */
static void warm_allocator(void)
{
    void *volatile octets = malloc(KEPT);

    free(octets);
}

static Slirp *start(struct slirp_link *s, const struct slirp_link_config *config)
{
    SlirpConfig cfg = {
        .version = 3,
        .in_enabled = true,
        .vnetwork = in_addr_of(SLIRP_NETWORK),
        .vnetmask = in_addr_of(SLIRP_NETMASK),
        .vhost = in_addr_of(SLIRP_HOST),
        .vdhcp_start = in_addr_of(SLIRP_GUEST),
        .vnameserver = in_addr_of(SLIRP_DNS),
        .if_mtu = s->link.mtu,
        .if_mru = s->link.mtu,
        .disable_dns = config->disable_dns,
    };

    warm_allocator();
    sk_own_calls_begin();
    Slirp *slirp = slirp_new(&cfg, &callbacks, s);
    sk_own_calls_end();
    return slirp;
}

struct slirp_link *sk_slirp_link_new(const struct slirp_link_config *config)
{
    struct slirp_link *s;

    if (config->mtu > SLIRP_MAX_MTU || (config->mtu && config->mtu < IPV4_MIN_MTU)) {
        return NULL;
    }
    s = calloc(1, sizeof(*s));
    if (!s) {
        return NULL;
    }
    s->link = (struct link){
        .ops = &slirp_ops,
        .medium = LINK_ETHERNET,
        .mac = { { 0x52, 0x55, 0x0a, 0x00, 0x02, 0x0f } },
        .mtu = config->mtu ? config->mtu : SLIRP_MTU,
        .msl = SLIRP_MSL,
        .quick_acks = true, /* libslirp begins with one segment, also after a pause */
        .checksums_rx = true,
    };
    s->any = config->any;
    s->due_at = NEVER;
    s->stirred = true;
    slirp_fds_init(&s->fds);
    s->slirp = make_packets(s) && slirp_flows_init(&s->flows) && slirp_burst_init(&s->burst)
                   ? start(s, config)
                   : NULL;
    if (!s->slirp) {
        sk_slirp_link_free(s);
        return NULL;
    }
    return s;
}

void sk_slirp_link_free(struct slirp_link *s)
{
    if (!s) {
        return;
    }
    if (s->slirp) {
        sk_own_calls_begin();
        slirp_cleanup(s->slirp);
        sk_own_calls_end();
    }
    free(s->pkts);
    free(s->octets);
    slirp_fds_free(&s->fds);
    slirp_flows_free(&s->flows);
    slirp_burst_free(&s->burst);
    free(s);
}

struct link *sk_slirp_link_link(struct slirp_link *s)
{
    return &s->link;
}

/* ---- Ports of the host ---- */

/*
 * The port that libslirp listens on for `guest_port`, from its table for people: it tells nobody
 * else. The newest forward comes first. 0: not found.
 */
static uint16_t listening_port(Slirp *slirp, bool udp, uint16_t guest_port)
{
    sk_own_calls_begin();
    char *table = slirp_connection_info(slirp);
    sk_own_calls_end();
    const char *line = table;
    unsigned host = 0;

    while (line && host == 0) {
        unsigned from;
        unsigned to;
        char protocol[4];

        if (sscanf(line, " %3[A-Z][HOST_FORWARD] %*d %*s %u %*s %u", protocol, &from, &to) == 3 &&
            strcmp(protocol, udp ? "UDP" : "TCP") == 0 && to == guest_port) {
            host = from;
        }
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    free(table);
    return (uint16_t)host;
}

/* libslirp does not register the sockets that it listens on. */
static void own_all(struct slirp_link *s)
{
    size_t i;

    s->stirred = true;
    collect_fds(s);
    for (i = 0; i < s->fds.n; i++) {
        sk_own_fd_add(s->fds.list[i].fd);
    }
}

/* libslirp lets one connection wait, and the host resets others of a crowd. Asked again, listen(2)
 * changes the number; of what does not listen it is an error, which is fine. */
static void let_more_wait(const struct slirp_link *s)
{
    size_t i;

    for (i = 0; i < s->fds.n; i++) {
        syscall(SYS_listen, s->fds.list[i].fd, SOMAXCONN);
    }
}

enum sk_err sk_slirp_link_forward(struct slirp_link *s, bool udp, struct sk_addr host,
                                  uint16_t guest_port, struct sk_addr *bound)
{
    struct sockaddr_in from = { .sin_family = AF_INET,
                                .sin_port = htons(host.port),
                                .sin_addr = in_addr_of(ip4_bits(host.addr)) };
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(guest_port) };

    sk_own_calls_begin();
    int result =
        slirp_add_hostxfwd(s->slirp, (const struct sockaddr *)&from, sizeof(from),
                           (const struct sockaddr *)&to, sizeof(to), udp ? SLIRP_HOSTFWD_UDP : 0);
    sk_own_calls_end();
    if (result != 0) {
        return errno == EADDRINUSE ? SK_BINDING_IN_USE : SK_ADDR_NOT_AVAIL;
    }
    own_all(s);
    if (!udp) {
        let_more_wait(s);
    }
    if (host.port == 0) {
        host.port = listening_port(s->slirp, udp, guest_port);
    }
    *bound = host;
    return SK_OK;
}
