/* SPDX-License-Identifier: BSD-3-Clause */
/* /etc/hosts, see hosts(5): an address, a name, more names. IPv6 lines are passed over. */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "compat/ai.h"

#define LINE_LEN 512 /* of what is longer, only the beginning is looked at */

static bool names(char *rest, const char *name)
{
    char *save;

    for (char *word = strtok_r(rest, " \t\n", &save); word != NULL;
         word = strtok_r(NULL, " \t\n", &save)) {
        if (strcasecmp(word, name) == 0) {
            return true;
        }
    }
    return false;
}

/* The address, when the line has it and the name. */
static bool line_has(char *line, const char *name, struct sk_addr *out)
{
    line[strcspn(line, "#")] = '\0';
    size_t blank = strspn(line, " \t");
    size_t len = strcspn(line + blank, " \t\n");
    char *rest = line + blank + len;

    if (*rest == '\0') {
        return false;
    }
    *rest++ = '\0';
    return strchr(line + blank, ':') == NULL && sk_addr_parse(line + blank, out) &&
           names(rest, name);
}

static size_t read_hosts(const char *name, struct sk_addr *out, size_t n)
{
    char line[LINE_LEN];
    size_t found = 0;
    bool ended = true; /* what is read next begins a line */
    FILE *file = fopen("/etc/hosts", "re");

    if (file == NULL) {
        return 0;
    }
    while (found < n && fgets(line, sizeof line, file) != NULL) {
        bool begins = ended;
        ended = strchr(line, '\n') != NULL;
        if (begins && line_has(line, name, &out[found])) {
            found++;
        }
    }
    fclose(file);
    return found;
}

/* Reading a file is a cancellation point, which would leave it open. */
size_t ai_hosts(const char *name, struct sk_addr *out, size_t n)
{
    int cancel_state;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    size_t found = read_hosts(name, out, n);
    pthread_setcancelstate(cancel_state, &cancel_state);
    return found;
}
