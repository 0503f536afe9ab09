/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A board's host with all that one may leave out, but for BBR. What is named here is linked, and
 * nowhere else: firmware/size.sh has an image with this file and one without.
 */
#include "board.h"

static __attribute__((constructor)) void have_everything(void)
{
    board_config.tcp = &sk_tcp_full;
    board_config.fragments = &sk_ip_fragments;
    board_config.acd = &sk_acd;
    board_config.multicast = &sk_multicast;
}
