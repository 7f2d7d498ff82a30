/* Aggregates: what a feature's series says of a window. */
#include <stdlib.h>

#include "domain/rule/program_inside.h"

struct series_walk feature_series(const struct evaluation *ev, const struct node *n)
{
    const struct reading *r = ev->reading;
    const struct series_shape *shape = &n->feature->shape;
    return r->series == NULL ? series_walk(shape, BYTES_NONE) : r->series(r->context, n->number, shape);
}

/* Buckets of the window, both ends in it. */
static struct span_days buckets_of(const struct evaluation *ev, const struct node *n)
{
    if (n->feature->grain == GRAIN_EVER)
        return (struct span_days){-SERIES_BUCKET_MAX, SERIES_BUCKET_MAX};
    if (n->feature->grain == GRAIN_DAY)
        return window_days(ev, n, today_of(ev));
    struct span_us window = window_instants(ev, n, ev->now_us);
    return (struct span_days){window.from_us, window.until_us - 1};
}

/* --- values and how often each --- */

static int key_order(const void *a, const void *b)
{
    const struct series_entry *x = a, *y = b;
    return bytes_compare(x->key, y->key);
}

/* One entry a value: how often, and the newest bucket. */
static size_t keys_of(const struct evaluation *ev, const struct node *n, struct series_entry **out_keys)
{
    struct span_days range = buckets_of(ev, n);
    struct series_walk walk = feature_series(ev, n);
    struct series_entry *list = ARENA_ARRAY(ev->scratch, struct series_entry, walk.count), entry;
    size_t count = 0, kept = 0;
    while (series_next(&walk, &entry) && entry.bucket >= range.from)
        if (entry.bucket <= range.until) {
            entry.key = feature_value_key(n->feature, entry.key);
            list[count++] = entry;
        }
    qsort(list, count, sizeof *list, key_order);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || key_order(&list[kept - 1], &list[i]) != 0) {
            list[kept++] = list[i];
            continue;
        }
        struct series_entry *same = &list[kept - 1];
        same->count += list[i].count;
        same->bucket = list[i].bucket > same->bucket ? list[i].bucket : same->bucket;
    }
    *out_keys = list;
    return kept;
}

static struct rule_value key_value(struct bytes key)
{
    struct value v = feature_key_value(key);
    return rule_value_of(&v);
}

/* More often, else later, else the smaller value. */
static bool is_preferred(const struct series_entry *x, const struct series_entry *to)
{
    if (x->count != to->count)
        return x->count > to->count;
    if (x->bucket != to->bucket)
        return x->bucket > to->bucket;
    return value_compare(x->key, to->key) < 0;
}

static struct rule_value most_frequent(const struct evaluation *ev, const struct node *n)
{
    struct series_entry *keys;
    size_t count = keys_of(ev, n, &keys), best = 0;
    for (size_t i = 1; i < count; i++)
        if (is_preferred(&keys[i], &keys[best]))
            best = i;
    return count == 0 ? rule_unknown : key_value(keys[best].key);
}

static struct rule_value distinct(const struct evaluation *ev, const struct node *n)
{
    struct series_entry *keys;
    return rule_number((series_wide)keys_of(ev, n, &keys) * NUMBER_ONE);
}

/* --- numbers --- */

static struct rule_value first_or_last(const struct node *n, const struct series_total *total)
{
    struct unpack u = unpack_of(total->best.value);
    if (total->entries == 0)
        return rule_unknown;
    if (n->wants_time)
        return rule_time(total->best.number);
    if (total->best.value.size == 0)
        return rule_unknown;
    struct value v = unpack_value(&u);
    return rule_value_of(&v);
}

/* --- days --- */

/* Those of the window on which there is one, newest first, each once. */
static size_t days_of(const struct evaluation *ev, const struct node *n, int64_t **out_days)
{
    struct span_days range = buckets_of(ev, n);
    struct series_walk walk = feature_series(ev, n);
    int64_t *days = ARENA_ARRAY(ev->scratch, int64_t, walk.count);
    struct series_entry entry;
    size_t count = 0;
    while (series_next(&walk, &entry) && entry.bucket >= range.from) {
        bool is_moment = n->feature->grain == GRAIN_MOMENT;
        int64_t day = is_moment ? civil_number(ev->reading->civil, CIVIL_DAY, entry.bucket) : entry.bucket;
        if (entry.bucket <= range.until && (count == 0 || days[count - 1] != day))
            days[count++] = day;
    }
    *out_days = days;
    return count;
}

static struct rule_value days_of_moments(const struct evaluation *ev, const struct node *n)
{
    int64_t *days;
    return rule_number((series_wide)days_of(ev, n, &days) * NUMBER_ONE);
}

static int gap_order(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Of two in the middle their mean. */
static struct rule_value median_gap(const struct evaluation *ev, const struct node *n)
{
    int64_t *gaps;
    size_t days = days_of(ev, n, &gaps), count = days - 1;
    if (days < 2)
        return rule_unknown;
    for (size_t i = 0; i < count; i++)
        gaps[i] -= gaps[i + 1];
    qsort(gaps, count, sizeof *gaps, gap_order);
    return rule_number((series_wide)(gaps[(count - 1) / 2] + gaps[count / 2]) * NUMBER_ONE / 2);
}

/* --- totals --- */

static struct rule_value total_value(const struct evaluation *ev, const struct node *n)
{
    struct span_days range = buckets_of(ev, n);
    struct series_total total = series_total(feature_series(ev, n), range.from, range.until);
    switch (n->expr) {
    case EXPR_COUNT:
        return rule_number((series_wide)total.count * NUMBER_ONE);
    case EXPR_SUM:
        return rule_number(total.sum);
    case EXPR_AVG:
        return total.entries == 0 ? rule_unknown : rule_number(wide_divided(total.sum, (series_wide)total.count));
    case EXPR_DAYS:
        return rule_number((series_wide)total.buckets * NUMBER_ONE);
    case EXPR_MIN:
    case EXPR_MAX:
        return total.entries == 0 ? rule_unknown : rule_number(total.best.number);
    default:
        assert(n->expr == EXPR_FIRST || n->expr == EXPR_LAST);
        return first_or_last(n, &total);
    }
}

struct rule_value tally_value(const struct evaluation *ev, const struct node *n)
{
    if (n->expr == EXPR_DISTINCT)
        return distinct(ev, n);
    if (n->expr == EXPR_MOST_FREQUENT)
        return most_frequent(ev, n);
    if (n->expr == EXPR_MEDIAN_GAP)
        return median_gap(ev, n);
    if (n->expr == EXPR_DAYS && n->feature->grain == GRAIN_MOMENT)
        return days_of_moments(ev, n);
    return total_value(ev, n);
}

/* --- turns --- */

/* The oldest bucket of the series in the range; false: none is. */
static bool oldest_in(const struct evaluation *ev, const struct node *n, struct span_days range, int64_t *out_bucket)
{
    struct series_walk walk = feature_series(ev, n);
    struct series_entry entry;
    bool found = false;
    while (series_next(&walk, &entry) && entry.bucket >= range.from) {
        *out_bucket = entry.bucket;
        found |= entry.bucket <= range.until;
    }
    return found;
}

static int64_t bucket_leaves(const struct evaluation *ev, const struct node *n, int64_t bucket)
{
    return n->feature->grain == GRAIN_MOMENT ? bucket + n->rolling_us : window_day_leaves(ev, n, bucket);
}

int64_t tally_falls(const struct evaluation *ev, const struct node *n, uint64_t least)
{
    struct span_days range = buckets_of(ev, n);
    struct series_walk walk = feature_series(ev, n);
    struct series_entry entry;
    assert(least > 0);
    for (uint64_t left = least; series_next(&walk, &entry) && entry.bucket >= range.from;) {
        uint64_t count = entry.bucket > range.until ? 0 : entry.count;
        if (count >= left)
            return bucket_leaves(ev, n, entry.bucket);
        left -= count;
    }
    return INT64_MAX;
}

int64_t tally_turn(const struct evaluation *ev, const struct node *n)
{
    int64_t oldest;
    bool is_fixed = n->window == NULL || n->window->kind >= EXPR_FROM;
    if (is_fixed || n->feature->grain == GRAIN_EVER || !oldest_in(ev, n, buckets_of(ev, n), &oldest))
        return INT64_MAX;
    return n->window->kind == EXPR_IN_EACH ? day_begin_us(ev, today_of(ev) + 1) : bucket_leaves(ev, n, oldest);
}
