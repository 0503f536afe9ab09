#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Servers on our stack behind a forwarded port, clients on the kernel's: TCP one after another and five at once, UDP up
# to the largest datagram of one frame. MIB=64 in the environment makes it a long transfer.
. "${srcdir:-.}/tests/e2e/common.sh"

octets=$((${MIB:-4} * 1048576))
client=$srcdir/tests/e2e/echo_client.py

start_forwarded tcp_echo tcp --count 7
timeout 250 "$python" "$client" tcp "$forwarded" "$octets" || fail 'TCP'
timeout 120 "$python" "$client" tcp "$forwarded" 0 || fail 'TCP, nothing at all'
timeout 250 "$python" "$client" tcp "$forwarded" $((octets / 8)) 5 || fail 'TCP, five at once'
wait "$server" || fail "tcp_echo: status $?: $(cat "$work/server.err")"

start_forwarded udp_echo udp
timeout 120 "$python" "$client" udp "$forwarded" 1472 || fail 'UDP'
