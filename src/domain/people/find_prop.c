/* The search columns, read with their filters, against the same columns read from end to end.
 * Covers: find_filter.c, find_scan.c */
#include "domain/people/find.h"

#include "engine/registry.h"
#include "testing/test.h"

#define NAMES 3000u
#define RECORDS_MAX (5u * FIND_PART)
#define FOUND_AT_MOST 40u
#define PUSHED_A_STEP 300u

static const struct family *const families[] = {&find_token_family, &find_person_family, &find_filter_family};
static const struct domain columns = {.number = 0x7d,
                                      .name = "columns",
                                      .about = "Search columns alone.",
                                      .families = families,
                                      .family_count = COUNT_OF(families)};
static const struct domain *const domains[] = {&columns};

struct desk {
    struct t *t;
    struct registry *registry;
    struct rows *rows;
    uint32_t hashes[RECORDS_MAX], people[RECORDS_MAX]; /* the model */
    uint32_t count;
    bool all_differ; /* hashes by chance instead of names */
};

/* Some names are rare, so that few parts have them. */
static uint32_t any_name(struct t *t)
{
    return rng_chance(&t->rng, 0.999) ? (uint32_t)rng_below(&t->rng, NAMES / 10) : (uint32_t)rng_below(&t->rng, NAMES);
}

static struct bytes nth_name(struct t *t, uint32_t name)
{
    return bytes_of_text(arena_printf(t->arena, "n%u", name));
}

static struct desk *desk_open(struct t *t)
{
    struct err e = {0};
    struct desk *d = ARENA_NEW(t->arena, struct desk);
    d->t = t;
    CHECK_DONE(t, registry_create(domains, COUNT_OF(domains), &d->registry, &e), &e);
    CHECK_DONE(t, rows_create(families, COUNT_OF(families), &d->rows, &e), &e);
    return d;
}

static void desk_close(struct desk *d)
{
    rows_destroy(d->rows);
    registry_destroy(d->registry);
}

static uint32_t hash_of(struct t *t, uint32_t name)
{
    return find_hash(&(struct find_text){.kind = FIND_NAME, .text = nth_name(t, name)});
}

static void any_record(struct desk *d)
{
    d->hashes[d->count] = d->all_differ ? (uint32_t)rng_next(&d->t->rng) : hash_of(d->t, any_name(d->t));
    d->people[d->count++] = (uint32_t)rng_below(&d->t->rng, 1000000);
}

/* As a release wrote them that knew no filters. */
static void records_push_bare(struct desk *d, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        any_record(d);
        (void)rows_series_push(d->rows, &find_token_family, &d->hashes[d->count - 1]);
        (void)rows_series_push(d->rows, &find_person_family, &d->people[d->count - 1]);
    }
}

static void step_push(struct desk *d, uint32_t count)
{
    struct step s;
    struct arena *arena = arena_create(1 << 16);
    step_begin(&s, d->rows, d->registry, arena);
    for (uint32_t i = 0; i < count; i++) {
        any_record(d);
        find_push(&s, d->people[d->count - 1], d->hashes[d->count - 1]);
    }
    step_commit(&s, d->rows);
    arena_destroy(arena);
}

static size_t model_find(const struct desk *d, uint32_t hash, uint32_t *out_people)
{
    size_t found = 0;
    for (uint32_t i = d->count; i-- > 0 && found < FOUND_AT_MOST;) {
        bool is_new = d->hashes[i] == hash;
        for (size_t j = 0; j < found && is_new; j++)
            is_new = out_people[j] != d->people[i];
        if (is_new)
            out_people[found++] = d->people[i];
    }
    return found;
}

static void check_name(struct desk *d, uint32_t name)
{
    uint32_t want[FOUND_AT_MOST], got[FOUND_AT_MOST];
    struct view v = {.rows = d->rows};
    struct find_view *f = people_find_view(&v);
    size_t want_count = model_find(d, hash_of(d->t, name), want);
    size_t got_count = people_find_scan(f, nth_name(d->t, name), got, FOUND_AT_MOST);
    people_find_view_close(f);
    REQUIRE(d->t, got_count == want_count);
    for (size_t i = 0; i < got_count; i++)
        CHECK_EQ(d->t, got[i], want[i]);
}

static void columns_are_as_in_a_model(struct t *t)
{
    struct desk *d = desk_open(t);
    uint32_t most = (uint32_t)rng_below(&t->rng, RECORDS_MAX - PUSHED_A_STEP), steps = 0;
    if (rng_chance(&t->rng, 0.5))
        records_push_bare(d, (uint32_t)rng_below(&t->rng, most + 1));
    uint64_t parts_bare = d->count / FIND_PART;
    for (; d->count < most; steps++)
        step_push(d, 1 + (uint32_t)rng_below(&t->rng, PUSHED_A_STEP));
    for (uint32_t i = 0; i < 30; i++)
        check_name(d, any_name(t));
    check_name(d, NAMES); /* nobody */
    uint64_t filters = rows_series_end(d->rows, &find_filter_family);
    CHECK(t, filters <= d->count / FIND_PART);
    if (steps > parts_bare + 2)
        CHECK(t, filters + 1 >= d->count / FIND_PART); /* the last one may be due in the next step */
    desk_close(d);
}

/* A filter has all that is in its part, and little of what is not. */
static void filters_are_right_and_sharp(struct t *t)
{
    struct desk *d = desk_open(t);
    uint32_t in_vain = 0;
    d->all_differ = true;
    while (rows_series_end(d->rows, &find_filter_family) == 0)
        step_push(d, PUSHED_A_STEP);
    const uint8_t *filter = rows_series_at(d->rows, &find_filter_family, 0);
    for (uint32_t i = 0; i < FIND_PART; i++)
        CHECK(t, find_filter_may_have(filter, d->hashes[i]));
    for (uint32_t i = 0; i < FIND_PART; i++)
        in_vain += find_filter_may_have(filter, (uint32_t)rng_next(&t->rng));
    CHECK(t, in_vain < FIND_PART / 20);
    desk_close(d);
}

static const struct test tests[] = {
    {"columns are as in a model", columns_are_as_in_a_model, 20},
    {"filters are right and sharp", filters_are_right_and_sharp, 3},
};
TEST_MAIN(tests)
