/* SPDX-License-Identifier: BSD-3-Clause */
/* What the board over libslirp was told (LIBSOCK_HOSTS), and /etc/hosts, see hosts(5): an address,
 * a name, more names. IPv6 lines are passed over. In a simulation that has a table of its own, that
 * one. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "compat/ai.h"
#include "compat/board_hosts.h"
#include "compat/process_host.h"

#define LINE_LEN 512 /* of what is longer, only the beginning is looked at */
#define BLANKS " \t\n"

/* There is where that board is. */
extern __typeof(libsock_board_host) libsock_board_host __attribute__((weak));

struct entry {
    struct ip_addr addr;
    char *first; /* its canonical name */
    char *rest;  /* the others, with blanks between them */
};

/* Looks at an entry of the table; false: it needs no more. */
typedef bool visitor(const struct entry *entry, void *search);

/* The word that `*rest` begins with, cut off from what follows. */
static char *take_word(char **rest)
{
    char *word = *rest + strspn(*rest, BLANKS);
    char *end = word + strcspn(word, BLANKS);

    *rest = *end != '\0' ? end + 1 : end;
    *end = '\0';
    return word;
}

/* Takes a line apart; false when it has no address of ours, or no name. */
static bool parse(char *line, struct entry *entry)
{
    struct sk_addr addr;

    line[strcspn(line, "#")] = '\0';
    char *text = take_word(&line);
    entry->first = take_word(&line);
    entry->rest = line;
    if (*entry->first == '\0' || strchr(text, ':') != NULL || !sk_addr_parse(text, &addr)) {
        return false;
    }
    entry->addr = addr.addr;
    return true;
}

static void read_lines(FILE *file, visitor *visit, void *search)
{
    char line[LINE_LEN];
    struct entry entry;
    bool ended = true; /* what is read next begins a line */
    bool more = true;

    while (more && fgets(line, sizeof line, file) != NULL) {
        bool begins = ended;
        ended = strchr(line, '\n') != NULL;
        if (begins && parse(line, &entry)) {
            more = visit(&entry, search);
        }
    }
}

/* False: no more is needed. */
static bool read_board(visitor *visit, void *search)
{
    struct board_host host;

    for (size_t i = 0; libsock_board_host != NULL && libsock_board_host(i, &host); i++) {
        struct entry entry = { .addr = host.addr,
                               .first = host.name,
                               .rest = host.name + strlen(host.name) };
        if (!visit(&entry, search)) {
            return false;
        }
    }
    return true;
}

/* Reading a file is a cancellation point, which would leave it open. */
static void read_file(visitor *visit, void *search)
{
    int cancel_state;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    FILE *file = fopen("/etc/hosts", "re");
    if (file != NULL) {
        read_lines(file, visit, search);
        fclose(file);
    }
    pthread_setcancelstate(cancel_state, &cancel_state);
}

static void read_table(visitor *visit, void *search)
{
    if (read_board(visit, search)) {
        read_file(visit, search);
    }
}

static bool has_name(const struct entry *entry, const char *name)
{
    char *rest = entry->rest;

    for (char *word = entry->first; *word != '\0'; word = take_word(&rest)) {
        if (strcasecmp(word, name) == 0) {
            return true;
        }
    }
    return false;
}

struct by_name {
    const char *name;
    struct sk_addr *out;
    size_t n;
    size_t found;
    char *canonical; /* LINE_LEN octets */
};

static bool take_addr(const struct entry *entry, void *search)
{
    struct by_name *s = search;

    if (has_name(entry, s->name)) {
        if (s->found == 0) {
            memcpy(s->canonical, entry->first, strlen(entry->first) + 1);
        }
        s->out[s->found++] = (struct sk_addr){ .addr = entry->addr };
    }
    return s->found < s->n;
}

size_t ai_hosts(const char *name, struct sk_addr *out, size_t n, const char **canonical)
{
    static _Thread_local char first_name[LINE_LEN];
    const struct libsock_process *process = process_hooks();
    struct by_name search = { .name = name, .out = out, .n = n, .canonical = first_name };

    if (process != NULL) {
        return process->hosts(name, out, n);
    }
    if (n > 0) {
        read_table(take_addr, &search);
    }
    if (search.found > 0) {
        *canonical = first_name;
    }
    return search.found;
}

struct by_addr {
    struct ip_addr addr;
    char *name;
    size_t size;
    bool found;
};

static bool take_name(const struct entry *entry, void *search)
{
    struct by_addr *s = search;
    size_t len = strlen(entry->first);

    if (ip_equal(entry->addr, s->addr) && len < s->size) {
        memcpy(s->name, entry->first, len + 1);
        s->found = true;
    }
    return !s->found;
}

bool ai_hosts_name(struct ip_addr addr, char *name, size_t size)
{
    const struct libsock_process *process = process_hooks();
    struct by_addr search = { .addr = addr, .name = name, .size = size };

    if (process != NULL) {
        return process->host_name(addr, name, size);
    }
    read_table(take_name, &search);
    return search.found;
}
