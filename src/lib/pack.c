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

/* Seven bits of each of eight bytes, brought together: of pairs, of fours, of all. */
static uint64_t sevens_join(uint64_t x)
{
    x = (x & UINT64_C(0x007f007f007f007f)) | (x & UINT64_C(0x7f007f007f007f00)) >> 1;
    x = (x & UINT64_C(0x00003fff00003fff)) | (x & UINT64_C(0x3fff00003fff0000)) >> 2;
    return (x & UINT64_C(0x000000000fffffff)) | (x & UINT64_C(0x0fffffff00000000)) >> 4;
}

/* One that ends within eight bytes, which are all there: most do, and need no loop. */
static bool varint_in_word(struct unpack *u, uint64_t *out_x)
{
    uint64_t word, ends;
    if (u->bad || unpack_left(u) < sizeof word)
        return false;
    memcpy(&word, u->at, sizeof word);
    ends = ~word & UINT64_C(0x8080808080808080);
    if (ends == 0)
        return false;
    u->at += __builtin_ctzll(ends) / 8 + 1;
    *out_x = sevens_join(word & (ends ^ (ends - 1))); /* up to the end of the first byte that is the last of a number */
    return true;
}

uint64_t unpack_varint_long(struct unpack *u)
{
    uint64_t x = 0;
    if (varint_in_word(u, &x))
        return x;
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
