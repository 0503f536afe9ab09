/* SPDX-License-Identifier: BSD-3-Clause */
/* The hardware of Arm's MPS2 board with the AN385 image (Arm DAI 0385), as far as the stack needs
 * it. */
#pragma once

#include "link/lan9118.h"
#include "port/cortexm.h"

extern struct sk_cortexm mps2_port;
extern struct sk_lan9118 mps2_nic;
extern uint32_t mps2_nic_interrupts;

/** Starts the clock, the port and the Ethernet chip with its interrupt. What sk_lan9118_init says.
 */
enum sk_err mps2_start(void);
