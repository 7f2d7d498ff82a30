/* Rosters: sets under keys, against a plain table of who is in; what a step reads was touched before. */
#include "engine/roster.h"

#include "engine/engine_domain.h"
#include "engine/registry.h"
#include "lib/pack.h"
#include "testing/test.h"

#define KEYS 3u
#define NUMBERS 11987u /* in play, several pages of them; a prime, so that any stride meets all */
#define STEPS 400
#define CHANGES_MAX 256u /* of a step */
#define DIRECTORY_PAGES_MAX ((ROW_BYTES_MAX - 3 - 4 * 128) / 10)

static const struct family pages_family = {
    .id = 60, .kind = FAMILY_NUMBERED, .value_bytes = ROW_BYTES_MAX, .name = "roster_page"};
static const struct family index_family = {.id = 61, .kind = FAMILY_INDEX, .name = "roster", .goes_cold = true};
static const struct roster roster = {&pages_family, &index_family};

static const struct family *const families[] = {&pages_family, &index_family};
static const struct domain roster_domain = {.number = 0x7d,
                                            .name = "roster",
                                            .about = "Sets of numbers.",
                                            .families = families,
                                            .family_count = COUNT_OF(families)};
static const struct domain *const domains[] = {&engine_domain, &roster_domain};

struct desk {
    struct registry *registry;
    struct rows *rows;
    struct arena *arena, *needs_arena;
    struct touched *announced, *read;
    struct step step;
};

static void desk_open(struct t *t, struct desk *d)
{
    struct err e = {0};
    size_t count;
    CHECK_DONE(t, registry_create(domains, COUNT_OF(domains), &d->registry, &e), &e);
    const struct family *const *all = registry_families(d->registry, &count);
    CHECK_DONE(t, rows_create(all, count, &d->rows, &e), &e);
    d->arena = arena_create(1 << 20);
    d->needs_arena = arena_create(1 << 16);
    d->announced = ARENA_NEW(t->arena, struct touched);
    d->read = ARENA_NEW(t->arena, struct touched);
}

static void desk_close(struct desk *d)
{
    rows_destroy(d->rows);
    registry_destroy(d->registry);
    arena_destroy(d->arena);
    arena_destroy(d->needs_arena);
}

static struct view desk_view(struct desk *d)
{
    arena_reset(d->needs_arena);
    return (struct view){.rows = d->rows, .registry = d->registry, .arena = d->needs_arena};
}

static void step_open(struct desk *d)
{
    arena_reset(d->arena);
    step_begin(&d->step, d->rows, d->registry, d->arena);
    d->step.view.touched = d->read;
    touched_clear(d->read);
}

static struct hash128 key_of(uint32_t key)
{
    return hash128(bytes_of(&key, sizeof key), 7);
}

/* --- the model: who is in --- */

struct model {
    bool in[KEYS][NUMBERS + 1];
    uint32_t count[KEYS];
};

struct change {
    uint32_t key, number;
    bool removes;
};

static void model_change(struct model *m, struct change c)
{
    bool *in = &m->in[c.key][c.number];
    m->count[c.key] += (c.removes ? 0u : 1u) - (uint32_t)*in;
    *in = !c.removes;
}

static bool was_announced(const struct desk *d, struct row_name row)
{
    for (uint32_t i = 0; i < d->announced->row_count; i++)
        if (d->announced->rows[i].number == row.number)
            return true;
    return false;
}

/* One command: its needs, and its step, which reads nothing else. */
static void change_all(struct t *t, struct desk *d, const struct change *changes, size_t count)
{
    struct view v = desk_view(d);
    v.touched = d->announced;
    touched_clear(d->announced);
    for (size_t i = 0; i < count; i++)
        roster_touch(&v, &roster, key_of(changes[i].key), changes[i].number);
    step_open(d);
    for (size_t i = 0; i < count; i++) {
        if (changes[i].removes)
            roster_remove(&d->step, &roster, key_of(changes[i].key), changes[i].number);
        else
            CHECK(t, roster_add(&d->step, &roster, key_of(changes[i].key), changes[i].number));
    }
    for (uint32_t i = 0; i < d->read->row_count; i++)
        CHECK(t, was_announced(d, d->read->rows[i]));
    CHECK(t, d->announced->row_count < STEP_ROWS_MAX);
    step_commit(&d->step, d->rows);
}

static void check_key(struct t *t, struct desk *d, const struct model *m, uint32_t key)
{
    struct view v = desk_view(d);
    uint32_t chunk = 1 + (uint32_t)rng_below(&t->rng, NUMBERS), after = 0, got;
    uint32_t *numbers = ARENA_ARRAY(t->arena, uint32_t, NUMBERS);
    CHECK_EQ(t, roster_count(&v, &roster, key_of(key)), m->count[key]);
    while ((got = roster_read(&v, &roster, key_of(key), after, numbers, chunk)) > 0) {
        for (uint32_t i = 0; i < got; i++) {
            while (++after < numbers[i])
                CHECK(t, !m->in[key][after]);
            CHECK(t, m->in[key][numbers[i]]);
        }
    }
    while (++after <= NUMBERS)
        CHECK(t, !m->in[key][after]);
    for (int i = 0; i < 50; i++) {
        uint32_t number = 1 + (uint32_t)rng_below(&t->rng, NUMBERS);
        CHECK_EQ(t, roster_has(&v, &roster, key_of(key), number), m->in[key][number]);
    }
}

/* Two neighbours have more than half a page together, so there are few pages; and nothing of a key that has no numbers. */
static void check_rows(struct t *t, const struct desk *d, const struct model *m)
{
    struct rows_usage usage;
    uint64_t keys = 0, pages_max = 0;
    rows_usage(d->rows, &usage);
    for (uint32_t key = 0; key < KEYS; key++) {
        keys += m->count[key] > 0;
        pages_max += m->count[key] == 0 ? 0 : 2 + 2 * (m->count[key] / (ROSTER_PAGE_MAX / 2));
    }
    CHECK_EQ(t, usage.rows[index_family.id], keys);
    CHECK(t, usage.rows[pages_family.id] <= pages_max);
}

/* Weather: how often a number is taken out, and whether those that come are new and higher. */
static void any_changes(struct t *t, struct model *m, struct change *changes, size_t count, uint32_t removes_of_8,
                        bool ascending)
{
    static const uint32_t everywhere = NUMBERS;
    uint32_t key = (uint32_t)rng_below(&t->rng, KEYS), from = (uint32_t)rng_below(&t->rng, NUMBERS);
    for (size_t i = 0; i < count; i++) {
        uint32_t number = ascending ? from + (uint32_t)i : (uint32_t)rng_below(&t->rng, everywhere);
        changes[i] = (struct change){
            .key = key, .number = 1 + number % NUMBERS, .removes = rng_below(&t->rng, 8) < removes_of_8};
        model_change(m, changes[i]);
    }
}

/* All numbers of a key go, in some order. */
static void drain(struct t *t, struct desk *d, struct model *m, uint32_t key)
{
    uint32_t stride = 1 + (uint32_t)rng_below(&t->rng, NUMBERS - 1), at = 0;
    for (uint32_t i = 0; i < NUMBERS; i++, at += stride) {
        struct change last = {.key = key, .number = 1 + at % NUMBERS, .removes = true};
        if (!m->in[key][last.number])
            continue;
        model_change(m, last);
        change_all(t, d, &last, 1);
        if (i % 64 == 0)
            check_rows(t, d, m);
    }
    check_key(t, d, m, key);
}

static void a_roster_is_a_set(struct t *t)
{
    struct desk d;
    struct change changes[CHANGES_MAX];
    struct model *m = ARENA_NEW(t->arena, struct model);
    desk_open(t, &d);
    uint32_t removes_of_8 = 1;
    for (int step = 0; step < STEPS; step++) {
        if (step % 100 == 0)
            removes_of_8 = step == STEPS - 100 ? 8 : (uint32_t)rng_below(&t->rng, 7);
        size_t count = 1 + (size_t)rng_below(&t->rng, CHANGES_MAX);
        any_changes(t, m, changes, count, removes_of_8, rng_below(&t->rng, 2) == 0);
        change_all(t, &d, changes, count);
        if (step % 40 == 0)
            check_key(t, &d, m, changes[0].key);
        check_rows(t, &d, m);
    }
    for (uint32_t key = 0; key < KEYS; key++)
        check_key(t, &d, m, key);
    for (uint32_t key = 0; key < KEYS; key++)
        drain(t, &d, m, key);
    check_rows(t, &d, m);
    desk_close(&d);
}

static void numbers_that_only_grow_fill_their_pages(struct t *t)
{
    struct desk d;
    struct rows_usage usage;
    struct change changes[CHANGES_MAX];
    desk_open(t, &d);
    for (uint32_t next = 1; next <= 4 * ROSTER_PAGE_MAX; next += CHANGES_MAX) {
        for (uint32_t i = 0; i < CHANGES_MAX; i++)
            changes[i] = (struct change){.number = next + i};
        change_all(t, &d, changes, CHANGES_MAX);
    }
    rows_usage(d.rows, &usage);
    CHECK_EQ(t, usage.rows[pages_family.id], 1 + 4);
    CHECK(t, step_is_clean(&d.step) == false);
    step_open(&d);
    CHECK(t, roster_add(&d.step, &roster, key_of(0), 77));
    roster_remove(&d.step, &roster, key_of(0), 5 * ROSTER_PAGE_MAX);
    roster_remove(&d.step, &roster, key_of(1), 77);
    CHECK(t, step_is_clean(&d.step));
    desk_close(&d);
}

/* A directory with no room for one more page, whose first page is full and whose others have one number. */
static void full_directory(struct t *t, struct desk *d)
{
    struct buf b;
    buf_init(&b, ROW_BYTES_MAX);
    pack_u8(&b, 1);
    for (uint32_t i = 0; i < ROSTER_PAGE_MAX; i++)
        pack_u32(&b, 10 + 2 * i);
    rows_numbered_put(d->rows, &pages_family, 1, buf_bytes(&b));
    buf_clear(&b);
    pack_u8(&b, 1), pack_u32(&b, 1000000);
    rows_numbered_put(d->rows, &pages_family, 2, buf_bytes(&b));
    buf_clear(&b);
    pack_u8(&b, 3);
    pack_u16(&b, 0);
    for (uint32_t i = 0; i < DIRECTORY_PAGES_MAX; i++)
        pack_u32(&b, 1000000 * i), pack_u32(&b, i == 0 ? 1 : 2), pack_u16(&b, i == 0 ? ROSTER_PAGE_MAX : 1);
    CHECK(t, !b.overflowed);
    rows_numbered_put(d->rows, &pages_family, 3, buf_bytes(&b));
    rows_index_put(d->rows, &index_family, key_of(0), 3);
    buf_fini(&b);
}

static void a_full_roster_says_so(struct t *t)
{
    struct desk d;
    desk_open(t, &d);
    full_directory(t, &d);
    step_open(&d);
    CHECK(t, roster_add(&d.step, &roster, key_of(0), 10));
    CHECK(t, !roster_add(&d.step, &roster, key_of(0), 11));
    CHECK(t, step_is_clean(&d.step));
    CHECK(t, roster_add(&d.step, &roster, key_of(0), 1000001));
    struct view v = desk_view(&d);
    CHECK_EQ(t, roster_count(&v, &roster, key_of(0)), ROSTER_PAGE_MAX + DIRECTORY_PAGES_MAX - 1);
    desk_close(&d);
}

static void a_set_has_no_bound(struct t *t)
{
    static const uint32_t numbers[] = {1, ROSTER_SHARD_NUMBERS - 1, ROSTER_SHARD_NUMBERS, 5 * ROSTER_SHARD_NUMBERS + 7,
                                       UINT32_MAX - 1};
    struct bytes set = BYTES_LIT("those of 上海");
    struct desk d;
    uint32_t got[COUNT_OF(numbers)];
    desk_open(t, &d);
    step_open(&d);
    for (size_t i = COUNT_OF(numbers); i-- > 0;)
        roster_set_add(&d.step, &roster, set, numbers[i]);
    step_commit(&d.step, d.rows);
    struct view v = desk_view(&d);
    CHECK_EQ(t, roster_set_count(&v, &roster, set, UINT32_MAX), COUNT_OF(numbers));
    CHECK_EQ(t, roster_set_count(&v, &roster, BYTES_LIT("others"), UINT32_MAX), 0);
    CHECK_EQ(t, roster_set_read(&v, &roster, set, 0, UINT32_MAX, got, COUNT_OF(got)), COUNT_OF(numbers));
    CHECK(t, memcmp(got, numbers, sizeof got) == 0);
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        CHECK_EQ(t, roster_set_read(&v, &roster, set, numbers[i] - 1, UINT32_MAX, got, 1), 1);
        CHECK_EQ(t, got[0], numbers[i]);
        CHECK(t, roster_set_has(&v, &roster, set, numbers[i]) &&
                     !roster_set_has(&v, &roster, set, numbers[i] + 1 + (i == 1)));
    }
    step_open(&d);
    roster_set_remove(&d.step, &roster, set, ROSTER_SHARD_NUMBERS);
    CHECK_EQ(t, roster_set_count(&d.step.view, &roster, set, UINT32_MAX), COUNT_OF(numbers) - 1);
    desk_close(&d);
}

static const struct test tests[] = {
    {"a roster is a set", a_roster_is_a_set, 8},
    {"numbers that only grow fill their pages", numbers_that_only_grow_fill_their_pages, 1},
    {"a set has no bound", a_set_has_no_bound, 1},
    {"a full roster says so", a_full_roster_says_so, 1},
};
TEST_MAIN(tests)
