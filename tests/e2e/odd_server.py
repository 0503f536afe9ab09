#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""An HTTP server on 127.0.0.1 that does what servers should not: the path says what. Prints its port."""
import contextlib
import socket
import struct
import threading
import time

OK = b"HTTP/1.0 200 OK\r\n"
ANSWERS = {
    "/cut": OK + b"Content-Length: 1000\r\n\r\n" + b"x" * 100,
    "/cut-late": OK + b"Content-Length: 10000000\r\n\r\n" + b"x" * 2000000,
    "/cut-header": OK + b"Content-Len",
    "/nothing": b"",
    "/chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "/garbage": b"220 mail.test ESMTP\r\n\r\n",
    "/gone": b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n",
    "/long-header": OK + b"X: " + b"y" * 100000 + b"\r\n\r\n",
    "/bad-length": OK + b"Content-Length: many\r\n\r\n",
    "/negative-length": OK + b"Content-Length: -5\r\n\r\n",
    "/endless-length": OK + b"Content-Length: 99999999999999999999\r\n\r\n",
    "/two-lengths": OK + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
    "/same-lengths": OK + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "/four-digits": b"HTTP/1.0 2000 OK\r\n\r\n",
    "/escape": b"HTTP/1.0 404 \x1b[2J\x1b]0;title\x07\r\n\r\n",
    "/no-length": OK + b"\r\n" + b"z" * 5000,
    "/long": OK + b"\r\n" + b"l" * 10000000,
    "/too-much": OK + b"Content-Length: 3\r\n\r\nabcdef",
}


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def serve(connection):
    with connection:
        request = b""
        while b"\r\n\r\n" not in request:
            octets = connection.recv(4096)
            if not octets:
                return
            request += octets
        path = request.split()[1].decode()
        if path == "/silent":
            time.sleep(600)
        elif path == "/stalls":
            connection.sendall(OK + b"Content-Length: 1000\r\n\r\n" + b"x" * 100)
            time.sleep(600)
        elif path == "/slow":
            connection.sendall(OK + b"Content-Length: 6\r\n\r\n")
            for octet in b"abcdef":
                time.sleep(0.6)
                connection.sendall(bytes([octet]))
        elif path == "/reset":
            connection.sendall(OK + b"Content-Length: 1000\r\n\r\n" + b"x" * 100)
            reset(connection)
        else:
            with contextlib.suppress(ConnectionError):
                connection.sendall(ANSWERS[path])


with socket.create_server(("127.0.0.1", 0)) as listener:
    print(listener.getsockname()[1], flush=True)
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
