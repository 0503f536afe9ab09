/* SPDX-License-Identifier: BSD-3-Clause */
/* Quantities as people write them for tc(8): a decimal number and a unit, case ignored. What is
 * not a whole number of the smallest unit is refused, not rounded. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/** A time with its unit, `us`, `ms` or `s`, in microseconds, up to a minute. */
bool units_time(const char *text, uint64_t *out);

/** A percentage, with its sign or without, in parts per million. */
bool units_percent(const char *text, uint64_t *out);

/** Bits per second, or with `kbit`, `mbit`, `gbit` thousands and so on of them: from 1kbit to
 * 100gbit. Not tc's `bps`, which are octets there. */
bool units_rate(const char *text, uint64_t *out);
