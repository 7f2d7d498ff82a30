/* One pass over the column of hashes, newest first, part by part. */
#include <string.h>

#include "domain/people/find.h"
#include "domain/people/sections.h"

#define BLOCK 256u /* hashes that are compared before anybody looks for hits */
#define VIEW_BYTES 128u
#define SCRATCH_BYTES 16384u

struct find_view {
    struct arena *arena; /* the view itself lies in it */
    struct series_view *tokens, *people, *filters;
};

struct find_view *people_find_view(const struct view *v)
{
    struct arena *arena = arena_create(VIEW_BYTES);
    struct find_view *f = ARENA_NEW(arena, struct find_view);
    f->arena = arena;
    f->tokens = rows_series_view(v->rows, &find_token_family);
    f->people = rows_series_view(v->rows, &find_person_family);
    f->filters = rows_series_view(v->rows, &find_filter_family);
    assert(series_view_end(f->tokens) == series_view_end(f->people));
    return f;
}

void people_find_view_close(struct find_view *f)
{
    if (f == NULL)
        return;
    series_view_close(f->tokens);
    series_view_close(f->people);
    series_view_close(f->filters);
    arena_destroy(f->arena);
}

struct search {
    const struct find_view *view;
    uint32_t hashes[FIND_KIND_COUNT]; /* all filled: those behind hash_count repeat the first */
    size_t hash_count;
    uint32_t *numbers;
    size_t count, max;
};

typedef uint32_t lanes __attribute__((vector_size(16), aligned(4)));
#define LANES (sizeof(lanes) / sizeof(uint32_t))

static bool block_has(const uint32_t *hashes, const uint32_t want[FIND_KIND_COUNT])
{
    static_assert(FIND_KIND_COUNT == 4, "four comparisons");
    lanes a = {want[0], want[0], want[0], want[0]}, b = {want[1], want[1], want[1], want[1]};
    lanes c = {want[2], want[2], want[2], want[2]}, d = {want[3], want[3], want[3], want[3]};
    lanes any = {0};
    for (size_t i = 0; i < BLOCK; i += LANES) {
        lanes x;
        memcpy(&x, hashes + i, sizeof x);
        any |= (lanes)((x == a) | (x == b) | (x == c) | (x == d));
    }
    return (any[0] | any[1] | any[2] | any[3]) != 0;
}

static void number_note(struct search *s, uint64_t index)
{
    uint64_t run;
    const uint32_t *person = series_view_run(s->view->people, index, &run);
    for (size_t i = 0; i < s->count; i++)
        if (s->numbers[i] == *person)
            return;
    s->numbers[s->count++] = *person;
}

static void few_scan(struct search *s, const uint32_t *hashes, uint64_t index, uint64_t count)
{
    for (uint64_t i = count; i-- > 0 && s->count < s->max;) {
        uint32_t x = hashes[i];
        if (x == s->hashes[0] || x == s->hashes[1] || x == s->hashes[2] || x == s->hashes[3])
            number_note(s, index + i);
    }
}

/* Forwards, as memory likes it (four times as fast), then what has hits from its end. The hashes lie side by side. */
static void part_scan(struct search *s, const uint32_t *hashes, uint64_t index, uint64_t count)
{
    uint16_t hits[FIND_PART / BLOCK];
    uint32_t hit_count = 0;
    uint64_t rest = count % BLOCK, blocks = count / BLOCK;
    assert(blocks <= COUNT_OF(hits));
    few_scan(s, hashes + (count - rest), index + (count - rest), rest);
    for (uint64_t i = 0; i < blocks && s->count < s->max; i++)
        if (UNLIKELY(block_has(hashes + i * BLOCK, s->hashes)))
            hits[hit_count++] = (uint16_t)i;
    while (hit_count-- > 0 && s->count < s->max)
        few_scan(s, hashes + hits[hit_count] * BLOCK, index + hits[hit_count] * BLOCK, BLOCK);
}

static bool part_may_have(const struct search *s, uint64_t part)
{
    uint64_t side_by_side;
    bool may = part >= series_view_end(s->view->filters);
    const uint8_t *filter = may ? NULL : series_view_run(s->view->filters, part, &side_by_side);
    for (size_t i = 0; i < s->hash_count && !may; i++)
        may = find_filter_may_have(filter, s->hashes[i]);
    return may;
}

static void columns_scan(struct search *s)
{
    const struct series_view *tokens = s->view->tokens;
    for (uint64_t end = series_view_end(tokens), first; end > 0 && s->count < s->max; end = first) {
        uint64_t part = (end - 1) / FIND_PART, side_by_side;
        first = part * FIND_PART;
        if (!part_may_have(s, part))
            continue;
        const uint32_t *hashes = series_view_run(tokens, first, &side_by_side);
        assert(side_by_side >= end - first); /* a chunk of a series is a power of two of records, and longer than a part */
        part_scan(s, hashes, first, end - first);
    }
}

size_t people_find_scan(const struct find_view *f, struct bytes text, uint32_t *out_numbers, size_t max)
{
    struct arena *scratch = arena_create(SCRATCH_BYTES);
    struct find_texts asked = {0};
    find_texts_of_query(text, scratch, &asked);
    assert(asked.count <= FIND_KIND_COUNT);
    struct search s = {.view = f, .hash_count = asked.count, .numbers = out_numbers, .max = max};
    for (uint32_t i = 0; i < FIND_KIND_COUNT && asked.count > 0; i++)
        s.hashes[i] = find_hash(&asked.list[i < asked.count ? i : 0]);
    if (asked.count > 0)
        columns_scan(&s);
    arena_destroy(scratch);
    assert(s.count <= max);
    return s.count;
}
