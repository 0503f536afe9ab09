#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Many connections of a program under sockrun, at once and one after another: none fails, and nothing is left of them.
# AT_ONCE and IN_TURN say how many; check-long has 10,000 and 60,000.
. "${srcdir:-.}/tests/e2e/common.sh"

[ -x ./sockrun ] || skip 'no sockrun'
at_once=${AT_ONCE:-300}
in_turn=${IN_TURN:-1200}
timeout 3000 "$python" "$srcdir/tests/e2e/many.py" serve >"$work/port" 2>"$work/server.err" &
pids="$pids $!"
wait_for "$work/port" 'the server'
timeout 2900 ./sockrun --stats "$python" "$srcdir/tests/e2e/many.py" "$(cat "$work/port")" "$at_once" "$in_turn" \
    >"$work/got" 2>"$work/err" || fail "status $?: $(cat "$work/got" "$work/err")"
cat "$work/got"
grep -q ' 0 in, 0 failed; .* segments sent again: 0; resets sent: 0$' "$work/err" || fail "--stats: $(cat "$work/err")"
