#include "app/import.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/import_map.h"
#include "app/lookup.h"
#include "app/terminal.h"

#define MAP_BYTES_MAX (1u << 20)
#define PATH_BYTES_MAX 4096
#define ID_BYTES_MAX 80u
#define NAMING_BYTES_MAX (ID_BYTES_MAX + 16u) /* an id as a member */

/* An import under way. */
struct importing {
    const struct import_options *options;
    struct import_map *map;
    struct sender *sender;
    struct progress progress;
    struct buf event; /* the row or line at hand */
};

/* By which a row, or a line without an id of its own, is known. */
static void id_of(struct hash128 file, uint64_t line, char out_id[ID_BYTES_MAX])
{
    (void)snprintf(out_id, ID_BYTES_MAX, "%016" PRIx64 "%016" PRIx64 ":%" PRIu64, file.high, file.low, line);
}

/* How much there will be is guessed from how far the file has been read. */
static void progress_tell(struct importing *im, const struct input *in, uint64_t rows)
{
    uint64_t guess = input_guess(in, rows);
    if (guess > 0)
        im->progress.total = guess;
    progress_show(&im->progress, rows);
}

/* --- rows --- */

/* The rows of an import by a map, those of the joined file behind. */
struct joining {
    struct table *own, *other; /* other NULL: none */
    struct lookup *rows;       /* of the other, by its key */
    size_t own_columns, other_columns, key_column;
    struct bytes *cells;       /* of one row */
    char other_path[PATH_BYTES_MAX];
};

static size_t column_named(const struct bytes *names, size_t count, struct bytes name)
{
    size_t i = 0;
    while (i < count && !bytes_equal(names[i], name))
        i++;
    return i;
}

static fallible key_column_find(const struct table *t, const char *path, const char *key, size_t *out_column, struct err *e)
{
    size_t count;
    const struct bytes *names = table_names(t, &count);
    *out_column = column_named(names, count, bytes_of_text(key));
    return *out_column < count ? DONE : FAIL(e, INVALID, "%s has no column \"%s\", by which it is to be joined", path, key);
}

static fallible other_rows_read(struct joining *j, size_t key, struct err *e)
{
    struct table_row r;
    bool more;
    for (;;) {
        TRY(table_next(j->other, &r, &more, e));
        if (!more)
            return DONE;
        if (r.cells == NULL)
            return FAIL(e, INVALID, "%s: line %" PRIu64 ": %s", j->other_path, r.line, r.why);
        lookup_add(j->rows, r.cells[key], r.cells, j->other_columns);
    }
}

/* The joined file lies beside the one that is imported, unless it is named. */
static void join_path(const struct importing *im, char out_path[PATH_BYTES_MAX])
{
    const char *file = im->options->join != NULL ? im->options->join : import_map_join_file(im->map);
    const char *slash = strrchr(im->options->path, '/');
    int folder = slash == NULL || im->options->join != NULL || file[0] == '/' ? 0 : (int)(slash - im->options->path) + 1;
    (void)snprintf(out_path, PATH_BYTES_MAX, "%.*s%s", folder, im->options->path, file);
}

static fallible other_open(struct importing *im, struct joining *j, struct err *e)
{
    size_t key;
    const char *name = import_map_join_key(im->map);
    join_path(im, j->other_path);
    struct table_options o = {.path = j->other_path, .delimiter = import_map_delimiter(im->map), .encoding = import_map_encoding(im->map)};
    TRY(table_open(&o, &j->other, e));
    (void)table_names(j->other, &j->other_columns);
    j->rows = lookup_create(j->other_columns);
    TRY(key_column_find(j->other, j->other_path, name, &key, e));
    TRY(key_column_find(j->own, im->options->path, name, &j->key_column, e));
    return other_rows_read(j, key, e);
}

/* The columns of both files, with those of the second whose names the first has already left nameless. */
static fallible columns_settle(struct importing *im, struct joining *j, struct err *e)
{
    size_t count = j->own_columns + j->other_columns, ignored;
    const struct bytes *own = table_names(j->own, &ignored), *other = j->other == NULL ? NULL : table_names(j->other, &ignored);
    j->cells = calloc(count, sizeof *j->cells);
    if (j->cells == NULL)
        abort();
    for (size_t i = 0; i < j->own_columns; i++)
        j->cells[i] = own[i];
    for (size_t i = 0; i < j->other_columns; i++)
        j->cells[j->own_columns + i] = column_named(own, j->own_columns, other[i]) < j->own_columns ? BYTES_NONE : other[i];
    return import_map_columns(im->map, j->cells, count, e);
}

static void cells_fill(struct joining *j, const struct table_row *r)
{
    const struct bytes *other = j->rows == NULL ? NULL : lookup_find(j->rows, r->cells[j->key_column]);
    for (size_t i = 0; i < j->own_columns; i++)
        j->cells[i] = r->cells[i];
    for (size_t i = 0; i < j->other_columns; i++)
        j->cells[j->own_columns + i] = other == NULL ? BYTES_NONE : other[i];
}

/* The row as a line of the file, for whoever mends it. */
static fallible row_reject(struct importing *im, const struct joining *j, const struct table_row *r, const char *why, struct err *e)
{
    char delimiter = import_map_delimiter(im->map);
    buf_clear(&im->event);
    for (size_t i = 0; r->cells != NULL && i < j->own_columns; i++) {
        if (i > 0)
            buf_push_byte(&im->event, (uint8_t)delimiter);
        csv_put(&im->event, r->cells[i], delimiter);
    }
    return sender_reject(im->sender, r->line, buf_bytes(&im->event), why, e);
}

static fallible row_send(struct importing *im, struct joining *j, const struct table_row *r, struct err *e)
{
    char id[ID_BYTES_MAX];
    struct err why = {0};
    if (r->cells == NULL)
        return row_reject(im, j, r, r->why, e);
    cells_fill(j, r);
    id_of(input_digest(table_input(j->own)), r->line, id);
    struct import_row row = {j->cells, j->own_columns + j->other_columns, bytes_of_text(id)};
    buf_clear(&im->event);
    if (failed(import_map_event(im->map, &row, &im->event, &why)))
        return row_reject(im, j, r, why.text, e);
    return sender_add(im->sender, buf_bytes(&im->event), r->line, e);
}

static fallible rows_send(struct importing *im, struct joining *j, struct err *e)
{
    struct table_row r;
    bool more;
    for (uint64_t rows = 0;; rows++) {
        TRY(table_next(j->own, &r, &more, e));
        if (!more)
            return sender_flush(im->sender, e);
        TRY(row_send(im, j, &r, e));
        progress_tell(im, table_input(j->own), rows);
    }
}

static fallible table_import(struct importing *im, struct err *e)
{
    struct joining j = {0};
    struct table_options o = {.path = im->options->path, .delimiter = import_map_delimiter(im->map), .encoding = import_map_encoding(im->map)};
    TRY(table_open(&o, &j.own, e));
    (void)table_names(j.own, &j.own_columns);
    struct status status = import_map_join_file(im->map) == NULL ? DONE : other_open(im, &j, e);
    if (done(status))
        status = columns_settle(im, &j, e);
    if (done(status))
        status = rows_send(im, &j, e);
    table_close(j.own);
    table_close(j.other);
    lookup_destroy(j.rows);
    free(j.cells);
    return status;
}

/* --- lines that are events already --- */

static struct bytes line_trimmed(struct bytes line)
{
    while (line.size > 0 && memchr(" \t\r", line.data[line.size - 1], 3) != NULL)
        line.size--;
    while (line.size > 0 && memchr(" \t", line.data[0], 2) != NULL)
        line = bytes_slice(line, 1, line.size);
    return line;
}

struct lines {
    struct input *in;
    struct json_parser *parser;
    struct buf named; /* an event that got an id */
    uint64_t number;  /* of the line at hand, from 1 */
};

static bool has_id(struct json event)
{
    struct json id = json_find(event, BYTES_LIT("id"));
    bool is_empty = json_is(id, JSON_STRING) && json_string(id).size == 0;
    return !is_empty && !json_is(id, JSON_NULL) && !json_is(id, JSON_ABSENT);
}

/* Gives an event without an id one that says where it stands; without, two equal lines would be one event. What can't be
 * read is left for the daemon to say why. */
static struct bytes event_named(struct lines *l, struct bytes event)
{
    struct json root, value;
    struct bytes key;
    struct err unread;
    char id[ID_BYTES_MAX];
    if (failed(json_parse(l->parser, event, &root, &unread)) || has_id(root))
        return event;
    struct json_walk members = json_members(root);
    bool is_empty = !json_member_next(&members, &key, &value);
    id_of(input_digest(l->in), l->number, id);
    buf_clear(&l->named);
    buf_push(&l->named, bytes_slice(event, 0, event.size - 1));
    buf_printf(&l->named, "%s\"id\":\"%s\"}", is_empty ? "" : ",", id); /* behind an empty one, which it overrules */
    assert(!l->named.overflowed);
    return buf_bytes(&l->named);
}

/* Only what looks like an object goes on: one line that opens a list would make a list of all the lines of its batch. */
static fallible line_send(struct importing *im, struct lines *l, struct err *e)
{
    struct bytes line = line_trimmed(buf_bytes(&im->event));
    if (l->number == 1 && bytes_starts_with(line, BYTES_LIT("\xEF\xBB\xBF")))
        line = bytes_slice(line, 3, line.size);
    if (im->event.overflowed)
        return sender_reject(im->sender, l->number, BYTES_NONE, "the line is too long", e);
    if (line.size == 0)
        return DONE;
    if (line.data[0] != '{')
        return sender_reject(im->sender, l->number, line, "a line is one event, an object: {\"event\":…}", e);
    return sender_add(im->sender, event_named(l, line), l->number, e);
}

/* The line ends are looked for in each piece; what stands behind the last one waits for the next piece. */
static fallible piece_send(struct importing *im, struct lines *l, struct bytes piece, struct err *e)
{
    for (const uint8_t *end; piece.size > 0 && (end = memchr(piece.data, '\n', piece.size)) != NULL; l->number++) {
        size_t size = (size_t)(end - piece.data);
        buf_push(&im->event, bytes_slice(piece, 0, size));
        TRY(line_send(im, l, e));
        buf_clear(&im->event);
        piece = bytes_slice(piece, size + 1, piece.size);
    }
    buf_push(&im->event, piece);
    return DONE;
}

static fallible lines_send(struct importing *im, struct lines *l, struct err *e)
{
    struct bytes piece;
    for (;;) {
        TRY(input_next(l->in, &piece, e));
        if (piece.size == 0) {
            TRY(line_send(im, l, e));
            return sender_flush(im->sender, e);
        }
        TRY(piece_send(im, l, piece, e));
        progress_tell(im, l->in, l->number);
    }
}

static fallible lines_import(struct importing *im, struct err *e)
{
    struct lines l = {.number = 1};
    TRY(input_open(im->options->path, &l.in, e));
    l.parser = json_parser_create(SENDER_LINE_BYTES_MAX);
    if (l.parser == NULL)
        abort();
    buf_init(&l.named, SENDER_LINE_BYTES_MAX + NAMING_BYTES_MAX);
    struct status status = lines_send(im, &l, e);
    buf_fini(&l.named);
    json_parser_destroy(l.parser);
    input_close(l.in);
    return status;
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
    struct sender_options so = {.client = o->client, .source = source_of(&im), .import = true, .rejects = o->rejects};
    im.sender = sender_create(&so);
    buf_init(&im.event, SENDER_LINE_BYTES_MAX);
    progress_begin(&im.progress, o->path, either("rows", "行"), 0);
    struct status status = im.map != NULL ? table_import(&im, e) : lines_import(&im, e);
    progress_end(&im.progress);
    *out_counts = *sender_counts(im.sender);
    sender_destroy(im.sender);
    buf_fini(&im.event);
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
