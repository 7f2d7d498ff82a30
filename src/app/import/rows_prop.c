/* Rows in groups, joined with other files, against a model that holds all of them and goes through them one by one. Covers: join.c */
#include "app/import/rows.h"

#include <stdio.h>
#include <stdlib.h>

#include "testing/test.h"

#define ROWS_MAX 30u
#define FILES_MAX 4u /* the first, and those that are joined */
#define COLUMNS 3u   /* k, g, v; "k" is the key of each file */
#define TEXT_BYTES_MAX (1u << 18)

struct model_row {
    const char *cells[COLUMNS];
    bool is_bad, is_asked;
    unsigned line;
};

struct model_file {
    struct model_row rows[ROWS_MAX];
    unsigned count;
    bool every;
};

struct model {
    struct model_file files[FILES_MAX];
    unsigned joins;
    bool groups, skips;
};

/* --- made up --- */

static const char *any_of(struct t *t, const char *const *texts, size_t count)
{
    return texts[rng_below(&t->rng, count)];
}

static void file_draw(struct t *t, struct model_file *f)
{
    static const char *const keys[] = {"A", "B", "C", "=\"A\"", " B ", "", "D"}, *const groups[] = {"x", "x", "y", "", "合计"};
    f->count = (unsigned)rng_below(&t->rng, ROWS_MAX);
    f->every = rng_below(&t->rng, 2) == 0;
    for (unsigned i = 0; i < f->count; i++)
        f->rows[i] = (struct model_row){
            .cells = {any_of(t, keys, COUNT_OF(keys)), any_of(t, groups, COUNT_OF(groups)), arena_printf(t->arena, "v%u", i)},
            .is_bad = rng_below(&t->rng, 12) == 0,
            .line = i + 2};
}

static void file_write(struct t *t, const struct model_file *f, unsigned number)
{
    FILE *file = fopen(arena_printf(t->arena, "%s/f%u.csv", t->folder, number), "we");
    assert(file != NULL);
    (void)fputs("k,g,v\n", file);
    for (unsigned i = 0; i < f->count; i++) {
        const struct model_row *r = &f->rows[i];
        (void)fprintf(file, "%s,%s,%s%s\n", r->cells[0], r->cells[1], r->cells[2], r->is_bad ? ",behind" : "");
    }
    (void)fclose(file);
}

static struct import_map *map_make(struct t *t, const struct model *m)
{
    struct import_map *map = NULL;
    struct err e = {0};
    const char *text = arena_printf(t->arena, "{%s%s\"join\":[", m->groups ? "\"group\":\"g\"," : "", m->skips ? "\"skip\":{\"g\":[\"合计\"]}," : "");
    for (unsigned j = 1; j <= m->joins; j++)
        text = arena_printf(t->arena, "%s%s{\"file\":\"f%u.csv\",\"key\":\"k\",\"prefix\":\"%u.\",\"every\":%s}", text, j > 1 ? "," : "", j, j,
                            m->files[j].every ? "true" : "false");
    text = arena_printf(t->arena, "%s],\"event\":{\"a\":\"${v}\"}}", text);
    CHECK_DONE(t, import_map_create(bytes_of_text(text), &map, &e), &e);
    return map;
}

/* --- what must come of it, a line each --- */

/* What is meant by a key that a spreadsheet wrote. */
static const char *key_of(const char *cell)
{
    return strcmp(cell, "=\"A\"") == 0 ? "A" : strcmp(cell, " B ") == 0 ? "B" : cell;
}

static void bad_rows_say(const struct model_file *f, unsigned number, struct buf *out)
{
    for (unsigned i = 0; i < f->count; i++)
        if (f->rows[i].is_bad)
            buf_printf(out, "bad f%u:%u\n", number, f->rows[i].line);
}

/* The n-th row of a joined file with that key; NULL: it has no more. */
static struct model_row *joined_row(struct model_file *f, const char *key, unsigned n)
{
    for (unsigned i = 0; i < f->count; i++)
        if (!f->rows[i].is_bad && strcmp(key_of(f->rows[i].cells[0]), key) == 0 && n-- == 0)
            return &f->rows[i];
    return NULL;
}

/* A row with what is joined to it: as many lines as the file with the most rows for it has, at least one. */
static void row_say(struct model *m, const struct model_row *r, struct buf *out)
{
    bool more = true;
    for (unsigned n = 0; more; n++) {
        struct buf line;
        more = n == 0;
        buf_init(&line, TEXT_BYTES_MAX);
        for (unsigned j = 1; j <= m->joins; j++) {
            struct model_row *found = joined_row(&m->files[j], key_of(r->cells[0]), n);
            more |= found != NULL;
            buf_printf(&line, "|%s", found == NULL ? "" : found->cells[2]);
            if (found != NULL)
                found->is_asked = true;
        }
        if (more)
            buf_printf(out, "%u:%s%.*s;", n == 0 ? r->line : 0, r->cells[2], BYTES_ARG(buf_bytes(&line)));
        buf_fini(&line);
    }
}

/* Neighbours belong together when both have the same text in the group's column; rows that are passed over and bad ones don't part them. */
static void groups_say(struct model *m, struct buf *out)
{
    const struct model_file *f = &m->files[0];
    const char *open = NULL;
    for (unsigned i = 0; i < f->count; i++) {
        const struct model_row *r = &f->rows[i];
        if (r->is_bad || (m->skips && strcmp(r->cells[1], "合计") == 0))
            continue;
        bool belongs = m->groups && open != NULL && open[0] != 0 && strcmp(open, r->cells[1]) == 0;
        if (open != NULL && !belongs)
            buf_push_text(out, "\n");
        row_say(m, r, out);
        open = r->cells[1];
    }
    if (open != NULL)
        buf_push_text(out, "\n");
}

static void left_say(const struct model *m, struct buf *out)
{
    for (unsigned j = 1; j <= m->joins; j++)
        for (unsigned i = 0; m->files[j].every && i < m->files[j].count; i++)
            if (!m->files[j].rows[i].is_bad && !m->files[j].rows[i].is_asked)
                buf_printf(out, "bad f%u:%u\n", j, m->files[j].rows[i].line);
}

/* --- what comes of it --- */

/* Bad rows apart from groups: when a bad row is told, whether before or behind the group around it, is left open. */
static void next_say(const struct import_next *next, unsigned joins, struct buf *groups, struct buf *bad)
{
    if (next->found == IMPORT_BAD) {
        buf_printf(bad, "bad %.2s:%u\n", strrchr(next->bad.path, '/') + 1, (unsigned)next->bad.line);
        return;
    }
    for (size_t i = 0; i < next->group.count; i++) {
        const struct bytes *cells = next->group.rows[i];
        buf_printf(groups, "%u:%.*s", (unsigned)next->group.own_lines[i], BYTES_ARG(cells[2]));
        for (unsigned j = 1; j <= joins; j++)
            buf_printf(groups, "|%.*s", BYTES_ARG(cells[j * COLUMNS + 2]));
        buf_push_byte(groups, ';');
    }
    buf_push_byte(groups, '\n');
}

static void rows_say(struct t *t, const struct model *m, struct buf *groups, struct buf *bad)
{
    struct import_rows *r = NULL;
    struct import_next next;
    struct err e = {0};
    struct import_map *map = map_make(t, m);
    struct import_rows_options o = {.path = arena_printf(t->arena, "%s/f0.csv", t->folder), .map = map};
    REQUIRE_DONE(t, import_rows_open(&o, &r, &e), &e);
    for (;;) {
        REQUIRE_DONE(t, import_rows_next(r, &next, &e), &e);
        if (next.found == IMPORT_END)
            break;
        next_say(&next, m->joins, groups, bad);
    }
    import_rows_close(r);
    import_map_destroy(map);
}

static void rows_are_what_the_model_says(struct t *t)
{
    struct model *m = ARENA_NEW(t->arena, struct model);
    struct buf want, want_bad, groups, bad;
    *m = (struct model){.joins = (unsigned)rng_below(&t->rng, FILES_MAX), .groups = rng_below(&t->rng, 2) == 0, .skips = rng_below(&t->rng, 2) == 0};
    buf_init(&want, TEXT_BYTES_MAX);
    buf_init(&want_bad, TEXT_BYTES_MAX);
    buf_init(&groups, TEXT_BYTES_MAX);
    buf_init(&bad, TEXT_BYTES_MAX);
    for (unsigned i = 0; i <= m->joins; i++) {
        file_draw(t, &m->files[i]);
        file_write(t, &m->files[i], i);
    }
    for (unsigned j = 1; j <= m->joins; j++)
        bad_rows_say(&m->files[j], j, &want_bad);
    bad_rows_say(&m->files[0], 0, &want_bad);
    groups_say(m, &want);
    left_say(m, &want_bad);
    rows_say(t, m, &groups, &bad);
    CHECK_BYTES(t, buf_bytes(&groups), buf_bytes(&want));
    CHECK_BYTES(t, buf_bytes(&bad), buf_bytes(&want_bad));
    buf_fini(&want);
    buf_fini(&want_bad);
    buf_fini(&groups);
    buf_fini(&bad);
}

static const struct test tests[] = {
    {"rows in groups, joined, are what the model says", rows_are_what_the_model_says, 300},
};
TEST_MAIN(tests)
