#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include "store/disk_ops.h"

/* Personal data lies in these files: nobody but their owner reads them. */
#define FILE_RIGHTS 0600
#define FOLDER_RIGHTS 0700

#define ZERO_BYTES (64u << 10)
#define ZERO_PIECES 16
#define PAGE_BYTES 4096u

struct held_lock {
    struct held_lock *next;
    int fd;
    char path[];
};

struct disk_real {
    struct disk base;
    int folder;
    char *root;
    pthread_mutex_t lock; /* guards `held` */
    struct held_lock *held;
};

struct file_real {
    struct file base;
    int fd;
    char path[]; /* for the words of a failure */
};

static const struct disk_ops disk_real_ops;
static const struct file_ops file_real_ops;

static struct disk_real *disk_of(struct disk *d)
{
    assert(d->ops == &disk_real_ops);
    return (struct disk_real *)d;
}

static struct file_real *file_of(struct file *f)
{
    assert(f->ops == &file_real_ops);
    return (struct file_real *)f;
}

static void *memory_take(size_t size)
{
    void *p = calloc(1, size);
    assert(p != NULL); /* a few bytes: a machine beyond help */
    return p;
}

static enum status_code code_of(int error)
{
    switch (error) {
    case ENOENT:
        return STATUS_NOT_FOUND;
    case EEXIST:
        return STATUS_EXISTS;
    case EACCES:
    case EPERM:
        return STATUS_DENIED;
    case ENOSPC:
    case EDQUOT:
        return STATUS_FULL;
    default:
        return STATUS_IO;
    }
}

static fallible system_said_no(int error, const char *path, const char *what, struct err *e)
{
    char text[128];
    const char *words = strerror_r(error, text, sizeof text);
    err_set(e, "%s: %s: %s", path, what, words);
    return (struct status){code_of(error)};
}

/* --- files --- */

static void real_file_close(struct file *f)
{
    struct file_real *r = file_of(f);
    (void)close(r->fd);
    free(r);
}

static fallible real_file_open(struct disk *d, const char *path, enum file_mode mode, struct file **out_file,
                               struct err *e)
{
    static const int flags[] = {
        [FILE_READ] = O_RDONLY, [FILE_WRITE] = O_RDWR, [FILE_CREATE] = O_RDWR | O_CREAT | O_EXCL};
    int fd = openat(disk_of(d)->folder, path, flags[mode] | O_CLOEXEC, FILE_RIGHTS);
    if (fd < 0)
        return system_said_no(errno, path, "open", e);
    struct file_real *r = memory_take(sizeof *r + strlen(path) + 1);
    r->base.ops = &file_real_ops;
    r->fd = fd;
    memcpy(r->path, path, strlen(path) + 1);
    *out_file = &r->base;
    return DONE;
}

static fallible real_file_read(struct file *f, uint64_t offset, void *out_data, size_t size, size_t *out_read,
                               struct err *e)
{
    struct file_real *r = file_of(f);
    size_t got = 0;
    while (got < size) {
        ssize_t n = pread(r->fd, (uint8_t *)out_data + got, size - got, (off_t)(offset + got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return system_said_no(errno, r->path, "read", e);
        if (n == 0)
            break;
        got += (size_t)n;
    }
    *out_read = got;
    return DONE;
}

static fallible real_file_write(struct file *f, uint64_t offset, struct bytes data, struct err *e)
{
    struct file_real *r = file_of(f);
    size_t put = 0;
    while (put < data.size) {
        ssize_t n = pwrite(r->fd, data.data + put, data.size - put, (off_t)(offset + put));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return system_said_no(errno, r->path, "write", e);
        put += (size_t)n;
    }
    return DONE;
}

static fallible real_file_sync(struct file *f, struct err *e)
{
    struct file_real *r = file_of(f);
    return fdatasync(r->fd) == 0 ? DONE : system_said_no(errno, r->path, "sync", e);
}

static fallible real_file_size(struct file *f, uint64_t *out_size, struct err *e)
{
    struct file_real *r = file_of(f);
    struct stat info;
    if (fstat(r->fd, &info) != 0)
        return system_said_no(errno, r->path, "stat", e);
    *out_size = (uint64_t)info.st_size;
    return DONE;
}

static fallible real_file_truncate(struct file *f, uint64_t size, struct err *e)
{
    struct file_real *r = file_of(f);
    return ftruncate(r->fd, (off_t)size) == 0 ? DONE : system_said_no(errno, r->path, "truncate", e);
}

static int zeroes_write(int fd, uint64_t from, uint64_t until)
{
    static const uint8_t zeroes[ZERO_BYTES];
    struct iovec pieces[ZERO_PIECES];
    while (from < until) {
        uint64_t left = until - from;
        int count = 0;
        for (; left > 0 && count < ZERO_PIECES; count++) {
            size_t size = left < ZERO_BYTES ? (size_t)left : ZERO_BYTES;
            pieces[count] = (struct iovec){.iov_base = (void *)(uintptr_t)zeroes, .iov_len = size};
            left -= size;
        }
        ssize_t n = pwritev(fd, pieces, count, (off_t)from);
        if (n < 0 && errno != EINTR)
            return errno;
        from += n < 0 ? 0 : (uint64_t)n;
    }
    return 0;
}

static fallible real_file_preallocate(struct file *f, uint64_t size, struct err *e)
{
    struct file_real *r = file_of(f);
    uint64_t before = 0;
    TRY(real_file_size(f, &before, e));
    if (before >= size)
        return DONE;
    /* Asking first keeps the extents together and finds a full disk early; the zeroes then make them written ones. */
    int error = fallocate(r->fd, 0, (off_t)before, (off_t)(size - before)) == 0 ? 0 : errno;
    if (error == 0 || error == EOPNOTSUPP)
        error = zeroes_write(r->fd, before, size);
    if (error == 0)
        return DONE;
    TRY(real_file_truncate(f, before, e));
    return system_said_no(error, r->path, "preallocate", e);
}

static void real_map_give(struct bytes bytes)
{
    (void)munmap((void *)(uintptr_t)bytes.data, bytes.size);
}

/* Advice comes too late or for nothing at worst, so what the system says to it doesn't matter. */
static void real_map_fetch(struct bytes part)
{
    uintptr_t in_page = (uintptr_t)part.data % PAGE_BYTES;
    (void)madvise((void *)((uintptr_t)part.data - in_page), part.size + in_page, MADV_WILLNEED);
}

static const struct file_map_ops real_map_ops = {.give = real_map_give, .fetch = real_map_fetch};

static fallible real_file_map(struct file *f, struct file_map *out_map, struct err *e)
{
    struct file_real *r = file_of(f);
    uint64_t size = 0;
    TRY(real_file_size(f, &size, e));
    *out_map = (struct file_map){0};
    if (size == 0)
        return DONE;
    void *data = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, r->fd, 0);
    if (data == MAP_FAILED)
        return system_said_no(errno, r->path, "map", e);
    (void)madvise(data, (size_t)size, MADV_RANDOM);
    *out_map = (struct file_map){.bytes = bytes_of(data, (size_t)size), .ops = &real_map_ops};
    return DONE;
}

/* --- names --- */

static fallible real_remove(struct disk *d, const char *path, struct err *e)
{
    return unlinkat(disk_of(d)->folder, path, 0) == 0 || errno == ENOENT ? DONE
                                                                         : system_said_no(errno, path, "remove", e);
}

static fallible real_rename(struct disk *d, const char *from, const char *to, struct err *e)
{
    int folder = disk_of(d)->folder;
    return renameat(folder, from, folder, to) == 0 ? DONE : system_said_no(errno, from, "rename", e);
}

static fallible real_make_folder(struct disk *d, const char *path, struct err *e)
{
    return mkdirat(disk_of(d)->folder, path, FOLDER_RIGHTS) == 0 || errno == EEXIST
               ? DONE
               : system_said_no(errno, path, "make folder", e);
}

static int folder_open(struct disk *d, const char *path)
{
    return openat(disk_of(d)->folder, path[0] == 0 ? "." : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static fallible real_sync_folder(struct disk *d, const char *path, struct err *e)
{
    int fd = folder_open(d, path);
    if (fd < 0)
        return system_said_no(errno, path, "open", e);
    int error = fsync(fd) == 0 ? 0 : errno;
    (void)close(fd);
    return error == 0 ? DONE : system_said_no(error, path, "sync", e);
}

struct name_list {
    char **names;
    size_t count;
};

static void names_add(struct name_list *list, const char *name)
{
    char **names = realloc(list->names, (list->count + 1) * sizeof *names);
    char *copy = strdup(name);
    assert(names != NULL && copy != NULL);
    list->names = names;
    list->names[list->count++] = copy;
}

static int name_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static fallible names_read(struct disk *d, const char *folder, struct name_list *list, struct err *e)
{
    int fd = folder_open(d, folder);
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    if (stream == NULL) {
        int error = errno;
        if (fd >= 0)
            (void)close(fd);
        return system_said_no(error, folder, "list", e);
    }
    errno = 0;
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL; errno = 0)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            names_add(list, entry->d_name);
    int error = errno;
    (void)closedir(stream);
    if (error != 0)
        return system_said_no(error, folder, "list", e);
    if (list->count > 1)
        qsort(list->names, list->count, sizeof *list->names, name_order);
    return DONE;
}

static fallible real_list(struct disk *d, const char *folder, disk_each each, void *context, struct err *e)
{
    struct name_list list = {0};
    struct status s = names_read(d, folder, &list, e);
    for (size_t i = 0; i < list.count; i++) {
        if (done(s))
            s = each(context, list.names[i], e);
        free(list.names[i]);
    }
    free(list.names);
    return s;
}

/* --- the disk --- */

static fallible real_free_bytes(struct disk *d, uint64_t *out_bytes, struct err *e)
{
    struct statvfs info;
    if (fstatvfs(disk_of(d)->folder, &info) != 0)
        return system_said_no(errno, disk_of(d)->root, "free space", e);
    *out_bytes = (uint64_t)info.f_bavail * info.f_frsize;
    return DONE;
}

static fallible lock_take(struct disk_real *r, const char *path, struct err *e)
{
    for (const struct held_lock *h = r->held; h != NULL; h = h->next)
        if (strcmp(h->path, path) == 0)
            return DONE; /* ours already */
    int fd = openat(r->folder, path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_RIGHTS);
    if (fd < 0)
        return system_said_no(errno, path, "lock", e);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int error = errno;
        (void)close(fd);
        if (error == EWOULDBLOCK)
            return FAIL(e, EXISTS, "%s/%s: another process holds this lock", r->root, path);
        return system_said_no(error, path, "lock", e);
    }
    struct held_lock *h = memory_take(sizeof *h + strlen(path) + 1);
    *h = (struct held_lock){.next = r->held, .fd = fd};
    memcpy(h->path, path, strlen(path) + 1);
    r->held = h;
    return DONE;
}

static fallible real_lock(struct disk *d, const char *path, struct err *e)
{
    struct disk_real *r = disk_of(d);
    (void)pthread_mutex_lock(&r->lock);
    struct status s = lock_take(r, path, e);
    (void)pthread_mutex_unlock(&r->lock);
    return s;
}

static void real_close(struct disk *d)
{
    struct disk_real *r = disk_of(d);
    while (r->held != NULL) {
        struct held_lock *h = r->held;
        r->held = h->next;
        (void)close(h->fd);
        free(h);
    }
    (void)pthread_mutex_destroy(&r->lock);
    (void)close(r->folder);
    free(r->root);
    free(r);
}

static const char *real_root(const struct disk *d)
{
    return ((const struct disk_real *)d)->root;
}

static const struct disk_ops disk_real_ops = {
    .close = real_close,
    .root = real_root,
    .file_open = real_file_open,
    .remove = real_remove,
    .rename = real_rename,
    .make_folder = real_make_folder,
    .sync_folder = real_sync_folder,
    .list = real_list,
    .free_bytes = real_free_bytes,
    .lock = real_lock,
};

static const struct file_ops file_real_ops = {
    .close = real_file_close,
    .read = real_file_read,
    .write = real_file_write,
    .sync = real_file_sync,
    .size = real_file_size,
    .preallocate = real_file_preallocate,
    .truncate = real_file_truncate,
    .map = real_file_map,
};

/* The folder and those above it. */
static int root_make(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        int error = mkdir(path, FOLDER_RIGHTS) == 0 ? 0 : errno;
        *slash = '/';
        if (error != 0 && error != EEXIST)
            return error;
    }
    return mkdir(path, FOLDER_RIGHTS) == 0 || errno == EEXIST ? 0 : errno;
}

fallible disk_open_real(const char *root, struct disk **out_disk, struct err *e)
{
    assert(root != NULL && root[0] != 0 && out_disk != NULL);
    char *path = strdup(root);
    assert(path != NULL);
    int error = root_make(path);
    int folder = error == 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (folder < 0) {
        error = error == 0 ? errno : error;
        free(path);
        return system_said_no(error, root, "open", e);
    }
    struct disk_real *r = memory_take(sizeof *r);
    *r = (struct disk_real){.base = {&disk_real_ops, disk_keep_create()}, .folder = folder, .root = path};
    (void)pthread_mutex_init(&r->lock, NULL);
    *out_disk = &r->base;
    return DONE;
}
