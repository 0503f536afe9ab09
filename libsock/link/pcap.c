/* SPDX-License-Identifier: BSD-3-Clause */
/* The capture wrapper. A frame is recorded when the inner link gave it or took it, so a refused one
 * is not. */
#include "link/pcap.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "link/own_fds.h"

#define PCAP_MAGIC 0xa1b2c3d4u /* microseconds */
#define PCAP_MAJOR 2
#define PCAP_MINOR 4
#define PCAP_HDR_LEN 24
#define LINKTYPE_ETHERNET 1
#define LINKTYPE_RAW 101 /* the packet begins with its IP header */
#define US_PER_S 1000000

static void put_le16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static void put_le32(uint8_t *p, uint32_t v)
{
    put_le16(p, (uint16_t)v);
    put_le16(p + 2, (uint16_t)(v >> 16));
}

static bool close_file(struct pcap_link *p)
{
    FILE *file = p->file;

    p->file = NULL;
    sk_own_fd_remove(fileno(file));
    return fclose(file) == 0;
}

static uint32_t kept_of(uint32_t len)
{
    return len < PCAP_SNAP_LEN ? len : PCAP_SNAP_LEN;
}

/* After the link sent it, the frame is gone. */
static void keep(struct pcap_link *p, const uint8_t *frame, uint32_t len)
{
    if (p->file) {
        memcpy(p->record + PCAP_RECORD_LEN, frame, kept_of(len));
    }
}

/* A pipe without a reader and a limit on files are errors like others, and not the end of the
 * program: the signals that they raise in this thread are taken out of its way. */
static bool write_quietly(const uint8_t *octets, size_t len, FILE *file)
{
    static const struct timespec at_once = { 0, 0 };
    sigset_t raised;
    sigset_t before;
    bool written;
    int error;

    sigemptyset(&raised);
    sigaddset(&raised, SIGPIPE);
    sigaddset(&raised, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &raised, &before);
    written = fwrite(octets, len, 1, file) == 1;
    error = errno;
    while (!written && sigtimedwait(&raised, NULL, &at_once) >= 0) {
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return written;
}

static bool write_header(struct pcap_link *p)
{
    uint8_t header[PCAP_HDR_LEN] = { 0 };

    put_le32(header, PCAP_MAGIC);
    put_le16(header + 4, PCAP_MAJOR);
    put_le16(header + 6, PCAP_MINOR);
    put_le32(header + 16, PCAP_SNAP_LEN);
    put_le32(header + 20, p->link.medium == LINK_ETHERNET ? LINKTYPE_ETHERNET : LINKTYPE_RAW);
    return write_quietly(header, sizeof(header), p->file);
}

/* Writes what was kept. */
static void record(struct pcap_link *p, uint32_t len, instant now)
{
    int64_t stamp = now + p->epoch;

    if (!p->file) {
        return;
    }
    put_le32(p->record, (uint32_t)(stamp / US_PER_S));
    put_le32(p->record + 4, (uint32_t)(stamp % US_PER_S));
    put_le32(p->record + 8, kept_of(len));
    put_le32(p->record + 12, len);
    if (!write_quietly(p->record, PCAP_RECORD_LEN + kept_of(len), p->file)) {
        fprintf(stderr, "libsock: %s: %s; the capture ends here\n", p->path, strerror(errno));
        close_file(p);
    }
}

static void inner_dropped(void *context, uint32_t n, enum drop_reason reason, const struct pkt *pkt)
{
    struct pcap_link *p = context;

    link_dropped(&p->link, n, reason, pkt);
}

static struct pkt *pcap_rx(struct link *link, struct pkt_pool *pool, instant now)
{
    struct pcap_link *p = (struct pcap_link *)link;
    struct pkt *pkt = p->inner->ops->rx(p->inner, pool, now);

    if (pkt) {
        keep(p, sk_pkt_data(pkt), pkt->len);
        record(p, pkt->len, now);
    }
    return pkt;
}

static enum sk_err pcap_tx(struct link *link, struct pkt *pkt, instant now)
{
    struct pcap_link *p = (struct pcap_link *)link;
    uint32_t len = pkt->len;
    enum sk_err err;

    keep(p, sk_pkt_data(pkt), len);
    err = p->inner->ops->tx(p->inner, pkt, now);
    if (err == SK_OK) {
        record(p, len, now);
    }
    return err;
}

static void pcap_flush(struct link *link, instant now)
{
    struct link *inner = ((struct pcap_link *)link)->inner;

    if (inner->ops->flush) {
        inner->ops->flush(inner, now);
    }
}

static instant pcap_poll_at(const struct link *link)
{
    const struct link *inner = ((const struct pcap_link *)link)->inner;

    return inner->ops->poll_at ? inner->ops->poll_at(inner) : NEVER;
}

static size_t pcap_wait_fds(struct link *link, struct pollfd *fds, size_t n)
{
    struct link *inner = ((struct pcap_link *)link)->inner;

    return inner->ops->wait_fds ? inner->ops->wait_fds(inner, fds, n) : 0;
}

static void pcap_take_groups(struct link *link, bool wanted)
{
    struct link *inner = ((struct pcap_link *)link)->inner;

    if (inner->ops->take_groups) {
        inner->ops->take_groups(inner, wanted);
    }
}

static bool pcap_holds(const struct link *link)
{
    const struct link *inner = ((const struct pcap_link *)link)->inner;

    return inner->ops->holds && inner->ops->holds(inner);
}

static const struct link_ops pcap_ops = {
    .rx = pcap_rx,
    .tx = pcap_tx,
    .flush = pcap_flush,
    .poll_at = pcap_poll_at,
    .take_groups = pcap_take_groups,
    .wait_fds = pcap_wait_fds,
    .holds = pcap_holds,
};

static void wrap(struct pcap_link *p, struct link *inner, const char *path, int64_t epoch)
{
    p->link = *inner;
    p->link.ops = &pcap_ops;
    p->inner = inner;
    inner->on_dropped = inner_dropped;
    inner->context = p;
    p->path = path;
    p->epoch = epoch;
}

static bool begin(struct pcap_link *p, const char *mode)
{
    p->file = fopen(p->path, mode);
    if (!p->file) {
        return false;
    }
    sk_own_fd_add(fileno(p->file));
    setvbuf(p->file, NULL, _IONBF, 0);
    return true;
}

/* Closes the file when its header could not be written. */
static bool go_on(struct pcap_link *p, bool written)
{
    int error = errno;

    if (!written) {
        close_file(p);
        errno = error;
    }
    return written;
}

bool sk_pcap_link_open(struct pcap_link *p, struct link *inner, const char *path, int64_t epoch)
{
    wrap(p, inner, path, epoch);
    return begin(p, "wbe") && go_on(p, write_header(p));
}

/* The header is the first process's to write. */
static bool write_first_header(struct pcap_link *p)
{
    struct stat s;
    int fd = fileno(p->file);
    bool written;

    if (flock(fd, LOCK_EX) != 0 || fstat(fd, &s) != 0) {
        return false;
    }
    written = s.st_size > 0 || write_header(p);
    flock(fd, LOCK_UN);
    return written;
}

bool sk_pcap_link_append(struct pcap_link *p, struct link *inner, const char *path, int64_t epoch)
{
    wrap(p, inner, path, epoch);
    return begin(p, "abe") && go_on(p, write_first_header(p));
}

bool sk_pcap_link_close(struct pcap_link *p)
{
    return p->file && close_file(p);
}
