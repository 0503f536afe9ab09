/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SipHash-2-4 (Aumasson, Bernstein 2012), the keyed function behind ISNs, ports and identifiers,
 * and the interface's generator: SipHash of a counter under a key that never leaves the stack.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct sip_key {
    uint64_t k0;
    uint64_t k1;
};

/** SipHash-2-4 of `len` octets. */
uint64_t siphash(const struct sip_key *key, const void *octets, size_t len);

struct rng {
    struct sip_key key;
    uint64_t counter;
};

/** Seeds the generator from 16 octets of entropy. The same seed gives the same numbers. */
void rng_init(struct rng *rng, const uint8_t seed[16]);

uint32_t rng_u32(struct rng *rng);
uint64_t rng_u64(struct rng *rng);

/** A number in [0, n), each with the same probability to within 2^-32; n > 0. */
uint32_t rng_below(struct rng *rng, uint32_t n);
