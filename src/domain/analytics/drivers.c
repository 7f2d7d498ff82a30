/* Conversion drivers: which behaviours at the beginning go with a conversion later. It tells what goes together, not what causes what.
 * docs/guide/analytics.md. */
#include "domain/analytics/drivers.h"

#include "base/attr.h"
#include "base/time.h"
#include "domain/analytics/activity.h"
#include "domain/analytics/breakdown.h"
#include "domain/analytics/kinds.h"

#define SPAN_US_MAX (366 * US_PER_DAY)
#define SUPPORT_DEFAULT 50
#define TOP_DEFAULT 50
#define TOP_MAX 1000
#define TIMES_OF_ONE_MAX 1000
#define DONE_FIRST 64u
#define PROPERTY_BITS 8u

/* --- reading --- */

static fallible times_read(struct asked *a, struct drivers *own, struct err *e)
{
    struct json list = json_find(a->body, BYTES_LIT("times")), item;
    if (json_is(list, JSON_ABSENT) || json_is(list, JSON_NULL)) {
        own->times[own->times_count++] = 1;
        return DONE;
    }
    if (!json_is(list, JSON_ARRAY) || json_count(list) == 0 || json_count(list) > DRIVER_TIMES_MAX)
        return asked_wrong(list, e, "want a list of 1 to %u numbers", DRIVER_TIMES_MAX);
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);) {
        int64_t times;
        if (!json_int64(item, &times) || times < 1 || times > TIMES_OF_ONE_MAX)
            return asked_wrong(item, e, "want a whole number from 1 to %d", TIMES_OF_ONE_MAX);
        own->times[own->times_count++] = (uint32_t)times;
    }
    return DONE;
}

/* Which events count: those that are named, or all by their names. */
static fallible behaviours_read(struct asked *a, struct drivers *own, struct err *e)
{
    struct question *q = a->question;
    uint32_t picks[DRIVER_PICKS_MAX], count;
    TRY(asked_picks(a, "behaviours", 0, DRIVER_PICKS_MAX, picks, &count, e));
    for (uint32_t i = 0; i < count; i++)
        own->behaviours |= UINT32_C(1) << picks[i];
    q->plan.wants_all = count == 0 || !own->has_start;
    if (count == 0) {
        own->event_lane = q->plan.lane_count++; /* the first lane: there is room */
        q->plan.lanes[own->event_lane] = (struct lane_ask){.kind = LANE_CODES, .of = LANE_EVENT};
    }
    return asked_codes(a, "values", DRIVER_VALUES_MAX, own->value_lanes, own->value_titles, &own->value_count, e);
}

static fallible drivers_read(struct asked *a, struct err *e)
{
    static const char *const early[] = {"leave_out", "count"}, *const corrections[] = {"benjamini_hochberg", "holm"};
    struct question *q = a->question;
    struct drivers *own = ARENA_NEW(q->arena, struct drivers);
    struct json conversion = json_find(a->body, BYTES_LIT("conversion")), start = json_find(a->body, BYTES_LIT("start"));
    size_t counts_early, correction;
    if (json_is(conversion, JSON_ABSENT))
        return asked_missing(a, "conversion", e);
    TRY(asked_pick(a, conversion, &own->conversion, e));
    own->has_start = !json_is(start, JSON_ABSENT) && !json_is(start, JSON_NULL);
    if (own->has_start)
        TRY(asked_pick(a, start, &own->start, e));
    TRY(behaviours_read(a, own, e));
    TRY(asked_span(a, "within", 7 * US_PER_DAY, SPAN_US_MAX, &own->within_us, e));
    TRY(asked_span(a, "convert_within", 30 * US_PER_DAY, SPAN_US_MAX, &own->convert_us, e));
    TRY(asked_choice(a, "early", early, COUNT_OF(early), 0, &counts_early, e));
    TRY(times_read(a, own, e));
    TRY(asked_number(a, "support_min", SUPPORT_DEFAULT, 1, INT32_MAX, &own->support_min, e));
    TRY(asked_choice(a, "correction", corrections, COUNT_OF(corrections), 0, &correction, e));
    TRY(asked_number(a, "top", TOP_DEFAULT, 1, TOP_MAX, &own->top, e));
    own->counts_early = counts_early == 1;
    own->is_holm = correction == 1;
    q->plan.from_us = TIME_US_MIN; /* the start is the first one ever */
    q->plan.until_us = q->until_us + own->within_us + own->convert_us;
    q->own = own;
    return DONE;
}

/* --- a subject --- */

/* The place of the start; s->count: there is none. Says whether it had converted before. */
static uint32_t start_find(const struct drivers *own, const struct sequence *s, bool *out_converted_before)
{
    uint32_t i = 0;
    *out_converted_before = false;
    for (; own->has_start && i < s->count && !moment_is(&s->moments[i], own->start); i++)
        *out_converted_before |= moment_is(&s->moments[i], own->conversion);
    return i;
}

struct driver_span driver_span_of(const struct question *q, const struct sequence *s)
{
    const struct drivers *own = q->own;
    struct driver_span span = {.standing = DRIVER_ABSENT};
    bool converted_before;
    uint32_t i = start_find(own, s, &converted_before);
    if (i == s->count || s->moments[i].time_us < q->from_us || s->moments[i].time_us >= q->until_us)
        return span;
    int64_t behaves_until_us = s->moments[i].time_us + own->within_us, converts_until_us = behaves_until_us + own->convert_us;
    span.standing = converted_before ? DRIVER_CONVERTED_BEFORE : converts_until_us > q->now_us ? DRIVER_OPEN : DRIVER_COUNTED;
    span.first = i + own->has_start; /* everybody did the start that is asked for */
    for (; i < s->count && s->moments[i].time_us < behaves_until_us; i++)
        if (moment_is(&s->moments[i], own->conversion)) {
            if (span.standing == DRIVER_COUNTED && !own->counts_early)
                span.standing = DRIVER_CONVERTED_EARLY;
            span.converted = true;
            break;
        }
    span.until = i > span.first ? i : span.first;
    for (; i < s->count && s->moments[i].time_us < converts_until_us && !span.converted; i++)
        span.converted = moment_is(&s->moments[i], own->conversion);
    return span;
}

/* --- counting --- */

static void *drivers_tally(const struct question *q, struct arena *arena)
{
    struct driver_tally *tally = ARENA_NEW(arena, struct driver_tally);
    (void)q;
    tally->arena = arena;
    tally->done_room = DONE_FIRST;
    tally->done = ARENA_ARRAY(arena, struct behaviour *, tally->done_room);
    groups_init(&tally->behaviours, arena, sizeof(struct behaviour));
    return tally;
}

static void done_add(struct driver_tally *tally, struct behaviour *behaviour)
{
    if (tally->done_count == tally->done_room) {
        struct behaviour **more = ARENA_ARRAY(tally->arena, struct behaviour *, 2 * tally->done_room);
        memcpy(more, tally->done, tally->done_count * sizeof *more);
        tally->done = more;
        tally->done_room *= 2;
    }
    tally->done[tally->done_count++] = behaviour;
}

static void behaviour_note(struct driver_tally *tally, uint32_t event, uint8_t property, uint32_t value)
{
    struct group_key key = {(uint64_t)event << PROPERTY_BITS | property, value};
    struct behaviour *b = groups_take(&tally->behaviours, key);
    b->event = event;
    b->property = property;
    b->value = value;
    if (b->seen++ == 0)
        done_add(tally, b);
}

/* The event, and the event with each of its values. */
static void event_note(struct driver_tally *tally, const struct drivers *own, const struct sequence *s, const struct moment *m, uint32_t event)
{
    behaviour_note(tally, event, DRIVER_NO_VALUE, 0);
    for (uint32_t i = 0; i < own->value_count; i++) {
        uint32_t value = s->lanes[own->value_lanes[i]].codes[m->row];
        if (value != CODE_NONE)
            behaviour_note(tally, event, (uint8_t)i, value);
    }
}

static void moment_note(struct driver_tally *tally, const struct drivers *own, const struct sequence *s, const struct moment *m)
{
    if (own->behaviours == 0) {
        event_note(tally, own, s, m, s->lanes[own->event_lane].codes[m->row]);
        return;
    }
    for (uint32_t left = m->picks & own->behaviours; left != 0; left &= left - 1)
        event_note(tally, own, s, m, (uint32_t)__builtin_ctz(left));
}

static void drivers_take(const struct question *q, void *into, const struct sequence *s)
{
    const struct drivers *own = q->own;
    struct driver_tally *tally = into;
    struct driver_sums *sums = &tally->sums;
    struct driver_span span = driver_span_of(q, s);
    sums->open += span.standing == DRIVER_OPEN;
    sums->converted_before += span.standing == DRIVER_CONVERTED_BEFORE;
    sums->converted_early += span.standing == DRIVER_CONVERTED_EARLY;
    if (span.standing != DRIVER_COUNTED)
        return;
    sums->people++;
    sums->converted += span.converted;
    for (uint32_t i = span.first; i < span.until; i++)
        moment_note(tally, own, s, &s->moments[i]);
    for (uint32_t i = 0; i < tally->done_count; i++) {
        struct behaviour *b = tally->done[i];
        for (uint32_t k = 0; k < own->times_count; k++)
            if (b->seen >= own->times[k]) {
                b->did[k]++;
                b->converted[k] += span.converted;
            }
        b->seen = 0;
    }
    tally->done_count = 0;
}

static void drivers_join(const struct question *q, void *into, void *from)
{
    struct driver_tally *sum = into, *more = from;
    struct group *g;
    (void)q;
    for (uint32_t at = 0; (g = groups_next(&more->behaviours, &at)) != NULL;) {
        const struct behaviour *b = (const void *)g->own;
        struct behaviour *both = groups_take(&sum->behaviours, g->key);
        both->event = b->event;
        both->property = b->property;
        both->value = b->value;
        for (uint32_t k = 0; k < DRIVER_TIMES_MAX; k++) {
            both->did[k] += b->did[k];
            both->converted[k] += b->converted[k];
        }
    }
    sum->sums.people += more->sums.people;
    sum->sums.converted += more->sums.converted;
    sum->sums.open += more->sums.open;
    sum->sums.converted_before += more->sums.converted_before;
    sum->sums.converted_early += more->sums.converted_early;
}

/* --- drill-down --- */

struct driver_cell {
    struct bytes behaviour, value;
    uint32_t property; /* DRIVER_NO_VALUE: whatever its values */
    int64_t times;
    bool did, has_converted, converted;
};

static const struct member_rule cell_members[] = {
    {"behaviour", "as the answer calls it", "行为,写法同结果"},
    {"property", "of a behaviour with a value", "行为的属性"},
    {"value", "of the property", "属性取值"},
    {"times", "at least so often (1)", "至少几次(默认 1)"},
    {"did", "true (default): who did it; false: who didn't", "true(默认):做过的人;false:没做过的人"},
    {"converted", "true or false: only who converted, or who didn't", "true 或 false:仅已转化或未转化的人"},
};

static fallible drivers_cell_read(struct question *q, struct json cell, void **out_cell, struct err *e)
{
    const struct drivers *own = q->own;
    struct driver_cell *c = ARENA_NEW(q->arena, struct driver_cell);
    struct asked asked = {.question = q, .body = cell};
    struct bytes property;
    TRY(asked_members(&asked, cell_members, COUNT_OF(cell_members), e));
    TRY(asked_text(&asked, "behaviour", BYTES_NONE, &c->behaviour, e));
    TRY(asked_text(&asked, "property", BYTES_NONE, &property, e));
    TRY(asked_text(&asked, "value", BYTES_NONE, &c->value, e));
    TRY(asked_number(&asked, "times", 1, 1, TIMES_OF_ONE_MAX, &c->times, e));
    TRY(asked_flag(&asked, "did", true, &c->did, e));
    TRY(asked_flag(&asked, "converted", false, &c->converted, e));
    c->has_converted = !json_is(json_find(cell, BYTES_LIT("converted")), JSON_ABSENT);
    c->property = DRIVER_NO_VALUE;
    for (uint32_t i = 0; i < own->value_count && property.size > 0; i++)
        if (bytes_equal(property, bytes_of_text(own->value_titles[i])))
            c->property = i;
    if (property.size > 0 && c->property == DRIVER_NO_VALUE)
        return asked_wrong(cell, e, "the question's \"values\" have no \"%.*s\"", BYTES_ARG(property));
    *out_cell = c;
    return DONE;
}

/* Whether the moment is the cell's behaviour. */
static bool behaves(const struct question *q, const struct texts *texts, const struct driver_cell *cell, const struct sequence *s,
                    const struct moment *m)
{
    const struct drivers *own = q->own;
    bool is_it = false;
    if (cell->property != DRIVER_NO_VALUE && !bytes_equal(texts_get(texts, s->lanes[own->value_lanes[cell->property]].codes[m->row]), cell->value))
        return false;
    if (own->behaviours == 0)
        return bytes_equal(texts_get(texts, s->lanes[own->event_lane].codes[m->row]), cell->behaviour);
    for (uint32_t left = m->picks & own->behaviours; left != 0; left &= left - 1)
        is_it |= bytes_equal(bytes_of_text(q->plan.picks[__builtin_ctz(left)].label), cell->behaviour);
    return is_it;
}

static bool drivers_in_cell(const struct question *q, const struct texts *texts, const void *asked, const struct sequence *s)
{
    const struct driver_cell *cell = asked;
    struct driver_span span = driver_span_of(q, s);
    int64_t times = 0;
    if (span.standing != DRIVER_COUNTED || (cell->has_converted && cell->converted != span.converted))
        return false;
    for (uint32_t i = span.first; i < span.until; i++)
        times += behaves(q, texts, cell, s, &s->moments[i]);
    return cell->behaviour.size == 0 || cell->did == (times >= cell->times);
}

static const struct member_rule members[] = {
    {"conversion", "the event that converts", "转化事件"},
    {"start", "where a person's time begins: the first of these; their first event of all if it isn't given", "起点事件(首次);不给则为此人的第一个事件"},
    {"behaviours", "a list of events that are looked at; all by their names if it isn't given", "考察的行为事件列表;不给则为全部事件"},
    {"values", "properties whose values make behaviours of their own", "按取值细分行为的属性列表"},
    {"within", "how long behaviours count from the start (7d)", "起点后多久内的行为计入(默认 7d)"},
    {"convert_within", "how long after that a conversion counts (30d)", "此后多久内的转化计入(默认 30d)"},
    {"early", "who converts while behaviours count: leave_out (default) or count", "行为期内即转化的人:leave_out(默认,不计)或 count(计入)"},
    {"times", "how often it is to be done: a list, such as [1, 3] ([1])", "至少几次:列表,如 [1, 3](默认 [1])"},
    {"support_min", "least number of people who did, and who didn't (50)", "做过与没做过的人数下限(默认 50)"},
    {"correction", "for many tests: benjamini_hochberg (default) or holm", "多重检验校正:benjamini_hochberg(默认)或 holm"},
    {"top", "rows (50)", "行数(默认 50)"},
};

const struct question_kind drivers_question = {
    .name = "drivers",
    .about = "Which behaviours at the beginning go with a conversion later: lift with interval, corrected for many tests.",
    .about_zh = "哪些早期行为与之后的转化相关:提升倍数、区间与多重检验校正。",
    .members = members,
    .member_count = COUNT_OF(members),
    .read = drivers_read,
    .tally = drivers_tally,
    .take = drivers_take,
    .join = drivers_join,
    .print = drivers_print,
    .cell_read = drivers_cell_read,
    .in_cell = drivers_in_cell,
};
