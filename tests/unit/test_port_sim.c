/* SPDX-License-Identifier: BSD-3-Clause */
/* The simulator: virtual time, programs that wait for each other, scripts, and runs that cannot
 * end. */
#include "tests/support/sim_fixture.h"

/* ---- Time ---- */

static int slow(void *arg)
{
    (void)arg;
    say('a');
    sk_sim_sleep(&sim, 1000);
    say('c');
    sk_sim_sleep(&sim, 2000);
    say('e');
    return 3;
}

static int quick(void *arg)
{
    (void)arg;
    say('b');
    sk_sim_sleep(&sim, 1500);
    say('d');
    sk_sim_sleep(&sim, 2000);
    say('f');
    return 4;
}

START_TEST(programs_take_turns_by_the_clock)
{
    struct sim_task *first;
    struct sim_task *second;
    int status = -1;

    start(1);
    first = sk_sim_spawn(sk_sim_host_add(&sim, "a", ifaces[0], NULL, NULL), slow, NULL);
    second = sk_sim_spawn(sk_sim_host_add(&sim, "b", ifaces[1], NULL, NULL), quick, NULL);
    ck_assert(!sk_sim_returned(first, &status));
    ck_assert_int_eq(status, -1);
    ck_assert_int_eq(sk_sim_run(&sim, HOUR), SIM_DONE);
    ck_assert_str_eq(text, "abcdef");
    ck_assert_int_eq(sk_sim_now(&sim), SIM_START + 3500);
    ck_assert(sk_sim_returned(first, &status));
    ck_assert_int_eq(status, 3);
    ck_assert(sk_sim_returned(second, &status));
    ck_assert_int_eq(status, 4);
    ck_assert(sk_sim_returned(second, NULL));
    end();
}
END_TEST

START_TEST(a_run_can_stop_and_go_on)
{
    start(1);
    sk_sim_host_add(&sim, "a", ifaces[0], slow, NULL);
    ck_assert_int_eq(sk_sim_run(&sim, SIM_START + 500), SIM_TIME_OVER);
    ck_assert_int_eq(sk_sim_now(&sim), SIM_START + 500);
    ck_assert_str_eq(text, "a");
    ck_assert_int_eq(sk_sim_run(&sim, 0), SIM_TIME_OVER);
    ck_assert_int_eq(sk_sim_now(&sim), SIM_START + 500);
    ck_assert_int_eq(sk_sim_run(&sim, SIM_START + 1000), SIM_TIME_OVER);
    ck_assert_str_eq(text, "ac");
    ck_assert_int_eq(sk_sim_run(&sim, HOUR), SIM_DONE);
    ck_assert_str_eq(text, "ace");
    end();
}
END_TEST

static int errno_keeper(void *arg)
{
    int mine = *(const int *)arg;
    int i;

    for (i = 0; i < 5; i++) {
        errno = mine;
        sk_sim_sleep(&sim, 10);
        ck_assert_int_eq(errno, mine);
    }
    return 0;
}

START_TEST(each_program_has_its_errno)
{
    static int numbers[2] = { 5, 6 };
    int i;

    start(1);
    for (i = 0; i < 2; i++) {
        sk_sim_host_add(&sim, "e", ifaces[i], errno_keeper, &numbers[i]);
    }
    ck_assert_int_eq(sk_sim_run(&sim, HOUR), SIM_DONE);
    end();
}
END_TEST

static void *states[8];
static int n_states;

static void note_state(void *state)
{
    states[n_states++] = state;
}

START_TEST(a_switch_names_the_state_of_its_host)
{
    start(1);
    n_states = 0;
    sim.on_switch = note_state;
    hosts[0] = sk_sim_host_add(&sim, "a", ifaces[0], slow, NULL);
    hosts[0]->state = &ifaces[0];
    hosts[1] = sk_sim_host_add(&sim, "b", ifaces[1], quick, NULL);
    hosts[1]->state = &ifaces[1];
    ck_assert_int_eq(sk_sim_run(&sim, HOUR), SIM_DONE);
    ck_assert_int_eq(n_states, 6);
    ck_assert_ptr_eq(states[0], &ifaces[0]);
    ck_assert_ptr_eq(states[1], &ifaces[1]);
    ck_assert_ptr_eq(states[2], &ifaces[0]);
    end();
}
END_TEST

/* ---- Waiting ---- */

static int wait_for_ever(void *arg)
{
    say('w');
    for (;;) {
        idle(*(struct sim_host **)arg, NEVER);
        say('!');
    }
    return 0;
}

START_TEST(a_deadlock_is_found)
{
    start(1);
    hosts[0] = sk_sim_host_add(&sim, "stuck", ifaces[0], wait_for_ever, &hosts[0]);
    sk_sim_host_add(&sim, "b", ifaces[1], quick, NULL);
    ck_assert_int_eq(sk_sim_run(&sim, HOUR), SIM_DEADLOCK);
    ck_assert_str_eq(text, "wbdf");
    end();
}
END_TEST

START_TEST(a_daemon_is_not_waited_for)
{
    start(1);
    hosts[0] = sk_sim_host_add(&sim, "daemon", ifaces[0], wait_for_ever, &hosts[0]);
    hosts[0]->daemon = true;
    sk_sim_host_add(&sim, "b", ifaces[1], quick, NULL);
    ck_assert_int_eq(sk_sim_run(&sim, HOUR), SIM_DONE);
    ck_assert_int_eq(sk_sim_drain(&sim, HOUR), SIM_DONE);
    end();
}
END_TEST

START_TEST(a_wake_ends_an_idle)
{
    start(1);
    hosts[0] = sk_sim_host_add(&sim, "woken", ifaces[0], wait_for_ever, &hosts[0]);
    hosts[0]->daemon = true;
    ck_assert_int_eq(sk_sim_drain(&sim, HOUR), SIM_DONE);
    ck_assert_str_eq(text, "w");
    hosts[0]->port.wake(&hosts[0]->port);
    ck_assert_int_eq(sk_sim_drain(&sim, HOUR), SIM_DONE);
    ck_assert_str_eq(text, "w!");
    end();
}
END_TEST

static bool every_second(void *arg, struct sk_iface *iface, instant now)
{
    int *n = arg;

    ck_assert_ptr_eq(iface, ifaces[0]);
    ck_assert_int_eq(now, SIM_START + *n * seconds(1));
    sk_sim_host_wake_at(hosts[0], now + seconds(1));
    return ++*n == 5;
}

START_TEST(a_script_is_called_when_it_asked)
{
    int n = 0;

    start(1);
    hosts[0] = sk_sim_host_add(&sim, "script", ifaces[0], NULL, NULL);
    sk_sim_host_script(hosts[0], every_second, &n);
    ck_assert_int_eq(sk_sim_run(&sim, HOUR), SIM_DONE);
    ck_assert_int_eq(n, 5);
    ck_assert_int_eq(sk_sim_now(&sim), SIM_START + seconds(4));
    end();
}
END_TEST

static bool never_over(void *arg, struct sk_iface *iface, instant now)
{
    (void)iface;
    if (arg) {
        sk_sim_host_wake_at(hosts[0], now);
    }
    return false;
}

START_TEST(a_script_that_waits_for_nothing_is_a_deadlock)
{
    start(1);
    hosts[0] = sk_sim_host_add(&sim, "script", ifaces[0], NULL, NULL);
    sk_sim_host_script(hosts[0], never_over, NULL);
    ck_assert_int_eq(sk_sim_run(&sim, HOUR), SIM_DEADLOCK);
    end();
}
END_TEST

START_TEST(a_livelock_is_found)
{
    start(1);
    sim.max_rounds = 1000;
    hosts[0] = sk_sim_host_add(&sim, "busy", ifaces[0], NULL, NULL);
    sk_sim_host_script(hosts[0], never_over, &sim);
    ck_assert_int_eq(sk_sim_run(&sim, HOUR), SIM_LIVELOCK);
    end();
}
END_TEST

/* ---- Interrupts ---- */

static struct sim_task *sleeper;
static enum port_idle how_it_ends;

static enum port_idle interrupted(void *arg)
{
    say(*(const char *)arg);
    return how_it_ends;
}

static int interrupter(void *arg)
{
    sk_sim_sleep(&sim, 1000);
    sk_sim_interrupt(sleeper, interrupted, arg);
    sk_sim_sleep(&sim, 5000);
    return 0;
}

static int interruptible(void *arg)
{
    instant until;

    (void)arg;
    ck_assert(!sk_sim_sleep(&sim, 3000));
    ck_assert_int_eq(sk_sim_now(&sim), SIM_START + 1000);
    ck_assert(sk_sim_sleep(&sim, 3000));
    ck_assert_int_eq(sk_sim_now(&sim), SIM_START + 4000);
    ck_assert_ptr_null(sk_sim_waits(sleeper, &until));
    return 0;
}

static void interrupt_with(enum port_idle how)
{
    static char letter = 'i';

    start(1);
    how_it_ends = how;
    sleeper = sk_sim_spawn(sk_sim_host_add(&sim, "a", ifaces[0], NULL, NULL), interruptible, NULL);
    sk_sim_host_add(&sim, "b", ifaces[1], interrupter, &letter);
    ck_assert_int_eq(sk_sim_run(&sim, HOUR), SIM_DONE);
    ck_assert_str_eq(text, "i");
    end();
}

START_TEST(an_interrupt_ends_a_sleep)
{
    interrupt_with(PORT_INTERRUPTED);
    interrupt_with(PORT_RESTART);
}
END_TEST

static struct port_wait *waited;

static int idle_until_told(void *arg)
{
    struct sim_host *host = arg;
    struct port_wait wait = { .until = NEVER };
    enum port_idle ended;

    waited = &wait;
    host->port.lock(&host->port);
    ended = host->port.idle(&host->port, host->iface, NEVER, &wait);
    host->port.unlock(&host->port);
    ck_assert_int_eq(ended, PORT_RESTART);
    return 0;
}

START_TEST(an_interrupt_ends_an_idle_and_says_how)
{
    static char letter = 'i';
    struct sim_host *host;
    instant until = 0;

    start(1);
    how_it_ends = PORT_RESTART;
    host = sk_sim_host_add(&sim, "a", ifaces[0], NULL, NULL);
    sleeper = sk_sim_spawn(host, idle_until_told, host);
    ck_assert_int_eq(sk_sim_run(&sim, SIM_START + 500), SIM_DEADLOCK);
    ck_assert_ptr_eq(sk_sim_waits(sleeper, &until), waited);
    ck_assert_int_eq(until, NEVER);
    sk_sim_interrupt(sleeper, interrupted, &letter);
    ck_assert_int_eq(sk_sim_run(&sim, HOUR), SIM_DONE);
    end();
}
END_TEST

/* ---- Programs and hosts that are no more ---- */

static int leave_early(void *arg)
{
    say('x');
    sk_sim_sleep(&sim, 10);
    sk_sim_exit(&sim, *(int *)arg);
}

START_TEST(a_program_may_end_before_its_main)
{
    int status = 9;
    struct sim_task *task;

    start(1);
    task = sk_sim_spawn(sk_sim_host_add(&sim, "a", ifaces[0], NULL, NULL), leave_early, &status);
    ck_assert_int_eq(sk_sim_run(&sim, HOUR), SIM_DONE);
    status = 0;
    ck_assert(sk_sim_returned(task, &status));
    ck_assert_int_eq(status, 9);
    end();
}
END_TEST

struct switcher {
    struct sim_device device; /* first */
    instant at;
    struct sim_host *victim;
    struct sim_task *other_victim;
    int n_polls;
};

static void switch_off(struct sim_device *device, instant now)
{
    struct switcher *s = (struct switcher *)device;

    ck_assert_int_eq(now, s->at);
    s->n_polls++;
    s->at = NEVER;
    if (s->victim) {
        sk_sim_host_remove(s->victim);
        sk_sim_forget(s->other_victim);
    }
}

static instant switch_at(const struct sim_device *device)
{
    return ((const struct switcher *)device)->at;
}

START_TEST(a_device_removes_hosts_and_programs)
{
    struct switcher s = { .device = { .poll = switch_off, .poll_at = switch_at },
                          .at = SIM_START + 1200 };
    struct switcher later = { .device = { .poll = switch_off, .poll_at = switch_at },
                              .at = SIM_START + 9000 };
    struct sim_host *stays;

    start(1);
    s.victim = sk_sim_host_add(&sim, "a", ifaces[0], slow, NULL);
    stays = sk_sim_host_add(&sim, "b", ifaces[1], quick, NULL);
    s.other_victim = sk_sim_spawn(stays, slow, NULL);
    sk_sim_device_add(&sim, &s.device);
    sk_sim_device_add(&sim, &later.device);
    ck_assert_int_eq(sk_sim_run(&sim, HOUR), SIM_DONE);
    ck_assert_str_eq(text, "abaccdf"); /* no e */
    ck_assert_int_eq(s.n_polls, 1);
    ck_assert_int_eq(later.n_polls, 0); /* no program is left to wait for it */
    ck_assert_int_eq(sk_sim_drain(&sim, HOUR), SIM_DONE);
    ck_assert_int_eq(later.n_polls, 1);
    end();
}
END_TEST

START_TEST(one_program_of_a_host_may_be_a_daemon)
{
    start(1);
    hosts[0] = sk_sim_host_add(&sim, "a", ifaces[0], slow, NULL);
    sk_sim_task_set(sk_sim_spawn(hosts[0], wait_for_ever, &hosts[0]), NULL, true);
    ck_assert_int_eq(sk_sim_run(&sim, HOUR), SIM_DONE);
    end();
}
END_TEST

static char seen_states[8];

static void see(void *state)
{
    seen_states[strlen(seen_states)] = *(const char *)state;
}

START_TEST(a_program_may_have_a_state_of_its_own)
{
    static char of_host = 'h';
    static char of_program = 'p';
    struct sim_host *host;

    memset(seen_states, 0, sizeof seen_states);
    start(1);
    sim.on_switch = see;
    host = sk_sim_host_add(&sim, "a", ifaces[0], NULL, NULL);
    host->state = &of_host;
    sk_sim_task_set(sk_sim_spawn(host, slow, NULL), &of_program, false);
    sk_sim_spawn(host, quick, NULL);
    ck_assert_int_eq(sk_sim_run(&sim, HOUR), SIM_DONE);
    ck_assert_str_eq(seen_states, "phphph");
    end();
}
END_TEST

/* ---- Programs that never wait ---- */

static int never_wait(void *arg)
{
    struct sim_host *host = arg;

    for (int i = 0; i < 100; i++) {
        host->port.lock(&host->port);
        host->port.unlock(&host->port);
    }
    sk_sim_sleep(&sim, 1);
    for (;;) {
        sk_sim_count_call(&sim);
    }
    return 0;
}

static const char *ended;

static void note_end(struct sim *ended_sim, const char *what)
{
    ck_assert_ptr_eq(ended_sim, &sim);
    ended = what;
}

START_TEST(a_program_that_never_waits_is_found)
{
    struct sim_task *task;
    struct sim_host *host;

    start(1);
    sim.max_calls = 100;
    host = sk_sim_host_add(&sim, "a", ifaces[0], NULL, NULL);
    task = sk_sim_spawn(host, never_wait, host);
    ck_assert_int_eq(sk_sim_run(&sim, HOUR), SIM_LIVELOCK); /* reported */
    ck_assert_int_eq(sk_sim_now(&sim), SIM_START + 1);
    sim.on_end = note_end;
    ck_assert_int_eq(sk_sim_run(&sim, HOUR), SIM_LIVELOCK);
    ck_assert_str_eq(ended, "livelock");
    sk_sim_forget(task);
    ck_assert_int_eq(sk_sim_run(&sim, HOUR), SIM_DONE);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        programs_take_turns_by_the_clock,
        a_run_can_stop_and_go_on,
        each_program_has_its_errno,
        a_switch_names_the_state_of_its_host,
        a_deadlock_is_found,
        a_daemon_is_not_waited_for,
        a_wake_ends_an_idle,
        a_script_is_called_when_it_asked,
        a_script_that_waits_for_nothing_is_a_deadlock,
        a_livelock_is_found,
        an_interrupt_ends_a_sleep,
        an_interrupt_ends_an_idle_and_says_how,
        a_program_may_end_before_its_main,
        a_device_removes_hosts_and_programs,
        one_program_of_a_host_may_be_a_daemon,
        a_program_may_have_a_state_of_its_own,
        a_program_that_never_waits_is_found,
        NULL,
    };

    return suite_run("port_sim", tests);
}
