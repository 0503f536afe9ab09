#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What `make install` leaves is enough: every installed header compiles alone, as C and as C++, and programs link and run
# with what pkg-config says, against the shared and against the static library. So do the manual pages' examples.
: "${srcdir:?}" "${pkgconfigdir:?}" "${libdir:?}" "${mandir:?}"
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
sim_flags=$(pkg-config --cflags libsock-sim) || exit 1

for header in $(cd "$root" && find . -name '*.h' | sed -n 's,.*/include/libsock/,,p' | sort); do
    for language in c c++; do
        command -v g++ >/dev/null || [ $language = c ] || continue
        # shellcheck disable=SC2086 # lists of words
        printf '#include "%s"\nextern int not_empty;\n' "$header" |
            $CC -fsyntax-only -Werror $flags -x $language - || complain "$header, installed, is not $language"
    done
done

for page in man3/libsock.3 man3/libsock-sim.3 man7/libsock.7; do
    [ -s "$root$mandir/$page" ] || complain "$page is not installed"
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

# A test of Check, as docs/simulation.md has it: programs of two sources, and what Check says of a test that fails.
tests_with_check() {
    pkg-config --exists check || return
    for program in ask shout; do
        # shellcheck disable=SC2086 # lists of words
        $CC $sim_flags -Dmain=${program}_main -c "$srcdir/examples/sim/$program.c" -o "$root/$program.o" ||
            complain "$1: $program does not compile"
    done
    # shellcheck disable=SC2046,SC2086 # lists of words
    $CC $sim_flags $(pkg-config --cflags check) "$srcdir/examples/sim/test_ask.c" "$root/ask.o" "$root/shout.o" \
        -o "$root/program" $(pkg-config $2 --libs libsock-sim check) || {
        complain "$1: a test does not link"
        return
    }
    LD_LIBRARY_PATH="$root$libdir" "$root/program" >"$root/said" 2>&1 || {
        cat "$root/said"
        complain "$1: the test fails"
    }
    # A link too short for any answer: the assertion that fails names the seed.
    sed 's/500 \* SK_SIM_MS/1/; s/60 \* SK_SIM_S), SK_SIM_DONE/1), SK_SIM_DONE/' "$srcdir/examples/sim/test_ask.c" \
        >"$root/failing.c"
    # shellcheck disable=SC2046,SC2086 # lists of words
    $CC $sim_flags $(pkg-config --cflags check) "$root/failing.c" "$root/ask.o" "$root/shout.o" \
        -o "$root/program" $(pkg-config $2 --libs libsock-sim check) || complain "$1: a failing test does not link"
    LD_LIBRARY_PATH="$root$libdir" "$root/program" >"$root/said" 2>&1
    grep -q 'SK_SIM_DONE == 0 \[0.000001 s, SEED=7\]' "$root/said" || {
        cat "$root/said"
        complain "$1: a failed assertion does not name the seed"
    }
}

# Archives beside shared libraries, as libsock(7) has it: the program needs none of ours to run.
archives_by_name() {
    [ -f "$root$pkgconfigdir/libsock-slirp.pc" ] || return
    grep -qF "sed 's/-l\\e(sock[a-z-]*\\e)/-l:lib\\e1.a/g'" "$root$mandir/man7/libsock.7" || complain 'libsock(7) has no such line'
    # shellcheck disable=SC2046,SC2086 # lists of words
    $CC $flags "$srcdir/tests/install/program.c" -o "$root/program" \
        $(pkg-config --static --libs libsock-slirp | sed 's/-l\(sock[a-z-]*\)/-l:lib\1.a/g') ||
        complain 'archives by name: a program does not link'
    "$root/program" >"$root/said" || complain 'archives by name: a program does not run'
}

# One program on several hosts: a shared object, for a test that is linked with the shared library and for no other.
replicas() {
    # shellcheck disable=SC2046 # a list of words
    $CC -shared -fPIC "$srcdir/tests/install/replica.c" $(pkg-config --libs libsock-sim) -o "$root/replica.so" || {
        complain 'a shared object does not link'
        return
    }
    # shellcheck disable=SC2046,SC2086 # lists of words
    $CC $sim_flags "$srcdir/tests/install/replicas.c" -o "$root/program" $(pkg-config --libs libsock-sim) ||
        complain 'what starts shared objects does not link'
    LD_LIBRARY_PATH="$root$libdir" "$root/program" "$root/replica.so" >"$root/said" || {
        cat "$root/said"
        complain 'programs of one shared object are not several'
    }
    # shellcheck disable=SC2046,SC2086 # lists of words
    $CC $sim_flags "$srcdir/tests/install/replicas.c" "$root$libdir/libsock-sim.a" "$root$libdir/libsock.a" \
        -o "$root/program" $(pkg-config --libs libsock-sim | sed 's/-lsock-sim//; s/-lsock//')
    LD_LIBRARY_PATH="$root$libdir" "$root/program" "$root/replica.so" |
        grep -q 'replica.so is not linked with the libsock of this test' ||
        complain 'two simulators in one process are not told'
}

# A program in the simulator's core needs libsock alone; one that starts a host of its own, what libsock-slirp brings.
link_both() {
    links "$1 libsock" libsock "$2" "$srcdir/examples/sim_loss.c"
    links "$1 driver" libsock "$2" "$srcdir/tests/install/driver.c"
    grep -q '^eth_source$' "$root/said" || complain "$1: what our own driver brings back is not dropped as ours"
    [ ! -f "$root$pkgconfigdir/libsock-slirp.pc" ] ||
        links "$1 libsock-slirp" libsock-slirp "$2" "$srcdir/tests/install/program.c"
    links "$1 libsock-sim" libsock-sim "$2" "$srcdir/tests/install/simulated.c"
    for page in libsock libsock-sim; do
        sed -n -f "$srcdir/tests/support/example.sed" "$root$mandir/man3/$page.3" >"$root/example.c"
        links "$1 $page(3)" $page "$2" "$root/example.c"
        grep -q '^hello$' "$root/said" || complain "$1: the example of $page(3) does not say hello"
    done
    tests_with_check "$1" "$2"
}

# sockrun looks for its library where it was configured to be.
if [ -x sockrun ]; then
    [ -f "$root$libdir/libsock/libsock-preload.so" ] || complain 'libsock-preload.so is not installed'
    strings -a "$root${libdir%/*}/bin/sockrun" | grep -qxF "$libdir/libsock/libsock-preload.so" ||
        complain 'sockrun, installed, does not know where its library is'
fi

# Libtool links for one libdir: after a new configuration it links again.
for library in libsock libsock-sim libsock-slirp; do
    [ -f $library.la ] || continue
    MAKEFLAGS='' $MAKE -n -W $library.pc $library.la | grep -q -- " -o $library.la" ||
        complain "$library.la: nothing to be done for a new prefix"
done

if [ -f "$root$libdir/libsock.so" ]; then
    link_both shared ''
    replicas
    archives_by_name
    rm -f "$root$libdir"/*.so*
fi
link_both static --static
exit $failed
