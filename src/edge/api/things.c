/* Things: one as of an instant, lists of them, what is put and deleted. */

#include "base/time.h"
#include "domain/thing/thing.h"
#include "edge/api/api.h"
#include "edge/api/bulk.h"
#include "edge/api/list.h"
#include "edge/mask.h"
#include "edge/scope.h"

#define THINGS_USUAL 50u
#define THINGS_MAX 200u

static const struct problem no_thing = {.status = 404,
                                        .slug = "no-such-thing",
                                        .title = "There is no such thing",
                                        .detail = "GET /api/v1/things/{kind} lists those that there are."};
static const struct problem no_kind = {.status = 404,
                                       .slug = "no-such-kind",
                                       .title = "There is no such kind of thing",
                                       .detail = "GET /api/v1/kinds lists them; PUT declares one."};
static const struct problem not_indexed = {
    .status = 400,
    .slug = "not-indexed",
    .title = "Things are not found by this attribute",
    .detail = "It is not indexed, or not all of it yet: GET /api/v1/kinds tells, PUT asks for an index."};
static const struct problem other_brand = {
    .status = 403,
    .slug = "not-allowed",
    .title = "This token may not do that",
    .detail = "It is limited to brands, and this thing is, or would be, another brand's or the whole group's."};

/* --- members --- */

static void put_ref(struct json_writer *w, const struct thing_ref *ref)
{
    json_object_begin(w);
    member_ref(w, ref);
    json_object_end(w);
}

/* A value as this token sees it. */
static void put_value(const struct request *r, const struct thing_kind *kind, struct bytes attribute,
                      struct bytes packed, struct json_writer *w)
{
    struct masking m;
    if (!kind->is_personal || !r->token->masked) {
        value_put(w, packed);
        return;
    }
    value_put(mask_begin(&m), packed);
    mask_end(&m, w, attribute, true);
}

/* --- one thing --- */

struct thing_request {
    struct thing_ref ref;
    int64_t at_us;
    bool has_history, is_personal;
};

static void put_version_time(struct json_writer *w, const struct thing_version *x)
{
    json_object_begin(w);
    member_time(w, "time", x->time_us);
    json_key(w, "value");
}

static void put_attribute_history(const struct request *r, const struct thing_kind *kind, const struct thing_slot *slot,
                                  struct bytes name, struct json_writer *w)
{
    json_key(w, "history");
    json_array_begin(w);
    for (uint32_t i = 0; i < slot->count; i++) {
        put_version_time(w, &slot->versions[i]);
        put_value(r, kind, name, slot->versions[i].value, w);
        json_object_end(w);
    }
    json_array_end(w);
    member_bool(w, "older_forgotten", slot->is_cut);
}

static const struct thing_slot *slot_of(const struct thing *t, uint32_t number)
{
    for (uint32_t i = 0; i < t->slot_count; i++)
        if (t->slots[i].number == number)
            return &t->slots[i];
    return NULL;
}

/* When the version that is in force at an instant began. */
static int64_t since_us(const struct thing_slot *slot, int64_t at_us)
{
    uint32_t i = 0;
    while (i + 1 < slot->count && slot->versions[i].time_us > at_us)
        i++;
    return slot->versions[i].time_us;
}

static void put_attribute(const struct request *r, const struct thing *t, const struct thing_kind *kind,
                          const struct thing_attribute *a, struct json_writer *w)
{
    const struct thing_request *q = r->context;
    const struct thing_slot *slot = slot_of(t, a->number);
    struct bytes value;
    enum thing_told told = slot == NULL ? TOLD_NOTHING : thing_value(t, a->number, q->at_us, &value);
    if (slot == NULL || (told == TOLD_NOTHING && !q->has_history))
        return;
    json_object_begin(w);
    member_bytes(w, "name", a->name);
    member_text_or_null(w, "en", a->label_en);
    member_text_or_null(w, "zh", a->label_zh);
    member_text(w, "type", attribute_type_names[a->type]);
    json_key(w, "value");
    if (told == TOLD)
        put_value(r, kind, a->name, value, w);
    else
        json_put_null(w);
    if (told == TOLD)
        member_time(w, "since", since_us(slot, q->at_us));
    if (told == TOLD_FORGOTTEN)
        member_bool(w, "forgotten", true);
    if (q->has_history)
        put_attribute_history(r, kind, slot, a->name, w);
    json_object_end(w);
}

static void put_attributes(const struct request *r, const struct thing *t, const struct thing_kind *kind,
                           struct json_writer *w)
{
    json_key(w, "attributes");
    json_array_begin(w);
    for (uint32_t i = 0; i < kind->attribute_count; i++)
        put_attribute(r, t, kind, &kind->attributes[i], w);
    json_array_end(w);
}

static void put_parent_history(const struct thing *t, struct json_writer *w)
{
    const struct thing_slot *slot = slot_of(t, THING_PARENT);
    json_key(w, "parents");
    json_array_begin(w);
    for (uint32_t i = 0; slot != NULL && i < slot->count; i++) {
        struct thing_ref parent;
        put_version_time(w, &slot->versions[i]);
        if (thing_parent(t, slot->versions[i].time_us, &parent) == TOLD)
            put_ref(w, &parent);
        else
            json_put_null(w);
        json_object_end(w);
    }
    json_array_end(w);
}

static void put_existence_history(const struct thing *t, struct json_writer *w)
{
    const struct thing_slot *slot = slot_of(t, THING_EXISTS);
    json_key(w, "existence");
    json_array_begin(w);
    for (uint32_t i = 0; slot != NULL && i < slot->count; i++) {
        put_version_time(w, &slot->versions[i]);
        value_put(w, slot->versions[i].value);
        json_object_end(w);
    }
    json_array_end(w);
}

/* The value of the attribute `name` as of an instant; null: none. */
static void member_name_at(const struct request *r, const struct view *v, const struct thing *t, int64_t at_us,
                           struct json_writer *w)
{
    const struct thing_kind *kind = thing_kind_numbered(v, t->kind);
    const struct thing_attribute *a = thing_attribute_named(kind, BYTES_LIT(THING_NAME));
    struct bytes value;
    json_key(w, "name");
    if (a != NULL && thing_value(t, a->number, at_us, &value) == TOLD)
        put_value(r, kind, a->name, value, w);
    else
        json_put_null(w);
}

/* The ancestors at the instant, from the nearest on, with their names of today. */
static void put_path(const struct request *r, const struct view *v, struct thing t, struct json_writer *w)
{
    const struct thing_request *q = r->context;
    struct thing_ref parent;
    enum thing_told told = TOLD;
    json_key(w, "path");
    json_array_begin(w);
    for (uint32_t depth = 0; depth < THING_DEPTH_MAX && (told = thing_parent(&t, q->at_us, &parent)) == TOLD; depth++) {
        json_object_begin(w);
        member_ref(w, &parent);
        bool there = thing_read(v, thing_find(v, &parent), &t);
        if (there)
            member_name_at(r, v, &t, THING_NEWEST, w);
        json_object_end(w);
        if (!there)
            break;
    }
    json_array_end(w);
    member_bool(w, "path_forgotten", told == TOLD_FORGOTTEN);
}

static void print_thing(struct request *r, const struct view *v, struct json_writer *w)
{
    struct thing_request *q = r->context;
    struct thing t;
    bool exists = false;
    if (!thing_read(v, thing_find(v, &q->ref), &t) || !scope_sees_thing(r->token, v, &q->ref)) {
        r->problem = no_thing;
        return;
    }
    const struct thing_kind *kind = thing_kind_numbered(v, t.kind);
    enum thing_told told = thing_exists(&t, q->at_us, &exists);
    q->is_personal = kind->is_personal;
    json_object_begin(w);
    member_ref(w, &q->ref);
    member_text_or_null(w, "kind_en", kind->label_en);
    member_text_or_null(w, "kind_zh", kind->label_zh);
    member_uint(w, "number", t.number);
    member_time(w, "at", q->at_us);
    member_bool(w, "exists", exists);
    member_bool(w, "exists_forgotten", told == TOLD_FORGOTTEN);
    member_time(w, "since", t.first_put_us);
    put_path(r, v, t, w);
    put_attributes(r, &t, kind, w);
    if (q->has_history) {
        put_parent_history(&t, w);
        put_existence_history(&t, w);
    }
    json_object_end(w);
}

static void thing_printed(struct request *r)
{
    const struct thing_request *q = r->context;
    if (q->is_personal && r->problem.status == 0)
        request_note_read(r, r->route->path, PERSON_NONE);
    request_printed(r);
}

void api_thing(struct request *r)
{
    struct thing_request *q = ARENA_NEW(request_arena(r), struct thing_request);
    struct bytes at = http_query(r->x, "at");
    struct err e = {0};
    r->context = q;
    q->ref = (struct thing_ref){r->parameters[0], http_query(r->x, "ns"), r->parameters[1]};
    q->at_us = THING_NEWEST;
    q->has_history = bytes_equal(http_query(r->x, "history"), BYTES_LIT("1"));
    struct status status = at.size == 0 ? DONE : WRAP(&e, time_parse(at, &q->at_us, &e), "at");
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_print_then(r, print_thing, thing_printed);
}

/* --- lists --- */

enum things_asked { LIST_ALL, LIST_UNDER, LIST_BY_VALUE, LIST_BY_NAME };

struct things_listed {
    struct list_kind list; /* its is_personal is the kind's */
    enum things_asked listing;
    struct bytes kind; /* empty: of all kinds, by name */
    int64_t at_us;     /* what there was then, and under whom */
    struct thing_ref under;
    struct thing_search search;
    struct bytes attribute, text;
    struct bytes typed;            /* the text read as JSON, packed; empty: it is none */
    const struct problem *problem; /* NULL: none */
};

/* What was asked for, as the attribute would keep it. */
static struct bytes value_asked(const struct view *v, const struct things_listed *l, enum attribute_type type)
{
    struct buf b = arena_buf(v->arena, l->text.size + 16);
    int64_t us;
    bool is_typed = type == ATTRIBUTE_NUMBER || type == ATTRIBUTE_MONEY || type == ATTRIBUTE_BOOLEAN;
    if (is_typed && l->typed.size > 0)
        return l->typed;
    if (type == ATTRIBUTE_TIME && done(time_parse(l->text, &us, NULL)))
        value_pack_time(&b, us);
    else
        value_pack_text(&b, l->text);
    return buf_bytes(&b);
}

static uint32_t listed_next(const struct things_listed *l, const struct view *v, uint32_t after)
{
    if (l->listing == LIST_ALL)
        return thing_next(v, l->kind, after);
    if (l->listing == LIST_UNDER)
        return thing_child_next(v, &l->under, l->at_us, after);
    if (l->listing == LIST_BY_NAME)
        return thing_named_next(v, l->kind, &l->search, after);
    const struct thing_attribute *a = thing_attribute_named(thing_kind_named(v, l->kind), l->attribute);
    return a == NULL ? THING_NONE : thing_indexed_next(v, l->kind, a, value_asked(v, l, a->type), after);
}

static bool thing_item_next(const struct request *r, const struct view *v, struct hash128 key,
                            struct list_item *out_item)
{
    uint32_t next = key.low >= UINT32_MAX ? THING_NONE : listed_next(list_own(r), v, (uint32_t)key.low);
    struct thing *t = ARENA_NEW(v->arena, struct thing);
    if (next == THING_NONE)
        return false;
    *out_item = (struct list_item){
        .key = {.low = next}, .people_max = scope_is_limited(r->token) ? THING_DEPTH_MAX : 1, .own = t};
    (void)thing_read(v, next, t);
    return true;
}

static struct thing_ref ref_of(const struct view *v, const struct thing *t)
{
    return (struct thing_ref){thing_kind_name(v, t->kind), t->ns, t->id};
}

/* A walk may give others between them; of children those of all kinds. */
static bool is_asked(const struct things_listed *l, const struct view *v, const struct thing *t)
{
    if (l->kind.size > 0 && !bytes_equal(thing_kind_name(v, t->kind), l->kind))
        return false;
    if (l->listing == LIST_UNDER)
        return thing_is_child(v, t, &l->under, l->at_us);
    return l->listing != LIST_BY_NAME || thing_is_named(v, t, &l->search);
}

static bool thing_is_seen(const struct request *r, const struct view *v, const struct list_item *item)
{
    const struct things_listed *l = list_own(r);
    const struct thing *t = item->own;
    struct thing_ref ref = ref_of(v, t);
    bool is_there = false;
    return t->number != THING_NONE && is_asked(l, v, t) && thing_exists(t, l->at_us, &is_there) == TOLD && is_there &&
           scope_sees_thing(r->token, v, &ref);
}

static void put_thing(struct request *r, const struct view *v, const struct list_item *item, struct json_writer *w)
{
    const struct things_listed *l = list_own(r);
    const struct thing *t = item->own;
    struct thing_ref ref = ref_of(v, t), parent;
    member_ref(w, &ref);
    member_name_at(r, v, t, l->at_us, w);
    json_key(w, "parent");
    if (thing_parent(t, l->at_us, &parent) == TOLD)
        put_ref(w, &parent);
    else
        json_put_null(w);
}

static const struct problem *listing_problem(const struct things_listed *l, const struct thing_kind *kind)
{
    if (kind == NULL)
        return l->kind.size == 0 ? NULL : &no_kind;
    const struct thing_attribute *a = thing_attribute_named(kind, l->attribute);
    bool can = l->listing != LIST_BY_VALUE || (a != NULL && a->index == INDEX_DONE);
    return can ? NULL : &not_indexed;
}

static void kind_look(const struct view *v, void *context)
{
    struct request *r = context;
    struct things_listed *l = r->context;
    const struct thing_kind *kind = thing_kind_named(v, l->kind);
    l->problem = listing_problem(l, kind);
    l->list.is_personal = kind == NULL || kind->is_personal; /* of all kinds: some may be */
}

static void list_send(struct request *r)
{
    struct things_listed *l = r->context;
    if (l->problem == NULL)
        list_answer(r, &l->list, l);
    else
        request_problem(r, l->problem);
}

/* "12.5" and "true" are also a number and a boolean. */
static struct bytes typed_of(struct request *r, struct bytes text)
{
    struct json_parser *p = json_parser_create(BODY_BYTES_USUAL);
    struct buf b = arena_buf(request_arena(r), text.size + 64);
    struct json j;
    if (p == NULL || failed(json_parse(p, text, &j, NULL)) || failed(value_pack_json(&b, &j, NULL)))
        buf_clear(&b);
    json_parser_destroy(p);
    return b.overflowed ? BYTES_NONE : buf_bytes(&b);
}

/* The one way in which they are chosen. */
static fallible listing_choose(struct request *r, struct things_listed *l, struct err *e)
{
    struct bytes under = http_query(r->x, "under"), q = http_query(r->x, "q");
    if ((under.size > 0) + (l->attribute.size > 0) + (q.data != NULL) > 1)
        return FAIL(e, INVALID, "want one of under, attribute and value, and q");
    if (under.size > 0 && !ref_read_text(under, &l->under))
        return FAIL(e, INVALID, "under: want KIND/ID, such as region/华东");
    if (q.data != NULL && !thing_search_of(q, request_arena(r), &l->search))
        return FAIL(e, INVALID, "q: say how the name begins: 外滩, waitan or wt");
    if (q.data == NULL && l->kind.size == 0)
        return FAIL(e, INVALID, "say how the name begins, ?q=外滩, or of which kind: /api/v1/things/store");
    l->under.ns = http_query(r->x, "ns");
    l->listing = under.size > 0          ? LIST_UNDER
                 : l->attribute.size > 0 ? LIST_BY_VALUE
                 : q.data != NULL        ? LIST_BY_NAME
                                         : LIST_ALL;
    return DONE;
}

static fallible listing_read(struct request *r, struct things_listed *l, struct err *e)
{
    struct bytes at = http_query(r->x, "at");
    l->kind = r->parameters[0].size > 0 ? r->parameters[0] : http_query(r->x, "kind");
    l->at_us = THING_NEWEST;
    l->attribute = http_query(r->x, "attribute");
    l->text = http_query(r->x, "value");
    l->typed = typed_of(r, l->text);
    TRY(listing_choose(r, l, e));
    if (at.size == 0)
        return DONE;
    if (l->listing == LIST_BY_VALUE || l->listing == LIST_BY_NAME)
        return FAIL(e, INVALID, "at: values and names are found as they are now");
    return WRAP(e, time_parse(at, &l->at_us, e), "at");
}

void api_things(struct request *r)
{
    struct things_listed *l = ARENA_NEW(request_arena(r), struct things_listed);
    struct err e = {0};
    r->context = l;
    l->list = (struct list_kind){.name = "things",
                                 .cursor = "after",
                                 .cursor_kind = CURSOR_NUMBER,
                                 .usual = THINGS_USUAL,
                                 .most = THINGS_MAX,
                                 .next = thing_item_next,
                                 .is_seen = thing_is_seen,
                                 .put = put_thing};
    struct status status = listing_read(r, l, &e);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_read(r, kind_look, list_send);
}

/* --- puts and deletes --- */

#define MEMBERS_OF_PUT                                     \
    {"time", BODY_TIME, true}, {"parent", BODY_ANY, true}, \
    {                                                      \
        "attributes", BODY_OBJECT, false                   \
    }
static const struct body_member put_members[] = {MEMBERS_OF_PUT};
static const struct body_member line_members[] = {{"kind", BODY_TEXT, false},
                                                  {"ns", BODY_SCALAR, true},
                                                  {"id", BODY_SCALAR, false},
                                                  {"deleted", BODY_BOOL, false},
                                                  MEMBERS_OF_PUT};
/* What a body says besides the thing's name; packed into the request's arena. */
static fallible put_read(struct request *r, struct json root, struct thing_put *put, struct bytes *out_payload,
                         struct err *e)
{
    struct json time = json_find(root, BYTES_LIT("time")), parent = json_find(root, BYTES_LIT("parent")),
                said = json_find(root, BYTES_LIT("attributes"));
    struct buf attributes, payload;
    put->time_us = time_now_us();
    put->is_import = bytes_equal(http_query(r->x, "import"), BYTES_LIT("1"));
    put->is_lenient = bytes_equal(http_query(r->x, "lenient"), BYTES_LIT("1"));
    if (!json_is(time, JSON_ABSENT) && !json_is(time, JSON_NULL))
        TRY(WRAP(e, time_of_json(time, &put->time_us, e), "time"));
    put->parent_said = json_is(parent, JSON_ABSENT) ? PARENT_UNSAID
                       : json_is(parent, JSON_NULL) ? PARENT_CLEARED
                                                    : PARENT_SAID;
    if (put->parent_said == PARENT_SAID)
        TRY(WRAP(e, ref_read_json(parent, &put->parent, e), "parent"));
    buf_init(&attributes, THING_PAYLOAD_BYTES_MAX);
    buf_init(&payload, THING_PAYLOAD_BYTES_MAX);
    struct status status = json_is(said, JSON_ABSENT) ? DONE
                                                      : WRAP(e, record_pack_json(&attributes, &said, e), "attributes");
    put->attributes = buf_bytes(&attributes);
    if (done(status))
        thing_put_pack(&payload, put);
    if (done(status) && (attributes.overflowed || payload.overflowed))
        status = FAIL(e, LIMIT, "attributes: at most %u bytes", THING_PAYLOAD_BYTES_MAX);
    if (done(status))
        *out_payload = arena_copy(request_arena(r), buf_bytes(&payload));
    buf_fini(&attributes);
    buf_fini(&payload);
    return status;
}

struct thing_write {
    uint32_t command_id;
    struct bytes payload;
    bool may;
};

static void write_look(const struct view *v, void *context)
{
    struct request *r = context;
    struct thing_write *write = r->context;
    struct thing_put put;
    struct status status = thing_put_unpack(write->payload, &put, NULL);
    write->may = failed(status) ||
                 scope_changes_thing(r->token, v, &put); /* what is wrong with it is for the command's check to say */
}

static void write_send(struct request *r)
{
    const struct thing_write *write = r->context;
    if (write->may)
        request_command(r, write->command_id, write->payload, request_answer);
    else
        request_problem(r, &other_brand);
}

static void thing_write(struct request *r, uint32_t command_id, struct bytes payload)
{
    struct thing_write *write = ARENA_NEW(request_arena(r), struct thing_write);
    *write = (struct thing_write){command_id, payload, true};
    r->context = write;
    if (scope_is_limited(r->token))
        request_read(r, write_look, write_send);
    else
        write_send(r);
}

void api_thing_put(struct request *r)
{
    struct thing_put put = {.ref = {r->parameters[0], http_query(r->x, "ns"), r->parameters[1]}};
    struct json_parser *p;
    struct json root;
    struct bytes payload;
    struct err e = {0};
    if (!body_read(r, BODY_MEMBERS(put_members), &p, &root))
        return;
    struct status status = put_read(r, root, &put, &payload, &e);
    json_parser_destroy(p);
    if (failed(status))
        request_failed(r, status, &e);
    else
        thing_write(r, COMMAND_THING_PUT, payload);
}

void api_thing_delete(struct request *r)
{
    struct thing_put put = {.ref = {r->parameters[0], http_query(r->x, "ns"), r->parameters[1]},
                            .time_us = time_now_us()};
    struct bytes time = http_query(r->x, "time");
    struct err e = {0};
    struct status status = time.size == 0 ? DONE : WRAP(&e, time_parse(time, &put.time_us, &e), "time");
    if (failed(status)) {
        request_failed(r, status, &e);
        return;
    }
    struct buf b = arena_buf(request_arena(r), put.ref.kind.size + put.ref.ns.size + put.ref.id.size + 64);
    thing_put_pack(&b, &put);
    thing_write(r, COMMAND_THING_DELETE, buf_bytes(&b));
}

static fallible line_read(struct request *r, struct json from, uint32_t *out_command_id, struct bytes *out_payload,
                          struct err *e)
{
    bool deletes = false;
    if (!json_is(from, JSON_OBJECT))
        return FAIL(e, INVALID, "want an object, this is %s", json_kind_name(json_kind(from)));
    TRY(members_check(from, BODY_MEMBERS(line_members), e));
    (void)json_bool(json_find(from, BYTES_LIT("deleted")), &deletes);
    *out_command_id = deletes ? COMMAND_THING_DELETE : COMMAND_THING_PUT;
    struct thing_put put = {.ref = {json_string(json_find(from, BYTES_LIT("kind"))),
                                    text_of_json(json_find(from, BYTES_LIT("ns"))),
                                    text_of_json(json_find(from, BYTES_LIT("id")))}};
    return put_read(r, from, &put, out_payload, e);
}

void api_things_put(struct request *r)
{
    static const struct bulk_kind things = {.name = "things", .read = line_read};
    bulk_take(r, &things, NULL);
}
