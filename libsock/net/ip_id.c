/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Identifications of packets that may be fragmented (RFC 6864 4.3, 7739 5.4): hosts that share a
 * counter are not told apart by an attacker, who cannot know which they are, and what one of them
 * sees of it says little of the others. Where each begins is nobody's to know.
 */
#include "net/iface.h"

void ip_ids_init(struct ip_ids *ids, struct rng *rng)
{
    ids->key.k0 = rng_u64(rng);
    ids->key.k1 = rng_u64(rng);
    for (uint32_t i = 0; i < N_IP_IDS; i++) {
        ids->next[i] = (uint16_t)rng_u32(rng);
    }
}

uint8_t ip_id_group(const struct ip_ids *ids, struct ip_addr dst)
{
    return (uint8_t)(siphash(&ids->key, &dst, sizeof(dst)) % N_IP_IDS);
}

uint16_t ip_id_next(struct ip_ids *ids, uint8_t group)
{
    return ids->next[group]++;
}
