#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Feeds each fuzz target the inputs that are kept for it: none may crash it.
: "${srcdir:?}"
set -u
failed=0
n=0

for target in "$srcdir"/tests/fuzz/fuzz_*.c; do
    name=$(basename "$target" .c)
    n=$((n + 1))
    echo "$name:"
    "tests/fuzz/$name" "$srcdir/tests/fuzz/corpus/$name" || failed=1
done
[ $n -gt 0 ] || failed=1
exit $failed
