#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What test_http.sh, test_echo.sh and test_dns.sh do, with 256 and 64 MiB and with names that nobody answers; and
# our TCP with all of the kernel's options. For check-long.
srcdir=${srcdir:-.}
export srcdir
MIB=256 sh "$srcdir/tests/e2e/test_http.sh" || exit $?
MIB=64 sh "$srcdir/tests/e2e/test_echo.sh" || exit $?
SILENT=1 sh "$srcdir/tests/e2e/test_dns.sh" || exit $?
ALL=all sh "$srcdir/tests/interop/test_tap.sh" || [ $? = 77 ]
