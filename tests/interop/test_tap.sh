#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Our TCP against the kernel's, over a TAP device in a network namespace of the test's own (tests/interop/interop.c).
# ALL=all in the environment: every combination of options, and 10,000 connections.
skip() {
    echo "skipped: $*"
    exit 77
}

if [ -z "${ALONE-}" ]; then
    [ -c /dev/net/tun ] || skip 'no TAP devices'
    unshare -rn true 2>/dev/null || skip 'no network namespaces'
    ALONE=1 exec unshare -rn sh "$0" "$@"
fi
[ -x tests/interop/interop ] || skip 'no tests/interop/interop'
[ -w /proc/sys/net/ipv4/tcp_sack ] || skip "the kernel's options are not ours to change"
ip link set lo up
error=$(ip tuntap add dev tap0 mode tap 2>&1) || skip "no TAP device is made for us: $error"
ip addr add 10.0.9.1/24 dev tap0 && ip link set tap0 up || exit 1
timeout 280 tests/interop/interop ${ALL+"$ALL"}
