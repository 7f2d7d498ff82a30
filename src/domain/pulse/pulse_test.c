/* Silent days, late data and wrong clocks, day by day. Covers: count.c, judge.c, pulse.c */
#include "domain/pulse/pulse_test.h"

#include <string.h>

/* A day of a source: so many samples, all this late. */
static void day_tell(struct rig *s, const char *source, int32_t day, int count, int64_t lag_us)
{
    pulse_until(s, pulse_us(day, 660));
    for (int i = 0; i < count; i++)
        pulse_tell(s, source, lag_us, true);
}

static void a_silent_day_is_missed_after_its_grace(struct t *t)
{
    struct rig s;
    rig_begin(&s, t);
    for (int32_t day = 0; day < 8; day++)
        day_tell(&s, "app", day, 1, US_PER_SECOND);
    pulse_until(&s, pulse_us(9, 359));
    CHECK_TEXT(t, pulse_alarms(&s), "");
    pulse_until(&s, pulse_us(9, 360)); /* six hours into the next day */
    CHECK_TEXT(t, pulse_alarms(&s), "8 missing_day app");
    struct view v = harness_view(s.h);
    CHECK(t, pulse_came(&v, (struct pulse_subject){CALENDAR_OF_SOURCE, BYTES_LIT("app")}, PULSE_FIRST_DAY + 7));
    CHECK(t, !pulse_came(&v, (struct pulse_subject){CALENDAR_OF_SOURCE, BYTES_LIT("app")}, PULSE_FIRST_DAY + 8));
    rig_end(&s);
}

/* What was no sample counts as having come, too; and what comes right before midnight is of its own day. */
static void each_event_shows_that_something_came(struct t *t)
{
    struct rig s;
    rig_begin(&s, t);
    for (int32_t day = 0; day < 10; day++) {
        pulse_until(&s, pulse_us(day, 1439));
        pulse_tell(&s, "app", 0, false);
        pulse_until(&s, pulse_us(day + 1, 0));
        pulse_tell(&s, "pos", 0, false);
    }
    pulse_until(&s, pulse_us(10, 1000));
    CHECK_TEXT(t, pulse_alarms(&s), "");
    rig_end(&s);
}

static void closed_days_are_not_missed(struct t *t)
{
    const struct calendar_span festival[] = {{PULSE_FIRST_DAY + 15, PULSE_FIRST_DAY + 16}};
    struct rig s;
    rig_begin(&s, t);
    pulse_calendar(&s, &(struct calendar){.closed_weekdays = 1u << 6, .span_count = 1, .spans = festival});
    for (int32_t day = 0; day < 20; day++)
        if (day % 7 != 6 && day != 15 && day != 16 && day != 18)
            day_tell(&s, "store", day, 1, 0);
    pulse_until(&s, pulse_us(20, 400));
    CHECK_TEXT(t, pulse_alarms(&s),
               "18 missing_day store"); /* seven open days in a row came, Sunday and festival apart */
    rig_end(&s);
}

static void a_shop_is_known_by_its_orders_and_late_ones_make_it_over(struct t *t)
{
    struct rig s;
    rig_begin(&s, t);
    for (int32_t day = 0; day < 9; day++) {
        pulse_until(&s, pulse_us(day, 700));
        if (day != 8)
            pulse_order(&s, "tmall-1", day);
        pulse_declare(&s, "jd-1", day);
        if (day != 7)
            pulse_order(&s, "jd-1", day);
    }
    pulse_until(&s, pulse_us(9, 700));
    pulse_order(&s, "jd-1", 9); /* and declares nothing */
    pulse_until(&s, pulse_us(10, 700));
    CHECK(t, strstr(pulse_alarms(&s), "8 missing_day tmall-1") != NULL);
    CHECK(t, strstr(pulse_alarms(&s), "7 missing_day jd-1") == NULL); /* declared: that is for reconciliation to tell */
    CHECK(t, strstr(pulse_alarms(&s), "9 undeclared_day jd-1") != NULL);
    pulse_order(&s, "tmall-1", 8);
    pulse_declare(&s, "jd-1", 9);
    CHECK(t, strstr(pulse_alarms(&s), "8 missing_day tmall-1 over") != NULL);
    CHECK(t, strstr(pulse_alarms(&s), "9 undeclared_day jd-1 over") != NULL);
    rig_end(&s);
}

static void late_data_is_what_is_late_for_its_source(struct t *t)
{
    struct rig s;
    rig_begin(&s, t);
    for (int32_t day = 0; day < 6; day++) {
        day_tell(&s, "app", day, 10, day < 5 ? US_PER_SECOND : 2 * US_PER_DAY);
        day_tell(&s, "batch", day, 10, 26 * US_PER_HOUR); /* always */
    }
    pulse_until(&s, pulse_us(6, 400));
    CHECK_TEXT(t, pulse_alarms(&s), "5 late_data app");
    rig_end(&s);
}

static void clocks_that_are_wrong_are_told(struct t *t)
{
    struct rig s;
    rig_begin(&s, t);
    day_tell(&s, "ahead", 0, 10, -8 * US_PER_HOUR);
    day_tell(&s, "behind", 0, 10, 8 * US_PER_HOUR);
    day_tell(&s, "fine", 0, 10, -30 * US_PER_SECOND);
    for (int hour = 0; hour < 16; hour++)
        pulse_tell(&s, "pull", hour * US_PER_HOUR, true); /* spread over the day: a batch, and no clock */
    pulse_until(&s, pulse_us(1, 400));
    CHECK_TEXT(t, pulse_alarms(&s), "0 clock_behind behind; 0 clock_ahead ahead");
    rig_end(&s);
}

static void what_is_silenced_is_not_raised_and_stops_ringing(struct t *t)
{
    struct rig s;
    struct calendar quiet = {.of = CALENDAR_OF_SOURCE, .name = BYTES_LIT("ahead"), .silent = 1u << PULSE_CLOCK_AHEAD};
    rig_begin(&s, t);
    day_tell(&s, "ahead", 0, 10, -8 * US_PER_HOUR);
    pulse_until(&s, pulse_us(1, 400));
    const struct alarm *rings = &pulse_domain.alarms[PULSE_CLOCK_AHEAD];
    struct view v = harness_view(s.h);
    CHECK(t, rings->rings(&v));
    pulse_calendar(&s, &quiet);
    v = harness_view(s.h);
    CHECK(t, !rings->rings(&v));
    CHECK_TEXT(t, pulse_alarms(&s), "0 clock_ahead ahead over");
    day_tell(&s, "ahead", 1, 10, -8 * US_PER_HOUR);
    pulse_until(&s, pulse_us(2, 400));
    CHECK_TEXT(t, pulse_alarms(&s), "0 clock_ahead ahead over");
    quiet.silent = 0;
    pulse_calendar(&s, &quiet);
    pulse_until(&s, pulse_us(9, 0)); /* seven days later it rings no more */
    v = harness_view(s.h);
    CHECK(t, !rings->rings(&v));
    rig_end(&s);
}

static void old_rows_go(struct t *t)
{
    struct rig s;
    rig_begin(&s, t);
    for (int32_t day = 0; day < 130; day++)
        day_tell(&s, "ahead", day, 8, -US_PER_HOUR);
    pulse_until(&s, pulse_us(130, 400));
    const char *alarms = pulse_alarms(&s);
    CHECK(t, strncmp(alarms, "38 ", 3) == 0); /* 92 days */
    struct view v = harness_view(s.h);
    struct pulse_subject ahead = {CALENDAR_OF_SOURCE, BYTES_LIT("ahead")};
    CHECK(t, pulse_came(&v, ahead, PULSE_FIRST_DAY + 129 - PULSE_DAYS));
    CHECK(t, !pulse_came(&v, ahead, PULSE_FIRST_DAY + 129 - PULSE_DAYS - 1));
    rig_end(&s);
}

static void sources_with_long_names_raise_alarms(struct t *t)
{
    char one[CALENDAR_NAME_BYTES_MAX + 1], two[CALENDAR_NAME_BYTES_MAX + 1];
    struct rig s;
    rig_begin(&s, t);
    memset(one, 'x', sizeof one);
    one[CALENDAR_NAME_BYTES_MAX] = 0;
    memcpy(two, one, sizeof two);
    two[CALENDAR_NAME_BYTES_MAX - 1] = 'y';
    day_tell(&s, one, 0, 10, -8 * US_PER_HOUR);
    day_tell(&s, two, 0, 10, -8 * US_PER_HOUR);
    pulse_until(&s, pulse_us(1, 400));
    CHECK_TEXT(t, pulse_alarms(&s), arena_printf(s.arena, "0 clock_ahead %s; 0 clock_ahead %s", two, one));
    rig_end(&s);
}

static const struct test tests[] = {
    {"a silent day is missed after its grace", a_silent_day_is_missed_after_its_grace, 1},
    {"each event shows that something came", each_event_shows_that_something_came, 1},
    {"closed days are not missed", closed_days_are_not_missed, 1},
    {"a shop is known by its orders, and late ones make it over",
     a_shop_is_known_by_its_orders_and_late_ones_make_it_over, 1},
    {"late data is what is late for its source", late_data_is_what_is_late_for_its_source, 1},
    {"clocks that are wrong are told", clocks_that_are_wrong_are_told, 1},
    {"what is silenced is not raised and stops ringing", what_is_silenced_is_not_raised_and_stops_ringing, 1},
    {"sources with long names raise alarms", sources_with_long_names_raise_alarms, 1},
    {"old rows go", old_rows_go, 1},
};
TEST_MAIN(tests)
