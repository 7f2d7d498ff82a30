/* Relations, written: one, many, and handed over. */
#include "base/time.h"
#include "domain/relation/relation.h"
#include "edge/api/api.h"
#include "edge/api/bulk.h"
#include "edge/api/list.h"
#include "edge/api/relation_acts.h"
#include "edge/codec/draft.h"
#include "edge/scope.h"
#include "lib/nearest.h"

#define HAND_OVERS_USUAL 20u
#define HAND_OVERS_MAX 100u
#define PREVIEW_PEOPLE_MAX 64u /* of one brand and type: a reader may touch STEP_PEOPLE_MAX */

static const struct problem other_brand = {
    .status = 403,
    .slug = "not-allowed",
    .title = "This token may not do that",
    .detail = "It is limited to brands: name one of them as the relation's brand."};

/* --- one relation --- */

#define MEMBERS_OF_ONE                                                                                         \
    {"act", BODY_TEXT, false}, {"type", BODY_TEXT, false}, {"to", BODY_ANY, true}, {"brand", BODY_TEXT, true}, \
        {"time", BODY_TIME, true}, {"reason", BODY_TEXT, true}, {"by", BODY_ANY, true},                        \
    {                                                                                                          \
        "attributes", BODY_OBJECT, false                                                                       \
    }
static const struct body_member one_members[] = {MEMBERS_OF_ONE};
static const struct body_member line_members[] = {
    {"person", BODY_ANY, false}, {"holder", BODY_COUNT, false}, MEMBERS_OF_ONE};

static fallible act_read(struct json root, uint32_t *out_command, struct err *e)
{
    static const struct {
        const char *name;
        uint32_t command;
    } acts[] = {{"begin", COMMAND_RELATION_BEGIN}, {"end", COMMAND_RELATION_END}, {"set", COMMAND_RELATION_SET}};
    struct bytes act = json_string(json_find(root, BYTES_LIT("act")));
    for (size_t i = 0; i < COUNT_OF(acts); i++) {
        if (!bytes_equal(bytes_of_text(acts[i].name), act) && (act.size > 0 || i > 0))
            continue;
        *out_command = acts[i].command;
        return DONE;
    }
    return FAIL(e, INVALID, "act: want begin, end or set");
}

static const char *nearest_type(const struct catalogue *c, struct bytes name)
{
    const char *names[RELATION_TYPE_END];
    for (size_t i = 0; i < c->relation_count; i++)
        names[i] = c->relations[i].name;
    return nearest_name(name, names, c->relation_count, sizeof *names);
}

static fallible type_read(const struct request *r, struct json root, const struct relation_type **out_type,
                          struct err *e)
{
    struct bytes name = json_string(json_find(root, BYTES_LIT("type")));
    *out_type = catalogue_relation(r->catalogue, name);
    if (*out_type != NULL)
        return DONE;
    if (name.size == 0)
        return FAIL(e, INVALID, "type: which relation? such as owned_by");
    return FAIL(e, INVALID, "type: there is no relation '%.*s'; the nearest is '%s'", BYTES_ARG(name),
                nearest_type(r->catalogue, name));
}

/* A thing; for a relation between people an identifier of the other one. */
static fallible to_read(struct request *r, const struct relation_type *type, struct json to, struct thing_ref *out_ref,
                        struct err *e)
{
    struct envelope_id other;
    *out_ref = (struct thing_ref){0};
    if (json_is(to, JSON_ABSENT) || json_is(to, JSON_NULL))
        return DONE; /* the command's check says where it may be left out */
    if (!relation_type_takes(type, BYTES_LIT(RELATION_TO_PERSON)))
        return WRAP(e, ref_read_json(to, out_ref, e), "to");
    TRY(WRAP(e, id_read_json(r, to, &other, e), "to"));
    *out_ref = (struct thing_ref){.kind = BYTES_LIT(RELATION_TO_PERSON),
                                  .id = relation_person_id(other.key, request_arena(r))};
    return DONE;
}

/* {"kind":"staff","name":"G17"}: who it was elsewhere, as an export has it. */
static fallible by_redo(const struct request *r, struct json by, struct relation_by *out_by, struct err *e)
{
    struct bytes kind = json_string(json_find(by, BYTES_LIT("kind")));
    TRY(request_may_redo(r, e));
    out_by->name = json_string(json_find(by, BYTES_LIT("name")));
    for (uint8_t i = 0; i < RELATION_BY_COUNT; i++) {
        if (!bytes_equal(bytes_of_text(relation_by_names[i]), kind))
            continue;
        out_by->kind = (enum relation_by_kind)i;
        return DONE;
    }
    return FAIL(e, INVALID, "by: want the id of somebody of staff, or what an export has");
}

fallible act_by_read(const struct request *r, struct json root, struct relation_by *out_by, struct err *e)
{
    struct json by = json_find(root, BYTES_LIT("by"));
    struct bytes said = json_string(by);
    if (!json_is(by, JSON_STRING) && !json_is(by, JSON_OBJECT) && !json_is(by, JSON_ABSENT) && !json_is(by, JSON_NULL))
        return FAIL(e, INVALID, "by: want the id of somebody of staff");
    *out_by = (struct relation_by){RELATION_BY_TOKEN, bytes_of_text(r->token->name)};
    if (json_is(by, JSON_OBJECT))
        TRY(by_redo(r, by, out_by, e));
    if (scope_names_guide(r->token))
        *out_by = (struct relation_by){RELATION_BY_STAFF, bytes_of_text(r->token->guide)};
    else if (said.size > 0)
        *out_by = (struct relation_by){RELATION_BY_STAFF, said};
    if (out_by->name.size > RELATION_BY_BYTES_MAX)
        return FAIL(e, INVALID, "by: want the id of somebody of staff, of at most %u bytes", RELATION_BY_BYTES_MAX);
    return DONE;
}

/* All but whose it is. Payloads and records live in the request's arena. */
static fallible put_read(struct request *r, struct json root, struct relation_put *put, uint32_t *out_command,
                         struct err *e)
{
    struct json time = json_find(root, BYTES_LIT("time")), said = json_find(root, BYTES_LIT("attributes"));
    const struct relation_type *type;
    struct buf record;
    TRY(act_read(root, out_command, e));
    TRY(type_read(r, root, &type, e));
    TRY(act_by_read(r, root, &put->by, e));
    TRY(to_read(r, type, json_find(root, BYTES_LIT("to")), &put->ref, e));
    put->type = type->number;
    put->brand = json_string(json_find(root, BYTES_LIT("brand")));
    put->reason = json_string(json_find(root, BYTES_LIT("reason")));
    put->time_us = time_now_us();
    put->is_import = bytes_equal(http_query(r->x, "import"), BYTES_LIT("1"));
    if (json_is(time, JSON_STRING) || json_is(time, JSON_NUMBER))
        TRY(WRAP(e, time_of_json(time, &put->time_us, e), "time"));
    if (json_is(said, JSON_ABSENT))
        return relation_put_fits(type, put, e);
    buf_init(&record, RELATION_PAYLOAD_BYTES_MAX);
    struct status status = WRAP(e, record_pack_json(&record, &said, e), "attributes");
    put->attributes = arena_copy(request_arena(r), buf_bytes(&record));
    bool overflowed = record.overflowed;
    buf_fini(&record);
    if (overflowed)
        return FAIL(e, LIMIT, "attributes: at most %u bytes", RELATION_PAYLOAD_BYTES_MAX);
    return failed(status) ? status : relation_put_fits(type, put, e);
}

static fallible put_pack(struct request *r, const struct relation_put *put, struct bytes *out_payload, struct err *e)
{
    struct buf b;
    buf_init(&b, RELATION_PAYLOAD_BYTES_MAX);
    relation_put_pack(put, &b);
    *out_payload = arena_copy(request_arena(r), buf_bytes(&b));
    bool overflowed = b.overflowed;
    buf_fini(&b);
    return overflowed ? FAIL(e, LIMIT, "a relation takes at most %u bytes", RELATION_PAYLOAD_BYTES_MAX) : DONE;
}

struct relation_write {
    struct person_ask ask;
    struct bytes brand;
    uint32_t command;
    struct bytes payload;
};

/* What nobody has is for the command to say, and to log. */
static void write_look(const struct view *v, void *context)
{
    struct request *r = context;
    const struct relation_write *write = r->context;
    const struct envelope_id *id = &write->ask.id;
    uint32_t person = identity_find(v, id->type, id->ns, id->value, id->key);
    r->problem = (struct problem){.status = 0};
    if (!scope_changes_brand(r->token, write->brand))
        r->problem = other_brand;
    else if (person != PERSON_NONE ? !scope_sees_person(r->token, v, person) : scope_names_guide(r->token))
        r->problem = problem_no_person;
}

static void write_send(struct request *r)
{
    const struct relation_write *write = r->context;
    if (r->problem.status != 0)
        request_problem(r, &r->problem);
    else
        request_command(r, write->command, write->payload, request_answer);
}

void api_person_relation(struct request *r)
{
    struct relation_write *write = ARENA_NEW(request_arena(r), struct relation_write);
    struct relation_put put = {.type = 0};
    struct json_parser *p;
    struct json root;
    struct err e = {0};
    if (!body_read(r, BODY_MEMBERS(one_members), &p, &root))
        return;
    r->context = write;
    struct status status = person_ask_read(r, r->parameters[0], &write->ask, &e);
    if (done(status) && write->ask.is_public)
        status = FAIL(
            &e, INVALID,
            "name the person by an identifier, TYPE:VALUE: the relation goes with it through merge and split");
    if (done(status))
        status = put_read(r, root, &put, &write->command, &e);
    put.id = write->ask.id;
    if (done(status))
        status = put_pack(r, &put, &write->payload, &e);
    write->brand = arena_copy(request_arena(r), put.brand);
    json_parser_destroy(p);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_read(r, write_look, write_send);
}

/* --- many --- */

fallible act_holder_read(const struct request *r, struct json root, uint32_t *out_holder, struct err *e)
{
    struct json holder = json_find(root, BYTES_LIT("holder"));
    uint64_t number = 0;
    *out_holder = 0;
    if (json_is(holder, JSON_ABSENT))
        return DONE;
    TRY(request_may_redo(r, e));
    if (!json_uint64(holder, &number) || number == 0 || number > UINT32_MAX)
        return FAIL(e, INVALID, "holder: want a number from 1");
    *out_holder = (uint32_t)number;
    return DONE;
}

static fallible line_read(struct request *r, struct json from, uint32_t *out_command_id, struct bytes *out_payload,
                          struct err *e)
{
    struct relation_put put = {.type = 0};
    if (!json_is(from, JSON_OBJECT))
        return FAIL(e, INVALID, "want an object, this is %s", json_kind_name(json_kind(from)));
    TRY(members_check(from, BODY_MEMBERS(line_members), e));
    TRY(WRAP(e, id_read_json(r, json_find(from, BYTES_LIT("person")), &put.id, e), "person"));
    TRY(act_holder_read(r, from, &put.holder, e));
    TRY(put_read(r, from, &put, out_command_id, e));
    return put_pack(r, &put, out_payload, e);
}

void api_relations_put(struct request *r)
{
    static const struct bulk_kind relations = {.name = "relations", .read = line_read};
    bulk_take(r, &relations, NULL);
}

/* --- handing over --- */

static const struct body_member hand_over_members[] = {{"from", BODY_ANY, false},      {"to", BODY_LIST, false},
                                                       {"types", BODY_NAMES, false},   {"brand", BODY_TEXT, true},
                                                       {"by_store", BODY_BOOL, false}, {"reason", BODY_TEXT, true},
                                                       {"preview", BODY_BOOL, false}};

struct hand_over_request {
    struct hand_over ask;
    struct bytes payload;
    bool is_preview;
    uint64_t relations;
    bool is_exact; /* else there are more of them */
};

/* Relations of ownership, unless it says which. */
static fallible hand_over_types(const struct request *r, struct json from, uint64_t *out_types, struct err *e)
{
    struct json item;
    *out_types = json_is(from, JSON_ABSENT) ? UINT64_C(1) << RELATION_OWNED_BY : 0;
    for (struct json_walk w = json_items(from); json_item_next(&w, &item);) {
        const struct relation_type *type = catalogue_relation(r->catalogue, json_string(item));
        if (type == NULL || !relation_type_takes(type, BYTES_LIT("staff")))
            return FAIL(e, INVALID, "types: want names of relations to staff, such as owned_by");
        *out_types |= UINT64_C(1) << type->number;
    }
    return DONE;
}

static fallible hand_over_read(struct request *r, struct json root, struct hand_over_request *h, struct err *e)
{
    struct json item, to = json_find(root, BYTES_LIT("to"));
    struct buf b;
    h->ask.by = bytes_of_text(r->token->name);
    h->ask.reason = json_string(json_find(root, BYTES_LIT("reason")));
    h->ask.brand = json_string(json_find(root, BYTES_LIT("brand")));
    (void)json_bool(json_find(root, BYTES_LIT("preview")), &h->is_preview);
    (void)json_bool(json_find(root, BYTES_LIT("by_store")), &h->ask.by_store);
    TRY(hand_over_types(r, json_find(root, BYTES_LIT("types")), &h->ask.types, e));
    TRY(WRAP(e, ref_read_json(json_find(root, BYTES_LIT("from")), &h->ask.from, e), "from"));
    for (struct json_walk w = json_items(to); json_item_next(&w, &item); h->ask.to_count++) {
        if (h->ask.to_count == HAND_OVER_TO_MAX)
            return FAIL(e, INVALID, "to: want 1 to %u of staff", HAND_OVER_TO_MAX);
        TRY(WRAP(e, ref_read_json(item, &h->ask.to[h->ask.to_count], e), "to[%u]", h->ask.to_count));
    }
    buf_init(&b, HAND_OVER_BYTES_MAX);
    struct status status = hand_over_pack(&h->ask, &b, e);
    h->payload = arena_copy(request_arena(r), buf_bytes(&b));
    buf_fini(&b);
    return status;
}

/* Of one brand: whose relations are looked up, so only so many. */
static uint64_t count_of_brand(const struct view *v, const struct hand_over *ask, const struct relation_type *type,
                               bool *io_exact)
{
    uint32_t numbers[PREVIEW_PEOPLE_MAX + 1];
    uint32_t found = relation_people(v, type, &ask->from, 0, numbers, PREVIEW_PEOPLE_MAX + 1),
             brand = name_number(v, NAME_BRAND, ask->brand);
    uint64_t count = 0;
    *io_exact &= found <= PREVIEW_PEOPLE_MAX;
    for (uint32_t i = 0; i < found && i < PREVIEW_PEOPLE_MAX; i++) {
        const struct relation *list;
        size_t relations = 0;
        (void)relation_person_of(v, type, &ask->from, numbers[i], &list, &relations);
        for (size_t j = 0; j < relations; j++)
            count += brand != 0 && list[j].brand == brand;
    }
    return count;
}

static void preview_count(const struct view *v, void *context)
{
    struct request *r = context;
    struct hand_over_request *h = r->context;
    struct hand_over ask; /* of the payload: the body is gone */
    struct status status = hand_over_unpack(h->payload, &ask, NULL);
    assert(done(status));
    (void)status;
    h->relations = 0;
    h->is_exact = true;
    for (uint32_t i = 1; i < RELATION_TYPE_END; i++) {
        const struct relation_type *type = (ask.types & UINT64_C(1) << i) == 0 ? NULL : relation_type_numbered(v, i);
        if (type != NULL)
            h->relations += ask.brand.size > 0 ? count_of_brand(v, &ask, type, &h->is_exact)
                                               : relation_people_count(v, type, &ask.from);
    }
}

static void preview_answer(struct request *r)
{
    const struct hand_over_request *h = r->context;
    struct json_writer *w = request_object_begin(r);
    member_bool(w, "preview", true);
    member_uint(w, "relations", h->relations);
    member_bool(w, "more", !h->is_exact);
    member_uint(w, "to", h->ask.to_count);
    request_object_end(r, 200);
}

void api_hand_over(struct request *r)
{
    struct hand_over_request *h = ARENA_NEW(request_arena(r), struct hand_over_request);
    struct json_parser *p;
    struct json root;
    struct err e = {0};
    if (!body_read(r, BODY_MEMBERS(hand_over_members), &p, &root))
        return;
    r->context = h;
    struct status status = hand_over_read(r, root, h, &e);
    bool may = scope_changes_brand(r->token, h->ask.brand);
    json_parser_destroy(p);
    if (failed(status))
        request_failed(r, status, &e);
    else if (!may)
        request_problem(r, &other_brand);
    else if (h->is_preview)
        request_read(r, preview_count, preview_answer);
    else
        request_command(r, COMMAND_RELATION_HAND_OVER, h->payload, request_answer);
}

/* --- how far they are --- */

static bool hand_over_next(const struct request *r, const struct view *v, struct hash128 key,
                           struct list_item *out_item)
{
    struct hand_over_record *record = ARENA_NEW(v->arena, struct hand_over_record);
    (void)r;
    if (!hand_over_before(v, key.low, record))
        return false;
    *out_item = (struct list_item){.key = {.low = record->position}, .own = record};
    return true;
}

static bool hand_over_is_seen(const struct request *r, const struct view *v, const struct list_item *item)
{
    const struct hand_over_record *record = item->own;
    return record->ask.brand.size == 0 ? !scope_is_limited(r->token) : scope_sees_brand(r->token, v, record->ask.brand);
}

static void put_hand_over(struct request *r, const struct view *v, const struct list_item *item, struct json_writer *w)
{
    const struct hand_over_record *record = item->own;
    (void)r, (void)v;
    member_uint(w, "position", record->position);
    member_time(w, "time", record->time_us);
    member_bool(w, "finished", record->finished_us != 0);
    member_uint(w, "looked_at", record->looked_at);
    member_uint(w, "moved", record->moved);
    member_bytes(w, "by", record->ask.by);
    member_bytes(w, "reason", record->ask.reason);
    member_text_or_null(w, "brand", record->ask.brand);
    json_key(w, "from");
    json_object_begin(w);
    member_ref(w, &record->ask.from);
    json_object_end(w);
    json_key(w, "to");
    json_array_begin(w);
    for (uint32_t i = 0; i < record->ask.to_count; i++) {
        json_object_begin(w);
        member_ref(w, &record->ask.to[i]);
        json_object_end(w);
    }
    json_array_end(w);
}

void api_hand_overs(struct request *r)
{
    static const struct list_kind hand_overs = {.name = "hand_overs",
                                                .cursor = "before",
                                                .cursor_kind = CURSOR_NUMBER,
                                                .from = UINT64_MAX,
                                                .usual = HAND_OVERS_USUAL,
                                                .most = HAND_OVERS_MAX,
                                                .next = hand_over_next,
                                                .is_seen = hand_over_is_seen,
                                                .put = put_hand_over};
    list_answer(r, &hand_overs, NULL);
}
