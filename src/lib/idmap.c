#include "lib/idmap.h"

#include <stdlib.h>
#include <string.h>

#include "lib/pack.h"

#define ROOT_COUNT (1u << IDMAP_ROOT_BITS)
#define ROOT_PARTS_BITS_MAX 8u /* a directory is one object of the slab */
#define SLOTS 5u               /* of a bucket */
#define UNIT_BUCKETS 64u
#define UNITS_MAX 7u /* so that a part is a cache line */
#define BUCKETS_MAX (UNITS_MAX * UNIT_BUCKETS)
#define TAIL_BITS 6u
#define TAIL_MASK ((1u << TAIL_BITS) - 1)
#define MARK (1u << 30)          /* something whose way led through this full bucket lies behind it */
#define PAGE_ENTRIES_WANTED 384u /* at most, on average: 5 KiB, so that reading one for one entry costs little */

static_assert(BUCKETS_MAX * SLOTS * 43 / 50 == IDMAP_PART_ENTRIES_MAX, "0.86 of the slots");
/* A hash as it is kept: ten bits say the root, 64 are `body`, 6 are `tail`; the rest is dropped. */
struct spot {
    uint32_t root;
    uint32_t tail;
    uint64_t body;
};

struct bucket {
    uint64_t body[SLOTS];
    uint32_t number[SLOTS]; /* 0: the slot is free */
    uint32_t control;       /* MARK and five tails */
};
static_assert(sizeof(struct bucket) == 64, "a bucket is a cache line");

/* All entries of a root whose body begins with `depth` given bits. */
struct part {
    struct bucket *units[UNITS_MAX];
    uint16_t buckets; /* 1..BUCKETS_MAX; 64 to a unit, the last unit has the rest */
    uint16_t depth;
    uint16_t count;
};
static_assert(sizeof(struct part) == 64, "a part is a cache line");
static_assert((1u << ROOT_PARTS_BITS_MAX) * sizeof(struct part) <= SLAB_SIZE_MAX, "a directory is one object");

/* 2^bits slots by the first bits of the body. A part of less depth stands in several neighbouring slots, so that finding
 * a bucket needs no step between; the first of them leads, and the others' count means nothing. */
struct root {
    struct part *parts; /* NULL: nothing was ever put */
    uint32_t bits;
};

/* An entry out of its bucket, in sorting. */
struct loose {
    uint64_t body;
    uint32_t tail;
    uint32_t number;
};

struct idmap {
    struct slab *slab;
    uint64_t count;
    size_t bytes;
    struct loose *loose; /* room to sort one part, IDMAP_PART_ENTRIES_MAX */
    struct root roots[ROOT_COUNT];
};

struct place {
    struct bucket *bucket; /* NULL: not found */
    uint32_t at;           /* number of the bucket */
    uint32_t slot;
};

static struct spot spot_of(struct hash128 hash)
{
    uint32_t last16 = (uint32_t)(hash.high >> 48);
    return (struct spot){
        .root = (uint32_t)(hash.low >> (64 - IDMAP_ROOT_BITS)),
        .tail = last16 & TAIL_MASK,
        .body = hash.low << IDMAP_ROOT_BITS | last16 >> TAIL_BITS,
    };
}

static struct hash128 hash_of(uint32_t root, uint64_t body, uint32_t tail)
{
    uint64_t last16 = (body & ((1u << IDMAP_ROOT_BITS) - 1)) << TAIL_BITS | tail;
    return (struct hash128){.low = (uint64_t)root << (64 - IDMAP_ROOT_BITS) | body >> IDMAP_ROOT_BITS, .high = last16 << 48};
}

static uint64_t first_bits(uint64_t body, uint32_t bits)
{
    return bits == 0 ? 0 : body >> (64 - bits);
}

/* NULL: the root has none. */
static struct part *part_of(const struct root *r, uint64_t body)
{
    return r->parts == NULL ? NULL : &r->parts[first_bits(body, r->bits)];
}

/* --- buckets of a part --- */

static struct bucket *bucket_at(const struct part *p, uint32_t at)
{
    return &p->units[at / UNIT_BUCKETS][at % UNIT_BUCKETS];
}

/* Multiply and shift keeps the order: a higher body never has a lower home. */
static uint32_t home_of(const struct part *p, uint64_t body)
{
    uint64_t place = body << p->depth >> 32;
    return (uint32_t)(place * p->buckets >> 32);
}

static uint32_t next_of(const struct part *p, uint32_t at)
{
    return at + 1 == p->buckets ? 0 : at + 1;
}

/* Steps from one bucket forward to another, round the end. */
static uint32_t way(const struct part *p, uint32_t from, uint32_t to)
{
    return to >= from ? to - from : to + p->buckets - from;
}

static uint32_t tail_at(const struct bucket *b, uint32_t slot)
{
    return b->control >> (slot * TAIL_BITS) & TAIL_MASK;
}

static void slot_set(struct bucket *b, uint32_t slot, const struct loose *entry)
{
    b->body[slot] = entry->body;
    b->number[slot] = entry->number;
    b->control &= ~(TAIL_MASK << (slot * TAIL_BITS));
    b->control |= entry->tail << (slot * TAIL_BITS);
}

static struct loose slot_get(const struct bucket *b, uint32_t slot)
{
    return (struct loose){.body = b->body[slot], .tail = tail_at(b, slot), .number = b->number[slot]};
}

static struct place part_find(const struct part *p, const struct spot *s)
{
    uint32_t at = home_of(p, s->body);
    for (uint32_t step = 0; step < p->buckets; step++) {
        struct bucket *b = bucket_at(p, at);
        for (uint32_t slot = 0; slot < SLOTS; slot++)
            if (b->body[slot] == s->body && b->number[slot] != 0 && tail_at(b, slot) == s->tail)
                return (struct place){.bucket = b, .at = at, .slot = slot};
        if ((b->control & MARK) == 0)
            break;
        at = next_of(p, at);
    }
    return (struct place){0};
}

/* The part has a free slot, and not this key. */
static void part_add(struct part *p, const struct loose *entry)
{
    assert(p->count < p->buckets * SLOTS && entry->number != 0);
    p->count++;
    for (uint32_t at = home_of(p, entry->body);; at = next_of(p, at)) {
        struct bucket *b = bucket_at(p, at);
        for (uint32_t slot = 0; slot < SLOTS; slot++) {
            if (b->number[slot] == 0) {
                slot_set(b, slot, entry);
                return;
            }
        }
        b->control |= MARK;
    }
}

/* An entry that lies behind bucket `at` and whose way led through it. */
static struct place part_passer(const struct part *p, uint32_t at)
{
    for (uint32_t behind = next_of(p, at); behind != at; behind = next_of(p, behind)) {
        struct bucket *b = bucket_at(p, behind);
        for (uint32_t slot = 0; slot < SLOTS; slot++)
            if (b->number[slot] != 0 && way(p, home_of(p, b->body[slot]), behind) >= way(p, at, behind))
                return (struct place){.bucket = b, .at = behind, .slot = slot};
        if ((b->control & MARK) == 0)
            break;
    }
    return (struct place){0};
}

/* Takes an entry out: an entry that passed by fills the hole, and leaves one that is filled the same way. A mark that
 * nothing passes any more goes; others may stay too long, which costs a look and is put right by the next removal there
 * or when the part is built anew. */
static void part_drop(struct part *p, struct place hole)
{
    p->count--;
    while ((hole.bucket->control & MARK) != 0) {
        struct place passer = part_passer(p, hole.at);
        if (passer.bucket == NULL) {
            hole.bucket->control &= ~MARK;
            break;
        }
        struct loose entry = slot_get(passer.bucket, passer.slot);
        slot_set(hole.bucket, hole.slot, &entry);
        hole = passer;
    }
    slot_set(hole.bucket, hole.slot, &(struct loose){0});
}

/* --- memory --- */

static void *map_take(struct idmap *m, size_t size)
{
    m->bytes += slab_class_bytes(size);
    return slab_take(m->slab, size);
}

static void map_give(struct idmap *m, void *p, size_t size)
{
    m->bytes -= slab_class_bytes(size);
    slab_give(m->slab, p, size);
}

static size_t unit_bytes(uint32_t buckets, uint32_t unit)
{
    uint32_t left = buckets - unit * UNIT_BUCKETS;
    return (left < UNIT_BUCKETS ? left : UNIT_BUCKETS) * sizeof(struct bucket);
}

static uint32_t unit_count(uint32_t buckets)
{
    return (buckets + UNIT_BUCKETS - 1) / UNIT_BUCKETS;
}

/* The most entries that so many buckets are let have: 0.86 of the slots. */
static uint32_t entries_max(uint32_t buckets)
{
    return buckets * SLOTS * 43 / 50;
}

/* Buckets for a fill of about 0.72, rounded up to what the slab's classes give without a remainder. */
static uint32_t buckets_for(uint32_t entries)
{
    uint32_t wanted = entries * 5 / 18 + 1;
    uint32_t step = wanted <= 16 ? 1 : wanted <= 32 ? 2 : wanted <= 64 ? 4 : 16;
    uint32_t buckets = (wanted + step - 1) / step * step;
    return buckets < BUCKETS_MAX ? buckets : BUCKETS_MAX;
}

static void units_take(struct idmap *m, struct part *p, uint32_t buckets)
{
    p->buckets = (uint16_t)buckets;
    p->count = 0;
    for (uint32_t unit = 0; unit < unit_count(buckets); unit++) {
        size_t size = unit_bytes(buckets, unit);
        p->units[unit] = map_take(m, size);
        memset(p->units[unit], 0, size);
    }
}

static void units_give(struct idmap *m, const struct part *p)
{
    for (uint32_t unit = 0; unit < unit_count(p->buckets); unit++)
        map_give(m, p->units[unit], unit_bytes(p->buckets, unit));
}

/* --- growth --- */

/* The slots of a part: *out_count of them, from the leading one on, which is returned. */
static struct part *part_slots(const struct root *r, const struct part *p, size_t *out_count)
{
    uint32_t spread = r->bits - p->depth;
    *out_count = (size_t)1 << spread;
    return r->parts + ((size_t)(p - r->parts) >> spread << spread);
}

static struct part *part_lead(const struct root *r, const struct part *p)
{
    size_t count;
    return part_slots(r, p, &count);
}

/* The leading slot has changed more than its count. */
static void part_repeat(const struct root *r, const struct part *lead)
{
    size_t count;
    struct part *slots = part_slots(r, lead, &count);
    assert(slots == lead);
    for (size_t i = 1; i < count; i++)
        slots[i] = *lead;
}

/* Of a part that is in no directory, or the leading slot: the others are for the caller. */
static void part_rebuild(struct idmap *m, struct part *p, uint32_t buckets)
{
    struct part old = *p;
    assert(buckets * SLOTS > old.count);
    units_take(m, p, buckets);
    for (uint32_t at = 0; at < old.buckets; at++) {
        const struct bucket *b = bucket_at(&old, at);
        for (uint32_t slot = 0; slot < SLOTS; slot++) {
            struct loose entry = slot_get(b, slot);
            if (entry.number != 0)
                part_add(p, &entry);
        }
    }
    units_give(m, &old);
    assert(p->count == old.count);
}

static void root_double(struct idmap *m, struct root *r)
{
    assert(r->bits < ROOT_PARTS_BITS_MAX);
    size_t count = (size_t)1 << r->bits;
    struct part *parts = map_take(m, 2 * count * sizeof *parts);
    for (size_t i = 0; i < count; i++)
        parts[2 * i] = parts[2 * i + 1] = r->parts[i];
    map_give(m, r->parts, count * sizeof *parts);
    r->parts = parts;
    r->bits++;
}

/* Deals the entries of a part out to the two halves of its range. */
static void part_halve(struct idmap *m, const struct part *old, struct part halves[2])
{
    for (size_t i = 0; i < 2; i++) {
        halves[i] = (struct part){.depth = (uint16_t)(old->depth + 1)};
        units_take(m, &halves[i], buckets_for(old->count / 2u + 1));
    }
    for (uint32_t at = 0; at < old->buckets; at++) {
        const struct bucket *b = bucket_at(old, at);
        for (uint32_t slot = 0; slot < SLOTS; slot++) {
            struct loose entry = slot_get(b, slot);
            if (entry.number == 0)
                continue;
            struct part *p = &halves[entry.body >> (63 - old->depth) & 1];
            /* Hashes that are not well spread: the halves differ much. */
            if (UNLIKELY(p->count == entries_max(p->buckets)))
                part_rebuild(m, p, BUCKETS_MAX);
            part_add(p, &entry);
        }
    }
    assert(halves[0].count + halves[1].count == old->count);
}

/* `body` is any that lies in the part. */
static void part_split(struct idmap *m, struct root *r, uint64_t body)
{
    struct part old = *part_lead(r, part_of(r, body)), halves[2];
    size_t count;
    part_halve(m, &old, halves);
    if (old.depth == r->bits)
        root_double(m, r);
    struct part *slots = part_slots(r, part_of(r, body), &count);
    for (size_t i = 0; i < count; i++)
        slots[i] = halves[i >= count / 2];
    units_give(m, &old);
}

/* The leading slot of a new key's part, with room for it. */
static struct part *part_with_room(struct idmap *m, const struct spot *s)
{
    struct root *r = &m->roots[s->root];
    if (r->parts == NULL) {
        r->parts = map_take(m, sizeof *r->parts);
        *r->parts = (struct part){0};
        units_take(m, r->parts, 1);
    }
    for (;;) {
        struct part *p = part_lead(r, part_of(r, s->body));
        if (p->count < entries_max(p->buckets))
            return p;
        if (p->buckets < BUCKETS_MAX) {
            part_rebuild(m, p, buckets_for(p->count + 1u));
            part_repeat(r, p);
            return p;
        }
        part_split(m, r, s->body);
    }
}

/* --- filling --- */

/* How many of the entries, which ascend, lie in the lower half of the range that `depth` bits leave. */
static size_t lower_half(const struct idmap_entry *entries, size_t count, uint32_t depth)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((spot_of(entries[middle].key).body >> (63 - depth) & 1) == 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A part of just the right size at every slot of its range. */
static void part_fill(struct idmap *m, struct root *r, uint32_t depth, uint64_t index, const struct idmap_entry *entries, size_t count)
{
    struct part p = {.depth = (uint16_t)depth};
    units_take(m, &p, buckets_for((uint32_t)count));
    for (size_t i = 0; i < count; i++) {
        struct spot s = spot_of(entries[i].key);
        part_add(&p, &(struct loose){.body = s.body, .tail = s.tail, .number = entries[i].number});
    }
    r->parts[index << (r->bits - depth)] = p;
    part_repeat(r, &r->parts[index << (r->bits - depth)]);
}

/* The range `index` of 2^depth; the slots of ranges behind it are empty yet. */
static void range_fill(struct idmap *m, struct root *r, uint32_t depth, uint64_t index, const struct idmap_entry *entries, size_t count)
{
    if (count <= IDMAP_PART_ENTRIES_MAX) {
        part_fill(m, r, depth, index, entries, count);
        return;
    }
    if (depth == r->bits)
        root_double(m, r);
    size_t lower = lower_half(entries, count, depth);
    range_fill(m, r, depth + 1, index * 2, entries, lower);
    range_fill(m, r, depth + 1, index * 2 + 1, entries + lower, count - lower);
}

void idmap_fill(struct idmap *m, const struct idmap_entry *entries, size_t count)
{
    if (count == 0)
        return;
    struct root *r = &m->roots[spot_of(entries[0].key).root];
    assert(r->parts == NULL && spot_of(entries[count - 1].key).root == spot_of(entries[0].key).root);
    r->parts = map_take(m, sizeof *r->parts);
    *r->parts = (struct part){0};
    range_fill(m, r, 0, 0, entries, count);
    m->count += count;
}

/* --- the map --- */

struct idmap *idmap_create(struct slab *s)
{
    struct idmap *m = calloc(1, sizeof *m);
    if (m == NULL)
        abort();
    m->loose = malloc(IDMAP_PART_ENTRIES_MAX * sizeof *m->loose);
    if (m->loose == NULL)
        abort();
    m->slab = s;
    return m;
}

void idmap_destroy(struct idmap *m)
{
    if (m == NULL)
        return;
    for (uint32_t i = 0; i < ROOT_COUNT; i++) {
        struct root *r = &m->roots[i];
        if (r->parts == NULL)
            continue;
        size_t slots = (size_t)1 << r->bits;
        for (size_t slot = 0; slot < slots; slot += (size_t)1 << (r->bits - r->parts[slot].depth))
            units_give(m, &r->parts[slot]);
        map_give(m, r->parts, slots * sizeof *r->parts);
    }
    assert(m->bytes == 0);
    free(m->loose);
    free(m);
}

uint32_t idmap_get(const struct idmap *m, struct hash128 hash)
{
    struct spot s = spot_of(hash);
    const struct part *p = part_of(&m->roots[s.root], s.body);
    if (p == NULL)
        return 0;
    struct place found = part_find(p, &s);
    return found.bucket == NULL ? 0 : found.bucket->number[found.slot];
}

uint32_t idmap_put(struct idmap *m, struct hash128 hash, uint32_t number)
{
    assert(number != 0);
    struct spot s = spot_of(hash);
    const struct part *p = part_of(&m->roots[s.root], s.body);
    struct place found = p == NULL ? (struct place){0} : part_find(p, &s);
    if (found.bucket != NULL) {
        uint32_t old = found.bucket->number[found.slot];
        found.bucket->number[found.slot] = number;
        return old;
    }
    part_add(part_with_room(m, &s), &(struct loose){.body = s.body, .tail = s.tail, .number = number});
    m->count++;
    return 0;
}

uint32_t idmap_remove(struct idmap *m, struct hash128 hash)
{
    struct spot s = spot_of(hash);
    const struct root *r = &m->roots[s.root];
    const struct part *p = part_of(r, s.body);
    struct place found = p == NULL ? (struct place){0} : part_find(p, &s);
    if (found.bucket == NULL)
        return 0;
    uint32_t old = found.bucket->number[found.slot];
    struct part *lead = part_lead(r, p);
    part_drop(lead, found);
    m->count--;
    uint32_t fitting = buckets_for(lead->count);
    if (fitting * 2 <= lead->buckets) {
        part_rebuild(m, lead, fitting);
        part_repeat(r, lead);
    }
    return old;
}

void idmap_prefetch_part(const struct idmap *m, struct hash128 hash)
{
    struct spot s = spot_of(hash);
    prefetch(part_of(&m->roots[s.root], s.body)); /* NULL is no harm */
}

void idmap_prefetch(const struct idmap *m, struct hash128 hash)
{
    struct spot s = spot_of(hash);
    const struct part *p = part_of(&m->roots[s.root], s.body);
    if (p != NULL)
        prefetch(bucket_at(p, home_of(p, s.body)));
}

uint64_t idmap_count(const struct idmap *m)
{
    return m->count;
}

size_t idmap_bytes(const struct idmap *m)
{
    return m->bytes;
}

/* --- pages --- */

uint32_t idmap_page_bits(uint64_t count, uint32_t bits)
{
    while (bits < IDMAP_PAGE_BITS_MAX && count > (uint64_t)PAGE_ENTRIES_WANTED << bits)
        bits++;
    return bits;
}

static bool loose_less(const struct loose *a, const struct loose *b)
{
    return a->body != b->body ? a->body < b->body : a->tail < b->tail;
}

/* Entries come nearly in order (none is farther than some buckets from its place), so this is about linear. */
static void loose_insert(struct loose *sorted, size_t count, struct loose entry)
{
    size_t i = count;
    for (; i > 0 && loose_less(&entry, &sorted[i - 1]); i--)
        sorted[i] = sorted[i - 1];
    sorted[i] = entry;
}

/* The entries of a part whose body is in [first, last], in order, into m->loose. Goes from the home of the first to
 * that of the last and on over marked buckets; round the end, too, where `at` goes on counting. What passed the end is
 * so met twice, and taken where it comes in order. */
static size_t part_collect(const struct idmap *m, const struct part *p, uint64_t first, uint64_t last)
{
    size_t count = 0;
    uint32_t home_first = home_of(p, first), home_last = home_of(p, last), at = home_first;
    for (bool more = true; more; at++) {
        const struct bucket *b = bucket_at(p, at % p->buckets);
        for (uint32_t slot = 0; slot < SLOTS; slot++) {
            struct loose entry = slot_get(b, slot);
            if (entry.number == 0 || entry.body < first || entry.body > last)
                continue;
            uint32_t home = home_of(p, entry.body);
            if (home + way(p, home, at % p->buckets) == at)
                loose_insert(m->loose, count++, entry);
        }
        more = at < home_last || ((b->control & MARK) != 0 && at + 1 < home_last + p->buckets);
    }
    return count;
}

static void page_push(const struct idmap *m, uint32_t root, size_t count, struct buf *b)
{
    uint8_t *at = buf_extend(b, count * IDMAP_PAGE_ENTRY_BYTES);
    if (at == NULL)
        return;
    for (size_t i = 0; i < count; i++, at += IDMAP_PAGE_ENTRY_BYTES) {
        struct hash128 key = hash_of(root, m->loose[i].body, m->loose[i].tail);
        uint16_t last16 = (uint16_t)(key.high >> 48);
        memcpy(at, &key.low, 8);
        memcpy(at + 8, &last16, 2);
        memcpy(at + 10, &m->loose[i].number, 4);
    }
}

/* The entries of a root whose body is in [first, last]. */
static size_t root_push(const struct idmap *m, uint32_t root, uint64_t first, uint64_t last, struct buf *b)
{
    const struct root *r = &m->roots[root];
    if (r->parts == NULL)
        return 0;
    size_t total = 0;
    for (uint64_t slot = first_bits(first, r->bits); slot <= first_bits(last, r->bits);) {
        const struct part *p = &r->parts[slot];
        uint32_t spread = r->bits - p->depth;
        uint64_t index = slot >> spread;
        uint64_t part_first = p->depth == 0 ? 0 : index << (64 - p->depth);
        uint64_t part_last = part_first + (UINT64_MAX >> p->depth);
        size_t count = part_collect(m, p, first > part_first ? first : part_first, last < part_last ? last : part_last);
        page_push(m, root, count, b);
        total += count;
        slot = (index + 1) << spread;
    }
    return total;
}

size_t idmap_page_encode(const struct idmap *m, uint32_t bits, uint32_t page, struct buf *b)
{
    assert(bits <= IDMAP_PAGE_BITS_MAX && page >> bits == 0);
    size_t start = b->size;
    pack_u32(b, bits);
    pack_u32(b, page);
    pack_u32(b, 0);
    size_t count = 0;
    if (bits <= IDMAP_ROOT_BITS) {
        uint32_t roots = ROOT_COUNT >> bits;
        for (uint32_t root = page * roots; root < (page + 1) * roots; root++)
            count += root_push(m, root, 0, UINT64_MAX, b);
    } else {
        uint32_t more = bits - IDMAP_ROOT_BITS;
        uint64_t first = (uint64_t)page << (64 - more);
        count = root_push(m, page >> more, first, first + (UINT64_MAX >> more), b);
    }
    if (b->overflowed)
        return count;
    if (count == 0)
        b->size = start;
    else
        memcpy(b->data + start + 8, &(uint32_t){(uint32_t)count}, 4);
    return count;
}

struct idmap_entry idmap_page_entry(const struct idmap_page *p, uint32_t i)
{
    assert(i < p->count);
    const uint8_t *at = p->entries + (size_t)i * IDMAP_PAGE_ENTRY_BYTES;
    struct idmap_entry entry = {0};
    uint16_t last16;
    memcpy(&entry.key.low, at, 8);
    memcpy(&last16, at + 8, 2);
    memcpy(&entry.number, at + 10, 4);
    entry.key.high = (uint64_t)last16 << 48;
    return entry;
}

fallible idmap_page_open(struct bytes b, struct idmap_page *out_page, struct err *e)
{
    struct unpack u = unpack_of(b);
    struct idmap_page p = {.bits = unpack_u32(&u), .page = unpack_u32(&u), .count = unpack_u32(&u)};
    struct bytes entries = unpack_rest(&u);
    if (!unpack_good(&u) || p.count == 0 || entries.size != (uint64_t)p.count * IDMAP_PAGE_ENTRY_BYTES)
        return FAIL(e, CORRUPT, "index page: %zu bytes for %u entries", b.size, p.count);
    if (p.bits > IDMAP_PAGE_BITS_MAX || p.page >> p.bits != 0)
        return FAIL(e, CORRUPT, "index page %u of %u bits", p.page, p.bits);
    p.entries = entries.data;
    struct hash128 last = {0};
    for (uint32_t i = 0; i < p.count; i++) {
        struct idmap_entry entry = idmap_page_entry(&p, i);
        if (entry.number == 0 || idmap_page_of(entry.key, p.bits) != p.page)
            return FAIL(e, CORRUPT, "index page %u of %u bits: entry %u doesn't belong to it", p.page, p.bits, i);
        bool ascends = entry.key.low > last.low || (entry.key.low == last.low && entry.key.high > last.high);
        if (i > 0 && !ascends)
            return FAIL(e, CORRUPT, "index page %u of %u bits: entry %u is out of order", p.page, p.bits, i);
        last = entry.key;
    }
    *out_page = p;
    return DONE;
}
