/* SPDX-License-Identifier: BSD-3-Clause */
/* Doors: see door.h. */
#include "compat/preload/door.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/un.h>

#include "compat/errno.h"
#include "compat/preload/real.h"
#include "compat/preload/relay.h"
#include "compat/preload/relayed.h"
#include "compat/state.h"

#define MAX_LOOKS 8 /* at a connection over the loopback, which takes three */

static uint64_t tree;

void door_tree(uint64_t number)
{
    tree = number;
}

static socklen_t address_of(uint16_t port, struct sockaddr_un *out)
{
    *out = (struct sockaddr_un){ .sun_family = AF_UNIX };
    return (socklen_t)offsetof(struct sockaddr_un, sun_path) + 1 +
           (socklen_t)snprintf(out->sun_path + 1, sizeof out->sun_path - 1,
                               "libsock-tree/%" PRIx64 "/%" PRIu16, tree, port);
}

void door_open(uint16_t port)
{
    struct sockaddr_un addr;

    if (tree == 0) {
        return;
    }
    state_enter();
    if (pump_start() && control_start()) {
        control_listen(&addr, address_of(port, &addr));
    }
    state_leave();
}

/* One that is still pending when the loopback is quiet waits for a place among those that wait to
 * be accepted. */
static enum sk_err connect_here(struct sk_iface *iface, sk_fd fd, uint16_t port)
{
    struct sk_op op;
    enum sk_err err = SK_PENDING;

    sk_op_connect(&op, fd, (struct sk_addr){ .addr = ip4(INADDR_LOOPBACK), .port = port });
    for (int i = 0; i < MAX_LOOKS && err == SK_PENDING; i++) {
        err = op.poll(&op, iface, state_now());
        sk_iface_poll(iface, state_now());
    }
    return err == SK_PENDING ? SK_OK : err;
}

static struct relay *relay_new(struct sk_iface *iface, sk_fd handle, int *end)
{
    struct sock_fd s;

    fd_adopt(&s, handle, SK_STREAM, NULL);
    struct relay *r = relay_make(&s, end);
    if (r == NULL) {
        fd_let_go(iface, &s);
    }
    return r;
}

int door_dial(uint16_t port, int *end)
{
    struct sk_iface *iface = libsock_iface();
    sk_fd handle;
    enum sk_err err = sk_socket(iface, SK_STREAM, &handle);

    if (err != SK_OK) {
        return errno_of(err);
    }
    err = connect_here(iface, handle, port);
    if (err != SK_OK) {
        sk_close(iface, handle, state_now());
        return errno_of(err);
    }
    struct relay *r = relay_new(iface, handle, end);
    if (r == NULL) {
        return EMFILE;
    }
    relay_use(r);
    return 0;
}

int door_enter(uint16_t port)
{
    struct relay_message m = { .request = RELAY_DIAL, .name = port };
    struct sockaddr_un addr;
    int end = -1;
    int before = errno;
    int fd = tree != 0 ? relayed_reach(&addr, address_of(port, &addr)) : -1;

    if (fd >= 0) {
        relayed_put_secret(&m);
        relayed_exchange(fd, &m, &end);
        __real_close(fd);
    }
    errno_fail(before);
    return end;
}
