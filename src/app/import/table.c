#include "app/import/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/import/lines.h"
#include "base/arena.h"
#include "lib/cell.h"
#include "lib/json.h"
#include "lib/text.h"
#include "lib/xlsx.h"

#define ARENA_BLOCK_BYTES (1u << 14)
#define RECOVERIES_MAX 64u /* of a file: each reads it again from the front */
#define UTF8_THREE_FIRST 0xE0 /* the first byte of a character of three bytes or more, as Chinese ones are */

/* A row as the file has it: fields may be in any encoding. */
struct raw_row {
    uint64_t line;
    size_t count;
    const struct bytes *fields;
    const char *why; /* of a bad one */
};

struct table;

/* One kind of file. */
struct reader {
    fallible (*open)(struct table *t, const struct table_options *o, struct err *e);
    fallible (*next)(struct table *t, struct raw_row *out_row, bool *out_more, struct err *e);
    bool has_members; /* its columns are named by who asks */
};

/* Lines that a quote opened by mistake had taken along, read once more, each by itself. */
struct recovery {
    struct input *input; /* NULL: none is under way */
    struct lines *lines;
    struct csv *csv; /* of the line at hand */
    uint64_t from, until;
    uint32_t count; /* of all so far */
};

struct table {
    const struct reader *reader;
    const char *path;
    struct input_file file;
    enum encoding encoding;
    struct input *input; /* NULL: a workbook */
    struct csv *csv;
    char delimiter;
    struct recovery recovery;
    struct lines *lines;
    struct json_parser *parser;
    struct xlsx *book;
    struct arena *kept, *arena; /* of the names, of one row */
    const struct bytes *names;
    size_t columns;
    uint64_t rows_of_gb18030;
};

/* --- CSV and its like --- */

static fallible csv_open(struct table *t, const struct table_options *o, struct err *e)
{
    t->csv = csv_create(o->delimiter, TABLE_ROW_BYTES_MAX);
    t->delimiter = o->delimiter;
    return input_open(o->path, &t->input, e);
}

static fallible record_find(struct table *t, struct csv_record *out_record, enum csv_found *out_found, struct err *e)
{
    for (;;) {
        struct bytes piece;
        *out_found = csv_next(t->csv, out_record);
        if (*out_found != CSV_HUNGRY)
            return DONE;
        TRY(input_next(t->input, &piece, e));
        if (piece.size > 0)
            csv_feed(t->csv, piece);
        else
            csv_finish(t->csv);
    }
}

static void recovery_end(struct recovery *r)
{
    csv_destroy(r->csv);
    lines_destroy(r->lines);
    input_close(r->input);
    *r = (struct recovery){.count = r->count};
}

/* Whether a row of several lines has other cells than there are columns: what one stray quote opened another has closed. Empty cells behind the last
 * column say nothing. */
static bool looks_torn(const struct table *t, const struct csv_record *r)
{
    bool has_more = false;
    for (size_t i = t->columns; i < r->count; i++)
        has_more |= r->fields[i].size > 0;
    return r->count < t->columns || has_more;
}

/* Not of lines that begin with their delimiter, as lines parted by tabs may: those of a recovery lose white space in front. */
static bool can_recover(const struct table *t, const struct csv_record *r)
{
    return r->last_line > r->line && t->columns > 1 && t->delimiter != '\t' && t->recovery.count < RECOVERIES_MAX;
}

static fallible recovery_begin(struct table *t, const struct csv_record *r, struct err *e)
{
    assert(t->recovery.input == NULL);
    TRY(input_open(t->path, &t->recovery.input, e));
    t->recovery.lines = lines_create(t->recovery.input, TABLE_ROW_BYTES_MAX);
    t->recovery.from = r->line + 1;
    t->recovery.until = r->last_line;
    t->recovery.count++;
    return DONE;
}

/* One line as a row. It may be a piece of a cell that has several lines: only with as many cells as there are columns is it taken for one. */
static void line_parse(struct table *t, const struct line *line, struct raw_row *out_row)
{
    struct csv_record r = {0};
    csv_destroy(t->recovery.csv);
    t->recovery.csv = csv_create(t->delimiter, TABLE_ROW_BYTES_MAX);
    *out_row = (struct raw_row){.line = line->number, .why = "it lies behind a quote that was opened by mistake, and is no whole row by itself"};
    if (line->is_too_long)
        return;
    csv_feed(t->recovery.csv, line->text);
    enum csv_found found = csv_next(t->recovery.csv, &r);
    if (found == CSV_HUNGRY) {
        csv_finish(t->recovery.csv);
        found = csv_next(t->recovery.csv, &r);
    }
    if (found == CSV_RECORD && r.count == t->columns)
        *out_row = (struct raw_row){.line = line->number, .count = r.count, .fields = r.fields};
}

static fallible recovery_next(struct table *t, struct raw_row *out_row, bool *out_found, struct err *e)
{
    struct line line;
    bool more = true;
    *out_found = false;
    while (t->recovery.input != NULL && !*out_found) {
        TRY(lines_next(t->recovery.lines, &line, &more, e));
        if (!more || line.number > t->recovery.until) {
            recovery_end(&t->recovery);
        } else if (line.number >= t->recovery.from) {
            line_parse(t, &line, out_row);
            *out_found = true;
        }
    }
    return DONE;
}

/* A quote that is opened by mistake takes the lines behind it along: they are read once more. Where they can't be, whoever mends the file must
 * know which they are. */
static fallible bad_record_take(struct table *t, const struct csv_record *r, struct raw_row *out_row, struct err *e)
{
    *out_row = (struct raw_row){.line = r->line, .why = r->why};
    if (can_recover(t, r))
        return recovery_begin(t, r, e);
    if (r->last_line > r->line)
        out_row->why = arena_printf(t->arena, "%s; the lines to %" PRIu64 " are taken for its own and not read", r->why, r->last_line);
    return DONE;
}

static fallible csv_row_next(struct table *t, struct raw_row *out_row, bool *out_more, struct err *e)
{
    struct csv_record r;
    enum csv_found found;
    TRY(recovery_next(t, out_row, out_more, e));
    if (*out_more)
        return DONE;
    TRY(record_find(t, &r, &found, e));
    *out_more = found != CSV_END;
    if (found == CSV_BAD)
        return bad_record_take(t, &r, out_row, e);
    if (found == CSV_RECORD && can_recover(t, &r) && looks_torn(t, &r)) {
        r.why = "a quote seems to be opened by mistake: the row goes over several lines, and has not as many cells as there are columns";
        return bad_record_take(t, &r, out_row, e);
    }
    if (found == CSV_RECORD)
        *out_row = (struct raw_row){.line = r.line, .count = r.count, .fields = r.fields};
    return DONE;
}

/* --- NDJSON --- */

static fallible members_open(struct table *t, const struct table_options *o, struct err *e)
{
    TRY(input_open(o->path, &t->input, e));
    t->lines = lines_create(t->input, TABLE_ROW_BYTES_MAX);
    t->parser = json_parser_create(TABLE_ROW_BYTES_MAX);
    if (t->parser == NULL)
        abort();
    return DONE;
}

static struct bytes member_text(struct json value)
{
    if (json_is(value, JSON_NULL) || json_is(value, JSON_ABSENT))
        return BYTES_NONE;
    return json_is(value, JSON_STRING) ? json_string(value) : json_raw(value);
}

static fallible members_read(struct table *t, struct bytes text, struct raw_row *row, struct err *e)
{
    struct json root;
    if (!text_is_utf8(text) && t->encoding != ENCODING_UTF8) {
        TRY(text_of_gb18030(text, t->arena, &text, e));
        t->rows_of_gb18030++;
    }
    TRY(json_parse(t->parser, text, &root, e));
    if (!json_is(root, JSON_OBJECT))
        return FAIL(e, INVALID, "a line is one object");
    struct bytes *cells = ARENA_ARRAY(t->arena, struct bytes, t->columns + 1);
    for (size_t i = 0; i < t->columns; i++) {
        struct json whole = json_find(root, t->names[i]); /* a name with a dot in it */
        cells[i] = member_text(json_is(whole, JSON_ABSENT) ? json_at(root, (const char *)t->names[i].data) : whole);
    }
    row->fields = cells;
    row->count = t->columns;
    return DONE;
}

static const char line_one[] = "line 1, "; /* JSON counts the lines of what it is given, which is one */

static fallible members_next(struct table *t, struct raw_row *out_row, bool *out_more, struct err *e)
{
    struct line line;
    struct err why = {0};
    TRY(lines_next(t->lines, &line, out_more, e));
    if (!*out_more)
        return DONE;
    *out_row = (struct raw_row){.line = line.number};
    if (line.is_too_long)
        out_row->why = arena_printf(t->arena, "the line is longer than %u bytes", TABLE_ROW_BYTES_MAX);
    else if (failed(members_read(t, line.text, out_row, &why)))
        out_row->why = arena_printf(t->arena, "%s", why.text + (strncmp(why.text, line_one, strlen(line_one)) == 0 ? strlen(line_one) : 0));
    return DONE;
}

/* --- workbooks --- */

static fallible sheet_open(struct table *t, const struct table_options *o, struct err *e)
{
    return xlsx_open(o->path, o->sheet, &t->book, e);
}

static fallible sheet_next(struct table *t, struct raw_row *out_row, bool *out_more, struct err *e)
{
    struct xlsx_row r;
    TRY(xlsx_next(t->book, &r, out_more, e));
    if (*out_more)
        *out_row = (struct raw_row){.line = r.number, .count = r.count, .fields = r.cells, .why = r.why};
    return DONE;
}

/* --- which kind a file is --- */

static const struct reader csv_reader = {csv_open, csv_row_next, false}, members_reader = {members_open, members_next, true},
                           sheet_reader = {sheet_open, sheet_next, false};

static bool is_called(const char *path, const char *ending)
{
    static const char *const packed[] = {"", ".gz", ".zst"};
    for (size_t i = 0; i < COUNT_OF(packed); i++) {
        size_t size = strlen(path), own = strlen(ending), outer = strlen(packed[i]);
        if (size > own + outer && memcmp(path + size - outer, packed[i], outer) == 0 &&
            memcmp(path + size - outer - own, ending, own) == 0)
            return true;
    }
    return false;
}

static bool is_old_workbook(const char *path)
{
    uint8_t first[4] = {0};
    FILE *file = fopen(path, "re");
    bool is = file != NULL && fread(first, 1, sizeof first, file) == sizeof first && memcmp(first, "\xD0\xCF\x11\xE0", 4) == 0;
    if (file != NULL)
        (void)fclose(file);
    return is;
}

static fallible reader_choose(struct table *t, struct table_options *o, struct err *e)
{
    bool in_tabs = is_called(o->path, ".tsv") || is_called(o->path, ".tab");
    o->delimiter = o->delimiter != 0 ? o->delimiter : in_tabs ? '\t' : ',';
    if (is_old_workbook(o->path))
        return FAIL(e, INVALID, "%s: an .xls of old, or one with a password: save it as .xlsx or CSV", o->path);
    if (xlsx_is(o->path))
        t->reader = &sheet_reader;
    else if (is_called(o->path, ".ndjson") || is_called(o->path, ".jsonl"))
        t->reader = &members_reader;
    else
        t->reader = &csv_reader;
    return DONE;
}

/* --- encodings --- */

static bool has_wide(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] >= UTF8_THREE_FIRST)
            return true;
    return false;
}

static bool has_narrow_only(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] >= 0x80)
            return !has_wide(text);
    return false;
}

/* A line is UTF-8 when all of it is. Some Chinese words in GB18030 are UTF-8 by chance, but then they have no character of three
 * bytes, as Chinese has in UTF-8; in a file that had lines in GB18030 they are taken for Chinese. */
static bool row_is_utf8(const struct table *t, const struct raw_row *r)
{
    bool by_chance = t->rows_of_gb18030 > 0;
    for (size_t i = 0; i < r->count; i++) {
        if (!text_is_utf8(r->fields[i]))
            return false;
        by_chance = by_chance && !has_wide(r->fields[i]);
    }
    for (size_t i = 0; by_chance && i < r->count; i++)
        if (has_narrow_only(r->fields[i]))
            return false;
    return true;
}

/* In UTF-8. Neither a delimiter nor a quote nor a line end is ever a part of another character, also in GB18030. */
static fallible cells_decode(struct table *t, struct raw_row *r, struct arena *a, struct err *e)
{
    bool is_decoded = t->reader != &csv_reader; /* the other readers do it themselves */
    if (is_decoded || (t->encoding != ENCODING_GB18030 && row_is_utf8(t, r)))
        return DONE;
    if (t->encoding == ENCODING_UTF8)
        return FAIL(e, INVALID,
                    "not UTF-8: if the file is in GB18030 or GBK, the map says so with \"encoding\": \"gb18030\"");
    struct bytes *cells = ARENA_ARRAY(a, struct bytes, r->count);
    for (size_t i = 0; i < r->count; i++)
        TRY(text_of_gb18030(r->fields[i], a, &cells[i], e));
    r->fields = cells;
    t->rows_of_gb18030++;
    return DONE;
}

/* --- the names of the columns --- */

static bool is_utf16(struct bytes text)
{
    return bytes_starts_with(text, BYTES_LIT("\xFF\xFE")) || bytes_starts_with(text, BYTES_LIT("\xFE\xFF"));
}

/* A CR that no LF follows. */
static bool has_lone_return(struct bytes name)
{
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] == '\r' && (i + 1 == name.size || name.data[i + 1] != '\n'))
            return true;
    return false;
}

static size_t times_before(const struct bytes *names, size_t count, struct bytes name)
{
    size_t times = 0;
    for (size_t i = 0; i < count; i++)
        times += bytes_equal(names[i], name);
    return times;
}

/* Names of groups stand over the first column of each: an empty one is that to its left, where a name stands below. */
static struct bytes name_join(struct table *t, const struct bytes *groups, size_t count, size_t at, struct bytes name)
{
    struct bytes group = at < count ? groups[at] : BYTES_NONE;
    for (size_t i = at < count ? at + 1 : count; group.size == 0 && name.size > 0 && i-- > 0;)
        group = groups[i];
    if (group.size == 0 || bytes_equal(group, name))
        return name;
    return name.size == 0 ? group
                          : bytes_of_text(arena_printf(t->kept, "%.*s/%.*s", BYTES_ARG(group), BYTES_ARG(name)));
}

static fallible header_line_read(struct table *t, struct raw_row *r, struct bytes **out_names, struct err *e)
{
    if (r->why != NULL)
        return FAIL(e, INVALID, "line %" PRIu64 " must name the columns: %s", r->line, r->why);
    if (is_utf16(r->fields[0]))
        return FAIL(e, INVALID, "the file is in UTF-16: save it as CSV in UTF-8");
    TRY(WRAP(e, cells_decode(t, r, t->kept, e), "line %" PRIu64, r->line));
    struct bytes *names = ARENA_ARRAY(t->kept, struct bytes, r->count);
    for (size_t i = 0; i < r->count; i++) {
        if (has_lone_return(r->fields[i]))
            return FAIL(e, INVALID, "lines must end in LF or CRLF, and these seem to end in CR alone");
        names[i] = arena_copy(t->kept, cell_text(r->fields[i]));
    }
    *out_names = names;
    return DONE;
}

static void names_settle(struct table *t, struct bytes *names, size_t count, const struct bytes *groups, size_t group_count)
{
    struct bytes *settled = ARENA_ARRAY(t->kept, struct bytes, count + 1);
    for (size_t i = 0; i < count; i++)
        names[i] = name_join(t, groups, group_count, i, names[i]);
    for (size_t i = 0; i < count; i++) {
        size_t times = names[i].size == 0 ? 0 : times_before(names, i, names[i]);
        settled[i] = times == 0 ? names[i] : bytes_of_text(arena_printf(t->kept, "%.*s#%zu", BYTES_ARG(names[i]), times + 1));
    }
    t->names = settled;
    t->columns = count;
}

static fallible header_read(struct table *t, const struct table_options *o, struct err *e)
{
    struct raw_row r = {0};
    struct bytes *groups = NULL, *names = NULL;
    size_t group_count = 0;
    bool more;
    do {
        TRY(t->reader->next(t, &r, &more, e));
        if (!more)
            return FAIL(e, INVALID, "a line must name the columns, and there is none");
        if (o->header_lines > 1 && r.line + 1 == o->header_line) {
            TRY(header_line_read(t, &r, &groups, e));
            group_count = r.count;
        }
    } while (r.line < o->header_line);
    TRY(header_line_read(t, &r, &names, e));
    names_settle(t, names, r.count, groups, group_count);
    return DONE;
}

static void names_take(struct table *t, const char *const *names, size_t count)
{
    struct bytes *kept = ARENA_ARRAY(t->kept, struct bytes, count + 1);
    for (size_t i = 0; i < count; i++)
        kept[i] = bytes_of_text(arena_text(t->kept, bytes_of_text(names[i])));
    t->names = kept;
    t->columns = count;
}

static fallible names_find(struct table *t, const struct table_options *o, struct err *e)
{
    if (t->reader->has_members)
        names_take(t, o->members, o->member_count);
    else if (o->header_line > 0 || o->name_count == 0)
        return header_read(t, o, e);
    else
        names_take(t, o->names, o->name_count);
    return DONE;
}

/* --- all kinds --- */

static fallible table_begin(struct table *t, const struct table_options *options, struct err *e)
{
    struct table_options o = *options;
    TRY(input_file_read(o.path, &t->file, e));
    TRY(reader_choose(t, &o, e));
    TRY(t->reader->open(t, &o, e));
    return WRAP(e, names_find(t, &o, e), "%s", o.path);
}

fallible table_open(const struct table_options *o, struct table **out_table, struct err *e)
{
    struct table *t = calloc(1, sizeof *t);
    if (t == NULL)
        abort();
    *t = (struct table){.path = o->path,
                        .encoding = o->encoding,
                        .kept = arena_create(ARENA_BLOCK_BYTES),
                        .arena = arena_create(ARENA_BLOCK_BYTES)};
    struct status status = table_begin(t, o, e);
    if (failed(status)) {
        table_close(t);
        return status;
    }
    *out_table = t;
    return DONE;
}

void table_close(struct table *t)
{
    if (t == NULL)
        return;
    recovery_end(&t->recovery);
    csv_destroy(t->csv);
    lines_destroy(t->lines);
    json_parser_destroy(t->parser);
    xlsx_close(t->book);
    input_close(t->input);
    arena_destroy(t->kept);
    arena_destroy(t->arena);
    free(t);
}

struct input_file table_file(const struct table *t)
{
    return t->file;
}

double table_share(const struct table *t)
{
    return t->book != NULL ? xlsx_share(t->book) : input_share(t->input);
}

const struct bytes *table_names(const struct table *t, size_t *out_count)
{
    *out_count = t->columns;
    return t->names;
}

uint64_t table_rows_of_gb18030(const struct table *t)
{
    return t->encoding == ENCODING_FOUND ? t->rows_of_gb18030 : 0;
}

/* What stands behind the last column has no name; mostly a delimiter stood in a cell without quotes, and the cells behind
 * it are not what their columns say. */
static fallible row_check(const struct table *t, const struct raw_row *r, struct err *e)
{
    for (size_t i = t->columns; i < r->count; i++)
        if (r->fields[i].size > 0)
            return FAIL(e, INVALID, "the row has %zu cells, and there are %zu columns", r->count, t->columns);
    return DONE;
}

static fallible row_read(struct table *t, struct raw_row *r, struct bytes *out_cells, struct err *e)
{
    TRY(row_check(t, r, e));
    TRY(cells_decode(t, r, t->arena, e));
    for (size_t i = 0; i < t->columns && i < r->count; i++)
        out_cells[i] = r->fields[i];
    return DONE;
}

static bool is_empty(const struct raw_row *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->fields[i].size > 0)
            return false;
    return r->why == NULL;
}

fallible table_next(struct table *t, struct table_row *out_row, bool *out_more, struct err *e)
{
    struct raw_row r = {0};
    struct err why = {0};
    do {
        arena_reset(t->arena);
        TRY(t->reader->next(t, &r, out_more, e));
    } while (*out_more && is_empty(&r));
    if (!*out_more)
        return DONE;
    *out_row = (struct table_row){.line = r.line};
    struct bytes *cells = ARENA_ARRAY(t->arena, struct bytes, t->columns + 1);
    if (r.why != NULL)
        out_row->why = r.why;
    else if (failed(row_read(t, &r, cells, &why)))
        out_row->why = arena_printf(t->arena, "%s", why.text);
    else
        out_row->cells = cells;
    return DONE;
}
