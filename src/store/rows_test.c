/* Covers: rows.c, rows_keyed.c, rows_numbered.c, rows_index.c, rows_index_page.c */
#include "store/rows.h"

#include "base/rng.h"
#include "testing/test.h"

static const struct family people = {.id = 1, .kind = FAMILY_NUMBERED, .value_bytes = 1000, .name = "people"};
static const struct family jobs = {.id = 2, .kind = FAMILY_KEYED, .value_bytes = 1000, .name = "jobs"};
static const struct family *const families[] = {&people, &jobs};

struct kept_pages {
    struct arena *arena;
    size_t count;
    struct page pages[64];
};

static void page_keep(void *context, const struct page *page)
{
    struct kept_pages *kept = context;
    assert(kept->count < COUNT_OF(kept->pages));
    kept->pages[kept->count++] = (struct page){.key = arena_copy(kept->arena, page->key), .partial = page->partial, .value = arena_copy(kept->arena, page->value)};
}

static struct rows *rows_make(struct t *t)
{
    struct rows *r = NULL;
    struct err e = {0};
    CHECK_DONE(t, rows_create(families, COUNT_OF(families), &r, &e), &e);
    return r;
}

static const struct page *page_of(const struct kept_pages *kept, uint32_t number)
{
    struct page_key key = rows_numbered_key(&people, number);
    const struct page *found = NULL;
    for (size_t i = 0; i < kept->count; i++)
        if (bytes_equal(kept->pages[i].key, bytes_of(key.data, key.size)))
            found = &kept->pages[i];
    return found;
}

static void checkpoint(struct rows *r, struct kept_pages *kept)
{
    kept->count = 0;
    rows_checkpoint_begin(r, (struct page_sink){page_keep, kept});
    while (!rows_checkpoint_some(r, 1000))
        continue;
    rows_checkpoint_done(r);
}

static void ids_are_unique(struct t *t)
{
    struct err e = {0};
    struct rows *r = NULL;
    const struct family *twice[] = {&people, &people};
    CHECK_FAILS(t, rows_create(twice, 2, &r, &e), INVALID);
    CHECK(t, r == NULL);
}

static void unchanged_rows_stay_clean(struct t *t)
{
    struct kept_pages kept = {.arena = t->arena};
    struct rows *r = rows_make(t);
    struct rows_usage usage;
    rows_numbered_put(r, &people, 5, BYTES_LIT("five"));
    rows_keyed_put(r, &jobs, BYTES_LIT("k"), BYTES_LIT("v"));
    checkpoint(r, &kept);
    rows_usage(r, &usage);
    CHECK_EQ(t, usage.checkpoint_bytes, 0);
    CHECK_EQ(t, usage.clean_rows, 1);
    rows_numbered_put(r, &people, 5, BYTES_LIT("five"));
    rows_keyed_put(r, &jobs, BYTES_LIT("k"), BYTES_LIT("v"));
    rows_usage(r, &usage);
    CHECK_EQ(t, usage.checkpoint_bytes, 0);
    rows_destroy(r);
}

/* A row that was used since the hand came by stays for one more round; a dirty one stays whatever happens. */
static void eviction_spares_the_used_and_the_dirty(struct t *t)
{
    struct kept_pages kept = {.arena = t->arena};
    struct rows *r = rows_make(t);
    struct bytes row;
    for (uint32_t i = 1; i <= 40; i++)
        rows_numbered_put(r, &people, i, BYTES_LIT("a row of some bytes"));
    CHECK_EQ(t, rows_evict(r, SIZE_MAX), 0);
    checkpoint(r, &kept);
    (void)rows_evict(r, 1); /* goes round once and a bit: marks are gone, some rows too */
    for (uint32_t i = 1; i <= 40; i++)
        if (i != 7 && rows_numbered_get(r, &people, i, &row) == ROW_COLD)
            CHECK_DONE(t, rows_numbered_thaw(r, &people, i, page_of(&kept, i)->value, &(struct err){0}), &(struct err){{0}});
    if (rows_numbered_get(r, &people, 3, &row) == ROW_HERE)
        rows_numbered_put(r, &people, 3, BYTES_LIT("changed"));
    CHECK(t, rows_evict(r, SIZE_MAX) > 0);
    CHECK_EQ(t, rows_numbered_get(r, &people, 3, &row), ROW_HERE);
    CHECK_EQ(t, rows_numbered_get(r, &people, 7, &row), ROW_COLD);
    CHECK_EQ(t, rows_numbered_get(r, &people, 40, &row), ROW_COLD);
    CHECK_EQ(t, rows_numbered_get(r, &people, 41, &row), ROW_ABSENT);
    struct rows_usage usage;
    rows_usage(r, &usage);
    CHECK_EQ(t, usage.cold_rows, 39);
    CHECK_EQ(t, usage.clean_rows, 0);
    CHECK_EQ(t, usage.rows[people.id], 40);
    rows_destroy(r);
}

/* A row that changed beside cold ones is handed out alone; a removed one as a key to delete. */
static void a_row_is_handed_out_alone(struct t *t)
{
    struct kept_pages kept = {.arena = t->arena};
    struct rows *r = rows_make(t), *loaded = rows_make(t);
    struct err e = {0};
    struct bytes row;
    for (uint32_t i = 32; i < 64; i++)
        rows_numbered_put(r, &people, i, bytes_of("0123456789abcdefghijklmnopqrstuv", i - 31));
    checkpoint(r, &kept);
    struct bytes of_40 = page_of(&kept, 40)->value, of_41 = page_of(&kept, 41)->value;
    (void)rows_evict(r, SIZE_MAX);
    CHECK_EQ(t, rows_numbered_get(r, &people, 40, &row), ROW_COLD);
    CHECK_FAILS(t, rows_numbered_thaw(r, &people, 40, BYTES_LIT(""), &e), CORRUPT);
    CHECK_FAILS(t, rows_numbered_thaw(r, &people, 40, BYTES_LIT("\x01zzzz"), &e), CORRUPT);
    CHECK_DONE(t, rows_numbered_thaw(r, &people, 40, of_40, &e), &e);
    CHECK_DONE(t, rows_numbered_thaw(r, &people, 41, of_41, &e), &e);
    rows_numbered_put(r, &people, 40, BYTES_LIT("new"));
    rows_numbered_remove(r, &people, 41);
    checkpoint(r, &kept);
    CHECK(t, page_of(&kept, 42) == NULL);
    REQUIRE(t, page_of(&kept, 40) != NULL && page_of(&kept, 41) != NULL);
    CHECK_EQ(t, page_of(&kept, 41)->value.size, 0);

    rows_load_within(loaded, (struct load_room){.rows = SIZE_MAX});
    CHECK_DONE(t, rows_load(loaded, kept.pages[0].key, kept.pages[0].value, &e), &e);
    CHECK_DONE(t, rows_load(loaded, page_of(&kept, 40)->key, page_of(&kept, 40)->value, &e), &e);
    CHECK_FAILS(t, rows_load(loaded, page_of(&kept, 40)->key, page_of(&kept, 40)->value, &e), CORRUPT);
    CHECK_EQ(t, rows_numbered_get(loaded, &people, 40, &row), ROW_HERE);
    CHECK_BYTES(t, row, BYTES_LIT("new"));
    rows_destroy(loaded);
    rows_destroy(r);
}

/* Numbered rows come last, in what room the others leave; what finds none stays cold. */
static void loading_keeps_within_its_room(struct t *t)
{
    struct kept_pages kept = {.arena = t->arena};
    struct rows *r = rows_make(t), *loaded = rows_make(t);
    struct err e = {0};
    struct rows_usage usage;
    uint8_t row[1000] = {1}, prefixes[LOAD_PREFIXES];
    for (uint32_t i = 1; i < 60; i++)
        rows_numbered_put(r, &people, i, bytes_of(row, sizeof row));
    checkpoint(r, &kept);
    rows_load_order(r, prefixes);
    CHECK_EQ(t, prefixes[0], 0);
    CHECK_EQ(t, prefixes[1], jobs.id);
    CHECK_EQ(t, prefixes[LOAD_PREFIXES - 1], people.id);
    rows_load_within(loaded, (struct load_room){.rows = 20000});
    for (size_t i = 0; i < kept.count; i++)
        CHECK_DONE(t, rows_load(loaded, kept.pages[i].key, kept.pages[i].value, &e), &e);
    CHECK_DONE(t, rows_load_done(loaded, rows_digest(r), &e), &e);
    rows_usage(loaded, &usage);
    CHECK_EQ(t, usage.rows[people.id], 59);
    CHECK(t, usage.cold_rows > 0 && usage.cold_rows < 59);
    CHECK_EQ(t, usage.checkpoint_bytes, 0);
    rows_destroy(loaded);
    rows_destroy(r);
}

/* What begin fixed is what is handed out, whatever is written meanwhile. */
static void a_change_hands_out_the_old_row_first(struct t *t)
{
    struct kept_pages kept = {.arena = t->arena};
    struct rows *r = rows_make(t);
    rows_numbered_put(r, &people, 1, BYTES_LIT("old"));
    rows_checkpoint_begin(r, (struct page_sink){page_keep, &kept});
    size_t before = kept.count;
    rows_numbered_put(r, &people, 1, BYTES_LIT("new"));
    REQUIRE(t, kept.count == before + 1);
    CHECK(t, memmem(kept.pages[before].value.data, kept.pages[before].value.size, "old", 3) != NULL);
    rows_numbered_put(r, &people, 1, BYTES_LIT("newer"));
    CHECK(t, rows_checkpoint_some(r, 1 << 20));
    CHECK_EQ(t, kept.count, before + 1);
    rows_checkpoint_done(r);
    kept.count = 0;
    checkpoint(r, &kept);
    REQUIRE(t, page_of(&kept, 1) != NULL);
    CHECK(t, memmem(page_of(&kept, 1)->value.data, page_of(&kept, 1)->value.size, "newer", 5) != NULL);
    rows_destroy(r);
}

static const struct page *page_of_job(const struct kept_pages *kept, struct bytes key)
{
    const struct page *found = NULL;
    for (size_t i = 0; i < kept->count; i++)
        if (kept->pages[i].key.data[0] == jobs.id && bytes_equal(bytes_slice(kept->pages[i].key, 1, kept->pages[i].key.size), key))
            found = &kept->pages[i];
    return found;
}

/* A checkpoint hears nothing of a key that came and went since the last one; of one that the last one has, it hears that it is gone. */
static void what_came_and_went_is_not_handed_out(struct t *t)
{
    struct kept_pages kept = {.arena = t->arena};
    struct rows *r = rows_make(t);
    struct bytes key = BYTES_LIT("k");
    rows_keyed_put(r, &jobs, key, BYTES_LIT("v"));
    rows_keyed_remove(r, &jobs, key);
    checkpoint(r, &kept);
    CHECK(t, page_of_job(&kept, key) == NULL);
    rows_keyed_put(r, &jobs, key, BYTES_LIT("v"));
    checkpoint(r, &kept);
    CHECK(t, page_of_job(&kept, key) != NULL);
    rows_keyed_remove(r, &jobs, key);
    rows_keyed_put(r, &jobs, key, BYTES_LIT("again"));
    rows_keyed_remove(r, &jobs, key);
    checkpoint(r, &kept);
    REQUIRE(t, page_of_job(&kept, key) != NULL);
    CHECK_EQ(t, page_of_job(&kept, key)->value.size, 0);
    rows_destroy(r);
}

/* A deletion that was handed out to a checkpoint that came to nothing is handed out again. */
static void a_deletion_outlives_a_checkpoint_called_off(struct t *t)
{
    struct kept_pages kept = {.arena = t->arena};
    struct rows *r = rows_make(t);
    struct bytes key = BYTES_LIT("k");
    rows_keyed_put(r, &jobs, key, BYTES_LIT("v"));
    checkpoint(r, &kept);
    rows_keyed_remove(r, &jobs, key);
    rows_checkpoint_begin(r, (struct page_sink){page_keep, &kept});
    while (!rows_checkpoint_some(r, 1000))
        continue;
    rows_keyed_put(r, &jobs, key, BYTES_LIT("new"));
    rows_keyed_remove(r, &jobs, key);
    rows_checkpoint_abort(r);
    checkpoint(r, &kept);
    REQUIRE(t, page_of_job(&kept, key) != NULL);
    CHECK_EQ(t, page_of_job(&kept, key)->value.size, 0);
    rows_destroy(r);
}

static void damage_is_seen_at_load(struct t *t)
{
    struct kept_pages kept = {.arena = t->arena};
    struct err e = {0};
    struct rows *r = rows_make(t), *loaded;
    rows_numbered_put(r, &people, 1, BYTES_LIT("a person"));
    rows_keyed_put(r, &jobs, BYTES_LIT("key"), BYTES_LIT("value"));
    checkpoint(r, &kept);
    for (size_t leave_out = 0; leave_out < kept.count; leave_out++) {
        loaded = rows_make(t);
        struct status status = DONE;
        for (size_t i = 0; i < kept.count && done(status); i++)
            if (i != leave_out)
                status = rows_load(loaded, kept.pages[i].key, kept.pages[i].value, &e);
        if (done(status))
            status = rows_load_done(loaded, rows_digest(r), &e);
        /* the meta of jobs only counts them */
        bool harmless = kept.pages[leave_out].key.data[0] == 0 && kept.pages[leave_out].key.data[1] == jobs.id;
        CHECK(t, harmless ? done(status) : status.code == STATUS_CORRUPT);
        rows_destroy(loaded);
    }
    loaded = rows_make(t);
    CHECK_FAILS(t, rows_load(loaded, BYTES_LIT("\x09zz"), BYTES_LIT("\x01z"), &e), CORRUPT);
    CHECK_FAILS(t, rows_load(loaded, BYTES_LIT("\x02zz"), BYTES_LIT(""), &e), CORRUPT);
    CHECK_FAILS(t, rows_load(loaded, BYTES_LIT("\x01zz"), BYTES_LIT("\x01z"), &e), CORRUPT);
    rows_destroy(loaded);
    rows_destroy(r);
}

static void page_forget(void *context, const struct page *page)
{
    (void)context, (void)page;
}

/* Under 12 bytes beside the row; wholly cold pages take a word. */
static void rows_cost_little(struct t *t)
{
    enum { PEOPLE = 100000 };
    struct rows *r = rows_make(t);
    struct rows_usage usage;
    uint8_t row[208] = {1};
    for (uint32_t i = 1; i <= PEOPLE; i++)
        rows_numbered_put(r, &people, i, bytes_of(row, sizeof row));
    rows_usage(r, &usage);
    CHECK(t, usage.bytes < (sizeof row + 12) * PEOPLE);
    rows_checkpoint_begin(r, (struct page_sink){page_forget, NULL});
    while (!rows_checkpoint_some(r, 1 << 20))
        continue;
    rows_checkpoint_done(r);
    (void)rows_evict(r, SIZE_MAX);
    rows_usage(r, &usage);
    CHECK_EQ(t, usage.cold_rows, PEOPLE);
    CHECK(t, usage.bytes < PEOPLE);
    rows_destroy(r);
}

static void page_weigh(void *context, const struct page *page)
{
    uint64_t *bytes = context;
    *bytes += page->key.size + page->value.size;
}

/* Makes a checkpoint; what it wrote against what was said before. */
static void check_checkpoint_bytes(struct t *t, struct rows *r)
{
    struct rows_usage before, after;
    uint64_t written = 0;
    rows_usage(r, &before);
    rows_checkpoint_begin(r, (struct page_sink){page_weigh, &written});
    while (!rows_checkpoint_some(r, 1 << 20))
        continue;
    rows_checkpoint_done(r);
    CHECK(t, before.checkpoint_bytes >= written * 9 / 10);
    CHECK(t, before.checkpoint_bytes <= written * 3 / 2);
    rows_usage(r, &after);
    CHECK_EQ(t, after.checkpoint_bytes, 0);
}

/* Much of everything, then a few changes all over it: an entry of an index takes its page along. */
static void what_a_checkpoint_writes_is_known_before(struct t *t)
{
    enum { MANY = 40000, FEW = 400 };
    static const struct family names = {.id = 3, .kind = FAMILY_INDEX, .name = "names", .goes_cold = true};
    static const struct family notes = {.id = 4, .kind = FAMILY_SERIES, .value_bytes = 32, .name = "notes"};
    static const struct family *const all[] = {&people, &jobs, &names, &notes};
    struct rows *r = NULL;
    struct err e = {0};
    struct rng rng;
    uint8_t row[200] = {1};
    REQUIRE_DONE(t, rows_create(all, COUNT_OF(all), &r, &e), &e);
    rng_init(&rng, t->seed);
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t i = 1; i <= (round == 0 ? MANY : FEW); i++) {
            uint32_t number = round == 0 ? i : (uint32_t)rng_below(&rng, MANY) + 1;
            row[1] = (uint8_t)(round + 1);
            rows_numbered_put(r, &people, number, bytes_of(row, sizeof row));
            rows_keyed_put(r, &jobs, bytes_of(&number, sizeof number), bytes_of(row, sizeof row));
            rows_index_add(r, &names, (struct hash128){.low = rng_next(&rng), .high = rng_next(&rng)}, number);
            (void)rows_series_push(r, &notes, row);
        }
        check_checkpoint_bytes(t, r);
    }
    rows_destroy(r);
}

/* Where an entry changes before its page is handed out, its page isn't copied for it; what is handed out is as it was. */
static void a_changed_entry_costs_no_page(struct t *t)
{
    enum { ENTRIES = 2000 };
    static const struct family names = {.id = 3, .kind = FAMILY_INDEX, .name = "names", .goes_cold = true};
    static const struct family *const alone[] = {&names};
    struct kept_pages kept = {.arena = t->arena};
    struct rows *r = NULL, *loaded = NULL;
    struct err e = {0};
    uint32_t number;
    REQUIRE_DONE(t, rows_create(alone, COUNT_OF(alone), &r, &e), &e);
    for (uint64_t i = 0; i < ENTRIES; i++)
        rows_index_put(r, &names, (struct hash128){.low = rng_mix(i), .high = rng_mix(~i)}, 7);
    struct hash128 digest = rows_digest(r);
    rows_checkpoint_begin(r, (struct page_sink){page_keep, &kept});
    size_t meta_count = kept.count;
    for (uint64_t i = 0; i < 2 * ENTRIES; i += 3) {
        struct hash128 hash = {.low = rng_mix(i), .high = rng_mix(~i)};
        rows_index_put(r, &names, hash, 8);
        if (i % 2 == 0)
            rows_index_remove(r, &names, hash);
        if (i % 5 == 0)
            rows_index_put(r, &names, hash, 9);
    }
    CHECK_EQ(t, kept.count, meta_count);
    while (!rows_checkpoint_some(r, 1000))
        continue;
    rows_checkpoint_done(r);
    REQUIRE_DONE(t, rows_create(alone, COUNT_OF(alone), &loaded, &e), &e);
    for (size_t i = 0; i < kept.count; i++)
        if (kept.pages[i].value.size > 0) /* else it is a page of the size before */
            CHECK_DONE(t, rows_load(loaded, kept.pages[i].key, kept.pages[i].value, &e), &e);
    CHECK_DONE(t, rows_load_done(loaded, digest, &e), &e);
    CHECK_EQ(t, rows_index_get(loaded, &names, (struct hash128){.low = rng_mix(3), .high = rng_mix(~UINT64_C(3))}, &number), ROW_HERE);
    CHECK_EQ(t, number, 7);
    rows_destroy(loaded);
    rows_destroy(r);
}

/* However much comes to a page while a checkpoint goes slowly, what is kept of the page stays small, and it is handed out as it was. */
static void a_page_that_changes_much_is_not_kept_back(struct t *t)
{
    enum { ENTRIES = 1300000, KEPT_BYTES_MAX = 1 << 17 };
    static const struct family names = {.id = 3, .kind = FAMILY_INDEX, .name = "names"};
    static const struct family *const alone[] = {&names};
    struct kept_pages kept = {.arena = t->arena};
    struct rows *r = NULL, *loaded = NULL, *fresh = NULL;
    struct rows_usage usage, fresh_usage;
    struct err e = {0};
    REQUIRE_DONE(t, rows_create(alone, COUNT_OF(alone), &r, &e), &e);
    REQUIRE_DONE(t, rows_create(alone, COUNT_OF(alone), &fresh, &e), &e);
    rows_index_put(r, &names, (struct hash128){.low = rng_mix(0), .high = rng_mix(~UINT64_C(0))}, 7);
    struct hash128 digest = rows_digest(r);
    rows_checkpoint_begin(r, (struct page_sink){page_keep, &kept});
    for (uint64_t i = 0; i < ENTRIES; i++) {
        rows_index_put(r, &names, (struct hash128){.low = rng_mix(i), .high = rng_mix(~i)}, 8);
        rows_index_put(fresh, &names, (struct hash128){.low = rng_mix(i), .high = rng_mix(~i)}, 8);
    }
    rows_usage(r, &usage);
    rows_usage(fresh, &fresh_usage);
    CHECK(t, usage.bytes < fresh_usage.bytes + KEPT_BYTES_MAX);
    while (!rows_checkpoint_some(r, 1000))
        continue;
    rows_checkpoint_done(r);
    REQUIRE_DONE(t, rows_create(alone, COUNT_OF(alone), &loaded, &e), &e);
    for (size_t i = 0; i < kept.count; i++)
        CHECK_DONE(t, rows_load(loaded, kept.pages[i].key, kept.pages[i].value, &e), &e);
    CHECK_DONE(t, rows_load_done(loaded, digest, &e), &e);
    rows_destroy(loaded);
    rows_destroy(fresh);
    rows_destroy(r);
}

/* What stays of an entry that went cold: at most ten bits, and few keys that were never put pass for cold ones. */
static void cold_entries_cost_ten_bits(struct t *t)
{
    enum { ENTRIES = 2000000, STRANGERS = 100000 };
    static const struct family names = {.id = 3, .kind = FAMILY_INDEX, .name = "names", .goes_cold = true};
    static const struct family *const alone[] = {&names};
    struct rows *r = NULL;
    struct err e = {0};
    struct rows_usage usage;
    REQUIRE_DONE(t, rows_create(alone, COUNT_OF(alone), &r, &e), &e);
    for (uint64_t i = 0; i < ENTRIES; i++)
        rows_index_put(r, &names, (struct hash128){.low = rng_mix(i), .high = rng_mix(~i)}, 7);
    rows_checkpoint_begin(r, (struct page_sink){page_forget, NULL});
    while (!rows_checkpoint_some(r, 1 << 20))
        continue;
    rows_checkpoint_done(r);
    do {
        (void)rows_evict(r, SIZE_MAX);
        rows_usage(r, &usage);
    } while (usage.clean_bytes > 0);
    CHECK_EQ(t, usage.cold_rows, ENTRIES);
    CHECK(t, usage.bytes * 8 <= (size_t)ENTRIES * 10);
    uint32_t passed = 0, number;
    for (uint64_t i = ENTRIES; i < ENTRIES + STRANGERS; i++)
        passed += rows_index_get(r, &names, (struct hash128){.low = rng_mix(i), .high = rng_mix(~i)}, &number) == ROW_COLD;
    CHECK(t, passed < STRANGERS / 20);
    rows_destroy(r);
}

static const struct test tests[] = {
    {"two families can't have one id", ids_are_unique, 1},
    {"a row that is put as it was stays clean", unchanged_rows_stay_clean, 1},
    {"eviction spares what is used and what is dirty", eviction_spares_the_used_and_the_dirty, 1},
    {"a row is handed out alone", a_row_is_handed_out_alone, 1},
    {"loading keeps within its room", loading_keeps_within_its_room, 1},
    {"a change hands out the old row first", a_change_hands_out_the_old_row_first, 1},
    {"what came and went is not handed out", what_came_and_went_is_not_handed_out, 1},
    {"a deletion outlives a checkpoint called off", a_deletion_outlives_a_checkpoint_called_off, 1},
    {"damage is seen at load", damage_is_seen_at_load, 1},
    {"rows cost little besides themselves", rows_cost_little, 1},
    {"a changed entry costs no page", a_changed_entry_costs_no_page, 1},
    {"a page that changes much is not kept back", a_page_that_changes_much_is_not_kept_back, 1},
    {"what a checkpoint writes is known before", what_a_checkpoint_writes_is_known_before, 3},
    {"cold entries cost ten bits", cold_entries_cost_ten_bits, 1},
};
TEST_MAIN(tests)
