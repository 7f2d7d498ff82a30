#include "app/table.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

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
static const char *read_all(struct t *t, struct bytes text, enum encoding encoding)
{
    struct table_options o = {.path = file_make(t, "t.csv", text), .delimiter = ',', .encoding = encoding};
    struct table *table = NULL;
    struct table_row r;
    struct err e = {0};
    struct buf out;
    size_t columns;
    bool more;
    if (failed(table_open(&o, &table, &e)))
        return arena_printf(t->arena, "!%s", strstr(e.text, "t.csv: ") + 7);
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

#define READS(t, text, encoding, want) CHECK_TEXT(t, read_all((t), BYTES_LIT(text), (encoding)), (want))

static void rows_fit_their_columns(struct t *t)
{
    READS(t, "a,b\n1,2\n3\n4,5,,\n6,7,8\n9,10\n", ENCODING_UTF8,
          "a|b/1|2/3|/4|5/!5: the row has 3 cells, and there are 2 columns/9|10/");
    READS(t, "a,b\n1,2\n\"3,4\n5,6\n7,8\n", ENCODING_UTF8,
          "a|b/1|2/!3: a quote is opened and never closed; the lines to 5 are taken for its own and not read/");
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
    READS(t, "", ENCODING_UTF8, "!the first line must name the columns, and there is none");
    READS(t, "\"a,b\n", ENCODING_UTF8, "!the first line must name the columns: a quote is opened and never closed");
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
    *out_digest = input_digest(in);
    struct status status = DONE;
    do {
        status = input_next(in, &piece, e);
        *out_size += done(status) ? piece.size : 0;
    } while (done(status) && piece.size > 0);
    input_close(in);
    return status;
}

static void gzip_is_opened(struct t *t)
{
    uint8_t *plain = arena_zeroed(t->arena, TEXT_BYTES_MAX, 1), packed[4096];
    const char *path = arena_printf(t->arena, "%s/z", t->folder);
    struct hash128 digest, cut;
    struct err e = {0};
    uint64_t size;
    gzFile file = gzopen(path, "wbe");
    REQUIRE(t, file != NULL);
    CHECK_EQ(t, gzwrite(file, plain, TEXT_BYTES_MAX), TEXT_BYTES_MAX);
    CHECK_EQ(t, gzclose(file), Z_OK);
    CHECK_DONE(t, drained(path, &size, &digest, &e), &e);
    CHECK_EQ(t, size, TEXT_BYTES_MAX);
    FILE *whole = fopen(path, "re");
    REQUIRE(t, whole != NULL);
    size_t packed_size = fread(packed, 1, sizeof packed, whole);
    (void)fclose(whole);
    CHECK_FAILS(t, drained(file_make(t, "cut", bytes_of(packed, packed_size - 9)), &size, &cut, &e), INVALID);
    CHECK(t, digest.low != cut.low);
}

static const struct test tests[] = {
    {"rows fit their columns", rows_fit_their_columns, 1},
    {"cells are UTF-8, whatever the file is in", cells_are_utf8, 1},
    {"what is no table is refused with words", what_is_no_table_is_refused, 1},
    {"only plain files have a digest", only_plain_files, 1},
    {"gzip is opened, and must be whole", gzip_is_opened, 1},
};
TEST_MAIN(tests)
