/* Why somebody is in a segment, or has a tag, or not: the expression part by part, the events that count, and what is missing. As of now, of an instant, or of a position of the log.
 *
 * It begins on the engine's thread, which says whom and what to read; reads the person's events beside it; and is told on the engine's thread. */
#include <string.h>

#include "base/time.h"
#include "domain/collect/collect.h"
#include "edge/api/api.h"
#include "edge/api/audience.h"
#include "edge/api/cut_query.h"
#include "edge/api/explain_words.h"
#include "edge/api/person_events.h"

#define EVENTS_USUAL 5u
#define SENTENCE_LANGUAGES 2u

struct explain_request {
    struct person_ask ask;
    struct cut_query cut;
    struct rule_trace_ask wanted;
    struct rule_trace *trace;
    struct person_events events;
    uint32_t person;
    struct status status; /* of the reading */
    struct err e;
};

static const struct problem problem_made_of_others = {
    .status = 403,
    .slug = "not-allowed",
    .title = "This token may not see that",
    .detail = "It is made of tags or segments that this token doesn't see, and explaining it would tell what they say."};

static void explain_forget(struct explain_request *q)
{
    person_events_forget(&q->events);
    rule_trace_destroy(q->trace);
    q->trace = NULL;
}

/* --- told: on the engine's thread --- */

struct telling {
    struct request *request;
    const struct view *view;
    const struct rule_explanation *explanation;
    struct explain_words words[SENTENCE_LANGUAGES]; /* English, Chinese */
    struct json_writer *w;
};

static void put_value(const struct telling *t, const char *key, const struct rule_value *value)
{
    audience_put_value(t->request, t->view, key, value, t->w);
}

static void put_number(const struct telling *t, const char *key, series_wide millionths)
{
    put_value(t, key, &(struct rule_value){.type = RULE_NUMBER, .is_known = true, .number = millionths});
}

static void put_sentences(const struct telling *t, const struct explained *x)
{
    member_text(t->w, "en", explain_sentence(&t->words[0], x));
    member_text(t->w, "zh", explain_sentence(&t->words[1], x));
}

/* By what an event came to be this person's that was somebody else's when it happened. */
static void put_brought(const struct telling *t, const struct traced_event *event)
{
    static const char *const rules[] = {"event", "bind", "merge", "review"};
    const struct explain_request *q = t->request->context;
    struct evidence by;
    json_key(t->w, "brought");
    if (!identity_joined(t->view, q->person, event->owner, &by) || by.position <= event->position) {
        json_put_null(t->w);
        return;
    }
    json_object_begin(t->w);
    member_text(t->w, "by", rules[by.rule]);
    member_uint(t->w, "position", by.position);
    member_time(t->w, "time", by.first_us);
    json_object_end(t->w);
}

static void put_event(const struct telling *t, const struct explained *x, const struct traced_event *event)
{
    const struct standard_event *standard = standard_event_named(event->event);
    json_object_begin(t->w);
    member_bytes(t->w, "event", event->event);
    member_text(t->w, "en", standard == NULL ? NULL : standard->en);
    member_text(t->w, "zh", standard == NULL ? NULL : standard->zh);
    member_time(t->w, "time", event->event_us);
    member_uint(t->w, "position", event->position);
    put_number(t, "adds", x->op == EXPR_SUM || x->op == EXPR_AVG ? event->adds : event->adds * 1000000);
    put_brought(t, event);
    json_object_end(t->w);
}

static void put_events(const struct telling *t, const struct explained *x)
{
    const struct explain_request *q = t->request->context;
    const struct traced_event *events;
    bool has_hidden;
    if (q->wanted.events_max == 0)
        return;
    size_t count = rule_traced(q->trace, x, &events, &has_hidden);
    json_key(t->w, "events");
    json_array_begin(t->w);
    for (size_t i = 0; i < count; i++)
        put_event(t, x, &events[i]);
    json_array_end(t->w);
    member_bool(t->w, "hides_events", has_hidden);
}

static void put_turn(const struct telling *t, const struct explained *x)
{
    member_time(t->w, "turn", x->turn_us);
    if (x->turn_us == INT64_MAX)
        return;
    member_bool(t->w, "turn_is_exact", x->is_exact);
    if (x->is_exact)
        put_value(t, "then", &x->then);
}

static void put_window(const struct telling *t, const struct explained *x)
{
    if (!x->has_window)
        return;
    member_time(t->w, "from", x->from_us);
    member_time(t->w, "until", x->until_us);
}

/* What only some kinds of parts have. */
static void put_of_kind(const struct telling *t, const struct explained *x)
{
    if (x->wants.is_known)
        put_value(t, "wants", &x->wants);
    if (x->lacks != 0)
        put_number(t, "lacks", x->lacks);
    if (x->kind == EXPLAINED_SEQUENCE) {
        member_uint(t->w, "steps", x->steps);
        member_uint(t->w, "reached", x->reached);
    }
    if (x->kind == EXPLAINED_RELATION)
        member_uint(t->w, "relations", x->relations);
    put_window(t, x);
    put_turn(t, x);
    if (x->feature != EXPLAIN_NO_FEATURE)
        put_events(t, x);
}

static void put_part(const struct telling *t, const struct explained *x)
{
    json_object_begin(t->w);
    member_text(t->w, "kind", explained_kind_names[x->kind]);
    json_key(t->w, "text");
    if (is_masked(t->request))
        json_put_null(t->w);
    else
        json_put_string(t->w, explain_text(&t->words[0], x->said));
    put_value(t, "value", &x->value);
    member_bool(t->w, "is_missing", x->is_missing);
    put_of_kind(t, x);
    put_sentences(t, x);
    json_key(t->w, "parts");
    json_array_begin(t->w);
    for (uint32_t i = 0; i < x->count; i++)
        put_part(t, &x->parts[i]);
    json_array_end(t->w);
    json_object_end(t->w);
}

/* The parts that would have to become something else, in the order of the text. */
static void put_missing(const struct telling *t, const struct explained *x)
{
    if (x->is_missing) {
        json_object_begin(t->w);
        member_bool(t->w, "should_hold", x->should_hold);
        if (x->lacks != 0)
            put_number(t, "lacks", x->lacks);
        put_sentences(t, x);
        json_object_end(t->w);
    }
    for (uint32_t i = 0; i < x->count; i++)
        put_missing(t, &x->parts[i]);
}

static void put_explanation(const struct telling *t, const struct audience *a)
{
    const struct explain_request *q = t->request->context;
    json_object_begin(t->w);
    member_person(t->w, "id", t->view, q->person);
    member_bool(t->w, "pending", rule_pending(t->view, q->person));
    member_text(t->w, "kind", audience_kind_names[a->kind]);
    member_bytes(t->w, "name", a->name);
    member_text_or_null(t->w, "label_zh", a->label_zh);
    member_text_or_null(t->w, "label_en", a->label_en);
    member_cut(t->w, &q->wanted.cut, t->explanation->now_us, t->explanation->unkept);
    put_value(t, "value", &t->explanation->value);
    member_time(t->w, "since", t->explanation->since_us == 0 ? INT64_MIN : t->explanation->since_us);
    put_turn(t, t->explanation->root);
    json_key(t->w, "missing");
    json_array_begin(t->w);
    put_missing(t, t->explanation->root);
    json_array_end(t->w);
    json_key(t->w, "tree");
    put_part(t, t->explanation->root);
    json_object_end(t->w);
}

static void print_explanation(struct request *r, const struct view *v, struct json_writer *w)
{
    struct explain_request *q = r->context;
    struct rule_explanation explanation;
    struct audience a;
    if (!audience_asked(r, v, &a))
        return;
    if (a.rule != q->wanted.rule || !rule_explain(v, q->trace, q->person, &explanation)) {
        r->problem = problem_no_answer; /* another one has taken over since: it is to be asked again */
        return;
    }
    struct telling t = {.request = r, .view = v, .explanation = &explanation, .w = w};
    for (size_t i = 0; i < SENTENCE_LANGUAGES; i++)
        t.words[i] = (struct explain_words){
            .arena = v->arena, .civil = explanation.civil, .in_chinese = i == 1, .is_masked = is_masked(r)};
    r->person_read = q->person;
    put_explanation(&t, &a);
}

static void explanation_printed(struct request *r)
{
    explain_forget(r->context);
    request_printed(r);
}

/* --- read: beside the engine --- */

static bool take_event(void *context, const struct event_seen *event)
{
    struct request *r = context;
    struct explain_request *q = r->context;
    struct envelope envelope;
    bool goes_on = true;
    if (!person_events_own(&q->events, event->note.owner) || !person_events_read(&q->events, event, &envelope))
        return true;
    q->status = rule_trace_event(q->trace, event, person_events_shown(&q->events, r, &envelope), &goes_on, &q->e);
    return goes_on && done(q->status);
}

static void events_read(void *context)
{
    struct request *r = context;
    struct explain_request *q = r->context;
    struct status status = cut_settle(&q->wanted.cut, q->events.view, &q->e);
    rule_trace_at(q->trace, &q->wanted.cut);
    if (done(status))
        status = person_events_scan(&q->events, q->wanted.cut.instant_us, take_event, r, &q->e);
    if (done(status))
        status = q->status;
    person_events_forget(&q->events);
    if (done(status)) {
        request_print_then(r, print_explanation, explanation_printed);
        return;
    }
    explain_forget(q);
    request_failed(r, status, &q->e);
}

/* --- begun: on the engine's thread --- */

static void explain_look(const struct view *v, void *context)
{
    struct request *r = context;
    struct explain_request *q = r->context;
    struct audience a;
    explain_forget(q); /* of a first run */
    r->problem = (struct problem){.status = 0};
    q->status = cut_query_settle(&q->cut, v, &q->wanted.cut, &q->e);
    q->person = person_asked(r, v, &q->ask);
    if (failed(q->status) || !audience_asked(r, v, &a))
        return;
    const struct audience_sight sight = audience_sight_of(r);
    if (!audience_is_seen(v, &a, &sight)) {
        r->problem = problem_made_of_others;
        return;
    }
    if (q->person == PERSON_NONE) {
        r->problem = problem_no_person;
        return;
    }
    q->wanted.rule = a.rule;
    q->trace = a.rule == RULE_NONE ? NULL : rule_trace_create(v, &q->wanted);
    if (q->trace == NULL)
        r->problem = problem_no_answer;
    else
        person_events_prepare(r, v, q->person, &q->events);
}

static void explain_begin(struct request *r)
{
    struct explain_request *q = r->context;
    struct status status = q->status;
    bool is_told = r->problem.status == 0 && done(status);
    if (is_told)
        status = host_background(request_host(r), events_read, r, &q->e);
    if (is_told && done(status))
        return; /* it may be answered, and gone, by now */
    explain_forget(q);
    if (failed(status))
        request_failed(r, status, &q->e);
    else
        request_problem(r, &r->problem);
}

void api_audience_explain(struct request *r)
{
    struct explain_request *q = ARENA_NEW(request_arena(r), struct explain_request);
    struct err e = {0};
    uint64_t events = EVENTS_USUAL;
    q->status = DONE;
    r->context = q;
    struct status status = person_ask_read(r, r->parameters[1], &q->ask, &e);
    if (done(status))
        status = query_number(r, "events", EVENTS_USUAL, TRACE_EVENTS_MAX, &events, &e);
    if (done(status))
        status = cut_query_read(r, &q->cut, &e);
    q->wanted.events_max = (uint32_t)events;
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_read(r, explain_look, explain_begin);
}
