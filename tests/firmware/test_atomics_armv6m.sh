#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The atomic functions that a Cortex-M0 lacks, on QEMU, with an interrupt that can come between any two instructions:
# see atomics.c.
. "${srcdir:-.}/tests/firmware/common.sh"

if qemu-system-arm -help | grep -q -e '^-singlestep'; then
    step=-singlestep
else
    step='-accel tcg,one-insn-per-tb=on'
fi
compile "$work/atomics.elf" cortex-m0 tests/firmware/microbit.ld tests/firmware/atomics.c libsock/port/atomic_armv6m.c
arm-none-eabi-nm "$work/atomics.elf" | grep -q ' T __atomic_exchange_4' || fail 'the compiler needs no such function'

# shellcheck disable=SC2086 # a list of words
timeout 100 qemu-system-arm $step -M microbit -display none -monitor none -serial null \
    -semihosting-config enable=on,target=native -kernel "$work/atomics.elf" </dev/null 2>"$work/out"
status=$?
cat "$work/out"
[ $status -eq 0 ] || fail "exit status $status"
grep -q '^ok, ' "$work/out" || fail 'no line of success'
