# SPDX-License-Identifier: BSD-3-Clause
"""Usage: memcached_client.py ADDRESS PORT: keeps parts of its standard input there, and gets them back, over TCP and UDP."""
import socket
import struct
import sys

N_VALUES, VALUE_LEN, DATAGRAM_LEN = 8, 500000, 1000

octets = sys.stdin.buffer.read()
address = (sys.argv[1], int(sys.argv[2]))
with socket.create_connection(address) as s:
    stream = s.makefile("rb")
    for i in range(N_VALUES):
        value = octets[i * VALUE_LEN:(i + 1) * VALUE_LEN]
        s.sendall(b"set key%d 0 0 %d\r\n%s\r\n" % (i, len(value), value))
        assert stream.readline() == b"STORED\r\n"
    s.sendall(b"get %s\r\n" % b" ".join(b"key%d" % i for i in range(N_VALUES)))
    for i in range(N_VALUES):
        value = octets[i * VALUE_LEN:(i + 1) * VALUE_LEN]
        assert stream.readline() == b"VALUE key%d 0 %d\r\n" % (i, len(value))
        assert stream.read(len(value) + 2) == value + b"\r\n"
    assert stream.readline() == b"END\r\n"
    s.sendall(b"set small 0 0 %d\r\n%s\r\n" % (DATAGRAM_LEN, octets[:DATAGRAM_LEN]))
    assert stream.readline() == b"STORED\r\n"

# A request's number, a datagram's, how many there are, and 0.
with socket.socket(type=socket.SOCK_DGRAM) as s:
    s.settimeout(20)
    s.sendto(struct.pack("!4H", 7, 0, 1, 0) + b"get small\r\n", address)
    wanted = b"VALUE small 0 %d\r\n%s\r\nEND\r\n" % (DATAGRAM_LEN, octets[:DATAGRAM_LEN])
    assert s.recv(65536) == struct.pack("!4H", 7, 0, 1, 0) + wanted
print("all of it")
