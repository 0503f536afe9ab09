/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports of the host that lead to the program (sockrun -p). */
#pragma once

/** After a bind or a listen of `fd`, of any kind: when it is one that others may come to by now,
 * the host's ports that lead there are taken. 0; -1 and errno: EADDRINUSE, after a line on
 * stderr. */
int forward_to(int fd);
