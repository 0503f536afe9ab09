# SPDX-License-Identifier: BSD-3-Clause
"""full_pipe.py PROGRAM ARGUMENT ...: SIGTERM ends the program while it writes to a pipe that nobody reads."""
import array
import fcntl
import signal
import subprocess
import sys
import termios
import time


def waiting(pipe):
    octets = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, octets)
    return octets[0]


child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
seen, same = 0, 0
while same < 50 and child.poll() is None:
    time.sleep(0.01)
    now = waiting(child.stdout)
    same = same + 1 if now == seen and now > 0 else 0
    seen = now
child.send_signal(signal.SIGTERM)
status = child.wait(timeout=60)
if status != -signal.SIGTERM:
    sys.exit(f"{sys.argv[1]}: status {status}")
