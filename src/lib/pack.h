/* Compact bytes, read and written through one checked cursor, so that a parser reads like a schema.
 *
 * Numbers are little-endian; a varint is LEB128, at most ten bytes; a signed varint is zigzag. A run of bytes is a
 * varint size, then the bytes. Formats built of these are in docs/formats. */
#pragma once

#include <string.h>

#include "base/bytes.h"

/* A reader never passes its end: the first read that would sets `bad`, gives zeroes, and so does every later one.
 * Check `unpack_good` once, at the end (or before trusting a count). */
struct unpack {
    const uint8_t *at;
    const uint8_t *end;
    bool bad;
};

static inline struct unpack unpack_of(struct bytes b)
{
    return (struct unpack){.at = b.data, .end = b.size == 0 ? b.data : b.data + b.size, .bad = false};
}

uint8_t unpack_u8(struct unpack *u);
uint16_t unpack_u16(struct unpack *u);
uint32_t unpack_u32(struct unpack *u);
uint64_t unpack_u64(struct unpack *u);
uint64_t unpack_varint_long(struct unpack *u); /* unpack_varint's: of several bytes, or none at all */
int64_t unpack_signed(struct unpack *u);
uint32_t unpack_varint32(struct unpack *u); /* bad when over 32 bits */
double unpack_double(struct unpack *u);
struct bytes unpack_bytes(struct unpack *u);             /* varint size, then borrowed bytes */
struct bytes unpack_raw(struct unpack *u, size_t size);  /* borrowed */
struct bytes unpack_rest(struct unpack *u);

/* Most numbers are small. */
static inline uint64_t unpack_varint(struct unpack *u)
{
    bool is_short = !u->bad && u->at != u->end && *u->at < 0x80;
    return LIKELY(is_short) ? *u->at++ : unpack_varint_long(u);
}

static inline size_t unpack_left(const struct unpack *u)
{
    return (size_t)(u->end - u->at);
}
static inline bool unpack_good(const struct unpack *u)
{
    return !u->bad;
}
static inline bool unpack_finished(const struct unpack *u) /* good, and nothing left over */
{
    return !u->bad && u->at == u->end;
}

/* Writers append to a bounded buffer (base/bytes.h); ask `b->overflowed` once at the end. */
void pack_u8(struct buf *b, uint8_t x);
void pack_u16(struct buf *b, uint16_t x);
void pack_u32(struct buf *b, uint32_t x);
void pack_u64(struct buf *b, uint64_t x);
void pack_varint(struct buf *b, uint64_t x);
void pack_signed(struct buf *b, int64_t x);
void pack_double(struct buf *b, double x);
void pack_bytes(struct buf *b, struct bytes x);
void pack_raw(struct buf *b, struct bytes x);

#define VARINT_BYTES_MAX 10

/* For what is packed for each event: the size is reckoned first, room is taken once (buf_extend), and these write into it
 * with no look at its end. Each returns the place behind. */
static inline size_t varint_bytes(uint64_t x)
{
    return (size_t)(70 - __builtin_clzll(x | 1)) / 7;
}

static inline uint64_t zigzag_of(int64_t x)
{
    return ((uint64_t)x << 1) ^ (uint64_t)(x >> 63);
}

static inline uint8_t *put_varint(uint8_t *at, uint64_t x)
{
    for (; UNLIKELY(x >= 0x80); x >>= 7)
        *at++ = (uint8_t)(x | 0x80);
    *at++ = (uint8_t)x;
    return at;
}

/* Short runs of bytes are copied by two words that may overlap. */
static inline uint8_t *put_raw(uint8_t *at, const void *data, size_t size)
{
    const uint8_t *from = data;
    uint8_t words[32];
    if (size > 32) {
        memcpy(at, from, size);
    } else if (size >= 16) {
        memcpy(words, from, 16), memcpy(words + 16, from + size - 16, 16);
        memcpy(at, words, 16), memcpy(at + size - 16, words + 16, 16);
    } else if (size >= 8) {
        memcpy(words, from, 8), memcpy(words + 8, from + size - 8, 8);
        memcpy(at, words, 8), memcpy(at + size - 8, words + 8, 8);
    } else if (size >= 4) {
        memcpy(words, from, 4), memcpy(words + 4, from + size - 4, 4);
        memcpy(at, words, 4), memcpy(at + size - 4, words + 4, 4);
    } else {
        for (size_t i = 0; i < size; i++)
            at[i] = from[i];
    }
    return at + size;
}

static inline uint8_t *put_bytes(uint8_t *at, struct bytes b)
{
    return put_raw(put_varint(at, b.size), b.data, b.size);
}

/* Numbers in keys of rows: big-endian in `size` bytes, so that keys lie in the order of their numbers. */
static inline uint8_t *put_key(uint8_t *at, uint64_t x, size_t size)
{
    assert(size > 0 && size <= sizeof x);
    uint64_t big_endian = __builtin_bswap64(x << (64 - 8 * size));
    memcpy(at, &big_endian, size);
    return at + size;
}

static inline uint64_t key_number(const uint8_t *at, size_t size)
{
    uint64_t x = 0;
    for (size_t i = 0; i < size; i++)
        x = x << 8 | at[i];
    return x;
}
