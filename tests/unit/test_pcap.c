/* SPDX-License-Identifier: BSD-3-Clause */
/* The capture wrapper: what it writes, octet by octet, and that traffic does not mind a disk that
 * is full. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "link/pair.h"
#include "link/pcap.h"
#include "tests/support/suite.h"

#define N_PKTS 4
#define PKT_CAP 2048

static struct pkt_pool pool;
static struct pkt pkts[N_PKTS];
static uint8_t octets[N_PKTS][PKT_CAP];
static struct pair wire;
static struct pcap_link capture;
static struct link *a;
static struct link *b;

static void start(enum link_medium medium)
{
    struct pair_config config = { .medium = medium };
    int i;

    sk_pkt_pool_init(&pool);
    for (i = 0; i < N_PKTS; i++) {
        sk_pkt_pool_add(&pool, &pkts[i], octets[i], PKT_CAP);
    }
    ck_assert_int_eq(sk_pair_init(&wire, &config, NULL, 0), SK_OK);
    a = &capture.link;
    b = &wire.ends[1].link;
}

static struct pkt *packet(const char *text)
{
    struct pkt *p = sk_pkt_alloc(&pool, 16);
    uint32_t len = (uint32_t)strlen(text);

    memcpy(sk_pkt_put(p, len), text, len);
    return p;
}

static size_t contents(const char *path, uint8_t *out, size_t cap)
{
    FILE *file = fopen(path, "rb");
    size_t len;

    ck_assert_ptr_nonnull(file);
    len = fread(out, 1, cap, file);
    fclose(file);
    return len;
}

static void new_path(char *path)
{
    int fd;

    strcpy(path, "pcap-test-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

START_TEST(both_directions_are_written)
{
    static const uint8_t expected[] = {
        0xd4, 0xc3, 0xb2, 0xa1, 2,    0,    4,    0, 0, 0, 0, 0, 0, 0, 0, 0, /* header */
        0x0d, 0,    1,    0,    1,    0,    0,    0,                         /* Ethernet */
        3,    0,    0,    0,    0x40, 0xe2, 0x01, 0, 5, 0, 0, 0, 5, 0, 0, 0, /* 3.123456 s */
        'f',  'i',  'r',  's',  't',                                         /* sent */
        4,    0,    0,    0,    2,    0,    0,    0, 6, 0, 0, 0, 6, 0, 0, 0, /* 4.000002 s */
        's',  'e',  'c',  'o',  'n',  'd',                                   /* received */
    };
    uint8_t got[256];
    char path[32];

    new_path(path);
    start(LINK_ETHERNET);
    ck_assert(sk_pcap_link_open(&capture, &wire.ends[0].link, path, 0));
    ck_assert_int_eq(a->ops->tx(a, packet("first"), 3123456), SK_OK);
    ck_assert_int_eq(b->ops->tx(b, packet("second"), 4000001), SK_OK);
    ck_assert_int_le(a->ops->poll_at(a), 4000001);
    sk_pkt_free(a->ops->rx(a, &pool, 4000002));
    ck_assert_ptr_null(a->ops->rx(a, &pool, 4000003));
    sk_pkt_free(b->ops->rx(b, &pool, 4000003));
    ck_assert_int_eq(a->ops->poll_at(a), NEVER);
    ck_assert_uint_eq(a->ops->wait_fds(a, NULL, 0), 0);
    ck_assert(sk_pcap_link_close(&capture));
    ck_assert_uint_eq(contents(path, got, sizeof(got)), sizeof(expected));
    ck_assert_mem_eq(got, expected, sizeof(expected));
    ck_assert_uint_eq(pool.n_free, N_PKTS);
    unlink(path);
}
END_TEST

START_TEST(bare_ip_has_its_own_link_type_and_the_epoch_counts)
{
    uint8_t got[256];
    char path[32];

    new_path(path);
    start(LINK_IP);
    ck_assert(sk_pcap_link_open(&capture, &wire.ends[0].link, path, 1600000000000000));
    ck_assert_int_eq(a->medium, LINK_IP);
    ck_assert_uint_eq(a->mtu, 1500);
    ck_assert_int_eq(a->ops->tx(a, packet("x"), 7), SK_OK);
    sk_pkt_free(b->ops->rx(b, &pool, 7));
    ck_assert(sk_pcap_link_close(&capture));
    ck_assert_uint_eq(contents(path, got, sizeof(got)), 24 + 16 + 1);
    ck_assert_uint_eq(got[20], 101);
    ck_assert_mem_eq(got + 24, "\x00\x10\x5e\x5f\x07\x00\x00\x00", 8);
    unlink(path);
}
END_TEST

START_TEST(a_refused_packet_is_not_written)
{
    uint8_t got[256];
    char path[32];
    struct pkt *p;

    new_path(path);
    start(LINK_ETHERNET);
    ck_assert(sk_pcap_link_open(&capture, &wire.ends[0].link, path, 0));
    ck_assert_int_eq(a->ops->tx(a, packet("1"), 0), SK_OK);
    ck_assert_int_eq(a->ops->tx(a, packet("2"), 0), SK_OK);
    p = packet("3");
    ck_assert_int_eq(a->ops->tx(a, p, 0), SK_AGAIN);
    sk_pkt_free(p);
    ck_assert(sk_pcap_link_close(&capture));
    ck_assert_uint_eq(contents(path, got, sizeof(got)), 24 + 2 * 17);
    sk_pkt_free(b->ops->rx(b, &pool, 0));
    sk_pkt_free(b->ops->rx(b, &pool, 0));
    ck_assert_uint_eq(pool.n_free, N_PKTS);
    unlink(path);
}
END_TEST

static void count(void *context, uint32_t n, enum drop_reason reason, const struct pkt *pkt)
{
    ck_assert_uint_eq(n, 1);
    ck_assert_uint_eq(reason, DROP_RX_OVERSIZE);
    ck_assert_ptr_nonnull(pkt);
    ++*(int *)context;
}

START_TEST(drops_of_the_inner_link_show)
{
    int n_seen = 0;
    struct pkt *p;
    char path[32];

    new_path(path);
    start(LINK_IP);
    ck_assert(sk_pcap_link_open(&capture, &wire.ends[0].link, path, 0));
    a->on_dropped = count;
    a->context = &n_seen;
    p = sk_pkt_alloc(&pool, 0);
    memset(sk_pkt_put(p, 1501), 0, 1501);
    ck_assert_int_eq(a->ops->tx(a, p, 0), SK_OK);
    ck_assert_uint_eq(a->drops[DROP_RX_OVERSIZE], 1);
    ck_assert_int_eq(n_seen, 1);
    ck_assert(sk_pcap_link_close(&capture));
    unlink(path);
}
END_TEST

/* The limit on files sends a signal that would be the end of the program. */
START_TEST(a_file_that_may_not_be_written_is_an_error)
{
    struct rlimit before;
    struct rlimit none;
    char path[32];
    bool opened;
    int error;

    new_path(path);
    start(LINK_ETHERNET);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_FSIZE, &none);
    opened = sk_pcap_link_open(&capture, &wire.ends[0].link, path, 0);
    error = errno;
    setrlimit(RLIMIT_FSIZE, &before);
    ck_assert(!opened);
    ck_assert_int_eq(error, EFBIG);
    ck_assert_int_eq(a->ops->tx(a, packet("1"), 0), SK_OK);
    unlink(path);
}
END_TEST

START_TEST(a_file_that_cannot_be_opened_stops_no_traffic)
{
    start(LINK_ETHERNET);
    ck_assert(!sk_pcap_link_open(&capture, &wire.ends[0].link, "no/such/directory/x.pcap", 0));
    ck_assert_int_eq(a->ops->tx(a, packet("1"), 0), SK_OK);
    sk_pkt_free(b->ops->rx(b, &pool, 0));
    ck_assert(!sk_pcap_link_close(&capture));
}
END_TEST

START_TEST(a_disk_that_was_full_before_is_an_error_at_once)
{
    if (access("/dev/full", W_OK) != 0) {
        return;
    }
    start(LINK_ETHERNET);
    ck_assert(!sk_pcap_link_open(&capture, &wire.ends[0].link, "/dev/full", 0));
    ck_assert_int_eq(errno, ENOSPC);
    ck_assert(!sk_pcap_link_close(&capture));
}
END_TEST

/* Sends until the file is full and then some, and says how many were taken. Check and stderr must
 * not write meanwhile: the limit is theirs, too. */
static int send_into_full_disk(const char *path, int n)
{
    int standard_error = dup(2);
    int nowhere = open("/dev/null", O_WRONLY);
    int n_taken = 0;
    struct rlimit unlimited;
    struct rlimit limit;

    getrlimit(RLIMIT_FSIZE, &unlimited);
    limit = unlimited;
    limit.rlim_cur = 24 + 17;
    dup2(nowhere, 2);
    setrlimit(RLIMIT_FSIZE, &limit);
    if (sk_pcap_link_open(&capture, &wire.ends[0].link, path, 0)) {
        for (int i = 0; i < n; i++) {
            n_taken += a->ops->tx(a, packet("x"), 0) == SK_OK;
            sk_pkt_free(b->ops->rx(b, &pool, 0));
        }
    }
    setrlimit(RLIMIT_FSIZE, &unlimited);
    dup2(standard_error, 2);
    close(standard_error);
    close(nowhere);
    return n_taken;
}

START_TEST(a_disk_that_fills_up_stops_no_traffic)
{
    uint8_t got[256];
    char path[32];

    new_path(path);
    start(LINK_ETHERNET);
    ck_assert_int_eq(send_into_full_disk(path, 1000), 1000);
    ck_assert(!sk_pcap_link_close(&capture));
    ck_assert_uint_eq(contents(path, got, sizeof(got)), 24 + 17);
    ck_assert_uint_eq(pool.n_free, N_PKTS);
    unlink(path);
}
END_TEST

START_TEST(a_reader_that_goes_away_stops_no_traffic)
{
    sigset_t mask;
    char path[32];
    int reader;

    new_path(path);
    unlink(path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    reader = open(path, O_RDONLY | O_NONBLOCK);
    ck_assert_int_ge(reader, 0);
    start(LINK_ETHERNET);
    ck_assert(sk_pcap_link_open(&capture, &wire.ends[0].link, path, 0));
    close(reader);
    ck_assert_int_eq(a->ops->tx(a, packet("x"), 0), SK_OK);
    sk_pkt_free(b->ops->rx(b, &pool, 0));
    ck_assert(!sk_pcap_link_close(&capture));
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    ck_assert(!sigismember(&mask, SIGPIPE)); /* as it was */
    unlink(path);
}
END_TEST

/* A program that crashes, and a child of fork. */
START_TEST(nothing_is_left_to_write_when_a_frame_has_passed)
{
    uint8_t got[256];
    char path[32];

    new_path(path);
    start(LINK_ETHERNET);
    ck_assert(sk_pcap_link_open(&capture, &wire.ends[0].link, path, 0));
    ck_assert_uint_eq(contents(path, got, sizeof(got)), 24);
    ck_assert_int_eq(a->ops->tx(a, packet("x"), 0), SK_OK);
    ck_assert_uint_eq(contents(path, got, sizeof(got)), 24 + 17);
    sk_pkt_free(b->ops->rx(b, &pool, 0));
    ck_assert(sk_pcap_link_close(&capture));
    unlink(path);
}
END_TEST

START_TEST(several_write_one_file)
{
    struct pcap_link other;
    uint8_t got[256];
    char path[32];

    new_path(path);
    start(LINK_ETHERNET);
    ck_assert(sk_pcap_link_append(&capture, &wire.ends[0].link, path, 0));
    ck_assert(sk_pcap_link_append(&other, &wire.ends[1].link, path, 0));
    ck_assert_int_eq(a->ops->tx(a, packet("x"), 1000000), SK_OK);
    sk_pkt_free(other.link.ops->rx(&other.link, &pool, 2000000));
    ck_assert_int_eq(a->ops->tx(a, packet("yz"), 3000000), SK_OK);
    ck_assert_uint_eq(contents(path, got, sizeof(got)), 24 + 17 + 17 + 18);
    ck_assert_uint_eq(got[24], 1);
    ck_assert_uint_eq(got[24 + 17], 2);
    ck_assert_uint_eq(got[24 + 17 + 17], 3);
    sk_pkt_free(b->ops->rx(b, &pool, 3000000));
    ck_assert(sk_pcap_link_close(&other));
    ck_assert(sk_pcap_link_close(&capture));
    ck_assert(!sk_pcap_link_append(&capture, &wire.ends[0].link, "/nonexistent/file", 0));
    ck_assert_int_eq(errno, ENOENT);
    unlink(path);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        both_directions_are_written,
        bare_ip_has_its_own_link_type_and_the_epoch_counts,
        a_refused_packet_is_not_written,
        drops_of_the_inner_link_show,
        a_file_that_cannot_be_opened_stops_no_traffic,
        a_file_that_may_not_be_written_is_an_error,
        a_disk_that_was_full_before_is_an_error_at_once,
        a_disk_that_fills_up_stops_no_traffic,
        a_reader_that_goes_away_stops_no_traffic,
        nothing_is_left_to_write_when_a_frame_has_passed,
        several_write_one_file,
        NULL,
    };

    return suite_run("pcap", tests);
}
