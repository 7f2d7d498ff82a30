/* Exports by HTTP, and what of them comes back into an empty workspace. Covers: export_rows.c */
#include "base/time.h"
#include "edge/door_test.h"

#define EXPORT "/api/v1/export/"
#define COPY "/w/copy"

/* Families, phones that are passed on, people of two brands, 繁体 and emoji, a person who is referred. */
static const char events[] =
    "{\"id\":\"m1\",\"event\":\"order_paid\",\"time\":\"2026-01-02T03:04:05.123456Z\",\"brand\":\"a\",\"channel\":"
    "\"tmall\",\"store\":\"S01\",\"order\":\"3721\","
    "\"ids\":[{\"type\":\"phone\",\"value\":\"13812345678\"},{\"type\":\"openid\",\"ns\":\"wx1\",\"value\":\"oA1\"}],"
    "\"traits\":{\"name\":\"王小明\",\"city\":\"=cmd()\"},\"consents\":[{\"purpose\":\"marketing\",\"channel\":\"sms\","
    "\"given\":true,\"policy\":\"v3\"}],"
    "\"properties\":{\"amount\":199.90,\"note\":\"連衣裙 😀\"},\"items\":[{\"sku\":\"A-1\",\"price\":199.9}]}\n"
    "{\"id\":\"m2\",\"event\":\"product_viewed\",\"time\":\"2026-01-03T00:00:00Z\",\"brand\":\"b\",\"ids\":[{\"type\":"
    "\"user_id\",\"value\":\"u1\"},"
    "{\"type\":\"openid\",\"ns\":\"wx1\",\"value\":\"oA1\"}]}\n"
    "{\"event\":\"gift_sent\",\"time\":\"2026-01-04T00:00:00Z\",\"ids\":[{\"type\":\"user_id\",\"value\":\"u2\"}],"
    "\"other\":{\"ids\":[{\"type\":\"phone\",\"value\":\"13912345678\"}]},\"actor\":{\"kind\":\"staff\",\"id\":"
    "\"G017\"}}\n"
    "{\"id\":\"m4\",\"event\":\"product_viewed\",\"time\":\"2026-01-03T00:00:00Z\",\"brand\":\"a\",\"ids\":[{\"type\":"
    "\"user_id\",\"value\":\"u3\"},"
    "{\"type\":\"phone\",\"value\":\"13912345678\"}]}\n";

static void open_two(struct place *p, struct t *t)
{
    static const char *const names[] = {"main", "copy", NULL};
    place_open(p, t, names, NULL);
    CHECK_STATUS(t, post(p, "/w/main/api/v1/events", events), 200);
}

static struct reply export_of(struct place *p, const char *workspace, const char *what)
{
    return get(p, arena_printf(p->t->arena, "%s" EXPORT "%s", workspace, what));
}

/* The n-th line, from 0, without its end. */
static struct bytes line_of(struct reply r, size_t n)
{
    struct bytes left = r.body;
    for (;; n--) {
        const uint8_t *end = left.size == 0 ? NULL : memchr(left.data, '\n', left.size);
        size_t size = end == NULL ? left.size : (size_t)(end - left.data);
        if (n == 0 || end == NULL)
            return bytes_slice(left, 0, n == 0 ? size : 0);
        left = bytes_slice(left, size + 1, left.size);
    }
}

static size_t lines_of(struct reply r)
{
    size_t count = 0;
    for (size_t i = 0; i < r.body.size; i++)
        count += r.body.data[i] == '\n';
    return count;
}

static const char *in_line(struct place *p, struct reply r, size_t n, const char *path)
{
    r.body = line_of(r, n);
    return at(p, r, path);
}

static void digest_read(const struct view *v, void *context)
{
    *(struct hash128 *)context = identity_canonical_digest(v);
}

static struct hash128 digest_of(struct place *p, const char *name)
{
    struct hash128 digest = {0, 0};
    struct workspace *w = NULL;
    struct err e = {0};
    CHECK_DONE(p->t, host_workspace(p->host, bytes_of_text(name), &w, &e), &e);
    CHECK_DONE(p->t, host_read(p->host, w, digest_read, &digest, &e), &e);
    return digest;
}

static void events_come_in_the_order_of_the_log(struct t *t)
{
    struct place p;
    open_two(&p, t);
    struct reply r = export_of(&p, "/w/main", "events");
    CHECK_STATUS(t, r, 200);
    CHECK(t, strstr(r.head, "application/x-ndjson") != NULL);
    CHECK_EQ(t, lines_of(r), 4);
    CHECK_TEXT(t, in_line(&p, r, 0, "id"), "m1");
    CHECK_TEXT(t, in_line(&p, r, 0, "time"), "2026-01-02T03:04:05.123456Z");
    CHECK_TEXT(t, in_line(&p, r, 0, "ids.1.ns"), "wx1");
    CHECK_TEXT(t, in_line(&p, r, 0, "properties.note"), "連衣裙 😀");
    CHECK_TEXT(t, in_line(&p, r, 2, "other.ids.0.value"), "+8613912345678");
    CHECK_TEXT(t, in_line(&p, r, 3, "id"), "m4");
    const char *after = arena_printf(t->arena, "events?after=%s", in_line(&p, r, 1, "position"));
    struct reply rest = export_of(&p, "/w/main", after);
    CHECK_EQ(t, lines_of(rest), 2);
    CHECK_BYTES(t, line_of(rest, 0), line_of(r, 2));
    CHECK_EQ(t, lines_of(export_of(&p, "/w/main", "events?brand=a")), 2);
    CHECK_EQ(t, lines_of(export_of(&p, "/w/main", "events?since=2026-01-03&until=2026-01-04")), 2);
    CHECK(t, has(get(&p, "/w/main/api/v1/reads?limit=1"), EXPORT "events"));
    place_close(&p);
}

/* What a person is depends on what happened, not on where. */
static void events_make_the_same_people_again(struct t *t)
{
    struct place p;
    open_two(&p, t);
    struct reply r = export_of(&p, "/w/main", "events");
    struct reply taken = ask(&p, (struct ask){.path = COPY "/api/v1/events?import=1", .token = ADMIN, .body = r.body});
    CHECK_STATUS(t, taken, 200);
    CHECK_TEXT(t, at(&p, taken, "accepted"), "4");
    CHECK(t, hash128_equal(digest_of(&p, "main"), digest_of(&p, "copy")));
    struct reply again = export_of(&p, COPY, "events");
    CHECK_EQ(t, lines_of(again), 4);
    for (size_t i = 0; i < 4; i++) {
        static const char *const same[] = {"id",     "event",    "time",       "received_at", "source", "ids",  "other",
                                           "traits", "consents", "properties", "items",       "actor",  "order"};
        for (size_t j = 0; j < COUNT_OF(same); j++)
            CHECK_TEXT(t, in_line(&p, again, i, same[j]), in_line(&p, r, i, same[j]));
    }
    taken = ask(&p, (struct ask){.path = COPY "/api/v1/events?import=1", .token = ADMIN, .body = r.body});
    CHECK_TEXT(t, at(&p, taken, "duplicates"), "4");
    CHECK_STATUS(t, ask(&p, (struct ask){.path = COPY "/api/v1/events", .token = ADMIN, .body = r.body}),
                 400); /* not an import */
    place_close(&p);
}

static void tables_are_inert(struct t *t)
{
    struct place p;
    open_two(&p, t);
    struct reply r = export_of(&p, "/w/main", "people?format=csv");
    CHECK(t, strstr(r.head, "text/csv") != NULL);
    CHECK(t, bytes_starts_with(r.body, BYTES_LIT("\xef\xbb\xbfid,number,name,phone,email,")));
    CHECK(t, has(r, ",1,王小明,'+8613812345678,,"));
    CHECK(t, has(r, "\r\n"));
    r = export_of(&p, "/w/main", "people?format=csv&plain=1");
    CHECK(t, bytes_starts_with(r.body, BYTES_LIT("id,number,")));
    CHECK(t, has(r, ",1,王小明,+8613812345678,,"));
    r = export_of(&p, "/w/main", "events?format=csv");
    CHECK_EQ(t, lines_of(r), 5);
    CHECK(t, has(r, ",m1,order_paid,2026-01-02T03:04:05.123456Z,"));
    place_close(&p);
}

static void tokens_get_what_they_may_see(struct t *t)
{
    struct place p;
    open_two(&p, t);
    struct token limited = {.name = "desk-b", .roles = 1u << ROLE_READ, .brand_count = 1, .masked = true};
    (void)snprintf(limited.brands[0], sizeof limited.brands[0], "b");
    place_token(&p, "main", &limited, "kith_desk");
    struct reply r = ask(&p, (struct ask){.path = "/w/main" EXPORT "events", .token = "kith_desk"});
    CHECK_EQ(t, lines_of(r), 2); /* brand b's, and the group's */
    CHECK(t, !has(r, "m1") && has(r, "m2") && !has(r, "13912345678"));
    r = ask(&p, (struct ask){.path = "/w/main" EXPORT "people", .token = "kith_desk"});
    CHECK(t, !has(r, "王小明") && !has(r, "13812345678") && !has(r, "13912345678"));
    CHECK(t, lines_of(r) >= 1);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = "/w/main" EXPORT "events"}), 401);
    place_close(&p);
}

static void slips_are_said(struct t *t)
{
    static const char *const bad[] = {"events?format=xls",       "events?after=x",  "events?since=soon",
                                      "people?since=2026-01-01", "people?after=x",  "things?after=store",
                                      "orders?after=a/1",        "events?plain=yes"};
    struct place p;
    open_two(&p, t);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK_STATUS(t, export_of(&p, "/w/main", bad[i]), 400);
    CHECK_STATUS(t, export_of(&p, "/w/main", "lunch"), 404);
    place_close(&p);
}

static const char things[] =
    "{\"kind\":\"region\",\"id\":\"华东\",\"time\":\"2026-01-01\",\"attributes\":{\"name\":\"华东大区\"}}\n"
    "{\"kind\":\"store\",\"id\":\"S01\",\"time\":\"2026-01-01\",\"parent\":{\"kind\":\"region\",\"id\":\"华东\"},"
    "\"attributes\":{\"name\":\"南京东路店\",\"area\":120.5}}\n"
    "{\"kind\":\"store\",\"id\":\"S01\",\"time\":\"2026-02-01\",\"attributes\":{\"name\":\"南京东路旗舰店\"}}\n"
    "{\"kind\":\"store\",\"id\":\"S02\",\"time\":\"2026-01-01\",\"attributes\":{\"name\":\"旧店\"}}\n"
    "{\"kind\":\"store\",\"id\":\"S02\",\"time\":\"2026-03-01\",\"deleted\":true}\n";

static void things_come_back_with_their_history(struct t *t)
{
    static const char *const read[] = {"/api/v1/things/store/S01?history=1",
                                       "/api/v1/things/store/S02?history=1&at=2026-02-01"};
    struct place p;
    open_two(&p, t);
    CHECK_STATUS(t, post(&p, "/w/main/api/v1/things", things), 200);
    struct reply r = export_of(&p, "/w/main", "things");
    CHECK_EQ(t, lines_of(r), 5);
    CHECK_STATUS(t, ask(&p, (struct ask){.path = COPY "/api/v1/things?import=1", .token = ADMIN, .body = r.body}), 200);
    CHECK_BYTES(t, export_of(&p, COPY, "things").body, r.body);
    for (size_t i = 0; i < COUNT_OF(read); i++)
        CHECK_TEXT(t, at(&p, get(&p, arena_printf(t->arena, COPY "%s", read[i])), "attributes"),
                   at(&p, get(&p, arena_printf(t->arena, "/w/main%s", read[i])), "attributes"));
    CHECK_EQ(t, lines_of(export_of(&p, "/w/main", "things?after=store//S01")), 2);
    struct reply table = export_of(&p, "/w/main", "things?format=csv&kind=store");
    CHECK_EQ(t, lines_of(table), 2); /* the one that was deleted is not there now */
    CHECK(t, has(table, "store,,S01,南京东路旗舰店,region,,华东,"));
    place_close(&p);
}

static const char orders[] = "{\"shop\":\"tmall-1\",\"number\":\"3721\",\"version\":2,\"modified\":\"2026-01-02T00:10:"
                             "00Z\",\"source\":\"oms\",\"brand\":\"a\",\"channel\":\"tmall\",\"states\":{"
                             "\"created\":\"2026-01-02T00:00:00+08:00\",\"paid\":\"2026-01-02T00:05:00+08:00\"},"
                             "\"buyer\":[{\"type\":\"phone\",\"value\":\"13812345678\"}],"
                             "\"receiver\":{\"name\":\"王小明\",\"phone\":\"13812345678\",\"address\":\"南京东路1号\"},"
                             "\"remark\":\"=1+1\",\"payment\":{\"total\":205,\"freight\":6},"
                             "\"lines\":[{\"line\":1,\"sku\":\"A\",\"name\":\"連衣裙\",\"quantity\":2,\"list_price\":"
                             "149.5,\"discounts\":{\"platform\":50},\"paid\":199}],"
                             "\"refunds\":[{\"refund\":\"R1\",\"line\":\"1\",\"amount\":99.5,\"kind\":\"refund\","
                             "\"states\":{\"done\":\"2026-01-05T00:00:00Z\"}}]}\n"
                             "{\"shop\":\"tmall-1\",\"number\":\"3722\",\"version\":1,\"brand\":\"b\",\"states\":{"
                             "\"created\":\"2026-02-02T10:00:00+08:00\"},\"lines\":[{\"line\":1,\"paid\":10}]}\n";

static void orders_come_back_as_they_stand(struct t *t)
{
    static const char *const same[] = {"sums", "states", "lines", "refunds", "receiver", "payment", "buyer", "brand"};
    struct place p;
    open_two(&p, t);
    CHECK_STATUS(t, post(&p, "/w/main/api/v1/orders", orders), 200);
    struct reply r = export_of(&p, "/w/main", "orders");
    CHECK_EQ(t, lines_of(r), 2);
    struct reply taken = ask(&p, (struct ask){.path = COPY "/api/v1/orders?import=1", .token = ADMIN, .body = r.body});
    CHECK_STATUS(t, taken, 200);
    CHECK_TEXT(t, at(&p, taken, "accepted"), "2");
    CHECK_BYTES(t, export_of(&p, COPY, "orders").body, r.body);
    for (size_t i = 0; i < COUNT_OF(same); i++)
        CHECK_TEXT(t, at(&p, get(&p, COPY "/api/v1/orders/tmall-1/3721"), same[i]),
                   at(&p, get(&p, "/w/main/api/v1/orders/tmall-1/3721"), same[i]));
    CHECK_EQ(t, lines_of(export_of(&p, "/w/main", "orders?after=tmall-1/3721")), 1);
    CHECK_EQ(t, lines_of(export_of(&p, "/w/main", "orders?since=2026-02-01")), 1);
    CHECK_EQ(t, lines_of(export_of(&p, "/w/main", "orders?brand=a&shop=tmall-1")), 1);
    struct reply table = export_of(&p, "/w/main", "orders?format=csv");
    CHECK(t, has(table, ",CNY,1,299.00,50.00,199.00,6.00,205.00,99.50,105.50,"));
    place_close(&p);
}

static const struct test tests[] = {
    {"events come in the order of the log", events_come_in_the_order_of_the_log, 1},
    {"events make the same people again", events_make_the_same_people_again, 1},
    {"tables are inert", tables_are_inert, 1},
    {"tokens get what they may see", tokens_get_what_they_may_see, 1},
    {"slips are said", slips_are_said, 1},
    {"things come back with their history", things_come_back_with_their_history, 1},
    {"orders come back as they stand", orders_come_back_as_they_stand, 1},
};
TEST_MAIN(tests)
