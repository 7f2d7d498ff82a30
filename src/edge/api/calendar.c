/* The calendar: the zone of the workspace, closed days, silent alarms; told, and said. */
#include "domain/calendar/calendar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "domain/pulse/pulse.h"
#include "edge/api/api.h"
#include "edge/api/day.h"
#include "edge/api/vocabulary.h"
#include "lib/nearest.h"
#include "lib/zone.h"

#define ZONE_FIRST_US INT64_C(946684800000000) /* 2000-01-01: days before it have the offset of then */
#define ZONE_END_US INT64_C(4102444800000000)  /* 2100-01-01 */

static const char *const weekdays[] = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

const char *weekday_word(size_t at)
{
    return at < COUNT_OF(weekdays) ? weekdays[at] : NULL;
}

const char *pulse_alarm_word(size_t at)
{
    return at < PULSE_ALARM_COUNT ? pulse_words[at].name : NULL;
}

const char *calendar_of_word(size_t at)
{
    return at < CALENDAR_OF_COUNT ? calendar_of_names[at] : NULL;
}

/* --- told --- */

static void put_bits(struct json_writer *w, const char *key, uint32_t bits, const char *(*word)(size_t at))
{
    json_key(w, key);
    json_array_begin(w);
    for (size_t i = 0; word(i) != NULL; i++)
        if ((bits >> i & 1) != 0)
            json_put_text(w, word(i));
    json_array_end(w);
}

/* "2026-05-01", or "2026-02-17/2026-02-23". */
static void put_span(const struct calendar_span *span, struct json_writer *w)
{
    char first[DAY_TEXT_BYTES], both[2 * DAY_TEXT_BYTES], last[DAY_TEXT_BYTES];
    (void)snprintf(both, sizeof both, "%s/%s", day_text(span->first, first), day_text(span->last, last));
    json_put_text(w, span->first == span->last ? first : both);
}

static void put_calendar(const struct view *v, const struct calendar *c, struct json_writer *w)
{
    json_object_begin(w);
    member_text(w, "of", calendar_of_names[c->of]);
    member_text_or_null(w, "name", c->name);
    member_text_or_null(w, "zone", c->of == CALENDAR_OF_WORKSPACE ? calendar_zone(v) : BYTES_NONE);
    put_bits(w, "closed_weekdays", c->closed_weekdays, weekday_word);
    json_key(w, "closed_days");
    json_array_begin(w);
    for (uint32_t i = 0; i < c->span_count; i++)
        put_span(&c->spans[i], w);
    json_array_end(w);
    put_bits(w, "silent", c->silent, pulse_alarm_word);
    json_object_end(w);
}

/* The workspace has one, whether something was said of it or not. */
static void print_calendars(struct request *r, const struct view *v, struct json_writer *w)
{
    struct calendar c, *after = NULL;
    (void)r;
    json_object_begin(w);
    json_key(w, "calendars");
    json_array_begin(w);
    if (!calendar_next(v, NULL, &c) || c.of != CALENDAR_OF_WORKSPACE)
        put_calendar(v, &(struct calendar){.of = CALENDAR_OF_WORKSPACE}, w);
    for (; calendar_next(v, after, &c); after = &c)
        put_calendar(v, &c, w);
    json_array_end(w);
    json_object_end(w);
}

void api_calendars(struct request *r)
{
    request_print(r, print_calendars);
}

/* --- said --- */

struct calendar_request {
    struct calendar said;
    bool says_weekdays, says_days, says_silent;
    struct buf payload;
    struct status status; /* of the settling */
    struct err trouble;
};

static fallible of_read(struct json root, enum calendar_of *out_of, struct err *e)
{
    struct bytes word = json_string(json_find(root, BYTES_LIT("of")));
    for (size_t i = 0; i < CALENDAR_OF_COUNT; i++) {
        if (!bytes_equal(bytes_of_text(calendar_of_names[i]), word))
            continue;
        *out_of = (enum calendar_of)i;
        return DONE;
    }
    return FAIL(e, INVALID, "of: want workspace, shop or source");
}

/* *out_said: there is such a list. */
static fallible bits_read(struct json root, const char *key, const char *(*word)(size_t at), uint32_t *out_bits,
                          bool *out_said, struct err *e)
{
    struct json item, list = json_find(root, bytes_of_text(key));
    *out_said = !json_is(list, JSON_ABSENT);
    *out_bits = 0;
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);) {
        const char *names[32];
        size_t count = 0, at = 0;
        for (; word(count) != NULL; count++)
            names[count] = word(count);
        while (at < count && !bytes_equal(bytes_of_text(names[at]), json_string(item)))
            at++;
        if (at == count)
            return FAIL(e, INVALID, "%s: there is no '%.*s'; the nearest is '%s'", key, BYTES_ARG(json_string(item)),
                        nearest_name(json_string(item), names, count, sizeof *names));
        *out_bits |= 1u << at;
    }
    return DONE;
}

static fallible span_read(struct bytes text, struct calendar_span *out, struct err *e)
{
    const uint8_t *slash = text.size == 0 ? NULL : memchr(text.data, '/', text.size);
    size_t end = slash == NULL ? text.size : (size_t)(slash - text.data);
    TRY(day_read(bytes_slice(text, 0, end), "closed_days", &out->first, e));
    out->last = out->first;
    return slash == NULL ? DONE : day_read(bytes_slice(text, end + 1, text.size), "closed_days", &out->last, e);
}

static int by_first(const void *a, const void *b)
{
    const struct calendar_span *x = a, *y = b;
    return (x->first > y->first) - (x->first < y->first);
}

static fallible spans_read(struct request *r, struct json root, struct calendar_request *q, struct err *e)
{
    struct json item, list = json_find(root, BYTES_LIT("closed_days"));
    size_t count = json_count(list);
    q->says_days = !json_is(list, JSON_ABSENT);
    if (count > CALENDAR_SPANS_MAX)
        return FAIL(e, LIMIT, "closed_days: at most %u, each a day or a span of days", CALENDAR_SPANS_MAX);
    struct calendar_span *spans = ARENA_ARRAY(request_arena(r), struct calendar_span, count + 1);
    for (struct json_walk w = json_items(list); json_item_next(&w, &item); q->said.span_count++)
        TRY(span_read(json_string(item), &spans[q->said.span_count], e));
    qsort(spans, q->said.span_count, sizeof *spans, by_first);
    q->said.spans = spans;
    return DONE;
}

/* With the table of its offsets, which the command takes along. */
static fallible zone_read(struct request *r, struct json root, struct calendar *c, struct err *e)
{
    struct json said = json_find(root, BYTES_LIT("zone"));
    struct zone *zone;
    if (json_is(said, JSON_ABSENT) || json_is(said, JSON_NULL))
        return DONE;
    TRY(WRAP(e, zone_create(json_string(said), &zone, e), "zone"));
    struct zone_offset *found = ARENA_ARRAY(request_arena(r), struct zone_offset, CALENDAR_OFFSETS_MAX);
    size_t count = zone_offsets(zone, ZONE_FIRST_US, ZONE_END_US, found, CALENDAR_OFFSETS_MAX);
    zone_destroy(zone);
    struct calendar_offset *offsets = ARENA_ARRAY(request_arena(r), struct calendar_offset, count);
    for (size_t i = 0; i < count; i++)
        offsets[i] = (struct calendar_offset){found[i].from_us, found[i].seconds};
    c->zone = arena_copy(request_arena(r), json_string(said));
    c->offsets = offsets;
    c->offset_count = (uint32_t)count;
    return DONE;
}

static fallible calendar_read(struct request *r, struct json root, struct err *e)
{
    struct calendar_request *q = r->context;
    uint32_t closed;
    TRY(of_read(root, &q->said.of, e));
    q->said.name = arena_copy(request_arena(r), json_string(json_find(root, BYTES_LIT("name"))));
    TRY(zone_read(r, root, &q->said, e));
    TRY(bits_read(root, "closed_weekdays", weekday_word, &closed, &q->says_weekdays, e));
    q->said.closed_weekdays = (uint8_t)closed;
    TRY(bits_read(root, "silent", pulse_alarm_word, &q->said.silent, &q->says_silent, e));
    return spans_read(r, root, q, e);
}

/* What isn't said stays as it was; the zone sees to itself. */
static struct calendar calendar_settled(const struct view *v, const struct calendar_request *q)
{
    struct calendar c = q->said, was, *after = NULL;
    for (; calendar_next(v, after, &was); after = &was) {
        if (was.of != c.of || !bytes_equal(was.name, c.name))
            continue;
        c.closed_weekdays = q->says_weekdays ? c.closed_weekdays : was.closed_weekdays;
        c.silent = q->says_silent ? c.silent : was.silent;
        c.span_count = q->says_days ? c.span_count : was.span_count;
        c.spans = q->says_days ? c.spans : was.spans;
    }
    return c;
}

static void calendar_settle(const struct view *v, void *context)
{
    struct request *r = context;
    struct calendar_request *q = r->context;
    struct calendar c = calendar_settled(v, q);
    buf_clear(&q->payload);
    q->status = calendar_pack(&c, &q->payload, &q->trouble);
}

static void calendar_send(struct request *r)
{
    const struct calendar_request *q = r->context;
    if (failed(q->status))
        request_failed(r, q->status, &q->trouble);
    else
        request_command(r, COMMAND_CALENDAR, buf_bytes(&q->payload), request_answer);
}

void api_calendar_put(struct request *r)
{
    static const struct body_member members[] = {
        {"of", BODY_TEXT, false},           {"name", BODY_TEXT, true},
        {"zone", BODY_TEXT, true},          {"closed_weekdays", BODY_NAMES, false},
        {"closed_days", BODY_NAMES, false}, {"silent", BODY_NAMES, false}};
    struct calendar_request *q = ARENA_NEW(request_arena(r), struct calendar_request);
    q->payload = arena_buf(request_arena(r), CALENDAR_BYTES_MAX);
    r->context = q;
    if (body_read_by(r, BODY_MEMBERS(members), calendar_read))
        request_read(r, calendar_settle, calendar_send);
}
