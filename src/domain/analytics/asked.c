#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/time.h"
#include "domain/analytics/asked_inside.h"
#include "domain/analytics/crowd.h"
#include "domain/analytics/exchange.h"
#include "lib/nearest.h"
#include "lib/text.h"

#define PLACE_BYTES_MAX 160u
#define WHERE_BYTES_MAX (PLACE_BYTES_MAX / 2)
#define WEEK_US (7 * US_PER_DAY)

/* Puts "steps[2].event" into `out`: where in the document the value is that stands at `index`. */
static void place_print(struct json root, uint32_t index, char out[PLACE_BYTES_MAX])
{
    size_t at = 0;
    struct json part;
    struct bytes key;
    uint32_t number;
    out[0] = '\0';
    while (root.index != index && at < WHERE_BYTES_MAX) {
        struct json next = JSON_NOTHING;
        for (struct json_walk w = json_members(root); json_member_next(&w, &key, &part) && json_is(next, JSON_ABSENT);)
            if (index < json_node(part)->next) {
                next = part;
                at += (size_t)snprintf(out + at, PLACE_BYTES_MAX - at, "%s%.*s", at == 0 ? "" : ".",
                                       key.size > WHERE_BYTES_MAX / 2 ? (int)WHERE_BYTES_MAX / 2 : (int)key.size,
                                       (const char *)key.data);
            }
        number = 0;
        for (struct json_walk w = json_items(root); json_item_next(&w, &part) && json_is(next, JSON_ABSENT); number++)
            if (index < json_node(part)->next) {
                next = part;
                at += (size_t)snprintf(out + at, PLACE_BYTES_MAX - at, "[%" PRIu32 "]", number);
            }
        if (json_is(next, JSON_ABSENT))
            return;
        root = next;
    }
}

fallible asked_wrong(struct json at, struct err *e, const char *format, ...)
{
    char place[PLACE_BYTES_MAX], words[ERR_TEXT_BYTES_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(words, sizeof words, format, args);
    va_end(args);
    place_print((struct json){at.doc, 0}, at.index, place);
    return place[0] == '\0' ? FAIL(e, INVALID, "%s", words) : FAIL(e, INVALID, "%s: %s", place, words);
}

fallible asked_missing(const struct asked *a, const char *member, struct err *e)
{
    return asked_wrong(a->body, e, "\"%s\" is missing", member);
}

fallible asked_members(const struct asked *a, const struct member_rule *rules, size_t count, struct err *e)
{
    return asked_members_of(a->body, rules, count, NULL, 0, e);
}

static bool rule_is_there(struct bytes name, const struct member_rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(name, bytes_of_text(rules[i].name)))
            return true;
    return false;
}

fallible asked_members_of(struct json body, const struct member_rule *rules, size_t count,
                          const struct member_rule *more, size_t more_count, struct err *e)
{
    struct member_rule all[ASKED_MEMBERS_MAX];
    struct bytes key;
    struct json value;
    assert(count + more_count <= ASKED_MEMBERS_MAX);
    if (!json_is(body, JSON_OBJECT))
        return asked_wrong(body, e, "want an object, got %s", json_kind_name(json_kind(body)));
    if (count > 0)
        memcpy(all, rules, count * sizeof *rules);
    if (more_count > 0)
        memcpy(all + count, more, more_count * sizeof *more);
    for (struct json_walk w = json_members(body); json_member_next(&w, &key, &value);)
        if (!rule_is_there(key, all, count + more_count))
            return asked_wrong(body, e, "there is no member \"%.*s\"; did you mean \"%s\"?", BYTES_ARG(key),
                               nearest_name(key, all, count + more_count, sizeof *all));
    return DONE;
}

/* The value of a member that is neither absent nor null. */
bool asked_given(const struct asked *a, const char *member, struct json *out_value)
{
    *out_value = json_find(a->body, bytes_of_text(member));
    return !json_is(*out_value, JSON_ABSENT) && !json_is(*out_value, JSON_NULL);
}

/* --- picks --- */

/* What one alternative of a pick says. */
struct alternative {
    uint16_t events[EVENTS_A_NAME_MAX]; /* the numbers of its name */
    uint32_t event_count;               /* 0: any event */
    const struct filter *filter;
    const char *label, *label_zh;
};

static const struct member_rule pick_members[] = {
    {"event", "the name of an event; \"*\": any", "事件名称;“*”为任意事件"},
    {"any", "a list of these, of which any does", "列表,其中任一即可"},
    {"where", "a condition on the event", "对事件的条件"},
    {"as", "what it is called in the answer", "在结果中的名称"},
};

struct filter_reader asked_reader(const struct asked *a)
{
    return (struct filter_reader){.arena = a->question->arena,
                                  .names = a->question->names,
                                  .civil = a->question->civil,
                                  .wants = a->question->wants};
}

fallible asked_filter(struct asked *a, struct json from, const struct filter **out_filter, struct err *e)
{
    struct filter_reader reader = asked_reader(a);
    struct err wrong = {0};
    struct status s;
    *out_filter = NULL;
    if (json_is(from, JSON_ABSENT) || json_is(from, JSON_NULL))
        return DONE;
    if (json_is(from, JSON_STRING))
        s = filter_read(&reader, json_string(from), out_filter, &wrong);
    else
        s = filter_read_json(&reader, from, out_filter, &wrong);
    return failed(s) ? asked_wrong(from, e, "%s", wrong.text) : DONE;
}

static fallible event_find(struct asked *a, struct json at, struct bytes name, struct alternative *out, struct err *e)
{
    if (bytes_equal(name, BYTES_LIT("*"))) {
        *out = (struct alternative){.label = "any event", .label_zh = "任意事件"};
        return DONE;
    }
    out->event_count = name_book_events(a->question->names, name, out->events, &out->label, &out->label_zh);
    if (out->event_count == 0) {
        const char *near = name_book_nearest_event(a->question->names, name);
        return asked_wrong(at, e, "there is no event \"%.*s\"; did you mean \"%s\"?", BYTES_ARG(name), near);
    }
    return DONE;
}

static fallible event_read(struct asked *a, struct json from, struct alternative *out, struct err *e)
{
    if (!json_is(from, JSON_STRING))
        return asked_wrong(from, e, "want the name of an event, got %s", json_kind_name(json_kind(from)));
    return event_find(a, from, json_string(from), out, e);
}

static fallible alternative_read(struct asked *a, struct json from, struct alternative *out, struct err *e)
{
    struct asked inner = {.question = a->question, .body = from};
    struct json name;
    *out = (struct alternative){0};
    if (json_is(from, JSON_STRING))
        return event_read(a, from, out, e);
    TRY(asked_members(&inner, TABLE(pick_members), e));
    if (!asked_given(&inner, "event", &name))
        return asked_missing(&inner, "event", e);
    TRY(event_read(a, name, out, e));
    return asked_filter(a, json_find(from, BYTES_LIT("where")), &out->filter, e);
}

/* One pick of several alternatives: all their events, and where any has a condition, which event goes with which. */
static fallible any_read(struct asked *a, struct json list, struct pick *out_pick, struct err *e)
{
    struct arena *arena = a->question->arena;
    uint16_t *events = ARENA_ARRAY(arena, uint16_t, ASKED_ALTERNATIVES_MAX * EVENTS_A_NAME_MAX);
    const struct filter *either = NULL;
    struct json part;
    struct buf label = arena_buf(arena, ASKED_LABEL_BYTES_MAX), label_zh = arena_buf(arena, ASKED_LABEL_BYTES_MAX);
    uint32_t count = 0;
    bool is_any = false, has_filter = false;
    if (!json_is(list, JSON_ARRAY) || json_count(list) == 0 || json_count(list) > ASKED_ALTERNATIVES_MAX)
        return asked_wrong(list, e, "want a list of 1 to %u events", ASKED_ALTERNATIVES_MAX);
    for (struct json_walk w = json_items(list); json_item_next(&w, &part);) {
        struct alternative one;
        TRY(alternative_read(a, part, &one, e));
        const struct filter *its = filter_all(arena, filter_events(arena, one.events, one.event_count), one.filter);
        either = label.size == 0 ? its : filter_either(arena, either, its);
        is_any |= one.event_count == 0;
        has_filter |= one.filter != NULL;
        memcpy(events + count, one.events, one.event_count * sizeof *events);
        count += one.event_count;
        buf_printf(&label, "%s%s", label.size == 0 ? "" : " / ", one.label);
        buf_printf(&label_zh, "%s%s", label_zh.size == 0 ? "" : " / ", one.label_zh);
    }
    *out_pick = (struct pick){.label = arena_text(arena, buf_bytes(&label)),
                              .label_zh = arena_text(arena, buf_bytes(&label_zh)),
                              .event_count = is_any ? 0 : count,
                              .events = events,
                              .filter = has_filter ? either : NULL};
    return DONE;
}

static struct pick pick_of(struct arena *arena, const struct alternative *one)
{
    uint16_t *events = ARENA_ARRAY(arena, uint16_t, EVENTS_A_NAME_MAX);
    memcpy(events, one->events, sizeof one->events);
    return (struct pick){.label = one->label,
                         .label_zh = one->label_zh,
                         .event_count = one->event_count,
                         .events = events,
                         .filter = one->filter};
}

static fallible pick_read(struct asked *a, struct json from, struct pick *out_pick, struct err *e)
{
    struct asked inner = {.question = a->question, .body = from};
    struct arena *arena = a->question->arena;
    const struct filter *filter = NULL;
    struct bytes as = BYTES_NONE;
    struct json any;
    if (json_is(from, JSON_OBJECT) && asked_given(&inner, "any", &any)) {
        TRY(asked_members(&inner, TABLE(pick_members), e));
        TRY(any_read(a, any, out_pick, e));
        TRY(asked_filter(a, json_find(from, BYTES_LIT("where")), &filter, e));
        out_pick->filter = filter_all(arena, out_pick->filter, filter);
    } else {
        struct alternative one;
        TRY(alternative_read(a, from, &one, e));
        *out_pick = pick_of(arena, &one);
    }
    if (json_is(from, JSON_OBJECT))
        TRY(asked_text(&inner, "as", BYTES_NONE, &as, e));
    if (as.size > 0)
        out_pick->label = out_pick->label_zh = arena_text(arena, as);
    return DONE;
}

static fallible pick_add(struct asked *a, struct json at, const struct pick *pick, uint32_t *out_pick, struct err *e)
{
    struct plan *plan = &a->question->plan;
    if (plan->pick_count == PICKS_MAX)
        return asked_wrong(at, e, "a question has at most %u kinds of events", PICKS_MAX);
    plan->picks[plan->pick_count] = *pick;
    *out_pick = plan->pick_count++;
    return DONE;
}

fallible asked_pick(struct asked *a, struct json from, uint32_t *out_pick, struct err *e)
{
    struct pick pick;
    TRY(pick_read(a, from, &pick, e));
    return pick_add(a, from, &pick, out_pick, e);
}

fallible asked_pick_or(struct asked *a, const char *member, const char *otherwise, uint32_t *out_pick, struct err *e)
{
    struct json from;
    struct alternative one = {0};
    if (asked_given(a, member, &from))
        return asked_pick(a, from, out_pick, e);
    TRY(event_find(a, a->body, bytes_of_text(otherwise), &one, e));
    struct pick pick = pick_of(a->question->arena, &one);
    return pick_add(a, a->body, &pick, out_pick, e);
}

fallible asked_picks(struct asked *a, const char *member, uint32_t least, uint32_t most, uint32_t *out_picks,
                     uint32_t *out_count, struct err *e)
{
    struct json list, part;
    if (!asked_given(a, member, &list)) {
        if (least > 0)
            return asked_missing(a, member, e);
        *out_count = 0;
        return DONE;
    }
    if (!json_is(list, JSON_ARRAY) || json_count(list) < least || json_count(list) > most)
        return asked_wrong(list, e, "want a list of %u to %u events", least, most);
    uint32_t count = 0;
    for (struct json_walk w = json_items(list); json_item_next(&w, &part);)
        TRY(asked_pick(a, part, &out_picks[count++], e));
    *out_count = count;
    return DONE;
}

/* --- values --- */

/* What is said of a value: its name, and perhaps whether it is an amount. */
struct said_value {
    struct json at;
    struct bytes name;
    enum { MONEY_BY_NAME, MONEY_SAID, MONEY_DENIED } money;
};
static const struct member_rule value_members[] = {
    {"property", "its name", "属性名称"},
    {"money", "whether it is an amount, whatever it is called", "是否为金额,不论名称"},
};

/* Of an object, which only what is added up may be. */
static fallible value_read(struct asked *a, struct json from, struct said_value *out, struct err *e)
{
    struct asked inner = {.question = a->question, .body = from};
    struct json name, money;
    bool is_money = false;
    TRY(asked_members(&inner, TABLE(value_members), e));
    if (!asked_given(&inner, "property", &name))
        return asked_missing(&inner, "property", e);
    if (!json_is(name, JSON_STRING))
        return asked_wrong(name, e, "want the name of a property, got %s", json_kind_name(json_kind(name)));
    TRY(asked_flag(&inner, "money", false, &is_money, e));
    *out = (struct said_value){name, json_string(name), is_money ? MONEY_SAID : MONEY_DENIED};
    if (!asked_given(&inner, "money", &money))
        out->money = MONEY_BY_NAME;
    return DONE;
}

/* Whether a lane's amounts are put into the question's currency. */
static fallible money_decide(const struct asked *a, const struct said_value *value, struct lane_ask *io_lane,
                             struct err *e)
{
    if (value->money == MONEY_SAID && !path_may_be_money(io_lane->path))
        return asked_wrong(value->at, e,
                           "\"money\" goes with what events say themselves: their properties, and those of items");
    bool is_money = value->money == MONEY_BY_NAME ? path_is_money(io_lane->path) : value->money == MONEY_SAID;
    io_lane->is_money = is_money && io_lane->kind == LANE_QUANTITIES && a->question->currency != CURRENCY_NONE;
    return DONE;
}

static fallible lane_add(struct asked *a, const struct said_value *value, enum lane_kind kind, enum lane_of of,
                         uint32_t *out_lane, struct err *e)
{
    struct plan *plan = &a->question->plan;
    struct filter_reader reader = asked_reader(a);
    struct lane_ask lane = {.kind = kind, .of = of};
    struct err wrong = {0};
    if (plan->lane_count == LANES_MAX)
        return asked_wrong(value->at, e, "a question has at most %u values", LANES_MAX);
    if (kind == LANE_CODES && of == LANE_VALUE && crowd_is_ref(value->name)) {
        lane.of = LANE_CROWD;
        TRY(asked_crowd_lane(a, value->at, value->name, &lane.crowd, e));
    } else if (failed(path_read(&reader, value->name, &lane.path, &wrong))) {
        return asked_wrong(value->at, e, "%s", wrong.text);
    } else {
        TRY(money_decide(a, value, &lane, e));
    }
    plan->lanes[plan->lane_count] = lane;
    *out_lane = plan->lane_count++;
    return DONE;
}

fallible asked_lane_of(struct asked *a, struct json from, enum lane_kind kind, enum lane_of of, uint32_t *out_lane,
                       struct err *e)
{
    struct said_value value = {.at = from, .name = json_string(from)};
    if (json_is(from, JSON_OBJECT) && kind == LANE_QUANTITIES)
        TRY(value_read(a, from, &value, e));
    else if (!json_is(from, JSON_STRING))
        return asked_wrong(from, e, "want the name of a property, got %s", json_kind_name(json_kind(from)));
    return lane_add(a, &value, kind, of, out_lane, e);
}

fallible asked_lane_or(struct asked *a, const char *member, const char *otherwise, enum lane_kind kind, enum lane_of of,
                       uint32_t *out_lane, struct err *e)
{
    struct json from;
    if (asked_given(a, member, &from))
        return asked_lane_of(a, from, kind, of, out_lane, e);
    const struct said_value value = {.at = a->body, .name = bytes_of_text(otherwise)};
    return lane_add(a, &value, kind, of, out_lane, e);
}

fallible asked_lane(struct asked *a, const char *member, enum lane_kind kind, enum lane_of of, bool must,
                    bool *out_given, uint32_t *out_lane, struct err *e)
{
    struct json from;
    *out_given = asked_given(a, member, &from);
    if (!*out_given)
        return must ? asked_missing(a, member, e) : DONE;
    return asked_lane_of(a, from, kind, of, out_lane, e);
}

fallible asked_number(struct asked *a, const char *member, int64_t otherwise, int64_t least, int64_t most, int64_t *out,
                      struct err *e)
{
    struct json from;
    int64_t number = otherwise;
    if (asked_given(a, member, &from) && (!json_int64(from, &number) || number < least || number > most))
        return asked_wrong(from, e, "want a whole number from %" PRId64 " to %" PRId64, least, most);
    *out = number;
    return DONE;
}

fallible asked_flag(struct asked *a, const char *member, bool otherwise, bool *out, struct err *e)
{
    struct json from;
    bool flag = otherwise;
    if (asked_given(a, member, &from) && !json_bool(from, &flag))
        return asked_wrong(from, e, "want true or false, got %s", json_kind_name(json_kind(from)));
    *out = flag;
    return DONE;
}

fallible asked_text(struct asked *a, const char *member, struct bytes otherwise, struct bytes *out, struct err *e)
{
    struct json from;
    if (!asked_given(a, member, &from)) {
        *out = otherwise;
        return DONE;
    }
    if (!json_is(from, JSON_STRING) || json_has_nul(from))
        return asked_wrong(from, e, "want a text, got %s", json_kind_name(json_kind(from)));
    *out = arena_copy(a->question->arena, json_string(from));
    return DONE;
}

fallible asked_choice(struct asked *a, const char *member, const char *const *names, size_t count, size_t otherwise,
                      size_t *out, struct err *e)
{
    struct json from;
    *out = otherwise;
    if (!asked_given(a, member, &from))
        return DONE;
    for (size_t i = 0; i < count; i++)
        if (json_is(from, JSON_STRING) && bytes_equal(json_string(from), bytes_of_text(names[i]))) {
            *out = i;
            return DONE;
        }
    char all[ERR_TEXT_BYTES_MAX / 2];
    size_t at = 0;
    for (size_t i = 0; i < count && at < sizeof all; i++)
        at += (size_t)snprintf(all + at, sizeof all - at, "%s%s", i == 0 ? "" : ", ", names[i]);
    if (!json_is(from, JSON_STRING))
        return asked_wrong(from, e, "want one of %s", all);
    struct bytes said = text_cut(json_string(from), NEAREST_BYTES_MAX);
    return asked_wrong(from, e, "\"%.*s\" is none of %s; did you mean \"%s\"?", BYTES_ARG(said), all,
                       nearest_name(said, names, count, sizeof *names));
}

/* --- spans --- */

static const struct span_unit {
    char letter;
    int64_t us;
} span_units[] = {{'s', US_PER_SECOND}, {'m', US_PER_MINUTE}, {'h', US_PER_HOUR}, {'d', US_PER_DAY}, {'w', WEEK_US}};

bool asked_span_read(struct bytes text, int64_t *out_us)
{
    int64_t number = 0, us;
    if (text.size < 2)
        return false;
    for (size_t i = 0; i + 1 < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9' || (number = number * 10 + (text.data[i] - '0')) > INT32_MAX)
            return false;
    for (size_t i = 0; i < COUNT_OF(span_units); i++)
        if (text.data[text.size - 1] == span_units[i].letter &&
            !__builtin_mul_overflow(number, span_units[i].us, &us)) {
            *out_us = us;
            return true;
        }
    return false;
}

fallible asked_span(struct asked *a, const char *member, int64_t otherwise_us, int64_t most_us, int64_t *out_us,
                    struct err *e)
{
    struct json from;
    int64_t us = otherwise_us;
    if (asked_given(a, member, &from) && (!asked_span_read(json_string(from), &us) || us <= 0))
        return asked_wrong(from, e, "want a span such as \"30m\", \"12h\", \"7d\" or \"2w\"");
    if (us > most_us)
        return asked_wrong(from, e, "want at most %" PRId64 " days", most_us / US_PER_DAY);
    *out_us = us;
    return DONE;
}
