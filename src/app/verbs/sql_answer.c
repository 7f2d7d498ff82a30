#include "app/verbs/sql_answer.h"

#include <stdlib.h>

#include "app/client.h"
#include "app/verbs/show.h"
#include "base/arena.h"
#include "lib/json.h"

#define PATH_BYTES_MAX 4096u
#define CELLS_BYTES_MAX (1u << 20)
#define ASKED_MAX 8u /* in one query: more is a join that asks anew for each row of another table */

enum { COLUMN_ROW, COLUMN_CELLS, COLUMN_QUESTION, COLUMN_BODY };

struct answers {
    sqlite3_vtab base; /* first: SQLite knows it by this */
    struct arguments *arguments;
    unsigned asked;
};

struct cursor {
    sqlite3_vtab_cursor base;
    struct client *client;
    struct json_parser *parser;
    struct json columns, row; /* absent row: at the end */
    struct json_walk rows;
    sqlite3_int64 number;
};

static int vtab_fail(sqlite3_vtab *v, const struct err *e)
{
    sqlite3_free(v->zErrMsg);
    v->zErrMsg = sqlite3_mprintf("%s", e->text);
    return SQLITE_ERROR;
}

static int answers_connect(sqlite3 *db, void *own, int count, const char *const *words, sqlite3_vtab **out_table,
                           char **out_error)
{
    (void)count, (void)words, (void)out_error;
    int code = sqlite3_declare_vtab(db, "CREATE TABLE t(\"row\", cells, question HIDDEN, body HIDDEN)");
    struct answers *t = code == SQLITE_OK ? sqlite3_malloc(sizeof *t) : NULL;
    if (t == NULL)
        return code == SQLITE_OK ? SQLITE_NOMEM : code;
    *t = (struct answers){.arguments = own};
    *out_table = &t->base;
    return SQLITE_OK;
}

static int answers_disconnect(sqlite3_vtab *v)
{
    sqlite3_free(v);
    return SQLITE_OK;
}

/* Both words are needed; the question's body may be left out by who has nothing to say. */
static int answers_plan(sqlite3_vtab *v, sqlite3_index_info *info)
{
    int place[2] = {-1, -1};
    bool is_stuck = false;
    (void)v;
    for (int i = 0; i < info->nConstraint; i++) {
        int word = info->aConstraint[i].iColumn - COLUMN_QUESTION;
        if (word < 0 || info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
            continue;
        is_stuck |= info->aConstraint[i].usable == 0;
        place[word] = i;
    }
    if (is_stuck)
        return SQLITE_CONSTRAINT;
    for (int word = 0, count = 0; word < 2; word++)
        if (place[word] >= 0) {
            info->aConstraintUsage[place[word]].argvIndex = ++count;
            info->aConstraintUsage[place[word]].omit = 1;
            info->idxNum |= 1 << word;
        }
    info->estimatedCost = 1e6;
    info->estimatedRows = 100;
    return SQLITE_OK;
}

static int cursor_open(sqlite3_vtab *v, sqlite3_vtab_cursor **out_cursor)
{
    struct cursor *c = sqlite3_malloc(sizeof *c);
    (void)v;
    if (c == NULL)
        return SQLITE_NOMEM;
    *c = (struct cursor){.columns = JSON_NOTHING, .row = JSON_NOTHING};
    *out_cursor = &c->base;
    return SQLITE_OK;
}

static void answer_drop(struct cursor *c)
{
    client_destroy(c->client);
    json_parser_destroy(c->parser);
    c->client = NULL;
    c->parser = NULL;
    c->row = JSON_NOTHING;
}

static int cursor_close(sqlite3_vtab_cursor *base)
{
    answer_drop((struct cursor *)base);
    sqlite3_free(base);
    return SQLITE_OK;
}

/* A reply of the daemon; what is none of its successes is a failure in its words. */
static fallible reply_take(struct cursor *c, const struct client_call *call, struct client_reply *reply,
                           struct json *out_root, struct err *e)
{
    TRY(client_send(c->client, call, reply, e));
    if (failed(json_parse(c->parser, reply->body, out_root, NULL)))
        return FAIL(e, UNAVAILABLE, "HTTP %ld", reply->status);
    struct bytes title = text_of(*out_root, "title"), detail = text_of(*out_root, "detail");
    return reply->status < 300 ? DONE : FAIL(e, DENIED, "%.*s: %.*s", BYTES_ARG(title), BYTES_ARG(detail));
}

/* Until the answer is there. */
static fallible answer_await(struct cursor *c, const struct client_call *call, struct json *out_root, struct err *e)
{
    char path[PATH_BYTES_MAX];
    struct client_reply reply;
    TRY(reply_take(c, call, &reply, out_root, e));
    while (reply.status == 202) {
        struct bytes study = text_of(*out_root, "study");
        (void)snprintf(path, sizeof path, "/api/v1/analytics/studies/%.*s", BYTES_ARG(study));
        TRY(reply_take(c, &(struct client_call){.method = "GET", .path = path}, &reply, out_root, e));
    }
    return DONE;
}

static struct bytes value_text(sqlite3_value *value)
{
    const void *text = value == NULL ? NULL : sqlite3_value_text(value);
    return text == NULL ? BYTES_NONE : bytes_of(text, (size_t)sqlite3_value_bytes(value));
}

static fallible question_ask(struct cursor *c, struct answers *t, struct bytes question, struct bytes body,
                             struct err *e)
{
    struct buf path;
    struct json root;
    if (question.size == 0)
        return FAIL(e, INVALID, "%s",
                    either("want answer('KIND', '{…}'), such as answer('trend', '{\"series\": [\"order_paid\"]}')",
                           "应为 answer('种类', '{…}'),如 answer('trend', '{\"series\": [\"order_paid\"]}')"));
    if (t->asked++ >= ASKED_MAX)
        return FAIL(e, LIMIT, "%s",
                    either("this would ask again for each row of another table: begin with `with x as materialized "
                           "(select … from answer(…))` and join x",
                           "这会为另一张表的每一行重新提问:请以 `with x as materialized (select … from answer(…))` "
                           "开头,再关联 x"));
    TRY(client_of_arguments(t->arguments, &c->client, e));
    c->parser = json_parser_create(CLIENT_REPLY_BYTES_MAX);
    buf_init(&path, PATH_BYTES_MAX);
    buf_push_text(&path, "/api/v1/analytics/");
    url_push(&path, question);
    buf_push_byte(&path, 0);
    struct client_call call = {
        .method = "POST", .path = (const char *)path.data, .body = body.size > 0 ? body : BYTES_LIT("{}")};
    struct status status = path.overflowed ? FAIL(e, INVALID, "%s", either("there is no such question", "没有这种问题"))
                                           : answer_await(c, &call, &root, e);
    buf_fini(&path);
    TRY(status);
    c->columns = member(root, "columns");
    c->rows = json_items(member(root, "rows"));
    return DONE;
}

static int cursor_next(sqlite3_vtab_cursor *base)
{
    struct cursor *c = (struct cursor *)base;
    c->number++;
    if (!json_item_next(&c->rows, &c->row))
        c->row = JSON_NOTHING;
    return SQLITE_OK;
}

static int cursor_filter(sqlite3_vtab_cursor *base, int plan, const char *text, int count, sqlite3_value **values)
{
    struct cursor *c = (struct cursor *)base;
    struct err e = {0};
    (void)text;
    assert(count <= 2);
    bool has_question = (plan & 1) != 0, has_body = (plan & 2) != 0;
    answer_drop(c);
    c->number = 0;
    struct status status = question_ask(c, (struct answers *)base->pVtab, value_text(has_question ? values[0] : NULL),
                                        value_text(has_body ? values[has_question ? 1 : 0] : NULL), &e);
    return failed(status) ? vtab_fail(base->pVtab, &e) : cursor_next(base);
}

static int cursor_is_over(sqlite3_vtab_cursor *base)
{
    return json_is(((const struct cursor *)base)->row, JSON_ABSENT);
}

/* The row as an object by the names of the answer's columns. */
static void cells_tell(const struct cursor *c, sqlite3_context *out)
{
    struct json_walk columns = json_items(c->columns), cells = json_items(c->row);
    struct json column, cell;
    struct json_writer w;
    struct buf text;
    buf_init(&text, CELLS_BYTES_MAX);
    json_writer_init(&w, &text, false);
    json_object_begin(&w);
    while (json_item_next(&columns, &column) && json_item_next(&cells, &cell)) {
        json_key_bytes(&w, text_of(column, "name"));
        json_put(&w, cell);
    }
    json_object_end(&w);
    if (text.overflowed)
        sqlite3_result_error_toobig(out);
    else
        sqlite3_result_text(out, (const char *)text.data, (int)text.size, SQLITE_TRANSIENT);
    buf_fini(&text);
}

static int cursor_column(sqlite3_vtab_cursor *base, sqlite3_context *out, int column)
{
    const struct cursor *c = (const struct cursor *)base;
    if (column == COLUMN_ROW)
        sqlite3_result_int64(out, c->number);
    else if (column == COLUMN_CELLS)
        cells_tell(c, out);
    return SQLITE_OK; /* what was asked isn't told back: its constraint holds */
}

static int cursor_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out_number)
{
    *out_number = ((const struct cursor *)base)->number;
    return SQLITE_OK;
}

static const sqlite3_module module = {
    .iVersion = 1,
    .xConnect = answers_connect, /* without xCreate: it is there by its name, and no other can be made */
    .xBestIndex = answers_plan,
    .xDisconnect = answers_disconnect,
    .xOpen = cursor_open,
    .xClose = cursor_close,
    .xFilter = cursor_filter,
    .xNext = cursor_next,
    .xEof = cursor_is_over,
    .xColumn = cursor_column,
    .xRowid = cursor_rowid,
};

void sql_answer_add(sqlite3 *db, struct arguments *a)
{
    sqlite3_stmt *query;
    int code = sqlite3_create_module_v2(db, SQL_ANSWER_NAME, &module, a, NULL);
    assert(code == SQLITE_OK);
    /* Now, for an authorizer would take its declaration for a query's. */
    code = sqlite3_prepare_v2(db, "SELECT 1 FROM " SQL_ANSWER_NAME, -1, &query, NULL);
    assert(code == SQLITE_OK);
    (void)sqlite3_finalize(query);
}
