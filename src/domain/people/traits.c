/* Traits: of each (name, brand) the best candidates of distinct values. Layout: docs/formats/people.md. */
#include <string.h>

#include "domain/people/sections.h"
#include "lib/value.h"

#define FLAG_MORE 1u
#define HEAD_FIRST 1u
#define HEAD_PRIORITY 2u /* it isn't the default, and follows */
#define CANDIDATE_BYTES_MAX (1u + 1u + 5u + VARINT_BYTES_MAX + 2u) /* without its value */
#define ENTRY_BYTES_MAX (6u + 5u + 1u)
#define HEADER_BYTES_MAX 8u

/* --- the order --- */

int candidate_compare(const struct candidate *x, const struct candidate *y)
{
    if (x->priority != y->priority)
        return x->priority < y->priority ? -1 : 1;
    if (x->first != y->first) /* who keeps the earliest is surer of it than who sends it again and again */
        return x->first ? -1 : 1;
    if (x->time_us != y->time_us)
        return (x->time_us < y->time_us) == x->first ? -1 : 1;
    int order = value_compare(y->value, x->value);
    if (order != 0)
        return order;
    return (x->source > y->source) - (x->source < y->source);
}

static void candidate_take_out(struct trait_entry *t, uint32_t at)
{
    t->count--;
    memmove(t->best + at, t->best + at + 1, (t->count - at) * sizeof *t->best);
}

/* Of equal values the best candidate stands for all: so the list is the top of a set, whatever the order of adding. */
static enum trait_change candidate_add(struct trait_entry *t, const struct candidate *c, struct arena *a)
{
    struct bytes value = BYTES_NONE, was = t->count == 0 ? BYTES_NONE : t->best[0].value;
    for (uint32_t i = 0; i < t->count; i++) {
        if (!bytes_equal(t->best[i].value, c->value))
            continue;
        if (candidate_compare(&t->best[i], c) <= 0)
            return TRAIT_SAME;
        value = t->best[i].value;
        candidate_take_out(t, i);
        break;
    }
    uint32_t at = 0;
    while (at < t->count && candidate_compare(&t->best[at], c) < 0)
        at++;
    if (at == CANDIDATES_MAX)
        return TRAIT_SAME;
    uint32_t kept = t->count < CANDIDATES_MAX ? t->count : CANDIDATES_MAX - 1;
    memmove(t->best + at + 1, t->best + at, (kept - at) * sizeof *t->best);
    t->best[at] = *c;
    t->best[at].value = value.size > 0 ? value : arena_copy(a, c->value);
    t->count = kept + 1;
    return at == 0 && !bytes_equal(was, c->value) ? TRAIT_WON : TRAIT_KEPT;
}

/* --- the list --- */

struct traits traits_none(uint32_t max)
{
    return (struct traits){.max = max};
}

static bool entry_is_before(const struct trait_entry *t, uint32_t name, uint32_t brand)
{
    return t->name != name ? t->name < name : t->brand < brand;
}

enum trait_change traits_add(struct traits *t, const struct trait_news *news, struct arena *a)
{
    uint32_t at = 0, high = t->count;
    while (at < high) {
        uint32_t middle = (at + high) / 2;
        if (entry_is_before(&t->list[middle], news->name, news->brand))
            at = middle + 1;
        else
            high = middle;
    }
    assert(news->name != 0 && news->candidate.value.size > 0);
    bool there = at < t->count && t->list[at].name == news->name && t->list[at].brand == news->brand;
    if (!there) {
        bool full = t->count == t->max, was_more = t->more;
        t->more |= full;
        if (full && at == t->count)
            return was_more ? TRAIT_SAME : TRAIT_KEPT;
        if (full)
            t->count--; /* the largest key gives way: it can never come back among the smallest */
        LIST_OPEN(a, t->list, t->count, t->room, at);
        t->list[at].name = news->name;
        t->list[at].brand = news->brand;
        t->list[at].count = 0;
    }
    return candidate_add(&t->list[at], &news->candidate, a);
}

struct bytes traits_merge(struct bytes x, struct bytes y, struct arena *a)
{
    if (x.size == 0 || y.size == 0)
        return x.size == 0 ? y : x;
    struct traits sum = traits_decode(x, a), more = traits_decode(y, a);
    sum.more |= more.more;
    for (uint32_t i = 0; i < more.count; i++) {
        struct trait_news news = {.name = more.list[i].name, .brand = more.list[i].brand};
        for (uint32_t j = 0; j < more.list[i].count; j++) {
            news.candidate = more.list[i].best[j];
            (void)traits_add(&sum, &news, a);
        }
    }
    return traits_encode(&sum, TRAITS_BYTES_MAX, a);
}

/* --- bytes --- */

static void candidate_pack(struct buf *b, const struct candidate *c)
{
    bool has_priority = c->priority != SOURCE_PRIORITY_DEFAULT;
    pack_u8(b, (uint8_t)((c->first ? HEAD_FIRST : 0) | (has_priority ? HEAD_PRIORITY : 0)));
    if (has_priority)
        pack_u8(b, c->priority);
    pack_varint(b, c->source);
    pack_signed(b, c->time_us);
    pack_bytes(b, c->value);
}

static struct candidate candidate_unpack(struct unpack *u)
{
    uint8_t head = unpack_u8(u);
    struct candidate c = {.first = (head & HEAD_FIRST) != 0, .priority = SOURCE_PRIORITY_DEFAULT};
    if ((head & HEAD_PRIORITY) != 0)
        c.priority = unpack_u8(u);
    c.source = unpack_varint32(u);
    c.time_us = unpack_signed(u);
    c.value = unpack_bytes(u);
    return c;
}

static size_t size_most(const struct traits *t)
{
    size_t size = HEADER_BYTES_MAX;
    for (uint32_t i = 0; i < t->count; i++) {
        size += ENTRY_BYTES_MAX;
        for (uint32_t j = 0; j < t->list[i].count; j++)
            size += CANDIDATE_BYTES_MAX + t->list[i].best[j].value.size;
    }
    return size;
}

static struct bytes traits_pack(const struct traits *t, struct arena *a)
{
    struct buf b = arena_buf(a, size_most(t));
    pack_u8(&b, SECTION_FORMAT);
    pack_u8(&b, t->more ? FLAG_MORE : 0);
    pack_varint(&b, t->count);
    uint32_t before = 0;
    for (uint32_t i = 0; i < t->count; i++) {
        const struct trait_entry *entry = &t->list[i];
        pack_varint(&b, (uint64_t)(entry->name - before) << 1 | (entry->brand != 0));
        if (entry->brand != 0)
            pack_varint(&b, entry->brand);
        pack_u8(&b, (uint8_t)entry->count);
        for (uint32_t j = 0; j < entry->count; j++)
            candidate_pack(&b, &entry->best[j]);
        before = entry->name;
    }
    assert(!b.overflowed);
    return buf_bytes(&b);
}

/* Everybody's oldest history goes first, then the names with the largest numbers. */
static void traits_shrink(struct traits *t, size_t bytes_max, struct arena *a)
{
    t->more = true;
    for (uint32_t ranks = CANDIDATES_MAX - 1; ranks > 0; ranks--) {
        for (uint32_t i = 0; i < t->count; i++)
            t->list[i].count = t->list[i].count > ranks ? ranks : t->list[i].count;
        if (traits_pack(t, a).size <= bytes_max)
            return;
    }
    while (t->count > 0 && traits_pack(t, a).size > bytes_max)
        t->count--;
}

struct bytes traits_encode(struct traits *t, size_t bytes_max, struct arena *a)
{
    if (t->count == 0)
        return BYTES_NONE;
    struct bytes packed = traits_pack(t, a);
    if (packed.size <= bytes_max)
        return packed;
    traits_shrink(t, bytes_max, a);
    return traits_pack(t, a);
}

struct traits traits_decode(struct bytes section, struct arena *a)
{
    struct traits t = traits_none(TRAITS_MAX);
    if (section.size == 0)
        return t;
    struct unpack u = unpack_of(section);
    uint8_t format = unpack_u8(&u);
    t.more = (unpack_u8(&u) & FLAG_MORE) != 0;
    t.count = unpack_varint32(&u);
    assert(format == SECTION_FORMAT && t.count <= section.size);
    t.room = t.count + 1;
    t.list = arena_take(a, t.room * sizeof *t.list, _Alignof(struct trait_entry));
    uint32_t name = 0;
    for (uint32_t i = 0; i < t.count; i++) {
        struct trait_entry *entry = &t.list[i];
        uint64_t head = unpack_varint(&u);
        entry->name = name += (uint32_t)(head >> 1);
        entry->brand = (head & 1) != 0 ? unpack_varint32(&u) : 0;
        entry->count = unpack_u8(&u);
        assert(entry->count >= 1 && entry->count <= CANDIDATES_MAX);
        for (uint32_t j = 0; j < entry->count; j++)
            entry->best[j] = candidate_unpack(&u);
    }
    assert(unpack_finished(&u));
    return t;
}
