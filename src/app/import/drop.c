#include "app/import/drop.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/disk.h"

#define ARENA_BLOCK_BYTES (1u << 14)
#define NUMBERS_MAX 100000u

/* What a look has found. */
struct look {
    struct arena *arena; /* of the names */
    struct drop_file *files;
    size_t count, room;
};

struct drop {
    struct drop_options options;
    struct disk *disk; /* holds the lock */
    struct look now, before;
};

static const char *const own_folders[] = {"done", "failed", "rejects"};

static bool ends_in(const char *name, const char *ending)
{
    size_t size = strlen(name), own = strlen(ending);
    return size > own && strcmp(name + size - own, ending) == 0;
}

static const char *base_of(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash == NULL ? name : slash + 1;
}

/* --- which kind --- */

static bool is_joined(const struct drop *d, const char *name)
{
    const struct import_map_says *says = d->options.says;
    for (size_t i = 0; says != NULL && i < says->join_count; i++)
        if (strcmp(says->joins[i].file, base_of(name)) == 0)
            return true;
    return false;
}

static bool is_unfinished(const char *name)
{
    return name[0] == '.' || ends_in(name, ".tmp") || ends_in(name, ".part") || ends_in(name, ".filepart");
}

static bool is_own_folder(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(own_folders); i++)
        if (strcmp(name, own_folders[i]) == 0)
            return true;
    return false;
}

static enum drop_kind kind_of(const struct drop *d, const char *name)
{
    if (d->options.marker != NULL && ends_in(name, d->options.marker))
        return DROP_MARKER;
    return is_joined(d, name) ? DROP_JOINED : DROP_FILE;
}

/* --- looking --- */

static int by_name(const void *a, const void *b)
{
    const struct drop_file *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static const struct drop_file *find(const struct look *l, const char *name)
{
    struct drop_file key = {.name = name};
    return l->count == 0 ? NULL : bsearch(&key, l->files, l->count, sizeof key, by_name);
}

static bool is_same(const struct drop_file *a, const struct drop_file *b)
{
    return a->inode == b->inode && a->size_bytes == b->size_bytes && a->changed_ns == b->changed_ns;
}

static struct drop_file file_of(const char *name, enum drop_kind kind, const struct stat *about)
{
    return (struct drop_file){.name = name,
                              .kind = kind,
                              .inode = about->st_ino,
                              .size_bytes = about->st_size,
                              .changed_ns = (int64_t)about->st_mtim.tv_sec * 1000000000 + about->st_mtim.tv_nsec};
}

static void file_add(struct drop *d, const char *name, const struct stat *about)
{
    struct look *l = &d->now;
    if (l->count == l->room) {
        l->room = l->room == 0 ? 64 : 2 * l->room;
        l->files = realloc(l->files, l->room * sizeof *l->files);
        if (l->files == NULL)
            abort();
    }
    struct drop_file f = file_of(arena_printf(l->arena, "%s", name), kind_of(d, name), about);
    const struct drop_file *before = find(&d->before, name);
    f.is_same = before != NULL && is_same(before, &f);
    l->files[l->count++] = f;
}

static fallible folder_list(struct drop *d, const char *subfolder, unsigned depth, struct err *e);

/* What has gone since it was listed is none of ours; neither is what is no plain file. */
static fallible entry_take(struct drop *d, const char *subfolder, const char *entry, unsigned depth, struct err *e)
{
    char name[DROP_NAME_BYTES_MAX], path[DROP_PATH_BYTES];
    struct stat about;
    int size = snprintf(name, sizeof name, "%s%s%s", subfolder, subfolder[0] == 0 ? "" : "/", entry);
    drop_path(d, "", name, 1, path);
    if (is_unfinished(entry) || (size_t)size >= sizeof name || lstat(path, &about) != 0)
        return DONE;
    if (S_ISREG(about.st_mode))
        file_add(d, name, &about);
    else if (S_ISDIR(about.st_mode) && d->options.subfolders && depth < DROP_DEPTH_MAX && !(depth == 0 && is_own_folder(entry)))
        return folder_list(d, name, depth + 1, e);
    return DONE;
}

static fallible folder_list(struct drop *d, const char *subfolder, unsigned depth, struct err *e)
{
    char path[DROP_PATH_BYTES];
    drop_path(d, "", subfolder, 1, path);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return FAIL(e, IO, "can't read the folder %s: %s", path, strerror(errno));
    struct status status = DONE;
    for (const struct dirent *entry; done(status) && (entry = readdir(folder)) != NULL;)
        status = entry_take(d, subfolder, entry->d_name, depth, e);
    (void)closedir(folder);
    return status;
}

fallible drop_look(struct drop *d, struct err *e)
{
    struct look oldest = d->before;
    d->before = d->now;
    d->now = oldest;
    d->now.count = 0;
    arena_reset(d->now.arena);
    struct status status = folder_list(d, "", 0, e);
    if (d->now.count > 1)
        qsort(d->now.files, d->now.count, sizeof *d->now.files, by_name);
    return status;
}

const struct drop_file *drop_files(const struct drop *d, size_t *out_count)
{
    *out_count = d->now.count;
    return d->now.files;
}

/* --- which are whole --- */

/* "orders.csv.ok" or "orders.ok"; NULL: neither is there. */
static const struct drop_file *marker_of(const struct drop *d, const char *name)
{
    char marker[DROP_NAME_BYTES_MAX + 64];
    const char *dot = strrchr(base_of(name), '.');
    (void)snprintf(marker, sizeof marker, "%s%s", name, d->options.marker);
    const struct drop_file *found = find(&d->now, marker);
    if (found != NULL || dot == NULL)
        return found;
    (void)snprintf(marker, sizeof marker, "%.*s%s", (int)(dot - name), name, d->options.marker);
    return find(&d->now, marker);
}

/* The file that the map joins to `name`: it lies beside it. */
static const struct drop_file *joined_of(const struct drop *d, const char *name, size_t i)
{
    char joined[DROP_NAME_BYTES_MAX];
    int folder = (int)(base_of(name) - name);
    (void)snprintf(joined, sizeof joined, "%.*s%s", folder, name, d->options.says->joins[i].file);
    return find(&d->now, joined);
}

/* One that is older than the file was left by another of its name. */
static bool is_marker_good(const struct drop *d, const struct drop_file *f)
{
    const struct drop_file *marker = marker_of(d, f->name);
    return marker != NULL && marker->changed_ns >= f->changed_ns;
}

bool drop_is_ready(const struct drop *d, const struct drop_file *f, bool settled)
{
    bool is_marked = d->options.marker != NULL;
    if (is_marked ? !is_marker_good(d, f) : !settled && !f->is_same)
        return false;
    for (size_t i = 0; d->options.says != NULL && i < d->options.says->join_count; i++) {
        const char *file = d->options.says->joins[i].file;
        const struct drop_file *joined = joined_of(d, f->name, i);
        bool is_here = strchr(file, '/') == NULL; /* one that lies elsewhere is not ours to wait for */
        if (is_here && (joined == NULL || !(is_marked || settled || joined->is_same)))
            return false;
    }
    return true;
}

bool drop_is_unchanged(const struct drop *d, const struct drop_file *f)
{
    char path[DROP_PATH_BYTES];
    struct stat about;
    drop_path(d, "", f->name, 1, path);
    if (lstat(path, &about) != 0)
        return false;
    struct drop_file now = file_of(f->name, f->kind, &about);
    return is_same(f, &now);
}

/* --- putting away --- */

void drop_path(const struct drop *d, const char *subfolder, const char *name, unsigned number, char out_path[DROP_PATH_BYTES])
{
    char ending[16] = "";
    if (number > 1)
        (void)snprintf(ending, sizeof ending, ".%u", number);
    (void)snprintf(out_path, DROP_PATH_BYTES, "%s/%s%s%s%s", d->options.folder, subfolder, subfolder[0] == 0 ? "" : "/", name, ending);
}

void drop_rejects_path(const struct drop *d, const char *name, unsigned number, char out_path[DROP_PATH_BYTES])
{
    drop_path(d, "rejects", name, number, out_path);
    size_t size = strlen(out_path);
    (void)snprintf(out_path + size, DROP_PATH_BYTES - size, ".csv");
}

unsigned drop_number(const struct drop *d, const char *name)
{
    char done[DROP_PATH_BYTES], failed[DROP_PATH_BYTES], rejects[DROP_PATH_BYTES];
    for (unsigned number = 1; number < NUMBERS_MAX; number++) {
        drop_path(d, "done", name, number, done);
        drop_path(d, "failed", name, number, failed);
        drop_rejects_path(d, name, number, rejects);
        if (access(done, F_OK) != 0 && access(failed, F_OK) != 0 && access(rejects, F_OK) != 0)
            return number;
    }
    return NUMBERS_MAX;
}

fallible drop_path_make(const struct drop *d, const char *path, struct err *e)
{
    char part[DROP_PATH_BYTES];
    for (const char *slash = path + strlen(d->options.folder) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        (void)snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return FAIL(e, IO, "can't make %s: %s", part, strerror(errno));
    }
    return DONE;
}

static fallible file_move(const struct drop *d, const char *name, const char *subfolder, unsigned number, struct err *e)
{
    char from[DROP_PATH_BYTES], to[DROP_PATH_BYTES];
    drop_path(d, "", name, 1, from);
    drop_path(d, subfolder, name, number, to);
    TRY(drop_path_make(d, to, e));
    return rename(from, to) == 0 ? DONE : FAIL(e, IO, "can't put %s away as %s: %s", from, to, strerror(errno));
}

fallible drop_put_away(struct drop *d, const struct drop_file *f, const char *subfolder, unsigned number, struct err *e)
{
    const struct import_map_says *says = d->options.says;
    const struct drop_file *marker = d->options.marker == NULL ? NULL : marker_of(d, f->name);
    TRY(file_move(d, f->name, subfolder, number, e));
    if (marker != NULL)
        TRY(file_move(d, marker->name, subfolder, drop_number(d, marker->name), e));
    for (size_t i = 0; says != NULL && i < says->join_count; i++) {
        const struct drop_file *joined = says->joins[i].every ? joined_of(d, f->name, i) : NULL;
        if (joined != NULL)
            TRY(file_move(d, joined->name, subfolder, drop_number(d, joined->name), e));
    }
    return DONE;
}

/* --- opening --- */

static fallible folders_make(const struct drop_options *o, struct err *e)
{
    char path[DROP_PATH_BYTES];
    for (size_t i = 0; i < COUNT_OF(own_folders); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", o->folder, own_folders[i]);
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return errno == ENOENT ? FAIL(e, NOT_FOUND, "there is no folder %s", o->folder) : FAIL(e, IO, "can't make %s: %s", path, strerror(errno));
    }
    return DONE;
}

fallible drop_open(const struct drop_options *o, struct drop **out_drop, struct err *e)
{
    struct disk *disk = NULL;
    TRY(folders_make(o, e));
    TRY(disk_open_real(o->folder, &disk, e));
    struct status status = WRAP(e, disk_lock(disk, ".watch.lock", e), "another `kith watch`");
    if (failed(status)) {
        disk_close(disk);
        return status;
    }
    struct drop *d = calloc(1, sizeof *d);
    if (d == NULL)
        abort();
    *d = (struct drop){.options = *o, .disk = disk, .now.arena = arena_create(ARENA_BLOCK_BYTES), .before.arena = arena_create(ARENA_BLOCK_BYTES)};
    *out_drop = d;
    return DONE;
}

void drop_close(struct drop *d)
{
    if (d == NULL)
        return;
    arena_destroy(d->now.arena);
    arena_destroy(d->before.arena);
    free(d->now.files);
    free(d->before.files);
    disk_close(d->disk);
    free(d);
}
