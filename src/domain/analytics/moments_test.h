/* Questions asked of moments that a test makes up: the body is read as it would be, and which picks an event matches is chance. For tests of kinds. */
#pragma once

#include "domain/analytics/question.h"
#include "domain/analytics/texts.h"
#include "testing/test.h"

#define MOMENTS_MAX 64u
#define VALUES_MAX 4u /* different texts of a lane: none, "a", "b", "c" */

struct moments_asked {
    struct t *t;
    struct name_book *book;
    struct json_parser *parser, *cell_parser;
    struct texts *texts;
    uint32_t codes[VALUES_MAX]; /* of the texts */
    struct question *question;
    void *tally;
    struct json answer;
};

/* The body may name standard events, and the properties "kind", "size" and "amount". The zone is Asia/Shanghai. */
void moments_open(struct moments_asked *a, struct t *t, const struct question_kind *kind, const char *body, int64_t now_us);
void moments_close(struct moments_asked *a);
/* The body is refused: its words. */
const char *moments_refused(struct t *t, const struct question_kind *kind, const char *body);

/* A subject with up to `most` moments from `from_us` on, with equal times and gaps of all sizes up to some `step_us`; each matches some of the picks. */
struct sequence *moments_random(struct moments_asked *a, uint32_t subject, uint32_t most, int64_t from_us, int64_t step_us);
/* Of instants and picks, written down. */
struct made_moment {
    int64_t time_us;
    uint32_t picks;
    uint32_t value; /* of all lanes of codes: 0 none, 1 "a" …; of quantities so many ones, 0: none */
};
struct sequence *moments_made(struct moments_asked *a, uint32_t subject, const struct made_moment *list, uint32_t count);

/* Takes all, by two threads' tallies in turn, and prints what they have together. */
void moments_answer(struct moments_asked *a, struct sequence *const *list, uint32_t count);
double moments_number(const struct moments_asked *a, const char *path); /* NAN: null or absent */
/* A row of the answer by the texts in front of it; JSON_NOTHING: there is none. */
struct json moments_row(const struct moments_asked *a, const char *const *texts, uint32_t count);
double moments_cell(struct json row, uint32_t column); /* a number of a row; NAN: null */
uint32_t moments_column(const struct moments_asked *a, const char *name);
/* How many are in the cell. */
uint32_t moments_in_cell(struct moments_asked *a, const char *cell, struct sequence *const *list, uint32_t count);

int64_t moments_us(const char *text); /* as clocks in Shanghai show it */
int64_t moments_day(int64_t us);      /* there */
