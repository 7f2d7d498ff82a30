#include "app/verbs/sql_answer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app/client.h"
#include "app/verbs/show.h"
#include "lib/json.h"

#define PATH_BYTES_MAX 4096u
#define TEXT_BYTES_MAX (16u << 20)
#define COLUMNS_MAX 1000u

/* --- asking --- */

struct asking {
    struct client *client;
    struct json_parser *parser;
};

/* A reply of the daemon; what is none of its successes is a failure in its words. */
static fallible reply_take(struct asking *c, const struct client_call *call, struct client_reply *reply,
                           struct json *out_root, struct err *e)
{
    TRY(client_send(c->client, call, reply, e));
    if (failed(json_parse(c->parser, reply->body, out_root, NULL)))
        return FAIL(e, UNAVAILABLE, "HTTP %ld", reply->status);
    struct bytes title = text_of(*out_root, "title"), detail = text_of(*out_root, "detail");
    return reply->status < 300 ? DONE : FAIL(e, DENIED, "%.*s: %.*s", BYTES_ARG(title), BYTES_ARG(detail));
}

/* Until the answer is there. */
static fallible answer_await(struct asking *c, const struct client_call *call, struct json *out_root, struct err *e)
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

static fallible question_ask(struct asking *c, struct bytes kind, struct bytes body, struct json *out_root,
                             struct err *e)
{
    struct buf path;
    buf_init(&path, PATH_BYTES_MAX);
    buf_push_text(&path, "/api/v1/analytics/");
    url_push(&path, kind);
    buf_push_byte(&path, 0);
    struct client_call call = {
        .method = "POST", .path = (const char *)path.data, .body = body.size > 0 ? body : BYTES_LIT("{}")};
    struct status status = path.overflowed ? FAIL(e, INVALID, "%s", either("there is no such question", "没有这种问题"))
                                           : answer_await(c, &call, out_root, e);
    buf_fini(&path);
    return status;
}

/* --- an answer as a table --- */

static void name_quote(struct buf *sql, struct bytes name)
{
    buf_push_byte(sql, '"');
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '"')
            buf_push_byte(sql, '"');
        buf_push_byte(sql, name.data[i]);
    }
    buf_push_byte(sql, '"');
}

static bool name_is_taken(const struct bytes *names, size_t count, struct bytes name)
{
    for (size_t i = 0; i < count; i++)
        if (names[i].size == name.size && (name.size == 0 || strncasecmp((const char *)names[i].data, (const char *)name.data, name.size) == 0))
            return true;
    return false;
}

/* A breakdown may be called as the kind's own column is, or as another one but for upper and lower case, which SQLite takes for the same. */
static void columns_name(struct json columns, struct arena *arena, struct buf *sql)
{
    struct bytes *names = ARENA_ARRAY(arena, struct bytes, json_count(columns) + 1);
    struct json column;
    size_t count = 0;
    for (struct json_walk w = json_items(columns); json_item_next(&w, &column); count++) {
        struct bytes name = text_of(column, "name");
        names[count] = name;
        for (unsigned same = 2; name_is_taken(names, count, names[count]); same++)
            names[count] = bytes_of_text(arena_printf(arena, "%.*s_%u", BYTES_ARG(name), same));
        buf_push_text(sql, count > 0 ? "," : "");
        name_quote(sql, names[count]);
    }
}

static void cell_bind(sqlite3_stmt *s, int place, struct json cell)
{
    int64_t whole;
    double real;
    if (json_is(cell, JSON_TRUE) || json_is(cell, JSON_FALSE))
        (void)sqlite3_bind_int(s, place, json_is(cell, JSON_TRUE));
    else if (json_is(cell, JSON_NULL))
        (void)sqlite3_bind_null(s, place);
    else if (json_int64(cell, &whole))
        (void)sqlite3_bind_int64(s, place, whole);
    else if (json_double(cell, &real))
        (void)sqlite3_bind_double(s, place, real);
    else {
        struct bytes text = json_is(cell, JSON_STRING) ? json_string(cell) : json_raw(cell);
        (void)sqlite3_bind_text(s, place, text.size == 0 ? "" : (const char *)text.data, (int)text.size,
                                SQLITE_TRANSIENT);
    }
}

static fallible rows_insert(sqlite3 *db, const char *table, struct json root, struct arena *arena, struct err *e)
{
    size_t columns = json_count(member(root, "columns"));
    struct buf sql = arena_buf(arena, PATH_BYTES_MAX);
    struct json row, cell;
    sqlite3_stmt *insert;
    buf_printf(&sql, "INSERT INTO %s VALUES(", table);
    for (size_t i = 0; i < columns; i++)
        buf_push_text(&sql, i == 0 ? "?" : ",?");
    buf_push_byte(&sql, ')');
    if (sqlite3_prepare_v2(db, (const char *)sql.data, (int)sql.size, &insert, NULL) != SQLITE_OK)
        return FAIL(e, INVALID, "%s", sqlite3_errmsg(db));
    bool went_in = true;
    for (struct json_walk w = json_items(member(root, "rows")); went_in && json_item_next(&w, &row);) {
        int place = 0;
        (void)sqlite3_reset(insert);
        for (struct json_walk cells = json_items(row); json_item_next(&cells, &cell);)
            cell_bind(insert, ++place, cell);
        went_in = sqlite3_step(insert) == SQLITE_DONE;
    }
    int code = sqlite3_finalize(insert); /* what the last step failed with */
    return code == SQLITE_OK ? DONE : FAIL(e, INVALID, "%s", sqlite3_errmsg(db));
}

static fallible table_make(sqlite3 *db, const char *table, struct json root, struct arena *arena, struct err *e)
{
    struct buf sql = arena_buf(arena, TEXT_BYTES_MAX / 16);
    struct json columns = member(root, "columns");
    if (json_count(columns) == 0 || json_count(columns) > COLUMNS_MAX)
        return FAIL(e, INVALID, "%s", either("the answer is no table", "答案不是表格"));
    buf_printf(&sql, "CREATE TABLE %s(", table);
    columns_name(columns, arena, &sql);
    buf_push_text(&sql, ")");
    buf_push_byte(&sql, 0);
    if (sqlite3_exec(db, (const char *)sql.data, NULL, NULL, NULL) != SQLITE_OK)
        return FAIL(e, INVALID, "%s", sqlite3_errmsg(db));
    return rows_insert(db, table, root, arena, e);
}

/* --- calls in the text --- */

struct reading {
    sqlite3 *db;
    struct arguments *arguments;
    struct arena *arena;
    struct bytes calls[SQL_ANSWERS_MAX]; /* as they stand in the text */
    unsigned count;
};

/* Behind what is quoted or said to people at `at`; `at` itself: nothing is. */
static const char *quoted_skip(const char *at)
{
    static const char opening[] = "'\"`[", closing[] = "'\"`]";
    const char *quote = *at == 0 ? NULL : strchr(opening, *at);
    if (quote != NULL) {
        char end = closing[quote - opening];
        for (at++; *at != 0 && (*at != end || (end != ']' && at[1] == end)); at++)
            at += *at == end; /* a quote said twice is one of the text */
        return at + (*at != 0);
    }
    if (at[0] == '-' && at[1] == '-')
        return at + strcspn(at, "\n");
    if (at[0] == '/' && at[1] == '*') {
        const char *end = strstr(at + 2, "*/");
        return end == NULL ? at + strlen(at) : end + 2;
    }
    return at;
}

static const char *blank_skip(const char *at)
{
    while (isspace((unsigned char)*at))
        at++;
    return at;
}

/* A text in single quotes, without them; NULL: there is none. */
static const char *literal_take(const char *at, struct arena *arena, struct bytes *out)
{
    if (*at != '\'')
        return NULL;
    const char *end = quoted_skip(at);
    struct buf text = arena_buf(arena, (size_t)(end - at) + 1);
    for (const char *c = at + 1; c + 1 < end; c++) {
        buf_push_byte(&text, (uint8_t)*c);
        c += c[0] == '\'' && c[1] == '\'';
    }
    *out = buf_bytes(&text);
    return end;
}

/* ('KIND', '{…}') -> behind it; NULL: it isn't that. */
static const char *call_take(const char *at, struct arena *arena, struct bytes *out_kind, struct bytes *out_body)
{
    *out_body = BYTES_NONE;
    at = blank_skip(at + 1);
    if ((at = literal_take(at, arena, out_kind)) == NULL)
        return NULL;
    at = blank_skip(at);
    if (*at == ',' && (at = literal_take(blank_skip(at + 1), arena, out_body)) == NULL)
        return NULL;
    at = blank_skip(at);
    return *at == ')' ? at + 1 : NULL;
}

static fallible call_answer(struct reading *r, const char *table, struct bytes kind, struct bytes body, struct err *e)
{
    struct asking c = {0};
    struct json root;
    TRY(client_of_arguments(r->arguments, &c.client, e));
    c.parser = json_parser_create(CLIENT_REPLY_BYTES_MAX);
    struct status s = question_ask(&c, kind, body, &root, e);
    if (done(s))
        s = table_make(r->db, table, root, r->arena, e);
    client_destroy(c.client);
    json_parser_destroy(c.parser);
    return s;
}

/* The table of the call that begins at `at`, behind its name; asked for unless the same stood in the text before. */
static fallible call_read(struct reading *r, const char *at, const char **out_end, const char **out_table,
                          struct err *e)
{
    struct bytes kind, body;
    const char *end = call_take(at, r->arena, &kind, &body);
    if (end == NULL)
        return FAIL(e, INVALID, "%s",
                    either("want answer('KIND', '{…}'), such as answer('trend', '{\"series\": [\"order_paid\"]}')",
                           "应为 answer('种类', '{…}'),如 answer('trend', '{\"series\": [\"order_paid\"]}')"));
    struct bytes call = bytes_of(at, (size_t)(end - at));
    unsigned number = 0;
    while (number < r->count && !bytes_equal(r->calls[number], call))
        number++;
    if (number == SQL_ANSWERS_MAX)
        return FAIL(e, LIMIT, either("a query asks at most %u questions", "一条查询至多提 %u 个问题"), SQL_ANSWERS_MAX);
    *out_end = end;
    *out_table = number == 0 ? SQL_ANSWER_NAME : arena_printf(r->arena, SQL_ANSWER_NAME "_%u", number + 1);
    if (number < r->count)
        return DONE;
    r->calls[r->count++] = call;
    return call_answer(r, *out_table, kind, body, e);
}

static bool is_of_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (c & 0x80) != 0;
}

fallible sql_answers_take(sqlite3 *db, struct arguments *a, struct arena *arena, const char *text,
                          const char **out_text, struct err *e)
{
    struct reading r = {.db = db, .arguments = a, .arena = arena};
    struct buf out = arena_buf(arena, strlen(text) * 2 + 1);
    for (const char *at = text; *at != 0;) {
        const char *end = quoted_skip(at), *table;
        if (end == at)
            for (end++; is_of_name(*at) && is_of_name(*end);)
                end++;
        bool is_call = (size_t)(end - at) == strlen(SQL_ANSWER_NAME) &&
                       strncasecmp(at, SQL_ANSWER_NAME, strlen(SQL_ANSWER_NAME)) == 0 && *blank_skip(end) == '(';
        if (is_call) {
            TRY(call_read(&r, blank_skip(end), &end, &table, e));
            buf_push_text(&out, table);
        } else {
            buf_push(&out, bytes_of(at, (size_t)(end - at)));
        }
        at = end;
    }
    buf_push_byte(&out, 0);
    assert(!out.overflowed); /* a table's name is shorter than its call */
    *out_text = (const char *)out.data;
    return DONE;
}
