#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run under sockrun: `preload_forks.py HTTP-PORT`. A child of fork, and one of that, have networks of their own, and leave
their parents' alone, which go on as if nothing had been."""
import os
import socket
import subprocess
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


def closes_on_exec(s):
    """Whether a program that this process executes is without the number."""
    look = f"import os, sys; os.fstat({s.fileno()})"
    return subprocess.run([sys.executable, "-c", look], close_fds=False, stderr=subprocess.DEVNULL).returncode != 0


def relayed():
    """A child's use of a number has the owner put another descriptor there, which a program gets or not as before."""
    kept = socket.create_connection(("10.0.2.2", http))
    kept.set_inheritable(True)
    closed = socket.create_connection(("10.0.2.2", http))
    forked(lambda: (kept.send(b"G"), closed.send(b"G")))
    assert closes_on_exec(closed) and not closes_on_exec(kept)
    for s in kept, closed:
        s.sendall(b"ET /page HTTP/1.0\r\n\r\n")
        assert s.recv(4096, socket.MSG_WAITALL).endswith(b"content\n")


before = socket.create_connection(("10.0.2.2", http))
before_number = before.fileno()
listener = socket.create_server(("", 80))
forked(child)

relayed()

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
