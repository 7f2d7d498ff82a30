#include "domain/analytics/survey_test.h"

#include <math.h>
#include <stdlib.h>

#include "base/time.h"

#define NOW "2026-11-20T04:00:00Z"
#define TALLIES_MAX 8u

int64_t survey_now_us(void)
{
    return posed_time(NOW);
}

void survey_open(struct posed *a, struct t *t, const struct question_kind *kind, const char *body)
{
    posed_open_at(a, t, kind, body, (struct posed_at){"Asia/Shanghai", survey_now_us()});
}

const char *survey_refused(struct t *t, const struct question_kind *kind, const char *body)
{
    return posed_refused_at(t, kind, body, (struct posed_at){"Asia/Shanghai", survey_now_us()});
}

/* --- asking --- */

static const char *words_of(struct t *t, const struct happening *h)
{
    const char *const names[] = {"campaign", "order", "page"}, *const values[] = {h->campaign, h->order, h->page};
    const char *words = NULL;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (values[i] != NULL)
            words = arena_printf(t->arena, "%s%s=%s", words == NULL ? "" : arena_printf(t->arena, "%s ", words), names[i], values[i]);
    return words;
}

/* The events of the next person, from *io_at on; 0: no more. */
static uint32_t person_next(struct t *t, struct happenings all, size_t *io_at, struct posed_event **out_events)
{
    size_t from = *io_at;
    struct posed_event *events = ARENA_ARRAY(t->arena, struct posed_event, all.count - from + 1);
    for (; *io_at < all.count && all.list[*io_at].person == all.list[from].person; ++*io_at) {
        const struct happening *h = &all.list[*io_at];
        events[*io_at - from] = (struct posed_event){
            .name = h->event, .time_us = h->time_us, .amount = h->amount == AMOUNT_NONE ? NAN : (double)h->amount / 1e6, .plan = words_of(t, h)};
    }
    *out_events = events;
    return (uint32_t)(*io_at - from);
}

static void *tally_all(struct posed *a, struct happenings all, uint32_t tallies)
{
    const struct question *q = a->question;
    void *tally[TALLIES_MAX];
    size_t at = 0;
    uint32_t people = 0;
    struct posed_event *events;
    assert(tallies >= 1 && tallies <= TALLIES_MAX);
    for (uint32_t i = 0; i < tallies; i++)
        tally[i] = q->kind->tally(q, a->t->arena);
    for (uint32_t count, person; at < all.count; people++) {
        person = all.list[at].person;
        count = person_next(a->t, all, &at, &events);
        posed_take(a, tally[people % tallies], person, events, count);
    }
    for (uint32_t i = 1; i < tallies; i++)
        q->kind->join(q, tally[0], tally[i]);
    return tally[0];
}

struct json survey_answer(struct posed *a, struct happenings all, uint32_t tallies)
{
    return posed_answer(a, tally_all(a, all, tallies));
}

struct test_gathering {
    struct gathering to;
    uint32_t *people;
    uint32_t count;
};

static void gathered(struct gathering *to, uint32_t person)
{
    struct test_gathering *g = (struct test_gathering *)to;
    g->people[g->count++] = person;
}

static int person_compare(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

const char *survey_cell_refused(struct posed *a, const char *cell)
{
    struct err e = {0};
    void *read;
    CHECK_FAILS(a->t, posed_cell_read(a, cell, &read, &e), INVALID);
    return arena_text(a->t->arena, bytes_of_text(e.text));
}

uint32_t survey_people(struct posed *a, struct happenings all, const char *cell, const uint32_t **out_people)
{
    const struct question *q = a->question;
    struct test_gathering g = {.to = {gathered}, .people = ARENA_ARRAY(a->t->arena, uint32_t, all.count + 1)};
    struct posed_event *events;
    struct err e = {0};
    void *read = NULL;
    CHECK_DONE(a->t, posed_cell_read(a, cell, &read, &e), &e);
    if (q->kind->gather != NULL)
        q->kind->gather(q, posed_conclude(a, tally_all(a, all, 2)), read, &g.to);
    else
        for (size_t at = 0; at < all.count;) {
            uint32_t person = all.list[at].person, count = person_next(a->t, all, &at, &events);
            if (posed_in_cell(a, cell, person, events, count))
                gathered(&g.to, person);
        }
    qsort(g.people, g.count, sizeof *g.people, person_compare);
    *out_people = g.people;
    return g.count;
}

/* --- answers --- */

struct json answer_cell(struct json answer, uint32_t row, const char *column)
{
    struct json_walk rows = json_items(json_find(answer, BYTES_LIT("rows"))), columns = json_items(json_find(answer, BYTES_LIT("columns")));
    struct json here = JSON_NOTHING, cell = JSON_NOTHING, named = JSON_NOTHING;
    for (uint32_t i = 0; i <= row; i++)
        if (!json_item_next(&rows, &here))
            return JSON_NOTHING;
    for (struct json_walk cells = json_items(here); json_item_next(&cells, &cell) && json_item_next(&columns, &named);)
        if (bytes_equal(json_string(json_find(named, BYTES_LIT("name"))), bytes_of_text(column)))
            return cell;
    return JSON_NOTHING;
}

int64_t answer_int(struct json answer, uint32_t row, const char *column)
{
    int64_t x = INT64_MIN;
    (void)json_int64(answer_cell(answer, row, column), &x);
    return x;
}

double answer_real(struct json answer, uint32_t row, const char *column)
{
    double x = NAN;
    (void)json_double(answer_cell(answer, row, column), &x);
    return x;
}

uint32_t answer_rows(struct json answer)
{
    return (uint32_t)json_count(json_find(answer, BYTES_LIT("rows")));
}

/* --- events --- */

#define PEOPLE_MAX 12
#define HAPPENINGS_MAX 40
#define SPAN_DAYS 200

static int64_t step_us(struct t *t)
{
    switch (rng_below(&t->rng, 8)) {
    case 0:
    case 1:
        return 0;
    case 2:
        return 30 * US_PER_MINUTE;
    case 3:
        return 30 * US_PER_MINUTE + 1;
    case 4:
        return rng_between(&t->rng, 1, 40 * US_PER_MINUTE);
    case 5:
        return rng_between(&t->rng, 1, 2 * US_PER_DAY);
    case 6:
        return rng_between(&t->rng, 1, 40 * US_PER_DAY);
    default:
        return rng_between(&t->rng, 1, 5 * US_PER_MINUTE);
    }
}

static struct happening any_happening(struct t *t, uint32_t person, int64_t us)
{
    static const char *const events[] = {"page_viewed", "product_viewed", "cart_added", "order_paid", "refund_done"};
    static const char *const texts[] = {NULL, "a", "b", "c"};
    return (struct happening){.person = person,
                              .time_us = us,
                              .event = events[rng_below(&t->rng, COUNT_OF(events))],
                              .amount = rng_chance(&t->rng, 0.2) ? AMOUNT_NONE : rng_between(&t->rng, -20, 500) * 10000,
                              .campaign = texts[rng_below(&t->rng, 3)],
                              .order = texts[rng_below(&t->rng, COUNT_OF(texts))],
                              .page = texts[rng_below(&t->rng, COUNT_OF(texts))]};
}

struct happenings happenings_random(struct t *t)
{
    struct happening *list = ARENA_ARRAY(t->arena, struct happening, PEOPLE_MAX * HAPPENINGS_MAX);
    size_t count = 0;
    for (uint32_t person = 1 + (uint32_t)rng_below(&t->rng, 3); person <= PEOPLE_MAX; person += 1 + (uint32_t)rng_below(&t->rng, 3)) {
        int64_t us = survey_now_us() - rng_between(&t->rng, 0, SPAN_DAYS) * US_PER_DAY - rng_between(&t->rng, 0, US_PER_DAY);
        for (uint64_t i = rng_below(&t->rng, HAPPENINGS_MAX) + 1; i > 0 && us < survey_now_us(); i--, us += step_us(t))
            list[count++] = any_happening(t, person, us);
    }
    return (struct happenings){list, count};
}
