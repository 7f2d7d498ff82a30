/* The days, weeks, months … that a question is answered by: all that its range touches, each as a whole. */
#pragma once

#include "domain/analytics/question.h"

#define UNITS_MAX 4000u /* of one answer */

struct units {
    enum civil_unit unit;
    int64_t first; /* number of the first (civil.h) */
    uint32_t count;
};

/* The member as one of civil_unit_names, and the units of the question's range. LIMIT: more than UNITS_MAX. */
fallible asked_units(struct asked *a, const char *member, enum civil_unit otherwise, struct units *out_units, struct err *e);
fallible units_over(const struct question *q, enum civil_unit unit, int64_t from_us, int64_t until_us, struct units *out_units, struct err *e);
int64_t units_from_us(const struct question *q, const struct units *u);  /* where the first begins */
int64_t units_until_us(const struct question *q, const struct units *u); /* where the last ends */
/* Where an instant stands among them; -1: before them, count: behind. */
int64_t units_place(const struct question *q, const struct units *u, int64_t us);
bool units_ended(const struct question *q, const struct units *u, uint32_t place); /* as of the view's time */
void units_put(const struct question *q, const struct units *u, uint32_t place, struct json_writer *w); /* as a text: "2026-11" */
/* The member of a cell that names one of them, as units_put writes it. INVALID. */
fallible units_read(const struct question *q, const struct units *u, struct json cell, const char *member, uint32_t *out_place, struct err *e);
