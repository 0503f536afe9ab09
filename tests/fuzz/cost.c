/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cost MOST FILE ...: what the costliest frame of each input of fuzz_cost.c takes, in instructions.
 * Fails when one takes more than MOST. 77: nothing can be counted here, or the code is not
 * optimised.
 */
#include "fuzz_cost.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "steps.h"

#define LONGEST_INPUT 4096

static int measure(const char *path, uint32_t most)
{
    static uint8_t octets[LONGEST_INPUT];
    const char *name = strrchr(path, '/');
    FILE *file = fopen(path, "rb");
    struct cost cost;
    size_t len;

    if (!file) {
        perror(path);
        return 1;
    }
    len = fread(octets, 1, sizeof(octets), file);
    fclose(file);
    cost = fuzz_cost(octets, len);
    printf("frame_%s %u instructions\n", name ? name + 1 : path, (unsigned)cost.instructions);
    return cost.instructions == 0 || cost.instructions > most;
}

int main(int n_args, char **args)
{
    int failed = n_args < 3;

#ifndef __OPTIMIZE__
    return 77;
#endif
    if (!STEPS_COUNT) {
        return 77;
    }
    for (int i = 2; i < n_args; i++) {
        failed |= measure(args[i], (uint32_t)strtoul(args[1], NULL, 10));
    }
    return failed;
}
