/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * libsock-sim: networked programs under test. Several hosts live in one process and one thread, in
 * virtual time; their programs are ordinary POSIX sources, compiled with -Dmain=NAME and otherwise
 * as they are. Links between the hosts delay, limit, lose, reorder and damage frames, are cut and
 * healed; hosts crash and boot. The same seed gives the same run, frame for frame.
 *
 *     struct sk_sim *sim = sk_sim_new(7);
 *     struct sk_sim_host *a = sk_sim_host(sim, "client", "10.0.0.1");
 *     struct sk_sim_host *b = sk_sim_host(sim, "server", "10.0.0.2");
 *     struct sk_sim_wire wire = { .delay = 20 * SK_SIM_MS, .loss = 5 * SK_SIM_PERCENT };
 *
 *     sk_sim_link(a, b, &wire);
 *     sk_sim_daemon(sk_sim_start(b, server_main, "server", "7000", NULL));
 *     sk_sim_start(a, client_main, "client", "server", "7000", NULL);
 *     sk_sim_ck_run(sim, 60 * SK_SIM_S);
 *     sk_sim_free(sim);
 *
 * Built and linked with what pkg-config says of libsock-sim. docs/simulation.md is the manual, and
 * says what the programs of one process share.
 *
 * Times are microseconds; a point in time counts from the start of the simulation. Shares of frames
 * are parts per million. What is wrong with an argument is remembered: the call returns NULL or
 * false, later ones accept the NULL, and the run is SK_SIM_INVALID and sk_sim_report says why. So
 * only the run's result has to be looked at. All calls are one thread's; but for runs and
 * sk_sim_free, events and programs may make them, too.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SK_SIM_MS INT64_C(1000)   /* microseconds */
#define SK_SIM_S INT64_C(1000000) /* microseconds */
#define SK_SIM_PERCENT 10000u     /* parts per million */

#ifdef __cplusplus
extern "C" {
#endif

struct sk_sim;
struct sk_sim_host;
struct sk_sim_link;
struct sk_sim_lan;
struct sk_sim_program;
struct sk_config;

/* ---- A simulation ---- */

/**
 * An empty world, whose time is 0. SEED in the environment, a number below 2^64 (0x for hexadecimal
 * digits), takes the place of `seed`. NULL, after a line on stderr: SEED is no such number, or
 * there is no memory.
 */
struct sk_sim *sk_sim_new(uint64_t seed);

/** Ends it: programs stop where they are, their sockets are closed without a word, captures are
 * complete. NULL is allowed. Not while it runs. */
void sk_sim_free(struct sk_sim *sim);

/** The seed in use. */
uint64_t sk_sim_seed(const struct sk_sim *sim);

/** The virtual time. */
int64_t sk_sim_time(const struct sk_sim *sim);

/* ---- Hosts ---- */

/**
 * A host, on when the simulation runs. `name` (letters, digits, '-' and '.', 63 at most) is what
 * gethostname says there, and what getaddrinfo finds on every host. `address` is in numbers, such
 * as "10.0.0.1" or "10.0.0.1/16"; 24 is the length of the prefix unless it is said. Both are
 * copied. NULL: there is such a name already, or it or the address cannot be one.
 */
struct sk_sim_host *sk_sim_host(struct sk_sim *sim, const char *name, const char *address);

/**
 * Lets `edit` change the configuration of the host's stack (libsock.h) at each boot: its buffers,
 * tables, TCP profile. It begins with room for hundreds of sockets, buffers of 128 KiB and
 * sk_tcp_full. False: the host is on already.
 */
bool sk_sim_configure(struct sk_sim_host *host, void (*edit)(struct sk_config *config, void *arg),
                      void *arg);

/**
 * The power fails: its programs stop where they are, its stack is gone and says nothing to its
 * peers, and frames to it are lost until it boots. From a program of its own it does not return.
 */
bool sk_sim_crash(struct sk_sim_host *host);

/** Turns a host that crashed on again: a fresh stack, and each of its programs starts anew. False:
 * it is on. */
bool sk_sim_boot(struct sk_sim_host *host);

/* ---- Links ---- */

/** What a link does to frames in each direction. Zero: nothing, so that {0} is a perfect link. */
struct sk_sim_wire {
    int64_t delay;         /* from end to end, microseconds */
    uint64_t rate;         /* bit/s, at least 8; 0: no limit */
    uint32_t queue;        /* octets that wait for the rate at most, the rest is lost; 0: 150000 */
    uint32_t loss;         /* parts per million, as the next three */
    uint32_t duplicate;    /* arrive twice */
    uint32_t corrupt;      /* some bits of an IP packet, which its checksums tell */
    uint32_t reorder;      /* are held back by up to reorder_delay while others pass */
    int64_t reorder_delay; /* microseconds */
    uint16_t mtu;          /* octets of an IP packet, 68 at least; 0: 1500. For good */
};

/**
 * A link between two hosts, at their addresses, which are in one network. `wire` is copied; NULL:
 * a perfect one. NULL: they are not, a host's address is on a link already (see sk_sim_link_as), or
 * `wire` cannot be.
 */
struct sk_sim_link *sk_sim_link(struct sk_sim_host *a, struct sk_sim_host *b,
                                const struct sk_sim_wire *wire);

/** The same at other addresses, for hosts with several links: each is a network of its own, and
 * none leads to another. */
struct sk_sim_link *sk_sim_link_as(struct sk_sim_host *a, const char *a_address,
                                   struct sk_sim_host *b, const char *b_address,
                                   const struct sk_sim_wire *wire);

/** A switch, to which any number of hosts are plugged. It takes no time. */
struct sk_sim_lan *sk_sim_lan(struct sk_sim *sim, const char *name);

/** The link between a host, at its address, and a switch. */
struct sk_sim_link *sk_sim_plug(struct sk_sim_host *host, struct sk_sim_lan *lan,
                                const struct sk_sim_wire *wire);

/** The same at another address. */
struct sk_sim_link *sk_sim_plug_as(struct sk_sim_host *host, const char *address,
                                   struct sk_sim_lan *lan, const struct sk_sim_wire *wire);

/** Changes what the link does to the frames that `from` sends from now on; NULL: to those of both
 * directions. The direction from a switch is that of no host: change both, then the host's. False:
 * `from` is not at its ends, or `wire` cannot be. */
bool sk_sim_set_wire(struct sk_sim_link *link, const struct sk_sim_host *from,
                     const struct sk_sim_wire *wire);

/** From now on every frame is lost, both ways; those that travel arrive. */
bool sk_sim_cut(struct sk_sim_link *link);

/** Frames pass again, as before. */
bool sk_sim_heal(struct sk_sim_link *link);

/** Loses the frame when it says so. `n` counts the frames that left this end, from 0 on, `octets`
 * begin with the Ethernet header. */
typedef bool sk_sim_loses(void *arg, uint64_t n, const uint8_t *octets, size_t len);

/** Asks `loses` about each frame that `from` sends; NULL: about none any more. False: `from` is not
 * at an end of the link. */
bool sk_sim_lose(struct sk_sim_link *link, const struct sk_sim_host *from, sk_sim_loses *loses,
                 void *arg);

/** How many frames `from` has sent, those that were lost included. 0, too, if it is not at an end
 * of the link. */
uint64_t sk_sim_frames(const struct sk_sim_link *link, const struct sk_sim_host *from);

/**
 * Writes what `at` sends and receives on the link to a file in pcap's format from now on, as a
 * sniffer on that host would see it; NULL: the first of its hosts. A frame is in the file at once.
 * Its time is that of CLOCK_REALTIME. False: it is captured there already, or the file cannot be
 * written. SIM_CAPTURE in the environment, the name of a directory, does it with every link.
 */
bool sk_sim_capture(struct sk_sim_link *link, const struct sk_sim_host *at, const char *path);

/* ---- Programs ---- */

typedef int sk_sim_main(int argc, char **argv);

/** Its `arg` is what sk_sim_call was told. */
typedef int sk_sim_function(void *arg);

#if defined(__GNUC__)
#define SK_SIM_SENTINEL __attribute__((sentinel))
#else
#define SK_SIM_SENTINEL
#endif

/**
 * Starts a program: its arguments, argv[0] first, end with NULL and are copied. It begins when the
 * simulation runs, at once or when its host is turned on. It has signals, descriptors and
 * handlers of atexit of its own, and ends when main returns, with exit, or by a signal; its sockets
 * are closed then. At each boot of the host it starts anew.
 */
struct sk_sim_program *sk_sim_start(struct sk_sim_host *host, sk_sim_main *main,
                                    ...) SK_SIM_SENTINEL;

/** The same with a vector that ends with NULL. */
struct sk_sim_program *sk_sim_startv(struct sk_sim_host *host, sk_sim_main *main,
                                     const char *const *argv);

/**
 * Starts a program that is a shared object, as exec does an executable. Each start, at a boot too,
 * has static variables of its own, so several hosts may run the same program. Built with
 *
 *     cc -shared -fPIC server.c $(pkg-config --libs libsock-sim) -o server.so
 *
 * for a test that is linked with the shared library as well. NULL: the file cannot be read. If it
 * is no such object, the run is SK_SIM_INVALID and the program ends with 127.
 */
struct sk_sim_program *sk_sim_exec(struct sk_sim_host *host, const char *path, ...) SK_SIM_SENTINEL;

/** The same with a vector that ends with NULL. */
struct sk_sim_program *sk_sim_execv(struct sk_sim_host *host, const char *path,
                                    const char *const *argv);

/** Starts a function of the test's as a program, which is called `name` in reports. */
struct sk_sim_program *sk_sim_call(struct sk_sim_host *host, const char *name,
                                   sk_sim_function *function, void *arg);

/** No run waits for this program, which serves for ever. Returns it. */
struct sk_sim_program *sk_sim_daemon(struct sk_sim_program *program);

enum {
    SK_SIM_RUNNING = -1,   /* or not begun yet */
    SK_SIM_CRASHED = -2,   /* its host did */
    SK_SIM_NO_PROGRAM = -3 /* NULL */
};

/** The exit status, 0 to 255, of its last start; 128 + n: signal n ended it. Or one of the above.
 */
int sk_sim_status(const struct sk_sim_program *program);

/** Sends a signal, as kill does: to its handler, which interrupts what it waits in, or to end it.
 * False: it does not run, or the signal is one of the process's (see docs/simulation.md). */
bool sk_sim_signal(struct sk_sim_program *program, int signal);

/* ---- What happens when ---- */

/** Calls `call` at a point in time, in which any function of this file but runs and sk_sim_free may
 * be called, and no POSIX call that concerns sockets or waits. False: it has passed. */
bool sk_sim_at(struct sk_sim *sim, int64_t at, void (*call)(void *arg), void *arg);

bool sk_sim_cut_at(struct sk_sim_link *link, int64_t at);
bool sk_sim_heal_at(struct sk_sim_link *link, int64_t at);
bool sk_sim_crash_at(struct sk_sim_host *host, int64_t at);
bool sk_sim_boot_at(struct sk_sim_host *host, int64_t at);
bool sk_sim_signal_at(struct sk_sim_program *program, int signal, int64_t at);

/** As sk_sim_set_wire; `wire` is copied. */
bool sk_sim_set_wire_at(struct sk_sim_link *link, const struct sk_sim_host *from,
                        const struct sk_sim_wire *wire, int64_t at);

/* ---- Running ---- */

enum sk_sim_result {
    SK_SIM_DONE,
    SK_SIM_TIME_OVER, /* not everything ended in time */
    SK_SIM_DEADLOCK,  /* programs wait, and nothing will ever happen */
    SK_SIM_LIVELOCK,  /* something happens for ever while the time stands still: a program asks
                         again and again, and never waits */
    SK_SIM_INVALID,   /* an earlier call was wrong, or this one */
};

/**
 * Runs until every program has ended, but for daemons, and at most for `within` microseconds more.
 * One that crashed with its host is waited for as long as something is scheduled that may boot it.
 */
enum sk_sim_result sk_sim_run_all(struct sk_sim *sim, int64_t within);

/** Lets `us` microseconds pass, whatever the programs do. SK_SIM_DONE, SK_SIM_LIVELOCK or
 * SK_SIM_INVALID. */
enum sk_sim_result sk_sim_run_for(struct sk_sim *sim, int64_t us);

/** The name of a result, such as "deadlock". */
const char *sk_sim_result_name(enum sk_sim_result result);

/**
 * How things stand, in some lines: what the last run came to, when, and the seed that repeats it;
 * each program that has not ended and what it waits for, or how it ended; what is cut, crashed and
 * captured. Valid until the next call of this function.
 */
const char *sk_sim_report(struct sk_sim *sim);

/* ---- In a test ---- */

/** True when sk_sim_run_all is SK_SIM_DONE, and every program that is no daemon returned 0. */
bool sk_sim_succeeds(struct sk_sim *sim, int64_t within);

/**
 * For a test of Check (check.h is the caller's to include): runs all, and fails the test with the
 * report unless sk_sim_succeeds. Any other assertion of Check that fails while there is a
 * simulation, in a program or outside, tells its seed, time and captures in its message.
 */
#define sk_sim_ck_run(sim, within)                                                                 \
    ck_assert_msg(sk_sim_succeeds(sim, within), "%s", sk_sim_report(sim))

#ifdef __cplusplus
}
#endif
