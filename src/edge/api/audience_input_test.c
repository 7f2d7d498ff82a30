/* What is said badly of a segment is refused, in both languages, at the word that is meant. Covers: audience.c, ../../domain/rule/forbidden.c */
#include "edge/door_test.h"

#define SHORT_LIST 60u
#define LONG_LIST 10001u /* values; one more than any list may have */
#define LONG_TEXT ((size_t)1 << 20)
#define HOSTILE_LETTERS 20000u

static const struct bad {
    const char *text, *en, *zh;
} bad[] = {
    {"segment('vp')", "at character 9: there is no segment 'vp'; did you mean 'vip'?",
     "第 9 个字符:没有人群“vp”;是不是“vip”?"},
    {"segment('vip') and segment('x')", "at character 28: segment 'x' asks for itself: that is a circle", "定义成环"},
    {"count(order_payed) > 1",
     "at character 7: there is no event \\\"order_payed\\\"; did you mean \\\"order_paid\\\"?",
     "第 7 个字符:没有“order_payed”这个事件"},
    {"phne is known", "at character 1: nobody has a trait or an identifier \\\"phne\\\"; did you mean \\\"phone\\\"?",
     "是不是“phone”?"},
    {"hobby_of_childhood = 'a'", "nobody has a trait or an identifier \\\"hobby_of_childhood\\\"\"",
     "没有“hobby_of_childhood”这个特质或标识\""}, /* nothing is like it */
    {"count(order_paid) > 'x'", "at character 21: a number is compared with a text", "第 21 个字符"},
    {"did(order_paid) > 3", "at character 1", "第 "},
    {"count(order_paid in last 5000 days) > 1", "at character 18: want at most 4096 days", "第 18 个字符:至多 4096 天"},
    {"count(order_paid in last 20 years) > 1", "want at most 4096 days", "至多 4096 天"},
    {"count(order_paid within 1 hours) > 5000", "at character 35: this is counted up to 4096", "此处至多统计到 4096"},
    {"count(order_paid) > NaN", "at character 21: nobody has a trait or an identifier \\\"NaN\\\"", "第 21 个字符"},
    {"count(order_paid) > 1e999", "at character 21: the number is too large or too long", "数字过大或过长"},
    {"count(order_paid) / 0 > 1", "at character 21: nothing can be divided by zero", "第 21 个字符:除数不能为零"},
    {"did(order_paid since '2026-02-29')", "at character 22: want a date or a time", "第 22 个字符:应为日期或时间"},
    {"did(order_paid since '2026-13-01')", "at character 22: want a date or a time", "应为日期或时间"},
    {"channel matches '(a'", "at character 1", "第 1 个字符"},
    {"count(order_paid where channel matches '(a') > 1", "at character 3 of the pattern: missing closing parenthesis",
     "模式的第 3 个字符:缺少右括号"},
    {"did(order_paid", "at character 15: it ends, want", "第 15 个字符:内容到此结束"},
    {"", "at character 1", "第 1 个字符"},
};

static struct reply save(struct place *p, const char *text, bool in_chinese)
{
    const char *json = arena_printf(p->t->arena, "{\"name\":\"x\",\"text\":\"%s\"}", text);
    struct ask asked = {.method = "PUT", .path = "/api/v1/segments", .token = ADMIN, .json = json};
    if (in_chinese)
        asked.headers[0] = "Accept-Language: zh";
    return ask(p, asked);
}

static struct reply check(struct place *p, const char *path, const char *text)
{
    return ask(p, (struct ask){.method = "POST",
                               .path = path,
                               .token = ADMIN,
                               .json = arena_printf(p->t->arena, "{\"text\":\"%s\"}", text)});
}

static void begin(struct place *p, struct t *t)
{
    place_open_main(p, t);
    CHECK_STATUS(t,
                 ask(p, (struct ask){.method = "PUT",
                                     .path = "/api/v1/segments",
                                     .token = ADMIN,
                                     .json = "{\"name\":\"vip\",\"text\":\"did(order_paid)\"}"}),
                 200);
}

static void slips_are_told_at_the_word(struct t *t)
{
    struct place p;
    begin(&p, t);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct reply en = save(&p, bad[i].text, false), zh = save(&p, bad[i].text, true);
        CHECK_STATUS(t, en, 400);
        if (!has(en, bad[i].en) || !has(zh, bad[i].zh))
            test_fail(t, __FILE__, __LINE__, "%s\n  %s\n  %s", bad[i].text, (const char *)en.body.data,
                      (const char *)zh.body.data);
    }
    CHECK_STATUS(t, get(&p, "/api/v1/segments/x"), 404); /* nothing was saved */
    place_close(&p);
}

/* What a builder asks as one types: the same faults at the same words, no name needed yet, and nothing is saved. */
static void a_check_says_what_a_save_would_and_saves_nothing(struct t *t)
{
    struct place p;
    begin(&p, t);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (strstr(bad[i].text, "'x'") == NULL) /* the circle is one of that name alone */
            CHECK(t, has(check(&p, "/api/v1/segments/check", bad[i].text), bad[i].en));
    struct reply r = check(&p, "/api/v1/segments/check", "count( order_paid )>=2 and segment('vip')");
    CHECK_STATUS(t, r, 200);
    CHECK_TEXT(t, at(&p, r, "text"), "count(order_paid) >= 2 and segment('vip')");
    CHECK_STATUS(t, check(&p, "/api/v1/segments/check", "count(order_paid)"), 400); /* no condition */
    CHECK_TEXT(t, at(&p, check(&p, "/api/v1/tags/check", "count(order_paid)"), "text"), "count(order_paid)");
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/segments"), "segments"), 1);
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/tags"), "tags"), 0);
    place_close(&p);
}

static const char *list_of(struct t *t, size_t count)
{
    struct buf text = arena_buf(t->arena, count * 8 + 64);
    buf_push_text(&text, "first(login).channel in (");
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%s'%zu'", i == 0 ? "" : ",", i);
    buf_push_text(&text, ")");
    return arena_text(t->arena, buf_bytes(&text));
}

/* What is too long is refused before anything is made of it. */
static void what_is_too_long_is_refused(struct t *t)
{
    struct place p;
    char *text = ARENA_ARRAY(t->arena, char, LONG_TEXT + 1);
    begin(&p, t);
    memset(text, ' ', LONG_TEXT);
    CHECK_STATUS(t, save(&p, text, false), 413);
    CHECK_STATUS(t, save(&p, list_of(t, LONG_LIST), false), 413);
    CHECK_STATUS(t, save(&p, list_of(t, LONG_LIST / 4), false), 413);
    CHECK_STATUS(t, save(&p, list_of(t, SHORT_LIST), false), 200);
    for (size_t i = 0; i < 40; i++)
        memcpy(text + i * 4, "not ", 4);
    memcpy(text + 160, "did(login)", sizeof "did(login)");
    struct reply r = save(&p, text, false);
    CHECK_STATUS(t, r, 413);
    CHECK(t, has(r, "nested deeper than 24"));
    place_close(&p);
}

/* A pattern that takes others for ever is taken in one pass over the text. */
static void a_hostile_pattern_costs_no_more_than_another(struct t *t)
{
    struct place p;
    char *letters = ARENA_ARRAY(t->arena, char, HOSTILE_LETTERS + 1);
    begin(&p, t);
    memset(letters, 'a', HOSTILE_LETTERS);
    CHECK_TEXT(t,
               at(&p,
                  post(&p, "/api/v1/events",
                       "{\"id\":\"0\",\"event\":\"login\",\"ids\":[{\"type\":\"user_id\",\"value\":\"ann\"}],"
                       "\"properties\":{\"note\":\"x\"}}"),
                  "accepted"),
               "1");
    CHECK_STATUS(t, save(&p, "did(login where note matches '^(a+)+$')", false), 200);
    struct reply r = post(
        &p, "/api/v1/events",
        arena_printf(t->arena,
                     "{\"id\":\"1\",\"event\":\"login\",\"ids\":[{\"type\":\"user_id\",\"value\":\"ann\"}],"
                     "\"properties\":{\"note\":\"%sb\"}}",
                     letters));
    CHECK_TEXT(t, at(&p, r, "accepted"), "1"); /* in time, or the test ends here */
    place_close(&p);
}

/* Who was born on 29 February has a birthday each year; a quotient by what happens to be zero is unknown, and nobody is in it. */
static void odd_days_and_zero_denominators_hold_of_nobody_wrongly(struct t *t)
{
    struct place p;
    begin(&p, t);
    struct reply r = post(&p, "/api/v1/events",
                          "{\"id\":\"1\",\"event\":\"order_paid\",\"ids\":[{\"type\":\"user_id\",\"value\":\"ann\"}],"
                          "\"traits\":{\"birthday\":\"2000-02-29\"}}");
    CHECK_TEXT(t, at(&p, r, "accepted"), "1");
    CHECK_STATUS(t, save(&p, "count(order_paid) / count(login) > 0", false), 200);
    CHECK_STATUS(
        t,
        save(&p, "until_anniversary(birthday) between 0 and 366 and not count(order_paid) / count(login) > 0 is known",
             false),
        400);
    CHECK_STATUS(t, save(&p, "did(order_paid since '2024-02-29')", false), 200);
    CHECK_STATUS(t, save(&p, "until_anniversary(birthday) between 0 and 366", false), 200);
    for (int i = 0; i < 20000 && strcmp(at(&p, get(&p, "/api/v1/segments/x"), "state"), "in_force") != 0; i++)
        continue;
    r = get(&p, "/api/v1/segments/x/explain/user_id:ann?instant=2027-02-28%2012:00");
    CHECK_TEXT(t, at(&p, r, "value"), "true");
    CHECK_TEXT(t, at(&p, r, "tree.parts.0.value"), "0"); /* of a common year the 28th */
    place_close(&p);
}

/* Forbidding shows a property to nobody from then on; who is in what stays as it was defined, and the owner is told. */
static void a_property_that_is_forbidden_since_is_warned_of(struct t *t)
{
    struct place p;
    begin(&p, t);
    CHECK_TEXT(t,
               at(&p,
                  post(&p, "/api/v1/events",
                       "{\"id\":\"1\",\"event\":\"order_paid\",\"ids\":[{\"type\":\"user_id\",\"value\":\"ann\"}],"
                       "\"properties\":{\"note\":\"x\",\"amount\":3}}"),
                  "accepted"),
               "1");
    CHECK_STATUS(t, save(&p, "did(order_paid where note = 'x')", false), 200);
    for (int i = 0; i < 20000 && strcmp(at(&p, get(&p, "/api/v1/segments/x"), "state"), "in_force") != 0; i++)
        continue;
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/segments/x"), "warnings"), 0);
    struct ask ban = {.method = "PUT",
                      .path = "/api/v1/properties",
                      .token = ADMIN,
                      .json = "{\"event\":\"order_paid\",\"of\":\"property\",\"name\":\"note\",\"forbidden\":true}"};
    CHECK_STATUS(t, ask(&p, ban), 200);
    struct reply r = get(&p, "/api/v1/segments/x");
    CHECK_EQ(t, count_at(&p, r, "warnings"), 1);
    CHECK(t, has(r, "引用的属性“note”其后已被禁用"));
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/segments/vip"), "warnings"), 0);
    place_close(&p);
}

static const struct test tests[] = {
    {"a property that is forbidden since is warned of", a_property_that_is_forbidden_since_is_warned_of, 1},
    {"slips are told at the word", slips_are_told_at_the_word, 1},
    {"a check says what a save would and saves nothing", a_check_says_what_a_save_would_and_saves_nothing, 1},
    {"what is too long is refused", what_is_too_long_is_refused, 1},
    {"a hostile pattern costs no more than another", a_hostile_pattern_costs_no_more_than_another, 1},
    {"odd days and zero denominators hold of nobody wrongly", odd_days_and_zero_denominators_hold_of_nobody_wrongly, 1},
};
TEST_MAIN(tests)
