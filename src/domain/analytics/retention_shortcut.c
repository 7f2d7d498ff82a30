/* The common retention out of bits: of the calendar, from the first start ever, a return being another start, told by the period.
 *
 * Of each period there is a bit a person: they did it then. Whoever has none before is a cohort; what a cohort shares with a later period came back in it. */
#include "base/leisure.h"
#include "base/time.h"
#include "domain/analytics/retention.h"
#include "domain/analytics/shortcut.h"
#include "lib/bits.h"

#define PERIODS_AT_ONCE 16u

struct calendar_people {
    const struct question *q;
    const struct retention *r;
    struct arena *arena;
    uint64_t **periods;          /* by place: who did it then; NULL: nobody */
    uint64_t early[CHUNK_WORDS]; /* who did it before the range */
    uint64_t *births; /* who did it in the last unit of cohorts before the range ends; NULL: it ends with the unit */
};

static uint64_t *period_of(struct calendar_people *c, uint32_t place)
{
    if (c->periods[place] == NULL)
        c->periods[place] = arena_zeroed(c->arena, CHUNK_WORDS * sizeof(uint64_t), sizeof(uint64_t));
    return c->periods[place];
}

/* Adds who has a start that isn't before the one edge and before the other; `scratch` for their bits. */
static void people_add(const struct picked_block *b, const uint64_t *starts, const uint64_t *since,
                       const uint64_t *until, uint64_t *scratch, uint64_t *io_people)
{
    for (size_t w = 0; w < bits_words(b->stints.events.count); w++)
        scratch[w] = starts[w] & since[w] & ~until[w];
    block_people_add(&b->stints, scratch, io_people);
}

/* Adds a block's starts to some periods that follow each other. */
static void periods_add(struct calendar_people *c, const struct picked_block *b, uint32_t from, uint32_t until)
{
    size_t bytes = bits_words(b->stints.events.count) * sizeof(uint64_t);
    const uint64_t *starts = b->picks[c->r->start];
    int64_t edges_us[PERIODS_AT_ONCE + 1];
    uint64_t *since[PERIODS_AT_ONCE + 1], *scratch = arena_take(c->arena, bytes, sizeof *scratch);
    for (uint32_t place = from; place <= until; place++) {
        edges_us[place - from] = c->r->edges.begins_us[place];
        since[place - from] = arena_take(c->arena, bytes, sizeof *scratch);
    }
    block_since(b->block, edges_us, until - from + 1, since);
    for (uint32_t place = from; place < until; place++)
        people_add(b, starts, since[place - from], since[place - from + 1], scratch, period_of(c, place));
}

/* Who did it before the range, and in its last unit before it ends. */
static void ends_add(struct calendar_people *c, const struct picked_block *b)
{
    size_t bytes = bits_words(b->stints.events.count) * sizeof(uint64_t);
    uint32_t last = c->r->units.count - 1;
    int64_t edges_us[] = {TIME_US_MIN, c->q->from_us, c->r->edges.begins_us[last], c->q->until_us};
    uint64_t *since[COUNT_OF(edges_us)], *scratch;
    bool has_early = block_first_us(b->block) < edges_us[1],
         has_births = c->births != NULL && block_last_us(b->block) >= edges_us[2];
    if (!has_early && !has_births)
        return;
    scratch = arena_take(c->arena, bytes, sizeof *scratch);
    for (uint32_t i = 0; i < COUNT_OF(edges_us); i++)
        since[i] = arena_take(c->arena, bytes, sizeof *scratch);
    block_since(b->block, edges_us, COUNT_OF(edges_us), since);
    people_add(b, b->picks[c->r->start], since[0], since[1], scratch, c->early);
    if (c->births != NULL)
        people_add(b, b->picks[c->r->start], since[2], since[3], scratch, c->births);
}

static void block_add(struct calendar_people *c, const struct picked_block *b)
{
    const struct edges *edges = &c->r->edges;
    int64_t first_us = block_first_us(b->block), last_us = block_last_us(b->block),
            end_us = edges->begins_us[edges->count];
    if (b->picks[c->r->start] == NULL)
        return;
    ends_add(c, b);
    if (last_us < edges->begins_us[0])
        return;
    uint32_t from = first_us < edges->begins_us[0] ? 0 : edges_place(edges, first_us);
    uint32_t until = (last_us < end_us ? edges_place(edges, last_us) : edges->count - 1) + 1;
    for (uint32_t some; from < until; from = some) {
        some = until - from > PERIODS_AT_ONCE ? from + PERIODS_AT_ONCE : until;
        periods_add(c, b, from, some);
    }
}

/* Those of the place that nobody saw before, who are then seen; how many. */
static uint64_t cohort_find(const struct calendar_people *c, uint32_t place, uint64_t *io_seen, uint64_t *out_people)
{
    const uint64_t *starts = c->periods[place],
                   *births = place == c->r->units.count - 1 && c->births != NULL ? c->births : starts;
    uint64_t count = 0;
    for (size_t w = 0; w < CHUNK_WORDS; w++) {
        out_people[w] = births[w] & ~io_seen[w];
        io_seen[w] |= starts[w];
        count += (uint64_t)__builtin_popcountll(out_people[w]);
    }
    return count;
}

static void cohorts_count(struct calendar_people *c, struct retention_tally *t)
{
    const struct retention *r = c->r;
    uint64_t cohort[CHUNK_WORDS];
    for (uint32_t place = 0; place < r->units.count; place++) {
        uint64_t size = c->periods[place] == NULL ? 0 : cohort_find(c, place, c->early, cohort);
        if (size == 0)
            continue;
        struct cohort *sum = retention_cohort(t, &(struct cohort_member){.place = place});
        sum->size += size;
        for (uint32_t period = 0; period <= r->period_max; period++)
            if (c->periods[place + period] != NULL)
                sum->cells[period].count += bits_shared(cohort, c->periods[place + period], CHUNK_WORDS);
    }
}

static void count(const struct question *q, void *tally, const struct picked_chunk *chunk)
{
    const struct retention *r = q->own;
    struct calendar_people *c = ARENA_NEW(chunk->arena, struct calendar_people);
    *c = (struct calendar_people){
        .q = q, .r = r, .arena = chunk->arena, .periods = ARENA_ARRAY(chunk->arena, uint64_t *, r->edges.count)};
    if (q->until_us < r->edges.begins_us[r->units.count])
        c->births = arena_zeroed(c->arena, CHUNK_WORDS * sizeof(uint64_t), sizeof(uint64_t));
    for (uint32_t b = 0; b < chunk->count; b++) {
        leisure_rest();
        block_add(c, &chunk->blocks[b]);
    }
    cohorts_count(c, tally);
}

static bool fits(const struct question *q)
{
    const struct retention *r = q->own;
    return r->clock == RETENTION_CALENDAR && r->mode == RETENTION_ON && !r->is_recurring && r->start == r->back &&
           r->breakdown.count == 0 && !r->has_value;
}

const struct shortcut retention_shortcut = {.fits = fits, .count = count};
