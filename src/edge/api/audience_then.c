/* Who was in a segment, or had a tag, at an earlier instant or position of the log: a survey that reads all events again. */
#include <string.h>

#include "edge/api/api.h"
#include "edge/api/audience.h"
#include "edge/api/audience_survey.h"
#include "edge/api/brief.h"
#include "edge/api/cut_query.h"
#include "edge/api/study.h"
#include "edge/scope.h"
#include "lib/bitmap.h"

#define TOLD_USUAL 50u
#define TOLD_MAX 1000u
#define BATCH_EVENTS 1024u /* whose owners are asked for together */
#define BATCH_OWNERS 128u
#define BATCH_BYTES ((size_t)1 << 20)
#define BATCH_PEOPLE 128u /* who are asked about together */
#define VALUE_BYTES_MAX 16384u

/* Events whose person is yet to be found. */
struct owned {
    struct event_seen event;
    size_t owner;
};
struct then_survey {
    enum audience_kind kind;
    struct bytes name;
    struct cut_query query;
    uint64_t limit, after;
    struct rule_recount *recount;
    bool asks_all;
    uint32_t unkept;
    struct arena *batch; /* of what is collected */
    /* Events, and owners, each once. */
    size_t event_count, owner_count;
    struct owned events[BATCH_EVENTS];
    struct hash128 owners[BATCH_OWNERS];
    uint32_t holders[BATCH_OWNERS];
    struct survey *survey;
    struct status status;
    struct err *error;
    /* People: those of whom something was read, among those who are asked about. */
    size_t people_count;
    uint32_t people[BATCH_PEOPLE];
    struct recounted recounted[BATCH_PEOPLE];
    size_t at;            /* of the one that is looked at */
    uint32_t asked_until; /* everybody below was asked about */
    /* Found. */
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

/* --- whose events they are --- */

/* On the engine's thread. Whoever was erased is nobody. */
static void holders_find(const struct view *v, void *context)
{
    struct then_survey *q = context;
    for (size_t i = 0; i < q->owner_count; i++)
        q->holders[i] = identity_of_owner(v, q->owners[i]);
}

static fallible batch_feed(struct then_survey *q, struct err *e)
{
    TRY(study_look(&q->survey->look, holders_find, q, e));
    for (size_t i = 0; i < q->event_count; i++) {
        uint32_t person = q->holders[q->events[i].owner];
        if (person != PERSON_NONE)
            TRY(rule_recount_event(q->recount, &q->events[i].event, person, e));
    }
    q->event_count = q->owner_count = 0;
    arena_reset(q->batch);
    return DONE;
}

/* In runs those of one owner stand together. */
static bool is_last_owner(const struct then_survey *q, struct hash128 owner)
{
    return q->owner_count > 0 && hash128_equal(q->owners[q->owner_count - 1], owner);
}

static bool event_take(void *context, const struct event_seen *event)
{
    struct then_survey *q = context;
    atomic_fetch_add(&q->survey->read, 1);
    if (atomic_load(&q->survey->is_cancelled))
        q->status = FAIL(q->error, CANCELLED, "the question was cancelled");
    if (failed(q->status) || !rule_recount_hears(q->recount, event))
        return done(q->status);
    bool is_full = q->event_count == BATCH_EVENTS || arena_used(q->batch) > BATCH_BYTES ||
                   (q->owner_count == BATCH_OWNERS && !is_last_owner(q, event->note.owner));
    if (is_full)
        q->status = batch_feed(q, q->error);
    if (!is_last_owner(q, event->note.owner))
        q->owners[q->owner_count++] = event->note.owner;
    struct owned *kept = &q->events[q->event_count++];
    *kept = (struct owned){.event = *event, .owner = q->owner_count - 1};
    kept->event.packed = arena_copy(q->batch, event->packed);
    return done(q->status);
}

/* --- who is in it --- */

/* Packed; nothing: not in it. */
static void value_take(struct survey *s, const struct view *v, uint32_t person, struct buf *out)
{
    const struct then_survey *q = s->own;
    size_t at = 0;
    while (q->people[at] != person)
        at++;
    struct rule_value value;
    if (rule_recount_holds(v, q->recount, &q->recounted[at], &value))
        rule_value_pack(&value, out);
}

static void value_keep(struct survey *s, uint32_t person, struct bytes taken)
{
    struct then_survey *q = s->own;
    q->count++;
    if (person <= q->after)
        return;
    if (q->told_count == q->limit) {
        q->has_more = true;
        return;
    }
    q->values[q->told_count] = arena_copy(s->said, taken);
    q->told[q->told_count++] = person;
}

static fallible people_ask(struct then_survey *q, struct err *e)
{
    static const struct survey_reader reader = {value_take, value_keep};
    struct status status = survey_read(q->survey, &reader, q->people, q->people_count, e);
    q->people_count = 0;
    arena_reset(q->batch);
    return status;
}

static fallible person_add(struct then_survey *q, const struct recounted *person, struct err *e)
{
    q->people[q->people_count] = person->person;
    q->recounted[q->people_count++] = recounted_copy(person, q->batch);
    return q->people_count == BATCH_PEOPLE || arena_used(q->batch) > BATCH_BYTES ? people_ask(q, e) : DONE;
}

/* Those below a number of whom nothing was read. */
static fallible silent_add(struct then_survey *q, uint64_t until, struct err *e)
{
    uint32_t numbers[BATCH_PEOPLE];
    size_t count = q->asks_all ? BATCH_PEOPLE : 0;
    while (count == BATCH_PEOPLE && q->asked_until < until) {
        count = bitmap_list(q->survey->sets[0], q->asked_until, numbers, BATCH_PEOPLE);
        for (size_t i = 0; i < count && numbers[i] < until; i++)
            TRY(person_add(q, &(struct recounted){.person = numbers[i]}, e));
        q->asked_until = count == 0 ? (uint32_t)until : numbers[count - 1] + 1;
    }
    q->asked_until = until > UINT32_MAX ? UINT32_MAX : (uint32_t)until;
    return DONE;
}

static struct status person_take(void *context, const struct recounted *person, struct err *e)
{
    struct then_survey *q = context;
    TRY(silent_add(q, person->person, e));
    q->asked_until = person->person + 1;
    return person_add(q, person, e);
}

static fallible then_work(struct survey *s, struct err *e)
{
    struct then_survey *q = s->own;
    q->status = DONE;
    q->error = e;
    TRY(rule_recount_begin(q->recount, e));
    atomic_store(&s->total, rule_recount_events(q->recount) + bitmap_count(s->sets[0]));
    TRY(rule_recount_scan(q->recount, event_take, q, e));
    TRY(q->status);
    TRY(batch_feed(q, e));
    TRY(rule_recount_read(q->recount, person_take, q, e));
    TRY(silent_add(q, (uint64_t)UINT32_MAX + 1, e));
    return people_ask(q, e);
}

/* --- told --- */

static void brief_take(struct survey *s, const struct view *v, uint32_t person, struct buf *out)
{
    struct json_writer w;
    json_writer_init(&w, out, false);
    json_object_begin(&w);
    put_brief(&s->look, v, person, &w);
    json_object_end(&w);
}

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
    static const struct survey_reader briefs = {brief_take, brief_keep};
    struct then_survey *q = s->own;
    member_bytes(w, audience_kind_names[q->kind], q->name);
    const struct rule_cut *m = rule_recount_cut(q->recount);
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
    rule_recount_destroy(q->recount); /* of a first run */
    q->recount = NULL;
    if (!audience_find(v, q->kind, q->name, &a) || !scope_sees_audience(&s->token, v, a.brand))
        return &problem_no_audience;
    if (failed(cut_query_settle(&q->query, v, &cut, &e)) || cut_is_now(&cut))
        return &problem_no_cut;
    survey_set_take(s, rule_everybody(v));
    q->recount = rule_recount_create(v, a.rule, &cut, workspace_surroundings(s->look.workspace));
    q->asks_all = q->recount != NULL && rule_recount_asks_all(v, q->recount);
    q->unkept = q->recount == NULL ? 0 : rule_recount_unkept(v, q->recount);
    return q->recount == NULL ? &problem_no_answer : NULL;
}

static void then_free(struct survey *s)
{
    struct then_survey *q = s->own;
    rule_recount_destroy(q->recount);
    arena_destroy(q->batch);
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
    q->survey = s;
    q->batch = arena_create(BATCH_BYTES);
    s->own = q;
    struct status status = then_read(r, s, &e);
    if (done(status)) {
        survey_ask(r, s);
        return;
    }
    survey_destroy(s);
    request_failed(r, status, &e);
}
