#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The demo without a board ends well and leaves clean captures; interrupted, it leaves nothing behind.
. "${srcdir:-.}/tests/e2e/common.sh"

program http_get >/dev/null || exit $?
srcdir=$(cd "$srcdir" && pwd)
ln -s "$(pwd)/examples" "$work/examples"
mkdir "$work/tmp"
TMPDIR=$work/tmp FIRMWARE_BUILD=/nonexistent
export srcdir TMPDIR FIRMWARE_BUILD
cd "$work" || exit 1

nothing_left() {
    [ -z "$(ls -A tmp)" ] || fail "$1: files are left: $(ls tmp)"
    # What was told to end may take a moment on a busy machine.
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        left=$(grep -al "$work/tm[p]" /proc/[0-9]*/cmdline 2>/dev/null)
        [ -n "$left" ] || break
        sleep 0.5
    done
    [ -z "$left" ] || fail "$1: processes are left: $left"
}

timeout 120 sh "$srcdir/examples/demo.sh" >out 2>&1 || fail "status $?: $(cat out)"
[ "$(tail -n 1 out)" = 'demo: ok (host)' ] || fail "$(cat out)"
[ "$(grep -c 'SHA-256 equal' out)" -eq 2 ] || fail "$(cat out)"
nothing_left 'at the end'
for capture in demo/http_get.pcap demo/http_get_async.pcap; do
    [ -s $capture ] || fail "no $capture"
    "$srcdir/tests/support/judge.sh" $capture
    judged=$?
    [ $judged -eq 0 ] || [ $judged -eq 77 ] || fail 'the capture'
done

for delay in 0.2 0.6; do
    sh "$srcdir/examples/demo.sh" >out 2>&1 &
    demo=$!
    sleep $delay
    kill -TERM $demo 2>/dev/null
    wait $demo
    status=$?
    [ $status -eq 143 ] || [ $status -eq 0 ] || fail "interrupted: status $status: $(cat out)"
    sleep 0.5
    nothing_left 'interrupted'
done
exit $judged
