/* Definitions out of files and answers. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/app.h"
#include "app/apply/apply.h"
#include "app/import/input.h"
#include "base/time.h"
#include "lib/nearest.h"

#define WORDS_MAX 128u
#define NUMBER_SCALE_MAX 9

struct reader {
    struct definitions *all;
    struct definition *definition; /* being read */
    const char *file;              /* NULL: an answer of the daemon */
    struct bytes text;             /* of the file */
    const uint8_t *at;             /* in it: what was looked at last */
};

/* --- places --- */

static bool is_inside(const struct reader *r, const uint8_t *at)
{
    return at != NULL && at >= r->text.data && at < r->text.data + r->text.size;
}

/* A text with escapes lies elsewhere: then the place stays the one before. */
static void look_at(struct reader *r, struct json j)
{
    const uint8_t *at = json_is(j, JSON_STRING) ? json_string(j).data : json_raw(j).data;
    if (is_inside(r, at))
        r->at = at;
}

static uint64_t line_of(const struct reader *r)
{
    uint64_t line = 1;
    for (const uint8_t *at = r->text.data; at < r->at; at++)
        line += *at == '\n';
    return line;
}

/* --- one canonical form --- */

static int by_bytes(const void *a, const void *b)
{
    const struct bytes *x = a, *y = b;
    return bytes_compare(*x, *y);
}

static void canon_put(struct json_writer *w, struct json j, struct arena *a);

/* Members by name. */
static void canon_object(struct json_writer *w, struct json j, struct arena *a)
{
    size_t count = 0, room = json_count(j);
    struct bytes *keys = ARENA_ARRAY(a, struct bytes, room + 1), key;
    struct json value;
    for (struct json_walk m = json_members(j); json_member_next(&m, &key, &value);)
        keys[count++] = key;
    qsort(keys, count, sizeof *keys, by_bytes);
    json_object_begin(w);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && bytes_equal(keys[i], keys[i - 1]))
            continue; /* said twice: json_find has the last, as the daemon does */
        json_key_bytes(w, keys[i]);
        canon_put(w, json_find(j, keys[i]), a);
    }
    json_object_end(w);
}

/* Numbers without zeroes that say nothing, texts with the fewest escapes. */
static void canon_put(struct json_writer *w, struct json j, struct arena *a)
{
    struct json_decimal number;
    struct json item;
    if (json_is(j, JSON_OBJECT)) {
        canon_object(w, j, a);
    } else if (json_is(j, JSON_ARRAY)) {
        json_array_begin(w);
        for (struct json_walk m = json_items(j); json_item_next(&m, &item);)
            canon_put(w, item, a);
        json_array_end(w);
    } else if (json_is(j, JSON_NUMBER) && json_decimal(j, NUMBER_SCALE_MAX, &number)) {
        json_put_decimal(w, number);
    } else {
        json_put(w, j);
    }
}

static struct bytes canon_of(struct json j, struct arena *a)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, DEFINITION_FILE_BYTES_MAX);
    json_writer_init(&w, &b, false);
    canon_put(&w, j, a);
    struct bytes kept = arena_copy(a, buf_bytes(&b));
    buf_fini(&b);
    return kept;
}

static struct bytes canon_texts(struct json list, bool in_order, struct arena *a)
{
    size_t count = 0;
    struct bytes *texts = ARENA_ARRAY(a, struct bytes, json_count(list) + 1);
    struct buf b;
    struct json_writer w;
    struct json item;
    for (struct json_walk m = json_items(list); json_item_next(&m, &item);)
        texts[count++] = json_string(item);
    if (!in_order)
        qsort(texts, count, sizeof *texts, by_bytes);
    buf_init(&b, DEFINITION_FILE_BYTES_MAX);
    json_writer_init(&w, &b, false);
    json_array_begin(&w);
    for (size_t i = 0; i < count; i++)
        if (in_order || i == 0 || !bytes_equal(texts[i], texts[i - 1]))
            json_put_string(&w, texts[i]);
    json_array_end(&w);
    struct bytes kept = arena_copy(a, buf_bytes(&b));
    buf_fini(&b);
    return kept;
}

static struct bytes canon_text(const char *text, struct arena *a)
{
    struct buf b = arena_buf(a, 2 * strlen(text) + 2); /* none that comes here has more escapes */
    struct json_writer w;
    json_writer_init(&w, &b, false);
    json_put_text(&w, text);
    return buf_bytes(&b);
}

/* --- parts --- */

static void part_add(struct reader *r, struct part part)
{
    struct definition *d = r->definition;
    if (d->part_count == d->part_room) {
        d->part_room = d->part_room == 0 ? 16 : 2 * d->part_room;
        struct part *more = ARENA_ARRAY(r->all->arena, struct part, d->part_room);
        if (d->part_count > 0)
            memcpy(more, d->parts, d->part_count * sizeof *more);
        d->parts = more;
    }
    d->parts[d->part_count++] = part;
}

static fallible word_check(const struct definition_member *m, struct bytes text, struct err *e)
{
    const char *words[WORDS_MAX];
    size_t count = 0;
    for (const char *word; m->word != NULL && (word = m->word(count)) != NULL; count++) {
        assert(count < WORDS_MAX);
        if (bytes_equal(bytes_of_text(word), text))
            return DONE;
        words[count] = word;
    }
    if (m->word == NULL)
        return DONE;
    return FAIL(e, INVALID, either("%s: there is no '%.*s'; the nearest is '%s'", "%s:没有 '%.*s',最接近的是 '%s'"),
                m->name, BYTES_ARG(text), nearest_name(text, words, count, sizeof *words));
}

static fallible texts_check(struct reader *r, const struct definition_member *m, struct json list, struct err *e)
{
    struct json item;
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);) {
        look_at(r, item);
        if (!json_is(item, JSON_STRING))
            return FAIL(e, INVALID, either("%s: want a list of texts", "%s:应为文本列表"), m->name);
        if (r->file != NULL)
            TRY(word_check(m, json_string(item), e));
    }
    return DONE;
}

static enum json_kind kind_of_shape(enum member_shape shape)
{
    static const enum json_kind kinds[] = {
        [SHAPE_TEXT] = JSON_STRING, [SHAPE_TIME] = JSON_STRING,  [SHAPE_NUMBER] = JSON_NUMBER,
        [SHAPE_LIST] = JSON_ARRAY,  [SHAPE_SET] = JSON_ARRAY,    [SHAPE_OPEN] = JSON_OBJECT,
        [SHAPE_NAMED] = JSON_ARRAY, [SHAPE_SECRET] = JSON_STRING};
    return kinds[shape];
}

static fallible shape_check(const struct definition_member *m, struct json value, struct err *e)
{
    bool flag, good = m->shape == SHAPE_BOOL ? json_bool(value, &flag) : json_is(value, kind_of_shape(m->shape));
    static const char *const en[] = {"a text",    "a time", "true or false",         "a number", "a list", "a list",
                                     "an object", "a list", "the name of a variable"},
                             *const zh[] = {"文本", "时间", "true 或 false", "数值",      "列表",
                                            "列表", "对象", "列表",          "环境变量名"};
    if (good)
        return DONE;
    return FAIL(e, INVALID, either("%s: want %s, this is %s", "%s:应为%s,此处为 %s"), m->name,
                either(en[m->shape], zh[m->shape]), json_kind_name(json_kind(value)));
}

static fallible bounds_check(const struct definition_member *m, struct json value, struct err *e)
{
    uint64_t number;
    if (m->most == 0 || (json_uint64(value, &number) && number >= m->least && number <= m->most))
        return DONE;
    return FAIL(e, INVALID, either("%s: want a whole number from %llu to %llu", "%s:应为 %llu 到 %llu 的整数"), m->name,
                (unsigned long long)m->least, (unsigned long long)m->most);
}

/* As the daemon tells times. */
static fallible time_canon(const struct definition_member *m, struct json value, struct arena *a,
                           struct bytes *out_json, struct err *e)
{
    int64_t us;
    char text[TIME_TEXT_BYTES];
    TRY(WRAP(e, time_parse(json_string(value), &us, e), "%s", m->name));
    *out_json = canon_text(time_format(us, text), a);
    return DONE;
}

static fallible members_take(struct reader *r, const struct definition_member *outer, struct bytes item,
                             struct json object, struct json head, struct err *e);

static void open_take(struct reader *r, const struct definition_member *m, struct json object)
{
    struct bytes key;
    struct json value;
    for (struct json_walk w = json_members(object); json_member_next(&w, &key, &value);)
        if (r->file != NULL || !json_is(value, JSON_NULL))
            part_add(r, (struct part){.member = m,
                                      .item = arena_copy(r->all->arena, key),
                                      .json = canon_of(value, r->all->arena)});
}

static fallible named_take(struct reader *r, const struct definition_member *m, struct json list, struct err *e)
{
    struct json item;
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);) {
        struct bytes name = json_string(json_find(item, BYTES_LIT("name")));
        look_at(r, item);
        if (name.size == 0)
            return FAIL(e, INVALID, either("%s: each is an object with a \"name\"", "%s:每项应为带 \"name\" 的对象"),
                        m->name);
        if (m->only_where != NULL && json_is(json_find(item, bytes_of_text(m->only_where)), JSON_FALSE))
            continue;
        TRY(WRAP(e, members_take(r, m, arena_copy(r->all->arena, name), item, JSON_NOTHING, e), "%s.%.*s", m->name,
                 BYTES_ARG(name)));
    }
    return DONE;
}

static void texts_keep(struct part *p, struct json value, struct arena *a)
{
    struct json item;
    struct bytes *texts = ARENA_ARRAY(a, struct bytes, json_count(value) + 1);
    if (json_is(value, JSON_STRING))
        texts[p->text_count++] = arena_copy(a, json_string(value));
    for (struct json_walk w = json_items(value); json_item_next(&w, &item);)
        texts[p->text_count++] = arena_copy(a, json_string(item));
    p->texts = texts;
}

/* What the daemon has of a secret is whether there is one: the variable of an export is called after the definition. */
static void secret_take(const struct reader *r, struct part *p, struct json value)
{
    struct arena *a = r->all->arena;
    texts_keep(p, value, a);
    if (r->file != NULL) {
        p->json = canon_of(value, a);
        return;
    }
    char *name = arena_printf(a, "KITH_SECRET_%.*s", BYTES_ARG(r->definition->key));
    for (char *at = name; *at != 0; at++)
        *at = *at >= 'a' && *at <= 'z'                                   ? (char)(*at - 'a' + 'A')
              : (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') ? *at
                                                                         : '_';
    p->json = canon_text(name, a);
}

static void expression_take(struct part *p, const char *word, struct json value, struct arena *a)
{
    const char *canonical;
    bool is_one = expression_read(json_string(value), word, a, &canonical, &p->texts, &p->text_count);
    p->json = is_one ? canon_text(canonical, a) : canon_of(value, a);
}

static fallible plain_take(struct reader *r, struct part part, struct json value, struct err *e)
{
    const struct definition_member *m = part.inner != NULL ? part.inner : part.member;
    struct arena *a = r->all->arena;
    if (m->shape == SHAPE_LIST || m->shape == SHAPE_SET) {
        TRY(texts_check(r, m, value, e));
        part.json = canon_texts(value, m->shape == SHAPE_LIST, a);
    } else if (m->shape == SHAPE_TIME) {
        TRY(time_canon(m, value, a, &part.json, e));
    } else if (m->shape == SHAPE_SECRET) {
        secret_take(r, &part, value);
    } else if (m->calls != NULL) {
        expression_take(&part, m->calls, value, a);
    } else {
        if (m->shape == SHAPE_TEXT && r->file != NULL)
            TRY(word_check(m, json_string(value), e));
        part.json = canon_of(value, a);
    }
    if (m->refers && m->calls == NULL)
        texts_keep(&part, value, a);
    part_add(r, part);
    return DONE;
}

/* Nothing is said by null, an empty text or an empty list; in a file that takes back what stands. */
static bool is_nothing(const struct definition_member *m, struct json value)
{
    bool is_texts = m->shape == SHAPE_LIST || m->shape == SHAPE_SET;
    return json_is(value, JSON_NULL) || (json_is(value, JSON_STRING) && json_string(value).size == 0) ||
           (is_texts && json_is(value, JSON_ARRAY) && json_count(value) == 0) ||
           (m->shape == SHAPE_SECRET && json_is(value, JSON_FALSE));
}

static fallible member_take(struct reader *r, struct part part, struct json value, struct err *e)
{
    const struct definition_member *m = part.inner != NULL ? part.inner : part.member;
    bool is_key = m->use == MEMBER_KEY;
    look_at(r, value);
    if (is_nothing(m, value)) {
        if (r->file != NULL && !m->or_null)
            return FAIL(e, INVALID, either("%s: nothing can't be said of it", "%s:不能为空"), m->name);
        if (r->file == NULL && !is_key)
            return DONE;
        part.json = BYTES_LIT("null");
        part_add(r, part);
        return DONE;
    }
    if (r->file != NULL)
        TRY(shape_check(m, value, e));
    if (r->file != NULL)
        TRY(bounds_check(m, value, e));
    if (m->shape == SHAPE_NAMED)
        return named_take(r, m, value, e);
    if (m->shape != SHAPE_OPEN)
        return plain_take(r, part, value, e);
    open_take(r, m, value);
    return DONE;
}

static struct json told_find(const struct definition_member *m, struct json object, struct json head)
{
    struct json value = json_find(object, bytes_of_text(m->told == NULL ? m->name : m->told));
    struct json too = m->told_too == NULL ? JSON_NOTHING : json_find(object, bytes_of_text(m->told_too));
    if (json_is(too, JSON_TRUE))
        return too;
    return json_is(value, JSON_ABSENT) && m->use == MEMBER_KEY ? json_find(head, bytes_of_text(m->name)) : value;
}

/* All members of a definition, or of an item of its member `outer`. */
static fallible members_take(struct reader *r, const struct definition_member *outer, struct bytes item,
                             struct json object, struct json head, struct err *e)
{
    const struct definition_member *rows = outer == NULL ? r->definition->kind->members : outer->inside;
    size_t count = outer == NULL ? r->definition->kind->member_count : outer->inside_count;
    for (size_t i = 0; i < count; i++) {
        const struct definition_member *m = &rows[i];
        struct json value = r->file != NULL ? json_find(object, bytes_of_text(m->name)) : told_find(m, object, head);
        struct part part = {.member = outer == NULL ? m : outer, .inner = outer == NULL ? NULL : m, .item = item};
        if (json_is(value, JSON_ABSENT) && (m->use == MEMBER_KEY || (m->is_needed && r->file != NULL)))
            return FAIL(e, INVALID, either("%s has to be said", "缺少 %s"), m->name);
        if (!json_is(value, JSON_ABSENT))
            TRY(member_take(r, part, value, e));
    }
    return DONE;
}

/* --- what a file may say --- */

static fallible names_check(struct reader *r, const struct definition_member *rows, size_t count, struct json object,
                            struct err *e)
{
    struct bytes key;
    struct json value, item;
    if (!json_is(object, JSON_OBJECT))
        return FAIL(e, INVALID, either("want an object, this is %s", "应为对象,此处为 %s"),
                    json_kind_name(json_kind(object)));
    for (struct json_walk w = json_members(object); json_member_next(&w, &key, &value);) {
        const struct definition_member *m = definition_member_named(rows, count, key);
        if (is_inside(r, key.data))
            r->at = key.data;
        if (m == NULL)
            return FAIL(e, INVALID,
                        either("there is no member '%.*s'; the nearest is '%s'", "没有成员 '%.*s',最接近的是 '%s'"),
                        BYTES_ARG(key), nearest_name(key, rows, count, sizeof *rows));
        if (json_find(object, key).index != value.index)
            return FAIL(e, INVALID, either("%s is said twice", "%s 出现了两次"), m->name);
        for (struct json_walk i = json_items(value); m->shape == SHAPE_NAMED && json_item_next(&i, &item);)
            TRY(WRAP(e, names_check(r, m->inside, m->inside_count, item, e), "%s", m->name));
    }
    return DONE;
}

/* --- a definition --- */

static struct bytes key_of(struct json item, struct json head, const struct definition_kind *kind, struct arena *a)
{
    const char *key = "";
    for (size_t i = 0; i < kind->member_count; i++) {
        if (kind->members[i].use != MEMBER_KEY)
            continue;
        struct bytes text = json_string(told_find(&kind->members[i], item, head));
        if (text.size == 0)
            text = BYTES_LIT("-");
        key = i == 0 ? arena_text(a, text) : arena_printf(a, "%s%c%.*s", key, KEY_SEPARATOR, BYTES_ARG(text));
    }
    return bytes_of_text(key);
}

static int by_place(const void *a, const void *b)
{
    return part_place_compare(a, b);
}

static bool says_something(const struct definition *d)
{
    for (size_t i = 0; i < d->part_count; i++)
        if (d->parts[i].member->use != MEMBER_KEY)
            return true;
    return false;
}

static fallible parts_settle(struct definition *d, struct arena *a, struct err *e)
{
    qsort(d->parts, d->part_count, sizeof *d->parts, by_place);
    for (size_t i = 1; i < d->part_count; i++)
        if (part_place_compare(&d->parts[i - 1], &d->parts[i]) == 0)
            return FAIL(e, INVALID, either("%s is said twice", "%s 出现了两次"), part_path(&d->parts[i], a));
    return DONE;
}

static void bounds_take(struct json item, struct bounds *out_bounds)
{
    struct bounds b;
    if (json_int64(json_find(item, BYTES_LIT("initially")), &b.initially) &&
        json_int64(json_find(item, BYTES_LIT("least")), &b.least) &&
        json_int64(json_find(item, BYTES_LIT("most")), &b.most)) {
        b.are_known = true;
        *out_bounds = b;
    }
}

static void definition_add(struct definitions *all, struct definition made)
{
    if (all->count == all->room) {
        all->room = all->room == 0 ? 64 : 2 * all->room;
        struct definition *more = ARENA_ARRAY(all->arena, struct definition, all->room);
        if (all->count > 0)
            memcpy(more, all->list, all->count * sizeof *more);
        all->list = more;
    }
    all->list[all->count++] = made;
}

static fallible definition_take(struct reader *r, const struct definition_kind *kind, struct json item,
                                struct json head, struct err *e)
{
    struct definition made = {.kind = kind, .file = r->file, .key = key_of(item, head, kind, r->all->arena)};
    enum definition_standing standing = r->file != NULL || kind->standing == NULL ? STANDING_DEFINED
                                                                                  : kind->standing(item);
    struct definitions *all = r->all;
    look_at(r, item);
    if (standing == STANDING_NONE)
        return DONE;
    r->definition = &made;
    made.line = r->file == NULL ? 0 : line_of(r);
    if (r->file != NULL)
        TRY(names_check(r, kind->members, kind->member_count, item, e));
    TRY(members_take(r, NULL, BYTES_NONE, item, head, e));
    TRY(parts_settle(&made, all->arena, e));
    if (r->file == NULL)
        bounds_take(item, &made.bounds);
    made.is_bare = r->file == NULL && (standing == STANDING_BARE || (kind->standing == NULL && !says_something(&made)));
    definition_add(all, made);
    return DONE;
}

fallible definitions_hear(struct definitions *d, const struct definition_kind *kind, struct json answer, struct err *e)
{
    struct reader r = {.all = d};
    struct json item, list = json_find(answer, bytes_of_text(kind->told));
    if (!json_is(list, JSON_ARRAY))
        return FAIL(e, INVALID, either("this daemon tells no %s", "该守护进程未返回 %s"), kind->told);
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);)
        TRY(WRAP(e, definition_take(&r, kind, item, answer, e), "%s", kind->name));
    return DONE;
}

void definitions_add_names(struct definitions *wanted, const struct definitions *standing)
{
    size_t kind_count, count = wanted->count;
    const struct definition_kind *kinds = definition_kinds(&kind_count), *names = kinds;
    while (strcmp(names->name, "names") != 0)
        names++;
    for (size_t i = 0; i < count; i++) {
        const struct definition *d = &wanted->list[i];
        if (d->kind->names == NULL)
            continue;
        struct bytes key = bytes_of_text(
            arena_printf(wanted->arena, "%s%c%.*s", d->kind->names, KEY_SEPARATOR, BYTES_ARG(d->key)));
        struct definitions written = {.arena = wanted->arena, .list = wanted->list, .count = count};
        if (definitions_find(standing, names, key) != NULL || definitions_find(&written, names, key) != NULL)
            continue;
        struct definition name = {.kind = names,
                                  .key = key,
                                  .file = d->file,
                                  .line = d->line,
                                  .parts = ARENA_ARRAY(wanted->arena, struct part, 2),
                                  .part_count = 2};
        assert(d->parts[0].member->use == MEMBER_KEY);
        name.parts[0] = (struct part){.member = &names->members[0], .json = canon_text(d->kind->names, wanted->arena)};
        name.parts[1] = (struct part){.member = &names->members[1], .json = d->parts[0].json};
        definition_add(wanted, name);
    }
}

/* --- files --- */

static fallible list_take(struct reader *r, struct bytes name, struct json list, struct err *e)
{
    size_t count;
    struct json item;
    const struct definition_kind *kinds = definition_kinds(&count), *kind = NULL;
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(bytes_of_text(kinds[i].name), name))
            kind = &kinds[i];
    if (is_inside(r, name.data))
        r->at = name.data;
    if (kind == NULL)
        return FAIL(e, INVALID,
                    either("there are no definitions called '%.*s'; the nearest is '%s'",
                           "没有名为 '%.*s' 的定义,最接近的是 '%s'"),
                    BYTES_ARG(name), nearest_name(name, kinds, count, sizeof *kinds));
    if (!json_is(list, JSON_ARRAY))
        return FAIL(e, INVALID, either("%s: want a list, this is %s", "%s:应为列表,此处为 %s"), kind->name,
                    json_kind_name(json_kind(list)));
    r->all->kinds_named |= UINT64_C(1) << (kind - kinds);
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);) {
        struct bytes shown = json_string(json_find(item, BYTES_LIT("name")));
        TRY(WRAP(e, definition_take(r, kind, item, JSON_NOTHING, e), "%s%s%.*s", kind->name, shown.size > 0 ? " " : "",
                 BYTES_ARG(shown)));
    }
    return DONE;
}

fallible definitions_read(struct definitions *d, const char *file, struct bytes text, struct json_parser *parser,
                          struct err *e)
{
    struct json root, list;
    struct bytes name;
    struct reader r = {.all = d, .file = file, .text = text, .at = text.data};
    TRY(WRAP(e, json_parse(parser, text, &root, e), "%s", file));
    if (!json_is(root, JSON_OBJECT))
        return FAIL(e, INVALID,
                    either("%s:1: want an object of lists, this is %s", "%s:1:应为由列表组成的对象,此处为 %s"), file,
                    json_kind_name(json_kind(root)));
    for (struct json_walk w = json_members(root); json_member_next(&w, &name, &list);) {
        struct status status = list_take(&r, name, list, e);
        if (failed(status))
            return WRAP(e, status, "%s:%llu", file, (unsigned long long)line_of(&r));
    }
    return DONE;
}

static fallible text_take(struct input *in, struct buf *text, struct err *e)
{
    struct bytes piece;
    do {
        TRY(input_next(in, &piece, e));
        buf_push(text, piece);
    } while (piece.size > 0 && !text->overflowed);
    return text->overflowed ? FAIL(e, LIMIT, "%s", either("a file is under 16 MiB", "文件须小于 16 MiB")) : DONE;
}

static fallible file_load(struct definitions *d, const char *path, struct err *e)
{
    struct buf text;
    struct input *in;
    TRY(input_open(path, &in, e));
    buf_init(&text, DEFINITION_FILE_BYTES_MAX);
    struct status status = WRAP(e, text_take(in, &text, e), "%s", path);
    input_close(in);
    struct json_parser *parser = json_parser_create(DEFINITION_FILE_BYTES_MAX);
    if (done(status))
        status = parser == NULL ? FAIL(e, FULL, "%s", either("no memory", "内存不足"))
                                : definitions_read(d, path, buf_bytes(&text), parser, e);
    json_parser_destroy(parser);
    buf_fini(&text);
    return status;
}

static int is_json_file(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return entry->d_name[0] != '.' && dot != NULL && strcmp(dot, ".json") == 0;
}

static int by_file_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* the same order in every locale */
}

fallible definitions_load(struct definitions *d, const char *path, struct err *e)
{
    struct stat about;
    struct dirent **entries;
    if (stat(path, &about) != 0)
        return FAIL(e, NOT_FOUND, "%s: %s", path, strerror(errno));
    if (!S_ISDIR(about.st_mode))
        return file_load(d, path, e);
    int count = scandir(path, &entries, is_json_file, by_file_name);
    if (count < 0)
        return FAIL(e, IO, "%s: %s", path, strerror(errno));
    struct status status = count > 0 ? DONE
                                     : FAIL(e, NOT_FOUND,
                                            either("%s: there is no .json file in it", "%s:其中没有 .json 文件"), path);
    for (int i = 0; i < count; i++) {
        if (done(status))
            status = file_load(d, arena_printf(d->arena, "%s/%s", path, entries[i]->d_name), e);
        free(entries[i]);
    }
    free(entries);
    return status;
}
