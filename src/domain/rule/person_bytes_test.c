/* What a thousand rules keep of a person, in a draw that looks like a shop's: bytes of the section and of the rows beside it. Covers: person_features.c, feature.c */
#include <math.h>
#include <stdlib.h>

#include "domain/rule/person_features.h"
#include "engine/engine_domain.h"
#include "engine/registry.h"
#include "testing/test.h"

#define RULES 1000u
#define NAMES 50u /* of events: so that one touches 20 rules */
#define SLOTS_ROOM (RULES + (NAMES + 1) * SHEAF_SLOTS)
#define PEOPLE 2000u
#define EVENTS_A_PERSON 25 /* on average, in the days kept; half have fewer than eight */
#define DAYS 90
#define TODAY 20600
#define BYTES_A_PERSON_MAX 600u
#define SPREAD 1.5 /* of the logarithm of events a person */
#define ENTRIES_MAX 4u

static const struct family *const families[] = {&long_feature_family};
static const struct section *const sections[] = {&features_section};
static const struct domain domain = {
    .number = 0x77, .name = "rule", .families = families, .family_count = 1, .sections = sections, .section_count = 1};

/* What rules ask for, by how many in a hundred do, and how likely an event of the name is one that counts. Rules that ask for the same of the same name share a
 * feature, unless they have a condition. */
static const struct wish {
    uint32_t share;
    bool has_condition;
    enum feature_grain grain;
    struct series_shape shape;
    bool is_by_value; /* of a keyed one; else by message */
} wishes[] = {
    {40, false, GRAIN_DAY, {SERIES_COUNT, false, SERIES_MOST_MAX}, false},
    {25, true, GRAIN_DAY, {SERIES_COUNT, false, SERIES_MOST_MAX}, false},
    {8, false, GRAIN_EVER, {SERIES_COUNT, false, 1}, false},
    {10, false, GRAIN_DAY, {SERIES_SUM, false, SERIES_MOST_MAX}, false},
    {5, false, GRAIN_EVER, {SERIES_LAST, false, 1}, false},
    {5, false, GRAIN_DAY, {SERIES_COUNT, true, SERIES_MOST_MAX}, true},
    {4, true, GRAIN_MOMENT, {SERIES_COUNT, false, SERIES_MOST_MAX}, false},
    {3, true, GRAIN_MOMENT, {SERIES_BITS, true, 600}, false},
};
#define CONDITION_HOLDS 0.15

struct gathered {
    uint32_t name;
    const struct wish *wish;
};
struct world {
    struct t *t;
    struct registry *registry;
    struct rows *rows;
    struct step step;
    uint32_t feature_count, slots_end;
    uint32_t next_slots[NAMES];           /* of a name, as slots.c gives them out; 0: it has no sheaf yet */
    struct gathered features[SLOTS_ROOM]; /* by slot; those of no wish aren't there */
    double weights[NAMES];
};

static bool find_shape(void *context, uint32_t slot, const struct series_shape **out_shape, int64_t *out_oldest)
{
    const struct world *w = context;
    *out_shape = &w->features[slot].wish->shape;
    *out_oldest = -SERIES_BUCKET_MAX;
    return true;
}

static const struct wish *any_wish(struct t *t)
{
    uint64_t at = rng_below(&t->rng, 100);
    size_t i = 0;
    for (; at >= wishes[i].share; i++)
        at -= wishes[i].share;
    return &wishes[i];
}

/* In the sheaf of its name, as long as that has room. */
static void feature_make(struct world *w, struct gathered g)
{
    uint32_t *next = &w->next_slots[g.name];
    if (*next % SHEAF_SLOTS == 0) {
        *next = w->slots_end;
        w->slots_end += SHEAF_SLOTS;
    }
    w->features[(*next)++] = g;
    w->feature_count++;
}

static void rules_make(struct world *w)
{
    w->slots_end = SHEAF_SLOTS;
    for (uint32_t i = 0; i < NAMES; i++)
        w->weights[i] = 1.0 / (i + 1);
    for (uint32_t r = 0; r < RULES; r++) {
        struct gathered g = {(uint32_t)rng_below(&w->t->rng, NAMES), any_wish(w->t)};
        bool is_shared = false;
        for (uint32_t slot = SHEAF_SLOTS; slot < w->slots_end && !g.wish->has_condition; slot++)
            is_shared |= w->features[slot].name == g.name && w->features[slot].wish == g.wish;
        if (!is_shared)
            feature_make(w, g);
    }
}

/* What an event says, to all features alike. */
struct said {
    int64_t us, price;
    uint32_t tie;
    struct bytes category;
};

static struct said any_said(struct world *w, int64_t us)
{
    static const char *const categories[] = {"裙装", "上衣", "外套", "鞋",   "配饰", "内衣",
                                             "童装", "运动", "家居", "美妆", "箱包", "其他"};
    struct rng *r = &w->t->rng;
    struct buf category = arena_buf(w->t->arena, 32);
    value_pack_text(&category, bytes_of_text(categories[rng_below(r, COUNT_OF(categories))]));
    return (struct said){
        .us = us, .price = rng_between(r, 1, 900), .tie = (uint32_t)rng_next(r), .category = buf_bytes(&category)};
}

static struct series_entry entry_of(struct world *w, const struct wish *wish, const struct said *said)
{
    struct series_entry e = {
        .count = 1, .sum = (series_wide)said->price * 1000000, .number = said->us, .tie = said->tie};
    struct buf key = arena_buf(w->t->arena, sizeof e.tie);
    e.bucket = wish->grain == GRAIN_EVER ? 0 : wish->grain == GRAIN_DAY ? said->us / (int64_t)US_PER_DAY : said->us;
    pack_u32(&key, e.tie);
    if (wish->shape.kind == SERIES_LAST)
        e.value = said->category;
    if (wish->shape.is_keyed)
        e.key = wish->is_by_value ? said->category : buf_bytes(&key);
    return e;
}

static void event_comes(struct world *w, uint32_t person, int64_t us)
{
    struct rng *r = &w->t->rng;
    struct slot_rules rules = {w, find_shape};
    uint32_t name = (uint32_t)rng_pick(r, w->weights, NAMES);
    struct said said = any_said(w, us);
    struct slot_entries more[RULES];
    struct series_entry entries[RULES];
    size_t count = 0;
    for (uint32_t slot = SHEAF_SLOTS; slot < w->slots_end; slot++) {
        const struct gathered *g = &w->features[slot];
        if (g->wish == NULL || g->name != name || (g->wish->has_condition && !rng_chance(r, CONDITION_HOLDS)))
            continue;
        entries[count] = entry_of(w, g->wish, &said);
        more[count] = (struct slot_entries){.slot = slot, .count = 1, .entries = &entries[count]};
        count++;
    }
    CHECK_EQ(w->t, person_features_add(&w->step, person, &rules, more, count, NULL), 0);
}

/* A person comes on some days, and does several things on one. */
static size_t person_lives(struct world *w, uint32_t person)
{
    struct rng *r = &w->t->rng;
    double normal = sqrt(-2 * log(1 - rng_unit(r))) * cos(6.283185307179586 * rng_unit(r));
    double events = EVENTS_A_PERSON * exp(SPREAD * normal - SPREAD * SPREAD / 2);
    const struct slot_series *list;
    size_t bytes = 0;
    for (double left = events < 3000 ? events : 3000; left >= 1;) {
        int64_t day = TODAY - rng_between(r, 0, DAYS - 1);
        for (uint64_t visit = 1 + rng_below(r, 6); visit > 0 && left >= 1; visit--, left--)
            event_comes(w, person, day * (int64_t)US_PER_DAY + rng_between(r, 0, (int64_t)US_PER_DAY - 1));
    }
    bytes = view_section(&w->step.view, person, &features_section).size;
    for (size_t i = person_features(&w->step.view, person, &list); i > 0; i--)
        bytes += list[i - 1].series.size > FEATURE_LONG_BYTES ? list[i - 1].series.size : 0;
    return bytes;
}

static void a_thousand_rules_are_small(struct t *t)
{
    static const struct domain *const domains[] = {&engine_domain, &domain};
    struct world *w = ARENA_NEW(t->arena, struct world);
    struct arena *arena = arena_create(1 << 20);
    struct err e = {0};
    size_t count, bytes = 0;
    w->t = t;
    CHECK_DONE(t, registry_create(domains, COUNT_OF(domains), &w->registry, &e), &e);
    const struct family *const *all = registry_families(w->registry, &count);
    CHECK_DONE(t, rows_create(all, count, &w->rows, &e), &e);
    rules_make(w);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        arena_reset(arena);
        step_begin(&w->step, w->rows, w->registry, arena);
        bytes += person_lives(w, step_person_create(&w->step));
    }
    (void)printf("%u rules, %u features, %d events a person: %zu bytes a person\n", RULES, w->feature_count,
                 EVENTS_A_PERSON, bytes / PEOPLE);
    CHECK(t, bytes / PEOPLE <= BYTES_A_PERSON_MAX);
    rows_destroy(w->rows);
    registry_destroy(w->registry);
    arena_destroy(arena);
}

static const struct test tests[] = {
    {"a thousand rules take less than six hundred bytes of a person", a_thousand_rules_are_small, 1},
};
TEST_MAIN(tests)
