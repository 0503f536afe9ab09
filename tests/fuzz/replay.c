/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs a fuzz target without libFuzzer: main feeds it every file of the folders, and every file,
 * that the arguments name. Fails when there was none to feed.
 */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "fuzz.h"

static unsigned n_inputs;

static int feed_file(const char *path, size_t len)
{
    uint8_t *octets = malloc(len);
    FILE *file = fopen(path, "rb");

    if (!file || !octets || fread(octets, 1, len, file) != len) {
        perror(path);
        return 1;
    }
    fclose(file);
    LLVMFuzzerTestOneInput(octets, len);
    free(octets);
    n_inputs++;
    return 0;
}

static int feed(const char *path);

static int feed_folder(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    int failed = 0;

    if (!folder) {
        perror(path);
        return 1;
    }
    while ((entry = readdir(folder))) {
        char name[1024];
        int len = snprintf(name, sizeof name, "%s/%s", path, entry->d_name);

        if (entry->d_name[0] != '.') {
            failed |= len >= (int)sizeof name || feed(name);
        }
    }
    closedir(folder);
    return failed;
}

static int feed(const char *path)
{
    struct stat status;

    if (stat(path, &status)) {
        perror(path);
        return 1;
    }
    return S_ISDIR(status.st_mode) ? feed_folder(path) : feed_file(path, (size_t)status.st_size);
}

int main(int n_args, char **args)
{
    int failed = 0;

    for (int i = 1; i < n_args; i++) {
        failed |= feed(args[i]);
    }
    printf("%u inputs\n", n_inputs);
    return failed || n_inputs == 0;
}
