/* SPDX-License-Identifier: BSD-3-Clause */
/* A test of two programs, ask and shout, whose sources are as they are but for the names of their
 * mains: cc -Dmain=ask_main -c ask.c */
#include <check.h>
#include <libsock-sim.h>
#include <stdlib.h>

int ask_main(int argc, char **argv);
int shout_main(int argc, char **argv);

static struct sk_sim *sim;
static struct sk_sim_host *client;
static struct sk_sim_host *server;
static struct sk_sim_link *wire;
static struct sk_sim_program *ask;

/* A server and a client that are a bad satellite apart. */
static void set_up(void)
{
    struct sk_sim_wire satellite = { .delay = 120 * SK_SIM_MS,
                                     .rate = 1000000,
                                     .loss = 10 * SK_SIM_PERCENT };

    sim = sk_sim_new(7);
    client = sk_sim_host(sim, "client", "10.0.0.1");
    server = sk_sim_host(sim, "server", "10.0.0.2");
    wire = sk_sim_link(client, server, &satellite);
    sk_sim_daemon(sk_sim_start(server, shout_main, "shout", "7000", NULL));
    ask = sk_sim_start(client, ask_main, "ask", "server", "7000", "hello", NULL);
}

static void tear_down(void)
{
    sk_sim_free(sim);
}

START_TEST(the_answer_comes_over_a_bad_link)
{
    sk_sim_ck_run(sim, 60 * SK_SIM_S);
}
END_TEST

START_TEST(a_server_that_boots_meanwhile_answers)
{
    sk_sim_crash(server);
    sk_sim_boot_at(server, 700 * SK_SIM_MS);
    sk_sim_ck_run(sim, 60 * SK_SIM_S);
    ck_assert_int_gt(sk_sim_time(sim), 700 * SK_SIM_MS);
}
END_TEST

/* Half a second, and twice as long each time: six times are 31.5 seconds. */
START_TEST(the_client_gives_up)
{
    sk_sim_cut(wire);
    ck_assert_int_eq(sk_sim_run_all(sim, 60 * SK_SIM_S), SK_SIM_DONE);
    ck_assert_int_eq(sk_sim_status(ask), EXIT_FAILURE);
    ck_assert_int_ge(sk_sim_time(sim), 31500 * SK_SIM_MS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ask");
    TCase *tcase = tcase_create("ask");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, the_answer_comes_over_a_bad_link);
    tcase_add_test(tcase, a_server_that_boots_meanwhile_answers);
    tcase_add_test(tcase, the_client_gives_up);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
