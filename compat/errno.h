/* SPDX-License-Identifier: BSD-3-Clause */
/* From the core's errors to POSIX's. errno is set in errno.c and nowhere else. */
#pragma once

#include <errno.h>

#include "base/err.h"

#ifndef ESOCKTNOSUPPORT /* picolibc has it as an extension only */
#define ESOCKTNOSUPPORT EPROTOTYPE
#endif

/** The errno of an error of the core; 0 for SK_OK. */
int errno_of(enum sk_err err);

/** What a call returns: 0 for SK_OK, else -1 and errno. */
int errno_result(enum sk_err err);

/** For errors that the core does not know: sets errno, returns -1. */
int errno_fail(int number);
