#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What test_http.sh, test_echo.sh and test_dns.sh do, with 256 and 64 MiB and with names that nobody answers;
# 10,000 connections at once and 60,000 one after another; our TCP with all of the kernel's options, and the kernel's over
# the wire of our benchmarks. For check-long.
srcdir=${srcdir:-.}
export srcdir
MIB=256 sh "$srcdir/tests/e2e/test_http.sh" || exit $?
MIB=64 sh "$srcdir/tests/e2e/test_echo.sh" || exit $?
AT_ONCE=10000 IN_TURN=60000 sh "$srcdir/tests/e2e/test_many.sh" || exit $?
SILENT=1 sh "$srcdir/tests/e2e/test_dns.sh" || exit $?
ALL=all sh "$srcdir/tests/interop/test_tap.sh"
case $? in
0) ;;
77) exit 0 ;; # no TAP devices for us
*) exit 1 ;;
esac
timeout 100 unshare -r bench/linux 1 reno 100 5 | tee /dev/stderr | grep -qE '^linux-reno 100 100 5 1 [0-9.]*[1-9]'
