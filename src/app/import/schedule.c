#include "app/import/schedule.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/time.h"

#define DURATION_US_MAX (366 * US_PER_DAY)
#define NAP_US US_PER_SECOND /* so that a clock that is set is seen */
#define DAYS_AHEAD 3         /* a time that the clock leaps over may be missing for a day */

fallible duration_parse(const char *text, int64_t *out_us, struct err *e)
{
    static const struct {
        char unit;
        int64_t us;
    } units[] = {{0, US_PER_SECOND}, {'s', US_PER_SECOND}, {'m', US_PER_MINUTE}, {'h', US_PER_HOUR}, {'d', US_PER_DAY}};
    size_t digits = strspn(text, "0123456789");
    int64_t number = digits == 0 || digits > 9 ? 0 : strtoll(text, NULL, 10);
    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (text[digits] == units[i].unit && (units[i].unit == 0 || text[digits + 1] == 0) && number > 0 && number <= DURATION_US_MAX / units[i].us) {
            *out_us = number * units[i].us;
            return DONE;
        }
    return FAIL(e, INVALID, "'%s' is no span of time: want 30s, 10m, 2h or 1d", text);
}

static bool digit_pair(const char *at, int *out)
{
    bool is = at[0] >= '0' && at[0] <= '9' && at[1] >= '0' && at[1] <= '9';
    *out = is ? (at[0] - '0') * 10 + at[1] - '0' : -1;
    return is;
}

/* "02:30,14:00". */
static fallible times_parse(const char *text, struct schedule *out, struct err *e)
{
    struct schedule s = {0};
    for (const char *at = text;; at++) {
        int hour, minute;
        bool good = s.count < SCHEDULE_TIMES_MAX && digit_pair(at, &hour) && at[2] == ':' && digit_pair(at + 3, &minute) && hour < 24 && minute < 60 &&
                    (at[5] == ',' || at[5] == 0);
        if (!good)
            return FAIL(e, INVALID, "'%s' is no time of the day: want 02:30, or at most %u such with commas between", text, SCHEDULE_TIMES_MAX);
        s.minutes[s.count++] = hour * 60 + minute;
        at += 5;
        if (*at == 0)
            break;
    }
    *out = s;
    return DONE;
}

fallible schedule_parse(const char *every, const char *at, struct schedule *out, struct err *e)
{
    int64_t every_us;
    if (every != NULL && at != NULL)
        return FAIL(e, INVALID, "want --every or --at, not both");
    if (at != NULL)
        return WRAP(e, times_parse(at, out, e), "--at");
    if (every == NULL)
        return DONE;
    TRY(WRAP(e, duration_parse(every, &every_us, e), "--every"));
    *out = (struct schedule){.every_us = every_us};
    return DONE;
}

/* So many days ahead of today at that minute. */
static int64_t moment_us(int64_t now_us, int days, int minute)
{
    time_t now_s = (time_t)(now_us / US_PER_SECOND);
    struct tm clock;
    (void)localtime_r(&now_s, &clock);
    clock.tm_mday += days;
    clock.tm_hour = minute / 60;
    clock.tm_min = minute % 60;
    clock.tm_sec = 0;
    clock.tm_isdst = -1;
    return (int64_t)mktime(&clock) * US_PER_SECOND;
}

int64_t schedule_next_us(const struct schedule *s, int64_t now_us)
{
    int64_t next_us = INT64_MAX;
    assert(s->every_us > 0 || s->count > 0);
    if (s->every_us > 0)
        return now_us + s->every_us;
    for (int days = 0; days < DAYS_AHEAD; days++)
        for (size_t i = 0; i < s->count; i++) {
            int64_t us = moment_us(now_us, days, s->minutes[i]);
            next_us = us > now_us && us < next_us ? us : next_us;
        }
    assert(next_us < INT64_MAX);
    return next_us;
}

/* --- waiting --- */

static volatile sig_atomic_t is_stopped;

static void stop_note(int signal)
{
    (void)signal;
    is_stopped = 1;
}

void stop_begin(void)
{
    is_stopped = 0;
    (void)signal(SIGINT, stop_note);
    (void)signal(SIGTERM, stop_note);
}

bool stop_wanted(void)
{
    return is_stopped != 0;
}

bool wait_until(int64_t until_us)
{
    for (int64_t now_us; !is_stopped && (now_us = time_now_us()) < until_us;) {
        int64_t left_us = until_us - now_us < NAP_US ? until_us - now_us : NAP_US;
        (void)nanosleep(&(struct timespec){.tv_sec = left_us / US_PER_SECOND, .tv_nsec = left_us % US_PER_SECOND * 1000}, NULL);
    }
    return !is_stopped;
}

bool schedule_wait(const struct schedule *s, uint64_t turns_done)
{
    int64_t now_us = time_now_us();
    return wait_until(s->every_us > 0 && turns_done == 0 ? now_us : schedule_next_us(s, now_us));
}
