/* A day that has ended, judged: purely, and by a timer and a job that goes through sources and shops. */
#include <stdio.h>

#include "base/time.h"
#include "domain/collect/collect.h"
#include "domain/order/order.h"
#include "domain/pulse/inside.h"
#include "lib/json.h"
#include "lib/pack.h"

#define RUN_DAYS 7
#define WEEKS 4
#define WEEKS_DUE 3
#define AHEAD_BUCKETS 4u       /* more than a minute in the future */
#define QUARTER_BUCKET 7u      /* up to a quarter of an hour */
#define BEHIND_BUCKET_FIRST 9u /* an hour */
#define BEHIND_BUCKET_LAST 12u /* up to a day */
#define ONE_IN 20u
#define SUBJECTS_A_SLICE 8u
#define ALARMS_DROPPED_A_SLICE 64u
#define STATE_FORMAT 1u
#define STATE_BYTES 16u
#define ALARM_FORMAT 1u
#define ALARM_BYTES_MAX 32u
#define ALARM_KEY_BYTES 10u
static_assert(ALARM_KEY_BYTES <= ROW_KEY_BYTES_MAX, "whatever its name, a subject has alarms");
#define DAY_LAST 0x7FFFFFFF /* so that later days come first */
#define SIX_HOURS 6

/* day, the latest first (4), kind (1), of (1), number of the name (4) -> the alarm */
const struct family pulse_alarm_family = {
    .id = 98, .kind = FAMILY_KEYED, .value_bytes = ALARM_BYTES_MAX, .name = "pulse_alarm"};
/* "d" -> the day that is judged next: i32 */
const struct family pulse_clock_family = {.id = 99, .kind = FAMILY_KEYED, .value_bytes = 4, .name = "pulse_clock"};

const struct setting pulse_grace_hours = {
    "pulse.grace_hours", 0,       72,
    SIX_HOURS,           "hours", "So long after its end a day is judged: what it has may come till then."};
const struct setting pulse_late_percent = {
    "pulse.late_percent", 5, 100, 20, "percent", "More of a day than this beyond what is usual makes it late."};
const struct setting pulse_ring_days = {
    "pulse.ring_days", 1, 92, 7, "days", "So long an alarm about a day rings, unless what was missing comes."};

const struct pulse_words pulse_words[PULSE_ALARM_COUNT] = {
    [PULSE_MISSING] = {"missing_day", "nothing came", "当日无数据"},
    [PULSE_UNDECLARED] = {"undeclared_day", "nothing was declared", "当日未申报"},
    [PULSE_LATE] = {"late_data", "came later than usual", "到达晚于往常"},
    [PULSE_CLOCK_AHEAD] = {"clock_ahead", "its clock is ahead", "时钟偏快"},
    [PULSE_CLOCK_BEHIND] = {"clock_behind", "its clock is behind", "时钟偏慢"},
};

/* --- was it due? --- */

static bool was_declared(const struct view *v, struct pulse_subject subject, int32_t day)
{
    struct order_day declared;
    return subject.of == CALENDAR_OF_SHOP && order_declared_next(v, subject.name, day, CURRENCY_NONE, &declared) &&
           declared.day == day;
}

typedef bool (*day_test)(const struct view *v, struct pulse_subject subject, int32_t day);

static bool is_closed(const struct view *v, struct pulse_subject subject, int32_t day)
{
    return calendar_is_closed(v, subject.of, subject.name, day);
}

/* On each of the last seven open days. */
static bool came_each_day(const struct view *v, struct pulse_subject subject, int32_t day, day_test came)
{
    int open = 0;
    for (int32_t before = 1; before <= PULSE_DAYS && open < RUN_DAYS; before++) {
        if (came(v, subject, day - before))
            open++;
        else if (!is_closed(v, subject, day - before))
            return false;
    }
    return open == RUN_DAYS;
}

static bool came_each_week(const struct view *v, struct pulse_subject subject, int32_t day, day_test came)
{
    int weeks = 0;
    for (int32_t week = 1; week <= WEEKS; week++)
        weeks += came(v, subject, day - week * RUN_DAYS);
    return weeks >= WEEKS_DUE;
}

static bool is_due(const struct view *v, struct pulse_subject subject, int32_t day, day_test came)
{
    return came_each_day(v, subject, day, came) || came_each_week(v, subject, day, came);
}

/* --- how late was it? --- */

static uint32_t count_up_to(const struct pulse_lags *lags, uint32_t buckets)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < buckets; i++)
        count += lags->counts[i];
    return count;
}

static bool is_late(const struct view *v, const struct pulse_lags *lags, const struct pulse_lags *usual)
{
    uint32_t bound = pulse_percentile(usual, 95);
    bound = bound < QUARTER_BUCKET ? QUARTER_BUCKET : bound;
    uint64_t beyond = lags->samples - count_up_to(lags, bound + 1);
    return usual->samples >= PULSE_USUAL_MIN &&
           beyond * 100 > lags->samples * (uint64_t)setting_int(v, &pulse_late_percent);
}

static bool is_behind(const struct pulse_lags *lags)
{
    uint32_t low = pulse_percentile(lags, 5), high = pulse_percentile(lags, 95);
    return low == high && low >= BEHIND_BUCKET_FIRST && low <= BEHIND_BUCKET_LAST;
}

static uint32_t judge_lags(const struct view *v, struct pulse_subject subject, int32_t day)
{
    struct pulse_lags lags = {.samples = 0}, usual;
    uint32_t alarms = 0;
    pulse_lags_add(v, subject, day, &lags);
    if (lags.samples < PULSE_SAMPLES_MIN)
        return 0;
    pulse_usual(v, subject, day, &usual);
    alarms |= is_late(v, &lags, &usual) ? 1u << PULSE_LATE : 0;
    alarms |= count_up_to(&lags, AHEAD_BUCKETS) * ONE_IN >= lags.samples ? 1u << PULSE_CLOCK_AHEAD : 0;
    alarms |= is_behind(&lags) ? 1u << PULSE_CLOCK_BEHIND : 0;
    return alarms;
}

bool pulse_is_missing(const struct view *v, struct pulse_subject subject, int32_t day)
{
    return !pulse_came(v, subject, day) && !was_declared(v, subject, day) && !is_closed(v, subject, day) &&
           is_due(v, subject, day, pulse_came);
}

static bool is_undeclared(const struct view *v, struct pulse_subject subject, int32_t day)
{
    return pulse_came(v, subject, day) && !was_declared(v, subject, day) && !is_closed(v, subject, day) &&
           is_due(v, subject, day, was_declared);
}

uint32_t pulse_judge(const struct view *v, struct pulse_subject subject, int32_t day)
{
    uint32_t alarms = judge_lags(v, subject, day);
    alarms |= pulse_is_missing(v, subject, day) ? 1u << PULSE_MISSING : 0;
    alarms |= is_undeclared(v, subject, day) ? 1u << PULSE_UNDECLARED : 0;
    for (unsigned kind = 0; kind < PULSE_ALARM_COUNT; kind++)
        if ((alarms >> kind & 1) != 0 && calendar_is_silent(v, subject.of, subject.name, kind))
            alarms &= ~(1u << kind);
    return alarms;
}

/* --- alarms --- */

static struct bytes alarm_key(const struct view *v, const struct pulse_alarm *alarm)
{
    uint8_t *key = arena_take(v->arena, ALARM_KEY_BYTES, 1), *at = put_key(key, (uint32_t)(DAY_LAST - alarm->day), 4);
    *at++ = (uint8_t)alarm->kind;
    *at++ = (uint8_t)alarm->subject.of;
    (void)put_key(at, pulse_number(v, alarm->subject), 4);
    return bytes_of(key, ALARM_KEY_BYTES);
}

static struct pulse_subject alarm_subject(const struct view *v, struct bytes key)
{
    enum calendar_of of = key.data[5];
    return (struct pulse_subject){of, name_text(v, pulse_name_kind(of), (uint32_t)key_number(key.data + 6, 4))};
}

static void alarm_print(const struct view *v, const void *fact, struct json_writer *out)
{
    (void)v;
    const struct pulse_alarm *alarm = fact;
    struct civil_date day = civil_of_day(alarm->day);
    char text[40];
    (void)snprintf(text, sizeof text, "%04d-%02u-%02u", (int)day.year, (unsigned)day.month, (unsigned)day.day);
    json_key(out, "alarm");
    json_put_text(out, pulse_words[alarm->kind].name);
    json_key(out, calendar_of_names[alarm->subject.of]);
    json_put_string(out, alarm->subject.name);
    json_key(out, "day");
    json_put_text(out, text);
}

const struct fact_kind fact_pulse_alarm = {
    .id = 0x0E01,
    .name = "pulse_alarm",
    .print = alarm_print,
    .about = "A source or a shop was silent for a day, was late, or its clock is wrong."};

static void alarm_raise(struct step *s, const struct pulse_alarm *alarm)
{
    struct buf b = arena_buf(s->view.arena, ALARM_BYTES_MAX);
    pack_u8(&b, ALARM_FORMAT);
    pack_signed(&b, alarm->raised_us);
    pack_u8(&b, (uint8_t)alarm->usual);
    pack_u8(&b, (uint8_t)alarm->seen);
    step_keyed_put(s, &pulse_alarm_family, alarm_key(&s->view, alarm), buf_bytes(&b));
    step_say(s, &fact_pulse_alarm, alarm);
}

/* What was missing has come, or nobody wants to hear of it. */
static bool alarm_is_over(const struct view *v, const struct pulse_alarm *alarm)
{
    if (alarm->kind == PULSE_MISSING &&
        (pulse_came(v, alarm->subject, alarm->day) || was_declared(v, alarm->subject, alarm->day)))
        return true;
    if (alarm->kind == PULSE_UNDECLARED && was_declared(v, alarm->subject, alarm->day))
        return true;
    return calendar_is_silent(v, alarm->subject.of, alarm->subject.name, alarm->kind) ||
           is_closed(v, alarm->subject, alarm->day);
}

static bool alarm_read(const struct view *v, struct bytes key, struct bytes row, struct pulse_alarm *out)
{
    struct unpack u = unpack_of(row);
    uint8_t format = unpack_u8(&u);
    *out = (struct pulse_alarm){.day = (int32_t)(DAY_LAST - (int64_t)key_number(key.data, 4)),
                                .kind = key.data[4],
                                .subject = alarm_subject(v, key)};
    out->raised_us = unpack_signed(&u);
    out->usual = unpack_u8(&u);
    out->seen = unpack_u8(&u);
    assert(format == ALARM_FORMAT && unpack_finished(&u)); /* rows are our own */
    (void)format;
    out->is_over = alarm_is_over(v, out);
    return true;
}

bool pulse_alarm_next(const struct view *v, const struct pulse_alarm *after, struct pulse_alarm *out)
{
    struct bytes key = after == NULL ? BYTES_NONE : alarm_key(v, after), row;
    return view_keyed_next(v, &pulse_alarm_family, key, true, &key, &row) && alarm_read(v, key, row, out);
}

/* --- going through all of them --- */

/* Of a day: the source, or behind all sources the shop, that comes next. */
struct walk {
    int32_t day;
    enum calendar_of of;
    uint32_t number;
    bool drops; /* all are judged: old alarms go */
};

static struct bytes walk_pack(const struct walk *w, struct arena *a)
{
    struct buf b = arena_buf(a, STATE_BYTES);
    pack_u8(&b, STATE_FORMAT);
    pack_u32(&b, (uint32_t)w->day);
    pack_u8(&b, (uint8_t)w->of);
    pack_u32(&b, w->number);
    pack_u8(&b, w->drops);
    return buf_bytes(&b);
}

static struct walk walk_read(struct bytes state)
{
    struct unpack u = unpack_of(state);
    uint8_t format = unpack_u8(&u);
    struct walk w = {.day = (int32_t)unpack_u32(&u)};
    w.of = unpack_u8(&u);
    w.number = unpack_u32(&u);
    w.drops = unpack_u8(&u) != 0;
    assert(format == STATE_FORMAT && unpack_finished(&u));
    (void)format;
    return w;
}

static bool subject_next(const struct view *v, struct walk *w, struct pulse_subject *out)
{
    enum name_kind kind = pulse_name_kind(w->of);
    w->number = name_next(v, kind, w->number);
    if (w->number == 0 && w->of == CALENDAR_OF_SOURCE) {
        w->of = CALENDAR_OF_SHOP;
        w->number = name_next(v, kind = NAME_SHOP, 0);
    }
    *out = (struct pulse_subject){w->of, w->number == 0 ? BYTES_NONE : name_text(v, kind, w->number)};
    return w->number != 0;
}

static void subject_judge(struct step *s, struct pulse_subject subject, int32_t day)
{
    const struct view *v = &s->view;
    struct pulse_lags lags = {.samples = 0}, usual;
    uint32_t alarms = pulse_judge(v, subject, day);
    pulse_day_drop(s, subject, day - PULSE_DAYS - 1);
    if (alarms == 0)
        return;
    pulse_lags_add(v, subject, day, &lags);
    pulse_usual(v, subject, day, &usual);
    for (unsigned kind = 0; kind < PULSE_ALARM_COUNT; kind++) {
        if ((alarms >> kind & 1) == 0)
            continue;
        struct pulse_alarm *alarm = ARENA_NEW(v->arena, struct pulse_alarm);
        *alarm = (struct pulse_alarm){.day = day,
                                      .kind = (enum pulse_alarm_kind)kind,
                                      .subject = subject,
                                      .raised_us = v->now_us,
                                      .usual = pulse_percentile(&usual, 95),
                                      .seen = pulse_percentile(&lags, 95)};
        alarm_raise(s, alarm);
    }
}

/* Those of days before the last PULSE_ALARM_DAYS; true: there may be more. */
static bool alarms_drop(struct step *s, int32_t day)
{
    struct pulse_alarm last = {.day = day - PULSE_ALARM_DAYS, .kind = PULSE_MISSING};
    struct bytes key = alarm_key(&s->view, &last), row;
    uint32_t dropped = 0;
    for (; dropped < ALARMS_DROPPED_A_SLICE && view_keyed_next(&s->view, &pulse_alarm_family, key, false, &key, &row);
         dropped++)
        step_keyed_remove(s, &pulse_alarm_family, key);
    return dropped == ALARMS_DROPPED_A_SLICE;
}

static struct bytes job_advance(struct step *s, struct bytes state)
{
    struct walk w = walk_read(state);
    struct pulse_subject subject;
    if (w.drops)
        return alarms_drop(s, w.day) ? state : BYTES_NONE;
    for (uint32_t i = 0; i < SUBJECTS_A_SLICE && !w.drops; i++) {
        w.drops = !subject_next(&s->view, &w, &subject);
        if (!w.drops)
            subject_judge(s, subject, w.day);
    }
    return walk_pack(&w, s->view.arena);
}

const struct job_kind pulse_job = {0x0E01, "pulse.judge", job_advance, NULL};

/* --- day by day --- */

static const struct bytes clock_key = {(const uint8_t *)"d", 1};

static bool clock_read(const struct view *v, int32_t *out_day)
{
    struct bytes row;
    if (!view_keyed(v, &pulse_clock_family, clock_key, &row))
        return false;
    struct unpack u = unpack_of(row);
    *out_day = (int32_t)unpack_u32(&u);
    return true;
}

static void clock_set(struct step *s, int32_t day)
{
    struct buf b = arena_buf(s->view.arena, 4);
    int64_t due_us = calendar_day_begin_us(&s->view, day + 1) + setting_int(&s->view, &pulse_grace_hours) * US_PER_HOUR;
    pack_u32(&b, (uint32_t)day);
    step_keyed_put(s, &pulse_clock_family, clock_key, buf_bytes(&b));
    step_timer_set(s, &pulse_timer, due_us, clock_key, BYTES_NONE);
}

void pulse_watch(struct step *s)
{
    int32_t day;
    if (!clock_read(&s->view, &day))
        clock_set(s, calendar_day_of(&s->view, s->view.now_us));
}

static void timer_due(struct step *s, struct bytes payload)
{
    struct walk w = {.of = CALENDAR_OF_SOURCE};
    (void)payload;
    bool is_set = clock_read(&s->view, &w.day);
    assert(is_set); /* with the timer */
    (void)is_set;
    struct bytes state = walk_pack(&w, s->view.arena);
    step_job_start(s, &pulse_job, bytes_slice(state, 0, 5), state); /* a key a day: several may be on their way */
    clock_set(s, w.day + 1);
}

const struct timer_kind pulse_timer = {.id = 0x0E02, .name = "pulse.day", .due = timer_due};
