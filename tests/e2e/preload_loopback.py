#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run under sockrun: sockets that are handed over to the host's loopback. `preload_loopback.py HTTP-PORT UDP-PORT`, where
a TCP server and a UDP echo wait on the host's 127.0.0.1."""
import errno
import fcntl
import os
import socket
import struct
import sys
import threading

http, udp = int(sys.argv[1]), int(sys.argv[2])
HOST = "127.0.0.1"


def is_kernels(s):
    """The number is an internet socket to the kernel."""
    return "socket:" in os.readlink(f"/proc/self/fd/{s.fileno()}") and any(
        f":{s.getsockname()[1]:04X} " in line for path in ("tcp", "tcp6", "udp", "udp6")
        for line in open(f"/proc/self/net/{path}"))


def fetch(s):
    s.sendall(b"GET /page HTTP/1.0\r\n\r\n")
    got = b""
    while octets := s.recv(4096):
        got += octets
    assert got.endswith(b"content\n"), got


def fails_with(numbers, call, *arguments):
    try:
        call(*arguments)
    except OSError as error:
        assert error.errno in numbers, error
        return
    raise AssertionError(f"{call} works")


def goes_nowhere_else(s):
    """It is bound to the loopback. Linux says EINVAL where there is a route, and there need be none here."""
    assert s.getsockname()[0] == HOST
    fails_with([errno.EINVAL, errno.ENETUNREACH], s.connect, ("192.0.2.1", 80))


# A stream keeps its number, its flags, its options and its copies.
s = socket.socket()
copy = s.dup()
number = s.fileno()
s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 77)
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 3))
os.set_inheritable(copy.fileno(), True)
s.connect((HOST, http))
assert s.fileno() == number and is_kernels(s)
assert s.getpeername() == copy.getpeername() == (HOST, http)
assert s.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
assert s.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 77
assert s.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8) == struct.pack("ii", 1, 3)
assert not os.get_inheritable(s.fileno()) and os.get_inheritable(copy.fileno())
fetch(copy)
s.close()
copy.close()

# O_NONBLOCK goes with it.
s = socket.socket()
s.setblocking(False)
assert s.connect_ex((HOST, http)) in (0, errno.EINPROGRESS)
assert fcntl.fcntl(s.fileno(), fcntl.F_GETFL) & os.O_NONBLOCK
s.setblocking(True)
fetch(s)
s.close()

# One of AF_INET6, with a mapped address.
s = socket.socket(socket.AF_INET6)
s.connect((f"::ffff:{HOST}", http))
fetch(s)
s.close()

# A refused one is refused, and the socket goes nowhere else afterwards.
free = socket.socket()
free.bind((HOST, 0))
s = socket.socket()
fails_with([errno.ECONNREFUSED], s.connect, free.getsockname())
goes_nowhere_else(s)
s.close()

# A server on the host's loopback.
assert is_kernels(free) or free.getsockname()[0] == HOST
free.listen()
client = socket.create_connection(free.getsockname())
accepted, peer = free.accept()
assert peer == client.getsockname()
client.sendall(b"x")
assert accepted.recv(1) == b"x"
for each in (client, accepted, free):
    each.close()

# Datagrams, connected or not.
for connects in (True, False):
    s = socket.socket(type=socket.SOCK_DGRAM)
    s.settimeout(60)
    if connects:
        s.connect((HOST, udp))
        s.send(b"datagram")
    else:
        s.sendto(b"datagram", (HOST, udp))
    assert s.recvfrom(100) == (b"datagram", (HOST, udp))
    if not connects:
        s.sendmsg([b"data", b"gram"], [], 0, (HOST, udp))
        assert s.recv(100) == b"datagram"
    goes_nowhere_else(s)
    s.close()

# One that has a port alone, as dig's, goes there with its port.
s = socket.socket(type=socket.SOCK_DGRAM)
s.settimeout(60)
s.bind(("", 0))
port = s.getsockname()[1]
s.connect((HOST, udp))
s.send(b"datagram")
assert s.recvfrom(100) == (b"datagram", (HOST, udp))
assert s.getsockname() == (HOST, port)
s.close()

# What the private network has is not the host's, too.
s = socket.socket(type=socket.SOCK_DGRAM)
s.bind(("10.0.2.15", 0))
fails_with([errno.ENETUNREACH], s.connect, (HOST, udp))
s = socket.socket(type=socket.SOCK_DGRAM)
s.bind(("", 5000))
fails_with([errno.ENETUNREACH], s.sendto, b"x", (HOST, udp))

# The program talks to itself where it waits itself.
other = socket.socket(type=socket.SOCK_DGRAM)
other.sendto(b"to myself", (HOST, 5000))
assert s.recv(100) == b"to myself"
listener = socket.create_server(("", 5001))
client = socket.create_connection((HOST, 5001))
assert not is_kernels(client)
client.sendall(b"y")
assert listener.accept()[0].recv(1) == b"y"

# Connections out of the private network are as before.
s = socket.create_connection(("10.0.2.2", http))
assert s.getsockname()[0] == "10.0.2.15"
fetch(s)

# Many at once, from several threads.
def one():
    with socket.create_connection((HOST, http)) as mine:
        fetch(mine)


threads = [threading.Thread(target=one) for _ in range(20)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print("all of it")
