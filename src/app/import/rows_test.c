#include "app/import/rows.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "testing/test.h"

#define TEXT_BYTES_MAX 100000u

static const char *file_make(struct t *t, const char *name, const char *text)
{
    const char *path = arena_printf(t->arena, "%s/%s", t->folder, name);
    FILE *file = fopen(path, "we");
    assert(file != NULL);
    CHECK(t, fputs(text, file) >= 0);
    CHECK_EQ(t, fclose(file), 0);
    return path;
}

static void next_print(struct buf *out, const struct import_next *next, size_t columns)
{
    if (next->found == IMPORT_BAD) {
        const char *slash = strrchr(next->bad.path, '/');
        buf_printf(out, "!%s:%d: %s", slash + 1, (int)next->bad.line, next->bad.why);
    }
    for (size_t i = 0; next->found == IMPORT_GROUP && i < next->group.count; i++) {
        buf_printf(out, "%s%d:", i > 0 ? "+" : "", (int)next->group.own_lines[i]);
        for (size_t k = 0; k < columns; k++)
            buf_printf(out, "%s%.*s", k > 0 ? "|" : "", BYTES_ARG(next->group.rows[i][k]));
    }
    buf_push_text(out, "\n");
}

/* The groups, a line each: "line:cell|cell+0:cell|cell". */
static const char *groups_of(struct t *t, const char *map, const char *path)
{
    struct import_map *m = NULL;
    struct import_rows *r = NULL;
    struct import_next next;
    struct buf out;
    struct err e = {0};
    size_t columns = 0;
    CHECK_DONE(t, import_map_create(bytes_of_text(map), &m, &e), &e);
    struct import_rows_options o = {.path = path, .map = m};
    const char *all = NULL;
    buf_init(&out, TEXT_BYTES_MAX);
    struct status status = import_rows_open(&o, &r, &e);
    while (done(status)) {
        columns = columns == 0 ? import_rows_own_columns(r) : columns;
        status = import_rows_next(r, &next, &e);
        if (failed(status) || next.found == IMPORT_END)
            break;
        size_t all_columns = columns;
        while (all_columns < 8 && strchr(map, 'j') != NULL) /* the maps here that join have eight columns */
            all_columns++;
        next_print(&out, &next, all_columns);
    }
    all = failed(status) ? arena_printf(t->arena, "!%s", strrchr(e.text, '/') + 1) : arena_printf(t->arena, "%.*s", BYTES_ARG(buf_bytes(&out)));
    buf_fini(&out);
    import_rows_close(r);
    import_map_destroy(m);
    return all;
}

static void rows_are_grouped(struct t *t)
{
    const char *path = file_make(t, "o.csv", "no,sku\nA,1\nA,2\nB,3\nA,4\n,5\n,6\nC,7,8\nC,9\n合计,9\n");
    CHECK_TEXT(t, groups_of(t, "{\"group\":\"no\",\"skip\":{\"no\":[\"合计\"]},\"event\":{}}", path),
               "2:A|1+3:A|2\n4:B|3\n5:A|4\n6:|5\n!o.csv:8: the row has 3 cells, and there are 2 columns\n7:|6\n9:C|9\n");
    CHECK_TEXT(t, groups_of(t, "{\"event\":{}}", path),
               "2:A|1\n3:A|2\n4:B|3\n5:A|4\n6:|5\n7:|6\n!o.csv:8: the row has 3 cells, and there are 2 columns\n9:C|9\n10:合计|9\n");
}

/* Columns: no, buyer; l.no, l.sku, l.n; p.sku, p.name, p.x. */
static void files_are_joined(struct t *t)
{
    const char *path = file_make(t, "o.csv", "no,buyer\n=\"A\",王\nB,李\n");
    file_make(t, "l.csv", "no,sku,n\nA,1,x\nB,2,y\nA,3,z\nZ,4,\nA,1,2,3\n");
    file_make(t, "p.csv", "sku,name,x\nA,甲,\n");
#define JOINS                                                                                                         \
    "\"join\":[{\"file\":\"l.csv\",\"key\":\"no\",\"prefix\":\"l.\",\"every\":true},"                                 \
    "{\"file\":\"p.csv\",\"key\":\"sku\",\"own\":\"no\",\"prefix\":\"p.\"}]"
    CHECK_TEXT(t, groups_of(t, "{" JOINS ",\"event\":{\"a\":\"${l.sku}${p.name}\"}}", path),
               "!l.csv:6: the row has 4 cells, and there are 3 columns\n"
               "2:=\"A\"|王|A|1|x|A|甲|+0:=\"A\"|王|A|3|z|||\n3:B|李|B|2|y|||\n"
               "!l.csv:5: no row of the file that is imported has \"Z\" as its \"no\"\n");
}

static void lines_append(struct buf *b, const char *line, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_push_text(b, line);
}

/* Not the first thousand of them: they would pass for all. */
/* A cell is where its own file has it. */
static void cells_say_where_they_stand(struct t *t)
{
    struct import_map *m = NULL;
    struct import_rows *r = NULL;
    struct import_next next;
    struct err e = {0};
    const char *path = file_make(t, "o.csv", "no,buyer\nA,王\n\nB,李\n");
    file_make(t, "l.csv", "no,sku\nB,9\nA,1\nA,2\n");
    REQUIRE_DONE(t, import_map_create(bytes_of_text("{\"join\":{\"file\":\"l.csv\",\"key\":\"no\",\"prefix\":\"l.\"},\"event\":{}}"), &m, &e), &e);
    REQUIRE_DONE(t, import_rows_open(&(struct import_rows_options){.path = path, .map = m}, &r, &e), &e);
    REQUIRE_DONE(t, import_rows_next(r, &next, &e), &e);
    CHECK_EQ(t, next.group.count, 2);
    struct import_place buyer = import_rows_place(r, &next.group, 1, 1), sku = import_rows_place(r, &next.group, 1, 3);
    CHECK(t, !buyer.is_joined && buyer.line == 2 && strcmp(buyer.path, path) == 0);
    CHECK(t, sku.is_joined && sku.line == 4 && strcmp(strrchr(sku.path, '/'), "/l.csv") == 0);
    REQUIRE_DONE(t, import_rows_next(r, &next, &e), &e);
    CHECK_EQ(t, import_rows_place(r, &next.group, 0, 0).line, 4);
    CHECK_EQ(t, import_rows_place(r, &next.group, 0, 2).line, 2);
    import_rows_close(r);
    import_map_destroy(m);
}

static void too_many_joined_rows_are_no_order(struct t *t)
{
    struct buf lines;
    buf_init(&lines, TEXT_BYTES_MAX);
    buf_push_text(&lines, "no,sku,n\n");
    lines_append(&lines, "A,1,x\n", IMPORT_GROUP_ROWS_MAX + 1);
    lines_append(&lines, "B,2,y\n", 1);
    file_make(t, "j.csv", arena_text(t->arena, buf_bytes(&lines)));
    buf_fini(&lines);
    const char *path = file_make(t, "o.csv", "no,b,c,d,e\nB,x,,,\nA,x,,,\nB,x,,,\n");
#define MANY "{\"join\":{\"file\":\"j.csv\",\"key\":\"no\",\"prefix\":\"j.\",\"every\":true},\"event\":{}"
    CHECK_TEXT(t, groups_of(t, MANY "}", path),
               "2:B|x||||B|2|y\n!o.csv:3: the joined file j.csv has more than 1000 rows for it\n4:B|x||||B|2|y\n");
    CHECK_TEXT(t, groups_of(t, MANY ",\"group\":\"b\"}", path),
               "!o.csv:3: the joined file j.csv has more than 1000 rows for it\n2:B|x||||B|2|y+4:B|x||||B|2|y\n");
}

static size_t heap_bytes(void)
{
    struct mallinfo2 heap = mallinfo2();
    return heap.uordblks + heap.hblkhd;
}

static void left_rows_take_no_memory(struct t *t)
{
    enum { LEFT = 10000, BYTES_MAX = 300000 };
    static const char map[] = "{\"join\":{\"file\":\"j.csv\",\"key\":\"no\",\"prefix\":\"j.\",\"every\":true},\"event\":{}}";
    struct import_map *m = NULL;
    struct import_rows *r = NULL;
    struct import_next next;
    struct err e = {0};
    struct buf lines;
    buf_init(&lines, TEXT_BYTES_MAX);
    buf_push_text(&lines, "no,sku,n\n");
    lines_append(&lines, "Z,1,x\n", LEFT);
    file_make(t, "j.csv", arena_text(t->arena, buf_bytes(&lines)));
    buf_fini(&lines);
    CHECK_DONE(t, import_map_create(bytes_of_text(map), &m, &e), &e);
    struct import_rows_options o = {.path = file_make(t, "o.csv", "no\nA\n"), .map = m};
    REQUIRE_DONE(t, import_rows_open(&o, &r, &e), &e);
    REQUIRE_DONE(t, import_rows_next(r, &next, &e), &e);
    size_t count = 0, before = heap_bytes();
    for (; next.found != IMPORT_END; count++)
        REQUIRE_DONE(t, import_rows_next(r, &next, &e), &e);
    CHECK_EQ(t, count, LEFT + 1);
    CHECK(t, heap_bytes() < before + BYTES_MAX);
    import_rows_close(r);
    import_map_destroy(m);
}

static void what_the_map_names_must_be_there(struct t *t)
{
    const char *path = file_make(t, "o.csv", "no,sku\nA,1\n");
    CHECK_TEXT(t, groups_of(t, "{\"group\":\"nr\",\"event\":{}}", path), "!o.csv: the map: there is no column \"nr\"; did you mean \"no\"?");
    CHECK_TEXT(t, groups_of(t, "{\"skip\":{\"nr\":[]},\"event\":{}}", path), "!o.csv: the map: there is no column \"nr\"; did you mean \"no\"?");
    CHECK_TEXT(t, groups_of(t, "{\"event\":{\"a\":\"${nr}\"}}", path),
               "!o.csv: the map: \"event\": \"a\": there is no column \"nr\"; did you mean \"no\"?");
}

static const struct test tests[] = {
    {"rows are grouped", rows_are_grouped, 1},
    {"files are joined", files_are_joined, 1},
    {"cells say where they stand", cells_say_where_they_stand, 1},
    {"too many joined rows are no order", too_many_joined_rows_are_no_order, 1},
    {"left rows take no memory", left_rows_take_no_memory, 1},
    {"what the map names must be there", what_the_map_names_must_be_there, 1},
};
TEST_MAIN(tests)
