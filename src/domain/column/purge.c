/* Purging: files that may hold rows of somebody who was erased are written anew without them, one after the other, each by a command of its
 * own. Files that are made later have none: what makes them follows the moves. */
#include "domain/column/rewrite.h"

#define ARENA_BLOCK_BYTES 16384u

struct purge_order {
    struct arena *arena; /* holds all this */
    struct rewrite_order rewrite; /* its one file is filled in when it is found */
    uint64_t erasure;
    struct file_row *files; /* that are older than the erasure */
    size_t file_count;
    struct work_names names; /* files that are referred to */
};

static void files_list(const struct view *v, struct purge_order *o)
{
    struct file_row row;
    size_t room = column_mark_read(v).file_count;
    o->files = ARENA_ARRAY(o->arena, struct file_row, room + 1);
    for (uint64_t from = 0; o->file_count < room && file_next(v, from, &row); from = file_place(&row) + 1)
        if (row.settled <= o->erasure)
            o->files[o->file_count++] = row;
}

static bool purge_wanted(const struct view *v, struct work_context *c)
{
    struct erasure erasure;
    if (!identity_erasure_next(v, column_mark_read(v).purged_until, v->arena, &erasure))
        return false;
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct purge_order *o = ARENA_NEW(arena, struct purge_order);
    o->arena = arena;
    o->erasure = erasure.position;
    files_list(v, o);
    rewrite_order_open(&o->rewrite, v, c->around);
    o->names = work_names_of(v, &column_files, arena);
    c->order = o;
    return true;
}

static void purge_release(struct work_context *c)
{
    struct purge_order *o = c->order;
    rewrite_order_close(&o->rewrite);
    arena_destroy(o->arena);
    c->order = NULL;
}

/* --- run: on a worker thread --- */

/* Has the block a row that may be gone? */
static bool block_look(const struct moves *m, const struct block *b, uint64_t settled, struct arena *scratch)
{
    uint32_t first = block_chunk(b) * CHUNK_PEOPLE, count = block_count(b);
    uint16_t *people = ARENA_ARRAY(scratch, uint16_t, count);
    block_people(b, people);
    for (uint32_t i = 0; i < count; i++)
        if (moves_have(m, first + people[i]) && moves_may_be_gone(m, first + people[i], settled))
            return true;
    return false;
}

static fallible file_look(const struct work_context *c, const struct moves *m, const struct file_row *row, bool *out_found, struct err *e)
{
    struct column_file *file;
    TRY(column_file_open(c->around->disk, row->name, &file, e));
    struct arena *scratch = arena_create(BLOCK_EVENTS_MAX * sizeof(uint16_t));
    struct status status = DONE;
    *out_found = false;
    for (uint32_t i = 0; i < column_file_blocks(file) && !*out_found && done(status); i++) {
        const struct block *b;
        arena_reset(scratch);
        status = work_stopped(c) ? FAIL(e, CANCELLED, "the process wants to end") : column_file_block(file, i, &b, e);
        if (done(status) && moves_of_chunk(m, block_chunk(b)) != NULL) {
            *out_found = block_look(m, b, row->settled, scratch);
            status = block_sound(b, e);
        }
    }
    arena_destroy(scratch);
    column_file_close(file);
    return status;
}

/* The next file that may hold any. */
static fallible file_find_next(const struct work_context *c, struct purge_order *o, bool *out_found, struct err *e)
{
    struct moves *m = moves_open_all(o->rewrite.moves);
    struct status status = DONE;
    bool found = false;
    for (size_t i = 0; i < o->file_count && !found && done(status); i++) {
        status = file_look(c, m, &o->files[i], &found, e);
        o->rewrite.files[0] = o->files[i];
    }
    o->rewrite.file_count = found;
    *out_found = found;
    moves_close(m);
    return status;
}

static fallible purge_run(struct work_context *c, struct buf *out_payload, struct err *e)
{
    struct purge_order *o = c->order;
    bool found;
    TRY(work_orphans_remove(c->around->disk, &column_files, &o->names, 5, e));
    TRY(file_find_next(c, o, &found, e));
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct column_purged *p = ARENA_NEW(arena, struct column_purged);
    *p = (struct column_purged){.erasure = o->erasure, .looked = c->position, .is_over = !found};
    struct status status = found ? files_rewrite(c, &o->rewrite, 0, 1, "-0-0", &p->rewritten, e) : DONE;
    if (done(status))
        column_purged_pack(out_payload, p);
    arena_destroy(arena);
    return status;
}

const struct work_kind column_purge_work = {
    .id = 0x0F04,
    .name = "column.purge",
    .command_id = COMMAND_COLUMN_PURGED,
    .wanted = purge_wanted,
    .run = purge_run,
    .release = purge_release,
};
