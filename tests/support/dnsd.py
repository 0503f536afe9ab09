#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A small DNS responder on 127.0.0.1, for the demo and the end-to-end tests: `dnsd.py [--forge] [--port N]
[--port-file F] RULE...`.

A rule is `name=addr` (several make several addresses), `name=TXT:text`, `alias=>name`, `name=SERVFAIL`, `name=REFUSED`,
`name=EMPTY` or `name=SILENT`. Every other name does not exist. Nothing is ever forwarded. What is too long for UDP is there
by TCP. With `--forge` the true datagrams come after others that nobody should take for answers. The port is printed, and written to F once the
socket is bound; SIGTERM ends it with status 0.
"""
import argparse
import ipaddress
import os
import signal
import socket
import struct
import sys
import threading

RCODES = {"SERVFAIL": 2, "NXDOMAIN": 3, "REFUSED": 5}
TYPE_A, TYPE_CNAME, TYPE_TXT, CLASS_IN = 1, 5, 16, 1
MAX_UDP_LEN = 512
MAX_TCP_LEN = 65535
MAX_ALIASES = 16


def parse_rules(rules):
    table = {}
    for rule in rules:
        name, _, value = rule.partition("=")
        key = name.rstrip(".").lower()
        if not key or not value:
            sys.exit(f"dnsd: not a rule: {rule}")
        if value.startswith(">"):
            table.setdefault(key, []).append((TYPE_CNAME, value[1:].rstrip(".")))
        elif value.startswith("TXT:"):
            text = value[4:].encode()
            table.setdefault(key, []).append((TYPE_TXT, bytes([len(text)]) + text))
        elif value in RCODES or value in ("EMPTY", "SILENT"):
            table.setdefault(key, []).append((value, None))
        else:
            try:
                table.setdefault(key, []).append((TYPE_A, ipaddress.IPv4Address(value).packed))
            except ValueError:
                sys.exit(f"dnsd: not a rule: {rule}")
    return table


def read_name(octets, at):
    labels = []
    while octets[at] != 0:
        n = octets[at]
        if n > 63:
            raise ValueError("a pointer or a reserved label in a question")
        labels.append(octets[at + 1:at + 1 + n].decode("latin-1"))
        at += 1 + n
    return ".".join(labels), at + 1


def write_name(name):
    return b"".join(bytes([len(p)]) + p.encode("latin-1") for p in name.split(".")) + b"\0"


def record(owner, kind, data):
    return write_name(owner) + struct.pack("!HHIH", kind, CLASS_IN, 60, len(data)) + data


def lookup(table, name, wanted):
    """The rcode, or None for silence, and the records of the wanted type."""
    records = []
    for _ in range(MAX_ALIASES):
        found = table.get(name.lower())
        if not found:
            return RCODES["NXDOMAIN"], records
        kind, value = found[0]
        if kind in RCODES:
            return RCODES[kind], []
        if kind == "SILENT":
            return None, []
        if kind != TYPE_CNAME:
            return 0, records + [record(name, k, v) for k, v in found if k == wanted]
        records.append(record(name, TYPE_CNAME, write_name(value)))
        name = value
    return 0, records


def answer(table, query, max_len=MAX_UDP_LEN):
    ident, flags, n_questions = struct.unpack("!HHH", query[:6])
    if flags & 0xf800 or n_questions != 1:
        return None
    name, at = read_name(query, 12)
    kind, klass = struct.unpack("!HH", query[at:at + 4])
    question = query[12:at + 4]
    rcode, records = lookup(table, name, kind)
    if rcode is None:
        return None
    if kind not in (TYPE_A, TYPE_TXT) or klass != CLASS_IN:
        records = []
    body = b"".join(records)
    truncated = 12 + len(question) + len(body) > max_len
    if truncated:
        records, body = [], b""
    flags = 0x8480 | (flags & 0x0100) | rcode | (0x0200 if truncated else 0)
    return struct.pack("!6H", ident, flags, 1, len(records), 0, 0) + question + body


def forgeries(query):
    """Answers that say that there is no such name: of another ID, of another name, of another type, and a query."""
    try:
        question = query[12:read_name(query, 12)[1] + 4]
    except (ValueError, IndexError):
        return []
    denial = query[:2] + struct.pack("!5H", 0x8480 | RCODES["NXDOMAIN"], 1, 0, 0, 0) + question
    return [bytes([denial[0] ^ 1]) + denial[1:], denial[:13] + bytes([denial[13] ^ 3]) + denial[14:],
            denial[:-3] + bytes([denial[-3] ^ 2]) + denial[-2:], denial[:2] + b"\0" + denial[3:], denial[:11]]


def publish(port, path):
    print(port, flush=True)
    if path:
        with open(path + ".new", "w", encoding="ascii") as f:
            f.write(f"{port}\n")
        os.replace(path + ".new", path)


def answer_any(table, query, max_len):
    """As answer(), and None for what is no query."""
    try:
        return answer(table, query, max_len)
    except (ValueError, IndexError, struct.error):
        return None


def sockets(port):
    """A UDP and a TCP one on the same port, which may be 0."""
    while True:
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        datagrams.bind(("127.0.0.1", port))
        try:
            return datagrams, socket.create_server(("127.0.0.1", datagrams.getsockname()[1]))
        except OSError:
            datagrams.close()
            if port:
                raise


def serve_streams(table, listener):
    """One query of each connection, one connection after another."""
    while True:
        with listener.accept()[0] as s, s.makefile("rb") as stream:
            reply = answer_any(table, stream.read(int.from_bytes(stream.read(2), "big")), MAX_TCP_LEN)
            if reply:
                s.sendall(len(reply).to_bytes(2, "big") + reply)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--forge", action="store_true", help="wrong answers first")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--port-file", help="where the port is written, whole or not at all")
    parser.add_argument("rules", nargs="*", metavar="RULE")
    args = parser.parse_intermixed_args()
    table = parse_rules(args.rules)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    datagrams, streams = sockets(args.port)
    threading.Thread(target=serve_streams, args=(table, streams), daemon=True).start()
    publish(datagrams.getsockname()[1], args.port_file)
    while True:
        query, client = datagrams.recvfrom(4096)
        reply = answer_any(table, query, MAX_UDP_LEN)
        for forged in forgeries(query) if args.forge else []:
            datagrams.sendto(forged, client)
        if reply:
            datagrams.sendto(reply, client)


if __name__ == "__main__":
    main()
