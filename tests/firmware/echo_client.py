#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A client of the kernel's TCP for an echo server: sends random octets, half closes, and compares what comes back until
the end. Usage: echo_client.py PORT OCTETS"""
import os
import socket
import sys
import threading

port, size = int(sys.argv[1]), int(sys.argv[2])
sent = os.urandom(size)
received = bytearray()

with socket.create_connection(("127.0.0.1", port), timeout=60) as s:

    def send():
        s.sendall(sent)
        s.shutdown(socket.SHUT_WR)

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    while piece := s.recv(65536):
        received += piece
if received != sent:
    sys.exit(f"{len(received)} octets came back, of {size}, "
             f"equal up to {len(os.path.commonprefix([bytes(received), sent]))}")
