#include "app/import/map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "lib/nearest.h"

#define MAP_BYTES_MAX (1u << 20)
#define ZONE_UNSAID "Z"

const struct import_target_row import_targets[TARGET_COUNT] = {
    [TARGET_THING] = {"thing", "/api/v1/things"},
    [TARGET_ORDER] = {"order", "/api/v1/orders"},
    [TARGET_RELATION] = {"relation", "/api/v1/relations"},
    [TARGET_EVENT] = {"event", "/api/v1/events"},
    [TARGET_LISTING] = {"listing", "/api/v1/listings"},
};

struct import_map {
    struct arena *arena;
    struct json_parser *parser; /* of the map itself: the templates live in its document */
    struct json root;
    struct import_map_says says;
    struct template_ways ways;
    struct import_value values[IMPORT_VALUES_MAX];
    size_t value_count;
    uint32_t said; /* a bit for each member */
};

/* --- members --- */

typedef fallible (*member_read)(struct import_map *m, struct json value, struct err *e);

static const char *text_of(struct import_map *m, struct json j)
{
    struct bytes text = json_string(j);
    return text.size == 0 ? NULL : arena_text(m->arena, text);
}

static fallible words_take(struct import_map *m, struct json j, struct err *e)
{
    (void)m;
    return json_is(j, JSON_STRING) ? DONE : FAIL(e, INVALID, "want a text");
}

static fallible source_take(struct import_map *m, struct json j, struct err *e)
{
    m->says.source = text_of(m, j);
    return m->says.source == NULL ? FAIL(e, INVALID, "want a name") : DONE;
}

static fallible delimiter_take(struct import_map *m, struct json j, struct err *e)
{
    struct bytes text = json_string(j);
    if (text.size != 1 || memchr(",;|\t", text.data[0], 4) == NULL)
        return FAIL(e, INVALID, "want \",\", \";\", \"|\" or \"\\t\"");
    m->says.table.delimiter = (char)text.data[0];
    return DONE;
}

/* GBK and GB2312 are parts of GB18030. */
static fallible encoding_take(struct import_map *m, struct json j, struct err *e)
{
    static const struct {
        const char *name;
        enum encoding encoding;
    } known[] = {{"utf-8", ENCODING_UTF8}, {"gb18030", ENCODING_GB18030}, {"gbk", ENCODING_GB18030}, {"gb2312", ENCODING_GB18030}};
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (bytes_equal(json_string(j), bytes_of_text(known[i].name))) {
            m->says.table.encoding = known[i].encoding;
            return DONE;
        }
    return FAIL(e, INVALID, "want utf-8 or gb18030 (also called gbk and gb2312), or leave it out and it is found line by line");
}

static fallible sheet_take(struct import_map *m, struct json j, struct err *e)
{
    m->says.table.sheet = text_of(m, j);
    return m->says.table.sheet == NULL ? FAIL(e, INVALID, "want the name of a sheet") : DONE;
}

/* 3, or [2, 3] when groups of columns are named in the line before. */
static fallible header_take(struct import_map *m, struct json j, struct err *e)
{
    uint64_t first = 0, last = 0;
    bool is_pair = json_count(j) == 2 && json_uint64(json_at(j, "0"), &first) && json_uint64(json_at(j, "1"), &last);
    if (!(is_pair ? last == first + 1 : json_uint64(j, &last)) || last < 1 || last > 1000)
        return FAIL(e, INVALID, "want the line that names the columns, 1 to 1000, or two that follow each other: [1, 2]");
    m->says.table.header_line = (uint32_t)last;
    m->says.table.header_lines = is_pair ? 2 : 1;
    return DONE;
}

static fallible columns_take(struct import_map *m, struct json j, struct err *e)
{
    size_t count = json_count(j), i = 0;
    struct json name;
    const char **names = ARENA_ARRAY(m->arena, const char *, count + 1);
    if (!json_is(j, JSON_ARRAY) || count == 0 || count > CSV_FIELDS_MAX)
        return FAIL(e, INVALID, "want a list of 1 to %u names", CSV_FIELDS_MAX);
    for (struct json_walk w = json_items(j); json_item_next(&w, &name); i++) {
        if (!json_is(name, JSON_STRING))
            return FAIL(e, INVALID, "want a list of names; \"\" for a column that isn't used");
        names[i] = arena_text(m->arena, json_string(name));
    }
    m->says.table.names = names;
    m->says.table.name_count = count;
    return DONE;
}

static fallible zone_take(struct import_map *m, struct json j, struct err *e)
{
    return zone_create(json_string(j), &m->ways.zone, e);
}

static fallible dates_take(struct import_map *m, struct json j, struct err *e)
{
    bool day_first = bytes_equal(json_string(j), BYTES_LIT("dmy"));
    if (!day_first && !bytes_equal(json_string(j), BYTES_LIT("mdy")))
        return FAIL(e, INVALID, "want \"dmy\" or \"mdy\": which comes first where the year comes last");
    m->ways.order = day_first ? ORDER_DAY_FIRST : ORDER_MONTH_FIRST;
    return DONE;
}

static fallible texts_read(struct import_map *m, struct json j, const struct bytes **out_texts, size_t *out_count, struct err *e)
{
    struct json text;
    struct bytes *texts = ARENA_ARRAY(m->arena, struct bytes, json_count(j) + 1);
    *out_count = 0;
    for (struct json_walk w = json_items(j); json_item_next(&w, &text);) {
        if (!json_is(text, JSON_STRING))
            return FAIL(e, INVALID, "want a list of texts");
        texts[(*out_count)++] = arena_copy(m->arena, json_string(text));
    }
    *out_texts = texts;
    return json_is(j, JSON_ARRAY) ? DONE : FAIL(e, INVALID, "want a list of texts");
}

static fallible empty_take(struct import_map *m, struct json j, struct err *e)
{
    return texts_read(m, j, &m->ways.empties, &m->ways.empty_count, e);
}

static fallible skip_take(struct import_map *m, struct json j, struct err *e)
{
    struct bytes key;
    struct json value;
    for (struct json_walk w = json_members(j); json_member_next(&w, &key, &value);) {
        if (m->says.skip_count == IMPORT_SKIPS_MAX)
            return FAIL(e, LIMIT, "at most %u columns", IMPORT_SKIPS_MAX);
        struct import_skip *skip = &m->says.skips[m->says.skip_count++];
        skip->column = arena_copy(m->arena, key);
        TRY(texts_read(m, value, &skip->texts, &skip->count, e));
    }
    return json_is(j, JSON_OBJECT) ? DONE : FAIL(e, INVALID, "want {\"Column\": [\"text\", …]}: rows that aren't to be read");
}

static fallible group_take(struct import_map *m, struct json j, struct err *e)
{
    m->says.group = text_of(m, j);
    return m->says.group == NULL ? FAIL(e, INVALID, "want a column: neighbouring rows with the same text are one value") : DONE;
}

static fallible join_read(struct import_map *m, struct json j, struct err *e)
{
    static const char *const known[] = {"file", "key", "own", "prefix", "every"};
    struct bytes key;
    struct json value;
    if (m->says.join_count == IMPORT_JOINS_MAX)
        return FAIL(e, LIMIT, "at most %u files", IMPORT_JOINS_MAX);
    for (struct json_walk w = json_members(j); json_member_next(&w, &key, &value);) {
        size_t i = 0;
        while (i < COUNT_OF(known) && !bytes_equal(bytes_of_text(known[i]), key))
            i++;
        if (i == COUNT_OF(known))
            return FAIL(e, INVALID, "there is no member \"%.*s\": want file, key, own, prefix or every", BYTES_ARG(key));
    }
    struct import_join *join = &m->says.joins[m->says.join_count++];
    join->file = text_of(m, json_find(j, BYTES_LIT("file")));
    join->key = text_of(m, json_find(j, BYTES_LIT("key")));
    join->own = text_of(m, json_find(j, BYTES_LIT("own")));
    join->prefix = text_of(m, json_find(j, BYTES_LIT("prefix")));
    (void)json_bool(json_find(j, BYTES_LIT("every")), &join->every);
    if (join->file == NULL || join->key == NULL)
        return FAIL(e, INVALID, "want a \"file\" and the \"key\", a column of both files");
    join->own = join->own == NULL ? join->key : join->own;
    join->prefix = join->prefix == NULL ? "" : join->prefix;
    return DONE;
}

static fallible join_take(struct import_map *m, struct json j, struct err *e)
{
    struct json item;
    if (!json_is(j, JSON_ARRAY))
        return join_read(m, j, e);
    for (struct json_walk w = json_items(j); json_item_next(&w, &item);)
        TRY(join_read(m, item, e));
    return DONE;
}

/* What is put by it is an object, or nothing: a choice in its place chooses among such. */
static bool makes_object(struct json j)
{
    struct json first = json_find(j, BYTES_LIT("$first")), item;
    struct bytes key;
    bool is_choice = !json_is(json_find(j, BYTES_LIT("$case")), JSON_ABSENT);
    if (!json_is(j, JSON_OBJECT) || !json_is(json_find(j, BYTES_LIT("$rows")), JSON_ABSENT) || !json_is(json_find(j, BYTES_LIT("$latest")), JSON_ABSENT))
        return false;
    for (struct json_walk w = json_items(first); json_item_next(&w, &item);)
        if (!makes_object(item))
            return false;
    for (struct json_walk w = json_members(j); is_choice && json_member_next(&w, &key, &item);)
        if (!bytes_equal(key, BYTES_LIT("$case")) && !json_is(item, JSON_NULL) && !makes_object(item))
            return false;
    return true;
}

/* The templates are made when the columns are known; here only how many there are. */
static fallible value_take(struct import_map *m, struct json j, struct err *e)
{
    struct json item;
    size_t count = json_is(j, JSON_ARRAY) ? json_count(j) : 1;
    bool good = json_is(j, JSON_ARRAY) || makes_object(j);
    for (struct json_walk w = json_items(j); json_item_next(&w, &item);)
        good &= makes_object(item);
    if (!good)
        return FAIL(e, INVALID, "want an object, or a list of them: what a row becomes");
    m->value_count += count;
    return m->value_count <= IMPORT_VALUES_MAX ? DONE : FAIL(e, LIMIT, "a row becomes at most %u values", IMPORT_VALUES_MAX);
}

static const struct {
    const char *name;
    member_read take;
} members[] = {
    {"source", source_take}, {"delimiter", delimiter_take}, {"encoding", encoding_take}, {"sheet", sheet_take},
    {"header", header_take}, {"columns", columns_take},     {"zone", zone_take},         {"dates", dates_take},
    {"empty", empty_take},   {"skip", skip_take},           {"group", group_take},       {"join", join_take},
    {"event", value_take},   {"order", value_take},         {"thing", value_take},       {"relation", value_take},
    {"listing", value_take}, {"about", words_take},
};

static_assert(COUNT_OF(members) <= 32, "a bit for each");

static fallible known_take(struct import_map *m, size_t member, struct json value, struct err *e)
{
    uint32_t bit = UINT32_C(1) << member;
    if ((m->said & bit) != 0)
        return FAIL(e, INVALID, "it is said twice");
    m->said |= bit;
    return members[member].take(m, value, e);
}

static fallible member_take(struct import_map *m, struct bytes key, struct json value, struct err *e)
{
    for (size_t i = 0; i < COUNT_OF(members); i++)
        if (bytes_equal(bytes_of_text(members[i].name), key))
            return WRAP(e, known_take(m, i, value, e), "\"%s\"", members[i].name);
    const char *near = nearest_name(key, members, COUNT_OF(members), sizeof *members);
    return FAIL(e, INVALID, "there is no member \"%.*s\"; the nearest is \"%s\"", BYTES_ARG(key), near);
}

static fallible map_read(struct import_map *m, struct bytes text, struct err *e)
{
    struct bytes key;
    struct json value;
    TRY(json_parse(m->parser, arena_copy(m->arena, text), &m->root, e));
    if (!json_is(m->root, JSON_OBJECT))
        return FAIL(e, INVALID, "a map is an object");
    for (struct json_walk w = json_members(m->root); json_member_next(&w, &key, &value);)
        TRY(member_take(m, key, value, e));
    if (m->value_count == 0)
        return FAIL(e, INVALID, "want an \"event\", \"order\", \"thing\" or \"relation\": what a row becomes");
    if (m->says.table.delimiter == '|' && m->says.table.encoding != ENCODING_UTF8) /* there it may be half a character */
        return FAIL(e, INVALID, "\"delimiter\": only what is said to be in UTF-8 can be parted by \"|\"");
    return m->ways.zone != NULL ? DONE : zone_create(BYTES_LIT(ZONE_UNSAID), &m->ways.zone, e);
}

fallible import_map_create(struct bytes text, struct import_map **out_map, struct err *e)
{
    struct import_map *m = calloc(1, sizeof *m);
    if (m == NULL)
        abort();
    m->arena = arena_create(4096);
    m->parser = json_parser_create(MAP_BYTES_MAX);
    if (m->parser == NULL)
        abort();
    struct status status = WRAP(e, map_read(m, text, e), "the map");
    if (failed(status)) {
        import_map_destroy(m);
        return status;
    }
    *out_map = m;
    return DONE;
}

fallible import_map_load(const char *path, struct import_map **out_map, struct err *e)
{
    struct buf text;
    uint8_t piece[4096];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return FAIL(e, NOT_FOUND, "%s: %s", path, strerror(errno));
    buf_init(&text, MAP_BYTES_MAX);
    for (size_t size; (size = fread(piece, 1, sizeof piece, file)) > 0;)
        buf_push(&text, bytes_of(piece, size));
    (void)fclose(file);
    struct status status = text.overflowed ? FAIL(e, LIMIT, "%s: a map is under 1 MiB", path)
                                           : WRAP(e, import_map_create(buf_bytes(&text), out_map, e), "%s", path);
    buf_fini(&text);
    return status;
}

void import_map_destroy(struct import_map *m)
{
    if (m == NULL)
        return;
    zone_destroy(m->ways.zone);
    json_parser_destroy(m->parser);
    arena_destroy(m->arena);
    free(m);
}

const struct import_map_says *import_map_says(const struct import_map *m)
{
    return &m->says;
}

/* --- columns that are named --- */

static bool is_of_join(const struct import_map *m, const char *name)
{
    for (size_t i = 0; i < m->says.join_count; i++)
        if (m->says.joins[i].prefix[0] != 0 && strncmp(name, m->says.joins[i].prefix, strlen(m->says.joins[i].prefix)) == 0)
            return true;
    return false;
}

const char *const *import_map_members(struct import_map *m, const struct import_join *join, size_t *out_count)
{
    size_t named, count = 0, prefix = join == NULL ? 0 : strlen(join->prefix);
    const char **names = template_names(m->root, m->arena, &named);
    const char **own = ARENA_ARRAY(m->arena, const char *, named + IMPORT_SKIPS_MAX + IMPORT_JOINS_MAX + 2);
    for (size_t i = 0; i < named; i++)
        if (join == NULL ? !is_of_join(m, names[i]) : strncmp(names[i], join->prefix, prefix) == 0)
            own[count++] = names[i] + prefix;
    if (join != NULL)
        own[count++] = join->key;
    for (size_t i = 0; join == NULL && i < m->says.join_count; i++)
        own[count++] = m->says.joins[i].own;
    for (size_t i = 0; join == NULL && i < m->says.skip_count; i++)
        own[count++] = arena_text(m->arena, m->says.skips[i].column);
    if (join == NULL && m->says.group != NULL)
        own[count++] = m->says.group;
    *out_count = count;
    return own;
}

/* The member of that name, here or, through lists and choices, below; absent: there is none. */
static struct json member_below(struct json from, struct bytes name)
{
    struct json found = json_find(from, name), value;
    struct bytes key;
    for (struct json_walk w = json_members(from); json_is(found, JSON_ABSENT) && json_member_next(&w, &key, &value);)
        found = member_below(value, name);
    for (struct json_walk w = json_items(from); json_is(found, JSON_ABSENT) && json_item_next(&w, &value);)
        found = member_below(value, name);
    return found;
}

/* What stands before the next colon, without blanks around it and numbers of items behind it; no bytes: what follows is no place. */
static struct bytes step_next(struct bytes *words)
{
    while (words->size > 0 && words->data[0] == ' ')
        *words = bytes_slice(*words, 1, words->size);
    const uint8_t *colon = words->size == 0 ? NULL : memchr(words->data, ':', words->size);
    if (colon == NULL || memchr(words->data, ' ', (size_t)(colon - words->data)) != NULL)
        return BYTES_NONE;
    struct bytes step = bytes_slice(*words, 0, (size_t)(colon - words->data));
    const uint8_t *bracket = step.size < 2 ? NULL : memchr(step.data + 1, '[', step.size - 1);
    *words = bytes_slice(*words, step.size + 1, words->size);
    return bracket == NULL ? step : bytes_slice(step, 0, (size_t)(bracket - step.data));
}

struct bytes import_map_column_at(const struct import_map *m, enum import_target target, struct bytes words, struct arena *a)
{
    struct json at = json_find(m->root, bytes_of_text(import_targets[target].name)), below;
    size_t steps = 0, count;
    for (struct bytes step; (step = step_next(&words)).size > 0;) {
        below = member_below(at, step);
        if (json_is(below, JSON_ABSENT))
            continue; /* an item's number or name */
        at = below;
        steps++;
    }
    const char **names = template_names(at, a, &count);
    return steps > 0 && count == 1 ? bytes_of_text(names[0]) : BYTES_NONE;
}

/* --- templates --- */

static fallible template_add(struct import_map *m, enum import_target target, struct json from, const struct template_columns *columns,
                             struct err *e)
{
    struct template *made;
    TRY(WRAP(e, template_create(from, columns, &m->ways, m->arena, &made, e), "the map: \"%s\"", import_targets[target].name));
    m->values[m->value_count++] = (struct import_value){target, made};
    return DONE;
}

fallible import_map_columns(struct import_map *m, const struct bytes *names, size_t count, struct err *e)
{
    if (count > IMPORT_COLUMNS_MAX)
        return FAIL(e, LIMIT, "more than %u columns", IMPORT_COLUMNS_MAX);
    struct bytes *kept = ARENA_ARRAY(m->arena, struct bytes, count + 1);
    for (size_t i = 0; i < count; i++)
        kept[i] = arena_copy(m->arena, names[i]);
    struct template_columns columns = {kept, count};
    m->value_count = 0;
    for (int i = 0; i < TARGET_COUNT; i++) {
        struct json from = json_find(m->root, bytes_of_text(import_targets[i].name)), item;
        if (json_is(from, JSON_OBJECT))
            TRY(template_add(m, (enum import_target)i, from, &columns, e));
        for (struct json_walk w = json_items(from); json_item_next(&w, &item);)
            TRY(template_add(m, (enum import_target)i, item, &columns, e));
    }
    return DONE;
}

const struct import_value *import_map_values(const struct import_map *m, size_t *out_count)
{
    *out_count = m->value_count;
    return m->values;
}
