#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What `make install` leaves is enough: every installed header compiles alone, as C and as C++, and programs link and run
# with what pkg-config says, against the shared and against the static library.
: "${pkgconfigdir:?}" "${libdir:?}"
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

cat >"$root/program.c" <<'END'
#include <arpa/inet.h>
#include <libsock.h>
#include <link/pair.h>
#include <port/sim.h>
#include <sys/socket.h>
int main(int argc, char **argv)
{
    struct in_addr addr;
    struct sim sim;
    struct pair_config config = { .medium = LINK_IP };

    (void)argv;
    sk_sim_init(&sim, 1);
    sk_sim_destroy(&sim);
    if (sk_err_name(SK_OK) == 0 || inet_pton(AF_INET, "127.0.0.1", &addr) != 1 || sk_pair_size(&config) > 4096) {
        return 1;
    }
    return argc > 1 && socket(AF_INET, SOCK_STREAM, 0) < 0; /* starts the host that libsock-slirp brings */
}
END

# links NAME PACKAGE OPTION: compiles the program with what pkg-config says, runs it, and looks for the call that was led to us
links() {
    # shellcheck disable=SC2046,SC2086 # lists of words
    if ! $CC $flags "$root/program.c" -o "$root/program" $(pkg-config $3 --libs "$2"); then
        complain "$1: a program does not link"
        return
    fi
    host=
    [ "$2" != libsock-slirp ] || host=with-a-host
    LD_LIBRARY_PATH="$root$libdir" "$root/program" $host || complain "$1: a program does not run"
    $NM "$root/program" | grep -q ' __wrap_inet_pton' || complain "$1: inet_pton is not ours"
}

packages=libsock
[ ! -f "$root$pkgconfigdir/libsock-slirp.pc" ] || packages="$packages libsock-slirp"
if [ -f "$root$libdir/libsock.so" ]; then
    for package in $packages; do
        links "shared $package" "$package" ""
    done
    rm -f "$root$libdir"/*.so*
fi
for package in $packages; do
    links "static $package" "$package" --static
done
exit $failed
