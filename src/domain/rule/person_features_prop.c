/* Series of features in people's rows against lists of all that ever came. */
#include "domain/rule/person_features.h"

#include "engine/engine_domain.h"
#include "engine/registry.h"
#include "lib/pack.h"
#include "testing/test.h"

#define PEOPLE 4u
#define SLOTS 40u
#define CAME_MAX 4000u
#define OLDEST 100

static const struct family *const families[] = {&long_feature_family};
static const struct section *const sections[] = {&features_section};
static const struct domain domain = {
    .number = 0x77, .name = "rule", .families = families, .family_count = 1, .sections = sections, .section_count = 1};

struct came {
    uint32_t person, slot;
    struct series_entry entry;
};
struct world {
    struct t *t;
    struct registry *registry;
    struct rows *rows;
    struct arena *arena;
    struct step step;
    struct came came[CAME_MAX];
    size_t count;
    bool is_over[SLOTS + 1];
    bool is_wide; /* most series are long */
};

static struct series_shape shapes[SLOTS + 1];

static bool find_shape(void *context, uint32_t slot, const struct series_shape **out_shape, int64_t *out_oldest)
{
    const struct world *w = context;
    *out_shape = &shapes[slot];
    *out_oldest = OLDEST;
    return !w->is_over[slot];
}

static bool find_any(void *context UNUSED, uint32_t slot UNUSED, const struct series_shape **out_shape,
                     int64_t *out_oldest)
{
    *out_shape = &shapes[2];
    *out_oldest = OLDEST;
    return true;
}

static void world_step(struct world *w)
{
    arena_reset(w->arena);
    step_begin(&w->step, w->rows, w->registry, w->arena);
}

static void world_commit(struct world *w)
{
    step_settle(&w->step, NULL, NULL);
    step_commit(&w->step, w->rows);
    world_step(w);
}

static void world_open(struct t *t, struct world *w)
{
    static const struct domain *const domains[] = {&engine_domain, &domain};
    struct err e = {0};
    size_t count;
    *w = (struct world){.t = t, .is_wide = rng_chance(&t->rng, 0.3)};
    CHECK_DONE(t, registry_create(domains, COUNT_OF(domains), &w->registry, &e), &e);
    const struct family *const *all = registry_families(w->registry, &count);
    CHECK_DONE(t, rows_create(all, count, &w->rows, &e), &e);
    w->arena = arena_create(1 << 16);
    world_step(w);
    for (uint32_t i = 0; i < PEOPLE; i++)
        CHECK_EQ(t, step_person_create(&w->step), i + 1);
    world_commit(w);
    for (uint32_t slot = 1; slot <= SLOTS; slot++)
        shapes[slot] = (struct series_shape){
            .kind = slot % 2 == 0 ? SERIES_COUNT : SERIES_GREATEST, .is_keyed = slot % 3 == 0, .most = 500};
}

static void world_close(struct world *w)
{
    rows_destroy(w->rows);
    registry_destroy(w->registry);
    arena_destroy(w->arena);
}

/* --- the model --- */

static struct bytes wanted(const struct world *w, uint32_t person, uint32_t slot)
{
    struct bytes series = BYTES_NONE;
    for (size_t i = 0; i < w->count; i++)
        if (w->came[i].person == person && w->came[i].slot == slot)
            series = series_add(&shapes[slot], series, &w->came[i].entry, OLDEST, w->t->arena);
    return series;
}

static void forget(struct world *w, uint32_t person, uint32_t slot)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->count; i++)
        if (w->came[i].person != person || (slot != 0 && w->came[i].slot != slot))
            w->came[kept++] = w->came[i];
    w->count = kept;
}

static void compare(struct world *w)
{
    struct rows_usage usage;
    uint64_t longs = 0;
    for (uint32_t person = 1; person <= PEOPLE; person++) {
        const struct slot_series *list;
        size_t count = person_features(&w->step.view, person, &list), at = 0;
        for (uint32_t slot = 1; slot <= SLOTS; slot++) {
            struct bytes want = wanted(w, person, slot);
            CHECK_BYTES(w->t, person_feature(&w->step.view, person, slot), want);
            longs += want.size > FEATURE_LONG_BYTES;
            if (want.size > 0)
                CHECK(w->t, at < count && list[at].slot == slot && bytes_equal(list[at++].series, want));
        }
        CHECK_EQ(w->t, at, count);
        CHECK(w->t,
              view_section(&w->step.view, person, &features_section).size <= FEATURES_INLINE_MAX + FEATURE_LONG_BYTES);
    }
    rows_usage(w->rows, &usage);
    CHECK(w->t, usage.rows[long_feature_family.id] >= longs && usage.rows[long_feature_family.id] <= PEOPLE * SLOTS);
}

/* --- moves --- */

static struct series_entry any_entry(struct world *w, uint32_t slot)
{
    struct rng *r = &w->t->rng;
    struct series_entry e = {.bucket = rng_between(r, OLDEST - 2, w->is_wide ? OLDEST + 400 : OLDEST + 30),
                             .count = 1 + rng_below(r, 3),
                             .number = rng_between(r, 0, 1 << 20)};
    if (shapes[slot].is_keyed)
        e.key = rng_chance(r, 0.5) ? BYTES_LIT("裙装") : BYTES_LIT("上衣");
    return e;
}

/* Of a feature that is over a series may still be there. */
static void check_walk(struct world *w, struct person_sheaves *sheaves, uint32_t slot, struct bytes series)
{
    struct series_walk walk = person_sheaves_series(sheaves, slot, &shapes[slot]);
    struct series_walk same = series_walk(&shapes[slot], series);
    struct series_entry got, want;
    while (!w->is_over[slot] && series_next(&same, &want)) {
        REQUIRE(w->t, series_next(&walk, &got));
        CHECK_EQ(w->t, got.bucket, want.bucket);
        if (shapes[slot].kind == SERIES_COUNT)
            CHECK_EQ(w->t, got.count, want.count);
        else
            CHECK_EQ(w->t, got.number, want.number);
        CHECK_BYTES(w->t, got.key, want.key);
    }
    CHECK(w->t, w->is_over[slot] || !series_next(&walk, &got));
}

static void entries_come(struct world *w, uint32_t person)
{
    struct rng *r = &w->t->rng;
    struct slot_rules rules = {w, find_shape};
    struct slot_entries more[SLOTS];
    struct series_entry entries[SLOTS][20];
    size_t count = 0;
    for (uint32_t slot = 1; slot <= SLOTS; slot++) {
        if (!rng_chance(r, 0.2))
            continue;
        size_t some = 1 + (size_t)rng_below(r, w->is_wide ? 20 : 3);
        for (size_t i = 0; i < some; i++) {
            entries[count][i] = any_entry(w, slot);
            if (!w->is_over[slot] && w->count < CAME_MAX)
                w->came[w->count++] = (struct came){.person = person, .slot = slot, .entry = entries[count][i]};
        }
        if (w->is_over[slot])
            forget(w, person, slot);
        more[count] = (struct slot_entries){.slot = slot, .count = some, .entries = entries[count]};
        count++;
    }
    struct person_sheaves *sheaves;
    CHECK_EQ(w->t, person_features_add(&w->step, person, &rules, more, count, &sheaves), 0);
    for (size_t i = 0; i < count; i++)
        CHECK_BYTES(w->t, person_feature(&w->step.view, person, more[i].slot), wanted(w, person, more[i].slot));
    for (uint32_t slot = 1; slot <= SLOTS; slot++)
        check_walk(w, sheaves, slot, wanted(w, person, slot));
}

static void person_goes_into(struct world *w, uint32_t survivor, uint32_t absorbed)
{
    struct slot_rules rules = {w, find_shape};
    const struct slot_series *list;
    size_t count = person_features(&w->step.view, absorbed, &list);
    for (size_t i = 0; i < count; i++)
        if (w->is_over[list[i].slot])
            forget(w, survivor, list[i].slot), forget(w, absorbed, list[i].slot);
    for (size_t i = 0; i < w->count; i++)
        if (w->came[i].person == absorbed)
            w->came[i].person = survivor;
    CHECK_EQ(w->t, person_features_merge(&w->step, survivor, absorbed, &rules), 0);
}

static void series_are_put(struct world *w, uint32_t person)
{
    uint32_t slot = 1 + (uint32_t)rng_below(&w->t->rng, SLOTS);
    struct slot_rules rules = {w, find_shape};
    struct slot_series list = {.slot = slot};
    forget(w, person, slot);
    if (rng_chance(&w->t->rng, 0.7) && w->count < CAME_MAX) {
        struct series_entry e = any_entry(w, slot);
        e.bucket += 2;
        list.series = series_add(&shapes[slot], BYTES_NONE, &e, OLDEST, w->t->arena);
        if (!w->is_over[slot])
            w->came[w->count++] = (struct came){.person = person, .slot = slot, .entry = e};
    }
    CHECK_EQ(w->t, person_features_put(&w->step, person, &rules, &list, 1), 0);
}

static void rows_say_what_came(struct t *t)
{
    struct world *w = ARENA_NEW(t->arena, struct world);
    world_open(t, w);
    for (int i = 0; i < 60; i++) {
        uint32_t person = 1 + (uint32_t)rng_below(&t->rng, PEOPLE), other = 1 + (uint32_t)rng_below(&t->rng, PEOPLE);
        uint64_t what = rng_below(&t->rng, 20);
        if (what == 0) {
            w->is_over[1 + rng_below(&t->rng, SLOTS)] = true;
        } else if (what == 1 && person != other) {
            person_goes_into(w, person, other);
        } else if (what == 2) {
            person_features_clear(&w->step, person);
            forget(w, person, 0);
        } else if (what < 6) {
            series_are_put(w, person);
        } else {
            entries_come(w, person);
        }
        if (rng_chance(&t->rng, 0.6))
            world_commit(w);
    }
    world_commit(w);
    compare(w);
    world_close(w);
}

/* One slot of each of so many sheaves, from the second on. */
static struct slot_series *one_of_each(struct t *t, uint32_t sheaves)
{
    struct series_entry e = {.bucket = OLDEST, .count = 1};
    struct slot_series *list = ARENA_ARRAY(t->arena, struct slot_series, sheaves);
    for (uint32_t i = 0; i < sheaves; i++)
        list[i] = (struct slot_series){.slot = (1 + i) * SHEAF_SLOTS,
                                       .series = series_add(&shapes[2], BYTES_NONE, &e, OLDEST, t->arena)};
    return list;
}

static void some_sheaves_too_many(struct t *t)
{
    enum { SHEAVES_TRIED = SHEAVES_MAX + 3 };
    struct world *w = ARENA_NEW(t->arena, struct world);
    struct slot_rules rules = {w, find_any};
    const struct slot_series *there;
    world_open(t, w);
    CHECK_EQ(t, person_features_put(&w->step, 1, &rules, one_of_each(t, SHEAVES_TRIED), SHEAVES_TRIED), 3);
    world_commit(w);
    CHECK_EQ(t, person_features(&w->step.view, 1, &there), SHEAVES_MAX);
    CHECK_EQ(t, there[SHEAVES_MAX - 1].slot, SHEAVES_MAX * SHEAF_SLOTS);
    CHECK(t, view_section(&w->step.view, 1, &features_section).size <= FEATURES_INLINE_MAX);
    world_close(w);
}

static void what_is_left_out_is_not_said(struct t *t)
{
    struct world *w = ARENA_NEW(t->arena, struct world);
    struct slot_rules rules = {w, find_any};
    struct series_entry e = {.bucket = OLDEST, .count = 1};
    struct slot_entries more[] = {{.slot = SHEAF_SLOTS, .count = 1, .entries = &e},
                                  {.slot = 999999, .count = 1, .entries = &e}};
    world_open(t, w);
    CHECK_EQ(t, person_features_put(&w->step, 1, &rules, one_of_each(t, SHEAVES_MAX), SHEAVES_MAX), 0);
    CHECK_EQ(t, person_features_add(&w->step, 1, &rules, more, COUNT_OF(more), NULL), 1);
    CHECK(t, person_feature(&w->step.view, 1, more[0].slot).size > 0);
    CHECK_EQ(t, person_feature(&w->step.view, 1, more[1].slot).size, 0);
    world_close(w);
}

/* All slots of a sheaf get series of a week, sheaf by sheaf, so that the section comes to its bound again and again. */
static void a_step_that_squeezes_takes_little(struct t *t)
{
    enum { SHEAVES_TRIED = 25, DAYS_TRIED = 7, TAKEN_MAX = 300 << 10 };
    struct world *w = ARENA_NEW(t->arena, struct world);
    struct slot_rules rules = {w, find_any};
    struct slot_series list[SHEAF_SLOTS];
    size_t most = 0;
    world_open(t, w);
    for (uint32_t i = 0; i < SHEAVES_TRIED; i++) {
        for (uint32_t k = 0; k < SHEAF_SLOTS; k++) {
            list[k] = (struct slot_series){.slot = (1 + i) * SHEAF_SLOTS + k};
            for (uint32_t day = 0; day < DAYS_TRIED; day++) {
                struct series_entry e = {.bucket = OLDEST + day, .count = 100000u + rng_below(&t->rng, 100000)};
                list[k].series = series_add(&shapes[2], list[k].series, &e, OLDEST, t->arena);
            }
        }
        CHECK_EQ(t, person_features_put(&w->step, 1, &rules, list, SHEAF_SLOTS), 0);
        CHECK(t, view_section(&w->step.view, 1, &features_section).size <= FEATURES_INLINE_MAX);
        size_t taken = arena_used(w->arena);
        most = taken > most ? taken : most;
        world_commit(w);
    }
    CHECK(t, most <= TAKEN_MAX);
    world_close(w);
}

static bool find_keyed(void *context UNUSED, uint32_t slot UNUSED, const struct series_shape **out_shape,
                       int64_t *out_oldest)
{
    *out_shape = &shapes[6];
    *out_oldest = OLDEST;
    return true;
}

static uint32_t long_rows(const struct world *w, uint32_t person)
{
    uint8_t key[8];
    struct bytes row;
    uint32_t count = 0;
    for (uint32_t slot = SHEAF_SLOTS; slot < 2 * SHEAF_SLOTS; slot++) {
        (void)put_key(put_key(key, person, 4), slot, 4);
        count += view_keyed(&w->step.view, &long_feature_family, bytes_of(key, sizeof key), &row);
    }
    return count;
}

/* What was put out of a full section would come back with the next event, and be put out again. */
static void few_long_keys_stay_out(struct t *t)
{
    enum { KEYS = 8 };
    struct world *w = ARENA_NEW(t->arena, struct world);
    struct slot_rules rules = {w, find_keyed};
    struct series_entry entries[SHEAF_SLOTS][KEYS];
    struct slot_entries list[SHEAF_SLOTS];
    world_open(t, w);
    for (uint32_t k = 0; k < SHEAF_SLOTS; k++) {
        for (uint32_t i = 0; i < KEYS; i++)
            entries[k][i] = (struct series_entry){
                .bucket = OLDEST, .count = 1, .key = bytes_of_text(arena_printf(t->arena, "%060u", KEYS * k + i))};
        list[k] = (struct slot_entries){.slot = SHEAF_SLOTS + k, .count = KEYS, .entries = entries[k]};
    }
    CHECK_EQ(t, person_features_add(&w->step, 1, &rules, list, SHEAF_SLOTS, NULL), 0);
    CHECK_EQ(t, long_rows(w, 1), SHEAF_SLOTS);
    world_commit(w);
    CHECK_EQ(t, person_features_add(&w->step, 1, &rules, list, 1, NULL), 0);
    CHECK_EQ(t, long_rows(w, 1), SHEAF_SLOTS);
    CHECK_EQ(t, series_count(person_feature(&w->step.view, 1, SHEAF_SLOTS)), KEYS);
    world_close(w);
}

static const struct test tests[] = {
    {"few long keys stay out of the section", few_long_keys_stay_out, 1},
    {"a step that squeezes takes little", a_step_that_squeezes_takes_little, 1},
    {"rows say what came", rows_say_what_came, 150},
    {"slots of sheaves beyond the bound are left out, and counted", some_sheaves_too_many, 1},
    {"of what is left out nothing is said to be there", what_is_left_out_is_not_said, 1},
};
TEST_MAIN(tests)
