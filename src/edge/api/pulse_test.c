/* The calendar, and alarms about sources and shops, asked by HTTP. Covers: calendar.c, day.c, order_books.c, pulse.c */
#include "edge/door_test.h"

static struct reply put(struct place *p, const char *path, const char *json)
{
    return ask(p, (struct ask){.method = "PUT", .path = path, .token = ADMIN, .json = json});
}

static void order_of(struct place *p, const char *shop, int day)
{
    CHECK_STATUS(p->t,
                 post(p, "/api/v1/orders?import=1",
                      arena_printf(p->t->arena,
                                   "{\"shop\":\"%s\",\"number\":\"%d\",\"modified\":\"2026-01-%02dT00:05:00+08:00\","
                                   "\"states\":{\"created\":\"2026-01-%02dT00:00:00+08:00\"}}",
                                   shop, day, day, day)),
                 200);
}

static void a_calendar_is_said_and_told(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    struct reply r = get(&p, "/api/v1/calendars");
    CHECK_TEXT(t, at(&p, r, "calendars.0.of"), "workspace");
    CHECK_TEXT(t, at(&p, r, "calendars.0.zone"), "Asia/Shanghai");
    CHECK_STATUS(t,
                 put(&p, "/api/v1/calendars",
                     "{\"of\":\"workspace\",\"zone\":\"Europe/London\",\"closed_days\":[\"2026-05-01\",\"2026-02-17/"
                     "2026-02-23\"]}"),
                 200);
    CHECK_STATUS(t,
                 put(&p, "/api/v1/calendars",
                     "{\"of\":\"shop\",\"name\":\"旗舰店\",\"closed_weekdays\":[\"sunday\",\"monday\"],\"silent\":["
                     "\"late_data\"]}"),
                 200);
    CHECK_STATUS(t, put(&p, "/api/v1/calendars", "{\"of\":\"workspace\",\"name\":null,\"silent\":[\"clock_behind\"]}"),
                 200);
    r = get(&p, "/api/v1/calendars");
    CHECK_TEXT(t, at(&p, r, "calendars.0.zone"), "Europe/London");
    CHECK_TEXT(t, at(&p, r, "calendars.0.closed_days"), "[\"2026-02-17/2026-02-23\",\"2026-05-01\"]");
    CHECK_TEXT(t, at(&p, r, "calendars.0.silent"), "[\"clock_behind\"]");
    CHECK_TEXT(t, at(&p, r, "calendars.1.name"), "旗舰店");
    CHECK_TEXT(t, at(&p, r, "calendars.1.zone"), "null");
    CHECK_TEXT(t, at(&p, r, "calendars.1.closed_weekdays"), "[\"monday\",\"sunday\"]");
    CHECK_STATUS(t, put(&p, "/api/v1/calendars", "{\"of\":\"shop\",\"name\":\"x\",\"zone\":\"UTC\"}"), 400);
    CHECK_STATUS(t, put(&p, "/api/v1/calendars", "{\"of\":\"workspace\",\"zone\":\"Asia/Shangri-La\"}"), 400);
    CHECK_STATUS(t, put(&p, "/api/v1/calendars", "{\"of\":\"workspace\",\"closed_weekdays\":[\"sonntag\"]}"), 400);
    CHECK_STATUS(t, put(&p, "/api/v1/calendars", "{\"of\":\"workspace\",\"closed_days\":[\"2026-05-01/2026-04-01\"]}"),
                 400);
    CHECK_STATUS(t, put(&p, "/api/v1/calendars", "{\"of\":\"moon\"}"), 400);
    place_close(&p);
}

/* The zone decides under which day an order is counted. */
static void days_of_orders_follow_the_zone(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    CHECK_STATUS(t, put(&p, "/api/v1/calendars", "{\"of\":\"workspace\",\"zone\":\"UTC\"}"), 200);
    order_of(&p, "s1", 5); /* midnight in Shanghai */
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/reconcile?shop=s1&from=2026-01-01&to=2026-01-31"), "days.0.day"),
               "2026-01-04");
    place_close(&p);
}

static void missing_days_stand_beside_the_others(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    for (int day = 1; day <= 20; day++)
        if (day != 12)
            order_of(&p, "s1", day);
    struct reply r = get(&p, "/api/v1/reconcile?shop=s1&from=2026-01-01&to=2026-01-20");
    CHECK_EQ(t, count_at(&p, r, "days"), 19);
    CHECK_TEXT(t, at(&p, r, "missing_days"), "[\"2026-01-12\"]");
    CHECK_STATUS(t, put(&p, "/api/v1/calendars", "{\"of\":\"shop\",\"name\":\"s1\",\"closed_days\":[\"2026-01-12\"]}"),
                 200);
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/reconcile?shop=s1&from=2026-01-01&to=2026-01-20"), "missing_days"), "[]");
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/reconcile/alarms"), "alarms"), 0); /* history raises none */
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/reconcile/alarms?shop=s1&standing=1&limit=5"), "next"), "null");
    place_close(&p);
}

static const struct test tests[] = {
    {"a calendar is said and told", a_calendar_is_said_and_told, 1},
    {"days of orders follow the zone", days_of_orders_follow_the_zone, 1},
    {"missing days stand beside the others", missing_days_stand_beside_the_others, 1},
};
TEST_MAIN(tests)
