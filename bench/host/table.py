#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""table.py FIGURES PLOT [DOCUMENT]: what host.py printed, as a table: the median of each tool, in brackets the least and the
most, and the ratio to slirp4netns of the medians. PLOT is an SVG of the ratios, if there is gnuplot. With DOCUMENT the table
stands in it between <!-- hosts --> and <!-- end of hosts -->, instead of being printed."""
import pathlib
import re
import shutil
import statistics
import subprocess
import sys

TOOLS = ["libsock", "slirp4netns", "pasta", "loopback"]
# What a row is called, and whether more is better.
ROWS = {
    "up-1500": ("up, MTU 1500, Gbit/s", 2),
    "down-1500": ("down, MTU 1500, Gbit/s", 2),
    "up": ("up, each tool's MTU, Gbit/s", 2),
    "down": ("down, each tool's MTU, Gbit/s", 2),
    "rr": ("request and response of one octet, a second", 0),
    "crr": ("connect, one octet each way, close, a second", 0),
    "http": ("16 at once, 1 KiB and a connection each, a second", 0),
    "memory": ("memory after 10,000 connections, MiB", 1),
}


def read(path):
    figures = {}
    for line in pathlib.Path(path).read_text().splitlines():
        if not line.startswith("#"):
            row, tool, *values = line.split()
            figures[row, tool] = [float(value) for value in values]
    return figures


def cell(values, digits):
    if not values:
        return ""
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def ratio(figures, row, tool):
    ours, theirs = figures.get((row, tool)), figures.get((row, "slirp4netns"))
    return statistics.median(ours) / statistics.median(theirs) if ours and theirs else None


def table(figures):
    lines = ["| | " + " | ".join(TOOLS) + " | libsock / slirp4netns | pasta / slirp4netns |", "|---" * (len(TOOLS) + 3) + "|"]
    for row, (title, digits) in ROWS.items():
        cells = [cell(figures.get((row, tool)), digits) for tool in TOOLS]
        ratios = [ratio(figures, row, tool) for tool in ("libsock", "pasta")]
        cells += ["" if r is None else f"{r:.2f}" for r in ratios]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def plot(figures, path):
    rows = [row for row in ROWS if ratio(figures, row, "libsock") and row != "memory"]
    if not rows or not shutil.which("gnuplot"):
        return
    tools = [tool for tool in ("libsock", "pasta") if any(ratio(figures, row, tool) for row in rows)]
    data = "".join(f'"{row}" ' + " ".join(str(ratio(figures, row, tool) or "NaN") for tool in tools) + "\n" for row in rows)
    bars = ", ".join(f"$data using {i}:xtic(1) title \"{tool}\"" for i, tool in enumerate(tools, 2))
    script = f"""set terminal svg size 800,400 font "sans,12" background "white"
set output "{path}"
set style data histograms
set style fill solid 0.8 border -1
set boxwidth 0.9
set ylabel "times slirp4netns"
set logscale y 2
set grid y
set key top right
$data << END
{data}END
plot {bars}
"""
    subprocess.run(["gnuplot"], input=script, text=True, check=True, timeout=60)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    figures = read(sys.argv[1])
    plot(figures, sys.argv[2])
    if len(sys.argv) == 3:
        print(table(figures), end="")
        return
    document = pathlib.Path(sys.argv[3])
    text = document.read_text()
    marks = r"(?s)(<!-- hosts -->\n).*?(<!-- end of hosts -->)"
    document.write_text(re.sub(marks, lambda m: f"{m[1]}\n{table(figures)}\n{m[2]}", text))


main()
