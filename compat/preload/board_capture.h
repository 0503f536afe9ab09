/* SPDX-License-Identifier: BSD-3-Clause */
/* The file of sockrun --pcap, before a process has a network. */
#pragma once

#include <stdbool.h>

/** Makes the file `path` a capture without packets, whatever was there: each process that has a
 * network adds to it. What is no file, such as a pipe, gets its header from the first of them.
 * False: it cannot be opened or written; errno says why. */
bool board_capture_begin(const char *path);
