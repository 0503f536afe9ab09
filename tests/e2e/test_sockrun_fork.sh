#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Sockets under sockrun that several processes have, and a daemon whose parent is gone.
. "${srcdir:-.}/tests/e2e/common.sh"

[ -x ./sockrun ] || skip 'no sockrun'
timeout 120 ./sockrun "$python" "$srcdir/tests/e2e/preload_relays.py" >"$work/out" 2>&1 || fail "status $?: $(cat "$work/out")"
grep -qx 'all of it' "$work/out" || fail "$(cat "$work/out")"

start_files
echo content >"$work/www/page"
timeout 120 ./sockrun "$python" "$srcdir/tests/e2e/preload_handed.py" "$http" >"$work/out" 2>&1 ||
    fail "handed on: status $?: $(cat "$work/out")"
grep -qx 'all of it' "$work/out" && grep -qx content "$work/out" || fail "handed on: $(cat "$work/out")"

timeout 60 ./sockrun -p 0:80 "$python" "$srcdir/tests/e2e/preload_daemon.py" "$work/pid" >"$work/out" 2>&1 ||
    fail "status $?: $(cat "$work/out")"
port=$(sed -n 's/^libsock: .*:\([0-9]*\) leads to port 80$/\1/p' "$work/out")
wait_for "$work/pid" 'the daemon'
pids="$pids $(cat "$work/pid")"
timeout 60 "$python" -c '
import socket
import sys

def said(text):
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 30) as s:
        s.sendall(text)
        return s.recv(100)

assert said(b"one") == b"one" and said(b"two") == b"two" and said(b"end") == b"end"
# Then nobody keeps the port.
try:
    while said(b"x") == b"":
        pass
    sys.exit("still there")
except (ConnectionRefusedError, ConnectionResetError):
    pass
' "$port" || fail 'the daemon'
