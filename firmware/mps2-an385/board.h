/* SPDX-License-Identifier: BSD-3-Clause */
/* What the board gives the stack: one block of static memory, and what has to fit into it. */
#pragma once

#include "libsock.h"

#define BOARD_N_TCP 4
#define BOARD_N_UDP 2
#define BOARD_N_LISTENERS 1
#define BOARD_N_SYN_CACHE 8
#define BOARD_N_TIME_WAIT 8
#define BOARD_N_PACKETS 6
#define BOARD_N_NEIGHBOURS 4
#define BOARD_N_QUERIES 1
#define BOARD_N_BUFFERS                                                                            \
    (BOARD_N_TCP + BOARD_N_UDP + BOARD_N_QUERIES) /* each way: every socket can have its two */
#define BOARD_RCVBUF 8192
#define BOARD_SNDBUF 4096

/* octets */
#define BOARD_MEMORY                                                                               \
    SK_MEMORY_SIZE(BOARD_N_TCP, BOARD_N_UDP, BOARD_N_LISTENERS, BOARD_N_SYN_CACHE,                 \
                   BOARD_N_TIME_WAIT, CONFIG_N_NETIFS, BOARD_N_PACKETS, CONFIG_PACKET_SIZE,        \
                   BOARD_N_NEIGHBOURS, BOARD_N_QUERIES,                                            \
                   BOARD_N_BUFFERS *(BOARD_RCVBUF + BOARD_SNDBUF))

extern struct sk_config board_config;
extern uint8_t board_memory[BOARD_MEMORY];
