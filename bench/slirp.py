#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""slirp.py HTTP_GET: CPU time per octet that a program spends on a download through libslirp, user and system."""
import os
import resource
import socket
import subprocess
import sys
import threading

SIZE = 256 << 20  # octets


def serve(listener):
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE)
        block = bytes(1 << 20)
        for _ in range(SIZE // len(block)):
            connection.sendall(block)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: slirp.py HTTP_GET")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        url = "http://10.0.2.2:%d/" % listener.getsockname()[1]
        with open(os.devnull, "wb") as null:
            subprocess.run([sys.argv[1], url], stdout=null, check=True, timeout=120)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print("slirp_download_cpu %.3f ns/octet" % ((used.ru_utime + used.ru_stime) * 1e9 / SIZE))


main()
