#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The smallest build of the library, with addresses of 4 octets, compiles, links and can be measured.
: "${srcdir:=.}"
set -u
sizes=$("$srcdir/firmware/size.sh" "$srcdir") || exit $?
for name in total proto/tcp/text net/iface api/op wire/tcp; do
    echo "$sizes" | grep -q "^$name.text [1-9][0-9]* octets\$" || { echo "no size of $name in:" "$sizes"; exit 1; }
done
