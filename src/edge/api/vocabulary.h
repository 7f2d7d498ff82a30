/* The words that bodies and answers have for what is chosen from a few: each function gives the one at a place, NULL behind the
 * last. */
#pragma once

#include <stddef.h>

const char *name_kind_word(size_t at);  /* api/admin.c: "event", "brand" … */
const char *normaliser_word(size_t at); /* api/types.c: "exact", "lower" … */
const char *over_limit_word(size_t at); /* api/types.c: "refuse", "move" … */
const char *rung_word(size_t at);       /* api/relation_types.c: "stranger", "fan" … */
const char *calendar_of_word(size_t at); /* api/calendar.c: "workspace", "shop", "source" */
const char *weekday_word(size_t at);     /* api/calendar.c: "monday" … */
const char *pulse_alarm_word(size_t at); /* api/calendar.c: "missing_day" … */
const char *hook_fact_word(size_t at);  /* api/hooks.c: the facts that a hook may hear */
const char *prediction_every_word(size_t at); /* api/predictions.c: "day", "week", "month" */
const char *hook_cause_word(size_t at); /* api/hooks.c: "live", "import" … */
