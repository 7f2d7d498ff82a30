#include "domain/prediction/schedule.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/time.h"

#define DAYS_LOOKED_AT 64 /* every week and every month has such a day within these */
#define MINUTES_A_DAY 1440u
#define DAYS_A_WEEK 7u
#define EPOCH_WEEKDAY 3 /* 1970-01-01 was a Thursday; Monday is 0 */

const char *const prediction_every_names[PREDICTION_EVERY_COUNT] = {"", "day", "week", "month"};

fallible prediction_schedule_check(const struct prediction_schedule *s, struct err *e)
{
    static const uint32_t days[PREDICTION_EVERY_COUNT] = {
        [PREDICTION_WEEK] = DAYS_A_WEEK, [PREDICTION_MONTH] = PREDICTION_MONTH_DAY_MAX};
    if ((uint32_t)s->every >= PREDICTION_EVERY_COUNT)
        return FAIL(e, INVALID, "every: want day, week or month");
    if (s->minute >= MINUTES_A_DAY || (s->every == PREDICTION_NEVER && s->minute > 0))
        return FAIL(e, INVALID, "at: want a time of the day, such as 03:30, of what comes again");
    if (days[s->every] == 0 ? s->on > 0 : s->on < 1 || s->on > days[s->every])
        return FAIL(e, INVALID, "on: want 1, Monday, to 7 of a week, or 1 to %u of a month", PREDICTION_MONTH_DAY_MAX);
    return DONE;
}

static bool is_on(const struct prediction_schedule *s, int32_t day)
{
    int64_t weekday = ((int64_t)day + EPOCH_WEEKDAY) % DAYS_A_WEEK;
    if (s->every == PREDICTION_WEEK)
        return (weekday < 0 ? weekday + DAYS_A_WEEK : weekday) + 1 == s->on;
    return s->every == PREDICTION_DAY || civil_of_day(day).day == s->on;
}

static int64_t instant_of(const struct prediction_schedule *s, const struct civil *civil, int32_t day)
{
    char text[CIVIL_TEXT_BYTES];
    struct civil_date date = civil_of_day(day);
    int64_t us = 0;
    (void)snprintf(text, sizeof text, "%04" PRId32 "-%02u-%02u %02u:%02u", date.year, date.month, date.day,
                   s->minute / 60, s->minute % 60);
    struct status status = civil_read(civil, bytes_of_text(text), &us, NULL);
    assert(done(status)); /* it is a date of some weeks from a time that was */
    (void)status;
    return us;
}

int64_t prediction_schedule_next_us(const struct prediction_schedule *s, const struct civil *civil, int64_t after_us)
{
    int32_t today = (int32_t)civil_number(civil, CIVIL_DAY, after_us);
    for (int32_t day = today; s->every != PREDICTION_NEVER && day < today + DAYS_LOOKED_AT; day++) {
        int64_t us = is_on(s, day) ? instant_of(s, civil, day) : INT64_MIN;
        if (us > after_us)
            return us;
    }
    assert(s->every == PREDICTION_NEVER);
    return INT64_MAX;
}
