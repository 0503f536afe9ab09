/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program that asks glibc's other resolvers, and tells what they say: res_query(3) with its
 * relatives, which it calls by both of their names, and getaddrinfo_a(3).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <resolv.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As a program has it that was linked with an older glibc. */
static void *named(const char *name)
{
    void *found = dlsym(RTLD_DEFAULT, name);

    if (found == NULL) {
        printf("there is no %s\n", name);
        exit(1);
    }
    return found;
}

static unsigned char answer[8192];
static unsigned char small[512];

/* Returns how many records there are, or the error. */
static void tell(const char *what, const unsigned char *message, int n)
{
    ns_msg parsed;
    ns_rr first;

    if (n < 0) {
        printf("%s: %s\n", what, hstrerror(h_errno));
    } else if (ns_initparse(message, n, &parsed) != 0) {
        printf("%s: %d octets, no message\n", what, n);
    } else if (ns_msg_count(parsed, ns_s_an) == 0) {
        printf("%s: rcode %d\n", what, (int)ns_msg_getflag(parsed, ns_f_rcode));
    } else if (ns_parserr(&parsed, ns_s_an, 0, &first) == 0) {
        printf("%s: %d of type %d, %s\n", what, ns_msg_count(parsed, ns_s_an), ns_rr_type(first),
               ns_rr_name(first));
    }
}

static void queries(void)
{
    __typeof(res_query) *old_query = (__typeof(res_query) *)(uintptr_t)named("__res_query");
    __typeof(res_nsearch) *old_nsearch = (__typeof(res_nsearch) *)(uintptr_t)named("__res_nsearch");
    unsigned char query[512];
    struct __res_state state;

    tell("res_query", answer, res_query("files.test", ns_c_in, ns_t_a, answer, sizeof answer));
    tell("__res_query", answer, old_query("Files.test", ns_c_in, ns_t_a, answer, sizeof answer));
    tell("text", answer, res_query("files.test", ns_c_in, ns_t_txt, answer, sizeof answer));
    tell("by TCP", answer, res_query("many.test", ns_c_in, ns_t_a, answer, sizeof answer));
    int n = res_query("many.test", ns_c_in, ns_t_a, small, sizeof small);
    printf("cut short: %s, TC %d\n", n > (int)sizeof small ? "yes" : "no", small[2] >> 1 & 1);
    tell("unknown", answer, res_query("nobody.test", ns_c_in, ns_t_a, answer, sizeof answer));
    tell("no data", answer, res_query("files.test", ns_c_in, ns_t_mx, answer, sizeof answer));
    tell("failing", answer, res_query("broken.test", ns_c_in, ns_t_a, answer, sizeof answer));
    tell("res_search", answer, res_search("files.test", ns_c_in, ns_t_a, answer, sizeof answer));
    tell("res_querydomain", answer,
         res_querydomain("files", "test", ns_c_in, ns_t_a, answer, sizeof answer));
    memset(&state, 0, sizeof state);
    tell("__res_nsearch", answer,
         old_nsearch(&state, "files.test.", ns_c_in, ns_t_txt, answer, sizeof answer));
    n = res_mkquery(ns_o_query, "nobody.test", ns_c_in, ns_t_a, NULL, 0, NULL, query, sizeof query);
    tell("res_send", answer, res_send(query, n, answer, sizeof answer));
    state.options |= RES_USEVC;
    tell("by TCP alone", answer,
         res_nquery(&state, "files.test", ns_c_in, ns_t_a, answer, sizeof answer));
    state.options &= ~(unsigned long)RES_USEVC;
    state.retrans = 1;
    state.retry = 1;
    tell("silent", answer,
         res_nquery(&state, "silent.test", ns_c_in, ns_t_a, answer, sizeof answer));
    n = res_nsend(&state, query, n, answer, 11);
    printf("no room: %d, %s\n", n, strerrorname_np(errno));
    res_nclose(&state);
}

/* What a program sees that asks them itself. */
static void servers(void)
{
    struct __res_state state = { 0 };
    struct sockaddr_in first;

    res_init();
    first = _res.nsaddr_list[0];
    printf("res_init: %d, %s:%d\n", _res.nscount, inet_ntoa(first.sin_addr), ntohs(first.sin_port));
    res_ninit(&state);
    printf("res_ninit: %d, %d\n", state.nscount,
           memcmp(&state.nsaddr_list[0], &first, sizeof first) == 0);
    res_nclose(&state);
}

static void names(void)
{
    struct hostent host;
    struct hostent *found = NULL;
    char buffer[1024];
    int error;

    gethostbyname2_r("files.test", AF_INET, &host, buffer, sizeof buffer, &found, &error);
    printf("gethostbyname2_r: %s\n", found ? inet_ntoa(*(struct in_addr *)found->h_addr) : "none");
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t called = PTHREAD_COND_INITIALIZER;
static int value;

static void on_done(union sigval v)
{
    pthread_mutex_lock(&lock);
    value = v.sival_int;
    pthread_cond_signal(&called);
    pthread_mutex_unlock(&lock);
}

static void tell_request(struct gaicb *request)
{
    struct sockaddr_in in = { 0 };

    if (gai_error(request) != 0) {
        printf("%s: %d\n", request->ar_name, gai_error(request));
        return;
    }
    memcpy(&in, request->ar_result->ai_addr, sizeof in);
    printf("%s: %s\n", request->ar_name, inet_ntoa(in.sin_addr));
    freeaddrinfo(request->ar_result);
}

static void requests(void)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct gaicb one = { .ar_name = "files.test", .ar_request = &hints };
    struct gaicb other = { .ar_name = "nobody.test", .ar_request = &hints };
    struct gaicb *all[] = { &one, NULL, &other };
    const struct gaicb *const both[] = { &one, &other };
    struct sigevent event = { .sigev_notify = SIGEV_THREAD,
                              .sigev_notify_function = on_done,
                              .sigev_value = { .sival_int = 7 } };

    printf("GAI_WAIT: %d\n", getaddrinfo_a(GAI_WAIT, all, 3, NULL));
    tell_request(&one);
    tell_request(&other);
    printf("GAI_NOWAIT: %d\n", getaddrinfo_a(GAI_NOWAIT, all, 3, &event));
    while (gai_suspend(both, 2, NULL) == 0) {
    }
    tell_request(&one);
    tell_request(&other);
    printf("done: %d, %d\n", gai_suspend(both, 2, NULL) == EAI_ALLDONE,
           gai_cancel(&one) == EAI_ALLDONE);
    pthread_mutex_lock(&lock);
    while (value == 0) {
        pthread_cond_wait(&called, &lock);
    }
    pthread_mutex_unlock(&lock);
    printf("called with %d\n", value);
    printf("no mode: %d\n", getaddrinfo_a(9, all, 3, NULL) == EAI_SYSTEM);
}

/* A signal tells the end, and a wait has one. */
static void signals(void)
{
    struct gaicb silent = { .ar_name = "silent.test" };
    struct gaicb quick = { .ar_name = "files.test" };
    struct gaicb *slow[] = { &silent };
    struct gaicb *fast[] = { &quick };
    const struct gaicb *const waits[] = { &silent };
    const struct timespec moment = { .tv_nsec = 1000000 };
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
                              .sigev_signo = SIGUSR1,
                              .sigev_value = { .sival_int = 9 } };
    siginfo_t info;
    sigset_t wanted;

    sigemptyset(&wanted);
    sigaddset(&wanted, SIGUSR1);
    sigprocmask(SIG_BLOCK, &wanted, NULL);
    getaddrinfo_a(GAI_NOWAIT, slow, 1, NULL);
    printf("not yet: %d, %d\n", gai_suspend(waits, 1, &moment) == EAI_AGAIN,
           gai_cancel(&silent) == EAI_NOTCANCELED);
    getaddrinfo_a(GAI_NOWAIT, fast, 1, &event);
    sigwaitinfo(&wanted, &info);
    printf("signal: %d, %d, %d\n", info.si_code == SI_ASYNCNL, info.si_value.sival_int,
           gai_error(&quick));
    fflush(stdout);
    _exit(0); /* the silent server is not waited for */
}

int main(int argc, char **argv)
{
    servers();
    if (argc > 1 && strcmp(argv[1], "servers") == 0) {
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "unreachable") == 0) {
        tell("res_query", answer, res_query("files.test", ns_c_in, ns_t_a, answer, sizeof answer));
        return 0;
    }
    queries();
    names();
    requests();
    signals();
}
