#include <stdio.h>
#include <string.h>
#include <zstd.h>

#include "domain/event/run.h"
#include "domain/event/run_inside.h"
#include "lib/pack.h"

#define INDEX_BYTES_MAX (1u << 30) /* 26 million blocks: more than a terabyte */
#define WRITE_BYTES (1u << 20)     /* what is written at once, about */
/* Of an event in a block besides its envelope: person, position, event, owner, size. */
#define AROUND_BYTES_MAX (4u * VARINT_BYTES_MAX + sizeof(struct hash128))

/* A small run is merged before long: what its compression takes counts. A big one stays: what it saves counts. Measured over
 * blocks of 0.3 KB events: level -6 0.30 us an event to 47 %, -3 0.35 us to 42 %, 1 0.62 us to 35 %. */
static const struct {
    uint64_t count_most;
    int level;
} zip_levels[] = {{1u << 20, -6}, {1u << 25, -3}, {UINT64_MAX, 1}};

struct run_writer {
    struct arena *arena; /* holds this struct */
    struct disk *disk;
    struct file *file;
    char path[RUN_PATH_BYTES_MAX];
    uint64_t offset;          /* of the next block: what is written, and what waits in `packed` */
    struct buf raw, packed, index;
    struct block_entry entry; /* of the block being filled */
    struct stored_event last; /* without its bytes */
    struct run_sum sum;
    struct digest digest;
    ZSTD_CCtx *zip;
    int zip_level;
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
    struct stored_event event = {.note = *note, .packed = packed};
    if (!envelope_order(packed, &event.event_us, &event.message))
        return FAIL(e, CORRUPT, "the event of position %llu is no envelope", (unsigned long long)note->position);
    *out_event = event;
    return DONE;
}

void run_path(const char *name, char out_path[RUN_PATH_BYTES_MAX])
{
    assert(name[0] != 0 && strlen(name) <= RUN_NAME_BYTES_MAX);
    (void)snprintf(out_path, RUN_PATH_BYTES_MAX, "%s/%s", RUN_FOLDER, name);
}

/* What waits in memory goes to the file. */
static fallible pieces_write(struct run_writer *w, struct err *e)
{
    TRY(file_write(w->file, w->offset - w->packed.size, buf_bytes(&w->packed), e));
    buf_clear(&w->packed);
    return DONE;
}

static void head_put(struct run_writer *w)
{
    struct run_head head = {.magic = RUN_MAGIC, .format = RUN_FORMAT};
    head.crc = crc_of_front(&head, sizeof head);
    buf_push(&w->packed, bytes_of(&head, sizeof head));
    w->offset = sizeof head;
}

static int zip_level_of(uint64_t count)
{
    size_t at = 0;
    while (count > zip_levels[at].count_most)
        at++;
    return zip_levels[at].level;
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
    head_put(w);
    return DONE;
}

fallible run_writer_open(struct disk *d, const char *name, uint64_t count_about, struct run_writer **out_writer, struct err *e)
{
    struct arena *arena = arena_create(sizeof(struct run_writer) + 64);
    struct run_writer *w = ARENA_NEW(arena, struct run_writer);
    *w = (struct run_writer){.arena = arena, .disk = d, .zip_level = zip_level_of(count_about)};
    run_path(name, w->path);
    buf_init(&w->raw, RUN_RAW_BYTES_MAX);
    buf_init(&w->packed, WRITE_BYTES + sizeof(struct block_head) + ZSTD_COMPRESSBOUND(RUN_RAW_BYTES_MAX));
    buf_init(&w->index, INDEX_BYTES_MAX);
    struct status status = writer_begin(w, e);
    if (failed(status)) {
        run_writer_close(w);
        return status;
    }
    *out_writer = w;
    return DONE;
}

/* Compresses the block behind what waits in `packed`; its head comes before it. */
static fallible block_pack(struct run_writer *w, struct err *e)
{
    struct block_head head = {.raw_bytes = (uint32_t)w->raw.size, .count = w->entry.count};
    size_t bound = ZSTD_compressBound(w->raw.size), before = w->packed.size;
    uint8_t *at = buf_extend(&w->packed, sizeof head + bound);
    if (at == NULL)
        return FAIL(e, FULL, "no memory for a block");
    size_t size = ZSTD_compressCCtx(w->zip, at + sizeof head, bound, w->raw.data, w->raw.size, w->zip_level);
    if (ZSTD_isError(size))
        return FAIL(e, FULL, "%s: compressing: %s", w->path, ZSTD_getErrorName(size));
    head.packed_bytes = (uint32_t)size;
    memcpy(at, &head, sizeof head);
    head.crc = crc_of_block(w->offset, bytes_of(at + sizeof head.crc, sizeof head - sizeof head.crc + size));
    memcpy(at, &head.crc, sizeof head.crc);
    w->packed.size = before + sizeof head + size;
    w->entry.offset = w->offset;
    w->entry.bytes = (uint32_t)(sizeof head + size);
    w->entry.crc = crc_of_front(&w->entry, sizeof w->entry);
    digest_add(&w->digest, bytes_of(at, w->entry.bytes));
    w->offset += w->entry.bytes;
    return DONE;
}

static fallible block_close(struct run_writer *w, struct err *e)
{
    if (w->entry.count == 0)
        return DONE;
    assert(!w->raw.overflowed);
    TRY(block_pack(w, e));
    buf_push(&w->index, bytes_of(&w->entry, sizeof w->entry));
    if (w->index.overflowed)
        return FAIL(e, LIMIT, "%s: more than %u bytes of index", w->path, INDEX_BYTES_MAX);
    buf_clear(&w->raw);
    w->entry = (struct block_entry){0};
    return w->packed.size < WRITE_BYTES ? DONE : pieces_write(w, e);
}

/* One reservation an event: this is done for each event once a tier. */
static fallible event_put(struct run_writer *w, const struct stored_event *event, uint32_t person_more, struct err *e)
{
    const struct event_note *note = &event->note;
    size_t room = AROUND_BYTES_MAX + event->packed.size;
    uint8_t *from = buf_extend(&w->raw, room), *at = from;
    if (from == NULL)
        return FAIL(e, FULL, "no memory for a block");
    at = put_varint(at, person_more);
    at = put_varint(at, note->position);
    at = put_varint(at, note->event);
    memcpy(at, &note->owner, sizeof note->owner);
    at = put_varint(at + sizeof note->owner, event->packed.size);
    memcpy(at, event->packed.data, event->packed.size);
    w->raw.size -= room - (size_t)(at - from) - event->packed.size;
    return DONE;
}

static void sum_add(struct run_sum *sum, const struct stored_event *event)
{
    bool is_first = sum->count == 0;
    if (is_first)
        sum->first_person = event->note.person;
    sum->last_person = event->note.person;
    sum->first_us = is_first || event->event_us < sum->first_us ? event->event_us : sum->first_us;
    sum->last_us = is_first || event->event_us > sum->last_us ? event->event_us : sum->last_us;
    sum->count++;
}

fallible run_writer_add(struct run_writer *w, const struct stored_event *event, struct err *e)
{
    uint32_t person = event->note.person;
    assert(!w->finished && event->packed.size <= ENVELOPE_BYTES_MAX);
    assert(w->sum.count == 0 || stored_compare(&w->last, event) < 0);
    bool first = w->entry.count == 0;
    if (first) {
        w->entry.first_person = person;
        w->entry.first_us = event->event_us;
    }
    TRY(event_put(w, event, first ? person : person - w->last.note.person, e));
    w->entry.last_person = person;
    w->entry.count++;
    w->last = *event;
    sum_add(&w->sum, event);
    return w->raw.size < RUN_BLOCK_BYTES ? DONE : block_close(w, e);
}

fallible run_writer_finish(struct run_writer *w, struct run_sum *out_sum, struct err *e)
{
    assert(!w->finished);
    TRY(block_close(w, e));
    TRY(pieces_write(w, e));
    struct run_foot foot = {.magic = RUN_FOOT_MAGIC,
                            .format = RUN_FORMAT,
                            .index_offset = w->offset,
                            .block_count = w->index.size / sizeof(struct block_entry),
                            .count = w->sum.count,
                            .first_us = w->sum.first_us,
                            .last_us = w->sum.last_us,
                            .first_person = w->sum.first_person,
                            .last_person = w->sum.last_person};
    TRY(file_write(w->file, w->offset, buf_bytes(&w->index), e));
    digest_add(&w->digest, buf_bytes(&w->index));
    w->offset += w->index.size;
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
