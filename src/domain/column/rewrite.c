#include "domain/column/rewrite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/column/moved.h"

#define ARENA_BLOCK_BYTES 16384u
#define LOOK_EVERY 1024u

void rewrite_order_open(struct rewrite_order *o, const struct view *v, const struct work_surroundings *around)
{
    o->events = event_view_open(v, around);
    o->moves = rows_series_view(v->rows, &move_family);
}

void rewrite_order_close(struct rewrite_order *o)
{
    event_view_close(o->events);
    series_view_close(o->moves);
}

/* Rows of one file, in order. */
struct stream {
    struct column_rows *rows;
    const struct column_row *now; /* NULL: over */
};

struct rewriting {
    const struct work_context *context;
    const struct file_row *files;
    size_t file_count;
    struct moves *moves;
    struct owner_book *owners;
    struct column_set *set;
    struct column_file *opened[MERGE_FILES_MAX];
    struct batches *moved;
    struct stream *streams, **heap; /* the least row first */
    size_t stream_count, heap_count;
};

static fallible moved_gather(struct rewriting *w, struct err *e)
{
    struct moved_rows m = {.moves = w->moves, .owners = w->owners, .around = w->context->around, .set = w->set, .into = w->moved};
    for (size_t i = 0; i < w->file_count; i++)
        TRY(moved_rows_take(&m, w->opened[i], w->files[i].settled, e));
    return batches_finish(w->moved, e);
}

/* --- all rows, in order --- */

/* The next row of those that didn't move, if it is a stream of a file; those of batches are as they are now. */
static fallible stream_next(const struct rewriting *w, struct stream *s, struct err *e)
{
    bool is_file = (size_t)(s - w->streams) < w->file_count;
    do
        TRY(column_rows_next(s->rows, &s->now, e));
    while (s->now != NULL && is_file && moves_have(w->moves, s->now->person));
    return DONE;
}

static void heap_sink(struct rewriting *w, size_t at)
{
    struct stream *moved = w->heap[at];
    for (size_t child; (child = 2 * at + 1) < w->heap_count; at = child) {
        if (child + 1 < w->heap_count && column_row_compare(w->heap[child + 1]->now, w->heap[child]->now) < 0)
            child++;
        if (column_row_compare(moved->now, w->heap[child]->now) < 0)
            break;
        w->heap[at] = w->heap[child];
    }
    w->heap[at] = moved;
}

static fallible streams_open(struct rewriting *w, struct arena *arena, struct err *e)
{
    size_t count = w->file_count + batches_count(w->moved);
    w->streams = ARENA_ARRAY(arena, struct stream, count);
    w->heap = ARENA_ARRAY(arena, struct stream *, count);
    for (; w->stream_count < count; w->stream_count++) {
        size_t i = w->stream_count;
        struct column_file *file = i < w->file_count ? w->opened[i] : batches_file(w->moved, i - w->file_count);
        TRY(column_rows_open(file, w->set, &w->streams[i].rows, e));
    }
    for (size_t i = 0; i < count; i++) {
        TRY(stream_next(w, &w->streams[i], e));
        if (w->streams[i].now != NULL)
            w->heap[w->heap_count++] = &w->streams[i];
    }
    for (size_t i = w->heap_count / 2; i-- > 0;)
        heap_sink(w, i);
    return DONE;
}

static fallible rows_write(struct rewriting *w, struct column_writer *to, struct err *e)
{
    for (uint64_t i = 0; w->heap_count > 0; i++) {
        struct stream *least = w->heap[0];
        if (i % LOOK_EVERY == 0 && work_stopped(w->context))
            return FAIL(e, CANCELLED, "the process wants to end");
        TRY(column_writer_add(to, least->now, e));
        TRY(stream_next(w, least, e));
        if (least->now == NULL)
            w->heap[0] = w->heap[--w->heap_count];
        if (w->heap_count > 0)
            heap_sink(w, 0);
    }
    return DONE;
}

static fallible merged_write(struct rewriting *w, struct file_row *file, struct err *e)
{
    struct column_writer *to = NULL;
    TRY(column_writer_open(w->context->around->disk, file->name, w->set, &to, e));
    struct status status = rows_write(w, to, e);
    if (done(status))
        status = column_writer_finish(to, &file->sum, e);
    column_writer_close(to);
    return status;
}

/* Nothing is left of people who were all erased: then there is no file. */
static fallible rewrite(struct rewriting *w, struct column_merged *m, struct err *e)
{
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    for (size_t i = 0; i < w->file_count; i++) {
        struct status status = column_file_open(w->context->around->disk, w->files[i].name, &w->opened[i], e);
        if (failed(status)) {
            arena_destroy(arena);
            return status;
        }
    }
    struct status status = moved_gather(w, e);
    if (done(status))
        status = streams_open(w, arena, e);
    m->is_empty = w->heap_count == 0;
    if (done(status) && !m->is_empty)
        status = merged_write(w, &m->file, e);
    for (size_t i = 0; i < w->stream_count; i++)
        column_rows_close(w->streams[i].rows);
    arena_destroy(arena);
    return status;
}

static void file_name(const struct work_context *c, const char *ending, struct column_merged *m, const struct file_row *files)
{
    m->file = (struct file_row){.month = files[0].month, .first = files[0].first, .settled = c->position};
    for (size_t i = 0; i < m->removed_count; i++) {
        m->removed[i] = file_place(&files[i]);
        memcpy(m->names[i], files[i].name, sizeof m->names[i]);
        m->file.until = files[i].until > m->file.until ? files[i].until : m->file.until;
    }
    (void)snprintf(m->file.name, sizeof m->file.name, "%05x-%012llx-%012llx-%012llx%s.col", m->file.month, (unsigned long long)m->file.first,
                   (unsigned long long)m->file.until, (unsigned long long)c->position, ending);
}

fallible files_rewrite(const struct work_context *c, const struct rewrite_order *o, size_t from, size_t until, const char *ending,
                       struct column_merged *out_merged, struct err *e)
{
    struct rewriting w = {.context = c, .files = o->files + from, .file_count = until - from};
    *out_merged = (struct column_merged){.removed_count = (uint32_t)(until - from)};
    file_name(c, ending, out_merged, w.files);
    w.moves = moves_open_all(o->moves);
    w.owners = owner_book_create(o->events, w.moves);
    w.set = column_set_create();
    w.moved = batches_create(w.set);
    struct status status = rewrite(&w, out_merged, e);
    owner_book_destroy(w.owners);
    batches_destroy(w.moved);
    for (size_t i = 0; i < w.file_count; i++)
        column_file_close(w.opened[i]);
    column_set_destroy(w.set);
    moves_close(w.moves);
    return status;
}
