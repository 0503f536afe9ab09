/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A TAP device of Linux as the link: Ethernet frames to and from the kernel's own stack, and to
 * whatever it bridges or routes them to. The device is there and up when the link is opened, and
 * its user may open it; in a user namespace of one's own that takes no privilege. Hosts only.
 */
#pragma once

#include "link/link.h"

struct tap_link {
    struct link link;
    int fd;
};

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Opens the device `name`. `mac` is ours, and not the kernel's on the other side; `mtu` octets of
 * an IP packet are those of the device. SK_INVALID: the name is too long, or the MTU too small;
 * SK_NOT_SUPPORTED: there is no such device, or it is not ours to open, and errno says why.
 */
enum sk_err sk_tap_link_open(struct tap_link *t, const char *name, struct mac_addr mac,
                             uint16_t mtu);

void sk_tap_link_close(struct tap_link *t);

#ifdef __cplusplus
}
#endif
