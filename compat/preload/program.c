/* SPDX-License-Identifier: BSD-3-Clause */
/* What an executable file is: ELF (System V ABI, chapters 4 and 5) as this program, or a script
 * (execve(2)). Whatever a header says is checked against the length of the file. */
#include "compat/preload/program.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define MAX_SCRIPTS 5 /* that are each other's interpreter: Linux follows no more */
#define SELF "/proc/self/exe"
#define GO_SECTION ".go.buildinfo"

struct image {
    const char *octets;
    size_t len;
};

/* ---- ELF ---- */

/* `len` octets at `offset`; NULL: the file has not so many. */
static const void *at(const struct image *image, uint64_t offset, uint64_t len)
{
    return offset <= image->len && len <= image->len - offset ? image->octets + offset : NULL;
}

/* A table's element, copied: the file need not have aligned it. */
static bool element(const struct image *image, uint64_t table, uint64_t size, uint64_t index,
                    void *out, size_t out_len)
{
    const void *found = size >= out_len ? at(image, table + size * index, out_len) : NULL;

    if (found != NULL) {
        memcpy(out, found, out_len);
    }
    return found != NULL;
}

static bool is_elf(const struct image *image)
{
    return image->len >= SELFMAG && memcmp(image->octets, ELFMAG, SELFMAG) == 0;
}

static bool header_of(const struct image *image, ElfW(Ehdr) * out)
{
    return is_elf(image) && element(image, 0, sizeof *out, 0, out, sizeof *out);
}

/* The dynamic linker; NULL: there is none. It ends with a NUL inside the file. */
static const char *linker_of(const struct image *image, const ElfW(Ehdr) * header)
{
    ElfW(Phdr) p;

    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (element(image, header->e_phoff, header->e_phentsize, i, &p, sizeof p) &&
            p.p_type == PT_INTERP) {
            const char *name = at(image, p.p_offset, p.p_filesz);
            return name != NULL && memchr(name, '\0', p.p_filesz) != NULL ? name : NULL;
        }
    }
    return NULL;
}

static bool has_section(const struct image *image, const ElfW(Ehdr) * header, const char *name)
{
    ElfW(Shdr) names;
    ElfW(Shdr) s;
    size_t len = strlen(name) + 1;

    if (!element(image, header->e_shoff, header->e_shentsize, header->e_shstrndx, &names,
                 sizeof names)) {
        return false;
    }
    for (unsigned i = 0; i < header->e_shnum; i++) {
        if (element(image, header->e_shoff, header->e_shentsize, i, &s, sizeof s)) {
            const char *its = at(image, names.sh_offset + s.sh_name, len);
            if (its != NULL && memcmp(its, name, len) == 0) {
                return true;
            }
        }
    }
    return false;
}

static const char *elf_obstacle(const struct image *image, const struct image *self)
{
    ElfW(Ehdr) header;
    ElfW(Ehdr) ours;

    if (!header_of(self, &ours) || !header_of(image, &header) ||
        header.e_ident[EI_CLASS] != ours.e_ident[EI_CLASS] ||
        header.e_ident[EI_DATA] != ours.e_ident[EI_DATA] || header.e_machine != ours.e_machine) {
        return "is for another kind of machine than libsock";
    }
    const char *linker = linker_of(image, &header);
    const char *our_linker = linker_of(self, &ours);
    if (linker == NULL) {
        return "is statically linked";
    }
    if (our_linker == NULL || strcmp(linker, our_linker) != 0) {
        return "has another dynamic linker than libsock";
    }
    return has_section(image, &header, GO_SECTION)
               ? "is a Go program, which calls the kernel itself"
               : NULL;
}

/* ---- Privileges ---- */

static const char *privilege(const char *path, const struct stat *s)
{
    if ((s->st_mode & S_ISUID) != 0) {
        return "is set-user-ID";
    }
    if ((s->st_mode & S_ISGID) != 0) {
        return "is set-group-ID";
    }
    return getxattr(path, "security.capability", NULL, 0) > 0 ? "has file capabilities" : NULL;
}

/* ---- Scripts ---- */

/* What stands behind "#!" up to a space, in `out`; false: it is no script. */
static bool interpreter_of(const struct image *image, char out[PATH_MAX])
{
    size_t i = 2;
    size_t n = 0;

    if (image->len < 2 || memcmp(image->octets, "#!", 2) != 0) {
        return false;
    }
    while (i < image->len && (image->octets[i] == ' ' || image->octets[i] == '\t')) {
        i++;
    }
    while (i < image->len && n < PATH_MAX - 1 && strchr(" \t\n", image->octets[i]) == NULL) {
        out[n++] = image->octets[i++];
    }
    out[n] = '\0';
    return n > 0;
}

/* ---- A file ---- */

/* Empty when it cannot be read, or has no length. */
static struct image open_image(const char *path)
{
    struct image image = { .octets = NULL };
    struct stat s;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd >= 0 && fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_size > 0) {
        void *memory = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (memory != MAP_FAILED) {
            image = (struct image){ .octets = memory, .len = (size_t)s.st_size };
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    return image;
}

static void close_image(struct image image)
{
    if (image.octets != NULL) {
        munmap((void *)(uintptr_t)image.octets, image.len);
    }
}

/* A reason; NULL: none, and `*script` says whether `interpreter` has to be looked at. */
static const char *obstacle_of(const char *path, const struct image *self, bool *script,
                               char interpreter[PATH_MAX])
{
    struct stat s;
    const char *why = stat(path, &s) == 0 ? privilege(path, &s) : NULL;
    struct image image = open_image(path);

    *script = false;
    if (why == NULL && image.octets == NULL) {
        why = "cannot be read, so nobody knows whether it would get a network";
    }
    if (why == NULL && is_elf(&image)) {
        why = elf_obstacle(&image, self);
    } else if (why == NULL) {
        *script = interpreter_of(&image, interpreter);
    }
    close_image(image);
    return why;
}

int program_find_obstacle(const char *path, struct program_obstacle *out)
{
    struct image self = open_image(SELF);
    char interpreter[PATH_MAX];
    bool script = true;

    out->why = NULL;
    snprintf(out->path, sizeof out->path, "%s", path);
    for (int i = 0; script && out->why == NULL && i <= MAX_SCRIPTS; i++) {
        out->why = obstacle_of(out->path, &self, &script, interpreter);
        if (script && out->why == NULL) {
            memcpy(out->path, interpreter, sizeof interpreter);
        }
    }
    close_image(self);
    return out->why != NULL ? -1 : 0;
}
