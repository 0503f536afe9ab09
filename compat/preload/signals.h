/* SPDX-License-Identifier: BSD-3-Clause */
/* What is done when a signal ends the program: see signals.c. */
#pragma once

/**
 * From now on `last` is called, once, before SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGALRM or SIGTERM
 * ends this process because the program has no handler for it and does not ignore it. It is called
 * in a signal handler, by a thread that is not in the stack. To the program these signals have
 * their default action still, and to who waits for the process it is the signal that ended it.
 */
void signals_before_end(void (*last)(void));
