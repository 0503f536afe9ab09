#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A board's program may call every function of posix-headers.tsv and of common-names.tsv: the archives have them all. Then
# what is beside sockets runs on the board.
. "${srcdir:-.}/tests/firmware/common.sh"

image libboard.a
board=$image
image libsock-internal.a
library=$image

# program SOURCE: $work/program, in the warnings of a strict user
program() {
    arm-none-eabi-gcc --specs=picolibc.specs -mcpu=cortex-m3 -mthumb -Os -g -std=gnu11 -Wall -Wextra -Wpedantic -Werror \
        "-I$srcdir/include" "$1" "$library" "$board" "$library" -o "$work/program" --crt0=semihost --oslib=semihost \
        "-L$srcdir/firmware/mps2-an385" -Tmps2.ld
}

functions=$(awk -F'\t' '$2 == "function" { print $3 }' "$srcdir/tests/posix-headers.tsv" "$srcdir/tests/common-names.tsv" |
    sort -u)
[ "$(echo "$functions" | wc -l)" -gt 80 ] || fail 'the lists have lost their functions'
{
    echo 'extern int (*const functions[])(void);'
    echo 'int main(void) { return functions[0] != 0; }'
    echo '__asm__(".section .rodata.functions,\"a\"; .global functions; functions:"'
    # shellcheck disable=SC2086 # a list of words
    printf '        ".word %s;"\n' $functions
    echo '        );'
} >"$work/functions.c"
program "$work/functions.c" || fail "a program that uses every function does not link"

program "$srcdir/tests/firmware/beside.c" || fail 'beside.c does not compile'
image=$work/program
run LIBSOCK_ADDRESS=10.0.2.15/24 LIBSOCK_GATEWAY=10.0.2.2
[ $status -eq 0 ] || { cat "$work/err"; fail "beside.c: status $status"; }
echo "$(echo "$functions" | wc -l) functions"
