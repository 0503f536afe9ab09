#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The LAN9118 driver, the Cortex-M port and the board's start-up on QEMU, without the stack: see wire.c.
. "${srcdir:-.}/tests/firmware/common.sh"

sources=$(cd "$srcdir" && echo libsock/base/*.c libsock/wire/*.c)
# shellcheck disable=SC2086 # a list of words
compile "$work/wire.elf" cortex-m3 firmware/mps2-an385/mps2.ld tests/firmware/wire.c \
    firmware/mps2-an385/mps2.c firmware/mps2-an385/console.c firmware/mps2-an385/settings.c \
    libsock/link/lan9118.c libsock/port/cortexm.c $sources

"$srcdir/firmware/run.sh" -t 100 -c "$work/wire.pcap" "$work/wire.elf" >"$work/out" 2>"$work/err"
status=$?
cat "$work/out" "$work/err"
[ $status -eq 0 ] || fail "exit status $status"
grep -q '^ok, ' "$work/out" || fail 'no line of success'
check_no_overflow "$work/err"
[ -s "$work/wire.pcap" ] || fail 'no capture'
