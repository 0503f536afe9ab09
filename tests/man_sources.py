#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Holds the manual pages against the sources:

* what a SYNOPSIS declares, a header declares with the same arguments, and what is public there is in a SYNOPSIS;
* libsock(7) has each LIBSOCK_ variable that is read, and each line that the board over libslirp says, and no other
  variable;
* libsock(3) has each error with its errno, each option and each member of the configuration, libsock-sim(3) each result
  and each member of a wire.
"""
import os
import pathlib
import re
import sys

src = pathlib.Path(os.environ.get("srcdir", "."))
errors = []

# The headers behind each page, and those of them whose functions must all be there.
PAGES = {
    "libsock.3": (["libsock/libsock.h", "compat/compat.h", "libsock/base/err.h", "libsock/base/addr.h",
                   "libsock/wire/drop.h"], ["libsock/libsock.h", "compat/compat.h"]),
    "libsock-sim.3": (["sim/libsock-sim.h"], ["sim/libsock-sim.h"]),
}
POSIX_CALLS = "/* ---- The POSIX calls ---- */"  # of compat.h: they have manual pages of their own


def read(name):
    return (src / name).read_text()


def squeeze(text):
    text = " ".join(text.split())
    return re.sub(r"\s*([*(),])\s*", r"\1", text)


def declared(text):
    """The functions, types of functions and macros with arguments of a header: {name: declaration}."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    found = {name: squeeze(f"{name}({arguments})")
             for name, arguments in re.findall(r"^#define ((?:sk|libsock)_\w+)\((.*?)\)", text, flags=re.M)}
    text = re.sub(r"^#(?:.*\\\n)*.*$", "", text, flags=re.M).replace('extern "C" {', "")
    while "{" in text:
        text = re.sub(r"\{[^{}]*\}", ";", text)
    for declaration in text.split(";"):
        declaration = squeeze(re.sub(r"\)\s*[A-Z_]+\s*$", ")", declaration))
        match = re.match(r"[\w *]*?\b((?:sk|libsock)_\w+)\(.*\)$", declaration)
        if match:
            found[match.group(1)] = declaration
    return found


def arguments_of(line):
    """Of a macro: words, or several in quotes."""
    return [quoted or word for quoted, word in re.findall(r'"([^"]*)"|(\S+)', line)][1:]


def section(page, title):
    match = re.search(rf"^\.Sh {title}\n(.*?)(?=^\.Sh |\Z)", page, flags=re.M | re.S)
    return match.group(1) if match else ""


def synopsis(page):
    """As declared()."""
    found = {}
    result, name, arguments = "", "", []
    for line in section(page, "SYNOPSIS").splitlines():
        words = arguments_of(line)
        if line.startswith(".Ft "):
            result = words[0]
        elif line.startswith(".Fa "):
            arguments += words
        elif line.startswith((".Fn ", ".Fo ")):
            name, arguments = words[0], words[1:]
        if line.startswith((".Fn ", ".Fc")):
            found[name] = squeeze(f"{result} {name}({','.join(arguments)})")
            result = ""
    return found


def check_synopsis(page, headers, whole):
    found = synopsis(read(f"man/{page}"))
    known = {}
    for header in headers:
        known.update(declared(read(header)))
    for name, declaration in found.items():
        if known.get(name) != declaration:
            errors.append(f"{page}: {declaration}: the headers have {known.get(name, 'none')}")
    for header in whole:
        own = declared(read(header).split(POSIX_CALLS)[0])
        # Types of functions that are called back are in the text where they are of use.
        for name in (n for n, d in own.items() if not d.startswith("typedef ") and n not in found):
            errors.append(f"{page}: {name} of {header} is not in the SYNOPSIS")
    if not found:
        errors.append(f"{page}: there is no SYNOPSIS")


def same(page, what, said, there):
    for name in sorted(there - said):
        errors.append(f"{page}: {what} {name} is missing")
    for name in sorted(said - there):
        errors.append(f"{page}: there is no {what} {name}")
    if not there:
        errors.append(f"{page}: the sources have no {what}")


def check_variables():
    page = read("man/libsock.7")
    board = read("compat/board_settings.c") + read("compat/board_slirp.c")
    there = set(re.findall(r'^    \{ "(LIBSOCK_\w+)", take_', board, flags=re.M))
    same("libsock.7", "variable", set(re.findall(r"^\.It Ev (LIBSOCK_\w+)$", section(page, "ENVIRONMENT"), flags=re.M)),
         there)
    same("libsock.7", "variable", set(re.findall(r"\bLIBSOCK_[A-Z]\w*", page)), there)
    for said in re.findall(r'\bsettings_say\("([^"%]*)"\)', board):
        if f"libsock: {said}" not in page:
            errors.append(f"libsock.7: DIAGNOSTICS have no '{said}'")


def check_errors():
    page = section(read("man/libsock.3"), "ERRORS")
    table = dict(re.findall(r"\[(SK_\w+)\] *= (E\w+)", read("compat/errno.c")))
    names = set(re.findall(r"\b(SK_\w+)", body(read("libsock/base/err.h"), "enum sk_err {"))) - {"SK_OK", "SK_N_ERRS"}
    same("libsock.3", "error", set(table), names)
    said = dict(re.findall(r"^\.It Dv (SK_\w+) Pq Er (E\w+)$", page, flags=re.M))
    same("libsock.3", "error", {f"{k} ({v})" for k, v in said.items()}, {f"{k} ({v})" for k, v in table.items()})


def body(text, opening):
    """What is between the braces, without comments."""
    text = text[text.index(opening):]
    return re.sub(r"/\*.*?\*/", "", text[:text.index("\n};")], flags=re.S)


def check_enumerators(page, header, opening):
    names = set(re.findall(r"\b(SK_\w+)", body(read(header), opening))) - {"SK_N_OPTIONS"}
    same(page, opening[:-2], names & set(re.findall(r"\bSK_\w+", read(f"man/{page}"))), names)


def check_members(page, header, opening):
    names = set(re.findall(r"\b(\w+)(?:\[\w+\])?;", body(read(header), opening)))
    listed = " ".join(re.findall(r"^\.(?:It )?Va (.*)$", read(f"man/{page}"), flags=re.M))
    same(page, "member of " + opening[:-2], names & set(re.findall(r"\w+", listed)), names)


for name, (headers, whole) in PAGES.items():
    check_synopsis(name, headers, whole)
check_variables()
check_errors()
for enumeration in ("enum sk_option {", "enum sk_readiness {", "enum sk_op_flag {"):
    check_enumerators("libsock.3", "libsock/libsock.h", enumeration)
check_members("libsock.3", "libsock/libsock.h", "struct sk_config {")
check_enumerators("libsock-sim.3", "sim/libsock-sim.h", "enum {")
check_enumerators("libsock-sim.3", "sim/libsock-sim.h", "enum sk_sim_result {")
check_members("libsock-sim.3", "sim/libsock-sim.h", "struct sk_sim_wire {")
print("\n".join(errors))
sys.exit(1 if errors else 0)
