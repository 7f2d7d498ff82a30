/* Regular expressions (PCRE2, UTF-8), compiled once, matched by any thread within stated limits. */
#pragma once

#include "base/arena.h"

#define PATTERN_BYTES_MAX 1000u
#define PATTERN_STEPS_FREE 1000u  /* of one text: nobody counts them */
#define PATTERN_STEPS_MAX 100000u /* of one text: what takes more has no answer */

/* Steps that patterns may take beside the free ones, over many texts: so that texts cost no more than so much each, and this once, whatever the pattern. */
struct pattern_budget {
    uint64_t steps;
    bool is_spent; /* some text had no answer, for want of steps of its own or of these */
};

struct pattern;
/* In the arena. INVALID: what is wrong, and at which character. */
fallible pattern_create(struct arena *arena, struct bytes text, struct pattern **out_pattern, struct err *e);

/* Anywhere in the text; ^ and $ are its ends. What isn't UTF-8 doesn't match, nor does (with is_spent) what has no answer. About a microsecond; takes
 * memory only for a match that goes deep. */
bool pattern_match(const struct pattern *p, struct bytes text, struct pattern_budget *budget);
