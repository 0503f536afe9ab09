/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * block_on: one loop, three deadlines. The port is a script: its clock moves in idle only, so every
 * call that the loop makes, and with or without the lock, can be seen.
 */
#include "compat/block.h"
#include "compat/compat.h"
#include "tests/support/suite.h"

#include <stdlib.h>

#define NOTHING_DUE 3600000000LL /* microseconds: what the test calls for ever */

struct script {
    struct port port;
    instant now;
    bool locked;
    int n_idle;
    int n_background;
    instant last_background;
    duration longest_gap; /* between two calls of the hook */
    duration idle_step;   /* how long an idle takes at most; 0: as long as it is told */
    enum port_idle idle_ends;
    enum sk_err from_hook;
    bool call_from_hook;
    struct sk_iface *iface;
    void *memory;
};

static struct script *script_of(const struct port *port)
{
    return (struct script *)(uintptr_t)port;
}

static instant now(const struct port *port)
{
    return script_of(port)->now;
}

static void lock(const struct port *port)
{
    ck_assert(!script_of(port)->locked);
    script_of(port)->locked = true;
}

static void unlock(const struct port *port)
{
    ck_assert(script_of(port)->locked);
    script_of(port)->locked = false;
}

static enum port_idle idle(const struct port *port, struct sk_iface *iface, instant until,
                           const struct port_wait *wait)
{
    struct script *s = script_of(port);

    ck_assert(s->locked);
    ck_assert_ptr_eq(iface, s->iface);
    ck_assert_msg(until > s->now, "an idle that cannot take any time");
    ck_assert(wait->until >= until);
    s->n_idle++;
    s->now = s->idle_step != 0 && s->now + s->idle_step < until ? s->now + s->idle_step : until;
    return s->idle_ends;
}

/* ---- Operations ---- */

struct timed {
    struct sk_op op;
    instant done_at;
    enum sk_err result;
    int n_polls;
    instant last_poll;
    duration longest_gap;
};

static enum sk_err poll_timed(struct sk_op *op, struct sk_iface *iface, instant at)
{
    struct timed *t = (struct timed *)op;

    (void)iface;
    if (t->n_polls++ > 0 && at - t->last_poll > t->longest_gap) {
        t->longest_gap = at - t->last_poll;
    }
    t->last_poll = at;
    return at >= t->done_at ? t->result : SK_PENDING;
}

static struct timed timed(instant done_at, enum sk_err result)
{
    return (struct timed){ .op = { .poll = poll_timed }, .done_at = done_at, .result = result };
}

static void background(const struct port *port)
{
    struct script *s = script_of(port);
    struct timed inner = timed(NEVER, SK_OK);

    ck_assert_msg(!s->locked, "the hook is called with the lock held");
    if (s->n_background++ > 0 && s->now - s->last_background > s->longest_gap) {
        s->longest_gap = s->now - s->last_background;
    }
    s->last_background = s->now;
    if (s->call_from_hook) {
        ck_assert_int_eq(block_on(port, s->iface, &inner.op, AT_ONCE), SK_AGAIN);
        s->from_hook = block_on(port, s->iface, &inner.op, NEVER);
    }
}

static void begin(struct script *s)
{
    static const struct sk_config config = { .size = sizeof config };

    *s = (struct script){ .now = 1000 };
    s->port = (struct port){ .now = now, .lock = lock, .unlock = unlock, .idle = idle };
    s->memory = aligned_alloc(16, (sk_iface_size(&config) + 15) & ~(size_t)15);
    s->iface = sk_iface_init(&config, s->memory, sk_iface_size(&config), s->now);
    ck_assert_ptr_nonnull(s->iface);
}

static void end(struct script *s)
{
    ck_assert(!s->locked);
    ck_assert_ptr_null(libsock_iface()); /* a wait needs no host of the process */
    free(s->memory);
}

/* ---- Tests ---- */

START_TEST(what_is_done_does_not_wait)
{
    struct script s;
    struct timed t = timed(0, SK_REFUSED);

    begin(&s);
    ck_assert_int_eq(block_on(&s.port, s.iface, &t.op, NEVER), SK_REFUSED);
    ck_assert_int_eq(t.n_polls, 1);
    ck_assert_int_eq(s.n_idle, 0);
    end(&s);
}
END_TEST

START_TEST(at_once_polls_once_and_says_again)
{
    struct script s;
    struct timed t = timed(NEVER, SK_OK);

    begin(&s);
    s.port.background = background;
    ck_assert_int_eq(block_on(&s.port, s.iface, &t.op, AT_ONCE), SK_AGAIN);
    ck_assert_int_eq(t.n_polls, 1);
    ck_assert_int_eq(s.n_idle, 0);
    ck_assert_int_eq(s.n_background, 0);
    end(&s);
}
END_TEST

START_TEST(a_deadline_is_exact)
{
    struct script s;
    struct timed t = timed(NEVER, SK_OK);

    begin(&s);
    ck_assert_int_eq(block_on(&s.port, s.iface, &t.op, block_deadline(&s.port, 12345)), SK_AGAIN);
    ck_assert_int_eq(s.now, 1000 + 12345);
    ck_assert_int_eq(t.last_poll, s.now);
    end(&s);
}
END_TEST

START_TEST(what_is_done_at_the_deadline_is_done)
{
    struct script s;
    struct timed t = timed(1000 + 500, SK_OK);

    begin(&s);
    ck_assert_int_eq(block_on(&s.port, s.iface, &t.op, 1000 + 500), SK_OK);
    end(&s);
}
END_TEST

START_TEST(no_timeout_is_never)
{
    struct script s;

    begin(&s);
    ck_assert(block_deadline(&s.port, 0) == NEVER);
    ck_assert(block_deadline(&s.port, 1) == 1001);
    ck_assert(block_deadline(&s.port, NEVER - 10) == NEVER);
    end(&s);
}
END_TEST

START_TEST(an_early_idle_is_repeated)
{
    struct script s;
    struct timed t = timed(1000 + 950, SK_OK);

    begin(&s);
    s.idle_step = 100;
    ck_assert_int_eq(block_on(&s.port, s.iface, &t.op, NOTHING_DUE), SK_OK);
    ck_assert_int_eq(s.now, 1000 + 1000);
    ck_assert_int_eq(s.n_idle, 10);
    end(&s);
}
END_TEST

START_TEST(the_hook_runs_every_ten_milliseconds_without_the_lock)
{
    struct script s;
    struct timed t = timed(1000 + 1000000, SK_OK);

    begin(&s);
    s.port.background = background;
    ck_assert_int_eq(block_on(&s.port, s.iface, &t.op, 1000 + 1000000), SK_OK);
    ck_assert_int_ge(s.n_background, 100);
    ck_assert_int_le(s.n_background, 101);
    ck_assert_int_le(s.longest_gap, BACKGROUND_EVERY);
    end(&s);
}
END_TEST

START_TEST(the_hook_runs_though_the_port_is_never_idle_for_long)
{
    struct script s;
    struct timed t = timed(1000 + 100000, SK_OK);

    begin(&s);
    s.port.background = background;
    s.idle_step = 3000;
    ck_assert_int_eq(block_on(&s.port, s.iface, &t.op, NOTHING_DUE), SK_OK);
    ck_assert_int_ge(s.n_background, 10);
    ck_assert_int_le(s.longest_gap, BACKGROUND_EVERY + 3000);
    end(&s);
}
END_TEST

START_TEST(the_hook_may_call_but_not_block)
{
    struct script s;
    struct timed t = timed(1000 + 50000, SK_OK);
    struct timed later = timed(1000 + 60000, SK_OK);

    begin(&s);
    s.port.background = background;
    s.call_from_hook = true;
    ck_assert_int_eq(block_on(&s.port, s.iface, &t.op, NOTHING_DUE), SK_OK);
    ck_assert_int_eq(s.from_hook, SK_DEADLOCK);
    ck_assert_int_gt(s.n_background, 1);
    s.call_from_hook = false;
    ck_assert_int_eq(block_on(&s.port, s.iface, &later.op, NOTHING_DUE), SK_OK);
    end(&s);
}
END_TEST

static duration every_10_ms(const struct sk_op *op, bool port_waits)
{
    (void)op;
    (void)port_waits;
    return 10000;
}

START_TEST(stepping_polls_at_least_so_often)
{
    struct block_how how = { .deadline = 1000 + 95000, .step = every_10_ms };
    struct script s;
    struct timed t = timed(NEVER, SK_OK);

    begin(&s);
    ck_assert_int_eq(block_as(&s.port, s.iface, &t.op, how), SK_AGAIN);
    ck_assert_int_eq(t.longest_gap, 10000);
    ck_assert_int_eq(s.now, 1000 + 95000);
    end(&s);
}
END_TEST

/* What a wait of 1 s says whose idles, of 1 ms, all end so. */
static enum sk_err wait_with(enum port_idle ends, enum block_signal signal, int *n_idle)
{
    struct block_how how = { .deadline = 1000 + 1000000, .signal = signal };
    struct timed t = timed(NEVER, SK_OK);
    struct script s;
    enum sk_err err;

    begin(&s);
    s.idle_step = 1000;
    s.idle_ends = ends;
    err = block_as(&s.port, s.iface, &t.op, how);
    *n_idle = s.n_idle;
    ck_assert_int_eq(t.n_polls, s.n_idle + 1); /* it looks once more before it gives up */
    end(&s);
    return err;
}

START_TEST(a_signal_ends_the_waits_that_it_may_end)
{
    int n_idle;

    ck_assert_int_eq(wait_with(PORT_INTERRUPTED, BLOCK_GOES_ON, &n_idle), SK_AGAIN);
    ck_assert_int_eq(n_idle, 1000);
    ck_assert_int_eq(wait_with(PORT_INTERRUPTED, BLOCK_RESTARTS, &n_idle), SK_INTERRUPTED);
    ck_assert_int_eq(n_idle, 1);
    ck_assert_int_eq(wait_with(PORT_INTERRUPTED, BLOCK_ENDS, &n_idle), SK_INTERRUPTED);
    ck_assert_int_eq(n_idle, 1);
    ck_assert_int_eq(wait_with(PORT_RESTART, BLOCK_GOES_ON, &n_idle), SK_AGAIN);
    ck_assert_int_eq(wait_with(PORT_RESTART, BLOCK_RESTARTS, &n_idle), SK_AGAIN);
    ck_assert_int_eq(wait_with(PORT_RESTART, BLOCK_ENDS, &n_idle), SK_INTERRUPTED);
    ck_assert_int_eq(n_idle, 1);
}
END_TEST

START_TEST(what_is_done_when_the_signal_comes_is_done)
{
    struct block_how how = { .deadline = NEVER, .signal = BLOCK_ENDS };
    struct timed t = timed(1000 + 1000, SK_OK);
    struct script s;

    begin(&s);
    s.idle_step = 1000;
    s.idle_ends = PORT_INTERRUPTED;
    ck_assert_int_eq(block_as(&s.port, s.iface, &t.op, how), SK_OK);
    end(&s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        what_is_done_does_not_wait,
        at_once_polls_once_and_says_again,
        a_deadline_is_exact,
        what_is_done_at_the_deadline_is_done,
        no_timeout_is_never,
        an_early_idle_is_repeated,
        the_hook_runs_every_ten_milliseconds_without_the_lock,
        the_hook_runs_though_the_port_is_never_idle_for_long,
        the_hook_may_call_but_not_block,
        stepping_polls_at_least_so_often,
        a_signal_ends_the_waits_that_it_may_end,
        what_is_done_when_the_signal_comes_is_done,
        NULL,
    };

    return suite_run("compat_block", tests);
}
