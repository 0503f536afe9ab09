#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Both HTTP clients fetch a file by name over libslirp, at the usual MTU and at a large one, and get every octet.
# MIB=256 in the environment makes it a long transfer.
. "${srcdir:-.}/tests/e2e/common.sh"

mib=${MIB:-16}
get=$(program http_get) || exit $?
get_async=$(program http_get_async) || exit $?
start_files
start_dns files.test=10.0.2.2
random_file "$work/www/data" "$mib"
: >"$work/www/empty"
url=http://files.test:$http
LIBSOCK_DNS=10.0.2.2:$dns
export LIBSOCK_DNS

for mtu in 1500 16384 32000 65521; do
    for client in "$get" "$get_async"; do
        echo "$client, MTU $mtu"
        LIBSOCK_MTU=$mtu timeout 250 "$client" "$url/data" >"$work/got" || fail "status $?"
        same "$work/got" "$work/www/data"
    done
done

"$get" "$url/empty" >"$work/got" || fail "an empty file: status $?"
[ ! -s "$work/got" ] || fail 'an empty file is not empty'
"$get" "http://10.0.2.2:$http/empty" || fail "an address instead of a name: status $?"

# On a terminal a long transfer shows how far it is; elsewhere stderr stays empty.
for client in "$get" "$get_async"; do
    "$python" "$srcdir/tests/e2e/on_terminal.py" timeout 250 "$client" "$url/data" >"$work/shown" || fail "status $?"
    grep -q "of $((mib * 1024)) KiB" "$work/shown" || fail "no progress is shown: $(cat "$work/shown")"
    grep -q "$((mib * 1024)) KiB, done" "$work/shown" || fail "the end is not shown: $(tail -n 3 "$work/shown")"
    timeout 250 "$client" "$url/data" 2>"$work/shown" >/dev/null || fail "status $?"
    [ ! -s "$work/shown" ] || fail "stderr is not empty: $(cat "$work/shown")"
done
