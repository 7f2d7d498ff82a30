#include "lib/zone.h"

#include "base/time.h"
#include "testing/test.h"

static const char *utc_of(struct t *t, const char *zone, const char *local)
{
    struct zone *z = NULL;
    struct err e = {0};
    int64_t us = 0;
    char *text = arena_take(t->arena, TIME_TEXT_BYTES, 1);
    CHECK_DONE(t, zone_create(bytes_of_text(zone), &z, &e), &e);
    CHECK_DONE(t, time_parse(bytes_of_text(local), &us, &e), &e);
    (void)time_format(zone_utc_us(z, us), text);
    zone_destroy(z);
    return text;
}

static void clocks_of_many_places(struct t *t)
{
    CHECK_TEXT(t, utc_of(t, "+08:00", "2026-11-11 00:05:00.25"), "2026-11-10T16:05:00.250Z");
    CHECK_TEXT(t, utc_of(t, "-0330", "2026-11-11 00:05:00"), "2026-11-11T03:35:00.000Z");
    CHECK_TEXT(t, utc_of(t, "Z", "1969-12-31 23:59:59"), "1969-12-31T23:59:59.000Z");
    CHECK_TEXT(t, utc_of(t, "Asia/Shanghai", "2026-11-11 00:05:00"), "2026-11-10T16:05:00.000Z");
    CHECK_TEXT(t, utc_of(t, "Asia/Shanghai", "1990-07-01 12:00:00"), "1990-07-01T03:00:00.000Z"); /* it had a summer time */
    CHECK_TEXT(t, utc_of(t, "Europe/London", "2026-07-01 12:00:00.125"), "2026-07-01T11:00:00.125Z");
    CHECK_TEXT(t, utc_of(t, "Europe/London", "2026-10-25 01:30:00"), "2026-10-25T00:30:00.000Z"); /* shown twice: the first */
    CHECK_TEXT(t, utc_of(t, "Europe/London", "2026-03-29 01:30:00"), "2026-03-29T01:30:00.000Z"); /* never shown */
}

static void what_is_no_zone(struct t *t)
{
    static const char *const bad[] = {"", "+8", "+19:00", "+08:60", "08:00", "+08:00:00", "Asia/Shangri-La", "东八区"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct zone *z = NULL;
        struct err e = {0};
        CHECK_FAILS(t, zone_create(bytes_of_text(bad[i]), &z, &e), INVALID);
        CHECK(t, z == NULL && e.text[0] != 0);
    }
}

static void offsets_of_a_zone(struct t *t)
{
    struct zone *z = NULL;
    struct zone_offset list[8];
    int64_t from_us, until_us, changes_us;
    CHECK(t, done(time_parse(BYTES_LIT("2026-01-01"), &from_us, NULL)));
    CHECK(t, done(time_parse(BYTES_LIT("2027-01-01"), &until_us, NULL)));
    CHECK(t, done(time_parse(BYTES_LIT("2026-03-29T01:00:00Z"), &changes_us, NULL)));
    CHECK(t, done(zone_create(BYTES_LIT("Europe/London"), &z, NULL)));
    CHECK_EQ(t, zone_offsets(z, from_us, until_us, list, COUNT_OF(list)), 3);
    CHECK_EQ(t, list[0].seconds, 0);
    CHECK_EQ(t, list[1].from_us, changes_us);
    CHECK_EQ(t, list[1].seconds, 3600);
    CHECK_EQ(t, list[2].seconds, 0);
    CHECK_EQ(t, zone_offsets(z, from_us, until_us, list, 2), 2);
    zone_destroy(z);
    CHECK(t, done(zone_create(BYTES_LIT("Asia/Shanghai"), &z, NULL)));
    CHECK_EQ(t, zone_offsets(z, from_us, until_us, list, COUNT_OF(list)), 1);
    CHECK_EQ(t, list[0].seconds, 8 * 3600);
    zone_destroy(z);
    CHECK(t, done(zone_create(BYTES_LIT("-03:30"), &z, NULL)));
    CHECK_EQ(t, zone_offsets(z, from_us, until_us, list, COUNT_OF(list)), 1);
    CHECK_EQ(t, list[0].seconds, -(3 * 3600 + 1800));
    zone_destroy(z);
}

static const struct test tests[] = {
    {"a clock's time in UTC", clocks_of_many_places, 1},
    {"what is no zone is refused", what_is_no_zone, 1},
    {"offsets of a zone", offsets_of_a_zone, 1},
};
TEST_MAIN(tests)
