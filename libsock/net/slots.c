/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Handles (sk_fd): a slot, and above it a generation that counts how often the slot was used, so
 * that a stale handle names nothing. Slots are reused last-in first-out.
 */
#include "net/iface.h"

#define TAG_BITS 8
#define TAG_MASK 0xffu

enum sock_tag slot_tag(const struct tagged_socket *slot)
{
    return (enum sock_tag)(slot->tag_generation & TAG_MASK);
}

static sk_fd make_fd(const struct sk_iface *iface, uint32_t slot)
{
    uint32_t generation = iface->slots[slot].tag_generation >> TAG_BITS;

    return generation << iface->slot_bits | slot;
}

struct tagged_socket *slot_of(const struct sk_iface *iface, sk_fd fd)
{
    uint32_t slot = fd & ((1u << iface->slot_bits) - 1);

    if (slot >= iface->n_slots || slot_tag(&iface->slots[slot]) == SOCK_FREE ||
        make_fd(iface, slot) != fd) {
        return NULL;
    }
    return &iface->slots[slot];
}

sk_fd fd_of(const struct sk_iface *iface, const struct sock_node *node)
{
    return !node || node->slot == SLOT_NONE ? SK_FD_NONE : make_fd(iface, node->slot);
}

static void put_in_slot(struct sk_iface *iface, struct sock_node *node, uint32_t slot)
{
    struct tagged_socket *s = &iface->slots[slot];

    node->slot = slot;
    s->u.node = node;
    s->tag_generation = (s->tag_generation & ~TAG_MASK) | node->tag;
}

bool slot_take(struct sk_iface *iface, struct sock_node *node)
{
    uint32_t slot = iface->free_slot;

    if (slot == SLOT_NONE) {
        return false;
    }
    iface->free_slot = (uint32_t)iface->slots[slot].u.next_free;
    put_in_slot(iface, node, slot);
    return true;
}

void slot_release(struct sk_iface *iface, struct sock_node *node)
{
    struct tagged_socket *s = &iface->slots[node->slot];

    tell_watches(iface, node);
    s->u.next_free = iface->free_slot;
    s->tag_generation = (s->tag_generation & ~TAG_MASK) + (1u << TAG_BITS) + SOCK_FREE;
    iface->free_slot = node->slot;
    node->slot = SLOT_NONE;
    list_remove(&node->queue);
}

void slot_move(struct sk_iface *iface, struct sock_node *from, struct sock_node *to)
{
    put_in_slot(iface, to, from->slot);
    from->slot = SLOT_NONE;
    list_remove(&from->queue);
}
