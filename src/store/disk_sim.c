#include "store/disk_sim.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "store/disk_ops.h"
#include "store/disk_sim_pages.h"

/* A file or a folder without its name. Held by names, by changes of names, and by whoever has it open. */
struct sim_node {
    size_t holders;
    bool folder;
    struct sim_pages pages;
};

struct sim_name {
    char *path;
    struct sim_node *node;
};

struct sim_names {
    struct sim_name *all; /* in byte order of their paths */
    size_t count;
};

/* A change of names that isn't durable yet: `node` left `from` and went `to`; NULL for nowhere. */
struct sim_change {
    char *from;
    char *to;
    struct sim_node *node;
};

struct disk_sim {
    struct disk base;
    pthread_mutex_t lock;
    struct rng chance;
    struct sim_names now;
    struct sim_names safe;
    struct sim_change *changes; /* in their order */
    size_t change_count;
    size_t pages_used;
    uint64_t pages_max;
    uint64_t operations;
    uint64_t stop_in; /* operations; 0: never */
    uint64_t crashes;
    bool stopped;
};

struct file_sim {
    struct file base;
    struct disk_sim *disk;
    struct sim_node *node;
    uint64_t crashes; /* of the disk, when it was opened */
    bool writable;
};

static const struct disk_ops disk_sim_ops;
static const struct file_ops file_sim_ops;

static struct disk_sim *sim_of(const struct disk *d)
{
    assert(d->ops == &disk_sim_ops);
    return (struct disk_sim *)(uintptr_t)d;
}

static struct disk_sim *sim_enter(const struct disk *d)
{
    struct disk_sim *s = sim_of(d);
    (void)pthread_mutex_lock(&s->lock);
    return s;
}

static struct status sim_leave(struct disk_sim *s, struct status result)
{
    (void)pthread_mutex_unlock(&s->lock);
    return result;
}

static void *memory_grow(void *old, size_t size)
{
    void *p = realloc(old, size);
    if (p == NULL)
        abort();
    return p;
}

static char *text_copy(const char *text)
{
    char *copy = text == NULL ? NULL : strdup(text);
    assert(text == NULL || copy != NULL);
    return copy;
}

/* --- nodes and names --- */

static struct sim_node *node_hold(struct sim_node *n)
{
    n->holders++;
    return n;
}

static void node_drop(struct disk_sim *s, struct sim_node *n)
{
    assert(n->holders > 0);
    if (--n->holders > 0)
        return;
    s->pages_used -= n->pages.used;
    sim_pages_free(&n->pages);
    free(n);
}

/* Where `path` is or would go. */
static size_t name_place(const struct sim_names *names, const char *path)
{
    size_t i = 0;
    while (i < names->count && strcmp(names->all[i].path, path) < 0)
        i++;
    return i;
}

static struct sim_node *name_find(const struct sim_names *names, const char *path)
{
    size_t i = name_place(names, path);
    return i < names->count && strcmp(names->all[i].path, path) == 0 ? names->all[i].node : NULL;
}

static void name_remove(struct disk_sim *s, struct sim_names *names, const char *path)
{
    if (name_find(names, path) == NULL)
        return;
    size_t i = name_place(names, path);
    free(names->all[i].path);
    node_drop(s, names->all[i].node);
    names->count--;
    memmove(names->all + i, names->all + i + 1, (names->count - i) * sizeof *names->all);
}

static void name_put(struct disk_sim *s, struct sim_names *names, const char *path, struct sim_node *node)
{
    (void)node_hold(node);
    name_remove(s, names, path);
    size_t i = name_place(names, path);
    names->all = memory_grow(names->all, (names->count + 1) * sizeof *names->all);
    memmove(names->all + i + 1, names->all + i, (names->count - i) * sizeof *names->all);
    names->all[i] = (struct sim_name){.path = text_copy(path), .node = node};
    names->count++;
}

static void names_free(struct disk_sim *s, struct sim_names *names)
{
    while (names->count > 0)
        name_remove(s, names, names->all[names->count - 1].path);
    free(names->all);
    *names = (struct sim_names){0};
}

static size_t folder_size(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash - path);
}

static bool lies_in(const char *path, const char *folder)
{
    return path != NULL && folder_size(path) == strlen(folder) && strncmp(path, folder, strlen(folder)) == 0;
}

static bool folder_there(const struct sim_names *names, const char *path)
{
    char *folder = text_copy(path);
    folder[folder_size(path)] = 0;
    const struct sim_node *n = folder[0] == 0 ? NULL : name_find(names, folder);
    bool there = folder[0] == 0 || (n != NULL && n->folder);
    free(folder);
    return there;
}

/* --- changes of names --- */

static void change_apply(struct disk_sim *s, struct sim_names *names, const struct sim_change *c)
{
    if (c->from != NULL && name_find(names, c->from) == c->node)
        name_remove(s, names, c->from);
    if (c->to != NULL)
        name_put(s, names, c->to, c->node);
}

static void change_forget(struct disk_sim *s, size_t i)
{
    struct sim_change c = s->changes[i];
    s->change_count--;
    memmove(s->changes + i, s->changes + i + 1, (s->change_count - i) * sizeof *s->changes);
    free(c.from);
    free(c.to);
    node_drop(s, c.node);
}

static void change_make(struct disk_sim *s, const char *from, const char *to, struct sim_node *node)
{
    struct sim_change c = {.from = text_copy(from), .to = text_copy(to), .node = node_hold(node)};
    change_apply(s, &s->now, &c);
    s->changes = memory_grow(s->changes, (s->change_count + 1) * sizeof *s->changes);
    s->changes[s->change_count++] = c;
}

/* All that touches the folder becomes durable. An older change of the same node is overtaken by it. */
static void changes_sync(struct disk_sim *s, const char *folder)
{
    for (size_t i = 0; i < s->change_count;) {
        struct sim_change *c = &s->changes[i];
        if (!lies_in(c->from, folder) && !lies_in(c->to, folder)) {
            i++;
            continue;
        }
        const struct sim_node *node = c->node;
        change_apply(s, &s->safe, c);
        change_forget(s, i);
        for (size_t k = i; k-- > 0;)
            if (s->changes[k].node == node)
                change_forget(s, k), i--;
    }
}

static void changes_crash(struct disk_sim *s, double keep)
{
    while (s->change_count > 0) {
        if (rng_chance(&s->chance, keep))
            change_apply(s, &s->safe, &s->changes[0]);
        change_forget(s, 0);
    }
    /* What lies in a folder that was lost is lost with it. */
    for (size_t i = 0; i < s->safe.count;)
        if (folder_there(&s->safe, s->safe.all[i].path))
            i++;
        else
            name_remove(s, &s->safe, s->safe.all[i].path);
    names_free(s, &s->now);
    for (size_t i = 0; i < s->safe.count; i++)
        name_put(s, &s->now, s->safe.all[i].path, s->safe.all[i].node);
}

/* Counts an operation. IO: the disk has stopped; `out_last` (may be NULL) says that it did so right now. */
static fallible operation_begin(struct disk_sim *s, const char *what, bool *out_last, struct err *e)
{
    s->operations++;
    bool last = s->stop_in > 0 && --s->stop_in == 0;
    if (out_last != NULL)
        *out_last = last;
    s->stopped = s->stopped || last;
    return s->stopped ? FAIL(e, IO, "%s: the disk has stopped", what) : DONE;
}

/* --- files --- */

static struct file_sim *file_of(const struct file *f)
{
    assert(f->ops == &file_sim_ops);
    return (struct file_sim *)(uintptr_t)f;
}

static struct file_sim *file_enter(const struct file *f)
{
    struct file_sim *x = file_of(f);
    (void)pthread_mutex_lock(&x->disk->lock);
    return x;
}

static fallible file_usable(const struct file_sim *x, struct err *e)
{
    return x->crashes == x->disk->crashes ? DONE : FAIL(e, IO, "the disk crashed while this file was open");
}

static void sim_file_close(struct file *f)
{
    struct file_sim *x = file_enter(f);
    node_drop(x->disk, x->node);
    (void)sim_leave(x->disk, DONE).code;
    free(x);
}

static fallible node_open(struct disk_sim *s, const char *path, enum file_mode mode, struct sim_node **out_node,
                          struct err *e)
{
    struct sim_node *n = name_find(&s->now, path);
    if (mode != FILE_CREATE) {
        if (n == NULL || n->folder)
            return FAIL(e, NOT_FOUND, "%s: open: no such file", path);
        *out_node = n;
        return DONE;
    }
    TRY(operation_begin(s, path, NULL, e));
    if (n != NULL)
        return FAIL(e, EXISTS, "%s: open: exists", path);
    if (!folder_there(&s->now, path))
        return FAIL(e, NOT_FOUND, "%s: open: no such folder", path);
    n = memory_grow(NULL, sizeof *n);
    *n = (struct sim_node){0};
    change_make(s, NULL, path, n);
    *out_node = n;
    return DONE;
}

static fallible sim_file_open(struct disk *d, const char *path, enum file_mode mode, struct file **out_file,
                              struct err *e)
{
    struct disk_sim *s = sim_enter(d);
    struct sim_node *n = NULL;
    struct status result = node_open(s, path, mode, &n, e);
    if (done(result)) {
        struct file_sim *x = memory_grow(NULL, sizeof *x);
        *x = (struct file_sim){.base.ops = &file_sim_ops,
                               .disk = s,
                               .node = node_hold(n),
                               .crashes = s->crashes,
                               .writable = mode != FILE_READ};
        *out_file = &x->base;
    }
    return sim_leave(s, result);
}

static fallible sim_file_read(struct file *f, uint64_t offset, void *out_data, size_t size, size_t *out_read,
                              struct err *e)
{
    struct file_sim *x = file_enter(f);
    struct status result = file_usable(x, e);
    if (done(result))
        *out_read = sim_pages_read(&x->node->pages, offset, out_data, size);
    return sim_leave(x->disk, result);
}

static void node_write(struct file_sim *x, uint64_t offset, struct bytes data)
{
    struct sim_pages *p = &x->node->pages;
    size_t before = p->used;
    sim_pages_write(p, offset, data, &x->disk->chance);
    x->disk->pages_used += p->used - before;
}

/* How many of the bytes fit. */
static size_t room_for(const struct file_sim *x, uint64_t offset, size_t size)
{
    uint64_t pages_free = x->disk->pages_max > x->disk->pages_used ? x->disk->pages_max - x->disk->pages_used : 0;
    while (size > 0 && sim_pages_missing(&x->node->pages, offset, offset + size) > pages_free) {
        uint64_t cut = (offset + size - 1) / SIM_PAGE_BYTES * SIM_PAGE_BYTES;
        size = cut > offset ? (size_t)(cut - offset) : 0;
    }
    return size;
}

static fallible write_some(struct file_sim *x, uint64_t offset, struct bytes data, struct err *e)
{
    assert(x->writable);
    bool last = false;
    TRY(file_usable(x, e));
    struct status s = operation_begin(x->disk, "write", &last, e);
    size_t size = room_for(x, offset, data.size);
    if (last)
        node_write(x, offset, bytes_of(data.data, (size_t)rng_below(&x->disk->chance, size + 1)));
    TRY(s);
    node_write(x, offset, bytes_of(data.data, size));
    return size == data.size ? DONE : FAIL(e, FULL, "write: no space left on the disk");
}

static fallible sim_file_write(struct file *f, uint64_t offset, struct bytes data, struct err *e)
{
    struct file_sim *x = file_enter(f);
    return sim_leave(x->disk, write_some(x, offset, data, e));
}

static fallible sim_file_sync(struct file *f, struct err *e)
{
    struct file_sim *x = file_enter(f);
    struct status result = file_usable(x, e);
    if (done(result))
        result = operation_begin(x->disk, "sync", NULL, e);
    if (done(result))
        sim_pages_sync(&x->node->pages);
    return sim_leave(x->disk, result);
}

static fallible sim_file_size(struct file *f, uint64_t *out_size, struct err *e)
{
    struct file_sim *x = file_enter(f);
    struct status result = file_usable(x, e);
    if (done(result))
        *out_size = x->node->pages.size_now;
    return sim_leave(x->disk, result);
}

static fallible preallocate_some(struct file_sim *x, uint64_t size, struct err *e)
{
    assert(x->writable);
    struct sim_pages *p = &x->node->pages;
    TRY(file_usable(x, e));
    TRY(operation_begin(x->disk, "preallocate", NULL, e));
    if (size <= p->size_now)
        return DONE;
    size_t pages = sim_pages_missing(p, p->size_now, size);
    if (x->disk->pages_used + pages > x->disk->pages_max)
        return FAIL(e, FULL, "preallocate: no space left on the disk");
    size_t before = p->used;
    sim_pages_preallocate(p, size);
    x->disk->pages_used += p->used - before;
    return DONE;
}

static fallible sim_file_preallocate(struct file *f, uint64_t size, struct err *e)
{
    struct file_sim *x = file_enter(f);
    return sim_leave(x->disk, preallocate_some(x, size, e));
}

static fallible sim_file_truncate(struct file *f, uint64_t size, struct err *e)
{
    struct file_sim *x = file_enter(f);
    struct status result = file_usable(x, e);
    if (done(result))
        result = operation_begin(x->disk, "truncate", NULL, e);
    if (done(result)) {
        struct sim_pages *p = &x->node->pages;
        x->disk->pages_used -= p->used;
        sim_pages_truncate(p, size, &x->disk->chance);
        x->disk->pages_used += p->used;
    }
    return sim_leave(x->disk, result);
}

static void sim_map_give(struct bytes bytes)
{
    free((void *)(uintptr_t)bytes.data);
}

static const struct file_map_ops sim_map_ops = {.give = sim_map_give};

static fallible sim_file_map(struct file *f, struct file_map *out_map, struct err *e)
{
    struct file_sim *x = file_enter(f);
    struct status result = file_usable(x, e);
    if (done(result)) {
        size_t size = (size_t)x->node->pages.size_now;
        uint8_t *copy = memory_grow(NULL, size + 1);
        *out_map = (struct file_map){.bytes = bytes_of(copy, sim_pages_read(&x->node->pages, 0, copy, size)), .ops = &sim_map_ops};
    }
    return sim_leave(x->disk, result);
}

/* --- the disk --- */

static fallible sim_remove(struct disk *d, const char *path, struct err *e)
{
    struct disk_sim *s = sim_enter(d);
    struct status result = operation_begin(s, path, NULL, e);
    struct sim_node *n = name_find(&s->now, path);
    if (done(result) && n != NULL && n->folder)
        result = FAIL(e, IO, "%s: remove: is a folder", path);
    if (done(result) && n != NULL)
        change_make(s, path, NULL, n);
    return sim_leave(s, result);
}

static fallible sim_rename(struct disk *d, const char *from, const char *to, struct err *e)
{
    struct disk_sim *s = sim_enter(d);
    struct status result = operation_begin(s, from, NULL, e);
    struct sim_node *n = name_find(&s->now, from);
    if (done(result) && (n == NULL || n->folder || !folder_there(&s->now, to)))
        result = FAIL(e, NOT_FOUND, "%s: rename: no such file or folder", from);
    if (done(result) && strcmp(from, to) != 0)
        change_make(s, from, to, n);
    return sim_leave(s, result);
}

static fallible sim_make_folder(struct disk *d, const char *path, struct err *e)
{
    struct disk_sim *s = sim_enter(d);
    struct status result = operation_begin(s, path, NULL, e);
    if (done(result) && !folder_there(&s->now, path))
        result = FAIL(e, NOT_FOUND, "%s: make folder: no folder around it", path);
    if (done(result) && name_find(&s->now, path) == NULL) {
        struct sim_node *n = memory_grow(NULL, sizeof *n);
        *n = (struct sim_node){.folder = true};
        change_make(s, NULL, path, n);
    }
    return sim_leave(s, result);
}

static fallible sim_sync_folder(struct disk *d, const char *path, struct err *e)
{
    struct disk_sim *s = sim_enter(d);
    struct status result = operation_begin(s, path, NULL, e);
    if (done(result))
        changes_sync(s, path);
    return sim_leave(s, result);
}

/* The names are copied, since `each` may well use the disk. */
static fallible sim_list(struct disk *d, const char *folder, disk_each each, void *context, struct err *e)
{
    struct disk_sim *s = sim_enter(d);
    const struct sim_node *n = folder[0] == 0 ? NULL : name_find(&s->now, folder);
    if (folder[0] != 0 && (n == NULL || !n->folder))
        return sim_leave(s, FAIL(e, NOT_FOUND, "%s: list: no such folder", folder));
    char **names = memory_grow(NULL, (s->now.count + 1) * sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < s->now.count; i++)
        if (lies_in(s->now.all[i].path, folder))
            names[count++] = text_copy(s->now.all[i].path + (folder[0] == 0 ? 0 : strlen(folder) + 1));
    struct status result = sim_leave(s, DONE);
    for (size_t i = 0; i < count; i++) {
        if (done(result))
            result = each(context, names[i], e);
        free(names[i]);
    }
    free(names);
    return result;
}

static fallible sim_free_bytes(struct disk *d, uint64_t *out_bytes, struct err *e)
{
    (void)e;
    struct disk_sim *s = sim_enter(d);
    *out_bytes = s->pages_max > s->pages_used ? (s->pages_max - s->pages_used) * SIM_PAGE_BYTES : 0;
    return sim_leave(s, DONE);
}

static fallible sim_lock(struct disk *d, const char *path, struct err *e)
{
    (void)d, (void)path, (void)e;
    return DONE; /* no other process has it */
}

static const char *sim_root(const struct disk *d)
{
    (void)d;
    return "";
}

static void sim_close(struct disk *d)
{
    struct disk_sim *s = sim_of(d);
    while (s->change_count > 0)
        change_forget(s, 0);
    free(s->changes);
    names_free(s, &s->now);
    names_free(s, &s->safe);
    assert(s->pages_used == 0); /* else a file is still open */
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

static const struct disk_ops disk_sim_ops = {
    .close = sim_close,
    .root = sim_root,
    .file_open = sim_file_open,
    .remove = sim_remove,
    .rename = sim_rename,
    .make_folder = sim_make_folder,
    .sync_folder = sim_sync_folder,
    .list = sim_list,
    .free_bytes = sim_free_bytes,
    .lock = sim_lock,
};

static const struct file_ops file_sim_ops = {
    .close = sim_file_close,
    .read = sim_file_read,
    .write = sim_file_write,
    .sync = sim_file_sync,
    .size = sim_file_size,
    .preallocate = sim_file_preallocate,
    .truncate = sim_file_truncate,
    .map = sim_file_map,
};

struct disk *disk_sim_create(uint64_t seed)
{
    struct disk_sim *s = memory_grow(NULL, sizeof *s);
    *s = (struct disk_sim){.base = {&disk_sim_ops, disk_keep_create()}, .pages_max = UINT64_MAX / SIM_PAGE_BYTES};
    (void)pthread_mutex_init(&s->lock, NULL);
    rng_init(&s->chance, seed);
    return &s->base;
}

void disk_sim_crash(struct disk *d)
{
    /* Some crashes lose nearly all, some nearly nothing: the middle alone would leave the corners untested. */
    static const double keeps[] = {0, 0.1, 0.5, 0.9, 1};
    disk_keep_drop(d->keep, NULL); /* they are of open files */
    struct disk_sim *s = sim_enter(d);
    s->crashes++;
    changes_crash(s, keeps[rng_below(&s->chance, COUNT_OF(keeps))]);
    double keep = keeps[rng_below(&s->chance, COUNT_OF(keeps))];
    for (size_t i = 0; i < s->now.count; i++) {
        struct sim_pages *p = &s->now.all[i].node->pages;
        s->pages_used -= p->used;
        sim_pages_crash(p, &s->chance, keep);
        s->pages_used += p->used;
    }
    s->stopped = false;
    s->stop_in = 0;
    (void)sim_leave(s, DONE).code;
}

void disk_sim_stop_after(struct disk *d, uint64_t operations)
{
    struct disk_sim *s = sim_enter(d);
    s->stop_in = operations;
    s->stopped = false;
    (void)sim_leave(s, DONE).code;
}

bool disk_sim_stopped(const struct disk *d)
{
    struct disk_sim *s = sim_enter(d);
    bool stopped = s->stopped;
    (void)sim_leave(s, DONE).code;
    return stopped;
}

uint64_t disk_sim_operations(const struct disk *d)
{
    struct disk_sim *s = sim_enter(d);
    uint64_t operations = s->operations;
    (void)sim_leave(s, DONE).code;
    return operations;
}

void disk_sim_limit(struct disk *d, uint64_t bytes_max)
{
    struct disk_sim *s = sim_enter(d);
    s->pages_max = bytes_max / SIM_PAGE_BYTES;
    (void)sim_leave(s, DONE).code;
}

void disk_sim_corrupt(struct disk *d, const char *path, uint64_t offset)
{
    struct disk_sim *s = sim_enter(d);
    struct sim_node *n = name_find(&s->now, path);
    assert(n != NULL && !n->folder);
    s->pages_used -= n->pages.used;
    sim_pages_flip(&n->pages, offset);
    s->pages_used += n->pages.used;
    (void)sim_leave(s, DONE).code;
}

uint64_t disk_sim_digest(const struct disk *d)
{
    struct disk_sim *s = sim_enter(d);
    struct digest all = {0};
    uint8_t page[SIM_PAGE_BYTES];
    for (size_t i = 0; i < s->now.count; i++) {
        const struct sim_pages *p = &s->now.all[i].node->pages;
        digest_add(&all, bytes_of_text(s->now.all[i].path));
        digest_add_u64(&all, p->size_now);
        for (uint64_t at = 0; at < p->size_now; at += sizeof page)
            digest_add(&all, bytes_of(page, sim_pages_read(p, at, page, sizeof page)));
    }
    (void)sim_leave(s, DONE).code;
    return all.value;
}
