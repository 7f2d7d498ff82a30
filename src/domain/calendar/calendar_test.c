/* Days by zone tables that come with commands, closed days and silent alarms. Covers: calendar.c */
#include "domain/calendar/calendar.h"

#include <string.h>

#include "base/time.h"
#include "testing/harness.h"
#include "testing/test.h"

#define HOUR 3600

struct rig {
    struct t *t;
    struct harness *h;
    struct buf payload;
};

static void rig_begin(struct rig *s, struct t *t)
{
    static const struct domain *const domains[] = {&calendar_domain};
    *s = (struct rig){.t = t, .h = harness_create(domains, COUNT_OF(domains))};
    buf_init(&s->payload, CALENDAR_BYTES_MAX);
}

static void rig_end(struct rig *s)
{
    buf_fini(&s->payload);
    harness_destroy(s->h);
}

static void say(struct rig *s, struct calendar c)
{
    struct err e = {0};
    buf_clear(&s->payload);
    REQUIRE_DONE(s->t, calendar_pack(&c, &s->payload, &e), &e);
    CHECK(s->t, harness_apply(s->h, COMMAND_CALENDAR, buf_bytes(&s->payload)) == NULL);
}

static int32_t day_at(struct rig *s, const char *text)
{
    int64_t us = 0;
    struct view v = harness_view(s->h);
    CHECK(s->t, done(time_parse(bytes_of_text(text), &us, NULL)));
    return calendar_day_of(&v, us);
}

static int32_t day_of(const char *text)
{
    int64_t us = 0;
    struct status status = time_parse(bytes_of_text(text), &us, NULL);
    assert(done(status));
    return day_of_time(us, 0);
}

static void days_are_those_of_the_zone(struct t *t)
{
    static const struct calendar_offset london[] = {{0, 0}, {1774746000000000, HOUR}, {1792890000000000, 0}}; /* 2026 */
    struct rig s;
    rig_begin(&s, t);
    CHECK_EQ(t, day_at(&s, "2026-11-11T15:59:59Z"), day_of("2026-11-11"));
    CHECK_EQ(t, day_at(&s, "2026-11-11T16:00:00Z"), day_of("2026-11-12")); /* Asia/Shanghai */
    struct view v = harness_view(s.h);
    CHECK_BYTES(t, calendar_zone(&v), BYTES_LIT("Asia/Shanghai"));
    say(&s, (struct calendar){.zone = BYTES_LIT("Europe/London"), .offset_count = COUNT_OF(london), .offsets = london});
    CHECK_EQ(t, day_at(&s, "2026-07-01T22:59:59Z"), day_of("2026-07-01"));
    CHECK_EQ(t, day_at(&s, "2026-07-01T23:00:00Z"), day_of("2026-07-02"));
    CHECK_EQ(t, day_at(&s, "2026-12-01T23:30:00Z"), day_of("2026-12-01"));
    CHECK_EQ(t, day_at(&s, "1969-12-31T23:30:00Z"), day_of("1969-12-31"));
    v = harness_view(s.h);
    CHECK_EQ(t, calendar_day_begin_us(&v, day_of("2026-07-02")),
             (int64_t)day_of("2026-07-02") * US_PER_DAY - US_PER_HOUR);
    CHECK_EQ(t, calendar_day_begin_us(&v, day_of("2026-12-02")), (int64_t)day_of("2026-12-02") * US_PER_DAY);
    say(&s, (struct calendar){.closed_weekdays = 1u << 6}); /* the zone stays */
    v = harness_view(s.h);
    CHECK_BYTES(t, calendar_zone(&v), BYTES_LIT("Europe/London"));
    CHECK_EQ(t, day_at(&s, "2026-07-01T23:00:00Z"), day_of("2026-07-02"));
    rig_end(&s);
}

static void each_day_begins_where_it_is_first_seen(struct t *t)
{
    struct rig s;
    struct calendar_offset offsets[4];
    for (uint32_t i = 0; i < COUNT_OF(offsets); i++)
        offsets[i] = (struct calendar_offset){rng_between(&t->rng, (int64_t)i * 100, (int64_t)i * 100 + 90) *
                                                  US_PER_DAY,
                                              (int32_t)rng_between(&t->rng, -11, 13) * HOUR};
    rig_begin(&s, t);
    say(&s, (struct calendar){.zone = BYTES_LIT("X"), .offset_count = COUNT_OF(offsets), .offsets = offsets});
    struct view v = harness_view(s.h);
    for (int32_t i = 0; i < 50; i++) {
        int32_t day = (int32_t)rng_between(&t->rng, 0, 400);
        int64_t us = calendar_day_begin_us(&v, day);
        CHECK(t, calendar_day_of(&v, us - 1) < day);
        CHECK(t, calendar_day_of(&v, us) >= day); /* a leap over midnight begins a later one */
    }
    rig_end(&s);
}

static void closed_days_are_the_workspaces_and_its_own(struct t *t)
{
    const struct calendar_span festival[] = {{day_of("2026-02-17"), day_of("2026-02-23")}};
    struct rig s;
    struct calendar c;
    rig_begin(&s, t);
    say(&s, (struct calendar){.span_count = 1, .spans = festival});
    say(&s, (struct calendar){
                .of = CALENDAR_OF_SHOP, .name = BYTES_LIT("门店一"), .closed_weekdays = 1u << 6, .silent = 1u << 3});
    struct view v = harness_view(s.h);
    struct bytes one = BYTES_LIT("门店一"), two = BYTES_LIT("门店二");
    CHECK_EQ(t, calendar_weekday(day_of("2026-11-22")), 6);
    CHECK_EQ(t, calendar_weekday(day_of("1969-12-29")), 0);
    CHECK(t, calendar_is_closed(&v, CALENDAR_OF_SHOP, one, day_of("2026-11-22")));
    CHECK(t, !calendar_is_closed(&v, CALENDAR_OF_SHOP, two, day_of("2026-11-22")));
    CHECK(t, !calendar_is_closed(&v, CALENDAR_OF_SOURCE, one, day_of("2026-11-22")));
    CHECK(t, calendar_is_closed(&v, CALENDAR_OF_SHOP, two, day_of("2026-02-17")));
    CHECK(t, calendar_is_closed(&v, CALENDAR_OF_SOURCE, two, day_of("2026-02-23")));
    CHECK(t, !calendar_is_closed(&v, CALENDAR_OF_SHOP, two, day_of("2026-02-24")));
    CHECK(t, calendar_is_silent(&v, CALENDAR_OF_SHOP, one, 3));
    CHECK(t, !calendar_is_silent(&v, CALENDAR_OF_SHOP, one, 2));
    CHECK(t, !calendar_is_silent(&v, CALENDAR_OF_SHOP, two, 3));
    REQUIRE(t, calendar_next(&v, NULL, &c));
    CHECK_EQ(t, c.of, CALENDAR_OF_WORKSPACE);
    REQUIRE(t, calendar_next(&v, &c, &c));
    CHECK_BYTES(t, c.name, one);
    CHECK(t, !calendar_next(&v, &c, &c));
    say(&s, (struct calendar){.of = CALENDAR_OF_SHOP, .name = one}); /* nothing is left to say */
    v = harness_view(s.h);
    REQUIRE(t, calendar_next(&v, NULL, &c));
    CHECK(t, !calendar_next(&v, &c, &c));
    rig_end(&s);
}

static void what_makes_no_sense_is_refused(struct t *t)
{
    static const struct calendar_offset backwards[] = {{5, 0}, {5, HOUR}};
    static const struct calendar_span meeting[] = {{1, 5}, {5, 9}}, turned[] = {{3, 2}};
    const struct calendar bad[] = {
        {.of = CALENDAR_OF_SHOP},
        {.name = BYTES_LIT("x")},
        {.of = CALENDAR_OF_SHOP,
         .name = BYTES_LIT("x"),
         .zone = BYTES_LIT("UTC"),
         .offset_count = 1,
         .offsets = backwards},
        {.zone = BYTES_LIT("UTC")},
        {.zone = BYTES_LIT("UTC"), .offset_count = 2, .offsets = backwards},
        {.span_count = 2, .spans = meeting},
        {.span_count = 1, .spans = turned},
        {.closed_weekdays = 0x80},
    };
    struct rig s;
    rig_begin(&s, t);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        buf_clear(&s.payload);
        CHECK(t, failed(calendar_pack(&bad[i], &s.payload, NULL)));
    }
    CHECK(t, harness_apply(s.h, COMMAND_CALENDAR, BYTES_LIT("nonsense")) == &harness_malformed);
    rig_end(&s);
}

/* Names as long as they may be, alike up to their last byte. */
static void long_names_have_calendars_of_their_own(struct t *t)
{
    char text[CALENDAR_NAME_BYTES_MAX];
    struct bytes name = bytes_of(text, sizeof text);
    struct rig s;
    rig_begin(&s, t);
    memset(text, 'x', sizeof text);
    say(&s, (struct calendar){.of = CALENDAR_OF_SHOP, .name = name, .silent = 1u << 1});
    text[sizeof text - 1] = 'y';
    struct view v = harness_view(s.h);
    CHECK(t, !calendar_is_silent(&v, CALENDAR_OF_SHOP, name, 1));
    say(&s, (struct calendar){.of = CALENDAR_OF_SHOP, .name = name, .silent = 1u << 2});
    v = harness_view(s.h);
    CHECK(t, calendar_is_silent(&v, CALENDAR_OF_SHOP, name, 2));
    struct calendar one, two;
    REQUIRE(t, calendar_next(&v, NULL, &one) && calendar_next(&v, &one, &two));
    CHECK_EQ(t, one.silent | two.silent, 1u << 1 | 1u << 2);
    CHECK(t, !calendar_next(&v, &two, &two));
    rig_end(&s);
}

static void count_changes(void *context, const struct step *step, const struct fact_kind *kind, const void *fact)
{
    (void)step, (void)fact;
    *(uint32_t *)context += kind == &fact_zone_changed;
}

/* By another name it is the same one, and what else a calendar says is nothing to it. */
static void a_zone_is_its_offsets(struct t *t)
{
    const struct calendar_offset shanghai = {.from_us = US_PER_DAY, .seconds = 8 * 3600};
    const struct calendar_offset london[] = {{.seconds = 0}, {.from_us = US_PER_DAY, .seconds = 3600}};
    uint32_t changes = 0;
    struct rig s;
    rig_begin(&s, t);
    harness_listen(s.h, count_changes, &changes);
    say(&s, (struct calendar){.zone = BYTES_LIT("Asia/Shanghai"), .offset_count = 1, .offsets = &shanghai});
    say(&s, (struct calendar){.closed_weekdays = 1});
    CHECK_EQ(t, changes, 0);
    say(&s, (struct calendar){.zone = BYTES_LIT("Europe/London"), .offset_count = 2, .offsets = london});
    CHECK_EQ(t, changes, 1);
    say(&s, (struct calendar){.zone = BYTES_LIT("Europe/London"), .offset_count = 1, .offsets = london});
    CHECK_EQ(t, changes, 2);
    struct view v = harness_view(s.h);
    uint64_t since = calendar_zone_since(&v);
    say(&s, (struct calendar){.zone = BYTES_LIT("Europe/London"), .offset_count = 2, .offsets = london});
    v = harness_view(s.h);
    CHECK(t, since > 0 && calendar_zone_since(&v) > since); /* what comes back is another one */
    rig_end(&s);
}

static const struct test tests[] = {
    {"days are those of the zone", days_are_those_of_the_zone, 1},
    {"each day begins where it is first seen", each_day_begins_where_it_is_first_seen, 30},
    {"closed days are the workspace's and its own", closed_days_are_the_workspaces_and_its_own, 1},
    {"long names have calendars of their own", long_names_have_calendars_of_their_own, 1},
    {"a zone is its offsets", a_zone_is_its_offsets, 1},
    {"what makes no sense is refused", what_makes_no_sense_is_refused, 1},
};
TEST_MAIN(tests)
