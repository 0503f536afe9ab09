#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run under sockrun: a datagram to a multicast group reaches the socket that is bound to it and has joined it."""
import socket

GROUP = "224.0.0.251"
PORT = 5353

member = socket.socket(type=socket.SOCK_DGRAM)
member.bind((GROUP, PORT))
member.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP) + socket.inet_aton("0.0.0.0"))
member.settimeout(20)

sender = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 1)  # as Java does for each
sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
sender.sendto(b"to the group", ("::ffff:" + GROUP, PORT))
if member.recv(100) == b"to the group":
    print("all of it")
