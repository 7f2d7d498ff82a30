/* One pass over the column of hashes, newest first. */
#include <string.h>

#include "domain/people/find.h"
#include "domain/people/sections.h"

#define BLOCK 256u /* hashes that are compared before anybody looks for hits */
#define SPAN_BLOCKS 256u /* the blocks that are gone through forwards at a time */
#define VIEW_BYTES 128u
#define SCRATCH_BYTES 16384u

struct find_view {
    struct arena *arena; /* the view itself lies in it */
    struct series_view *tokens, *people;
};

struct find_view *people_find_view(const struct view *v)
{
    struct arena *arena = arena_create(VIEW_BYTES);
    struct find_view *f = ARENA_NEW(arena, struct find_view);
    f->arena = arena;
    f->tokens = rows_series_view(v->rows, &find_token_family);
    f->people = rows_series_view(v->rows, &find_person_family);
    assert(series_view_end(f->tokens) == series_view_end(f->people));
    return f;
}

void people_find_view_close(struct find_view *f)
{
    if (f == NULL)
        return;
    series_view_close(f->tokens);
    series_view_close(f->people);
    arena_destroy(f->arena);
}

struct search {
    const struct find_view *view;
    uint32_t hashes[FIND_KIND_COUNT]; /* all filled: an unused place repeats the first */
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

/* Forwards, as memory likes it (four times as fast), then what has hits from its end. */
static void span_scan(struct search *s, const uint32_t *hashes, uint64_t index, uint64_t blocks)
{
    uint16_t hits[SPAN_BLOCKS];
    uint32_t hit_count = 0;
    assert(blocks <= SPAN_BLOCKS);
    for (uint64_t i = 0; i < blocks; i++)
        if (UNLIKELY(block_has(hashes + i * BLOCK, s->hashes)))
            hits[hit_count++] = (uint16_t)i;
    while (hit_count-- > 0 && s->count < s->max)
        few_scan(s, hashes + hits[hit_count] * BLOCK, index + hits[hit_count] * BLOCK, BLOCK);
}

/* A run lies side by side in memory. */
static void run_scan(struct search *s, const uint32_t *hashes, uint64_t index, uint64_t count)
{
    uint64_t rest = count % BLOCK, blocks = count / BLOCK;
    few_scan(s, hashes + (count - rest), index + (count - rest), rest);
    while (blocks > 0 && s->count < s->max) {
        uint64_t some = blocks < SPAN_BLOCKS ? blocks : SPAN_BLOCKS;
        blocks -= some;
        span_scan(s, hashes + blocks * BLOCK, index + blocks * BLOCK, some);
    }
}

struct run {
    uint64_t index, count;
    const uint32_t *hashes;
};

/* Oldest first. */
static size_t runs_of(const struct series_view *v, struct arena *a, struct run **out_runs)
{
    size_t count = 0, room = 0;
    struct run *runs = NULL;
    for (uint64_t at = series_view_first(v); at < series_view_end(v); at += runs[count - 1].count) {
        LIST_OPEN(a, runs, count, room, count);
        struct run *run = &runs[count - 1];
        run->index = at;
        run->hashes = series_view_run(v, at, &run->count);
        assert(run->count >= 1);
    }
    *out_runs = runs;
    return count;
}

size_t people_find_scan(const struct find_view *f, struct bytes text, uint32_t *out_numbers, size_t max)
{
    struct arena *scratch = arena_create(SCRATCH_BYTES);
    struct find_texts asked = {0};
    find_texts_of_query(text, scratch, &asked);
    struct search s = {.view = f, .numbers = out_numbers, .max = max};
    for (uint32_t i = 0; i < FIND_KIND_COUNT && asked.count > 0; i++)
        s.hashes[i] = find_hash(&asked.list[i < asked.count ? i : 0]);
    struct run *runs = NULL;
    size_t run_count = asked.count == 0 ? 0 : runs_of(f->tokens, scratch, &runs);
    for (size_t i = run_count; i-- > 0 && s.count < max;)
        run_scan(&s, runs[i].hashes, runs[i].index, runs[i].count);
    arena_destroy(scratch);
    assert(s.count <= max);
    return s.count;
}
