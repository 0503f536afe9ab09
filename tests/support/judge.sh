#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# usage: judge.sh CAPTURE: fails and shows the packets in which tshark finds something malformed or a wrong sum, or when
# it finds no packets. 77 without tshark.
set -u
command -v tshark >/dev/null || { echo "$1 was not judged: there is no tshark"; exit 77; }
judge() {
    tshark -r "$1" -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE -o ip.check_checksum:TRUE -Y "$2" 2>/dev/null
}
[ "$(judge "$1" 'ip' | wc -l)" -gt 0 ] || { echo "no packets in $1"; exit 1; }
bad=$(judge "$1" '_ws.malformed || tcp.checksum.status == 0 || udp.checksum.status == 0 || ip.checksum.status == 0')
[ -z "$bad" ] || { echo "malformed in $1: $bad"; exit 1; }
