#include <stdatomic.h>
#include <stdlib.h>

#include "base/pages.h"
#include "store/sieve_format.h"

#define READ_BYTES (UINT64_C(64) << 20) /* of one call */
#define CURSOR_BLOCKS 16u

struct sieve {
    _Atomic uint32_t refs;
    struct file *file;
    char path[SIEVE_PATH_BYTES_MAX];
    struct sieve_foot foot;
    uint64_t file_bytes;
    uint64_t blocks_offset;
    uint8_t *filter;
    struct hash128 *firsts; /* of the blocks */
};

static fallible corrupt(const struct sieve *s, const char *what, struct err *e)
{
    return FAIL(e, CORRUPT, "%s: %s", s->path, what);
}

/* Exactly so many bytes. */
static fallible bytes_read(const struct sieve *s, uint64_t offset, uint8_t *out_data, uint64_t size, struct err *e)
{
    for (uint64_t at = 0; at < size;) {
        size_t got = 0, want = (size_t)(size - at < READ_BYTES ? size - at : READ_BYTES);
        TRY(file_read(s->file, offset + at, out_data + at, want, &got, e));
        if (got != want)
            return corrupt(s, "the file is cut short", e);
        at += got;
    }
    return DONE;
}

static fallible foot_read(struct sieve *s, struct err *e)
{
    struct sieve_foot *f = &s->foot;
    if (s->file_bytes < sizeof *f)
        return corrupt(s, "the file is cut short", e);
    TRY(bytes_read(s, s->file_bytes - sizeof *f, (uint8_t *)f, sizeof *f, e));
    if (f->magic != SIEVE_MAGIC || f->crc != sieve_foot_crc(f))
        return corrupt(s, "it doesn't end as a sieve does", e);
    if (f->format != SIEVE_FORMAT)
        return FAIL(e, INVALID, "%s: format %u, this release reads %u", s->path, f->format, SIEVE_FORMAT);
    if (f->count == 0 || f->count > SIEVE_ENTRIES_MAX || f->lines > sieve_lines(SIEVE_ENTRIES_MAX) || f->lines == 0 ||
        f->blocks != (f->count + SIEVE_BLOCK_ENTRIES - 1) / SIEVE_BLOCK_ENTRIES)
        return corrupt(s, "its foot can't be", e);
    s->blocks_offset = sieve_filter_bytes(f->lines);
    if (s->file_bytes != s->blocks_offset + f->blocks * (SIEVE_BLOCK_BYTES + sizeof(struct hash128)) + sizeof *f)
        return corrupt(s, "its foot doesn't fit the file", e);
    return DONE;
}

static fallible sieve_begin(struct sieve *s, struct disk *d, struct err *e)
{
    TRY(disk_file_open(d, s->path, FILE_READ, &s->file, e));
    TRY(file_size(s->file, &s->file_bytes, e));
    TRY(foot_read(s, e));
    uint64_t filter_bytes = s->foot.lines * SIEVE_LINE_BYTES, firsts_bytes = s->foot.blocks * sizeof *s->firsts;
    s->filter = pages_take(filter_bytes);
    s->firsts = malloc(firsts_bytes);
    if (s->filter == NULL || s->firsts == NULL)
        return FAIL(e, FULL, "%s: no memory for its filter", s->path);
    TRY(bytes_read(s, 0, s->filter, filter_bytes, e));
    TRY(bytes_read(s, s->blocks_offset + s->foot.blocks * SIEVE_BLOCK_BYTES, (uint8_t *)s->firsts, firsts_bytes, e));
    if (crc32c(0, bytes_of(s->filter, filter_bytes)) != s->foot.filter_crc)
        return corrupt(s, "bad checksum of its filter", e);
    if (crc32c(0, bytes_of(s->firsts, firsts_bytes)) != s->foot.firsts_crc)
        return corrupt(s, "bad checksum of its first hashes", e);
    return DONE;
}

fallible sieve_open(struct disk *d, const char *path, struct sieve **out_sieve, struct err *e)
{
    assert(strlen(path) < SIEVE_PATH_BYTES_MAX);
    struct sieve *s = calloc(1, sizeof *s);
    if (s == NULL)
        return FAIL(e, FULL, "%s: no memory to open it", path);
    atomic_init(&s->refs, 1);
    memcpy(s->path, path, strlen(path));
    struct status status = sieve_begin(s, d, e);
    if (failed(status)) {
        sieve_release(s);
        return status;
    }
    *out_sieve = s;
    return DONE;
}

struct sieve *sieve_hold(struct sieve *s)
{
    (void)atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

void sieve_release(struct sieve *s)
{
    if (s == NULL || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) > 1)
        return;
    file_close(s->file);
    pages_give(s->filter, s->foot.lines * SIEVE_LINE_BYTES);
    free(s->firsts);
    free(s);
}

struct sieve_sum sieve_sum(const struct sieve *s)
{
    return (struct sieve_sum){.count = s->foot.count, .bytes = s->file_bytes, .digest = s->foot.digest};
}

size_t sieve_bytes(const struct sieve *s)
{
    return sizeof *s + s->foot.lines * SIEVE_LINE_BYTES + s->foot.blocks * sizeof *s->firsts;
}

/* --- asking --- */

static const uint8_t *line_of(const struct sieve *s, struct hash128 hash)
{
    return s->filter + sieve_line_of(hash, s->foot.lines) * SIEVE_LINE_BYTES;
}

void sieve_prefetch(const struct sieve *s, struct hash128 hash)
{
    prefetch(line_of(s, hash));
}

static bool filter_has(const struct sieve *s, struct hash128 hash)
{
    const uint8_t *line = line_of(s, hash);
    for (uint32_t i = 0; i < SIEVE_PROBES; i++) {
        uint32_t bit = sieve_bit_of(hash, i);
        if ((line[bit / 8] >> bit % 8 & 1u) == 0)
            return false;
    }
    return true;
}

bool sieve_suspects(const struct sieve *s, struct hash128 hash, uint32_t *out_block)
{
    if (!filter_has(s, hash) || sieve_compare(hash, s->firsts[0]) < 0)
        return false;
    uint64_t from = 0, until = s->foot.blocks; /* the block is in [from, until) */
    while (until - from > 1) {
        uint64_t middle = from + (until - from) / 2;
        if (sieve_compare(s->firsts[middle], hash) <= 0)
            from = middle;
        else
            until = middle;
    }
    *out_block = (uint32_t)from;
    return true;
}

/* --- blocks --- */

static struct sieve_entry entry_at(const uint8_t *block, uint32_t i)
{
    struct sieve_entry entry;
    memcpy(&entry, block + sizeof(struct sieve_block_head) + i * sizeof entry, sizeof entry);
    return entry;
}

static uint32_t block_count(const uint8_t *block)
{
    struct sieve_block_head head;
    memcpy(&head, block, sizeof head);
    return head.count;
}

static fallible block_check(const struct sieve *s, uint64_t number, const uint8_t *block, struct err *e)
{
    struct sieve_block_head head;
    memcpy(&head, block, sizeof head);
    uint64_t left = s->foot.count - number * SIEVE_BLOCK_ENTRIES;
    if (head.crc != sieve_block_crc(number, block))
        return FAIL(e, CORRUPT, "%s: block %llu: bad checksum", s->path, (unsigned long long)number);
    if (head.count != (left < SIEVE_BLOCK_ENTRIES ? left : SIEVE_BLOCK_ENTRIES))
        return FAIL(e, CORRUPT, "%s: block %llu: its count can't be", s->path, (unsigned long long)number);
    return DONE;
}

fallible sieve_block_read(const struct sieve *s, uint32_t block, uint8_t out_block[SIEVE_BLOCK_BYTES], struct err *e)
{
    assert(block < s->foot.blocks);
    TRY(bytes_read(s, s->blocks_offset + (uint64_t)block * SIEVE_BLOCK_BYTES, out_block, SIEVE_BLOCK_BYTES, e));
    return block_check(s, block, out_block, e);
}

bool sieve_block_find(const uint8_t block[SIEVE_BLOCK_BYTES], struct hash128 hash, uint64_t *out_value)
{
    uint32_t from = 0, until = block_count(block);
    while (from < until) {
        uint32_t middle = from + (until - from) / 2;
        struct sieve_entry entry = entry_at(block, middle);
        int order = sieve_compare(entry.hash, hash);
        if (order == 0) {
            *out_value = entry.value;
            return true;
        }
        if (order < 0)
            from = middle + 1;
        else
            until = middle;
    }
    return false;
}

/* --- all of it --- */

struct sieve_cursor {
    struct sieve *sieve;
    uint64_t block;    /* the next one to read */
    uint32_t held, at; /* blocks in `blocks`; the one that is being read */
    uint32_t entry;    /* the next one in it */
    uint8_t blocks[CURSOR_BLOCKS * SIEVE_BLOCK_BYTES];
};

struct sieve_cursor *sieve_cursor_open(struct sieve *s)
{
    struct sieve_cursor *c = calloc(1, sizeof *c);
    if (c == NULL)
        abort();
    c->sieve = sieve_hold(s);
    return c;
}

static fallible cursor_fill(struct sieve_cursor *c, struct err *e)
{
    const struct sieve *s = c->sieve;
    uint64_t left = s->foot.blocks - c->block;
    c->held = left < CURSOR_BLOCKS ? (uint32_t)left : CURSOR_BLOCKS;
    TRY(bytes_read(s, s->blocks_offset + c->block * SIEVE_BLOCK_BYTES, c->blocks, c->held * SIEVE_BLOCK_BYTES, e));
    for (uint32_t i = 0; i < c->held; i++)
        TRY(block_check(s, c->block + i, c->blocks + i * SIEVE_BLOCK_BYTES, e));
    c->block += c->held;
    c->at = c->entry = 0;
    return DONE;
}

fallible sieve_cursor_next(struct sieve_cursor *c, struct sieve_entry *out_entry, bool *out_over, struct err *e)
{
    if (c->at < c->held && c->entry == block_count(c->blocks + c->at * SIEVE_BLOCK_BYTES)) {
        c->at++;
        c->entry = 0;
    }
    *out_over = c->at == c->held && c->block == c->sieve->foot.blocks;
    if (*out_over)
        return DONE;
    if (c->at == c->held)
        TRY(cursor_fill(c, e));
    *out_entry = entry_at(c->blocks + c->at * SIEVE_BLOCK_BYTES, c->entry++);
    return DONE;
}

void sieve_cursor_close(struct sieve_cursor *c)
{
    if (c == NULL)
        return;
    sieve_release(c->sieve);
    free(c);
}
