#include "domain/analytics/moments_test.h"

#include <math.h>

#include "base/time.h"

#define ZONE "Asia/Shanghai"

void moments_open(struct posed *a, struct t *t, const struct question_kind *kind, const char *body, int64_t now_us)
{
    posed_open_at(a, t, kind, body, (struct posed_at){ZONE, now_us});
}

const char *moments_refused(struct t *t, const struct question_kind *kind, const char *body)
{
    return posed_refused_at(t, kind, body, (struct posed_at){ZONE, shanghai_us("2026-11-22 12:00")});
}

uint32_t moments_code(const struct posed *a, uint32_t value)
{
    static const char *const texts[VALUES_MAX] = {NULL, "a", "b", "c"};
    return value == 0 ? CODE_NONE : texts_code(a->texts, bytes_of_text(texts[value]));
}

/* --- sequences --- */

/* Lanes of one length, each with values of its own. */
struct laid {
    struct sequence sequence;
    struct moment moments[MOMENTS_MAX];
    struct lane lanes[LANES_MAX];
    uint32_t codes[LANES_MAX][MOMENTS_MAX];
    struct quantity quantities[LANES_MAX][MOMENTS_MAX];
    bool has[LANES_MAX][MOMENTS_MAX];
};

static struct laid *laid_new(struct posed *a, uint32_t subject)
{
    struct laid *l = ARENA_NEW(a->t->arena, struct laid);
    l->sequence = (struct sequence){.person = subject, .subject = subject, .moments = l->moments, .lanes = l->lanes};
    for (uint32_t i = 0; i < a->question->plan.lane_count; i++)
        l->lanes[i] = (struct lane){a->question->plan.lanes[i].kind, l->codes[i], l->quantities[i], l->has[i]};
    return l;
}

/* What the plan doesn't want is left out, as a scan would. */
static bool moment_push(struct posed *a, struct laid *l, int64_t us, uint32_t picks)
{
    const struct plan *p = &a->question->plan;
    if ((picks == 0 && !p->wants_all) || us < p->from_us || us >= p->until_us)
        return false;
    l->moments[l->sequence.count] = (struct moment){us, picks, l->sequence.count};
    l->sequence.count++;
    return true;
}

static int64_t gap_us(struct rng *r, int64_t step_us)
{
    switch (rng_below(r, 6)) {
    case 0:
    case 1:
        return 0;
    case 2:
        return 30 * US_PER_MINUTE;
    case 3:
        return 30 * US_PER_MINUTE + 1;
    case 4:
        return rng_between(r, 0, 3);
    default:
        return rng_between(r, 1, step_us);
    }
}

struct sequence *moments_random(struct posed *a, uint32_t subject, uint32_t most, int64_t from_us, int64_t step_us)
{
    struct rng *r = &a->t->rng;
    struct laid *l = laid_new(a, subject);
    uint32_t picks = a->question->plan.pick_count;
    assert(most <= MOMENTS_MAX);
    for (uint64_t i = rng_below(r, most) + 1, us = 0; i > 0; i--, us += (uint64_t)gap_us(r, step_us)) {
        uint32_t matched = UINT32_C(1) << rng_below(r, picks);
        matched |= rng_chance(r, 0.2) ? UINT32_C(1) << rng_below(r, picks) : 0;
        uint32_t row = l->sequence.count;
        for (uint32_t k = 0; k < LANES_MAX; k++) { /* chance is the same whatever the plan wants */
            l->codes[k][row] = moments_code(a, (uint32_t)rng_below(r, VALUES_MAX));
            l->has[k][row] = rng_chance(r, 0.8);
            l->quantities[k][row] = (struct quantity){.micro = rng_between(r, -300, 2000) * 10000};
        }
        (void)moment_push(a, l, from_us + (int64_t)us, rng_chance(r, 0.1) ? 0 : matched);
    }
    return &l->sequence;
}

struct sequence *moments_made(struct posed *a, uint32_t subject, const struct made_moment *list, uint32_t count)
{
    struct laid *l = laid_new(a, subject);
    assert(count <= MOMENTS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = l->sequence.count;
        if (!moment_push(a, l, list[i].time_us, list[i].picks))
            continue;
        for (uint32_t k = 0; k < LANES_MAX; k++) {
            l->codes[k][row] = moments_code(a, list[i].value < VALUES_MAX ? list[i].value : 0);
            l->has[k][row] = list[i].value > 0;
            l->quantities[k][row] = (struct quantity){.micro = (int64_t)list[i].value * 1000000};
        }
    }
    return &l->sequence;
}

/* --- answers --- */

void moments_answer(struct posed *a, struct sequence *const *list, uint32_t count)
{
    const struct question *q = a->question;
    void *tallies[2] = {q->kind->tally(q, a->t->arena), q->kind->tally(q, a->t->arena)};
    for (uint32_t i = 0; i < count; i++)
        if (list[i]->count > 0)
            q->kind->take(q, tallies[i % 2], list[i]);
    q->kind->join(q, tallies[0], tallies[1]);
    posed_answer(a, tallies[0]);
}

struct json moments_row(const struct posed *a, const char *const *texts, uint32_t count)
{
    struct json row, cell;
    for (struct json_walk w = json_items(json_find(a->answer, BYTES_LIT("rows"))); json_item_next(&w, &row);) {
        uint32_t alike = 0;
        for (struct json_walk cells = json_items(row); alike < count && json_item_next(&cells, &cell); alike++) {
            struct bytes shown = json_is(cell, JSON_STRING) ? json_string(cell) : json_raw(cell);
            if (!bytes_equal(shown, bytes_of_text(texts[alike])))
                break;
        }
        if (alike == count)
            return row;
    }
    return JSON_NOTHING;
}

double moments_cell(struct json row, uint32_t column)
{
    struct json cell;
    double x;
    for (struct json_walk w = json_items(row); json_item_next(&w, &cell); column--)
        if (column == 0)
            return json_double(cell, &x) ? x : (double)NAN;
    return (double)NAN;
}

uint32_t moments_column(const struct posed *a, const char *name)
{
    struct json column;
    uint32_t at = 0;
    for (struct json_walk w = json_items(json_find(a->answer, BYTES_LIT("columns"))); json_item_next(&w, &column); at++)
        if (bytes_equal(json_string(json_find(column, BYTES_LIT("name"))), bytes_of_text(name)))
            return at;
    CHECK_TEXT(a->t, "no such column", name);
    return 0;
}

uint32_t moments_in_cell(struct posed *a, const char *cell, struct sequence *const *list, uint32_t count)
{
    struct question *q = a->question;
    struct err e = {0};
    void *asked = NULL;
    uint32_t found = 0;
    struct status s = posed_cell_read(a, cell, &asked, &e);
    CHECK_DONE(a->t, s, &e);
    for (uint32_t i = 0; i < count && done(s); i++)
        found += list[i]->count > 0 && q->kind->in_cell(q, a->texts, asked, list[i]);
    return found;
}
