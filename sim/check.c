/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An assertion of Check (https://libcheck.github.io/check/, 0.15) that fails while there is a
 * simulation tells how to repeat it. It ends the test wherever it is, also in a program: its way
 * out, _exit or longjmp, is the process's.
 */
#define _GNU_SOURCE
#include "sim/lab.h"

#include <stdlib.h>
#include <string.h>

typedef void failed(const char *file, int line, const char *expression, const char *message, ...);

extern failed __real__ck_assert_failed __attribute__((weak, noreturn));
_Noreturn failed __wrap__ck_assert_failed;

static void put_captures(FILE *out, const struct sk_sim *sim)
{
    const struct sk_sim_link *link;

    for (link = sim->links; link; link = link->next) {
        for (int i = 0; i < 2; i++) {
            if (link->ends[i].pcap) {
                fprintf(out, ", %s", link->ends[i].pcap->path);
            }
        }
    }
}

/* sk_sim_report has said it. */
static bool is_told(const char *text)
{
    return strstr(text, "SEED=") != NULL;
}

static void put_context(FILE *out, const struct sk_sim *sim)
{
    const struct sk_sim_program *p = lab_current();
    int64_t us = sk_sim_time(sim);

    fprintf(out, " [");
    if (p) {
        fprintf(out, "%s: %s, ", p->host->name, p->name);
    }
    fprintf(out, "%lld.%06lld s, SEED=%llu", (long long)(us / SK_SIM_S), (long long)(us % SK_SIM_S),
            (unsigned long long)sk_sim_seed(sim));
    put_captures(out, sim);
    fprintf(out, "]");
}

static char *whole(const char *expression, const char *message, va_list arguments)
{
    struct sk_sim *sim = lab_newest();
    size_t len = 0;
    char *text = NULL;
    FILE *out = open_memstream(&text, &len);

    if (!out) {
        abort();
    }
    if (message) {
        vfprintf(out, message, arguments);
    } else {
        fprintf(out, "%s", expression);
    }
    fflush(out);
    if (sim && !is_told(text)) {
        put_context(out, sim);
    }
    fclose(out);
    return text;
}

_Noreturn void __wrap__ck_assert_failed(const char *file, int line, const char *expression,
                                        const char *message, ...)
{
    static char *told; /* the way out may be a longjmp */
    va_list arguments;

    free(told);
    va_start(arguments, message);
    told = whole(expression, message, arguments);
    va_end(arguments);
    lab_abandon();
    __real__ck_assert_failed(file, line, expression, "%s", told);
}
