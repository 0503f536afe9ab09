/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IP options that sockets send with (RFC 1122 3.2.1.8, 4.1.3.2). Few sockets have any, and those
 * the same: they are kept once, in as many sets as the configuration says, and a socket has the
 * number of its set.
 */
#include "net/iface.h"

#include "wire/ipv4.h"

#include <string.h>

static const struct sk_ip_options NO_OPTIONS;

_Static_assert(sizeof(NO_OPTIONS.octets) == IPV4_MAX_OPTIONS, "RFC 791 3.1");

const struct sk_ip_options *ip_options_of(const struct sk_iface *iface,
                                          const struct sock_node *node)
{
    return node->ip_options ? &iface->ip_options[node->ip_options - 1].options : &NO_OPTIONS;
}

void ip_options_release(struct sk_iface *iface, struct sock_node *node)
{
    if (node->ip_options) {
        iface->ip_options[node->ip_options - 1].n_sockets--;
        node->ip_options = 0;
    }
}

void ip_options_share(struct sk_iface *iface, struct sock_node *node, const struct sock_node *from)
{
    node->ip_options = from->ip_options;
    if (node->ip_options) {
        iface->ip_options[node->ip_options - 1].n_sockets++;
    }
}

enum sk_err ip_options_copy(struct sk_ip_options *to, const struct sk_ip_options *options)
{
    if (options->len > IPV4_MAX_OPTIONS ||
        ipv4_check_options(options->octets, options->len) != DROP_NONE) {
        return SK_INVALID;
    }
    *to = (struct sk_ip_options){ .len = (uint8_t)((options->len + 3u) & ~3u) };
    memcpy(to->octets, options->octets, options->len);
    return SK_OK;
}

/* The set that has them, or a free one; NULL: neither. */
static struct ip_option_set *set_with(struct sk_iface *iface, const struct sk_ip_options *options)
{
    struct ip_option_set *unused = NULL;

    for (uint32_t i = 0; i < iface->n_ip_options; i++) {
        struct ip_option_set *set = &iface->ip_options[i];

        if (set->n_sockets == 0) {
            unused = set;
        } else if (memcmp(&set->options, options, sizeof(*options)) == 0) {
            return set;
        }
    }
    return unused;
}

static enum sk_err take_set(struct sk_iface *iface, struct sock_node *node,
                            const struct sk_ip_options *options)
{
    struct sock_node before = { 0 };
    struct ip_option_set *set;

    before.ip_options = node->ip_options;
    ip_options_release(iface, node); /* it may have been the only one with its set */
    set = set_with(iface, options);
    if (!set) {
        ip_options_share(iface, node, &before);
        return SK_NO_BUFFERS;
    }
    set->options = *options;
    set->n_sockets++;
    node->ip_options = (uint8_t)(1 + (set - iface->ip_options));
    return SK_OK;
}

static bool has_begun(const struct sock_node *node)
{
    return node->tag == SOCK_TCP && ((const struct tcp_entry *)(const void *)node)->opened;
}

enum sk_err sk_set_ip_options(struct sk_iface *iface, sk_fd fd, const struct sk_ip_options *options)
{
    const struct tagged_socket *slot = slot_of(iface, fd);
    struct sk_ip_options copy;
    enum sk_err err;

    if (!slot) {
        return SK_INVALID_SOCKET;
    }
    if (has_begun(slot->u.node)) {
        return SK_IS_CONNECTED;
    }
    err = ip_options_copy(&copy, options);
    if (err == SK_OK && copy.len > 0) {
        return take_set(iface, slot->u.node, &copy);
    }
    if (err == SK_OK) {
        ip_options_release(iface, slot->u.node);
    }
    return err;
}

enum sk_err sk_get_ip_options(const struct sk_iface *iface, sk_fd fd, struct sk_ip_options *options)
{
    const struct tagged_socket *slot = slot_of(iface, fd);

    if (!slot) {
        return SK_INVALID_SOCKET;
    }
    *options = *ip_options_of(iface, slot->u.node);
    return SK_OK;
}
