#include "app/import/template.h"

#include <string.h>

#include "base/time.h"
#include "lib/nearest.h"

#define FAULT_CELL_BYTES 40u
#define NAMES_ARENA_BYTES 4096u

enum node_kind {
    NODE_CONSTANT, /* JSON as it stands */
    NODE_TEXT,
    NODE_NUMBER,
    NODE_TURNED, /* a number with its sign turned */
    NODE_TIME,
    NODE_OBJECT,
    NODE_LIST,
    NODE_FIRST,
    NODE_LATEST,
    NODE_CASE, /* children: what is looked at, then the choices */
    NODE_ROWS,
};

/* A piece of a text: bytes as they are, or a column. */
struct piece {
    struct bytes bytes;
    size_t column; /* NO_COLUMN: bytes */
};
#define NO_COLUMN SIZE_MAX

struct node {
    enum node_kind kind;
    struct bytes key; /* of a member: as JSON, with its colon; of a choice: its texts, parted by "|" */
    struct bytes json;
    size_t column;
    struct piece *pieces;
    struct node *children;
    size_t count; /* of pieces or children */
    bool is_else; /* the choice of what no other fits */
};

struct template {
    const struct template_ways *ways;
    struct node root;
    bool has_rows;
};

/* --- names in texts --- */

/* The next piece behind *at; false: no more. "${" without a "}" is just text. */
static bool piece_next(struct bytes text, size_t *at, struct bytes *out_bytes, bool *out_is_column)
{
    if (*at == text.size)
        return false;
    struct bytes rest = bytes_slice(text, *at, text.size);
    const uint8_t *end = NULL;
    *out_is_column = bytes_starts_with(rest, BYTES_LIT("${")) && (end = memchr(rest.data, '}', rest.size)) != NULL;
    if (*out_is_column) {
        size_t size = (size_t)(end - rest.data);
        *out_bytes = bytes_slice(rest, 2, size);
        *at += size + 1;
        return true;
    }
    size_t size = 1;
    while (size < rest.size && !(rest.data[size] == '$' && size + 1 < rest.size && rest.data[size + 1] == '{'))
        size++;
    *out_bytes = bytes_slice(rest, 0, size);
    *at += size;
    return true;
}

/* "#{Column}": the name, when the text is one such and nothing else; else no bytes. */
static struct bytes whole_column(struct bytes text, char mark)
{
    bool is = text.size > 3 && text.data[0] == (uint8_t)mark && text.data[1] == '{' && text.data[text.size - 1] == '}';
    return is ? bytes_slice(text, 2, text.size - 1) : BYTES_NONE;
}

/* --- from JSON --- */

struct making {
    struct arena *arena;
    const struct template_columns *columns;
    struct template *made;
};

fallible template_column_find(const struct template_columns *c, struct bytes name, size_t *out_column, struct err *e)
{
    for (*out_column = 0; *out_column < c->count; ++*out_column)
        if (name.size > 0 && bytes_equal(c->names[*out_column], name))
            return DONE;
    struct arena *a = arena_create(NAMES_ARENA_BYTES);
    const char **names = ARENA_ARRAY(a, const char *, c->count + 1);
    for (size_t i = 0; i < c->count; i++)
        names[i] = arena_text(a, c->names[i]);
    const char *near = nearest_name(name, names, c->count, sizeof *names);
    struct status status = *near == 0 ? FAIL(e, INVALID, "there is no column \"%.*s\"", BYTES_ARG(name))
                                      : FAIL(e, INVALID, "there is no column \"%.*s\"; did you mean \"%s\"?", BYTES_ARG(name), near);
    arena_destroy(a);
    return status;
}

static fallible text_make(struct making *m, struct bytes text, struct node *out, struct err *e)
{
    struct bytes bytes, number = whole_column(text, '#'), time = whole_column(text, '@');
    bool is_column;
    size_t count = 0;
    if (number.size > 0 || time.size > 0) {
        bool is_turned = number.size > 1 && number.data[0] == '-';
        out->kind = time.size > 0 ? NODE_TIME : is_turned ? NODE_TURNED : NODE_NUMBER;
        return template_column_find(m->columns, time.size > 0 ? time : bytes_slice(number, is_turned, number.size), &out->column, e);
    }
    for (size_t at = 0; piece_next(text, &at, &bytes, &is_column);)
        count++;
    *out = (struct node){.kind = NODE_TEXT, .key = out->key, .pieces = ARENA_ARRAY(m->arena, struct piece, count + 1)};
    for (size_t at = 0; piece_next(text, &at, &bytes, &is_column); out->count++) {
        struct piece *p = &out->pieces[out->count];
        *p = (struct piece){bytes, NO_COLUMN};
        if (is_column)
            TRY(template_column_find(m->columns, bytes, &p->column, e));
    }
    return DONE;
}

static fallible node_make(struct making *m, struct json from, struct node *out, struct err *e);

static struct bytes key_json(struct making *m, struct bytes key)
{
    struct buf out;
    struct json_writer w;
    buf_init(&out, 6 * key.size + 8);
    json_writer_init(&w, &out, false);
    json_put_string(&w, key);
    buf_push_byte(&out, ':');
    struct bytes kept = arena_copy(m->arena, buf_bytes(&out));
    buf_fini(&out);
    return kept;
}

static fallible members_make(struct making *m, struct json from, struct node *out, struct err *e)
{
    struct bytes key;
    struct json value;
    out->kind = NODE_OBJECT;
    out->children = ARENA_ARRAY(m->arena, struct node, json_count(from) + 1);
    for (struct json_walk w = json_members(from); json_member_next(&w, &key, &value); out->count++) {
        if (key.size > 0 && key.data[0] == '$')
            return FAIL(e, INVALID, "\"%.*s\": want $first, $latest, $case or $rows, alone in its object", BYTES_ARG(key));
        out->children[out->count].key = key_json(m, key);
        TRY(WRAP(e, node_make(m, value, &out->children[out->count], e), "\"%.*s\"", BYTES_ARG(key)));
    }
    return DONE;
}

static fallible items_make(struct making *m, struct json from, enum node_kind kind, struct node *out, struct err *e)
{
    struct json value;
    out->kind = kind;
    out->children = ARENA_ARRAY(m->arena, struct node, json_count(from) + 1);
    for (struct json_walk w = json_items(from); json_item_next(&w, &value); out->count++) {
        TRY(node_make(m, value, &out->children[out->count], e));
        if (kind == NODE_LATEST && out->children[out->count].kind != NODE_TIME)
            return FAIL(e, INVALID, "\"$latest\" wants a list of times: [\"@{Column}\", …]");
    }
    return json_is(from, JSON_ARRAY) ? DONE : FAIL(e, INVALID, "want a list");
}

static fallible case_make(struct making *m, struct json from, struct node *out, struct err *e)
{
    struct bytes key;
    struct json value;
    out->kind = NODE_CASE;
    out->children = ARENA_ARRAY(m->arena, struct node, json_count(from) + 1);
    TRY(node_make(m, json_find(from, BYTES_LIT("$case")), &out->children[0], e));
    if (out->children[0].kind != NODE_TEXT)
        return FAIL(e, INVALID, "\"$case\" wants a text: \"${Column}\"");
    out->count = 1;
    for (struct json_walk w = json_members(from); json_member_next(&w, &key, &value);) {
        if (bytes_equal(key, BYTES_LIT("$case")))
            continue;
        struct node *choice = &out->children[out->count++];
        TRY(WRAP(e, node_make(m, value, choice, e), "\"%.*s\"", BYTES_ARG(key)));
        choice->is_else = bytes_equal(key, BYTES_LIT("$else"));
        choice->key = key;
    }
    return DONE;
}

static fallible object_make(struct making *m, struct json from, struct node *out, struct err *e)
{
    struct json first = json_find(from, BYTES_LIT("$first")), latest = json_find(from, BYTES_LIT("$latest")),
                rows = json_find(from, BYTES_LIT("$rows"));
    bool is_alone = json_count(from) == 1;
    if (!json_is(json_find(from, BYTES_LIT("$case")), JSON_ABSENT))
        return case_make(m, from, out, e);
    if (is_alone && !json_is(first, JSON_ABSENT))
        return WRAP(e, items_make(m, first, NODE_FIRST, out, e), "\"$first\"");
    if (is_alone && !json_is(latest, JSON_ABSENT))
        return WRAP(e, items_make(m, latest, NODE_LATEST, out, e), "\"$latest\"");
    if (!is_alone || json_is(rows, JSON_ABSENT))
        return members_make(m, from, out, e);
    m->made->has_rows = true;
    out->kind = NODE_ROWS;
    out->count = 1;
    out->children = ARENA_NEW(m->arena, struct node);
    return node_make(m, rows, out->children, e);
}

static fallible node_make(struct making *m, struct json from, struct node *out, struct err *e)
{
    switch (json_kind(from)) {
    case JSON_STRING:
        return text_make(m, json_string(from), out, e);
    case JSON_ARRAY:
        return items_make(m, from, NODE_LIST, out, e);
    case JSON_OBJECT:
        return object_make(m, from, out, e);
    default:
        out->kind = NODE_CONSTANT;
        out->json = json_raw(from);
        return DONE;
    }
}

fallible template_create(struct json from, const struct template_columns *columns, const struct template_ways *ways, struct arena *a,
                         struct template **out_template, struct err *e)
{
    struct template *t = ARENA_NEW(a, struct template);
    struct making m = {a, columns, t};
    t->ways = ways;
    TRY(node_make(&m, from, &t->root, e));
    *out_template = t;
    return DONE;
}

bool template_has_rows(const struct template *t)
{
    return t->has_rows;
}

/* --- to JSON --- */

struct rendering {
    const struct template_ways *ways;
    const struct template_rows *rows;
    size_t row;
    struct buf *out;
    struct buf scratch;
    struct template_fault fault;
    struct {
        size_t row, column; /* NO_COLUMN: none was read yet */
        int64_t us;
    } last_time; /* a cell often stands in a value several times */
};

/* How many columns stand in a part, and how many of them have something in this row. */
struct presence {
    size_t columns, filled;
};

static bool is_shown(struct presence p)
{
    return p.columns == 0 || p.filled > 0;
}

static struct bytes cell_of(const struct rendering *r, size_t column)
{
    struct bytes cell = cell_text(r->rows->rows[r->row][column]);
    for (size_t i = 0; i < r->ways->empty_count; i++)
        if (bytes_equal(r->ways->empties[i], cell))
            return BYTES_NONE;
    return cell;
}

static bool fault_set(struct rendering *r, enum cell_fault why, size_t column, struct bytes cell)
{
    if (why == CELL_GOOD)
        return true;
    size_t size = cell.size > FAULT_CELL_BYTES ? FAULT_CELL_BYTES : cell.size;
    while (size < cell.size && size > 0 && (cell.data[size] & 0xC0) == 0x80) /* not within a character */
        size--;
    r->fault = (struct template_fault){why, r->row, column, bytes_slice(cell, 0, size)};
    return false;
}

static bool column_read(struct rendering *r, size_t column, struct presence *p, struct bytes *out_cell)
{
    *out_cell = cell_of(r, column);
    p->columns++;
    p->filled += out_cell->size > 0;
    return fault_set(r, cell_text_check(*out_cell), column, *out_cell);
}

/* The text in the scratch, or where it stands when it is one piece. */
static bool text_read(struct rendering *r, const struct node *n, struct presence *p, struct bytes *out_text)
{
    struct bytes cell;
    buf_clear(&r->scratch);
    for (size_t i = 0; i < n->count; i++) {
        const struct piece *piece = &n->pieces[i];
        cell = piece->bytes;
        if (piece->column != NO_COLUMN && !column_read(r, piece->column, p, &cell))
            return false;
        if (n->count > 1)
            buf_push(&r->scratch, cell);
    }
    *out_text = n->count == 1 ? cell : buf_bytes(&r->scratch);
    return true;
}

static bool text_put(struct rendering *r, const struct node *n, struct presence *p)
{
    struct bytes text;
    if (!text_read(r, n, p, &text))
        return false;
    json_push_text(r->out, text);
    return true;
}

static bool number_put(struct rendering *r, const struct node *n, struct presence *p)
{
    struct cell_number number = {""};
    struct bytes cell = cell_of(r, n->column);
    p->columns++;
    p->filled += cell.size > 0;
    enum cell_fault why = cell.size == 0 ? CELL_GOOD : cell_number_read(cell, &number);
    bool is_turned = n->kind == NODE_TURNED && cell.size > 0, is_negative = number.digits[0] == '-';
    buf_push_text(r->out, is_turned && !is_negative ? "-" : "");
    buf_push_text(r->out, number.digits + (is_turned && is_negative));
    return fault_set(r, why, n->column, cell);
}

static bool time_read(struct rendering *r, const struct node *n, struct presence *p, int64_t *out_us)
{
    struct cell_time time = {0};
    struct bytes cell = cell_of(r, n->column);
    p->columns++;
    p->filled += cell.size > 0;
    if (r->last_time.column == n->column && r->last_time.row == r->row) {
        *out_us = r->last_time.us;
        return true;
    }
    enum cell_fault why = cell.size == 0 ? CELL_GOOD : cell_time_read(cell, r->ways->order, &time);
    *out_us = time.is_instant ? time.us : zone_utc_us(r->ways->zone, time.us);
    r->last_time.column = why == CELL_GOOD ? n->column : NO_COLUMN;
    r->last_time.row = r->row;
    r->last_time.us = *out_us;
    return fault_set(r, why, n->column, cell);
}

static void time_push(struct rendering *r, int64_t us)
{
    char text[TIME_TEXT_BYTES];
    if (us >= TIME_US_MIN && us < TIME_US_END)
        json_push_text(r->out, bytes_of_text(time_format(us, text)));
}

static bool time_put(struct rendering *r, const struct node *n, struct presence *p)
{
    int64_t us;
    if (!time_read(r, n, p, &us))
        return false;
    time_push(r, us);
    return true;
}

static bool latest_put(struct rendering *r, const struct node *n, struct presence *p)
{
    int64_t us, latest = INT64_MIN;
    for (size_t i = 0; i < n->count; i++) {
        struct presence own = {0};
        if (!time_read(r, &n->children[i], &own, &us))
            return false;
        latest = own.filled > 0 && us > latest ? us : latest;
        p->columns += own.columns;
        p->filled += own.filled;
    }
    time_push(r, latest);
    return true;
}

static bool node_put(struct rendering *r, const struct node *n, struct presence *p);

/* Puts a part, and takes it back when it is left out. *out_shown says which. */
static bool part_put(struct rendering *r, struct bytes before, const struct node *n, struct presence *p, bool *out_shown)
{
    struct presence own = {0};
    size_t size = r->out->size;
    buf_push(r->out, before);
    buf_push(r->out, n->key);
    if (!node_put(r, n, &own))
        return false;
    *out_shown = is_shown(own);
    if (!*out_shown)
        r->out->size = size;
    p->columns += own.columns;
    p->filled += own.filled;
    return true;
}

static bool parts_put(struct rendering *r, const struct node *n, const char brackets[2], struct presence *p)
{
    bool any = false, shown;
    buf_push_byte(r->out, (uint8_t)brackets[0]);
    for (size_t i = 0; i < n->count; i++) {
        if (!part_put(r, any ? BYTES_LIT(",") : BYTES_NONE, &n->children[i], p, &shown))
            return false;
        any |= shown;
    }
    buf_push_byte(r->out, (uint8_t)brackets[1]);
    return true;
}

static bool rows_put(struct rendering *r, const struct node *n, struct presence *p)
{
    bool any = false, shown;
    size_t row = r->row;
    buf_push_byte(r->out, '[');
    for (r->row = 0; r->row < r->rows->count; r->row++) {
        if (!part_put(r, any ? BYTES_LIT(",") : BYTES_NONE, n->children, p, &shown))
            return false;
        any |= shown;
    }
    r->row = row;
    buf_push_byte(r->out, ']');
    return true;
}

static bool first_put(struct rendering *r, const struct node *n, struct presence *p)
{
    for (size_t i = 0; i < n->count; i++) {
        struct presence own = {0};
        size_t size = r->out->size;
        if (!node_put(r, &n->children[i], &own))
            return false;
        p->columns += own.columns;
        p->filled += own.filled + (own.columns == 0); /* a constant fills the place */
        if (is_shown(own))
            return true;
        r->out->size = size;
    }
    return true;
}

/* "x|y": one of its texts. */
static bool choice_fits(struct bytes texts, struct bytes text)
{
    for (;;) {
        const uint8_t *bar = texts.size == 0 ? NULL : memchr(texts.data, '|', texts.size);
        size_t size = bar == NULL ? texts.size : (size_t)(bar - texts.data);
        if (bytes_equal(bytes_slice(texts, 0, size), text))
            return true;
        if (bar == NULL)
            return false;
        texts = bytes_slice(texts, size + 1, texts.size);
    }
}

/* It counts as one column, which is filled when a choice is shown; null is a choice of nothing. */
static bool case_put(struct rendering *r, const struct node *n, struct presence *p)
{
    struct presence looked = {0}, own = {0};
    struct bytes text;
    p->columns++;
    if (!text_read(r, &n->children[0], &looked, &text))
        return false;
    const struct node *chosen = NULL;
    for (size_t i = 1; i < n->count && chosen == NULL; i++)
        if (!n->children[i].is_else && choice_fits(n->children[i].key, text))
            chosen = &n->children[i];
    for (size_t i = 1; i < n->count && chosen == NULL; i++)
        if (n->children[i].is_else)
            chosen = &n->children[i];
    if (chosen == NULL)
        return true;
    if (!node_put(r, chosen, &own))
        return false;
    bool is_null = chosen->kind == NODE_CONSTANT && bytes_equal(chosen->json, BYTES_LIT("null"));
    p->filled += is_shown(own) && !is_null;
    return true;
}

static bool node_put(struct rendering *r, const struct node *n, struct presence *p)
{
    switch (n->kind) {
    case NODE_CONSTANT:
        buf_push(r->out, n->json);
        return true;
    case NODE_TEXT:
        return text_put(r, n, p);
    case NODE_NUMBER:
    case NODE_TURNED:
        return number_put(r, n, p);
    case NODE_TIME:
        return time_put(r, n, p);
    case NODE_OBJECT:
        return parts_put(r, n, "{}", p);
    case NODE_LIST:
        return parts_put(r, n, "[]", p);
    case NODE_FIRST:
        return first_put(r, n, p);
    case NODE_LATEST:
        return latest_put(r, n, p);
    case NODE_CASE:
        return case_put(r, n, p);
    case NODE_ROWS:
        return rows_put(r, n, p);
    }
    assert(false);
    return false;
}

static struct rendering rendering_of(const struct template *t, const struct template_rows *rows, struct buf *out)
{
    struct rendering r = {.ways = t->ways, .rows = rows, .out = out, .last_time = {.column = NO_COLUMN}};
    assert(rows->count > 0);
    buf_init(&r.scratch, out->size_max);
    return r;
}

enum template_result template_put(const struct template *t, const struct template_rows *rows, struct buf *out, struct template_fault *out_fault)
{
    struct rendering r = rendering_of(t, rows, out);
    struct presence p = {0};
    size_t size = out->size;
    bool good = node_put(&r, &t->root, &p);
    buf_fini(&r.scratch);
    if (good && is_shown(p))
        return TEMPLATE_PUT;
    if (!good || t->root.kind != NODE_OBJECT)
        out->size = size;
    if (good)
        return TEMPLATE_EMPTY;
    *out_fault = r.fault;
    return TEMPLATE_FAULT;
}

/* --- members --- */

/* Its key is `name` as JSON, with a colon behind. */
static bool is_member_named(const struct node *n, struct bytes name)
{
    return n->key.size == name.size + 3 && n->key.data[0] == '"' && memcmp(n->key.data + 1, name.data, name.size) == 0;
}

static bool node_has_member(const struct node *n, struct bytes name)
{
    for (size_t i = 0; n->kind != NODE_TEXT && i < n->count; i++)
        if (is_member_named(&n->children[i], name) || node_has_member(&n->children[i], name))
            return true;
    return false;
}

bool template_has_member(const struct template *t, struct bytes name)
{
    assert(name.size > 0);
    return node_has_member(&t->root, name);
}

bool template_member_text(const struct template *t, struct bytes name, const struct template_rows *rows,
                          struct buf *out)
{
    const struct node *found = NULL;
    for (size_t i = 0; t->root.kind == NODE_OBJECT && i < t->root.count; i++)
        if (is_member_named(&t->root.children[i], name))
            found = &t->root.children[i];
    if (found == NULL || found->kind != NODE_TEXT)
        return false;
    struct rendering r = rendering_of(t, rows, out);
    struct presence p = {0};
    struct bytes text;
    bool good = text_read(&r, found, &p, &text);
    if (good && is_shown(p))
        buf_push(out, text);
    buf_fini(&r.scratch);
    return good;
}

/* --- names --- */

struct naming {
    struct arena *arena;
    const char **names;
    size_t count;
};

static void name_add(struct naming *n, struct bytes name)
{
    for (size_t i = 0; i < n->count; i++)
        if (bytes_equal(bytes_of_text(n->names[i]), name))
            return;
    const char **more = ARENA_ARRAY(n->arena, const char *, n->count + 1);
    if (n->count > 0)
        memcpy(more, n->names, n->count * sizeof *more);
    more[n->count++] = arena_text(n->arena, name);
    n->names = more;
}

static void names_gather(struct naming *n, struct json from)
{
    struct bytes key, text = json_string(from), bytes, number = whole_column(text, '#'), time = whole_column(text, '@');
    struct json value;
    bool is_column;
    for (struct json_walk w = json_members(from); json_member_next(&w, &key, &value);)
        names_gather(n, value);
    for (struct json_walk w = json_items(from); json_item_next(&w, &value);)
        names_gather(n, value);
    if (number.size > 0 || time.size > 0) {
        name_add(n, time.size > 0 ? time : bytes_slice(number, number.size > 1 && number.data[0] == '-', number.size));
        return;
    }
    for (size_t at = 0; piece_next(text, &at, &bytes, &is_column);)
        if (is_column)
            name_add(n, bytes);
}

const char **template_names(struct json from, struct arena *a, size_t *out_count)
{
    struct naming n = {.arena = a};
    names_gather(&n, from);
    *out_count = n.count;
    return n.names;
}
