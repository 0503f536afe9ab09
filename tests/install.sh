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
    links "$1 driver" libsock "$2" "$srcdir/tests/install/driver.c"
    grep -q '^eth_source$' "$root/said" || complain "$1: what our own driver brings back is not dropped as ours"
    [ ! -f "$root$pkgconfigdir/libsock-slirp.pc" ] ||
        links "$1 libsock-slirp" libsock-slirp "$2" "$srcdir/tests/install/program.c"
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
