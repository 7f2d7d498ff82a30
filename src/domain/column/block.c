#include "domain/column/block.h"

#include <tmmintrin.h>

#include "domain/column/inside.h"

const char *const column_kind_names[COLUMN_KIND_COUNT] = {
    [COLUMN_TEXT] = "text", [COLUMN_NUMBER] = "number", [COLUMN_REAL] = "number", [COLUMN_BOOL] = "bool", [COLUMN_TIME] = "time",
};

/* --- what a block is --- */

uint32_t block_chunk(const struct block *b)
{
    return b->place.chunk;
}

uint32_t block_count(const struct block *b)
{
    return b->place.count;
}

int64_t block_first_us(const struct block *b)
{
    return b->place.first_us;
}

int64_t block_last_us(const struct block *b)
{
    return b->place.last_us;
}

uint64_t block_first_position(const struct block *b)
{
    return b->place.first_position;
}

uint64_t block_last_position(const struct block *b)
{
    return b->place.last_position;
}

/* --- trouble --- */

/* A block is const to whoever reads it, and it is the file that knows what was found out about it. */
static struct block *block_known(const struct block *b)
{
    return atomic_load_explicit(&b->file->blocks[b->number], memory_order_relaxed);
}

void block_complain(const struct block *b, const char *what)
{
    atomic_store_explicit(&block_known(b)->trouble, what, memory_order_relaxed);
}

fallible block_sound(const struct block *b, struct err *e)
{
    const char *what = atomic_load_explicit(&b->trouble, memory_order_relaxed);
    return what == NULL ? DONE : FAIL(e, CORRUPT, "%s: block %u: %s", b->file->path, b->number, what);
}

/* --- what every event has --- */

/* Numbers of the bits that are set. Returns behind the last; four behind it may be written too, for nobody can foresee how many of four bits are set. */
static uint16_t *bits_list(const uint8_t *bits, size_t bytes, uint16_t *out)
{
    /* Which of four bits are set, in 16 bits each. */
    static const uint64_t places_of_four[16] = {
        0x0, 0x0,     0x1,     0x10000,     0x2,     0x20000,     0x20001,     0x200010000,
        0x3, 0x30000, 0x30001, 0x300010000, 0x30002, 0x300020000, 0x300020001, 0x3000200010000,
    };
    for (size_t first = 0; first < bytes * 8; first += 4) {
        uint32_t four = bits[first / 8] >> first % 8 & 15;
        uint64_t places = places_of_four[four] + first * UINT64_C(0x1000100010001);
        memcpy(out, &places, sizeof places);
        out += __builtin_popcount(four);
    }
    return out;
}

static void people_list(const struct block *b, uint16_t out_people[CHUNK_PEOPLE + 8])
{
    struct walk listed;
    if (b->people != NULL) {
        const uint16_t *end = bits_list(b->people, CHUNK_BYTES, out_people);
        assert(end == out_people + b->people_count);
        return;
    }
    walk_init(&listed, &b->listed);
    for (uint32_t i = 0; i < b->people_count; i++)
        out_people[i] = (uint16_t)walk_next(&listed);
}

/* Of eight events that `starts` says of which begin a person: how many persons lie between the first event's and each one's, a byte each. */
static uint64_t persons_between(uint64_t starts)
{
    const uint64_t every = UINT64_C(0x0101010101010101), one_each = UINT64_C(0x8040201008040201);
    uint64_t spread = (starts & 0xfe) * every & one_each, ones = (spread + UINT64_C(0x7f) * every) >> 7 & every;
    return ones * every; /* each byte is the sum of those up to it */
}

/* The n-th start is of the n-th person. How many events a person has can't be foreseen, so eight events are done without a branch. */
void block_people(const struct block *b, uint16_t *out_local)
{
    uint16_t people[CHUNK_PEOPLE + 8];
    uint32_t count = b->place.count, whole = count / 8 * 8, person = UINT32_MAX; /* before the first one */
    people_list(b, people);
    memset(people + b->people_count, 0, 8 * sizeof *people);
    for (uint32_t from = 0; from < whole; from += 8) {
        uint32_t starts = b->starts[from / 8];
        const uint16_t *first = people + (uint32_t)(person + (starts & 1));
        __m128i twice = _mm_cvtsi64_si128((int64_t)(persons_between(starts) * 2));
        __m128i bytes = _mm_unpacklo_epi8(twice, _mm_add_epi8(twice, _mm_set1_epi8(1)));
        __m128i found = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)first), bytes);
        _mm_storeu_si128((__m128i *)(void *)(out_local + from), found);
        person += (uint32_t)__builtin_popcount(starts);
    }
    for (uint32_t i = whole; i < count; i++) {
        person += b->starts[i / 8] >> i % 8 & 1;
        out_local[i] = people[person];
    }
}

void block_times(const struct block *b, int64_t *out_us)
{
    packed_i64(&b->times, 0, b->place.count, out_us);
}

int64_t block_time_at(const struct block *b, uint32_t event)
{
    return packed_near(&b->times, event);
}

typedef uint16_t __attribute__((aligned(1))) word16;

static const word16 *events_of(const struct block *b)
{
    return (const word16 *)(const void *)b->events;
}

void block_codes(const struct block *b, uint16_t *out_code)
{
    packed_u16(&b->codes, 0, b->place.count, out_code);
}

void block_events(const struct block *b, uint16_t *out_event)
{
    const word16 *events = events_of(b);
    block_codes(b, out_event);
    for (uint32_t i = 0; i < b->place.count; i++)
        out_event[i] = events[out_event[i]];
}

uint32_t block_names(const struct block *b)
{
    return b->event_count;
}

uint16_t block_name_at(const struct block *b, uint32_t code)
{
    assert(code < b->event_count);
    return events_of(b)[code];
}

uint32_t block_match(const struct block *b, const uint64_t names[EVENT_NAMES / 64], uint64_t *out_bits)
{
    uint64_t codes[EVENT_NAMES / 64] = {0};
    const word16 *events = events_of(b);
    for (uint32_t code = 0; code < b->event_count; code++)
        if (bit_is_set(names, events[code]))
            bit_set(codes, code);
    return packed_match(&b->codes, codes, out_bits);
}

void block_match_codes(const struct block *b, const struct packed_set *sets, uint32_t set_count)
{
    packed_match_each(&b->codes, sets, set_count);
}

void block_since(const struct block *b, const int64_t *edges_us, uint32_t edge_count, uint64_t *const *out_bits)
{
    packed_since(&b->times, edges_us, edge_count, out_bits);
}

/* Integers that each event has; NULL: they aren't as they were written. */
static const struct packed *every_find(const struct block *b, uint32_t number)
{
    uint32_t place;
    const struct column *c = block_place_find(b, number, &place) ? block_column_of(b, place) : NULL;
    if (c != NULL && c->count == b->place.count)
        return &c->values;
    if (c != NULL)
        block_complain(b, "a column that every event has isn't of every event");
    return NULL;
}

void block_messages(const struct block *b, uint32_t *out_hash)
{
    struct walk hashes;
    const struct packed *packed = every_find(b, COLUMN_MESSAGES);
    if (packed == NULL) {
        memset(out_hash, 0, b->place.count * sizeof *out_hash);
        return;
    }
    walk_init(&hashes, packed);
    for (uint32_t i = 0; i < b->place.count; i++)
        out_hash[i] = (uint32_t)walk_next(&hashes);
}

void block_positions(const struct block *b, uint64_t *out_position)
{
    const struct packed *packed = every_find(b, COLUMN_POSITIONS);
    if (packed == NULL)
        memset(out_position, 0, b->place.count * sizeof *out_position);
    else
        packed_i64(packed, 0, b->place.count, (int64_t *)out_position);
}

void block_item_counts(const struct block *b, uint32_t *out_counts)
{
    uint32_t place;
    uint64_t present[BLOCK_WORDS_MAX];
    struct walk counts;
    const struct column *c = block_place_find(b, COLUMN_ITEM_COUNTS, &place) ? block_column_of(b, place) : NULL;
    memset(out_counts, 0, b->place.count * sizeof *out_counts);
    if (c == NULL)
        return;
    column_presence(c, present);
    walk_init(&counts, &c->values);
    for (uint32_t i = 0; i < b->place.count; i++)
        if (bit_is_set(present, i))
            out_counts[i] = (uint32_t)walk_next(&counts);
}

/* --- looking columns up --- */

bool block_place_find(const struct block *b, uint32_t number, uint32_t *out_place)
{
    uint32_t from = 0, until = b->place_count;
    while (from < until) {
        uint32_t middle = from + (until - from) / 2;
        if (column_place_at(b, middle).number < number)
            from = middle + 1;
        else
            until = middle;
    }
    *out_place = from;
    return from < b->place_count && column_place_at(b, from).number == number;
}

static const struct column *column_known(const struct block *b, uint32_t place)
{
    const struct column *c = atomic_load_explicit(&b->columns, memory_order_acquire);
    while (c != NULL && c->place != place)
        c = c->next;
    return c;
}

const struct column *block_column_of(const struct block *b, uint32_t place)
{
    const struct column *known = column_known(b, place);
    if (known != NULL)
        return known;
    struct column c = {.block = b, .place = place};
    const char *trouble = column_read(&c);
    if (trouble != NULL) {
        block_complain(b, trouble);
        return NULL;
    }
    struct column_file *f = b->file;
    (void)pthread_mutex_lock(&f->lock);
    known = column_known(b, place);
    if (known == NULL) {
        struct column *kept = ARENA_NEW(f->arena, struct column);
        *kept = c;
        kept->next = atomic_load_explicit(&b->columns, memory_order_relaxed);
        atomic_store_explicit(&block_known(b)->columns, kept, memory_order_release);
        known = kept;
    }
    (void)pthread_mutex_unlock(&f->lock);
    return known;
}

const struct column *block_column(const struct block *b, const struct column_name *name)
{
    uint32_t number, place;
    bool is_there = column_file_name(b->file, name, &number) && block_place_find(b, number, &place);
    return is_there ? block_column_of(b, place) : NULL;
}

uint32_t block_columns(const struct block *b)
{
    return b->column_count;
}

bool block_is_full(const struct block *b)
{
    return block_columns(b) >= COLUMNS_MAX;
}

const struct column *block_column_at(const struct block *b, uint32_t i, struct column_name *out_name)
{
    assert(i < b->column_count);
    *out_name = b->file->names[column_place_at(b, i).number];
    return block_column_of(b, i);
}

/* --- columns --- */

uint32_t column_count(const struct column *c)
{
    return c->count;
}

void column_presence(const struct column *c, uint64_t *out_bits)
{
    uint32_t count = c->block->place.count;
    if (c->presence == PRESENCE_ALL) {
        bits_fill(out_bits, count);
        return;
    }
    bits_clear(out_bits, count);
    if (c->presence == PRESENCE_BITS) {
        memcpy(out_bits, c->present, bits_bytes(count));
        return;
    }
    struct walk listed;
    walk_init(&listed, &c->listed);
    for (uint32_t i = 0; i < c->events; i++)
        bit_set(out_bits, (uint32_t)walk_next(&listed));
}

void column_starts(const struct column *c, uint32_t *out_starts)
{
    uint64_t present[BLOCK_WORDS_MAX];
    struct walk counts;
    uint32_t at = 0, count = c->block->place.count;
    column_presence(c, present);
    out_starts[0] = 0;
    if (!c->is_many) {
        for (uint32_t i = 0; i < count; i++)
            out_starts[i + 1] = at += bit_is_set(present, i);
        return;
    }
    walk_init(&counts, &c->counts);
    for (uint32_t i = 0; i < count; i++)
        out_starts[i + 1] = at += bit_is_set(present, i) ? (uint32_t)walk_next(&counts) : 0;
}

void column_items(const struct column *c, uint32_t *out_item)
{
    struct walk items;
    assert(c->items.count == c->count);
    walk_init(&items, &c->items);
    for (uint32_t i = 0; i < c->count; i++)
        out_item[i] = (uint32_t)walk_next(&items);
}

void column_codes(const struct column *c, uint32_t *out_codes)
{
    assert(c->kind == COLUMN_TEXT);
    packed_u32(&c->values, 0, c->count, out_codes);
}

void column_integers(const struct column *c, int64_t *out_values)
{
    assert(c->kind != COLUMN_TEXT && c->kind != COLUMN_REAL);
    packed_i64(&c->values, 0, c->count, out_values);
}

void column_reals(const struct column *c, double *out_values)
{
    assert(c->kind == COLUMN_REAL);
    memcpy(out_values, c->reals, c->count * sizeof *out_values);
}

uint32_t column_code_at(const struct column *c, uint32_t i)
{
    assert(c->kind == COLUMN_TEXT && i < c->count);
    return (uint32_t)packed_near(&c->values, i);
}

int64_t column_integer_at(const struct column *c, uint32_t i)
{
    assert(c->kind != COLUMN_TEXT && c->kind != COLUMN_REAL && i < c->count);
    return packed_near(&c->values, i);
}

uint8_t column_scale(const struct column *c)
{
    return c->scale;
}

uint32_t column_texts(const struct column *c)
{
    return c->texts;
}

struct bytes column_text(const struct column *c, uint32_t code)
{
    assert(c->kind == COLUMN_TEXT && code < c->texts);
    size_t from = code == 0 ? 0 : (size_t)packed_at(&c->ends, code - 1);
    return bytes_of(c->text_bytes + from, (size_t)packed_at(&c->ends, code) - from);
}
