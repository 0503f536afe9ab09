/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers that others get: see handed.c. */
#pragma once

#include <sys/socket.h>

/** Before a message goes out by `fd`, of any kind: numbers in it (SCM_RIGHTS). `msg` may be NULL.
 */
void handed_in_message(int fd, const struct msghdr *msg);
