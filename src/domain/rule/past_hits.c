#include "domain/rule/past_hits.h"

#include <stdlib.h>
#include <string.h>

#include "lib/pack.h"

#define LIST_BYTES_MAX ((size_t)1 << 34) /* beyond what a part has room for on any machine */
#define KEPT_BYTES ((size_t)64 << 10)    /* of a list, for the next part: many lists were the longest once */
#define ARENA_BLOCK_BYTES (256u << 10)
#define TIE_BYTES 4u

static struct hit *hits_list(const struct hits *h)
{
    return (struct hit *)(void *)h->list.data;
}

static size_t hits_count(const struct hits *h)
{
    return h->list.size / sizeof(struct hit);
}

void hits_init(struct hits *h, const struct past_feature *of, int64_t oldest)
{
    *h = (struct hits){.of = of, .oldest = oldest};
    buf_init(&h->list, LIST_BYTES_MAX);
}

void hits_fini(struct hits *h)
{
    buf_fini(&h->list);
}

void hits_push(struct hits_part *part, struct hits *h, const struct hit *hit)
{
    assert(hit->local >= part->from && hit->local < part->until);
    const struct feature *f = h->of->feature;
    struct hit *last = h->list.size == 0 ? NULL : &hits_list(h)[hits_count(h) - 1];
    bool adds_up = f->shape.kind == SERIES_COUNT && !f->shape.is_keyed;
    if (adds_up && last != NULL && last->local == hit->local && last->bucket == hit->bucket)
        last->count += hit->count;
    else {
        buf_push(&h->list, bytes_of(hit, sizeof *hit));
        part->count++;
    }
    assert(!h->list.overflowed);
}

/* Empty again; what it took for many hits is given back. */
static void list_clear(struct hits *h)
{
    if (h->list.capacity > KEPT_BYTES)
        buf_fini(&h->list);
    else
        buf_clear(&h->list);
}

/* Leaves those of people before `until`; returns how many. */
static size_t list_narrow(struct hits *h, uint32_t until)
{
    struct hit *list = hits_list(h);
    size_t count = hits_count(h), kept = 0;
    for (size_t i = 0; i < count; i++)
        if (list[i].local < until)
            list[kept++] = list[i];
    h->list.size = kept * sizeof *list;
    return kept;
}

bool hits_narrow(struct hits_part *part, struct hits *lists, uint32_t list_count)
{
    while (part->count > part->count_max && part->until > part->from) {
        uint32_t wide = part->until - part->from;
        part->until = part->from + wide / 2;
        part->count = 0;
        for (uint32_t i = 0; i < list_count; i++)
            part->count += list_narrow(&lists[i], part->until);
    }
    return part->until > part->from;
}

bool hits_part_next(struct hits_part *part)
{
    uint32_t wide = 2 * (part->until - part->from);
    assert(wide > 0 && part->until <= CHUNK_PEOPLE);
    part->from = part->until;
    part->until = wide < CHUNK_PEOPLE - part->from ? part->from + wide : CHUNK_PEOPLE;
    part->count = 0;
    return part->from < CHUNK_PEOPLE;
}

/* --- series --- */

/* One that was made: its bytes lie in the maker's buffer, which moves as it grows. */
struct made {
    uint32_t slot;
    uint16_t local;
    size_t at, size;
};
struct hits_maker {
    struct arena *own;   /* in which it lies */
    struct arena *arena; /* of a chunk */
    struct buf series, made;
    struct buf sorted;  /* hits of a list, by person */
    struct buf entries; /* of a person */
    uint32_t starts[CHUNK_PEOPLE + 1];
};

struct hits_maker *hits_maker_create(void)
{
    struct arena *own = arena_create(sizeof(struct hits_maker));
    struct hits_maker *m = ARENA_NEW(own, struct hits_maker);
    m->own = own;
    m->arena = arena_create(ARENA_BLOCK_BYTES);
    struct buf *const bufs[] = {&m->series, &m->made, &m->sorted, &m->entries};
    for (size_t i = 0; i < COUNT_OF(bufs); i++)
        buf_init(bufs[i], LIST_BYTES_MAX);
    return m;
}

void hits_maker_destroy(struct hits_maker *m)
{
    if (m == NULL)
        return;
    struct buf *const bufs[] = {&m->series, &m->made, &m->sorted, &m->entries};
    for (size_t i = 0; i < COUNT_OF(bufs); i++)
        buf_fini(bufs[i]);
    arena_destroy(m->arena);
    arena_destroy(m->own);
}

/* Room for so many bytes, in place of what was there. */
static void *room_of(struct buf *b, size_t bytes)
{
    buf_clear(b);
    void *room = buf_extend(b, bytes);
    assert(room != NULL);
    return room;
}

/* By person, and of each in the order in which they came. */
static struct hit *by_person(struct hits_maker *m, const struct hits *h)
{
    const struct hit *list = hits_list(h);
    size_t count = hits_count(h);
    struct hit *sorted = room_of(&m->sorted, count * sizeof *sorted);
    memset(m->starts, 0, sizeof m->starts);
    for (size_t i = 0; i < count; i++)
        m->starts[list[i].local + 1]++;
    for (uint32_t local = 0; local < CHUNK_PEOPLE; local++)
        m->starts[local + 1] += m->starts[local];
    for (size_t i = 0; i < count; i++)
        sorted[m->starts[list[i].local]++] = list[i];
    memmove(m->starts + 1, m->starts,
            CHUNK_PEOPLE * sizeof *m->starts); /* what was counted up to the end is where the next begins */
    m->starts[0] = 0;
    return sorted;
}

static int by_place(const void *x, const void *y)
{
    const struct hit *a = x, *b = y;
    if (a->bucket != b->bucket)
        return a->bucket > b->bucket ? -1 : 1;
    return (a->tie > b->tie) - (a->tie < b->tie);
}

static bool is_in_order(const struct hit *list, size_t count)
{
    size_t i = 1;
    while (i < count && by_place(&list[i - 1], &list[i]) <= 0)
        i++;
    return i >= count;
}

static struct bytes hit_key(const struct feature *f, const struct hit *hit, struct arena *arena)
{
    struct value text = {.kind = VALUE_TEXT, .body = bytes_of(hit->text, hit->text_bytes)};
    if (f->value_is_key)
        return feature_key(&text, arena);
    uint8_t *key = arena_take(arena, TIE_BYTES, 1);
    (void)put_key(key, hit->tie, TIE_BYTES);
    return bytes_of(key, TIE_BYTES);
}

static struct series_entry entry_of(const struct feature *f, const struct hit *hit, struct arena *arena)
{
    struct series_entry entry = {.bucket = hit->bucket, .count = hit->count, .tie = hit->tie};
    if (!f->value_is_key)
        entry.number = hit->number; /* or its time */
    entry.sum = f->shape.kind == SERIES_SUM ? hit->number : 0;
    if (f->shape.is_keyed)
        entry.key = hit_key(f, hit, arena);
    return entry;
}

static int by_bucket_and_key(const void *x, const void *y)
{
    const struct series_entry *a = x, *b = y;
    if (a->bucket != b->bucket)
        return a->bucket > b->bucket ? -1 : 1;
    return bytes_compare(a->key, b->key);
}

static void series_make(struct hits_maker *m, const struct hits *h, struct hit *list, size_t count)
{
    const struct feature *f = h->of->feature;
    if (!f->value_is_key && !is_in_order(list, count))
        qsort(list, count, sizeof *list, by_place);
    struct series_entry *entries = room_of(&m->entries, count * sizeof *entries);
    for (size_t i = 0; i < count; i++)
        entries[i] = entry_of(f, &list[i], m->arena);
    if (f->value_is_key)
        qsort(entries, count, sizeof *entries, by_bucket_and_key);
    struct made made = {.slot = h->of->slot, .local = list->local, .at = m->series.size};
    made.size = series_pack(&f->shape, entries, count, h->oldest, &m->series);
    if (made.size > 0)
        buf_push(&m->made, bytes_of(&made, sizeof made));
}

static void list_make(struct hits_maker *m, struct hits *h)
{
    struct hit *sorted = by_person(m, h);
    for (uint32_t local = 0; local < CHUNK_PEOPLE; local++)
        if (m->starts[local] < m->starts[local + 1])
            series_make(m, h, sorted + m->starts[local], m->starts[local + 1] - m->starts[local]);
    list_clear(h);
}

size_t hits_make(struct hits_maker *m, struct hits *lists, uint32_t list_count, uint32_t chunk,
                 const struct past_item **out_items)
{
    uint32_t *at = m->starts;
    arena_reset(m->arena);
    buf_clear(&m->series);
    buf_clear(&m->made);
    for (uint32_t i = 0; i < list_count; i++)
        if (lists[i].list.size > 0)
            list_make(m, &lists[i]);
    const struct made *all = (const struct made *)(const void *)m->made.data;
    size_t count = m->made.size / sizeof *all;
    struct past_item *items = ARENA_ARRAY(m->arena, struct past_item, count);
    memset(at, 0, sizeof m->starts);
    for (size_t i = 0; i < count; i++)
        at[all[i].local + 1]++;
    for (uint32_t local = 0; local < CHUNK_PEOPLE; local++)
        at[local + 1] += at[local];
    for (size_t i = 0; i < count; i++) { /* lists come by slot, so each person's are */
        const struct made *made = &all[i];
        items[at[made->local]++] = (struct past_item){
            .place = {.person = chunk * CHUNK_PEOPLE + made->local, .slot = made->slot},
            .series = bytes_slice(buf_bytes(&m->series), made->at, made->at + made->size)};
    }
    *out_items = items;
    return count;
}
