#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# 127.0.0.1 of a program under sockrun is the host's, and with --loopback=stack its own.
. "${srcdir:-.}/tests/e2e/common.sh"

[ -x ./sockrun ] || skip 'no sockrun'
start_files
echo content >"$work/www/page"
"$python" -uc 'import socket
s = socket.socket(type=socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])
while True:
    data, peer = s.recvfrom(65535)
    s.sendto(data, peer)' >"$work/udp" &
pids="$pids $!"
wait_for "$work/udp" 'the UDP server'

timeout 120 ./sockrun "$python" "$srcdir/tests/e2e/preload_loopback.py" "$http" "$(cat "$work/udp")" >"$work/out" 2>&1 ||
    fail "status $?: $(cat "$work/out")"
grep -qx 'all of it' "$work/out" || fail "$(cat "$work/out")"

fetch="import sys, urllib.request; print(urllib.request.urlopen('http://127.0.0.1:$http/page').read().decode(), end='')"
timeout 60 ./sockrun --loopback host "$python" -c "$fetch" >"$work/out" 2>&1 || fail "host: $(cat "$work/out")"
grep -qx content "$work/out" || fail "host: $(cat "$work/out")"
timeout 60 ./sockrun --loopback stack "$python" -c "$fetch" >"$work/out" 2>&1 && fail 'stack: the host is reached'
grep -q 'refused' "$work/out" || fail "stack: $(cat "$work/out")"
timeout 60 ./sockrun --loopback other true >"$work/out" 2>&1
[ $? -eq 2 ] || fail "other: $(cat "$work/out")"
