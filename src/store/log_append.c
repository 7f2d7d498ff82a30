#include <stdlib.h>
#include <string.h>

#include "store/log_parts.h"

/* Where a group goes. */
struct place {
    bool fresh;        /* it opens a new segment */
    uint64_t first;    /* of the segment */
    uint64_t position; /* of the group's header */
    int64_t base_time_us;
};

/* The most that a group of these takes. LIMIT. */
static fallible group_bound(const struct log *l, const struct log_record *records, size_t count, size_t *out_bytes,
                            struct err *e)
{
    size_t bytes = LOG_GROUP_HEADER_BYTES;
    int64_t time_us = l->time_us;
    for (size_t i = 0; i < count; i++) {
        size_t size = records[i].payload.size;
        if (size > LOG_RECORD_BYTES_MAX)
            return FAIL(e, LIMIT, "log: a record of %zu bytes, at most %u", size, LOG_RECORD_BYTES_MAX);
        bytes += size + LOG_RECORD_OVERHEAD_BYTES_MAX;
        if (bytes > LOG_GROUP_BYTES_MAX)
            return FAIL(e, LIMIT, "log: a group of more than %u bytes", LOG_GROUP_BYTES_MAX);
        assert(records[i].time_us >= time_us);
        time_us = records[i].time_us;
    }
    *out_bytes = bytes;
    return DONE;
}

static struct place place_choose(const struct log *l, size_t bound, int64_t time_us)
{
    const struct log_segment *last = l->last;
    uint64_t end = atomic_load(&l->end);
    /* A group bigger than a segment gets one for itself, which is then longer than the others. */
    if (last != NULL && last->apply_version == l->options.apply_version) {
        uint64_t used = end - last->first;
        bool fits = used + bound <= l->options.segment_bytes && !l->turns;
        if (fits || used == LOG_SEGMENT_HEADER_BYTES)
            return (struct place){.first = last->first, .position = end, .base_time_us = last->base_time_us};
    }
    return (struct place){
        .fresh = true, .first = end, .position = end + LOG_SEGMENT_HEADER_BYTES, .base_time_us = time_us};
}

/* Writes the header of a new segment into the buffer; returns the seed of its first group. */
static uint32_t segment_encode(struct log *l, const struct place *p)
{
    struct log_segment_header h = {.apply_version = l->options.apply_version,
                                   .run = l->run,
                                   .first = p->first,
                                   .base_time_us = p->base_time_us,
                                   .synced = atomic_load(&l->synced),
                                   .seed = l->crc,
                                   .owner = l->options.owner};
    log_segment_header_seal(&h);
    memcpy(l->group.data, &h, sizeof h);
    return h.check;
}

/* Writes the group into the buffer; returns the last record's checksum. */
static uint32_t group_encode(struct log *l, const struct place *p, struct log_record *records, size_t count)
{
    size_t head = p->fresh ? LOG_SEGMENT_HEADER_BYTES : 0;
    struct log_group_header h = {.run = l->run, .position = p->position, .synced = atomic_load(&l->synced)};
    struct log_group g = {.records = records,
                          .count = count,
                          .base_time_us = p->base_time_us,
                          .seed = p->fresh ? segment_encode(l, p) : l->crc};
    uint32_t crc = log_group_write(l->group.data + head, h, &g);
    l->group.size = head + (size_t)(records[count - 1].position - p->position) +
                    log_record_measure(&records[count - 1], p->base_time_us);
    return crc;
}

static fallible write_here(struct log *l, struct err *e)
{
    uint64_t offset = atomic_load(&l->end) - l->last->first;
    uint64_t end = offset + l->group.size;
    struct status result = file_write(l->last->file, offset, buf_bytes(&l->group), e);
    if (result.code == STATUS_FULL && end > l->file_bytes) /* gives back what did fit */
        TRY(log_fail_for_good(l, file_truncate(l->last->file, l->file_bytes, e)));
    if (result.code == STATUS_FULL)
        return result;
    TRY(log_fail_for_good(l, result));
    l->file_bytes = end > l->file_bytes ? end : l->file_bytes;
    return DONE;
}

static fallible fresh_open(struct log *l, const char *path, struct file **out_file, uint64_t *out_bytes, struct err *e)
{
    (void)pthread_mutex_lock(&l->lock);
    struct file *spare = l->spare;
    l->spare = NULL;
    l->spare_moving = spare != NULL; /* its name is taken until it has the new one: nobody begins another */
    (void)pthread_mutex_unlock(&l->lock);
    *out_bytes = 0;
    if (spare == NULL) /* not ready: a file that grows is slower to sync, but nobody waits now */
        return disk_file_open(l->disk, path, FILE_CREATE, out_file, e);

    char from[LOG_PATH_BYTES_MAX];
    log_path_named(from, l->options.folder, LOG_SPARE_NAME);
    struct status result = disk_rename(l->disk, from, path, e);
    (void)pthread_mutex_lock(&l->lock);
    l->spare_moving = false;
    (void)pthread_mutex_unlock(&l->lock);
    if (failed(result)) {
        file_close(spare);
        return result;
    }
    *out_file = spare;
    *out_bytes = l->options.segment_bytes;
    return DONE;
}

/* A crash must not bring the name back once something lies at its position in the segment before. */
static fallible name_forget(struct log *l, const char *path, struct err *e)
{
    TRY(disk_remove(l->disk, path, e));
    (void)pthread_mutex_lock(&l->lock);
    l->names_made++;
    (void)pthread_mutex_unlock(&l->lock);
    return DONE;
}

static fallible write_fresh(struct log *l, const struct place *p, struct log_segment **out_segment, struct err *e)
{
    char path[LOG_PATH_BYTES_MAX];
    struct file *file = NULL;
    uint64_t bytes = 0;
    /* Names become durable in their order, so that the oldest one found is the oldest there was, or the rest was trimmed.
     * Who syncs at least once a segment never waits here. */
    TRY(log_fail_for_good(l, log_names_sync(l, e)));
    log_path(path, l->options.folder, p->first);
    struct status result = fresh_open(l, path, &file, &bytes, e);
    if (result.code == STATUS_FULL)
        return result;
    TRY(log_fail_for_good(l, result));
    result = file_write(file, 0, buf_bytes(&l->group), e);
    if (failed(result)) {
        file_close(file);
        if (result.code == STATUS_FULL)
            TRY(log_fail_for_good(l, name_forget(l, path, e)));
        return result.code == STATUS_FULL ? result : log_fail_for_good(l, result);
    }
    struct log_segment_header h = {
        .first = p->first, .base_time_us = p->base_time_us, .apply_version = l->options.apply_version};
    *out_segment = log_segment_create(file, &h, l->options.segment_bytes + LOG_GROUP_BYTES_MAX);
    l->file_bytes = bytes > l->group.size ? bytes : l->group.size;
    return DONE;
}

/* From here on readers see the group. */
static void group_publish(struct log *l, struct log_segment *fresh, uint64_t position)
{
    (void)pthread_mutex_lock(&l->lock);
    if (fresh != NULL) {
        struct log_segment **segments = realloc(l->segments, (l->segment_count + 1) * sizeof *segments);
        if (segments == NULL)
            abort();
        l->segments = segments;
        l->segments[l->segment_count++] = fresh;
        l->last = fresh;
        l->names_made++;
    }
    uint64_t end = atomic_load(&l->end) + l->group.size;
    log_segment_note(l->last, position - l->last->first, end - l->last->first);
    atomic_store(&l->end, end);
    (void)pthread_mutex_unlock(&l->lock);
}

void log_turn(struct log *l)
{
    assert(!l->options.read_only);
    l->turns = true;
}

fallible log_append(struct log *l, struct log_record *records, size_t count, struct err *e)
{
    size_t bound = 0;
    TRY(log_usable(l, e));
    if (count == 0)
        return DONE;
    TRY(group_bound(l, records, count, &bound, e));
    buf_clear(&l->group);
    if (buf_extend(&l->group, LOG_SEGMENT_HEADER_BYTES + bound) == NULL)
        return FAIL(e, FULL, "log: no memory for a group of %zu bytes", bound);

    struct place p = place_choose(l, bound, records[0].time_us);
    struct log_segment *fresh = NULL;
    uint32_t crc = group_encode(l, &p, records, count);
    TRY(WRAP(e, p.fresh ? write_fresh(l, &p, &fresh, e) : write_here(l, e), "log %s", l->options.folder));
    group_publish(l, fresh, p.position);
    l->turns = false;
    l->crc = crc;
    l->time_us = records[count - 1].time_us;
    return DONE;
}
