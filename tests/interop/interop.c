/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * interop [all]: our TCP against the kernel's, over the TAP device tap0: bulk both ways,
 * half-closed connections, resets, refusals, many connections at once, with each profile and with
 * options of the kernel's on and off (all: in every combination, and 10,000 connections), and on a
 * wire that loses one frame of a hundred either way. The
 * kernel is 10.0.9.1, in a network namespace of ours (tests/interop/test_tap.sh); we are 10.0.9.2.
 * One thread, and nobody blocks. The device is opened once: one that is opened again has no carrier
 * for up to a second.
 */
#define _GNU_SOURCE /* ppoll */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "libsock.h"
#include "link/own_fds.h"
#include "link/tap.h"

#define KERNEL 0x0a000901u
#define US 0x0a000902u
#define PORT 80
#define BULK_BUFFER 262144
#define SMALL_BUFFER 1024
#define N_BULK 4
#define BATCH 1000        /* connections that are opened at once */
#define PATIENCE 60000000 /* microseconds without progress */

static struct tap_link tap;
static struct link wire;     /* to it */
static uint32_t lose_one_in; /* frames, either way; 0: none is lost */
static uint32_t luck = 1;
static struct sk_iface *iface;
static instant progress_at;
static const char *doing;
static bool ecn; /* we ask for it, too */

static instant now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (instant)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

#define must(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s: line %d: %s (errno %d: %s)\n", doing, __LINE__, #condition,       \
                    errno, strerror(errno));                                                       \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static void begin(const char *what)
{
    doing = what;
    progress_at = now();
}

/* ---- The wire -------------------------------------------------------------------------------- */

static bool is_lost(void)
{
    luck = luck * 1664525 + 1013904223;
    return lose_one_in > 0 && (luck >> 16) % lose_one_in == 0;
}

static struct pkt *wire_rx(struct link *link, struct pkt_pool *pool, instant at)
{
    struct pkt *pkt = tap.link.ops->rx(&tap.link, pool, at);

    (void)link;
    while (pkt && is_lost()) {
        sk_pkt_free(pkt);
        pkt = tap.link.ops->rx(&tap.link, pool, at);
    }
    return pkt;
}

static enum sk_err wire_tx(struct link *link, struct pkt *pkt, instant at)
{
    (void)link;
    if (is_lost()) {
        sk_pkt_free(pkt);
        return SK_OK;
    }
    return tap.link.ops->tx(&tap.link, pkt, at);
}

/* The stack's turn, and the kernel's: until a frame or a deadline comes, for a millisecond at most.
 */
static void turn(void)
{
    static const struct timespec shortly = { 0, 1000000 };
    struct pollfd p = { .fd = tap.fd, .events = POLLIN };

    must(now() - progress_at < PATIENCE);
    if (!sk_iface_poll(iface, now()) && sk_iface_poll_at(iface, now()) > now()) {
        ppoll(&p, 1, &shortly, NULL);
    }
}

static void made_progress(void)
{
    progress_at = now();
}

static void *make_host(const struct tcp_profile *profile, uint32_t n)
{
    static uint8_t n_hosts;
    struct sk_netif_config netif = { .name = "tap0", .addr = ip4(US), .prefix_len = 24 };
    struct sk_config config = {
        .size = sizeof(config),
        .n_tcp = n + N_BULK,
        .n_listeners = 2,
        .n_syn_cache = BATCH,
        .n_time_wait = n + N_BULK,
        .n_packets = 1024,
        .buffers = { { SMALL_BUFFER, 2 * n }, { BULK_BUFFER, 2 * N_BULK } },
        .rcvbuf = SMALL_BUFFER,
        .sndbuf = SMALL_BUFFER,
        .tcp = profile,
        .tcp_inflight = 64,
        .seed = { ++n_hosts }, /* other ports: those of the last one wait at the kernel's */
    };
    size_t len = sk_iface_size(&config);
    void *memory = len > 0 ? aligned_alloc(16, (len + 15) & ~(size_t)15) : NULL;

    must(memory);
    iface = sk_iface_init(&config, memory, len, now());
    must(iface);
    must(sk_netif_add(iface, &wire, &netif, now(), NULL) == SK_OK);
    return memory;
}

/* ---- Both kinds of sockets ------------------------------------------------------------------- */

static struct sockaddr_in address(uint32_t addr, uint16_t port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET,
                                 .sin_port = htons(port),
                                 .sin_addr.s_addr = htonl(addr) };
}

static int kernel_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int yes = 1;

    must(fd >= 0);
    must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0);
    return fd;
}

static int kernel_listener(void)
{
    struct sockaddr_in at = address(KERNEL, PORT);
    int fd = kernel_socket();

    must(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
    must(listen(fd, BATCH) == 0);
    return fd;
}

static int kernel_connects(uint16_t port)
{
    struct sockaddr_in to = address(US, port);
    int fd = kernel_socket();

    must(connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1 && errno == EINPROGRESS);
    return fd;
}

static int kernel_error(int fd)
{
    int error;
    socklen_t len = sizeof(error);

    must(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0);
    return error;
}

static bool kernel_ready(int fd, short events)
{
    struct pollfd p = { .fd = fd, .events = events };

    return poll(&p, 1, 0) == 1;
}

static void use_bulk_buffers(sk_fd fd)
{
    must(sk_set(iface, fd, SK_RCVBUF, BULK_BUFFER) == SK_OK);
    must(sk_set(iface, fd, SK_SNDBUF, BULK_BUFFER) == SK_OK);
    must(!ecn || sk_set(iface, fd, SK_ECN, 1) == SK_OK);
}

static sk_fd our_listener(bool bulk)
{
    sk_fd fd;

    must(sk_socket(iface, SK_STREAM, &fd) == SK_OK);
    if (bulk) {
        use_bulk_buffers(fd);
    }
    must(sk_set(iface, fd, SK_REUSEADDR, 1) == SK_OK);
    must(sk_bind(iface, fd, (struct sk_addr){ ip4(US), PORT }) == SK_OK);
    must(sk_listen(iface, fd, BATCH, now()) == SK_OK);
    return fd;
}

static enum sk_err try(struct sk_op *op)
{
    return op->poll(op, iface, now());
}

/* Until it is done. */
static enum sk_err await(struct sk_op *op)
{
    enum sk_err err;

    while ((err = try(op)) == SK_PENDING) {
        turn();
    }
    return err;
}

static bool we_accept(sk_fd listener, sk_fd *out)
{
    struct sk_op op;

    sk_op_accept(&op, listener);
    if (try(&op) != SK_OK) {
        return false;
    }
    *out = op.u.accepted;
    return true;
}

/* A connection from us, and the kernel's end of it. */
static sk_fd we_connect(int listener, int *peer, bool bulk)
{
    struct sk_op op;
    sk_fd fd;

    must(sk_socket(iface, SK_STREAM, &fd) == SK_OK);
    if (bulk) {
        use_bulk_buffers(fd);
    }
    sk_op_connect(&op, fd, (struct sk_addr){ ip4(KERNEL), PORT });
    must(await(&op) == SK_OK);
    while ((*peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) < 0) {
        must(errno == EAGAIN);
        turn();
    }
    return fd;
}

/* And one from the kernel. */
static sk_fd kernel_calls(sk_fd listener, int *peer)
{
    sk_fd fd;

    *peer = kernel_connects(PORT);
    while (!we_accept(listener, &fd)) {
        turn();
    }
    while (!kernel_ready(*peer, POLLOUT)) {
        turn();
    }
    must(kernel_error(*peer) == 0);
    return fd;
}

/* ---- Streams --------------------------------------------------------------------------------- */

struct stream {
    uint64_t len;
    uint64_t sent;
    uint64_t received;
    bool ended; /* and the reader knows */
};

static uint8_t octet_at(uint64_t i)
{
    return (uint8_t)((i * 2654435761u) >> 13);
}

static uint32_t next_piece(const struct stream *s, uint8_t *out, uint32_t most)
{
    uint32_t len = s->len - s->sent < most ? (uint32_t)(s->len - s->sent) : most;

    for (uint32_t i = 0; i < len; i++) {
        out[i] = octet_at(s->sent + i);
    }
    return len;
}

static void take_piece(struct stream *s, const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        must(octets[i] == octet_at(s->received + i));
    }
    s->received += len;
    s->ended = s->ended || len == 0;
    must(!s->ended || s->received == s->len);
    made_progress();
}

static void we_send(struct stream *s, sk_fd fd)
{
    uint8_t piece[16384];
    struct sk_iov iov = { piece, 0 };
    struct sk_op op;

    if (s->sent == s->len) {
        return;
    }
    iov.len = next_piece(s, piece, sizeof(piece));
    sk_op_send(&op, fd, &iov, 1, (struct sk_addr){ .port = 0 }, 0);
    must(try(&op) == SK_OK || op.done < iov.len);
    s->sent += op.done;
    if (s->sent == s->len) {
        must(sk_shutdown(iface, fd, SK_SHUT_WR, now()) == SK_OK);
    }
}

static void we_receive(struct stream *s, sk_fd fd)
{
    uint8_t piece[16384];
    struct sk_iov iov = { piece, sizeof(piece) };
    struct sk_op op;

    sk_op_recv(&op, fd, &iov, 1, 0);
    if (!s->ended && try(&op) == SK_OK) {
        take_piece(s, piece, op.done);
    }
}

static void kernel_sends(struct stream *s, int fd)
{
    uint8_t piece[16384];
    uint32_t len = next_piece(s, piece, sizeof(piece));
    ssize_t n = len > 0 ? send(fd, piece, len, MSG_NOSIGNAL) : 0;

    must(n >= 0 || errno == EAGAIN);
    if (n > 0) {
        s->sent += (uint64_t)n;
        if (s->sent == s->len) {
            must(shutdown(fd, SHUT_WR) == 0);
        }
    }
}

static void kernel_receives(struct stream *s, int fd)
{
    uint8_t piece[16384];
    ssize_t n = s->ended ? -1 : recv(fd, piece, sizeof(piece), 0);

    must(n >= 0 || s->ended || errno == EAGAIN);
    if (n >= 0) {
        take_piece(s, piece, (size_t)n);
    }
}

/* The kernel found the options that it was to find. */
static void has_options(int fd, const char *options)
{
    struct tcp_info info;
    socklen_t len = sizeof(info);

    must(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0);
    must(!(info.tcpi_options & TCPI_OPT_TIMESTAMPS) == !strchr(options, 't'));
    must(!(info.tcpi_options & TCPI_OPT_SACK) == !strchr(options, 's'));
    must(!(info.tcpi_options & TCPI_OPT_WSCALE) == !strchr(options, 'w'));
    must(!(info.tcpi_options & TCPI_OPT_ECN) == !strchr(options, 'e'));
}

/* Both directions at once; each ends when all was sent: the one that ends first is a half-closed
 * connection for a while. */
static void converse(sk_fd ours, int theirs, uint64_t up, uint64_t down)
{
    struct stream there = { .len = up };
    struct stream back = { .len = down };

    if (up == 0) {
        must(sk_shutdown(iface, ours, SK_SHUT_WR, now()) == SK_OK);
    }
    if (down == 0) {
        must(shutdown(theirs, SHUT_WR) == 0);
    }
    while (!there.ended || !back.ended) {
        we_send(&there, ours);
        kernel_sends(&back, theirs);
        turn();
        kernel_receives(&there, theirs);
        we_receive(&back, ours);
    }
    must(sk_close(iface, ours, now()) == SK_OK);
    close(theirs);
}

static void bulk(const char *options, uint64_t len)
{
    int listener = kernel_listener();
    sk_fd our = our_listener(true);
    int theirs;
    sk_fd ours;

    begin("bulk, we connect");
    ours = we_connect(listener, &theirs, true);
    has_options(theirs, options);
    converse(ours, theirs, len, len);
    begin("bulk, the kernel connects");
    ours = kernel_calls(our, &theirs);
    has_options(theirs, options);
    converse(ours, theirs, len, len);
    begin("half closed: up alone");
    converse(kernel_calls(our, &theirs), theirs, len, 0);
    begin("half closed: down alone");
    converse(we_connect(listener, &theirs, true), theirs, 0, len);
    must(sk_close(iface, our, now()) == SK_OK);
    close(listener);
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static enum sk_err we_hear(sk_fd fd)
{
    uint8_t octet;
    struct sk_iov iov = { &octet, 1 };
    struct sk_op op;

    sk_op_recv(&op, fd, &iov, 1, 0);
    return await(&op);
}

static void resets(void)
{
    struct linger at_once = { .l_onoff = 1 };
    int listener = kernel_listener();
    char octet;
    int theirs;
    sk_fd ours;

    begin("the kernel resets");
    ours = we_connect(listener, &theirs, false);
    must(setsockopt(theirs, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) == 0);
    close(theirs);
    must(we_hear(ours) == SK_RESET);
    must(sk_close(iface, ours, now()) == SK_OK);
    begin("we reset");
    ours = we_connect(listener, &theirs, false);
    must(sk_abort(iface, ours, now()) == SK_OK);
    while (!kernel_ready(theirs, POLLIN)) {
        turn();
    }
    must(recv(theirs, &octet, 1, 0) == -1 && errno == ECONNRESET);
    close(theirs);
    close(listener);
}

static void refusals(void)
{
    struct sk_op op;
    sk_fd ours;
    int theirs;

    begin("we refuse");
    theirs = kernel_connects(PORT + 1);
    while (!kernel_ready(theirs, POLLOUT)) {
        turn();
    }
    must(kernel_error(theirs) == ECONNREFUSED);
    close(theirs);
    begin("the kernel refuses");
    must(sk_socket(iface, SK_STREAM, &ours) == SK_OK);
    sk_op_connect(&op, ours, (struct sk_addr){ ip4(KERNEL), PORT + 1 });
    must(await(&op) == SK_REFUSED);
    must(sk_close(iface, ours, now()) == SK_OK);
}

/* ---- Many ------------------------------------------------------------------------------------ */

/* All of them are open together; what each is sent comes back. */
static void many(uint32_t n)
{
    int *theirs = calloc(n, sizeof(*theirs));
    sk_fd *ours = calloc(n, sizeof(*ours));
    sk_fd listener = our_listener(false);
    uint32_t n_called = 0;
    uint32_t n_ours = 0;

    begin("many connections");
    must(theirs && ours);
    while (n_ours < n) {
        while (n_called < n && n_called - n_ours < BATCH / 2) {
            theirs[n_called++] = kernel_connects(PORT);
        }
        turn();
        while (n_ours < n && we_accept(listener, &ours[n_ours])) {
            n_ours++;
            made_progress();
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        must(kernel_error(theirs[i]) == 0);
        must(send(theirs[i], &i, sizeof(i), MSG_NOSIGNAL) == sizeof(i));
        turn();
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t octets;
        struct sk_iov iov = { &octets, sizeof(octets) };
        struct sk_op op;

        sk_op_recv(&op, ours[i], &iov, 1, SK_OP_WAITALL);
        must(await(&op) == SK_OK);
        sk_op_send(&op, ours[i], &iov, 1, (struct sk_addr){ .port = 0 }, 0);
        must(try(&op) == SK_OK);
        must(sk_close(iface, ours[i], now()) == SK_OK);
        made_progress();
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t octets;

        while (!kernel_ready(theirs[i], POLLIN)) {
            turn();
        }
        must(recv(theirs[i], &octets, sizeof(octets), 0) == sizeof(octets) && octets == i);
        while (recv(theirs[i], &octets, 1, 0) != 0) {
            must(errno == EAGAIN);
            turn();
        }
        close(theirs[i]);
        made_progress();
    }
    must(sk_close(iface, listener, now()) == SK_OK);
    free(theirs);
    free(ours);
}

/* ---- The device ------------------------------------------------------------------------------ */

static void open_device(void)
{
    static const struct link_ops ops = { .rx = wire_rx, .tx = wire_tx };
    struct mac_addr mac = { { 2, 0, 0, 0, 9, 2 } };

    begin("the device");
    must(sk_tap_link_open(&tap, "sixteen-octets-0", mac, 1500) == SK_INVALID);
    must(sk_tap_link_open(&tap, "tap0", mac, 67) == SK_INVALID);
    must(sk_tap_link_open(&tap, "no/name", mac, 1500) == SK_NOT_SUPPORTED && errno == EINVAL);
    must(sk_own_fd_next(0) == -1);
    must(sk_tap_link_open(&tap, "tap0", mac, 1500) == SK_OK);
    must(sk_own_fd_has(tap.fd)); /* so no loop over all numbers closes it */
    wire = tap.link;
    wire.ops = &ops;
}

/* ---- With what options ----------------------------------------------------------------------- */

static void set_kernel(const char *name, bool on)
{
    char path[64];
    FILE *file;

    snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
    file = fopen(path, "w");
    must(file && fprintf(file, "%d\n", on) > 0);
    must(fclose(file) == 0);
}

/* `options`: of the kernel, any of t(imestamps), s(ack), w(indow scale), e(cn); we have those of
 * the profile. */
static void meet(const char *name, const struct tcp_profile *profile, const char *options,
                 uint32_t n, uint32_t mebibytes)
{
    const char *both = profile == &sk_tcp_basic ? strpbrk(options, "w") : options;
    void *memory;

    begin("options");
    ecn = strchr(options, 'e') != NULL;
    set_kernel("tcp_timestamps", strchr(options, 't'));
    set_kernel("tcp_sack", strchr(options, 's'));
    set_kernel("tcp_window_scaling", strchr(options, 'w'));
    set_kernel("tcp_ecn", ecn);
    memory = make_host(profile, n);
    bulk(both ? both : "", (uint64_t)mebibytes << 20);
    if (lose_one_in == 0) { /* a reset that is lost is not sent again */
        resets();
        refusals();
    }
    many(n);
    begin("goodbye");
    while (!sk_iface_drained(iface)) {
        turn();
    }
    printf("%s, the kernel's options %s: %u connections, %u MiB, %u segments sent again\n", name,
           *options ? options : "-", n, 6 * mebibytes,
           (unsigned)sk_iface_stats(iface)->tcp_retransmitted);
    must(lose_one_in == 0 || sk_iface_stats(iface)->tcp_retransmitted > mebibytes);
    free(memory);
}

/* Both repair what the wire loses. */
static void meet_on_a_bad_wire(const char *name, const struct tcp_profile *profile)
{
    lose_one_in = 100;
    meet(name, profile, "stw", 50, 2);
    meet(name, profile, "", 50, 1);
    lose_one_in = 0;
}

static const struct {
    const char *name;
    const struct tcp_profile *profile;
} profiles[] = { { "basic", &sk_tcp_basic }, { "full", &sk_tcp_full }, { "bbr", &sk_tcp_bbr } };

static void meet_with_all(const char *name, const struct tcp_profile *profile)
{
    char options[4];

    for (int mask = 0; mask < 8; mask++) {
        int len = 0;

        for (int i = 0; i < 3; i++) {
            if (mask & 1 << i) {
                options[len++] = "stw"[i];
            }
        }
        options[len] = '\0';
        meet(name, profile, options, 1000, 16);
    }
    meet(name, profile, "stw", 10000, 64);
}

int main(int argc, char **argv)
{
    bool all = argc > 1 && strcmp(argv[1], "all") == 0;
    uint32_t most = all ? 10000 : 300;
    struct rlimit limit;

    begin("start");
    must(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    must(limit.rlim_max > most + 100 && setrlimit(RLIMIT_NOFILE, &limit) == 0);
    open_device();
    for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
        if (all) {
            meet_with_all(profiles[i].name, profiles[i].profile);
        } else {
            meet(profiles[i].name, profiles[i].profile, "stw", most, 4);
            meet(profiles[i].name, profiles[i].profile, "", 100, 2);
        }
        meet_on_a_bad_wire(profiles[i].name, profiles[i].profile);
    }
    meet("full", &sk_tcp_full, "estw", 100, 4);
    meet("bbr", &sk_tcp_bbr, "estw", 100, 4);
    sk_tap_link_close(&tap);
    must(sk_own_fd_next(0) == -1);
    return 0;
}
