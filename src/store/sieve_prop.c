/* Sieves against the sorted list that they were made from, whole and with a byte changed.
 * Covers: sieve_write.c, sieve_read.c */
#include "store/sieve.h"

#include <stdlib.h>

#include "store/disk_sim.h"
#include "testing/test.h"

#define PATH "ids/one"
#define ENTRIES_MAX 5000u

static int entry_compare(const void *x, const void *y)
{
    const struct sieve_entry *a = x, *b = y;
    return sieve_compare(a->hash, b->hash);
}

/* Each hash once; some differ in one half alone. */
static size_t entries_make(struct t *t, struct sieve_entry *entries)
{
    size_t count = 1 + (size_t)rng_below(&t->rng, rng_chance(&t->rng, 0.3) ? 5 : ENTRIES_MAX), kept = 1;
    for (size_t i = 0; i < count; i++) {
        entries[i] = (struct sieve_entry){{rng_next(&t->rng), rng_next(&t->rng)}, rng_next(&t->rng)};
        if (i > 0 && rng_chance(&t->rng, 0.1))
            entries[i].hash.low = entries[i - 1].hash.low;
        if (rng_chance(&t->rng, 0.01))
            entries[i].hash = (struct hash128){rng_chance(&t->rng, 0.5) ? 0 : UINT64_MAX,
                                               rng_chance(&t->rng, 0.5) ? 0 : UINT64_MAX};
    }
    qsort(entries, count, sizeof *entries, entry_compare);
    for (size_t i = 1; i < count; i++)
        if (sieve_compare(entries[i].hash, entries[kept - 1].hash) != 0)
            entries[kept++] = entries[i];
    return kept;
}

static struct sieve_sum sieve_write(struct t *t, struct disk *d, const struct sieve_entry *entries, size_t count)
{
    struct sieve_writer *w = NULL;
    struct sieve_sum sum = {0};
    struct err e = {0};
    CHECK_DONE(t, sieve_writer_open(d, PATH, count + rng_below(&t->rng, 3) * 1000, &w, &e), &e);
    for (size_t i = 0; i < count; i++)
        CHECK_DONE(t, sieve_writer_add(w, &entries[i], &e), &e);
    CHECK_DONE(t, sieve_writer_finish(w, &sum, &e), &e);
    sieve_writer_close(w);
    CHECK_EQ(t, sum.count, count);
    return sum;
}

static bool sieve_has(struct t *t, struct sieve *s, struct hash128 hash, uint64_t *out_value, bool *out_suspected)
{
    uint8_t block[SIEVE_BLOCK_BYTES];
    uint32_t number = 0;
    struct err e = {0};
    sieve_prefetch(s, hash);
    *out_suspected = sieve_suspects(s, hash, &number);
    if (!*out_suspected)
        return false;
    CHECK_DONE(t, sieve_block_read(s, number, block, &e), &e);
    return sieve_block_find(block, hash, out_value);
}

static void what_was_put_in_is_found(struct t *t)
{
    struct disk *d = disk_sim_create(t->seed);
    struct sieve_entry *entries = ARENA_ARRAY(t->arena, struct sieve_entry, ENTRIES_MAX), entry;
    size_t count = entries_make(t, entries);
    struct sieve_sum sum = sieve_write(t, d, entries, count);
    struct sieve *s = NULL;
    struct err e = {0};
    disk_sim_crash(d); /* it is durable */
    REQUIRE_DONE(t, sieve_open(d, PATH, &s, &e), &e);
    CHECK(t, sieve_sum(s).count == count && sieve_sum(s).digest == sum.digest && sieve_sum(s).bytes == sum.bytes);
    bool over = false, suspected;
    struct sieve_cursor *c = sieve_cursor_open(s);
    for (size_t i = 0; i < count && t->failures == 0; i++) {
        uint64_t value = 0;
        CHECK(t, sieve_has(t, s, entries[i].hash, &value, &suspected));
        CHECK(t, value == entries[i].value);
        CHECK_DONE(t, sieve_cursor_next(c, &entry, &over, &e), &e);
        CHECK(t, !over && entry_compare(&entry, &entries[i]) == 0 && entry.value == entries[i].value);
    }
    CHECK_DONE(t, sieve_cursor_next(c, &entry, &over, &e), &e);
    CHECK(t, over);
    uint64_t value = 0;
    for (int i = 0; i < 300; i++)
        CHECK(t, !sieve_has(t, s, (struct hash128){rng_next(&t->rng), rng_next(&t->rng)}, &value, &suspected));
    sieve_release(s); /* the cursor holds it */
    sieve_cursor_close(c);
    disk_close(d);
}

/* At most one in a thousand of the others is suspected, at 2.2 bytes of memory an entry. */
static void few_others_are_suspected(struct t *t)
{
    struct disk *d = disk_sim_create(t->seed);
    size_t count = 100000, suspects = 0, tries = 1000000;
    struct sieve_entry *entries = ARENA_ARRAY(t->arena, struct sieve_entry, count);
    struct sieve *s = NULL;
    struct err e = {0};
    for (size_t i = 0; i < count; i++)
        entries[i].hash = (struct hash128){rng_next(&t->rng), rng_next(&t->rng)};
    qsort(entries, count, sizeof *entries, entry_compare);
    struct sieve_writer *w = NULL;
    struct sieve_sum sum;
    REQUIRE_DONE(t, sieve_writer_open(d, PATH, count, &w, &e), &e);
    for (size_t i = 0; i < count; i++)
        CHECK_DONE(t, sieve_writer_add(w, &entries[i], &e), &e);
    CHECK_DONE(t, sieve_writer_finish(w, &sum, &e), &e);
    sieve_writer_close(w);
    REQUIRE_DONE(t, sieve_open(d, PATH, &s, &e), &e);
    for (size_t i = 0; i < tries; i++) {
        uint32_t block;
        suspects += sieve_suspects(s, (struct hash128){rng_next(&t->rng), rng_next(&t->rng)}, &block);
    }
    CHECK(t, suspects > 0 && suspects <= tries / 1000);
    CHECK(t, sieve_bytes(s) * 10 <= 22 * count);
    sieve_release(s);
    disk_close(d);
}

static void damage(struct t *t, struct disk *d, uint64_t bytes)
{
    struct file *f = NULL;
    struct err e = {0};
    uint8_t byte = 0;
    size_t got = 0;
    uint64_t at = rng_below(&t->rng, bytes);
    CHECK_DONE(t, disk_file_open(d, PATH, FILE_WRITE, &f, &e), &e);
    if (rng_chance(&t->rng, 0.2)) {
        CHECK_DONE(t, file_truncate(f, at, &e), &e);
    } else {
        CHECK_DONE(t, file_read(f, at, &byte, 1, &got, &e), &e);
        byte = (uint8_t)(byte ^ (1u << rng_below(&t->rng, 8)));
        CHECK_DONE(t, file_write(f, at, bytes_of(&byte, 1), &e), &e);
    }
    file_close(f);
}

/* Every answer is the right one or a failure. */
static void damage_is_noticed(struct t *t)
{
    struct disk *d = disk_sim_create(t->seed);
    struct sieve_entry *entries = ARENA_ARRAY(t->arena, struct sieve_entry, ENTRIES_MAX);
    size_t count = entries_make(t, entries);
    struct sieve_sum sum = sieve_write(t, d, entries, count);
    damage(t, d, sum.bytes);
    struct sieve *s = NULL;
    struct status status = sieve_open(d, PATH, &s, NULL);
    if (failed(status)) {
        CHECK(t, status.code == STATUS_CORRUPT || status.code == STATUS_INVALID);
        disk_close(d);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint8_t block[SIEVE_BLOCK_BYTES];
        uint32_t number;
        uint64_t value;
        REQUIRE(t, sieve_suspects(s, entries[i].hash, &number));
        status = sieve_block_read(s, number, block, NULL);
        if (done(status))
            CHECK(t, sieve_block_find(block, entries[i].hash, &value) && value == entries[i].value);
        else
            CHECK_EQ(t, status.code, STATUS_CORRUPT);
    }
    sieve_release(s);
    disk_close(d);
}

static void what_is_not_finished_is_gone(struct t *t)
{
    struct disk *d = disk_sim_create(t->seed);
    struct sieve_writer *w = NULL;
    struct sieve *s = NULL;
    struct err e = {0};
    struct sieve_entry one = {{1, 2}, 3};
    REQUIRE_DONE(t, sieve_writer_open(d, PATH, 10, &w, &e), &e);
    CHECK_DONE(t, sieve_writer_add(w, &one, &e), &e);
    sieve_writer_close(w);
    CHECK_FAILS(t, sieve_open(d, PATH, &s, NULL), NOT_FOUND);
    disk_close(d);
}

static const struct test tests[] = {
    {"what was put in is found", what_was_put_in_is_found, 60},
    {"few others are suspected", few_others_are_suspected, 1},
    {"damage is noticed", damage_is_noticed, 150},
    {"what is not finished is gone", what_is_not_finished_is_gone, 1},
};
TEST_MAIN(tests)
