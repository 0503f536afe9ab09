/* SPDX-License-Identifier: BSD-3-Clause */
/* libsock-sim: programs, their arguments, ends and descriptors; names; what is not there. */
#define _GNU_SOURCE
#include "tests/support/sim_product.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>

static char order[64];

static void note(char c)
{
    order[strlen(order)] = c;
}

static void set_up(void)
{
    memset(order, 0, sizeof order);
    make_world(NULL);
}

/* ---- Arguments and ends ---- */

static int check_arguments(int argc, char **argv)
{
    ck_assert_int_eq(argc, 3);
    ck_assert_str_eq(argv[0], "name");
    ck_assert_str_eq(argv[1], "one");
    ck_assert_str_eq(argv[2], "");
    ck_assert_ptr_null(argv[3]);
    argv[1][0] = 'O'; /* they are the program's */
    argv[0] = NULL;
    return 5;
}

START_TEST(a_program_has_its_arguments_and_its_status)
{
    char one[] = "one";
    struct sk_sim_program *p = sk_sim_start(client, check_arguments, "name", one, "", NULL);

    one[0] = 'x'; /* they were copied */
    ck_assert_int_eq(sk_sim_status(p), SK_SIM_RUNNING);
    ck_assert_int_eq(sk_sim_run_all(sim, SECOND), SK_SIM_DONE);
    ck_assert_int_eq(sk_sim_status(p), 5);
    sk_sim_crash(client);
    sk_sim_boot(client);
    ck_assert_int_eq(sk_sim_status(p), SK_SIM_RUNNING);
    ck_assert_int_eq(sk_sim_run_all(sim, SECOND), SK_SIM_DONE);
    ck_assert_int_eq(sk_sim_status(p), 5);
    end_world();
}
END_TEST

static int return_more(void *arg)
{
    (void)arg;
    return 256 + 3;
}

START_TEST(eight_bits_of_a_status_count)
{
    struct sk_sim_program *p = sk_sim_call(client, "more", return_more, NULL);

    ck_assert_int_eq(sk_sim_run_all(sim, SECOND), SK_SIM_DONE);
    ck_assert_int_eq(sk_sim_status(p), 3);
    ck_assert(!sk_sim_succeeds(sim, SECOND));
    end_world();
}
END_TEST

static void first(void)
{
    note('1');
}

static void second(void)
{
    note('2');
}

static int exit_deep(void *arg)
{
    atexit(first);
    atexit(second);
    exit(*(int *)arg);
}

static int return_with_atexit(void *arg)
{
    (void)arg;
    atexit(first);
    return 0;
}

static int exit_at_once(void *arg)
{
    atexit(first);
    if (arg) {
        _Exit(8);
    }
    _exit(9);
}

START_TEST(exit_ends_the_program_alone)
{
    int status = 4;
    struct sk_sim_program *p = sk_sim_call(client, "exit", exit_deep, &status);
    struct sk_sim_program *q = sk_sim_call(server, "_exit", exit_at_once, NULL);
    struct sk_sim_program *r = sk_sim_call(server, "_Exit", exit_at_once, &status);

    ck_assert_int_eq(sk_sim_run_all(sim, SECOND), SK_SIM_DONE);
    ck_assert_int_eq(sk_sim_status(p), 4);
    ck_assert_int_eq(sk_sim_status(q), 9);
    ck_assert_int_eq(sk_sim_status(r), 8);
    ck_assert_str_eq(order, "21");
    end_world();
}
END_TEST

START_TEST(the_end_of_main_calls_the_handlers_of_atexit)
{
    sk_sim_call(client, "return", return_with_atexit, NULL);
    assert_runs(SECOND);
    ck_assert_str_eq(order, "1");
    end_world();
}
END_TEST

/* ---- Descriptors ---- */

static int shared_fd;

static int keep_one(void *arg)
{
    (void)arg;
    shared_fd = udp_on(PORT);
    sleep(2);
    return 0;
}

static int use_anothers(void *arg)
{
    char octet;

    (void)arg;
    sleep(1);
    ck_assert_int_eq(recv(shared_fd, &octet, 1, MSG_DONTWAIT), -1);
    ck_assert_int_ne(errno, EAGAIN); /* it is none of this program's */
    return 0;
}

START_TEST(a_descriptor_is_its_programs)
{
    sk_sim_call(client, "one", keep_one, NULL);
    sk_sim_call(client, "other", use_anothers, NULL);
    assert_runs(MINUTE);
    end_world();
}
END_TEST

static int bind_and_leave(void *arg)
{
    (void)arg;
    udp_on(PORT);
    return 0;
}

START_TEST(what_a_program_left_open_is_closed)
{
    sk_sim_call(client, "one", bind_and_leave, NULL);
    assert_runs(SECOND);
    sk_sim_call(client, "next", bind_and_leave, NULL); /* the port is free */
    assert_runs(SECOND);
    end_world();
}
END_TEST

static int say_and_leave(void *arg)
{
    int fd = dial("10.0.0.2", PORT);

    (void)arg;
    ck_assert_int_eq(send(fd, "bye", 3, 0), 3);
    return 0;
}

static int hear_to_the_end(void *arg)
{
    int listener = listen_on(PORT);
    int fd = accept(listener, NULL, NULL);
    char octets[10];

    (void)arg;
    ck_assert_int_eq(recv(fd, octets, sizeof octets, MSG_WAITALL), 3);
    return 0;
}

START_TEST(what_a_program_sent_before_its_end_arrives)
{
    sk_sim_call(server, "hear", hear_to_the_end, NULL);
    sk_sim_call(client, "say", say_and_leave, NULL);
    assert_runs(MINUTE);
    end_world();
}
END_TEST

/* ---- Names ---- */

static int resolve(const char *name, char *out)
{
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
    struct addrinfo *list;
    int error = getaddrinfo(name, "80", &hints, &list);
    struct sockaddr_in in;

    if (error != 0) {
        return error;
    }
    memcpy(&in, list->ai_addr, sizeof in);
    inet_ntop(AF_INET, &in.sin_addr, out, INET_ADDRSTRLEN);
    freeaddrinfo(list);
    return 0;
}

static void look_back(uint32_t addr, const char *expected)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(addr) };
    char name[64];

    ck_assert_int_eq(getnameinfo((struct sockaddr *)&in, sizeof in, name, sizeof name, NULL, 0, 0),
                     0);
    ck_assert_str_eq(name, expected);
}

static int ask_for_names(void *arg)
{
    char text[INET_ADDRSTRLEN];
    char name[64];

    (void)arg;
    ck_assert_int_eq(resolve("server", text), 0);
    ck_assert_str_eq(text, "10.0.0.2");
    ck_assert_int_eq(resolve("SERVER.", text), 0);
    ck_assert_int_eq(resolve("client", text), 0);
    ck_assert_str_eq(text, "10.0.0.1");
    ck_assert_int_eq(resolve("nobody", text), EAI_AGAIN);
    look_back(0x0a000002, "server");
    look_back(0x0a000001, "client");
    look_back(0x0a000007, "10.0.0.7");
    ck_assert_int_eq(gethostname(name, sizeof name), 0);
    ck_assert_str_eq(name, "client");
    ck_assert_int_eq(gethostname(name, 3), -1);
    ck_assert_int_eq(errno, ENAMETOOLONG);
    return 0;
}

START_TEST(hosts_have_names)
{
    sk_sim_call(client, "names", ask_for_names, NULL);
    assert_runs(MINUTE);
    end_world();
}
END_TEST

static int expect_name(void *arg)
{
    const char *const *expected = arg;
    char text[INET_ADDRSTRLEN];

    ck_assert_int_eq(resolve(expected[0], text), 0);
    ck_assert_str_eq(text, expected[1]);
    return 0;
}

START_TEST(a_host_with_two_links_is_found_by_the_near_one)
{
    const char *const far_away[] = { "server", "10.9.0.2" };
    const char *const direct[] = { "server", "10.0.0.2" };
    struct sk_sim_host *third = sk_sim_host(sim, "third", "10.9.0.1");

    ck_assert_ptr_nonnull(sk_sim_link_as(third, "10.9.0.1", server, "10.9.0.2", NULL));
    sk_sim_call(third, "far", expect_name, (void *)(uintptr_t)far_away);
    sk_sim_call(client, "near", expect_name, (void *)(uintptr_t)direct);
    assert_runs(MINUTE);
    end_world();
}
END_TEST

/* ---- What the process has, and programs have not ---- */

static void *thread(void *arg)
{
    return arg;
}

static int try_what_is_not_there(void *arg)
{
    pthread_t id;

    (void)arg;
    ck_assert_int_eq(fork(), -1);
    ck_assert_int_eq(errno, ENOSYS);
    ck_assert_int_eq(pthread_create(&id, NULL, thread, NULL), ENOSYS);
    return 0;
}

START_TEST(there_is_no_fork_and_no_thread)
{
    pthread_t id;

    sk_sim_call(client, "try", try_what_is_not_there, NULL);
    assert_runs(MINUTE);
    ck_assert_int_eq(pthread_create(&id, NULL, thread, NULL), 0); /* outside there is */
    ck_assert_int_eq(pthread_join(id, NULL), 0);
    end_world();
}
END_TEST

struct numbers {
    unsigned char random[16];
    unsigned char entropy[16];
};

static int draw(void *arg)
{
    struct numbers *n = arg;
    unsigned char many[257];

    ck_assert_int_eq(getrandom(n->random, sizeof n->random, 0), sizeof n->random);
    ck_assert_int_eq(getentropy(n->entropy, sizeof n->entropy), 0);
    ck_assert_int_eq(getentropy(many, sizeof many), -1);
    ck_assert_int_eq(errno, EIO);
    return 0;
}

static struct numbers draw_with(uint64_t seed)
{
    struct numbers n[2];

    memset(n, 0, sizeof n);
    make_hosts(seed);
    sk_sim_call(client, "draw", draw, &n[0]);
    sk_sim_call(server, "draw", draw, &n[1]);
    assert_runs(SECOND);
    ck_assert_mem_ne(n[0].random, n[1].random, 16);
    ck_assert_mem_ne(n[0].random, n[0].entropy, 16);
    end_world();
    return n[0];
}

START_TEST(random_numbers_come_from_the_seed)
{
    struct numbers once;
    struct numbers again;
    struct numbers other;

    end_world();
    once = draw_with(1);
    again = draw_with(1);
    other = draw_with(2);
    ck_assert_mem_eq(&once, &again, sizeof once);
    ck_assert_mem_ne(&once, &other, sizeof once);
}
END_TEST

static int write_to_closed(void *arg)
{
    int fd = dial("10.0.0.2", PORT);

    (void)arg;
    ck_assert_int_ge(fd, 0);
    sleep(1);
    ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
    send(fd, "x", 1, 0);
    return 0;
}

START_TEST(a_broken_pipe_ends_the_program_alone)
{
    struct sk_sim_program *p = sk_sim_call(client, "write", write_to_closed, NULL);

    sk_sim_daemon(sk_sim_call(server, "echo", echo_server, NULL));
    ck_assert_int_eq(sk_sim_run_all(sim, MINUTE), SK_SIM_DONE);
    ck_assert_int_eq(sk_sim_status(p), 128 + SIGPIPE);
    end_world();
}
END_TEST

static volatile sig_atomic_t n_signals;

static void count_signal(int number)
{
    (void)number;
    n_signals++;
}

/* Whether a simulation is there, and runs, or not. */
static void use_the_process(void)
{
    struct timespec moment = { 0, 1 };
    struct itimerval timer;
    struct timespec t;
    struct timeval tv;
    sigset_t set;
    sigset_t before;
    char name[256];
    char octets[16];

    ck_assert_int_eq(gettimeofday(&tv, NULL), 0);
    ck_assert_int_eq(timespec_get(&t, TIME_UTC), TIME_UTC);
    ck_assert_int_le(tv.tv_sec, t.tv_sec);
    ck_assert_uint_eq(sleep(0), 0);
    ck_assert_int_eq(usleep(1), 0);
    ck_assert_int_eq(nanosleep(&moment, NULL), 0);
    ck_assert_int_eq(clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL), 0);
    ck_assert_int_eq(gethostname(name, sizeof name), 0);
    ck_assert_str_ne(name, "client");
    ck_assert_int_eq(getrandom(octets, sizeof octets, 0), sizeof octets);
    ck_assert_int_eq(getentropy(octets, sizeof octets), 0);
    ck_assert_int_eq(atexit(first), 0);
    n_signals = 0;
    ck_assert(signal(SIGUSR1, count_signal) != SIG_ERR);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    ck_assert_int_eq(kill(getpid(), SIGUSR1), 0);
    ck_assert_int_eq(n_signals, 2);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, &before), 0);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    ck_assert_int_eq(n_signals, 2);
    ck_assert_int_eq(sigsuspend(&before), -1);
    ck_assert_int_eq(n_signals, 3);
    ck_assert_int_eq(sigprocmask(SIG_SETMASK, &before, NULL), 0);
    ck_assert_uint_eq(alarm(0), 0);
    memset(&timer, 0, sizeof timer);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
    ck_assert_int_eq(getitimer(ITIMER_REAL, &timer), 0);
}

START_TEST(outside_of_programs_the_calls_are_the_processs)
{
    use_the_process();
    sk_sim_call(client, "one", bind_and_leave, NULL);
    assert_runs(SECOND);
    use_the_process();
    end_world();
    use_the_process();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_program_has_its_arguments_and_its_status,
        eight_bits_of_a_status_count,
        exit_ends_the_program_alone,
        the_end_of_main_calls_the_handlers_of_atexit,
        a_descriptor_is_its_programs,
        what_a_program_left_open_is_closed,
        what_a_program_sent_before_its_end_arrives,
        hosts_have_names,
        a_host_with_two_links_is_found_by_the_near_one,
        there_is_no_fork_and_no_thread,
        random_numbers_come_from_the_seed,
        a_broken_pipe_ends_the_program_alone,
        outside_of_programs_the_calls_are_the_processs,
        NULL,
    };

    return suite_run_with("sim_programs", tests, set_up);
}
