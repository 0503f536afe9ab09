#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run under sockrun: `preload_handed.py HTTP-PORT`. Sockets whose numbers others get, who call the kernel: stdio, programs that
are spawned or executed, the receiver of a message, splice. Last, the program becomes cat, over a connection."""
import ctypes
import os
import socket
import subprocess
import sys

HOST = "10.0.2.15"
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
listener = socket.create_server(("", 8080))


def connection():
    c = socket.create_connection((HOST, 8080))
    return c, listener.accept()[0]


def everything(s):
    got = b""
    while octets := s.recv(65536):
        got += octets
    return got


# A stream of stdio.
c, s = connection()
stream = ctypes.c_void_p(libc.fdopen(s.detach(), b"r+"))
c.sendall(b"line\n")
line = ctypes.create_string_buffer(100)
assert libc.fgets(line, 100, stream) and line.value == b"line\n"
assert libc.fputs(b"answer\n", stream) >= 0 and libc.fclose(stream) == 0
assert everything(c) == b"answer\n"

# What is a standard stream from now on: printf writes past us.
c, s = connection()
kept = os.dup(1)
os.dup2(s.fileno(), 1)
libc.printf(b"printed\n")
libc.fflush(None)
os.dup2(kept, 1)
s.close()
assert everything(c) == b"printed\n"

# Programs that are spawned with it.
c, s = connection()
with subprocess.Popen(["cat"], stdin=s, stdout=s) as cat:
    s.close()
    c.sendall(b"subprocess")
    c.shutdown(socket.SHUT_WR)
    assert everything(c) == b"subprocess" and cat.wait() == 0
c, s = connection()
pid = os.posix_spawnp(
    "cat", ["cat"], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, s.fileno(), 0), (os.POSIX_SPAWN_DUP2, s.fileno(), 1)]
)
s.close()
c.sendall(b"posix_spawn")
c.shutdown(socket.SHUT_WR)
assert everything(c) == b"posix_spawn" and os.waitpid(pid, 0)[1] == 0

# A message.
c, s = connection()
a, b = socket.socketpair()
socket.send_fds(a, [b"x"], [s.fileno()])
s.close()
passed = socket.socket(fileno=socket.recv_fds(b, 1, 1)[1][0])
assert passed.getsockname() == (HOST, 8080)
passed.sendall(b"by message")
passed.close()
assert everything(c) == b"by message"

# Splice.
c, s = connection()
readable, writable = os.pipe()
c.sendall(b"spliced")
assert libc.splice(s.fileno(), None, writable, None, 7, 0) == 7 and os.read(readable, 9) == b"spliced"
s.close()

# What cannot be executed changes nothing.
c, s = connection()
for program in ("/nonexistent", "/tmp", __file__ + ".not", "/dev/null"):
    try:
        os.execv(program, ["x"])
    except OSError:
        pass
try:
    os.execvp("no-such-program-anywhere", ["x"])
except FileNotFoundError:
    pass
c.sendall(b"1")
assert s.recv(1) == b"1"

print("all of it", flush=True)
if os.fork() == 0:
    os.execlp("true", "true")
os.wait()
web = socket.create_connection(("10.0.2.2", int(sys.argv[1])))
web.sendall(b"GET /page HTTP/1.0\r\n\r\n")
os.dup2(web.fileno(), 0)
os.execlp("cat", "cat")
