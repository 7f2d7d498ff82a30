#include "lib/series.h"

#include "lib/pack.h"

#define COUNT_BYTES 2u    /* how many entries, a varint at the front: at most SERIES_MOST_MAX */
#define SUM_BYTES_MAX 19u /* of a 128-bit number: four bits, then sevens */
#define SUM_FIRST_BITS 4
#define SUM_TENS_MAX 6u /* what millionths have of a whole number */
#define ENTRY_BYTES_MAX \
    (3 * VARINT_BYTES_MAX + SUM_BYTES_MAX + 4 + 1 + SERIES_KEY_BYTES_MAX + 2 + SERIES_VALUE_BYTES_MAX)

/* --- payloads: how each kind is written, read and added up --- */

__extension__ typedef unsigned __int128 wide;

/* Whether it is a multiple of ten. Most numbers are of 64 bits, which are divided far sooner. */
static bool tenth_of(series_wide x, series_wide *out_tenth)
{
    const int64_t small = (int64_t)x;
    *out_tenth = x == small ? small / 10 : x / 10;
    return x == small ? small % 10 == 0 : x % 10 == 0;
}

/* Sums of money are whole in some power of ten: its digits stand in the first byte beside the lowest bits, and aren't written. */
void series_wide_pack(struct buf *b, series_wide sum)
{
    uint8_t tens = 0;
    for (series_wide tenth; sum != 0 && tens < SUM_TENS_MAX && tenth_of(sum, &tenth); sum = tenth)
        tens++;
    wide x = ((wide)sum << 1) ^ (wide)(sum < 0 ? -1 : 0);
    uint8_t byte = (uint8_t)(tens << SUM_FIRST_BITS | (uint8_t)(x & ((1u << SUM_FIRST_BITS) - 1)));
    for (x >>= SUM_FIRST_BITS; x > 0; x >>= 7) {
        pack_u8(b, byte | 0x80);
        byte = (uint8_t)(x & 0x7f);
    }
    pack_u8(b, byte);
}

series_wide series_wide_unpack(struct unpack *u)
{
    uint8_t byte = unpack_u8(u), tens = (byte & 0x7f) >> SUM_FIRST_BITS;
    wide x = byte & ((1u << SUM_FIRST_BITS) - 1);
    for (unsigned shift = SUM_FIRST_BITS; byte >= 0x80 && shift < 128; shift += 7) {
        byte = unpack_u8(u);
        x |= (wide)(byte & 0x7f) << shift;
    }
    u->bad |= byte >= 0x80 || tens > SUM_TENS_MAX;
    x = (x >> 1) ^ -(x & 1);
    for (; tens > 0; tens--)
        x *= 10;
    return (series_wide)x;
}

static void count_write(struct buf *b, const struct series_entry *x)
{
    pack_varint(b, x->count);
}

static void count_read(struct unpack *u, struct series_entry *x)
{
    x->count = unpack_varint(u);
}

static void count_join(struct series_entry *io, const struct series_entry *x)
{
    io->count = io->count > UINT64_MAX - x->count ? UINT64_MAX : io->count + x->count;
}

static void sum_write(struct buf *b, const struct series_entry *x)
{
    pack_varint(b, x->count);
    series_wide_pack(b, x->sum);
}

static void sum_read(struct unpack *u, struct series_entry *x)
{
    x->count = unpack_varint(u);
    x->sum = series_wide_unpack(u);
}

static void sum_join(struct series_entry *io, const struct series_entry *x)
{
    count_join(io, x);
    io->sum += x->sum;
}

static void number_write(struct buf *b, const struct series_entry *x)
{
    pack_signed(b, x->number);
}

static void number_read(struct unpack *u, struct series_entry *x)
{
    x->number = unpack_signed(u);
}

static void least_join(struct series_entry *io, const struct series_entry *x)
{
    io->number = x->number < io->number ? x->number : io->number;
}

static void greatest_join(struct series_entry *io, const struct series_entry *x)
{
    io->number = x->number > io->number ? x->number : io->number;
}

static void value_write(struct buf *b, const struct series_entry *x)
{
    pack_signed(b, x->number);
    pack_u32(b, x->tie);
    pack_bytes(b, x->value);
}

static void value_read(struct unpack *u, struct series_entry *x)
{
    x->number = unpack_signed(u);
    x->tie = unpack_u32(u);
    x->value = unpack_bytes(u);
}

static int value_order(const struct series_entry *x, const struct series_entry *y)
{
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    if (x->tie != y->tie)
        return x->tie < y->tie ? -1 : 1;
    return bytes_compare(x->value, y->value);
}

static void value_take(struct series_entry *io, const struct series_entry *x)
{
    io->number = x->number;
    io->tie = x->tie;
    io->value = x->value;
}

static void first_join(struct series_entry *io, const struct series_entry *x)
{
    if (value_order(x, io) < 0)
        value_take(io, x);
}

static void last_join(struct series_entry *io, const struct series_entry *x)
{
    if (value_order(x, io) > 0)
        value_take(io, x);
}

static void bits_join(struct series_entry *io, const struct series_entry *x)
{
    io->count |= x->count;
}

static const struct payload {
    void (*write)(struct buf *b, const struct series_entry *x);
    void (*read)(struct unpack *u, struct series_entry *x);
    void (*join)(struct series_entry *io, const struct series_entry *x); /* of one bucket and key; into io */
} payloads[SERIES_KIND_COUNT] = {
    [SERIES_COUNT] = {count_write, count_read, count_join},
    [SERIES_SUM] = {sum_write, sum_read, sum_join},
    [SERIES_LEAST] = {number_write, number_read, least_join},
    [SERIES_GREATEST] = {number_write, number_read, greatest_join},
    [SERIES_FIRST] = {value_write, value_read, first_join},
    [SERIES_LAST] = {value_write, value_read, last_join},
    [SERIES_BITS] = {count_write, count_read, bits_join},
};

/* --- walking --- */

/* Bytes of the count. */
static size_t front_bytes(struct bytes series)
{
    return series.data[0] < 0x80 ? 1 : COUNT_BYTES;
}

uint32_t series_count(struct bytes series)
{
    if (series.size == 0)
        return 0;
    return front_bytes(series) == 1 ? series.data[0] : (series.data[0] & 0x7fu) | (uint32_t)series.data[1] << 7;
}

struct series_walk series_walk(const struct series_shape *shape, struct bytes series)
{
    assert(series.size == 0 || series.size > front_bytes(series));
    return (struct series_walk){.left = series.size == 0 ? BYTES_NONE
                                                         : bytes_slice(series, front_bytes(series), series.size),
                                .shape = shape,
                                .count = series_count(series)};
}

struct series_walk series_walk_list(const struct series_shape *shape, const struct series_entry *list, uint32_t count)
{
    return (struct series_walk){.entries = list, .shape = shape, .count = count};
}

/* The first bucket stands as it is, the others as the way back from the one before. `is_first` of the series, not of the walk. */
static bool entry_read(struct series_walk *w, bool is_first, struct series_entry *out)
{
    struct unpack u = unpack_of(w->left);
    int64_t bucket = is_first ? unpack_signed(&u)
                              : (int64_t)((uint64_t)w->bucket - unpack_varint(&u)); /* a bad one is out of order */
    *out = (struct series_entry){.bucket = bucket};
    if (w->shape->is_keyed)
        out->key = unpack_bytes(&u);
    payloads[w->shape->kind].read(&u, out);
    w->left = bytes_of(u.at, unpack_left(&u));
    w->bucket = bucket;
    w->count--;
    return unpack_good(&u);
}

bool series_next(struct series_walk *w, struct series_entry *out_entry)
{
    if (w->count == 0)
        return false;
    if (w->entries != NULL) {
        *out_entry = *w->entries++;
        w->count--;
        return true;
    }
    bool good = entry_read(w, !w->is_under_way, out_entry);
    assert(good);
    (void)good;
    w->is_under_way = true;
    return true;
}

int series_entry_order(const struct series_entry *x, const struct series_entry *y)
{
    if (x->bucket != y->bucket)
        return x->bucket > y->bucket ? -1 : 1;
    return bytes_compare(x->key, y->key);
}

void series_entry_join(enum series_kind kind, struct series_entry *io, const struct series_entry *more)
{
    payloads[kind].join(io, more);
}

static bool entry_is_good(const struct series_shape *shape, const struct series_entry *x)
{
    bool counts = shape->kind == SERIES_COUNT || shape->kind == SERIES_SUM || shape->kind == SERIES_BITS;
    return x->bucket >= -SERIES_BUCKET_MAX && x->bucket <= SERIES_BUCKET_MAX && x->key.size <= SERIES_KEY_BYTES_MAX &&
           (shape->is_keyed || x->key.size == 0) && (!counts || x->count > 0) &&
           x->value.size <= SERIES_VALUE_BYTES_MAX;
}

bool series_is_good(const struct series_shape *shape, struct bytes series)
{
    struct series_entry before = {0}, entry;
    if (series.size == 0)
        return true;
    if (series.size <= front_bytes(series) || series_count(series) == 0 || series_count(series) > shape->most ||
        (front_bytes(series) > 1 && series.data[1] == 0))
        return false;
    for (struct series_walk w = series_walk(shape, series); w.count > 0; before = entry) {
        bool is_first = !w.is_under_way;
        if (!entry_read(&w, is_first, &entry) || !entry_is_good(shape, &entry))
            return false;
        if (!is_first && series_entry_order(&before, &entry) >= 0)
            return false;
        w.is_under_way = true;
        if (w.count == 0 && w.left.size > 0)
            return false;
    }
    return true;
}

/* --- writing --- */

struct writer {
    const struct series_shape *shape;
    struct buf bytes;
    uint32_t count;
    int64_t bucket, oldest;
};

static struct writer writer_of(const struct series_shape *shape, size_t bytes_max, int64_t oldest, struct arena *a)
{
    struct writer w = {
        .shape = shape, .bytes = arena_buf(a, COUNT_BYTES + bytes_max + 2 * ENTRY_BYTES_MAX), .oldest = oldest};
    pack_u16(&w.bytes, 0);
    return w;
}

static void entry_write(struct writer *w, const struct series_entry *x)
{
    if (w->count == w->shape->most || x->bucket < w->oldest)
        return;
    if (w->count++ == 0)
        pack_signed(&w->bytes, x->bucket);
    else
        pack_varint(&w->bytes, (uint64_t)(w->bucket - x->bucket));
    if (w->shape->is_keyed)
        pack_bytes(&w->bytes, x->key);
    payloads[w->shape->kind].write(&w->bytes, x);
    w->bucket = x->bucket;
}

static struct bytes written(struct writer *w)
{
    assert(!w->bytes.overflowed);
    if (w->count == 0)
        return BYTES_NONE;
    struct bytes series = buf_bytes(&w->bytes);
    if (w->count < 0x80)
        series = bytes_slice(series, 1, series.size);
    (void)put_varint(w->bytes.data + (w->count < 0x80), w->count);
    return series;
}

/* Two walks as one; an entry of both is added up. */
static struct bytes joined(struct writer *into, struct series_walk x, struct series_walk y)
{
    struct series_entry ex, ey;
    bool has_x = series_next(&x, &ex), has_y = series_next(&y, &ey);
    while (has_x || has_y) {
        int order = !has_y ? -1 : !has_x ? 1 : series_entry_order(&ex, &ey);
        if (order == 0)
            payloads[into->shape->kind].join(&ex, &ey);
        entry_write(into, order > 0 ? &ey : &ex);
        if (order <= 0)
            has_x = series_next(&x, &ex);
        if (order >= 0)
            has_y = series_next(&y, &ey);
    }
    return written(into);
}

struct bytes series_merge(const struct series_shape *shape, struct bytes x, struct bytes y, int64_t oldest,
                          struct arena *a)
{
    struct writer w = writer_of(shape, x.size + y.size, oldest, a);
    return joined(&w, series_walk(shape, x), series_walk(shape, y));
}

static struct bytes series_of(const struct series_shape *shape, const struct series_entry *entry, struct arena *a)
{
    struct writer w = writer_of(shape, 0, entry->bucket, a);
    assert(entry_is_good(shape, entry));
    entry_write(&w, entry);
    return written(&w);
}

/* What has the place of the first entry, added up; *io_at is then behind the last one of it. */
static struct series_entry entry_summed(const struct series_shape *shape, const struct series_entry *entries,
                                        size_t count, size_t *io_at)
{
    struct series_entry sum = entries[(*io_at)++];
    int order = -1;
    assert(entry_is_good(shape, &sum));
    for (; *io_at < count && (order = series_entry_order(&sum, &entries[*io_at])) == 0; (*io_at)++)
        payloads[shape->kind].join(&sum, &entries[*io_at]);
    assert(*io_at == count || order < 0);
    return sum;
}

/* How many places they have, up to the bound. */
static uint32_t places_count(const struct series_shape *shape, const struct series_entry *entries, size_t count)
{
    uint32_t places = 1;
    for (size_t i = 1; i < count && places < shape->most; i++)
        places += series_entry_order(&entries[i - 1], &entries[i]) != 0;
    return places;
}

size_t series_pack(const struct series_shape *shape, const struct series_entry *entries, size_t count, int64_t oldest,
                   struct buf *out)
{
    size_t was = out->size;
    while (count > 0 && entries[count - 1].bucket < oldest)
        count--;
    if (count == 0)
        return 0;
    uint32_t places = places_count(shape, entries, count);
    pack_varint(out, places);
    struct writer w = {.shape = shape, .bytes = *out, .oldest = oldest};
    for (size_t at = 0; w.count < places;) {
        struct series_entry entry = entry_summed(shape, entries, count, &at);
        entry_write(&w, &entry);
    }
    *out = w.bytes;
    assert(!out->overflowed);
    return out->size - was;
}

/* The series with a payload in place of another, of which the walk stands behind. */
static struct bytes with_payload(struct writer *into, const struct series_walk *behind,
                                 const struct series_entry *entry)
{
    uint32_t count = into->count + 1 + behind->count;
    entry_write(into, entry);
    pack_raw(&into->bytes, behind->left);
    into->count = count;
    return written(into);
}

struct bytes series_add(const struct series_shape *shape, struct bytes series, const struct series_entry *entry,
                        int64_t oldest, struct arena *a)
{
    struct writer w = writer_of(shape, series.size, -SERIES_BUCKET_MAX, a);
    struct series_walk walk = series_walk(shape, series);
    struct series_entry there;
    assert(entry_is_good(shape, entry));
    if (entry->bucket < oldest)
        return series;
    while (series_next(&walk, &there)) {
        int order = series_entry_order(&there, entry);
        if (order > 0)
            break;
        if (order == 0) {
            payloads[shape->kind].join(&there, entry);
            return with_payload(&w, &walk, &there);
        }
        entry_write(&w, &there);
    }
    return series_merge(shape, series, series_of(shape, entry, a), oldest, a);
}

struct bytes series_without(const struct series_shape *shape, struct bytes series, struct bytes beginning,
                            struct arena *a)
{
    struct writer w = writer_of(shape, series.size, -SERIES_BUCKET_MAX, a);
    struct series_walk walk = series_walk(shape, series);
    struct series_entry entry;
    while (series_next(&walk, &entry))
        if (!bytes_starts_with(entry.key, beginning))
            entry_write(&w, &entry);
    return written(&w);
}

/* --- windows --- */

struct series_total series_total(struct series_walk walk, int64_t from, int64_t until)
{
    struct series_total total = {0};
    struct series_entry entry;
    int64_t bucket = 0;
    while (series_next(&walk, &entry) && entry.bucket >= from) {
        if (entry.bucket > until)
            continue;
        total.buckets += total.entries == 0 || entry.bucket != bucket;
        bucket = entry.bucket;
        if (total.entries++ == 0)
            total.best = entry;
        else
            payloads[walk.shape->kind].join(&total.best, &entry);
    }
    total.count = total.best.count;
    total.sum = total.best.sum;
    return total;
}
