#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The POSIX examples compile unchanged, without libsock's headers, and work over the kernel's sockets.
. "${srcdir:-.}/tests/e2e/common.sh"

for name in http_get tcp_echo udp_echo; do
    ${CC:-cc} -std=gnu11 -O1 -Wall -Wextra -Wpedantic -Werror "$srcdir/examples/$name.c" -o "$work/$name" ||
        fail "$name.c does not compile"
done

start_files
random_file "$work/www/data" 4
timeout 60 "$work/http_get" "http://127.0.0.1:$http/data" >"$work/got" || fail "http_get: status $?"
same "$work/got" "$work/www/data"
timeout 60 "$work/http_get" http://127.0.0.1:1/ 2>"$work/err"
[ $? -eq 4 ] || fail "a refused connection: $(cat "$work/err")"

port=$("$python" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
timeout 60 "$work/tcp_echo" --port "$port" --once >"$work/ready" &
pids="$pids $!"
wait_for "$work/ready" tcp_echo
timeout 60 "$python" "$srcdir/tests/e2e/echo_client.py" tcp "$port" 1048576 || fail tcp_echo
timeout 60 "$work/udp_echo" --port "$port" >"$work/ready-udp" &
pids="$pids $!"
wait_for "$work/ready-udp" udp_echo
timeout 60 "$python" "$srcdir/tests/e2e/echo_client.py" udp "$port" 1472 || fail udp_echo
