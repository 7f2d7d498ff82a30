#include "lib/series.h"

#include <stdlib.h>

#include "testing/test.h"

/* The model: every event by itself, and sums made by looking at all of them. */
#define EVENTS_MAX 120u

struct event {
    struct series_entry entry;
    bool is_gone; /* its key was taken out */
};

static struct series_shape any_shape(struct t *t)
{
    return (struct series_shape){.kind = (enum series_kind)rng_below(&t->rng, SERIES_KIND_COUNT),
                                 .is_keyed = rng_chance(&t->rng, 0.4),
                                 .most = rng_chance(&t->rng, 0.3) ? (uint32_t)rng_between(&t->rng, 1, 12)
                                                                  : SERIES_MOST_MAX};
}

static struct bytes any_bytes(struct t *t, size_t most)
{
    static const char *const words[] = {"裙装", "上衣", "a", "", "外套😀", "ab"};
    struct bytes word = bytes_of_text(words[rng_below(&t->rng, COUNT_OF(words))]);
    if (!rng_chance(&t->rng, 0.03))
        return word;
    uint8_t *data = arena_take(t->arena, most, 1);
    memset(data, 'x', most);
    return bytes_of(data, most);
}

static struct series_entry any_entry(struct t *t, const struct series_shape *shape)
{
    int64_t bucket = rng_chance(&t->rng, 0.03) ? rng_between(&t->rng, -SERIES_BUCKET_MAX, SERIES_BUCKET_MAX)
                                               : rng_between(&t->rng, -3, 12);
    struct series_entry x = {.bucket = bucket};
    if (shape->is_keyed)
        x.key = any_bytes(t, SERIES_KEY_BYTES_MAX);
    switch (shape->kind) {
    case SERIES_COUNT:
        x.count = rng_chance(&t->rng, 0.02) ? UINT64_MAX - 1 : 1 + rng_below(&t->rng, 300);
        break;
    case SERIES_SUM:
        x.count = 1 + rng_below(&t->rng, 3);
        x.sum = (series_wide)rng_between(&t->rng, -1000, 1000) * (rng_chance(&t->rng, 0.1) ? INT64_MAX : 1);
        break;
    case SERIES_BITS:
        x.count = UINT64_C(1) << rng_below(&t->rng, 64);
        break;
    case SERIES_LEAST:
    case SERIES_GREATEST:
        x.number = rng_chance(&t->rng, 0.1) ? INT64_MIN : rng_between(&t->rng, -5, 5);
        break;
    case SERIES_FIRST:
    case SERIES_LAST:
    case SERIES_KIND_COUNT:
        x.number = rng_between(&t->rng, -3, 3);
        x.tie = (uint32_t)rng_below(&t->rng, 2);
        x.value = any_bytes(t, SERIES_VALUE_BYTES_MAX);
        break;
    }
    return x;
}

/* --- the model --- */

static bool comes_before(const struct series_entry *x, const struct series_entry *y)
{
    if (x->bucket != y->bucket)
        return x->bucket > y->bucket;
    return bytes_compare(x->key, y->key) < 0;
}

static bool is_same_entry(const struct series_entry *x, const struct series_entry *y)
{
    return x->bucket == y->bucket && bytes_equal(x->key, y->key);
}

/* How many distinct entries come before this one. */
static uint32_t rank_of(const struct event *events, uint32_t count, const struct series_entry *x)
{
    uint32_t rank = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool is_first = true;
        for (uint32_t j = 0; j < i; j++)
            is_first &= !is_same_entry(&events[i].entry, &events[j].entry);
        rank += is_first && comes_before(&events[i].entry, x);
    }
    return rank;
}

static int value_rank(const struct series_entry *x, const struct series_entry *y)
{
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    if (x->tie != y->tie)
        return x->tie < y->tie ? -1 : 1;
    return bytes_compare(x->value, y->value);
}

static void take_in(struct series_total *m, enum series_kind kind, const struct series_entry *x)
{
    bool is_first = m->entries == 0;
    m->entries++;
    if (kind == SERIES_COUNT || kind == SERIES_SUM)
        m->count = m->count > UINT64_MAX - x->count ? UINT64_MAX : m->count + x->count;
    if (kind == SERIES_BITS)
        m->count |= x->count;
    m->sum += x->sum;
    if (is_first || (kind == SERIES_LEAST && x->number < m->best.number) ||
        (kind == SERIES_GREATEST && x->number > m->best.number) ||
        (kind == SERIES_FIRST && value_rank(x, &m->best) < 0) || (kind == SERIES_LAST && value_rank(x, &m->best) > 0))
        m->best = *x;
}

static struct series_total model_total(const struct series_shape *shape, const struct event *events, uint32_t count,
                                       int64_t oldest, int64_t from, int64_t until)
{
    struct series_total m = {0};
    for (uint32_t i = 0; i < count; i++) {
        const struct series_entry *x = &events[i].entry;
        if (x->bucket >= oldest && x->bucket >= from && x->bucket <= until && !events[i].is_gone &&
            rank_of(events, count, x) < shape->most)
            take_in(&m, shape->kind, x);
    }
    return m;
}

static void same_total(struct t *t, const struct series_shape *shape, struct bytes series, const struct series_total *m,
                       int64_t from, int64_t until)
{
    struct series_total got = series_total(series_walk(shape, series), from, until);
    CHECK(t, (got.entries == 0) == (m->entries == 0));
    if (got.entries == 0)
        return;
    CHECK(t, got.count == m->count && got.sum == m->sum);
    if (shape->kind >= SERIES_LEAST && shape->kind <= SERIES_LAST)
        CHECK(t, got.best.number == m->best.number);
    if (shape->kind == SERIES_FIRST || shape->kind == SERIES_LAST) {
        CHECK(t, got.best.tie == m->best.tie);
        CHECK_BYTES(t, got.best.value, m->best.value);
    }
}

/* --- properties --- */

struct history {
    struct series_shape shape;
    uint32_t count;
    int64_t oldest;
    struct event events[EVENTS_MAX];
};

static void any_history(struct t *t, struct history *h)
{
    *h = (struct history){.shape = any_shape(t), .count = (uint32_t)rng_below(&t->rng, EVENTS_MAX)};
    h->oldest = rng_chance(&t->rng, 0.5) ? -SERIES_BUCKET_MAX : rng_between(&t->rng, -3, 6);
    for (uint32_t i = 0; i < h->count; i++)
        h->events[i].entry = any_entry(t, &h->shape);
}

/* The events of one half, each added by itself, in an order of chance. */
static struct bytes added(struct t *t, const struct history *h, unsigned half, unsigned halves)
{
    struct bytes series = BYTES_NONE;
    uint32_t start = h->count == 0 ? 0 : (uint32_t)rng_below(&t->rng, h->count);
    bool backwards = rng_chance(&t->rng, 0.5);
    for (uint32_t i = 0; i < h->count; i++) {
        uint32_t at = (start + (backwards ? h->count - 1 - i : i)) % h->count;
        if (at % halves == half)
            series = series_add(&h->shape, series, &h->events[at].entry, h->oldest, t->arena);
    }
    return series;
}

static void order_says_nothing(struct t *t)
{
    struct history h;
    any_history(t, &h);
    struct bytes one = added(t, &h, 0, 1), again = added(t, &h, 0, 1);
    struct bytes x = added(t, &h, 0, 3), y = added(t, &h, 1, 3), z = added(t, &h, 2, 3);
    struct bytes xy = series_merge(&h.shape, x, y, h.oldest, t->arena),
                 zy = series_merge(&h.shape, z, y, h.oldest, t->arena);
    CHECK(t, series_is_good(&h.shape, one));
    CHECK_BYTES(t, again, one);
    CHECK_BYTES(t, series_merge(&h.shape, xy, z, h.oldest, t->arena), one);
    CHECK_BYTES(t, series_merge(&h.shape, x, zy, h.oldest, t->arena), one);
}

static int by_place(const void *x, const void *y)
{
    const struct series_entry *a = x, *b = y;
    return comes_before(a, b) ? -1 : comes_before(b, a) ? 1 : 0;
}

/* In their order, all at once: behind bytes that are there already. */
static void packing_is_adding(struct t *t)
{
    struct history h;
    struct series_entry entries[EVENTS_MAX];
    any_history(t, &h);
    for (uint32_t i = 0; i < h.count; i++)
        entries[i] = h.events[i].entry;
    if (h.count > 1)
        qsort(entries, h.count, sizeof *entries, by_place);
    struct bytes series = added(t, &h, 0, 1);
    struct buf b;
    buf_init(&b, 1u << 20);
    buf_push_byte(&b, 'x');
    CHECK_EQ(t, series_pack(&h.shape, entries, h.count, h.oldest, &b), series.size);
    CHECK_BYTES(t, bytes_slice(buf_bytes(&b), 1, b.size), series);
    buf_fini(&b);
}

static void windows_are_sums(struct t *t)
{
    struct history h;
    any_history(t, &h);
    struct bytes series = added(t, &h, 0, 1);
    for (int i = 0; i < 6; i++) {
        int64_t from = rng_between(&t->rng, -4, 12), until = from + rng_between(&t->rng, -1, 9);
        if (i == 0)
            from = -SERIES_BUCKET_MAX, until = SERIES_BUCKET_MAX;
        struct series_total m = model_total(&h.shape, h.events, h.count, h.oldest, from, until);
        same_total(t, &h.shape, series, &m, from, until);
    }
}

static void keys_of_a_beginning_go_as_a_whole(struct t *t)
{
    struct history h;
    any_history(t, &h);
    h.shape.is_keyed = true;
    h.shape.most = SERIES_MOST_MAX;
    struct bytes key = any_bytes(t, SERIES_KEY_BYTES_MAX),
                 series = series_without(&h.shape, added(t, &h, 0, 1), key, t->arena);
    for (uint32_t i = 0; i < h.count; i++)
        h.events[i].is_gone = bytes_starts_with(h.events[i].entry.key, key);
    struct series_total m = model_total(&h.shape, h.events, h.count, h.oldest, -SERIES_BUCKET_MAX, SERIES_BUCKET_MAX);
    CHECK(t, series_is_good(&h.shape, series));
    same_total(t, &h.shape, series, &m, -SERIES_BUCKET_MAX, SERIES_BUCKET_MAX);
}

static void days_are_counted(struct t *t)
{
    const struct series_shape shape = {.kind = SERIES_COUNT, .is_keyed = true, .most = SERIES_MOST_MAX};
    static const struct {
        int64_t day;
        const char *key;
    } seen[] = {{20, "裙装"}, {20, "上衣"}, {20, "裙装"}, {18, "裙装"}, {2, "外套"}};
    struct bytes series = BYTES_NONE;
    for (size_t i = 0; i < COUNT_OF(seen); i++) {
        struct series_entry e = {.bucket = seen[i].day, .key = bytes_of_text(seen[i].key), .count = 1};
        series = series_add(&shape, series, &e, 0, t->arena);
    }
    struct series_total all = series_total(series_walk(&shape, series), 0, 30), week = series_total(series_walk(&shape, series), 14, 20);
    CHECK_EQ(t, series_count(series), 4);
    CHECK(t, all.entries == 4 && all.buckets == 3 && all.count == 5);
    CHECK(t, week.entries == 3 && week.buckets == 2 && week.count == 4);
}

static void old_ones_go(struct t *t)
{
    const struct series_shape shape = {.kind = SERIES_COUNT, .most = SERIES_MOST_MAX};
    struct bytes series = BYTES_NONE;
    for (int64_t day = 1; day <= 400; day++) {
        struct series_entry e = {.bucket = day, .count = 1};
        series = series_add(&shape, series, &e, day - 89, t->arena);
    }
    CHECK_EQ(t, series_count(series), 90);
    struct series_entry late = {.bucket = 100, .count = 1};
    CHECK_BYTES(t, series_add(&shape, series, &late, 311, t->arena), series);
    CHECK(t, series.size < 200);
}

static const struct test tests[] = {
    {"distinct entries and days are counted, once", days_are_counted, 1},
    {"what is older than asked for goes", old_ones_go, 1},
    {"neither order nor cuts change a byte", order_says_nothing, 400},
    {"packing all at once is adding one by one", packing_is_adding, 400},
    {"a window is the sum of its events", windows_are_sums, 400},
    {"keys of a beginning go as a whole", keys_of_a_beginning_go_as_a_whole, 200},
};
TEST_MAIN(tests)
