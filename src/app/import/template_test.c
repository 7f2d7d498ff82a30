#include "app/import/template.h"
#include "testing/test.h"

#define VALUE_BYTES_MAX 4096u

static const char *const columns[] = {"a", "b", "n", "时间", "状态", "empty"};
#define COLUMNS COUNT_OF(columns)

struct making {
    struct json_parser *parser;
    struct zone *zone;
    struct template_ways ways;
    struct template *made;
};

static struct status make(struct t *t, struct making *m, const char *text, struct err *e)
{
    static const struct bytes empties[] = {{(const uint8_t *)"null", 4}, {(const uint8_t *)"-", 1}};
    struct bytes *names = ARENA_ARRAY(t->arena, struct bytes, COLUMNS);
    struct json root;
    for (size_t i = 0; i < COLUMNS; i++)
        names[i] = bytes_of_text(columns[i]);
    *m = (struct making){.parser = json_parser_create(VALUE_BYTES_MAX)};
    CHECK_DONE(t, zone_create(BYTES_LIT("+08:00"), &m->zone, e), e);
    CHECK_DONE(t, json_parse(m->parser, bytes_of_text(text), &root, e), e);
    m->ways = (struct template_ways){.zone = m->zone, .empties = empties, .empty_count = 2};
    return template_create(root, &(struct template_columns){names, COLUMNS}, &m->ways, t->arena, &m->made, e);
}

static void making_end(struct making *m)
{
    json_parser_destroy(m->parser);
    zone_destroy(m->zone);
}

/* Rows are cells parted by "|", rows by "/". What comes of them, or "!column: fault". */
static const char *value_of(struct t *t, const char *template, const char *rows)
{
    struct making m;
    struct err e = {0};
    struct buf out;
    struct template_fault fault;
    const struct bytes *cells[8];
    size_t count = 0;
    CHECK_DONE(t, make(t, &m, template, &e), &e);
    for (const char *at = rows; *at != 0 || count == 0; count++) {
        struct bytes *row = ARENA_ARRAY(t->arena, struct bytes, COLUMNS);
        for (size_t i = 0; i < COLUMNS && *at != 0 && *at != '/'; i++) {
            size_t size = strcspn(at, "|/");
            row[i] = bytes_of(at, size);
            at += size + (at[size] == '|');
        }
        at += *at == '/';
        cells[count] = row;
    }
    buf_init(&out, VALUE_BYTES_MAX);
    enum template_result result = template_put(m.made, &(struct template_rows){cells, count}, &out, &fault);
    const char *all = result == TEMPLATE_FAULT
                          ? arena_printf(t->arena, "!%s: %s", columns[fault.column], cell_fault_words[fault.why])
                          : arena_printf(t->arena, "%s%.*s", result == TEMPLATE_EMPTY ? "empty " : "", BYTES_ARG(buf_bytes(&out)));
    CHECK(t, result != TEMPLATE_FAULT || out.size == 0);
    buf_fini(&out);
    making_end(&m);
    return all;
}

struct case_of {
    const char *template, *rows, *want;
};

static void check_cases(struct t *t, const struct case_of *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        CHECK_TEXT(t, value_of(t, cases[i].template, cases[i].rows), cases[i].want);
}

static void columns_stand_in_values(struct t *t)
{
    static const struct case_of cases[] = {
        {"{\"event\":\"x\"}", "|", "{\"event\":\"x\"}"},
        {"{\"order\":\"A-${a}.${b}\"}", "1|2", "{\"order\":\"A-1.2\"}"},
        {"{\"event\":\"$5 ${\",\"t\":\"${a\"}", "1", "{\"event\":\"$5 ${\",\"t\":\"${a\"}"},
        {"{\"q\":\"#{n}\",\"r\":\"x#{n}\"}", "||¥-1,234.50", "{\"q\":-1234.50,\"r\":\"x#{n}\"}"},
        {"{\"q\":\"#{-n}\"}", "||-2", "{\"q\":2}"},
        {"{\"q\":\"#{-n}\"}", "||￥3.5", "{\"q\":-3.5}"},
        {"{\"p\":\"say ${a}\"}", "\"hi\"\n\"", "{\"p\":\"say \\\"hi\\\"\\n\\\"\"}"},
        {"{\"p\":\"${a}\"}", "=\"0138\"", "{\"p\":\"0138\"}"},
        {"{\"k\":[1,true,null,\"${a}\"]}", "王🌸", "{\"k\":[1,true,null,\"王🌸\"]}"},
        {"{\"t\":\"@{时间}\"}", "|||2026年11月11日 8时", "{\"t\":\"2026-11-11T00:00:00.000Z\"}"},
        {"{\"t\":\"@{时间}\"}", "|||2026-11-11T00:00:00Z", "{\"t\":\"2026-11-11T00:00:00.000Z\"}"},
        {"{\"\\\"k\":1}", "|", "{\"\\\"k\":1}"},
    };
    check_cases(t, cases, COUNT_OF(cases));
}

static void what_is_empty_is_left_out(struct t *t)
{
    static const struct case_of cases[] = {
        {"{\"event\":\"x\",\"order\":\"${empty}\"}", "|", "empty {\"event\":\"x\"}"},
        {"{\"order\":\"A-${empty}\",\"n\":\"#{empty}\",\"t\":\"@{empty}\"}", "|", "empty {}"},
        {"{\"name\":\"${a} ${empty}\"}", "Li", "{\"name\":\"Li \"}"},
        {"{\"a\":\"${a}\",\"b\":\"${b}\"}", "null|-", "empty {}"},
        {"{\"ids\":[{\"type\":\"phone\",\"value\":\"${empty}\"},{\"type\":\"user_id\",\"value\":\"${a}\"}]}", "7",
         "{\"ids\":[{\"type\":\"user_id\",\"value\":\"7\"}]}"},
        {"{\"ids\":[{\"type\":\"phone\",\"value\":\"${empty}\"}],\"p\":{\"always\":1,\"at\":\"${empty}\"},\"c\":{\"k\":1}}", "|",
         "empty {\"c\":{\"k\":1}}"},
        {"{\"p\":{\"always\":1,\"in\":{\"at\":\"${empty}\"},\"a\":\"${a}\"}}", "1", "{\"p\":{\"always\":1,\"a\":\"1\"}}"},
    };
    check_cases(t, cases, COUNT_OF(cases));
}

static void choices(struct t *t)
{
#define STATES "{\"$case\":\"${状态}\",\"交易成功|已完成\":\"done\",\"交易关闭\":\"@{时间}\",\"坏\":null"
    static const struct case_of cases[] = {
        {"{\"s\":" STATES "}}", "||||已完成", "{\"s\":\"done\"}"},
        {"{\"s\":" STATES "}}", "|||2026-11-11 08:00|交易关闭", "{\"s\":\"2026-11-11T00:00:00.000Z\"}"},
        {"{\"s\":" STATES "}}", "||||交易关闭", "empty {}"},
        {"{\"s\":" STATES "}}", "||||没见过", "empty {}"},
        {"{\"s\":" STATES "}}", "||||坏", "empty {}"},
        {"{\"s\":" STATES ",\"$else\":\"${a}\"}}", "甲||||没见过", "{\"s\":\"甲\"}"},
        {"{\"s\":{\"$case\":\"${a}\",\"\":null,\"$else\":\"some\"}}", "", "empty {}"},
        {"{\"s\":{\"$case\":\"${a}\",\"\":null,\"$else\":\"some\"}}", "1", "{\"s\":\"some\"}"},
        {"{\"s\":{\"$first\":[\"${empty}\",\"${b}\",\"${a}\"]}}", "1|2", "{\"s\":\"2\"}"},
        {"{\"s\":{\"$first\":[\"${empty}\",\"none\"]}}", "|", "{\"s\":\"none\"}"},
        {"{\"s\":{\"$first\":[\"${empty}\"]}}", "|", "empty {}"},
        {"{\"s\":{\"$latest\":[\"@{a}\",\"@{b}\",\"@{empty}\"]}}", "2026-01-02|2026-01-01", "{\"s\":\"2026-01-01T16:00:00.000Z\"}"},
        {"{\"s\":{\"$latest\":[\"@{empty}\"]}}", "|", "empty {}"},
    };
    check_cases(t, cases, COUNT_OF(cases));
}

static void rows_become_a_list(struct t *t)
{
    static const struct case_of cases[] = {
        {"{\"o\":\"${a}\",\"lines\":{\"$rows\":{\"line\":\"${b}\",\"n\":\"#{n}\"}}}", "1|x|2/1|y|/1||",
         "{\"o\":\"1\",\"lines\":[{\"line\":\"x\",\"n\":2},{\"line\":\"y\"}]}"},
        {"{\"o\":\"${a}\",\"lines\":{\"$rows\":{\"line\":\"${b}\"}}}", "1|/2|", "{\"o\":\"1\"}"},
        {"{\"lines\":{\"$rows\":{\"n\":\"#{n}\"}}}", "||1/||x", "!n: is no number"},
    };
    check_cases(t, cases, COUNT_OF(cases));
}

static void cells_are_checked(struct t *t)
{
    static const struct case_of cases[] = {
        {"{\"k\":\"before\",\"n\":\"#{n}\"}", "||1,5", "!n: is no number"},
        {"{\"k\":\"${b}\"}", "|1.38E+10", "!b: has lost digits: export the column as text"},
        {"{\"k\":\"x-${b}\"}", "|#REF!", "!b: is what Excel shows instead of a value"},
        {"{\"k\":\"@{时间}\"}", "|||00:05.0", "!时间: is a time without its day"},
    };
    check_cases(t, cases, COUNT_OF(cases));
}

static void bad_templates(struct t *t)
{
    static const struct {
        const char *template, *want;
    } cases[] = {
        {"{\"ids\":[{\"value\":\"${nn}\"}]}", "\"ids\": \"value\": there is no column \"nn\"; did you mean \"n\"?"},
        {"{\"t\":\"@{时问}\"}", "\"t\": there is no column \"时问\"; did you mean \"时间\"?"},
        {"{\"$frist\":[]}", "\"$frist\": want $first, $latest, $case or $rows, alone in its object"},
        {"{\"s\":{\"$latest\":[\"${a}\"]}}", "\"s\": \"$latest\": \"$latest\" wants a list of times: [\"@{Column}\", …]"},
        {"{\"s\":{\"$first\":\"${a}\"}}", "\"s\": \"$first\": want a list"},
        {"{\"s\":{\"$case\":1}}", "\"s\": \"$case\" wants a text: \"${Column}\""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct making m;
        struct err e = {0};
        CHECK_FAILS(t, make(t, &m, cases[i].template, &e), INVALID);
        CHECK_TEXT(t, e.text, cases[i].want);
        making_end(&m);
    }
}

static void names_are_gathered(struct t *t)
{
    struct json_parser *p = json_parser_create(VALUE_BYTES_MAX);
    struct json root;
    struct err e = {0};
    size_t count;
    CHECK_DONE(t, json_parse(p, BYTES_LIT("{\"a\":\"${x}-${y.z}\",\"b\":[\"#{x}\",\"@{t}\"],\"${no}\":1}"), &root, &e), &e);
    const char **names = template_names(root, t->arena, &count);
    REQUIRE(t, count == 3);
    CHECK_TEXT(t, names[0], "x");
    CHECK_TEXT(t, names[1], "y.z");
    CHECK_TEXT(t, names[2], "t");
    json_parser_destroy(p);
}

static void a_choice_may_choose_nothing(struct t *t)
{
    static const struct case_of cases[] = {
        {"{\"$case\":\"${a}\",\"x\":{\"b\":\"${b}\"},\"y\":null}", "x|1", "{\"b\":\"1\"}"},
        {"{\"$case\":\"${a}\",\"x\":{\"b\":\"${b}\"},\"y\":null}", "y|1", "empty "},
        {"{\"$case\":\"${a}\",\"x\":{\"b\":\"${b}\"},\"y\":null}", "z|1", "empty "},
        {"{\"$first\":[{\"b\":\"${b}\"},{\"a\":\"${a}\"}]}", "1|", "{\"a\":\"1\"}"},
        {"{\"$first\":[{\"b\":\"${b}\"},{\"a\":\"${a}\"}]}", "|", "empty "},
    };
    check_cases(t, cases, COUNT_OF(cases));
}

/* The text of a member of a template over one row, or why there is none. */
static const char *member_text_of(struct t *t, const char *template, const char *name, struct bytes first_cell)
{
    struct making m;
    struct err e = {0};
    struct buf out;
    struct bytes *row = ARENA_ARRAY(t->arena, struct bytes, COLUMNS);
    const struct bytes *cells[] = {row};
    CHECK_DONE(t, make(t, &m, template, &e), &e);
    row[0] = first_cell;
    buf_init(&out, VALUE_BYTES_MAX);
    bool found = template_member_text(m.made, bytes_of_text(name), &(struct template_rows){cells, 1}, &out);
    const char *text = found ? arena_printf(t->arena, "%.*s", BYTES_ARG(buf_bytes(&out))) : "none";
    buf_fini(&out);
    making_end(&m);
    return text;
}

static void the_text_of_a_member_is_told_alone(struct t *t)
{
    static const struct {
        const char *template, *name, *cell, *want;
    } cases[] = {
        {"{\"number\":\"${a}\"}", "number", "7", "7"},
        {"{\"number\":\"A-${a}\"}", "number", "7", "A-7"},
        {"{\"number\":\"A-${a}\"}", "number", "", ""},
        {"{\"shop\":\"till\",\"number\":\"${a}\"}", "shop", "", "till"},
        {"{\"number\":\"${b}\",\"number\":\"${a}\"}", "number", "7", "7"}, /* the last one counts, as in JSON */
        {"{\"number\":\"#{a}\"}", "number", "7", "none"},
        {"{\"in\":{\"number\":\"${a}\"}}", "number", "7", "none"},
        {"{\"$case\":\"${a}\",\"7\":{\"number\":\"${a}\"}}", "number", "7", "none"},
        {"{\"number\":\"${a}\"}", "number", "#REF!", "none"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CHECK_TEXT(t, member_text_of(t, cases[i].template, cases[i].name, bytes_of_text(cases[i].cell)), cases[i].want);
}

static bool has_total(struct t *t, const char *template)
{
    struct making m;
    struct err e = {0};
    CHECK_DONE(t, make(t, &m, template, &e), &e);
    bool has = template_has_member(m.made, BYTES_LIT("total"));
    making_end(&m);
    return has;
}

static void a_member_is_found_wherever_it_stands(struct t *t)
{
    CHECK(t, has_total(t, "{\"total\":1}"));
    CHECK(t, has_total(t, "{\"payment\":{\"total\":\"#{n}\"}}"));
    CHECK(t, has_total(t, "{\"lines\":{\"$rows\":{\"$first\":[\"${a}\",{\"total\":1}]}}}"));
    CHECK(t, has_total(t, "{\"p\":{\"$case\":\"${a}\",\"x\":{\"total\":1}}}"));
    CHECK(t, !has_total(t, "{\"totals\":1,\"a\":\"total\",\"p\":{\"$case\":\"${a}\",\"total\":2}}"));
}

/* A cell that stands in several places is read once, and in each row anew. */
static void times_of_one_cell_agree(struct t *t)
{
    static const struct case_of cases[] = {
        {"{\"x\":\"@{时间}\",\"y\":\"@{a}\",\"z\":\"@{时间}\"}", "2026-01-02|||2026-01-01",
         "{\"x\":\"2025-12-31T16:00:00.000Z\",\"y\":\"2026-01-01T16:00:00.000Z\",\"z\":\"2025-12-31T16:00:00.000Z\"}"},
        {"{\"x\":\"@{时间}\",\"l\":{\"$rows\":{\"t\":\"@{时间}\"}}}", "|||2026-01-01/|||2026-01-02",
         "{\"x\":\"2025-12-31T16:00:00.000Z\",\"l\":[{\"t\":\"2025-12-31T16:00:00.000Z\"},{\"t\":\"2026-01-01T16:00:00."
         "000Z\"}]}"},
        {"{\"x\":\"@{时间}\",\"y\":\"@{时间}\"}", "|||soon", "!时间: is no time"},
    };
    check_cases(t, cases, COUNT_OF(cases));
}

static const struct test tests[] = {
    {"the text of a member is told alone", the_text_of_a_member_is_told_alone, 1},
    {"a member is found wherever it stands", a_member_is_found_wherever_it_stands, 1},
    {"times of one cell agree", times_of_one_cell_agree, 1},
    {"a choice may choose nothing", a_choice_may_choose_nothing, 1},
    {"columns stand in values", columns_stand_in_values, 1},
    {"what is empty is left out", what_is_empty_is_left_out, 1},
    {"choices", choices, 1},
    {"rows become a list", rows_become_a_list, 1},
    {"cells are checked", cells_are_checked, 1},
    {"bad templates are refused with words", bad_templates, 1},
    {"names are gathered", names_are_gathered, 1},
};
TEST_MAIN(tests)
