#include "domain/pulse/pulse.h"

#include "base/time.h"
#include "domain/collect/collect.h"
#include "domain/order/order.h"
#include "domain/pulse/inside.h"

#define ALARMS_LOOKED_AT 256u /* by one look at whether any rings */

/* An event that an order derived tells of its shop, any other of its source. What was there long ago and is brought in now is not
 * late. */
static void hear_arrived(struct step *s, const void *fact)
{
    const struct arrived *a = fact;
    const struct envelope *e = &a->envelope;
    bool of_order = a->shop != 0 && bytes_equal(e->source, BYTES_LIT(ORDER_SOURCE));
    uint32_t number = of_order ? a->shop : a->source;
    bool is_counted = s->cause != CAUSE_IMPORT && e->message.low % PULSE_SAMPLE == 0;
    if (number != 0)
        pulse_note(s, of_order ? CALENDAR_OF_SHOP : CALENDAR_OF_SOURCE, number, is_counted,
                   s->view.now_us - e->event_us);
}

/* --- alarms and figures --- */

/* Of the newest alarms: those of the days that still ring. */
static uint64_t ringing(const struct view *v, enum pulse_alarm_kind kind)
{
    struct pulse_alarm alarm, *after = NULL;
    int32_t first = calendar_day_of(v, v->now_us) - (int32_t)setting_int(v, &pulse_ring_days);
    uint64_t count = 0;
    for (uint32_t i = 0; i < ALARMS_LOOKED_AT && pulse_alarm_next(v, after, &alarm) && alarm.day >= first;
         i++, after = &alarm)
        count += alarm.kind == kind && !alarm.is_over;
    return count;
}

#define DEFINE_RINGS(name, kind)                       \
    static bool name##_rings(const struct view *v)     \
    {                                                  \
        return ringing(v, kind) > 0;                   \
    }                                                  \
    static uint64_t name##_count(const struct view *v) \
    {                                                  \
        return ringing(v, kind);                       \
    }
DEFINE_RINGS(missing, PULSE_MISSING)
DEFINE_RINGS(undeclared, PULSE_UNDECLARED)
DEFINE_RINGS(late, PULSE_LATE)
DEFINE_RINGS(ahead, PULSE_CLOCK_AHEAD)
DEFINE_RINGS(behind, PULSE_CLOCK_BEHIND)

#define WHERE "`kith reconcile alarms` tells which and when"
#define WHERE_ZH ":见 `kith reconcile alarms`"
static const struct alarm alarms[] = {
    {"pulse_missing_day", "a source or shop was silent for a day on which it was due: " WHERE, "no silent day is left",
     missing_rings, "有数据源或店铺应有数据的日子没有数据" WHERE_ZH},
    {"pulse_undeclared_day", "a shop's day was not declared as the days before it were: " WHERE,
     "no undeclared day is left", undeclared_rings, "有店铺的日子未像往日那样申报" WHERE_ZH},
    {"pulse_late_data", "a source or shop sends later than it usually does: " WHERE, "data comes in time again",
     late_rings, "有数据源或店铺的数据晚于往常" WHERE_ZH},
    {"pulse_clock_ahead", "events lie in the future: a clock is ahead, or its zone is wrong: " WHERE,
     "no clock is ahead any more", ahead_rings, "有事件发生在未来:时钟偏快或时区有误" WHERE_ZH},
    {"pulse_clock_behind", "events lie in the past by a constant time: a clock is behind, or its zone is wrong: " WHERE,
     "no clock is behind any more", behind_rings, "有事件恒定地偏早:时钟偏慢或时区有误" WHERE_ZH},
};
static const struct metric metrics[] = {
    {"kith_pulse_missing_days", "Silent days of sources and shops of which an alarm rings.", missing_count},
    {"kith_pulse_undeclared_days", "Undeclared days of shops of which an alarm rings.", undeclared_count},
    {"kith_pulse_late_days", "Days of sources and shops that came late, of which an alarm rings.", late_count},
    {"kith_pulse_clock_ahead_days", "Days of sources and shops with events in the future, of which an alarm rings.",
     ahead_count},
    {"kith_pulse_clock_behind_days", "Days of sources and shops constantly in the past, of which an alarm rings.",
     behind_count},
};

/* --- the table --- */

static const struct family *const families[] = {&pulse_seen_family, &pulse_came_family, &pulse_lag_family,
                                                &pulse_alarm_family, &pulse_clock_family};
static const struct fact_kind *const says[] = {&fact_pulse_alarm};
static const struct listener hears[] = {{&fact_arrived, hear_arrived}};
static const struct timer_kind *const timers[] = {&pulse_timer};
static const struct job_kind *const jobs[] = {&pulse_job};
static const struct setting *const settings[] = {&pulse_grace_hours, &pulse_late_percent, &pulse_ring_days};

const struct domain pulse_domain = {
    .number = 0x0E,
    .name = "pulse",
    .about = "What came of each source and shop day by day and how late: silent days, late data and wrong clocks raise "
             "alarms.",
    .families = families,
    .family_count = COUNT_OF(families),
    .says = says,
    .say_count = COUNT_OF(says),
    .hears = hears,
    .hear_count = COUNT_OF(hears),
    .timers = timers,
    .timer_count = COUNT_OF(timers),
    .jobs = jobs,
    .job_count = COUNT_OF(jobs),
    .settings = settings,
    .setting_count = COUNT_OF(settings),
    .metrics = metrics,
    .metric_count = COUNT_OF(metrics),
    .alarms = alarms,
    .alarm_count = COUNT_OF(alarms),
};
