/* Merging files of a month into one, settling moves on the way, and letting go of what no checkpoint refers to. */
#include <string.h>

#include "domain/column/rewrite.h"

#define ARENA_BLOCK_BYTES 16384u

struct merge_order {
    struct arena *arena; /* holds this struct and the names */
    struct rewrite_order rewrite;
    struct work_names names; /* files that are referred to */
};

static uint64_t bytes_of_files(const struct file_row *files, size_t count)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += files[i].sum.bytes;
    return bytes;
}

static bool merge_wanted(const struct view *v, struct work_context *c)
{
    struct file_row files[MERGE_FILES_MAX];
    size_t count = files_to_merge(v, files);
    if (count == 0 || !work_has_room(c->around, bytes_of_files(files, count)))
        return false;
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct merge_order *o = ARENA_NEW(arena, struct merge_order);
    o->arena = arena;
    memcpy(o->rewrite.files, files, count * sizeof *files);
    o->rewrite.file_count = count;
    rewrite_order_open(&o->rewrite, v, c->around);
    o->names = work_names_of(v, &column_files, arena);
    c->order = o;
    return true;
}

static void merge_release(struct work_context *c)
{
    struct merge_order *o = c->order;
    rewrite_order_close(&o->rewrite);
    arena_destroy(o->arena);
    c->order = NULL;
}

static fallible merge_run(struct work_context *c, struct buf *out_payload, struct err *e)
{
    const struct merge_order *o = c->order;
    TRY(work_orphans_remove(c->around->disk, &column_files, &o->names, 4, e));
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct column_merged *merged = ARENA_NEW(arena, struct column_merged);
    struct status status = files_rewrite(c, &o->rewrite, 0, o->rewrite.file_count, "-0", merged, e);
    if (done(status))
        column_merged_pack(out_payload, merged);
    arena_destroy(arena);
    return status;
}

/* Reading is a little slower until it is done. */
static enum work_haste merge_haste(const struct view *v, const struct work_surroundings *around)
{
    (void)v, (void)around;
    return WORK_AT_LEISURE;
}

const struct work_kind column_merge_work = {
    .id = 0x0F02,
    .name = "column.merge",
    .command_id = COMMAND_COLUMN_MERGED,
    .wanted = merge_wanted,
    .run = merge_run,
    .release = merge_release,
    .haste = merge_haste,
};

/* --- sweeping --- */

static bool sweep_wanted(const struct view *v, struct work_context *c)
{
    return work_sweep_wanted(v, &column_files, c);
}

static fallible sweep_run(struct work_context *c, struct buf *out_payload, struct err *e)
{
    return work_sweep_run(c, &column_files, out_payload, e);
}

const struct work_kind column_sweep_work = {
    .id = 0x0F03,
    .name = "column.sweep",
    .command_id = COMMAND_COLUMN_SWEPT,
    .wanted = sweep_wanted,
    .run = sweep_run,
    .release = work_sweep_release,
    .gives_back = true,
};
