/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One host on a link that is the test: frames made here go in, each in a block of the heap of
 * exactly its length, and what the host sends is collected, taken apart and checked (checksums,
 * lengths, time to live, zero padding), whatever the test is about. Time is `now`, and moves only
 * when a test says so. 10.0.0.1/24 is the host, 10.0.0.2 its peer, 10.0.0.254 its gateway.
 */
#pragma once

#include <check.h>

#include "libsock.h"
#include "link/link.h"
#include "wire/arp.h"
#include "wire/icmp4.h"
#include "wire/igmp.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define HOST_MAC ((struct mac_addr){ { 2, 0, 0, 0, 0, 1 } })
#define PEER_MAC ((struct mac_addr){ { 2, 0, 0, 0, 0, 2 } })
#define GATE_MAC ((struct mac_addr){ { 2, 0, 0, 0, 0, 0xfe } })
#define EVIL_MAC ((struct mac_addr){ { 2, 6, 6, 6, 6, 6 } })
#define HOST_IP ip4(0x0a000001)
#define PEER_IP ip4(0x0a000002)
#define GATE_IP ip4(0x0a0000fe)
#define FAR_IP ip4(0x08080808) /* behind the gateway */
#define NOBODY ((struct sk_addr){ ip4(0), 0 })

/* Check writes a record for every assertion, also for one that holds: too slow for what each frame
 * is asked. */
#define EXPECT_MSG(condition, ...)                                                                 \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            ck_abort_msg(__VA_ARGS__);                                                             \
        }                                                                                          \
    } while (0)
#define EXPECT(condition) EXPECT_MSG(condition, "'%s' does not hold", #condition)

#define FRAME_MAX (ETH_HDR_LEN + 65535 + 1)
#define FAKE_MSL 2000000 /* microseconds */

/* ---- A frame under construction: from the peer to the host, unless it is changed ---- */

struct frame {
    uint8_t at[FRAME_MAX];
    size_t len;
};

void frame_raw(struct frame *f, uint16_t type, const void *payload, size_t len);
void frame_arp(struct frame *f, const struct arp_hdr *arp);
/** `ip->payload_len` is set from `len`; a time to live of 0 becomes 64. */
void frame_ip(struct frame *f, struct ip_hdr ip, const void *payload, size_t len);
void frame_udp(struct frame *f, struct sk_addr from, struct sk_addr to, const void *payload,
               size_t len);
/** Ports are those of the addresses. */
void frame_tcp(struct frame *f, struct sk_addr from, struct sk_addr to, struct tcp_hdr hdr,
               const void *text, size_t len);
void frame_icmp(struct frame *f, struct ip_addr from, struct ip_addr to, struct icmp4_hdr hdr,
                const void *payload, size_t len);
/** To the group's link address. */
void frame_igmp(struct frame *f, struct ip_addr from, struct ip_addr to, struct igmp_hdr hdr);
/** The link address that goes with a group. */
void frame_to_group(struct frame *f, struct ip_addr group);
/** An ICMP error from `from` to the host that quotes the IP packet at `quoted`. */
void frame_icmp_error(struct frame *f, struct ip_addr from, uint8_t type, uint8_t code,
                      const uint8_t *quoted, size_t len);
/** Where the IP header and what follows it are. */
uint8_t *frame_ip_at(struct frame *f);
uint8_t *frame_transport_at(struct frame *f);
void frame_set_macs(struct frame *f, struct mac_addr dst, struct mac_addr src);
/** Opens `n` octets, a multiple of 4, of IP options; they are NOPs, and the checksum is right. */
uint8_t *frame_open_options(struct frame *f, size_t n);
/** Puts `n` octets, a multiple of 4, of options behind the TCP header as it is. */
void frame_tcp_options(struct frame *f, const uint8_t *options, size_t n);
/** Checksums right again after a change; the transport's by its own length. */
void frame_fix_ip(struct frame *f);
void frame_fix_transport(struct frame *f);

/* ---- What the host sent ---- */

struct sent {
    struct sent *next;
    instant at;
    struct eth_hdr eth;
    struct arp_hdr arp;
    struct ip_hdr ip;
    struct tcp_hdr tcp;
    struct udp_hdr udp;
    struct icmp4_hdr icmp;
    struct igmp_hdr igmp;
    const uint8_t *ip_at;   /* the IP packet in `octets` */
    const uint8_t *payload; /* what the innermost header carries */
    size_t payload_len;
    size_t len;
    uint8_t octets[];
};

struct fake_link {
    struct link link;
    struct fake_frame *in;
    struct fake_frame **in_end;
    struct fake_frame *given; /* to the host: freed once it gave them back */
    struct sent *out;
    struct sent **out_end;
    struct sent *taken; /* by host_sent */
    uint32_t n_out;     /* frames sent since the start */
    uint32_t n_refused;
    bool refuse;                /* takes nothing */
    bool refuse_ip;             /* takes ARP alone */
    enum drop_reason drops_for; /* why it drops what it takes */
    bool keep;                  /* keeps the packets of the host, as a chip that is slow to send */
    bool count_only;            /* collects nothing: floods */
    struct pkt_list kept;
    void (*on_tx)(void *context); /* an interrupt while a frame is handed over; may be NULL */
    void *context;
};

struct host_setup {
    struct sk_config config; /* size is filled in, and a seed that begins with 0 */
    struct sk_netif_config netif;
    enum link_medium medium;
    uint16_t mtu; /* 0: 1500 */
    uint32_t absorb;
    bool dhcp; /* no address of its own */
    bool no_gateway;
    bool no_netif;
};

struct host {
    struct sk_iface *iface;
    void *memory;
    instant now;
    struct fake_link link;
    uint32_t traced[N_DROP_REASONS]; /* drops that the trace saw */
    sk_fd traced_fd;                 /* of the last packet that was dropped or sent */
    uint32_t traced_rx;
    uint32_t traced_tx;
};

/** `setup` NULL: defaults. */
void host_begin(struct host *h, const struct host_setup *setup);
void fake_link_init(struct fake_link *link, enum link_medium medium, uint16_t mtu);
void fake_link_free(struct fake_link *link);
/** Asserts that every pool is full, and frees. */
void host_end(struct host *h);
void host_free(struct host *h);

/** Polls as long as there is something to do at this instant, and not for ever. */
void host_poll(struct host *h);
/** Moves the clock to `until` through every deadline; asserts that no poll is a busy one. */
void host_run(struct host *h, instant until);
/** The frame arrives, and the host polls. */
void host_hear(struct host *h, const struct frame *f);
/** The frame arrives at a link; nobody polls. */
void fake_link_put(struct fake_link *link, const void *octets, size_t len);
/** The next frame that the host sent, valid until the next call; NULL: none. */
const struct sent *host_sent(struct host *h);
const struct sent *fake_link_sent(struct fake_link *link);
/** Forgets what was sent. */
void host_forget(struct host *h);
/** Asserts that nothing was sent. */
void host_silent(struct host *h);
/** The peer (and the gateway) become neighbours that the host knows. */
void host_meet(struct host *h);

uint32_t host_drops(const struct host *h, enum drop_reason reason);
/** The frame arrives and is dropped for this reason alone, once (DROP_NONE: it is not), and the
 * trace saw it. */
#define host_hear_drop(h, f, reason) host_hear_drop_at(h, f, reason, __FILE__, __LINE__)
void host_hear_drop_at(struct host *h, const struct frame *f, enum drop_reason reason,
                       const char *file, int line);
/** The same, and nothing is sent. */
#define host_hear_silent_drop(h, f, reason)                                                        \
    host_hear_silent_drop_at(h, f, reason, __FILE__, __LINE__)
void host_hear_silent_drop_at(struct host *h, const struct frame *f, enum drop_reason reason,
                              const char *file, int line);

/* ---- Sockets, in one line ---- */

sk_fd host_socket(struct host *h, enum sk_type type);
sk_fd host_bound(struct host *h, enum sk_type type, uint16_t port);
sk_fd host_listener(struct host *h, uint16_t port, uint32_t backlog);
/** Polls the operation once. */
enum sk_err host_try(struct host *h, struct sk_op *op);
enum sk_err host_send(struct host *h, sk_fd fd, const void *octets, size_t len, struct sk_addr to);
/** `*len` is the room, then what came. */
enum sk_err host_recv(struct host *h, sk_fd fd, void *octets, size_t *len, struct sk_addr *from);
int32_t host_option(struct host *h, sk_fd fd, enum sk_option option);
