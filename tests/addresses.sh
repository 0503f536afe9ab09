#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The core with addresses of 4 octets, base/addr.h: it compiles on this machine, too, and its records are no larger than
# libsock.h says.
: "${srcdir:=.}" "${CC:=cc}"
set -u
failed=0
for source in $(cd "$srcdir" && find libsock/base libsock/wire libsock/proto libsock/net libsock/api -name '*.c'); do
    # shellcheck disable=SC2086 # may be a list of words
    $CC -std=gnu11 -Wall -Wextra -Werror -DSK_IP_ADDR_LEN=4 "-I$srcdir/libsock" "-I$srcdir" -fsyntax-only "$srcdir/$source" || failed=1
done
exit $failed
