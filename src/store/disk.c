#include <stdio.h>
#include <string.h>

#include "store/disk_ops.h"

#define PATH_BYTES_MAX 512

/* A path stays below the root, whoever made it. */
static bool path_good(const char *path)
{
    return path != NULL && path[0] != '/' && strstr(path, "..") == NULL && strlen(path) < PATH_BYTES_MAX;
}

void disk_close(struct disk *d)
{
    if (d == NULL)
        return;
    disk_keep_destroy(d->keep);
    d->ops->close(d);
}

const char *disk_root(const struct disk *d)
{
    return d->ops->root(d);
}

fallible disk_file_open(struct disk *d, const char *path, enum file_mode mode, struct file **out_file, struct err *e)
{
    assert(path_good(path) && out_file != NULL);
    return d->ops->file_open(d, path, mode, out_file, e);
}

void file_close(struct file *f)
{
    if (f != NULL)
        f->ops->close(f);
}

fallible file_read(struct file *f, uint64_t offset, void *out_data, size_t size, size_t *out_read, struct err *e)
{
    assert(out_data != NULL || size == 0);
    return f->ops->read(f, offset, out_data, size, out_read, e);
}

fallible file_write(struct file *f, uint64_t offset, struct bytes data, struct err *e)
{
    assert(data.data != NULL || data.size == 0);
    return data.size == 0 ? DONE : f->ops->write(f, offset, data, e);
}

fallible file_sync(struct file *f, struct err *e)
{
    return f->ops->sync(f, e);
}

fallible file_size(struct file *f, uint64_t *out_size, struct err *e)
{
    return f->ops->size(f, out_size, e);
}

fallible file_preallocate(struct file *f, uint64_t size, struct err *e)
{
    return f->ops->preallocate(f, size, e);
}

fallible file_truncate(struct file *f, uint64_t size, struct err *e)
{
    return f->ops->truncate(f, size, e);
}

fallible file_map(struct file *f, struct file_map *out_map, struct err *e)
{
    assert(out_map != NULL);
    return f->ops->map(f, out_map, e);
}

void file_map_fetch(const struct file_map *m, struct bytes part)
{
    assert(part.size == 0 || (part.data >= m->bytes.data && part.size <= m->bytes.size - (size_t)(part.data - m->bytes.data)));
    if (part.size > 0 && m->ops != NULL && m->ops->fetch != NULL)
        m->ops->fetch(part);
}

void file_unmap(struct file_map *m)
{
    if (m->ops != NULL)
        m->ops->give(m->bytes);
    *m = (struct file_map){0};
}

fallible disk_remove(struct disk *d, const char *path, struct err *e)
{
    assert(path_good(path));
    struct status s = d->ops->remove(d, path, e);
    disk_keep_drop(d->keep, path); /* behind it: what is made of the file until then is known to be of one that was there */
    return s;
}

fallible disk_rename(struct disk *d, const char *from, const char *to, struct err *e)
{
    assert(path_good(from) && path_good(to));
    struct status s = d->ops->rename(d, from, to, e);
    disk_keep_drop(d->keep, from);
    disk_keep_drop(d->keep, to);
    return s;
}

fallible disk_make_folder(struct disk *d, const char *path, struct err *e)
{
    assert(path_good(path));
    return d->ops->make_folder(d, path, e);
}

fallible disk_sync_folder(struct disk *d, const char *path, struct err *e)
{
    assert(path_good(path));
    return d->ops->sync_folder(d, path, e);
}

fallible disk_list(struct disk *d, const char *folder, disk_each each, void *context, struct err *e)
{
    assert(path_good(folder));
    return d->ops->list(d, folder, each, context, e);
}

fallible disk_free_bytes(struct disk *d, uint64_t *out_bytes, struct err *e)
{
    return d->ops->free_bytes(d, out_bytes, e);
}

fallible disk_lock(struct disk *d, const char *path, struct err *e)
{
    assert(path_good(path));
    return d->ops->lock(d, path, e);
}

/* --- whole small files --- */

static fallible contents_read(struct file *f, struct buf *out_data, struct err *e)
{
    uint64_t size = 0;
    size_t got = 0;
    TRY(file_size(f, &size, e));
    buf_clear(out_data);
    if (size == 0)
        return DONE;
    uint8_t *room = size > SIZE_MAX ? NULL : buf_extend(out_data, (size_t)size);
    if (room == NULL) {
        buf_clear(out_data);
        return FAIL(e, LIMIT, "%llu bytes, at most %zu", (unsigned long long)size, out_data->size_max);
    }
    TRY(file_read(f, 0, room, (size_t)size, &got, e));
    out_data->size = got;
    return DONE;
}

fallible disk_read_all(struct disk *d, const char *path, struct buf *out_data, struct err *e)
{
    struct file *f = NULL;
    TRY(disk_file_open(d, path, FILE_READ, &f, e));
    struct status s = WRAP(e, contents_read(f, out_data, e), "file %s", path);
    file_close(f);
    return s;
}

static fallible contents_write(struct disk *d, const char *path, struct bytes data, struct err *e)
{
    struct file *f = NULL;
    TRY(disk_remove(d, path, e)); /* left behind by a crash */
    TRY(disk_file_open(d, path, FILE_CREATE, &f, e));
    struct status s = file_write(f, 0, data, e);
    if (done(s))
        s = file_sync(f, e);
    file_close(f);
    return s;
}

fallible disk_write_all(struct disk *d, const char *path, struct bytes data, struct err *e)
{
    char temporary[PATH_BYTES_MAX + 8];
    char folder[PATH_BYTES_MAX];
    assert(path_good(path));
    (void)snprintf(temporary, sizeof temporary, "%s.tmp", path);
    (void)snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    *(slash == NULL ? folder : slash) = 0;

    struct status s = contents_write(d, temporary, data, e);
    if (failed(s)) {
        (void)disk_remove(d, temporary, NULL).code; /* what went wrong first is what counts */
        return s;
    }
    TRY(disk_rename(d, temporary, path, e));
    return disk_sync_folder(d, folder, e);
}
