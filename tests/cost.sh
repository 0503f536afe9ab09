#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What the costliest known frames take, in instructions: tests/fuzz/fuzz_cost.c says what is counted. Fails above MOST, and
# above 1.2 times as much for a frame that is two, where a full scoreboard is acknowledged by text over as many holes as
# there can be.
set -eu
[ -z "${INSTRUMENTED-}" ] || exit 77
most=${MOST:-8000}
set -- "${srcdir:-.}"/tests/fuzz/corpus/fuzz_cost/*
for input; do
    shift
    case $input in
    */text_over_holes_and_records) LD_BIND_NOW=1 tests/fuzz/cost $((most * 12 / 10)) "$input" ;;
    *) set -- "$@" "$input" ;;
    esac
done
LD_BIND_NOW=1 tests/fuzz/cost "$most" "$@"
