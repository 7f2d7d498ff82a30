/* Questions posed to moments that a test makes up: which picks an event matches is chance. For tests of kinds. */
#pragma once

#include "domain/analytics/posed_test.h"

#define MOMENTS_MAX 64u
#define VALUES_MAX 4u /* different texts of a lane: none, "a", "b", "c" */

/* The zone is Asia/Shanghai, where it is noon of 2026-11-22 for a body that is refused. */
void moments_open(struct posed *a, struct t *t, const struct question_kind *kind, const char *body, int64_t now_us);
const char *moments_refused(struct t *t, const struct question_kind *kind, const char *body);
uint32_t moments_code(const struct posed *a, uint32_t value); /* of a text of lanes of codes, below VALUES_MAX */

/* A subject with up to `most` moments from `from_us` on, with equal times and gaps of all sizes up to some `step_us`; each matches some of the picks. */
struct sequence *moments_random(struct posed *a, uint32_t subject, uint32_t most, int64_t from_us, int64_t step_us);
/* Of instants and picks, written down. */
struct made_moment {
    int64_t time_us;
    uint32_t picks;
    uint32_t value; /* of all lanes of codes: 0 none, 1 "a" …; of quantities so many ones, 0: none */
};
struct sequence *moments_made(struct posed *a, uint32_t subject, const struct made_moment *list, uint32_t count);

/* Takes all, by two threads' tallies in turn, and prints what they have together. */
void moments_answer(struct posed *a, struct sequence *const *list, uint32_t count);
/* A row of the answer by the texts in front of it; JSON_NOTHING: there is none. */
struct json moments_row(const struct posed *a, const char *const *texts, uint32_t count);
double moments_cell(struct json row, uint32_t column); /* a number of a row; NAN: null */
uint32_t moments_column(const struct posed *a, const char *name);
/* How many are in the cell. */
uint32_t moments_in_cell(struct posed *a, const char *cell, struct sequence *const *list, uint32_t count);
