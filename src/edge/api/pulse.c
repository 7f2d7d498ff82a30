/* The alarms about sources and shops: silent days, late data, wrong clocks. */
#include "domain/pulse/pulse.h"

#include "base/time.h"
#include "domain/collect/collect.h"
#include "edge/api/api.h"
#include "edge/api/day.h"
#include "edge/api/list.h"

#define PAGE_USUAL 100u
#define PAGE_MAX 1000u

struct alarms_request {
    struct pulse_subject of; /* no name: of all */
    bool standing;           /* those that are over are left out */
};

/* A cursor: the day, the latest first; the kind; whose it is, by the number of the name. */
#define DAY_SHIFT 32
#define KIND_SHIFT 24
#define OF_SHIFT 16
#define DAY_LAST INT64_C(0x7FFFFFFF)

static enum name_kind name_kind_of(enum calendar_of of)
{
    return of == CALENDAR_OF_SHOP ? NAME_SHOP : NAME_SOURCE;
}

static uint64_t cursor_of(const struct view *v, const struct pulse_alarm *a)
{
    uint64_t number = name_number(v, name_kind_of(a->subject.of), a->subject.name);
    return (uint64_t)(DAY_LAST - a->day) << DAY_SHIFT | (uint64_t)a->kind << KIND_SHIFT |
           (uint64_t)a->subject.of << OF_SHIFT | number;
}

static struct pulse_alarm alarm_at(const struct view *v, uint64_t cursor)
{
    struct pulse_alarm a = {.day = (int32_t)(DAY_LAST - (int64_t)(cursor >> DAY_SHIFT & 0x7FFFFFFF)),
                            .kind = (enum pulse_alarm_kind)(cursor >> KIND_SHIFT & 0xFF),
                            .subject.of = (enum calendar_of)(cursor >> OF_SHIFT & 0xFF)};
    a.subject.name = name_text(v, name_kind_of(a.subject.of), (uint32_t)(cursor & 0xFFFF));
    return a;
}

static bool alarm_next(const struct request *r, const struct view *v, struct hash128 key, struct list_item *out_item)
{
    struct pulse_alarm *alarm = ARENA_NEW(v->arena, struct pulse_alarm), after = alarm_at(v, key.low);
    (void)r;
    if (!pulse_alarm_next(v, key.low == 0 ? NULL : &after, alarm))
        return false;
    *out_item = (struct list_item){.key = {.low = cursor_of(v, alarm)}, .own = alarm};
    return true;
}

static bool alarm_is_asked(const struct request *r, const struct view *v, const struct list_item *item)
{
    const struct alarms_request *q = list_own(r);
    const struct pulse_alarm *alarm = item->own;
    (void)v;
    if (q->standing && alarm->is_over)
        return false;
    return q->of.name.size == 0 || (alarm->subject.of == q->of.of && bytes_equal(alarm->subject.name, q->of.name));
}

/* The upper end of a bucket of lags, in seconds; null: more than all. */
static void member_bound(struct json_writer *w, const char *key, uint32_t bucket)
{
    json_key(w, key);
    if (bucket + 1 >= PULSE_BUCKETS)
        json_put_null(w);
    else
        json_put_int64(w, pulse_bounds_us[bucket] / US_PER_SECOND);
}

static void put_alarm(struct request *r, const struct view *v, const struct list_item *item, struct json_writer *w)
{
    const struct pulse_alarm *alarm = item->own;
    (void)r, (void)v;
    member_day(w, "day", alarm->day);
    member_text(w, "alarm", pulse_words[alarm->kind].name);
    member_text(w, "en", pulse_words[alarm->kind].en);
    member_text(w, "zh", pulse_words[alarm->kind].zh);
    member_text(w, "of", calendar_of_names[alarm->subject.of]);
    member_bytes(w, "name", alarm->subject.name);
    member_time(w, "raised", alarm->raised_us);
    member_bool(w, "over", alarm->is_over);
    if (alarm->kind == PULSE_MISSING || alarm->kind == PULSE_UNDECLARED)
        return;
    member_bound(w, "usual_seconds", alarm->usual);
    member_bound(w, "seen_seconds", alarm->seen);
}

void api_pulse_alarms(struct request *r)
{
    static const struct list_kind alarms = {.name = "alarms",
                                            .cursor = "after",
                                            .cursor_kind = CURSOR_NUMBER,
                                            .usual = PAGE_USUAL,
                                            .most = PAGE_MAX,
                                            .next = alarm_next,
                                            .is_seen = alarm_is_asked,
                                            .put = put_alarm};
    struct alarms_request *q = ARENA_NEW(request_arena(r), struct alarms_request);
    struct bytes shop = http_query(r->x, "shop"), source = http_query(r->x, "source");
    q->of = shop.size > 0 ? (struct pulse_subject){CALENDAR_OF_SHOP, shop}
                          : (struct pulse_subject){CALENDAR_OF_SOURCE, source};
    q->standing = bytes_equal(http_query(r->x, "standing"), BYTES_LIT("1"));
    list_answer(r, &alarms, q);
}
