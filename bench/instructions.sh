#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# instructions.sh ROUND_TRIP [CONNECTIONS ...]: instructions that one round trip of one octet takes at both ends together,
# on a connection drawn at random, by callgrind: the same on every run of one binary. Exits with 77 without valgrind.
set -eu
program=$1
shift
command -v valgrind >/dev/null || exit 77
counts=$(mktemp)
trap 'rm -f "$counts"' EXIT

# total CONNECTIONS ROUNDS
total() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>"$counts" ||
        { cat "$counts" >&2; exit 1; }
    sed -n 's/.*refs: *//p' "$counts" | tr -d ,
}

for connections in "${@:-10}"; do
    few=$(total "$connections" 1000)
    many=$(total "$connections" 6000)
    echo "tcp_round_trip_of_$connections $(((many - few) / 5000)) instructions"
done
