/* Covers: han_make.c, whose tables these readings come from. */
#include "lib/pinyin.h"

#include <unicode/ustring.h>
#include <unicode/utrans.h>

#include "testing/test.h"

struct sample {
    const char *name;
    const char *full;
    const char *initials;
};

static void samples_check(struct t *t, const struct sample *samples, size_t count)
{
    struct pinyin *p = NULL;
    struct err e = {0};
    REQUIRE_DONE(t, pinyin_create(&p, &e), &e);
    for (size_t i = 0; i < count; i++) {
        struct pinyin_name name;
        pinyin_of(p, bytes_of_text(samples[i].name), &name);
        CHECK_TEXT(t, name.full, samples[i].full);
        CHECK_TEXT(t, name.initials, samples[i].initials);
        CHECK_EQ(t, name.full_size, strlen(name.full));
        CHECK_EQ(t, name.initials_size, strlen(name.initials));
        CHECK(t, !name.cut);
    }
    pinyin_destroy(p);
}

static void names_are_read(struct t *t)
{
    static const struct sample samples[] = {
        {"王小明", "wangxiaoming", "wxm"},
        {"", "", ""},
        {"欧阳娜娜", "ouyangnana", "oynn"},
        {"歐陽修", "ouyangxiu", "oyx"},
        {"諸葛亮", "zhugeliang", "zgl"},
        {"吕布", "lubu", "lb"},
        {"张朝阳", "zhangchaoyang", "zcy"},
        {"李晟", "lisheng", "ls"},
        {"温庭筠", "wentingyun", "wty"},
        {"周小〇", "zhouxiaoling", "zxl"},
        {"Amy 王", "amywang", "aw"},
        {"王Amy2", "wangamy2", "wa"},
        {"阿卜杜拉·买买提", "abudulamaimaiti", "abdlmmt"},
        {"😀王", "wang", "w"},
        {"\xff王\xe5", "wang", "w"},
    };
    samples_check(t, samples, COUNT_OF(samples));
}

static void surnames_have_their_own_reading(struct t *t)
{
    static const struct sample samples[] = {
        {"单雄信", "shanxiongxin", "sxx"}, {"單雄信", "shanxiongxin", "sxx"}, {"王小单", "wangxiaodan", "wxd"},
        {"曾国藩", "zengguofan", "zgf"},   {"解晓东", "xiexiaodong", "xxd"},  {"仇英", "qiuying", "qy"},
        {"区志航", "ouzhihang", "ozh"},    {"區志航", "ouzhihang", "ozh"},    {"查良镛", "zhaliangyong", "zly"},
        {"盖叫天", "gejiaotian", "gjt"},   {"朴树", "piaoshu", "ps"},         {"杨朴", "yangpu", "yp"},
        {"缪荃孙", "miaoquansun", "mqs"},  {"乐嘉", "yuejia", "yj"},          {"王乐", "wangle", "wl"},
        {"翟天临", "zhaitianlin", "ztl"},  {"覃海洋", "qinhaiyang", "qhy"},   {"薄荷", "bohe", "bh"},
        {" 单雄信", "shanxiongxin", "sxx"},
    };
    samples_check(t, samples, COUNT_OF(samples));
}

static void surnames_of_two_characters(struct t *t)
{
    static const struct sample samples[] = {
        {"尉迟恭", "yuchigong", "ycg"},        {"尉遲恭", "yuchigong", "ycg"},    {"尉健行", "weijianxing", "wjx"},
        {"长孙无忌", "zhangsunwuji", "zswj"},  {"長孫無忌", "zhangsunwuji", "zswj"}, {"万俟卨", "moqixie", "mqx"},
        {"萬俟卨", "moqixie", "mqx"},          {"万里", "wanli", "wl"},           {"单于", "chanyu", "cy"},
        {"澹台灭明", "tantaimieming", "ttmm"}, {"拓跋宏", "tuobahong", "tbh"},    {"令狐冲", "linghuchong", "lhc"},
        {"上官婉儿", "shangguanwaner", "sgwe"}, {"乐正子春", "yuezhengzichun", "yzzc"},
    };
    samples_check(t, samples, COUNT_OF(samples));
}

static void what_can_not_be_read_is_counted(struct t *t)
{
    struct pinyin *p = NULL;
    struct err e = {0};
    REQUIRE_DONE(t, pinyin_create(&p, &e), &e);
    struct pinyin_name name;
    pinyin_of(p, BYTES_LIT("王さくら"), &name);
    CHECK_TEXT(t, name.full, "wang");
    CHECK_EQ(t, name.unread, 3);
    pinyin_of(p, BYTES_LIT("王·明 😀"), &name);
    CHECK_EQ(t, name.unread, 0);
    pinyin_of(p, BYTES_LIT("\xf0\xa0\x80\x80"), &name); /* U+20000, which few fonts have, is read */
    CHECK_TEXT(t, name.full, "he");
    pinyin_of(p, BYTES_LIT("𠮷"), &name);
    CHECK_TEXT(t, name.full, "ji");
    CHECK_EQ(t, name.unread, 0);
    pinyin_destroy(p);
    pinyin_destroy(NULL);
}

static void a_long_name_is_cut_at_a_syllable(struct t *t)
{
    struct pinyin *p = NULL;
    struct err e = {0};
    REQUIRE_DONE(t, pinyin_create(&p, &e), &e);
    struct buf text;
    buf_init(&text, 1 << 12);
    for (int i = 0; i < 100; i++)
        buf_push_text(&text, "双"); /* shuang: six letters */
    struct pinyin_name name;
    pinyin_of(p, buf_bytes(&text), &name);
    CHECK(t, name.cut);
    CHECK_EQ(t, name.full_size, PINYIN_FULL_BYTES_MAX / 6 * 6);
    CHECK_EQ(t, name.initials_size, PINYIN_FULL_BYTES_MAX / 6);
    buf_fini(&text);
    pinyin_destroy(p);
}

/* ICU's own rules, letter by letter: what the tables were made of. */
static const char *model_read(struct t *t, const UTransliterator *rules, const char *name)
{
    UChar units[64];
    int32_t size = 0;
    UErrorCode code = U_ZERO_ERROR;
    u_strFromUTF8(units, COUNT_OF(units), &size, name, -1, &code);
    int32_t limit = size;
    utrans_transUChars(rules, units, &size, COUNT_OF(units), 0, &limit, &code);
    char *full = arena_zeroed(t->arena, COUNT_OF(units) + 1, 1);
    size_t kept = 0;
    for (int32_t i = 0; i < size; i++) {
        if (units[i] != ' ')
            full[kept++] = units[i] < 0x80 ? (char)units[i] : '?';
    }
    CHECK(t, U_SUCCESS(code));
    return full;
}

static void names_read_as_icu_reads_them(struct t *t)
{
    static const char surnames[] = "王李张刘陈杨黄赵吴周徐孙马胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘单仇解查盖長張劉陳楊黃趙吳";
    static const char *const rules_id = "Han-Latin/Names; Latin-ASCII; Lower";
    struct pinyin *p = NULL;
    struct err e = {0};
    REQUIRE_DONE(t, pinyin_create(&p, &e), &e);
    UChar id[64];
    UErrorCode code = U_ZERO_ERROR;
    u_uastrcpy(id, rules_id);
    UTransliterator *rules = utrans_openU(id, -1, UTRANS_FORWARD, NULL, 0, NULL, &code);
    REQUIRE(t, U_SUCCESS(code));
    for (int i = 0; i < 5000; i++) {
        uint64_t surname = rng_below(&t->rng, sizeof surnames / 3);
        uint32_t given = (uint32_t)rng_between(&t->rng, 0x4E00, 0x9FA5); /* each of these has a reading */
        char name[7] = {0};
        memcpy(name, surnames + surname * 3, 3);
        name[3] = (char)(0xE0 | given >> 12), name[4] = (char)(0x80 | (given >> 6 & 0x3F)), name[5] = (char)(0x80 | (given & 0x3F));
        if (strstr("晟筠卜", name + 3) != NULL || strcmp(name + 3, "孙") == 0)
            continue; /* corrected on purpose; 长孙 */
        struct pinyin_name got;
        pinyin_of(p, bytes_of_text(name), &got);
        const char *want = model_read(t, rules, name);
        if (strchr(want, '?') == NULL && strcmp(got.full, want) != 0)
            test_fail(t, __FILE__, __LINE__, "%s: got %s, want %s", name, got.full, want);
    }
    utrans_close(rules);
    pinyin_destroy(p);
}

static const struct test tests[] = {
    {"names are read", names_are_read, 1},
    {"surnames have their own reading", surnames_have_their_own_reading, 1},
    {"surnames of two characters", surnames_of_two_characters, 1},
    {"what can not be read is counted", what_can_not_be_read_is_counted, 1},
    {"a long name is cut at a syllable", a_long_name_is_cut_at_a_syllable, 1},
    {"names read as ICU reads them", names_read_as_icu_reads_them, 1},
};
TEST_MAIN(tests)
