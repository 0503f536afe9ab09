/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FACE(bind) gives libsock_bind the POSIX name too: on firmware, as a weak alias, which costs no
 * octet. A host executable must never define `bind` itself (a shared library such as libslirp would
 * call ours); there, face_wrap.c has the __wrap_ names. Linux compilers say __unix__, bare-metal
 * ones do not.
 */
#pragma once

#include "compat/compat.h"

#ifdef __unix__
#define FACE(name) _Static_assert(1, "the name is in face_wrap.c")
#else
#define FACE(name)                                                                                 \
    extern __typeof(libsock_##name) name __attribute__((weak, alias("libsock_" #name)))
#endif
