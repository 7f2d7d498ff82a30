#include "lib/sheaf.h"

#include "base/time.h"
#include "lib/pack.h"

/* What a slot has, in four bits: the kind of its series and KEYED, or that it isn't among the others. */
#define WORD_ELSEWHERE 7u
#define WORD_KEYED 8u
#define WORD_APART (WORD_ELSEWHERE | WORD_KEYED)
static_assert(SERIES_KIND_COUNT <= WORD_ELSEWHERE, "a kind and whether it is keyed are four bits");

/* The first byte of a row, which is what the series have of one bucket. */
enum bucket_way { BUCKET_ZERO, BUCKET_STEP, BUCKET_WHOLE };
enum counts_way { COUNTS_ONE, COUNTS_EQUAL, COUNTS_OWN };
#define ROW_COUNTS_SHIFT 2u
#define ROW_WAY_MASK 3u
#define ROW_SAME_SLOTS 0x10u
#define ROW_STEP_SHIFT 5u
#define ROW_STEP_LONG 7u /* smaller ones stand in the byte, less one; of others what is over this follows */

#define DAY_ZERO 18262      /* 2020-01-01: whole buckets are counted from it */
#define DAY_MAX (1 << 24)   /* what is beyond is a moment */
#define STEP_MAX (1u << 24) /* between rows; a longer one begins with a whole bucket */
#define TEXTS_MAX 32u /* keys and values of two bytes and more that may be referred to: the first ones of a sheaf */
#define ENTRY_BYTES_MAX 96u /* of an entry, in a series or with its row in a sheaf, beside its key and its value */
#define FRONT_BYTES_MAX (VARINT_BYTES_MAX + SHEAF_SLOTS / 2)

/* --- what rows refer to in those before, the same for who writes and who reads --- */

struct behind {
    bool is_under_way;
    int64_t bucket; /* of the last row */
    uint32_t slots;
    int64_t newest_day, oldest_day; /* 0: none yet */
    uint32_t text_count;
    struct bytes texts[TEXTS_MAX];
};

static void behind_begin(struct behind *b)
{
    b->is_under_way = false;
    b->slots = b->text_count = 0;
    b->bucket = b->newest_day = b->oldest_day = 0;
}

static bool is_day(int64_t bucket)
{
    return bucket != 0 && bucket >= -DAY_MAX && bucket <= DAY_MAX;
}

static void row_note(struct behind *b, int64_t bucket, uint32_t slots)
{
    b->is_under_way = true;
    b->bucket = bucket;
    b->slots = slots;
    if (!is_day(bucket))
        return;
    b->newest_day = b->newest_day == 0 ? bucket : b->newest_day;
    b->oldest_day = bucket;
}

static void text_note(struct behind *b, struct bytes text)
{
    if (text.size > 1 && b->text_count < TEXTS_MAX)
        b->texts[b->text_count++] = text;
}

/* Near which instant the first or last of a bucket was; of one that is for ever, in the first or last day that is told of. */
static int64_t instant_near(const struct behind *b, enum series_kind kind, int64_t bucket)
{
    if (is_day(bucket))
        return bucket * (int64_t)US_PER_DAY;
    if (bucket != 0)
        return bucket;
    return (kind == SERIES_LAST ? b->newest_day : b->oldest_day) * (int64_t)US_PER_DAY;
}

static bool is_counted(enum series_kind kind)
{
    return kind == SERIES_COUNT || kind == SERIES_SUM;
}

static size_t slot_bytes_max(const struct sheaf_slot *slot)
{
    size_t most = VARINT_BYTES_MAX + slot->series.size;
    for (uint32_t i = 0; i < slot->count; i++)
        most += ENTRY_BYTES_MAX + slot->entries[i].key.size + slot->entries[i].value.size;
    return most;
}

/* --- slots --- */

static struct series_entry *entries_take(struct arena *a, uint32_t slots)
{
    return arena_take(a, slots * SHEAF_TOGETHER_MAX * sizeof(struct series_entry), _Alignof(struct series_entry));
}

static struct series_shape shape_of(const struct sheaf_slot *slot)
{
    return (struct series_shape){slot->kind, slot->is_keyed, SHEAF_TOGETHER_MAX};
}

void sheaf_put(struct sheaf *s, uint32_t slot, const struct series_shape *shape, struct bytes series, struct arena *a)
{
    struct series_walk walk = series_walk(shape, series);
    struct sheaf_slot *to = &s->slots[slot];
    assert(slot < SHEAF_SLOTS);
    *to = (struct sheaf_slot){0};
    if (series.size == 0)
        return;
    if (walk.count > SHEAF_TOGETHER_MAX) {
        *to = (struct sheaf_slot){.place = SHEAF_APART, .series = series};
        return;
    }
    *to = (struct sheaf_slot){
        .place = SHEAF_TOGETHER, .kind = shape->kind, .is_keyed = shape->is_keyed, .entries = entries_take(a, 1)};
    while (walk.count > 0)
        (void)series_next(&walk, &to->entries[to->count++]);
}

struct series_walk sheaf_walk(const struct sheaf *s, uint32_t slot, const struct series_shape *shape)
{
    const struct sheaf_slot *of = &s->slots[slot];
    assert(slot < SHEAF_SLOTS && of->place != SHEAF_ELSEWHERE);
    return of->place == SHEAF_TOGETHER ? series_walk_list(shape, of->entries, of->count)
                                       : series_walk(shape, of->series);
}

struct bytes sheaf_series(const struct sheaf *s, uint32_t slot, struct arena *a)
{
    const struct sheaf_slot *of = &s->slots[slot];
    assert(slot < SHEAF_SLOTS && of->place != SHEAF_ELSEWHERE);
    if (of->place != SHEAF_TOGETHER)
        return of->series;
    const struct series_shape shape = shape_of(of);
    struct buf out = arena_buf(a, slot_bytes_max(of));
    (void)series_pack(&shape, of->entries, of->count, -SERIES_BUCKET_MAX, &out);
    return buf_bytes(&out);
}

uint32_t sheaf_count(const struct sheaf *s)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < SHEAF_SLOTS; i++)
        count += s->slots[i].place != SHEAF_NOTHING;
    return count;
}

/* --- adding --- */

/* Into the list, where there is room for it; false: there isn't. */
static bool entry_insert(struct sheaf_slot *to, uint32_t most, const struct series_entry *entry, int64_t oldest)
{
    uint32_t at = 0;
    int order = 1;
    while (at < to->count && (order = series_entry_order(&to->entries[at], entry)) < 0)
        at++;
    if (at < to->count && order == 0) {
        series_entry_join(to->kind, &to->entries[at], entry);
        return true;
    }
    while (to->count > at && to->entries[to->count - 1].bucket < oldest)
        to->count--;
    to->count = to->count > most ? most : to->count;
    if (at >= most)
        return true;
    if (to->count == most) /* the last one makes room */
        to->count--;
    if (to->count == SHEAF_TOGETHER_MAX)
        return false;
    memmove(to->entries + at + 1, to->entries + at, (to->count - at) * sizeof *to->entries);
    to->entries[at] = *entry;
    to->count++;
    return true;
}

void sheaf_add(struct sheaf *s, uint32_t slot, const struct series_shape *shape, const struct series_entry *entry,
               int64_t oldest, struct arena *a)
{
    struct sheaf_slot *to = &s->slots[slot];
    assert(slot < SHEAF_SLOTS && to->place != SHEAF_ELSEWHERE);
    if (entry->bucket < oldest)
        return;
    if (to->place == SHEAF_NOTHING)
        *to = (struct sheaf_slot){
            .place = SHEAF_TOGETHER, .kind = shape->kind, .is_keyed = shape->is_keyed, .entries = entries_take(a, 1)};
    if (to->place == SHEAF_TOGETHER && entry_insert(to, shape->most, entry, oldest))
        return;
    sheaf_put(s, slot, shape, series_add(shape, sheaf_series(s, slot, a), entry, oldest, a), a);
}

/* --- writing --- */

struct row {
    int64_t bucket;
    uint32_t slots; /* bit k: the k-th of those that share has entries of it */
    enum counts_way counts;
    uint64_t count; /* of all of them, of COUNTS_ONE and COUNTS_EQUAL */
};

static void text_write(struct buf *out, struct behind *b, struct bytes text, bool has_more)
{
    for (uint32_t i = 0; i < b->text_count; i++)
        if (bytes_equal(b->texts[i], text)) {
            pack_varint(out, i << 2 | 2u | has_more);
            return;
        }
    pack_varint(out, text.size << 2 | has_more);
    pack_raw(out, text);
    text_note(b, text);
}

static void payload_write(struct buf *out, struct behind *b, const struct row *row, enum series_kind kind,
                          const struct series_entry *x)
{
    if (kind == SERIES_BITS || (row->counts == COUNTS_OWN && is_counted(kind)))
        pack_varint(out, x->count);
    if (kind == SERIES_SUM)
        series_wide_pack(out, x->sum);
    if (kind == SERIES_LEAST || kind == SERIES_GREATEST)
        series_wide_pack(out, x->number);
    if (kind != SERIES_FIRST && kind != SERIES_LAST)
        return;
    series_wide_pack(out, (series_wide)x->number - instant_near(b, kind, x->bucket));
    pack_u32(out, x->tie);
    text_write(out, b, x->value, false);
}

/* What is being written: the slots that share, and how many entries of each are. */
struct writing {
    struct buf *out;
    struct behind behind;
    uint32_t count;
    struct {
        const struct sheaf_slot *slot;
        uint32_t at;
    } list[SHEAF_SLOTS];
};

/* The newest bucket that isn't written yet, and who has it. false: all is written. */
static bool row_next(const struct writing *w, struct row *out)
{
    *out = (struct row){.bucket = INT64_MIN};
    for (uint32_t i = 0; i < w->count; i++) {
        const struct sheaf_slot *slot = w->list[i].slot;
        uint32_t at = w->list[i].at;
        if (at == slot->count || slot->entries[at].bucket < out->bucket)
            continue;
        if (slot->entries[at].bucket > out->bucket)
            *out = (struct row){.bucket = slot->entries[at].bucket};
        out->slots |= 1u << i;
    }
    return out->slots != 0;
}

static void counts_note(struct row *row, uint64_t count)
{
    if (row->count != 0 && row->count != count)
        row->counts = COUNTS_OWN;
    else if (row->counts != COUNTS_OWN)
        row->counts = count == 1 ? COUNTS_ONE : COUNTS_EQUAL;
    row->count = count;
}

static void row_count(const struct writing *w, struct row *io)
{
    for (uint32_t slots = io->slots; slots != 0; slots &= slots - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(slots);
        const struct sheaf_slot *slot = w->list[i].slot;
        if (!is_counted(slot->kind))
            continue;
        for (uint32_t k = w->list[i].at; k < slot->count && slot->entries[k].bucket == io->bucket; k++)
            counts_note(io, slot->entries[k].count);
    }
}

static void row_head_write(struct buf *out, const struct behind *b, const struct row *row)
{
    uint64_t step = (uint64_t)b->bucket - (uint64_t)row->bucket;
    bool is_same = b->is_under_way && b->slots == row->slots;
    enum bucket_way way = row->bucket == 0                      ? BUCKET_ZERO
                          : b->is_under_way && step <= STEP_MAX ? BUCKET_STEP
                                                                : BUCKET_WHOLE;
    uint64_t small = way != BUCKET_STEP ? 0 : step > ROW_STEP_LONG ? ROW_STEP_LONG : step - 1;
    pack_u8(out, (uint8_t)(way | (unsigned)row->counts << ROW_COUNTS_SHIFT | (is_same ? ROW_SAME_SLOTS : 0) |
                           small << ROW_STEP_SHIFT));
    if (way == BUCKET_WHOLE)
        pack_signed(out, row->bucket - DAY_ZERO);
    else if (small == ROW_STEP_LONG)
        pack_varint(out, step - ROW_STEP_LONG - 1);
    if (!is_same)
        pack_varint(out, row->slots);
    if (row->counts == COUNTS_EQUAL)
        pack_varint(out, row->count);
}

static void row_write(struct writing *w, const struct row *row)
{
    row_head_write(w->out, &w->behind, row);
    row_note(&w->behind, row->bucket, row->slots);
    for (uint32_t slots = row->slots; slots != 0; slots &= slots - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(slots), *at = &w->list[i].at;
        const struct sheaf_slot *slot = w->list[i].slot;
        for (bool has_more = true; has_more;) {
            const struct series_entry *x = &slot->entries[(*at)++];
            has_more = *at < slot->count && slot->entries[*at].bucket == row->bucket;
            if (slot->is_keyed)
                text_write(w->out, &w->behind, x->key, has_more);
            payload_write(w->out, &w->behind, row, slot->kind, x);
        }
    }
}

static uint8_t word_of(const struct sheaf_slot *slot)
{
    if (slot->place == SHEAF_TOGETHER)
        return (uint8_t)(slot->kind | (slot->is_keyed ? WORD_KEYED : 0));
    return slot->place == SHEAF_APART ? WORD_APART : WORD_ELSEWHERE;
}

/* Which slots have anything, and what. */
static void front_write(struct buf *out, const struct sheaf *s)
{
    uint32_t there = 0, count = 0;
    uint8_t words[SHEAF_SLOTS / 2] = {0};
    for (uint32_t i = 0; i < SHEAF_SLOTS; i++) {
        if (s->slots[i].place == SHEAF_NOTHING)
            continue;
        there |= 1u << i;
        words[count / 2] |= (uint8_t)(word_of(&s->slots[i]) << count % 2 * 4);
        count++;
    }
    pack_varint(out, there);
    pack_raw(out, bytes_of(words, (count + 1) / 2));
}

size_t sheaf_bytes_max(const struct sheaf *s)
{
    size_t most = FRONT_BYTES_MAX;
    for (uint32_t i = 0; i < SHEAF_SLOTS; i++)
        most += slot_bytes_max(&s->slots[i]);
    return most;
}

void sheaf_pack(const struct sheaf *s, struct buf *out)
{
    struct writing w;
    struct row row;
    if (sheaf_count(s) == 0)
        return;
    w.out = out;
    w.count = 0;
    behind_begin(&w.behind);
    front_write(out, s);
    for (uint32_t i = 0; i < SHEAF_SLOTS; i++) {
        if (s->slots[i].place == SHEAF_APART)
            pack_bytes(out, s->slots[i].series);
        if (s->slots[i].place != SHEAF_TOGETHER)
            continue;
        w.list[w.count].slot = &s->slots[i];
        w.list[w.count++].at = 0;
    }
    while (row_next(&w, &row)) {
        row_count(&w, &row);
        row_write(&w, &row);
    }
    assert(!out->overflowed);
}

/* --- reading --- */

static struct bytes text_read(struct unpack *u, struct behind *b, bool *out_has_more)
{
    uint64_t word = unpack_varint(u), number = word >> 2;
    *out_has_more = word & 1;
    if ((word & 2) != 0) {
        u->bad |= number >= b->text_count;
        return u->bad ? BYTES_NONE : b->texts[number];
    }
    u->bad |= number > SERIES_VALUE_BYTES_MAX;
    struct bytes text = unpack_raw(u, (size_t)number);
    text_note(b, text);
    return text;
}

static int64_t number_read(struct unpack *u, int64_t near)
{
    series_wide number = series_wide_unpack(u);
    u->bad |= number < 2 * (series_wide)INT64_MIN ||
              number > 2 * (series_wide)INT64_MAX; /* so that it can be added to */
    number = u->bad ? 0 : number + near;
    u->bad |= number < INT64_MIN || number > INT64_MAX;
    return (int64_t)number;
}

static void payload_read(struct unpack *u, struct behind *b, const struct row *row, enum series_kind kind,
                         struct series_entry *x)
{
    bool ends;
    if (kind == SERIES_BITS || (row->counts == COUNTS_OWN && is_counted(kind)))
        x->count = unpack_varint(u);
    else if (is_counted(kind))
        x->count = row->count;
    if (kind == SERIES_SUM)
        x->sum = series_wide_unpack(u);
    if (kind == SERIES_LEAST || kind == SERIES_GREATEST)
        x->number = number_read(u, 0);
    if (kind != SERIES_FIRST && kind != SERIES_LAST)
        return;
    x->number = number_read(u, instant_near(b, kind, x->bucket));
    x->tie = unpack_u32(u);
    x->value = text_read(u, b, &ends);
}

static struct row row_head_read(struct unpack *u, const struct behind *b)
{
    uint8_t head = unpack_u8(u);
    uint64_t step = head >> ROW_STEP_SHIFT;
    struct row row = {.counts = (enum counts_way)(head >> ROW_COUNTS_SHIFT & 3u), .slots = b->slots, .count = 1};
    switch (head & ROW_WAY_MASK) {
    case BUCKET_ZERO:
        break;
    case BUCKET_STEP:
        step += 1 + (step == ROW_STEP_LONG ? unpack_varint(u) : 0);
        row.bucket = (int64_t)((uint64_t)b->bucket - step); /* a bad one is out of order */
        u->bad |= !b->is_under_way;
        break;
    default:
        row.bucket = (int64_t)((uint64_t)unpack_signed(u) + DAY_ZERO);
        u->bad |= (head & ROW_WAY_MASK) != BUCKET_WHOLE;
    }
    if ((head & ROW_SAME_SLOTS) == 0)
        row.slots = (uint32_t)unpack_varint(u) & ((1u << SHEAF_SLOTS) - 1);
    if (row.counts == COUNTS_EQUAL)
        row.count = unpack_varint(u);
    u->bad |= row.counts > COUNTS_OWN || row.slots == 0 || row.bucket > SERIES_BUCKET_MAX ||
              row.bucket < -SERIES_BUCKET_MAX || (b->is_under_way && row.bucket >= b->bucket);
    return row;
}

static bool entry_is_good(const struct sheaf_slot *slot, const struct series_entry *before,
                          const struct series_entry *x)
{
    bool has_count = !is_counted(slot->kind) && slot->kind != SERIES_BITS;
    return x->key.size <= SERIES_KEY_BYTES_MAX && (has_count || x->count > 0) &&
           (before == NULL || bytes_compare(before->key, x->key) < 0);
}

/* What a slot has of a row. */
static void slot_read(struct unpack *u, struct behind *b, const struct row *row, struct sheaf_slot *io)
{
    const struct series_entry *before = NULL;
    for (bool has_more = true; has_more && unpack_good(u);) {
        struct series_entry *x = &io->entries[io->count];
        has_more = false;
        u->bad |= io->count == SHEAF_TOGETHER_MAX;
        if (!unpack_good(u))
            return;
        *x = (struct series_entry){.bucket = row->bucket};
        if (io->is_keyed)
            x->key = text_read(u, b, &has_more);
        payload_read(u, b, row, io->kind, x);
        u->bad |= !entry_is_good(io, before, x);
        before = x;
        io->count++;
    }
}

/* The slots that share, as rows number them. */
struct sharing {
    uint32_t count;
    struct sheaf_slot *list[SHEAF_SLOTS];
};

static void rows_read(struct unpack *u, const struct sharing *sharing)
{
    struct behind behind;
    behind_begin(&behind);
    while (unpack_good(u) && unpack_left(u) > 0) {
        struct row row = row_head_read(u, &behind);
        u->bad |= row.slots >> sharing->count != 0;
        row_note(&behind, row.bucket, row.slots);
        for (uint32_t slots = row.slots; slots != 0 && unpack_good(u); slots &= slots - 1)
            slot_read(u, &behind, &row, sharing->list[__builtin_ctz(slots)]);
    }
    for (uint32_t i = 0; i < sharing->count; i++)
        u->bad |= sharing->list[i]->count == 0;
}

static void word_read(uint8_t word, struct sheaf_slot *out, struct sharing *sharing)
{
    *out = (struct sheaf_slot){.place = word == WORD_APART       ? SHEAF_APART
                                        : word == WORD_ELSEWHERE ? SHEAF_ELSEWHERE
                                                                 : SHEAF_TOGETHER};
    if (out->place != SHEAF_TOGETHER)
        return;
    out->kind = (enum series_kind)(word & ~WORD_KEYED);
    out->is_keyed = (word & WORD_KEYED) != 0;
    sharing->list[sharing->count++] = out;
}

static void front_read(struct unpack *u, struct sheaf *out, struct sharing *sharing)
{
    uint64_t there = unpack_varint(u);
    u->bad |= there == 0 || there >> SHEAF_SLOTS != 0;
    struct bytes words = unpack_raw(u, (size_t)(__builtin_popcountll(there) + 1) / 2);
    for (uint32_t count = 0; there != 0 && unpack_good(u); there &= there - 1, count++)
        word_read(words.data[count / 2] >> count % 2 * 4 & 0xfu, &out->slots[__builtin_ctzll(there)], sharing);
    for (uint32_t i = 0; i < SHEAF_SLOTS && unpack_good(u); i++)
        if (out->slots[i].place == SHEAF_APART) {
            out->slots[i].series = unpack_bytes(u);
            u->bad |= out->slots[i].series.size == 0;
        }
}

bool sheaf_unpack(struct bytes packed, struct arena *a, struct sheaf *out_sheaf)
{
    struct unpack u = unpack_of(packed);
    struct sharing sharing;
    sharing.count = 0;
    *out_sheaf = (struct sheaf){0};
    front_read(&u, out_sheaf, &sharing);
    struct series_entry *entries = entries_take(a, sharing.count);
    for (uint32_t i = 0; i < sharing.count; i++)
        sharing.list[i]->entries = entries + (size_t)i * SHEAF_TOGETHER_MAX;
    rows_read(&u, &sharing);
    return unpack_finished(&u);
}
