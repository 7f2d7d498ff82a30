#include "lib/civil.h"

#include "base/time.h"
#include "testing/test.h"

static int64_t at(const char *text)
{
    int64_t us = 0;
    struct err e = {0};
    bool good = done(time_parse(bytes_of_text(text), &us, &e));
    assert(good);
    (void)good;
    return us;
}

static struct civil *civil_of(const char *zone, unsigned week_begins)
{
    struct civil *c = NULL;
    struct err e = {0};
    bool good = done(civil_create(bytes_of_text(zone), at("1970-01-01"), at("2031-01-01"), week_begins, &c, &e));
    assert(good);
    (void)good;
    return c;
}

static const char *printed(struct t *t, const struct civil *c, enum civil_unit unit, const char *instant)
{
    char *text = arena_take(t->arena, CIVIL_TEXT_BYTES, 1);
    civil_print(c, unit, civil_number(c, unit, at(instant)), text);
    return text;
}

static int64_t hours_of_day(const struct civil *c, int64_t day)
{
    return (civil_begin_us(c, CIVIL_DAY, day + 1) - civil_begin_us(c, CIVIL_DAY, day)) / US_PER_HOUR;
}

/* A day in a zone: its hours, and its first instant. */
static void days_of_a_change_of_clocks(struct t *t)
{
    static const struct {
        const char *zone, *day, *begins;
        int hours;
    } rows[] = {
        {"America/New_York", "2024-03-09", "2024-03-09T05:00:00Z", 24}, {"America/New_York", "2024-03-10", "2024-03-10T05:00:00Z", 23},
        {"America/New_York", "2024-03-11", "2024-03-11T04:00:00Z", 24}, {"America/New_York", "2024-11-03", "2024-11-03T04:00:00Z", 25},
        {"America/New_York", "2024-11-04", "2024-11-04T05:00:00Z", 24}, {"Europe/Berlin", "2024-03-31", "2024-03-30T23:00:00Z", 23},
        {"Europe/Berlin", "2024-10-27", "2024-10-26T22:00:00Z", 25},    {"Asia/Shanghai", "2024-03-10", "2024-03-09T16:00:00Z", 24},
        {"Asia/Shanghai", "2024-11-03", "2024-11-02T16:00:00Z", 24},    {"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", 23},
        {"+05:30", "2024-03-31", "2024-03-30T18:30:00Z", 24},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct civil *c = civil_of(rows[i].zone, 1);
        int64_t day = at(rows[i].day) / US_PER_DAY, begins_us = civil_begin_us(c, CIVIL_DAY, day);
        CHECK_EQ(t, begins_us, at(rows[i].begins));
        CHECK_EQ(t, hours_of_day(c, day), rows[i].hours);
        CHECK_EQ(t, civil_number(c, CIVIL_DAY, begins_us), day);
        CHECK_EQ(t, civil_number(c, CIVIL_DAY, begins_us - 1), day - 1);
        CHECK_EQ(t, civil_number(c, CIVIL_HOUR, civil_begin_us(c, CIVIL_DAY, day + 1)) - civil_number(c, CIVIL_HOUR, begins_us), rows[i].hours);
        civil_destroy(c);
    }
}

static void dials_show_what_clocks_do(struct t *t)
{
    static const struct {
        const char *zone, *instant;
        uint32_t hour, weekday;
    } rows[] = {
        {"Asia/Shanghai", "2026-11-22T15:59:59Z", 23, 7}, {"Asia/Shanghai", "2026-11-22T16:00:00Z", 0, 1},
        {"Asia/Shanghai", "1969-12-31T15:59:59Z", 23, 3}, {"+05:30", "2026-11-22T18:29:00Z", 23, 7},
        {"America/New_York", "2024-03-10T06:59:00Z", 1, 7}, {"America/New_York", "2024-03-10T07:00:00Z", 3, 7},
        {"America/New_York", "2024-11-03T05:30:00Z", 1, 7}, {"America/New_York", "2024-11-03T06:30:00Z", 1, 7},
        {"America/New_York", "2024-11-03T07:30:00Z", 2, 7}, {"Australia/Lord_Howe", "2024-04-06T15:10:00Z", 1, 7},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct civil *c = civil_of(rows[i].zone, 3); /* weekdays don't ask how weeks begin */
        CHECK_EQ(t, civil_dial(c, DIAL_HOUR, at(rows[i].instant)), rows[i].hour);
        CHECK_EQ(t, civil_dial(c, DIAL_WEEKDAY, at(rows[i].instant)), rows[i].weekday);
        civil_destroy(c);
    }
}

static void hours_that_clocks_show_twice_are_two(struct t *t)
{
    struct civil *c = civil_of("America/New_York", 1);
    CHECK_TEXT(t, printed(t, c, CIVIL_HOUR, "2024-11-03T05:59:59Z"), "2024-11-03 01:00");
    CHECK_TEXT(t, printed(t, c, CIVIL_HOUR, "2024-11-03T06:00:00Z"), "2024-11-03 01:00 -05:00");
    CHECK_TEXT(t, printed(t, c, CIVIL_HOUR, "2024-11-03T07:30:00Z"), "2024-11-03 02:00");
    CHECK_TEXT(t, printed(t, c, CIVIL_HOUR, "2024-03-10T06:59:00Z"), "2024-03-10 01:00");
    CHECK_TEXT(t, printed(t, c, CIVIL_HOUR, "2024-03-10T07:00:00Z"), "2024-03-10 03:00");
    CHECK_EQ(t, civil_number(c, CIVIL_HOUR, at("2024-07-01T12:00:00Z")), at("2024-07-01T12:00:00Z") / US_PER_HOUR);
    civil_destroy(c);
    c = civil_of("Australia/Lord_Howe", 1); /* half an hour of summer time */
    CHECK_TEXT(t, printed(t, c, CIVIL_HOUR, "2024-04-06T14:59:00Z"), "2024-04-07 01:00");
    CHECK_TEXT(t, printed(t, c, CIVIL_HOUR, "2024-04-06T15:10:00Z"), "2024-04-07 01:30 +10:30");
    CHECK_TEXT(t, printed(t, c, CIVIL_HOUR, "2024-10-05T15:29:00Z"), "2024-10-06 01:00");
    CHECK_TEXT(t, printed(t, c, CIVIL_HOUR, "2024-10-05T15:30:00Z"), "2024-10-06 02:30");
    civil_destroy(c);
}

static void a_day_that_has_begun_goes_on(struct t *t)
{
    struct civil *c = civil_of("America/St_Johns", 1); /* clocks went from 00:01 back to 23:01 */
    int64_t sunday = at("2010-11-07") / US_PER_DAY, begins_us = civil_begin_us(c, CIVIL_DAY, sunday);
    CHECK_EQ(t, begins_us, at("2010-11-07T02:30:00Z"));
    CHECK_EQ(t, civil_number(c, CIVIL_DAY, begins_us + 30 * US_PER_MINUTE), sunday);
    CHECK_EQ(t, hours_of_day(c, sunday), 25);
    CHECK_EQ(t, hours_of_day(c, sunday - 1), 24);
    civil_destroy(c);
    c = civil_of("Pacific/Apia", 1); /* there was no 30th */
    int64_t lost = at("2011-12-30") / US_PER_DAY;
    CHECK_EQ(t, hours_of_day(c, lost), 0);
    CHECK_EQ(t, civil_number(c, CIVIL_DAY, civil_begin_us(c, CIVIL_DAY, lost)), lost + 1);
    civil_destroy(c);
}

static void texts_of_units(struct t *t)
{
    struct civil *monday = civil_of("Asia/Shanghai", 1), *sunday = civil_of("Asia/Shanghai", 7);
    CHECK_TEXT(t, printed(t, monday, CIVIL_HOUR, "2026-11-22T01:59:00Z"), "2026-11-22 09:00");
    CHECK_TEXT(t, printed(t, monday, CIVIL_DAY, "2026-11-21T16:00:00Z"), "2026-11-22");
    CHECK_TEXT(t, printed(t, monday, CIVIL_WEEK, "2026-11-22T01:00:00Z"), "2026-W47"); /* a Sunday */
    CHECK_TEXT(t, printed(t, sunday, CIVIL_WEEK, "2026-11-22T01:00:00Z"), "2026-11-22");
    CHECK_TEXT(t, printed(t, monday, CIVIL_WEEK, "2024-12-30T01:00:00Z"), "2025-W01");
    CHECK_TEXT(t, printed(t, monday, CIVIL_WEEK, "2027-01-03T01:00:00Z"), "2026-W53");
    CHECK_TEXT(t, printed(t, monday, CIVIL_MONTH, "2026-11-30T16:00:00Z"), "2026-12");
    CHECK_TEXT(t, printed(t, monday, CIVIL_QUARTER, "2026-11-22T01:00:00Z"), "2026-Q4");
    CHECK_TEXT(t, printed(t, monday, CIVIL_YEAR, "2026-12-31T16:00:00Z"), "2027");
    CHECK_TEXT(t, printed(t, monday, CIVIL_MONTH, "1969-12-31T12:00:00Z"), "1969-12");
    civil_destroy(monday);
    civil_destroy(sunday);
}

static void texts_are_read(struct t *t)
{
    static const struct {
        const char *text, *instant;
    } rows[] = {
        {"2024-03-10", "2024-03-10T05:00:00Z"},
        {"2024-03-10 09:00", "2024-03-10T13:00:00Z"},
        {"2024-03-10T09:00:00.5", "2024-03-10T13:00:00.5Z"},
        {"2024-03-10 02:30", "2024-03-10T07:30:00Z"}, /* never shown */
        {"2024-11-03 01:30", "2024-11-03T05:30:00Z"}, /* shown twice: the first */
        {"2024-11-03 02:00", "2024-11-03T07:00:00Z"},
        {"2024-11-03T02:00:00Z", "2024-11-03T02:00:00Z"},
        {"2024-11-03 02:00+08:00", "2024-11-02T18:00:00Z"},
        {"2024-11-03 02:00-0500", "2024-11-03T07:00:00Z"},
    };
    static const char *const bad[] = {"", "2024-3-10", "2024-02-30", "yesterday", "2024-03-10 25:00", "2024-03-10x"};
    struct civil *c = civil_of("America/New_York", 1);
    int64_t us = 0;
    struct err e = {0};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK_DONE(t, civil_read(c, bytes_of_text(rows[i].text), &us, &e), &e);
        CHECK_EQ(t, us, at(rows[i].instant));
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK_FAILS(t, civil_read(c, bytes_of_text(bad[i]), &us, &e), INVALID);
    civil_destroy(c);
}

static void what_is_no_civil_time(struct t *t)
{
    struct civil *c = NULL;
    struct err e = {0};
    CHECK_FAILS(t, civil_create(BYTES_LIT("Mars/Olympus"), 0, 1, 1, &c, &e), INVALID);
    CHECK_FAILS(t, civil_create(BYTES_LIT("UTC"), 0, 1, 0, &c, &e), INVALID);
    CHECK_FAILS(t, civil_create(BYTES_LIT("UTC"), 0, 1, 8, &c, &e), INVALID);
    CHECK(t, c == NULL);
    civil_destroy(c);
}

static const char *const zones[] = {
    "America/New_York", "Europe/Berlin",    "Asia/Shanghai", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia",
    "+05:45",           "America/St_Johns", "UTC",           "America/Sao_Paulo"};

/* What clocks show, out of the plain list of a zone's offsets. */
static int64_t shown_us(const char *zone, int64_t us)
{
    struct zone *z = NULL;
    struct zone_offset now;
    bool good = done(zone_create(bytes_of_text(zone), &z, NULL));
    assert(good);
    (void)good;
    (void)zone_offsets(z, us, us + 1, &now, 1);
    zone_destroy(z);
    return us + now.seconds * US_PER_SECOND;
}

static void numbers_are_of_what_clocks_show(struct t *t)
{
    const char *zone = zones[rng_below(&t->rng, COUNT_OF(zones))];
    unsigned begins = (unsigned)rng_between(&t->rng, 1, 7);
    struct civil *c = civil_of(zone, begins);
    for (int i = 0; i < 50; i++) {
        int64_t us = rng_between(&t->rng, at("1971-01-01"), at("2030-12-31")), local_us = shown_us(zone, us);
        int64_t day = local_us / US_PER_DAY, since_monday = (day + 3) % 7;
        struct civil_date d = civil_of_day((int32_t)day);
        bool goes_on = shown_us(zone, us - US_PER_HOUR) / US_PER_DAY > day; /* clocks just went back over midnight */
        if (goes_on)
            continue;
        CHECK_EQ(t, civil_number(c, CIVIL_DAY, us), day);
        CHECK_EQ(t, civil_number(c, CIVIL_MONTH, us), (d.year - 1970) * 12 + d.month - 1);
        CHECK_EQ(t, civil_number(c, CIVIL_YEAR, us), d.year - 1970);
        int64_t days_in = (since_monday + 8 - begins) % 7; /* of its week */
        int64_t begins_us = civil_begin_us(c, CIVIL_WEEK, civil_number(c, CIVIL_WEEK, us));
        CHECK_EQ(t, begins_us, civil_begin_us(c, CIVIL_DAY, day - days_in));
    }
    civil_destroy(c);
}

static void units_follow_each_other(struct t *t)
{
    struct civil *c = civil_of(zones[rng_below(&t->rng, COUNT_OF(zones))], 1);
    for (int i = 0; i < 50; i++) {
        enum civil_unit unit = (enum civil_unit)rng_below(&t->rng, CIVIL_UNIT_COUNT);
        int64_t us = rng_between(&t->rng, at("1965-01-01"), at("2035-01-01")), number = civil_number(c, unit, us);
        int64_t begins_us = civil_begin_us(c, unit, number), ends_us = civil_begin_us(c, unit, number + 1);
        CHECK(t, begins_us <= us && us < ends_us);
        CHECK_EQ(t, civil_number(c, unit, begins_us), number);
        CHECK(t, civil_number(c, unit, begins_us - 1) < number);
        CHECK(t, civil_number(c, unit, ends_us) > number);
    }
    civil_destroy(c);
}

static const struct test tests[] = {
    {"days of a change of clocks have 23 and 25 hours", days_of_a_change_of_clocks, 1},
    {"dials show what clocks do", dials_show_what_clocks_do, 1},
    {"hours that clocks show twice are two", hours_that_clocks_show_twice_are_two, 1},
    {"a day that has begun goes on", a_day_that_has_begun_goes_on, 1},
    {"texts of units", texts_of_units, 1},
    {"texts are read", texts_are_read, 1},
    {"what is no civil time", what_is_no_civil_time, 1},
    {"numbers are of what clocks show", numbers_are_of_what_clocks_show, 200},
    {"units follow each other", units_follow_each_other, 200},
};
TEST_MAIN(tests)
