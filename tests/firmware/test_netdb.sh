#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The calls of <netdb.h> on a board, linked by the names of POSIX and run in QEMU: see netdb.c.
. "${srcdir:-.}/tests/firmware/common.sh"

library=${FIRMWARE_BUILD:-../mps2-an385}
for archive in libsock-internal.a libboard.a; do
    [ -f "$library/$archive" ] || skip "no $archive: ./bootstrap firmware builds it"
done
arm-none-eabi-gcc --specs=picolibc.specs -mcpu=cortex-m3 -mthumb -Os -g -std=gnu11 -Wall -Wextra -Wpedantic -Wshadow \
    -Wconversion -Werror -ffunction-sections -fdata-sections "-I$srcdir/include" "$srcdir/tests/firmware/netdb.c" \
    "$library/libsock-internal.a" "$library/libboard.a" "$library/libsock-internal.a" -o "$work/netdb.elf" \
    --crt0=semihost --oslib=semihost "-L$srcdir/firmware/mps2-an385" -Tmps2.ld || fail 'it does not link'

"$srcdir/firmware/run.sh" -t 100 "$work/netdb.elf" >"$work/out" 2>"$work/err"
status=$?
cat "$work/out" "$work/err"
[ $status -eq 0 ] || fail "exit status $status"
grep -qx ok "$work/out" || fail 'no line of success'
