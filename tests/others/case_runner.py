#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Usage: case_runner.py MODULE OUT [SKIPPED ...]
Runs the cases of a test module of CPython's, but for those that are named, and appends a line of JSON to OUT when one begins
and when it ends: its name, its outcome, and whether it made a socket of AF_INET, a stream or of datagrams. A case that takes
longer than PATIENCE ends the process."""
import faulthandler
import json
import socket
import sys
import unittest

from test import support

PATIENCE = 120  # seconds
PROTOCOLS = (-1, 0, socket.IPPROTO_TCP, socket.IPPROTO_UDP)

module, out, skipped = sys.argv[1], open(sys.argv[2], "a", buffering=1), set(sys.argv[3:])
makes_inet = False


def audit(event, args):
    global makes_inet
    if event == "socket.__new__":
        family, kind, protocol = args[1:4]
        makes_inet |= family == socket.AF_INET and kind & 0xF in (socket.SOCK_STREAM, socket.SOCK_DGRAM) and protocol in PROTOCOLS


class Recorder(unittest.TestResult):
    outcome = "ok"

    def startTest(self, test):
        global makes_inet
        super().startTest(test)
        makes_inet = False
        self.outcome = "ok"
        self.why = ""
        out.write(json.dumps({"case": test.id()}) + "\n")
        faulthandler.dump_traceback_later(PATIENCE, exit=True)

    def stopTest(self, test):
        super().stopTest(test)
        faulthandler.cancel_dump_traceback_later()
        out.write(json.dumps({"case": test.id(), "outcome": self.outcome, "inet": makes_inet, "why": self.why}) + "\n")

    def fails(self, err):
        self.outcome = "fail"
        self.why = f"{err[0].__name__}: {err[1]}"[:200]

    def addError(self, test, err):
        super().addError(test, err)
        if hasattr(test, "id") and isinstance(test, unittest.TestCase):
            self.fails(err)
        else:  # of a class or of the module, before any case
            out.write(json.dumps({"case": str(test), "outcome": "fail", "inet": True, "why": str(err[1])[:200]}) + "\n")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.fails(err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.outcome = "skip"

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.fails(err)

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self.outcome = "ok"


def cases(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from cases(test)
        elif test.id() not in skipped:
            yield test


# test_socketserver asks for the network, and means this machine's.
support.use_resources = ["network"] if module == "test_socketserver" else []
sys.addaudithook(audit)
loaded = unittest.defaultTestLoader.loadTestsFromName(f"test.{module}")
unittest.TestSuite(cases(loaded)).run(Recorder())
out.write(json.dumps({"case": None}) + "\n")
