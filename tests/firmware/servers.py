#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Servers on 127.0.0.1 for the tests on boards, which know them as 10.0.2.2: HTTP for the files of a directory, and DNS
that has one name, files.test. Prints the two ports and serves until it is stopped."""
import functools
import http.server
import socket
import sys
import threading

NAME = b"\5files\4test\0"
HOST = bytes([10, 0, 2, 2])


def answer(query):
    """A record for files.test, NXDOMAIN (RFC 1035 4.1.1) for anything else."""
    end = query.index(0, 12) + 1
    known = query[12:end].lower() == NAME and query[end:end + 4] == b"\0\1\0\1"
    flags = 0x8180 if known else 0x8183
    head = query[:2] + flags.to_bytes(2, "big") + b"\0\1" + bytes([0, known]) + b"\0\0\0\0"
    record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + HOST
    return head + query[12:end + 4] + (record if known else b"")


def serve_dns(sock):
    while True:
        query, peer = sock.recvfrom(2048)
        sock.sendto(answer(query), peer)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


dns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
dns.bind(("127.0.0.1", 0))
handler = functools.partial(Quiet, directory=sys.argv[1])
web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
threading.Thread(target=serve_dns, args=(dns,), daemon=True).start()
print(web.server_port, dns.getsockname()[1], flush=True)
web.serve_forever()
