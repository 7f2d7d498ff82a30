/* Tags and segments: told, saved, ended. Who is in them: audience_people.c */
#include <math.h>

#include "base/time.h"
#include "domain/audience/audience.h"

#include "edge/api/api.h"
#include "edge/api/audience.h"
#include "edge/api/audience_preview.h"
#include "edge/api/expression_words.h"
#include "edge/api/newest_names.h"
#include "edge/api/study.h"
#include "edge/scope.h"
#include "lib/bitmap.h"

static const char *const list_names[AUDIENCE_KIND_COUNT] = {"segments", "tags"};

const struct problem problem_no_audience = {
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

static bool token_sees(const void *context, const struct view *v, struct bytes brand)
{
    return scope_sees_audience(context, v, brand);
}

struct audience_sight audience_sight_of(const struct request *r)
{
    return (struct audience_sight){r->token, scope_names_brands(r->token) || scope_names_store(r->token) ? token_sees : NULL};
}

/* A group changes its tags with it. */
static bool may_change(const struct request *r, const struct view *v, const struct audience *a)
{
    struct bytes name;
    struct audience tag;
    bool may = scope_changes_audience(r->token, a->brand);
    if (a->content == AUDIENCE_GROUP)
        for (struct unpack u = unpack_of(a->members); may && audience_member_next(&u, &name);)
            may = !audience_find(v, AUDIENCE_TAG, name, &tag) || scope_changes_audience(r->token, tag.brand);
    return may;
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
    if (is_masked(r) || a->content != AUDIENCE_RULE)
        json_put_null(w);
    else
        json_put_string(w, a->text);
}

/* How far the gathering of what it says is, and how long the rest will take if it goes on so (null: it hasn't begun); null: nothing is gathered. */
static void put_progress(const struct view *v, const struct audience *a, struct json_writer *w)
{
    struct rule_progress progress = rule_progress(v, a->next);
    uint32_t share = a->next == RULE_NONE ? 0 : progress.share;
    double passed_s = (double)(v->now_us - progress.begun_us) / (double)US_PER_SECOND;
    json_key(w, "progress");
    if (audience_state(a) != AUDIENCE_GATHERING) {
        json_put_null(w);
        return;
    }
    json_object_begin(w);
    json_key(w, "share");
    json_put_double(w, (double)share / RULE_PROGRESS_WHOLE);
    json_key(w, "rest_seconds");
    if (share == 0)
        json_put_null(w);
    else
        json_put_double(w, round(passed_s * (RULE_PROGRESS_WHOLE - share) / share));
    json_object_end(w);
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
    audience_put_content(v, a, w);
    member_uint(w, "revision", a->revision);
    member_time(w, "saved", a->saved_us);
    member_text(w, "state", audience_state_names[audience_state(a)]);
    put_progress(v, a, w);
    member_bool(w, "answers", a->rule != RULE_NONE);
    put_size(r, v, a, w);
}

/* "交易" has what is in "交易/价值" too. */
static bool is_in_category(const struct audience *a, struct bytes category)
{
    return category.size == 0 || (bytes_starts_with(a->category, category) &&
                                  (a->category.size == category.size || a->category.data[category.size] == '/'));
}

static void print_all(struct request *r, const struct view *v, struct json_writer *w)
{
    struct audience a;
    json_object_begin(w);
    json_key(w, list_names[kind_of(r)]);
    json_array_begin(w);
    for (struct bytes after = BYTES_NONE; audience_next(v, kind_of(r), after, &a); after = a.name) {
        if (!scope_sees_audience(r->token, v, a.brand) || !is_in_category(&a, http_query(r->x, "category")))
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

/* The tree, for builders, and what it asks in a sentence. */
static void put_tree(const struct request *r, const struct view *v, const struct audience *a, struct json_writer *w)
{
    const struct expr *tree = NULL;
    bool is_told = !is_masked(r) && a->content == AUDIENCE_RULE &&
                   done(audience_read(a->kind, a->text, v->arena, &tree, NULL));
    json_key(w, "tree");
    if (is_told)
        expr_print_json(tree, w);
    else
        json_put_null(w);
    member_sentence(w, v->arena, is_told ? tree : NULL);
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

/* What its owner should mend: it would be refused if it were saved now. */
static void put_warnings(const struct view *v, const struct audience *a, struct json_writer *w)
{
    struct bytes forbidden = a->rule == RULE_NONE ? BYTES_NONE : rule_reads_forbidden(v, a->rule);
    json_key(w, "warnings");
    json_array_begin(w);
    if (forbidden.size > 0) {
        json_object_begin(w);
        member_text(w, "en",
                    arena_printf(v->arena,
                                 "It reads the property \"%.*s\", which was forbidden since: save it again without it.",
                                 BYTES_ARG(forbidden)));
        member_text(w, "zh",
                    arena_printf(v->arena, "引用的属性“%.*s”其后已被禁用:请去掉后重新保存。", BYTES_ARG(forbidden)));
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
    put_warnings(v, &a, w);
    put_tree(r, v, &a, w);
    put_namers(r, v, &a, w);
    json_object_end(w);
}

void api_audience(struct request *r)
{
    request_print(r, print_one);
}

/* --- saved --- */

enum save_purpose { TO_SAVE, TO_CHECK, TO_PREVIEW };
struct save_request {
    struct audience said;
    enum save_purpose purpose;
    uint64_t expects;
    const struct name_book *names; /* it is examined with; NULL: those of the state */
    bool is_foreign;               /* what stands under the name isn't the token's to change */
    struct status status;          /* of the examination */
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
    bool is_rule = !json_is(text, JSON_ABSENT) && !json_is(text, JSON_NULL);
    TRY(audience_content_read(r, root, &s->said, e));
    if (is_rule != (s->said.content == AUDIENCE_RULE))
        return FAIL(e, INVALID, "want one of them: text, an expression; list; or tags, a group's");
    return is_rule ? text_read(r, text, s->said.kind, &s->said.text, e) : DONE;
}

/* On the engine's thread. */
static void save_examine(const struct view *v, void *context)
{
    const struct request *r = context;
    struct save_request *s = r->context;
    struct audience_sight sight = audience_sight_of(r);
    struct audience standing;
    s->e = (struct err){0};
    s->is_foreign = (audience_find(v, s->said.kind, s->said.name, &standing) && !may_change(r, v, &standing)) ||
                    !may_change(r, v, &s->said);
    s->status = s->is_foreign ? DONE : audience_examine(v, &s->said, s->names, &sight, &s->e);
}

/* The text as it would be kept. */
static void check_answer(struct request *r)
{
    const struct save_request *s = r->context;
    const struct expr *tree = NULL;
    bool is_rule = s->said.content == AUDIENCE_RULE &&
                   done(audience_read(s->said.kind, s->said.text, request_arena(r), &tree, NULL));
    struct json_writer *w = request_object_begin(r);
    member_text_or_null(w, "text", s->said.text);
    member_sentence(w, request_arena(r), is_rule ? tree : NULL);
    request_object_end(r, 200);
}

static void save_send(struct request *r)
{
    struct save_request *s = r->context;
    if (s->is_foreign) {
        request_problem(r, &problem_foreign);
        return;
    }
    if (failed(s->status)) {
        request_failed(r, s->status, &s->e);
        return;
    }
    if (s->purpose == TO_CHECK) {
        check_answer(r);
        return;
    }
    if (s->purpose == TO_PREVIEW) {
        audience_preview(r, &s->said);
        return;
    }
    struct buf payload = arena_buf(request_arena(r), AUDIENCE_SAVE_BYTES_MAX);
    audience_pack(&s->said, s->expects, &payload);
    request_command(r, COMMAND_AUDIENCE_SAVE, buf_bytes(&payload), request_answer);
}

static fallible newest_examine(struct request *r, struct err *e)
{
    struct save_request *s = r->context;
    struct newest_names *names;
    TRY(newest_names_open(r, &names, e));
    s->names = newest_names_book(names);
    struct status status = study_look(r, save_examine, r, e);
    newest_names_close(names);
    return status;
}

/* On a thread that may wait. */
static void save_examine_newest(struct request *r)
{
    struct err e = {0};
    struct status status = newest_examine(r, &e);
    if (failed(status))
        request_failed(r, status, &e);
    else
        save_send(r);
}

/* What it doesn't find in the state it may find among the newest events, at the cost of a look at them. */
static void save_examined(struct request *r)
{
    const struct save_request *s = r->context;
    struct err e = {0};
    struct status status = DONE;
    if (s->status.code == STATUS_INVALID)
        status = studies_read(r, save_examine_newest, &e);
    else
        save_send(r);
    if (failed(status))
        request_failed(r, status, &e);
}

static void save_begin(struct request *r, enum save_purpose purpose)
{
    static const struct body_member members[] = {
        {"name", BODY_TEXT, false}, {"label_zh", BODY_TEXT, true},    {"label_en", BODY_TEXT, true},
        {"owner", BODY_TEXT, true}, {"description", BODY_TEXT, true}, {"brand", BODY_TEXT, true},
        {"text", BODY_ANY, true},   {"revision", BODY_COUNT, true},   {"category", BODY_TEXT, true},
        {"until", BODY_TEXT, true}, {"list", BODY_ANY, true},         {"values", BODY_ANY, true},
        {"tags", BODY_ANY, true}};
    struct save_request *s = ARENA_NEW(request_arena(r), struct save_request);
    s->purpose = purpose;
    r->context = s;
    if (!body_read_by(r, BODY_MEMBERS(members), save_read))
        return;
    if (!scope_changes_audience(r->token, s->said.brand))
        request_problem(r, &problem_foreign);
    else
        request_read(r, save_examine, save_examined);
}

void api_audience_put(struct request *r)
{
    save_begin(r, TO_SAVE);
}

void api_audience_check(struct request *r)
{
    save_begin(r, TO_CHECK);
}

void api_audience_preview(struct request *r)
{
    save_begin(r, TO_PREVIEW);
}

/* --- ended --- */

struct end_request {
    uint32_t command;
    bool is_seen, may;
};

static void end_look(const struct view *v, void *context)
{
    struct request *r = context;
    struct end_request *q = r->context;
    struct audience a;
    q->is_seen = audience_find(v, kind_of(r), r->parameters[0], &a) && scope_sees_audience(r->token, v, a.brand);
    q->may = q->is_seen && may_change(r, v, &a);
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
    request_command(r, q->command, buf_bytes(&payload), request_answer);
}

static void end_begin(struct request *r, uint32_t command)
{
    struct end_request *q = ARENA_NEW(request_arena(r), struct end_request);
    q->command = command;
    r->context = q;
    request_read(r, end_look, end_send);
}

void api_audience_end(struct request *r)
{
    end_begin(r, COMMAND_AUDIENCE_END);
}

void api_audience_cancel(struct request *r)
{
    end_begin(r, COMMAND_AUDIENCE_CANCEL);
}
