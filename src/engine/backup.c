#include "engine/backup.h"

#include <string.h>

#include "store/checkpoint_mark.h"
#include "store/cold_folder.h"
#include "store/log.h"

#define TRIES_MAX 3
#define SECRET_FILE "workspace.json"

struct backup {
    const struct backup_order *order;
    char folder[COLD_PATH_BYTES_MAX]; /* its own */
    struct marks marks;               /* the newest that is not behind what is told of; none: there is no checkpoint */
};

static fallible paths_of(const struct backup *b, const char *name, char out_from[COLD_PATH_BYTES_MAX],
                         char out_to[COLD_PATH_BYTES_MAX], struct err *e)
{
    TRY(cold_path(out_from, b->order->folder, name, e));
    return cold_path(out_to, b->folder, name, e);
}

/* --- what it holds --- */

static fallible marks_now(const struct backup *b, struct marks *out_marks, struct err *e)
{
    struct disk *its = NULL;
    TRY(disk_open_real(b->order->folder, &its, e));
    struct status status = marks_read(its, out_marks, e);
    disk_close(its);
    return status;
}

static fallible mark_take(struct backup *b, struct err *e)
{
    struct marks now;
    TRY(marks_now(b, &now, e));
    b->marks.count = 0;
    for (unsigned i = 0; i < now.count && b->marks.count == 0; i++)
        if (now.all[i].position <= b->order->log_end)
            b->marks.all[b->marks.count++] = now.all[i];
    if (now.count > 0 && b->marks.count == 0)
        return FAIL(e, UNAVAILABLE, "checkpoints come faster than a backup can be opened: try again");
    return DONE;
}

static fallible mark_write(const struct backup *b, struct err *e)
{
    struct disk *own = NULL;
    if (b->marks.count == 0)
        return DONE;
    TRY(disk_open_real(b->folder, &own, e));
    struct status status = marks_write(own, &b->marks, e);
    disk_close(own);
    return status;
}

static fallible snapshot_link(const struct backup *b, struct err *e)
{
    char from[COLD_PATH_BYTES_MAX], to[COLD_PATH_BYTES_MAX], name[COLD_PATH_BYTES_MAX];
    if (b->marks.count == 0)
        return DONE;
    TRY(paths_of(b, "cold", from, to, e));
    TRY(cold_folder_make(to, e));
    TRY(cold_path(name, "cold", b->marks.all[0].snapshot, e));
    TRY(paths_of(b, name, from, to, e));
    return cold_folder_link(from, to, e);
}

static fallible log_take(const struct backup *b, struct err *e)
{
    char from[COLD_PATH_BYTES_MAX], to[COLD_PATH_BYTES_MAX];
    struct log_range range = {.from = b->marks.count == 0 ? 0 : b->marks.all[0].position, .until = b->order->log_end};
    TRY(paths_of(b, "log", from, to, e));
    TRY(cold_folder_make(to, e));
    return log_link(from, to, range, e);
}

struct files {
    const char *from, *to;
};

static struct status file_link(void *context, const char *name, struct err *e)
{
    const struct files *f = context;
    return cold_file_link(f->from, f->to, name, e);
}

/* Files that are no longer there by the time they are linked were given up two checkpoints ago: no row names them. */
static fallible folder_take(const struct backup *b, const char *name, struct err *e)
{
    char from[COLD_PATH_BYTES_MAX], to[COLD_PATH_BYTES_MAX];
    TRY(paths_of(b, name, from, to, e));
    if (!cold_folder_is_there(from))
        return DONE;
    TRY(cold_folder_make(to, e));
    struct files files = {from, to};
    return cold_folder_list(from, file_link, &files, e);
}

static fallible folders_take(const struct backup *b, struct err *e)
{
    for (size_t i = 0; i < registry_domain_count(b->order->registry); i++) {
        const struct domain *d = registry_domain(b->order->registry, i);
        for (size_t j = 0; j < d->folder_count; j++)
            TRY(folder_take(b, d->folders[j], e));
    }
    return DONE;
}

/* --- opening --- */

static fallible all_take(const struct backup *b, struct err *e)
{
    TRY(cold_folder_make(b->folder, e));
    TRY(snapshot_link(b, e));
    TRY(log_take(b, e));
    TRY(folders_take(b, e));
    TRY(cold_file_copy(b->order->folder, b->folder, SECRET_FILE, e));
    return mark_write(b, e);
}

/* Is its checkpoint one of those kept still, so that none of its files went while they were linked? */
static fallible is_kept(const struct backup *b, bool *out_kept, struct err *e)
{
    struct marks now;
    TRY(marks_now(b, &now, e));
    *out_kept = b->marks.count == 0 && now.count == 0;
    for (unsigned i = 0; i < now.count && b->marks.count > 0; i++)
        *out_kept |= now.all[i].position == b->marks.all[0].position;
    return DONE;
}

fallible backup_open(const struct backup_order *order, struct err *e)
{
    struct backup b = {.order = order};
    TRY(cold_path(b.folder, order->folder, BACKUP_FOLDER, e));
    for (int i = 0; i < TRIES_MAX; i++) {
        bool kept = false;
        TRY(cold_folder_remove(b.folder, e));
        TRY(mark_take(&b, e));
        struct status status = all_take(&b, e);
        TRY(is_kept(&b, &kept, e));
        if (kept)
            return status;
    }
    return FAIL(e, UNAVAILABLE, "checkpoints come faster than a backup can be opened: try again");
}

fallible backup_close(const char *folder, struct err *e)
{
    char path[COLD_PATH_BYTES_MAX];
    TRY(cold_path(path, folder, BACKUP_FOLDER, e));
    return cold_folder_remove(path, e);
}
