/* Bytes of a block become a struct, or what is wrong with them. Everything that is decoded later without a look is looked at here. */
#include "domain/column/inside.h"

/* What a run of packed integers says of itself, and where it lies. Its bytes and those that may be read behind them are there. */
static struct packed unpack_packed(struct unpack *u, uint32_t count)
{
    struct packed p = {.count = count, .width = unpack_u8(u), .least = unpack_signed(u), .unit = unpack_varint(u)};
    if (p.width > 64 || p.unit == 0)
        u->bad = true;
    if (unpack_good(u))
        p.data = unpack_raw(u, packed_bytes(&p)).data;
    return p;
}

/* --- looks --- */

/* So many of the first `count` bits are set, and none behind them. */
static bool bits_are(const uint8_t *bits, uint32_t count, uint32_t set)
{
    size_t bytes = bits_bytes(count);
    return bits_count(bits, bytes) == set && (count % 8 == 0 || bits[bytes - 1] >> count % 8 == 0);
}

/* What is in packed integers, of which there is one at least. */
struct look {
    int64_t least, greatest;
    uint64_t sum;
    bool is_ascending; /* each above the one before */
};

static struct look look_at(const struct packed *p)
{
    int64_t values[PACKED_GROUP], before = packed_at(p, 0);
    struct look look = {.least = before, .greatest = before, .is_ascending = true};
    for (uint32_t from = 0; from < p->count; from += PACKED_GROUP) {
        uint32_t count = p->count - from < PACKED_GROUP ? p->count - from : PACKED_GROUP;
        packed_i64(p, from, count, values);
        for (uint32_t i = 0; i < count; i++) {
            look.least = values[i] < look.least ? values[i] : look.least;
            look.greatest = values[i] > look.greatest ? values[i] : look.greatest;
            look.sum += (uint64_t)values[i];
            look.is_ascending &= values[i] > before || from + i == 0;
            before = values[i];
        }
    }
    return look;
}

static bool is_within(const struct packed *p, int64_t least, int64_t greatest)
{
    struct look look = look_at(p);
    return look.least >= least && look.greatest <= greatest;
}

/* Numbers of things of which there are so many. Where the width has no room for more there is nothing to look at. */
static bool are_codes(const struct packed *p, uint32_t count)
{
    if (p->least != 0 || p->unit != 1 || p->width > 32)
        return false;
    return UINT64_C(1) << p->width <= count || is_within(p, 0, (int64_t)count - 1);
}

/* Each greater than the one before, and below `end`. */
static bool are_ascending(const struct packed *p, uint32_t end)
{
    struct look look = look_at(p);
    return look.is_ascending && look.least >= 0 && look.greatest < end;
}

/* --- the front of a block --- */

static bool people_read(struct block *b, struct unpack *u)
{
    uint32_t count = b->place.count;
    uint8_t form = 0;
    b->people_count = unpack_varint32(u);
    form = unpack_u8(u);
    if (b->people_count == 0 || b->people_count > CHUNK_PEOPLE || b->people_count > count || form >= PEOPLE_FORM_COUNT)
        return false;
    if (form == PEOPLE_BITS)
        b->people = unpack_raw(u, CHUNK_BYTES).data;
    else
        b->listed = unpack_packed(u, b->people_count);
    b->starts = unpack_raw(u, bits_bytes(count)).data;
    if (!unpack_good(u))
        return false;
    bool are_people = form == PEOPLE_BITS ? bits_are(b->people, CHUNK_PEOPLE, b->people_count) : are_ascending(&b->listed, CHUNK_PEOPLE);
    return are_people && bits_are(b->starts, count, b->people_count) && (b->starts[0] & 1) == 1;
}

/* Codes are compared with the set of those that there are: the fastest look at many. */
static bool events_read(struct block *b, struct unpack *u)
{
    uint64_t known[EVENT_NAMES / 64] = {0}, matches[BLOCK_WORDS_MAX];
    b->event_count = unpack_varint32(u);
    if (b->event_count == 0 || b->event_count > EVENT_NAMES)
        return false;
    b->events = unpack_raw(u, b->event_count * sizeof(uint16_t)).data;
    b->codes = unpack_packed(u, b->place.count);
    bits_fill(known, b->event_count);
    bool are_plain = unpack_good(u) && b->codes.least == 0 && b->codes.unit == 1 && b->codes.width <= 16;
    return are_plain && packed_match(&b->codes, known, matches) == b->place.count;
}

/* Which of 64 values are below the one before each. */
static uint64_t descents(const int64_t *values, uint32_t count)
{
    uint64_t bits = 0;
    for (uint32_t i = 0; i < count; i++)
        bits |= (uint64_t)(values[i + 1] < values[i]) << i;
    return bits;
}

static bool are_times_between(const struct block *b)
{
    uint64_t since[BLOCK_WORDS_MAX], behind[BLOCK_WORDS_MAX];
    uint32_t count = b->place.count;
    packed_since(&b->times, (const int64_t[]){b->place.first_us, b->place.last_us + 1}, 2, (uint64_t *const[]){since, behind});
    return bits_count(since, bits_words(count) * sizeof *since) == count && bits_count(behind, bits_words(count) * sizeof *behind) == 0;
}

/* Within what the directory says, and none of a person's before the one before it: what is cut by time, and whether rows come in order, hangs on both. */
static bool times_read(struct block *b, struct unpack *u)
{
    int64_t times[1 + PACKED_GROUP] = {INT64_MIN};
    uint64_t wrong = 0;
    uint32_t count = b->place.count;
    b->times = unpack_packed(u, count);
    if (!unpack_good(u) || b->place.last_us == INT64_MAX || !are_times_between(b))
        return false;
    for (uint32_t from = 0; from < count; from += PACKED_GROUP) {
        uint32_t group = count - from < PACKED_GROUP ? count - from : PACKED_GROUP;
        packed_i64(&b->times, from, group, times + 1);
        for (uint32_t i = 0; i < group; i += 64) {
            uint64_t starts = 0;
            uint32_t some = group - i < 64 ? group - i : 64;
            memcpy(&starts, b->starts + (from + i) / 8, bits_bytes(some));
            wrong |= descents(times + i, some) & ~starts;
        }
        times[0] = times[group];
    }
    return wrong == 0;
}

/* Places lie one after the other and fill the block. */
static bool places_read(struct block *b, struct unpack *u)
{
    uint64_t offset = b->place.front_bytes;
    uint32_t before = 0;
    b->place_count = unpack_varint32(u);
    if (!unpack_good(u) || unpack_left(u) % sizeof(struct column_place) != 0 ||
        unpack_left(u) / sizeof(struct column_place) != b->place_count)
        return false;
    b->places = unpack_rest(u).data;
    for (uint32_t i = 0; i < b->place_count; i++) {
        struct column_place place = column_place_at(b, i);
        bool has_name = place.number < b->file->foot.name_count;
        if ((i > 0 && place.number <= before) || place.offset != offset || (!has_name && place.number < COLUMN_ITEM_COUNTS))
            return false;
        before = place.number;
        offset += place.bytes;
        b->column_count += has_name;
    }
    return offset == b->place.bytes;
}

const char *block_read(struct block *b)
{
    struct bytes front = bytes_of(b->data, b->place.front_bytes);
    struct unpack u = unpack_of(front);
    uint32_t at;
    file_map_fetch(&b->file->map, front);
    if (crc32c(0, front) != b->place.front_crc)
        return "bad checksum";
    if (!people_read(b, &u))
        return "its people can't be read";
    if (!events_read(b, &u))
        return "its names of events can't be read";
    if (!times_read(b, &u))
        return "its times can't be";
    if (!places_read(b, &u) || !block_place_find(b, COLUMN_MESSAGES, &at) || !block_place_find(b, COLUMN_POSITIONS, &at))
        return "its columns can't be found";
    return NULL;
}

/* --- a column --- */

static bool presence_read(struct column *c, struct unpack *u)
{
    uint32_t count = c->block->place.count;
    uint8_t form = unpack_u8(u);
    if (form >= PRESENCE_FORM_COUNT)
        return false;
    c->presence = form;
    c->events = form == PRESENCE_ALL ? count : unpack_varint32(u);
    if (c->events == 0 || c->events > count)
        return false;
    if (form == PRESENCE_BITS)
        c->present = unpack_raw(u, bits_bytes(count)).data;
    if (form == PRESENCE_LIST)
        c->listed = unpack_packed(u, c->events);
    if (!unpack_good(u))
        return false;
    return (form != PRESENCE_BITS || bits_are(c->present, count, c->events)) && (form != PRESENCE_LIST || are_ascending(&c->listed, count));
}

/* How many values the events have: each at least one. */
static bool counts_read(struct column *c, struct unpack *u)
{
    c->count = c->events;
    if (!c->is_many)
        return true;
    c->count = unpack_varint32(u);
    c->counts = unpack_packed(u, c->events);
    return unpack_good(u) && c->count <= BLOCK_VALUES_MAX && is_within(&c->counts, 1, c->count) && look_at(&c->counts).sum == c->count;
}

static bool texts_read(struct column *c, struct unpack *u)
{
    c->values = unpack_packed(u, c->count);
    c->texts = unpack_varint32(u);
    if (!unpack_good(u) || c->texts == 0 || c->texts > c->count || !are_codes(&c->values, c->texts))
        return false;
    c->ends = unpack_packed(u, c->texts);
    size_t bytes = unpack_left(u);
    c->text_bytes = unpack_rest(u).data;
    return unpack_good(u) && bytes < UINT32_MAX && are_ascending(&c->ends, (uint32_t)bytes + 1) && packed_at(&c->ends, c->texts - 1) == (int64_t)bytes;
}

static bool values_read(struct column *c, struct unpack *u)
{
    if (c->kind == COLUMN_TEXT)
        return texts_read(c, u);
    if (c->kind == COLUMN_REAL) {
        c->reals = unpack_raw(u, (size_t)c->count * sizeof(double)).data;
        return true;
    }
    if (c->kind == COLUMN_NUMBER)
        c->scale = unpack_u8(u);
    c->values = unpack_packed(u, c->count);
    return unpack_good(u) && c->scale <= COLUMN_SCALE_MAX && (c->kind != COLUMN_BOOL || is_within(&c->values, 0, 1));
}

/* Each value is of an item that its event has, and of none before that of the value before it. */
static bool items_are(const struct column *c, const struct column *item_counts, bool is_list)
{
    uint64_t present[BLOCK_WORDS_MAX], has_items[BLOCK_WORDS_MAX];
    struct walk counts, items, of_events;
    column_presence(c, present);
    column_presence(item_counts, has_items);
    walk_init(&counts, &c->counts);
    walk_init(&items, &c->items);
    walk_init(&of_events, &item_counts->values);
    for (uint32_t event = 0; event < c->block->place.count; event++) {
        int64_t item_count = bit_is_set(has_items, event) ? walk_next(&of_events) : 0;
        int64_t count = bit_is_set(present, event) ? walk_next(&counts) : 0;
        for (int64_t least = 0; count > 0; count--) {
            int64_t item = walk_next(&items);
            if (item < least || item >= item_count)
                return false;
            least = is_list ? item : item + 1;
        }
    }
    return true;
}

static bool items_read(struct column *c, struct unpack *u, bool is_list)
{
    uint32_t place;
    c->items = unpack_packed(u, c->count);
    if (!unpack_good(u) || !block_place_find(c->block, COLUMN_ITEM_COUNTS, &place))
        return false;
    const struct column *item_counts = block_column_of(c->block, place);
    return item_counts != NULL && items_are(c, item_counts, is_list);
}

/* A column without a name has numbers that something else hangs on: no event has more items than a row, nor all together more than a block. */
static bool numbers_are(const struct column *c, uint32_t number)
{
    if (number == COLUMN_POSITIONS)
        return true;
    struct look look = look_at(&c->values);
    if (number == COLUMN_MESSAGES)
        return look.least >= 0 && look.greatest <= UINT32_MAX;
    return look.least >= 1 && look.greatest <= UINT16_MAX && look.sum <= BLOCK_ITEMS_MAX;
}

const char *column_read(struct column *c)
{
    struct column_place place = column_place_at(c->block, c->place);
    struct bytes bytes = bytes_of(c->block->data + place.offset, place.bytes);
    struct unpack u = unpack_of(bytes);
    bool has_name = c->place < c->block->column_count;
    const struct column_name *name = has_name ? &c->block->file->names[place.number] : NULL;
    file_map_fetch(&c->block->file->map, bytes);
    if (crc32c(0, bytes) != place.crc)
        return "bad checksum of a column";
    c->kind = has_name ? name->kind : COLUMN_NUMBER;
    c->is_many = has_name && (name->is_list || name->of == COLUMN_ITEM);
    if (!presence_read(c, &u) || !counts_read(c, &u))
        return "a column's presence can't be read";
    if (has_name && name->of == COLUMN_ITEM && !items_read(c, &u, name->is_list))
        return "a column's items can't be read";
    if (!values_read(c, &u) || !unpack_finished(&u) || (!has_name && !numbers_are(c, place.number)))
        return "a column's values can't be read";
    return NULL;
}
