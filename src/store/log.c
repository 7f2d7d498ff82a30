#include "store/log.h"

#include <string.h>

#include "store/log_parts.h"

/* While the engine makes room in time with log_prepare, log_sync never has to. */
#define SPARE_AHEAD_BYTES (1u << 20)
#define SPARE_SYNC_BYTES (8u << 20)

uint64_t log_end(const struct log *l)
{
    return atomic_load(&l->end);
}

uint64_t log_synced(const struct log *l)
{
    return atomic_load(&l->synced);
}

uint64_t log_first(const struct log *l)
{
    uint64_t end = atomic_load(&l->end), from = atomic_load(&l->kept_from);
    uint64_t first = from + LOG_SEGMENT_HEADER_BYTES + LOG_GROUP_HEADER_BYTES;
    return first < end ? first : end;
}

bool log_was_trimmed(const struct log *l)
{
    return atomic_load(&l->kept_from) > 0;
}

int64_t log_time_us(const struct log *l)
{
    return l->time_us;
}

bool log_torn_tail(const struct log *l, uint64_t *out_bytes)
{
    if (l->torn)
        *out_bytes = l->torn_bytes;
    return l->torn;
}

struct log_segment *log_find(const struct log *l, uint64_t position, uint64_t *out_end)
{
    size_t low = 0, high = l->segment_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (l->segments[middle]->first <= position)
            low = middle + 1;
        else
            high = middle;
    }
    uint64_t end = low < l->segment_count ? l->segments[low]->first : atomic_load(&l->end);
    if (low == 0 || position >= end)
        return NULL;
    *out_end = end;
    return l->segments[low - 1];
}

struct log_segment *log_find_and_hold(struct log *l, uint64_t position, uint64_t *out_end)
{
    (void)pthread_mutex_lock(&l->lock);
    struct log_segment *s = log_find(l, position, out_end);
    if (s != NULL)
        (void)log_segment_hold(s);
    (void)pthread_mutex_unlock(&l->lock);
    return s;
}

uint32_t log_apply_version(const struct log *l, uint64_t position)
{
    struct log *own = (struct log *)(uintptr_t)l; /* the lock changes, what a caller sees doesn't */
    uint64_t end = 0;
    struct log_segment *s = log_find_and_hold(own, position, &end);
    uint32_t version = s == NULL ? l->options.apply_version : s->apply_version;
    log_segment_drop(s);
    return version;
}

struct status log_fail_for_good(struct log *l, struct status s)
{
    if (failed(s))
        atomic_store(&l->failed_for_good, true);
    return s;
}

fallible log_usable(const struct log *l, struct err *e)
{
    assert(!l->options.read_only);
    return atomic_load(&l->failed_for_good) ? FAIL(e, IO, "log %s: it failed before", l->options.folder) : DONE;
}

/* --- sync --- */

/* Syncs the files that hold [from, until). */
static fallible files_sync(struct log *l, uint64_t from, uint64_t until, struct err *e)
{
    while (from < until) {
        uint64_t end = 0;
        struct log_segment *s = log_find_and_hold(l, from, &end);
        assert(s != NULL); /* only what is synced is ever trimmed */
        struct status result = file_sync(s->file, e);
        log_segment_drop(s);
        TRY(result);
        from = end;
    }
    return DONE;
}

fallible log_names_sync(struct log *l, struct err *e)
{
    (void)pthread_mutex_lock(&l->lock);
    uint64_t made = l->names_made;
    bool durable = made == l->names_durable;
    (void)pthread_mutex_unlock(&l->lock);
    if (durable)
        return DONE;
    TRY(disk_sync_folder(l->disk, l->options.folder, e));
    (void)pthread_mutex_lock(&l->lock);
    l->names_durable = made > l->names_durable ? made : l->names_durable;
    (void)pthread_mutex_unlock(&l->lock);
    return DONE;
}

static fallible appended_sync(struct log *l, struct err *e)
{
    uint64_t until = atomic_load(&l->end); /* with all segments before it on the list */
    TRY(files_sync(l, atomic_load(&l->synced), until, e));
    TRY(log_names_sync(l, e));
    atomic_store(&l->synced, until);
    return DONE;
}

static uint64_t last_used(struct log *l)
{
    (void)pthread_mutex_lock(&l->lock);
    uint64_t used = l->segment_count == 0 ? 0 : atomic_load(&l->end) - l->segments[l->segment_count - 1]->first;
    (void)pthread_mutex_unlock(&l->lock);
    return used;
}

fallible log_sync(struct log *l, struct err *e)
{
    TRY(log_usable(l, e));
    TRY(WRAP(e, log_fail_for_good(l, appended_sync(l, e)), "log %s", l->options.folder));
    /* Nobody may be preparing: then the last three quarters of a segment pay for the next one, a little at a time. */
    uint64_t used = last_used(l), quarter = l->options.segment_bytes / 4;
    return used <= quarter ? DONE
                           : WRAP(e, log_fail_for_good(l, log_spare_grow(l, (used - quarter) / 3 * 4, e)), "log %s",
                                  l->options.folder);
}

fallible log_prepare(struct log *l, struct err *e)
{
    TRY(log_usable(l, e));
    uint64_t used = last_used(l);
    return WRAP(e, log_fail_for_good(l, log_spare_grow(l, used + used / 2 + SPARE_AHEAD_BYTES, e)), "log %s",
                l->options.folder);
}

/* --- the next segment --- */

static fallible spare_begin(struct log *l, struct err *e)
{
    char path[LOG_PATH_BYTES_MAX];
    log_path_named(path, l->options.folder, LOG_SPARE_NAME);
    TRY(disk_remove(l->disk, path, e));
    TRY(disk_file_open(l->disk, path, FILE_CREATE, &l->growing, e));
    l->growing_bytes = 0;
    l->growing_synced = 0;
    return DONE;
}

/* The disk is full: what is left is worth more to the records that come now. */
static fallible spare_give_up(struct log *l, struct err *e)
{
    char path[LOG_PATH_BYTES_MAX];
    file_close(l->growing);
    l->growing = NULL;
    l->growing_not_before = atomic_load(&l->end) + l->options.segment_bytes / 8;
    log_path_named(path, l->options.folder, LOG_SPARE_NAME);
    return disk_remove(l->disk, path, e);
}

static fallible spare_extend(struct log *l, uint64_t target, struct err *e)
{
    bool whole = target >= l->options.segment_bytes;
    uint64_t size = whole ? l->options.segment_bytes : target;
    if (l->growing == NULL)
        TRY(spare_begin(l, e));
    if (size > l->growing_bytes)
        TRY(file_preallocate(l->growing, size, e));
    l->growing_bytes = size > l->growing_bytes ? size : l->growing_bytes;
    if (whole || l->growing_bytes - l->growing_synced >= SPARE_SYNC_BYTES) {
        TRY(file_sync(l->growing, e));
        l->growing_synced = l->growing_bytes;
    }
    return DONE;
}

fallible log_spare_grow(struct log *l, uint64_t target, struct err *e)
{
    (void)pthread_mutex_lock(&l->lock);
    bool there = l->spare != NULL || l->spare_moving;
    (void)pthread_mutex_unlock(&l->lock);
    if (there || atomic_load(&l->end) < l->growing_not_before)
        return DONE;
    struct status result = spare_extend(l, target, e);
    if (result.code == STATUS_FULL)
        return l->growing == NULL ? DONE : spare_give_up(l, e);
    TRY(result);
    if (l->growing_bytes < l->options.segment_bytes)
        return DONE;
    (void)pthread_mutex_lock(&l->lock);
    l->spare = l->growing;
    (void)pthread_mutex_unlock(&l->lock);
    l->growing = NULL;
    return DONE;
}

/* --- trim --- */

/* Takes the oldest segment off the list if it may go: the next one must have a durable group, since from now on it is
 * what says where the log begins and which time it is. */
static struct log_segment *oldest_take(struct log *l, uint64_t before)
{
    struct log_segment *oldest = NULL;
    (void)pthread_mutex_lock(&l->lock);
    if (l->segment_count > 1 && l->segments[1]->first <= before &&
        l->segments[1]->first + LOG_SEGMENT_HEADER_BYTES < atomic_load(&l->synced)) {
        oldest = l->segments[0];
        l->segment_count--;
        memmove(l->segments, l->segments + 1, l->segment_count * sizeof(struct log_segment *));
        atomic_store(&l->kept_from, l->segments[0]->first);
    }
    (void)pthread_mutex_unlock(&l->lock);
    return oldest;
}

fallible log_trim(struct log *l, uint64_t before, struct err *e)
{
    assert(!l->options.read_only);
    for (struct log_segment *s; (s = oldest_take(l, before)) != NULL;) {
        char path[LOG_PATH_BYTES_MAX];
        log_path(path, l->options.folder, s->first);
        log_segment_drop(s);
        TRY(disk_remove(l->disk, path, e));
        /* One by one: a crash must not bring an older one back without those behind it. */
        TRY(disk_sync_folder(l->disk, l->options.folder, e));
    }
    return DONE;
}
