#include "store/disk_sim.h"
#include "testing/test.h"

static struct bytes page_of(struct t *t, uint8_t fill, size_t size)
{
    uint8_t *p = arena_take(t->arena, size, 1);
    memset(p, fill, size);
    return bytes_of(p, size);
}

static struct bytes contents(struct t *t, struct disk *d, const char *path, struct status *out_status)
{
    struct buf b;
    buf_init(&b, 1 << 22);
    *out_status = disk_read_all(d, path, &b, NULL);
    struct bytes copy = arena_copy(t->arena, buf_bytes(&b));
    buf_fini(&b);
    return copy;
}

static struct status name_append(void *context, const char *name, struct err *e)
{
    (void)e;
    buf_printf(context, "%s ", name);
    return DONE;
}

/* A map outlives its file. */
static void map_behaves(struct t *t, struct disk *d)
{
    struct err e = {0};
    struct file *f = NULL;
    struct file_map map = {0}, empty = {0};
    CHECK_DONE(t, disk_write_all(d, "mapped", BYTES_LIT("as it is"), &e), &e);
    REQUIRE_DONE(t, disk_file_open(d, "mapped", FILE_READ, &f, &e), &e);
    REQUIRE_DONE(t, file_map(f, &map, &e), &e);
    file_close(f);
    CHECK_DONE(t, disk_remove(d, "mapped", &e), &e);
    file_map_fetch(&map, bytes_slice(map.bytes, 3, 5));
    CHECK_BYTES(t, map.bytes, BYTES_LIT("as it is"));
    file_unmap(&map);
    CHECK_EQ(t, map.bytes.size, 0);
    file_unmap(&map);
    CHECK_DONE(t, disk_write_all(d, "mapped", BYTES_NONE, &e), &e);
    REQUIRE_DONE(t, disk_file_open(d, "mapped", FILE_READ, &f, &e), &e);
    CHECK_DONE(t, file_map(f, &empty, &e), &e);
    CHECK_EQ(t, empty.bytes.size, 0);
    file_unmap(&empty);
    file_close(f);
    CHECK_DONE(t, disk_remove(d, "mapped", &e), &e);
}

/* What both kinds of disk promise. */
static void disk_behaves(struct t *t, struct disk *d)
{
    struct err e = {0};
    struct status s = DONE;
    struct file *f = NULL;
    uint8_t got[16];
    size_t size = 0;
    uint64_t bytes = 0;
    REQUIRE_DONE(t, disk_make_folder(d, "a", &e), &e);
    REQUIRE_DONE(t, disk_make_folder(d, "a", &e), &e);
    CHECK_FAILS(t, disk_file_open(d, "a/none", FILE_READ, &f, &e), NOT_FOUND);
    CHECK_FAILS(t, disk_file_open(d, "no/none", FILE_CREATE, &f, &e), NOT_FOUND);
    REQUIRE_DONE(t, disk_file_open(d, "a/one", FILE_CREATE, &f, &e), &e);
    struct file *again = NULL;
    CHECK_FAILS(t, disk_file_open(d, "a/one", FILE_CREATE, &again, &e), EXISTS);

    CHECK_DONE(t, file_write(f, 3, BYTES_LIT("hello"), &e), &e);
    CHECK_DONE(t, file_read(f, 1, got, sizeof got, &size, &e), &e);
    CHECK_BYTES(t, bytes_of(got, size), BYTES_LIT("\0\0hello"));
    CHECK_DONE(t, file_preallocate(f, 70000, &e), &e);
    CHECK_DONE(t, file_preallocate(f, 7, &e), &e);
    CHECK_DONE(t, file_size(f, &bytes, &e), &e);
    CHECK_EQ(t, bytes, 70000);
    CHECK_DONE(t, file_read(f, 69999, got, sizeof got, &size, &e), &e);
    CHECK_BYTES(t, bytes_of(got, size), BYTES_LIT("\0"));
    CHECK_DONE(t, file_truncate(f, 6, &e), &e);
    CHECK_DONE(t, file_sync(f, &e), &e);
    file_close(f);
    CHECK_BYTES(t, contents(t, d, "a/one", &s), BYTES_LIT("\0\0\0hel"));

    CHECK_DONE(t, disk_write_all(d, "a/two", BYTES_LIT("2"), &e), &e);
    CHECK_DONE(t, disk_write_all(d, "a/two", BYTES_LIT("two"), &e), &e);
    CHECK_DONE(t, disk_write_all(d, "zero", BYTES_NONE, &e), &e);
    CHECK_BYTES(t, contents(t, d, "a/two", &s), BYTES_LIT("two"));
    CHECK_EQ(t, contents(t, d, "zero", &s).size, 0);
    CHECK_DONE(t, disk_rename(d, "zero", "a/0", &e), &e);
    CHECK_DONE(t, disk_rename(d, "a/two", "a/one", &e), &e);
    CHECK_FAILS(t, disk_rename(d, "a/two", "a/one", &e), NOT_FOUND);
    CHECK_BYTES(t, contents(t, d, "a/one", &s), BYTES_LIT("two"));

    map_behaves(t, d);
    struct buf names;
    buf_init(&names, 1000);
    CHECK_DONE(t, disk_list(d, "a", name_append, &names, &e), &e);
    CHECK_BYTES(t, buf_bytes(&names), BYTES_LIT("0 one "));
    buf_clear(&names);
    CHECK_DONE(t, disk_remove(d, "a/one", &e), &e);
    CHECK_DONE(t, disk_remove(d, "a/one", &e), &e);
    CHECK_DONE(t, disk_list(d, "", name_append, &names, &e), &e);
    CHECK_BYTES(t, buf_bytes(&names), BYTES_LIT("a "));
    buf_fini(&names);
    CHECK_FAILS(t, disk_list(d, "b", name_append, NULL, &e), NOT_FOUND);
    CHECK_DONE(t, disk_sync_folder(d, "a", &e), &e);
    CHECK_DONE(t, disk_free_bytes(d, &bytes, &e), &e);
    CHECK(t, bytes > 0);
}

static void a_real_disk_behaves(struct t *t)
{
    struct err e = {0};
    struct disk *d = NULL;
    const char *root = arena_printf(t->arena, "%s/x/y", t->folder);
    REQUIRE_DONE(t, disk_open_real(root, &d, &e), &e);
    CHECK_TEXT(t, disk_root(d), root);
    disk_behaves(t, d);
    disk_close(d);
}

static void a_simulated_disk_behaves(struct t *t)
{
    struct disk *d = disk_sim_create(t->seed);
    disk_behaves(t, d);
    disk_sim_crash(d);
    disk_close(d);
}

static void one_process_holds_a_lock(struct t *t)
{
    struct err e = {0};
    struct disk *a = NULL, *b = NULL;
    REQUIRE_DONE(t, disk_open_real(t->folder, &a, &e), &e);
    REQUIRE_DONE(t, disk_open_real(t->folder, &b, &e), &e);
    CHECK_DONE(t, disk_lock(a, "lock", &e), &e);
    CHECK_DONE(t, disk_lock(a, "lock", &e), &e);
    CHECK_FAILS(t, disk_lock(b, "lock", &e), EXISTS);
    CHECK(t, strstr(e.text, "another process") != NULL);
    disk_close(a);
    CHECK_DONE(t, disk_lock(b, "lock", &e), &e);
    disk_close(b);
}

/* After a crash each sector is as it was when last synced, or as written since. */
static void what_was_synced_survives(struct t *t)
{
    struct err e = {0};
    struct status s = DONE;
    struct file *f = NULL;
    struct disk *d = disk_sim_create(t->seed);
    REQUIRE_DONE(t, disk_file_open(d, "f", FILE_CREATE, &f, &e), &e);
    REQUIRE_DONE(t, file_write(f, 0, page_of(t, 1, 40000), &e), &e);
    REQUIRE_DONE(t, file_sync(f, &e), &e);
    REQUIRE_DONE(t, disk_sync_folder(d, "", &e), &e);
    for (int i = 0; i < 20; i++)
        CHECK_DONE(t, file_write(f, rng_below(&t->rng, 36000), page_of(t, 2, 1 + rng_below(&t->rng, 9000)), &e), &e);
    disk_sim_crash(d);
    CHECK_FAILS(t, file_sync(f, &e), IO);
    file_close(f);
    struct bytes b = contents(t, d, "f", &s);
    REQUIRE(t, done(s) && b.size >= 40000 && b.size <= 45000);
    for (size_t i = 0; i < b.size; i++)
        if (b.data[i] != 2 && b.data[i] != (i < 40000 ? 1 : 0))
            test_fail(t, __FILE__, __LINE__, "byte %zu is %d", i, b.data[i]);
    uint64_t now = disk_sim_digest(d);
    disk_sim_crash(d);
    CHECK_EQ(t, disk_sim_digest(d), now); /* all is durable after a crash */
    disk_close(d);
}

static void unsynced_names_may_go(struct t *t)
{
    struct err e = {0};
    struct file *f = NULL;
    int survived = 0, runs = 40;
    for (int i = 0; i < runs; i++) {
        struct disk *d = disk_sim_create(t->seed + (uint64_t)i);
        REQUIRE_DONE(t, disk_write_all(d, "kept", BYTES_LIT("k"), &e), &e);
        REQUIRE_DONE(t, disk_file_open(d, "new", FILE_CREATE, &f, &e), &e);
        REQUIRE_DONE(t, file_sync(f, &e), &e);
        file_close(f);
        disk_sim_crash(d);
        REQUIRE_DONE(t, disk_file_open(d, "kept", FILE_READ, &f, &e), &e);
        file_close(f);
        if (done(disk_file_open(d, "new", FILE_READ, &f, &e))) {
            survived++;
            file_close(f);
        }
        disk_close(d);
    }
    CHECK(t, survived > 0 && survived < runs);
}

static void a_small_file_is_old_or_new(struct t *t)
{
    struct err e = {0};
    struct status s = DONE;
    struct disk *d = disk_sim_create(t->seed);
    struct bytes old = page_of(t, 1, 6000), new = page_of(t, 2, 9000);
    REQUIRE_DONE(t, disk_write_all(d, "f", old, &e), &e);
    disk_sim_stop_after(d, 1 + rng_below(&t->rng, 7));
    bool written = done(disk_write_all(d, "f", new, &e));
    disk_sim_crash(d);
    struct bytes b = contents(t, d, "f", &s);
    CHECK(t, bytes_equal(b, new) || (!written && bytes_equal(b, old)));
    disk_close(d);
}

static void a_stop_is_for_good_until_a_crash(struct t *t)
{
    struct err e = {0};
    struct file *f = NULL;
    struct disk *d = disk_sim_create(t->seed);
    REQUIRE_DONE(t, disk_file_open(d, "f", FILE_CREATE, &f, &e), &e);
    uint64_t before = disk_sim_operations(d);
    disk_sim_stop_after(d, 2);
    CHECK_DONE(t, file_write(f, 0, BYTES_LIT("x"), &e), &e);
    CHECK(t, !disk_sim_stopped(d));
    CHECK_FAILS(t, file_sync(f, &e), IO);
    CHECK_FAILS(t, file_write(f, 0, BYTES_LIT("x"), &e), IO);
    CHECK(t, disk_sim_stopped(d));
    CHECK_EQ(t, disk_sim_operations(d), before + 3);
    file_close(f);
    disk_sim_crash(d);
    CHECK_DONE(t, disk_write_all(d, "g", BYTES_LIT("x"), &e), &e);
    disk_close(d);
}

static void a_full_disk_says_so(struct t *t)
{
    struct err e = {0};
    struct file *f = NULL;
    uint64_t bytes = 0;
    struct disk *d = disk_sim_create(t->seed);
    disk_sim_limit(d, 5 * 4096);
    REQUIRE_DONE(t, disk_file_open(d, "f", FILE_CREATE, &f, &e), &e);
    CHECK_DONE(t, file_preallocate(f, 3 * 4096, &e), &e);
    CHECK_DONE(t, disk_free_bytes(d, &bytes, &e), &e);
    CHECK_EQ(t, bytes, 2 * 4096);
    CHECK_FAILS(t, file_preallocate(f, 6 * 4096, &e), FULL);
    CHECK_FAILS(t, file_write(f, 100, page_of(t, 7, 6 * 4096), &e), FULL);
    CHECK_DONE(t, file_truncate(f, 4096, &e), &e);
    CHECK_DONE(t, disk_free_bytes(d, &bytes, &e), &e);
    CHECK_EQ(t, bytes, 4 * 4096);
    file_close(f);
    CHECK_DONE(t, disk_remove(d, "f", &e), &e);
    CHECK_DONE(t, disk_sync_folder(d, "", &e), &e);
    CHECK_DONE(t, disk_free_bytes(d, &bytes, &e), &e);
    CHECK_EQ(t, bytes, 5 * 4096);
    disk_close(d);
}

static void a_flipped_bit_stays(struct t *t)
{
    struct err e = {0};
    struct status s = DONE;
    struct disk *d = disk_sim_create(t->seed);
    REQUIRE_DONE(t, disk_write_all(d, "f", page_of(t, 0, 5000), &e), &e);
    disk_sim_corrupt(d, "f", 4999);
    disk_sim_crash(d);
    struct bytes b = contents(t, d, "f", &s);
    REQUIRE(t, b.size == 5000);
    CHECK(t, b.data[4999] != 0 && b.data[4998] == 0);
    disk_close(d);
}

/* --- what is kept --- */

static void kept_end(void *thing)
{
    ++*(int *)thing;
}

static void what_is_kept_goes_with_its_file(struct t *t)
{
    struct err e = {0};
    struct disk *d = disk_sim_create(t->seed);
    int ends[4] = {0};
    uint64_t as_of, early;
    CHECK_DONE(t, disk_write_all(d, "a", BYTES_LIT("1"), &e), &e);
    CHECK_DONE(t, disk_write_all(d, "b", BYTES_LIT("2"), &e), &e);
    CHECK(t, disk_kept_take(d, "a", &early) == NULL);
    disk_keep(d, "a", &ends[0], kept_end, early);
    disk_keep(d, "b", &ends[1], kept_end, early);
    CHECK(t, disk_kept_take(d, "a", &as_of) == &ends[0]);
    CHECK(t, disk_kept_take(d, "a", &as_of) == NULL); /* who takes it has it alone */
    disk_keep(d, "a", &ends[0], kept_end, as_of);
    CHECK_DONE(t, disk_remove(d, "a", &e), &e);
    CHECK(t, ends[0] == 1 && ends[1] == 0);
    CHECK(t, disk_kept_take(d, "a", &as_of) == NULL);
    disk_keep(d, "a", &ends[2], kept_end, early); /* made before the file went */
    CHECK(t, ends[2] == 1 && disk_kept_take(d, "a", &as_of) == NULL);
    CHECK_DONE(t, disk_rename(d, "b", "c", &e), &e);
    CHECK_EQ(t, ends[1], 1);
    CHECK(t, disk_kept_take(d, "c", &as_of) == NULL);
    disk_keep(d, "c", &ends[3], kept_end, as_of);
    disk_close(d);
    CHECK_EQ(t, ends[3], 1);
}

static void what_is_kept_of_files_is_bounded(struct t *t)
{
    struct disk *d = disk_sim_create(t->seed);
    int ends[DISK_KEPT_MAX + 2] = {0};
    uint64_t as_of;
    CHECK(t, disk_kept_take(d, "0", &as_of) == NULL);
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        disk_keep(d, arena_printf(t->arena, "%zu", i), &ends[i], kept_end, as_of);
        if (i + 2 == COUNT_OF(ends)) { /* taken and kept again: it isn't the oldest any more */
            CHECK(t, disk_kept_take(d, "1", &as_of) == &ends[1]);
            disk_keep(d, "1", &ends[1], kept_end, as_of);
        }
    }
    CHECK(t, ends[0] == 1 && ends[1] == 0 && ends[2] == 1 && ends[3] == 0);
    disk_sim_crash(d);
    CHECK(t, ends[1] == 1 && ends[3] == 1 && disk_kept_take(d, "3", &as_of) == NULL);
    disk_close(d);
}

static const struct test tests[] = {
    {"a real disk behaves", a_real_disk_behaves, 1},
    {"a simulated disk behaves", a_simulated_disk_behaves, 1},
    {"one process holds a lock", one_process_holds_a_lock, 1},
    {"what was synced survives", what_was_synced_survives, 100},
    {"unsynced names may go", unsynced_names_may_go, 1},
    {"a small file is old or new", a_small_file_is_old_or_new, 200},
    {"a stop is for good until a crash", a_stop_is_for_good_until_a_crash, 1},
    {"a full disk says so", a_full_disk_says_so, 1},
    {"a flipped bit stays", a_flipped_bit_stays, 1},
    {"what is kept goes with its file", what_is_kept_goes_with_its_file, 1},
    {"what is kept of files is bounded", what_is_kept_of_files_is_bounded, 1},
};
TEST_MAIN(tests)
