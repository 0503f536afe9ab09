#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The manual pages are clean mdoc, and their examples compile; tests/man_sources.py holds them against the sources, and
# tests/install.sh runs the examples. Skipped where mandoc is not installed.
: "${srcdir:=.}" "${CC:=cc}"
set -u
failed=0

complain() {
    echo "$*"
    failed=1
}

for page in libsock.3 libsock-sim.3; do
    # shellcheck disable=SC2086 # may be a list of words
    sed -n -f "$srcdir/tests/support/example.sed" "$srcdir/man/$page" |
        { cat && echo 'extern int not_empty;'; } |
        $CC -std=gnu11 -fsyntax-only -Werror -Wall -Wextra -Wpedantic -Wshadow -Wconversion \
            -I"$srcdir/libsock" -I"$srcdir" -I"$srcdir/sim" -x c - || complain "$page: the example does not compile"
    sed -n -f "$srcdir/tests/support/example.sed" "$srcdir/man/$page" | grep -q '^int main(void)' ||
        complain "$page: there is no example"
done

[ $failed -eq 0 ] || exit 1
command -v mandoc >/dev/null || exit 77
for page in "$srcdir"/man/*.[1-9]; do
    mandoc -T lint -W warning "$page" || complain "$page: mandoc warns"
done
exit $failed
