#include <stdio.h>
#include <string.h>
#include <zstd.h>

#include "domain/event/run.h"
#include "domain/event/run_inside.h"
#include "lib/pack.h"

#define ZIP_LEVEL 3
#define INDEX_BYTES_MAX (1u << 30) /* 26 million blocks: more than a terabyte */

struct run_writer {
    struct arena *arena; /* holds this struct */
    struct disk *disk;
    struct file *file;
    char path[RUN_PATH_BYTES_MAX];
    uint64_t offset;
    struct buf raw, packed, index;
    struct block_entry entry; /* of the block being filled */
    struct stored_event last; /* without its bytes */
    struct run_sum sum;
    struct digest digest;
    ZSTD_CCtx *zip;
    bool finished;
};

int stored_compare_time(const struct stored_event *a, const struct stored_event *b)
{
    if (a->event_us != b->event_us)
        return a->event_us < b->event_us ? -1 : 1;
    if (a->message.high != b->message.high)
        return a->message.high < b->message.high ? -1 : 1;
    if (a->message.low != b->message.low)
        return a->message.low < b->message.low ? -1 : 1;
    return (a->note.position > b->note.position) - (a->note.position < b->note.position);
}

int stored_compare(const struct stored_event *a, const struct stored_event *b)
{
    if (a->note.person != b->note.person)
        return a->note.person < b->note.person ? -1 : 1;
    return stored_compare_time(a, b);
}

fallible stored_of(const struct event_note *note, struct bytes packed, struct stored_event *out_event, struct err *e)
{
    struct envelope envelope;
    if (failed(envelope_unpack(packed, &envelope, e)))
        return FAIL(e, CORRUPT, "the event of position %llu is no envelope", (unsigned long long)note->position);
    *out_event = (struct stored_event){.note = *note, .event_us = envelope.event_us, .message = envelope.message, .packed = packed};
    return DONE;
}

void run_path(const char *name, char out_path[RUN_PATH_BYTES_MAX])
{
    assert(name[0] != 0 && strlen(name) <= RUN_NAME_BYTES_MAX);
    (void)snprintf(out_path, RUN_PATH_BYTES_MAX, "%s/%s", RUN_FOLDER, name);
}

static fallible head_write(struct run_writer *w, struct err *e)
{
    struct run_head head = {.magic = RUN_MAGIC, .format = RUN_FORMAT};
    head.crc = crc_of_front(&head, sizeof head);
    w->offset = sizeof head;
    return file_write(w->file, 0, bytes_of(&head, sizeof head), e);
}

static fallible writer_begin(struct run_writer *w, struct err *e)
{
    w->zip = ZSTD_createCCtx();
    if (w->zip == NULL)
        return FAIL(e, FULL, "no memory for compressing");
    TRY(disk_make_folder(w->disk, RUN_FOLDER, e));
    TRY(disk_sync_folder(w->disk, "", e)); /* the folder's own name, else a crash may lose it with all that is in it */
    TRY(disk_remove(w->disk, w->path, e)); /* left behind by a crash */
    TRY(disk_file_open(w->disk, w->path, FILE_CREATE, &w->file, e));
    return head_write(w, e);
}

fallible run_writer_open(struct disk *d, const char *name, struct run_writer **out_writer, struct err *e)
{
    struct arena *arena = arena_create(sizeof(struct run_writer) + 64);
    struct run_writer *w = ARENA_NEW(arena, struct run_writer);
    *w = (struct run_writer){.arena = arena, .disk = d};
    run_path(name, w->path);
    buf_init(&w->raw, RUN_RAW_BYTES_MAX);
    buf_init(&w->packed, sizeof(struct block_head) + ZSTD_COMPRESSBOUND(RUN_RAW_BYTES_MAX));
    buf_init(&w->index, INDEX_BYTES_MAX);
    struct status status = writer_begin(w, e);
    if (failed(status)) {
        run_writer_close(w);
        return status;
    }
    *out_writer = w;
    return DONE;
}

static fallible piece_write(struct run_writer *w, struct bytes piece, struct err *e)
{
    TRY(file_write(w->file, w->offset, piece, e));
    digest_add(&w->digest, piece);
    w->offset += piece.size;
    return DONE;
}

static fallible block_close(struct run_writer *w, struct err *e)
{
    if (w->entry.count == 0)
        return DONE;
    assert(!w->raw.overflowed);
    struct block_head head = {.raw_bytes = (uint32_t)w->raw.size, .count = w->entry.count};
    size_t bound = ZSTD_compressBound(w->raw.size);
    buf_clear(&w->packed);
    uint8_t *at = buf_extend(&w->packed, sizeof head + bound);
    if (at == NULL)
        return FAIL(e, FULL, "no memory for a block");
    size_t size = ZSTD_compressCCtx(w->zip, at + sizeof head, bound, w->raw.data, w->raw.size, ZIP_LEVEL);
    if (ZSTD_isError(size))
        return FAIL(e, FULL, "%s: compressing: %s", w->path, ZSTD_getErrorName(size));
    head.packed_bytes = (uint32_t)size;
    memcpy(at, &head, sizeof head);
    head.crc = crc_of_block(w->offset, bytes_of(at + sizeof head.crc, sizeof head - sizeof head.crc + size));
    memcpy(at, &head.crc, sizeof head.crc);
    w->entry.offset = w->offset;
    w->entry.bytes = (uint32_t)(sizeof head + size);
    w->entry.crc = crc_of_front(&w->entry, sizeof w->entry);
    buf_push(&w->index, bytes_of(&w->entry, sizeof w->entry));
    if (w->index.overflowed)
        return FAIL(e, LIMIT, "%s: more than %u bytes of index", w->path, INDEX_BYTES_MAX);
    TRY(piece_write(w, bytes_of(at, w->entry.bytes), e));
    buf_clear(&w->raw);
    w->entry = (struct block_entry){0};
    return DONE;
}

fallible run_writer_add(struct run_writer *w, const struct stored_event *event, struct err *e)
{
    const struct event_note *note = &event->note;
    assert(!w->finished && event->packed.size <= ENVELOPE_BYTES_MAX);
    assert(w->sum.count == 0 || stored_compare(&w->last, event) < 0);
    if (w->entry.count == 0) {
        w->entry.first_person = note->person;
        w->entry.first_us = event->event_us;
        pack_varint(&w->raw, note->person);
    } else {
        pack_varint(&w->raw, note->person - w->last.note.person);
    }
    w->entry.last_person = note->person;
    w->entry.count++;
    pack_varint(&w->raw, note->position);
    pack_varint(&w->raw, note->event);
    pack_u64(&w->raw, note->owner.low);
    pack_u64(&w->raw, note->owner.high);
    pack_bytes(&w->raw, event->packed);
    w->last = *event;
    w->sum.count++;
    return w->raw.size < RUN_BLOCK_BYTES ? DONE : block_close(w, e);
}

fallible run_writer_finish(struct run_writer *w, struct run_sum *out_sum, struct err *e)
{
    assert(!w->finished);
    TRY(block_close(w, e));
    struct run_foot foot = {.magic = RUN_FOOT_MAGIC,
                            .format = RUN_FORMAT,
                            .index_offset = w->offset,
                            .block_count = w->index.size / sizeof(struct block_entry),
                            .count = w->sum.count};
    TRY(piece_write(w, buf_bytes(&w->index), e));
    foot.digest = w->digest.value;
    foot.crc = crc_of_front(&foot, sizeof foot);
    TRY(file_write(w->file, w->offset, bytes_of(&foot, sizeof foot), e));
    TRY(file_sync(w->file, e));
    TRY(disk_sync_folder(w->disk, RUN_FOLDER, e));
    w->sum.bytes = w->offset + sizeof foot;
    w->sum.digest = foot.digest;
    w->finished = true;
    *out_sum = w->sum;
    return DONE;
}

void run_writer_close(struct run_writer *w)
{
    if (w == NULL)
        return;
    file_close(w->file);
    if (!w->finished && w->file != NULL)
        (void)disk_remove(w->disk, w->path, NULL).code; /* else the next work removes it */
    (void)ZSTD_freeCCtx(w->zip);
    buf_fini(&w->raw);
    buf_fini(&w->packed);
    buf_fini(&w->index);
    arena_destroy(w->arena);
}
