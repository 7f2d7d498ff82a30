#include "lib/finder.h"

#include <assert.h>
#include <stdlib.h>

#include "base/attr.h"
#include "base/pages.h"

#define TABLE_BITS_STEP 3u
#define NEARLY_FULL_PART 8u
#define LINE_BITS 4u
#define LINE_SLOTS (1u << LINE_BITS)
#define PLACE_BITS FINDER_TABLE_BITS_MAX
#define PLACE_MASK ((1u << PLACE_BITS) - 1)

/* A slot: the tag above, place - first + 1 below; 0: empty. A line is filled from its first slot on. */
struct table {
    uint64_t first; /* place */
    uint32_t count, count_max;
    uint32_t bits;
    uint32_t *slots; /* 2^bits */
};

struct finder {
    struct table *tables; /* oldest first; their places follow each other */
    size_t count, room;
    uint64_t first; /* places before it are dropped */
    size_t bytes;
};

struct finder *finder_create(void)
{
    struct finder *f = calloc(1, sizeof *f);
    if (f == NULL)
        abort();
    return f;
}

static size_t slots_bytes(const struct table *t)
{
    return sizeof *t->slots << t->bits;
}

void finder_destroy(struct finder *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; i < f->count; i++)
        pages_give(f->tables[i].slots, slots_bytes(&f->tables[i]));
    free(f->tables);
    free(f);
}

static uint32_t home_of(const struct table *t, struct hash128 hash)
{
    return (uint32_t)(hash.high >> (64 - (t->bits - LINE_BITS)));
}

static uint32_t *line_at(const struct table *t, uint32_t line)
{
    return t->slots + ((size_t)line << LINE_BITS);
}

static uint32_t line_after(const struct table *t, uint32_t line)
{
    return (line + 1) & ((1u << (t->bits - LINE_BITS)) - 1);
}

static uint32_t tag_of(struct hash128 hash)
{
    return (uint32_t)hash.high & (UINT32_MAX >> PLACE_BITS);
}

static uint32_t bits_of_next(const struct finder *f)
{
    uint32_t bits = f->count == 0 ? FINDER_TABLE_BITS_MIN : f->tables[f->count - 1].bits + TABLE_BITS_STEP;
    return bits < FINDER_TABLE_BITS_MAX ? bits : FINDER_TABLE_BITS_MAX;
}

static struct table *table_begin(struct finder *f, uint64_t first)
{
    uint32_t bits = bits_of_next(f);
    if (f->count == f->room) {
        f->room = f->room == 0 ? 8 : f->room * 2;
        f->tables = realloc(f->tables, f->room * sizeof *f->tables);
        if (f->tables == NULL)
            abort();
    }
    struct table *t = &f->tables[f->count++];
    *t = (struct table){.first = first, .bits = bits, .count_max = (uint32_t)((UINT64_C(2) << bits) / 3)};
    t->slots = pages_take(slots_bytes(t));
    if (t->slots == NULL)
        abort();
    f->bytes += slots_bytes(t);
    return t;
}

/* How many slots of a line are taken. */
static uint32_t line_count(const uint32_t *line)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < LINE_SLOTS; i++)
        count += line[i] != 0;
    return count;
}

void finder_add(struct finder *f, struct hash128 hash, uint64_t place)
{
    struct table *t = f->count == 0 ? NULL : &f->tables[f->count - 1];
    if (t == NULL || t->count == t->count_max)
        t = table_begin(f, place);
    assert(place == t->first + t->count);
    uint32_t at = home_of(t, hash), taken;
    while ((taken = line_count(line_at(t, at))) == LINE_SLOTS)
        at = line_after(t, at);
    line_at(t, at)[taken] = tag_of(hash) << PLACE_BITS | ++t->count;
}

void finder_drop(struct finder *f, uint64_t before)
{
    size_t gone = 0;
    assert(before >= f->first);
    f->first = before;
    while (gone < f->count && f->tables[gone].first + f->tables[gone].count <= before) {
        f->bytes -= slots_bytes(&f->tables[gone]);
        pages_give(f->tables[gone].slots, slots_bytes(&f->tables[gone]));
        gone++;
    }
    for (size_t i = gone; gone > 0 && i < f->count; i++)
        f->tables[i - gone] = f->tables[i];
    f->count -= gone;
}

/* Without a branch a slot: nearly always the answer is no. */
static bool line_has_tag(const uint32_t *line, uint32_t tag)
{
    uint32_t hits = 0;
    for (uint32_t i = 0; i < LINE_SLOTS; i++)
        hits |= line[i] >> PLACE_BITS == tag;
    return hits != 0;
}

/* A question to the owner of the list, and the newest place so far for which the answer was yes. */
struct search {
    struct hash128 hash;
    uint64_t first;
    finder_is is;
    const void *context;
    bool found;
    uint64_t place;
};

static void line_search(const struct table *t, const uint32_t *line, struct search *s)
{
    for (uint32_t i = 0; i < LINE_SLOTS && line[i] != 0; i++) {
        uint64_t place = t->first + (line[i] & PLACE_MASK) - 1;
        bool better = place >= s->first && (!s->found || place > s->place);
        if (better && line[i] >> PLACE_BITS == tag_of(s->hash) && s->is(s->context, place, s->hash)) {
            s->found = true;
            s->place = place;
        }
    }
}

static void table_search(const struct table *t, struct search *s)
{
    uint32_t tag = tag_of(s->hash), at = home_of(t, s->hash);
    for (const uint32_t *line = line_at(t, at);; line = line_at(t, at = line_after(t, at))) {
        if (UNLIKELY(line_has_tag(line, tag)))
            line_search(t, line, s);
        if (line[LINE_SLOTS - 1] == 0)
            return;
    }
}

bool finder_find(const struct finder *f, struct hash128 hash, finder_is is, const void *context, uint64_t *out_place)
{
    struct search s = {.hash = hash, .first = f->first, .is = is, .context = context};
    for (size_t i = f->count; i-- > 0 && !s.found;)
        table_search(&f->tables[i], &s);
    if (s.found)
        *out_place = s.place;
    return s.found;
}

void finder_prefetch(const struct finder *f, struct hash128 hash)
{
    for (size_t i = 0; i < f->count; i++)
        prefetch(line_at(&f->tables[i], home_of(&f->tables[i], hash)));
}

size_t finder_bytes_ahead(const struct finder *f)
{
    const struct table *t = f->count == 0 ? NULL : &f->tables[f->count - 1];
    bool is_nearly_full = t != NULL && t->count >= t->count_max - t->count_max / NEARLY_FULL_PART;
    return is_nearly_full ? sizeof *t->slots << bits_of_next(f) : 0;
}

size_t finder_bytes(const struct finder *f)
{
    return f->bytes + f->room * sizeof *f->tables;
}
