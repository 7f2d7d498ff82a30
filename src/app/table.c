#include "app/table.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/arena.h"
#include "lib/text.h"

#define PIECE_BYTES (1u << 18)
#define ARENA_BLOCK_BYTES (1u << 14)

/* --- bytes --- */

struct input {
    gzFile file;
    const char *path;
    uint64_t size_bytes; /* on disk */
    struct hash128 digest;
    uint8_t piece[PIECE_BYTES];
};

/* A mere name for the content, so no cryptographic hash is needed. */
static fallible digest_take(struct input *in, int file, struct err *e)
{
    void *bytes = in->size_bytes == 0 ? NULL : mmap(NULL, in->size_bytes, PROT_READ, MAP_PRIVATE, file, 0);
    if (bytes == MAP_FAILED)
        return FAIL(e, IO, "%s: %s", in->path, strerror(errno));
    in->digest = hash128(bytes_of(bytes, in->size_bytes), 0);
    if (bytes != NULL)
        (void)munmap(bytes, in->size_bytes);
    return DONE;
}

/* Opened without waiting: a pipe that nobody writes to would hold us here. */
static fallible digest_of_file(struct input *in, struct err *e)
{
    struct stat about;
    int file = open(in->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return FAIL(e, NOT_FOUND, "%s: %s", in->path, strerror(errno));
    struct status status = DONE;
    if (fstat(file, &about) != 0)
        status = FAIL(e, IO, "%s: %s", in->path, strerror(errno));
    else if (!S_ISREG(about.st_mode))
        status = FAIL(
            e, INVALID,
            "%s is no plain file: rows are known by the digest of their file, so write what a pipe gives into one",
            in->path);
    if (done(status)) {
        in->size_bytes = (uint64_t)about.st_size;
        status = digest_take(in, file, e);
    }
    (void)close(file);
    return status;
}

fallible input_open(const char *path, struct input **out_input, struct err *e)
{
    struct input *in = calloc(1, sizeof *in);
    if (in == NULL)
        abort();
    in->path = path;
    struct status status = digest_of_file(in, e);
    if (done(status)) {
        in->file = gzopen(path, "rbe");
        status = in->file == NULL ? FAIL(e, IO, "can't read %s", path) : DONE;
    }
    if (failed(status)) {
        free(in);
        return status;
    }
    (void)gzbuffer(in->file, PIECE_BYTES);
    *out_input = in;
    return DONE;
}

void input_close(struct input *in)
{
    if (in == NULL)
        return;
    (void)gzclose(in->file);
    free(in);
}

struct hash128 input_digest(const struct input *in)
{
    return in->digest;
}

fallible input_next(struct input *in, struct bytes *out_piece, struct err *e)
{
    int size = gzread(in->file, in->piece, PIECE_BYTES), trouble = Z_OK;
    if (size < 0)
        return FAIL(e, IO, "%s", gzerror(in->file, &trouble)); /* it names the file */
    if (size == 0 && (gzerror(in->file, &trouble), trouble == Z_BUF_ERROR))
        return FAIL(e, INVALID, "%s: the file ends too early", in->path);
    *out_piece = bytes_of(in->piece, (size_t)size);
    return DONE;
}

uint64_t input_guess(const struct input *in, uint64_t rows)
{
    z_off_t at = gzoffset(in->file);
    return at <= 0 ? 0 : (uint64_t)((double)rows * (double)in->size_bytes / (double)at);
}

/* --- rows --- */

struct table {
    enum encoding encoding;
    struct input *input;
    struct csv *csv;
    struct arena *kept, *arena; /* of the names, of one row */
    struct bytes *names;
    size_t columns;
};

/* The next record as it stands in the file; CSV_END at its end. */
static fallible record_next(struct table *t, struct csv_record *out_record, enum csv_found *out_found, struct err *e)
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

/* In UTF-8. Neither a delimiter nor a quote nor a line end is ever a part of another character, also in GB18030. */
static fallible cell_read(const struct table *t, struct bytes raw, struct arena *a, struct bytes *out_cell,
                          struct err *e)
{
    if (t->encoding == ENCODING_GB18030)
        return text_of_gb18030(raw, a, out_cell, e);
    *out_cell = raw;
    return text_is_utf8(raw)
               ? DONE
               : FAIL(e, INVALID,
                      "not UTF-8: if the file is in GB18030 or GBK, the map says so with \"encoding\": \"gb18030\"");
}

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

static fallible name_read(struct table *t, struct bytes raw, struct bytes *out_name, struct err *e)
{
    struct bytes name = BYTES_NONE;
    TRY(WRAP(e, cell_read(t, raw, t->kept, &name, e), "line 1"));
    if (has_lone_return(name))
        return FAIL(e, INVALID, "lines must end in LF or CRLF, and these seem to end in CR alone");
    *out_name = arena_copy(t->kept, name);
    return DONE;
}

static fallible names_read(struct table *t, const struct csv_record *r, enum csv_found found, struct err *e)
{
    if (found == CSV_END)
        return FAIL(e, INVALID, "the first line must name the columns, and there is none");
    if (found == CSV_BAD)
        return FAIL(e, INVALID, "the first line must name the columns: %s", r->why);
    if (is_utf16(r->fields[0]))
        return FAIL(e, INVALID, "the file is in UTF-16: save it as CSV in UTF-8");
    t->names = ARENA_ARRAY(t->kept, struct bytes, r->count);
    t->columns = r->count;
    for (size_t i = 0; i < r->count; i++)
        TRY(name_read(t, r->fields[i], &t->names[i], e));
    return DONE;
}

static fallible header_read(struct table *t, const char *path, struct err *e)
{
    struct csv_record r;
    enum csv_found found;
    TRY(record_next(t, &r, &found, e));
    return WRAP(e, names_read(t, &r, found, e), "%s", path);
}

fallible table_open(const struct table_options *o, struct table **out_table, struct err *e)
{
    struct table *t = calloc(1, sizeof *t);
    if (t == NULL)
        abort();
    *t = (struct table){
        .encoding = o->encoding, .kept = arena_create(ARENA_BLOCK_BYTES), .arena = arena_create(ARENA_BLOCK_BYTES)};
    t->csv = csv_create(o->delimiter, TABLE_ROW_BYTES_MAX);
    struct status status = input_open(o->path, &t->input, e);
    if (done(status))
        status = header_read(t, o->path, e);
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
    csv_destroy(t->csv);
    input_close(t->input);
    arena_destroy(t->kept);
    arena_destroy(t->arena);
    free(t);
}

const struct input *table_input(const struct table *t)
{
    return t->input;
}

const struct bytes *table_names(const struct table *t, size_t *out_count)
{
    *out_count = t->columns;
    return t->names;
}

/* What stands behind the last column has no name; mostly a delimiter stood in a cell without quotes, and the cells behind
 * it are not what their columns say. */
static fallible row_check(const struct table *t, const struct csv_record *r, struct err *e)
{
    for (size_t i = t->columns; i < r->count; i++)
        if (r->fields[i].size > 0)
            return FAIL(e, INVALID, "the row has %zu cells, and there are %zu columns", r->count, t->columns);
    return DONE;
}

static fallible row_read(struct table *t, const struct csv_record *r, struct bytes *out_cells, struct err *e)
{
    TRY(row_check(t, r, e));
    for (size_t i = 0; i < t->columns && i < r->count; i++)
        TRY(cell_read(t, r->fields[i], t->arena, &out_cells[i], e));
    return DONE;
}

/* A quote that is opened by mistake takes the lines behind it along: whoever mends the file must know which. */
static const char *bad_record_words(struct table *t, const struct csv_record *r)
{
    if (r->last_line == r->line)
        return r->why;
    return arena_printf(t->arena, "%s; the lines to %" PRIu64 " are taken for its own and not read", r->why,
                        r->last_line);
}

fallible table_next(struct table *t, struct table_row *out_row, bool *out_more, struct err *e)
{
    struct csv_record r;
    enum csv_found found;
    struct err why = {0};
    arena_reset(t->arena);
    TRY(record_next(t, &r, &found, e));
    *out_more = found != CSV_END;
    if (found == CSV_END)
        return DONE;
    *out_row = (struct table_row){.line = r.line};
    struct bytes *cells = ARENA_ARRAY(t->arena, struct bytes, t->columns);
    if (found == CSV_BAD)
        out_row->why = bad_record_words(t, &r);
    else if (failed(row_read(t, &r, cells, &why)))
        out_row->why = arena_printf(t->arena, "%s", why.text);
    else
        out_row->cells = cells;
    return DONE;
}
