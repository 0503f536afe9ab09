#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The core compiles for CPUs with few atomic instructions and leaves no __atomic_ function undefined: none on rv32imac;
# on ARMv6-M (Cortex-M0) only the 32-bit ones, which port/ supplies there. Skipped without a cross compiler.
: "${srcdir:?}"
set -u
tools=
failed=0
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT
headers=/usr/lib/picolibc/arm-none-eabi/include

# compile PREFIX FLAG ...: prints the atomic functions that the core's objects need
compile() {
    prefix=$1
    shift
    for source in $(cd "$srcdir/libsock" && find base wire proto net api -name '*.c'); do
        object=$out/$(echo "$source" | tr / _).o
        "$prefix-gcc" -std=c11 -ffreestanding -Os -isystem "$headers" "-I$srcdir/libsock" "$@" \
            -c "$srcdir/libsock/$source" -o "$object" || return 1
        "$prefix-nm" -u "$object" || return 1
        rm -f "$object"
    done
}

# allow NAME PATTERN PREFIX FLAG ...
allow() {
    name=$1 pattern=$2
    shift 2
    command -v "$1-gcc" >/dev/null && [ -d "$headers" ] || return 0
    tools=1
    compile "$@" >"$out/symbols" || {
        echo "$name: does not compile"
        failed=1
        return
    }
    wrong=$(awk '/__atomic_|__sync_/ { print $2 }' "$out/symbols" | sort -u | grep -Ev "$pattern")
    if [ -n "$wrong" ]; then
        printf '%s: nobody supplies\n%s\n' "$name" "$wrong"
        failed=1
    fi
}

allow rv32imac '^$' riscv64-unknown-elf -march=rv32imac -mabi=ilp32
allow Cortex-M0 '^__atomic_(load|store|exchange|compare_exchange|fetch_add|fetch_sub|fetch_or|fetch_and)_4$' \
    arm-none-eabi -mcpu=cortex-m0 -mthumb

[ -n "$tools" ] || exit 77
exit $failed
