#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The example in the simulator: everything arrives over every wire; a seed gives the same numbers again, another gives
# others; a wire that loses nothing makes nobody send twice; and what the README shows is true.
. "${srcdir:-.}/tests/e2e/common.sh"

sim=$(program sim_loss) || exit $?

# try SEED FILE
try() {
    timeout 60 "$sim" "$1" >"$work/$2" || fail "seed $1: status $?: $(cat "$work/$2")"
}

try 7 once
try 7 again
try 8 other
cat "$work/once"
cmp "$work/once" "$work/again" || fail 'the same seed gives other numbers'
! cmp -s "$work/once" "$work/other" || fail 'another seed gives the same numbers'
grep -Eq '^ *0\.0 % .* 0 +0$' "$work/once" || fail 'something is sent twice on a clean wire'
awk 'NR == 2 { clean = $3 } END { exit !(NR == 5 && $4 > 0 && $3 > clean) }' "$work/once" ||
    fail 'a bad wire is as good as a clean one'
timeout 60 "$sim" >"$work/shown" || fail "status $?"
while IFS= read -r line; do
    grep -qxF "$line" "$srcdir/README" || fail "not in the README: $line"
done <"$work/shown"

# Three ARP requests are lost: the program says what happened to it.
timeout 60 "$sim" 173 >"$work/out" 2>"$work/err" && fail 'a client that cannot connect is no failure'
for line in 'connecting: No route to host' '100000 ppm lost, seed 173: not everything arrived'; do
    grep -qx "sim_loss: $line" "$work/err" || fail "not told: $line: $(cat "$work/err")"
done
