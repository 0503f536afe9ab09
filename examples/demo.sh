#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Fetches a page three ways from a real HTTP server: with http_get over libslirp, with http_get_async, and with the
# same http_get.c as a picolibc image on an emulated board. Run by `make demo` in the build directory.
#
# Everything happens on 127.0.0.1, which the guests know as 10.0.2.2. The last line is "demo: ok", or "demo: ok (host)"
# when the tools for the board are missing; anything else failed. Captures stay in demo/.
set -eu
srcdir=${srcdir:-$(dirname "$0")/..}
python=${PYTHON:-python3}
image=${FIRMWARE_BUILD:-../mps2-an385}/examples/http_get
name=www.demo.test
size=1048576
unset LIBSOCK_MTU LIBSOCK_FORWARD LIBSOCK_OUTBOUND LIBSOCK_SEED LIBSOCK_PCAP LIBSOCK_DNS

[ -x examples/http_get ] || { echo 'demo: there is no examples/http_get: libslirp is missing' >&2; exit 1; }
work=
pids=
clean_up() {
    for pid in $pids; do
        kill "$pid" 2>/dev/null || :
    done
    [ -z "$work" ] || rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
work=$(mktemp -d)

fail() {
    echo "demo: failed: $*"
    exit 1
}

# Runs a command so that a signal to this script ends it, too.
run() {
    "$@" &
    child=$!
    pids="$pids $child"
    wait "$child"
}

# wait_for FILE: until a server wrote something into it
wait_for() {
    tries=0
    until [ -s "$1" ]; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || fail "$2 does not start"
        sleep 0.1
    done
}

sum_of() {
    sha256sum <"$1" | cut -d ' ' -f 1
}

make_page() {
    mkdir "$work/www"
    {
        echo '<!doctype html><title>libsock</title><pre>'
        while :; do
            echo 'This page came over a TCP/IP stack that is a C library.'
        done
    } | head -c $size >"$work/www/page.html"
    sum=$(sum_of "$work/www/page.html")
}

start_servers() {
    "$python" -u -m http.server --bind 127.0.0.1 --directory "$work/www" 0 >"$work/http.out" 2>"$work/http.err" &
    pids="$pids $!"
    "$python" "$srcdir/tests/support/dnsd.py" --port 0 --port-file "$work/dns.port" "$name=10.0.2.2" \
        >"$work/dns.out" 2>&1 &
    pids="$pids $!"
    wait_for "$work/http.out" 'the HTTP server'
    wait_for "$work/dns.port" 'the DNS responder'
    http=$(sed -n 's/.* port \([0-9][0-9]*\) .*/\1/p' "$work/http.out")
    dns=$(cat "$work/dns.port")
    url=http://$name:$http/page.html
}

# fetch WHAT COMMAND ...: runs it and holds what it wrote against the page
fetch() {
    what=$1
    shift
    from=$(date +%s%N)
    run "$@" >"$work/got" || fail "$what ended with status $?"
    us=$((($(date +%s%N) - from) / 1000 + 1))
    [ "$(sum_of "$work/got")" = "$sum" ] || fail "$what: the SHA-256 differs"
    printf '%s\n  %s octets in %d.%03d s, start and end of the program included: %d KiB/s\n  SHA-256 equal: %s\n' \
        "$what" "$(wc -c <"$work/got")" $((us / 1000000)) $((us / 1000 % 1000)) \
        $((size * 1000 / 1024 * 1000 / us)) "$sum"
}

has_board() {
    command -v qemu-system-arm >/dev/null && [ -f "$image" ]
}

make_page
start_servers
mkdir -p demo
rm -f demo/*.pcap
echo "$url, from python3's http.server on 127.0.0.1"

LIBSOCK_DNS=10.0.2.2:$dns
export LIBSOCK_DNS
LIBSOCK_PCAP=demo/http_get.pcap
export LIBSOCK_PCAP
fetch 'http_get (POSIX calls, over libslirp)' timeout 60 ./examples/http_get "$url"
LIBSOCK_PCAP=demo/http_get_async.pcap
fetch 'http_get_async (native API, over libslirp)' timeout 60 ./examples/http_get_async "$url"
unset LIBSOCK_PCAP LIBSOCK_DNS

verdict='demo: ok'
if has_board; then
    fetch 'http_get on a Cortex-M3 (QEMU mps2-an385, no operating system)' \
        "$srcdir/firmware/run.sh" -t 120 -c demo/board.pcap "$image" "LIBSOCK_DNS=10.0.2.2:$dns" "$url"
else
    echo "no board: qemu-system-arm or $image is missing (./bootstrap firmware builds it)"
    verdict='demo: ok (host)'
fi

echo "captures: wireshark $(pwd)/demo/http_get.pcap, or: tshark -r ..."
for capture in demo/*.pcap; do
    echo "  $capture"
done
echo "$verdict"
