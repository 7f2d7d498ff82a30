#include "domain/analytics/breakdown.h"

#include <stdlib.h>

#include "domain/analytics/asked_inside.h"

#define PLACE_BITS 32u
#define PLACE_MASK UINT64_C(0xffffffff)

/* --- asked --- */

fallible asked_codes(struct asked *a, const char *member, uint32_t most, uint32_t *out_lanes, const char **out_titles, uint32_t *out_count,
                     struct err *e)
{
    struct json from = json_find(a->body, bytes_of_text(member)), part = from;
    struct json_walk walk = json_items(from);
    bool is_list = json_is(from, JSON_ARRAY);
    *out_count = 0;
    if (json_is(from, JSON_ABSENT) || json_is(from, JSON_NULL))
        return DONE;
    if (is_list && json_count(from) > most)
        return asked_wrong(from, e, "want at most %u properties", most);
    while (is_list ? json_item_next(&walk, &part) : *out_count == 0) {
        TRY(asked_lane_of(a, part, LANE_CODES, LANE_VALUE, &out_lanes[*out_count], e));
        out_titles[*out_count] = arena_text(a->question->arena, json_string(part));
        ++*out_count;
    }
    return DONE;
}

fallible asked_breakdown(struct asked *a, struct breakdown *out, struct err *e)
{
    int64_t shown_max;
    TRY(asked_number(a, "top", FACETS_SHOWN_INITIALLY, 1, FACETS_SHOWN_MAX, &shown_max, e));
    out->shown_max = (uint32_t)shown_max;
    return asked_codes(a, "breakdown", FACET_VALUES_MAX, out->lanes, out->titles, &out->count, e);
}

/* --- shown --- */

/* A facet among all that were counted. */
struct weighed {
    struct facet facet;
    double weight;
    uint32_t rank;
};

static struct facet facet_of_key(struct group_key key)
{
    return (struct facet){{(uint32_t)(key.high >> PLACE_BITS), (uint32_t)key.high, (uint32_t)(key.low >> PLACE_BITS)}};
}

static int weighed_compare(const void *a, const void *b, void *context)
{
    const struct weighed *x = *(struct weighed *const *)a, *y = *(struct weighed *const *)b;
    const struct texts *texts = context;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    for (uint32_t i = 0; i < FACET_VALUES_MAX; i++) {
        int order = bytes_compare(texts_get(texts, x->facet.codes[i]), texts_get(texts, y->facet.codes[i]));
        if (order != 0)
            return order;
    }
    return 0;
}

/* Weighs the facets, by the groups of all places, and says how many there are; the table finds each by its key without a place. */
static uint32_t rank(const struct question *q, const struct texts *texts, const struct groups *groups, const struct group_rules *rules,
                     struct groups *facets)
{
    groups_init(facets, groups->arena, sizeof(struct weighed));
    struct group *g;
    for (uint32_t at = 0; (g = groups_next(groups, &at)) != NULL;) {
        struct weighed *w = groups_take(facets, (struct group_key){g->key.high, g->key.low & ~PLACE_MASK});
        w->facet = facet_of_key(g->key);
        w->weight += rules->weigh(q, g->own);
    }
    struct weighed **list = ARENA_ARRAY(groups->arena, struct weighed *, facets->count + 1);
    uint32_t count = 0;
    for (uint32_t at = 0; (g = groups_next(facets, &at)) != NULL;)
        list[count++] = (struct weighed *)(void *)g->own;
    qsort_r(list, count, sizeof *list, weighed_compare, (void *)(uintptr_t)texts);
    for (uint32_t i = 0; i < count; i++)
        list[i]->rank = i;
    return count;
}

static int shown_compare(const void *a, const void *b)
{
    const struct shown_group *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

void breakdown_show(const struct question *q, const struct breakdown *b, const struct texts *texts, struct groups *groups,
                    const struct group_rules *rules, struct shown_groups *out)
{
    struct groups facets, others;
    uint32_t facet_count = rank(q, texts, groups, rules, &facets), count = 0;
    bool all = b->count == 0 || facet_count <= b->shown_max;
    uint32_t shown = all ? facet_count : b->shown_max;
    struct shown_group *list = ARENA_ARRAY(groups->arena, struct shown_group, groups->count + 1);
    struct group *g;
    groups_init(&others, groups->arena, groups->own_bytes);
    for (uint32_t at = 0; (g = groups_next(groups, &at)) != NULL;) {
        const struct weighed *w = groups_find(&facets, (struct group_key){g->key.high, g->key.low & ~PLACE_MASK});
        uint32_t place = (uint32_t)(g->key.low & PLACE_MASK);
        assert(w != NULL);
        if (w->rank < shown)
            list[count++] = (struct shown_group){.facet = w->facet, .rank = w->rank, .place = place, .own = g->own};
        else
            rules->join(q, groups_take(&others, (struct group_key){0, place}), g->own, groups->arena);
    }
    for (uint32_t at = 0; (g = groups_next(&others, &at)) != NULL;)
        list[count++] = (struct shown_group){.is_other = true, .rank = shown, .place = (uint32_t)g->key.low, .own = g->own};
    qsort(list, count, sizeof *list, shown_compare);
    *out = (struct shown_groups){list, count, facet_count - shown};
}

uint32_t shown_facet_until(const struct shown_groups *shown, uint32_t from)
{
    uint32_t until = from + 1;
    while (until < shown->count && shown->list[until].rank == shown->list[from].rank)
        until++;
    return until;
}

void groups_join(const struct question *q, const struct group_rules *rules, struct groups *into, struct groups *from)
{
    struct group *g;
    for (uint32_t at = 0; (g = groups_next(from, &at)) != NULL;)
        rules->join(q, groups_take(into, g->key), g->own, into->arena);
}

size_t facet_columns(const struct question *q, const struct breakdown *b, struct answer_column *out_columns)
{
    for (uint32_t i = 0; i < b->count; i++)
        out_columns[i] = (struct answer_column){b->titles[i], b->titles[i], b->titles[i], answer_kind_of_lane(q, b->lanes[i])};
    return b->count;
}

void facet_put(const struct breakdown *b, const struct texts *texts, const struct shown_group *g, struct json_writer *w)
{
    for (uint32_t i = 0; i < b->count; i++)
        answer_text(w, g->is_other ? BYTES_LIT(ANSWER_OTHER) : texts_get(texts, g->facet.codes[i]));
}

/* --- cells --- */

/* One facet of a cell: a text, or as many as the breakdown has values. */
static fallible facet_texts(const struct question *q, const struct breakdown *b, struct json from, struct bytes *out_texts, struct err *e)
{
    struct json_walk walk = json_items(from);
    struct json part = from;
    bool is_list = json_is(from, JSON_ARRAY);
    uint32_t count = is_list ? (uint32_t)json_count(from) : 1;
    if (count != b->count)
        return FAIL(e, INVALID, "cell: the breakdown is of %u values, not %u", b->count, count);
    for (uint32_t i = 0; i < count; i++) {
        bool more = !is_list || json_item_next(&walk, &part);
        assert(more);
        (void)more;
        if (!json_is(part, JSON_STRING) && !json_is(part, JSON_NULL))
            return FAIL(e, INVALID, "cell: a value is a text, or null for none");
        struct bytes text = json_string(part);
        out_texts[i] = bytes_equal(text, BYTES_LIT(ANSWER_NONE)) ? BYTES_NONE : arena_copy(q->arena, text);
    }
    return DONE;
}

static bool says_other(struct json value)
{
    struct json first = value;
    struct json_walk walk = json_items(value);
    if (json_is(value, JSON_ARRAY) && !json_item_next(&walk, &first))
        return false;
    return bytes_equal(json_string(first), BYTES_LIT(ANSWER_OTHER));
}

fallible facet_cell_read(const struct question *q, const struct breakdown *b, struct json cell, struct facet_cell *out, struct err *e)
{
    struct json value = json_find(cell, BYTES_LIT("value")), but = json_find(cell, BYTES_LIT("but")), part;
    bool is_other = says_other(value), has_but = json_is(but, JSON_ARRAY);
    *out = (struct facet_cell){.is_any = json_is(value, JSON_ABSENT), .is_other = is_other};
    if (out->is_any && json_is(but, JSON_ABSENT))
        return DONE;
    if (b->count == 0)
        return FAIL(e, INVALID, "cell: value: the question has no breakdown");
    if (is_other != has_but || json_count(but) > FACETS_SHOWN_MAX)
        return FAIL(e, INVALID, "cell: but: want the list of values that are shown with \"%s\", and only with it", ANSWER_OTHER);
    out->count = is_other ? (uint32_t)json_count(but) : 1;
    struct bytes *values = ARENA_ARRAY(q->arena, struct bytes, (size_t)out->count * b->count + 1);
    out->values = values;
    if (!is_other)
        return facet_texts(q, b, value, values, e);
    for (struct json_walk w = json_items(but); json_item_next(&w, &part); values += b->count)
        TRY(facet_texts(q, b, part, values, e));
    return DONE;
}

bool facet_in_cell(const struct breakdown *b, const struct texts *texts, const struct facet_cell *c, struct facet f)
{
    if (c->is_any)
        return true;
    for (uint32_t i = 0; i < c->count; i++) {
        uint32_t alike = 0;
        while (alike < b->count && bytes_equal(texts_get(texts, f.codes[alike]), c->values[i * b->count + alike]))
            alike++;
        if (alike == b->count)
            return !c->is_other;
    }
    return c->is_other;
}
