/* Who is in a segment or has a tag, and what of both a person has. */
#include <stdlib.h>
#include <string.h>

#include "edge/api/api.h"
#include "edge/api/audience.h"
#include "edge/api/brief.h"
#include "edge/api/list.h"
#include "edge/scope.h"
#include "lib/bitmap.h"
#include "lib/pack.h"
#include "lib/value.h"

#define PEOPLE_USUAL 50u
#define PEOPLE_MAX 100u
#define LOOKED_AHEAD 256u /* members of the set that are read at once */
#define MILLIONTH_DIGITS 6u
#define VALUE_BYTES_MAX 16384u
#define VALUES_COUNTED 1000u /* of a tag: a set each, while commands wait */
#define VALUES_TOLD 50u

/* --- the people --- */

/* A stretch of the set, kept from one item of the page to the next. */
struct people_page {
    struct bytes value; /* of a tag with values: which */
    uint64_t from;      /* the stretch has all members behind this */
    size_t count, at;
    bool is_there;
    uint32_t rule, number; /* of the definition */
    bool use_is_new;
    uint32_t numbers[LOOKED_AHEAD];
};

const struct problem problem_no_answer = {
    .status = 409,
    .slug = "not-in-force",
    .title = "It isn't in force yet",
    .detail = "What happened before it was saved is still being read: ask for its state."};
const struct problem problem_which_value = {
    .status = 400,
    .slug = "which-value",
    .title = "Which value?",
    .detail = "This tag has values: say which one as 'value', a text or a number."};

bool audience_value_read(enum rule_type type, struct bytes text, struct rule_value *out_value)
{
    struct expr_value number;
    *out_value = (struct rule_value){.type = type, .is_known = true, .text = text};
    if (text.size == 0 || type == RULE_TIME)
        return false;
    if (type != RULE_NUMBER)
        return type == RULE_TEXT;
    if (!expr_number_read(text, &number) || number.kind != EXPR_DECIMAL)
        return false;
    out_value->number = number.mantissa;
    for (uint32_t i = number.scale; i < MILLIONTH_DIGITS; i++)
        out_value->number *= 10;
    return true;
}

bool audience_value_is_told(const struct request *r, enum rule_type type)
{
    return type != RULE_TEXT || !is_masked(r);
}

void audience_put_value(const struct request *r, const struct view *v, const char *key, const struct rule_value *value,
                        struct json_writer *w)
{
    struct buf packed = arena_buf(v->arena, VALUE_BYTES_MAX);
    json_key(w, key);
    if (!value->is_known || !audience_value_is_told(r, value->type)) {
        json_put_null(w);
        return;
    }
    rule_value_pack(value, &packed);
    value_put(w, buf_bytes(&packed));
}

static struct bitmap *people_set(const struct view *v, const struct people_page *page)
{
    struct rule_value value;
    enum rule_type type = rule_type_of(v, page->rule);
    if (type == RULE_TRUTH)
        return rule_set(v, page->rule, NULL);
    bool is_one = audience_value_read(type, page->value, &value);
    assert(is_one); /* people_begin has asked */
    return is_one ? rule_set(v, page->rule, &value) : NULL;
}

struct bitmap *audience_set(const struct view *v, const struct audience *a, struct bytes value)
{
    struct rule_value said;
    assert(a->rule != RULE_NONE);
    if (value.size == 0)
        return rule_set_known(v, a->rule);
    return audience_value_read(rule_type_of(v, a->rule), value, &said) ? rule_set(v, a->rule, &said) : NULL;
}

static void stretch_read(const struct view *v, struct people_page *page, uint64_t after)
{
    struct bitmap *set = people_set(v, page);
    page->from = after;
    page->at = 0;
    page->count = set == NULL || after >= UINT32_MAX
                      ? 0
                      : bitmap_list(set, (uint32_t)after + 1, page->numbers, COUNT_OF(page->numbers));
    page->is_there = true;
    bitmap_destroy(set);
}

static bool next_person(const struct request *r, const struct view *v, struct hash128 key, struct list_item *out_item)
{
    struct people_page *page = list_own(r);
    if (!page->is_there || key.low < page->from)
        stretch_read(v, page, key.low);
    for (page->at = 0; page->at < page->count && page->numbers[page->at] <= key.low; page->at++)
        continue;
    if (page->at == page->count && page->count == COUNT_OF(page->numbers))
        stretch_read(v, page, key.low);
    if (page->at == page->count)
        return false;
    *out_item = (struct list_item){.key = {.low = page->numbers[page->at]}, .people_max = 1};
    return true;
}

static bool sees_person(const struct request *r, const struct view *v, const struct list_item *item)
{
    return scope_sees_person(r->token, v, (uint32_t)item->key.low);
}

static void put_person(struct request *r, const struct view *v, const struct list_item *item, struct json_writer *w)
{
    put_brief(r, v, (uint32_t)item->key.low, w);
}

/* Which set it is, before the page is printed. */
static void people_look(const struct view *v, void *context)
{
    struct request *r = context;
    struct people_page *page = r->context;
    struct rule_value value;
    struct audience a;
    r->problem = (struct problem){.status = 0};
    if (!audience_asked(r, v, &a))
        return;
    page->rule = a.rule;
    page->number = a.number;
    page->use_is_new = audience_use_is_new(v, a.number, AUDIENCE_USE_PEOPLE);
    if (a.rule == RULE_NONE)
        r->problem = problem_no_answer;
    else if (rule_type_of(v, a.rule) != RULE_TRUTH &&
             !audience_value_read(rule_type_of(v, a.rule), page->value, &value))
        r->problem = problem_which_value;
}

static void people_begin(struct request *r)
{
    static const struct list_kind people = {.name = "people",
                                            .cursor = "after",
                                            .cursor_kind = CURSOR_NUMBER,
                                            .usual = PEOPLE_USUAL,
                                            .most = PEOPLE_MAX,
                                            .next = next_person,
                                            .is_seen = sees_person,
                                            .put = put_person,
                                            .is_personal = true};
    if (r->problem.status != 0) {
        request_problem(r, &r->problem);
        return;
    }
    const struct people_page *page = r->context;
    audience_use_note(r, page->number, AUDIENCE_USE_PEOPLE, page->use_is_new);
    list_answer(r, &people, r->context);
}

void api_audience_people(struct request *r)
{
    struct people_page *page = ARENA_NEW(request_arena(r), struct people_page);
    *page = (struct people_page){.value = http_query(r->x, "value")};
    r->context = page;
    request_read(r, people_look, people_begin);
}

/* --- how many have which value --- */

struct value_people {
    struct rule_value value;
    uint64_t people;
};

static int more_people_first(const void *a, const void *b)
{
    const struct value_people *x = a, *y = b;
    return x->people < y->people ? 1 : x->people > y->people ? -1 : 0;
}

/* Those that most people have come first; of the arena. */
static struct value_people *values_counted(const struct view *v, uint32_t rule, size_t *out_count, size_t *out_all)
{
    struct rule_value *values = ARENA_ARRAY(v->arena, struct rule_value, VALUES_COUNTED);
    *out_all = rule_values(v, rule, values, VALUES_COUNTED);
    *out_count = *out_all < VALUES_COUNTED ? *out_all : VALUES_COUNTED;
    struct value_people *list = ARENA_ARRAY(v->arena, struct value_people, VALUES_COUNTED);
    for (size_t i = 0; i < *out_count; i++) {
        struct bitmap *people = rule_set(v, rule, &values[i]);
        list[i] = (struct value_people){values[i], people == NULL ? 0 : bitmap_count(people)};
        bitmap_destroy(people);
    }
    qsort(list, *out_count, sizeof *list, more_people_first);
    return list;
}

static void put_value_people(const struct request *r, const struct view *v, const struct value_people *one,
                             struct json_writer *w)
{
    json_object_begin(w);
    audience_put_value(r, v, "value", &one->value, w);
    member_uint(w, "people", one->people);
    json_object_end(w);
}

static void print_values(struct request *r, const struct view *v, struct json_writer *w)
{
    struct audience a;
    size_t count = 0, all = 0;
    if (!audience_asked(r, v, &a))
        return;
    if (a.rule == RULE_NONE) {
        r->problem = problem_no_answer;
        return;
    }
    bool is_hidden = !audience_value_is_told(r, rule_type_of(v, a.rule));
    const struct value_people *list = is_hidden ? NULL : values_counted(v, a.rule, &count, &all);
    json_object_begin(w);
    member_uint(w, "count", all);
    json_key(w, "values");
    json_array_begin(w);
    for (size_t i = 0; i < count && i < VALUES_TOLD; i++)
        put_value_people(r, v, &list[i], w);
    json_array_end(w);
    json_object_end(w);
}

void api_audience_values(struct request *r)
{
    request_print(r, print_values);
}

/* --- one person's --- */

/* What a definition's rule says of them, since when, and until when at least. */
static struct standing standing_find(const struct view *v, uint32_t person, const struct standing *list, size_t count,
                                     uint32_t rule)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list[middle].rule < rule)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < count && list[low].rule == rule)
        return list[low];
    return (struct standing){.rule = rule, .value = rule_says(v, person, rule), .turn_us = INT64_MAX};
}

static void put_standing(const struct request *r, const struct view *v, const struct audience *a,
                         const struct standing *s, struct json_writer *w)
{
    json_object_begin(w);
    member_bytes(w, "name", a->name);
    member_text_or_null(w, "label_zh", a->label_zh);
    member_text_or_null(w, "label_en", a->label_en);
    member_text_or_null(w, "brand", a->brand);
    if (a->kind == AUDIENCE_TAG)
        audience_put_value(r, v, "value", &s->value, w);
    member_time(w, "since", s->since_us == 0 ? INT64_MIN : s->since_us);
    member_time(w, "turn", s->turn_us);
    json_object_end(w);
}

static void put_kind(const struct request *r, const struct view *v, uint32_t person, enum audience_kind kind,
                     struct json_writer *w)
{
    const struct standing *list;
    size_t count = rule_standings(v, person, &list);
    struct audience a;
    json_array_begin(w);
    for (struct bytes after = BYTES_NONE; audience_next(v, kind, after, &a); after = a.name) {
        if (a.rule == RULE_NONE || !scope_sees_audience(r->token, v, a.brand))
            continue;
        struct standing s = standing_find(v, person, list, count, a.rule);
        if (s.value.is_known && (s.value.type != RULE_TRUTH || s.value.truth))
            put_standing(r, v, &a, &s, w);
    }
    json_array_end(w);
}

static void print_person(struct request *r, const struct view *v, struct json_writer *w)
{
    uint32_t person = person_begin(r, v, r->context, w);
    if (person == PERSON_NONE)
        return;
    member_bool(w, "pending", rule_pending(v, person));
    json_key(w, "segments");
    put_kind(r, v, person, AUDIENCE_SEGMENT, w);
    json_key(w, "tags");
    put_kind(r, v, person, AUDIENCE_TAG, w);
    json_object_end(w);
}

void api_person_audiences(struct request *r)
{
    struct person_ask *ask = ARENA_NEW(request_arena(r), struct person_ask);
    struct err e = {0};
    r->context = ask;
    struct status status = person_ask_read(r, r->parameters[0], ask, &e);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_print(r, print_person);
}
