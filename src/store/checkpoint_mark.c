#include "store/checkpoint_mark.h"

#include <string.h>

#include "lib/pack.h"

#define MARKS_FILE "CHECKPOINT"
#define MARKS_MAGIC "kithmark"
#define MARKS_VERSION 1u
#define MARKS_BYTES_MAX 4096u

static void mark_pack(struct buf *b, const struct checkpoint_mark *mark)
{
    pack_u64(b, mark->position);
    pack_u64(b, (uint64_t)mark->time_us);
    pack_u32(b, mark->apply_version);
    pack_u64(b, mark->digest.low);
    pack_u64(b, mark->digest.high);
    pack_bytes(b, bytes_of_text(mark->snapshot));
}

static void mark_unpack(struct unpack *u, struct checkpoint_mark *out_mark)
{
    struct checkpoint_mark mark = {.position = unpack_u64(u)};
    mark.time_us = (int64_t)unpack_u64(u);
    mark.apply_version = unpack_u32(u);
    mark.digest.low = unpack_u64(u);
    mark.digest.high = unpack_u64(u);
    struct bytes name = unpack_bytes(u);
    if (name.size == 0 || name.size > COLD_NAME_BYTES_MAX)
        u->bad = true;
    else
        memcpy(mark.snapshot, name.data, name.size);
    *out_mark = mark;
}

static fallible marks_unpack(struct bytes b, struct marks *out_marks, struct err *e)
{
    if (b.size < sizeof(uint32_t))
        return FAIL(e, CORRUPT, MARKS_FILE " has only %zu bytes", b.size);
    struct bytes body = bytes_slice(b, 0, b.size - sizeof(uint32_t));
    struct unpack crc = unpack_of(bytes_slice(b, body.size, b.size)), u = unpack_of(body);
    if (crc32c(0, body) != unpack_u32(&crc))
        return FAIL(e, CORRUPT, MARKS_FILE " is damaged: its checksum is wrong");
    bool is_ours = bytes_equal(unpack_raw(&u, strlen(MARKS_MAGIC)), bytes_of_text(MARKS_MAGIC));
    uint32_t version = unpack_u32(&u), count = unpack_u32(&u);
    if (!is_ours || version != MARKS_VERSION || count > MARKS_KEPT)
        return FAIL(e, CORRUPT, MARKS_FILE " is not a file of marks of version %u", MARKS_VERSION);
    struct marks marks = {.count = count};
    for (uint32_t i = 0; i < count; i++)
        mark_unpack(&u, &marks.all[i]);
    if (!unpack_finished(&u))
        return FAIL(e, CORRUPT, MARKS_FILE " has marks that don't add up");
    *out_marks = marks;
    return DONE;
}

fallible marks_read(struct disk *d, struct marks *out_marks, struct err *e)
{
    struct buf b;
    buf_init(&b, MARKS_BYTES_MAX);
    struct status status = disk_read_all(d, MARKS_FILE, &b, e);
    if (status.code == STATUS_NOT_FOUND) {
        *out_marks = (struct marks){0};
        status = DONE;
    } else if (done(status)) {
        status = marks_unpack(buf_bytes(&b), out_marks, e);
    }
    buf_fini(&b);
    return status;
}

fallible marks_write(struct disk *d, const struct marks *marks, struct err *e)
{
    struct buf b;
    buf_init(&b, MARKS_BYTES_MAX);
    pack_raw(&b, bytes_of_text(MARKS_MAGIC));
    pack_u32(&b, MARKS_VERSION);
    pack_u32(&b, marks->count);
    for (unsigned i = 0; i < marks->count; i++)
        mark_pack(&b, &marks->all[i]);
    pack_u32(&b, crc32c(0, buf_bytes(&b)));
    struct status status = b.overflowed ? FAIL(e, FULL, "no memory for " MARKS_FILE) : disk_write_all(d, MARKS_FILE, buf_bytes(&b), e);
    buf_fini(&b);
    return status;
}

fallible checkpoint_mark_read(struct disk *d, unsigned which, struct checkpoint_mark *out_mark, struct err *e)
{
    assert(which < MARKS_KEPT);
    struct marks marks;
    TRY(marks_read(d, &marks, e));
    if (which >= marks.count)
        return FAIL(e, NOT_FOUND, "there %s", marks.count == 0 ? "is no checkpoint yet" : "is only one checkpoint yet");
    *out_mark = marks.all[which];
    return DONE;
}
