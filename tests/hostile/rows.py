#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every row of hostile-inputs.tsv has a test that is named by it, and every test names a row that there is."""
import pathlib
import re
import sys

here = pathlib.Path(__file__).resolve().parent
table = here.parent.joinpath("hostile-inputs.tsv").read_text().splitlines()[1:]
rows = {line.split("\t")[0] for line in table}
tested = {}
for path in here.parent.rglob("*.c"):
    text = path.read_text()
    for name, kind, number in re.findall(r"(?:START_TEST|SCRIPT)\((hostile_([A-Z]+)_(\d+)\w*)\)", text):
        tested.setdefault(f"{kind}-{number}", []).append(f"{path.name}:{name}")
        if len(re.findall(rf"\b{name}\b", text)) < 2:
            sys.exit(f"{path}: {name} is not in the list of tests that run")
missing = sorted(rows - tested.keys())
strangers = sorted(tested.keys() - rows)
if missing or strangers:
    sys.exit(f"rows without a test: {missing}; tests without a row: {strangers}")
print(f"{len(rows)} rows, {sum(map(len, tested.values()))} tests")
