/* The table that every answer has: "columns" (what they are called, in both languages, and what they hold) and "rows". */
#pragma once

#include "domain/analytics/question.h"

/* What a column holds, for whoever shows it: "text", "event" (a text that may be the name of one), "number", "share" (0 .. 1), "money", "time" (a date or an instant), "seconds", "person"
 * (their number). */
struct answer_column {
    const char *name; /* snake_case: a program's */
    const char *title, *title_zh;
    const char *kind;
};

/* Writes "columns": [{name, title, title_zh, kind}] into an open object. */
void answer_columns(struct json_writer *w, const struct answer_column *columns, size_t count);
/* "event" of a lane of events' names, else "text". */
const char *answer_kind_of_lane(const struct question *q, uint32_t lane);
/* Writes "event_names": {name: its Chinese name}, of all events that the question names or that its lanes have the names of, where both differ. */
void answer_event_names(const struct question *q, const struct texts *texts, struct json_writer *w);
void answer_share(struct json_writer *w, double part, double whole); /* part / whole; of nothing: null */
/* "(none)" for no bytes. */
void answer_text(struct json_writer *w, struct bytes text);
/* Such a text out of a cell; not given: no bytes. INVALID: "(other)", of which nobody knows which values it is. */
fallible answer_value_read(struct asked *a, const char *member, struct bytes *out_value, struct err *e);

#define ANSWER_NONE "(none)"   /* no value */
#define ANSWER_OTHER "(other)" /* values that aren't among the first n */
