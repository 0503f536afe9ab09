#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# How the board starts: without entropy it refuses, unless it is told to do without; a setting that cannot be understood
# is said and not ignored; a static address works as DHCP does; errors end in a status and a line on stderr. The image
# depends on nothing but its sources.
. "${srcdir:-.}/tests/firmware/common.sh"

image examples/http_get
log=${FIRMWARE_BUILD:-../mps2-an385}/config.log
[ ! -f "$log" ] || ! grep 'configure:.* WARNING' "$log" || fail 'the board is not configured without a warning'
arm-none-eabi-objcopy -O binary "$image" "$work/rom"
! grep -q "$(cd "$srcdir" && pwd)" "$work/rom" || fail 'the image has a path of where it was built'
start_servers
echo 'a page' >"$work/www/page"
url=http://10.0.2.2:$http/page

# refused TEXT SETTING ...: the board does not start, and says why in one line
refused() {
    text=$1
    shift
    run "$@" "$url"
    [ $status -eq 2 ] || fail "$*: status $status"
    [ "$(wc -l <"$work/err")" -eq 1 ] || { cat "$work/err"; fail "$*: not one line"; }
    grep -q "^libsock: .*$text" "$work/err" || { cat "$work/err"; fail "$*: does not say '$text'"; }
}

# fetched SETTING ...: the board fetches the page
fetched() {
    run "$@" "$url"
    [ $status -eq 0 ] || { cat "$work/err"; fail "$*: exit status $status"; }
    cmp "$work/out" "$work/www/page" || fail "$*: not the page"
}

refused 'no entropy' LIBSOCK_SEED=
refused 'LIBSOCK_SEED=0x12: ' LIBSOCK_SEED=0x12
refused 'LIBSOCK_SEED' LIBSOCK_SEED=0123456789abcdef0123456789abcdef0
refused 'LIBSOCK_SEED' LIBSOCK_SEED=0123456789abcdef0123456789abcdeg
refused 'LIBSOCK_ADDRESS' LIBSOCK_ADDRESS=10.0.2.15
refused 'LIBSOCK_ADDRESS' LIBSOCK_ADDRESS=10.0.2.15/33
refused 'LIBSOCK_ADDRESS' LIBSOCK_ADDRESS=10.0.2.256/24
refused 'LIBSOCK_ADDRESS=10.0.2.15/24x: ' LIBSOCK_ADDRESS=10.0.2.15/24x
refused 'LIBSOCK_ADDRESS' LIBSOCK_ADDRESS=10.0.2.15:7/24
refused 'LIBSOCK_GATEWAY=10.0.2.2: ' LIBSOCK_GATEWAY=10.0.2.2
refused 'LIBSOCK_VERBOSE=yes: ' LIBSOCK_VERBOSE=yes
refused 'LIBSOCK_ADRESS=10.0.2.15/24: ' LIBSOCK_ADRESS=10.0.2.15/24
refused 'LIBSOCK_SEED: ' LIBSOCK_SEED
refused 'LIBSOCK_GATEWAY' LIBSOCK_ADDRESS=10.0.2.15/24 LIBSOCK_GATEWAY=gate
refused 'LIBSOCK_DNS=10.0.2.2:66000: ' LIBSOCK_DNS=10.0.2.2:66000

run --help
[ $status -eq 0 ] && grep -q '^usage: http_get ' "$work/out" || { cat "$work/err"; fail "--help: status $status"; }

fetched LIBSOCK_SEED=none
fetched LIBSOCK_SEED=0123456789abcdef0123456789ABCDEF
fetched LIBSOCK_SEED=7 LIBSOCK_VERBOSE=0
fetched LIBSOCK_ADDRESS=10.0.2.15/24 LIBSOCK_GATEWAY=10.0.2.2

url=http://10.0.2.2:9/
run "$url"
[ $status -ne 0 ] && [ $status -ne 124 ] || fail "a closed port: status $status"
[ -s "$work/err" ] || fail 'a closed port: nothing on stderr'
url=http://other.test:$http/
run "LIBSOCK_DNS=10.0.2.2:$dns" "$url"
[ $status -ne 0 ] && [ $status -ne 124 ] || fail "an unknown name: status $status"
[ -s "$work/err" ] || fail 'an unknown name: nothing on stderr'
