/* SPDX-License-Identifier: BSD-3-Clause */
/* libsock-sim: the same seed gives the same run, frame for frame; another seed another one. */
#include "tests/support/sim_product.h"

#define N_OCTETS 200000

static void set_up(void)
{
    unsetenv("SEED");
}

static int send_much(void *arg)
{
    static char octets[N_OCTETS];
    int fd = dial("10.0.0.2", PORT);

    (void)arg;
    if (fd < 0) {
        return errno;
    }
    for (size_t sent = 0; sent < sizeof octets;) {
        ssize_t n = send(fd, octets + sent, 4000, MSG_NOSIGNAL);

        if (n < 0) {
            return errno;
        }
        sent += (size_t)n;
    }
    close(fd);
    return 0;
}

static int hear_much(void *arg)
{
    int listener = listen_on(PORT);
    char octets[3000];
    int fd;

    (void)arg;
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        while (recv(fd, octets, sizeof octets, 0) > 0) {
        }
        close(fd);
    }
    return 1;
}

/* Everything that can happen, but a certain success. */
static void live(uint64_t seed, const char *path)
{
    struct sk_sim_wire bad = { .delay = 15 * MS,
                               .rate = 3000000,
                               .queue = 30000,
                               .loss = 2 * SK_SIM_PERCENT,
                               .duplicate = SK_SIM_PERCENT,
                               .corrupt = SK_SIM_PERCENT,
                               .reorder = 5 * SK_SIM_PERCENT,
                               .reorder_delay = 20 * MS };

    make_hosts(seed);
    link_between = sk_sim_link(client, server, &bad);
    ck_assert(sk_sim_capture(link_between, NULL, path));
    sk_sim_daemon(sk_sim_call(server, "hear", hear_much, NULL));
    sk_sim_daemon(sk_sim_call(client, "send", send_much, NULL));
    sk_sim_cut_at(link_between, 900 * MS);
    sk_sim_heal_at(link_between, 1400 * MS);
    sk_sim_crash_at(server, 2500 * MS);
    sk_sim_boot_at(server, 2600 * MS);
    sk_sim_crash_at(client, 5000 * MS);
    sk_sim_boot_at(client, 5100 * MS);
    ck_assert_int_eq(sk_sim_run_for(sim, 20 * SECOND), SK_SIM_DONE);
    end_world();
}

struct recording {
    char path[32];
    char *octets;
    size_t len;
};

static void record(struct recording *r, uint64_t seed)
{
    FILE *file;
    int fd;

    strcpy(r->path, "sim_replay.XXXXXX");
    fd = mkstemp(r->path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    live(seed, r->path);
    file = fopen(r->path, "r");
    ck_assert_ptr_nonnull(file);
    r->octets = malloc(10 * N_OCTETS);
    r->len = fread(r->octets, 1, 10 * N_OCTETS, file);
    fclose(file);
    unlink(r->path);
    ck_assert_uint_gt(r->len, N_OCTETS);
}

static bool are_equal(const struct recording *a, const struct recording *b)
{
    return a->len == b->len && memcmp(a->octets, b->octets, a->len) == 0;
}

START_TEST(a_seed_repeats_every_frame)
{
    struct recording once;
    struct recording again;
    struct recording other;
    struct recording from_environment;

    record(&once, 5);
    record(&again, 5);
    record(&other, 6);
    setenv("SEED", "0x5", 1);
    record(&from_environment, 77);
    ck_assert(are_equal(&once, &again));
    ck_assert(!are_equal(&once, &other));
    ck_assert(are_equal(&once, &from_environment));
    free(once.octets);
    free(again.octets);
    free(other.octets);
    free(from_environment.octets);
}
END_TEST

static char heard[101];

static int hear_some(void *arg)
{
    int fd = udp_on(PORT);
    unsigned char number;

    (void)arg;
    memset(heard, '.', 100);
    while (recv(fd, &number, 1, 0) == 1) {
        heard[number] = 'x';
    }
    return 1;
}

static int say_some(void *arg)
{
    struct sockaddr_in there = at("10.0.0.2", PORT);
    int fd = udp_on(0);

    (void)arg;
    for (unsigned char i = 0; i < 40; i++) {
        sendto(fd, &i, 1, 0, generic(&there), sizeof there);
        sleep(1);
    }
    return 0;
}

static void hear_with(uint64_t seed)
{
    struct sk_sim_wire lossy = { .loss = 50 * SK_SIM_PERCENT };

    make_hosts(seed);
    link_between = sk_sim_link(client, server, NULL);
    sk_sim_set_wire_at(link_between, client, &lossy, SECOND / 2);
    sk_sim_daemon(sk_sim_call(server, "hear", hear_some, NULL));
    sk_sim_call(client, "say", say_some, NULL);
    assert_runs(2 * MINUTE);
    end_world();
}

/* Nothing but the link draws numbers here. */
START_TEST(what_a_link_loses_depends_on_the_seed)
{
    char once[101];

    hear_with(1);
    memcpy(once, heard, sizeof once);
    hear_with(1);
    ck_assert_str_eq(heard, once);
    hear_with(2);
    ck_assert_str_ne(heard, once);
}
END_TEST

START_TEST(the_environment_has_the_last_word)
{
    static const char *const wrong[] = { "", "x", "-1", "1x", "18446744073709551616", " 1" };

    setenv("SEED", "18446744073709551615", 1);
    sim = sk_sim_new(1);
    ck_assert_uint_eq(sk_sim_seed(sim), UINT64_MAX);
    end_world();
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        setenv("SEED", wrong[i], 1);
        ck_assert_ptr_null(sk_sim_new(1));
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { a_seed_repeats_every_frame, the_environment_has_the_last_word,
                                   what_a_link_loses_depends_on_the_seed, NULL };

    return suite_run_with("sim_replay", tests, set_up);
}
