/* SPDX-License-Identifier: BSD-3-Clause */
/* The hash of sockets against one who knows its key: a long chain makes it choose another. */
#include <check.h>
#include <string.h>

#include "net/iface.h"
#include "tests/support/frames.h"
#include "tests/support/suite.h"

#define PORT 5000
#define LONGEST 16 /* of a chain, before the key is chosen anew */
#define N_SOCKETS 40

static struct host h;

static void begin(void)
{
    struct host_setup setup = { .config = { .n_udp = N_SOCKETS } };

    host_begin(&h, &setup);
    host_meet(&h);
}

static uint32_t chain_len(const struct sock_node *node)
{
    uint32_t n = 0;

    for (; node; node = node->hash_next) {
        n++;
    }
    return n;
}

static uint32_t longest_chain(void)
{
    uint32_t longest = 0;

    for (uint32_t i = 0; i <= h.iface->bucket_mask; i++) {
        uint32_t n = chain_len(h.iface->buckets[i]);

        longest = n > longest ? n : longest;
    }
    return longest;
}

static sk_fd shares_port(void)
{
    sk_fd fd = host_socket(&h, SK_DGRAM);

    EXPECT(sk_set(h.iface, fd, SK_REUSEADDR, 1) == SK_OK);
    EXPECT(sk_bind(h.iface, fd, (struct sk_addr){ HOST_IP, PORT }) == SK_OK);
    return fd;
}

/* Gives the socket a peer whose tuple lands in the first bucket under the present key: a port above
 * `*port`. */
static void collides(sk_fd fd, uint16_t *port)
{
    struct sk_addr local = { HOST_IP, PORT };
    struct sk_addr peer = { PEER_IP, *port };

    do {
        peer.port++;
        EXPECT(peer.port != 0);
        EXPECT(sk_set_peer(h.iface, fd, peer) == SK_OK);
    } while (h.iface->buckets[0] != sockets_find(h.iface, false, local, peer, 0));
    *port = peer.port;
}

static bool hears(sk_fd fd, uint16_t port)
{
    uint16_t heard;
    size_t len = sizeof(heard);
    struct frame f;

    frame_udp(&f, (struct sk_addr){ PEER_IP, port }, (struct sk_addr){ HOST_IP, PORT }, &port,
              sizeof(port));
    host_hear(&h, &f);
    return host_recv(&h, fd, &heard, &len, NULL) == SK_OK && heard == port;
}

START_TEST(a_long_chain_is_broken_up)
{
    sk_fd fds[N_SOCKETS];
    uint16_t ports[N_SOCKETS];
    uint16_t port = 0;
    uint64_t key;
    int n = 0;

    begin();
    key = h.iface->hash_key.a[0];
    for (; n < LONGEST; n++) {
        fds[n] = shares_port();
        collides(fds[n], &port);
        ports[n] = port;
    }
    ck_assert_uint_eq(chain_len(h.iface->buckets[0]), LONGEST);
    ck_assert_uint_eq(h.iface->hash_key.a[0], key);
    for (; h.iface->hash_key.a[0] == key && n < N_SOCKETS; n++) {
        fds[n] = shares_port();
        collides(fds[n], &port);
        ports[n] = port;
    }
    ck_assert_int_eq(n, LONGEST + 1);
    ck_assert_uint_le(longest_chain(), LONGEST / 2);
    for (int i = 0; i < n; i++) {
        ck_assert(hears(fds[i], ports[i]));
        ck_assert_int_eq(sk_close(h.iface, fds[i], h.now), SK_OK);
    }
    host_end(&h);
}
END_TEST

/* Sockets that share a port are in one chain under any key: it is not chosen anew for each. */
START_TEST(a_chain_that_no_key_breaks_up)
{
    uint64_t key;
    uint32_t n_keys = 0;

    begin();
    key = h.iface->hash_key.a[0];
    for (int n = 0; n < N_SOCKETS; n++) {
        shares_port();
        n_keys += h.iface->hash_key.a[0] != key;
        key = h.iface->hash_key.a[0];
    }
    ck_assert_uint_eq(longest_chain(), N_SOCKETS);
    ck_assert_uint_ge(n_keys, 1);
    ck_assert_uint_le(n_keys, N_SOCKETS / LONGEST);
    host_free(&h);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { a_long_chain_is_broken_up, a_chain_that_no_key_breaks_up, NULL };

    return suite_run("demux", tests);
}
