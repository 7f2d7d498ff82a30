#include "app/import/import.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/import/doubts.h"
#include "app/import/elsewhere.h"
#include "app/import/lines.h"
#include "app/import/preview.h"
#include "app/import/reasons.h"
#include "app/import/rejects.h"
#include "app/terminal.h"
#include "domain/collect/collect.h"

#define PATH_BYTES_MAX 4096
#define ORDER_LINE_BYTES_MAX (1u << 20)
#define JOINS_TOLD_MAX IMPORT_JOINS_MAX
#define DOUBTS_TOLD_MAX 20u
#define CELLS_BYTES_MAX (3u * SENDER_ORIGIN_BYTES_MAX) /* of a row, also when every byte of it is a quote */
#define PROGRESS_ROWS 256u                             /* from one look at how far it has come to the next */
#define ORDER_NAME_BYTES_MAX 4096u                     /* longer ones are no order's: the daemon says so */
#define ARENA_BLOCK_BYTES 4096u

struct importing;

/* Where values of one kind go. */
struct destination {
    struct importing *importing;
    enum import_target target;
    struct sender *sender; /* NULL: nothing for it yet */
};

/* An import under way. */
struct importing {
    const struct import_options *options;
    struct import_map *map;
    struct import_rows *rows;
    struct destination destinations[TARGET_COUNT];
    struct courier *courier;
    struct rejects *rejects;              /* NULL: they are only counted */
    struct import_counts counts;
    struct progress progress;
    struct buf value, origin, cells;
    struct buf shop, number; /* of an order */
    struct doubts *doubts;
    struct elsewhere *elsewhere; /* NULL: no order yet */
    struct json_parser *parser;
    struct arena *arena; /* of what is told of the first doubtful orders */
    const char *told[DOUBTS_TOLD_MAX];
};

/* --- rows that are put aside --- */

static void cells_put(struct buf *out, const struct bytes *cells, size_t count)
{
    buf_clear(out);
    out->overflowed = false;
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_push_byte(out, ',');
        csv_put(out, cells[i], ',');
    }
}

/* A row that a value was made of, in front of its cells' sizes (uint32_t) and then their bytes: most rows are never looked at again. */
struct origin {
    uint64_t line;
    uint32_t count;
};

static void origin_add(struct importing *im, uint64_t line, const struct bytes *cells, size_t count)
{
    struct origin head = {line, (uint32_t)count};
    size_t bytes = sizeof head + count * sizeof(uint32_t);
    if (im->rejects == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        bytes += cells[i].size;
    uint8_t *at = buf_extend(&im->origin, bytes);
    if (at == NULL)
        return;
    memcpy(at, &head, sizeof head);
    at += sizeof head;
    for (size_t i = 0; i < count; i++, at += sizeof(uint32_t))
        memcpy(at, &(uint32_t){(uint32_t)cells[i].size}, sizeof(uint32_t));
    for (size_t i = 0; i < count; at += cells[i++].size)
        if (cells[i].size > 0)
            memcpy(at, cells[i].data, cells[i].size);
}

/* The next row of an origin, its cells as CSV in im->cells. */
static uint64_t origin_next(struct importing *im, struct bytes *io_origin)
{
    struct origin head;
    struct bytes origin = *io_origin, cells[IMPORT_COLUMNS_MAX];
    memcpy(&head, origin.data, sizeof head);
    assert(head.count <= IMPORT_COLUMNS_MAX);
    size_t at = sizeof head + head.count * sizeof(uint32_t);
    for (uint32_t i = 0, size; i < head.count; i++, at += size) {
        memcpy(&size, origin.data + sizeof head + i * sizeof size, sizeof size);
        cells[i] = bytes_slice(origin, at, at + size);
    }
    cells_put(&im->cells, cells, head.count);
    *io_origin = bytes_slice(origin, at, origin.size);
    return head.line;
}

static fallible origin_reject(struct importing *im, struct bytes origin, struct bytes column, struct bytes why, struct err *e)
{
    while (origin.size > 0) {
        uint64_t line = origin_next(im, &origin);
        struct reject x = {im->options->path, line, column, why, buf_bytes(&im->cells)};
        TRY(rejects_add(im->rejects, &x, e));
    }
    return DONE;
}

static fallible fault_take(void *context, const struct sender_fault *f, struct err *e)
{
    const struct destination *to = context;
    struct importing *im = to->importing;
    struct arena *a = arena_create(ARENA_BLOCK_BYTES);
    struct bytes column = im->map == NULL ? BYTES_NONE : import_map_column_at(im->map, to->target, f->why, a);
    struct status status = origin_reject(im, f->origin, column, f->why, e);
    arena_destroy(a);
    return status;
}

/* One value that could not even be made. */
static fallible value_reject(struct importing *im, struct bytes column, const char *why, struct err *e)
{
    im->counts.sent.sent++;
    im->counts.sent.faulty++;
    return im->rejects == NULL ? DONE : origin_reject(im, buf_bytes(&im->origin), column, bytes_of_text(why), e);
}

static fallible row_reject(struct importing *im, const struct import_bad *bad, struct err *e)
{
    im->counts.sent.sent++;
    im->counts.sent.faulty++;
    if (im->rejects == NULL)
        return DONE;
    cells_put(&im->cells, bad->cells, bad->count);
    struct reject x = {bad->path, bad->line, BYTES_NONE, bytes_of_text(bad->why), buf_bytes(&im->cells)};
    return rejects_add(im->rejects, &x, e);
}

/* --- values on their way --- */

static const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static const char *source_of(const struct importing *im)
{
    if (im->options->source != NULL)
        return im->options->source;
    if (im->map != NULL && import_map_says(im->map)->source != NULL)
        return import_map_says(im->map)->source;
    return path_base(im->options->path);
}

static fallible value_send(struct importing *im, enum import_target target, struct err *e)
{
    struct destination *to = &im->destinations[target];
    if (to->sender == NULL) {
        *to = (struct destination){im, target, NULL};
        struct sender_options so = {.client = im->options->client,
                                    .courier = im->courier,
                                    .path = import_targets[target].path,
                                    .source = target == TARGET_EVENT ? source_of(im) : NULL,
                                    .import = true,
                                    .line_bytes_max = target == TARGET_ORDER ? ORDER_LINE_BYTES_MAX : 0,
                                    .take_fault = im->rejects == NULL ? NULL : fault_take,
                                    .context = to};
        to->sender = sender_create(&so);
    }
    return sender_add(to->sender, buf_bytes(&im->value), buf_bytes(&im->origin), e);
}

static fallible senders_flush(struct importing *im, struct err *e)
{
    for (int i = 0; i < TARGET_COUNT; i++)
        if (im->destinations[i].sender != NULL)
            TRY(sender_flush(im->destinations[i].sender, e));
    return DONE;
}

/* Looking at the clock and at the file's place for each row would cost as much as the row. */
static bool progress_is_due(uint64_t rows)
{
    return rows % PROGRESS_ROWS == 0;
}

/* How much there will be is guessed from how far the file has been read. */
static void progress_tell(struct importing *im, double share, uint64_t rows)
{
    im->progress.total = share > 0 ? (uint64_t)((double)rows / share) : 0;
    progress_show(&im->progress, rows);
}

/* By which a row or line is known. */
static void place_push(struct importing *im, struct hash128 file, uint64_t line)
{
    char text[IMPORT_LINE_TEXT_BYTES];
    bool is_empty = im->value.size == 2;
    import_line_print(&(struct import_line){.file = file, .number = line}, text);
    im->value.size--; /* behind all else, so that it overrules one that the event came with */
    buf_push(&im->value, is_empty ? BYTES_LIT("\"line\":\"") : BYTES_LIT(",\"line\":\""));
    buf_push_text(&im->value, text);
    buf_push(&im->value, BYTES_LIT("\"}"));
}

/* --- rows --- */

/* All rows of the value are put aside; where they are several, or the cell is of another file, the reason says where it is. */
static fallible cell_reject(struct importing *im, const struct import_group *g, size_t from, size_t until, const struct template_fault *f, struct err *e)
{
    char why[512], where[256] = "";
    struct import_place place = import_rows_place(im->rows, g, from + f->row, f->column);
    if (place.is_joined)
        (void)snprintf(where, sizeof where, "the joined file %.200s, line %" PRIu64 ": ", path_base(place.path), place.line);
    else if (import_group_line(g, until - 1) != g->own_lines[from])
        (void)snprintf(where, sizeof where, "line %" PRIu64 ": ", place.line);
    (void)snprintf(why, sizeof why, "%s'%.*s' %s", where, BYTES_ARG(f->cell), cell_fault_words[f->why]);
    return value_reject(im, import_rows_column(im->rows, f->column), why, e);
}

static void doubt_tell(struct importing *im, uint64_t line, const char *doubt)
{
    if (im->counts.doubtful++ >= DOUBTS_TOLD_MAX)
        return;
    im->told[im->counts.doubtful - 1] =
        arena_printf(im->arena, either("%s, line %" PRIu64 ": %s\n", "%s,第 %" PRIu64 " 行:%s\n"), im->options->path, line, reason_said(im->arena, doubt));
}

static void found_elsewhere(void *context, const struct elsewhere_order *order, struct bytes other)
{
    struct importing *im = context;
    const char *doubt = doubt_of_elsewhere(im->doubts, order->shop, order->number, other);
    if (doubt != NULL)
        doubt_tell(im, order->line, doubt);
}

/* The order's shop and number out of its template, where that says no total: then the value need not be read again. */
static bool order_names_read(struct importing *im, const struct template *t, const struct template_rows *rows)
{
    struct buf *const names[] = {&im->shop, &im->number};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        buf_clear(names[i]);
        names[i]->overflowed = false;
    }
    return !template_has_member(t, BYTES_LIT("total")) && template_member_text(t, BYTES_LIT("shop"), rows, &im->shop) &&
           template_member_text(t, BYTES_LIT("number"), rows, &im->number) && !im->shop.overflowed &&
           !im->number.overflowed;
}

/* An order that looks wrong goes in, and is told; whether another shop has its number is asked together with others. */
static void order_doubt(struct importing *im, const struct template *t, const struct template_rows *rows, uint64_t line)
{
    struct elsewhere_order asked = {.line = line};
    struct json order;
    const char *doubt;
    if (order_names_read(im, t, rows)) {
        asked.shop = buf_bytes(&im->shop);
        asked.number = buf_bytes(&im->number);
        doubt = doubt_of_shop(im->doubts, asked.shop, asked.number);
    } else {
        if (failed(json_parse(im->parser, buf_bytes(&im->value), &order, NULL)))
            return;
        asked.shop = json_string(json_find(order, BYTES_LIT("shop")));
        asked.number = json_string(json_find(order, BYTES_LIT("number")));
        doubt = doubt_of(im->doubts, order);
    }
    if (doubt != NULL)
        doubt_tell(im, line, doubt);
    else if (asked.shop.size > 0 && asked.number.size > 0)
        elsewhere_add(im->elsewhere, &asked);
}

/* The rows [from, until) of a group as one value. */
static fallible value_make(void *context, const struct import_value *v, const struct import_group *g, size_t from, size_t until, struct err *e)
{
    struct importing *im = context;
    struct template_rows rows = {&g->rows[from], until - from};
    struct template_fault fault;
    buf_clear(&im->origin);
    im->origin.overflowed = false;
    for (size_t i = from; i < until; i++)
        if (g->own_lines[i] != 0)
            origin_add(im, g->own_lines[i], g->rows[i], import_rows_own_columns(im->rows));
    buf_clear(&im->value);
    im->value.overflowed = false;
    enum template_result result = template_put(v->template, &rows, &im->value, &fault);
    if (result == TEMPLATE_FAULT)
        return cell_reject(im, g, from, until, &fault, e);
    bool has_nothing = im->value.size == 0 || (result == TEMPLATE_EMPTY && v->target != TARGET_EVENT);
    if (has_nothing) /* of what would be sent */
        return DONE;
    if (v->target == TARGET_EVENT)
        place_push(im, import_rows_digest(im->rows), g->own_lines[from]);
    if (im->value.overflowed || im->origin.overflowed)
        return value_reject(im, BYTES_NONE, "what the row becomes is too long", e);
    if (v->target == TARGET_ORDER && im->elsewhere == NULL)
        im->elsewhere = elsewhere_create(im->options->client, found_elsewhere, im);
    if (v->target == TARGET_ORDER)
        order_doubt(im, v->template, &rows, g->own_lines[from]);
    return value_send(im, v->target, e);
}

static fallible rows_send(struct importing *im, struct err *e)
{
    struct import_next next;
    for (uint64_t rows = 0;; rows++) {
        TRY(import_rows_next(im->rows, &next, e));
        if (next.found == IMPORT_END)
            return senders_flush(im, e);
        if (next.found == IMPORT_BAD)
            TRY(row_reject(im, &next.bad, e));
        else
            TRY(import_group_make(im->map, &next.group, value_make, im, e));
        if (progress_is_due(rows))
            progress_tell(im, import_rows_share(im->rows), rows);
    }
}

static fallible table_import(struct importing *im, struct err *e)
{
    struct import_rows_options o = {im->options->path, im->map, im->options->joins, im->options->join_count};
    size_t count;
    TRY(import_rows_open(&o, &im->rows, e));
    const struct bytes *names = import_rows_names(im->rows, &count);
    if (im->rejects != NULL)
        rejects_columns(im->rejects, names, count);
    struct status status = rows_send(im, e);
    im->counts.skipped = import_rows_skipped(im->rows);
    im->counts.of_gb18030 = import_rows_of_gb18030(im->rows);
    import_rows_close(im->rows);
    return status;
}

/* --- lines that are events or things already --- */

/* Adds to an event in which line it stands. What can't be read is left for the daemon to say why. */
static void event_place(struct importing *im, struct hash128 file, uint64_t line)
{
    struct json root, value;
    struct bytes key;
    struct err unread;
    if (failed(json_parse(im->parser, buf_bytes(&im->value), &root, &unread)))
        return;
    struct json_walk members = json_members(root);
    if (!json_member_next(&members, &key, &value)) {
        buf_clear(&im->value);
        buf_push_text(&im->value, "{}");
    }
    place_push(im, file, line);
}

/* Only what looks like an object goes on: one line that opens a list would make a list of all the lines of its batch. */
static fallible line_send(struct importing *im, struct hash128 file, const struct line *line, struct err *e)
{
    bool things = im->options->things;
    buf_clear(&im->origin);
    origin_add(im, line->number, &line->text, 1);
    if (line->is_too_long) {
        char why[64];
        (void)snprintf(why, sizeof why, "the line is longer than %u bytes", SENDER_LINE_BYTES_MAX);
        return value_reject(im, BYTES_NONE, why, e);
    }
    if (line->text.data[0] != '{')
        return value_reject(im, BYTES_NONE,
                            things ? "a line is one thing, an object: {\"kind\":…}" : "a line is one event, an object: {\"event\":…}", e);
    buf_clear(&im->value);
    buf_push(&im->value, line->text);
    if (!things)
        event_place(im, file, line->number);
    return value_send(im, things ? TARGET_THING : TARGET_EVENT, e);
}

static fallible lines_send(struct importing *im, struct input *in, struct lines *l, struct err *e)
{
    struct line line;
    bool more;
    for (;;) {
        TRY(lines_next(l, &line, &more, e));
        if (!more)
            return senders_flush(im, e);
        TRY(line_send(im, input_file(in).digest, &line, e));
        if (progress_is_due(line.number))
            progress_tell(im, input_share(in), line.number);
    }
}

static fallible lines_import(struct importing *im, struct err *e)
{
    struct input *in = NULL;
    TRY(input_open(im->options->path, &in, e));
    struct lines *l = lines_create(in, SENDER_LINE_BYTES_MAX);
    struct status status = lines_send(im, in, l, e);
    lines_destroy(l);
    input_close(in);
    return status;
}

/* --- all of it --- */

static void doubts_end(struct importing *im)
{
    if (im->elsewhere != NULL)
        elsewhere_ask(im->elsewhere);
    for (size_t i = 0; i < im->counts.doubtful && i < DOUBTS_TOLD_MAX; i++)
        (void)fputs(im->told[i], stderr);
    uint64_t unasked = im->elsewhere == NULL ? 0 : elsewhere_unasked(im->elsewhere);
    if (unasked > 0)
        (void)fprintf(stderr, either("%s: of %" PRIu64 " orders the daemon didn't say whether another shop has their number.\n",
                                     "%s:有 %" PRIu64 " 个订单未能查询其订单号是否也在其他店铺下。\n"), im->options->path, unasked);
}

static void importing_end(struct importing *im)
{
    courier_destroy(im->courier); /* what is under way is in a sender's memory */
    for (int i = 0; i < TARGET_COUNT; i++)
        if (im->destinations[i].sender != NULL) {
            sender_counts_add(&im->counts.sent, sender_counts(im->destinations[i].sender));
            sender_destroy(im->destinations[i].sender);
        }
    im->counts.rejects = im->rejects == NULL ? 0 : rejects_count(im->rejects);
    rejects_destroy(im->rejects);
    buf_fini(&im->value);
    buf_fini(&im->origin);
    buf_fini(&im->cells);
    buf_fini(&im->shop);
    buf_fini(&im->number);
    doubts_destroy(im->doubts);
    elsewhere_destroy(im->elsewhere);
    json_parser_destroy(im->parser);
    arena_destroy(im->arena);
    import_map_destroy(im->map);
}

fallible import_file(const struct import_options *o, struct import_counts *out_counts, struct err *e)
{
    struct importing im = {.options = o};
    *out_counts = (struct import_counts){0};
    if (o->map != NULL)
        TRY(import_map_load(o->map, &im.map, e));
    else if (o->map_text.size > 0)
        TRY(import_map_create(o->map_text, &im.map, e));
    im.courier = courier_create(o->client);
    im.rejects = o->rejects == NULL ? NULL : rejects_create(o->rejects);
    buf_init(&im.value, SENDER_BYTES_MAX);
    buf_init(&im.origin, SENDER_ORIGIN_BYTES_MAX);
    buf_init(&im.cells, CELLS_BYTES_MAX);
    buf_init(&im.shop, ORDER_NAME_BYTES_MAX);
    buf_init(&im.number, ORDER_NAME_BYTES_MAX);
    im.doubts = doubts_create();
    im.parser = json_parser_create(SENDER_BYTES_MAX);
    im.arena = arena_create(ARENA_BLOCK_BYTES);
    if (im.parser == NULL)
        abort();
    progress_begin(&im.progress, o->path, either("rows", "行"), 0);
    struct status status = im.map != NULL ? table_import(&im, e) : lines_import(&im, e);
    progress_end(&im.progress);
    doubts_end(&im);
    importing_end(&im);
    *out_counts = im.counts;
    return status;
}

static void counts_print(const struct import_counts *c, const char *rejects, bool json)
{
    const struct sender_counts *s = &c->sent;
    if (json) {
        printf("{\"sent\":%" PRIu64 ",\"accepted\":%" PRIu64 ",\"duplicates\":%" PRIu64 ",\"faulty\":%" PRIu64 ",\"refused\":%" PRIu64
               ",\"skipped\":%" PRIu64 ",\"rows_of_gb18030\":%" PRIu64 ",\"doubtful\":%" PRIu64 "}\n",
               s->sent, s->accepted, s->duplicates, s->faulty, s->refused, c->skipped, c->of_gb18030, c->doubtful);
        return;
    }
    char sent[GROUPED_BYTES], accepted[GROUPED_BYTES], duplicates[GROUPED_BYTES], faulty[GROUPED_BYTES];
    printf(either("%s rows: %s taken in, %s were there already, %s are faulty.\n", "%s 行:接收 %s,已存在 %s,有误 %s。\n"), grouped(s->sent, sent),
           grouped(s->accepted, accepted), grouped(s->duplicates, duplicates), grouped(s->faulty + s->refused, faulty));
    if (c->skipped > 0)
        printf(either("%s rows were passed over, as the map says.\n", "按映射跳过 %s 行。\n"), grouped(c->skipped, sent));
    if (c->of_gb18030 > 0)
        printf(either("%s rows were in GB18030, not in UTF-8.\n", "%s 行为 GB18030 编码而非 UTF-8。\n"), grouped(c->of_gb18030, sent));
    if (c->doubtful > 0)
        printf(either("%s orders went in that look wrong.\n", "%s 个订单已导入,但看起来有误。\n"), grouped(c->doubtful, sent));
    if (c->rejects > 0)
        printf(either("The faulty ones, with the reasons, are in %s.\n", "有误的行及原因见 %s。\n"), rejects);
}

/* --join FILE[,FILE…]: cuts the text. */
static size_t joins_cut(char *text, const char *out_joins[JOINS_TOLD_MAX])
{
    size_t count = 0;
    for (char *at = text; at != NULL && count < JOINS_TOLD_MAX;) {
        char *comma = strchr(at, ',');
        if (comma != NULL)
            *comma++ = 0;
        out_joins[count++] = at;
        at = comma;
    }
    return count;
}

static int preview_run(const struct import_options *o, uint64_t groups)
{
    struct err e = {0};
    struct status status = import_preview(o, groups, &e);
    return failed(status) ? say_failure(status, &e) : EXIT_DONE;
}

int import_run(struct import_options *o, bool json)
{
    struct err e = {0};
    struct import_counts counts;
    char rejects[PATH_BYTES_MAX];
    if (o->rejects == NULL) {
        (void)snprintf(rejects, sizeof rejects, "%s.rejects.csv", path_base(o->path));
        o->rejects = rejects;
    }
    struct status status = import_file(o, &counts, &e);
    if (counts.sent.sent > 0 || done(status))
        counts_print(&counts, o->rejects, json);
    if (failed(status))
        return say_failure(status, &e);
    return counts.sent.faulty + counts.sent.refused > 0 ? EXIT_REFUSED : EXIT_DONE;
}

int verb_import(struct arguments *a)
{
    struct err e = {0};
    const char *joins[JOINS_TOLD_MAX];
    const char *join = argument_option(a, "join");
    char *cut = join == NULL ? NULL : strdup(join);
    struct import_options o = {.map = argument_option(a, "map"), .source = argument_option(a, "source"), .joins = joins,
                               .rejects = argument_option(a, "rejects"), .things = argument_flag(a, "things")};
    bool json = argument_flag(a, "json");
    uint64_t preview = 0;
    o.join_count = joins_cut(cut, joins);
    struct status status = client_of_arguments(a, &o.client, &e);
    if (done(status))
        status = argument_number(a, "preview", &preview, &e);
    o.path = argument_next(a);
    int code = EXIT_USAGE;
    if (o.path == NULL || (preview > 0 && o.map == NULL))
        code = say_usage(verb_of(a));
    else if (arguments_finished(a))
        code = failed(status) ? say_failure(status, &e) : preview > 0 ? preview_run(&o, preview) : import_run(&o, json);
    client_destroy(o.client);
    free(cut);
    return code;
}
