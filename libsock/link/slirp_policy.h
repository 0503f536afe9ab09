/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a guest of libslirp may reach. libslirp makes real connections from this machine for
 * whatever address the guest names; only 10.0.2.2 is the host's own loopback. So a frame is looked
 * at before libslirp sees it, and one that may not pass is answered.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/eth.h"
#include "wire/icmp4.h"
#include "wire/ipv4.h"

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

/* Octets: the headers, and what is quoted, an IP header with all its options and 8 octets. */
#define SLIRP_ANSWER_LEN (ETH_HDR_LEN + IPV4_HDR_LEN + ICMP4_HDR_LEN + 60 + 8)

/**
 * How a firewall answers a frame that may not pass: a frame from 10.0.2.2 with ICMP destination
 * unreachable, communication administratively prohibited (RFC 1812 5.2.7.1). Its length, 0 when RFC
 * 1122 3.2.2 wants none.
 */
size_t slirp_policy_answer(const uint8_t *frame, size_t len, uint8_t answer[SLIRP_ANSWER_LEN]);

#ifdef __cplusplus
}
#endif
