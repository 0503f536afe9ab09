/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libsock on the MPS2 AN385: how much of everything there is, all of it static, and how the netif
 * gets its address. The board has no source of entropy: it takes a seed among its settings
 * (settings.h) and does not start without one, unless told to.
 *
 *   LIBSOCK_SEED     up to 32 hexadecimal digits that nobody can guess; "none": do without
 *   LIBSOCK_ADDRESS  address/length of the prefix, such as 10.0.2.15/24; not given: DHCP
 *   LIBSOCK_GATEWAY  with LIBSOCK_ADDRESS
 *   LIBSOCK_DNS      address or address:port of a server that is asked before those that DHCP names
 *   LIBSOCK_VERBOSE  1: says at the start how much of its memory is in use, and its Ethernet
 *                    address; 0: does not
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "board.h"
#include "compat/compat.h"
#include "mps2.h"
#include "settings.h"

#include "base/rng.h"

#define EXIT_USAGE 2

_Alignas(16) uint8_t board_memory[BOARD_MEMORY];

struct sk_config board_config = {
    .size = sizeof(struct sk_config),
    .n_tcp = BOARD_N_TCP,
    .n_udp = BOARD_N_UDP,
    .n_listeners = BOARD_N_LISTENERS,
    .n_syn_cache = BOARD_N_SYN_CACHE,
    .n_time_wait = BOARD_N_TIME_WAIT,
    .n_packets = BOARD_N_PACKETS,
    .n_neighbours = BOARD_N_NEIGHBOURS,
    .n_queries = BOARD_N_QUERIES,
    .buffers = { { BOARD_SNDBUF, BOARD_N_BUFFERS }, { BOARD_RCVBUF, BOARD_N_BUFFERS } },
    .rcvbuf = BOARD_RCVBUF,
    .sndbuf = BOARD_SNDBUF,
};

static struct rng entropy_rng;

static struct sk_iface *refuse(const char *why)
{
    fprintf(stderr, "libsock: %s\n", why);
    return NULL;
}

static bool entropy(void *out, size_t len)
{
    uint8_t *at = out;

    for (size_t i = 0; i < len; i++) {
        at[i] = (uint8_t)rng_u32(&entropy_rng);
    }
    return true;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    int digit = at ? (int)(at - digits) : -1;

    return digit < 16 ? digit : digit - 6;
}

/** Makes the board's entropy from the text of a seed, 1 to 32 digits. */
static bool take_seed(const char *text)
{
    uint8_t seed[16] = { 0 };

    for (size_t i = 0; text[i] != '\0'; i++) {
        int digit = hex_digit(text[i]);

        if (digit < 0 || i == 2 * sizeof seed) {
            return false;
        }
        seed[i / 2] |= (uint8_t)(digit << (i % 2 == 0 ? 4 : 0));
    }
    rng_init(&entropy_rng, seed);
    mps2_port.entropy = entropy;
    return true;
}

static bool take_address(const char *text, struct ip_addr *out)
{
    struct sk_addr parsed;

    if (strchr(text, ':') || !sk_addr_parse(text, &parsed)) {
        return false;
    }
    *out = parsed.addr;
    return true;
}

/** Reads "a.b.c.d/length". */
static bool take_prefix(const char *text, struct sk_netif_config *netif)
{
    char addr[16];
    size_t len = strcspn(text, "/");
    const char *digits = text + len + 1;
    int prefix_len;

    if (len >= sizeof addr || text[len] != '/' || strlen(digits) > 2 ||
        strspn(digits, "0123456789") != strlen(digits)) {
        return false;
    }
    memcpy(addr, text, len);
    addr[len] = '\0';
    prefix_len = atoi(digits);
    netif->prefix_len = (uint8_t)prefix_len;
    return take_address(addr, &netif->addr) && prefix_len >= 1 && prefix_len <= 32;
}

/* As a wrong argument would, a wrong setting ends the program. */
_Noreturn static void refuse_setting(const char *name, const char *why)
{
    fprintf(stderr, "libsock: %s=%s: %s\n", name, setting(name), why);
    exit(EXIT_USAGE);
}

static void read_seed(bool *without_entropy)
{
    const char *seed = setting("LIBSOCK_SEED");

    if (!seed || *seed == '\0') {
        refuse("this board has no entropy: give it LIBSOCK_SEED, or LIBSOCK_SEED=none to do "
               "without");
        exit(EXIT_USAGE);
    }
    *without_entropy = strcmp(seed, "none") == 0;
    if (!*without_entropy && !take_seed(seed)) {
        refuse_setting("LIBSOCK_SEED", "not 1 to 32 hexadecimal digits, nor \"none\"");
    }
}

static void read_addresses(struct sk_netif_config *netif)
{
    const char *address = setting("LIBSOCK_ADDRESS");
    const char *gateway = setting("LIBSOCK_GATEWAY");
    const char *dns = setting("LIBSOCK_DNS");

    if (address && !take_prefix(address, netif)) {
        refuse_setting("LIBSOCK_ADDRESS", "not an address and the length of its prefix");
    }
    if (gateway && !address) {
        refuse_setting("LIBSOCK_GATEWAY", "there is no LIBSOCK_ADDRESS, and DHCP names a gateway");
    }
    if (gateway && !take_address(gateway, &netif->gateway)) {
        refuse_setting("LIBSOCK_GATEWAY", "not an address");
    }
    if (dns && !sk_addr_parse(dns, &board_config.dns[0])) {
        refuse_setting("LIBSOCK_DNS", "not an address, or address:port");
    }
}

static bool read_verbose(void)
{
    const char *verbose = setting("LIBSOCK_VERBOSE");

    if (verbose && strcmp(verbose, "0") != 0 && strcmp(verbose, "1") != 0) {
        refuse_setting("LIBSOCK_VERBOSE", "neither 0 nor 1");
    }
    return verbose && *verbose == '1';
}

static void check_names(void)
{
    static const char *const names[] = { "LIBSOCK_SEED", "LIBSOCK_ADDRESS", "LIBSOCK_GATEWAY",
                                         "LIBSOCK_DNS",  "LIBSOCK_VERBOSE", NULL };
    const char *unknown = setting_unknown(names);

    if (unknown) {
        fprintf(stderr, "libsock: %s: no setting of this board\n", unknown);
        exit(EXIT_USAGE);
    }
}

static void introduce(void)
{
    const uint8_t *mac = mps2_nic.link.mac.b;

    fprintf(stderr, "libsock: %u of %u octets of memory, %02x:%02x:%02x:%02x:%02x:%02x\n",
            (unsigned)sk_iface_size(&board_config), (unsigned)sizeof board_memory, mac[0], mac[1],
            mac[2], mac[3], mac[4], mac[5]);
}

struct sk_iface *libsock_board(void)
{
    struct sk_netif_config netif = { .name = "eth0" };
    bool without_entropy = false;
    const struct port *port = &mps2_port.port;
    struct sk_iface *iface;
    bool verbose;

    check_names();
    verbose = read_verbose();
    read_seed(&without_entropy);
    read_addresses(&netif);
    if (mps2_start() != SK_OK) {
        return refuse("the Ethernet chip does not answer");
    }
    if (!without_entropy) {
        (void)entropy(board_config.seed, sizeof board_config.seed);
    }
    if (verbose) {
        introduce();
    }
    iface = sk_iface_init(&board_config, board_memory, sizeof board_memory, port->now(port));
    if (!iface) {
        introduce();
        return refuse("BOARD_MEMORY is too small for its configuration");
    }
    if (sk_netif_add(iface, &mps2_nic.link, &netif, port->now(port), NULL) != SK_OK) {
        return refuse("the configuration of the netif is not valid");
    }
    if ((without_entropy ? libsock_start_without_entropy : libsock_start)(iface, port) != SK_OK) {
        return refuse(libsock_problem());
    }
    return iface;
}

/* ---- write(1, ...) and write(2, ...) ---- */

static ssize_t console_write(int fd, const void *octets, size_t len)
{
    FILE *file = fd == STDOUT_FILENO ? stdout : fd == STDERR_FILENO ? stderr : NULL;

    if (!file) {
        errno = EBADF;
        return -1;
    }
    return (ssize_t)fwrite(octets, 1, len, file);
}

static const struct libsock_files files = { .write = console_write };

__attribute__((constructor)) static void set_files(void)
{
    libsock_set_files(&files);
}
