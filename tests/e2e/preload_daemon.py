#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run under sockrun: `preload_daemon.py PIDFILE`, a daemon that listens on port 80 first, then goes into the background, and
answers each connection with what it was sent. "end" ends it."""
import os
import socket
import sys

listener = socket.create_server(("", 80))
if os.fork() > 0:
    os._exit(0)
os.setsid()
with open(sys.argv[1], "w", encoding="ascii") as pidfile:
    print(os.getpid(), file=pidfile)
for number in range(3):
    os.close(number)
while True:
    s, _ = listener.accept()
    with s:
        got = s.recv(100)
        s.sendall(got)
    if got == b"end":
        sys.exit(0)
