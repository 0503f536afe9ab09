#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A client on the kernel's sockets for the echo servers: `echo_client.py tcp|udp PORT OCTETS [CLIENTS]`.

TCP: each client sends so much, closes its side, and reads until the end. UDP: datagrams of growing length, one at a time,
each sent again until it comes back. Fails when what comes back is not what was sent."""
import hashlib
import random
import socket
import sys
import threading

BLOCK = 65536


def tcp_client(s, n_octets, seed, results):
    rng = random.Random(seed)
    block = rng.randbytes(BLOCK)
    sent, received = hashlib.sha256(), hashlib.sha256()
    n_received = 0
    with s:
        s.settimeout(120)

        def send():
            for at in range(0, n_octets, BLOCK):
                piece = block[:min(BLOCK, n_octets - at)]
                sent.update(piece)
                s.sendall(piece)
            s.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        while octets := s.recv(BLOCK):
            received.update(octets)
            n_received += len(octets)
        sender.join()
    results[seed] = n_received == n_octets and sent.digest() == received.digest()


def tcp(port, n_octets, n_clients):
    results = [False] * n_clients
    # One after another: libslirp listens with a backlog of 1, and the kernel may reset one of several that come at once.
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(n_clients)]
    threads = [threading.Thread(target=tcp_client, args=(s, n_octets, i, results)) for i, s in enumerate(clients)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return all(results)


def udp(port, n_octets):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", port))
        s.settimeout(1)
        for n in range(0, n_octets + 1, max(1, n_octets // 20)):
            datagram = random.Random(n).randbytes(n)
            for _ in range(20):
                s.send(datagram)
                try:
                    if s.recv(65535) == datagram:
                        break
                except TimeoutError:
                    continue
            else:
                return False
    return True


kind, port_text, octets_text = sys.argv[1:4]
if kind == "tcp":
    intact = tcp(int(port_text), int(octets_text), int(sys.argv[4]) if len(sys.argv) > 4 else 1)
else:
    intact = udp(int(port_text), int(octets_text))
print("intact" if intact else "not what was sent")
sys.exit(0 if intact else 1)
