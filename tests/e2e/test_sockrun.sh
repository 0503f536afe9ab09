#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Programs that nobody compiled for libsock work on its network: clients of several kinds, and a server behind a port.
. "${srcdir:-.}/tests/e2e/common.sh"

[ -x ./sockrun ] || skip 'no sockrun'
start_files
start_dns files.test=10.0.2.2
random_file "$work/www/data" 16
echo content >"$work/www/page"
url=http://10.0.2.2:$http

has() {
    command -v "$1" >/dev/null || {
        echo "without $1"
        return 1
    }
}

# run ARGUMENT ...: sockrun, its output in $work/got
run() {
    timeout 100 ./sockrun "$@" >"$work/got" 2>"$work/err" || fail "sockrun $*: status $?: $(cat "$work/err")"
}

# What calls the kernel by itself got no socket of the internet in $work/got, also with the calls of i386 where those are.
check_no_escape() {
    {
        echo 'AF_INET EACCES, AF_INET6 EACCES, AF_PACKET EACCES, AF_UNIX made, io_uring ENOSYS'
        ! grep -q '^i386: socket [^n]' "$work/got" || echo 'i386: socket EACCES, socketcall EACCES, io_uring ENOSYS'
    } >"$work/wanted"
    sed '/^i386: socket n/d' "$work/got" >"$work/tried"
    same "$work/tried" "$work/wanted"
}

# fetched WHAT: $work/got is the page
fetched() {
    grep -qx content "$work/got" || fail "$1: $(cat "$work/got" "$work/err")"
}

if has curl; then
    run curl -sS "$url/data"
    same "$work/got" "$work/www/data"
    run curl -sS -Z -o "$work/a" "$url/data" -o "$work/b" "$url/data" -o "$work/c" "$url/page" -o "$work/d" "$url/data"
    for copy in a b d; do
        same "$work/$copy" "$work/www/data"
    done
    run sh -c "curl -sS $url/page | cat"
    fetched 'a pipeline'
    run --dns "10.0.2.2:$dns" curl -sS "http://files.test:$http/page"
    fetched 'a name'
    run --mtu 16384 --outbound=loopback --seed 7 --pcap "$work/capture" curl -sS "$url/page"
    fetched 'every option'
    [ -s "$work/capture" ] || fail 'there is no capture'
    run --stats sh -c "curl -sS $url/page; curl -sS $url/data >$work/a"
    fetched --stats
    [ "$(grep -c '^libsock: curl\[[0-9]*\]: connections: 1 out, 0 in, 0 failed; ' "$work/err")" -eq 2 ] ||
        fail "--stats: $(cat "$work/err")"
    timeout 100 ./sockrun --stats curl -sS "http://192.0.2.1/" >/dev/null 2>"$work/err"
    grep -q '^libsock: curl\[[0-9]*\]: dropped: [1-9][0-9]* tx_policy$' "$work/err" || fail "--stats: $(cat "$work/err")"
    timeout 100 ./sockrun curl -sS "http://192.0.2.1/" >/dev/null 2>&1 && fail 'another host is reached'
fi
if has wget; then
    run wget -q -O - "$url/data"
    same "$work/got" "$work/www/data"
fi
run "$python" -c 'import sys, urllib.request; sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1]).read())' \
    "$url/data"
same "$work/got" "$work/www/data"
run "$python" -c 'import socket
s = socket.socket(type=socket.SOCK_DGRAM)
s.setblocking(False)
s.connect(("10.0.2.2", 9))
print(s.getsockname()[0])'
[ "$(cat "$work/got")" = 10.0.2.15 ] || fail "datagrams of who may not wait: $(cat "$work/got")"
printf 'GET /page HTTP/1.0\r\n\r\n' >"$work/request"
if has nc; then
    run nc 10.0.2.2 "$http" <"$work/request"
    fetched nc
fi
if has socat; then
    run socat -t 60 - "TCP:10.0.2.2:$http" <"$work/request"
    fetched socat
fi

# A server: the same HTTP server, on the private network's port 80.
timeout 200 ./sockrun -p 0:80 "$python" -u -m http.server --directory "$work/www" 80 >"$work/ready" 2>"$work/server.err" &
pids="$pids $!"
wait_for "$work/ready" 'the server'
port=$(sed -n 's/^libsock: tcp 127.0.0.1:\([0-9]*\) leads to port 80$/\1/p' "$work/server.err")
[ -n "$port" ] || fail "no port is forwarded: $(cat "$work/server.err")"
for _ in 1 2 3; do
    timeout 100 "$python" -c 'import sys, urllib.request; sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1]).read())' \
        "http://127.0.0.1:$port/data" >"$work/got" || fail "from outside: status $?"
    same "$work/got" "$work/www/data"
done

# Of several processes that have a network, the one that waits on the port gets it, and all write one capture.
cat >"$work/both.sh" <<'BOTH'
exec 4<&0 # an asynchronous list has /dev/null for its own
"$1" -c 'import socket, sys
s = socket.create_connection(("10.0.2.2", int(sys.argv[1])))
open(sys.argv[2], "w").close()
sys.stdin.read()' "$2" "$4" <&4 &
read -r _ <"$4"
exec "$1" -u -m http.server --directory "$3" 80
BOTH
mkfifo "$work/held" "$work/connected"
: >"$work/ready"
timeout 200 ./sockrun -p 0:80 --pcap "$work/capture" sh "$work/both.sh" "$python" "$http" "$work/www" "$work/connected" \
    <"$work/held" >"$work/ready" 2>"$work/server.err" &
pids="$pids $!"
exec 3>"$work/held"
wait_for "$work/ready" 'the second process'
port=$(sed -n 's/^libsock: tcp 127.0.0.1:\([0-9]*\) leads to port 80$/\1/p' "$work/server.err")
[ -n "$port" ] || fail "no port is forwarded: $(cat "$work/server.err")"
timeout 100 "$python" -c 'import sys, urllib.request; sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1]).read())' \
    "http://127.0.0.1:$port/page" >"$work/got" || fail "the second process: status $?"
fetched 'the second process'
exec 3>&-
if has tshark; then
    tshark -r "$work/capture" -T fields -e tcp.dstport -Y 'tcp.flags.syn == 1 && tcp.flags.ack == 0' >"$work/syns" 2>/dev/null
    [ "$(sort -u "$work/syns" | tr '\n' ' ')" = "$(printf '%s\n' "$http" 80 | sort -u | tr '\n' ' ')" ] ||
        fail "the capture has connections to: $(cat "$work/syns")"
fi

# What a program can see of it.
if [ -x tests/e2e/preload_probe ]; then
    tests/e2e/preload_probe counts >"$work/without" </dev/null
    timeout 60 ./sockrun tests/e2e/preload_probe counts >"$work/with" </dev/null
    [ "$(cat "$work/without")" = "$(cat "$work/with")" ] || fail "before a socket: $(cat "$work/without" "$work/with")"
    run tests/e2e/preload_probe address "$http"
    cat >"$work/wanted" <<'WANTED'
address 10.0.2.15, domain AF_INET, number lowest, to the kernel AF_UNIX
some of libslirp's
WANTED
    same "$work/got" "$work/wanted"
    run tests/e2e/preload_probe syscall
    echo 'sent 1, received 1: by number' >"$work/wanted"
    same "$work/got" "$work/wanted"
    run tests/e2e/preload_probe escape
    check_no_escape
fi

# Threads, signals and children at once.
if [ -x tests/e2e/preload_threads ]; then
    random_file "$work/www/mebibyte" 1
    run tests/e2e/preload_threads "$http" /mebibyte
    octets=$(sed -n 's/^32 fetches, \([0-9]*\) octets, signals$/\1/p' "$work/got")
    [ "${octets:-0}" -gt 33554432 ] && [ "$octets" -lt 33586432 ] || fail "$(cat "$work/got" "$work/err")"
fi

# A handler that sends.
if [ -x tests/e2e/preload_signals ]; then
    run tests/e2e/preload_signals
    grep -qx 'all of it' "$work/got" || fail "$(cat "$work/got" "$work/err")"
fi

# Groups, within a process: libslirp carries none.
for loopback in host stack; do
    run --loopback="$loopback" "$python" "$srcdir/tests/e2e/preload_groups.py"
    grep -qx 'all of it' "$work/got" || fail "groups: $(cat "$work/got" "$work/err")"
done

# Children of fork.
run "$python" "$srcdir/tests/e2e/preload_forks.py" "$http"
grep -qx 'all of it' "$work/got" || fail "children: $(cat "$work/got" "$work/err")"

# What the C library would ask the real network for by itself, and what no library reaches, gets no socket.
if ${CC:-cc} "$srcdir/tests/e2e/preload_probe.c" -static -o "$work/static" 2>/dev/null; then
    run sh -c "$work/static escape; true"
    check_no_escape
fi
