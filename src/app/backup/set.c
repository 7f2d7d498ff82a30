#include "app/backup/set.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app.h"
#include "app/backup/copy.h"
#include "base/time.h"
#include "edge/api/api.h"
#include "lib/json.h"
#include "store/cold_folder.h"
#include "store/disk.h"

#define FORMAT 1u
#define CONTENT "files"
#define HALF_MADE "files/incoming"
#define LIST_ENDING ".backup"
#define LIST_BYTES_MAX (256u << 20)
#define LINE_BYTES_MAX 8192u
#define CHECK_DIGITS 16u
#define NS_PER_US 1000

struct backup_set {
    struct disk *disk;
    const char *folder;
};

fallible backup_set_open(const char *folder, bool makes, struct backup_set **out_set, struct err *e)
{
    if (!makes && !cold_folder_is_there(folder))
        return FAIL(e, NOT_FOUND, either("%s holds no backups", "%s 中没有备份"), folder);
    struct disk *disk = NULL;
    TRY(disk_open_real(folder, &disk, e));
    struct status status = disk_lock(disk, "LOCK", e);
    if (done(status))
        status = disk_make_folder(disk, CONTENT, e);
    if (failed(status)) {
        disk_close(disk);
        return status;
    }
    struct backup_set *s = malloc(sizeof *s);
    if (s == NULL)
        abort();
    *s = (struct backup_set){disk, disk_root(disk)};
    *out_set = s;
    return DONE;
}

void backup_set_close(struct backup_set *s)
{
    if (s == NULL)
        return;
    disk_close(s->disk);
    free(s);
}

/* --- content --- */

/* "files/ab/ab01…": in the arena. */
static const char *content_path(struct hash128 hash, struct arena *a)
{
    char text[PUBLIC_ID_TEXT_BYTES];
    (void)public_id_text(hash, text);
    return arena_printf(a, CONTENT "/%.2s/%s", text, text);
}

static const char *path_in(const char *folder, const char *path, struct arena *a)
{
    return arena_printf(a, "%s/%s", folder, path);
}

static bool has_content(const struct backup_set *s, const struct backup_file *f, struct arena *a)
{
    struct stat about;
    return stat(path_in(s->folder, content_path(f->hash, a), a), &about) == 0 && (uint64_t)about.st_size == f->size;
}

static fallible content_add(struct backup_set *s, struct copying *c, const char *from, struct backup_file *f,
                            struct arena *a, struct err *e)
{
    TRY(disk_remove(s->disk, HALF_MADE, e));
    TRY(copy_file(c, from, path_in(s->folder, HALF_MADE, a), f->size, &f->hash, e));
    const char *to = content_path(f->hash, a);
    const char *folder = arena_printf(a, "%.*s", (int)(strrchr(to, '/') - to), to);
    TRY(disk_make_folder(s->disk, folder, e));
    TRY(disk_rename(s->disk, HALF_MADE, to, e));
    return disk_sync_folder(s->disk, folder, e);
}

/* --- lists --- */

static void head_write(struct json_writer *w, const struct backup *b)
{
    char time[TIME_TEXT_BYTES], digest[PUBLIC_ID_TEXT_BYTES];
    json_object_begin(w);
    json_key(w, "backup");
    json_put_uint64(w, FORMAT);
    json_key(w, "kith");
    json_put_text(w, b->version);
    json_key(w, "workspace");
    json_put_text(w, b->workspace);
    json_key(w, "taken");
    json_put_text(w, time_format(b->taken_us, time));
    json_key(w, "position");
    json_put_uint64(w, b->position);
    json_key(w, "time");
    json_put_text(w, time_format(b->time_us, time));
    json_key(w, "digest");
    if (b->has_digest)
        json_put_text(w, public_id_text(b->digest, digest));
    else
        json_put_null(w);
    json_key(w, "bytes");
    json_put_uint64(w, b->bytes);
    json_object_end(w);
}

static void file_write_line(struct json_writer *w, const struct backup_file *f)
{
    char hash[PUBLIC_ID_TEXT_BYTES];
    json_object_begin(w);
    json_key(w, "path");
    json_put_text(w, f->path);
    json_key(w, "size");
    json_put_uint64(w, f->size);
    json_key(w, "hash");
    json_put_text(w, public_id_text(f->hash, hash));
    json_key(w, "inode");
    json_put_uint64(w, f->inode);
    json_key(w, "changed");
    json_put_int64(w, f->changed_us);
    json_object_end(w);
}

static fallible list_write(struct backup_set *s, const struct backup *b, struct arena *a, struct err *e)
{
    struct buf text;
    struct json_writer w;
    buf_init(&text, LIST_BYTES_MAX);
    json_writer_init(&w, &text, false);
    head_write(&w, b);
    buf_push_byte(&text, '\n');
    for (size_t i = 0; i < b->file_count; i++) {
        json_writer_init(&w, &text, false);
        file_write_line(&w, &b->files[i]);
        buf_push_byte(&text, '\n');
    }
    buf_printf(&text, "{\"check\":\"%016" PRIx64 "\"}\n", hash64(buf_bytes(&text), 0));
    struct status status = text.overflowed ? FAIL(e, LIMIT, "a backup of so many files has no room for its list")
                                           : disk_write_all(s->disk, arena_printf(a, "%s" LIST_ENDING, b->name),
                                                            buf_bytes(&text), e);
    buf_fini(&text);
    return status;
}

/* The last line is a checksum of those before it. */
static bool check_is_good(struct bytes text)
{
    static const size_t size = sizeof "{\"check\":\"0123456789abcdef\"}\n" - 1;
    char want[sizeof "{\"check\":\"0123456789abcdef\"}\n"];
    if (text.size < size)
        return false;
    struct bytes body = bytes_slice(text, 0, text.size - size);
    (void)snprintf(want, sizeof want, "{\"check\":\"%016" PRIx64 "\"}\n", hash64(body, 0));
    return bytes_equal(bytes_slice(text, body.size, text.size), bytes_of_text(want));
}

static bool head_read(struct json j, struct backup *b, struct arena *a)
{
    struct err ignored;
    uint64_t format = 0;
    struct bytes digest = json_string(json_find(j, BYTES_LIT("digest")));
    b->version = arena_text(a, json_string(json_find(j, BYTES_LIT("kith"))));
    b->workspace = arena_text(a, json_string(json_find(j, BYTES_LIT("workspace"))));
    b->has_digest = public_id_read(digest, &b->digest);
    return json_uint64(json_find(j, BYTES_LIT("backup")), &format) && format == FORMAT && *b->workspace != 0 &&
           done(time_parse(json_string(json_find(j, BYTES_LIT("taken"))), &b->taken_us, &ignored)) &&
           done(time_parse(json_string(json_find(j, BYTES_LIT("time"))), &b->time_us, &ignored)) &&
           json_uint64(json_find(j, BYTES_LIT("position")), &b->position) &&
           json_uint64(json_find(j, BYTES_LIT("bytes")), &b->bytes);
}

/* A path leads nowhere but into the folder. */
static bool path_is_good(struct bytes path)
{
    if (path.size == 0 || path.data[0] == '/')
        return false;
    for (size_t at = 0; at < path.size;) {
        const uint8_t *slash = memchr(path.data + at, '/', path.size - at);
        size_t until = slash == NULL ? path.size : (size_t)(slash - path.data);
        if (until == at || path.data[at] == '.')
            return false;
        at = until + 1;
    }
    return path.data[path.size - 1] != '/';
}

static bool file_read_line(struct json j, struct backup_file *f, struct arena *a)
{
    struct bytes path = json_string(json_find(j, BYTES_LIT("path")));
    f->path = arena_text(a, path);
    return path_is_good(path) && !json_has_nul(json_find(j, BYTES_LIT("path"))) &&
           json_uint64(json_find(j, BYTES_LIT("size")), &f->size) &&
           public_id_read(json_string(json_find(j, BYTES_LIT("hash"))), &f->hash) &&
           json_uint64(json_find(j, BYTES_LIT("inode")), &f->inode) &&
           json_int64(json_find(j, BYTES_LIT("changed")), &f->changed_us);
}

static fallible list_parse(struct json_parser *p, struct bytes text, struct arena *a, struct backup *b, struct err *e)
{
    struct json_lines lines;
    struct json_line line;
    size_t room = 0;
    if (!check_is_good(text))
        return FAIL(e, CORRUPT, "%s" LIST_ENDING " is damaged: its checksum is wrong", b->name);
    for (size_t i = 0; i < text.size; i++)
        room += text.data[i] == '\n';
    b->files = ARENA_ARRAY(a, struct backup_file, room);
    json_lines_init(&lines, p, text);
    for (uint64_t n = 1; n < room && json_lines_next(&lines, &line, e); n++) { /* all but the checksum */
        TRY(line.status);
        bool good = n == 1 ? head_read(line.root, b, a) : file_read_line(line.root, &b->files[b->file_count++], a);
        if (!good)
            return FAIL(e, CORRUPT, "%s" LIST_ENDING ": line %" PRIu64 " is not of format %u", b->name, n, FORMAT);
    }
    return DONE;
}

struct listing {
    struct arena *arena;
    const char **names;
    size_t count, room;
};

static struct status name_take(void *context, const char *name, struct err *e)
{
    (void)e;
    struct listing *l = context;
    size_t size = strlen(name), ending = strlen(LIST_ENDING);
    if (size <= ending || strcmp(name + size - ending, LIST_ENDING) != 0)
        return DONE;
    if (l->count == l->room) {
        const char **more = ARENA_ARRAY(l->arena, const char *, l->room * 2 + 16);
        if (l->count > 0)
            memcpy(more, l->names, l->count * sizeof *more);
        l->names = more;
        l->room = l->room * 2 + 16;
    }
    l->names[l->count++] = arena_text(l->arena, bytes_of(name, size - ending));
    return DONE;
}

fallible backup_names(struct backup_set *s, struct arena *a, const char ***out_names, size_t *out_count, struct err *e)
{
    struct listing l = {.arena = a};
    TRY(disk_list(s->disk, ".", name_take, &l, e)); /* in order: a name is a time */
    *out_names = l.names;
    *out_count = l.count;
    return DONE;
}

fallible backup_read(struct backup_set *s, const char *name, struct arena *a, struct backup *out_backup, struct err *e)
{
    const char **names;
    size_t count;
    TRY(backup_names(s, a, &names, &count, e));
    if (name == NULL && count > 0)
        name = names[count - 1];
    if (name == NULL || strchr(name, '/') != NULL)
        return FAIL(e, NOT_FOUND, either("%s holds no such backup", "%s 中没有这个备份"), s->folder);
    *out_backup = (struct backup){.name = arena_text(a, bytes_of_text(name))};
    struct buf text;
    buf_init(&text, LIST_BYTES_MAX);
    struct status status = disk_read_all(s->disk, arena_printf(a, "%s" LIST_ENDING, name), &text, e);
    struct json_parser *p = json_parser_create(LINE_BYTES_MAX);
    if (p == NULL)
        abort();
    if (done(status))
        status = list_parse(p, buf_bytes(&text), a, out_backup, e);
    json_parser_destroy(p);
    buf_fini(&text);
    return status;
}

/* --- writing one --- */

/* Of the log's last segment no more than the backup is to hold. */
static uint64_t size_of(const char *path, uint64_t size, uint64_t log_end)
{
    unsigned long long first = 0;
    if (sscanf(path, "log/%16llx.log", &first) != 1 || log_end <= first)
        return size;
    return size < log_end - first ? size : log_end - first;
}

static void file_note(struct backup *b, size_t *io_room, const FTSENT *at, const char *path, struct arena *a)
{
    if (b->file_count == *io_room) {
        struct backup_file *more = ARENA_ARRAY(a, struct backup_file, *io_room * 2 + 256);
        if (b->file_count > 0)
            memcpy(more, b->files, b->file_count * sizeof *more);
        b->files = more;
        *io_room = *io_room * 2 + 256;
    }
    const struct stat *about = at->fts_statp;
    b->files[b->file_count++] = (struct backup_file){
        .path = arena_text(a, bytes_of_text(path)),
        .size = size_of(path, (uint64_t)about->st_size, b->position),
        .inode = about->st_ino,
        .changed_us = about->st_mtim.tv_sec * US_PER_SECOND + about->st_mtim.tv_nsec / NS_PER_US,
    };
}

static fallible files_find(const char *folder, struct backup *b, struct arena *a, struct err *e)
{
    char *const roots[] = {arena_text(a, bytes_of_text(folder)), NULL};
    size_t room = 0, skip = strlen(folder) + 1;
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (walk == NULL)
        return FAIL(e, IO, "%s: %s", folder, strerror(errno));
    struct status status = DONE;
    for (FTSENT *at; done(status) && (at = fts_read(walk)) != NULL;) {
        if (at->fts_info == FTS_F)
            file_note(b, &room, at, at->fts_path + skip, a);
        else if (at->fts_info == FTS_ERR || at->fts_info == FTS_DNR || at->fts_info == FTS_NS)
            status = FAIL(e, IO, "%s: %s", at->fts_path, strerror(at->fts_errno));
    }
    (void)fts_close(walk);
    return status;
}

static int by_origin(const void *a, const void *b)
{
    const struct backup_file *x = a, *y = b;
    if (x->inode != y->inode)
        return x->inode < y->inode ? -1 : 1;
    return (x->size > y->size) - (x->size < y->size);
}

/* Has the backup before a copy of this very file? Then it has its hash. */
static bool is_known(const struct backup *before, struct backup_file *f)
{
    const struct backup_file *there = before->file_count == 0 ? NULL
                                                              : bsearch(f, before->files, before->file_count,
                                                                        sizeof *before->files, by_origin);
    if (there == NULL || there->changed_us != f->changed_us)
        return false;
    f->hash = there->hash;
    return true;
}

static void name_make(struct backup *b, struct arena *a)
{
    char text[TIME_TEXT_BYTES];
    (void)time_format(b->taken_us / US_PER_MS * US_PER_MS + 1, text); /* with all its digits */
    b->name = arena_printf(a, "%.13s%.2s%.6sZ", text, text + 14,
                           text + 17); /* no colons: not all file systems take them */
}

static fallible files_copy(struct backup_set *s, const char *folder, struct backup *b, const struct backup_pace *pace,
                           struct arena *a, struct backup_written *out_written, struct err *e)
{
    struct backup before = {0};
    struct status status = backup_read(s, NULL, a, &before, e);
    if (failed(status) && status.code != STATUS_NOT_FOUND)
        before.file_count = 0; /* one that is damaged knows nothing */
    if (before.file_count > 0)
        qsort(before.files, before.file_count, sizeof *before.files, by_origin);
    struct copying *c = copying_create(pace);
    status = DONE;
    for (size_t i = 0; i < b->file_count && done(status); i++) {
        struct backup_file *f = &b->files[i];
        b->bytes += f->size;
        if (is_known(&before, f) && has_content(s, f, a))
            continue;
        out_written->copied += f->size;
        status = content_add(s, c, path_in(folder, f->path, a), f, a, e);
    }
    copying_destroy(c);
    return status;
}

fallible backup_write(struct backup_set *s, const char *folder, struct backup *io_backup,
                      const struct backup_pace *pace, struct arena *a, struct backup_written *out_written,
                      struct err *e)
{
    struct backup *b = io_backup;
    struct backup there;
    name_make(b, a);
    if (done(backup_read(s, b->name, a, &there, e)))
        return FAIL(e, EXISTS, "there is a backup %s already", b->name);
    *out_written = (struct backup_written){0};
    TRY(files_find(folder, b, a, e));
    TRY(files_copy(s, folder, b, pace, a, out_written, e));
    TRY(disk_sync_folder(s->disk, CONTENT, e));
    TRY(list_write(s, b, a, e));
    out_written->bytes = b->bytes;
    return DONE;
}

/* --- bringing one back --- */

static fallible folders_make(const char *folder, const char *path, struct arena *a, struct err *e)
{
    for (const char *slash = path; (slash = strchr(slash, '/')) != NULL; slash++)
        TRY(cold_folder_make(arena_printf(a, "%s/%.*s", folder, (int)(slash - path), path), e));
    return DONE;
}

static fallible file_fetch(struct backup_set *s, struct copying *c, const struct backup_file *f, const char *folder,
                           struct arena *a, struct err *e)
{
    struct hash128 hash;
    TRY(folders_make(folder, f->path, a, e));
    TRY(copy_file(c, path_in(s->folder, content_path(f->hash, a), a), path_in(folder, f->path, a), f->size, &hash, e));
    if (!hash128_equal(hash, f->hash))
        return FAIL(e, CORRUPT, "%s in the backup is not what was put into it", f->path);
    return DONE;
}

fallible backup_fetch(struct backup_set *s, const struct backup *b, const char *folder, const struct backup_pace *pace,
                      struct err *e)
{
    struct copying *c = copying_create(pace);
    struct arena *a = arena_create(LINE_BYTES_MAX);
    struct status status = DONE;
    for (size_t i = 0; i < b->file_count && done(status); i++) {
        status = file_fetch(s, c, &b->files[i], folder, a, e);
        arena_reset(a);
    }
    arena_destroy(a);
    copying_destroy(c);
    return done(status) ? cold_folder_sync(folder, e) : status;
}

/* --- dropping old ones --- */

static int by_hash(const void *a, const void *b)
{
    const struct hash128 *x = a, *y = b;
    if (x->high != y->high)
        return x->high < y->high ? -1 : 1;
    return (x->low > y->low) - (x->low < y->low);
}

struct hashes {
    struct hash128 *list;
    size_t count;
};

/* Of all backups that are left, sorted. */
static fallible hashes_read(struct backup_set *s, const char **names, size_t count, struct arena *a, struct hashes *out,
                            struct err *e)
{
    struct hashes h = {0};
    for (size_t i = 0; i < count; i++) {
        struct backup b;
        TRY(backup_read(s, names[i], a, &b, e));
        struct hash128 *more = ARENA_ARRAY(a, struct hash128, h.count + b.file_count + 1);
        if (h.count > 0)
            memcpy(more, h.list, h.count * sizeof *more);
        for (size_t k = 0; k < b.file_count; k++)
            more[h.count + k] = b.files[k].hash;
        h = (struct hashes){more, h.count + b.file_count};
    }
    if (h.count > 0)
        qsort(h.list, h.count, sizeof *h.list, by_hash);
    *out = h;
    return DONE;
}

static fallible content_sweep(struct backup_set *s, const struct hashes *kept, struct arena *a, uint64_t *out_bytes,
                              struct err *e)
{
    char *const roots[] = {arena_printf(a, "%s/" CONTENT, s->folder), NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (walk == NULL)
        return FAIL(e, IO, "%s: %s", roots[0], strerror(errno));
    struct status status = DONE;
    for (FTSENT *at; done(status) && (at = fts_read(walk)) != NULL;) {
        struct hash128 hash;
        if (at->fts_info != FTS_F || !public_id_read(bytes_of_text(at->fts_name), &hash) ||
            (kept->count > 0 && bsearch(&hash, kept->list, kept->count, sizeof hash, by_hash) != NULL))
            continue;
        *out_bytes += (uint64_t)at->fts_statp->st_size;
        if (unlink(at->fts_path) != 0)
            status = FAIL(e, IO, "%s: %s", at->fts_path, strerror(errno));
    }
    (void)fts_close(walk);
    return status;
}

fallible backup_prune(struct backup_set *s, size_t keep, struct arena *a, size_t *out_dropped, uint64_t *out_bytes,
                      struct err *e)
{
    const char **names;
    size_t count;
    struct hashes kept;
    assert(keep > 0);
    TRY(backup_names(s, a, &names, &count, e));
    size_t drop = count > keep ? count - keep : 0;
    TRY(hashes_read(s, names + drop, count - drop, a, &kept, e));
    for (size_t i = 0; i < drop; i++)
        TRY(disk_remove(s->disk, arena_printf(a, "%s" LIST_ENDING, names[i]), e));
    TRY(disk_sync_folder(s->disk, ".", e));
    *out_dropped = drop;
    *out_bytes = 0;
    return content_sweep(s, &kept, a, out_bytes, e);
}
