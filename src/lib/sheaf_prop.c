/* Sheaves against the series that went into them. */
#include "lib/sheaf.h"

#include "testing/test.h"

#define EVENTS_MAX 40u
#define DAY 20600

static struct bytes any_text(struct t *t)
{
    static const char *const words[] = {"裙装", "上衣", "a", "", "外套😀", "ab"};
    if (!rng_chance(&t->rng, 0.03))
        return bytes_of_text(words[rng_below(&t->rng, COUNT_OF(words))]);
    uint8_t *data = arena_take(t->arena, SERIES_KEY_BYTES_MAX, 1);
    memset(data, (int)rng_between(&t->rng, 'a', 'z'), SERIES_KEY_BYTES_MAX);
    return bytes_of(data, SERIES_KEY_BYTES_MAX);
}

/* Days, moments, what is for ever, and whatever else a bucket may be. */
static int64_t any_bucket(struct t *t)
{
    struct rng *r = &t->rng;
    if (rng_chance(r, 0.05))
        return rng_between(r, -SERIES_BUCKET_MAX, SERIES_BUCKET_MAX);
    if (rng_chance(r, 0.05))
        return DAY * INT64_C(86400000000) + rng_between(r, 0, INT64_C(1) << 30);
    if (rng_chance(r, 0.2))
        return 0;
    return rng_chance(r, 0.05) ? rng_between(r, -3, 3) : DAY - rng_between(r, 0, 90);
}

static struct series_entry any_entry(struct t *t, const struct series_shape *shape)
{
    struct rng *r = &t->rng;
    struct series_entry x = {.bucket = any_bucket(t),
                             .count = rng_chance(r, 0.7)    ? 1
                                      : rng_chance(r, 0.02) ? UINT64_MAX
                                                            : 1 + rng_below(r, 300),
                             .tie = (uint32_t)rng_next(r),
                             .number = rng_chance(r, 0.05) ? INT64_MIN
                                       : rng_chance(r, 0.05)
                                           ? INT64_MAX
                                           : DAY * INT64_C(86400000000) + rng_between(r, 0, 86400000) * 1000};
    x.sum = (series_wide)rng_between(r, -9000, 9000) * (rng_chance(r, 0.1) ? INT64_MAX : 10000);
    if (shape->is_keyed)
        x.key = any_text(t);
    if (shape->kind == SERIES_FIRST || shape->kind == SERIES_LAST)
        x.value = any_text(t);
    return x;
}

static struct bytes any_series(struct t *t, const struct series_shape *shape)
{
    struct bytes series = BYTES_NONE;
    for (uint64_t i = rng_chance(&t->rng, 0.1) ? EVENTS_MAX : 1 + rng_below(&t->rng, 4); i > 0; i--) {
        struct series_entry x = any_entry(t, shape);
        series = series_add(shape, series, &x, -SERIES_BUCKET_MAX, t->arena);
    }
    return series;
}

static void sheaf_fill(struct t *t, struct sheaf *s)
{
    *s = (struct sheaf){0};
    for (uint32_t i = 0; i < SHEAF_SLOTS; i++) {
        const struct series_shape shape = {(enum series_kind)rng_below(&t->rng, SERIES_KIND_COUNT),
                                           rng_chance(&t->rng, 0.3), SERIES_MOST_MAX};
        if (rng_chance(&t->rng, 0.1))
            s->slots[i].place = SHEAF_ELSEWHERE;
        else if (rng_chance(&t->rng, 0.6))
            sheaf_put(s, i, &shape, any_series(t, &shape), t->arena);
    }
}

static struct bytes packed(struct t *t, const struct sheaf *s)
{
    struct buf out = arena_buf(t->arena, sheaf_bytes_max(s));
    sheaf_pack(s, &out);
    return buf_bytes(&out);
}

static void same_slots(struct t *t, const struct sheaf *got, const struct sheaf *want)
{
    for (uint32_t i = 0; i < SHEAF_SLOTS; i++) {
        const struct sheaf_slot *x = &got->slots[i], *y = &want->slots[i];
        CHECK_EQ(t, x->place, y->place);
        if (y->place == SHEAF_TOGETHER)
            CHECK(t, x->kind == y->kind && x->is_keyed == y->is_keyed);
        if (y->place != SHEAF_ELSEWHERE)
            CHECK_BYTES(t, sheaf_series(got, i, t->arena), sheaf_series(want, i, t->arena));
    }
}

static void what_goes_in_comes_out(struct t *t)
{
    struct sheaf s, got;
    sheaf_fill(t, &s);
    struct bytes bytes = packed(t, &s);
    CHECK_EQ(t, bytes.size == 0, sheaf_count(&s) == 0);
    if (bytes.size == 0)
        return;
    CHECK(t, sheaf_unpack(bytes, t->arena, &got));
    same_slots(t, &got, &s);
    CHECK_BYTES(t, packed(t, &got), bytes);
}

/* Bytes that were cut or changed are refused, or are another sheaf whose series are good. */
static void bad_bytes_are_refused(struct t *t)
{
    struct sheaf s, got;
    sheaf_fill(t, &s);
    struct bytes bytes = arena_copy(t->arena, packed(t, &s));
    uint8_t *data = arena_take(t->arena, bytes.size + 1, 1);
    CHECK(t, !sheaf_unpack(BYTES_NONE, t->arena, &got));
    for (int i = 0; i < 50 && bytes.size > 0; i++) {
        memcpy(data, bytes.data, bytes.size);
        data[rng_below(&t->rng, bytes.size)] = (uint8_t)rng_next(&t->rng);
        if (!sheaf_unpack(bytes_of(data, bytes.size - rng_below(&t->rng, 2)), t->arena, &got))
            continue;
        for (uint32_t k = 0; k < SHEAF_SLOTS; k++) {
            const struct series_shape shape = {got.slots[k].kind, got.slots[k].is_keyed, SHEAF_TOGETHER_MAX};
            CHECK(t, got.slots[k].place != SHEAF_TOGETHER || series_is_good(&shape, sheaf_series(&got, k, t->arena)));
        }
    }
}

/* Entry by entry it is the series that series_add makes, bound and oldest bucket included. */
static void adding_is_adding(struct t *t)
{
    const struct series_shape shape = {(enum series_kind)rng_below(&t->rng, SERIES_KIND_COUNT),
                                       rng_chance(&t->rng, 0.3),
                                       (uint32_t)rng_between(&t->rng, 1, rng_chance(&t->rng, 0.5) ? 12 : 300)};
    const uint32_t slot = (uint32_t)rng_below(&t->rng, SHEAF_SLOTS);
    struct sheaf s = {0};
    struct bytes series = BYTES_NONE;
    int64_t oldest = -SERIES_BUCKET_MAX;
    for (uint64_t i = rng_below(&t->rng, EVENTS_MAX); i > 0; i--) {
        struct series_entry x = any_entry(t, &shape);
        oldest = rng_chance(&t->rng, 0.2) ? DAY - rng_between(&t->rng, 0, 90) : oldest;
        series = series_add(&shape, series, &x, oldest, t->arena);
        sheaf_add(&s, slot, &shape, &x, oldest, t->arena);
        CHECK_BYTES(t, sheaf_series(&s, slot, t->arena), series);
        struct series_walk walk = sheaf_walk(&s, slot, &shape);
        struct series_entry entry;
        for (uint32_t left = series_count(series); left > 0; left--)
            CHECK(t, series_next(&walk, &entry));
        CHECK(t, !series_next(&walk, &entry));
        if (series.size > 0 && rng_chance(&t->rng, 0.3))
            CHECK(t, sheaf_unpack(packed(t, &s), t->arena, &s));
    }
}

/* What one event adds to seven features: by day a count, a sum and a value, a condition's count, and for ever a count, the last and the first value. */
static void one_event_is_small(struct t *t)
{
    static const struct series_shape shapes[] = {{SERIES_COUNT, false, SERIES_MOST_MAX},
                                                 {SERIES_SUM, false, SERIES_MOST_MAX},
                                                 {SERIES_COUNT, true, SERIES_MOST_MAX},
                                                 {SERIES_COUNT, false, SERIES_MOST_MAX},
                                                 {SERIES_COUNT, false, 1},
                                                 {SERIES_LAST, false, 1},
                                                 {SERIES_FIRST, false, 1}};
    struct sheaf s = {0};
    size_t alone = 0;
    for (uint32_t i = 0; i < COUNT_OF(shapes); i++) {
        struct series_entry x = {.bucket = i < 4 ? DAY : 0, .count = 1, .sum = 39900000, .tie = 0x12345678};
        x.number = DAY * INT64_C(86400000000) + INT64_C(52345) * 1000000;
        x.key = shapes[i].is_keyed ? BYTES_LIT("\x05\x03"
                                               "c05")
                                   : BYTES_NONE;
        x.value = i >= 5 ? BYTES_LIT("\x05\x03"
                                     "c05")
                         : BYTES_NONE;
        struct bytes series = series_add(&shapes[i], BYTES_NONE, &x, -SERIES_BUCKET_MAX, t->arena);
        alone += series.size;
        sheaf_put(&s, i, &shapes[i], series, t->arena);
    }
    CHECK_EQ(t, packed(t, &s).size, 35);
    CHECK(t, alone > 70);
}

static const struct test tests[] = {
    {"what goes in comes out", what_goes_in_comes_out, 4000},
    {"bad bytes are refused", bad_bytes_are_refused, 1500},
    {"adding is adding", adding_is_adding, 4000},
    {"what one event adds to seven features is small", one_event_is_small, 1},
};
TEST_MAIN(tests)
