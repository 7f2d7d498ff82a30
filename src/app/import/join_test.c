#include "app/import/join.h"
#include "testing/test.h"

#define ROWS 5000
#define KEYS 700

static struct join *join_of(struct t *t, size_t columns)
{
    struct join *l = NULL;
    struct err e = {0};
    CHECK_DONE(t, join_create(columns, &l, &e), &e);
    return l;
}

static void row_add(struct t *t, struct join *l, const char *key, uint64_t line, const char *value)
{
    struct bytes cells[] = {bytes_of_text(key), bytes_of_text(value)};
    struct err e = {0};
    CHECK_DONE(t, join_add(l, cells[0], line, cells, 2, &e), &e);
}

/* Against arithmetic: row i has key i % KEYS. */
static void rows_are_found_in_their_order(struct t *t)
{
    struct join *l = join_of(t, 2);
    const struct join_row *rows;
    for (int i = 0; i < ROWS; i++)
        row_add(t, l, arena_printf(t->arena, "键%d", i % KEYS), (uint64_t)i, arena_printf(t->arena, "v%d", i));
    for (int k = 0; k < KEYS; k += 7) {
        size_t count = join_find(l, bytes_of_text(arena_printf(t->arena, "键%d", k)), t->arena, ROWS, &rows);
        CHECK_EQ(t, count, (size_t)((ROWS - 1 - k) / KEYS + 1));
        for (size_t i = 0; i < count; i++) {
            CHECK_EQ(t, rows[i].line, (uint64_t)k + i * KEYS);
            CHECK_BYTES(t, rows[i].cells[1], bytes_of_text(arena_printf(t->arena, "v%d", k + (int)i * KEYS)));
        }
    }
    CHECK_EQ(t, join_find(l, BYTES_LIT("键700"), t->arena, ROWS, &rows), 0);
    CHECK_EQ(t, join_find(l, BYTES_LIT("键0"), t->arena, 3, &rows), ROWS / KEYS + 1); /* too many */
    join_destroy(l);
}

static void what_nobody_asked_for_is_left(struct t *t)
{
    struct join *l = join_of(t, 2);
    const struct join_row *rows;
    struct join_row left;
    uint64_t at = 0;
    row_add(t, l, "a", 2, "1");
    row_add(t, l, "b", 3, "2");
    row_add(t, l, "a", 4, "3");
    row_add(t, l, "", 5, "4");
    CHECK_EQ(t, join_find(l, BYTES_LIT("a"), t->arena, 9, &rows), 2);
    CHECK(t, join_left_next(l, &at, t->arena, &left));
    CHECK_EQ(t, left.line, 3);
    CHECK(t, join_left_next(l, &at, t->arena, &left));
    CHECK_EQ(t, left.line, 5);
    CHECK_BYTES(t, left.cells[1], BYTES_LIT("4"));
    CHECK(t, !join_left_next(l, &at, t->arena, &left));
    join_destroy(l);
}

static void missing_cells_are_empty(struct t *t)
{
    struct join *l = join_of(t, 2), *none = join_of(t, 0);
    const struct join_row *rows;
    struct bytes lone = BYTES_LIT("short");
    struct err e = {0};
    CHECK_DONE(t, join_add(l, lone, 2, &lone, 1, &e), &e);
    CHECK_EQ(t, join_find(l, lone, t->arena, 9, &rows), 1);
    CHECK_EQ(t, rows[0].cells[1].size, 0);
    CHECK_DONE(t, join_add(none, lone, 2, &lone, 1, &e), &e);
    CHECK_EQ(t, join_find(none, lone, t->arena, 9, &rows), 1);
    join_destroy(l);
    join_destroy(none);
}

static const struct test tests[] = {
    {"rows are found in their order", rows_are_found_in_their_order, 1},
    {"what nobody asked for is left", what_nobody_asked_for_is_left, 1},
    {"missing cells are empty", missing_cells_are_empty, 1},
};
TEST_MAIN(tests)
