#include "lib/pack.h"

#include <string.h>

static bool take(struct unpack *u, size_t size)
{
    if (u->bad || unpack_left(u) < size) {
        u->bad = true;
        return false;
    }
    return true;
}

#define DEFINE_UNPACK_FIXED(name, type)        \
    type name(struct unpack *u)                \
    {                                          \
        type x = 0;                            \
        if (!take(u, sizeof x))                \
            return 0;                          \
        memcpy(&x, u->at, sizeof x);           \
        u->at += sizeof x;                     \
        return x;                              \
    }

DEFINE_UNPACK_FIXED(unpack_u8, uint8_t)
DEFINE_UNPACK_FIXED(unpack_u16, uint16_t)
DEFINE_UNPACK_FIXED(unpack_u32, uint32_t)
DEFINE_UNPACK_FIXED(unpack_u64, uint64_t)
DEFINE_UNPACK_FIXED(unpack_double, double)

uint64_t unpack_varint_long(struct unpack *u)
{
    uint64_t x = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (!take(u, 1))
            return 0;
        uint8_t byte = *u->at++;
        if (shift == 63 && byte > 1)
            break;
        x |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return x;
    }
    u->bad = true;
    return 0;
}

int64_t unpack_signed(struct unpack *u)
{
    uint64_t x = unpack_varint(u);
    return (int64_t)(x >> 1) ^ -(int64_t)(x & 1);
}

uint32_t unpack_varint32(struct unpack *u)
{
    uint64_t x = unpack_varint(u);
    if (x > UINT32_MAX) {
        u->bad = true;
        return 0;
    }
    return (uint32_t)x;
}

struct bytes unpack_raw(struct unpack *u, size_t size)
{
    if (!take(u, size))
        return BYTES_NONE;
    struct bytes b = bytes_of(u->at, size);
    u->at += size;
    return b;
}

struct bytes unpack_bytes(struct unpack *u)
{
    uint64_t size = unpack_varint(u);
    if (size > unpack_left(u)) {
        u->bad = true;
        return BYTES_NONE;
    }
    return unpack_raw(u, (size_t)size);
}

struct bytes unpack_rest(struct unpack *u)
{
    return unpack_raw(u, u->bad ? 0 : unpack_left(u));
}

/* Writing is most of what the door does, so room that is there is taken here; buf_extend knows what to do otherwise. */
static inline uint8_t *room(struct buf *b, size_t size)
{
    if (UNLIKELY(b->overflowed || size > b->capacity - b->size))
        return buf_extend(b, size);
    b->size += size;
    return b->data + b->size - size;
}

static inline void put(struct buf *b, const void *data, size_t size)
{
    uint8_t *at = room(b, size);
    if (LIKELY(at != NULL))
        (void)put_raw(at, data, size);
}

void pack_u8(struct buf *b, uint8_t x)
{
    put(b, &x, sizeof x);
}

void pack_u16(struct buf *b, uint16_t x)
{
    put(b, &x, sizeof x);
}

void pack_u32(struct buf *b, uint32_t x)
{
    put(b, &x, sizeof x);
}

void pack_u64(struct buf *b, uint64_t x)
{
    put(b, &x, sizeof x);
}

void pack_varint(struct buf *b, uint64_t x)
{
    uint8_t *at = room(b, varint_bytes(x));
    if (LIKELY(at != NULL))
        (void)put_varint(at, x);
}

void pack_signed(struct buf *b, int64_t x)
{
    pack_varint(b, zigzag_of(x));
}

void pack_double(struct buf *b, double x)
{
    put(b, &x, sizeof x);
}

void pack_bytes(struct buf *b, struct bytes x)
{
    uint8_t *at = room(b, varint_bytes(x.size) + x.size);
    if (LIKELY(at != NULL))
        (void)put_bytes(at, x);
}

void pack_raw(struct buf *b, struct bytes x)
{
    if (x.size > 0)
        put(b, x.data, x.size);
}
