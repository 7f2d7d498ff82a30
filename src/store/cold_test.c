/* The promises of cold.h, for both kinds. Covers: cold.c, cold_memory.c, cold_rocksdb.c, cold_slice.c,
 * cold_folder.c */
#include "store/cold.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/cold_folder.h"
#include "testing/test.h"

#define PAGES 3000u
#define VALUE_BYTES 4000u

/* A store of one kind, and how it starts again. */
struct kind {
    struct t *t;
    bool real;
    struct cold *cold;
};

static void reopen(struct kind *k, const char *snapshot)
{
    struct err e = {0};
    if (!k->real) {
        k->cold = k->cold == NULL ? cold_memory_create() : k->cold;
        CHECK_DONE(k->t, cold_memory_reopen(k->cold, snapshot, &e), &e);
        return;
    }
    cold_close(k->cold);
    k->cold = NULL;
    CHECK_DONE(k->t, cold_open(arena_printf(k->t->arena, "%s/cold", k->t->folder), snapshot, COLD_MEMORY_BYTES_MIN, &k->cold, &e), &e);
}

static void put(struct kind *k, const char *key, const char *value)
{
    struct err e = {0};
    struct cold_pair pair = {bytes_of_text(key), bytes_of_text(value)};
    CHECK_DONE(k->t, cold_put(k->cold, &pair, 1, &e), &e);
}

static const char *get(struct kind *k, const char *key)
{
    struct err e = {0};
    struct buf value;
    bool found = false;
    buf_init(&value, 1 << 16);
    CHECK_DONE(k->t, cold_get(k->cold, bytes_of_text(key), &value, &found, &e), &e);
    const char *text = found ? arena_text(k->t->arena, buf_bytes(&value)) : "none";
    buf_fini(&value);
    return text;
}

struct scanned {
    struct buf keys;
    size_t left;
};

static struct status scan_one(void *context, struct bytes key, struct bytes value, struct err *e)
{
    struct scanned *s = context;
    buf_printf(&s->keys, "%.*s=%.*s ", BYTES_ARG(key), BYTES_ARG(value));
    return --s->left > 0 ? DONE : FAIL(e, CANCELLED, "enough");
}

static void check_scan(struct kind *k, const char *prefix, const char *want)
{
    struct err e = {0};
    struct scanned s = {.left = 100};
    buf_init(&s.keys, 1 << 16);
    CHECK_DONE(k->t, cold_scan(k->cold, bytes_of_text(prefix), scan_one, &s, &e), &e);
    CHECK_TEXT(k->t, arena_text(k->t->arena, buf_bytes(&s.keys)), want);
    s.left = 1;
    if (want[0] != 0)
        CHECK_FAILS(k->t, cold_scan(k->cold, bytes_of_text(prefix), scan_one, &s, &e), CANCELLED);
    buf_fini(&s.keys);
}

static void keeps_promises(struct kind *k)
{
    struct t *t = k->t;
    struct err e = {0};
    reopen(k, NULL);
    CHECK_TEXT(t, get(k, "a"), "none");
    put(k, "a1", "one");
    put(k, "a2", "two");
    put(k, "b1", "three");
    CHECK_DONE(t, cold_snapshot(k->cold, "first", &e), &e);
    check_scan(k, "a", "a1=one a2=two ");
    check_scan(k, "", "a1=one a2=two b1=three ");
    CHECK_FAILS(t, cold_snapshot(k->cold, "first", &e), EXISTS);
    put(k, "a1", "changed");
    put(k, "c1", "four");
    struct cold_pair gone = {BYTES_LIT("b1"), BYTES_NONE};
    CHECK_DONE(t, cold_put(k->cold, &gone, 1, &e), &e);
    CHECK_DONE(t, cold_snapshot(k->cold, "second", &e), &e);
    put(k, "a2", "late");
    CHECK_TEXT(t, get(k, "c1"), "four");

    reopen(k, "second");
    check_scan(k, "", "a1=changed a2=two c1=four ");
    put(k, "a2", "late");
    reopen(k, "first");
    check_scan(k, "", "a1=one a2=two b1=three ");
    CHECK_TEXT(t, get(k, "a2"), "two");
    reopen(k, "second");
    CHECK_TEXT(t, get(k, "a1"), "changed");
    CHECK_TEXT(t, get(k, "b1"), "none");

    put(k, "d1", "five");
    CHECK_DONE(t, cold_snapshot(k->cold, "third", &e), &e);
    const char *names[] = {"second", "third"};
    CHECK_DONE(t, cold_snapshot_keep(k->cold, names, 2, &e), &e);
    CHECK_DONE(t, cold_snapshot_remove(k->cold, "second", &e), &e);
    CHECK_DONE(t, cold_snapshot_remove(k->cold, "second", &e), &e);
    CHECK_TEXT(t, get(k, "d1"), "five");
}

/* The last snapshot was for nothing and goes: the one that is kept takes its place. */
static void give_up_the_last(struct kind *k)
{
    const char *kept = "p1-1";
    struct err e = {0};
    put(k, "a", "first");
    CHECK_DONE(k->t, cold_snapshot(k->cold, kept, &e), &e);
    put(k, "a", "in vain");
    CHECK_DONE(k->t, cold_snapshot(k->cold, "p2-1", &e), &e);
    CHECK_DONE(k->t, cold_snapshot_keep(k->cold, &kept, 1, &e), &e);
    put(k, "a", "later");
}

static void memory_starts_again_from_what_is_kept(struct t *t)
{
    struct kind k = {.t = t, .cold = cold_memory_create()};
    struct err e = {0};
    give_up_the_last(&k);
    cold_memory_fail_after(k.cold, 1);
    CHECK_FAILS(t, cold_snapshot(k.cold, "p2-2", &e), IO);
    put(&k, "b", "again");
    check_scan(&k, "", "a=first b=again ");
    cold_close(k.cold);
}

static void memory_keeps_promises(struct t *t)
{
    struct kind k = {.t = t};
    struct err e = {0};
    struct cold *copy = NULL;
    keeps_promises(&k);
    CHECK_FAILS(t, cold_memory_reopen(k.cold, "first", &e), CORRUPT);
    CHECK_FAILS(t, cold_memory_copy(k.cold, "first", &copy, &e), CORRUPT);
    REQUIRE_DONE(t, cold_memory_copy(k.cold, "third", &copy, &e), &e);
    put(&k, "d1", "late");
    struct kind other = {.t = t, .cold = copy};
    CHECK_TEXT(t, get(&other, "d1"), "five");
    cold_close(copy);
    cold_memory_fail_after(k.cold, 2);
    put(&k, "d1", "later");
    CHECK_FAILS(t, cold_put(k.cold, &(struct cold_pair){BYTES_LIT("d1"), BYTES_NONE}, 1, &e), IO);
    CHECK_TEXT(t, get(&k, "d1"), "five");
    put(&k, "d1", "last");
    cold_memory_fail_after(k.cold, 1);
    CHECK_FAILS(t, cold_snapshot(k.cold, "fourth", &e), IO);
    CHECK_DONE(t, cold_snapshot(k.cold, "fourth", &e), &e);
    CHECK_TEXT(t, get(&k, "d1"), "five");
    cold_close(k.cold);
}

static void rocksdb_keeps_promises(struct t *t)
{
    struct kind k = {.t = t, .real = true};
    struct err e = {0};
    struct cold *lost = NULL;
    const char *folder = arena_printf(t->arena, "%s/cold", t->folder);
    keeps_promises(&k);
    CHECK_FAILS(t, cold_open_read(folder, "first", COLD_MEMORY_BYTES_MIN, &lost, &e), CORRUPT);

    /* reading beside the living store, which removes what is read */
    struct kind other = {.t = t, .real = true};
    REQUIRE_DONE(t, cold_open_read(folder, "third", COLD_MEMORY_BYTES_MIN, &other.cold, &e), &e);
    put(&k, "d1", "late");
    CHECK_DONE(t, cold_snapshot_remove(k.cold, "third", &e), &e);
    CHECK_TEXT(t, get(&other, "d1"), "five");
    CHECK_FAILS(t, cold_put(other.cold, &(struct cold_pair){BYTES_LIT("d1"), BYTES_NONE}, 1, &e), DENIED);
    cold_close(other.cold);
    cold_close(k.cold);

    CHECK_FAILS(t, cold_open(folder, "first", COLD_MEMORY_BYTES_MIN, &lost, &e), CORRUPT);
    CHECK(t, strstr(e.text, "no snapshot first") != NULL);
}

static uint8_t *page_fill(uint8_t *page, uint32_t i, uint32_t round)
{
    struct rng rng;
    rng_init(&rng, (uint64_t)round << 32 | i);
    for (size_t at = 0; at < VALUE_BYTES; at += 8) {
        uint64_t x = rng_next(&rng);
        memcpy(page + at, &x, 8);
    }
    return page;
}

static void put_many(struct t *t, struct cold *c, uint32_t round)
{
    uint8_t page[VALUE_BYTES], key[4];
    struct err e = {0};
    for (uint32_t i = 0; i < PAGES; i += 1 + round) {
        for (size_t j = 0; j < sizeof key; j++)
            key[j] = (uint8_t)(i >> (24 - 8 * j));
        struct cold_pair pair = {bytes_of(key, sizeof key), bytes_of(page_fill(page, i, round), VALUE_BYTES)};
        CHECK_DONE(t, cold_put(c, &pair, 1, &e), &e);
    }
}

struct counting {
    struct t *t;
    uint32_t round, count;
};

static struct status count_page(void *context, struct bytes key, struct bytes value, struct err *e)
{
    struct counting *counting = context;
    uint8_t page[VALUE_BYTES];
    uint32_t i = 0;
    (void)e;
    for (size_t j = 0; j < key.size; j++)
        i = i << 8 | key.data[j];
    bool changed = i % (1 + counting->round) == 0;
    CHECK_EQ(counting->t, i, counting->count);
    CHECK(counting->t, bytes_equal(value, bytes_of(page_fill(page, i, changed ? counting->round : 0), VALUE_BYTES)));
    counting->count++;
    return DONE;
}

/* Several table files; a half-made snapshot of a crash; two snapshots that share their files. */
static void rocksdb_snapshots_share_files(struct t *t)
{
    struct err e = {0};
    struct cold *c = NULL;
    const char *folder = arena_printf(t->arena, "%s/cold", t->folder);
    REQUIRE_DONE(t, cold_open(folder, NULL, COLD_MEMORY_BYTES_MIN, &c, &e), &e);
    put_many(t, c, 0);
    CHECK_DONE(t, cold_snapshot(c, "p1-1", &e), &e);
    CHECK(t, cold_bytes(c) > PAGES * VALUE_BYTES / 2);
    put_many(t, c, 1);
    CHECK_DONE(t, cold_snapshot(c, "p2-1", &e), &e);
    put_many(t, c, 2);
    cold_close(c);
    const char *half_made = arena_printf(t->arena, "%s/p3-1.tmp", folder);
    CHECK(t, mkdir(half_made, 0700) == 0);
    for (uint32_t round = 0; round < 2; round++) {
        struct counting counting = {.t = t, .round = round};
        REQUIRE_DONE(t, cold_open(folder, round == 0 ? "p1-1" : "p2-1", COLD_MEMORY_BYTES_MIN, &c, &e), &e);
        CHECK_DONE(t, cold_scan(c, BYTES_NONE, count_page, &counting, &e), &e);
        CHECK_EQ(t, counting.count, PAGES);
        cold_close(c);
    }
    CHECK(t, access(half_made, F_OK) != 0);
}

/* The system refuses longer files for a while. */
static void snapshot_fails(struct kind *k, const char *name)
{
    struct err e = {0};
    struct rlimit limit, small;
    put_many(k->t, k->cold, 0);
    REQUIRE(k->t, getrlimit(RLIMIT_FSIZE, &limit) == 0);
    small = limit;
    small.rlim_cur = 1 << 20;
    (void)signal(SIGXFSZ, SIG_IGN);
    REQUIRE(k->t, setrlimit(RLIMIT_FSIZE, &small) == 0);
    CHECK_FAILS(k->t, cold_snapshot(k->cold, name, &e), IO);
    REQUIRE(k->t, setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

/* The snapshot fails, and the next put starts again from the last one. */
static void rocksdb_goes_on_after_a_failure(struct t *t)
{
    struct err e = {0};
    struct kind k = {.t = t, .real = true};
    reopen(&k, NULL);
    put(&k, "a", "first");
    CHECK_DONE(t, cold_snapshot(k.cold, "p1-1", &e), &e);
    snapshot_fails(&k, "p2-1");
    CHECK_FAILS(t, cold_snapshot(k.cold, "p2-2", &e), DENIED); /* its pages are not all there */
    CHECK_TEXT(t, get(&k, "a"), "first");
    put(&k, "b", "again");
    CHECK_DONE(t, cold_snapshot(k.cold, "p2-3", &e), &e);
    check_scan(&k, "", "a=first b=again ");
    reopen(&k, "p2-3");
    check_scan(&k, "", "a=first b=again ");
    cold_close(k.cold);
}

static void rocksdb_starts_again_from_what_is_kept(struct t *t)
{
    struct kind k = {.t = t, .real = true};
    reopen(&k, NULL);
    give_up_the_last(&k);
    snapshot_fails(&k, "p2-2");
    put(&k, "b", "again");
    CHECK_TEXT(t, get(&k, "a"), "first");
    cold_close(k.cold);
}

/* Of what is put several times before a snapshot the last counts, also when it takes the key away; in any order of keys. */
static void the_last_put_counts(struct t *t)
{
    enum { KEYS = 300, PUTS = 5000 };
    static const char *const words[] = {"none", "one", "two", "a longer one"};
    struct kind k = {.t = t, .real = true};
    struct err e = {0};
    uint32_t now[KEYS] = {0};
    reopen(&k, NULL);
    for (uint32_t i = 0; i < PUTS; i++) {
        uint32_t key = (uint32_t)rng_below(&t->rng, KEYS), word = (uint32_t)rng_below(&t->rng, COUNT_OF(words));
        const char *text = arena_printf(t->arena, "a key that is alike %03u", key);
        struct cold_pair pair = {bytes_of_text(text), word == 0 ? BYTES_NONE : bytes_of_text(words[word])};
        CHECK_DONE(t, cold_put(k.cold, &pair, 1, &e), &e);
        now[key] = word;
        if (i % 1000 == 999)
            CHECK_DONE(t, cold_snapshot(k.cold, arena_printf(t->arena, "s%u", i), &e), &e);
    }
    for (uint32_t key = 0; key < KEYS; key++)
        CHECK_TEXT(t, get(&k, arena_printf(t->arena, "a key that is alike %03u", key)), words[now[key]]);
    cold_close(k.cold);
}

struct traces {
    struct t *t;
    const char *folder, *text;
    unsigned count; /* of files that hold the text */
};

static struct status trace_look(void *context, const char *name, struct err *e)
{
    struct traces *x = context;
    (void)e;
    FILE *file = fopen(arena_printf(x->t->arena, "%s/%s", x->folder, name), "re");
    char *bytes = arena_take(x->t->arena, 1 << 20, 1);
    size_t size = file == NULL ? 0 : fread(bytes, 1, 1 << 20, file);
    if (file != NULL)
        (void)fclose(file);
    x->count += size > 0 && memmem(bytes, size, x->text, strlen(x->text)) != NULL;
    return DONE;
}

/* Neither what was deleted nor what was replaced is in any file of the next snapshot. */
static void compacting_leaves_nothing_behind(struct t *t)
{
    struct kind k = {.t = t, .real = true};
    struct err e = {0};
    struct traces x = {.t = t, .folder = arena_printf(t->arena, "%s/cold/first", t->folder), .text = "secret"};
    reopen(&k, NULL);
    put(&k, "a", "the secret of a");
    put(&k, "b", "the secret of b");
    put(&k, "c", "c");
    CHECK_DONE(t, cold_snapshot(k.cold, "first", &e), &e);
    CHECK_DONE(t, cold_folder_list(x.folder, trace_look, &x, &e), &e);
    CHECK(t, x.count > 0);
    CHECK_DONE(t, cold_put(k.cold, &(struct cold_pair){BYTES_LIT("a"), BYTES_NONE}, 1, &e), &e);
    put(&k, "b", "nothing");
    CHECK_DONE(t, cold_compact(k.cold, &e), &e);
    CHECK_DONE(t, cold_snapshot(k.cold, "second", &e), &e);
    x.folder = arena_printf(t->arena, "%s/cold/second", t->folder);
    x.count = 0;
    CHECK_DONE(t, cold_folder_list(x.folder, trace_look, &x, &e), &e);
    CHECK_EQ(t, x.count, 0);
    CHECK_TEXT(t, get(&k, "a"), "none");
    CHECK_TEXT(t, get(&k, "b"), "nothing");
    CHECK_TEXT(t, get(&k, "c"), "c");
    cold_close(k.cold);
}

static struct status table_count(void *context, const char *name, struct err *e)
{
    (void)e;
    *(size_t *)context += strstr(name, ".sst") != NULL;
    return DONE;
}

/* Compacting takes room before it gives any: where none is to be left for it, files stay as they are. */
static void without_room_files_are_not_compacted(struct t *t)
{
    enum { FILES = 20 };
    struct kind k = {.t = t, .real = true};
    struct err e = {0};
    size_t count = 0;
    reopen(&k, NULL);
    cold_leave_free(k.cold, UINT64_MAX / 2);
    for (int i = 0; i < FILES; i++) {
        put(&k, "a", "first");
        put(&k, "b", "last");
        CHECK_DONE(t, cold_snapshot(k.cold, arena_printf(t->arena, "s%d", i), &e), &e);
    }
    CHECK_DONE(t, cold_folder_list(arena_printf(t->arena, "%s/cold/live", t->folder), table_count, &count, &e), &e);
    CHECK_EQ(t, count, FILES);
    cold_close(k.cold);
}

static struct status name_count(void *context, const char *name, struct err *e)
{
    (void)name, (void)e;
    ++*(size_t *)context;
    return DONE;
}

/* RocksDB's own words stay bounded, whichever way the folder is named. */
static void words_do_not_pile_up(struct t *t)
{
    enum { STARTS = 8, FILES_MAX = 3 };
    struct err e = {0};
    size_t count = 0;
    char *here = getcwd(NULL, 0);
    REQUIRE(t, here != NULL && chdir(t->folder) == 0);
    for (int i = 0; i < STARTS; i++) {
        struct cold *c = NULL;
        REQUIRE_DONE(t, cold_open("near", NULL, COLD_MEMORY_BYTES_MIN, &c, &e), &e);
        cold_close(c);
    }
    CHECK_DONE(t, cold_folder_list("near/info", name_count, &count, &e), &e);
    CHECK(t, count > 0 && count <= FILES_MAX);
    REQUIRE(t, chdir(here) == 0);
    free(here);
}

static const struct test tests[] = {
    {"memory keeps the promises", memory_keeps_promises, 1},
    {"rocksdb keeps the promises", rocksdb_keeps_promises, 1},
    {"snapshots share their files", rocksdb_snapshots_share_files, 1},
    {"the last put of a key counts", the_last_put_counts, 3},
    {"compacting leaves nothing behind", compacting_leaves_nothing_behind, 1},
    {"without room files are not compacted", without_room_files_are_not_compacted, 1},
    {"its words don't pile up", words_do_not_pile_up, 1},
    {"rocksdb goes on after a failure", rocksdb_goes_on_after_a_failure, 1},
    {"memory starts again from what is kept", memory_starts_again_from_what_is_kept, 1},
    {"rocksdb starts again from what is kept", rocksdb_starts_again_from_what_is_kept, 1},
};
TEST_MAIN(tests)
