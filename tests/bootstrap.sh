#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# ./bootstrap makes what its --help names, and nothing else is a target because a folder has its name. It runs as a copy
# in which all is installed and configured, with a make that only tells.
set -u
srcdir=${srcdir:-.}
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

fail() {
    echo "failed: $*"
    exit 1
}

cp "$srcdir/bootstrap" "$work/"
mkdir "$work/bin" "$work/build-aux" "$work/bench" "$work/firmware" "$work/tests"
touch "$work/configure" "$work/Makefile.in" "$work/build-aux/ltmain.sh"
for dir in host sanitize coverage mps2-an385; do
    mkdir -p "$work/build/$dir"
    touch "$work/build/$dir/Makefile"
done
printf '#!/bin/sh\necho install ok installed\n' >"$work/bin/dpkg-query"
chmod +x "$work/bin/dpkg-query"

# makes 'TARGET in DIR' [GOAL]
makes() {
    wanted=$1
    shift
    PATH=$work/bin:$PATH MAKE=echo "$work/bootstrap" "$@" >"$work/out" 2>&1 || fail "bootstrap $*: status $?"
    grep -qx "bootstrap: make $wanted" "$work/out" || fail "bootstrap $*: $(cat "$work/out")"
}

makes 'all in build/host'
makes 'all in build/host' all
makes 'demo in build/host' demo
makes 'all in build/mps2-an385' demo
makes 'check in build/host' check
makes 'check in build/sanitize' check
makes 'check-long in build/host' long
makes 'all in build/mps2-an385' firmware
makes 'coverage in build/coverage' coverage
makes 'bench in build/host' bench
makes 'size in build/host' size

# refuses GOAL
refuses() {
    "$work/bootstrap" "$1" >"$work/out" 2>&1
    [ $? -eq 2 ] || fail "bootstrap $1: no failure"
    grep -q "^bootstrap: .*; see --help" "$work/out" || fail "bootstrap $1: $(cat "$work/out")"
}

refuses tests
refuses tests/
refuses firmware/
refuses --never
refuses ''
