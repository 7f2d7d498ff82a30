#include "app/import.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "app/import_map.h"
#include "app/lookup.h"
#include "app/terminal.h"
#include "base/hash.h"

#define PIECE_BYTES (1u << 18)
#define MAP_BYTES_MAX (1u << 20)
#define PATH_BYTES_MAX 4096
#define ID_BYTES_MAX 80u

/* --- a file, plain or gzip --- */

struct input {
    gzFile file;
    const char *path;
    uint64_t size_bytes; /* on disk */
    struct hash128 digest;
    uint8_t piece[PIECE_BYTES];
};

/* Of the bytes on disk: a mere name for the content, so no cryptographic one is needed. */
static fallible digest_of_file(struct input *in, struct err *e)
{
    struct stat about;
    int file = open(in->path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &about) != 0) {
        struct status status = FAIL(e, NOT_FOUND, "%s: %s", in->path, strerror(errno));
        if (file >= 0)
            (void)close(file);
        return status;
    }
    in->size_bytes = (uint64_t)about.st_size;
    void *bytes = about.st_size == 0 ? NULL : mmap(NULL, in->size_bytes, PROT_READ, MAP_PRIVATE, file, 0);
    (void)close(file);
    if (bytes == MAP_FAILED)
        return FAIL(e, IO, "%s: %s", in->path, strerror(errno));
    in->digest = hash128(bytes_of(bytes, in->size_bytes), 0);
    if (bytes != NULL)
        (void)munmap(bytes, in->size_bytes);
    return DONE;
}

static fallible input_open(const char *path, struct input **out_input, struct err *e)
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

static void input_close(struct input *in)
{
    if (in == NULL)
        return;
    (void)gzclose(in->file);
    free(in);
}

/* No bytes: the end. */
static fallible input_next(struct input *in, struct bytes *out_piece, struct err *e)
{
    int size = gzread(in->file, in->piece, PIECE_BYTES), trouble = Z_OK;
    if (size < 0)
        return FAIL(e, IO, "%s: %s", in->path, gzerror(in->file, &trouble));
    if (size == 0 && (gzerror(in->file, &trouble), trouble == Z_BUF_ERROR))
        return FAIL(e, INVALID, "%s: the file ends too early", in->path);
    *out_piece = bytes_of(in->piece, (size_t)size);
    return DONE;
}

/* --- rows --- */

/* The next record of the file; CSV_END at its end. */
static fallible record_next(struct input *in, struct csv *c, struct csv_record *out_record, enum csv_found *out_found, struct err *e)
{
    for (;;) {
        struct bytes piece;
        *out_found = csv_next(c, out_record);
        if (*out_found != CSV_HUNGRY)
            return DONE;
        TRY(input_next(in, &piece, e));
        if (piece.size > 0)
            csv_feed(c, piece);
        else
            csv_finish(c);
    }
}

/* The names of the columns: the first record. */
static fallible header_read(struct input *in, struct csv *c, struct csv_record *out_header, struct err *e)
{
    enum csv_found found;
    TRY(record_next(in, c, out_header, &found, e));
    return found == CSV_RECORD ? DONE : FAIL(e, INVALID, "%s: the first line must name the columns", in->path);
}

/* An import under way. */
struct importing {
    const struct import_options *options;
    struct import_map *map;
    struct input *input;
    struct sender *sender;
    struct progress progress;
    struct csv *csv;
    struct lookup *joined; /* NULL: none */
    size_t own_columns, join_columns, key_column;
    struct bytes *cells; /* of one row, those of the joined file behind */
    struct buf event;
};

static size_t column_named(const struct bytes *names, size_t count, const char *name)
{
    size_t i = 0;
    while (i < count && !bytes_equal(names[i], bytes_of_text(name)))
        i++;
    return i;
}

static fallible joined_rows_read(struct importing *im, struct input *in, struct csv *c, size_t key, struct err *e)
{
    enum csv_found found;
    struct csv_record r;
    for (;;) {
        TRY(record_next(in, c, &r, &found, e));
        if (found == CSV_END)
            return DONE;
        if (found == CSV_BAD)
            return FAIL(e, INVALID, "%s: line %" PRIu64 ": %s", in->path, r.line, r.why);
        if (key < r.count)
            lookup_add(im->joined, r.fields[key], r.fields, r.count);
    }
}

static struct bytes *names_copy(struct arena *a, const struct csv_record *header)
{
    struct bytes *names = ARENA_ARRAY(a, struct bytes, header->count);
    for (size_t i = 0; i < header->count; i++)
        names[i] = arena_copy(a, header->fields[i]);
    return names;
}

struct table_names {
    struct bytes *names;
    size_t count;
};

static fallible joined_file_read(struct importing *im, const char *path, struct arena *a, struct table_names *out_names, struct err *e)
{
    struct input *in = NULL;
    struct csv *c = NULL;
    struct csv_record header;
    TRY(input_open(path, &in, e));
    c = csv_create(import_map_delimiter(im->map), SENDER_LINE_BYTES_MAX);
    struct status status = header_read(in, c, &header, e);
    if (done(status)) {
        *out_names = (struct table_names){names_copy(a, &header), header.count};
        size_t key = column_named(out_names->names, out_names->count, import_map_join_key(im->map));
        im->joined = lookup_create(out_names->count);
        status = key == out_names->count ? FAIL(e, INVALID, "%s has no column \"%s\", by which it is to be joined", path, import_map_join_key(im->map))
                                         : joined_rows_read(im, in, c, key, e);
    }
    csv_destroy(c);
    input_close(in);
    return status;
}

/* The joined file lies beside the one that is imported, unless it is named. */
static void join_path(const struct importing *im, char out_path[PATH_BYTES_MAX])
{
    const char *file = im->options->join != NULL ? im->options->join : import_map_join_file(im->map);
    const char *slash = strrchr(im->options->path, '/');
    int folder = slash == NULL || im->options->join != NULL || file[0] == '/' ? 0 : (int)(slash - im->options->path) + 1;
    (void)snprintf(out_path, PATH_BYTES_MAX, "%.*s%s", folder, im->options->path, file);
}

/* The columns of both files, with those of the second whose names the first has already left nameless. */
static fallible columns_settle(struct importing *im, struct arena *a, struct err *e)
{
    struct csv_record header;
    struct table_names joined = {0};
    char path[PATH_BYTES_MAX];
    TRY(header_read(im->input, im->csv, &header, e));
    struct bytes *own = names_copy(a, &header);
    im->own_columns = header.count;
    if (import_map_join_file(im->map) != NULL) {
        join_path(im, path);
        TRY(joined_file_read(im, path, a, &joined, e));
        im->key_column = column_named(own, im->own_columns, import_map_join_key(im->map));
        if (im->key_column == im->own_columns)
            return FAIL(e, INVALID, "%s has no column \"%s\", by which it is to be joined", im->options->path, import_map_join_key(im->map));
    }
    im->join_columns = joined.count;
    size_t count = im->own_columns + im->join_columns;
    struct bytes *all = ARENA_ARRAY(a, struct bytes, count);
    for (size_t i = 0; i < count; i++)
        all[i] = i < im->own_columns ? own[i] : joined.names[i - im->own_columns];
    for (size_t i = im->own_columns; i < count; i++)
        if (column_named(all, im->own_columns, arena_text(a, all[i])) < im->own_columns)
            all[i] = BYTES_NONE;
    im->cells = calloc(count, sizeof *im->cells);
    if (im->cells == NULL)
        abort();
    return import_map_columns(im->map, all, count, e);
}

static void cells_fill(struct importing *im, const struct csv_record *r)
{
    const struct bytes *joined = im->joined == NULL || im->key_column >= r->count ? NULL : lookup_find(im->joined, r->fields[im->key_column]);
    for (size_t i = 0; i < im->own_columns; i++)
        im->cells[i] = i < r->count ? r->fields[i] : BYTES_NONE;
    for (size_t i = 0; i < im->join_columns; i++)
        im->cells[im->own_columns + i] = joined == NULL ? BYTES_NONE : joined[i];
}

static fallible row_send(struct importing *im, const struct csv_record *r, struct err *e)
{
    char id[ID_BYTES_MAX];
    struct err why = {0};
    cells_fill(im, r);
    (void)snprintf(id, sizeof id, "%016" PRIx64 "%016" PRIx64 ":%" PRIu64, im->input->digest.high, im->input->digest.low, r->line);
    struct import_row row = {im->cells, im->own_columns + im->join_columns, bytes_of_text(id)};
    buf_clear(&im->event);
    if (failed(import_map_event(im->map, &row, &im->event, &why)))
        return sender_reject(im->sender, r->line, BYTES_NONE, why.text, e);
    return sender_add(im->sender, buf_bytes(&im->event), r->line, e);
}

/* How much there will be is guessed from how far the file has been read. */
static void progress_tell(struct importing *im, uint64_t rows)
{
    z_off_t at = gzoffset(im->input->file);
    if (at > 0)
        im->progress.total = (uint64_t)((double)rows * (double)im->input->size_bytes / (double)at);
    progress_show(&im->progress, rows);
}

static fallible rows_send(struct importing *im, struct err *e)
{
    enum csv_found found;
    struct csv_record r;
    for (uint64_t rows = 0;; rows++) {
        TRY(record_next(im->input, im->csv, &r, &found, e));
        if (found == CSV_END)
            return sender_flush(im->sender, e);
        if (found == CSV_BAD)
            TRY(sender_reject(im->sender, r.line, BYTES_NONE, r.why, e));
        else
            TRY(row_send(im, &r, e));
        progress_tell(im, rows);
    }
}

static fallible table_import(struct importing *im, struct err *e)
{
    struct arena *a = arena_create(1 << 14);
    im->csv = csv_create(import_map_delimiter(im->map), SENDER_LINE_BYTES_MAX);
    struct status status = columns_settle(im, a, e);
    if (done(status))
        status = rows_send(im, e);
    csv_destroy(im->csv);
    lookup_destroy(im->joined);
    free(im->cells);
    arena_destroy(a);
    return status;
}

/* --- lines that are events already --- */

static fallible line_send(struct importing *im, struct bytes line, uint64_t number, struct err *e)
{
    if (line.size > 0 && line.data[line.size - 1] == '\r')
        line.size--;
    return line.size == 0 ? DONE : sender_add(im->sender, line, number, e);
}

static fallible lines_import(struct importing *im, struct err *e)
{
    struct bytes piece;
    uint64_t number = 1;
    for (;;) {
        TRY(input_next(im->input, &piece, e));
        if (piece.size == 0)
            break;
        for (const uint8_t *end; (end = memchr(piece.data, '\n', piece.size)) != NULL; number++) {
            size_t size = (size_t)(end - piece.data);
            buf_push(&im->event, bytes_slice(piece, 0, size));
            TRY(im->event.overflowed ? sender_reject(im->sender, number, BYTES_NONE, "the line is too long", e)
                                     : line_send(im, buf_bytes(&im->event), number, e));
            buf_clear(&im->event);
            piece = bytes_slice(piece, size + 1, piece.size);
            progress_tell(im, number);
            if (piece.size == 0)
                break;
        }
        buf_push(&im->event, piece);
    }
    if (im->event.size > 0)
        TRY(line_send(im, buf_bytes(&im->event), number, e));
    return sender_flush(im->sender, e);
}

/* --- all of it --- */

static fallible map_load(const char *path, struct import_map **out_map, struct err *e)
{
    struct buf text;
    uint8_t piece[4096];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return FAIL(e, NOT_FOUND, "%s: %s", path, strerror(errno));
    buf_init(&text, MAP_BYTES_MAX);
    for (size_t size; (size = fread(piece, 1, sizeof piece, file)) > 0;)
        buf_push(&text, bytes_of(piece, size));
    (void)fclose(file);
    struct status status = text.overflowed ? FAIL(e, LIMIT, "%s: a map is under 1 MiB", path) : WRAP(e, import_map_create(buf_bytes(&text), out_map, e), "%s", path);
    buf_fini(&text);
    return status;
}

static const char *source_of(const struct importing *im)
{
    const char *slash = strrchr(im->options->path, '/');
    if (im->options->source != NULL)
        return im->options->source;
    if (im->map != NULL && import_map_source(im->map) != NULL)
        return import_map_source(im->map);
    return slash == NULL ? im->options->path : slash + 1;
}

fallible import_file(const struct import_options *o, struct sender_counts *out_counts, struct err *e)
{
    struct importing im = {.options = o};
    *out_counts = (struct sender_counts){0};
    if (o->map != NULL)
        TRY(map_load(o->map, &im.map, e));
    struct status status = input_open(o->path, &im.input, e);
    if (done(status)) {
        struct sender_options so = {.client = o->client, .source = source_of(&im), .import = true, .rejects = o->rejects};
        im.sender = sender_create(&so);
        buf_init(&im.event, SENDER_LINE_BYTES_MAX);
        progress_begin(&im.progress, o->path, either("rows", "行"), 0);
        status = im.map != NULL ? table_import(&im, e) : lines_import(&im, e);
        progress_end(&im.progress);
        *out_counts = *sender_counts(im.sender);
        sender_destroy(im.sender);
        buf_fini(&im.event);
    }
    input_close(im.input);
    import_map_destroy(im.map);
    return status;
}

static void counts_print(const struct sender_counts *c, const char *rejects, bool json)
{
    if (json) {
        printf("{\"sent\":%" PRIu64 ",\"accepted\":%" PRIu64 ",\"duplicates\":%" PRIu64 ",\"faulty\":%" PRIu64 ",\"refused\":%" PRIu64 "}\n", c->sent,
               c->accepted, c->duplicates, c->faulty, c->refused);
        return;
    }
    char sent[GROUPED_BYTES], accepted[GROUPED_BYTES], duplicates[GROUPED_BYTES], faulty[GROUPED_BYTES];
    printf(either("%s rows: %s taken in, %s were there already, %s are faulty.\n", "%s 行:接收 %s,已存在 %s,有误 %s。\n"), grouped(c->sent, sent),
           grouped(c->accepted, accepted), grouped(c->duplicates, duplicates), grouped(c->faulty + c->refused, faulty));
    if (c->faulty > 0)
        printf(either("The faulty ones, with the reasons, are in %s.\n", "有误的行及原因见 %s。\n"), rejects);
}

int verb_import(struct arguments *a)
{
    struct err e = {0};
    struct client *client = NULL;
    struct sender_counts counts;
    char rejects[PATH_BYTES_MAX];
    struct import_options o = {.map = argument_option(a, "map"), .source = argument_option(a, "source"), .join = argument_option(a, "join"),
                               .rejects = argument_option(a, "rejects")};
    bool json = argument_flag(a, "json");
    struct status status = client_of_arguments(a, &client, &e);
    o.path = argument_next(a);
    if (!arguments_finished(a) || o.path == NULL) {
        client_destroy(client);
        return o.path == NULL ? say_usage(verb_of(a)) : EXIT_USAGE;
    }
    if (failed(status))
        return say_failure(status, &e);
    if (o.rejects == NULL) {
        const char *slash = strrchr(o.path, '/');
        (void)snprintf(rejects, sizeof rejects, "%s.rejects.ndjson", slash == NULL ? o.path : slash + 1);
        o.rejects = rejects;
    }
    o.client = client;
    status = import_file(&o, &counts, &e);
    client_destroy(client);
    if (counts.sent > 0 || done(status))
        counts_print(&counts, o.rejects, json);
    if (failed(status))
        return say_failure(status, &e);
    return counts.faulty + counts.refused > 0 ? EXIT_REFUSED : EXIT_DONE;
}
