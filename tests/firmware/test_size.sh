#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The smallest build of the library, with addresses of 4 octets, compiles, links and can be measured, and so does one with
# everything; what a host does not name is not in it.
: "${srcdir:=.}"
set -u
sizes=$("$srcdir/firmware/size.sh" "$srcdir") || exit $?
has() {
    echo "$sizes" | grep -q "^$1/$2.text [1-9][0-9]* octets\$"
}
for name in total proto/tcp/text proto/tcp/newreno net/iface api/op wire/tcp; do
    for image in small full; do
        has $image $name || { echo "no size of $image/$name in:" "$sizes"; exit 1; }
    done
done
for name in proto/tcp/rack proto/tcp/inflight proto/tcp/extensions proto/tcp/cubic proto/tcp/pmtu net/fragments \
    proto/reassembly net/multicast proto/igmp proto/acd; do
    has full $name || { echo "no size of full/$name in:" "$sizes"; exit 1; }
    ! has small $name || { echo "small has $name"; exit 1; }
done
! has full proto/tcp/bbr || { echo "full has BBR"; exit 1; }
