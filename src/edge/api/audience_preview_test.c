/* What an unsaved tag or segment would hold of people: the same as it holds of them once it is saved; and what it asks, in a sentence.
 * Covers: audience_preview.c, audience_recount.c, expression_words.c */
#include "base/time.h"
#include "edge/door_test.h"

#define TRIES 20000
#define PEOPLE 60u
#define MASKED "kith_masked"

/* Of person i everything is a function of i: how often they looked and bought, for how much, and whether a phone is known. */
static void people_come(struct place *p)
{
    char hour_ago[TIME_TEXT_BYTES];
    struct buf lines;
    buf_init(&lines, 1 << 20);
    (void)time_format(time_now_us() - US_PER_HOUR, hour_ago); /* what is dated ahead of the log isn't counted yet */
    for (unsigned i = 0; i < PEOPLE; i++)
        for (unsigned n = 0; n <= i % 5; n++) {
            const char *phone = i % 3 == 0 ? arena_printf(p->t->arena, ",{\"type\":\"phone\",\"value\":\"138%08u\"}", i)
                                           : "";
            buf_printf(&lines,
                       "{\"id\":\"%u-%u\",\"event\":\"%s\",\"time\":\"%s\",\"brand\":\"a\",\"channel\":\"%s\",\"ids\":["
                       "{\"type\":"
                       "\"user_id\",\"value\":\"u%u\"}%s],"
                       "\"properties\":{\"amount\":%u}}\n",
                       i, n, n % 2 == 0 ? "product_viewed" : "order_paid", hour_ago, i % 4 == 0 ? "tmall" : "jd", i,
                       phone, 10 * i + n);
        }
    buf_push_byte(&lines, 0);
    CHECK_TEXT(p->t, at(p, post(p, "/api/v1/events", (const char *)lines.data), "faulty"), "0");
    buf_fini(&lines);
}

static struct reply preview(struct place *p, const char *list, const char *text)
{
    return post(p, arena_printf(p->t->arena, "/api/v1/%s/preview", list),
                arena_printf(p->t->arena, "{\"name\":\"\",\"text\":\"%s\"}", text));
}

static struct reply saved(struct place *p, const char *list, const char *name, const char *text)
{
    const char *path = arena_printf(p->t->arena, "/api/v1/%s", list),
               *one = arena_printf(p->t->arena, "%s/%s", path, name);
    const char *json = arena_printf(p->t->arena, "{\"name\":\"%s\",\"text\":\"%s\"}", name, text);
    CHECK_STATUS(p->t, ask(p, (struct ask){.method = "PUT", .path = path, .token = ADMIN, .json = json}), 200);
    for (int i = 0; i < TRIES; i++) {
        struct reply r = get(p, one);
        if (strcmp(at(p, r, "state"), "in_force") == 0)
            return r;
    }
    CHECK(p->t, false);
    return (struct reply){0};
}

/* Before anything is saved all is read of events; once it is, the same question reads nothing, and says the same. */
static void a_preview_says_what_a_save_will(struct t *t)
{
    static const char *const texts[] = {
        "count(product_viewed in last 30 days) >= 2",
        "did(order_paid) and phone is known",
        "not did(order_paid)",
        "sum(order_paid.amount) between 100 and 400 or count(product_viewed where channel = 'tmall') > 1",
        "did(product_viewed then order_paid within 5 hours)",
        "email is known",
        "user_id in ('u1', 'u2', 'nobody')",
    };
    struct place p;
    place_open_main(&p, t);
    people_come(&p);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct reply before = preview(&p, "segments", texts[i]);
        CHECK_STATUS(t, before, 200);
        const char *size = at(&p, saved(&p, "segments", arena_printf(t->arena, "s%zu", i), texts[i]), "size");
        struct reply after = preview(&p, "segments", texts[i]);
        CHECK_TEXT(t, at(&p, before, "count"), size);
        CHECK_TEXT(t, at(&p, after, "count"), size);
        CHECK_TEXT(t, at(&p, after, "everybody"), "60");
        CHECK_EQ(t, count_at(&p, after, "saving.gathers"), 0);
        CHECK_TEXT(t, at(&p, after, "saving.events"), "0");
    }
    place_close(&p);
}

static void what_is_not_kept_yet_is_told(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    people_come(&p);
    (void)saved(&p, "segments", "viewers", "count(product_viewed) > 1");
    struct reply r = preview(&p, "segments", "count(product_viewed) > 2 and did(order_paid)");
    CHECK_EQ(t, count_at(&p, r, "saving.gathers"), 1);
    CHECK_TEXT(t, at(&p, r, "saving.gathers.0.en"), "order_paid");
    CHECK_TEXT(t, at(&p, r, "saving.gathers.0.zh"), "“支付订单”");
    CHECK(t, strcmp(at(&p, r, "saving.events"), "0") != 0);
    r = preview(&p, "segments",
                "most_frequent(order_paid.channel in last 90 days) = 'jd' and count(order_paid where channel = 'jd' "
                "from '2026-01-01' to '2026-02-01') > 1 and did(product_viewed then order_paid within 1 day)");
    CHECK_EQ(t, count_at(&p, r, "saving.gathers"), 3);
    CHECK_TEXT(t, at(&p, r, "saving.gathers.0.en"), "order_paid.channel in last 100 days"); /* as kept */
    CHECK_TEXT(t, at(&p, r, "saving.gathers.0.zh"), "近 100 天“支付订单.channel”");
    CHECK_TEXT(t, at(&p, r, "saving.gathers.1.en"),
               "order_paid where channel = 'jd' from '2026-01-01 00:00' to '2026-02-02 00:00'");
    CHECK_TEXT(t, at(&p, r, "saving.gathers.1.zh"), "2026-01-01 00:00 至 2026-02-02 00:00“支付订单(channel = 'jd')”");
    CHECK_TEXT(t, at(&p, r, "saving.gathers.2.en"), "product_viewed, order_paid");
    CHECK_TEXT(t, at(&p, r, "saving.gathers.2.zh"), "“浏览商品”、“支付订单”");
    r = preview(&p, "segments", "segment('viewers') and phone is known"); /* what it names is read in place */
    CHECK_TEXT(t, at(&p, r, "count"),
               at(&p, saved(&p, "segments", "both", "segment('viewers') and phone is known"), "size"));
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/segments/previewed"), "status"), "404");
    place_close(&p);
}

/* Rather than to count everybody, as a rule without a brand does. */
static void a_brand_that_nobody_named_is_refused(struct t *t)
{
    static const char *const asks[] = {"/api/v1/segments/preview", "/api/v1/segments/check"};
    static const char json[] = "{\"name\":\"z\",\"brand\":\"nobrand\",\"text\":\"did(order_paid)\"}";
    struct place p;
    place_open_main(&p, t);
    people_come(&p);
    for (size_t i = 0; i < COUNT_OF(asks); i++) {
        CHECK_STATUS(t, post(&p, asks[i], json), 400);
        struct reply r = ask(
            &p, (struct ask){.path = asks[i], .token = ADMIN, .json = json, .headers = {"Accept-Language: zh"}});
        CHECK(t, has(r, "尚无事件或事物提到品牌“nobrand”"));
    }
    CHECK_STATUS(t, ask(&p, (struct ask){.method = "PUT", .path = "/api/v1/segments", .token = ADMIN, .json = json}),
                 400);
    CHECK_STATUS(t, post(&p, asks[0], "{\"name\":\"z\",\"brand\":\"a\",\"text\":\"did(order_paid)\"}"), 200);
    place_close(&p);
}

/* Of orders that nobody keeps anything of yet, the documents are looked at. */
static void orders_are_looked_at(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    people_come(&p);
    struct reply r = post(&p, "/api/v1/orders",
                          "[{\"shop\":\"s\",\"number\":\"1\",\"version\":1,\"buyer\":[{\"type\":\"user_id\",\"value\":"
                          "\"u7\"}],\"states\":{\"created\":"
                          "\"2026-01-05T04:00:00Z\",\"paid\":\"2026-01-05T04:00:00Z\"},\"lines\":[{\"line\":\"1\","
                          "\"sku\":\"a\",\"quantity\":1,\"paid\":7}]}]");
    CHECK_TEXT(t, at(&p, r, "accepted"), "1");
    for (int i = 0; i < TRIES && strcmp(at(&p, preview(&p, "segments", "count(order) >= 1"), "count"), "1") != 0; i++)
        continue; /* what follows an order follows it soon */
    r = preview(&p, "tags", "sum(order.paid)");
    CHECK_STATUS(t, preview(&p, "tags", "count(order)"), 200);
    r = preview(&p, "tags", "count(order)");
    CHECK_TEXT(t, at(&p, r, "count"), "1");
    CHECK_TEXT(t, at(&p, r, "values.0.value"), "1");
    CHECK_EQ(t, count_at(&p, r, "saving.gathers"), 1);
    place_close(&p);
}

static void a_tag_has_values_and_some_people(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    people_come(&p);
    struct reply r = preview(&p, "tags", "count(product_viewed)");
    CHECK_TEXT(t, at(&p, r, "type"), "number");
    CHECK_TEXT(t, at(&p, r, "values.0.value"), "1"); /* of i % 5 = 0 and 1 one, of 2 and 3 two, of 4 three */
    CHECK_TEXT(t, at(&p, r, "values.0.people"), "24");
    CHECK_TEXT(t, at(&p, r, "values.2.people"), "12");
    CHECK_EQ(t, count_at(&p, r, "values"), 3);
    CHECK_EQ(t, count_at(&p, r, "sample"), 10);
    r = post(&p, "/api/v1/tags/preview?sample=0", "{\"name\":\"\",\"text\":\"count(product_viewed)\"}");
    CHECK_EQ(t, count_at(&p, r, "sample"), 0);
    CHECK_TEXT(t, at(&p, r, "count"), "60");
    r = preview(&p, "segments", "user_id = 'u7'");
    CHECK_TEXT(t, at(&p, r, "sample.0.person.id"), at(&p, get(&p, "/api/v1/people/user_id:u7"), "id"));
    place_close(&p);
}

static void what_cannot_be_saved_is_not_previewed(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    people_come(&p);
    CHECK_STATUS(t, preview(&p, "segments", "count(order_payed) > 1"), 400);
    CHECK_STATUS(t, preview(&p, "segments", "count(order_paid"), 400);
    CHECK_STATUS(t, preview(&p, "segments", "count(order_paid)"), 400); /* a value is no segment */
    CHECK_STATUS(t, post(&p, "/api/v1/segments/preview", "{\"name\":\"\",\"texts\":\"did(login)\"}"), 400);
    place_token(&p, "main", &(struct token){.name = "m", .roles = 1u << ROLE_READ, .masked = true}, MASKED);
    struct reply r = ask(&p, (struct ask){.path = "/api/v1/segments/preview",
                                          .token = MASKED,
                                          .json = "{\"name\":\"\",\"text\":\"did(order_paid)\"}"});
    CHECK_STATUS(t, r, 403); /* who can't save could ask of somebody by what they may not see */
    place_close(&p);
}

/* It is told some people of its brand, and not how many there are in all. */
static void a_token_of_a_brand_previews_for_it(struct t *t)
{
    static const struct token of_a = {
        .name = "desk-a", .roles = 1u << ROLE_READ | 1u << ROLE_WRITE, .brand_count = 1, .brands = {"a"}};
    struct place p;
    place_open_main(&p, t);
    people_come(&p);
    place_token(&p, "main", &of_a, "kith_a");
    static const char *const bodies[] = {"{\"name\":\"\",\"text\":\"did(order_paid)\"}",
                                         "{\"name\":\"\",\"text\":\"did(order_paid)\",\"brand\":\"a\"}"};
    struct ask ask_of = {.path = "/api/v1/segments/preview", .token = "kith_a", .json = bodies[0]};
    CHECK_STATUS(t, ask(&p, ask_of), 403);
    ask_of.json = bodies[1];
    struct reply r = ask(&p, ask_of);
    CHECK_STATUS(t, r, 200);
    CHECK(t, has(r, "\"count\":null,\"everybody\":null"));
    CHECK(t, has(r, "\"events\":null,\"seconds\":")); /* that were read, of all brands */
    CHECK_EQ(t, count_at(&p, r, "sample"), 10);
    place_close(&p);
}

/* Chinese and English. */
static void a_sentence_says_what_is_asked(struct t *t)
{
    static const struct {
        const char *text, *zh, *en;
    } told[] = {
        {"count(order_paid in last 90 days) >= 3", "近 90 天“支付订单”次数 ≥ 3",
         "how often order_paid in last 90 days ≥ 3"},
        {"phone is known and not (did(order_paid in last 30 days) or email is unknown)",
         "phone 已知,且 并非:(近 30 天发生过“支付订单”,或 email 未知)",
         "phone is known, and not: (did order_paid in last 30 days, or email isn't known)"},
        {"user_id in ('a', 'b') or sum(order_paid.amount) between 1 and 2.5",
         "user_id 为 “a”、“b” 之一,或 “支付订单.amount”合计 在 1 至 2.5 之间",
         "user_id is one of 'a', 'b', or sum of order_paid.amount from 1 to 2.5"},
        {"did(product_viewed then no order_paid within 2 hours)", "发生过“浏览商品”,其后没有“支付订单”(全程 2 小时内)",
         "did product_viewed then no order_paid within 2 hours"},
        {"segment('vip')", "属于人群“vip”", "in the segment 'vip'"},
        {"not did(order_paid in last 30 days)", "近 30 天没有发生过“支付订单”", "didn't order_paid in last 30 days"},
        {"sum(order_paid.amount) / count(order_paid) > 3 and days_since(last(order_paid).time) < 10",
         "sum(order_paid.amount) / count(order_paid) > 3,且 days_since(last(order_paid).time) < 10",
         "sum(order_paid.amount) / count(order_paid) > 3, and days_since(last(order_paid).time) < 10"}, /* as they are written */
        {"last(order_paid).time in last 7 days", "最近一次“支付订单”的 time 在近 7 天",
         "last order_paid, its time is in last 7 days"},
        {"share('x') < 0.5 or first(order_paid).time > ago(30 days)",
         "share('x') < 0.5,或 首次“支付订单”的 time > ago(30 days)",
         "share('x') < 0.5, or first order_paid, its time > ago(30 days)"},
    };
    struct place p;
    place_open_main(&p, t);
    people_come(&p);
    (void)saved(&p, "segments", "vip", "did(order_paid)");
    for (size_t i = 0; i < COUNT_OF(told); i++) {
        struct reply r = post(&p, "/api/v1/segments/check",
                              arena_printf(t->arena, "{\"name\":\"\",\"text\":\"%s\"}", told[i].text));
        CHECK_STATUS(t, r, 200);
        CHECK_TEXT(t, at(&p, r, "sentence.zh"), told[i].zh);
        CHECK_TEXT(t, at(&p, r, "sentence.en"), told[i].en);
    }
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/segments/vip"), "sentence.zh"), "发生过“支付订单”");
    place_close(&p);
}

static const struct test tests[] = {
    {"a preview says what a save will", a_preview_says_what_a_save_will, 1},
    {"what is not kept yet is told", what_is_not_kept_yet_is_told, 1},
    {"a brand that nobody named is refused", a_brand_that_nobody_named_is_refused, 1},
    {"orders are looked at", orders_are_looked_at, 1},
    {"a tag has values and some people", a_tag_has_values_and_some_people, 1},
    {"what cannot be saved is not previewed", what_cannot_be_saved_is_not_previewed, 1},
    {"a token of a brand previews for it", a_token_of_a_brand_previews_for_it, 1},
    {"a sentence says what is asked", a_sentence_says_what_is_asked, 1},
};
TEST_MAIN(tests)
