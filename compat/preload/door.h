/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loopback that the processes of one sockrun have in common. Each has a network of its own, and
 * whoever listens on a port there opens a door for it: an address of unix(7) with the number of the
 * tree of processes in it. Who connects to the port of 127.0.0.1, and does not listen there itself,
 * comes in by the door: the other process makes the connection in its own network, and passes on an
 * end of a relay to it (relay.h). Streams only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "compat/fd.h"

/** The tree's number; 0: there are no doors. */
void door_tree(uint64_t tree);

/** Somebody listens on the port. One that another process has already stays its. */
void door_open(uint16_t port);

/** A connection to a port, in this process's network; its end is in `*end`. 0, or an errno. Under
 * the port's lock. */
int door_dial(uint16_t port, int *end);

/** An end of a connection to the port of another process; -1: there is none. */
int door_enter(uint16_t port);
