#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The board fetches 1 MiB by name, over DHCP, DNS and HTTP, from real servers on this machine, and gets every octet. Its
# image has no heap, and its RAM is what firmware/mps2-an385/board.h says.
. "${srcdir:-.}/tests/firmware/common.sh"

image examples/http_get
start_servers
dd if=/dev/urandom of="$work/www/data" bs=65536 count=16 2>/dev/null

# ---- What is in the image
heap=$(arm-none-eabi-nm "$image" | awk '$3 ~ /^_*(malloc|calloc|realloc|free|sbrk)(_r)?$/ { print $3 }')
[ -z "$heap" ] || fail "the image has a heap: $heap"

top=$(cd "$srcdir" && pwd)

# octets 1: of board_memory; octets 0: of all other variables of libsock, its shim and the board. The folder of the project
# may well be called libsock, too.
octets() {
    sum=0
    for size in $(arm-none-eabi-nm -S -l "$image" | awk -v name="$1" -v top="$top/" '
        $3 ~ /^[bBdD]$/ {
            path = $5
            sub(/.*\/\.\.\//, "", path)
            if (index(path, top) == 1) path = substr(path, length(top) + 1)
            if (path ~ /^(libsock|compat|firmware)\// && ($4 == "board_memory") == name) print $2
        }'); do
        sum=$((sum + 0x$size))
    done
    echo $sum
}

board_memory=$(octets 1)
beside=$(octets 0)
echo "RAM: $board_memory octets for the stack as configured, $beside beside them"
[ "$beside" -gt 0 ] && [ "$beside" -lt 4096 ] || fail 'more than 4 KiB beside the memory of the stack'

# ---- What it does
run LIBSOCK_VERBOSE=1 "LIBSOCK_DNS=10.0.2.2:$dns" "http://files.test:$http/data"
cat "$work/err"
[ $status -eq 0 ] || fail "exit status $status"
cmp "$work/out" "$work/www/data" || fail 'not what the server has'
[ "$(sha256sum <"$work/out")" = "$(sha256sum <"$work/www/data")" ] || fail 'SHA-256 differs'

used=$(sed -n 's/^libsock: \([0-9]*\) of [0-9]* octets of memory.*/\1/p' "$work/err")
[ -n "$used" ] || fail 'the board does not say how much memory it uses'
[ $((board_memory - used)) -lt 2048 ] || fail "BOARD_MEMORY is larger than its configuration needs, $used"

"$srcdir/tests/support/judge.sh" "$work/capture.pcap"
