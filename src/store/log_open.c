#include <stdlib.h>
#include <string.h>

#include "store/log_parts.h"

/* A log that another process writes may grow or be trimmed under the scan: look again. */
#define READ_ONLY_TRIES_MAX 5

static struct log *log_create(struct disk *d, const struct log_options *options)
{
    struct log *l = calloc(1, sizeof *l);
    char *folder = strdup(options->folder);
    if (l == NULL || folder == NULL)
        abort();
    l->disk = d;
    l->options = *options;
    l->options.folder = folder;
    (void)pthread_mutex_init(&l->lock, NULL);
    buf_init(&l->group, LOG_GROUP_BYTES_MAX + LOG_SEGMENT_HEADER_BYTES);
    return l;
}

void log_close(struct log *l)
{
    if (l == NULL)
        return;
    for (size_t i = 0; i < l->segment_count; i++)
        log_segment_drop(l->segments[i]);
    free(l->segments);
    file_close(l->spare);
    file_close(l->growing);
    buf_fini(&l->group);
    (void)pthread_mutex_destroy(&l->lock);
    free((char *)(uintptr_t)l->options.folder);
    free(l);
}

static fallible folder_ready(struct log *l, struct err *e)
{
    char above[LOG_PATH_BYTES_MAX];
    char lock[LOG_PATH_BYTES_MAX];
    log_path_named(above, l->options.folder, "");
    *strrchr(above, '/') = 0;
    char *slash = strrchr(above, '/');
    *(slash == NULL ? above : slash) = 0;
    log_path_named(lock, l->options.folder, "lock");
    TRY(disk_make_folder(l->disk, l->options.folder, e));
    TRY(disk_sync_folder(l->disk, above, e));
    return disk_lock(l->disk, lock, e);
}

/* Zeroes what lies behind the last good record, so that nothing of it can ever be taken for a record again. */
static fallible tail_zero(const struct log_scan *s, struct err *e)
{
    static const uint8_t zeroes[64u << 10];
    const struct log_segment *last = s->segments[s->segment_count - 1];
    for (uint64_t at = s->end; at < s->tail_end;) {
        uint64_t left = s->tail_end - at;
        size_t size = left < sizeof zeroes ? (size_t)left : sizeof zeroes;
        TRY(file_write(last->file, at - last->first, bytes_of(zeroes, size), e));
        at += size;
    }
    return DONE;
}

/* Cuts what the scan didn't find good. The newest file first and one by one, so that a crash leaves no newer one whose
 * older ones are gone: that would look like a trimmed log. */
static fallible tail_cut(struct log *l, const struct log_scan *s, struct err *e)
{
    char path[LOG_PATH_BYTES_MAX];
    for (size_t i = s->name_count; i > s->segment_count; i--) {
        log_path(path, l->options.folder, s->names[i - 1]);
        TRY(disk_remove(l->disk, path, e));
        TRY(disk_sync_folder(l->disk, l->options.folder, e));
    }
    log_path_named(path, l->options.folder, LOG_SPARE_NAME); /* may hold anything after a crash */
    TRY(disk_remove(l->disk, path, e));
    return s->segment_count == 0 ? DONE : tail_zero(s, e);
}

/* Makes durable what the scan read: until now it may have been in the system's memory only. */
static fallible found_sync(struct log *l, const struct log_scan *s, struct err *e)
{
    for (size_t i = 0; i < s->segment_count; i++) {
        uint64_t end = i + 1 < s->segment_count ? s->names[i + 1] : UINT64_MAX;
        if (end > s->mark)
            TRY(file_sync(s->segments[i]->file, e));
    }
    return disk_sync_folder(l->disk, l->options.folder, e);
}

/* Room for what comes: the rest of the last segment, or a spare. A full disk is no reason not to open. */
static fallible room_make(struct log *l, const struct log_scan *s, struct err *e)
{
    struct log_segment *last = s->segment_count == 0 ? NULL : s->segments[s->segment_count - 1];
    bool goes_on = last != NULL && last->apply_version == l->options.apply_version;
    if (goes_on && s->end - last->first < l->options.segment_bytes) {
        struct status result = file_preallocate(last->file, l->options.segment_bytes, e);
        if (failed(result) && result.code != STATUS_FULL)
            return result;
    }
    if (!goes_on || s->end - last->first > l->options.segment_bytes / 2)
        TRY(log_spare_grow(l, l->options.segment_bytes, e));
    return last == NULL ? DONE : file_size(last->file, &l->file_bytes, e);
}

/* The log takes over what was found. */
static void found_take(struct log *l, struct log_scan *s)
{
    l->segments = s->segments;
    l->segment_count = s->segment_count;
    l->last = s->segment_count == 0 ? NULL : s->segments[s->segment_count - 1];
    l->crc = s->crc;
    l->run = s->run + 1;
    l->time_us = s->time_us;
    l->torn_bytes = s->torn_bytes;
    l->torn = s->torn_bytes > 0;
    atomic_store(&l->kept_from, s->segment_count == 0 ? s->end : s->segments[0]->first);
    atomic_store(&l->end, s->end);
    atomic_store(&l->synced, s->end);
    s->segments = NULL;
    s->segment_count = 0;
}

static fallible open_for_writing(struct log *l, struct err *e)
{
    struct log_scan s = {0};
    TRY(folder_ready(l, e));
    TRY(log_scan_run(l->disk, &l->options, &s, e));
    struct status result = log_scan_judge(&s, e);
    if (done(result))
        result = tail_cut(l, &s, e);
    if (done(result))
        result = room_make(l, &s, e);
    if (done(result))
        result = found_sync(l, &s, e);
    if (done(result))
        found_take(l, &s);
    log_scan_fini(&s);
    return result;
}

static fallible open_for_reading(struct log *l, struct err *e)
{
    struct status result = DONE;
    for (int i = 0; i < READ_ONLY_TRIES_MAX; i++) {
        struct log_scan s = {0};
        result = log_scan_run(l->disk, &l->options, &s, e);
        if (failed(result)) {
            if (result.code != STATUS_NOT_FOUND)
                return result;
            continue;
        }
        result = log_scan_judge(&s, e);
        if (done(result))
            found_take(l, &s);
        log_scan_fini(&s);
        if (done(result))
            return DONE;
    }
    return result;
}

fallible log_open(struct disk *d, const struct log_options *options, struct log **out_log, struct err *e)
{
    assert(options->folder != NULL && options->folder[0] != 0 && strlen(options->folder) < LOG_PATH_BYTES_MAX - 64);
    assert(options->segment_bytes > LOG_SEGMENT_HEADER_BYTES);
    struct log *l = log_create(d, options);
    struct status result = options->read_only ? open_for_reading(l, e) : open_for_writing(l, e);
    if (failed(result)) {
        log_close(l);
        return WRAP(e, result, "log %s", options->folder);
    }
    *out_log = l;
    return DONE;
}
