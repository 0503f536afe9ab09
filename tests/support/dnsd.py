#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A small DNS responder on 127.0.0.1, for the demo and the end-to-end tests: `dnsd.py [--port N] [--port-file F] RULE...`.

A rule is `name=addr` (several make several addresses), `alias=>name`, `name=SERVFAIL`, `name=REFUSED`, `name=EMPTY` or
`name=SILENT`. Every other name does not exist. Nothing is ever forwarded. The port is printed, and written to F once the
socket is bound; SIGTERM ends it with status 0.
"""
import argparse
import ipaddress
import os
import signal
import socket
import struct
import sys

RCODES = {"SERVFAIL": 2, "NXDOMAIN": 3, "REFUSED": 5}
TYPE_A, TYPE_CNAME, CLASS_IN = 1, 5, 1
MAX_UDP_LEN = 512
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


def lookup(table, name):
    """The rcode, or None for silence, and the records."""
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
            return 0, records + [record(name, TYPE_A, v) for k, v in found if k == TYPE_A]
        records.append(record(name, TYPE_CNAME, write_name(value)))
        name = value
    return 0, records


def answer(table, query):
    ident, flags, n_questions = struct.unpack("!HHH", query[:6])
    if flags & 0xf800 or n_questions != 1:
        return None
    name, at = read_name(query, 12)
    kind, klass = struct.unpack("!HH", query[at:at + 4])
    question = query[12:at + 4]
    rcode, records = lookup(table, name)
    if rcode is None:
        return None
    if (kind, klass) != (TYPE_A, CLASS_IN):
        records = []
    body = b"".join(records)
    truncated = 12 + len(question) + len(body) > MAX_UDP_LEN
    if truncated:
        records, body = [], b""
    flags = 0x8480 | (flags & 0x0100) | rcode | (0x0200 if truncated else 0)
    return struct.pack("!6H", ident, flags, 1, len(records), 0, 0) + question + body


def publish(port, path):
    print(port, flush=True)
    if path:
        with open(path + ".new", "w", encoding="ascii") as f:
            f.write(f"{port}\n")
        os.replace(path + ".new", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--port-file", help="where the port is written, whole or not at all")
    parser.add_argument("rules", nargs="*", metavar="RULE")
    args = parser.parse_intermixed_args()
    table = parse_rules(args.rules)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", args.port))
        publish(s.getsockname()[1], args.port_file)
        while True:
            query, client = s.recvfrom(4096)
            try:
                reply = answer(table, query)
            except (ValueError, IndexError, struct.error):
                continue
            if reply:
                s.sendto(reply, client)


if __name__ == "__main__":
    main()
