#include <string.h>
#include <zstd.h>

#include "domain/event/run.h"
#include "domain/event/run_inside.h"
#include "lib/pack.h"

#define WINDOW_ENTRIES 64u /* of the index that are read at once: 2.5 KiB */

struct run_reader {
    struct arena *arena; /* holds this struct */
    struct file *file;
    char path[RUN_PATH_BYTES_MAX];
    struct run_foot foot;
    uint64_t file_bytes;
    uint64_t window_from; /* the entry that window[0] is */
    uint32_t window_count;
    struct block_entry window[WINDOW_ENTRIES];
};

/* --- head and foot --- */

static fallible corrupt(const struct run_reader *r, const char *what, struct err *e)
{
    return FAIL(e, CORRUPT, "%s: %s", r->path, what);
}

static fallible corrupt_block(const struct run_reader *r, uint64_t block, const char *what, struct err *e)
{
    return FAIL(e, CORRUPT, "%s: block %llu: %s", r->path, (unsigned long long)block, what);
}

/* Exactly so many bytes. */
static fallible bytes_read(const struct run_reader *r, uint64_t offset, void *out_data, size_t size, struct err *e)
{
    size_t got = 0;
    TRY(file_read(r->file, offset, out_data, size, &got, e));
    return got == size ? DONE : corrupt(r, "the file is cut short", e);
}

static fallible head_read(const struct run_reader *r, struct err *e)
{
    struct run_head head;
    TRY(bytes_read(r, 0, &head, sizeof head, e));
    if (head.magic != RUN_MAGIC || head.crc != crc_of_front(&head, sizeof head))
        return corrupt(r, "it doesn't begin as a run does", e);
    if (head.format != RUN_FORMAT)
        return FAIL(e, INVALID, "%s: format %u, this release reads %u", r->path, head.format, RUN_FORMAT);
    return DONE;
}

static fallible foot_read(struct run_reader *r, struct err *e)
{
    struct run_foot *f = &r->foot;
    TRY(bytes_read(r, r->file_bytes - sizeof *f, f, sizeof *f, e));
    uint64_t index_bytes = r->file_bytes - sizeof *f;
    if (f->magic != RUN_FOOT_MAGIC || f->format != RUN_FORMAT || f->crc != crc_of_front(f, sizeof *f))
        return corrupt(r, "it doesn't end as a run does", e);
    if (f->index_offset < sizeof(struct run_head) || f->index_offset > index_bytes ||
        (index_bytes - f->index_offset) % sizeof(struct block_entry) != 0 ||
        (index_bytes - f->index_offset) / sizeof(struct block_entry) != f->block_count || f->count < f->block_count)
        return corrupt(r, "its index doesn't fit the file", e);
    return DONE;
}

static fallible reader_begin(struct run_reader *r, struct disk *d, struct err *e)
{
    TRY(disk_file_open(d, r->path, FILE_READ, &r->file, e));
    TRY(file_size(r->file, &r->file_bytes, e));
    if (r->file_bytes < sizeof(struct run_head) + sizeof(struct run_foot))
        return corrupt(r, "the file is cut short", e);
    TRY(head_read(r, e));
    return foot_read(r, e);
}

fallible run_reader_open(struct disk *d, const char *name, struct run_reader **out_reader, struct err *e)
{
    struct arena *arena = arena_create(sizeof(struct run_reader) + 64);
    struct run_reader *r = ARENA_NEW(arena, struct run_reader);
    r->arena = arena;
    run_path(name, r->path);
    struct status status = reader_begin(r, d, e);
    if (failed(status)) {
        run_reader_close(r);
        return status;
    }
    *out_reader = r;
    return DONE;
}

void run_reader_close(struct run_reader *r)
{
    if (r == NULL)
        return;
    file_close(r->file);
    arena_destroy(r->arena);
}

struct run_sum run_reader_sum(const struct run_reader *r)
{
    return (struct run_sum){.count = r->foot.count, .bytes = r->file_bytes, .digest = r->foot.digest};
}

int64_t run_reader_last_us(const struct run_reader *r)
{
    return r->foot.last_us == 0 ? INT64_MAX : r->foot.last_us;
}

uint64_t run_reader_blocks(const struct run_reader *r)
{
    return r->foot.block_count;
}

/* --- the index --- */

static fallible window_read(struct run_reader *r, uint64_t block, struct err *e)
{
    uint64_t from = block - block % WINDOW_ENTRIES, left = r->foot.block_count - from;
    uint32_t count = left < WINDOW_ENTRIES ? (uint32_t)left : WINDOW_ENTRIES;
    r->window_count = 0;
    TRY(bytes_read(r, r->foot.index_offset + from * sizeof(struct block_entry), r->window, count * sizeof(struct block_entry), e));
    r->window_from = from;
    r->window_count = count;
    return DONE;
}

/* Borrowed until the next call. */
static fallible entry_read(struct run_reader *r, uint64_t block, const struct block_entry **out_entry, struct err *e)
{
    assert(block < r->foot.block_count);
    if (block < r->window_from || block - r->window_from >= r->window_count)
        TRY(window_read(r, block, e));
    const struct block_entry *entry = &r->window[block - r->window_from];
    if (entry->crc != crc_of_front(entry, sizeof *entry))
        return corrupt_block(r, block, "bad checksum of its index entry", e);
    if (entry->first_person > entry->last_person || entry->count == 0 || entry->bytes <= sizeof(struct block_head) ||
        entry->bytes > sizeof(struct block_head) + ZSTD_COMPRESSBOUND(RUN_RAW_BYTES_MAX) ||
        entry->offset < sizeof(struct run_head) || entry->offset > r->foot.index_offset ||
        r->foot.index_offset - entry->offset < entry->bytes)
        return corrupt_block(r, block, "its index entry can't be", e);
    *out_entry = entry;
    return DONE;
}

/* The first block of [from, …) whose last (or, with `behind`, first) person is not below (is above) the person. */
static fallible block_search(struct run_reader *r, uint32_t person, bool behind, uint64_t from, uint64_t *out_block, struct err *e)
{
    uint64_t until = r->foot.block_count;
    while (from < until) {
        uint64_t middle = from + (until - from) / 2;
        const struct block_entry *entry;
        TRY(entry_read(r, middle, &entry, e));
        bool found = behind ? entry->first_person > person : entry->last_person >= person;
        if (found)
            until = middle;
        else
            from = middle + 1;
    }
    *out_block = from;
    return DONE;
}

fallible run_reader_find(struct run_reader *r, uint32_t person, uint64_t *out_from, uint64_t *out_until, struct err *e)
{
    uint64_t from = 0, until = 0;
    TRY(block_search(r, person, false, 0, &from, e));
    TRY(block_search(r, person, true, from, &until, e));
    *out_from = from;
    *out_until = until;
    return DONE;
}

/* --- blocks --- */

void run_buffers_init(struct run_buffers *b)
{
    buf_init(&b->packed, sizeof(struct block_head) + ZSTD_COMPRESSBOUND(RUN_RAW_BYTES_MAX));
    buf_init(&b->raw, RUN_RAW_BYTES_MAX);
    b->unzip = NULL;
}

void run_buffers_fini(struct run_buffers *b)
{
    buf_fini(&b->packed);
    buf_fini(&b->raw);
    (void)ZSTD_freeDCtx(b->unzip);
    b->unzip = NULL;
}

static fallible block_load(const struct run_reader *r, uint64_t block, const struct block_entry *entry, struct run_buffers *b, struct err *e)
{
    struct block_head head;
    buf_clear(&b->packed);
    uint8_t *at = buf_extend(&b->packed, entry->bytes);
    if (at == NULL)
        return FAIL(e, FULL, "%s: no memory for a block", r->path);
    TRY(bytes_read(r, entry->offset, at, entry->bytes, e));
    memcpy(&head, at, sizeof head);
    if (head.crc != crc_of_block(entry->offset, bytes_of(at + sizeof head.crc, entry->bytes - sizeof head.crc)))
        return corrupt_block(r, block, "bad checksum", e);
    if (head.packed_bytes != entry->bytes - sizeof head || head.count != entry->count || head.raw_bytes == 0 ||
        head.raw_bytes > RUN_RAW_BYTES_MAX)
        return corrupt_block(r, block, "its sizes can't be", e);
    buf_clear(&b->raw);
    uint8_t *raw = buf_extend(&b->raw, head.raw_bytes);
    if (b->unzip == NULL)
        b->unzip = ZSTD_createDCtx();
    if (raw == NULL || b->unzip == NULL)
        return FAIL(e, FULL, "%s: no memory for a block", r->path);
    if (ZSTD_decompressDCtx(b->unzip, raw, head.raw_bytes, at + sizeof head, head.packed_bytes) != head.raw_bytes)
        return corrupt_block(r, block, "it can't be decompressed", e);
    return DONE;
}

fallible run_block_open(struct run_reader *r, uint64_t block, struct run_buffers *b, struct block_cursor *out_cursor, struct err *e)
{
    const struct block_entry *entry;
    TRY(entry_read(r, block, &entry, e));
    TRY(block_load(r, block, entry, b, e));
    *out_cursor = (struct block_cursor){
        .u = unpack_of(buf_bytes(&b->raw)), .left = entry->count, .person_last = entry->last_person, .reader = r, .block = block};
    return DONE;
}

fallible run_block_next(struct block_cursor *c, struct event_note *out_note, struct bytes *out_packed, struct err *e)
{
    assert(c->left > 0);
    uint64_t person = c->person + (uint64_t)unpack_varint32(&c->u);
    struct event_note note = {.person = (uint32_t)person, .position = unpack_varint(&c->u)};
    uint32_t event = unpack_varint32(&c->u);
    note.event = (uint16_t)event;
    note.owner.low = unpack_u64(&c->u);
    note.owner.high = unpack_u64(&c->u);
    struct bytes packed = unpack_bytes(&c->u);
    c->left--;
    if (!unpack_good(&c->u) || event > NAMES_A_KIND_MAX || person > c->person_last || (c->left == 0 && unpack_left(&c->u) > 0)) {
        c->left = 0;
        return corrupt_block(c->reader, c->block, "its events can't be read", e);
    }
    c->person = note.person;
    *out_note = note;
    *out_packed = packed;
    return DONE;
}

/* --- a stream --- */

fallible run_stream_next(struct run_stream *s, struct err *e)
{
    assert(!s->over);
    while (s->cursor.left == 0) {
        s->over = s->block == run_reader_blocks(s->reader);
        if (s->over)
            return DONE;
        TRY(run_block_open(s->reader, s->block++, &s->buffers, &s->cursor, e));
    }
    struct event_note note;
    struct bytes packed;
    TRY(run_block_next(&s->cursor, &note, &packed, e));
    return WRAP(e, stored_of(&note, packed, &s->now, e), "%s: block %llu", s->reader->path, (unsigned long long)s->cursor.block);
}

fallible run_stream_open(struct run_reader *r, struct run_stream *out_stream, struct err *e)
{
    *out_stream = (struct run_stream){.reader = r};
    run_buffers_init(&out_stream->buffers);
    return run_stream_next(out_stream, e);
}

void run_stream_close(struct run_stream *s)
{
    run_buffers_fini(&s->buffers);
}
