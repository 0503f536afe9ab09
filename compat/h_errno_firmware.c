/* SPDX-License-Identifier: BSD-3-Clause */
/* h_errno: what POSIX had until 2004. The program's, since firmware has one thread. */
#include "compat/compat.h"
#include "compat/face.h"

int libsock_h_errno;

FACE(h_errno);
