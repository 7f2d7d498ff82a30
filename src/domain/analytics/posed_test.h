/* Questions asked of events made by hand, for tests of kinds: the body is read as it would be, the events are handed over as a scan would. */
#pragma once

#include "domain/analytics/question.h"
#include "domain/analytics/texts.h"
#include "testing/test.h"

struct posed {
    struct t *t;
    struct name_book *book;
    struct json_parser *parser;
    struct texts *texts;
    struct question *question;
    void *tally;
    struct json answer;
};

/* When and where a question is asked. */
struct posed_at {
    const char *zone;
    int64_t now_us;
};

/* The body may name standard events and the properties "amount", "day", "kind", "plan", "page", "size", "item.price" and "item.quantity". The zone is UTC. */
void posed_open(struct posed *a, struct t *t, const struct question_kind *kind, const char *body, const char *now);
void posed_open_at(struct posed *a, struct t *t, const struct question_kind *kind, const char *body, struct posed_at at);
void posed_close(struct posed *a);
/* The body is refused: its words. */
const char *posed_refused(struct t *t, const struct question_kind *kind, const char *body, const char *now);
const char *posed_refused_at(struct t *t, const struct question_kind *kind, const char *body, struct posed_at at);

struct posed_event {
    const char *name;
    int64_t time_us;
    double amount;    /* all lanes of quantities; NAN: none */
    const char *plan; /* all lanes of codes; NULL: none. "channel=web price=2.5": each property its own, quantities too */
};
int64_t posed_time(const char *text);
/* Events of a person by time; those that the plan doesn't want are left out. */
void posed_take(struct posed *a, void *tally, uint32_t person, const struct posed_event *events, uint32_t count);
/* A cell, as its kind reads it. */
fallible posed_cell_read(struct posed *a, const char *cell, void **out_cell, struct err *e);
bool posed_in_cell(struct posed *a, const char *cell, uint32_t person, const struct posed_event *events, uint32_t count);
/* What comes before an answer is told, or people of a cell: the tally again. */
void *posed_conclude(struct posed *a, void *tally);
/* The answer, parsed; until the next one. */
struct json posed_answer(struct posed *a, void *tally);
/* A number of the answer by its path (json_at); NAN: null or absent. */
double posed_number(const struct posed *a, const char *path);

/* As clocks in Asia/Shanghai show it: an instant ("2026-11-03 20:00"), its civil day, and its month since 1970. */
int64_t shanghai_us(const char *text);
int64_t shanghai_day(int64_t us);
int64_t shanghai_month(int64_t us);
