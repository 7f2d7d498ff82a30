/* Files that work left behind when it ended before its command was logged. */
#include <stdlib.h>
#include <string.h>

#include "engine/work.h"

#define ORPHANS_MAX 256u /* a call; the next one goes on */
#define ARENA_BLOCK_BYTES 16384u

bool work_stopped(const struct work_context *c)
{
    return atomic_load_explicit(c->around->stop, memory_order_relaxed);
}

struct orphans {
    struct arena *arena;
    const struct work_files *files;
    const char *found[ORPHANS_MAX];
    size_t found_count;
};

static int name_compare(const void *x, const void *y)
{
    const char *const *a = x, *const *b = y;
    return strcmp(*a, *b);
}

void work_names_sort(const char **names, size_t count)
{
    qsort(names, count, sizeof *names, name_compare);
}

static struct status orphan_look(void *context, const char *name, struct err *e)
{
    (void)e;
    struct orphans *o = context;
    const struct work_files *f = o->files;
    unsigned dashes = 0;
    for (const char *at = name; *at != 0; at++)
        dashes += *at == '-';
    size_t size = strlen(name), suffix = strlen(f->suffix);
    bool is_ours = size > suffix && strcmp(name + size - suffix, f->suffix) == 0 && dashes == f->dashes;
    bool known = f->name_count > 0 && bsearch(&name, f->names, f->name_count, sizeof *f->names, name_compare) != NULL;
    if (is_ours && !known && o->found_count < ORPHANS_MAX)
        o->found[o->found_count++] = arena_text(o->arena, bytes_of_text(name));
    return DONE;
}

fallible work_orphans_remove(struct disk *d, const struct work_files *files, struct err *e)
{
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct orphans *o = ARENA_NEW(arena, struct orphans);
    *o = (struct orphans){.arena = arena, .files = files};
    struct status status = disk_make_folder(d, files->folder, e);
    if (done(status))
        status = disk_list(d, files->folder, orphan_look, o, e);
    for (size_t i = 0; i < o->found_count && done(status); i++)
        status = disk_remove(d, arena_printf(arena, "%s/%s", files->folder, o->found[i]), e);
    arena_destroy(arena);
    return status;
}
