/* SPDX-License-Identifier: BSD-3-Clause */
/* Which of a process's sockets get a relay, and when: at a fork, or when a number is given to
 * somebody who calls the kernel. See relay.h. */
#include <fcntl.h>

#include "compat/foreign.h"
#include "compat/preload/preload.h"
#include "compat/preload/real.h"
#include "compat/preload/relay.h"
#include "compat/preload/relayed.h"
#include "compat/state.h"

static bool is_open(struct sk_iface *iface, const struct sock_fd *s)
{
    int32_t state = SK_TCP_CLOSED;
    int32_t listens = 0;

    return s->type == SK_DGRAM ||
           ((sk_get(iface, s->fd, SK_TCP_STATE, &state) == SK_OK && state != SK_TCP_CLOSED) ||
            (sk_get(iface, s->fd, SK_ACCEPTCONN, &listens) == SK_OK && listens != 0));
}

static void replace_numbers(const struct open_description *open, int end)
{
    for (int fd = open->first_number; fd >= 0; fd = fd_next_of_same(fd)) {
        __real_dup3(end, fd, foreign_closes_on_exec(fd) ? O_CLOEXEC : 0);
    }
}

/* False: no descriptor or memory is left. */
static bool prepare(const struct sock_fd *s)
{
    struct sock_fd held;
    int other;

    fd_hold(&held, s);
    if (relay_make(&held, &other) == NULL) {
        fd_let_go(libsock_iface(), &held);
        return false;
    }
    replace_numbers(held.open, other);
    __real_close(other);
    return true;
}

/* Under the lock. Streams that have no connection and wait for none stay the owner's. */
static void prepare_all(struct sk_iface *iface)
{
    for (int fd = fd_next(0); fd >= 0; fd = fd_next(fd + 1)) {
        const struct sock_fd *s = fd_peek(fd);
        if (s->open->relay == NULL && is_open(iface, s) &&
            (!pump_start() || !control_start() || !prepare(s))) {
            return;
        }
    }
}

void relay_give(int fd)
{
    if (fd_find(fd) == NULL || start_is_child()) {
        return;
    }
    relayed_keep_secret();
    struct sk_iface *iface = state_enter();
    const struct sock_fd *s = fd_peek(fd);
    if (s != NULL && is_open(iface, s) &&
        (s->open->relay != NULL || (pump_start() && control_start() && prepare(s)))) {
        relay_use(s->open->relay);
    }
    state_leave();
}

void relay_give_open(void)
{
    for (int fd = fd_next(0); fd >= 0; fd = fd_next(fd + 1)) {
        if (!foreign_closes_on_exec(fd)) {
            relay_give(fd);
        }
    }
}

/* The lock is held until after the fork: no socket comes in between. */
void preload_forking(void)
{
    if (libsock_state_current() != NULL && !relay_is_leaving()) {
        relayed_keep_secret();
        prepare_all(state_enter());
    }
}

void preload_forked(void)
{
    if (libsock_state_current() != NULL && !relay_is_leaving()) {
        state_leave();
    }
}
