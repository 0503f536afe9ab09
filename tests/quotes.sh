#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# docs/simulation.md quotes the example's files exactly: each block of C follows a line that names its file.
: "${srcdir:?}"
set -u
failed=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# The blocks, each in a file called like its source.
awk -v work="$work" '
    /^`examples\/sim\/.*`:$/ { gsub(/[`:]/, ""); name = $0; sub(".*/", "", name) }
    /^```$/ && writing { writing = 0; close(out); next }
    /^```c$/ && name != "" { out = work "/" name; writing = 1; name = ""; printf "" > out; next }
    writing { print > out }
' "$srcdir/docs/simulation.md"

for file in "$srcdir"/examples/sim/*.c; do
    # Its first comment is for who reads the file alone.
    awk 'NR == 1 && /SPDX/ { next } { print }' "$file" | cmp -s - "$work/${file##*/}" || {
        echo "docs/simulation.md does not quote examples/sim/${file##*/} as it is"
        failed=1
    }
done
exit $failed
