#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run under sockrun: an instance of epoll with sockets of the private network, of the host's loopback, and pipes."""
import errno
import os
import select
import socket
import subprocess
import threading
import time

PRIVATE = ("10.0.2.15", 8080)


def watch_before_network():
    """A child of fork that has no network yet, and then one: what it watched before is watched still."""
    with select.epoll() as mixed:
        inside, outside = os.pipe()
        mixed.register(inside, select.EPOLLIN)
        s = socket.socket(type=socket.SOCK_DGRAM)
        mixed.register(s, select.EPOLLIN)
        os.write(outside, b"x")
        return mixed.poll(10) == [(inside, select.EPOLLIN)]

ep = select.epoll()
empty = select.epoll()
readable, writable = os.pipe()
ep.register(readable, select.EPOLLIN)

# A thread that waits before the process has a network hears of a socket that comes later.
told = []
waiting = threading.Event()


def wait():
    waiting.set()
    told.append(ep.poll(60))


thread = threading.Thread(target=wait)
thread.start()
waiting.wait()
listener = socket.socket()
listener.bind(PRIVATE)
listener.listen()
ep.register(listener, select.EPOLLIN)
client = socket.socket()
client.connect(PRIVATE)
thread.join()
assert told == [[(listener.fileno(), select.EPOLLIN)]], told

# And one that waits in an instance in which there is nothing yet.
told = []
waiting.clear()


def wait_in_empty():
    waiting.set()
    told.append(empty.poll(60))


thread = threading.Thread(target=wait_in_empty)
thread.start()
waiting.wait()
time.sleep(0.05)
empty.register(client, select.EPOLLOUT)
thread.join()
assert told == [[(client.fileno(), select.EPOLLOUT)]], told
empty.modify(client, select.EPOLLIN)

# Nor does one that waits for sockets alone have to wait for a pipe that comes later.
for _ in range(200):
    told = []
    waiting.clear()
    thread = threading.Thread(target=wait_in_empty)
    thread.start()
    waiting.wait()
    inside, outside = os.pipe()
    os.write(outside, b"x")
    time.sleep(0.01)  # most of them sleep by now
    empty.register(inside, select.EPOLLIN)
    thread.join()
    assert told == [[(inside, select.EPOLLIN)]], told
    empty.unregister(inside)
    os.close(inside)
    os.close(outside)

# An instance that can be read has something to tell; what was closed has nothing any more.
with select.epoll() as watched:
    mine = socket.socket(type=socket.SOCK_DGRAM)
    mine.bind((PRIVATE[0], 0))
    watched.register(mine, select.EPOLLIN | select.EPOLLET)
    mine.sendto(b"x", mine.getsockname())
    assert select.select([watched], [], [], 60)[0] == [watched]
    mine.close()
    assert select.select([watched], [], [], 0)[0] == []
    assert watched.poll(0) == []

# What is no instance is none afterwards, either.
for of_ours in client.fileno(), listener.fileno():
    for call in lambda fd: select.epoll.fromfd(fd).register(0), lambda fd: select.epoll.fromfd(fd).poll(0):
        try:
            call(os.dup(of_ours))
            assert False
        except OSError as e:
            assert e.errno in (errno.EINVAL, errno.EPERM), e

# A child of vfork closes its parent's numbers, in its parent's memory.
subprocess.run(["true"], close_fds=True, check=True)

os.write(writable, b"x")
both = [(fd, select.EPOLLIN) for fd in sorted((readable, listener.fileno()))]
assert sorted(ep.poll(60)) == both

# One that becomes the host's keeps its registration.
host = socket.socket()
ep.register(host, select.EPOLLOUT | select.EPOLLET)
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen()
host.connect(server.getsockname())
ep.unregister(listener)
ep.unregister(readable)
assert ep.poll(60) == [(host.fileno(), select.EPOLLOUT)]
assert ep.poll(0) == []

child = os.fork()
if child == 0:
    os._exit(0 if watch_before_network() else 1)
assert os.waitpid(child, 0)[1] == 0
print("all of it")
