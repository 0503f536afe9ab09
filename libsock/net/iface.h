/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host: what binds protocols to links. Its files, each one idea:
 *
 *   iface.c    memory, the poll, deadlines        slots.c    handles
 *   netif.c    addresses and gateways             records.c  sockets and their buffers
 *   route.c redirect.c  ways to addresses         lease.c    DHCP
 *   rx.c       frames and IP packets in           demux.c    which socket a packet is for
 *   rx_icmp.c rx_udp.c rx_tcp.c  what is in them  settle.c   readiness, deadlines, the end
 *   tx.c       packets out                        ports.c    local addresses, ephemeral ports, ISNs
 *   tx_socket.c  the senders' turn                listen.c   listeners and what waits for accept
 *   half_open.c  SYN-RECEIVED   cookie.c  the same without memory   time_wait.c  TIME-WAIT
 *   query.c    names being resolved               socket.c   the calls that never wait
 *   query_stream.c  long answers to them          connect.c  active opens
 *   post.c     what interrupts send               path.c     MTUs of paths
 *   ip_id.c    identifications                    tuples.c   records of those without a socket
 *   ip_options.c  IP options of sockets   errors.c   datagrams that did not arrive
 *   fragments.c fragments_tx.c  datagrams in pieces, where they are wanted
 *   conflicts.c  addresses that others have, too, where that is looked for
 *   multicast.c  groups, where sockets may be in any
 *   wake.c     deadlines after a long sleep
 *
 * Packets go up by calls and down by lists: nothing that arrives sends anything itself but the
 * stateless replies in tx.c; a socket with something to send enters the list of senders and has its
 * turn at the end of the poll.
 */
#pragma once

#include "base/arena.h"
#include "base/bufpool.h"
#include "base/heap.h"
#include "base/list.h"
#include "base/pkt.h"
#include "base/rng.h"
#include "libsock.h"
#include "link/link.h"
#include "link/loopback.h"
#include "net/tuples.h"
#include "proto/acd.h"
#include "proto/dhcp.h"
#include "proto/dns.h"
#include "proto/igmp.h"
#include "proto/neigh.h"
#include "proto/tcp/half_open.h"
#include "proto/tcp/tcp.h"
#include "proto/tcp/time_wait.h"
#include "proto/udp.h"

#define LOOPBACK_IFINDEX 1
#define SLOT_NONE UINT32_MAX
#define QUERY_INDEX_BITS 8 /* of the number of a query, below its generation */

/* Room in front of a packet's transport header: Ethernet at an offset that aligns IP to four
 * octets, and IPv4. */
#define LINK_HEADROOM 16
#define IP_HEADROOM (LINK_HEADROOM + IPV4_HDR_LEN)

enum sock_tag {
    SOCK_FREE,
    SOCK_UDP,
    SOCK_TCP,
    SOCK_LISTENER,
};

/** What every socket record begins with. */
struct sock_node {
    struct list_link run;   /* senders; or a netif's lists of those that wait */
    struct list_link queue; /* iface->changed; or a listener's accepted */
    struct sock_node *hash_next;
    struct ip_addr bound_addr; /* what the program bound; unspecified: every one of ours */
    struct sk_addr local;      /* the same, or the one that goes with the remote address */
    struct sk_addr remote;     /* unspecified, port 0: none */
    uint32_t slot;             /* SLOT_NONE: no handle leads here */
    uint32_t item;             /* its number in the heap of deadlines, and in its slab */
    uint32_t reported;         /* the readiness that sk_iface_ready last told */
    uint8_t tag;               /* enum sock_tag */
    uint8_t neigh_hint;
    bool hashed : 1;
    bool reuseaddr : 1;
    bool reuseport : 1; /* one of a group that shares its address */
    bool dontroute : 1; /* only to hosts on the link */
    bool internal : 1;  /* of a query: the program hears nothing of it */
    uint8_t ttl;        /* of what it sends; 0: IP_DEFAULT_TTL */
    uint8_t tos;        /* likewise; of a stream without the ECN bits */
    uint8_t ip_options; /* likewise; 0: none, else 1 + the number of their set */
    uint8_t device;     /* 0: any, else the only netif that it hears and sends by */
};

/** False for what came by netif `ifindex`, 0 for whichever, and the socket does not hear. */
static inline bool node_hears(const struct sock_node *node, uint8_t ifindex)
{
    return node->device == 0 || ifindex == 0 || node->device == ifindex;
}

/** False for two sockets that no packet can be for both. */
static inline bool nodes_share_netif(const struct sock_node *a, const struct sock_node *b)
{
    return (a->device == SK_NO_NETIF) == (b->device == SK_NO_NETIF) && node_hears(a, b->device);
}

static inline uint8_t node_ttl(const struct sock_node *node)
{
    return node->ttl ? node->ttl : IP_DEFAULT_TTL;
}

struct udp_entry {
    struct sock_node node;
    struct udp_sock udp;
    uint8_t *rx;
    uint8_t *tx;
    uint32_t rx_size; /* wanted before the queues exist, then the truth */
    uint32_t tx_size;
    uint32_t tx_wanted; /* octets of the datagram that found no room; 0: none */
    uint32_t kicked;    /* atomic; 0: not in the chain of iface->kicked, else 1 + what iface->kicked
                           was before it */
    uint16_t piece_id;  /* of the datagram that is leaving in pieces */
    uint16_t next_piece;    /* octets of it that have left; 0: none is */
    struct ip_addr sent_to; /* the destination of its last datagram */
    uint16_t n_groups;      /* that it is in */
    uint8_t multicast_ttl;
    uint8_t multicast_ifindex; /* 0: by the route */
    uint8_t mtu_discover;      /* enum sk_mtu_discover */
    uint8_t n_errors;          /* of it in iface->errors */
    bool recverr : 1;          /* errors are kept for it */
    bool multicast_loop : 1;
    bool no_broadcast : 1; /* it may not send to broadcast addresses */
    bool bound : 1;
    bool read_shut : 1; /* by sk_shutdown */
    bool write_shut : 1;
};

/** By which netif it sends to `to`; 0: by the route. */
static inline uint8_t udp_ifindex(const struct udp_entry *udp, struct ip_addr to)
{
    return udp->node.device ? udp->node.device : ip_is_multicast(to) ? udp->multicast_ifindex : 0;
}

struct listener_entry {
    struct sock_node node;
    struct list accepted; /* tcp_entry.node.queue: established, and waiting for sk_op_accept */
    uint32_t backlog;     /* 0: shut down, it listens no more */
    uint32_t n_accepted;
    uint32_t rx_size;
    uint32_t tx_size;
    tick cookie_at; /* when the last SYN cookie was sent, if `cookies` */
    bool cookies;
    struct tcp_options options; /* of the connections that it accepts */
};

struct tcp_entry {
    struct sock_node node;
    struct listener_entry *listener; /* in whose queue it waits for accept */
    uint8_t *rx;
    uint8_t *tx;
    uint32_t rx_size;
    uint32_t tx_size;    /* octets that may be queued; the buffer may be larger */
    uint32_t credit;     /* octets of the netif's absorb that this connection may announce */
    uint8_t ip_id_group; /* of its packets that may be fragmented */
    uint8_t ifindex;     /* of the credit */
    bool bound;          /* by the program, not only for its connection */
    bool opened;         /* tcp is in use; until then only its options are kept */
    struct tcp_sock tcp; /* and the state of its profile behind it */
};

/** Octets that may be queued besides those that are. */
static inline uint32_t tcp_room(const struct tcp_entry *tcp)
{
    uint32_t used = ring_used(&tcp->tcp.tx);

    return tcp->tx_size > used ? tcp->tx_size - used : 0;
}

/* The queues of half_open.c. */
enum half_open_queue {
    HALF_OPEN_DUE,  /* their SYN,ACK has to leave */
    HALF_OPEN_SENT, /* they wait for the peer; and a queue more for each timeout */
    HALF_OPEN_UNRESOLVED = HALF_OPEN_SENT + 1 + TCP_SYN_ACK_RETRIES, /* wait for a neighbour */
    HALF_OPEN_BLOCKED, /* wait for room; and one of each netif */
};

struct half_open {
    struct tuple tuple;
    struct tcp_half_open tcp;
};

struct time_wait {
    struct tuple tuple;
    struct tcp_time_wait tcp;
};

struct tagged_socket {
    union {
        struct sock_node *node;
        struct udp_entry *udp;
        struct tcp_entry *tcp;
        struct listener_entry *listener;
        uintptr_t next_free; /* the next slot in the free list */
    } u;
    uint32_t tag_generation; /* enum sock_tag, and the generation above it */
};

/** Records of one kind: the first n_touched have been used; those given back are in a list. */
struct slab {
    uint8_t *memory;
    struct list_link free; /* singly linked, through `next` */
    size_t stride;
    uint32_t n;
    uint32_t n_touched;
    uint32_t n_taken;
};

#define N_GATEWAYS DHCP_MAX_ROUTERS

struct netif_addrs {
    struct ip_addr addr;                 /* unspecified: none */
    struct ip_addr gateways[N_GATEWAYS]; /* unspecified: none */
    uint8_t prefix_len;
};

struct netif {
    struct link *link;
    const char *name;
    struct ip_addr addr;    /* unspecified: none yet */
    struct ip_addr gateway; /* the one of them that is used now */
    uint32_t netmask;       /* host order */
    uint16_t mtu;           /* of the lease, or */
    uint16_t max_mtu;       /* of link, packets and configuration */
    uint8_t ifindex;
    bool uses_dhcp;
    struct netif_addrs wanted; /* configured or leased; in use, or being probed for */
    struct neigh_cache neigh;  /* Ethernet only */
    struct dhcp_client dhcp;
    struct acd acd;      /* where iface->acd is */
    struct igmp igmp;    /* where iface->multicast is */
    struct list waiting; /* senders whose neighbour is being asked for */
    struct list blocked; /* senders that found no room on the link, or no packet */
    struct tuple_queue blocked_half_opens; /* of half_open.c */
    bool no_room;    /* the link refused a packet, or there was none, since the poll began */
    uint32_t credit; /* what is left of link->absorb */
    uint32_t lent;   /* of the rest: to connections that are half open */
    struct tuple_queue time_wait;
    instant due_at; /* when neighbours or DHCP have something to do */
};

struct query_slot {
    struct dns_query q;
    sk_fd fd;            /* its socket */
    uint32_t generation; /* counts its queries */
    instant forget_at;   /* once finished: nobody fetched the answer */
    instant fresh_until; /* once finished: its answer is everybody's */
    bool used;           /* it runs, or its answer was not fetched */
};

/** A path whose MTU is less than that of our link. */
struct path {
    struct ip_addr dst;
    instant forget_at;
    uint16_t mtu; /* 0: nothing is known */
};

/** A destination to which another gateway is the shorter way. */
struct redirect {
    struct ip_addr dst;
    struct ip_addr gateway;
    instant forget_at;
    uint8_t ifindex;
};

/** IP options that sockets share. */
struct ip_option_set {
    struct sk_ip_options options;
    uint32_t n_sockets; /* 0: it is free */
};

/** What became of a datagram of a socket. */
struct kept_error {
    uint32_t socket; /* the number of its record */
    struct sk_datagram_error what;
};

#define N_IP_IDS 16

/** The next identification to each of so many groups of hosts. */
struct ip_ids {
    struct sip_key key;
    uint16_t next[N_IP_IDS];
};

/** At most `per_second` of something. */
struct rate {
    tick since;
    uint32_t left; /* in this second */
    uint32_t per_second;
};

struct sk_iface {
    struct sk_stats stats;
    sk_trace_fn *trace;
    void *trace_context;
    struct sk_watch *watches;
    instant now; /* of the last poll, or since a long sleep */
    struct rng rng;
    struct sip_key isn_key;
    struct sip_key port_key;
    struct sip_key cookie_key;
    struct tuple_key hash_key;
    uint32_t next_ephemeral; /* atomic */
    const struct tcp_profile *profile;
    uint16_t tcp_ranges; /* for each connection, as tcp_inflight */
    uint16_t tcp_inflight;
    uint32_t rcvbuf;
    uint32_t sndbuf;

    struct netif *netifs;
    uint32_t n_netifs;
    uint32_t max_netifs;
    uint32_t n_neighbours;
    struct loopback loopback;
    struct neigh *neighs;

    struct pkt_pool pool;
    uint32_t packet_size;
    struct bufpool buffers;

    struct tagged_socket *slots;
    uint32_t n_slots;
    uint32_t free_slot; /* SLOT_NONE: every one is taken */
    uint32_t slot_bits;
    struct slab udp;
    struct slab tcp;
    struct slab listeners;
    struct sock_node **buckets;
    uint32_t bucket_mask;
    uint32_t n_inserted; /* since hash_key was last chosen */

    struct heap deadlines; /* of TCP records */
    struct list senders;
    struct list changed;      /* readiness */
    struct tuples half_opens; /* of every listener */
    instant half_opens_at;    /* none of them expires before */
    struct tuple_queue half_open_queues[HALF_OPEN_BLOCKED];
    struct tuples time_waits;
    bool cookies;    /* when half_opens is full */
    uint32_t kicked; /* atomic: 1 + the number of the UDP record that an interrupt queued to last;
                        0: none */

    struct query_slot *queries;
    uint32_t n_queries;
    uint32_t n_asked; /* queries in use */
    struct sk_addr dns[CONFIG_N_DNS_SERVERS];
    const char *search[CONFIG_N_SEARCH];
    uint8_t n_search;
    uint8_t n_dns;
    uint8_t n_dns_configured; /* the first ones; the others are from leases */

    struct path paths[CONFIG_N_PATHS];
    struct redirect redirects[CONFIG_N_REDIRECTS];
    bool takes_redirects;
    bool network_changed; /* by a frame of this poll */
    bool has_flush;       /* some link has */
    uint8_t max_errors;
    uint8_t n_errors;

    const struct sk_ip_fragments *fragments; /* NULL: there are none */
    struct fragments *pieces;

    const struct sk_multicast *multicast; /* NULL: sockets are in no groups */
    struct membership *memberships;
    struct igmp_group *groups; /* of each netif, n_memberships */
    uint32_t n_memberships;

    const struct sk_acd *acd; /* NULL: addresses are used as they come */

    struct ip_option_set *ip_options;
    struct kept_error *errors; /* in the order in which they came */
    uint32_t n_ip_options;
    struct ip_ids ip_ids;
    struct rate icmp_errors;
    struct rate resets;
};

/* iface.c */

/** Counts and traces a packet that goes no further, and answers the reason: `return drop(...)`. */
enum drop_reason drop(struct sk_iface *iface, enum drop_reason reason, const struct pkt *pkt);
/** The same at a socket, which the trace is told. */
enum drop_reason drop_at(struct sk_iface *iface, const struct sock_node *node,
                         enum drop_reason reason, const struct pkt *pkt);
/** The same of `n` packets, in a link of the iface that is `context`: struct link's on_dropped. */
void link_drops(void *context, uint32_t n, enum drop_reason reason, const struct pkt *pkt);

/* wake.c */

/** Has to come before whatever sets a deadline, or looks at one, at a new time. */
void iface_wake(struct sk_iface *iface, instant now);

/* netif.c */

struct netif *netif_of(struct sk_iface *iface, uint8_t ifindex);
/** These addresses are to be used, or none. One that is in use already is not probed for. */
void netif_want(struct sk_iface *iface, struct netif *netif, struct netif_addrs addrs, instant now);
/** The addresses that the netif wants are in use from now on. */
void netif_use_wanted(struct sk_iface *iface, struct netif *netif, instant now);
/** Links send what they held back (link_ops.flush). */
void netifs_flush(struct sk_iface *iface, instant now);

/** Timers of neighbours and DHCP, and what they send. */
bool netif_poll(struct sk_iface *iface, struct netif *netif, instant now);
instant netif_poll_at(const struct netif *netif);
/** Those that wait for a neighbour have their turn again. */
void netif_wake_waiting(struct sk_iface *iface, struct netif *netif);
/** The MSS to announce (RFC 6691). */
uint16_t netif_mss(const struct netif *netif);

/* ip_options.c */

/** Those that the socket sends with; their length is 0 without any. */
const struct sk_ip_options *ip_options_of(const struct sk_iface *iface,
                                          const struct sock_node *node);
/** One socket more, which has none yet, has those of `from`; or one less has any: sets are shared.
 */
void ip_options_share(struct sk_iface *iface, struct sock_node *node, const struct sock_node *from);
void ip_options_release(struct sk_iface *iface, struct sock_node *node);
/** A copy, padded. SK_INVALID: nobody would take them. */
enum sk_err ip_options_copy(struct sk_ip_options *to, const struct sk_ip_options *options);

/* errors.c */

/** Keeps it for the socket, if that wants it and there is room. */
void errors_keep(struct sk_iface *iface, struct udp_entry *udp,
                 const struct sk_datagram_error *what);
/** Forgets those of the socket. */
void errors_forget(struct sk_iface *iface, struct udp_entry *udp);

/* route.c */

/** The netif whose address this is (127/8: the loopback); NULL: not ours. */
struct netif *netif_with_addr(struct sk_iface *iface, struct ip_addr addr);
/** True for an address of the netif's network. */
bool netif_on_link(const struct netif *netif, struct ip_addr addr);
/** True for the limited broadcast and that of the netif's network. */
bool netif_is_broadcast(const struct netif *netif, struct ip_addr addr);
/** The same, and that of all subnets of the netif's network by its class, which is heard and not
 * sent to (RFC 1122 3.3.6; RFC 1812 5.3.5.3 let it fall). */
bool netif_hears_broadcast(const struct netif *netif, struct ip_addr addr);
/** True for another host on its network. */
bool netif_reaches(const struct netif *netif, struct ip_addr addr);
/** Which netif leads to `dst`, and which address on its link to send to. NULL: no route. */
struct netif *route(struct sk_iface *iface, struct ip_addr dst, struct ip_addr *next_hop);
/** The same by way of netif `ifindex`; 0: whichever leads there. */
struct netif *route_by(struct sk_iface *iface, uint8_t ifindex, struct ip_addr dst,
                       struct ip_addr *next_hop);
/** The address that a packet to `dst` comes from; unspecified without a route. */
struct ip_addr source_for(struct sk_iface *iface, struct ip_addr dst);
/** The same where the route is known; NULL: there is none. */
struct ip_addr source_by(struct sk_iface *iface, const struct netif *netif, struct ip_addr dst);
/** The link address of a next hop; MAC_BROADCAST for broadcasts; NEIGH_KNOWN on links that need
 * none. `hint`: see neigh_lookup; NULL for neigh_lookup_for_answer. */
enum neigh_state netif_resolve(struct netif *netif, struct ip_addr next_hop, instant now,
                               struct mac_addr *mac, uint8_t *hint);
/** What is sent to `dst`, by the route or by netif `ifindex`, is not answered: is the next hop
 * still there (RFC 1122 3.3.1.4)? */
void netif_doubt(struct sk_iface *iface, uint8_t ifindex, struct ip_addr dst, instant now);
/** False for a loopback address on a link, which never leaves the host (RFC 1122 3.2.1.3 (g)), and
 * for one that is not, or not any more, our own (RFC 2131 4.4.5). */
bool netif_may_send_from(struct sk_iface *iface, const struct netif *netif, struct ip_addr src);

/* lease.c */

/** What is due of DHCP. True when anything happened. */
bool lease_poll(struct sk_iface *iface, struct netif *netif, instant now);
/** The DHCP client has a lease, another one, or none. */
void lease_changed(struct sk_iface *iface, struct netif *netif, instant now);
/** A DHCP message came in. */
enum drop_reason lease_arrives(struct sk_iface *iface, struct netif *netif, struct cursor *c,
                               instant now);
/** The Ethernet netif has no address and asks for one. */
bool netif_is_acquiring(const struct netif *netif);

/* rx*.c: an answer other than DROP_NONE was counted already */

/** A verified TCP segment, on its way to whom it is for. */
struct arrival {
    struct netif *netif;
    const struct ip_hdr *ip;
    struct sk_addr local;
    struct sk_addr remote;
    struct tcp_hdr hdr;
    const uint8_t *text;
    const struct pkt *pkt;
};

enum drop_reason rx_frame(struct sk_iface *iface, struct netif *netif, struct pkt *pkt,
                          instant now);
enum drop_reason rx_icmp(struct sk_iface *iface, struct netif *netif, const struct ip_hdr *ip,
                         struct cursor *c, struct pkt *pkt, instant now);
enum drop_reason rx_udp(struct sk_iface *iface, struct netif *netif, const struct ip_hdr *ip,
                        struct cursor *c, struct pkt *pkt, instant now);
enum drop_reason rx_tcp(struct sk_iface *iface, struct netif *netif, const struct ip_hdr *ip,
                        struct cursor *c, struct pkt *pkt, instant now);

/** What this host sent to a group by way of `netif` comes back to its own members. */
void udp_loop_back(struct sk_iface *iface, const struct netif *netif, struct ip_hdr ip,
                   const struct udp_hdr *hdr, const uint8_t *payload, instant now);

/** A whole datagram for us, to its protocol. */
enum drop_reason rx_datagram(struct sk_iface *iface, struct netif *netif, const struct ip_hdr *ip,
                             struct cursor *c, struct pkt *pkt, instant now);

/* redirect.c */

/** Where `netif` sends packets to `dst`, if not to its gateway. */
void redirect_apply(struct sk_iface *iface, struct netif *netif, struct ip_addr dst,
                    struct ip_addr *next_hop);
/** The router `from` says that `gateway` is the way to `dst`. False: it is not believed. */
bool redirect_arrives(struct sk_iface *iface, struct netif *netif, struct ip_addr from,
                      struct ip_addr dst, struct ip_addr gateway);
void redirects_forget(struct sk_iface *iface, const struct netif *netif);

/* ip_id.c */

void ip_ids_init(struct ip_ids *ids, struct rng *rng);
/** Of the hosts that share a counter with `dst`. */
uint8_t ip_id_group(const struct ip_ids *ids, struct ip_addr dst);
uint16_t ip_id_next(struct ip_ids *ids, uint8_t group);

/* path.c */

/** The MTU towards `dst` by way of `netif`. */
uint16_t path_mtu(const struct sk_iface *iface, const struct netif *netif, struct ip_addr dst,
                  instant now);
/** What a datagram of the socket may take that leaves in one packet. */
uint16_t datagram_mtu(const struct sk_iface *iface, const struct udp_entry *udp,
                      const struct netif *netif, struct ip_addr dst, instant now);
/** A longer one leaves in pieces. */
bool datagram_may_be_cut(const struct sk_iface *iface, const struct udp_entry *udp);
void path_learn(struct sk_iface *iface, struct ip_addr dst, uint16_t mtu, instant now);
#define PATH_LEAST_MTU 552 /* a router that says less fragments: as Linux (min_pmtu) */
/** What to try after a packet of `len` octets was too big, and nobody said by how much. */
uint16_t path_plateau_below(uint32_t len);
/** A segment whose text is in its place is for this connection. */
enum drop_reason tcp_entry_arrives(struct sk_iface *iface, struct tcp_entry *tcp,
                                   const struct arrival *a, instant now);
/** An ACK answers a segment that was dropped for this reason: a challenge, for some. */
void count_challenge(struct sk_iface *iface, enum drop_reason reason);

/* tx.c */

/** An empty packet with room in front for `more` octets, IP options and the transport's header, and
 * all below; NULL: none is free. */
struct pkt *tx_alloc(struct sk_iface *iface, uint32_t more);
/**
 * Puts IP and link headers before the packet and hands it to the link. `node` is the socket that
 * sends it, or NULL. Takes the packet on SK_OK only; SK_AGAIN: the link has no room.
 */
enum sk_err tx_packet(struct sk_iface *iface, struct netif *netif, const struct sock_node *node,
                      struct ip_hdr *ip, struct mac_addr mac, struct pkt *pkt, instant now);
/** The same for a packet that nobody keeps: sent or dropped, and counted. Takes the packet. */
void tx_reply(struct sk_iface *iface, struct ip_hdr *ip, struct pkt *pkt, instant now);
/**
 * A TCP segment without text, of no socket, with TTL, TOS and IP options of `as`, which may be
 * NULL. DROP_NONE: it left; else why it cannot now, and nothing is counted: DROP_TX_NO_PACKET,
 * DROP_TX_LINK, DROP_TX_UNRESOLVED (the neighbour is being asked for), DROP_TX_HOST_DOWN,
 * DROP_TX_NO_ROUTE. Sets the ports of `hdr`.
 */
enum drop_reason tx_segment(struct sk_iface *iface, const struct sock_node *as,
                            struct sk_addr local, struct sk_addr remote, struct tcp_hdr *hdr,
                            instant now);
/** The same by netif `ifindex`, 0 for the route; dropped and counted when it cannot leave now:
 * false.
 */
bool tx_answer(struct sk_iface *iface, uint8_t ifindex, struct sk_addr local, struct sk_addr remote,
               struct tcp_hdr *hdr, instant now);
/** An ICMP error about the packet whose IP header begins at `quoted` (RFC 1122 3.2.2), if it may be
 * sent. */
void tx_icmp_error(struct sk_iface *iface, const struct ip_hdr *ip, uint8_t type, uint8_t code,
                   const struct pkt *quoted, instant now);
void tx_reset(struct sk_iface *iface, uint8_t ifindex, const struct ip_hdr *ip,
              const struct tcp_hdr *hdr, instant now);
/** An ARP message. False: it was dropped, since there was no packet or no room. */
bool tx_arp(struct sk_iface *iface, struct netif *netif, const struct arp_hdr *arp,
            struct mac_addr dst, instant now);

/* tx_socket.c */

/** Gives every sender its turns until each is done or waits. True when anything was sent. */
bool tx_senders(struct sk_iface *iface, instant now);
void tx_wants(struct sk_iface *iface, struct sock_node *node);

/* post.c */

/** What a datagram of the socket to `to`, or to its peer, is sent with. */
struct msg_meta datagram_meta(const struct udp_entry *udp, struct sk_addr to);

/** What interrupts queued (sk_udp_post) has its turn. */
void take_kicked(struct sk_iface *iface);

/* slots.c */

struct tagged_socket *slot_of(const struct sk_iface *iface, sk_fd fd);   /* NULL: stale or none */
sk_fd fd_of(const struct sk_iface *iface, const struct sock_node *node); /* or SK_FD_NONE */
enum sock_tag slot_tag(const struct tagged_socket *slot);
/** Gives `node` a handle; false: every slot is taken. */
bool slot_take(struct sk_iface *iface, struct sock_node *node);
void slot_release(struct sk_iface *iface, struct sock_node *node);
/** Another record takes over the handle of `from`. */
void slot_move(struct sk_iface *iface, struct sock_node *from, struct sock_node *to);

/* records.c */

/** What the program chose for one socket is another's, too. */
void node_inherit(struct sk_iface *iface, struct sock_node *to, const struct sock_node *from);
struct udp_entry *udp_take(struct sk_iface *iface);
void udp_release(struct sk_iface *iface, struct udp_entry *udp);
struct tcp_entry *tcp_take(struct sk_iface *iface);
void tcp_release(struct sk_iface *iface, struct tcp_entry *tcp);
struct listener_entry *listener_take(struct sk_iface *iface);
void listener_release(struct sk_iface *iface, struct listener_entry *listener);
struct udp_entry *udp_at(const struct sk_iface *iface, uint32_t i);
struct tcp_entry *tcp_at(const struct sk_iface *iface, uint32_t i);
struct listener_entry *listener_at(const struct sk_iface *iface, uint32_t i);
bool tcp_take_buffers(struct sk_iface *iface, struct tcp_entry *tcp);
void tcp_give_buffers(struct sk_iface *iface, struct tcp_entry *tcp);
/** A share of what the link absorbs, for a new connection; `want` when it has no limit. */
uint32_t netif_take_credit(struct netif *netif, uint32_t want);
void tcp_give_credit(struct sk_iface *iface, struct tcp_entry *tcp);
/** The window of a SYN,ACK: what a half-open connection is lent of it. */
uint16_t netif_lend_credit(struct netif *netif, uint32_t want);
void netif_redeem_credit(struct netif *netif, uint32_t credit);
bool udp_take_buffers(struct sk_iface *iface, struct udp_entry *udp);

/* demux.c */

void hash_insert(struct sk_iface *iface, struct sock_node *node);
void hash_remove(struct sk_iface *iface, struct sock_node *node);
/** The socket for a packet that came by netif `ifindex`: the exact pair, or the local address, or
 * the port alone, in this order, and of two the one that hears no other netif; of a group that
 * shares all that (SK_REUSEPORT) the one that `remote` always has. */
struct sock_node *sockets_match(struct sk_iface *iface, bool tcp, struct sk_addr local,
                                struct sk_addr remote, uint8_t ifindex);
/** Of the datagram sockets without a peer that are bound to the address or to all of ours, the one
 * after `last`, or the first; NULL: there is no other. */
struct sock_node *sockets_next(const struct sk_iface *iface, struct sk_addr local, uint8_t ifindex,
                               const struct sock_node *last);
/** The one with exactly this pair; `ifindex` 0: whichever netif it hears. */
struct sock_node *sockets_find(const struct sk_iface *iface, bool tcp, struct sk_addr local,
                               struct sk_addr remote, uint8_t ifindex);

/* settle.c */

uint32_t node_readiness(const struct sock_node *node);
/** Something happened to it: its readiness may have changed. */
void node_changed(struct sk_iface *iface, struct sock_node *node);
void tell_watches(const struct sk_iface *iface, const struct sock_node *node);
/** Brings a connection's deadline, readiness, queue and end up to date. False: it ended, and the
 * record is released. */
bool tcp_settle(struct sk_iface *iface, struct tcp_entry *tcp, instant now);
/** Something happened to a connection: settles it, and gives it a turn to send. */
void tcp_happened(struct sk_iface *iface, struct tcp_entry *tcp, instant now);

/* ports.c */

/** SK_OK when `local` may be bound by this record (RFC 9293 3.9.1.1, POSIX bind). */
enum sk_err ports_check(struct sk_iface *iface, const struct sock_node *node, struct sk_addr local);
/** A free ephemeral port for a pair of which `remote` may be unspecified; 0: none is left. */
uint16_t ports_ephemeral(struct sk_iface *iface, const struct sock_node *node, struct sk_addr local,
                         struct sk_addr remote);
/** Secret, and the same for a pair as long as the host runs. */
uint32_t pair_hash(const struct sk_iface *iface, struct sk_addr local, struct sk_addr remote);
/** RFC 6528: the initial sequence number of a pair. */
uint32_t initial_sequence(const struct sk_iface *iface, struct sk_addr local, struct sk_addr remote,
                          instant now);
/** RFC 7323 7.1: where the timestamp clock of a pair begins, every time the same. */
uint32_t timestamp_offset(const struct sk_iface *iface, struct sk_addr local,
                          struct sk_addr remote);

/* listen.c */

/** A segment for a listener. */
enum drop_reason listener_arrives(struct sk_iface *iface, struct listener_entry *listener,
                                  const struct arrival *a, instant now);
bool listener_has_room(const struct listener_entry *listener);
/**
 * The last ACK of a handshake: `half` becomes a connection that waits to be accepted, which takes
 * the segment over. False: there is no room for it now, and `*reason` was counted. What `half` was
 * lent by `netif`, where its SYN came in, is the connection's.
 */
bool listener_opens(struct sk_iface *iface, struct listener_entry *listener,
                    const struct tcp_half_open *half, struct netif *netif, const struct arrival *a,
                    instant now, enum drop_reason *reason);
/** The record leaves its listener's queue. */
void listener_forget(struct tcp_entry *tcp);
/** It is found no more, and what waits for it is reset; what is half open, too, unless another
 * listener shares its address. */
void listener_abandon(struct sk_iface *iface, struct listener_entry *listener, instant now);

/** What a connection through `netif` is opened with; its addresses and buffers are set. Takes
 * credit of the netif. */
struct tcp_setup tcp_setup_for(struct sk_iface *iface, struct tcp_entry *tcp, struct netif *netif,
                               instant now);

/* connect.c */

/**
 * Begins to connect a socket that is not connected: SK_OK. SK_NET_UNREACHABLE: no route.
 * SK_INVALID: nobody can be connected to that address. SK_NO_BUFFERS. SK_ADDR_NOT_AVAIL: no port is
 * left, or the pair is in use.
 */
enum sk_err connection_open(struct sk_iface *iface, struct tcp_entry *tcp, struct sk_addr to,
                            instant now);

/* half_open.c */

struct half_open *half_open_find(const struct sk_iface *iface, struct sk_addr local,
                                 struct sk_addr remote);
/**
 * A SYN is remembered, and will be answered. `highest`: NULL, or the last sequence number of the
 * connection in TIME-WAIT that this one replaces. False: the cache is full, and SYN cookies take
 * over.
 */
bool half_open_begin(struct sk_iface *iface, const struct listener_entry *listener,
                     const struct arrival *a, const uint32_t *highest, instant now);
enum drop_reason half_open_arrives(struct sk_iface *iface, struct listener_entry *listener,
                                   struct half_open *half, const struct arrival *a, instant now);
/** Resets those that have no listener any more: `listener` was theirs. */
void half_opens_abandon(struct sk_iface *iface, const struct listener_entry *listener, instant now);
/** A neighbour is known, or known to be down. */
void half_opens_wake(struct sk_iface *iface);
bool half_opens_poll(struct sk_iface *iface, instant now);
instant half_opens_poll_at(struct sk_iface *iface, instant now);

/* cookie.c */

/** Answers a SYN with a cookie. */
void cookie_answer(struct sk_iface *iface, struct listener_entry *listener, const struct arrival *a,
                   instant now);
/** An ACK for which there is no record: true when it brings a cookie back, and `*reason` is what
 * became of it. */
bool cookie_arrives(struct sk_iface *iface, struct listener_entry *listener,
                    const struct arrival *a, instant now, enum drop_reason *reason);

/* time_wait.c */

struct time_wait *time_wait_find(const struct sk_iface *iface, struct sk_addr local,
                                 struct sk_addr remote);
/** A connection in TIME-WAIT is about to be released; its netif is still known. */
void time_wait_begin(struct sk_iface *iface, const struct tcp_entry *tcp);
enum drop_reason time_wait_arrives(struct sk_iface *iface, struct time_wait *wait,
                                   const struct arrival *a, instant now);
/** True when a connection from `local`, which may name no address, waits; with `reuseport` only
 * those count that did not have it. */
bool time_wait_conflicts(const struct sk_iface *iface, struct sk_addr local, bool reuseport);
bool time_waits_poll(struct sk_iface *iface, instant now);
instant time_waits_poll_at(const struct sk_iface *iface, instant now);

/* query.c */

bool queries_poll(struct sk_iface *iface, instant now);
instant queries_poll_at(const struct sk_iface *iface);
/** How many datagram sockets the queries have. */
uint32_t queries_n_datagram_sockets(const struct sk_iface *iface);
/** Begins, unless the name is being asked for or was lately: `*query` names that for query_result.
 */
enum sk_err query_start(struct sk_iface *iface, const char *name, uint32_t *query, instant now);
/** The same for the name of an address, and query_name. */
enum sk_err query_start_reverse(struct sk_iface *iface, struct ip_addr addr, uint32_t *query,
                                instant now);
/** What was learnt of names is of another network, and what is being asked is asked again. */
void queries_flush(struct sk_iface *iface, instant now);

/** SK_PENDING, or how it ended; SK_AGAIN: it has given way to another. */
enum sk_err query_result(struct sk_iface *iface, uint32_t query, struct ip_addr *addrs, size_t max,
                         size_t *n);

/** The same; the name stays where it is until another query begins. */
enum sk_err query_name(struct sk_iface *iface, uint32_t query, const char **name, size_t *len);

/* query_stream.c */

/** Sends the question over a connection of its own: false when there can be none. */
bool query_stream_ask(struct sk_iface *iface, struct query_slot *slot, instant now);
/** Takes what came over it: true when that was all, or an end. */
bool query_stream_read(struct sk_iface *iface, struct query_slot *slot, instant now);
