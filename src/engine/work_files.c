#include "engine/work_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_BYTES 8u /* of a place or position in a key */
#define PATH_BYTES_MAX 96u
#define ORPHANS_MAX 256u /* a call; the next one goes on */
#define ARENA_BLOCK_BYTES 16384u

/* --- in force --- */

bool work_file_next(const struct view *v, const struct work_files *f, uint64_t from, struct bytes *out_row)
{
    uint8_t at[NUMBER_BYTES];
    struct bytes key;
    (void)put_key(at, from, sizeof at);
    return view_keyed_next(v, f->in_force, bytes_of(at, sizeof at), false, &key, out_row);
}

bool work_file_find(const struct view *v, const struct work_files *f, uint64_t place, struct bytes *out_row)
{
    uint8_t at[NUMBER_BYTES];
    (void)put_key(at, place, sizeof at);
    return view_keyed(v, f->in_force, bytes_of(at, sizeof at), out_row);
}

static struct bytes place_key(struct step *s, uint64_t place)
{
    uint8_t *key = arena_take(s->view.arena, NUMBER_BYTES, 1);
    (void)put_key(key, place, NUMBER_BYTES);
    return bytes_of(key, NUMBER_BYTES);
}

void work_file_put(struct step *s, const struct work_files *f, uint64_t place, struct bytes row)
{
    step_keyed_put(s, f->in_force, place_key(s, place), row);
}

void work_file_remove(struct step *s, const struct work_files *f, uint64_t place)
{
    step_keyed_remove(s, f->in_force, place_key(s, place));
}

bool work_name_is_good(const struct work_files *f, struct bytes name)
{
    struct bytes suffix = bytes_of_text(f->suffix);
    if (name.size <= suffix.size || name.size > WORK_NAME_BYTES_MAX)
        return false;
    size_t stem = name.size - suffix.size;
    for (size_t i = 0; i < stem; i++)
        if (name.data[i] == 0 || strchr("0123456789abcdef-", name.data[i]) == NULL)
            return false;
    return bytes_equal(bytes_slice(name, stem, name.size), suffix);
}

/* --- given up --- */

bool work_retired_next(const struct view *v, const struct work_files *f, struct bytes after_key,
                       struct work_retired *out_retired)
{
    struct work_retired r;
    bool first = after_key.size == 0;
    if (!view_keyed_next(v, f->retired, first ? BYTES_LIT("\0") : after_key, !first, &r.key, &r.row))
        return false;
    assert(r.key.size > NUMBER_BYTES);
    r.position = key_number(r.key.data, NUMBER_BYTES);
    *out_retired = r;
    return true;
}

void work_retire(struct step *s, const struct work_files *f, struct bytes name, struct bytes row)
{
    uint8_t *key = arena_take(s->view.arena, NUMBER_BYTES + name.size, 1);
    assert(work_name_is_good(f, name));
    memcpy(put_key(key, s->view.position, NUMBER_BYTES), name.data, name.size);
    step_keyed_put(s, f->retired, bytes_of(key, NUMBER_BYTES + name.size), row);
}

static struct bytes retired_name(struct bytes key)
{
    return bytes_slice(key, NUMBER_BYTES, key.size);
}

static bool retired_is_file(const struct work_files *f, struct bytes row)
{
    return f->is_file == NULL || f->is_file(row);
}

/* Given up before the last checkpoint but one: neither checkpoint refers to it. */
static bool is_due(const struct work_retired *r, const struct work_surroundings *around)
{
    return r->position < atomic_load_explicit(&around->checkpoint_older, memory_order_relaxed);
}

bool work_sweep_is_due(const struct view *v, const struct work_files *f, const struct work_surroundings *around)
{
    struct work_retired r;
    return work_retired_next(v, f, BYTES_NONE, &r) && is_due(&r, around);
}

void work_swept_find(const struct view *v, const struct work_files *f, const struct work_surroundings *around,
                     struct arena *a, struct work_swept *out_swept)
{
    struct work_retired r;
    struct bytes after = BYTES_NONE;
    out_swept->count = 0;
    while (out_swept->count < WORK_SWEPT_MAX && work_retired_next(v, f, after, &r) && is_due(&r, around)) {
        after = arena_copy(a, r.key);
        out_swept->is_file[out_swept->count] = retired_is_file(f, r.row);
        out_swept->keys[out_swept->count++] = after;
    }
}

fallible work_swept_remove(struct disk *d, const struct work_files *f, const struct work_swept *swept, struct err *e)
{
    char path[PATH_BYTES_MAX];
    for (uint32_t i = 0; i < swept->count; i++) {
        struct bytes name = retired_name(swept->keys[i]);
        if (!swept->is_file[i])
            continue;
        assert(work_name_is_good(f, name));
        (void)snprintf(path, sizeof path, "%s/%.*s", f->folder, BYTES_ARG(name));
        TRY(disk_remove(d, path, e));
    }
    return swept->count == 0 ? DONE : disk_sync_folder(d, f->folder, e);
}

void work_swept_forget(struct step *s, const struct work_files *f, const struct work_swept *swept)
{
    for (uint32_t i = 0; i < swept->count; i++)
        step_keyed_remove(s, f->retired, swept->keys[i]);
}

void work_swept_pack(struct buf *b, const struct work_swept *swept)
{
    pack_varint(b, swept->count);
    for (uint32_t i = 0; i < swept->count; i++)
        pack_bytes(b, swept->keys[i]);
}

void work_swept_unpack(struct unpack *u, struct work_swept *out_swept)
{
    uint32_t count = unpack_varint32(u);
    u->bad |= count > WORK_SWEPT_MAX;
    for (uint32_t i = 0; i < count && unpack_good(u); i++) {
        struct bytes key = unpack_bytes(u);
        u->bad |= key.size <= NUMBER_BYTES || key.size > NUMBER_BYTES + WORK_NAME_BYTES_MAX;
        out_swept->keys[i] = key;
    }
    out_swept->count = unpack_good(u) ? count : 0;
}

/* --- orphans --- */

static int name_compare(const void *x, const void *y)
{
    const char *const *a = x, *const *b = y;
    return strcmp(*a, *b);
}

/* Adds the name, or only counts it. */
static void name_add(struct arena *a, const char **names, size_t *io_count, struct bytes name)
{
    if (names != NULL)
        names[*io_count] = arena_text(a, name);
    (*io_count)++;
}

static size_t names_gather(const struct view *v, const struct work_files *f, struct arena *a, const char **names)
{
    size_t count = 0;
    struct work_retired r;
    struct bytes key = BYTES_LIT("\0"), row;
    for (bool after = false; view_keyed_next(v, f->in_force, key, after, &key, &row); after = true)
        name_add(a, names, &count, f->name(row));
    for (struct bytes at = BYTES_NONE; work_retired_next(v, f, at, &r); at = r.key)
        if (retired_is_file(f, r.row))
            name_add(a, names, &count, retired_name(r.key));
    return count;
}

struct work_names work_names_of(const struct view *v, const struct work_files *f, struct arena *a)
{
    size_t count = names_gather(v, f, a, NULL);
    const char **names = ARENA_ARRAY(a, const char *, count + 1);
    (void)names_gather(v, f, a, names);
    qsort(names, count, sizeof *names, name_compare);
    return (struct work_names){.list = names, .count = count};
}

struct orphans {
    struct arena *arena;
    const struct work_files *files;
    const struct work_names *names;
    unsigned dashes;
    const char *found[ORPHANS_MAX];
    size_t found_count;
};

static struct status orphan_look(void *context, const char *name, struct err *e)
{
    (void)e;
    struct orphans *o = context;
    const struct work_names *names = o->names;
    unsigned dashes = 0;
    for (const char *at = name; *at != 0; at++)
        dashes += *at == '-';
    bool is_ours = dashes == o->dashes && work_name_is_good(o->files, bytes_of_text(name));
    bool known = names->count > 0 &&
                 bsearch(&name, names->list, names->count, sizeof *names->list, name_compare) != NULL;
    if (is_ours && !known && o->found_count < ORPHANS_MAX)
        o->found[o->found_count++] = arena_text(o->arena, bytes_of_text(name));
    return DONE;
}

fallible work_orphans_remove(struct disk *d, const struct work_files *f, const struct work_names *names,
                             unsigned dashes, struct err *e)
{
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct orphans *o = ARENA_NEW(arena, struct orphans);
    *o = (struct orphans){.arena = arena, .files = f, .names = names, .dashes = dashes};
    struct status status = disk_make_folder(d, f->folder, e);
    if (done(status))
        status = disk_list(d, f->folder, orphan_look, o, e);
    for (size_t i = 0; i < o->found_count && done(status); i++)
        status = disk_remove(d, arena_printf(arena, "%s/%s", f->folder, o->found[i]), e);
    arena_destroy(arena);
    return status;
}
