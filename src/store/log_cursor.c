#include <stdlib.h>
#include <string.h>

#include "store/log_parts.h"

#define READ_BYTES 4096u

struct log_cursor {
    struct log *log;
    struct log_segment *segment; /* held; NULL before the first group */
    struct log_window window;    /* on the segment's file */
    uint64_t from;               /* records before it are passed over */
    uint64_t position;           /* of the next record, or of the next group's header when it is group_end */
    uint64_t group_end;
    uint32_t crc; /* of what is before `position`, inside a group */
};

static fallible trimmed(const struct log *l, uint64_t position, struct err *e)
{
    return FAIL(e, NOT_FOUND, "log %s: position %llu is trimmed; the oldest is %llu", l->options.folder,
                (unsigned long long)position, (unsigned long long)log_first(l));
}

fallible log_cursor_open(struct log *l, uint64_t from, struct log_cursor **out_cursor, struct err *e)
{
    uint64_t end = 0;
    (void)pthread_mutex_lock(&l->lock);
    uint64_t kept_from = atomic_load(&l->kept_from), log_ends = atomic_load(&l->end);
    const struct log_segment *s = log_find(l, from, &end);
    uint64_t start = s == NULL ? from : s->first + log_segment_group_near(s, from - s->first);
    (void)pthread_mutex_unlock(&l->lock);
    if (from < kept_from)
        return trimmed(l, from, e);
    if (from > log_ends)
        return FAIL(e, NOT_FOUND, "log %s: position %llu is behind its end, %llu", l->options.folder,
                    (unsigned long long)from, (unsigned long long)log_ends);
    struct log_cursor *c = calloc(1, sizeof *c);
    if (c == NULL)
        abort();
    *c = (struct log_cursor){.log = l, .from = from, .position = start, .group_end = start};
    *out_cursor = c;
    return DONE;
}

void log_cursor_close(struct log_cursor *c)
{
    if (c == NULL)
        return;
    log_segment_drop(c->segment);
    log_window_fini(&c->window);
    free(c);
}

/* Reads the header of the next group, which may lie in the next segment; group_end == position: not yet, go on from
 * there. NOT_FOUND: the end. */
static fallible group_enter(struct log_cursor *c, struct err *e)
{
    uint64_t end = 0;
    struct log_segment *s = log_find_and_hold(c->log, c->position, &end);
    if (s == NULL)
        return c->position < atomic_load(&c->log->kept_from)
                   ? trimmed(c->log, c->position, e)
                   : FAIL(e, NOT_FOUND, "log %s: its end", c->log->options.folder);
    if (s == c->segment) {
        log_segment_drop(s);
    } else {
        log_segment_drop(c->segment);
        c->segment = s;
        log_window_forget(&c->window);
    }
    if (c->position == s->first)
        c->position += LOG_SEGMENT_HEADER_BYTES;
    c->group_end = c->position;
    if (c->position == end) /* a segment without a group */
        return DONE;

    /* The checksum before the header is its seed. */
    struct log_span span = {c->position - s->first - LOG_CRC_BYTES, LOG_CRC_BYTES + LOG_GROUP_HEADER_BYTES, end - s->first};
    struct log_group_header h;
    struct bytes in;
    TRY(log_window_read(&c->window, s->file, span, &in, e));
    if (in.size < span.size || !log_group_header_read(bytes_slice(in, LOG_CRC_BYTES, in.size), c->position, &h) ||
        h.crc != log_group_header_crc(&h, log_crc_at(in.data)) || h.size > end - c->position - sizeof h)
        return log_corrupt(s->first, c->position, "no good header of a group", e);
    c->crc = h.crc;
    c->group_end = c->position + sizeof h + h.size;
    c->position += sizeof h;
    return DONE;
}

/* Takes the next record of the group; its payload lies in the window, which holds all the group's rest. */
static fallible record_take(struct log_cursor *c, struct log_record *out_record, struct err *e)
{
    uint64_t first = c->segment->first;
    struct log_span span = {c->position - first, (size_t)(c->group_end - c->position), c->group_end - first};
    struct bytes in;
    TRY(log_window_read(&c->window, c->segment->file, span, &in, e));
    size_t size = in.size < span.size ? 0 : log_record_read(in, c->segment->base_time_us, out_record, &c->crc);
    if (size == 0)
        return log_corrupt(first, c->position, "bad checksum of a record", e);
    out_record->position = c->position;
    c->position += size;
    return DONE;
}

fallible log_cursor_next(struct log_cursor *c, struct log_record *out_record, struct err *e)
{
    for (;;) {
        if (UNLIKELY(c->position < atomic_load_explicit(&c->log->kept_from, memory_order_acquire)))
            return trimmed(c->log, c->position, e);
        if (c->position == c->group_end)
            TRY(group_enter(c, e));
        if (c->group_end <= c->from || c->group_end == c->position) {
            c->position = c->group_end;
            continue;
        }
        struct log_record r = {0};
        TRY(record_take(c, &r, e));
        if (r.position >= c->from) {
            *out_record = r;
            return DONE;
        }
    }
}

/* --- one record --- */

/* `size` bytes from the checksum before the record on, into the buffer. */
static fallible around_read(const struct log_segment *s, uint64_t offset, size_t size, struct buf *buffer, struct err *e)
{
    size_t got = 0;
    buf_clear(buffer);
    uint8_t *room = buf_extend(buffer, size);
    if (room == NULL) {
        buf_clear(buffer);
        return FAIL(e, LIMIT, "log: a record of %zu bytes doesn't fit the buffer", size);
    }
    TRY(file_read(s->file, offset, room, size, &got, e));
    buffer->size = got;
    return DONE;
}

/* *out_good false: no record with a good checksum begins there. */
static fallible record_at(const struct log_segment *s, struct log_span span, struct buf *buffer,
                          struct log_record *out_record, bool *out_good, struct err *e)
{
    uint64_t left = span.limit - span.offset;
    uint64_t from = span.offset - LOG_CRC_BYTES;
    *out_good = false;
    TRY(around_read(s, from, LOG_CRC_BYTES + (size_t)(left < READ_BYTES ? left : READ_BYTES), buffer, e));
    if (buffer->size <= LOG_CRC_BYTES)
        return DONE;
    size_t size = log_record_size(bytes_slice(buf_bytes(buffer), LOG_CRC_BYTES, buffer->size));
    if (size == 0 || size > left)
        return DONE;
    if (LOG_CRC_BYTES + size > buffer->size)
        TRY(around_read(s, from, LOG_CRC_BYTES + size, buffer, e));
    uint32_t crc = log_crc_at(buffer->data);
    struct log_record r = {.position = s->first + span.offset};
    if (log_record_read(bytes_slice(buf_bytes(buffer), LOG_CRC_BYTES, buffer->size), s->base_time_us, &r, &crc) > 0) {
        *out_record = r;
        *out_good = true;
    }
    return DONE;
}

/* Why there is no good record at a position: CORRUPT when one begins there, NOT_FOUND when none does. */
static fallible record_missing(struct log *l, uint64_t position, struct err *e)
{
    struct log_cursor *c = NULL;
    struct log_record r;
    TRY(log_cursor_open(l, position, &c, e));
    struct status s = log_cursor_next(c, &r, e);
    log_cursor_close(c);
    TRY(s);
    return FAIL(e, NOT_FOUND, "log %s: no record begins at %llu", l->options.folder, (unsigned long long)position);
}

fallible log_read(struct log *l, uint64_t position, struct buf *buffer, struct log_record *out_record, struct err *e)
{
    uint64_t end = 0;
    bool good = false;
    struct log_segment *s = log_find_and_hold(l, position, &end);
    struct status result = DONE;
    if (s != NULL && position >= s->first + LOG_SEGMENT_HEADER_BYTES + LOG_GROUP_HEADER_BYTES)
        result = record_at(s, (struct log_span){.offset = position - s->first, .limit = end - s->first}, buffer,
                           out_record, &good, e);
    log_segment_drop(s);
    TRY(result);
    return good ? DONE : record_missing(l, position, e);
}
