/* Identity by hand: verbs with their preview, types, reviews, acts, and looking many identifiers up at once. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "edge/api.h"
#include "edge/mask.h"

#define LOOKUP_IDS_MAX 1000u
#define LOOKUP_A_READ 128u /* people a reader may touch: STEP_PEOPLE_MAX */
#define LIST_USUAL 50u
#define LIST_MAX 200u
#define ACT_BYTES_MAX 65536u
#define LIST_JSON_BYTES_MAX (1u << 20)

/* --- verbs --- */

struct act_request {
    struct identity_act act;
    bool is_preview;
    uint32_t command_id;
    struct bytes payload;
};

static fallible ids_read(const struct request *r, struct json list, struct identity_act *act, struct err *e)
{
    struct json from;
    if (!json_is(list, JSON_ARRAY) && !json_is(list, JSON_ABSENT))
        return FAIL(e, INVALID, "ids: want a list of identifiers, this is %s", json_kind_name(json_kind(list)));
    for (struct json_walk w = json_items(list); json_item_next(&w, &from);) {
        if (act->id_count == ENVELOPE_IDS_MAX)
            return FAIL(e, LIMIT, "ids: more than %u", ENVELOPE_IDS_MAX);
        TRY(WRAP(e, id_read_json(r, from, &act->ids[act->id_count], e), "ids[%u]", act->id_count));
        act->id_count++;
    }
    return DONE;
}

static fallible choice_read(uint32_t command_id, struct json root, uint8_t *out_choice, struct err *e)
{
    static const char *const names[] = {[REVIEW_RELEASE] = "release", [REVIEW_GIVE] = "give", [REVIEW_BLOCK] = "block"};
    struct bytes word = json_string(json_find(root, BYTES_LIT("choice")));
    bool blocked = true;
    if (command_id == COMMAND_BLOCK) {
        (void)json_bool(json_find(root, BYTES_LIT("blocked")), &blocked);
        *out_choice = blocked;
        return DONE;
    }
    for (uint8_t i = 0; command_id == COMMAND_REVIEW && i < COUNT_OF(names); i++) {
        if (bytes_equal(bytes_of_text(names[i]), word)) {
            *out_choice = i;
            return DONE;
        }
    }
    return command_id == COMMAND_REVIEW ? FAIL(e, INVALID, "choice: want release, give or block") : DONE;
}

static fallible act_read(const struct request *r, struct json root, struct act_request *a, struct err *e)
{
    struct buf packed;
    struct arena *arena = request_arena(r);
    struct json position = json_find(root, BYTES_LIT("position"));
    a->act.by = bytes_of_text(r->token->name);
    a->act.reason = arena_copy(arena, json_string(json_find(root, BYTES_LIT("reason"))));
    (void)json_bool(json_find(root, BYTES_LIT("preview")), &a->is_preview);
    TRY(ids_read(r, json_find(root, BYTES_LIT("ids")), &a->act, e));
    TRY(choice_read(a->command_id, root, &a->act.choice, e));
    if (a->command_id == COMMAND_UNDO && !json_uint64(position, &a->act.undo_position))
        return FAIL(e, INVALID, "position: which act? GET /api/v1/identity/acts tells");
    buf_init(&packed, ACT_BYTES_MAX);
    struct status status = identity_act_pack(&a->act, &packed, e);
    if (done(status))
        a->payload = arena_copy(arena, buf_bytes(&packed));
    buf_fini(&packed);
    return status;
}

/* --- their preview --- */

static void put_person(struct request *r, const struct view *v, uint32_t person, struct json_writer *w)
{
    const struct identifier *list;
    size_t count = identity_list(v, person, &list);
    json_object_begin(w);
    member_person(w, "id", v, person);
    member_uint(w, "number", person);
    json_key(w, "identifiers");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(w);
        identifier_print(v, &list[i], r->token->masked, w);
        json_object_end(w);
    }
    json_array_end(w);
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
    struct json_writer *w = &r->writer;
    const struct command *command = registry_command(host_registry(request_host(r)), a->command_id);
    buf_init(&r->json, LIST_JSON_BYTES_MAX);
    json_writer_init(w, &r->json, false);
    json_object_begin(w);
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
    json_object_end(w);
    request_printed(r);
}

static void read_nothing(const struct view *v, void *context)
{
    (void)v, (void)context;
}

static void act_send(struct request *r)
{
    struct act_request *a = r->context;
    const struct command *command = registry_command(host_registry(request_host(r)), a->command_id);
    struct err e = {0};
    if (!a->is_preview) {
        request_command(r, a->command_id, a->payload, request_answer);
        return;
    }
    struct status status = command->check == NULL ? DONE : command->check(a->payload, &e);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_read(r, read_nothing, preview);
}

void api_act(struct request *r)
{
    struct act_request *a = ARENA_NEW(request_arena(r), struct act_request);
    struct json_parser *p;
    struct json root;
    struct err e = {0};
    if (!body_read(r, &p, &root))
        return;
    r->context = a;
    a->command_id = (uint32_t)r->route->choice;
    struct status status = act_read(r, root, a, &e);
    json_parser_destroy(p);
    if (failed(status))
        request_failed(r, status, &e);
    else
        act_send(r);
}

/* --- types --- */

static const char *const normaliser_names[] = {"exact", "lower", "phone", "email", "uuid"};
static const char *const over_names[] = {"refuse", "move", "quarantine"};

static fallible word_read(struct json root, const char *key, const char *const *words, int count, int *out_at, struct err *e)
{
    struct json j = json_find(root, bytes_of_text(key));
    struct bytes word = json_string(j);
    for (int i = 0; i < count; i++) {
        if (bytes_equal(bytes_of_text(words[i]), word)) {
            *out_at = i;
            return DONE;
        }
    }
    if (json_is(j, JSON_ABSENT))
        return DONE;
    const char *near = nearest_word(word, words, (size_t)count);
    return FAIL(e, INVALID, "%s: no such word%s%s", key, near == NULL ? "" : ": did you mean ", near == NULL ? "" : near);
}

static fallible bounded_read(struct json root, const char *key, uint64_t most, uint64_t *number, struct err *e)
{
    struct json j = json_find(root, bytes_of_text(key));
    if (json_is(j, JSON_ABSENT))
        return DONE;
    uint64_t x;
    if (!json_uint64(j, &x) || x > most)
        return FAIL(e, INVALID, "%s: want a whole number up to %llu", key, (unsigned long long)most);
    *number = x;
    return DONE;
}

static const struct id_type_rule *type_find(const struct catalogue *c, struct bytes name)
{
    for (size_t i = 0; i < c->rule_count; i++)
        if (bytes_equal(bytes_of_text(c->rules[i].name), name))
            return &c->rules[i];
    return NULL;
}

static uint16_t type_free(const struct catalogue *c)
{
    uint16_t next = TYPE_CUSTOM;
    for (size_t i = 0; i < c->rule_count; i++)
        next = c->rules[i].type >= next ? (uint16_t)(c->rules[i].type + 1) : next;
    return next;
}

/* What isn't said stays as it was, or is the plainest for a new type. */
static fallible type_read(const struct request *r, struct json root, struct id_type_rule *rule, struct err *e)
{
    struct bytes name = json_string(json_find(root, BYTES_LIT("name"))), parent = json_string(json_find(root, BYTES_LIT("parent")));
    const struct id_type_rule *known = type_find(r->catalogue, name), *of_parent = type_find(r->catalogue, parent);
    if (name.size == 0 || name.size >= sizeof rule->name)
        return FAIL(e, INVALID, "name: want 1 to %zu characters", sizeof rule->name - 1);
    *rule = (struct id_type_rule){.type = type_free(r->catalogue), .priority = 20, .over = OVER_REFUSE};
    memcpy(rule->name, name.data, name.size);
    if (known != NULL)
        *rule = *known;
    int normaliser = (int)rule->normaliser, over = (int)rule->over;
    uint64_t priority = rule->priority, limit = rule->limit, days = rule->limit_window_days, moves = rule->hub_moves;
    TRY(word_read(root, "normaliser", normaliser_names, COUNT_OF(normaliser_names), &normaliser, e));
    TRY(word_read(root, "over", over_names, COUNT_OF(over_names), &over, e));
    TRY(bounded_read(root, "priority", UINT8_MAX, &priority, e));
    TRY(bounded_read(root, "limit", UINT16_MAX, &limit, e));
    TRY(bounded_read(root, "limit_window_days", UINT16_MAX, &days, e));
    TRY(bounded_read(root, "hub_moves", UINT16_MAX, &moves, e));
    (void)json_bool(json_find(root, BYTES_LIT("has_namespace")), &rule->has_namespace);
    (void)json_bool(json_find(root, BYTES_LIT("ends_at_logout")), &rule->ends_at_logout);
    if (parent.size > 0 && of_parent == NULL)
        return FAIL(e, INVALID, "parent: '%.*s' is no declared type", BYTES_ARG(bytes_slice(parent, 0, parent.size > 40 ? 40 : parent.size)));
    rule->parent = of_parent == NULL ? rule->parent : of_parent->type;
    rule->normaliser = (enum normaliser)normaliser;
    rule->over = (enum over_limit)over;
    rule->priority = (uint8_t)priority;
    rule->limit = (uint16_t)limit;
    rule->limit_window_days = (uint16_t)days;
    rule->hub_moves = (uint16_t)moves;
    return DONE;
}

void api_type_set(struct request *r)
{
    struct json_parser *p;
    struct json root;
    struct id_type_rule rule;
    struct buf payload;
    struct err e = {0};
    if (!body_read(r, &p, &root))
        return;
    buf_init(&payload, 4096);
    struct status status = type_read(r, root, &rule, &e);
    if (done(status))
        status = identity_type_pack(&rule, &payload, &e);
    json_parser_destroy(p);
    struct bytes packed = arena_copy(request_arena(r), buf_bytes(&payload));
    buf_fini(&payload);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_command(r, COMMAND_TYPE, packed, request_answer);
}

static const char *parent_name(const struct catalogue *c, uint16_t type)
{
    for (size_t i = 0; i < c->rule_count && type != TYPE_NONE; i++)
        if (c->rules[i].type == type)
            return c->rules[i].name;
    return NULL;
}

static void put_type(const struct catalogue *c, const struct id_type_rule *rule, struct json_writer *w)
{
    json_object_begin(w);
    member_text(w, "name", rule->name);
    member_uint(w, "number", rule->type);
    member_text(w, "normaliser", normaliser_names[rule->normaliser]);
    member_bool(w, "has_namespace", rule->has_namespace);
    member_uint(w, "priority", rule->priority);
    member_uint(w, "limit", rule->limit);
    member_uint(w, "limit_window_days", rule->limit_window_days);
    member_text(w, "over", over_names[rule->over]);
    member_text(w, "parent", parent_name(c, rule->parent));
    member_uint(w, "hub_moves", rule->hub_moves);
    member_bool(w, "ends_at_logout", rule->ends_at_logout);
    json_object_end(w);
}

void api_types(struct request *r)
{
    struct buf json;
    struct json_writer w;
    buf_init(&json, LIST_JSON_BYTES_MAX);
    json_writer_init(&w, &json, false);
    json_object_begin(&w);
    json_key(&w, "types");
    json_array_begin(&w);
    for (size_t i = 0; i < r->catalogue->rule_count; i++)
        put_type(r->catalogue, &r->catalogue->rules[i], &w);
    json_array_end(&w);
    json_object_end(&w);
    request_json(r, 200, &json);
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
        l->known[i] = person != PERSON_NONE && person_is_seen(r, v, person);
        if (l->known[i])
            l->public_ids[i] = identity_public_id(v, person);
    }
}

static void lookup_answer(struct request *r)
{
    const struct lookup_request *l = r->context;
    struct buf json;
    struct json_writer w;
    char text[PUBLIC_ID_TEXT_BYTES];
    buf_init(&json, LIST_JSON_BYTES_MAX);
    json_writer_init(&w, &json, false);
    json_object_begin(&w);
    json_key(&w, "ids");
    json_array_begin(&w);
    for (size_t i = 0; i < l->count; i++)
        put_text(&w, l->known[i] ? public_id_text(l->public_ids[i], text) : NULL);
    json_array_end(&w);
    json_object_end(&w);
    request_json(r, 200, &json);
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

static fallible lookup_ids(const struct request *r, struct json list, struct lookup_request *l, struct err *e)
{
    struct json from;
    size_t count = json_count(list);
    if (!json_is(list, JSON_ARRAY) || count > LOOKUP_IDS_MAX)
        return FAIL(e, INVALID, "ids: want a list of at most %u identifiers", LOOKUP_IDS_MAX);
    l->ids = ARENA_ARRAY(request_arena(r), struct envelope_id, count + 1);
    l->public_ids = ARENA_ARRAY(request_arena(r), struct hash128, count + 1);
    l->known = ARENA_ARRAY(request_arena(r), bool, count + 1);
    for (struct json_walk w = json_items(list); json_item_next(&w, &from); l->count++)
        if (failed(id_read_json(r, from, &l->ids[l->count], NULL)))
            l->ids[l->count].type = TYPE_NONE; /* nobody's, as the answer says */
    return DONE;
}

void api_lookup(struct request *r)
{
    struct lookup_request *l = ARENA_NEW(request_arena(r), struct lookup_request);
    struct json_parser *p;
    struct json root;
    struct err e = {0};
    if (!body_read(r, &p, &root))
        return;
    r->context = l;
    struct status status = lookup_ids(r, json_find(root, BYTES_LIT("ids")), l, &e);
    json_parser_destroy(p);
    if (failed(status))
        request_failed(r, status, &e);
    else if (l->count == 0)
        lookup_answer(r);
    else
        request_read(r, lookup_read, lookup_go_on);
}

/* --- reviews and acts --- */

struct list_request {
    uint64_t limit, before;
    struct hash128 after;
};

static void put_id(struct request *r, const struct view *v, const struct review_record *review, struct json_writer *w)
{
    const struct id_type_rule *rule = id_type_rule(v, review->type);
    member_text(w, "type", rule == NULL ? "" : rule->name);
    if (review->ns.size > 0)
        member_bytes(w, "ns", review->ns);
    json_key(w, "value");
    if (r->token->masked)
        mask_text(w, review->value);
    else
        json_put_string(w, review->value);
}

static void print_reviews(struct request *r, const struct view *v, struct json_writer *w)
{
    const struct list_request *l = r->context;
    struct review_record review;
    struct hash128 after = l->after;
    uint64_t count = 0;
    char text[PUBLIC_ID_TEXT_BYTES];
    json_object_begin(w);
    json_key(w, "reviews");
    json_array_begin(w);
    for (; count < l->limit && identity_review_next(v, after, &review); count++) {
        json_object_begin(w);
        put_id(r, v, &review, w);
        member_time(w, "since", review.since_us);
        member_uint(w, "conflicts", review.conflicts);
        member_person(w, "held_by", v, review.held_by);
        json_object_end(w);
        after = review.key;
    }
    json_array_end(w);
    bool more = count == l->limit && identity_review_next(v, after, &review);
    member_text(w, "next", more ? public_id_text(after, text) : NULL);
    json_object_end(w);
}

void api_reviews(struct request *r)
{
    struct list_request *l = ARENA_NEW(request_arena(r), struct list_request);
    struct err e = {0};
    struct bytes after = http_query(r->x, "after");
    r->context = l;
    struct status status = query_number(r, "limit", LIST_USUAL, LIST_MAX, &l->limit, &e);
    if (done(status) && after.size > 0 && !public_id_read(after, &l->after))
        status = FAIL(&e, INVALID, "after: want what 'next' gave");
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_print(r, print_reviews);
}

static void put_summary(struct request *r, struct bytes summary, struct json_writer *w)
{
    struct buf plain;
    struct json_writer plain_writer;
    json_key(w, "summary");
    if (!r->token->masked) {
        record_put(w, summary);
        return;
    }
    buf_init(&plain, LIST_JSON_BYTES_MAX);
    json_writer_init(&plain_writer, &plain, false);
    record_put(&plain_writer, summary);
    mask_json(w, BYTES_NONE, false, buf_bytes(&plain));
    buf_fini(&plain);
}

static void print_acts(struct request *r, const struct view *v, struct json_writer *w)
{
    const struct list_request *l = r->context;
    struct act_record act;
    uint64_t before = l->before, count = 0;
    json_object_begin(w);
    json_key(w, "acts");
    json_array_begin(w);
    for (; count < l->limit && identity_act_before(v, before, &act); count++) {
        const struct command *command = registry_command(v->registry, act.command);
        json_object_begin(w);
        member_uint(w, "position", act.position);
        member_time(w, "time", act.time_us);
        member_text(w, "act", command == NULL ? "" : command->name);
        member_bytes(w, "by", act.by);
        member_bytes(w, "reason", act.reason);
        put_summary(r, act.summary, w);
        member_bool(w, "undone", act.undone);
        json_object_end(w);
        before = act.position;
    }
    json_array_end(w);
    json_key(w, "next");
    if (count == l->limit && identity_act_before(v, before, &act))
        json_put_uint64(w, before);
    else
        json_put_null(w);
    json_object_end(w);
}

void api_acts(struct request *r)
{
    struct list_request *l = ARENA_NEW(request_arena(r), struct list_request);
    struct err e = {0};
    r->context = l;
    struct status status = query_number(r, "limit", LIST_USUAL, LIST_MAX, &l->limit, &e);
    if (done(status))
        status = query_number(r, "before", UINT64_MAX, UINT64_MAX, &l->before, &e);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_print(r, print_acts);
}
