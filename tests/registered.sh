#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Every test is in a local.mk: one that is not is never run.
: "${srcdir:?}"
set -u
failed=0

cd "$srcdir" || exit 1
words=$(find tests -name local.mk | while read -r makefile; do
    sed "s/#.*//; s|%D%|${makefile%/*}|g" "$makefile"
done | tr -s '[:space:]\\' '[\n*]')

for file in $(find tests -name 'test_*.c' -o -name 'prop_*.c' -o -name 'fuzz_*.c' -o -name 'test_*.sh' | sort); do
    printf '%s\n' "$words" | grep -qxF "${file%.c}" || {
        echo "$file is in no local.mk"
        failed=1
    }
done
exit $failed
