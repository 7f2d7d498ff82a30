/* Life cycle: who is new in a day, week or month, who came back, who stayed, who is gone. docs/guide/analytics.md. */
#include "base/time.h"
#include "domain/analytics/activity.h"
#include "domain/analytics/answer.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/units.h"

/* What a subject is in a unit. Nothing at all: not active, and not in the unit before. */
enum standing { STANDING_NEW, STANDING_RETURNING, STANDING_RESURRECTING, STANDING_DORMANT, STANDING_COUNT };
#define STANDING_NONE STANDING_COUNT

static const char *const standing_names[STANDING_COUNT] = {"new", "returning", "resurrecting", "dormant"};

struct lifecycle {
    struct units units;
    uint32_t pick;
};

struct lifecycle_tally {
    uint64_t (*counts)[STANDING_COUNT]; /* by unit */
};

struct lifecycle_cell {
    uint32_t place;
    size_t standing;
};

static fallible lifecycle_read(struct asked *a, struct err *e)
{
    struct question *q = a->question;
    struct lifecycle *own = ARENA_NEW(q->arena, struct lifecycle);
    TRY(asked_activity(a, "event", &own->pick, e));
    TRY(asked_units(a, "unit", CIVIL_DAY, &own->units, e));
    q->plan.from_us = TIME_US_MIN; /* new is who was never there before */
    q->plan.until_us = units_until_us(q, &own->units);
    q->own = own;
    return DONE;
}

static void *lifecycle_tally(const struct question *q, struct arena *arena)
{
    const struct lifecycle *own = q->own;
    struct lifecycle_tally *tally = ARENA_NEW(arena, struct lifecycle_tally);
    tally->counts = arena_zeroed(arena, own->units.count * sizeof *tally->counts, _Alignof(uint64_t));
    return tally;
}

/* Walks the units in which the subject is something; each is told once, in their order. */
struct standing_walk {
    const struct question *q;
    const struct sequence *s;
    uint32_t at;          /* of the next moment */
    int64_t last;         /* the last unit in which it was active */
    bool was_active;      /* there is such a unit */
    bool owes_dormant;    /* the unit behind `last` is told next, unless the subject is active in it */
};

/* The unit of the next moment behind the last active one; false: no more. */
static bool next_active(struct standing_walk *w, int64_t *out_unit)
{
    const struct lifecycle *own = w->q->own;
    for (; w->at < w->s->count; w->at++) {
        if (!moment_is(&w->s->moments[w->at], own->pick))
            continue;
        *out_unit = civil_number(w->q->civil, own->units.unit, w->s->moments[w->at].time_us);
        if (!w->was_active || *out_unit != w->last)
            return true;
    }
    return false;
}

static enum standing standing_next(struct standing_walk *w, int64_t *out_unit)
{
    int64_t unit = 0;
    bool active = next_active(w, &unit);
    if (w->owes_dormant && !(active && unit == w->last + 1)) {
        w->owes_dormant = false;
        *out_unit = w->last + 1;
        return STANDING_DORMANT;
    }
    if (!active)
        return STANDING_NONE;
    enum standing standing = !w->was_active ? STANDING_NEW : unit == w->last + 1 ? STANDING_RETURNING : STANDING_RESURRECTING;
    w->last = *out_unit = unit;
    w->was_active = w->owes_dormant = true;
    return standing;
}

static void lifecycle_take(const struct question *q, void *into, const struct sequence *s)
{
    const struct lifecycle *own = q->own;
    struct lifecycle_tally *tally = into;
    struct standing_walk w = {.q = q, .s = s};
    int64_t unit;
    for (enum standing standing; (standing = standing_next(&w, &unit)) != STANDING_NONE;) {
        int64_t place = unit - own->units.first;
        if (place >= 0 && place < own->units.count)
            tally->counts[place][standing]++;
    }
}

static void lifecycle_join(const struct question *q, void *into, void *from)
{
    const struct lifecycle *own = q->own;
    struct lifecycle_tally *sum = into, *more = from;
    for (uint32_t i = 0; i < own->units.count; i++)
        for (size_t k = 0; k < STANDING_COUNT; k++)
            sum->counts[i][k] += more->counts[i][k];
}

static void lifecycle_print(const struct question *q, const struct texts *texts, void *from, struct json_writer *w)
{
    static const struct answer_column columns[] = {
        {"unit", "Period", "周期", "time"},
        {"new", "New", "新增", "number"},
        {"returning", "Returning", "持续活跃", "number"},
        {"resurrecting", "Resurrecting", "回流", "number"},
        {"dormant", "Dormant", "沉睡", "number"},
        {"active", "Active", "活跃", "number"},
        {"is_complete", "Complete", "周期已结束", "text"},
    };
    const struct lifecycle *own = q->own;
    const struct lifecycle_tally *tally = from;
    (void)texts;
    answer_columns(w, columns, COUNT_OF(columns));
    json_key(w, "rows");
    json_array_begin(w);
    for (uint32_t i = 0; i < own->units.count; i++) {
        const uint64_t *c = tally->counts[i];
        json_array_begin(w);
        units_put(q, &own->units, i, w);
        json_put_uint64(w, c[STANDING_NEW]);
        json_put_uint64(w, c[STANDING_RETURNING]);
        json_put_uint64(w, c[STANDING_RESURRECTING]);
        json_put_int64(w, -(int64_t)c[STANDING_DORMANT]); /* below nothing: so a picture shows it under the line */
        json_put_uint64(w, c[STANDING_NEW] + c[STANDING_RETURNING] + c[STANDING_RESURRECTING]);
        json_put_bool(w, units_ended(q, &own->units, i));
        json_array_end(w);
    }
    json_array_end(w);
}

/* --- drill-down --- */

static const struct member_rule cell_members[] = {
    {"unit", "the period", "周期"},
    {"standing", "new (default), returning, resurrecting or dormant", "new(默认)、returning、resurrecting 或 dormant"},
};

static fallible lifecycle_cell_read(struct question *q, struct json cell, void **out_cell, struct err *e)
{
    const struct lifecycle *own = q->own;
    struct lifecycle_cell *c = ARENA_NEW(q->arena, struct lifecycle_cell);
    struct asked in_cell = {.question = q, .body = cell};
    TRY(units_read(q, &own->units, cell, "unit", &c->place, e));
    TRY(asked_members(&in_cell, cell_members, COUNT_OF(cell_members), e));
    TRY(asked_choice(&in_cell, "standing", standing_names, STANDING_COUNT, STANDING_NEW, &c->standing, e));
    *out_cell = c;
    return DONE;
}

static bool lifecycle_in_cell(const struct question *q, const struct texts *texts, const void *asked, const struct sequence *s)
{
    const struct lifecycle *own = q->own;
    const struct lifecycle_cell *cell = asked;
    struct standing_walk w = {.q = q, .s = s};
    int64_t unit;
    (void)texts;
    for (enum standing standing; (standing = standing_next(&w, &unit)) != STANDING_NONE;)
        if (unit == own->units.first + cell->place && standing == cell->standing)
            return true;
    return false;
}

static const struct member_rule members[] = {
    {"event", "what makes somebody active; any event if it isn't given", "什么事件算活跃;不给则任意事件"},
    {"unit", "hour, day (default), week, month, quarter or year", "hour、day(默认)、week、month、quarter 或 year"},
};

const struct question_kind lifecycle_question = {
    .name = "lifecycle",
    .about = "Who is new, came back after a break, stayed, or fell asleep, by day, week or month.",
    .about_zh = "每天、每周或每月谁是新增、持续活跃、回流、沉睡。",
    .members = members,
    .member_count = COUNT_OF(members),
    .read = lifecycle_read,
    .tally = lifecycle_tally,
    .take = lifecycle_take,
    .join = lifecycle_join,
    .print = lifecycle_print,
    .cell_read = lifecycle_cell_read,
    .in_cell = lifecycle_in_cell,
};
