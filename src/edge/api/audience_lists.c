/* What people decide of people: put on lists and taken off them, tags that are set by hand; told, written one by one and many at once. Snapshots. */
#include "base/time.h"
#include "domain/audience/audience.h"
#include "edge/api/api.h"
#include "edge/api/audience.h"
#include "edge/api/bulk.h"
#include "edge/api/relation_acts.h"
#include "edge/api/relation_print.h"
#include "edge/codec/draft.h"
#include "edge/scope.h"
#include "lib/nearest.h"
#include "lib/pack.h"
#include "lib/value.h"

static const struct problem problem_other_brand = {
    .status = 403,
    .slug = "not-allowed",
    .title = "This token may not change that",
    .detail = "It is limited to brands: lists and tags of these brands alone."};

/* --- one act --- */

#define MEMBERS_OF_ONE                                                                                                 \
    {"act", BODY_TEXT, false}, {"tag", BODY_TEXT, false}, {"segment", BODY_TEXT, false}, {"value", BODY_SCALAR, true}, \
        {"until", BODY_TIME, true}, {"time", BODY_TIME, true}, {"reason", BODY_TEXT, true},                            \
    {                                                                                                                  \
        "by", BODY_ANY, true                                                                                           \
    }
static const struct body_member one_members[] = {MEMBERS_OF_ONE};
static const struct body_member line_members[] = {
    {"person", BODY_ANY, false}, {"holder", BODY_COUNT, false}, MEMBERS_OF_ONE};

static fallible act_read(struct json root, struct listing_put *put, struct err *e)
{
    struct bytes act = json_string(json_find(root, BYTES_LIT("act")));
    put->act.is_off = bytes_equal(act, BYTES_LIT("unset"));
    bool is_good = put->act.is_off || act.size == 0 || bytes_equal(act, BYTES_LIT("set"));
    return is_good ? DONE : FAIL(e, INVALID, "act: want set or unset");
}

/* Of those that the token may put people on, the one of the kind whose name is most like it; empty: there is none. */
static struct bytes list_near(const struct request *r, enum audience_kind kind, struct bytes name)
{
    struct candidate {
        const char *name; /* of near_name */
    } *list = ARENA_ARRAY(request_arena(r), struct candidate, r->catalogue->list_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < r->catalogue->list_count; i++)
        if (r->catalogue->lists[i].kind == kind && scope_changes_audience(r->token, r->catalogue->lists[i].brand))
            list[count++].name = arena_text(request_arena(r), r->catalogue->lists[i].name);
    const char *near = near_name(name, list, count, sizeof *list);
    return near == NULL ? BYTES_NONE : bytes_of_text(near);
}

static fallible list_read(const struct request *r, struct json root, const struct catalogue_list **out_list,
                          struct err *e)
{
    struct bytes tag = json_string(json_find(root, BYTES_LIT("tag"))),
                 segment = json_string(json_find(root, BYTES_LIT("segment")));
    enum audience_kind kind = tag.size > 0 ? AUDIENCE_TAG : AUDIENCE_SEGMENT;
    struct bytes name = tag.size > 0 ? tag : segment;
    if ((tag.size > 0) == (segment.size > 0))
        return FAIL(e, INVALID, "want tag or segment: the name of one that is set by hand");
    *out_list = catalogue_list(r->catalogue, kind, name);
    if (*out_list != NULL)
        return DONE;
    struct bytes near = list_near(r, kind, name);
    return near.size == 0
               ? FAIL(e, INVALID, "there is no list '%.*s' on which people are put by hand", BYTES_ARG(name))
               : FAIL(e, INVALID, "there is no list '%.*s' on which people are put by hand; did you mean '%.*s'?",
                      BYTES_ARG(name), BYTES_ARG(near));
}

/* Digits, and perhaps a point among them. */
static bool is_plain_number(struct bytes text)
{
    uint32_t points = 0;
    for (size_t i = 0; i < text.size; i++) {
        bool is_point = text.data[i] == '.' && i > 0 && i + 1 < text.size;
        points += is_point;
        if (!is_point && (text.data[i] < '0' || text.data[i] > '9'))
            return false;
    }
    return text.size > 0 && points <= 1;
}

static fallible number_pack(struct bytes text, struct buf *out, struct err *e)
{
    struct expr_value number;
    bool is_negative = bytes_starts_with(text, BYTES_LIT("-"));
    struct bytes digits = bytes_slice(text, is_negative ? 1 : 0, text.size);
    if (!is_plain_number(digits) || !expr_number_read(digits, &number) || number.kind != EXPR_DECIMAL)
        return FAIL(e, INVALID, "want a number with at most six decimals");
    value_pack_decimal(out, is_negative ? -number.mantissa : number.mantissa, number.scale);
    return DONE;
}

fallible listing_value_read(enum list_value kind, struct bytes text, struct arena *a, struct bytes *out_value,
                            struct err *e)
{
    struct buf packed = arena_buf(a, LISTING_VALUE_BYTES_MAX);
    int64_t time_us = 0;
    *out_value = BYTES_NONE;
    if (text.size == 0)
        return DONE;
    if (kind == LIST_HOLDS)
        return FAIL(e, INVALID, "this one holds or not, it has no values");
    if (kind == LIST_NUMBER)
        TRY(number_pack(text, &packed, e));
    else if (kind == LIST_TIME)
        TRY(time_parse(text, &time_us, e));
    else
        value_pack_text(&packed, text);
    if (kind == LIST_TIME)
        value_pack_time(&packed, time_us);
    *out_value = buf_bytes(&packed);
    return packed.overflowed ? FAIL(e, LIMIT, "at most %u bytes", LISTING_VALUE_BYTES_MAX) : DONE;
}

static fallible times_read(struct json root, struct listing_put *put, struct err *e)
{
    struct json time = json_find(root, BYTES_LIT("time")), until = json_find(root, BYTES_LIT("until"));
    put->act.time_us = time_now_us();
    put->act.until_us = json_is(until, JSON_NULL) ? LISTING_FOR_EVER : 0; /* else as the list says */
    if (json_is(time, JSON_STRING) || json_is(time, JSON_NUMBER))
        TRY(WRAP(e, time_of_json(time, &put->act.time_us, e), "time"));
    if (json_is(until, JSON_STRING) || json_is(until, JSON_NUMBER))
        TRY(WRAP(e, time_of_json(until, &put->act.until_us, e), "until"));
    if (put->act.until_us != 0 && put->act.until_us <= put->act.time_us)
        return FAIL(e, INVALID, "until: it would be over before it is said");
    return DONE;
}

/* All but whose it is; the payload lives in the request's arena. */
static fallible put_read(struct request *r, struct json root, struct listing_put *put, struct bytes *out_payload,
                         const struct catalogue_list **out_list, struct err *e)
{
    struct buf b = arena_buf(request_arena(r), LISTING_PUT_BYTES_MAX);
    TRY(act_read(root, put, e));
    TRY(list_read(r, root, out_list, e));
    TRY(act_by_read(r, root, &put->act.by, e));
    TRY(times_read(root, put, e));
    enum list_value kind = (enum list_value)(*out_list)->value;
    put->list = (*out_list)->number;
    put->is_import = bytes_equal(http_query(r->x, "import"), BYTES_LIT("1"));
    put->act.reason = json_string(json_find(root, BYTES_LIT("reason")));
    if (put->act.reason.size > LISTING_REASON_BYTES_MAX)
        return FAIL(e, LIMIT, "reason: at most %u bytes", LISTING_REASON_BYTES_MAX);
    TRY(WRAP(e,
             listing_value_read(kind, text_of_json(json_find(root, BYTES_LIT("value"))), request_arena(r),
                                &put->act.value, e),
             "value"));
    if ((put->act.value.size > 0) != (!put->act.is_off && kind != LIST_HOLDS))
        return put->act.is_off ? FAIL(e, INVALID, "value: who is taken off has none")
                               : FAIL(e, INVALID, "value: want a %s", list_value_names[kind]);
    listing_put_pack(put, &b);
    *out_payload = buf_bytes(&b);
    return b.overflowed ? FAIL(e, LIMIT, "a listing takes at most %u bytes", LISTING_PUT_BYTES_MAX) : DONE;
}

/* --- of one person --- */

struct listing_write {
    struct person_ask ask;
    struct bytes brand, payload;
};

/* Somebody whom nobody knows yet is waited for; a guide knows their customers. */
static void write_look(const struct view *v, void *context)
{
    struct request *r = context;
    const struct listing_write *write = r->context;
    const struct envelope_id *id = &write->ask.id;
    uint32_t person = identity_find(v, id->type, id->ns, id->value, id->key);
    r->problem = (struct problem){.status = 0};
    if (!scope_changes_brand(r->token, write->brand))
        r->problem = problem_other_brand;
    else if (person != PERSON_NONE ? !scope_sees_person(r->token, v, person) : scope_names_guide(r->token))
        r->problem = problem_no_person;
}

static void write_send(struct request *r)
{
    const struct listing_write *write = r->context;
    if (r->problem.status != 0)
        request_problem(r, &r->problem);
    else
        request_command(r, COMMAND_LISTING_PUT, write->payload, request_answer);
}

static fallible write_read(struct request *r, struct json root, struct err *e)
{
    struct listing_write *write = r->context;
    struct listing_put put = {.list = 0};
    const struct catalogue_list *list;
    TRY(person_ask_read(r, r->parameters[0], &write->ask, e));
    if (write->ask.is_public)
        return FAIL(e, INVALID,
                    "name the person by an identifier, TYPE:VALUE: what is said goes with it through merge and split");
    put.id = write->ask.id;
    TRY(put_read(r, root, &put, &write->payload, &list, e));
    write->brand = list->brand;
    return DONE;
}

void api_person_listing(struct request *r)
{
    r->context = ARENA_NEW(request_arena(r), struct listing_write);
    if (body_read_by(r, BODY_MEMBERS(one_members), write_read))
        request_read(r, write_look, write_send);
}

/* --- many --- */

static fallible line_read(struct request *r, struct json from, uint32_t *out_command_id, struct bytes *out_payload,
                          struct err *e)
{
    struct listing_put put = {.list = 0};
    const struct catalogue_list *list;
    if (!json_is(from, JSON_OBJECT))
        return FAIL(e, INVALID, "want an object, this is %s", json_kind_name(json_kind(from)));
    TRY(members_check(from, BODY_MEMBERS(line_members), e));
    TRY(WRAP(e, id_read_json(r, json_find(from, BYTES_LIT("person")), &put.id, e), "person"));
    TRY(act_holder_read(r, from, &put.holder, e));
    *out_command_id = COMMAND_LISTING_PUT;
    return put_read(r, from, &put, out_payload, &list, e);
}

void api_listings_put(struct request *r)
{
    static const struct bulk_kind listings = {.name = "listings", .read = line_read};
    bulk_take(r, &listings, NULL);
}

/* --- told --- */

void listing_put_act(const struct request *r, const struct audience *a, const struct listing_act *act,
                     struct json_writer *w)
{
    member_text(w, "act", act->is_off ? "unset" : "set");
    member_bytes(w, audience_kind_names[a->kind], a->name);
    if (act->value.size > 0) {
        json_key(w, "value");
        relation_put_value(r, a->name, act->value, w);
    }
    member_time(w, "time", act->time_us);
    if (!act->is_off)
        member_time(w, "until", act->until_us); /* null: for ever */
    relation_put_reason(r, act->reason, w);
    if (act->by.kind != RELATION_BY_NOBODY) {
        json_key(w, "by");
        relation_put_by(act->by, w);
    }
}

static void put_now(const struct request *r, const struct view *v, const struct audience *a,
                    const struct listing *listings, size_t count, struct json_writer *w)
{
    struct value value;
    int64_t turn_us;
    bool holds = listing_holds_of(listings, count, a->number, v->now_us, &value, &turn_us);
    member_text(w, "kind", audience_kind_names[a->kind]);
    member_bytes(w, "name", a->name);
    member_text_or_null(w, "label_zh", a->label_zh);
    member_text_or_null(w, "label_en", a->label_en);
    member_bool(w, "holds", holds);
    json_key(w, "acts");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        if (listings[i].list != a->number)
            continue;
        json_object_begin(w);
        listing_put_act(r, a, &listings[i].act, w);
        json_object_end(w);
    }
    json_array_end(w);
}

static bool stands_before(const struct listing *listings, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (listings[i].list == listings[at].list)
            return true;
    return false;
}

void listings_put(const struct request *r, const struct view *v, uint32_t person, struct json_writer *w)
{
    const struct listing *listings;
    struct audience a;
    json_key(w, "listings");
    json_array_begin(w);
    size_t count = listings_of(v, person, &listings);
    for (size_t i = 0; i < count; i++) {
        if (stands_before(listings, i) || !audience_numbered(v, listings[i].list, &a) ||
            !scope_sees_audience(r->token, v, a.brand))
            continue;
        json_object_begin(w);
        put_now(r, v, &a, listings, count, w);
        json_object_end(w);
    }
    json_array_end(w);
}

static void print_listings(struct request *r, const struct view *v, struct json_writer *w)
{
    uint32_t person = person_begin(r, v, r->context, w);
    if (person == PERSON_NONE)
        return;
    listings_put(r, v, person, w);
    json_object_end(w);
}

void api_person_listings(struct request *r)
{
    struct person_ask *ask = ARENA_NEW(request_arena(r), struct person_ask);
    struct err e = {0};
    r->context = ask;
    struct status status = person_ask_read(r, r->parameters[0], ask, &e);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_print(r, print_listings);
}

/* --- snapshots --- */

struct freeze_request {
    struct audience_freeze freeze;
    struct bytes value; /* as a query writes it */
};

static fallible freeze_read(struct request *r, struct json root, struct err *e)
{
    struct freeze_request *q = r->context;
    struct arena *a = request_arena(r);
    struct audience *said = &q->freeze.said;
    const struct {
        const char *key;
        struct bytes *text;
    } texts[] = {{"name", &said->name},   {"label_zh", &said->label_zh}, {"label_en", &said->label_en},
                 {"owner", &said->owner}, {"description", &said->about}, {"brand", &said->brand},
                 {"value", &q->value},    {"category", &said->category}, {"until", &said->until}};
    (void)e;
    *said = (struct audience){.kind = AUDIENCE_SEGMENT, .content = AUDIENCE_LIST};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        *texts[i].text = arena_copy(a, json_string(json_find(root, bytes_of_text(texts[i].key))));
    q->freeze.source_kind = (enum audience_kind)r->route->choice;
    q->freeze.source = r->parameters[0];
    q->freeze.by = bytes_of_text(r->token->name);
    return DONE;
}

static void freeze_look(const struct view *v, void *context)
{
    struct request *r = context;
    struct freeze_request *q = r->context;
    struct audience source;
    r->problem = (struct problem){.status = 0};
    if (!audience_asked(r, v, &source))
        return;
    if (!scope_changes_audience(r->token, q->freeze.said.brand) || scope_is_limited(r->token))
        r->problem = problem_other_brand;
    else if (source.rule == RULE_NONE)
        r->problem = problem_no_answer;
    else if (q->value.size > 0 && !audience_value_read(rule_type_of(v, source.rule), q->value, &q->freeze.value))
        r->problem = problem_which_value;
}

static void freeze_send(struct request *r)
{
    const struct freeze_request *q = r->context;
    struct buf payload = arena_buf(request_arena(r), AUDIENCE_FREEZE_BYTES_MAX);
    if (r->problem.status != 0) {
        request_problem(r, &r->problem);
        return;
    }
    audience_freeze_pack(&q->freeze, &payload);
    request_command(r, COMMAND_AUDIENCE_FREEZE, buf_bytes(&payload), request_answer);
}

void api_audience_freeze(struct request *r)
{
    static const struct body_member members[] = {
        {"name", BODY_TEXT, false},       {"label_zh", BODY_TEXT, true}, {"label_en", BODY_TEXT, true},
        {"owner", BODY_TEXT, true},       {"brand", BODY_TEXT, true},    {"category", BODY_TEXT, true},
        {"description", BODY_TEXT, true}, {"until", BODY_TEXT, true},    {"value", BODY_TEXT, true}};
    r->context = ARENA_NEW(request_arena(r), struct freeze_request);
    if (body_read_by(r, BODY_MEMBERS(members), freeze_read))
        request_read(r, freeze_look, freeze_send);
}
