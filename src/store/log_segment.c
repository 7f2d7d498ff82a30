#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/log_parts.h"

#define INDEX_SHIFT 16
#define READ_AHEAD_BYTES (256u << 10)

static void *memory_grow(void *old, size_t size)
{
    void *p = realloc(old, size);
    if (p == NULL)
        abort(); /* as for arenas: bounded, and a machine beyond help */
    return p;
}

struct log_segment *log_segment_create(struct file *file, const struct log_segment_header *h, uint64_t bytes_max)
{
    struct log_segment *s = memory_grow(NULL, sizeof *s);
    *s = (struct log_segment){.file = file,
                              .first = h->first,
                              .base_time_us = h->base_time_us,
                              .apply_version = h->apply_version,
                              .group_at_max = (size_t)(bytes_max >> INDEX_SHIFT) + 2};
    s->group_at = memory_grow(NULL, s->group_at_max * sizeof *s->group_at);
    atomic_init(&s->holders, 1);
    return s;
}

struct log_segment *log_segment_hold(struct log_segment *s)
{
    uint32_t before = atomic_fetch_add(&s->holders, 1);
    assert(before > 0);
    return s;
}

void log_segment_drop(struct log_segment *s)
{
    if (s == NULL || atomic_fetch_sub(&s->holders, 1) > 1)
        return;
    file_close(s->file);
    free(s->group_at);
    free(s);
}

void log_segment_note(struct log_segment *s, uint64_t from, uint64_t until)
{
    while ((uint64_t)s->group_at_count << INDEX_SHIFT < until) {
        assert(s->group_at_count < s->group_at_max);
        s->group_at[s->group_at_count++] = from;
    }
}

uint64_t log_segment_group_near(const struct log_segment *s, uint64_t offset)
{
    if (s->group_at_count == 0)
        return LOG_SEGMENT_HEADER_BYTES;
    size_t i = (size_t)(offset >> INDEX_SHIFT);
    return s->group_at[i < s->group_at_count ? i : s->group_at_count - 1];
}

void log_path_named(char out_path[LOG_PATH_BYTES_MAX], const char *folder, const char *name)
{
    int size = snprintf(out_path, LOG_PATH_BYTES_MAX, "%s/%s", folder, name);
    assert(size > 0 && size < LOG_PATH_BYTES_MAX);
}

void log_path(char out_path[LOG_PATH_BYTES_MAX], const char *folder, uint64_t first)
{
    char name[32];
    (void)snprintf(name, sizeof name, "%016llx.log", (unsigned long long)first);
    log_path_named(out_path, folder, name);
}

static bool window_has(const struct log_window *w, uint64_t offset, size_t size)
{
    return offset >= w->offset && offset - w->offset <= w->size && size <= w->size - (size_t)(offset - w->offset);
}

/* Moves the window to `offset`, keeping what it has of that place already. */
static size_t window_shift(struct log_window *w, uint64_t offset, size_t size)
{
    size_t kept = 0;
    if (w->capacity < size) {
        w->data = memory_grow(w->data, size);
        w->capacity = size;
    }
    if (window_has(w, offset, 0)) {
        size_t skip = (size_t)(offset - w->offset);
        kept = w->size - skip;
        memmove(w->data, w->data + skip, kept);
    }
    w->offset = offset;
    w->size = kept;
    return kept;
}

fallible log_window_read(struct log_window *w, struct file *f, struct log_span span, struct bytes *out_bytes,
                         struct err *e)
{
    uint64_t there = span.limit > span.offset ? span.limit - span.offset : 0;
    size_t want = span.size < there ? span.size : (size_t)there;
    if (!window_has(w, span.offset, want)) {
        size_t ahead = there < READ_AHEAD_BYTES ? (size_t)there : READ_AHEAD_BYTES;
        size_t size = want > ahead ? want : ahead;
        size_t kept = window_shift(w, span.offset, size);
        size_t got = 0;
        TRY(file_read(f, span.offset + kept, w->data + kept, size - kept, &got, e));
        w->size = kept + got;
        want = want < w->size ? want : w->size;
    }
    *out_bytes = want == 0 ? BYTES_LIT("") : bytes_of(w->data + (span.offset - w->offset), want);
    return DONE;
}

void log_window_forget(struct log_window *w)
{
    w->size = 0;
    w->offset = 0;
}

void log_window_fini(struct log_window *w)
{
    free(w->data);
    *w = (struct log_window){0};
}
