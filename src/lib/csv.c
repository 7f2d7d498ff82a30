#include "lib/csv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/octets.h"

#define WORDS_BYTES_MAX 80u

enum place {
    PLACE_MARK,   /* the first bytes of all: perhaps a byte order mark */
    PLACE_START,  /* of a field */
    PLACE_BARE,   /* in a field without quotes, or behind a closing one */
    PLACE_QUOTED, /* between quotes */
    PLACE_QUOTE,  /* behind a quote between quotes: it closes, or the next one doubles it */
};

struct csv {
    struct bytes piece;
    enum place place;
    char delimiter;
    bool finished;
    bool has_quote;      /* the record has had a quoted field: "" alone on its line is no blank line */
    bool has_return;     /* the last byte was a bare CR, which is not in `bytes` yet */
    bool after_line;     /* the last byte was a line feed */
    uint8_t mark_bytes;  /* of a byte order mark, seen so far */
    uint64_t line;       /* where the reader is */
    uint64_t begin_line; /* where the record begins */
    const char *why;     /* the record is bad; in `words` */
    char words[WORDS_BYTES_MAX];
    struct buf bytes;    /* of the record's fields, one after the other */
    size_t count;
    size_t ends[CSV_FIELDS_MAX]; /* of the fields in `bytes` */
    struct bytes fields[CSV_FIELDS_MAX];
};

static const uint8_t mark[] = {0xEF, 0xBB, 0xBF};

struct csv *csv_create(char delimiter, size_t record_bytes_max)
{
    assert(delimiter != '"' && delimiter != '\n' && delimiter != '\r');
    struct csv *c = calloc(1, sizeof *c);
    if (c == NULL)
        abort();
    c->delimiter = delimiter;
    c->line = c->begin_line = 1;
    buf_init(&c->bytes, record_bytes_max);
    return c;
}

void csv_destroy(struct csv *c)
{
    if (c == NULL)
        return;
    buf_fini(&c->bytes);
    free(c);
}

void csv_feed(struct csv *c, struct bytes piece)
{
    assert(c->piece.size == 0 && !c->finished && piece.size > 0);
    c->piece = piece;
}

void csv_finish(struct csv *c)
{
    assert(c->piece.size == 0);
    c->finished = true;
}

/* --- a record grows --- */

PRINTF_LIKE(2, 3) static void spoil(struct csv *c, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    if (c->why == NULL)
        (void)vsnprintf(c->words, sizeof c->words, format, values);
    va_end(values);
    c->why = c->words;
    buf_clear(&c->bytes);
    c->count = 0;
}

static void take(struct csv *c, struct bytes more)
{
    if (c->why != NULL)
        return;
    if (c->has_return)
        buf_push_byte(&c->bytes, '\r');
    buf_push(&c->bytes, more);
    if (c->bytes.overflowed)
        spoil(c, "the row is longer than %zu bytes", c->bytes.size_max);
}

static void take_return(struct csv *c)
{
    if (c->has_return)
        take(c, BYTES_NONE);
    c->has_return = false;
}

static void end_field(struct csv *c)
{
    if (c->why == NULL && c->count == CSV_FIELDS_MAX)
        spoil(c, "the row has more than %u cells", CSV_FIELDS_MAX);
    if (c->why == NULL)
        c->ends[c->count++] = c->bytes.size;
    c->place = PLACE_START;
}

static void begin_record(struct csv *c)
{
    buf_clear(&c->bytes);
    c->count = 0;
    c->why = NULL;
    c->has_quote = c->has_return = false;
    c->place = PLACE_START;
    c->begin_line = c->line;
}

static bool record_blank(const struct csv *c)
{
    return c->why == NULL && !c->has_quote && c->count == 1 && c->bytes.size == 0;
}

/* Hands the record out; what it was is forgotten by the next call, which begins a new one. */
static enum csv_found give(struct csv *c, struct csv_record *out_record)
{
    *out_record = (struct csv_record){.line = c->begin_line, .last_line = c->after_line ? c->line - 1 : c->line, .why = c->why};
    if (c->why != NULL)
        return CSV_BAD;
    for (size_t i = 0, from = 0; i < c->count; from = c->ends[i++])
        c->fields[i] = bytes_slice(buf_bytes(&c->bytes), from, c->ends[i]);
    out_record->count = c->count;
    out_record->fields = c->fields;
    return CSV_RECORD;
}

/* --- bytes --- */

static bool is_plain(const struct csv *c, uint8_t byte)
{
    return byte != (uint8_t)c->delimiter && byte != '\n' && byte != '\r';
}

/* How many bytes from the front of the piece are plain ones of a field. */
static size_t plain_run(const struct csv *c)
{
    size_t size = 0;
    if (c->place == PLACE_QUOTED) {
        const uint8_t *quote = memchr(c->piece.data, '"', c->piece.size);
        return quote == NULL ? c->piece.size : (size_t)(quote - c->piece.data);
    }
    for (; size + sizeof(uint64_t) <= c->piece.size; size += sizeof(uint64_t)) {
        uint64_t word = octets_at(c->piece.data + size), other = octets_equal(word, (uint8_t)c->delimiter) |
                                                                 octets_equal(word, '\n') | octets_equal(word, '\r');
        if (other != 0)
            return size + octets_first(other);
    }
    while (size < c->piece.size && is_plain(c, c->piece.data[size]))
        size++;
    return size;
}

static void count_lines(struct csv *c, struct bytes run)
{
    for (const uint8_t *at = run.data, *end = run.data + run.size; at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
        c->line++;
}

static void take_run(struct csv *c)
{
    size_t size = plain_run(c);
    struct bytes run = bytes_slice(c->piece, 0, size);
    assert(size > 0);
    if (c->place == PLACE_QUOTED)
        count_lines(c, run);
    take(c, run);
    c->has_return = false;
    c->after_line = run.data[size - 1] == '\n';
    c->piece = bytes_slice(c->piece, size, c->piece.size);
}

/* One byte outside quotes that isn't plain. True: it ended the record. */
static bool step_bare(struct csv *c, uint8_t byte)
{
    if (byte == '\n') {
        c->has_return = false; /* it was part of the line end */
        c->after_line = true;
        c->line++;
        end_field(c);
        return true;
    }
    take_return(c);
    if (byte == '\r')
        c->has_return = true, c->place = PLACE_BARE;
    else
        end_field(c);
    return false;
}

/* One step; it consumes at least a byte, unless it only changes the place. True: the record is complete. */
static bool step(struct csv *c)
{
    uint8_t byte = c->piece.data[0];
    c->after_line = false;
    if (c->place == PLACE_START && byte == '"') {
        c->place = PLACE_QUOTED;
        c->has_quote = true;
    } else if (c->place == PLACE_QUOTED && byte == '"') {
        c->place = PLACE_QUOTE;
    } else if (c->place == PLACE_QUOTE && byte == '"') {
        take(c, bytes_of(&byte, 1));
        c->place = PLACE_QUOTED;
    } else if (c->place == PLACE_QUOTED || is_plain(c, byte)) {
        if (c->place != PLACE_QUOTED)
            c->place = PLACE_BARE;
        take_run(c);
        return false;
    } else {
        c->piece = bytes_slice(c->piece, 1, c->piece.size);
        return step_bare(c, byte);
    }
    c->piece = bytes_slice(c->piece, 1, c->piece.size);
    return false;
}

/* Passes over a byte order mark, or gives back what only looked like one. */
static void step_mark(struct csv *c)
{
    while (c->piece.size > 0 && c->mark_bytes < sizeof mark && c->piece.data[0] == mark[c->mark_bytes]) {
        c->mark_bytes++;
        c->piece = bytes_slice(c->piece, 1, c->piece.size);
    }
    if (c->piece.size == 0 && c->mark_bytes < sizeof mark && !c->finished)
        return; /* it may still become one */
    c->place = PLACE_START;
    if (c->mark_bytes > 0 && c->mark_bytes < sizeof mark) {
        take(c, bytes_of(mark, c->mark_bytes));
        c->place = PLACE_BARE;
    }
}

/* What stands there when the bytes are over without a line end. */
static enum csv_found finish(struct csv *c, struct csv_record *out_record)
{
    if (c->place == PLACE_MARK)
        step_mark(c);
    if (c->place == PLACE_QUOTED)
        spoil(c, "a quote is opened and never closed");
    take_return(c);
    bool nothing = c->place == PLACE_START && c->count == 0 && c->why == NULL;
    if (!nothing)
        end_field(c);
    if (nothing || record_blank(c)) {
        begin_record(c);
        return CSV_END;
    }
    return give(c, out_record);
}

/* The line that the piece begins with, without its end, when it is a record without quotes: most are. No bytes: it isn't, or is blank, too
 * long, or goes on in the next piece. */
static struct bytes plain_line(const struct csv *c, size_t *out_size)
{
    const uint8_t *from = c->piece.data, *end = memchr(from, '\n', c->piece.size);
    size_t size = end == NULL ? 0 : (size_t)(end - from);
    *out_size = size + 1;
    size -= size > 0 && from[size - 1] == '\r';
    bool is_plain = size > 0 && size <= c->bytes.size_max && memchr(from, '"', size) == NULL &&
                    memchr(from, '\r', size) == NULL;
    return is_plain ? bytes_of(from, size) : BYTES_NONE;
}

/* Gives such a record out of the piece, whose bytes its fields are. false: nothing was taken. */
static bool plain_record(struct csv *c, struct csv_record *out_record)
{
    size_t size, count = 0;
    struct bytes line = plain_line(c, &size);
    for (const uint8_t *at = line.data, *end = at + line.size, *next; line.size > 0 && count < CSV_FIELDS_MAX;
         at = next + 1) {
        next = memchr(at, c->delimiter, (size_t)(end - at));
        next = next == NULL ? end : next;
        c->fields[count++] = bytes_of(at, (size_t)(next - at));
        if (next == end)
            break;
        if (count == CSV_FIELDS_MAX)
            return false; /* too many */
    }
    if (count == 0)
        return false;
    c->piece = bytes_slice(c->piece, size, c->piece.size);
    c->after_line = true;
    c->line++;
    *out_record = (struct csv_record){
        .line = c->begin_line, .last_line = c->begin_line, .count = count, .fields = c->fields};
    c->begin_line = 0;
    return true;
}

static bool stands_at_begin(const struct csv *c)
{
    return c->piece.size > 0 && c->place == PLACE_START && c->count == 0 && c->bytes.size == 0 && c->why == NULL &&
           !c->has_quote;
}

enum csv_found csv_next(struct csv *c, struct csv_record *out_record)
{
    if (c->begin_line == 0) /* the last call gave a record out */
        begin_record(c);
    while (c->piece.size > 0) {
        if (stands_at_begin(c) && plain_record(c, out_record))
            return CSV_RECORD;
        if (c->place == PLACE_MARK)
            step_mark(c);
        else if (step(c)) {
            bool blank = record_blank(c);
            enum csv_found found = blank ? CSV_RECORD : give(c, out_record);
            if (!blank) {
                c->begin_line = 0;
                return found;
            }
            begin_record(c);
        }
    }
    if (!c->finished)
        return CSV_HUNGRY;
    enum csv_found found = finish(c, out_record);
    if (found != CSV_END)
        c->begin_line = 0;
    return found;
}

static bool needs_quotes(struct bytes field, char delimiter)
{
    for (size_t i = 0; i < field.size; i++) {
        uint8_t byte = field.data[i];
        if (byte == (uint8_t)delimiter || byte == '"' || byte == '\n' || byte == '\r')
            return true;
    }
    return false;
}

static void put_quoted(struct buf *out, struct bytes field)
{
    for (size_t i = 0; i < field.size; i++) {
        if (field.data[i] == '"')
            buf_push_byte(out, '"');
        buf_push_byte(out, field.data[i]);
    }
}

static void put_behind(struct buf *out, struct bytes front, struct bytes field, char delimiter)
{
    if (!needs_quotes(field, delimiter)) {
        buf_push(out, front);
        buf_push(out, field);
        return;
    }
    buf_push_byte(out, '"');
    buf_push(out, front);
    put_quoted(out, field);
    buf_push_byte(out, '"');
}

void csv_put(struct buf *out, struct bytes field, char delimiter)
{
    put_behind(out, BYTES_NONE, field, delimiter);
}

static bool is_formula(struct bytes field)
{
    static const char *const begins[] = {"=", "+", "-", "@", "\t", "\r", /* full-width: */ "\xef\xbc\x9d", "\xef\xbc\x8b",
                                         "\xef\xbc\x8d", "\xef\xbc\xa0"};
    for (size_t i = 0; i < COUNT_OF(begins); i++)
        if (bytes_starts_with(field, bytes_of_text(begins[i])))
            return true;
    return false;
}

void csv_put_inert(struct buf *out, struct bytes field, char delimiter)
{
    put_behind(out, is_formula(field) ? BYTES_LIT("'") : BYTES_NONE, field, delimiter);
}
