/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * libsock: the asynchronous core. Everything a program may call that does not want to block; the
 * POSIX calls in compat/ are built on this.
 *
 * One `struct sk_iface` is a host: its sockets, its netifs and its clock, which is the `now` that
 * the caller passes. Unless a call says otherwise it is made by one thread at a time (with the
 * port's lock held), never from an interrupt. Handles are checked: a stale one is
 * SK_INVALID_SOCKET. Ports are in host order everywhere.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/config.h"
#include "base/err.h"
#include "base/time.h"
#include "wire/drop.h"

struct sk_iface;
struct link;
struct pkt;
struct tcp_profile;

/** A slot, and a generation above it: handles of closed sockets do not alias. */
typedef uint32_t sk_fd;

#define SK_FD_NONE UINT32_MAX

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Configuration --------------------------------------------------------------------------- */

struct sk_buffer_class {
    uint32_t size; /* octets; a power of two, at least 256 */
    uint32_t n;    /* how many */
};

enum sk_trace_event {
    SK_TRACE_RX,   /* a packet arrived: link header first */
    SK_TRACE_TX,   /* a packet is handed to its link, and again later if that has no room */
    SK_TRACE_DROP, /* a packet went no further; or several, of which a link saw only the number */
};

/**
 * Sees one event: the packet or NULL, why it was dropped, and whose it is: the socket that sent it,
 * or that it was for when it was dropped. SK_FD_NONE: nobody's, a closed socket's, or just arrived.
 */
typedef void sk_trace_fn(void *context, enum sk_trace_event event, sk_fd fd, const struct pkt *pkt,
                         enum drop_reason reason);

/** NewReno and Reno ("reno"): the smallest, and the default. Neither SK_ECN nor SK_UTO. */
extern const struct tcp_profile sk_tcp_basic;

/**
 * RACK-TLP with PRR, CUBIC with HyStart++, timestamps, SACK, path MTU discovery, ECN, the user
 * timeout option (SK_UTO). SK_CONGESTION is 0 for "cubic" and 1 for "reno".
 */
extern const struct tcp_profile sk_tcp_full;

/** The same with BBR (draft-ietf-ccwg-bbr-06): SK_CONGESTION is 0 for "bbr", 1 for "cubic" and 2
 * for "reno". */
extern const struct tcp_profile sk_tcp_bbr;

/** Fragments of IP datagrams, for sk_config.fragments: a host for which it is not named drops them,
 * and does not link what puts them together. */
struct sk_ip_fragments;
extern const struct sk_ip_fragments sk_ip_fragments;

/**
 * Address conflict detection (RFC 5227), for sk_config.acd: an address is probed for before it is
 * used, which takes four to seven seconds, announced, and defended. A leased one that somebody else
 * has is declined, or given up, and another asked for; a configured one is probed for once a minute
 * until nobody else has it, and kept once it is in use. Each message of such a host is counted as
 * DROP_ARP_CONFLICT.
 */
struct sk_acd;
extern const struct sk_acd sk_acd;

/**
 * Multicast groups and IGMPv2 (RFC 1112, RFC 2236), for sk_config.multicast: sockets join groups
 * with sk_join. A host without it sends to groups and hears nothing of any.
 */
struct sk_multicast;
extern const struct sk_multicast sk_multicast;

/** Zero in a field means its default (base/config.h). Set `size` to sizeof(struct sk_config). */
struct sk_config {
    size_t size;
    uint32_t n_tcp; /* connections, from the end of the handshake to TIME-WAIT */
    uint32_t n_udp;
    uint32_t n_listeners;
    uint32_t n_syn_cache;  /* connections that listeners were asked for and that are half open; at
                              most 65535, as the next */
    uint32_t n_time_wait;  /* connections that are closed and wait for 2 MSL (RFC 9293 3.6.1) */
    uint32_t n_netifs;     /* the loopback included; at most 240 */
    uint32_t n_packets;    /* at least 2 */
    uint32_t packet_size;  /* octets: 16 of headroom, IP and transport headers, and the payload; at
                              least 592 (RFC 1122 3.3.2) */
    uint32_t n_neighbours; /* per netif; at most 255 */
    uint32_t n_ip_options; /* different ones that sockets have at once: sk_set_ip_options; at most
                              255, and none by default */
    uint32_t n_errors; /* of datagrams, that SK_RECVERR keeps, of all sockets; at most 255, and none
                          by default */
    uint32_t n_queries; /* names being resolved at once, or remembered; at most 256. One that is
                           asked for has a socket: there are n_udp + n_queries of datagrams */
    struct sk_buffer_class buffers[CONFIG_N_BUFFER_CLASSES]; /* in ascending order of sizes; none:
                                                                two of CONFIG_BUFFER_SIZE for each
                                                                n_tcp, n_udp and n_queries */
    uint32_t rcvbuf;                                         /* octets: SK_RCVBUF of a new socket */
    uint32_t sndbuf;
    const struct tcp_profile *tcp; /* NULL: sk_tcp_basic */
    uint16_t tcp_ranges;           /* of text that came out of order, for each connection */
    uint16_t tcp_inflight; /* records of what a connection has in flight, if its profile keeps any:
                              a record holds what left at one time and met one fate; at least 4 */
    const struct sk_ip_fragments *fragments; /* &sk_ip_fragments, or NULL: none are put together */
    uint32_t n_reassemblies;                 /* datagrams being put together at once; at most 64 */
    uint32_t reassembly_size; /* octets of the longest one, its IP header not counted: at least 556
                                 (RFC 1122 3.3.2), at most 65515 */
    const struct sk_acd *acd; /* &sk_acd, or NULL: conflicts of addresses are counted, no more */
    const struct sk_multicast *multicast; /* &sk_multicast, or NULL: sockets are in no group */
    uint32_t n_memberships; /* of sockets in groups, and how many groups each netif can have; at
                               most 255 */
    struct sk_addr dns[CONFIG_N_DNS_SERVERS]; /* port 0: DNS_PORT; those of DHCP come after these */
    /* Domains, the first ones, in which names are looked for that do not end with a dot: before the
     * name itself where that has no dot at all (RFC 1123 6.1.4.3). Kept, not copied. */
    const char *search[CONFIG_N_SEARCH];
    bool no_syn_cookies; /* when n_syn_cache are half open the oldest gives way; else the next are
                            answered with SYN cookies (RFC 4987 3.6) */
    bool redirects;   /* of the gateway in use are followed (RFC 1122 3.2.2.2); any host on the link
                         can forge one */
    uint8_t seed[16]; /* entropy: ISNs, ports and identifiers are predictable without it */
    sk_trace_fn *trace; /* may be NULL */
    void *trace_context;
};

/*
 * What the records of a host take, at most, in octets: for SK_MEMORY_SIZE. net/iface.c asserts that
 * they are enough.
 */
#define SK_IFACE_LEN                                                                               \
    (1304 + 65 * sizeof(void *) + SK_IP_ADDR_LEN + CONFIG_N_PATHS * (20 + SK_IP_ADDR_LEN) +        \
     CONFIG_N_REDIRECTS * (16 + 2 * SK_IP_ADDR_LEN))
#define SK_NETIF_LEN (196 + 12 * sizeof(void *) + 13 * SK_IP_ADDR_LEN)
/* Of the basic profile. */
#define SK_TCP_LEN (320 + 8 * CONFIG_TCP_RANGES + 18 * sizeof(void *) + 3 * SK_IP_ADDR_LEN)
#define SK_UDP_LEN (72 + 13 * sizeof(void *) + 4 * SK_IP_ADDR_LEN)
#define SK_LISTENER_LEN (72 + 8 * sizeof(void *) + 3 * SK_IP_ADDR_LEN)
#define SK_SYN_CACHE_LEN (48 + 2 * SK_IP_ADDR_LEN)
#define SK_TIME_WAIT_LEN (48 + 2 * SK_IP_ADDR_LEN)
#define SK_QUERY_LEN (328 + 2 * sizeof(void *) + 10 * SK_IP_ADDR_LEN)
#define SK_NEIGH_LEN (20 + SK_IP_ADDR_LEN)
#define SK_PKT_LEN (16 + 3 * sizeof(void *))
#define SK_SOCKET_LEN                                                                              \
    (8 + 4 * sizeof(void *)) /* of any kind: its slot, and its share of the hash */
#define SK_TUPLE_LEN 4       /* in the hash of those two, at most */
#define SK_N_TABLES 24

/**
 * An upper bound for sk_iface_size as a constant expression, for a static array: counts and sizes
 * as in struct sk_config, none of them 0; `buffer_octets` is the sum of size times n over the
 * buffer classes. Of use with the basic TCP profile and CONFIG_TCP_RANGES, and without fragments,
 * n_ip_options, n_errors and multicast; others keep more.
 */
#define SK_MEMORY_SIZE(n_tcp, n_udp, n_listeners, n_syn_cache, n_time_wait, n_netifs, n_packets,   \
                       packet_size, n_neighbours, n_queries, buffer_octets)                        \
    (SK_IFACE_LEN + 32 * SK_N_TABLES + (n_netifs) * (SK_NETIF_LEN + (n_neighbours)*SK_NEIGH_LEN) + \
     (n_tcp) * (SK_TCP_LEN + 16 + SK_SOCKET_LEN + 12) +                                            \
     ((n_udp) + (n_queries)) * (SK_UDP_LEN + 16 + SK_SOCKET_LEN) +                                 \
     (n_listeners) * (SK_LISTENER_LEN + 16 + SK_SOCKET_LEN) + (n_queries)*SK_QUERY_LEN +           \
     (n_syn_cache) * (SK_SYN_CACHE_LEN + SK_TUPLE_LEN) +                                           \
     (n_time_wait) * (SK_TIME_WAIT_LEN + SK_TUPLE_LEN) +                                           \
     (n_packets) * (SK_PKT_LEN + (packet_size)) + (buffer_octets))

/** Octets of memory, 16-aligned, that sk_iface_init needs for this configuration; 0 when it is not
 * valid. */
size_t sk_iface_size(const struct sk_config *config);

/**
 * Lays a host out in `memory`, 16-aligned and `len` octets, which stays the stack's as long as the
 * host lives. The loopback netif (127.0.0.1/8) is up from the start. Returns NULL for a
 * configuration that is not valid or memory that is too small. `config` is not kept.
 */
struct sk_iface *sk_iface_init(const struct sk_config *config, void *memory, size_t len,
                               instant now);

/** How a netif gets its addresses. */
struct sk_netif_config {
    const char *name;        /* such as "eth0"; kept, not copied */
    struct ip_addr addr;     /* of a host on its network; unspecified: DHCP */
    uint8_t prefix_len;      /* of addr, 1..32 */
    struct ip_addr gateway;  /* on the link, though perhaps not in the prefix; unspecified: none */
    struct ip_addr gateway2; /* in its place when it does not answer (RFC 1122 3.3.1.5), and the
                                other way round; unspecified: none */
    uint16_t mtu;            /* octets of an IP packet; 0, or more than the link carries: that */
    const char *host_name;   /* DHCP servers are told; kept, not copied; NULL: none */
};

/**
 * Adds a netif over `link`, which stays the caller's. `*ifindex`, which may be NULL, gets its
 * number, from 1 on (the loopback is 1). SK_NO_SOCKETS when n_netifs are there already, SK_INVALID
 * for an argument out of its range.
 */
enum sk_err sk_netif_add(struct sk_iface *iface, struct link *link,
                         const struct sk_netif_config *config, instant now, uint8_t *ifindex);

/**
 * The network behind netif `ifindex` may be another: its link came up, or the host slept.
 * Neighbours and names that were learnt are forgotten, its address is probed for again where that
 * is done (RFC 5227 2.1), a lease is no lease until a server says that it is good here (RFC
 * 2131 3.2), and groups are reported. Connections live on if the address stays. SK_INVALID: there
 * is no such netif.
 */
enum sk_err sk_netif_renew(struct sk_iface *iface, uint8_t ifindex, instant now);

/** True once a netif beside the loopback has an address: the host can reach others. */
bool sk_iface_configured(const struct sk_iface *iface);

/** The address of netif `ifindex`, unspecified while it has none; SK_INVALID for no such netif. */
enum sk_err sk_netif_addr(const struct sk_iface *iface, uint8_t ifindex, struct ip_addr *addr);

/** What a netif is called, has and can. */
struct sk_netif_info {
    const char *name;      /* as in its configuration; the loopback's is "lo" */
    const char *host_name; /* likewise */
    struct ip_addr addr;   /* unspecified: none yet, or none at the moment */
    uint8_t prefix_len;    /* of addr; 0: it has none */
    uint16_t mtu;          /* octets of an IP packet */
    bool loopback;
    bool ethernet;  /* else a link of bare packets, between two hosts */
    bool multicast; /* sockets can join groups on it */
    uint8_t mac[6]; /* of an Ethernet */
};

/** Fills `*info` for netif `ifindex`; SK_INVALID for no such netif: the last one was the one
 * before.
 */
enum sk_err sk_netif_get(const struct sk_iface *iface, uint8_t ifindex, struct sk_netif_info *info);

/** The link of netif `ifindex`, counted from 1; NULL past the last. For ports, which wait on links.
 */
struct link *sk_netif_link(const struct sk_iface *iface, uint8_t ifindex);

/* ---- The main loop --------------------------------------------------------------------------- */

/*
 * In this order: sk_iface_poll; then the operations that are under way, or the sockets that
 * sk_iface_ready names; when none of them got anywhere, sleep until sk_iface_poll_at or until a
 * link has something. An operation may give the stack something to do, so a sleep between it and
 * sk_iface_poll_at delays what it asked for.
 */

/** Takes in what arrived, does what is due, sends what may leave. True when anything happened. */
bool sk_iface_poll(struct sk_iface *iface, instant now);

/** The same without looking for what arrived: enough after a call that gave the stack something to
 * send, and less work. What links have waits for sk_iface_poll.
 */
bool sk_iface_poll_egress(struct sk_iface *iface, instant now);

/** When sk_iface_poll has to be called again, if nothing arrives before; NEVER when nothing is due.
 */
instant sk_iface_poll_at(struct sk_iface *iface, instant now);

enum sk_readiness {
    SK_READABLE = 1,    /* a receive or an accept would not wait; also at the end of the stream */
    SK_WRITABLE = 2,    /* a send would not wait */
    SK_PEER_CLOSED = 4, /* the peer will send no more */
    SK_HANGUP = 8,      /* closed both ways, or never connected */
    SK_ERROR = 16,      /* SK_SO_ERROR has something to say */
    SK_URGENT = 32,     /* urgent data is unread: sk_urgent; told again when more becomes urgent */
    SK_UNANSWERED = 64, /* what was sent was repeated three times, and the peer still has not
                           acknowledged it: R1 of RFC 9293 3.8.3. It is no error, and ends with an
                           acknowledgment or with SK_TIMED_OUT */
};

struct sk_event {
    sk_fd fd;
    uint32_t readiness; /* enum sk_readiness, at the time of the call */
};

/** The sockets whose readiness changed since they were last returned: at most `n`; costs what it
 * returns. */
size_t sk_iface_ready(struct sk_iface *iface, struct sk_event *out, size_t n);

#define SK_NO_NETIF 255 /* for SK_BINDTODEVICE */

typedef void sk_change_fn(void *context, sk_fd fd);

/** Somebody who is told what happens to sockets; the caller's, who sets the first two members. */
struct sk_watch {
    sk_change_fn *changed;
    void *context;
    struct sk_watch *next; /* the host's */
};

/**
 * For ports with threads, which wake those that wait for a socket, and for whoever keeps a list of
 * his own of sockets that are ready: from now on `watch->changed` is called with every socket to
 * which something happened that an operation on it, or its readiness, may depend on, at once and
 * within the call that made it happen; also when the handle is given up; and with SK_FD_NONE after
 * a poll in which anything happened, and after sk_netif_add. It may call nothing of this host. Not
 * one that watches already; it stays where it is until sk_iface_unwatch. Takes nothing away from
 * sk_iface_ready.
 */
void sk_iface_watch(struct sk_iface *iface, struct sk_watch *watch);

/** The end of a watch, which need not be one of this host. */
void sk_iface_unwatch(struct sk_iface *iface, struct sk_watch *watch);

/** Tells those that watch of a socket, as if something had happened to it: they look at it. */
void sk_iface_tell(struct sk_iface *iface, sk_fd fd);

/** The readiness of one socket; 0 for a handle that is none. */
uint32_t sk_readiness(const struct sk_iface *iface, sk_fd fd);

/**
 * Octets that are to be read from a stream up to and with the last one that its peer called urgent;
 * 0: none is. Urgent data is read in line, as RFC 6093 has it, and new programs use none (RFC 9293
 * SHLD-13).
 */
uint32_t sk_urgent(const struct sk_iface *iface, sk_fd fd);

/**
 * Octets that a receive would find now: of a stream what came in order, up to where a receive ends,
 * of datagrams those of the first one. 0: none, or it is no socket that receives.
 */
uint32_t sk_unread(const struct sk_iface *iface, sk_fd fd);

/** What was counted since the start. The pointer stays valid as long as the host. */
struct sk_stats {
    uint64_t rx_packets; /* frames and loopback packets, those that were dropped included */
    uint64_t tx_packets;
    uint64_t rx_octets;
    uint64_t tx_octets;
    uint32_t drops[N_DROP_REASONS]; /* in the stack and in its links */
    uint32_t tcp_active_opens;
    uint32_t tcp_passive_opens;
    uint32_t tcp_failed_opens;
    uint32_t tcp_resets_sent;
    uint32_t tcp_retransmitted; /* segments */
    uint32_t tcp_timeouts;      /* RTO expiries */
    uint32_t tcp_challenges;
    uint32_t tcp_time_wait_evicted; /* closed early because n_time_wait others waited */
    uint32_t tcp_half_open_evicted; /* forgotten because n_syn_cache others were half open */
    uint32_t tcp_cookies_sent;
    uint32_t tcp_cookies_accepted;
    uint32_t tcp_cookies_failed; /* ACKs that came while cookies were out, and brought none back */
    uint32_t udp_rx;
    uint32_t udp_tx;
};

const struct sk_stats *sk_iface_stats(const struct sk_iface *iface);

/** True when every socket, buffer, packet and query is back in its pool, and nothing is announced
 * of what links absorb. For tests and audits. */
bool sk_iface_idle(const struct sk_iface *iface);

/**
 * True when the peers have everything that was sent on closed sockets (RFC 9293 3.3.2: from
 * FIN-WAIT-2 on), and every datagram has left, links that delay included: a program may end. Looks
 * at every connection. Names being resolved do not count.
 */
bool sk_iface_drained(const struct sk_iface *iface);

/* ---- Sockets --------------------------------------------------------------------------------- */

enum sk_type { SK_STREAM, SK_DGRAM };

enum sk_shutdown { SK_SHUT_RD, SK_SHUT_WR, SK_SHUT_RDWR };

/** A new socket. SK_NO_SOCKETS when every one is taken, SK_INVALID for another type. */
enum sk_err sk_socket(struct sk_iface *iface, enum sk_type type, sk_fd *out);

/**
 * Gives the socket a local address; port 0 takes an ephemeral one, an unspecified address means
 * every address of ours; a datagram socket may be bound to a multicast group, where the host has
 * any, and hears nothing else. SK_BINDING_IN_USE, SK_ADDR_NOT_AVAIL (not ours, or no port is left),
 * SK_INVALID (bound already), SK_NO_BUFFERS.
 */
enum sk_err sk_bind(struct sk_iface *iface, sk_fd fd, struct sk_addr local);

/**
 * Turns a stream socket into a listener (RFC 9293 3.9.1.1, passive OPEN); again: changes its
 * backlog, at least 1: how many established connections may wait to be accepted. While as many
 * do, others are not taken and try again. SK_IGNORED: a datagram socket. SK_INVALID: it has a
 * connection, or was shut down. SK_BINDING_IN_USE: another listens there. SK_ADDR_NOT_AVAIL: no
 * port is free. SK_NO_SOCKETS: n_listeners listen.
 */
enum sk_err sk_listen(struct sk_iface *iface, sk_fd fd, uint32_t backlog, instant now);

/**
 * The peer of a datagram socket: only its datagrams are received, and an unspecified local address
 * becomes the one that leads to it. An unspecified peer takes both away. SK_NET_UNREACHABLE,
 * SK_NO_BUFFERS, SK_ADDR_NOT_AVAIL (it was not bound, and no port is free), SK_INVALID (port 0, or
 * bound to loopback and a peer that is not on this host), SK_NOT_SUPPORTED (not of datagrams).
 */
enum sk_err sk_set_peer(struct sk_iface *iface, sk_fd fd, struct sk_addr peer);

/**
 * Ends one direction or both, as Linux does. SK_SHUT_WR: FIN follows what is queued; a datagram
 * socket sends with SK_PIPE. SK_SHUT_RD: no receive waits; what is there, and still comes, is read,
 * and where nothing is that is the end (SK_OK, `done` 0). After both, text that comes resets the
 * connection. A listener that may not read listens no
 * more: accepts are SK_INVALID, and so is another sk_listen. SK_NOT_CONNECTED, and a datagram
 * socket without a peer is shut all the same; SK_INVALID for another `how`.
 */
enum sk_err sk_shutdown(struct sk_iface *iface, sk_fd fd, enum sk_shutdown how, instant now);

/** Gives the handle up. A connection still delivers what was queued; unread data resets it (RFC
 * 2525 2.17). */
enum sk_err sk_close(struct sk_iface *iface, sk_fd fd, instant now);

/** Resets a connection at once and gives the handle up (RFC 9293 3.9.1.6 ABORT). */
enum sk_err sk_abort(struct sk_iface *iface, sk_fd fd, instant now);

/** The local address: unspecified and port 0 while there is none. */
enum sk_err sk_local(const struct sk_iface *iface, sk_fd fd, struct sk_addr *out);

/** The peer's address. SK_NOT_CONNECTED. */
enum sk_err sk_remote(const struct sk_iface *iface, sk_fd fd, struct sk_addr *out);

/** RFC 9293 3.3.2 */
enum sk_tcp_state {
    SK_TCP_CLOSED,
    SK_TCP_SYN_SENT,
    SK_TCP_SYN_RECEIVED,
    SK_TCP_ESTABLISHED,
    SK_TCP_FIN_WAIT_1,
    SK_TCP_FIN_WAIT_2,
    SK_TCP_CLOSE_WAIT,
    SK_TCP_CLOSING,
    SK_TCP_LAST_ACK,
    SK_TCP_TIME_WAIT,
    SK_TCP_LISTEN,
};

/** What is done with a datagram that is longer than its path takes (RFC 1191); as Linux. */
enum sk_mtu_discover {
    SK_MTU_DONT,  /* routers may fragment what leaves whole, and say nothing */
    SK_MTU_WANT,  /* routers may not; what is longer than the path is known to take leaves in
                     fragments, or is SK_MSG_SIZE on a host without any (sk_config.fragments) */
    SK_MTU_DO,    /* nobody may: it is SK_MSG_SIZE */
    SK_MTU_PROBE, /* nobody may, and what is known of the path does not count: only what is longer
                     than the netif's MTU is SK_MSG_SIZE */
};

/** Options of a socket. Values are numbers; switches are 0 and 1, and any other number is 1. What
 * was set of a listener, its connections begin with. */
enum sk_option {
    SK_SO_ERROR,  /* get: the enum sk_err that came in since, SK_OK for none; reading clears it */
    SK_SO_TYPE,   /* get: enum sk_type */
    SK_REUSEADDR, /* switch: bind beside connections and TIME_WAIT; datagram sockets that all have
                     it share a port: each hears what is sent to many, and the last one that was
                     bound the rest */
    SK_REUSEPORT, /* switch, before bind: listeners that all have it, and datagram sockets, share an
                     address and port. Each peer has one of them, by a secret hash, and keeps it as
                     long as they stay the same; what is sent to many, each datagram socket hears.
                     What is half open when its listener is closed is another's */
    SK_DONTROUTE, /* switch: only to hosts on a link of ours; SK_NET_UNREACHABLE for others, where a
                     connection or a datagram begins */
    SK_BINDTODEVICE, /* the number of the only netif whose packets reach the socket, and by which it
                        sends, but to this host itself; 0, the default: any. Sockets of two netifs
                        share a port. What a host sends to itself comes by the loopback, 1.
                        SK_NO_NETIF: none, which is in no other's way */
    SK_BROADCAST, /* switch: datagrams may go to broadcast addresses; 1. POSIX has it off by default
                   */
    SK_RCVBUF, /* octets, a hint as in POSIX: the class of the buffers that a socket gets when it is
                  bound, or connects, or is accepted. Until then it reads back as it was set, then
                  as it is, and setting it changes nothing any more */
    SK_SNDBUF, /* the same; and of a connection, how much of its buffer is used */
    SK_RCVLOWAT,  /* octets of a stream, at least 1; 1: fewer do not make it readable, nor end a
                     receive that has room for more, unless no more can come */
    SK_OOBINLINE, /* where the last octet is that the peer called urgent: 2, the default, in line as
                     any other (RFC 6093); 1: in line, and at the beginning of a receive; 0:
                     receives pass over it, and SK_OP_URGENT reads it */
    SK_NODELAY,   /* switch: no Nagle (RFC 9293 3.7.4) */
    SK_CORK, /* switch: no segment that is not full leaves, for 200 ms at most, until this is off or
                the stream is shut down; as Linux's TCP_CORK */
    SK_QUICKACK, /* switch: every segment with text is acknowledged at once */
    SK_MAXSEG, /* octets: segments are not longer, nor are the peer's to be, with options of TCP and
                  IP; 88 to 32767, or 0, the default, for what the MTU lets through. Before the
                  connection begins, then SK_IS_CONNECTED. Of a connection: what a segment has room
                  for now */
    SK_DEFER_ACCEPT, /* seconds: a listener waits so long for the first text of a connection, which
                        is not to be accepted before and stays half open; then it asks its peer for
                        another ACK. Rounded up to 0, the default, 1, 3, 7, 15 or 31, where its
                        SYN,ACK would be sent again; more is 31; not of SYN cookies.
                        SK_IS_CONNECTED: it is a connection */
    SK_ACCEPTCONN,   /* get: 1 for a listener */
    SK_TCP_STATE, /* get: enum sk_tcp_state (RFC 9293 3.9.1.7, STATUS); SK_NOT_CONNECTED instead of
                     SK_TCP_CLOSED */

    /* Keep-alives (RFC 9293 3.8.4): off by default. The peer is asked after SK_KEEPIDLE without a
     * word, then every SK_KEEPINTVL, whether it answers or not, until something else is said; when
     * it did not answer SK_KEEPCNT times, SK_TIMED_OUT. */
    SK_KEEPALIVE, /* switch */
    SK_KEEPIDLE,  /* seconds, 1 to 32767; 7200 */
    SK_KEEPINTVL, /* seconds, 1 to 32767; 75 */
    SK_KEEPCNT,   /* 1 to 127; 9 */

    SK_USER_TIMEOUT, /* milliseconds; how long what was sent may go unacknowledged, and a window
                        closed, before SK_TIMED_OUT (RFC 9293 3.9.1.1). Found out when a timer
                        expires, so by a retransmission timeout late at most. 0, the default: 924 s,
                        180 s while connecting, and any time for a peer that answers probes of its
                        closed window */
    SK_UTO, /* switch: the peer hears of SK_USER_TIMEOUT, or of its default (RFC 5482). While that
               is not set, the longer one of the two sides' counts, up to an hour, for
               keep-alives, too. SK_NO_OPTION where the profile has none */
    SK_ECN, /* explicit congestion notification (RFC 3168) of connections that begin after this: 0
               never, 1 they ask for it and answer, 2, the default, they answer; as Linux's tcp_ecn.
               SK_NO_OPTION, and 0, where the profile has none */
    SK_CONGESTION, /* which of the profile's congestion controls, from 0, the default, on: see
                      sk_congestion_name. SK_IS_CONNECTED once a connection has begun */

    /* Of the IP headers of what is sent from now on (RFC 9293 3.9.2, 3.9.1.9). */
    SK_TTL,     /* 1 to 255; -1, the default, means 64 */
    SK_TOS,     /* 0 to 255, as a whole: DSCP and ECN. Of a stream without the ECN bits, which are
                   TCP's; 0 */
    SK_RECVERR, /* switch: what ICMP says of datagrams, also of a socket without a peer, and what
                   became of those that could not leave, is kept for sk_recv_error, and ends the
                   next call, too; SK_ERROR as long as any is kept. SK_NO_OPTION without
                   sk_config.n_errors */
    SK_MTU,     /* get: octets of a packet that the path to the peer takes, as far as is known;
                   SK_NOT_CONNECTED without a peer */
    SK_MTU_DISCOVER, /* of datagrams: enum sk_mtu_discover; SK_MTU_WANT */

    /* Of datagrams to multicast groups (RFC 1112 6.1). */
    SK_MULTICAST_TTL,  /* 0 to 255; 0: they stay on this host; 1, the default: in the network of the
                          netif; -1 means 1 */
    SK_MULTICAST_LOOP, /* switch: the members on this host hear them, too; 1. SK_NO_OPTION without
                          sk_config.multicast */
    SK_MULTICAST_IF,   /* the number of the netif that they leave by; 0, the default: the first that
                          has an address, or whose network the group's address is in */
    SK_N_OPTIONS
};

/** SK_NO_OPTION for an unknown one or one of another kind of socket; SK_INVALID for a value out of
 * range; what else is with an option above. */
enum sk_err sk_set(struct sk_iface *iface, sk_fd fd, enum sk_option option, int32_t value);
enum sk_err sk_get(struct sk_iface *iface, sk_fd fd, enum sk_option option, int32_t *value);

/** How a connection is doing. Times are microseconds. */
struct sk_tcp_info {
    enum sk_tcp_state state; /* SK_TCP_CLOSED: there is no connection, and all below is 0 */
    uint32_t rtt;            /* smoothed (RFC 6298); 0: nothing was measured yet */
    uint32_t rttvar;
    uint32_t rto;       /* backed off as often as `backoff` says */
    uint8_t backoff;    /* timeouts in a row */
    uint8_t keepalives; /* that are not answered */
    bool recovering;    /* from a loss that is not repaired */
    bool timestamps;    /* in use, as all that follow */
    bool sack;
    bool wscale;
    bool ecn;
    uint8_t snd_wscale; /* of the peer's windows */
    uint8_t rcv_wscale;
    uint16_t snd_mss;       /* octets of text in a segment of ours */
    uint16_t rcv_mss;       /* that we announced */
    uint16_t path_mtu;      /* octets of a packet, as far as is known; 0: no route */
    uint16_t retransmitted; /* segments, from the SYN on; 65535: or more */
    uint32_t cwnd;          /* octets */
    uint32_t ssthresh;      /* octets; UINT32_MAX: none yet */
    uint32_t in_flight;     /* octets that are not acknowledged */
    uint32_t unsent;        /* octets */
    uint32_t snd_wnd;       /* octets */
    uint32_t rcv_wnd;       /* octets that the peer may send, as it was told */
    uint32_t rcv_space;     /* octets that are free for what comes */
    uint32_t sent_ago;      /* since text or SYN or FIN left; 0 as well when none did */
    uint32_t heard_ago;     /* since the peer acknowledged anything */
    uint32_t n_waiting;     /* of a listener: connections to be accepted, and its backlog */
    uint32_t backlog;
};

/** SK_NO_OPTION: a datagram socket. SK_INVALID_SOCKET. */
enum sk_err sk_tcp_info(struct sk_iface *iface, sk_fd fd, struct sk_tcp_info *info);

/** The name of the congestion control that SK_CONGESTION calls `i`, such as "cubic"; NULL: there is
 * none. */
const char *sk_congestion_name(const struct sk_iface *iface, uint32_t i);

/**
 * The socket, of datagrams, is a member of a multicast group (RFC 1112 7.1) on netif `ifindex`, or
 * on the one that leads there (0): what is sent to the group there, and to the port that the socket
 * is bound to, now or later, comes to it; and to every other socket that is bound to that port, and
 * to no address or the group's. Closing it leaves its groups.
 * SK_NO_OPTION: a stream, or a host without sk_config.multicast. SK_INVALID: not the address of a
 * group. SK_NET_UNREACHABLE: no such netif, or one without an address. SK_BINDING_IN_USE: it is a
 * member already. SK_NO_BUFFERS: n_memberships are in use.
 */
enum sk_err sk_join(struct sk_iface *iface, sk_fd fd, struct ip_addr group, uint8_t ifindex,
                    instant now);

/** It is a member no more; with `ifindex` 0 on the first netif where it is one. SK_ADDR_NOT_AVAIL:
 * it was none. */
enum sk_err sk_leave(struct sk_iface *iface, sk_fd fd, struct ip_addr group, uint8_t ifindex,
                     instant now);

/** What became of a datagram. */
struct sk_datagram_error {
    enum sk_err err;
    struct sk_addr to;   /* where it was sent */
    struct ip_addr from; /* who says so; unspecified: this host, and the next are 0 */
    uint8_t type;        /* of the ICMP message */
    uint8_t code;
    uint16_t mtu; /* octets, of SK_MSG_SIZE: of the path; 0: not told */
};

/**
 * Takes the oldest of those that SK_RECVERR kept for a socket. SK_AGAIN: there is none.
 * SK_NO_OPTION: not of datagrams. While sk_config.n_errors are kept, of all sockets, others are
 * not.
 */
enum sk_err sk_recv_error(struct sk_iface *iface, sk_fd fd, struct sk_datagram_error *what);

/** Options of IP headers, as they are on the wire (RFC 791 3.1). */
struct sk_ip_options {
    uint8_t octets[40];
    uint8_t len;
};

/**
 * The options of all that the socket sends from now on; `len` 0: none. A listener's are those of
 * its connections, too, but of a SYN,ACK that is a cookie and what is said to a peer before its
 * handshake is over. They are padded to a multiple of four octets. SK_INVALID: one is cut short, or
 * `len` is above 40, or a source route, which would be dropped on its way (RFC 7126 4.3).
 * SK_NO_BUFFERS: n_ip_options different ones are in use. SK_IS_CONNECTED: a connection has begun,
 * and its segments have their length.
 */
enum sk_err sk_set_ip_options(struct sk_iface *iface, sk_fd fd,
                              const struct sk_ip_options *options);

/** As sk_set_ip_options left them. */
enum sk_err sk_get_ip_options(const struct sk_iface *iface, sk_fd fd,
                              struct sk_ip_options *options);

/* ---- Operations ------------------------------------------------------------------------------ */

/** The same as POSIX's struct iovec, for which it may stand. */
struct sk_iov {
    void *base;
    size_t len; /* octets */
} __attribute__((__may_alias__));

/** What goes with a datagram beside its octets and its peer (RFC 1122 3.4, 4.1.3, 4.1.4). */
struct sk_ancillary {
    instant time;         /* receive: when it came; send: of no meaning */
    struct ip_addr local; /* receive: to which address it came, which may be one of many hosts;
                             send: from which one of ours; unspecified: the socket's */
    uint8_t ifindex;      /* receive: by which netif; send: the same; 0: the socket's
                             (SK_MULTICAST_IF), else the one that leads there */
    uint8_t ttl;          /* receive: what is left of it; send: 0: the socket's (SK_TTL,
                             SK_MULTICAST_TTL) */
    int16_t tos;          /* DSCP and ECN; send: -1: the socket's, and 0 is a value as others are */
    struct sk_ip_options options; /* receive: as they came; send: padded to a multiple of four
                                     octets; none: the socket's */
};

enum sk_op_flag {
    SK_OP_PEEK = 1,    /* receive: leave the data where it is */
    SK_OP_WAITALL = 2, /* receive from a stream: until the buffers are full, the end or an error */
    SK_OP_URGENT = 4,  /* send on a stream: all of it is urgent (RFC 9293 3.8.5); receive: the last
                          urgent octet alone, with SK_OOBINLINE 0 */
    SK_OP_DISCARD = 8, /* receive from a stream: count the octets, and copy none */
    SK_OP_MORE = 16,   /* send on a stream: more follows; as SK_CORK, until a send without it */
    SK_OP_DONTROUTE = 32, /* send a datagram: as SK_DONTROUTE */
};

/**
 * An operation under way, and a value: fill it with one of the sk_op_ calls, then call `poll` until
 * it says something else than SK_PENDING. The core keeps no pointer to it: forgetting it cancels
 * it.
 */
struct sk_op {
    enum sk_err (*poll)(struct sk_op *op, struct sk_iface *iface, instant now);
    sk_fd fd;
    uint16_t flags;           /* enum sk_op_flag */
    const struct sk_iov *iov; /* the caller's; stays valid while the operation lives */
    size_t n_iov;
    size_t done;         /* octets moved, or addresses found, or octets of a name */
    size_t len;          /* receive: of the whole datagram; more than `done`: the rest is lost */
    struct sk_addr addr; /* connect, send: to; receive, accept: from; an unspecified one: none */
    struct sk_ancillary *ancillary; /* send, receive of datagrams: the caller's; NULL: of no
                                       interest. To be set once the operation is filled */
    union {
        sk_fd accepted; /* accept */
        struct {
            const char *name;      /* the caller's */
            struct sk_addr *addrs; /* the caller's, n_iov of them */
            uint32_t query;        /* which of the interface's, and its generation */
            uint8_t n_asked;       /* names: that one, and in the domains of the search list */
        } resolve;
        struct {
            char *name; /* the caller's, `size` octets */
            size_t size;
            uint32_t query;
        } reverse;
    } u;
};

/**
 * Connects a stream socket, binding it first if need be. Done: SK_OK, SK_REFUSED, SK_TIMED_OUT,
 * SK_HOST_UNREACHABLE, SK_NET_UNREACHABLE, SK_IS_CONNECTED, SK_ADDR_NOT_AVAIL, SK_NO_BUFFERS,
 * SK_INVALID (an address nobody can be at, or that the loopback address it is bound to cannot
 * reach), SK_MSG_SIZE (its IP options leave no room in the MTU). Forgotten while pending, the
 * attempt goes on. Datagram sockets: SK_IGNORED.
 */
void sk_op_connect(struct sk_op *op, sk_fd fd, struct sk_addr to);

/** Waits for a connection on a listener: `u.accepted` is its handle and `addr` its peer. Datagram
 * sockets: SK_IGNORED. SK_INVALID: it does not listen, or not any more. SK_NO_SOCKETS: no handle is
 * free; the connection stays. */
void sk_op_accept(struct sk_op *op, sk_fd fd);

/**
 * Sends. A stream is done when all octets are queued, or no more can be after some were (`done`
 * counts them as they go in: a caller that must not wait takes what it says). A datagram goes out
 * whole, to `to`, or to the peer when `to` is unspecified. SK_NOT_CONNECTED, SK_PIPE, SK_RESET,
 * SK_TIMED_OUT, SK_REFUSED, SK_HOST_UNREACHABLE, SK_NET_UNREACHABLE, SK_NEED_DEST, SK_MSG_SIZE,
 * SK_NO_BUFFERS (of a datagram socket that has none yet), SK_INVALID (port 0, from loopback to
 * another host, or `ancillary` says what cannot be), SK_ADDR_NOT_AVAIL (its address is not ours),
 * SK_ACCESS (a broadcast address, with SK_BROADCAST off). `flags`: SK_OP_URGENT and SK_OP_MORE,
 * which a datagram socket does not look at, and SK_OP_DONTROUTE, which a stream does not; others
 * are SK_INVALID.
 */
void sk_op_send(struct sk_op *op, sk_fd fd, const struct sk_iov *iov, size_t n_iov,
                struct sk_addr to, uint16_t flags);

/**
 * Receives. A stream is done when there is at least one octet, or none will come (`done` 0). A
 * datagram is done whole: what does not fit is lost, and `len` says how long it was.
 * SK_NOT_CONNECTED, SK_RESET, SK_TIMED_OUT, SK_REFUSED, SK_HOST_UNREACHABLE, SK_NET_UNREACHABLE,
 * and SK_MSG_SIZE of an earlier datagram that its path does not take. `flags`: those of enum
 * sk_op_flag, others are SK_INVALID; a datagram socket looks at SK_OP_PEEK alone.
 * The last urgent octet of a stream begins a receive of its own. With SK_OP_URGENT it is read
 * alone: SK_INVALID if there is none, if it is in line, or was read; SK_AGAIN if it was announced
 * and has not come.
 */
void sk_op_recv(struct sk_op *op, sk_fd fd, const struct sk_iov *iov, size_t n_iov, uint16_t flags);

/**
 * Resolves a name, or an address in text, to up to `n` addresses with `port`. `done` counts them.
 * SK_NAME_UNKNOWN, SK_NAME_NO_ADDRESS, SK_NAME_FAILED, SK_NAME_NO_SERVER, SK_TIMED_OUT, SK_INVALID
 * (no name at all), SK_NO_SOCKETS (every query is taken, or no socket or buffer is free for it). It
 * is looked for in the domains of sk_config.search, too, until one of these has an address or says
 * nothing. A name that is being asked for is not asked for again, nor one whose answer is not older
 * than its time to live. Forgotten while pending, the query ends by itself.
 */
void sk_resolve(struct sk_op *op, const char *name, uint16_t port, struct sk_addr *addrs, size_t n);

/**
 * Finds the name of an address (RFC 1035 3.5): `done` octets and a NUL in `name`, the caller's; for
 * 127.0.0.0/8 it is "localhost". SK_NAME_UNKNOWN, SK_NAME_NO_ADDRESS (it has none that a host may
 * have), SK_NAME_FAILED, SK_NAME_NO_SERVER, SK_TIMED_OUT, SK_NO_SOCKETS as sk_resolve; SK_MSG_SIZE:
 * `size` is too small for `done` octets and the NUL. Whoever owns the address may claim any name.
 */
void sk_resolve_addr(struct sk_op *op, struct ip_addr addr, char *name, size_t size);

/**
 * Queues a datagram to `to`, or to the peer when unspecified, on a bound socket: the one call that
 * an interrupt may make, while nobody binds or closes the socket or sets its peer or an
 * option of it.
 * SK_INVALID_SOCKET, SK_AGAIN (the queue is full), SK_NEED_DEST, SK_MSG_SIZE (longer than the queue
 * or any packet: for one that its netif cannot send, SK_SO_ERROR says so later), SK_INVALID (not
 * bound), SK_PIPE (after SK_SHUT_WR).
 */
enum sk_err sk_udp_post(struct sk_iface *iface, sk_fd fd, const void *octets, size_t len,
                        struct sk_addr to);

/* ---- Streams in place: no copy --------------------------------------------------------------- */

/** Up to two runs of free send buffer; fill some, from the first on, and commit them. SK_PENDING:
 * it is full. */
enum sk_err sk_send_reserve(struct sk_iface *iface, sk_fd fd, struct sk_iov out[2]);
enum sk_err sk_send_commit(struct sk_iface *iface, sk_fd fd, size_t len, instant now);

/** Up to two runs of received octets; both empty at the end of the stream. SK_PENDING: none yet. */
enum sk_err sk_recv_peek(struct sk_iface *iface, sk_fd fd, struct sk_iov out[2]);
enum sk_err sk_recv_consume(struct sk_iface *iface, sk_fd fd, size_t len, instant now);

#ifdef __cplusplus
}
#endif
