#include "engine/ahead.h"

#include "testing/test.h"

static const struct family rows_family = {
    .id = 60, .kind = FAMILY_NUMBERED, .value_bytes = ROW_BYTES_MAX, .name = "ahead_row"};
static const struct family index_family = {.id = 61, .kind = FAMILY_INDEX, .name = "ahead", .goes_cold = true};
static const struct family *const families[] = {&rows_family, &index_family};

#define STAGES 8

/* In how many stages something was left to be touched: after the first false there is nothing more. */
static int stages_of(struct t *t, const struct rows *rows, struct indexed_row *row)
{
    struct view v = {.rows = rows, .arena = t->arena};
    int stages = 0;
    bool was_over = false;
    for (int stage = 0; stage < STAGES; stage++) {
        bool more = indexed_row_prefetch(&v, stage, row);
        CHECK(t, !(was_over && more));
        was_over = !more;
        stages += more;
    }
    return stages;
}

static void the_row_of_a_key_is_followed(struct t *t)
{
    struct rows *rows;
    struct err e = {0};
    struct hash128 key = {.low = 1, .high = UINT64_C(1) << 48}, gone = {.low = 2, .high = UINT64_C(1) << 48};
    CHECK_DONE(t, rows_create(families, COUNT_OF(families), &rows, &e), &e);
    rows_numbered_put(rows, &rows_family, 7, BYTES_LIT("row"));
    rows_index_put(rows, &index_family, key, 7);
    rows_index_put(rows, &index_family, gone, 100000); /* its row is not there */
    struct indexed_row there = {.index = &index_family, .rows = &rows_family, .key = key}, dangling = there,
                       none = there;
    dangling.key = gone;
    none.key.low = 3;
    none.number = 7; /* left from another command */
    CHECK_EQ(t, stages_of(t, rows, &there), 4);
    CHECK_EQ(t, there.number, 7);
    CHECK_EQ(t, stages_of(t, rows, &dangling), 4);
    CHECK_EQ(t, stages_of(t, rows, &none), 2);
    CHECK_EQ(t, none.number, 0);
    rows_destroy(rows);
}

static const struct test tests[] = {
    {"the row of a key is followed", the_row_of_a_key_is_followed, 1},
};
TEST_MAIN(tests)
