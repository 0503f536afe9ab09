#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run under sockrun: `preload_epoll_daemon.py PIDFILE`, a daemon that listens on port 80 and waits for it in an instance of
epoll, both made before it goes into the background. It answers each connection with what it was sent. "end" ends it."""
import os
import select
import socket
import sys

listener = socket.create_server(("", 80))
ep = select.epoll()
ep.register(listener, select.EPOLLIN)
copy = select.epoll.fromfd(os.dup(ep.fileno()))
alive, dead = os.pipe()
if os.fork() > 0:
    os._exit(0)
os.close(dead)
assert os.read(alive, 1) == b""  # the parent is gone
os.setsid()
with open(sys.argv[1], "w", encoding="ascii") as pidfile:
    print(os.getpid(), file=pidfile)
connections = {}
got = b""
while got != b"end":
    for fd, _ in copy.poll():
        if fd == listener.fileno():
            s, _ = listener.accept()
            connections[s.fileno()] = s
            ep.register(s, select.EPOLLIN | select.EPOLLONESHOT)
        else:
            with connections.pop(fd) as s:
                got = s.recv(100)
                s.sendall(got)
