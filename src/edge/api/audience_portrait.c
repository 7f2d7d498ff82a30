/* What stands out about the people of a tag or segment against everybody else, or against those of another one. */
#include <stdlib.h>

#include "domain/analytics/analytics.h"
#include "domain/collect/collect.h"
#include "domain/scope/scope.h"
#include "edge/api/api.h"
#include "edge/api/audience.h"
#include "edge/api/audience_survey.h"
#include "edge/mask.h"
#include "edge/scope.h"
#include "lib/bitmap_expr.h"
#include "lib/portrait.h"
#include "lib/value.h"

#define PEOPLE_READ_MAX 100000u /* of each side: more would say little more */
#define ROWS_USUAL 50u
#define ROWS_MAX 500u
#define VALUE_BYTES_MAX 100u /* of a text that people may share */
#define DEFINITIONS_MAX AUDIENCE_MAX
#define TAKEN_BYTES_MAX 4096u

/* What is told of people. */
enum portrait_what { PORTRAIT_TRAIT, PORTRAIT_TAG, PORTRAIT_SEGMENT, PORTRAIT_EVENT, PORTRAIT_CHANNEL, PORTRAIT_WHATS };

/* A definition that people are told by: what its rule says of somebody unknown it says of all who have nothing of it. */
struct portrait_definition {
    uint32_t rule;
    enum audience_kind kind;
    struct bytes name;
};

struct portrait_survey {
    struct survey_ref ref, against;
    bool has_against;
    uint64_t limit;
    uint32_t own_rule;                       /* of `ref`: it says nothing new of them */
    struct portrait_definition *definitions; /* ascending by rule */
    size_t definition_count;
    size_t *plain; /* of those the places of conditions that hold of somebody unknown */
    size_t plain_count;
    uint32_t brand_number, purpose_number;
    enum portrait_side side;
    struct portrait *portrait;
    uint64_t sizes[PORTRAIT_SIDES];
};

/* --- what can be said of a person, on the engine's thread --- */

static void said(struct buf *out, enum portrait_what what, struct bytes name, struct bytes value)
{
    pack_u8(out, (uint8_t)what);
    pack_bytes(out, name);
    pack_bytes(out, value);
}

/* A number by itself when it is small and whole, else the steps 1, 2, 5, 10 … that it lies between. */
static struct bytes number_band(struct arena *a, double x)
{
    double size = x < 0 ? -x : x, step = 1;
    if (size <= 10 && size == (double)(int)size)
        return bytes_of_text(arena_printf(a, "%d", (int)x));
    while (step * 10 <= size && step < 1e15)
        step *= 10;
    double low = step > size ? 0 : size < 2 * step ? step : size < 5 * step ? 2 * step : 5 * step;
    double high = low > 4 * step ? 10 * step : low > step ? 5 * step : low > 0 ? 2 * step : 1;
    return bytes_of_text(x < 0 ? arena_printf(a, "-%.0f … -%.0f", high, low)
                               : arena_printf(a, "%.0f … %.0f", low, high));
}

/* Of a packed value; no bytes: it is of no kind that people can be told by. */
static struct bytes value_text(struct arena *a, struct bytes packed)
{
    struct unpack u = unpack_of(packed);
    struct value value = unpack_value(&u);
    if (!unpack_good(&u))
        return BYTES_NONE;
    switch (value.kind) {
    case VALUE_FALSE:
        return BYTES_LIT("false");
    case VALUE_TRUE:
        return BYTES_LIT("true");
    case VALUE_TEXT:
        return value.body.size <= VALUE_BYTES_MAX ? value.body : BYTES_NONE;
    case VALUE_DECIMAL:
    case VALUE_DOUBLE:
        return number_band(a, value_real(&value));
    default:
        return BYTES_NONE;
    }
}

static void traits_say(struct survey *s, const struct view *v, uint32_t person, struct buf *out)
{
    const struct trait *list;
    size_t count = people_traits(v, person, &list);
    for (size_t i = 0; i < count; i++) {
        struct bytes name = name_text(v, NAME_TRAIT, list[i].name), value = value_text(v->arena, list[i].value);
        if (value.size > 0 && scope_sees_brand_number(&s->token, v, list[i].brand) && !mask_hides_name(name))
            said(out, PORTRAIT_TRAIT, name, value);
    }
}

static const struct portrait_definition *definition_of(const struct portrait_survey *q, uint32_t rule)
{
    size_t low = 0, high = q->definition_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (q->definitions[middle].rule < rule)
            low = middle + 1;
        else
            high = middle;
    }
    return low < q->definition_count && q->definitions[low].rule == rule ? &q->definitions[low] : NULL;
}

static void definition_say(const struct survey *s, const struct portrait_definition *d, const struct rule_value *value,
                           struct arena *a, struct buf *out)
{
    struct buf packed = arena_buf(a, TAKEN_BYTES_MAX);
    bool says_nothing = !value->is_known || (value->type == RULE_TRUTH && !value->truth);
    if (says_nothing || !audience_value_is_told(&s->look, value->type))
        return;
    rule_value_pack(value, &packed);
    struct bytes text = value->type == RULE_TRUTH ? BYTES_NONE : value_text(a, buf_bytes(&packed));
    if (value->type == RULE_TRUTH || text.size > 0)
        said(out, d->kind == AUDIENCE_TAG ? PORTRAIT_TAG : PORTRAIT_SEGMENT, d->name, text);
}

static bool has_standing(const struct standing *list, size_t count, uint32_t rule)
{
    for (size_t i = 0; i < count && list[i].rule <= rule; i++)
        if (list[i].rule == rule)
            return true;
    return false;
}

static void definitions_say(const struct survey *s, const struct view *v, uint32_t person, struct buf *out)
{
    const struct portrait_survey *q = s->own;
    static const struct rule_value yes = {.type = RULE_TRUTH, .is_known = true, .truth = true};
    const struct standing *list;
    size_t count = rule_standings(v, person, &list);
    for (size_t i = 0; i < count; i++) {
        const struct portrait_definition *d = definition_of(q, list[i].rule);
        if (d != NULL)
            definition_say(s, d, &list[i].value, v->arena, out);
    }
    for (size_t i = 0; i < q->plain_count; i++) {
        const struct portrait_definition *d = &q->definitions[q->plain[i]];
        if (!has_standing(list, count, d->rule))
            definition_say(s, d, &yes, v->arena, out);
    }
}

/* How often, in steps: each that they have reached. */
static void events_say(struct survey *s, const struct view *v, uint32_t person, struct buf *out)
{
    static const struct {
        uint64_t least;
        const char *text;
    } steps[] = {{1, "≥ 1"}, {3, "≥ 3"}, {10, "≥ 10"}, {30, "≥ 30"}};
    const struct counter *list;
    size_t count = people_counters(v, person, &list);
    for (size_t i = 0; i < count;) {
        uint32_t event = list[i].event;
        uint64_t times = 0;
        for (; i < count && list[i].event == event; i++)
            times += event != 0 && scope_sees_counter(&s->token, v, &list[i]) ? list[i].count : 0;
        for (size_t k = 0; k < COUNT_OF(steps) && times >= steps[k].least; k++)
            said(out, PORTRAIT_EVENT, name_text(v, NAME_EVENT, event), bytes_of_text(steps[k].text));
    }
}

static void channels_say(const struct portrait_survey *q, const struct view *v, uint32_t person, struct buf *out)
{
    enum reach_reason reasons[REACH_CHANNELS];
    reach_reasons(v, person, q->brand_number, q->purpose_number, reasons);
    for (uint32_t channel = 0; channel < REACH_CHANNELS; channel++)
        if (reasons[channel] == REACH_YES)
            said(out, PORTRAIT_CHANNEL, bytes_of_text(reach_channels[channel].name), BYTES_NONE);
}

static void person_take(struct survey *s, const struct view *v, uint32_t person, struct buf *out)
{
    const struct portrait_survey *q = s->own;
    pack_u8(out, 1); /* of whom nothing can be said counts too */
    traits_say(s, v, person, out);
    definitions_say(s, v, person, out);
    events_say(s, v, person, out);
    channels_say(q, v, person, out);
}

/* --- counted --- */

static void person_keep(struct survey *s, uint32_t person, struct bytes taken)
{
    struct portrait_survey *q = s->own;
    struct unpack u = unpack_of(taken);
    (void)person;
    (void)unpack_u8(&u);
    portrait_person(q->portrait, q->side);
    while (!unpack_finished(&u)) {
        uint8_t what = unpack_u8(&u);
        struct bytes name = unpack_bytes(&u), value = unpack_bytes(&u);
        assert(unpack_good(&u) && what < PORTRAIT_WHATS);
        portrait_add(q->portrait, what, name, value);
    }
}

static fallible portrait_work(struct survey *s, struct err *e)
{
    static const struct survey_reader reader = {person_take, person_keep};
    struct portrait_survey *q = s->own;
    uint64_t total = 0;
    q->portrait = portrait_create();
    for (q->side = PORTRAIT_MEMBERS; q->side < PORTRAIT_SIDES; q->side++) {
        q->sizes[q->side] = bitmap_count(s->sets[q->side]);
        total += q->sizes[q->side] < PEOPLE_READ_MAX ? q->sizes[q->side] : PEOPLE_READ_MAX;
    }
    atomic_store(&s->total, total);
    for (q->side = PORTRAIT_MEMBERS; q->side < PORTRAIT_SIDES; q->side++)
        TRY(survey_read_set(s, &reader, s->sets[q->side], PEOPLE_READ_MAX, e));
    return DONE;
}

static void portrait_free(struct survey *s)
{
    const struct portrait_survey *q = s->own;
    portrait_destroy(q->portrait);
}

/* --- told --- */

static const char *const what_names[PORTRAIT_WHATS] = {"trait", "tag", "segment", "event", "channel"};
static const char *const what_zh[PORTRAIT_WHATS] = {"特质", "标签", "人群", "事件", "可触达渠道"};

static void lift_put(const struct portrait_row *row, struct json_writer *w)
{
    double rate = proportion_rate(row->members), other = proportion_rate(row->others);
    if (other > 0)
        json_put_double(w, rate / other);
    else
        json_put_null(w);
    json_put_double(w, row->lift.low);
    json_put_double(w, row->lift.high);
}

static void row_put(const struct portrait_row *row, struct json_writer *w)
{
    json_array_begin(w);
    json_put_text(w, what_names[row->what]);
    json_put_text(w, what_zh[row->what]);
    json_put_string(w, row->name);
    json_put_string(w, row->value);
    json_put_uint64(w, row->members.count);
    json_put_double(w, proportion_rate(row->members));
    json_put_double(w, proportion_rate(row->others));
    lift_put(row, w);
    json_put_double(w, row->q);
    json_array_end(w);
}

/* What standard events that are told are called in Chinese. */
static void event_names_put(const struct portrait_survey *q, const struct portrait_told *told, struct json_writer *w)
{
    json_key(w, "event_names");
    json_object_begin(w);
    for (size_t i = 0; i < told->count && i < q->limit; i++) {
        const struct portrait_row *row = &told->rows[i];
        const struct standard_event *event = row->what == PORTRAIT_EVENT ? standard_event_named(row->name) : NULL;
        bool is_first = event != NULL;
        for (size_t k = 0; k < i && is_first; k++)
            is_first = told->rows[k].what != PORTRAIT_EVENT || !bytes_equal(told->rows[k].name, row->name);
        if (!is_first)
            continue;
        json_key_bytes(w, row->name);
        json_put_text(w, event->zh);
    }
    json_object_end(w);
}

static void sides_put(const struct portrait_survey *q, const struct portrait_told *told, struct json_writer *w)
{
    static const char *const names[PORTRAIT_SIDES] = {"members", "others"};
    for (size_t side = 0; side < PORTRAIT_SIDES; side++) {
        json_key(w, names[side]);
        json_object_begin(w);
        member_uint(w, "read", told->people[side]);
        member_bool(w, "is_sample", q->sizes[side] > PEOPLE_READ_MAX);
        json_object_end(w);
    }
}

static fallible portrait_print(struct survey *s, struct json_writer *w, struct err *e)
{
    static const struct answer_column columns[] = {{"what", "What", "类别", "text"},
                                                   {"what_zh", "What", "类别", "text"},
                                                   {"name", "Name", "名称", "event"},
                                                   {"value", "Value", "取值", "text"},
                                                   {"people", "People", "人数", "number"},
                                                   {"rate", "Share", "占比", "share"},
                                                   {"rate_others", "Of the others", "对照占比", "share"},
                                                   {"lift", "Lift", "提升倍数", "number"},
                                                   {"lift_low", "from", "下限", "number"},
                                                   {"lift_high", "to", "上限", "number"},
                                                   {"q", "q", "q 值", "number"}};
    const struct portrait_survey *q = s->own;
    struct portrait_told told = portrait_conclude(q->portrait);
    (void)e;
    member_bytes(w, audience_kind_names[q->ref.kind], q->ref.name);
    member_text_or_null(w, "value", q->ref.value);
    json_key(w, "against");
    if (q->has_against)
        json_put_text(
            w, arena_printf(s->said, "%s:%.*s", audience_kind_names[q->against.kind], BYTES_ARG(q->against.name)));
    else
        json_put_null(w);
    sides_put(q, &told, w);
    member_uint(w, "tests", told.tested);
    member_uint(w, "found", told.count);
    member_uint(w, "left_out", told.left_out);
    member_text(w, "correction", "benjamini-hochberg");
    answer_columns(w, columns, COUNT_OF(columns));
    event_names_put(q, &told, w);
    json_key(w, "rows");
    json_array_begin(w);
    for (size_t i = 0; i < told.count && i < q->limit; i++)
        row_put(&told.rows[i], w);
    json_array_end(w);
    request_note_read(&s->look, s->look.route->path, PERSON_NONE);
    return DONE;
}

/* --- asked --- */

static int by_rule(const void *a, const void *b)
{
    const struct portrait_definition *x = a, *y = b;
    return (x->rule > y->rule) - (x->rule < y->rule);
}

static void definitions_look(struct survey *s, const struct view *v)
{
    struct portrait_survey *q = s->own;
    q->definitions = ARENA_ARRAY(s->arena, struct portrait_definition, DEFINITIONS_MAX);
    q->definition_count = q->plain_count = 0;
    for (enum audience_kind kind = 0; kind < AUDIENCE_KIND_COUNT; kind++) {
        struct audience a;
        for (struct bytes after = BYTES_NONE; audience_next(v, kind, after, &a); after = a.name)
            if (a.rule != RULE_NONE && a.rule != q->own_rule && scope_sees_audience(&s->token, v, a.brand) &&
                q->definition_count < DEFINITIONS_MAX)
                q->definitions[q->definition_count++] = (struct portrait_definition){a.rule, kind,
                                                                                     arena_copy(s->arena, a.name)};
    }
    qsort(q->definitions, q->definition_count, sizeof *q->definitions, by_rule);
    q->plain = ARENA_ARRAY(s->arena, size_t, q->definition_count + 1);
    for (size_t i = 0; i < q->definition_count; i++) {
        struct rule rule;
        if (rule_find(v, q->definitions[i].rule, &rule) && rule.type == RULE_TRUTH && rule.unknown.is_known &&
            rule.unknown.truth)
            q->plain[q->plain_count++] = i;
    }
}

/* The others are those that the segment doesn't have, so that nobody is on both sides. */
static const struct problem *others_add(struct survey *s, const struct view *v)
{
    const struct portrait_survey *q = s->own;
    if (q->has_against) {
        const struct problem *problem = survey_set_add(s, v, &q->against, NULL);
        if (problem != NULL)
            return problem;
    } else {
        survey_set_take(s, rule_everybody(v));
    }
    struct bitmap *others = s->sets[PORTRAIT_OTHERS],
                  *rest = bitmap_of_pair(BITMAP_MINUS, others, s->sets[PORTRAIT_MEMBERS]);
    bitmap_destroy(others);
    s->sets[PORTRAIT_OTHERS] = rest;
    return NULL;
}

static const struct problem *portrait_open(struct survey *s, const struct view *v)
{
    struct portrait_survey *q = s->own;
    struct audience a;
    const struct problem *problem = survey_set_add(s, v, &q->ref, &a);
    if (problem != NULL)
        return problem;
    q->own_rule = a.rule;
    q->brand_number = a.brand.size == 0 ? 0 : name_number(v, NAME_BRAND, a.brand);
    q->purpose_number = name_number(v, NAME_PURPOSE, PURPOSE_USUAL);
    definitions_look(s, v);
    return others_add(s, v);
}

static fallible portrait_read(struct request *r, struct survey *s, struct err *e)
{
    struct portrait_survey *q = s->own;
    struct bytes against = arena_copy(s->said, http_query(r->x, "against"));
    q->ref = (struct survey_ref){.kind = (enum audience_kind)r->route->choice,
                                 .name = arena_copy(s->said, r->parameters[0]),
                                 .value = arena_copy(s->said, http_query(r->x, "value"))};
    q->has_against = against.size > 0;
    if (q->has_against)
        TRY(WRAP(e, survey_ref_read(against, &q->against, e), "against"));
    return query_number(r, "limit", ROWS_USUAL, ROWS_MAX, &q->limit, e);
}

void api_audience_portrait(struct request *r)
{
    static const struct survey_kind kind = {.question = "portrait",
                                            .open = portrait_open,
                                            .work = portrait_work,
                                            .print = portrait_print,
                                            .free = portrait_free};
    struct survey *s = survey_create(r, &kind);
    struct err e = {0};
    s->own = ARENA_NEW(s->said, struct portrait_survey);
    *(struct portrait_survey *)s->own = (struct portrait_survey){.limit = 0};
    struct status status = portrait_read(r, s, &e);
    if (done(status)) {
        survey_ask(r, s);
        return;
    }
    survey_destroy(s);
    request_failed(r, status, &e);
}
