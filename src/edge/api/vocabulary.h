/* The words that bodies and answers have for what is chosen from a few: each function gives the one at a place, NULL behind the
 * last. */
#pragma once

#include <stddef.h>

const char *name_kind_word(size_t at);  /* api/admin.c: "event", "brand" … */
const char *normaliser_word(size_t at); /* api/types.c: "exact", "lower" … */
const char *over_limit_word(size_t at); /* api/types.c: "refuse", "move" … */
const char *hook_fact_word(size_t at);  /* api/hooks.c: the facts that a hook may hear */
const char *hook_cause_word(size_t at); /* api/hooks.c: "live", "import" … */
