/* Stickiness: on how many days (hours, weeks …) of a span people are active, and how many of a week's or month's people come on a day. docs/guide/analytics.md. */
#include "base/time.h"
#include "domain/analytics/activity.h"
#include "domain/analytics/answer.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/units.h"
#include "engine/domain.h"

/* What is answered: people by the number of their active units, or day by day the people of the day, of its week and of its month. */
enum measure { MEASURE_BUCKETS, MEASURE_RATIOS, MEASURE_COUNT };
static const char *const measure_names[MEASURE_COUNT] = {"buckets", "ratios"};

/* Days behind each of which a day's people are counted, today included. */
enum trail { TRAIL_DAY, TRAIL_WEEK, TRAIL_MONTH, TRAIL_COUNT };
static const char *const trail_names[TRAIL_COUNT] = {"dau", "wau", "mau"};

/* Spans that are counted apart: the range as one, or each week, month … that it touches. */
static const char *const interval_names[] = {"range", "week", "month", "quarter", "year"};
static const enum civil_unit interval_units[] = {CIVIL_UNIT_COUNT, CIVIL_WEEK, CIVIL_MONTH, CIVIL_QUARTER, CIVIL_YEAR};

#define BUCKETS_MAX 9000u       /* active units of a span that are told apart: hours of a year */
#define COUNTS_MAX (1u << 22)   /* of all spans together */
#define WEEK_DAYS 7
#define MONTH_DAYS 30
#define MONTH_DAYS_LEAST 28

struct stickiness {
    enum measure measure;
    uint32_t pick;
    bool is_cumulative;
    struct units units;     /* whose activity is counted */
    struct units intervals; /* of one: the range */
    bool is_range;          /* the only interval is the range itself */
    uint32_t bucket_count;  /* no span has more units */
    int64_t trails[TRAIL_COUNT];
};

struct stickiness_tally {
    uint64_t *buckets;             /* by interval, then active units less 1 */
    int64_t (*steps)[TRAIL_COUNT]; /* by day: how many more than on the day before */
};

struct stickiness_cell {
    uint32_t interval, least, most; /* active units */
    uint32_t day;
    size_t trail;
};

/* --- reading --- */

static fallible buckets_read(struct asked *a, struct stickiness *own, struct err *e)
{
    struct question *q = a->question;
    size_t interval;
    TRY(asked_units(a, "unit", CIVIL_DAY, &own->units, e));
    TRY(asked_choice(a, "interval", interval_names, COUNT_OF(interval_names), 0, &interval, e));
    TRY(asked_flag(a, "cumulative", false, &own->is_cumulative, e));
    own->is_range = interval == 0;
    if (own->is_range) {
        own->intervals = (struct units){.count = 1};
        own->bucket_count = own->units.count;
        return DONE;
    }
    if (interval_units[interval] <= own->units.unit || own->units.unit == CIVIL_WEEK) /* a week is of two months, or of two years */
        return asked_wrong(json_find(a->body, BYTES_LIT("interval")), e, "a %s isn't made of whole ones of a %s", interval_names[interval],
                           civil_unit_names[own->units.unit]);
    TRY(units_over(q, interval_units[interval], q->from_us, q->until_us, &own->intervals, e));
    for (uint32_t i = 0; i < own->intervals.count; i++) {
        struct units inside;
        int64_t from_us = civil_begin_us(q->civil, own->intervals.unit, own->intervals.first + i);
        int64_t until_us = civil_begin_us(q->civil, own->intervals.unit, own->intervals.first + i + 1);
        TRY(units_over(q, own->units.unit, from_us, until_us, &inside, e));
        own->bucket_count = inside.count > own->bucket_count ? inside.count : own->bucket_count;
    }
    return units_over(q, own->units.unit, units_from_us(q, &own->intervals), units_until_us(q, &own->intervals), &own->units, e);
}

static fallible ratios_read(struct asked *a, struct stickiness *own, struct err *e)
{
    struct question *q = a->question;
    int64_t month_days;
    TRY(asked_number(a, "month_days", MONTH_DAYS, MONTH_DAYS_LEAST, MONTH_DAYS, &month_days, e));
    TRY(units_over(q, CIVIL_DAY, q->from_us, q->until_us, &own->units, e));
    own->trails[TRAIL_DAY] = 1;
    own->trails[TRAIL_WEEK] = WEEK_DAYS;
    own->trails[TRAIL_MONTH] = month_days;
    return DONE;
}

static fallible stickiness_read(struct asked *a, struct err *e)
{
    struct question *q = a->question;
    struct stickiness *own = ARENA_NEW(q->arena, struct stickiness);
    size_t measure;
    TRY(asked_activity(a, "event", &own->pick, e));
    TRY(asked_choice(a, "measure", measure_names, MEASURE_COUNT, MEASURE_BUCKETS, &measure, e));
    own->measure = (enum measure)measure;
    TRY(own->measure == MEASURE_BUCKETS ? buckets_read(a, own, e) : ratios_read(a, own, e));
    if ((uint64_t)own->intervals.count * own->bucket_count > COUNTS_MAX || own->bucket_count > BUCKETS_MAX)
        return asked_wrong(a->body, e, "too many of a %s in so long a range", civil_unit_names[own->units.unit]);
    int64_t before = own->measure == MEASURE_RATIOS ? own->trails[TRAIL_MONTH] - 1 : 0;
    q->plan.from_us = civil_begin_us(q->civil, own->units.unit, own->units.first - before);
    q->plan.until_us = units_until_us(q, &own->units);
    q->own = own;
    return DONE;
}

/* --- counting --- */

static void *stickiness_tally(const struct question *q, struct arena *arena)
{
    const struct stickiness *own = q->own;
    struct stickiness_tally *tally = ARENA_NEW(arena, struct stickiness_tally);
    if (own->measure == MEASURE_BUCKETS)
        tally->buckets = ARENA_ARRAY(arena, uint64_t, (size_t)own->intervals.count * own->bucket_count);
    else
        tally->steps = arena_zeroed(arena, (own->units.count + 1) * sizeof *tally->steps, _Alignof(int64_t));
    return tally;
}

/* The next unit in which the subject is active, each once; *io_at is of the next moment, *io_unit the last one told. */
static bool active_next(const struct question *q, const struct sequence *s, uint32_t *io_at, int64_t *io_unit)
{
    const struct stickiness *own = q->own;
    for (; *io_at < s->count; ++*io_at) {
        if (!moment_is(&s->moments[*io_at], own->pick))
            continue;
        int64_t unit = civil_number(q->civil, own->units.unit, s->moments[*io_at].time_us);
        if (unit != *io_unit) {
            *io_unit = unit;
            return true;
        }
    }
    return false;
}

/* In which span a unit is. */
static uint32_t interval_of(const struct question *q, int64_t unit)
{
    const struct stickiness *own = q->own;
    if (own->is_range)
        return 0;
    int64_t place = units_place(q, &own->intervals, civil_begin_us(q->civil, own->units.unit, unit));
    assert(place >= 0 && place < own->intervals.count);
    return (uint32_t)place;
}

struct active_walk {
    uint32_t at;
    int64_t unit;
    bool ahead; /* `unit` is found and not counted */
};

/* Active units of the next span that has any: 0 when there is none. */
static uint32_t interval_next(const struct question *q, const struct sequence *s, struct active_walk *w, uint32_t *out_interval)
{
    if (!w->ahead && !active_next(q, s, &w->at, &w->unit))
        return 0;
    uint32_t count = 1;
    *out_interval = interval_of(q, w->unit);
    while ((w->ahead = active_next(q, s, &w->at, &w->unit)) && interval_of(q, w->unit) == *out_interval)
        count++;
    return count;
}

/* Adds one to each day of which the subject is among the people of this trail: those within `days` from an active day on. */
static void trail_take(const struct question *q, struct stickiness_tally *tally, const struct sequence *s, enum trail trail)
{
    const struct stickiness *own = q->own;
    int64_t unit = INT64_MIN, covered = 0; /* days before it are counted already */
    for (uint32_t at = 0; active_next(q, s, &at, &unit);) {
        int64_t from = unit - own->units.first, until = from + own->trails[trail];
        from = from < covered ? covered : from;
        until = until > own->units.count ? own->units.count : until;
        if (from < until) {
            tally->steps[from][trail]++;
            tally->steps[until][trail]--;
            covered = until;
        }
    }
}

static void stickiness_take(const struct question *q, void *into, const struct sequence *s)
{
    const struct stickiness *own = q->own;
    struct stickiness_tally *tally = into;
    struct active_walk w = {.unit = INT64_MIN};
    uint32_t interval = 0;
    if (own->measure == MEASURE_RATIOS) {
        for (enum trail k = 0; k < TRAIL_COUNT; k++)
            trail_take(q, tally, s, k);
        return;
    }
    for (uint32_t active; (active = interval_next(q, s, &w, &interval)) > 0;) {
        assert(active <= own->bucket_count && interval < own->intervals.count);
        tally->buckets[(size_t)interval * own->bucket_count + active - 1]++;
    }
}

static void stickiness_join(const struct question *q, void *into, void *from)
{
    const struct stickiness *own = q->own;
    struct stickiness_tally *sum = into, *more = from;
    if (own->measure == MEASURE_BUCKETS)
        for (size_t i = 0; i < (size_t)own->intervals.count * own->bucket_count; i++)
            sum->buckets[i] += more->buckets[i];
    else
        for (uint32_t i = 0; i <= own->units.count; i++)
            for (size_t k = 0; k < TRAIL_COUNT; k++)
                sum->steps[i][k] += more->steps[i][k];
}

/* --- the answer --- */

static void interval_put(const struct question *q, uint32_t interval, struct json_writer *w)
{
    const struct stickiness *own = q->own;
    if (own->is_range)
        json_put_text(w, interval_names[0]);
    else
        units_put(q, &own->intervals, interval, w);
}

static void buckets_print(const struct question *q, const struct stickiness_tally *tally, struct json_writer *w)
{
    static const struct answer_column columns[] = {
        {"interval", "Period", "周期", "time"},
        {"active_units", "Active units", "活跃次数", "number"},
        {"people", "People", "人数", "number"},
        {"share", "Share", "占比", "share"},
    };
    const struct stickiness *own = q->own;
    answer_columns(w, TABLE(columns));
    json_key(w, "rows");
    json_array_begin(w);
    for (uint32_t i = 0; i < own->intervals.count; i++) {
        const uint64_t *of = tally->buckets + (size_t)i * own->bucket_count;
        uint64_t all = 0, below = 0;
        uint32_t last = 0;
        for (uint32_t k = 0; k < own->bucket_count; k++) {
            all += of[k];
            last = of[k] > 0 ? k + 1 : last;
        }
        for (uint32_t k = 0; k < last; k++) {
            uint64_t people = own->is_cumulative ? all - below : of[k];
            below += of[k];
            json_array_begin(w);
            interval_put(q, i, w);
            json_put_uint64(w, k + 1);
            json_put_uint64(w, people);
            answer_share(w, (double)people, (double)all);
            json_array_end(w);
        }
    }
    json_array_end(w);
}

static void ratios_print(const struct question *q, const struct stickiness_tally *tally, struct json_writer *w)
{
    static const struct answer_column columns[] = {
        {"day", "Day", "日期", "time"},
        {"dau", "People of the day", "日活", "number"},
        {"wau", "People of 7 days", "近 7 日活跃", "number"},
        {"mau", "People of the month", "近一月活跃", "number"},
        {"dau_wau", "Day / week", "日活/周活", "share"},
        {"dau_mau", "Day / month", "日活/月活", "share"},
    };
    const struct stickiness *own = q->own;
    int64_t people[TRAIL_COUNT] = {0};
    answer_columns(w, TABLE(columns));
    json_key(w, "rows");
    json_array_begin(w);
    for (uint32_t i = 0; i < own->units.count; i++) {
        json_array_begin(w);
        units_put(q, &own->units, i, w);
        for (size_t k = 0; k < TRAIL_COUNT; k++) {
            people[k] += tally->steps[i][k];
            json_put_int64(w, people[k]);
        }
        answer_share(w, (double)people[TRAIL_DAY], (double)people[TRAIL_WEEK]);
        answer_share(w, (double)people[TRAIL_DAY], (double)people[TRAIL_MONTH]);
        json_array_end(w);
    }
    json_array_end(w);
}

static void stickiness_print(const struct question *q, const struct texts *texts, void *from, struct json_writer *w)
{
    const struct stickiness *own = q->own;
    (void)texts;
    if (own->measure == MEASURE_BUCKETS)
        buckets_print(q, from, w);
    else
        ratios_print(q, from, w);
}

/* --- drill-down --- */

static const struct member_rule bucket_cell_members[] = {
    {"interval", "the period; not given: the range", "周期;不给则整个区间"},
    {"active_units", "on how many", "活跃次数"},
};
static const struct member_rule ratio_cell_members[] = {
    {"day", "the day", "日期"},
    {"people", "dau (default), wau or mau", "dau(默认)、wau 或 mau"},
};

static fallible bucket_cell_read(struct asked *a, struct stickiness_cell *cell, struct err *e)
{
    const struct stickiness *own = a->question->own;
    int64_t active;
    TRY(asked_members(a, TABLE(bucket_cell_members), e));
    if (!own->is_range)
        TRY(units_read(a->question, &own->intervals, a->body, "interval", &cell->interval, e));
    TRY(asked_number(a, "active_units", 1, 1, own->bucket_count, &active, e));
    cell->least = (uint32_t)active;
    cell->most = own->is_cumulative ? own->bucket_count : cell->least;
    return DONE;
}

static fallible stickiness_cell_read(struct question *q, struct json from, void **out_cell, struct err *e)
{
    const struct stickiness *own = q->own;
    struct stickiness_cell *cell = ARENA_NEW(q->arena, struct stickiness_cell);
    struct asked a = {.question = q, .body = from};
    if (own->measure == MEASURE_BUCKETS) {
        TRY(bucket_cell_read(&a, cell, e));
    } else {
        TRY(asked_members(&a, TABLE(ratio_cell_members), e));
        TRY(units_read(q, &own->units, from, "day", &cell->day, e));
        TRY(asked_choice(&a, "people", trail_names, TRAIL_COUNT, TRAIL_DAY, &cell->trail, e));
    }
    *out_cell = cell;
    return DONE;
}

static bool stickiness_in_cell(const struct question *q, const struct texts *texts, const void *asked, const struct sequence *s)
{
    const struct stickiness *own = q->own;
    const struct stickiness_cell *cell = asked;
    struct active_walk w = {.unit = INT64_MIN};
    uint32_t interval = 0;
    (void)texts;
    if (own->measure == MEASURE_RATIOS) {
        int64_t day = own->units.first + cell->day;
        while (active_next(q, s, &w.at, &w.unit))
            if (w.unit <= day && w.unit > day - own->trails[cell->trail])
                return true;
        return false;
    }
    for (uint32_t active; (active = interval_next(q, s, &w, &interval)) > 0;)
        if (interval == cell->interval && active >= cell->least && active <= cell->most)
            return true;
    return false;
}

static const struct member_rule members[] = {
    {"event", "what makes somebody active; any event if it isn't given", "什么事件算活跃;不给则任意事件"},
    {"measure", "buckets (default): people by active units; ratios: DAU/WAU and DAU/MAU by day",
     "buckets(默认):按活跃次数分人数;ratios:逐日 DAU/WAU 与 DAU/MAU"},
    {"unit", "hour, day (default), week, month: what is counted", "hour、day(默认)、week、month:计数单位"},
    {"interval", "range (default), week, month, quarter or year: over what", "range(默认)、week、month、quarter 或 year:在多长的周期内"},
    {"cumulative", "true: so many or more", "true:达到该次数及以上"},
    {"month_days", "28 to 30 (default): trailing days of MAU", "28 到 30(默认):MAU 的滚动天数"},
};

const struct question_kind stickiness_question = {
    .name = "stickiness",
    .about = "On how many days of a span people are active; DAU, WAU, MAU and their ratios.",
    .about_zh = "人们在一段时间里活跃了几天;日活、周活、月活及其比值。",
    .members = members,
    .member_count = COUNT_OF(members),
    .read = stickiness_read,
    .tally = stickiness_tally,
    .take = stickiness_take,
    .join = stickiness_join,
    .print = stickiness_print,
    .cell_read = stickiness_cell_read,
    .in_cell = stickiness_in_cell,
};
