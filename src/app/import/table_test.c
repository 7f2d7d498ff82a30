/* Covers: input.c, lines.c */
#include "app/import/table.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "app/import/lines.h"
#include "testing/test.h"

#define TEXT_BYTES_MAX 100000u

static const char *file_make(struct t *t, const char *name, struct bytes text)
{
    const char *path = arena_printf(t->arena, "%s/%s", t->folder, name);
    FILE *file = fopen(path, "we");
    assert(file != NULL);
    CHECK_EQ(t, fwrite(text.data, 1, text.size, file), text.size);
    CHECK_EQ(t, fclose(file), 0);
    return path;
}

/* The rows as "cell|cell/cell|cell/", bad ones as "!line: why/", behind those of a table that can't be opened "!why". */
static const char *read_all(struct t *t, struct table_options o)
{
    struct table *table = NULL;
    struct table_row r;
    struct err e = {0};
    struct buf out;
    size_t columns;
    bool more;
    if (failed(table_open(&o, &table, &e)))
        return arena_printf(t->arena, "!%s", e.text + strlen(o.path) + 2);
    buf_init(&out, TEXT_BYTES_MAX);
    const struct bytes *names = table_names(table, &columns);
    for (size_t i = 0; i < columns; i++)
        buf_printf(&out, "%.*s%s", BYTES_ARG(names[i]), i + 1 < columns ? "|" : "/");
    while (done(table_next(table, &r, &more, &e)) && more) {
        if (r.cells == NULL)
            buf_printf(&out, "!%d: %s/", (int)r.line, r.why);
        for (size_t i = 0; r.cells != NULL && i < columns; i++)
            buf_printf(&out, "%.*s%s", BYTES_ARG(r.cells[i]), i + 1 < columns ? "|" : "/");
    }
    const char *all = arena_printf(t->arena, "%.*s", BYTES_ARG(buf_bytes(&out)));
    buf_fini(&out);
    table_close(table);
    return all;
}

#define READS(t, text, how, want)                                                                                     \
    CHECK_TEXT(t, read_all((t), (struct table_options){.path = file_make((t), "t.csv", BYTES_LIT(text)), .delimiter = ',', .encoding = (how)}), (want))

static void rows_fit_their_columns(struct t *t)
{
    READS(t, "a,b\n1,2\n3\n4,5,,\n6,7,8\n9,10\n", ENCODING_UTF8,
          "a|b/1|2/3|/4|5/!5: the row has 3 cells, and there are 2 columns/9|10/");
    READS(t, "a,b\n1,2\n\"3,4\n5,6\n7,8\n", ENCODING_UTF8,
          "a|b/1|2/!3: a quote is opened and never closed/5|6/7|8/");
    READS(t, "a,b\n1,\"x\ny\n3,4\n\"5\",6\n7,8\n", ENCODING_UTF8,
          "a|b/!2: a quote seems to be opened by mistake: the row goes over several lines, and has not as many cells as there are columns/"
          "!3: it lies behind a quote that was opened by mistake, and is no whole row by itself/3|4/5|6/7|8/");
    READS(t, "a,b\n1,\"x\ny\"\n\"2,x\n\n3,\"4\n", ENCODING_UTF8,
          "a|b/1|x\ny/!4: a quote seems to be opened by mistake: the row goes over several lines, and has not as many cells as there are columns/"
          "!6: it lies behind a quote that was opened by mistake, and is no whole row by itself/");
    READS(t, "a,b\n1,\"x\ny\",\n", ENCODING_UTF8, "a|b/1|x\ny/");
    READS(t, "a\n\"3\n5\n", ENCODING_UTF8, "a/!2: a quote is opened and never closed; the lines to 3 are taken for its own and not read/");
}

static void cells_are_utf8(struct t *t)
{
    READS(t, "a,b\n\xcd\xf5,1\n\xe7\x8e\x8b,2\n", ENCODING_UTF8,
          "a|b/!2: not UTF-8: if the file is in GB18030 or GBK, the map says so with \"encoding\": "
          "\"gb18030\"/\xe7\x8e\x8b|2/");
    READS(t, "\xd0\xd5\xc3\xfb,b\n\xcd\xf5,\"\x81\x30\x81\x30,\"\n\xcd,3\n", ENCODING_GB18030,
          "\xe5\xa7\x93\xe5\x90\x8d|b/\xe7\x8e\x8b|\xc2\x80,/!3: not GB18030 at byte 0/");
}

static void what_is_no_table_is_refused(struct t *t)
{
    READS(t, "", ENCODING_UTF8, "!a line must name the columns, and there is none");
    READS(t, "\"a,b\n", ENCODING_UTF8, "!line 1 must name the columns: a quote is opened and never closed");
    READS(t, "a,b\r1,2\r", ENCODING_UTF8, "!lines must end in LF or CRLF, and these seem to end in CR alone");
    READS(t, "\"a\r\nb\",c\r\n1,2\r\n", ENCODING_UTF8, "a\r\nb|c/1|2/");
    READS(t,
          "\xff\xfe"
          "a\0,\0b\0\n\0",
          ENCODING_UTF8, "!the file is in UTF-16: save it as CSV in UTF-8");
    READS(t, "\xd0\xd5,b\n1,2\n", ENCODING_UTF8,
          "!line 1: not UTF-8: if the file is in GB18030 or GBK, the map says so with \"encoding\": \"gb18030\"");
}

static void only_plain_files(struct t *t)
{
    struct input *in = NULL;
    struct err e = {0};
    const char *pipe_path = arena_printf(t->arena, "%s/pipe", t->folder);
    REQUIRE(t, mkfifo(pipe_path, 0600) == 0);
    CHECK_FAILS(t, input_open(pipe_path, &in, &e), INVALID);
    CHECK(t, strstr(e.text, "is no plain file") != NULL);
    CHECK_FAILS(t, input_open(t->folder, &in, &e), INVALID);
    CHECK_FAILS(t, input_open("/nowhere/at/all", &in, &e), NOT_FOUND);
}

static struct status drained(const char *path, uint64_t *out_size, struct hash128 *out_digest, struct err *e)
{
    struct input *in = NULL;
    struct bytes piece;
    *out_size = 0;
    TRY(input_open(path, &in, e));
    *out_digest = input_file(in).digest;
    struct status status = DONE;
    do {
        status = input_next(in, &piece, e);
        *out_size += done(status) ? piece.size : 0;
    } while (done(status) && piece.size > 0);
    input_close(in);
    return status;
}

static void packed_files_are_opened(struct t *t, const char *path, size_t packed_max)
{
    uint8_t *packed = arena_zeroed(t->arena, packed_max, 1);
    struct hash128 digest, cut;
    struct err e = {0};
    uint64_t size;
    CHECK_DONE(t, drained(path, &size, &digest, &e), &e);
    CHECK_EQ(t, size, TEXT_BYTES_MAX);
    FILE *whole = fopen(path, "re");
    REQUIRE(t, whole != NULL);
    size_t packed_size = fread(packed, 1, packed_max, whole);
    (void)fclose(whole);
    CHECK_FAILS(t, drained(file_make(t, "cut", bytes_of(packed, packed_size - 9)), &size, &cut, &e), INVALID);
    CHECK(t, digest.low != cut.low);
}

static void gzip_is_opened(struct t *t)
{
    uint8_t *plain = arena_zeroed(t->arena, TEXT_BYTES_MAX, 1);
    const char *path = arena_printf(t->arena, "%s/z", t->folder);
    gzFile file = gzopen(path, "wbe");
    REQUIRE(t, file != NULL);
    CHECK_EQ(t, gzwrite(file, plain, TEXT_BYTES_MAX), TEXT_BYTES_MAX);
    CHECK_EQ(t, gzclose(file), Z_OK);
    packed_files_are_opened(t, path, 4096);
}

/* Two frames, as `zstd a b --stdout` makes them. */
static void zstd_is_opened(struct t *t)
{
    uint8_t *plain = arena_zeroed(t->arena, TEXT_BYTES_MAX, 1), *packed = arena_zeroed(t->arena, TEXT_BYTES_MAX, 1);
    for (size_t i = 0; i < TEXT_BYTES_MAX; i++)
        plain[i] = (uint8_t)(i * i / 7);
    size_t half = TEXT_BYTES_MAX / 2, first = ZSTD_compress(packed, half, plain, half, 3);
    REQUIRE(t, !ZSTD_isError(first));
    size_t second = ZSTD_compress(packed + first, TEXT_BYTES_MAX - first, plain + half, TEXT_BYTES_MAX - half, 3);
    REQUIRE(t, !ZSTD_isError(second));
    packed_files_are_opened(t, file_make(t, "z.zst", bytes_of(packed, first + second)), TEXT_BYTES_MAX);
}

static void encodings_are_found_line_by_line(struct t *t)
{
    READS(t, "姓名,b\n王,1\n\xcd\xf5,2\n\xc1\xaa\xcd\xa8,3\n李,4\n\xcd,5\n", ENCODING_FOUND,
          "姓名|b/王|1/王|2/联通|3/李|4/!6: not GB18030 at byte 0/");
    READS(t, "\xd0\xd5\xc3\xfb,b\ncaf\xc3\xa9,1\n", ENCODING_FOUND, "姓名|b/caf茅|1/");
}

static void names_come_from_where_they_stand(struct t *t)
{
    const char *path = file_make(t, "t.csv", BYTES_LIT("订单导出,,,\n订单号,买家信息,,\n,姓名,手机,备注\n1,王,138,\n"));
    struct table_options o = {.path = path, .delimiter = ',', .header_line = 3};
    CHECK_TEXT(t, read_all(t, o), "|姓名|手机|备注/1|王|138|/");
    o.header_lines = 2;
    CHECK_TEXT(t, read_all(t, o), "订单号|买家信息/姓名|买家信息/手机|买家信息/备注/1|王|138|/");
    const char *const places[] = {"no", "name", "phone", ""};
    o = (struct table_options){.path = path, .delimiter = ',', .names = places, .name_count = 4};
    CHECK_TEXT(t, read_all(t, o), "no|name|phone|/订单导出|||/订单号|买家信息||/|姓名|手机|备注/1|王|138|/");
    READS(t, " a ,=\"b\",b\n1,2,3\n,,\n", ENCODING_FOUND, "a|b|b#2/1|2|3/");
}

static void kinds_are_told_apart(struct t *t)
{
    const char *const members[] = {"no", "buyer.phone", "a.b"};
    struct table_options o = {.path = file_make(t, "t.tsv", BYTES_LIT("a\tb,c\n1\t2\n"))};
    CHECK_TEXT(t, read_all(t, o), "a|b,c/1|2/");
    o = (struct table_options){.path = file_make(t, "t.ndjson", BYTES_LIT("{\"no\":1.50,\"buyer\":{\"phone\":\"138\"},\"a.b\":true}\n[]\n\n{\"no\":null}\n{\"no\":[1]}\n")),
                               .members = members, .member_count = 3};
    CHECK_TEXT(t, read_all(t, o), "no|buyer.phone|a.b/1.50|138|true/!2: a line is one object/[1]||/");
    o = (struct table_options){.path = file_make(t, "t.xls", BYTES_LIT("\xD0\xCF\x11\xE0\xA1\xB1"))};
    CHECK_TEXT(t, read_all(t, o), "!an .xls of old, or one with a password: save it as .xlsx or CSV");
}

/* However the pieces of 256 KiB fall. */
static void lines_are_cut(struct t *t)
{
    struct buf text;
    struct input *in = NULL;
    struct line line;
    struct err e = {0};
    bool more;
    buf_init(&text, (size_t)4 << 20);
    for (int i = 0; i < 60000; i++)
        buf_printf(&text, "%s%d%s\r\n", i == 0 ? "\xEF\xBB\xBF" : " ", i, i % 3 == 0 ? "\n \t" : "");
    for (int i = 0; i < 99; i++)
        buf_push_byte(&text, 'x');
    REQUIRE_DONE(t, input_open(file_make(t, "lines", buf_bytes(&text)), &in, &e), &e);
    struct lines *l = lines_create(in, 64);
    uint64_t number = 1;
    for (int i = 0; i < 60000; i++, number++) {
        CHECK_DONE(t, lines_next(l, &line, &more, &e), &e);
        CHECK(t, more && line.number == number);
        CHECK_BYTES(t, line.text, bytes_of_text(arena_printf(t->arena, "%d", i)));
        number += i % 3 == 0;
    }
    CHECK_DONE(t, lines_next(l, &line, &more, &e), &e);
    CHECK(t, more && line.is_too_long && line.number == number);
    CHECK_DONE(t, lines_next(l, &line, &more, &e), &e);
    CHECK(t, !more);
    lines_destroy(l);
    input_close(in);
    buf_fini(&text);
}

static const struct test tests[] = {
    {"rows fit their columns", rows_fit_their_columns, 1},
    {"cells are UTF-8, whatever the file is in", cells_are_utf8, 1},
    {"what is no table is refused with words", what_is_no_table_is_refused, 1},
    {"only plain files have a digest", only_plain_files, 1},
    {"gzip is opened, and must be whole", gzip_is_opened, 1},
    {"zstd is opened, and must be whole", zstd_is_opened, 1},
    {"encodings are found line by line", encodings_are_found_line_by_line, 1},
    {"names come from where they stand", names_come_from_where_they_stand, 1},
    {"kinds of files are told apart", kinds_are_told_apart, 1},
    {"lines are cut", lines_are_cut, 1},
};
TEST_MAIN(tests)
