/* Exports by HTTP, and what of them comes back into an empty workspace. Covers: export_holders.c, export_relations.c, export_rows.c */
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
    CHECK(t, bytes_starts_with(export_of(&p, "/w/main", "orders?format=csv&labels=zh").body,
                               BYTES_LIT("\xef\xbb\xbf店铺,订单号,已作废,归属人,")));
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

static void events_tell_whose_they_are_when_asked(struct t *t)
{
    struct place p;
    open_two(&p, t);
    struct reply told = export_of(&p, "/w/main", "events?format=table&person=1");
    CHECK(t, has(told, "\"person\":\"") && !has(told, "\"person\":null"));
    CHECK(t, !has(export_of(&p, "/w/main", "events?format=table"), "\"person\":"));
    struct token limited = {.name = "desk-b", .roles = 1u << ROLE_READ, .brand_count = 1, .masked = true};
    (void)snprintf(limited.brands[0], sizeof limited.brands[0], "b");
    place_token(&p, "main", &limited, "kith_desk");
    told = ask(&p, (struct ask){.path = "/w/main" EXPORT "events?format=table&person=1", .token = "kith_desk"});
    CHECK(t, has(told, "\"person\":\""));
    place_close(&p);
}

/* At once, whatever of theirs the log and runs still have; whoever comes by their phone later is somebody else. */
static void who_was_erased_is_not_told_of(struct t *t)
{
    static const char named[] =
        "{\"id\":\"m5\",\"event\":\"gift_sent\",\"ids\":[{\"type\":\"user_id\",\"value\":\"u2\"},{\"type\":"
        "\"phone\",\"value\":\"13812345678\",\"role\":\"receiver\"}]}\n";
    static const char again[] =
        "{\"id\":\"m6\",\"event\":\"login\",\"ids\":[{\"type\":\"phone\",\"value\":\"13812345678\"}]}\n";
    static const char *const ways[] = {"events", "events?format=csv", "events?format=table&person=1"};
    struct place p;
    open_two(&p, t);
    CHECK_TEXT(t, at(&p, post(&p, "/w/main/api/v1/events", named), "accepted"), "1");
    CHECK_STATUS(t, post(&p, "/w/main/api/v1/people/phone:13812345678/erase", "{\"reason\":\"42\"}"), 200);
    struct reply r = export_of(&p, "/w/main", "events");
    CHECK_EQ(t, lines_of(r), 3); /* of u2 two and of u3 one; m1 and m2 were theirs */
    CHECK(t, !has(r, "m1") && !has(r, "m2") && has(r, "m4"));
    CHECK_TEXT(t, in_line(&p, r, 2, "id"), "m5");
    CHECK_EQ(t, count_at(&p, (struct reply){.body = line_of(r, 2)}, "ids"), 1);
    for (size_t i = 0; i < COUNT_OF(ways); i++)
        CHECK(t, !has(export_of(&p, "/w/main", ways[i]), "13812345678"));
    struct reply timeline = get(&p, "/w/main/api/v1/people/user_id:u2/timeline");
    CHECK(t, has(timeline, "m5") && !has(timeline, "13812345678"));
    CHECK_TEXT(t, at(&p, post(&p, "/w/main/api/v1/events", again), "accepted"), "1");
    r = export_of(&p, "/w/main", "events?format=table&person=1");
    CHECK_EQ(t, lines_of(r), 4);
    CHECK(t, !has(r, "m1") && !has(r, "王小明"));
    CHECK_TEXT(t, in_line(&p, r, 3, "id"), "m6");
    place_close(&p);
}

static void slips_are_said(struct t *t)
{
    static const char *const bad[] = {"events?format=xls",
                                      "events?after=x",
                                      "events?since=soon",
                                      "people?since=2026-01-01",
                                      "people?after=x",
                                      "things?after=store",
                                      "orders?after=a/1",
                                      "events?plain=yes",
                                      "events?format=csv&labels=fr",
                                      "relations?after=u1",
                                      "events?person=1",
                                      "events?format=table&person=2",
                                      "people?format=table&person=1",
                                      "events?of=segment:vip",
                                      "segment_members?of=tag:level",
                                      "tag_values?of=segment:vip",
                                      "segment_members?traits=name"};
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

/* Parts of several versions, sources and currencies, what was taken away, a buyer of a declared type, an act on top. */
static void orders_come_back_by_version(struct t *t)
{
    static const char type[] =
        "{\"name\":\"club_card\",\"normaliser\":\"exact\",\"has_namespace\":false,\"priority\":20}";
    static const char *const said[] = {
        "{\"shop\":\"us\",\"number\":\"a/"
        "1\",\"version\":1,\"source\":\"oms\",\"currency\":\"USD\",\"brand\":\"a\",\"complete\":true,"
        "\"states\":{\"created\":\"2026-01-02\",\"paid\":\"2026-01-02T00:05:00.000001Z\"},"
        "\"buyer\":[{\"type\":\"club_card\",\"value\":\"C-1\"}],\"payment\":{\"total\":12.34,\"coupons\":{\"X\":1}},"
        "\"lines\":[{\"line\":1,\"sku\":\"A\",\"quantity\":0.5,\"price\":24.68,\"paid\":12.34},{\"line\":2,\"sku\":"
        "\"B\"}]}",
        "{\"shop\":\"us\",\"number\":\"a/"
        "1\",\"version\":3,\"source\":\"erp\",\"seller\":\"G1\",\"lines\":[{\"line\":2,\"removed\":true},"
        "{\"line\":3,\"paid\":5}],\"shipments\":[{\"shipment\":\"P1\",\"lines\":[\"1\",\"3\"],\"shipped\":\"2026-01-"
        "03\"}]}",
        "{\"shop\":\"us\",\"number\":\"a/"
        "1\",\"version\":2,\"source\":\"oms\",\"currency\":\"JPY\",\"refunds\":[{\"refund\":\"R1\",\"line\":\"1\","
        "\"amount\":7,\"kind\":\"return\",\"states\":{\"requested\":\"2026-01-04\",\"done\":\"2026-01-05\"}},{"
        "\"refund\":\"R2\",\"removed\":true,"
        "\"states\":{\"refused\":\"2026-01-06\"}}]}",
        "{\"shop\":\"us\",\"number\":\"2\",\"version\":9,\"states\":{\"created\":\"2026-01-02\"}}"};
    struct place p;
    open_two(&p, t);
    for (int i = 0; i < 2; i++)
        CHECK_STATUS(t, post(&p, i == 0 ? "/w/main/api/v1/identity/type" : COPY "/api/v1/identity/type", type), 200);
    for (size_t i = 0; i < COUNT_OF(said); i++)
        CHECK_STATUS(t, post(&p, "/w/main/api/v1/orders", said[i]), 200);
    CHECK_STATUS(t, post(&p, "/w/main/api/v1/orders/us/a%2F1/correct", "{\"field\":\"seller\",\"value\":\"G9\"}"), 200);
    struct reply r = export_of(&p, "/w/main", "orders");
    CHECK(t, !has(r, "G9"));     /* what was decided is an act, and comes as one */
    CHECK_EQ(t, lines_of(r), 4); /* versions 1, 2 and 3; nothing but a state */
    struct reply taken = ask(
        &p, (struct ask){.path = COPY "/api/v1/orders?import=1&told=1", .token = ADMIN, .body = r.body});
    CHECK_TEXT(t, at(&p, taken, "accepted"), "4");
    CHECK_BYTES(t, export_of(&p, COPY, "orders").body, r.body);
    CHECK_EQ(t, lines_of(export_of(&p, COPY, "events")), 0); /* they were told, and come by themselves */
    CHECK_STATUS(t, ask(&p, (struct ask){.path = COPY "/api/v1/orders?told=1", .token = ADMIN, .body = r.body}), 400);
    CHECK_TEXT(t, at(&p, get(&p, COPY "/api/v1/orders/us/a%2F1"), "buyer.0.type"), "club_card");
    place_close(&p);
}

/* Each thing that was said of a relation, whoever said it; in whatever order it comes back. */
static void relations_come_back(struct t *t)
{
    static const char said[] =
        "{\"person\":\"user_id:u3\",\"type\":\"owned_by\",\"to\":\"staff/"
        "G17\",\"brand\":\"a\",\"time\":\"2026-01-05\",\"by\":\"G1\","
        "\"attributes\":{\"store\":\"SH01\"}}\n"
        "{\"person\":\"user_id:u3\",\"type\":\"owned_by\",\"to\":\"staff/"
        "G17\",\"brand\":\"a\",\"time\":\"2026-02-05\",\"act\":\"end\","
        "\"reason\":\"离职\"}\n"
        "{\"person\":\"phone:13812345678\",\"type\":\"referred\",\"to\":\"user_id:u3\",\"time\":\"2026-01-06\"}\n"
        "{\"person\":\"user_id:u1\",\"type\":\"in_group\",\"to\":{\"kind\":\"group\",\"ns\":\"ww\",\"id\":\"Q/"
        "1\"},\"brand\":\"b\",\"time\":\"2026-01-07\"}\n";
    struct place p;
    open_two(&p, t);
    CHECK_STATUS(t, post(&p, COPY "/api/v1/events", events), 200);
    CHECK_TEXT(t, at(&p, post(&p, "/w/main/api/v1/relations", said), "faulty"), "0");
    struct reply r = export_of(&p, "/w/main", "relations");
    CHECK_EQ(t, lines_of(r), 5); /* the first line begins, and says a value */
    struct reply taken = ask(&p,
                             (struct ask){.path = COPY "/api/v1/relations?import=1", .token = ADMIN, .body = r.body});
    CHECK_TEXT(t, at(&p, taken, "accepted"), "5");
    CHECK_BYTES(t, export_of(&p, COPY, "relations").body, r.body);
    taken = ask(&p, (struct ask){.path = COPY "/api/v1/relations?import=1", .token = ADMIN, .body = r.body});
    CHECK_BYTES(t, export_of(&p, COPY, "relations").body, r.body); /* the same again changes nothing */
    CHECK_TEXT(t, at(&p, get(&p, COPY "/api/v1/people/user_id:u3/relations"), "relations.0.periods.0.begun_by.name"),
               "G1");
    CHECK_EQ(t, lines_of(export_of(&p, "/w/main", "relations?brand=b")), 1);
    CHECK_EQ(t, lines_of(export_of(&p, "/w/main", "relations?after=user_id:u1")), 3);
    struct reply table = export_of(&p, "/w/main", "relations?format=csv");
    CHECK(t, has(table, ",owned_by,a,staff,,G17,,false,2026-01-05T00:00:00.000Z,2026-02-05T00:00:00.000Z,离职,"));
    CHECK(t, has(table, ",in_group,b,group,ww,Q/1,,true,2026-01-07T00:00:00.000Z,,,"));
    place_close(&p);
}

/* A copy has never heard of the erased first holder: its first is the second here. */
static void relations_of_earlier_holders_come_back(struct t *t)
{
#define DEVICE "{\"type\":\"anonymous_id\",\"value\":\"d1\"}"
    static const char second[] = "{\"event\":\"login\",\"ids\":[" DEVICE ",{\"type\":\"user_id\",\"value\":\"h2\"}]}\n",
                      third[] = "{\"event\":\"logout\",\"ids\":[" DEVICE "]}\n"
                                "{\"event\":\"login\",\"ids\":[" DEVICE ",{\"type\":\"user_id\",\"value\":\"h3\"}]}\n",
                      said[] = "{\"person\":\"anonymous_id:d1\",\"type\":\"in_group\",\"to\":{\"kind\":\"group\","
                               "\"ns\":\"ww\",\"id\":\"Q/1\"},\"time\":\"2026-01-04\"}\n";
    struct place p;
    open_two(&p, t);
    CHECK_STATUS(t, post(&p, COPY "/api/v1/events", events), 200);
    CHECK_STATUS(t, post(&p, "/w/main/api/v1/events", "{\"event\":\"login\",\"ids\":[" DEVICE "]}"), 200);
    CHECK_STATUS(t, post(&p, "/w/main/api/v1/people/anonymous_id:d1/erase", "{\"reason\":\"42\"}"), 200);
    CHECK_STATUS(t, post(&p, "/w/main/api/v1/events", second), 200);
    CHECK_TEXT(t, at(&p, post(&p, "/w/main/api/v1/relations", said), "faulty"), "0");
    CHECK_STATUS(t, post(&p, "/w/main/api/v1/events", third), 200);
    struct reply r = export_of(&p, "/w/main", "relations");
    CHECK(t, has(r, "\"holder\":1"));
    CHECK_STATUS(t, post(&p, COPY "/api/v1/events", second), 200);
    CHECK_STATUS(t, post(&p, COPY "/api/v1/events", third), 200);
    struct reply taken = ask(&p,
                             (struct ask){.path = COPY "/api/v1/relations?import=1", .token = ADMIN, .body = r.body});
    CHECK_TEXT(t, at(&p, taken, "faulty"), "0");
    CHECK_BYTES(t, export_of(&p, COPY, "relations").body, r.body);
    CHECK_TEXT(t, at(&p, get(&p, COPY "/api/v1/people/user_id:h2/relations"), "relations.0.type"), "in_group");
    place_close(&p);
}

/* Where the erasure is known the first of an export is the second: relations come to who had them, and to nobody else. */
static void relations_come_back_where_somebody_was_erased(struct t *t)
{
    static const char *const users[] = {"h2", "h3", "h4"};
    struct place p;
    open_two(&p, t);
    CHECK_STATUS(t, post(&p, "/w/main/api/v1/events", "{\"event\":\"login\",\"ids\":[" DEVICE "]}"), 200);
    CHECK_STATUS(t, post(&p, "/w/main/api/v1/people/anonymous_id:d1/erase", "{\"reason\":\"42\"}"), 200);
    for (size_t i = 0; i < COUNT_OF(users); i++) {
        const char *events_of = arena_printf(
                       t->arena, "{\"event\":\"login\",\"ids\":[" DEVICE ",{\"type\":\"user_id\",\"value\":\"%s\"}]}\n",
                       users[i]),
                   *said = arena_printf(
                       t->arena,
                       "{\"person\":\"anonymous_id:d1\",\"type\":\"in_group\",\"to\":{\"kind\":\"group\","
                       "\"ns\":\"ww\",\"id\":\"of-%s\"},\"time\":\"2026-01-04\"}\n",
                       users[i]);
        CHECK_STATUS(t, post(&p, "/w/main/api/v1/events", events_of), 200);
        CHECK_TEXT(t, at(&p, post(&p, "/w/main/api/v1/relations", said), "faulty"), "0");
        CHECK_STATUS(t, post(&p, "/w/main/api/v1/events", "{\"event\":\"logout\",\"ids\":[" DEVICE "]}"), 200);
    }
    struct reply r = export_of(&p, "/w/main", "relations");
    CHECK(t, has(r, "\"holder\":1") && has(r, "\"holder\":2") && !has(r, "\"holder\":3"));
    struct reply taken = ask(&p,
                             (struct ask){.path = "/w/main/api/v1/relations?import=1", .token = ADMIN, .body = r.body});
    CHECK_TEXT(t, at(&p, taken, "faulty"), "0");
    CHECK_BYTES(t, export_of(&p, "/w/main", "relations").body, r.body);
    static const char fourth[] =
        "{\"person\":\"anonymous_id:d1\",\"holder\":4,\"type\":\"lead\",\"time\":\"2026-01-04\"}\n";
    taken = ask(
        &p, (struct ask){.path = "/w/main/api/v1/relations?import=1", .token = ADMIN, .body = bytes_of_text(fourth)});
    CHECK(t, has(taken, "Nobody has this identifier")); /* there were three */
    place_close(&p);
}

/* Whom the erased was, a copy isn't told by the value's next holder; who is referred after that comes back. */
static void referrals_of_the_erased_lead_to_nobody(struct t *t)
{
#define TO_PHONE "\"type\":\"referred\",\"to\":{\"type\":\"phone\",\"value\":\"13812345678\"}"
    static const char met[] = "{\"event\":\"login\",\"ids\":[{\"type\":\"user_id\",\"value\":\"u7\"}]}\n"
                              "{\"event\":\"login\",\"ids\":[{\"type\":\"user_id\",\"value\":\"u8\"}]}\n",
                      phone[] = "{\"event\":\"login\",\"ids\":[{\"type\":\"phone\",\"value\":\"13812345678\"}]}\n",
                      next[] = "{\"event\":\"login\",\"ids\":[{\"type\":\"phone\",\"value\":\"13812345678\"},{\"type\":"
                               "\"user_id\",\"value\":\"u9\"}]}\n",
                      before[] = "{\"person\":\"user_id:u7\"," TO_PHONE ",\"time\":\"2026-01-04\"}\n",
                      after[] = "{\"person\":\"user_id:u8\"," TO_PHONE "}\n";
    static const char of_u7[] = COPY "/api/v1/people/user_id:u7/relations";
    struct place p;
    open_two(&p, t);
    CHECK_STATUS(t, post(&p, "/w/main/api/v1/events", met), 200);
    CHECK_STATUS(t, post(&p, "/w/main/api/v1/events", phone), 200);
    CHECK_TEXT(t, at(&p, post(&p, "/w/main/api/v1/relations", before), "faulty"), "0");
    CHECK_EQ(t, lines_of(export_of(&p, "/w/main", "relations")), 1);
    CHECK_STATUS(t, post(&p, "/w/main/api/v1/people/phone:13812345678/erase", "{\"reason\":\"42\"}"), 200);
    CHECK_STATUS(t, post(&p, "/w/main/api/v1/events", next), 200);
    CHECK_TEXT(t, at(&p, get(&p, "/w/main/api/v1/people/user_id:u7/relations"), "relations.0.to.person"), "null");
    CHECK_EQ(t, lines_of(export_of(&p, "/w/main", "relations")), 0);
    CHECK_TEXT(t, at(&p, post(&p, "/w/main/api/v1/relations", after), "faulty"), "0");
    struct reply r = export_of(&p, "/w/main", "relations");
    CHECK_EQ(t, lines_of(r), 1);
    CHECK(t, has(r, "u8") && !has(r, "u7"));
    CHECK_STATUS(t, post(&p, COPY "/api/v1/events", met), 200);
    CHECK_STATUS(t, post(&p, COPY "/api/v1/events", next), 200);
    struct reply taken = ask(&p,
                             (struct ask){.path = COPY "/api/v1/relations?import=1", .token = ADMIN, .body = r.body});
    CHECK_TEXT(t, at(&p, taken, "faulty"), "0");
    CHECK_BYTES(t, export_of(&p, COPY, "relations").body, r.body);
    CHECK_TEXT(t, at(&p, get(&p, of_u7), "relations.0.type"), "");
    place_close(&p);
}

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
    {"events tell whose they are when asked", events_tell_whose_they_are_when_asked, 1},
    {"who was erased is not told of", who_was_erased_is_not_told_of, 1},
    {"slips are said", slips_are_said, 1},
    {"things come back with their history", things_come_back_with_their_history, 1},
    {"orders come back as they stand", orders_come_back_as_they_stand, 1},
    {"orders come back by version", orders_come_back_by_version, 1},
    {"relations come back", relations_come_back, 1},
    {"relations of earlier holders come back", relations_of_earlier_holders_come_back, 1},
    {"relations come back where somebody was erased", relations_come_back_where_somebody_was_erased, 1},
    {"referrals of the erased lead to nobody", referrals_of_the_erased_lead_to_nobody, 1},
};
TEST_MAIN(tests)
