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

static uint8_t *varint_write(uint8_t *at, uint64_t x)
{
    while (x >= 0x80) {
        *at++ = (uint8_t)(x | 0x80);
        x >>= 7;
    }
    *at++ = (uint8_t)x;
    return at;
}

static uint64_t zigzag(int64_t x)
{
    return ((uint64_t)x << 1) ^ (uint64_t)(x >> 63);
}

static size_t varint_size(uint64_t x)
{
    unsigned bits = 64 - (unsigned)__builtin_clzll(x | 1);
    return (bits + 6) / 7;
}

/* Wraps round where the times lie further apart than 64 bits tell, and back when it is read. */
static int64_t time_after(const struct log_record *record, int64_t base_time_us)
{
    return (int64_t)((uint64_t)record->time_us - (uint64_t)base_time_us);
}

size_t log_record_measure(const struct log_record *record, int64_t base_time_us)
{
    return varint_size(record->payload.size) + varint_size(record->kind) +
           varint_size(zigzag(time_after(record, base_time_us))) + record->payload.size + LOG_CRC_BYTES;
}

size_t log_record_write(uint8_t *at, const struct log_record *record, int64_t base_time_us, uint32_t *crc)
{
    assert(record->payload.size <= LOG_RECORD_BYTES_MAX);
    uint8_t *p = varint_write(at, record->payload.size);
    p = varint_write(p, record->kind);
    p = varint_write(p, zigzag(time_after(record, base_time_us)));
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

size_t log_record_read(struct bytes in, int64_t base_time_us, struct log_record *out_record, uint32_t *crc)
{
    struct unpack u = unpack_of(in);
    uint64_t size = unpack_varint(&u);
    uint32_t kind = unpack_varint32(&u);
    int64_t after_us = unpack_signed(&u);
    if (!unpack_good(&u) || size > LOG_RECORD_BYTES_MAX || unpack_left(&u) < size + LOG_CRC_BYTES)
        return 0;
    struct bytes payload = unpack_raw(&u, (size_t)size);
    size_t body = (size_t)(u.at - in.data);
    uint32_t want = crc32c(*crc, bytes_of(in.data, body));
    if (want != log_crc_at(in.data + body))
        return 0;
    *crc = want;
    out_record->payload = payload;
    out_record->kind = kind;
    out_record->time_us = (int64_t)((uint64_t)base_time_us + (uint64_t)after_us);
    return body + LOG_CRC_BYTES;
}

size_t log_record_size(struct bytes in)
{
    struct unpack u = unpack_of(in);
    uint64_t size = unpack_varint(&u);
    (void)unpack_varint32(&u);
    (void)unpack_signed(&u);
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
