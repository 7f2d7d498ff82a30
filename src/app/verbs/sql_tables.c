#include "app/verbs/sql_tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/arguments.h"
#include "app/verbs/sql_copy.h"
#include "app/verbs/sql_rows.h"
#include "base/hash.h"
#include "base/time.h"
#include "edge/api/export_rows.h"

#define PATH_BYTES_MAX 4000u
#define NARROWER 20.0 /* so much by each condition that the daemon looks at */
#define READS_MAX 8u  /* of a table in one query, each with other conditions for the daemon */
#define PLAN_PERSON 1 /* of a plan's number; above it the key's column, from 1 */
#define PLAN_KEY_SHIFT 1
/* For the planner: what it is worth to have a copy shrinks with its size, so that the larger table of a join is the one that is read through. */
#define PROBES_WORTH_COPYING 1e6
#define ROWS_A_KEY 5
static const double rows_usual[EXPORT_WHAT_COUNT] = {[EXPORT_EVENTS] = 1e7,
                                                     [EXPORT_PEOPLE] = 1e6,
                                                     [EXPORT_THINGS] = 1e4,
                                                     [EXPORT_ORDERS] = 2e6,
                                                     [EXPORT_RELATIONS] = 1e6,
                                                     [EXPORT_LISTINGS] = 1e5,
                                                     [EXPORT_SEGMENT_MEMBERS] = 5e6,
                                                     [EXPORT_TAG_VALUES] = 5e6};

/* A condition that the daemon looks at. Times are compared by it alone, as instants: SQLite would compare their texts. */
enum push_as { PUSH_TEXT, PUSH_SINCE, PUSH_UNTIL, PUSH_AT };
struct push {
    const char *table, *column;
    unsigned char op; /* of SQLite */
    enum push_as as;
    const char *parameter; /* of PUSH_TEXT */
    const char *prefix;    /* of PUSH_TEXT: what the daemon reads in front of it */
    int64_t later_us;      /* of an end: the daemon takes [since, until) */
};
static const struct push pushes[] = {
    {"events", "time", SQLITE_INDEX_CONSTRAINT_GE, PUSH_SINCE, NULL, NULL, 0},
    {"events", "time", SQLITE_INDEX_CONSTRAINT_GT, PUSH_SINCE, NULL, NULL, 1},
    {"events", "time", SQLITE_INDEX_CONSTRAINT_LT, PUSH_UNTIL, NULL, NULL, 0},
    {"events", "time", SQLITE_INDEX_CONSTRAINT_LE, PUSH_UNTIL, NULL, NULL, 1},
    {"events", "time", SQLITE_INDEX_CONSTRAINT_EQ, PUSH_AT, NULL, NULL, 0},
    {"events", "event", SQLITE_INDEX_CONSTRAINT_EQ, PUSH_TEXT, "event", "", 0},
    {"events", "brand", SQLITE_INDEX_CONSTRAINT_EQ, PUSH_TEXT, "brand", "", 0},
    {"orders", "created", SQLITE_INDEX_CONSTRAINT_GE, PUSH_SINCE, NULL, NULL, 0},
    {"orders", "created", SQLITE_INDEX_CONSTRAINT_GT, PUSH_SINCE, NULL, NULL, 1},
    {"orders", "created", SQLITE_INDEX_CONSTRAINT_LT, PUSH_UNTIL, NULL, NULL, 0},
    {"orders", "created", SQLITE_INDEX_CONSTRAINT_LE, PUSH_UNTIL, NULL, NULL, 1},
    {"orders", "created", SQLITE_INDEX_CONSTRAINT_EQ, PUSH_AT, NULL, NULL, 0},
    {"orders", "brand", SQLITE_INDEX_CONSTRAINT_EQ, PUSH_TEXT, "brand", "", 0},
    {"orders", "shop", SQLITE_INDEX_CONSTRAINT_EQ, PUSH_TEXT, "shop", "", 0},
    {"things", "kind", SQLITE_INDEX_CONSTRAINT_EQ, PUSH_TEXT, "kind", "", 0},
    {"segment_members", "segment", SQLITE_INDEX_CONSTRAINT_EQ, PUSH_TEXT, "of", "segment:", 0},
    {"tag_values", "tag", SQLITE_INDEX_CONSTRAINT_EQ, PUSH_TEXT, "of", "tag:", 0},
    {"people", "segment", SQLITE_INDEX_CONSTRAINT_EQ, PUSH_TEXT, "of", "segment:", 0},
    {"people", "tag", SQLITE_INDEX_CONSTRAINT_EQ, PUSH_TEXT, "of", "tag:", 0},
};
#define PUSHED_MAX 32u /* of one table in a query */

/* Columns of people that no row has and `select *` doesn't show: whose people are wanted. They say what they are compared with, by `=` alone. */
static const char *const choosing[] = {"segment", "tag"};

/* What was asked of the daemon in this query; a second time it is kept. */
struct read {
    char *path;
    struct sql_copy *copy; /* NULL: it was read through once */
};

struct table {
    sqlite3_vtab base; /* first: SQLite knows it by this */
    const struct export_kind *kind;
    struct arguments *arguments;
    struct read reads[READS_MAX];
    size_t read_count;
    size_t *copied_bytes; /* of all tables */
};

/* Either over rows as they come, or over a copy's. */
struct cursor {
    sqlite3_vtab_cursor base;
    struct sql_rows *rows;
    struct sql_copy *copy;           /* the table's; NULL: rows as they come */
    const struct export_column *key; /* of a copy: only rows that are found by it; NULL: all */
    uint32_t at;                     /* of a copy */
    struct json_parser *parser;      /* of its rows */
    struct json row;                 /* absent: at the end */
    int chosen;                      /* the column that chose the people; -1: none did */
    char *chosen_by;                 /* what it was compared with */
};

static int vtab_fail(sqlite3_vtab *v, struct status status, const struct err *e)
{
    sqlite3_free(v->zErrMsg);
    v->zErrMsg = sqlite3_mprintf("%s", e->text);
    return status.code == STATUS_CANCELLED ? SQLITE_INTERRUPT : SQLITE_ERROR;
}

/* --- the table --- */

static bool has_choosing(const struct table *t)
{
    return t->kind == &export_kinds[EXPORT_PEOPLE];
}

static bool is_choosing(const struct table *t, int column)
{
    return column >= (int)t->kind->column_count;
}

static const char *column_name(const struct table *t, int column)
{
    return is_choosing(t, column) ? choosing[column - (int)t->kind->column_count] : t->kind->columns[column].name;
}

static int table_connect(sqlite3 *db, void *own, int count, const char *const *words, sqlite3_vtab **out_table,
                         char **out_error)
{
    const struct table *of = own;
    struct buf schema;
    (void)count, (void)words, (void)out_error;
    buf_init(&schema, 1u << 16);
    for (size_t i = 0; i < of->kind->column_count; i++)
        buf_printf(&schema, "%s\"%s\"", i == 0 ? "CREATE TABLE t(" : ",", of->kind->columns[i].name);
    for (size_t i = 0; has_choosing(of) && i < COUNT_OF(choosing); i++)
        buf_printf(&schema, ",\"%s\" HIDDEN", choosing[i]);
    buf_push_text(&schema, ")");
    buf_push_byte(&schema, 0);
    int code = sqlite3_declare_vtab(db, (const char *)schema.data);
    buf_fini(&schema);
    struct table *t = code == SQLITE_OK ? sqlite3_malloc(sizeof *t) : NULL;
    if (t == NULL)
        return code == SQLITE_OK ? SQLITE_NOMEM : code;
    *t = *of;
    *out_table = &t->base;
    return SQLITE_OK;
}

static int table_disconnect(sqlite3_vtab *v)
{
    struct table *t = (struct table *)v;
    for (size_t i = 0; i < t->read_count; i++) {
        sql_copy_destroy(t->reads[i].copy);
        sqlite3_free(t->reads[i].path);
    }
    sqlite3_free(v);
    return SQLITE_OK;
}

/* -1: it is none. */
static int push_of(const struct table *t, const struct sqlite3_index_constraint *c)
{
    if (c->iColumn < 0)
        return -1;
    for (size_t i = 0; i < COUNT_OF(pushes); i++)
        if (strcmp(pushes[i].table, t->kind->name) == 0 && pushes[i].op == c->op &&
            strcmp(pushes[i].column, column_name(t, c->iColumn)) == 0)
            return (int)i;
    return -1;
}

/* Does the query look at whose an event is? That is told only when it is asked for: it costs the daemon a look for each. */
static bool wants_person(const struct table *t, uint64_t columns_used)
{
    for (size_t i = 0; i < t->kind->column_count; i++)
        if (t->kind == &export_kinds[EXPORT_EVENTS] && strcmp(t->kind->columns[i].name, "person") == 0)
            return (columns_used >> (i < 63 ? i : 63) & 1) != 0;
    return false;
}

/* A condition whose other side is a value and no column of another table. */
static bool is_constant(sqlite3_index_info *info, int i)
{
    sqlite3_value *value;
    return sqlite3_vtab_rhs_value(info, i, &value) == SQLITE_OK;
}

/* As the daemon and copies compare texts. */
static bool is_by_bytes(sqlite3_index_info *info, int i)
{
    return strcmp(sqlite3_vtab_collation(info, i), "BINARY") == 0;
}

/* A cell that is to equal one of another table: rows are looked up by it, in a copy. A list of values is none: rows pass by it as they come. */
static bool is_key(const struct table *t, sqlite3_index_info *info, int i)
{
    const struct sqlite3_index_constraint *c = &info->aConstraint[i];
    return c->usable != 0 && c->iColumn >= 0 && !is_choosing(t, c->iColumn) && c->op == SQLITE_INDEX_CONSTRAINT_EQ &&
           !is_constant(info, i) && sqlite3_vtab_in(info, i, -1) == 0 && is_by_bytes(info, i);
}

/* Which condition the daemon looks at; -1: SQLite does. */
static int pushed_of(const struct table *t, sqlite3_index_info *info, int i)
{
    if (info->aConstraint[i].usable == 0 || sqlite3_vtab_in(info, i, -1) != 0)
        return -1;
    int push = push_of(t, &info->aConstraint[i]);
    bool is_text = push >= 0 && pushes[push].as == PUSH_TEXT;
    return is_text && (!is_by_bytes(info, i) || (is_choosing(t, info->aConstraint[i].iColumn) && !is_constant(info, i)))
               ? -1
               : push;
}

/* Columns that choose are known only where they chose: all that the query names, and the daemon takes one. */
static bool is_settled(const struct table *t, const sqlite3_index_info *info)
{
    uint64_t used = has_choosing(t) ? info->colUsed >> t->kind->column_count : 0, chosen = 0;
    for (int i = 0; i < info->nConstraint; i++)
        if (info->aConstraintUsage[i].argvIndex > 0 && is_choosing(t, info->aConstraint[i].iColumn))
            chosen |= UINT64_C(1) << (info->aConstraint[i].iColumn - (int)t->kind->column_count);
    return used == chosen && (chosen & (chosen - 1)) == 0;
}

/* Says which conditions the daemon looks at: a letter each in the plan's text, their values in this order. Texts SQLite compares again, and of several with
 * one column the first is said. Then the value of the key, if there is one. The plan's number says whether people are wanted, and which column is the key. */
static int table_plan(sqlite3_vtab *v, sqlite3_index_info *info)
{
    const struct table *t = (const struct table *)v;
    char letters[PUSHED_MAX + 1];
    int count = 0, key = -1;
    double rows = rows_usual[t->kind - export_kinds];
    for (int i = 0; i < info->nConstraint; i++) {
        int push = pushed_of(t, info, i);
        char letter = (char)('a' + push);
        bool is_text = push >= 0 && pushes[push].as == PUSH_TEXT;
        if (is_key(t, info, i) && (push < 0 || is_text))
            key = key < 0 ? i : key;
        else if (push >= 0 && count < (int)PUSHED_MAX &&
                 !(is_text && count > 0 && memchr(letters, letter, (size_t)count) != NULL)) {
            letters[count++] = letter;
            info->aConstraintUsage[i].argvIndex = count;
            info->aConstraintUsage[i].omit = !is_text;
            rows /= NARROWER;
        }
    }
    if (!is_settled(t, info))
        return SQLITE_CONSTRAINT;
    letters[count] = 0;
    info->estimatedCost = key < 0 ? rows : 1 + rows * sqrt(rows) / PROBES_WORTH_COPYING;
    info->estimatedRows = key < 0 ? (sqlite3_int64)rows : ROWS_A_KEY;
    info->idxNum = wants_person(t, info->colUsed);
    if (key >= 0) {
        info->aConstraintUsage[key].argvIndex = count + 1;
        info->idxNum |= (info->aConstraint[key].iColumn + 1) << PLAN_KEY_SHIFT;
    }
    info->idxStr = sqlite3_mprintf("%s", letters);
    info->needToFreeIdxStr = 1;
    return info->idxStr == NULL ? SQLITE_NOMEM : SQLITE_OK;
}

/* --- a run through it --- */

static int cursor_open(sqlite3_vtab *v, sqlite3_vtab_cursor **out_cursor)
{
    struct cursor *c = sqlite3_malloc(sizeof *c);
    (void)v;
    if (c == NULL)
        return SQLITE_NOMEM;
    *c = (struct cursor){.row = JSON_NOTHING, .chosen = -1};
    *out_cursor = &c->base;
    return SQLITE_OK;
}

static int cursor_close(sqlite3_vtab_cursor *base)
{
    struct cursor *c = (struct cursor *)base;
    sql_rows_close(c->rows);
    json_parser_destroy(c->parser);
    sqlite3_free(c->chosen_by);
    sqlite3_free(c);
    return SQLITE_OK;
}

/* The copy's row at which the cursor stands. */
static fallible copied_take(struct cursor *c, struct err *e)
{
    c->row = JSON_NOTHING;
    if (c->at >= sql_copy_count(c->copy))
        return DONE;
    if (c->parser == NULL)
        c->parser = json_parser_create(SQL_ROW_BYTES_MAX);
    return json_parse(c->parser, sql_copy_row(c->copy, c->at), &c->row, e);
}

static int cursor_next(sqlite3_vtab_cursor *base)
{
    struct cursor *c = (struct cursor *)base;
    struct err e = {0};
    if (c->copy != NULL)
        c->at = c->key != NULL ? sql_copy_next(c->copy, c->key, c->at) : c->at + 1;
    struct status status = c->copy != NULL ? copied_take(c, &e) : sql_rows_next(c->rows, &c->row, &e);
    return done(status) ? SQLITE_OK : vtab_fail(base->pVtab, status, &e);
}

struct span {
    int64_t since_us, until_us;
};

/* A day is its first instant in UTC, as the columns are. */
static fallible span_narrow(struct span *span, const struct push *p, sqlite3_value *value, struct err *e)
{
    const char *text = sqlite3_value_type(value) == SQLITE_TEXT ? (const char *)sqlite3_value_text(value) : "";
    int64_t us;
    if (failed(time_parse(bytes_of_text(text), &us, NULL)))
        return FAIL(e, INVALID,
                    either("'%s' is no time to compare %s with: write 2026-11-22, or 2026-11-22T08:00:00+08:00",
                           "“%s”不是可与 %s 比较的时间:请写 2026-11-22,或 2026-11-22T08:00:00+08:00"),
                    text, p->column);
    us += p->later_us;
    if (p->as != PUSH_UNTIL && us > span->since_us)
        span->since_us = us;
    if (p->as == PUSH_AT)
        us++;
    if (p->as != PUSH_SINCE && us < span->until_us)
        span->until_us = us;
    return DONE;
}

static void push_text(struct buf *path, const struct push *p, sqlite3_value *value)
{
    const char *text = sqlite3_value_type(value) == SQLITE_TEXT ? (const char *)sqlite3_value_text(value) : NULL;
    if (text == NULL || text[0] == 0)
        return;
    buf_printf(path, "&%s=%s", p->parameter, p->prefix);
    url_push(path, bytes_of_text(text));
}

static void end_push(struct buf *path, const char *parameter, int64_t us, int64_t open)
{
    char formatted[TIME_TEXT_BYTES];
    if (us == open)
        return;
    buf_printf(path, "&%s=", parameter);
    url_push(path, bytes_of_text(time_format(us, formatted)));
}

static fallible pushed_put(struct buf *path, const char *letters, int count, sqlite3_value **values, struct err *e)
{
    struct span span = {INT64_MIN, INT64_MAX};
    for (int i = 0; i < count; i++) {
        const struct push *p = &pushes[letters[i] - 'a'];
        if (p->as == PUSH_TEXT)
            push_text(path, p, values[i]);
        else
            TRY(span_narrow(&span, p, values[i], e));
    }
    end_push(path, "since", span.since_us, INT64_MIN);
    end_push(path, "until", span.until_us, INT64_MAX);
    return DONE;
}

/* The read of this path; a new one has the path and no copy. */
static fallible read_of(struct table *t, const char *path, bool *out_is_new, struct read **out_read, struct err *e)
{
    const char *name = t->kind->name;
    for (size_t i = 0; i < t->read_count; i++)
        if (strcmp(t->reads[i].path, path) == 0) {
            *out_is_new = false;
            *out_read = &t->reads[i];
            return DONE;
        }
    if (t->read_count == READS_MAX)
        return FAIL(e, LIMIT,
                    either("this would read %s with another condition on time for each row of another table: begin "
                           "with `with x as materialized (select … "
                           "from %s)` and join x",
                           "这会因另一张表的每一行时间条件不同而反复读取 %s:请以 `with x as materialized (select … "
                           "from %s)` 开头,再关联 x"),
                    name, name);
    t->reads[t->read_count] = (struct read){.path = sqlite3_mprintf("%s", path)};
    *out_is_new = true;
    *out_read = &t->reads[t->read_count++];
    return DONE;
}

static fallible rows_open(const struct table *t, const char *path, struct sql_rows **out_rows, struct err *e)
{
    struct client *client;
    TRY(client_of_arguments(t->arguments, &client, e));
    *out_rows = sql_rows_open(client, path);
    return DONE;
}

/* Rows as they come, where they are read for the first time and all are wanted; else a copy. */
static fallible cursor_point(struct cursor *c, struct table *t, const char *path, struct err *e)
{
    struct read *read;
    bool is_new;
    TRY(read_of(t, path, &is_new, &read, e));
    if (read->copy == NULL) {
        TRY(rows_open(t, path, &c->rows, e));
        if (is_new && c->key == NULL)
            return DONE;
        struct sql_rows *rows = c->rows;
        c->rows = NULL;
        TRY(sql_copy_take(rows, t->copied_bytes, &read->copy, e));
    }
    c->copy = read->copy;
    return DONE;
}

static uint64_t key_of(sqlite3_value *value)
{
    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
    case SQLITE_FLOAT:
        return sql_key_of_number(sqlite3_value_double(value));
    case SQLITE_TEXT: {
        const void *text = sqlite3_value_text(value);
        return sql_key_of_text(bytes_of(text, (size_t)sqlite3_value_bytes(value)));
    }
    default:
        return 0;
    }
}

/* Where the cursor begins, pointed at its rows. */
static int cursor_begin(struct cursor *c, sqlite3_value *key)
{
    struct err e = {0};
    if (c->copy == NULL)
        return cursor_next(&c->base);
    c->at = c->key != NULL ? sql_copy_find(c->copy, c->key, key_of(key)) : 0;
    struct status status = copied_take(c, &e);
    return done(status) ? SQLITE_OK : vtab_fail(c->base.pVtab, status, &e);
}

/* Notes by which column the people were chosen, if by any. */
static void chosen_note(struct cursor *c, const struct table *t, const char *letters, sqlite3_value **values)
{
    sqlite3_free(c->chosen_by);
    c->chosen_by = NULL;
    c->chosen = -1;
    for (int i = 0; has_choosing(t) && letters[i] != 0; i++)
        for (size_t k = 0; k < COUNT_OF(choosing); k++)
            if (strcmp(pushes[letters[i] - 'a'].column, choosing[k]) == 0 &&
                sqlite3_value_type(values[i]) == SQLITE_TEXT) {
                c->chosen = (int)(t->kind->column_count + k);
                c->chosen_by = sqlite3_mprintf("%s", sqlite3_value_text(values[i]));
            }
}

static int cursor_filter(sqlite3_vtab_cursor *base, int plan, const char *letters, int count, sqlite3_value **values)
{
    struct cursor *c = (struct cursor *)base;
    struct table *t = (struct table *)base->pVtab;
    struct err e = {0};
    struct buf path;
    int pushed = (int)strlen(letters);
    assert(count == pushed + (plan >> PLAN_KEY_SHIFT != 0));
    sql_rows_close(c->rows);
    c->rows = NULL;
    c->copy = NULL;
    chosen_note(c, t, letters, values);
    c->key = plan >> PLAN_KEY_SHIFT == 0 ? NULL : &t->kind->columns[(plan >> PLAN_KEY_SHIFT) - 1];
    buf_init(&path, PATH_BYTES_MAX);
    buf_printf(&path, "/api/v1/export/%s?format=table%s", t->kind->name, (plan & PLAN_PERSON) != 0 ? "&person=1" : "");
    struct status status = pushed_put(&path, letters, pushed, values, &e);
    buf_push_byte(&path, 0);
    if (done(status) && path.overflowed)
        status = FAIL(&e, LIMIT, "%s", either("a value in a condition is too long", "条件中的取值过长"));
    if (done(status))
        status = cursor_point(c, t, (const char *)path.data, &e);
    buf_fini(&path);
    return failed(status) ? vtab_fail(base->pVtab, status, &e)
                          : cursor_begin(c, c->key != NULL ? values[pushed] : NULL);
}

static int cursor_is_over(sqlite3_vtab_cursor *base)
{
    const struct cursor *c = (const struct cursor *)base;
    return json_is(c->row, JSON_ABSENT);
}

static void text_tell(sqlite3_context *out, struct bytes text)
{
    sqlite3_result_text(out, (const char *)text.data, (int)text.size, SQLITE_TRANSIENT);
}

/* Lists and objects are JSON, as SQLite's own functions read it. */
static int cursor_column(sqlite3_vtab_cursor *base, sqlite3_context *out, int column)
{
    const struct cursor *c = (const struct cursor *)base;
    const struct table *t = (const struct table *)base->pVtab;
    if (is_choosing(t, column)) {
        sqlite3_result_text(out, column == c->chosen ? c->chosen_by : NULL, -1, SQLITE_TRANSIENT);
        return SQLITE_OK;
    }
    struct json cell = export_cell(&t->kind->columns[column], c->row);
    int64_t whole;
    double real;
    switch (json_kind(cell)) {
    case JSON_ABSENT:
    case JSON_NULL:
        sqlite3_result_null(out);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        sqlite3_result_int(out, json_is(cell, JSON_TRUE) ? 1 : 0);
        break;
    case JSON_NUMBER:
        if (json_int64(cell, &whole))
            sqlite3_result_int64(out, whole);
        else if (json_double(cell, &real))
            sqlite3_result_double(out, real);
        break;
    case JSON_STRING:
        text_tell(out, json_string(cell));
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        text_tell(out, json_raw(cell));
        break;
    }
    return SQLITE_OK;
}

/* Of what the row says: SQLite tells by it which rows it has had, where either of two conditions gave them. */
static int cursor_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out_number)
{
    *out_number = (sqlite3_int64)hash64(json_raw(((const struct cursor *)base)->row), 0);
    return SQLITE_OK;
}

static const sqlite3_module module = {
    .iVersion = 1,
    .xConnect = table_connect, /* without xCreate: each table is there by its name, and no other can be made */
    .xBestIndex = table_plan,
    .xDisconnect = table_disconnect,
    .xOpen = cursor_open,
    .xClose = cursor_close,
    .xFilter = cursor_filter,
    .xNext = cursor_next,
    .xEof = cursor_is_over,
    .xColumn = cursor_column,
    .xRowid = cursor_rowid,
};

/* Now, for an authorizer would take its declaration for a query's. */
static void table_connect_early(sqlite3 *db, const char *name)
{
    char text[64];
    sqlite3_stmt *query;
    (void)snprintf(text, sizeof text, "SELECT 1 FROM %s", name);
    int code = sqlite3_prepare_v2(db, text, -1, &query, NULL);
    assert(code == SQLITE_OK);
    (void)sqlite3_finalize(query);
}

void sql_tables_add(sqlite3 *db, struct arguments *a, size_t *copied_bytes)
{
    for (size_t i = 0; i < EXPORT_WHAT_COUNT; i++) {
        struct table *of = malloc(sizeof *of);
        if (of == NULL)
            abort();
        *of = (struct table){.kind = &export_kinds[i], .arguments = a, .copied_bytes = copied_bytes};
        int code = sqlite3_create_module_v2(db, export_kinds[i].name, &module, of, free);
        assert(code == SQLITE_OK);
        table_connect_early(db, export_kinds[i].name);
    }
}
