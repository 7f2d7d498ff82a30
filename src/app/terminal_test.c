#include "app/terminal.h"
#include "testing/test.h"

#include <stdlib.h>

static void widths(struct t *t)
{
    CHECK_EQ(t, text_columns(BYTES_LIT("")), 0);
    CHECK_EQ(t, text_columns(BYTES_LIT("abc")), 3);
    CHECK_EQ(t, text_columns(BYTES_LIT("小明")), 4);
    CHECK_EQ(t, text_columns(BYTES_LIT("１３８，")), 8);
    CHECK_EQ(t, text_columns(BYTES_LIT("e\xCC\x81")), 1);
    CHECK_EQ(t, text_columns(BYTES_LIT("👍")), 2);
    CHECK_EQ(t, text_columns(BYTES_LIT("\xFF\x80z")), 3);
    CHECK_EQ(t, text_columns(BYTES_LIT("\xE5\xB0")), 2); /* cut in two: a byte is a column */
}

static void thousands(struct t *t)
{
    char text[GROUPED_BYTES];
    CHECK_TEXT(t, grouped(0, text), "0");
    CHECK_TEXT(t, grouped(999, text), "999");
    CHECK_TEXT(t, grouped(1000, text), "1,000");
    CHECK_TEXT(t, grouped(541909, text), "541,909");
    CHECK_TEXT(t, grouped(UINT64_MAX, text), "18,446,744,073,709,551,615");
}

static const char *printed(struct t *t, const struct grid *g)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    grid_print(g, out);
    (void)fclose(out);
    const char *kept = arena_text(t->arena, bytes_of(text, size));
    free(text);
    return kept;
}

static void tables(struct t *t)
{
    struct grid g;
    grid_init(&g, t->arena, 3);
    g.headed = g.right[1] = true;
    g.indent = "  ";
    grid_add_texts(&g, (const char *const[]){"name", "n", "last"});
    grid_add_texts(&g, (const char *const[]){"小明", "12,345", "a"});
    grid_add_texts(&g, (const char *const[]){"Li", "7", "bb"});
    grid_add_texts(&g, (const char *const[]){"Wu", "", ""});
    CHECK_TEXT(t, printed(t, &g),
               "  name       n  last\n"
               "  ────  ──────  ────\n"
               "  小明  12,345  a\n"
               "  Li         7  bb\n"
               "  Wu\n");
}

static void long_cells_are_cut(struct t *t)
{
    struct grid g;
    grid_init(&g, t->arena, 2);
    g.columns_max = 6;
    grid_add_texts(&g, (const char *const[]){"abcdefgh", "x"});
    grid_add_texts(&g, (const char *const[]){"一二三四", "y"});
    CHECK_TEXT(t, printed(t, &g), "abcde…  x\n一二…   y\n");
}

static void bars(struct t *t)
{
    CHECK_TEXT(t, bar(t->arena, 0, 10, 4), "");
    CHECK_TEXT(t, bar(t->arena, 10, 10, 4), "████");
    CHECK_TEXT(t, bar(t->arena, 5, 10, 4), "██");
    CHECK_TEXT(t, bar(t->arena, 1, 1000, 4), "▏");
    CHECK_TEXT(t, bar(t->arena, 3, 8, 1), "▍");
    CHECK_TEXT(t, bar(t->arena, 1, 0, 4), "▏");
}

static const struct test tests[] = {
    {"a Chinese character takes two columns", widths, 1},
    {"thousands are grouped", thousands, 1},
    {"tables are aligned", tables, 1},
    {"long cells are cut", long_cells_are_cut, 1},
    {"bars", bars, 1},
};
TEST_MAIN(tests)
