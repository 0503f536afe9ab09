/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams that leave in pieces (RFC 791 3.2): who sends them says when, and to whom. */
#include <string.h>

#include "net/fragments.h"

#include "wire/ipv4.h"

static uint32_t min(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

struct pkt *fragments_piece(struct sk_iface *iface, const struct ip_message *m, uint32_t offset,
                            uint32_t room, struct ip_hdr *ip)
{
    uint32_t total = m->head_len + m->text_len;
    uint32_t len = total - offset <= room ? total - offset : room & ~7u;
    uint32_t of_head = offset < m->head_len ? min(m->head_len - offset, len) : 0;
    struct pkt *pkt = tx_alloc(iface, ip->n_options);

    if (!pkt) {
        return NULL;
    }
    if (offset > 0 && ip->n_options > 0) {
        uint8_t *copied = sk_pkt_data(pkt) - ip->n_options;

        ip->n_options = ipv4_copied_options(copied, ip->options, ip->n_options);
        ip->options = copied;
    }
    if (of_head > 0) {
        memcpy(sk_pkt_put(pkt, of_head), m->head + offset, of_head);
    }
    if (len > of_head) {
        memcpy(sk_pkt_put(pkt, len - of_head), m->text + offset + of_head - m->head_len,
               len - of_head);
    }
    ip->frag_offset = (uint16_t)offset;
    ip->more_frags = offset + len < total;
    ip->dont_frag = false;
    return pkt;
}
