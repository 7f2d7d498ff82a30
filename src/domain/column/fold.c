/* Folding: the oldest events that runs have and files of columns don't are put in the order of rows, and become a file a month. */
#include <stdio.h>
#include <string.h>

#include "domain/column/gather.h"
#include "domain/column/work.h"

#define ARENA_BLOCK_BYTES 16384u
#define LOOK_EVERY 1024u

/* What one run of the work gathers: a share of the budget, within bounds. */
#define GATHERED_SHARE 16u
#define GATHERED_BYTES_MIN ((size_t)4 << 20)
#define GATHERED_BYTES_MAX ((size_t)128 << 20)
/* So many events wait in runs: questions have to read them there. No command waits for it: nothing in memory grows meanwhile. */
#define BEHIND_HASTE UINT64_C(1000000)

struct fold_order {
    struct arena *arena; /* holds this struct and what it points at */
    struct event_view *events;
    struct series_view *moves;
    const struct property_bans *forbidden;
    struct work_names names; /* files that are referred to */
    uint64_t from, until, taken;
    uint64_t folded_count; /* of events before `until`, the purged among them */
};

static uint64_t events_behind(const struct view *v)
{
    uint64_t folded = event_folded_count(v), taken = column_mark_read(v).taken;
    return folded > taken ? folded - taken : 0;
}

static enum work_haste fold_haste(const struct view *v, const struct work_surroundings *around)
{
    (void)around;
    return events_behind(v) >= BEHIND_HASTE ? WORK_IN_HASTE : WORK_AT_LEISURE;
}

/* On a disk that is nearly full columns wait: they can be made later, and let go of nothing. */
static bool fold_wanted(const struct view *v, struct work_context *c)
{
    struct column_mark mark = column_mark_read(v);
    uint64_t until = event_folded_until(v);
    if (until <= mark.folded_until || atomic_load_explicit(&c->around->room_bytes, memory_order_relaxed) > 0)
        return false;
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct fold_order *o = ARENA_NEW(arena, struct fold_order);
    *o = (struct fold_order){.arena = arena, .from = mark.folded_until, .until = until, .taken = mark.taken};
    o->events = event_view_open(v, c->around);
    o->moves = rows_series_view(v->rows, &move_family);
    o->forbidden = property_bans_of(v, arena);
    o->names = work_names_of(v, &column_files, arena);
    o->folded_count = event_folded_count(v);
    c->order = o;
    return true;
}

static void fold_release(struct work_context *c)
{
    struct fold_order *o = c->order;
    event_view_close(o->events);
    series_view_close(o->moves);
    arena_destroy(o->arena);
    c->order = NULL;
}

/* --- run: on a worker thread --- */

/* What a run makes. */
struct folding {
    const struct work_context *context;
    struct column_set *set;
    struct gather *gather;
    struct property_sights *sights;
    struct column_folded result;
    uint64_t rows;
};

static size_t gathered_bytes_max(const struct work_surroundings *around)
{
    size_t most = atomic_load_explicit(&around->memory_bytes, memory_order_relaxed) / GATHERED_SHARE;
    most = most < GATHERED_BYTES_MIN ? GATHERED_BYTES_MIN : most;
    return most > GATHERED_BYTES_MAX ? GATHERED_BYTES_MAX : most;
}

static fallible rows_write(struct folding *f, uint32_t month, struct column_writer *w, struct err *e)
{
    const struct column_row *row;
    while (gather_month(f->gather) == month) {
        if (f->rows++ % LOOK_EVERY == 0 && work_stopped(f->context))
            return FAIL(e, CANCELLED, "the process wants to end");
        TRY(gather_next(f->gather, &row, e));
        property_sights_add(f->sights, f->set, row);
        TRY(column_writer_add(w, row, e));
    }
    return DONE;
}

static fallible month_write(struct folding *f, uint32_t month, struct err *e)
{
    struct column_writer *w = NULL;
    struct file_row *file = &f->result.files[f->result.file_count++];
    assert(f->result.file_count <= FOLDED_FILES_MAX);
    *file = (struct file_row){.month = month, .first = f->result.from, .until = f->result.until, .settled = f->result.settled};
    (void)snprintf(file->name, sizeof file->name, "%05x-%012llx-%012llx-%012llx.col", month, (unsigned long long)file->first,
                   (unsigned long long)file->until, (unsigned long long)file->settled);
    TRY(column_writer_open(f->context->around->disk, file->name, f->set, &w, e));
    struct status status = rows_write(f, month, w, e);
    if (done(status))
        status = column_writer_finish(w, &file->sum, e);
    column_writer_close(w);
    return status;
}

static fallible months_write(struct folding *f, struct err *e)
{
    const struct fold_order *o = f->context->order;
    gather_sort(f->gather, true);
    gather_cut(f->gather, FOLDED_FILES_MAX);
    f->result.until = gather_until(f->gather);
    f->result.taken = f->result.until == o->until ? o->folded_count : o->taken + gather_taken(f->gather);
    for (uint32_t month; (month = gather_month(f->gather)) != UINT32_MAX;)
        TRY(month_write(f, month, e));
    return DONE;
}

static fallible fold_all(struct folding *f, struct buf *out_payload, struct err *e)
{
    const struct fold_order *o = f->context->order;
    TRY(event_scan_between(o->events, o->from, o->until, gather_event, f->gather, e));
    TRY(gather_trouble(f->gather, e));
    TRY(months_write(f, e));
    column_folded_pack(out_payload, &f->result);
    property_sights_pack(f->sights, f->set, out_payload);
    return out_payload->overflowed ? FAIL(e, LIMIT, "what was seen of properties doesn't fit into a command") : DONE;
}

static fallible fold_run(struct work_context *c, struct buf *out_payload, struct err *e)
{
    const struct fold_order *o = c->order;
    TRY(work_orphans_remove(c->around->disk, &column_files, &o->names, 3, e));
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct moves *moves = moves_open_all(o->moves);
    struct gather_rules rules = {
        .moves = moves, .forbidden = o->forbidden, .bytes_max = gathered_bytes_max(c->around), .until = o->until};
    struct folding f = {.context = c, .set = column_set_create(), .sights = property_sights_create()};
    f.gather = gather_create(&rules, f.set);
    f.result = (struct column_folded){.from = o->from, .settled = c->position, .files = ARENA_ARRAY(arena, struct file_row, FOLDED_FILES_MAX)};
    struct status status = fold_all(&f, out_payload, e);
    gather_destroy(f.gather);
    property_sights_destroy(f.sights);
    column_set_destroy(f.set);
    moves_close(moves);
    arena_destroy(arena);
    return status;
}

const struct work_kind column_fold_work = {
    .id = 0x0F01,
    .name = "column.fold",
    .command_id = COMMAND_COLUMN_FOLDED,
    .wanted = fold_wanted,
    .run = fold_run,
    .release = fold_release,
    .haste = fold_haste,
};
