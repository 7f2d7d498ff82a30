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

/* The body may name standard events and the properties "amount", "day", "plan", "page", "item.price" and "item.quantity". The zone is UTC. */
void posed_open(struct posed *a, struct t *t, const struct question_kind *kind, const char *body, const char *now);
void posed_close(struct posed *a);
/* The body is refused: its words. */
const char *posed_refused(struct t *t, const struct question_kind *kind, const char *body, const char *now);

struct posed_event {
    const char *name;
    int64_t time_us;
    double amount;    /* all lanes of quantities; NAN: none */
    const char *plan; /* all lanes of codes; NULL: none. "channel=web price=2.5": each property its own, quantities too */
};
int64_t posed_time(const char *text);
/* Events of a person by time; those that the plan doesn't want are left out. */
void posed_take(struct posed *a, void *tally, uint32_t person, const struct posed_event *events, uint32_t count);
bool posed_in_cell(struct posed *a, const char *cell, uint32_t person, const struct posed_event *events, uint32_t count);
/* The answer, parsed; until the next one. */
struct json posed_answer(struct posed *a, void *tally);
/* A number of the answer by its path (json_at); NAN: null or absent. */
double posed_number(const struct posed *a, const char *path);
