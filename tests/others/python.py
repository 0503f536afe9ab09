#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Usage: python.py SOCKRUN [MODULE ...]
The network modules of CPython's own test suite, on the kernel and under sockrun --loopback=stack. Of the cases that pass on the
kernel and make AF_INET sockets, streams or of datagrams, at least 99 % have to pass; python-expected.tsv names the others
with a reason each, and a case that is named there and passes, or is not and fails, is an error. Exit status 77: Debian's
libpython3.11-testsuite, or the like, is missing."""
import json
import pathlib
import subprocess
import sys
import tempfile

MODULES = """test_socket test_select test_poll test_epoll test_selectors test_asyncore test_socketserver test_ftplib test_smtplib
test_httplib test_urllib2_localnet test_ssl test_asyncio""".split()
PYTHON = "/usr/bin/python3"
LEAST = 0.99
PATIENCE = 900  # seconds, for a module

here = pathlib.Path(__file__).resolve().parent


def run(command, module):
    """The outcomes of a module's cases, by name. One that hangs, or ends the process, is left out of the next try."""
    found, lost = {}, []
    while True:
        with tempfile.TemporaryDirectory() as work:
            out = pathlib.Path(work, "out")
            out.touch()
            try:
                subprocess.run([*command, PYTHON, here / "case_runner.py", module, out, *found, *lost], cwd=work, timeout=PATIENCE,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            except subprocess.TimeoutExpired:
                pass
            lines = [json.loads(line) for line in out.read_text().splitlines()]
        begun = None
        for line in lines:
            if line["case"] is None:
                return found
            begun = line["case"]
            if "outcome" in line:
                found[begun] = line
                begun = None
        if begun is None:
            return found
        lost.append(begun)
        found[begun] = {"case": begun, "outcome": "lost", "inet": True, "why": "it hung, or ended the process"}


def expected():
    rows = (here / "python-expected.tsv").read_text().splitlines()[1:]
    return dict(row.split("\t") for row in rows)


def main():
    if subprocess.run([PYTHON, "-c", "import test.test_socket"], stderr=subprocess.DEVNULL).returncode:
        print("skipped: no test suite of CPython's (Debian: libpython3.11-testsuite)")
        sys.exit(77)
    sockrun, modules = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:] or MODULES
    known, wrong, passed, counted = expected(), [], 0, 0
    for module in modules:
        kernel, ours = run([], module), run([sockrun, "--loopback=stack", "--"], module)
        good = [case for case, line in kernel.items() if line["outcome"] == "ok"]
        inet = [case for case in good if kernel[case]["inet"]]
        # Without AF_INET, a case may find that there is no IPv6, or the like.
        fine = {case for case, line in ours.items() if line["outcome"] == "ok" or (line["outcome"] == "skip" and case not in inet)}
        bad = [case for case in good if case not in fine]
        counted += len(inet)
        passed += len([case for case in inet if case not in bad])
        print(f"{module}: {len(good)} pass on the kernel, {len(inet)} of these with AF_INET; here {len(bad)} of them do not")
        wrong += [f"{case}: {ours.get(case, {'why': 'missing'})['why'].splitlines()[:1]}" for case in bad if case not in known]
        wrong += [f"{case}: it passes" for case in good if case in known and case not in bad]
    share = passed / counted if counted else 0
    print(f"{passed} of {counted} cases with AF_INET pass: {100 * share:.2f} %")
    print("\n".join(wrong))
    sys.exit(bool(wrong) or share < LEAST)


main()
