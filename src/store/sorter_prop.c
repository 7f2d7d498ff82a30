/* Records in any order come back sorted, those of one key as they were added: against an array that is sorted by insertion. */
#include "store/sorter.h"
#include "testing/test.h"

#define RECORDS_MAX 300u

struct added {
    uint64_t key;
    struct bytes record;
};

static struct bytes any_bytes(struct t *t, size_t size_max)
{
    size_t size = (size_t)rng_below(&t->rng, size_max + 1);
    uint8_t *data = arena_take(t->arena, size + 1, 1);
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)rng_below(&t->rng, 256);
    return bytes_of(data, size);
}

/* Behind all of the same key. */
static void model_add(struct added *model, size_t count, struct added x)
{
    size_t at = count;
    while (at > 0 && model[at - 1].key > x.key) {
        model[at] = model[at - 1];
        at--;
    }
    model[at] = x;
}

static void what_goes_in_comes_out_in_order(struct t *t)
{
    struct added *model = ARENA_ARRAY(t->arena, struct added, RECORDS_MAX);
    size_t count = (size_t)rng_below(&t->rng, RECORDS_MAX);
    size_t size_max = rng_chance(&t->rng, 0.5) ? 100 : 40000; /* the latter in several parts, of 1 MiB each */
    struct err e = {0};
    struct disk *d;
    REQUIRE_DONE(t, disk_open_real(t->folder, &d, &e), &e);
    struct sorter *s = sorter_create(d, "sorting", 0);
    for (size_t i = 0; i < count; i++) {
        struct added x = {rng_below(&t->rng, 50), any_bytes(t, size_max)};
        CHECK_DONE(t, sorter_add(s, x.key, x.record, &e), &e);
        model_add(model, i, x);
    }
    CHECK_DONE(t, sorter_finish(s, &e), &e);
    bool more = true;
    for (size_t i = 0; i <= count && more; i++) {
        uint64_t key = 0;
        struct bytes record = BYTES_NONE;
        CHECK_DONE(t, sorter_next(s, &key, &record, &more, &e), &e);
        CHECK_EQ(t, more, i < count);
        if (!more || i == count)
            break;
        CHECK_EQ(t, key, model[i].key);
        CHECK_BYTES(t, record, model[i].record);
    }
    sorter_destroy(s);
    disk_close(d);
}

static struct status name_seen(void *context, const char *name, struct err *e)
{
    (void)name, (void)e;
    ++*(int *)context;
    return DONE;
}

/* Also of a process that ends in the middle. */
static void its_file_has_no_name(struct t *t)
{
    struct err e = {0};
    struct disk *d;
    int names = 0;
    REQUIRE_DONE(t, disk_open_real(t->folder, &d, &e), &e);
    struct sorter *s = sorter_create(d, "sorting", 0);
    for (size_t i = 0; i < 100; i++)
        CHECK_DONE(t, sorter_add(s, 100 - i, any_bytes(t, 60000), &e), &e);
    CHECK_DONE(t, disk_list(d, ".", name_seen, &names, &e), &e);
    CHECK_EQ(t, names, 0);
    sorter_destroy(s);
    disk_close(d);
}

static void a_record_that_is_too_large_is_refused(struct t *t)
{
    struct err e = {0};
    struct disk *d;
    REQUIRE_DONE(t, disk_open_real(t->folder, &d, &e), &e);
    struct sorter *s = sorter_create(d, "sorting", 0);
    uint8_t *data = arena_zeroed(t->arena, SORTER_RECORD_BYTES_MAX + 1, 1);
    CHECK_FAILS(t, sorter_add(s, 1, bytes_of(data, SORTER_RECORD_BYTES_MAX + 1), &e), LIMIT);
    CHECK_DONE(t, sorter_add(s, 1, bytes_of(data, SORTER_RECORD_BYTES_MAX), &e), &e);
    CHECK_DONE(t, sorter_add(s, 0, BYTES_LIT("王小明"), &e), &e);
    CHECK_DONE(t, sorter_finish(s, &e), &e);
    uint64_t key;
    struct bytes record;
    bool more;
    CHECK_DONE(t, sorter_next(s, &key, &record, &more, &e), &e);
    CHECK_BYTES(t, record, BYTES_LIT("王小明"));
    CHECK_DONE(t, sorter_next(s, &key, &record, &more, &e), &e);
    CHECK_EQ(t, record.size, SORTER_RECORD_BYTES_MAX);
    sorter_destroy(s);
    disk_close(d);
}

static const struct test tests[] = {
    {"what goes in comes out in order", what_goes_in_comes_out_in_order, 60},
    {"its file has no name", its_file_has_no_name, 1},
    {"a record that is too large is refused", a_record_that_is_too_large_is_refused, 1},
};
TEST_MAIN(tests)
