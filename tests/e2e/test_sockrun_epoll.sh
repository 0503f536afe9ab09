#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# epoll under sockrun: sockets that are ours, then the host's, and the kernel's descriptors in one instance; and one over a fork.
. "${srcdir:-.}/tests/e2e/common.sh"

[ -x ./sockrun ] || skip 'no sockrun'
timeout 120 ./sockrun "$python" "$srcdir/tests/e2e/preload_epoll.py" >"$work/out" 2>&1 || fail "status $?: $(cat "$work/out")"
grep -qx 'all of it' "$work/out" || fail "$(cat "$work/out")"

timeout 120 ./sockrun "$python" "$srcdir/tests/e2e/preload_epoll_fork.py" >"$work/out" 2>&1 || fail "status $?: $(cat "$work/out")"
grep -qx 'all of it' "$work/out" || fail "$(cat "$work/out")"

# A daemon, whose parent made its instance and is gone.
timeout 60 ./sockrun -p 0:80 "$python" "$srcdir/tests/e2e/preload_epoll_daemon.py" "$work/pid" >"$work/out" 2>&1 ||
    fail "status $?: $(cat "$work/out")"
port=$(sed -n 's/^libsock: .*:\([0-9]*\) leads to port 80$/\1/p' "$work/out")
wait_for "$work/pid" 'the daemon'
pids="$pids $(cat "$work/pid")"
timeout 60 "$python" -c '
import socket
import sys

for text in b"one", b"two", b"end":
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 30) as s:
        s.sendall(text)
        assert s.recv(100) == text' "$port" || fail "the daemon: $(cat "$work/out")"
