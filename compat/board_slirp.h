/* SPDX-License-Identifier: BSD-3-Clause */
/* What libsock-preload.so asks of the board beside the start. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/** Takes the ports of the host that are to lead to this port of ours, unless it has them. False
 * after it said that it cannot. Under the port's lock. */
bool board_forward(bool udp, uint16_t guest_port);
