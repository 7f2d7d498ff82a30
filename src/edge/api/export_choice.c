#include "edge/api/export_choice.h"

#include <string.h>

#include "edge/api/api.h"
#include "edge/api/audience.h"
#include "edge/api/profile_print.h"
#include "edge/scope.h"

#define PROFILE_BYTES_MAX ((size_t)4 << 20)

static size_t names_count(struct bytes list)
{
    size_t count = list.size > 0;
    for (size_t i = 0; i < list.size; i++)
        count += list.data[i] == ',';
    return count;
}

static bool is_among(const struct bytes *names, size_t count, struct bytes name)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(names[i], name))
            return true;
    return false;
}

/* "a,b" */
static fallible names_read(struct bytes list, const char *what, struct arena *arena, struct bytes **out_names,
                           size_t *out_count, struct err *e)
{
    struct bytes *names = ARENA_ARRAY(arena, struct bytes, names_count(list) + 1);
    size_t count = 0;
    while (list.size > 0) {
        const uint8_t *comma = memchr(list.data, ',', list.size);
        size_t end = comma == NULL ? list.size : (size_t)(comma - list.data);
        struct bytes name = arena_copy(arena, bytes_slice(list, 0, end));
        list = bytes_slice(list, comma == NULL ? end : end + 1, list.size);
        if (name.size == 0 || is_among(names, count, name))
            return FAIL(e, INVALID, "%s: '%.*s' is empty, or there twice", what, BYTES_ARG(name));
        names[count++] = name;
    }
    *out_names = names;
    *out_count = count;
    return DONE;
}

static struct export_column column_of(const char *path, struct bytes name, struct arena *a)
{
    const char *text = arena_text(a, name);
    return (struct export_column){
        .name = text, .zh = text, .path = path, .member = "name", .is = text, .then = "value"};
}

static void columns_make(struct export_choice *c, struct arena *a)
{
    static const struct export_column fixed[] = {
        {"id", "公开编号", "id", NULL, NULL, NULL, false},
        {"number", "编号", "number", NULL, NULL, NULL, false},
        {"phone", "手机号", "identifiers", "type", "phone", "value", false},
        {"email", "邮箱", "identifiers", "type", "email", "value", false},
    };
    struct export_column *columns = ARENA_ARRAY(a, struct export_column,
                                                COUNT_OF(fixed) + c->trait_count + c->tag_count);
    size_t count = COUNT_OF(fixed);
    memcpy(columns, fixed, sizeof fixed);
    for (size_t i = 0; i < c->trait_count; i++)
        columns[count++] = column_of("traits", c->traits[i], a);
    for (size_t i = 0; i < c->tag_count; i++)
        columns[count++] = column_of("tags", c->tags[i], a);
    c->kind = export_kinds[EXPORT_PEOPLE];
    c->kind.columns = columns;
    c->kind.column_count = count;
}

fallible export_choice_read(struct bytes traits, struct bytes tags, struct arena *arena,
                            const struct export_choice **out_choice, struct err *e)
{
    struct export_choice *c = ARENA_NEW(arena, struct export_choice);
    if (names_count(traits) + names_count(tags) > EXPORT_CHOSEN_MAX)
        return FAIL(e, LIMIT, "at most %u traits and tags are exported at once", EXPORT_CHOSEN_MAX);
    TRY(names_read(traits, "traits", arena, &c->traits, &c->trait_count, e));
    TRY(names_read(tags, "tags", arena, &c->tags, &c->tag_count, e));
    columns_make(c, arena);
    *out_choice = c;
    return DONE;
}

/* --- a row --- */

/* Of the profile, so what is seen and masked is what everybody else is told. */
static void profile_put(const struct export_choice *c, struct json profile, struct json_writer *w)
{
    static const char *const whole[] = {"id", "number", "identifiers"};
    struct json trait;
    for (size_t i = 0; i < COUNT_OF(whole); i++) {
        json_key(w, whole[i]);
        json_put(w, json_find(profile, bytes_of_text(whole[i])));
    }
    json_key(w, "traits");
    json_array_begin(w);
    for (struct json_walk walk = json_items(json_find(profile, BYTES_LIT("traits"))); json_item_next(&walk, &trait);) {
        struct bytes name = json_string(json_find(trait, BYTES_LIT("name")));
        if (!is_among(c->traits, c->trait_count, name))
            continue;
        json_object_begin(w);
        member_bytes(w, "name", name);
        json_key(w, "value");
        json_put(w, json_find(trait, BYTES_LIT("value")));
        json_object_end(w);
    }
    json_array_end(w);
}

static void tag_put(const struct request *r, const struct view *v, uint32_t person, struct bytes name,
                    struct json_writer *w)
{
    struct audience a;
    if (!audience_find(v, AUDIENCE_TAG, name, &a) || a.rule == RULE_NONE || !scope_sees_audience(r->token, v, a.brand))
        return;
    struct rule_value value = rule_says(v, person, a.rule);
    if (!value.is_known)
        return;
    json_object_begin(w);
    member_bytes(w, "name", name);
    audience_put_value(r, v, "value", &value, w);
    json_object_end(w);
}

void export_choice_put(const struct export_choice *c, struct request *r, const struct view *v, uint32_t person,
                       struct json_parser *parser, struct json_writer *w)
{
    struct buf text;
    struct json_writer inner;
    struct json profile;
    buf_init(&text, PROFILE_BYTES_MAX);
    json_writer_init(&inner, &text, false);
    json_object_begin(&inner);
    put_profile(r, v, person, &inner);
    json_object_end(&inner);
    if (done(json_parse(parser, buf_bytes(&text), &profile, NULL)))
        profile_put(c, profile, w);
    buf_fini(&text);
    json_key(w, "tags");
    json_array_begin(w);
    for (size_t i = 0; i < c->tag_count; i++)
        tag_put(r, v, person, c->tags[i], w);
    json_array_end(w);
}
