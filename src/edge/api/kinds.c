/* Kinds of things: told, and declared. */
#include "domain/thing/thing.h"
#include "edge/api/api.h"
#include "lib/nearest.h"

static void put_kind_attributes(const struct thing_kind *kind, struct json_writer *w)
{
    json_key(w, "attributes");
    json_array_begin(w);
    for (uint32_t i = 0; i < kind->attribute_count; i++) {
        const struct thing_attribute *a = &kind->attributes[i];
        json_object_begin(w);
        member_bytes(w, "name", a->name);
        member_text(w, "type", attribute_type_names[a->type]);
        member_text_or_null(w, "label_en", a->label_en);
        member_text_or_null(w, "label_zh", a->label_zh);
        member_bool(w, "indexed", a->index == INDEX_DONE);
        member_bool(w, "indexing", a->index != INDEX_NONE && a->index != INDEX_DONE);
        member_bool(w, "declared", !a->is_seen);
        json_object_end(w);
    }
    json_array_end(w);
}

static void put_kind(const struct thing_kind *kind, struct json_writer *w)
{
    json_object_begin(w);
    member_bytes(w, "name", kind->name);
    member_text_or_null(w, "label_en", kind->label_en);
    member_text_or_null(w, "label_zh", kind->label_zh);
    member_bool(w, "closed", kind->is_closed);
    member_bool(w, "personal", kind->is_personal);
    member_bool(w, "owned", kind->is_owned);
    json_key(w, "parents");
    json_array_begin(w);
    for (uint32_t i = 0; i < kind->parent_count; i++)
        json_put_string(w, kind->parents[i]);
    json_array_end(w);
    put_kind_attributes(kind, w);
    json_object_end(w);
}

static void print_kinds(struct request *r, const struct view *v, struct json_writer *w)
{
    (void)r;
    json_object_begin(w);
    json_key(w, "kinds");
    json_array_begin(w);
    for (const struct thing_kind *kind = thing_kind_next(v, 0); kind != NULL; kind = thing_kind_next(v, kind->number))
        put_kind(kind, w);
    json_array_end(w);
    json_object_end(w);
}

void api_kinds(struct request *r)
{
    request_print(r, print_kinds);
}

/* --- declaring --- */

struct kind_request {
    struct thing_kind kind; /* an attribute whose type isn't said is ATTRIBUTE_ANY */
    bool says_en, says_zh, says_closed, says_personal, says_owned, says_parents;
    bool indexed_said[THING_ATTRIBUTES_MAX];
    struct buf payload;
    struct status status; /* of the settling */
    struct err trouble;
};

/* A text that outlives the body; *out_said: it is there. */
static struct bytes text_take(struct request *r, struct json object, const char *key, bool *out_said)
{
    struct json j = json_find(object, bytes_of_text(key));
    *out_said = !json_is(j, JSON_ABSENT);
    return arena_copy(request_arena(r), json_string(j));
}

static bool flag_take(struct json object, const char *key, bool *out_flag)
{
    return json_bool(json_find(object, bytes_of_text(key)), out_flag);
}

static fallible type_read(struct json j, enum attribute_type *out_type, struct err *e)
{
    struct bytes word = json_string(j);
    *out_type = ATTRIBUTE_ANY;
    if (json_is(j, JSON_ABSENT))
        return DONE;
    for (int i = ATTRIBUTE_TEXT; i < ATTRIBUTE_TYPE_COUNT; i++) {
        if (bytes_equal(bytes_of_text(attribute_type_names[i]), word)) {
            *out_type = (enum attribute_type)i;
            return DONE;
        }
    }
    const char *near = near_name(word, attribute_type_names + 1, ATTRIBUTE_TYPE_COUNT - 1,
                                 sizeof *attribute_type_names);
    return FAIL(e, INVALID, "type: want text, number, money, time, boolean or list%s%s",
                near == NULL ? "" : "; did you mean ", near == NULL ? "" : near);
}

static fallible attribute_read(struct request *r, struct json from, struct kind_request *q, struct err *e)
{
    static const struct body_member members[] = {{"name", BODY_TEXT, false},
                                                 {"type", BODY_TEXT, false},
                                                 {"label_en", BODY_TEXT, true},
                                                 {"label_zh", BODY_TEXT, true},
                                                 {"indexed", BODY_BOOL, false}};
    struct thing_attribute *a = &q->kind.attributes[q->kind.attribute_count];
    bool said, indexed = false;
    if (!json_is(from, JSON_OBJECT))
        return FAIL(e, INVALID, "want an object, this is %s", json_kind_name(json_kind(from)));
    TRY(members_check(from, BODY_MEMBERS(members), e));
    a->name = text_take(r, from, "name", &said);
    a->label_en = text_take(r, from, "label_en", &said);
    a->label_zh = text_take(r, from, "label_zh", &said);
    q->indexed_said[q->kind.attribute_count] = flag_take(from, "indexed", &indexed);
    a->index = indexed ? INDEX_DONE : INDEX_NONE;
    return type_read(json_find(from, BYTES_LIT("type")), &a->type, e);
}

static fallible kind_read(struct request *r, struct json root, struct err *e)
{
    struct kind_request *q = r->context;
    struct thing_kind *kind = &q->kind;
    struct json item, parents = json_find(root, BYTES_LIT("parents"));
    bool said;
    kind->name = text_take(r, root, "name", &said);
    kind->label_en = text_take(r, root, "label_en", &q->says_en);
    kind->label_zh = text_take(r, root, "label_zh", &q->says_zh);
    q->says_closed = flag_take(root, "closed", &kind->is_closed);
    q->says_personal = flag_take(root, "personal", &kind->is_personal);
    q->says_owned = flag_take(root, "owned", &kind->is_owned);
    q->says_parents = !json_is(parents, JSON_ABSENT);
    for (struct json_walk w = json_items(parents); json_item_next(&w, &item);) {
        if (kind->parent_count == THING_PARENT_KINDS_MAX || json_string(item).size == 0)
            return FAIL(e, INVALID, "parents: want at most %u names of kinds", THING_PARENT_KINDS_MAX);
        kind->parents[kind->parent_count++] = arena_copy(request_arena(r), json_string(item));
    }
    for (struct json_walk w = json_items(json_find(root, BYTES_LIT("attributes"))); json_item_next(&w, &item);
         kind->attribute_count++) {
        if (kind->attribute_count == THING_ATTRIBUTES_MAX)
            return FAIL(e, LIMIT, "attributes: more than %u", THING_ATTRIBUTES_MAX);
        TRY(WRAP(e, attribute_read(r, item, q, e), "attributes[%u]", kind->attribute_count));
    }
    return DONE;
}

/* What isn't said stays as it was. */
static fallible attribute_settle(const struct thing_kind *known, struct kind_request *q, uint32_t place, struct err *e)
{
    struct thing_attribute *a = &q->kind.attributes[place];
    const struct thing_attribute *was = known == NULL ? NULL : thing_attribute_named(known, a->name);
    if (was == NULL)
        return a->type != ATTRIBUTE_ANY
                   ? DONE
                   : FAIL(e, INVALID, "attributes[%u]: type: want text, number, money, time, boolean or list", place);
    a->type = a->type == ATTRIBUTE_ANY ? was->type : a->type;
    a->label_en = a->label_en.size == 0 ? was->label_en : a->label_en;
    a->label_zh = a->label_zh.size == 0 ? was->label_zh : a->label_zh;
    a->index = q->indexed_said[place] ? a->index : was->index;
    return DONE;
}

static void kind_fill(struct thing_kind *kind, const struct thing_kind *known, const struct kind_request *q)
{
    kind->label_en = q->says_en ? kind->label_en : known->label_en;
    kind->label_zh = q->says_zh ? kind->label_zh : known->label_zh;
    kind->is_closed = q->says_closed ? kind->is_closed : known->is_closed;
    kind->is_personal = q->says_personal ? kind->is_personal : known->is_personal;
    kind->is_owned = q->says_owned ? kind->is_owned : known->is_owned;
    kind->parent_count = q->says_parents ? kind->parent_count : known->parent_count;
    for (uint32_t i = 0; i < known->parent_count && !q->says_parents; i++)
        kind->parents[i] = known->parents[i];
}

/* Over the durable state just before the command. May run twice, so it fills in a copy. */
static void kind_settle(const struct view *v, void *context)
{
    struct request *r = context;
    struct kind_request *q = r->context;
    const struct thing_kind *known = thing_kind_named(v, q->kind.name);
    struct thing_kind said = q->kind;
    q->status = DONE;
    buf_clear(&q->payload);
    for (uint32_t i = 0; i < q->kind.attribute_count && done(q->status); i++)
        q->status = attribute_settle(known, q, i, &q->trouble);
    if (known != NULL)
        kind_fill(&q->kind, known, q);
    thing_kind_pack(&q->payload, &q->kind);
    q->kind = said;
    if (done(q->status) && q->payload.overflowed)
        q->status = FAIL(&q->trouble, LIMIT, "a kind takes at most %u bytes", ROW_BYTES_MAX);
}

static void kind_send(struct request *r)
{
    const struct kind_request *q = r->context;
    if (failed(q->status))
        request_failed(r, q->status, &q->trouble);
    else
        request_command(r, COMMAND_THING_KIND, buf_bytes(&q->payload), request_answer);
}

void api_kind_put(struct request *r)
{
    static const struct body_member members[] = {{"name", BODY_TEXT, false},     {"label_en", BODY_TEXT, true},
                                                 {"label_zh", BODY_TEXT, true},  {"closed", BODY_BOOL, false},
                                                 {"personal", BODY_BOOL, false}, {"owned", BODY_BOOL, false},
                                                 {"parents", BODY_NAMES, false}, {"attributes", BODY_LIST, false}};
    struct kind_request *q = ARENA_NEW(request_arena(r), struct kind_request);
    q->payload = arena_buf(request_arena(r), ROW_BYTES_MAX);
    r->context = q;
    if (body_read_by(r, BODY_MEMBERS(members), kind_read))
        request_read(r, kind_settle, kind_send);
}
