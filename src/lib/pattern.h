/* Regular expressions (PCRE2, UTF-8), compiled once, matched by any thread within stated limits. */
#pragma once

#include "base/arena.h"

#define PATTERN_BYTES_MAX 1000u
#define PATTERN_STEPS_MAX 100000u /* of one match: what takes more has no answer */

struct pattern;
/* In the arena. INVALID: what is wrong, and at which character. */
fallible pattern_create(struct arena *arena, struct bytes text, struct pattern **out_pattern, struct err *e);

enum pattern_answer { PATTERN_NO, PATTERN_YES, PATTERN_TOO_LONG };
/* Anywhere in the text; ^ and $ are its ends. What isn't UTF-8 doesn't match. About a microsecond; takes memory only for a match that goes deep. */
enum pattern_answer pattern_match(const struct pattern *p, struct bytes text);
