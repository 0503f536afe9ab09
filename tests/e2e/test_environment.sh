#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The LIBSOCK_* variables: one that is none, and a value that cannot be understood or done, is one clear line and a
# failure, never ignored; what they say is done.
. "${srcdir:-.}/tests/e2e/common.sh"

get=$(program http_get) || exit $?
start_files
echo content >"$work/www/page"
url=http://10.0.2.2:$http/page

# refused NAME=VALUE [PART [SAID]]: libsock says one line, which names the variable and its value, or the part of it that
# is wrong, after SAID others; and the program its own, that there is no network
refused() {
    env "$1" timeout 60 "$get" "$url" >"$work/out" 2>"$work/err" && fail "$1 is accepted"
    [ "$(wc -l <"$work/err")" -eq $((${3-0} + 2)) ] || fail "$1: not one line and one: $(cat "$work/err")"
    case $(tail -n 2 "$work/err" | head -n 1) in
    "libsock: ${1%%=*}=${2-${1#*=}}: "*) ;;
    *) fail "$1 is not named: $(cat "$work/err")" ;;
    esac
}

accepted() {
    env "$1" timeout 60 "$get" "$url" >"$work/out" 2>"$work/err" || fail "$1: $(cat "$work/err")"
    [ "$(cat "$work/out")" = content ] || fail "$1: $(cat "$work/out")"
}

for value in '' 0 575 65522 1500x -1 99999999999999999999; do
    refused "LIBSOCK_MTU=$value"
done
for value in '' dns.test 10.0.2.2:99999 10.0.2.2:0 1.2.3 224.0.0.1 255.255.255.255; do
    refused "LIBSOCK_DNS=$value"
done
for value in '' other host; do
    refused "LIBSOCK_LOOPBACK=$value"
done
refused LIBSOCK_STATS=0
refused LIBSOCK_STATS=xml
refused LIBSOCK_STATS=1
refused LIBSOCK_STATS=json
accepted LIBSOCK_LOOPBACK=stack
for value in '' none Any; do
    refused "LIBSOCK_OUTBOUND=$value"
done
for value in '' vegas Reno; do
    refused "LIBSOCK_CONGESTION=$value"
done
for value in '' 20 20m -1ms 61s; do
    refused "LIBSOCK_DELAY=$value"
done
for value in '' files.test files.test= =10.0.2.2 files.test=::1 files.test=10.0.2.2,; do
    refused "LIBSOCK_HOSTS=$value"
done
for value in '' one% 101% -1 0.00001%; do
    refused "LIBSOCK_LOSS=$value"
done
for value in '' 0 999 10mbps 101gbit; do
    refused "LIBSOCK_RATE=$value"
done
for value in '' xyz 123456789012345678901234567890123; do
    refused "LIBSOCK_SEED=$value"
done
for value in '' tcp tcp:127.0.0.1:80 tcp:127.0.0.1:80:0 tcp:127.0.0.1:80:70000 sctp:127.0.0.1:0:7 tcp:host:1:2 \
    "tcp:127.0.0.1:$http:7" tcp:127.0.0.1:0000000000000000000000000000000000000000000000000000000000:1; do
    refused "LIBSOCK_FORWARD=$value"
done
LIBSOCK_FORWARD="tcp:127.0.0.1:$http:7" timeout 60 "$get" "$url" >"$work/out" 2>"$work/forward" && fail 'a port that is taken'
grep -qxF "libsock: LIBSOCK_FORWARD=tcp:127.0.0.1:$http:7: cannot listen on 127.0.0.1:$http: Address already in use" \
    "$work/forward" || fail "a port that is taken: $(cat "$work/forward")"
refused LIBSOCK_FORWARD=tcp:127.0.0.1:0:7, tcp:127.0.0.1:0:7, 1
refused LIBSOCK_FORWARD=,tcp:127.0.0.1:0:7
refused LIBSOCK_FORWARD=tcp:127.0.0.1:0:7,udp udp 1
refused LIBSOCK_MTV=1500
refused LIBSOCK_=
refused LIBSOCK_SEED_=7
refused LIBSOCK_PCAP=
refused LIBSOCK_PCAP=/nonexistent/file

for value in 576 1500 16384 65521; do
    accepted "LIBSOCK_MTU=$value"
done
accepted LIBSOCK_SEED=0123456789abcdefFEDCBA9876543210
accepted LIBSOCK_SEED=7
accepted LIBSOCK_OUTBOUND=loopback
accepted LIBSOCK_CONGESTION=bbr
accepted LIBSOCK_DELAY=1ms
accepted LIBSOCK_HOSTS=files.test=10.0.2.2,other.test=10.0.2.3
accepted LIBSOCK_LOSS=0
accepted LIBSOCK_RATE=1gbit
accepted LIBSOCK_OUTBOUND=any
accepted "LIBSOCK_PCAP=$work/capture.pcap"

LIBSOCK_HOSTS=other.test=10.0.2.3,Files.test=10.0.2.2 timeout 60 "$get" "http://files.TEST:$http/page" >"$work/out" 2>"$work/err" ||
    fail "LIBSOCK_HOSTS: $(cat "$work/err")"
[ "$(cat "$work/out")" = content ] || fail "LIBSOCK_HOSTS: $(cat "$work/out")"

[ "$(od -An -N4 -tx1 "$work/capture.pcap" | tr -d ' ')" = d4c3b2a1 ] || fail 'the capture is no pcap file'
"$srcdir/tests/support/judge.sh" "$work/capture.pcap"
judged=$?
[ $judged -eq 0 ] || [ $judged -eq 77 ] || fail 'the capture'
[ $judged -eq 77 ] || [ "$(tshark -r "$work/capture.pcap" -Y 'http.response.code == 200' 2>/dev/null | wc -l)" -eq 1 ] ||
    fail 'the response is not in the capture'

# Outside of the host's loopback there is nothing, unless the user says so.
timeout 60 "$get" http://1.2.3.4/ >"$work/out" 2>"$work/err"
status=$?
[ $status -eq 4 ] && grep -q ': connecting: No route to host$' "$work/err" ||
    fail "the outside: status $status: $(cat "$work/err")"
exit $judged
