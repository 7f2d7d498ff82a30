/* Private to pulse: what is counted, and how the day's judgement goes on. */
#pragma once

#include "domain/collect/collect.h"
#include "domain/pulse/pulse.h"

extern const struct family pulse_seen_family, pulse_came_family, pulse_lag_family, pulse_alarm_family,
    pulse_clock_family;
extern const struct timer_kind pulse_timer;
extern const struct job_kind pulse_job;

/* --- count.c --- */

/* What a name is known by in keys, which have no room for the name itself. */
enum name_kind pulse_name_kind(enum calendar_of of);
uint32_t pulse_number(const struct view *v, struct pulse_subject subject);

/* Something came of the source or shop of this number now; `is_counted`: its lag, too. */
void pulse_note(struct step *s, enum calendar_of of, uint32_t number, bool is_counted, int64_t lag_us);
void pulse_day_drop(struct step *s, struct pulse_subject subject, int32_t day);

/* --- judge.c --- */

/* The day on which this step lies is judged when it has ended, unless somebody has seen to that. */
void pulse_watch(struct step *s);
