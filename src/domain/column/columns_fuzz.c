/* Bytes that say they are a column file. */
#include "domain/column/inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- right checksums, so that more than the first is ever reached --- */

/* The places of a block's columns, wherever its front says that they are: the last of it. */
static void columns_mend(uint8_t *block, const struct block_place *place, uint32_t columns)
{
    size_t bytes = columns * sizeof(struct column_place);
    if (bytes > place->front_bytes)
        return;
    for (uint32_t i = 0; i < columns; i++) {
        struct column_place column;
        uint8_t *at = block + place->front_bytes - bytes + i * sizeof column;
        memcpy(&column, at, sizeof column);
        if (column.offset > place->bytes || column.bytes > place->bytes - column.offset)
            continue;
        column.crc = crc32c(0, bytes_of(block + column.offset, column.bytes));
        memcpy(at, &column, sizeof column);
    }
}

static void directory_mend(uint8_t *file, size_t size, const struct column_foot *foot, uint32_t columns)
{
    size_t behind = size - sizeof *foot;
    for (uint32_t i = 0; i < foot->block_count; i++) {
        struct block_place place;
        uint8_t *at = file + foot->directory_offset + i * sizeof place;
        if (at + sizeof place > file + behind)
            return;
        memcpy(&place, at, sizeof place);
        if (place.offset > foot->directory_offset || place.bytes > foot->directory_offset - place.offset || place.front_bytes > place.bytes)
            continue;
        columns_mend(file + place.offset, &place, columns);
        place.front_crc = crc32c(0, bytes_of(file + place.offset, place.front_bytes));
        memcpy(at, &place, sizeof place);
    }
}

static void file_mend(uint8_t *file, size_t size, uint32_t columns)
{
    struct column_head head;
    struct column_foot foot;
    if (size < sizeof head + sizeof foot)
        return;
    memcpy(&head, file, sizeof head);
    head.magic = COLUMN_MAGIC;
    head.format = COLUMN_FORMAT;
    head.crc = crc_of_front(&head, sizeof head);
    memcpy(file, &head, sizeof head);
    memcpy(&foot, file + size - sizeof foot, sizeof foot);
    foot.magic = COLUMN_FOOT_MAGIC;
    foot.format = COLUMN_FORMAT;
    if (foot.directory_offset > size - sizeof foot)
        foot.directory_offset = size - sizeof foot;
    directory_mend(file, size, &foot, columns);
    foot.directory_crc = crc32c(0, bytes_of(file + foot.directory_offset, size - sizeof foot - foot.directory_offset));
    foot.crc = crc_of_front(&foot, sizeof foot);
    memcpy(file + size - sizeof foot, &foot, sizeof foot);
}

/* A block whose front or whose columns are the bytes, in a file of two names: what a mended file seldom gets to. The first bytes say how many events there
 * are, and how many of the bytes are the front. */
static void file_wrap(struct buf *out, const uint8_t *data, size_t size)
{
    static const uint8_t names[] = {COLUMN_PROPERTY, COLUMN_TEXT, 1, 1, 'a', COLUMN_ITEM, COLUMN_NUMBER, 0, 1, 'b'};
    uint16_t count, front_bytes;
    if (size < 4)
        return;
    memcpy(&count, data, 2);
    memcpy(&front_bytes, data + 2, 2);
    data += 4, size -= 4;
    if (front_bytes > size)
        front_bytes = (uint16_t)size;
    struct column_head head = {0};
    struct block_place place = {.count = count, .first_us = INT64_MIN, .last_us = INT64_MAX, .offset = sizeof head, .bytes = (uint32_t)size, .front_bytes = front_bytes};
    struct column_foot foot = {.directory_offset = sizeof head + size, .block_count = 1, .name_count = 2, .count = count};
    buf_push(out, bytes_of(&head, sizeof head));
    buf_push(out, bytes_of(data, size));
    buf_push(out, bytes_of(&place, sizeof place));
    buf_push(out, bytes_of(names, sizeof names));
    buf_push(out, bytes_of(&foot, sizeof foot));
}

/* --- use --- */

#define TAKE(arena, type, count) ((type *)arena_take((arena), ((size_t)(count) + 1) * sizeof(type), _Alignof(type)))

static void column_use(struct arena *a, const struct block *b, const struct column *c, const struct column_name *name)
{
    uint32_t count = column_count(c), *starts = TAKE(a, uint32_t, block_count(b));
    column_presence(c, TAKE(a, uint64_t, block_count(b) / 64));
    column_starts(c, starts);
    assert(starts[block_count(b)] == count);
    if (name->of == COLUMN_ITEM)
        column_items(c, TAKE(a, uint32_t, count));
    if (name->kind == COLUMN_REAL) {
        column_reals(c, TAKE(a, double, count));
    } else if (name->kind == COLUMN_TEXT) {
        uint32_t *codes = TAKE(a, uint32_t, count);
        column_codes(c, codes);
        for (uint32_t i = 0; i < count; i++) {
            struct bytes text = column_text(c, codes[i]);
            assert(text.size == 0 || hash64(text, 0) != 1);
        }
    } else {
        column_integers(c, TAKE(a, int64_t, count));
    }
}

/* Every event is of a person who is found, and found again by them. */
static void bits_use(struct arena *a, const struct block *b)
{
    uint32_t count = block_count(b), from, until;
    uint64_t people[CHUNK_WORDS] = {0}, *events = TAKE(a, uint64_t, count / 64), *theirs = TAKE(a, uint64_t, count / 64);
    int64_t edge_us = block_time_at(b, count / 2);
    struct block_stints s;
    block_stints(b, a, &s);
    block_since(b, &edge_us, 1, &events);
    assert(bit_is_set(events, count / 2));
    block_people_add(&s, events, people);
    block_events_of(&s, people, theirs);
    for (uint32_t i = 0; i < count; i++) {
        assert(bit_is_set(events, i) == (block_time_at(b, i) >= edge_us) && (!bit_is_set(events, i) || bit_is_set(theirs, i)));
        bool found = block_stint_find(&s, block_person_of(&s, i), &from, &until);
        assert(found && from <= i && i < until);
    }
}

static void block_use(struct arena *a, const struct block *b)
{
    uint32_t count = block_count(b);
    uint64_t set[1024];
    memset(set, 0x35, sizeof set);
    block_people(b, TAKE(a, uint16_t, count));
    block_times(b, TAKE(a, int64_t, count));
    block_events(b, TAKE(a, uint16_t, count));
    block_messages(b, TAKE(a, uint32_t, count));
    block_positions(b, TAKE(a, uint64_t, count));
    block_item_counts(b, TAKE(a, uint32_t, count));
    uint32_t matches = block_match(b, set, TAKE(a, uint64_t, count / 64));
    assert(matches <= count);
    bits_use(a, b);
    for (uint32_t i = 0; i < block_columns(b); i++) {
        struct column_name name;
        const struct column *c = block_column_at(b, i, &name);
        assert(c == block_column(b, &name));
        if (c != NULL)
            column_use(a, b, c, &name);
    }
}

static void file_use(struct column_file *f)
{
    struct err e = {0};
    struct arena *a = arena_create(1 << 20);
    struct column_set *set = column_set_create();
    struct column_rows *rows = NULL;
    const struct column_row *row = NULL;
    uint32_t from, until;
    for (uint32_t i = 0; i < column_file_blocks(f); i++, arena_reset(a)) {
        const struct block *b = NULL;
        if (done(column_file_block(f, i, &b, &e)))
            block_use(a, b);
    }
    column_file_find(f, 1, &from, &until);
    assert(from <= until && until <= column_file_blocks(f));
    struct status status = column_rows_open(f, set, &rows, &e);
    do
        status = done(status) ? column_rows_next(rows, &row, &e) : status;
    while (done(status) && row != NULL);
    assert(done(status) || status.code == STATUS_CORRUPT);
    column_rows_close(rows);
    column_set_destroy(set);
    arena_destroy(a);
}

/* The first byte says what the rest is: a file, a file whose checksums are made right (so many columns a block), or a block. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    struct buf file;
    struct column_file *f = NULL;
    if (size < 1 || size > 65536)
        return 0;
    buf_init(&file, 1 << 18);
    if (data[0] % 3 == 2)
        file_wrap(&file, data + 1, size - 1);
    else
        buf_push(&file, bytes_of(data + 1, size - 1));
    if (data[0] % 3 > 0)
        file_mend(file.data, file.size, data[0] / 3);
    struct status status = column_file_of_memory(&file, &f, &e);
    assert(done(status) || status.code == STATUS_CORRUPT || status.code == STATUS_INVALID);
    if (done(status)) {
        file_use(f);
        column_file_close(f);
    }
    buf_fini(&file);
    return 0;
}
