/* What a definition says beside its expression, as bodies say it and answers tell it: lists, groups, declared values, category, last day. */
#include "edge/api/api.h"
#include "edge/api/audience.h"
#include "lib/pack.h"
#include "lib/value.h"

/* --- read --- */

static fallible value_kind_read(struct json from, enum list_value *out_value, struct err *e)
{
    struct bytes word = json_string(from);
    *out_value = LIST_HOLDS;
    if (word.size == 0)
        return DONE;
    for (enum list_value value = LIST_HOLDS; value < LIST_VALUE_COUNT; value++) {
        if (!bytes_equal(word, bytes_of_text(list_value_names[value])))
            continue;
        *out_value = value;
        return DONE;
    }
    return FAIL(e, INVALID, "list: value: want none, text, number or time");
}

/* {}, {"value":"text","lasts_days":90}; false says the same as nothing. */
static fallible list_read(struct json from, struct audience *io_said, struct err *e)
{
    static const struct body_member members[] = {{"value", BODY_TEXT, true}, {"lasts_days", BODY_COUNT, true}};
    uint64_t days = 0;
    if (json_is(from, JSON_ABSENT) || json_is(from, JSON_NULL))
        return DONE;
    if (!json_is(from, JSON_OBJECT))
        return FAIL(e, INVALID, "list: want an object, {} for a list without values");
    TRY(WRAP(e, members_check(from, BODY_MEMBERS(members), e), "list"));
    io_said->content = AUDIENCE_LIST;
    TRY(value_kind_read(json_find(from, BYTES_LIT("value")), &io_said->value, e));
    (void)json_uint64(json_find(from, BYTES_LIT("lasts_days")), &days);
    if (days > LIST_LASTS_DAYS_MAX)
        return FAIL(e, LIMIT, "list: lasts_days: at most %u", LIST_LASTS_DAYS_MAX);
    io_said->lasts_days = (uint32_t)days;
    return DONE;
}

static fallible tags_read(struct request *r, struct json from, struct audience *io_said, struct err *e)
{
    struct buf names = arena_buf(request_arena(r), AUDIENCE_TEXT_BYTES_MAX);
    struct json item;
    if (json_is(from, JSON_ABSENT) || json_is(from, JSON_NULL))
        return DONE;
    if (!json_is(from, JSON_ARRAY) || io_said->content == AUDIENCE_LIST)
        return FAIL(e, INVALID, "tags: want the names of a group's tags, the first of which goes before the others");
    io_said->content = AUDIENCE_GROUP;
    for (struct json_walk w = json_items(from); json_item_next(&w, &item);) {
        if (json_string(item).size == 0)
            return FAIL(e, INVALID, "tags: want names");
        pack_bytes(&names, json_string(item));
    }
    io_said->members = buf_bytes(&names);
    return names.overflowed ? FAIL(e, LIMIT, "tags: at most %u", AUDIENCE_GROUP_MAX) : DONE;
}

/* A value as a key, and what it is called. Of a rule it is a text. */
static fallible level_read(struct request *r, struct bytes key, struct json from, const struct audience *said,
                           struct buf *out, struct err *e)
{
    static const struct body_member members[] = {{"label_zh", BODY_TEXT, true}, {"label_en", BODY_TEXT, true}};
    enum list_value kind = said->content == AUDIENCE_LIST ? said->value : LIST_TEXT;
    struct audience_level level;
    if (!json_is(from, JSON_OBJECT))
        return FAIL(e, INVALID, "want an object: label_zh, label_en");
    TRY(members_check(from, BODY_MEMBERS(members), e));
    TRY(listing_value_read(kind, key, request_arena(r), &level.value, e));
    level.label_zh = json_string(json_find(from, BYTES_LIT("label_zh")));
    level.label_en = json_string(json_find(from, BYTES_LIT("label_en")));
    audience_level_pack(&level, out);
    return DONE;
}

static fallible levels_read(struct request *r, struct json from, struct audience *io_said, struct err *e)
{
    struct buf levels = arena_buf(request_arena(r), LIST_LEVELS_BYTES_MAX);
    struct json item;
    struct bytes key;
    if (json_is(from, JSON_ABSENT) || json_is(from, JSON_NULL))
        return DONE;
    if (!json_is(from, JSON_OBJECT))
        return FAIL(e, INVALID, "values: want an object: {\"dry\": {\"label_zh\": …, \"label_en\": …}}");
    for (struct json_walk w = json_members(from); json_member_next(&w, &key, &item);)
        TRY(WRAP(e, level_read(r, key, item, io_said, &levels, e), "values: %.*s", BYTES_ARG(key)));
    io_said->levels = buf_bytes(&levels);
    return levels.overflowed ? FAIL(e, LIMIT, "values: at most %u bytes in all", LIST_LEVELS_BYTES_MAX) : DONE;
}

fallible audience_content_read(struct request *r, struct json root, struct audience *io_said, struct err *e)
{
    struct arena *a = request_arena(r);
    io_said->category = arena_copy(a, json_string(json_find(root, BYTES_LIT("category"))));
    io_said->until = arena_copy(a, json_string(json_find(root, BYTES_LIT("until"))));
    TRY(list_read(json_find(root, BYTES_LIT("list")), io_said, e));
    TRY(tags_read(r, json_find(root, BYTES_LIT("tags")), io_said, e));
    return levels_read(r, json_find(root, BYTES_LIT("values")), io_said, e);
}

/* --- told --- */

static void put_list(const struct audience *a, struct json_writer *w)
{
    json_key(w, "list");
    if (a->content != AUDIENCE_LIST) {
        json_put_null(w);
        return;
    }
    json_object_begin(w);
    member_text(w, "value", list_value_names[a->value]);
    member_uint(w, "lasts_days", a->lasts_days);
    json_object_end(w);
}

static void put_tags(const struct audience *a, struct json_writer *w)
{
    struct bytes name;
    json_key(w, "tags");
    if (a->content != AUDIENCE_GROUP) {
        json_put_null(w);
        return;
    }
    json_array_begin(w);
    for (struct unpack u = unpack_of(a->members); audience_member_next(&u, &name);)
        json_put_string(w, name);
    json_array_end(w);
}

/* As a body's key has it. */
static struct bytes key_of(struct bytes packed, struct arena *a)
{
    struct buf text = arena_buf(a, LISTING_VALUE_BYTES_MAX);
    struct json_writer w;
    struct unpack u = unpack_of(packed);
    struct value value = unpack_value(&u);
    if (value.kind == VALUE_TEXT)
        return value.body;
    json_writer_init(&w, &text, false);
    value_print(&value, &w);
    struct bytes said = buf_bytes(&text);
    return value.kind == VALUE_TIME ? bytes_slice(said, 1, said.size - 1) : said; /* without its quotes */
}

static void put_levels(const struct view *v, const struct audience *a, struct json_writer *w)
{
    struct audience_level level;
    json_key(w, "values");
    json_object_begin(w);
    for (struct unpack u = unpack_of(a->levels); audience_level_next(&u, &level);) {
        json_key_bytes(w, key_of(level.value, v->arena));
        json_object_begin(w);
        member_text_or_null(w, "label_zh", level.label_zh);
        member_text_or_null(w, "label_en", level.label_en);
        json_object_end(w);
    }
    json_object_end(w);
}

static void put_snapshot(const struct view *v, const struct audience *a, struct json_writer *w)
{
    json_key(w, "snapshot");
    if (a->frozen == 0) {
        json_put_null(w);
        return;
    }
    json_object_begin(w);
    member_bytes(w, audience_kind_names[a->source_kind], a->source);
    member_uint(w, "position", a->frozen);
    member_bool(w, "filling", audience_is_filling(v, a->number));
    json_object_end(w);
}

void audience_put_content(const struct view *v, const struct audience *a, struct json_writer *w)
{
    struct audience group;
    uint32_t number = audience_group_of(v, a->number);
    member_text(w, "content", audience_content_names[a->content]);
    member_text_or_null(w, "category", a->category);
    member_text_or_null(w, "until", a->until);
    put_list(a, w);
    put_tags(a, w);
    put_levels(v, a, w);
    put_snapshot(v, a, w);
    member_text_or_null(w, "group", number != 0 && audience_numbered(v, number, &group) ? group.name : BYTES_NONE);
}
