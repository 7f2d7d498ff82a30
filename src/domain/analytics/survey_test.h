/* For the tests of questions: asks one of all events of several people, on several tallies that are joined. */
#pragma once

#include "domain/analytics/posed_test.h"
#include "domain/analytics/kinds.h"

#define AMOUNT_NONE INT64_MIN

/* One event. Lists of them are in the total order of each person, person by person. */
struct happening {
    uint32_t person;
    int64_t time_us;
    const char *event;                   /* a standard one */
    int64_t amount;                      /* millionths; AMOUNT_NONE */
    const char *campaign, *order, *page; /* NULL: none */
};
struct happenings {
    const struct happening *list;
    size_t count;
};
/* Up to 12 people with up to 40 events each, over some 200 days before the view's time: equal times, gaps of exactly 30 minutes, long breaks. */
struct happenings happenings_random(struct t *t);

int64_t survey_now_us(void); /* the view's time: noon of 2026-11-20 in Shanghai */
/* The zone is Asia/Shanghai unless the body says another. */
void survey_open(struct posed *a, struct t *t, const struct question_kind *kind, const char *body);
const char *survey_refused(struct t *t, const struct question_kind *kind, const char *body); /* the words */
/* The answer, until the next one. Persons are dealt out to `tallies` of them. */
struct json survey_answer(struct posed *a, struct happenings all, uint32_t tallies);
/* The people of a cell, ascending, in the test's arena. */
uint32_t survey_people(struct posed *a, struct happenings all, const char *cell, const uint32_t **out_people);
const char *survey_cell_refused(struct posed *a, const char *cell);

/* Answers: the row-th row's column; INT64_MIN and NAN for null. */
struct json answer_cell(struct json answer, uint32_t row, const char *column);
int64_t answer_int(struct json answer, uint32_t row, const char *column);
double answer_real(struct json answer, uint32_t row, const char *column);
uint32_t answer_rows(struct json answer);
