/* SPDX-License-Identifier: BSD-3-Clause */
/* Two hosts that are the same: see twins.h. */
#include "tests/support/twins.h"

#include <string.h>

void twins_begin(struct twins *t)
{
    for (int i = 0; i < 2; i++) {
        host_begin(&t->h[i], NULL);
        host_meet(&t->h[i]);
        peer_begin(&t->p[i], &t->h[i], 4000, 80);
        t->fd[i] = peer_accepted(&t->p[i], host_listener(&t->h[i], 80, 4));
        host_forget(&t->h[i]);
    }
}

int twins_same(struct twins *t)
{
    const struct sent *a;
    const struct sent *b;
    int n = 0;

    do {
        a = host_sent(&t->h[0]);
        b = host_sent(&t->h[1]);
        EXPECT(!a == !b);
        EXPECT(!a || (a->len == b->len && memcmp(a->octets, b->octets, a->len) == 0));
        n += a != NULL;
    } while (a);
    return n;
}

void twins_hear_options(struct twins *t, uint8_t flags, const uint8_t *options, size_t n,
                        const void *text, size_t len)
{
    static struct frame f;

    for (int i = 0; i < 2; i++) {
        peer_frame(&t->p[i], &f, flags, text, len);
        if (i == 0) {
            frame_tcp_options(&f, options, n);
        }
        host_hear(&t->h[i], &f);
    }
}

/* But for urgent data, which only one of them may have heard of. */
void twins_ready(struct twins *t)
{
    EXPECT((sk_readiness(t->h[0].iface, t->fd[0]) & ~(uint32_t)SK_URGENT) ==
           sk_readiness(t->h[1].iface, t->fd[1]));
}

void twins_write(struct twins *t, const void *text, size_t len)
{
    for (int i = 0; i < 2; i++) {
        EXPECT(host_send(&t->h[i], t->fd[i], text, len, NOBODY) == SK_OK);
        host_poll(&t->h[i]);
    }
}

void twins_read(struct twins *t, const void *text, size_t len)
{
    uint8_t octets[4096];

    for (int i = 0; i < 2; i++) {
        size_t got = sizeof(octets);
        enum sk_err err = host_recv(&t->h[i], t->fd[i], octets, &got, NULL);

        EXPECT(err == (len > 0 ? SK_OK : SK_PENDING));
        EXPECT(got == len && (len == 0 || memcmp(octets, text, len) == 0));
        host_poll(&t->h[i]);
    }
}

void twins_end(struct twins *t)
{
    host_free(&t->h[0]);
    host_free(&t->h[1]);
}
