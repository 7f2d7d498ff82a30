#include <stdio.h>
#include <stdlib.h>

#include "domain/column/inside.h"

#define FILE_ARENA_BYTES 16384u
#define CHUNKS_AHEAD 8u /* that are fetched while one is read: about half a megabyte of a month's file */

void column_path(const char *name, char out_path[COLUMN_PATH_BYTES_MAX])
{
    assert(name[0] != 0 && strlen(name) <= COLUMN_NAME_BYTES_MAX);
    (void)snprintf(out_path, COLUMN_PATH_BYTES_MAX, "%s/%s", COLUMN_FOLDER, name);
}

/* --- head, foot, directory --- */

static fallible corrupt(const struct column_file *f, const char *what, struct err *e)
{
    return FAIL(e, CORRUPT, "%s: %s", f->path, what);
}

static fallible ends_read(struct column_file *f, struct err *e)
{
    struct bytes all = f->map.bytes;
    struct column_head head;
    struct column_foot *foot = &f->foot;
    if (all.size < sizeof head + sizeof *foot)
        return corrupt(f, "the file is cut short", e);
    memcpy(&head, all.data, sizeof head);
    memcpy(foot, all.data + all.size - sizeof *foot, sizeof *foot);
    if (head.magic != COLUMN_MAGIC || head.crc != crc_of_front(&head, sizeof head))
        return corrupt(f, "it doesn't begin as a column file does", e);
    if (head.format != COLUMN_FORMAT)
        return FAIL(e, INVALID, "%s: format %u, this release reads %u", f->path, head.format, COLUMN_FORMAT);
    if (foot->magic != COLUMN_FOOT_MAGIC || foot->format != COLUMN_FORMAT || foot->crc != crc_of_front(foot, sizeof *foot))
        return corrupt(f, "it doesn't end as a column file does", e);
    return DONE;
}

/* In the order of chunks, side by side from the head to the directory. */
static fallible places_check(const struct column_file *f, struct err *e)
{
    uint64_t offset = sizeof(struct column_head), count = 0;
    uint32_t chunk = 0;
    for (uint32_t i = 0; i < f->foot.block_count; i++) {
        struct block_place place = block_place_at(f, i);
        if (place.chunk < chunk || place.chunk > UINT32_MAX / CHUNK_PEOPLE || place.count == 0 || place.count > BLOCK_EVENTS_MAX ||
            place.first_us > place.last_us || place.first_position > place.last_position || place.offset != offset ||
            place.front_bytes == 0 || place.front_bytes > place.bytes || place.bytes > f->foot.directory_offset - offset)
            return FAIL(e, CORRUPT, "%s: block %u: its place can't be", f->path, i);
        chunk = place.chunk;
        offset += place.bytes;
        count += place.count;
    }
    return offset == f->foot.directory_offset && count == f->foot.count ? DONE : corrupt(f, "its directory doesn't fit its blocks", e);
}

static bool name_read(struct unpack *u, struct column_name *out_name)
{
    uint8_t of = unpack_u8(u), kind = unpack_u8(u), is_list = unpack_u8(u);
    *out_name = (struct column_name){.is_list = is_list == 1, .name = unpack_bytes(u)};
    if (!unpack_good(u) || of >= COLUMN_OF_COUNT || kind >= COLUMN_KIND_COUNT || is_list > 1 || out_name->name.size > COLUMN_NAME_BYTES)
        return false;
    out_name->of = of;
    out_name->kind = kind;
    return true;
}

static int number_compare(const void *a, const void *b, void *names)
{
    const struct column_name *all = names;
    return column_name_compare(&all[*(const uint16_t *)a], &all[*(const uint16_t *)b]);
}

static fallible names_read(struct column_file *f, struct bytes packed, struct err *e)
{
    struct unpack u = unpack_of(packed);
    uint32_t count = f->foot.name_count;
    f->names = ARENA_ARRAY(f->arena, struct column_name, count + 1);
    f->names_in_order = ARENA_ARRAY(f->arena, uint16_t, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        f->names_in_order[i] = (uint16_t)i;
        if (!name_read(&u, &f->names[i]))
            return corrupt(f, "its names can't be read", e);
    }
    qsort_r(f->names_in_order, count, sizeof *f->names_in_order, number_compare, f->names);
    for (uint32_t i = 1; i < count; i++)
        if (number_compare(&f->names_in_order[i - 1], &f->names_in_order[i], f->names) == 0)
            return corrupt(f, "a name stands in it twice", e);
    return unpack_finished(&u) ? DONE : corrupt(f, "its names can't be read", e);
}

static fallible directory_read(struct column_file *f, struct err *e)
{
    const struct column_foot *foot = &f->foot;
    uint64_t behind = f->map.bytes.size - sizeof *foot;
    if (foot->directory_offset < sizeof(struct column_head) || foot->directory_offset > behind || foot->name_count > COLUMNS_MAX ||
        (behind - foot->directory_offset) / sizeof(struct block_place) < foot->block_count)
        return corrupt(f, "its directory doesn't fit the file", e);
    struct bytes directory = bytes_slice(f->map.bytes, (size_t)foot->directory_offset, (size_t)behind);
    file_map_fetch(&f->map, directory);
    if (crc32c(0, directory) != foot->directory_crc)
        return corrupt(f, "bad checksum of its directory", e);
    f->directory = directory.data;
    TRY(places_check(f, e));
    TRY(names_read(f, bytes_slice(directory, foot->block_count * sizeof(struct block_place), directory.size), e));
    f->blocks = arena_zeroed(f->arena, (foot->block_count + 1) * sizeof *f->blocks, _Alignof(_Atomic(struct block *)));
    return DONE;
}

/* --- opening --- */

static struct column_file *file_create(const char *name)
{
    struct arena *arena = arena_create(FILE_ARENA_BYTES);
    struct column_file *f = ARENA_NEW(arena, struct column_file);
    f->arena = arena;
    (void)pthread_mutex_init(&f->lock, NULL);
    if (name == NULL)
        (void)snprintf(f->path, sizeof f->path, "columns in memory");
    else
        column_path(name, f->path);
    return f;
}

static fallible contents_read(struct column_file *f, struct err *e)
{
    TRY(ends_read(f, e));
    return directory_read(f, e);
}

static fallible file_begin(struct column_file *f, struct disk *d, struct err *e)
{
    struct file *file = NULL;
    TRY(disk_file_open(d, f->path, FILE_READ, &file, e));
    struct status status = file_map(file, &f->map, e);
    file_close(file);
    TRY(status);
    return contents_read(f, e);
}

fallible column_file_open(struct disk *d, const char *name, struct column_file **out_file, struct err *e)
{
    struct column_file *f = file_create(name);
    struct status status = file_begin(f, d, e);
    if (failed(status)) {
        column_file_close(f);
        return status;
    }
    *out_file = f;
    return DONE;
}

fallible column_file_of_memory(struct buf *bytes, struct column_file **out_file, struct err *e)
{
    struct column_file *f = file_create(NULL);
    f->memory = *bytes;
    f->map.bytes = buf_bytes(&f->memory);
    buf_init(bytes, bytes->size_max);
    struct status status = contents_read(f, e);
    if (failed(status)) {
        column_file_close(f);
        return status;
    }
    *out_file = f;
    return DONE;
}

void column_file_close(struct column_file *f)
{
    if (f == NULL)
        return;
    if (f->memory.data == NULL)
        file_unmap(&f->map);
    buf_fini(&f->memory);
    (void)pthread_mutex_destroy(&f->lock);
    arena_destroy(f->arena);
}

/* --- what it is --- */

struct column_sum column_file_sum(const struct column_file *f)
{
    struct column_sum sum = {.bytes = f->map.bytes.size, .digest = f->foot.digest};
    for (uint32_t i = 0; i < f->foot.block_count; i++) {
        struct block_place place = block_place_at(f, i);
        column_sum_add(&sum, &place);
    }
    return sum;
}

size_t column_file_bytes(const struct column_file *f)
{
    pthread_mutex_t *lock = &((struct column_file *)(uintptr_t)f)->lock;
    (void)pthread_mutex_lock(lock);
    size_t used = arena_used(f->arena);
    (void)pthread_mutex_unlock(lock);
    return used + f->memory.capacity;
}

uint32_t column_file_columns(const struct column_file *f)
{
    return f->foot.name_count;
}

struct column_name column_file_column(const struct column_file *f, uint32_t i)
{
    assert(i < f->foot.name_count);
    return f->names[i];
}

uint32_t column_file_blocks(const struct column_file *f)
{
    return f->foot.block_count;
}

/* The first block of a chunk that is not below this one. */
static uint32_t chunk_search(const struct column_file *f, uint64_t chunk)
{
    uint32_t from = 0, until = f->foot.block_count;
    while (from < until) {
        uint32_t middle = from + (until - from) / 2;
        if (block_place_at(f, middle).chunk < chunk)
            from = middle + 1;
        else
            until = middle;
    }
    return from;
}

void column_file_find(const struct column_file *f, uint32_t chunk, uint32_t *out_from, uint32_t *out_until)
{
    *out_from = chunk_search(f, chunk);
    *out_until = chunk_search(f, (uint64_t)chunk + 1);
}

void column_file_fetch(struct column_file *f, uint32_t from_chunk, uint32_t until_chunk)
{
    for (uint32_t i = chunk_search(f, from_chunk); i < f->foot.block_count && block_place_at(f, i).chunk < until_chunk; i++) {
        struct block_place place = block_place_at(f, i);
        if (atomic_load_explicit(&f->blocks[i], memory_order_relaxed) == NULL)
            file_map_fetch(&f->map, bytes_of(f->map.bytes.data + place.offset, place.front_bytes));
    }
}

bool column_ahead_take(struct column_ahead *a, uint32_t chunk, uint32_t *out_from, uint32_t *out_until)
{
    uint32_t done_until = atomic_load_explicit(&a->until_chunk, memory_order_relaxed);
    *out_from = done_until > chunk ? done_until : chunk;
    *out_until = chunk + 1 + CHUNKS_AHEAD;
    return done_until < *out_until && atomic_compare_exchange_strong(&a->until_chunk, &done_until, *out_until);
}

fallible column_file_block(struct column_file *f, uint32_t block, const struct block **out_block, struct err *e)
{
    assert(block < f->foot.block_count);
    struct block *known = atomic_load_explicit(&f->blocks[block], memory_order_acquire);
    if (known != NULL) {
        *out_block = known;
        return DONE;
    }
    struct block b = {.file = f, .number = block, .place = block_place_at(f, block)};
    b.data = f->map.bytes.data + b.place.offset;
    const char *trouble = block_read(&b);
    if (trouble != NULL)
        return FAIL(e, CORRUPT, "%s: block %u: %s", f->path, block, trouble);
    (void)pthread_mutex_lock(&f->lock);
    known = atomic_load_explicit(&f->blocks[block], memory_order_relaxed);
    if (known == NULL) {
        known = ARENA_NEW(f->arena, struct block);
        *known = b;
        atomic_store_explicit(&f->blocks[block], known, memory_order_release);
    }
    (void)pthread_mutex_unlock(&f->lock);
    *out_block = known;
    return DONE;
}

bool column_file_name(const struct column_file *f, const struct column_name *name, uint32_t *out_number)
{
    uint32_t from = 0, until = f->foot.name_count;
    while (from < until) {
        uint32_t middle = from + (until - from) / 2;
        if (column_name_compare(&f->names[f->names_in_order[middle]], name) < 0)
            from = middle + 1;
        else
            until = middle;
    }
    *out_number = f->names_in_order[from];
    return from < f->foot.name_count && column_name_compare(&f->names[*out_number], name) == 0;
}
