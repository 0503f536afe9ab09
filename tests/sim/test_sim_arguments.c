/* SPDX-License-Identifier: BSD-3-Clause */
/* libsock-sim: what is wrong with an argument is told, and NULL from an earlier mistake is no
 * further one. */
#include "tests/support/sim_product.h"

static void set_up(void)
{
    make_world(NULL);
}

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static int nothing_main(int argc, char **argv)
{
    (void)argc, (void)argv;
    return 0;
}

static void event(void *arg)
{
    (void)arg;
}

/* `wrong` is refused, and the run says why. */
#define refuses(wrong, why)                                                                        \
    do {                                                                                           \
        make_world(NULL);                                                                          \
        ck_assert_msg(!(wrong), "%s", #wrong);                                                     \
        ck_assert_int_eq(sk_sim_run_all(sim, SECOND), SK_SIM_INVALID);                             \
        assert_reported("invalid at 0.000000 s");                                                  \
        assert_reported(why);                                                                      \
        end_world();                                                                               \
    } while (0)

#define wire_of(...) (&(struct sk_sim_wire){ __VA_ARGS__ })

START_TEST(names_and_addresses_of_hosts)
{
    static const char *const names[] = {
        "",
        "a b",
        "a_b",
        "0123456789012345678901234567890123456789012345678901234567890123",
    };
    static const char *const addresses[] = {
        "",
        "10.0.0",
        "10.0.0.256",
        "10.0.0.1:80",
        "10.0.0.1/",
        "10.0.0.1/0",
        "10.0.0.1/33",
        "10.0.0.1/x",
        "127.0.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "10.0.0.0",
        "10.0.0.255",
        "10.0.0.3/30",
        "255.255.255.255",
        "name",
        "1.2.3.4.5.6.7.8.9.10.11.12.13",
        "10.0.0.1 ",
        "10.0.0.1/24 ",
    };

    end_world();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        refuses(sk_sim_host(sim, names[i], "10.0.0.3"), "is no name of a host");
    }
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        refuses(sk_sim_host(sim, "third", addresses[i]), "is no address of a host");
    }
    refuses(sk_sim_host(sim, NULL, "10.0.0.3"), "\"NULL\" is no name");
    refuses(sk_sim_host(sim, "third", NULL), "\"NULL\" is no address");
    refuses(sk_sim_host(sim, "Client", "10.0.0.3"), "a host called \"Client\" already");
}
END_TEST

START_TEST(addresses_at_their_limits)
{
    ck_assert_ptr_nonnull(sk_sim_host(sim, "a", "10.0.0.1/31"));
    ck_assert_ptr_nonnull(sk_sim_host(sim, "b", "10.0.0.0/31"));
    ck_assert_ptr_nonnull(sk_sim_host(sim, "c.example", "192.168.1.254/24"));
    ck_assert_ptr_nonnull(sk_sim_host(sim, "d", "1.0.0.1/8"));
    ck_assert_int_eq(sk_sim_run_all(sim, SECOND), SK_SIM_DONE);
    end_world();
}
END_TEST

START_TEST(ends_of_links)
{
    struct sk_sim *other = sk_sim_new(2);
    struct sk_sim_host *stranger = sk_sim_host(other, "stranger", "10.0.0.9");
    struct sk_sim_lan *lan = sk_sim_lan(other, "lan");

    end_world();
    refuses(sk_sim_link(client, client, NULL), "not two hosts of one simulation");
    refuses(sk_sim_link(client, stranger, NULL), "not two hosts of one simulation");
    refuses(sk_sim_link(client, server, NULL), "sk_sim_link: client is in that network by the link "
                                               "client-server already");
    refuses(sk_sim_link(client, sk_sim_host(sim, "far", "10.1.0.1"), NULL),
            "the addresses of client and far are not two of one network");
    refuses(sk_sim_link(client, sk_sim_host(sim, "twin", "10.0.0.1"), NULL),
            "the addresses of client and twin are not two of one network");
    refuses(sk_sim_link_as(client, "10.1.0.1", server, "x", NULL), "\"x\" is no address");
    refuses(sk_sim_link_as(client, NULL, server, "10.1.0.1", NULL), "\"NULL\" is no address");
    refuses(sk_sim_link_as(client, "10.1.0.1", server, NULL, NULL), "\"NULL\" is no address");
    refuses(sk_sim_lan(sim, NULL), "sk_sim_lan: \"NULL\" is no name");
    refuses(sk_sim_lan(sim, ""), "sk_sim_lan: \"\" is no name");
    refuses(sk_sim_lan(sim, "a/b"), "sk_sim_lan: \"a/b\" is no name");
    refuses(sk_sim_plug(client, lan, NULL), "lan is of another simulation");
    refuses(sk_sim_plug(client, sk_sim_lan(sim, "own"), NULL), "client is in that network");
    refuses(sk_sim_plug_as(client, NULL, sk_sim_lan(sim, "own"), NULL), "\"NULL\" is no address");
    sk_sim_free(other);
}
END_TEST

START_TEST(one_address_once_on_a_switch)
{
    struct sk_sim_lan *lan = sk_sim_lan(sim, "lan");
    struct sk_sim_host *a = sk_sim_host(sim, "a", "10.5.0.1");
    struct sk_sim_host *b = sk_sim_host(sim, "b", "10.5.0.1");

    ck_assert_ptr_nonnull(sk_sim_plug(a, lan, NULL));
    ck_assert_ptr_null(sk_sim_plug(b, lan, NULL));
    assert_reported("the address of b is another's on lan");
    end_world();
}
END_TEST

START_TEST(a_host_has_so_many_links)
{
    int n = 1; /* the client's */

    for (;; n++) {
        char name[16];
        char here[24];
        char there[24];

        snprintf(name, sizeof name, "h%d", n);
        snprintf(here, sizeof here, "10.2.%d.1", n);
        snprintf(there, sizeof there, "10.2.%d.2", n);
        if (!sk_sim_link_as(client, here, sk_sim_host(sim, name, there), there, NULL)) {
            break;
        }
    }
    ck_assert_int_eq(n, 16);
    assert_reported("client has 16 links, which is the most");
    end_world();
}
END_TEST

START_TEST(what_a_wire_cannot_be)
{
    struct sk_sim_wire *wrong[] = {
        wire_of(.delay = -1),
        wire_of(.delay = 86401 * SECOND),
        wire_of(.reorder_delay = -1),
        wire_of(.loss = 1000001),
        wire_of(.duplicate = 1000001),
        wire_of(.corrupt = 1000001),
        wire_of(.reorder = 1000001, .reorder_delay = 1),
        wire_of(.reorder = 1),
        wire_of(.rate = 7),
        wire_of(.mtu = 67),
    };

    end_world();
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        refuses(sk_sim_set_wire(link_between, NULL, wrong[i]), "sk_sim_set_wire: ");
        refuses(sk_sim_link_as(client, "10.1.0.1", server, "10.1.0.2", wrong[i]),
                "sk_sim_link_as: ");
    }
    refuses(sk_sim_set_wire(link_between, NULL, NULL), "no wire");
    refuses(sk_sim_set_wire_at(link_between, NULL, NULL, 0), "no wire");
    refuses(sk_sim_set_wire(link_between, NULL, wire_of(.mtu = 1400)), "for good");
    refuses(sk_sim_set_wire(link_between, sk_sim_host(sim, "x", "10.1.0.1"), wire_of(.delay = 1)),
            "sk_sim_set_wire: x is not at the link client-server");
    refuses(sk_sim_lose(link_between, NULL, NULL, NULL), "sk_sim_lose: NULL is not at the link");
    refuses(sk_sim_frames(link_between, NULL), "sk_sim_frames: NULL is not at the link");
}
END_TEST

static bool capture_twice(void)
{
    return sk_sim_capture(link_between, NULL, "/dev/null") &&
           sk_sim_capture(link_between, client, "/dev/null");
}

START_TEST(captures)
{
    end_world();
    refuses(sk_sim_capture(link_between, NULL, NULL), "sk_sim_capture: no path");
    refuses(sk_sim_capture(link_between, NULL, "/nowhere/x"), "/nowhere/x: No such file");
    refuses(capture_twice(), "it is captured there already");
}
END_TEST

START_TEST(programs)
{
    static const char *const none[] = { NULL };

    end_world();
    refuses(sk_sim_start(client, nothing_main, NULL), "sk_sim_start: argv[0] is missing");
    refuses(sk_sim_start(client, NULL, "x", NULL), "sk_sim_start: no main");
    refuses(sk_sim_startv(client, nothing_main, none), "argv[0] is missing");
    refuses(sk_sim_startv(client, nothing_main, NULL), "argv[0] is missing");
    refuses(sk_sim_exec(client, NULL, "x", NULL), "sk_sim_exec: NULL: no path");
    refuses(sk_sim_exec(client, "/nowhere", "x", NULL), "sk_sim_exec: /nowhere: No such file");
    refuses(sk_sim_exec(client, "/dev/null", NULL), "sk_sim_exec: argv[0] is missing");
    refuses(sk_sim_execv(client, "/dev/null", none), "sk_sim_exec: argv[0] is missing");
    refuses(sk_sim_call(client, NULL, nothing, NULL), "sk_sim_call: no name");
    refuses(sk_sim_call(client, "x", NULL, NULL), "sk_sim_call: no function");
    refuses(sk_sim_signal(sk_sim_call(client, "x", nothing, NULL), SIGKILL),
            "sk_sim_signal: 9 is no signal of a program's");
    refuses(sk_sim_signal(sk_sim_call(client, "x", nothing, NULL), 0), "0 is no signal");
    refuses(sk_sim_signal(sk_sim_call(client, "x", nothing, NULL), 1000), "1000 is no signal");
}
END_TEST

START_TEST(what_is_no_shared_object)
{
    struct sk_sim_program *p = sk_sim_exec(client, "/dev/null", "null", NULL);

    ck_assert_int_eq(sk_sim_run_all(sim, SECOND), SK_SIM_INVALID);
    assert_reported("sk_sim_exec: /dev/null: ");
    ck_assert_int_eq(sk_sim_status(p), 127);
    end_world();
}
END_TEST

START_TEST(times)
{
    end_world();
    refuses(sk_sim_at(sim, -1, event, NULL), "sk_sim_at: -1 us have passed");
    refuses(sk_sim_at(sim, 0, NULL, NULL), "sk_sim_at: nothing to call");
    refuses(sk_sim_at(sim, INT64_MAX, event, NULL), "is too late");
    refuses(sk_sim_cut_at(link_between, -1), "sk_sim_cut_at: -1 us");
    refuses(sk_sim_heal_at(link_between, -1), "sk_sim_heal_at: -1 us");
    refuses(sk_sim_crash_at(client, -1), "sk_sim_crash_at: -1 us");
    refuses(sk_sim_boot_at(client, -1), "sk_sim_boot_at: -1 us");
    refuses(sk_sim_signal_at(sk_sim_call(client, "x", nothing, NULL), SIGTERM, -1),
            "sk_sim_signal_at: -1 us");
    refuses(sk_sim_set_wire_at(link_between, NULL, wire_of(.delay = 1), -1),
            "sk_sim_set_wire_at: -1 us");
    make_world(NULL);
    ck_assert_int_eq(sk_sim_run_for(sim, -1), SK_SIM_INVALID);
    assert_reported("sk_sim_run_for: -1 microseconds are no time");
    end_world();
    make_world(NULL);
    ck_assert_int_eq(sk_sim_run_all(sim, -1), SK_SIM_INVALID);
    assert_reported("sk_sim_run_all: -1 microseconds are no time");
    end_world();
}
END_TEST

static bool crash_twice(void)
{
    return sk_sim_crash(client) && sk_sim_crash(client);
}

START_TEST(power)
{
    end_world();
    refuses(crash_twice(), "sk_sim_crash: client has crashed already");
    refuses(sk_sim_boot(client), "sk_sim_boot: client is on");
    make_world(NULL);
    ck_assert_int_eq(sk_sim_run_all(sim, SECOND), SK_SIM_DONE);
    ck_assert(!sk_sim_configure(client, NULL, NULL));
    assert_reported("sk_sim_configure: client is on");
    end_world();
}
END_TEST

static int run_inside(void *arg)
{
    (void)arg;
    ck_assert_int_eq(sk_sim_run_all(sim, SECOND), SK_SIM_INVALID);
    ck_assert_str_eq(sk_sim_report(sim), "it is running\n");
    return 0;
}

START_TEST(a_run_within_a_run)
{
    sk_sim_call(client, "inside", run_inside, NULL);
    ck_assert_int_eq(sk_sim_run_all(sim, SECOND), SK_SIM_INVALID);
    assert_reported("sk_sim_run_all: a simulation runs already");
    end_world();
}
END_TEST

static int free_inside(void *arg)
{
    (void)arg;
    sk_sim_free(sim);
    return 0;
}

START_TEST(an_end_within_a_run)
{
    sk_sim_call(client, "inside", free_inside, NULL);
    ck_assert_int_eq(sk_sim_run_all(sim, SECOND), SK_SIM_INVALID);
    assert_reported("sk_sim_free: it is running");
    end_world();
}
END_TEST

/* The first mistake is the one that counts. */
START_TEST(null_is_no_further_mistake)
{
    struct sk_sim_wire wire = { 0 };

    end_world();
    ck_assert_ptr_null(sk_sim_host(NULL, "a", "10.0.0.1"));
    ck_assert(!sk_sim_configure(NULL, NULL, NULL));
    ck_assert(!sk_sim_crash(NULL));
    ck_assert(!sk_sim_boot(NULL));
    ck_assert_ptr_null(sk_sim_link(NULL, NULL, &wire));
    ck_assert_ptr_null(sk_sim_link_as(NULL, "10.0.0.1", NULL, "10.0.0.2", &wire));
    ck_assert_ptr_null(sk_sim_lan(NULL, "a"));
    ck_assert_ptr_null(sk_sim_plug(NULL, NULL, &wire));
    ck_assert_ptr_null(sk_sim_plug_as(NULL, "10.0.0.1", NULL, &wire));
    ck_assert(!sk_sim_set_wire(NULL, NULL, &wire));
    ck_assert(!sk_sim_cut(NULL));
    ck_assert(!sk_sim_heal(NULL));
    ck_assert(!sk_sim_lose(NULL, NULL, NULL, NULL));
    ck_assert_uint_eq(sk_sim_frames(NULL, NULL), 0);
    ck_assert(!sk_sim_capture(NULL, NULL, "x"));
    ck_assert_ptr_null(sk_sim_start(NULL, nothing_main, "x", NULL));
    ck_assert_ptr_null(sk_sim_startv(NULL, nothing_main, NULL));
    ck_assert_ptr_null(sk_sim_exec(NULL, "x", "x", NULL));
    ck_assert_ptr_null(sk_sim_execv(NULL, "x", NULL));
    ck_assert_ptr_null(sk_sim_call(NULL, "x", nothing, NULL));
    ck_assert_ptr_null(sk_sim_daemon(NULL));
    ck_assert_int_eq(sk_sim_status(NULL), SK_SIM_NO_PROGRAM);
    ck_assert(!sk_sim_signal(NULL, SIGTERM));
    ck_assert(!sk_sim_at(NULL, 0, event, NULL));
    ck_assert(!sk_sim_cut_at(NULL, 0));
    ck_assert(!sk_sim_heal_at(NULL, 0));
    ck_assert(!sk_sim_crash_at(NULL, 0));
    ck_assert(!sk_sim_boot_at(NULL, 0));
    ck_assert(!sk_sim_signal_at(NULL, SIGTERM, 0));
    ck_assert(!sk_sim_set_wire_at(NULL, NULL, &wire, 0));
    ck_assert_int_eq(sk_sim_run_all(NULL, 0), SK_SIM_INVALID);
    ck_assert_int_eq(sk_sim_run_for(NULL, 0), SK_SIM_INVALID);
    ck_assert(!sk_sim_succeeds(NULL, 0));
    ck_assert_str_eq(sk_sim_report(NULL), "there is no simulation\n");
    ck_assert_uint_eq(sk_sim_seed(NULL), 0);
    ck_assert_int_eq(sk_sim_time(NULL), 0);
    sk_sim_free(NULL);

    make_world(NULL);
    sk_sim_host(sim, "first", "x");
    sk_sim_host(sim, "second", "y");
    assert_reported("\"x\" is no address");
    ck_assert(!report_has("\"y\""));
    end_world();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        names_and_addresses_of_hosts,
        addresses_at_their_limits,
        ends_of_links,
        one_address_once_on_a_switch,
        a_host_has_so_many_links,
        what_a_wire_cannot_be,
        captures,
        programs,
        what_is_no_shared_object,
        times,
        power,
        a_run_within_a_run,
        an_end_within_a_run,
        null_is_no_further_mistake,
        NULL,
    };

    return suite_run_with("sim_arguments", tests, set_up);
}
