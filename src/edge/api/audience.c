/* Tags and segments: told, saved, ended. Who is in them: audience_people.c */
#include "domain/audience/audience.h"

#include "edge/api/api.h"
#include "edge/api/audience.h"
#include "edge/scope.h"
#include "lib/bitmap.h"

static const char *const list_names[AUDIENCE_KIND_COUNT] = {"segments", "tags"};

static const struct problem problem_no_audience = {
    .status = 404,
    .slug = "no-such-definition",
    .title = "There is no such tag or segment",
    .detail = "Nothing of this name is defined here, or this token may not see it."};
static const struct problem problem_foreign = {
    .status = 403,
    .slug = "not-allowed",
    .title = "This token may not change that",
    .detail = "A token that is limited to brands changes tags and segments of these brands alone: say one as 'brand'."};

static enum audience_kind kind_of(const struct request *r)
{
    return (enum audience_kind)r->route->choice;
}

bool audience_asked(struct request *r, const struct view *v, struct audience *out_audience)
{
    bool is_seen = audience_find(v, kind_of(r), r->parameters[0], out_audience) &&
                   scope_sees_audience(r->token, v, out_audience->brand);
    if (!is_seen)
        r->problem = problem_no_audience;
    return is_seen;
}

/* --- told --- */

/* Of a rule that is a condition; of a token that doesn't see everybody none. */
static void put_size(const struct request *r, const struct view *v, const struct audience *a, struct json_writer *w)
{
    bool is_condition = a->rule != RULE_NONE && !scope_is_limited(r->token) && rule_type_of(v, a->rule) == RULE_TRUTH;
    struct bitmap *people = is_condition ? rule_set(v, a->rule, NULL) : NULL;
    json_key(w, "size");
    if (people == NULL)
        json_put_null(w);
    else
        json_put_uint64(w, bitmap_count(people));
    bitmap_destroy(people);
}

/* An expression may name a person. */
static void put_text_of(const struct request *r, const struct audience *a, struct json_writer *w)
{
    json_key(w, "text");
    if (is_masked(r))
        json_put_null(w);
    else
        json_put_string(w, a->text);
}

static void put_members(const struct request *r, const struct view *v, const struct audience *a, struct json_writer *w)
{
    member_bytes(w, "name", a->name);
    member_text_or_null(w, "label_zh", a->label_zh);
    member_text_or_null(w, "label_en", a->label_en);
    member_text_or_null(w, "owner", a->owner);
    member_text_or_null(w, "description", a->about);
    member_text_or_null(w, "brand", a->brand);
    put_text_of(r, a, w);
    member_uint(w, "revision", a->revision);
    member_time(w, "saved", a->saved_us);
    member_text(w, "state", audience_state_names[audience_state(a)]);
    member_bool(w, "answers", a->rule != RULE_NONE);
    put_size(r, v, a, w);
}

static void print_all(struct request *r, const struct view *v, struct json_writer *w)
{
    struct audience a;
    json_object_begin(w);
    json_key(w, list_names[kind_of(r)]);
    json_array_begin(w);
    for (struct bytes after = BYTES_NONE; audience_next(v, kind_of(r), after, &a); after = a.name) {
        if (!scope_sees_audience(r->token, v, a.brand))
            continue;
        json_object_begin(w);
        put_members(r, v, &a, w);
        json_object_end(w);
    }
    json_array_end(w);
    json_object_end(w);
}

void api_audiences(struct request *r)
{
    request_print(r, print_all);
}

/* The tree, for builders. */
static void put_tree(const struct request *r, const struct view *v, const struct audience *a, struct json_writer *w)
{
    const struct expr *tree;
    json_key(w, "tree");
    if (is_masked(r) || failed(audience_read(a->kind, a->text, v->arena, &tree, NULL)))
        json_put_null(w);
    else
        expr_print_json(tree, w);
}

/* Those who name it. */
static void put_namers(const struct request *r, const struct view *v, const struct audience *a, struct json_writer *w)
{
    struct audience namer;
    json_key(w, "named_by");
    json_array_begin(w);
    for (uint32_t n = audience_namer_next(v, a->number, 0); n != 0; n = audience_namer_next(v, a->number, n)) {
        if (!audience_numbered(v, n, &namer) || !scope_sees_audience(r->token, v, namer.brand))
            continue;
        json_object_begin(w);
        member_text(w, "kind", audience_kind_names[namer.kind]);
        member_bytes(w, "name", namer.name);
        json_object_end(w);
    }
    json_array_end(w);
}

static void print_one(struct request *r, const struct view *v, struct json_writer *w)
{
    struct audience a;
    if (!audience_asked(r, v, &a))
        return;
    json_object_begin(w);
    put_members(r, v, &a, w);
    member_text(w, "type", a.rule == RULE_NONE ? NULL : rule_type_names[rule_type_of(v, a.rule)]);
    put_tree(r, v, &a, w);
    put_namers(r, v, &a, w);
    json_object_end(w);
}

void api_audience(struct request *r)
{
    request_print(r, print_one);
}

/* --- saved --- */

struct save_request {
    struct audience said;
    uint64_t expects;
    struct status status; /* of the examination */
    struct err e;
};

/* As text or as a tree; canonical, in the request's arena. */
static fallible text_read(struct request *r, struct json from, enum audience_kind kind, struct bytes *out_text,
                          struct err *e)
{
    struct arena *a = request_arena(r);
    struct buf text = arena_buf(a, AUDIENCE_TEXT_BYTES_MAX);
    const struct expr *tree;
    if (json_is(from, JSON_STRING))
        TRY(audience_read(kind, json_string(from), a, &tree, e));
    else if (kind == AUDIENCE_SEGMENT || failed(expr_read_term_json(a, from, &tree, NULL)))
        TRY(expr_read_json(a, from, &tree, e));
    expr_print(tree, &text);
    if (text.overflowed)
        return FAIL(e, LIMIT, "an expression has at most %u bytes", AUDIENCE_TEXT_BYTES_MAX);
    *out_text = buf_bytes(&text);
    return DONE;
}

static struct bytes said_text(struct request *r, struct json root, const char *key)
{
    return arena_copy(request_arena(r), json_string(json_find(root, bytes_of_text(key))));
}

static fallible save_read(struct request *r, struct json root, struct err *e)
{
    struct save_request *s = r->context;
    s->said = (struct audience){.kind = kind_of(r),
                                .name = said_text(r, root, "name"),
                                .label_zh = said_text(r, root, "label_zh"),
                                .label_en = said_text(r, root, "label_en"),
                                .owner = said_text(r, root, "owner"),
                                .about = said_text(r, root, "description"),
                                .brand = said_text(r, root, "brand")};
    s->expects = AUDIENCE_ANY_REVISION;
    (void)json_uint64(json_find(root, BYTES_LIT("revision")), &s->expects);
    struct json text = json_find(root, BYTES_LIT("text"));
    return json_is(text, JSON_ABSENT) ? FAIL(e, INVALID, "want text: an expression")
                                      : text_read(r, text, s->said.kind, &s->said.text, e);
}

/* On the engine's thread. */
static void save_examine(const struct view *v, void *context)
{
    const struct request *r = context;
    struct save_request *s = r->context;
    s->e = (struct err){0};
    s->status = audience_examine(v, &s->said, &s->e);
}

static void save_send(struct request *r)
{
    struct save_request *s = r->context;
    if (failed(s->status)) {
        request_failed(r, s->status, &s->e);
        return;
    }
    struct buf payload = arena_buf(request_arena(r), AUDIENCE_SAVE_BYTES_MAX);
    audience_pack(&s->said, s->expects, &payload);
    request_command(r, COMMAND_AUDIENCE_SAVE, buf_bytes(&payload), request_answer);
}

void api_audience_put(struct request *r)
{
    static const struct body_member members[] = {{"name", BODY_TEXT, false},       {"label_zh", BODY_TEXT, true},
                                                 {"label_en", BODY_TEXT, true},    {"owner", BODY_TEXT, true},
                                                 {"description", BODY_TEXT, true}, {"brand", BODY_TEXT, true},
                                                 {"text", BODY_ANY, false},        {"revision", BODY_COUNT, true}};
    struct save_request *s = ARENA_NEW(request_arena(r), struct save_request);
    r->context = s;
    if (!body_read_by(r, BODY_MEMBERS(members), save_read))
        return;
    if (!scope_changes_audience(r->token, s->said.brand))
        request_problem(r, &problem_foreign);
    else
        request_read(r, save_examine, save_send);
}

/* --- ended --- */

struct end_request {
    bool is_seen, may;
};

static void end_look(const struct view *v, void *context)
{
    struct request *r = context;
    struct end_request *q = r->context;
    struct audience a;
    q->is_seen = audience_find(v, kind_of(r), r->parameters[0], &a) && scope_sees_audience(r->token, v, a.brand);
    q->may = q->is_seen && scope_changes_audience(r->token, a.brand);
}

static void end_send(struct request *r)
{
    const struct end_request *q = r->context;
    struct buf payload = arena_buf(request_arena(r), AUDIENCE_END_BYTES_MAX);
    if (!q->may) {
        request_problem(r, q->is_seen ? &problem_foreign : &problem_no_audience);
        return;
    }
    audience_end_pack(kind_of(r), r->parameters[0], &payload);
    request_command(r, COMMAND_AUDIENCE_END, buf_bytes(&payload), request_answer);
}

void api_audience_end(struct request *r)
{
    r->context = ARENA_NEW(request_arena(r), struct end_request);
    request_read(r, end_look, end_send);
}
