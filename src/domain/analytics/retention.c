/* Retention: who comes back in which period after they began. docs/guide/analytics.md. */
#include "domain/analytics/retention.h"

#include "base/time.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/shortcut.h"
#include "engine/domain.h"

static const char *const mode_names[RETENTION_MODE_COUNT] = {"on", "on_or_after", "bracket", "on_or_before", "streak"};
static const char *const clock_names[RETENTION_CLOCK_COUNT] = {"calendar", "rolling", "rolling_hours"};
static const char *const cohort_names[] = {"first_time", "recurring"};
static const char *const average_names[] = {"weighted", "simple"};
static const char *const relative_names[] = {"first", "previous"};

static const uint32_t periods_initially[CIVIL_UNIT_COUNT] = {24, 30, 12, 12, 8, 5};
/* Of rolling periods; 0: there are none of this unit. */
static const int64_t rolling_us[CIVIL_UNIT_COUNT] = {US_PER_HOUR, US_PER_DAY, 7 * US_PER_DAY, 30 * US_PER_DAY, 0, 0};

static const struct member_rule members[] = {
    {"start", "the event that begins", "起始事件"},
    {"return", "the event that is a return; absent: the same", "回访事件,默认与起始相同"},
    {"unit", "hour, day, week, month, quarter, year", "周期单位"},
    {"periods", "how many behind that of the start", "起始之后的周期数"},
    {"mode", "on: in the period; on_or_after; bracket; on_or_before; streak: in every one until it", "口径:当期、当期及以后、区间、当期及以前、连续"},
    {"brackets", "[[1, 3], [4, 7]]: from period to period", "区间列表"},
    {"clock", "calendar; rolling: spans from the start on; rolling_hours: and from the hour of every start",
     "calendar 自然周期,rolling 滚动,rolling_hours 按小时取整滚动"},
    {"cohort", "first_time: ever; recurring: in every period with a start", "first_time 首次,recurring 每期"},
    {"average", "weighted by the size of cohorts; simple", "平均:weighted 按规模加权,simple 简单平均"},
    {"relative_to", "first: the size of the cohort; previous: the period before", "比率基准:first 首期,previous 上一期"},
    {"value", "a property whose sum is told: with on_or_before the value curve", "求和属性:与 on_or_before 同用即 LTV 曲线"},
    BREAKDOWN_MEMBERS,
};

static const struct member_rule cell_members[] = {
    {"cohort", "as it stands in the answer", "同期群"},
    {"period", "as it stands in the answer; absent: all of the cohort", "周期,省略则为全体"},
    FACET_CELL_MEMBERS,
};

/* --- reading --- */

static fallible picks_read(struct asked *a, struct retention *r, struct err *e)
{
    struct json start = json_find(a->body, BYTES_LIT("start")), back = json_find(a->body, BYTES_LIT("return"));
    if (json_is(start, JSON_ABSENT))
        return asked_missing(a, "start", e);
    TRY(asked_pick(a, start, &r->start, e));
    r->back = r->start;
    return json_is(back, JSON_ABSENT) ? DONE : asked_pick(a, back, &r->back, e);
}

static fallible bracket_read(struct retention *r, struct json from, struct err *e)
{
    struct json_walk walk = json_items(from);
    struct json first, last;
    int64_t numbers[2] = {0};
    bool good = json_count(from) == 2 && json_item_next(&walk, &first) && json_item_next(&walk, &last) && json_int64(first, &numbers[0]) &&
                json_int64(last, &numbers[1]);
    if (!good || numbers[0] < 0 || numbers[0] > numbers[1] || numbers[1] > RETENTION_PERIODS_MAX)
        return asked_wrong(from, e, "want two periods, such as [1, 3], of 0 to %u", RETENTION_PERIODS_MAX);
    r->brackets[r->bracket_count++] = (struct bracket){(uint32_t)numbers[0], (uint32_t)numbers[1]};
    r->period_max = r->period_max > (uint32_t)numbers[1] ? r->period_max : (uint32_t)numbers[1];
    return DONE;
}

static fallible brackets_read(struct asked *a, struct retention *r, struct err *e)
{
    struct json list = json_find(a->body, BYTES_LIT("brackets")), part;
    if (json_is(list, JSON_ABSENT))
        return asked_missing(a, "brackets", e);
    if (!json_is(list, JSON_ARRAY) || json_count(list) == 0 || json_count(list) > RETENTION_BRACKETS_MAX)
        return asked_wrong(list, e, "want 1 to %u of them, such as [[1, 3], [4, 7]]", RETENTION_BRACKETS_MAX);
    r->period_max = 0;
    for (struct json_walk w = json_items(list); json_item_next(&w, &part);)
        TRY(bracket_read(r, part, e));
    r->cell_count = r->bracket_count;
    return DONE;
}

static fallible ways_read(struct asked *a, struct retention *r, struct err *e)
{
    size_t mode, clock, cohort, average, relative;
    TRY(asked_choice(a, "mode", mode_names, RETENTION_MODE_COUNT, RETENTION_ON, &mode, e));
    TRY(asked_choice(a, "clock", clock_names, RETENTION_CLOCK_COUNT, RETENTION_CALENDAR, &clock, e));
    TRY(asked_choice(a, "cohort", cohort_names, COUNT_OF(cohort_names), 0, &cohort, e));
    TRY(asked_choice(a, "average", average_names, COUNT_OF(average_names), 0, &average, e));
    TRY(asked_choice(a, "relative_to", relative_names, COUNT_OF(relative_names), 0, &relative, e));
    r->mode = (enum retention_mode)mode;
    r->clock = (enum retention_clock)clock;
    r->is_recurring = cohort == 1;
    r->is_simple_average = average == 1;
    r->is_from_previous = relative == 1;
    TRY(asked_lane(a, "value", LANE_QUANTITIES, LANE_SUM, false, &r->has_value, &r->value, e));
    if (r->has_value && (r->mode == RETENTION_STREAK || r->clock == RETENTION_ROLLING_HOURS))
        return asked_wrong(a->body, e, "\"value\" goes neither with mode \"streak\" nor with clock \"rolling_hours\"");
    return asked_breakdown(a, &r->breakdown, e);
}

static fallible periods_read(struct asked *a, struct retention *r, struct err *e)
{
    struct question *q = a->question;
    int64_t periods;
    TRY(asked_units(a, "unit", CIVIL_DAY, &r->units, e));
    TRY(asked_number(a, "periods", periods_initially[r->units.unit], 0, RETENTION_PERIODS_MAX, &periods, e));
    r->period_max = (uint32_t)periods;
    r->cell_count = r->period_max + 1;
    if (r->mode == RETENTION_BRACKET)
        TRY(brackets_read(a, r, e));
    if ((uint64_t)r->units.count * r->cell_count > RETENTION_CELLS_MAX)
        return FAIL(e, LIMIT, "%u cohorts of %u periods: at most %u together; take a longer unit or a shorter range", r->units.count, r->cell_count,
                    RETENTION_CELLS_MAX);
    r->unit_us = rolling_us[r->units.unit];
    if (r->clock != RETENTION_CALENDAR && r->unit_us == 0)
        return asked_wrong(a->body, e, "rolling periods are of an hour, a day, a week or a month");
    struct units all = r->units;
    all.count += r->period_max;
    edges_make(q, &all, &r->edges);
    return DONE;
}

static fallible retention_read(struct asked *a, struct err *e)
{
    struct question *q = a->question;
    struct retention *r = ARENA_NEW(q->arena, struct retention);
    TRY(picks_read(a, r, e));
    TRY(ways_read(a, r, e));
    TRY(periods_read(a, r, e));
    if (!r->is_recurring)
        q->plan.from_us = TIME_US_MIN; /* who began before is in no cohort */
    if (r->mode == RETENTION_ON_OR_AFTER)
        q->plan.until_us = TIME_US_END;
    else if (r->clock == RETENTION_CALENDAR)
        q->plan.until_us = r->edges.begins_us[r->edges.count];
    else
        q->plan.until_us = q->until_us + (r->period_max + 1) * r->unit_us + US_PER_HOUR;
    q->own = r;
    return DONE;
}

/* --- counting --- */

static void *retention_tally(const struct question *q, struct arena *arena)
{
    const struct retention *r = q->own;
    struct retention_tally *t = ARENA_NEW(arena, struct retention_tally);
    t->arena = arena;
    groups_init(&t->cohorts, arena, sizeof(struct cohort) + retention_slots(r) * sizeof(struct retention_cell));
    if (r->breakdown.count == 0)
        t->by_place = ARENA_ARRAY(arena, struct cohort *, r->units.count);
    return t;
}

struct cohort *retention_cohort(struct retention_tally *t, const struct cohort_member *m)
{
    struct group_key key = facet_key(m->facet, m->place);
    if (t->by_place == NULL)
        return groups_take(&t->cohorts, key);
    if (t->by_place[m->place] == NULL)
        t->by_place[m->place] = groups_take(&t->cohorts, key);
    return t->by_place[m->place];
}

struct counting {
    struct retention_visit visit;
    const struct question *q;
    struct retention_tally *tally;
};

static uint32_t first_seen(const struct cohort_member *m, uint32_t otherwise)
{
    for (uint32_t i = 0; i < SEEN_WORDS; i++)
        if (m->seen[i] != 0)
            return i * 64 + (uint32_t)__builtin_ctzll(m->seen[i]);
    return otherwise;
}

static uint32_t last_seen(const struct cohort_member *m)
{
    for (uint32_t i = SEEN_WORDS; i-- > 0;)
        if (m->seen[i] != 0)
            return i * 64 + 63u - (uint32_t)__builtin_clzll(m->seen[i]);
    return UINT32_MAX;
}

static void each_seen_count(struct cohort *c, const struct cohort_member *m)
{
    for (uint32_t i = 0; i < SEEN_WORDS; i++)
        for (uint64_t left = m->seen[i]; left != 0; left &= left - 1)
            c->cells[i * 64 + (uint32_t)__builtin_ctzll(left)].count++;
}

static bool was_back_between(const struct cohort_member *m, struct bracket b)
{
    for (uint32_t period = b.first; period <= b.last; period++)
        if (member_was_back(m, period))
            return true;
    return false;
}

static uint32_t streak_of(const struct retention *r, const struct cohort_member *m)
{
    uint32_t periods = 0;
    while (periods <= r->period_max && member_was_back(m, periods))
        periods++;
    return periods;
}

static void returns_count(const struct retention *r, struct cohort *c, const struct cohort_member *m)
{
    uint32_t first = first_seen(m, UINT32_MAX), streak;
    if (first == UINT32_MAX)
        return;
    switch (r->mode) {
    case RETENTION_ON:
        each_seen_count(c, m);
        return;
    case RETENTION_ON_OR_AFTER:
        c->cells[last_seen(m)].count++;
        return;
    case RETENTION_ON_OR_BEFORE:
        c->cells[first].count++;
        return;
    case RETENTION_STREAK:
        streak = streak_of(r, m);
        c->cells[streak > 0 ? streak - 1 : 0].count += streak > 0;
        return;
    case RETENTION_BRACKET:
        for (uint32_t i = 0; i < r->bracket_count; i++)
            c->cells[i].count += was_back_between(m, r->brackets[i]);
        return;
    case RETENTION_MODE_COUNT:
        break;
    }
    assert(false);
}

static void values_add(const struct question *q, struct cohort *c, const struct sequence *s, const struct cohort_member *m)
{
    const struct retention *r = q->own;
    const struct lane *lane = &s->lanes[r->value];
    uint32_t period;
    for (uint32_t at = m->birth; at < s->count; at++)
        if (lane->has[s->moments[at].row] && retention_return(q, s, m, at, &period))
            quantity_add(&c->cells[period].sum, lane->quantities[s->moments[at].row]);
}

static void member_count(struct retention_visit *v, const struct sequence *s, const struct cohort_member *m)
{
    struct counting *counting = (struct counting *)v;
    const struct retention *r = counting->q->own;
    struct cohort *c = retention_cohort(counting->tally, m);
    int64_t birth_us = s->moments[m->birth].time_us;
    c->last_birth_us = c->size == 0 || birth_us > c->last_birth_us ? birth_us : c->last_birth_us;
    c->size++;
    returns_count(r, c, m);
    if (r->has_value)
        values_add(counting->q, c, s, m);
}

static void retention_take(const struct question *q, void *tally, const struct sequence *s)
{
    struct counting c = {.visit = {.member = member_count}, .q = q, .tally = tally};
    retention_walk(q, s, &c.visit);
}

static double cohort_weight(const struct question *q, const void *own)
{
    (void)q;
    return (double)((const struct cohort *)own)->size;
}

static void cohort_join(const struct question *q, void *into, void *from, struct arena *arena)
{
    struct cohort *sum = into;
    const struct cohort *more = from;
    (void)arena;
    sum->last_birth_us = sum->size == 0 || more->last_birth_us > sum->last_birth_us ? more->last_birth_us : sum->last_birth_us;
    sum->size += more->size;
    for (uint32_t i = 0; i < retention_slots(q->own); i++) {
        sum->cells[i].count += more->cells[i].count;
        quantity_add_sum(&sum->cells[i].sum, more->cells[i].sum);
    }
}

const struct group_rules retention_rules = {.weigh = cohort_weight, .join = cohort_join};

static void retention_join(const struct question *q, void *into, void *from)
{
    groups_join(q, &retention_rules, &((struct retention_tally *)into)->cohorts, &((struct retention_tally *)from)->cohorts);
}

static void print(const struct question *q, const struct texts *texts, void *tally, struct json_writer *w)
{
    retention_print(q, texts, &((struct retention_tally *)tally)->cohorts, w);
}

/* --- drill-down --- */

struct retention_cell_asked {
    uint32_t place;
    bool has_period;
    uint32_t cell;
    struct facet_cell facets;
};

static fallible period_read(const struct retention *r, struct json from, uint32_t *out_cell, struct err *e)
{
    char text[PERIOD_TEXT_BYTES];
    struct bytes asked = json_is(from, JSON_NUMBER) ? json_raw(from) : json_string(from);
    for (uint32_t i = 0; i < r->cell_count; i++) {
        retention_period_print(r, i, text);
        if (bytes_equal(asked, bytes_of_text(text))) {
            *out_cell = i;
            return DONE;
        }
    }
    retention_period_print(r, r->cell_count - 1, text);
    return FAIL(e, INVALID, "cell: period: none of the answer's, such as \"%s\"", text);
}

static fallible retention_cell_read(struct question *q, struct json cell, void **out_cell, struct err *e)
{
    const struct retention *r = q->own;
    struct retention_cell_asked *c = ARENA_NEW(q->arena, struct retention_cell_asked);
    struct asked a = {q, cell};
    struct json period = json_find(cell, BYTES_LIT("period"));
    TRY(asked_members(&a, TABLE(cell_members), e));
    TRY(units_read(q, &r->units, cell, "cohort", &c->place, e));
    c->has_period = !json_is(period, JSON_ABSENT);
    if (c->has_period)
        TRY(period_read(r, period, &c->cell, e));
    *out_cell = c;
    return facet_cell_read(q, &r->breakdown, cell, &c->facets, e);
}

static bool member_in_cell(const struct retention *r, const struct cohort_member *m, uint32_t cell)
{
    switch (r->mode) {
    case RETENTION_ON:
        return member_was_back(m, cell);
    case RETENTION_ON_OR_AFTER:
        return was_back_between(m, (struct bracket){cell, r->period_max + 1});
    case RETENTION_ON_OR_BEFORE:
        return was_back_between(m, (struct bracket){0, cell});
    case RETENTION_STREAK:
        return streak_of(r, m) > cell;
    case RETENTION_BRACKET:
        return was_back_between(m, r->brackets[cell]);
    case RETENTION_MODE_COUNT:
        break;
    }
    assert(false);
    return false;
}

struct looking {
    struct retention_visit visit;
    const struct retention *r;
    const struct retention_cell_asked *cell;
    const struct texts *texts;
    bool found;
};

static void member_look(struct retention_visit *v, const struct sequence *s, const struct cohort_member *m)
{
    struct looking *l = (struct looking *)v;
    const struct retention_cell_asked *c = l->cell;
    (void)s;
    if (m->place == c->place && (!c->has_period || member_in_cell(l->r, m, c->cell)))
        l->found |= facet_in_cell(&l->r->breakdown, l->texts, &c->facets, m->facet);
}

static bool retention_in_cell(const struct question *q, const struct texts *texts, const void *cell, const struct sequence *s)
{
    struct looking l = {.visit = {.member = member_look}, .r = q->own, .cell = cell, .texts = texts};
    retention_walk(q, s, &l.visit);
    return l.found;
}

const struct question_kind retention_question = {
    .name = "retention",
    .about = "Who comes back in which period after they began",
    .about_zh = "留存:起始之后各周期的回访",
    .members = members,
    .member_count = COUNT_OF(members),
    .read = retention_read,
    .tally = retention_tally,
    .take = retention_take,
    .shortcut = &retention_shortcut,
    .join = retention_join,
    .print = print,
    .cell_read = retention_cell_read,
    .in_cell = retention_in_cell,
};
