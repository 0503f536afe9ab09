/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A link around a link that writes every frame, both ways, to a file which Wireshark opens: the
 * classic pcap format (draft-ietf-opsawg-pcap) with microseconds, little-endian on every host so
 * that equal runs give equal files. Hosts only. A record is in the file when its frame has passed:
 * a program that crashes leaves a whole capture, and a child of fork nothing to write twice. A
 * file that cannot be written any more is reported once on stderr, and traffic goes on.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "link/link.h"

#define PCAP_RECORD_LEN 16  /* octets in front of a frame */
#define PCAP_SNAP_LEN 65549 /* octets: Ethernet header and the largest IP packet */

struct pcap_link {
    struct link link;
    struct link *inner;
    FILE *file; /* NULL: not open, or failed */
    const char *path;
    int64_t epoch; /* microseconds since 1970 of instant 0 */
    uint8_t record[PCAP_RECORD_LEN + PCAP_SNAP_LEN];
};

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Wraps `inner` and opens `path`, both of which stay the caller's and valid. `epoch` is added to
 * each instant for its time stamp; in virtual time 0 does. False: the file cannot be opened or
 * written (errno says why), and the link works.
 */
bool sk_pcap_link_open(struct pcap_link *p, struct link *inner, const char *path, int64_t epoch);

/** As sk_pcap_link_open, of a file that several processes write at once: each adds its frames to
 * those that are there, the first one to an empty file. */
bool sk_pcap_link_append(struct pcap_link *p, struct link *inner, const char *path, int64_t epoch);

/** Closes the file; the link goes on without. False if anything is missing in the file. */
bool sk_pcap_link_close(struct pcap_link *p);

#ifdef __cplusplus
}
#endif
