#include "lib/cell.h"

#include "base/time.h"
#include "testing/test.h"

static void texts_are_cleaned(struct t *t)
{
    static const struct {
        const char *raw, *want;
    } cases[] = {
        {"", ""},
        {"王小明", "王小明"},
        {" \t王 小明\r\n", "王 小明"},
        {"　13800138000　", "13800138000"},
        {"\xEF\xBB\xBF订单编号", "订单编号"},
        {"\xE2\x80\x8B""A1\xE2\x80\x8B", "A1"},
        {"=\"0138001\"", "0138001"},
        {"=\" 7 \"", "7"},
        {"'372100456", "372100456"},
        {"'quoted'", "'quoted'"},
        {"372100456\t", "372100456"},
        {"=A1+B2", "=A1+B2"},
        {"🌸 ", "🌸"},
        {"=\"", "=\""},
        {"　", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CHECK_BYTES(t, cell_text(bytes_of_text(cases[i].raw)), bytes_of_text(cases[i].want));
}

static void what_excel_spoilt_is_known(struct t *t)
{
    static const struct {
        const char *text;
        enum cell_fault want;
    } cases[] = {
        {"1.38E+10", CELL_LOSSY},  {"3.72100456789E+17", CELL_LOSSY}, {"1E+10", CELL_LOSSY}, {"1.2e-05", CELL_LOSSY},
        {"1E10", CELL_GOOD},       {"E+10", CELL_GOOD},               {"A1E+10", CELL_GOOD}, {"1E+", CELL_GOOD},
        {"#N/A", CELL_ERROR},      {"########", CELL_ERROR},          {"#1", CELL_GOOD},     {"##", CELL_GOOD},
        {"13800138000", CELL_GOOD}, {"", CELL_GOOD},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CHECK_EQ(t, cell_text_check(bytes_of_text(cases[i].text)), cases[i].want);
}

static void numbers_are_read(struct t *t)
{
    static const struct {
        const char *text, *want; /* NULL: a fault */
        enum cell_fault fault;
    } cases[] = {
        {"12", "12", CELL_GOOD},
        {"-12.50", "-12.50", CELL_GOOD},
        {"+3", "3", CELL_GOOD},
        {"¥1,234.50", "1234.50", CELL_GOOD},
        {"￥１，２３４．５０", "1234.50", CELL_GOOD},
        {"-¥1,234,567", "-1234567", CELL_GOOD},
        {"¥ -3.00", "-3.00", CELL_GOOD},
        {"199元", "199", CELL_GOOD},
        {"CNY 199.00", "199.00", CELL_GOOD},
        {"(12.00)", "-12.00", CELL_GOOD},
        {"12-", "-12", CELL_GOOD},
        {"007.10", "7.10", CELL_GOOD},
        {".5", "0.5", CELL_GOOD},
        {"5.", "5", CELL_GOOD},
        {"0", "0", CELL_GOOD},
        {"12.5%", "0.125", CELL_GOOD},
        {"100%", "1.00", CELL_GOOD},
        {"7%", "0.07", CELL_GOOD},
        {"1E-05", "1E-05", CELL_GOOD},
        {"1.38E+10", NULL, CELL_LOSSY},
        {"#DIV/0!", NULL, CELL_ERROR},
        {"1,5", NULL, CELL_NUMBER},
        {"1,2345", NULL, CELL_NUMBER},
        {"1234,567", NULL, CELL_NUMBER},
        {",123", NULL, CELL_NUMBER},
        {"1.234,50", NULL, CELL_NUMBER},
        {"12.3.4", NULL, CELL_NUMBER},
        {"--3", NULL, CELL_NUMBER},
        {"x", NULL, CELL_NUMBER},
        {"", NULL, CELL_NUMBER},
        {"0x10", NULL, CELL_NUMBER},
        {"1 2", NULL, CELL_NUMBER},
        {"1元2", NULL, CELL_NUMBER},
        {"十二", NULL, CELL_NUMBER},
        {"()", NULL, CELL_NUMBER},
        {"%", NULL, CELL_NUMBER},
        {"-", NULL, CELL_NUMBER},
        {".", NULL, CELL_NUMBER},
        {"11111111111111111111111111111111111111111111111111111111111111111111", NULL, CELL_NUMBER},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct cell_number n = {"unset"};
        CHECK_EQ(t, cell_number_read(bytes_of_text(cases[i].text), &n), cases[i].fault);
        CHECK_TEXT(t, n.digits, cases[i].want == NULL ? "unset" : cases[i].want);
    }
}

static void times_are_read(struct t *t)
{
    static const struct {
        const char *text, *want; /* NULL: a fault */
        enum cell_fault fault;
    } cases[] = {
        {"2026-11-11 00:05:00", "2026-11-11T00:05:00.000Z", CELL_GOOD},
        {"2026/11/1 0:05", "2026-11-01T00:05:00.000Z", CELL_GOOD},
        {"2026.11.11", "2026-11-11T00:00:00.000Z", CELL_GOOD},
        {"2026年11月11日 8时5分", "2026-11-11T08:05:00.000Z", CELL_GOOD},
        {"2026年1月2日", "2026-01-02T00:00:00.000Z", CELL_GOOD},
        {"２０２６－１１－１１　１２：３０", "2026-11-11T12:30:00.000Z", CELL_GOOD},
        {"2026/11/11 下午 3:05:07", "2026-11-11T15:05:07.000Z", CELL_GOOD},
        {"2026-11-11 星期三 上午12:30", "2026-11-11T00:30:00.000Z", CELL_GOOD},
        {"11/13/2026 8:05 PM", "2026-11-13T20:05:00.000Z", CELL_GOOD},
        {"13/11/2026", "2026-11-13T00:00:00.000Z", CELL_GOOD},
        {"7/7/2026", "2026-07-07T00:00:00.000Z", CELL_GOOD},
        {"20261111", "2026-11-11T00:00:00.000Z", CELL_GOOD},
        {"202611110005", "2026-11-11T00:05:00.000Z", CELL_GOOD},
        {"20261111000500", "2026-11-11T00:05:00.000Z", CELL_GOOD},
        {"2026-11-11T00:05:00.123456+08:00", "2026-11-10T16:05:00.123456Z", CELL_GOOD},
        {"2026-11-11 00:05:00 -0330", "2026-11-11T03:35:00.000Z", CELL_GOOD},
        {"2026-11-11T00:05:00Z", "2026-11-11T00:05:00.000Z", CELL_GOOD},
        {"2026-11-11 00:05:00.5", "2026-11-11T00:05:00.500Z", CELL_GOOD},
        {"1900-01-01 00:00:00", "1900-01-01T00:00:00.000Z", CELL_GOOD},
        {"1899-12-31 00:00:00", NULL, CELL_TIME},
        {"2026-02-30 00:00:00", NULL, CELL_TIME},
        {"2026-11-11 24:00:00", NULL, CELL_TIME},
        {"2026-11-11 00:05:00+19", NULL, CELL_TIME},
        {"1794326700", "2026-11-10T16:05:00.000Z", CELL_GOOD},
        {"1794326700123", "2026-11-10T16:05:00.123Z", CELL_GOOD},
        {"46337.5", "2026-11-11T12:00:00.000Z", CELL_GOOD},
        {"46337", "2026-11-11T00:00:00.000Z", CELL_GOOD},
        {"03/04/2026", NULL, CELL_OPEN_DATE},
        {"05:00.0", NULL, CELL_CUT_TIME},
        {"00:05", NULL, CELL_CUT_TIME},
        {"4.6E+04", NULL, CELL_LOSSY},
        {"#######", NULL, CELL_ERROR},
        {"26-11-11", NULL, CELL_TIME},
        {"2026-02-30", NULL, CELL_TIME},
        {"2026-13-01", NULL, CELL_TIME},
        {"20261301", NULL, CELL_TIME},
        {"2026-11-11 25:00", NULL, CELL_TIME},
        {"2026-11-11 13:00 PM", NULL, CELL_TIME},
        {"2026-11", NULL, CELL_TIME},
        {"2026-11-11 10:00 xx", NULL, CELL_TIME},
        {"123", NULL, CELL_TIME},
        {"soon", NULL, CELL_TIME},
        {"明天", NULL, CELL_TIME},
        {"", NULL, CELL_TIME},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct cell_time time = {0};
        char text[TIME_TEXT_BYTES] = "";
        CHECK_EQ(t, cell_time_read(bytes_of_text(cases[i].text), ORDER_UNSAID, &time), cases[i].fault);
        if (cases[i].want != NULL)
            CHECK_TEXT(t, time_format(time.us, text), cases[i].want);
    }
}

static void who_knows_the_order_says_it(struct t *t)
{
    struct cell_time time;
    char text[TIME_TEXT_BYTES];
    CHECK_EQ(t, cell_time_read(BYTES_LIT("03/04/2026"), ORDER_DAY_FIRST, &time), CELL_GOOD);
    CHECK_TEXT(t, time_format(time.us, text), "2026-04-03T00:00:00.000Z");
    CHECK_EQ(t, cell_time_read(BYTES_LIT("03/04/2026"), ORDER_MONTH_FIRST, &time), CELL_GOOD);
    CHECK_TEXT(t, time_format(time.us, text), "2026-03-04T00:00:00.000Z");
    CHECK_EQ(t, cell_time_read(BYTES_LIT("13/04/2026"), ORDER_MONTH_FIRST, &time), CELL_TIME);
    CHECK(t, !time.is_instant);
    CHECK_EQ(t, cell_time_read(BYTES_LIT("2026-04-03T00:00:00Z"), ORDER_MONTH_FIRST, &time), CELL_GOOD);
    CHECK(t, time.is_instant);
}

/* What was printed in any of the forms is read as the same time. */
static void forms_of_one_time_agree(struct t *t)
{
    int64_t second = INT64_C(1000000000) + (int64_t)rng_below(&t->rng, 3000000000u), in_day = second % 86400;
    struct civil_date d = civil_of_day((int32_t)(second / 86400));
    int hour = (int)(in_day / 3600), minute = (int)(in_day / 60 % 60), s = (int)(in_day % 60);
    int half = hour % 12 == 0 ? 12 : hour % 12;
    const char *forms[] = {
        arena_printf(t->arena, "%04d-%02d-%02d %02d:%02d:%02d", d.year, d.month, d.day, hour, minute, s),
        arena_printf(t->arena, "%d/%d/%d %d:%02d:%02d", d.year, d.month, d.day, hour, minute, s),
        arena_printf(t->arena, "%d年%d月%d日%d时%d分%d秒", d.year, d.month, d.day, hour, minute, s),
        arena_printf(t->arena, "%d-%d-%d %s%d:%d:%d", d.year, d.month, d.day, hour < 12 ? "上午" : "下午", half, minute, s),
        arena_printf(t->arena, "%04d%02d%02d%02d%02d%02d", d.year, d.month, d.day, hour, minute, s),
        arena_printf(t->arena, "%.8f", (double)second / 86400 + 25569),
        arena_printf(t->arena, "%lld", (long long)second),
        arena_printf(t->arena, "%lld000", (long long)second),
    };
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct cell_time time = {0};
        CHECK_EQ(t, cell_time_read(bytes_of_text(forms[i]), ORDER_UNSAID, &time), CELL_GOOD);
        CHECK_EQ(t, time.us, second * US_PER_SECOND);
    }
}

/* The same digits, full-width: those are read letter by letter, and plain ones at a glance. */
static struct bytes widened(struct t *t, const char *text)
{
    size_t size = 0;
    uint8_t *wide = arena_take(t->arena, 3 * strlen(text) + 1, 1);
    for (; *text != 0; text++) {
        if (*text < '0' || *text > '9') {
            wide[size++] = (uint8_t)*text;
            continue;
        }
        memcpy(wide + size, "\xEF\xBC\x90", 3);
        wide[size + 2] = (uint8_t)(wide[size + 2] + (*text - '0'));
        size += 3;
    }
    return bytes_of(wide, size);
}

/* Also what is no time, and whether a zone was said. */
static void written_times_are_read_as_any_others(struct t *t)
{
    static const char *const ends[] = {"",          "Z",  "+08", "+0800", "-03:30", "+08:3", "+19", ".5", ".123456789Z",
                                       ",25+00:00", " Z", "x",   "+",     ":",      ".",     "-1"};
    const char *text = arena_printf(t->arena, "%04u-%02u-%02u%c%02u:%02u:%02u%s",
                                    1890 + (unsigned)rng_below(&t->rng, 200), (unsigned)rng_below(&t->rng, 14),
                                    (unsigned)rng_below(&t->rng, 33), " T"[rng_below(&t->rng, 2)],
                                    (unsigned)rng_below(&t->rng, 26), (unsigned)rng_below(&t->rng, 62),
                                    (unsigned)rng_below(&t->rng, 62), ends[rng_below(&t->rng, COUNT_OF(ends))]);
    struct cell_time plain = {0}, wide = {0};
    enum cell_fault fault = cell_time_read(bytes_of_text(text), ORDER_UNSAID, &plain);
    CHECK_EQ(t, fault, cell_time_read(widened(t, text), ORDER_UNSAID, &wide));
    if (fault != CELL_GOOD)
        return;
    CHECK_EQ(t, plain.us, wide.us);
    CHECK_EQ(t, plain.is_instant, wide.is_instant);
}

static const struct test tests[] = {
    {"written times are read as any others", written_times_are_read_as_any_others, 20000},
    {"texts are cleaned", texts_are_cleaned, 1},
    {"what Excel spoilt is known", what_excel_spoilt_is_known, 1},
    {"numbers are read", numbers_are_read, 1},
    {"times are read", times_are_read, 1},
    {"who knows the order of a date says it", who_knows_the_order_says_it, 1},
    {"forms of one time agree", forms_of_one_time_agree, 300},
};
TEST_MAIN(tests)
