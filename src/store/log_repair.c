#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "store/log_parts.h"

#define COPY_BYTES (256u << 10)
#define SALVAGE_BLOCK_BYTES (1u << 20)

struct repair {
    struct disk *disk;
    const struct log_options *options;
    struct log_scan scan;
    char damaged[LOG_PATH_BYTES_MAX]; /* the folder for what is bad */
    struct arena *arena;
    struct log_record *salvaged; /* good records in front of the first bad one in its group */
    size_t salvaged_count;
    uint64_t salvaged_bytes; /* what they took in the log, with their group's header */
};

static struct log_segment *last_good(const struct repair *r)
{
    return r->scan.segment_count == 0 ? NULL : r->scan.segments[r->scan.segment_count - 1];
}

/* The bad group's bytes, or as many of them as there are. */
static fallible group_read(struct repair *r, const struct log_segment *last, struct log_group_header *out_header,
                           struct bytes *out_body, struct err *e)
{
    uint64_t offset = r->scan.end - last->first, size = 0;
    size_t got = 0;
    *out_body = BYTES_NONE;
    uint8_t *head = arena_take(r->arena, LOG_GROUP_HEADER_BYTES, 8);
    TRY(file_read(last->file, offset, head, LOG_GROUP_HEADER_BYTES, &got, e));
    TRY(file_size(last->file, &size, e));
    if (!log_group_header_read(bytes_of(head, got), r->scan.end, out_header))
        return DONE;
    if (out_header->crc != log_group_header_crc(out_header, r->scan.crc))
        return DONE;
    uint8_t *body = arena_take(r->arena, out_header->size + 1, 8);
    TRY(file_read(last->file, offset + LOG_GROUP_HEADER_BYTES, body, out_header->size, &got, e));
    *out_body = bytes_of(body, got);
    return DONE;
}

static fallible salvage(struct repair *r, struct err *e)
{
    const struct log_segment *last = last_good(r);
    struct log_group_header h = {0};
    struct bytes body;
    if (last == NULL)
        return DONE;
    TRY(group_read(r, last, &h, &body, e));
    uint32_t crc = h.crc;
    size_t most = h.count < body.size ? h.count : body.size;
    r->salvaged = ARENA_ARRAY(r->arena, struct log_record, most + 1);
    for (size_t at = 0; r->salvaged_count < most;) {
        struct log_record *record = &r->salvaged[r->salvaged_count];
        size_t size = log_record_read(bytes_slice(body, at, body.size), last->base_time_us, record, &crc);
        if (size == 0)
            break;
        record->position = r->scan.end + LOG_GROUP_HEADER_BYTES + at;
        at += size;
        r->salvaged_count++;
        r->salvaged_bytes = LOG_GROUP_HEADER_BYTES + at;
    }
    return DONE;
}

/* What to copy where: bytes [from, until) of a file. */
struct copy {
    struct file *file;
    uint64_t from;
    uint64_t until;
    const char *name; /* in the damaged folder */
};

static fallible bytes_copy(struct repair *r, const struct copy *c, struct file *to, struct err *e)
{
    uint8_t *data = arena_take(r->arena, COPY_BYTES, 8);
    size_t got = 1;
    for (uint64_t at = c->from; got > 0 && at < c->until; at += got) {
        uint64_t left = c->until - at;
        TRY(file_read(c->file, at, data, left < COPY_BYTES ? (size_t)left : COPY_BYTES, &got, e));
        TRY(file_write(to, at - c->from, bytes_of(data, got), e));
    }
    return file_sync(to, e);
}

static fallible copy_make(struct repair *r, const struct copy *c, struct err *e)
{
    char path[LOG_PATH_BYTES_MAX];
    struct file *to = NULL;
    log_path_named(path, r->damaged, c->name);
    TRY(disk_file_open(r->disk, path, FILE_CREATE, &to, e));
    struct status s = bytes_copy(r, c, to, e);
    file_close(to);
    TRY(s);
    return disk_sync_folder(r->disk, r->damaged, e);
}

/* The last good segment's bad tail. */
static fallible tail_copy(struct repair *r, struct err *e)
{
    const struct log_segment *last = last_good(r);
    char name[32];
    if (last == NULL || r->scan.tail_end == r->scan.end)
        return DONE;
    (void)snprintf(name, sizeof name, "%016llx.part", (unsigned long long)r->scan.end);
    return copy_make(r, &(struct copy){last->file, r->scan.end - last->first, r->scan.tail_end - last->first, name}, e);
}

/* Moves the segments behind the bad place away, the newest first and one by one: whatever a crash leaves is seen as
 * damaged again. */
static fallible segments_move(struct repair *r, size_t until, struct err *e)
{
    char from[LOG_PATH_BYTES_MAX], to[LOG_PATH_BYTES_MAX];
    for (size_t i = r->scan.name_count; i > until; i--) {
        log_path(from, r->options->folder, r->scan.names[i - 1]);
        log_path(to, r->damaged, r->scan.names[i - 1]);
        TRY(disk_rename(r->disk, from, to, e));
        TRY(disk_sync_folder(r->disk, r->damaged, e));
        TRY(disk_sync_folder(r->disk, r->options->folder, e));
    }
    return DONE;
}

/* Nothing good is left of a trimmed log: an empty segment takes the first one's place, so that no position is used
 * twice. */
static fallible place_keep(struct repair *r, struct err *e)
{
    char path[LOG_PATH_BYTES_MAX];
    struct file *f = NULL;
    uint64_t size = 0;
    log_path(path, r->options->folder, r->scan.end);
    TRY(disk_file_open(r->disk, path, FILE_READ, &f, e));
    struct status s = file_size(f, &size, e);
    if (done(s))
        s = copy_make(r, &(struct copy){f, 0, size, strrchr(path, '/') + 1}, e);
    file_close(f);
    TRY(s);
    struct log_segment_header h = {
        .apply_version = r->options->apply_version, .run = r->scan.run + 1, .first = r->scan.end, .owner = r->options->owner};
    log_segment_header_seal(&h);
    return disk_write_all(r->disk, path, bytes_of(&h, sizeof h), e);
}

/* Cuts the tail that was copied, by hand: to log_open it is still corruption. */
static fallible tail_drop(struct repair *r, struct err *e)
{
    const struct log_segment *last = last_good(r);
    if (last == NULL)
        return DONE;
    TRY(file_truncate(last->file, r->scan.end - last->first, e));
    return file_sync(last->file, e);
}

/* Writes the salvaged records again as a group of their own, at the same place: they keep their positions. */
static fallible salvaged_write(struct repair *r, struct err *e)
{
    const struct log_segment *last = last_good(r);
    const struct log_scan *s = &r->scan;
    if (r->salvaged_count == 0)
        return DONE;
    uint64_t position = r->salvaged[0].position;
    struct log_group_header h = {
        .run = s->run + 1, .position = s->end, .synced = s->mark < s->end ? s->mark : s->end};
    struct log_group g = {.records = r->salvaged,
                          .count = r->salvaged_count,
                          .base_time_us = last->base_time_us,
                          .seed = s->crc};
    size_t size = log_group_measure(&g);
    uint8_t *data = arena_take(r->arena, size, 8);
    (void)log_group_write(data, h, &g);
    assert(r->salvaged[0].position == position && size == r->salvaged_bytes);
    TRY(file_write(last->file, s->end - last->first, bytes_of(data, size), e));
    return file_sync(last->file, e);
}

/* A state whose log ends before it can't be started from: that damage is worse than the one that is there. */
static fallible cut_check(const struct repair *r, uint64_t needed, struct err *e)
{
    uint64_t end = r->scan.end + r->salvaged_bytes;
    if (end >= needed)
        return DONE;
    return FAIL(e, CORRUPT, "the first bad record stands at position %llu, and the state at %llu: a cut there would take away what the state stands on, so nothing "
                "was changed; put back the damaged segment from a copy", (unsigned long long)end, (unsigned long long)needed);
}

static fallible repair_run(struct repair *r, uint64_t needed, struct err *e)
{
    TRY(salvage(r, e));
    TRY(cut_check(r, needed, e));
    TRY(disk_make_folder(r->disk, r->damaged, e));
    TRY(disk_sync_folder(r->disk, r->options->folder, e));
    TRY(tail_copy(r, e));
    bool placeless = r->scan.segment_count == 0 && r->scan.end > 0;
    TRY(segments_move(r, placeless ? 1 : r->scan.segment_count, e));
    if (placeless)
        TRY(place_keep(r, e));
    TRY(tail_drop(r, e));
    return salvaged_write(r, e);
}

fallible log_repair(struct disk *d, const struct log_options *options, const struct log_cut *cut, uint64_t *out_lost_bytes,
                    struct err *e)
{
    assert(!options->read_only);
    struct repair r = {.disk = d, .options = options};
    char name[48], lock[LOG_PATH_BYTES_MAX];
    (void)snprintf(name, sizeof name, "damaged-%lld", (long long)cut->now_us);
    log_path_named(r.damaged, options->folder, name);
    log_path_named(lock, options->folder, "lock");
    TRY(disk_lock(d, lock, e));
    TRY(log_scan_run(d, options, &r.scan, e));

    struct status s = DONE;
    r.arena = arena_create(SALVAGE_BLOCK_BYTES);
    if (r.scan.torn_bytes > 0 || r.scan.segment_count < r.scan.name_count)
        s = repair_run(&r, cut->needed, e);
    if (done(s))
        *out_lost_bytes = r.scan.torn_bytes - (r.salvaged_bytes < r.scan.torn_bytes ? r.salvaged_bytes : r.scan.torn_bytes);
    log_scan_fini(&r.scan);
    arena_destroy(r.arena);
    return WRAP(e, s, "log %s", options->folder);
}
