/* SPDX-License-Identifier: BSD-3-Clause */
/* What a library of ours opens while it runs (link/own_calls.h): descriptors that are none of the
 * program's. */
#pragma once

/** A descriptor that was just opened for the library: out of the way of the program's numbers, if
 * there is a higher one, and known as our own (link/own_fds.h). -1 stays -1. */
int own_take(int fd);
