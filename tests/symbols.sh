#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What a program that links with the libraries may collide with: only the names that are ours to take.
set -u

failed=0
checked=0

# check FILE: lists the global names in it that are not ours, and fails if there are any, or none at all
check() {
    [ -f "$1" ] || return 0
    checked=$((checked + 1))
    # shellcheck disable=SC2086 # nm and its options
    names=$($NM $2 -g --defined-only "$1" | awk 'NF == 3 { print $3 }')
    foreign=$(printf '%s\n' "$names" | grep -Ev '^(sk_|libsock_|__wrap_)')
    if [ -z "$names" ] || [ -n "$foreign" ]; then
        printf '%s defines:\n%s\n' "$1" "${foreign:-nothing}"
        failed=1
    fi
}

check libsock.a ''
check .libs/libsock.so -D
check libsock-slirp.a ''
check .libs/libsock-slirp.so -D

# The functions that are wrapped are those that libsock.pc names, no more and no fewer.
if [ -f libsock.a ]; then
    wrapped=$($NM -g --defined-only libsock.a | sed -n 's/.* __wrap_//p' | sort -u)
    # shellcheck disable=SC2086 # a list of words
    named=$(printf '%s\n' $WRAP_NAMES | sort -u)
    if [ "$wrapped" != "$named" ]; then
        printf 'wrapped:\n%s\nlibsock.pc:\n%s\n' "$wrapped" "$named"
        failed=1
    fi
fi

[ $checked -gt 0 ] || exit 77
exit $failed
