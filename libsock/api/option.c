/* SPDX-License-Identifier: BSD-3-Clause */
/* The options of a socket: one table of who may set and get what. */
#include "net/iface.h"

#define KIND(tag) (1u << (tag))
#define STREAM (KIND(SOCK_TCP) | KIND(SOCK_LISTENER))
#define ANY (STREAM | KIND(SOCK_UDP))
#define MAX_KEEP_SECONDS 32767 /* as Linux, and for the count */
#define MAX_KEEP_COUNT 127
#define MAX_MAXSEG 32767 /* as Linux */
#define MAX_OCTET 255
#define MAX_BUFFER                                                                                 \
    (1 << 30) /* octets: half of the sequence space and more would make windows ambiguous */

/* What the options of one socket are kept in, whatever its kind. */
struct view {
    struct sock_node *node;
    uint32_t *rx_size;
    uint32_t *tx_size;
    struct tcp_options *tcp;
    struct sk_iface *iface;
    bool open;         /* the buffers are in use: their size is what it is */
    uint32_t whole_tx; /* octets of a connection's buffer; 0: there is none yet */
};

static struct view view_of(struct sk_iface *iface, const struct tagged_socket *slot)
{
    struct view v = { .node = slot->u.node, .iface = iface };

    switch (slot_tag(slot)) {
    case SOCK_UDP:
        v.rx_size = &slot->u.udp->rx_size;
        v.tx_size = &slot->u.udp->tx_size;
        v.open = slot->u.udp->rx != NULL;
        break;
    case SOCK_TCP:
        v.rx_size = &slot->u.tcp->rx_size;
        v.tx_size = &slot->u.tcp->tx_size;
        v.tcp = &slot->u.tcp->tcp.options;
        v.open = slot->u.tcp->rx != NULL;
        v.whole_tx = v.open && slot->u.tcp->opened ? ring_size(&slot->u.tcp->tcp.tx) : 0;
        break;
    default:
        v.rx_size = &slot->u.listener->rx_size;
        v.tx_size = &slot->u.listener->tx_size;
        v.tcp = &slot->u.listener->options;
        break;
    }
    return v;
}

static struct udp_entry *datagram_of(const struct view *v)
{
    return (struct udp_entry *)(void *)v->node;
}

static enum sk_err set_buffer(const struct view *v, uint32_t *size, int32_t value)
{
    if (value <= 0) {
        return SK_INVALID;
    }
    if (!v->open) {
        *size = (uint32_t)(value < MAX_BUFFER ? value : MAX_BUFFER);
    }
    return SK_OK;
}

static enum sk_err set_rcvbuf(struct view *v, int32_t value)
{
    return set_buffer(v, v->rx_size, value);
}

/* Of a connection the buffer stays what it is, and less of it is used. */
static enum sk_err set_sndbuf(struct view *v, int32_t value)
{
    if (value > 0 && v->whole_tx > 0) {
        *v->tx_size = (uint32_t)value < v->whole_tx ? (uint32_t)value : v->whole_tx;
        return SK_OK;
    }
    return set_buffer(v, v->tx_size, value);
}

static enum sk_err set_reuseaddr(struct view *v, int32_t value)
{
    v->node->reuseaddr = value != 0;
    return SK_OK;
}

static enum sk_err set_reuseport(struct view *v, int32_t value)
{
    v->node->reuseport = value != 0;
    return SK_OK;
}

static enum sk_err set_rcvlowat(struct view *v, int32_t value)
{
    if (value < 1) {
        return SK_INVALID;
    }
    v->tcp->rcv_lowat = (uint32_t)value;
    return SK_OK;
}

static enum sk_err set_oobinline(struct view *v, int32_t value)
{
    if (value < TCP_URGENT_APART || value > TCP_URGENT_IN_LINE) {
        return SK_INVALID;
    }
    v->tcp->urgent = (uint8_t)value;
    return SK_OK;
}

static enum sk_err set_dontroute(struct view *v, int32_t value)
{
    v->node->dontroute = value != 0;
    return SK_OK;
}

static enum sk_err set_device(struct view *v, int32_t value)
{
    if (value != SK_NO_NETIF && (value < 0 || (uint32_t)value > v->iface->n_netifs)) {
        return SK_INVALID;
    }
    v->node->device = (uint8_t)value;
    return SK_OK;
}

static enum sk_err set_broadcast(struct view *v, int32_t value)
{
    datagram_of(v)->no_broadcast = value == 0;
    return SK_OK;
}

static enum sk_err set_nodelay(struct view *v, int32_t value)
{
    v->tcp->nodelay = value != 0;
    return SK_OK;
}

/* The connection has begun: some options come too late. */
static bool is_begun(const struct view *v)
{
    return v->node->tag == SOCK_TCP && ((struct tcp_entry *)(void *)v->node)->opened;
}

/* A connection that lives has a timer to set. */
static void tell_connection(const struct view *v)
{
    struct tcp_entry *tcp = (struct tcp_entry *)(void *)v->node;

    if (is_begun(v)) {
        tcp_options_changed(&tcp->tcp, v->iface->now);
    }
}

static enum sk_err set_cork(struct view *v, int32_t value)
{
    v->tcp->cork = value != 0;
    return SK_OK;
}

static enum sk_err set_quickack(struct view *v, int32_t value)
{
    v->tcp->quickack = value != 0;
    tell_connection(v);
    return SK_OK;
}

static enum sk_err set_maxseg(struct view *v, int32_t value)
{
    if (is_begun(v)) {
        return SK_IS_CONNECTED;
    }
    if (value != 0 && (value < TCP_MIN_MSS || value > MAX_MAXSEG)) {
        return SK_INVALID;
    }
    v->tcp->max_seg = (uint16_t)value;
    return SK_OK;
}

/* When the `n`th timeout of a half-open connection comes, in seconds after its SYN,ACK. */
static int32_t nth_timeout(uint32_t n)
{
    return (int32_t)((RTO_INITIAL << n) / seconds(1)) - 1;
}

static enum sk_err set_defer_accept(struct view *v, int32_t value)
{
    uint8_t n = 0;

    if (is_begun(v)) {
        return SK_IS_CONNECTED;
    }
    while (n < TCP_SYN_ACK_RETRIES && nth_timeout(n) < value) {
        n++;
    }
    v->tcp->defer_accept = n;
    return SK_OK;
}

static enum sk_err set_keepalive(struct view *v, int32_t value)
{
    v->tcp->keepalive = value != 0;
    tell_connection(v);
    return SK_OK;
}

static enum sk_err set_seconds(struct view *v, uint16_t *option, int32_t value)
{
    if (value < 1 || value > MAX_KEEP_SECONDS) {
        return SK_INVALID;
    }
    *option = (uint16_t)value;
    tell_connection(v);
    return SK_OK;
}

static enum sk_err set_keepidle(struct view *v, int32_t value)
{
    return set_seconds(v, &v->tcp->keep_idle, value);
}

static enum sk_err set_keepintvl(struct view *v, int32_t value)
{
    return set_seconds(v, &v->tcp->keep_interval, value);
}

static enum sk_err set_keepcnt(struct view *v, int32_t value)
{
    if (value < 1 || value > MAX_KEEP_COUNT) {
        return SK_INVALID;
    }
    v->tcp->keep_count = (uint8_t)value;
    return SK_OK;
}

static enum sk_err set_ecn(struct view *v, int32_t value)
{
    if (!v->iface->profile->ecn) {
        return SK_NO_OPTION;
    }
    if (value < TCP_ECN_NEVER || value > TCP_ECN_ANSWERS) {
        return SK_INVALID;
    }
    v->tcp->ecn = (uint8_t)value;
    return SK_OK;
}

static enum sk_err set_uto(struct view *v, int32_t value)
{
    if (!v->iface->profile->user_timeout) {
        return SK_NO_OPTION;
    }
    v->tcp->uto = value != 0;
    return SK_OK;
}

static enum sk_err set_congestion(struct view *v, int32_t value)
{
    if (is_begun(v)) {
        return SK_IS_CONNECTED;
    }
    if (value < 0 || !tcp_congestion_at(v->iface->profile, (uint32_t)value)) {
        return SK_INVALID;
    }
    v->tcp->congestion = (uint8_t)value;
    return SK_OK;
}

static enum sk_err set_user_timeout(struct view *v, int32_t value)
{
    if (value < 0) {
        return SK_INVALID;
    }
    v->tcp->user_timeout = (uint32_t)value;
    return SK_OK;
}

static enum sk_err set_ttl(struct view *v, int32_t value)
{
    if (value != -1 && (value < 1 || value > MAX_OCTET)) {
        return SK_INVALID;
    }
    v->node->ttl = (uint8_t)(value == -1 ? 0 : value);
    return SK_OK;
}

static enum sk_err set_tos(struct view *v, int32_t value)
{
    if (value < 0 || value > MAX_OCTET) {
        return SK_INVALID;
    }
    v->node->tos = (uint8_t)(v->tcp ? value & ~IP_ECN_MASK : value);
    return SK_OK;
}

static enum sk_err set_multicast_ttl(struct view *v, int32_t value)
{
    if (value < -1 || value > MAX_OCTET) {
        return SK_INVALID;
    }
    datagram_of(v)->multicast_ttl = (uint8_t)(value == -1 ? 1 : value);
    return SK_OK;
}

static enum sk_err set_multicast_loop(struct view *v, int32_t value)
{
    if (!v->iface->multicast) {
        return SK_NO_OPTION;
    }
    datagram_of(v)->multicast_loop = value != 0;
    return SK_OK;
}

static enum sk_err set_multicast_if(struct view *v, int32_t value)
{
    if (value < 0 || (uint32_t)value > v->iface->n_netifs) {
        return SK_INVALID;
    }
    datagram_of(v)->multicast_ifindex = (uint8_t)value;
    return SK_OK;
}

static enum sk_err set_recverr(struct view *v, int32_t value)
{
    struct udp_entry *udp = datagram_of(v);

    if (v->iface->max_errors == 0) {
        return SK_NO_OPTION;
    }
    udp->recverr = value != 0;
    if (!udp->recverr) {
        errors_forget(v->iface, udp);
        node_changed(v->iface, v->node);
    }
    return SK_OK;
}

static int32_t get_recverr(struct view *v)
{
    return datagram_of(v)->recverr;
}

static enum sk_err set_mtu_discover(struct view *v, int32_t value)
{
    if (value < SK_MTU_DONT || value > SK_MTU_PROBE) {
        return SK_INVALID;
    }
    datagram_of(v)->mtu_discover = (uint8_t)value;
    return SK_OK;
}

static int32_t get_mtu_discover(struct view *v)
{
    return datagram_of(v)->mtu_discover;
}

/* 0: it has no peer, or no way there. */
static int32_t get_mtu(struct view *v)
{
    struct ip_addr peer = v->node->remote.addr;
    struct ip_addr next_hop;
    const struct netif *netif = route_by(v->iface, v->node->device, peer, &next_hop);

    if (v->node->remote.port == 0 || !netif ||
        (is_begun(v) && ((struct tcp_entry *)(void *)v->node)->tcp.state == TCP_CLOSED)) {
        return 0;
    }
    return path_mtu(v->iface, netif, peer, v->iface->now);
}

static int32_t get_multicast_ttl(struct view *v)
{
    return datagram_of(v)->multicast_ttl;
}

static int32_t get_multicast_loop(struct view *v)
{
    return v->iface->multicast && datagram_of(v)->multicast_loop;
}

static int32_t get_multicast_if(struct view *v)
{
    return datagram_of(v)->multicast_ifindex;
}

static int32_t get_error(struct view *v)
{
    uint8_t *err = NULL;
    int32_t value;

    if (v->node->tag == SOCK_UDP) {
        err = &((struct udp_entry *)(void *)v->node)->udp.err;
    } else if (v->node->tag == SOCK_TCP) {
        err = &((struct tcp_entry *)(void *)v->node)->tcp.err;
    }
    value = err ? *err : SK_OK;
    if (err) {
        *err = SK_OK;
    }
    return value;
}

static int32_t get_type(struct view *v)
{
    return v->node->tag == SOCK_UDP ? SK_DGRAM : SK_STREAM;
}

static int32_t get_reuseaddr(struct view *v)
{
    return v->node->reuseaddr;
}

static int32_t get_reuseport(struct view *v)
{
    return v->node->reuseport;
}

static int32_t get_rcvbuf(struct view *v)
{
    return (int32_t)*v->rx_size;
}

static int32_t get_sndbuf(struct view *v)
{
    return (int32_t)*v->tx_size;
}

static int32_t get_rcvlowat(struct view *v)
{
    return (int32_t)v->tcp->rcv_lowat;
}

static int32_t get_oobinline(struct view *v)
{
    return v->tcp->urgent;
}

static int32_t get_dontroute(struct view *v)
{
    return v->node->dontroute;
}

static int32_t get_device(struct view *v)
{
    return v->node->device;
}

static int32_t get_broadcast(struct view *v)
{
    return !datagram_of(v)->no_broadcast;
}

static int32_t get_cork(struct view *v)
{
    return v->tcp->cork;
}

static int32_t get_quickack(struct view *v)
{
    return v->tcp->quickack;
}

/* As Linux: before it is known, what was asked for, or what RFC 9293 3.7.1 begins with. */
static int32_t get_maxseg(struct view *v)
{
    if (is_begun(v)) {
        return ((const struct tcp_entry *)(const void *)v->node)->tcp.mss;
    }
    return v->tcp->max_seg != 0 ? v->tcp->max_seg : TCP_DEFAULT_MSS;
}

static int32_t get_nodelay(struct view *v)
{
    return v->tcp->nodelay;
}

static int32_t get_defer_accept(struct view *v)
{
    return nth_timeout(v->tcp->defer_accept);
}

static int32_t get_keepalive(struct view *v)
{
    return v->tcp->keepalive;
}

static int32_t get_keepidle(struct view *v)
{
    return v->tcp->keep_idle;
}

static int32_t get_keepintvl(struct view *v)
{
    return v->tcp->keep_interval;
}

static int32_t get_keepcnt(struct view *v)
{
    return v->tcp->keep_count;
}

static int32_t get_ecn(struct view *v)
{
    return v->iface->profile->ecn ? v->tcp->ecn : TCP_ECN_NEVER;
}

static int32_t get_congestion(struct view *v)
{
    return v->tcp->congestion;
}

static int32_t get_uto(struct view *v)
{
    return v->tcp->uto;
}

static int32_t get_user_timeout(struct view *v)
{
    return (int32_t)v->tcp->user_timeout;
}

static int32_t get_ttl(struct view *v)
{
    return node_ttl(v->node);
}

static int32_t get_tos(struct view *v)
{
    return v->node->tos;
}

static int32_t get_acceptconn(struct view *v)
{
    return v->node->tag == SOCK_LISTENER;
}

_Static_assert((int)SK_TCP_SYN_SENT == TCP_SYN_SENT && (int)SK_TCP_TIME_WAIT == TCP_TIME_WAIT,
               "enum sk_tcp_state is enum tcp_state, and SK_TCP_LISTEN");

static int32_t get_tcp_state(struct view *v)
{
    const struct tcp_entry *tcp = (const struct tcp_entry *)(const void *)v->node;

    if (v->node->tag == SOCK_LISTENER) {
        return ((const struct listener_entry *)(const void *)v->node)->backlog > 0 ? SK_TCP_LISTEN
                                                                                   : SK_TCP_CLOSED;
    }
    return tcp->opened ? tcp->tcp.state : SK_TCP_CLOSED;
}

/* clang-format off */
static const struct {
    enum sk_err (*set)(struct view *, int32_t); /* NULL: to be read only */
    int32_t (*get)(struct view *);
    unsigned kinds;
} TABLE[SK_N_OPTIONS] = {
    [SK_SO_ERROR]     = { NULL,             get_error,        ANY },
    [SK_SO_TYPE]      = { NULL,             get_type,         ANY },
    [SK_REUSEADDR]    = { set_reuseaddr,    get_reuseaddr,    ANY },
    [SK_REUSEPORT]    = { set_reuseport,    get_reuseport,    ANY },
    [SK_DONTROUTE]    = { set_dontroute,    get_dontroute,    ANY },
    [SK_BINDTODEVICE] = { set_device,       get_device,       ANY },
    [SK_BROADCAST]    = { set_broadcast,    get_broadcast,    KIND(SOCK_UDP) },
    [SK_RCVBUF]       = { set_rcvbuf,       get_rcvbuf,       ANY },
    [SK_SNDBUF]       = { set_sndbuf,       get_sndbuf,       ANY },
    [SK_RCVLOWAT]     = { set_rcvlowat,     get_rcvlowat,     STREAM },
    [SK_OOBINLINE]    = { set_oobinline,    get_oobinline,    STREAM },
    [SK_NODELAY]      = { set_nodelay,      get_nodelay,      STREAM },
    [SK_CORK]         = { set_cork,         get_cork,         STREAM },
    [SK_QUICKACK]     = { set_quickack,     get_quickack,     STREAM },
    [SK_MAXSEG]       = { set_maxseg,       get_maxseg,       STREAM },
    [SK_DEFER_ACCEPT] = { set_defer_accept, get_defer_accept, STREAM },
    [SK_ACCEPTCONN]   = { NULL,             get_acceptconn,   ANY },
    [SK_TCP_STATE]    = { NULL,             get_tcp_state,    STREAM },
    [SK_KEEPALIVE]    = { set_keepalive,    get_keepalive,    STREAM },
    [SK_KEEPIDLE]     = { set_keepidle,     get_keepidle,     STREAM },
    [SK_KEEPINTVL]    = { set_keepintvl,    get_keepintvl,    STREAM },
    [SK_KEEPCNT]      = { set_keepcnt,      get_keepcnt,      STREAM },
    [SK_USER_TIMEOUT] = { set_user_timeout, get_user_timeout, STREAM },
    [SK_UTO]          = { set_uto,          get_uto,          STREAM },
    [SK_ECN]          = { set_ecn,          get_ecn,          STREAM },
    [SK_CONGESTION]   = { set_congestion,   get_congestion,   STREAM },
    [SK_TTL]          = { set_ttl,          get_ttl,          ANY },
    [SK_TOS]          = { set_tos,          get_tos,          ANY },
    [SK_RECVERR]      = { set_recverr,      get_recverr,      KIND(SOCK_UDP) },
    [SK_MTU]          = { NULL,             get_mtu,          ANY },
    [SK_MTU_DISCOVER] = { set_mtu_discover, get_mtu_discover, KIND(SOCK_UDP) },
    [SK_MULTICAST_TTL]  = { set_multicast_ttl,  get_multicast_ttl,  KIND(SOCK_UDP) },
    [SK_MULTICAST_LOOP] = { set_multicast_loop, get_multicast_loop, KIND(SOCK_UDP) },
    [SK_MULTICAST_IF]   = { set_multicast_if,   get_multicast_if,   KIND(SOCK_UDP) },
};
/* clang-format on */

static bool applies(const struct tagged_socket *slot, enum sk_option option)
{
    return option < SK_N_OPTIONS && TABLE[option].kinds & KIND(slot_tag(slot));
}

enum sk_err sk_set(struct sk_iface *iface, sk_fd fd, enum sk_option option, int32_t value)
{
    struct tagged_socket *slot = slot_of(iface, fd);
    struct view v;
    enum sk_err err;

    if (!slot) {
        return SK_INVALID_SOCKET;
    }
    if (!applies(slot, option) || !TABLE[option].set) {
        return SK_NO_OPTION;
    }
    v = view_of(iface, slot);
    err = TABLE[option].set(&v, value);
    if (v.node->tag == SOCK_TCP && ((struct tcp_entry *)(void *)v.node)->opened) {
        /* Without Nagle, what waited may leave; timers have another time. */
        tcp_happened(iface, (struct tcp_entry *)(void *)v.node, iface->now);
    }
    return err;
}

enum sk_err sk_get(struct sk_iface *iface, sk_fd fd, enum sk_option option, int32_t *value)
{
    struct tagged_socket *slot = slot_of(iface, fd);
    struct view v;
    int32_t got;

    if (!slot) {
        return SK_INVALID_SOCKET;
    }
    if (!applies(slot, option)) {
        return SK_NO_OPTION;
    }
    v = view_of(iface, slot);
    got = TABLE[option].get(&v);
    if (option == SK_SO_ERROR && got != SK_OK) { /* it is told now */
        node_changed(iface, v.node);
    }
    if ((option == SK_TCP_STATE && got == SK_TCP_CLOSED) || (option == SK_MTU && got == 0)) {
        return SK_NOT_CONNECTED;
    }
    *value = got;
    return SK_OK;
}

const char *sk_congestion_name(const struct sk_iface *iface, uint32_t i)
{
    const struct tcp_congestion *congestion = tcp_congestion_at(iface->profile, i);

    return congestion ? congestion->name : NULL;
}
