#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# epoll under sockrun: sockets that are ours, then the host's, and the kernel's descriptors in one instance.
. "${srcdir:-.}/tests/e2e/common.sh"

[ -x ./sockrun ] || skip 'no sockrun'
timeout 120 ./sockrun "$python" "$srcdir/tests/e2e/preload_epoll.py" >"$work/out" 2>&1 || fail "status $?: $(cat "$work/out")"
grep -qx 'all of it' "$work/out" || fail "$(cat "$work/out")"
