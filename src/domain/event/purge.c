/* Purging: runs that hold events of somebody who was erased are written anew without them, and events of others that name them without
 * the identifiers that do; one run after the other, each by a command of
 * its own. An erasure is begun when all events before it are in runs, so that none of them comes into a run later. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/event/named.h"
#include "domain/event/tail.h"
#include "domain/event/work.h"

#define ARENA_BLOCK_BYTES 16384u
#define LOOK_EVERY 1024u
#define PURGED_NAME_DASHES 3u /* a merge's has two */

struct purge_order {
    struct arena *arena; /* holds all this */
    struct erasure erasure;
    struct run_row *runs;
    size_t run_count;
    struct work_names names; /* files that are referred to */
};

static bool erasure_due(const struct view *v, struct arena *a, struct erasure *out)
{
    return identity_erasure_next(v, purged_until(v), a, out);
}

/* Is an event from before it not folded yet? */
static bool is_before_tail(const struct view *v, uint64_t position)
{
    if (tail_count(v) == 0)
        return true;
    const struct event_note *oldest = rows_series_at(v->rows, &note_family, rows_series_first(v->rows, &note_family));
    return oldest->position > position;
}

bool purge_waits_for_folding(const struct view *v)
{
    struct erasure erasure;
    return erasure_due(v, v->arena, &erasure) && !is_before_tail(v, erasure.position);
}

static void runs_list(const struct view *v, struct purge_order *o)
{
    struct run_row row;
    size_t room = fold_mark_read(v).run_count;
    o->runs = ARENA_ARRAY(o->arena, struct run_row, room);
    for (uint64_t from = 0; o->run_count < room && run_next(v, from, &row) && row.first < o->erasure.position;
         from = row.first + 1)
        o->runs[o->run_count++] = row;
}

static int by_low(const void *a, const void *b)
{
    const struct hash128 *x = a, *y = b;
    return (x->low > y->low) - (x->low < y->low);
}

static bool purge_wanted(const struct view *v, struct work_context *c)
{
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct purge_order *o = ARENA_NEW(arena, struct purge_order);
    o->arena = arena;
    if (!erasure_due(v, arena, &o->erasure) || !is_before_tail(v, o->erasure.position)) {
        arena_destroy(arena);
        return false;
    }
    struct hash128 *owners = ARENA_ARRAY(arena, struct hash128, o->erasure.owner_count + 1);
    memcpy(owners, o->erasure.owners, o->erasure.owner_count * sizeof *owners);
    qsort(owners, o->erasure.owner_count, sizeof *owners, by_low);
    o->erasure.owners = owners;
    runs_list(v, o);
    o->names = work_names_of(v, &run_files, arena);
    c->order = o;
    return true;
}

static void purge_release(struct work_context *c)
{
    struct purge_order *o = c->order;
    arena_destroy(o->arena);
    c->order = NULL;
}

/* --- run: on a worker thread --- */

static bool is_erased(const struct erasure *e, const struct event_note *note)
{
    const struct hash128 *found = bsearch(&note->owner, e->owners, e->owner_count, sizeof *e->owners, by_low);
    return note->position < e->position && found != NULL && hash128_equal(*found, note->owner);
}

/* Is an event of somebody else's to be written anew? *out_envelope is it, cut. */
static bool is_cut(const struct erasure *e, const struct event_note *note, struct bytes packed,
                   struct envelope *out_envelope)
{
    return e->named_count > 0 && note->position < e->position && done(envelope_unpack(packed, out_envelope, NULL)) &&
           naming_cut(out_envelope, e->named, e->named_count);
}

/* Has the block an event that is to go, or to be cut? */
static fallible block_look(const struct erasure *erasure, struct run_reader *r, uint64_t block, struct run_buffers *b,
                           bool *out_found, struct err *e)
{
    struct block_cursor cursor;
    TRY(run_block_open(r, block, b, &cursor, e));
    while (cursor.left > 0 && !*out_found) {
        struct event_note note;
        struct bytes packed;
        TRY(run_block_next(&cursor, &note, &packed, e));
        struct envelope envelope;
        *out_found = is_erased(erasure, &note) || is_cut(erasure, &note, packed, &envelope);
    }
    return DONE;
}

static fallible blocks_look(const struct erasure *erasure, struct run_reader *r, bool *out_found, struct err *e)
{
    struct run_buffers buffers;
    struct status status = DONE;
    run_buffers_init(&buffers);
    uint32_t looks = erasure->everywhere ? 1 : erasure->number_count;
    for (uint32_t i = 0; i < looks && !*out_found && done(status); i++) {
        uint64_t block = 0, until = run_reader_blocks(r);
        if (!erasure->everywhere)
            status = run_reader_find(r, erasure->numbers[i], INT64_MAX, &block, &until, e);
        for (; block < until && !*out_found && done(status); block++)
            status = block_look(erasure, r, block, &buffers, out_found, e);
    }
    run_buffers_fini(&buffers);
    return status;
}

static fallible event_write(const struct erasure *erasure, const struct stored_event *event, struct buf *room,
                            struct run_writer *w, struct err *e)
{
    struct envelope envelope;
    struct stored_event left = *event;
    if (is_erased(erasure, &event->note))
        return DONE;
    if (!is_cut(erasure, &event->note, event->packed, &envelope))
        return run_writer_add(w, event, e);
    buf_clear(room);
    TRY(envelope_pack(&envelope, room, e));
    left.packed = buf_bytes(room);
    return run_writer_add(w, &left, e);
}

static fallible stream_write(const struct work_context *c, struct run_stream *from, struct run_writer *w, struct err *e)
{
    const struct purge_order *o = c->order;
    struct buf room;
    struct status status = DONE;
    buf_init(&room, ENVELOPE_BYTES_MAX);
    for (uint64_t i = 0; !from->over && done(status); i++) {
        if (i % LOOK_EVERY == 0 && work_stopped(c))
            status = FAIL(e, CANCELLED, "the process wants to end");
        if (done(status))
            status = event_write(&o->erasure, &from->now, &room, w, e);
        if (done(status))
            status = run_stream_next(from, e);
    }
    buf_fini(&room);
    return status;
}

static fallible run_rewrite(const struct work_context *c, struct run_reader *r, struct purged *p, struct err *e)
{
    struct run_writer *w = NULL;
    struct run_stream stream = {0};
    (void)snprintf(p->run.name, sizeof p->run.name, "%016llx-%016llx-%llx-0.run", (unsigned long long)p->run.first,
                   (unsigned long long)p->run.until, (unsigned long long)c->position);
    struct status status = run_stream_open(r, &stream, e);
    if (done(status))
        status = run_writer_open(c->around->disk, p->run.name, p->run.sum.count, &w, e);
    if (done(status))
        status = stream_write(c, &stream, w, e);
    if (done(status))
        status = run_writer_finish(w, &p->run.sum, e);
    run_writer_close(w);
    run_stream_close(&stream);
    p->is_empty = p->run.sum.count == 0; /* its file is an orphan */
    return status;
}

/* Finds the next run that holds any, and writes it anew. */
static fallible purge_one(const struct work_context *c, struct purged *p, struct err *e)
{
    const struct purge_order *o = c->order;
    p->until = o->erasure.position + 1;
    p->is_over = true;
    for (size_t i = 0; i < o->run_count && p->is_over; i++) {
        struct run_reader *r = NULL;
        bool found = false;
        TRY(run_reader_open(c->around->disk, o->runs[i].name, &r, e));
        struct status status = blocks_look(&o->erasure, r, &found, e);
        if (done(status) && found) {
            p->is_over = false;
            p->run = o->runs[i];
            p->first = o->runs[i].first;
            memcpy(p->before, o->runs[i].name, sizeof p->before);
            status = run_rewrite(c, r, p, e);
        }
        run_reader_close(r);
        TRY(status);
    }
    return DONE;
}

static fallible purge_run(struct work_context *c, struct buf *out_payload, struct err *e)
{
    const struct purge_order *o = c->order;
    struct purged p = {0};
    TRY(work_orphans_remove(c->around->disk, &run_files, &o->names, PURGED_NAME_DASHES, e));
    TRY(purge_one(c, &p, e));
    purged_pack(out_payload, &p);
    return DONE;
}

const struct work_kind purge_work = {
    .id = 0x0504,
    .name = "event.purge",
    .command_id = COMMAND_RUN_PURGED,
    .wanted = purge_wanted,
    .run = purge_run,
    .release = purge_release,
};
