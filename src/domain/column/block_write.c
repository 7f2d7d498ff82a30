/* Cells are gathered as they come, and put in the order of columns when the block is encoded. */
#include "domain/column/block_write.h"

#include <stdlib.h>

#include "base/leisure.h"
#include "domain/column/block_texts.h"
#include "lib/text.h"

#define GATHERED_BYTES_FULL (32u << 20) /* of cells and texts: then the block is closed */
#define GATHERED_BYTES_MAX (1u << 30)   /* with the row that passes it */
#define SCRATCH_BYTES (1u << 20)
#define NUMBER_NONE UINT16_MAX

struct kept_row {
    int64_t time_us;
    uint64_t position;
    uint32_t person, message;
    uint16_t event, item_count;
};

struct kept_cell {
    uint32_t event;  /* of the block */
    uint16_t column; /* of the set */
    uint16_t item;
    uint8_t scale;
    union {
        int64_t integer;
        double real;
        uint32_t text; /* among the block's texts */
    };
};

struct block_builder {
    struct arena *arena;   /* of this struct */
    struct arena *scratch; /* of one column at a time */
    struct column_set *set;
    uint32_t items; /* of all rows */
    uint32_t names;
    uint16_t name_of[COLUMNS_MAX];   /* number in the file -> in the set */
    uint16_t number_of[COLUMNS_MAX]; /* and back; NUMBER_NONE: it didn't come yet */
    struct buf rows;   /* struct kept_row */
    struct buf cells;  /* struct kept_cell, as they came */
    struct buf sorted; /* struct kept_cell, by column */
    struct buf pieces; /* encoded columns */
    struct buf places; /* struct column_place, whose offsets are those in `pieces` */
    struct block_texts texts;
    uint32_t column_ends[COLUMNS_MAX]; /* of each column's cells in `sorted` */
};

struct block_builder *block_builder_create(struct column_set *set)
{
    struct arena *arena = arena_create(sizeof(struct block_builder) + 64);
    struct block_builder *b = ARENA_NEW(arena, struct block_builder);
    *b = (struct block_builder){.arena = arena, .scratch = arena_create(SCRATCH_BYTES), .set = set};
    memset(b->number_of, 0xff, sizeof b->number_of);
    struct buf *bufs[] = {&b->rows, &b->cells, &b->sorted, &b->pieces, &b->places};
    for (size_t i = 0; i < COUNT_OF(bufs); i++)
        buf_init(bufs[i], GATHERED_BYTES_MAX);
    block_texts_init(&b->texts);
    return b;
}

void block_builder_destroy(struct block_builder *b)
{
    if (b == NULL)
        return;
    struct buf *bufs[] = {&b->rows, &b->cells, &b->sorted, &b->pieces, &b->places};
    for (size_t i = 0; i < COUNT_OF(bufs); i++)
        buf_fini(bufs[i]);
    block_texts_fini(&b->texts);
    arena_destroy(b->scratch);
    arena_destroy(b->arena);
}

uint32_t block_builder_count(const struct block_builder *b)
{
    return (uint32_t)(b->rows.size / sizeof(struct kept_row));
}

bool block_builder_is_full(const struct block_builder *b)
{
    return block_builder_count(b) == BLOCK_EVENTS_MAX || b->cells.size + block_texts_bytes(&b->texts) >= GATHERED_BYTES_FULL ||
           b->items > BLOCK_ITEMS_MAX - UINT16_MAX;
}

uint32_t block_builder_names(const struct block_builder *b)
{
    return b->names;
}

uint32_t block_builder_name(const struct block_builder *b, uint32_t number)
{
    assert(number < b->names);
    return b->name_of[number];
}

/* --- gathering --- */

static fallible cell_add(struct block_builder *b, uint32_t event, const struct column_cell *cell, struct err *e)
{
    struct column_name name = column_set_name(b->set, cell->column);
    struct kept_cell kept = {.event = event, .column = (uint16_t)cell->column, .item = name.of == COLUMN_ITEM ? cell->item : 0};
    if (name.kind == COLUMN_TEXT) {
        struct bytes text = cell->text.size > COLUMN_TEXT_BYTES_MAX ? text_cut(cell->text, COLUMN_TEXT_BYTES_MAX) : cell->text;
        if (!block_texts_add(&b->texts, text, &kept.text))
            return FAIL(e, FULL, "no memory for the texts of a block");
    } else if (name.kind == COLUMN_REAL) {
        kept.real = cell->real;
    } else {
        assert(cell->scale <= COLUMN_SCALE_MAX);
        kept.integer = cell->integer;
        kept.scale = name.kind == COLUMN_NUMBER ? cell->scale : 0;
    }
    buf_push(&b->cells, bytes_of(&kept, sizeof kept));
    return DONE;
}

fallible block_builder_add(struct block_builder *b, const struct column_row *row, struct err *e)
{
    struct kept_row kept = {.time_us = row->time_us, .message = row->message, .position = row->position, .person = row->person,
                            .event = row->event, .item_count = row->item_count};
    uint32_t event = block_builder_count(b);
    assert(event < BLOCK_EVENTS_MAX && row->cell_count < BLOCK_VALUES_MAX / 2 && b->items + row->item_count <= BLOCK_ITEMS_MAX);
    for (uint32_t i = 0; i < row->cell_count; i++) {
        assert(column_set_name(b->set, row->cells[i].column).of != COLUMN_ITEM || row->cells[i].item < row->item_count);
        TRY(cell_add(b, event, &row->cells[i], e));
    }
    buf_push(&b->rows, bytes_of(&kept, sizeof kept));
    b->items += row->item_count;
    return b->cells.overflowed || b->rows.overflowed ? FAIL(e, FULL, "no memory for a block") : DONE;
}

static const struct kept_row *row_at(const struct block_builder *b, uint32_t event)
{
    return (const struct kept_row *)(const void *)b->rows.data + event;
}

static struct kept_cell *cells_of(const struct buf *cells)
{
    return (struct kept_cell *)(void *)cells->data;
}

/* --- one scale for each column of numbers --- */

static bool scale_fits(int64_t mantissa, uint32_t up, int64_t *out_mantissa)
{
    static const int64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
    assert(up < COUNT_OF(powers));
    return !__builtin_mul_overflow(mantissa, powers[up], out_mantissa);
}

static double real_of(int64_t mantissa, uint32_t scale)
{
    double divisor = 1;
    for (; scale > 0; scale--)
        divisor *= 10;
    return (double)mantissa / divisor;
}

/* Brings numbers to the greatest scale of their column. Those that don't fit there go to the column's twin of reals; where there are too many columns, they go. */
static void scales_settle(struct block_builder *b)
{
    uint8_t scales[COLUMNS_MAX] = {0};
    struct kept_cell *cells = cells_of(&b->cells), *kept = cells;
    size_t count = b->cells.size / sizeof *cells;
    for (size_t i = 0; i < count; i++)
        scales[cells[i].column] = cells[i].scale > scales[cells[i].column] ? cells[i].scale : scales[cells[i].column];
    for (size_t i = 0; i < count; i++) {
        struct kept_cell cell = cells[i];
        struct column_name name = column_set_name(b->set, cell.column);
        if (name.kind == COLUMN_NUMBER && !scale_fits(cell.integer, (uint32_t)(scales[cell.column] - cell.scale), &cell.integer)) {
            name.kind = COLUMN_REAL;
            uint32_t twin = column_set_number(b->set, &name);
            if (twin == COLUMNS_MAX)
                continue;
            cell.real = real_of(cells[i].integer, cell.scale);
            cell.column = (uint16_t)twin;
        }
        cell.scale = scales[cells[i].column];
        *kept++ = cell;
    }
    b->cells.size = (size_t)(kept - cells) * sizeof *cells;
}

/* --- cells by column --- */

static int number_compare(const void *a, const void *b, void *set)
{
    struct column_name x = column_set_name(set, *(const uint16_t *)a), y = column_set_name(set, *(const uint16_t *)b);
    return column_name_compare(&x, &y);
}

/* Columns that come for the first time get the next numbers, in the order of their names: so the same rows make the same file, however their cells stood. */
static void columns_number(struct block_builder *b)
{
    const struct kept_cell *cells = cells_of(&b->cells);
    size_t count = b->cells.size / sizeof *cells;
    uint32_t before = b->names;
    for (size_t i = 0; i < count; i++) {
        uint16_t column = cells[i].column;
        if (b->number_of[column] == NUMBER_NONE) {
            b->number_of[column] = (uint16_t)b->names;
            b->name_of[b->names++] = column;
        }
    }
    qsort_r(b->name_of + before, b->names - before, sizeof *b->name_of, number_compare, b->set);
    for (uint32_t number = before; number < b->names; number++)
        b->number_of[b->name_of[number]] = (uint16_t)number;
}

/* Behind each other in the order of columns, and of a column as they came; column_ends tells where each ends. */
static fallible cells_sort(struct block_builder *b, struct err *e)
{
    const struct kept_cell *cells = cells_of(&b->cells);
    size_t count = b->cells.size / sizeof *cells;
    uint32_t *at = b->column_ends, from = 0;
    buf_clear(&b->sorted);
    if (buf_extend(&b->sorted, b->cells.size) == NULL && b->cells.size > 0)
        return FAIL(e, FULL, "no memory for a block");
    memset(at, 0, sizeof b->column_ends);
    for (size_t i = 0; i < count; i++)
        at[b->number_of[cells[i].column]]++;
    for (uint32_t column = 0; column < b->names; column++) {
        uint32_t begin = from;
        from += at[column];
        at[column] = begin;
    }
    struct kept_cell *sorted = cells_of(&b->sorted);
    for (size_t i = 0; i < count; i++)
        sorted[at[b->number_of[cells[i].column]]++] = cells[i];
    return DONE;
}

/* By event, then item; what is in order already, as it nearly always is, costs a look. */
static void items_sort(struct kept_cell *cells, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        struct kept_cell cell = cells[i];
        uint32_t to = i;
        for (; to > 0 && cells[to - 1].event == cell.event && cells[to - 1].item > cell.item; to--)
            cells[to] = cells[to - 1];
        cells[to] = cell;
    }
}

/* Leaves the first value of each event, or of each item. */
static uint32_t repeats_drop(struct kept_cell *cells, uint32_t count)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++)
        if (kept == 0 || cells[kept - 1].event != cells[i].event || cells[kept - 1].item != cells[i].item)
            cells[kept++] = cells[i];
    return kept;
}

/* --- encoding --- */

static void pack_packed(struct buf *out, const int64_t *values, uint32_t count)
{
    struct packed p = packed_plan(values, count);
    pack_u8(out, (uint8_t)p.width);
    pack_signed(out, p.least);
    pack_varint(out, p.unit);
    uint8_t *room = buf_extend(out, packed_bytes(&p));
    if (room != NULL)
        packed_put(&p, values, room);
}

static void pack_bits(struct buf *out, const int64_t *listed, uint32_t listed_count, size_t bytes)
{
    uint8_t *bits = buf_extend(out, bytes);
    if (bits == NULL)
        return;
    memset(bits, 0, bytes);
    for (uint32_t i = 0; i < listed_count; i++)
        bits[listed[i] / 8] |= (uint8_t)(1u << listed[i] % 8);
}

/* A list when it is shorter. */
static bool is_list_shorter(const int64_t *listed, uint32_t listed_count, size_t otherwise)
{
    struct packed p = packed_plan(listed, listed_count);
    return packed_bytes(&p) + 2 * VARINT_BYTES_MAX < otherwise;
}

static void presence_encode(struct buf *out, const int64_t *events, uint32_t event_count, uint32_t of)
{
    size_t bytes = bits_bytes(of);
    enum presence_form form = event_count == of ? PRESENCE_ALL : is_list_shorter(events, event_count, bytes) ? PRESENCE_LIST : PRESENCE_BITS;
    pack_u8(out, (uint8_t)form);
    if (form == PRESENCE_ALL)
        return;
    pack_varint(out, event_count);
    if (form == PRESENCE_LIST)
        pack_packed(out, events, event_count);
    else
        pack_bits(out, events, event_count, bytes);
}

static int64_t *numbers_take(struct block_builder *b, uint32_t count)
{
    return arena_take(b->scratch, (count + 1) * sizeof(int64_t), _Alignof(int64_t));
}

static void texts_encode(struct block_builder *b, const struct kept_cell *cells, uint32_t count, uint32_t column)
{
    uint32_t *distinct = arena_take(b->scratch, (count + 1) * sizeof *distinct, _Alignof(uint32_t)), texts = 0;
    int64_t *codes = numbers_take(b, count), *ends = numbers_take(b, count);
    for (uint32_t i = 0; i < count; i++) {
        struct kept_text *text = block_text_at(&b->texts, cells[i].text);
        if (text->column != column + 1) {
            text->column = column + 1;
            distinct[texts++] = cells[i].text;
        }
    }
    block_texts_sort(&b->texts, distinct, texts);
    for (uint32_t i = 0; i < texts; i++) {
        block_text_at(&b->texts, distinct[i])->code = i;
        ends[i] = (i == 0 ? 0 : ends[i - 1]) + block_text_at(&b->texts, distinct[i])->size;
    }
    for (uint32_t i = 0; i < count; i++)
        codes[i] = block_text_at(&b->texts, cells[i].text)->code;
    pack_packed(&b->pieces, codes, count);
    pack_varint(&b->pieces, texts);
    pack_packed(&b->pieces, ends, texts);
    for (uint32_t i = 0; i < texts; i++)
        pack_raw(&b->pieces, block_text(&b->texts, distinct[i]));
}

static void values_encode(struct block_builder *b, const struct kept_cell *cells, uint32_t count, enum column_kind kind)
{
    if (kind == COLUMN_TEXT) {
        texts_encode(b, cells, count, cells[0].column);
        return;
    }
    if (kind == COLUMN_REAL) {
        for (uint32_t i = 0; i < count; i++)
            pack_double(&b->pieces, cells[i].real);
        return;
    }
    if (kind == COLUMN_NUMBER)
        pack_u8(&b->pieces, cells[0].scale);
    int64_t *values = numbers_take(b, count);
    for (uint32_t i = 0; i < count; i++)
        values[i] = cells[i].integer;
    pack_packed(&b->pieces, values, count);
}

/* Which events have values, and how many when it may be several. */
static void events_encode(struct block_builder *b, const struct kept_cell *cells, uint32_t count, bool is_many)
{
    int64_t *events = numbers_take(b, count), *counts = numbers_take(b, count);
    uint32_t event_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || cells[i].event != cells[i - 1].event) {
            events[event_count] = cells[i].event;
            counts[event_count++] = 0;
        }
        counts[event_count - 1]++;
    }
    presence_encode(&b->pieces, events, event_count, block_builder_count(b));
    if (is_many) {
        pack_varint(&b->pieces, count);
        pack_packed(&b->pieces, counts, event_count);
    }
}

static void place_end(struct block_builder *b, uint32_t number, size_t from)
{
    struct bytes piece = bytes_of(b->pieces.data + from, b->pieces.size - from);
    struct column_place place = {.offset = (uint32_t)from, .bytes = (uint32_t)piece.size, .crc = crc32c(0, piece), .number = (uint16_t)number};
    buf_push(&b->places, bytes_of(&place, sizeof place));
}

static void column_encode(struct block_builder *b, uint32_t number, struct kept_cell *cells, uint32_t count)
{
    struct column_name name = column_set_name(b->set, b->name_of[number]);
    bool is_item = name.of == COLUMN_ITEM;
    size_t from = b->pieces.size;
    leisure_rest();
    arena_reset(b->scratch);
    if (is_item)
        items_sort(cells, count);
    if (!name.is_list)
        count = repeats_drop(cells, count);
    events_encode(b, cells, count, name.is_list || is_item);
    if (is_item) {
        int64_t *items = numbers_take(b, count);
        for (uint32_t i = 0; i < count; i++)
            items[i] = cells[i].item;
        pack_packed(&b->pieces, items, count);
    }
    values_encode(b, cells, count, name.kind);
    place_end(b, number, from);
}

/* Of what every event has and no question scans. */
static void columns_without_names_encode(struct block_builder *b)
{
    uint32_t count = block_builder_count(b), event_count = 0;
    arena_reset(b->scratch);
    int64_t *values = numbers_take(b, count), *events = numbers_take(b, count);
    for (uint32_t i = 0; i < count; i++) {
        if (row_at(b, i)->item_count > 0) {
            events[event_count] = i;
            values[event_count++] = row_at(b, i)->item_count;
        }
    }
    size_t from = b->pieces.size;
    if (event_count > 0) {
        presence_encode(&b->pieces, events, event_count, count);
        pack_u8(&b->pieces, 0);
        pack_packed(&b->pieces, values, event_count);
        place_end(b, COLUMN_ITEM_COUNTS, from);
    }
    for (uint32_t number = COLUMN_POSITIONS; number <= COLUMN_MESSAGES; number++) {
        from = b->pieces.size;
        for (uint32_t i = 0; i < count; i++)
            values[i] = (int64_t)(number == COLUMN_POSITIONS ? row_at(b, i)->position : row_at(b, i)->message);
        pack_u8(&b->pieces, PRESENCE_ALL);
        pack_u8(&b->pieces, 0);
        pack_packed(&b->pieces, values, count);
        place_end(b, number, from);
    }
}

static void people_encode(struct block_builder *b, struct buf *out)
{
    uint32_t count = block_builder_count(b), people = 0;
    int64_t *locals = numbers_take(b, count), *starts = numbers_take(b, count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t person = row_at(b, i)->person;
        if (i == 0 || person != row_at(b, i - 1)->person) {
            locals[people] = person % CHUNK_PEOPLE;
            starts[people++] = i;
        }
    }
    bool is_list = is_list_shorter(locals, people, CHUNK_BYTES);
    pack_varint(out, people);
    pack_u8(out, is_list ? PEOPLE_LIST : PEOPLE_BITS);
    if (is_list)
        pack_packed(out, locals, people);
    else
        pack_bits(out, locals, people, CHUNK_BYTES);
    pack_bits(out, starts, people, bits_bytes(count));
}

static void events_names_encode(struct block_builder *b, struct buf *out)
{
    uint32_t count = block_builder_count(b), distinct = 0;
    uint64_t seen[EVENT_NAMES / 64] = {0};
    uint16_t *code_of = arena_take(b->scratch, EVENT_NAMES * sizeof *code_of, _Alignof(uint16_t));
    int64_t *codes = numbers_take(b, count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t event = row_at(b, i)->event;
        distinct += !bit_is_set(seen, event);
        bit_set(seen, event);
    }
    pack_varint(out, distinct);
    uint16_t code = 0;
    for (uint32_t event = 0; event < EVENT_NAMES; event++) {
        if (bit_is_set(seen, event)) {
            pack_u16(out, (uint16_t)event);
            code_of[event] = code++;
        }
    }
    for (uint32_t i = 0; i < count; i++)
        codes[i] = code_of[row_at(b, i)->event];
    pack_packed(out, codes, count);
}

static void front_encode(struct block_builder *b, struct buf *out, size_t begin)
{
    uint32_t count = block_builder_count(b);
    arena_reset(b->scratch);
    people_encode(b, out);
    events_names_encode(b, out);
    int64_t *times = numbers_take(b, count);
    for (uint32_t i = 0; i < count; i++)
        times[i] = row_at(b, i)->time_us;
    pack_packed(out, times, count);
    uint32_t places = (uint32_t)(b->places.size / sizeof(struct column_place));
    pack_varint(out, places);
    size_t front_bytes = out->size - begin + b->places.size;
    for (uint32_t i = 0; i < places; i++) {
        struct column_place place;
        memcpy(&place, b->places.data + i * sizeof place, sizeof place);
        place.offset += (uint32_t)front_bytes;
        buf_push(out, bytes_of(&place, sizeof place));
    }
}

static struct block_place place_of(const struct block_builder *b)
{
    const struct kept_row *first = row_at(b, 0);
    struct block_place place = {.chunk = first->person / CHUNK_PEOPLE, .count = block_builder_count(b), .first_us = first->time_us,
                                .last_us = first->time_us, .first_position = first->position, .last_position = first->position};
    for (uint32_t i = 1; i < place.count; i++) {
        const struct kept_row *row = row_at(b, i);
        place.first_us = row->time_us < place.first_us ? row->time_us : place.first_us;
        place.last_us = row->time_us > place.last_us ? row->time_us : place.last_us;
        place.first_position = row->position < place.first_position ? row->position : place.first_position;
        place.last_position = row->position > place.last_position ? row->position : place.last_position;
    }
    return place;
}

fallible block_builder_encode(struct block_builder *b, struct buf *out, struct block_place *out_place, struct err *e)
{
    size_t begin = out->size;
    uint32_t from = 0;
    assert(block_builder_count(b) > 0);
    struct block_place place = place_of(b);
    buf_clear(&b->pieces);
    buf_clear(&b->places);
    scales_settle(b);
    columns_number(b);
    TRY(cells_sort(b, e));
    for (uint32_t number = 0; number < b->names; from = b->column_ends[number++])
        if (b->column_ends[number] > from)
            column_encode(b, number, cells_of(&b->sorted) + from, b->column_ends[number] - from);
    columns_without_names_encode(b);
    front_encode(b, out, begin);
    place.front_bytes = (uint32_t)(out->size - begin);
    buf_push(out, buf_bytes(&b->pieces));
    if (out->overflowed || b->pieces.overflowed || b->places.overflowed)
        return FAIL(e, FULL, "no memory for a block");
    place.front_crc = crc32c(0, bytes_of(out->data + begin, place.front_bytes));
    place.bytes = (uint32_t)(out->size - begin);
    buf_clear(&b->rows);
    buf_clear(&b->cells);
    b->items = 0;
    block_texts_clear(&b->texts);
    *out_place = place;
    return DONE;
}
