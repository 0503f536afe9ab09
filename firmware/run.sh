#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Runs an image on QEMU's mps2-an385: what it writes to stdout (the UART) comes out here as stdout, its stderr (the
# debug channel) as stderr, and it ends with the image's exit status.
#
#   firmware/run.sh [-c FILE] [-t SECONDS] [-n OPTIONS] IMAGE [NAME=VALUE ...] [ARGUMENT ...]
#
#   -h          say this
#   -c FILE     capture what the board's Ethernet sends and receives
#   -t SECONDS  stop it after this time, with status 124; 60 unless said otherwise
#   -n OPTIONS  of QEMU's user network, such as hostfwd=tcp:127.0.0.1:8080-:80
#
# 10.0.2.2 is 127.0.0.1 of this machine; what else the image connects to, QEMU reaches from this machine. Its settings
# come before the program's arguments: LIBSOCK_DNS=ADDRESS[:PORT] (10.0.2.2 without it, and so nobody in most cases:
# QEMU's own server would ask this machine's), LIBSOCK_ADDRESS=ADDRESS/LENGTH (DHCP without it),
# LIBSOCK_GATEWAY=ADDRESS. The board has no source of entropy, so it is given some of this machine's, unless
# LIBSOCK_SEED is among the settings.
set -eu

refuse() {
    echo "run.sh: $*; see -h" >&2
    exit 2
}

case ${1-} in
-h | --help)
    sed -n '3,/^set/s/^#\( \|$\)//p' "$0"
    exit 0
    ;;
esac
capture='' seconds=60 options=''
while getopts :c:t:n: option; do
    case $option in
    c) capture=$OPTARG ;;
    t) seconds=$OPTARG ;;
    n) options=,$OPTARG ;;
    :) refuse "-$OPTARG needs an argument" ;;
    *) refuse "$1: no such option" ;;
    esac
done
shift $((OPTIND - 1))
[ $# -ge 1 ] || refuse 'no image'
image=$1
shift
[ -f "$image" ] || refuse "no image $image"
[ "$(od -An -tx1 -N20 "$image" | tr -d ' \n' | cut -c1-8,37-40)" = 7f454c462800 ] || refuse "$image: no ELF file for ARM"
variable=$(env | sed -n 's/^\(LIBSOCK_[^=]*\)=.*/\1/p' | head -n 1)
[ -z "$variable" ] || refuse "$variable is in the environment; the board's settings come after the image"

semihosting=enable=on,target=native
case " $* " in
*' LIBSOCK_SEED='*) ;;
*) set -- "LIBSOCK_SEED=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')" "$@" ;;
esac
case " $* " in
*' LIBSOCK_DNS='*) ;;
*) set -- LIBSOCK_DNS=10.0.2.2 "$@" ;;
esac
for argument; do
    case $argument in
    *' '* | '') refuse "'$argument': the debug channel has no way to pass this" ;;
    esac
    semihosting=$semihosting,arg=$(printf %s "$argument" | sed 's/,/,,/g')
done

set -- -M mps2-an385 -display none -monitor none -serial stdio \
    -semihosting-config "$semihosting" -nic "user,id=net,ipv6=off$options" -kernel "$image"
if [ -n "$capture" ]; then
    set -- "$@" -object "filter-dump,id=dump,netdev=net,file=$capture"
fi

# QEMU comments on every signal but SIGKILL, and goes on when nobody reads any more what the image writes. So timeout
# gives it a process group of its own, which Ctrl-C does not reach, and cat is between it and the reader.
out=$(mktemp -u)
mkfifo "$out"
qemu=''
trap 'rm -f "$out"; [ -z "$qemu" ] || kill -KILL "-$qemu" "$qemu" || :' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
timeout -s KILL "$seconds" qemu-system-arm "$@" </dev/null >"$out" &
qemu=$!
cat "$out" &
exec 2>/dev/null # some shells comment on what was killed
wait $! || exit $?
status=0
wait "$qemu" || status=$?
qemu=''
[ $status -ne 137 ] || status=124
exit $status
