#include "app/import/reasons.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/cell.h"
#include "testing/test.h"

#define SOURCE_BYTES_MAX (1u << 20)
#define SENTENCE_BYTES_MAX 1024u

/* Where something may be found wrong with a file, from this folder. What a library of others says stays as it is. */
static const char *const sources[] = {
    "../../lib/csv.c", "../../lib/json_build.c", "../../lib/json_parse.c", "../../lib/xlsx.c", "../../lib/xlsx_parts.c", "../../lib/zone.c", "../../port/database.c", "../../port/mysql.c", "../../port/postgres.c",
    "doubts.c", "drop.c", "import.c", "input.c", "join.c", "map.c", "pull.c", "rejects.c", "rows.c", "schedule.c", "table.c", "template.c", "watch.c",
};

static const char *source_text(struct t *t, const char *name)
{
    char *here = arena_text(t->arena, bytes_of_text(__FILE__)), *text = arena_zeroed(t->arena, SOURCE_BYTES_MAX, 1);
    FILE *file = fopen(arena_printf(t->arena, "%s/%s", dirname(here), name), "re");
    assert(file != NULL);
    CHECK(t, fread(text, 1, SOURCE_BYTES_MAX - 1, file) > 0);
    (void)fclose(file);
    return text;
}

/* Behind a comment, a line of the preprocessor or a character that begins here; `at` itself: none does. */
static const char *behind_others(const char *at)
{
    if (strncmp(at, "/*", 2) == 0)
        return strstr(at, "*/") + 2;
    if (*at == '#' && at[-1] == '\n')
        return at + strcspn(at, "\n");
    return *at == '\'' ? strchr(at + 2, '\'') + 1 : at;
}

/* The pieces of a literal, one after the other, as the compiler joins them. */
static const char *literal_read(const char *at, char out[SENTENCE_BYTES_MAX])
{
    size_t size = 0;
    for (;;) {
        for (at++; *at != '"'; at++) {
            bool is_escaped = *at == '\\';
            at += is_escaped;
            assert(size + 8 < SENTENCE_BYTES_MAX);
            out[size++] = is_escaped && *at == 'n' ? '\n' : is_escaped && *at == 't' ? '\t' : *at;
        }
        at++;
        const char *next = at + strspn(at, " \n");
        if (strncmp(next, "PRIu64", 6) == 0) {
            out[size++] = 'u';
            next += 6 + strspn(next + 6, " \n");
        }
        out[size] = 0;
        if (*next != '"')
            return at;
        at = next;
    }
}

/* The statement up to `at` says in both languages what it says, or is a place in front of a reason, or says nothing to a person. */
static bool is_no_reason(const char *begin, const char *at)
{
    static const char *const others[] = {"either(", "WRAP(", "words[] =", "static_assert(", " printf(", "\tprintf(", "fscanf(", "grouped(", "mysql_query(", "buf_push_text(", "buf_printf("};
    const char *from = at;
    while (from > begin && strchr(";{}", from[-1]) == NULL)
        from--;
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (memmem(from, (size_t)(at - from), others[i], strlen(others[i])) != NULL)
            return true;
    return false;
}

/* "%.*s" and the like become a word or a number, so that it is what a person would read. */
static const char *sentence_of(struct t *t, const char *format)
{
    struct buf out;
    buf_init(&out, 2 * SENTENCE_BYTES_MAX);
    for (; *format != 0; format++) {
        if (*format != '%') {
            buf_push_byte(&out, (uint8_t)*format);
            continue;
        }
        format += 1 + strspn(format + 1, ".*0123456789zl");
        buf_push_text(&out, *format == 's' ? "X" : *format == '%' ? "%" : "7");
    }
    const char *sentence = arena_text(t->arena, buf_bytes(&out));
    buf_fini(&out);
    return sentence;
}

static bool has_chinese(const char *text)
{
    for (; *text != 0; text++)
        if ((unsigned char)*text >= 0xE4 && (unsigned char)*text <= 0xE9)
            return true;
    return false;
}

/* Words that a person reads, more than a name or a path. */
static bool is_sentence(const char *text)
{
    size_t words = 0;
    for (const char *at = text; *at != 0; at += strcspn(at, " "), at += strspn(at, " "))
        words += *at >= 'a' && *at <= 'z';
    return words >= 2;
}

static void sentence_check(struct t *t, const char *source, const char *sentence)
{
    (void)setenv("KITH_LANG", "zh", 1);
    const char *said = reason_said(t->arena, sentence);
    if (!has_chinese(said) || strstr(said, " the ") != NULL || strstr(said, "want ") != NULL)
        test_fail(t, __FILE__, __LINE__, "%s: no Chinese for \"%s\": \"%s\"", source, sentence, said);
    (void)setenv("KITH_LANG", "en", 1);
    CHECK(t, !has_chinese(reason_said(t->arena, sentence)));
}

/* Returns how many sentences there are. */
static size_t source_check(struct t *t, const char *source)
{
    const char *text = source_text(t, source);
    char literal[SENTENCE_BYTES_MAX];
    size_t count = 0;
    for (const char *at = text; *at != 0;) {
        const char *behind = behind_others(at);
        if (behind != at || *at != '"') {
            at = behind == at ? at + 1 : behind;
            continue;
        }
        bool is_reason = !is_no_reason(text, at);
        at = literal_read(at, literal);
        const char *sentence = sentence_of(t, literal);
        if (!is_reason || !is_sentence(sentence))
            continue;
        sentence_check(t, source, sentence);
        count++;
    }
    return count;
}

static void every_reason_is_said_in_chinese(struct t *t)
{
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(sources); i++)
        count += source_check(t, sources[i]);
    CHECK(t, count > 100); /* or it would not have looked */
    for (int fault = CELL_GOOD + 1; fault < CELL_FAULT_COUNT; fault++)
        sentence_check(t, "cell.c", arena_printf(t->arena, "'x' %s", cell_fault_words[fault]));
}

/* The right side is what stands in a file of rejects or on a terminal. */
static void reasons_stand_behind_their_places(struct t *t)
{
    static const struct {
        const char *found, *zh;
    } cases[] = {
        {"/drop/o.csv: the map: \"order\": \"lines\": there is no column \"数量\"; did you mean \"订购数量\"?",
         "/drop/o.csv:映射:\"order\":\"lines\":没有「数量」这一列;是不是「订购数量」?"},
        {"o.csv: line 1 must name the columns: the row has more than 1024 cells", "o.csv:第 1 行应为列名:该行超过 1024 个单元格"},
        {"line 4: 'x' is no number", "第 4 行:'x' 不是数字"},
        {"the joined file lines.csv, line 4: 'x' is no number", "关联文件 lines.csv 第 4 行:'x' 不是数字"},
        {"a quote is opened and never closed; the lines to 9 are taken for its own and not read", "引号打开后没有关闭;到第 9 行为止都被视为它的内容,没有读取"},
        {"column 19 (byte 18): a value was expected", "第 19 列(第 18 字节):此处应为一个值"},
        {"m.json: the map: \"zone\": there is no zone \"X\": want \"+08:00\", or a name such as \"Asia/Shanghai\"",
         "m.json:映射:\"zone\":没有时区「X」:应为 \"+08:00\" 或 \"Asia/Shanghai\" 这样的名称"},
        {"can't write d/x.csv: No space left on device", "写不了 d/x.csv:磁盘已满"},
        {"nobody has written this down", "nobody has written this down"},
    };
    (void)setenv("KITH_LANG", "zh", 1);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CHECK_TEXT(t, reason_said(t->arena, cases[i].found), cases[i].zh);
    (void)setenv("KITH_LANG", "en", 1);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CHECK_TEXT(t, reason_said(t->arena, cases[i].found), cases[i].found);
}

static const struct test tests[] = {
    {"every reason is said in Chinese", every_reason_is_said_in_chinese, 1},
    {"reasons stand behind their places", reasons_stand_behind_their_places, 1},
};
TEST_MAIN(tests)
