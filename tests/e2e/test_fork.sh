#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A child of fork that outlives its parent does not hold the forwarded port.
. "${srcdir:-.}/tests/e2e/common.sh"

[ -x tests/e2e/forks ] || skip 'no tests/e2e/forks'
mkfifo "$work/stdin"
: >"$work/ready"
LIBSOCK_FORWARD=tcp:127.0.0.1:0:7 timeout 120 tests/e2e/forks <"$work/stdin" >"$work/ready" 2>"$work/err" &
parent=$!
exec 3>"$work/stdin"
wait_for "$work/ready" tests/e2e/forks
port=$(sed -n 's/^libsock: .*:\([0-9]*\) leads to port 7$/\1/p' "$work/err")

cat >"$work/client.py" <<'CLIENT'
import socket
import sys

to = ("127.0.0.1", int(sys.argv[1]))
try:
    sys.exit(0 if socket.create_connection(to, 30).recv(1) == b"" else "no end")
except ConnectionRefusedError:
    sys.exit(3)
CLIENT
timeout 60 "$python" "$work/client.py" "$port" || fail 'no connection'
wait "$parent" || fail "the parent: status $?: $(cat "$work/err")"
timeout 60 "$python" "$work/client.py" "$port"
[ $? = 3 ] || fail 'the child holds the port'
grep -q child "$work/ready" || fail 'there is no child'
exec 3>&-
