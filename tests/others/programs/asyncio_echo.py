# SPDX-License-Identifier: BSD-3-Clause
"""Usage: asyncio_echo.py serve|ask ADDRESS PORT: an echo of streams and datagrams, and what asks it with its standard input."""
import asyncio
import signal
import sys

N_STREAMS, N_DATAGRAMS = 20, 50


async def echo(reader, writer):
    while octets := await reader.read(65536):
        writer.write(octets)
        await writer.drain()
    writer.close()
    await writer.wait_closed()


class EchoDatagrams(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.transport.sendto(data, addr)


class Answers(asyncio.DatagramProtocol):
    def __init__(self):
        self.queue = asyncio.Queue()

    def datagram_received(self, data, addr):
        self.queue.put_nowait(data)


async def serve(address, port):
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(EchoDatagrams, (address, port))
    await asyncio.start_server(echo, address, port)
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()


async def ask_stream(address, port, octets):
    reader, writer = await asyncio.open_connection(address, port)

    async def send():
        writer.write(octets)
        await writer.drain()
        writer.write_eof()

    _, got = await asyncio.gather(send(), reader.read())
    writer.close()
    assert got == octets, f"{len(got)} octets of {len(octets)}"


async def ask_datagrams(address, port, octets):
    loop = asyncio.get_running_loop()
    transport, answers = await loop.create_datagram_endpoint(Answers, remote_addr=(address, port))
    for i in range(N_DATAGRAMS):
        sent = octets[i * 1000:(i + 1) * 1000]
        transport.sendto(sent)
        assert await asyncio.wait_for(answers.queue.get(), 20) == sent
    transport.close()


async def ask(address, port):
    octets = sys.stdin.buffer.read()
    part = len(octets) // N_STREAMS
    await asyncio.gather(ask_datagrams(address, port, octets), ask_stream(address, port, octets),
                         *(ask_stream(address, port, octets[i * part:(i + 1) * part]) for i in range(N_STREAMS)))
    print("all of it")


asyncio.run({"serve": serve, "ask": ask}[sys.argv[1]](sys.argv[2], int(sys.argv[3])))
