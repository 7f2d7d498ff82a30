#include <stdlib.h>

#include "store/sieve_format.h"

#define PIECE_BYTES (64u << 10) /* written at once */
#define PIECE_LINES (PIECE_BYTES / SIEVE_LINE_BYTES)
#define FIRSTS_BYTES_MAX (UINT64_C(8) << 30)

struct sieve_writer {
    struct disk *disk;
    struct file *file;
    char path[SIEVE_PATH_BYTES_MAX];
    char folder[SIEVE_PATH_BYTES_MAX];
    uint64_t count_max, count;
    struct hash128 last;
    uint64_t lines, lines_from; /* filter[0] is line lines_from */
    uint32_t filter_crc;
    uint64_t blocks; /* those before the one being filled */
    uint64_t blocks_offset;
    uint32_t block_count; /* entries in it */
    size_t piece_bytes;   /* of whole blocks that wait in `piece` */
    struct buf firsts;
    struct digest digest;
    bool finished;
    uint8_t filter[PIECE_BYTES];
    uint8_t piece[PIECE_BYTES];
};
static_assert(PIECE_BYTES % SIEVE_BLOCK_BYTES == 0, "a piece is whole blocks");

int sieve_compare(struct hash128 a, struct hash128 b)
{
    if (a.low != b.low)
        return a.low < b.low ? -1 : 1;
    return (a.high > b.high) - (a.high < b.high);
}

static fallible writer_begin(struct sieve_writer *w, struct err *e)
{
    TRY(disk_make_folder(w->disk, w->folder, e));
    TRY(disk_sync_folder(w->disk, "", e)); /* the folder's own name, else a crash may lose it with all that is in it */
    TRY(disk_remove(w->disk, w->path, e)); /* left behind by a crash */
    return disk_file_open(w->disk, w->path, FILE_CREATE, &w->file, e);
}

fallible sieve_writer_open(struct disk *d, const char *path, uint64_t count_max, struct sieve_writer **out_writer,
                           struct err *e)
{
    const char *slash = strchr(path, '/');
    assert(slash != NULL && strlen(path) < SIEVE_PATH_BYTES_MAX && count_max > 0 && count_max <= SIEVE_ENTRIES_MAX);
    struct sieve_writer *w = calloc(1, sizeof *w);
    if (w == NULL)
        return FAIL(e, FULL, "%s: no memory to write it", path);
    w->disk = d;
    memcpy(w->path, path, strlen(path));
    memcpy(w->folder, path, (size_t)(slash - path));
    w->count_max = count_max;
    w->lines = sieve_lines(count_max);
    w->blocks_offset = sieve_filter_bytes(w->lines);
    buf_init(&w->firsts, FIRSTS_BYTES_MAX);
    struct status status = writer_begin(w, e);
    if (failed(status)) {
        sieve_writer_close(w);
        return status;
    }
    *out_writer = w;
    return DONE;
}

/* Writes the lines up to `line`, which begins the next piece. */
static fallible filter_flush(struct sieve_writer *w, uint64_t line, struct err *e)
{
    while (w->lines_from + PIECE_LINES <= line || (line == w->lines && w->lines_from < line)) {
        uint64_t left = w->lines - w->lines_from, lines = left < PIECE_LINES ? left : PIECE_LINES;
        struct bytes piece = bytes_of(w->filter, lines * SIEVE_LINE_BYTES);
        TRY(file_write(w->file, w->lines_from * SIEVE_LINE_BYTES, piece, e));
        w->filter_crc = crc32c(w->filter_crc, piece);
        memset(w->filter, 0, sizeof w->filter);
        w->lines_from += lines;
    }
    return DONE;
}

static fallible filter_add(struct sieve_writer *w, struct hash128 hash, struct err *e)
{
    uint64_t line = sieve_line_of(hash, w->lines);
    TRY(filter_flush(w, line, e));
    uint8_t *bits = w->filter + (line - w->lines_from) * SIEVE_LINE_BYTES;
    for (uint32_t i = 0; i < SIEVE_PROBES; i++) {
        uint32_t bit = sieve_bit_of(hash, i);
        bits[bit / 8] = (uint8_t)(bits[bit / 8] | 1u << bit % 8);
    }
    return DONE;
}

static fallible piece_flush(struct sieve_writer *w, struct err *e)
{
    uint64_t from = w->blocks - w->piece_bytes / SIEVE_BLOCK_BYTES;
    TRY(file_write(w->file, w->blocks_offset + from * SIEVE_BLOCK_BYTES, bytes_of(w->piece, w->piece_bytes), e));
    w->piece_bytes = 0;
    return DONE;
}

static fallible block_close(struct sieve_writer *w, struct err *e)
{
    if (w->block_count == 0)
        return DONE;
    uint8_t *block = w->piece + w->piece_bytes;
    size_t used = sizeof(struct sieve_block_head) + w->block_count * sizeof(struct sieve_entry);
    struct sieve_block_head head = {.count = w->block_count};
    memset(block + used, 0, SIEVE_BLOCK_BYTES - used);
    memcpy(block, &head, sizeof head);
    head.crc = sieve_block_crc(w->blocks, block);
    memcpy(block, &head.crc, sizeof head.crc);
    digest_add(&w->digest, bytes_of(block, SIEVE_BLOCK_BYTES));
    w->blocks++;
    w->block_count = 0;
    w->piece_bytes += SIEVE_BLOCK_BYTES;
    return w->piece_bytes < PIECE_BYTES ? DONE : piece_flush(w, e);
}

fallible sieve_writer_add(struct sieve_writer *w, const struct sieve_entry *entry, struct err *e)
{
    assert(!w->finished && w->count < w->count_max);
    assert(w->count == 0 || sieve_compare(w->last, entry->hash) < 0);
    TRY(filter_add(w, entry->hash, e));
    if (w->block_count == 0)
        buf_push(&w->firsts, bytes_of(&entry->hash, sizeof entry->hash));
    if (w->firsts.overflowed)
        return FAIL(e, FULL, "%s: no memory for its first hashes", w->path);
    memcpy(w->piece + w->piece_bytes + sizeof(struct sieve_block_head) + w->block_count * sizeof *entry, entry,
           sizeof *entry);
    w->last = entry->hash;
    w->count++;
    return ++w->block_count < SIEVE_BLOCK_ENTRIES ? DONE : block_close(w, e);
}

fallible sieve_writer_finish(struct sieve_writer *w, struct sieve_sum *out_sum, struct err *e)
{
    assert(!w->finished);
    TRY(block_close(w, e));
    TRY(piece_flush(w, e));
    TRY(filter_flush(w, w->lines, e));
    uint64_t offset = w->blocks_offset + w->blocks * SIEVE_BLOCK_BYTES;
    struct sieve_foot foot = {.magic = SIEVE_MAGIC,
                              .format = SIEVE_FORMAT,
                              .lines = w->lines,
                              .blocks = w->blocks,
                              .count = w->count,
                              .digest = w->digest.value,
                              .filter_crc = w->filter_crc,
                              .firsts_crc = crc32c(0, buf_bytes(&w->firsts))};
    foot.crc = sieve_foot_crc(&foot);
    TRY(file_write(w->file, offset, buf_bytes(&w->firsts), e));
    TRY(file_write(w->file, offset + w->firsts.size, bytes_of(&foot, sizeof foot), e));
    TRY(file_sync(w->file, e));
    TRY(disk_sync_folder(w->disk, w->folder, e));
    *out_sum = (struct sieve_sum){
        .count = w->count, .bytes = offset + w->firsts.size + sizeof foot, .digest = foot.digest};
    w->finished = true;
    return DONE;
}

void sieve_writer_close(struct sieve_writer *w)
{
    if (w == NULL)
        return;
    file_close(w->file);
    if (!w->finished && w->file != NULL)
        (void)disk_remove(w->disk, w->path, NULL).code; /* else whoever looks for orphans removes it */
    buf_fini(&w->firsts);
    free(w);
}
