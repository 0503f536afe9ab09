#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs a command with a terminal as its stderr, its stdout going nowhere, and prints what it wrote to the terminal."""
import os
import pty
import subprocess
import sys

ours, theirs = pty.openpty()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=theirs)
os.close(theirs)
written = b""
while True:
    try:
        octets = os.read(ours, 4096)
    except OSError:  # the other end is closed
        break
    if not octets:
        break
    written += octets
sys.stdout.write(written.decode().replace("\r", "\n"))
sys.exit(process.wait())
