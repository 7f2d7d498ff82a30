/* Tags and segments looked at as a whole, said as in a shell. Covers: answer_ask.c, audience_look.c */
#include "app/app_test.h"

#define LOOKED(id, who, more)                                                              \
    "{\"id\":\"" id "\",\"event\":\"product_viewed\",\"brand\":\"a\",\"channel\":\"web\"," \
    "\"ids\":[{\"type\":\"user_id\",\"value\":\"" who "\"}" more "}\n"
#define PHONE(number) ",{\"type\":\"phone\",\"value\":\"" number "\"}]"
#define AGREES ",\"consents\":[{\"purpose\":\"marketing\",\"given\":true}]"

static const char story[] = LOOKED("1", "ann",
                                   PHONE("13812345601") ",\"traits\":{\"name\":\"安安\",\"city\":\"上海\"}" AGREES)
    LOOKED("2", "bea", PHONE("13812345602")) LOOKED("3", "cleo", "]") LOOKED("4", "ann", "]");

static void open_story(struct place *p, struct t *t)
{
    place_open(p, t);
    CHECK_EQ(t, KITH(t, "segment", "save", "lookers", "did(product_viewed)", "--label-zh", "看过").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "segment", "save", "twice", "count(product_viewed) >= 2", "--label-zh", "看过两次").code,
             EXIT_DONE);
    CHECK_EQ(t, KITH(t, "tag", "save", "channel", "last(product_viewed.channel)", "--label-zh", "渠道").code,
             EXIT_DONE);
    file_make(t, "events.ndjson", story);
    CHECK_EQ(t, KITH(t, "import", arena_printf(t->arena, "%s/events.ndjson", t->folder)).code, EXIT_DONE);
}

static void reach_is_a_table_with_bars(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct said said = KITH(t, "segment", "reach", "lookers", "--sample", "2");
    CHECK_EQ(t, said.code, EXIT_DONE);
    CHECK(t, says(said.out, "3 people · the whole group") && says(said.out, "No consent 2") && says(said.out, "安安"));
    (void)setenv("KITH_LANG", "zh", 1);
    said = KITH(t, "segment", "reach", "lookers", "--brand", "a");
    CHECK(t, says(said.out, "人数 3 · a · 营销") && says(said.out, "任一渠道") && says(said.out, "33.3%"));
    CHECK(t, says(said.out, "██████▋") && says(said.out, "无联系方式 1 · 无同意授权 1") && says(said.out, "抽样成员"));
    (void)setenv("KITH_LANG", "en", 1);
    const char *svg = arena_printf(t->arena, "%s/reach.svg", t->folder);
    CHECK_EQ(t, KITH(t, "tag", "reach", "channel", "--value", "web", "--svg", svg).code, EXIT_DONE);
    CHECK(t, says(file_text(t, svg), "<svg") && says(file_text(t, svg), "Reach by channel"));
    CHECK(t,
          says(KITH(t, "segment", "reach", "lookers", "--csv", "--plain").out, "channel,channel_zh,reachable,share"));
    CHECK(t, says(KITH(t, "segment", "reach", "lookers", "--json").out, "\"question\":\"reach\""));
    CHECK_EQ(t, KITH(t, "segment", "reach").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "segment", "reach", "nobody").code, EXIT_REFUSED);
    CHECK(t, says(file_text(t, arena_printf(t->arena, "%s/errors", t->folder)), "no such tag or segment"));
    place_close(&p, t);
}

static void overlap_is_a_matrix_and_combinations(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct said said = KITH(t, "segment", "overlap", "segment:lookers", "segment:twice", "tag:channel=web");
    CHECK_EQ(t, said.code, EXIT_DONE);
    CHECK(t, says(said.out, "3 people are in one at least") && says(said.out, "33.3%") && says(said.out, "100.0%"));
    CHECK(t, says(said.out, "segment:lookers + tag:channel=web"));
    (void)setenv("KITH_LANG", "zh", 1);
    said = KITH(t, "segment", "overlap", "segment:lookers", "segment:twice", "--top", "1");
    CHECK(t, says(said.out, "看过两次") && says(said.out, "恰属于") && !says(said.out, "看过 + 看过两次"));
    const char *svg = arena_printf(t->arena, "%s/overlap.svg", t->folder);
    CHECK_EQ(t, KITH(t, "segment", "overlap", "segment:lookers", "segment:twice", "--svg", svg).code, EXIT_DONE);
    CHECK(t, says(file_text(t, svg), "人群重叠") && says(file_text(t, svg), "看过两次"));
    CHECK_EQ(t, KITH(t, "segment", "overlap", "segment:lookers").code, EXIT_REFUSED);
    CHECK(t, says(file_text(t, arena_printf(t->arena, "%s/errors", t->folder)), "2 至 20 个"));
    CHECK_EQ(t, KITH(t, "segment", "overlap", "lookers", "twice").code,
             EXIT_DONE); /* of the kind that the verb is of */
    CHECK(t, KITH(t, "tag", "overlap", "lookers", "twice").code != EXIT_DONE);
    CHECK(t, KITH(t, "segment", "overlap", "people:lookers", "twice").code != EXIT_DONE);
    CHECK(t, says(file_text(t, arena_printf(t->arena, "%s/errors", t->folder)), "应为 segment:名称"));
    (void)setenv("KITH_LANG", "en", 1);
    place_close(&p, t);
}

static void portrait_growth_and_health_are_tables(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct said said = KITH(t, "segment", "portrait", "twice");
    CHECK_EQ(t, said.code, EXIT_DONE);
    CHECK(t, says(said.out, "People looked at") && says(said.out, "Others looked at"));
    CHECK_EQ(t, KITH(t, "segment", "portrait", "twice", "--against", "segment:lookers").code, EXIT_DONE);
    said = KITH(t, "segment", "growth", "lookers", "--days", "7");
    CHECK(t, says(said.out, "People now") && says(said.out, "Came"));
    CHECK(t, says(KITH(t, "tag", "growth", "channel").out, "Came"));
    (void)setenv("KITH_LANG", "zh", 1);
    said = KITH(t, "segment", "health");
    CHECK(t, says(said.out, "总人数 3") && says(said.out, "看过两次") && says(said.out, "没有负责人"));
    CHECK(t, says(said.out, "测算") && !says(said.out, "几乎人人都有")); /* too few people for that */
    CHECK(t, says(said.out, "每日 CPU 毫秒") && says(said.out, "由抽样估计"));
    CHECK(t, says(KITH(t, "tag", "health").out, "渠道"));
    (void)setenv("KITH_LANG", "en", 1);
    CHECK(t, says(KITH(t, "segment", "health").out, "nobody owns it"));
    place_close(&p, t);
}

static void people_of_a_segment_are_exported(struct t *t)
{
    struct place p;
    open_story(&p, t);
    struct said said = KITH(t, "export", "people", "--segment", "twice", "--traits", "city", "--tags", "channel",
                            "--format", "csv", "--plain");
    CHECK_EQ(t, said.code, EXIT_DONE);
    CHECK(t, says(said.out, "id,number,phone,email,city,channel") && says(said.out, "上海,web"));
    CHECK(t, !says(said.out, "13812345602"));
    const char *book = arena_printf(t->arena, "%s/twice.xlsx", t->folder);
    CHECK_EQ(t, KITH(t, "export", "people", "--tag", "channel=web", "--tags", "channel", "--out", book).code,
             EXIT_DONE);
    CHECK(t, says(KITH(t, "reads").out, "export segment:twice"));
    CHECK_EQ(t, KITH(t, "export", "people", "--segment", "twice", "--tag", "channel").code, EXIT_USAGE);
    CHECK(t, KITH(t, "export", "people", "--traits", "a,a").code != EXIT_DONE);
    place_close(&p, t);
}

/* By the workspace's clocks, wherever the terminal is; from the next answer on by new ones. */
static void times_are_the_workspaces(struct t *t)
{
    static const char event[] = "{\"event\":\"product_viewed\",\"time\":\"2026-03-03T20:30:00Z\",\"ids\":[{\"type\":"
                                "\"user_id\",\"value\":\"dan\"}]}";
    struct place p;
    open_story(&p, t);
    file_make(t, "dan.ndjson", event);
    CHECK_EQ(t, KITH(t, "import", arena_printf(t->arena, "%s/dan.ndjson", t->folder)).code, EXIT_DONE);
    (void)setenv("TZ", "America/New_York", 1);
    struct said said = KITH(t, "segment", "explain", "lookers", "user_id:dan");
    CHECK(t, says(said.out, "2026-03-04 04:30") && says(said.out, "(Asia/Shanghai)"));
    file_make(t, "zone.json", "{\"calendars\":[{\"of\":\"workspace\",\"name\":null,\"zone\":\"Europe/London\"}]}");
    CHECK_EQ(t, KITH(t, "apply", "-f", arena_printf(t->arena, "%s/zone.json", t->folder), "--yes").code, EXIT_DONE);
    said = KITH(t, "segment", "explain", "lookers", "user_id:dan");
    CHECK(t, says(said.out, "2026-03-03 20:30") && says(said.out, "(Europe/London)"));
    (void)unsetenv("TZ");
    place_close(&p, t);
}

static const struct test tests[] = {
    {"reach is a table with bars", reach_is_a_table_with_bars, 1},
    {"overlap is a matrix and combinations", overlap_is_a_matrix_and_combinations, 1},
    {"times are the workspace's", times_are_the_workspaces, 1},
    {"portrait, growth and health are tables", portrait_growth_and_health_are_tables, 1},
    {"people of a segment are exported", people_of_a_segment_are_exported, 1},
};
PROGRAM_TEST_MAIN(tests)
