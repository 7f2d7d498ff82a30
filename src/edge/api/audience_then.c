/* Who was in a segment, or had a tag, at an earlier instant or position of the log: a survey that reads all events again. */
#include "edge/api/api.h"
#include "edge/api/audience.h"
#include "edge/api/audience_recount.h"
#include "edge/api/cut_query.h"
#include "edge/scope.h"

#define TOLD_USUAL 50u
#define TOLD_MAX 1000u

struct then_survey {
    struct audience_recount recount;
    enum audience_kind kind;
    struct bytes name;
    struct cut_query query;
    uint64_t limit, after;
    uint32_t unkept;
    uint64_t count;
    bool has_more;
    size_t told_count;
    uint32_t told[TOLD_MAX];
    struct bytes values[TOLD_MAX]; /* of a tag, packed; in the survey's arena for what is said */
    size_t printed;
    struct json_writer *out;
};

static const struct problem problem_no_cut = {
    .status = 400,
    .slug = "which-cut",
    .title = "As of when?",
    .detail = "Say an instant (2026-11-01, 2026-11-01 09:00) or a position of the log."};

/* --- who is in it --- */

static void then_found(struct audience_recount *c, uint32_t person, struct bytes value)
{
    struct then_survey *q = (struct then_survey *)c;
    q->count++;
    if (person <= q->after)
        return;
    if (q->told_count == q->limit) {
        q->has_more = true;
        return;
    }
    q->values[q->told_count] = arena_copy(c->survey->said, value);
    q->told[q->told_count++] = person;
}

static fallible then_work(struct survey *s, struct err *e)
{
    return audience_recount_work(s->own, e);
}

/* --- told --- */

static void brief_keep(struct survey *s, uint32_t person, struct bytes taken)
{
    struct then_survey *q = s->own;
    while (q->told[q->printed] != person)
        q->printed++;
    json_object_begin(q->out);
    json_key(q->out, "person");
    json_put_raw(q->out, taken);
    json_key(q->out, "value");
    if (is_masked(&s->look))
        json_put_null(q->out);
    else
        value_put(q->out, q->values[q->printed]);
    json_object_end(q->out);
}

static fallible then_print(struct survey *s, struct json_writer *w, struct err *e)
{
    static const struct survey_reader briefs = {survey_take_brief, brief_keep};
    struct then_survey *q = s->own;
    member_bytes(w, audience_kind_names[q->kind], q->name);
    const struct rule_cut *m = rule_recount_cut(q->recount.recount);
    member_cut(w, m, m->instant_us, q->unkept);
    json_key(w, "count");
    if (scope_is_limited(&s->token))
        json_put_null(w);
    else
        json_put_uint64(w, q->count);
    json_key(w, "people");
    json_array_begin(w);
    q->out = w;
    struct status status = survey_read(s, &briefs, q->told, q->told_count, e);
    json_array_end(w);
    json_key(w, "next");
    if (q->has_more && q->told_count > 0)
        json_put_uint64(w, q->told[q->told_count - 1]);
    else
        json_put_null(w);
    request_note_read(&s->look, s->look.route->path, PERSON_NONE);
    return status;
}

/* --- asked --- */

static const struct problem *then_open(struct survey *s, const struct view *v)
{
    struct then_survey *q = s->own;
    struct rule_cut cut;
    struct audience a;
    struct err e = {0};
    audience_recount_drop(&q->recount);
    if (!audience_find(v, q->kind, q->name, &a) || !scope_sees_audience(&s->token, v, a.brand))
        return &problem_no_audience;
    if (failed(cut_query_settle(&q->query, v, &cut, &e)) || cut_is_now(&cut))
        return &problem_no_cut;
    struct rule_recount *recount = rule_recount_create(v, a.rule, &cut, workspace_surroundings(s->look.workspace));
    audience_recount_take(&q->recount, v, recount);
    q->unkept = recount == NULL ? 0 : rule_recount_unkept(v, recount);
    return recount == NULL ? &problem_no_answer : NULL;
}

static void then_free(struct survey *s)
{
    audience_recount_fini(s->own);
}

static fallible then_read(struct request *r, struct survey *s, struct err *e)
{
    struct then_survey *q = s->own;
    TRY(cut_query_read(r, &q->query, e));
    q->query.instant = arena_copy(s->said, q->query.instant);
    TRY(query_number(r, "limit", TOLD_USUAL, TOLD_MAX, &q->limit, e));
    return query_number(r, "after", 0, UINT32_MAX, &q->after, e);
}

void api_audience_then(struct request *r)
{
    static const struct survey_kind kind = {
        .question = "then", .open = then_open, .work = then_work, .print = then_print, .free = then_free};
    struct survey *s = survey_create(r, &kind);
    struct then_survey *q = ARENA_NEW(s->said, struct then_survey);
    struct err e = {0};
    q->kind = (enum audience_kind)r->route->choice;
    q->name = arena_copy(s->said, r->parameters[0]);
    audience_recount_init(&q->recount, s, then_found);
    s->own = q;
    struct status status = then_read(r, s, &e);
    if (done(status)) {
        survey_ask(r, s);
        return;
    }
    survey_destroy(s);
    request_failed(r, status, &e);
}
