#include "app/import/lookup.h"
#include "testing/test.h"

#define ROWS 5000

static void rows_are_found(struct t *t)
{
    struct lookup *l = lookup_create(2);
    for (int i = 0; i < ROWS; i++) {
        char key[16], value[16];
        (void)snprintf(key, sizeof key, "k%d", i);
        (void)snprintf(value, sizeof value, "v%d", i);
        struct bytes cells[] = {bytes_of_text(key), bytes_of_text(value)};
        lookup_add(l, cells[0], cells, 2);
    }
    for (int i = 0; i < ROWS; i += 7) {
        const struct bytes *cells = lookup_find(l, bytes_of_text(arena_printf(t->arena, "k%d", i)));
        REQUIRE(t, cells != NULL);
        CHECK_BYTES(t, cells[1], bytes_of_text(arena_printf(t->arena, "v%d", i)));
    }
    CHECK(t, lookup_find(l, BYTES_LIT("k5000")) == NULL);
    lookup_destroy(l);
}

static void the_first_row_counts(struct t *t)
{
    struct lookup *l = lookup_create(2);
    struct bytes first[] = {BYTES_LIT("k"), BYTES_LIT("1")}, second[] = {BYTES_LIT("k"), BYTES_LIT("2")}, lone[] = {BYTES_LIT("short")};
    lookup_add(l, first[0], first, 2);
    lookup_add(l, second[0], second, 2);
    lookup_add(l, lone[0], lone, 1);
    CHECK_BYTES(t, lookup_find(l, BYTES_LIT("k"))[1], BYTES_LIT("1"));
    CHECK_EQ(t, lookup_find(l, BYTES_LIT("short"))[1].size, 0);
    lookup_destroy(l);
}

static const struct test tests[] = {
    {"rows are found by their key", rows_are_found, 1},
    {"of several rows with one key the first counts", the_first_row_counts, 1},
};
TEST_MAIN(tests)
