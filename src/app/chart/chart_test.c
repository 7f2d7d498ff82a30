/* Pictures of answers: what they show, that they are XML whatever stands in texts, and that the same answer gives the same bytes.
 * Covers: chart.c, axis.c, bars.c, frame.c, funnel.c, heat.c, lines.c, sankey.c, svg.c, ../verbs/answer.c */
#include "app/chart/chart.h"

#include <stdlib.h>
#include <string.h>

#include "app/verbs/answer.h"
#include "base/hash.h"
#include "testing/test.h"

#define SVG_BYTES_MAX (8u << 20)
#define ANSWER_BYTES_MAX (1u << 20)

#define FUNNEL                                                                                                         \
    "{\"question\":\"funnel\",\"columns\":[{\"name\":\"step\",\"title\":\"Step\",\"title_zh\":\"步骤\",\"kind\":\"number\"}," \
    "{\"name\":\"event\",\"title\":\"Event\",\"title_zh\":\"事件\",\"kind\":\"event\"},"                              \
    "{\"name\":\"count\",\"title\":\"People\",\"title_zh\":\"人数\",\"kind\":\"number\"}],"                           \
    "\"event_names\":{\"product_viewed\":\"看过商品\",\"cart <added>\":\"加购\",\"order_paid\":\"付款\"},"               \
    "\"rows\":[[1,\"product_viewed\",12000],[2,\"cart <added>\",3000],[3,\"order_paid\",600]],\"events\":50000,\"subjects\":12000,\"as_of\":77}"
#define FUNNEL_BY_CHANNEL                                                                                              \
    "{\"question\":\"funnel\",\"columns\":[{\"name\":\"channel\",\"title\":\"channel\",\"title_zh\":\"channel\",\"kind\":\"text\"}," \
    "{\"name\":\"step\",\"title\":\"Step\",\"title_zh\":\"步骤\",\"kind\":\"number\"},"                                 \
    "{\"name\":\"event\",\"title\":\"Event\",\"title_zh\":\"事件\",\"kind\":\"event\"},"                              \
    "{\"name\":\"count\",\"title\":\"People\",\"title_zh\":\"人数\",\"kind\":\"number\"}],"                           \
    "\"rows\":[[\"web\",1,\"a\",9],[\"web\",2,\"b\",3],[\"app\",1,\"a\",7],[\"app\",2,\"b\",2],[\"pos\",1,\"a\",5],[\"pos\",2,\"b\",1]]}"
#define LIFECYCLE                                                                                                      \
    "{\"question\":\"lifecycle\",\"columns\":[{\"name\":\"unit\",\"title\":\"Period\",\"title_zh\":\"周期\",\"kind\":\"time\"}," \
    "{\"name\":\"new\",\"title\":\"New\",\"title_zh\":\"新增\",\"kind\":\"number\"},"                                  \
    "{\"name\":\"dormant\",\"title\":\"Dormant\",\"title_zh\":\"沉睡\",\"kind\":\"number\"}],"                         \
    "\"rows\":[[\"2026-01\",10,0],[\"2026-02\",4,-6],[\"2026-03\",0,-2]]}"
#define PATH                                                                                                           \
    "{\"question\":\"path\",\"columns\":[{\"name\":\"level\",\"title\":\"Level\",\"title_zh\":\"层\",\"kind\":\"number\"}," \
    "{\"name\":\"from\",\"title\":\"From\",\"title_zh\":\"从\",\"kind\":\"text\"},{\"name\":\"to\",\"title\":\"To\",\"title_zh\":\"到\",\"kind\":\"text\"}," \
    "{\"name\":\"count\",\"title\":\"Count\",\"title_zh\":\"次数\",\"kind\":\"number\"}],"                             \
    "\"rows\":[[0,\"(start)\",\"首页\",70],[0,\"(start)\",\"搜索\",30],[1,\"首页\",\"搜索\",20],[1,\"首页\",\"(drop)\",50]]}"
#define RETENTION                                                                                                      \
    "{\"question\":\"retention\",\"columns\":[{\"name\":\"cohort\",\"title\":\"Cohort\",\"title_zh\":\"同期群\",\"kind\":\"time\"}," \
    "{\"name\":\"period\",\"title\":\"Period\",\"title_zh\":\"第几期\",\"kind\":\"number\"},"                          \
    "{\"name\":\"rate\",\"title\":\"Rate\",\"title_zh\":\"留存率\",\"kind\":\"share\"},"                             \
    "{\"name\":\"is_complete\",\"title\":\"Complete\",\"title_zh\":\"已结束\",\"kind\":\"text\"}],"                  \
    "\"rows\":[[\"2026-01-05\",0,1,true],[\"2026-01-05\",1,0.5,true],[\"2026-01-12\",0,1,true],[\"2026-01-12\",1,0.25,false]]}"
#define WEEKS                                                                                                          \
    "{\"question\":\"trend\",\"columns\":[{\"name\":\"unit\",\"title\":\"Period\",\"title_zh\":\"周期\",\"kind\":\"time\"},"   \
    "{\"name\":\"a\",\"title\":\"Sum\",\"title_zh\":\"合计\",\"kind\":\"money\"}],\"rows\":[[\"2026-W43\",90],[\"2026-W44\",3900]," \
    "[\"2026-W45\",3000.5],[\"2026-W46\",0]],\"incomplete\":[\"2026-W43\",\"2026-W46\"],\"as_of\":7,\"events\":9,\"subjects\":3}"
#define TREND                                                                                                          \
    "{\"question\":\"trend\",\"columns\":[{\"name\":\"time\",\"title\":\"Day\",\"title_zh\":\"日期\",\"kind\":\"time\"}," \
    "{\"name\":\"A\",\"title\":\"Sum\",\"title_zh\":\"总额\",\"kind\":\"money\"}],"                                    \
    "\"rows\":[[\"2026-01-05\",1234.5],[\"2026-01-06\",null],[\"2026-01-07\",900]]}"
#define NEXT                                                                                                           \
    "{\"question\":\"path\",\"columns\":[{\"name\":\"to\",\"title\":\"Next\",\"title_zh\":\"下一步\",\"kind\":\"event\"}," \
    "{\"name\":\"title\",\"title\":\"Name\",\"title_zh\":\"英文名\",\"kind\":\"text\"},"                         \
    "{\"name\":\"title_zh\",\"title\":\"Chinese name\",\"title_zh\":\"名称\",\"kind\":\"text\"},"                \
    "{\"name\":\"count\",\"title\":\"People\",\"title_zh\":\"人数\",\"kind\":\"number\"}],"                      \
    "\"event_names\":{\"page_viewed\":\"浏览页面\"},"                                                                \
    "\"rows\":[[\"page_viewed\",\"a\",\"page_viewed\",7],[\"mine\",\"b\",\"(none)\",5],[\"(drop-off)\",\"c\",\"(other)\",2]]}"
#define ANYTHING                                                                                                       \
    "{\"question\":\"drivers\",\"columns\":[{\"name\":\"what\",\"title\":\"What\",\"title_zh\":\"行为\",\"kind\":\"text\"}," \
    "{\"name\":\"lift\",\"title\":\"Lift\",\"title_zh\":\"提升\",\"kind\":\"number\"}],\"rows\":[[\"a\",-1.5],[\"b\",2.25]]}"

static struct json answer_read(struct t *t, struct json_parser *parser, const char *text)
{
    struct err e = {0};
    struct json root = JSON_NOTHING;
    CHECK_DONE(t, json_parse(parser, bytes_of_text(text), &root, &e), &e);
    return root;
}

/* What is drawn of an answer, in the test's arena. */
static const char *drawn(struct t *t, const char *text)
{
    struct json_parser *parser = json_parser_create(ANSWER_BYTES_MAX);
    struct err e = {0};
    struct buf svg;
    assert(parser != NULL);
    buf_init(&svg, SVG_BYTES_MAX);
    CHECK_DONE(t, chart_draw(answer_read(t, parser, text), &svg, &e), &e);
    const char *kept = arena_text(t->arena, buf_bytes(&svg));
    buf_fini(&svg);
    json_parser_destroy(parser);
    return kept;
}

#define TAGS_MAX 16u

/* Tags close as they open, and no other text has a sign of markup or of control in it. */
static bool is_xml(const char *svg)
{
    struct bytes open[TAGS_MAX];
    size_t depth = 0;
    for (const char *at = svg; *at != 0;) {
        if (*at != '<') {
            if (((unsigned char)*at < 0x20 && *at != '\n') || *at == '>')
                return false;
            at++;
            continue;
        }
        const char *end = strchr(at, '>');
        if (end == NULL || depth == TAGS_MAX)
            return false;
        bool closes = at[1] == '/';
        struct bytes name = bytes_of(at + 1 + closes, strcspn(at + 1 + closes, " >/"));
        if (closes && (depth == 0 || !bytes_equal(open[--depth], name)))
            return false;
        if (!closes && end[-1] != '/')
            open[depth++] = name;
        at = end + 1;
    }
    return depth == 0;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        count++;
    return count;
}

static void a_funnel_shows_steps_and_rates(struct t *t)
{
    const char *svg = drawn(t, FUNNEL);
    CHECK(t, is_xml(svg));
    CHECK(t, strstr(svg, "看过商品") == NULL && strstr(svg, "cart &lt;added&gt;") != NULL);
    CHECK(t, strstr(svg, "25.0% go on") != NULL && strstr(svg, "5.0% of the first") != NULL && strstr(svg, "12,000") != NULL);
    CHECK(t, strstr(svg, "more are in the table") == NULL);
    svg = drawn(t, FUNNEL_BY_CHANNEL); /* of the first value; the others it doesn't hide */
    CHECK(t, is_xml(svg) && strstr(svg, "Funnel · web") != NULL && strstr(svg, "2 more are in the table") != NULL);
}

static void each_kind_has_its_picture(struct t *t)
{
    static const struct {
        const char *answer, *holds;
        size_t rects, paths;
    } cases[] = {
        {LIFECYCLE, "Life cycle", 4 + 2, 0},    /* four parts that aren't nothing, two names */
        {PATH, "首页 → 搜索: 20", 5, 4},        /* a node each, a band each */
        {RETENTION, "2026-01-05 · 1: 50.0%", 4, 0},
        {RETENTION, "Grey: not over yet", 4, 0},
        {TREND, "2026-01-07 · Sum: 900.00", 2 + 1, 0}, /* two points apart: no line */
        {WEEKS, "class=\"line c0\"", 4 + 1, 2},       /* whole weeks, and what leads to and from others */
        {WEEKS, "class=\"line open c0\"", 4 + 1, 2},
        {WEEKS, "Dashed: cut by the range, or not over yet", 4 + 1, 2},
        {WEEKS, ">4,000<", 4 + 1, 2}, /* an axis without cents */
        {ANYTHING, "2.25", 2, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *svg = drawn(t, cases[i].answer);
        CHECK(t, is_xml(svg));
        CHECK_EQ(t, count_of(svg, "<rect"), cases[i].rects);
        CHECK_EQ(t, count_of(svg, "<path"), cases[i].paths);
        if (strstr(svg, cases[i].holds) == NULL)
            test_fail(t, __FILE__, __LINE__, "%s is not in %s", cases[i].holds, svg);
        CHECK_TEXT(t, drawn(t, cases[i].answer), svg);
    }
}

static void it_speaks_the_terminals_language(struct t *t)
{
    (void)setenv("KITH_LANG", "zh", 1);
    const char *svg = drawn(t, FUNNEL);
    (void)setenv("KITH_LANG", "en", 1);
    CHECK(t, strstr(svg, "转化漏斗") != NULL && strstr(svg, "看过商品") != NULL && strstr(svg, "product_viewed") == NULL && strstr(svg, "占首步 5.0%") != NULL && strstr(svg, "50,000 个事件") != NULL);
}

static void nothing_is_no_picture(struct t *t)
{
    static const char *const answers[] = {
        "{}", "{\"columns\":[],\"rows\":[]}", "{\"question\":\"funnel\",\"columns\":[{\"name\":\"a\",\"kind\":\"text\"}],\"rows\":[[\"x\"]]}",
        "{\"question\":\"trend\",\"columns\":[{\"name\":\"a\",\"kind\":\"number\"}],\"rows\":[]}"};
    struct json_parser *parser = json_parser_create(ANSWER_BYTES_MAX);
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        struct err e = {0};
        struct buf svg;
        buf_init(&svg, SVG_BYTES_MAX);
        CHECK_EQ(t, chart_draw(answer_read(t, parser, answers[i]), &svg, &e).code, STATUS_INVALID);
        buf_fini(&svg);
    }
    json_parser_destroy(parser);
}

/* Whatever an answer holds: rows that are too short, texts of any bytes, numbers of any size, columns of any kind. */
static void any_answer_is_drawn_or_refused(struct t *t)
{
    static const char *const kinds[] = {"funnel", "retention", "rfm", "lifecycle", "path", "trend", "ltv", "survival", "stickiness", "attribution", "x"},
                             *const names[] = {"step", "event", "count", "people", "cohort", "period", "rate", "share", "r", "f", "unit", "from", "to", "level", "active_units", "interval", "channel"},
                             *const holds[] = {"text", "number", "share", "money", "time"},
                             *const cells[] = {"null", "0", "-3.5", "1e300", "\"<&>\\u0001\"", "\"品类\"", "12", "true", "[1]", "-0.0001"};
    struct json_parser *parser = json_parser_create(ANSWER_BYTES_MAX);
    struct buf text, svg;
    struct err e = {0};
    buf_init(&text, ANSWER_BYTES_MAX);
    buf_init(&svg, SVG_BYTES_MAX);
    size_t columns = 1 + rng_below(&t->rng, 6), rows = rng_below(&t->rng, 30);
    buf_printf(&text, "{\"question\":\"%s\",\"columns\":[", kinds[rng_below(&t->rng, COUNT_OF(kinds))]);
    for (size_t i = 0; i < columns; i++)
        buf_printf(&text, "%s{\"name\":\"%s\",\"title\":\"T\",\"kind\":\"%s\"}", i > 0 ? "," : "", names[rng_below(&t->rng, COUNT_OF(names))],
                   holds[rng_below(&t->rng, COUNT_OF(holds))]);
    buf_push_text(&text, "],\"rows\":[");
    for (size_t i = 0; i < rows; i++) {
        buf_push_text(&text, i > 0 ? ",[" : "[");
        size_t count = rng_below(&t->rng, columns + 2);
        for (size_t k = 0; k < count; k++)
            buf_printf(&text, "%s%s", k > 0 ? "," : "", cells[rng_below(&t->rng, COUNT_OF(cells))]);
        buf_push_byte(&text, ']');
    }
    buf_push_text(&text, "]}");
    const char *said = arena_text(t->arena, buf_bytes(&text));
    if (done(chart_draw(answer_read(t, parser, said), &svg, &e))) {
        const char *kept = arena_text(t->arena, buf_bytes(&svg));
        CHECK(t, is_xml(kept));
        if (strstr(kept, "nan") != NULL || strstr(kept, "inf") != NULL)
            test_fail(t, __FILE__, __LINE__, "%s gives %s", said, kept);
    }
    buf_fini(&svg);
    buf_fini(&text);
    json_parser_destroy(parser);
}

/* --- tables --- */

static void cells_read_as_people_write_them(struct t *t)
{
    static const struct {
        enum cell_kind kind;
        const char *cell, *shown;
    } cases[] = {
        {CELL_KIND_NUMBER, "1234567", "1,234,567"}, {CELL_KIND_NUMBER, "-1234.5678", "-1,234.568"}, {CELL_KIND_NUMBER, "0.30000000000000004", "0.3"},
        {CELL_KIND_NUMBER, "564.000000", "564"},    {CELL_KIND_NUMBER, "9e3", "9,000"},
        {CELL_KIND_SHARE, "0.1234", "12.3%"},       {CELL_KIND_MONEY, "1234.5", "1,234.50"},         {CELL_KIND_MONEY, "-0.005", "-0.01"},
        {CELL_KIND_NUMBER, "null", "–"},            {CELL_KIND_TEXT, "true", "✓"},                   {CELL_KIND_TEXT, "\"小程序\"", "小程序"},
        {CELL_KIND_TIME, "\"2026-W07\"", "2026-W07"}, {CELL_KIND_NUMBER, "1e300", ""},
    };
    struct json_parser *parser = json_parser_create(ANSWER_BYTES_MAX);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes shown = answer_cell(cases[i].kind, answer_read(t, parser, cases[i].cell), t->arena);
        if (cases[i].shown[0] != 0)
            CHECK_BYTES(t, shown, bytes_of_text(cases[i].shown));
        CHECK(t, shown.size > 0);
    }
    json_parser_destroy(parser);
}

static const char *table_shown(struct t *t, const char *answer, size_t columns_max)
{
    struct json_parser *parser = json_parser_create(ANSWER_BYTES_MAX);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    show_answer(answer_read(t, parser, answer), columns_max, t->arena, out);
    (void)fclose(out);
    const char *kept = arena_text(t->arena, bytes_of(text, size));
    free(text);
    json_parser_destroy(parser);
    return kept;
}

static void a_table_is_cut_to_the_terminal(struct t *t)
{
    CHECK_TEXT(t, table_shown(t, FUNNEL, 80),
               "Step  Event           People\n"
               "────  ──────────────  ──────\n"
               "   1  product_viewed  12,000\n"
               "   2  cart <added>     3,000\n"
               "   3  order_paid         600\n"
               "\n50,000 events of 12,000, as of log position 77.\n");
    CHECK(t, strstr(table_shown(t, FUNNEL, 20), "Too wide to be shown: People.") != NULL);
    CHECK(t, strstr(table_shown(t, FUNNEL, 1), "Too wide to be shown: People.") != NULL); /* what a row is of is always there */
    CHECK(t, strstr(table_shown(t, "{}", 80), "Nothing.") != NULL);
}

/* Events by their names in the terminal's language, and only where a column is of events; what has no name is told in words. */
static void events_have_their_names(struct t *t)
{
    struct json_parser *parser = json_parser_create(ANSWER_BYTES_MAX);
    struct buf csv;
    buf_init(&csv, ANSWER_BYTES_MAX);
    CHECK(t, strstr(table_shown(t, NEXT, 80), "page_viewed") != NULL && strstr(table_shown(t, NEXT, 80), "(drop-off)") != NULL);
    (void)setenv("KITH_LANG", "zh", 1);
    const char *table = table_shown(t, NEXT, 80), *svg = drawn(t, NEXT);
    answer_csv(answer_read(t, parser, NEXT), true, &csv);
    CHECK_BYTES(t, buf_bytes(&csv), BYTES_LIT("下一步,英文名,名称,人数\r\n浏览页面,a,page_viewed,7\r\nmine,b,(无),5\r\n(流失),c,(其他),2\r\n"));
    buf_clear(&csv);
    answer_csv(answer_read(t, parser, NEXT), false, &csv);
    CHECK_BYTES(t, buf_bytes(&csv), BYTES_LIT("to,title,title_zh,count\r\npage_viewed,a,page_viewed,7\r\nmine,b,(none),5\r\n(drop-off),c,(other),2\r\n"));
    (void)setenv("KITH_LANG", "en", 1);
    CHECK(t, strstr(table, "浏览页面  page_viewed") != NULL && strstr(table, "(流失)") != NULL && strstr(table, "(无)") != NULL);
    CHECK(t, strstr(svg, "浏览页面 · page_viewed") != NULL && strstr(svg, "(流失) · (其他)") != NULL && strstr(svg, "(none)") == NULL);
    buf_fini(&csv);
    json_parser_destroy(parser);
}

static void csv_has_no_formulas(struct t *t)
{
    static const char answer[] = "{\"columns\":[{\"name\":\"a\",\"title\":\"A, B\"},{\"name\":\"n\",\"title\":\"N\"}],\"rows\":[[\"=1+1\",-2.50],[null,3]]}";
    struct json_parser *parser = json_parser_create(ANSWER_BYTES_MAX);
    struct buf csv;
    buf_init(&csv, ANSWER_BYTES_MAX);
    answer_csv(answer_read(t, parser, answer), true, &csv);
    CHECK_BYTES(t, buf_bytes(&csv), BYTES_LIT("\"A, B\",N\r\n'=1+1,-2.50\r\n,3\r\n"));
    buf_clear(&csv);
    answer_csv(answer_read(t, parser, answer), false, &csv);
    CHECK_BYTES(t, buf_bytes(&csv), BYTES_LIT("a,n\r\n=1+1,-2.50\r\n,3\r\n"));
    buf_fini(&csv);
    json_parser_destroy(parser);
}

static const struct test tests[] = {
    {"a funnel shows steps and rates", a_funnel_shows_steps_and_rates, 1},
    {"each kind has its picture", each_kind_has_its_picture, 1},
    {"it speaks the terminal's language", it_speaks_the_terminals_language, 1},
    {"nothing is no picture", nothing_is_no_picture, 1},
    {"any answer is drawn or refused", any_answer_is_drawn_or_refused, 300},
    {"cells read as people write them", cells_read_as_people_write_them, 1},
    {"a table is cut to the terminal", a_table_is_cut_to_the_terminal, 1},
    {"events have their names", events_have_their_names, 1},
    {"CSV has no formulas", csv_has_no_formulas, 1},
};

int main(void)
{
    (void)setenv("KITH_LANG", "en", 1);
    return test_main(tests, COUNT_OF(tests));
}
