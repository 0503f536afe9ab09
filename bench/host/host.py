#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""host.py ASK SOCKRUN [ROUNDS]: programs on a network without privileges: under sockrun, slirp4netns, pasta, and on the
kernel's loopback. Rounds are interleaved: each has every row with every tool. Prints a line for each row and tool: its
name, that of the tool, and the figures of all rounds.

Runs itself in namespaces of its own (unshare): all servers are on the 127.0.0.1 there, nothing else is reached, and no
process outlives it. A
tool that is not installed, or that the system does not let run, is left out. Every process ends by itself (timeout).
"""
import json
import os
import shutil
import subprocess
import sys
import time

# Milliseconds that each measurement takes; iperf3 knows seconds.
MS = int(os.environ.get("MS", "2000"))
N_CONNECTIONS = 10000
LIMIT = 120  # seconds that anything may take
GATEWAY = "192.0.2.1"  # pasta's, which is the host's loopback

# Name, what is run, and the MTU; None: the tool's own.
ROWS = [
    ("up-1500", "iperf", 1500),
    ("down-1500", "iperf -R", 1500),
    ("up", "iperf", None),
    ("down", "iperf -R", None),
    ("rr", "rr", None),
    ("crr", "crr", None),
    ("http", "http", None),
    ("memory", "count", None),
]


def high_water(pid):
    """KiB of memory that a process had at most."""
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


class Loopback:
    name = "loopback"
    address = "127.0.0.1"

    def __init__(self, mtu):
        self.mtu = mtu

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def command(self, command):
        return command

    def memory(self, own, _process):
        return own


class Libsock(Loopback):
    name = "libsock"
    address = "10.0.2.2"
    sockrun = None

    def command(self, command):
        return [self.sockrun] + (["--mtu", str(self.mtu)] if self.mtu else []) + ["--"] + command


class Slirp4netns(Loopback):
    name = "slirp4netns"
    address = "10.0.2.2"

    def __enter__(self):
        self.guest = subprocess.Popen(
            ["unshare", "-rn", "sh", "-c", f"echo; exec sleep {LIMIT}"], stdout=subprocess.PIPE)
        self.guest.stdout.readline()
        ready, told = os.pipe()
        self.daemon = subprocess.Popen(
            ["slirp4netns", "--configure", f"--mtu={self.mtu or 65520}", f"--ready-fd={told}", str(self.guest.pid), "tap0"],
            pass_fds=[told], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(told)
        with os.fdopen(ready) as pipe:
            if not pipe.read(1):
                raise OSError("slirp4netns does not start")
        return self

    def __exit__(self, *_):
        for process in self.daemon, self.guest:
            process.terminate()
            process.wait()

    def command(self, command):
        return ["nsenter", "-t", str(self.guest.pid), "-U", "-n", "--preserve-credentials"] + command

    def memory(self, _own, _process):
        return high_water(self.daemon.pid)


class Pasta(Loopback):
    name = "pasta"
    address = GATEWAY

    def command(self, command):
        return ["pasta", "-q", "-f", "--config-net", "-m", str(self.mtu or 65520), "--"] + command

    def memory(self, _own, process):
        """What runs behind `timeout` is pasta."""
        with open(f"/proc/{process.pid}/task/{process.pid}/children") as children:
            return high_water(int(children.read().split()[0]))


def iperf(tool, port, reverse):
    command = ["iperf3", "-J", "-c", tool.address, "-p", str(port), "-t", str(max(1, MS // 1000))] + reverse
    done = subprocess.run(["timeout", str(LIMIT)] + tool.command(command), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    return json.loads(done.stdout)["end"]["sum_received"]["bits_per_second"] / 1e9


def ask(tool, program, port, what):
    amount = N_CONNECTIONS if what == "count" else MS
    command = [program, what, tool.address, str(port), str(amount)]
    with subprocess.Popen(["timeout", "--foreground", str(LIMIT)] + tool.command(command), text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        value = float(process.stdout.readline())
        return tool.memory(value, process) / 1024 if what == "count" else value


def measure(tool, row, program, ports):
    what = row[1].split()
    if what[0] == "iperf":
        return iperf(tool, ports["iperf"], what[1:])
    return ask(tool, program, ports["ask"], what[0])


def start_servers(program):
    """The ports of iperf3 and of ours."""
    seconds = str(3600)
    server = subprocess.Popen(["timeout", seconds, program, "serve"], stdout=subprocess.PIPE, text=True)
    ports = {"ask": int(server.stdout.readline()), "iperf": 5201}
    servers = [server]
    if shutil.which("iperf3"):
        servers.append(subprocess.Popen(["timeout", seconds, "iperf3", "-s", "-B", "127.0.0.1"], stdout=subprocess.DEVNULL))
    time.sleep(0.5)
    return servers, ports


def enter_namespaces():
    if os.environ.get("ALONE"):
        return
    os.environ["ALONE"] = "1"
    shell = (f"ip link set lo up; ip tuntap add d0 mode tap && ip addr add 192.0.2.2/24 dev d0 && ip link set d0 up && "
             f"ip route add default via {GATEWAY}; exec \"$@\"")
    os.execvp("unshare", ["unshare", "-rnpf", "--mount-proc", "--kill-child", "sh", "-c", shell, "sh", sys.executable] + sys.argv)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    enter_namespaces()
    program, Libsock.sockrun = (os.path.abspath(path) for path in sys.argv[1:3])
    n_rounds = int(sys.argv[3]) if len(sys.argv) == 4 else 5
    tools = [Libsock, Loopback] + [t for t in (Slirp4netns, Pasta) if shutil.which(t.name)]
    rows = [row for row in ROWS if not row[1].startswith("iperf") or shutil.which("iperf3")]
    figures = {}
    servers, ports = start_servers(program)
    for n in range(n_rounds):
        for row in rows:
            for tool in tools[n % len(tools):] + tools[:n % len(tools)]:
                try:
                    with tool(row[2]) as running:
                        value = measure(running, row, program, ports)
                except (OSError, ValueError, KeyError, IndexError) as problem:
                    print(f"host.py: {row[0]} {tool.name}: {problem!r}", file=sys.stderr)
                    continue
                figures.setdefault((row[0], tool.name), []).append(value)
    for server in servers:
        server.terminate()
    print("# row tool figures: Gbit/s, operations per second, MiB")
    for row in rows:
        for tool in tools:
            if (row[0], tool.name) in figures:
                print(row[0], tool.name, *(f"{v:.2f}" for v in figures[row[0], tool.name]), flush=True)


main()
