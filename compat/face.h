/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FACE(bind) gives libsock_bind the name that programs call it by, as an alias, which costs no
 * octet. On firmware that is the POSIX name, weak. A host executable must never define `bind`
 * itself (a shared library such as libslirp would call ours): there it is __wrap_bind, to which
 * -Wl,--wrap=bind leads; the names are those of WRAP_NAMES in configure.ac, and a test holds the
 * two against each other. libsock-preload.so, in which they have to have the POSIX names, makes
 * these of the others (PRELOAD_LDFLAGS in configure.ac). Linux compilers say __unix__, bare-metal
 * ones do not.
 */
#pragma once

#include "compat/compat.h"

#ifdef __unix__
#define FACE(name)                                                                                 \
    extern __typeof(libsock_##name) __wrap_##name __attribute__((alias("libsock_" #name)))
#else
#define FACE(name)                                                                                 \
    extern __typeof(libsock_##name) name __attribute__((weak, alias("libsock_" #name)))
#endif
