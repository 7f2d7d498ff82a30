/* Workbooks as Excel and others write them, and as they must not be. Covers: xlsx.c, xlsx_parts.c. */
#include "lib/xlsx.h"

#include <stdlib.h>
#include <zip.h>

#include "base/arena.h"
#include "testing/test.h"

#define TEXT_BYTES_MAX 100000u

struct part {
    const char *name, *text;
};

static const char *book_make(struct t *t, const struct part *parts, size_t count)
{
    const char *path = arena_printf(t->arena, "%s/b.xlsx", t->folder);
    int why = 0;
    zip_t *z = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &why);
    assert(z != NULL);
    for (size_t i = 0; i < count; i++) {
        zip_source_t *source = zip_source_buffer(z, parts[i].text, strlen(parts[i].text), 0);
        assert(source != NULL && zip_file_add(z, parts[i].name, source, ZIP_FL_ENC_UTF_8) >= 0);
    }
    int rc = zip_close(z);
    assert(rc == 0);
    (void)rc;
    return path;
}

#define WORKBOOK                                                                                                      \
    "<workbook xmlns:r=\"r\"><workbookPr/><sheets><sheet name=\"订单\" sheetId=\"1\" r:id=\"rId7\"/>"                   \
    "<sheet name=\"Other\" sheetId=\"2\" r:id=\"rId8\"/></sheets></workbook>"
#define RELATIONS                                                                                                     \
    "<Relationships><Relationship Id=\"rId7\" Target=\"worksheets/sheet1.xml\"/>"                                     \
    "<Relationship Id=\"rId8\" Target=\"/xl/worksheets/two.xml\"/></Relationships>"
#define STYLES                                                                                                        \
    "<styleSheet><numFmts><numFmt numFmtId=\"170\" formatCode=\"yyyy&quot;年&quot;m&quot;月&quot;\"/>"                  \
    "<numFmt numFmtId=\"171\" formatCode=\"[Red]0.00&quot;days&quot;\"/></numFmts><cellStyleXfs><xf "                 \
    "numFmtId=\"14\"/></cellStyleXfs><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"22\"/><xf numFmtId=\"170\"/><xf "    \
    "numFmtId=\"171\"/></cellXfs></styleSheet>"
#define TEXTS                                                                                                         \
    "<sst><si><t>订单编号</t></si><si><r><t>王</t></r><r><t xml:space=\"preserve\"> 小明</t></r><rPh><t>wang</t></rPh>"   \
    "</si><si><t>a &amp; b🌸</t></si></sst>"

/* Rows as "number:cell|cell/". */
static const char *rows_of(struct t *t, const char *path, const char *sheet)
{
    struct xlsx *x = NULL;
    struct xlsx_row r;
    struct err e = {0};
    struct buf out;
    bool more = true;
    if (failed(xlsx_open(path, sheet, &x, &e)))
        return arena_printf(t->arena, "!%s", e.text + strlen(path) + 2);
    buf_init(&out, TEXT_BYTES_MAX);
    struct status status;
    while (done(status = xlsx_next(x, &r, &more, &e)) && more) {
        buf_printf(&out, "%d:", (int)r.number);
        if (r.why != NULL)
            buf_printf(&out, "!%s", r.why);
        for (size_t i = 0; r.why == NULL && i < r.count; i++)
            buf_printf(&out, "%s%.*s", i > 0 ? "|" : "", BYTES_ARG(r.cells[i]));
        buf_push_text(&out, "/");
    }
    if (failed(status))
        buf_printf(&out, "!%s", e.text);
    CHECK(t, failed(status) || xlsx_share(x) == 1);
    const char *all = arena_printf(t->arena, "%.*s", BYTES_ARG(buf_bytes(&out)));
    buf_fini(&out);
    xlsx_close(x);
    return all;
}

static const char *sheet_rows(struct t *t, const char *sheet)
{
    const struct part parts[] = {{"xl/workbook.xml", WORKBOOK}, {"xl/_rels/workbook.xml.rels", RELATIONS}, {"xl/styles.xml", STYLES},
                                 {"xl/sharedStrings.xml", TEXTS}, {"xl/worksheets/sheet1.xml", sheet}};
    return rows_of(t, book_make(t, parts, COUNT_OF(parts)), NULL);
}

#define SHEET(rows) "<worksheet><sheetData>" rows "</sheetData></worksheet>"

static void cells_are_as_people_see_them(struct t *t)
{
    CHECK_TEXT(t,
               sheet_rows(t, SHEET("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"C1\" t=\"s\"><v>1</v></c></row>"
                                   "<row r=\"3\"><c t=\"inlineStr\"><is><t>x</t></is></c><c t=\"b\"><v>1</v></c><c t=\"e\"><v>#N/A</v></c>"
                                   "<c t=\"str\"><f>A1</f><v>f</v></c><c t=\"s\"><v>2</v></c></row>")),
               "1:订单编号||王 小明/3:x|TRUE|#N/A|f|a & b🌸/");
    CHECK_TEXT(t, sheet_rows(t, SHEET("<row><c><v>13800138000</v></c><c><v>0.30000000000000004</v></c><c><v>1.3800138E10</v></c>"
                                      "<c><v>1.2345678901234599E+17</v></c><c><v>123456789012345000</v></c><c><v>123456789012345678</v></c>"
                                      "<c><v>-1E-05</v></c><c><v>007</v></c></row>")),
               "1:13800138000|0.3|13800138000|1.23456789012346E+17|1.23456789012345E+17|123456789012345678|-0.000010000000000|007/");
    CHECK_TEXT(t, sheet_rows(t, SHEET("<row><c s=\"1\"><v>46337.003472222219</v></c><c s=\"2\"><v>46337</v></c><c s=\"3\"><v>46337</v></c>"
                                      "<c s=\"1\"><v>0.5</v></c><c s=\"1\"><v>59</v></c><c s=\"1\"><v>61</v></c><c s=\"1\"><v>-3</v></c></row>")),
               "1:2026-11-11 00:05:00|2026-11-11|46337|12:00:00|1900-02-28|1900-03-01|-3/");
}

static void merged_cells_repeat(struct t *t)
{
    CHECK_TEXT(t, sheet_rows(t, "<worksheet><sheetData><row r=\"1\"><c r=\"A1\"><v>1</v></c><c r=\"D1\"><v>9</v></c></row>"
                                "<row r=\"2\"><c r=\"D2\"><v>8</v></c></row><row r=\"3\"><c r=\"B3\"><v>7</v></c></row></sheetData>"
                                "<mergeCells count=\"2\"><mergeCell ref=\"A1:B2\"/><mergeCell ref=\"B3:C3\"/><mergeCell ref=\"nonsense\"/>"
                                "</mergeCells></worksheet>"),
               "1:1|1||9/2:1|1||8/3:|7|7/");
}

static void a_sheet_is_chosen_by_name(struct t *t)
{
    const struct part parts[] = {{"xl/workbook.xml", WORKBOOK}, {"xl/_rels/workbook.xml.rels", RELATIONS},
                                 {"xl/worksheets/two.xml", SHEET("<row><c t=\"inlineStr\"><is><t>two</t></is></c></row>")}};
    const char *path = book_make(t, parts, COUNT_OF(parts));
    CHECK_TEXT(t, rows_of(t, path, "Other"), "1:two/");
    CHECK_TEXT(t, rows_of(t, path, "Third"), "!there is no sheet \"Third\"; there are \"订单\", \"Other\"");
    CHECK_TEXT(t, rows_of(t, path, NULL), "!the workbook has no part xl/worksheets/sheet1.xml");
    CHECK(t, xlsx_is(path));
    CHECK(t, !xlsx_is("/nowhere"));
}

static void damage_is_told(struct t *t)
{
    CHECK_TEXT(t, sheet_rows(t, "<worksheet><sheetData><row><c><v>1</v></c></row><row>"),
               "1:1/!the part xl/worksheets/sheet1.xml is no XML: line 1: no element found");
    CHECK_TEXT(t, sheet_rows(t, "<!DOCTYPE x [<!ENTITY a \"b\">]><worksheet/>"),
               "!the part xl/worksheets/sheet1.xml holds more than a workbook may, or a document type");
    CHECK_TEXT(t, sheet_rows(t, SHEET("<row><c t=\"s\"><v>3</v></c></row><row><c r=\"ZZZ2\"><v>1</v></c></row><row><c r=\"?\"><v>1</v></c></row>"
                                      "<row><c><v>4</v></c></row>")),
               "1:!a cell names a text that the workbook doesn't have/2:!the row has more than 1024 cells/3:!a cell doesn't say where it stands/4:4/");
    FILE *file = fopen(arena_printf(t->arena, "%s/b.xlsx", t->folder), "we");
    REQUIRE(t, file != NULL);
    CHECK(t, fputs("PK\3\4 and nothing of an archive", file) >= 0);
    (void)fclose(file);
    CHECK(t, strncmp(rows_of(t, arena_printf(t->arena, "%s/b.xlsx", t->folder), NULL), "!it can't be opened as a workbook", 33) == 0);
}

/* A gigabyte of spaces in a megabyte. */
static void a_bomb_is_refused(struct t *t)
{
    size_t size = (size_t)80 << 20;
    char *spaces = malloc(size + 1);
    REQUIRE(t, spaces != NULL);
    memset(spaces, ' ', size);
    memcpy(spaces, "<worksheet>", 11);
    spaces[size] = 0;
    CHECK_TEXT(t, sheet_rows(t, spaces), "!the part xl/worksheets/sheet1.xml unpacks to more than 200 times its size");
    free(spaces);
}

static const struct test tests[] = {
    {"cells are as people see them", cells_are_as_people_see_them, 1},
    {"merged cells repeat their first", merged_cells_repeat, 1},
    {"a sheet is chosen by name", a_sheet_is_chosen_by_name, 1},
    {"damage is told", damage_is_told, 1},
    {"a bomb is refused", a_bomb_is_refused, 1},
};
TEST_MAIN(tests)
