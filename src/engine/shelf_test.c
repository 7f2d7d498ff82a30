/* The shelf, and what brings sieves and blocks to it. Covers: shelf.c, fetch.c */
#include "engine/shelf.h"

#include "engine/fetch.h"
#include "engine/registry.h"
#include "store/disk_sim.h"
#include "testing/test.h"

#define THREADS 3u

/* Entry i of sieve n. */
static struct sieve_entry entry_of(uint32_t n, uint32_t i)
{
    uint64_t x = (uint64_t)n << 32 | i;
    return (struct sieve_entry){{(uint64_t)i << 32, rng_mix(x)}, x};
}

static void sieve_write(struct t *t, struct disk *d, const char *path, uint32_t n, uint32_t count)
{
    struct sieve_writer *w = NULL;
    struct sieve_sum sum;
    struct err e = {0};
    CHECK_DONE(t, sieve_writer_open(d, path, count, &w, &e), &e);
    for (uint32_t i = 0; i < count; i++) {
        struct sieve_entry entry = entry_of(n, i);
        CHECK_DONE(t, sieve_writer_add(w, &entry, &e), &e);
    }
    CHECK_DONE(t, sieve_writer_finish(w, &sum, &e), &e);
    sieve_writer_close(w);
}

/* --- a domain that names what it is told to --- */

static const char *named[SHELF_SIEVES_MAX + 1];
static size_t named_count;

static void sieves_said(const struct view *v, sieve_said said, void *context)
{
    (void)v;
    for (size_t i = 0; i < named_count; i++)
        said(context, named[i]);
}

static const struct domain fake_domain = {
    .number = 0x70, .name = "fake", .about = "Names sieves.", .sieves = sieves_said};
static const struct domain *const domains[] = {&fake_domain};

struct world {
    struct disk *disk;
    struct shelf *shelf;
    struct registry *registry;
    struct rows *rows;
    struct fetch *fetch;
    struct touched touched;
    struct view view;
};

static void world_open(struct t *t, struct world *w, unsigned threads)
{
    struct err e = {0};
    *w = (struct world){.disk = disk_sim_create(t->seed), .shelf = shelf_create()};
    CHECK_DONE(t, registry_create(domains, 1, &w->registry, &e), &e);
    CHECK_DONE(t, rows_create(NULL, 0, &w->rows, &e), &e);
    struct fetch_places places = {.disk = w->disk, .rows = w->rows, .shelf = w->shelf};
    CHECK_DONE(t, fetch_create(&places, threads, &w->fetch, &e), &e);
    w->view = (struct view){.rows = w->rows, .registry = w->registry, .touched = &w->touched, .shelf = w->shelf};
    named_count = 0;
}

static void world_close(struct world *w)
{
    fetch_destroy(w->fetch);
    shelf_destroy(w->shelf);
    rows_destroy(w->rows);
    registry_destroy(w->registry);
    disk_close(w->disk);
}

/* Asks for all that is missing, and takes it. */
static void world_fetch(struct t *t, struct world *w)
{
    struct err e = {0};
    size_t taken = 0;
    for (uint32_t i = 0; i < w->touched.block_count; i++)
        fetch_ask_block(w->fetch, w->touched.blocks[i]);
    if (w->touched.sieve[0] != 0)
        fetch_ask_sieve(w->fetch, w->touched.sieve);
    while (fetch_pending(w->fetch) > 0)
        CHECK_DONE(t, fetch_take(w->fetch, true, &taken, &e), &e);
}

static bool sieve_is_missing(struct world *w, const char *path)
{
    touched_clear(&w->touched);
    return !view_sieve_has(&w->view, path) && w->touched.cold_count == 1;
}

static void sieve_bring(struct t *t, struct world *w, const char *path, uint32_t n, uint32_t count)
{
    sieve_write(t, w->disk, path, n, count);
    CHECK(t, sieve_is_missing(w, path));
    world_fetch(t, w);
    CHECK(t, !sieve_is_missing(w, path));
}

static void what_is_missing_is_fetched(struct t *t, unsigned threads)
{
    struct world w;
    uint64_t values[SHELF_SIEVES_MAX];
    world_open(t, &w, threads);
    CHECK_EQ(t, view_sieves_find(&w.view, entry_of(1, 5).hash, values), 0);
    sieve_bring(t, &w, "ids/one", 1, 1000);
    sieve_bring(t, &w, "ids/two", 2, 1000);
    for (uint32_t i = 0; i < 1000; i += 37) {
        touched_clear(&w.touched);
        view_sieves_prefetch(&w.view, entry_of(2, i).hash);
        size_t found = view_sieves_find(&w.view, entry_of(2, i).hash, values);
        CHECK(t, found == (w.touched.cold_count == 0));
        world_fetch(t, &w);
        touched_clear(&w.touched);
        REQUIRE(t, view_sieves_find(&w.view, entry_of(2, i).hash, values) == 1);
        CHECK(t, values[0] == entry_of(2, i).value && w.touched.cold_count == 0);
    }
    struct shelf_stats stats = view_shelf_stats(&w.view);
    CHECK(t, stats.sieves == 2 && stats.entries == 2000 && stats.bytes + stats.block_bytes == shelf_bytes(w.shelf));
    world_close(&w);
}

static void what_is_missing_comes_by_threads(struct t *t)
{
    what_is_missing_is_fetched(t, THREADS);
}

static void what_is_missing_comes_without_threads(struct t *t)
{
    what_is_missing_is_fetched(t, 0);
}

static void a_sieve_that_is_named_must_be_there(struct t *t)
{
    struct world w;
    size_t taken;
    world_open(t, &w, 0);
    fetch_ask_sieve(w.fetch, "ids/none");
    CHECK_FAILS(t, fetch_take(w.fetch, true, &taken, NULL), CORRUPT);
    world_close(&w);
}

/* A block of a sieve that was let go meanwhile is taken in vain. */
static void what_is_not_named_goes(struct t *t)
{
    struct world w;
    struct err e = {0};
    size_t taken;
    world_open(t, &w, 0);
    sieve_bring(t, &w, "ids/one", 1, 10);
    sieve_bring(t, &w, "ids/two", 2, 10);
    struct sieve *held = view_sieve_hold(&w.view, "ids/one");
    fetch_ask_block(w.fetch, (struct block_name){.serial = 0});
    named[named_count++] = "ids/two";
    shelf_settle(w.shelf, &w.view);
    CHECK_EQ(t, shelf_count(w.shelf), 1);
    CHECK(t, shelf_sieve(w.shelf, 0) == NULL && shelf_sieve(w.shelf, 1) != NULL);
    CHECK(t, sieve_is_missing(&w, "ids/one"));
    CHECK_DONE(t, fetch_take(w.fetch, true, &taken, &e), &e);
    CHECK_EQ(t, sieve_sum(held).count, 10);
    sieve_release(held);
    world_close(&w);
}

static void blocks_and_sieves_are_bounded(struct t *t)
{
    struct world w;
    struct err e = {0};
    uint8_t block[SIEVE_BLOCK_BYTES] = {0};
    char paths[SHELF_SIEVES_MAX + 1][16];
    world_open(t, &w, 0);
    for (uint32_t i = 0; i < 3 * SHELF_BLOCKS_MAX; i++)
        shelf_put_block(w.shelf, (struct block_name){.serial = i % 7, .block = i}, bytes_of(block, sizeof block));
    CHECK_EQ(t, shelf_bytes(w.shelf), SHELF_BLOCKS_MAX * SIEVE_BLOCK_BYTES);
    for (uint32_t i = 0; i <= SHELF_SIEVES_MAX; i++) {
        struct sieve *sieve = NULL;
        (void)snprintf(paths[i], sizeof paths[i], "ids/%u", i);
        sieve_write(t, w.disk, paths[i], i, 3);
        CHECK_DONE(t, sieve_open(w.disk, paths[i], &sieve, &e), &e);
        struct status status = shelf_put(w.shelf, paths[i], sieve, &e);
        CHECK_EQ(t, status.code, i < SHELF_SIEVES_MAX ? STATUS_OK : STATUS_LIMIT);
    }
    world_close(&w);
}

static const struct test tests[] = {
    {"what is missing comes by threads", what_is_missing_comes_by_threads, 1},
    {"what is missing comes without threads", what_is_missing_comes_without_threads, 1},
    {"a sieve that is named must be there", a_sieve_that_is_named_must_be_there, 1},
    {"what is not named goes", what_is_not_named_goes, 1},
    {"blocks and sieves are bounded", blocks_and_sieves_are_bounded, 1},
};
TEST_MAIN(tests)
