#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The wire between a program under sockrun and its network: late, lossy and slow as was asked, and what crosses it whole.
. "${srcdir:-.}/tests/e2e/common.sh"

[ -x ./sockrun ] || skip 'no sockrun'
start_files
random_file "$work/www/mebibyte" 1
head -c 131072 "$work/www/mebibyte" >"$work/www/data" # libslirp takes a second for each loss, or so
url=http://10.0.2.2:$http

fetch='import sys, urllib.request; sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1]).read())'

# run ARGUMENT ...: sockrun, its output in $work/got
run() {
    timeout 200 ./sockrun "$@" >"$work/got" 2>"$work/err" || fail "sockrun $*: status $?: $(cat "$work/err")"
}

# A file comes whole, and some of it twice.
if command -v curl >/dev/null; then
    set -- curl -sS "$url/data"
else
    set -- "$python" -c "$fetch" "$url/data"
fi
run --delay 20ms --loss 5% --seed 7 --stats --pcap "$work/capture" "$@"
same "$work/got" "$work/www/data"
grep -q '^libsock: .*: dropped: [1-9][0-9]* link_lost$' "$work/err" || fail "nothing is lost: $(cat "$work/err")"
[ -s "$work/capture" ] || fail 'there is no capture'

# The round trip is twice the delay, and a bit; the handshake takes one.
cat >"$work/rtt.py" <<'RTT'
import socket, struct, sys, time

began = time.monotonic()
s = socket.create_connection(("10.0.2.2", int(sys.argv[1])))
took = time.monotonic() - began
rtt = struct.unpack_from("=I", s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 68)[0]
assert took >= 0.1, took
assert rtt >= 100000, rtt
s.sendall(b"GET /none HTTP/1.0\r\n\r\n")
assert s.recv(4) == b"HTTP"
RTT
run --delay 50ms "$python" "$work/rtt.py" "$http"
LIBSOCK_DELAY=0.05s run "$python" "$work/rtt.py" "$http"

# A MiB at 8 Mbit/s takes a second at least.
run --rate 8mbit "$python" -c '
import sys, time, urllib.request
began = time.monotonic()
octets = len(urllib.request.urlopen(sys.argv[1]).read())
assert octets == 1048576, octets
assert time.monotonic() - began >= 1, time.monotonic() - began' "$url/mebibyte"

# What is on its way when the program ends arrives.
"$python" -uc 'import socket
s = socket.socket(type=socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])
print(s.recv(100).decode())' >"$work/udp" &
receiver=$!
pids="$pids $receiver"
wait_for "$work/udp" 'the UDP receiver'
run --delay 200ms "$python" -c 'import socket, sys
socket.socket(type=socket.SOCK_DGRAM).sendto(b"last words", ("10.0.2.2", int(sys.argv[1])))' "$(head -n 1 "$work/udp")"
for _ in $(seq 100); do
    grep -q words "$work/udp" && break
    sleep 0.1
done
grep -qx 'last words' "$work/udp" || fail 'the last datagram is lost'

# All are lost: there is no address, and the program can be told so and interrupted.
timeout 3 ./sockrun --loss 100% "$python" -c "$fetch" "$url/data" >"$work/got" 2>"$work/err" && fail 'all is lost, and comes'
[ ! -s "$work/got" ] || fail 'something arrives'
exit 0
