/* SPDX-License-Identifier: BSD-3-Clause */
/* Time is an argument: microseconds since an arbitrary epoch that the port chooses. */
#pragma once

#include <stdint.h>

typedef int64_t instant;  /* a point in time, microseconds */
typedef int64_t duration; /* a length of time, microseconds */

#define NEVER INT64_MAX
