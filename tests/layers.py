#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Holds the sources against the house's plan, docs/architecture.md:

* an include and a use of a function go down, base < wire < proto < net < api < compat, never up;
* link/ and port/ stand beside, on base/, wire/ and their own interface;
* the simulator's product (sim/) is a program over the house: it sees the public headers, as a user's would, and its own;
* a board (compat/board_*.c) puts it all together, and includes what it likes;
* the core's objects need four functions of the C library, and the port's sk_panic;
* the examples do what RFC 9293 asks of new programs;
* every file says under which license it is.

Run by `make check` in the build directory, with `srcdir` and `NM` in the environment.
"""
import os
import pathlib
import re
import subprocess
import sys

LAYERS = ["base", "wire", "proto", "net", "api", "compat"]
CORE = LAYERS[:-1]
# The public header speaks for net/ and api/ and shows nothing of them.
PUBLIC = "libsock.h"
# What the layers beside the house may include, besides base/, wire/ and their own directory.
BESIDE = {
    "link": set(),
    "port": {PUBLIC, "link/link.h", "link/own_fds.h", "link/own_poll.h", "link/own_signals.h"},
}
# The interfaces that the shim meets beside the house.
INTERFACES = {"port/port.h", "link/link.h", "link/loopback.h", "link/own_calls.h", "link/own_fds.h", "link/own_signals.h"}
# What libsock-sim is made of: all of it is installed, and its functions are exported, so that it links with libsock.so.
FROM_SIM = {PUBLIC, "compat/compat.h", "link/pair.h", "link/pcap.h", "port/sim.h"}
FROM_C = {"memcpy", "memmove", "memset", "memcmp"}
FROM_PORT = {"sk_panic"}
# bcmp: what clang makes of memcmp where a system has it.
FROM_COMPILER = {"_GLOBAL_OFFSET_TABLE_", "__stack_chk_fail", "bcmp"}

src = pathlib.Path(os.environ.get("srcdir", "."))
errors = []



def may_include(path, name):
    if path.parts[0] == "sim":
        return name in FROM_SIM or name.startswith("sim/")
    layer = path.parts[0] if path.parts[0] == "compat" else path.parts[1]
    target = name.split("/")[0]
    if path.name.startswith("board_"):
        return True
    if target == layer:
        return True
    if layer in BESIDE:
        return target in ("base", "wire") or name in BESIDE[layer]
    if name == PUBLIC:
        return LAYERS.index(layer) >= LAYERS.index("net")
    if name in INTERFACES and LAYERS.index(layer) >= LAYERS.index("net"):
        return True
    if layer not in LAYERS or target not in LAYERS:
        return False
    return LAYERS.index(target) <= LAYERS.index(layer)


def check_includes():
    for path in sorted(p for d in ("libsock", "compat", "sim") for p in (src / d).rglob("*.[ch]")):
        short = path.relative_to(src)
        if len(short.parts) == 2 and short.parts[0] == "libsock":
            continue
        for n, line in enumerate(path.read_text().splitlines(), 1):
            m = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if m and not may_include(short, m.group(1)):
                errors.append(f"{short}:{n}: may not include {m.group(1)}")


def symbols(path, *options):
    nm = os.environ.get("NM", "nm").split()
    out = subprocess.run(nm + list(options) + [path], check=True, capture_output=True, text=True)
    return {line.split()[-1] for line in out.stdout.splitlines() if line.strip()}


def core_objects():
    for layer in CORE:
        for path in sorted(pathlib.Path("libsock", layer).rglob("*.o")):
            if ".libs" not in path.parts:
                yield layer, path


def check_symbols():
    objects = list(core_objects())
    objects += [("base", path) for path in pathlib.Path("libsock/link").glob("loopback.o")]
    if not objects:
        errors.append("there is no object of the core in this directory")
    home = {s: layer for layer, path in objects for s in symbols(path, "-g", "--defined-only")}
    for layer, path in objects:
        for s in sorted(symbols(path, "-u") - FROM_C - FROM_PORT - FROM_COMPILER):
            if s not in home:
                errors.append(f"{path}: needs {s}, which is not in the core")
            elif CORE.index(home[s]) > CORE.index(layer):
                errors.append(f"{path}: calls up, {s} is in {home[s]}/")


def check_product():
    """The header for users brings no name of the core's with it: it includes none of ours."""
    path = src / "sim" / "libsock-sim.h"
    for n, line in enumerate(path.read_text().splitlines(), 1):
        if re.match(r'\s*#\s*include\s+"', line):
            errors.append(f"sim/libsock-sim.h:{n}: includes a header of the project's")


def check_licenses():
    files = [p for d in ("libsock", "compat", "sim", "include", "examples", "firmware", "tests", "bench")
             for p in (src / d).rglob("*") if p.suffix in (".c", ".h", ".S", ".ld", ".sh", ".py", ".mk")]
    for path in sorted(files):
        head = "".join(path.read_text().splitlines(keepends=True)[:2])
        if "SPDX-License-Identifier: BSD-3-Clause" not in head:
            errors.append(f"{path.relative_to(src)}: no SPDX line at its beginning")


def check_examples():
    """RFC 9293 SHLD-13, SHLD-23: new programs use no urgent data, and keep the type of service of a connection."""
    for path in sorted((src / "examples").glob("*.[ch]")):
        for name in re.findall(r"\b(?:MSG_OOB|SK_OP_URGENT|IP_TOS|SK_TOS)\b", path.read_text()):
            errors.append(f"{path.relative_to(src)}: uses {name}")


check_includes()
check_symbols()
check_examples()
check_product()
check_licenses()
for error in errors:
    print(error)
sys.exit(1 if errors else 0)
