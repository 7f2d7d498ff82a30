#include <string.h>
#include <zstd.h>

#include "domain/event/run.h"
#include "domain/event/run_inside.h"
#include "lib/pack.h"

#define WINDOW_ENTRIES 64u /* of the index that are read at once: 2.5 KiB, of a MiB of events */

struct run_reader {
    struct arena *arena; /* holds this struct */
    struct file *file;
    char path[RUN_PATH_BYTES_MAX];
    struct run_foot foot;
    uint64_t file_bytes;
    uint64_t kept_as_of; /* for disk_keep; of one that was taken */
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
    if (f->first_us > f->last_us || f->first_person > f->last_person)
        return corrupt(r, "what it says of its events can't be", e);
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

fallible run_reader_take(struct disk *d, const char *name, struct run_reader **out_reader, struct err *e)
{
    char path[RUN_PATH_BYTES_MAX];
    uint64_t as_of;
    run_path(name, path);
    struct run_reader *r = disk_kept_take(d, path, &as_of);
    if (r == NULL)
        TRY(run_reader_open(d, name, &r, e));
    r->kept_as_of = as_of;
    *out_reader = r;
    return DONE;
}

static void kept_close(void *reader)
{
    run_reader_close(reader);
}

void run_reader_keep(struct disk *d, struct run_reader *r)
{
    if (r != NULL)
        disk_keep(d, r->path, r, kept_close, r->kept_as_of);
}

struct run_sum run_reader_sum(const struct run_reader *r)
{
    const struct run_foot *f = &r->foot;
    return (struct run_sum){.count = f->count,
                            .bytes = r->file_bytes,
                            .digest = f->digest,
                            .first_us = f->first_us,
                            .last_us = f->last_us,
                            .first_person = f->first_person,
                            .last_person = f->last_person};
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

/* What is looked for in the index: the first block with `person` or somebody behind them; or, with `is_behind`, the first one that begins behind what is
 * wanted of them. */
struct sought_block {
    uint32_t person;
    int64_t latest_us;
    bool is_behind;
};

static bool is_reached(const struct block_entry *entry, const struct sought_block *sought)
{
    if (!sought->is_behind)
        return entry->last_person >= sought->person;
    return entry->first_person > sought->person || (entry->first_person == sought->person && entry->first_us > sought->latest_us);
}

/* Outwards from a guess, by strides that double, until it lies between two looks; then by halves. */
static fallible block_search(struct run_reader *r, const struct sought_block *sought, uint64_t from, uint64_t guess, uint64_t stride,
                             uint64_t *out_block, struct err *e)
{
    uint64_t until = r->foot.block_count, at = guess;
    bool is_below = false, is_above = false; /* there was a look on that side of it */
    for (; from < until; stride *= 2) {
        const struct block_entry *entry;
        TRY(entry_read(r, at, &entry, e));
        if (is_reached(entry, sought)) {
            until = at;
            is_above = true;
        } else {
            from = at + 1;
            is_below = true;
        }
        if ((is_below && is_above) || until - from <= stride)
            at = from + (until - from) / 2;
        else
            at = is_above ? until - stride : from + stride;
    }
    *out_block = from;
    return DONE;
}

/* Numbers are given as people come and say nothing of how busy they are, so a run has about as many blocks for each. */
static uint64_t block_guess(const struct run_reader *r, uint32_t person)
{
    const struct run_foot *f = &r->foot;
    assert(person >= f->first_person && person <= f->last_person);
    double part = (double)(person - f->first_person) / ((double)(f->last_person - f->first_person) + 1);
    uint64_t guess = (uint64_t)(part * (double)f->block_count);
    return guess < f->block_count ? guess : f->block_count - 1;
}

fallible run_reader_find(struct run_reader *r, uint32_t person, int64_t latest_us, uint64_t *out_from, uint64_t *out_until, struct err *e)
{
    uint64_t from = 0, until = 0;
    struct sought_block sought = {.person = person, .latest_us = latest_us};
    if (r->foot.block_count > 0 && person >= r->foot.first_person && person <= r->foot.last_person) {
        TRY(block_search(r, &sought, 0, block_guess(r, person), WINDOW_ENTRIES / 2, &from, e));
        sought.is_behind = true;
        TRY(block_search(r, &sought, from, from, 1, &until, e));
    }
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
