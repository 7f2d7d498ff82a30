/* Distributions: how many people did something how often, or had which value. docs/guide/analytics.md. */
#include <math.h>

#include "domain/analytics/activity.h"
#include "domain/analytics/breakdown.h"
#include "domain/analytics/kinds.h"
#include "domain/analytics/quantity.h"
#include "domain/analytics/samples.h"
#include "engine/domain.h"

#define BUCKETS_MAX 200u
#define BUCKETS_INITIALLY 10
#define SINGLE_VALUES_MAX 20.0 /* so many whole numbers have a bucket each */

enum distribution_of { OF_COUNT, OF_SUM, OF_VALUE, OF_WAYS };
static const char *const of_names[OF_WAYS] = {"count", "sum", "value"};

struct distribution {
    uint32_t pick, value; /* value: lane */
    enum distribution_of of;
    uint32_t bucket_count; /* wanted; of edges: one more than them, for what is below */
    uint32_t edge_count;   /* 0: found out of the data */
    double edges[BUCKETS_MAX];
    struct breakdown breakdown;
};

static const struct member_rule members[] = {
    {"event", "the event", "事件"},
    {"of", "count: events of each; sum: of a value of each; value: of events", "对象:count 每人次数,sum 每人合计,value 每次取值"},
    {"value", "a property, of sum and value", "属性"},
    {"buckets", "where they begin, [0, 100, 500], or how many (10)", "分组起点列表,或组数(默认 10)"},
    BREAKDOWN_MEMBERS,
};

static const struct member_rule cell_members[] = {
    {"from", "as it stands in the answer; absent: no bound", "下限(含)"},
    {"until", "as it stands in the answer; absent: no bound", "上限(不含)"},
    FACET_CELL_MEMBERS,
};

/* --- reading --- */

static fallible edges_read(struct distribution *d, struct json list, struct err *e)
{
    struct json part;
    if (json_count(list) == 0 || json_count(list) > BUCKETS_MAX)
        return asked_wrong(list, e, "want 1 to %u numbers", BUCKETS_MAX);
    for (struct json_walk w = json_items(list); json_item_next(&w, &part); d->edge_count++) {
        double *edge = &d->edges[d->edge_count];
        if (!json_double(part, edge) || (d->edge_count > 0 && *edge <= edge[-1]))
            return asked_wrong(part, e, "want numbers that ascend");
    }
    return DONE;
}

static fallible distribution_read(struct asked *a, struct err *e)
{
    struct question *q = a->question;
    struct distribution *d = ARENA_NEW(q->arena, struct distribution);
    struct json event = json_find(a->body, BYTES_LIT("event")), buckets = json_find(a->body, BYTES_LIT("buckets"));
    int64_t bucket_count = BUCKETS_INITIALLY;
    size_t of;
    bool given;
    if (json_is(event, JSON_ABSENT))
        return asked_missing(a, "event", e);
    TRY(asked_pick(a, event, &d->pick, e));
    TRY(asked_choice(a, "of", of_names, OF_WAYS, OF_COUNT, &of, e));
    d->of = (enum distribution_of)of;
    TRY(asked_lane(a, "value", LANE_QUANTITIES, LANE_SUM, d->of != OF_COUNT, &given, &d->value, e));
    if (given && d->of == OF_COUNT)
        return asked_wrong(a->body, e, "\"of\": \"count\" has no \"value\"");
    if (json_is(buckets, JSON_ARRAY))
        TRY(edges_read(d, buckets, e));
    else
        TRY(asked_number(a, "buckets", BUCKETS_INITIALLY, 1, BUCKETS_MAX, &bucket_count, e));
    d->bucket_count = (uint32_t)bucket_count;
    q->own = d;
    return asked_breakdown(a, &d->breakdown, e);
}

/* --- counting --- */

struct distribution_group {
    uint32_t seen_by; /* the last subject, by its number in this tally */
    uint64_t count;   /* of that one */
    struct quantity_sum sum;
    struct distribution_group *next; /* that it is also seen in */
    struct samples samples;
};

struct distribution_tally {
    struct arena *arena;
    struct groups groups; /* by facet */
    uint32_t subject;     /* the number of the one that is taken, from 1 */
};

static void *distribution_tally(const struct question *q, struct arena *arena)
{
    struct distribution_tally *t = ARENA_NEW(arena, struct distribution_tally);
    (void)q;
    t->arena = arena;
    groups_init(&t->groups, arena, sizeof(struct distribution_group));
    return t;
}

/* What an event has; false: it doesn't count. */
static bool event_value(const struct question *q, const struct sequence *s, const struct moment *m, struct quantity_sum *out_value)
{
    const struct distribution *d = q->own;
    bool is_in = moment_is(m, d->pick) && m->time_us >= q->from_us && m->time_us < q->until_us;
    *out_value = (struct quantity_sum){.micro = QUANTITY_UNIT};
    if (!is_in || d->of == OF_COUNT)
        return is_in;
    *out_value = (struct quantity_sum){0};
    if (s->lanes[d->value].has[m->row])
        quantity_add(out_value, s->lanes[d->value].quantities[m->row]);
    return s->lanes[d->value].has[m->row];
}

static void distribution_take(const struct question *q, void *tally, const struct sequence *s)
{
    const struct distribution *d = q->own;
    struct distribution_tally *t = tally;
    struct distribution_group *seen = NULL;
    struct quantity_sum value;
    t->subject++;
    for (const struct moment *m = s->moments, *end = m + s->count; m < end; m++) {
        if (!event_value(q, s, m, &value))
            continue;
        struct distribution_group *g = groups_take(&t->groups, facet_key(facet_of(&d->breakdown, s, m), 0));
        if (d->of == OF_VALUE) {
            samples_add(&g->samples, t->arena, quantity_double(value));
            continue;
        }
        if (g->seen_by != t->subject) {
            g->seen_by = t->subject;
            g->sum = (struct quantity_sum){0};
            g->next = seen;
            seen = g;
        }
        quantity_add_sum(&g->sum, value);
    }
    for (; seen != NULL; seen = seen->next)
        samples_add(&seen->samples, t->arena, quantity_double(seen->sum));
}

static void group_join(const struct question *q, void *into, void *from, struct arena *arena)
{
    (void)q;
    (void)arena;
    samples_join(&((struct distribution_group *)into)->samples, &((struct distribution_group *)from)->samples);
}

static double group_weight(const struct question *q, const void *own)
{
    (void)q;
    return (double)((const struct distribution_group *)own)->samples.count;
}

static const struct group_rules rules = {.weigh = group_weight, .join = group_join};

static void distribution_join(const struct question *q, void *into, void *from)
{
    groups_join(q, &rules, &((struct distribution_tally *)into)->groups, &((struct distribution_tally *)from)->groups);
}

/* --- buckets --- */

/* 1, 2 or 5 times a power of ten, at least `width`. */
static double round_width(double width)
{
    double ten = pow(10, floor(log10(width)));
    for (size_t i = 0; i < 3; i++) {
        static const double steps[] = {1, 2, 5};
        if (steps[i] * ten >= width)
            return steps[i] * ten;
    }
    return 10 * ten;
}

/* Out of what all facets have: from the least to the 99th percentile, and one more for what is above. */
static void edges_find(const struct distribution *d, const struct sorted *all, uint32_t count, double *out_edges, uint32_t *out_count)
{
    double least = INFINITY, most = -INFINITY;
    bool is_whole = true;
    for (uint32_t i = 0; i < count; i++) {
        least = fmin(least, all[i].values[0]);
        most = fmax(most, sorted_quantile(&all[i], 0.99));
        for (uint64_t k = 0; k < all[i].count && is_whole; k++)
            is_whole = all[i].values[k] == floor(all[i].values[k]);
    }
    double width = most - least < SINGLE_VALUES_MAX && is_whole ? 1 : round_width((most - least) / d->bucket_count);
    if (!(most > least))
        width = 1;
    double first = floor(least / width) * width;
    uint32_t edges = 1;
    out_edges[0] = first;
    while (edges < BUCKETS_MAX && first + edges * width <= most) {
        out_edges[edges] = first + edges * width;
        edges++;
    }
    *out_count = edges;
}

/* How many are below x. */
static uint64_t count_below(const struct sorted *s, double x)
{
    uint64_t from = 0, until = s->count;
    while (from < until) {
        uint64_t middle = from + (until - from) / 2;
        if (s->values[middle] < x)
            from = middle + 1;
        else
            until = middle;
    }
    return from;
}

/* --- printing --- */

static void bound_put(double x, struct json_writer *w)
{
    if (isinf(x))
        json_put_null(w);
    else
        json_put_double(w, x);
}

static void columns_put(const struct question *q, struct json_writer *w)
{
    const struct distribution *d = q->own;
    static const struct answer_column own[] = {
        {"from", "From", "下限", "number"},
        {"until", "Until", "上限", "number"},
        {"count", "Count", "数量", "number"},
        {"share", "Share", "占比", "share"},
    };
    struct answer_column columns[FACET_VALUES_MAX + COUNT_OF(own)];
    size_t count = facet_columns(q, &d->breakdown, columns);
    memcpy(columns + count, own, sizeof own);
    answer_columns(w, columns, count + COUNT_OF(own));
}

/* Buckets are between edges; what is below the first is one more where anything is, and what is above the last. */
static void rows_put(const struct distribution *d, const struct texts *texts, const struct shown_group *shown, const struct sorted *s,
                     const double *edges, uint32_t edge_count, struct json_writer *w)
{
    for (uint32_t i = 0; i <= edge_count; i++) {
        double from = i == 0 ? -INFINITY : edges[i - 1], until = i == edge_count ? INFINITY : edges[i];
        uint64_t count = count_below(s, until) - count_below(s, from);
        if (i == 0 && count == 0)
            continue;
        json_array_begin(w);
        facet_put(&d->breakdown, texts, shown, w);
        bound_put(from, w);
        bound_put(until, w);
        json_put_uint64(w, count);
        answer_share(w, (double)count, (double)s->count);
        json_array_end(w);
    }
}

static void summary_put(const struct distribution *d, const struct texts *texts, const struct shown_group *shown, const struct sorted *s,
                        struct json_writer *w)
{
    static const struct {
        const char *name;
        double p;
    } rows[] = {{"min", 0}, {"p10", 0.1}, {"p25", 0.25}, {"median", 0.5}, {"p75", 0.75}, {"p90", 0.9}, {"p99", 0.99}, {"max", 1}};
    json_object_begin(w);
    json_key(w, "of");
    json_array_begin(w);
    facet_put(&d->breakdown, texts, shown, w);
    json_array_end(w);
    json_key(w, "count");
    json_put_uint64(w, s->count);
    json_key(w, "mean");
    json_put_double(w, sorted_mean(s));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        json_key(w, rows[i].name);
        json_put_double(w, sorted_quantile(s, rows[i].p));
    }
    json_object_end(w);
}

/* The facets that have anything, and what they have, sorted. */
static uint32_t facets_sort(struct shown_groups *shown, struct arena *arena, struct sorted *out_sorted)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < shown->count; i++) {
        struct sorted s = samples_sort(&((struct distribution_group *)shown->list[i].own)->samples, arena);
        if (s.count == 0)
            continue;
        shown->list[count] = shown->list[i];
        out_sorted[count++] = s;
    }
    return count;
}

static void distribution_print(const struct question *q, const struct texts *texts, void *tally, struct json_writer *w)
{
    const struct distribution *d = q->own;
    struct distribution_tally *t = tally;
    struct shown_groups shown;
    double edges[BUCKETS_MAX];
    uint32_t edge_count = d->edge_count;
    breakdown_show(q, &d->breakdown, texts, &t->groups, &rules, &shown);
    struct sorted *all = ARENA_ARRAY(t->arena, struct sorted, shown.count + 1);
    uint32_t count = facets_sort(&shown, t->arena, all);
    memcpy(edges, d->edges, sizeof edges);
    if (edge_count == 0 && count > 0)
        edges_find(d, all, count, edges, &edge_count);
    columns_put(q, w);
    json_key(w, "rows");
    json_array_begin(w);
    for (uint32_t i = 0; i < count; i++)
        rows_put(d, texts, &shown.list[i], &all[i], edges, edge_count, w);
    json_array_end(w);
    json_key(w, "summaries");
    json_array_begin(w);
    for (uint32_t i = 0; i < count; i++)
        summary_put(d, texts, &shown.list[i], &all[i], w);
    json_array_end(w);
    json_key(w, "others");
    json_put_uint64(w, shown.other_count);
}

/* --- drill-down --- */

struct distribution_cell {
    double from, until;
    struct facet_cell facets;
};

static fallible bound_read(struct json cell, const char *member, double otherwise, double *out, struct err *e)
{
    struct json from = json_find(cell, bytes_of_text(member));
    *out = otherwise;
    if (json_is(from, JSON_ABSENT) || json_is(from, JSON_NULL) || json_double(from, out))
        return DONE;
    return FAIL(e, INVALID, "cell: %s: want a number", member);
}

static fallible distribution_cell_read(struct question *q, struct json cell, void **out_cell, struct err *e)
{
    const struct distribution *d = q->own;
    struct distribution_cell *c = ARENA_NEW(q->arena, struct distribution_cell);
    struct asked a = {q, cell};
    TRY(asked_members(&a, TABLE(cell_members), e));
    TRY(bound_read(cell, "from", -INFINITY, &c->from, e));
    TRY(bound_read(cell, "until", INFINITY, &c->until, e));
    *out_cell = c;
    return facet_cell_read(q, &d->breakdown, cell, &c->facets, e);
}

/* What the subject has under the facet of one of its events, when that is the first of its facet; false: it isn't, or there is nothing. */
static bool facet_value(const struct question *q, const struct sequence *s, uint32_t at, double *out_value)
{
    const struct distribution *d = q->own;
    struct facet facet = facet_of(&d->breakdown, s, &s->moments[at]);
    struct quantity_sum value, sum = {0};
    for (uint32_t i = 0; i < s->count; i++) {
        if (!facet_equal(facet, facet_of(&d->breakdown, s, &s->moments[i])) || !event_value(q, s, &s->moments[i], &value))
            continue;
        if (i < at)
            return false;
        quantity_add_sum(&sum, value);
    }
    *out_value = quantity_double(sum);
    return true;
}

static bool distribution_in_cell(const struct question *q, const struct texts *texts, const void *cell, const struct sequence *s)
{
    const struct distribution *d = q->own;
    const struct distribution_cell *c = cell;
    for (uint32_t at = 0; at < s->count; at++) {
        struct quantity_sum value;
        double x;
        if (!event_value(q, s, &s->moments[at], &value) ||
            !facet_in_cell(&d->breakdown, texts, &c->facets, facet_of(&d->breakdown, s, &s->moments[at])))
            continue;
        x = quantity_double(value);
        if (d->of != OF_VALUE && !facet_value(q, s, at, &x))
            continue;
        if (x >= c->from && x < c->until)
            return true;
    }
    return false;
}

const struct question_kind distribution_question = {
    .name = "distribution",
    .about = "How many people did something how often, or had which value",
    .about_zh = "分布:每人次数、每人合计或属性取值的分布",
    .members = members,
    .member_count = COUNT_OF(members),
    .read = distribution_read,
    .tally = distribution_tally,
    .take = distribution_take,
    .join = distribution_join,
    .print = distribution_print,
    .cell_read = distribution_cell_read,
    .in_cell = distribution_in_cell,
};
