#include "app/import/schedule.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/time.h"
#include "testing/test.h"

static void spans_of_time(struct t *t)
{
    static const struct {
        const char *text;
        int64_t us;
    } good[] = {{"1", US_PER_SECOND}, {"90", 90 * US_PER_SECOND}, {"30s", 30 * US_PER_SECOND}, {"10m", 10 * US_PER_MINUTE}, {"2h", 2 * US_PER_HOUR}, {"366d", 366 * US_PER_DAY}};
    static const char *const bad[] = {"", "0", "0m", "-1", "m", "10min", "1.5h", "10 m", "367d", "99999999999", "10M"};
    struct err e = {0};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        int64_t us = 0;
        CHECK_DONE(t, duration_parse(good[i].text, &us, &e), &e);
        CHECK_EQ(t, us, good[i].us);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        int64_t us = 7;
        CHECK_FAILS(t, duration_parse(bad[i], &us, &e), INVALID);
        CHECK_EQ(t, us, 7);
    }
}

static int64_t us_of(struct t *t, const char *text)
{
    struct err e = {0};
    int64_t us = 0;
    CHECK_DONE(t, time_parse(bytes_of_text(text), &us, &e), &e);
    return us;
}

/* What clock the machine has is set by TZ. */
static void zone_set(const char *name)
{
    (void)setenv("TZ", name, 1);
    tzset();
}

static void times_of_the_day(struct t *t)
{
    static const struct {
        const char *zone, *at, *now, *next;
    } cases[] = {
        {"UTC", "02:30", "2026-11-11T00:00:00Z", "2026-11-11T02:30:00Z"},
        {"UTC", "02:30", "2026-11-11T02:30:00Z", "2026-11-12T02:30:00Z"},
        {"UTC", "02:30", "2026-12-31T23:00:00Z", "2027-01-01T02:30:00Z"},
        {"UTC", "14:00,02:30,23:59", "2026-11-11T03:00:00Z", "2026-11-11T14:00:00Z"},
        {"UTC", "00:00", "2026-02-28T00:00:01Z", "2026-03-01T00:00:00Z"},
        {"Asia/Shanghai", "02:30", "2026-11-10T18:29:59Z", "2026-11-10T18:30:00Z"},
        {"Asia/Shanghai", "02:30", "2026-11-10T18:30:00Z", "2026-11-11T18:30:00Z"},
        {"Europe/Berlin", "12:00", "2026-03-28T12:00:00Z", "2026-03-29T10:00:00Z"}, /* summer time begins that night */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct schedule s = {0};
        struct err e = {0};
        zone_set(cases[i].zone);
        CHECK_DONE(t, schedule_parse(NULL, cases[i].at, &s, &e), &e);
        CHECK_EQ(t, schedule_next_us(&s, us_of(t, cases[i].now)), us_of(t, cases[i].next));
    }
    zone_set("UTC");
}

static void what_is_no_schedule(struct t *t)
{
    static const char *const bad[] = {"", "2:30", "24:00", "02:60", "02:30,", "02.30", "02:30 ", "02:3x"};
    struct schedule s = {.every_us = 5};
    struct err e = {0};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK_FAILS(t, schedule_parse(NULL, bad[i], &s, &e), INVALID);
    CHECK_FAILS(t, schedule_parse("10m", "02:30", &s, &e), INVALID);
    CHECK_FAILS(t, schedule_parse("soon", NULL, &s, &e), INVALID);
    CHECK_TEXT(t, e.text, "--every: 'soon' is no span of time: want 30s, 10m, 2h or 1d");
    CHECK_DONE(t, schedule_parse(NULL, NULL, &s, &e), &e);
    CHECK_EQ(t, s.every_us, 5);
    CHECK_DONE(t, schedule_parse("10m", NULL, &s, &e), &e);
    CHECK_EQ(t, schedule_next_us(&s, 7), 7 + 10 * US_PER_MINUTE);
}

static void it_waits_until_it_is_told_to_stop(struct t *t)
{
    stop_begin();
    CHECK(t, wait_until(time_now_us() - 1) && !stop_wanted());
    (void)raise(SIGTERM);
    CHECK(t, stop_wanted() && !wait_until(time_now_us() + US_PER_DAY));
    stop_begin();
    CHECK(t, !stop_wanted());
}

static const struct test tests[] = {
    {"spans of time", spans_of_time, 1},
    {"times of the day, on the clock of the machine", times_of_the_day, 1},
    {"what is no schedule is refused", what_is_no_schedule, 1},
    {"it waits until it is told to stop", it_waits_until_it_is_told_to_stop, 1},
};
TEST_MAIN(tests)
