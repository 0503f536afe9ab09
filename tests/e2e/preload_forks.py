#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run under sockrun: `preload_forks.py HTTP-PORT`. A child of fork, and one of that, have networks of their own, and leave
their parents' alone, which go on as if nothing had been."""
import os
import socket
import sys
import threading
import traceback

http = int(sys.argv[1])


def fetch(s=None):
    with s or socket.create_connection(("10.0.2.2", http)) as s:
        s.sendall(b"GET /page HTTP/1.0\r\n\r\n")
        got = b""
        while octets := s.recv(4096):
            got += octets
    assert got.endswith(b"content\n"), got


def forked(child):
    """What a child has to say in its exit status."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            child()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    assert os.waitpid(pid, 0)[1] == 0


def child():
    fetch()
    mine = socket.create_connection(("10.0.2.2", http))
    number = mine.fileno()
    assert number not in (before.fileno(), listener.fileno())
    before.close()
    with socket.create_connection(("10.0.2.2", http)) as again:
        assert again.fileno() == before_number  # it was free, and is another's now
    forked(fetch)
    fetch(mine)


before = socket.create_connection(("10.0.2.2", http))
before_number = before.fileno()
listener = socket.create_server(("", 80))
forked(child)

# While other threads are in the stack.
threads = [threading.Thread(target=lambda: [fetch() for _ in range(10)]) for _ in range(3)]
for t in threads:
    t.start()
for _ in range(10):
    forked(fetch)
for t in threads:
    t.join()

fetch(before)
with socket.create_connection(("10.0.2.15", 80)) as s:
    s.sendall(b"x")
    assert listener.accept()[0].recv(1) == b"x"
print("all of it")
