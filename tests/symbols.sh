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
check libsock-sim.a ''
check .libs/libsock-sim.so -D
check libsock-slirp.a ''
check .libs/libsock-slirp.so -D

# names_are ARCHIVE PC NAME ...: the functions that are wrapped there are those that the .pc names, no more and no fewer.
names_are() {
    archive=$1 pc=$2
    shift 2
    [ -f "$archive" ] || return 0
    wrapped=$($NM -g --defined-only "$archive" | sed -n 's/.* __wrap_//p' | sort -u)
    named=$(printf '%s\n' "$@" | sort -u)
    if [ "$wrapped" != "$named" ]; then
        printf 'wrapped in %s:\n%s\n%s:\n%s\n' "$archive" "$wrapped" "$pc" "$named"
        failed=1
    fi
}

# shellcheck disable=SC2086 # lists of words
names_are libsock.a libsock.pc $WRAP_NAMES
# shellcheck disable=SC2086 # lists of words
names_are libsock-sim.a libsock-sim.pc $SIM_WRAP_NAMES

# The preload library has the names that programs call, as strong definitions, and no others.
if [ -f .libs/libsock-preload.so ]; then
    checked=$((checked + 1))
    taken=$($NM -D --defined-only .libs/libsock-preload.so | awk '{ print $2, $3 }' | sort -k 2)
    # shellcheck disable=SC2086 # a list of words
    wanted=$(printf 'T %s\n' $PRELOAD_NAMES | sort -k 2)
    if [ "$taken" != "$wanted" ]; then
        printf 'libsock-preload.so takes:\n%s\nand should:\n%s\n' "$taken" "$wanted"
        failed=1
    fi
fi

[ $checked -gt 0 ] || exit 77
exit $failed
