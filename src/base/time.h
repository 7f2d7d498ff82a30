/* Time in Kith is int64_t microseconds since 1970-01-01T00:00:00Z ("_us"). Dates are days since 1970-01-01 ("_day").
 * Only app, edge, port and the engine's loop may ask a clock; everything else is handed the time. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

#define US_PER_MS INT64_C(1000)
#define US_PER_SECOND INT64_C(1000000)
#define US_PER_MINUTE (60 * US_PER_SECOND)
#define US_PER_HOUR (60 * US_PER_MINUTE)
#define US_PER_DAY (24 * US_PER_HOUR)

/* The range that is accepted: 0001-01-01T00:00:00Z up to and without 10000-01-01T00:00:00Z. */
#define TIME_US_MIN INT64_C(-62135596800000000)
#define TIME_US_END INT64_C(253402300800000000)

int64_t time_now_us(void);       /* the wall clock: may jump */
int64_t time_monotonic_us(void); /* never goes back; its zero means nothing */
int64_t time_monotonic_ns(void); /* the same clock, for what takes less than that */
int64_t time_thread_us(void);    /* that the calling thread has had of a processor */

/* "2026-11-22T03:04:05.678901Z", also "+08:00" or "+0800" for Z, a space for T, no seconds, fewer or more digits of a
 * second (beyond six are cut), or a bare date (midnight UTC). A text without a zone is read as UTC.
 * INVALID: anything else, and dates that don't exist. */
fallible time_parse(struct bytes text, int64_t *out_us, struct err *e);

#define TIME_TEXT_BYTES 28 /* "2026-11-22T03:04:05.678901Z" and a NUL */
const char *time_format(int64_t us, char out_text[TIME_TEXT_BYTES]); /* six digits only when not a whole millisecond */

struct civil_date {
    int32_t year;
    uint8_t month; /* 1..12 */
    uint8_t day;   /* 1..31 */
};

/* Proleptic Gregorian; H. Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
int32_t day_of_civil(struct civil_date date);
struct civil_date civil_of_day(int32_t day);
int32_t day_of_time(int64_t us, int32_t offset_seconds); /* the civil day at this offset east of UTC */
