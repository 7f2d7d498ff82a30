#include "lib/xlsx.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "lib/xlsx_parts.h"

#define MERGES_MAX (1u << 20)
#define ACTIVE_MAX 4096u       /* ranges that reach into the row at hand */
#define ROWS_MAX 1048576u      /* that a sheet may have */
#define REFERENCE_BYTES_MAX 96 /* of a merged range, with the words before it */
#define WORDS_BYTES_MAX 80u

/* A merged range: rows and columns, both ends included, rows from 1, columns from 0. */
struct merge {
    uint32_t first_row, last_row, first_column, last_column;
};

/* One that goes on below its first row, with the text to repeat. */
struct active_merge {
    struct merge range;
    struct bytes text; /* owned */
};

struct span {
    size_t from, until;
};

enum gather { GATHER_NOTHING, GATHER_VALUE, GATHER_TEXT };

struct xlsx {
    zip_t *archive;
    struct arena *arena;
    struct xlsx_frame frame;
    struct xlsx_part *part;
    XML_Parser parser;
    bool ended, has_row;

    struct merge *merges; /* by first row */
    size_t merge_count, merge_next, merge_room;
    struct active_merge active[ACTIVE_MAX];
    size_t active_count;

    /* The row at hand. */
    uint32_t row;
    struct buf bytes; /* of its cells */
    struct span spans[XLSX_COLUMNS_MAX];
    struct bytes cells[XLSX_COLUMNS_MAX];
    size_t count;
    const char *why; /* it is bad; in `words` */
    char words[WORDS_BYTES_MAX];

    /* The cell at hand. */
    uint32_t column;
    char type[16]; /* "s" shared, "str", "inlineStr", "b", "e", "n" */
    unsigned long style;
    enum gather gather;
    bool in_phonetic;
    struct buf text;
};

/* --- references --- */

/* "AB12" -> column 27 and row 12; what is behind. NULL: no reference. */
static const char *reference_read(const char *at, uint32_t *out_column, uint32_t *out_row)
{
    uint32_t column = 0, row = 0;
    const char *from = at;
    for (; *at >= 'A' && *at <= 'Z' && column < ROWS_MAX; at++)
        column = column * 26 + (uint32_t)(*at - 'A') + 1;
    if (at == from || *at < '0' || *at > '9')
        return NULL;
    for (; *at >= '0' && *at <= '9' && row <= ROWS_MAX; at++)
        row = row * 10 + (uint32_t)(*at - '0');
    *out_column = column - 1;
    *out_row = row;
    return at;
}

/* --- merged ranges: they stand behind the rows, so the sheet is gone through once before --- */

static void merge_add(struct xlsx *x, const char *reference)
{
    struct merge m;
    const char *colon = reference_read(reference, &m.first_column, &m.first_row);
    if (colon == NULL || *colon != ':' || reference_read(colon + 1, &m.last_column, &m.last_row) == NULL ||
        m.last_row < m.first_row || m.last_column < m.first_column || x->merge_count == MERGES_MAX)
        return;
    if (x->merge_count == x->merge_room) {
        x->merge_room = x->merge_room == 0 ? 64 : 2 * x->merge_room;
        x->merges = realloc(x->merges, x->merge_room * sizeof *x->merges);
        if (x->merges == NULL)
            abort();
    }
    x->merges[x->merge_count++] = m;
}

/* Takes the ranges out of `text`; returns how many bytes are dealt with: a range that may go on behind the end waits. */
static size_t merges_take(struct xlsx *x, struct bytes text, bool is_last)
{
    static const char words[] = "mergeCell ref=\"";
    size_t at = 0;
    while (at < text.size) {
        const uint8_t *found = memmem(text.data + at, text.size - at, words, sizeof words - 1);
        if (found == NULL)
            break;
        size_t from = (size_t)(found - text.data);
        if (text.size - from < REFERENCE_BYTES_MAX && !is_last)
            return from;
        char reference[REFERENCE_BYTES_MAX];
        struct bytes rest = bytes_slice(text, from + sizeof words - 1, text.size);
        (void)snprintf(reference, sizeof reference, "%.*s", (int)(rest.size > 64 ? 64 : rest.size), (const char *)rest.data);
        merge_add(x, reference);
        at = from + sizeof words - 1;
    }
    return text.size - at < sizeof words ? at : text.size - sizeof words + 1;
}

static int merge_compare(const void *a, const void *b)
{
    const struct merge *x = a, *y = b;
    return x->first_row < y->first_row ? -1 : x->first_row > y->first_row;
}

static fallible merges_scan(struct xlsx *x, struct xlsx_part *p, struct err *e)
{
    struct buf waiting;
    struct bytes piece;
    struct status status;
    buf_init(&waiting, (size_t)1 << 20);
    do {
        status = xlsx_part_next(p, &piece, e);
        if (failed(status))
            break;
        buf_push(&waiting, piece);
        size_t taken = merges_take(x, buf_bytes(&waiting), piece.size == 0);
        if (waiting.size > taken && taken > 0)
            memmove(waiting.data, waiting.data + taken, waiting.size - taken);
        waiting.size -= taken;
    } while (piece.size > 0);
    buf_fini(&waiting);
    if (x->merge_count > 1)
        qsort(x->merges, x->merge_count, sizeof *x->merges, merge_compare);
    return status;
}

static fallible merges_read(struct xlsx *x, struct err *e)
{
    struct xlsx_part *p;
    TRY(xlsx_part_open(x->archive, x->frame.sheet, &p, e));
    struct status status = merges_scan(x, p, e);
    xlsx_part_close(p);
    return status;
}

/* --- cells --- */

static struct bytes cell_at(const struct xlsx *x, uint32_t column)
{
    return column < x->count ? bytes_slice(buf_bytes(&x->bytes), x->spans[column].from, x->spans[column].until) : BYTES_NONE;
}

PRINTF_LIKE(2, 3) static void row_spoil(struct xlsx *x, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    if (x->why == NULL)
        (void)vsnprintf(x->words, sizeof x->words, format, values);
    va_end(values);
    x->why = x->words;
}

static void cell_put(struct xlsx *x, uint32_t column, struct bytes text)
{
    if (text.size == 0 || x->why != NULL)
        return;
    if (column >= XLSX_COLUMNS_MAX) {
        row_spoil(x, "the row has more than %u cells", XLSX_COLUMNS_MAX);
        return;
    }
    for (; x->count <= column; x->count++)
        x->spans[x->count] = (struct span){0};
    size_t from = x->bytes.size;
    buf_push(&x->bytes, text);
    if (x->bytes.overflowed)
        row_spoil(x, "the row is longer than %zu bytes", XLSX_ROW_BYTES_MAX);
    else
        x->spans[column] = (struct span){from, x->bytes.size};
}

/* Serial numbers count days from 1900, with a 29 February of that year that never was, or from 1904. */
static bool serial_print(const struct xlsx *x, double serial, char out[40])
{
    if (!(serial >= 0 && serial < 2958466)) /* behind 9999 */
        return false;
    int64_t ms = llround(serial * 86400000.0);
    if (ms < 86400000 && !x->frame.from_1904) {
        (void)snprintf(out, 40, "%02d:%02d:%02d", (int)(ms / 3600000), (int)(ms / 60000 % 60), (int)(ms / 1000 % 60));
        return true;
    }
    int32_t days = (int32_t)(ms / 86400000) - 25569 + (x->frame.from_1904 ? 1462 : 0);
    struct civil_date d = civil_of_day(days + (!x->frame.from_1904 && ms / 86400000 < 60));
    int clock_ms = (int)(ms % 86400000);
    int size = snprintf(out, 40, "%04d-%02d-%02d", d.year, d.month, d.day);
    if (clock_ms != 0)
        size += snprintf(out + size, 40 - (size_t)size, " %02d:%02d:%02d", clock_ms / 3600000, clock_ms / 60000 % 60,
                         clock_ms / 1000 % 60);
    if (clock_ms % 1000 != 0)
        (void)snprintf(out + size, 40 - (size_t)size, ".%03d", clock_ms % 1000);
    return true;
}

/* Excel keeps 15 digits; whoever else wrote the workbook may have written more, which are there unless they are zeros. */
static bool digits_are_whole(const char *text)
{
    size_t size = strspn(text, "0123456789");
    return text[size] == 0 && size > 0 && (size <= 15 || strspn(text + 15, "0") != size - 15);
}

static void number_print(double number, char out[40])
{
    if (fabs(number) >= 1e15)
        (void)snprintf(out, 40, "%.14E", number);
    else if (number == floor(number))
        (void)snprintf(out, 40, "%.0f", number);
    else if (fabs(number) < 1e-4)
        (void)snprintf(out, 40, "%.15f", number);
    else
        (void)snprintf(out, 40, "%.15g", number);
}

static struct bytes number_text(struct xlsx *x, char out[40])
{
    buf_push_byte(&x->text, 0);
    if (x->text.overflowed)
        return BYTES_NONE;
    x->text.size--;
    const char *text = (const char *)x->text.data;
    char *end;
    double number = strtod(text, &end);
    bool is_dated = x->style < x->frame.style_count && x->frame.styles[x->style] == STYLE_DATE;
    if (*end != 0 || end == text || !isfinite(number))
        return buf_bytes(&x->text);
    if (is_dated && serial_print(x, number, out))
        return bytes_of_text(out);
    if (digits_are_whole(text))
        return buf_bytes(&x->text);
    number_print(number, out);
    return bytes_of_text(out);
}

static struct bytes shared_text(struct xlsx *x)
{
    uint64_t number = 0;
    for (size_t i = 0; i < x->text.size && number < x->frame.text_count; i++)
        number = number * 10 + (uint64_t)(x->text.data[i] - '0');
    if (x->text.size == 0 || number >= x->frame.text_count) {
        row_spoil(x, "a cell names a text that the workbook doesn't have");
        return BYTES_NONE;
    }
    return x->frame.texts[number];
}

static void cell_end(struct xlsx *x)
{
    char out[40];
    struct bytes text = buf_bytes(&x->text);
    if (x->text.overflowed)
        row_spoil(x, "a cell is longer than %zu bytes", XLSX_ROW_BYTES_MAX);
    else if (strcmp(x->type, "s") == 0)
        text = shared_text(x);
    else if (strcmp(x->type, "b") == 0)
        text = bytes_equal(text, BYTES_LIT("1")) ? BYTES_LIT("TRUE") : BYTES_LIT("FALSE");
    else if (x->type[0] == 0 || strcmp(x->type, "n") == 0)
        text = text.size == 0 ? text : number_text(x, out);
    cell_put(x, x->column, text);
    x->column++;
}

/* --- merged ranges in the row at hand --- */

static void range_fill(struct xlsx *x, const struct merge *m, struct bytes text)
{
    for (uint32_t column = m->first_column; column <= m->last_column && column < XLSX_COLUMNS_MAX; column++)
        if (cell_at(x, column).size == 0)
            cell_put(x, column, text);
}

static void range_begin(struct xlsx *x, const struct merge *m)
{
    struct bytes text = cell_at(x, m->first_column);
    if (text.size == 0)
        return;
    uint8_t *copy = malloc(text.size); /* the row's bytes move as cells are filled */
    if (copy == NULL)
        abort();
    memcpy(copy, text.data, text.size);
    range_fill(x, m, bytes_of(copy, text.size));
    if (m->last_row > x->row && x->active_count < ACTIVE_MAX)
        x->active[x->active_count++] = (struct active_merge){*m, bytes_of(copy, text.size)};
    else
        free(copy);
}

static void merges_fill(struct xlsx *x)
{
    size_t kept = 0;
    for (size_t i = 0; i < x->active_count; i++) {
        if (x->active[i].range.last_row < x->row) {
            free((void *)(uintptr_t)x->active[i].text.data);
            continue;
        }
        range_fill(x, &x->active[i].range, x->active[i].text);
        x->active[kept++] = x->active[i];
    }
    x->active_count = kept;
    while (x->merge_next < x->merge_count && x->merges[x->merge_next].first_row < x->row)
        x->merge_next++;
    while (x->merge_next < x->merge_count && x->merges[x->merge_next].first_row == x->row)
        range_begin(x, &x->merges[x->merge_next++]);
}

/* --- rows --- */

static void row_begin(struct xlsx *x, const char **attributes)
{
    const char *number = xlsx_attribute(attributes, "r");
    x->row = number == NULL ? x->row + 1 : (uint32_t)strtoul(number, NULL, 10);
    x->column = 0;
    x->count = 0;
    x->why = NULL;
    buf_clear(&x->bytes);
}

static void cell_begin(struct xlsx *x, const char **attributes)
{
    const char *at = xlsx_attribute(attributes, "r"), *type = xlsx_attribute(attributes, "t"),
               *style = xlsx_attribute(attributes, "s");
    uint32_t row;
    if (at != NULL && reference_read(at, &x->column, &row) == NULL)
        row_spoil(x, "a cell doesn't say where it stands");
    (void)snprintf(x->type, sizeof x->type, "%s", type == NULL ? "" : type);
    x->style = style == NULL ? 0 : strtoul(style, NULL, 10);
    buf_clear(&x->text);
}

static void sheet_start(void *parser, const char *name, const char **attributes)
{
    struct xlsx *x = XML_GetUserData(parser);
    const char *local = xlsx_local_name(name);
    x->gather = GATHER_NOTHING;
    x->in_phonetic |= strcmp(local, "rPh") == 0;
    if (strcmp(local, "row") == 0)
        row_begin(x, attributes);
    else if (strcmp(local, "c") == 0)
        cell_begin(x, attributes);
    else if (strcmp(local, "v") == 0)
        x->gather = GATHER_VALUE;
    else if (strcmp(local, "t") == 0 && !x->in_phonetic)
        x->gather = GATHER_TEXT;
}

static void sheet_text(void *parser, const char *text, int size)
{
    struct xlsx *x = XML_GetUserData(parser);
    if (x->gather != GATHER_NOTHING)
        buf_push(&x->text, bytes_of(text, (size_t)size));
}

/* At the end of a row the parser waits until the next one is asked for. */
static void sheet_end(void *parser, const char *name)
{
    struct xlsx *x = XML_GetUserData(parser);
    const char *local = xlsx_local_name(name);
    x->gather = GATHER_NOTHING;
    if (strcmp(local, "rPh") == 0)
        x->in_phonetic = false;
    if (strcmp(local, "c") == 0)
        cell_end(x);
    if (strcmp(local, "row") != 0)
        return;
    merges_fill(x);
    x->has_row = x->count > 0 || x->why != NULL;
    if (x->has_row)
        (void)XML_StopParser(parser, XML_TRUE);
}

/* Goes on where the parser stands: behind the row that was given out, or with the next piece. */
static fallible sheet_parse(struct xlsx *x, struct err *e)
{
    XML_ParsingStatus parsing;
    enum XML_Status rc;
    XML_GetParsingStatus(x->parser, &parsing);
    if (parsing.parsing == XML_SUSPENDED) {
        rc = XML_ResumeParser(x->parser);
        x->ended = parsing.finalBuffer && rc == XML_STATUS_OK;
    } else {
        struct bytes piece;
        TRY(xlsx_part_next(x->part, &piece, e));
        rc = XML_Parse(x->parser, (const char *)piece.data, (int)piece.size, piece.size == 0);
        x->ended = piece.size == 0 && rc == XML_STATUS_OK;
    }
    return rc == XML_STATUS_ERROR ? xlsx_parser_failure(x->parser, x->frame.sheet, e) : DONE;
}

fallible xlsx_next(struct xlsx *x, struct xlsx_row *out_row, bool *out_more, struct err *e)
{
    x->has_row = false;
    while (!x->has_row && !x->ended)
        TRY(sheet_parse(x, e));
    *out_more = x->has_row;
    for (uint32_t i = 0; i < x->count && x->why == NULL; i++)
        x->cells[i] = cell_at(x, i);
    *out_row = (struct xlsx_row){.number = x->row, .count = x->count, .cells = x->cells, .why = x->why};
    return DONE;
}

/* --- opening --- */

static fallible sheet_open(struct xlsx *x, struct err *e)
{
    TRY(xlsx_part_open(x->archive, x->frame.sheet, &x->part, e));
    x->parser = xlsx_parser_create();
    XML_SetUserData(x->parser, x);
    XML_SetElementHandler(x->parser, sheet_start, sheet_end);
    XML_SetCharacterDataHandler(x->parser, sheet_text);
    return DONE;
}

static fallible archive_open(struct xlsx *x, const char *path, const char *sheet, struct err *e)
{
    int why = 0;
    x->archive = zip_open(path, ZIP_RDONLY, &why);
    if (x->archive == NULL)
        return FAIL(e, INVALID, "it can't be opened as a workbook (%d)", why);
    TRY(xlsx_frame_read(x->archive, sheet, x->arena, &x->frame, e));
    TRY(merges_read(x, e));
    return sheet_open(x, e);
}

fallible xlsx_open(const char *path, const char *sheet, struct xlsx **out_book, struct err *e)
{
    struct xlsx *x = calloc(1, sizeof *x);
    if (x == NULL)
        abort();
    x->arena = arena_create((size_t)1 << 18);
    buf_init(&x->bytes, XLSX_ROW_BYTES_MAX);
    buf_init(&x->text, XLSX_ROW_BYTES_MAX);
    struct status status = WRAP(e, archive_open(x, path, sheet, e), "%s", path);
    if (failed(status)) {
        xlsx_close(x);
        return status;
    }
    *out_book = x;
    return DONE;
}

void xlsx_close(struct xlsx *x)
{
    if (x == NULL)
        return;
    for (size_t i = 0; i < x->active_count; i++)
        free((void *)(uintptr_t)x->active[i].text.data);
    if (x->parser != NULL)
        XML_ParserFree(x->parser);
    xlsx_part_close(x->part);
    if (x->archive != NULL)
        zip_discard(x->archive);
    free(x->merges);
    arena_destroy(x->arena);
    buf_fini(&x->bytes);
    buf_fini(&x->text);
    free(x);
}

double xlsx_share(const struct xlsx *x)
{
    return xlsx_part_share(x->part);
}

bool xlsx_is(const char *path)
{
    uint8_t first[4] = {0};
    FILE *file = fopen(path, "re");
    bool is = file != NULL && fread(first, 1, sizeof first, file) == sizeof first && memcmp(first, "PK\3\4", 4) == 0;
    if (file != NULL)
        (void)fclose(file);
    return is;
}
