#include "edge/wording.h"

#include "testing/test.h"

static void the_language_is_the_one_liked_better(struct t *t)
{
    static const struct {
        const char *header;
        bool chinese;
    } cases[] = {
        {"", false}, {"zh", true}, {"zh-CN", true}, {"ZH-hans-CN", true}, {"en", false}, {"fr", false}, {"zha", false},
        {"zh-CN,zh;q=0.9,en;q=0.8", true}, {"en-GB,en;q=0.9,zh;q=0.8", false}, {"en;q=0.5, zh;q=0.6", true}, {"zh;q=0", false},
        {"fr, zh;q=0.3", true}, {"zh, en", true}, {"en, zh", false}, {", ,;q=,zh", true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (wording_in_chinese(bytes_of_text(cases[i].header)) != cases[i].chinese)
            test_fail(t, __FILE__, __LINE__, "%s", cases[i].header);
    char *many = arena_zeroed(t->arena, 100001, 1);
    memset(many, ',', 100000);
    CHECK(t, !wording_in_chinese(bytes_of_text(many)));
}

/* The right side of each is what a client with that language sees. */
static void sentences_are_said_in_the_language_asked_for(struct t *t)
{
    static const struct {
        const char *found, *en, *zh;
    } cases[] = {
        {"limit: want a whole number, not 'x'", "limit: want a whole number, not 'x'", "limit:应为整数,而不是 'x'"},
        {"line 1, column 2 (byte 1): not UTF-8", "line 1, column 2 (byte 1): not UTF-8: send UTF-8; files in GB18030 go through `kith import`",
         "第 1 行第 2 列(第 1 字节):不是 UTF-8:请发送 UTF-8;GB18030 文件请用 `kith import` 导入"},
        {"ids[2]: phone: this value identifies nobody (masked)", "ids[2]: phone: this value identifies nobody (masked)",
         "ids[2]:phone:这个值不能代表任何人(已打码)"},
        {"ids: more than 8", "ids: more than 8", "ids:超过 8 个"},
        {"more than 8 identifiers", "more than 8 identifiers", "标识超过 8 个"},
        {"the body is a JSON object, this is an array", "the body is a JSON object, this is an array", "请求正文应为 JSON 对象,而不是列表"},
        {"expires: 'a: b' is not a time: want 2026 or with an offset such as +08:00", "expires: 'a: b' is not a time: want 2026 or with an offset such as +08:00",
         "expires:'a: b' 不是时间:应如 2026,或带时区偏移如 +08:00"},
        {"2 of 3 events were not taken (full): send the request again", "2 of 3 events were not taken (full): send the request again",
         "3 个事件中有 2 个未被接收(full):请重发整个请求"},
        {"steps[2].event: there is no event \"x\"; did you mean \"y\"?", "steps[2].event: there is no event \"x\"; did you mean \"y\"?",
         "steps[2].event:没有“x”这个事件;是不是“y”?"},
        {"where: at character 7: got adn (did you mean \"and\"?), want and, or, or the end",
         "where: at character 7: got adn (did you mean \"and\"?), want and, or, or the end",
         "where:第 7 个字符:不应为 adn(是不是“and”?),应为 and、or 或结尾"},
        {"where: at character 9: there is no event \"x\"; did you mean \"y\"?",
         "where: at character 9: there is no event \"x\"; did you mean \"y\"?",
         "where:第 9 个字符:没有“x”这个事件;是不是“y”?"},
        {"text: at character 5: tier: there is no loyalty programme yet", "text: at character 5: tier: there is no loyalty programme yet",
         "text:第 5 个字符:tier:尚无会员积分功能"},
        {"at character 24: days_since wants a time, and this is a number", "at character 24: days_since wants a time, and this is a number",
         "第 24 个字符:days_since 应为时间,而此处类型为 number"},
        {"segment 'a': tag 'b': at character 9: segment 'a' asks for itself: that is a circle",
         "segment 'a': tag 'b': at character 9: segment 'a' asks for itself: that is a circle",
         "人群“a”:标签“b”:第 9 个字符:人群“a”引用了自己:定义成环"},
        {"limit: want 1 to 1000", "limit: want 1 to 1000", "limit:应为 1 至 1000"},
        {"name: want 1 to 112 bytes", "name: want 1 to 112 bytes", "name:应为 1 至 112 字节"},
        {"nobody has written this down", "nobody has written this down", "nobody has written this down"},
        {"", "", ""},
        {": ", ": ", ": "},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK_TEXT(t, wording_of(t->arena, cases[i].found, false), cases[i].en);
        CHECK_TEXT(t, wording_of(t->arena, cases[i].found, true), cases[i].zh);
    }
    CHECK_TEXT(t, wording_title("no-token"), "请出示令牌");
    CHECK(t, wording_title("nothing") == NULL);
}

/* However a sentence is made of the pieces that the table looks for, it ends, and short. */
static void no_sentence_takes_long(struct t *t)
{
    static const char *const pieces[] = {": ", "'", "want a list of ", ", this is ", " bytes, at most ", " of ", " events were not taken (", "line ", "{1}", "x"};
    struct buf text;
    buf_init(&text, 1u << 16);
    for (uint64_t n = rng_below(&t->rng, 200); n > 0; n--)
        buf_push_text(&text, pieces[rng_below(&t->rng, COUNT_OF(pieces))]);
    const char *found = arena_text(t->arena, buf_bytes(&text));
    CHECK(t, wording_of(t->arena, found, true) != NULL && wording_of(t->arena, found, false) != NULL);
    buf_fini(&text);
}

static const struct test tests[] = {
    {"the language is the one liked better", the_language_is_the_one_liked_better, 1},
    {"sentences are said in the language asked for", sentences_are_said_in_the_language_asked_for, 1},
    {"no sentence takes long", no_sentence_takes_long, 300},
};
TEST_MAIN(tests)
