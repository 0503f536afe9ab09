/* SPDX-License-Identifier: BSD-3-Clause */
/* Two hosts, 10.0.0.1 and 10.0.0.2, on a wire without delay whose packets travel uncopied: what is
 * left is the stack. */
#pragma once

#include "libsock.h"
#include "link/pair.h"

struct hosts {
    struct pair wire;
    struct sk_iface *host[2];
    instant now;
    void *memory[2];
};

/** `n_tcp` connections with buffers of `buffer` octets; exits when something does not work. */
void hosts_begin(struct hosts *h, uint16_t mtu, uint32_t n_tcp, uint32_t buffer);
void hosts_end(struct hosts *h);

/** Polls both until neither has anything to do, letting time pass for delayed ACKs and the like
 * when `wait`. */
void hosts_settle(struct hosts *h, bool wait);

struct sk_addr hosts_addr(int host, uint16_t port);

sk_fd hosts_listen(struct hosts *h, uint16_t port, uint32_t backlog);
void hosts_connect(struct hosts *h, sk_fd listener, uint16_t port, sk_fd *client, sk_fd *server);

/** Sends and receives all of `len` octets. */
void hosts_send(struct hosts *h, int from, sk_fd fd, const void *octets, size_t len);
void hosts_receive(struct hosts *h, int at, sk_fd fd, void *octets, size_t len);

/** Ends the program unless `condition`. */
void require(bool condition, const char *what);
