/* Folding: the oldest notes' events are read from the log in its order, sorted, and written as one run. */
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "domain/collect/collect.h"
#include "domain/event/tail.h"
#include "domain/event/work.h"

/* Of one run of the work. Dropping so many notes takes the engine some 4 ms, gathering so many bytes what it says. */
#define FOLD_NOTES_MAX (1u << 18)
#define FOLD_BODY_BYTES_MAX (128u << 20)
#define ARENA_BLOCK_BYTES (1u << 20)
#define LOOK_EVERY 1024u

const struct setting fold_events_setting = {
    .name = "event.fold_events",
    .least = 1,
    .most = 2000000,
    .initially = 200000,
    .unit = "events",
    .about = "Events are moved from the log into a run when so many have come. More: fewer, bigger runs, and more memory.",
};
const struct setting fold_seconds_setting = {
    .name = "event.fold_seconds",
    .least = 1,
    .most = 30 * 86400,
    .initially = 3600,
    .unit = "seconds",
    .about = "Events are moved from the log into a run at the latest when one has waited so long.",
};

struct fold_order {
    struct arena *arena; /* holds this struct and the names */
    struct series_view *notes;
    const char *const *names; /* files that are referred to */
    size_t name_count;
};

static bool fold_wanted(const struct view *v, struct work_context *c)
{
    uint64_t first = rows_series_first(v->rows, &note_family), end = rows_series_end(v->rows, &note_family);
    if (first == end)
        return false;
    bool many = end - first >= (uint64_t)setting_int(v, &fold_events_setting);
    int64_t wait_us = setting_int(v, &fold_seconds_setting) * US_PER_SECOND;
    if (!many && v->now_us - fold_mark_read(v).since_us < wait_us)
        return false;
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct fold_order *o = ARENA_NEW(arena, struct fold_order);
    *o = (struct fold_order){.arena = arena, .notes = rows_series_view(v->rows, &note_family)};
    o->name_count = run_names(v, arena, &o->names);
    c->order = o;
    return true;
}

static void fold_release(struct work_context *c)
{
    struct fold_order *o = c->order;
    series_view_close(o->notes);
    arena_destroy(o->arena);
    c->order = NULL;
}

/* --- run: on a worker thread --- */

struct gathered {
    struct arena *arena; /* of the bodies */
    struct stored_event *events;
    size_t count, bytes;
    int64_t last_us;     /* log time of the last one */
};

static const struct event_note *note_of(const struct series_view *notes, uint64_t index)
{
    uint64_t side_by_side;
    return series_view_run(notes, index, &side_by_side);
}

/* Takes the event of one note; the cursor stands before its record. */
static fallible event_take(struct log_cursor *cursor, const struct event_note *note, struct gathered *g, struct err *e)
{
    struct log_record record = {0};
    do
        TRY(log_cursor_next(cursor, &record, e));
    while (record.position < note->position);
    if (record.position != note->position || record.kind != COMMAND_COLLECT_EVENT)
        return FAIL(e, CORRUPT, "the log has no event at position %llu", (unsigned long long)note->position);
    TRY(stored_of(note, arena_copy(g->arena, record.payload), &g->events[g->count], e));
    g->bytes += record.payload.size;
    g->last_us = record.time_us;
    g->count++;
    return DONE;
}

/* The oldest notes whose events are durable, as many as memory allows. */
static fallible events_gather(struct work_context *c, struct log_cursor *cursor, struct gathered *g, struct err *e)
{
    const struct fold_order *o = c->order;
    uint64_t first = series_view_first(o->notes), left = series_view_end(o->notes) - first, synced = log_synced(c->around->log);
    size_t most = left < FOLD_NOTES_MAX ? (size_t)left : FOLD_NOTES_MAX;
    g->events = ARENA_ARRAY(g->arena, struct stored_event, most);
    while (g->count < most && g->bytes < FOLD_BODY_BYTES_MAX) {
        const struct event_note *note = note_of(o->notes, first + g->count);
        if (note->position >= synced)
            break;
        if (g->count % LOOK_EVERY == 0 && work_stopped(c))
            return FAIL(e, CANCELLED, "the process wants to end");
        TRY(event_take(cursor, note, g, e));
    }
    return g->count > 0 ? DONE : FAIL(e, CANCELLED, "the log is not synced yet");
}

static int stored_compare_any(const void *x, const void *y)
{
    return stored_compare(x, y);
}

static fallible events_write(struct work_context *c, struct run_writer *w, const struct gathered *g, struct err *e)
{
    for (size_t i = 0; i < g->count; i++) {
        if (i % LOOK_EVERY == 0 && work_stopped(c))
            return FAIL(e, CANCELLED, "the process wants to end");
        TRY(run_writer_add(w, &g->events[i], e));
    }
    return DONE;
}

static fallible run_make(struct work_context *c, struct gathered *g, struct run_row *run, struct err *e)
{
    struct run_writer *w = NULL;
    qsort(g->events, g->count, sizeof *g->events, stored_compare_any);
    (void)snprintf(run->name, sizeof run->name, "%016llx-%016llx.run", (unsigned long long)run->first, (unsigned long long)run->until);
    TRY(run_writer_open(c->around->disk, run->name, &w, e));
    struct status status = events_write(c, w, g, e);
    if (done(status))
        status = run_writer_finish(w, &run->sum, e);
    run_writer_close(w);
    return status;
}

static fallible fold_into(struct work_context *c, struct gathered *g, struct buf *out_payload, struct err *e)
{
    const struct fold_order *o = c->order;
    struct log_cursor *cursor = NULL;
    struct folded f = {.first_index = series_view_first(o->notes)};
    f.run.first = note_of(o->notes, f.first_index)->position;
    TRY(log_cursor_open(c->around->log, f.run.first, &cursor, e));
    struct status status = events_gather(c, cursor, g, e);
    log_cursor_close(cursor);
    TRY(status);
    f.run.until = note_of(o->notes, f.first_index + g->count - 1)->position + 1;
    f.last_us = g->last_us;
    TRY(run_make(c, g, &f.run, e));
    folded_pack(out_payload, &f);
    return DONE;
}

static fallible fold_run(struct work_context *c, struct buf *out_payload, struct err *e)
{
    const struct fold_order *o = c->order;
    TRY(orphans_remove(c->around->disk, 1, o->names, o->name_count, e));
    struct gathered g = {.arena = arena_create(ARENA_BLOCK_BYTES)};
    struct status status = fold_into(c, &g, out_payload, e);
    arena_destroy(g.arena);
    return status;
}

const struct work_kind fold_work = {
    .id = 0x0501,
    .name = "event.fold",
    .command_id = COMMAND_FOLDED,
    .wanted = fold_wanted,
    .run = fold_run,
    .release = fold_release,
};
