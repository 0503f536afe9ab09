#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What `make install` leaves is enough: every installed header compiles alone, as C and as C++, and programs link and run
# with what pkg-config says, against the shared and against the static library.
: "${srcdir:?}" "${pkgconfigdir:?}" "${libdir:?}"
set -u
command -v pkg-config >/dev/null || exit 77

root=$(mktemp -d) || exit 1
trap 'rm -rf "$root"' EXIT
failed=0

complain() {
    echo "$*"
    failed=1
}

MAKEFLAGS='' $MAKE install DESTDIR="$root" >"$root/log" 2>&1 || {
    cat "$root/log"
    exit 1
}
export PKG_CONFIG_SYSROOT_DIR="$root" PKG_CONFIG_PATH="$root$pkgconfigdir"
flags=$(pkg-config --cflags libsock) || exit 1

for header in $(cd "$root" && find . -name '*.h' | sed -n 's,.*/include/libsock/,,p' | sort); do
    for language in c c++; do
        command -v g++ >/dev/null || [ $language = c ] || continue
        # shellcheck disable=SC2086 # lists of words
        printf '#include "%s"\nextern int not_empty;\n' "$header" |
            $CC -fsyntax-only -Werror $flags -x $language - || complain "$header, installed, is not $language"
    done
done

# A program's own config.h is not ours.
mkdir "$root/own"
: >"$root/own/config.h"
# shellcheck disable=SC2086 # lists of words
printf '#include <config.h>\n#include <libsock.h>\n' | $CC -fsyntax-only -Werror $flags -I"$root/own" -H -x c - 2>&1 |
    grep -q "^\. $root/own/config.h" || complain 'a config.h of ours is in the way'

cat >"$root/program.c" <<'END'
#include <arpa/inet.h>
#include <libsock.h>
#include <string.h>
#include <sys/socket.h>
int main(void)
{
    struct in_addr addr;

    for (int i = 0; i < SK_N_ERRS; i++) {
        if (strchr(sk_err_text(i), '_') != 0 || strncmp(sk_err_name(i), "SK_", 3) != 0) {
            return 1;
        }
    }
    return inet_pton(AF_INET, "127.0.0.1", &addr) != 1 || socket(AF_INET, SOCK_STREAM, 0) < 0;
}
END

# A driver that is not ours: a cable whose two ends are one host.
cat >"$root/driver.c" <<'END'
#include <libsock.h>
#include <link/link.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static struct pkt *cable;
static uint8_t memory[65536];

static struct pkt *rx(struct link *link, struct pkt_pool *pool, instant now)
{
    struct pkt *pkt = cable ? sk_pkt_alloc(pool, 16) : NULL;

    (void)link, (void)now;
    if (pkt) {
        memcpy(sk_pkt_put(pkt, cable->len), sk_pkt_data(cable), cable->len);
        sk_pkt_free(cable);
        cable = NULL;
    }
    return pkt;
}

static enum sk_err tx(struct link *link, struct pkt *pkt, instant now)
{
    (void)link, (void)now;
    if (cable) {
        return SK_AGAIN;
    }
    cable = pkt;
    return SK_OK;
}

static bool entropy(void *out, size_t len)
{
    memset(out, 7, len);
    return true;
}

int main(int argc, char **argv)
{
    static const struct link_ops ops = { .rx = rx, .tx = tx };
    static struct link link = { .ops = &ops, .medium = LINK_ETHERNET, .mac = { { 2, 0, 0, 0, 0, 1 } }, .mtu = 1500 };
    struct sk_netif_config netif = { .name = "e0", .prefix_len = 24 };
    struct sk_config config = { .size = sizeof(config), .n_tcp = 1, .n_udp = 1, .n_packets = 6, .n_neighbours = 2,
                                .rcvbuf = 1024, .sndbuf = 1024, .buffers = { { 1024, 4 } } };
    struct sk_iface *iface;
    uint8_t ifindex;

    (void)argv;
    entropy(config.seed, sizeof(config.seed));
    iface = sk_iface_init(&config, memory, sizeof(memory), 0);
    if (!iface || sk_netif_add(iface, &link, &netif, 0, &ifindex) != SK_OK) {
        return 1;
    }
    for (instant now = 0; now < 10000000; now += 100000) {
        sk_iface_poll(iface, now);
    }
    for (int i = 0; i < N_DROP_REASONS; i++) {
        if (sk_iface_stats(iface)->drops[i] > 0) {
            puts(sk_drop_reason_name((enum drop_reason)i));
        }
    }
    return argc > 1 ? socket(AF_INET, SOCK_STREAM, 0) : 0;
}
END

# links NAME PACKAGE OPTION SOURCE: compiles it with what pkg-config says, runs it, and looks for a call that was led to us
links() {
    # shellcheck disable=SC2046,SC2086 # lists of words
    if ! $CC $flags "$4" -o "$root/program" $(pkg-config $3 --libs "$2"); then
        complain "$1: a program does not link"
        return
    fi
    LD_LIBRARY_PATH="$root$libdir" "$root/program" >"$root/said" || complain "$1: a program does not run"
    $NM "$root/program" | grep -q ' __wrap_socket' || complain "$1: socket is not ours"
}

# A program in the simulator needs libsock alone; one that starts a host of its own, what libsock-slirp brings.
link_both() {
    links "$1 libsock" libsock "$2" "$srcdir/examples/sim_loss.c"
    links "$1 driver" libsock "$2" "$root/driver.c"
    grep -q '^eth_source$' "$root/said" || complain "$1: what our own driver brings back is not dropped as ours"
    [ ! -f "$root$pkgconfigdir/libsock-slirp.pc" ] ||
        links "$1 libsock-slirp" libsock-slirp "$2" "$root/program.c"
}

# Libtool links for one libdir: after a new configuration it links again.
for library in libsock libsock-slirp; do
    [ -f $library.la ] || continue
    MAKEFLAGS='' $MAKE -n -W $library.pc $library.la | grep -q -- " -o $library.la" ||
        complain "$library.la: nothing to be done for a new prefix"
done

if [ -f "$root$libdir/libsock.so" ]; then
    link_both shared ''
    rm -f "$root$libdir"/*.so*
fi
link_both static --static
exit $failed
