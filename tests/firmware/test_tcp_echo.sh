#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The board as a server: two clients of this machine's kernel, one after the other, reach it through a port forward and get
# every octet back.
. "${srcdir:-.}/tests/firmware/common.sh"

image examples/tcp_echo
python=${PYTHON:-python3}
port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

"$srcdir/firmware/run.sh" -t 120 -c "$work/capture.pcap" -n "hostfwd=tcp:127.0.0.1:$port-10.0.2.15:7" \
    "$image" LIBSOCK_ADDRESS=10.0.2.15/24 LIBSOCK_GATEWAY=10.0.2.2 --count 2 >"$work/out" 2>"$work/err" &
board=$!
for _ in $(seq 60); do
    grep -q ready "$work/out" && break
    kill -0 $board 2>/dev/null || break
    sleep 0.5
done
grep -q ready "$work/out" || { cat "$work/err"; fail 'the board does not get ready'; }

timeout 60 "$python" "$srcdir/tests/firmware/echo_client.py" "$port" 200000 || { kill $board; fail 'the first client'; }
timeout 60 "$python" "$srcdir/tests/firmware/echo_client.py" "$port" 1 || { kill $board; fail 'the second client'; }
wait $board
status=$?
cat "$work/err"
[ $status -eq 0 ] || fail "exit status $status"
check_no_overflow "$work/err"
