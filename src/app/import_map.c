#include "app/import_map.h"

#include <stdlib.h>
#include <string.h>

#include "app/arguments.h"
#include "base/arena.h"
#include "lib/nearest.h"

#define MAP_BYTES_MAX (1u << 20)
#define CELL_NUMBER_BYTES_MAX 64u
#define COLUMNS_MAX (2 * CSV_FIELDS_MAX)

struct import_map {
    struct arena *arena;
    struct json_parser *parser; /* of the map itself: `event` lives in its document */
    struct json_parser *number; /* of one cell */
    struct json event;
    const char *source, *join_file, *join_key;
    char delimiter;
    enum encoding encoding;
    size_t column_count;
    const char **columns;
};

/* --- reading the map --- */

static const char *text_of(struct import_map *m, struct json j)
{
    struct bytes text = json_string(j);
    return text.size == 0 ? NULL : arena_text(m->arena, text);
}

static fallible members_check(struct json root, struct err *e)
{
    static const struct {
        const char *name;
        enum json_kind kind;
    } known[] = {{"source", JSON_STRING}, {"delimiter", JSON_STRING}, {"encoding", JSON_STRING}, {"join", JSON_OBJECT}, {"event", JSON_OBJECT}, {"about", JSON_STRING}};
    struct bytes key;
    struct json value;
    for (struct json_walk w = json_members(root); json_member_next(&w, &key, &value);) {
        size_t i = 0;
        while (i < COUNT_OF(known) && !bytes_equal(bytes_of_text(known[i].name), key))
            i++;
        if (i == COUNT_OF(known))
            return FAIL(e, INVALID, "there is no member \"%.*s\": want source, delimiter, encoding, join, event or about", BYTES_ARG(key));
        if (!json_is(value, known[i].kind))
            return FAIL(e, INVALID, "\"%s\" wants %s", known[i].name, json_kind_name(known[i].kind));
    }
    return DONE;
}

/* GBK and GB2312 are parts of GB18030. */
static fallible encoding_read(struct import_map *m, struct json j, struct err *e)
{
    static const struct {
        const char *name;
        enum encoding encoding;
    } known[] = {{"utf-8", ENCODING_UTF8}, {"gb18030", ENCODING_GB18030}, {"gbk", ENCODING_GB18030}, {"gb2312", ENCODING_GB18030}};
    if (json_is(j, JSON_ABSENT))
        return DONE;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (bytes_equal(json_string(j), bytes_of_text(known[i].name))) {
            m->encoding = known[i].encoding;
            return DONE;
        }
    return FAIL(e, INVALID, "\"encoding\" is utf-8 or gb18030 (also called gbk and gb2312)");
}

static fallible delimiter_read(struct import_map *m, struct json j, struct err *e)
{
    struct bytes text = json_string(j);
    m->delimiter = ',';
    if (json_is(j, JSON_ABSENT))
        return DONE;
    if (text.size != 1 || memchr(",;|\t", text.data[0], 4) == NULL)
        return FAIL(e, INVALID, "\"delimiter\" is \",\", \";\", \"|\" or \"\\t\"");
    if (text.data[0] == '|' && m->encoding == ENCODING_GB18030) /* there it may be half a character */
        return FAIL(e, INVALID, "\"delimiter\": a file in GB18030 can't be parted by \"|\"");
    m->delimiter = (char)text.data[0];
    return DONE;
}

static fallible join_read(struct import_map *m, struct json join, struct err *e)
{
    if (json_is(join, JSON_ABSENT))
        return DONE;
    m->join_file = text_of(m, json_find(join, BYTES_LIT("file")));
    m->join_key = text_of(m, json_find(join, BYTES_LIT("key")));
    return m->join_file == NULL || m->join_key == NULL ? FAIL(e, INVALID, "\"join\" wants a \"file\" and the \"key\", a column of both files") : DONE;
}

static fallible map_read(struct import_map *m, struct bytes text, struct err *e)
{
    struct json root;
    TRY(json_parse(m->parser, arena_copy(m->arena, text), &root, e));
    if (!json_is(root, JSON_OBJECT))
        return FAIL(e, INVALID, "a map is an object");
    TRY(members_check(root, e));
    TRY(encoding_read(m, json_find(root, BYTES_LIT("encoding")), e));
    TRY(delimiter_read(m, json_find(root, BYTES_LIT("delimiter")), e));
    TRY(join_read(m, json_find(root, BYTES_LIT("join")), e));
    m->source = text_of(m, json_find(root, BYTES_LIT("source")));
    m->event = json_find(root, BYTES_LIT("event"));
    return json_is(m->event, JSON_OBJECT) ? DONE : FAIL(e, INVALID, "\"event\" wants an object: the event that a row becomes");
}

fallible import_map_create(struct bytes text, struct import_map **out_map, struct err *e)
{
    struct import_map *m = calloc(1, sizeof *m);
    if (m == NULL)
        abort();
    m->arena = arena_create(4096);
    m->parser = json_parser_create(MAP_BYTES_MAX);
    m->number = json_parser_create(CELL_NUMBER_BYTES_MAX);
    if (m->parser == NULL || m->number == NULL)
        abort();
    struct status status = WRAP(e, map_read(m, text, e), "the map");
    if (failed(status)) {
        import_map_destroy(m);
        return status;
    }
    *out_map = m;
    return DONE;
}

void import_map_destroy(struct import_map *m)
{
    if (m == NULL)
        return;
    json_parser_destroy(m->parser);
    json_parser_destroy(m->number);
    arena_destroy(m->arena);
    free(m);
}

const char *import_map_source(const struct import_map *m)
{
    return m->source;
}

char import_map_delimiter(const struct import_map *m)
{
    return m->delimiter;
}

enum encoding import_map_encoding(const struct import_map *m)
{
    return m->encoding;
}

const char *import_map_join_file(const struct import_map *m)
{
    return m->join_file;
}

const char *import_map_join_key(const struct import_map *m)
{
    return m->join_key;
}

/* --- texts with columns --- */

/* A piece of a template text: bytes as they are, or the name of a column. */
struct piece {
    struct bytes bytes;
    bool is_column;
};

/* The next piece behind *at; false: no more. "${" without a "}" is just text. */
static bool piece_next(struct bytes text, size_t *at, struct piece *out)
{
    if (*at == text.size)
        return false;
    struct bytes rest = bytes_slice(text, *at, text.size);
    const uint8_t *end = NULL;
    if (bytes_starts_with(rest, BYTES_LIT("${")) && (end = memchr(rest.data, '}', rest.size)) != NULL) {
        size_t size = (size_t)(end - rest.data);
        *out = (struct piece){bytes_slice(rest, 2, size), true};
        *at += size + 1;
        return true;
    }
    size_t size = 1;
    while (size < rest.size && !(rest.data[size] == '$' && size + 1 < rest.size && rest.data[size + 1] == '{'))
        size++;
    *out = (struct piece){bytes_slice(rest, 0, size), false};
    *at += size;
    return true;
}

/* "#{Column}": the name; else no bytes. */
static struct bytes number_column(struct bytes text)
{
    bool is = text.size > 3 && bytes_starts_with(text, BYTES_LIT("#{")) && text.data[text.size - 1] == '}';
    return is ? bytes_slice(text, 2, text.size - 1) : BYTES_NONE;
}

static size_t column_of(const struct import_map *m, struct bytes name)
{
    size_t i = 0;
    while (i < m->column_count && !bytes_equal(bytes_of_text(m->columns[i]), name))
        i++;
    return i;
}

static fallible column_check(const struct import_map *m, struct bytes name, struct err *e)
{
    if (column_of(m, name) < m->column_count)
        return DONE;
    const char *near = nearest_name(name, m->columns, m->column_count, sizeof *m->columns);
    if (*near == 0)
        return FAIL(e, INVALID, "the map: there is no column \"%.*s\"", BYTES_ARG(name));
    return FAIL(e, INVALID, "the map: there is no column \"%.*s\"; did you mean \"%s\"?", BYTES_ARG(name), near);
}

static fallible text_check(const struct import_map *m, struct bytes text, struct err *e)
{
    struct bytes number = number_column(text);
    struct piece p;
    if (number.size > 0)
        return column_check(m, number, e);
    for (size_t at = 0; piece_next(text, &at, &p);)
        if (p.is_column)
            TRY(column_check(m, p.bytes, e));
    return DONE;
}

static fallible template_check(const struct import_map *m, struct json j, struct err *e)
{
    struct bytes key;
    struct json value;
    for (struct json_walk w = json_members(j); json_member_next(&w, &key, &value);)
        TRY(template_check(m, value, e));
    for (struct json_walk w = json_items(j); json_item_next(&w, &value);)
        TRY(template_check(m, value, e));
    return text_check(m, json_string(j), e);
}

fallible import_map_columns(struct import_map *m, const struct bytes *names, size_t count, struct err *e)
{
    if (count > COLUMNS_MAX)
        return FAIL(e, LIMIT, "more than %u columns", COLUMNS_MAX);
    m->columns = ARENA_ARRAY(m->arena, const char *, count);
    m->column_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (names[i].size > 0 && column_of(m, names[i]) < m->column_count)
            return FAIL(e, INVALID, "two columns are called \"%.*s\"", BYTES_ARG(names[i]));
        m->columns[m->column_count++] = arena_text(m->arena, names[i]);
    }
    return template_check(m, m->event, e);
}

/* --- events --- */

struct rendering {
    struct import_map *map;
    const struct import_row *row;
    struct json_writer writer;
    struct buf *scratch;
};

static struct bytes cell_of(const struct rendering *r, struct bytes name)
{
    size_t column = column_of(r->map, name);
    return column < r->row->count ? r->row->cells[column] : BYTES_NONE;
}

/* How many columns stand in the template, and how many of them have something in this row. */
struct presence {
    size_t columns, filled;
};

static void presence_add(const struct rendering *r, struct json j, struct presence *p)
{
    struct bytes key, text = json_string(j), number = number_column(text);
    struct json value;
    struct piece piece;
    for (struct json_walk w = json_members(j); json_member_next(&w, &key, &value);)
        presence_add(r, value, p);
    for (struct json_walk w = json_items(j); json_item_next(&w, &value);)
        presence_add(r, value, p);
    if (number.size > 0) {
        p->columns++;
        p->filled += cell_of(r, number).size > 0;
        return;
    }
    for (size_t at = 0; piece_next(text, &at, &piece);) {
        p->columns += piece.is_column;
        p->filled += piece.is_column && cell_of(r, piece.bytes).size > 0;
    }
}

static bool is_shown(const struct rendering *r, struct json j)
{
    struct presence p = {0};
    presence_add(r, j, &p);
    return p.columns == 0 || p.filled > 0;
}

static fallible number_put(struct rendering *r, struct bytes column, struct err *e)
{
    struct bytes cell = cell_of(r, column);
    struct json j;
    struct err why = {0};
    if (failed(json_parse(r->map->number, cell, &j, &why)) || !json_is(j, JSON_NUMBER))
        return FAIL(e, INVALID, "column \"%.*s\": '%.*s' is no number", BYTES_ARG(column), BYTES_ARG(bytes_slice(cell, 0, cell.size > 40 ? 40 : cell.size)));
    json_put_raw(&r->writer, json_raw(j));
    return DONE;
}

static fallible text_put(struct rendering *r, struct bytes text, struct err *e)
{
    struct bytes number = number_column(text);
    struct piece p;
    if (number.size > 0)
        return number_put(r, number, e);
    buf_clear(r->scratch);
    for (size_t at = 0; piece_next(text, &at, &p);)
        buf_push(r->scratch, p.is_column ? cell_of(r, p.bytes) : p.bytes);
    json_put_string(&r->writer, buf_bytes(r->scratch));
    return DONE;
}

static fallible template_put(struct rendering *r, struct json j, struct err *e);

static fallible members_put(struct rendering *r, struct json object, struct err *e)
{
    struct bytes key;
    struct json value;
    for (struct json_walk w = json_members(object); json_member_next(&w, &key, &value);) {
        if (!is_shown(r, value))
            continue;
        json_key_bytes(&r->writer, key);
        TRY(template_put(r, value, e));
    }
    return DONE;
}

static fallible items_put(struct rendering *r, struct json array, struct err *e)
{
    struct json value;
    json_array_begin(&r->writer);
    for (struct json_walk w = json_items(array); json_item_next(&w, &value);)
        if (is_shown(r, value))
            TRY(template_put(r, value, e));
    json_array_end(&r->writer);
    return DONE;
}

static fallible template_put(struct rendering *r, struct json j, struct err *e)
{
    switch (json_kind(j)) {
    case JSON_STRING:
        return text_put(r, json_string(j), e);
    case JSON_ARRAY:
        return items_put(r, j, e);
    case JSON_OBJECT:
        json_object_begin(&r->writer);
        TRY(members_put(r, j, e));
        json_object_end(&r->writer);
        return DONE;
    default:
        json_put(&r->writer, j);
        return DONE;
    }
}

fallible import_map_event(struct import_map *m, const struct import_row *row, struct buf *out, struct err *e)
{
    struct buf scratch;
    struct rendering r = {.map = m, .row = row, .scratch = &scratch};
    size_t before = out->size;
    buf_init(&scratch, out->size_max);
    json_writer_init(&r.writer, out, false);
    json_object_begin(&r.writer);
    if (json_is(json_find(m->event, BYTES_LIT("id")), JSON_ABSENT)) {
        json_key(&r.writer, "id");
        json_put_string(&r.writer, row->id);
    }
    struct status status = members_put(&r, m->event, e);
    buf_fini(&scratch);
    if (failed(status)) {
        out->size = before; /* half an event is none */
        return status;
    }
    json_object_end(&r.writer);
    return out->overflowed ? FAIL(e, LIMIT, "the event is too long") : DONE;
}
