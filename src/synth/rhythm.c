#include "synth/rhythm.h"

#include <stdlib.h>

#include "base/time.h"

static const uint16_t hour_weights[24] = {3,  2,  1,  1,  1,  2,  4,  7,  10, 12, 13, 13,
                                           15, 13, 12, 12, 12, 13, 15, 18, 22, 24, 18, 9};

/* The day of the festival: 11 November when it is in the span, else two thirds of the way. */
static int32_t peak_day(int32_t first_day, uint32_t days)
{
    for (uint32_t i = 0; i < days; i++) {
        struct civil_date date = civil_of_day(first_day + (int32_t)i);
        if (date.month == 11 && date.day == 11)
            return first_day + (int32_t)i;
    }
    return first_day + (int32_t)(days * 2 / 3);
}

static bool day_is_peak(int32_t day, int32_t peak)
{
    struct civil_date date = civil_of_day(day);
    return day == peak || (date.month == 11 && date.day == 11);
}

/* In tenths, so that whole numbers will do. */
static uint64_t weight_of(int32_t day, int32_t hour, int32_t peak)
{
    uint64_t tenths = 10;
    int32_t weekday = (day % 7 + 11) % 7; /* 1970-01-01 was a Thursday: 0 is Sunday */
    if (weekday == 0 || weekday == 6)
        tenths = 14;
    struct civil_date date = civil_of_day(day);
    if ((date.month == 6 && date.day == 18) || (date.month == 12 && date.day == 12))
        tenths = 22;
    if (day < peak && peak - day <= 10)
        tenths += 4;
    if (!day_is_peak(day, peak))
        return tenths * hour_weights[hour];
    return hour < 2 ? UINT64_C(60) * 40 : UINT64_C(45) * hour_weights[hour]; /* midnight: the sale opens */
}

fallible synth_rhythm_init(struct rhythm *r, int64_t start_us, uint32_t days, struct err *e)
{
    assert(days > 0);
    *r = (struct rhythm){.start_us = start_us, .hours = days * 24};
    r->cumulative = malloc(((size_t)r->hours + 1) * sizeof *r->cumulative);
    if (r->cumulative == NULL)
        return FAIL(e, FULL, "no memory for %u hours", r->hours);
    int32_t peak = peak_day(day_of_time(start_us, ZONE_SECONDS), days);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < r->hours; i++) {
        r->cumulative[i] = sum;
        int64_t at_us = start_us + i * US_PER_HOUR;
        int32_t day = day_of_time(at_us, ZONE_SECONDS);
        int64_t in_day_us = at_us + ZONE_SECONDS * US_PER_SECOND - day * US_PER_DAY;
        sum += weight_of(day, (int32_t)(in_day_us / US_PER_HOUR), peak);
    }
    r->cumulative[r->hours] = sum;
    r->units_per_day = (double)sum / days;
    return DONE;
}

void synth_rhythm_fini(struct rhythm *r)
{
    free(r->cumulative);
    *r = (struct rhythm){0};
}

static double units_at(const struct rhythm *r, int64_t us)
{
    assert(us >= r->start_us);
    uint64_t hour = (uint64_t)(us - r->start_us) / (uint64_t)US_PER_HOUR;
    if (hour >= r->hours)
        return (double)r->cumulative[r->hours];
    double part = (double)((us - r->start_us) % US_PER_HOUR) / (double)US_PER_HOUR;
    return (double)r->cumulative[hour] + part * (double)(r->cumulative[hour + 1] - r->cumulative[hour]);
}

int64_t synth_rhythm_after(const struct rhythm *r, int64_t from_us, double units)
{
    double want = units_at(r, from_us) + units;
    if (!(want < (double)r->cumulative[r->hours]))
        return INT64_MAX;
    uint32_t low = 0, high = r->hours; /* cumulative[low] <= want < cumulative[high] */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if ((double)r->cumulative[middle] <= want)
            low = middle;
        else
            high = middle;
    }
    double width = (double)(r->cumulative[low + 1] - r->cumulative[low]);
    double part = (want - (double)r->cumulative[low]) / width;
    int64_t us = r->start_us + low * US_PER_HOUR + (int64_t)(part * (double)US_PER_HOUR);
    return us > from_us ? us : from_us + 1;
}

/* Von Neumann's method (1951): count the length of a falling run of uniform numbers; an odd run accepts its first
 * number as the fraction, an even one adds a whole and starts again. */
double synth_exponential(struct rng *rng)
{
    for (double whole = 0;; whole += 1) {
        double first = rng_unit(rng), last = first;
        uint32_t run = 1;
        for (double next = rng_unit(rng); next < last; next = rng_unit(rng)) {
            last = next;
            run++;
        }
        if (run % 2 == 1)
            return whole + first;
    }
}
