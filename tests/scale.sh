#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A round trip costs the same with ten thousand connections as with ten: at most 1.05 times the instructions.
set -eu
[ -z "${INSTRUMENTED-}" ] || exit 77
lines=$("${srcdir:-.}/bench/instructions.sh" bench/round_trip 10 10000) || exit $?
echo "$lines"
echo "$lines" | awk '{ n[NR] = $2 } END { exit !(NR == 2 && n[1] > 0 && n[2] <= 1.05 * n[1]) }'
