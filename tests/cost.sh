#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What the costliest known frames take, in instructions: tests/fuzz/fuzz_cost.c says what is counted. Fails above MOST.
set -eu
[ -z "${INSTRUMENTED-}" ] || exit 77
LD_BIND_NOW=1 tests/fuzz/cost "${MOST:-8000}" "${srcdir:-.}"/tests/fuzz/corpus/fuzz_cost/*
