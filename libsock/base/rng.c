/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SipHash-2-4 (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012) and the generator
 * built on it. Octets are taken as little-endian words, as the paper says, on every machine.
 */
#include "base/rng.h"

#include "base/assert.h"

struct sip {
    uint64_t v0;
    uint64_t v1;
    uint64_t v2;
    uint64_t v3;
};

static inline uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

/* Up to 8 octets, the first one lowest. */
static uint64_t little_endian(const uint8_t *octets, size_t len)
{
    uint64_t word = 0;

    for (size_t i = len; i > 0; i--) {
        word = word << 8 | octets[i - 1];
    }
    return word;
}

static void sip_rounds(struct sip *s, unsigned n)
{
    while (n-- > 0) {
        s->v0 += s->v1;
        s->v1 = rotate(s->v1, 13) ^ s->v0;
        s->v0 = rotate(s->v0, 32);
        s->v2 += s->v3;
        s->v3 = rotate(s->v3, 16) ^ s->v2;
        s->v0 += s->v3;
        s->v3 = rotate(s->v3, 21) ^ s->v0;
        s->v2 += s->v1;
        s->v1 = rotate(s->v1, 17) ^ s->v2;
        s->v2 = rotate(s->v2, 32);
    }
}

static void sip_word(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    sip_rounds(s, 2);
    s->v0 ^= word;
}

static struct sip sip_begin(const struct sip_key *key)
{
    return (struct sip){
        .v0 = key->k0 ^ UINT64_C(0x736f6d6570736575),
        .v1 = key->k1 ^ UINT64_C(0x646f72616e646f6d),
        .v2 = key->k0 ^ UINT64_C(0x6c7967656e657261),
        .v3 = key->k1 ^ UINT64_C(0x7465646279746573),
    };
}

/* `rest`: what is left of `len` octets, fewer than 8. */
static uint64_t sip_end(struct sip *s, uint64_t rest, size_t len)
{
    sip_word(s, rest | (uint64_t)len << 56);
    s->v2 ^= 0xff;
    sip_rounds(s, 4);
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

uint64_t siphash(const struct sip_key *key, const void *octets, size_t len)
{
    const uint8_t *at = octets;
    size_t left = len;
    struct sip s = sip_begin(key);

    for (; left >= 8; left -= 8, at += 8) {
        sip_word(&s, little_endian(at, 8));
    }
    return sip_end(&s, little_endian(at, left), len);
}

void rng_init(struct rng *rng, const uint8_t seed[16])
{
    rng->key.k0 = little_endian(seed, 8);
    rng->key.k1 = little_endian(seed + 8, 8);
    rng->counter = 0;
}

/* SipHash of the counter's eight octets, the lowest first. */
uint64_t rng_u64(struct rng *rng)
{
    struct sip s = sip_begin(&rng->key);

    sip_word(&s, rng->counter++);
    return sip_end(&s, 0, sizeof rng->counter);
}

uint32_t rng_u32(struct rng *rng)
{
    return (uint32_t)rng_u64(rng);
}

uint32_t rng_below(struct rng *rng, uint32_t n)
{
    SK_ASSERT(n > 0);
    return (uint32_t)((uint64_t)rng_u32(rng) * n >> 32);
}
