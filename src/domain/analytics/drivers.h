/* Private to analytics: what the question of drivers is (drivers.c), and what its answer is printed from (drivers_print.c). */
#pragma once

#include "domain/analytics/groups.h"
#include "domain/analytics/question.h"

#define DRIVER_VALUES_MAX 6u  /* properties whose values make behaviours of their own */
#define DRIVER_TIMES_MAX 4u
#define DRIVER_PICKS_MAX 24u

struct drivers {
    bool has_start;        /* else a subject's first event is its start */
    uint32_t start, conversion; /* picks */
    uint32_t behaviours;   /* bits of picks; 0: every event is a behaviour by its name */
    uint32_t event_lane;   /* LANE_EVENT, where behaviours is 0 */
    uint32_t value_lanes[DRIVER_VALUES_MAX];
    const char *value_titles[DRIVER_VALUES_MAX];
    uint32_t value_count;
    int64_t within_us;     /* behaviours count from the start on until then … */
    int64_t convert_us;    /* … and conversions in as much time from then on */
    bool counts_early;     /* also those who convert before it; of their behaviours those before the conversion */
    uint32_t times[DRIVER_TIMES_MAX], times_count;
    int64_t support_min;
    bool is_holm;
    int64_t top;
};

/* What somebody may do: an event (its name's code, or the number of a pick), or one with a value of one of the properties. */
#define DRIVER_NO_VALUE UINT8_MAX
struct behaviour {
    uint32_t event;
    uint32_t value;    /* code */
    uint8_t property;  /* among value_lanes; DRIVER_NO_VALUE: whatever its values */
    uint32_t seen;     /* times that the subject that is being taken did it */
    uint64_t did[DRIVER_TIMES_MAX], converted[DRIVER_TIMES_MAX]; /* subjects, by times */
};

struct driver_sums {
    uint64_t people, converted;                            /* whose time is over */
    uint64_t open, converted_before, converted_early; /* left out */
};

struct driver_tally {
    struct arena *arena;
    struct groups behaviours;
    struct behaviour **done; /* by the subject that is being taken */
    uint32_t done_count, done_room;
    struct driver_sums sums;
};

/* Whether a subject counts, whether it converts, and which of its moments count as behaviours: from `first` up to and without `until`. */
enum driver_standing { DRIVER_ABSENT, DRIVER_OPEN, DRIVER_CONVERTED_BEFORE, DRIVER_CONVERTED_EARLY, DRIVER_COUNTED };
struct driver_span {
    enum driver_standing standing;
    bool converted;
    uint32_t first, until;
};
struct driver_span driver_span_of(const struct question *q, const struct sequence *s);

void drivers_print(const struct question *q, const struct texts *texts, void *tally, struct json_writer *w);
