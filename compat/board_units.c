/* SPDX-License-Identifier: BSD-3-Clause */
/* A number with decimals, times what its unit is worth: see board_units.h. */
#include "compat/board_units.h"

#include <stddef.h>
#include <strings.h>

#define MINUTE 60000000u /* us */
#define ALL 1000000u     /* parts per million */
#define KBIT 1000u
#define GBIT 1000000000u

struct unit {
    const char *name;
    uint64_t size; /* of the smallest one */
};

static const struct unit *find(const struct unit *units, const char *name)
{
    for (; units->name != NULL; units++) {
        if (strcasecmp(units->name, name) == 0) {
            return units;
        }
    }
    return NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The digits of a number as one integer, of which `*scale` are a whole; what follows them. NULL: it
 * is none, or too long. */
static const char *take_number(const char *text, uint64_t *value, uint64_t *scale)
{
    bool behind_point = false;

    *value = 0;
    *scale = 1;
    for (; is_digit(*text) || (*text == '.' && !behind_point && is_digit(text[1])); text++) {
        if (*text == '.') {
            behind_point = true;
            continue;
        }
        if (*value > (UINT64_MAX - 9) / 10) {
            return NULL;
        }
        *value = *value * 10 + (uint64_t)(*text - '0');
        *scale *= behind_point ? 10 : 1;
    }
    return text;
}

static bool parse(const char *text, const struct unit *units, uint64_t min, uint64_t max,
                  uint64_t *out)
{
    uint64_t value;
    uint64_t scale;
    const char *rest = is_digit(*text) ? take_number(text, &value, &scale) : NULL;
    const struct unit *unit = rest != NULL ? find(units, rest) : NULL;

    if (unit == NULL || value > UINT64_MAX / unit->size || value * unit->size % scale != 0) {
        return false;
    }
    *out = value * unit->size / scale;
    return *out >= min && *out <= max;
}

bool units_time(const char *text, uint64_t *out)
{
    static const struct unit units[] = {
        { "us", 1 }, { "ms", 1000 }, { "s", 1000000 }, { NULL, 0 }
    };

    return parse(text, units, 0, MINUTE, out);
}

bool units_percent(const char *text, uint64_t *out)
{
    static const struct unit units[] = { { "%", ALL / 100 }, { "", ALL / 100 }, { NULL, 0 } };

    return parse(text, units, 0, ALL, out);
}

bool units_rate(const char *text, uint64_t *out)
{
    static const struct unit units[] = { { "", 1 },           { "bit", 1 },     { "kbit", KBIT },
                                         { "mbit", 1000000 }, { "gbit", GBIT }, { NULL, 0 } };

    return parse(text, units, KBIT, 100ull * GBIT, out);
}
