/* Merging runs of about the same size into one, and letting go of what no checkpoint refers to. */
#include <stdio.h>
#include <string.h>

#include "domain/event/work.h"

#define ARENA_BLOCK_BYTES 16384u
#define LOOK_EVERY 1024u

struct merge_order {
    struct arena *arena; /* holds this struct and the names */
    struct run_row runs[MERGE_RUNS_MAX];
    size_t run_count;
    struct work_names names; /* files that are referred to */
};

/* A merge takes about as much as the runs have, which go only when two checkpoints have passed. */
static uint64_t bytes_of_runs(const struct merge_order *o)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < o->run_count; i++)
        bytes += o->runs[i].sum.bytes;
    return bytes;
}

static bool merge_wanted(const struct view *v, struct work_context *c)
{
    if (!fold_mark_read(v).merge_due)
        return false;
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct merge_order *o = ARENA_NEW(arena, struct merge_order);
    o->arena = arena;
    o->run_count = runs_to_merge(v, o->runs);
    if (o->run_count < MERGE_RUNS_LEAST /* another release counted differently */ || !work_has_room(c->around, bytes_of_runs(o))) {
        arena_destroy(arena);
        return false;
    }
    o->names = work_names_of(v, &run_files, arena);
    c->order = o;
    return true;
}

static void merge_release(struct work_context *c)
{
    struct merge_order *o = c->order;
    arena_destroy(o->arena);
    c->order = NULL;
}

/* The runs being read; the heap has those that are not over, the one with the least event first. */
struct merging {
    struct run_reader *readers[MERGE_RUNS_MAX];
    struct run_stream streams[MERGE_RUNS_MAX];
    size_t count;
    struct run_stream *heap[MERGE_RUNS_MAX];
    size_t heap_count;
};

static fallible merging_open(const struct work_context *c, struct merging *m, struct err *e)
{
    const struct merge_order *o = c->order;
    for (; m->count < o->run_count; m->count++) {
        TRY(run_reader_open(c->around->disk, o->runs[m->count].name, &m->readers[m->count], e));
        struct status status = run_stream_open(m->readers[m->count], &m->streams[m->count], e);
        if (failed(status)) {
            m->count++;
            return status;
        }
    }
    return DONE;
}

static void merging_close(struct merging *m)
{
    for (size_t i = 0; i < m->count; i++) {
        run_stream_close(&m->streams[i]);
        run_reader_close(m->readers[i]);
    }
}

/* The stream at a place of the heap goes down to where it belongs. */
static void heap_sink(struct merging *m, size_t at)
{
    struct run_stream *moved = m->heap[at];
    for (size_t child; (child = 2 * at + 1) < m->heap_count; at = child) {
        if (child + 1 < m->heap_count && stored_compare(&m->heap[child + 1]->now, &m->heap[child]->now) < 0)
            child++;
        if (stored_compare(&moved->now, &m->heap[child]->now) < 0)
            break;
        m->heap[at] = m->heap[child];
    }
    m->heap[at] = moved;
}

static void heap_fill(struct merging *m)
{
    for (size_t i = 0; i < m->count; i++)
        if (!m->streams[i].over)
            m->heap[m->heap_count++] = &m->streams[i];
    for (size_t i = m->heap_count / 2; i-- > 0;)
        heap_sink(m, i);
}

static fallible merging_write(const struct work_context *c, struct merging *m, struct run_writer *w, struct err *e)
{
    heap_fill(m);
    for (uint64_t i = 0; m->heap_count > 0; i++) {
        struct run_stream *least = m->heap[0];
        if (i % LOOK_EVERY == 0 && work_stopped(c))
            return FAIL(e, CANCELLED, "the process wants to end");
        TRY(run_writer_add(w, &least->now, e));
        TRY(run_stream_next(least, e));
        if (least->over)
            m->heap[0] = m->heap[--m->heap_count];
        if (m->heap_count > 0)
            heap_sink(m, 0);
    }
    return DONE;
}

static uint64_t events_in(const struct merge_order *o)
{
    uint64_t count = 0;
    for (size_t i = 0; i < o->run_count; i++)
        count += o->runs[i].sum.count;
    return count;
}

static fallible merge_into(const struct work_context *c, struct merging *m, struct run_row *run, struct err *e)
{
    struct run_writer *w = NULL;
    TRY(merging_open(c, m, e));
    TRY(run_writer_open(c->around->disk, run->name, events_in(c->order), &w, e));
    struct status status = merging_write(c, m, w, e);
    if (done(status))
        status = run_writer_finish(w, &run->sum, e);
    run_writer_close(w);
    return status;
}

/* The place in the name makes it another one than any before: a merge that was installed moved the position. */
static void merge_name(const struct work_context *c, struct merged_runs *merged)
{
    const struct merge_order *o = c->order;
    merged->removed_count = (uint32_t)o->run_count;
    merged->run.first = o->runs[0].first;
    for (size_t i = 0; i < o->run_count; i++) {
        merged->removed[i] = o->runs[i].first;
        merged->run.until = o->runs[i].until > merged->run.until ? o->runs[i].until : merged->run.until;
    }
    (void)snprintf(merged->run.name, sizeof merged->run.name, "%016llx-%016llx-%llx.run", (unsigned long long)merged->run.first,
                   (unsigned long long)merged->run.until, (unsigned long long)c->position);
}

static fallible merge_run(struct work_context *c, struct buf *out_payload, struct err *e)
{
    const struct merge_order *o = c->order;
    TRY(work_orphans_remove(c->around->disk, &run_files, &o->names, 2, e));
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct merged_runs *merged = ARENA_NEW(arena, struct merged_runs);
    struct merging *m = ARENA_NEW(arena, struct merging);
    merge_name(c, merged);
    struct status status = merge_into(c, m, &merged->run, e);
    if (done(status))
        merged_pack(out_payload, merged);
    merging_close(m);
    arena_destroy(arena);
    return status;
}

/* Reading is a little slower until it is done. */
static enum work_haste merge_haste(const struct view *v, const struct work_surroundings *around)
{
    (void)v, (void)around;
    return WORK_AT_LEISURE;
}

const struct work_kind merge_work = {
    .id = 0x0502,
    .name = "event.merge",
    .command_id = COMMAND_RUNS_MERGED,
    .wanted = merge_wanted,
    .run = merge_run,
    .release = merge_release,
    .haste = merge_haste,
};

/* --- sweeping --- */

static bool sweep_wanted(const struct view *v, struct work_context *c)
{
    return work_sweep_wanted(v, &run_files, c);
}

static fallible sweep_run(struct work_context *c, struct buf *out_payload, struct err *e)
{
    return work_sweep_run(c, &run_files, out_payload, e);
}

const struct work_kind sweep_work = {
    .id = 0x0503,
    .name = "event.sweep",
    .command_id = COMMAND_RUNS_SWEPT,
    .wanted = sweep_wanted,
    .run = sweep_run,
    .release = work_sweep_release,
    .gives_back = true,
};
