/* Sharing between legal entities, the stop list, and whom one may reach. */
#include "base/time.h"
#include "edge/api/api.h"
#include "edge/api/list.h"
#include "edge/scope.h"

#define SHARES_USUAL 100u
#define SHARES_MAX 1000u

/* --- the verbs of sharing --- */

static fallible purposes_read(struct json list, struct share_ask *ask, struct err *e)
{
    struct json item;
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);) {
        if (ask->purpose_count == SHARE_PURPOSES_MAX)
            return FAIL(e, LIMIT, "purposes: want at most %u names of at most %u bytes", SHARE_PURPOSES_MAX,
                        SHARE_PURPOSE_BYTES_MAX);
        if (!json_is(item, JSON_STRING))
            return FAIL(e, INVALID, "purposes: want a list of names");
        ask->purposes[ask->purpose_count++] = json_string(item);
    }
    return DONE;
}

static fallible share_read(const struct request *r, struct json root, struct share_ask *out_ask, struct err *e)
{
    struct json until = json_find(root, BYTES_LIT("until"));
    struct share_ask ask = {.from = json_string(json_find(root, BYTES_LIT("from"))),
                            .to = json_string(json_find(root, BYTES_LIT("to"))),
                            .policy = json_string(json_find(root, BYTES_LIT("policy"))),
                            .evidence = json_string(json_find(root, BYTES_LIT("evidence"))),
                            .by = bytes_of_text(r->token->name),
                            .reason = json_string(json_find(root, BYTES_LIT("reason")))};
    if (json_is(json_find(root, BYTES_LIT("from")), JSON_ABSENT) ||
        json_is(json_find(root, BYTES_LIT("to")), JSON_ABSENT))
        return FAIL(e, INVALID, "want from and to: names of legal entities, null for that of the brands without one");
    if (json_is(until, JSON_STRING) || json_is(until, JSON_NUMBER))
        TRY(WRAP(e, time_of_json(until, &ask.until_us, e), "until"));
    TRY(purposes_read(json_find(root, BYTES_LIT("purposes")), &ask, e));
    *out_ask = ask;
    return DONE;
}

void api_share_set(struct request *r)
{
    static const struct body_member of_share[] = {{"from", BODY_TEXT, true},      {"to", BODY_TEXT, true},
                                                  {"purposes", BODY_NAMES, true}, {"policy", BODY_TEXT, true},
                                                  {"evidence", BODY_TEXT, true},  {"until", BODY_TIME, true},
                                                  {"reason", BODY_TEXT, true}};
    static const struct body_member of_end[] = {
        {"from", BODY_TEXT, true}, {"to", BODY_TEXT, true}, {"reason", BODY_TEXT, true}};
    struct json_parser *p;
    struct json root;
    struct share_ask ask;
    struct buf packed;
    struct err e = {0};
    if (!body_read(r, r->route->choice == COMMAND_SHARE ? BODY_MEMBERS(of_share) : BODY_MEMBERS(of_end), &p, &root))
        return;
    buf_init(&packed, SHARE_PAYLOAD_BYTES_MAX);
    struct status status = share_read(r, root, &ask, &e);
    if (done(status))
        status = share_ask_pack(&ask, &packed, &e);
    json_parser_destroy(p);
    struct bytes payload = arena_copy(request_arena(r), buf_bytes(&packed));
    buf_fini(&packed);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_command(r, (uint32_t)r->route->choice, payload, request_answer);
}

/* --- told --- */

static void put_purposes(const struct bytes *purposes, uint32_t count, struct json_writer *w)
{
    json_key(w, "purposes");
    if (count == 0) {
        json_put_null(w);
        return;
    }
    json_array_begin(w);
    for (uint32_t i = 0; i < count; i++)
        json_put_string(w, purposes[i]);
    json_array_end(w);
}

/* The key of an edge is one more than its entities side by side, so that zeroes are in front of all. */
static bool next_share(const struct request *r, const struct view *v, struct hash128 key, struct list_item *out_item)
{
    struct share *s = ARENA_NEW(v->arena, struct share);
    uint64_t at = key.low - 1;
    struct share after = {.from = (uint32_t)(at >> 32), .to = (uint32_t)at};
    (void)r;
    if (!share_next(v, key.low == 0 ? &(struct share){0} : &after, key.low == 0, s))
        return false;
    *out_item = (struct list_item){.key = {.low = ((uint64_t)s->from << 32 | s->to) + 1}, .own = s};
    return true;
}

static void put_share(struct request *r, const struct view *v, const struct list_item *item, struct json_writer *w)
{
    const struct share *s = item->own;
    (void)r;
    member_name(w, "from", v, NAME_ENTITY, s->from);
    member_name(w, "to", v, NAME_ENTITY, s->to);
    put_purposes(s->purposes, s->purpose_count, w);
    member_time(w, "until", s->until_us == 0 ? INT64_MIN : s->until_us);
    member_bool(w, "live", share_is_live(v, s));
    member_uint(w, "position", s->position);
}

void api_shares(struct request *r)
{
    static const struct list_kind shares = {.name = "shares",
                                            .cursor = "after",
                                            .cursor_kind = CURSOR_NUMBER,
                                            .usual = SHARES_USUAL,
                                            .most = SHARES_MAX,
                                            .next = next_share,
                                            .put = put_share};
    list_answer(r, &shares, NULL);
}

static bool next_act(const struct request *r, const struct view *v, struct hash128 key, struct list_item *out_item)
{
    struct share_act *act = ARENA_NEW(v->arena, struct share_act);
    (void)r;
    if (!share_act_before(v, key.low, act))
        return false;
    *out_item = (struct list_item){.key = {.low = act->position}, .own = act};
    return true;
}

static void put_act(struct request *r, const struct view *v, const struct list_item *item, struct json_writer *w)
{
    const struct share_act *act = item->own;
    (void)r;
    (void)v;
    member_uint(w, "position", act->position);
    member_time(w, "time", act->time_us);
    member_text(w, "act", act->is_end ? "unshare" : "share");
    member_text_or_null(w, "from", act->ask.from);
    member_text_or_null(w, "to", act->ask.to);
    put_purposes(act->ask.purposes, act->ask.purpose_count, w);
    member_text_or_null(w, "policy", act->ask.policy);
    member_text_or_null(w, "evidence", act->ask.evidence);
    member_time(w, "until", act->ask.until_us == 0 ? INT64_MIN : act->ask.until_us);
    member_bytes(w, "by", act->ask.by);
    member_text_or_null(w, "reason", act->ask.reason);
}

void api_share_acts(struct request *r)
{
    static const struct list_kind acts = {.name = "acts",
                                          .cursor = "before",
                                          .cursor_kind = CURSOR_NUMBER,
                                          .from = UINT64_MAX,
                                          .usual = SHARES_USUAL,
                                          .most = SHARES_MAX,
                                          .next = next_act,
                                          .put = put_act};
    list_answer(r, &acts, NULL);
}

/* --- the stop list --- */

static fallible stop_read(const struct request *r, struct json root, struct identity_act *act, struct err *e)
{
    bool stopped = true;
    struct json flag = json_find(root, BYTES_LIT("suppressed"));
    if (json_is(json_find(root, BYTES_LIT("id")), JSON_ABSENT))
        return FAIL(e, INVALID, "want id: an identifier");
    TRY(WRAP(e, id_read_json(r, json_find(root, BYTES_LIT("id")), &act->ids[0], e), "id"));
    (void)json_bool(flag, &stopped);
    act->id_count = 1;
    act->choice = stopped;
    act->by = bytes_of_text(r->token->name);
    act->reason = json_string(json_find(root, BYTES_LIT("reason")));
    return DONE;
}

void api_suppress(struct request *r)
{
    static const struct body_member members[] = {
        {"id", BODY_ANY, false}, {"suppressed", BODY_BOOL, true}, {"reason", BODY_TEXT, true}};
    struct identity_act *act = ARENA_NEW(request_arena(r), struct identity_act);
    struct json_parser *p;
    struct json root;
    struct buf packed;
    struct err e = {0};
    if (!body_read(r, BODY_MEMBERS(members), &p, &root))
        return;
    buf_init(&packed, ACT_PAYLOAD_BYTES_MAX);
    struct status status = stop_read(r, root, act, &e);
    if (done(status))
        status = identity_act_pack(act, &packed, &e);
    json_parser_destroy(p);
    struct bytes payload = arena_copy(request_arena(r), buf_bytes(&packed));
    buf_fini(&packed);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_command(r, COMMAND_SUPPRESS, payload, request_answer);
}

static void print_stop(struct request *r, const struct view *v, struct json_writer *w)
{
    const struct envelope_id *id = r->context;
    json_object_begin(w);
    member_bool(w, "suppressed", is_stopped(v, id->key));
    json_object_end(w);
}

/* The list can't be told, only asked: it has hashes alone. */
void api_stops(struct request *r)
{
    struct envelope_id *id = ARENA_NEW(request_arena(r), struct envelope_id);
    struct err e = {0};
    struct status status = WRAP(&e, id_read_text(r, http_query(r->x, "id"), id, &e), "id");
    r->context = id;
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_print(r, print_stop);
}

/* --- reach --- */

struct reach_request {
    struct person_ask ask; /* of one person */
    struct bytes brand, purpose;
    uint32_t first, end; /* channels */
};

const struct problem problem_no_brand = {.status = 404,
                                         .slug = "no-such-brand",
                                         .title = "There is no such brand",
                                         .detail =
                                             "No brand of this name is known here, or this token may not see it; "
                                             "a token that is limited to brands names one."};

bool reach_brand_asked(const struct token *t, const struct view *v, struct bytes brand, uint32_t *out_brand)
{
    *out_brand = brand.size == 0 ? 0 : name_number(v, NAME_BRAND, brand);
    if (brand.size == 0)
        return !scope_names_brands(t);
    return *out_brand != 0 && scope_sees_brand_number(t, v, *out_brand);
}

static bool brand_asked(const struct request *r, const struct view *v, uint32_t *out_brand)
{
    const struct reach_request *q = r->context;
    return reach_brand_asked(r->token, v, q->brand, out_brand);
}

static void put_figures(const struct reach_figures *f, struct json_writer *w)
{
    member_uint(w, "people", f->people);
    member_uint(w, "reachable", f->by_reason[REACH_YES]);
    json_key(w, "excluded");
    json_object_begin(w);
    for (uint32_t i = REACH_NO_ADDRESS; i < REACH_REASON_COUNT; i++)
        member_uint(w, reach_reason_names[i], f->by_reason[i]);
    json_object_end(w);
}

static void put_answer(struct request *r, const struct view *v, const struct reach_answer *a, struct json_writer *w)
{
    member_bool(w, "reachable", a->reason == REACH_YES);
    json_key(w, "reason");
    put_text(w, a->reason == REACH_YES ? NULL : reach_reason_names[a->reason]);
    json_key(w, "address");
    if (a->address == NULL) {
        json_put_null(w);
    } else {
        json_object_begin(w);
        identifier_print(v, a->address, r->token != NULL && r->token->masked, w);
        json_object_end(w);
    }
    json_key(w, "consent");
    if (a->consent == NULL) {
        json_put_null(w);
        return;
    }
    json_object_begin(w);
    put_consent(r, v, a->consent, w);
    json_object_end(w);
}

static void put_channels(struct request *r, const struct view *v, uint32_t person, uint32_t brand,
                         struct json_writer *w)
{
    const struct reach_request *q = r->context;
    uint32_t purpose = name_number(v, NAME_PURPOSE, q->purpose);
    member_name(w, "brand", v, NAME_BRAND, brand);
    member_bytes(w, "purpose", q->purpose);
    json_key(w, "channels");
    json_array_begin(w);
    for (uint32_t channel = q->first; channel < q->end; channel++) {
        json_object_begin(w);
        member_text(w, "channel", reach_channels[channel].name);
        member_text(w, "en", reach_channels[channel].en);
        member_text(w, "zh", reach_channels[channel].zh);
        if (person == PERSON_NONE) {
            struct reach_figures f = reach_count(v, brand, purpose, channel);
            put_figures(&f, w);
        } else {
            struct reach_answer a = reach_of_person(v, person, brand, purpose, channel);
            put_answer(r, v, &a, w);
        }
        json_object_end(w);
    }
    json_array_end(w);
}

static void print_reach(struct request *r, const struct view *v, struct json_writer *w)
{
    uint32_t brand;
    if (!brand_asked(r, v, &brand)) {
        r->problem = problem_no_brand;
        return;
    }
    json_object_begin(w);
    member_bool(w, "pending", reach_pending(v));
    put_channels(r, v, PERSON_NONE, brand, w);
    json_object_end(w);
}

static void print_person_reach(struct request *r, const struct view *v, struct json_writer *w)
{
    const struct reach_request *q = r->context;
    uint32_t brand, person = person_asked(r, v, &q->ask);
    if (person == PERSON_NONE || !brand_asked(r, v, &brand)) {
        r->problem = person == PERSON_NONE ? problem_no_person : problem_no_brand;
        return;
    }
    r->person_read = person;
    json_object_begin(w);
    member_person(w, "id", v, person);
    member_bool(w, "pending", people_pending(v, person));
    put_channels(r, v, person, brand, w);
    json_object_end(w);
}

static fallible reach_read(struct request *r, struct reach_request *q, struct err *e)
{
    struct bytes channel = http_query(r->x, "channel"), purpose = http_query(r->x, "purpose");
    q->brand = http_query(r->x, "brand");
    q->purpose = purpose.size == 0 ? PURPOSE_USUAL : purpose;
    q->first = channel.size == 0 ? 0 : reach_channel_named(channel);
    q->end = channel.size == 0 ? REACH_CHANNELS : q->first + 1;
    return q->first == REACH_CHANNELS
               ? FAIL(e, INVALID,
                      "channel: want sms, phone, email, official_account, mini_program, wecom, app or douyin")
               : DONE;
}

void api_reach(struct request *r)
{
    struct reach_request *q = ARENA_NEW(request_arena(r), struct reach_request);
    struct err e = {0};
    r->context = q;
    struct status status = reach_read(r, q, &e);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_print(r, print_reach);
}

void api_person_reach(struct request *r)
{
    struct reach_request *q = ARENA_NEW(request_arena(r), struct reach_request);
    struct err e = {0};
    r->context = q;
    struct status status = person_ask_read(r, r->parameters[0], &q->ask, &e);
    if (done(status))
        status = reach_read(r, q, &e);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_print(r, print_person_reach);
}
