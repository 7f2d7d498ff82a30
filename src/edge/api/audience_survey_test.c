/* Tags and segments looked at as a whole, by HTTP, against numbers that are counted by hand. Covers: audience_survey.c, audience_reach.c, audience_overlap.c, audience_portrait.c,
 * audience_growth.c, audience_health.c, audience_use.c, export_choice.c */
#include "edge/door_test.h"

#define PEOPLE 60u
#define BUYERS 20u /* the first ones: they buy, live in Shanghai, and of them CONSENTED agree to be written to */
#define CONSENTED 12u
#define MASKED "kith_masked"

static void save(struct place *p, const char *list, const char *name, const char *text)
{
    struct reply r = ask(
        p, (struct ask){.method = "PUT",
                        .path = arena_printf(p->t->arena, "/api/v1/%s", list),
                        .token = ADMIN,
                        .json = arena_printf(p->t->arena, "{\"name\":\"%s\",\"text\":\"%s\"}", name, text)});
    CHECK_STATUS(p->t, r, 200);
}

/* Everybody looks, the first BUYERS buy; all have a phone but the last two. */
static void people_come(struct place *p)
{
    struct buf lines;
    buf_init(&lines, 1 << 20);
    for (unsigned i = 0; i < PEOPLE; i++) {
        bool buys = i < BUYERS;
        buf_printf(&lines,
                   "{\"id\":\"v%u\",\"event\":\"product_viewed\",\"channel\":\"%s\",\"ids\":[{\"type\":\"user_id\","
                   "\"value\":\"u%u\"}",
                   i, buys ? "tmall" : "web", i);
        if (i < PEOPLE - 2)
            buf_printf(&lines, ",{\"type\":\"phone\",\"value\":\"138123450%02u\"}", i);
        buf_printf(&lines, "],\"traits\":{\"city\":\"%s\",\"name\":\"王小%u\"}", buys ? "上海" : "北京", i);
        if (i < CONSENTED)
            buf_push_text(&lines, ",\"consents\":[{\"purpose\":\"marketing\",\"given\":true}]");
        buf_push_text(&lines, "}\n");
        if (buys)
            buf_printf(&lines,
                       "{\"id\":\"o%u\",\"event\":\"order_paid\",\"ids\":[{\"type\":\"user_id\",\"value\":\"u%u\"}]}\n",
                       i, i);
    }
    struct reply r = ask(p, (struct ask){.path = "/api/v1/events", .token = ADMIN, .body = buf_bytes(&lines)});
    CHECK_STATUS(p->t, r, 200);
    buf_fini(&lines);
}

static void place_open_shop(struct place *p, struct t *t)
{
    static const struct token masked = {.name = "masked", .roles = 1u << ROLE_READ, .masked = true};
    place_open_main(p, t);
    place_token(p, "main", &masked, MASKED);
    save(p, "segments", "buyers", "did(order_paid)");
    save(p, "segments", "payers", "count(order_paid) >= 1");
    save(p, "segments", "lookers", "did(product_viewed)");
    save(p, "segments", "strangers", "not did(order_paid)");
    save(p, "tags", "channel", "most_frequent(product_viewed.channel)");
    save(p, "tags", "times", "count(order_paid)");
    people_come(p);
}

/* --- reach --- */

static void reach_is_counted_by_reason(struct t *t)
{
    struct place p;
    place_open_shop(&p, t);
    struct reply r = get(&p, "/api/v1/segments/lookers/reach?sample=5");
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "question"), "reach");
    CHECK_TEXT(t, at(&p, r, "people"), "60");
    CHECK_TEXT(t, at(&p, r, "purpose"), "marketing");
    CHECK_TEXT(t, at(&p, r, "columns.2.name"), "reachable");
    CHECK_TEXT(t, at(&p, r, "columns.4.name"), "no_address"); /* what nobody is excluded by has no column */
    CHECK_TEXT(t, at(&p, r, "columns.5.name"), "no_consent");
    CHECK_TEXT(t, at(&p, r, "columns.6.name"), "");
    CHECK_TEXT(t, at(&p, r, "rows.0.1"), "任一渠道");
    CHECK_TEXT(t, at(&p, r, "rows.0.2"), "12");
    CHECK_TEXT(t, at(&p, r, "rows.1.0"), "SMS");
    CHECK_TEXT(t, at(&p, r, "rows.1.2"), "12");
    CHECK_TEXT(t, at(&p, r, "rows.1.4"), "2");
    CHECK_TEXT(t, at(&p, r, "rows.1.5"), "46");
    CHECK_EQ(t, count_at(&p, r, "sample"), 5);
    r = get(&p, "/api/v1/tags/channel/reach?value=tmall&sample=0");
    CHECK_TEXT(t, at(&p, r, "people"), "20");
    CHECK_TEXT(t, at(&p, r, "rows.1.2"), "12");
    CHECK_EQ(t, count_at(&p, r, "sample"), 0);
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/tags/channel/reach"), "people"), "60"); /* whoever has a value */
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/segments/strangers/reach"), "people"), "40");
    CHECK_STATUS(t, get(&p, "/api/v1/segments/nobody/reach"), 404);
    CHECK_STATUS(t, get(&p, "/api/v1/segments/lookers/reach?brand=none"), 404);
    CHECK_STATUS(t, get(&p, "/api/v1/segments/lookers/reach?value=x"), 400);
    CHECK_STATUS(t, get(&p, "/api/v1/segments/lookers/reach?sample=x"), 400);
    place_close(&p);
}

/* Whom the sample shows is masked as the token is, and noted as a read. */
static void a_sample_is_masked(struct t *t)
{
    struct place p;
    place_open_shop(&p, t);
    struct reply r = ask(&p, (struct ask){.path = "/api/v1/segments/buyers/reach", .token = MASKED});
    CHECK_STATUS(t, r, 200);
    CHECK_EQ(t, count_at(&p, r, "sample"), 10);
    CHECK(t, !has(r, "王小") && !has(r, "13812345"));
    CHECK(t, has(get(&p, "/api/v1/segments/buyers/reach"), "王小"));
    CHECK(t, has(get(&p, "/api/v1/reads"), "/api/v1/segments/{name}/reach"));
    place_close(&p);
}

/* What people wrote may name them: a masked token is told no texts. */
static void values_are_counted_and_texts_are_masked(struct t *t)
{
    struct place p;
    place_open_shop(&p, t);
    struct reply r = get(&p, "/api/v1/tags/channel/values");
    CHECK_TEXT(t, at(&p, r, "count"), "2");
    CHECK_TEXT(t, at(&p, r, "values.0.value"), "web");
    CHECK_TEXT(t, at(&p, r, "values.0.people"),
               at(&p, get(&p, "/api/v1/tags/channel/reach?value=web&sample=0"), "people"));
    r = ask(&p, (struct ask){.path = "/api/v1/tags/channel/values", .token = MASKED});
    CHECK_STATUS(t, r, 200);
    CHECK_EQ(t, count_at(&p, r, "values"), 0);
    place_close(&p);
}

/* Who doesn't wait is told the number of the study, and gets the answer from there. */
static void a_survey_is_a_study(struct t *t)
{
    struct place p;
    place_open_shop(&p, t);
    struct reply r = get(&p, "/api/v1/segments/lookers/reach?wait_ms=0");
    CHECK_STATUS(t, r, 202);
    const char *study = at(&p, r, "study");
    r = get(&p, arena_printf(t->arena, "/api/v1/analytics/studies/%s?wait_ms=30000", study));
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "people"), "60");
    CHECK_STATUS(t, get(&p, arena_printf(t->arena, "/api/v1/analytics/studies/%s", study)), 404);
    place_close(&p);
}

/* --- overlap --- */

static void overlaps_are_exact(struct t *t)
{
    struct place p;
    place_open_shop(&p, t);
    struct reply r = post(&p, "/api/v1/segments/overlap",
                          "{\"of\":[\"segment:buyers\",\"segment:lookers\",\"tag:channel=web\"],\"top\":2}");
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "people"), "60");
    CHECK_TEXT(t, at(&p, r, "sets.2.people"), "40");
    CHECK_EQ(t, count_at(&p, r, "rows"), 9);
    CHECK_TEXT(t, at(&p, r, "rows.1.4"), "0.3333333333333333"); /* 20 of 60 */
    CHECK_TEXT(t, at(&p, r, "rows.1.5"), "20");
    CHECK_TEXT(t, at(&p, r, "rows.1.6"), "1");
    CHECK_TEXT(t, at(&p, r, "rows.2.5"), "0"); /* buyers came by tmall */
    CHECK_TEXT(t, at(&p, r, "rows.0.4"), "null");
    CHECK_EQ(t, count_at(&p, r, "combinations"), 2);
    CHECK_TEXT(t, at(&p, r, "combinations.0.people"), "40");
    CHECK_TEXT(t, at(&p, r, "combinations.0.sets.1"), "tag:channel=web");
    CHECK_TEXT(t, at(&p, r, "combinations.1.sets.0"), "segment:buyers");
    CHECK_STATUS(t, post(&p, "/api/v1/segments/overlap", "{\"of\":[\"segment:buyers\"]}"), 400);
    CHECK_STATUS(t, post(&p, "/api/v1/segments/overlap", "{\"of\":[\"segment:buyers\",\"segment:buyers\"]}"), 400);
    CHECK_STATUS(t, post(&p, "/api/v1/segments/overlap", "{\"of\":[\"segment:buyers\",\"people:x\"]}"), 400);
    CHECK_STATUS(t, post(&p, "/api/v1/segments/overlap", "{\"of\":[\"segment:buyers\",\"tag:none\"]}"), 404);
    place_close(&p);
}

/* --- portrait --- */

/* The place of the row that says this of a trait; -1: none. */
static int row_of(struct place *p, struct reply r, const char *name, const char *value)
{
    for (int i = 0; i < (int)count_at(p, r, "rows"); i++)
        if (strcmp(at(p, r, arena_printf(p->t->arena, "rows.%d.2", i)), name) == 0 &&
            strcmp(at(p, r, arena_printf(p->t->arena, "rows.%d.3", i)), value) == 0)
            return i;
    return -1;
}

static void what_differs_is_told(struct t *t)
{
    struct place p;
    place_open_shop(&p, t);
    struct reply r = get(&p, "/api/v1/segments/buyers/portrait");
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "members.read"), "20");
    CHECK_TEXT(t, at(&p, r, "others.read"), "40");
    CHECK_TEXT(t, at(&p, r, "members.is_sample"), "false");
    int city = row_of(&p, r, "city", "上海"), paid = row_of(&p, r, "order_paid", "≥ 1"),
        viewed = row_of(&p, r, "product_viewed", "≥ 1"), tag = row_of(&p, r, "channel", "tmall");
    CHECK(t, city >= 0 && paid >= 0 && tag >= 0);
    CHECK_EQ(t, viewed, -1);   /* both alike */
    CHECK(t, !has(r, "王小")); /* names of persons are no features */
    CHECK_TEXT(t, at(&p, r, arena_printf(t->arena, "rows.%d.4", city)), "20");
    CHECK_TEXT(t, at(&p, r, arena_printf(t->arena, "rows.%d.5", city)), "1");
    CHECK_TEXT(t, at(&p, r, arena_printf(t->arena, "rows.%d.6", city)), "0");
    CHECK_TEXT(t, at(&p, r, arena_printf(t->arena, "rows.%d.7", city)), "null");
    CHECK_TEXT(t, at(&p, r, "event_names.order_paid"), "支付订单");
    r = get(&p, "/api/v1/segments/buyers/portrait?against=segment:payers"); /* the same people: nobody is left */
    CHECK_TEXT(t, at(&p, r, "others.read"), "0");
    CHECK_EQ(t, count_at(&p, r, "rows"), 0);
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/segments/buyers/portrait?limit=1"), "rows"), 1);
    CHECK_STATUS(t, get(&p, "/api/v1/segments/buyers/portrait?against=buyers"), 400);
    CHECK_STATUS(t, get(&p, "/api/v1/segments/buyers/portrait?against=segment:none"), 404);
    place_close(&p);
}

/* What people wrote may name them: a masked token isn't told who has which text. */
static void texts_of_tags_are_masked_in_a_portrait(struct t *t)
{
    struct place p;
    place_open_shop(&p, t);
    const struct ask masked = {.path = "/api/v1/segments/buyers/portrait", .token = MASKED};
    struct reply all = get(&p, "/api/v1/segments/buyers/portrait"), some = ask(&p, masked);
    CHECK_STATUS(t, some, 200);
    CHECK(t, row_of(&p, all, "channel", "tmall") >= 0);
    CHECK_EQ(t, row_of(&p, some, "channel", "tmall"), -1);
    CHECK_EQ(t, row_of(&p, some, "channel", "web"), -1);
    CHECK(t, row_of(&p, some, "times", "1") >= 0);   /* a number */
    CHECK(t, row_of(&p, some, "city", "上海") >= 0); /* a trait, as profiles have it */
    CHECK(t, row_of(&p, some, "payers", "") >= 0);
    place_close(&p);
}

/* --- growth, health --- */

static void growth_is_told_by_cause(struct t *t)
{
    struct place p;
    place_open_shop(&p, t);
    struct reply r = get(&p, "/api/v1/segments/buyers/growth");
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "people"), "20");
    CHECK_EQ(t, count_at(&p, r, "rows"), 1);
    CHECK_TEXT(t, at(&p, r, "rows.0.1"), "null"); /* no day has begun yet */
    CHECK_TEXT(t, at(&p, r, "rows.0.2"), "20");
    CHECK_TEXT(t, at(&p, r, "rows.0.3"), "0");
    CHECK_TEXT(t, at(&p, r, "columns.5.name"), "entered_live");
    CHECK_TEXT(t, at(&p, r, "rows.0.5"), "20");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/tags/channel/growth"), "rows.0.2"), "60");
    CHECK_STATUS(t, get(&p, "/api/v1/segments/buyers/growth?days=0"), 400);
    CHECK_STATUS(t, get(&p, "/api/v1/segments/none/growth"), 404);
    place_close(&p);
}

static void health_tells_copies_and_uses(struct t *t)
{
    struct place p;
    place_open_shop(&p, t);
    struct reply r = get(&p, "/api/v1/audience/health?kind=segment");
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "people"), "60");
    CHECK_EQ(t, count_at(&p, r, "rows"), 4);
    CHECK_TEXT(t, at(&p, r, "rows.0.0"), "buyers");
    CHECK_TEXT(t, at(&p, r, "rows.0.3"), "20");
    CHECK_TEXT(t, at(&p, r, "rows.0.7"), "null"); /* nobody used it */
    CHECK(t, has(r, "\"hint\":\"near_copy\",\"with\":\"payers\",\"jaccard\":1"));
    CHECK(t, has(r, "{\"name\":\"lookers\",\"hint\":\"nearly_all\"}"));
    CHECK(t, has(r, "几乎人人都有"));
    CHECK_STATUS(t, get(&p, "/api/v1/segments/payers/people"), 200);
    CHECK_STATUS(t, get(&p, "/api/v1/segments/buyers/reach"), 200);
    r = get(&p, "/api/v1/audience/health?kind=segment");
    CHECK_TEXT(t, at(&p, r, "rows.0.8"), "survey");
    CHECK_TEXT(t, at(&p, r, "rows.2.8"), "people");
    CHECK_TEXT(t, at(&p, r, "rows.1.8"), "null");
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/audience/health"), "rows"), 2); /* tags */
    CHECK_STATUS(t, get(&p, "/api/v1/audience/health?kind=people"), 400);
    place_close(&p);
}

/* Each buyer's order is looked at by who asks for orders, and kept by them in equal parts; what nobody does costs nothing. */
static void health_tells_what_each_costs(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    save(&p, "tags", "bought", "count(order_paid)");
    save(&p, "tags", "refunded", "count(refund_done)");
    people_come(&p);
    struct reply r = get(&p, "/api/v1/audience/health?kind=tag");
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "columns.12.name"), "evaluations_a_day");
    CHECK_TEXT(t, at(&p, r, "cost.sampled"), "60");
    CHECK_TEXT(t, at(&p, r, "rows.0.0"), "bought");
    CHECK_TEXT(t, at(&p, r, "rows.0.12"), "20");
    CHECK_TEXT(t, at(&p, r, "rows.0.13"), "0");
    CHECK(t, strtod(at(&p, r, "rows.0.14"), NULL) > 0);
    CHECK(t, strtod(at(&p, r, "rows.0.15"), NULL) >= BUYERS);
    CHECK_TEXT(t, at(&p, r, "rows.1.12"), "0");
    CHECK_TEXT(t, at(&p, r, "rows.1.14"), "0");
    CHECK_TEXT(t, at(&p, r, "rows.1.15"), "0");
    place_close(&p);
}

/* Whoever is told who came and left uses it, be it a hook or a reader of changes. */
static void those_who_hear_of_it_use_it(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    save(&p, "segments", "buyers", "did(order_paid)");
    save(&p, "segments", "payers", "count(order_paid) >= 1");
    save(&p, "tags", "times", "count(order_paid)");
    CHECK_STATUS(
        t, post(&p, "/api/v1/hooks", "{\"name\":\"tail\",\"target\":\"tail.ndjson\",\"facts\":[\"tag_changed\"]}"),
        200);
    CHECK_STATUS(t,
                 ask(&p, (struct ask){.method = "PUT",
                                      .path = "/api/v1/consumers/crm",
                                      .token = ADMIN,
                                      .json = "{\"from\":\"now\"}"}),
                 200);
    people_come(&p);
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/audience/health?kind=tag"), "rows.0.8"), "hook");
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/audience/health?kind=segment"), "rows.0.8"), "null");
    CHECK_STATUS(t, get(&p, "/api/v1/changes?consumer=crm&facts=segment_entered"), 200);
    struct reply r = get(&p, "/api/v1/audience/health?kind=segment");
    CHECK_TEXT(t, at(&p, r, "rows.0.8"), "changes");
    CHECK_TEXT(t, at(&p, r, "rows.1.9"), "变更订阅");
    place_close(&p);
}

/* --- export --- */

static size_t rows_of(struct reply r)
{
    size_t count = 0;
    for (size_t i = 0; i < r.body.size; i++)
        count += r.body.data[i] == '\n';
    return count;
}

static void people_of_a_segment_are_exported(struct t *t)
{
    struct place p;
    place_open_shop(&p, t);
    struct reply r = get(&p, "/api/v1/export/people?of=segment:buyers&traits=city&tags=channel");
    CHECK_STATUS(t, r, 200);
    CHECK_EQ(t, rows_of(r), BUYERS);
    CHECK(t, has(r, "\"traits\":[{\"name\":\"city\",\"value\":\"上海\"}]"));
    CHECK(t, has(r, "\"tags\":[{\"name\":\"channel\",\"value\":\"tmall\"}]"));
    CHECK(t, !has(r, "王小") && !has(r, "北京") && !has(r, "counters"));
    CHECK_EQ(t, rows_of(get(&p, "/api/v1/export/people?of=tag:channel=web")), PEOPLE - BUYERS);
    r = get(&p, "/api/v1/export/people?of=segment:buyers&traits=city&format=csv&plain=1");
    CHECK(t, has(r, "id,number,phone,email,city"));
    r = ask(&p, (struct ask){.path = "/api/v1/export/people?of=segment:buyers&traits=name,city&tags=channel",
                             .token = MASKED});
    CHECK_EQ(t, rows_of(r), BUYERS);
    CHECK(t, !has(r, "13812345") && !has(r, "王小") && !has(r, "tmall") && has(r, "上海"));
    CHECK(t, has(get(&p, "/api/v1/reads"), "export segment:buyers"));
    CHECK_STATUS(t, get(&p, "/api/v1/export/people?of=segment:none"), 404);
    CHECK_STATUS(t, get(&p, "/api/v1/export/people?of=buyers"), 400);
    CHECK_STATUS(t, get(&p, "/api/v1/export/people?traits=a,a"), 400);
    CHECK_STATUS(t, get(&p, "/api/v1/export/things?of=segment:buyers"), 400);
    place_close(&p);
}

static const struct test tests[] = {
    {"reach is counted by reason", reach_is_counted_by_reason, 1},
    {"a sample is masked", a_sample_is_masked, 1},
    {"values are counted and texts are masked", values_are_counted_and_texts_are_masked, 1},
    {"a survey is a study", a_survey_is_a_study, 1},
    {"overlaps are exact", overlaps_are_exact, 1},
    {"what differs is told", what_differs_is_told, 1},
    {"texts of tags are masked in a portrait", texts_of_tags_are_masked_in_a_portrait, 1},
    {"growth is told by cause", growth_is_told_by_cause, 1},
    {"health tells copies and uses", health_tells_copies_and_uses, 1},
    {"health tells what each costs", health_tells_what_each_costs, 1},
    {"those who hear of it use it", those_who_hear_of_it_use_it, 1},
    {"people of a segment are exported", people_of_a_segment_are_exported, 1},
};
TEST_MAIN(tests)
