/* SPDX-License-Identifier: BSD-3-Clause */
/* A driver that is not ours, over the installed headers: a cable whose two ends are one host.
 * Prints why what came back was dropped. With an argument it opens a POSIX socket, so that the shim
 * is linked, too. */
#include <libsock.h>
#include <link/link.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static struct pkt *cable;
static _Alignas(16) uint8_t memory[65536];

static struct pkt *rx(struct link *link, struct pkt_pool *pool, instant now)
{
    struct pkt *pkt = cable ? sk_pkt_alloc(pool, 2) : NULL;

    (void)link, (void)now;
    if (pkt) {
        memcpy(sk_pkt_put(pkt, cable->len), sk_pkt_data(cable), cable->len);
        sk_pkt_free(cable);
        cable = NULL;
    }
    return pkt;
}

static enum sk_err tx(struct link *link, struct pkt *pkt, instant now)
{
    (void)link, (void)now;
    if (cable) {
        return SK_AGAIN;
    }
    cable = pkt;
    return SK_OK;
}

static bool entropy(void *out, size_t len)
{
    memset(out, 7, len);
    return true;
}

int main(int argc, char **argv)
{
    static const struct link_ops ops = { .rx = rx, .tx = tx };
    static struct link link = {
        .ops = &ops, .medium = LINK_ETHERNET, .mac = { { 2, 0, 0, 0, 0, 1 } }, .mtu = 1500
    };
    struct sk_netif_config netif = { .name = "e0", .prefix_len = 24 };
    struct sk_config config = { .size = sizeof(config),
                                .n_tcp = 1,
                                .n_udp = 1,
                                .n_packets = 6,
                                .n_neighbours = 2,
                                .rcvbuf = 1024,
                                .sndbuf = 1024,
                                .buffers = { { 1024, 4 } } };
    struct sk_iface *iface;
    uint8_t ifindex;

    (void)argv;
    entropy(config.seed, sizeof(config.seed));
    iface = sk_iface_init(&config, memory, sizeof(memory), 0);
    if (!iface || sk_netif_add(iface, &link, &netif, 0, &ifindex) != SK_OK) {
        return 1;
    }
    for (instant now = 0; now < 10000000; now += 100000) {
        sk_iface_poll(iface, now);
    }
    for (int i = 0; i < N_DROP_REASONS; i++) {
        if (sk_iface_stats(iface)->drops[i] > 0) {
            puts(sk_drop_reason_name((enum drop_reason)i));
        }
    }
    return argc > 1 ? socket(AF_INET, SOCK_STREAM, 0) : 0;
}
