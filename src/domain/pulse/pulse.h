/* The pulse of sources and shops: what came of each day by day and how late, so that a silent day, data that comes later than it
 * usually does, and a clock that is wrong are noticed.
 *
 * Who is watched: each source of events; and each shop, by its orders, by what is declared of its days and by the events that its
 * orders derive. For each (source or shop, day of the log) one row counts lags - log time less event time - in buckets, of one event
 * in PULSE_SAMPLE, by the event's own id; and one entry says that anything came at all. So an event costs a look-up, and one in
 * PULSE_SAMPLE a write. What an import brings says that something came, and nothing of lags.
 *
 * A day is judged once, some hours (a setting) after it has ended, by a timer: against the days before it and the calendar
 * (domain/calendar). What was found is kept as an alarm. Whether one still stands is a function of what is there now: orders of a
 * missing day that come after all make it over. Nothing is learned elsewhere: usual is what the rows of the last PULSE_DAYS say.
 *
 *   missing      nothing came on a day on which it was due: on each of the seven open days before something had come, or on the same
 *                weekday in three of the last four weeks. Of a shop: no order of that day, and none declared
 *   undeclared   the same of what a source declares of a shop's days, where orders did come
 *   late         more than a fifth (a setting) of the day came later than 95 of 100 used to, and later than a quarter of an hour
 *   clock_ahead  one in twenty lies more than a minute in the future
 *   clock_behind all but one in twenty lie alike, an hour or more but less than a day, in the past: a zone that was forgotten
 *
 * Formats: docs/formats/pulse.md. */
#pragma once

#include "domain/calendar/calendar.h"
#include "engine/domain.h"

extern const struct domain pulse_domain;

#define PULSE_SAMPLE 16u
#define PULSE_DAYS 28        /* that are looked at, and kept */
#define PULSE_SAMPLES_MIN 8u /* of a day, to say anything about lags */
#define PULSE_USUAL_MIN 24u  /* of the days before */
#define PULSE_ALARM_DAYS 92  /* for which alarms are kept */

/* On disk, for ever; also the bits of calendar.silent. */
enum pulse_alarm_kind {
    PULSE_MISSING,
    PULSE_UNDECLARED,
    PULSE_LATE,
    PULSE_CLOCK_AHEAD,
    PULSE_CLOCK_BEHIND,
    PULSE_ALARM_COUNT
};
struct pulse_words {
    const char *name, *en, *zh;
};
extern const struct pulse_words pulse_words[PULSE_ALARM_COUNT];

/* Bounds of lags, ascending: a lag lies in the first bucket whose bound it is below. */
#define PULSE_BUCKETS 18u
extern const int64_t pulse_bounds_us[PULSE_BUCKETS]; /* the last one is INT64_MAX */
struct pulse_lags {
    uint32_t counts[PULSE_BUCKETS];
    uint32_t samples;
};
/* The first bucket up to which so many of 100 lie; of none 0. */
uint32_t pulse_percentile(const struct pulse_lags *lags, uint32_t percent);

/* CALENDAR_OF_SHOP or CALENDAR_OF_SOURCE. */
struct pulse_subject {
    enum calendar_of of;
    struct bytes name;
};
bool pulse_came(const struct view *v, struct pulse_subject subject, int32_t day);
void pulse_lags_add(const struct view *v, struct pulse_subject subject, int32_t day, struct pulse_lags *io_lags);
/* Those of the days before one. */
void pulse_usual(const struct view *v, struct pulse_subject subject, int32_t day, struct pulse_lags *out_lags);

bool pulse_is_missing(const struct view *v, struct pulse_subject subject, int32_t day); /* of a day that has ended */
/* Which alarms a day that has ended gives, as bits of 1 << kind; silent ones and closed days give none. Pure; some 100 look-ups. */
uint32_t pulse_judge(const struct view *v, struct pulse_subject subject, int32_t day);

struct pulse_alarm {
    int32_t day;
    enum pulse_alarm_kind kind;
    struct pulse_subject subject;
    int64_t raised_us;
    uint32_t usual, seen; /* of late and clocks: buckets in which 95 of 100 lay before, and lie now */
    bool is_over;         /* now: what was missing came, or it is silent */
};
/* The next one by (day, the latest first; kind; subject); false: no more. Start with NULL. In the view's arena. */
bool pulse_alarm_next(const struct view *v, const struct pulse_alarm *after, struct pulse_alarm *out_alarm);

extern const struct fact_kind fact_pulse_alarm;
extern const struct setting pulse_grace_hours, pulse_late_percent, pulse_ring_days;
