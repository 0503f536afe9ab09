/* SPDX-License-Identifier: BSD-3-Clause */
/* libsock-sim: what links and switches do to frames, and what changes while they do. */
#include "tests/support/sim_product.h"

#include <sys/stat.h>
#include <time.h>

#define N_DATAGRAMS 1000

static void set_up(void)
{
    sim = NULL;
}

static off_t size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? st.st_size : -1;
}

static int64_t now(void)
{
    struct timespec t;

    ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &t), 0);
    return t.tv_sec * SECOND + t.tv_nsec / 1000;
}

/* ---- What a wire does ---- */

static int echo_datagrams(void *arg)
{
    int fd = udp_on(PORT);

    (void)arg;
    for (;;) {
        struct sockaddr_in from;
        socklen_t len = sizeof from;
        char octets[1500];
        ssize_t n = recvfrom(fd, octets, sizeof octets, 0, (struct sockaddr *)(void *)&from, &len);

        ck_assert_int_ge(n, 0);
        sendto(fd, octets, (size_t)n, 0, generic(&from), len);
    }
}

static int64_t round_trip(int fd, size_t size)
{
    struct sockaddr_in there = at("10.0.0.2", PORT);
    int64_t before = now();
    char octets[1500] = { 0 };

    ck_assert_int_eq(sendto(fd, octets, size, 0, generic(&there), sizeof there), (ssize_t)size);
    ck_assert_int_eq(recv(fd, octets, sizeof octets, 0), (ssize_t)size);
    return now() - before;
}

struct expectation {
    size_t size;
    int64_t us;
};

static int measure(void *arg)
{
    const struct expectation *e = arg;
    int fd = udp_on(0);

    round_trip(fd, 1); /* ARP */
    ck_assert_int_eq(round_trip(fd, e->size), e->us);
    return 0;
}

static void check_round_trip(struct sk_sim_wire wire, size_t size, int64_t us)
{
    struct expectation e = { size, us };

    make_world(&wire);
    sk_sim_daemon(sk_sim_call(server, "echo", echo_datagrams, NULL));
    sk_sim_call(client, "measure", measure, &e);
    assert_runs(MINUTE);
    end_world();
}

START_TEST(a_frame_takes_its_delay)
{
    check_round_trip((struct sk_sim_wire){ .delay = 30 * MS }, 100, 60 * MS);
}
END_TEST

/* 958 octets and 42 of headers at 1 Mbit/s take 8 ms. */
START_TEST(a_frame_takes_its_time_at_its_rate)
{
    check_round_trip((struct sk_sim_wire){ .rate = 1000000 }, 958, 16 * MS);
}
END_TEST

static size_t datagram_len = sizeof(uint32_t);
static uint32_t n_heard;
static uint32_t n_in_order;

static int count_datagrams(void *arg)
{
    int fd = udp_on(PORT);
    uint32_t last = 0;
    uint32_t number;

    (void)arg;
    n_heard = n_in_order = 0;
    while (recv(fd, &number, sizeof number, 0) == sizeof number) {
        n_heard++;
        n_in_order += number >= last;
        last = number;
    }
    return 1;
}

static int send_datagrams(void *arg)
{
    struct sockaddr_in there = at("10.0.0.2", PORT);
    char octets[1000] = { 0 };
    int fd = udp_on(0);

    (void)arg;
    sendto(fd, octets, datagram_len, 0, generic(&there), sizeof there); /* for ARP */
    sleep(1);
    for (uint32_t i = 1; i < N_DATAGRAMS; i++) {
        memcpy(octets, &i, sizeof i);
        sendto(fd, octets, datagram_len, 0, generic(&there), sizeof there);
        usleep(1000);
    }
    sleep(1);
    return 0;
}

static void count_over(struct sk_sim_wire wire)
{
    make_world(NULL);
    sk_sim_set_wire_at(link_between, NULL, &wire, 500 * MS);
    sk_sim_daemon(sk_sim_call(server, "count", count_datagrams, NULL));
    sk_sim_call(client, "send", send_datagrams, NULL);
    assert_runs(MINUTE);
    end_world();
}

START_TEST(a_perfect_link_loses_nothing)
{
    count_over((struct sk_sim_wire){ 0 });
    ck_assert_uint_eq(n_heard, N_DATAGRAMS);
    ck_assert_uint_eq(n_in_order, N_DATAGRAMS);
}
END_TEST

START_TEST(a_share_of_frames_is_lost)
{
    count_over((struct sk_sim_wire){ .loss = 30 * SK_SIM_PERCENT });
    ck_assert_uint_gt(n_heard, N_DATAGRAMS * 6 / 10);
    ck_assert_uint_lt(n_heard, N_DATAGRAMS * 8 / 10);
}
END_TEST

START_TEST(a_share_of_frames_is_damaged)
{
    count_over((struct sk_sim_wire){ .corrupt = 30 * SK_SIM_PERCENT });
    ck_assert_uint_gt(n_heard, N_DATAGRAMS * 6 / 10);
    ck_assert_uint_lt(n_heard, N_DATAGRAMS * 9 / 10); /* what pads short frames does not count */
}
END_TEST

START_TEST(a_share_of_frames_comes_twice)
{
    count_over((struct sk_sim_wire){ .duplicate = 30 * SK_SIM_PERCENT });
    ck_assert_uint_gt(n_heard, N_DATAGRAMS * 12 / 10);
    ck_assert_uint_lt(n_heard, N_DATAGRAMS * 14 / 10);
}
END_TEST

START_TEST(a_share_of_frames_is_overtaken)
{
    count_over((struct sk_sim_wire){ .reorder = 30 * SK_SIM_PERCENT, .reorder_delay = 10 * MS });
    ck_assert_uint_eq(n_heard, N_DATAGRAMS);
    ck_assert_uint_lt(n_in_order, N_DATAGRAMS * 9 / 10);
}
END_TEST

/* 46 octets a millisecond are more than 100 kbit/s carry, and the queue holds few. */
START_TEST(what_finds_no_room_in_the_queue_is_lost)
{
    count_over((struct sk_sim_wire){ .rate = 100000, .queue = 1000 });
    ck_assert_uint_gt(n_heard, 200);
    ck_assert_uint_lt(n_heard, 500);
}
END_TEST

/* A hundred frames and a half of 1,500 octets, by default. */
START_TEST(a_queue_is_never_endless)
{
    datagram_len = 1000;
    make_world(&(struct sk_sim_wire){ .rate = 100000 });
    sk_sim_daemon(sk_sim_call(server, "count", count_datagrams, NULL));
    sk_sim_call(client, "send", send_datagrams, NULL);
    assert_runs(MINUTE);
    sk_sim_run_for(sim, 5 * MINUTE);
    end_world();
    datagram_len = sizeof(uint32_t);
    ck_assert_uint_gt(n_heard, 140);
    ck_assert_uint_lt(n_heard, 200);
}
END_TEST

static bool lose_some(void *arg, uint64_t n, const uint8_t *octets, size_t len)
{
    uint32_t *n_lost = arg;
    bool lost = n >= 10 && n < 20;

    ck_assert_uint_ge(len, 14);
    ck_assert_uint_eq(octets[0], n == 0 ? 0xff : 2); /* ARP's request is to all */
    *n_lost += lost;
    return lost;
}

START_TEST(a_test_may_say_which_frames_are_lost)
{
    uint32_t n_lost = 0;

    make_world(NULL);
    ck_assert(sk_sim_lose(link_between, client, lose_some, &n_lost));
    sk_sim_daemon(sk_sim_call(server, "count", count_datagrams, NULL));
    sk_sim_call(client, "send", send_datagrams, NULL);
    assert_runs(MINUTE);
    ck_assert_uint_eq(n_lost, 10);
    ck_assert_uint_eq(n_heard, N_DATAGRAMS - 10);
    ck_assert_uint_eq(sk_sim_frames(link_between, client), 1 + N_DATAGRAMS);
    ck_assert_uint_eq(sk_sim_frames(link_between, server), 1);
    ck_assert(sk_sim_lose(link_between, client, NULL, NULL));
    end_world();
}
END_TEST

/* ---- What changes ---- */

START_TEST(a_link_changes_while_it_runs)
{
    struct sk_sim_wire lossy = { .loss = 100 * SK_SIM_PERCENT };
    struct sk_sim_wire perfect = { 0 };

    make_world(NULL);
    sk_sim_daemon(sk_sim_call(server, "count", count_datagrams, NULL));
    sk_sim_call(client, "send", send_datagrams, NULL);
    ck_assert(sk_sim_set_wire_at(link_between, client, &lossy, 1200 * MS + 500));
    ck_assert(sk_sim_set_wire_at(link_between, NULL, &perfect, 1300 * MS + 500));
    lossy.loss = 0; /* it was copied */
    assert_runs(MINUTE);
    ck_assert_uint_eq(n_heard, N_DATAGRAMS - 100);
    end_world();
}
END_TEST

START_TEST(one_direction_changes_alone)
{
    struct sk_sim_wire lossy = { .loss = 100 * SK_SIM_PERCENT };

    make_world(NULL);
    sk_sim_daemon(sk_sim_call(server, "count", count_datagrams, NULL));
    sk_sim_call(client, "send", send_datagrams, NULL);
    ck_assert(sk_sim_set_wire_at(link_between, server, &lossy, 1500 * MS)); /* ARP is over */
    assert_runs(MINUTE);
    ck_assert_uint_eq(n_heard, N_DATAGRAMS);
    end_world();
}
END_TEST

START_TEST(a_link_is_cut_and_healed)
{
    make_world(NULL);
    sk_sim_daemon(sk_sim_call(server, "count", count_datagrams, NULL));
    sk_sim_call(client, "send", send_datagrams, NULL);
    ck_assert(sk_sim_cut_at(link_between, 1200 * MS + 500));
    ck_assert(sk_sim_heal_at(link_between, 1300 * MS + 500));
    assert_runs(MINUTE);
    ck_assert_uint_eq(n_heard, N_DATAGRAMS - 100);
    end_world();
}
END_TEST

static int dial_and_fail(void *arg)
{
    ck_assert_int_lt(dial(arg, PORT), 0);
    ck_assert_int_eq(errno, EHOSTUNREACH);
    return 0;
}

START_TEST(a_link_may_be_cut_before_anything_runs)
{
    char there[] = "10.0.0.2";

    make_world(NULL);
    ck_assert(sk_sim_cut(link_between));
    sk_sim_call(client, "dial", dial_and_fail, there);
    assert_runs(MINUTE);
    assert_reported("the link client-server is cut");
    ck_assert(sk_sim_heal(link_between));
    end_world();
}
END_TEST

START_TEST(a_link_may_be_laid_while_it_runs)
{
    make_hosts(1);
    sk_sim_daemon(sk_sim_call(server, "echo", echo_server, NULL));
    ck_assert_int_eq(sk_sim_run_for(sim, SECOND), SK_SIM_DONE);
    ck_assert_ptr_nonnull(sk_sim_link(client, server, NULL));
    sk_sim_call(client, "ping", ping, NULL);
    assert_runs(MINUTE);
    end_world();
}
END_TEST

static int send_large(void *arg)
{
    struct sockaddr_in there = at("10.0.0.2", PORT);
    char octets[1200] = { 0 };
    int fd = udp_on(PORT);

    (void)arg;
    ck_assert_int_eq(sendto(fd, octets, sizeof octets, 0, generic(&there), sizeof there), 1200);
    ck_assert_int_eq(recv(fd, octets, sizeof octets, 0), 1200);
    return 0;
}

START_TEST(an_mtu_makes_fragments)
{
    make_world(&(struct sk_sim_wire){ .mtu = 600 });
    sk_sim_daemon(sk_sim_call(server, "echo", echo_datagrams, NULL));
    sk_sim_call(client, "large", send_large, NULL);
    assert_runs(MINUTE);
    ck_assert_uint_eq(sk_sim_frames(link_between, client), 1 + 3);
    end_world();
}
END_TEST

/* ---- Several ---- */

static int ping_a(void *arg)
{
    int fd = dial(arg, PORT);
    char octet = 'x';

    if (fd < 0 || send(fd, &octet, 1, 0) != 1 || recv(fd, &octet, 1, 0) != 1) {
        return 1;
    }
    close(fd);
    return 0;
}

START_TEST(hosts_on_a_switch_reach_each_other)
{
    static char addresses[4][16] = { "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4" };
    struct sk_sim_wire wire = { .delay = 5 * MS };
    struct sk_sim_host *hosts[4];
    struct sk_sim_link *links[4];
    struct sk_sim_lan *lan;

    sim = sk_sim_new(1);
    lan = sk_sim_lan(sim, "office");
    ck_assert_ptr_nonnull(lan);
    for (int i = 0; i < 4; i++) {
        char name[] = "host0";

        name[4] = (char)('0' + i);
        hosts[i] = sk_sim_host(sim, name, addresses[i]);
        links[i] = sk_sim_plug(hosts[i], lan, &wire);
        ck_assert_ptr_nonnull(links[i]);
        sk_sim_daemon(sk_sim_call(hosts[i], "echo", echo_server, NULL));
    }
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
            sk_sim_call(hosts[i], "ping", ping_a, addresses[j]);
        }
    }
    assert_runs(MINUTE);
    sk_sim_run_for(sim, SECOND); /* what is closing closes */
    char path[] = "sim_switch.XXXXXX";
    close(mkstemp(path));
    ck_assert(sk_sim_capture(links[3], hosts[3], path));
    sk_sim_call(hosts[0], "ping", ping_a, addresses[1]);
    assert_runs(MINUTE);
    ck_assert_int_eq(size_of(path), 24); /* nothing of it came here */
    unlink(path);
    sk_sim_cut(links[1]);
    struct sk_sim_program *p = sk_sim_call(hosts[0], "ping", ping_a, addresses[1]);
    struct sk_sim_program *q = sk_sim_call(hosts[2], "ping", ping_a, addresses[3]);
    ck_assert_int_ne(sk_sim_run_all(sim, 10 * MINUTE), SK_SIM_INVALID);
    ck_assert_int_ne(sk_sim_status(p), 0);
    ck_assert_int_eq(sk_sim_status(q), 0);
    end_world();
}
END_TEST

START_TEST(a_host_may_have_several_links)
{
    static char far_side[] = "10.1.0.1";
    static char middle[] = "10.1.0.2";

    make_world(NULL);
    struct sk_sim_host *third = sk_sim_host(sim, "third", far_side);
    ck_assert_ptr_nonnull(sk_sim_link_as(third, far_side, server, middle, NULL));
    sk_sim_daemon(sk_sim_call(server, "echo", echo_server, NULL));
    sk_sim_call(client, "ping", ping, NULL);
    sk_sim_call(third, "ping", ping_a, middle);
    assert_runs(MINUTE);
    end_world();
}
END_TEST

/* ---- Captures ---- */

START_TEST(a_capture_has_every_frame_at_its_time)
{
    char path[] = "sim_capture.XXXXXX";
    unsigned char octets[24 + 16];
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    close(fd);
    make_world(NULL);
    ck_assert(sk_sim_capture(link_between, server, path));
    ck_assert_int_eq(size_of(path), 24);
    sk_sim_run_for(sim, 5 * SECOND);
    sk_sim_daemon(sk_sim_call(server, "echo", echo_server, NULL));
    sk_sim_call(client, "ping", ping, NULL);
    assert_runs(MINUTE);
    ck_assert_int_gt(size_of(path), 24 + 8 * (16 + 60));
    assert_reported(path);
    end_world();
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fread(octets, sizeof octets, 1, file), 1);
    fclose(file);
    unlink(path);
    /* 1,000,000,005 seconds, the lowest octet first */
    ck_assert_uint_eq(octets[24], 0x05);
    ck_assert_uint_eq(octets[25], 0xca);
    ck_assert_uint_eq(octets[26], 0x9a);
    ck_assert_uint_eq(octets[27], 0x3b);
}
END_TEST

START_TEST(the_environment_captures_every_link)
{
    char directory[] = "sim_captures.XXXXXX";
    char path[128];

    ck_assert_ptr_nonnull(mkdtemp(directory));
    setenv("SIM_CAPTURE", directory, 1);
    make_world(NULL);
    unsetenv("SIM_CAPTURE");
    snprintf(path, sizeof path, "%s/client-server-seed1.pcap", directory);
    ck_assert_int_eq(size_of(path), 24);
    end_world();
    unlink(path);
    rmdir(directory);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_frame_takes_its_delay,
        a_frame_takes_its_time_at_its_rate,
        a_perfect_link_loses_nothing,
        a_share_of_frames_is_lost,
        a_share_of_frames_is_damaged,
        a_share_of_frames_comes_twice,
        a_share_of_frames_is_overtaken,
        what_finds_no_room_in_the_queue_is_lost,
        a_test_may_say_which_frames_are_lost,
        a_link_changes_while_it_runs,
        one_direction_changes_alone,
        a_link_is_cut_and_healed,
        a_link_may_be_cut_before_anything_runs,
        a_link_may_be_laid_while_it_runs,
        an_mtu_makes_fragments,
        hosts_on_a_switch_reach_each_other,
        a_host_may_have_several_links,
        a_capture_has_every_frame_at_its_time,
        the_environment_captures_every_link,
        a_queue_is_never_endless,
        NULL,
    };

    return suite_run_with("sim_links", tests, set_up);
}
