#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""many.py PORT AT_ONCE IN_TURN: connections of one process to an echo server of the host's, as port PORT of 10.0.2.2: so
many at once, or as many as its descriptors allow, then so many one after another, each closed here first. Says how many
there were; none may fail, and nothing of them may be left.

many.py serve: the server, which says its port."""
import asyncio
import os
import resource
import socket
import sys
import time

SPARE = 200  # descriptors that are no connection's
SETTLED = 1000  # connections, after which nothing grows any more
GROWTH = 8192  # KiB of memory, all the same


def all_descriptors():
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


async def echo(reader, writer):
    try:
        while data := await reader.read(4096):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()


async def serve():
    all_descriptors()
    server = await asyncio.start_server(echo, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def ask(connection):
    connection.sendall(b"?")
    if connection.recv(1) != b"?":
        sys.exit("no answer")


def n_descriptors():
    return len(os.listdir("/proc/self/fd"))


def n_threads():
    return len(os.listdir("/proc/self/task"))


def at_once(address, n):
    connections = [socket.create_connection(address) for _ in range(n)]
    for connection in connections:
        ask(connection)
    for connection in connections:
        connection.close()


def in_turn(address, n):
    """Closed first by us: each waits in TIME-WAIT, of both stacks."""
    for i in range(n):
        with socket.create_connection(address) as connection:
            ask(connection)
        if i == SETTLED:
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if n > SETTLED:
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
        if grown > GROWTH:
            sys.exit(f"{grown} KiB more memory")


def settle(address, before):
    """What the server still has to close, it closes meanwhile."""
    for _ in range(200):
        with socket.create_connection(address) as connection:
            ask(connection)
        if n_descriptors() <= before:
            return
        time.sleep(0.05)
    sys.exit(f"descriptors: {before} before, {n_descriptors()} after")


def main():
    if sys.argv[1] == "serve":
        asyncio.run(serve())
        return
    address = ("10.0.2.2", int(sys.argv[1]))
    n_first = min(int(sys.argv[2]), (all_descriptors() - SPARE) // 2)
    n_then = int(sys.argv[3])
    in_turn(address, 1)
    before = n_descriptors()
    in_turn(address, n_then)
    settle(address, before + 2)
    at_once(address, n_first)
    settle(address, before + 2)
    if n_threads() != 1:
        sys.exit(f"{n_threads()} threads")
    print(n_first, n_then)


main()
