#include "store/log_format.h"

#include <string.h>

#include "lib/pack.h"

void log_segment_header_seal(struct log_segment_header *h)
{
    h->magic = LOG_SEGMENT_MAGIC;
    h->format = LOG_FORMAT;
    h->check = crc32c(0, bytes_of(h, offsetof(struct log_segment_header, check)));
}

fallible log_segment_header_read(struct bytes in, uint64_t first, struct log_segment_header *out_header, struct err *e)
{
    struct log_segment_header h;
    if (in.size < sizeof h)
        return FAIL(e, CORRUPT, "its header is cut off");
    memcpy(&h, in.data, sizeof h);
    if (h.magic != LOG_SEGMENT_MAGIC)
        return FAIL(e, CORRUPT, "not a segment of a log");
    if (h.check != crc32c(0, bytes_of(&h, offsetof(struct log_segment_header, check))))
        return FAIL(e, CORRUPT, "bad checksum of its header");
    if (h.format != LOG_FORMAT)
        return FAIL(e, INVALID, "format %u: this release reads %u: use a later one", h.format, LOG_FORMAT);
    if (h.first != first)
        return FAIL(e, CORRUPT, "it is the segment of position %llu", (unsigned long long)h.first);
    *out_header = h;
    return DONE;
}

uint32_t log_group_header_crc(const struct log_group_header *h, uint32_t seed)
{
    /* Without `check`: a CRC over bytes and their own CRC is a constant, which would tie nothing to anything. */
    return crc32c(seed, bytes_of(h, offsetof(struct log_group_header, check)));
}

void log_group_header_seal(struct log_group_header *h, uint32_t seed)
{
    h->magic = LOG_GROUP_MAGIC;
    h->check = log_group_header_crc(h, 0);
    h->crc = log_group_header_crc(h, seed);
}

bool log_group_header_read(struct bytes in, uint64_t position, struct log_group_header *out_header)
{
    struct log_group_header h;
    if (in.size < sizeof h)
        return false;
    memcpy(&h, in.data, sizeof h);
    if (h.magic != LOG_GROUP_MAGIC || h.position != position || h.check != log_group_header_crc(&h, 0))
        return false;
    if (h.count == 0 || h.size > LOG_GROUP_BYTES_MAX || h.synced > position)
        return false;
    *out_header = h;
    return true;
}

/* Wraps round where the times lie further apart than 64 bits tell, and back when it is read. */
static int64_t time_after(const struct log_record *record, int64_t base_time_us)
{
    return (int64_t)((uint64_t)record->time_us - (uint64_t)base_time_us);
}

/* Of one that follows another: with the bit that says so. */
static uint32_t kind_written(const struct log_record *record)
{
    return record->kind + (record->follows.position == 0 ? 0 : LOG_KIND_FOLLOWS);
}

size_t log_record_measure(const struct log_record *record, int64_t base_time_us)
{
    size_t size = varint_bytes(record->payload.size) + varint_bytes(kind_written(record)) +
                  varint_bytes(zigzag_of(time_after(record, base_time_us))) + record->payload.size + LOG_CRC_BYTES;
    if (record->follows.position != 0)
        size += varint_bytes(record->follows.position) + varint_bytes(record->follows.nth);
    return size;
}

size_t log_record_write(uint8_t *at, const struct log_record *record, int64_t base_time_us, uint32_t *crc)
{
    assert(record->payload.size <= LOG_RECORD_BYTES_MAX && record->kind < LOG_KIND_END);
    uint8_t *p = put_varint(at, record->payload.size);
    p = put_varint(p, kind_written(record));
    p = put_varint(p, zigzag_of(time_after(record, base_time_us)));
    if (record->follows.position != 0)
        p = put_varint(put_varint(p, record->follows.position), record->follows.nth);
    if (record->payload.size > 0)
        memcpy(p, record->payload.data, record->payload.size);
    p += record->payload.size;
    *crc = crc32c(*crc, bytes_of(at, (size_t)(p - at)));
    memcpy(p, crc, LOG_CRC_BYTES);
    size_t size = (size_t)(p - at) + LOG_CRC_BYTES;
    assert(size <= record->payload.size + LOG_RECORD_OVERHEAD_BYTES_MAX);
    return size;
}

size_t log_group_measure(const struct log_group *g)
{
    size_t size = LOG_GROUP_HEADER_BYTES;
    for (size_t i = 0; i < g->count; i++)
        size += log_record_measure(&g->records[i], g->base_time_us);
    return size;
}

uint32_t log_group_write(uint8_t *at, struct log_group_header h, const struct log_group *g)
{
    size_t size = log_group_measure(g);
    size_t used = sizeof h;
    assert(g->count > 0 && size <= LOG_GROUP_BYTES_MAX);
    h.size = (uint32_t)(size - sizeof h);
    h.count = (uint32_t)g->count;
    h.time_us = g->records[0].time_us;
    log_group_header_seal(&h, g->seed);
    memcpy(at, &h, sizeof h);
    uint32_t crc = h.crc;
    for (size_t i = 0; i < g->count; i++) {
        g->records[i].position = h.position + used;
        used += log_record_write(at + used, &g->records[i], g->base_time_us, &crc);
    }
    assert(used == size);
    return crc;
}

/* What stands in front of a record's payload; returns the payload's size. */
static uint64_t record_head_read(struct unpack *u, struct log_record *out_record, int64_t *out_after_us)
{
    uint64_t size = unpack_varint(u);
    uint32_t kind = unpack_varint32(u);
    *out_after_us = unpack_signed(u);
    out_record->follows = (struct log_follows){0};
    if (kind >= LOG_KIND_FOLLOWS) {
        kind -= LOG_KIND_FOLLOWS;
        out_record->follows.position = unpack_varint(u);
        out_record->follows.nth = unpack_varint32(u);
        u->bad |= out_record->follows.position == 0;
    }
    u->bad |= kind >= LOG_KIND_END;
    out_record->kind = kind;
    return size;
}

size_t log_record_read(struct bytes in, int64_t base_time_us, struct log_record *out_record, uint32_t *crc)
{
    struct unpack u = unpack_of(in);
    struct log_record record;
    int64_t after_us;
    uint64_t size = record_head_read(&u, &record, &after_us);
    if (!unpack_good(&u) || size > LOG_RECORD_BYTES_MAX || unpack_left(&u) < size + LOG_CRC_BYTES)
        return 0;
    struct bytes payload = unpack_raw(&u, (size_t)size);
    size_t body = (size_t)(u.at - in.data);
    uint32_t want = crc32c(*crc, bytes_of(in.data, body));
    if (want != log_crc_at(in.data + body))
        return 0;
    *crc = want;
    out_record->payload = payload;
    out_record->kind = record.kind;
    out_record->follows = record.follows;
    out_record->time_us = (int64_t)((uint64_t)base_time_us + (uint64_t)after_us);
    return body + LOG_CRC_BYTES;
}

size_t log_record_size(struct bytes in)
{
    struct unpack u = unpack_of(in);
    struct log_record record;
    int64_t after_us;
    uint64_t size = record_head_read(&u, &record, &after_us);
    if (!unpack_good(&u) || size > LOG_RECORD_BYTES_MAX)
        return 0;
    return (size_t)(u.at - in.data) + (size_t)size + LOG_CRC_BYTES;
}

uint32_t log_crc_at(const uint8_t *at)
{
    uint32_t crc;
    memcpy(&crc, at, sizeof crc);
    return crc;
}
