#include "app/import/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_BYTES_MAX 4096
#define ARENA_BLOCK_BYTES (1u << 16)
#define NO_COLUMN SIZE_MAX

/* A joined file. */
struct joined {
    const struct import_join *says;
    char path[PATH_BYTES_MAX];
    struct table *table;
    struct join *rows;
    size_t columns, key; /* the key's column here */
    size_t own;          /* in the first file */
    uint64_t left_at;    /* of the rows that nobody asked for */
};

struct import_rows {
    const char *path;
    const struct import_map_says *says;
    struct table *table;
    size_t own_columns, columns; /* of the file; of all */
    struct bytes *names;
    struct joined joins[IMPORT_JOINS_MAX];
    size_t joins_read, joins_left; /* how many of them are read; are through at the end */
    size_t skips[IMPORT_SKIPS_MAX], group_column;
    uint64_t skipped;

    /* The group at hand. */
    struct arena *arena, *bad_arena;
    const struct bytes *rows[2 * IMPORT_GROUP_ROWS_MAX];
    uint64_t own_lines[2 * IMPORT_GROUP_ROWS_MAX];
    uint64_t joined_lines[2 * IMPORT_GROUP_ROWS_MAX][IMPORT_JOINS_MAX]; /* 0: the file has nothing for the row */
    size_t count;
    struct bytes group_key;
    bool is_given; /* nothing of it is wanted after the next call */
    bool has_waiting, ended;
    struct table_row waiting; /* of the next group */
};

/* --- opening --- */

static size_t column_named(const struct bytes *names, size_t count, struct bytes name)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(names[i], name))
            return i;
    return NO_COLUMN;
}

static fallible column_find(const struct bytes *names, size_t count, struct bytes name, const char *path, size_t *out, struct err *e)
{
    const struct template_columns columns = {names, count};
    return WRAP(e, template_column_find(&columns, name, out, e), "%s: the map", path);
}

/* A joined file lies beside the one that is imported, unless it is named. */
static void joined_path(const struct import_rows_options *o, size_t i, const char *file, char out_path[PATH_BYTES_MAX])
{
    bool is_named = i < o->join_count;
    file = is_named ? o->joins[i] : file;
    const char *slash = strrchr(o->path, '/');
    int folder = slash == NULL || is_named || file[0] == '/' ? 0 : (int)(slash - o->path) + 1;
    (void)snprintf(out_path, PATH_BYTES_MAX, "%.*s%s", folder, o->path, file);
}

static fallible joined_open(struct import_rows *r, const struct import_rows_options *o, size_t i, struct err *e)
{
    struct joined *j = &r->joins[i];
    size_t ignored;
    j->says = &r->says->joins[i];
    joined_path(o, i, j->says->file, j->path);
    struct table_options to = r->says->table;
    to.path = j->path;
    to.sheet = NULL;
    to.names = NULL;
    to.name_count = 0;
    to.members = import_map_members(o->map, j->says, &to.member_count);
    TRY(table_open(&to, &j->table, e));
    const struct bytes *names = table_names(j->table, &j->columns), *own = table_names(r->table, &ignored);
    TRY(column_find(names, j->columns, bytes_of_text(j->says->key), j->path, &j->key, e));
    TRY(column_find(own, r->own_columns, bytes_of_text(j->says->own), r->path, &j->own, e));
    return join_create(j->columns, &j->rows, e);
}

/* The columns of all files, with prefixes; those whose names are taken already are left nameless. */
static void names_settle(struct import_rows *r, struct arena *a)
{
    size_t at = r->own_columns, ignored;
    const struct bytes *own = table_names(r->table, &ignored);
    for (size_t i = 0; i < r->own_columns; i++)
        r->names[i] = own[i];
    for (size_t j = 0; j < r->says->join_count; j++) {
        const struct bytes *names = table_names(r->joins[j].table, &ignored);
        for (size_t i = 0; i < r->joins[j].columns; i++, at++) {
            struct bytes name = bytes_of_text(arena_printf(a, "%s%.*s", r->joins[j].says->prefix, BYTES_ARG(names[i])));
            r->names[at] = column_named(r->names, at, name) != NO_COLUMN ? BYTES_NONE : name;
        }
    }
}

static fallible columns_settle(struct import_rows *r, struct import_map *map, struct err *e)
{
    r->columns = r->own_columns;
    for (size_t i = 0; i < r->says->join_count; i++)
        r->columns += r->joins[i].columns;
    r->names = calloc(r->columns + 1, sizeof *r->names);
    if (r->names == NULL)
        abort();
    names_settle(r, r->bad_arena);
    for (size_t i = 0; i < r->says->skip_count; i++)
        TRY(column_find(r->names, r->own_columns, r->says->skips[i].column, r->path, &r->skips[i], e));
    r->group_column = NO_COLUMN;
    if (r->says->group != NULL)
        TRY(column_find(r->names, r->own_columns, bytes_of_text(r->says->group), r->path, &r->group_column, e));
    return WRAP(e, import_map_columns(map, r->names, r->columns, e), "%s", r->path);
}

static fallible files_open(struct import_rows *r, const struct import_rows_options *o, struct err *e)
{
    struct table_options to = r->says->table;
    to.path = o->path;
    to.members = import_map_members(o->map, NULL, &to.member_count);
    TRY(table_open(&to, &r->table, e));
    (void)table_names(r->table, &r->own_columns);
    for (size_t i = 0; i < r->says->join_count; i++)
        TRY(joined_open(r, o, i, e));
    return columns_settle(r, o->map, e);
}

fallible import_rows_open(const struct import_rows_options *o, struct import_rows **out_rows, struct err *e)
{
    struct import_rows *r = calloc(1, sizeof *r);
    if (r == NULL)
        abort();
    r->path = o->path;
    r->says = import_map_says(o->map);
    r->arena = arena_create(ARENA_BLOCK_BYTES);
    r->bad_arena = arena_create(ARENA_BLOCK_BYTES); /* the names, and the cells of rows that are left */
    struct status status = files_open(r, o, e);
    if (failed(status)) {
        import_rows_close(r);
        return status;
    }
    *out_rows = r;
    return DONE;
}

void import_rows_close(struct import_rows *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < IMPORT_JOINS_MAX; i++) {
        table_close(r->joins[i].table);
        join_destroy(r->joins[i].rows);
    }
    table_close(r->table);
    arena_destroy(r->arena);
    arena_destroy(r->bad_arena);
    free(r->names);
    free(r);
}

/* --- joined files --- */

static void bad_put(struct import_next *out, const char *path, size_t columns, const struct table_row *row)
{
    out->found = IMPORT_BAD;
    out->bad = (struct import_bad){path, row->line, row->why, row->cells, row->cells == NULL ? 0 : columns};
}

/* Reads joined files until all are through or a row is bad. */
static fallible joins_read(struct import_rows *r, struct import_next *out, bool *out_found, struct err *e)
{
    struct table_row row;
    bool more;
    *out_found = false;
    while (r->joins_read < r->says->join_count) {
        struct joined *j = &r->joins[r->joins_read];
        TRY(table_next(j->table, &row, &more, e));
        if (!more) {
            r->joins_read++;
            continue;
        }
        if (row.cells == NULL) {
            bad_put(out, j->path, j->columns, &row);
            *out_found = true;
            return DONE;
        }
        TRY(join_add(j->rows, cell_text(row.cells[j->key]), row.line, row.cells, j->columns, e));
    }
    return DONE;
}

/* Rows of joined files that nobody asked for, where each must be. */
static bool left_find(struct import_rows *r, struct import_next *out)
{
    struct join_row left;
    for (; r->joins_left < r->says->join_count; r->joins_left++) {
        struct joined *j = &r->joins[r->joins_left];
        if (!j->says->every || !join_left_next(j->rows, &j->left_at, r->arena, &left))
            continue;
        struct table_row row = {
            left.line, left.cells,
            arena_printf(r->arena, "no row of the file that is imported has \"%.*s\" as its \"%s\"", BYTES_ARG(cell_text(left.cells[j->key])), j->says->own)};
        bad_put(out, j->path, j->columns, &row);
        r->is_given = true;
        return true;
    }
    return false;
}

/* --- groups --- */

static bool is_skipped(struct import_rows *r, const struct table_row *row)
{
    for (size_t i = 0; i < r->says->skip_count; i++) {
        struct bytes cell = cell_text(row->cells[r->skips[i]]);
        for (size_t k = 0; k < r->says->skips[i].count; k++)
            if (bytes_equal(r->says->skips[i].texts[k], cell)) {
                r->skipped++;
                return true;
            }
    }
    return false;
}

/* What the joined files have for a row. */
struct found {
    const struct join_row *rows[IMPORT_JOINS_MAX];
    size_t counts[IMPORT_JOINS_MAX], most;
    const struct joined *too_many_in; /* NULL: in none */
};

/* In all files, also when the row turns out to be bad: then it was asked for its rows all the same. */
static struct found joined_find(struct import_rows *r, const struct table_row *row)
{
    struct found f = {.most = 1};
    for (size_t i = 0; i < r->says->join_count; i++) {
        const struct joined *j = &r->joins[i];
        f.counts[i] = join_find(j->rows, cell_text(row->cells[j->own]), r->arena, IMPORT_GROUP_ROWS_MAX, &f.rows[i]);
        f.most = f.counts[i] > f.most ? f.counts[i] : f.most;
        if (f.counts[i] > IMPORT_GROUP_ROWS_MAX)
            f.too_many_in = j;
    }
    return f;
}

/* Puts one row with the n-th that each joined file has for it. Its own cells are borrowed, unless more rows may come to the group. */
static void row_put(struct import_rows *r, const struct bytes *own, const struct found *f, size_t n)
{
    struct bytes *cells = ARENA_ARRAY(r->arena, struct bytes, r->columns + 1);
    size_t at = r->own_columns;
    memcpy(cells, own, r->own_columns * sizeof *cells);
    for (size_t j = 0; j < r->says->join_count; at += r->joins[j++].columns) {
        bool has = n < f->counts[j];
        r->joined_lines[r->count][j] = has ? f->rows[j][n].line : 0;
        if (has)
            memcpy(&cells[at], f->rows[j][n].cells, r->joins[j].columns * sizeof *cells);
    }
    r->rows[r->count] = cells;
}

static const struct bytes *cells_kept(struct import_rows *r, const struct table_row *row)
{
    if (r->group_column == NO_COLUMN)
        return row->cells; /* they live until the next row is read */
    struct bytes *cells = ARENA_ARRAY(r->arena, struct bytes, r->own_columns + 1);
    for (size_t i = 0; i < r->own_columns; i++)
        cells[i] = arena_copy(r->arena, row->cells[i]);
    return cells;
}

/* Rather none of the row than a part that looks like all of it. */
static void too_many_put(struct import_rows *r, const struct table_row *row, const struct joined *j, struct import_next *out)
{
    struct table_row bad = *row;
    bad.why = arena_printf(r->arena, "the joined file %s has more than %u rows for it", j->says->file, IMPORT_GROUP_ROWS_MAX);
    bad_put(out, r->path, r->own_columns, &bad);
    r->is_given = r->count == 0;
}

/* False: it is bad, as *out says. */
static bool row_add(struct import_rows *r, const struct table_row *row, struct import_next *out)
{
    struct found found = joined_find(r, row);
    if (found.too_many_in != NULL) {
        too_many_put(r, row, found.too_many_in, out);
        return false;
    }
    const struct bytes *own = cells_kept(r, row);
    for (size_t n = 0; n < found.most; n++, r->count++) {
        r->own_lines[r->count] = n == 0 ? row->line : 0;
        if (r->says->join_count == 0)
            r->rows[r->count] = own;
        else
            row_put(r, own, &found, n);
    }
    r->group_key = r->group_column == NO_COLUMN ? BYTES_NONE : cell_text(own[r->group_column]);
    return true;
}

static bool belongs(const struct import_rows *r, const struct table_row *row)
{
    if (r->group_column == NO_COLUMN || r->count >= IMPORT_GROUP_ROWS_MAX)
        return false;
    struct bytes key = cell_text(row->cells[r->group_column]);
    return key.size > 0 && bytes_equal(key, r->group_key);
}

static void group_give(struct import_rows *r, struct import_next *out)
{
    *out = (struct import_next){.found = IMPORT_GROUP, .group = {r->rows, r->own_lines, r->count}};
    r->is_given = true;
}

/* Takes the next row into the group, or gives the group out when it is complete. True: *out says something. A row that is passed over or bad
 * doesn't part those around it. */
static fallible row_take(struct import_rows *r, struct import_next *out, bool *out_found, struct err *e)
{
    bool more = true;
    *out_found = false;
    if (!r->has_waiting)
        TRY(table_next(r->table, &r->waiting, &more, e));
    r->has_waiting = false;
    r->ended = !more;
    if (more && r->waiting.cells != NULL && is_skipped(r, &r->waiting))
        return DONE;
    *out_found = true;
    if (more && r->waiting.cells == NULL) {
        bad_put(out, r->path, r->own_columns, &r->waiting);
        return DONE;
    }
    if (r->count > 0 && (r->ended || !belongs(r, &r->waiting))) {
        r->has_waiting = more;
        group_give(r, out);
        return DONE;
    }
    *out_found = !r->ended && !row_add(r, &r->waiting, out);
    return DONE;
}

fallible import_rows_next(struct import_rows *r, struct import_next *out_next, struct err *e)
{
    bool found;
    TRY(joins_read(r, out_next, &found, e));
    if (r->is_given) {
        arena_reset(r->arena);
        r->count = 0;
        r->is_given = false;
    }
    while (!found && !r->ended) {
        TRY(row_take(r, out_next, &found, e));
        if (!found && r->count > 0 && r->group_column == NO_COLUMN) {
            group_give(r, out_next);
            found = true;
        }
    }
    if (!found && !left_find(r, out_next))
        out_next->found = IMPORT_END;
    return DONE;
}

uint64_t import_group_line(const struct import_group *g, size_t row)
{
    while (g->own_lines[row] == 0)
        row--;
    return g->own_lines[row];
}

struct import_place import_rows_place(const struct import_rows *r, const struct import_group *g, size_t row, size_t column)
{
    assert(g->rows == r->rows && row < g->count && column < r->columns);
    size_t end = r->own_columns;
    for (size_t j = 0; column >= r->own_columns && j < r->says->join_count; j++) {
        end += r->joins[j].columns;
        if (column < end)
            return (struct import_place){r->joins[j].path, r->joined_lines[row][j], true};
    }
    return (struct import_place){r->path, import_group_line(g, row), false};
}

fallible import_group_make(const struct import_map *m, const struct import_group *g, import_make make, void *context, struct err *e)
{
    size_t count;
    const struct import_value *values = import_map_values(m, &count);
    for (size_t v = 0; v < count; v++) {
        bool of_all = template_has_rows(values[v].template);
        for (size_t from = 0, until; from < g->count; from = until) {
            for (until = from + 1; until < g->count && (of_all || g->own_lines[until] == 0); until++)
                ;
            TRY(make(context, &values[v], g, from, until, e));
        }
    }
    return DONE;
}

/* --- what is known of the files --- */

const struct bytes *import_rows_names(const struct import_rows *r, size_t *out_count)
{
    return table_names(r->table, out_count);
}

size_t import_rows_own_columns(const struct import_rows *r)
{
    return r->own_columns;
}

struct bytes import_rows_column(const struct import_rows *r, size_t column)
{
    assert(column < r->columns);
    return r->names[column];
}

struct hash128 import_rows_digest(const struct import_rows *r)
{
    return table_file(r->table).digest;
}

double import_rows_share(const struct import_rows *r)
{
    return table_share(r->table);
}

uint64_t import_rows_skipped(const struct import_rows *r)
{
    return r->skipped;
}

uint64_t import_rows_of_gb18030(const struct import_rows *r)
{
    uint64_t rows = table_rows_of_gb18030(r->table);
    for (size_t i = 0; i < r->says->join_count; i++)
        rows += table_rows_of_gb18030(r->joins[i].table);
    return rows;
}
