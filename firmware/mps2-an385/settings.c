/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The start-up code asks sys_semihost_get_cmdline for the words that become argv. This one takes
 * the place of the C library's and keeps the settings for itself.
 */
#include "settings.h"

#include <semihost.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SYS_GET_CMDLINE 0x15
#define PREFIX "LIBSOCK_"
#define SETTINGS_LEN 256 /* octets, each setting's NUL included */

uintptr_t sys_semihost(uintptr_t operation, uintptr_t argument);

static char settings[SETTINGS_LEN + 1]; /* an empty string ends them */
static size_t settings_len;

static void keep(const char *word, size_t len)
{
    if (len >= SETTINGS_LEN - settings_len) {
        sys_semihost_write0("libsock: the board's settings are too long\n");
        sys_semihost_exit_extended(1);
    }
    memcpy(settings + settings_len, word, len);
    settings_len += len + 1;
}

int sys_semihost_get_cmdline(char *buffer, int size)
{
    uintptr_t argument[2] = { (uintptr_t)buffer, (uintptr_t)size };
    const char *at = buffer;

    if (sys_semihost(SYS_GET_CMDLINE, (uintptr_t)argument) != 0) {
        return -1;
    }
    while (strncmp(at, PREFIX, strlen(PREFIX)) == 0) {
        size_t len = strcspn(at, " ");

        keep(at, len);
        at += len;
        at += strspn(at, " ");
    }
    memmove(buffer, at, strlen(at) + 1);
    return 0;
}

/* The value, when the word sets this; else NULL. */
static const char *value_in(const char *word, const char *name)
{
    size_t len = strlen(name);

    return strncmp(word, name, len) == 0 && word[len] == '=' ? word + len + 1 : NULL;
}

const char *setting(const char *name)
{
    for (const char *at = settings; *at != '\0'; at += strlen(at) + 1) {
        const char *value = value_in(at, name);

        if (value) {
            return value;
        }
    }
    return NULL;
}

const char *setting_unknown(const char *const *names)
{
    for (const char *at = settings; *at != '\0'; at += strlen(at) + 1) {
        const char *const *name = names;

        while (*name && !value_in(at, *name)) {
            name++;
        }
        if (!*name) {
            return at;
        }
    }
    return NULL;
}
