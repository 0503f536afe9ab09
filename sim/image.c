/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program that is a shared object, in the place of an executable: each start loads a copy of the
 * file, which so has static variables of its own, with the values that they begin with. The loader
 * knows a file by its inode, hence the copies.
 */
#define _GNU_SOURCE /* memfd_create */
#include "sim/lab.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define COPY_LEN 65536 /* octets */

/* -1 and errno. */
static int copy_of(const char *path, const char *name)
{
    static char octets[COPY_LEN];
    FILE *from = fopen(path, "re");
    int to = from ? memfd_create(name, MFD_CLOEXEC) : -1;
    size_t n;

    while (to >= 0 && (n = fread(octets, 1, sizeof octets, from)) > 0) {
        if (write(to, octets, n) != (ssize_t)n) {
            close(to);
            to = -1;
        }
    }
    if (from) {
        fclose(from);
    }
    return to;
}

/* The loader knows a file by its name, too, and the number of a descriptor comes again: no two are
 * spelled alike. */
static void spell(char *out, size_t room, int fd)
{
    static uint32_t n_loads;
    uint32_t number = n_loads++;
    int len = snprintf(out, room, "/proc/self");

    for (int bit = 0; bit < 32; bit++) {
        len += snprintf(out + len, room - (size_t)len, number >> bit & 1 ? "//." : "/.");
    }
    snprintf(out + len, room - (size_t)len, "/fd/%d", fd);
}

static void *load(struct sk_sim_program *p)
{
    struct sk_sim *sim = p->host->sim;
    char copy[160]; /* of which a spelling takes 122 at most */
    int fd = copy_of(p->path, p->name);

    if (fd < 0) {
        lab_problem(sim, "sk_sim_exec: %s: %s", p->path, strerror(errno));
        return NULL;
    }
    spell(copy, sizeof copy, fd);
    void *image = dlopen(copy, RTLD_NOW | RTLD_LOCAL);
    if (!image) {
        lab_problem(sim, "sk_sim_exec: %s: %s", p->path, dlerror());
    }
    close(fd);
    return image;
}

/* Its calls have to come to the libsock of this library, and not to the kernel or another copy. */
static bool is_ours(void *image)
{
    void *its = dlsym(image, "libsock_state_set");
    void (*own)(struct libsock_state *) = libsock_state_set;

    return memcmp(&its, &own, sizeof its) == 0;
}

bool lab_image_load(struct sk_sim_program *p)
{
    struct sk_sim *sim = p->host->sim;
    void *entry;

    p->image = load(p);
    if (!p->image) {
        return false;
    }
    if (!is_ours(p->image)) {
        return lab_problem(sim, "sk_sim_exec: %s is not linked with the libsock of this test",
                           p->path);
    }
    entry = dlsym(p->image, "main");
    if (!entry) {
        return lab_problem(sim, "sk_sim_exec: %s has no main", p->path);
    }
    memcpy(&p->main, &entry, sizeof entry);
    return true;
}

void lab_image_unload(struct sk_sim_program *p)
{
    if (p->image) {
        dlclose(p->image);
        p->image = NULL;
    }
}

struct sk_sim_program *sk_sim_execv(struct sk_sim_host *host, const char *path,
                                    const char *const *argv)
{
    if (!host) {
        return NULL;
    }
    if (!path || access(path, R_OK) != 0) {
        lab_problem(host->sim, "sk_sim_exec: %s: %s", path ? path : "NULL",
                    path ? strerror(errno) : "no path");
        return NULL;
    }
    return lab_program_add(host, path, NULL, argv, "sk_sim_exec");
}

struct sk_sim_program *sk_sim_exec(struct sk_sim_host *host, const char *path, ...)
{
    struct sk_sim_program *p;
    va_list arguments;
    const char **argv;

    va_start(arguments, path);
    argv = lab_vector(arguments);
    va_end(arguments);
    p = sk_sim_execv(host, path, argv);
    free(argv);
    return p;
}
