#include "edge/http/inflate.h"

#include <zlib.h>

#define STEP_BYTES_MIN 4096
#define STEP_BYTES_MAX (1U << 20)
#define INPUT_BYTES_MAX (1U << 30) /* what zlib is shown at once: its count is 32 bits wide */
#define WINDOW_BITS_EITHER (15 + 32) /* the largest window; zlib tells gzip from zlib by itself */

bool body_is_gzip(struct bytes in)
{
    return in.size >= 2 && in.data[0] == 0x1f && in.data[1] == 0x8b;
}

/* RFC 1950: method 8, a window of at most 32 KiB, and both bytes together a multiple of 31. */
static bool body_is_zlib(struct bytes in)
{
    return in.size >= 2 && (in.data[0] & 0x0f) == 8 && in.data[0] >> 4 <= 7 && (in.data[0] * 256 + in.data[1]) % 31 == 0;
}

/* One run of the inflater through `in`. */
struct inflating {
    z_stream z;
    struct bytes rest; /* not shown to zlib yet */
    size_t room;       /* bytes that may still be added */
    struct buf *out;
};

static void input_feed(struct inflating *i)
{
    if (i->z.avail_in > 0 || i->rest.size == 0)
        return;
    size_t size = i->rest.size < INPUT_BYTES_MAX ? i->rest.size : INPUT_BYTES_MAX;
    i->z.next_in = (Bytef *)(uintptr_t)i->rest.data;
    i->z.avail_in = (uInt)size;
    i->rest = bytes_slice(i->rest, size, i->rest.size);
}

static bool input_is_over(const struct inflating *i)
{
    return i->z.avail_in == 0 && i->rest.size == 0;
}

/* Inflates the next piece into `out`; *out_code is zlib's. With no room left it goes on into a single spare byte: a
 * body of exactly the bound still has its checksum to read, and one more byte is one too many. */
static fallible piece_inflate(struct inflating *i, int *out_code, struct err *e)
{
    uint8_t spare;
    size_t step = i->z.avail_in > STEP_BYTES_MIN / 4 ? (size_t)i->z.avail_in * 4 : STEP_BYTES_MIN;
    if (step > STEP_BYTES_MAX)
        step = STEP_BYTES_MAX;
    if (step > i->room)
        step = i->room;
    uint8_t *to = &spare;
    size_t before = i->out->size;
    if (step > 0) {
        to = buf_extend(i->out, step);
        if (to == NULL) {
            i->out->overflowed = false;
            return FAIL(e, FULL, "no memory for %zu bytes more of the body", step);
        }
    }
    i->z.next_out = to;
    i->z.avail_out = step > 0 ? (uInt)step : 1;
    int code = inflate(&i->z, Z_NO_FLUSH);
    size_t got = (size_t)(i->z.next_out - to);
    if (step == 0 && got > 0)
        return FAIL(e, LIMIT, "the body is larger than the bound once unpacked: send it in smaller pieces");
    i->out->size = before + got;
    i->room -= got;
    *out_code = code;
    return DONE;
}

static fallible member_inflate(struct inflating *i, struct err *e)
{
    for (;;) {
        input_feed(i);
        int code;
        TRY(piece_inflate(i, &code, e));
        if (code == Z_STREAM_END)
            return DONE;
        if (code == Z_MEM_ERROR)
            return FAIL(e, FULL, "no memory to unpack the body");
        if (code != Z_OK && code != Z_BUF_ERROR)
            return FAIL(e, INVALID, "the compressed body is damaged: %s", i->z.msg == NULL ? "bad data" : i->z.msg);
        /* zlib left room in the output, so it wants input, and there is none. */
        if (i->z.avail_out > 0 && input_is_over(i))
            return FAIL(e, INVALID, "the compressed body ends too early");
    }
}

static fallible members_inflate(struct inflating *i, bool gzip, struct err *e)
{
    for (;;) {
        TRY(member_inflate(i, e));
        input_feed(i);
        if (input_is_over(i))
            return DONE;
        /* Only gzip may go on with another member; inflate says what it thinks of anything else than its header. */
        if (!gzip || inflateReset(&i->z) != Z_OK)
            return FAIL(e, INVALID, "there is something behind the end of the compressed body");
        if (i->z.next_in[0] != 0x1f)
            return FAIL(e, INVALID, "there is something behind the end of the compressed body that is not gzip");
    }
}

fallible body_inflate(struct bytes in, size_t size_max, struct buf *out, struct err *e)
{
    assert(!out->overflowed && out->size <= out->size_max);
    bool gzip = body_is_gzip(in);
    if (!gzip && !body_is_zlib(in))
        return FAIL(e, INVALID, "the body is neither gzip nor zlib");
    size_t left = out->size_max - out->size;
    struct inflating i = {.rest = in, .room = size_max < left ? size_max : left, .out = out};
    size_t before = out->size;
    if (inflateInit2(&i.z, WINDOW_BITS_EITHER) != Z_OK)
        return FAIL(e, FULL, "no memory to unpack the body");
    struct status s = members_inflate(&i, gzip, e);
    (void)inflateEnd(&i.z);
    if (failed(s))
        out->size = before;
    assert(out->size - before <= size_max);
    return s;
}
