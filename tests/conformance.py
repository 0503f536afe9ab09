#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What the RFCs ask for, and what holds it: docs/conformance.md from the tables tests/rfc*.tsv.

A row names the tests that hold it, in `held`: tests by their names, or files, such as those that audit every test. A
note says what is left out: "deviation: ..." with what overrides the rule, "superseded: ..." with the later rule in its
place, "open: ..." with what is missing, "not taken" or "taken" of what is left to us, "programs: ..." of what is not
ours.

Without arguments: fails when a row names a test that is not there, or the document is not what would be written.
--write: writes it.
"""
import collections
import pathlib
import re
import sys

tests = pathlib.Path(__file__).resolve().parent
document = tests.parent / "docs" / "conformance.md"
KINDS = ("deviation:", "superseded:", "open:", "programs:", "not taken", "taken")
# Of RFCs other than RFC 9293: what they are about, and the table.
OTHERS = (("TCP", "rfc-tcp-requirements.tsv"), ("IP", "rfc-ip-requirements.tsv"))
STATUSES = ("held", "deviation", "superseded", "open", "choice")


def known_tests():
    found = {}
    for path in sorted(tests.rglob("*.c")):
        for name in re.findall(r"^(?:SCRIPT|START_TEST|WAKE_TEST)\((\w+)\)", path.read_text(), re.M):
            found.setdefault(name, path.relative_to(tests).with_suffix("").as_posix())
    return found


def rows_of(table):
    head, *lines = (tests / table).read_text().splitlines()
    names = head.split("\t")
    return [dict(zip(names, line.split("\t"), strict=True)) for line in lines]


def status_of(row):
    note = row["note"]
    if note.startswith("deviation:"):
        return "deviation"
    if note.startswith("superseded:"):
        return "superseded"
    if note.startswith("open:"):
        return "open"
    if note.startswith(("programs:", "not taken")):
        return "choice"
    return "held"


def check(row, known):
    wrong = [name for name in row["held"].split() if name not in known and not (tests.parent / name).is_file()]
    if wrong:
        sys.exit(f"{row['id']}: no test is called {' '.join(wrong)}")
    if not row["held"] and not row["note"].startswith(KINDS[:5]):
        sys.exit(f"{row['id']}: nothing holds it, and the note does not say why")


def cell(text):
    return text.replace("|", "\\|")


def held_by(row, known):
    return ", ".join(f"`{known[name]}` {name}" if name in known else f"`{name}`" for name in row["held"].split())


def summary(rows, *columns):
    counts = collections.defaultdict(collections.Counter)
    for row in rows:
        counts[tuple(row[column] for column in columns)][status_of(row)] += 1
    names = list(columns) + ["rows", "held", "deviation", "superseded", "open", "left to us, or to programs"]
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    for values, count in counts.items():
        cells = list(values) + [str(sum(count.values()))] + [str(count[status]) for status in STATUSES]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def table(rows, columns, known):
    lines = ["| " + " | ".join(columns) + " | held by | note |", "|" + "---|" * (len(columns) + 2)]
    for row in rows:
        cells = [cell(row[column]) for column in columns]
        lines.append("| " + " | ".join(cells + [held_by(row, known), cell(row["note"])]) + " |")
    return lines


def others(subject, name, known):
    """The section of a table of several RFCs, whose notes say nothing but what is left out or taken."""
    rows = rows_of(name)
    for row in rows:
        check(row, known)
        if row["note"] and not row["note"].startswith(KINDS):
            sys.exit(f"{row['id']}: the note is of no kind that there is")
    lines = ["", f"## Other RFCs on {subject}", ""]
    lines += summary(rows, "level") + [""]
    lines += summary(sorted(rows, key=lambda row: int(row["rfc"][3:])), "rfc", "level") + [""]
    return lines + table(rows, ["id", "level", "section", "text"], known)


def write():
    known = known_tests()
    requirements = rows_of("rfc9293-requirements.tsv")
    events = rows_of("rfc9293-events.tsv")
    for row in requirements + events:
        check(row, known)
    lines = ["# Conformance", "",
             "What the RFCs ask of us, and the tests that hold it. `tests/conformance.py --write` makes this from the tables",
             "`tests/rfc*.tsv`; `make check` finds a row whose test is gone. A note says where we do something else, where a later",
             "rule is in the place of this one, or what is missing; of what an RFC leaves to us it says `taken` or `not taken`.",
             "", "## RFC 9293: requirements", ""]
    lines += summary(requirements, "level") + [""]
    lines += table(requirements, ["id", "section", "text"], known)
    lines += ["", "## RFC 9293 3.10: events", ""]
    lines += summary(events, "event") + [""]
    lines += table(events, ["id", "event", "state", "text"], known)
    for subject, name in OTHERS:
        lines += others(subject, name, known)
    return "\n".join(lines) + "\n"


def main():
    text = write()
    if sys.argv[1:] == ["--write"]:
        document.write_text(text)
    elif sys.argv[1:]:
        sys.exit(__doc__)
    elif not document.is_file() or document.read_text() != text:
        sys.exit("docs/conformance.md is not what tests/conformance.py --write makes of the tables")


main()
