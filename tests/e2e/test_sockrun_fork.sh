#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Sockets under sockrun that several processes have, and a daemon whose parent is gone.
. "${srcdir:-.}/tests/e2e/common.sh"

[ -x ./sockrun ] || skip 'no sockrun'
timeout 120 ./sockrun "$python" "$srcdir/tests/e2e/preload_relays.py" >"$work/out" 2>&1 || fail "status $?: $(cat "$work/out")"
grep -qx 'all of it' "$work/out" || fail "$(cat "$work/out")"

timeout 120 ./sockrun "$python" "$srcdir/tests/e2e/preload_relay_edges.py" "$work/no_program" >"$work/out" 2>&1 ||
    fail "edges: status $?: $(cat "$work/out")"
grep -qx 'all of it' "$work/out" || fail "edges: $(cat "$work/out")"

start_files
echo content >"$work/www/page"
timeout 120 ./sockrun "$python" "$srcdir/tests/e2e/preload_handed.py" "$http" >"$work/out" 2>&1 ||
    fail "handed on: status $?: $(cat "$work/out")"
grep -qx 'all of it' "$work/out" && grep -qx content "$work/out" || fail "handed on: $(cat "$work/out")"

# A server and a client in two processes, over the loopback that they share.
for loopback in host stack; do
    # shellcheck disable=SC2016 # of the inner shell
    timeout 100 ./sockrun "--loopback=$loopback" sh -c '
        "$1" -uc "
import socket
s = socket.create_server((\"\", 0))
print(s.getsockname()[1])
while True:
    c = s.accept()[0]
    c.sendall(c.recv(100))
    c.close()" >"$2" &
        while ! read -r port <"$2"; do
            kill -0 $! || exit 1
        done
        "$1" -c "
import socket, sys
c = socket.create_connection((\"127.0.0.1\", int(sys.argv[1])))
assert c.getpeername() == (\"127.0.0.1\", int(sys.argv[1])) and c.getsockname()[0] == \"127.0.0.1\"
c.sendall(b\"there and back\")
print(c.recv(100).decode())" "$port"
        kill $!' sh "$python" "$work/served.$loopback" >"$work/out" 2>&1
    grep -qx 'there and back' "$work/out" || fail "two processes: $(cat "$work/out")"
done

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
