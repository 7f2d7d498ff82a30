/* Background work on message ids: the oldest in memory are stowed in a file, files of a size are merged, files are removed
 * that nobody needs any more. Each says what it did by collect.messages_moved. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/collect/messages.h"
#include "engine/shelf.h"

#define ARENA_BLOCK_BYTES 16384u
#define LOOK_EVERY 4096u
#define FILES_MANY (SHELF_SIEVES_MAX - 8u) /* then merging comes first, and ids stay in memory */
#define GENERATION_SHARE 16u /* of the budget of memory: what one generation takes at most, at ID_BYTES each */
#define GENERATION_LEAST 65536u
#define ID_BYTES 32u
#define MERGED_SHARE 4u /* of the ids that count: what is bigger isn't merged, for it goes as a whole */

const struct setting dedup_generation = {"collect.dedup_generation",
                                         16,
                                         1 << 24,
                                         1 << 21,
                                         "ids",
                                         "Message ids are moved from memory to disk so many at a time, fewer where memory is "
                                         "small; up to twice as many are in memory, at 32 bytes each."};

/* What all three are told. */
struct order {
    struct arena *arena; /* holds this struct and the names */
    struct message_bounds bounds;
    struct work_names names; /* files that are referred to */
    struct messages_moved moved;               /* what is known of the result beforehand */
    struct series_view *messages;              /* stowing */
    struct sieve *sieves[MESSAGE_MERGE_FILES]; /* merging: moved.removed_count of them, held */
};

static struct order *order_make(const struct view *v, struct work_context *c)
{
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct order *o = ARENA_NEW(arena, struct order);
    o->arena = arena;
    o->bounds = message_bounds_of(v);
    o->names = work_names_of(v, &message_files, arena);
    c->order = o;
    return o;
}

static void order_release(struct work_context *c)
{
    struct order *o = c->order;
    series_view_close(o->messages);
    for (size_t i = 0; i < COUNT_OF(o->sieves); i++)
        sieve_release(o->sieves[i]);
    arena_destroy(o->arena);
    c->order = NULL;
}

/* How many a name has, by the kind of work: so the two keep off each other's. */
enum dashes { DASHES_STOWED = 1, DASHES_MERGED = 2 };

static fallible orphans_remove(const struct work_context *c, enum dashes dashes, struct err *e)
{
    const struct order *o = c->order;
    return work_orphans_remove(c->around->disk, &message_files, &o->names, dashes, e);
}

static uint32_t file_count(const struct view *v)
{
    return (uint32_t)view_shelf_stats(v).sieves;
}

/* --- stowing --- */

/* Of a small budget ids take their share, and leave the rest to people. */
static uint64_t generation_of(const struct view *v, const struct work_surroundings *around)
{
    uint64_t wished = (uint64_t)setting_int(v, &dedup_generation);
    uint64_t fitting = atomic_load_explicit(&around->memory_bytes, memory_order_relaxed) / GENERATION_SHARE / ID_BYTES;
    fitting = fitting < GENERATION_LEAST ? GENERATION_LEAST : fitting;
    return wished < fitting ? wished : fitting;
}

static bool stow_wanted(const struct view *v, struct work_context *c)
{
    uint64_t generation = generation_of(v, c->around);
    if (messages_in_memory(v) < 2 * generation || file_count(v) >= FILES_MANY)
        return false;
    uint64_t from = message_first_counting(v), end = rows_series_end(v->rows, &message_family);
    if (end - from < 2 * generation)
        return false; /* the others will be let go */
    if (!work_has_room(c->around, generation * sizeof(struct sieve_entry)))
        return false;
    struct order *o = order_make(v, c);
    o->messages = rows_series_view(v->rows, &message_family);
    if (from > rows_series_first(v->rows, &message_family))
        o->moved.forgotten_s = message_seen_s(rows_series_at(v->rows, &message_family, from - 1));
    o->moved.file.first = from;
    o->moved.file.until = o->moved.drop_until = from + generation;
    return true;
}

static int entry_compare(const void *x, const void *y)
{
    const struct sieve_entry *a = x, *b = y;
    int order = sieve_compare(a->hash, b->hash);
    if (order != 0)
        return order;
    return message_value_is_newer(a->value, b->value) ? -1 : 1;
}

static void entries_gather(const struct order *o, struct sieve_entry *entries)
{
    uint64_t first = o->moved.file.first;
    for (uint64_t place = first, side_by_side; place < o->moved.file.until; place += side_by_side) {
        const struct message_seen *seen = series_view_run(o->messages, place, &side_by_side);
        uint64_t left = o->moved.file.until - place;
        side_by_side = side_by_side < left ? side_by_side : left;
        for (uint64_t i = 0; i < side_by_side; i++)
            entries[place - first + i] = (struct sieve_entry){message_hash(&seen[i]),
                                                              message_value(message_seen_s(&seen[i]), place + i)};
    }
}

static fallible entries_write(const struct work_context *c, const struct sieve_entry *entries, size_t count,
                              struct sieve_writer *w, struct err *e)
{
    for (size_t i = 0; i < count; i++) {
        if (i % LOOK_EVERY == 0 && work_stopped(c))
            return FAIL(e, CANCELLED, "the process wants to end");
        if (i == 0 || !hash128_equal(entries[i].hash, entries[i - 1].hash)) /* of the same id the newest comes first */
            TRY(sieve_writer_add(w, &entries[i], e));
    }
    return DONE;
}

static fallible stow_write(const struct work_context *c, struct messages_moved *moved, struct sieve_entry *entries,
                           struct err *e)
{
    const struct order *o = c->order;
    size_t count = (size_t)(moved->file.until - moved->file.first);
    char path[MESSAGE_PATH_BYTES_MAX];
    struct sieve_writer *w = NULL;
    entries_gather(o, entries);
    moved->file.oldest_s = (uint32_t)(entries[0].value >> 32);
    moved->file.newest_s = (uint32_t)(entries[count - 1].value >> 32);
    qsort(entries, count, sizeof *entries, entry_compare);
    message_path(moved->file.name, path);
    TRY(sieve_writer_open(c->around->disk, path, count, &w, e));
    struct status status = entries_write(c, entries, count, w, e);
    if (done(status))
        status = sieve_writer_finish(w, &moved->file.sum, e);
    sieve_writer_close(w);
    return status;
}

static fallible stow_run(struct work_context *c, struct buf *out_payload, struct err *e)
{
    const struct order *o = c->order;
    struct messages_moved moved = o->moved;
    TRY(orphans_remove(c, DASHES_STOWED, e));
    size_t bytes = (size_t)(moved.file.until - moved.file.first) * sizeof(struct sieve_entry);
    struct arena *arena = arena_create(bytes + sizeof(struct sieve_entry));
    (void)snprintf(moved.file.name, sizeof moved.file.name, "%016llx-%016llx.ids", (unsigned long long)moved.file.first,
                   (unsigned long long)moved.file.until);
    struct status status = stow_write(c, &moved, arena_take(arena, bytes, _Alignof(struct sieve_entry)), e);
    arena_destroy(arena);
    TRY(status);
    moved.has_file = true;
    messages_moved_pack(out_payload, &moved);
    return DONE;
}

const struct work_kind stow_work = {
    .id = 0x0201,
    .name = "collect.stow",
    .command_id = COMMAND_COLLECT_MOVED,
    .wanted = stow_wanted,
    .run = stow_run,
    .release = order_release,
};

/* --- merging --- */

static uint32_t tier_of(const struct message_file *f)
{
    return (63u - (uint32_t)__builtin_clzll(f->sum.count)) / 2;
}

/* The oldest files of the lowest tier that has enough of them; 0: none has. */
static uint32_t files_to_merge(const struct view *v, struct message_file out_files[MESSAGE_MERGE_FILES])
{
    struct message_file f;
    uint32_t counts[32] = {0}, tier = 0, count = 0;
    for (uint64_t from = 0; message_file_next(v, from, &f); from = f.first + 1)
        counts[tier_of(&f)]++;
    while (tier < COUNT_OF(counts) && counts[tier] < MESSAGE_MERGE_FILES)
        tier++;
    for (uint64_t from = 0; tier < COUNT_OF(counts) && count < MESSAGE_MERGE_FILES && message_file_next(v, from, &f);
         from = f.first + 1)
        if (tier_of(&f) == tier)
            out_files[count++] = f;
    return count;
}

static bool merge_wanted(const struct view *v, struct work_context *c)
{
    struct message_file files[MESSAGE_MERGE_FILES];
    if (file_count(v) < MESSAGE_MERGE_FILES || files_to_merge(v, files) < MESSAGE_MERGE_FILES)
        return false;
    uint64_t count = 0, bytes = 0;
    for (size_t i = 0; i < MESSAGE_MERGE_FILES; i++) {
        count += files[i].sum.count;
        bytes += files[i].sum.bytes;
    }
    struct message_bounds bounds = message_bounds_of(v);
    if (count > bounds.ids / MERGED_SHARE && file_count(v) < FILES_MANY)
        return false;
    if (!work_has_room(c->around, bytes)) /* the merged files go when two checkpoints have passed */
        return false;
    struct order *o = order_make(v, c);
    struct messages_moved *m = &o->moved;
    m->file = (struct message_file){.first = files[0].first, .oldest_s = UINT32_MAX};
    for (size_t i = 0; i < MESSAGE_MERGE_FILES; i++) {
        char path[MESSAGE_PATH_BYTES_MAX];
        const struct message_file *f = &files[i];
        message_path(f->name, path);
        o->sieves[i] = view_sieve_hold(v, path);
        m->removed[m->removed_count++] = f->first;
        m->file.until = f->until > m->file.until ? f->until : m->file.until;
        m->file.oldest_s = f->oldest_s < m->file.oldest_s ? f->oldest_s : m->file.oldest_s;
        m->file.newest_s = f->newest_s > m->file.newest_s ? f->newest_s : m->file.newest_s;
        m->file.sum.count += f->sum.count; /* at most */
    }
    return true;
}

struct merging {
    struct sieve_cursor *cursors[MESSAGE_MERGE_FILES];
    struct sieve_entry entries[MESSAGE_MERGE_FILES];
    bool over[MESSAGE_MERGE_FILES];
};

static fallible merging_open(const struct order *o, struct merging *m, struct err *e)
{
    for (size_t i = 0; i < MESSAGE_MERGE_FILES; i++) {
        m->cursors[i] = sieve_cursor_open(o->sieves[i]);
        TRY(sieve_cursor_next(m->cursors[i], &m->entries[i], &m->over[i], e));
    }
    return DONE;
}

/* The least id of all, with its newest place; every cursor goes past it. over: there is none. */
static fallible merging_next(struct merging *m, struct sieve_entry *out_entry, bool *out_over, struct err *e)
{
    const struct sieve_entry *least = NULL;
    for (size_t i = 0; i < MESSAGE_MERGE_FILES; i++)
        if (!m->over[i] && (least == NULL || entry_compare(&m->entries[i], least) < 0))
            least = &m->entries[i];
    *out_over = least == NULL;
    if (least == NULL)
        return DONE;
    *out_entry = *least;
    for (size_t i = 0; i < MESSAGE_MERGE_FILES; i++)
        if (!m->over[i] && hash128_equal(m->entries[i].hash, out_entry->hash))
            TRY(sieve_cursor_next(m->cursors[i], &m->entries[i], &m->over[i], e));
    return DONE;
}

/* Ids that count no more are left out. */
static fallible merging_write(const struct work_context *c, struct merging *m, struct messages_moved *moved,
                              struct sieve_writer *w, struct err *e)
{
    const struct order *o = c->order;
    struct sieve_entry entry;
    bool over = false;
    for (uint64_t i = 0;; i++) {
        if (i % LOOK_EVERY == 0 && work_stopped(c))
            return FAIL(e, CANCELLED, "the process wants to end");
        TRY(merging_next(m, &entry, &over, e));
        if (over)
            return DONE;
        uint32_t seen_s = (uint32_t)(entry.value >> 32);
        if (message_value_counts(&o->bounds, entry.value)) {
            TRY(sieve_writer_add(w, &entry, e));
            moved->has_file = true;
        } else if (seen_s > moved->forgotten_s) {
            moved->forgotten_s = seen_s;
        }
    }
}

static fallible merge_into(const struct work_context *c, struct merging *m, struct messages_moved *moved, struct err *e)
{
    char path[MESSAGE_PATH_BYTES_MAX];
    struct sieve_writer *w = NULL;
    message_path(moved->file.name, path);
    TRY(merging_open(c->order, m, e));
    TRY(sieve_writer_open(c->around->disk, path, moved->file.sum.count, &w, e));
    struct status status = merging_write(c, m, moved, w, e);
    if (done(status) && moved->has_file)
        status = sieve_writer_finish(w, &moved->file.sum, e);
    sieve_writer_close(w);
    return status;
}

static fallible merge_run(struct work_context *c, struct buf *out_payload, struct err *e)
{
    const struct order *o = c->order;
    struct messages_moved moved = o->moved;
    struct merging m = {0};
    TRY(orphans_remove(c, DASHES_MERGED, e));
    /* The position makes the name another one than any before: a move that was logged went past it. */
    (void)snprintf(moved.file.name, sizeof moved.file.name, "%016llx-%016llx-%llx.ids",
                   (unsigned long long)moved.file.first, (unsigned long long)moved.file.until,
                   (unsigned long long)c->position);
    struct status status = merge_into(c, &m, &moved, e);
    for (size_t i = 0; i < MESSAGE_MERGE_FILES; i++)
        sieve_cursor_close(m.cursors[i]);
    TRY(status);
    messages_moved_pack(out_payload, &moved);
    return DONE;
}

const struct work_kind stow_merge_work = {
    .id = 0x0202,
    .name = "collect.stow_merge",
    .command_id = COMMAND_COLLECT_MOVED,
    .wanted = merge_wanted,
    .run = merge_run,
    .release = order_release,
};

/* --- sweeping --- */

static bool any_file_is_past(const struct view *v)
{
    struct message_file f;
    struct message_bounds bounds;
    if (!message_file_next(v, 0, &f))
        return false;
    bounds = message_bounds_of(v);
    return message_file_is_past(&bounds, &f);
}

/* A file whose ids are all too old is given up by any move, so when nothing else moves, by this. */
static bool sweep_wanted(const struct view *v, struct work_context *c)
{
    if (!work_sweep_is_due(v, &message_files, c->around) && !any_file_is_past(v))
        return false;
    struct order *o = order_make(v, c);
    work_swept_find(v, &message_files, c->around, o->arena, &o->moved.swept);
    return true;
}

static fallible sweep_run(struct work_context *c, struct buf *out_payload, struct err *e)
{
    const struct order *o = c->order;
    TRY(work_swept_remove(c->around->disk, &message_files, &o->moved.swept, e));
    messages_moved_pack(out_payload, &o->moved);
    return DONE;
}

const struct work_kind stow_sweep_work = {
    .id = 0x0203,
    .name = "collect.stow_sweep",
    .command_id = COMMAND_COLLECT_MOVED,
    .wanted = sweep_wanted,
    .run = sweep_run,
    .release = order_release,
    .gives_back = true,
};
