# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# What the end-to-end tests share; they source it. They are run by `make check` in the build directory. Servers are on
# 127.0.0.1, which a program over libslirp knows as 10.0.2.2; nothing else is reached, and nothing is timed.

srcdir=${srcdir:-.}
python=${PYTHON:-python3}
unset LIBSOCK_MTU LIBSOCK_FORWARD LIBSOCK_OUTBOUND LIBSOCK_SEED LIBSOCK_PCAP LIBSOCK_DNS LIBSOCK_LOOPBACK LIBSOCK_STATS \
    LIBSOCK_CONGESTION LIBSOCK_DELAY LIBSOCK_HOSTS LIBSOCK_LOSS LIBSOCK_RATE

skip() {
    echo "skipped: $*"
    exit 77
}
fail() {
    echo "failed: $*"
    exit 1
}

command -v "$python" >/dev/null || skip 'no Python'

# Where the kernel allows it the test has a loopback of its own, and nothing else.
if [ -z "${ALONE-}" ] && unshare -rn ip link set lo up 2>/dev/null; then
    ALONE=1 exec unshare -rn sh -c 'ip link set lo up && exec sh "$@"' sh "$0" "$@"
fi

work=$(mktemp -d) || exit 1
pids=
finish() {
    for pid in $pids; do
        kill "$pid" 2>/dev/null
    done
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

# program NAME: the path of an example; skips the test where it was not built
program() {
    [ -x "examples/$1" ] || skip "no examples/$1"
    echo "./examples/$1"
}

# wait_for FILE WHAT: until something was written into FILE
wait_for() {
    for _ in $(seq 200); do
        [ -s "$1" ] && return
        sleep 0.1
    done
    fail "$2 does not start"
}

# start_files: serves $work/www over HTTP; sets http, the port
start_files() {
    mkdir -p "$work/www"
    "$python" -u -m http.server --bind 127.0.0.1 --directory "$work/www" 0 >"$work/http.out" 2>"$work/http.err" &
    pids="$pids $!"
    wait_for "$work/http.out" 'the HTTP server'
    http=$(sed -n 's/.* port \([0-9][0-9]*\) .*/\1/p' "$work/http.out")
}

# start_dns RULE ...: sets dns, the port
start_dns() {
    "$python" "$srcdir/tests/support/dnsd.py" --port 0 --port-file "$work/dns.port" "$@" >"$work/dns.out" 2>&1 &
    pids="$pids $!"
    wait_for "$work/dns.port" 'the DNS responder'
    dns=$(cat "$work/dns.port")
}

# random_file FILE MEBIBYTES
random_file() {
    head -c "$(($2 * 1048576))" /dev/urandom >"$1"
}

same() {
    [ "$(sha256sum <"$1")" = "$(sha256sum <"$2")" ] || fail "$1 and $2 differ: $(diff -a "$1" "$2" | head -c 500)"
}

# start_forwarded PROGRAM PROTOCOL ARGUMENT ...: an example behind a free port of 127.0.0.1; sets forwarded, the port, and
# server, its process
start_forwarded() {
    server_program=$(program "$1") || exit $?
    protocol=$2
    shift 2
    : >"$work/ready"
    LIBSOCK_FORWARD="$protocol:127.0.0.1:0:7" timeout 280 "$server_program" "$@" >"$work/ready" 2>"$work/server.err" &
    server=$!
    pids="$pids $server"
    wait_for "$work/ready" "$server_program"
    forwarded=$(sed -n 's/^libsock: .*:\([0-9]*\) leads to port 7$/\1/p' "$work/server.err")
    [ -n "$forwarded" ] || fail "no port is forwarded: $(cat "$work/server.err")"
}
