/* One person: who they are, why Kith thinks so, what is known of them, and what they did. */
#include <stdio.h>

#include "base/time.h"
#include "edge/api/api.h"
#include "edge/api/person_events.h"
#include "edge/api/profile_print.h"
#include "edge/api/relation_print.h"
#include "edge/identifiers.h"
#include "edge/mask.h"
#include "edge/scope.h"

#define TIMELINE_USUAL 20u
#define TIMELINE_MAX 500u
#define TIMELINE_BESIDE_MAX 100u /* of a profile */

/* Where a timeline goes on: behind the event at `position` among those of time_us, and with what is older. */
struct cursor {
    int64_t time_us;
    uint64_t position; /* 0: only what is older */
};

struct person_request {
    struct person_ask ask;
    bool is_timeline;      /* alone, not beside a profile */
    uint64_t limit;        /* events asked for; 0: none */
    bool has_before, passed;
    struct cursor before;
    struct person_events events; /* from the engine's thread to the one that scans */
    /* Of the scan. */
    uint64_t taken;
    bool more;
    struct cursor last;
};

/* --- the profile --- */

/* A value of a trait; its name tells whether it is personal. */
static void put_trait_value(struct request *r, struct json_writer *w, struct bytes name, struct bytes packed)
{
    json_key(w, "value");
    if (!is_masked(r)) {
        value_put(w, packed);
        return;
    }
    struct masking m;
    value_put(mask_begin(&m), packed);
    mask_end(&m, w, name, true);
}

static void put_trait(struct request *r, const struct view *v, const struct trait *trait, struct json_writer *w)
{
    struct bytes name = name_text(v, NAME_TRAIT, trait->name);
    json_object_begin(w);
    member_bytes(w, "name", name);
    member_name(w, "brand", v, NAME_BRAND, trait->brand);
    put_trait_value(r, w, name, trait->value);
    member_name(w, "source", v, NAME_SOURCE, trait->source);
    member_uint(w, "priority", trait->priority);
    member_time(w, "time", trait->time_us);
    json_key(w, "history");
    json_array_begin(w);
    for (uint32_t i = 0; i < trait->history_count; i++) {
        json_object_begin(w);
        put_trait_value(r, w, name, trait->history[i].value);
        member_name(w, "source", v, NAME_SOURCE, trait->history[i].source);
        member_time(w, "time", trait->history[i].time_us);
        json_object_end(w);
    }
    json_array_end(w);
    json_object_end(w);
}

static void put_traits(struct request *r, const struct view *v, uint32_t person, struct json_writer *w)
{
    const struct trait *list;
    size_t count = people_traits(v, person, &list);
    json_key(w, "traits");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++)
        if (scope_sees_brand_number(r->token, v, list[i].brand))
            put_trait(r, v, &list[i], w);
    json_array_end(w);
}

static void put_counters(struct request *r, const struct view *v, uint32_t person, struct json_writer *w)
{
    const struct counter *list;
    size_t count = people_counters(v, person, &list);
    json_key(w, "counters");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        if (!scope_sees_counter(r->token, v, &list[i]))
            continue;
        const struct standard_event *standard = standard_event_numbered(list[i].event);
        json_object_begin(w);
        member_name(w, "event", v, NAME_EVENT, list[i].event);
        if (standard != NULL) {
            member_text(w, "en", standard->en);
            member_text(w, "zh", standard->zh);
        }
        member_name(w, "brand", v, NAME_BRAND, list[i].brand);
        member_name(w, "channel", v, NAME_CHANNEL, list[i].channel);
        member_uint(w, "count", list[i].count);
        member_time(w, "first", list[i].first_us);
        member_time(w, "last", list[i].last_us);
        json_object_end(w);
    }
    json_array_end(w);
}

static void put_consents(struct request *r, const struct view *v, uint32_t person, struct json_writer *w)
{
    const struct consent *list;
    size_t count = people_consents(v, person, &list);
    json_key(w, "consents");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        if (!scope_sees_consent(r->token, v, &list[i]))
            continue;
        json_object_begin(w);
        put_consent(r, v, &list[i], w);
        json_object_end(w);
    }
    json_array_end(w);
}

/* Numbers that were other people's once. */
static void put_aliases(const struct view *v, uint32_t person, struct json_writer *w)
{
    const uint32_t *numbers;
    size_t count = identity_numbers(v, person, &numbers);
    json_key(w, "aliases");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++)
        if (numbers[i] != person)
            json_put_uint64(w, numbers[i]);
    json_array_end(w);
}

void put_profile(struct request *r, const struct view *v, uint32_t person, struct json_writer *w)
{
    member_person(w, "id", v, person);
    member_uint(w, "number", person);
    member_bool(w, "pending", people_pending(v, person));
    struct identifiers_seen ids = identifiers_seen(r, v, person);
    put_identifiers(r, v, &ids, w);
    put_evidence(v, person, &ids, w);
    put_traits(r, v, person, w);
    put_counters(r, v, person, w);
    put_consents(r, v, person, w);
    put_aliases(v, person, w);
    relations_put_of(r, v, person, w);
}

/* --- the timeline --- */

/* Events come newest first. */
static bool is_behind_cursor(struct person_request *p, const struct event_seen *event)
{
    if (!p->has_before || event->event_us < p->before.time_us)
        return true;
    if (event->event_us > p->before.time_us || p->before.position == 0)
        return false;
    if (p->passed)
        return true;
    p->passed = event->note.position == p->before.position;
    return false;
}

static void put_event(struct json_writer *w, const struct envelope *envelope, uint64_t position)
{
    json_object_begin(w);
    envelope_print(envelope, w);
    member_uint(w, "position", position);
    json_object_end(w);
}

static bool take_event(void *context, const struct event_seen *event)
{
    struct request *r = context;
    struct person_request *p = r->context;
    struct envelope envelope;
    if (!person_events_own(&p->events, event->note.owner) || !is_behind_cursor(p, event) ||
        !person_events_read(&p->events, event, &envelope) || !person_events_shown(&p->events, r, &envelope))
        return true;
    if (p->taken == p->limit) {
        p->more = true;
        return false;
    }
    p->taken++;
    p->last = (struct cursor){event->event_us, event->note.position};
    if (!is_masked(r)) {
        put_event(&r->writer, &envelope, event->note.position);
        return true;
    }
    struct masking m;
    put_event(mask_begin(&m), &envelope, event->note.position);
    mask_end(&m, &r->writer, BYTES_NONE, false);
    return true;
}

static void put_next(struct request *r, const struct person_request *p)
{
    json_key(&r->writer, "next");
    if (p->more)
        json_put_text(&r->writer, arena_printf(request_arena(r), "%lld.%llu", (long long)p->last.time_us, (unsigned long long)p->last.position));
    else
        json_put_null(&r->writer);
}

/* On a thread for long questions. */
static void scan(void *context)
{
    struct request *r = context;
    struct person_request *p = r->context;
    struct err e = {0};
    json_key(&r->writer, p->is_timeline ? "events" : "timeline");
    json_array_begin(&r->writer);
    struct status status = person_events_scan(&p->events, p->has_before ? p->before.time_us : INT64_MAX, take_event, r, &e);
    person_events_forget(&p->events);
    if (failed(status)) {
        buf_fini(&r->json);
        request_failed(r, status, &e);
        return;
    }
    json_array_end(&r->writer);
    put_next(r, p);
    json_object_end(&r->writer);
    request_printed(r);
}

/* --- the requests --- */

static void print_person(struct request *r, const struct view *v, struct json_writer *w)
{
    struct person_request *p = r->context;
    uint32_t person = person_asked(r, v, &p->ask);
    if (person == PERSON_NONE) {
        r->problem = problem_no_person;
        return;
    }
    r->person_read = person;
    json_object_begin(w);
    if (p->is_timeline)
        member_person(w, "id", v, person);
    else
        put_profile(r, v, person, w);
    if (p->limit > 0)
        person_events_prepare(r, v, person, &p->events);
    else
        json_object_end(w);
}

static void person_printed(struct request *r)
{
    struct person_request *p = r->context;
    struct err e = {0};
    if (r->problem.status != 0 || p->events.view == NULL) {
        request_printed(r);
        return;
    }
    struct status status = host_background(request_host(r), scan, r, &e);
    if (done(status))
        return;
    person_events_forget(&p->events);
    buf_fini(&r->json);
    request_failed(r, status, &e);
}

/* "1763740800000000.4711" as `next` gave it, or a time. */
static fallible before_read(struct request *r, struct person_request *p, struct err *e)
{
    struct bytes text = http_query(r->x, "before");
    long long time_us = 0;
    unsigned long long position = 0;
    int used = 0;
    if (text.size == 0)
        return DONE;
    p->has_before = true;
    if (sscanf((const char *)text.data, "%lld.%llu%n", &time_us, &position, &used) == 2 && (size_t)used == text.size) {
        p->before = (struct cursor){time_us, position};
        return DONE;
    }
    return WRAP(e, time_parse(text, &p->before.time_us, e), "before: want what 'next' gave, or a time");
}

static void person_send(struct request *r, struct status status, const struct err *e)
{
    if (failed(status)) {
        request_failed(r, status, e);
        return;
    }
    request_print_then(r, print_person, person_printed);
}

static struct person_request *person_request_of(struct request *r)
{
    struct person_request *p = ARENA_NEW(request_arena(r), struct person_request);
    r->context = p;
    return p;
}

void api_person(struct request *r)
{
    struct person_request *p = person_request_of(r);
    struct err e = {0};
    struct status status = person_ask_read(r, r->parameters[0], &p->ask, &e);
    if (done(status))
        status = query_number(r, "timeline", 0, TIMELINE_BESIDE_MAX, &p->limit, &e);
    person_send(r, status, &e);
}

/* For clients that put no value into a path. */
void api_person_asked(struct request *r)
{
    struct person_request *p = person_request_of(r);
    struct err e = {0};
    struct status status = id_read(r, http_query(r->x, "type"), http_query(r->x, "ns"), http_query(r->x, "value"), &p->ask.id, &e);
    if (done(status))
        status = query_number(r, "timeline", 0, TIMELINE_BESIDE_MAX, &p->limit, &e);
    person_send(r, status, &e);
}

void api_timeline(struct request *r)
{
    struct person_request *p = person_request_of(r);
    struct err e = {0};
    p->is_timeline = true;
    struct status status = person_ask_read(r, r->parameters[0], &p->ask, &e);
    if (done(status))
        status = query_number(r, "limit", TIMELINE_USUAL, TIMELINE_MAX, &p->limit, &e);
    if (done(status))
        status = before_read(r, p, &e);
    p->limit = p->limit == 0 ? 1 : p->limit;
    person_send(r, status, &e);
}
