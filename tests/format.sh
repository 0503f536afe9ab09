#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The sources are formatted as .clang-format says. Skipped where clang-format 14 is not installed.
: "${srcdir:?}"
set -u
format=$(command -v clang-format-14 || command -v clang-format) || exit 77
case $($format --version) in
*'version 14.'*) ;;
*) exit 77 ;;
esac

cd "$srcdir" || exit 1
wrong=$(find libsock compat sim include examples firmware tests bench -name '*.[ch]' \
    -exec "$format" --dry-run {} + 2>&1 | sed -n 's/^\([^:]*\):[0-9]*:[0-9]*: warning: .*/\1/p' | sort | uniq -c)
[ -z "$wrong" ] || printf 'lines that clang-format would change:\n%s\n' "$wrong"
[ -z "$wrong" ]
