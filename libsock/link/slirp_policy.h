/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a guest of libslirp may reach. libslirp makes real connections from this machine for
 * whatever address the guest names; only 10.0.2.2 is the host's own loopback. So a frame is looked
 * at before libslirp sees it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* libslirp's own network, its addresses in host order (qemu(1), -netdev user). */
#define SLIRP_NETWORK 0x0a000200u
#define SLIRP_NETMASK 0xffffff00u
#define SLIRP_HOST 0x0a000202u  /* 127.0.0.1 of the host */
#define SLIRP_DNS 0x0a000203u   /* port 53 of the host's resolver */
#define SLIRP_GUEST 0x0a00020fu /* what its DHCP server gives us */

#ifdef __cplusplus
extern "C" {
#endif

/**
 * True for a frame that stays on this machine: ARP, TCP, UDP and ICMP to 10.0.2.2, and a DHCP
 * client's broadcasts. False for everything else, and for what cannot be parsed.
 */
bool slirp_policy_host_only(const uint8_t *frame, size_t len);

#ifdef __cplusplus
}
#endif
