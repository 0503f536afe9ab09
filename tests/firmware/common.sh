# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# What the tests on emulated boards share; they source it. They are run by `make check` in the build directory of a host,
# with the boards' build directories beside it, and skipped without the tools.

srcdir=${srcdir:-.}
skip() {
    echo "skipped: $*"
    exit 77
}
fail() {
    echo "failed: $*"
    exit 1
}

for tool in arm-none-eabi-gcc arm-none-eabi-nm qemu-system-arm; do
    command -v $tool >/dev/null || skip "no $tool"
done
[ -f "$(arm-none-eabi-gcc -print-file-name=picolibc.specs)" ] || skip 'no picolibc for Arm'

# The boards can reach this machine's 127.0.0.1; where the kernel allows it they get one of their own, and nothing else.
if [ -z "${ALONE-}" ] && unshare -rn ip link set lo up 2>/dev/null; then
    ALONE=1 exec unshare -rn sh -c 'ip link set lo up && exec sh "$@"' sh "$0" "$@"
fi

work=$(mktemp -d) || exit 1
servers_pid=
finish() {
    [ -z "$servers_pid" ] || kill "$servers_pid" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

# compile IMAGE CPU LINKER-SCRIPT SOURCE ...: an image from sources named from the top of the tree
compile() {
    image=$1 cpu=$2 script=$3
    shift 3
    for source; do
        set -- "$@" "$srcdir/$source"
        shift
    done
    arm-none-eabi-gcc --specs=picolibc.specs "-mcpu=$cpu" -mthumb -Os -g -std=gnu11 \
        -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -ffunction-sections -fdata-sections \
        "-I$srcdir/libsock" "-I$srcdir/firmware/mps2-an385" "$@" -o "$image" \
        --crt0=semihost --oslib=semihost "-L$srcdir/${script%/*}" "-T${script##*/}" ||
        fail "$image does not compile"
}

# The RX FIFO of the emulated Ethernet chip overflowed: the sender was not held back as it should have been.
check_no_overflow() {
    if grep -q 'Failed to send packet' "$1"; then
        fail 'the RX FIFO overflowed'
    fi
}

# image NAME: the path of an image that ./bootstrap firmware built; skips the test when there is none
image() {
    image=${FIRMWARE_BUILD:-../mps2-an385}/$1
    [ -f "$image" ] || skip "no $image: ./bootstrap firmware builds it"
}

# start_servers: serves the files in $work/www; sets http and dns, the ports
start_servers() {
    mkdir -p "$work/www"
    "${PYTHON:-python3}" "$srcdir/tests/firmware/servers.py" "$work/www" >"$work/ports" 2>"$work/servers.err" &
    servers_pid=$!
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        [ -s "$work/ports" ] && break
        sleep 0.5
    done
    read -r http dns <"$work/ports" || { cat "$work/servers.err"; fail 'the servers do not start'; }
}

# run IMAGE-ARGUMENT ...: runs $image; its status is in $status, what it wrote in $work/out and $work/err
run() {
    "$srcdir/firmware/run.sh" -t 120 -c "$work/capture.pcap" "$image" "$@" >"$work/out" 2>"$work/err"
    status=$?
    check_no_overflow "$work/err"
}
