#include "lib/csv.h"
#include "testing/test.h"

#define TEXT_BYTES_MAX 4096u

/* The records as "field|field/field|field/", bad ones as "!line: why/". */
static struct bytes read_all(struct t *t, struct csv *c, struct bytes text, size_t piece_bytes)
{
    struct buf out;
    struct csv_record r;
    buf_init(&out, 1 << 20);
    for (;;) {
        enum csv_found found = csv_next(c, &r);
        if (found == CSV_END)
            break;
        if (found == CSV_HUNGRY && text.size == 0) {
            csv_finish(c);
        } else if (found == CSV_HUNGRY) {
            size_t size = text.size < piece_bytes ? text.size : piece_bytes;
            csv_feed(c, bytes_slice(text, 0, size));
            text = bytes_slice(text, size, text.size);
        } else if (found == CSV_BAD) {
            buf_printf(&out, "!%d: %s/", (int)r.line, r.why);
        } else {
            for (size_t i = 0; i < r.count; i++)
                buf_printf(&out, "%s%.*s", i == 0 ? "" : "|", BYTES_ARG(r.fields[i]));
            buf_push_byte(&out, '/');
        }
    }
    struct bytes kept = arena_copy(t->arena, buf_bytes(&out));
    buf_fini(&out);
    return kept;
}

static void reads(struct t *t, const char *text, const char *want)
{
    for (size_t piece = 1; piece < 8; piece++) {
        struct csv *c = csv_create(',', 64);
        struct bytes got = read_all(t, c, bytes_of_text(text), piece);
        CHECK_BYTES(t, got, bytes_of_text(want));
        csv_destroy(c);
    }
}

static void plain(struct t *t)
{
    reads(t, "a,b\n1,2\n", "a|b/1|2/");
    reads(t, "a,b\r\n1,2", "a|b/1|2/");
    reads(t, "a,\n,\n", "a|/|/");
    reads(t, "", "");
    reads(t, "\n\r\n\na\n\n", "a/");
}

static void quotes(struct t *t)
{
    reads(t, "\"a,b\",\"c\nd\"\n", "a,b|c\nd/");
    reads(t, "\"say \"\"hi\"\"\",\"\"\n", "say \"hi\"|/");
    reads(t, "\"\"\nx\n", "/x/"); /* an empty field is no blank line */
    reads(t, "6\" pipe,\"a\"b\n", "6\" pipe|ab/");
    reads(t, "\"a\r\nb\"\r\n", "a\r\nb/");
}

static void marks_and_returns(struct t *t)
{
    reads(t, "\xEF\xBB\xBF" "a,b\n", "a|b/");
    reads(t, "\xEF\xBB\xBF\"a\"\n", "a/");
    reads(t, "\xEF\xBBz\n", "\xEF\xBBz/");
    reads(t, "\xEF\xBB", "\xEF\xBB/");
    reads(t, "a\rb,c\r\r\n", "a\rb|c\r/");
}

static void bad_records(struct t *t)
{
    char text[200];
    memset(text, 'x', 100);
    memcpy(text + 100, "\nok\n\"open\nstill", 16);
    reads(t, text, "!1: the row is longer than 64 bytes/ok/!3: a quote is opened and never closed/");
}

static void lines_are_counted(struct t *t)
{
    struct csv *c = csv_create(';', 64);
    struct csv_record r;
    csv_feed(c, BYTES_LIT("a;b\n\"1\n2\";3\n\nz\n"));
    static const uint64_t lines[] = {1, 2, 5};
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        CHECK_EQ(t, csv_next(c, &r), CSV_RECORD);
        CHECK_EQ(t, r.line, lines[i]);
    }
    CHECK_EQ(t, csv_next(c, &r), CSV_HUNGRY);
    csv_finish(c);
    CHECK_EQ(t, csv_next(c, &r), CSV_END);
    CHECK_EQ(t, csv_next(c, &r), CSV_END);
    csv_destroy(c);
}

/* What an open quote has swallowed, and where a record of many lines ends. */
static void last_lines(struct t *t)
{
    static const struct {
        const char *text;
        uint64_t line, last_line;
    } cases[] = {
        {"a\n", 1, 1}, {"a", 1, 1}, {"\na\r\n", 2, 2}, {"\"a\nb\"\n", 1, 2}, {"\"a\nb\"", 1, 2}, {"\"a\n", 1, 1}, {"\"a\nb\nc", 1, 3}, {"\"a\nb\nc\n", 1, 3},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct csv *c = csv_create(',', 64);
        struct csv_record r;
        csv_feed(c, bytes_of_text(cases[i].text));
        enum csv_found found = csv_next(c, &r);
        if (found == CSV_HUNGRY) {
            csv_finish(c);
            (void)csv_next(c, &r);
        }
        CHECK_EQ(t, r.line, cases[i].line);
        CHECK_EQ(t, r.last_line, cases[i].last_line);
        csv_destroy(c);
    }
}

static void many_fields(struct t *t)
{
    struct csv *c = csv_create(',', 1 << 16);
    struct csv_record r;
    struct buf text;
    buf_init(&text, 1 << 16);
    for (size_t i = 1; i < CSV_FIELDS_MAX; i++)
        buf_push_byte(&text, ',');
    buf_push_text(&text, "\n");
    for (size_t i = 0; i < CSV_FIELDS_MAX; i++)
        buf_push_byte(&text, ',');
    buf_push_text(&text, "\nlast\n");
    csv_feed(c, buf_bytes(&text));
    CHECK_EQ(t, csv_next(c, &r), CSV_RECORD);
    CHECK_EQ(t, r.count, CSV_FIELDS_MAX);
    CHECK_EQ(t, csv_next(c, &r), CSV_BAD);
    CHECK_EQ(t, r.line, 2);
    CHECK_EQ(t, csv_next(c, &r), CSV_RECORD);
    CHECK_EQ(t, r.count, 1);
    buf_fini(&text);
    csv_destroy(c);
}

static void puts_in_quotes(struct t *t)
{
    struct buf out;
    buf_init(&out, TEXT_BYTES_MAX);
    csv_put(&out, BYTES_LIT("plain"), ',');
    csv_put(&out, BYTES_LIT(" a,\"b\"\n"), ',');
    csv_put(&out, BYTES_NONE, ',');
    CHECK_BYTES(t, buf_bytes(&out), BYTES_LIT("plain\" a,\"\"b\"\"\n\""));
    buf_fini(&out);
}

static void formulas_are_made_inert(struct t *t)
{
    static const struct {
        const char *field, *want;
    } rows[] = {
        {"=1+1", "'=1+1"},       {"+8613812345678", "'+8613812345678"}, {"-1", "'-1"},  {"@SUM(A1)", "'@SUM(A1)"},
        {"\tx", "'\tx"},         {"\r=1", "\"'\r=1\""},                 {"=A1,B1", "\"'=A1,B1\""}, {"\xef\xbc\x9d" "1", "'\xef\xbc\x9d" "1"},
        {"王小明 😀", "王小明 😀"}, {"a=1", "a=1"},                       {"", ""},      {"'=1", "'=1"},
    };
    struct buf out;
    buf_init(&out, TEXT_BYTES_MAX);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        buf_clear(&out);
        csv_put_inert(&out, bytes_of_text(rows[i].field), ',');
        CHECK_BYTES(t, buf_bytes(&out), bytes_of_text(rows[i].want));
    }
    buf_fini(&out);
}

static const struct test tests[] = {
    {"plain fields and line ends", plain, 1},
    {"quotes", quotes, 1},
    {"a byte order mark, a lone CR", marks_and_returns, 1},
    {"a bad record doesn't stop the others", bad_records, 1},
    {"lines are counted where records begin", lines_are_counted, 1},
    {"a record says where it ends", last_lines, 1},
    {"as many fields as allowed", many_fields, 1},
    {"a field is put in quotes when it must be", puts_in_quotes, 1},
    {"formulas are made inert", formulas_are_made_inert, 1},
};
TEST_MAIN(tests)
