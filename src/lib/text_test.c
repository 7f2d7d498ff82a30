#include "lib/text.h"

#include "testing/test.h"

static void bad_utf8_is_found(struct t *t)
{
    const struct {
        struct bytes text;
        size_t bad;
    } samples[] = {
        {BYTES_LIT(""), 0},
        {BYTES_LIT("plain, and long enough for whole words"), 38},
        {BYTES_LIT("王小明"), 9},
        {BYTES_LIT("𠮷野家 👨‍👩‍👧"), 29},
        {BYTES_LIT("\xf4\x8f\xbf\xbf"), 4},     /* U+10FFFF */
        {BYTES_LIT("\xf4\x90\x80\x80"), 0},     /* U+110000 */
        {BYTES_LIT("ab\xc0\x80"), 2},           /* an overlong NUL */
        {BYTES_LIT("\xc1\xbf"), 0},             /* overlong */
        {BYTES_LIT("\xe0\x9f\xbf"), 0},         /* overlong */
        {BYTES_LIT("\xf0\x8f\xbf\xbf"), 0},     /* overlong */
        {BYTES_LIT("\xed\x9f\xbf"), 3},         /* U+D7FF */
        {BYTES_LIT("\xed\xa0\x80"), 0},         /* a surrogate */
        {BYTES_LIT("\xed\xbf\xbf"), 0},         /* a surrogate */
        {BYTES_LIT("12345678\x80"), 8},
        {BYTES_LIT("1234567\xff" "9"), 7},
        {BYTES_LIT("王\xe5\xb0"), 3},           /* cut */
        {BYTES_LIT("\xf8\x88\x80\x80\x80"), 0},
    };
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        CHECK_EQ(t, text_find_bad(samples[i].text), samples[i].bad);
        CHECK_EQ(t, text_is_utf8(samples[i].text), samples[i].bad == samples[i].text.size);
    }
}

static void controls_are_found(struct t *t)
{
    CHECK_EQ(t, text_find_control(BYTES_LIT("王小明 €"), TEXT_ONE_LINE), 13);
    CHECK_EQ(t, text_find_control(BYTES_LIT("ab\0c"), TEXT_MANY_LINES), 2);
    CHECK_EQ(t, text_find_control(BYTES_LIT("a\tb\n"), TEXT_ONE_LINE), 1);
    CHECK_EQ(t, text_find_control(BYTES_LIT("a\tb\r\n"), TEXT_MANY_LINES), 5);
    CHECK_EQ(t, text_find_control(BYTES_LIT("a\x7f"), TEXT_MANY_LINES), 1);
    CHECK_EQ(t, text_find_control(BYTES_LIT("a\xc2\x85"), TEXT_MANY_LINES), 1);
    CHECK_EQ(t, text_find_control(BYTES_LIT("a\xc2\xa0"), TEXT_MANY_LINES), 3);
    CHECK_EQ(t, text_find_control(BYTES_NONE, TEXT_ONE_LINE), 0);
}

static void a_cut_stands_between_code_points(struct t *t)
{
    struct bytes text = BYTES_LIT("a王𠮷");
    static const size_t want[] = {0, 1, 1, 1, 4, 4, 4, 4, 8, 8};
    for (size_t i = 0; i < COUNT_OF(want); i++)
        CHECK_EQ(t, text_cut(text, i).size, want[i]);
}

static void texts_fold(struct t *t)
{
    static const char *const samples[][2] = {
        {"", ""},
        {"   ", ""},
        {"Hello  World ", "hello world"},
        {"\tA\r\nB\v", "a b"},
        {"王小明", "王小明"},
        {" 王 小明　", "王 小明"},
        {"ＡＢＣ　１２３", "abc 123"},
        {"ｶﾞ", "ガ"},
        {"Straße", "strasse"},
        {"ÀÉ", "àé"},
        {"A\xcc\x80", "à"},
        {"①㈱㌔", "1(株)キロ"},
        {"ﬁne", "fine"},
        {"zero\xe2\x80\x8bwidth", "zerowidth"},
        {"a\xc2\xa0\xe2\x80\x83\x62", "a b"},
        {"歐陽修𠮷", "歐陽修𠮷"},
        {"金\xef\xa4\x8a", "金金"}, /* a compatibility ideograph */
        {"😀 OK", "😀 ok"},
        {"ΣΊΣΥΦΟΣ", "σίσυφοσ"},
        {"㐀㐁", "㐀㐁"},
        {"A\xf0\x90\xb5\x90 B", "a\xf0\x90\xb5\x90 b"}, /* U+10D50, a capital since Unicode 16: the same with every ICU */
        {"ﷺ", "صلى الله عليه وسلم"}, /* one sign, eighteen letters */
    };
    struct err e = {0};
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        struct bytes folded;
        REQUIRE_DONE(t, text_fold(bytes_of_text(samples[i][0]), t->arena, &folded, &e), &e);
        CHECK_BYTES(t, folded, bytes_of_text(samples[i][1]));
    }
    struct bytes folded = BYTES_LIT("as it was");
    CHECK_FAILS(t, text_fold(BYTES_LIT("王\xff"), t->arena, &folded, &e), INVALID);
    CHECK_TEXT(t, e.text, "not UTF-8 at byte 3");
    CHECK_BYTES(t, folded, BYTES_LIT("as it was"));
    CHECK_FAILS(t, text_fold(bytes_of(arena_zeroed(t->arena, TEXT_BYTES_MAX + 1, 1), TEXT_BYTES_MAX + 1), t->arena, &folded, &e), LIMIT);
}

static void traditional_becomes_simplified(struct t *t)
{
    CHECK_BYTES(t, text_simplify(BYTES_LIT("歐陽修，諸葛亮 & 單𠮷😀"), t->arena), BYTES_LIT("欧阳修，诸葛亮 & 单𠮷😀"));
    CHECK_BYTES(t, text_simplify(BYTES_LIT("已经是简体"), t->arena), BYTES_LIT("已经是简体"));
    CHECK_BYTES(t, text_simplify(BYTES_LIT("\xff\xe6\xad"), t->arena), BYTES_LIT("\xff\xe6\xad"));
    CHECK_EQ(t, text_simplify(BYTES_NONE, t->arena).size, 0);
}

static void gb18030_comes_in(struct t *t)
{
    struct err e = {0};
    struct bytes text;
    REQUIRE_DONE(t, text_of_gb18030(BYTES_LIT("\xcd\xf5\xd0\xa1\xc3\xf7,ok"), t->arena, &text, &e), &e);
    CHECK_BYTES(t, text, BYTES_LIT("王小明,ok"));
    REQUIRE_DONE(t, text_of_gb18030(BYTES_LIT("\x95\x34\xb2\x35\x94\x39\xfc\x36"), t->arena, &text, &e), &e); /* four bytes each */
    CHECK_BYTES(t, text, BYTES_LIT("𠮷😀"));
    REQUIRE_DONE(t, text_of_gb18030(BYTES_LIT("\x81\x30\x81\x30\xa2\xe3"), t->arena, &text, &e), &e);
    CHECK_BYTES(t, text, BYTES_LIT("\xc2\x80€"));
    REQUIRE_DONE(t, text_of_gb18030(BYTES_NONE, t->arena, &text, &e), &e);
    CHECK_EQ(t, text.size, 0);
}

static void bad_gb18030_says_where(struct t *t)
{
    const struct {
        struct bytes raw;
        const char *words;
    } samples[] = {
        {BYTES_LIT("abc\xff"), "not GB18030 at byte 3"},
        {BYTES_LIT("\xcd\xf5\xcd"), "not GB18030 at byte 2"},                 /* half a character */
        {BYTES_LIT("\xcd\xf5 \x95\x34\xd5"), "not GB18030 at byte 3"},        /* three quarters of one */
        {BYTES_LIT("\xcd\xf5\x81\x20\xcd\xf5"), "not GB18030 at byte 2"},     /* no second byte is 20 */
        {BYTES_LIT("ab\xe3\x32\x9a\x36"), "not GB18030 at byte 2"},           /* one past U+10FFFF */
        {BYTES_LIT("\x80"), "not GB18030 at byte 0"},
    };
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        struct err e = {0};
        struct bytes text;
        CHECK_FAILS(t, text_of_gb18030(samples[i].raw, t->arena, &text, &e), INVALID);
        CHECK_TEXT(t, e.text, samples[i].words);
    }
}

static void emails_normalise(struct t *t)
{
    static const char *const samples[][2] = {
        {"Ming@Example.COM", "ming@example.com"},
        {" \tming.wang+shop@mail.example.com\r\n", "ming.wang+shop@mail.example.com"},
        {"ｍｉｎｇ＠ｑｑ．ｃｏｍ", "ming@qq.com"},
        {"\xef\xbb\xbfming@qq.com\xe2\x80\x8b", "ming@qq.com"},
        {"　小明@例え.jp　", "小明@例え.jp"},
        {"Straße@x.de", "straße@x.de"},
        {"ÀB@x.fr", "àb@x.fr"},
        {"o'neil_1@a-b.c.d", "o'neil_1@a-b.c.d"},
    };
    struct err e = {0};
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        struct bytes email = BYTES_NONE;
        CHECK_DONE(t, email_normalise(bytes_of_text(samples[i][0]), t->arena, &email, &e), &e);
        CHECK_BYTES(t, email, bytes_of_text(samples[i][1]));
    }
}

static void bad_emails_are_refused(struct t *t)
{
    static const char *const samples[] = {
        "",           "   ",         "ming",          "@qq.com",      "ming@",          "ming@qq",     "a@b@c.com",
        "ming@.com",  "ming@qq.",    "ming@qq..com",  "ming@-qq.com", "ming@qq-.com",   "mi ng@q.com", "ming@q q.com",
        "m,n@qq.com", "<m@qq.com>",  "\"m\"@qq.com",  "ming@q_q.com", "m\x01n@qq.com",  "王 明@qq.com", "\xff@qq.com",
        "m\xe2\x80\x8bg@qq.com",     "m\xe2\x80\xaeg@qq.com",         "ming@qq.com,b@c.com",
    };
    struct bytes email;
    struct err e = {0};
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        struct status s = email_normalise(bytes_of_text(samples[i]), t->arena, &email, &e);
        if (s.code != STATUS_INVALID)
            test_fail(t, __FILE__, __LINE__, "\"%s\": %s", samples[i], status_name(s.code));
    }
    CHECK_FAILS(t, email_normalise(BYTES_LIT("m\0n@qq.com"), t->arena, &email, &e), INVALID);
    char *local = arena_zeroed(t->arena, 66, 1);
    memset(local, 'a', 65);
    CHECK_FAILS(t, email_normalise(bytes_of_text(arena_printf(t->arena, "%s@b.cn", local)), t->arena, &email, &e), INVALID);
    CHECK_TEXT(t, e.text, "e-mail: 65 bytes before the @, want 1 to 64");
    CHECK_DONE(t, email_normalise(bytes_of_text(arena_printf(t->arena, "%s@b.cn", local + 1)), t->arena, &email, &e), &e);
    char *shop = arena_printf(t->arena, "m@%.60s.%.60s.%.60s.%.60s.cnn", local, local, local, local);
    CHECK_FAILS(t, email_normalise(bytes_of_text(arena_printf(t->arena, "%sabcdef", shop)), t->arena, &email, &e), INVALID);
    CHECK_TEXT(t, e.text, "e-mail: 255 bytes, at most 254");
    CHECK_DONE(t, email_normalise(bytes_of_text(arena_printf(t->arena, "%sabcde", shop)), t->arena, &email, &e), &e);
    CHECK_FAILS(t, email_normalise(BYTES_LIT("secret.name@qq"), t->arena, &email, &e), INVALID);
    CHECK_TEXT(t, e.text, "e-mail: the domain has no dot"); /* and not whose it is */
}

static void texts_are_masked(struct t *t)
{
    static const struct {
        const char *text, *masked;
    } samples[] = {
        {"", "****"},
        {"a", "****"},
        {"王小明", "王****"},
        {"欧阳小明明", "欧****明明"},
        {"oABCDEFGHIJK", "oABC****HIJK"},
        {"+8613812345678", "+86138****5678"},
        {"+85291234567", "+852****4567"},
        {"+861381234", "+861****1234"},
        {"+86 13812345678", "+86 ****5678"},
        {"13812345678", "1381****5678"},
        {"wang@example.com", "w****@example.com"},
        {"@example.com", "****@example.com"},
        {"张三丰abcdef", "张三丰a****cdef"},
        {"\xff\xfe\xfd", "\xff****"},
    };
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        struct buf b;
        buf_init(&b, 64);
        text_mask(&b, bytes_of_text(samples[i].text));
        CHECK_BYTES(t, buf_bytes(&b), bytes_of_text(samples[i].masked));
        buf_fini(&b);
    }
}

static const struct test tests[] = {
    {"bad UTF-8 is found", bad_utf8_is_found, 1},
    {"controls are found", controls_are_found, 1},
    {"a cut stands between code points", a_cut_stands_between_code_points, 1},
    {"texts are masked", texts_are_masked, 1},
    {"texts fold", texts_fold, 1},
    {"traditional becomes simplified", traditional_becomes_simplified, 1},
    {"GB18030 comes in", gb18030_comes_in, 1},
    {"bad GB18030 says where", bad_gb18030_says_where, 1},
    {"e-mails normalise", emails_normalise, 1},
    {"bad e-mails are refused", bad_emails_are_refused, 1},
};
TEST_MAIN(tests)
