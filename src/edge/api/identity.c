/* Identity by hand: acts with their preview, the lists of acts and reviews, and looking many identifiers up at once. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "edge/api/api.h"
#include "edge/api/list.h"
#include "edge/codec/draft.h"
#include "edge/identifiers.h"
#include "edge/mask.h"
#include "edge/scope.h"

#define LOOKUP_IDS_MAX 1000u
#define LOOKUP_A_READ 128u /* people a reader may touch: STEP_PEOPLE_MAX */
#define LIST_USUAL 50u
#define LIST_MAX 200u
#define ACT_BYTES_MAX 65536u
#define ACTS_LOOKED_MAX 1000u /* of the newest, for one about a person */
static_assert(ACT_BRANDS_MAX >= TOKEN_SCOPE_BRANDS_MAX, "an act has room for what its token is limited to");

/* --- acts --- */

struct act_request {
    struct identity_act act; /* its identifiers are settled on the engine's thread */
    struct person_ask asks[ENVELOPE_IDS_MAX];
    uint32_t ask_count;
    bool is_preview, has_position;
    uint32_t command_id;
    struct bytes payload;
    /* Of the settling. */
    uint32_t whose; /* all identifiers have to be this person's; PERSON_NONE: nobody was named */
    struct status status;
    struct err trouble;
};

/* Where a person can't stand for an identifier: what is blocked or waits for a review is a value, whoever had it. */
static bool is_of_value(uint32_t command_id, uint32_t place)
{
    return command_id == COMMAND_BLOCK || (command_id == COMMAND_REVIEW && place == 0);
}

static fallible ask_read(const struct request *r, struct json from, struct act_request *a, struct err *e)
{
    struct person_ask *ask = &a->asks[a->ask_count];
    struct status status = DONE;
    if (json_is(from, JSON_STRING))
        status = person_ask_read(r, json_string(from), ask, e);
    else
        status = id_read_json(r, from, &ask->id, e);
    if (done(status) && ask->is_public && is_of_value(a->command_id, a->ask_count))
        status = FAIL(e, INVALID, "want an identifier, not a person");
    return status;
}

static fallible asks_read(const struct request *r, struct json list, struct act_request *a, struct err *e)
{
    struct json from;
    for (struct json_walk w = json_items(list); json_item_next(&w, &from); a->ask_count++) {
        if (a->ask_count == ENVELOPE_IDS_MAX)
            return FAIL(e, LIMIT, "ids: more than %u", ENVELOPE_IDS_MAX);
        TRY(WRAP(e, ask_read(r, from, a, e), "ids[%u]", a->ask_count));
    }
    return DONE;
}

static fallible choice_read(uint32_t command_id, struct json root, uint8_t *out_choice, struct err *e)
{
    struct bytes word = json_string(json_find(root, BYTES_LIT("choice")));
    bool blocked = true;
    if (command_id == COMMAND_BLOCK) {
        (void)json_bool(json_find(root, BYTES_LIT("blocked")), &blocked);
        *out_choice = blocked;
        return DONE;
    }
    for (uint8_t i = 0; command_id == COMMAND_REVIEW && i < REVIEW_CHOICE_COUNT; i++) {
        if (bytes_equal(bytes_of_text(review_choice_names[i]), word)) {
            *out_choice = i;
            return DONE;
        }
    }
    return command_id == COMMAND_REVIEW ? FAIL(e, INVALID, "choice: want release, give or block") : DONE;
}

#define MEMBERS_OF_ALL                                                                                                 \
    {"ids", BODY_IDS, false}, {"reason", BODY_TEXT, true}, {"preview", BODY_BOOL, false},                              \
        {"decided", BODY_TIME, false}, {"brands", BODY_NAMES, false}
static const struct body_member act_members[] = {MEMBERS_OF_ALL};
static const struct body_member undo_members[] = {MEMBERS_OF_ALL, {"position", BODY_COUNT, false}};
static const struct body_member review_members[] = {MEMBERS_OF_ALL, {"choice", BODY_TEXT, false}};
static const struct body_member block_members[] = {MEMBERS_OF_ALL, {"blocked", BODY_BOOL, false}};

static struct body_members members_of(uint32_t command_id)
{
    switch (command_id) {
    case COMMAND_UNDO: return BODY_MEMBERS(undo_members);
    case COMMAND_REVIEW: return BODY_MEMBERS(review_members);
    case COMMAND_BLOCK: return BODY_MEMBERS(block_members);
    default: return BODY_MEMBERS(act_members);
    }
}

/* Of an act that is done again as it was in another workspace: when, and by whose token's brands. */
static fallible again_read(const struct request *r, struct json root, struct identity_act *act, struct err *e)
{
    struct json decided = json_find(root, BYTES_LIT("decided")), brands = json_find(root, BYTES_LIT("brands")), brand;
    if (json_is(decided, JSON_ABSENT) && json_is(brands, JSON_ABSENT))
        return DONE;
    TRY(request_may_redo(r, e));
    if (!json_is(decided, JSON_ABSENT))
        TRY(WRAP(e, time_of_json(decided, &act->decided_us, e), "decided"));
    for (struct json_walk w = json_items(brands); json_item_next(&w, &brand);) {
        if (act->brand_count == ACT_BRANDS_MAX)
            return FAIL(e, LIMIT, "brands: more than %u", ACT_BRANDS_MAX);
        act->brands[act->brand_count++] = arena_copy(request_arena(r), json_string(brand));
    }
    return DONE;
}

static fallible act_read(struct request *r, struct json root, struct err *e)
{
    struct act_request *a = r->context;
    struct arena *arena = request_arena(r);
    a->act.by = bytes_of_text(r->token->name);
    for (uint32_t i = 0; i < r->token->brand_count; i++)
        a->act.brands[a->act.brand_count++] = bytes_of_text(r->token->brands[i]);
    TRY(again_read(r, root, &a->act, e));
    a->act.reason = arena_copy(arena, json_string(json_find(root, BYTES_LIT("reason"))));
    a->has_position = json_uint64(json_find(root, BYTES_LIT("position")), &a->act.undo_position);
    (void)json_bool(json_find(root, BYTES_LIT("preview")), &a->is_preview);
    TRY(asks_read(r, json_find(root, BYTES_LIT("ids")), a, e));
    TRY(choice_read(a->command_id, root, &a->act.choice, e));
    if (a->command_id == COMMAND_UNDO && a->has_position == (a->ask_count == 1))
        return FAIL(e, INVALID, "say which act: its position (GET /api/v1/identity/acts tells), or one person in ids for the newest about them");
    return DONE;
}

/* --- whom it means, and whether this token may decide on them --- */

static const struct problem no_act = {
    .status = 404, .slug = "no-such-act", .title = "There is no such act", .detail = "GET /api/v1/identity/acts lists those that are kept."};
static const struct problem other_person = {.status = 409,
                                            .slug = "several-people",
                                            .title = "The identifiers belong to more than one person",
                                            .detail = "All of them must be of the person that ids names."};
static const struct problem no_identifier = {.status = 409,
                                             .slug = "no-identifier",
                                             .title = "This person has no identifier in force",
                                             .detail = "Name the identifier that is meant."};

/* The newest act about this person that can be undone. false: there is none, or this token does not see it. */
static bool act_about(const struct request *r, const struct view *v, uint32_t person, uint64_t *out_position)
{
    struct act_record act;
    uint64_t before = UINT64_MAX;
    for (uint32_t looked = 0; looked < ACTS_LOOKED_MAX && identity_act_before(v, before, &act); looked++) {
        before = act.position;
        for (uint32_t i = 0; act.undoable && i < act.owner_count; i++) {
            if (identity_of_owner(v, act.owners[i]) != person)
                continue;
            *out_position = act.position;
            return scope_sees_act(r->token, v, &act);
        }
    }
    return false;
}

static const struct problem *undo_settle(const struct request *r, const struct view *v, struct act_request *a)
{
    struct act_record act;
    uint64_t position = a->act.undo_position;
    if (!a->has_position) {
        uint32_t person = person_asked(r, v, &a->asks[0]);
        if (person == PERSON_NONE)
            return &problem_no_person;
        return act_about(r, v, person, &a->act.undo_position) ? NULL : &no_act;
    }
    if (!scope_is_limited(r->token))
        return NULL; /* what is wrong with it is for the command to say, and to log */
    bool found = position < UINT64_MAX && identity_act_before(v, position + 1, &act) && act.position == position;
    return found && scope_sees_act(r->token, v, &act) ? NULL : &no_act;
}

/* A token limited to brands hears of people outside as of people that there are not. Only a binding may bring an
 * identifier that nobody has. */
static bool may_decide_on(const struct request *r, const struct view *v, const struct act_request *a, uint32_t person)
{
    if (!scope_is_limited(r->token))
        return true;
    return person == PERSON_NONE ? a->command_id == COMMAND_BIND : scope_sees_person(r->token, v, person);
}

static bool takes_off(const struct act_request *a)
{
    return a->command_id == COMMAND_UNBIND || a->command_id == COMMAND_SPLIT;
}

/* The best identifier that this token sees. */
static bool lead_of(const struct request *r, const struct view *v, uint32_t person, struct envelope_id *out_id)
{
    if (!scope_is_limited(r->token))
        return identity_lead(v, person, out_id);
    return identity_lead_known(v, person, scope_brands(r->token, v), out_id);
}

/* A person stands for the best of their identifiers; where identifiers are taken off, for whose they have to be. */
static const struct problem *ask_settle(const struct request *r, const struct view *v, struct act_request *a, const struct person_ask *ask)
{
    struct envelope_id *id = &a->act.ids[a->act.id_count];
    uint32_t person = ask->is_public ? identity_of_public_id(v, ask->public_id) : identity_find_last(v, &ask->id);
    if ((ask->is_public && person == PERSON_NONE) || !may_decide_on(r, v, a, person))
        return &problem_no_person;
    if (a->whose != PERSON_NONE && person != a->whose)
        return &other_person;
    if (ask->is_public && takes_off(a))
        return NULL;
    if (!ask->is_public)
        *id = ask->id;
    else if (!lead_of(r, v, person, id))
        return &no_identifier;
    a->act.id_count++;
    return NULL;
}

static const struct problem *asks_settle(const struct request *r, const struct view *v, struct act_request *a)
{
    const struct problem *problem = NULL;
    a->act.id_count = 0;
    a->whose = PERSON_NONE;
    for (uint32_t i = 0; i < a->ask_count && takes_off(a); i++)
        a->whose = a->asks[i].is_public ? identity_of_public_id(v, a->asks[i].public_id) : a->whose;
    for (uint32_t i = 0; i < a->ask_count && problem == NULL; i++)
        problem = ask_settle(r, v, a, &a->asks[i]);
    return problem;
}

static fallible act_pack(struct arena *arena, struct act_request *a, struct err *e)
{
    struct buf packed;
    buf_init(&packed, ACT_BYTES_MAX);
    struct status status = identity_act_pack(&a->act, &packed, e);
    if (done(status))
        a->payload = arena_copy(arena, buf_bytes(&packed));
    buf_fini(&packed);
    return status;
}

/* Decided by the durable state just before the command; what another act changes in between, the command itself meets. */
static void act_settle(const struct view *v, void *context)
{
    struct request *r = context;
    struct act_request *a = r->context;
    const struct problem *problem = a->command_id == COMMAND_UNDO ? undo_settle(r, v, a) : asks_settle(r, v, a);
    r->problem = problem == NULL ? (struct problem){.status = 0} : *problem;
    if (problem == NULL)
        a->status = act_pack(request_arena(r), a, &a->trouble);
}

/* --- their preview --- */

static void put_person(struct request *r, const struct view *v, uint32_t person, struct json_writer *w)
{
    struct identifiers_seen ids = identifiers_seen(r, v, person);
    json_object_begin(w);
    member_person(w, "id", v, person);
    member_uint(w, "number", person);
    put_identifiers(r, v, &ids, w);
    json_object_end(w);
}

static void put_people(struct request *r, const struct view *v, const char *key, const struct step *s)
{
    struct json_writer *w = &r->writer;
    uint32_t changed[STEP_PEOPLE_MAX];
    size_t count = step_changed(s, changed);
    json_key(w, key);
    json_array_begin(w);
    for (size_t i = 0; i < count; i++)
        if (view_person(v, changed[i]) != NULL && identity_living(v, changed[i]) == changed[i])
            put_person(r, v, changed[i], w);
    json_array_end(w);
}

static void preview_look(void *context, const struct step *s)
{
    struct request *r = context;
    struct view before = s->view;
    before.written = NULL;
    put_people(r, &before, "before", s);
    put_people(r, &s->view, "after", s);
}

/* On the engine's thread; what the step wrote is thrown away. */
static void preview(struct request *r)
{
    const struct act_request *a = r->context;
    struct json_writer *w = request_object_begin(r);
    const struct command *command = registry_command(host_registry(request_host(r)), a->command_id);
    member_bool(w, "preview", true);
    const struct refusal *refusal = engine_preview(workspace_engine(r->workspace), command, a->payload, preview_look, r);
    json_key(w, "refused");
    if (refusal == NULL) {
        json_put_null(w);
    } else {
        json_object_begin(w);
        member_text(w, "name", refusal->name);
        member_text(w, "en", refusal->en);
        member_text(w, "zh", refusal->zh);
        json_object_end(w);
    }
    request_object_end(r, 200);
}

/* On the engine's thread. */
static void act_send(struct request *r)
{
    struct act_request *a = r->context;
    const struct command *command = registry_command(host_registry(request_host(r)), a->command_id);
    if (r->problem.status != 0) {
        request_problem(r, &r->problem);
        return;
    }
    struct status status = a->status;
    if (done(status) && a->is_preview && command->check != NULL)
        status = command->check(a->payload, &a->trouble);
    if (failed(status))
        request_failed(r, status, &a->trouble);
    else if (a->is_preview)
        preview(r);
    else
        request_command(r, a->command_id, a->payload, request_answer);
}

void api_act(struct request *r)
{
    struct act_request *a = ARENA_NEW(request_arena(r), struct act_request);
    a->command_id = (uint32_t)r->route->choice;
    r->context = a;
    if (body_read_by(r, members_of(a->command_id), act_read))
        request_read(r, act_settle, act_send);
}

/* --- what was decided, newest first --- */

static void put_summary(struct request *r, struct bytes summary, struct json_writer *w)
{
    struct masking m;
    json_key(w, "summary");
    if (!r->token->masked) {
        record_put(w, summary);
        return;
    }
    record_put(mask_begin(&m), summary);
    mask_end(&m, w, BYTES_NONE, false);
}

static bool act_next(const struct request *r, const struct view *v, struct hash128 key, struct list_item *out_item)
{
    struct act_record *act = ARENA_NEW(v->arena, struct act_record);
    if (!identity_act_before(v, key.low, act))
        return false;
    *out_item = (struct list_item){.key = {.low = act->position}, .own = act};
    out_item->people_max = scope_is_limited(r->token) ? act->owner_count : 0;
    return true;
}

static bool act_is_seen(const struct request *r, const struct view *v, const struct list_item *item)
{
    return scope_sees_act(r->token, v, item->own);
}

static void put_act(struct request *r, const struct view *v, const struct list_item *item, struct json_writer *w)
{
    const struct act_record *act = item->own;
    const struct command *command = registry_command(v->registry, act->command);
    member_uint(w, "position", act->position);
    member_time(w, "time", act->time_us);
    member_text(w, "act", command == NULL ? "" : command->name);
    member_bytes(w, "by", act->by);
    json_key(w, "reason");
    if (r->token->masked)
        mask_free_text(w, act->reason);
    else
        json_put_string(w, act->reason);
    member_bool(w, "undone", act->undone);
    member_bool(w, "undoable", act->undoable);
    put_summary(r, act->summary, w);
}

void api_acts(struct request *r)
{
    static const struct list_kind acts = {.name = "acts",
                                          .cursor = "before",
                                          .cursor_kind = CURSOR_NUMBER,
                                          .from = UINT64_MAX,
                                          .usual = LIST_USUAL,
                                          .most = LIST_MAX,
                                          .next = act_next,
                                          .is_seen = act_is_seen,
                                          .put = put_act,
                                          .is_personal = true};
    list_answer(r, &acts, NULL);
}

/* --- what waits for a review --- */

static bool review_next(const struct request *r, const struct view *v, struct hash128 key, struct list_item *out_item)
{
    struct review_record *review = ARENA_NEW(v->arena, struct review_record);
    (void)r;
    if (!identity_review_next(v, key, review))
        return false;
    *out_item = (struct list_item){.key = review->key, .people_max = 1, .own = review};
    return true;
}

static bool review_is_seen(const struct request *r, const struct view *v, const struct list_item *item)
{
    return scope_sees_review(r->token, v, item->own);
}

static void put_review(struct request *r, const struct view *v, const struct list_item *item, struct json_writer *w)
{
    const struct review_record *review = item->own;
    const struct id_type_rule *rule = id_type_rule(v, review->type);
    member_text(w, "type", rule == NULL ? "" : rule->name);
    if (review->ns.size > 0)
        member_bytes(w, "ns", review->ns);
    json_key(w, "value");
    if (r->token->masked)
        mask_text(w, review->value);
    else
        json_put_string(w, review->value);
    member_time(w, "since", review->since_us);
    member_uint(w, "conflicts", review->conflicts);
    member_person(w, "held_by", v, review->held_by);
}

void api_reviews(struct request *r)
{
    static const struct list_kind reviews = {.name = "reviews",
                                             .cursor = "after",
                                             .cursor_kind = CURSOR_KEY,
                                             .usual = LIST_USUAL,
                                             .most = LIST_MAX,
                                             .next = review_next,
                                             .is_seen = review_is_seen,
                                             .put = put_review,
                                             .is_personal = true};
    list_answer(r, &reviews, NULL);
}

/* --- looking up --- */

struct lookup_request {
    struct envelope_id *ids; /* type TYPE_NONE: it can't identify anybody */
    struct hash128 *public_ids;
    bool *known;
    size_t count, at; /* at: the first one that this reading looks up */
};

static void lookup_read(const struct view *v, void *context)
{
    struct request *r = context;
    struct lookup_request *l = r->context;
    for (size_t i = l->at; i < l->count && i < l->at + LOOKUP_A_READ; i++) {
        const struct envelope_id *id = &l->ids[i];
        uint32_t person = id->type == TYPE_NONE ? PERSON_NONE : identity_find(v, id->type, id->ns, id->value, id->key);
        l->known[i] = person != PERSON_NONE && scope_sees_person(r->token, v, person);
        if (l->known[i])
            l->public_ids[i] = identity_public_id(v, person);
    }
}

static void lookup_answer(struct request *r)
{
    const struct lookup_request *l = r->context;
    char text[PUBLIC_ID_TEXT_BYTES];
    struct json_writer *w = request_object_begin(r);
    json_key(w, "ids");
    json_array_begin(w);
    for (size_t i = 0; i < l->count; i++)
        put_text(w, l->known[i] ? public_id_text(l->public_ids[i], text) : NULL);
    json_array_end(w);
    request_object_end(r, 200);
}

static void lookup_go_on(struct request *r)
{
    struct lookup_request *l = r->context;
    l->at += LOOKUP_A_READ;
    if (l->at < l->count)
        request_read(r, lookup_read, lookup_go_on);
    else
        lookup_answer(r);
}

static fallible lookup_ids(struct request *r, struct json root, struct err *e)
{
    struct lookup_request *l = r->context;
    struct json from, list = json_find(root, BYTES_LIT("ids"));
    size_t count = json_count(list);
    if (json_is(list, JSON_ABSENT) || count > LOOKUP_IDS_MAX)
        return FAIL(e, INVALID, "ids: want a list of at most %u identifiers", LOOKUP_IDS_MAX);
    l->ids = ARENA_ARRAY(request_arena(r), struct envelope_id, count + 1);
    l->public_ids = ARENA_ARRAY(request_arena(r), struct hash128, count + 1);
    l->known = ARENA_ARRAY(request_arena(r), bool, count + 1);
    for (struct json_walk w = json_items(list); json_item_next(&w, &from); l->count++) {
        TRY(WRAP(e, id_check_json(from, e), "ids[%zu]", l->count));
        if (failed(id_read_json(r, from, &l->ids[l->count], NULL)))
            l->ids[l->count].type = TYPE_NONE; /* nobody's, as the answer says */
    }
    return DONE;
}

void api_lookup(struct request *r)
{
    static const struct body_member members[] = {{"ids", BODY_IDS, false}};
    struct lookup_request *l = ARENA_NEW(request_arena(r), struct lookup_request);
    r->context = l;
    if (!body_read_by(r, BODY_MEMBERS(members), lookup_ids))
        return;
    if (l->count == 0)
        lookup_answer(r);
    else
        request_read(r, lookup_read, lookup_go_on);
}
