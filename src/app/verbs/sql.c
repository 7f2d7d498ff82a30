/* `kith sql`: a query over what the daemon exports, for what no question covers. It reads and changes nothing. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "app/arguments.h"
#include "app/verbs/errand.h"
#include "app/verbs/sql_answer.h"
#include "app/verbs/sql_tables.h"
#include "edge/api/export_rows.h"
#include "lib/csv.h"
#include "lib/nearest.h"

#define TABLE_ROWS_MAX 10000u /* for people; more go to a file as CSV or JSON */
#define CELL_COLUMNS_MAX 44u

enum form { FORM_TABLE, FORM_CSV, FORM_JSON };

/* Nothing but reading: no file is attached, no table made, no pragma said. */
static int authorize(void *context, int action, const char *a, const char *b, const char *c, const char *d)
{
    (void)context, (void)a, (void)b, (void)c, (void)d;
    bool reads = action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_FUNCTION ||
                 action == SQLITE_RECURSIVE;
    return reads ? SQLITE_OK : SQLITE_DENY;
}

static struct bytes cell_text(sqlite3_stmt *s, int column)
{
    const void *text = sqlite3_column_text(s, column);
    return bytes_of(text == NULL ? "" : text, (size_t)sqlite3_column_bytes(s, column));
}

static bool is_null(sqlite3_stmt *s, int column)
{
    return sqlite3_column_type(s, column) == SQLITE_NULL;
}

/* --- each form: a heading, a row, an end --- */

struct result {
    sqlite3_stmt *query;
    enum form form;
    bool is_plain;
    int columns;
    uint64_t rows;
    struct arena *arena;
    struct grid grid;
    struct buf line; /* emptied after each row */
};

static void csv_row(struct result *r, bool is_heading)
{
    buf_clear(&r->line);
    for (int i = 0; i < r->columns; i++) {
        struct bytes text = is_heading ? bytes_of_text(sqlite3_column_name(r->query, i)) : cell_text(r->query, i);
        bool is_text = is_heading || sqlite3_column_type(r->query, i) == SQLITE_TEXT;
        buf_push_text(&r->line, i > 0 ? "," : "");
        if (is_text && !r->is_plain)
            csv_put_inert(&r->line, text, ',');
        else
            csv_put(&r->line, text, ',');
    }
    buf_push_text(&r->line, "\r\n");
    (void)fwrite(r->line.data, 1, r->line.size, stdout);
}

/* A line of NDJSON, by the names of the columns. */
static void json_row(struct result *r)
{
    struct json_writer w;
    buf_clear(&r->line);
    json_writer_init(&w, &r->line, false);
    json_object_begin(&w);
    for (int i = 0; i < r->columns; i++) {
        json_key(&w, sqlite3_column_name(r->query, i));
        switch (sqlite3_column_type(r->query, i)) {
        case SQLITE_INTEGER:
            json_put_int64(&w, sqlite3_column_int64(r->query, i));
            break;
        case SQLITE_FLOAT:
            json_put_double(&w, sqlite3_column_double(r->query, i));
            break;
        case SQLITE_NULL:
            json_put_null(&w);
            break;
        default:
            json_put_string(&w, cell_text(r->query, i));
        }
    }
    json_object_end(&w);
    buf_push_byte(&r->line, '\n');
    (void)fwrite(r->line.data, 1, r->line.size, stdout);
}

static void grid_heading(struct result *r)
{
    struct bytes names[GRID_COLUMNS_MAX];
    grid_init(&r->grid, r->arena, (size_t)r->columns);
    r->grid.headed = true;
    r->grid.columns_max = CELL_COLUMNS_MAX;
    for (int i = 0; i < r->columns; i++)
        names[i] = bytes_of_text(arena_text(r->arena, bytes_of_text(sqlite3_column_name(r->query, i))));
    grid_add(&r->grid, names);
}

static void grid_row(struct result *r)
{
    struct bytes cells[GRID_COLUMNS_MAX];
    for (int i = 0; i < r->columns; i++) {
        int type = sqlite3_column_type(r->query, i);
        r->grid.right[i] |= type == SQLITE_INTEGER || type == SQLITE_FLOAT;
        char *kept = arena_text(r->arena, is_null(r->query, i) ? BYTES_LIT("–") : cell_text(r->query, i));
        for (char *at = kept; *at != 0; at++) /* nothing that came from outside moves the cursor */
            *at = (unsigned char)*at < 0x20 || *at == 0x7F ? ' ' : *at;
        cells[i] = bytes_of_text(kept);
    }
    if (r->rows <= TABLE_ROWS_MAX)
        grid_add(&r->grid, cells);
}

static void row_take(struct result *r)
{
    r->rows++;
    if (r->form == FORM_CSV)
        csv_row(r, false);
    else if (r->form == FORM_JSON)
        json_row(r);
    else
        grid_row(r);
}

static void result_end(const struct result *r)
{
    char all[GROUPED_BYTES];
    if (r->form != FORM_TABLE)
        return;
    grid_print(&r->grid, stdout);
    if (r->rows > TABLE_ROWS_MAX)
        printf(either("… of %s rows: --csv or --json has all.\n", "……共 %s 行:--csv 或 --json 可输出全部。\n"),
               grouped(r->rows, all));
}

/* --- running it --- */

#define NAMES_MAX 128u

/* Names of tables, or of the columns of all tables. */
static size_t names_collect(bool of_tables, const char *out_names[NAMES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < EXPORT_WHAT_COUNT; i++) {
        const struct export_kind *kind = &export_kinds[i];
        for (size_t k = 0; k < (of_tables ? 1 : kind->column_count) && count < NAMES_MAX - 1; k++)
            out_names[count++] = of_tables ? kind->name : kind->columns[k].name;
    }
    if (of_tables)
        out_names[count++] = SQL_ANSWER_NAME;
    return count;
}

/* What "no such column: p.nmae" may have meant; NULL: nothing near, or it says something else. */
static const char *nearest_meant(const char *words)
{
    static const char *const begins[] = {"no such table: ", "no such column: "};
    const char *names[NAMES_MAX];
    for (size_t i = 0; i < COUNT_OF(begins); i++) {
        size_t size = strlen(begins[i]);
        if (strncmp(words, begins[i], size) != 0)
            continue;
        const char *dot = strrchr(words + size, '.');
        struct bytes word = bytes_of_text(dot != NULL ? dot + 1 : words + size);
        return near_name(word, names, names_collect(i == 0, names), sizeof *names);
    }
    return NULL;
}

/* In the words of SQLite, or of the daemon. */
static int sql_fail(sqlite3 *db)
{
    const char *words = sqlite3_errmsg(db), *meant = nearest_meant(words);
    if (strcmp(words, "no query solution") == 0) /* only people have columns that a plan may refuse */
        words = either("people.segment and people.tag choose by one text: write segment = 'vip', or join segment_members or "
                       "tag_values",
                       "people.segment 与 people.tag 只能以等号与一个文本比较:请写 segment = 'vip',或关联 "
                       "segment_members、tag_values");
    fprintf(stderr, either("kith: %s\n", "kith:%s\n"), words);
    if (meant != NULL)
        fprintf(stderr,
                either("Did you mean %s? `kith sql --tables` lists all.\n",
                       "是不是 %s?用 `kith sql --tables` 查看全部。\n"),
                meant);
    return EXIT_REFUSED;
}

static int query_run(sqlite3 *db, struct result *r)
{
    int code;
    if (r->form == FORM_TABLE)
        grid_heading(r);
    else if (r->form == FORM_CSV)
        csv_row(r, true);
    while ((code = sqlite3_step(r->query)) == SQLITE_ROW)
        row_take(r);
    if (code != SQLITE_DONE)
        return sql_fail(db);
    result_end(r);
    return EXIT_DONE;
}

static int text_run(sqlite3 *db, const char *text, struct result *r)
{
    struct err e = {0};
    const char *rest;
    if (sqlite3_prepare_v2(db, text, -1, &r->query, &rest) != SQLITE_OK)
        return sql_fail(db);
    r->columns = sqlite3_column_count(r->query);
    int code;
    if (r->columns == 0 ||
        rest[strspn(rest, " \t\r\n;")] != 0) /* nothing, or what gives no rows: VACUUM asks no authorizer */
        code = say_failure(FAIL(&e, INVALID, "%s", either("want one query: select …", "应为一条查询:select …")), &e);
    else if (r->columns > (int)GRID_COLUMNS_MAX && r->form == FORM_TABLE)
        code = say_failure(
            FAIL(&e, INVALID,
                 either("a table has at most %u columns: --csv, --json", "表格至多 %u 列:请用 --csv 或 --json"),
                 GRID_COLUMNS_MAX),
            &e);
    else
        code = query_run(db, r);
    (void)sqlite3_finalize(r->query);
    return code;
}

/* --- what there is --- */

static void table_show(const struct export_kind *kind, const char *zh, struct arena *a)
{
    struct grid g;
    printf("%s %s\n", kind->name, zh);
    grid_init(&g, a, 2);
    g.indent = "    ";
    for (size_t i = 0; i < kind->column_count; i++)
        grid_add_texts(&g, (const char *const[]){kind->columns[i].name, kind->columns[i].zh});
    grid_print(&g, stdout);
}

static int tables_show(struct arena *a)
{
    static const char *const names_zh[EXPORT_WHAT_COUNT] = {
        [EXPORT_EVENTS] = "事件", [EXPORT_PEOPLE] = "人",      [EXPORT_THINGS] = "实体",
        [EXPORT_ORDERS] = "订单", [EXPORT_RELATIONS] = "关系", [EXPORT_LISTINGS] = "人工登记",
        [EXPORT_SEGMENT_MEMBERS] = "人群成员", [EXPORT_TAG_VALUES] = "标签取值",
    };
    for (size_t i = 0; i < EXPORT_WHAT_COUNT; i++)
        table_show(&export_kinds[i], names_zh[i], a);
    printf("%s\n", SQL_ANSWER_NAME "('KIND', '{…}') 问题的答案,列与该答案相同");
    return EXIT_DONE;
}

int verb_sql(struct arguments *a)
{
    struct errand d;
    sqlite3 *db;
    size_t copied_bytes = 0;
    struct err e = {0};
    errand_begin(&d, a);
    struct result r = {.form = d.json ? FORM_JSON : argument_flag(a, "csv") ? FORM_CSV : FORM_TABLE, .arena = d.arena};
    (void)argument_flag(a, "csv");
    r.is_plain = argument_flag(a, "plain");
    bool wants_tables = argument_flag(a, "tables");
    const char *text = argument_next(a);
    if (!errand_ready(&d, text != NULL || wants_tables))
        return errand_end(&d, EXIT_USAGE);
    if (wants_tables)
        return errand_end(&d, tables_show(d.arena));
    if (sqlite3_open(":memory:", &db) != SQLITE_OK)
        abort();
    sql_tables_add(db, a, &copied_bytes);
    buf_init(&r.line, 64u << 20);
    struct status asked = sql_answers_take(db, a, d.arena, text, &text, &e);
    (void)sqlite3_set_authorizer(db, authorize, NULL);
    int code = failed(asked) ? say_failure(asked, &e) : text_run(db, text, &r);
    buf_fini(&r.line);
    (void)sqlite3_close(db);
    return errand_end(&d, code);
}
