#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run under sockrun: sockets that several processes have. Servers that fork for each connection and before them, children
that execute others, and what an unused copy changes: nothing."""
import os
import select
import signal
import socket
import threading
import traceback

HOST = "10.0.2.15"
BIG = os.urandom(3 << 20)


def forked(child):
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
    return pid


def ended(pid):
    assert os.waitpid(pid, 0)[1] == 0


def everything(s):
    got = b""
    while octets := s.recv(65536):
        got += octets
    return got


def connection():
    c = socket.create_connection((HOST, 8080))
    return c, listener.accept()[0]


listener = socket.create_server(("", 8080))


def echoes():
    listener.close()
    s.sendall(everything(s))
    s.shutdown(socket.SHUT_WR)


# The child of a forking server serves; all octets arrive, and the ends of both directions.
c, s = connection()
pid = forked(echoes)
s.close()
sender = threading.Thread(target=lambda: (c.sendall(BIG), c.shutdown(socket.SHUT_WR)))
sender.start()
assert everything(c) == BIG
sender.join()
ended(pid)
c.close()


def writes():
    s.sendall(b"hello")
    os._exit(0)


# A child may write and end before its parent has looked, and the parent have closed its copy.
for _ in range(100):
    c, s = connection()
    pid = forked(writes)
    s.close()
    assert everything(c) == b"hello"
    ended(pid)
    c.close()


def accepts():
    for _ in range(5):
        s, peer = listener.accept()
        assert s.getpeername() == peer and s.getsockname() == (HOST, 8080)
        s.sendall(b"%d" % os.getpid())
        s.close()


# Workers that were forked before share a listener; so does their parent, afterwards.
pids = [forked(accepts) for _ in range(3)]
for _ in range(15):
    with socket.create_connection((HOST, 8080)) as c:
        assert int(everything(c)) in pids
for pid in pids:
    ended(pid)
c, s = connection()
c.sendall(b"x")
assert s.recv(1) == b"x"
s.close()
assert c.recv(1) == b""
c.close()


def asks():
    assert s.family == socket.AF_INET and s.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_STREAM
    assert s.getsockopt(socket.SOL_SOCKET, socket.SO_DOMAIN) == socket.AF_INET
    assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
    assert s.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 0
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    assert s.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
    try:
        s.getsockopt(socket.IPPROTO_TCP, 12345)
        raise AssertionError("there is no such option")
    except OSError as e:
        assert e.strerror == os.strerror(92), e  # ENOPROTOOPT
    listener.listen(5)
    c.close()
    ep = select.epoll()
    ep.register(s, select.EPOLLIN)
    assert ep.poll(0) == []
    s.sendall(b"go")
    assert ep.poll(60) == [(s.fileno(), select.EPOLLIN)] and s.recv(9) == b"on"
    s.setblocking(False)
    assert select.select([s], [], [], 0)[0] == []


# Options, readiness, names in the child; its parent sees what it set.
c, s = connection()
pid = forked(asks)
assert c.recv(2) == b"go"
c.sendall(b"on")
ended(pid)
assert s.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
s.close()
c.close()


def executes():
    os.dup2(s.fileno(), 0)
    os.dup2(s.fileno(), 1)
    os.execlp("cat", "cat")


# Another program has it as its stdin and stdout, and its child as well.
for program in (executes, lambda: ended(forked(executes))):
    c, s = connection()
    pid = forked(program)
    s.close()
    c.sendall(b"through cat")
    c.shutdown(socket.SHUT_WR)
    assert everything(c) == b"through cat"
    ended(pid)
    c.close()

# What the child does not use stays as it is, and ends with the parent's close.
c, s = connection()
ended(forked(lambda: None))
c.sendall(b"1")
assert s.recv(1) == b"1"
s.close()
assert c.recv(1) == b""
c.close()

# What the child keeps, unused, stays open until it ends.
c, s = connection()
release, released = os.pipe()[::-1]
pid = forked(lambda: os.read(released, 1))
s.close()
c.settimeout(0.2)
try:
    c.recv(1)
    raise AssertionError("closed")
except TimeoutError:
    pass
c.settimeout(60)
os.write(release, b"x")
ended(pid)
assert c.recv(1) == b""
c.close()


# Datagrams, with the addresses they are from and to.
c, s = (socket.socket(type=socket.SOCK_DGRAM) for _ in range(2))
c.bind(("", 9001))
s.bind(("", 9000))
c.sendto(b"first", (HOST, 9000))
_, peer = s.recvfrom(100)


def exchanges():
    assert s.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_DGRAM
    assert s.sendto(b"to you", peer) == 6
    assert s.recvfrom(3) == (b"and", peer)
    got = bytearray(100)
    assert s.recvmsg_into([got])[0] == 0
    assert s.sendmsg([b"in ", b"pieces"], [], 0, peer) == 9
    try:
        s.send(b"to nobody")
        raise AssertionError("it has no peer")
    except OSError as e:
        assert e.strerror == os.strerror(89), e  # EDESTADDRREQ


pid = forked(exchanges)
assert c.recvfrom(100) == (b"to you", (HOST, 9000))
c.sendto(b"and cut off", (HOST, 9000))
c.sendto(b"", (HOST, 9000))
assert c.recv(100) == b"in pieces"
ended(pid)
s.sendto(b"the parent, too", peer)
assert c.recv(100) == b"the parent, too"
s.close()
c.close()


def is_signalled():
    got = []
    signal.signal(signal.SIGUSR1, lambda *_: got.append(1))
    os.kill(os.getpid(), signal.SIGUSR1)
    assert got == [1]


# A child's handlers run, though its parent was in the stack as it forked.
ended(forked(is_signalled))


def is_reset():
    c.close()
    s.sendall(b"x")
    try:
        assert everything(s) == b""
    except ConnectionResetError:
        pass


# A peer that resets: the child hears of an end at least.
c, s = connection()
pid = forked(is_reset)
s.close()
assert c.recv(1) == b"x"
c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
c.close()
ended(pid)
print("all of it")
