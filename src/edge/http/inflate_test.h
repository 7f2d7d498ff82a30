/* For the tests of inflate: bodies as clients compress them, whole and in several members. */
#pragma once

#include <zlib.h>

#include "edge/http/inflate.h"
#include "testing/test.h"

enum { ZLIB = 15, GZIP = 31, RAW = -15 }; /* what zlib calls its window bits */

static inline struct bytes packed(struct t *t, struct bytes plain, int window_bits)
{
    size_t room = plain.size + plain.size / 1000 + 1000;
    uint8_t *to = arena_take(t->arena, room, 1);
    z_stream z = {.next_in = (Bytef *)(uintptr_t)plain.data, .avail_in = (uInt)plain.size, .next_out = to};
    z.avail_out = (uInt)room;
    CHECK_EQ(t, deflateInit2(&z, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    CHECK_EQ(t, deflate(&z, Z_FINISH), Z_STREAM_END);
    CHECK_EQ(t, deflateEnd(&z), Z_OK);
    return bytes_of(to, z.total_out);
}

static inline struct bytes joined(struct t *t, struct bytes a, struct bytes b)
{
    uint8_t *to = arena_take(t->arena, a.size + b.size + 1, 1);
    memcpy(to, a.data, a.size);
    memcpy(to + a.size, b.data, b.size);
    return bytes_of(to, a.size + b.size);
}
