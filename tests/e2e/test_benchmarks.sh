#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The benchmarks of congestion control: their columns are numbers, the same run prints the same, other seeds print others,
# and what docs/benchmarks.md shows is true. Of the grid only cells that take no time.
. "${srcdir:-.}/tests/e2e/common.sh"

[ -x bench/loss ] && [ -x bench/linux ] && [ -x bench/fairness ] || skip 'no bench/loss, bench/linux and bench/fairness'
unset VERBOSE # of make, and of bench/loss
document=$srcdir/docs/benchmarks.md
most=$((60 * ${CK_TIMEOUT_MULTIPLIER:-1})) # seconds

loss() {
    timeout "$most" bench/loss "$@" || fail "loss $*: status $?"
}

# numbers FILE FIRST: every line has the columns of the heading; from FIRST on each is a number or -
numbers() {
    awk -v first="$2" '
        NR == 1 { n = NF - 1; ok = $1 == "#"; next }
        NF != n { ok = 0 }
        { for (i = first; i <= NF; i++) if ($i !~ /^(-|[0-9]+(\.[0-9]+)?)$/) ok = 0 }
        END { exit !(ok && NR > 1) }' "$1" || fail "not a table: $(cat "$1")"
}

loss 1 basic 20 5 full 100 1 >"$work/once"
loss 1 basic 20 5 full 100 1 >"$work/again"
loss 2 basic 20 5 full 100 1 >"$work/other"
cat "$work/once"
numbers "$work/once" 2
[ "$(grep -c '^[a-z]' "$work/once")" -eq 2 ] || fail 'two cells were asked for'
cmp "$work/once" "$work/again" || fail 'the same seeds give other numbers'
! cmp -s "$work/once" "$work/other" || fail 'another seed gives the same numbers'
awk '/^full/ { exit !($6 > 0 && $13 > 0.5 && $13 < 3 && $14 > $13) }' "$work/once" ||
    fail 'not what theory expects'
# usage PROGRAM ARGUMENT ...: these are wrong, and it says what it takes instead
usage() {
    timeout "$most" "$@" >"$work/wrong" 2>&1
    [ $? -eq 2 ] && grep -q "^usage: ${1##*/} " "$work/wrong" || fail "$*: $(cat "$work/wrong")"
}
for wrong in '1 full 20' '1 full 0 5' '1 full 20 100' '1 full 20ms 5' '1 full 1001 5' 0 1001 2x --help; do
    # shellcheck disable=SC2086 # a list of words
    usage bench/loss $wrong
    # shellcheck disable=SC2086
    usage bench/linux $wrong
done
usage bench/loss 1 none 20 5
usage bench/fairness 101
usage bench/fairness 1 2

timeout "$most" bench/fairness 1 >"$work/fair" || fail "fairness: status $?"
cat "$work/fair"
numbers "$work/fair" 4
awk '/^[a-z]/ { if (!($7 >= 0.5 && $7 <= 1 && $8 + $9 > 9 && $8 + $9 <= 9.67)) exit 1 }' "$work/fair" ||
    fail 'the bottleneck is not shared'

# What `bbr` is for: as much as `full` where nothing is lost (a few segments in 100,000 apart, and the figures have two
# decimals), five times as much at 1 %, and most of the path at 0.1 %.
loss 3 full 20 0 bbr 20 0 full 100 0 bbr 100 0 full 20 0.1 bbr 20 0.1 full 100 1 bbr 100 1 >"$work/bbr"
cat "$work/bbr"
awk '
    $1 == "full" { full = $6 }
    $1 == "bbr" { n++; if ($6 < full * ($4 == 0 ? 0.9998 : $4 == 1 ? 5 : 1) || ($4 < 1 && $6 < 85)) low = 1 }
    $1 == "full" && $4 == 0 && $12 < 0.95 { low = 1 }
    END { exit low || n != 4 }' "$work/bbr" || fail 'bbr or full delivers less than it should'

# What the document shows: no more than `make bench-document` would write again.
loss 15 basic 100 5 rack+reno 100 5 full 100 5 bbr 100 5 basic 100 3 rack+reno 100 3 full 100 3 bbr 100 3 >"$work/shown"
"$srcdir/bench/benchmarks.sh" "$work/shown" "$work/fair" "$document" >"$work/document"
grep -E '^\| 100 ms, [35] %' "$work/document" >"$work/rows"
[ "$(wc -l <"$work/rows")" -eq 4 ] || fail "rows are missing: $(cat "$work/rows")"
while IFS= read -r line; do
    grep -qxF "$line" "$document" || fail "not in docs/benchmarks.md (make bench-document): $line"
done <"$work/rows"

# Programs without privileges: what asks and answers, on the kernel's loopback, and the table.
if [ -x bench/host/ask ]; then
    timeout 100 bench/host/ask serve >"$work/port" &
    pids="$pids $!"
    wait_for "$work/port" bench/host/ask
    for what in rr crr http count; do
        timeout "$most" bench/host/ask $what 127.0.0.1 "$(cat "$work/port")" 50 </dev/null >"$work/asked" || fail "ask $what: $?"
        awk '{ exit !($1 > 0) }' "$work/asked" || fail "ask $what: $(cat "$work/asked")"
    done
    usage bench/host/ask none 127.0.0.1 1 1
fi
printf '# row tool figures\nup libsock 6 4.5 5\nup slirp4netns 2 2 3\nrr libsock 1000\n' >"$work/figures"
"$python" "$srcdir/bench/host/table.py" "$work/figures" "$work/plot.svg" >"$work/table" || fail "table.py: $?"
grep -qF '| 5.00 (4.50 to 6.00) | 2.00 (2.00 to 3.00) |  |  | 2.50 |  |' "$work/table" || fail "$(cat "$work/table")"
grep -qF '| 1,000 (1,000 to 1,000) |  |  |  |  |  |' "$work/table" || fail "$(cat "$work/table")"
